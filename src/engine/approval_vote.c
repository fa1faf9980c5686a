/*
 * Votes. Each person who is asked in a step has one vote, whoever gives it: they themselves or somebody who stands in for them now.
 * So one person may give two votes, one as asked and one as standing in, but never two of the same. Who is left out by `not` gives
 * none, and none is given for them.
 */
#include "engine/approval_private.h"
#include "engine/step_private.h"

#include "base/json.h"

struct voting {
	struct record *record;
	struct round *round;
	struct voter *voters;
	size_t count;
	const struct ballot *ballot;
	int64_t *excluded, *people; /* people: for whom the actor stands in */
	size_t excluded_count, people_count;
};

/* Who votes on what is over must know whether it was decided, or is no longer the question. */
static struct error *is_over(struct work *work, const struct voting *voting)
{
	text number = record_number(voting->record), turn = approval_turn_name(voting->round->state);

	switch (voting->round->state) {
	case APPROVAL_VOIDED:
		return error_hint(work->arena,
		                  error_new(work->arena, ERROR_CONFLICT, "%.*s was changed meanwhile: the approval that you saw is void",
		                            TEXT_ARG(number)),
		                  "look at it again; where your vote is needed, it is asked for anew");
	case APPROVAL_WITHDRAWN:
	case APPROVAL_ASKED: /* of an approval that its definition no longer has */
		return error_new(work->arena, ERROR_CONFLICT, "this approval of %.*s was withdrawn: nothing is asked any more",
		                 TEXT_ARG(number));
	case APPROVAL_APPROVED:
	case APPROVAL_REJECTED:
	case APPROVAL_EXPIRED:
	case APPROVAL_TURN_COUNT:
		break;
	}
	return error_new(work->arena, ERROR_CONFLICT, "this approval is decided already: it is %.*s", TEXT_ARG(turn));
}

static struct error *find_round(struct work *work, struct voting *voting, int64_t approval_id)
{
	struct round *rounds;
	size_t count;

	TRY(rounds_load(work, voting->record, &rounds, &count));
	for (size_t i = 0; i < count; i++)
		if (rounds[i].id == approval_id)
			voting->round = &rounds[i];
	if (voting->round == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no approval %lld", TEXT_ARG(record_number(voting->record)),
		                 (long long)approval_id);
	return voting->round->state == APPROVAL_ASKED && voting->round->definition != NULL ? NULL : is_over(work, voting);
}

/* ---- who may ---- */

static struct error *left_out(struct work *work, const struct voting *voting, int64_t user_id)
{
	const struct approval_definition *definition = voting->round->definition;
	text field = TEXT_UNSET;

	for (size_t i = 0; i < definition->excluded_count; i++) {
		const struct field *one = &voting->record->type->fields[definition->excluded[i]];

		if (one->kind == KIND_LINKS || record_id_of(voting->record, (ptrdiff_t)one->position) == user_id)
			field = one->name;
	}
	if (user_id == work->actor->id)
		return error_hint(work->arena, error_new(work->arena, ERROR_FORBIDDEN,
		                                         "you are left out of this approval (%.*s) and may not vote, also not for others",
		                                         TEXT_ARG(field)),
		                  "somebody else has to decide");
	return error_new(work->arena, ERROR_FORBIDDEN, "the one you stand in for is left out of this approval (%.*s)", TEXT_ARG(field));
}

static bool is_left_out(const struct voting *voting, int64_t user_id)
{
	return has_id(voting->excluded, voting->excluded_count, user_id);
}

/* What the ballot speaks of: the step that it names, or any. */
static bool fits(const struct voting *voting, const struct voter *voter)
{
	return voter->approval_id == voting->round->id && voter->counts &&
	       (!text_is_set(voting->ballot->step) || text_equal(voter->step, voting->ballot->step));
}

static const struct approval_step *step_of(const struct round *round, text name)
{
	for (size_t i = 0; i < round->definition->step_count; i++)
		if (text_equal(round->definition->steps[i].name, name))
			return &round->definition->steps[i];
	return NULL;
}

/* Of a step that is decided while another still runs. */
static bool is_decided(const struct voting *voting, const struct voter *voter)
{
	const struct approval_step *step = step_of(voting->round, voter->step);

	if (step == NULL)
		return true;
	struct tally tally = step_tally(step, voting->round->id, voting->voters, voting->count);
	return quorum_result(step, &tally) != STEP_OPEN;
}

