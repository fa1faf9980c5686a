/*
 * Timers: rows that say which rule is to run on which record, and when. They follow their record: planned
 * when the moment they count from is set, moved when it moves, removed when it goes or the rule can no longer
 * apply. When one is due its rule is asked again, so a late or doubled timer does no harm.
 *
 * Several nodes share the work: whoever runs a timer locks its record and its row, others skip it. All its
 * effects are in the database and in that one transaction, so the lock is the lease: a node that dies leaves
 * it to the others. A timer that fails is put off, longer each time, and in the end noted on its record; it
 * never holds up the others.
 */
#include "engine/step_private.h"
#include "engine/time_private.h"

#include "base/limits.h"
#include "base/log.h"
#include "model/calendars.h"

/* A rule is tried so often (after 1, 4, 16 and 64 minutes), then given up with an event. */
#define TIMER_ATTEMPTS 5
#define TIMER_FIRST_DELAY_MS MINUTE_MS
/* A clock that could not be woken is looked at again after this. */
#define CLOCK_DELAY_MS (5 * MINUTE_MS)

/* A rule whose moment comes; a rule that failed and is tried again; all open clocks to be planned anew, and a rule of every day (no
 * record: id 0). */
#define TIMER_RULE T("rule")
#define TIMER_RETRY T("retry")
#define TIMER_CLOCKS T("clocks")
#define TIMER_DAILY T("daily")

struct timer {
	int64_t id, cause_id;
	text kind, name;
	text data; /* rule: steps of the chain so far; retry: what was said; clocks: the last one planned; daily: where the page ended */
	moment due_at;
	int attempts;
};

static struct error *put_timer(struct work *work, const struct record *record, const struct timer *timer)
{
	return store_run(work->store, work->arena, SQL_TIMER_PUT,
			 CELLS(cell_moment(timer->due_at), cell_text(timer->kind),
			       record == NULL ? cell_null() : cell_text(record->type->name),
			       cell_integer(record == NULL ? 0 : record->id), cell_text(timer->name),
			       cell_text(timer->data), cell_id(timer->cause_id),
			       cell_integer(timer->attempts)),
			 NULL);
}

struct error *timer_put(struct work *work, const struct record *record, text kind, text name, moment due_at, text data)
{
	const struct timer timer = { .kind = kind, .name = name, .due_at = due_at, .data = data, .cause_id = work->cause };
	return put_timer(work, record, &timer);
}

struct error *timer_find(struct work *work, const struct record *record, text kind, text name, text *ret_data)
{
	struct rows *rows;
	bool found;
	TRY(store_query(work->store, work->arena, SQL_TIMER_FIND, CELLS(cell_integer(record->id), cell_text(kind), cell_text(name)), &rows));
	TRY(rows_next(rows, &found));
	*ret_data = found ? rows_text_copy(rows, work->arena, 0) : TEXT_UNSET;
	rows_close(rows);
	return NULL;
}

static moment delayed(moment now, int attempts)
{
	int64_t delay = TIMER_FIRST_DELAY_MS;
	for (int i = 1; i < attempts; i++)
		delay *= 4;
	return now + delay;
}

struct error *timer_plan_retry(struct work *work, const struct errand *errand)
{
	const struct timer timer = { .kind = TIMER_RETRY,
				     .name = errand->rule->name,
				     .data = errand->comment,
				     .attempts = 1,
				     .cause_id = errand->cause_id,
				     .due_at = delayed(work->now, 1) };
	return put_timer(work, errand->record, &timer);
}

struct error *timer_plan_clocks(struct work *work)
{
	const struct timer timer = { .kind = TIMER_CLOCKS, .name = TIMER_CLOCKS, .due_at = work->now };
	return put_timer(work, NULL, &timer);
}

struct error *timer_plan_rule(struct work *work, const struct record *record, const struct rule *rule)
{
	const struct timer timer = { .kind = TIMER_RULE, .name = rule->name, .due_at = work->now };
	return put_timer(work, record, &timer);
}

/* ---- planning ---- */

static bool is_timed(const struct rule *rule)
{
	return rule->when == WHEN_AFTER || rule->when == WHEN_BEFORE || rule->when == WHEN_COMES;
}

