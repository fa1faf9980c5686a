/*
 * The search page: words over everything that the reader may see, by relevance or newest first, with the places that match. A whole
 * number opens its record. The same address says the same as JSON.
 */
#include "web/pages_portal_private.h"

#include "base/words.h"

static text search_href(struct work *work, text typed, text type, text order, text after)
{
	const struct {
		const char *name;
		text value;
	} parts[] = { { "type", type }, { "order", order }, { "after", after } };
	text href = text_format(work->arena, "/search?q=%.*s", TEXT_ARG(url_part(work->arena, typed)));

	for (size_t i = 0; i < array_length(parts); i++)
		if (text_is_set(parts[i].value) && !text_is_empty(parts[i].value))
			href = text_format(work->arena, "%.*s&%s=%.*s", TEXT_ARG(href), parts[i].name,
			                   TEXT_ARG(url_part(work->arena, parts[i].value)));
	return href;
}

static void add_tab(struct work *work, struct value *tabs, text label, text href, bool current)
{
	struct value *tab = value_map(work->arena);

	value_set_text(work->arena, tab, T("label"), label);
	value_set_text(work->arena, tab, T("href"), href);
	value_set_bool(work->arena, tab, T("current"), current);
	value_append(work->arena, tabs, tab);
}

static struct error *add_tabs(struct work *work, text typed, text type_name, text order, struct value *data)
{
	struct value *types = value_list(work->arena), *orders = value_list(work->arena);
	bool newest = text_equal(order, T("newest"));

	add_tab(work, types, words(work->language, T("Everything")), search_href(work, typed, TEXT_UNSET, order, TEXT_UNSET),
	        !text_is_set(type_name));
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		bool may, searched = false;
		for (size_t j = 0; j < type->field_count; j++)
			searched = searched || type->fields[j].searched;
		if (type->abstract || !searched)
			continue;
		TRY(access_may(work, RIGHT_READ, type, NULL, &may));
		if (may)
			add_tab(work, types, label_in(&type->plural, work->language),
			        search_href(work, typed, type->name, order, TEXT_UNSET), text_equal(type->name, type_name));
	}
	add_tab(work, orders, words(work->language, T("Best match")), search_href(work, typed, type_name, TEXT_UNSET, TEXT_UNSET), !newest);
	add_tab(work, orders, words(work->language, T("Newest")), search_href(work, typed, type_name, T("newest"), TEXT_UNSET), newest);
	value_set(work->arena, data, T("types"), types);
	value_set(work->arena, data, T("orders"), orders);
	return NULL;
}

/* What a page shows beyond what the API says: labels and moments in the reader's words. */
static void dress_hits(struct work *work, struct value *items)
{
	for (size_t i = 0; i < value_count(items); i++) {
		struct value *item = items->list.items[i];
		const struct type *type = model_type(work->model, value_get_text(item, T("type")));
		text number = value_get_text(item, T("number")), title = value_get_text(item, T("title"));
		moment at;
		int state = type->lifecycle == NULL ? -1 : lifecycle_state(type->lifecycle, value_get_text(item, T("state")));
		value_set_text(work->arena, item, T("label"), label_in(&type->label, work->language));
		value_set_text(work->arena, item, T("href"), record_href(work->arena, type, number));
		value_set_bool(work->arena, item, T("numbered"), text_is_set(type->number_prefix));
		if (!text_is_set(title) || text_is_empty(title))
			value_set_text(work->arena, item, T("title"), number);
		if (state >= 0) {
			const struct state *is = &type->lifecycle->states[state];
			text plain = label_in(&is->plain, work->language);
			value_set_text(work->arena, item, T("state_label"),
			               !is_staff(work) && !text_is_empty(plain) ? plain : label_in(&is->label, work->language));
			value_set_text(work->arena, item, T("group"), state_group_name(is->group));
		}
		if (moment_parse(value_get_text(item, T("updated_at")), NULL, &at))
			value_set(work->arena, item, T("updated"), part_moment(work, at));
	}
}

/* *ret_href is where the record with exactly this number is, or unset. */
static struct error *find_number(struct work *work, text typed, text *ret_href)
{
	const struct type *type = model_type_of_number(work->model, typed);
	struct record *record;

	*ret_href = TEXT_UNSET;
	if (type == NULL)
		return NULL;
	/* People type inc0000042 too. */
	char *upper = arena_alloc(work->arena, typed.length + 1);
	for (size_t i = 0; i < typed.length; i++)
		upper[i] = (char)(typed.data[i] >= 'a' && typed.data[i] <= 'z' ? typed.data[i] - 'a' + 'A' : typed.data[i]);
	text number = { upper, typed.length };
	struct error *error = access_load(work, type, number, &record);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return NULL;
	TRY(error);
	*ret_href = record_href(work->arena, type, record_number(record));
	return NULL;
}

struct error *search_render(struct work *work, struct web_request *request, struct page *page)
{
	text typed = request_query(request, T("q")), type_name = request_query(request, T("type"));
	text order = request_query(request, T("order")), exact;
	struct value *found = NULL;

	if (request->wants_json)
		return web_search_value(work, request, false, &page->data);
	typed = text_is_set(typed) ? text_trim(typed) : T("");
	TRY(find_number(work, typed, &exact));
	if (text_is_set(exact)) {
		page_redirect(page, exact);
		return NULL;
	}
	page->template = is_staff(work) ? T("search") : T("search_portal");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Search")));
	value_set_text(work->arena, page->data, T("typed"), typed);
	value_set_text(work->arena, page->data, T("q_search"), typed);
	value_set_text(work->arena, page->data, T("type"), type_name);
	value_set_text(work->arena, page->data, T("order"), order);
	if (text_is_empty(typed))
		return NULL;
	TRY(add_tabs(work, typed, type_name, order, page->data));
	struct error *error = web_search_value(work, request, false, &found);
	if (error != NULL && error->code == ERROR_MALFORMED) {
		value_set(work->arena, page->data, T("errors"), part_errors(work, NULL, error));
		return NULL;
	}
	TRY(error);
	struct value *items = value_get(found, T("items"));
	text next = value_get_text(found, T("next"));
	dress_hits(work, items);
	value_set(work->arena, page->data, T("items"), items);
	value_set(work->arena, page->data, T("total"), value_get(found, T("total")));
	value_set(work->arena, page->data, T("total_capped"), value_get(found, T("total_capped")));
	value_set_bool(work->arena, page->data, T("searched"), true);
	if (text_is_set(next))
		value_set_text(work->arena, page->data, T("next"), search_href(work, typed, type_name, order, next));
	return NULL;
}
