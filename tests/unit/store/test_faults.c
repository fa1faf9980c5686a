/*
 * The disk fails: writes and fsyncs that are refused on demand (a shim over SQLite's own VFS) and a file that
 * may not grow (RLIMIT_FSIZE). What was answered stays, what was not saved says so, and the connection goes
 * on when the disk does.
 */
#include "store_both.h"

#include "store/lane.h"

#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/resource.h>

/* ---- the shim: SQLite's own files with two of their methods replaced ---- */

static atomic_int fail_sync, fail_write; /* the result code to give, 0 = work */
/* SQLite has one set of methods for the database and another for its log; only the log is disturbed. */
static const sqlite3_io_methods *real_methods;
static sqlite3_io_methods shim_methods;
static sqlite3_vfs *real_vfs, shim_vfs;

static int shim_write(sqlite3_file *file, const void *data, int size, sqlite3_int64 at)
{
	return fail_write != 0 ? fail_write : real_methods->xWrite(file, data, size, at);
}

static int shim_sync(sqlite3_file *file, int flags)
{
	return fail_sync != 0 ? fail_sync : real_methods->xSync(file, flags);
}

static int shim_open(sqlite3_vfs *vfs unused, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	int code = real_vfs->xOpen(real_vfs, name, file, flags, ret_flags);

	if (code == SQLITE_OK && (flags & SQLITE_OPEN_WAL) != 0) {
		if (real_methods == NULL) {
			real_methods = file->pMethods;
			shim_methods = *real_methods;
			shim_methods.xWrite = shim_write;
			shim_methods.xSync = shim_sync;
		}
		if (file->pMethods == real_methods)
			file->pMethods = &shim_methods;
	}
	return code;
}

__attribute__((constructor)) static void register_shim(void)
{
	real_vfs = sqlite3_vfs_find(NULL);
	shim_vfs = *real_vfs;
	shim_vfs.zName = "shim";
	shim_vfs.pNext = NULL;
	shim_vfs.xOpen = shim_open;
	sqlite3_vfs_register(&shim_vfs, 1);
}

/* ---- jobs ---- */

struct fault_job {
	struct lane_job job;
	int64_t id;
	size_t bytes;
	int fail_sync_from_here, fail_write_from_here;
};

static struct error *apply_fault(struct lane_job *job, struct store *store)
{
	struct fault_job *fault = (struct fault_job *)job;

	TRY(store_run_text(store, job->arena, T("INSERT INTO line (id, body) VALUES ($1, zeroblob($2))"),
			   CELLS(cell_integer(fault->id), cell_integer((int64_t)fault->bytes)), NULL));
	if (fault->fail_sync_from_here != 0)
		fail_sync = fault->fail_sync_from_here;
	if (fault->fail_write_from_here != 0)
		fail_write = fault->fail_write_from_here;
	return NULL;
}

static struct lane *start(struct store_fixture *on)
{
	struct lane_settings settings = { .store = on->settings };
	struct lane *lane;

	assert_ok(store_script(on->store, on->arena,
			       T("CREATE TABLE line (id INTEGER PRIMARY KEY, body BLOB) STRICT")));
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

static struct error *run(struct store_fixture *on, struct lane *lane, struct fault_job fault)
{
	fault.job = (struct lane_job){ .arena = on->arena, .apply = apply_fault, .name = "fault" };
	return lane_run(lane, &fault.job);
}

struct parallel {
	struct lane *lane;
	pthread_t thread;
	int64_t from;
	int64_t saved[200];
	size_t saved_count;
	int unavailable, others;
};

static void *run_many(void *data)
{
	struct parallel *parallel = data;

	for (int64_t i = 0; i < 200; i++) {
		struct arena *arena = arena_new(64 * 1024);
		struct fault_job fault = { .id = parallel->from + i, .bytes = 100 };

		fault.job = (struct lane_job){ .arena = arena, .apply = apply_fault, .name = "fault" };
		struct error *error = lane_run(parallel->lane, &fault.job);
		if (error == NULL)
			parallel->saved[parallel->saved_count++] = fault.id;
		else if (error->code == ERROR_UNAVAILABLE)
			parallel->unavailable++;
		else
			parallel->others++;
		arena_free(arena);
	}
	return NULL;
}

/* ---- the tests ---- */

static void commit_fails(struct fault_job fault)
{
	struct store_fixture on;
	struct lane_figures figures;

	store_fixture_open(&on, false);
	struct lane *lane = start(&on);
	assert_ok(run(&on, lane, (struct fault_job){ .id = 1 }));
	fault.id = 2;
	struct error *error = run(&on, lane, fault);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_UNAVAILABLE);
	assert_true(error->retry_after_s > 0);
	assert_refused(run(&on, lane, (struct fault_job){ .id = 3 }), UNAVAILABLE);
	fail_sync = fail_write = 0;
	assert_int_equal(count(&on), 1);
	assert_ok(run(&on, lane, (struct fault_job){ .id = 2 }));
	assert_int_equal(count(&on), 2);
	lane_figures(lane, &figures);
	assert_int_equal(figures.commits_failed, 2);
	assert_int_equal(figures.failed, 2);
	lane_stop(lane);
	assert_ok(store_check_integrity(on.store, on.arena));
	store_fixture_close(&on);
}

