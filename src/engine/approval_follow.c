/*
 * What a change means for approvals: a state that is entered asks and one that is left withdraws; a covered field that changed
 * voids what was said; who becomes one of those left out counts no longer, and who approved may not become one of them.
 */
#include "engine/approval_private.h"

struct follow {
	const struct change *change;
	struct record *record; /* as it is now: rules that ran before may have changed more */
	struct round *rounds;
	size_t count;
};

static bool field_changed(const struct change *change, size_t field)
{
	return change->changed[field] || (change->links_changed != NULL && change->links_changed[field]);
}

static bool any_changed(const struct change *change, const size_t *fields, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (field_changed(change, fields[i]))
			return true;
	return false;
}

static bool covers_change(const struct approval_definition *definition, const struct change *change)
{
	for (size_t i = 0; definition->covers != NULL && i < change->type->field_count; i++)
		if (definition->covers[i] && field_changed(change, i))
			return true;
	return false;
}

static bool has_moved(const struct change *change)
{
	return change->before == NULL || change->kind == EVENT_MOVED || record_state(change->before) != record_state(change->after);
}

/* Most changes concern no approval: nothing is read for them. */
static bool concerns(const struct change *change)
{
	const struct type *type = change->after->type;

	if (has_moved(change))
		return true;
	for (size_t i = 0; i < type->approval_count; i++)
		if (covers_change(&type->approvals[i], change) ||
		    any_changed(change, type->approvals[i].excluded, type->approvals[i].excluded_count))
			return true;
	return false;
}

/* ---- a state is left ---- */

static bool still_in_place(const struct record *record, const struct round *round)
{
	int state = record_state(record);

	if (round->definition == NULL || state < 0)
		return false;
	if (round->definition->states != NULL)
		return state_in(round->definition->states, (size_t)state);
	return record->type->lifecycle->states[state].group < GROUP_CLOSED;
}

static struct error *withdraw(struct work *work, struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		if (follow->rounds[i].state == APPROVAL_ASKED && !still_in_place(follow->record, &follow->rounds[i]))
			TRY(approval_end(work, follow->record, &follow->rounds[i], APPROVAL_WITHDRAWN));
	return NULL;
}

/* ---- a covered field changed ---- */

static bool is_outcome(const struct change *change, const struct approval_definition *definition)
{
	const struct lifecycle *lifecycle = change->after->type->lifecycle;
	ptrdiff_t taken = change->transition == NULL || lifecycle == NULL ? -1 : change->transition - lifecycle->transitions;

	return taken >= 0 && (taken == definition->approved || taken == definition->rejected || taken == definition->expired ||
	                      taken == definition->voided);
}

static bool is_newest(const struct follow *follow, size_t position)
{
	for (size_t i = position + 1; i < follow->count; i++)
		if (text_equal(follow->rounds[i].name, follow->rounds[position].name))
			return false;
	return true;
}

static bool may_be_voided(const struct follow *follow, const struct round *round)
{
	int state = record_state(follow->record);
	ptrdiff_t voided = round->definition->voided;

	if (round->state == APPROVAL_ASKED)
		return true;
	return round->state == APPROVAL_APPROVED && voided >= 0 && state >= 0 &&
	       state_in(follow->record->type->lifecycle->transitions[voided].from, (size_t)state);
}

/* *ret_ask: it was still asked, and is to be asked again. */
static struct error *void_rounds(struct work *work, struct follow *follow, bool *ret_ask)
{
	for (size_t i = 0; i < follow->count; i++) {
		struct round *round = &follow->rounds[i];
		bool was_open = round->state == APPROVAL_ASKED;

		/* One that was asked after the change knows it. */
		if (round->definition == NULL || round->event_id >= follow->change->event_id ||
		    !covers_change(round->definition, follow->change) || is_outcome(follow->change, round->definition) ||
		    !is_newest(follow, i) || !may_be_voided(follow, round))
			continue;
		TRY(approval_end(work, follow->record, round, APPROVAL_VOIDED));
		if (was_open && round->definition->states == NULL)
			TRY(approval_ask(work, follow->record, round->definition, follow->change->event_id));
		else if (was_open)
			*ret_ask = true;
	}
	return NULL;
}

/* ---- who is left out changed ---- */

static struct error *approved_before(struct work *work, const struct follow *follow, const struct round *round,
                                     const struct voter *voters, size_t count)
{
	int64_t *excluded;
	size_t excluded_count;

	TRY(excluded_people(work, follow->record, round->definition, &excluded, &excluded_count));
	for (size_t i = 0; i < count; i++) {
		struct record_name name;
		int64_t who = has_id(excluded, excluded_count, voters[i].user_id) ? voters[i].user_id : voters[i].voted_by;

		if (voters[i].approval_id != round->id || voters[i].vote != VOTE_APPROVE || !has_id(excluded, excluded_count, who))
			continue;
		TRY(model_name(work, work->model->user, who, &name));
		for (size_t j = 0; j < round->definition->excluded_count; j++) {
			const struct field *field = &follow->record->type->fields[round->definition->excluded[j]];

			if (field_changed(follow->change, field->position))
				return error_field(error_hint(work->arena,
				                              error_new(work->arena, ERROR_INVALID, "%.*s approved it and may not be its %.*s",
				                                        TEXT_ARG(name.title), TEXT_ARG(field->name)),
				                              "somebody else must, or somebody else must approve"),
				                   field->name);
		}
	}
	return NULL;
}

