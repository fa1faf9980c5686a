/*
 * Conditions that can never hold, and guards that always do. Never is asked in every situation in which the condition is looked
 * at; always only of the states, so that a guard that repeats what the lifecycle ensures by itself is no finding.
 */
#include "model/sound_private.h"

/* In which situations a condition is looked at. */
struct place_of_use {
	const uint64_t *states; /* NULL: all */
	bool unfinished;        /* only while the record is open */
};

static bool is_used(const struct sound *sound, const struct place_of_use *use, const struct situation *situation)
{
	if (use->unfinished && sound_is_finished(sound, situation->state))
		return false;
	return use->states == NULL || state_in(use->states, situation->state);
}

static bool ever_used(const struct sound *sound, const struct place_of_use *use)
{
	for (size_t i = 0; i < sound->count; i++)
		if (is_used(sound, use, &sound->situations[i]))
			return true;
	return false;
}

/* Whether it can hold somewhere. Tells what was not proven at `at`. */
static bool can_hold(struct sound *sound, const struct condition *condition, const struct place_of_use *use,
		     const struct value_entry *at)
{
	bool may = condition == NULL;

	sound->logic.gave_up = false;
	for (size_t i = 0; i < sound->count && !may; i++) {
		struct facts facts = sound_facts(sound, &sound->situations[i]);

		may = is_used(sound, use, &sound->situations[i]) && logic_may_hold(&sound->logic, condition, &facts);
	}
	if (sound->logic.gave_up)
		sound_not_proven(sound, at, "whether this can ever hold: %.*s", TEXT_ARG(condition_print(sound->arena, condition)));
	return may;
}

static bool can_fail(struct sound *sound, const struct condition *condition, const uint64_t *states, const struct value_entry *at)
{
	bool may = false;

	sound->logic.gave_up = false;
	for (size_t i = 0; i < sound->lifecycle->state_count && !may; i++)
		may = sound->reached[i] && state_in(states, i) &&
		      logic_may_fail(&sound->logic, condition, &(struct facts){ .state = i });
	if (sound->logic.gave_up)
		sound_not_proven(sound, at, "whether this always holds: %.*s", TEXT_ARG(condition_print(sound->arena, condition)));
	return may;
}

/* While the record is open. */
static bool can_fail_open(struct sound *sound, const struct condition *condition, const struct value_entry *at)
{
	bool may = false;

	sound->logic.gave_up = false;
	for (size_t i = 0; i < sound->lifecycle->state_count && !may; i++)
		may = sound->reached[i] && !sound_is_finished(sound, i) &&
		      logic_may_fail(&sound->logic, condition, &(struct facts){ .state = i });
	if (sound->logic.gave_up)
		sound_not_proven(sound, at, "whether this always holds: %.*s", TEXT_ARG(condition_print(sound->arena, condition)));
	return may;
}

/* Whether it contradicts itself, whatever the state. */
static bool is_absurd(struct sound *sound, const struct condition *condition)
{
	for (size_t i = 0; i < sound->lifecycle->state_count; i++)
		if (logic_may_hold(&sound->logic, condition, &(struct facts){ .state = i }))
			return false;
	return true;
}

static text quoted(const struct sound *sound, const struct condition *condition)
{
	return text_format(sound->d->error_arena, "it says: %.*s", TEXT_ARG(condition_print(sound->arena, condition)));
}

/* The same, and how a record comes to where it is looked at. */
static text quoted_there(const struct sound *sound, const struct condition *condition, const struct place_of_use *use)
{
	for (size_t i = 0; i < sound->count; i++)
		if (is_used(sound, use, &sound->situations[i]))
			return text_format(sound->d->error_arena, "it says: %.*s; it is asked after %.*s",
					   TEXT_ARG(condition_print(sound->arena, condition)), TEXT_ARG(sound_path(sound, i)));
	return quoted(sound, condition);
}

/* ---- transitions ---- */

