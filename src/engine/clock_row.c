/* The rows of the table clock: read, computed from their ledger, written. What a clock does is in clock.c. */
#include "engine/time_private.h"

#include "model/calendars.h"

static const text state_names[] = {
	[LEDGER_RUN] = T("running"), [LEDGER_PAUSE] = T("paused"), [LEDGER_STOP] = T("stopped")
};

static const struct clock_definition *find_definition(const struct type *type, text name)
{
	for (size_t i = 0; i < type->clock_count; i++)
		if (text_equal(type->clocks[i].name, name))
			return &type->clocks[i];
	return NULL;
}

/* Columns as in the statements clock_of_record and clock_take. */
static struct error *read_row(struct work *work, struct rows *rows, const struct clock_definition *definition,
			      struct clock_row *ret_row)
{
	struct clock_row row = {
		.id = rows_integer(rows, 0),
		.definition = definition,
		.goal_ms = rows_is_null(rows, 2) ? -1 : rows_integer(rows, 2),
		.calendar_id = rows_integer(rows, 3),
		.started_at = rows_moment(rows, 4),
		.stopped_at = rows_moment(rows, 5),
		.elapsed_ms = rows_integer(rows, 6),
		.due_at = rows_moment(rows, 7),
		.wake_at = rows_moment(rows, 8),
		.level = (int)rows_integer(rows, 9),
	};
	TRY(ledger_parse(work->arena, rows_text_copy(rows, work->arena, 10), &row.ledger));
	*ret_row = row;
	return NULL;
}

struct error *clock_rows_load(struct work *work, const struct record *record, struct clock_row **ret_rows)
{
	const struct type *type = record->type;
	struct clock_row *list = arena_new_array(work->arena, struct clock_row, type->clock_count);
	for (size_t i = 0; i < type->clock_count; i++)
		list[i].definition = &type->clocks[i];
	struct rows *rows;
	bool more;
	TRY(store_query(work->store, work->arena, SQL_CLOCK_OF_RECORD, CELLS(cell_integer(record->id)),
			&rows));
	TRY(rows_next(rows, &more));
	while (more) {
		const struct clock_definition *definition = find_definition(type, rows_text(rows, 1));
		if (definition != NULL)
			TRY(read_row(work, rows, definition, &list[definition - type->clocks]));
		TRY(rows_next(rows, &more));
	}
	*ret_rows = list;
	return NULL;
}

struct error *clock_row_load(struct work *work, const struct record *record, int64_t id,
			     struct clock_row **ret_row)
{
	struct clock_row *row = NULL;
	struct rows *rows;
	bool more;
	TRY(store_query(work->store, work->arena, SQL_CLOCK_TAKE, CELLS(cell_integer(id)), &rows));
	TRY(rows_next(rows, &more));
	const struct clock_definition *definition =
	    more ? find_definition(record->type, rows_text(rows, 1)) : NULL;
	if (definition != NULL) {
		row = arena_new_struct(work->arena, struct clock_row);
		TRY(read_row(work, rows, definition, row));
	}
	rows_close(rows);
	*ret_row = row;
	return NULL;
}

static struct error *add_calendar(struct work *work, struct ledger_calendars *list, int64_t id)
{
	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].id == id)
			return NULL;
	const struct calendar *calendar;
	TRY(model_calendar(work, id, &calendar));
	arena_make_room(work->arena, list->items, list->count, list->capacity);
	list->items[list->count++] = (struct ledger_calendar){ id, calendar };
	return NULL;
}

struct error *clock_row_calendars(struct work *work, struct clock_row *row)
{
	TRY(add_calendar(work, &row->calendars, row->calendar_id));
	for (size_t i = 0; i < row->ledger.count; i++)
		TRY(add_calendar(work, &row->calendars, row->ledger.items[i].calendar_id));
	return NULL;
}