/* An own vote in a step that still runs: else they speak for those for whom they stand in. */
static bool has_own(const struct work *work, const struct voting *voting)
{
	for (size_t i = 0; i < voting->count; i++)
		if (fits(voting, &voting->voters[i]) && voting->voters[i].user_id == work->actor->id && !is_decided(voting, &voting->voters[i]))
			return true;
	return false;
}

/* Whose votes the ballot is for: the one named, else one's own, else those of all for whom one stands in. */
static bool speaks_for(const struct work *work, const struct voting *voting, bool own, const struct voter *voter)
{
	if (voting->ballot->for_id != 0)
		return voter->user_id == voting->ballot->for_id;
	if (voter->user_id == work->actor->id)
		return true;
	return !own && has_id(voting->people, voting->people_count, voter->user_id);
}

static struct error *may_speak_for(struct work *work, const struct voting *voting, const struct voter *voter)
{
	struct record_name name;
	bool still;

	if (is_left_out(voting, work->actor->id))
		return left_out(work, voting, work->actor->id);
	if (is_left_out(voting, voter->user_id))
		return left_out(work, voting, voter->user_id);
	TRY(still_asked(work, voter, &still));
	if (!still)
		return error_new(work->arena, ERROR_FORBIDDEN, "this vote counts no longer: who was asked has left (%.*s)",
		                 TEXT_ARG(voter->via));
	if (voter->user_id == work->actor->id || work->actor->kind == ACTOR_SYSTEM ||
	    has_id(voting->people, voting->people_count, voter->user_id))
		return NULL;
	TRY(model_name(work, work->model->user, voter->user_id, &name));
	return error_new(work->arena, ERROR_FORBIDDEN, "you do not stand in for %.*s now", TEXT_ARG(name.title));
}

/* Nothing of this round is theirs to vote on: because of `not`, because they were never asked, or because they count no longer. */
static struct error *not_asked(struct work *work, const struct voting *voting)
{
	if (is_left_out(voting, work->actor->id))
		return left_out(work, voting, work->actor->id);
	return error_hint(work->arena, error_new(work->arena, ERROR_FORBIDDEN, "you are not asked in this approval"),
	                  "who is asked stands beside the record");
}

/* ---- voting ---- */

static struct error *record_vote(struct work *work, const struct voting *voting, struct voter *voter, int64_t *ret_event)
{
	const struct ballot *ballot = voting->ballot;
	struct event *event = approval_event(work, voting->record, voting->round, T("voted"));

	if (voter->vote == ballot->vote && voter->voted_by == work->actor->id && text_equal(voter->comment, ballot->comment))
		return NULL;
	value_set_text(work->arena, event->payload, T("step"), voter->step);
	value_set_text(work->arena, event->payload, T("vote"), vote_kind_name(ballot->vote));
	if (voter->vote != VOTE_NONE)
		value_set_text(work->arena, event->payload, T("instead_of"), vote_kind_name(voter->vote));
	if (voter->user_id != work->actor->id)
		value_set_integer(work->arena, event->payload, T("for"), voter->user_id);
	if (text_is_set(ballot->comment))
		value_set_text(work->arena, event->payload, T("comment"), ballot->comment);
	voter->vote = ballot->vote;
	voter->comment = ballot->comment;
	voter->voted_by = work->actor->id;
	voter->voted_at = work->now;
	voter->version = voting->record->version;
	voter->waiting_since = MOMENT_UNSET;
	TRY(voter_save(work, voter));
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

static struct error *vote_all(struct work *work, struct voting *voting, int64_t *ret_event)
{
	bool own = has_own(work, voting), any = false, decided = false;
	struct error *refused = NULL;
	bool *chosen = arena_new_array(work->arena, bool, voting->count + 1);