TEST(a_failing_fsync_at_commit_is_unavailable_and_undone)
{
	commit_fails((struct fault_job){ .fail_sync_from_here = SQLITE_IOERR_FSYNC });
}

TEST(a_failing_write_at_commit_is_unavailable_and_undone)
{
	commit_fails((struct fault_job){ .fail_write_from_here = SQLITE_IOERR_WRITE });
}

TEST(a_full_disk_at_commit_is_unavailable_and_undone)
{
	commit_fails((struct fault_job){ .fail_write_from_here = SQLITE_FULL });
}

TEST(a_full_disk_in_the_middle_of_a_job_is_unavailable_and_undone)
{
	struct store_fixture on;

	store_fixture_open(&on, false);
	on.settings.cache_kib = 64;
	struct lane *lane = start(&on);
	assert_ok(run(&on, lane, (struct fault_job){ .id = 1 }));
	fail_write = SQLITE_FULL;
	/* Larger than the page cache, so that it is written before COMMIT. */
	assert_refused(run(&on, lane, (struct fault_job){ .id = 2, .bytes = 4 * 1024 * 1024 }), UNAVAILABLE);
	fail_write = 0;
	assert_int_equal(count(&on), 1);
	assert_ok(run(&on, lane, (struct fault_job){ .id = 2, .bytes = 4 * 1024 * 1024 }));
	assert_int_equal(count(&on), 2);
	lane_stop(lane);
	assert_ok(store_check_integrity(on.store, on.arena));
	store_fixture_close(&on);
}

TEST(what_was_answered_is_there_while_the_disk_comes_and_goes)
{
	static struct parallel parallel[8];
	struct store_fixture on;
	size_t saved = 0;

	store_fixture_open(&on, false);
	struct lane *lane = start(&on);
	for (int i = 0; i < 8; i++) {
		parallel[i] = (struct parallel){ .lane = lane, .from = i * 1000 };
		assert_int_equal(pthread_create(&parallel[i].thread, NULL, run_many, &parallel[i]), 0);
	}
	for (int i = 0; i < 10; i++) {
		usleep(3000);
		if (i % 2 == 0)
			fail_sync = SQLITE_IOERR_FSYNC;
		else
			fail_write = SQLITE_FULL;
		usleep(1000);
		fail_sync = fail_write = 0;
	}
	for (int i = 0; i < 8; i++) {
		pthread_join(parallel[i].thread, NULL);
		assert_int_equal(parallel[i].others, 0);
		for (size_t j = 0; j < parallel[i].saved_count; j++) {
			int64_t changed;
			assert_ok(store_run_text(on.store, on.arena,
						 T("UPDATE line SET body = NULL WHERE id = $1"),
						 CELLS(cell_integer(parallel[i].saved[j])), &changed));
			assert_int_equal(changed, 1);
		}
		saved += parallel[i].saved_count;
	}
	assert_int_equal(count(&on), saved);
	lane_stop(lane);
	assert_ok(store_check_integrity(on.store, on.arena));
	store_fixture_close(&on);
}

/* The log of the database may not grow past a limit, as on a full file system; nothing is injected here. */
TEST(a_file_that_may_not_grow_is_unavailable_until_it_may)
{
	struct rlimit before, narrow;
	struct store_fixture on;
	int64_t saved = 0, refused = 0;

	store_fixture_open(&on, false);
	struct lane *lane = start(&on);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	narrow = before;
	narrow.rlim_cur = 1024 * 1024;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
	for (int64_t id = 1; id <= 40; id++) {
		struct error *error = run(&on, lane, (struct fault_job){ .id = id, .bytes = 100 * 1024 });

		saved += error == NULL;
		refused += error != NULL && error->code == ERROR_UNAVAILABLE;
	}
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_true(saved > 0);
	assert_true(refused > 0);
	assert_int_equal(saved + refused, 40);
	assert_int_equal(count(&on), saved);
	assert_ok(run(&on, lane, (struct fault_job){ .id = 1000, .bytes = 100 * 1024 }));
	assert_int_equal(count(&on), saved + 1);
	lane_stop(lane);
	assert_ok(store_check_integrity(on.store, on.arena));
	store_fixture_close(&on);
}
