/*
 * A form as it stands: from top to bottom, each question asked or not by the answers above it. The same reading serves the page that
 * shows it, the step that checks it, and the API; so what is not asked there is not taken here.
 */
#include "engine/answers_private.h"

#include "base/limits.h"

#define MISTAKES_MAX 50

struct reading {
	struct work *work;
	struct record *prospect; /* or NULL */
	struct record *answers;
	const struct value *given;
	text prefix;             /* "answers." or "answers.accounts.2." */
};

/* ---- mistakes ---- */

static struct error *at_question(const struct reading *reading, text name, struct error *error)
{
	for (struct error *one = error; one != NULL; one = one->next)
		one->field = text_format(reading->work->arena, "%.*s%.*s", TEXT_ARG(reading->prefix), TEXT_ARG(name));
	return error;
}

static struct error *wrong(const struct reading *reading, const struct field *field, const char *what)
{
	return error_new(reading->work->arena, ERROR_INVALID, "%.*s %s", TEXT_ARG(field->name), what);
}

static bool is_empty(const struct value *value)
{
	return value_is_null(value) || (value->kind == VALUE_LIST && value->list.count == 0) ||
	       (value->kind == VALUE_TEXT && text_is_empty(text_trim(value->text)));
}

/* ---- conditions ---- */

static struct error *asks(const struct reading *reading, const struct condition *condition, bool *ret_holds)
{
	*ret_holds = true;
	if (condition == NULL)
		return NULL;
	if (reading->prospect != NULL)
		model_pretend(reading->work, reading->prospect);
	return order_condition_holds(reading->work, condition, reading->prospect, reading->answers, ret_holds);
}

static struct error *read_offered(const struct reading *reading, struct form_entry *entry)
{
	const struct condition **when = entry->question->choice_when;

	if (when == NULL)
		return NULL;
	entry->offered = arena_new_array(reading->work->arena, bool, entry->field->choice_count + 1);
	for (size_t i = 0; i < entry->field->choice_count; i++)
		TRY(asks(reading, when[i], &entry->offered[i]));
	return NULL;
}

/* ---- values ---- */

static bool is_offered(const struct form_entry *entry, const struct cell *cell)
{
	return entry->offered == NULL || cell->kind != CELL_INTEGER || entry->offered[cell->integer];
}

static struct error *not_offered(const struct reading *reading, const struct form_entry *entry, const struct cell *cell)
{
	const struct field *field = entry->field;
	text *names = arena_new_array(reading->work->arena, text, field->choice_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < field->choice_count; i++)
		if (entry->offered[i] && !field->choices[i].retired)
			names[count++] = field->choices[i].name;
	return error_hint(reading->work->arena,
	                  error_new(reading->work->arena, ERROR_INVALID, "%.*s: '%.*s' is not offered with these answers",
	                            TEXT_ARG(field->name), TEXT_ARG(field->choices[cell->integer].name)),
	                  "one of: %.*s", TEXT_ARG(text_join(reading->work->arena, names, count, T(", "))));
}

/* Along links of the record to be made; unset where one of them is. */
static struct error *prefilled(const struct reading *reading, const struct form_question *question, struct cell *ret_cell)
{
	struct record *record = reading->prospect;

	*ret_cell = cell_null();
	for (size_t i = 0; record != NULL && i < question->prefill_count; i++) {
		const struct field *field = &record->type->fields[question->prefill[i]];
		bool readable;
		int64_t id;

		TRY(order_step_readable(reading->work, reading->prospect, record, field, &readable));
		if (!readable)
			break;
		if (i + 1 == question->prefill_count) {
			*ret_cell = record->cells[field->position];
			break;
		}
		id = record_id_of(record, (ptrdiff_t)field->position);
		record = NULL;
		if (id != 0)
			TRY(model_load(reading->work, field->target, id, &record));
	}
	return NULL;
}

/* Nothing was said about it: its default, or what is known already. */
static struct error *read_silence(const struct reading *reading, struct form_entry *entry)
{
	const struct field *field = entry->field;

	if (entry->question->prefill != NULL)
		TRY(prefilled(reading, entry->question, &entry->cell));
	if (entry->cell.kind == CELL_NULL && field->default_me)
		entry->cell = cell_id(reading->work->actor->id);
	if (entry->cell.kind == CELL_NULL && field->has_default && field->fallback != NULL && is_offered(entry, field->fallback))
		entry->cell = *field->fallback;
	return NULL;
}

