/*
 * One step for several records: chosen in a list, under their parent, or by a condition. The page says which steps how many of them can
 * take, shows what the step needs once, and takes it for each on its own: one result each, with why where it was refused, and those stay.
 */
#include "web/pages_private.h"

#include "base/limits.h"
#include "base/words.h"

#define SEVERAL_MOST 100

struct several {
	const struct type *type;
	struct record_page chosen;
	text back;
	struct record *able;                 /* the first that can take the step */
	const struct transition *transition;
};

/* ---- which records ---- */

static struct error *numbers_source(struct work *work, const struct value *numbers, text *ret_source)
{
	text *parts = arena_new_array(work->arena, text, value_count(numbers) + 1);
	size_t count = numbers == NULL || numbers->kind != VALUE_LIST ? 0 : numbers->list.count;

	if (count > SEVERAL_MOST)
		return error_new(work->arena, ERROR_INVALID, "too many at once; at most %d", SEVERAL_MOST);
	for (size_t i = 0; i < count; i++)
		parts[i] = condition_quote(work->arena, numbers->list.items[i]->text);
	*ret_source = count == 0 ? TEXT_UNSET
	                         : text_format(work->arena, "number in (%.*s)", TEXT_ARG(text_join(work->arena, parts, count, T(", "))));
	return NULL;
}

/* Those that the actor may read, in one question. */
static struct error *find_chosen(struct work *work, const struct value *numbers, text filter, struct several *several)
{
	struct sort_key by_number = { .field = FIELD_NUMBER };
	struct condition *where;
	text source;

	TRY(numbers_source(work, numbers, &source));
	if (!text_is_set(source))
		source = filter;
	if (!text_is_set(source))
		return error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "nothing is chosen"), "tick the records in the list");
	TRY(condition_parse(work->arena, work->model, several->type, source, CONDITION_QUERY, &where));
	struct query query = { .type = several->type, .where = where, .sort = &by_number, .sort_count = 1, .limit = SEVERAL_MOST };
	TRY(access_find(work, &query, &several->chosen));
	if (several->chosen.count == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "none of these records is there for you");
	return NULL;
}

/* ---- which steps ---- */

struct step_choice {
	const struct transition *transition;
	struct record *able;
	size_t count;
};

static struct error *count_steps(struct work *work, const struct several *several, struct step_choice *choices, size_t *ret_count)
{
	size_t count = 0, most = several->type->lifecycle->transition_count;

	for (size_t i = 0; i < several->chosen.count; i++) {
		struct open_transition *open;
		size_t open_count;

		TRY(engine_transitions(work, several->chosen.records[i], &open, &open_count));
		for (size_t j = 0; j < open_count; j++) {
			size_t at = 0;

			while (at < count && !text_equal(choices[at].transition->name, open[j].transition->name))
				at++;
			if (at == count && count == most)
				continue; /* only older versions of the definition know it */
			if (at == count)
				choices[count++] = (struct step_choice){ open[j].transition, several->chosen.records[i], 0 };
			choices[at].count++;
		}
	}
	*ret_count = count;
	return NULL;
}

static text step_href(struct work *work, const struct several *several, text step)
{
	struct buffer out;

	buffer_init(&out, work->arena, 64 * 1024);
	buffer_format(&out, "/%.*s/several?step=%.*s&back=%.*s", TEXT_ARG(several->type->name), TEXT_ARG(step),
	              TEXT_ARG(url_part(work->arena, several->back)));
	for (size_t i = 0; i < several->chosen.count; i++)
		buffer_format(&out, "&chosen[]=%.*s", TEXT_ARG(url_part(work->arena, record_number(several->chosen.records[i]))));
	return buffer_peek(&out);
}

static struct error *steps_value(struct work *work, struct several *several, text wanted, struct value **ret_steps)
{
	struct step_choice *choices = arena_new_array(work->arena, struct step_choice, several->type->lifecycle->transition_count + 1);
	struct value *steps = value_list(work->arena);
	size_t count;

