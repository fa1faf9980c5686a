/*
 * Whether the conditions of a chain can all hold one after the other: what none of its rules changes stays as it is while the chain
 * runs, so two rules of which one wants a low risk and the other a high one never follow each other.
 */
#include "model/sound_private.h"

/* More steps than this are looked at only as far. */
#define STEPS_MAX 60

static void touch(size_t *epochs, const struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		epochs[settings[i].field]++;
}

/* What may be another value after the rule, decided and written by the engine too. */
static void touch_rule(const struct type *type, const struct rule *rule, size_t *epochs, size_t *far)
{
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct action *action = &rule->actions[i];

		if (action->kind == ACTION_SET)
			touch(epochs, action->sets, action->set_count);
		if (action->kind == ACTION_TRANSITION)
			touch(epochs, type->lifecycle->transitions[action->transition].sets,
			      type->lifecycle->transitions[action->transition].set_count);
		if (action->kind == ACTION_ASSIGN && type->assignee >= 0)
			epochs[type->assignee]++;
		if (action->kind == ACTION_EACH || action->kind == ACTION_CREATE_LINKED)
			*far += 1;
	}
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].decision != NULL || engine_writes(type, &type->fields[i]) ||
		    (type->fields[i].system && i != FIELD_CREATED_AT && i != FIELD_CREATED_BY && i != FIELD_NUMBER) ||
		    (ptrdiff_t)i == type->approvers || (ptrdiff_t)i == type->watchers)
			epochs[i]++;
}

bool circle_is_possible(struct chain_type *type, const struct chain_step *steps, size_t count)
{
	struct arena *arena = type->logic.arena;
	const struct expression *expressions[STEPS_MAX];
	size_t *epochs = arena_new_array(arena, size_t, type->type->field_count), far = 0, used = 0;

	for (size_t i = 0; i < count && used < STEPS_MAX; i++) {
		uint8_t values[CHAIN_FIELDS_MAX];
		size_t tracked[CHAIN_FIELDS_MAX];
		struct facts facts = chain_facts(type, steps[i].node, values, tracked);

		if (steps[i].rule->condition != NULL)
			expressions[used++] = logic_at(&type->logic, steps[i].rule->condition, &facts, epochs, far);
		touch_rule(type->type, steps[i].rule, epochs, &far);
	}
	return logic_all_possible(&type->logic, expressions, used);
}
