/*
 * Fields that follow from others by a decision table (priority from impact and urgency). Whoever may, may set them against the
 * table with a reason; an overridden field stays as it is when its inputs change, because it no longer was what they say.
 */
#include "engine/step_private.h"

struct cell decision_output(const struct field *field, const struct cell *const *inputs)
{
	const struct decision_table *table = field->decision;

	for (size_t r = 0; r < table->row_count; r++) {
		const struct decision_row *row = &table->rows[r];
		bool fits = true;
		for (size_t i = 0; i < table->input_count && fits; i++)
			fits = row->inputs[i] == -1 ||
			       (inputs[i]->kind == CELL_INTEGER && inputs[i]->integer == row->inputs[i]);
		if (fits)
			return cell_integer(row->output);
	}
	return cell_null();
}

static struct cell output_of_record(const struct field *field, const struct record *record, const struct cell **inputs)
{
	for (size_t i = 0; i < field->decision->input_count; i++)
		inputs[i] = &record->cells[field->decision->inputs[i]];
	return decision_output(field, inputs);
}

static struct cell output_of_step(const struct field *field, const struct step *step, const struct cell **inputs)
{
	for (size_t i = 0; i < field->decision->input_count; i++)
		inputs[i] = step_cell(step, field->decision->inputs[i]);
	return decision_output(field, inputs);
}

/* Somebody sets the field to something else than the table says. */
static struct error *check_override(const struct step *step, struct work *work, const struct field *field)
{
	const struct decision_table *table = field->decision;

	if (work->actor->kind == ACTOR_SYSTEM)
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

static struct error *decide_field(struct step *step, struct work *work, const struct field *field, bool creation)
{
	const struct cell **inputs = arena_new_array(work->arena, const struct cell *, field->decision->input_count);
	struct cell now = output_of_step(field, step, inputs);
	const struct cell *old = &step->record->cells[field->position];
	bool given = step->changed[field->position];

	if (given && step->cells[field->position].kind != CELL_NULL) {
		const struct cell *wanted = &step->cells[field->position];
		if (cell_equal(wanted, &now) || (!creation && cell_equal(wanted, old)))
			return NULL;
		return check_override(step, work, field);
	}
	if (!given && !creation) {
		struct cell before = output_of_record(field, step->record, inputs);
		if (!cell_equal(&before, old))
			return NULL;
	}
	if (given || creation || !cell_equal(&now, old))
		step_set(step, field->position, now);
	/* Given back: the reason why it was set by hand goes with it. */
	ptrdiff_t reason = field->decision->reason_field;
	if (given && !creation && reason >= 0 && !step->changed[reason] && step->record->cells[reason].kind != CELL_NULL)
		step_set(step, (size_t)reason, cell_null());
	return NULL;
}

struct error *step_decide(struct step *step, struct work *work, bool creation)
{
	struct error *errors = NULL;

	for (size_t i = FIELD_SYSTEM_COUNT; i < step->type->field_count; i++)
		if (step->type->fields[i].decision != NULL)
			errors = error_append(errors, decide_field(step, work, &step->type->fields[i], creation));
	return errors;
}
