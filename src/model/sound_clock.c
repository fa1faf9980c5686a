/* Clocks along all ways through the situations: one that still runs when its record is over, or that nothing can stop. */
#include "model/sound_private.h"

enum { CLOCK_IDLE, CLOCK_RUNS, CLOCK_STOPPED, CLOCK_STATES };

struct walk {
	const struct sound *sound;
	const struct clock_definition *clock;
	size_t *parents;      /* per situation and state of the clock: where it was first come from; SIZE_MAX: not reached */
	struct move *moves;
	size_t *queue, queued;
};

static bool hits(const struct sound *sound, const struct clock_trigger *triggers, size_t count, const struct situation *from,
		 const struct situation *to, const struct move *move)
{
	(void)sound;
	for (size_t i = 0; i < count; i++) {
		if ((triggers[i].kind == TRIGGER_CREATED && from == NULL) ||
		    (triggers[i].kind == TRIGGER_STATE && to->state == triggers[i].index &&
		     (from == NULL || from->state != to->state)) ||
		    (triggers[i].kind == TRIGGER_TRANSITION && move->transition == (ptrdiff_t)triggers[i].index))
			return true;
	}
	return false;
}

static bool stops_in(const struct clock_definition *clock, size_t state)
{
	for (size_t i = 0; i < clock->stop_count; i++)
		if (clock->stops[i].kind == TRIGGER_STATE && clock->stops[i].index == state)
			return true;
	return false;
}

static size_t clock_after(const struct walk *walk, size_t before, const struct situation *from, const struct situation *to,
			  const struct move *move)
{
	const struct clock_definition *clock = walk->clock;

	if (hits(walk->sound, clock->stops, clock->stop_count, from, to, move))
		return before == CLOCK_IDLE ? CLOCK_IDLE : CLOCK_STOPPED;
	if (before == CLOCK_IDLE)
		return hits(walk->sound, clock->starts, clock->start_count, from, to, move) ? CLOCK_RUNS : CLOCK_IDLE;
	/* Coming back to work after a stop, it runs on. */
	if (before == CLOCK_STOPPED && clock->continues && from != NULL && stops_in(clock, from->state) &&
	    walk->sound->lifecycle->states[to->state].group <= GROUP_WAITING)
		return CLOCK_RUNS;
	return before;
}

static void come(struct walk *walk, size_t node, size_t from, const struct move *move)
{
	if (walk->parents[node] != SIZE_MAX)
		return;
	walk->parents[node] = from;
	walk->moves[node] = *move;
	walk->queue[walk->queued++] = node;
}

static void walk_clock(struct walk *walk)
{
	const struct sound *sound = walk->sound;
	size_t begin, end;

	for (size_t i = 0; i < sound->count; i++) {
		const struct situation *situation = &sound->situations[i];

		if (situation->parent == SIZE_MAX) {
			size_t node = i * CLOCK_STATES + clock_after(walk, CLOCK_IDLE, NULL, situation, &situation->how);
			come(walk, node, node, &situation->how);
		}
	}
	for (size_t next = 0; next < walk->queued; next++) {
		size_t situation = walk->queue[next] / CLOCK_STATES, clock = walk->queue[next] % CLOCK_STATES;

		sound_edges_of(sound, situation, &begin, &end);
		for (size_t i = begin; i < end; i++) {
			const struct edge *edge = &sound->edges[i];
			size_t after = clock_after(walk, clock, &sound->situations[situation], &sound->situations[edge->to], &edge->move);

			come(walk, edge->to * CLOCK_STATES + after, walk->queue[next], &edge->move);
		}
	}
}

static text route_to(const struct walk *walk, size_t node)
{
	size_t length = 1, *situations;
	struct move *moves;

	for (size_t at = node; walk->parents[at] != at; at = walk->parents[at])
		length++;
	situations = arena_new_array(walk->sound->arena, size_t, length);
	moves = arena_new_array(walk->sound->arena, struct move, length);
	for (size_t i = length; i-- > 0; node = walk->parents[node]) {
		situations[i] = node / CLOCK_STATES;
		moves[i] = walk->moves[node];
	}
	return sound_route(walk->sound, situations, moves, length);
}

static bool ever_stops(const struct walk *walk)
{
	for (size_t i = 0; i < walk->clock->stop_count; i++)
		if (walk->clock->stops[i].kind == TRIGGER_PUBLIC_REPLY_BY_AGENT)
			return true;
	for (size_t i = 0; i < walk->sound->count; i++)
		if (walk->parents[i * CLOCK_STATES + CLOCK_STOPPED] != SIZE_MAX)
			return true;
	return false;
}

static void check_clock(struct sound *sound, const struct clock_definition *clock, const struct value_entry *at)
{
	size_t nodes = sound->count * CLOCK_STATES;
	struct walk walk = { .sound = sound, .clock = clock };
	bool *told = arena_new_array(sound->arena, bool, sound->lifecycle->state_count);

	if (clock->stop_count == 0) {
		define_error_key(sound->d, at, T("stop: [state resolved]"), "the clock '%.*s' never stops", TEXT_ARG(clock->name));
		return;
	}
	walk.parents = arena_new_array(sound->arena, size_t, nodes);
	walk.moves = arena_new_array(sound->arena, struct move, nodes);
	walk.queue = arena_new_array(sound->arena, size_t, nodes);
	memset(walk.parents, 0xff, nodes * sizeof(*walk.parents));
	walk_clock(&walk);
	if (!ever_stops(&walk)) {
		define_error_key(sound->d, sound_at_key(at, T("stop")), T("stop it where a record comes to after its start"),
				 "the clock '%.*s' can never stop: nothing that stops it comes after its start", TEXT_ARG(clock->name));
		return;
	}
	for (size_t i = 0; i < sound->count; i++) {
		size_t state = sound->situations[i].state;

		if (!sound_is_finished(sound, state) || told[state] || walk.parents[i * CLOCK_STATES + CLOCK_RUNS] == SIZE_MAX)
			continue;
		told[state] = true;
		define_error_key(sound->d, at,
				 text_format(sound->d->error_arena, "add the state to stop; %.*s",
					     TEXT_ARG(route_to(&walk, i * CLOCK_STATES + CLOCK_RUNS))),
				 "the clock '%.*s' can still run in '%.*s'", TEXT_ARG(clock->name),
				 TEXT_ARG(sound_state_name(sound, state)));
	}
}

void sound_check_clocks(struct sound *sound)
{
	for (size_t i = 0; i < sound->type->clock_count && !sound->unproven; i++)
		check_clock(sound, &sound->type->clocks[i], sound_at_clock(sound, i));
}
