/*
 * What others have found about their own time, when a record comes, goes, moves or touches other things. A record in the way of a few is
 * followed at once: they are changed by the system in the same transaction, each as a step of its own that says because of which record.
 * A window or a freeze may speak of thousands: then timers look, a small job each, as those of the rules of every day do (daily.c).
 */
#include "engine/schedule_private.h"

#include "base/limits.h"
#include "model/query.h"

#include <stdlib.h>

/* So many are looked at at once; each costs a search. */
#define LOOKS_AT_ONCE 12
/* Records that one job of the lane plans a look at. */
#define LOOKS_PLANNED 40
/* A window binds what lies around it: "outside" names the nearest one. */
#define REACH_MS (60 * DAY_MS)
/* A window that repeats has no end. */
#define FOR_EVER_MS (3660 * DAY_MS)

struct error *schedule_alone(struct work *work, const struct type *type)
{
	return store_run(work->store, work->arena, SQL_SCHEDULE_ALONE, CELLS(cell_text(type->name)), NULL);
}

static bool has_windows(const struct type *type, const struct type *windows)
{
	const struct schedule_definition *schedule = type->schedule;

	return !type->abstract && schedule != NULL && schedule->found >= 0 && schedule->windows != NULL &&
	       schedule->windows->position == windows->position;
}

struct error *schedule_alone_for_windows(struct work *work, const struct type *type)
{
	for (size_t i = 0; i < work->model->type_count; i++)
		if (has_windows(&work->model->types[i], type))
			TRY(schedule_alone(work, &work->model->types[i]));
	return NULL;
}

/* ---- one look ---- */

struct look { /* why somebody looks again */
	int64_t person_id, cause_id; /* whose doing it was (0: nobody's), and the event */
	int chain;                   /* steps of automation so far */
	text type;                   /* the record because of which */
	int64_t id;
};

struct looking {
	const struct look *why;
	struct record *record;
	bool changed;
};

/* The system's own step on the record, when the worst that is found now is another. */
static struct error *look_again(struct work *work, void *data)
{
	struct looking *looking = data;
	struct record *record = looking->record;
	size_t field = (size_t)schedule_of(work, record)->found;
	struct cell before, now;
	struct step step;

	looking->changed = false;
	TRY(schedule_refresh(work, record, &before));
	now = record->cells[field];
	record->cells[field] = before;
	if (cell_equal(&now, &before))
		return NULL;
	step_init(&step, work, record, EVENT_UPDATED);
	step_set(&step, field, now);
	step.payload = value_map(work->arena);
	value_set_text(work->arena, step.payload, T("other_type"), looking->why->type);
	value_set_integer(work->arena, step.payload, T("other_id"), looking->why->id);
	TRY(step_decide(&step, work, false));
	looking->changed = true;
	return step_save(&step, work);
}

/* Data of a timer: "person chain type id rest". */
static text look_text(struct arena *arena, const struct look *why, text rest)
{
	return text_format(arena, "%lld %d %.*s %lld %.*s", (long long)why->person_id, why->chain, TEXT_ARG(why->type), (long long)why->id,
	                   TEXT_ARG(rest));
}

static struct look look_read(text data, int64_t cause_id, text *ret_rest)
{
	struct look why = { .cause_id = cause_id };
	text person = T(""), chain = T(""), id = T("");
	int64_t steps = 0;

	(void)text_cut(&data, ' ', &person);
	(void)text_cut(&data, ' ', &chain);
	(void)text_cut(&data, ' ', &why.type);
	(void)text_cut(&data, ' ', &id);
	(void)text_to_integer(person, &why.person_id);
	(void)text_to_integer(chain, &steps);
	(void)text_to_integer(id, &why.id);
	why.chain = (int)minimum(steps, LIMIT_CHAIN);
	*ret_rest = data;
	return why;
}

static struct error *plan_look(struct work *work, const struct type *type, int64_t id, const struct look *why)
{
	const struct record record = { .type = type, .id = id };
	struct work caused = *work;

	caused.cause = why->cause_id;
	return timer_put(&caused, &record, TIMER_LOOK, type->name, work->now, look_text(work->arena, why, T("")));
}

static struct work system_work(struct work *work, const struct look *why)
{
	struct work automatic = automatic_work(work, work->origin == ORIGIN_TIMER ? ORIGIN_TIMER : ORIGIN_AUTOMATION, why->cause_id);

	automatic.chain = why->chain;
	return automatic;
}

