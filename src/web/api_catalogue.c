/* The catalogue for programs: what is offered to the caller, and the form of an offering as questions. Ordering is creating a request. */
#include "web/api_private.h"
#include "web/pages_catalogue_private.h"

struct error *api_catalogue(struct work *work, struct web_request *request, struct page *page)
{
	struct value *list;
	int64_t limit, person;

	TRY(catalogue_person(work, request_query(request, T("for")), &person));
	TRY(request_query_integer(request, T("limit"), 1, 500, 100, &limit));
	TRY(catalogue_offerings(work, request_query(request, T("q")), person, (size_t)limit, &list));
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), list);
	return NULL;
}

static struct value *choices_value(struct work *work, const struct form_entry *entry)
{
	struct value *choices = value_list(work->arena);

	for (size_t i = 0; i < entry->field->choice_count; i++) {
		struct value *one = value_map(work->arena);
		if (entry->field->choices[i].retired || (entry->offered != NULL && !entry->offered[i]))
			continue;
		value_set_text(work->arena, one, T("name"), entry->field->choices[i].name);
		value_set_text(work->arena, one, T("label"), label_in(&entry->field->choices[i].label, work->language));
		value_append(work->arena, choices, one);
	}
	return choices;
}

static struct error *question_value(struct work *work, const struct form_entry *entry, struct value **ret_value)
{
	struct value *one = value_map(work->arena), *value;
	const struct field *field = entry->field;

	value_set_text(work->arena, one, T("question"), field->name);
	value_set_text(work->arena, one, T("label"), label_in(&field->label, work->language));
	value_set_text(work->arena, one, T("help"), label_in(&field->help, work->language));
	value_set_text(work->arena, one, T("kind"), kind_name(field->kind));
	value_set_bool(work->arena, one, T("required"), field->required);
	value_set_bool(work->arena, one, T("asked"), entry->shown);
	if (field->kind == KIND_CHOICE)
		value_set(work->arena, one, T("choices"), choices_value(work, entry));
	if (field->target != NULL)
		value_set_text(work->arena, one, T("to"), field->target->name);
	if (entry->question->group_type == NULL) {
		TRY(field_value(work, field, &entry->cell, &value));
		value_set(work->arena, one, T("value"), value);
		*ret_value = one;
		return NULL;
	}
	struct value *questions = value_list(work->arena);
	for (size_t i = 0; i < entry->question->question_count; i++) {
		const struct form_entry inner = { .question = &entry->question->questions[i],
			.field = &entry->question->group_type->fields[entry->question->questions[i].field], .shown = entry->shown };
		struct value *question;
		TRY(question_value(work, &inner, &question));
		value_append(work->arena, questions, question);
	}
	value_set_integer(work->arena, one, T("least"), field->least);
	value_set_integer(work->arena, one, T("most"), field->most);
	value_set(work->arena, one, T("questions"), questions);
	*ret_value = one;
	return NULL;
}

static struct error *form_value(struct work *work, const struct order_form *form, struct value **ret_pages)
{
	struct value *pages = value_list(work->arena);
	size_t at = SIZE_MAX;

	for (size_t i = 0; form->state != NULL && i < form->state->entry_count; i++) {
		const struct form_entry *entry = &form->state->entries[i];
		struct value *question;
		if (entry->page != at) {
			struct value *page = value_map(work->arena);
			at = entry->page;
			value_set_text(work->arena, page, T("name"), form->model->pages[at].name);
			value_set_text(work->arena, page, T("label"), label_in(&form->model->pages[at].label, work->language));
			value_set_bool(work->arena, page, T("asked"), form->state->pages[at]);
			value_set(work->arena, page, T("questions"), value_list(work->arena));
			value_append(work->arena, pages, page);
		}
		TRY(question_value(work, entry, &question));
		value_append(work->arena, value_get(pages->list.items[pages->list.count - 1], T("questions")), question);
	}
	*ret_pages = pages;
	return NULL;
}

static struct error *errors_value(struct work *work, const struct order_form *form, struct value **ret_list)
{
	struct value *list = value_list(work->arena);

	for (const struct error *one = form->state == NULL ? NULL : form->state->errors; one != NULL; one = one->next) {
		struct value *item = value_map(work->arena);
		value_set_text(work->arena, item, T("field"), one->field);
		value_set_text(work->arena, item, T("message"), one->message);
		value_append(work->arena, list, item);
	}
	*ret_list = list;
	return NULL;
}

/* GET: the form as it begins; POST {answers, requester}: as it stands with these, what is wrong, what it costs, who must agree. */
struct error *api_offering_form(struct work *work, struct web_request *request, struct page *page)
{
	struct value *answers = value_map(work->arena), *offering, *pages, *errors, *approvers;
	static const char *const known[] = { "answers", "requester", NULL };
	text whom = request->method == METHOD_GET ? request_query(request, T("for")) : TEXT_UNSET;
	struct order_form form;

	if (request->method == METHOD_POST) {
		TRY(api_body_map(work, request, true));
		if (request->body != NULL)
			TRY(api_known_keys(work, request->body, known));
		if (!value_is_null(value_get(request->body, T("answers"))))
			answers = value_get(request->body, T("answers"));
		whom = value_get_text(request->body, T("requester"));
	}
	TRY(order_form_read(work, request, whom, answers, &form));
	TRY(catalogue_offering(work, form.offering, &offering));
	TRY(form_value(work, &form, &pages));
	TRY(errors_value(work, &form, &errors));
	if (form.state != NULL)
		TRY(engine_prospect_set(work, form.prospect, form.state));
	TRY(engine_prospect_approvers(work, form.prospect, &approvers));
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("offering"), offering);
	value_set_text(work->arena, page->data, T("model"), form.model == NULL ? TEXT_UNSET : form.model->name);
	value_add(work->arena, page->data, T("pages"), pages);
	value_add(work->arena, page->data, T("approvals"), approvers);
	if (request->method == METHOD_POST)
		value_add(work->arena, page->data, T("errors"), errors);
	return NULL;
}
