/* What one cause sets off: as much as it has to, never without end, and nothing half done. */
#include "desk_time.h"

#include "base/limits.h"

static text said(struct desk *desk, const struct record *record)
{
	struct event last;

	return desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, &last) == 0 ? T("") : value_get_text(last.payload, T("error"));
}

static struct record *parent_with(struct desk *desk, struct record **children, size_t count)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *parent = desk_incident(desk, "{'title': 'The parent', 'requester': 'reqa'}");

	for (size_t i = 0; i < count; i++) {
		text login = text_format(desk->arena, "caller%zu", i);
		desk_create(desk, desk->model->user,
		            text_cstring(desk->arena, text_format(desk->arena, "{'login': '%.*s', 'name': '%.*s'}", TEXT_ARG(login), TEXT_ARG(login))));
		children[i] = desk_incident(desk, text_cstring(desk->arena, text_format(desk->arena,
		                            "{'title': 'A child', 'requester': '%.*s', 'parent': '%.*s'}", TEXT_ARG(login),
		                            TEXT_ARG(record_number(parent)))));
	}
	return parent;
}

static size_t told(struct desk *desk, const char *login)
{
	struct notification *list;
	size_t count;

	desk_as(desk, login);
	assert_ok(engine_notifications(desk->work, false, 0, 10, &list, &count));
	desk_as(desk, NULL);
	return count;
}

