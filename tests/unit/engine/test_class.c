/* Classes when records change: fields that a class lacks, a change of class, and links between classes. */
#include "desk.h"

static const struct type *ci(struct desk *desk)
{
	return model_type(desk->model, T("ci"));
}

static struct error *create(struct desk *desk, const char *json, struct record **ret_record)
{
	return IN_TX(desk, engine_create(desk->work, ci(desk), desk_json(desk, json), ret_record));
}

static struct error *update(struct desk *desk, struct record *record, const char *json)
{
	struct record *after;

	return IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, json), &after));
}

static struct error *connect(struct desk *desk, struct record *from, const char *relation, struct record *to)
{
	int64_t id;

	return IN_TX(desk, engine_link(desk->work, from->type, record_number(from), text_from(relation), record_number(to), &id));
}

DESK_TEST(a_record_has_the_fields_of_its_class_only)
{
	struct record *record;
	struct value *value;
	desk_as(desk, "admin");
	struct error *error = create(desk, "{'class': 'printer', 'name': 'P1', 'cpu_count': 4}", &record);
	assert_refused(error, INVALID);
	assert_text(error->field, "cpu_count");
	assert_text(error->message, "cpu_count is no field of a printer");
	assert_text(error->hint, "it belongs to the class server, workstation, virtual_machine");
	assert_ok(create(desk, "{'class': 'printer', 'name': 'P1', 'serial': 'X-1', 'cpu_count': null}", &record));
	assert_ok(access_record_value(desk->work, record, NULL, &value));
	assert_text(value_get_text(value, T("serial")), "X-1");
	assert_null(value_get(value, T("cpu_count")));
	assert_non_null(value_get(value, T("hostname")));
	assert_refused(create(desk, "{'name': 'without class'}", &record), INVALID);
}

DESK_TEST(a_change_of_class_never_loses_a_value)
{
	struct record *record;
	desk_as(desk, "admin");
	assert_ok(create(desk, "{'class': 'server', 'name': 'S1', 'serial': 'X-2', 'cpu_count': 8, 'rack': 'A1'}", &record));
	struct error *error = update(desk, record, "{'class': 'printer'}");
	assert_refused(error, INVALID);
	assert_text(error->message, "cpu_count would be lost: a printer has none");
	assert_text(error->field, "class");
	assert_text(error->next->message, "rack would be lost: a printer has none");
	assert_ok(update(desk, record, "{'class': 'workstation', 'rack': null}"));
	record = desk_reload(desk, record);
	assert_text(desk_choice(record, "class"), "workstation");
	assert_text(desk_cell(record, "serial")->text, "X-2");
	assert_int_equal(desk_cell(record, "cpu_count")->integer, 8);
}

DESK_TEST(settings_of_transitions_leave_out_what_the_class_lacks)
{
	struct record *record;
	desk_as(desk, "admin");
	assert_ok(create(desk, "{'class': 'facility', 'name': 'Room 1', 'team': 'network'}", &record));
	assert_ok(desk_take(desk, record, "deploy", NULL));
	assert_ok(desk_take(desk, record, "store", NULL)); /* unsets used_by, which a room has not */
	assert_text(desk_state(desk_reload(desk, record)), "in_stock");
}

DESK_TEST(relations_hold_to_their_classes_and_cardinality)
{
	struct record *server, *other, *machine, *application;
	int64_t id;
	desk_as(desk, "admin");
	assert_ok(create(desk, "{'class': 'server', 'name': 'S1'}", &server));
	assert_ok(create(desk, "{'class': 'server', 'name': 'S2'}", &other));
	assert_ok(create(desk, "{'class': 'virtual_machine', 'name': 'V1'}", &machine));
	assert_ok(create(desk, "{'class': 'application', 'name': 'Shop'}", &application));
	struct error *error = connect(desk, server, "runs_on", application);
	assert_refused(error, INVALID);
	assert_text(error->message, "'runs_on' does not go from a server to a application");
	assert_ok(connect(desk, application, "runs_on", machine));
	assert_ok(connect(desk, application, "runs_on", server));
	assert_ok(connect(desk, machine, "hosted_on", server));
	error = connect(desk, machine, "hosted_on", other);
	assert_refused(error, INVALID);
	assert_text(error->field, "relation");
	assert_true(text_find(error->message, T("has a link 'hosted_on' to another record already")) > 0);
	assert_refused(connect(desk, machine, "hosted_on", server), CONFLICT);
	/* Services have names, not numbers. */
	assert_ok(IN_TX(desk, engine_link(desk->work, ci(desk), record_number(application), T("supports"), T("mail"), &id)));
	assert_refused(IN_TX(desk, engine_link(desk->work, ci(desk), record_number(application), T("supports"), T("male"), &id)),
	               INVALID);
}

