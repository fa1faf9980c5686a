/* The section `approvals` of a type: what it becomes, and each mistake in it told at its place. */
#include "gadget.h"

static const char *const permit_lines[] = {
	"practice: Tests",                                                                                   /* 1 */
	"purpose: A practice with approvals.",                                                               /* 2 */
	"type: { name: permit, extends: task, number: \"PER{000}\", title: title }",                         /* 3 */
	"fields:",                                                                                           /* 4 */
	"  risk: { kind: choice, choices: [low, high], default: low }",                                      /* 5 */
	"  planned: { kind: moment }",                                                                       /* 6 */
	"lifecycle:",                                                                                        /* 7 */
	"  states:",                                                                                         /* 8 */
	"    draft: { group: open }",                                                                        /* 9 */
	"    asking: { group: open }",                                                                       /* 10 */
	"    granted: { group: open }",                                                                      /* 11 */
	"    refused: { group: closed }",                                                                    /* 12 */
	"    over: { group: closed }",                                                                       /* 13 */
	"  transitions:",                                                                                    /* 14 */
	"    ask: { from: draft, to: asking, by: agent }",                                                   /* 15 */
	"    grant: { from: asking, to: granted, by: approval }",                                            /* 16 */
	"    refuse: { from: asking, to: refused, by: approval }",                                           /* 17 */
	"    again: { from: granted, to: asking, by: [approval, agent] }",                                   /* 18 */
	"    finish: { from: granted, to: over, by: agent }",                                                /* 19 */
	"approvals:",                                                                                        /* 20 */
	"  strong:",                                                                                         /* 21 */
	"    in: asking",                                                                                    /* 22 */
	"    when: risk = high",                                                                             /* 23 */
	"    order: sequential",                                                                             /* 24 */
	"    steps:",                                                                                        /* 25 */
	"      - { name: owner, ask: [service.owner], quorum: all }",                                        /* 26 */
	"      - { name: board, ask: [{ role: change_authority }, { team: cab }, watchers], quorum: 60% }",  /* 27 */
	"    not: [requester, assignee]",                                                                    /* 28 */
	"    else: [{ role: change_manager }]",                                                              /* 29 */
	"    covers: [planned, service]",                                                                    /* 30 */
	"    remind: 1 working day",                                                                         /* 31 */
	"    expires: 5 working days",                                                                       /* 32 */
	"    approved: grant",                                                                               /* 33 */
	"    rejected: refuse",                                                                              /* 34 */
	"    voided: again",                                                                                 /* 35 */
	"  light: { in: asking, steps: [{ name: chief, ask: [requester.manager] }], approved: grant, rejected: refuse }", /* 36 */
	"  extra: { steps: [{ name: lead, ask: [team.lead, { person: anna }], quorum: 2 }] }",               /* 37 */
	"rights:",                                                                                           /* 38 */
	"  agent: { read: always, create: always, update: always, comment: always }",                        /* 39 */
	"  requester: { read: [approvers = me] }",                                                           /* 40 */
	"automation:",                                                                                       /* 41 */
	"  tell: { when: approval strong rejected, then: [{ notify: [requester], words: \"{number}\" }] }",  /* 42 */
	"  more: { when: planned changed, then: [request: extra] }",                                         /* 43 */
};

