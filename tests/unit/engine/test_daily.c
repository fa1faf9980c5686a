/* Rules of every day, and rules that come before a moment. */
#include "desk_time.h"

#define NUDGE "  nudge: { when: every day at 07:00, if: \"state = waiting and waiting_reason = requester\", then: [{ comment: Still waiting. }] }\n"

static struct record *waiting(struct desk *desk, const char *title)
{
	struct record *record = desk_incident(
	    desk, text_cstring(desk->arena, text_format(desk->arena, "{'title': '%s', 'requester': 'reqa'}", title)));
	assert_ok(desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Well?', 'visibility': 'public'}"));
	return record;
}

static size_t nudges(struct desk *desk, const struct record *record)
{
	return desk_events(desk, record, EVENT_COMMENT, "comment", "Still waiting.", NULL);
}

DESK_TEST_WITH(every_day_at_its_hour_for_those_that_fulfil_the_condition, NUDGE)
{
	desk_jump(desk, "2026-03-02T06:00Z");
	desk_create(desk, desk->model->calendar,
	            "{'name': 'berlin', 'label': 'Berlin', 'hours': '24x7', 'zone': 'Europe/Berlin', 'is_default': true}");
	struct record *first = waiting(desk, "a"), *second = waiting(desk, "b");
	struct record *busy = desk_incident(desk, "{'title': 'c', 'requester': 'reqa'}");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	/* 07:00 in Berlin was at 06:00 UTC: today it is over. */
	desk_until(desk, "2026-03-03T05:59Z");
	assert_int_equal(nudges(desk, first), 0);
	desk_until(desk, "2026-03-03T06:00Z");
	assert_int_equal(nudges(desk, first), 1);
	assert_int_equal(nudges(desk, second), 1);
	assert_int_equal(nudges(desk, busy), 0);
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, second, "resume", NULL));
	desk_as(desk, NULL);
	desk_until(desk, "2026-03-05T06:00Z");
	assert_int_equal(nudges(desk, first), 3);
	assert_int_equal(nudges(desk, second), 1);
	/* Planned again at the next start: still once a day. */
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	desk_until(desk, "2026-03-06T06:00Z");
	assert_int_equal(nudges(desk, first), 4);
}

/* More records than one step looks at, and none is left out or met twice. */
DESK_TEST_WITH(many_records_are_walked_in_steps, NUDGE)
{
	struct record *records[95];
	desk_jump(desk, "2026-03-02T06:00Z");
	for (size_t i = 0; i < array_length(records); i++)
		records[i] = waiting(desk, "a");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	desk_until(desk, "2026-03-02T07:30Z");
	for (size_t i = 0; i < array_length(records); i++)
		assert_int_equal(nudges(desk, records[i]), 1);
}

#define REMIND "  remind: { when: 2 days before waiting_until, if: state = waiting, then: [{ comment: Soon. }] }\n"

static struct record *waits_until(struct desk *desk, const char *until)
{
	struct record *record = desk_incident(desk, "{'title': 'a', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "wait",
	                    text_cstring(desk->arena,
	                                 text_format(desk->arena,
	                                             "{'waiting_reason': 'date', 'comment': 'x', 'waiting_until': '%s'}", until))));
	return record;
}

static size_t reminders(struct desk *desk, const struct record *record)
{
	return desk_events(desk, record, EVENT_COMMENT, "comment", "Soon.", NULL);
}

DESK_TEST_WITH(a_rule_comes_before_its_moment_and_moves_with_it, REMIND)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *record = waits_until(desk, "2026-03-10T09:00:00Z"), *near = waits_until(desk, "2026-03-03T09:00:00Z");
	desk_until(desk, "2026-03-02T09:00Z");
	/* Less than two days are left: at once. */
	assert_int_equal(reminders(desk, near), 1);
	desk_patch(desk, record, "{'waiting_until': '2026-03-12T09:00:00Z'}");
	desk_until(desk, "2026-03-10T08:59Z");
	assert_int_equal(reminders(desk, record), 0);
	desk_until(desk, "2026-03-10T09:00Z");
	assert_int_equal(reminders(desk, record), 1);
	desk_until(desk, "2026-03-20T09:00Z");
	assert_int_equal(reminders(desk, record), 1);
}

DESK_TEST_WITH(before_a_moment_that_has_passed_nothing_comes, REMIND)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *record = waits_until(desk, "2026-03-01T09:00:00Z");
	desk_until(desk, "2026-03-05T09:00Z");
	assert_int_equal(reminders(desk, record), 0);
}
