/* Clocks of real records: what starts, pauses and stops them, what they announce, and that other systems'
 * mistakes do not happen here. */
#include "desk_time.h"

#define OFFICE "mon-fri 08:00-12:00 13:00-17:00"

/* Monday, nine o'clock: a record of priority 3 (response 4 h, resolution 24 h) about a service with office
 * hours. */
static struct record *open_incident(struct desk *desk)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_service(desk, "office", OFFICE, "UTC");
	desk_as(desk, "agent");
	struct record *record =
	    desk_incident(desk, "{'title': 'Mail is down', 'service': 'office', 'requester': 'reqa', "
				"'impact': 'medium', 'urgency': 'medium'}");
	desk_as(desk, "reqa");
	return record;
}

DESK_TEST(both_clocks_start_with_the_record_in_the_hours_of_its_service)
{
	struct record *record = open_incident(desk);
	struct clock response = desk_clock(desk, record, "response"),
		     resolution = desk_clock(desk, record, "resolution");
	assert_int_equal(response.state, CLOCK_RUNNING);
	assert_int_equal(response.goal_ms, 4 * HOUR_MS);
	assert_moment(response.due_at, "2026-03-02T14:00:00.000Z");
	assert_moment(resolution.due_at, "2026-03-05T09:00:00.000Z");
	assert_text(response.calendar, "office");
	desk_jump(desk, "2026-03-02T13:30Z");
	assert_int_equal(desk_clock(desk, record, "response").elapsed_ms, 3 * HOUR_MS + 30 * MINUTE_MS);
}

DESK_TEST(without_a_calendar_the_default_one_holds_and_without_that_every_hour)
{
	desk_as(desk, "reqa");
	desk_jump(desk, "2026-03-07T22:00Z"); /* Saturday night */
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	assert_moment(desk_clock(desk, record, "response").due_at, "2026-03-08T06:00:00.000Z");
	desk_as(desk, NULL);
	desk_create(desk, desk->model->calendar,
		    "{'name': 'usual', 'label': 'Usual', 'hours': 'mon-fri 08:00-18:00', 'is_default': true, "
		    "'zone': 'UTC'}");
	desk_as(desk, "reqa");
	record = desk_incident(desk, "{'title': 'y'}");
	assert_moment(desk_clock(desk, record, "response").due_at, "2026-03-09T16:00:00.000Z");
}

DESK_TEST(only_an_agents_public_answer_stops_the_response_clock)
{
	struct record *record = open_incident(desk);
	desk_jump(desk, "2026-03-02T10:00Z");
	desk_say(desk, record, "any news?", VISIBLE_PUBLIC);
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_RUNNING);
	desk_as(desk, "agent");
	desk_say(desk, record, "looks like the server", VISIBLE_INTERNAL);
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_RUNNING);
	desk_as(desk, NULL); /* an automatic message */
	desk_say(desk, record, "we have received it", VISIBLE_PUBLIC);
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_RUNNING);
	desk_as(desk, "agent");
	desk_say(desk, record, "we are on it", VISIBLE_PUBLIC);
	struct clock response = desk_clock(desk, record, "response");
	assert_int_equal(response.state, CLOCK_STOPPED);
	assert_int_equal(response.elapsed_ms, HOUR_MS);
	assert_moment(response.stopped_at, "2026-03-02T10:00:00.000Z");
	assert_int_equal(desk_clock(desk, record, "resolution").state, CLOCK_RUNNING);
}

DESK_TEST(an_agent_does_not_answer_his_own_request_and_a_question_is_an_answer)
{
	desk_as(desk, "agent");
	struct record *own = desk_incident(desk, "{'title': 'my own'}");
	desk_say(desk, own, "anybody?", VISIBLE_PUBLIC);
	assert_int_equal(desk_clock(desk, own, "response").state, CLOCK_RUNNING);
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(
	    desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_STOPPED);
}

