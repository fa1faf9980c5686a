/*
 * The worklist of any type: a view of the definitions (its condition, sort and columns), a filter bar that speaks the condition
 * language, keyset pages. The page costs a few statements however many records there are; counts come by view_counts_render.
 */
#include "web/pages_private.h"
#include "web/server.h"

#include "base/limits.h"
#include "base/words.h"

struct list {
	const struct type *type;
	const struct view *view;
	text filter;              /* as typed, else as the view says it */
	bool own_filter;          /* typed */
	text sort;
	struct sort_key *keys;
	size_t key_count;
	struct record_page rows;
	struct clock *clocks;     /* [clock of the type][row] */
	bool any_due;             /* one of them runs: else there is no column for it */
	const struct error *error; /* of filter, sort or cursor: shown, with the input kept */
};

/* ---- what is asked for ---- */

static struct error *choose_view(struct work *work, const struct web_request *request, const struct type *type,
                                 const struct view **ret_view)
{
	text name = request_query(request, T("view"));

	if (!text_is_set(name)) {
		const struct view *all = type_view(type, T("all"));
		bool filtered = text_is_set(request_query(request, T("q")));
		*ret_view = filtered && all != NULL && view_is_for(work, all) ? all : first_view(work, type);
		return NULL;
	}
	const struct view *view = type_view(type, name);
	if (view == NULL || !view_is_for(work, view))
		return error_hint(work->arena, error_new(work->arena, ERROR_NOT_FOUND, "there is no view '%.*s'", TEXT_ARG(name)),
		                  "the views that you can see stand at the left");
	*ret_view = view;
	return NULL;
}

static struct error *find_words(void *data, struct work *work, const struct type *type, text words, int64_t **ret_ids,
                                size_t *ret_count)
{
	struct search_reader *reader = data;

	if (reader == NULL)
		return error_new(work->arena, ERROR_UNAVAILABLE, "searching for words is not possible at the moment");
	return search_ids(reader, work, type, words, ret_ids, ret_count);
}

static struct error *make_query(struct work *work, struct web_request *request, struct list *list, struct query *ret_query)
{
	struct query query = { .type = list->type, .limit = DEFAULT_PAGE_ROWS, .after = request_query(request, T("after")),
		               .find_words = find_words, .data = request->reader };

	if (list->own_filter) {
		struct condition *condition;
		TRY(condition_parse(work->arena, work->model, list->type, list->filter, CONDITION_QUERY, &condition));
		query.where = condition;
	} else if (list->view != NULL) {
		query.where = list->view->condition;
	}
	if (text_is_set(list->sort)) {
		TRY(sort_parse(work->arena, list->type, list->sort, &list->keys, &list->key_count));
	} else if (list->view != NULL) {
		list->keys = list->view->sort;
		list->key_count = list->view->sort_count;
	}
	query.sort = list->keys;
	query.sort_count = list->key_count;
	*ret_query = query;
	return NULL;
}

static struct error *find_rows(struct work *work, struct web_request *request, struct list *list)
{
	const struct type *type = list->type;
	struct query query;

	TRY(make_query(work, request, list, &query));
	TRY(access_find(work, &query, &list->rows));
	list->clocks = arena_new_array(work->arena, struct clock, type->clock_count * list->rows.count + 1);
	TRY(engine_clock_dues(work, type, list->rows.records, list->rows.count, list->clocks));
	for (size_t i = 0; i < type->clock_count * list->rows.count; i++)
		list->any_due = list->any_due || (list->clocks[i].definition != NULL && list->clocks[i].state != CLOCK_STOPPED);
	return NULL;
}

/* ---- addresses ---- */

/* The same list with another sort or cursor. */
static text list_href(struct work *work, const struct list *list, text sort, text after)
{
	struct buffer out;
	char separator = '?';

	buffer_init(&out, work->arena, 3 * LIMIT_URL_BYTES);
	buffer_char(&out, '/');
	buffer_text(&out, list->type->name);
	const struct {
		const char *name;
		text value;
	} parts[] = { { "view", list->view == NULL ? TEXT_UNSET : list->view->name },
		      { "q", list->own_filter ? list->filter : TEXT_UNSET }, { "sort", sort }, { "after", after } };
	for (size_t i = 0; i < array_length(parts); i++) {
		if (!text_is_set(parts[i].value))
			continue;
		buffer_format(&out, "%c%s=", separator, parts[i].name);
		buffer_text(&out, url_part(work->arena, parts[i].value));
		separator = '&';
	}
	return buffer_peek(&out);
}

