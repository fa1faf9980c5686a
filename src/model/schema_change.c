/*
 * What changed its meaning between the stored definitions and the new ones: fields and choices that went or
 * were renamed, choices in another order (they are stored as positions), kinds. What could lose or bend data
 * is refused until a file under migrations/ says how; each refusal says which words such a file needs.
 */
#include "model/schema_private.h"

#define STATEMENT_BYTES (64 * 1024)

/* What the migration files make of a name that the new model does not have. */
struct fate {
	enum { FATE_UNKNOWN, FATE_NAME, FATE_DROPPED, FATE_KEPT } kind;
	text name; /* FATE_NAME */
	text to;   /* FATE_DROPPED, a choice: what its records get */
};

/* Follows the steps in order from `name` on, until `known` says that the new model has it. */
static struct fate follow(const struct schema_planner *planner, text type, text field, text choice,
			  bool (*known)(const void *data, text name), const void *data)
{
	bool of_choice = text_is_set(choice);
	struct fate fate = { FATE_UNKNOWN, of_choice ? choice : field, TEXT_UNSET };

	for (size_t i = 0; i < planner->model->migration_count; i++) {
		const struct migration_step *step = &planner->model->migrations[i];

		if (!text_equal(step->type, type) || text_is_set(step->choice) != of_choice ||
		    (of_choice && !text_equal(step->field, field)) ||
		    !text_equal(of_choice ? step->choice : step->field, fate.name))
			continue;
		if (step->kind == MIGRATION_DROP)
			return (struct fate){ FATE_DROPPED, TEXT_UNSET, step->to };
		if (step->kind == MIGRATION_KEEP)
			return (struct fate){ FATE_KEPT, TEXT_UNSET, TEXT_UNSET };
		fate.name = step->to;
		if (known(data, fate.name))
			return (struct fate){ FATE_NAME, fate.name, TEXT_UNSET };
	}
	return fate;
}

static bool knows_field(const void *data, text name)
{
	return type_field(data, name) != NULL;
}

static bool knows_choice(const void *data, text name)
{
	return field_choice(data, name) >= 0;
}

/* ---- columns ---- */

static void note_rename(struct schema_planner *planner, const struct type *type, text from, text to)
{
	struct schema_table *table = &planner->tables[type->position];

	for (size_t i = 0; i < table->column_count; i++)
		if (text_equal(table->columns[i], from))
			table->columns[i] = to;
}

static void rename_column(struct schema_planner *planner, const struct type *type, text from, text to)
{
	schema_add_step(planner, false,
			text_format(planner->arena, "ALTER TABLE \"%.*s\" RENAME COLUMN \"%.*s\" TO \"%.*s\"",
				    TEXT_ARG(type->table), TEXT_ARG(from), TEXT_ARG(to)),
			"rename the column %.*s.%.*s to %.*s", TEXT_ARG(type->name), TEXT_ARG(from),
			TEXT_ARG(to));
	note_rename(planner, type, from, to);
}

static void rename_field(struct schema_planner *planner, const struct type *type, const struct field *before,
			 const struct field *field)
{
	if (before->kind == KIND_LINKS) {
		schema_add_step(planner, false,
				text_format(planner->arena,
					    "UPDATE \"link\" SET \"name\" = '%.*s' WHERE \"name\" = '%.*s' "
					    "AND \"from_type\" = '%.*s'",
					    TEXT_ARG(field->name), TEXT_ARG(before->name),
					    TEXT_ARG(type->name)),
				"rename the links %.*s.%.*s to %.*s", TEXT_ARG(type->name),
				TEXT_ARG(before->name), TEXT_ARG(field->name));
		return;
	}
	rename_column(planner, type, before->name, field->name);
	if (column_has_key(before) && column_has_key(field))
		rename_column(planner, type, column_compared(planner->arena, before),
			      column_compared(planner->arena, field));
}

static void drop_column(struct schema_planner *planner, const struct type *type, text column)
{
	schema_add_step(planner, true,
			text_format(planner->arena, "ALTER TABLE \"%.*s\" DROP COLUMN \"%.*s\"",
				    TEXT_ARG(type->table), TEXT_ARG(column)),
			"drop the column %.*s.%.*s with all its values", TEXT_ARG(type->name),
			TEXT_ARG(column));
}

