/*
 * The life of a round: asked when its state is entered (or by a rule), step by step; decided as soon as the votes that are missing
 * cannot change it; ended with the transition that its outcome takes, all in the transaction of what set it off.
 */
#include "engine/approval_private.h"

#include "base/limits.h"

struct event *approval_event(struct work *work, const struct record *record, const struct round *round, text what)
{
	struct event *event = event_new(work, record, EVENT_APPROVAL);

	event->visibility = VISIBLE_PUBLIC;
	value_set_text(work->arena, event->payload, T("approval"), round->name);
	value_set_integer(work->arena, event->payload, T("round"), round->number);
	value_set_text(work->arena, event->payload, T("what"), what);
	return event;
}

static struct work by_itself(const struct work *work, int64_t cause_id)
{
	struct work automatic = automatic_work(work, work->origin == ORIGIN_TIMER ? ORIGIN_TIMER : ORIGIN_AUTOMATION, cause_id);

	automatic.chain = work->chain + 1;
	return automatic;
}

/* ---- asking a step ---- */

/* Whoever stands in for one of them, without those who are asked themselves or left out. */
static struct error *standing_in(struct work *work, struct record *record, const struct approval_definition *definition,
                                 const struct people *people, struct value *pairs, int64_t *ids, size_t *count)
{
	int64_t *excluded;
	size_t excluded_count;

	TRY(excluded_people(work, record, definition, &excluded, &excluded_count));
	for (size_t i = 0; i < people->count; i++) {
		int64_t *delegates;
		size_t delegate_count;

		TRY(absence_delegates(work, people->ids[i], &delegates, &delegate_count));
		for (size_t j = 0; j < delegate_count; j++) {
			struct value *pair = value_list(work->arena);

			if (has_id(excluded, excluded_count, delegates[j]))
				continue;
			value_append(work->arena, pair, value_integer(work->arena, people->ids[i]));
			value_append(work->arena, pair, value_integer(work->arena, delegates[j]));
			value_append(work->arena, pairs, pair);
			if (!has_id(ids, *count, delegates[j]) && *count < 2 * APPROVAL_PEOPLE)
				ids[(*count)++] = delegates[j];
		}
	}
	return NULL;
}

static struct value *id_values(struct arena *arena, const int64_t *ids, size_t count)
{
	struct value *list = value_list(arena);

	for (size_t i = 0; i < count; i++)
		value_append(arena, list, value_integer(arena, ids[i]));
	return list;
}

/* Those asked and those who stand in for them may read the record, and are told. */
static struct error *announce(struct work *work, struct record *record, const struct round *round, const struct approval_step *step,
                              const struct people *people)
{
	int64_t *ids = arena_new_array(work->arena, int64_t, 2 * APPROVAL_PEOPLE);
	bool *fresh = arena_new_array(work->arena, bool, 2 * APPROVAL_PEOPLE);
	struct value *pairs = value_list(work->arena);
	struct event *event = approval_event(work, record, round, T("asked"));
	size_t count = people->count;

	memcpy(ids, people->ids, sizeof(*ids) * count);
	TRY(standing_in(work, record, round->definition, people, pairs, ids, &count));
	value_set_text(work->arena, event->payload, T("step"), step->name);
	value_set(work->arena, event->payload, T("people"), id_values(work->arena, people->ids, people->count));
	if (value_count(pairs) > 0)
		value_set(work->arena, event->payload, T("standing_in"), pairs);
	TRY(event_append(work, event));
	TRY(add_approvers(work, record, ids, count, fresh));
	return tell_people(work, record, round, ids, count, T("{number} waits for your approval: {title}"), event->id);
}

/* Told once for a step: nobody can decide it, so somebody must. */
static struct error *note_lacking(struct work *work, struct record *record, struct round *round, const struct approval_step *step)
{
	struct people administrators = { .count = 0 };
	const int role = model_role(work->model, T("administrator"));
	const struct asked asked = { .how = ASK_ROLE, .role = role < 0 ? 0 : (size_t)role };
	const struct approval_definition nobody_left_out = { .name = round->name };

