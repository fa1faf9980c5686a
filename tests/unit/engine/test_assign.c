/* Work is given to people of a team: each in turn, to the least loaded, to whoever knows it; never to somebody who is not there. */
#include "desk_time.h"

#define ROUND_ROBIN "  give: { when: created, if: assignee is not set, then: [{ assign: round_robin }] }\n"
#define LEAST_LOADED "  give: { when: created, if: assignee is not set, then: [{ assign: { how: least_loaded, team: team } }] }\n"
#define SKILL "  give: { when: created, if: assignee is not set, then: [{ assign: skill }] }\n"

static void make_team(struct desk *desk)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_create(desk, desk->model->team, "{'name': 'pool', 'label': 'Pool'}");
	desk_create(desk, desk->model->user, "{'login': 'ann', 'name': 'Ann', 'roles': ['agent'], 'teams': ['pool']}");
	desk_create(desk, desk->model->user, "{'login': 'bob', 'name': 'Bob', 'roles': ['agent'], 'teams': ['pool', 'network']}");
	desk_create(desk, desk->model->user, "{'login': 'cem', 'name': 'Cem', 'roles': ['agent'], 'teams': ['pool']}");
	desk_create(desk, desk->model->user,
	            "{'login': 'gone', 'name': 'Gone', 'roles': ['agent'], 'teams': ['pool'], 'active': false}");
}

/* The login of the assignee of a new incident; "" nobody. */
static text assigned(struct desk *desk, const char *json)
{
	struct record *record = desk_reload(desk, desk_incident(desk, json));
	struct record_name name;

	if (record_id_of(record, record->type->assignee) == 0)
		return T("");
	assert_ok(model_name(desk->work, desk->model->user, record_id_of(record, record->type->assignee), &name));
	return name.number;
}

#define INCIDENT "{'title': 'x', 'requester': 'reqa', 'team': 'pool'}"

DESK_TEST_WITH(each_gets_one_in_turn_and_who_left_gets_none, ROUND_ROBIN)
{
	make_team(desk);
	assert_text(assigned(desk, INCIDENT), "ann");
	assert_text(assigned(desk, INCIDENT), "bob");
	assert_text(assigned(desk, INCIDENT), "cem");
	assert_text(assigned(desk, INCIDENT), "ann");
	/* Every team has turns of its own. */
	assert_text(assigned(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'network'}"), "bob");
	assert_text(assigned(desk, INCIDENT), "bob");
}

DESK_TEST_WITH(who_is_away_gets_nothing_until_they_are_back, ROUND_ROBIN)
{
	make_team(desk);
	const struct type *absence = model_type(desk->model, T("absence"));
	desk_create(desk, absence, "{'person': 'ann', 'begins': '2026-03-01T00:00:00Z', 'ends': '2026-03-03T00:00:00Z'}");
	desk_create(desk, absence, "{'person': 'bob', 'begins': '2026-03-01T00:00:00Z'}");
	desk_create(desk, absence, "{'person': 'cem', 'begins': '2026-03-05T00:00:00Z', 'ends': '2026-03-09T00:00:00Z'}");
	assert_text(assigned(desk, INCIDENT), "cem");
	assert_text(assigned(desk, INCIDENT), "cem");
	desk_jump(desk, "2026-03-06T09:00Z");
	assert_text(assigned(desk, INCIDENT), "ann");
	assert_text(assigned(desk, INCIDENT), "ann");
}

DESK_TEST_WITH(the_least_loaded_gets_it_and_equals_take_turns, LEAST_LOADED)
{
	make_team(desk);
	desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'assignee': 'ann'}");
	desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'network', 'assignee': 'ann'}");
	assert_text(assigned(desk, INCIDENT), "bob");
	struct record *done = desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'assignee': 'cem'}");
	assert_ok(desk_take(desk, done, "resolve", "{'resolution_code': 'fixed', 'resolution': 'y'}"));
	/* What is resolved is no load. */
	assert_text(assigned(desk, INCIDENT), "cem");
	assert_text(assigned(desk, INCIDENT), "bob");
}

