/*
 * Fields that follow from others by a decision table (priority from impact and urgency). Whoever may, may set them against the
 * table with a reason; such a field stays as it is when its inputs change. That it was set by hand stands in the event that set it:
 * the table's outcome of today says nothing about it, because what stands behind a link, or the table, may have changed since.
 */
#include "engine/step_private.h"

/* What one input holds: its own field, or what stands at the end of a path through links (rules see all). */
static struct error *input_cell(struct work *work, const struct decision_input *input, const struct cell *first,
                                struct cell *ret_cell)
{
	const struct type *type = NULL;
	struct record *record;

	*ret_cell = *first;
	for (size_t i = 1; i < input->path_count; i++) {
		/* The link's type is that of the field before: the path was checked when the definition was read. */
		const struct field *link = i == 1 ? NULL : &type->fields[input->path[i - 1]];
		if (ret_cell->kind != CELL_INTEGER)
			return NULL;
		type = i == 1 ? input->first_target : link->target;
		TRY(model_load(work, type, ret_cell->integer, &record));
		*ret_cell = record->cells[input->path[i]];
	}
	return NULL;
}

static struct error *name_matches(struct work *work, const struct decision_test *test, const struct field *field,
                                  const struct cell *cell, bool *ret_matches)
{
	struct record_name name;

	*ret_matches = false;
	if (cell->kind != CELL_INTEGER)
		return NULL;
	TRY(model_name(work, field->target, cell->integer, &name));
	for (size_t i = 0; i < test->count && !*ret_matches; i++)
		*ret_matches = text_equal_ignoring_case(test->names[i], name.number);
	return NULL;
}

static bool range_matches(const struct decision_test *test, const struct cell *cell)
{
	int64_t place = cell->kind == CELL_REAL ? real_key(cell->real) : cell->integer;

	for (size_t i = 0; i < test->count; i++)
		if (place >= test->ranges[i].low && place <= test->ranges[i].high)
			return true;
	return false;
}

static struct error *row_matches(struct work *work, const struct decision_table *table, const struct decision_row *row,
                                 const struct cell *inputs, bool *ret_matches)
{
	*ret_matches = true;
	for (size_t i = 0; i < table->input_count && *ret_matches; i++) {
		const struct decision_test *test = &row->tests[i];
		switch (test->how) {
		case MATCH_ANY:
			break;
		case MATCH_UNSET:
			*ret_matches = inputs[i].kind == CELL_NULL;
			break;
		case MATCH_RANGES:
			*ret_matches = inputs[i].kind != CELL_NULL && range_matches(test, &inputs[i]);
			break;
		case MATCH_NAMES:
			TRY(name_matches(work, test, table->inputs[i].field, &inputs[i], ret_matches));
			break;
		}
	}
	return NULL;
}

/* Whether the text is one of those in "a; b; c". */
static bool is_collected(text list, text wanted)
{
	ptrdiff_t at;

	for (size_t from = 0; (at = text_find(text_slice(list, from, list.length), wanted)) >= 0; from += (size_t)at + 1) {
		size_t begin = from + (size_t)at, end = begin + wanted.length;
		bool begins = begin == 0 || (begin >= 2 && text_equal(text_slice(list, begin - 2, begin), T("; ")));

		if (begins && (end == list.length || text_starts_with(text_slice(list, end, list.length), T("; "))))
			return true;
	}
	return false;
}

static int64_t sum_of(int64_t a, int64_t b)
{
	int64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? (a < 0 ? INT64_MIN : INT64_MAX) : sum;
}

/* Takes one more output into the result. */
static void gather(struct arena *arena, enum decision_hit hit, const struct cell *output, struct cell *result)
{
	switch (hit) {
	case HIT_SUM:
		if (output->kind == CELL_REAL)
			*result = cell_real((result->kind == CELL_REAL ? result->real : 0) + output->real);
		else
			*result = cell_integer(sum_of(result->kind == CELL_INTEGER ? result->integer : 0, output->integer));
		return;
	case HIT_HIGHEST:
		if (result->kind == CELL_NULL || output->integer > result->integer)
			*result = *output;
		return;
	case HIT_LOWEST:
		if (result->kind == CELL_NULL || output->integer < result->integer)
			*result = *output;
		return;
	case HIT_COLLECT:
		if (result->kind == CELL_NULL)
			*result = *output;
		else if (!is_collected(result->text, output->text))
			*result = cell_text(text_format(arena, "%.*s; %.*s", TEXT_ARG(result->text), TEXT_ARG(output->text)));
		return;
	case HIT_FIRST:
	case HIT_UNIQUE:
		break;
	}
	*result = *output;
}

