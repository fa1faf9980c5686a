/*
 * Approvals where a story cannot look: the arithmetic of quorums, and two votes at the same moment, on PostgreSQL where they really
 * are (two connections, both in their transaction before either has committed). Each vote counts once, and there is one outcome.
 */
#include "desk_time.h"

#include "engine/approval_private.h"

#include <pthread.h>

#define PERMITS                                                                                                                \
	"practice: Tests\n"                                                                                                          \
	"purpose: Permits that two of a board grant.\n"                                                                              \
	"type: { name: permit, extends: task, number: \"PER{000}\", title: title }\n"                                                \
	"fields:\n"                                                                                                                  \
	"  kind: { kind: choice, choices: [any, two, turn], default: any }\n"                                                        \
	"  plan: { kind: text }\n"                                                                                                   \
	"lifecycle:\n"                                                                                                               \
	"  states:\n"                                                                                                                \
	"    draft: { group: open }\n"                                                                                               \
	"    asking: { group: open }\n"                                                                                              \
	"    granted: { group: closed }\n"                                                                                           \
	"    refused: { group: closed }\n"                                                                                           \
	"  transitions:\n"                                                                                                           \
	"    submit: { from: draft, to: asking, by: [requester, agent] }\n"                                                          \
	"    recall: { from: asking, to: draft, by: [requester, agent] }\n"                                                          \
	"    grant: { from: asking, to: granted, by: approval }\n"                                                                   \
	"    refuse: { from: asking, to: refused, by: approval }\n"                                                                  \
	"approvals:\n"                                                                                                               \
	"  one: { in: asking, when: kind = any, steps: [{ name: board, ask: [{ team: network }] }], covers: [plan], approved: grant, " \
	"rejected: refuse }\n"                                                                                                       \
	"  two: { in: asking, steps: [{ name: board, ask: [{ team: network }], quorum: 2 }], approved: grant, rejected: refuse }\n"  \
	"rights:\n"                                                                                                                  \
	"  requester: { read: [requester = me, approvers = me], create: always, update: requester = me, comment: always }\n"         \
	"  agent: { read: always, create: always, update: always, comment: always, note: always, history: always }\n"

/* ---- quorums ---- */

TEST(a_quorum_ends_when_it_is_certain)
{
	static const struct {
		enum quorum_kind kind;
		int64_t number, asked, approvals, rejections, abstentions;
		enum step_result result;
	} cases[] = {
		{ QUORUM_ANY, 0, 3, 0, 0, 0, STEP_OPEN },       { QUORUM_ANY, 0, 3, 1, 0, 0, STEP_APPROVED },
		{ QUORUM_ANY, 0, 3, 0, 2, 0, STEP_OPEN },       { QUORUM_ANY, 0, 3, 0, 2, 1, STEP_REJECTED },
		{ QUORUM_ALL, 0, 3, 2, 0, 0, STEP_OPEN },       { QUORUM_ALL, 0, 3, 3, 0, 0, STEP_APPROVED },
		{ QUORUM_ALL, 0, 3, 0, 1, 0, STEP_REJECTED },   { QUORUM_ALL, 0, 3, 2, 0, 1, STEP_APPROVED },
		{ QUORUM_ALL, 0, 3, 0, 0, 3, STEP_REJECTED },   { QUORUM_MAJORITY, 0, 4, 2, 0, 0, STEP_OPEN },
		{ QUORUM_MAJORITY, 0, 4, 3, 0, 0, STEP_APPROVED }, { QUORUM_MAJORITY, 0, 4, 1, 2, 0, STEP_REJECTED },
		{ QUORUM_MAJORITY, 0, 1, 0, 0, 0, STEP_OPEN },  { QUORUM_MAJORITY, 0, 1, 1, 0, 0, STEP_APPROVED },
		{ QUORUM_COUNT, 2, 3, 1, 1, 0, STEP_OPEN },     { QUORUM_COUNT, 2, 3, 1, 1, 1, STEP_REJECTED },
		{ QUORUM_COUNT, 2, 3, 2, 0, 0, STEP_APPROVED }, { QUORUM_COUNT, 3, 2, 1, 0, 0, STEP_OPEN },
		{ QUORUM_COUNT, 3, 2, 2, 0, 0, STEP_OPEN }, { QUORUM_COUNT, 3, 2, 0, 1, 0, STEP_REJECTED },
		{ QUORUM_PERCENT, 60, 5, 2, 0, 0, STEP_OPEN },  { QUORUM_PERCENT, 60, 5, 3, 0, 0, STEP_APPROVED },
		{ QUORUM_PERCENT, 60, 5, 0, 3, 0, STEP_REJECTED }, { QUORUM_PERCENT, 100, 2, 1, 0, 0, STEP_OPEN },
		{ QUORUM_PERCENT, 1, 2, 1, 0, 0, STEP_APPROVED },
	};

	for (size_t i = 0; i < array_length(cases); i++) {
		const struct approval_step step = { .quorum = cases[i].kind, .quorum_number = cases[i].number };
		const struct tally tally = { cases[i].asked, cases[i].asked, cases[i].approvals, cases[i].rejections, cases[i].abstentions };

		if (quorum_result(&step, &tally) != cases[i].result)
			fail_msg("case %zu: was %d", i, quorum_result(&step, &tally));
	}
}

