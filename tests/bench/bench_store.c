/*
 * The writer lane against the raw limit: a plain SQLite loop that writes the same rows (a counter, a record
 * with five indexes, an event) one per COMMIT and 100 per COMMIT, synchronous=FULL. Prints rows/s and the
 * ratio to the one-per-commit loop. bench_store [FOLDER] [SECONDS]     REEVE_TEST_POSTGRES adds the lane on
 * that server
 */
#include "base/arena.h"
#include "base/moment.h"
#include "store/lane.h"

#include <ftw.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define IN_FLIGHT 64

static const char *const schema =
    "CREATE TABLE counters (name TEXT PRIMARY KEY, number BIGINT NOT NULL);"
    "INSERT INTO counters VALUES ('record', 0);"
    "CREATE TABLE record (id BIGINT NOT NULL PRIMARY KEY, title TEXT NOT NULL, body TEXT NOT NULL, state "
    "TEXT NOT NULL,"
    " priority BIGINT NOT NULL, team BIGINT, person BIGINT, made_at BIGINT NOT NULL);"
    "CREATE INDEX record_state ON record (state, id); CREATE INDEX record_priority ON record (priority, id);"
    "CREATE INDEX record_team ON record (team, id); CREATE INDEX record_person ON record (person, id);"
    "CREATE INDEX record_made ON record (made_at);"
    "CREATE TABLE event (id BIGINT NOT NULL PRIMARY KEY, record BIGINT NOT NULL, body TEXT NOT NULL)";

#define NEXT_SQL "UPDATE counters SET number = number + 1 WHERE name = 'record' RETURNING number"
#define RECORD_SQL                                                                                           \
	"INSERT INTO record (id, title, body, state, priority, team, person, made_at) VALUES ($1, $2, $3, "  \
	"'new', $4, $5, $6, $7)"
#define EVENT_SQL "INSERT INTO event (id, record, body) VALUES ($1, $1, $2)"
#define TITLE "The printer on the second floor prints only every other page"
#define BODY                                                                                                 \
	"Since this morning every other page stays blank. I have switched it off and on, changed the paper " \
	"and "                                                                                               \
	"the toner, and tried from two computers. It is the large one beside the kitchen, and the whole "    \
	"team waits for it. "                                                                                \
	"The display shows no error and the test page is fine, so I think that it is the driver or the "     \
	"queue on the server."

static int64_t end_us;

static void fail(const char *what)
{
	fprintf(stderr, "bench_store: %s\n", what);
	exit(1);
}

/* ---- the raw loop ---- */

static sqlite3_stmt *prepare(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
	return statement;
}

static void step(sqlite3_stmt *statement)
{
	while (sqlite3_step(statement) == SQLITE_ROW)
		;
	if (sqlite3_reset(statement) != SQLITE_OK)
		fail("a statement failed");
}

