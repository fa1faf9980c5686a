/*
 * Questions on pages: from the texts of a posted form to answers, and from a form as it stands to widgets. All that was answered
 * travels with every page, also what is hidden at the moment; so nothing is lost when an answer hides a question, without scripts too.
 */
#include "web/pages_catalogue_private.h"

#include "base/words.h"

/* ---- names ---- */

/* Where the summary of errors leads to. */
static text anchor(struct work *work, text name)
{
	return text_format(work->arena, "q-%.*s", TEXT_ARG(name));
}

static text answer_name(struct work *work, const struct field *field)
{
	return text_format(work->arena, "a.%.*s", TEXT_ARG(field->name));
}

static text row_name(struct work *work, const struct field *group, size_t row, text question)
{
	return text_format(work->arena, "a.%.*s.%zu.%.*s", TEXT_ARG(group->name), row + 1, TEXT_ARG(question));
}

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
			text name = row_name(work, field, (size_t)number - 1, inner->name);
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
			: one_answer(work, field, body, answer_name(work, field));
		if (answer != NULL)
			value_add(work->arena, answers, field->name, answer);
	}
}

struct value *question_answers(struct work *work, const struct work_model *model, const struct value *body)
{
	struct value *answers = value_map(work->arena);

	for (size_t i = 0; model != NULL && i < model->page_count; i++)
		for (size_t j = 0; j < model->pages[i].part_count; j++)
			add_answers(work, model, &model->pages[i].parts[j], body, answers);
	return answers;
}

/* ---- rows of a group ---- */

/* Whether something stands there that did not stand there in the beginning. */
static bool differs(const struct form_entry *entry)
{
	const struct cell *begin = entry->field->has_default ? entry->field->fallback : NULL;

	if (!entry->shown || value_is_null(entry->given))
		return false;
	if (entry->error != NULL)
		return true;
	if (entry->field->kind == KIND_BOOLEAN && begin == NULL)
		return entry->cell.integer != 0;
	return entry->cell.kind != CELL_NULL && (begin == NULL || !cell_equal(&entry->cell, begin));
}

/* A line in which nothing was written is no answer - where it need not be one. */
static bool row_counts(const struct form_entry *entry, size_t row)
{
	if ((int64_t)row < entry->field->least)
		return true;
	for (size_t i = 0; i < entry->question->question_count; i++)
		if (differs(&entry->rows[row].entries[i]))
			return true;
	return false;
}

static struct value *shown_rows(struct work *work, const struct form_entry *entry)
{
	struct value *rows = value_list(work->arena);

	for (size_t i = 0; i < entry->row_count; i++) {
		struct value *row = value_map(work->arena);
		if (!row_counts(entry, i))
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

struct value *question_shown_answers(struct work *work, const struct form_state *state)
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
			carry(work, carried, row_name(work, entry->field, i, row->map.entries[j].key), row->map.entries[j].value);
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
		return words(work->language, T("Please answer this question"));
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
	value_set_text(work->arena, widget, T("anchor"), anchor(work, name));
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

/* One line of a group; answers that are hidden in it travel along. */
static struct error *row_widget(struct work *work, const struct form_entry *group, size_t number, bool errors, struct value **ret_row)
{
	struct value *row = value_map(work->arena), *fields = value_list(work->arena), *carried = value_list(work->arena), *one;
	bool there = number < group->row_count;
	struct record *record = there ? group->rows[number].record : NULL;

	for (size_t i = 0; i < group->question->question_count; i++) {
		struct form_entry blank = { .question = &group->question->questions[i], .shown = group->question->questions[i].when == NULL };
		const struct form_entry *entry = there ? &group->rows[number].entries[i] : &blank;
		blank.field = &group->question->group_type->fields[blank.question->field];
		text name = row_name(work, group->field, number, entry->field->name);
		if (!entry->shown) {
			if (entry->given != NULL)
				carry(work, carried, name, entry->given);
			continue;
		}
		TRY(question_widget(work, entry, record, name, errors && there && row_counts(group, number), &one));
		value_append(work->arena, fields, one);
	}
	value_set_integer(work->arena, row, T("number"), (int64_t)number + 1);
	value_set(work->arena, row, T("fields"), fields);
	value_set(work->arena, row, T("carried"), carried);
	*ret_row = row;
	return NULL;
}

static struct error *group_widget(struct work *work, const struct form_entry *entry, text more, bool errors, struct value **ret_widget)
{
	struct arena *arena = work->arena;
	struct value *widget = value_map(arena), *rows = value_list(arena), *row;
	size_t count = maximum(entry->row_count, maximum((size_t)entry->field->least, (size_t)1)) +
		       (text_equal(more, entry->field->name) && entry->row_count > 0 ? 1 : 0);

	count = minimum(count, (size_t)entry->field->most);
	for (size_t i = 0; i < count; i++) {
		TRY(row_widget(work, entry, i, errors, &row));
		value_append(arena, rows, row);
	}
	value_set_bool(arena, widget, T("group"), true);
	value_set_text(arena, widget, T("id"), entry->field->name);
	value_set_text(arena, widget, T("name"), entry->field->name);
	value_set_text(arena, widget, T("label"), label_in(&entry->field->label, work->language));
	value_set_text(arena, widget, T("help"), label_in(&entry->field->help, work->language));
	value_set_bool(arena, widget, T("more"), (int64_t)count < entry->field->most);
	value_set(arena, widget, T("rows"), rows);
	*ret_widget = widget;
	return NULL;
}

/* ---- what is wrong ---- */

static void add_mistake(struct work *work, const struct form_entry *entry, text label, text name, struct value *list)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("label"), label);
	value_set_text(work->arena, one, T("message"), question_error(work, entry->field, entry->error));
	value_set_text(work->arena, one, T("anchor"), anchor(work, name));
	value_append(work->arena, list, one);
}

