/*
 * The tables that the model needs, and the steps to them from what the store has. Everything that only adds
 * is found by comparing with the store itself; so a plan can be made again after a half-finished one. A
 * record's row holds small cells first, then texts, long texts and their keys last, so that a list never
 * reads past what it shows.
 */
#include "model/schema_private.h"

#include <stdarg.h>
#include <stdio.h>

#define STATEMENT_BYTES (64 * 1024)

void schema_add_step(struct schema_planner *planner, bool destructive, text sql, const char *words, ...)
{
	char line[300];
	va_list arguments;

	va_start(arguments, words);
	vsnprintf(line, sizeof(line), words, arguments);
	va_end(arguments);
	arena_make_room(planner->arena, planner->steps, planner->step_count, planner->step_capacity);
	planner->steps[planner->step_count++] =
	    (struct schema_step){ sql, text_copy(planner->arena, text_from(line)), destructive };
}

void schema_refuse(struct schema_planner *planner, const char *hint, const char *format, ...)
{
	char line[300];
	va_list arguments;
	struct error *error;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	error = error_new(planner->arena, ERROR_DEFINITION, "%s", line);
	planner->refused = error_append(planner->refused, error_hint(planner->arena, error, "%s", hint));
}

/* ---- what the store has ---- */

static struct error *look(struct schema_planner *planner, struct schema_table *table, text name)
{
	table->name = name;
	TRY(store_has_table(planner->store, planner->arena, name, &table->exists));
	if (!table->exists)
		return NULL;
	TRY(store_columns(planner->store, planner->arena, name, &table->columns, &table->column_count));
	return store_indexes(planner->store, planner->arena, name, &table->indexes, &table->index_count);
}

static bool has(const text *names, size_t count, text name)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], name))
			return true;
	return false;
}

/* ---- columns ---- */

/* In which order columns stand: small cells, short texts, then what may be long. */
static int column_rank(const struct field *field)
{
	switch (field->kind) {
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
		return 2;
	case KIND_TEXT:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
		return field->system ? 0 : 1;
	case KIND_INTEGER:
	case KIND_REAL:
	case KIND_BOOLEAN:
	case KIND_CHOICE:
	case KIND_MOMENT:
	case KIND_DURATION:
	case KIND_LINK:
	case KIND_LINKS:
	case KIND_COUNT:
		break;
	}
	return 0;
}

static text field_type(const struct schema_planner *planner, const struct field *field)
{
	switch (column_class(field->kind)) {
	case COLUMN_CLASS_REAL:
		return planner->dialect->real_type;
	case COLUMN_CLASS_TEXT:
		return planner->dialect->text_type;
	case COLUMN_CLASS_INTEGER:
	case COLUMN_CLASS_NONE:
		break;
	}
	return planner->dialect->integer_type;
}

static bool never_unset(const struct field *field)
{
	return field->system && (field->position == FIELD_NUMBER || field->position == FIELD_VERSION ||
				 field->position == FIELD_CREATED_AT || field->position == FIELD_UPDATED_AT);
}

static void write_column(struct buffer *out, const struct schema_planner *planner, const struct field *field)
{
	column_quote(out, field->name);
	buffer_char(out, ' ');
	buffer_text(out, field_type(planner, field));
	if (never_unset(field))
		buffer_literal(out, " NOT NULL");
	if (field->kind == KIND_LINK) {
		buffer_literal(out, " REFERENCES ");
		column_quote(out, field->target->table);
		buffer_literal(out, " (\"id\") DEFERRABLE INITIALLY IMMEDIATE");
	}
}

static void write_key_column(struct buffer *out, const struct schema_planner *planner,
			     const struct field *field)
{
	column_quote(out, column_compared(planner->arena, field));
	buffer_char(out, ' ');
	buffer_text(out, planner->dialect->text_type);
}

static struct schema_table *table_of(const struct schema_planner *planner, const struct type *type)
{
	return &planner->tables[type->position];
}

