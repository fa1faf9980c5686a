/*
 * The writer lane. SQLite: one thread, many jobs per COMMIT, each in its own savepoint. PostgreSQL: a few
 * threads, one transaction per job (the server commits groups by itself), run again when the server asks for
 * it. Nobody is answered before COMMIT.
 */
#include "store/lane.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/moment.h"
#include "base/random.h"
#include "store/driver.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>

#define LANE_THREADS_DEFAULT 4
#define LANE_THREADS_MAX 64
#define LANE_ATTEMPTS 10
#define LANE_ARENA_BYTES ((size_t)4 * 1024 * 1024)
/* How long a writer without work sleeps before it looks after its log. */
#define LANE_IDLE_MS 1000
/*
 * At most one line about slow jobs, and one about lost batches, in this time: a bad disk must not be filled
 * by lines.
 */
#define LANE_LINE_US (1000 * 1000)
#define LANE_SLOW_LINE_US (60 * 1000 * 1000)

struct lane_thread {
	struct lane *lane;
	struct store *store;
	struct arena *arena; /* for begin and commit; reset after each batch */
	int64_t generation;  /* of the connection that opened() has seen */
	int64_t slow_line_at_us, lost_line_at_us;
	pthread_t thread;
};

struct lane {
	struct arena *arena;
	struct lane_settings settings;
	pthread_mutex_t mutex; /* guards what follows */
	pthread_cond_t work;
	struct lane_job *first, *last;
	bool stopping;
	struct lane_figures figures;
	int thread_count;
	struct lane_thread threads[LANE_THREADS_MAX];
};

struct batch {
	struct lane_job *jobs[LIMIT_LANE_JOBS];
	struct error *errors[LIMIT_LANE_JOBS];
	size_t count;
};

/* ---- the queue ---- */

static struct error *refusal(struct arena *arena, const char *reason)
{
	struct error *error = error_new(arena, ERROR_UNAVAILABLE, "%s", reason);

	error->retry_after_s = 1;
	return error_hint(arena, error, "try again in a moment");
}

void lane_submit(struct lane *lane, struct lane_job *job)
{
	const char *reason = NULL;

	pthread_mutex_lock(&lane->mutex);
	if (lane->stopping) {
		reason = "the server is stopping";
	} else if (lane->figures.queued >= LIMIT_LANE_QUEUE) {
		reason = "too many changes are waiting to be saved";
	} else {
		job->next = NULL;
		if (lane->last != NULL)
			lane->last->next = job;
		else
			lane->first = job;
		lane->last = job;
		lane->figures.queued++;
		pthread_cond_signal(&lane->work);
	}
	pthread_mutex_unlock(&lane->mutex);
	if (reason != NULL)
		job->done(job, refusal(job->arena, reason));
}

/* The mutex is held. */
static struct lane_job *take_job(struct lane *lane)
{
	struct lane_job *job = lane->first;

	if (job == NULL)
		return NULL;
	lane->first = job->next;
	if (lane->first == NULL)
		lane->last = NULL;
	job->next = NULL;
	lane->figures.queued--;
	return job;
}

static struct lane_job *next_job(struct lane *lane)
{
	pthread_mutex_lock(&lane->mutex);
	struct lane_job *job = take_job(lane);
	pthread_mutex_unlock(&lane->mutex);
	return job;
}

/*
 * Sleeps until there is a job; NULL with *ret_over when the lane stops, NULL without it after an idle moment.
 */
static struct lane_job *wait_for_job(struct lane *lane, bool *ret_over)
{
	/* Reads the monotonic clock of base: the condition variable is made for the same clock. */
	int64_t until = monotonic_us() + LANE_IDLE_MS * 1000;
	struct timespec at = { .tv_sec = until / 1000000, .tv_nsec = until % 1000000 * 1000 };
	struct lane_job *job;
	int result = 0;

	pthread_mutex_lock(&lane->mutex);
	while ((job = take_job(lane)) == NULL && !lane->stopping && result != ETIMEDOUT)
		result = pthread_cond_timedwait(&lane->work, &lane->mutex, &at);
	*ret_over = job == NULL && lane->stopping;
	pthread_mutex_unlock(&lane->mutex);
	return job;
}

/* ---- figures and answers ---- */

