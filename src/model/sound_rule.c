/*
 * Automatic steps that compete: two rules that can take different transitions at the same occasion (the order of the file would
 * decide), or a rule beside the outcome of an approval. And rules that wait for what never comes.
 */
#include "model/sound_private.h"

static bool comments_meet(const struct rule *a, const struct rule *b)
{
	return a->comment_by == b->comment_by || a->comment_by == COMMENT_BY_ANYONE || b->comment_by == COMMENT_BY_ANYONE;
}

/* The state that a record has just come to when the rule is looked at, or -1. */
static ptrdiff_t entered(const struct sound *sound, const struct rule *rule)
{
	if (rule->when == WHEN_STATE)
		return (ptrdiff_t)rule->index;
	if (rule->when == WHEN_TRANSITION)
		return (ptrdiff_t)sound->lifecycle->transitions[rule->index].to;
	return rule->when == WHEN_CREATED ? (ptrdiff_t)sound->lifecycle->initial : -1;
}

static bool same_occasion(const struct sound *sound, const struct rule *a, const struct rule *b)
{
	if (entered(sound, a) >= 0 && a->when != b->when)
		return entered(sound, a) == entered(sound, b) && (a->when == WHEN_STATE || b->when == WHEN_STATE);
	if (a->when != b->when)
		return false;
	if (a->when == WHEN_COMMENT)
		return comments_meet(a, b);
	if ((a->when == WHEN_LINKED || a->when == WHEN_UNLINKED) &&
	    (a->other_where != NULL || b->other_where != NULL ||
	     (a->other_type != NULL && b->other_type != NULL && !type_same(a->other_type, b->other_type))))
		return false; /* what is at the other end decides */
	return (a->when == WHEN_CREATED || a->index == b->index) && a->what == b->what && a->after_ms == b->after_ms &&
	       a->after_working_days == b->after_working_days;
}

/* The first transition a rule takes, or -1. */
static ptrdiff_t step_of(const struct rule *rule)
{
	for (size_t i = 0; i < rule->action_count; i++)
		if (rule->actions[i].kind == ACTION_TRANSITION)
			return (ptrdiff_t)rule->actions[i].transition;
	return -1;
}

static bool leaves(const struct sound *sound, ptrdiff_t transition, size_t state)
{
	return transition >= 0 && state_in(sound->lifecycle->transitions[transition].from, state);
}

/* A situation in which both conditions and both guards can hold, or SIZE_MAX. */
static size_t meet_at(struct sound *sound, const struct rule *a, const struct rule *b)
{
	struct claim claims[] = { { a->condition, true },
				  { b->condition, true },
				  { sound->lifecycle->transitions[step_of(a)].guard, true },
				  { sound->lifecycle->transitions[step_of(b)].guard, true } };

	for (size_t i = 0; i < sound->count; i++) {
		const struct situation *situation = &sound->situations[i];
		struct facts facts = sound_facts(sound, situation);

		if (leaves(sound, step_of(a), situation->state) && leaves(sound, step_of(b), situation->state) &&
		    sound_occasion(sound, a, situation) && sound_occasion(sound, b, situation) &&
		    logic_possible(&sound->logic, claims, array_length(claims), &facts))
			return i;
	}
	return SIZE_MAX;
}

static void check_pair(struct sound *sound, const struct rule *first, const struct rule *second, const struct value_entry *at)
{
	size_t situation;

	if (step_of(first) < 0 || step_of(second) < 0 || step_of(first) == step_of(second) || !same_occasion(sound, first, second))
		return;
	sound->logic.gave_up = false;
	situation = meet_at(sound, first, second);
	if (situation == SIZE_MAX)
		return;
	if (sound->logic.gave_up) {
		sound_not_proven(sound, at, "that the rules '%.*s' and '%.*s' never meet", TEXT_ARG(first->name), TEXT_ARG(second->name));
		return;
	}
	define_error_key(sound->d, at,
			 text_format(sound->d->error_arena, "let their conditions exclude each other; both hold after %.*s",
				     TEXT_ARG(sound_path(sound, situation))),
			 "the rules '%.*s' and '%.*s' overlap: at the same moment one takes '%.*s' and the other '%.*s'",
			 TEXT_ARG(first->name), TEXT_ARG(second->name), TEXT_ARG(sound->lifecycle->transitions[step_of(first)].name),
			 TEXT_ARG(sound->lifecycle->transitions[step_of(second)].name));
}