DESK_TEST(start_stops_the_response_and_waiting_does_not_pause_it)
{
	struct record *record = open_incident(desk);
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "wait", "{'waiting_reason': 'supplier', 'comment': 'asked them'}"));
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_RUNNING);
	assert_int_equal(desk_clock(desk, record, "resolution").state,
			 CLOCK_RUNNING); /* a supplier's time is ours */
	record = desk_incident(desk, "{'title': 'y', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "start", NULL));
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_STOPPED);
}

/* pains.md 43: not late while it waits for the requester; 42: closed hours of the wait are not added to it.
 */
DESK_TEST(a_paused_clock_is_never_breached_and_names_its_reason)
{
	struct record *record = open_incident(desk);
	desk_as(desk, "agent");
	desk_until(desk, "2026-03-02T10:00Z");
	assert_ok(
	    desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	struct clock paused = desk_clock(desk, record, "resolution");
	assert_int_equal(paused.state, CLOCK_PAUSED);
	assert_int_equal(paused.due_at, MOMENT_UNSET);
	desk_until(desk, "2026-03-16T10:00Z");
	paused = desk_clock(desk, record, "resolution");
	assert_false(paused.breached);
	assert_int_equal(paused.elapsed_ms, HOUR_MS);
	assert_text(paused.ledger[paused.ledger_count - 1].reason, "requester");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "resolution", NULL), 0);
	assert_ok(desk_take(desk, record, "resume", NULL));
	struct clock resumed = desk_clock(desk, record, "resolution");
	assert_int_equal(resumed.state, CLOCK_RUNNING);
	assert_moment(resumed.due_at,
		      "2026-03-19T09:00:00.000Z"); /* 23 working hours after Monday ten o'clock */
}

/* pains.md 44: another priority is another goal; what was counted and paused stays. */
DESK_TEST(a_changed_priority_keeps_the_ledger)
{
	struct record *record = open_incident(desk);
	desk_as(desk, "agent");
	desk_until(desk, "2026-03-02T10:00Z");
	assert_ok(
	    desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	desk_until(desk, "2026-03-03T10:00Z");
	assert_ok(desk_take(desk, record, "resume", NULL));
	desk_until(desk, "2026-03-03T11:00Z");
	desk_patch(desk, record, "{'impact': 'high', 'urgency': 'high'}");
	struct clock clock = desk_clock(desk, record, "resolution");
	assert_int_equal(clock.goal_ms, 4 * HOUR_MS);
	assert_int_equal(clock.elapsed_ms, 2 * HOUR_MS);
	assert_moment(clock.due_at, "2026-03-03T14:00:00.000Z");
	desk_patch(desk, record, "{'impact': 'low', 'urgency': 'low'}");
	clock = desk_clock(desk, record, "resolution");
	assert_int_equal(clock.goal_ms, 80 * HOUR_MS);
	assert_int_equal(clock.elapsed_ms, 2 * HOUR_MS);
}

DESK_TEST(warnings_and_breach_come_once_each_in_working_time)
{
	struct record *record = open_incident(desk);
	struct event last;
	desk_until(desk, "2026-03-02T10:59Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", NULL), 0);
	desk_until(desk, "2026-03-02T11:00Z"); /* half of four hours */
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", &last), 1);
	assert_int_equal(value_get_integer(last.payload, T("percent"), 0), 50);
	assert_int_equal(last.actor_id, 0);
	assert_int_equal(last.origin, ORIGIN_TIMER);
	desk_until(desk, "2026-03-02T13:59Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", NULL), 3);
	assert_false(desk_clock(desk, record, "response").breached);
	desk_until(desk, "2026-03-02T14:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", &last), 4);
	assert_true(value_get_bool(last.payload, T("breached"), false));
	assert_true(desk_clock(desk, record, "response").breached);
	desk_until(desk, "2026-03-04T12:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", NULL), 4);
}

DESK_TEST(after_an_outage_only_the_highest_level_is_said)
{
	struct record *record = open_incident(desk);
	struct event last;
	desk_jump(desk, "2026-03-02T16:00Z");
	desk_until(desk, "2026-03-02T16:01Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", &last), 1);
	assert_int_equal(value_get_integer(last.payload, T("percent"), 0), 100);
}

