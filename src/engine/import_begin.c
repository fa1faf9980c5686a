/*
 * What an import has left in a state that asks for an approval or has tasks: the history of it was read in without asking anybody, but
 * a record that stands there now waits for people, and they must know. Asked when the import is over, because only then it is known
 * where a record with many rows has ended.
 */
#include "engine/approval_private.h"
#include "engine/task_private.h"

/* So far back the last step into the state is looked for: an import writes one event for each row. */
#define BACK_EVENTS 50

static bool has_approval_in(const struct type *type, size_t state)
{
	for (size_t i = 0; i < type->approval_count; i++)
		if (state_in(type->approvals[i].states, state))
			return true;
	return false;
}

/* The last step that changed the state was an import's. *ret_event is that step's. */
static struct error *entered_by_import(struct work *work, const struct record *record, bool *ret_entered, int64_t *ret_event)
{
	struct rows *rows;
	bool row;

	*ret_entered = false;
	TRY(store_query(work->store, work->arena, SQL_EVENT_OF_RECORD_NEWEST, CELLS(cell_integer(record->id), cell_integer(BACK_EVENTS)),
	                &rows));
	for (;;) {
		struct event event;

		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		TRY(event_read(work, rows, &event));
		if (value_get(value_get(event.payload, T("changes")), T("state")) == NULL && event.kind != EVENT_CREATED)
			continue;
		*ret_entered = event.kind == EVENT_IMPORTED;
		*ret_event = event.id;
		rows_close(rows);
		return NULL;
	}
}

/* Still, or since that event. */
static struct error *was_asked(struct work *work, const struct record *record, int64_t event_id, bool *ret_asked)
{
	struct round *rounds;
	size_t count;

	*ret_asked = false;
	TRY(rounds_load(work, record, &rounds, &count));
	for (size_t i = 0; i < count; i++)
		*ret_asked = *ret_asked || rounds[i].state == APPROVAL_ASKED || rounds[i].event_id >= event_id;
	return NULL;
}

struct error *engine_import_begin(struct work *work, const struct type *type, int64_t id, bool *ret_begun)
{
	struct work automatic;
	struct record *record;
	int64_t event_id = 0;
	bool entered, asks, works;

	*ret_begun = false;
	TRY(access_require(work, RIGHT_IMPORT, type, NULL));
	TRY(model_lock(work, type, id, &record));
	if (record_state(record) < 0)
		return NULL;
	asks = has_approval_in(record->type, (size_t)record_state(record));
	works = record->type->tasks != NULL && task_type(work) != NULL && state_in(record->type->tasks->states, (size_t)record_state(record));
	if (!asks && !works)
		return NULL;
	TRY(entered_by_import(work, record, &entered, &event_id));
	if (!entered)
		return NULL;
	automatic = automatic_work(work, ORIGIN_AUTOMATION, event_id);
	if (works)
		TRY(tasks_begin(&automatic, record, ret_begun));
	if (!asks || !has_approval_in(record->type, (size_t)record_state(record)))
		return NULL;
	TRY(was_asked(&automatic, record, event_id, &asks));
	if (asks)
		return NULL;
	*ret_begun = true;
	return approval_ask_in_state(&automatic, record, event_id);
}