/* A rule that takes the record out of the state as soon as the approval is asked there, or beside its outcome. */
static void check_beside_approval(struct sound *sound, const struct rule *rule, size_t approval, const struct value_entry *at)
{
	const struct approval_definition *asked = &sound->type->approvals[approval];
	ptrdiff_t step = step_of(rule), outcome = -1;
	struct claim claims[2];

	if (rule->when == WHEN_APPROVAL && rule->index == approval) {
		outcome = rule->what == APPROVAL_APPROVED ? asked->approved : asked->rejected;
		if (rule->what == APPROVAL_EXPIRED && asked->expired >= 0)
			outcome = asked->expired;
		if (rule->what != APPROVAL_APPROVED && rule->what != APPROVAL_REJECTED && rule->what != APPROVAL_EXPIRED)
			outcome = -1;
		if (outcome < 0)
			return;
	} else if (entered(sound, rule) < 0) {
		return;
	}
	claims[0] = (struct claim){ rule->condition, true };
	claims[1] = (struct claim){ sound->lifecycle->transitions[step].guard, true };
	for (size_t i = 0; i < sound->count; i++) {
		const struct situation *situation = &sound->situations[i];
		struct facts facts = sound_facts(sound, situation);

		if (situation->approval != (int)approval || !leaves(sound, step, situation->state) || step == outcome ||
		    (outcome < 0 && (ptrdiff_t)situation->state != entered(sound, rule)) ||
		    !logic_possible(&sound->logic, claims, 2, &facts))
			continue;
		define_error_key(sound->d, at, sound_path(sound, i),
				 outcome >= 0 ? "the rule '%.*s' takes '%.*s' where the approval '%.*s' takes a step of its own"
					      : "the rule '%.*s' takes '%.*s' as soon as the approval '%.*s' is asked",
				 TEXT_ARG(rule->name), TEXT_ARG(sound->lifecycle->transitions[step].name), TEXT_ARG(asked->name));
		return;
	}
}

/* Warnings and breaches that a clock never has. */
static void check_clock_rule(struct sound *sound, const struct rule *rule, const struct value_entry *at)
{
	const struct clock_definition *clock;

	if (rule->when != WHEN_CLOCK_WARNED && rule->when != WHEN_CLOCK_BREACHED)
		return;
	clock = &sound->type->clocks[rule->index];
	if (clock->goal_count == 0)
		define_error_key(sound->d, at, T("give the clock goals"), "the rule '%.*s' can never fire: the clock '%.*s' has no goal",
				 TEXT_ARG(rule->name), TEXT_ARG(clock->name));
	else if (rule->when == WHEN_CLOCK_WARNED && clock->warn_count == 0)
		define_error_key(sound->d, at, T("warn: [75, 90]"),
				 "the rule '%.*s' can never fire: the clock '%.*s' warns of nothing before its goal",
				 TEXT_ARG(rule->name), TEXT_ARG(clock->name));
}

void sound_check_rules(struct sound *sound)
{
	const struct type *type = sound->type;

	for (size_t i = 0; i < type->rule_count && !sound->unproven; i++) {
		const struct value_entry *at = sound_at_rule(sound, i);

		check_clock_rule(sound, &type->rules[i], at);
		for (size_t j = 0; j < i; j++)
			check_pair(sound, &type->rules[j], &type->rules[i], at);
		for (size_t j = 0; j < type->approval_count && step_of(&type->rules[i]) >= 0; j++)
			check_beside_approval(sound, &type->rules[i], j, at);
	}
}