static void drop_field(struct schema_planner *planner, const struct type *type, const struct field *before)
{
	if (before->kind == KIND_LINKS) {
		schema_add_step(
		    planner, true,
		    text_format(planner->arena,
				"DELETE FROM \"link\" WHERE \"name\" = '%.*s' AND \"from_type\" = '%.*s'",
				TEXT_ARG(before->name), TEXT_ARG(type->name)),
		    "drop the links %.*s.%.*s", TEXT_ARG(type->name), TEXT_ARG(before->name));
		return;
	}
	drop_column(planner, type, before->name);
	if (column_has_key(before))
		drop_column(planner, type, column_compared(planner->arena, before));
}

/* ---- kinds ---- */

/* Texts of all lengths are stored alike; everything else that changes its kind would need each value
 * converted. */
static bool same_storage(const struct field *before, const struct field *field)
{
	if (before->kind == field->kind)
		return before->kind != KIND_LINK || text_equal(before->target->name, field->target->name);
	return column_has_key(before) && (field->kind == KIND_TEXT || field->kind == KIND_PROSE);
}

/* ---- choices ---- */

/* A state that no version has any more, which its records follow, is nobody's: whatever moved them has moved them all. */
static struct error *is_unused(struct schema_planner *planner, const struct type *type, const struct field *field,
			       size_t position, bool *ret_unused)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(planner->store, planner->arena,
			     text_format(planner->arena, "SELECT 1 FROM \"%.*s\" WHERE \"%.*s\" = $1 LIMIT 1",
					 TEXT_ARG(type->table), TEXT_ARG(field->name)),
			     CELLS(cell_integer((int64_t)position)), &rows));
	TRY(rows_next(rows, &row));
	rows_close(rows);
	*ret_unused = !row;
	return NULL;
}

/* Where the choice stands now: its position, -1 unset; false after a refusal. */
static bool choice_moves_to(struct schema_planner *planner, const struct type *type,
			    const struct field *field, const struct choice *before, int *ret_position)
{
	struct fate fate;

	*ret_position = field_choice(field, before->name);
	if (*ret_position >= 0)
		return true;
	fate = follow(planner, type->name, field->name, before->name, knows_choice, field);
	switch (fate.kind) {
	case FATE_NAME:
		*ret_position = field_choice(field, fate.name);
		return true;
	case FATE_DROPPED:
		*ret_position = text_is_set(fate.to) ? field_choice(field, fate.to) : -1;
		if (*ret_position >= 0 || (!text_is_set(fate.to) && field->position != FIELD_STATE))
			return true;
		break;
	case FATE_UNKNOWN:
	case FATE_KEPT:
		break;
	}
	schema_refuse(
	    planner,
	    text_cstring(
		planner->arena,
		text_format(planner->arena,
			    "keep it with `retired: yes`, or say in migrations/NNNN-name.yaml: { rename: "
			    "%.*s.%.*s.%.*s, to: NAME } or { drop: ..., to: CHOICE }",
			    TEXT_ARG(type->name), TEXT_ARG(field->name), TEXT_ARG(before->name))),
	    "the choice '%.*s' of %.*s.%.*s is gone, and records may have it", TEXT_ARG(before->name),
	    TEXT_ARG(type->name), TEXT_ARG(field->name));
	return false;
}

static struct error *renumber(struct schema_planner *planner, const struct type *type, const struct field *before,
			      const struct field *field)
{
	struct buffer out, moved;
	bool changed = false, lost = false, unused_state;

	buffer_init(&out, planner->arena, STATEMENT_BYTES);
	buffer_init(&moved, planner->arena, STATEMENT_BYTES);
	buffer_format(&out, "UPDATE \"%.*s\" SET \"%.*s\" = CASE \"%.*s\"", TEXT_ARG(type->table),
		      TEXT_ARG(field->name), TEXT_ARG(field->name));
	for (size_t i = 0; i < before->choice_count; i++) {
		int position;

		unused_state = false;
		if ((field->position == FIELD_STATE || planner->back) && field_choice(field, before->choices[i].name) < 0)
			TRY(is_unused(planner, type, before, i, &unused_state));
		if (unused_state)
			continue;
		if (!choice_moves_to(planner, type, field, &before->choices[i], &position))
			return NULL;
		if (position == (int)i)
			continue;
		if (position >= 0)
			buffer_format(&out, " WHEN %zu THEN %d", i, position);
		else
			buffer_format(&out, " WHEN %zu THEN NULL", i);
		buffer_format(&moved, changed ? ",%zu" : "%zu", i);
		changed = true;
		lost = lost || position < 0 ||
		       !text_equal(before->choices[i].name, field->choices[position].name);
	}
	if (!changed)
		return NULL;
	buffer_format(&out, " ELSE \"%.*s\" END WHERE \"%.*s\" IN (", TEXT_ARG(field->name),
		      TEXT_ARG(field->name));
	buffer_text(&out, buffer_peek(&moved));
	buffer_char(&out, ')');
	schema_add_step(planner, lost, buffer_peek(&out), "renumber the choices of %.*s.%.*s",
			TEXT_ARG(type->name), TEXT_ARG(field->name));
	return NULL;
}

