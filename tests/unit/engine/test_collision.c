/* Collisions: who meets whom, when and where; freezes and windows; what is kept in the record; what others may know. */
#include "desk.h"

static const char outage[] =
	"practice: Tests\n"
	"purpose: Planned work.\n"
	"type: { name: outage, number: \"OUT{0000}\", title: title }\n"
	"fields:\n"
	"  title: { kind: text, required: yes }\n"
	"  begin_at: { kind: moment }\n"
	"  end_at: { kind: moment }\n"
	"  secret: { kind: boolean, default: no }\n"
	"  urgent: { kind: boolean, default: no }\n"
	"  cis: { kind: links, to: ci }\n"
	"  service: { kind: link, to: service }\n"
	"  found: { kind: choice, choices: [none, near, outside, same, freeze], set_by_engine: yes }\n"
	"lifecycle:\n"
	"  states: { planned: { group: open }, done: { group: closed }, off: { group: cancelled } }\n"
	"  transitions:\n"
	"    finish: { from: planned, to: done, by: agent, guard: found != freeze, message: there is a freeze }\n"
	"    cancel: { from: planned, to: off, by: agent }\n"
	"schedule: { start: begin_at, end: end_at, scope: [cis, service, service.organisation], windows: change_window, exempt: urgent = true,\n"
	"  found: found, published: [title], publish: secret != true }\n"
	"rights:\n"
	"  agent: { read: secret != true, create: always, update: always }\n"
	"  team_lead: { read: always }\n";

static struct record *make(struct desk *desk, const char *type, const char *json)
{
	desk_as(desk, NULL);
	return desk_create(desk, model_type(desk->model, text_from(type)), json);
}

static struct collision *collisions(struct desk *desk, struct record *record, size_t *ret_count)
{
	struct collision *found = NULL;

	assert_ok(engine_collisions(desk->work, desk_reload(desk, record), MOMENT_UNSET, MOMENT_UNSET, &found, ret_count));
	return found;
}

static void make_items(struct desk *desk)
{
	make(desk, "ci", "{'name': 'switch', 'class': 'server'}");
	make(desk, "ci", "{'name': 'disk', 'class': 'server'}");
	make(desk, "ci", "{'name': 'host', 'class': 'server'}");
}

DESK_TEST_WITH(records_that_overlap_and_touch_the_same_collide, outage)
{
	size_t count;

	make_items(desk);
	struct record *one = make(desk, "outage", "{'title': 'A', 'begin_at': '2026-12-01T20:00:00Z', 'end_at': '2026-12-01T22:00:00Z', 'cis': ['CI0000001', 'CI0000002']}");
	make(desk, "outage", "{'title': 'other item', 'begin_at': '2026-12-01T20:00:00Z', 'end_at': '2026-12-01T22:00:00Z', 'cis': ['CI0000003']}");
	make(desk, "outage", "{'title': 'behind', 'begin_at': '2026-12-01T22:00:00Z', 'end_at': '2026-12-01T23:00:00Z', 'cis': ['CI0000001']}");
	make(desk, "outage", "{'title': 'no time', 'cis': ['CI0000001']}");
	collisions(desk, one, &count);
	assert_int_equal(count, 0);
	assert_text(desk_choice(one, "found"), "none");
	struct record *two = make(desk, "outage", "{'title': 'B', 'begin_at': '2026-12-01T21:00:00Z', 'end_at': '2026-12-02T02:00:00Z', 'cis': ['CI0000002']}");
	assert_text(desk_choice(two, "found"), "same");
	struct collision *found = collisions(desk, one, &count);
	assert_int_equal(count, 1);
	assert_true(found[0].kind == COLLISION_SAME && found[0].other->id == two->id && found[0].readable);
	assert_text(found[0].item_type->name, "ci");
	assert_int_equal(found[0].to - found[0].from, HOUR_MS);
	/* One that is called off is in nobody's way. */
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, two, "cancel", NULL));
	collisions(desk, one, &count);
	assert_int_equal(count, 0);
}