static int64_t level_ms(int64_t goal_ms, int level)
{
	/* Not goal * level / 100: a goal of years times 100 stays far inside int64, but a definition may say
	 * anything. */
	return goal_ms / 100 * level + goal_ms % 100 * level / 100;
}

int clock_level_reached(const struct clock_definition *definition, int64_t goal_ms, int64_t elapsed_ms)
{
	int reached = 0;
	if (goal_ms < 0)
		return 0;
	for (size_t i = 0; i < definition->warn_count; i++)
		if (elapsed_ms >= level_ms(goal_ms, definition->warn_percent[i]))
			reached = maximum(reached, definition->warn_percent[i]);
	return elapsed_ms >= goal_ms ? maximum(reached, CLOCK_LEVEL_BREACH) : reached;
}

/* The lowest level above `level`, 0 when nothing is to come. */
static int next_level(const struct clock_definition *definition, int level)
{
	int next = level < CLOCK_LEVEL_BREACH ? CLOCK_LEVEL_BREACH : 0;
	for (size_t i = 0; i < definition->warn_count; i++) {
		int percent = definition->warn_percent[i];
		if (percent > level && (next == 0 || percent < next))
			next = percent;
	}
	return next;
}

void clock_row_plan(struct clock_row *row, moment at, bool quiet)
{
	const struct ledger_entry *last = ledger_last(&row->ledger);
	row->elapsed_ms = ledger_elapsed(&row->ledger, &row->calendars, at);
	row->due_at = row->wake_at = MOMENT_UNSET;
	if (last == NULL || row->goal_ms < 0 || last->kind == LEDGER_PAUSE)
		return;
	row->due_at = ledger_reaches(&row->ledger, &row->calendars, row->goal_ms);
	int next = next_level(row->definition, row->level);
	if (last->kind != LEDGER_RUN || quiet || next == 0)
		return;
	row->wake_at = next == CLOCK_LEVEL_BREACH
			   ? row->due_at
			   : ledger_reaches(&row->ledger, &row->calendars, level_ms(row->goal_ms, next));
}

struct error *clock_row_save(struct work *work, const struct record *record, struct clock_row *row)
{
	struct cell state = cell_text(state_names[ledger_last(&row->ledger)->kind]);
	struct cell goal = row->goal_ms < 0 ? cell_null() : cell_integer(row->goal_ms);
	struct cell ledger = cell_text(ledger_text(work->arena, &row->ledger));
	if (row->id != 0)
		return store_run(work->store, work->arena, SQL_CLOCK_UPDATE,
				 CELLS(cell_integer(row->id), state, goal, cell_id(row->calendar_id),
				       cell_moment(row->stopped_at), cell_integer(row->elapsed_ms),
				       cell_moment(row->due_at), cell_moment(row->wake_at),
				       cell_integer(row->level), ledger),
				 NULL);
	return store_run(work->store, work->arena, SQL_CLOCK_INSERT,
			 CELLS(cell_integer(record->id), cell_text(record->type->name),
			       cell_text(row->definition->name), state, goal, cell_id(row->calendar_id),
			       cell_moment(row->started_at), cell_moment(row->stopped_at),
			       cell_integer(row->elapsed_ms), cell_moment(row->due_at),
			       cell_moment(row->wake_at), cell_integer(row->level), ledger),
			 NULL);
}

struct error *clock_row_terms(struct work *work, struct record *record, struct clock_row *row)
{
	const struct clock_definition *definition = row->definition;
	const struct calendar *calendar;
	row->goal_ms = -1;
	for (size_t i = 0; i < definition->goal_count; i++) {
		bool holds;
		TRY(rule_holds(work, definition->goals[i].when, record, &holds));
		if (holds) {
			row->goal_ms = definition->goals[i].goal_ms;
			break;
		}
	}
	TRY(model_calendar_of(work, record, definition->calendar_path_field, &row->calendar_id, &calendar));
	return clock_row_calendars(work, row);
}
