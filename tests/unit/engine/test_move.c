/* A record goes on as the newest version of its definition: state, clocks and timers follow; one event says so; no rule runs. */
#include "desk_time.h"

#define RIGHTS "rights:\n  agent: { read: always, create: always, update: always, history: always }\n"
#define FIRST_BUT_RIGHTS                                                                                         \
	"practice: Tests\npurpose: A thing that moves.\n"                                                        \
	"type: { name: thing, extends: task, number: \"THI{000}\", title: title }\n"                             \
	"lifecycle:\n  states: { open: { group: open }, looked: { group: open }, shut: { group: closed } }\n"    \
	"  transitions:\n    look: { from: open, to: looked, by: agent }\n"                                      \
	"    shut: { from: [open, looked], to: shut, by: [agent, timer] }\n"                                     \
	"clocks:\n  answer: { start: created, stop: [state looked, state shut], goals: [{ goal: 4h }] }\n"       \
	"  whole: { start: created, stop: [state shut], goals: [{ goal: 8h }] }\n"                               \
	"automation:\n  tidy: { when: 9 working days after created_at, if: state = open, then: [transition: shut] }\n"
#define FIRST FIRST_BUT_RIGHTS RIGHTS
/* Another way: looked is gone, whole has another goal, answer is gone, later is new; tidy is gone, sweep is new. */
#define SECOND                                                                                                   \
	"practice: Tests\npurpose: A thing that moves.\n"                                                        \
	"type: { name: thing, extends: task, number: \"THI{000}\", title: title }\n"                             \
	"lifecycle:\n  states: { open: { group: open }, weighed: { group: open }, shut: { group: closed } }\n"   \
	"  transitions:\n    weigh: { from: open, to: weighed, by: agent }\n"                                    \
	"    shut: { from: [open, weighed], to: shut, by: [agent, timer] }\n"                                    \
	"clocks:\n  whole: { start: created, stop: [state shut], goals: [{ goal: 16h }] }\n"                     \
	"  later: { start: created, stop: [state shut], goals: [{ goal: 40h }] }\n"                              \
	"automation:\n  sweep: { when: 20 working days after created_at, if: state = open, then: [transition: shut] }\n" \
	"  never: { when: state weighed, then: [{ comment: \"weighed by a rule\", visibility: internal }] }\n"   \
	RIGHTS

static void publish(struct desk *desk, const char *source)
{
	struct definition_source *sources;
	struct model *before, *model;
	struct schema_plan plan;
	size_t count;

	model_embedded_sources(desk->arena, &sources, &count);
	sources = arena_grow(desk->arena, sources, count * sizeof(*sources), (count + 1) * sizeof(*sources));
	sources[count++] = (struct definition_source){ T("zz_test.yaml"), text_from(source) };
	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(schema_load(desk->arena, desk->store, &before));
	assert_ok(schema_propose(desk->arena, desk->store, sources, count, &model));
	assert_ok(schema_plan(desk->arena, desk->store, before, model, &plan));
	assert_ok(plan.refused);
	assert_ok(schema_apply(desk->work, model, &plan));
	assert_ok(store_commit(desk->store, desk->arena));
	model_free(before);
	model_free(model);
	model_free(desk->model);
	assert_ok(schema_load(desk->arena, desk->store, &desk->model));
	desk->work->model = desk->model;
	desk->generation++;
	record_cache_reset(desk->work->cache);
}

static struct record *thing(struct desk *desk, int64_t id)
{
	struct record *record;

	record_cache_reset(desk->work->cache);
	assert_ok(model_load_fresh(desk->work, model_type(desk->model, T("thing")), id, &record));
	return record;
}

static int64_t number(struct desk *desk, const char *sql, int64_t id)
{
	struct rows *rows;
	int64_t found;
	bool row;

	assert_ok(store_query_text(desk->store, desk->arena, text_from(sql), CELLS(cell_integer(id)), &rows));
	assert_ok(rows_next(rows, &row));
	found = row ? rows_integer(rows, 0) : -1;
	rows_close(rows);
	return found;
}

