/* What people see of approvals: the rounds of a record with who said what and what is still missing, and what waits for the actor. */
#include "engine/approval_private.h"

#include "base/limits.h"

text approval_part_state_name(enum approval_part_state state)
{
	static const char *const names[] = {
		[PART_TO_COME] = "to_come",   [PART_OPEN] = "open",       [PART_APPROVED] = "approved", [PART_REJECTED] = "rejected",
		[PART_SKIPPED] = "skipped", [PART_LACKING] = "lacking", [PART_ENDED] = "ended",
	};

	return text_from(names[state]);
}

/* ---- the rounds of a record ---- */

struct absent {
	int64_t person_id, delegate_id;
};

/* Who of those asked is away now, in one question for the record. */
static struct error *load_absent(struct work *work, const struct record *record, struct absent **ret_absent, size_t *ret_count)
{
	struct absent *absent = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_ABSENCE_OF_RECORD, CELLS(cell_integer(record->id), cell_moment(work->now)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, absent, count, capacity);
		absent[count++] = (struct absent){ rows_integer(rows, 0), rows_integer(rows, 1) };
	}
	*ret_absent = absent;
	*ret_count = count;
	return NULL;
}

struct reading {
	struct record *record;
	const struct voter *voters;
	size_t voter_count;
	const struct absent *absent;
	size_t absent_count;
};

static void fill_vote(struct work *work, const struct reading *reading, const struct voter *voter, struct approval_vote *ret_vote)
{
	*ret_vote = (struct approval_vote){
		.user_id = voter->user_id, .via = voter->via, .counts = voter->counts, .waiting = voter->waiting_since != MOMENT_UNSET,
		.vote = voter->vote, .voted_by = voter->voted_by, .voted_at = voter->voted_at, .comment = voter->comment,
		.version = voter->version,
	};
	if (!ret_vote->waiting)
		return;
	ret_vote->delegates = arena_new_array(work->arena, int64_t, reading->absent_count + 1);
	for (size_t i = 0; i < reading->absent_count; i++)
		if (reading->absent[i].person_id == voter->user_id &&
		    !has_id(ret_vote->delegates, ret_vote->delegate_count, reading->absent[i].delegate_id))
			ret_vote->delegates[ret_vote->delegate_count++] = reading->absent[i].delegate_id;
}

static enum approval_part_state part_state(const struct round *round, const struct approval_step *step, const struct tally *tally)
{
	bool open = round->state == APPROVAL_ASKED;

	if (tally->rows == 0 && text_equal(round->lacks, step->name))
		return PART_LACKING;
	if (tally->rows == 0)
		return open ? PART_TO_COME : PART_SKIPPED;
	switch (tally->asked == 0 ? STEP_LACKING : quorum_result(step, tally)) {
	case STEP_APPROVED:
		return PART_APPROVED;
	case STEP_REJECTED:
		return PART_REJECTED;
	case STEP_LACKING:
		return PART_LACKING;
	case STEP_OPEN:
	case STEP_SKIPPED:
		break;
	}
	return open ? PART_OPEN : PART_ENDED;
}

static void fill_part(struct work *work, const struct reading *reading, const struct round *round, struct approval_part *part)
{
	const struct tally tally = step_tally(part->definition, round->id, reading->voters, reading->voter_count);

	part->state = part_state(round, part->definition, &tally);
	part->asked = tally.asked;
	part->approvals = tally.approvals;
	part->rejections = tally.rejections;
	part->abstentions = tally.abstentions;
	part->needed = tally.asked == 0 ? 0 : quorum_needed(part->definition, tally.asked);
	part->votes = arena_new_array(work->arena, struct approval_vote, (size_t)tally.rows + 1);
	for (size_t i = 0; i < reading->voter_count; i++) {
		const struct voter *voter = &reading->voters[i];

		if (voter->approval_id == round->id && text_equal(voter->step, part->definition->name))
			fill_vote(work, reading, voter, &part->votes[part->vote_count++]);
	}
}