static struct error *take_back(struct work *work, const struct follow *follow, const struct round *round, struct voter *voter)
{
	struct event *event = approval_event(work, follow->record, round, T("taken_back"));

	value_set_text(work->arena, event->payload, T("step"), voter->step);
	value_set_integer(work->arena, event->payload, T("for"), voter->user_id);
	voter->vote = VOTE_NONE;
	voter->waiting_since = work->now;
	TRY(voter_save(work, voter));
	return event_append(work, event);
}

/* Whoever is now left out counts no longer, and what they said for others is taken back. */
static struct error *leave_out(struct work *work, struct follow *follow, struct round *round, struct voter *voters, size_t count)
{
	struct work automatic = automatic_work(work, ORIGIN_AUTOMATION, work->cause);
	int64_t *excluded;
	size_t excluded_count;
	bool any = false;

	TRY(excluded_people(work, follow->record, round->definition, &excluded, &excluded_count));
	for (size_t i = 0; i < count; i++) {
		struct voter *voter = &voters[i];

		if (voter->approval_id != round->id || !voter->counts)
			continue;
		if (has_id(excluded, excluded_count, voter->user_id)) {
			TRY(approval_leave(work, follow->record, round, voter, T("left_out")));
			any = true;
		} else if (voter->vote != VOTE_NONE && has_id(excluded, excluded_count, voter->voted_by)) {
			TRY(take_back(&automatic, follow, round, voter));
			any = true;
		}
	}
	return any ? approval_evaluate(work, follow->record, round) : NULL;
}

static struct error *follow_excluded(struct work *work, struct follow *follow)
{
	struct voter *voters = NULL;
	size_t count = 0;
	bool loaded = false;

	for (size_t i = 0; i < follow->count; i++) {
		struct round *round = &follow->rounds[i];

		if (round->definition == NULL || !is_newest(follow, i) ||
		    !any_changed(follow->change, round->definition->excluded, round->definition->excluded_count))
			continue;
		if (!loaded)
			TRY(voters_load(work, follow->record, 0, &voters, &count));
		loaded = true;
		if (round->state == APPROVAL_APPROVED)
			TRY(approved_before(work, follow, round, voters, count));
		if (round->state == APPROVAL_ASKED)
			TRY(leave_out(work, follow, round, voters, count));
	}
	return NULL;
}

/* ---- a state is entered ---- */

static bool asks_already(const struct follow *follow)
{
	for (size_t i = 0; i < follow->count; i++)
		if (follow->rounds[i].state == APPROVAL_ASKED && follow->rounds[i].definition != NULL &&
		    follow->rounds[i].definition->states != NULL && still_in_place(follow->record, &follow->rounds[i]))
			return true;
	return false;
}

static struct error *follow_record(struct work *work, const struct change *change)
{
	struct follow follow = { .change = change, .record = change->after };
	int state = record_state(change->after);
	bool ask = has_moved(change) && change->kind != EVENT_IMPORTED;
	struct work caused = *work;

	caused.cause = change->event_id;
	if (change->before != NULL)
		TRY(rounds_load(&caused, follow.record, &follow.rounds, &follow.count));
	TRY(withdraw(&caused, &follow));
	TRY(void_rounds(&caused, &follow, &ask));
	TRY(follow_excluded(&caused, &follow));
	/* A rule or an outcome may have moved it on meanwhile: that step has asked. */
	if (!ask || record_state(follow.record) != state || asks_already(&follow))
		return NULL;
	return approval_ask_in_state(&caused, follow.record, change->event_id);
}

/* ---- people and absences ---- */

static struct error *plan_now(struct work *work, const struct change *change, text kind, moment due_at)
{
	return timer_put(work, change->after, kind, kind, due_at, TEXT_UNSET);
}

/* Who is deactivated or loses a role or team may count no longer: looked at at once, but not in the way of this change. */
static struct error *follow_person(struct work *work, const struct change *change)
{
	const struct type *type = change->type;
	const struct field *watched[] = { type_field(type, T("active")), type_field(type, T("roles")), type_field(type, T("teams")) };
	int64_t waiting;
	bool any = false, found;

	for (size_t i = 0; i < array_length(watched); i++)
		any = any || (watched[i] != NULL && field_changed(change, watched[i]->position));
	if (!any || change->before == NULL)
		return NULL;
	TRY(store_integer(work->store, work->arena, SQL_VOTE_COUNT_WAITING,
	                  CELLS(cell_integer(change->after->id), cell_integer(1)), &waiting, &found));
	return waiting == 0 ? NULL : plan_now(work, change, TIMER_APPROVER, work->now);
}

static struct error *follow_absence(struct work *work, const struct change *change)
{
	const struct field *begins = type_field(change->type, T("begins"));
	moment at = begins == NULL ? MOMENT_UNSET : record_moment(change->after, begins->position);

	if (at == MOMENT_UNSET)
		return NULL;
	return plan_now(work, change, TIMER_ABSENCE, at > work->now ? at : work->now);
}

struct error *approval_follow(struct work *work, const struct change *change)
{
	const struct type *type = change->after->type;

	if (type->position == work->model->user->position)
		return follow_person(work, change);
	if (type->position == work->model->absence->position)
		return follow_absence(work, change);
	if (type->approval_count == 0 || type->lifecycle == NULL || !concerns(change))
		return NULL;
	return follow_record(work, change);
}
