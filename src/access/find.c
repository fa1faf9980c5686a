/*
 * Finding and showing records: the actor's rules are put into every query here, what may not be read is treated as if it did
 * not exist, and a record becomes the value that page and API show.
 */
#include "access/access_private.h"

/* ---- queries ---- */

struct hidden_search {
	struct work *work;
	const struct type *type;
	const struct field *found;
};

static void look_at_field(void *data, size_t position)
{
	struct hidden_search *search = data;
	const struct field *field = &search->type->fields[position];

	if (search->found == NULL && !access_field_readable(search->work, search->type, field))
		search->found = field;
}

/* A hidden field is told in the words of one that does not exist, with the nearest of those that the actor may read. */
static struct error *no_field(struct work *work, const struct type *type, const struct field *hidden)
{
	text *names = arena_new_array(work->arena, text, type->field_count);
	size_t count = 0;
	struct error *error;
	text nearest;

	for (size_t i = 0; i < type->field_count; i++)
		if (access_field_readable(work, type, &type->fields[i]))
			names[count++] = type->fields[i].name;
	error = error_new(work->arena, ERROR_CONDITION, "%.*s has no field '%.*s'", TEXT_ARG(type->name), TEXT_ARG(hidden->name));
	nearest = text_nearest(hidden->name, names, count);
	return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}

/* What somebody filters or sorts by tells what is in it, even when it is never shown. */
static struct error *refuse_hidden(struct work *work, const struct query *query)
{
	struct hidden_search search = { work, query->type, NULL };

	if (work->actor->kind == ACTOR_SYSTEM)
		return NULL;
	if (query->where != NULL)
		condition_each_field(query->where, look_at_field, &search);
	for (size_t i = 0; i < query->sort_count; i++)
		look_at_field(&search, query->sort[i].field);
	return search.found == NULL ? NULL : no_field(work, query->type, search.found);
}

static struct error *fill_in(struct work *work, struct query *query)
{
	struct rights_rule rule;

	TRY(refuse_hidden(work, query));
	rights_rule(work, RIGHT_READ, query->type, &rule);
	query->everything = rule.everything;
	query->branches = rule.branches;
	query->branch_count = rule.branch_count;
	access_context(work, &query->context);
	return NULL;
}

struct error *access_find(struct work *work, struct query *query, struct record_page *ret_page)
{
	TRY(fill_in(work, query));
	return model_find(work, query, ret_page);
}

struct error *access_count(struct work *work, struct query *query, int64_t limit, int64_t *ret_count)
{
	TRY(fill_in(work, query));
	return model_count(work, query, limit, ret_count);
}

struct error *access_each(struct work *work, struct query *query,
                          struct error *(*visit)(void *data, struct work *work, struct record *record), void *data)
{
	TRY(fill_in(work, query));
	return model_each(work, query, visit, data);
}

struct error *access_name(struct work *work, const struct type *type, int64_t id, struct record_name *ret_name)
{
	bool readable;

	*ret_name = (struct record_name){ .number = TEXT_UNSET, .title = TEXT_UNSET };
	TRY(access_readable_id(work, type, id, &readable));
	return readable ? model_name(work, type, id, ret_name) : NULL;
}

struct error *access_reference(struct work *work, text number, const struct type **ret_type, struct record_name *ret_name)
{
	int64_t id;

	*ret_name = (struct record_name){ .number = TEXT_UNSET, .title = TEXT_UNSET };
	TRY(model_find_number(work, number, ret_type, &id));
	return id == 0 ? NULL : access_name(work, *ret_type, id, ret_name);
}

/* ---- a record as a value ---- */

/* That there is a target is in the record's own field; which one it is not for this actor to know. */
static struct value *hidden_link(struct work *work, const struct type *target)
{
	struct value *value = value_map(work->arena);

	value_add(work->arena, value, T("type"), value_text(work->arena, target->name));
	value_add(work->arena, value, T("number"), value_null(work->arena));
	return value;
}

static struct error *link_value(struct work *work, const struct field *field, int64_t id, struct value **ret_value)
{
	struct cell cell = cell_integer(id);
	bool readable;

	TRY(access_readable_id(work, field->target, id, &readable));
	if (readable)
		return field_value(work, field, &cell, ret_value);
	*ret_value = hidden_link(work, field->target);
	return NULL;
}

/* One target as the value of a list. field_value() writes single links, which have the same shape. */
static struct error *links_value(struct work *work, struct record *record, const struct field *field, struct value **ret_value)
{
	struct field single = *field;
	struct value *list = value_list(work->arena), *item;
	int64_t *ids;
	size_t count;

	single.kind = KIND_LINK;
	TRY(record_links(work, record, field, &ids, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(link_value(work, &single, ids[i], &item));
		value_append(work->arena, list, item);
	}
	*ret_value = list;
	return NULL;
}

/* The number says of itself which record it is: who may not read that gets the type alone. */
static struct error *reference_value(struct work *work, const struct field *field, const struct cell *cell, struct value **ret_value)
{
	const struct type *type;
	struct record_name name;

	TRY(access_reference(work, cell->text, &type, &name));
	if (text_is_set(name.number))
		return field_value(work, field, cell, ret_value);
	*ret_value = type == NULL ? value_null(work->arena) : hidden_link(work, type);
	return NULL;
}

static bool is_prose(enum kind kind)
{
	return kind == KIND_PROSE || kind == KIND_HOURS || kind == KIND_HOLIDAYS;
}

static bool is_wanted(struct work *work, const struct record *record, const struct field *field, const bool *fields)
{
	if (fields != NULL && !fields[field->position])
		return false;
	if (record->partial && (is_prose(field->kind) || (field->kind == KIND_LINKS && fields == NULL)))
		return false;
	/* Retired: the state of a type without lifecycle. */
	if (field->position == FIELD_STATE && record->type->lifecycle == NULL)
		return false;
	return record_has_field(record, field) && access_field_readable(work, record->type, field);
}

static struct error *add_field(struct work *work, struct record *record, const struct field *field, struct value *value)
{
	const struct cell *cell = record_cell(record, field->position);
	struct value *item;

	if (field->kind == KIND_LINKS)
		TRY(links_value(work, record, field, &item));
	else if (field->kind == KIND_LINK && cell->kind == CELL_INTEGER)
		TRY(link_value(work, field, cell->integer, &item));
	else if (field->kind == KIND_RECORD && cell->kind == CELL_TEXT)
		TRY(reference_value(work, field, cell, &item));
	else
		TRY(field_value(work, field, cell, &item));
	value_add(work->arena, value, field->name, item);
	return NULL;
}

struct error *access_record_value(struct work *work, struct record *record, const bool *fields, struct value **ret_value)
{
	const struct type *type = record->type;
	struct value *value = value_map(work->arena);

	TRY(add_field(work, record, &type->fields[FIELD_NUMBER], value));
	value_add(work->arena, value, T("type"), value_text(work->arena, type->name));
	for (size_t i = FIELD_NUMBER + 1; i < type->field_count; i++)
		if (is_wanted(work, record, &type->fields[i], fields))
			TRY(add_field(work, record, &type->fields[i], value));
	*ret_value = value;
	return NULL;
}
