/*
 * Whether some conditions can hold together: found by splitting the values of one variable after the other (as DPLL does), which is
 * exact for all that the formulas know (sound_formula.c).
 */
#include "model/sound_private.h"

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_OPEN };

struct search {
	struct logic *logic;
	const struct facts *facts;
	const struct expression *claims[64];
	bool holds[64];
	size_t count;
};

bool logic_state_passes(const struct node *node, const struct facts *facts)
{
	return node->test == TEST_SET || node_state_passes(node, path_last(node->path)->type->lifecycle, facts->state);
}

/* *ret_open is a part that is not decided yet. */
static enum truth evaluate(const struct search *search, const struct expression *expression, const struct expression **ret_open)
{
	uint64_t left;
	enum truth truth = TRUTH_YES, one;

	switch (expression->kind) {
	case EXPRESSION_TRUE:
		break;
	case EXPRESSION_STATE:
		truth = logic_state_passes(expression->node, search->facts) ? TRUTH_YES : TRUTH_NO;
		break;
	case EXPRESSION_VALUES:
		left = search->logic->remaining[expression->variable];
		truth = (left & expression->mask) == 0 ? TRUTH_NO : (left & ~expression->mask) == 0 ? TRUTH_YES : TRUTH_OPEN;
		if (truth == TRUTH_OPEN)
			*ret_open = expression;
		break;
	case EXPRESSION_AND:
	case EXPRESSION_OR: {
		enum truth ends = expression->kind == EXPRESSION_AND ? TRUTH_NO : TRUTH_YES;

		truth = ends == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
		for (size_t i = 0; i < expression->count && truth != ends; i++) {
			one = evaluate(search, expression->parts[i], ret_open);
			if (one == ends || one == TRUTH_OPEN)
				truth = one;
		}
		break;
	}
	}
	if (expression->negated && truth != TRUTH_OPEN)
		truth = truth == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
	return truth;
}

/* As deep as there are tests: each step decides one. */
static bool try_values(struct search *search)
{
	const struct expression *open = NULL;
	struct logic *logic = search->logic;
	uint64_t before;

	if (++logic->steps > SOUND_STEPS_MAX) {
		logic->gave_up = true;
		return true;
	}
	for (size_t i = 0; i < search->count; i++) {
		enum truth truth = evaluate(search, search->claims[i], &open);

		if (truth != TRUTH_OPEN && (truth == TRUTH_YES) != search->holds[i])
			return false;
	}
	if (open == NULL)
		return true;
	before = logic->remaining[open->variable];
	for (int round = 0; round < 2; round++) {
		logic->remaining[open->variable] = before & (round == 0 ? open->mask : ~open->mask);
		if (try_values(search))
			return true;
	}
	logic->remaining[open->variable] = before;
	return false;
}

static void add_claim(struct search *search, const struct expression *expression, bool holds)
{
	if (search->count == array_length(search->claims)) {
		search->logic->gave_up = true;
		return;
	}
	search->claims[search->count] = expression;
	search->holds[search->count++] = holds;
}

/* What decision tables say about the variables of an expression. */
static void add_constraints(struct search *search, const struct expression *expression)
{
	const struct expression *constraint;

	for (size_t i = 0; i < expression->count; i++)
		add_constraints(search, expression->parts[i]);
	if (expression->kind != EXPRESSION_VALUES)
		return;
	constraint = search->logic->variables[expression->variable].constraint;
	for (size_t i = 0; i < search->count; i++)
		if (search->claims[i] == constraint)
			return;
	if (constraint == NULL)
		return;
	add_claim(search, constraint, true);
	add_constraints(search, constraint);
}

static bool search_values(struct search *search)
{
	struct logic *logic = search->logic;
	size_t count = search->count;

	for (size_t i = 0; i < count; i++)
		add_constraints(search, search->claims[i]);
	if (logic->count > logic->remaining_capacity) {
		logic->remaining_capacity = logic->count * 2;
		logic->remaining = arena_new_array(logic->arena, uint64_t, logic->remaining_capacity);
	}
	for (size_t i = 0; i < logic->count; i++)
		logic->remaining[i] = logic->variables[i].domain;
	for (size_t i = 0; i < search->facts->tracked_count; i++)
		if (search->facts->values[i] != FACT_UNKNOWN)
			logic->remaining[search->facts->tracked[i]] = UINT64_C(1) << search->facts->values[i];
	logic->steps = 0;
	if (!try_values(search))
		return false;
	for (size_t i = 0; i < search->count; i++)
		logic->gave_up = logic->gave_up || search->claims[i]->vague;
	return true;
}

bool logic_possible(struct logic *logic, const struct claim *claims, size_t count, const struct facts *facts)
{
	struct search search = { .logic = logic, .facts = facts };

	for (size_t i = 0; i < count; i++) {
		if (claims[i].condition != NULL && claims[i].facts != NULL)
			add_claim(&search, logic_at(logic, claims[i].condition, claims[i].facts, NULL, 0), claims[i].holds);
		else if (claims[i].condition != NULL)
			add_claim(&search, logic_compile(logic, claims[i].condition), claims[i].holds);
		else if (!claims[i].holds)
			return false;
	}
	return search_values(&search);
}

bool logic_all_possible(struct logic *logic, const struct expression *const *expressions, size_t count)
{
	struct search search = { .logic = logic, .facts = &(struct facts){ 0, NULL, NULL, 0 } };

	for (size_t i = 0; i < count; i++)
		add_claim(&search, expressions[i], true);
	return search_values(&search);
}

bool logic_may_hold(struct logic *logic, const struct condition *condition, const struct facts *facts)
{
	return condition == NULL || logic_possible(logic, &(struct claim){ condition, true }, 1, facts);
}

bool logic_may_fail(struct logic *logic, const struct condition *condition, const struct facts *facts)
{
	return condition != NULL && logic_possible(logic, &(struct claim){ condition, false }, 1, facts);
}

static bool mentions(const struct expression *expression, size_t variable)
{
	for (size_t i = 0; i < expression->count; i++)
		if (mentions(expression->parts[i], variable))
			return true;
	return expression->kind == EXPRESSION_VALUES && expression->variable == variable;
}

bool logic_mentions(struct logic *logic, const struct condition *condition, size_t variable)
{
	return condition != NULL && mentions(logic_compile(logic, condition), variable);
}
