/*
 * Transitions as people take them: a button each; where something is needed or asked, a small form with exactly those fields and,
 * where a comment is needed, the words who will read it. The same form stands in the record page and on a page of its own.
 */
#include "web/pages_private.h"

#include "base/words.h"

static bool is_among(const size_t *fields, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (fields[i] == field)
			return true;
	return false;
}

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

/* The condition with the labels that stand on the page: "waiting_reason = date" is "Waiting reason = Agreed date". */
static text condition_labels(struct work *work, const struct type *type, const struct condition *condition)
{
	text source = condition_print(work->arena, condition);
	const struct field *field = NULL;
	struct buffer out;
	size_t end;

	buffer_init(&out, work->arena, 8192);
	for (size_t at = 0; at < source.length; at = end) {
		for (end = at; end < source.length && is_name_char(source.data[end]); end++)
			continue;
		if (end == at) {
			buffer_char(&out, source.data[end++]);
			continue;
		}
		text name = text_slice(source, at, end);
		const struct field *named = type_field(type, name);
		int choice = field == NULL ? -1 : field_choice(field, name);
		if (named != NULL)
			field = named;
		buffer_text(&out, named != NULL ? label_in(&named->label, work->language)
		                  : choice >= 0 ? label_in(&field->choices[choice].label, work->language) : name);
	}
	return buffer_peek(&out);
}

static text condition_words(struct work *work, const struct type *type, const char *source, const struct condition *condition)
{
	struct value *arguments = value_map(work->arena);

	value_set_text(work->arena, arguments, T("condition"), condition_labels(work, type, condition));
	return words_with(work->arena, work->language, text_from(source), arguments);
}

/* Why the field is asked for: always needed, one of several, or only under a condition. */
static void say_need(struct work *work, const struct type *type, const struct need *need, struct value *widget)
{
	if (need->when != NULL)
		value_set_text(work->arena, widget, T("need"), condition_words(work, type, "Needed when {condition}", need->when));
	else if (need->field_count > 1)
		value_set_text(work->arena, widget, T("need"), words(work->language, T("One of these is needed")));
	else
		value_set_bool(work->arena, widget, T("required"), true);
}

struct step_form {
	const struct transition *transition;
	struct record *record;
	const struct value *given;
	const struct error *errors;
	struct value *fields;
	size_t *shown;
	size_t shown_count;
};

static struct error *add_field(struct work *work, struct step_form *form, size_t position, const struct need *need)
{
	const struct field *field = &form->record->type->fields[position];
	struct value *widget;
	bool opens;

	if (is_among(form->shown, form->shown_count, position) || !access_field_writable(work, form->record->type, field))
		return NULL;
	TRY(access_field_opens(work, form->record, field, &opens));
	if (!opens)
		return NULL;
	form->shown[form->shown_count++] = position;
	TRY(part_widget(work, field, form->record, form->given, form->errors, &widget));
	/* A step says what it needs also when the value stays as it is. */
	(void)value_remove(widget, T("compared"));
	if (need != NULL)
		say_need(work, form->record->type, need, widget);
	value_append(work->arena, form->fields, widget);
	return NULL;
}

static struct value *comment_value(struct work *work, const struct step_form *form, const struct need *need)
{
	struct value *comment = value_map(work->arena);
	const char *who = need->comment_public ? "The requester will read this." : "Internal: the requester does not see this.";

	value_set_text(work->arena, comment, T("value"), value_get_text(form->given, T("comment")));
	value_set_bool(work->arena, comment, T("public"), need->comment_public);
	value_set_bool(work->arena, comment, T("depends"), need->public_when != NULL);
	value_set_bool(work->arena, comment, T("required"), need->when == NULL);
	value_set_text(work->arena, comment, T("who"),
	               need->public_when != NULL
	                       ? condition_words(work, form->record->type, "The requester will read this when {condition}; otherwise it is internal.", need->public_when)
	                       : words(work->language, text_from(who)));
	for (const struct error *error = form->errors; error != NULL; error = error->next)
		if (text_equal(error->field, T("comment")))
			value_set_text(work->arena, comment, T("error"), error->message);
	return comment;
}

static text look_of(const struct record *record, const struct transition *transition)
{
	switch (record->type->lifecycle->states[transition->to].group) {
	case GROUP_DONE:
		/* What somebody waits for; nobody waits for an item to be retired. */
		return record->type->requester >= 0 ? T("primary") : T("");
	case GROUP_CANCELLED:
		return T("plain");
	case GROUP_OPEN:
	case GROUP_WAITING:
	case GROUP_CLOSED:
	case GROUP_COUNT:
		break;
	}
	return T("");
}

