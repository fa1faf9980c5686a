/*
 * Ordering: the form of an offering page by page, then what it costs and who must agree, then sent. Every step is a post of all that
 * was answered so far, so it works without scripts, and nothing is lost when an answer hides a question: hidden answers travel along
 * and are there again when their question is.
 */
#include "web/pages_catalogue_private.h"

#include "base/words.h"

/* ---- the form that was posted ---- */

static bool was_shown(const struct value *body, text name)
{
	const struct value *shown = value_get(body, T("shown"));

	for (size_t i = 0; shown != NULL && shown->kind == VALUE_LIST && i < shown->list.count; i++)
		if (shown->list.items[i]->kind == VALUE_TEXT && text_equal(shown->list.items[i]->text, name))
			return true;
	return false;
}

/* A text of the form as an answer; NULL: it was not in the form. */
static struct value *one_answer(struct work *work, const struct field *field, const struct value *body, text name)
{
	text sent = value_get_text(body, name);

	if (!text_is_set(sent))
		return field->kind == KIND_BOOLEAN && was_shown(body, name) ? value_bool(work->arena, false) : NULL;
	if (text_is_empty(text_trim(sent)))
		return value_null(work->arena);
	if (field->kind == KIND_BOOLEAN)
		return value_bool(work->arena, text_equal(sent, T("true")));
	return value_text(work->arena, form_plain_lines(work, sent));
}

static struct value *rows_answer(struct work *work, const struct form_question *group, const struct field *field, const struct value *body)
{
	struct value *rows = NULL;

	for (int64_t number = 1; number <= field->most; number++) {
		struct value *row = value_map(work->arena);
		for (size_t i = 0; i < group->question_count; i++) {
			const struct field *inner = &group->group_type->fields[group->questions[i].field];
			text name = text_format(work->arena, "a.%.*s.%lld.%.*s", TEXT_ARG(field->name), (long long)number, TEXT_ARG(inner->name));
			struct value *answer = one_answer(work, inner, body, name);
			if (answer != NULL)
				value_add(work->arena, row, inner->name, answer);
		}
		if (value_count(row) == 0)
			break;
		if (rows == NULL)
			rows = value_list(work->arena);
		value_append(work->arena, rows, row);
	}
	return rows;
}

static void add_answers(struct work *work, const struct work_model *model, const struct form_part *part, const struct value *body,
                        struct value *answers)
{
	for (size_t i = 0; i < part->question_count; i++) {
		const struct form_question *question = &part->questions[i];
		const struct field *field = &model->form_type->fields[question->field];
		struct value *answer = question->group_type != NULL
			? rows_answer(work, question, field, body)
			: one_answer(work, field, body, text_format(work->arena, "a.%.*s", TEXT_ARG(field->name)));
		if (answer != NULL)
			value_add(work->arena, answers, field->name, answer);
	}
}

struct value *order_answers(struct work *work, const struct work_model *model, const struct value *body)
{
	struct value *answers = value_map(work->arena);

	for (size_t i = 0; model != NULL && i < model->page_count; i++)
		for (size_t j = 0; j < model->pages[i].part_count; j++)
			add_answers(work, model, &model->pages[i].parts[j], body, answers);
	return answers;
}

/* A row in which nothing was written: choices and boxes have a value from the beginning. */
static bool is_blank_row(const struct form_row *row, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (row->entries[i].cell.kind != CELL_NULL && row->entries[i].field->kind != KIND_CHOICE &&
		    row->entries[i].field->kind != KIND_BOOLEAN)
			return false;
	return true;
}

static struct value *shown_rows(struct work *work, const struct form_entry *entry)
{
	struct value *rows = value_list(work->arena);

	for (size_t i = 0; i < entry->row_count; i++) {
		struct value *row = value_map(work->arena);
		if (is_blank_row(&entry->rows[i], entry->question->question_count) && entry->question->question_count > 0)
			continue;
		for (size_t j = 0; j < entry->question->question_count; j++) {
			const struct form_entry *inner = &entry->rows[i].entries[j];
			if (inner->shown && inner->given != NULL)
				value_add(work->arena, row, inner->field->name, value_copy(work->arena, inner->given));
		}
		value_append(work->arena, rows, row);
	}
	return rows;
}