static struct error *read_given(const struct reading *reading, struct form_entry *entry)
{
	struct work *work = reading->work;
	const struct field *field = entry->field;
	struct error *error = field_parse(work, field, entry->given, work->actor->zone, &entry->cell);
	bool readable = true;

	if (error == NULL && field->kind == KIND_LINK && entry->cell.kind == CELL_INTEGER) {
		TRY(access_readable_id(work, field->target, entry->cell.integer, &readable));
		if (!readable)
			error = field_no_target(work, field, entry->given->kind == VALUE_TEXT ? entry->given->text
			                                                                       : value_get_text(entry->given, T("number")));
	}
	if (error == NULL && field->kind == KIND_CHOICE && !is_offered(entry, &entry->cell))
		error = not_offered(reading, entry, &entry->cell);
	if (error == NULL && entry->cell.kind == CELL_TEXT && text_is_empty(text_trim(entry->cell.text)))
		entry->cell = cell_null();
	if (error == NULL)
		return NULL;
	if (error->code != ERROR_INVALID)
		return error;
	entry->cell = cell_null();
	entry->error = at_question(reading, field->name, error);
	return NULL;
}

static struct error *read_entry(const struct reading *reading, bool parents, struct form_entry *entry);

/* ---- repeating groups ---- */

static struct error *unknown_question(const struct reading *reading, const struct type *type, text key)
{
	text nearest = table_nearest(&type->field_names, key);
	struct error *error = error_new(reading->work->arena, ERROR_INVALID, "there is no question '%.*s'", TEXT_ARG(key));

	if (text_is_set(nearest))
		(void)error_hint(reading->work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
	return at_question(reading, key, error);
}

static struct error *check_keys(const struct reading *reading, const struct type *type)
{
	struct error *errors = NULL;
	size_t count = 0;

	for (size_t i = 0; reading->given != NULL && i < reading->given->map.count && count < MISTAKES_MAX; i++) {
		const struct field *field = type_field(type, reading->given->map.entries[i].key);

		if (field != NULL && field->position > FIELD_SYSTEM_COUNT)
			continue;
		errors = error_append(errors, unknown_question(reading, type, reading->given->map.entries[i].key));
		count++;
	}
	return errors;
}

static struct error *read_row(const struct reading *reading, const struct form_entry *entry, const struct value *given, size_t number,
                              struct form_row *row)
{
	const struct form_question *group = entry->question;
	struct work *work = reading->work;
	struct reading inner = *reading;

	row->record = record_new(work->arena, group->group_type);
	row->record->cells[FIELD_SYSTEM_COUNT] = reading->answers->cells[FIELD_SYSTEM_COUNT];
	row->entries = arena_new_array(work->arena, struct form_entry, group->question_count);
	inner.answers = row->record;
	inner.given = given;
	inner.prefix = text_format(work->arena, "%.*s%.*s.%zu.", TEXT_ARG(reading->prefix), TEXT_ARG(entry->field->name), number);
	for (size_t i = 0; i < group->question_count; i++) {
		row->entries[i] = (struct form_entry){ .question = &group->questions[i], .page = entry->page, .part = entry->part };
		TRY(read_entry(&inner, true, &row->entries[i]));
	}
	return NULL;
}

static struct error *check_rows(const struct reading *reading, const struct form_entry *entry)
{
	const struct field *field = entry->field;
	struct error *errors = NULL;

	if ((int64_t)entry->row_count < field->least || (int64_t)entry->row_count > field->most)
		return at_question(reading, field->name,
		                   error_new(reading->work->arena, ERROR_INVALID, "%.*s: from %lld to %lld answers, not %zu",
		                             TEXT_ARG(field->name), (long long)field->least, (long long)field->most, entry->row_count));
	for (size_t i = 0; i < entry->row_count; i++) {
		struct reading inner = *reading;
		inner.given = entry->given->list.items[i];
		inner.prefix = text_format(reading->work->arena, "%.*s%.*s.%zu.", TEXT_ARG(reading->prefix), TEXT_ARG(field->name), i + 1);
		errors = error_append(errors, check_keys(&inner, entry->question->group_type));
	}
	return errors;
}

static struct error *read_rows(const struct reading *reading, struct form_entry *entry)
{
	size_t count = value_count(entry->given);
	bool list = is_empty(entry->given) || entry->given->kind == VALUE_LIST;

