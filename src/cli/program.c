/*
 * What a data directory needs to be worked on, opened in the right order and closed in the reverse one: lock, store, model,
 * statements, seals, writer lane, search. Every command that touches records stands on this.
 */
#include "cli/cli_private.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "model/calendars.h"
#include "model/schema.h"

moment program_now(const struct program *program)
{
	return program->settings.now == NULL ? moment_now() : program->settings.now(program->settings.now_data);
}

/* ---- definitions ---- */

struct error *program_definitions(struct arena *arena, text folder, struct definition_source **ret_sources, size_t *ret_count)
{
	if (text_is_set(folder))
		return model_folder_sources(arena, folder, ret_sources, ret_count);
	model_embedded_sources(arena, ret_sources, ret_count);
	return NULL;
}

/* ---- opening ---- */

static struct error *create_schema(struct program *program, struct arena *arena, struct store *store)
{
	struct definition_source *sources;
	size_t count;
	TRY(program_definitions(arena, program->settings.practices, &sources, &count));
	TRY(model_parse(arena, sources, count, &program->model));
	struct work work = { .arena = arena, .store = store, .model = program->model, .actor = access_system(),
		             .now = program_now(program), .origin = ORIGIN_CLI, .language = T("en") };
	TRY(store_begin(store, arena));
	struct schema_plan plan;
	struct error *error = schema_plan(arena, store, NULL, program->model, &plan);
	if (error == NULL)
		error = plan.refused;
	if (error == NULL)
		error = schema_apply(&work, program->model, &plan);
	if (error == NULL)
		error = store_commit(store, arena);
	if (error != NULL) {
		store_rollback(store);
		return error;
	}
	program->fresh = true;
	/* From now on the stored definitions count, with their versions. */
	model_free(program->model);
	program->model = NULL;
	return schema_load(arena, store, &program->model);
}

/* ---- the model while the program runs ---- */

/* Threads may still read with an older model: none is freed before the end. They are some hundred KB each, and rare. */
struct taken_model {
	struct taken_model *next;
	struct model *model;
	struct arena *arena;
};

struct error *program_take_model(struct program *program, struct arena *error_arena, struct model *model)
{
	struct arena *arena = arena_new(sizeof(struct taken_model) + 4096);
	struct taken_model *taken = arena_new_struct(arena, struct taken_model);
	(void)pthread_mutex_lock(&program->model_mutex);
	*taken = (struct taken_model){ program->taken, program->model, arena };
	program->taken = taken;
	__atomic_store_n(&program->model, model, __ATOMIC_RELEASE);
	(void)pthread_mutex_unlock(&program->model_mutex);
	__atomic_add_fetch(&program->generation, 1, __ATOMIC_RELEASE);
	struct web *web = __atomic_load_n(&program->web, __ATOMIC_ACQUIRE);
	return web == NULL ? NULL : web_take_model(error_arena, web, model);
}

static void free_models(struct program *program)
{
	while (program->taken != NULL) {
		struct taken_model *taken = program->taken;
		program->taken = taken->next;
		model_free(taken->model);
		arena_free(taken->arena);
	}
	model_free(program->next_model);
	model_free(program->model);
}

void program_publish(struct program *program, struct store *store, struct model *model)
{
	model_free(program->next_model); /* of a try that was not committed */
	program->next_model = model;
	program->next_store = store;
}

static void take_published(struct program *program, const struct store *store)
{
	if (program->next_model == NULL || program->next_store != store)
		return;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct model *model = program->next_model;
	program->next_model = NULL;
	struct error *error = program_take_model(program, arena, model);
	if (error != NULL)
		log_error("the published definitions", error);
	arena_free(arena);
}

static struct error *take_stored(struct program *program, struct store *store, struct arena *error_arena)
{
	struct model *model;
	TRY(schema_load(error_arena, store, &model));
	if (model == NULL)
		return NULL;
	log_line(LOG_INFO, "taking up the definitions of publication %lld", (long long)model->version);
	return program_take_model(program, error_arena, model);
}

