/*
 * Roles x rights on the records of incident.yaml: who may read what, that what may not be read looks as if it did not exist,
 * which fields may be read and written, which steps may be taken, and what a token takes away.
 */
#include "office.h"

struct desk_records {
	struct record *of_a, *of_b, *watched, *restricted, *restricted_mine, *opened;
};

static struct desk_records incidents(struct office *office)
{
	const struct type *incident = office->incident;

	return (struct desk_records){
		.of_a = office_record(office, incident, "{'title': 'Mail is down', 'requester': 'reqa'}"),
		.of_b = office_record(office, incident, "{'title': 'No network', 'requester': 'reqb'}"),
		.watched = office_record(office, incident, "{'title': 'Watched', 'requester': 'reqb', 'watchers': ['reqa']}"),
		.restricted = office_record(office, incident, "{'title': 'Secret', 'requester': 'reqb', 'restricted': true, 'team': 'network'}"),
		.restricted_mine = office_record(office, incident,
		                                 "{'title': 'Secret too', 'requester': 'reqb', 'restricted': true, 'assignee': 'agent'}"),
		.opened = office_record(office, incident, "{'title': 'Opened for B', 'requester': 'reqb', 'opened_by': 'reqa'}"),
	};
}

static bool may(struct office *office, enum right right, struct record *record)
{
	bool may;

	assert_ok(access_may(office->work, right, record == NULL ? office->incident : record->type, record, &may));
	return may;
}

OFFICE_TEST(reading_follows_the_rows)
{
	struct desk_records records = incidents(office);
	struct record *all[] = { records.of_a, records.of_b, records.watched, records.restricted, records.restricted_mine, records.opened };
	static const struct {
		const char *login;
		const char *sees; /* one digit a record */
	} expected[] = {
		{ "reqa", "101001" }, { "reqb", "011111" }, { "agent", "111011" }, { "network", "111101" },
		{ "manager", "111111" }, { "auditor", "111111" }, { "admin", "111111" },
	};

	for (size_t i = 0; i < array_length(expected); i++) {
		office_as(office, expected[i].login);
		for (size_t r = 0; r < array_length(all); r++) {
			struct record *loaded = NULL;
			bool sees = expected[i].sees[r] == '1';
			if (may(office, RIGHT_READ, all[r]) != sees)
				fail_msg("%s and record %zu", expected[i].login, r);
			if (sees) {
				assert_ok(access_load(office->work, office->incident, record_number(all[r]), &loaded));
				assert_int_equal(loaded->id, all[r]->id);
				assert_ok(access_load_id(office->work, office->incident, all[r]->id, &loaded));
				continue;
			}
			assert_refused(access_load(office->work, office->incident, record_number(all[r]), &loaded), NOT_FOUND);
			assert_refused(access_load_id(office->work, office->incident, all[r]->id, &loaded), NOT_FOUND);
			assert_refused(access_require(office->work, RIGHT_UPDATE, office->incident, all[r]), NOT_FOUND);
			for (int right = 0; right < RIGHT_COUNT; right++)
				assert_true(right == RIGHT_CREATE || !may(office, (enum right)right, all[r]));
		}
	}
}

OFFICE_TEST(unreadable_and_absent_are_told_in_the_same_words)
{
	struct desk_records records = incidents(office);
	struct record *loaded;

	office_as(office, "reqa");
	struct error *hidden = access_load(office->work, office->incident, record_number(records.of_b), &loaded);
	struct error *absent = access_load(office->work, office->incident, T("INC0999999"), &loaded);
	assert_int_equal(hidden->code, absent->code);
	assert_text(hidden->message, text_cstring(office->arena, text_format(office->arena, "there is no incident '%.*s'",
	                                                                    TEXT_ARG(record_number(records.of_b)))));
	assert_text(absent->message, "there is no incident 'INC0999999'");
	assert_true(text_equal(hidden->hint, absent->hint) && text_equal(hidden->field, absent->field));
	hidden = access_load_id(office->work, office->incident, records.of_b->id, &loaded);
	absent = access_load_id(office->work, office->incident, records.of_b->id + 1000, &loaded);
	assert_true(text_equal(hidden->message, absent->message));
	/* An id of another type is no record of this one. */
	assert_refused(access_load_id(office->work, office->incident, office_id(office, "reqa"), &loaded), NOT_FOUND);
}