static void row_mistakes(struct work *work, const struct form_entry *group, size_t row, struct value *list)
{
	text label = label_in(&group->field->label, work->language);

	for (size_t i = 0; i < group->question->question_count; i++) {
		const struct form_entry *entry = &group->rows[row].entries[i];
		if (entry->shown && entry->error != NULL)
			add_mistake(work, entry, text_format(work->arena, "%.*s %zu, %.*s", TEXT_ARG(label), row + 1,
			                                     TEXT_ARG(label_in(&entry->field->label, work->language))),
			            row_name(work, group->field, row, entry->field->name), list);
	}
}

void question_mistakes(struct work *work, const struct form_entry *entry, struct value *list)
{
	if (!entry->shown)
		return;
	for (size_t i = 0; i < entry->row_count; i++)
		if (row_counts(entry, i))
			row_mistakes(work, entry, i, list);
	/* A page always shows as many lines as a group needs: that they are too few cannot be said by it. */
	if (entry->question->group_type == NULL && entry->error != NULL)
		add_mistake(work, entry, label_in(&entry->field->label, work->language), answer_name(work, entry->field), list);
}

/* ---- a page of questions ---- */

static text part_label(struct work *work, const struct work_model *model, const struct form_entry *entry)
{
	text label = label_in(&model->pages[entry->page].parts[entry->part].label, work->language);

	return text_is_set(label) && !text_is_empty(label) ? label : label_in(&model->pages[entry->page].label, work->language);
}

struct error *question_sections(struct work *work, const struct form_state *state, const struct question_view *view,
                                struct value *sections, struct value *carried)
{
	struct value *section = NULL, *widget;
	size_t part = SIZE_MAX, page = SIZE_MAX;

	for (size_t i = 0; i < state->entry_count; i++) {
		const struct form_entry *entry = &state->entries[i];
		if (!entry->shown || (view->page != QUESTIONS_OF_ALL_PAGES && entry->page != view->page)) {
			if (entry->given != NULL && entry->question->group_type != NULL)
				carry_rows(work, carried, entry);
			else if (entry->given != NULL)
				carry(work, carried, answer_name(work, entry->field), entry->given);
			continue;
		}
		if (entry->part != part || entry->page != page) {
			section = value_map(work->arena);
			value_set_text(work->arena, section, T("label"), part_label(work, state->model, entry));
			value_set(work->arena, section, T("fields"), value_list(work->arena));
			value_append(work->arena, sections, section);
			part = entry->part;
			page = entry->page;
		}
		if (entry->question->group_type != NULL)
			TRY(group_widget(work, entry, view->more, view->errors, &widget));
		else
			TRY(question_widget(work, entry, state->answers, answer_name(work, entry->field), view->errors, &widget));
		value_append(work->arena, value_get(section, T("fields")), widget);
	}
	return NULL;
}

void question_focus(struct work *work, const struct value *sections, const struct value *errors)
{
	text first = value_count(errors) == 0 ? TEXT_UNSET : value_get_text(errors->list.items[0], T("anchor"));

	for (size_t i = 0; text_is_set(first) && i < value_count(sections); i++) {
		const struct value *fields = value_get(sections->list.items[i], T("fields"));
		for (size_t j = 0; j < value_count(fields); j++) {
			const struct value *rows = value_get(fields->list.items[j], T("rows"));
			if (text_equal(value_get_text(fields->list.items[j], T("anchor")), first))
				value_set_bool(work->arena, fields->list.items[j], T("focus"), true);
			question_focus(work, rows, errors);
		}
	}
}

/* ---- answers that were given ---- */

void part_answers(struct work *work, struct value *answers)
{
	for (size_t i = 0; i < value_count(answers); i++) {
		struct value *one = answers->list.items[i], *rows = value_get(one, T("rows"));
		const struct value *given = value_get(one, T("value"));
		moment at;

		for (size_t row = 0; row < value_count(rows); row++)
			part_answers(work, rows->list.items[row]);
		if (text_equal(value_get_text(one, T("kind")), T("moment")) && given->kind == VALUE_TEXT && moment_parse(given->text, NULL, &at))
			value_set(work->arena, one, T("moment"), part_moment(work, at));
	}
}