/* ---- columns ---- */

static bool is_sortable(const struct field *field)
{
	return field->kind != KIND_PROSE && field->kind != KIND_LINKS && field->kind != KIND_HOURS && field->kind != KIND_HOLIDAYS &&
	       field->kind != KIND_RECORD;
}

static struct value *column_value(struct work *work, const struct list *list, const struct field *field)
{
	struct value *column = value_map(work->arena);
	bool first = list->key_count > 0 && list->keys[0].field == field->position;
	bool descending = first && list->keys[0].descending;

	value_add(work->arena, column, T("label"), value_text(work->arena, label_in(&field->label, work->language)));
	value_add(work->arena, column, T("wide"), value_bool(work->arena, field->position == list->type->title_field));
	if (is_sortable(field)) {
		text sort = text_format(work->arena, "%s%.*s", first && !descending ? "-" : "", TEXT_ARG(field->name));
		value_add(work->arena, column, T("href"), value_text(work->arena, list_href(work, list, sort, TEXT_UNSET)));
	}
	value_add(work->arena, column, T("sorted"),
	          first ? value_text(work->arena, descending ? T("descending") : T("ascending")) : value_null(work->arena));
	value_add(work->arena, column, T("down"), value_bool(work->arena, descending));
	return column;
}

static bool has_due_after(const struct list *list, size_t column)
{
	return list->any_due && list->view->columns[column] == FIELD_STATE;
}

static struct value *columns_value(struct work *work, const struct list *list)
{
	struct value *columns = value_list(work->arena);

	for (size_t i = 0; i < list->view->column_count; i++) {
		const struct field *field = &list->type->fields[list->view->columns[i]];
		if (!access_field_readable(work, list->type, field))
			continue;
		value_append(work->arena, columns, column_value(work, list, field));
		if (!has_due_after(list, i))
			continue;
		struct value *due = value_map(work->arena);
		value_add(work->arena, due, T("label"), value_text(work->arena, words(work->language, T("Due"))));
		value_append(work->arena, columns, due);
	}
	return columns;
}

/* ---- rows ---- */

/* The clock that comes first: a running one before a paused one, the earlier before the later. */
static const struct clock *nearest_clock(const struct list *list, size_t row)
{
	const struct clock *best = NULL;

	for (size_t i = 0; i < list->type->clock_count; i++) {
		const struct clock *clock = &list->clocks[i * list->rows.count + row];
		if (clock->definition == NULL || clock->state == CLOCK_STOPPED)
			continue;
		if (best == NULL || (best->state == CLOCK_PAUSED && clock->state == CLOCK_RUNNING) ||
		    (best->state == clock->state && clock->due_at != MOMENT_UNSET &&
		     (best->due_at == MOMENT_UNSET || clock->due_at < best->due_at)))
			best = clock;
	}
	return best;
}

static struct error *cell_value(struct work *work, const struct record *record, const struct field *field, struct value **ret_cell)
{
	const struct type *type = record->type;
	struct arena *arena = work->arena;
	struct value *cell = value_map(arena);
	text shown;

	*ret_cell = cell;
	value_add(arena, cell, T("label"), value_text(arena, label_in(&field->label, work->language)));
	if (field->position == FIELD_STATE) {
		value_add(arena, cell, T("state"), part_state(work, record));
	} else if ((ptrdiff_t)field->position == type->priority) {
		value_add(arena, cell, T("priority"), part_choice(work, record, type->priority));
	} else if (field->kind == KIND_MOMENT) {
		value_add(arena, cell, T("moment"), part_moment(work, record_moment(record, field->position)));
	} else if (field->position == type->title_field) {
		text title = record_title(record);
		value_add(arena, cell, T("title"), value_text(arena, text_is_empty(title) ? record_number(record) : title));
	} else if (field->position == FIELD_NUMBER) {
		value_add(arena, cell, T("number"), value_text(arena, record_number(record)));
	} else {
		TRY(part_words(work, record, field, &shown));
		value_add(arena, cell, T("words"), value_text(arena, shown));
	}
	return NULL;
}