	if (text_equal(round->lacks, step->name))
		return NULL;
	round->lacks = step->name;
	TRY(store_run(work->store, work->arena, SQL_APPROVAL_LACKS, CELLS(cell_integer(round->id), cell_text(step->name)), NULL));
	TRY(approval_look_again(work, record, round));
	struct event *event = approval_event(work, record, round, T("lacks"));
	value_set_text(work->arena, event->payload, T("step"), step->name);
	TRY(event_append(work, event));
	if (role < 0)
		return NULL;
	TRY(asked_people(work, record, &nobody_left_out, &asked, 1, &administrators));
	return tell_people(work, record, round, administrators.ids, administrators.count,
	                   T("{number} waits for an approval that nobody can give: {title}"), event->id);
}

static struct error *insert_voters(struct work *work, const struct record *record, const struct round *round,
                                   const struct approval_step *step, const struct people *people)
{
	for (size_t i = 0; i < people->count; i++)
		TRY(store_run(work->store, work->arena, SQL_VOTE_INSERT,
		              CELLS(cell_integer(round->id), cell_integer(record->id), cell_text(step->name),
		                    cell_integer(people->ids[i]), cell_text(people->via[i]), cell_moment(work->now)),
		              NULL));
	return NULL;
}

/* A number is asked for; any other quorum is of however many there are. */
static int64_t least_asked(const struct approval_step *step)
{
	return step->quorum == QUORUM_COUNT ? step->quorum_number : 1;
}

static void leave_those_asked(const struct round *round, const struct approval_step *step, const struct voter *voters, size_t count,
                              struct people *people)
{
	size_t kept = 0;

	for (size_t i = 0; i < people->count; i++) {
		bool asked = false;

		for (size_t j = 0; j < count && !asked; j++)
			asked = voters[j].approval_id == round->id && voters[j].counts && voters[j].user_id == people->ids[i] &&
			        text_equal(voters[j].step, step->name);
		if (asked)
			continue;
		people->ids[kept] = people->ids[i];
		people->via[kept++] = people->via[i];
	}
	people->count = kept;
}

static void add_people(const struct people *more, struct people *people)
{
	if (people->ids == NULL)
		*people = *more;
	for (size_t i = 0; i < more->count && people->count < APPROVAL_PEOPLE; i++) {
		if (has_id(people->ids, people->count, more->ids[i]))
			continue;
		people->ids[people->count] = more->ids[i];
		people->via[people->count++] = more->via[i];
	}
}

/*
 * Asks whom the step names and who is not asked yet; `else` stands in when nobody is found, or too few for a quorum of so many. `asked`:
 * so many are already, because others have left since.
 */
static struct error *ask_step(struct work *work, struct record *record, struct round *round, const struct approval_step *step,
                              const struct voter *voters, size_t count, int64_t asked, enum step_result *ret_result)
{
	const struct approval_definition *definition = round->definition;
	struct people people, more;
	int64_t least = least_asked(step);

	TRY(asked_people(work, record, definition, step->asked, step->asked_count, &people));
	leave_those_asked(round, step, voters, count, &people);
	if (asked + (int64_t)people.count < least && definition->otherwise_count > 0) {
		TRY(asked_people(work, record, definition, definition->otherwise, definition->otherwise_count, &more));
		leave_those_asked(round, step, voters, count, &more);
		add_people(&more, &people);
	}
	asked += (int64_t)people.count;
	*ret_result = asked == 0 ? STEP_LACKING : STEP_OPEN;
	if (people.count > 0) {
		TRY(insert_voters(work, record, round, step, &people));
		TRY(announce(work, record, round, step, &people));
	}
	return asked < least ? note_lacking(work, record, round, step) : NULL;
}

/* ---- evaluating ---- */

/* A step that is decided waits for nobody any more. */
static struct error *close_step(struct work *work, const struct round *round, const struct approval_step *step,
                                struct voter *voters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (voters[i].waiting_since == MOMENT_UNSET || voters[i].approval_id != round->id ||
		    !text_equal(voters[i].step, step->name))
			continue;
		voters[i].waiting_since = MOMENT_UNSET;
		TRY(voter_save(work, &voters[i]));
	}
	return NULL;
}

/* Undecided again, because somebody's vote counts no longer: the others are waited for anew. */
static struct error *reopen_step(struct work *work, const struct round *round, const struct approval_step *step,
                                 struct voter *voters, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!voters[i].counts || voters[i].vote != VOTE_NONE || voters[i].waiting_since != MOMENT_UNSET ||
		    voters[i].approval_id != round->id || !text_equal(voters[i].step, step->name))
			continue;
		voters[i].waiting_since = work->now;
		TRY(voter_save(work, &voters[i]));
	}
	return NULL;
}

