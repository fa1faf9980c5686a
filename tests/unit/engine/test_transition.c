/* The lifecycle: every refusal of a step, what it needs, what it sets, what it says. */
#include "desk.h"

static bool can_take(struct desk *desk, struct record *record, const char *name, const bool **ret_needed)
{
	struct open_transition *open;
	size_t count;

	assert_ok(engine_transitions(desk->work, desk_reload(desk, record), &open, &count));
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(open[i].transition->name, text_from(name)))
			continue;
		*ret_needed = open[i].needed;
		return true;
	}
	return false;
}

DESK_TEST(the_main_story_of_an_incident)
{
	const bool *needed;

	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'Mail is down'}");
	assert_false(can_take(desk, record, "start", &needed));
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "start", NULL));
	struct record *now = desk_reload(desk, record);
	assert_text(desk_state(now), "in_progress");
	assert_int_equal(desk_cell(now, "assignee")->integer, desk->work->actor->id);
	assert_ok(desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	assert_ok(desk_take(desk, record, "resume", NULL));
	assert_int_equal(desk_cell(desk_reload(desk, record), "waiting_reason")->kind, CELL_NULL);
	assert_ok(desk_take(desk, record, "assign", "{'team': 'network', 'assignee': null}"));
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'restarted'}"));
	now = desk_reload(desk, record);
	assert_text(desk_state(now), "resolved");
	assert_int_equal(record_moment(now, type_field(desk->incident, T("resolved_at"))->position), desk->work->now);
	desk_as(desk, "reqa");
	assert_ok(desk_take(desk, record, "reopen", "{'comment': 'It is down again'}"));
	now = desk_reload(desk, record);
	assert_text(desk_state(now), "in_progress");
	assert_int_equal(desk_cell(now, "resolution")->kind, CELL_NULL);
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'replaced'}"));
	desk_as(desk, "reqa");
	assert_ok(desk_take(desk, record, "close", NULL));
	assert_text(desk_state(desk_reload(desk, record)), "closed");
}

DESK_TEST(needs_are_told_one_by_one)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	struct error *error = desk_take(desk, record, "resolve", NULL);
	assert_refused(error, INVALID);
	assert_text(error->field, "resolution_code");
	assert_non_null(error->next);
	assert_text(error->next->field, "resolution");
	assert_refused(desk_take(desk, record, "wait", "{'waiting_reason': 'date', 'comment': 'later'}"), INVALID);
	assert_refused(desk_take(desk, record, "wait", "{'waiting_reason': 'supplier'}"), INVALID);
	assert_refused(desk_take(desk, record, "assign", NULL), INVALID);
	assert_refused(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': ' '}"), INVALID);
	error = desk_take(desk, record, "resolve", "{'resolution_code': 'fixd', 'resolution': 'replaced'}");
	assert_refused(error, INVALID);
	assert_text(error->field, "resolution_code");
	assert_null(error->next);
	assert_text(desk_state(desk_reload(desk, record)), "new");
	assert_int_equal(desk_reload(desk, record)->version, 1);
}

DESK_TEST(wrong_state_never_and_unknown_differ)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_refused(desk_take(desk, record, "close", NULL), CONFLICT);
	assert_refused(desk_take(desk, record, "explode", NULL), NOT_FOUND);
	desk_as(desk, "reqa");
	assert_refused(desk_take(desk, record, "start", NULL), FORBIDDEN);
	desk_as(desk, "reqb");
	assert_refused(desk_take(desk, record, "start", NULL), NOT_FOUND);
	desk_as(desk, "agent");
	assert_refused(desk_take(desk, record, "start", "{'title': 'other'}"), INVALID);
	assert_refused(desk_take(desk, record, "start", "{'nonsense': 1}"), INVALID);
}

DESK_TEST(a_guard_says_why)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'y'}"));
	desk->work->now += 20 * DAY_MS;
	struct error *error = desk_take(desk, record, "reopen", "{'comment': 'again'}");
	assert_refused(error, CONFLICT);
	assert_true(text_find(error->message, T("5 working days")) >= 0);
}

DESK_TEST(a_stale_step_is_refused)
{
	struct record *after;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	assert_ok(IN_TX(desk, engine_update(desk->work, desk->incident, record_number(record), 0, desk_json(desk, "{'title': 'y'}"),
	                                    &after)));
	assert_refused(IN_TX(desk, engine_transition(desk->work, desk->incident, record_number(record), T("start"), 1, NULL, &after)),
	               STALE);
	assert_ok(IN_TX(desk, engine_transition(desk->work, desk->incident, record_number(record), T("start"), 2, NULL, &after)));
	assert_int_equal(after->version, 3);
}

DESK_TEST(a_comment_for_the_requester_is_public)
{
	struct event *events;
	size_t count;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_refused(desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which?', 'visibility': 'internal'}"),
	               INVALID);
	assert_ok(desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which?'}"));
	assert_ok(desk_take(desk, record, "resume", "{'comment': 'never mind them'}"));
	desk_as(desk, "reqa");
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	size_t said = 0, steps = 0;
	for (size_t i = 0; i < count; i++) {
		text comment = value_get_text(events[i].payload, T("comment"));
		said += text_equal(comment, T("Which?"));
		steps += events[i].kind == EVENT_TRANSITION;
		assert_false(text_equal(comment, T("never mind them")));
	}
	assert_int_equal(said, 1);
	assert_int_equal(steps, 2);
}

DESK_TEST(open_transitions_know_what_is_needed)
{
	const bool *needed;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'team': 'network'}");
	assert_true(can_take(desk, record, "assign", &needed));
	assert_false(needed[0]);
	assert_true(can_take(desk, record, "resolve", &needed));
	assert_true(needed[0] && needed[1]);
	assert_true(can_take(desk, record, "wait", &needed));
	assert_true(needed[0]);
	assert_false(needed[1]);
	assert_true(needed[2]);
	assert_false(can_take(desk, record, "reopen", &needed));
}
