/* What the situations and moves of a lifecycle show: states and transitions that are dead, records that are stuck or leave
 * something running when they end, and steps around an open approval. */
#include "model/sound_private.h"

static bool told_at(const struct sound *sound, uint32_t line, uint32_t column)
{
	for (const struct error *error = sound->d->errors; error != NULL; error = error->next)
		if (error->place.line == line && error->place.column == column &&
		    text_equal(error->place.file, sound->d->file->path))
			return true;
	return false;
}

bool sound_told(const struct sound *sound, const struct value_entry *at)
{
	if (sound->d->errors == NULL)
		return false;
	for (size_t i = 0; at->value->kind == VALUE_MAP && i < at->value->map.count; i++)
		if (told_at(sound, at->value->map.entries[i].line, at->value->map.entries[i].column))
			return true;
	return told_at(sound, at->line, at->column);
}

/* ---- states ---- */

/* The outcome of an approval that is never asked: that was told. */
static bool is_outcome_of_told(const struct sound *sound, ptrdiff_t transition)
{
	for (size_t i = 0; i < sound->type->approval_count; i++) {
		const struct approval_definition *approval = &sound->type->approvals[i];

		if ((approval->approved == transition || approval->rejected == transition || approval->expired == transition) &&
		    sound_told(sound, sound_at_approval(sound, i)))
			return true;
	}
	return false;
}

/* Whether it could be reached but for what was told of a transition, or of the states before it. */
static bool is_explained(const struct sound *sound, size_t state)
{
	bool any = false;

	for (size_t i = 0; i < sound->lifecycle->transition_count; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[i];

		if (transition->to != state || state_in(transition->from, state))
			continue;
		any = true;
		for (size_t j = 0; j < sound->lifecycle->state_count; j++)
			if (sound->reached[j] && state_in(transition->from, j))
				return is_outcome_of_told(sound, (ptrdiff_t)i) ||
				       sound_told(sound, sound_at_transition(sound, i));
	}
	return any;
}

static bool told_in_file(const struct sound *sound)
{
	for (const struct error *error = sound->d->errors; error != NULL; error = error->next)
		if (text_equal(error->place.file, sound->draft->lifecycle_file->path))
			return true;
	return false;
}

static void find_unreached(struct sound *sound)
{
	const struct lifecycle *lifecycle = sound->lifecycle;

	/* Where none is the first - they are reached from each other - all are told. */
	for (int round = 0; round < 2 && (round == 0 || !told_in_file(sound)); round++)
		for (size_t i = 0; i < lifecycle->state_count; i++)
			if (!sound->reached[i] && !lifecycle->states[i].retired && (round == 1 || !is_explained(sound, i)))
				define_error_key(sound->d, sound_at_state(sound, i), T("add a transition to it, or take it out"),
						 "the state '%.*s' is never reached from '%.*s'",
						 TEXT_ARG(lifecycle->states[i].name),
						 TEXT_ARG(lifecycle->states[lifecycle->initial].name));
}

/* Situations from which a closed or cancelled state can be reached: backwards from those, edge by edge. */
static bool *situations_that_end(const struct sound *sound)
{
	bool *ends = arena_new_array(sound->arena, bool, sound->count);
	size_t *begin = arena_new_array(sound->arena, size_t, sound->count + 2);
	size_t *back = arena_new_array(sound->arena, size_t, sound->edge_count + 1);
	size_t *queue = arena_new_array(sound->arena, size_t, sound->count + 1), queued = 0;

	for (size_t i = 0; i < sound->edge_count; i++)
		begin[sound->edges[i].to + 2]++;
	for (size_t i = 2; i < sound->count + 2; i++)
		begin[i] += begin[i - 1];
	for (size_t i = 0; i < sound->edge_count; i++)
		back[begin[sound->edges[i].to + 1]++] = sound->edges[i].from;
	for (size_t i = 0; i < sound->count; i++)
		if (sound_is_finished(sound, sound->situations[i].state)) {
			ends[i] = true;
			queue[queued++] = i;
		}
	for (size_t next = 0; next < queued; next++)
		for (size_t i = begin[queue[next]]; i < begin[queue[next] + 1]; i++)
			if (!ends[back[i]]) {
				ends[back[i]] = true;
				queue[queued++] = back[i];
			}
	return ends;
}

/* Whether a move leads from here to another state. */
static bool moves_on(const struct sound *sound, size_t situation)
{
	size_t begin, end;

	sound_edges_of(sound, situation, &begin, &end);
	for (size_t i = begin; i < end; i++)
		if (sound->situations[sound->edges[i].to].state != sound->situations[situation].state)
			return true;
	return false;
}