static void create_table(struct schema_planner *planner, const struct type *type)
{
	struct schema_table *table = table_of(planner, type);
	struct buffer out;

	buffer_init(&out, planner->arena, STATEMENT_BYTES);
	buffer_literal(&out, "CREATE TABLE ");
	column_quote(&out, type->table);
	buffer_literal(&out, " (\"id\" ");
	buffer_text(&out, planner->dialect->integer_type);
	buffer_literal(&out, " PRIMARY KEY NOT NULL, \"definition\" ");
	buffer_text(&out, planner->dialect->integer_type);
	buffer_literal(&out, " NOT NULL");
	/* Ranks 0 to 2 are the values; the keys of texts follow them, at 3 and 4. */
	for (int rank = 0; rank <= 4; rank++)
		for (size_t i = 0; i < type->field_count; i++) {
			const struct field *field = &type->fields[i];
			bool key = rank > 2 || (rank == 0 && i == FIELD_NUMBER);
			bool later = field->kind == KIND_LINK && field->target != type &&
				     !table_of(planner, field->target)->exists;

			if (!column_exists(field) || later)
				continue;
			if (rank <= 2 && column_rank(field) == rank) {
				buffer_literal(&out, ", ");
				write_column(&out, planner, field);
			}
			if (key && column_has_key(field) &&
			    (rank == 0 || (i != FIELD_NUMBER && column_rank(field) == rank - 2))) {
				buffer_literal(&out, ", ");
				write_key_column(&out, planner, field);
			}
		}
	buffer_literal(&out, ") ");
	buffer_text(&out, planner->dialect->table_suffix);
	table->exists = true;
	schema_add_step(planner, false, buffer_peek(&out), "make the table of %.*s", TEXT_ARG(type->name));
}

static void add_column(struct schema_planner *planner, const struct type *type, const struct field *field,
		       bool key)
{
	struct buffer out;

	buffer_init(&out, planner->arena, STATEMENT_BYTES);
	buffer_literal(&out, "ALTER TABLE ");
	column_quote(&out, type->table);
	buffer_literal(&out, " ADD COLUMN ");
	if (key)
		write_key_column(&out, planner, field);
	else
		write_column(&out, planner, field);
	schema_add_step(planner, false, buffer_peek(&out), "add the column %.*s.%.*s", TEXT_ARG(type->name),
			TEXT_ARG(key ? column_compared(planner->arena, field) : field->name));
}

/* What a table that was there lacks. */
static void add_columns(struct schema_planner *planner, const struct type *type)
{
	const struct schema_table *table = table_of(planner, type);

	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];

		if (!column_exists(field))
			continue;
		if (!has(table->columns, table->column_count, field->name))
			add_column(planner, type, field, false);
		if (column_has_key(field) &&
		    !has(table->columns, table->column_count, column_compared(planner->arena, field)))
			add_column(planner, type, field, true);
	}
}

/* People first: every record points at them. Then whatever a type points at before it; what goes in a circle
 * is added later. */
static void visit_type(struct schema_planner *planner, const struct type *type, int *visited,
		       const struct field ***waiting, size_t *waiting_count)
{
	if (visited[type->position] != 0 || type->abstract)
		return;
	visited[type->position] = 1;
	for (size_t i = 0; i < type->field_count && type != planner->model->user; i++)
		if (type->fields[i].kind == KIND_LINK)
			visit_type(planner, type->fields[i].target, visited, waiting, waiting_count);
	if (table_of(planner, type)->exists) {
		visited[type->position] = 2;
		return;
	}
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];

		if (field->kind == KIND_LINK && field->target != type &&
		    !table_of(planner, field->target)->exists)
			waiting[type->position][waiting_count[type->position]++] = field;
	}
	create_table(planner, type);
}

static void plan_record_tables(struct schema_planner *planner)
{
	const struct model *model = planner->model;
	int *visited = arena_new_array(planner->arena, int, model->type_count);
	const struct field ***waiting =
	    arena_new_array(planner->arena, const struct field **, model->type_count);
	size_t *waiting_count = arena_new_array(planner->arena, size_t, model->type_count);

	for (size_t i = 0; i < model->type_count; i++)
		waiting[i] =
		    arena_new_array(planner->arena, const struct field *, model->types[i].field_count);
	visit_type(planner, model->user, visited, waiting, waiting_count);
	for (size_t i = 0; i < model->type_count; i++)
		visit_type(planner, &model->types[i], visited, waiting, waiting_count);
	for (size_t i = 0; i < model->type_count; i++) {
		for (size_t j = 0; j < waiting_count[i]; j++)
			add_column(planner, &model->types[i], waiting[i][j], false);
		if (visited[i] == 2)
			add_columns(planner, &model->types[i]);
	}
}

/* ---- plain tables ---- */

static text plain_type(const struct schema_planner *planner, const struct plain_column *column)
{
	switch (column->kind) {
	case COLUMN_REAL:
		return planner->dialect->real_type;
	case COLUMN_TEXT:
		return planner->dialect->text_type;
	case COLUMN_BLOB:
		return planner->dialect->blob_type;
	case COLUMN_INTEGER:
		break;
	}
	return column->key ? planner->dialect->key_type : planner->dialect->integer_type;
}

