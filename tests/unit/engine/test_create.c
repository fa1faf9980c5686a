/* New records: what is given, what is by default, what follows, and every refusal. */
#include "desk.h"

static struct error *create(struct desk *desk, const char *json)
{
	struct record *record;

	return IN_TX(desk, engine_create(desk->work, desk->incident, desk_json(desk, json), &record));
}

static bool has_error_for(const struct error *error, const char *field)
{
	for (; error != NULL; error = error->next)
		if (text_equal(error->field, text_from(field)))
			return true;
	return false;
}

DESK_TEST(a_requester_creates_an_incident)
{
	desk_as(desk, "reqa");
	struct record *made = desk_incident(desk, "{'title': 'Mail is down', 'description': 'since 9', 'service': 'mail'}");
	struct record *record = desk_reload(desk, made);

	assert_text(record_number(made), "INC0000001");
	assert_text(record_number(record), "INC0000001");
	assert_int_equal(record->version, 1);
	assert_text(desk_state(record), "new");
	assert_text(desk_choice(record, "impact"), "low");
	assert_text(desk_choice(record, "priority"), "5");
	assert_int_equal(desk_cell(record, "requester")->integer, desk->work->actor->id);
	assert_int_equal(desk_cell(record, "opened_by")->integer, desk->work->actor->id);
	assert_int_equal(record_moment(record, FIELD_CREATED_AT), desk->work->now);
	assert_int_equal(record_moment(record, FIELD_UPDATED_AT), desk->work->now);
	assert_int_equal(record->cells[FIELD_CREATED_BY].integer, desk->work->actor->id);
	/* What the caller got is what the store has. */
	for (size_t i = 0; i < record->type->field_count; i++)
		assert_true(cell_equal(&made->cells[i], &record->cells[i]));
}

DESK_TEST(an_agent_creates_for_somebody_else)
{
	int64_t requester;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'impact': 'high', 'urgency': 'high', "
	                                            "'watchers': ['reqb'], 'comment': 'called twice'}");
	assert_ok(model_find_id(desk->work, desk->model->user, T("reqa"), &requester));
	assert_int_equal(desk_cell(record, "requester")->integer, requester);
	assert_int_equal(desk_cell(record, "opened_by")->integer, desk->work->actor->id);
	assert_text(desk_choice(record, "priority"), "1");
	int64_t *watchers;
	size_t count;
	assert_ok(record_links(desk->work, record, type_field(desk->incident, T("watchers")), &watchers, &count));
	assert_int_equal(count, 1);
}

DESK_TEST(numbers_ascend_and_a_refused_creation_leaves_nothing)
{
	desk_as(desk, "reqa");
	assert_text(record_number(desk_incident(desk, "{'title': 'one'}")), "INC0000001");
	assert_refused(create(desk, "{'title': 'two', 'service': 'nowhere'}"), INVALID);
	text second = record_number(desk_incident(desk, "{'title': 'three'}"));
	assert_true(text_compare(second, T("INC0000001")) > 0);
	struct event *events;
	size_t count, created = 0;
	assert_ok(engine_feed_all(desk->work, 0, 1000, &events, &count));
	for (size_t i = 0; i < count; i++)
		created += events[i].kind == EVENT_CREATED && events[i].type == desk->incident;
	assert_int_equal(created, 2);
}

DESK_TEST(all_mistakes_are_told_at_once)
{
	desk_as(desk, "reqa");
	struct error *error = create(desk, "{'titel': 'x', 'service': 'mial', 'state': 'closed', 'number': 'INC7', 'team': 'network'}");

	assert_refused(error, INVALID);
	assert_true(has_error_for(error, "titel"));
	assert_true(has_error_for(error, "service"));
	assert_true(has_error_for(error, "state"));
	assert_true(has_error_for(error, "number"));
	assert_true(has_error_for(error, "team"));
	assert_true(has_error_for(error, "title"));
	for (const struct error *one = error; one != NULL; one = one->next)
		if (text_equal(one->field, T("titel")))
			assert_true(text_find(one->hint, T("title")) >= 0);
}

