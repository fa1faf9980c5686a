/* Automation: what rules do, in which order, how far one sets off another, and that a failing rule is in
 * nobody's way. */
#include "desk_time.h"

#include "base/limits.h"

static struct record *incident(struct desk *desk)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	desk_as(desk, "agent");
	return desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa'}");
}

DESK_TEST(an_answer_ends_the_wait_for_the_requester)
{
	struct record *record = incident(desk);
	struct event comment, resume;
	assert_ok(
	    desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	assert_text(desk_state(desk_reload(desk, record)), "waiting");
	desk_as(desk, "agent");
	desk_say(desk, record, "I will ask once more", VISIBLE_PUBLIC);
	assert_text(desk_state(desk_reload(desk, record)), "waiting");
	desk_as(desk, "reqa");
	desk_say(desk, record, "the blue one", VISIBLE_PUBLIC);
	assert_text(desk_state(desk_reload(desk, record)), "in_progress");
	desk_events(desk, record, EVENT_COMMENT, "comment", "the blue one", &comment);
	assert_int_equal(desk_events(desk, record, EVENT_TRANSITION, "transition", "resume", &resume), 1);
	assert_int_equal(resume.cause_id, comment.id);
	assert_int_equal(resume.origin, ORIGIN_AUTOMATION);
	assert_int_equal(resume.actor_id, 0);
	assert_text(value_get_text(resume.payload, T("rule")), "resume_on_reply");
}

DESK_TEST(what_comes_back_is_the_record_after_its_rules)
{
	struct record *record = incident(desk), *after;
	int64_t event_id;
	assert_ok(
	    desk_take(desk, record, "wait", "{'waiting_reason': 'requester', 'comment': 'Which server?'}"));
	desk_as(desk, "reqa");
	assert_ok(IN_TX(desk, engine_comment(desk->work, desk->incident, record_number(record),
					     T("the blue one"), VISIBLE_PUBLIC, &after, &event_id)));
	assert_text(desk_state(after), "in_progress");
	assert_int_equal(after->version, desk_reload(desk, record)->version);
}

DESK_TEST_WITH(rules_run_in_order_and_see_what_the_earlier_ones_did,
	       "  first:\n"
	       "    when: created\n"
	       "    if: contact is not set\n"
	       "    then: [{ set: { contact: the first } }, { comment: \"contact is {contact}\" }]\n"
	       "  second:\n"
	       "    when: created\n"
	       "    if: contact is not set\n"
	       "    then: [set: { contact: the second }]\n"
	       "  third:\n"
	       "    when: contact changed\n"
	       "    then: [set: { external_ref: seen }]\n")
{
	struct record *record = desk_reload(desk, incident(desk));
	struct event created, set, seen;
	assert_text(desk_cell(record, "contact")->text, "the first");
	assert_text(desk_cell(record, "external_ref")->text, "seen");
	assert_int_equal(desk_events(desk, record, EVENT_COMMENT, "comment", "contact is the first", NULL),
			 1);
	assert_int_equal(desk_events(desk, record, EVENT_CREATED, NULL, NULL, &created), 1);
	assert_int_equal(desk_events(desk, record, EVENT_UPDATED, "rule", "first", &set), 1);
	assert_int_equal(desk_events(desk, record, EVENT_UPDATED, "rule", "third", &seen), 1);
	assert_int_equal(desk_events(desk, record, EVENT_UPDATED, "rule", "second", NULL), 0);
	assert_int_equal(set.cause_id, created.id);
	assert_int_equal(seen.cause_id, set.id);
}

/* Endless chains are found in the definition; whatever else one cause sets off ends at the budget. */
DESK_TEST_WITH(rules_that_set_each_other_off_are_stopped_with_a_reason,
	       "  step_1: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r1 }] }\n"
	       "  step_2: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r2 }] }\n"
	       "  step_3: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r3 }] }\n"
	       "  step_4: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r4 }] }\n"
	       "  step_5: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r5 }] }\n"
	       "  step_6: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r6 }] }\n"
	       "  step_7: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r7 }] }\n"
	       "  step_8: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r8 }] }\n"
	       "  step_9: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r9 }] }\n"
	       "  step_10: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r10 }] }\n"
	       "  step_11: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r11 }] }\n"
	       "  step_12: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r12 }] }\n"
	       "  step_13: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r13 }] }\n"
	       "  step_14: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r14 }] }\n"
	       "  step_15: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r15 }] }\n"
	       "  step_16: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r16 }] }\n"
	       "  step_17: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r17 }] }\n"
	       "  step_18: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r18 }] }\n"
	       "  step_19: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r19 }] }\n"
	       "  step_20: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r20 }] }\n"
	       "  step_21: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r21 }] }\n"
	       "  step_22: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r22 }] }\n"
	       "  step_23: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r23 }] }\n"
	       "  step_24: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r24 }] }\n"
	       "  step_25: { when: contact changed, if: contact = \"1\", then: [set: { external_ref: r25 }] }\n")
{
	struct record *record = incident(desk);
	struct event stopped;
	desk_patch(desk, record, "{'contact': '1', 'title': 'saved all the same'}");
	record = desk_reload(desk, record);
	assert_text(record_title(record), "saved all the same");
	assert_text(desk_cell(record, "external_ref")->text, "r20");
	assert_int_equal(desk_events(desk, record, EVENT_UPDATED, "rule", "step_20", NULL), 1);
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, &stopped), 1);
	assert_text(value_get_text(stopped.payload, T("rule")), "step_21");
	text why = value_get_text(stopped.payload, T("error"));
	assert_true(text_find(why, T("set each other off")) > 0);
	/* Administrators are told why, once for all records that turn so. */
	desk_incident(desk, "{'title': 'x', 'requester': 'reqa', 'contact': '1'}");
	desk_as(desk, "admin");
	struct notification *told;
	size_t told_count;
	assert_ok(engine_notifications(desk->work, false, 0, 10, &told, &told_count));
	assert_int_equal(told_count, 1);
	assert_true(text_starts_with(told[0].words, T("The rule ")) && text_find(told[0].words, T("set each other off")) > 0);
	assert_text(told[0].reason, "because you have the role Administrator");
	desk_as(desk, "agent");
	/* The next change of somebody has its own budget. */
	desk_patch(desk, record, "{'contact': 'quiet'}");
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, NULL, NULL, NULL), 1);
}