static const struct migration_step move_looked = {
	.kind = MIGRATION_MOVE, .type = { "thing", 5 }, .from = 1,
	.states = &(struct migration_state){ { "looked", 6 }, { "weighed", 7 } }, .state_count = 1,
};
static const struct migration_step move_plain = { .kind = MIGRATION_MOVE, .type = { "thing", 5 }, .from = 1 };

DESK_TEST_WITH(a_record_moves_with_its_clocks_and_timers, FIRST)
{
	struct record *record = desk_create(desk, model_type(desk->model, T("thing")), "{'title':'one','requester':'reqa'}");
	struct clock *clocks;
	struct event *events;
	size_t count;
	bool moved;

	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "look", NULL));
	desk_as(desk, NULL);
	int64_t id = record->id;
	assert_int_equal(number(desk, "SELECT count(*) FROM timer WHERE record_id = $1 AND name = 'tidy'", id), 0); /* looked: it may not apply */
	publish(desk, SECOND);
	const struct type *type = model_type(desk->model, T("thing"));
	assert_int_equal(thing(desk, id)->type->variant_count, 0);
	assert_ptr_not_equal(thing(desk, id)->type, type);
	/* Without a word for its state it stays. */
	struct error *error = IN_TX(desk, engine_move(desk->work, type, id, &move_plain, &moved));
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_CONFLICT);
	assert_text(error->hint, "say in the move where it goes: states: { looked: STATE }");
	assert_ok(IN_TX(desk, engine_move(desk->work, type, id, &move_looked, &moved)));
	assert_true(moved);
	record = thing(desk, id);
	assert_ptr_equal(record->type, type);
	assert_text(desk_state(record), "weighed");
	assert_ok(engine_clocks(desk->work, record, false, &clocks, &count));
	assert_int_equal(count, 2);
	for (size_t i = 0; i < count; i++) {
		bool whole = text_equal(clocks[i].definition->name, T("whole"));
		assert_int_equal(clocks[i].state, CLOCK_RUNNING);
		assert_int_equal(clocks[i].goal_ms, (whole ? 16 : 40) * HOUR_MS);
	}
	assert_int_equal(number(desk, "SELECT count(*) FROM clock WHERE record_id = $1 AND name = 'answer' AND stopped_at IS NOT NULL AND wake_at IS NULL", id), 1);
	/* One event, and no rule heard of the state. */
	assert_ok(engine_history(desk->work, record, 0, &events, &count));
	size_t moves = 0;
	for (size_t i = 0; i < count; i++) {
		moves += events[i].kind == EVENT_MOVED;
		assert_int_not_equal(events[i].kind, EVENT_COMMENT);
	}
	assert_int_equal(moves, 1);
	assert_int_equal(value_get_integer(events[count - 1].payload, T("to_version"), 0), 2);
	/* A second time there is nothing to move. */
	assert_ok(IN_TX(desk, engine_move(desk->work, type, id, &move_looked, &moved)));
	assert_false(moved);
	struct verify_report report = { 0 };
	assert_ok(engine_verify_records(desk->work, &report, NULL, NULL));
}

DESK_TEST_WITH(timers_follow_the_move, FIRST)
{
	struct record *record = desk_create(desk, model_type(desk->model, T("thing")), "{'title':'one','requester':'reqa'}");
	int64_t id = record->id;
	bool moved;

	assert_int_equal(number(desk, "SELECT count(*) FROM timer WHERE record_id = $1 AND name = 'tidy'", id), 1);
	publish(desk, SECOND);
	assert_ok(IN_TX(desk, engine_move(desk->work, model_type(desk->model, T("thing")), id, &move_plain, &moved)));
	assert_true(moved);
	assert_int_equal(number(desk, "SELECT count(*) FROM timer WHERE record_id = $1 AND name = 'tidy'", id), 0);
	assert_int_equal(number(desk, "SELECT count(*) FROM timer WHERE record_id = $1 AND name = 'sweep'", id), 1);
}

