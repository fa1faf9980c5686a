/* Scope words: whoever may read a record shares a word with it, and nobody else does. */
#include "office.h"

static bool shares(struct office *office, struct record *record, const char *login, bool *ret_internal)
{
	text *of_record, *of_actor;
	size_t record_count, actor_count;
	bool everything;

	office_as(office, NULL);
	assert_ok(access_record_scopes(office->work, record, &of_record, &record_count));
	office_as(office, login);
	assert_ok(access_actor_scopes(office->work, record->type, &of_actor, &actor_count, &everything, ret_internal));
	for (size_t i = 0; i < record_count; i++)
		for (size_t j = 0; j < actor_count; j++)
			if (text_equal(of_record[i], of_actor[j]))
				return true;
	return everything;
}

OFFICE_TEST(scopes_say_the_same_as_the_rules)
{
	static const char *const logins[] = { "reqa", "reqb", "agent", "network", "manager", "auditor", "admin" };
	static const char *const incidents[] = {
		"{'title': 'a', 'requester': 'reqa'}",
		"{'title': 'b', 'requester': 'reqb', 'watchers': ['reqa', 'agent']}",
		"{'title': 'c', 'requester': 'reqb', 'restricted': true, 'team': 'network'}",
		"{'title': 'd', 'requester': 'reqb', 'restricted': true, 'assignee': 'agent', 'opened_by': 'reqa'}",
		"{'title': 'e', 'requester': 'reqb', 'restricted': false, 'team': 'network'}",
	};

	for (size_t i = 0; i < array_length(incidents); i++) {
		struct record *record = office_record(office, office->incident, incidents[i]);
		for (size_t l = 0; l < array_length(logins); l++) {
			bool internal, may, found = shares(office, record, logins[l], &internal);
			assert_ok(access_may(office->work, RIGHT_READ, record->type, record, &may));
			if (may != found)
				fail_msg("%s and %s", logins[l], incidents[i]);
			assert_int_equal(internal, strncmp(logins[l], "req", 3) != 0);
		}
	}
}

OFFICE_TEST(scopes_of_platform_records)
{
	struct record *user;
	bool internal;

	office_as(office, NULL);
	assert_ok(model_load(office->work, office->user, office_id(office, "reqb"), &user));
	/* Mail addresses are searched, and hidden from requesters. */
	assert_true(shares(office, user, "reqa", &internal));
	assert_false(internal);
	assert_true(shares(office, user, "agent", &internal));
	assert_true(internal);
	office->work->actor = access_nobody();
	text *words;
	size_t count;
	bool everything;
	assert_ok(access_actor_scopes(office->work, office->user, &words, &count, &everything, &internal));
	assert_false(everything);
	assert_int_equal(count, 0);
}