	TRY(count_steps(work, several, choices, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *step = value_map(work->arena);
		bool chosen = text_equal(choices[i].transition->name, wanted);

		value_set_text(work->arena, step, T("label"), label_in(&choices[i].transition->label, work->language));
		value_set_integer(work->arena, step, T("count"), (int64_t)choices[i].count);
		value_set_bool(work->arena, step, T("some"), choices[i].count < several->chosen.count);
		value_set_bool(work->arena, step, T("chosen"), chosen);
		value_set_text(work->arena, step, T("href"), step_href(work, several, choices[i].transition->name));
		value_append(work->arena, steps, step);
		if (chosen) {
			several->transition = choices[i].transition;
			several->able = choices[i].able;
		}
	}
	*ret_steps = steps;
	return NULL;
}

/* The form with nothing in it: what one of the records has is nothing that the others should get. */
static struct error *form_value(struct work *work, const struct several *several, const struct web_request *request,
                                const struct value *given, struct value **ret_form)
{
	const struct transition *transition = several->transition;
	struct record *blank = record_copy(work->arena, several->able);

	for (size_t i = 0; i < transition->need_count; i++)
		for (size_t j = 0; j < transition->needs[i].field_count; j++)
			blank->cells[transition->needs[i].fields[j]] = cell_null();
	for (size_t i = 0; i < transition->ask_count; i++)
		blank->cells[transition->asks[i]] = cell_null();
	TRY(part_step(work, blank, transition, given, request->error, ret_form));
	value_set_text(work->arena, *ret_form, T("href"),
	               text_format(work->arena, "/%.*s/several/%.*s", TEXT_ARG(several->type->name), TEXT_ARG(transition->name)));
	return NULL;
}

/* ---- the page ---- */

static struct value *rows_value(struct work *work, const struct several *several)
{
	struct value *rows = value_list(work->arena);

	for (size_t i = 0; i < several->chosen.count; i++) {
		const struct record *record = several->chosen.records[i];
		struct value *row = value_map(work->arena);

		value_set_text(work->arena, row, T("number"), record_number(record));
		value_set_text(work->arena, row, T("title"), record_title(record));
		value_set_text(work->arena, row, T("href"), record_href(work->arena, record->type, record_number(record)));
		value_set(work->arena, row, T("state"), part_state(work, record));
		value_append(work->arena, rows, row);
	}
	return rows;
}

static struct error *show_several(struct work *work, struct web_request *request, struct several *several, text step,
                                  const struct value *given, struct page *page)
{
	struct value *data = value_map(work->arena), *steps, *form = NULL;

	TRY(steps_value(work, several, step, &steps));
	if (several->transition != NULL)
		TRY(form_value(work, several, request, given, &form));
	value_set_text(work->arena, data, T("title"), label_in(&several->type->plural, work->language));
	value_set_text(work->arena, data, T("type"), several->type->name);
	value_set_integer(work->arena, data, T("count"), (int64_t)several->chosen.count);
	value_set_bool(work->arena, data, T("more"), text_is_set(several->chosen.next));
	value_set(work->arena, data, T("rows"), rows_value(work, several));
	value_set(work->arena, data, T("steps"), steps);
	value_set_text(work->arena, data, T("back"), several->back);
	if (form != NULL)
		value_set(work->arena, data, T("step"), form);
	if (request->error != NULL)
		value_set(work->arena, data, T("errors"), part_errors(work, several->type, request->error));
	page->data = data;
	page->template = T("several");
	return NULL;
}

static struct error *begin(struct work *work, const struct web_request *request, text back, struct several *ret_several)
{
	*ret_several = (struct several){ .type = request->type, .back = text_starts_with(back, T("/")) ? back : TEXT_UNSET };
	if (!text_is_set(ret_several->back))
		ret_several->back = text_format(work->arena, "/%.*s", TEXT_ARG(request->type->name));
	if (!is_staff(work) || request->type->lifecycle == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no list of %.*s for you", TEXT_ARG(request->type->name));
	return NULL;
}

struct error *several_render(struct work *work, struct web_request *request, struct page *page)
{
	struct several several;

	TRY(begin(work, request, request_query(request, T("back")), &several));
	TRY(find_chosen(work, value_get(request->query, T("chosen")), request_query(request, T("q")), &several));
	return show_several(work, request, &several, request_query(request, T("step")), NULL, page);
}

/* ---- taking it ---- */

/* What was left empty stays as it is. */
static struct value *given_fields(struct work *work, const struct web_request *request)
{
	struct value *input = form_input(work, request->type, request->body), *given = value_map(work->arena);

