/*
 * Ordering for somebody else. Forms, the catalogue and the preview of approvers know much of the person that it is for; who orders
 * may not learn by them what they could not read of that person. What they order for themselves speaks only of them.
 */
#include "engine/answers_private.h"

bool order_for_another(const struct work *work, int64_t requester_id)
{
	return work->actor->kind == ACTOR_PERSON && requester_id != 0 && requester_id != work->actor->id;
}

struct hidden_step {
	const struct work *work;
	const struct type *type;
	const struct field *field; /* NULL: none */
};

static void look_at_step(void *data, const struct type *type, const struct field *field)
{
	struct hidden_step *hidden = data;

	if (hidden->field != NULL || access_field_readable(hidden->work, type, field))
		return;
	hidden->type = type;
	hidden->field = field;
}

const struct field *condition_hidden_field(const struct work *work, const struct condition *condition, const struct type **ret_type)
{
	struct hidden_step hidden = { .work = work };

	if (work->actor->kind != ACTOR_SYSTEM)
		condition_each_step(condition, look_at_step, &hidden);
	*ret_type = hidden.type;
	return hidden.field;
}

struct order_reader {
	struct work *work;
	const struct type *type; /* what is ordered */
};

/* Questions have no rights, the record is the actor's own to be, and what an offering says was offered to them. */
static bool is_known(const struct type *ordered, const struct type *type)
{
	return type->field_access == NULL || type->position == ordered->position ||
	       (ordered->orders >= 0 && type->position == ordered->fields[ordered->orders].target->position);
}

static bool readable(void *data, const struct type *type, const struct field *field)
{
	const struct order_reader *reader = data;

	return is_known(reader->type, type) || access_field_readable(reader->work, type, field);
}

struct error *order_condition_holds(struct work *work, const struct condition *condition, const struct record *prospect,
                                    struct record *record, bool *ret_holds)
{
	int64_t requester = prospect == NULL ? 0 : record_id_of(prospect, prospect->type->requester);
	struct order_reader reader = { .work = work };
	struct condition_context context;

	if (condition == NULL || !order_for_another(work, requester))
		return rule_holds(work, condition, record, ret_holds);
	reader.type = prospect->type;
	access_rule_context(work, &context);
	context.readable = readable;
	context.data = &reader;
	TRY(engine_calendar(work, record, &context.calendar));
	return condition_holds(condition, record, &context, ret_holds);
}

struct error *order_step_readable(struct work *work, const struct record *prospect, const struct record *record, const struct field *field,
                                  bool *ret_readable)
{
	int64_t requester = prospect == NULL ? 0 : record_id_of(prospect, prospect->type->requester);

	*ret_readable = true;
	if (!order_for_another(work, requester) || is_known(prospect->type, record->type))
		return NULL;
	*ret_readable = access_field_readable(work, record->type, field);
	if (*ret_readable)
		TRY(access_readable_id(work, record->type, record->id, ret_readable));
	return NULL;
}
