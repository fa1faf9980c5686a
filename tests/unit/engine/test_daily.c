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

#define SOON "  remind: { when: 2 days before waiting_until, then: [{ comment: Soon. }] }\n"

DESK_TEST_WITH(a_moment_that_is_moved_into_the_past_takes_its_reminder_along, SOON)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *record = desk_incident(desk, "{'title': 'a', 'requester': 'reqa'}");
	desk_patch(desk, record, "{'waiting_until': '2026-03-12T09:00:00Z'}");
	desk_until(desk, "2026-03-05T09:00Z");
	desk_patch(desk, record, "{'waiting_until': '2026-03-04T09:00:00Z'}");
	desk_until(desk, "2026-03-20T09:00Z");
	assert_int_equal(reminders(desk, record), 0);
	/* And unset, and set again. */
	desk_patch(desk, record, "{'waiting_until': '2026-03-30T09:00:00Z'}");
	desk_patch(desk, record, "{'waiting_until': null}");
	desk_until(desk, "2026-03-29T09:00Z");
	assert_int_equal(reminders(desk, record), 0);
	desk_patch(desk, record, "{'waiting_until': '2026-04-10T09:00:00Z'}");
	desk_until(desk, "2026-04-09T09:00Z");
	assert_int_equal(reminders(desk, record), 1);
}

#define WORKING "  remind: { when: 2 working days before waiting_until, then: [{ comment: Soon. }] }\n"

DESK_TEST_WITH(working_days_before_a_moment_leave_out_weekends_and_holidays, WORKING)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_create(desk, desk->model->calendar,
	            "{'name': 'office', 'label': 'Office', 'hours': 'mon-fri 08:00-17:00', 'holidays': '2026-03-09 Feast', 'zone': 'Europe/Berlin',"
	            " 'is_default': true}");
	struct record *record = desk_incident(desk, "{'title': 'a', 'requester': 'reqa'}");
	/* Wednesday at 10 in Berlin: Tuesday, then Friday, because Monday is a holiday. */
	desk_patch(desk, record, "{'waiting_until': '2026-03-11T09:00:00Z'}");
	desk_until(desk, "2026-03-06T08:59Z");
	assert_int_equal(reminders(desk, record), 0);
	desk_until(desk, "2026-03-06T09:00Z");
	assert_int_equal(reminders(desk, record), 1);
	desk_until(desk, "2026-03-20T09:00Z");
	assert_int_equal(reminders(desk, record), 1);
}

static size_t nudges_between(struct desk *desk, const struct record *record, const char *until)
{
	size_t before = nudges(desk, record);

	desk_until(desk, until);
	return nudges(desk, record) - before;
}

/* What was missed is done once, however many days it was. */
DESK_TEST_WITH(a_server_that_was_off_for_days_catches_up_once, NUDGE)
{
	desk_jump(desk, "2026-03-02T06:00Z");
	struct record *record = waiting(desk, "a");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	assert_int_equal(nudges_between(desk, record, "2026-03-02T08:00Z"), 1);
	desk_jump(desk, "2026-03-06T12:00Z");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work))); /* the start */
	assert_int_equal(nudges_between(desk, record, "2026-03-06T13:00Z"), 1);
	assert_int_equal(nudges_between(desk, record, "2026-03-07T06:59Z"), 0);
	assert_int_equal(nudges_between(desk, record, "2026-03-07T07:00Z"), 1);
}

#define AT_NIGHT "  nudge: { when: every day at 02:30, if: state = waiting, then: [{ comment: Still waiting. }] }\n"

/* 02:30 is not on the clock on the day summer begins, and twice when it ends: once a day all the same. */
DESK_TEST_WITH(once_a_day_also_when_the_clocks_change, AT_NIGHT)
{
	desk_jump(desk, "2026-03-27T06:00Z");
	desk_create(desk, desk->model->calendar,
	            "{'name': 'berlin', 'label': 'Berlin', 'hours': '24x7', 'zone': 'Europe/Berlin', 'is_default': true}");
	struct record *record = waiting(desk, "a");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	assert_int_equal(nudges_between(desk, record, "2026-03-28T01:30Z"), 1);
	assert_int_equal(nudges_between(desk, record, "2026-03-29T12:00Z"), 1);
	assert_int_equal(nudges_between(desk, record, "2026-03-30T00:29Z"), 0);
	assert_int_equal(nudges_between(desk, record, "2026-03-30T00:30Z"), 1);
	desk_until(desk, "2026-10-24T12:00Z");
	assert_int_equal(nudges_between(desk, record, "2026-10-25T12:00Z"), 1);
	assert_int_equal(nudges_between(desk, record, "2026-10-26T12:00Z"), 1);
}

/* Its hour was moved to a later one before it came: at the new hour, not at both. */
DESK_TEST_WITH(an_hour_that_was_moved_is_the_only_one, NUDGE)
{
	desk_jump(desk, "2026-03-02T05:00Z");
	struct record *record = waiting(desk, "a");
	/* As the definition before had planned it. */
	assert_ok(IN_TX(desk, store_run(desk->store, desk->arena, SQL_TIMER_PUT_DAILY,
	                                CELLS(cell_moment(desk_moment("2026-03-02T06:00Z")), cell_text(T("incident.nudge")),
	                                      cell_moment(desk->work->now)), NULL)));
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	assert_int_equal(nudges_between(desk, record, "2026-03-02T06:59Z"), 0);
	assert_int_equal(nudges_between(desk, record, "2026-03-02T07:00Z"), 1);
}

/* Another zone holds from the next day on, without a new start. */
DESK_TEST_WITH(the_hour_follows_the_default_calendar, NUDGE)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *record = waiting(desk, "a");
	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	struct record *calendar = desk_create(desk, desk->model->calendar,
	            "{'name': 'tokyo', 'label': 'Tokyo', 'hours': '24x7', 'zone': 'Asia/Tokyo', 'is_default': true}");
	assert_int_equal(nudges_between(desk, record, "2026-03-02T21:59Z"), 0);
	assert_int_equal(nudges_between(desk, record, "2026-03-02T22:00Z"), 1);
	desk_patch(desk, calendar, "{'zone': 'Europe/Berlin'}");
	assert_int_equal(nudges_between(desk, record, "2026-03-03T05:59Z"), 0);
	assert_int_equal(nudges_between(desk, record, "2026-03-03T06:00Z"), 1);
}