	for (size_t i = 0; i < input->map.count; i++) {
		const struct value_entry *entry = &input->map.entries[i];
		const struct value *value = entry->value;
		bool empty = value_is_null(value) || (value->kind == VALUE_LIST && value->list.count == 0) ||
		             (value->kind == VALUE_BOOL && !value->boolean) || (value->kind == VALUE_TEXT && text_is_empty(value->text));

		if (!empty && !text_equal(entry->key, T("chosen")) && !text_equal(entry->key, T("back")) && !text_equal(entry->key, T("visibility")))
			value_add(work->arena, given, entry->key, entry->value);
	}
	return given;
}

static struct value *items_of(struct work *work, const struct several *several, text step, const struct value *fields)
{
	struct value *items = value_list(work->arena);

	for (size_t i = 0; i < several->chosen.count; i++) {
		struct value *item = value_map(work->arena);

		value_set_text(work->arena, item, T("number"), record_number(several->chosen.records[i]));
		value_set_text(work->arena, item, T("transition"), step);
		for (size_t j = 0; j < fields->map.count; j++)
			value_set(work->arena, item, fields->map.entries[j].key, fields->map.entries[j].value);
		value_append(work->arena, items, item);
	}
	return items;
}

/* "resolution is needed; resolution_code is needed" */
static text reasons(struct work *work, const struct value *problem)
{
	const struct value *errors = value_get(problem, T("errors"));
	text *parts = arena_new_array(work->arena, text, value_count(errors) + 1);

	for (size_t i = 0; errors != NULL && i < value_count(errors); i++)
		parts[i] = value_get_text(errors->list.items[i], T("message"));
	return errors == NULL || value_count(errors) == 0 ? value_get_text(problem, T("detail"))
	                                                  : text_join(work->arena, parts, value_count(errors), T("; "));
}

static struct value *outcome_value(struct work *work, const struct several *several, const struct value *results, struct value *left)
{
	struct value *outcome = value_map(work->arena), *refused = value_list(work->arena);
	int64_t good = 0;

	for (size_t i = 0; i < value_count(results); i++) {
		const struct value *problem = value_get(results->list.items[i], T("problem"));
		const struct record *record = several->chosen.records[i];
		struct value *one = value_map(work->arena);

		good += problem == NULL;
		if (problem == NULL)
			continue;
		value_set_text(work->arena, one, T("number"), record_number(record));
		value_set_text(work->arena, one, T("title"), record_title(record));
		value_set_text(work->arena, one, T("href"), record_href(work->arena, record->type, record_number(record)));
		value_set_text(work->arena, one, T("why"), reasons(work, problem));
		value_append(work->arena, refused, one);
		value_append(work->arena, left, value_text(work->arena, record_number(record)));
	}
	value_set_integer(work->arena, outcome, T("good"), good);
	value_set(work->arena, outcome, T("refused"), refused);
	return outcome;
}

struct error *several_take(struct work *work, struct web_request *request, struct page *page)
{
	text step = request_parameter(request, T("transition"));
	struct value *results, *outcome, *left = value_list(work->arena);
	struct several several;

	TRY(begin(work, request, request_field(request, T("back")), &several));
	TRY(find_chosen(work, value_get(request->body, T("chosen")), TEXT_UNSET, &several));
	TRY(bulk_run(work, request, items_of(work, &several, step, given_fields(work, request)), bulk_change, &results));
	outcome = outcome_value(work, &several, results, left);
	if (value_count(left) == 0) {
		page_redirect(page, text_format(work->arena, "%.*s%sdone=saved", TEXT_ARG(several.back),
		                                text_find_char(several.back, '?') < 0 ? "?" : "&"));
		return NULL;
	}
	TRY(find_chosen(work, left, TEXT_UNSET, &several));
	TRY(show_several(work, request, &several, step, request->body, page));
	value_set(work->arena, page->data, T("outcome"), outcome);
	return NULL;
}

/* Busy, or nothing chosen: what was typed stays. */
struct error *several_refuse(struct work *work, struct web_request *request, struct page *page)
{
	struct several several;

	TRY(begin(work, request, request_field(request, T("back")), &several));
	if (find_chosen(work, value_get(request->body, T("chosen")), TEXT_UNSET, &several) != NULL)
		return request->error;
	return show_several(work, request, &several, request_parameter(request, T("transition")), request->body, page);
}