static void write_plain_column(struct buffer *out, const struct schema_planner *planner,
			       const struct plain_column *column, bool added)
{
	column_quote(out, column->name);
	buffer_char(out, ' ');
	buffer_text(out, plain_type(planner, column));
	if (column->key && column->kind != COLUMN_INTEGER)
		buffer_literal(out, " PRIMARY KEY");
	if (column->key || column->required)
		buffer_literal(out, " NOT NULL");
	if (column->required && added)
		buffer_text(out, column->kind == COLUMN_TEXT || column->kind == COLUMN_BLOB
				     ? T(" DEFAULT ''")
				     : T(" DEFAULT 0"));
}

static void plan_plain_table(struct schema_planner *planner, const struct plain_table *table,
			     const struct schema_table *found)
{
	struct buffer out;

	if (!found->exists) {
		buffer_init(&out, planner->arena, STATEMENT_BYTES);
		buffer_literal(&out, "CREATE TABLE ");
		column_quote(&out, table->name);
		for (size_t i = 0; i < table->column_count; i++) {
			buffer_text(&out, i == 0 ? T(" (") : T(", "));
			write_plain_column(&out, planner, &table->columns[i], false);
		}
		buffer_literal(&out, ") ");
		buffer_text(&out, planner->dialect->table_suffix);
		schema_add_step(planner, false, buffer_peek(&out), "make the table %.*s",
				TEXT_ARG(table->name));
		return;
	}
	for (size_t i = 0; i < table->column_count; i++) {
		if (has(found->columns, found->column_count, table->columns[i].name))
			continue;
		buffer_init(&out, planner->arena, STATEMENT_BYTES);
		buffer_literal(&out, "ALTER TABLE ");
		column_quote(&out, table->name);
		buffer_literal(&out, " ADD COLUMN ");
		write_plain_column(&out, planner, &table->columns[i], true);
		schema_add_step(planner, false, buffer_peek(&out), "add the column %.*s.%.*s",
				TEXT_ARG(table->name), TEXT_ARG(table->columns[i].name));
	}
}

/* ---- indexes ---- */

static void begin_index(struct schema_planner *planner, struct buffer *out, text name, text table,
			bool unique)
{
	buffer_init(out, planner->arena, STATEMENT_BYTES);
	buffer_text(out, unique ? T("CREATE UNIQUE INDEX ") : T("CREATE INDEX "));
	column_quote(out, name);
	buffer_literal(out, " ON ");
	column_quote(out, table);
	buffer_literal(out, " (");
}

static void write_states(struct buffer *out, uint64_t states)
{
	bool first = true;

	buffer_literal(out, "\"state\" IN (");
	for (int i = 0; i < 64; i++)
		if (states >> i & 1) {
			buffer_format(out, first ? "%d" : ",%d", i);
			first = false;
		}
	buffer_char(out, ')');
}

static void create_type_index(struct schema_planner *planner, const struct type *type,
			      const struct type_index *index)
{
	struct buffer out;
	text first = column_compared(planner->arena, &type->fields[index->fields[0]]);

	begin_index(planner, &out, index->name, type->table, index->unique);
	for (size_t i = 0; i < index->field_count; i++) {
		if (i > 0)
			buffer_literal(&out, ", ");
		column_quote(&out, column_compared(planner->arena, &type->fields[index->fields[i]]));
	}
	buffer_text(&out, index->unique ? T(")") : T(", \"id\")"));
	if (index->states != 0 || index->set_only)
		buffer_literal(&out, " WHERE ");
	if (index->states != 0)
		write_states(&out, index->states);
	if (index->states != 0 && index->set_only)
		buffer_literal(&out, " AND ");
	if (index->set_only) {
		column_quote(&out, first);
		buffer_literal(&out, " IS NOT NULL");
	}
	schema_add_step(planner, false, buffer_peek(&out), "make the index %.*s", TEXT_ARG(index->name));
}

static void create_plain_index(struct schema_planner *planner, const struct plain_table *table,
			       const struct plain_index *index)
{
	struct buffer out;

	begin_index(planner, &out, index->name, table->name, index->unique);
	for (size_t i = 0; i < index->column_count; i++) {
		if (i > 0)
			buffer_literal(&out, ", ");
		column_quote(&out, index->columns[i]);
	}
	buffer_char(&out, ')');
	if (text_is_set(index->where)) {
		text rest = index->where, column;

		text_cut(&rest, ' ', &column);
		buffer_literal(&out, " WHERE ");
		column_quote(&out, column);
		buffer_char(&out, ' ');
		buffer_text(&out, rest);
	}
	schema_add_step(planner, false, buffer_peek(&out), "make the index %.*s", TEXT_ARG(index->name));
}

