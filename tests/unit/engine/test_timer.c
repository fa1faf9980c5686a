/* Timers: they come in working time, move and go with their field, are shared between nodes, and one that
 * fails is in nobody's way. */
#include "desk_time.h"

#include <pthread.h>
#include <unistd.h>

#define OFFICE "mon-fri 08:00-17:00"

static struct record *resolved_incident(struct desk *desk)
{
	desk_jump(desk, "2026-03-05T15:00Z"); /* a Thursday */
	desk_service(desk, "office", OFFICE, "UTC");
	desk_as(desk, "agent");
	struct record *record =
	    desk_incident(desk, "{'title': 'Mail is down', 'service': 'office', 'requester': 'reqa'}");
	assert_ok(
	    desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'restarted'}"));
	return record;
}

DESK_TEST(a_resolved_record_closes_after_five_working_days)
{
	struct record *record = resolved_incident(desk);
	struct event last;
	desk_until(desk, "2026-03-12T14:59Z");
	assert_text(desk_state(desk_reload(desk, record)), "resolved");
	desk_until(desk, "2026-03-12T15:00Z");
	assert_text(desk_state(desk_reload(desk, record)), "closed");
	assert_int_equal(desk_events(desk, record, EVENT_TRANSITION, "transition", "close", &last), 1);
	assert_text(value_get_text(last.payload, T("rule")), "close_resolved");
	assert_int_equal(last.origin, ORIGIN_TIMER);
	assert_int_equal(last.actor_id, 0);
	struct event cause;
	desk_events(desk, record, EVENT_TRANSITION, "transition", "resolve", &cause);
	assert_int_equal(last.cause_id, cause.id);
}

DESK_TEST(reopening_takes_the_timer_back_and_resolving_again_counts_anew)
{
	struct record *record = resolved_incident(desk);
	desk_until(desk, "2026-03-10T09:00Z");
	desk_as(desk, "reqa");
	assert_ok(desk_take(desk, record, "reopen", "{'comment': 'again'}"));
	desk_until(desk, "2026-03-20T09:00Z");
	assert_text(desk_state(desk_reload(desk, record)), "in_progress");
	desk_as(desk, "agent");
	assert_ok(
	    desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'replaced'}"));
	desk_until(desk, "2026-03-27T08:59Z");
	assert_text(desk_state(desk_reload(desk, record)), "resolved");
	desk_until(desk, "2026-03-27T09:00Z");
	assert_text(desk_state(desk_reload(desk, record)), "closed");
}

DESK_TEST(a_requester_may_reopen_within_five_working_days_only)
{
	struct record *record = resolved_incident(desk);
	desk_jump(desk, "2026-03-12T14:59Z");
	desk_as(desk, "reqa");
	assert_ok(desk_take(desk, record, "reopen", "{'comment': 'again'}"));
	desk_as(desk, "agent");
	assert_ok(
	    desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'replaced'}"));
	desk_jump(desk, "2026-03-19T15:01Z"); /* the timer did not come */
	desk_as(desk, "reqa");
	assert_refused(desk_take(desk, record, "reopen", "{'comment': 'again'}"), CONFLICT);
}

DESK_TEST(an_answer_reopens_within_the_window_and_makes_a_linked_incident_after_it)
{
	struct record *record = resolved_incident(desk);
	desk_until(desk, "2026-03-06T09:00Z");
	desk_as(desk, "reqa");
	desk_say(desk, record, "it is down again", VISIBLE_PUBLIC);
	assert_text(desk_state(desk_reload(desk, record)), "in_progress");
	desk_as(desk, "agent");
	assert_ok(
	    desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'replaced'}"));
	desk_until(desk, "2026-03-20T09:00Z");
	desk_as(desk, "reqa");
	desk_say(desk, record, "and again", VISIBLE_PUBLIC);
	assert_text(desk_state(desk_reload(desk, record)), "closed");
	struct record_link *links;
	size_t count;
	desk_as(desk, NULL);
	assert_ok(engine_links(desk->work, desk_reload(desk, record), &links, &count));
	assert_int_equal(count, 1);
	struct record *next;
	assert_ok(model_load_fresh(desk->work, desk->incident, links[0].other_id, &next));
	assert_text(record_title(next), "Mail is down");
	assert_text(desk_state(next), "new");
	assert_int_equal(desk_cell(next, "requester")->integer, desk_cell(record, "requester")->integer);
	assert_int_equal(desk_events(desk, next, EVENT_CREATED, "comment", "and again", NULL), 1);
}

DESK_TEST(waiting_for_a_date_ends_when_it_comes_and_moves_with_it)
{
	desk_jump(desk, "2026-03-05T15:00Z");
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "wait",
			    "{'waiting_reason': 'date', 'waiting_until': '2026-03-09T08:00:00Z', 'comment': "
			    "'they come on Monday'}"));
	desk_patch(desk, record, "{'waiting_until': '2026-03-10T08:00:00Z'}");
	desk_until(desk, "2026-03-10T07:59Z");
	assert_text(desk_state(desk_reload(desk, record)), "waiting");
	desk_until(desk, "2026-03-10T08:00Z");
	assert_text(desk_state(desk_reload(desk, record)), "in_progress");
	assert_int_equal(desk_cell(desk_reload(desk, record), "waiting_until")->kind, CELL_NULL);
}

