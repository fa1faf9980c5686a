/*
 * The writer lane: nothing is answered before COMMIT, a job fails alone, a lost transaction fails all of
 * its batch.
 */
#include "store_both.h"

#include "base/limits.h"
#include "base/moment.h"
#include "store/lane.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* A job that writes `id` and then does what the test wants of it. */
struct write_job {
	struct lane_job job;
	struct arena *arena;
	int64_t id;
	struct error *(*then)(struct write_job *write, struct store *store);
	void *data;
	int runs;
	struct error *error;
	sem_t answered;
	bool was_answered;
};

static struct error *apply_write(struct lane_job *job, struct store *store)
{
	struct write_job *write = (struct write_job *)job;

	write->runs++;
	TRY(store_run_text(store, job->arena, T("INSERT INTO line (id, number) VALUES ($1, 0)"),
			   CELLS(cell_integer(write->id)), NULL));
	return write->then == NULL ? NULL : write->then(write, store);
}

static void answer_write(struct lane_job *job, struct error *error)
{
	struct write_job *write = (struct write_job *)job;

	write->error = error;
	write->was_answered = true;
	sem_post(&write->answered);
}

static void make_write(struct write_job *write, int64_t id,
		       struct error *(*then)(struct write_job *write, struct store *store), void *data)
{
	memset(write, 0, sizeof(*write));
	write->arena = arena_new(1024 * 1024);
	write->job = (struct lane_job){
		.arena = write->arena, .apply = apply_write, .done = answer_write, .name = "write"
	};
	write->id = id;
	write->then = then;
	write->data = data;
	sem_init(&write->answered, 0, 0);
}

static void end_write(struct write_job *write)
{
	sem_destroy(&write->answered);
	arena_free(write->arena);
}

static struct lane *start(struct store_fixture *on, int threads)
{
	struct lane_settings settings = { .store = on->settings, .threads = threads };
	struct lane *lane;

	assert_ok(
	    store_script(on->store, on->arena,
			 T("CREATE TABLE line (id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)")));
	assert_ok(lane_start(on->arena, &settings, &lane));
	return lane;
}