struct error *program_follow_model(struct program *program, struct store *store, struct arena *error_arena)
{
	int64_t version;
	TRY(schema_version(error_arena, store, &version));
	if (version == program_model(program)->version)
		return NULL;
	/* Several threads notice at once: one reads, all go on with the same model. */
	(void)pthread_mutex_lock(&program->follow_mutex);
	struct error *error = version == program_model(program)->version ? NULL : take_stored(program, store, error_arena);
	(void)pthread_mutex_unlock(&program->follow_mutex);
	return error;
}

/* Other nodes may have published: what they did is taken up before anything is written. SQLite has one process only. */
static struct error *begun(void *data, struct store *store, struct arena *arena)
{
	struct program *program = data;
	return text_is_set(program->store.url) ? program_follow_model(program, store, arena) : NULL;
}

static bool definitions_differ(struct program *program, struct arena *arena)
{
	struct definition_source *sources;
	size_t count;
	if (program_definitions(arena, program->settings.practices, &sources, &count) != NULL)
		return true;
	if (count != program->model->source_count)
		return true;
	for (size_t i = 0; i < count; i++) {
		bool same = false;
		for (size_t j = 0; j < count && !same; j++)
			same = text_equal(sources[i].path, program->model->sources[j].path) &&
			       text_equal(sources[i].source, program->model->sources[j].source);
		if (!same)
			return true;
	}
	return false;
}

static struct error *prepare_store(struct program *program, struct arena *arena)
{
	struct store *store;
	TRY(store_open(arena, &program->store, STORE_WRITE, &store));
	struct error *error = schema_load(arena, store, &program->model);
	if (error == NULL && program->model == NULL)
		error = create_schema(program, arena, store);
	struct error *lacking = error == NULL ? store_check_statements(store, arena) : NULL;
	if (lacking != NULL && !program->settings.migrating)
		error = error_hint(arena, lacking, "the store was made by an earlier version: reeve migrate --plan shows what it lacks");
	store_close(store);
	if (error == NULL && !program->fresh)
		program->definitions_differ = definitions_differ(program, arena);
	return error;
}

static struct error *opened(void *data, struct store *store, struct arena *arena)
{
	struct program *program = data;
	return sealer_opened(program->sealer, store, arena);
}

static void committed(void *data, struct store *store)
{
	struct program *program = data;
	__atomic_add_fetch(&program->generation, 1, __ATOMIC_RELEASE);
	take_published(program, store);
	sealer_committed(program->sealer, store);
	struct web *web = __atomic_load_n(&program->web, __ATOMIC_ACQUIRE);
	if (web != NULL)
		web_committed(web);
	if (__atomic_load_n(&program->background, __ATOMIC_ACQUIRE) != NULL)
		background_committed(program);
}

static struct error *make_folder(struct arena *arena, text path)
{
	if (mkdir(text_cstring(arena, path), 0700) != 0 && errno != EEXIST)
		return error_hint(arena, error_new(arena, ERROR_UNAVAILABLE, "cannot make the data directory %.*s: %s", TEXT_ARG(path), strerror(errno)),
		                  "--data names a directory that you may write");
	return NULL;
}

static struct error *open_parts(struct program *program, struct arena *error_arena)
{
	struct arena *arena = program->arena;
	text data = program->settings.data_dir;
	if (program->settings.must_exist && !text_is_set(program->store.url) &&
	    access(text_cstring(error_arena, text_format(error_arena, "%.*s/reeve.db", TEXT_ARG(data))), F_OK) != 0)
		return error_hint(error_arena, error_new(error_arena, ERROR_NOT_FOUND, "there is no store in %.*s", TEXT_ARG(data)),
		                  "--data names the data directory of a server");
	TRY(make_folder(error_arena, data));
	if (!text_is_set(program->store.url))
		TRY(store_lock(error_arena, data, &program->lock));
	TRY(prepare_store(program, error_arena));
	program->seal.key_path = text_format(arena, "%.*s/seal.key", TEXT_ARG(data));
	program->seal.head_path = text_format(arena, "%.*s/seal.log", TEXT_ARG(data));
	program->calendars = calendar_cache_new(arena);
	TRY(sealer_new(arena, &program->seal, &program->sealer));
	struct lane_settings lane = { .store = program->store, .threads = 4, .opened = opened, .begun = begun, .committed = committed, .data = program };
	TRY(lane_start(error_arena, &lane, &program->lane));
	TRY(search_open(error_arena, &program->store, &program->search));
	program->limiter = limiter_new(arena, 10000);
	return NULL;
}