DESK_TEST_WITH(what_if_asks_about_other_moments, outage)
{
	struct collision *found;
	size_t count;
	moment start, end;

	make_items(desk);
	make(desk, "outage", "{'title': 'A', 'begin_at': '2026-12-01T20:00:00Z', 'end_at': '2026-12-01T22:00:00Z', 'cis': ['CI0000001']}");
	struct record *two = make(desk, "outage", "{'title': 'B', 'begin_at': '2026-12-03T20:00:00Z', 'end_at': '2026-12-03T22:00:00Z', 'cis': ['CI0000001']}");
	assert_true(moment_parse(T("2026-12-01T21:00:00Z"), NULL, &start));
	assert_true(moment_parse(T("2026-12-01T23:00:00Z"), NULL, &end));
	assert_ok(engine_collisions(desk->work, two, start, end, &found, &count));
	assert_int_equal(count, 1);
}

DESK_TEST_WITH(the_same_service_and_its_organisation_collide, outage)
{
	struct collision *found;
	size_t count;

	make(desk, "organisation", "{'name': 'acme', 'label': 'Acme'}");
	make(desk, "service", "{'name': 'shop', 'label': 'Shop', 'organisation': 'acme'}");
	make(desk, "change_window", "{'title': 'Year end', 'kind': 'freeze', 'starts': '2026-12-20T00:00:00Z', 'ends': '2027-01-03T00:00:00Z', 'organisations': ['acme']}");
	struct record *one = make(desk, "outage", "{'title': 'A', 'begin_at': '2026-12-24T20:00:00Z', 'end_at': '2026-12-24T22:00:00Z', 'service': 'shop'}");
	struct record *two = make(desk, "outage", "{'title': 'B', 'begin_at': '2026-12-24T20:00:00Z', 'end_at': '2026-12-24T22:00:00Z', 'service': 'mail'}");
	assert_text(desk_choice(one, "found"), "freeze");
	assert_text(desk_choice(two, "found"), "none");
	found = collisions(desk, one, &count);
	assert_int_equal(count, 1);
	assert_text(found[0].item_type->name, "organisation");
	/* Not where the definition says that freezes do not bind. */
	struct record *urgent = make(desk, "outage", "{'title': 'C', 'urgent': true, 'begin_at': '2026-12-24T20:00:00Z', 'end_at': '2026-12-24T22:00:00Z', 'service': 'shop'}");
	assert_text(desk_choice(urgent, "found"), "same");
}

/* A company with one organisation would have nothing but collisions. */
DESK_TEST(changes_of_one_organisation_are_not_in_each_others_way)
{
	struct collision *found;
	size_t count;

	make(desk, "organisation", "{'name': 'acme', 'label': 'Acme'}");
	make(desk, "service", "{'name': 'shop', 'label': 'Shop', 'organisation': 'acme'}");
	make(desk, "service", "{'name': 'bank', 'label': 'Bank', 'organisation': 'acme'}");
	desk_as(desk, "agent");
	struct record *one = desk_create(desk, model_type(desk->model, T("change")), "{'title': 'A', 'change_type': 'emergency', 'reason': 'r', 'service': 'shop', 'planned_start': '2099-12-24T20:00:00Z', 'planned_end': '2099-12-24T22:00:00Z'}");
	assert_ok(desk_take(desk, one, "submit_emergency", NULL));
	struct record *two = desk_create(desk, model_type(desk->model, T("change")), "{'title': 'B', 'service': 'bank', 'planned_start': '2099-12-24T20:00:00Z', 'planned_end': '2099-12-24T22:00:00Z'}");
	assert_text(desk_choice(two, "collision"), "none");
	/* A freeze of the organisation binds both. */
	make(desk, "change_window", "{'title': 'Year end', 'kind': 'freeze', 'starts': '2099-12-20T00:00:00Z', 'ends': '2099-12-30T00:00:00Z', 'organisations': ['acme']}");
	found = collisions(desk, two, &count);
	assert_true(count == 1 && found[0].kind == COLLISION_FREEZE);
}