static struct error *row_value(struct work *work, const struct list *list, size_t index, struct value **ret_row)
{
	const struct record *record = list->rows.records[index];
	struct arena *arena = work->arena;
	struct value *row = value_map(arena), *cells = value_list(arena), *cell;
	text number = record_number(record);

	value_add(arena, row, T("number"), value_text(arena, number));
	value_add(arena, row, T("version"), value_integer(arena, record->version));
	value_add(arena, row, T("href"), value_text(arena, record_href(arena, record->type, number)));
	for (size_t i = 0; i < list->view->column_count; i++) {
		const struct field *field = &list->type->fields[list->view->columns[i]];
		if (!access_field_readable(work, list->type, field))
			continue;
		TRY(cell_value(work, record, field, &cell));
		value_append(arena, cells, cell);
		if (!has_due_after(list, i))
			continue;
		const struct clock *clock = nearest_clock(list, index);
		cell = value_map(arena);
		value_add(arena, cell, T("label"), value_text(arena, clock == NULL ? TEXT_UNSET : label_in(&clock->definition->label, work->language)));
		value_add(arena, cell, T("due"), clock == NULL ? value_null(arena) : part_due_in_list(work, clock));
		value_append(arena, cells, cell);
	}
	value_add(arena, row, T("cells"), cells);
	*ret_row = row;
	return NULL;
}

static struct error *rows_value(struct work *work, const struct list *list, struct value **ret_rows)
{
	struct value *rows = value_list(work->arena), *row;

	for (size_t i = 0; i < list->rows.count; i++) {
		TRY(row_value(work, list, i, &row));
		value_append(work->arena, rows, row);
	}
	*ret_rows = rows;
	return arena_check(work->arena);
}

/* ---- the page ---- */

/* Where the filter was not understood: its text cut at the place, so that the page can point there. */
static struct value *filter_error(struct work *work, const struct list *list)
{
	struct value *value = value_map(work->arena);
	const struct error *error = list->error;

	value_set_text(work->arena, value, T("message"), error->message);
	value_set_text(work->arena, value, T("hint"), error->hint);
	if (error->code != ERROR_CONDITION || error->place.column == 0)
		return value;
	size_t at = 0;
	for (uint32_t column = 1; column < error->place.column && at < list->filter.length; column++)
		do
			at++;
		while (at < list->filter.length && ((unsigned char)list->filter.data[at] & 0xc0) == 0x80);
	size_t end = at;
	while (end < list->filter.length && list->filter.data[end] != ' ' && list->filter.data[end] != ')')
		end++;
	value_set_integer(work->arena, value, T("column"), error->place.column);
	value_set_text(work->arena, value, T("before"), text_slice(list->filter, 0, at));
	value_set_text(work->arena, value, T("there"), at == end ? T(" ") : text_slice(list->filter, at, end));
	value_set_text(work->arena, value, T("after"), text_slice(list->filter, end, list->filter.length));
	return value;
}

static bool is_about_question(const struct error *error)
{
	return error->code == ERROR_CONDITION || error->code == ERROR_MALFORMED || error->code == ERROR_INVALID;
}

static void fill_head(struct work *work, const struct list *list, struct value *data)
{
	struct arena *arena = work->arena;
	const struct type *type = list->type;

	value_set_text(arena, data, T("title"), label_in(list->view == NULL ? &type->plural : &list->view->label, work->language));
	value_set_text(arena, data, T("plural"), label_in(&type->plural, work->language));
	value_set_text(arena, data, T("type"), type->name);
	value_set_text(arena, data, T("view"), list->view == NULL ? TEXT_UNSET : list->view->name);
	/* The language of conditions is for those who work here; everybody else searches for words. */
	value_set_text(arena, data, T("filter"), is_staff(work) || list->own_filter ? list->filter : T(""));
	value_set_bool(arena, data, T("staff"), is_staff(work));
	value_set_bool(arena, data, T("own_filter"), list->own_filter);
	value_set_text(arena, data, T("sort"), list->sort);
	value_set_text(arena, data, T("topics"), type->name);
	value_set_text(arena, data, T("first"), list_href(work, list, list->sort, TEXT_UNSET));
	if (list->view != NULL)
		value_set_text(arena, data, T("view_href"), view_href(arena, type, list->view));
}

