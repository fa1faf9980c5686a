/*
 * Clocks follow the changes of their record: start, pause, resume, stop, run on after a reopening, change
 * their goal or calendar. What has elapsed, when it is due and when to warn is computed from the ledger
 * (clock_ledger.c) each time, so a change of priority keeps every pause. A clock is breached only by time
 * that counts: while it is paused or closed nothing is planned and nothing fires.
 */
#include "engine/time_private.h"

static bool state_entered(const struct change *change, size_t state)
{
	return record_state(change->after) == (int)state &&
	       (change->kind == EVENT_MOVED || change->before == NULL || record_state(change->before) != (int)state);
}

static bool trigger_hits(const struct work *work, const struct change *change,
			 const struct clock_trigger *trigger)
{
	switch (trigger->kind) {
	case TRIGGER_CREATED:
		return change->before == NULL;
	case TRIGGER_STATE:
		return state_entered(change, trigger->index);
	case TRIGGER_TRANSITION:
		return change->transition != NULL &&
		       change->transition == &change->type->lifecycle->transitions[trigger->index];
	case TRIGGER_PUBLIC_REPLY_BY_AGENT:
		return text_is_set(change->comment) && change->visibility == VISIBLE_PUBLIC &&
		       change_by_agent(work, change);
	}
	return false;
}

static bool any_hits(const struct work *work, const struct change *change,
		     const struct clock_trigger *triggers, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (trigger_hits(work, change, &triggers[i]))
			return true;
	return false;
}

static bool is_stop_state(const struct clock_definition *definition, const struct record *record)
{
	for (size_t i = 0; i < definition->stop_count; i++)
		if (definition->stops[i].kind == TRIGGER_STATE &&
		    record_state(record) == (int)definition->stops[i].index)
			return true;
	return false;
}

static bool is_over(const struct record *record)
{
	int state = record_state(record);
	if (state < 0)
		return false;
	enum state_group group = record->type->lifecycle->states[state].group;
	return group == GROUP_DONE || group == GROUP_CLOSED || group == GROUP_CANCELLED;
}

/* A stopped clock that continues does so when its record comes back to work, be it (in imported histories)
 * from closed. */
static bool runs_on(const struct clock_definition *definition, const struct change *change)
{
	return definition->continues && change->before != NULL && !is_stop_state(definition, change->after) &&
	       !is_over(change->after) &&
	       (is_stop_state(definition, change->before) || is_over(change->before));
}

/* Nothing runs on a record that was closed or cancelled, whatever way led there. */
static bool is_closed(const struct record *record)
{
	return is_over(record) && record->type->lifecycle->states[record_state(record)].group != GROUP_DONE;
}

/* Running, paused or stopped: what the clock is to be after this change; *ret_reason for a pause. */
static struct error *wanted_kind(struct work *work, const struct change *change, const struct clock_row *row,
				 enum ledger_kind *ret_kind, text *ret_reason)
{
	const struct clock_definition *definition = row->definition;
	const struct ledger_entry *last = ledger_last(&row->ledger);
	bool paused = false;
	*ret_reason = TEXT_UNSET;
	*ret_kind = LEDGER_STOP;
	if (is_closed(change->after) || any_hits(work, change, definition->stops, definition->stop_count))
		return NULL;
	if (last != NULL && last->kind == LEDGER_STOP && !runs_on(definition, change))
		return NULL;
	if (definition->pause != NULL)
		TRY(rule_holds(work, definition->pause, change->after, &paused));
	*ret_kind = paused ? LEDGER_PAUSE : LEDGER_RUN;
	if (!paused || definition->pause_reason_field == SIZE_MAX)
		return NULL;
	const struct field *field = &change->type->fields[definition->pause_reason_field];
	const struct cell *cell = record_cell(change->after, definition->pause_reason_field);
	if (field->kind == KIND_CHOICE && cell->kind == CELL_INTEGER &&
	    (size_t)cell->integer < field->choice_count)
		*ret_reason = field->choices[cell->integer].name;
	else if (cell->kind == CELL_TEXT)
		*ret_reason = cell->text;
	return NULL;
}

