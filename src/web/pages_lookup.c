/*
 * What type-aheads ask: records of one type for a link field, numbered records of any type for a field of kind `record`, and records
 * of all types for the search box. Access is the search's and the finder's; answers hold labels only.
 */
#include "web/pages_private.h"

#include "base/words.h"

#define LOOKUP_ROWS 8
/* Hits looked at, because some of them may no longer be offered. */
#define LOOKUP_SCAN 24

static bool is_offered(const struct record *record)
{
	ptrdiff_t active = record->type->active;

	return active < 0 || (record_cell(record, (size_t)active)->kind == CELL_INTEGER && record_cell(record, (size_t)active)->integer != 0);
}

static struct error *append_option(struct work *work, const struct record *record, struct value *items)
{
	const struct type *type = record->type;
	struct value *item = value_map(work->arena);
	text subtitle = TEXT_UNSET, title = record_title(record);

	if (!is_offered(record))
		return NULL;
	if (type->subtitle_field >= 0 && access_field_readable(work, type, &type->fields[type->subtitle_field]))
		TRY(part_words(work, record, &type->fields[type->subtitle_field], &subtitle));
	value_set_text(work->arena, item, T("number"), record_number(record));
	value_set_text(work->arena, item, T("title"), text_is_empty(title) ? record_number(record) : title);
	value_set_text(work->arena, item, T("subtitle"), subtitle);
	value_append(work->arena, items, item);
	return NULL;
}

static struct error *first_records(struct work *work, const struct type *type, struct value *items)
{
	struct query query = { .type = type, .limit = LOOKUP_SCAN };
	struct record_page rows;

	TRY(access_find(work, &query, &rows));
	for (size_t i = 0; i < rows.count && value_count(items) < LOOKUP_ROWS; i++)
		TRY(append_option(work, rows.records[i], items));
	return NULL;
}

static struct error *found_records(struct work *work, struct web_request *request, text typed, struct value *items)
{
	struct search_result result;

	TRY(search_find(request->reader, work, request->type, typed, true, SEARCH_NEWEST, LOOKUP_SCAN, TEXT_UNSET, &result));
	for (size_t i = 0; i < result.count && value_count(items) < LOOKUP_ROWS; i++) {
		struct record *record;
		struct error *error = access_load_id(work, request->type, result.hits[i].id, &record);
		if (error != NULL && error->code == ERROR_NOT_FOUND)
			continue;
		TRY(error);
		TRY(append_option(work, record, items));
	}
	return NULL;
}

struct error *lookup_render(struct work *work, struct web_request *request, struct page *page)
{
	text typed = request_query(request, T("q"));
	struct value *items = value_list(work->arena);
	bool may;

	TRY(access_may(work, RIGHT_READ, request->type, NULL, &may));
	if (!may)
		return error_new(work->arena, ERROR_NOT_FOUND, "there are no %.*s for you", TEXT_ARG(request->type->name));
	if (!text_is_set(typed) || text_is_empty(text_trim(typed)))
		TRY(first_records(work, request->type, items));
	else if (request->reader != NULL)
		TRY(found_records(work, request, typed, items));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	return NULL;
}

/* Hits of all types, or of those whose records have numbers of their own. */
static struct error *any_records(struct work *work, struct web_request *request, struct page *page, bool numbered)
{
	text typed = request_query(request, T("q"));
	struct value *items = value_list(work->arena);
	struct search_result result = { .count = 0 };

	if (request->reader != NULL && text_is_set(typed) && !text_is_empty(text_trim(typed)))
		TRY(search_find(request->reader, work, NULL, typed, true, SEARCH_NEWEST, numbered ? LOOKUP_SCAN : LOOKUP_ROWS, TEXT_UNSET,
		                &result));
	for (size_t i = 0; i < result.count && value_count(items) < LOOKUP_ROWS; i++) {
		const struct search_hit *hit = &result.hits[i];
		if (numbered && !text_is_set(hit->type->number_prefix))
			continue;
		struct value *item = value_map(work->arena);
		value_set_text(work->arena, item, T("number"), hit->number);
		value_set_text(work->arena, item, T("title"), text_is_empty(hit->title) ? hit->number : hit->title);
		value_set_text(work->arena, item, T("subtitle"), label_in(&hit->type->label, work->language));
		value_set_text(work->arena, item, T("href"), record_href(work->arena, hit->type, hit->number));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	return NULL;
}

struct error *suggest_render(struct work *work, struct web_request *request, struct page *page)
{
	return any_records(work, request, page, false);
}

struct error *lookup_any_render(struct work *work, struct web_request *request, struct page *page)
{
	return any_records(work, request, page, true);
}
