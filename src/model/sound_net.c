/*
 * All situations a record can be in, and the moves between them: what people, rules, approvals and tasks can do in each. A move
 * that may happen is taken as one that does; only what can never happen is left out.
 */
#include "model/sound_private.h"

bool sound_is_finished(const struct sound *sound, size_t state)
{
	return sound->lifecycle->states[state].group >= GROUP_CLOSED;
}

struct facts sound_facts(const struct sound *sound, const struct situation *situation)
{
	return (struct facts){ situation->state, situation->values, sound->tracked, sound->tracked_count };
}

/* ---- the set of situations ---- */

static size_t bucket_of(const struct sound *sound, const struct situation *situation)
{
	uint64_t hash = situation->state * UINT64_C(0x9e3779b97f4a7c15) + (uint64_t)(situation->approval + 3) * 31 + situation->tasks;

	for (size_t i = 0; i < sound->tracked_count; i++)
		hash = hash * 67 + situation->values[i];
	hash ^= hash >> 29;
	return (size_t)(hash % sound->bucket_count);
}

static bool is_same(const struct situation *a, const struct situation *b)
{
	return a->state == b->state && a->approval == b->approval && a->tasks == b->tasks &&
	       memcmp(a->values, b->values, sizeof(a->values)) == 0;
}

static void add_edge(struct sound *sound, size_t from, size_t to, const struct move *move)
{
	arena_make_room(sound->arena, sound->edges, sound->edge_count, sound->edge_capacity);
	sound->edges[sound->edge_count++] = (struct edge){ from, to, *move };
}

/* Adds the situation if it is new, and the edge that led to it. */
static void reach(struct sound *sound, struct situation situation, size_t from, const struct move *move)
{
	size_t bucket = bucket_of(sound, &situation), at = sound->buckets[bucket];

	while (at != SIZE_MAX && !is_same(&sound->situations[at], &situation))
		at = sound->situations[at].next;
	if (at == SIZE_MAX) {
		if (sound->count >= SOUND_SITUATIONS_MAX) {
			sound->unproven = true;
			return;
		}
		situation.parent = from;
		situation.how = *move;
		situation.next = sound->buckets[bucket];
		arena_make_room(sound->arena, sound->situations, sound->count, sound->capacity);
		at = sound->buckets[bucket] = sound->count;
		sound->situations[sound->count++] = situation;
		sound->reached[situation.state] = true;
		if (sound->first[situation.state] == SIZE_MAX)
			sound->first[situation.state] = at;
	}
	if (from != SIZE_MAX)
		add_edge(sound, from, at, move);
	if (move->transition >= 0)
		sound->taken[move->transition] = true;
}

/* ---- entering a state ---- */

size_t sound_approvals_in(const struct sound *sound, size_t state, size_t *ret_approvals, size_t size)
{
	size_t count = 0;

	for (size_t i = 0; i < sound->type->approval_count && count < size; i++)
		if (state_in(sound->type->approvals[i].states, state))
			ret_approvals[count++] = i;
	return count;
}

static void enter(struct sound *sound, struct situation situation, size_t from, const struct move *move)
{
	const struct tasks_definition *tasks = sound->type->tasks;
	size_t approvals[SOUND_CLAIMS_MAX - 1], count = sound_approvals_in(sound, situation.state, approvals, array_length(approvals));
	struct claim claims[SOUND_CLAIMS_MAX];
	struct facts facts;

	if (tasks != NULL && state_in(tasks->states, situation.state))
		situation.tasks = TASKS_RUN;
	else if (sound->lifecycle->states[situation.state].group == GROUP_CANCELLED)
		situation.tasks = TASKS_NONE;
	situation.approval = APPROVAL_NONE;
	if (count == 0) {
		reach(sound, situation, from, move);
		return;
	}
	facts = sound_facts(sound, &situation);
	for (size_t i = 0; i < count; i++) {
		claims[i] = (struct claim){ sound->type->approvals[approvals[i]].when, true };
		situation.approval = (int)approvals[i];
		if (logic_possible(&sound->logic, claims, i + 1, &facts))
			reach(sound, situation, from, move);
		claims[i].holds = false;
	}
	situation.approval = APPROVAL_SKIPPED;
	if (logic_possible(&sound->logic, claims, count, &facts))
		reach(sound, situation, from, move);
}

