/*
 * What goes on beside the requests: due clocks and timers, the search index, seals on PostgreSQL, webhooks, and the broom. Each is one thread
 * that waits until something was committed or its time has come; a failure is logged and tried again, never fatal.
 */
#include "cli/cli_private.h"

#include <pthread.h>

#include "base/limits.h"
#include "base/log.h"
#include "store/blob.h"

#define TASK_TIMERS 0
#define TASK_SEARCH 1
#define TASK_SEALS 2
#define TASK_BROOM 3
#define TASK_WEBHOOKS 4
#define TASK_COUNT 5
#define BATCH 200
#define ORPHANS_PER_RUN 1000

struct task {
	struct background *background;
	const char *name;
	/* Does what is due; *ret_wait_ms is when to look again without being woken. */
	struct error *(*run)(struct program *program, struct work *work, int64_t *ret_wait_ms);
	bool wakes_on_commit;
	int64_t spacing_ms; /* rests at least so long between two runs, however much is committed */
	pthread_t thread;
	bool started;
};

struct background {
	struct program *program;
	pthread_mutex_t lock;
	pthread_cond_t changed;
	uint64_t commits;
	bool stopping;
	struct task tasks[TASK_COUNT];
};

/* ---- timers ---- */

static struct error *change_due(struct work *work, void *data) { return engine_run_due(work, data); }

static struct error *run_timers(struct program *program, struct work *work, int64_t *ret_wait_ms)
{
	struct due *due;
	size_t count;
	moment next;
	TRY(engine_find_due(work, BATCH, &due, &count, &next));
	for (size_t i = 0; i < count; i++) {
		struct arena *arena = arena_new(LIMIT_WORK_BYTES);
		struct error *error = program_write(program, arena, ORIGIN_TIMER, change_due, &due[i]);
		if (error != NULL)
			log_error("timer", error);
		arena_free(arena);
	}
	int64_t wait = next == MOMENT_UNSET ? 30 * SECOND_MS : next - work->now;
	*ret_wait_ms = count == BATCH ? 0 : maximum(50, minimum(wait, 30 * SECOND_MS));
	if (count > 0 && count < BATCH)
		*ret_wait_ms = 50; /* what ran may have planned something that is due at once */
	return NULL;
}

/* ---- search ---- */

static struct error *run_search(struct program *program, struct work *work, int64_t *ret_wait_ms)
{
	int64_t indexed;
	TRY(search_run(program->search, work, 2000, &indexed));
	*ret_wait_ms = indexed > 0 ? 0 : SECOND_MS;
	return NULL;
}

/* ---- seals ---- */

struct sealing {
	struct program *program;
	int64_t sealed;
};

static struct error *change_seals(struct work *work, void *data)
{
	struct sealing *sealing = data;
	TRY(sealer_run(sealing->program->sealer, work, 1000, &sealing->sealed));
	if (sealing->sealed > 0)
		TRY(store_notify(work->store, work->arena, T(WEB_NOTIFY_CHANNEL)));
	return NULL;
}

static struct error *run_seals(struct program *program, struct work *work, int64_t *ret_wait_ms)
{
	struct sealing sealing = { .program = program };
	sealer_rest(program->sealer);
	*ret_wait_ms = SECOND_MS;
	if (text_is_set(program->store.url))
		TRY(program_follow_model(program, work->store, work->arena)); /* readers of this node go on with what another published */
	else
		return NULL; /* on SQLite the lane seals as it writes: only the log of heads is brought up to date */
	TRY(program_write(program, work->arena, ORIGIN_TIMER, change_seals, &sealing));
	*ret_wait_ms = sealing.sealed == 1000 ? 0 : 100;
	return NULL;
}

/* ---- the broom ---- */

/* At the start, and each hour, in case other definitions were published. */
static struct error *change_daily(struct work *work, void *data)
{
	(void)data;
	return engine_plan_daily(work);
}

static struct error *change_sweep(struct work *work, void *data)
{
	(void)data;
	return access_sweep(work, 1000);
}