static struct error *rule_due(struct work *work, struct record *record, const struct rule *rule,
			      moment *ret_due)
{
	moment from = record_moment(record, rule->index);
	const struct calendar *calendar;
	*ret_due = from;
	if (from == MOMENT_UNSET || rule->when == WHEN_COMES)
		return NULL;
	int64_t sign = rule->when == WHEN_BEFORE ? -1 : 1;
	*ret_due = from + sign * rule->after_ms;
	if (rule->after_working_days == 0)
		return NULL;
	TRY(engine_calendar(work, record, &calendar));
	*ret_due = calendar_add_days(calendar, from, sign * rule->after_working_days);
	return NULL;
}

/* Conditions on other things than the record itself are only asked when the time comes. */
static struct error *may_apply(struct work *work, const struct rule *rule, struct record *record,
			       bool *ret_may)
{
	*ret_may = true;
	if (rule->condition == NULL || !condition_is_constant(rule->condition))
		return NULL;
	return rule_holds(work, rule->condition, record, ret_may);
}

static struct error *remove_rule(struct work *work, const struct record *record, text rule)
{
	return store_run(work->store, work->arena, SQL_TIMER_REMOVE,
			 CELLS(cell_integer(record->id), cell_text(TIMER_RULE), cell_text(rule)), NULL);
}

static struct error *plan_rule(struct work *work, const struct change *change, const struct rule *rule)
{
	moment before = change->before == NULL ? MOMENT_UNSET : record_moment(change->before, rule->index);
	moment after = record_moment(change->after, rule->index);
	bool was = false, is = false;
	if (before == MOMENT_UNSET && after == MOMENT_UNSET)
		return NULL;
	if (before != MOMENT_UNSET)
		TRY(may_apply(work, rule, change->before, &was));
	if (after != MOMENT_UNSET)
		TRY(may_apply(work, rule, change->after, &is));
	if (!is)
		return was ? remove_rule(work, change->after, rule->name) : NULL;
	/* One that has run is not planned again by a change of something else. */
	bool hours_changed = rule->after_working_days != 0 && change->type->service >= 0 &&
			     change->changed[change->type->service];
	if (was && before == after && !hours_changed)
		return NULL;
	struct timer timer = { .kind = TIMER_RULE, .name = rule->name, .cause_id = change->event_id };
	TRY(rule_due(work, change->after, rule, &timer.due_at));
	/* What is to come before a moment that has passed already does not come; before one that is near, at once. */
	if (timer.due_at == MOMENT_UNSET || (rule->when == WHEN_BEFORE && after <= work->now))
		return was ? remove_rule(work, change->after, rule->name) : NULL;
	/* A rule that makes a moment come at once goes on with its chain: it could turn for ever. */
	if (work->chain > 0 && timer.due_at <= work->now)
		timer.data = text_format(work->arena, "%d", work->chain);
	return put_timer(work, change->after, &timer);
}

struct error *timers_follow(struct work *work, const struct change *change)
{
	const struct type *type = change->type;
	for (size_t i = 0; i < type->rule_count; i++)
		if (is_timed(&type->rules[i]))
			TRY(plan_rule(work, change, &type->rules[i]));
	return NULL;
}

static const struct rule *find_rule(const struct type *type, text name)
{
	for (size_t i = 0; i < type->rule_count; i++)
		if (text_equal(type->rules[i].name, name))
			return &type->rules[i];
	return NULL;
}

static struct error *move_rule(struct work *work, const struct change *change, const struct rule *rule)
{
	struct timer timer = { .kind = TIMER_RULE, .name = rule->name, .cause_id = change->event_id };
	bool may;

	TRY(may_apply(work, rule, change->after, &may));
	TRY(rule_due(work, change->after, rule, &timer.due_at));
	return may && timer.due_at != MOMENT_UNSET && timer.due_at > work->now ? put_timer(work, change->after, &timer) : NULL;
}

static struct error *import_rule(struct work *work, const struct change *change, const struct rule *rule)
{
	bool was = change->before != NULL && record_moment(change->before, rule->index) != MOMENT_UNSET;