DESK_TEST_WITH(versions_that_nobody_runs_on_go_when_all_have_moved, FIRST)
{
	struct record *record = desk_create(desk, model_type(desk->model, T("thing")), "{'title':'one','requester':'reqa'}");
	int64_t id = record->id;
	bool moved, changed;

	publish(desk, SECOND);
	assert_int_equal(model_type(desk->model, T("thing"))->variant_count, 1);
	assert_int_equal(model_type(desk->model, T("thing"))->lifecycle->state_count, 4);
	assert_ok(IN_TX(desk, engine_move(desk->work, model_type(desk->model, T("thing")), id, &move_plain, &moved)));
	assert_ok(IN_TX(desk, schema_settle(desk->work, &changed)));
	assert_true(changed);
	model_free(desk->model);
	assert_ok(schema_load(desk->arena, desk->store, &desk->model));
	desk->work->model = desk->model;
	assert_int_equal(model_type(desk->model, T("thing"))->variant_count, 0);
	assert_int_equal(model_type(desk->model, T("thing"))->lifecycle->state_count, 3);
	assert_text(desk_state(thing(desk, id)), "open");
}

#define OLD_RULES                                                                                                \
	FIRST_BUT_RIGHTS                                                                                         \
	"  heard: { when: state looked, then: [{ comment: looked at }] }\n"                                      \
	"  nudge: { when: every day at 07:00, if: state = looked, then: [{ comment: first }] }\n"                \
	"  greet: { when: every day at 07:00, if: state = looked, then: [{ comment: old greeting }] }\n"         \
	RIGHTS
#define NEW_RULES                                                                                                \
	FIRST_BUT_RIGHTS                                                                                         \
	"  heard: { when: state looked, then: [{ comment: looked at anew }] }\n"                                 \
	"  greet: { when: every day at 07:00, if: state = open, then: [{ comment: new greeting }] }\n"           \
	RIGHTS

static size_t said(struct desk *desk, int64_t id, const char *words)
{
	return desk_events(desk, thing(desk, id), EVENT_COMMENT, "comment", words, NULL);
}

/* Whoever runs on an older version keeps its rules, also those of every day that the newest has no more, or has otherwise. */
DESK_TEST_WITH(an_older_version_keeps_its_rules, OLD_RULES)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	int64_t old = desk_create(desk, model_type(desk->model, T("thing")), "{'title':'old','requester':'reqa'}")->id;
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	publish(desk, NEW_RULES);
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	int64_t new = desk_create(desk, model_type(desk->model, T("thing")), "{'title':'new','requester':'reqa'}")->id;
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, thing(desk, old), "look", NULL));
	desk_as(desk, NULL);
	assert_int_equal(said(desk, old, "looked at"), 1);
	assert_int_equal(said(desk, old, "looked at anew"), 0);
	desk_until(desk, "2026-03-04T08:00Z");
	assert_int_equal(said(desk, old, "first"), 2);
	assert_int_equal(said(desk, old, "old greeting"), 2);
	assert_int_equal(said(desk, old, "new greeting"), 0);
	assert_int_equal(said(desk, new, "new greeting"), 2);
	assert_int_equal(said(desk, new, "old greeting"), 0);
	/* On the newest it follows the newest. */
	bool moved;
	assert_ok(IN_TX(desk, engine_move(desk->work, model_type(desk->model, T("thing")), old, &move_plain, &moved)));
	assert_true(moved);
	desk_until(desk, "2026-03-06T08:00Z");
	assert_int_equal(said(desk, old, "first"), 2);
	assert_int_equal(said(desk, old, "old greeting"), 2);
	assert_int_equal(said(desk, new, "new greeting"), 4);
}