static void count_batch(struct lane *lane, const struct batch *batch, bool committed, int64_t commit_us)
{
	pthread_mutex_lock(&lane->mutex);
	lane->figures.jobs += (int64_t)batch->count;
	lane->figures.batches++;
	lane->figures.commits_failed += committed ? 0 : 1;
	lane->figures.commit_us_total += commit_us;
	for (size_t i = 0; i < batch->count; i++)
		lane->figures.failed += batch->errors[i] == NULL ? 0 : 1;
	pthread_mutex_unlock(&lane->mutex);
}

/* What a job is told when its transaction was lost through no fault of the job. */
static struct error *not_saved(struct arena *arena, const struct error *cause)
{
	struct error *error = error_new(arena, ERROR_UNAVAILABLE, "the change could not be saved: %.*s",
					TEXT_ARG(cause->message));

	error->retry_after_s = maximum(cause->retry_after_s, INT64_C(1));
	return error_hint(arena, error, "nothing was changed; try again");
}

static void fail_batch(struct batch *batch, const struct error *cause)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->errors[i] = not_saved(batch->jobs[i]->arena, cause);
}

static void answer_batch(const struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++)
		batch->jobs[i]->done(batch->jobs[i], batch->errors[i]);
}

static void note_time(struct lane_thread *thread, const struct lane_job *job, int64_t begun_us)
{
	int64_t now = monotonic_us(), took = now - begun_us;

	if (took <= LIMIT_LANE_JOB_MS * 1000)
		return;
	pthread_mutex_lock(&thread->lane->mutex);
	int64_t slow = ++thread->lane->figures.slow;
	pthread_mutex_unlock(&thread->lane->mutex);
	if (thread->slow_line_at_us != 0 && now - thread->slow_line_at_us < LANE_SLOW_LINE_US)
		return;
	thread->slow_line_at_us = now;
	/*
	 * All are counted, for who looks at the figures. What nobody feels is not worth a warning, nor is it on PostgreSQL, where a
	 * job also waits for locks and for the network.
	 */
	bool felt = took > LIMIT_LANE_JOB_FELT_MS * 1000 && !thread->store->driver->dialect.has_sequences;
	log_line(felt ? LOG_WARNING : LOG_DEBUG,
		 "lane: slow job name=%s ms=%lld slow_jobs=%lld", job->name == NULL ? "?" : job->name,
		 (long long)(took / 1000), (long long)slow);
}

static void note_loss(struct lane_thread *thread, const struct batch *batch, const struct error *cause)
{
	int64_t now = monotonic_us();

	if (thread->lost_line_at_us != 0 && now - thread->lost_line_at_us < LANE_LINE_US)
		return;
	thread->lost_line_at_us = now;
	log_line(LOG_ERROR, "lane: %zu changes were not saved: %.*s", batch->count, TEXT_ARG(cause->message));
}

static struct error *call_opened(struct lane_thread *thread)
{
	const struct lane_settings *settings = &thread->lane->settings;

	thread->generation = thread->store->generation;
	return settings->opened == NULL ? NULL
					: settings->opened(settings->data, thread->store, thread->arena);
}

/* A transaction on a connection that opened() knows: a lost one comes back inside store_begin(). */
static struct error *begin_opened(struct lane_thread *thread)
{
	TRY(store_begin(thread->store, thread->arena));
	if (thread->store->generation == thread->generation)
		return NULL;
	store_rollback(thread->store);
	struct error *error = call_opened(thread);
	if (error == NULL)
		error = store_begin(thread->store, thread->arena);
	/* Half opened is not opened: the next job tries again. */
	if (error != NULL)
		thread->generation = -1;
	return error;
}

static struct error *begin(struct lane_thread *thread)
{
	const struct lane_settings *settings = &thread->lane->settings;
	struct error *error = begin_opened(thread);

	if (error != NULL || settings->begun == NULL)
		return error;
	error = settings->begun(settings->data, thread->store, thread->arena);
	if (error != NULL)
		store_rollback(thread->store);
	return error;
}

static struct error *commit(struct lane_thread *thread, int64_t *ret_us)
{
	int64_t begun = monotonic_us();
	struct error *error = store_commit(thread->store, thread->arena);

	*ret_us = monotonic_us() - begun;
	if (error == NULL && thread->lane->settings.committed != NULL)
		thread->lane->settings.committed(thread->lane->settings.data, thread->store);
	return error;
}

/* ---- SQLite: many jobs, one COMMIT ---- */

/*
 * One job in its savepoint. *ret_error is the job's own; the returned error means that the whole transaction
 * is gone.
 */