struct error *clock_announce(struct work *work, struct record *record, const struct clock_news *news)
{
	struct work automatic = automatic_work(work, ORIGIN_TIMER, work->cause);
	bool breached = news->level >= CLOCK_LEVEL_BREACH;
	struct event *event = event_new(&automatic, record, EVENT_CLOCK);
	event->visibility = VISIBLE_INTERNAL;
	value_set_text(work->arena, event->payload, T("name"), news->definition->name);
	value_set_integer(work->arena, event->payload, T("percent"), news->level);
	value_set_bool(work->arena, event->payload, T("breached"), breached);
	value_set_integer(work->arena, event->payload, T("goal_ms"), news->goal_ms);
	if (news->due_at != MOMENT_UNSET)
		value_set_integer(work->arena, event->payload, T("due_at"), news->due_at);
	TRY(event_append(&automatic, event));
	return rules_follow_turn(work, record, breached ? WHEN_CLOCK_BREACHED : WHEN_CLOCK_WARNED,
				 (size_t)(news->definition - record->type->clocks), 0, event->id);
}

/*
 * Between the last wake-up and this change the goal may have passed without the timer having come: it is said
 * before the change moves the goal or stops the clock. A row that nobody planned (imported) catches up in
 * silence.
 */
static struct error *settle(struct work *work, const struct change *change, struct clock_row *row,
			    struct clock_news *ret_news)
{
	const struct ledger_entry *last = ledger_last(&row->ledger);
	if (last == NULL || last->kind != LEDGER_RUN || row->goal_ms < 0)
		return NULL;
	TRY(clock_row_calendars(work, row));
	int reached = clock_level_reached(row->definition, row->goal_ms,
					  ledger_elapsed(&row->ledger, &row->calendars, change->at));
	if (reached <= row->level)
		return NULL;
	if (row->wake_at == MOMENT_UNSET || change->kind == EVENT_IMPORTED)
		row->level = reached;
	else if (reached >= CLOCK_LEVEL_BREACH && row->level < CLOCK_LEVEL_BREACH)
		*ret_news = (struct clock_news){ row->definition, reached, row->goal_ms, row->due_at };
	return NULL;
}

/* An imported record may have been made before the first step that is known of it: its clocks ran since then. */
static moment begin_of(const struct change *change, const struct clock_definition *definition)
{
	moment created = record_moment(change->after, FIELD_CREATED_AT);
	if (change->kind != EVENT_IMPORTED || change->before != NULL || created == MOMENT_UNSET || created > change->at)
		return change->at;
	for (size_t i = 0; i < definition->start_count; i++)
		if (definition->starts[i].kind == TRIGGER_CREATED)
			return created;
	return change->at;
}

/* Puts the change into the ledger and the row; *ret_changed: it is to be written. */
static struct error *apply_change(struct work *work, const struct change *change, struct clock_row *row,
				  enum ledger_kind kind, text reason, bool *ret_changed)
{
	bool starts = row->id == 0;
	bool quiet = change->kind == EVENT_IMPORTED;
	struct clock_row old = *row;
	bool moved = false;
	if (kind != LEDGER_STOP || starts)
		TRY(clock_row_terms(work, change->after, row));
	if (starts) {
		row->started_at = begin_of(change, row->definition);
		moved = ledger_set(work->arena, &row->ledger, row->started_at, LEDGER_RUN, row->calendar_id,
				   TEXT_UNSET);
	}
	TRY(clock_row_calendars(work, row));
	moved = ledger_set(work->arena, &row->ledger, change->at, kind, row->calendar_id, reason) || moved;
	row->stopped_at = kind == LEDGER_STOP ? change->at : MOMENT_UNSET;
	if (!starts && row->goal_ms != old.goal_ms) {
		/* A goal made easier takes back what was announced; one made harder is announced by the next
		 * wake-up, which is now. */
		int64_t elapsed = ledger_elapsed(&row->ledger, &row->calendars, change->at);
		row->level = minimum(row->level, clock_level_reached(row->definition, row->goal_ms, elapsed));
	}
	clock_row_plan(row, change->at, quiet);
	*ret_changed = moved || row->goal_ms != old.goal_ms || row->calendar_id != old.calendar_id ||
		       row->wake_at != old.wake_at || row->due_at != old.due_at;
	return NULL;
}