struct error *schedule_run_look(struct work *work, struct record *record, int64_t cause_id, text data)
{
	text rest;
	struct look why = look_read(data, cause_id, &rest);
	struct looking looking = { &why, record, false };
	struct work automatic = system_work(work, &why);
	struct error *failure;

	if (schedule_of(work, record) == NULL || schedule_is_over(work, record))
		return NULL;
	TRY(rules_together(&automatic, why.person_id, look_again, &looking, &failure));
	return failure;
}

/* ---- all within a span: a few at a time ---- */

static text span_text(struct arena *arena, struct span span)
{
	return text_format(arena, "%lld %lld ", (long long)span.from, (long long)span.to);
}

static struct span span_read(text *data)
{
	struct span span = { MOMENT_UNSET, MOMENT_UNSET };
	text from = T(""), to = T("");

	(void)text_cut(data, ' ', &from);
	(void)text_cut(data, ' ', &to);
	(void)text_to_integer(from, &span.from);
	(void)text_to_integer(to, &span.to);
	return span;
}

static struct span widest(struct span a, struct span b)
{
	if (a.from == MOMENT_UNSET || a.to == MOMENT_UNSET)
		return b;
	if (b.from == MOMENT_UNSET || b.to == MOMENT_UNSET)
		return a;
	return (struct span){ a.from < b.from ? a.from : b.from, a.to > b.to ? a.to : b.to };
}

/* One that waits already, or stands in the middle, begins again with the wider span. */
static struct error *plan_look_all(struct work *work, const struct record *cause, const struct type *type, struct span span,
                                   const struct look *why)
{
	struct work caused = *work;
	text waiting, rest;

	if (span.from == MOMENT_UNSET || span.to == MOMENT_UNSET || span.to <= work->now)
		return NULL;
	TRY(timer_find(work, cause, TIMER_LOOK_ALL, type->name, &waiting));
	if (text_is_set(waiting)) {
		(void)look_read(waiting, 0, &rest);
		span = widest(span, span_read(&rest));
	}
	caused.cause = why->cause_id;
	return timer_put(&caused, cause, TIMER_LOOK_ALL, type->name, work->now, look_text(work->arena, why, span_text(work->arena, span)));
}

struct error *schedule_run_look_all(struct work *work, text type_name, int64_t cause_id, text data, text *ret_data)
{
	const struct type *type = model_type(work->model, type_name);
	text after;
	struct look why = look_read(data, cause_id, &after);
	struct span span = span_read(&after);
	struct record_page page;
	struct condition *where;
	char from[25], to[25];

	*ret_data = TEXT_UNSET;
	if (type == NULL || type->schedule == NULL || type->schedule->found < 0 || span.to <= work->now)
		return NULL;
	const struct schedule_definition *schedule = type->schedule;
	const struct sort_key sort = { schedule->end, false };
	moment_write(from, span.from > work->now ? span.from : work->now);
	moment_write(to, span.to);
	TRY(condition_parse(work->arena, work->model, type,
	                    text_format(work->arena, "%.*s > %s and %.*s < %s", TEXT_ARG(type->fields[schedule->end].name), from,
	                                TEXT_ARG(type->fields[schedule->start].name), to),
	                    CONDITION_RULE, &where));
	struct query query = { .type = type, .where = where, .everything = true, .limit = LOOKS_PLANNED, .sort = &sort, .sort_count = 1,
		               .after = text_is_empty(after) ? TEXT_UNSET : after };
	access_rule_context(work, &query.context);
	TRY(model_find(work, &query, &page));
	for (size_t i = 0; i < page.count; i++)
		if (!schedule_is_over(work, page.records[i]))
			TRY(plan_look(work, type, page.records[i]->id, &why));
	if (text_is_set(page.next))
		*ret_data = look_text(work->arena, &why,
		                      text_format(work->arena, "%.*s%.*s", TEXT_ARG(span_text(work->arena, span)), TEXT_ARG(page.next)));
	return NULL;
}

/* ---- following ---- */

static int by_id(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return (left > right) - (left < right);
}

/* Without waiting: whoever has it may wait for us. Then, and when it goes wrong, a timer looks. */
static struct error *look_now(struct work *work, const struct type *type, int64_t id, const struct look *why, bool *ret_changed)
{
	struct work automatic = system_work(work, why);
	struct looking looking = { why, NULL, false };
	struct error *failure;