/* ---- moves ---- */

struct making {
	size_t from;
	struct facts facts; /* of the situation it leaves */
	struct situation before;
	struct move move;
};

static void arrive(struct sound *sound, const struct step_of *step, void *data)
{
	const struct making *making = data;

	if (!logic_possible(&sound->logic, step->claims, step->claim_count, &making->facts))
		return;
	if (step->transition && step->after.state != making->before.state)
		enter(sound, step->after, making->from, &making->move);
	else
		reach(sound, step->after, making->from, &making->move);
}

/* Open tasks keep a record from being done or closed. */
static bool tasks_hold(const struct sound *sound, const struct situation *situation, size_t to)
{
	enum state_group group = sound->lifecycle->states[to].group;

	return situation->tasks == TASKS_RUN && sound->type->tasks->waits && (group == GROUP_DONE || group == GROUP_CLOSED);
}

static bool leaves(const struct sound *sound, ptrdiff_t transition, size_t state)
{
	return transition >= 0 && state_in(sound->lifecycle->transitions[transition].from, state);
}

/* One transition from the situation, under some more demands. */
static void take(struct sound *sound, struct making *making, const struct step_of *step, size_t position)
{
	const struct transition *transition = &sound->lifecycle->transitions[position];
	struct step_of next = *step;

	step_demand(&next, transition->guard, true);
	next.after.state = transition->to;
	next.transition = true;
	making->move.transition = (ptrdiff_t)position;
	sound_apply(sound, &next, transition->sets, transition->set_count, arrive, making);
}

static struct making making_of(const struct sound *sound, size_t from, enum move_kind kind, size_t index)
{
	struct making making = { .from = from, .before = sound->situations[from], .move = { kind, -1, index, 0 } };

	making.facts = sound_facts(sound, &making.before);
	return making;
}

static void people_move(struct sound *sound, size_t from, size_t position)
{
	const struct transition *transition = &sound->lifecycle->transitions[position];

	for (size_t i = 0; i < transition->permit_count; i++) {
		/* A task itself is moved on by the record that waits for it, and by the tasks before it. */
		bool waited_for = transition->permits[i].tasks && sound->is_task;
		struct making making = making_of(sound, from, transition->permits[i].roles != 0 ? MOVE_PERSON : MOVE_OTHER, 0);
		struct step_of step = { .after = making.before };

		making.facts.values = making.before.values;
		if ((transition->permits[i].roles == 0 && !waited_for) || tasks_hold(sound, &making.before, transition->to))
			continue;
		step_demand(&step, transition->permits[i].when, true);
		take(sound, &making, &step, position);
	}
}

bool sound_occasion(const struct sound *sound, const struct rule *rule, const struct situation *situation)
{
	const struct approval_definition *approval;
	ptrdiff_t at;

	switch (rule->when) {
	case WHEN_CREATED:
		return situation->state == sound->lifecycle->initial;
	case WHEN_STATE:
		return situation->state == rule->index;
	case WHEN_TRANSITION:
		return situation->state == sound->lifecycle->transitions[rule->index].to;
	case WHEN_APPROVAL:
		approval = &sound->type->approvals[rule->index];
		if (approval->states == NULL)
			return true;
		if (rule->what == APPROVAL_ASKED)
			return situation->approval == (int)rule->index;
		return !state_in(approval->states, situation->state) || situation->approval < 0;
	case WHEN_TASK:
		return situation->tasks != TASKS_NONE;
	case WHEN_AFTER:
	case WHEN_COMES:
	case WHEN_BEFORE: /* a moment that is known to be unset does not come */
		at = sound_tracked_of(sound, rule->index);
		return at < 0 || situation->values[at] != sound->tracked_values[at] - 1;
	case WHEN_CHANGED:
	case WHEN_COMMENT:
	case WHEN_CLOCK_WARNED:
	case WHEN_CLOCK_BREACHED:
	case WHEN_DAILY:
	case WHEN_LINKED:
	case WHEN_UNLINKED:
		break;
	}
	return true;
}

struct running { /* a rule, from its action `next` on */
	struct making *making;
	const struct rule *rule;
	size_t next;
};