/* Then it follows from what was told of them. */
static bool every_way_out_is_told(const struct sound *sound, size_t state)
{
	for (size_t i = sound->out_begin[state]; i < sound->out_begin[state + 1]; i++)
		if (!sound_told(sound, sound_at_transition(sound, sound->out[i])))
			return false;
	return sound->out_begin[state + 1] > sound->out_begin[state];
}

static void tell_stuck(struct sound *sound, size_t situation)
{
	size_t state = sound->situations[situation].state;
	const struct value_entry *at = sound_at_state(sound, state);
	text name = sound_state_name(sound, state), path = sound_path(sound, situation);
	bool has_way_out = sound->out_begin[state + 1] > sound->out_begin[state];

	if (sound_told(sound, at) || every_way_out_is_told(sound, state))
		return;
	at = sound_at_state(sound, state);
	if (!has_way_out || moves_on(sound, situation))
		define_error_key(sound->d, at,
				 text_format(sound->d->error_arena, "add a transition towards a closed state; %.*s", TEXT_ARG(path)),
				 "the state '%.*s' is a dead end: no closed or cancelled state can be reached from it", TEXT_ARG(name));
	else
		define_error_key(sound->d, at,
				 text_format(sound->d->error_arena, "let somebody leave it; a record is stuck here: %.*s",
					     TEXT_ARG(path)),
				 "nobody owns the state '%.*s': no role can leave it there, and no rule, approval or task leads on",
				 TEXT_ARG(name));
}

static void find_stuck(struct sound *sound)
{
	const bool *ends = situations_that_end(sound);
	bool last = false;

	for (int round = 0; round < 2 && !last; round++)
		for (size_t i = 0; i < sound->count; i++) {
			/* Where it stops, not all that leads there; unless it goes in a circle for ever. */
			if (ends[i] || (round == 0 && moves_on(sound, i)))
				continue;
			last = true;
			tell_stuck(sound, i);
		}
}

/* ---- what is left running ---- */

static void find_left_running(struct sound *sound)
{
	for (size_t i = 0; i < sound->count; i++) {
		const struct situation *situation = &sound->situations[i];
		const struct value_entry *at;

		if (!sound_is_finished(sound, situation->state) || situation->tasks != TASKS_RUN || situation->how.transition < 0)
			continue;
		at = sound_at_transition(sound, (size_t)situation->how.transition);
		if (!sound_told(sound, at))
			define_error_key(sound->d, at,
					 text_format(sound->d->error_arena, "write waits: yes under tasks; %.*s",
						     TEXT_ARG(sound_path(sound, i))),
					 "'%.*s' ends the record in '%.*s' while its tasks still run",
					 TEXT_ARG(sound->lifecycle->transitions[situation->how.transition].name),
					 TEXT_ARG(sound_state_name(sound, situation->state)));
	}
}

/* ---- transitions ---- */

static bool leaves_a_reached_state(const struct sound *sound, const struct transition *transition)
{
	for (size_t i = 0; i < sound->lifecycle->state_count; i++)
		if (sound->reached[i] && state_in(transition->from, i))
			return true;
	return false;
}

static bool is_held_by_tasks(const struct sound *sound, const struct transition *transition)
{
	enum state_group group = sound->lifecycle->states[transition->to].group;
	bool all = sound->type->tasks != NULL && sound->type->tasks->waits && (group == GROUP_DONE || group == GROUP_CLOSED);

	for (size_t i = 0; i < sound->count && all; i++)
		if (state_in(transition->from, sound->situations[i].state))
			all = sound->situations[i].tasks == TASKS_RUN;
	return all;
}

/* What it asks of who takes it and of the record, and how a record comes to where it could be taken. */
static text why_dead(struct sound *sound, const struct transition *transition)
{
	text wanted = TEXT_UNSET, by;

	for (size_t i = 0; i < transition->permit_count; i++) {
		if (transition->permits[i].when == NULL || transition->permits[i].roles == 0)
			continue;
		by = condition_print(sound->arena, transition->permits[i].when);
		wanted = text_is_set(wanted) ? text_format(sound->arena, "%.*s or %.*s", TEXT_ARG(wanted), TEXT_ARG(by)) : by;
	}
	by = transition->guard == NULL ? T("none") : condition_print(sound->arena, transition->guard);
	for (size_t i = 0; i < sound->count; i++)
		if (state_in(transition->from, sound->situations[i].state))
			return text_format(sound->d->error_arena,
					   "its guard (%.*s) and who may take it (%.*s) never hold together there; %.*s", TEXT_ARG(by),
					   TEXT_ARG(text_is_set(wanted) ? wanted : T("always")), TEXT_ARG(sound_path(sound, i)));
	return TEXT_UNSET;
}

