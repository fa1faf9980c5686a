/*
 * Two people at the same moment, on PostgreSQL where they really are: two connections, both inside their transaction before
 * either has committed. Exactly one step wins, the other is told so; nothing is done twice.
 */
#include "desk.h"

#include <pthread.h>

struct racer {
	struct desk *desk;
	struct lane *lane;
	struct lane_job job;
	struct error *(*act)(struct racer *racer, struct work *work);
	const char *number, *login;
	struct actor *actor;
	struct error *error;
	bool found;
	int status, tries;
	text answer;
	pthread_t thread;
	pthread_barrier_t *start;
	int64_t generation;
};

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct racer *racer = (struct racer *)(void *)((char *)job - offsetof(struct racer, job));
	struct work work = *racer->desk->work;

	work.arena = job->arena;
	work.store = store;
	work.actor = racer->actor;
	work.cache = NULL;
	racer->tries++;
	/* Only at the first try: later ones are alone. */
	if (racer->tries == 1)
		pthread_barrier_wait(racer->start);
	return racer->act(racer, &work);
}

static void *run(void *data)
{
	struct racer *racer = data;

	racer->error = lane_run(racer->lane, &racer->job);
	return NULL;
}

/* Runs both at once; how many succeeded. */
static int race(struct desk *desk, struct racer *racers)
{
	struct lane_settings settings = { .store = desk->on->settings, .threads = 2, .opened = sealer_opened,
		                          .committed = sealer_committed, .data = desk->sealer };
	pthread_barrier_t start;
	struct lane *lane;
	int won = 0;

	pthread_barrier_init(&start, NULL, 2);
	assert_ok(lane_start(desk->arena, &settings, &lane));
	for (int i = 0; i < 2; i++) {
		racers[i].desk = desk;
		racers[i].lane = lane;
		racers[i].start = &start;
		racers[i].job = (struct lane_job){ .arena = arena_new((size_t)1 << 24), .apply = apply, .name = "race" };
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
	return won;
}

static void end(struct racer *racers)
{
	for (int i = 0; i < 2; i++)
		arena_free(racers[i].job.arena);
}

static struct error *loser(struct racer *racers) { return racers[0].error != NULL ? racers[0].error : racers[1].error; }

/* SQLite has one writer: there is nothing to race. */
#define RACE_TEST(test_name)                                     \
	static void test_name##_race(struct desk *desk);         \
	DESK_TEST(test_name)                                     \
	{                                                        \
		if (!desk->on->postgres)                         \
			return;                                  \
		test_name##_race(desk);                          \
	}                                                        \
	static void test_name##_race(struct desk *desk)

static struct error *act_start(struct racer *racer, struct work *work)
{
	struct record *record;

	return engine_transition(work, racer->desk->incident, text_from(racer->number), T("start"), 0, NULL, &record);
}

RACE_TEST(two_transitions_at_once)
{
	struct racer racers[2] = { { .act = act_start, .login = "agent" }, { .act = act_start, .login = "lead" } };

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	racers[0].number = racers[1].number = text_cstring(desk->arena, record_number(record));
	assert_int_equal(race(desk, racers), 1);
	assert_refused(loser(racers), CONFLICT);
	assert_int_equal(desk_reload(desk, record)->version, 2);
	end(racers);
}

static struct error *act_update(struct racer *racer, struct work *work)
{
	struct value *patch = value_map(work->arena);
	struct record *record;

	value_set_text(work->arena, patch, T("title"), text_from(racer->login));
	return engine_update(work, racer->desk->incident, text_from(racer->number), 1, patch, &record);
}

RACE_TEST(two_updates_of_the_same_version)
{
	struct racer racers[2] = { { .act = act_update, .login = "agent" }, { .act = act_update, .login = "lead" } };

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	racers[0].number = racers[1].number = text_cstring(desk->arena, record_number(record));
	assert_int_equal(race(desk, racers), 1);
	assert_refused(loser(racers), STALE);
	assert_non_null(loser(racers)->extra);
	assert_int_equal(desk_reload(desk, record)->version, 2);
	end(racers);
}

static struct error *act_once(struct racer *racer, struct work *work)
{
	struct value *input = value_map(work->arena);
	struct record *record;

	TRY(engine_idempotency_find(work, T("one key"), T("POST /incident"), &racer->found, &racer->status, &racer->answer));
	if (racer->found)
		return NULL;
	value_set_text(work->arena, input, T("title"), T("only once"));
	TRY(engine_create(work, racer->desk->incident, input, &record));
	return engine_idempotency_keep(work, T("one key"), T("POST /incident"), 201, record_number(record));
}

RACE_TEST(two_requests_with_one_key)
{
	struct racer racers[2] = { { .act = act_once, .login = "agent" }, { .act = act_once, .login = "agent" } };
	struct event *events;
	size_t count, made = 0;

	int won = race(desk, racers);
	/* The second is told that the first still runs, or gets its answer. */
	if (won == 1)
		assert_refused(loser(racers), CONFLICT);
	else
		assert_true(racers[0].found != racers[1].found);
	desk_as(desk, NULL);
	assert_ok(desk_end(desk, (desk_begin(desk), NULL)));
	assert_ok(engine_feed_all(desk->work, 0, 1000, &events, &count));
	for (size_t i = 0; i < count; i++)
		made += events[i].type == desk->incident && events[i].kind == EVENT_CREATED;
	assert_int_equal(made, 1);
	end(racers);
}

static struct error *act_link(struct racer *racer, struct work *work)
{
	bool first = text_equal(text_from(racer->login), T("agent"));
	int64_t id;

	return engine_link(work, racer->desk->incident, first ? T("INC0000001") : T("INC0000002"), T("related_to"),
	                   first ? T("INC0000002") : T("INC0000001"), &id);
}

RACE_TEST(two_links_across)
{
	struct racer racers[2] = { { .act = act_link, .login = "agent" }, { .act = act_link, .login = "lead" } };

	desk_as(desk, "agent");
	assert_text(record_number(desk_incident(desk, "{'title': 'x'}")), "INC0000001");
	assert_text(record_number(desk_incident(desk, "{'title': 'y'}")), "INC0000002");
	assert_int_equal(race(desk, racers), 2);
	end(racers);
}

static struct error *act_host(struct racer *racer, struct work *work)
{
	bool first = text_equal(text_from(racer->login), T("agent"));
	struct import_link link = { .type = model_type(work->model, T("ci")), .relation = model_relation(work->model, T("hosted_on")),
		                    .at = work->now, .source_key = T("race") };
	int64_t id;
	bool made;

	if (racer->number == NULL)
		return engine_link(work, link.type, T("CI0000001"), T("hosted_on"), first ? T("CI0000002") : T("CI0000003"), &id);
	/* One of them by an import, which changes no version. */
	if (first)
		return engine_link(work, link.type, T("CI0000001"), T("hosted_on"), T("CI0000002"), &id);
	work->actor = access_system();
	TRY(model_find_id(work, link.type, T("CI0000001"), &link.id));
	TRY(model_find_id(work, link.type, T("CI0000003"), &link.other_id));
	link.other_type = link.type;
	return engine_import_link(work, &link, &made);
}

static void race_for_hosts(struct desk *desk, const char *number)
{
	struct racer racers[2] = { { .act = act_host, .login = "agent" }, { .act = act_host, .login = "lead" } };
	struct record_link *links;
	size_t count;

	desk_as(desk, "admin");
	const struct type *ci = model_type(desk->model, T("ci"));
	struct record *machine = desk_create(desk, ci, "{'class': 'virtual_machine', 'name': 'V1'}");
	desk_create(desk, ci, "{'class': 'server', 'name': 'S1'}");
	desk_create(desk, ci, "{'class': 'server', 'name': 'S2'}");
	racers[0].number = racers[1].number = number;
	assert_int_equal(race(desk, racers), 1);
	assert_refused(loser(racers), INVALID);
	desk_as(desk, "admin");
	assert_ok(engine_links(desk->work, machine, &links, &count));
	assert_int_equal(count, 1);
	end(racers);
}

RACE_TEST(two_hosts_for_one_machine_at_once) { race_for_hosts(desk, NULL); }
RACE_TEST(two_hosts_for_one_machine_by_hand_and_by_import) { race_for_hosts(desk, "import"); }

static struct record *assessed_change(struct desk *desk, const char *from, const char *to)
{
	text json = text_format(desk->arena,
	                        "{'title': 'x', 'reason': 'r', 'benefit': 'b', 'plan': 'p', 'test_plan': 't', 'back_out_plan': 'o', 'cis': ['CI0000001'],"
	                        "'affected': 'team', 'complexity': 'one', 'experience': 'often', 'rehearsed': 'fully', 'back_out_effort': 'minutes',"
	                        "'in_use': false, 'planned_start': '2099-12-%sT10:00:00Z', 'planned_end': '2099-12-%sT12:00:00Z'}",
	                        from, to);
	struct record *record = desk_create(desk, model_type(desk->model, T("change")), text_cstring(desk->arena, json));

	assert_ok(desk_take(desk, record, "submit", NULL));
	return record;
}

static struct error *act_move(struct racer *racer, struct work *work)
{
	struct value *patch = value_map(work->arena);
	struct record *record;

	value_set_text(work->arena, patch, T("planned_start"), T("2099-12-20T10:00:00Z"));
	value_set_text(work->arena, patch, T("planned_end"), T("2099-12-20T12:00:00Z"));
	return engine_update(work, model_type(work->model, T("change")), text_from(racer->number), 0, patch, &record);
}

/* Each holds its own and neither sees where the other goes: the second waits, sees the first, and tells it. */
RACE_TEST(two_changes_moved_onto_each_other)
{
	struct racer racers[2] = { { .act = act_move, .login = "agent" }, { .act = act_move, .login = "agent" } };
	struct record *records[2];
	struct due *due;
	moment next;
	size_t count;

	desk_as(desk, NULL);
	desk_create(desk, model_type(desk->model, T("ci")), "{'name': 'switch', 'class': 'server'}");
	desk_as(desk, "agent");
	for (int i = 0; i < 2; i++) {
		records[i] = assessed_change(desk, i == 0 ? "01" : "05", i == 0 ? "01" : "05");
		assert_text(desk_choice(desk_reload(desk, records[i]), "collision"), "none");
		racers[i].number = text_cstring(desk->arena, record_number(records[i]));
	}
	assert_int_equal(race(desk, racers), 2);
	desk_as(desk, NULL);
	assert_ok(engine_find_due(desk->work, 50, &due, &count, &next));
	for (size_t i = 0; i < count; i++)
		assert_ok(IN_TX(desk, engine_run_due(desk->work, &due[i])));
	for (int i = 0; i < 2; i++)
		assert_text(desk_choice(desk_reload(desk, records[i]), "collision"), "same");
	end(racers);
}

static struct error *act_seal(struct racer *racer, struct work *work)
{
	int64_t sealed;

	return sealer_run(racer->desk->sealer, work, 1000, &sealed);
}

RACE_TEST(two_sealers_at_once)
{
	struct racer racers[2] = { { .act = act_seal, .login = "agent" }, { .act = act_seal, .login = "lead" } };
	struct verify_report report;
	struct record *record;

	desk_as(desk, "agent");
	for (int i = 0; i < 20; i++) {
		desk_begin(desk);
		assert_ok(engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'x'}"), &record));
		assert_ok(store_commit(desk->store, desk->arena));
	}
	assert_int_equal(race(desk, racers), 2);
	assert_ok(engine_verify(desk->work, &desk->seals, &report));
	assert_int_equal(report.unsealed, 0);
	assert_int_equal(report.events, sealer_head(desk->sealer));
	end(racers);
}

/* An event of a transaction that is still open comes later, whatever its id: nothing is sealed past it and lost. */
RACE_TEST(an_open_transaction_is_not_overtaken)
{
	struct verify_report report;
	struct store *slow;
	struct record *record;
	struct work work;

	desk_as(desk, "agent");
	work = *desk->work;
	assert_ok(store_open(desk->arena, &desk->on->settings, STORE_WRITE, &slow));
	assert_ok(sealer_opened(desk->sealer, slow, desk->arena));
	work.store = slow;
	work.cache = NULL;
	assert_ok(store_begin(slow, desk->arena));
	assert_ok(engine_create(&work, desk->incident, desk_json(desk, "{'title': 'slow'}"), &record));
	int64_t head = sealer_head(desk->sealer);
	desk_incident(desk, "{'title': 'fast'}");
	assert_int_equal(sealer_head(desk->sealer), head);
	assert_ok(store_commit(slow, desk->arena));
	assert_ok(desk_end(desk, (desk_begin(desk), NULL)));
	assert_true(sealer_head(desk->sealer) >= head + 2);
	assert_ok(engine_verify(desk->work, &desk->seals, &report));
	assert_int_equal(report.unsealed, 0);
	store_close(slow);
}

/* ---- the last two tasks of a record ---- */

#define JOBS                                                                                                         \
	"practice: Tests\npurpose: Jobs with two tasks.\n"                                                           \
	"type: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"                                  \
	"lifecycle:\n"                                                                                               \
	"  states: { doing: { group: open }, review: { group: open }, over: { group: closed } }\n"                   \
	"  transitions:\n"                                                                                           \
	"    finish: { from: doing, to: review, by: tasks }\n"                                                       \
	"    close: { from: review, to: over, by: agent }\n"                                                         \
	"tasks: { in: doing, done: finish, steps: { one: {}, two: {} } }\n"                                          \
	"rights: { agent: [read, create, update, comment, note] }\n"

static struct error *act_complete(struct racer *racer, struct work *work)
{
	struct record *record;

	return engine_transition(work, model_type(racer->desk->model, T("work_task")), text_from(racer->number), T("complete"), 0, NULL,
	                         &record);
}

DESK_TEST_WITH(two_last_tasks_at_once_move_the_record_on_once, JOBS)
{
	struct racer racers[2] = { { .act = act_complete, .login = "agent" }, { .act = act_complete, .login = "lead" } };
	struct record_task *tasks;
	struct record *job;
	struct event *events;
	size_t count, finished = 0;

	desk_as(desk, "agent");
	job = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'x'}");
	assert_ok(engine_tasks(desk->work, desk_reload(desk, job), &tasks, &count));
	assert_int_equal(count, 2);
	for (int i = 0; i < 2; i++)
		racers[i].number = text_cstring(desk->arena, record_number(tasks[i].record));
	if (!desk->on->postgres)
		return; /* one writer: there is nothing to race */
	assert_int_equal(race(desk, racers), 2);
	desk_as(desk, NULL);
	job = desk_reload(desk, job);
	assert_true(text_equal(desk_state(job), T("review")));
	assert_ok(engine_history(desk->work, job, 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		finished += text_equal(value_get_text(events[i].payload, T("transition")), T("finish"));
	assert_int_equal(finished, 1);
	end(racers);
}

/* ---- each under the other ---- */

/* number: whose parent is set, login: by whom; text after the space is the parent. */
static struct error *act_adopt(struct racer *racer, struct work *work)
{
	text number = text_from(racer->number), own;
	struct value *patch = value_map(work->arena);
	struct record *record;

	text_cut(&number, ' ', &own);
	value_set_text(work->arena, patch, T("parent"), number);
	return engine_update(work, racer->desk->incident, own, 0, patch, &record);
}

DESK_TEST(two_records_do_not_come_under_each_other)
{
	struct racer racers[2] = { { .act = act_adopt, .login = "agent" }, { .act = act_adopt, .login = "lead" } };
	struct record *one, *two;

	desk_as(desk, "agent");
	one = desk_incident(desk, "{'title': 'one'}");
	two = desk_incident(desk, "{'title': 'two'}");
	racers[0].number = text_cstring(desk->arena, text_format(desk->arena, "%.*s %.*s", TEXT_ARG(record_number(one)), TEXT_ARG(record_number(two))));
	racers[1].number = text_cstring(desk->arena, text_format(desk->arena, "%.*s %.*s", TEXT_ARG(record_number(two)), TEXT_ARG(record_number(one))));
	if (!desk->on->postgres)
		return; /* one writer: there is nothing to race */
	assert_int_equal(race(desk, racers), 1);
	assert_refused(racers[0].error != NULL ? racers[0].error : racers[1].error, INVALID);
	end(racers);
}

DESK_TEST(records_lie_in_each_other_twenty_levels_deep)
{
	struct record *record = NULL, *last;
	struct error *error = NULL;
	int depth = 0;

	desk_as(desk, "agent");
	for (; error == NULL && depth < 100; depth++) {
		text json = record == NULL ? T("{'title': 'x'}")
		                           : text_format(desk->arena, "{'title': 'x', 'parent': '%.*s'}", TEXT_ARG(record_number(record)));
		error = IN_TX(desk, engine_create(desk->work, desk->incident, desk_json(desk, text_cstring(desk->arena, json)), &last));
		record = last;
	}
	assert_refused(error, INVALID);
	assert_int_equal(depth, 22); /* the first, twenty under it, and the one that is refused */
}

/* ---- work that is given out ---- */

#define SHARED "  give: { when: created, if: assignee is not set, then: [{ assign: round_robin }] }\n"
#define LEAST "  give: { when: created, if: assignee is not set, then: [{ assign: least_loaded }] }\n"

static struct error *act_report(struct racer *racer, struct work *work)
{
	struct value *input = value_map(work->arena);
	struct record *record;

	value_set_text(work->arena, input, T("title"), T("x"));
	value_set_text(work->arena, input, T("team"), T("pool"));
	TRY(engine_create(work, racer->desk->incident, input, &record));
	racer->number = text_cstring(racer->desk->arena, record_number(record));
	return NULL;
}

static int64_t assignee_of(struct desk *desk, const char *number)
{
	struct record *record;

	record_cache_reset(desk->work->cache);
	assert_ok(model_load_number(desk->work, desk->incident, text_from(number), &record));
	return record_id_of(record, record->type->assignee);
}

/* Two records that come at once go to two people, round after round: with three people each gets a third. */
static void share_out(struct desk *desk)
{
	int64_t given[12], people[3];
	static const char *const logins[] = { "ann", "bob", "cem" };

	desk_create(desk, desk->model->team, "{'name': 'pool', 'label': 'Pool'}");
	for (int i = 0; i < 3; i++) {
		desk_create(desk, desk->model->user, text_cstring(desk->arena, text_format(desk->arena,
		            "{'login': '%s', 'name': '%s', 'roles': ['agent'], 'teams': ['pool']}", logins[i], logins[i])));
		assert_ok(model_find_id(desk->work, desk->model->user, text_from(logins[i]), &people[i]));
	}
	if (!desk->on->postgres)
		return; /* one writer: there is nothing to race */
	for (int round = 0; round < 6; round++) {
		struct racer racers[2] = { { .act = act_report, .login = "agent" }, { .act = act_report, .login = "lead" } };

		assert_int_equal(race(desk, racers), 2);
		for (int i = 0; i < 2; i++)
			given[2 * round + i] = assignee_of(desk, racers[i].number);
		assert_int_not_equal(given[2 * round], given[2 * round + 1]);
		end(racers);
	}
	for (int i = 0; i < 3; i++) {
		int count = 0;
		for (size_t j = 0; j < array_length(given); j++)
			count += given[j] == people[i];
		assert_int_equal(count, 4);
	}
}

DESK_TEST_WITH(turns_are_taken_by_one_at_a_time, SHARED) { share_out(desk); }
DESK_TEST_WITH(loads_are_counted_by_one_at_a_time, LEAST) { share_out(desk); }

#define CALLING "  call: { when: state in_progress, then: [{ webhook: pager }, { notify: [requester], words: started }] }\n"

/* Who loses, and whoever is run again by the lane, sends nothing a second time. */
DESK_TEST_WITH(what_is_done_once_is_told_once, CALLING)
{
	struct racer racers[2] = { { .act = act_start, .login = "agent" }, { .act = act_start, .login = "lead" } };
	struct notification *told;
	struct outbox_entry *list;
	size_t count;

	if (!desk->on->postgres)
		return;
	struct record *hook = desk_create(desk, model_type(desk->model, T("webhook")),
	                                  "{'name': 'pager', 'label': 'Pager', 'url': 'https://pager.example.com/in'}");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	racers[0].number = racers[1].number = text_cstring(desk->arena, record_number(record));
	assert_int_equal(race(desk, racers), 1);
	desk_as(desk, NULL);
	assert_ok(engine_outbox(desk->work, desk_reload(desk, hook), 0, 10, &list, &count));
	assert_int_equal(count, 1);
	desk_as(desk, "reqa");
	assert_ok(engine_notifications(desk->work, false, 0, 10, &told, &count));
	assert_int_equal(count, 1);
	end(racers);
}