	for (size_t i = 0; i < voting->count; i++) {
		struct voter *voter = &voting->voters[i];

		if (!fits(voting, voter) || !speaks_for(work, voting, own, voter))
			continue;
		struct error *error = may_speak_for(work, voting, voter);
		if (error != NULL && error->code != ERROR_FORBIDDEN)
			return error;
		refused = refused == NULL ? error : refused;
		if (error != NULL)
			continue;
		chosen[i] = !is_decided(voting, voter);
		decided = decided || !chosen[i];
		any = any || chosen[i];
	}
	if (!any && decided)
		return error_new(work->arena, ERROR_CONFLICT, "this step of the approval is decided already");
	if (!any)
		return refused != NULL ? refused : not_asked(work, voting);
	for (size_t i = 0; i < voting->count; i++)
		if (chosen[i])
			TRY(record_vote(work, voting, &voting->voters[i], ret_event));
	return NULL;
}

/* ---- what was seen ---- */

static bool matters(const struct approval_definition *definition, size_t field)
{
	bool matters = definition->covers != NULL && definition->covers[field];

	for (size_t i = 0; i < definition->show_count && !matters; i++)
		matters = definition->shows[i] == field;
	return matters;
}

/* The first field of this event that the question shows or covers. */
static const struct field *changed_field(const struct voting *voting, const struct value *changes)
{
	const struct type *type = voting->record->type;

	for (size_t i = 0; changes != NULL && changes->kind == VALUE_MAP && i < changes->map.count; i++) {
		const struct field *field = type_field(type, changes->map.entries[i].key);

		if (field != NULL && (field->position == type->title_field || matters(voting->round->definition, field->position)))
			return field;
	}
	return NULL;
}

/* A vote is for what was seen: not for what somebody has put in its place since. Other changes do not stand in its way. */
static struct error *check_seen(struct work *work, const struct voting *voting, int64_t seen)
{
	const struct field *found = NULL;
	struct error *error;
	struct rows *rows;
	bool row;

	if (seen == 0 || seen >= voting->record->version)
		return NULL;
	TRY(store_query(work->store, work->arena, SQL_EVENT_CHANGES_SINCE, CELLS(cell_integer(voting->record->id), cell_integer(seen)), &rows));
	for (;;) {
		struct value *payload = NULL;

		TRY(rows_next(rows, &row));
		if (!row)
			break;
		if (found == NULL && text_is_set(rows_text(rows, 0)))
			TRY(json_parse(work->arena, rows_text_copy(rows, work->arena, 0), &payload));
		if (payload != NULL)
			found = changed_field(voting, value_get(payload, T("changes")));
	}
	if (found == NULL)
		return NULL;
	error = error_new(work->arena, ERROR_STALE, "%.*s was changed since you saw it: %.*s", TEXT_ARG(record_number(voting->record)),
	                  TEXT_ARG(label_in(&found->label, work->language)));
	return error_hint(work->arena, error, "look at it as it is now (version %lld), then decide", (long long)voting->record->version);
}

static struct error *check_ballot(struct work *work, struct ballot *ballot)
{
	ballot->comment = text_trim(ballot->comment);
	if (text_is_empty(ballot->comment))
		ballot->comment = TEXT_UNSET;
	if (ballot->vote == VOTE_NONE)
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "a vote says what it is"),
		                              "approve, reject or abstain"), T("vote"));
	if (ballot->vote == VOTE_REJECT && !text_is_set(ballot->comment))
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "a rejection needs a comment"),
		                              "say why, so that they know what to do"), T("comment"));
	return text_is_set(ballot->comment) ? comment_check(work, ballot->comment) : NULL;
}

struct error *engine_vote(struct work *work, const struct type *type, text number, int64_t approval_id, const struct ballot *given,
                          struct record **ret_record)
{
	struct ballot ballot = *given;
	struct voting voting = { .ballot = &ballot };
	struct work caused = *work;
	int64_t event_id = 0;

	TRY(engine_lock(work, type, number, &voting.record));
	TRY(find_round(work, &voting, approval_id));
	TRY(check_ballot(work, &ballot));
	TRY(check_seen(work, &voting, ballot.version));
	TRY(voters_load(work, voting.record, approval_id, &voting.voters, &voting.count));
	TRY(excluded_people(work, voting.record, voting.round->definition, &voting.excluded, &voting.excluded_count));
	TRY(absence_people(work, work->actor->id, &voting.people, &voting.people_count));
	TRY(vote_all(work, &voting, &event_id));
	caused.cause = event_id;
	if (event_id != 0)
		TRY(approval_evaluate(&caused, voting.record, voting.round));
	*ret_record = voting.record;
	return NULL;
}