DESK_TEST_WITH(a_maintenance_window_that_repeats_binds, outage)
{
	struct collision *found;
	size_t count;

	make_items(desk);
	make(desk, "change_window", "{'title': 'Sunday night', 'starts': '2026-10-04T00:00:00Z', 'ends': '2026-10-04T04:00:00Z', 'zone': 'Europe/Berlin', 'recurrence': 'FREQ=WEEKLY;BYDAY=SU', 'cis': ['CI0000001']}");
	struct record *in = make(desk, "outage", "{'title': 'A', 'begin_at': '2026-12-06T01:00:00Z', 'end_at': '2026-12-06T05:00:00Z', 'cis': ['CI0000001']}");
	struct record *out = make(desk, "outage", "{'title': 'B', 'begin_at': '2026-12-06T04:30:00Z', 'end_at': '2026-12-06T06:00:00Z', 'cis': ['CI0000001', 'CI0000003']}");
	struct record *elsewhere = make(desk, "outage", "{'title': 'C', 'begin_at': '2026-12-02T12:00:00Z', 'end_at': '2026-12-02T13:00:00Z', 'cis': ['CI0000002']}");
	assert_text(desk_choice(in, "found"), "none");
	assert_text(desk_choice(out, "found"), "same");
	assert_text(desk_choice(elsewhere, "found"), "none");
	found = collisions(desk, out, &count);
	assert_int_equal(count, 2);
	assert_true(found[0].kind == COLLISION_SAME && found[1].kind == COLLISION_OUTSIDE);
	assert_true(found[1].from == INT64_C(1796518800000)); /* 2026-12-06T01:00Z: 02:00 in winter */
	/* A window that is switched off binds nobody. */
	desk_as(desk, NULL);
	struct record *window;
	assert_ok(IN_TX(desk, engine_update(desk->work, model_type(desk->model, T("change_window")), T("WIN0001"), 0, desk_json(desk, "{'active': false}"), &window)));
	found = collisions(desk, out, &count);
	assert_int_equal(count, 1);
}

DESK_TEST_WITH(a_freeze_that_comes_later_stops_the_next_step, outage)
{
	make_items(desk);
	struct record *one = make(desk, "outage", "{'title': 'A', 'begin_at': '2026-12-24T20:00:00Z', 'end_at': '2026-12-24T22:00:00Z', 'cis': ['CI0000001']}");
	make(desk, "change_window", "{'title': 'Year end', 'kind': 'freeze', 'starts': '2026-12-20T00:00:00Z', 'ends': '2027-01-03T00:00:00Z'}");
	assert_text(desk_choice(one, "found"), "none");
	desk_as(desk, "agent");
	assert_refused(desk_take(desk, one, "finish", NULL), CONFLICT);
	desk_as(desk, NULL);
	struct record *window;
	assert_ok(IN_TX(desk, engine_update(desk->work, model_type(desk->model, T("change_window")), T("WIN0001"), 0, desk_json(desk, "{'active': false}"), &window)));
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, one, "finish", NULL));
}

DESK_TEST_WITH(what_may_not_be_read_only_counts, outage)
{
	struct collision *found;
	size_t count;

	make_items(desk);
	make(desk, "outage", "{'title': 'A', 'secret': true, 'begin_at': '2026-12-01T20:00:00Z', 'end_at': '2026-12-01T22:00:00Z', 'cis': ['CI0000001']}");
	struct record *two = make(desk, "outage", "{'title': 'B', 'begin_at': '2026-12-01T20:00:00Z', 'end_at': '2026-12-01T22:00:00Z', 'cis': ['CI0000001']}");
	desk_as(desk, "agent");
	found = collisions(desk, two, &count);
	assert_int_equal(count, 1);
	assert_false(found[0].readable);
}

DESK_TEST_WITH(times_and_rules_must_make_sense, outage)
{
	const struct type *type = model_type(desk->model, T("outage")), *windows = model_type(desk->model, T("change_window"));
	struct record *record;

	desk_as(desk, NULL);
	assert_refused(IN_TX(desk, engine_create(desk->work, type, desk_json(desk, "{'title': 'A', 'begin_at': '2026-12-01T22:00:00Z', 'end_at': '2026-12-01T20:00:00Z'}"), &record)), INVALID);
	assert_refused(IN_TX(desk, engine_create(desk->work, windows, desk_json(desk, "{'title': 'W', 'starts': '2026-12-01T20:00:00Z', 'ends': '2026-12-01T22:00:00Z', 'recurrence': 'now and then'}"), &record)), INVALID);
}