static void find_dead(struct sound *sound)
{
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[i];
		const struct value_entry *at = sound_at_transition(sound, i);

		if (sound->taken[i] || sound_told(sound, at) || is_outcome_of_told(sound, (ptrdiff_t)i))
			continue;
		at = sound_at_transition(sound, i);
		if (!leaves_a_reached_state(sound, transition))
			continue; /* it follows from a state that is never reached */
		if (is_held_by_tasks(sound, transition))
			define_error_key(sound->d, at, T("let it leave a state in which the tasks are over"),
					 "the transition '%.*s' is dead: tasks are always open where it leaves",
					 TEXT_ARG(transition->name));
		else
			define_error_key(sound->d, at, why_dead(sound, transition),
					 "the transition '%.*s' is dead: it can never be taken in any of the states it leaves",
					 TEXT_ARG(transition->name));
	}
}

/* ---- around an approval ---- */

static bool is_outcome(const struct move *move)
{
	return move->kind == MOVE_APPROVAL || move->kind == MOVE_AT_ONCE;
}

/* Situations that a record comes to, from those marked, along edges that may be taken. */
static void spread(const struct sound *sound, bool *marked, size_t state, bool (*barred)(const struct sound *, const struct edge *, size_t))
{
	size_t *queue = arena_new_array(sound->arena, size_t, sound->count + 1), queued = 0, begin, end;

	for (size_t i = 0; i < sound->count; i++)
		if (marked[i])
			queue[queued++] = i;
	for (size_t next = 0; next < queued; next++) {
		sound_edges_of(sound, queue[next], &begin, &end);
		for (size_t i = begin; i < end; i++) {
			if (marked[sound->edges[i].to] || barred(sound, &sound->edges[i], state))
				continue;
			marked[sound->edges[i].to] = true;
			queue[queued++] = sound->edges[i].to;
		}
	}
}

/* Out of the approval's state by its approval, or around it. */
static bool passes_approval(const struct sound *sound, const struct edge *edge, size_t state)
{
	if (sound->situations[edge->from].state != state || sound->situations[edge->to].state == state)
		return false;
	return !is_outcome(&edge->move) || edge->move.kind == MOVE_AT_ONCE || edge->move.turn == APPROVAL_APPROVED;
}

static bool voids(const struct sound *sound, const struct edge *edge, size_t state)
{
	(void)sound;
	(void)state;
	return edge->move.kind == MOVE_APPROVAL && edge->move.turn == APPROVAL_VOIDED;
}

static bool enters(const struct sound *sound, const struct edge *edge, size_t state)
{
	return sound->situations[edge->to].state == state;
}

/* Whether records come to be asked that never were where the outcome leads: then it leads on, not back. */
static bool is_asked_without(const struct sound *sound, size_t state, size_t outcome)
{
	bool *marked = arena_new_array(sound->arena, bool, sound->count), asked = false;

	for (size_t i = 0; i < sound->count; i++)
		marked[i] = sound->situations[i].parent == SIZE_MAX && sound->situations[i].state != outcome;
	spread(sound, marked, outcome, enters);
	for (size_t i = 0; i < sound->count; i++)
		asked = asked || (marked[i] && sound->situations[i].state == state);
	return asked;
}

/* States to which records come by the approval alone. */
static bool *guarded_states(const struct sound *sound, size_t state)
{
	bool *without = arena_new_array(sound->arena, bool, sound->count), *behind = arena_new_array(sound->arena, bool, sound->count);
	bool *guarded = arena_new_array(sound->arena, bool, sound->lifecycle->state_count);

	for (size_t i = 0; i < sound->count; i++)
		without[i] = sound->situations[i].parent == SIZE_MAX;
	spread(sound, without, state, passes_approval);
	for (size_t i = 0; i < sound->count; i++)
		guarded[sound->situations[i].state] = true;
	for (size_t i = 0; i < sound->count; i++)
		if (without[i])
			guarded[sound->situations[i].state] = false;
	/* Where the outcome leads, unless from there records come to be asked: then it is also the work before. */
	for (size_t i = 0; i < sound->type->approval_count; i++) {
		const struct approval_definition *approval = &sound->type->approvals[i];
		bool before = false;
		size_t to;

		if (!state_in(approval->states, state) || approval->approved < 0)
			continue;
		to = sound->lifecycle->transitions[approval->approved].to;
		for (size_t j = 0; j < sound->count; j++)
			behind[j] = sound->situations[j].state == to;
		spread(sound, behind, state, voids);
		for (size_t j = 0; j < sound->count; j++)
			before = before || (behind[j] && sound->situations[j].state == state);
		guarded[to] = guarded[to] || !before || is_asked_without(sound, state, to);
	}
	return guarded;
}

