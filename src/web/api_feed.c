/* What spans types: the list of types, search, and the event feed. */
#include "web/api_private.h"

/* ---- the types ---- */

static struct error *add_type(struct work *work, const struct type *type, struct value *list)
{
	struct arena *arena = work->arena;
	struct value *item = value_map(arena), *links = value_map(arena);
	text url = text_format(arena, API "/%.*s", TEXT_ARG(type->name));
	bool read, create;

	TRY(access_may(work, RIGHT_READ, type, NULL, &read));
	TRY(access_may(work, RIGHT_CREATE, type, NULL, &create));
	if (!read && !create)
		return NULL;
	value_set_text(arena, item, T("name"), type->name);
	value_set_text(arena, item, T("label"), label_in(&type->label, work->language));
	value_set_text(arena, item, T("plural"), label_in(&type->plural, work->language));
	value_set_text(arena, item, T("practice"), type->practice);
	value_set_bool(arena, item, T("platform"), type->platform);
	value_set_bool(arena, item, T("create"), create);
	value_set_text(arena, links, T("list"), url);
	value_set_text(arena, links, T("record"), text_format(arena, "%.*s/{number}", TEXT_ARG(url)));
	value_set_text(arena, links, T("bulk"), text_format(arena, "%.*s/bulk", TEXT_ARG(url)));
	value_set(arena, item, T("links"), links);
	value_append(arena, list, item);
	return NULL;
}

struct error *api_root(struct work *work, struct web_request *request unused, struct page *page)
{
	struct arena *arena = work->arena;
	struct value *types = value_list(arena), *links = value_map(arena), *person;

	for (size_t i = 0; i < work->model->type_count; i++)
		if (!work->model->types[i].abstract)
			TRY(add_type(work, &work->model->types[i], types));
	TRY(api_person(work, work->actor->id, &person));
	value_set_text(arena, links, T("openapi"), T(API "/openapi.json"));
	value_set_text(arena, links, T("search"), T(API "/search"));
	value_set_text(arena, links, T("changes"), T(API "/changes"));
	value_set_text(arena, links, T("live"), T(API "/live"));
	page->data = value_map(arena);
	value_set_text(arena, page->data, T("version"), T(REEVE_VERSION));
	value_set(arena, page->data, T("person"), person);
	value_set(arena, page->data, T("types"), types);
	value_set(arena, page->data, T("links"), links);
	return NULL;
}

/* ---- search ---- */

/* The snippet as safe HTML with <mark>, and as plain text. */
static void add_snippet(struct arena *arena, struct value *item, text snippet)
{
	struct buffer html, plain;

	buffer_init(&html, arena, SIZE_MAX);
	buffer_init(&plain, arena, SIZE_MAX);
	for (size_t i = 0; i < snippet.length; i++) {
		char c = snippet.data[i];
		if (c == 2)
			buffer_literal(&html, "<mark>");
		else if (c == 3)
			buffer_literal(&html, "</mark>");
		else if (c == '&')
			buffer_literal(&html, "&amp;");
		else if (c == '<')
			buffer_literal(&html, "&lt;");
		else if (c == '>')
			buffer_literal(&html, "&gt;");
		else
			buffer_char(&html, c);
		if (c != 2 && c != 3)
			buffer_char(&plain, c);
	}
	value_set(arena, item, T("snippet"), value_text(arena, text_copy(arena, buffer_peek(&plain))));
	value_set(arena, item, T("snippet_html"), value_html(arena, text_copy(arena, buffer_peek(&html))));
}

static struct value *hit_value(struct work *work, const struct search_hit *hit)
{
	struct arena *arena = work->arena;
	struct value *item = value_map(arena);

	value_set_text(arena, item, T("type"), hit->type->name);
	value_set_text(arena, item, T("number"), hit->number);
	value_set_text(arena, item, T("title"), hit->title);
	value_set_text(arena, item, T("state"), hit->state);
	add_snippet(arena, item, hit->snippet);
	value_set_text(arena, item, T("updated_at"), moment_format(arena, hit->updated_at));
	value_set_text(arena, item, T("url"), api_record_url(arena, hit->type, hit->number));
	return item;
}