	if (was)
		TRY(remove_rule(work, change->after, rule->name));
	return record_moment(change->after, rule->index) == MOMENT_UNSET ? NULL : move_rule(work, change, rule);
}

struct error *timers_follow_import(struct work *work, const struct change *change)
{
	const struct type *type = change->type;

	for (size_t i = 0; i < type->rule_count; i++)
		if (is_timed(&type->rules[i]))
			TRY(import_rule(work, change, &type->rules[i]));
	return NULL;
}

struct error *timers_move(struct work *work, const struct change *change)
{
	const struct type *old = change->before->type, *type = change->after->type;

	for (size_t i = 0; i < old->rule_count; i++) {
		const struct rule *now = find_rule(type, old->rules[i].name);

		if (is_timed(&old->rules[i]) && (now == NULL || !is_timed(now)))
			TRY(remove_rule(work, change->after, old->rules[i].name));
	}
	for (size_t i = 0; i < type->rule_count; i++)
		if (is_timed(&type->rules[i]))
			TRY(move_rule(work, change, &type->rules[i]));
	return NULL;
}

/* ---- finding ---- */

struct due_row {
	struct due due;
	moment at;
};

static struct error *read_due(struct work *work, enum sql_name statement, bool clock, size_t limit,
			      struct due_row *ret_rows, size_t *ret_count)
{
	struct rows *rows;
	bool more;
	*ret_count = 0;
	TRY(store_query(work->store, work->arena, statement, CELLS(cell_integer((int64_t)limit)), &rows));
	TRY(rows_next(rows, &more));
	while (more && *ret_count < limit) {
		ret_rows[(*ret_count)++] =
		    (struct due_row){ { clock, rows_integer(rows, 0) }, rows_moment(rows, 1) };
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	return NULL;
}

struct error *engine_find_due(struct work *work, size_t limit, struct due **ret_due, size_t *ret_count,
			      moment *ret_next)
{
	struct due_row *clocks = arena_new_array(work->arena, struct due_row, limit);
	struct due_row *timers = arena_new_array(work->arena, struct due_row, limit);
	struct due *list = arena_new_array(work->arena, struct due, limit);
	size_t clock_count, timer_count, c = 0, t = 0, count = 0;
	TRY(read_due(work, SQL_CLOCK_DUE, true, limit, clocks, &clock_count));
	TRY(read_due(work, SQL_TIMER_DUE, false, limit, timers, &timer_count));
	*ret_next = MOMENT_UNSET;
	while (c < clock_count || t < timer_count) {
		bool clock = t >= timer_count || (c < clock_count && clocks[c].at <= timers[t].at);
		const struct due_row *row = clock ? &clocks[c++] : &timers[t++];
		if (row->at > work->now || count == limit) {
			*ret_next = row->at;
			break;
		}
		list[count++] = row->due;
	}
	/* A full list may not be all of it. */
	if (*ret_next == MOMENT_UNSET && count > 0 && count == limit)
		*ret_next = work->now;
	*ret_due = list;
	*ret_count = count;
	return NULL;
}

/* ---- running ---- */

/* *ret_found false: gone, no longer due, or another node is at it. */
static struct error *take_timer(struct work *work, int64_t id, struct timer *ret_timer, bool *ret_found)
{
	struct rows *rows;
	TRY(store_query(work->store, work->arena, SQL_TIMER_TAKE,
			CELLS(cell_integer(id), cell_moment(work->now)), &rows));
	TRY(rows_next(rows, ret_found));
	if (!*ret_found)
		return NULL;
	*ret_timer = (struct timer){
		.id = id,
		.kind = rows_text_copy(rows, work->arena, 0),
		.name = rows_text_copy(rows, work->arena, 1),
		.due_at = rows_moment(rows, 2),
		.data = rows_text_copy(rows, work->arena, 3),
		.cause_id = rows_integer(rows, 4),
		.attempts = (int)rows_integer(rows, 5),
	};
	rows_close(rows);
	return NULL;
}

static struct error *remove_timer(struct work *work, int64_t id)
{
	return store_run(work->store, work->arena, SQL_TIMER_REMOVE_ID, CELLS(cell_integer(id)), NULL);
}

static struct error *move_timer(struct work *work, int64_t id, moment due_at, int attempts, text data)
{
	return store_run(
	    work->store, work->arena, SQL_TIMER_MOVE,
	    CELLS(cell_integer(id), cell_moment(due_at), cell_integer(attempts), cell_text(data)), NULL);
}

/* The record a timer is about, locked before the timer itself, as every change does; NULL when there is none
 * (any more). */
static struct error *lock_record_of(struct work *work, int64_t id, struct record **ret_record)
{
	struct rows *rows;
	bool found;
	*ret_record = NULL;
	TRY(store_query(work->store, work->arena, SQL_TIMER_PLACE, CELLS(cell_integer(id)), &rows));
	TRY(rows_next(rows, &found));
	if (!found)
		return NULL;
	int64_t record_id = rows_integer(rows, 0);
	const struct type *type = rows_is_null(rows, 1) ? NULL : model_type(work->model, rows_text(rows, 1));
	rows_close(rows);
	if (type == NULL)
		return NULL;
	TRY(task_lock_first(work, type, record_id));
	struct error *error = model_lock(work, type, record_id, ret_record);
	if (error == NULL || error->code != ERROR_NOT_FOUND)
		return error;
	*ret_record = NULL;
	return NULL;
}

/* The record at the other end of the link, by its number; NULL when it is gone. */
static struct error *find_other(struct work *work, text number, struct record **ret_other)
{
	const struct type *type = NULL;
	int64_t id = 0;

