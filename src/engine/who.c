/* Who did it, and as whom automatic steps are done: small questions that clocks, timers and rules share. */
#include "engine/time_private.h"

static bool has_agent_role(const struct work *work)
{
	int agent = model_role(work->model, T("agent"));
	return work->actor != NULL && agent >= 0 && (work->actor->roles >> agent & 1) != 0;
}

static bool is_requester(const struct change *change)
{
	if (change->actor_id == 0)
		return false;
	const struct field *opened_by = type_field(change->type, T("opened_by"));
	return change->actor_id == record_id_of(change->after, change->type->requester) ||
	       (opened_by != NULL &&
		change->actor_id == record_id_of(change->after, (ptrdiff_t)opened_by->position));
}

bool change_by_agent(const struct work *work, const struct change *change)
{
	if (change->actor_id == 0 || change->actor_id == record_id_of(change->after, change->type->requester))
		return false;
	/* What the roles were when it was recorded elsewhere is not known: whoever is not the requester
	 * worked on it. */
	if (change->kind == EVENT_IMPORTED)
		return true;
	return work->origin != ORIGIN_AUTOMATION && work->origin != ORIGIN_TIMER && has_agent_role(work);
}

bool change_by_requester(const struct work *work, const struct change *change)
{
	if (!is_requester(change))
		return false;
	/* An agent who opened it for somebody answers as an agent; one who is the requester and takes a step
	 * does so too. */
	if (has_agent_role(work) && (change->transition != NULL || change_by_agent(work, change)))
		return false;
	return true;
}

struct work automatic_work(const struct work *work, enum origin origin, int64_t cause_id)
{
	struct work automatic = *work;
	automatic.actor = access_system();
	automatic.origin = origin;
	automatic.cause = cause_id;
	return automatic;
}