DESK_TEST(a_breach_nobody_woke_for_is_said_when_the_clock_stops)
{
	struct record *record = open_incident(desk);
	struct event last;
	desk_as(desk, "agent");
	desk_jump(desk, "2026-03-02T15:00Z");
	desk_say(desk, record, "sorry", VISIBLE_PUBLIC);
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", &last), 1);
	assert_true(value_get_bool(last.payload, T("breached"), false));
	assert_int_equal(value_get_integer(last.payload, T("due_at"), 0), desk_moment("2026-03-02T14:00Z"));
	assert_true(desk_clock(desk, record, "response").breached);
}

DESK_TEST(a_tightened_goal_is_breached_at_once_and_an_eased_one_no_more)
{
	struct record *record = open_incident(desk);
	desk_as(desk, "agent");
	desk_until(desk, "2026-03-02T12:00Z");
	desk_patch(desk, record,
		   "{'impact': 'high', 'urgency': 'high'}"); /* response within 15 minutes, three hours ago */
	desk_until(desk, "2026-03-02T12:01Z");
	assert_true(desk_clock(desk, record, "response").breached);
	struct event last;
	desk_events(desk, record, EVENT_CLOCK, "name", "response", &last);
	assert_true(value_get_bool(last.payload, T("breached"), false));
	desk_patch(desk, record, "{'impact': 'low', 'urgency': 'low'}"); /* eight hours */
	assert_false(desk_clock(desk, record, "response").breached);
	size_t said = desk_events(desk, record, EVENT_CLOCK, "name", "response", NULL);
	desk_until(desk, "2026-03-03T09:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, "name", "response", &last), said + 4);
	assert_true(value_get_bool(last.payload, T("breached"), false));
}

DESK_TEST(a_reopened_record_goes_on_where_it_stopped)
{
	struct record *record = open_incident(desk);
	desk_as(desk, "agent");
	desk_until(desk, "2026-03-02T11:00Z");
	assert_ok(
	    desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'restarted'}"));
	struct clock stopped = desk_clock(desk, record, "resolution");
	assert_int_equal(stopped.state, CLOCK_STOPPED);
	desk_until(desk, "2026-03-03T09:00Z");
	assert_int_equal(desk_clock(desk, record, "resolution").elapsed_ms, 2 * HOUR_MS);
	desk_as(desk, "reqa");
	assert_ok(desk_take(desk, record, "reopen", "{'comment': 'again'}"));
	desk_until(desk, "2026-03-03T10:00Z");
	struct clock clock = desk_clock(desk, record, "resolution");
	assert_int_equal(clock.state, CLOCK_RUNNING);
	assert_int_equal(clock.elapsed_ms, 3 * HOUR_MS);
	assert_int_equal(clock.stopped_at, MOMENT_UNSET);
	assert_int_equal(desk_clock(desk, record, "response").state,
			 CLOCK_STOPPED); /* answered is answered */
}

DESK_TEST(another_service_measures_from_then_on_by_its_own_hours)
{
	struct record *record = open_incident(desk);
	desk_service(desk, "nights", "24x7", "UTC");
	desk_as(desk, "agent");
	desk_until(desk, "2026-03-02T16:00Z"); /* six hours by office hours */
	desk_patch(desk, record, "{'service': 'nights'}");
	desk_until(desk, "2026-03-02T20:00Z");
	struct clock clock = desk_clock(desk, record, "resolution");
	assert_int_equal(clock.elapsed_ms, 10 * HOUR_MS);
	assert_moment(clock.due_at, "2026-03-03T10:00:00.000Z");
	assert_text(clock.calendar, "nights");
}

DESK_TEST(changed_hours_move_the_due_moments_of_records_nobody_touches)
{
	struct record *record = open_incident(desk);
	struct clock listed[2]; /* response, resolution */
	desk_as(desk, NULL);
	struct record *calendar;
	assert_ok(model_load_number(desk->work, desk->model->calendar, T("office"), &calendar));
	desk_patch(desk, calendar, "{'hours': 'mon-fri 08:00-11:00'}");
	desk_until(desk, "2026-03-02T09:01Z");
	assert_moment(desk_clock(desk, record, "response").due_at, "2026-03-03T10:00:00.000Z");
	assert_ok(engine_clock_dues(desk->work, record->type, &record, 1, listed));
	assert_moment(listed[0].due_at, "2026-03-03T10:00:00.000Z");
	desk_until(desk, "2026-03-03T09:59Z");
	assert_false(desk_clock(desk, record, "response").breached);
	desk_until(desk, "2026-03-03T10:00Z");
	struct event last;
	desk_events(desk, record, EVENT_CLOCK, "name", "response", &last);
	assert_true(value_get_bool(last.payload, T("breached"), false));
}

DESK_TEST(a_service_with_another_calendar_takes_its_open_records_along)
{
	struct record *record = open_incident(desk), *service;
	desk_service(desk, "nights", "24x7", "UTC");
	desk_as(desk, NULL);
	assert_ok(model_load_number(desk->work, desk->model->service, T("office"), &service));
	desk_until(desk, "2026-03-02T11:00Z");
	desk_patch(desk, service, "{'calendar': 'nights'}");
	desk_until(desk, "2026-03-02T11:01Z");
	struct clock clock = desk_clock(desk, record, "resolution");
	assert_text(clock.calendar, "nights");
	assert_moment(clock.due_at, "2026-03-03T09:00:00.000Z"); /* 22 hours after eleven */
	desk_patch(desk, service, "{'label': 'Office services'}");
	struct due *due;
	size_t count;
	moment next;
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 0); /* another name plans nothing */
}