struct value *order_shown_answers(struct work *work, const struct form_state *state)
{
	struct value *answers = value_map(work->arena);

	for (size_t i = 0; i < state->entry_count; i++) {
		const struct form_entry *entry = &state->entries[i];
		if (!entry->shown || entry->given == NULL)
			continue;
		value_add(work->arena, answers, entry->field->name,
		          entry->question->group_type != NULL ? shown_rows(work, entry) : value_copy(work->arena, entry->given));
	}
	return answers;
}

struct error *order_form_read(struct work *work, struct web_request *request, text for_whom, struct value *answers,
                              struct order_form *ret_form)
{
	struct order_form form = { .type = catalogue_type(work), .answers = answers, .for_whom = for_whom };
	int64_t id;

	if (form.type == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no catalogue");
	TRY(access_require(work, RIGHT_CREATE, form.type, NULL));
	TRY(catalogue_person(work, for_whom, &id));
	struct error *error = engine_prospect(work, form.type, request_parameter(request, T("offering")), id, &form.prospect, &form.offering, &form.model);
	/* Offered to the actor, but not to whom it is for: that is no secret. */
	if (error != NULL && error->code == ERROR_NOT_FOUND && id != 0) {
		TRY(engine_prospect(work, form.type, request_parameter(request, T("offering")), 0, &form.prospect, &form.offering, &form.model));
		return error_field(error_new(work->arena, ERROR_INVALID, "this is not offered to that person"), T("for"));
	}
	TRY(error);
	if (form.model != NULL)
		TRY(engine_form(work, form.model, form.prospect, answers, &form.state));
	*ret_form = form;
	return NULL;
}

/* ---- the form that is shown ---- */

static text answer_text(struct work *work, const struct value *answer)
{
	if (value_is_null(answer))
		return T("");
	if (answer->kind == VALUE_BOOL)
		return answer->boolean ? T("true") : T("false");
	if (answer->kind == VALUE_INTEGER)
		return text_format(work->arena, "%lld", (long long)answer->integer);
	return answer->kind == VALUE_TEXT ? answer->text : value_get_text(answer, T("number"));
}

static void carry(struct work *work, struct value *carried, text name, const struct value *answer)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("name"), name);
	value_set_text(work->arena, one, T("value"), answer_text(work, answer));
	value_append(work->arena, carried, one);
}

static void carry_rows(struct work *work, struct value *carried, const struct form_entry *entry)
{
	for (size_t i = 0; entry->given->kind == VALUE_LIST && i < entry->given->list.count; i++) {
		const struct value *row = entry->given->list.items[i];
		for (size_t j = 0; row->kind == VALUE_MAP && j < row->map.count; j++)
			carry(work, carried, text_format(work->arena, "a.%.*s.%zu.%.*s", TEXT_ARG(entry->field->name), i + 1,
			                                 TEXT_ARG(row->map.entries[j].key)), row->map.entries[j].value);
	}
}

static void keep_offered(const struct form_entry *entry, struct value *widget)
{
	struct value *choices = value_get(widget, T("choices"));
	size_t kept = 0;

	for (size_t i = 0; entry->offered != NULL && i < value_count(choices); i++) {
		int choice = field_choice(entry->field, value_get_text(choices->list.items[i], T("name")));
		if (choice < 0 || entry->offered[choice])
			choices->list.items[kept++] = choices->list.items[i];
	}
	if (entry->offered != NULL && choices != NULL)
		choices->list.count = kept;
}

/* The words of the engine begin with the question's name; people read its label. */
static text question_error(struct work *work, const struct field *field, const struct error *error)
{
	text message = error->message;

	if (text_starts_with(message, field->name))
		message = text_trim(text_slice(message, field->name.length, message.length));
	if (text_starts_with(message, T(":")))
		message = text_trim(text_slice(message, 1, message.length));
	if (text_equal(message, T("is needed")))
		return words(work->language, T("please answer this question"));
	return text_is_set(error->hint) ? text_format(work->arena, "%.*s; %.*s", TEXT_ARG(message), TEXT_ARG(error->hint)) : message;
}