static void run_actions(struct sound *sound, const struct step_of *step, void *data)
{
	struct running running = *(struct running *)data;
	struct making making = *running.making;
	struct step_of changed = *step;
	const struct action *action;

	if (running.next > 0) {
		/* What an action asks after one that sets something is asked of what that has set. */
		struct situation *after = arena_copy(sound->arena, &step->after, sizeof(step->after));
		struct facts facts = sound_facts(sound, after);

		changed.facts = arena_copy(sound->arena, &facts, sizeof(facts));
		step = &changed;
	}

	for (; running.next < running.rule->action_count; running.next++) {
		action = &running.rule->actions[running.next];
		if (action->kind == ACTION_SET) {
			running.next++;
			sound_apply(sound, step, action->sets, action->set_count, run_actions, &running);
			return;
		}
		if (action->kind == ACTION_REQUEST) {
			struct step_of asked = *step;

			/* One that no state asks goes on beside all else: requested_moves(). */
			if (asked.after.approval == APPROVAL_NONE && sound->type->approvals[action->transition].states != NULL)
				asked.after.approval = (int)action->transition;
			running.next++;
			run_actions(sound, &asked, &running);
			return;
		}
		if (action->kind != ACTION_TRANSITION)
			continue;
		if (!leaves(sound, (ptrdiff_t)action->transition, step->after.state) ||
		    tasks_hold(sound, &step->after, sound->lifecycle->transitions[action->transition].to))
			return;
		/* Further transitions of the same rule start from where this one leads: they are found from there. */
		take(sound, &making, step, action->transition);
		return;
	}
	arrive(sound, step, &making);
}

static bool changes_situation(const struct sound *sound, const struct rule *rule)
{
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct action *action = &rule->actions[i];

		if (action->kind == ACTION_TRANSITION || action->kind == ACTION_REQUEST)
			return true;
		for (size_t j = 0; action->kind == ACTION_SET && j < action->set_count; j++)
			if (sound_tracked_of(sound, action->sets[j].field) >= 0)
				return true;
	}
	return false;
}

static void rule_moves(struct sound *sound, size_t from, size_t index)
{
	const struct rule *rule = &sound->type->rules[index];

	if (!sound_occasion(sound, rule, &sound->situations[from]) || !changes_situation(sound, rule))
		return;
	struct making making = making_of(sound, from, MOVE_RULE, index);
	struct step_of step = { .after = making.before };
	struct running running = { &making, rule, 0 };

	making.facts.values = making.before.values;
	step_demand(&step, rule->condition, true);
	run_actions(sound, &step, &running);
	/* A second transition goes on from the state where the first one led, whatever the condition says there. */
	for (size_t i = 1; i < rule->action_count; i++) {
		struct step_of bare = { .after = making.before };

		if (rule->actions[i].kind == ACTION_TRANSITION && rule->actions[0].kind == ACTION_TRANSITION &&
		    rule->actions[i - 1].kind == ACTION_TRANSITION &&
		    sound->lifecycle->transitions[rule->actions[i - 1].transition].to == making.before.state &&
		    leaves(sound, (ptrdiff_t)rule->actions[i].transition, making.before.state))
			take(sound, &making, &bare, rule->actions[i].transition);
	}
}

/* The system takes the transition of an outcome; where there is none, or its guard may refuse, the record stays without it. */
static void outcome(struct sound *sound, struct making *making, ptrdiff_t transition)
{
	struct step_of step = { .after = making->before };
	const struct condition *guard = NULL;

	making->facts.values = making->before.values;
	step.after.approval = APPROVAL_NONE;
	if (leaves(sound, transition, making->before.state)) {
		take(sound, making, &step, (size_t)transition);
		guard = sound->lifecycle->transitions[transition].guard;
		if (!logic_may_fail(&sound->logic, guard, &making->facts))
			return;
		step_demand(&step, guard, false);
	}
	making->move.transition = -1;
	arrive(sound, &step, making);
}

