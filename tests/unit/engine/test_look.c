/*
 * What was found about a record's time stays true when others come, go and move: a few are followed at once, what a window speaks of
 * soon after; each as a step of the system that says because of which record, with its rules.
 */
#include "desk_time.h"

static const char work[] =
	"practice: Tests\n"
	"purpose: Planned work.\n"
	"type: { name: outage, number: \"OUT{0000}\", title: title }\n"
	"fields:\n"
	"  title: { kind: text, required: yes }\n"
	"  begin_at: { kind: moment }\n"
	"  end_at: { kind: moment, indexed: yes }\n"
	"  urgent: { kind: boolean, default: no }\n"
	"  owner: { kind: link, to: user }\n"
	"  worse: { kind: integer, default: 0 }\n"
	"  cis: { kind: links, to: ci }\n"
	"  found: { kind: choice, choices: [none, near, outside, same, freeze], set_by_engine: yes }\n"
	"lifecycle:\n"
	"  states: { draft: { group: open }, planned: { group: open }, done: { group: closed }, off: { group: cancelled } }\n"
	"  transitions:\n"
	"    plan: { from: draft, to: planned, by: agent }\n"
	"    finish: { from: planned, to: done, by: agent }\n"
	"    cancel: { from: [draft, planned], to: off, by: agent }\n"
	"schedule: { start: begin_at, end: end_at, scope: [cis], states: [planned, done], windows: change_window, exempt: urgent = true, found: found }\n"
	"automation:\n"
	"  tell: { when: found raised, then: [{ notify: [owner], words: \"{number} collides: {found}\" }] }\n"
	"  flee: { when: found raised, if: \"worse > 0\", then: [{ set: { begin_at: unset, end_at: unset } }] }\n"
	"rights:\n"
	"  agent: { read: always, create: always, update: always, history: always }\n";

static struct record *make(struct desk *desk, const char *type, const char *json)
{
	desk_as(desk, NULL);
	return desk_create(desk, model_type(desk->model, text_from(type)), json);
}

static void make_items(struct desk *desk)
{
	desk_jump(desk, "2026-11-02T08:00:00Z");
	make(desk, "ci", "{'name': 'switch', 'class': 'server'}");
	make(desk, "ci", "{'name': 'host', 'class': 'server'}");
}

/* One that takes part, on the first item, from the hour on for two hours of 1 December. */
static struct record *planned(struct desk *desk, int hour, const char *more)
{
	text json = text_format(desk->arena, "{'title': 'work', 'begin_at': '2026-12-01T%02d:00:00Z', 'end_at': '2026-12-01T%02d:00:00Z', 'cis': ['CI0000001']%s}",
	                        hour, hour + 2, more);
	struct record *record = make(desk, "outage", text_cstring(desk->arena, json));

	desk_as(desk, "agent");
	assert_ok(desk_take(desk, record, "plan", NULL));
	return desk_reload(desk, record);
}

static text found(struct desk *desk, const struct record *record)
{
	return desk_choice(desk_reload(desk, record), "found");
}

static void move(struct desk *desk, const struct record *record, const char *json)
{
	desk_as(desk, "agent");
	desk_patch(desk, record, json);
}