/* `record` holds what the question begins with; what was typed goes before it. */
static struct error *question_widget(struct work *work, const struct form_entry *entry, struct record *record, text name, bool errors,
                                     struct value **ret_widget)
{
	struct value *given = value_map(work->arena), *widget;

	if (entry->given != NULL)
		value_set_text(work->arena, given, entry->field->name, answer_text(work, entry->given));
	TRY(part_widget(work, entry->field, record, given, NULL, &widget));
	(void)value_remove(widget, T("compared"));
	(void)value_remove(widget, T("was"));
	value_set_text(work->arena, widget, T("name"), name);
	value_set_text(work->arena, widget, T("id"), entry->field->name);
	if (errors && entry->error != NULL)
		value_set_text(work->arena, widget, T("error"), question_error(work, entry->field, entry->error));
	keep_offered(entry, widget);
	if (entry->field->kind == KIND_CHOICE && value_count(value_get(widget, T("choices"))) <= 6) {
		value_set_bool(work->arena, widget, T("radios"), true);
		value_set_bool(work->arena, widget, T("optional"), !entry->field->required && !entry->field->has_default);
		value_set_bool(work->arena, widget, T("none"), text_is_empty(value_get_text(widget, T("value"))));
	}
	TRY(part_offer_choices(work, entry->field, widget));
	*ret_widget = widget;
	return NULL;
}

static struct error *group_widget(struct work *work, const struct form_entry *entry, text more, bool errors, struct value **ret_widget)
{
	struct arena *arena = work->arena;
	struct value *widget = value_map(arena), *rows = value_list(arena);
	size_t count = maximum(entry->row_count, (size_t)1) + (text_equal(more, entry->field->name) && entry->row_count > 0 ? 1 : 0);

	count = minimum(count, (size_t)entry->field->most);
	for (size_t i = 0; i < count; i++) {
		struct value *row = value_map(arena), *fields = value_list(arena);
		bool there = i < entry->row_count;
		/* A row in which nothing stands yet is no mistake. */
		bool complain = errors && there && !is_blank_row(&entry->rows[i], entry->question->question_count);
		struct record *record = there ? entry->rows[i].record : NULL;
		for (size_t j = 0; j < entry->question->question_count; j++) {
			struct form_entry blank = { .question = &entry->question->questions[j], .shown = true };
			const struct form_entry *inner = there ? &entry->rows[i].entries[j] : &blank;
			struct value *one;
			blank.field = &entry->question->group_type->fields[blank.question->field];
			if (!inner->shown)
				continue;
			TRY(question_widget(work, inner, record, text_format(arena, "a.%.*s.%zu.%.*s", TEXT_ARG(entry->field->name), i + 1,
			                                                     TEXT_ARG(inner->field->name)), complain, &one));
			value_append(arena, fields, one);
		}
		value_set_integer(arena, row, T("number"), (int64_t)i + 1);
		value_set(arena, row, T("fields"), fields);
		value_append(arena, rows, row);
	}
	value_set_bool(arena, widget, T("group"), true);
	value_set_text(arena, widget, T("id"), entry->field->name);
	value_set_text(arena, widget, T("name"), entry->field->name);
	value_set_text(arena, widget, T("label"), label_in(&entry->field->label, work->language));
	value_set_text(arena, widget, T("help"), label_in(&entry->field->help, work->language));
	value_set_bool(arena, widget, T("more"), (int64_t)count < entry->field->most);
	value_set(arena, widget, T("rows"), rows);
	if (errors && entry->error != NULL)
		value_set_text(arena, widget, T("error"), entry->error->message);
	*ret_widget = widget;
	return NULL;
}

struct showing {
	const struct order_form *form;
	size_t page;      /* form.model->page_count: the summary */
	bool errors;
	text more;        /* the group that gets one more row */
};

/* The questions of the page that is shown, by section; all other answers travel along. */
static struct error *add_questions(struct work *work, const struct showing *showing, struct value *data)
{
	const struct form_state *state = showing->form->state;
	struct value *sections = value_list(work->arena), *carried = value_list(work->arena), *section = NULL, *widget;
	size_t part = SIZE_MAX;

