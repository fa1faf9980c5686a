/* Clocks whose warning or breach has come, and clocks whose opening hours have changed: what the time does to
 * them, not a person. */
#include "engine/time_private.h"

/* Clocks planned anew by one job of the lane: each costs about 60 us. */
#define REPLAN_CLOCKS 20

/* The record of a clock, locked; *ret_record NULL when it is no more. */
static struct error *lock_record_of(struct work *work, int64_t clock_id, struct record **ret_record)
{
	struct rows *rows;
	bool found;
	*ret_record = NULL;
	TRY(store_query(work->store, work->arena, SQL_CLOCK_PLACE, CELLS(cell_integer(clock_id)), &rows));
	TRY(rows_next(rows, &found));
	if (!found)
		return NULL;
	int64_t record_id = rows_integer(rows, 0);
	const struct type *type = model_type(work->model, rows_text(rows, 1));
	rows_close(rows);
	if (type == NULL)
		return NULL;
	return model_lock(work, type, record_id, ret_record);
}

struct error *clock_wake(struct work *work, int64_t id)
{
	struct record *record;
	struct clock_row *row;
	/* The record first, as every change does: two nodes, or a person and the time, never wait for each
	 * other crosswise. */
	TRY(lock_record_of(work, id, &record));
	if (record == NULL)
		return NULL;
	TRY(clock_row_load(work, record, id, &row));
	if (row == NULL)
		return store_run(work->store, work->arena, SQL_CLOCK_DELAY,
				 CELLS(cell_integer(id), cell_null()), NULL);
	if (row->wake_at == MOMENT_UNSET || row->wake_at > work->now)
		return NULL;
	TRY(clock_row_calendars(work, row));
	int64_t elapsed = ledger_elapsed(&row->ledger, &row->calendars, work->now);
	int reached = clock_level_reached(row->definition, row->goal_ms, elapsed);
	struct clock_news news = { NULL, 0, 0, 0 };
	/* When several levels went by at once (the server was off), only the highest is worth saying. */
	if (reached > row->level) {
		news = (struct clock_news){ row->definition, reached, row->goal_ms, row->due_at };
		row->level = reached;
	}
	clock_row_plan(row, work->now, false);
	TRY(clock_row_save(work, record, row));
	return news.definition == NULL ? NULL : clock_announce(work, record, &news);
}

static struct error *replan_clock(struct work *work, int64_t id)
{
	struct record *record;
	struct clock_row *row;
	TRY(lock_record_of(work, id, &record));
	if (record == NULL)
		return NULL;
	TRY(clock_row_load(work, record, id, &row));
	const struct ledger_entry *last = row == NULL ? NULL : ledger_last(&row->ledger);
	if (last == NULL || last->kind == LEDGER_STOP)
		return NULL;
	/* Imported clocks sleep until somebody works on their record. */
	bool quiet = last->kind == LEDGER_RUN && row->due_at != MOMENT_UNSET &&
		     row->wake_at == MOMENT_UNSET && row->level < CLOCK_LEVEL_BREACH;
	enum ledger_kind kind = last->kind;
	text reason = last->reason;
	TRY(clock_row_terms(work, record, row));
	ledger_set(work->arena, &row->ledger, work->now, kind, row->calendar_id, reason);
	clock_row_plan(row, work->now, quiet);
	return clock_row_save(work, record, row);
}

struct error *clock_replan_some(struct work *work, int64_t after_id, int64_t *ret_last_id)
{
	int64_t ids[REPLAN_CLOCKS];
	size_t count = 0;
	struct rows *rows;
	bool more;
	TRY(store_query(work->store, work->arena, SQL_CLOCK_OPEN_AFTER,
			CELLS(cell_integer(after_id), cell_integer(REPLAN_CLOCKS)), &rows));
	TRY(rows_next(rows, &more));
	while (more && count < REPLAN_CLOCKS) {
		ids[count++] = rows_integer(rows, 0);
		TRY(rows_next(rows, &more));
	}
	for (size_t i = 0; i < count; i++)
		TRY(replan_clock(work, ids[i]));
	*ret_last_id = count < REPLAN_CLOCKS ? 0 : ids[count - 1];
	return NULL;
}
