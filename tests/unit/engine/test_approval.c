/*
 * Approvals where a story cannot look: the arithmetic of quorums, and two votes at the same moment, on PostgreSQL where they really
 * are (two connections, both in their transaction before either has committed). Each vote counts once, and there is one outcome.
 */
#include "desk.h"

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
		{ QUORUM_COUNT, 3, 2, 2, 0, 0, STEP_REJECTED }, { QUORUM_COUNT, 3, 2, 0, 1, 0, STEP_REJECTED },
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

/* ---- two at once ---- */

struct racer {
	struct desk *desk;
	struct lane *lane;
	struct lane_job job;
	const char *login, *comment;
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
