/*
 * Records made from a model by those who may make them (a standard change from its model): the model's questions on top, below them
 * what the model leaves open. The catalogue is the way for everybody else; there the questions come and go. Here all stand on one page, and
 * what does not concern the case is left empty.
 */
#include "web/pages_private.h"

#include "base/words.h"

#define ANSWER "answer."

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

static struct error *add_question(struct work *work, const struct work_model *model, const struct form_question *question,
                                  const struct value *given, const struct error *errors, struct value *fields)
{
	struct field field = model->form_type->fields[question->field];
	struct value *widget;

	if (field.kind == KIND_GROUP)
		return NULL;
	field.name = text_format(work->arena, ANSWER "%.*s", TEXT_ARG(field.name));
	field.required = field.required && question->when == NULL;
	TRY(part_widget(work, &field, NULL, given, errors, &widget));
	value_append(work->arena, fields, widget);
	return NULL;
}

static struct error *question_sections(struct work *work, const struct work_model *model, const struct value *given,
                                       const struct error *errors, struct value *sections)
{
	for (size_t p = 0; p < model->page_count; p++) {
		struct value *section = value_map(work->arena), *fields = value_list(work->arena);
		for (size_t i = 0; i < model->pages[p].part_count; i++)
			for (size_t q = 0; q < model->pages[p].parts[i].question_count; q++)
				TRY(add_question(work, model, &model->pages[p].parts[i].questions[q], given, errors, fields));
		if (value_count(fields) == 0)
			continue;
		value_set_text(work->arena, section, T("label"), label_in(&model->pages[p].label, work->language));
		value_set(work->arena, section, T("fields"), fields);
		value_append(work->arena, sections, section);
	}
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

	TRY(access_require(work, RIGHT_CREATE, request->type, NULL));
	TRY(find_model(work, request, &model));
	TRY(question_sections(work, model, given, request->error, sections));
	TRY(part_form(work, request->type, T("create"), NULL, given, request->error, &own));
	add_open_fields(work, model, own, sections);
	value_set_text(work->arena, data, T("title"), label_in(&model->label, work->language));
	value_set_text(work->arena, data, T("purpose"), model->purpose);
	value_set_text(work->arena, data, T("type"), request->type->name);
	value_set_text(work->arena, data, T("model"), model->name);
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("errors"), part_errors(work, request->type, request->error));
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

/* ---- the way back ---- */

/* The questions as fields of the names that the form sends. */
static struct type *sent_questions(struct work *work, const struct work_model *model)
{
	struct type *type = arena_new_struct(work->arena, struct type);

	*type = *model->form_type;
	type->fields = arena_new_array(work->arena, struct field, type->field_count);
	table_init(&type->field_names, work->arena);
	for (size_t i = 0; i < type->field_count; i++) {
		struct field *field = &type->fields[i];
		*field = model->form_type->fields[i];
		field->name = text_format(work->arena, ANSWER "%.*s", TEXT_ARG(field->name));
		table_set(&type->field_names, field->name, field);
	}
	return type;
}

static void keep(struct work *work, const struct value *from, bool answers, struct value *into)
{
	for (size_t i = 0; i < value_count(from); i++) {
		const struct value_entry *entry = &from->map.entries[i];
		bool answer = text_starts_with(entry->key, T(ANSWER));
		if (answer == answers && !value_is_null(entry->value))
			value_set(work->arena, into, answer ? text_slice(entry->key, strlen(ANSWER), entry->key.length) : entry->key, entry->value);
	}
}

struct error *model_form_apply(struct work *work, struct web_request *request, struct page *page)
{
	const struct work_model *model;
	struct value *input = value_map(work->arena), *answers = value_map(work->arena);

	TRY(find_model(work, request, &model));
	keep(work, form_input(work, request->type, request->body), false, input);
	keep(work, form_input(work, sent_questions(work, model), request->body), true, answers);
	value_set_text(work->arena, input, T("model"), model->name);
	value_set(work->arena, input, T("answers"), answers);
	TRY(engine_create(work, request->type, input, &request->record));
	page_redirect(page, text_format(work->arena, "%.*s?done=created", TEXT_ARG(record_href(work->arena, request->type, record_number(request->record)))));
	return NULL;
}