static void approval_moves(struct sound *sound, size_t from)
{
	const struct situation before = sound->situations[from];
	const struct approval_definition *approval;
	struct making making;

	if (before.approval == APPROVAL_NONE)
		return;
	if (before.approval == APPROVAL_SKIPPED) {
		size_t first;

		making = making_of(sound, from, MOVE_AT_ONCE, 0);
		if (sound_approvals_in(sound, before.state, &first, 1) == 1) {
			making.move.index = first;
			outcome(sound, &making, sound->type->approvals[first].approved);
		}
		return;
	}
	approval = &sound->type->approvals[before.approval];
	for (int turn = APPROVAL_APPROVED; turn <= APPROVAL_EXPIRED; turn++) {
		ptrdiff_t transition = turn == APPROVAL_APPROVED ? approval->approved : approval->rejected;

		if (turn == APPROVAL_EXPIRED && approval->expire_ms == 0 && approval->expire_working_days == 0)
			continue;
		if (turn == APPROVAL_EXPIRED && approval->expired >= 0)
			transition = approval->expired;
		making = making_of(sound, from, MOVE_APPROVAL, (size_t)before.approval);
		making.move.turn = turn;
		outcome(sound, &making, transition);
	}
}

/* What rules ask without a state stays open until the record ends: its outcome can come in any state. */
static void requested_moves(struct sound *sound, size_t from)
{
	for (size_t i = 0; i < sound->type->approval_count; i++) {
		const struct approval_definition *approval = &sound->type->approvals[i];
		const ptrdiff_t outcomes[] = { approval->approved, approval->rejected, approval->expired };

		for (size_t j = 0; j < array_length(outcomes) && approval->states == NULL; j++) {
			struct making making = making_of(sound, from, MOVE_APPROVAL, i);
			struct step_of step = { .after = making.before };

			making.facts.values = making.before.values;
			making.move.turn = APPROVAL_APPROVED + (int)j;
			if (leaves(sound, outcomes[j], making.before.state))
				take(sound, &making, &step, (size_t)outcomes[j]);
		}
	}
}

/* From later states: what was approved was changed. */
static void void_moves(struct sound *sound, size_t from)
{
	for (size_t i = 0; i < sound->type->approval_count; i++) {
		const struct approval_definition *approval = &sound->type->approvals[i];
		struct making making = making_of(sound, from, MOVE_APPROVAL, i);
		struct step_of step = { .after = making.before };

		making.facts.values = making.before.values;
		making.move.turn = APPROVAL_VOIDED;
		if (approval->covers != NULL && making.before.approval < 0 && !state_in(approval->states, making.before.state) &&
		    leaves(sound, approval->voided, making.before.state))
			take(sound, &making, &step, (size_t)approval->voided);
	}
}

static void task_moves(struct sound *sound, size_t from)
{
	const struct tasks_definition *tasks = sound->type->tasks;

	if (tasks == NULL || sound->situations[from].tasks != TASKS_RUN)
		return;
	for (int failed = 0; failed < 2; failed++) {
		struct making making = making_of(sound, from, MOVE_TASKS, 0);

		making.move.turn = failed;
		making.before.tasks = TASKS_OVER;
		if (failed == 1 && tasks->failed < 0)
			continue;
		if (state_in(tasks->states, making.before.state) &&
		    leaves(sound, failed == 1 ? tasks->failed : tasks->done, making.before.state)) {
			struct step_of step = { .after = making.before };

			making.facts.values = making.before.values;
			take(sound, &making, &step, (size_t)(failed == 1 ? tasks->failed : tasks->done));
			if (!logic_may_fail(&sound->logic, sound->lifecycle->transitions[making.move.transition].guard, &making.facts))
				continue;
		}
		making.move.transition = -1;
		reach(sound, making.before, from, &making.move);
	}
}

/* Rules of other types (or this one) that take a transition on each record that points at theirs. */
static void find_foreign(struct sound *sound)
{
	const struct model *model = sound->d->model;

	sound->foreign = arena_new_array(sound->arena, bool, sound->lifecycle->transition_count + 1);
	for (size_t i = 0; i < model->type_count; i++)
		for (size_t j = 0; j < model->types[i].rule_count; j++)
			for (size_t k = 0; k < model->types[i].rules[j].action_count; k++) {
				const struct action *action = &model->types[i].rules[j].actions[k];

				if (action->kind == ACTION_EACH && action->type == sound->type &&
				    action->each_transition >= 0)
					sound->foreign[action->each_transition] = true;
			}
}