DESK_TEST(a_wait_that_ended_early_has_no_timer_left)
{
	desk_jump(desk, "2026-03-05T15:00Z");
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(desk_take(
	    desk, record, "wait",
	    "{'waiting_reason': 'date', 'waiting_until': '2026-03-09T08:00:00Z', 'comment': 'on Monday'}"));
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	struct due *due;
	size_t count;
	moment next;
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 0);
	assert_moment(next, "2026-03-10T15:00:00.000Z"); /* only the closing */
}

DESK_TEST_WITH(a_timer_that_ran_is_not_planned_again_by_another_change,
	       "  remind:\n"
	       "    when: waiting_until comes\n"
	       "    then: [comment: the day has come]\n")
{
	desk_jump(desk, "2026-03-05T15:00Z");
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_patch(desk, record, "{'waiting_until': '2026-03-06T08:00:00Z'}");
	desk_until(desk, "2026-03-06T08:00Z");
	desk_patch(desk, record, "{'title': 'y'}");
	desk_until(desk, "2026-03-07T08:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_COMMENT, "comment", "the day has come", NULL), 1);
	desk_patch(desk, record, "{'waiting_until': '2026-03-08T08:00:00Z'}");
	desk_until(desk, "2026-03-08T08:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_COMMENT, "comment", "the day has come", NULL), 2);
}

DESK_TEST(working_days_are_counted_by_the_calendar_as_it_is_when_the_time_comes)
{
	struct record *record = resolved_incident(desk), *calendar;
	desk_as(desk, NULL);
	assert_ok(model_load_number(desk->work, desk->model->calendar, T("office"), &calendar));
	desk_patch(desk, calendar, "{'holidays': '2026-03-09 A holiday'}");
	desk_until(desk, "2026-03-13T14:59Z");
	assert_text(desk_state(desk_reload(desk, record)), "resolved");
	desk_until(desk, "2026-03-13T15:00Z");
	assert_text(desk_state(desk_reload(desk, record)), "closed");
}

DESK_TEST(a_doubled_run_does_nothing)
{
	struct record *record = resolved_incident(desk);
	struct due *due;
	size_t count;
	moment next;
	desk_jump(desk, "2026-03-12T15:00Z");
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 1);
	assert_false(due[0].clock);
	assert_ok(IN_TX(desk, engine_run_due(desk->work, &due[0])));
	int64_t version = desk_reload(desk, record)->version;
	assert_ok(IN_TX(desk, engine_run_due(desk->work, &due[0])));
	assert_int_equal(desk_reload(desk, record)->version, version);
	assert_int_equal(desk_events(desk, record, EVENT_TRANSITION, "transition", "close", NULL), 1);
}

DESK_TEST(what_is_due_comes_earliest_first_and_says_when_to_look_again)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "agent");
	desk_incident(
	    desk,
	    "{'title': 'a', 'impact': 'high', 'urgency': 'high'}"); /* first warning after 7 1/2 minutes */
	desk_incident(desk, "{'title': 'b'}");
	struct due *due;
	size_t count;
	moment next;
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 0);
	assert_moment(next, "2026-03-02T09:07:30.000Z");
	desk_jump(desk, "2026-03-02T13:00Z");
	assert_ok(engine_find_due(desk->work, 2, &due, &count, &next));
	assert_int_equal(count, 2);
	assert_true(next <= desk->work->now); /* there is more */
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 3); /* response and resolution of the first, half of the second's response */
	assert_true(next > desk->work->now);
}

DESK_TEST_WITH(a_rule_that_fails_is_tried_again_and_then_given_up_on_the_record,
	       "  hopeless:\n"
	       "    when: waiting_until comes\n"
	       "    then: [transition: close]\n")
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_patch(desk, record, "{'waiting_until': '2026-03-02T10:00:00Z'}");
	struct record *other = desk_incident(desk, "{'title': 'y', 'requester': 'reqa'}");
	assert_ok(desk_take(
	    desk, other, "wait",
	    "{'waiting_reason': 'date', 'waiting_until': '2026-03-02T10:00:30Z', 'comment': 'soon'}"));
	desk_until(desk, "2026-03-02T10:00:30Z");
	assert_text(desk_state(desk_reload(desk, other)), "in_progress"); /* not held up */
	desk_until(desk, "2026-03-02T11:00Z");
	struct event last;
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, "rule", "hopeless", &last), 1);
	assert_true(text_ends_with(value_get_text(last.payload, T("error")), T("close is not possible in this state")));
	desk_until(desk, "2026-03-02T12:00Z"); /* after 1, 4, 16 and 64 minutes */
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, "rule", "hopeless", &last), 2);
	assert_true(
	    text_starts_with(value_get_text(last.payload, T("error")), T("given up after 5 attempts: ")));
	assert_text(desk_state(desk_reload(desk, record)), "new");
	int64_t said = (int64_t)desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, NULL);
	desk_until(desk, "2026-03-10T12:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, NULL), said);
}