/* What each quorum means once everybody has voted. */
static bool is_approved(const struct approval_step *step, int64_t asked, int64_t approvals, int64_t rejections)
{
	switch (step->quorum) {
	case QUORUM_ANY:
		return approvals > 0;
	case QUORUM_ALL:
		return approvals > 0 && rejections == 0;
	case QUORUM_MAJORITY:
		return 2 * approvals > asked;
	case QUORUM_COUNT:
		return approvals >= step->quorum_number;
	case QUORUM_PERCENT:
		return 100 * approvals >= step->quorum_number * asked;
	}
	return false;
}

/* Every way in which those who have not voted may still vote. */
static enum step_result by_force(const struct approval_step *step, const struct tally *tally)
{
	int64_t waiting = tally->asked - tally->approvals - tally->rejections - tally->abstentions;
	bool may_be_approved = false, may_be_rejected = false;

	for (int64_t for_it = 0; for_it <= waiting; for_it++)
		for (int64_t against = 0; for_it + against <= waiting; against++) {
			bool approved = is_approved(step, tally->asked, tally->approvals + for_it, tally->rejections + against);

			may_be_approved = may_be_approved || approved;
			may_be_rejected = may_be_rejected || !approved;
		}
	return !may_be_rejected ? STEP_APPROVED : !may_be_approved ? STEP_REJECTED : STEP_OPEN;
}

static void check_all_tallies(const struct approval_step *step, int64_t asked)
{
	for (int64_t approvals = 0; approvals <= asked; approvals++)
		for (int64_t rejections = 0; approvals + rejections <= asked; rejections++)
			for (int64_t abstentions = 0; approvals + rejections + abstentions <= asked; abstentions++) {
				const struct tally tally = { asked, asked, approvals, rejections, abstentions };
				/* More are needed than are asked: more are looked for as long as nobody says no. */
				bool lacking = step->quorum == QUORUM_COUNT && step->quorum_number > asked && rejections == 0;
				enum step_result expected = lacking ? STEP_OPEN : by_force(step, &tally);

				if (quorum_result(step, &tally) != expected)
					fail_msg("quorum %d %lld: of %lld asked %lld for, %lld against, %lld abstain: was %d, not %d", step->quorum,
					         (long long)step->quorum_number, (long long)asked, (long long)approvals, (long long)rejections,
					         (long long)abstentions, quorum_result(step, &tally), expected);
			}
}

TEST(a_quorum_ends_exactly_when_no_vote_can_change_it)
{
	static const enum quorum_kind kinds[] = { QUORUM_ANY, QUORUM_ALL, QUORUM_MAJORITY };

	for (int64_t asked = 1; asked <= 7; asked++) {
		for (size_t i = 0; i < array_length(kinds); i++)
			check_all_tallies(&(struct approval_step){ .quorum = kinds[i] }, asked);
		for (int64_t number = 1; number <= 8; number++)
			check_all_tallies(&(struct approval_step){ .quorum = QUORUM_COUNT, .quorum_number = number }, asked);
		for (int64_t share = 1; share <= 100; share++)
			check_all_tallies(&(struct approval_step){ .quorum = QUORUM_PERCENT, .quorum_number = share }, asked);
	}
}