/* pains.md 47: a zone is no reason to be late at creation; 54: a lunch break is no breach. */
DESK_TEST(hours_of_another_zone_do_not_escalate_at_creation)
{
	desk_jump(desk, "2026-03-01T22:30Z"); /* Monday 07:30 in Tokyo: before opening */
	desk_service(desk, "tokyo", "mon-fri 09:00-12:00 13:00-18:00", "Asia/Tokyo");
	desk_as(desk, "agent");
	struct record *record = desk_incident(
	    desk, "{'title': 'x', 'service': 'tokyo', 'impact': 'medium', 'urgency': 'medium'}");
	desk_until(desk, "2026-03-02T00:00Z");
	assert_int_equal(desk_clock(desk, record, "response").elapsed_ms, 0);
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 0);
	assert_moment(desk_clock(desk, record, "response").due_at, "2026-03-02T05:00:00.000Z");
}

DESK_TEST(closed_and_cancelled_records_have_no_running_clock)
{
	struct record *record = open_incident(desk);
	assert_ok(desk_take(desk, record, "cancel", "{'comment': 'never mind'}"));
	assert_int_equal(desk_clock(desk, record, "resolution").state, CLOCK_STOPPED);
	assert_int_equal(desk_clock(desk, record, "response").state, CLOCK_STOPPED);
	desk_until(desk, "2026-03-20T09:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 0);
}

DESK_TEST(lists_say_the_same_as_the_record)
{
	struct record *records[2] = { open_incident(desk), NULL };
	struct clock all[4], *listed = all + 2; /* both of response, then both of resolution */
	records[1] = desk_incident(desk, "{'title': 'y', 'service': 'office'}");
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, records[1], "wait",
			    "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	assert_ok(engine_clock_dues(desk->work, records[0]->type, records, 2, all));
	for (size_t i = 0; i < 2; i++) {
		struct clock clock = desk_clock(desk, records[i], "resolution");
		assert_int_equal(listed[i].state, clock.state);
		assert_int_equal(listed[i].due_at, clock.due_at);
		assert_int_equal(listed[i].goal_ms, clock.goal_ms);
		assert_ptr_equal(listed[i].definition, clock.definition);
	}
	desk_jump(desk, "2026-03-09T09:00Z");
	assert_ok(engine_clock_dues(desk->work, records[0]->type, records, 2, all));
	assert_true(listed[0].breached);
	assert_false(listed[1].breached);
	/* What is late is said with how late it is, not with what the row knew when it was written. */
	assert_int_equal(listed[0].elapsed_ms, listed[0].goal_ms + (desk->work->now - listed[0].due_at));
}

static void import(struct desk *desk, const char *when, const char *state, const char *fields,
		   const char *key)
{
	struct record *record;
	enum import_outcome outcome;
	const struct import_step step = {
		.at = desk_moment(when),
		.number = T("INC0000777"),
		.state = lifecycle_state(desk->incident->lifecycle, text_from(state)),
		.fields = desk_json(desk, fields),
		.source_key = text_from(key),
	};
	assert_ok(IN_TX(desk, engine_import(desk->work, desk->incident, &step, &outcome, &record)));
}

DESK_TEST(an_imported_history_has_its_clocks_at_the_original_moments_and_wakes_nobody)
{
	desk_jump(desk, "2026-06-01T09:00Z");
	desk_service(desk, "office", OFFICE, "UTC");
	desk_as(desk, NULL);
	import(desk, "2026-03-02T09:00Z", "new",
	       "{'title': 'old', 'service': 'office', 'requester': 'reqa', 'priority': '3'}", "1");
	import(desk, "2026-03-02T10:00Z", "in_progress", "{}", "2");
	import(desk, "2026-03-02T11:00Z", "waiting", "{'waiting_reason': 'requester'}", "3");
	import(desk, "2026-03-03T11:00Z", "in_progress", "{}", "4");
	struct record *record;
	assert_ok(model_load_number(desk->work, desk->incident, T("INC0000777"), &record));
	struct clock response = desk_clock(desk, record, "response");
	assert_int_equal(response.state, CLOCK_STOPPED);
	assert_int_equal(response.elapsed_ms, HOUR_MS);
	assert_true(desk_clock(desk, record, "resolution").breached); /* it is, three months later */
	desk_until(desk, "2026-06-02T09:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 0);
	import(desk, "2026-03-03T12:00Z", "resolved", "{}", "5");
	struct clock resolution = desk_clock(desk, record, "resolution");
	assert_int_equal(resolution.elapsed_ms, 3 * HOUR_MS);
	assert_false(resolution.breached);
	import(desk, "2026-03-04T08:00Z", "closed", "{}", "6");
	import(desk, "2026-03-04T09:00Z", "in_progress", "{}",
	       "7"); /* no step of ours, but it is at work again */
	import(desk, "2026-03-04T10:00Z", "closed", "{}", "8");
	assert_int_equal(desk_clock(desk, record, "resolution").elapsed_ms, 4 * HOUR_MS);
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 0);
}

DESK_TEST(working_on_an_imported_record_says_nothing_of_its_past)
{
	desk_jump(desk, "2026-06-01T09:00Z");
	desk_as(desk, NULL);
	import(desk, "2026-03-02T09:00Z", "new", "{'title': 'old', 'requester': 'reqa', 'priority': '3'}",
	       "1");
	struct record *record;
	assert_ok(model_load_number(desk->work, desk->incident, T("INC0000777"), &record));
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "start", NULL));
	desk_until(desk, "2026-06-02T09:00Z");
	assert_int_equal(desk_events(desk, record, EVENT_CLOCK, NULL, NULL, NULL), 0);
}