static struct error *change_outbox(struct work *work, void *data)
{
	return engine_outbox_sweep(work, 1000, data);
}

/* Orphans: contents that nothing uses and that are old enough. */
struct orphans {
	struct work *work; /* its arena is emptied for each content that is looked at */
	struct arena *arena;
	text hashes[ORPHANS_PER_RUN];
	size_t count;
	int64_t made_before;
};

static struct error *collect_orphan(void *data, text hash, int64_t size unused, int64_t made_at)
{
	struct orphans *orphans = data;
	bool used;
	if (made_at >= orphans->made_before || orphans->count == ORPHANS_PER_RUN)
		return NULL;
	arena_reset(orphans->work->arena);
	TRY(engine_blob_used(orphans->work, hash, &used));
	if (!used)
		orphans->hashes[orphans->count++] = text_copy(orphans->arena, hash);
	return NULL;
}

struct orphan {
	text hash;
	int64_t made_before;
};

/* Whether it is in use is asked again here, where nobody else writes. */
static struct error *change_orphan(struct work *work, void *data)
{
	struct orphan *orphan = data;
	return engine_sweep_blob(work, orphan->hash, orphan->made_before);
}

static struct error *find_orphans(struct program *program, struct work *work, struct orphans *orphans)
{
	struct work looking = *work;
	struct store *store;
	TRY(store_open(work->arena, &program->store, text_is_set(program->store.url) ? STORE_WRITE : STORE_READ, &store));
	looking.arena = arena_new(LIMIT_WORK_BYTES);
	orphans->work = &looking;
	struct error *error = blob_each(store, work->arena, collect_orphan, orphans);
	if (error != NULL)
		error = error_copy(work->arena, error);
	arena_free(looking.arena);
	store_close(store);
	return error;
}

static struct error *sweep_orphans(struct program *program, struct work *work)
{
	struct orphans *orphans = arena_new_struct(work->arena, struct orphans);
	orphans->arena = work->arena;
	orphans->made_before = moment_now() - LIMIT_ORPHAN_MS; /* age is what the disk says: the real clock */
	TRY(find_orphans(program, work, orphans));
	for (size_t i = 0; i < orphans->count; i++) {
		struct orphan orphan = { orphans->hashes[i], orphans->made_before };
		TRY(program_write(program, work->arena, ORIGIN_TIMER, change_orphan, &orphan));
	}
	return NULL;
}

static struct error *run_broom(struct program *program, struct work *work, int64_t *ret_wait_ms)
{
	*ret_wait_ms = HOUR_MS;
	TRY(program_write(program, work->arena, ORIGIN_TIMER, change_daily, NULL));
	TRY(program_write(program, work->arena, ORIGIN_TIMER, change_sweep, NULL));
	for (bool more = true; more;) /* other people's changes go between */
		TRY(program_write(program, work->arena, ORIGIN_TIMER, change_outbox, &more));
	return sweep_orphans(program, work);
}

/* ---- threads ---- */

static struct timespec at_us(int64_t us)
{
	return (struct timespec){ .tv_sec = us / 1000000, .tv_nsec = (us % 1000000) * 1000 };
}

static bool wait_for_work(struct task *task, uint64_t seen, int64_t wait_ms)
{
	struct background *background = task->background;
	int64_t now_us = monotonic_us(), until_us = now_us + wait_ms * 1000, rest_us = now_us + task->spacing_ms * 1000;
	(void)pthread_mutex_lock(&background->lock);
	while (!background->stopping && wait_ms > 0) {
		bool rested = monotonic_us() >= rest_us;
		if (rested && task->wakes_on_commit && background->commits != seen)
			break;
		struct timespec until = rested || wait_ms < task->spacing_ms ? at_us(until_us) : at_us(rest_us);
		if (pthread_cond_timedwait(&background->changed, &background->lock, &until) != 0 && monotonic_us() >= until_us)
			break;
	}
	bool go_on = !background->stopping;
	(void)pthread_mutex_unlock(&background->lock);
	return go_on;
}