/* ---- two at once ---- */

static struct value *desk_json_in(struct arena *arena, const char *source)
{
	text json = text_copy(arena, text_from(source));
	struct value *value;

	for (size_t i = 0; i < json.length; i++)
		if (json.data[i] == '\'')
			((char *)(uintptr_t)json.data)[i] = '"';
	assert_ok(json_parse(arena, json, &value));
	return value;
}

struct racer {
	struct desk *desk;
	struct lane *lane;
	struct lane_job job;
	const char *login, *comment, *patch; /* patch: changes the record instead */
	enum vote_kind vote;
	text number;
	int64_t approval_id;
	struct actor *actor;
	struct error *error;
	int tries;
	pthread_t thread;
	pthread_barrier_t *start;
};

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct racer *racer = (struct racer *)(void *)((char *)job - offsetof(struct racer, job));
	const struct ballot ballot = { .vote = racer->vote, .comment = text_from(racer->comment) };
	struct work work = *racer->desk->work;
	struct record *record;

	work.arena = job->arena;
	work.store = store;
	work.actor = racer->actor;
	work.cache = NULL;
	racer->tries++;
	if (racer->tries == 1)
		pthread_barrier_wait(racer->start);
	if (racer->patch != NULL)
		return engine_update(&work, model_type(work.model, T("permit")), racer->number, 0, desk_json_in(job->arena, racer->patch), &record);
	return engine_vote(&work, model_type(work.model, T("permit")), racer->number, racer->approval_id, &ballot, &record);
}

static void *run(void *data)
{
	struct racer *racer = data;

	racer->error = lane_run(racer->lane, &racer->job);
	return NULL;
}

/* SQLite has one writer: there the two come one after the other. */
static int race(struct desk *desk, struct racer *racers)
{
	struct lane_settings settings = { .store = desk->on->settings, .threads = 2, .opened = sealer_opened,
		                          .committed = sealer_committed, .data = desk->sealer };
	pthread_barrier_t start;
	struct lane *lane;
	int won = 0;

	pthread_barrier_init(&start, NULL, desk->on->postgres ? 2 : 1);
	assert_ok(lane_start(desk->arena, &settings, &lane));
	for (int i = 0; i < 2; i++) {
		racers[i].desk = desk;
		racers[i].lane = lane;
		racers[i].start = &start;
		racers[i].job = (struct lane_job){ .arena = arena_new((size_t)1 << 24), .apply = apply, .name = "vote" };
		desk_as(desk, racers[i].login);
		racers[i].actor = desk->work->actor;
	}
	for (int i = 0; i < 2; i++)
		pthread_create(&racers[i].thread, NULL, run, &racers[i]);
	for (int i = 0; i < 2; i++) {
		pthread_join(racers[i].thread, NULL);
		won += racers[i].error == NULL;
	}
	lane_stop(lane);
	/* The lane's connection has written events: this one reads the seal again. */
	assert_ok(sealer_opened(desk->sealer, desk->store, desk->arena));
	desk_as(desk, NULL);
	return won;
}

static struct record *open_permit(struct desk *desk, const char *kind, struct racer *racers)
{
	static const char *const board[] = { "vera", "willy", "xenia" };
	const struct type *permit = model_type(desk->model, T("permit"));
	struct approval *approvals;
	size_t count;

	desk_as(desk, NULL);
	for (size_t i = 0; i < array_length(board); i++)
		desk_create(desk, desk->model->user,
		            text_cstring(desk->arena, text_format(desk->arena, "{'login': '%s', 'name': '%s', 'teams': ['network']}",
		                                                  board[i], board[i])));
	desk_as(desk, "reqa");
	struct record *record = desk_create(desk, permit, text_cstring(desk->arena, text_format(desk->arena,
	                                                                  "{'title': 'x', 'kind': '%s'}", kind)));
	assert_ok(desk_take(desk, record, "submit", NULL));
	desk_as(desk, NULL);
	assert_ok(engine_approvals(desk->work, record, &approvals, &count));
	assert_int_equal(count, 1);
	for (int i = 0; i < 2; i++) {
		racers[i].number = record_number(record);
		racers[i].approval_id = approvals[0].id;
	}
	return record;
}