/* ---- a property: whatever happens to a record, its clock has counted what the calendars say of its running
 * time ---- */

struct life {
	struct desk *desk;
	struct record *record;
	const struct calendar *calendars[2];
	size_t calendar;
	bool running;
	moment since;
	int64_t elapsed;
	uint64_t seed;
};

static int64_t life_random(struct life *life, int64_t limit)
{
	life->seed = life->seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((life->seed >> 20) % (uint64_t)limit);
}

/* Closes the oracle's interval and begins the next. */
static void life_turn(struct life *life, bool running)
{
	moment now = life->desk->work->now;
	if (life->running)
		life->elapsed += calendar_measure(life->calendars[life->calendar], life->since, now);
	life->running = running;
	life->since = now;
}

static void life_act(struct life *life)
{
	struct desk *desk = life->desk;
	static const char *const levels[] = { "high", "medium", "low" };
	text state = desk_state(desk_reload(desk, life->record));
	bool resolved = text_equal(state, T("resolved")), waiting = text_equal(state, T("waiting"));
	const char *urgency = levels[life_random(life, 3)];
	switch (resolved ? 2
			 : life_random(life, 6)) { /* a resolved one is reopened before it closes by itself */
	case 0:
		if (waiting || resolved)
			break;
		life_turn(life, false);
		assert_ok(desk_take(desk, life->record, "wait",
				    "{'waiting_reason': 'requester', 'comment': 'which?'}"));
		break;
	case 1:
		if (waiting || resolved)
			break;
		assert_ok(desk_take(desk, life->record, "wait",
				    "{'waiting_reason': 'supplier', 'comment': 'they are slow'}"));
		break;
	case 2:
		if (!waiting && !resolved)
			break;
		life_turn(life, true);
		assert_ok(desk_take(desk, life->record, waiting ? "resume" : "reopen",
				    waiting ? NULL : "{'comment': 'again'}"));
		break;
	case 3:
		life_turn(life, false);
		assert_ok(desk_take(desk, life->record, "resolve",
				    "{'resolution_code': 'fixed', 'resolution': 'x'}"));
		break;
	case 4:
		desk_patch(desk, life->record,
			   text_cstring(desk->arena, text_format(desk->arena, "{'urgency': '%s'}", urgency)));
		break;
	default:
		life_turn(life, life->running);
		life->calendar = 1 - life->calendar;
		desk_patch(desk, life->record,
			   life->calendar == 0 ? "{'service': 'office'}" : "{'service': 'berlin'}");
	}
}