static struct error *evaluate_step(struct work *work, struct record *record, struct round *round, const struct approval_step *step,
                                   enum step_result *ret_result)
{
	struct voter *voters;
	size_t count;
	bool holds;

	TRY(voters_load(work, record, round->id, &voters, &count));
	struct tally tally = step_tally(step, round->id, voters, count);
	if (tally.rows == 0) {
		TRY(rule_holds(work, step->when, record, &holds));
		*ret_result = STEP_SKIPPED;
		if (!holds)
			return NULL;
	}
	*ret_result = tally.asked == 0 ? STEP_OPEN : quorum_result(step, &tally);
	if (*ret_result == STEP_OPEN && tally.asked < least_asked(step))
		return ask_step(work, record, round, step, voters, count, tally.asked, ret_result);
	return *ret_result == STEP_OPEN ? reopen_step(work, round, step, voters, count)
	                                : close_step(work, round, step, voters, count);
}

struct error *approval_evaluate(struct work *work, struct record *record, struct round *round)
{
	const struct approval_definition *definition = round->definition;
	struct work automatic = by_itself(work, work->cause != 0 ? work->cause : round->event_id);
	bool open = false;

	if (round->state != APPROVAL_ASKED)
		return NULL;
	if (definition == NULL)
		return approval_end(work, record, round, APPROVAL_WITHDRAWN);
	for (size_t i = 0; i < definition->step_count && (!open || definition->parallel); i++) {
		enum step_result result;

		TRY(evaluate_step(&automatic, record, round, &definition->steps[i], &result));
		if (result == STEP_REJECTED)
			return approval_end(work, record, round, APPROVAL_REJECTED);
		open = open || result == STEP_OPEN || result == STEP_LACKING;
	}
	return open ? NULL : approval_end(work, record, round, APPROVAL_APPROVED);
}

/* ---- beginning ---- */

struct error *approval_ask(struct work *work, struct record *record, const struct approval_definition *definition, int64_t event_id)
{
	struct round *rounds, round = { .name = definition->name, .number = 1, .definition = definition, .event_id = event_id,
		                        .version = record->version, .asked_at = work->now, .ended_at = MOMENT_UNSET };
	size_t count;
	bool found;

	TRY(rounds_load(work, record, &rounds, &count));
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(rounds[i].name, definition->name))
			continue;
		if (rounds[i].state == APPROVAL_ASKED)
			return NULL;
		round.number = rounds[i].number + 1;
	}
	TRY(approval_due(work, record, definition, &round.due_at));
	TRY(store_integer(work->store, work->arena, SQL_APPROVAL_INSERT,
	                  CELLS(cell_integer(record->id), cell_text(record->type->name), cell_text(round.name),
	                        cell_integer(round.number), cell_integer(round.version), cell_id(event_id),
	                        cell_moment(round.asked_at), cell_moment(round.due_at)),
	                  &round.id, &found));
	TRY(approval_plan(work, record, &round));
	TRY(approval_evaluate(work, record, &round));
	if (round.state != APPROVAL_ASKED)
		return NULL;
	struct work automatic = by_itself(work, event_id);
	return rules_follow_turn(&automatic, record, WHEN_APPROVAL, (size_t)(definition - record->type->approvals), APPROVAL_ASKED,
	                         event_id);
}

/* ---- outcomes ---- */

static ptrdiff_t outcome_of(const struct approval_definition *definition, enum approval_turn turn)
{
	switch (turn) {
	case APPROVAL_APPROVED:
		return definition->approved;
	case APPROVAL_REJECTED:
		return definition->rejected;
	case APPROVAL_EXPIRED:
		return definition->expired >= 0 ? definition->expired : definition->rejected;
	case APPROVAL_VOIDED:
		return definition->voided;
	case APPROVAL_ASKED:
	case APPROVAL_WITHDRAWN:
	case APPROVAL_TURN_COUNT:
		break;
	}
	return -1;
}

static bool may_leave(const struct record *record, ptrdiff_t transition)
{
	int state = record_state(record);

	return transition >= 0 && state >= 0 && state_in(record->type->lifecycle->transitions[transition].from, (size_t)state);
}