/* A clock that the record's version did not have begins with the move, where it would run had the record been made now. */
static bool begins_with_version(const struct work *work, const struct change *change, const struct clock_definition *definition)
{
	for (size_t i = 0; i < definition->start_count; i++)
		if (definition->starts[i].kind == TRIGGER_CREATED)
			return !is_over(change->after) && !is_stop_state(definition, change->after);
	return any_hits(work, change, definition->starts, definition->start_count);
}

static struct error *follow_clock(struct work *work, const struct change *change, struct clock_row *row,
				  struct clock_news *ret_news)
{
	enum ledger_kind kind;
	text reason;
	bool changed;
	if (row->id == 0 && !(change->kind == EVENT_MOVED ? begins_with_version(work, change, row->definition)
							   : any_hits(work, change, row->definition->starts, row->definition->start_count)))
		return NULL;
	TRY(wanted_kind(work, change, row, &kind, &reason));
	const struct ledger_entry *last = ledger_last(&row->ledger);
	if (last != NULL && last->kind == LEDGER_STOP && kind == LEDGER_STOP)
		return NULL;
	int level = row->level;
	TRY(settle(work, change, row, ret_news));
	if (ret_news->definition != NULL)
		row->level = ret_news->level;
	TRY(apply_change(work, change, row, kind, reason, &changed));
	if (changed || row->level != level)
		TRY(clock_row_save(work, change->after, row));
	return NULL;
}

/* A comment alone moves a clock only when it is an agent's answer. */
static bool concerns_clocks(const struct work *work, const struct change *change)
{
	if (change->kind != EVENT_COMMENT)
		return true;
	return change->visibility == VISIBLE_PUBLIC && change_by_agent(work, change);
}

/* Opening hours that change move the due moments of clocks whose records nobody touches. */
static bool changes_hours(const struct model *model, const struct change *change)
{
	const struct field *is_default = type_field(change->type, T("is_default"));
	const struct field *calendar = type_field(change->type, T("calendar"));
	if (change->before == NULL)
		return type_same(change->type, model->calendar) && is_default != NULL &&
		       record_cell(change->after, is_default->position)->kind == CELL_INTEGER &&
		       record_cell(change->after, is_default->position)->integer != 0;
	return type_same(change->type, model->calendar) ||
	       (type_same(change->type, model->service) && calendar != NULL && change->changed[calendar->position]);
}

struct error *clock_follow(struct work *work, const struct change *change)
{
	const struct type *type = change->type;
	if (type->clock_count == 0)
		return type->platform && changes_hours(work->model, change) ? timer_plan_clocks(work) : NULL;
	if (!concerns_clocks(work, change))
		return NULL;
	struct clock_row *rows = arena_new_array(work->arena, struct clock_row, type->clock_count);
	struct clock_news *news = arena_new_array(work->arena, struct clock_news, type->clock_count);
	if (change->before == NULL)
		for (size_t i = 0; i < type->clock_count; i++)
			rows[i].definition = &type->clocks[i];
	else
		TRY(clock_rows_load(work, change->after, &rows));
	for (size_t i = 0; i < type->clock_count; i++)
		TRY(follow_clock(work, change, &rows[i], &news[i]));
	/* Only now, when all rows are written: rules may change the record, and the clocks with it. */
	struct work automatic = automatic_work(work, ORIGIN_TIMER, change->event_id);
	for (size_t i = 0; i < type->clock_count; i++)
		if (news[i].definition != NULL)
			TRY(clock_announce(&automatic, change->after, &news[i]));
	return NULL;
}