static double raw_loop(const char *folder, int per_commit, double seconds)
{
	char path[256];
	int64_t rows = 0, begun = monotonic_us();
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/raw%d.db", folder, per_commit);
	if (sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_exec(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8192",
			 NULL, NULL, NULL) != SQLITE_OK ||
	    sqlite3_exec(db, schema, NULL, NULL, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
	sqlite3_stmt *begin = prepare(db, "BEGIN IMMEDIATE"), *commit = prepare(db, "COMMIT"),
		     *next = prepare(db, NEXT_SQL);
	sqlite3_stmt *record = prepare(db, RECORD_SQL), *event = prepare(db, EVENT_SQL);
	while (monotonic_us() - begun < (int64_t)(seconds * 1e6)) {
		step(begin);
		for (int i = 0; i < per_commit; i++) {
			sqlite3_step(next);
			int64_t id = sqlite3_column_int64(next, 0);
			step(next);
			sqlite3_bind_int64(record, 1, id);
			sqlite3_bind_text(record, 2, TITLE, -1, SQLITE_STATIC);
			sqlite3_bind_text(record, 3, BODY, -1, SQLITE_STATIC);
			sqlite3_bind_int64(record, 4, id % 5);
			sqlite3_bind_int64(record, 5, id % 50);
			sqlite3_bind_int64(record, 6, id * 7919 % 5000);
			sqlite3_bind_int64(record, 7, 1700000000000 + id);
			step(record);
			sqlite3_bind_int64(event, 1, id);
			sqlite3_bind_text(event, 2, BODY, -1, SQLITE_STATIC);
			step(event);
			rows++;
		}
		step(commit);
	}
	double rate = (double)rows * 1e6 / (double)(monotonic_us() - begun);
	sqlite3_finalize(begin);
	sqlite3_finalize(commit);
	sqlite3_finalize(next);
	sqlite3_finalize(record);
	sqlite3_finalize(event);
	sqlite3_close(db);
	return rate;
}

/* ---- the lane, with 64 jobs in flight ---- */

struct bench_job {
	struct lane_job job;
	struct lane *lane;
	sem_t *over;
	_Atomic int64_t *saved;
};

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(store, job->arena, T(NEXT_SQL), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	int64_t id = rows_integer(rows, 0);
	rows_close(rows);
	TRY(store_run_text(store, job->arena, T(RECORD_SQL),
			   CELLS(cell_integer(id), cell_text(T(TITLE)), cell_text(T(BODY)),
				 cell_integer(id % 5), cell_integer(id % 50), cell_integer(id * 7919 % 5000),
				 cell_moment(1700000000000 + id)),
			   NULL));
	return store_run_text(store, job->arena, T(EVENT_SQL), CELLS(cell_integer(id), cell_text(T(BODY))),
			      NULL);
}

/* As a worker would after its answer: the next request comes at once. */
static void done(struct lane_job *job, struct error *error)
{
	struct bench_job *bench = (struct bench_job *)job;

	if (error != NULL)
		fail(text_cstring(job->arena, error->message));
	++*bench->saved;
	arena_reset(job->arena);
	if (monotonic_us() < end_us)
		lane_submit(bench->lane, job);
	else
		sem_post(bench->over);
}

static double lane_loop(const struct store_settings *settings, int in_flight, double seconds)
{
	struct lane_settings lane_settings = { .store = *settings, .threads = 8 };
	struct arena *arena = arena_new(1024 * 1024);
	struct bench_job jobs[IN_FLIGHT];
	_Atomic int64_t saved = 0;
	struct lane *lane;
	sem_t over;

	struct error *error = lane_start(arena, &lane_settings, &lane);
	if (error != NULL)
		fail(text_cstring(arena, error->message));
	sem_init(&over, 0, 0);
	int64_t begun = monotonic_us();
	end_us = begun + (int64_t)(seconds * 1e6);
	for (int i = 0; i < in_flight; i++) {
		jobs[i] = (struct bench_job){
			{ .arena = arena_new(1024 * 1024), .apply = apply, .done = done, .name = "bench" },
			lane,
			&over,
			&saved
		};
		lane_submit(lane, &jobs[i].job);
	}
	for (int i = 0; i < in_flight; i++)
		sem_wait(&over);
	double rate = (double)saved * 1e6 / (double)(monotonic_us() - begun);
	lane_stop(lane);
	for (int i = 0; i < in_flight; i++)
		arena_free(jobs[i].job.arena);
	sem_destroy(&over);
	arena_free(arena);
	return rate;
}

static double lane_on(const struct store_settings *settings, int in_flight, double seconds)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct store *store;
	struct error *error = store_open(arena, settings, STORE_WRITE, &store);

	if (error == NULL)
		error = store_script(store, arena,
				     text_from("DROP TABLE IF EXISTS counters; DROP TABLE IF EXISTS record;"
					       "DROP TABLE IF EXISTS event"));
	if (error == NULL)
		error = store_script(store, arena, text_from(schema));
	if (error != NULL)
		fail(text_cstring(arena, error->message));
	store_close(store);
	arena_free(arena);
	return lane_loop(settings, in_flight, seconds);
}

static int remove_one(const char *path, const struct stat *info unused, int kind unused,
		      struct FTW *walk unused)
{
	return remove(path);
}

int main(int argc, char **argv)
{
	char folder[256];
	double seconds = 3;
	const char *url = getenv("REEVE_TEST_POSTGRES");

	if (argc > 2 && !text_to_real(text_from(argv[2]), &seconds))
		fail("usage: bench_store [FOLDER] [SECONDS]");
	snprintf(folder, sizeof(folder), "%s/reeve-bench-XXXXXX", argc > 1 ? argv[1] : "/tmp");
	if (mkdtemp(folder) == NULL)
		fail("no folder to work in");
	struct store_settings settings = { .data_dir = text_from(folder) };
	double one = raw_loop(folder, 1, seconds), hundred = raw_loop(folder, 100, seconds);
	double lane_1 = lane_on(&settings, 1, seconds), lane_64 = lane_on(&settings, IN_FLIGHT, seconds);
	printf("| writing | rows/s | of one per commit |\n|---|---|---|\n");
	printf("| raw loop, 1 per commit | %.0f | 1.00 |\n", one);
	printf("| raw loop, 100 per commit | %.0f | %.2f |\n", hundred, hundred / one);
	printf("| lane, 1 in flight | %.0f | %.2f |\n", lane_1, lane_1 / one);
	printf("| lane, 64 in flight | %.0f | %.2f |\n", lane_64, lane_64 / one);
	if (url != NULL) {
		settings.url = text_from(url);
		double postgres = lane_on(&settings, IN_FLIGHT, seconds);
		printf("| lane on PostgreSQL, 8 connections | %.0f | %.2f |\n", postgres, postgres / one);
	}
	nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return 0;
}