struct error *decision_output(struct work *work, const struct field *field, const struct cell *inputs, struct cell *ret_output)
{
	const struct decision_table *table = field->decision;
	bool matches;
	int64_t id;

	*ret_output = cell_null();
	if (table->hit == HIT_SUM)
		*ret_output = field->kind == KIND_REAL ? cell_real(0) : cell_integer(0);
	for (size_t r = 0; r < table->row_count; r++) {
		TRY(row_matches(work, table, &table->rows[r], inputs, &matches));
		if (!matches)
			continue;
		gather(work->arena, table->hit, table->rows[r].output, ret_output);
		if (table->hit == HIT_FIRST || table->hit == HIT_UNIQUE)
			break;
	}
	if (field->kind != KIND_LINK || ret_output->kind == CELL_NULL)
		return NULL;
	/* A team that this store does not have: nothing is decided. */
	TRY(model_find_id(work, field->target, ret_output->text, &id));
	*ret_output = cell_id(id);
	return NULL;
}

/* The table's outcome for the record as it was (`step` NULL) or as it will be. */
static struct error *output_of(struct work *work, const struct field *field, const struct record *record, const struct step *step,
                               struct cell *inputs, struct cell *ret_output)
{
	const struct decision_table *table = field->decision;

	for (size_t i = 0; i < table->input_count; i++) {
		size_t first = table->inputs[i].path[0];
		TRY(input_cell(work, &table->inputs[i], step == NULL ? &record->cells[first] : step_cell(step, first), &inputs[i]));
	}
	return decision_output(work, field, inputs, ret_output);
}

/* Whatever was sent: the definition says in the transition what it becomes. */
static bool sets_always(const struct transition *transition, size_t field)
{
	for (size_t i = 0; transition != NULL && i < transition->set_count; i++)
		if (transition->sets[i].field == field && transition->sets[i].when == NULL)
			return true;
	return false;
}

/* Somebody sets the field to something else than the table says. */
static struct error *check_override(const struct step *step, struct work *work, const struct field *field)
{
	const struct decision_table *table = field->decision;

	if (work->actor->kind == ACTOR_SYSTEM || sets_always(step->transition, field->position))
		return NULL;
	if ((work->actor->roles & table->override_roles) == 0)
		return error_hint(work->arena,
		                  error_field(error_new(work->arena, ERROR_FORBIDDEN, "%.*s follows from other fields",
		                                        TEXT_ARG(field->name)),
		                              field->name),
		                  "change what it follows from, or ask somebody who may set it");
	if (table->reason_field >= 0 && step_cell(step, (size_t)table->reason_field)->kind == CELL_NULL) {
		text reason = step->type->fields[table->reason_field].name;
		return error_field(error_new(work->arena, ERROR_INVALID, "%.*s is needed when %.*s is set by hand",
		                             TEXT_ARG(reason), TEXT_ARG(field->name)),
		                   reason);
	}
	if (table->reason_field < 0 && !text_is_set(step->comment))
		return error_field(error_new(work->arena, ERROR_INVALID, "a comment is needed when %.*s is set by hand",
		                             TEXT_ARG(field->name)),
		                   T("comment"));
	return NULL;
}

static bool input_changed(const struct step *step, const struct decision_table *table)
{
	for (size_t i = 0; i < table->input_count; i++)
		if (step->changed[table->inputs[i].path[0]])
			return true;
	return false;
}

/* ---- set by hand ---- */

#define BY_HAND T("by_hand")