	for (size_t i = 0; i < state->entry_count; i++) {
		const struct form_entry *entry = &state->entries[i];
		text name = text_format(work->arena, "a.%.*s", TEXT_ARG(entry->field->name));
		if (!entry->shown || entry->page != showing->page) {
			if (entry->given != NULL && entry->question->group_type != NULL)
				carry_rows(work, carried, entry);
			else if (entry->given != NULL)
				carry(work, carried, name, entry->given);
			continue;
		}
		if (entry->part != part) {
			section = value_map(work->arena);
			value_set_text(work->arena, section, T("label"),
			               label_in(&state->model->pages[entry->page].parts[entry->part].label, work->language));
			value_set(work->arena, section, T("fields"), value_list(work->arena));
			value_append(work->arena, sections, section);
			part = entry->part;
		}
		if (entry->question->group_type != NULL)
			TRY(group_widget(work, entry, showing->more, showing->errors, &widget));
		else
			TRY(question_widget(work, entry, state->answers, name, showing->errors, &widget));
		value_append(work->arena, value_get(section, T("fields")), widget);
	}
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("carried"), carried);
	return NULL;
}

static bool is_short(const struct order_form *form)
{
	return form->model == NULL || form->model->page_count <= 1;
}

static size_t neighbour(const struct order_form *form, size_t page, bool back)
{
	size_t count = form->model == NULL ? 0 : form->model->page_count;

	if (back) {
		while (page > 0)
			if (form->state->pages[--page])
				return page;
		return 0;
	}
	while (++page < count)
		if (form->state->pages[page])
			return page;
	return count;
}

static size_t first_page(const struct order_form *form)
{
	return form->model == NULL || form->model->page_count == 0 || form->state->pages[0] ? 0 : neighbour(form, 0, false);
}

static struct value *steps_value(struct work *work, const struct showing *showing)
{
	const struct work_model *model = showing->form->model;
	struct value *steps = value_list(work->arena);

	for (size_t i = 0; !is_short(showing->form) && i <= model->page_count; i++) {
		struct value *one = value_map(work->arena);
		if (i < model->page_count && !showing->form->state->pages[i])
			continue;
		value_set_text(work->arena, one, T("label"), i == model->page_count ? words(work->language, T("Check and send"))
		                                                                       : label_in(&model->pages[i].label, work->language));
		value_set_bool(work->arena, one, T("past"), i < showing->page);
		value_set_bool(work->arena, one, T("now"), i == showing->page);
		value_append(work->arena, steps, one);
	}
	return steps;
}

/* What it costs and who must agree, with these answers. */
static struct error *add_summary(struct work *work, const struct showing *showing, struct value *data)
{
	const struct order_form *form = showing->form;
	const struct field *price = type_field(form->type, T("price")), *monthly = type_field(form->type, T("monthly"));
	const struct cell none = cell_null();
	struct value *approvers, *answers = value_list(work->arena);

	if (form->state != NULL) {
		TRY(engine_prospect_set(work, form->prospect, form->state));
		TRY(engine_form_answers(work, form->state, &answers));
	}
	TRY(engine_prospect_approvers(work, form->prospect, &approvers));
	value_set_text(work->arena, data, T("price"), catalogue_price(work, price == NULL ? &none : record_cell(form->prospect, price->position)));
	value_set_text(work->arena, data, T("monthly"), catalogue_price(work, monthly == NULL ? &none : record_cell(form->prospect, monthly->position)));
	value_set(work->arena, data, T("approvers"), approvers);
	if (showing->page == (form->model == NULL ? 0 : form->model->page_count))
		value_set(work->arena, data, T("answers"), answers);
	return NULL;
}

static struct error *add_head(struct work *work, const struct order_form *form, struct value *data)
{
	struct record_name person;
	struct value *offering;