	*ret_changed = false;
	TRY(model_try_lock(work, type, id, &looking.record));
	if (looking.record == NULL)
		return plan_look(work, type, id, why);
	if (schedule_is_over(work, looking.record))
		return NULL;
	rules_renew(work, &looking.record);
	TRY(rules_together(&automatic, why->person_id, look_again, &looking, &failure));
	*ret_changed = looking.changed;
	if (failure == NULL)
		return NULL;
	TRY(model_load_fresh(work, type, id, &looking.record));
	rules_renew(work, &looking.record);
	*ret_changed = false;
	return plan_look(work, type, id, why);
}

/* Rules that run on others may come back to this record: the object that our caller holds is to know. */
static struct error *renew(struct work *work, struct record *record)
{
	struct record *fresh;

	TRY(model_load_fresh(work, record->type, record->id, &fresh));
	if (fresh->version == record->version)
		return NULL;
	memcpy(record->cells, fresh->cells, sizeof(*fresh->cells) * fresh->type->field_count);
	record->type = fresh->type;
	record->version = fresh->version;
	record->definition = fresh->definition;
	return NULL;
}

static struct error *follow_met(struct work *work, const struct change *change, struct met *met, const struct look *why)
{
	const struct type *type = type_newest(change->after->type);
	bool any = false, changed;
	size_t count = 0;

	if (met->count > 1)
		qsort(met->ids, met->count, sizeof(*met->ids), by_id);
	for (size_t i = 0; i < met->count; i++)
		if (i == 0 || met->ids[i] != met->ids[count - 1])
			met->ids[count++] = met->ids[i];
	for (size_t i = 0; i < count; i++) {
		if (count > LOOKS_AT_ONCE) {
			TRY(plan_look(work, type, met->ids[i], why));
			continue;
		}
		TRY(look_now(work, type, met->ids[i], why, &changed));
		any = any || changed;
	}
	const struct span now = { record_moment(change->after, type->schedule->start), record_moment(change->after, type->schedule->end) };
	if (met->more)
		TRY(plan_look_all(work, change->after, type, widest(met->reach, now), why));
	return any ? renew(work, change->after) : NULL;
}

/* Where a window binds: around it, and for ever when it repeats. */
static struct span window_reach(const struct work *work, const struct record *window)
{
	const struct schedule_definition *schedule = schedule_of(work, window);
	moment from = record_moment(window, schedule->start), to = record_moment(window, schedule->end);

	if (from == MOMENT_UNSET || to == MOMENT_UNSET || !schedule_takes_part(work, window))
		return (struct span){ MOMENT_UNSET, MOMENT_UNSET };
	if (schedule->recurrence >= 0 && window->cells[schedule->recurrence].kind == CELL_TEXT)
		to = (to > work->now ? to : work->now) + FOR_EVER_MS;
	return (struct span){ from - REACH_MS, to + REACH_MS };
}

static struct error *follow_window(struct work *work, const struct change *change, const struct look *why)
{
	struct span span = window_reach(work, change->after);

	if (change->before != NULL)
		span = widest(span, window_reach(work, change->before));
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = &work->model->types[i];

		if (has_windows(type, change->after->type))
			TRY(plan_look_all(work, change->after, type, span, why));
	}
	return NULL;
}

static struct error *follow_import(struct work *work, const struct change *change, const struct look *why)
{
	const struct schedule_definition *schedule = schedule_of(work, change->after);
	const struct span span = { record_moment(change->after, schedule->start), record_moment(change->after, schedule->end) };

	if (schedule->found < 0)
		return follow_window(work, change, why);
	return schedule_is_over(work, change->after) ? NULL
						     : plan_look_all(work, change->after, type_newest(change->after->type), span, why);
}

struct error *schedule_follow(struct work *work, const struct change *change)
{
	const struct schedule_definition *schedule = schedule_of(work, change->after);
	const struct look why = { .person_id = change->actor_id, .cause_id = change->event_id, .chain = work->chain,
		                  .type = change->after->type->name, .id = change->after->id };

	if (schedule == NULL)
		return NULL;
	if (change->kind == EVENT_IMPORTED)
		return follow_import(work, change, &why);
	if (change->met != NULL)
		return follow_met(work, change, change->met, &why);
	if (schedule->found >= 0)
		return NULL;
	if (change->before == NULL || schedule_moves(schedule, change->type, change->changed, change->links_changed) ||
	    schedule_takes_part(work, change->before) != schedule_takes_part(work, change->after))
		return follow_window(work, change, &why);
	return NULL;
}
