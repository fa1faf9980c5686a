/* Who an actor is: roles with what they include, teams, organisation, and who may not act at all. */
#include "office.h"

OFFICE_TEST(roles_include_others)
{
	office_as(office, "reqa");
	assert_true(actor_has_role(office->work, T("requester")));
	assert_false(actor_has_role(office->work, T("agent")));
	assert_true(office->work->actor->organisation != 0);
	assert_int_equal(office->work->actor->team_count, 0);
	office_as(office, "manager");
	assert_true(actor_has_role(office->work, T("incident_manager")));
	assert_true(actor_has_role(office->work, T("agent")));
	assert_true(actor_has_role(office->work, T("requester")));
	assert_false(actor_has_role(office->work, T("team_lead")));
	assert_false(actor_has_role(office->work, T("no such role")));
	/* Reads everything and changes nothing: asking for help takes the role requester beside it. */
	office_as(office, "auditor");
	assert_true(actor_has_role(office->work, T("auditor")));
	assert_false(actor_has_role(office->work, T("requester")));
	assert_false(actor_has_role(office->work, T("agent")));
}

OFFICE_TEST(an_actor_knows_its_person)
{
	office_as(office, "network");
	assert_int_equal(office->work->actor->kind, ACTOR_PERSON);
	assert_text(office->work->actor->login, "network");
	assert_text(office->work->actor->name, "Network");
	assert_int_equal(office->work->actor->team_count, 1);
	assert_text(office->work->actor->language, "en");
	assert_text(zone_name(office->work->actor->zone), "UTC");
	assert_int_equal(office->work->actor->scopes, SCOPE_ALL);
}

OFFICE_TEST(inactive_and_unknown_people_do_not_act)
{
	struct actor *actor = NULL;

	assert_refused(access_actor(office->work, office_id(office, "gone"), &actor), FORBIDDEN);
	assert_refused(access_actor(office->work, 999999, &actor), NOT_FOUND);
	assert_null(actor);
}

OFFICE_TEST(system_may_all_and_nobody_nothing)
{
	struct record *incident = office_record(office, office->incident, "{'title': 'Mail is down', 'requester': 'reqa'}");
	bool may;

	for (int right = 0; right < RIGHT_COUNT; right++) {
		office->work->actor = access_system();
		assert_ok(access_may(office->work, (enum right)right, office->incident, incident, &may));
		assert_true(may);
		office->work->actor = access_nobody();
		assert_ok(access_may(office->work, (enum right)right, office->incident, incident, &may));
		assert_false(may);
		assert_ok(access_may(office->work, (enum right)right, office->incident, NULL, &may));
		assert_false(may);
	}
}
