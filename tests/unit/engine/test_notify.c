/* Notifications: who is told, why, how often, and who is not. */
#include "desk_time.h"

#include "engine/time_private.h"

static size_t told(struct desk *desk, const char *login, struct notification *ret_newest)
{
	struct notification *list;
	size_t count;
	if (ret_newest != NULL)
		*ret_newest = (struct notification){ .id = 0 };
	desk_as(desk, login);
	assert_ok(engine_notifications(desk->work, false, 0, 100, &list, &count));
	if (count > 0 && ret_newest != NULL)
		*ret_newest = list[0];
	return count;
}

DESK_TEST(an_assignee_is_told_with_the_reason_but_not_by_himself)
{
	struct notification newest;
	desk_as(desk, "lead");
	struct record *record = desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "assign", "{'assignee': 'agent'}"));
	assert_int_equal(told(desk, "agent", &newest), 1);
	text expected = text_format(desk->arena, "%.*s was assigned to you: Mail is down",
				    TEXT_ARG(record_number(record)));
	assert_true(text_equal(newest.words, expected));
	assert_text(newest.reason, "because you are the assignee");
	assert_int_equal(newest.record_id, record->id);
	assert_ptr_equal(newest.type, desk->incident);
	assert_int_equal(newest.read_at, MOMENT_UNSET);
	assert_int_equal(told(desk, "lead", NULL), 0);
	desk_as(desk, "agent");
	record = desk_incident(desk, "{'title': 'y', 'requester': 'reqa'}");
	assert_ok(desk_take(desk, record, "start", NULL)); /* takes it */
	assert_int_equal(told(desk, "agent", NULL), 1);
}

DESK_TEST(a_team_is_told_each_member_once)
{
	struct notification newest;
	desk_as(desk, NULL);
	desk_create(desk, desk->model->user,
		    "{'login': 'second', 'name': 'Second', 'roles': ['agent'], 'teams': ['first line']}");
	desk_create(desk, desk->model->user,
		    "{'login': 'gone', 'name': 'Gone', 'roles': ['agent'], 'teams': ['first line'], "
		    "'active': false}");
	desk_as(desk, "lead");
	struct record *record =
	    desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'first line'}");
	assert_int_equal(told(desk, "agent", &newest), 1);
	assert_text(newest.reason, "because you are in the team First line");
	assert_int_equal(told(desk, "second", NULL), 1);
	struct event event;
	assert_int_equal(desk_events(desk, record, EVENT_NOTIFIED, "rule", "tell_team", &event), 1);
	assert_int_equal(value_count(value_get(event.payload, T("to"))), 2);
}

DESK_TEST(who_may_not_read_the_record_is_not_told)
{
	desk_as(desk, "lead");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqb'}");
	/* A watcher may read it, a requester of something else may not: an assignee without the role is told
	 * nothing. */
	desk_as(desk, NULL);
	desk_patch(desk, record, "{'restricted': true, 'assignee': 'reqa'}");
	assert_int_equal(told(desk, "reqa", NULL), 0);
	assert_int_equal(desk_events(desk, record, EVENT_NOTIFIED, NULL, NULL, NULL), 0);
}

DESK_TEST(one_cause_tells_a_person_once)
{
	desk_as(desk, "lead");
	/* Assignee and watcher and requester in one. */
	struct record *record =
	    desk_incident(desk, "{'title': 'x', 'requester': 'agent', 'watchers': ['agent', 'reqa']}");
	desk_say(desk, record, "an answer", VISIBLE_PUBLIC);
	assert_int_equal(told(desk, "agent", NULL), 1);
	struct notification newest;
	assert_int_equal(told(desk, "reqa", &newest), 1);
	assert_text(newest.reason, "because you watch it");
	desk_as(desk, "lead");
	/* One step, two rules: assigned to the agent's team and to the agent. */
	desk_patch(desk, record, "{'team': 'first line', 'assignee': 'agent'}");
	assert_int_equal(told(desk, "agent", NULL), 2);
}

