/* Rows of approvals and votes, as they are read and written. */
#include "engine/approval_private.h"

static const char *const kind_names[] = {
	[VOTE_NONE] = "", [VOTE_APPROVE] = "approve", [VOTE_REJECT] = "reject", [VOTE_ABSTAIN] = "abstain",
};

text vote_kind_name(enum vote_kind kind)
{
	return text_from(kind_names[kind]);
}

bool vote_kind_of(text name, enum vote_kind *ret_kind)
{
	for (int kind = VOTE_APPROVE; kind <= VOTE_ABSTAIN; kind++)
		if (text_equal(name, text_from(kind_names[kind]))) {
			*ret_kind = (enum vote_kind)kind;
			return true;
		}
	return false;
}

static enum approval_turn turn_of(text name)
{
	for (int turn = 0; turn < APPROVAL_TURN_COUNT; turn++)
		if (text_equal(name, approval_turn_name((enum approval_turn)turn)))
			return (enum approval_turn)turn;
	return APPROVAL_WITHDRAWN;
}

static const struct approval_definition *definition_of(const struct type *type, text name)
{
	for (size_t i = 0; i < type->approval_count; i++)
		if (text_equal(type->approvals[i].name, name))
			return &type->approvals[i];
	return NULL;
}

struct error *rounds_load(struct work *work, const struct record *record, struct round **ret_rounds, size_t *ret_count)
{
	struct round *rounds = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_APPROVAL_OF_RECORD, CELLS(cell_integer(record->id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, rounds, count, capacity);
		rounds[count] = (struct round){
			.id = rows_integer(rows, 0),
			.name = rows_text_copy(rows, work->arena, 1),
			.number = rows_integer(rows, 2),
			.state = turn_of(rows_text(rows, 3)),
			.version = rows_integer(rows, 4),
			.event_id = rows_integer(rows, 5),
			.lacks = rows_text_copy(rows, work->arena, 6),
			.asked_at = rows_moment(rows, 7),
			.due_at = rows_moment(rows, 8),
			.ended_at = rows_moment(rows, 9),
		};
		rounds[count].definition = definition_of(record->type, rounds[count].name);
		count++;
	}
	*ret_rounds = rounds;
	*ret_count = count;
	return NULL;
}

static struct voter read_voter(struct work *work, struct rows *rows)
{
	struct voter voter = {
		.id = rows_integer(rows, 0),
		.approval_id = rows_integer(rows, 1),
		.step = rows_text_copy(rows, work->arena, 2),
		.user_id = rows_integer(rows, 3),
		.via = rows_text_copy(rows, work->arena, 4),
		.counts = rows_integer(rows, 5) != 0,
		.waiting_since = rows_moment(rows, 6),
		.voted_by = rows_integer(rows, 8),
		.voted_at = rows_moment(rows, 9),
		.comment = rows_text_copy(rows, work->arena, 10),
		.version = rows_integer(rows, 11),
	};

	if (!vote_kind_of(rows_text(rows, 7), &voter.vote))
		voter.vote = VOTE_NONE;
	return voter;
}

struct error *voters_load(struct work *work, const struct record *record, int64_t round_id, struct voter **ret_voters,
                          size_t *ret_count)
{
	struct voter *voters = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	if (round_id != 0)
		TRY(store_query(work->store, work->arena, SQL_VOTE_OF_APPROVAL, CELLS(cell_integer(round_id)), &rows));
	else
		TRY(store_query(work->store, work->arena, SQL_VOTE_OF_RECORD, CELLS(cell_integer(record->id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, voters, count, capacity);
		voters[count++] = read_voter(work, rows);
	}
	*ret_voters = voters;
	*ret_count = count;
	return NULL;
}

struct error *voter_save(struct work *work, const struct voter *voter)
{
	bool voted = voter->vote != VOTE_NONE;

	return store_run(work->store, work->arena, SQL_VOTE_SET,
	                 CELLS(cell_integer(voter->id), cell_integer(voter->counts ? 1 : 0), cell_moment(voter->waiting_since),
	                       voted ? cell_text(vote_kind_name(voter->vote)) : cell_null(),
	                       voted ? cell_id(voter->voted_by) : cell_null(), voted ? cell_moment(voter->voted_at) : cell_null(),
	                       voted ? cell_text(voter->comment) : cell_null(),
	                       voted ? cell_integer(voter->version) : cell_null()),
	                 NULL);
}
