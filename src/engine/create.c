/* New records: what was given, what is by default, what follows, and then one insert. The hottest path of the program. */
#include "engine/answers_private.h"

/* The creating person stands in for what was not said: requester, opened_by, and every field whose default is `me`. */
static void fill_people(struct step *step, struct work *work)
{
	const struct cell me = cell_id(work->actor->id);

	if (me.kind == CELL_NULL)
		return;
	for (size_t i = FIELD_SYSTEM_COUNT; i < step->type->field_count; i++) {
		const struct field *field = &step->type->fields[i];
		bool is_requester = (ptrdiff_t)i == step->type->requester;
		bool given = step->changed[i] && step->cells[i].kind != CELL_NULL;

		if (!given && step_has_field(step, field) && (field->default_me || is_requester) && field->target == work->model->user)
			step_set(step, i, me);
	}
}

static void fill_defaults(struct step *step)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < step->type->field_count; i++) {
		const struct field *field = &step->type->fields[i];
		if (!step->changed[i] && field->has_default && field->fallback != NULL && step_has_field(step, field))
			step_set(step, i, *field->fallback);
	}
	if (step->type->lifecycle != NULL && !step->changed[FIELD_STATE])
		step_set(step, FIELD_STATE, cell_integer((int64_t)step->type->lifecycle->initial));
}

struct error *step_new(struct work *work, const struct type *type, struct step *ret_step)
{
	if (type->abstract)
		return error_new(work->arena, ERROR_INVALID, "%.*s is only extended by others: no record can be made of it",
		                 TEXT_ARG(type->name));
	struct record *record = record_new(work->arena, type_newest(type));
	step_init(ret_step, work, record, EVENT_CREATED);
	return NULL;
}

/* Row rules: "may create where requester = me" is asked of the record as it will be. */
static struct error *check_may_create(struct step *step, struct work *work)
{
	bool may = work->actor->kind == ACTOR_SYSTEM;

	if (may && !text_is_set(step->comment))
		return NULL;
	struct record *result = step_result(step, work);
	TRY(access_may(work, RIGHT_CREATE, step->type, result, &may));
	if (!may)
		return error_new(work->arena, ERROR_FORBIDDEN, "you may not create such a %.*s", TEXT_ARG(step->type->name));
	return step_settle_comment(step, work, result, false);
}

struct error *engine_create(struct work *work, const struct type *type, const struct value *input, struct record **ret_record)
{
	struct error *errors, *mistakes;
	struct order order;
	struct step step;

	TRY(access_require(work, RIGHT_CREATE, type, NULL));
	TRY(step_new(work, type, &step));
	TRY(order_take(work, type, input, &order));
	errors = step_read(&step, work, input != NULL && input->kind == VALUE_MAP ? order.rest : input, NULL, true);
	if (errors != NULL && errors->code != ERROR_INVALID)
		return errors;
	fill_people(&step, work);
	mistakes = order_apply(&order, &step, work);
	if (mistakes != NULL && mistakes->code != ERROR_INVALID)
		return mistakes;
	/* What follows from the answers is not missing when they are wrong. */
	if (mistakes != NULL)
		return error_append(errors, mistakes);
	fill_defaults(&step);
	errors = error_append(errors, step_decide(&step, work, true));
	errors = error_append(errors, step_check_required(&step, work, false));
	errors = error_append(errors, step_check_classes(&step, work));
	if (errors != NULL)
		return errors;
	TRY(check_may_create(&step, work));
	TRY(task_adopt(&step, work));
	TRY(step_insert(&step, work));
	*ret_record = step.record;
	return NULL;
}

struct error *step_finish_new(struct step *step, struct work *work)
{
	fill_people(step, work);
	if (step->type->model_field >= 0 && step->changed[step->type->model_field])
		TRY(order_apply_model(step, work));
	fill_defaults(step);
	TRY(step_decide(step, work, true));
	TRY(step_check_required(step, work, false));
	TRY(step_check_classes(step, work));
	return step_insert(step, work);
}

struct error *engine_apply_create(struct work *work, const struct type *type, const bool *set, const struct cell *cells,
                                  text comment, text rule, struct record **ret_record)
{
	struct step step;

	TRY(step_new(work, type, &step));
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++)
		if (set[i])
			step_set(&step, i, cells[i]);
	step.comment = comment;
	step.rule = rule;
	TRY(step_finish_new(&step, work));
	*ret_record = step.record;
	return NULL;
}