struct error *program_open(struct arena *error_arena, const struct program_settings *settings, struct program **ret_program)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct program *program = arena_new_struct(arena, struct program);
	program->arena = arena;
	(void)pthread_mutex_init(&program->model_mutex, NULL);
	(void)pthread_mutex_init(&program->follow_mutex, NULL);
	program->settings = *settings;
	program->settings.data_dir = text_copy(arena, settings->data_dir);
	program->settings.database = text_copy(arena, settings->database);
	program->settings.practices = text_copy(arena, settings->practices);
	program->store = (struct store_settings){ .data_dir = program->settings.data_dir, .url = program->settings.database,
		                                  .relaxed = settings->relaxed };
	struct error *error = open_parts(program, error_arena);
	if (error != NULL) {
		program_close(program);
		return error;
	}
	*ret_program = program;
	return NULL;
}

void program_close(struct program *program)
{
	if (program->lane != NULL)
		lane_stop(program->lane);
	if (program->sealer != NULL)
		sealer_close(program->sealer);
	if (program->search != NULL)
		search_close(program->search);
	free_models(program);
	(void)pthread_mutex_destroy(&program->model_mutex);
	(void)pthread_mutex_destroy(&program->follow_mutex);
	if (program->lock != NULL)
		store_unlock(program->lock);
	arena_free(program->arena);
}

/* ---- working ---- */

static void close_store(void *store) { store_close(store); }

struct error *program_reader(struct program *program, struct arena *arena, enum origin origin, struct work *ret_work)
{
	struct store *store;
	TRY(store_open(arena, &program->store, STORE_READ, &store));
	arena_defer(arena, close_store, store);
	*ret_work = (struct work){ .arena = arena, .store = store, .model = program_model(program), .actor = access_system(),
		                   .now = program_now(program), .origin = origin, .language = T("en"),
		                   .cache = record_cache_new(arena, &program->generation), .calendars = program->calendars };
	return NULL;
}

struct write_job {
	struct lane_job job;
	struct program *program;
	enum origin origin;
	moment now;
	struct actor *actor;
	program_change *change;
	void *data;
};

static struct error *apply_write(struct lane_job *job, struct store *store)
{
	struct write_job *write = (struct write_job *)job;
	struct work work = { .arena = job->arena, .store = store, .model = program_model(write->program), .actor = write->actor,
		             .now = write->now, .origin = write->origin, .language = T("en"),
		             .cache = record_cache_new(job->arena, &write->program->generation),
		             .calendars = write->program->calendars };
	return write->change(&work, write->data);
}

struct error *program_write_as(struct program *program, struct arena *arena, enum origin origin, moment now,
                               struct actor *actor, program_change *change, void *data)
{
	struct write_job write = { .job = { .arena = arena, .apply = apply_write, .name = "command" }, .program = program,
		                   .origin = origin, .now = now, .actor = actor, .change = change, .data = data };
	return lane_run(program->lane, &write.job);
}

struct error *program_write_alone(struct program *program, struct arena *arena, program_change *change, void *data)
{
	struct write_job write = { .job = { .arena = arena, .apply = apply_write, .name = "publication", .alone = true }, .program = program,
		                   .origin = ORIGIN_CLI, .now = program_now(program), .actor = access_system(), .change = change, .data = data };
	return lane_run(program->lane, &write.job);
}

struct error *program_write(struct program *program, struct arena *arena, enum origin origin, program_change *change, void *data)
{
	return program_write_as(program, arena, origin, program_now(program), access_system(), change, data);
}
