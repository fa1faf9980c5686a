/*
 * The only way to write. A job's apply() changes the store through a writing connection and is answered after COMMIT.
 *
 * On SQLite one thread is the lane: it takes jobs in order, runs each in a SAVEPOINT, ends the batch at LIMIT_LANE_JOBS or
 * LIMIT_LANE_MS, commits once and only then calls done() of each. A job that fails is undone alone; when COMMIT fails, or an
 * error left the transaction (store_in_transaction), the whole batch is answered ERROR_UNAVAILABLE.
 * Jobs after a lost transaction run in a batch of their own; done() of all comes in the order of submission.
 * On PostgreSQL a small pool of threads runs each job in a transaction of its own and again on ERROR_RETRY (up to 10 times).
 *
 * apply() therefore: has no effect outside the database, may run twice, takes at most LIMIT_LANE_JOB_MS (slower ones are
 * logged), and never sleeps, hashes, parses uploads or renders.
 */
#ifndef REEVE_STORE_LANE_H
#define REEVE_STORE_LANE_H

#include "store/store.h"

struct lane;

struct lane_job {
	/* Memory of the job: only this job uses it, on one thread at a time. Owned by whoever submits. */
	struct arena *arena;
	/* Runs on a lane thread, in a transaction. */
	struct error *(*apply)(struct lane_job *job, struct store *store);
	/* Runs on a lane thread after COMMIT (error NULL) or failure; must be quick: hand the rest to a worker. */
	void (*done)(struct lane_job *job, struct error *error);
	const char *name; /* for the log line of a slow job */
	bool alone;       /* what it changes must be committed and taken up (lane_settings.committed) before another job runs */
	struct lane_job *next; /* the lane's own */
};

struct lane_settings {
	struct store_settings store;
	int threads;          /* PostgreSQL connections; ignored on SQLite */
	/* Called once on each new writing connection (a lost one that came back is new), before its first job; may be NULL. */
	struct error *(*opened)(void *data, struct store *store, struct arena *arena);
	/* Called on the lane thread at the beginning of each transaction, before its jobs; an error is that of the jobs; may be NULL. */
	struct error *(*begun)(void *data, struct store *store, struct arena *arena);
	/* Called on the lane thread after each successful COMMIT, before the jobs are answered; quick; may be NULL. */
	void (*committed)(void *data, struct store *store);
	void *data;
};

must_use struct error *lane_start(struct arena *error_arena, const struct lane_settings *settings, struct lane **ret_lane);
/* Never blocks. When LIMIT_LANE_QUEUE jobs wait, or the lane is stopping, done() is called at once with ERROR_UNAVAILABLE. */
void lane_submit(struct lane *lane, struct lane_job *job);
/*
 * Submits and waits: for threads that may block (timers, import, command line, tests), never from apply() or done().
 * done() is not called.
 */
must_use struct error *lane_run(struct lane *lane, struct lane_job *job);
/* Finishes what was submitted, then closes the connections. */
void lane_stop(struct lane *lane);

struct lane_figures {
	int64_t jobs, batches, failed, commits_failed, slow;
	int64_t queued;          /* now */
	int64_t commit_us_total; /* time in COMMIT */
};
/* For /metrics and the health page. Any thread. */
void lane_figures(struct lane *lane, struct lane_figures *ret_figures);

#endif