	TRY(catalogue_offering(work, form->offering, &offering));
	TRY(model_name(work, work->model->user, record_id_of(form->prospect, form->type->requester), &person));
	value_set(work->arena, offering, T("about"), markdown_html(work->arena, text_is_set(value_get_text(offering, T("description")))
	                                                                           ? value_get_text(offering, T("description")) : T("")));
	value_set(work->arena, data, T("offering"), offering);
	value_set_text(work->arena, data, T("title"), value_get_text(offering, T("title")));
	value_set_text(work->arena, data, T("href"), value_get_text(offering, T("href")));
	value_set_text(work->arena, data, T("type"), form->type->name);
	value_set_text(work->arena, data, T("draft_form"), text_format(work->arena, "order.%.*s", TEXT_ARG(record_number(form->offering))));
	value_set_text(work->arena, data, T("for"), text_is_set(form->for_whom) ? text_trim(form->for_whom) : T(""));
	if (text_is_set(form->for_whom) && !text_is_empty(text_trim(form->for_whom)))
		value_set_text(work->arena, data, T("for_name"), person.title);
	value_set(work->arena, data, T("key"), part_key(work->arena));
	return NULL;
}

/* Only what is asked on this page; on the summary all. */
static struct value *page_errors(struct work *work, const struct showing *showing)
{
	const struct form_state *state = showing->form->state;
	struct value *list = value_list(work->arena);

	for (size_t i = 0; showing->errors && state != NULL && i < state->entry_count; i++) {
		const struct form_entry *entry = &state->entries[i];
		if (!entry->shown || entry->error == NULL || (showing->page < state->model->page_count && entry->page != showing->page))
			continue;
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("label"), label_in(&entry->field->label, work->language));
		value_set_text(work->arena, one, T("message"), question_error(work, entry->field, entry->error));
		value_append(work->arena, list, one);
	}
	return list;
}

static struct error *show(struct work *work, struct page *page, const struct showing *showing)
{
	const struct order_form *form = showing->form;
	size_t count = form->model == NULL ? 0 : form->model->page_count;
	struct value *data = value_map(work->arena);

	TRY(add_head(work, form, data));
	if (form->state != NULL)
		TRY(add_questions(work, showing, data));
	TRY(add_summary(work, showing, data));
	value_set(work->arena, data, T("steps"), steps_value(work, showing));
	value_set(work->arena, data, T("errors"), page_errors(work, showing));
	value_set_integer(work->arena, data, T("page"), (int64_t)showing->page);
	value_set_bool(work->arena, data, T("first"), showing->page == first_page(form));
	value_set_bool(work->arena, data, T("last"), showing->page == count || is_short(form));
	value_set_bool(work->arena, data, T("summary"), showing->page == count);
	if (showing->page < count)
		value_set_text(work->arena, data, T("page_label"), label_in(&form->model->pages[showing->page].label, work->language));
	page->data = data;
	page->template = is_staff(work) ? T("order") : T("order_portal");
	return NULL;
}

/* ---- phases ---- */

/* Whether it is offered is told when the form is read. */
static const struct work_model *model_of_path(struct work *work, struct web_request *request, text whom)
{
	const struct type *type = catalogue_type(work);
	const struct work_model *model = NULL;
	struct record *prospect, *offering;
	text name = request_parameter(request, T("offering"));
	int64_t id;

	if (type == NULL)
		return NULL;
	if (catalogue_person(work, whom, &id) != NULL)
		id = 0;
	if (engine_prospect(work, type, name, id, &prospect, &offering, &model) == NULL)
		return model;
	return engine_prospect(work, type, name, 0, &prospect, &offering, &model) == NULL ? model : NULL;
}

struct error *order_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct type *type = catalogue_type(work);
	struct value *draft = NULL;
	struct order_form form;

	if (type != NULL)
		TRY(draft_load(work, type, 0, text_format(work->arena, "order.%.*s", TEXT_ARG(request_parameter(request, T("offering")))), &draft));
	const struct value *part = value_get(draft, T("order"));
	text asked = request_query(request, T("for")), whom = text_is_set(asked) ? asked : value_get_text(part, T("for"));
	struct value *answers = order_answers(work, model_of_path(work, request, whom), part);
	struct error *error = order_form_read(work, request, whom, answers, &form);
	/* A draft for somebody who is not there any more is still a draft. */
	if (error != NULL && error->code == ERROR_INVALID)
		error = order_form_read(work, request, TEXT_UNSET, answers, &form);
	TRY(error);
	TRY(show(work, page, &(struct showing){ .form = &form, .page = first_page(&form) }));
	if (part != NULL)
		value_set(work->arena, page->data, T("draft"), value_get(draft, T("moment")));
	return NULL;
}

