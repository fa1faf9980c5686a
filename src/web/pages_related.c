/*
 * Lists of the records that point at this one, as the definition's section `related` says: a few of each on the record's page, all
 * of them behind a link and in the API. One query per list, never a count.
 */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/words.h"

#define RELATED_SHOWN 6

/* FIELD = "NUMBER", and what the list asks beyond it: also the filter of the page with all of them. */
static text source_of(struct work *work, const struct related_list *list, const struct record *record)
{
	text field = list->type->fields[list->field].name, number = record_number(record);

	text source = text_format(work->arena, "%.*s = %.*s", TEXT_ARG(field), TEXT_ARG(condition_quote(work->arena, number)));
	if (list->condition == NULL)
		return source;
	return text_format(work->arena, "%.*s and (%.*s)", TEXT_ARG(source), TEXT_ARG(condition_print(work->arena, list->condition)));
}

static struct error *row_value(struct work *work, const struct related_list *list, const struct record *record, struct value **ret_row)
{
	struct value *row = value_map(work->arena);
	text more = TEXT_UNSET, shown;

	value_set_text(work->arena, row, T("number"), record_number(record));
	value_set_text(work->arena, row, T("title"), record_title(record));
	value_set_text(work->arena, row, T("href"), record_href(work->arena, record->type, record_number(record)));
	value_set(work->arena, row, T("state"), part_state(work, record));
	value_set(work->arena, row, T("priority"), part_choice(work, record, record->type->priority));
	for (size_t i = 0; i < list->column_count; i++) {
		const struct field *field = &record->type->fields[list->columns[i]];
		if (field->position == FIELD_NUMBER || field->position == FIELD_STATE || field->position == record->type->title_field ||
		    (ptrdiff_t)field->position == record->type->priority || !access_field_readable(work, record->type, field))
			continue;
		TRY(part_words(work, record, field, &shown));
		if (text_is_set(shown) && !text_is_empty(shown))
			more = text_is_set(more) ? text_format(work->arena, "%.*s · %.*s", TEXT_ARG(more), TEXT_ARG(shown)) : shown;
	}
	value_set_text(work->arena, row, T("more"), more);
	*ret_row = row;
	return NULL;
}

/* NULL value: the actor may not ask that, or there is nothing. */
static struct error *list_value(struct work *work, const struct related_list *list, const struct record *record,
                                struct value **ret_value)
{
	struct sort_key newest = { .field = FIELD_CREATED_AT, .descending = true };
	struct value *value = value_map(work->arena), *rows = value_list(work->arena), *row;
	text source = source_of(work, list, record);
	struct condition *where;
	struct record_page found;
	bool may;

	*ret_value = NULL;
	TRY(access_may(work, RIGHT_READ, list->type, NULL, &may));
	if (!may || !access_field_readable(work, list->type, &list->type->fields[list->field]))
		return NULL;
	TRY(condition_parse(work->arena, work->model, list->type, source, CONDITION_QUERY, &where));
	struct query query = { .type = list->type, .where = where, .sort = &newest, .sort_count = 1, .limit = RELATED_SHOWN + 1 };
	struct error *error = access_find(work, &query, &found);
	if (error != NULL) /* too many of them to be sorted: the page goes on without */
		return error->code == ERROR_INVALID ? NULL : error;
	for (size_t i = 0; i < found.count && i < RELATED_SHOWN; i++) {
		TRY(row_value(work, list, found.records[i], &row));
		value_append(work->arena, rows, row);
	}
	if (found.count == 0)
		return NULL;
	value_set_text(work->arena, value, T("name"), list->name);
	value_set_text(work->arena, value, T("label"), label_in(&list->label, work->language));
	value_set(work->arena, value, T("records"), rows);
	value_set_bool(work->arena, value, T("more"), found.count > RELATED_SHOWN);
	value_set_text(work->arena, value, T("href"),
	               text_format(work->arena, "/%.*s?q=%.*s", TEXT_ARG(list->type->name), TEXT_ARG(url_part(work->arena, source))));
	*ret_value = value;
	return NULL;
}

struct error *part_related(struct work *work, struct record *record, struct value *data)
{
	struct value *lists = value_list(work->arena), *one;

	for (size_t i = 0; i < record->type->related_count; i++) {
		TRY(list_value(work, &record->type->related[i], record, &one));
		if (one != NULL)
			value_append(work->arena, lists, one);
	}
	value_set(work->arena, data, T("related"), lists);
	return NULL;
}

struct error *api_related(struct work *work, struct web_request *request, struct page *page)
{
	text name = request_parameter(request, T("name"));
	const struct type *type = request->type;
	struct condition *where;
	struct record *record;
	text *names = arena_new_array(work->arena, text, type->related_count + 1);

	TRY(access_load(work, type, request_parameter(request, T("number")), &record));
	for (size_t i = 0; i < type->related_count; i++) {
		const struct related_list *list = &type->related[i];
		names[i] = list->name;
		if (!text_equal(list->name, name))
			continue;
		TRY(access_require(work, RIGHT_READ, list->type, NULL));
		TRY(condition_parse(work->arena, work->model, list->type, source_of(work, list, record), CONDITION_QUERY, &where));
		return web_list_value(work, request, list->type, where, &page->data);
	}
	struct error *error = error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no related list '%.*s'", TEXT_ARG(type->name), TEXT_ARG(name));
	text nearest = text_nearest(name, names, type->related_count);
	return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}