static int count_events(struct desk *desk, const struct record *record, const char *transition)
{
	struct record *now = desk_reload(desk, record);
	struct event *events;
	size_t count;
	int found = 0;

	assert_ok(engine_history(desk->work, now, 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		found += text_equal(value_get_text(events[i].payload, T("transition")), text_from(transition));
	return found;
}

static void check_end(struct desk *desk, const struct record *record, const char *state, int64_t approvals_given, struct racer *racers)
{
	struct approval *approvals;
	size_t count;

	assert_text(desk_state(desk_reload(desk, record)), state);
	assert_int_equal(count_events(desk, record, "grant") + count_events(desk, record, "refuse"), 1);
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(count, 1);
	assert_int_equal(approvals[0].parts[0].approvals, approvals_given);
	for (int i = 0; i < 2; i++)
		arena_free(racers[i].job.arena);
}

DESK_TEST_WITH(two_votes_that_are_both_needed, PERMITS)
{
	struct racer racers[2] = { { .login = "vera", .vote = VOTE_APPROVE }, { .login = "willy", .vote = VOTE_APPROVE } };
	struct record *record = open_permit(desk, "two", racers);

	assert_int_equal(race(desk, racers), 2);
	check_end(desk, record, "granted", 2, racers);
}

DESK_TEST_WITH(two_votes_of_which_one_is_enough, PERMITS)
{
	struct racer racers[2] = { { .login = "vera", .vote = VOTE_APPROVE }, { .login = "willy", .vote = VOTE_APPROVE } };
	struct record *record = open_permit(desk, "any", racers);

	assert_int_equal(race(desk, racers), 1);
	assert_refused(racers[0].error != NULL ? racers[0].error : racers[1].error, CONFLICT);
	check_end(desk, record, "granted", 1, racers);
}

DESK_TEST_WITH(one_person_votes_twice_at_once, PERMITS)
{
	struct racer racers[2] = { { .login = "vera", .vote = VOTE_APPROVE }, { .login = "vera", .vote = VOTE_APPROVE } };
	struct record *record = open_permit(desk, "two", racers);
	const struct ballot ballot = { .vote = VOTE_APPROVE };
	struct record *after;

	assert_int_equal(race(desk, racers), 2);
	assert_text(desk_state(desk_reload(desk, record)), "asking");
	desk_as(desk, "xenia");
	assert_ok(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after)));
	desk_as(desk, NULL);
	check_end(desk, record, "granted", 2, racers);
}

/* A vote for what was there before: the covered field changed, so its round is void. */
DESK_TEST_WITH(a_vote_in_a_round_that_is_void, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *record = open_permit(desk, "any", racers), *after;
	const struct ballot ballot = { .vote = VOTE_APPROVE };

	assert_ok(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, "{'plan': 'new'}"), &after)));
	desk_as(desk, "vera");
	assert_refused(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after)),
	               CONFLICT);
	assert_refused(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), 999, &ballot, &after)), NOT_FOUND);
	assert_text(desk_state(desk_reload(desk, record)), "asking");
}

/* The last vote and what voids it at the same moment: either it was decided first, or the vote is refused and asked for anew. */
DESK_TEST_WITH(the_last_vote_while_its_question_changes, PERMITS)
{
	struct racer racers[2] = { { .login = "vera", .vote = VOTE_APPROVE }, { .login = NULL, .patch = "{'plan': 'new'}" } };
	struct record *record = open_permit(desk, "any", racers), *now;
	struct approval *approvals;
	size_t count;
	int won = race(desk, racers);

	now = desk_reload(desk, record);
	assert_ok(racers[1].error);
	assert_ok(engine_approvals(desk->work, now, &approvals, &count));
	if (won == 2) {
		assert_text(desk_state(now), "granted");
		assert_int_equal(count, 1);
	} else {
		assert_refused(racers[0].error, CONFLICT);
		assert_non_null(strstr(racers[0].error->message.data, "is void"));
		assert_text(desk_state(now), "asking");
		assert_int_equal(count, 2);
		assert_int_equal(approvals[0].state, APPROVAL_VOIDED);
		assert_int_equal(approvals[1].state, APPROVAL_ASKED);
		assert_int_equal(approvals[1].parts[0].approvals, 0);
	}
	for (int i = 0; i < 2; i++)
		arena_free(racers[i].job.arena);
}

