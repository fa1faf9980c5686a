/*
 * Privacy law: what an event said can be erased while the chain of seals stays whole. The erasure is an event of its own,
 * whose cause is the erased one: `reeve verify` accepts a missing payload only with it.
 */
#include "engine/engine_private.h"

struct error *engine_erase(struct work *work, const struct type *type, text number, int64_t event_id, text reason)
{
	struct record *record;
	struct event *event;
	int64_t erased;

	TRY(engine_lock(work, type, number, &record));
	if (work->actor->kind != ACTOR_SYSTEM && !actor_has_role(work, T("administrator")))
		return error_new(work->arena, ERROR_FORBIDDEN, "only an administrator may erase what the history says");
	if (text_is_empty(text_trim(reason)))
		return error_field(error_new(work->arena, ERROR_INVALID, "an erasure needs a reason"), T("reason"));
	TRY(store_run(work->store, work->arena, SQL_EVENT_ERASE, CELLS(cell_integer(event_id), cell_integer(record->id)), &erased));
	if (erased == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no event %lld that still says something",
		                 TEXT_ARG(number), (long long)event_id);
	TRY(store_run(work->store, work->arena, SQL_VOTE_ERASE, CELLS(cell_integer(record->id), cell_integer(event_id)), NULL));
	event = event_new(work, record, EVENT_ERASED);
	event->cause_id = event_id;
	event->visibility = VISIBLE_INTERNAL;
	value_set_integer(work->arena, event->payload, T("event"), event_id);
	value_set_text(work->arena, event->payload, T("reason"), reason);
	return event_append(work, event);
}