/* Each child sets off rules of its own: many of them are no endless chain. */
DESK_TEST(whoever_called_is_told_when_the_parent_is_resolved_however_many_there_are)
{
	struct record *children[25], *parent = parent_with(desk, children, array_length(children));

	desk_as(desk, "agent");
	assert_ok(desk_take(desk, parent, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	desk_as(desk, NULL);
	assert_text(said(desk, parent), "");
	for (size_t i = 0; i < array_length(children); i++) {
		assert_text(desk_state(desk_reload(desk, children[i])), "resolved");
		assert_text(said(desk, children[i]), "");
		assert_int_equal(told(desk, text_cstring(desk->arena, text_format(desk->arena, "caller%zu", i))), 1);
	}
}

/* Once for one cause, but for each of their records: two reports that are resolved are two pieces of news. */
DESK_TEST(whoever_called_twice_hears_of_both)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	struct record *parent = desk_incident(desk, "{'title': 'The parent', 'requester': 'reqa'}");
	for (int i = 0; i < 3; i++)
		desk_incident(desk, text_cstring(desk->arena, text_format(desk->arena, "{'title': 'A child', 'requester': '%s', 'parent': '%.*s'}",
		                                                          i == 0 ? "reqa" : "reqb", TEXT_ARG(record_number(parent)))));
	desk_as(desk, "agent");
	assert_ok(desk_take(desk, parent, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	assert_int_equal(told(desk, "reqa"), 2);
	assert_int_equal(told(desk, "reqb"), 2);
}

/* A timer's rule in the lane resolves a parent, whose rule resolves its children: savepoints stand in savepoints. */
DESK_TEST_WITH(a_timer_resolves_a_parent_with_its_children, "  late: { when: waiting_until comes, if: state = new, then: [transition: resolve] }\n")
{
	struct record *child, *parent = parent_with(desk, &child, 1);
	struct due *due;
	size_t count;
	moment next;

	desk_patch(desk, parent, "{'waiting_until': '2026-03-02T10:00:00Z', 'resolution_code': 'fixed', 'resolution': 'x'}");
	desk_jump(desk, "2026-03-02T10:00Z");
	assert_ok(engine_find_due(desk->work, 10, &due, &count, &next));
	assert_int_equal(count, 1);
	desk_begin(desk);
	assert_ok(store_savepoint(desk->store, desk->arena)); /* a job of the lane */
	assert_ok(engine_run_due(desk->work, &due[0]));
	assert_ok(desk_end(desk, store_release(desk->store, desk->arena)));
	assert_text(desk_state(desk_reload(desk, parent)), "resolved");
	assert_text(said(desk, parent), "");
	assert_text(desk_state(desk_reload(desk, child)), "resolved");
}

#define HALF                                                                                                          \
	"  half:\n"                                                                                                   \
	"    when: contact changed\n"                                                                                 \
	"    if: parent is not set\n"                                                                                 \
	"    then:\n"                                                                                                 \
	"      - set: { external_ref: half }\n"                                                                       \
	"      - { each: incident.parent, where: parent.external_ref = half, set: { external_ref: half } }\n"              \
	"      - transition: close\n"                                                                                 \
	"  whole:\n"                                                                                                  \
	"    when: contact changed\n"                                                                                 \
	"    if: parent is not set\n"                                                                                 \
	"    then: [{ each: incident.parent, where: parent.external_ref = half, set: { external_ref: wrong } }]\n"

/* What a rule did before it failed is undone, also in the eyes of those that run after it. */
DESK_TEST_WITH(nobody_sees_what_was_undone, HALF)
{
	struct record *child, *parent = parent_with(desk, &child, 1);

	desk_patch(desk, parent, "{'contact': 'x'}");
	assert_int_equal(desk_cell(desk_reload(desk, parent), "external_ref")->kind, CELL_NULL);
	assert_int_equal(desk_cell(desk_reload(desk, child), "external_ref")->kind, CELL_NULL);
	/* Why, at once and once. */
	assert_non_null(strstr(text_cstring(desk->arena, said(desk, parent)), "it is tried again: close is not possible in this state"));
	desk_until(desk, "2026-03-02T09:30Z");
	assert_int_equal(desk_events(desk, parent, EVENT_AUTOMATION, "rule", "half", NULL), 1);
}

#define RING                                                                                                          \
	"  ring: { when: every day at 07:00, if: state = new and contact is not set, then: [set: { contact: rung }] }\n" \
	"  half: { when: contact changed, then: [{ notify: [requester], words: half }, { transition: close }] }\n"    \
	"  whole: { when: contact changed, then: [{ comment: It rang. }, { notify: [requester], words: whole }] }\n"

/* The event that a notification names is one that is there. */
DESK_TEST_WITH(who_is_told_is_told_under_an_event_that_happened, RING)
{
	struct record *child, *parent = parent_with(desk, &child, 0);
	struct notification *list;
	struct event event;
	size_t count;

	assert_ok(IN_TX(desk, engine_plan_daily(desk->work)));
	desk_until(desk, "2026-03-03T07:00Z");
	assert_text(desk_cell(desk_reload(desk, parent), "contact")->text, "rung");
	assert_int_equal(desk_events(desk, parent, EVENT_NOTIFIED, "rule", "half", NULL), 0);
	assert_int_equal(desk_events(desk, parent, EVENT_NOTIFIED, "rule", "whole", &event), 1);
	desk_as(desk, "reqa");
	assert_ok(engine_notifications(desk->work, false, 0, 10, &list, &count));
	assert_int_equal(count, 1);
	assert_text(list[0].words, "whole");
	assert_int_equal(list[0].event_id, event.id);
}

/* Two states that ask, and rules that go on as soon as something is asked: what leads round is an approval, not a rule. */
#define CARROUSEL                                                                                                     \
	"practice: Tests\npurpose: Round and round.\n"                                                                \
	"type: { name: ride, extends: task, number: \"RID{000}\", title: title }\n"                                   \
	"fields: { turns: { kind: text } }\n"                                                                         \
	"lifecycle:\n"                                                                                                \
	"  states: { waiting_line: { group: open }, up: { group: open }, down: { group: open }, over: { group: closed } }\n" \
	"  transitions:\n"                                                                                            \
	"    mount: { from: waiting_line, to: up, by: agent }\n"                                                      \
	"    sink: { from: up, to: down, by: [timer, approval] }\n"                                                   \
	"    rise: { from: down, to: up, by: [timer, approval] }\n"                                                   \
	"    leave: { from: [waiting_line, up, down], to: over, by: agent }\n"                                        \
	"approvals:\n"                                                                                                \
	"  high: { in: up, steps: [{ name: one, ask: [assignee] }], when: turns = never, approved: sink, rejected: sink }\n" \
	"  low: { in: down, steps: [{ name: one, ask: [assignee] }], when: turns = never, approved: rise, rejected: rise }\n" \
	"rights: { agent: [read, create, update, comment, note] }\n"

DESK_TEST_WITH(approvals_that_lead_round_are_stopped, CARROUSEL)
{
	struct record *ride = desk_create(desk, model_type(desk->model, T("ride")), "{'title': 'x', 'requester': 'reqa'}");

	desk_as(desk, "agent");
	assert_ok(desk_take(desk, ride, "mount", NULL));
	assert_int_equal(desk_events(desk, ride, EVENT_APPROVAL, "what", "stopped", NULL), 1);
	assert_in_range(desk_reload(desk, ride)->version, 3, 2 * LIMIT_CHAIN);
}