static size_t scheduled(struct desk *desk, const char *type, const char *from, const char *to, bool published, struct occurrence **ret_list)
{
	moment start, end;
	size_t count;

	assert_true(moment_parse(text_from(from), NULL, &start));
	assert_true(moment_parse(text_from(to), NULL, &end));
	assert_ok(engine_schedule(desk->work, model_type(desk->model, text_from(type)), start, end, published, ret_list, &count));
	return count;
}

DESK_TEST_WITH(the_calendar_shows_what_takes_place, outage)
{
	struct occurrence *list;

	make(desk, "outage", "{'title': 'late', 'begin_at': '2026-12-20T20:00:00Z', 'end_at': '2026-12-20T22:00:00Z'}");
	make(desk, "outage", "{'title': 'long', 'begin_at': '2026-11-01T00:00:00Z', 'end_at': '2026-12-31T00:00:00Z'}");
	make(desk, "outage", "{'title': 'hidden', 'secret': true, 'begin_at': '2026-12-10T00:00:00Z', 'end_at': '2026-12-10T01:00:00Z'}");
	make(desk, "outage", "{'title': 'next year', 'begin_at': '2027-01-10T00:00:00Z', 'end_at': '2027-01-10T01:00:00Z'}");
	make(desk, "change_window", "{'title': 'Nights', 'starts': '2026-01-01T00:00:00Z', 'ends': '2026-01-01T04:00:00Z', 'recurrence': 'FREQ=DAILY'}");
	desk_as(desk, "agent");
	assert_int_equal(scheduled(desk, "outage", "2026-12-01", "2027-01-01", false, &list), 2);
	assert_text(record_title(list[0].record), "long");
	assert_text(record_title(list[1].record), "late");
	desk_as(desk, "lead");
	assert_int_equal(scheduled(desk, "outage", "2026-12-01", "2027-01-01", false, &list), 3);
	assert_int_equal(scheduled(desk, "change_window", "2026-12-01", "2027-01-01", false, &list), 31);
	assert_false(list[0].freeze);
	desk_as(desk, "reqa");
	assert_int_equal(scheduled(desk, "outage", "2026-12-01", "2027-01-01", false, &list), 0);
	assert_int_equal(scheduled(desk, "outage", "2026-12-01", "2027-01-01", true, &list), 2);
}

DESK_TEST_WITH(what_lies_up_and_downstream_collides_too, outage)
{
	const struct type *ci = model_type(desk->model, T("ci"));
	struct collision *found;
	size_t count;
	int64_t id;

	make_items(desk);
	assert_ok(IN_TX(desk, engine_link(desk->work, ci, T("CI0000003"), T("depends_on"), T("CI0000001"), &id)));
	assert_ok(IN_TX(desk, engine_link(desk->work, ci, T("CI0000003"), T("supports"), T("mail"), &id)));
	struct record *below = make(desk, "outage", "{'title': 'the switch', 'begin_at': '2026-12-24T20:00:00Z', 'end_at': '2026-12-24T22:00:00Z', 'cis': ['CI0000001']}");
	struct record *above = make(desk, "outage", "{'title': 'the host', 'begin_at': '2026-12-24T21:00:00Z', 'end_at': '2026-12-24T23:00:00Z', 'cis': ['CI0000003']}");
	assert_text(desk_choice(above, "found"), "near");
	found = collisions(desk, above, &count);
	assert_true(count == 1 && found[0].kind == COLLISION_NEAR && !found[0].upstream && found[0].other->id == below->id);
	found = collisions(desk, below, &count);
	assert_true(count == 1 && found[0].upstream && found[0].other->id == above->id);
	/* A freeze of the service holds for what it rests on. */
	make(desk, "change_window", "{'title': 'Year end', 'kind': 'freeze', 'starts': '2026-12-20T00:00:00Z', 'ends': '2027-01-03T00:00:00Z', 'services': ['mail']}");
	found = collisions(desk, below, &count);
	assert_true(count == 2 && found[0].kind == COLLISION_FREEZE);
}