static void check_guard(struct sound *sound, const struct transition *transition, const struct value_entry *whole)
{
	struct place_of_use use = { transition->from, false };
	const struct value_entry *at = sound_at_key(whole, T("guard"));

	if (!ever_used(sound, &use))
		return;
	if (!can_hold(sound, transition->guard, &use, at)) {
		if (is_absurd(sound, transition->guard))
			define_error_key(sound->d, at, quoted(sound, transition->guard), "the guard of '%.*s' can never hold",
					 TEXT_ARG(transition->name));
		else
			define_error_key(sound->d, at, quoted_there(sound, transition->guard, &use),
					 "the guard of '%.*s' holds in none of the states it leaves", TEXT_ARG(transition->name));
	} else if (!can_fail(sound, transition->guard, transition->from, at)) {
		define_error_key(sound->d, at, T("take it out, or let it refuse something"),
				 "the guard of '%.*s' always holds", TEXT_ARG(transition->name));
	}
}

/* Where they are looked at at the same moment. */
static bool hold_together(struct sound *sound, const struct condition *a, const struct condition *b,
			  const struct place_of_use *use)
{
	struct claim claims[] = { { a, true }, { b, true } };

	if (a == NULL || b == NULL)
		return true;
	for (size_t i = 0; i < sound->count; i++) {
		struct facts facts = sound_facts(sound, &sound->situations[i]);

		if (is_used(sound, use, &sound->situations[i]) &&
		    logic_possible(&sound->logic, claims, array_length(claims), &facts))
			return true;
	}
	return !ever_used(sound, use);
}

/* Only people are asked: what takes a transition by itself gives nothing. */
static bool people_take(const struct transition *transition, bool *ret_only)
{
	bool any = false;

	*ret_only = true;
	for (size_t i = 0; i < transition->permit_count; i++) {
		any = any || transition->permits[i].roles != 0;
		*ret_only = *ret_only && transition->permits[i].roles != 0;
	}
	return any;
}

struct mention {
	const struct transition *transition;
	bool comes; /* with the transition */
};

static void look_at_field(void *data, size_t field)
{
	struct mention *mention = data;

	mention->comes = mention->comes || sound_comes_with(mention->transition, field);
}

static void check_need(struct sound *sound, const struct transition *transition, const struct need *need, const struct place_of_use *use,
		       const struct value_entry *at)
{
	struct mention mention = { transition, false };
	bool only_people;

	if (!can_hold(sound, need->when, use, at)) {
		define_error_key(sound->d, at, quoted(sound, need->when), "a need of '%.*s' never applies: its condition can never hold",
				 TEXT_ARG(transition->name));
		return;
	}
	if (transition->guard == NULL || !people_take(transition, &only_people))
		return;
	if (need->when != NULL) {
		condition_each_field(transition->guard, look_at_field, &mention);
		condition_each_field(need->when, look_at_field, &mention);
		if (!mention.comes && !hold_together(sound, transition->guard, need->when, use))
			define_error_key(sound->d, at, quoted(sound, need->when),
					 "a need of '%.*s' never applies: its condition never holds with the guard", TEXT_ARG(transition->name));
	} else if (only_people && !need->comment && need->field_count == 1 &&
		   !hold_together(sound, transition->guard, logic_is_set(&sound->logic, need->fields[0]), use)) {
		define_error_key(sound->d, at, quoted(sound, transition->guard),
				 "'%.*s' needs '%.*s', but its guard holds only where that is not set", TEXT_ARG(transition->name),
				 TEXT_ARG(sound->type->fields[need->fields[0]].name));
	}
}

static void check_needs(struct sound *sound, const struct transition *transition, const struct place_of_use *use,
			const struct value_entry *at)
{
	bool only_people;

	if (transition->need_count > 0 && !people_take(transition, &only_people) && !sound->is_task)
		define_error_key(sound->d, sound_at_key(at, T("needs")), T("let a role take it, or take them out"),
				 "nobody is asked for what '%.*s' needs: no role takes it", TEXT_ARG(transition->name));
	for (size_t i = 0; i < transition->need_count; i++)
		check_need(sound, transition, &transition->needs[i], use, sound_at_key(at, T("needs")));
}

