/*
 * Ordering: the form of an offering page by page, then what it costs and who must agree, then sent. Every step is a post of all that
 * was answered so far, so it works without scripts.
 */
#include "web/pages_catalogue_private.h"

#include "base/words.h"

/* ---- the form as it stands ---- */

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

/* ---- pages ---- */

struct showing {
	const struct order_form *form;
	size_t page;      /* form.model->page_count: the summary */
	bool errors;
	text more;        /* the group that gets one more row */
};

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
	struct value *approvers, *answers = value_list(work->arena);

	if (form->state != NULL) {
		TRY(engine_prospect_set(work, form->prospect, form->state));
		TRY(engine_form_answers(work, form->state, &answers));
		part_answers(work, answers);
	}
	TRY(engine_prospect_approvers(work, form->prospect, &approvers));
	value_set_text(work->arena, data, T("price"), catalogue_price(work, form->prospect, T("price")));
	value_set_text(work->arena, data, T("monthly"), catalogue_price(work, form->prospect, T("monthly")));
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
	value_set_text(work->arena, data, T("step"), text_format(work->arena, "%.*s/step", TEXT_ARG(value_get_text(offering, T("href")))));
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

	for (size_t i = 0; showing->errors && state != NULL && i < state->entry_count; i++)
		if (showing->page >= state->model->page_count || state->entries[i].page == showing->page)
			question_mistakes(work, &state->entries[i], list);
	return list;
}

/* The first page on which something is wrong; `page` when nothing is. */
static size_t wrong_page(struct work *work, const struct order_form *form, size_t page)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; form->state != NULL && i < form->state->entry_count; i++) {
		question_mistakes(work, &form->state->entries[i], list);
		if (value_count(list) > 0)
			return form->state->entries[i].page;
	}
	return page;
}

/* The questions of the page that is shown, by section; all other answers travel along. */
static struct error *add_questions(struct work *work, const struct showing *showing, struct value *data)
{
	const struct question_view view = { .page = showing->page, .errors = showing->errors, .more = showing->more };
	struct value *sections = value_list(work->arena), *carried = value_list(work->arena);

	TRY(question_sections(work, showing->form->state, &view, sections, carried));
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("carried"), carried);
	return NULL;
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
	question_focus(work, value_get(data, T("sections")), value_get(data, T("errors")));
	value_set_integer(work->arena, data, T("page"), (int64_t)showing->page);
	value_set_bool(work->arena, data, T("first"), showing->page == first_page(form));
	value_set_bool(work->arena, data, T("last"), showing->page == count || is_short(form));
	value_set_bool(work->arena, data, T("summary"), showing->page == count);
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
	struct value *answers = question_answers(work, model_of_path(work, request, whom), part);
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
	struct value *answers = question_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
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
	struct value *answers = question_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
	struct order_form form;
	text whom = request_field(request, T("for"));

	TRY(order_form_read(work, request, whom, answers, &form));
	value_set_text(work->arena, input, type->fields[type->orders].name, record_number(form.offering));
	if (text_is_set(whom) && !text_is_empty(text_trim(whom)))
		value_set_text(work->arena, input, type->fields[type->requester].name, text_trim(whom));
	if (form.state != NULL)
		value_set(work->arena, input, T("answers"), question_shown_answers(work, form.state));
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
	struct value *answers = question_answers(work, model_of_path(work, request, request_field(request, T("for"))), request->body);
	struct order_form form;
	struct showing showing = { .form = &form, .errors = true };

	if (request->error->code == ERROR_NOT_FOUND)
		return request->error;
	text whom = request_field(request, T("for"));
	bool wrong_person = text_equal(request->error->field, T("for"));

	TRY(order_form_read(work, request, wrong_person ? TEXT_UNSET : whom, answers, &form));
	showing.page = wrong_page(work, &form, page_sent(request, &form));
	TRY(show(work, page, &showing));
	if (wrong_person)
		value_set_text(work->arena, page->data, T("for"), whom);
	if (wrong_person || value_count(value_get(page->data, T("errors"))) == 0)
		value_set(work->arena, page->data, T("errors"), part_errors(work, form.type, request->error));
	return NULL;
}
