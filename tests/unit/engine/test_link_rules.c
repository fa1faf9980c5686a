/* Rules about links: both ends, what is at the other, removing, and records reached along links; a failing one is tried again. */
#include "desk_time.h"

static int64_t join(struct desk *desk, const struct record *from, const char *relation, const struct record *to)
{
	int64_t id = 0;

	assert_ok(IN_TX(desk, engine_link(desk->work, from->type, record_number(from), text_from(relation), record_number(to), &id)));
	return id;
}

static struct record *incident(struct desk *desk, const char *title)
{
	desk_as(desk, "agent");
	return desk_incident(desk, text_cstring(desk->arena, text_format(desk->arena, "{'title': '%s', 'requester': 'reqa'}", title)));
}

#define BOTH_ENDS                                                                                                             \
	"  from_here: { when: linked related_to -> incident, then: [set: { contact: { from: other.title } }] }\n"                 \
	"  to_here: { when: linked related_to <- incident, then: [set: { external_ref: { words: \"{number} < {other}\" } }] }\n"    \
	"  taken_away: { when: unlinked related_to -> incident, then: [set: { contact: unset }, comment: \"no longer {other}\"] }\n" \
	"  another: { when: linked related_to -> change, then: [set: { contact: a change }] }\n"

DESK_TEST_WITH(each_end_of_a_link_has_its_rules, BOTH_ENDS)
{
	struct record *a = incident(desk, "Mail is down"), *b = incident(desk, "The disk is full");
	struct event linked, set;
	int64_t id = join(desk, a, "related_to", b);

	a = desk_reload(desk, a);
	b = desk_reload(desk, b);
	assert_text(desk_cell(a, "contact")->text, "The disk is full");
	assert_text(desk_cell(b, "external_ref")->text, "INC0000002 < INC0000001");
	assert_int_equal(desk_cell(a, "external_ref")->kind, CELL_NULL);
	assert_int_equal(desk_cell(b, "contact")->kind, CELL_NULL);
	assert_int_equal(desk_events(desk, a, EVENT_LINKED, NULL, NULL, &linked), 1);
	assert_int_equal(desk_events(desk, a, EVENT_UPDATED, "rule", "from_here", &set), 1);
	assert_int_equal(set.cause_id, linked.id);
	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_unlink(desk->work, b->type, record_number(b), id)));
	assert_int_equal(desk_cell(desk_reload(desk, a), "contact")->kind, CELL_NULL);
	assert_int_equal(desk_events(desk, a, EVENT_COMMENT, "comment", "no longer INC0000002", NULL), 1);
	assert_text(desk_cell(desk_reload(desk, b), "external_ref")->text, "INC0000002 < INC0000001");
}

#define OTHER_CHANGES                                                                                                          \
	"  adopt: { when: linked duplicate_of, where: \"state in (new, in_progress)\", if: state = new, then: [{ each: other, set: { contact: "  \
	"{ from: title } } }, { set: { parent: { from: other } } }] }\n"                                \
	"  adopted: { when: linked duplicate_of <-, if: contact is set, then: [set: { external_ref: { from: contact } }] }\n"

DESK_TEST_WITH(a_rule_changes_the_other_record_and_its_own_rules_see_it, OTHER_CHANGES)
{
	struct record *a = incident(desk, "Mail is down"), *b = incident(desk, "No mail"), *c = incident(desk, "Nothing");

	join(desk, b, "duplicate_of", a);
	a = desk_reload(desk, a);
	assert_text(desk_cell(a, "contact")->text, "No mail");
	assert_text(desk_cell(a, "external_ref")->text, "No mail");
	assert_int_equal(desk_cell(desk_reload(desk, b), "parent")->integer, a->id);
	/* Where the other one is something else nothing happens. */
	assert_ok(desk_take(desk, b, "resolve", "{'resolution': 'Gone', 'resolution_code': 'fixed', 'comment': 'Gone'}"));
	join(desk, c, "duplicate_of", b);
	assert_int_equal(desk_cell(desk_reload(desk, c), "parent")->kind, CELL_NULL);
}

#define ALONG                                                                                                                 \
	"  both: { when: contact changed, if: contact is set, then: [{ each: related_to -> incident, all: contact is set, set: { "      \
	"external_ref: all } }] }\n"                                                                                                \
	"  back: { when: location changed, then: [{ each: related_to <- incident, where: contact = one, set: { external_ref: back } }] }\n"

