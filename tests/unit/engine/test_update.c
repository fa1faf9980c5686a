/* Merge patches: what changes, what does not, who may, and two people at once. */
#include "desk.h"

static struct error *update(struct desk *desk, struct record *record, int64_t version, const char *json)
{
	struct record *after;

	return IN_TX(desk, engine_update(desk->work, record->type, record_number(record), version, desk_json(desk, json), &after));
}

static size_t events_of(struct desk *desk, struct record *record)
{
	struct event *events;
	struct actor *actor = desk->work->actor;
	size_t count;

	desk->work->actor = access_system();
	assert_ok(engine_history(desk->work, record, 0, &events, &count));
	desk->work->actor = actor;
	return count;
}

DESK_TEST(a_patch_changes_fields_and_version)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'one', 'description': 'long', 'location': null}");
	desk->work->now += MINUTE_MS;
	assert_ok(update(desk, record, 1, "{'title': 'two', 'description': null, 'impact': 'high'}"));
	struct record *after = desk_reload(desk, record);
	assert_int_equal(after->version, 2);
	assert_text(record_title(after), "two");
	assert_int_equal(desk_cell(after, "description")->kind, CELL_NULL);
	assert_text(desk_choice(after, "priority"), "3");
	assert_int_equal(record_moment(after, FIELD_UPDATED_AT), desk->work->now);
	assert_int_equal(record_moment(after, FIELD_CREATED_AT), desk->work->now - MINUTE_MS);
}

DESK_TEST(nothing_new_is_no_event_and_no_version)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'one', 'watchers': ['reqb', 'reqa']}");
	size_t before = events_of(desk, record);
	assert_ok(update(desk, record, 0, "{'title': 'one', 'impact': 'low', 'watchers': ['reqa', 'reqb']}"));
	assert_ok(update(desk, record, 1, "{}"));
	assert_int_equal(desk_reload(desk, record)->version, 1);
	assert_int_equal(events_of(desk, record), before);
	assert_ok(update(desk, record, 1, "{'watchers': ['reqa']}"));
	assert_int_equal(desk_reload(desk, record)->version, 2);
	assert_int_equal(events_of(desk, record), before + 1);
}

DESK_TEST(the_second_of_two_is_shown_both_versions)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'one', 'impact': 'low'}");
	assert_ok(update(desk, record, 1, "{'title': 'theirs'}"));
	struct error *error = update(desk, record, 1, "{'title': 'mine', 'impact': 'high'}");
	assert_refused(error, STALE);
	assert_int_equal(value_get_integer(error->extra, T("version"), 0), 2);
	assert_text(value_get_text(value_get(error->extra, T("yours")), T("title")), "mine");
	assert_text(value_get_text(value_get(error->extra, T("current")), T("title")), "theirs");
	assert_text(value_get_text(value_get(error->extra, T("current")), T("impact")), "low");
	assert_text(record_title(desk_reload(desk, record)), "theirs");
	assert_ok(update(desk, record, 2, "{'title': 'mine'}"));
}

DESK_TEST(required_fields_stay)
{
	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'one'}");
	assert_refused(update(desk, record, 0, "{'title': null}"), INVALID);
	assert_refused(update(desk, record, 0, "{'titel': 'x'}"), INVALID);
	assert_refused(update(desk, record, 0, "{'version': 9}"), INVALID);
	assert_refused(update(desk, record, 0, "{'resolved_at': '2026-11-22T10:00:00Z'}"), INVALID);
	assert_refused(update(desk, record, 0, "{'impact': 'enormous'}"), INVALID);
	assert_refused(update(desk, record, 0, "[1]"), INVALID);
}

DESK_TEST(who_may_not_read_finds_nothing)
{
	struct record *after;

	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'one'}");
	desk_as(desk, "reqb");
	assert_refused(update(desk, record, 0, "{'title': 'two'}"), NOT_FOUND);
	assert_refused(IN_TX(desk, engine_update(desk->work, desk->incident, T("INC0999999"), 0, desk_json(desk, "{}"), &after)),
	               NOT_FOUND);
	desk_as(desk, "auditor");
	assert_refused(update(desk, record, 0, "{'title': 'two'}"), FORBIDDEN);
}

DESK_TEST(a_requester_changes_only_what_is_theirs_while_new)
{
	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'one'}");
	assert_ok(update(desk, record, 0, "{'title': 'two'}"));
	assert_refused(update(desk, record, 0, "{'impact': 'high'}"), INVALID);
	assert_refused(update(desk, record, 0, "{'rating': 5}"), INVALID);
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "start", NULL));
	desk_as(desk, "reqa");
	assert_refused(update(desk, record, 0, "{'title': 'three'}"), FORBIDDEN);
}

DESK_TEST(an_overridden_priority_stays_until_it_is_given_back)
{
	desk_as(desk, "lead");
	struct record *record = desk_incident(desk, "{'title': 'x', 'impact': 'low', 'urgency': 'low'}");
	assert_refused(update(desk, record, 0, "{'priority': '1'}"), INVALID);
	assert_ok(update(desk, record, 0, "{'priority': '1', 'priority_reason': 'the board waits'}"));
	assert_text(desk_choice(desk_reload(desk, record), "priority"), "1");
	desk_as(desk, "agent");
	assert_ok(update(desk, record, 0, "{'impact': 'high'}"));
	assert_text(desk_choice(desk_reload(desk, record), "priority"), "1");
	/* Sending the value that is there is no override of one's own. */
	assert_ok(update(desk, record, 0, "{'priority': '1', 'title': 'y'}"));
	assert_refused(update(desk, record, 0, "{'priority': '2'}"), FORBIDDEN);
	desk_as(desk, "lead");
	assert_ok(update(desk, record, 0, "{'priority': null}"));
	assert_text(desk_choice(desk_reload(desk, record), "priority"), "3");
	size_t reason = type_field(desk->incident, T("priority_reason"))->position;
	assert_int_equal(desk_reload(desk, record)->cells[reason].kind, CELL_NULL);
	assert_ok(update(desk, record, 0, "{'urgency': 'high'}"));
	assert_text(desk_choice(desk_reload(desk, record), "priority"), "1");
}

DESK_TEST(rules_write_without_rights)
{
	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'x'}"), *locked;
	bool *changed = arena_new_array(desk->arena, bool, desk->incident->field_count);
	struct cell *cells = arena_new_array(desk->arena, struct cell, desk->incident->field_count);
	size_t impact = type_field(desk->incident, T("impact"))->position;

	desk_as(desk, NULL);
	changed[impact] = true;
	cells[impact] = cell_integer(0);
	desk_begin(desk);
	struct error *error = model_lock(desk->work, desk->incident, record->id, &locked);
	if (error == NULL)
		error = engine_apply_update(desk->work, locked, changed, cells, T("some_rule"));
	assert_ok(desk_end(desk, error));
	assert_int_equal(locked->version, 2);
	assert_text(desk_choice(desk_reload(desk, record), "priority"), "3");
}
