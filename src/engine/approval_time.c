/*
 * Times of approvals, as timers: reminders and the end of a round (on the record), what a person's change means for what waits for
 * them (on the person), and the beginning of an absence (on the absence). What is looked at is asked again when it runs.
 */
#include "engine/approval_private.h"

/* So many records are looked at in one go; the timer then goes on at once. */
#define APPROVAL_BATCH 20

static struct error *after(struct work *work, struct record *record, int64_t ms, int64_t working_days, moment *ret_at)
{
	const struct calendar *calendar;

	*ret_at = ms > 0 ? work->now + ms : MOMENT_UNSET;
	if (working_days == 0)
		return NULL;
	TRY(engine_calendar(work, record, &calendar));
	*ret_at = calendar_add_days(calendar, work->now, working_days);
	return NULL;
}

struct error *approval_due(struct work *work, struct record *record, const struct approval_definition *definition, moment *ret_due)
{
	return after(work, record, definition->expire_ms, definition->expire_working_days, ret_due);
}

static struct error *next_reminder(struct work *work, struct record *record, const struct approval_definition *definition,
                                   moment *ret_at)
{
	return after(work, record, definition->remind_ms, definition->remind_working_days, ret_at);
}

struct error *approval_plan(struct work *work, struct record *record, const struct round *round)
{
	moment remind;

	TRY(next_reminder(work, record, round->definition, &remind));
	if (remind != MOMENT_UNSET)
		TRY(timer_put(work, record, TIMER_REMIND, round->name, remind, TEXT_UNSET));
	if (round->due_at == MOMENT_UNSET)
		return NULL;
	return timer_put(work, record, TIMER_EXPIRE, round->name, round->due_at, TEXT_UNSET);
}

static bool reminds(const struct approval_definition *definition)
{
	return definition->remind_ms > 0 || definition->remind_working_days > 0;
}

struct error *approval_look_again(struct work *work, struct record *record, const struct round *round)
{
	if (reminds(round->definition))
		return NULL;
	return timer_put(work, record, TIMER_REMIND, round->name, work->now + DAY_MS, TEXT_UNSET);
}

struct error *approval_unplan(struct work *work, const struct record *record, const struct round *round)
{
	const text kinds[] = { TIMER_REMIND, TIMER_EXPIRE };

	for (size_t i = 0; i < array_length(kinds); i++)
		TRY(store_run(work->store, work->arena, SQL_TIMER_REMOVE,
		              CELLS(cell_integer(record->id), cell_text(kinds[i]), cell_text(round->name)), NULL));
	return NULL;
}

static struct error *open_round(struct work *work, const struct record *record, text name, struct round **ret_round)
{
	struct round *rounds;
	size_t count;

	*ret_round = NULL;
	TRY(rounds_load(work, record, &rounds, &count));
	for (size_t i = 0; i < count; i++)
		if (rounds[i].state == APPROVAL_ASKED && text_equal(rounds[i].name, name))
			*ret_round = &rounds[i];
	return NULL;
}

/* ---- reminders and the end ---- */

/* Those who have not voted, and who stands in for them now. */
static struct error *find_waiting(struct work *work, const struct record *record, const struct round *round, int64_t *ids,
                                  size_t *ret_count)
{
	struct voter *voters;
	size_t voter_count;

	*ret_count = 0;
	TRY(voters_load(work, record, round->id, &voters, &voter_count));
	for (size_t i = 0; i < voter_count; i++) {
		int64_t *delegates;
		size_t delegate_count;

		if (voters[i].waiting_since == MOMENT_UNSET)
			continue;
		if (!has_id(ids, *ret_count, voters[i].user_id) && *ret_count < APPROVAL_PEOPLE)
			ids[(*ret_count)++] = voters[i].user_id;
		TRY(absence_delegates(work, voters[i].user_id, &delegates, &delegate_count));
		for (size_t j = 0; j < delegate_count && *ret_count < APPROVAL_PEOPLE; j++)
			if (!has_id(ids, *ret_count, delegates[j]))
				ids[(*ret_count)++] = delegates[j];
	}
	return NULL;
}

static struct error *remind(struct work *work, struct record *record, text name, moment *ret_again)
{
	int64_t *ids = arena_new_array(work->arena, int64_t, APPROVAL_PEOPLE);
	struct round *round;
	size_t count;

