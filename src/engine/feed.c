/* The log in the order of its seals: for live pages and API clients (by today's rights), and for readers such as search (all). */
#include "engine/engine_private.h"

#include "base/limits.h"

/* `statement` says whether payloads leave the log: event_feed has them, event_feed_bare has not. */
static struct error *read_feed(struct work *work, enum sql_name statement, int64_t since, size_t limit, struct event **ret_events,
                               size_t *ret_count)
{
	struct event *events = arena_new_array(work->arena, struct event, limit + 1);
	size_t count = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, statement, CELLS(cell_integer(since), cell_integer((int64_t)limit)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		TRY(event_read(work, rows, &events[count++]));
	}
	*ret_events = events;
	*ret_count = count;
	return NULL;
}

static struct error *may_know(struct work *work, const struct event *event, bool *ret_may)
{
	struct record *record;
	bool is_private = event->visibility == VISIBLE_INTERNAL && event->kind != EVENT_TRANSITION && event->kind != EVENT_CREATED &&
	                  event->kind != EVENT_UPDATED && event->kind != EVENT_IMPORTED && event->kind != EVENT_MOVED;

	*ret_may = false;
	if (event->type == NULL || event->kind == EVENT_NOTIFIED)
		return NULL;
	struct error *error = model_load(work, event->type, event->record_id, &record);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	return access_may(work, is_private ? RIGHT_NOTE : RIGHT_READ, event->type, record, ret_may);
}

struct error *engine_feed(struct work *work, int64_t since, size_t limit, struct event **ret_events, size_t *ret_count,
                          int64_t *ret_last_seq)
{
	size_t count, shown = 0;
	struct event *events;
	bool may;

	*ret_last_seq = since;
	TRY(read_feed(work, SQL_EVENT_FEED_BARE, since, LIMIT_FEED_SCAN, &events, &count));
	for (size_t i = 0; i < count && shown < limit; i++) {
		TRY(may_know(work, &events[i], &may));
		*ret_last_seq = events[i].seq;
		if (may)
			events[shown++] = events[i];
	}
	*ret_events = events;
	*ret_count = shown;
	return NULL;
}

struct error *engine_feed_all(struct work *work, int64_t since, size_t limit, struct event **ret_events, size_t *ret_count)
{
	return read_feed(work, SQL_EVENT_FEED, since, limit, ret_events, ret_count);
}