/* ---- fields and types ---- */

static struct error *count_rows(struct schema_planner *planner, text sql, int64_t *ret_count)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(planner->store, planner->arena, sql, NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_count = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

/* Going back: a field that only the newest version has goes when nobody has used it. */
static struct error *give_up_field(struct schema_planner *planner, const struct type *type, const struct field *before,
				   bool *ret_gone)
{
	int64_t count;

	*ret_gone = true;
	TRY(count_rows(planner,
		       before->kind == KIND_LINKS
			   ? text_format(planner->arena,
					 "SELECT count(*) FROM \"link\" WHERE \"name\" = '%.*s' AND \"from_type\" = '%.*s'",
					 TEXT_ARG(before->name), TEXT_ARG(type->name))
			   : text_format(planner->arena, "SELECT count(*) FROM \"%.*s\" WHERE \"%.*s\" IS NOT NULL",
					 TEXT_ARG(type->table), TEXT_ARG(before->name)),
		       &count));
	if (count == 0)
		drop_field(planner, type, before);
	else
		schema_refuse(planner,
			      text_cstring(planner->arena,
					   text_format(planner->arena,
						       "empty it first, or publish a version with it, or with { keep: %.*s.%.*s } in a migration",
						       TEXT_ARG(type->name), TEXT_ARG(before->name))),
			      "%lld records have a value in %.*s.%.*s, which the earlier version does not have",
			      (long long)count, TEXT_ARG(type->name), TEXT_ARG(before->name));
	return NULL;
}

/* Published before: it has done its work. */
static bool is_known_step(const struct model *before, const struct migration_step *step)
{
	for (size_t i = 0; i < before->migration_count; i++)
		if (before->migrations[i].kind == step->kind && text_equal(before->migrations[i].type, step->type) &&
		    text_equal(before->migrations[i].field, step->field) && text_equal(before->migrations[i].to, step->to))
			return true;
	return false;
}

/* A step that renames it, while another field has its old name from now on: nobody can tell which of the two its values are. */
static const struct migration_step *renamed_and_there(const struct schema_planner *planner, const struct type *type, const struct type *was,
						      text name)
{
	for (size_t i = 0; i < planner->model->migration_count; i++) {
		const struct migration_step *step = &planner->model->migrations[i];

		if (step->kind == MIGRATION_RENAME && text_equal(step->type, type->name) && !text_is_set(step->choice) &&
		    text_equal(step->field, name) && type_field(type, step->to) != NULL && type_field(was, step->to) == NULL &&
		    !is_known_step(planner->before, step))
			return step;
	}
	return NULL;
}

/* Where a field of before stands now; NULL: it goes, is kept unseen, or was refused. */
static struct error *field_after(struct schema_planner *planner, const struct type *was, const struct type *type,
				 const struct field *before, const struct field **ret_field)
{
	const struct field *field = type_field(type, before->name);
	const struct migration_step *both = field == NULL ? NULL : renamed_and_there(planner, type, was, before->name);
	struct fate fate;
	bool gone = false;

	*ret_field = field;
	if (both != NULL)
		schema_refuse(planner, "publish the rename first, and the new field after it",
			      "the field %.*s.%.*s is renamed to %.*s, but there is another '%.*s'", TEXT_ARG(type->name),
			      TEXT_ARG(before->name), TEXT_ARG(both->to), TEXT_ARG(before->name));
	if (field != NULL)
		return NULL;
	fate = follow(planner, type->name, before->name, TEXT_UNSET, knows_field, type);
	switch (fate.kind) {
	case FATE_NAME:
		field = type_field(type, fate.name);
		if (same_storage(before, field))
			rename_field(planner, type, before, field);
		*ret_field = field;
		return NULL;
	case FATE_DROPPED:
		drop_field(planner, type, before);
		return NULL;
	case FATE_KEPT:
		return NULL;
	case FATE_UNKNOWN:
		break;
	}
	if (planner->back)
		TRY(give_up_field(planner, type, before, &gone));
	if (gone)
		return NULL;
	schema_refuse(
	    planner,
	    text_cstring(
		planner->arena,
		text_format(
		    planner->arena,
		    "say in migrations/NNNN-name.yaml: { rename: %.*s.%.*s, to: NAME }, { keep: ... } "
		    "(values stay unseen) or { drop: ... } (values are lost)",
		    TEXT_ARG(type->name), TEXT_ARG(before->name))),
	    "the field %.*s.%.*s is gone", TEXT_ARG(type->name), TEXT_ARG(before->name));
	return NULL;
}

static struct error *plan_type(struct schema_planner *planner, const struct type *before, const struct type *type)
{
	if (!text_equal(before->number_prefix, type->number_prefix) ||
	    (!text_is_set(type->number_prefix) &&
	     !text_equal(before->fields[before->key_field].name, type->fields[type->key_field].name)))
		schema_refuse(planner, "records keep their numbers: leave number and key as they were",
			      "%.*s numbers its records in another way", TEXT_ARG(type->name));
	for (size_t i = 0; i < before->field_count; i++) {
		const struct field *old = &before->fields[i], *field;

		TRY(field_after(planner, before, type, old, &field));
		if (field == NULL)
			continue;
		if (!same_storage(old, field))
			schema_refuse(
			    planner, "give the new field a name of its own, and keep or drop the old one",
			    "the field %.*s.%.*s was %.*s and is now %.*s%s%.*s", TEXT_ARG(type->name),
			    TEXT_ARG(field->name), TEXT_ARG(kind_name(old->kind)),
			    TEXT_ARG(kind_name(field->kind)), field->kind == KIND_LINK ? " to " : "",
			    TEXT_ARG(field->kind == KIND_LINK ? field->target->name : TEXT_UNSET));
		else if (field->kind == KIND_CHOICE)
			TRY(renumber(planner, type, old, field));
	}
	return NULL;
}

static struct error *plan_lost_type(struct schema_planner *planner, const struct type *before)
{
	struct arena *arena = planner->arena;
	int64_t count = 1;

	for (size_t i = 0; i < planner->model->migration_count; i++) {
		const struct migration_step *step = &planner->model->migrations[i];

		if (!text_equal(step->type, before->name) || text_is_set(step->field) || step->kind == MIGRATION_MOVE)
			continue;
		if (step->kind == MIGRATION_KEEP)
			return NULL;
		schema_add_step(
		    planner, true,
		    text_format(arena,
				"DELETE FROM \"link\" WHERE \"from_type\" = '%.*s' OR \"to_type\" = '%.*s'",
				TEXT_ARG(before->name), TEXT_ARG(before->name)),
		    "drop the links of all %.*s records", TEXT_ARG(before->name));
		schema_add_step(planner, true,
				text_format(arena, "DROP TABLE \"%.*s\"", TEXT_ARG(before->table)),
				"drop the table of %.*s with all its records", TEXT_ARG(before->name));
		return NULL;
	}
	if (planner->back)
		TRY(count_rows(planner, text_format(arena, "SELECT count(*) FROM \"%.*s\"", TEXT_ARG(before->table)), &count));
	if (count == 0) {
		schema_add_step(planner, true, text_format(arena, "DROP TABLE \"%.*s\"", TEXT_ARG(before->table)),
				"drop the table of %.*s, which has no records", TEXT_ARG(before->name));
		return NULL;
	}
	schema_refuse(
	    planner,
	    text_cstring(arena,
			 text_format(arena,
				     "say in migrations/NNNN-name.yaml: { keep: %.*s } (its records stay, "
				     "unseen) or { drop: %.*s } (they are lost)",
				     TEXT_ARG(before->name), TEXT_ARG(before->name))),
	    "the type %.*s is gone", TEXT_ARG(before->name));
	return NULL;
}

struct error *schema_plan_changes(struct schema_planner *planner)
{
	const struct model *before = planner->before;

	for (size_t i = 0; i < before->type_count; i++) {
		const struct type *type = model_type(planner->model, before->types[i].name);

		if (before->types[i].abstract)
			continue;
		if (type != NULL && !type->abstract)
			TRY(plan_type(planner, &before->types[i], type));
	}
	for (size_t i = 0; i < before->type_count; i++) {
		const struct type *type = model_type(planner->model, before->types[i].name);

		if (!before->types[i].abstract && (type == NULL || type->abstract))
			TRY(plan_lost_type(planner, &before->types[i]));
	}
	return arena_check(planner->arena);
}