/* Who saw another title votes on something else; a comment or a field that the question does not show is nothing to them. */
DESK_TEST_WITH(a_vote_is_for_what_was_seen, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *record = open_permit(desk, "two", racers), *after;
	struct ballot ballot = { .vote = VOTE_APPROVE, .version = desk_reload(desk, record)->version };

	desk_patch(desk, record, "{'plan': 'not shown'}");
	desk_as(desk, "vera");
	assert_ok(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after)));
	desk_as(desk, NULL);
	desk_patch(desk, record, "{'title': 'something else'}");
	desk_as(desk, "willy");
	struct error *error = IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after));
	assert_refused(error, STALE);
	assert_non_null(strstr(error->message.data, "was changed since you saw it: Title"));
	ballot.version = desk_reload(desk, record)->version;
	assert_ok(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after)));
	assert_text(desk_state(desk_reload(desk, record)), "granted");
}

/* Who is away stands in for somebody, and far more waits for the two than one go looks at: all of it is handed over, each once. */
DESK_TEST_WITH(much_that_waits_is_handed_over, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *records[60];
	struct approval *approvals;
	size_t count, handed = 0;

	(void)open_permit(desk, "two", racers);
	for (size_t i = 0; i < array_length(records); i++) {
		desk_as(desk, "reqa");
		records[i] = desk_create(desk, model_type(desk->model, T("permit")), "{'title': 'x', 'kind': 'two'}");
		assert_ok(desk_take(desk, records[i], "submit", NULL));
	}
	desk_as(desk, NULL);
	desk_create(desk, desk->model->absence, "{'person': 'vera', 'delegate': 'willy', 'begins': '2020-01-01'}");
	desk_until_moment(desk, desk->work->now + MINUTE_MS);
	desk_create(desk, desk->model->absence, "{'person': 'willy', 'delegate': 'agent', 'begins': '2020-01-01'}");
	desk_until_moment(desk, desk->work->now + MINUTE_MS);
	for (size_t i = 0; i < array_length(records); i++) {
		struct event *events;
		int times = 0;

		assert_ok(engine_history(desk->work, desk_reload(desk, records[i]), 0, &events, &count));
		for (size_t j = 0; j < count; j++)
			times += text_equal(value_get_text(events[j].payload, T("what")), T("handed_over"));
		handed += times == 3;
	}
	assert_int_equal(handed, array_length(records));
	assert_ok(engine_approvals(desk->work, desk_reload(desk, records[59]), &approvals, &count));
	assert_int_equal(count, 1);
}

static void import_row(struct desk *desk, const struct type *type, text number, const char *key, int state, const char *fields)
{
	const struct import_step step = { .at = desk->work->now - HOUR_MS, .created_at = MOMENT_UNSET, .number = number, .state = state,
		                          .fields = desk_json(desk, fields), .source_key = text_from(key) };
	enum import_outcome outcome;
	struct record *record;

	assert_ok(IN_TX(desk, engine_import(desk->work, type, &step, &outcome, &record)));
}

/* An import begins nothing, but what is asked for must not be approved after it has changed, nor be left hanging. */
DESK_TEST_WITH(what_an_import_changes_voids_and_withdraws, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *record = open_permit(desk, "any", racers), *after;
	const struct type *permit = record->type;
	const struct ballot ballot = { .vote = VOTE_APPROVE };
	struct approval *approvals;
	size_t count;

	import_row(desk, permit, record_number(record), "a", -1, "{'title': 'not covered'}");
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(count, 1);
	import_row(desk, permit, record_number(record), "b", -1, "{'plan': 'brought in'}");
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(count, 2);
	assert_int_equal(approvals[0].state, APPROVAL_VOIDED);
	assert_int_equal(approvals[1].state, APPROVAL_ASKED);
	desk_as(desk, "vera");
	assert_refused(IN_TX(desk, engine_vote(desk->work, permit, record_number(record), approvals[0].id, &ballot, &after)), CONFLICT);
	desk_as(desk, NULL);
	/* A feed of people says that two of the board have left. */
	import_row(desk, desk->model->user, T("vera"), "c", -1, "{'active': false}");
	import_row(desk, desk->model->user, T("willy"), "d", -1, "{'teams': []}");
	desk_until_moment(desk, desk->work->now + MINUTE_MS);
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(approvals[1].parts[0].asked, 1);
	import_row(desk, permit, record_number(record), "e", lifecycle_state(permit->lifecycle, T("draft")), "{}");
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(count, 2);
	assert_int_equal(approvals[1].state, APPROVAL_WITHDRAWN);
	/* Into the state that asks: history asks nothing. */
	import_row(desk, permit, record_number(record), "f", lifecycle_state(permit->lifecycle, T("asking")), "{}");
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	assert_int_equal(count, 2);
}