static void fill_step(struct work *work, const struct step_form *form, struct value *comment, struct value *step)
{
	const struct transition *transition = form->transition;
	const struct record *record = form->record;
	struct arena *arena = work->arena;
	text plain = label_in(&transition->plain, work->language), label = label_in(&transition->label, work->language);

	value_set_text(arena, step, T("name"), transition->name);
	value_set_text(arena, step, T("label"), !is_staff(work) && !text_is_empty(plain) ? plain : label);
	value_set_text(arena, step, T("href"),
	               text_format(arena, "%.*s/transitions/%.*s", TEXT_ARG(record_href(arena, record->type, record_number(record))),
	                           TEXT_ARG(transition->name)));
	value_set_text(arena, step, T("to"), label_in(&record->type->lifecycle->states[transition->to].label, work->language));
	value_set_text(arena, step, T("look"), look_of(record, transition));
	value_set(arena, step, T("fields"), form->fields);
	if (comment != NULL)
		value_set(arena, step, T("comment"), comment);
	value_set_bool(arena, step, T("asks"), comment != NULL || value_count(form->fields) > 0);
	value_set_integer(arena, step, T("version"), record->version);
	value_set_bool(arena, step, T("restored"), form->given != NULL);
	value_set(arena, step, T("key"), part_key(arena));
}

struct error *part_step(struct work *work, struct record *record, const struct transition *transition, const struct value *given,
                        const struct error *errors, struct value **ret_value)
{
	struct step_form form = { transition, record, given, errors, value_list(work->arena),
		                  arena_new_array(work->arena, size_t, record->type->field_count + 1), 0 };
	struct value *comment = NULL, *step = value_map(work->arena);

	for (size_t i = 0; i < transition->need_count; i++) {
		const struct need *need = &transition->needs[i];
		if (need->comment)
			comment = comment_value(work, &form, need);
		for (size_t j = 0; j < need->field_count; j++)
			TRY(add_field(work, &form, need->fields[j], need));
	}
	for (size_t i = 0; i < transition->ask_count; i++)
		TRY(add_field(work, &form, transition->asks[i], NULL));
	fill_step(work, &form, comment, step);
	*ret_value = step;
	return NULL;
}

struct error *part_steps(struct work *work, struct record *record, const struct value *drafts, struct value **ret_value)
{
	struct value *steps = value_list(work->arena), *step;
	struct open_transition *open;
	size_t count;

	TRY(engine_transitions(work, record, &open, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(part_step(work, record, open[i].transition, value_get(drafts, open[i].transition->name), NULL, &step));
		value_append(work->arena, steps, step);
	}
	*ret_value = steps;
	return NULL;
}

/* ---- the page of one step ---- */

/* Of the version of the definition that the record runs on. */
static struct error *find_step(struct work *work, struct web_request *request, const struct record *record,
                               const struct transition **ret_transition)
{
	text name = request_parameter(request, T("transition"));
	const struct lifecycle *lifecycle = record->type->lifecycle;
	int position = lifecycle == NULL ? -1 : lifecycle_transition(lifecycle, name);

	if (position < 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no step '%.*s'", TEXT_ARG(name));
	*ret_transition = &lifecycle->transitions[position];
	return NULL;
}

static struct error *show_step(struct work *work, struct web_request *request, struct page *page, const struct value *given)
{
	const struct transition *transition;
	struct record *record;
	struct value *step;

	TRY(load_record(work, request, &record));
	TRY(find_step(work, request, record, &transition));
	page->data = value_map(work->arena);
	TRY(part_head(work, record, page->data));
	TRY(part_step(work, record, transition, given, request->error, &step));
	value_set(work->arena, page->data, T("step"), step);
	value_set(work->arena, page->data, T("errors"), part_errors(work, record->type, request->error));
	page->template = is_staff(work) ? T("transition") : T("transition_portal");
	return NULL;
}

struct error *transition_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct transition *transition;
	enum transition_answer answer;
	struct record *record;
	struct value *drafts;
	text why;

	TRY(load_record(work, request, &record));
	TRY(find_step(work, request, record, &transition));
	TRY(access_transition(work, record, transition, &answer, &why));
	if (answer != TRANSITION_ALLOWED)
		return error_new(work->arena, answer == TRANSITION_NEVER ? ERROR_FORBIDDEN : ERROR_CONFLICT, "%.*s", TEXT_ARG(why));
	TRY(draft_load(work, request->type, record->id, T("record"), &drafts));
	return show_step(work, request, page, value_get(drafts, transition->name));
}

struct error *transition_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	struct value *input = request->body_is_json ? request->body : form_input(work, request->type, request->body);

	if (!request->body_is_json && value_get(input, T("comment")) == NULL)
		(void)value_remove(input, T("visibility"));
	request->state = input;
	return NULL;
}

struct error *transition_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	text name = request_parameter(request, T("transition"));

	TRY(engine_transition(work, request->type, request_parameter(request, T("number")), name, request->if_match, request->state,
	                      &request->record));
	return draft_forget(work, request->type, request->record->id, T("record"), name);
}

struct error *transition_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return show_step(work, request, page, request->body);
}
