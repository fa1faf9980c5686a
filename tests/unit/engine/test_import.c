/* History from elsewhere: one event per step, at its moment, kept as the source says, and only once. */
#include "desk_time.h"

#define AT(minutes) (INT64_C(1700000000000) + (minutes) * MINUTE_MS)

static struct import_step step_of(struct desk *desk, const char *key, const char *number, moment at, int state, const char *json)
{
	return (struct import_step){
		.at = at,
		.number = text_from(number),
		.state = state,
		.fields = json == NULL ? NULL : desk_json(desk, json),
		.source_key = text_from(key),
	};
}

static struct error *import(struct desk *desk, struct import_step step, enum import_outcome *ret_outcome, struct record **ret_record)
{
	return IN_TX(desk, engine_import(desk->work, desk->incident, &step, ret_outcome, ret_record));
}

static int state(struct desk *desk, const char *name) { return lifecycle_state(desk->incident->lifecycle, text_from(name)); }

DESK_TEST(steps_become_a_history_at_their_moments)
{
	enum import_outcome outcome;
	struct record *record, *then;
	struct event *events;
	size_t count;
	int64_t agent;

	assert_ok(model_find_id(desk->work, desk->model->user, T("agent"), &agent));
	struct import_step first = step_of(desk, "log:1", "INC0000045", AT(0), state(desk, "new"), "{'title': 'x', 'priority': '3'}");
	first.actor_id = agent;
	assert_ok(import(desk, first, &outcome, &record));
	assert_int_equal(outcome, IMPORT_NEW);
	struct import_step second = step_of(desk, "log:2", "INC0000045", AT(30), state(desk, "closed"), "{'team': 'network'}");
	second.notes = desk_json(desk, "{'code': 'c7'}");
	second.comment = T("closed by phone");
	assert_ok(import(desk, second, &outcome, &record));
	assert_int_equal(outcome, IMPORT_CHANGED);
	assert_ok(import(desk, step_of(desk, "log:3", "INC0000045", AT(60), state(desk, "in_progress"), NULL), &outcome, &record));
	struct record *now = desk_reload(desk, record);
	assert_text(record_number(now), "INC0000045");
	assert_text(desk_state(now), "in_progress");
	assert_text(desk_choice(now, "priority"), "3");
	assert_int_equal(now->version, 3);
	assert_int_equal(record_moment(now, FIELD_CREATED_AT), AT(0));
	assert_int_equal(record_moment(now, FIELD_UPDATED_AT), AT(60));
	assert_ok(engine_history(desk->work, now, 0, &events, &count));
	assert_int_equal(count, 3);
	assert_int_equal(events[0].at, AT(0));
	assert_int_equal(events[0].actor_id, agent);
	assert_int_equal(events[0].recorded_at, desk->work->now);
	assert_int_equal(events[1].kind, EVENT_IMPORTED);
	assert_int_equal(events[1].origin, ORIGIN_IMPORT);
	assert_true(text_find(value_get_text(events[1].payload, T("mark")), T("new -> closed")) >= 0);
	assert_text(value_get_text(value_get(events[1].payload, T("notes")), T("code")), "c7");
	assert_true(text_find(value_get_text(events[2].payload, T("mark")), T("closed -> in_progress")) >= 0);
	assert_ok(engine_as_of(desk->work, now, AT(45), &then));
	assert_text(desk_state(then), "closed");
	/* Nothing waits, nobody is told: no timers, no warnings, no notifications. */
	int64_t unread;
	desk_as(desk, "agent");
	assert_ok(engine_notifications_unread(desk->work, &unread));
	assert_int_equal(unread, 0);
}

DESK_TEST(a_step_is_imported_once)
{
	enum import_outcome outcome;
	struct record *record;
	int64_t head;

	assert_ok(import(desk, step_of(desk, "a", "INC0000007", AT(0), -1, "{'title': 'x'}"), &outcome, &record));
	head = sealer_head(desk->sealer);
	assert_ok(import(desk, step_of(desk, "a", "INC0000007", AT(0), -1, "{'title': 'x'}"), &outcome, &record));
	assert_int_equal(outcome, IMPORT_UNCHANGED);
	assert_text(record_number(record), "INC0000007");
	assert_int_equal(sealer_head(desk->sealer), head);
	/* A step that changes nothing but bookkeeping is still an event. */
	assert_ok(import(desk, step_of(desk, "b", "INC0000007", AT(1), -1, "{'title': 'x'}"), &outcome, &record));
	assert_int_equal(outcome, IMPORT_CHANGED);
	assert_int_equal(sealer_head(desk->sealer), head + 1);
}

DESK_TEST(an_imported_number_is_never_given_again)
{
	enum import_outcome outcome;
	struct record *record;

	assert_ok(import(desk, step_of(desk, "a", "INC0000100", AT(0), -1, "{'title': 'x'}"), &outcome, &record));
	desk_as(desk, "agent");
	text next = record_number(desk_incident(desk, "{'title': 'y'}"));
	assert_true(text_compare(next, T("INC0000100")) > 0);
}