DESK_TEST_WITH(who_comes_and_goes_is_seen_by_those_it_met, work)
{
	struct event event;

	make_items(desk);
	struct record *one = planned(desk, 10, "");
	int64_t version = one->version;
	struct record *two = planned(desk, 11, "");
	assert_text(found(desk, two), "same");
	assert_text(found(desk, one), "same");
	assert_int_equal(desk_reload(desk, one)->version, version + 1);
	assert_int_equal(desk_events(desk, one, EVENT_UPDATED, NULL, NULL, &event), 1);
	assert_int_equal(event.actor_id, 0);
	assert_int_equal(event.origin, ORIGIN_AUTOMATION);
	assert_int_not_equal(event.cause_id, 0);
	assert_text(value_get_text(value_get(event.payload, T("because")), T("number")), "OUT0002");
	/* Moved away, back, to another item, back, and called off. */
	move(desk, two, "{'begin_at': '2026-12-01T12:00:00Z', 'end_at': '2026-12-01T13:00:00Z'}");
	assert_text(found(desk, one), "none");
	move(desk, two, "{'begin_at': '2026-12-01T09:00:00Z', 'end_at': '2026-12-01T11:00:00Z'}");
	assert_text(found(desk, one), "same");
	move(desk, two, "{'cis': ['CI0000002']}");
	assert_text(found(desk, one), "none");
	assert_text(found(desk, two), "none");
	move(desk, two, "{'cis': ['CI0000002', 'CI0000001']}");
	assert_text(found(desk, one), "same");
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, two, "cancel", NULL));
	assert_text(found(desk, one), "none");
	assert_int_equal(desk_reload(desk, one)->version, version + 6);
}

DESK_TEST_WITH(the_log_of_looks_is_whole, work)
{
	struct verify_report report;

	make_items(desk);
	struct record *one = planned(desk, 10, "");
	planned(desk, 11, "");
	assert_text(found(desk, one), "same");
	assert_ok(engine_verify(desk->work, &desk->seals, &report));
	assert_ok(engine_verify_records(desk->work, &report, NULL, NULL));
	assert_true(report.records > 3);
}

DESK_TEST_WITH(a_draft_is_in_nobodys_way_but_sees_others, work)
{
	make_items(desk);
	struct record *draft = make(desk, "outage", "{'title': 'draft', 'begin_at': '2026-12-01T10:00:00Z', 'end_at': '2026-12-01T11:00:00Z', 'cis': ['CI0000001']}");
	struct record *other = planned(desk, 10, "");
	assert_text(found(desk, other), "none");
	assert_text(found(desk, draft), "same");
}

DESK_TEST_WITH(what_is_over_needs_no_look, work)
{
	make_items(desk);
	struct record *one = planned(desk, 10, ""), *past = planned(desk, 10, ""), *again;
	assert_text(found(desk, one), "same");
	assert_ok(desk_take(desk, one, "finish", NULL));
	int64_t version = desk_reload(desk, one)->version;
	assert_ok(desk_take(desk, past, "cancel", NULL));
	assert_text(found(desk, one), "same");
	again = planned(desk, 14, "");
	assert_int_equal(desk_reload(desk, one)->version, version);
	/* Its time is over: nothing that comes later meets it any more. */
	version = desk_reload(desk, again)->version;
	desk_jump(desk, "2026-12-01T17:00:00Z");
	planned(desk, 15, "");
	assert_int_equal(desk_reload(desk, again)->version, version);
}

DESK_TEST_WITH(a_freeze_is_found_soon_and_gone_soon, work)
{
	moment next;

	make_items(desk);
	struct record *one = planned(desk, 10, ""), *urgent = planned(desk, 20, ", 'urgent': true");
	make(desk, "change_window", "{'title': 'F', 'kind': 'freeze', 'starts': '2026-12-01T00:00:00Z', 'ends': '2026-12-03T00:00:00Z'}");
	assert_text(found(desk, one), "none");
	while (desk_run_due(desk, &next) > 0)
		;
	assert_text(found(desk, one), "freeze");
	assert_text(found(desk, urgent), "none");
	struct event event;
	assert_int_equal(desk_events(desk, one, EVENT_UPDATED, NULL, NULL, &event), 1);
	assert_text(value_get_text(value_get(event.payload, T("because")), T("number")), "WIN0001");
	/* Moved twice before anybody looks, then switched off. */
	struct record *window;
	const struct type *windows = model_type(desk->model, T("change_window"));
	desk_as(desk, NULL);
	assert_ok(IN_TX(desk, engine_update(desk->work, windows, T("WIN0001"), 0, desk_json(desk, "{'starts': '2027-12-01T00:00:00Z', 'ends': '2027-12-03T00:00:00Z'}"), &window)));
	assert_ok(IN_TX(desk, engine_update(desk->work, windows, T("WIN0001"), 0, desk_json(desk, "{'starts': '2028-12-01T00:00:00Z', 'ends': '2028-12-03T00:00:00Z'}"), &window)));
	while (desk_run_due(desk, &next) > 0)
		;
	assert_text(found(desk, one), "none");
	/* Whom a window binds is said by its own field. */
	assert_ok(IN_TX(desk, engine_update(desk->work, windows, T("WIN0001"), 0, desk_json(desk, "{'starts': '2026-12-01T00:00:00Z', 'ends': '2026-12-03T00:00:00Z'}"), &window)));
	while (desk_run_due(desk, &next) > 0)
		;
	assert_text(found(desk, one), "freeze");
	move(desk, one, "{'urgent': true}");
	assert_text(found(desk, one), "none");
}