static size_t page_sent(const struct web_request *request, const struct order_form *form)
{
	size_t count = form->model == NULL ? 0 : form->model->page_count;
	int64_t page;

	if (!text_to_integer(request_field(request, T("page")), &page) || page < 0)
		return first_page(form);
	return minimum((size_t)page, count);
}

/* "next", "back", "stay" (a script, or the button that looks again), or one more row of a group. */
struct error *order_step_render(struct work *work, struct web_request *request, struct page *page)
{
	text go = request_field(request, T("go"));
	struct value *answers = order_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
	struct order_form form;

	TRY(order_form_read(work, request, request_field(request, T("for")), answers, &form));
	struct showing showing = { .form = &form, .page = page_sent(request, &form), .more = request_field(request, T("more")) };
	showing.errors = text_equal(go, T("next"));
	if (text_equal(go, T("back")))
		showing.page = neighbour(&form, showing.page, true);
	else if (text_equal(go, T("next")) && value_count(page_errors(work, &showing)) == 0) {
		showing.page = neighbour(&form, showing.page, false);
		showing.errors = false;
	}
	return show(work, page, &showing);
}

struct error *order_send_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	struct value *input = value_map(work->arena);
	const struct type *type = catalogue_type(work);
	struct value *answers = order_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
	struct order_form form;
	text whom = request_field(request, T("for"));

	TRY(order_form_read(work, request, whom, answers, &form));
	value_set_text(work->arena, input, type->fields[type->orders].name, record_number(form.offering));
	if (text_is_set(whom) && !text_is_empty(text_trim(whom)))
		value_set_text(work->arena, input, type->fields[type->requester].name, text_trim(whom));
	if (form.state != NULL)
		value_set(work->arena, input, T("answers"), order_shown_answers(work, form.state));
	request->state = input;
	return NULL;
}

struct error *order_send_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	const struct type *type = catalogue_type(work);

	TRY(engine_create(work, type, request->state, &request->record));
	return draft_forget(work, type, 0, text_format(work->arena, "order.%.*s", TEXT_ARG(request_parameter(request, T("offering")))), T("order"));
}

struct error *order_done(struct work *work, struct web_request *request, struct page *page)
{
	text href = record_href(work->arena, request->record->type, record_number(request->record));

	if (request->wants_json) {
		page->location = href;
		return web_record_value(work, request->record, NULL, &page->data);
	}
	page_redirect(page, text_format(work->arena, "%.*s?done=ordered", TEXT_ARG(href)));
	return NULL;
}

/* Back to the first page on which something is wrong, with all that was answered. */
struct error *order_refuse(struct work *work, struct web_request *request, struct page *page)
{
	struct value *answers = order_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
	struct order_form form;
	struct showing showing = { .form = &form, .errors = true };

	if (request->error->code == ERROR_NOT_FOUND)
		return request->error;
	text whom = request_field(request, T("for"));
	bool wrong_person = text_equal(request->error->field, T("for"));

	TRY(order_form_read(work, request, wrong_person ? TEXT_UNSET : whom, answers, &form));
	showing.page = page_sent(request, &form);
	for (size_t i = 0; form.state != NULL && i < form.state->entry_count; i++)
		if (form.state->entries[i].shown && form.state->entries[i].error != NULL) {
			showing.page = form.state->entries[i].page;
			break;
		}
	TRY(show(work, page, &showing));
	if (wrong_person)
		value_set_text(work->arena, page->data, T("for"), whom);
	if (wrong_person || value_count(value_get(page->data, T("errors"))) == 0)
		value_set(work->arena, page->data, T("errors"), part_errors(work, form.type, request->error));
	return NULL;
}