DESK_TEST_WITH(a_failing_rule_is_undone_alone_and_tried_again,
	       "  half:\n"
	       "    when: created\n"
	       "    then: [{ set: { contact: half done } }, { transition: close }]\n"
	       "  whole:\n"
	       "    when: created\n"
	       "    then: [set: { external_ref: done }]\n"
	       "  late:\n"
	       "    when: contact changed\n"
	       "    then: [set: { external_ref: wrong }]\n")
{
	struct record *record = desk_reload(desk, incident(desk));
	assert_int_equal(desk_cell(record, "contact")->kind, CELL_NULL);
	assert_text(desk_cell(record, "external_ref")->text, "done");
	/* By the time it is tried again it can: what it waited for has happened. */
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	desk_until(desk, "2026-03-02T09:01Z");
	record = desk_reload(desk, record);
	assert_text(desk_state(record), "closed");
	assert_text(desk_cell(record, "contact")->text, "half done");
	assert_text(desk_cell(record, "external_ref")->text, "wrong");
}

DESK_TEST_WITH(rules_hear_of_warnings_and_breaches, "  raise:\n"
						    "    when: clock response breached\n"
						    "    then: [set: { external_ref: late }]\n"
						    "  mark:\n"
						    "    when: clock response warned\n"
						    "    then: [set: { contact: hurry }]\n")
{
	struct record *record = incident(desk);
	struct event clock, set;
	desk_until(desk, "2026-03-02T13:00Z");
	assert_text(desk_cell(desk_reload(desk, record), "contact")->text, "hurry");
	assert_int_equal(desk_cell(desk_reload(desk, record), "external_ref")->kind, CELL_NULL);
	desk_until(desk, "2026-03-02T17:00Z");
	assert_text(desk_cell(desk_reload(desk, record), "external_ref")->text, "late");
	desk_events(desk, record, EVENT_CLOCK, "name", "response", &clock);
	assert_int_equal(desk_events(desk, record, EVENT_UPDATED, "rule", "raise", &set), 1);
	assert_int_equal(set.cause_id, clock.id);
}

DESK_TEST_WITH(transitions_and_states_set_rules_off,
	       "  by_transition:\n"
	       "    when: transition start\n"
	       "    then: [set: { contact: started }]\n"
	       "  by_state:\n"
	       "    when: state resolved\n"
	       "    then: [{ comment: \"{title} is solved\", visibility: public }]\n")
{
	struct record *record = incident(desk);
	struct event comment;
	assert_int_equal(desk_cell(desk_reload(desk, record), "contact")->kind, CELL_NULL);
	assert_ok(desk_take(desk, record, "start", NULL));
	assert_text(desk_cell(desk_reload(desk, record), "contact")->text, "started");
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	assert_int_equal(
	    desk_events(desk, record, EVENT_COMMENT, "comment", "Mail is down is solved", &comment), 1);
	assert_int_equal(comment.visibility, VISIBLE_PUBLIC);
}