DESK_TEST(a_step_without_number_gets_the_next)
{
	enum import_outcome outcome;
	struct record *record, *then;

	struct import_step step = step_of(desk, "a", "", AT(10), -1, "{'title': 'x'}");
	step.created_at = AT(0);
	assert_ok(import(desk, step, &outcome, &record));
	assert_text(record_number(record), "INC0000001");
	assert_int_equal(record_moment(record, FIELD_CREATED_AT), AT(0));
	struct clock *clocks;
	size_t clock_count;
	assert_ok(engine_clocks(desk->work, desk_reload(desk, record), true, &clocks, &clock_count));
	assert_int_equal(clocks[0].started_at, AT(0));
	assert_int_equal(clocks[0].ledger[0].from, AT(0));
	assert_ok(engine_as_of(desk->work, desk_reload(desk, record), AT(11), &then));
	assert_int_equal(record_moment(then, FIELD_CREATED_AT), AT(0));
	/* Types without a pattern need their key. */
	step = step_of(desk, "b", "", AT(0), -1, NULL);
	assert_refused(IN_TX(desk, engine_import(desk->work, desk->model->user, &step, &outcome, &record)), INVALID);
}

DESK_TEST(what_an_import_left_open_stops_no_transition)
{
	enum import_outcome outcome;
	struct record *record, *after;

	assert_ok(import(desk, step_of(desk, "a", "INC0000001", AT(0), -1, NULL), &outcome, &record));
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "start", NULL));
	assert_refused(IN_TX(desk, engine_update(desk->work, desk->incident, T("INC0000001"), 0, desk_json(desk, "{'impact': 'high'}"),
	                                         &after)),
	               INVALID);
	assert_ok(IN_TX(desk, engine_update(desk->work, desk->incident, T("INC0000001"), 0,
	                                    desk_json(desk, "{'impact': 'high', 'title': 'x', 'requester': 'reqa'}"), &after)));
}

DESK_TEST(steps_that_are_refused)
{
	enum import_outcome outcome;
	struct record *record;

	assert_refused(import(desk, step_of(desk, "a", "PRB0000001", AT(0), -1, NULL), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "", "INC0000001", AT(0), -1, NULL), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", MOMENT_UNSET, -1, NULL), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", AT(0), 99, NULL), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", AT(0), -1, "{'service': 'nowhere'}"), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", AT(0), -1, "{'version': 4}"), &outcome, &record), INVALID);
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", AT(0), -1, "{'nothing': 4}"), &outcome, &record), INVALID);
	desk_as(desk, "agent");
	assert_refused(import(desk, step_of(desk, "a", "INC0000001", AT(0), -1, "{'title': 'x'}"), &outcome, &record), FORBIDDEN);
}

DESK_TEST(late_steps_keep_the_order_of_what_happened)
{
	enum import_outcome outcome;
	struct record *record;
	struct event *events;
	size_t count;

	assert_ok(import(desk, step_of(desk, "a", "INC0000001", AT(10), state(desk, "assigned"), "{'title': 'x'}"), &outcome, &record));
	assert_ok(import(desk, step_of(desk, "b", "INC0000001", AT(5), -1, "{'watchers': ['reqa', 'reqb']}"), &outcome, &record));
	assert_int_equal(record_moment(desk_reload(desk, record), FIELD_UPDATED_AT), AT(10));
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	assert_int_equal(events[0].at, AT(5));
	assert_true(text_is_set(value_get_text(events[0].payload, T("mark"))));
	assert_true(text_find(value_get_text(events[1].payload, T("mark")), T("begins as assigned")) >= 0);
}

static struct record *bring(struct desk *desk, const char *key, const char *number, const char *in_state, const char *json)
{
	struct import_step step = step_of(desk, key, number, desk->work->now - HOUR_MS, state(desk, in_state), json);
	enum import_outcome outcome;
	struct record *record;

	assert_ok(import(desk, step, &outcome, &record));
	return record;
}

#define RULES                                                                                                         \
	"  heard: { when: created, then: [{ comment: heard }] }\n"                                                    \
	"  moved: { when: state resolved, then: [{ comment: heard }] }\n"

/* What has happened elsewhere sets nothing off; what is still to come here comes. */
DESK_TEST_WITH(rules_hear_nothing_of_an_import_but_what_is_to_come_comes, RULES)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *open = bring(desk, "k:1", "INC0000071", "new", "{'title': 'a'}");
	struct record *fresh = bring(desk, "k:2", "INC0000072", "resolved", "{'title': 'b', 'resolved_at': '2026-02-27T09:00:00Z'}");
	struct record *old = bring(desk, "k:3", "INC0000073", "resolved", "{'title': 'c', 'resolved_at': '2024-02-27T09:00:00Z'}");
	struct record *over = bring(desk, "k:4", "INC0000074", "resolved", "{'title': 'd', 'resolved_at': '2026-02-27T09:00:00Z'}");
	bring(desk, "k:5", "INC0000074", "closed", "{'title': 'd'}");
	bring(desk, "k:6", "INC0000071", "resolved", NULL);
	desk_until(desk, "2026-03-03T09:00Z");
	assert_text(desk_state(desk_reload(desk, fresh)), "resolved");
	desk_until(desk, "2026-03-20T09:00Z");
	assert_text(desk_state(desk_reload(desk, fresh)), "closed");
	assert_int_equal(desk_events(desk, fresh, EVENT_TRANSITION, "rule", "close_resolved", NULL), 1);
	/* What should have come before it was brought here is history. */
	assert_text(desk_state(desk_reload(desk, old)), "resolved");
	assert_text(desk_state(desk_reload(desk, over)), "closed");
	for (struct record *const *one = (struct record *const[]){ open, fresh, old, over, NULL }; *one != NULL; one++)
		assert_int_equal(desk_events(desk, *one, EVENT_COMMENT, NULL, NULL, NULL), 0);
	assert_int_equal(desk_events(desk, over, EVENT_TRANSITION, NULL, NULL, NULL), 0);
}