/* Whether the step can be taken of a record of which this approval is asked. */
static bool meets_approval(struct sound *sound, const struct edge *edge)
{
	const struct situation *from = &sound->situations[edge->from];
	struct claim claims[] = { { sound->type->approvals[from->approval].when, true },
				  { sound->lifecycle->transitions[edge->move.transition].guard, true } };
	struct facts facts = sound_facts(sound, from);

	return logic_possible(&sound->logic, claims, array_length(claims), &facts);
}

static void find_bypass_of(struct sound *sound, size_t state)
{
	const bool *guarded = guarded_states(sound, state);

	for (size_t i = 0; i < sound->edge_count; i++) {
		const struct edge *edge = &sound->edges[i];
		const struct situation *from = &sound->situations[edge->from], *to = &sound->situations[edge->to];
		const struct value_entry *at;

		if (from->state != state || from->approval < 0 || is_outcome(&edge->move) || edge->move.transition < 0 ||
		    !guarded[to->state] || sound->lifecycle->states[to->state].group == GROUP_CANCELLED || !meets_approval(sound, edge))
			continue;
		at = sound_at_transition(sound, (size_t)edge->move.transition);
		if (!sound_told(sound, at))
			define_error_key(sound->d, at,
					 text_format(sound->d->error_arena, "take '%.*s' out of its from; %.*s -%.*s-> %.*s",
						     TEXT_ARG(sound_state_name(sound, state)), TEXT_ARG(sound_path(sound, edge->from)),
						     TEXT_ARG(sound_move_words(sound, &edge->move)),
						     TEXT_ARG(sound_state_name(sound, to->state))),
					 "'%.*s' goes around the approval '%.*s': from '%.*s' to '%.*s' while it is asked",
					 TEXT_ARG(sound->lifecycle->transitions[edge->move.transition].name),
					 TEXT_ARG(sound->type->approvals[from->approval].name), TEXT_ARG(sound_state_name(sound, state)),
					 TEXT_ARG(sound_state_name(sound, to->state)));
	}
}

static bool may_be_gone_around(const struct sound *sound, size_t state)
{
	for (size_t i = sound->out_begin[state]; i < sound->out_begin[state + 1]; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[sound->out[i]];

		for (size_t j = 0; j < transition->permit_count; j++)
			if ((transition->permits[j].roles != 0 || transition->permits[j].timer) &&
			    sound->lifecycle->states[transition->to].group != GROUP_CANCELLED)
				return true;
	}
	return false;
}

static void find_bypasses(struct sound *sound)
{
	size_t one;

	for (size_t i = 0; i < sound->lifecycle->state_count; i++)
		if (sound->reached[i] && sound_approvals_in(sound, i, &one, 1) == 1 && may_be_gone_around(sound, i))
			find_bypass_of(sound, i);
}

/* ---- all ---- */

static bool any_state_ends(const struct sound *sound)
{
	for (size_t i = 0; i < sound->lifecycle->state_count; i++)
		if (sound_is_finished(sound, i))
			return true;
	return false;
}

void sound_check_net(struct sound *sound)
{
	if (!any_state_ends(sound)) {
		define_error_key(sound->d, sound_at_state(sound, 0), T("give a last state the group closed or cancelled"),
				 "no state of %.*s ends it", TEXT_ARG(sound->type->name));
		return;
	}
	if (sound->unproven) {
		sound_not_proven(sound, sound_at_state(sound, 0), "%.*s has more than %d situations", TEXT_ARG(sound->type->name),
				 SOUND_SITUATIONS_MAX);
		return;
	}
	if (sound->untracked)
		sound_not_proven(sound, sound_at_state(sound, 0), "%.*s has more fields that only steps set than are followed",
				 TEXT_ARG(sound->type->name));
	find_dead(sound);
	find_unreached(sound);
	find_stuck(sound);
	find_left_running(sound);
	find_bypasses(sound);
}