	TRY(open_round(work, record, name, &round));
	/* It ends at this very moment: its other timer comes next. */
	if (round == NULL || round->definition == NULL || (round->due_at != MOMENT_UNSET && round->due_at <= work->now))
		return NULL;
	/* Whom a step did not find before, it may find now. */
	TRY(approval_evaluate(work, record, round));
	if (round->state != APPROVAL_ASKED)
		return NULL;
	if (!reminds(round->definition)) {
		*ret_again = work->now + DAY_MS;
		return NULL;
	}
	TRY(find_waiting(work, record, round, ids, &count));
	struct event *event = approval_event(work, record, round, T("reminded"));
	struct value *people = value_list(work->arena);
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, people, value_integer(work->arena, ids[i]));
	value_set(work->arena, event->payload, T("people"), people);
	TRY(event_append(work, event));
	TRY(tell_people(work, record, round, ids, count, T("{number} still waits for your approval: {title}"), event->id));
	return next_reminder(work, record, round->definition, ret_again);
}

static struct error *expire(struct work *work, struct record *record, text name)
{
	struct round *round;

	TRY(open_round(work, record, name, &round));
	return round == NULL ? NULL : approval_end(work, record, round, APPROVAL_EXPIRED);
}

/* ---- what waits for a person ---- */

struct waiting {
	int64_t vote_id, record_id, approval_id, person_id;
	const struct type *type;
};

static struct error *waiting_of(struct work *work, int64_t person_id, int64_t after_id, struct waiting *list, size_t *count)
{
	size_t room = *count + APPROVAL_BATCH;
	struct rows *rows;
	bool more;

	TRY(store_query(work->store, work->arena, SQL_VOTE_WAITING,
	                CELLS(cell_integer(person_id), cell_integer(after_id), cell_integer(APPROVAL_BATCH)), &rows));
	TRY(rows_next(rows, &more));
	while (more && *count < room) {
		list[(*count)++] = (struct waiting){ .vote_id = rows_integer(rows, 0),
			                             .record_id = rows_integer(rows, 1),
			                             .type = model_type(work->model, rows_text(rows, 2)),
			                             .approval_id = rows_integer(rows, 3),
			                             .person_id = person_id };
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	return NULL;
}

/* The record of what waits, locked, with its round and voter; *ret_found false when it is over meanwhile. */
static struct error *lock_waiting(struct work *work, const struct waiting *waiting, struct record **ret_record,
                                  struct round *ret_round, struct voter *ret_voter, bool *ret_found)
{
	struct round *rounds;
	struct voter *voters;
	size_t count, voter_count;

	*ret_found = false;
	if (waiting->type == NULL)
		return NULL;
	TRY(model_lock(work, waiting->type, waiting->record_id, ret_record));
	TRY(rounds_load(work, *ret_record, &rounds, &count));
	TRY(voters_load(work, *ret_record, waiting->approval_id, &voters, &voter_count));
	for (size_t i = 0; i < voter_count; i++)
		if (voters[i].id == waiting->vote_id && voters[i].waiting_since != MOMENT_UNSET) {
			*ret_voter = voters[i];
			for (size_t j = 0; j < count; j++)
				if (rounds[j].id == waiting->approval_id && rounds[j].definition != NULL) {
					*ret_round = rounds[j];
					*ret_found = true;
				}
		}
	return NULL;
}

static struct error *look_at_approver(struct work *work, int64_t person_id, text data, moment *ret_again, text *ret_data)
{
	struct waiting *list = arena_new_array(work->arena, struct waiting, APPROVAL_BATCH);
	int64_t after_id = 0;
	size_t count = 0;

	if (text_is_set(data) && !text_to_integer(data, &after_id))
		after_id = 0;
	TRY(waiting_of(work, person_id, after_id, list, &count));
	for (size_t i = 0; i < count; i++) {
		struct record *record;
		struct round round;
		struct voter voter;
		bool found, still;

		after_id = list[i].vote_id;
		TRY(lock_waiting(work, &list[i], &record, &round, &voter, &found));
		if (!found)
			continue;
		TRY(still_asked(work, &voter, &still));
		if (still)
			continue;
		TRY(approval_leave(work, record, &round, &voter, T("left")));
		TRY(approval_evaluate(work, record, &round));
	}
	if (count == APPROVAL_BATCH) {
		*ret_again = work->now;
		*ret_data = text_format(work->arena, "%lld", (long long)after_id);
	}
	return NULL;
}

/* ---- an absence begins ---- */

/* `since`: when it was known. Who stood in before is told again, of what they could not know. */
static struct error *hand_over(struct work *work, const struct waiting *waiting, int64_t delegate_id, moment since)
{
	struct record *record;
	struct round round;
	struct voter voter;
	int64_t *excluded;
	size_t excluded_count;
	bool found, fresh;

