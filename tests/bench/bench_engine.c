/*
 * What one incident costs on the writer lane of SQLite, without HTTP: 64 jobs always wait, every one creates an incident with its
 * clocks, automation and sealed event. Prints creates per second and microseconds of lane time for each. With `import` the jobs are
 * steps of imported histories instead, six for each incident.
 *
 * usage: bench_engine FOLDER [COUNT [import]]      FOLDER must not exist
 */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "model/schema.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

#define WAITING 64

struct bench {
	const struct model *model;
	const struct type *incident;
	struct actor *actor;
	struct record_cache *cache;
	struct lane *lane;
	struct arena *arena;
	pthread_mutex_t lock;
	pthread_cond_t finished;
	int64_t left, running;
	int64_t busy_us, step;
	bool import;
};

struct bench_job {
	struct lane_job job;
	struct bench *bench;
	struct value *input;
};

static void must(struct error *error)
{
	struct arena *arena = arena_new(1 << 20);

	if (error != NULL)
		log_fatal("%.*s", TEXT_ARG(error_line(arena, error)));
	arena_free(arena);
}

static struct work work_of(const struct bench *bench, struct arena *arena, struct store *store)
{
	return (struct work){ .arena = arena, .store = store, .model = bench->model, .actor = bench->actor, .now = moment_now(),
		              .origin = ORIGIN_API, .language = T("en"), .cache = bench->cache };
}

/* new, assigned, in progress, waiting, resolved, closed: the usual six steps. */
static struct error *import(struct bench *bench, struct work *work)
{
	static const char *const states[] = { "new", "assigned", "in_progress", "waiting", "resolved", "closed" };
	int64_t step = bench->step++;
	struct value *fields = value_map(work->arena);
	enum import_outcome outcome;
	struct record *record;

	value_set_text(work->arena, fields, T("title"), T("an imported one"));
	value_set_text(work->arena, fields, T("service"), T("mail"));
	value_set_text(work->arena, fields, T("impact"), step % 6 < 2 ? T("low") : T("medium"));
	value_set_text(work->arena, fields, T("priority"), step % 6 < 2 ? T("4") : T("3"));
	const struct import_step one = {
		.at = INT64_C(1700000000000) + step * MINUTE_MS,
		.number = text_format(work->arena, "INC%07lld", (long long)(step / 6 + 1)),
		.state = lifecycle_state(bench->incident->lifecycle, text_from(states[step % 6])),
		.fields = fields,
		.source_key = text_format(work->arena, "log:%lld", (long long)step),
	};
	work->actor = access_system();
	return engine_import(work, bench->incident, &one, &outcome, &record);
}

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct bench_job *one = (struct bench_job *)(void *)job;
	struct work work = work_of(one->bench, job->arena, store);
	int64_t begin = monotonic_us();
	struct record *record;

	record_cache_reset(one->bench->cache);
	struct error *error = one->bench->import ? import(one->bench, &work) :
	                                           engine_create(&work, one->bench->incident, one->input, &record);
	one->bench->busy_us += monotonic_us() - begin;
	return error;
}

static void prepare(struct bench_job *one)
{
	arena_reset(one->job.arena);
	must(json_parse(one->job.arena,
	                T("{\"title\":\"Mail is down in the whole building\",\"description\":\"Since nine o'clock nobody on the third "
	                  "floor can send or receive mail. Restarting did not help, the web client shows an error 503.\","
	                  "\"service\":\"mail\",\"impact\":\"medium\",\"urgency\":\"high\",\"contact\":\"extension 4711\",\"requester\":\"asks\"}"),
	                &one->input));
}

static void done(struct lane_job *job, struct error *error)
{
	struct bench_job *one = (struct bench_job *)(void *)job;
	struct bench *bench = one->bench;

	must(error);
	pthread_mutex_lock(&bench->lock);
	bool again = bench->left > 0;
	bench->left -= again;
	bench->running -= !again;
	if (bench->running == 0)
		pthread_cond_signal(&bench->finished);
	pthread_mutex_unlock(&bench->lock);
	if (again) {
		prepare(one);
		lane_submit(bench->lane, job);
	}
}