static struct error *run_in_savepoint(struct lane_thread *thread, struct lane_job *job,
				      struct error **ret_error)
{
	struct store *store = thread->store;
	int64_t begun = monotonic_us();

	TRY(store_savepoint(store, thread->arena));
	int depth = store->depth;
	struct error *error = job->apply(job, store);
	/* The job's arena lives on in other threads: nothing of it may hold on to this connection. */
	store_close_rows(store);
	while (store->depth > depth)
		store_undo(store);
	if (error != NULL && store_in_transaction(store))
		store_undo(store);
	if (!store_in_transaction(store))
		return error != NULL
			   ? error
			   : error_new(thread->arena, ERROR_UNAVAILABLE, "the transaction was lost");
	if (error == NULL)
		TRY(store_release(store, thread->arena));
	note_time(thread, job, begun);
	/* Nobody else writes, so there is nothing that a second try would find changed. */
	if (error != NULL && error->code == ERROR_RETRY)
		error = not_saved(job->arena, error);
	*ret_error = error;
	return NULL;
}

static void run_batch(struct lane_thread *thread, struct lane_job *job)
{
	struct batch batch = { .count = 0 };
	int64_t begun = monotonic_us(), commit_us = 0;
	struct error *lost = begin(thread);

	while (job != NULL) {
		struct error **error = &batch.errors[batch.count];

		batch.jobs[batch.count++] = job;
		*error = NULL;
		if (lost == NULL)
			lost = run_in_savepoint(thread, job, error);
		bool full = job->alone || batch.count == LIMIT_LANE_JOBS || monotonic_us() - begun > LIMIT_LANE_MS * 1000;
		job = lost != NULL || full ? NULL : next_job(thread->lane);
	}
	if (lost == NULL)
		lost = commit(thread, &commit_us);
	else
		store_rollback(thread->store);
	if (lost != NULL) {
		note_loss(thread, &batch, lost);
		fail_batch(&batch, lost);
	}
	count_batch(thread->lane, &batch, lost == NULL, commit_us);
	answer_batch(&batch);
}

/* ---- PostgreSQL: one job, one transaction ---- */

/* Two that stood in each other's way must not meet again at the same moment. */
static void back_off(int attempt)
{
	uint32_t random;

	random_bytes(&random, sizeof(random));
	int64_t us = 500 + random % (1000u << minimum(attempt, 6));
	struct timespec pause = { .tv_nsec = us * 1000 };
	nanosleep(&pause, NULL);
}

/* *ret_refused: the job itself failed, not the transaction around it. */
static struct error *try_job(struct lane_thread *thread, struct lane_job *job, int64_t *ret_commit_us,
			     bool *ret_refused)
{
	struct store *store = thread->store;

	*ret_refused = false;
	TRY(begin(thread));
	struct error *error = job->apply(job, store);
	store_close_rows(store);
	if (error == NULL && store->depth != 1)
		error = error_new(job->arena, ERROR_INTERNAL, "the job left a savepoint open");
	if (error == NULL)
		return commit(thread, ret_commit_us);
	*ret_refused = true;
	store_rollback(store);
	return error;
}

static void run_alone(struct lane_thread *thread, struct lane_job *job)
{
	struct batch batch = { .jobs = { job }, .count = 1 };
	int64_t commit_us = 0;
	struct error *error = NULL;
	bool refused = false;

	for (int attempt = 0; attempt < LANE_ATTEMPTS; attempt++) {
		int64_t begun = monotonic_us();

		if (attempt > 0)
			back_off(attempt);
		error = try_job(thread, job, &commit_us, &refused);
		note_time(thread, job, begun);
		if (error == NULL || error->code != ERROR_RETRY)
			break;
	}
	if (error != NULL && (error->code == ERROR_RETRY || error->code == ERROR_UNAVAILABLE))
		error = not_saved(job->arena, error);
	else if (error != NULL)
		/* Of this thread's arena, perhaps. */
		error = error_copy(job->arena, error);
	batch.errors[0] = error;
	count_batch(thread->lane, &batch, error == NULL || refused, commit_us);
	answer_batch(&batch);
}

/* ---- threads ---- */

static void *lane_main(void *data)
{
	struct lane_thread *thread = data;
	const struct store_driver *driver = thread->store->driver;
	bool over = false;

	while (!over) {
		struct lane_job *job = wait_for_job(thread->lane, &over);

		if (job != NULL && driver->dialect.has_sequences)
			run_alone(thread, job);
		else if (job != NULL)
			run_batch(thread, job);
		if (driver->rest != NULL)
			driver->rest(thread->store, job == NULL);
		arena_reset(thread->arena);
	}
	return NULL;
}