static void fill_approval(struct work *work, const struct reading *reading, const struct round *round, struct approval *approval)
{
	*approval = (struct approval){
		.id = round->id, .round = round->number, .version = round->version, .definition = round->definition, .name = round->name,
		.state = round->state, .asked_at = round->asked_at, .due_at = round->due_at, .ended_at = round->ended_at,
	};
	if (round->definition == NULL)
		return;
	approval->part_count = round->definition->step_count;
	approval->parts = arena_new_array(work->arena, struct approval_part, approval->part_count);
	bool asked_later = false;
	for (size_t i = approval->part_count; i-- > 0;) {
		approval->parts[i].definition = &round->definition->steps[i];
		fill_part(work, reading, round, &approval->parts[i]);
		/* Whoever comes later is asked already: this step was passed over. */
		if (asked_later && approval->parts[i].state == PART_TO_COME)
			approval->parts[i].state = PART_SKIPPED;
		asked_later = asked_later || approval->parts[i].vote_count > 0;
	}
}

struct error *engine_approvals(struct work *work, struct record *record, struct approval **ret_approvals, size_t *ret_count)
{
	struct reading reading = { .record = record };
	struct round *rounds = NULL;
	struct voter *voters = NULL;
	struct absent *absent = NULL;
	size_t count = 0;

	TRY(access_require(work, RIGHT_READ, record->type, record));
	if (record->type->approval_count > 0)
		TRY(rounds_load(work, record, &rounds, &count));
	if (count > 0) {
		TRY(voters_load(work, record, 0, &voters, &reading.voter_count));
		TRY(load_absent(work, record, &absent, &reading.absent_count));
	}
	reading.voters = voters;
	reading.absent = absent;
	*ret_approvals = arena_new_array(work->arena, struct approval, count + 1);
	for (size_t i = 0; i < count; i++)
		fill_approval(work, &reading, &rounds[i], &(*ret_approvals)[i]);
	*ret_count = count;
	return NULL;
}

/* ---- what waits for the actor ---- */

struct row {
	int64_t vote_id, record_id, approval_id, round, for_id;
	const struct type *type;
	text name, step;
	moment since, due_at;
};
struct rows_of {
	struct row *items;
	size_t count, limit;
};

/* Up to the limit of the list for each person: the oldest behind `after`. */
static struct error *read_rows(struct work *work, int64_t person_id, int64_t after, struct rows_of *list)
{
	size_t until = list->count + list->limit;
	struct rows *rows;
	bool more;

