/* Lists: condition, sort, keyset page, chosen fields and counts, for the API and for pages. */
#include "web/api_private.h"

static struct error *find_words(void *data, struct work *work, const struct type *type, text words, int64_t **ret_ids,
                                size_t *ret_count)
{
	const struct web_request *request = data;

	if (request->reader == NULL)
		return error_new(work->arena, ERROR_UNAVAILABLE, "the search index is not there yet");
	return search_ids(request->reader, work, type, words, ret_ids, ret_count);
}

struct error *web_query(struct work *work, struct web_request *request, const struct type *type, struct query *ret_query)
{
	text source = request_query(request, T("q")), sort = request_query(request, T("sort"));
	struct query query = { .type = type, .find_words = find_words, .data = request };
	struct condition *where = NULL;
	int64_t limit;

	if (text_is_set(request_query(request, T("as_of"))))
		return error_hint(work->arena,
		                  error_new(work->arena, ERROR_MALFORMED, "as_of is for one record: a list is always as it is now"),
		                  "ask for /%.*s/NUMBER?as_of=...", TEXT_ARG(type->name));
	if (source.length > LIMIT_CONDITION_BYTES)
		return error_new(work->arena, ERROR_MALFORMED, "the condition is longer than %d bytes", LIMIT_CONDITION_BYTES);
	if (text_is_set(source) && text_trim(source).length > 0)
		TRY(condition_parse(work->arena, work->model, type, source, CONDITION_QUERY, &where));
	query.where = where;
	if (text_is_set(sort) && sort.length > 0) {
		struct sort_key *keys;
		TRY(sort_parse(work->arena, type, sort, &keys, &query.sort_count));
		query.sort = keys;
	}
	TRY(request_query_integer(request, T("limit"), 1, LIMIT_PAGE_ROWS, DEFAULT_PAGE_ROWS, &limit));
	query.limit = (size_t)limit;
	query.after = request_query(request, T("after"));
	if (text_is_set(query.after) && query.after.length == 0)
		query.after = TEXT_UNSET;
	access_context(work, &query.context);
	*ret_query = query;
	return NULL;
}

static struct error *add_total(struct work *work, struct query *query, struct value *value)
{
	int64_t total;

	TRY(access_count(work, query, LIMIT_COUNT, &total));
	value_set_integer(work->arena, value, T("total"), minimum(total, LIMIT_COUNT));
	value_set_bool(work->arena, value, T("total_capped"), total > LIMIT_COUNT);
	return NULL;
}

struct error *web_list_value(struct work *work, struct web_request *request, const struct type *type,
                             const struct condition *where, struct value **ret_value)
{
	struct query query;
	struct record_page found;
	bool *fields, prose;
	struct value *value = value_map(work->arena), *items = value_list(work->arena);

	TRY(api_fields(work, request, type, &fields, &prose));
	TRY(web_query(work, request, type, &query));
	query.where = where == NULL ? query.where : query.where == NULL ? where : condition_and(work->arena, where, query.where);
	query.with_prose = prose;
	struct query counted = query;
	TRY(access_find(work, &query, &found));
	for (size_t i = 0; i < found.count; i++) {
		struct value *item;
		TRY(access_record_value(work, found.records[i], fields, &item));
		value_append(work->arena, items, item);
	}
	value_add(work->arena, value, T("items"), items);
	value_add(work->arena, value, T("next"), value_text(work->arena, found.next));
	if (text_equal(request_query(request, T("count")), T("true")))
		TRY(add_total(work, &counted, value));
	*ret_value = value;
	return NULL;
}

struct error *api_record_list(struct work *work, struct web_request *request, struct page *page)
{
	TRY(access_require(work, RIGHT_READ, request->type, NULL));
	return web_list_value(work, request, request->type, NULL, &page->data);
}