/* `work` is automatic already. */
static struct error *take_outcome(struct work *work, struct record *record, const struct round *round, ptrdiff_t transition)
{
	if (!may_leave(record, transition))
		return NULL;
	if (work->chain >= LIMIT_CHAIN) {
		struct event *event = approval_event(work, record, round, T("stopped"));

		event->visibility = VISIBLE_INTERNAL;
		return event_append(work, event);
	}
	return engine_apply_transition(work, record, &record->type->lifecycle->transitions[transition], NULL, NULL, TEXT_UNSET,
	                               VISIBLE_INTERNAL, TEXT_UNSET);
}

/* While it is asked, a change asks again by itself: the transition is for later. */
static bool takes_transition(const struct round *round, enum approval_turn before, enum approval_turn turn)
{
	return round->definition != NULL && !(turn == APPROVAL_VOIDED && before == APPROVAL_ASKED);
}

struct error *approval_end(struct work *work, struct record *record, struct round *round, enum approval_turn turn)
{
	struct work automatic = by_itself(work, work->cause);
	struct event *event = approval_event(&automatic, record, round, approval_turn_name(turn));
	enum approval_turn before = round->state;

	round->state = turn;
	round->ended_at = work->now;
	TRY(store_run(work->store, work->arena, SQL_APPROVAL_END,
	              CELLS(cell_integer(round->id), cell_text(approval_turn_name(turn)), cell_moment(work->now)), NULL));
	TRY(store_run(work->store, work->arena, SQL_VOTE_CLOSE, CELLS(cell_integer(round->id)), NULL));
	TRY(approval_unplan(work, record, round));
	TRY(event_append(&automatic, event));
	automatic.cause = event->id;
	if (takes_transition(round, before, turn))
		TRY(take_outcome(&automatic, record, round, outcome_of(round->definition, turn)));
	if (round->definition == NULL)
		return NULL;
	return rules_follow_turn(&automatic, record, WHEN_APPROVAL, (size_t)(round->definition - record->type->approvals), (int)turn,
	                         event->id);
}

/* ---- entering a state ---- */

/* Nothing to approve: the record goes on as if it were. */
static struct error *pass(struct work *work, struct record *record, const struct approval_definition *definition, int64_t event_id)
{
	const struct round round = { .name = definition->name, .definition = definition };
	struct work automatic = by_itself(work, event_id);
	struct event *event = approval_event(&automatic, record, &round, T("not_needed"));

	if (definition->approved < 0)
		return NULL;
	TRY(event_append(&automatic, event));
	automatic.cause = event->id;
	return take_outcome(&automatic, record, &round, definition->approved);
}

struct error *approval_ask_in_state(struct work *work, struct record *record, int64_t event_id)
{
	const struct approval_definition *first = NULL;
	int state = record_state(record);

	for (size_t i = 0; i < record->type->approval_count && state >= 0; i++) {
		const struct approval_definition *definition = &record->type->approvals[i];
		bool holds;

		if (!state_in(definition->states, (size_t)state))
			continue;
		if (first == NULL)
			first = definition;
		TRY(rule_holds(work, definition->when, record, &holds));
		if (holds)
			return approval_ask(work, record, definition, event_id);
	}
	return first == NULL ? NULL : pass(work, record, first, event_id);
}

struct error *approval_request(struct work *work, struct record *record, size_t approval)
{
	const struct approval_definition *definition = &record->type->approvals[approval];
	bool holds;

	TRY(rule_holds(work, definition->when, record, &holds));
	return holds ? approval_ask(work, record, definition, work->cause) : pass(work, record, definition, work->cause);
}

struct error *approval_leave(struct work *work, struct record *record, const struct round *round, struct voter *voter, text why)
{
	struct work automatic = by_itself(work, work->cause);
	struct event *event = approval_event(&automatic, record, round, T("left"));

	voter->counts = false;
	voter->waiting_since = MOMENT_UNSET;
	TRY(voter_save(work, voter));
	value_set_text(work->arena, event->payload, T("step"), voter->step);
	value_set_integer(work->arena, event->payload, T("for"), voter->user_id);
	value_set_text(work->arena, event->payload, T("why"), why);
	return event_append(&automatic, event);
}