static text permit_with(struct arena *arena, size_t line, const char *instead)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < array_length(permit_lines); i++) {
		const char *words = i + 1 == line ? instead : permit_lines[i];

		if (words == NULL)
			continue;
		buffer_text(&out, text_from(words));
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

static const struct mistake {
	size_t line;
	const char *instead;
	uint32_t at_line, at_column;
	const char *message, *hint;
} mistakes[] = {
	/* the approval itself */
	{ 22, "    in: askin", 22, 9, "permit has no state 'askin'", "did you mean 'asking'?" },
	{ 22, "    in: refused", 22, 9, "'refused' is over: nothing is left to approve", "still open" },
	{ 22, "    inn: asking", 22, 5, "an approval has no key 'inn'", "did you mean 'in'?" },
	{ 23, "    when: rsk = high", 23, 11, "permit has no field 'rsk'", "risk" },
	{ 23, NULL, 35, 3, "'light' is never asked in 'asking': 'strong' before it always is", "put it before" },
	{ 24, "    order: serial", 24, 12, "'serial' is no order of steps", "sequential or parallel" },
	{ 31, "    remind: 1 moon", 31, 13, "'1 moon' is no length of time", "5 working days" },
	{ 31, "    remind: 5 working days", 31, 13, "nobody is ever reminded: the approval expires first", NULL },
	{ 20, "approval:", 20, 1, "a definition has no key 'approval'", "did you mean 'approvals'?" },
	/* steps */
	{ 26, "      - { ask: [service.owner] }", 26, 9, "this step has no name", NULL },
	{ 26, "      - { name: Owner, ask: [service.owner] }", 26, 17, "'Owner' is not a name", NULL },
	{ 26, "      - { name: board, ask: [service.owner] }", 27, 17, "the step 'board' stands twice", NULL },
	{ 26, "      - { name: owner }", 26, 9, "the step 'owner' asks nobody", "ask: [service.owner]" },
	{ 26, "      - { name: owner, asks: [service.owner] }", 26, 24, "a step has no key 'asks'", "did you mean 'ask'?" },
	{ 36, "  light: { in: asking, approved: grant, rejected: refuse }", 36, 3, "the approval 'light' needs 1 to 20 steps", NULL },
	/* who is asked */
	{ 26, "      - { name: owner, ask: [service] }", 26, 30, "'service' ends at service, not at people or a team", "service.owner" },
	{ 26, "      - { name: owner, ask: [service.ownr] }", 26, 38, "service has no field 'ownr'", "did you mean 'owner'?" },
	{ 26, "      - { name: owner, ask: [risk] }", 26, 30, "'risk' is no link and leads to nobody", NULL },
	{ 26, "      - { name: owner, ask: [{ role: cab }] }", 26, 38, "no role is named 'cab'", NULL },
	{ 26, "      - { name: owner, ask: [{ role: agent, team: cab }] }", 26, 30, "say one of role, team, person and path", NULL },
	{ 26, "      - { name: owner, ask: [requester.manager.manager.manager.manager.manager] }", 26, 30, "a path has at most 5 links", NULL },
	{ 26, "      - { name: owner, ask: [assignee] }", 26, 29, "this step can ask nobody: ", "take them out of not" },
	{ 29, "    else: [assignee]", 29, 11, "else can ask nobody: ", NULL },
	{ 28, "    not: [service]", 28, 10, "'service' is no link to people", NULL },
	{ 28, "    not: [implementr]", 28, 11, "permit has no field 'implementr'", NULL },
	/* quorum */
	{ 26, "      - { name: owner, ask: [service.owner], quorum: 0 }", 26, 54, "a quorum of 0 decides without a vote", "any, all" },
	{ 26, "      - { name: owner, ask: [service.owner], quorum: 120% }", 26, 54, "a quorum of 120% is never reached", NULL },
	{ 26, "      - { name: owner, ask: [service.owner], quorum: most }", 26, 54, "'most' is no quorum", "majority" },
	{ 26, "      - { name: owner, ask: [service.owner, { person: bert }], quorum: 3 }", 26, 72,
	  "a quorum of 3 is never reached: this step asks at most 2", NULL },
	/* covers */
	{ 30, "    covers: [plan]", 30, 14, "permit has no field 'plan'", NULL },
	{ 30, "    covers: [state]", 30, 13, "'state' changes with the approval itself", NULL },
	{ 30, "    shows: [plannd]", 30, 13, "permit has no field 'plannd'", "planned" },
	/* outcomes */
	{ 33, "    approved: grnt", 33, 15, "permit has no transition 'grnt'", "did you mean 'grant'?" },
	{ 33, NULL, 21, 3, "the approval 'strong' keeps its state for ever", "rejected: TRANSITION" },
	{ 16, "    grant: { from: asking, to: granted, by: timer }", 33, 15, "an approval may not take 'grant'", "add approval to its by" },
	{ 16, "    grant: { from: asking, to: granted, by: [approval, agent] }", 33, 15, "a role may take it without the approval", NULL },
	{ 16, "    grant: { from: asking, to: granted, by: approval, guard: risk = low }", 33, 15, "the guard of 'grant' could stop", NULL },
	{ 16, "    grant: { from: draft, to: granted, by: approval }", 33, 15, "the outcome 'grant' does not leave 'asking'", NULL },
	{ 17, "    refuse: { from: asking, to: asking, by: approval }", 34, 15, "the outcome 'refuse' leads to 'asking', which asks again", NULL },
	{ 18, "    again: { from: asking, to: draft, by: [approval, agent] }", 35, 13, "'again' leaves no later state", NULL },
	{ 30, NULL, 34, 13, "nothing voids this approval: it covers no field", NULL },
	{ 32, "    expired: refuse", 32, 14, "this approval never expires", "expires: 5 working days" },
	{ 19, "    finish: { from: granted, to: over, by: approval }", 19, 5, "no approval takes the transition 'finish'", NULL },
	/* the type, and its rules */
	{ 3, "type: { name: permit, number: \"PER{000}\", title: risk }", 21, 3, "permit has approvals but no field approvers", "extend task" },
	{ 42, "  tell: { when: approval strng rejected, then: [transition: finish] }", 42, 17, "permit has no approval 'strng'", "strong" },
	{ 42, "  tell: { when: approval strong refused, then: [transition: finish] }", 42, 17, "voided or withdrawn, not 'refused'", NULL },
};

TEST(each_mistake_of_an_approval_is_told_at_its_place)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(mistakes); i++) {
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		struct error *error = gadget_parse(arena, permit_with(arena, mistakes[i].line, mistakes[i].instead), &model);

		failures += mistake_missing(error, i, mistakes[i].instead, (struct mistake_place){ TEXT_UNSET, mistakes[i].at_line, mistakes[i].at_column,
		                            mistakes[i].message, mistakes[i].hint });
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}

