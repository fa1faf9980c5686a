/*
 * What follows when a record or one of its tasks moves. The record enters the state of its tasks: they are made, and those that wait
 * for nothing can begin. A task is over: what waited for it can begin, and after the last one the record moves on. The record
 * ends: its tasks end too.
 */
#include "engine/task_private.h"
#include "engine/time_private.h"

#include "base/limits.h"

/* Another object of the same record may have moved it. */
static struct error *refresh(struct work *work, struct record *record)
{
	struct record *fresh;

	TRY(model_load_fresh(work, record->type, record->id, &fresh));
	memcpy(record->cells, fresh->cells, sizeof(*record->cells) * record->type->field_count);
	record->version = fresh->version;
	return NULL;
}

static bool has_tasks_now(const struct record *record)
{
	return record->type->tasks != NULL && state_in(record->type->tasks->states, (size_t)record_state(record));
}

/* ---- the outcome ---- */

static struct error *note(struct work *work, struct record *record, text transition, text why)
{
	struct event *event = event_new(work, record, EVENT_AUTOMATION);

	event->visibility = VISIBLE_INTERNAL;
	value_set_text(work->arena, event->payload, T("rule"), T("tasks"));
	value_set_text(work->arena, event->payload, T("error"),
	               text_format(work->arena, "%.*s was not taken: %.*s", TEXT_ARG(transition), TEXT_ARG(why)));
	return event_append(work, event);
}

/*
 * The record moves on, if its guard lets it: else that is noted, and people go on. Who finished the last task is not refused for what
 * stands in the way of the record.
 */
static struct error *conclude(struct work *work, struct record *parent, ptrdiff_t position)
{
	const struct transition *transition;
	struct error *error;

	if (position < 0 || !has_tasks_now(parent) || work->making == parent->id)
		return NULL;
	transition = &parent->type->lifecycle->transitions[position];
	if (work->chain >= LIMIT_CHAIN)
		return note(work, parent, transition->name, T("one cause set off too many automatic steps"));
	TRY(store_savepoint(work->store, work->arena));
	error = engine_apply_transition(work, parent, transition, NULL, NULL, TEXT_UNSET, VISIBLE_INTERNAL, T("tasks"));
	if (error == NULL)
		return store_release(work->store, work->arena);
	if (error->code == ERROR_RETRY || error->code == ERROR_UNAVAILABLE)
		return error;
	rules_undo(work);
	TRY(refresh(work, parent));
	return note(work, parent, transition->name, error->message);
}

static struct error *conclude_if_over(struct work *work, struct record *parent)
{
	bool open;

	if (!has_tasks_now(parent))
		return NULL;
	TRY(tasks_any_open(work, parent, &open));
	return open ? NULL : conclude(work, parent, parent->type->tasks->done);
}

/* ---- the record moved ---- */

static struct error *release_pending(struct work *work, struct record *parent, struct record *const *tasks, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		bool free = task_has_state(tasks[i], T("pending"));

		if (free)
			TRY(task_is_free(work, tasks[i], &free));
		if (free)
			TRY(task_take(work, tasks[i], T("release"), parent));
	}
	return NULL;
}

/* The last first: so that none begins because the one before it was given up. */
static struct error *cancel_open(struct work *work, struct record *parent, bool started_too)
{
	struct record **tasks;
	size_t count;

	TRY(tasks_of(work, parent, true, &tasks, &count));
	for (size_t i = count; i-- > 0;)
		if (started_too || !task_has_state(tasks[i], T("in_progress")))
			TRY(task_take(work, tasks[i], T("cancel"), NULL));
	return NULL;
}

static struct error *share_restricted(struct work *work, const struct record *parent)
{
	const struct type *task = task_type(work);
	struct record **tasks, *locked;
	size_t count;

	if (task == NULL || task->restricted < 0)
		return NULL;
	TRY(tasks_of(work, parent, false, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		bool *changed = arena_new_array(work->arena, bool, task->field_count);
		struct cell *cells = arena_new_array(work->arena, struct cell, task->field_count);

		changed[task->restricted] = true;
		cells[task->restricted] = *record_cell(parent, (size_t)parent->type->restricted);
		TRY(model_lock(work, task, tasks[i]->id, &locked));
		TRY(engine_apply_update(work, locked, changed, cells, T("tasks")));
	}
	return NULL;
}

static struct error *begin(struct work *work, struct record *parent, bool from_outside)
{
	struct work making = *work;
	struct record **tasks, **existing;
	size_t count, existing_count;
	bool open;

	/* A rule may complete the first before the second is there. Those made now are born as they should be. */
	making.making = parent->id;
	TRY(tasks_of(work, parent, false, &tasks, &count));
	existing = tasks;
	existing_count = count;
	TRY(release_pending(&making, parent, tasks, count));
	TRY(tasks_make(&making, parent, tasks, count, from_outside, &open));
	/* What is new may wait for what a rule has completed in the meantime. */
	if (count > 0) {
		TRY(tasks_of(work, parent, true, &tasks, &count));
		TRY(release_pending(&making, parent, tasks, count));
	}
	TRY(tasks_carry_new(work, parent, existing, existing_count));
	TRY(refresh(work, parent));
	return open ? NULL : conclude_if_over(work, parent);
}

struct error *tasks_begin(struct work *work, struct record *record, bool *ret_begun)
{
	int64_t count;