DESK_TEST(what_is_not_a_map_is_refused)
{
	desk_as(desk, "agent");
	assert_refused(create(desk, "[]"), INVALID);
	assert_refused(create(desk, "{'title': ''}"), INVALID);
	assert_refused(create(desk, "{'title': '  '}"), INVALID);
	assert_refused(create(desk, "{'title': 'x', 'comment': 7}"), INVALID);
	assert_refused(create(desk, "{'title': 'x', 'comment': ' '}"), INVALID);
	assert_refused(create(desk, "{'title': 'x', 'comment': 'y', 'visibility': 'secret'}"), INVALID);
}

DESK_TEST(who_has_no_right_to_create_may_not)
{
	struct record *record;

	desk_as(desk, "auditor");
	assert_refused(IN_TX(desk, engine_create(desk->work, desk->model->service, desk_json(desk, "{'name': 'a', 'label': 'b'}"),
	                                         &record)),
	               FORBIDDEN);
	desk_as(desk, "reqa");
	assert_refused(IN_TX(desk, engine_create(desk->work, desk->model->user, desk_json(desk, "{'login': 'a', 'name': 'b'}"),
	                                         &record)),
	               FORBIDDEN);
	desk->work->actor = access_nobody();
	assert_true(create(desk, "{'title': 'x'}") != NULL);
}

DESK_TEST(a_requester_writes_no_internal_note)
{
	desk_as(desk, "reqa");
	assert_refused(create(desk, "{'title': 'x', 'comment': 'psst', 'visibility': 'internal'}"), FORBIDDEN);
	desk_incident(desk, "{'title': 'x', 'comment': 'please hurry'}");
}

DESK_TEST(keys_and_logins_are_unique)
{
	struct record *record;

	desk_as(desk, NULL);
	assert_refused(IN_TX(desk, engine_create(desk->work, desk->model->user, desk_json(desk, "{'login': 'reqa', 'name': 'b'}"),
	                                         &record)),
	               CONFLICT);
	/* A key is the number, and follows it. */
	struct record *made = desk_create(desk, desk->model->user, "{'login': 'new.one', 'name': 'New'}");
	assert_text(record_number(made), "new.one");
	assert_ok(IN_TX(desk, engine_update(desk->work, desk->model->user, T("new.one"), 0, desk_json(desk, "{'login': 'newer'}"),
	                                    &record)));
	assert_text(record_number(desk_reload(desk, made)), "newer");
}

DESK_TEST(abstract_types_have_no_records)
{
	struct record *record;
	const struct type *task = model_type(desk->model, T("task"));

	if (task != NULL)
		assert_refused(IN_TX(desk, engine_create(desk->work, task, desk_json(desk, "{'title': 'x'}"), &record)), INVALID);
}

DESK_TEST(a_wrong_value_is_one_mistake)
{
	struct record *record;
	struct error *error;

	desk_as(desk, "agent");
	error = IN_TX(desk, engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 7}"), &record));
	assert_non_null(error);
	assert_text(error->message, "title must be a text");
	assert_null(error->next);
}

DESK_TEST(priority_is_overridden_only_with_right_and_reason)
{
	desk_as(desk, "agent");
	assert_refused(create(desk, "{'title': 'x', 'priority': '1'}"), FORBIDDEN);
	/* What the table says anyway needs no right. */
	desk_incident(desk, "{'title': 'x', 'priority': '5'}");
	desk_as(desk, "lead");
	assert_refused(create(desk, "{'title': 'x', 'priority': '1'}"), INVALID);
	struct record *record = desk_incident(desk, "{'title': 'x', 'priority': '1', 'priority_reason': 'the board waits'}");
	assert_text(desk_choice(record, "priority"), "1");
}