static void check_strong(const struct model *model, const struct type *type)
{
	const struct approval_definition *strong = &type->approvals[0];

	assert_true(state_in(strong->states, (size_t)lifecycle_state(type->lifecycle, T("asking"))));
	assert_false(state_in(strong->states, (size_t)lifecycle_state(type->lifecycle, T("draft"))));
	assert_int_equal(strong->step_count, 2);
	assert_int_equal(strong->steps[0].quorum, QUORUM_ALL);
	assert_int_equal(strong->steps[0].asked[0].path_count, 2);
	assert_int_equal(strong->steps[1].quorum, QUORUM_PERCENT);
	assert_int_equal(strong->steps[1].quorum_number, 60);
	assert_int_equal(strong->steps[1].asked[0].how, ASK_ROLE);
	assert_int_equal(strong->steps[1].asked[0].role, model_role(model, T("change_authority")));
	assert_text(strong->steps[1].asked[1].name, "cab");
	assert_int_equal(strong->excluded_count, 2);
	assert_true(strong->covers[type_field(type, T("planned"))->position]);
	assert_int_equal(strong->remind_working_days, 1);
	assert_int_equal(strong->expire_working_days, 5);
	assert_int_equal(strong->expire_ms, 0);
	assert_int_equal(strong->approved, lifecycle_transition(type->lifecycle, T("grant")));
	assert_int_equal(strong->voided, lifecycle_transition(type->lifecycle, T("again")));
	assert_int_equal(strong->expired, -1);
}

TEST(an_approval_as_it_is_read)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct error *error = gadget_parse(arena, permit_with(arena, 0, NULL), &model);

	shipped_show(error);
	assert_null(error);
	const struct type *type = model_type(model, T("permit"));
	assert_int_equal(type->approval_count, 3);
	check_strong(model, type);
	/* Nobody approves what they asked for, unless `not: []` says so. */
	assert_int_equal(type->approvals[1].excluded_count, 1);
	assert_int_equal(type->approvals[1].excluded[0], type->requester);
	assert_null(type->approvals[2].states);
	assert_int_equal(type->approvals[2].steps[0].quorum, QUORUM_COUNT);
	assert_int_equal(type->rules[0].when, WHEN_APPROVAL);
	assert_int_equal(type->rules[0].index, 0);
	assert_int_equal(type->rules[0].what, APPROVAL_REJECTED);
	model_free(model);
	arena_free(arena);
}