/* Which versions of its definition a type's records run on is asked along this one (schema_running). */
static text definition_index(const struct schema_planner *planner, const struct type *type)
{
	return text_format(planner->arena, "%.*s_definition", TEXT_ARG(type->name));
}

static void create_definition_index(struct schema_planner *planner, const struct type *type)
{
	text name = definition_index(planner, type);
	struct buffer out;

	begin_index(planner, &out, name, type->table, false);
	buffer_literal(&out, "\"definition\")");
	schema_add_step(planner, false, buffer_peek(&out), "make the index %.*s", TEXT_ARG(name));
}

static bool wants_index(const struct schema_planner *planner, size_t table, text name)
{
	const struct model *model = planner->model;

	if (table < model->type_count) {
		if (text_equal(name, definition_index(planner, &model->types[table])))
			return true;
		for (size_t i = 0; i < model->types[table].index_count; i++)
			if (text_equal(model->types[table].indexes[i].name, name))
				return true;
		return false;
	}
	for (size_t i = 0; i < model->tables[table - model->type_count].index_count; i++)
		if (text_equal(model->tables[table - model->type_count].indexes[i].name, name))
			return true;
	return false;
}

static void drop_indexes(struct schema_planner *planner)
{
	for (size_t i = 0; i < planner->table_count; i++)
		for (size_t j = 0; j < planner->tables[i].index_count; j++) {
			text name = planner->tables[i].indexes[j];

			if (!wants_index(planner, i, name))
				schema_add_step(
				    planner, false,
				    text_format(planner->arena, "DROP INDEX \"%.*s\"", TEXT_ARG(name)),
				    "drop the index %.*s, which nothing asks for any more", TEXT_ARG(name));
		}
}

static void create_indexes(struct schema_planner *planner)
{
	const struct model *model = planner->model;

	for (size_t i = 0; i < model->type_count; i++)
		if (!model->types[i].abstract && !has(planner->tables[i].indexes, planner->tables[i].index_count,
						      definition_index(planner, &model->types[i])))
			create_definition_index(planner, &model->types[i]);
	for (size_t i = 0; i < model->type_count; i++)
		for (size_t j = 0; j < model->types[i].index_count; j++)
			if (!has(planner->tables[i].indexes, planner->tables[i].index_count,
				 model->types[i].indexes[j].name))
				create_type_index(planner, &model->types[i], &model->types[i].indexes[j]);
	for (size_t i = 0; i < model->table_count; i++) {
		const struct schema_table *found = &planner->tables[model->type_count + i];

		for (size_t j = 0; j < model->tables[i].index_count; j++)
			if (!has(found->indexes, found->index_count, model->tables[i].indexes[j].name))
				create_plain_index(planner, &model->tables[i], &model->tables[i].indexes[j]);
	}
}

/* ---- the plan ---- */

static struct error *look_at_all(struct schema_planner *planner)
{
	const struct model *model = planner->model;

	planner->table_count = model->type_count + model->table_count;
	planner->tables = arena_new_array(planner->arena, struct schema_table, planner->table_count);
	for (size_t i = 0; i < model->type_count; i++)
		TRY(look(planner, &planner->tables[i], model->types[i].table));
	for (size_t i = 0; i < model->table_count; i++)
		TRY(look(planner, &planner->tables[model->type_count + i], model->tables[i].name));
	return NULL;
}

static struct error *make_plan(struct arena *arena, struct store *store, const struct model *before,
			       const struct model *model, bool back, struct schema_plan *ret_plan)
{
	struct schema_planner planner = { .arena = arena,
					  .store = store,
					  .dialect = store_dialect(store),
					  .before = before,
					  .model = model,
					  .back = back };

	TRY(look_at_all(&planner));
	drop_indexes(&planner);
	if (before != NULL)
		TRY(schema_plan_changes(&planner));
	plan_record_tables(&planner);
	for (size_t i = 0; i < model->table_count; i++)
		plan_plain_table(&planner, &model->tables[i], &planner.tables[model->type_count + i]);
	create_indexes(&planner);
	TRY(schema_plan_definitions(&planner));
	*ret_plan = (struct schema_plan){ planner.steps, planner.step_count, planner.refused };
	return arena_check(arena);
}

struct error *schema_plan(struct arena *arena, struct store *store, const struct model *before,
			  const struct model *model, struct schema_plan *ret_plan)
{
	return make_plan(arena, store, before, model, false, ret_plan);
}

struct error *schema_plan_back(struct arena *arena, struct store *store, const struct model *before,
			       const struct model *model, struct schema_plan *ret_plan)
{
	return make_plan(arena, store, before, model, true, ret_plan);
}
