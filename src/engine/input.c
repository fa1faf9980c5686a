/* What people send, as cells: every key known and allowed, every value of its kind, all mistakes told at once. */
#include "engine/step_private.h"

#include "base/limits.h"

/* Mistakes told at once: a body of a hundred thousand unknown keys must not keep the lane busy with its refusal. */
#define MISTAKES_MAX 50

void step_init(struct step *step, struct work *work, struct record *record, enum event_kind kind)
{
	size_t count = record->type->field_count;

	*step = (struct step){
		.type = record->type,
		.record = record,
		.kind = kind,
		.changed = arena_new_array(work->arena, bool, count),
		.cells = arena_new_array(work->arena, struct cell, count),
		.refused = arena_new_array(work->arena, bool, count),
		.visibility = VISIBLE_PUBLIC,
	};
}

void step_set(struct step *step, size_t field, struct cell cell)
{
	step->changed[field] = true;
	step->cells[field] = cell;
}

void step_note_missing(struct step *step, struct work *work, struct value *missing)
{
	if (value_count(missing) == 0)
		return;
	if (step->payload == NULL)
		step->payload = value_map(work->arena);
	value_set(work->arena, step->payload, T("missing"), missing);
}

struct record *step_result(const struct step *step, struct work *work)
{
	struct record *record = record_copy(work->arena, step->record);

	for (size_t i = 0; i < step->type->field_count; i++)
		if (step->changed[i])
			record->cells[i] = step->cells[i];
	return record;
}

struct error *comment_check(struct work *work, text comment)
{
	struct error *error = NULL;

	if (text_is_empty(text_trim(comment)))
		error = error_new(work->arena, ERROR_INVALID, "a comment needs words");
	else if (comment.length > LIMIT_PROSE_BYTES)
		error = error_new(work->arena, ERROR_INVALID, "a comment may be %d bytes long, this one is %zu", LIMIT_PROSE_BYTES,
		                  comment.length);
	else if (!text_is_utf8(comment, NULL))
		error = error_new(work->arena, ERROR_INVALID, "a comment must be UTF-8 without U+0000");
	return error == NULL ? NULL : error_field(error, T("comment"));
}

static struct error *read_comment(struct step *step, struct work *work, const struct value *value)
{
	if (value_is_null(value))
		return NULL;
	if (value->kind != VALUE_TEXT)
		return error_field(error_new(work->arena, ERROR_INVALID, "a comment is a text"), T("comment"));
	step->comment = value->text;
	return comment_check(work, value->text);
}

static struct error *read_visibility(struct step *step, struct work *work, const struct value *value)
{
	text name = value != NULL && value->kind == VALUE_TEXT ? value->text : TEXT_UNSET;

	step->visibility_given = true;
	step->visibility = text_equal(name, T("internal")) ? VISIBLE_INTERNAL : VISIBLE_PUBLIC;
	if (step->visibility == VISIBLE_PUBLIC && !text_equal(name, T("public")))
		return error_field(error_new(work->arena, ERROR_INVALID, "visibility is public or internal"), T("visibility"));
	return NULL;
}

static struct error *unknown_field(const struct step *step, struct work *work, text key)
{
	struct error *error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s has no field '%.*s'",
	                                            TEXT_ARG(step->type->name), TEXT_ARG(key)),
	                                  key);
	text nearest = table_nearest(&step->type->field_names, key);

	return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}

static bool may_write(const struct step *step, struct work *work, const struct field *field, const bool *allowed)
{
	/* Whether it may be set against its table is for decision.c to say, with the reason why not. */
	if (field->decision != NULL && !field->decision->proposes && step->kind != EVENT_TRANSITION)
		return true;
	if (allowed != NULL)
		return allowed[field->position];
	if (work->actor->kind == ACTOR_SYSTEM)
		return !field->system;
	/* On a record that is made: what is there to be compared with is not there yet. */
	return field->writable == NULL && access_field_writable(work, step->type, field);
}