OFFICE_TEST(roles_and_rights)
{
	struct record *incident = incidents(office).of_a;
	static const struct {
		const char *login;
		const char *rights; /* read create update comment note attach link watch export import history */
	} expected[] = {
		{ "reqa", "11110101000" },   { "agent", "11111111101" }, { "manager", "11111111101" },
		{ "auditor", "10001000101" }, { "admin", "11111111111" },
	};

	for (size_t i = 0; i < array_length(expected); i++) {
		office_as(office, expected[i].login);
		for (int right = 0; right < RIGHT_COUNT; right++) {
			bool wanted = expected[i].rights[right] == '1';
			if (may(office, (enum right)right, incident) != wanted)
				fail_msg("%s: right %.*s", expected[i].login, TEXT_ARG(right_name((enum right)right)));
			if (wanted)
				assert_ok(access_require(office->work, (enum right)right, office->incident, incident));
			else
				assert_refused(access_require(office->work, (enum right)right, office->incident, incident), FORBIDDEN);
		}
	}
}

OFFICE_TEST(fields_are_read_and_written_by_role)
{
	const struct field *restricted = office_field(office->incident, "restricted"), *title = office_field(office->incident, "title");

	office_as(office, "reqa");
	assert_true(access_field_readable(office->work, office->incident, title));
	assert_false(access_field_readable(office->work, office->incident, restricted));
	assert_true(access_field_writable(office->work, office->incident, title));
	assert_false(access_field_writable(office->work, office->incident, office_field(office->incident, "priority")));
	assert_false(access_field_open(office->work, office->incident, restricted));
	assert_true(access_field_open(office->work, office->incident, title));
	office_as(office, "agent");
	assert_true(access_field_readable(office->work, office->incident, restricted));
	assert_true(access_field_writable(office->work, office->incident, restricted));
	assert_false(access_field_readable(office->work, office->user, office_field(office->user, "roles")));
	static const char *const engine_only[] = { "number", "state", "version", "created_at", "updated_by", "opened_by", "resolved_at" };
	for (size_t i = 0; i < array_length(engine_only); i++) {
		assert_false(access_field_writable(office->work, office->incident, office_field(office->incident, engine_only[i])));
		office->work->actor = access_system();
		assert_false(access_field_writable(office->work, office->incident, office_field(office->incident, engine_only[i])));
	}
}

OFFICE_TEST(an_update_is_limited_to_the_fields_of_its_branch)
{
	struct desk_records records = incidents(office);
	size_t title = office_field(office->incident, "title")->position, rating = office_field(office->incident, "rating")->position;
	bool *fields = arena_new_array(office->arena, bool, office->incident->field_count);

	office_as(office, "reqa");
	assert_ok(access_writable_fields(office->work, office->incident, records.of_a, fields));
	assert_true(fields[title]);
	assert_false(fields[rating]);
	records.of_a->cells[FIELD_STATE] = cell_integer(lifecycle_state(office->incident->lifecycle, T("resolved")));
	assert_ok(access_writable_fields(office->work, office->incident, records.of_a, fields));
	assert_false(fields[title]);
	assert_true(fields[rating]);
	/* Watched, but of somebody else. */
	assert_ok(access_writable_fields(office->work, office->incident, records.watched, fields));
	assert_false(fields[title] || fields[rating]);
	assert_ok(access_writable_fields(office->work, office->incident, NULL, fields));
	assert_true(fields[title]);
	assert_false(fields[office_field(office->incident, "team")->position]);
	office_as(office, "agent");
	assert_ok(access_writable_fields(office->work, office->incident, records.of_a, fields));
	assert_true(fields[title]);
	assert_true(fields[office_field(office->incident, "team")->position]);
	assert_false(fields[FIELD_STATE]);
	office_as(office, "auditor");
	assert_ok(access_writable_fields(office->work, office->incident, records.of_b, fields));
	for (size_t i = 0; i < office->incident->field_count; i++)
		assert_false(fields[i]);
}

