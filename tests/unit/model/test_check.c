/* Lifecycles that cannot work are found, with the place; those that can bring no alarm. */
#include "gadget.h"

static const struct finding {
	size_t line;
	const char *instead;
	uint32_t at_line, at_column;
	const char *message;
} findings[] = {
	/* states */
	{ 20, "    done: { group: closed }\n    lost: { group: open }", 21, 5, "the state 'lost' is never reached from 'fresh'" },
	{ 23, "    finish: { from: fresh, to: done, by: [agent, timer], set: { done_at: now } }", 19, 5, "the state 'busy' is a dead end" },
	{ 20, "    done: { group: done }", 18, 5, "no state of gadget ends it" },
	/* transitions */
	{ 22, "    begin: { from: fresh, to: busy }", 22, 5, "nobody may take the transition 'begin'" },
	{ 22, "    begin: { from: fresh, to: busy, by: timer }", 22, 5, "no rule takes the transition 'begin'" },
	{ 22, "    begin: { from: fresh, to: busy, by: { role: agent, when: state = done } }", 22, 37, "a permit of 'begin' holds in none of the states" },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, guard: state = busy }", 22, 48, "the guard of 'begin' holds in none of the states" },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, needs: [done_at] }", 22, 5, "'begin' needs 'done_at', which only the system sets" },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, needs: [rank] }", 22, 5, "'begin' needs rank, which none of its roles may write" },
	{ 22, "    begin: { from: fresh, to: busy, by: requester, needs: [owner] }", 22, 5, "'begin' needs owner, which none of its roles may write" },
	{ 22, "    begin: { from: fresh, to: busy, by: requester, needs: [comment] }", 22, 5, "'begin' needs a comment, which none of its roles may write" },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, asks: [done_at] }", 22, 5, "'begin' asks for 'done_at', which only the system sets" },
	/* clocks */
	{ 25, "  answer: { start: created }", 25, 3, "the clock 'answer' never stops" },
	{ 25, "  answer: { start: created, stop: [state busy] }", 25, 3, "the clock 'answer' can still run in 'done'" },
	{ 25, "  answer: { start: created, stop: [transition begin] }", 25, 3, "the clock 'answer' can still run in 'done'" },
	{ 25, "  answer: { start: transition finish, stop: [state busy] }", 25, 39, "the clock 'answer' can never stop" },
	/* rules */
	{ 23, "    finish: { from: [fresh, busy], to: done, by: agent }", 30, 3, "the rule 'tidy' may not take 'finish'" },
	{ 30, "  tidy: { when: created, if: state = done, then: [transition: finish] }", 30, 3, "the rule 'tidy' can never fire" },
	{ 30, "  tidy: { when: transition begin, if: \"state in (fresh, done)\", then: [transition: finish] }", 30, 3, "the rule 'tidy' can never fire" },
	{ 30, "  tidy: { when: state busy, if: not state = busy, then: [transition: finish] }", 30, 3, "the rule 'tidy' can never fire" },
	{ 30, "  tidy: { when: state done, then: [transition: finish] }", 30, 3, "the rule 'tidy' can never take 'finish'" },
	{ 23, "    finish: { from: [fresh, busy], to: done, by: [agent, timer] }\n  # done_at is never set", 0, 0, NULL },
	/* fields */
	{ 11, "  reason: { kind: text }\n  code: { kind: text, required: yes, set_by_engine: yes }", 12, 9, "'code' is required, but nobody who creates may write it" },
	/* these are fine */
	{ 30, "  tidy: { when: created, if: color = red, then: [transition: finish] }", 0, 0, NULL },
	{ 30, "  tidy: { when: state busy, if: state.group = open and not (state = done or color = red), then: [transition: finish] }", 0, 0, NULL },
	{ 25, "  answer: { start: created, stop: [transition finish] }", 0, 0, NULL },
	{ 22, "    begin: { from: fresh, to: busy, by: agent, needs: [any of: [rank, owner]] }", 0, 0, NULL },
};

TEST(each_finding_is_told_at_its_place_and_nothing_else)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(findings); i++) {
		const struct finding *finding = &findings[i];
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		struct error *error = gadget_parse(arena, gadget_with(arena, finding->line, finding->instead), &model), *found;
		bool good = finding->message == NULL && error == NULL;

		for (found = error; found != NULL && finding->message != NULL; found = found->next)
			good = good || (found->place.line == finding->at_line && found->place.column == finding->at_column &&
			                mistake_contains(found->message, finding->message));
		if (!good) {
			fprintf(stderr, "finding %zu: expected %u:%u %s\n", i, finding->at_line, finding->at_column,
			        finding->message == NULL ? "nothing" : finding->message);
			shipped_show(error);
			failures++;
		}
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}

TEST(a_rule_that_waits_for_what_nothing_sets_is_found)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	text source = gadget_with(arena, 30, "  tidy: { when: 5 working days after done_at, then: [{ comment: late }] }");
	struct model *model = NULL;
	struct error *error;

	assert_ok(gadget_parse(arena, source, &model));
	model_free(model);
	source = gadget_with(arena, 14, "  done_at: { kind: moment, set_by_engine: yes }\n  gone_at: { kind: moment, set_by_engine: yes }");
	source = text_format(arena, "%.*s  late: { when: gone_at comes, then: [{ comment: late }] }\n",
	                     (int)text_find(source, T("views:")), source.data);
	error = gadget_parse(arena, source, &model);
	assert_non_null(error);
	assert_text(error->message, "the rule 'late' waits for 'gone_at', which nothing sets");
	arena_free(arena);
}
