/*
 * A record goes on as the newest version of its definition: its state by name or by a map, one event, its clocks and timers carried
 * over where the newest version knows them, and stopped where it does not. No rule runs: nothing happened to the record itself.
 */
#include "engine/time_private.h"

static bool has_clock(const struct type *type, text name)
{
	for (size_t i = 0; i < type->clock_count; i++)
		if (text_equal(type->clocks[i].name, name))
			return true;
	return false;
}

/* Clocks that the newest version does not have stop now; their ledger stays. */
static struct error *stop_clocks(struct work *work, struct record *before, const struct type *newest)
{
	struct clock_row *rows;

	if (before->type->clock_count == 0)
		return NULL;
	TRY(clock_rows_load(work, before, &rows));
	for (size_t i = 0; i < before->type->clock_count; i++) {
		struct clock_row *row = &rows[i];

		if (row->id == 0 || has_clock(newest, row->definition->name) || row->stopped_at != MOMENT_UNSET)
			continue;
		TRY(clock_row_calendars(work, row));
		(void)ledger_set(work->arena, &row->ledger, work->now, LEDGER_STOP, row->calendar_id, TEXT_UNSET);
		row->stopped_at = work->now;
		clock_row_plan(row, work->now, true);
		TRY(clock_row_save(work, before, row));
	}
	return NULL;
}

static struct error *journal_move(struct work *work, const struct record *before, const struct record *after, const bool *changed,
                                  int64_t *ret_event)
{
	struct event *event = event_new(work, after, EVENT_MOVED);

	event->visibility = VISIBLE_INTERNAL;
	value_set_integer(work->arena, event->payload, T("from_version"), before->definition);
	value_set_integer(work->arena, event->payload, T("to_version"), after->definition);
	TRY(event_add_changes(work, event, before, after, changed));
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

static struct error *target_state(struct work *work, const struct record *record, const struct migration_step *move,
                                  struct cell *ret_state)
{
	int state = record_state(record), to;

	*ret_state = cell_null();
	if (type_newest(record->type)->lifecycle == NULL)
		return NULL;
	to = state < 0 ? (int)type_newest(record->type)->lifecycle->initial :
	                 schema_move_state(move, record->type, record->type->lifecycle->states[state].name);
	if (to < 0)
		return error_hint(work->arena,
		                  error_new(work->arena, ERROR_CONFLICT, "%.*s is '%.*s', which its newest version does not have",
		                            TEXT_ARG(record_number(record)), TEXT_ARG(record->type->lifecycle->states[state].name)),
		                  "say in the move where it goes: states: { %.*s: STATE }",
		                  TEXT_ARG(record->type->lifecycle->states[state].name));
	*ret_state = cell_integer(to);
	return NULL;
}

/* What it was made from may be called otherwise, or be nothing any more: its tasks are those of its type then. */
static void move_model(const struct migration_step *move, struct record *record, bool *changed)
{
	ptrdiff_t field = record->type->model_field;
	text name, to;

	if (field < 0 || record->cells[field].kind != CELL_TEXT)
		return;
	name = record->cells[field].text;
	to = schema_move_model(move, name);
	changed[field] = !text_equal(to, name);
	if (changed[field])
		record->cells[field] = text_equal(to, T("none")) ? cell_null() : cell_text(to);
}

struct error *engine_move(struct work *work, const struct type *type, int64_t id, const struct migration_step *move, bool *ret_moved)
{
	bool *changed = arena_new_array(work->arena, bool, type->field_count);
	struct record *record, *before;
	struct cell state;

	TRY(model_lock(work, type, id, &record));
	*ret_moved = record->definition != type_newest(type)->definition && (move->from == 0 || move->from == record->definition);
	if (!*ret_moved)
		return NULL;
	TRY(target_state(work, record, move, &state));
	before = record_copy(work->arena, record);
	changed[FIELD_STATE] = !cell_equal(&record->cells[FIELD_STATE], &state);
	record->cells[FIELD_STATE] = state;
	move_model(move, record, changed);
	record->cells[FIELD_UPDATED_AT] = cell_moment(work->now);
	record->cells[FIELD_UPDATED_BY] = cell_id(work->actor->id);
	changed[FIELD_UPDATED_AT] = changed[FIELD_UPDATED_BY] = true;
	TRY(model_set_definition(work, record));
	TRY(model_update(work, record, changed));
	struct change change = { .type = record->type, .before = before, .after = record, .changed = changed, .kind = EVENT_MOVED,
		                 .actor_id = work->actor->id, .at = work->now };
	TRY(journal_move(work, before, record, changed, &change.event_id));
	TRY(stop_clocks(work, before, record->type));
	TRY(timers_move(work, &change));
	return engine_follow(work, &change);
}