static void check_transition(struct sound *sound, const struct transition *transition, const struct value_entry *at)
{
	struct place_of_use use = { transition->from, false };

	if (transition->guard != NULL)
		check_guard(sound, transition, at);
	if (!ever_used(sound, &use))
		return;
	for (size_t i = 0; i < transition->permit_count; i++)
		if (!can_hold(sound, transition->permits[i].when, &use, at))
			define_error_key(sound->d, sound_at_key(at, T("by")), quoted_there(sound, transition->permits[i].when, &use),
					 "a permit of '%.*s' holds in none of the states it leaves", TEXT_ARG(transition->name));
	check_needs(sound, transition, &use, at);
}

/* ---- clocks ---- */

/* Whether the goal can be the first whose condition holds. */
static bool is_left(struct sound *sound, const struct clock_definition *clock, size_t goal, const struct place_of_use *use)
{
	struct claim claims[40];

	if (goal + 1 > array_length(claims))
		return true;
	for (size_t i = 0; i <= goal; i++)
		claims[i] = (struct claim){ clock->goals[i].when, i == goal };
	for (size_t i = 0; i < sound->count; i++) {
		struct facts facts = sound_facts(sound, &sound->situations[i]);

		if (is_used(sound, use, &sound->situations[i]) && logic_possible(&sound->logic, claims, goal + 1, &facts))
			return true;
	}
	return false;
}

static void check_clock(struct sound *sound, const struct clock_definition *clock, const struct value_entry *at)
{
	struct place_of_use use = { NULL, true };

	if (!can_hold(sound, clock->pause, &use, at))
		define_error_key(sound->d, sound_at_key(at, T("pause")), quoted(sound, clock->pause),
				 "the clock '%.*s' never pauses: its condition can never hold", TEXT_ARG(clock->name));
	else if (clock->pause != NULL && !can_fail_open(sound, clock->pause, at))
		define_error_key(sound->d, sound_at_key(at, T("pause")), T("let it run at some time"),
				 "the clock '%.*s' never runs: its pause always holds", TEXT_ARG(clock->name));
	for (size_t i = 0; i < clock->goal_count; i++)
		if (!can_hold(sound, clock->goals[i].when, &use, at))
			define_error_key(sound->d, sound_at_key(at, T("goals")), quoted(sound, clock->goals[i].when),
					 "a goal of the clock '%.*s' is never taken: its condition can never hold",
					 TEXT_ARG(clock->name));
		else if (!is_left(sound, clock, i, &use))
			define_error_key(sound->d, sound_at_key(at, T("goals")),
					 clock->goals[i].when == NULL ? T("it is the last, without a condition")
								      : quoted(sound, clock->goals[i].when),
					 "a goal of the clock '%.*s' is never taken: where it could be, one before it always holds",
					 TEXT_ARG(clock->name));
}

/* ---- approvals ---- */

static bool is_asked_somewhere(const struct sound *sound, size_t approval)
{
	for (size_t i = 0; i < sound->count; i++)
		if (sound->situations[i].approval == (int)approval)
			return true;
	return false;
}

static bool a_rule_requests(const struct sound *sound, size_t approval)
{
	for (size_t i = 0; i < sound->type->rule_count; i++)
		for (size_t j = 0; j < sound->type->rules[i].action_count; j++)
			if (sound->type->rules[i].actions[j].kind == ACTION_REQUEST &&
			    sound->type->rules[i].actions[j].transition == approval)
				return true;
	return false;
}

static void check_approval(struct sound *sound, size_t position, const struct value_entry *at)
{
	const struct approval_definition *approval = &sound->type->approvals[position];
	struct place_of_use use = { approval->states, true };

	if (approval->states == NULL && !a_rule_requests(sound, position)) {
		define_error_key(sound->d, at, T("in: STATE, or a rule with request: NAME"),
				 "the approval '%.*s' is never asked: it names no state, and no rule requests it",
				 TEXT_ARG(approval->name));
		return;
	}
	if (ever_used(sound, &use) && approval->states != NULL && !is_asked_somewhere(sound, position))
		define_error_key(sound->d, sound_at_key(at, T("when")),
				 approval->when == NULL ? TEXT_UNSET : quoted(sound, approval->when),
				 "the approval '%.*s' is never asked: its condition, and that none before it holds, never come together",
				 TEXT_ARG(approval->name));
}