DESK_TEST(a_change_of_class_never_leaves_a_relation_that_does_not_fit)
{
	struct record *server, *machine, *application;
	desk_as(desk, "admin");
	assert_ok(create(desk, "{'class': 'server', 'name': 'S1'}", &server));
	assert_ok(create(desk, "{'class': 'virtual_machine', 'name': 'V1'}", &machine));
	assert_ok(create(desk, "{'class': 'application', 'name': 'Shop'}", &application));
	assert_ok(connect(desk, machine, "hosted_on", server));
	assert_ok(connect(desk, application, "runs_on", server));
	/* What it hosts needs a server. */
	struct error *error = update(desk, server, "{'class': 'printer'}");
	assert_refused(error, INVALID);
	assert_text(error->field, "class");
	assert_text(error->message, "a printer cannot be at the end of a link 'hosted_on', and CI0000001 is");
	assert_text(error->hint, "remove that link first");
	error = update(desk, machine, "{'class': 'storage'}");
	assert_refused(error, INVALID);
	assert_text(error->message, "a storage cannot be at the begin of a link 'hosted_on', and CI0000002 is");
	/* A database runs on a server as well. */
	assert_ok(update(desk, application, "{'class': 'database'}"));
	struct import_step step = { .at = desk->work->now, .number = T("CI0000001"), .state = -1, .source_key = T("a"),
		                    .fields = desk_json(desk, "{'class': 'printer'}") };
	enum import_outcome outcome;
	desk->work->actor = access_system();
	error = IN_TX(desk, engine_import(desk->work, ci(desk), &step, &outcome, &server));
	assert_refused(error, INVALID);
	assert_true(text_find(error->message, T("at the end of a link 'hosted_on'")) > 0);
}

DESK_TEST(an_import_is_held_to_the_classes)
{
	enum import_outcome outcome;
	struct record *record;
	struct import_step step = { .at = desk->work->now, .state = 3, .source_key = T("a"),
		                    .fields = desk_json(desk, "{'class': 'printer', 'name': 'P', 'cpu_count': 2}") };

	desk->work->actor = access_system();
	assert_refused(IN_TX(desk, engine_import(desk->work, ci(desk), &step, &outcome, &record)), INVALID);
	step.fields = desk_json(desk, "{'cpu_count': 2, 'class': 'server', 'name': 'S'}");
	assert_ok(IN_TX(desk, engine_import(desk->work, ci(desk), &step, &outcome, &record)));
	assert_text(desk_state(record), "in_use");
}

DESK_TEST(nobody_links_what_they_may_not_read)
{
	struct record *hidden, *own;
	struct record_link *links;
	size_t count;

	desk_as(desk, "admin");
	assert_ok(create(desk, "{'class': 'server', 'name': 'Secret', 'restricted': true, 'team': 'network'}", &hidden));
	assert_ok(create(desk, "{'class': 'virtual_machine', 'name': 'V1', 'team': 'first line'}", &own));
	desk_as(desk, "agent");
	assert_refused(connect(desk, own, "hosted_on", hidden), INVALID);
	assert_refused(connect(desk, hidden, "connected_to", own), NOT_FOUND);
	desk_as(desk, "admin");
	assert_ok(connect(desk, own, "hosted_on", hidden));
	assert_ok(engine_links(desk->work, own, &links, &count));
	assert_int_equal(count, 1);
	int64_t id = links[0].id;
	desk_as(desk, "agent");
	assert_ok(engine_links(desk->work, own, &links, &count));
	assert_int_equal(count, 0);
	assert_refused(IN_TX(desk, engine_unlink(desk->work, own->type, record_number(own), id)), NOT_FOUND);
	assert_refused(IN_TX(desk, engine_unlink(desk->work, hidden->type, record_number(hidden), id)), NOT_FOUND);
}