	TRY(tasks_count(work, record, &count));
	*ret_begun = count == 0;
	return count > 0 ? NULL : begin(work, record, true);
}

static struct error *record_moved(struct work *work, const struct change *change)
{
	struct record *record = change->after;
	const struct tasks_definition *tasks = record->type->tasks;
	const struct lifecycle *lifecycle = record->type->lifecycle;
	int state = record_state(record), before = change->before == NULL ? -1 : record_state(change->before);
	bool was_in = before >= 0 && state_in(tasks->states, (size_t)before);

	if (change->before != NULL && record->type->restricted >= 0 && change->changed[record->type->restricted])
		TRY(share_restricted(work, record));
	/* On another version of its definition the same state may want other tasks. */
	if (state < 0 || (state == before && change->kind != EVENT_MOVED))
		return NULL;
	if (state_in(tasks->states, (size_t)state))
		return change->kind == EVENT_IMPORTED ? NULL : begin(work, record, !was_in);
	if (lifecycle->states[state].group >= GROUP_CLOSED)
		return cancel_open(work, record, true);
	/* What failed is given up: what was not begun is not begun any more. */
	if (was_in && change->transition != NULL && change->transition - lifecycle->transitions == tasks->failed)
		return cancel_open(work, record, lifecycle->states[state].group >= GROUP_DONE);
	return NULL;
}

/* ---- a task moved ---- */

static struct error *each_successor(struct work *work, const struct record *task, struct record *parent, text transition)
{
	struct rows *rows;
	int64_t ids[TASKS_MAX];
	size_t count = 0;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_TASK_SUCCESSORS, CELLS(cell_integer(task->id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		if (count < array_length(ids))
			ids[count++] = rows_integer(rows, 0);
	}
	for (size_t i = 0; i < count; i++) {
		struct record *next;
		bool free = true;

		TRY(model_load_fresh(work, task->type, ids[i], &next));
		if (text_equal(transition, T("release")))
			TRY(task_is_free(work, next, &free));
		if (free)
			TRY(task_take(work, next, transition, parent));
	}
	return NULL;
}

static struct error *task_ended(struct work *work, const struct change *change, struct record *parent)
{
	bool failed = task_has_state(change->after, T("failed"));

	if (failed || task_has_state(change->after, T("done")))
		TRY(rules_follow_turn(work, parent, WHEN_TASK, 0, failed ? 1 : 0, change->event_id));
	TRY(refresh(work, parent));
	if (!has_tasks_now(parent))
		return NULL;
	if (failed && parent->type->tasks->failed >= 0)
		return conclude(work, parent, parent->type->tasks->failed);
	TRY(each_successor(work, change->after, parent, T("release")));
	TRY(refresh(work, parent));
	return conclude_if_over(work, parent);
}

/* Whether it can begin follows from what it waits for, and from its record. */
static struct error *settle(struct work *work, struct record *task, struct record *parent)
{
	bool free = has_tasks_now(parent), pending = task_has_state(task, T("pending"));

	if (free)
		TRY(task_is_free(work, task, &free));
	if (free != pending)
		return NULL;
	TRY(task_take(work, task, pending ? T("release") : T("hold"), parent));
	return refresh(work, task);
}

static struct error *task_moved(struct work *work, const struct change *change)
{
	struct record *task = change->after, *parent;
	bool was_over = task_is_over(change->before), is_over = task_is_over(task);
	bool waits = task_has_state(task, T("pending")) || task_has_state(task, T("ready"));

	if (was_over == is_over && (change->kind != EVENT_UPDATED || !waits))
		return NULL;
	TRY(task_lock_parent(work, task, &parent));
	if (parent == NULL || parent->type->tasks == NULL)
		return NULL;
	if (is_over)
		return was_over ? NULL : task_ended(work, change, parent);
	if (was_over)
		TRY(each_successor(work, task, parent, T("hold")));
	return waits ? settle(work, task, parent) : NULL;
}

struct error *tasks_follow(struct work *work, const struct change *change)
{
	struct work automatic = automatic_work(work, work->origin == ORIGIN_TIMER ? ORIGIN_TIMER : ORIGIN_AUTOMATION,
	                                       change->event_id);

	automatic.chain = work->chain + 1;
	if (task_is(change->type) && change->before != NULL)
		return task_moved(&automatic, change);
	if (change->after->type->tasks != NULL && task_type(work) != NULL)
		return record_moved(&automatic, change);
	if (change->kind == EVENT_MOVED && change->before->type->tasks != NULL && task_type(work) != NULL)
		return cancel_open(&automatic, change->after, true); /* the newest version knows no tasks */
	return NULL;
}