static void foreign_move(struct sound *sound, size_t from, size_t position)
{
	struct making making = making_of(sound, from, MOVE_OTHER, 0);
	struct step_of step = { .after = making.before };

	making.facts.values = making.before.values;
	if (sound->foreign[position] && !tasks_hold(sound, &making.before, sound->lifecycle->transitions[position].to))
		take(sound, &making, &step, position);
}

/* ---- all of them ---- */

static void index_transitions(struct sound *sound)
{
	const struct lifecycle *lifecycle = sound->lifecycle;
	size_t count = 0;

	sound->out_begin = arena_new_array(sound->arena, size_t, lifecycle->state_count + 1);
	for (int round = 0; round < 2; round++) {
		if (round == 1)
			sound->out = arena_new_array(sound->arena, size_t, count + 1);
		count = 0;
		for (size_t i = 0; i < lifecycle->state_count; i++) {
			sound->out_begin[i] = count;
			for (size_t j = 0; j < lifecycle->transition_count; j++) {
				if (!state_in(lifecycle->transitions[j].from, i))
					continue;
				if (round == 1)
					sound->out[count] = j;
				count++;
			}
		}
		sound->out_begin[lifecycle->state_count] = count;
	}
}

static void begin(struct sound *sound)
{
	struct situation start = { .state = sound->lifecycle->initial };
	struct move move = { MOVE_START, -1, 0, 0 };

	for (size_t i = 0; i < sound->tracked_count; i++) {
		if (sound->pairs[i].is_pair) {
			start.values[i] = FACT_UNKNOWN;
			continue;
		}
		const struct field *field = &sound->type->fields[sound->tracked_fields[i]];

		start.values[i] = (uint8_t)(sound->tracked_values[i] - 1);
		size_t value = 0;

		if (field->has_default && field->fallback != NULL) {
			(void)logic_value(&sound->logic, field->position, field->fallback, &value);
			start.values[i] = (uint8_t)value;
		}
	}
	enter(sound, start, SIZE_MAX, &move);
}

void sound_explore(struct sound *sound)
{
	size_t states = sound->lifecycle->state_count, begin_capacity = 0;

	sound->taken = arena_new_array(sound->arena, bool, sound->lifecycle->transition_count + 1);
	sound->reached = arena_new_array(sound->arena, bool, states);
	sound->first = arena_new_array(sound->arena, size_t, states);
	sound->bucket_count = maximum((size_t)1024, states * 8);
	sound->buckets = arena_new_array(sound->arena, size_t, sound->bucket_count);
	memset(sound->buckets, 0xff, sound->bucket_count * sizeof(*sound->buckets));
	memset(sound->first, 0xff, states * sizeof(*sound->first));
	index_transitions(sound);
	find_foreign(sound);
	sound->is_task = sound->type == model_type(sound->d->model, T("work_task"));
	sound_choose_tracked(sound);
	begin(sound);
	for (size_t next = 0; next < sound->count; next++) {
		arena_make_room(sound->arena, sound->edge_begin, next + 1, begin_capacity);
		sound->edge_begin[next] = sound->edge_count;
		size_t state = sound->situations[next].state;

		approval_moves(sound, next);
		if (sound->situations[next].approval == APPROVAL_SKIPPED)
			continue; /* it goes on at once: nobody comes between */
		for (size_t i = sound->out_begin[state]; i < sound->out_begin[state + 1]; i++)
			people_move(sound, next, sound->out[i]);
		for (size_t i = sound->out_begin[state]; i < sound->out_begin[state + 1]; i++)
			foreign_move(sound, next, sound->out[i]);
		for (size_t i = 0; i < sound->type->rule_count; i++)
			rule_moves(sound, next, i);
		requested_moves(sound, next);
		void_moves(sound, next);
		task_moves(sound, next);
	}
	sound->edge_begin[sound->count] = sound->edge_count;
}

void sound_edges_of(const struct sound *sound, size_t situation, size_t *ret_begin, size_t *ret_end)
{
	*ret_begin = sound->edge_begin[situation];
	*ret_end = sound->edge_begin[situation + 1];
}