DESK_TEST_WITH(who_knows_what_the_service_asks_for_gets_it, SKILL)
{
	make_team(desk);
	const struct type *skill = model_type(desk->model, T("skill"));
	desk_create(desk, skill, "{'name': 'smtp', 'label': 'SMTP'}");
	desk_create(desk, skill, "{'name': 'dns', 'label': 'DNS'}");
	desk_create(desk, skill, "{'name': 'cobol', 'label': 'COBOL'}");
	desk_create(desk, desk->model->service, "{'name': 'post', 'label': 'Post', 'skills': ['smtp']}");
	desk_create(desk, desk->model->service, "{'name': 'bank', 'label': 'Bank', 'skills': ['cobol']}");
	desk_create(desk, desk->model->category, "{'name': 'names', 'label': 'Names', 'skills': ['dns']}");
	struct record *bob, *cem;
	assert_ok(model_load_number(desk->work, desk->model->user, T("bob"), &bob));
	assert_ok(model_load_number(desk->work, desk->model->user, T("cem"), &cem));
	desk_patch(desk, bob, "{'skills': ['smtp']}");
	desk_patch(desk, cem, "{'skills': ['smtp', 'dns']}");
	assert_text(assigned(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'service': 'post'}"), "bob");
	assert_text(assigned(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'service': 'post'}"), "cem");
	/* Both skills are asked for: who has more of them is better, however loaded. */
	assert_text(assigned(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'service': 'post', 'category': 'names'}"), "cem");
	/* No skill is asked for: the least loaded. */
	assert_text(assigned(desk, INCIDENT), "ann");
	/* Nobody has it: nobody gets it, and the record says why. */
	struct record *left = desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'pool', 'service': 'bank'}");
	struct event last;
	assert_int_equal(record_id_of(desk_reload(desk, left), left->type->assignee), 0);
	assert_int_equal(desk_events(desk, left, EVENT_AUTOMATION, "rule", "give", &last), 1);
	assert_non_null(strstr(text_cstring(desk->arena, value_get_text(last.payload, T("error"))), "has the skills"));
}

DESK_TEST_WITH(without_a_team_or_people_nobody_is_assigned_and_it_is_said, ROUND_ROBIN)
{
	struct event last;
	desk_create(desk, desk->model->team, "{'name': 'empty', 'label': 'Empty'}");
	struct record *none = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_int_equal(desk_events(desk, none, EVENT_AUTOMATION, "rule", "give", &last), 1);
	assert_text(value_get_text(last.payload, T("error")), "nobody was assigned: the record has no team");
	struct record *empty = desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'team': 'empty'}");
	assert_int_equal(desk_events(desk, empty, EVENT_AUTOMATION, "rule", "give", &last), 1);
	assert_text(value_get_text(last.payload, T("error")), "nobody was assigned: nobody of the team is there");
}

#define FROM_SERVICE "  by_service: { when: created, if: team is not set, then: [{ set: { team: { from: service.team } } }] }\n"

DESK_TEST_WITH(a_setting_follows_a_path, FROM_SERVICE)
{
	desk_create(desk, desk->model->service, "{'name': 'lan', 'label': 'LAN', 'team': 'network'}");
	struct record *routed = desk_reload(desk, desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'service': 'lan'}"));
	struct record_name name;
	assert_ok(model_name(desk->work, desk->model->team, record_id_of(routed, routed->type->team), &name));
	assert_text(name.number, "network");
	/* A link on the way is unset, or its target has nothing there: unset. */
	struct record *mail = desk_reload(desk, desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'service': 'mail'}"));
	struct record *without = desk_reload(desk, desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}"));
	assert_int_equal(record_id_of(mail, mail->type->team), 0);
	assert_int_equal(record_id_of(without, without->type->team), 0);
}