/* Schema, a service, somebody who asks and an agent. */
static void seed(struct bench *bench, const struct store_settings *settings, struct sealer *sealer)
{
	struct definition_source *sources;
	struct schema_plan plan;
	struct record *record;
	struct model *model;
	struct store *store;
	struct value *input;
	size_t count;

	model_embedded_sources(bench->arena, &sources, &count);
	must(model_parse(bench->arena, sources, count, &model));
	bench->model = model;
	bench->incident = model_type(model, T("incident"));
	must(store_open(bench->arena, settings, STORE_WRITE, &store));
	bench->actor = access_system();
	struct work work = work_of(bench, bench->arena, store);
	must(schema_plan(bench->arena, store, NULL, model, &plan));
	must(store_begin(store, bench->arena));
	must(schema_apply(&work, model, &plan));
	must(store_commit(store, bench->arena));
	must(sealer_opened(sealer, store, bench->arena));
	must(store_begin(store, bench->arena));
	must(json_parse(bench->arena, T("{\"name\":\"mail\",\"label\":\"Mail\"}"), &input));
	must(engine_create(&work, model->service, input, &record));
	must(json_parse(bench->arena, T("{\"login\":\"asks\",\"name\":\"Somebody\"}"), &input));
	must(engine_create(&work, model->user, input, &record));
	must(json_parse(bench->arena, T("{\"login\":\"agent\",\"name\":\"Somebody else\",\"roles\":[\"agent\"]}"), &input));
	must(engine_create(&work, model->user, input, &record));
	must(access_actor(&work, record->id, &bench->actor));
	must(store_commit(store, bench->arena));
	store_close(store);
}

static void measure(struct bench *bench, int64_t count)
{
	struct bench_job *jobs = arena_new_array(bench->arena, struct bench_job, WAITING);
	struct lane_figures figures;
	struct rusage usage;

	bench->left = count - WAITING;
	bench->running = WAITING;
	int64_t begin = monotonic_us();
	for (size_t i = 0; i < WAITING; i++) {
		jobs[i] = (struct bench_job){ .job = { .arena = arena_new(LIMIT_WORK_BYTES), .apply = apply, .done = done, .name = "create" },
			                      .bench = bench };
		prepare(&jobs[i]);
		lane_submit(bench->lane, &jobs[i].job);
	}
	pthread_mutex_lock(&bench->lock);
	while (bench->running > 0)
		pthread_cond_wait(&bench->finished, &bench->lock);
	pthread_mutex_unlock(&bench->lock);
	double seconds = (double)(monotonic_us() - begin) / 1e6;
	lane_figures(bench->lane, &figures);
	getrusage(RUSAGE_SELF, &usage);
	printf("%lld %s in %.2f s: %.0f/s; apply %.1f us each; commit %.1f us each (%lld batches of %.1f); %lld slow\n",
	       (long long)count, bench->import ? "steps" : "creates", seconds, (double)count / seconds, (double)bench->busy_us / (double)count,
	       (double)figures.commit_us_total / (double)count, (long long)figures.batches,
	       (double)figures.jobs / (double)figures.batches, (long long)figures.slow);
	printf("cpu %.2f s user, %.2f s system\n", (double)usage.ru_utime.tv_sec + (double)usage.ru_utime.tv_usec / 1e6,
	       (double)usage.ru_stime.tv_sec + (double)usage.ru_stime.tv_usec / 1e6);
}

int main(int argc, char **argv)
{
	struct bench bench = { .arena = arena_new(LIMIT_WORK_BYTES), .lock = PTHREAD_MUTEX_INITIALIZER,
		               .finished = PTHREAD_COND_INITIALIZER };
	int64_t generation = 0, count = 20000;
	struct seal_settings seals;
	struct sealer *sealer;

	if (argc < 2 || mkdir(argv[1], 0700) != 0 || (argc > 2 && !text_to_integer(text_from(argv[2]), &count)) || count < WAITING)
		log_fatal("usage: bench_engine FOLDER [COUNT], with a folder that does not exist yet");
	bench.import = argc > 3;
	seals.key_path = text_format(bench.arena, "%s/seal.key", argv[1]);
	seals.head_path = text_format(bench.arena, "%s/seal.log", argv[1]);
	struct lane_settings settings = { .store = { .data_dir = text_from(argv[1]) }, .opened = sealer_opened,
		                          .committed = sealer_committed };
	must(sealer_new(bench.arena, &seals, &sealer));
	settings.data = sealer;
	bench.cache = record_cache_new(bench.arena, &generation);
	seed(&bench, &settings.store, sealer);
	must(lane_start(bench.arena, &settings, &bench.lane));
	measure(&bench, count);
	lane_stop(bench.lane);
	sealer_close(sealer);
	return 0;
}
