/*
 * What binds variables to each other beside the conditions themselves: people who are the same, questions that are asked only where
 * they are shown, and what a condition says at one moment of a chain.
 */
#include "model/sound_private.h"

/* ---- people ---- */

static const struct condition *parsed(struct logic *logic, text source)
{
	struct condition *condition = NULL;

	return condition_parse(logic->arena, logic->model, logic->type, source, CONDITION_RULE, &condition) == NULL ? condition : NULL;
}

const struct condition *logic_equals(struct logic *logic, size_t field, text what)
{
	return parsed(logic, text_format(logic->arena, "%.*s = %.*s", TEXT_ARG(logic->type->fields[field].name), TEXT_ARG(what)));
}

const struct condition *logic_is_set(struct logic *logic, size_t field)
{
	return parsed(logic, text_format(logic->arena, "%.*s is set", TEXT_ARG(logic->type->fields[field].name)));
}

/* The test in "it is set, and ...". */
static size_t tested_variable(const struct logic *logic, const struct expression *expression)
{
	size_t found = SIZE_MAX;

	if (expression->kind == EXPRESSION_VALUES && logic->variables[expression->variable].field == SIZE_MAX)
		return expression->variable;
	for (size_t i = 0; i < expression->count && found == SIZE_MAX; i++)
		found = tested_variable(logic, expression->parts[i]);
	return found;
}

static const struct expression *not_all(struct logic *logic, const struct expression *a, const struct expression *b,
					const struct expression *but)
{
	const struct expression *any = formula_group(logic, EXPRESSION_OR, 3);

	formula_add(any, formula_not(logic, a));
	formula_add(any, formula_not(logic, b));
	formula_add(any, but);
	return any;
}

static void constrain(struct logic *logic, size_t variable, const struct expression *constraint)
{
	const struct expression *both = constraint;

	if (logic->variables[variable].constraint != NULL) {
		both = formula_group(logic, EXPRESSION_AND, 2);
		formula_add(both, logic->variables[variable].constraint);
		formula_add(both, constraint);
	}
	logic->variables[variable].constraint = both;
}

void logic_asked_only(struct logic *logic, size_t question, const struct condition *const *shown, size_t count,
		      const struct condition *const *choice_when)
{
	const struct field *field = &logic->type->fields[question];
	size_t values, variable = logic_field(logic, question, &values);
	const struct expression *asked = formula_group(logic, EXPRESSION_AND, count + field->choice_count), *either;

	for (size_t i = 0; i < count; i++)
		if (shown[i] != NULL)
			formula_add(asked, logic_compile(logic, shown[i]));
	for (size_t i = 0; choice_when != NULL && i < field->choice_count && i + 1 < values; i++) {
		if (choice_when[i] == NULL)
			continue;
		either = formula_group(logic, EXPRESSION_OR, 2);
		formula_add(either, formula_not(logic, formula_values(logic, variable, UINT64_C(1) << i)));
		formula_add(either, logic_compile(logic, choice_when[i]));
		formula_add(asked, either);
	}
	either = formula_group(logic, EXPRESSION_OR, 2);
	formula_add(either, formula_values(logic, variable, UNSET_VALUE(values - 1)));
	formula_add(either, asked);
	if (asked->count > 0)
		constrain(logic, variable, either);
}

size_t logic_relate(struct logic *logic, size_t a, size_t b)
{
	const struct condition *pair = logic_equals(logic, a, logic->type->fields[b].name), *mine = logic_equals(logic, a, T("me")),
			       *theirs = logic_equals(logic, b, T("me"));
	const struct expression *same, *first, *second, *all = formula_group(logic, EXPRESSION_AND, 3);

	if (pair == NULL || mine == NULL || theirs == NULL)
		return SIZE_MAX;
	logic->relating = true;
	logic_learn(logic, pair);
	same = logic_compile(logic, pair);
	logic->relating = false;
	first = logic_compile(logic, mine);
	second = logic_compile(logic, theirs);
	if (logic->variables[tested_variable(logic, same)].constraint == NULL) {
		formula_add(all, not_all(logic, first, second, same));
		formula_add(all, not_all(logic, same, first, second));
		formula_add(all, not_all(logic, same, second, first));
		constrain(logic, tested_variable(logic, same), all);
		constrain(logic, tested_variable(logic, first), all);
		constrain(logic, tested_variable(logic, second), all);
	}
	return tested_variable(logic, same);
}

/* ---- at one moment of a chain ---- */

struct epoch {
	const struct facts *facts;
	const size_t *epochs;
	size_t far;
};

static size_t variable_in(struct logic *logic, size_t variable, const struct epoch *epoch)
{
	const struct variable *one = &logic->variables[variable];

	if (epoch->epochs == NULL)
		return variable;
	size_t first = one->roots[0] == SIZE_MAX ? 0 : epoch->epochs[one->roots[0]];
	size_t second = one->roots[1] == SIZE_MAX || one->roots[1] == one->roots[0] ? 0 : epoch->epochs[one->roots[1]];
	size_t far = one->far ? epoch->far : 0;

	if (first == 0 && second == 0 && far == 0)
		return variable;
	return formula_variable(logic, text_format(logic->arena, "%.*s#%zu.%zu.%zu", TEXT_ARG(one->key), first, second, far), one->domain,
			    SIZE_MAX, NULL);
}

static const struct expression *decided(struct logic *logic, bool holds)
{
	struct expression *expression = arena_new_struct(logic->arena, struct expression);

	expression->kind = EXPRESSION_TRUE;
	expression->negated = !holds;
	return expression;
}

static const struct expression *values_in(struct logic *logic, const struct expression *expression, const struct epoch *epoch)
{
	const struct expression *now;

	for (size_t i = 0; i < epoch->facts->tracked_count; i++)
		if (epoch->facts->tracked[i] == expression->variable && epoch->facts->values[i] != FACT_UNKNOWN)
			return decided(logic, ((expression->mask >> epoch->facts->values[i] & 1) != 0) != expression->negated);
	now = formula_values(logic, variable_in(logic, expression->variable, epoch), expression->mask);
	return expression->negated ? formula_not(logic, now) : now;
}

static const struct expression *in_epoch(struct logic *logic, const struct expression *expression, const struct epoch *epoch)
{
	const struct expression *group;

	switch (expression->kind) {
	case EXPRESSION_VALUES:
		return values_in(logic, expression, epoch);
	case EXPRESSION_STATE:
		return decided(logic, logic_state_passes(expression->node, epoch->facts) != expression->negated);
	case EXPRESSION_AND:
	case EXPRESSION_OR:
		group = formula_group(logic, expression->kind, expression->count);
		for (size_t i = 0; i < expression->count; i++)
			formula_add(group, in_epoch(logic, expression->parts[i], epoch));
		return expression->negated ? formula_not(logic, group) : group;
	case EXPRESSION_TRUE:
		break;
	}
	return expression;
}

const struct expression *logic_at(struct logic *logic, const struct condition *condition, const struct facts *facts,
				  const size_t *epochs, size_t far)
{
	struct epoch epoch = { facts, epochs, far };

	return in_epoch(logic, logic_compile(logic, condition), &epoch);
}