DESK_TEST(whatever_happens_the_clock_counts_the_open_hours_it_ran)
{
	struct life life = { .desk = desk, .seed = 11, .running = true };
	const char *berlin = "mon-sat 06:00-10:30 11:00-22:00; sun 00:00-24:00";
	struct calendar *parsed;
	assert_ok(calendar_parse(desk->arena, T(OFFICE), TEXT_UNSET, zone_utc(), &parsed));
	life.calendars[0] = parsed;
	assert_ok(calendar_parse(desk->arena, text_from(berlin), TEXT_UNSET, zone_find(T("Europe/Berlin")),
				 &parsed));
	life.calendars[1] = parsed;
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_service(desk, "office", OFFICE, "UTC");
	desk_service(desk, "berlin", berlin, "Europe/Berlin");
	desk_jump(desk, "2026-03-27T09:00Z"); /* two days before the hour is lost */
	desk_as(desk, "agent");
	life.record = desk_incident(desk, "{'title': 'x', 'service': 'office', 'requester': 'reqa'}");
	life.since = desk->work->now;
	for (int step = 0; step < 60; step++) {
		desk_until_moment(desk, desk->work->now + life_random(&life, 2 * DAY_MS));
		int64_t before = desk_clock(desk, life.record, "resolution").elapsed_ms;
		life_act(&life);
		struct clock clock = desk_clock(desk, life.record, "resolution"), listed[2];
		assert_int_equal(clock.elapsed_ms, before); /* nothing that happens moves what has passed */
		life_turn(&life, life.running);
		assert_int_equal(clock.elapsed_ms, life.elapsed);
		assert_int_equal(clock.state == CLOCK_RUNNING, life.running);
		assert_ok(engine_clock_dues(desk->work, life.record->type, &life.record, 1, listed));
		assert_int_equal(listed[1].due_at, clock.due_at);
		assert_int_equal(listed[1].breached, clock.breached);
	}
}
