/* In which states can a condition hold? Never too few, and exactly where it speaks of nothing but the state.
 */
#include "gadget.h"

#include "model/condition.h"

static uint64_t states_of(struct arena *arena, const struct model *model, const char *source)
{
	const struct type *gadget = model_type(model, T("gadget"));
	struct condition *condition = NULL;

	assert_ok(condition_parse(arena, model, gadget, text_from(source), CONDITION_QUERY, &condition));
	return condition_states(condition, gadget->lifecycle);
}

TEST(states_follow_from_the_condition)
{
	static const struct {
		const char *source;
		uint64_t states; /* fresh 1, busy 2, done 4 */
	} cases[] = {
		{ "", 7 },
		{ "state = busy", 2 },
		{ "state != busy", 5 },
		{ "not state = busy", 5 },
		{ "state in (fresh, done)", 5 },
		{ "state not in (fresh, done)", 2 },
		{ "state < done", 3 },
		{ "state >= busy", 6 },
		{ "state is set", 7 },
		{ "state is not set", 0 },
		{ "state.group = open", 3 },
		{ "state.group != open", 4 },
		{ "color = red", 7 },
		{ "color = red and state = busy", 2 },
		{ "color = red or state = busy", 7 },
		{ "state = fresh or state = done", 5 },
		{ "not (state = fresh or color = red)", 6 },
		{ "not (state = fresh and color = red)", 7 },
		{ "state = fresh and state = busy", 0 },
		{ "\"printer jam\" and state = done", 4 },
		{ "owner.name = \"x\" and state = done", 4 },
	};
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;

	assert_ok(gadget_parse(arena, gadget_with(arena, 0, NULL), &model));
	for (size_t i = 0; i < array_length(cases); i++)
		if (states_of(arena, model, cases[i].source) != cases[i].states)
			fail_msg("%s: %llx", cases[i].source,
				 (unsigned long long)states_of(arena, model, cases[i].source));
	assert_int_equal(condition_states(NULL, model_type(model, T("gadget"))->lifecycle), 7);
	model_free(model);
	arena_free(arena);
}