/* Who is asked may read the record: a row in the database that says so must be one that an event brought. */
DESK_TEST_WITH(an_approver_whom_nobody_asked_is_found, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *record = open_permit(desk, "two", racers);
	struct verify_report report = { 0 };
	int64_t stranger = 0;

	assert_ok(engine_verify_records(desk->work, &report, NULL, NULL));
	assert_ok(model_find_id(desk->work, desk->model->user, T("reqb"), &stranger));
	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(store_run_text(desk->store, desk->arena,
	                         T("INSERT INTO link (name, from_type, from_id, to_type, to_id, created_at) VALUES ('approvers', 'permit', $1, 'user', $2, 1)"),
	                         CELLS(cell_integer(record->id), cell_integer(stranger)), NULL));
	assert_ok(store_commit(desk->store, desk->arena));
	report = (struct verify_report){ 0 };
	assert_refused(engine_verify_records(desk->work, &report, NULL, NULL), CONFLICT);
}

/* Asking forty people against making forty records: a vote is a row, a notification and a link, each record is more than that. */
DESK_TEST_WITH(asking_costs_no_more_than_making_rows, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	const struct type *permit = model_type(desk->model, T("permit"));
	struct record *record, *made;
	int64_t asked_us, rows_us;

	for (int i = 0; i < 37; i++)
		desk_create(desk, desk->model->user,
		            text_cstring(desk->arena, text_format(desk->arena, "{'login': 'member%d', 'name': 'Member %d', 'teams': ['network']}", i, i)));
	record = open_permit(desk, "any", racers);
	assert_ok(desk_take(desk, record, "recall", NULL));
	asked_us = monotonic_us();
	assert_ok(desk_take(desk, record, "submit", NULL));
	asked_us = monotonic_us() - asked_us;
	struct value *input = desk_json(desk, "{'title': 'x', 'requester': 'reqa'}");
	rows_us = monotonic_us();
	desk_begin(desk);
	for (int i = 0; i < 40; i++)
		assert_ok(engine_create(desk->work, permit, input, &made));
	assert_ok(desk_end(desk, NULL));
	rows_us = monotonic_us() - rows_us;
	print_message("[          ] asking 40 people: %lld us; 40 records: %lld us\n", (long long)asked_us, (long long)rows_us);
}

DESK_TEST_WITH(the_words_of_a_vote_go_with_their_event, PERMITS)
{
	struct racer racers[2] = { { 0 }, { 0 } };
	struct record *record = open_permit(desk, "two", racers), *after;
	const struct ballot ballot = { .vote = VOTE_APPROVE, .comment = T("private words") };
	struct approval *approvals;
	struct event *events;
	size_t count;

	desk_as(desk, "vera");
	assert_ok(IN_TX(desk, engine_vote(desk->work, record->type, record_number(record), racers[0].approval_id, &ballot, &after)));
	desk_as(desk, NULL);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	int64_t said = 0;
	for (size_t i = 0; i < count; i++)
		if (text_equal(value_get_text(events[i].payload, T("comment")), T("private words")))
			said = events[i].id;
	assert_int_not_equal(said, 0);
	assert_ok(IN_TX(desk, engine_erase(desk->work, record->type, record_number(record), said, T("asked for"))));
	assert_ok(engine_approvals(desk->work, desk_reload(desk, record), &approvals, &count));
	for (size_t i = 0; i < approvals[0].parts[0].vote_count; i++)
		assert_false(text_is_set(approvals[0].parts[0].votes[i].comment));
	assert_int_equal(approvals[0].parts[0].approvals, 1);
}