static int64_t count(struct store_fixture *on)
{
	struct rows *rows;
	bool row;

	assert_ok(store_query_text(on->store, on->arena, T("SELECT count(*) FROM line"), NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	int64_t number = rows_integer(rows, 0);
	rows_close(rows);
	return number;
}

/* Holds the lane until the test lets go, so that what is submitted meanwhile waits for the same batch. */
static struct error *wait_at_gate(struct write_job *write, struct store *store unused)
{
	sem_wait(write->data);
	return NULL;
}

static struct error *refuse(struct write_job *write, struct store *store unused)
{
	return error_new(write->job.arena, ERROR_INVALID, "not like this");
}

static struct error *lose_transaction(struct write_job *write, struct store *store)
{
	return store_run_text(store, write->job.arena,
			      T("INSERT OR ROLLBACK INTO line (id, number) VALUES ($1, 0)"),
			      CELLS(cell_integer(write->id)), NULL);
}

static struct error *leave_things_open(struct write_job *write, struct store *store)
{
	struct rows *rows;
	bool row;

	TRY(store_savepoint(store, write->job.arena));
	TRY(store_query_text(store, write->job.arena, T("SELECT id FROM line"), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	return error_new(write->job.arena, ERROR_INVALID, "left a savepoint and rows open");
}

#define BATCH 12

/* Runs BATCH jobs in one batch where job 5 does `then`. */
static void run_batch_with(struct store_fixture *on, struct lane *lane, int64_t from,
			   struct error *(*then)(struct write_job *write, struct store *store),
			   struct write_job *writes)
{
	struct write_job gate;
	sem_t open;

	sem_init(&open, 0, 0);
	make_write(&gate, from, wait_at_gate, &open);
	lane_submit(lane, &gate.job);
	for (int i = 0; i < BATCH; i++) {
		make_write(&writes[i], from + 1 + i, i == 5 ? then : NULL, on);
		lane_submit(lane, &writes[i].job);
	}
	usleep(30000);
	sem_post(&open);
	for (int i = 0; i < BATCH; i++)
		sem_wait(&writes[i].answered);
	sem_wait(&gate.answered);
	assert_null(gate.error);
	end_write(&gate);
	sem_destroy(&open);
}

STORE_TEST(a_job_fails_alone_and_its_neighbours_commit)
{
	struct lane *lane = start(on, 1);
	struct write_job writes[BATCH];
	struct lane_figures figures;

	run_batch_with(on, lane, 100, refuse, writes);
	assert_int_equal(count(on), BATCH);
	for (int i = 0; i < BATCH; i++) {
		if (i == 5)
			assert_refused(writes[i].error, INVALID);
		else
			assert_ok(writes[i].error);
		end_write(&writes[i]);
	}
	run_batch_with(on, lane, 200, leave_things_open, writes);
	assert_int_equal(count(on), 2 * BATCH);
	for (int i = 0; i < BATCH; i++) {
		assert_int_equal(writes[i].error == NULL, i != 5);
		end_write(&writes[i]);
	}
	lane_figures(lane, &figures);
	assert_int_equal(figures.jobs, 2 * BATCH + 2);
	assert_int_equal(figures.failed, 2);
	assert_int_equal(figures.commits_failed, 0);
	assert_int_equal(figures.queued, 0);
	if (!on->postgres)
		assert_int_equal(figures.batches, 4);
	lane_stop(lane);
}

TEST(an_error_that_takes_the_transaction_fails_the_whole_batch)
{
	struct store_fixture on;
	struct write_job writes[BATCH];
	struct lane_figures figures;

	store_fixture_open(&on, false);
	struct lane *lane = start(&on, 1);
	run_batch_with(&on, lane, 100, lose_transaction, writes);
	/* Those before and the one itself are lost together; those after ran in a batch of their own. */
	for (int i = 0; i < BATCH; i++) {
		if (i <= 5) {
			assert_refused(writes[i].error, UNAVAILABLE);
			assert_true(writes[i].error->retry_after_s > 0);
		} else {
			assert_ok(writes[i].error);
		}
		end_write(&writes[i]);
	}
	assert_int_equal(count(&on), 1 + BATCH - 6);
	lane_figures(lane, &figures);
	assert_int_equal(figures.commits_failed, 1);
	lane_stop(lane);
	store_fixture_close(&on);
}

#define SUBMITTERS 64
#define SUBMITS 20

struct submitter {
	struct lane *lane;
	struct store_fixture *on;
	pthread_t thread;
	int64_t from;
	int refused, saved;
};

static void *submit_many(void *data)
{
	struct submitter *submitter = data;

	for (int i = 0; i < SUBMITS; i++) {
		struct write_job write;

		make_write(&write, submitter->from + i, i % 5 == 4 ? refuse : NULL, NULL);
		struct error *error = lane_run(submitter->lane, &write.job);
		submitter->refused += error != NULL && error->code == ERROR_INVALID;
		submitter->saved += error == NULL;
		end_write(&write);
	}
	return NULL;
}

STORE_TEST(sixty_four_submitters_at_once)
{
	static struct submitter submitters[SUBMITTERS];
	struct lane *lane = start(on, 4);
	struct lane_figures figures;
	int saved = 0, refused = 0;

	for (int i = 0; i < SUBMITTERS; i++) {
		submitters[i] = (struct submitter){ .lane = lane, .on = on, .from = i * 1000 };
		assert_int_equal(pthread_create(&submitters[i].thread, NULL, submit_many, &submitters[i]), 0);
	}
	for (int i = 0; i < SUBMITTERS; i++) {
		pthread_join(submitters[i].thread, NULL);
		saved += submitters[i].saved;
		refused += submitters[i].refused;
	}
	assert_int_equal(saved, SUBMITTERS * SUBMITS * 4 / 5);
	assert_int_equal(refused, SUBMITTERS * SUBMITS / 5);
	assert_int_equal(count(on), saved);
	lane_figures(lane, &figures);
	assert_int_equal(figures.jobs, SUBMITTERS * SUBMITS);
	if (!on->postgres)
		assert_true(figures.batches < figures.jobs / 4);
	lane_stop(lane);
}

STORE_TEST(a_full_queue_answers_at_once)
{
	static struct write_job writes[LIMIT_LANE_QUEUE + 1];
	struct lane *lane = start(on, 1);
	struct write_job gate;
	struct lane_figures figures;
	sem_t open;

	sem_init(&open, 0, 0);
	make_write(&gate, 0, wait_at_gate, &open);
	lane_submit(lane, &gate.job);
	do
		lane_figures(lane, &figures);
	while (figures.queued > 0);
	for (int i = 0; i < LIMIT_LANE_QUEUE; i++) {
		make_write(&writes[i], i + 1, NULL, NULL);
		lane_submit(lane, &writes[i].job);
		assert_false(writes[i].was_answered);
	}
	make_write(&writes[LIMIT_LANE_QUEUE], 0, NULL, NULL);
	lane_submit(lane, &writes[LIMIT_LANE_QUEUE].job);
	assert_true(writes[LIMIT_LANE_QUEUE].was_answered);
	assert_refused(writes[LIMIT_LANE_QUEUE].error, UNAVAILABLE);
	sem_post(&open);
	/* Stopping finishes what was submitted. */
	lane_stop(lane);
	for (int i = 0; i < LIMIT_LANE_QUEUE; i++)
		assert_ok(writes[i].error);
	assert_int_equal(count(on), LIMIT_LANE_QUEUE + 1);
	for (int i = 0; i <= LIMIT_LANE_QUEUE; i++)
		end_write(&writes[i]);
	end_write(&gate);
	sem_destroy(&open);
}

/* ---- hooks ---- */

struct hooks {
	int opened, committed;
	int64_t memory_seen;
};

static struct error *hook_opened(void *data, struct store *store, struct arena *arena unused)
{
	((struct hooks *)data)->opened++;
	*(int64_t *)store_memory(store) = 42;
	return NULL;
}

static void hook_committed(void *data, struct store *store)
{
	((struct hooks *)data)->committed++;
	((struct hooks *)data)->memory_seen = *(int64_t *)store_memory(store);
}

static struct error *change_memory(struct write_job *write unused, struct store *store)
{
	++*(int64_t *)store_memory(store);
	return NULL;
}

static struct error *change_memory_and_refuse(struct write_job *write, struct store *store)
{
	*(int64_t *)store_memory(store) += 1000;
	return refuse(write, store);
}

STORE_TEST(hooks_are_called_and_memory_follows_the_transaction)
{
	struct hooks hooks = { 0 };
	struct lane_settings settings = { .store = on->settings,
					  .threads = 1,
					  .opened = hook_opened,
					  .committed = hook_committed,
					  .data = &hooks };
	struct write_job write;
	struct lane *lane;

	assert_ok(
	    store_script(on->store, on->arena,
			 T("CREATE TABLE line (id BIGINT NOT NULL PRIMARY KEY, number BIGINT NOT NULL)")));
	assert_ok(lane_start(on->arena, &settings, &lane));
	make_write(&write, 1, change_memory, NULL);
	assert_ok(lane_run(lane, &write.job));
	assert_int_equal(hooks.memory_seen, 43);
	write.id = 2;
	write.then = change_memory_and_refuse;
	assert_refused(lane_run(lane, &write.job), INVALID);
	write.id = 3;
	write.then = change_memory;
	assert_ok(lane_run(lane, &write.job));
	assert_int_equal(hooks.memory_seen, 44);
	assert_int_equal(hooks.opened, 1);
	lane_stop(lane);
	end_write(&write);
}

static struct error *fail_to_open(void *data unused, struct store *store unused, struct arena *arena)
{
	return error_new(arena, ERROR_CONFLICT, "the seal is broken");
}

STORE_TEST(a_lane_that_cannot_open_does_not_start)
{
	struct lane_settings settings = { .store = on->settings, .opened = fail_to_open };
	struct lane *lane;
	struct error *error = lane_start(on->arena, &settings, &lane);

	assert_non_null(error);
	assert_text(error->message, "the seal is broken");
}

/* ---- PostgreSQL only ---- */

static struct error *kill_own_session(struct write_job *write, struct store *store)
{
	char sql[64];
	struct rows *rows;
	bool row;

	if (write->runs > 1)
		return NULL;
	TRY(store_query_text(store, write->job.arena, T("SELECT pg_backend_pid()"), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	snprintf(sql, sizeof(sql), "SELECT pg_terminate_backend(%lld, 5000)",
		 (long long)rows_integer(rows, 0));
	rows_close(rows);
	store_fixture_admin(sql);
	return store_run_text(store, write->job.arena, T("UPDATE line SET number = 1"), NO_CELLS, NULL);
}

static void skip_without_postgres(void)
{
	if (getenv("REEVE_TEST_POSTGRES") == NULL) {
		print_message("skipped: REEVE_TEST_POSTGRES is not set\n");
		skip();
	}
}

TEST(a_killed_session_fails_its_job_and_the_next_gets_a_new_one)
{
	struct hooks hooks = { 0 };
	struct store_fixture on;
	struct write_job write;
	struct lane *lane;

	skip_without_postgres();
	store_fixture_open(&on, true);
	struct lane_settings settings = {
		.store = on.settings, .threads = 1, .opened = hook_opened, .data = &hooks
	};
	assert_ok(
	    store_script(on.store, on.arena, T("CREATE TABLE line (id BIGINT PRIMARY KEY, number BIGINT)")));
	assert_ok(lane_start(on.arena, &settings, &lane));
	make_write(&write, 1, kill_own_session, NULL);
	assert_refused(lane_run(lane, &write.job), UNAVAILABLE);
	assert_int_equal(count(&on), 0);
	assert_ok(lane_run(lane, &write.job));
	assert_int_equal(count(&on), 1);
	/* The new session was made known before its first job. */
	assert_int_equal(hooks.opened, 2);
	lane_stop(lane);
	end_write(&write);
	store_fixture_close(&on);
}

TEST(a_session_lost_while_idle_is_not_noticed_by_anybody)
{
	struct store_fixture on;
	struct write_job write;

	skip_without_postgres();
	store_fixture_open(&on, true);
	struct lane *lane = start(&on, 1);
	struct store *reader;

	assert_ok(store_open(on.arena, &on.settings, STORE_READ, &reader));
	for (int round = 0; round < 2; round++) {
		store_fixture_admin(
		    text_format(on.arena,
				"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
				"WHERE application_name = '%s'",
				on.schema)
			.data);
		make_write(&write, 1 + round, NULL, NULL);
		assert_ok(lane_run(lane, &write.job));
		end_write(&write);
		struct rows *rows;
		bool row;
		assert_ok(
		    store_query_text(reader, on.arena, T("SELECT count(*) FROM line"), NO_CELLS, &rows));
		assert_ok(rows_next(rows, &row));
		assert_int_equal(rows_integer(rows, 0), 1 + round);
		rows_close(rows);
	}
	lane_stop(lane);
	store_close(reader);
	store_fixture_close(&on);
}

TEST(a_read_transaction_that_lost_its_session_says_so_until_it_ends)
{
	struct store_fixture on;
	struct store *reader;

	skip_without_postgres();
	store_fixture_open(&on, true);
	assert_ok(store_open(on.arena, &on.settings, STORE_READ, &reader));
	assert_ok(store_begin(reader, on.arena));
	assert_ok(store_check_integrity(reader, on.arena));
	assert_true(store_alive(reader));
	store_fixture_admin(text_format(on.arena,
					"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
					"WHERE application_name = '%s'",
					on.schema)
				.data);
	/* The second answer must not come from a new session: it would be of another moment. */
	assert_refused(store_check_integrity(reader, on.arena), UNAVAILABLE);
	assert_refused(store_check_integrity(reader, on.arena), UNAVAILABLE);
	assert_false(store_alive(reader));
	assert_refused(store_commit(reader, on.arena), UNAVAILABLE);
	assert_ok(store_begin(reader, on.arena));
	assert_ok(store_check_integrity(reader, on.arena));
	assert_ok(store_commit(reader, on.arena));
	assert_true(store_alive(reader));
	store_close(reader);
	store_fixture_close(&on);
}

struct crossing {
	pthread_barrier_t both_hold_one;
};

/* Locks two records in an order that the other job does not share: the server undoes one of both. */
static struct error *lock_crosswise(struct write_job *write, struct store *store)
{
	struct crossing *crossing = write->data;
	int64_t first = write->id == 101 ? 1 : 2;

	TRY(store_run_text(store, write->job.arena, T("UPDATE line SET number = number + 1 WHERE id = $1"),
			   CELLS(cell_integer(first)), NULL));
	if (write->runs == 1)
		pthread_barrier_wait(&crossing->both_hold_one);
	return store_run_text(store, write->job.arena, T("UPDATE line SET number = number + 1 WHERE id = $1"),
			      CELLS(cell_integer(3 - first)), NULL);
}

TEST(a_deadlock_is_run_again)
{
	struct crossing crossing;
	struct store_fixture on;
	struct write_job writes[2];

	skip_without_postgres();
	store_fixture_open(&on, true);
	struct lane *lane = start(&on, 2);
	assert_ok(store_script(on.store, on.arena, T("INSERT INTO line (id, number) VALUES (1, 0), (2, 0)")));
	pthread_barrier_init(&crossing.both_hold_one, NULL, 2);
	for (int i = 0; i < 2; i++) {
		make_write(&writes[i], 101 + i, lock_crosswise, &crossing);
		lane_submit(lane, &writes[i].job);
	}
	for (int i = 0; i < 2; i++) {
		sem_wait(&writes[i].answered);
		assert_ok(writes[i].error);
	}
	assert_true(writes[0].runs + writes[1].runs >= 3); /* the second run may meet the other again */
	struct rows *rows;
	bool row;
	assert_ok(store_query_text(on.store, on.arena, T("SELECT sum(number) FROM line"), NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_int_equal(rows_integer(rows, 0), 4);
	rows_close(rows);
	lane_stop(lane);
	pthread_barrier_destroy(&crossing.both_hold_one);
	end_write(&writes[0]);
	end_write(&writes[1]);
	store_fixture_close(&on);
}

static struct error *always_again(struct write_job *write, struct store *store unused)
{
	return error_new(write->job.arena, ERROR_RETRY, "again");
}

STORE_TEST(what_never_succeeds_is_given_up)
{
	struct lane *lane = start(on, 1);
	struct write_job write;

	make_write(&write, 1, always_again, NULL);
	assert_refused(lane_run(lane, &write.job), UNAVAILABLE);
	assert_int_equal(write.runs, on->postgres ? 10 : 1);
	assert_int_equal(count(on), 0);
	lane_stop(lane);
	end_write(&write);
}

static struct error *write_much(struct write_job *write, struct store *store)
{
	for (int64_t i = 1; i <= 100; i++)
		TRY(store_run_text(store, write->job.arena,
				   T("INSERT INTO bulk (body) VALUES (zeroblob(200000))"), NO_CELLS, NULL));
	return NULL;
}

TEST(the_log_is_cut_when_the_lane_rests)
{
	struct store_fixture on;
	struct write_job write;
	struct stat info;

	store_fixture_open(&on, false);
	struct lane *lane = start(&on, 1);
	text log = text_format(on.arena, "%s/reeve.db-wal", on.folder);
	assert_ok(store_script(on.store, on.arena, T("CREATE TABLE bulk (body BLOB)")));
	make_write(&write, 1, write_much, NULL);
	assert_ok(lane_run(lane, &write.job));
	assert_int_equal(stat(log.data, &info), 0);
	assert_true(info.st_size > 16 * 1024 * 1024);
	for (int i = 0; i < 100 && info.st_size > 0; i++) {
		usleep(50000);
		assert_int_equal(stat(log.data, &info), 0);
	}
	assert_int_equal(info.st_size, 0);
	assert_int_equal(count(&on), 1);
	lane_stop(lane);
	end_write(&write);
	store_fixture_close(&on);
}

/* ---- killed under load ---- */

/* The system's write(2), whose name the jobs of this file have taken. */
static ssize_t write_to(int descriptor, const void *data, size_t size)
{
	return write(descriptor, data, size);
}

struct killed_submitter {
	struct lane *lane;
	int64_t from;
	int to;
};

static void *submit_until_killed(void *data)
{
	struct killed_submitter *submitter = data;

	for (int64_t id = submitter->from;; id++) {
		struct write_job write;

		make_write(&write, id, id % 5 == 4 ? refuse : NULL, NULL);
		if (lane_run(submitter->lane, &write.job) == NULL &&
		    write_to(submitter->to, &id, sizeof(id)) != sizeof(id))
			break;
		end_write(&write);
	}
	return NULL;
}

static void serve_until_killed(const struct store_settings *store, int64_t from, int to)
{
	static struct killed_submitter submitters[8];
	struct arena *arena = arena_new(1024 * 1024);
	struct lane_settings settings = { .store = *store, .threads = 3 };
	struct lane *lane;
	pthread_t thread;

	if (lane_start(arena, &settings, &lane) != NULL)
		_exit(1);
	for (size_t i = 0; i < array_length(submitters); i++) {
		submitters[i] = (struct killed_submitter){ lane, from + (int64_t)i * 100000, to };
		if (pthread_create(&thread, NULL, submit_until_killed, &submitters[i]) != 0)
			_exit(1);
	}
	pthread_join(thread, NULL);
	_exit(1);
}

STORE_TEST(kill_loses_nothing_that_was_answered)
{
	static int64_t told[100000];
	size_t told_count = 0;

	lane_stop(start(on, 1));
	/* SQLite must not be carried over a fork. */
	store_close(on->store);
	for (int64_t round = 0; round < 4; round++) {
		int ends[2];
		int64_t id;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0)
			serve_until_killed(&on->settings, (round + 1) * 10000000, ends[1]);
		close(ends[1]);
		for (int i = 0; i < 300 + 57 * (int)round; i++) {
			assert_int_equal(read(ends[0], &id, sizeof(id)), sizeof(id));
			told[told_count++] = id;
		}
		kill(child, SIGKILL);
		while (read(ends[0], &id, sizeof(id)) == sizeof(id))
			told[told_count++] = id;
		waitpid(child, NULL, 0);
		close(ends[0]);
	}
	assert_ok(store_open(on->arena, &on->settings, STORE_WRITE, &on->store));
	for (size_t i = 0; i < told_count; i++) {
		int64_t changed;
		assert_ok(store_run_text(on->store, on->arena,
					 T("UPDATE line SET number = number + 1 WHERE id = $1"),
					 CELLS(cell_integer(told[i])), &changed));
		assert_int_equal(changed, 1);
	}
	struct rows *rows;
	bool row;
	assert_ok(store_query_text(on->store, on->arena,
				   T("SELECT count(*) FROM line WHERE id % 5 = 4 OR number > 1"), NO_CELLS,
				   &rows));
	assert_ok(rows_next(rows, &row));
	assert_int_equal(rows_integer(rows, 0), 0);
	rows_close(rows);
	assert_ok(store_check_integrity(on->store, on->arena));
}