static struct error *fill(struct work *work, struct web_request *request, struct list *list, struct value *data)
{
	struct value *rows;
	bool create = false;

	fill_head(work, list, data);
	if (list->error != NULL) {
		value_set(work->arena, data, T("error"), filter_error(work, list));
		return NULL;
	}
	TRY(rows_value(work, list, &rows));
	value_set(work->arena, data, T("columns"), columns_value(work, list));
	value_set(work->arena, data, T("rows"), rows);
	value_set_bool(work->arena, data, T("several"), is_staff(work) && list->type->lifecycle != NULL && !list->type->platform);
	value_set_text(work->arena, data, T("here"), request->target);
	value_set_bool(work->arena, data, T("later"), text_is_set(request_query(request, T("after"))));
	if (text_is_set(list->rows.next))
		value_set_text(work->arena, data, T("next"), list_href(work, list, list->sort, list->rows.next));
	/* The top bar has the button of the types that people work on all day; the platform's own have it at their list. */
	if ((list->rows.count == 0 || list->type->platform) && type_form(list->type, T("create")) != NULL)
		TRY(access_may(work, RIGHT_CREATE, list->type, NULL, &create));
	value_set_bool(work->arena, data, T("create"), create);
	value_set_bool(work->arena, data, T("create_here"), create && list->type->platform && list->rows.count > 0);
	return NULL;
}

struct error *list_render(struct work *work, struct web_request *request, struct page *page)
{
	struct list list = { .type = request->type, .filter = request_query(request, T("q")), .sort = request_query(request, T("sort")) };
	bool may;

	if (request->wants_json)
		return web_list_value(work, request, request->type, NULL, &page->data);
	TRY(access_may(work, RIGHT_READ, list.type, NULL, &may));
	TRY(choose_view(work, request, list.type, &list.view));
	if (!may || list.view == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no list of %.*s for you", TEXT_ARG(list.type->name));
	list.own_filter = text_is_set(list.filter) && !text_equal(list.filter, list.view->condition_source);
	if (!list.own_filter)
		list.filter = list.view->condition_source;
	struct error *error = find_rows(work, request, &list);
	if (error != NULL && !is_about_question(error))
		return error;
	list.error = error;
	page->status = error == NULL ? 200 : error_http_status(error->code);
	page->data = value_map(work->arena);
	page->template = is_staff(work) ? T("list") : T("list_portal");
	return fill(work, request, &list, page->data);
}

/* ---- counts of the views, for the rail ---- */

static struct error *count_views(struct work *work, struct web_request *request, const struct type *type, int64_t *ret_counts)
{
	for (size_t i = 0; i < type->view_count; i++) {
		const struct view *view = &type->views[i];
		struct query query = { .type = type, .where = view->condition, .find_words = find_words, .data = request->reader };
		ret_counts[i] = -1;
		if (view_is_for(work, view))
			TRY(access_count(work, &query, LIMIT_COUNT, &ret_counts[i]));
	}
	return NULL;
}

static struct error *kept_counts(struct work *work, struct web_request *request, const struct type *type, int64_t *ret_counts)
{
	struct view_counts *kept = request->web->view_counts;

	if (view_counts_find(kept, work->actor->id, type, ret_counts))
		return NULL;
	struct view_counts_stamp stamp = view_counts_stamp(kept, type);
	TRY(count_views(work, request, type, ret_counts));
	view_counts_keep(kept, work->actor->id, type, stamp, ret_counts);
	return NULL;
}

struct error *view_counts_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct type *type = request->type;
	struct value *counts = value_map(work->arena);
	int64_t *numbers = arena_new_array(work->arena, int64_t, type->view_count + 1);

	TRY(kept_counts(work, request, type, numbers));
	for (size_t i = 0; i < type->view_count; i++) {
		if (numbers[i] < 0)
			continue;
		value_add(work->arena, counts, text_format(work->arena, "%.*s/%.*s", TEXT_ARG(type->name), TEXT_ARG(type->views[i].name)),
		          value_text(work->arena, numbers[i] > LIMIT_COUNT ? text_format(work->arena, "%d+", LIMIT_COUNT) :
		                                                             text_format(work->arena, "%lld", (long long)numbers[i])));
	}
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("counts"), counts);
	return NULL;
}