	for (size_t i = 0; list && !is_empty(entry->given) && i < count; i++)
		list = entry->given->list.items[i]->kind == VALUE_MAP;
	if (!list) {
		entry->error = at_question(reading, entry->field->name, wrong(reading, entry->field, "must be a list of maps"));
		return NULL;
	}
	if (is_empty(entry->given))
		count = 0;
	/* Beyond the most nothing is read: it is refused anyway. */
	entry->rows = arena_new_array(reading->work->arena, struct form_row, minimum(count, (size_t)entry->field->most) + 1);
	for (size_t i = 0; i < count && (int64_t)i < entry->field->most; i++)
		TRY(read_row(reading, entry, entry->given->list.items[i], i + 1, &entry->rows[i]));
	entry->row_count = count;
	entry->error = check_rows(reading, entry);
	entry->row_count = minimum(count, (size_t)entry->field->most);
	return NULL;
}

/* ---- questions ---- */

static struct error *read_entry(const struct reading *reading, bool parents, struct form_entry *entry)
{
	const struct field *field = &reading->answers->type->fields[entry->question->field];
	bool asked = parents;

	entry->field = field;
	entry->given = value_get(reading->given, field->name);
	if (asked)
		TRY(asks(reading, entry->question->when, &asked));
	entry->shown = asked;
	if (!asked) {
		if (!is_empty(entry->given))
			entry->error = at_question(reading, field->name, wrong(reading, field, "is not asked with these answers"));
		return NULL;
	}
	TRY(read_offered(reading, entry));
	if (entry->question->group_type != NULL)
		return read_rows(reading, entry);
	TRY(entry->given == NULL ? read_silence(reading, entry) : read_given(reading, entry));
	if (entry->error == NULL && entry->cell.kind == CELL_NULL && field->required)
		entry->error = at_question(reading, field->name, wrong(reading, field, "is needed"));
	reading->answers->cells[field->position] = entry->cell;
	return NULL;
}

static struct error *read_part(const struct reading *reading, struct form_state *state, size_t page, size_t part, bool page_asked)
{
	const struct form_part *definition = &state->model->pages[page].parts[part];
	bool asked = page_asked;

	if (asked)
		TRY(asks(reading, definition->when, &asked));
	for (size_t i = 0; i < definition->question_count; i++) {
		struct form_entry *entry = &state->entries[state->entry_count++];

		*entry = (struct form_entry){ .question = &definition->questions[i], .page = page, .part = part };
		TRY(read_entry(reading, asked, entry));
		state->pages[page] = state->pages[page] || entry->shown;
	}
	return NULL;
}

/* The chain of all is apart from what each question keeps. */
static void gather_errors(struct work *work, struct form_state *state, const struct form_entry *entries, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct form_entry *entry = &entries[i];

		for (const struct error *one = entry->error; one != NULL; one = one->next) {
			struct error *copy = arena_copy(work->arena, one, sizeof(*one));

			copy->next = NULL;
			state->errors = error_append(state->errors, copy);
		}
		for (size_t row = 0; row < entry->row_count; row++)
			gather_errors(work, state, entry->rows[row].entries, entry->question->question_count);
	}
}

struct error *engine_form(struct work *work, const struct work_model *model, struct record *prospect, const struct value *given,
                          struct form_state **ret_state)
{
	struct form_state *state = arena_new_struct(work->arena, struct form_state);
	struct reading reading = { .work = work, .prospect = prospect, .given = given, .prefix = T("answers.") };

	if (!value_is_null(given) && given->kind != VALUE_MAP)
		return error_field(error_new(work->arena, ERROR_INVALID, "answers must be a map, not a %.*s",
		                             TEXT_ARG(value_kind_name(given->kind))),
		                   T("answers"));
	if (value_is_null(given))
		reading.given = NULL;
	*state = (struct form_state){ .model = model, .answers = record_new(work->arena, model->form_type) };
	state->entries = arena_new_array(work->arena, struct form_entry, model->form_type->field_count);
	state->pages = arena_new_array(work->arena, bool, model->page_count + 1);
	if (prospect != NULL)
		state->answers->cells[FIELD_SYSTEM_COUNT] = cell_integer(prospect->id);
	reading.answers = state->answers;
	for (size_t page = 0; page < model->page_count; page++) {
		bool asked;

		TRY(asks(&reading, model->pages[page].when, &asked));
		for (size_t part = 0; part < model->pages[page].part_count; part++)
			TRY(read_part(&reading, state, page, part, asked));
	}
	state->errors = check_keys(&reading, model->form_type);
	gather_errors(work, state, state->entries, state->entry_count);
	*ret_state = state;
	return arena_check(work->arena);
}