static enum transition_answer answer(struct office *office, struct record *record, const char *name, text *ret_why)
{
	const struct lifecycle *lifecycle = record->type->lifecycle;
	enum transition_answer answer;

	assert_ok(access_transition(office->work, record, &lifecycle->transitions[lifecycle_transition(lifecycle, text_from(name))], &answer,
	                            ret_why));
	return answer;
}

OFFICE_TEST(steps_are_now_not_now_or_never)
{
	struct desk_records records = incidents(office);
	const struct lifecycle *lifecycle = office->incident->lifecycle;
	text why;

	office_as(office, "reqa");
	assert_int_equal(answer(office, records.of_a, "cancel", &why), TRANSITION_ALLOWED);
	assert_false(text_is_set(why));
	assert_int_equal(answer(office, records.of_a, "resolve", &why), TRANSITION_NEVER);
	assert_true(text_is_set(why));
	assert_int_equal(answer(office, records.of_a, "reopen", &why), TRANSITION_NOT_NOW);
	/* Of somebody else: the role may, this person on this record may not. */
	assert_int_equal(answer(office, records.watched, "cancel", &why), TRANSITION_NOT_NOW);
	/* Past its window: the definition says why. */
	records.of_a->cells[FIELD_STATE] = cell_integer(lifecycle_state(lifecycle, T("resolved")));
	records.of_a->cells[office_field(office->incident, "resolved_at")->position] = cell_moment(office->work->now - 30 * DAY_MS);
	assert_int_equal(answer(office, records.of_a, "reopen", &why), TRANSITION_NOT_NOW);
	assert_true(text_find(why, T("5 working days")) > 0);
	records.of_a->cells[office_field(office->incident, "resolved_at")->position] = cell_moment(office->work->now - HOUR_MS);
	assert_int_equal(answer(office, records.of_a, "reopen", &why), TRANSITION_ALLOWED);
	office_as(office, "agent");
	assert_int_equal(answer(office, records.of_b, "start", &why), TRANSITION_ALLOWED);
	assert_int_equal(answer(office, records.of_b, "resume", &why), TRANSITION_NOT_NOW);
	office_as(office, "auditor");
	assert_int_equal(answer(office, records.of_b, "start", &why), TRANSITION_NEVER);
	office_as(office, NULL);
	assert_int_equal(answer(office, records.of_b, "resolve", &why), TRANSITION_ALLOWED);
	office_as(office, "reqa");
	enum transition_answer unseen;
	assert_refused(access_transition(office->work, records.of_b, &lifecycle->transitions[0], &unseen, &why), NOT_FOUND);
}

OFFICE_TEST(a_token_only_narrows)
{
	struct desk_records records = incidents(office);
	text why;

	office_as(office, "admin");
	office->work->actor->scopes = SCOPE_READ;
	assert_true(may(office, RIGHT_READ, records.of_a) && may(office, RIGHT_HISTORY, records.of_a) && may(office, RIGHT_NOTE, records.of_a));
	assert_false(may(office, RIGHT_UPDATE, records.of_a) || may(office, RIGHT_CREATE, NULL) || may(office, RIGHT_COMMENT, records.of_a));
	assert_refused(access_require(office->work, RIGHT_NOTE, office->incident, records.of_a), FORBIDDEN);
	assert_int_equal(answer(office, records.of_a, "start", &why), TRANSITION_NEVER);
	office->work->actor->scopes = SCOPE_READ | SCOPE_WRITE;
	assert_true(may(office, RIGHT_UPDATE, records.of_a) && may(office, RIGHT_CREATE, NULL));
	assert_ok(access_require(office->work, RIGHT_NOTE, office->incident, records.of_a));
	/* People, roles, services ... are administration. */
	bool person;
	assert_ok(access_may(office->work, RIGHT_UPDATE, office->user, NULL, &person));
	assert_false(person);
	office->work->actor->scopes = SCOPE_ALL;
	assert_ok(access_may(office->work, RIGHT_UPDATE, office->user, NULL, &person));
	assert_true(person);
	office->work->actor->scopes = 0;
	assert_false(may(office, RIGHT_READ, records.of_a));
}
