/*
 * In which states can a condition hold? Whatever does not speak of the state may be true or false, so the
 * answer is never too small. Partial indexes, the checks of lifecycles and the composer of queries ask.
 */
#include "model/condition_private.h"

/* What a part may turn out to be in one state. */
struct outcome {
	bool may_hold, may_fail;
};

static bool literal_is(const struct node *node, const struct literal *literal, int64_t position)
{
	switch (node->test) {
	case TEST_EQUAL:
	case TEST_IN:
		return position == literal->integer;
	case TEST_LESS:
		return position < literal->integer;
	case TEST_LESS_EQUAL:
		return position <= literal->integer;
	case TEST_GREATER:
		return position > literal->integer;
	case TEST_GREATER_EQUAL:
		return position >= literal->integer;
	case TEST_SET:
		return true;
	case TEST_CONTAINS:
	case TEST_STARTS:
		break;
	}
	return false;
}

static bool decided_by_state(const struct node *node)
{
	if (node->path->count != 1 || node->path->steps[0].field != FIELD_STATE)
		return false;
	for (size_t i = 0; i < node->literal_count; i++)
		if (node->literals[i].kind != LITERAL_INTEGER)
			return false;
	return true;
}

static struct outcome test_in_state(const struct node *node, const struct lifecycle *lifecycle, size_t state)
{
	int64_t position = node->path->group ? (int64_t)lifecycle->states[state].group : (int64_t)state;
	bool holds = node->test == TEST_SET;

	if (!decided_by_state(node))
		return (struct outcome){ true, true };
	for (size_t i = 0; i < node->literal_count && !holds; i++)
		holds = literal_is(node, &node->literals[i], position);
	holds = holds != node->negated;
	return (struct outcome){ holds, !holds };
}

/* Conditions nest at most LIMIT_CONDITION_DEPTH deep. */
static struct outcome in_state(const struct node *node, const struct lifecycle *lifecycle, size_t state)
{
	struct outcome all = { true, false }, one;

	switch (node->kind) {
	case NODE_TRUE:
		return all;
	case NODE_WORDS:
		return (struct outcome){ true, true };
	case NODE_TEST:
		return test_in_state(node, lifecycle, state);
	case NODE_NOT:
		one = in_state(node->nodes[0], lifecycle, state);
		return (struct outcome){ one.may_fail, one.may_hold };
	case NODE_AND:
		for (size_t i = 0; i < node->node_count; i++) {
			one = in_state(node->nodes[i], lifecycle, state);
			all = (struct outcome){ all.may_hold && one.may_hold, all.may_fail || one.may_fail };
		}
		return all;
	case NODE_OR:
		all = (struct outcome){ false, true };
		for (size_t i = 0; i < node->node_count; i++) {
			one = in_state(node->nodes[i], lifecycle, state);
			all = (struct outcome){ all.may_hold || one.may_hold, all.may_fail && one.may_fail };
		}
		return all;
	}
	return (struct outcome){ true, true };
}

bool condition_may_hold(const struct condition *condition, const struct lifecycle *lifecycle, size_t state)
{
	return condition == NULL || in_state(condition->root, lifecycle, state).may_hold;
}

uint64_t condition_states(const struct condition *condition, const struct lifecycle *lifecycle)
{
	uint64_t states = 0;

	if (lifecycle->state_count > 64)
		return UINT64_MAX;
	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (condition_may_hold(condition, lifecycle, i))
			states |= UINT64_C(1) << i;
	return states;
}