struct error *web_search_value(struct work *work, struct web_request *request, bool prefix, struct value **ret_value)
{
	text words = request_query(request, T("q")), type_name = request_query(request, T("type"));
	text order = request_query(request, T("order")), after = request_query(request, T("after"));
	const struct type *type = NULL;
	struct search_result result;
	int64_t limit;

	if (!text_is_set(words) || text_trim(words).length == 0)
		return error_field(error_new(work->arena, ERROR_MALFORMED, "say what to search for with q="), T("q"));
	if (words.length > LIMIT_CONDITION_BYTES)
		return error_field(error_new(work->arena, ERROR_MALFORMED, "the search is too long"), T("q"));
	if (text_is_set(type_name) && (type = model_type(work->model, type_name)) == NULL)
		return error_field(error_new(work->arena, ERROR_MALFORMED, "there is no type '%.*s'", TEXT_ARG(type_name)), T("type"));
	if (text_is_set(order) && !text_equal(order, T("newest")) && !text_equal(order, T("ranked")))
		return error_field(error_new(work->arena, ERROR_MALFORMED, "order is newest or ranked"), T("order"));
	TRY(request_query_integer(request, T("limit"), 1, LIMIT_PAGE_ROWS, 20, &limit));
	if (request->reader == NULL)
		return error_new(work->arena, ERROR_UNAVAILABLE, "the search index is not there yet");
	TRY(search_find(request->reader, work, type, words, prefix,
	                text_equal(order, T("newest")) ? SEARCH_NEWEST : SEARCH_RANKED, (size_t)limit,
	                after.length == 0 ? TEXT_UNSET : after, &result));
	struct value *items = value_list(work->arena);
	for (size_t i = 0; i < result.count; i++)
		value_append(work->arena, items, hit_value(work, &result.hits[i]));
	*ret_value = value_map(work->arena);
	value_set(work->arena, *ret_value, T("items"), items);
	value_set_text(work->arena, *ret_value, T("next"), result.next);
	value_set_integer(work->arena, *ret_value, T("total"), minimum(result.total, LIMIT_COUNT));
	value_set_bool(work->arena, *ret_value, T("total_capped"), result.total > LIMIT_COUNT);
	return NULL;
}

struct error *api_search(struct work *work, struct web_request *request, struct page *page)
{
	return web_search_value(work, request, text_is_set(request_query(request, T("prefix"))), &page->data);
}

/* ---- changes ---- */

static struct error *change_value(struct work *work, const struct event *event, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *item = value_map(arena);
	struct record_name name;

	TRY(model_name(work, event->type, event->record_id, &name));
	value_set_integer(arena, item, T("seq"), event->seq);
	value_set_text(arena, item, T("at"), moment_format(arena, event->at));
	value_set_text(arena, item, T("kind"), event_kind_name(event->kind));
	value_set_text(arena, item, T("type"), event->type->name);
	value_set_text(arena, item, T("number"), name.number);
	value_set_text(arena, item, T("topic"), text_format(arena, "%.*s/%.*s", TEXT_ARG(event->type->name), TEXT_ARG(name.number)));
	value_set_integer(arena, item, T("version"), event->version);
	*ret_value = item;
	return NULL;
}

struct error *api_changes(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items = value_list(work->arena);
	struct event *events;
	size_t count;
	int64_t since, limit, last;

	TRY(request_query_integer(request, T("since"), 0, INT64_MAX, 0, &since));
	TRY(request_query_integer(request, T("limit"), 1, 1000, 100, &limit));
	TRY(engine_feed(work, since, (size_t)limit, &events, &count, &last));
	for (size_t i = 0; i < count; i++) {
		struct value *item;
		TRY(change_value(work, &events[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	value_set_integer(work->arena, page->data, T("next"), maximum(last, since));
	value_set_bool(work->arena, page->data, T("more"), count == (size_t)limit);
	return NULL;
}