DESK_TEST_WITH(records_along_links_are_changed_when_all_that_lead_to_them_agree, ALONG)
{
	struct record *a = incident(desk, "One"), *b = incident(desk, "Two"), *c = incident(desk, "Of both");

	join(desk, a, "related_to", c);
	join(desk, b, "related_to", c);
	desk_patch(desk, a, "{'contact': 'one'}");
	assert_int_equal(desk_cell(desk_reload(desk, c), "external_ref")->kind, CELL_NULL);
	desk_patch(desk, b, "{'contact': 'two'}");
	assert_text(desk_cell(desk_reload(desk, c), "external_ref")->text, "all");
	desk_as(desk, NULL);
	desk_create(desk, model_type(desk->model, T("location")), "{'name': 'north', 'label': 'North'}");
	desk_as(desk, "agent");
	desk_patch(desk, c, "{'location': 'north'}");
	assert_text(desk_cell(desk_reload(desk, a), "external_ref")->text, "back");
	assert_int_equal(desk_cell(desk_reload(desk, b), "external_ref")->kind, CELL_NULL);
}

DESK_TEST_WITH(a_rule_on_a_link_that_fails_is_tried_again_with_the_other_record,
	       "  finish: { when: linked duplicate_of -> incident, then: [{ set: { contact: { from: other.title } } }, { transition: close }] }\n")
{
	struct record *a, *b;

	desk_jump(desk, "2026-03-02T09:00Z");
	a = incident(desk, "Mail is down");
	b = incident(desk, "No mail");
	join(desk, b, "duplicate_of", a);
	/* The link stands, although the rule could not close a new incident. */
	assert_int_equal(desk_cell(desk_reload(desk, b), "contact")->kind, CELL_NULL);
	assert_ok(desk_take(desk, b, "resolve", "{'resolution': 'Gone', 'resolution_code': 'fixed', 'comment': 'Gone'}"));
	desk_until(desk, "2026-03-02T09:02Z");
	assert_text(desk_state(desk_reload(desk, b)), "closed");
	assert_text(desk_cell(desk_reload(desk, b), "contact")->text, "Mail is down");
}

DESK_TEST_WITH(a_created_record_tells_both_ends,
	       "  again: { when: contact changed, if: contact = again, then: [{ create: incident, relation: follows, set: { title: { from: "
	       "title }, requester: { from: requester } } }] }\n"
	       "  child: { when: linked follows -> incident, then: [set: { external_ref: { from: other.title } }] }\n"
	       "  parent: { when: linked follows <- incident, then: [set: { location: unset, external_ref: { words: \"see {other}\" } }] }\n")
{
	struct record *a = incident(desk, "Mail is down");
	int64_t id;

	desk_patch(desk, a, "{'contact': 'again'}");
	assert_text(desk_cell(desk_reload(desk, a), "external_ref")->text, "see INC0000002");
	assert_ok(model_find_id(desk->work, desk->incident, T("INC0000002"), &id));
	assert_int_not_equal(id, 0);
	assert_ok(model_load_fresh(desk->work, desk->incident, id, &a));
	assert_text(desk_cell(a, "external_ref")->text, "Mail is down");
}

DESK_TEST_WITH(a_list_of_links_that_changes_sets_off_its_rules,
	       "  seen: { when: watchers changed, unless: contact changed, then: [set: { external_ref: { words: \"watched by {watchers}\" } }] }\n")
{
	struct record *a = incident(desk, "Mail is down");

	desk_patch(desk, a, "{'watchers': ['reqb'], 'contact': 'x'}");
	assert_int_equal(desk_cell(desk_reload(desk, a), "external_ref")->kind, CELL_NULL);
	desk_patch(desk, a, "{'watchers': ['reqb', 'lead']}");
	assert_int_equal(desk_cell(desk_reload(desk, a), "external_ref")->kind, CELL_TEXT);
}

DESK_TEST_WITH(a_list_of_links_that_changed_holds_a_rule_off,
	       "  seen: { when: contact changed, unless: watchers changed, then: [set: { external_ref: alone }] }\n")
{
	struct record *a = incident(desk, "Mail is down");

	desk_patch(desk, a, "{'watchers': ['reqb'], 'contact': 'x'}");
	assert_int_equal(desk_cell(desk_reload(desk, a), "external_ref")->kind, CELL_NULL);
	desk_patch(desk, a, "{'contact': 'y'}");
	assert_text(desk_cell(desk_reload(desk, a), "external_ref")->text, "alone");
}