	*ret_other = NULL;
	if (text_is_set(number))
		TRY(model_find_number(work, number, &type, &id));
	return id == 0 ? NULL : model_lock(work, type, id, ret_other);
}

static struct error *run_rule(struct work *work, const struct timer *timer, struct record *record)
{
	const struct rule *rule = record == NULL ? NULL : find_rule(record->type, timer->name);
	bool retry = text_equal(timer->kind, TIMER_RETRY);
	moment due = timer->due_at;
	if (rule != NULL && !retry && rule->when != WHEN_DAILY) {
		if (!is_timed(rule))
			rule = NULL;
		else
			TRY(rule_due(work, record, rule, &due));
	}
	if (rule == NULL || due == MOMENT_UNSET)
		return remove_timer(work, timer->id);
	/* The calendar was changed meanwhile. */
	if (due > work->now)
		return move_timer(work, timer->id, due, timer->attempts, timer->data);
	TRY(remove_timer(work, timer->id));
	struct errand errand = { rule, record, timer->cause_id, retry ? timer->data : TEXT_UNSET, 0, NULL };
	if (rule->when == WHEN_LINKED || rule->when == WHEN_UNLINKED)
		TRY(find_other(work, timer->data, &errand.other));
	int64_t chain;
	if (!retry && text_is_set(timer->data) && text_to_integer(timer->data, &chain))
		errand.chain = (int)minimum(chain, LIMIT_CHAIN);
	return rules_run_timed(work, &errand);
}

static struct error *run_clocks(struct work *work, const struct timer *timer)
{
	int64_t after_id = 0, last_id;
	if (text_is_set(timer->data) && !text_to_integer(timer->data, &after_id))
		after_id = 0;
	TRY(clock_replan_some(work, after_id, &last_id));
	if (last_id != 0)
		return move_timer(work, timer->id, work->now, timer->attempts,
				  text_format(work->arena, "%lld", (long long)last_id));
	/* The hour of rules of every day is told in the zone of the default calendar. */
	TRY(engine_plan_daily(work));
	return remove_timer(work, timer->id);
}

/* The next page of the day, or the next day. */
static struct error *run_daily(struct work *work, const struct timer *timer)
{
	text next;
	moment due;
	TRY(daily_due(work, timer->name, &due));
	if (due == MOMENT_UNSET)
		return remove_timer(work, timer->id);
	TRY(daily_step(work, timer->name, timer->data, &next));
	return move_timer(work, timer->id, text_is_set(next) ? work->now : due, 0, next);
}

static struct error *run_approval(struct work *work, const struct timer *timer, struct record *record)
{
	moment again;
	text data;
	TRY(approval_run_timer(work, record, timer->kind, timer->name, timer->data, &again, &data));
	return again == MOMENT_UNSET ? remove_timer(work, timer->id) : move_timer(work, timer->id, again, 0, data);
}

static struct error *run_look_all(struct work *work, const struct timer *timer)
{
	text next;
	TRY(schedule_run_look_all(work, timer->name, timer->cause_id, timer->data, &next));
	return text_is_set(next) ? move_timer(work, timer->id, work->now, 0, next) : remove_timer(work, timer->id);
}

static struct error *run_timer(struct work *work, int64_t id)
{
	struct record *record;
	struct timer timer;
	bool found;
	TRY(lock_record_of(work, id, &record));
	TRY(take_timer(work, id, &timer, &found));
	if (!found)
		return NULL;
	if (text_equal(timer.kind, TIMER_CLOCKS))
		return run_clocks(work, &timer);
	if (approval_is_timer(timer.kind))
		return run_approval(work, &timer, record);
	if (text_equal(timer.kind, TIMER_DAILY))
		return run_daily(work, &timer);
	if (text_equal(timer.kind, TIMER_LOOK_ALL))
		return run_look_all(work, &timer);
	if (text_equal(timer.kind, TIMER_LOOK)) {
		TRY(remove_timer(work, id));
		return record == NULL ? NULL : schedule_run_look(work, record, timer.cause_id, timer.data);
	}
	return run_rule(work, &timer, record);
}

/* The first attempt of a rule that failed, or its last one: the record says so. */
static struct error *say_failure(struct work *work, struct record *record, const struct timer *timer, int attempts,
				 const struct error *failure)
{
	const struct rule *rule = record == NULL ? NULL : find_rule(record->type, timer->name);
	struct work automatic = automatic_work(work, ORIGIN_TIMER, timer->cause_id);
	if (rule == NULL)
		return NULL;
	if (attempts < TIMER_ATTEMPTS)
		return rules_note_retry(&automatic, record, rule, failure);
	return rules_alarm(&automatic, record, rule,
			   text_format(work->arena, "given up after %d attempts: %.*s", attempts,
				      TEXT_ARG(failure->message)));
}

/* After the failed attempt was undone: later again, or never. */
static struct error *put_off_timer(struct work *work, int64_t id, const struct error *failure)
{
	struct record *record;
	struct timer timer;
	bool found;
	TRY(lock_record_of(work, id, &record));
	TRY(take_timer(work, id, &timer, &found));
	if (!found)
		return NULL;
	int attempts = timer.attempts + 1;
	bool for_ever = text_equal(timer.kind, TIMER_CLOCKS) || text_equal(timer.kind, TIMER_DAILY) ||
			approval_is_timer(timer.kind);
	if (!for_ever && (attempts == 1 || attempts >= TIMER_ATTEMPTS))
		TRY(say_failure(work, record, &timer, attempts, failure));
	if (attempts < TIMER_ATTEMPTS || for_ever)
		return move_timer(work, id, delayed(work->now, minimum(attempts, TIMER_ATTEMPTS)), attempts,
				  timer.data);
	return remove_timer(work, id);
}

static struct error *put_off(struct work *work, const struct due *due, const struct error *failure)
{
	log_error(due->clock ? "a clock's wake-up is put off" : "a timer is put off", failure);
	if (!due->clock)
		return put_off_timer(work, due->id, failure);
	return store_run(work->store, work->arena, SQL_CLOCK_DELAY,
			 CELLS(cell_integer(due->id), cell_moment(work->now + CLOCK_DELAY_MS)), NULL);
}

struct error *engine_run_due(struct work *work, const struct due *due)
{
	struct work automatic = automatic_work(work, ORIGIN_TIMER, 0);
	automatic.chain = 0;
	automatic.agenda = NULL;
	TRY(store_savepoint(work->store, work->arena));
	struct error *error = due->clock ? clock_wake(&automatic, due->id) : run_timer(&automatic, due->id);
	if (error == NULL)
		return store_release(work->store, work->arena);
	if (error->code == ERROR_RETRY || error->code == ERROR_UNAVAILABLE)
		return error;
	rules_undo(work);
	return put_off(&automatic, due, error);
}
