/*
 * Records made from a model by those who may make them (a standard change from its model): the model's questions on top, below them
 * what the model leaves open. The catalogue is the way for everybody else; its questions come page by page, here all stand on one.
 */
#include "web/pages_catalogue_private.h"

#include "base/words.h"

static struct error *find_model(struct work *work, const struct web_request *request, const struct work_model **ret_model)
{
	int position = model_work_model(work->model, request_parameter(request, T("model")));

	if (position < 0 || work->model->work_models[position].type != request->type)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no model '%.*s'", TEXT_ARG(request->type->name),
		                 TEXT_ARG(request_parameter(request, T("model"))));
	*ret_model = &work->model->work_models[position];
	return NULL;
}

struct value *part_models(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < work->model->work_model_count; i++) {
		const struct work_model *model = &work->model->work_models[i];
		/* A type that is ordered has its catalogue. */
		if (model->type != type || type->orders >= 0)
			continue;
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("href"), text_format(work->arena, "/%.*s/new/%.*s", TEXT_ARG(type->name), TEXT_ARG(model->name)));
		value_set_text(work->arena, one, T("label"), label_in(&model->label, work->language));
		value_append(work->arena, list, one);
	}
	return list;
}

/* ---- the form ---- */

/* The questions as they stand with what was answered so far, by whom it is for. */
static struct error *read_form(struct work *work, struct web_request *request, const struct work_model *model, const struct value *given,
                               struct form_state **ret_state)
{
	const struct type *type = request->type;
	struct record *prospect;
	int64_t requester;

	TRY(catalogue_person(work, type->requester < 0 ? TEXT_UNSET : value_get_text(given, type->fields[type->requester].name), &requester));
	prospect = engine_model_prospect(work, model, requester);
	return engine_form(work, model, prospect, question_answers(work, model, given), ret_state);
}

static struct error *add_questions(struct work *work, struct web_request *request, const struct form_state *state, struct value *data)
{
	const struct question_view view = { .page = QUESTIONS_OF_ALL_PAGES, .errors = request->error != NULL,
		.more = request->method == METHOD_POST ? request_field(request, T("more")) : TEXT_UNSET };
	struct value *questions = value_list(work->arena), *carried = value_list(work->arena), *errors = value_list(work->arena), *others;

	TRY(question_sections(work, state, &view, questions, carried));
	for (size_t i = 0; view.errors && i < state->entry_count; i++)
		question_mistakes(work, &state->entries[i], errors);
	question_focus(work, questions, errors);
	others = part_errors(work, request->type, request->error);
	for (size_t i = 0; i < value_count(others); i++) {
		text field = value_get_text(others->list.items[i], T("field"));
		if (!text_is_set(field) || !text_starts_with(field, T("answers.")))
			value_append(work->arena, errors, others->list.items[i]);
	}
	value_set(work->arena, data, T("questions"), questions);
	value_set(work->arena, data, T("carried"), carried);
	value_set(work->arena, data, T("errors"), errors);
	return NULL;
}

static bool is_set_by(const struct work_model *model, text field)
{
	for (size_t i = 0; i < model->set_count; i++)
		if (text_equal(model->type->fields[model->sets[i].field].name, field))
			return true;
	return false;
}

/* What the model says is not asked again. */
static void add_open_fields(struct work *work, const struct work_model *model, const struct value *own, struct value *sections)
{
	for (size_t i = 0; i < value_count(own); i++) {
		const struct value *fields = value_get(own->list.items[i], T("fields"));
		struct value *kept = value_list(work->arena), *section = value_map(work->arena);
		for (size_t k = 0; k < value_count(fields); k++)
			if (!is_set_by(model, value_get_text(fields->list.items[k], T("name"))))
				value_append(work->arena, kept, fields->list.items[k]);
		if (value_count(kept) == 0)
			continue;
		value_set(work->arena, section, T("label"), value_get(own->list.items[i], T("label")));
		value_set(work->arena, section, T("fields"), kept);
		value_append(work->arena, sections, section);
	}
}

static struct error *show(struct work *work, struct web_request *request, struct page *page, const struct value *given)
{
	const struct work_model *model;
	struct value *data = value_map(work->arena), *sections = value_list(work->arena), *own;
	struct form_state *state;

	TRY(access_require(work, RIGHT_CREATE, request->type, NULL));
	TRY(find_model(work, request, &model));
	TRY(read_form(work, request, model, given, &state));
	TRY(add_questions(work, request, state, data));
	TRY(part_form(work, request->type, T("create"), NULL, given, request->error, &own));
	add_open_fields(work, model, own, sections);
	value_set_text(work->arena, data, T("title"), label_in(&model->label, work->language));
	value_set_text(work->arena, data, T("purpose"), model->purpose);
	value_set_text(work->arena, data, T("type"), request->type->name);
	value_set_text(work->arena, data, T("model"), model->name);
	value_set_text(work->arena, data, T("step"), text_format(work->arena, "/%.*s/new/%.*s/step", TEXT_ARG(request->type->name),
	                                                         TEXT_ARG(model->name)));
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("key"), part_key(work->arena));
	page->data = data;
	page->template = is_staff(work) ? T("create_model") : T("create_model_portal");
	return NULL;
}

struct error *model_form_render(struct work *work, struct web_request *request, struct page *page)
{
	return show(work, request, page, NULL);
}

struct error *model_form_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return show(work, request, page, request->body);
}

/* What follows from the answers, or one more line of a group. */
struct error *model_form_step(struct work *work, struct web_request *request, struct page *page)
{
	return show(work, request, page, request->body);
}

/* ---- the way back ---- */

/* The fields of the record itself, without the questions. */
static void keep_own(struct work *work, const struct value *from, struct value *into)
{
	for (size_t i = 0; i < value_count(from); i++)
		if (!text_starts_with(from->map.entries[i].key, T("a.")) && !value_is_null(from->map.entries[i].value))
			value_set(work->arena, into, from->map.entries[i].key, from->map.entries[i].value);
}

struct error *model_form_apply(struct work *work, struct web_request *request, struct page *page)
{
	const struct work_model *model;
	struct value *input = value_map(work->arena);
	struct form_state *state;

	TRY(find_model(work, request, &model));
	TRY(read_form(work, request, model, request->body, &state));
	keep_own(work, form_input(work, request->type, request->body), input);
	value_set_text(work->arena, input, T("model"), model->name);
	value_set(work->arena, input, T("answers"), question_shown_answers(work, state));
	TRY(engine_create(work, request->type, input, &request->record));
	page_redirect(page, text_format(work->arena, "%.*s?done=created", TEXT_ARG(record_href(work->arena, request->type, record_number(request->record)))));
	return NULL;
}