static void check_steps(struct sound *sound, const struct approval_definition *approval, const struct value_entry *at)
{
	struct place_of_use use = { approval->states, true };

	for (size_t i = 0; i < approval->step_count; i++)
		if (!can_hold(sound, approval->steps[i].when, &use, at))
			define_error_key(sound->d, sound_at_key(at, T("steps")), quoted(sound, approval->steps[i].when),
					 "the step '%.*s' of the approval '%.*s' is never asked: its condition can never hold",
					 TEXT_ARG(approval->steps[i].name), TEXT_ARG(approval->name));
		/* Later steps may find a record that was changed. */
		else if ((i == 0 || approval->parallel) && !hold_together(sound, approval->when, approval->steps[i].when, &use))
			define_error_key(sound->d, sound_at_key(at, T("steps")), quoted(sound, approval->steps[i].when),
					 "the step '%.*s' of the approval '%.*s' is never asked: its condition never holds with that of "
					 "the approval",
					 TEXT_ARG(approval->steps[i].name), TEXT_ARG(approval->name));
}

/* ---- rules ---- */

/* Whether its first action, when that is a transition, leaves the state. */
static bool can_begin(const struct sound *sound, const struct rule *rule, size_t state)
{
	return rule->action_count == 0 || rule->actions[0].kind != ACTION_TRANSITION ||
	       state_in(sound->lifecycle->transitions[rule->actions[0].transition].from, state);
}

static void check_rule(struct sound *sound, const struct rule *rule, const struct value_entry *at)
{
	bool may = false, met = false, fires = false;

	sound->logic.gave_up = false;
	for (size_t i = 0; i < sound->count && !may; i++) {
		struct facts facts = sound_facts(sound, &sound->situations[i]);

		if (!sound_occasion(sound, rule, &sound->situations[i]))
			continue;
		met = true;
		if (!logic_may_hold(&sound->logic, rule->condition, &facts))
			continue;
		fires = true;
		may = can_begin(sound, rule, sound->situations[i].state);
	}
	if (sound->logic.gave_up)
		sound_not_proven(sound, at, "whether the rule '%.*s' can ever fire", TEXT_ARG(rule->name));
	if (!met)
		define_error_key(sound->d, at, TEXT_UNSET, "the rule '%.*s' can never fire: what it waits for never happens",
				 TEXT_ARG(rule->name));
	else if (fires && !may)
		define_error_key(sound->d, at, TEXT_UNSET, "the rule '%.*s' can never take '%.*s': it leaves none of its states",
				 TEXT_ARG(rule->name),
				 TEXT_ARG(sound->lifecycle->transitions[rule->actions[0].transition].name));
	else if (!may)
		define_error_key(sound->d, at, quoted(sound, rule->condition),
				 "the rule '%.*s' can never fire: its condition holds in no state it meets", TEXT_ARG(rule->name));
}

void sound_check_transitions(struct sound *sound)
{
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++)
		check_transition(sound, &sound->lifecycle->transitions[i], sound_at_transition(sound, i));
}

void sound_check_asked(struct sound *sound)
{
	for (size_t i = 0; i < sound->type->approval_count; i++)
		check_approval(sound, i, sound_at_approval(sound, i));
}

void sound_check_conditions(struct sound *sound)
{
	const struct type *type = sound->type;

	for (size_t i = 0; i < type->clock_count; i++)
		check_clock(sound, &type->clocks[i], sound_at_clock(sound, i));
	for (size_t i = 0; i < type->approval_count; i++)
		check_steps(sound, &type->approvals[i], sound_at_approval(sound, i));
	for (size_t i = 0; i < type->rule_count; i++)
		check_rule(sound, &type->rules[i], sound_at_rule(sound, i));
}
