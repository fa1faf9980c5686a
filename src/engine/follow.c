/*
 * The followers of every change, in their order: clocks first, because rules may ask for them; then what its model makes with a new
 * record; tasks and approvals after the rules, which have then noted the change they wait for, or moved the record on; others last.
 */
#include "engine/time_private.h"

struct error *engine_follow(struct work *work, const struct change *change)
{
	TRY(clock_follow(work, change));
	/* History begins nothing; but nobody works on, or decides about, what it ends or changes. */
	if (change->kind == EVENT_IMPORTED) {
		TRY(timers_follow_import(work, change));
		if (change->before != NULL)
			TRY(tasks_follow(work, change));
		TRY(approval_follow(work, change));
		return schedule_follow(work, change);
	}
	/* To go on with the newest version is no change that rules wait for. */
	if (change->kind != EVENT_MOVED) {
		TRY(bundle_follow(work, change));
		TRY(rules_follow(work, change));
	}
	TRY(tasks_follow(work, change));
	TRY(approval_follow(work, change));
	return schedule_follow(work, change);
}