DESK_TEST_WITH(a_rule_that_makes_its_own_moment_come_is_stopped,
	       "  again:\n"
	       "    when: waiting_until comes\n"
	       "    then: [set: { waiting_until: now, external_ref: turning }]\n"
	       "  forth:\n"
	       "    when: waiting_until comes\n"
	       "    then: [set: { waiting_until: unset }]\n"
	       "  back:\n"
	       "    when: waiting_until changed\n"
	       "    if: waiting_until is not set\n"
	       "    then: [set: { waiting_until: now }]\n")
{
	struct event stopped;
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_patch(desk, record, "{'waiting_until': '2026-03-02T10:00:00Z'}");
	desk_until(desk, "2026-03-02T10:01Z");
	assert_true(desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, &stopped) >= 1);
	assert_true(text_starts_with(value_get_text(stopped.payload, T("error")), T("stopped before ")));
	assert_true(desk_reload(desk, record)->version < 100);
}

/* ---- several nodes ---- */

struct node {
	struct desk *desk;
	struct due due;
	struct arena *arena;
	struct error *error;
	bool ended;
};

static void run_due_once(struct node *node)
{
	struct desk *desk = node->desk;
	struct work work = *desk->work;
	struct store *store;
	node->arena = work.arena = arena_new((size_t)64 * 1024 * 1024);
	work.cache = NULL;
	node->error = store_open(work.arena, &desk->on->settings, STORE_WRITE, &store);
	if (node->error != NULL)
		return;
	work.store = store;
	node->error = sealer_opened(desk->sealer, store, work.arena);
	if (node->error == NULL)
		node->error = store_begin(store, work.arena);
	if (node->error == NULL)
		node->error = engine_run_due(&work, &node->due);
	if (node->error == NULL)
		node->error = store_commit(store, work.arena);
	store_close(store);
}

static void *run_node(void *data)
{
	struct node *node = data;
	run_due_once(node);
	__atomic_store_n(&node->ended, true, __ATOMIC_RELEASE);
	return NULL;
}

/* Until the other waits for what this one holds, or has passed over it. */
static void wait_for(struct desk *desk, struct node *node)
{
	bool waits = false, row;
	for (int i = 0; i < 5000 && !waits && !__atomic_load_n(&node->ended, __ATOMIC_ACQUIRE); i++) {
		struct rows *rows;
		assert_ok(store_query_text(desk->store, desk->arena, T("SELECT 1 FROM pg_locks WHERE NOT granted"), NO_CELLS, &rows));
		assert_ok(rows_next(rows, &row));
		waits = row;
		rows_close(rows);
		usleep(1000);
	}
}

/* Both have found it; the second comes while the first is at it and has not committed. */
static void run_twice_at_once(struct desk *desk, struct due due)
{
	struct node second = { .desk = desk, .due = due };
	pthread_t thread;
	desk_begin(desk);
	assert_ok(engine_run_due(desk->work, &due));
	assert_int_equal(pthread_create(&thread, NULL, run_node, &second), 0);
	wait_for(desk, &second);
	assert_ok(desk_end(desk, NULL));
	pthread_join(thread, NULL);
	/* "Again" is what a lane does by itself. */
	if (second.error != NULL)
		assert_int_equal(second.error->code, ERROR_RETRY);
	arena_free(second.arena);
}

DESK_TEST(two_nodes_do_not_run_one_timer_twice)
{
	struct record *record = resolved_incident(desk);
	struct due *due;
	size_t count;
	moment next;
	if (!desk->on->postgres)
		return; /* SQLite has one writer */
	desk_jump(desk, "2026-03-12T15:00Z");
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 1);
	run_twice_at_once(desk, due[0]);
	assert_int_equal(desk_events(desk, record, EVENT_TRANSITION, "transition", "close", NULL), 1);
}

DESK_TEST_WITH(two_nodes_run_the_rule_of_a_day_once,
	       "  nudge: { when: every day at 07:00, if: state = new, then: [{ comment: Good morning. }] }\n")
{
	struct due *due;
	size_t count;
	moment next;
	if (!desk->on->postgres)
		return;
	desk_jump(desk, "2026-03-02T06:59Z");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	desk_jump(desk, "2026-03-02T07:00Z");
	for (int round = 0; round < 2; round++) { /* the walk, then the record's own timer */
		assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
		assert_int_equal(count, 1);
		run_twice_at_once(desk, due[0]);
	}
	desk_until(desk, "2026-03-02T08:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_COMMENT, "comment", "Good morning.", NULL), 1);
}

DESK_TEST(two_nodes_do_not_announce_one_breach_twice)
{
	struct due *due;
	size_t count;
	moment next;
	if (!desk->on->postgres)
		return;
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	desk_jump(desk, "2026-03-02T18:00Z");
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 1);
	assert_true(due[0].clock);
	run_twice_at_once(desk, due[0]);
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 1);
}