DESK_TEST(a_role_that_nobody_holds_is_called_by_its_nearest_heirs)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_create(desk, desk->model->user, "{'login': 'major', 'name': 'Major', 'roles': ['major_incident_manager']}");
	desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa', 'impact': 'high', 'urgency': 'high'}");
	desk_until(desk, "2026-03-02T09:16Z");
	struct notification newest;
	assert_true(told(desk, "major", &newest) > 0);
	assert_text(newest.reason, "because you have the role Major incident manager");
	assert_int_equal(told(desk, "admin", NULL), 0);
}

DESK_TEST(without_nearer_heirs_administrators_are_called)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa', 'impact': 'high', 'urgency': 'high'}");
	desk_until(desk, "2026-03-02T09:16Z");
	assert_true(told(desk, "admin", NULL) > 0);
}

DESK_TEST(a_breach_calls_the_holders_of_the_role)
{
	struct notification newest;
	desk_as(desk, NULL);
	desk_create(desk, desk->model->user,
		    "{'login': 'manager', 'name': 'Manager', 'roles': ['incident_manager']}");
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "reqa");
	desk_incident(desk, "{'title': 'x'}");
	desk_until(desk, "2026-03-02T18:00Z");
	assert_int_equal(told(desk, "manager", &newest), 1);
	assert_text(newest.reason, "because you have the role Incident manager");
	assert_int_equal(told(desk, "admin", NULL), 0); /* includes the role, does not hold it */
}

DESK_TEST(an_import_tells_nobody)
{
	struct record *record;
	enum import_outcome outcome;
	desk_as(desk, NULL);
	const struct import_step step = {
		.at = desk_moment("2026-03-02T09:00Z"),
		.number = T("INC0000777"),
		.state = -1,
		.source_key = T("1"),
		.fields = desk_json(
		    desk, "{'title': 'x', 'requester': 'reqa', 'assignee': 'agent', 'team': 'first line'}"),
	};
	assert_ok(IN_TX(desk, engine_import(desk->work, desk->incident, &step, &outcome, &record)));
	assert_int_equal(told(desk, "agent", NULL), 0);
	assert_int_equal(desk_events(desk, record, EVENT_NOTIFIED, NULL, NULL, NULL), 0);
}

DESK_TEST(notifications_are_read_one_by_one_or_all_by_their_owner_only)
{
	struct notification *list;
	size_t count;
	int64_t unread;
	desk_as(desk, "lead");
	for (int i = 0; i < 3; i++)
		desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'assignee': 'agent'}");
	desk_as(desk, "agent");
	assert_ok(engine_notifications_unread(desk->work, &unread));
	assert_int_equal(unread, 3);
	assert_ok(engine_notifications(desk->work, true, 0, 2, &list, &count));
	assert_int_equal(count, 2);
	assert_true(list[0].id > list[1].id);
	int64_t newest = list[0].id;
	assert_ok(engine_notifications(desk->work, true, list[1].id, 2, &list, &count));
	assert_int_equal(count, 1);
	desk_as(desk, "lead");
	assert_ok(IN_TX(desk, engine_notification_read(desk->work, newest)));
	desk_as(desk, "agent");
	assert_ok(engine_notifications_unread(desk->work, &unread));
	assert_int_equal(unread, 3);
	assert_ok(IN_TX(desk, engine_notification_read(desk->work, newest)));
	assert_ok(engine_notifications_unread(desk->work, &unread));
	assert_int_equal(unread, 2);
	assert_ok(IN_TX(desk, engine_notification_read(desk->work, 0)));
	assert_ok(engine_notifications(desk->work, true, 0, 10, &list, &count));
	assert_int_equal(count, 0);
	assert_int_equal(told(desk, "agent", NULL), 3);
}

DESK_TEST(words_hide_what_the_reader_may_not_see)
{
	desk_as(desk, NULL);
	struct record *record =
	    desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'external_ref': 'secret'}");
	desk_as(desk, "reqa");
	text said;
	assert_ok(fill_words(desk->work, record, T("{title} {external_ref} {contact} {nonsense}"), &said));
	assert_text(said, "x … – {nonsense}");
}