static void free_lane(struct lane *lane)
{
	for (int i = 0; i < lane->thread_count; i++) {
		store_close(lane->threads[i].store);
		arena_free(lane->threads[i].arena);
	}
	pthread_cond_destroy(&lane->work);
	pthread_mutex_destroy(&lane->mutex);
	arena_free(lane->arena);
}

static struct error *open_threads(struct arena *error_arena, struct lane *lane, int count)
{
	for (int i = 0; i < count; i++) {
		struct lane_thread *thread = &lane->threads[i];

		TRY(store_open(error_arena, &lane->settings.store, STORE_WRITE, &thread->store));
		thread->lane = lane;
		thread->arena = arena_new(LANE_ARENA_BYTES);
		lane->thread_count++;
		struct error *error = call_opened(thread);
		if (error != NULL)
			return error_copy(error_arena, error);
		arena_reset(thread->arena);
	}
	return NULL;
}

struct error *lane_start(struct arena *error_arena, const struct lane_settings *settings,
			 struct lane **ret_lane)
{
	struct arena *arena = arena_new(LANE_ARENA_BYTES);
	struct lane *lane = arena_new_struct(arena, struct lane);
	int count = !text_is_set(settings->store.url) ? 1
		    : settings->threads > 0	      ? settings->threads
						      : LANE_THREADS_DEFAULT;
	pthread_condattr_t monotonic;

	lane->arena = arena;
	lane->settings = *settings;
	pthread_mutex_init(&lane->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&lane->work, &monotonic);
	pthread_condattr_destroy(&monotonic);
	struct error *error = open_threads(error_arena, lane, minimum(count, LANE_THREADS_MAX));
	if (error != NULL) {
		free_lane(lane);
		return error;
	}
	for (int i = 0; i < lane->thread_count; i++)
		if (pthread_create(&lane->threads[i].thread, NULL, lane_main, &lane->threads[i]) != 0)
			log_fatal("no thread for the writer lane: %s", strerror(errno));
	*ret_lane = lane;
	return NULL;
}

void lane_stop(struct lane *lane)
{
	if (lane == NULL)
		return;
	pthread_mutex_lock(&lane->mutex);
	lane->stopping = true;
	pthread_cond_broadcast(&lane->work);
	pthread_mutex_unlock(&lane->mutex);
	for (int i = 0; i < lane->thread_count; i++)
		pthread_join(lane->threads[i].thread, NULL);
	free_lane(lane);
}

void lane_figures(struct lane *lane, struct lane_figures *ret_figures)
{
	pthread_mutex_lock(&lane->mutex);
	*ret_figures = lane->figures;
	pthread_mutex_unlock(&lane->mutex);
}

/* ---- waiting for one's own job ---- */

struct waiter {
	struct lane_job job;
	struct lane_job *inner;
	pthread_mutex_t mutex;
	pthread_cond_t answered;
	bool done;
	struct error *error;
};

/* The lane knows `job` only: it is the first member, so that the waiter is found again. */
static struct error *apply_inner(struct lane_job *job, struct store *store)
{
	struct waiter *waiter = (struct waiter *)job;

	return waiter->inner->apply(waiter->inner, store);
}

static void wake_waiter(struct lane_job *job, struct error *error)
{
	struct waiter *waiter = (struct waiter *)job;

	pthread_mutex_lock(&waiter->mutex);
	waiter->error = error;
	waiter->done = true;
	pthread_cond_signal(&waiter->answered);
	pthread_mutex_unlock(&waiter->mutex);
}

struct error *lane_run(struct lane *lane, struct lane_job *job)
{
	struct waiter waiter = {
		.job = { .arena = job->arena, .apply = apply_inner, .done = wake_waiter, .name = job->name, .alone = job->alone },
		.inner = job,
	};

	pthread_mutex_init(&waiter.mutex, NULL);
	pthread_cond_init(&waiter.answered, NULL);
	lane_submit(lane, &waiter.job);
	pthread_mutex_lock(&waiter.mutex);
	while (!waiter.done)
		pthread_cond_wait(&waiter.answered, &waiter.mutex);
	pthread_mutex_unlock(&waiter.mutex);
	pthread_cond_destroy(&waiter.answered);
	pthread_mutex_destroy(&waiter.mutex);
	return waiter.error;
}
