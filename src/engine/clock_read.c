/* Clocks as people and the API see them: computed for now from the ledger, with the explanation that adds up.
 */
#include "engine/time_private.h"

#include "base/buffer.h"
#include "model/calendars.h"

static void fill_clock(const struct clock_row *row, moment now, struct clock *ret_clock)
{
	const struct ledger_entry *last = ledger_last(&row->ledger);
	int64_t elapsed = ledger_elapsed(&row->ledger, &row->calendars, now);
	*ret_clock = (struct clock){
		.definition = row->definition,
		.state = last->kind == LEDGER_RUN     ? CLOCK_RUNNING
			 : last->kind == LEDGER_PAUSE ? CLOCK_PAUSED
						      : CLOCK_STOPPED,
		.breached = row->goal_ms >= 0 && elapsed >= row->goal_ms,
		.goal_ms = row->goal_ms,
		.elapsed_ms = elapsed,
		.started_at = row->started_at,
		.stopped_at = row->stopped_at,
		.due_at = MOMENT_UNSET,
	};
	if (row->goal_ms >= 0 && last->kind != LEDGER_PAUSE)
		ret_clock->due_at = ledger_reaches(&row->ledger, &row->calendars, row->goal_ms);
}

struct error *engine_clocks(struct work *work, struct record *record, bool with_ledger,
			    struct clock **ret_clocks, size_t *ret_count)
{
	const struct type *type = record->type;
	struct clock *clocks = arena_new_array(work->arena, struct clock, type->clock_count);
	size_t count = 0;
	struct clock_row *rows = NULL;
	if (type->clock_count > 0)
		TRY(clock_rows_load(work, record, &rows));
	for (size_t i = 0; i < type->clock_count; i++) {
		struct clock_row *row = &rows[i];
		if (row->id == 0)
			continue;
		struct clock *clock = &clocks[count++];
		TRY(clock_row_calendars(work, row));
		fill_clock(row, work->now, clock);
		TRY(model_calendar_label(work, row->calendar_id, &clock->calendar));
		if (with_ledger)
			TRY(ledger_explain(work->arena, &row->ledger, &row->calendars, work->now,
					   &clock->ledger, &clock->ledger_count));
	}
	*ret_clocks = clocks;
	*ret_count = count;
	return NULL;
}

static size_t find_clock(const struct type *type, text name)
{
	size_t i = 0;
	while (i < type->clock_count && !text_equal(type->clocks[i].name, name))
		i++;
	return i;
}

/* From the row as it was last written: enough for a list, without ledger and calendar. */
static void fill_due(struct rows *rows, moment now, struct clock *ret_clock)
{
	text state = rows_text(rows, 1);
	ret_clock->state = text_equal(state, T("running"))  ? CLOCK_RUNNING
			   : text_equal(state, T("paused")) ? CLOCK_PAUSED
							    : CLOCK_STOPPED;
	ret_clock->goal_ms = rows_is_null(rows, 2) ? -1 : rows_integer(rows, 2);
	ret_clock->started_at = rows_moment(rows, 3);
	ret_clock->stopped_at = rows_moment(rows, 4);
	ret_clock->elapsed_ms = rows_integer(rows, 5);
	ret_clock->due_at = rows_moment(rows, 6);
	/* The row knows what had passed when it was written. Since then at most the time until now has; what is late is late by it. */
	if (ret_clock->state == CLOCK_RUNNING && ret_clock->goal_ms >= 0 && ret_clock->due_at != MOMENT_UNSET)
		ret_clock->elapsed_ms = maximum(ret_clock->elapsed_ms, ret_clock->goal_ms - (ret_clock->due_at - now));
	ret_clock->breached =
	    ret_clock->goal_ms >= 0 && (ret_clock->elapsed_ms >= ret_clock->goal_ms ||
					(ret_clock->state == CLOCK_RUNNING &&
					 ret_clock->due_at != MOMENT_UNSET && ret_clock->due_at <= now));
}

static text id_list(struct arena *arena, struct record *const *records, size_t count)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, 21 * count + 1);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_char(&buffer, ',');
		buffer_integer(&buffer, records[i]->id);
	}
	return buffer_peek(&buffer);
}

/* The record with this id; rows mostly come in the order of the records, so the search begins where the last one ended. */
static size_t find_record(struct record *const *records, size_t count, int64_t id, size_t from)
{
	for (size_t i = 0; i < count; i++, from = from + 1 < count ? from + 1 : 0)
		if (records[from]->id == id)
			return from;
	return count;
}

struct error *engine_clock_dues(struct work *work, const struct type *type, struct record *const *records, size_t count,
				struct clock *ret_clocks)
{
	struct rows *rows;
	size_t at = 0;
	bool more;
	for (size_t i = 0; i < count * type->clock_count; i++)
		ret_clocks[i] = (struct clock){ .state = CLOCK_STOPPED,
						.goal_ms = -1,
						.started_at = MOMENT_UNSET,
						.stopped_at = MOMENT_UNSET,
						.due_at = MOMENT_UNSET };
	if (count == 0 || type->clock_count == 0)
		return NULL;
	TRY(store_query(work->store, work->arena, SQL_CLOCK_STATE_OF_RECORDS,
			CELLS(cell_text(id_list(work->arena, records, count))), &rows));
	TRY(rows_next(rows, &more));
	while (more) {
		size_t clock = find_clock(type, rows_text(rows, 7)), found = find_record(records, count, rows_integer(rows, 0), at);
		if (found < count && clock < type->clock_count) {
			struct clock *one = &ret_clocks[clock * count + found];
			at = found;
			fill_due(rows, work->now, one);
			one->definition = &type->clocks[clock];
		}
		TRY(rows_next(rows, &more));
	}
	return NULL;
}