static void mark_by_hand(struct step *step, struct work *work, const struct field *field)
{
	struct value *list;

	if (step->payload == NULL)
		step->payload = value_map(work->arena);
	list = value_get(step->payload, BY_HAND);
	if (list == NULL)
		value_set(work->arena, step->payload, BY_HAND, list = value_list(work->arena));
	value_append(work->arena, list, value_text(work->arena, field->name));
}

static bool says_by_hand(const struct event *event, text name)
{
	const struct value *list = value_get(event->payload, BY_HAND);

	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->list.count; i++)
		if (text_equal(list->list.items[i]->text, name))
			return true;
	return false;
}

/* The newest event that set the field; ret_event->id 0: none. */
static struct error *last_set(struct work *work, const struct record *record, const struct field *field, struct event *ret_event)
{
	struct event event = { .id = 0 };
	struct rows *rows;
	bool more;

	*ret_event = event;
	TRY(store_query(work->store, work->arena, SQL_EVENT_NAMES_FIELD,
	                CELLS(cell_integer(record->id), cell_text(text_format(work->arena, "%%\"%.*s\"%%", TEXT_ARG(field->name)))), &rows));
	TRY(rows_next(rows, &more));
	while (more && ret_event->id == 0) {
		TRY(event_read(work, rows, &event));
		if (value_get(value_get(event.payload, T("changes")), field->name) != NULL || says_by_hand(&event, field->name))
			*ret_event = event;
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	return NULL;
}

/* Whether the field is to stay as it is when an input of its table changes. */
static struct error *is_by_hand(const struct step *step, struct work *work, const struct field *field, struct cell *inputs, bool *ret_is)
{
	ptrdiff_t reason = field->decision->reason_field;
	struct event event;
	struct cell before;

	TRY(last_set(work, step->record, field, &event));
	*ret_is = event.id != 0 && says_by_hand(&event, field->name);
	/* An import does not say how it came about, nor do events from before that was written; a reason does. */
	if (*ret_is || (event.kind != EVENT_IMPORTED && (reason < 0 || step->record->cells[reason].kind == CELL_NULL)))
		return NULL;
	TRY(output_of(work, field, step->record, NULL, inputs, &before));
	*ret_is = !cell_equal(&before, &step->record->cells[field->position]);
	return NULL;
}

static struct error *decide_field(struct step *step, struct work *work, const struct field *field, bool creation)
{
	const struct decision_table *table = field->decision;
	const struct cell *old = &step->record->cells[field->position];
	bool given = step->changed[field->position];
	struct cell *inputs, now;
	bool stays = false;

	if (!given && !creation && !input_changed(step, table))
		return NULL;
	inputs = arena_new_array(work->arena, struct cell, table->input_count);
	TRY(output_of(work, field, step->record, step, inputs, &now));
	if (given && step->cells[field->position].kind != CELL_NULL) {
		const struct cell *wanted = &step->cells[field->position];
		if (cell_equal(wanted, &now) || (!creation && cell_equal(wanted, old)))
			return NULL;
		if (!table->proposes)
			TRY(check_override(step, work, field));
		mark_by_hand(step, work, field);
		return NULL;
	}
	if (given && table->proposes && !creation) {
		if (now.kind != CELL_NULL)
			mark_by_hand(step, work, field);
		return NULL;
	}
	if (!given && !creation)
		TRY(is_by_hand(step, work, field, inputs, &stays));
	if (stays)
		return NULL;
	if (given || creation || !cell_equal(&now, old))
		step_set(step, field->position, now);
	/* Given back: the reason why it was set by hand goes with it. */
	ptrdiff_t reason = table->reason_field;
	if (given && !creation && reason >= 0 && !step->changed[reason] && step->record->cells[reason].kind != CELL_NULL)
		step_set(step, (size_t)reason, cell_null());
	return NULL;
}

struct error *step_decide(struct step *step, struct work *work, bool creation)
{
	struct error *errors = step_schedule(step, work, creation);

	for (size_t i = FIELD_SYSTEM_COUNT; i < step->type->field_count; i++)
		if (step->type->fields[i].decision != NULL && step_has_field(step, &step->type->fields[i]))
			errors = error_append(errors, decide_field(step, work, &step->type->fields[i], creation));
	return errors;
}