	TRY(lock_waiting(work, waiting, &record, &round, &voter, &found));
	if (!found)
		return NULL;
	TRY(excluded_people(work, record, round.definition, &excluded, &excluded_count));
	if (has_id(excluded, excluded_count, delegate_id))
		return NULL;
	TRY(add_approvers(work, record, &delegate_id, 1, &fresh));
	if (!fresh && voter.waiting_since > since)
		return NULL;
	struct event *event = approval_event(work, record, &round, T("handed_over"));
	value_set_text(work->arena, event->payload, T("step"), voter.step);
	value_set_integer(work->arena, event->payload, T("for"), voter.user_id);
	value_set_integer(work->arena, event->payload, T("to"), delegate_id);
	TRY(event_append(work, event));
	return tell_people(work, record, &round, &delegate_id, 1, T("{number} waits for your approval: {title}"), event->id);
}

/* *last: where to go on when there is more of some person. What others have behind it comes then, too. */
static struct error *waiting_page(struct work *work, int64_t person_id, int64_t after_id, struct waiting *list, size_t *count, int64_t *last)
{
	size_t before = *count;

	TRY(waiting_of(work, person_id, after_id, list, count));
	if (*count - before == APPROVAL_BATCH)
		*last = minimum(*last, list[*count - 1].vote_id);
	return NULL;
}

/* What waits for the one who is away, and for those for whom that one stands in, goes to each who stands in now. */
static struct error *begin_absence(struct work *work, struct record *absence, text data, moment *ret_again, text *ret_data)
{
	const struct field *person = type_field(absence->type, T("person")), *from = type_field(absence->type, T("begins"));
	moment since = record_moment(absence, FIELD_CREATED_AT);
	int64_t person_id = person == NULL ? 0 : record_id_of(absence, (ptrdiff_t)person->position), after_id = 0, *people, *delegates;
	int64_t last = INT64_MAX;
	size_t people_count, delegate_count, count = 0;

	if (text_is_set(data) && !text_to_integer(data, &after_id))
		after_id = 0;
	if (from != NULL)
		since = maximum(since, record_moment(absence, from->position));
	TRY(absence_delegates(work, person_id, &delegates, &delegate_count));
	if (delegate_count == 0)
		return NULL;
	TRY(absence_people(work, person_id, &people, &people_count));
	struct waiting *list = arena_new_array(work->arena, struct waiting, APPROVAL_BATCH * (people_count + 1));
	TRY(waiting_page(work, person_id, after_id, list, &count, &last));
	for (size_t i = 0; i < people_count; i++)
		TRY(waiting_page(work, people[i], after_id, list, &count, &last));
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < delegate_count && list[i].vote_id <= last; j++)
			if (delegates[j] != list[i].person_id)
				TRY(hand_over(work, &list[i], delegates[j], since));
	if (last != INT64_MAX) {
		*ret_again = work->now;
		*ret_data = text_format(work->arena, "%lld", (long long)last);
	}
	return NULL;
}

/* ---- timers ---- */

bool approval_is_timer(text kind)
{
	return text_equal(kind, TIMER_REMIND) || text_equal(kind, TIMER_EXPIRE) || text_equal(kind, TIMER_APPROVER) ||
	       text_equal(kind, TIMER_ABSENCE);
}

struct error *approval_run_timer(struct work *work, struct record *record, text kind, text name, text data, moment *ret_again,
                                 text *ret_data)
{
	*ret_again = MOMENT_UNSET;
	*ret_data = TEXT_UNSET;
	if (record == NULL)
		return NULL;
	if (text_equal(kind, TIMER_REMIND))
		return remind(work, record, name, ret_again);
	if (text_equal(kind, TIMER_EXPIRE))
		return expire(work, record, name);
	if (text_equal(kind, TIMER_APPROVER))
		return look_at_approver(work, record->id, data, ret_again, ret_data);
	return begin_absence(work, record, data, ret_again, ret_data);
}