DESK_TEST_WITH(very_many_are_looked_at_in_small_jobs, work)
{
	struct record *all[60];
	moment next;

	make_items(desk);
	for (size_t i = 0; i < array_length(all); i++)
		all[i] = planned(desk, 10, ", 'urgent': true");
	while (desk_run_due(desk, &next) > 0)
		;
	for (size_t i = 0; i < array_length(all); i++)
		assert_text(found(desk, all[i]), "same");
	for (size_t i = 1; i < array_length(all); i++) {
		desk_as(desk, "agent");
		assert_ok(desk_take(desk, all[i], "cancel", NULL));
	}
	while (desk_run_due(desk, &next) > 0)
		;
	assert_text(found(desk, all[0]), "none");
}

static size_t told(struct desk *desk, const char *login)
{
	struct notification *list;
	size_t count;

	desk_as(desk, login);
	assert_ok(engine_notifications(desk->work, false, INT64_MAX, 50, &list, &count));
	return count;
}

DESK_TEST_WITH(worse_by_somebody_elses_doing_is_told, work)
{
	make_items(desk);
	struct record *mine = planned(desk, 10, ", 'owner': 'agent'"), *theirs = planned(desk, 10, ", 'owner': 'lead'");
	assert_text(found(desk, mine), "same");
	/* By the owner's own doing. */
	assert_int_equal(told(desk, "agent"), 0);
	move(desk, theirs, "{'begin_at': '2026-12-02T10:00:00Z', 'end_at': '2026-12-02T11:00:00Z'}");
	assert_text(found(desk, mine), "none");
	desk_as(desk, "lead");
	desk_patch(desk, theirs, "{'begin_at': '2026-12-01T10:00:00Z', 'end_at': '2026-12-01T11:00:00Z'}");
	assert_int_equal(told(desk, "agent"), 1);
	/* Better is no news. */
	desk_as(desk, "lead");
	desk_patch(desk, theirs, "{'begin_at': '2026-12-02T10:00:00Z', 'end_at': '2026-12-02T11:00:00Z'}");
	assert_int_equal(told(desk, "agent"), 1);
}

DESK_TEST_WITH(a_rule_that_moves_on_is_followed_too, work)
{
	struct record *after;

	make_items(desk);
	struct record *third = planned(desk, 10, "");
	struct record *shy = planned(desk, 8, ", 'worse': 1");
	assert_text(found(desk, third), "none");
	/* It flees from the one that comes, as soon as the one that came is saved; and who came knows. */
	struct record *come = planned(desk, 13, "");
	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_update(desk->work, come->type, record_number(come), 0,
	                                    desk_json(desk, "{'begin_at': '2026-12-01T09:00:00Z', 'end_at': '2026-12-01T10:00:00Z'}"), &after)));
	assert_true(desk_cell(desk_reload(desk, shy), "begin_at")->kind == CELL_NULL);
	assert_text(found(desk, come), "none");
	assert_int_equal(after->version, desk_reload(desk, come)->version);
	assert_text(desk_choice(after, "found"), "none");
}