	TRY(store_query(work->store, work->arena, SQL_VOTE_WAITING,
	                CELLS(cell_integer(person_id), cell_integer(after), cell_integer((int64_t)list->limit)), &rows));
	TRY(rows_next(rows, &more));
	while (more && list->count < until) {
		struct row row = {
			.vote_id = rows_integer(rows, 0),
			.record_id = rows_integer(rows, 1),
			.type = model_type(work->model, rows_text(rows, 2)),
			.approval_id = rows_integer(rows, 3),
			.name = rows_text_copy(rows, work->arena, 4),
			.round = rows_integer(rows, 5),
			.step = rows_text_copy(rows, work->arena, 6),
			.since = rows_moment(rows, 7),
			.due_at = rows_moment(rows, 8),
			.for_id = person_id,
		};
		if (row.type != NULL)
			list->items[list->count++] = row;
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	return NULL;
}

/* A few lists, each in order, become one: the oldest first, whoever they wait for. */
static void sort_rows(struct rows_of *list)
{
	for (size_t i = 1; i < list->count; i++) {
		struct row row = list->items[i];
		size_t at = i;

		for (; at > 0 && list->items[at - 1].vote_id > row.vote_id; at--)
			list->items[at] = list->items[at - 1];
		list->items[at] = row;
	}
}

struct wanted {
	const struct rows_of *list;
	const struct type *type;
};

/* The ids of a type's records, where a query expects those that hold some words. */
static struct error *find_wanted(void *data, struct work *work, const struct type *type, text words unused, int64_t **ret_ids,
                                 size_t *ret_count)
{
	const struct wanted *wanted = data;
	int64_t *ids = arena_new_array(work->arena, int64_t, wanted->list->count + 1);
	size_t count = 0;

	for (size_t i = 0; i < wanted->list->count; i++)
		if (wanted->list->items[i].type->position == type->position && !has_id(ids, count, wanted->list->items[i].record_id))
			ids[count++] = wanted->list->items[i].record_id;
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

/* Long texts are read only where an approval shows them to who decides. */
static bool shows_prose(const struct type *type)
{
	for (size_t i = 0; i < type->approval_count; i++)
		for (size_t j = 0; j < type->approvals[i].show_count; j++)
			if (type->fields[type->approvals[i].shows[j]].kind == KIND_PROSE)
				return true;
	return false;
}

/* The records of one type that the actor may read: one question, whatever the length of the list. */
static struct error *load_records(struct work *work, const struct rows_of *list, const struct type *type, struct record **records)
{
	struct wanted wanted = { list, type };
	struct condition *where;
	struct record_page page;

	TRY(condition_parse(work->arena, work->model, type, T("\"these\""), CONDITION_QUERY, &where));
	struct query query = { .type = type, .where = where, .limit = LIMIT_PAGE_ROWS, .find_words = find_wanted, .data = &wanted,
		               .with_prose = shows_prose(type) };
	TRY(access_find(work, &query, &page));
	for (size_t i = 0; i < list->count; i++)
		for (size_t j = 0; j < page.count; j++)
			if (page.records[j]->id == list->items[i].record_id)
				records[i] = page.records[j];
	return NULL;
}

static bool asked_before(const struct rows_of *list, size_t position)
{
	for (size_t i = 0; i < position; i++)
		if (list->items[i].type->position == list->items[position].type->position)
			return true;
	return false;
}

/* False where the record's version knows the approval or step no longer. */
static bool fill_waiting(const struct row *row, struct record *record, struct approval_waiting *ret_waiting)
{
	const struct type *type = record->type;

	*ret_waiting = (struct approval_waiting){ .approval_id = row->approval_id, .round = row->round, .record = record,
		                                  .for_id = row->for_id, .since = row->since, .due_at = row->due_at };
	for (size_t i = 0; i < type->approval_count; i++)
		if (text_equal(type->approvals[i].name, row->name))
			ret_waiting->definition = &type->approvals[i];
	for (size_t i = 0; ret_waiting->definition != NULL && i < ret_waiting->definition->step_count; i++)
		if (text_equal(ret_waiting->definition->steps[i].name, row->step))
			ret_waiting->step = &ret_waiting->definition->steps[i];
	return ret_waiting->step != NULL;
}

/* Links are asked for only where an approval leaves out many: each is a question. */
static struct error *is_excluded(struct work *work, struct record *record, const struct approval_definition *definition, int64_t for_id,
                                 bool *ret_excluded)
{
	int64_t *ids;
	size_t count;

	TRY(excluded_people(work, record, definition, &ids, &count));
	*ret_excluded = has_id(ids, count, work->actor->id) || has_id(ids, count, for_id);
	return NULL;
}

/* One more than is wanted says that there are more. */
static struct error *read_waiting(struct work *work, int64_t after, size_t limit, struct rows_of *list, int64_t *ret_next)
{
	int64_t *people;
	size_t people_count;

	TRY(absence_people(work, work->actor->id, &people, &people_count));
	*list = (struct rows_of){ arena_new_array(work->arena, struct row, (limit + 1) * (people_count + 1)), 0, limit + 1 };
	TRY(read_rows(work, work->actor->id, after, list));
	for (size_t i = 0; i < people_count; i++)
		TRY(read_rows(work, people[i], after, list));
	sort_rows(list);
	*ret_next = list->count > limit ? list->items[limit - 1].vote_id : 0;
	list->count = minimum(list->count, limit);
	return NULL;
}

struct error *engine_approvals_waiting(struct work *work, int64_t after, size_t limit, struct approval_waiting **ret_list,
                                       size_t *ret_count, int64_t *ret_next)
{
	struct record **records;
	struct rows_of list;

	*ret_count = 0;
	*ret_next = 0;
	limit = minimum(maximum(limit, (size_t)1), (size_t)LIMIT_PAGE_ROWS);
	*ret_list = arena_new_array(work->arena, struct approval_waiting, limit + 1);
	if (work->actor->kind != ACTOR_PERSON)
		return NULL;
	TRY(read_waiting(work, after, limit, &list, ret_next));
	records = arena_new_array(work->arena, struct record *, list.count + 1);
	for (size_t i = 0; i < list.count; i++)
		if (!asked_before(&list, i))
			TRY(load_records(work, &list, list.items[i].type, records));
	for (size_t i = 0; i < list.count; i++) {
		struct approval_waiting *waiting = &(*ret_list)[*ret_count];
		bool out = true;

		if (records[i] != NULL && fill_waiting(&list.items[i], records[i], waiting))
			TRY(is_excluded(work, records[i], waiting->definition, waiting->for_id, &out));
		*ret_count += !out;
	}
	return NULL;
}

struct error *engine_approvals_waiting_of(struct work *work, struct record *record, struct approval_waiting **ret_list,
                                          size_t *ret_count)
{
	struct round *rounds;
	struct voter *voters;
	int64_t *people;
	size_t round_count, voter_count, people_count;

	*ret_count = 0;
	*ret_list = NULL;
	if (work->actor->kind != ACTOR_PERSON || record->type->approval_count == 0)
		return NULL;
	TRY(rounds_load(work, record, &rounds, &round_count));
	TRY(voters_load(work, record, 0, &voters, &voter_count));
	TRY(absence_people(work, work->actor->id, &people, &people_count));
	*ret_list = arena_new_array(work->arena, struct approval_waiting, voter_count + 1);
	for (size_t i = 0; i < voter_count; i++) {
		struct row row = { .vote_id = voters[i].id, .approval_id = voters[i].approval_id, .for_id = voters[i].user_id,
			           .step = voters[i].step, .since = voters[i].waiting_since };
		bool out = true;

		if (voters[i].waiting_since == MOMENT_UNSET ||
		    (row.for_id != work->actor->id && !has_id(people, people_count, row.for_id)))
			continue;
		for (size_t j = 0; j < round_count; j++)
			if (rounds[j].id == row.approval_id) {
				row.name = rounds[j].name;
				row.round = rounds[j].number;
				row.due_at = rounds[j].due_at;
			}
		if (fill_waiting(&row, record, &(*ret_list)[*ret_count]))
			TRY(is_excluded(work, record, (*ret_list)[*ret_count].definition, row.for_id, &out));
		*ret_count += !out;
	}
	return NULL;
}

struct error *engine_approvals_waiting_count(struct work *work, int64_t *ret_count)
{
	struct approval_waiting *list;
	size_t people_count, count;
	int64_t *people, next;
	bool found;

	*ret_count = 0;
	if (work->actor->kind != ACTOR_PERSON)
		return NULL;
	TRY(absence_people(work, work->actor->id, &people, &people_count));
	if (people_count == 0)
		return store_integer(work->store, work->arena, SQL_VOTE_COUNT_WAITING,
		                     CELLS(cell_integer(work->actor->id), cell_integer(LIMIT_UNREAD)), ret_count, &found);
	/* Of what waits for others, some may be left out or out of sight: it is counted as it is shown. */
	TRY(engine_approvals_waiting(work, 0, LIMIT_UNREAD, &list, &count, &next));
	*ret_count = (int64_t)count;
	return NULL;
}