static bool holds_id(const int64_t *ids, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

/* What was linked before stays; what is linked anew must be known to who does it, or links would tell what exists. */
static struct error *check_known(const struct step *step, struct work *work, const struct field *field, int64_t id, text number)
{
	int64_t *ids = NULL;
	size_t count = 0;
	bool readable;

	TRY(access_readable_id(work, field->target, id, &readable));
	if (readable)
		return NULL;
	if (field->kind == KIND_LINKS && step->record->id != 0)
		TRY(record_links(work, step->record, field, &ids, &count));
	if (holds_id(ids, count, id) || (field->kind == KIND_LINK && record_id_of(step->record, (ptrdiff_t)field->position) == id))
		return NULL;
	return field_no_target(work, field, number);
}

/* The same for a record of any type, which the cell names by its number. */
static struct error *check_reference(const struct step *step, struct work *work, const struct field *field, struct cell cell,
                                     text number)
{
	const struct type *type;
	struct record_name name;

	if (step->record->id != 0 && cell_equal(&cell, &step->record->cells[field->position]))
		return NULL;
	TRY(access_reference(work, cell.text, &type, &name));
	return text_is_set(name.number) ? NULL : field_no_target(work, field, number);
}

static text named(const struct value *value)
{
	return text_trim(value->kind == VALUE_MAP ? value_get_text(value, T("number")) : value->text);
}

static struct error *read_links(struct step *step, struct work *work, const struct field *field, const struct value *value)
{
	struct step_links *links = arena_grow(work->arena, step->links, sizeof(*links) * step->link_count,
	                                      sizeof(*links) * (step->link_count + 1));
	struct step_links *new = &links[step->link_count];

	step->links = links;
	*new = (struct step_links){ .field = field };
	TRY(field_parse_links(work, field, value, &new->ids, &new->count));
	for (size_t i = 0; i < value_count(value); i++) {
		int64_t id;
		TRY(model_find_id(work, field->target, named(value->list.items[i]), &id));
		TRY(check_known(step, work, field, id, named(value->list.items[i])));
	}
	step->link_count++;
	return NULL;
}

/* What is done by a condition tells what it speaks of: who writes one must be able to read that. */
static struct error *check_condition(const struct step *step, struct work *work, const struct field *field, const struct cell *cell)
{
	const struct field *hidden;
	struct condition *condition;
	const struct type *type;

	if (work->actor->kind == ACTOR_SYSTEM || cell_equal(cell, &step->record->cells[field->position]))
		return NULL;
	TRY(condition_parse(work->arena, work->model, field->target, cell->text, CONDITION_RULE, &condition));
	hidden = condition_hidden_field(work, condition, &type);
	if (hidden == NULL)
		return NULL;
	return error_field(error_new(work->arena, ERROR_INVALID, "%.*s: %.*s has no field '%.*s'", TEXT_ARG(field->name),
	                             TEXT_ARG(type->name), TEXT_ARG(hidden->name)),
	                   field->name);
}

static struct error *read_field(struct step *step, struct work *work, const struct field *field, const struct value *value)
{
	struct cell cell;

	if (field->kind == KIND_LINKS)
		return read_links(step, work, field, value);
	TRY(field_parse(work, field, value, work->actor->zone, &cell));
	if (field->kind == KIND_LINK && cell.kind == CELL_INTEGER)
		TRY(check_known(step, work, field, cell.integer, named(value)));
	if (field->kind == KIND_RECORD && cell.kind == CELL_TEXT)
		TRY(check_reference(step, work, field, cell, named(value)));
	if (field->kind == KIND_CONDITION && cell.kind == CELL_TEXT)
		TRY(check_condition(step, work, field, &cell));
	step_set(step, field->position, cell);
	return NULL;
}

/* Errors that are about the input are gathered; a failing store is told at once. */
static bool is_about_input(const struct error *error)
{
	return error->code == ERROR_INVALID || error->code == ERROR_FORBIDDEN;
}

struct error *step_read(struct step *step, struct work *work, const struct value *input, const bool *allowed, bool with_comment)
{
	struct error *errors = NULL;
	size_t count = 0;

	if (input == NULL)
		return NULL;
	if (input->kind != VALUE_MAP)
		return error_new(work->arena, ERROR_INVALID, "the fields of %.*s must be a map, not a %.*s",
		                 TEXT_ARG(step->type->name), TEXT_ARG(value_kind_name(input->kind)));
	for (size_t i = 0; i < input->map.count && count < MISTAKES_MAX; i++) {
		const struct value_entry *entry = &input->map.entries[i];
		const struct field *field = type_field(step->type, entry->key);
		struct error *error = NULL;

		if (with_comment && field == NULL && text_equal(entry->key, T("comment")))
			error = read_comment(step, work, entry->value);
		else if (with_comment && field == NULL && text_equal(entry->key, T("visibility")))
			error = read_visibility(step, work, entry->value);
		else if (field == NULL || (field->retired && step->kind == EVENT_CREATED) ||
		         !(field->system || field->secret || access_field_readable(work, step->type, field)))
			error = unknown_field(step, work, entry->key);
		else if (!may_write(step, work, field, allowed))
			error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s may not be written here",
			                              TEXT_ARG(field->name)),
			                    field->name);
		else
			error = read_field(step, work, field, entry->value);
		if (error != NULL && !is_about_input(error))
			return error;
		if (error != NULL && field != NULL)
			step->refused[field->position] = true;
		errors = error_append(errors, error);
		count += error != NULL;
	}
	return errors;
}

struct error *step_check_required(const struct step *step, struct work *work, bool only_changed)
{
	struct error *errors = NULL;

	for (size_t i = FIELD_SYSTEM_COUNT; i < step->type->field_count; i++) {
		const struct field *field = &step->type->fields[i];
		const struct cell *cell = step_cell(step, i);
		bool set = cell->kind == CELL_TEXT ? !text_is_empty(text_trim(cell->text)) : cell->kind != CELL_NULL;

		if (field->required && step_has_field(step, field) && !set && !step->refused[i] && field->kind != KIND_LINKS && (!only_changed || step->changed[i]))
			errors = error_append(errors, error_field(error_new(work->arena, ERROR_INVALID, "%.*s is needed",
			                                                    TEXT_ARG(field->name)),
			                                          field->name));
	}
	return errors;
}

struct error *version_check(struct work *work, struct record *record, int64_t expected, const struct value *input)
{
	struct value *yours = value_map(work->arena), *current = value_map(work->arena), *extra = value_map(work->arena);
	struct error *error;

	if (expected == 0 || expected == record->version)
		return NULL;
	for (size_t i = 0; input != NULL && input->kind == VALUE_MAP && i < input->map.count; i++) {
		const struct value_entry *entry = &input->map.entries[i];
		const struct field *field = type_field(record->type, entry->key);
		struct value *value;

		value_add(work->arena, yours, entry->key, entry->value);
		if (field == NULL || !access_field_readable(work, record->type, field))
			continue;
		TRY(history_field_value(work, record, field, &value));
		value_add(work->arena, current, field->name, value);
	}
	value_set_integer(work->arena, extra, T("version"), record->version);
	value_add(work->arena, extra, T("yours"), yours);
	value_add(work->arena, extra, T("current"), current);
	error = error_new(work->arena, ERROR_STALE, "%.*s was changed meanwhile: it is version %lld now",
	                  TEXT_ARG(record_number(record)), (long long)record->version);
	error->extra = extra;
	return error_hint(work->arena, error, "look at both versions, then save with version %lld", (long long)record->version);
}