static uint64_t commits_of(struct background *background)
{
	(void)pthread_mutex_lock(&background->lock);
	uint64_t commits = background->commits;
	(void)pthread_mutex_unlock(&background->lock);
	return commits;
}

static void *run_task(void *data)
{
	struct task *task = data;
	int64_t wait_ms = 0;
	struct arena *reader_arena = arena_new(LIMIT_WORK_BYTES), *arena = arena_new(LIMIT_WORK_BYTES);
	struct work reader = { 0 };
	bool open = false;
	uint64_t seen = 0;
	while (wait_for_work(task, seen, wait_ms)) {
		seen = commits_of(task->background);
		struct error *error = NULL;
		if (!open)
			error = program_reader(task->background->program, reader_arena, ORIGIN_TIMER, &reader);
		open = error == NULL;
		if (open) {
			struct work work = reader;
			work.arena = arena;
			work.model = program_model(task->background->program);
			work.cache = record_cache_new(arena, &task->background->program->generation);
			work.now = program_now(task->background->program);
			error = task->run(task->background->program, &work, &wait_ms);
		}
		if (error != NULL) {
			log_error(task->name, error);
			wait_ms = 2 * SECOND_MS;
			if (error->code == ERROR_UNAVAILABLE || !open) { /* a lost database: begin anew with a new connection */
				arena_reset(reader_arena);
				open = false;
			}
		}
		arena_reset(arena);
	}
	arena_free(arena);
	arena_free(reader_arena);
	return NULL;
}

struct error *background_start(struct arena *error_arena, struct program *program)
{
	struct background *background = arena_new_struct(program->arena, struct background);
	background->program = program;
	pthread_condattr_t attributes;
	(void)pthread_condattr_init(&attributes);
	(void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	(void)pthread_mutex_init(&background->lock, NULL);
	(void)pthread_cond_init(&background->changed, &attributes);
	(void)pthread_condattr_destroy(&attributes);
	background->tasks[TASK_TIMERS] = (struct task){ .name = "timers", .run = run_timers, .wakes_on_commit = true, .spacing_ms = 100 };
	background->tasks[TASK_SEARCH] = (struct task){ .name = "search index", .run = run_search, .wakes_on_commit = true, .spacing_ms = 50 };
	background->tasks[TASK_SEALS] = (struct task){ .name = "seals", .run = run_seals, .spacing_ms = 10,
	                                                  .wakes_on_commit = text_is_set(program->store.url) };
	background->tasks[TASK_WEBHOOKS] = (struct task){ .name = "webhooks", .run = deliver_run, .wakes_on_commit = true, .spacing_ms = 50 };
	background->tasks[TASK_BROOM] = (struct task){ .name = "sweep", .run = run_broom };
	TRY(deliver_open(error_arena, program, &program->deliver));
	__atomic_store_n(&program->background, background, __ATOMIC_RELEASE);
	for (size_t i = 0; i < TASK_COUNT; i++) {
		struct task *task = &background->tasks[i];
		task->background = background;
		if (pthread_create(&task->thread, NULL, run_task, task) != 0)
			return error_new(error_arena, ERROR_UNAVAILABLE, "cannot start the thread '%s'", task->name);
		task->started = true;
	}
	return NULL;
}

void background_committed(struct program *program)
{
	struct background *background = program->background;
	(void)pthread_mutex_lock(&background->lock);
	background->commits++;
	(void)pthread_cond_broadcast(&background->changed);
	(void)pthread_mutex_unlock(&background->lock);
}

void background_stop(struct program *program)
{
	struct background *background = program->background;
	if (background == NULL)
		return;
	(void)pthread_mutex_lock(&background->lock);
	background->stopping = true;
	(void)pthread_cond_broadcast(&background->changed);
	(void)pthread_mutex_unlock(&background->lock);
	for (size_t i = 0; i < TASK_COUNT; i++)
		if (background->tasks[i].started)
			(void)pthread_join(background->tasks[i].thread, NULL);
	if (program->deliver != NULL)
		deliver_close(program->deliver);
	program->deliver = NULL;
}
