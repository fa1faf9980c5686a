/*
 * What a data directory needs to be worked on, opened in the right order and closed in the reverse one: lock, store, model,
 * statements, seals, writer lane, search. Every command that touches records stands on this.
 */
#include "cli/cli_private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "model/schema.h"

moment program_now(const struct program *program)
{
	return program->settings.now == NULL ? moment_now() : program->settings.now(program->settings.now_data);
}

/* ---- definitions ---- */

static struct error *read_file(struct arena *arena, text path, size_t size_max, text *ret_content)
{
	int file = open(text_cstring(arena, path), O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return error_new(arena, ERROR_NOT_FOUND, "cannot read %.*s: %s", TEXT_ARG(path), strerror(errno));
	struct buffer buffer;
	buffer_init(&buffer, arena, size_max);
	char chunk[16384];
	ssize_t got;
	while ((got = read(file, chunk, sizeof chunk)) > 0)
		buffer_bytes(&buffer, chunk, (size_t)got);
	(void)close(file);
	if (got < 0)
		return error_new(arena, ERROR_NOT_FOUND, "cannot read %.*s: %s", TEXT_ARG(path), strerror(errno));
	return buffer_finish(&buffer, ret_content);
}

struct source_list {
	struct definition_source *items;
	size_t count, capacity;
};

static bool is_definition(text name)
{
	return text_ends_with(name, T(".yaml")) && !text_ends_with(name, T(".story.yaml"));
}

static struct error *read_folder(struct arena *arena, text folder, text prefix, struct source_list *list)
{
	DIR *open_folder = opendir(text_cstring(arena, folder));
	if (open_folder == NULL)
		return error_hint(arena, error_new(arena, ERROR_NOT_FOUND, "cannot read the folder %.*s: %s", TEXT_ARG(folder), strerror(errno)),
		                  "--practices names a folder of definitions such as practices/");
	struct error *error = NULL;
	struct dirent *entry;
	while (error == NULL && (entry = readdir(open_folder)) != NULL) {
		text name = text_copy(arena, text_from(entry->d_name));
		if (name.data[0] == '.')
			continue;
		text path = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(name));
		text shown = text_format(arena, "%.*s%.*s", TEXT_ARG(prefix), TEXT_ARG(name));
		struct stat about;
		if (stat(text_cstring(arena, path), &about) != 0)
			continue;
		if (S_ISDIR(about.st_mode) && prefix.length == 0) {
			error = read_folder(arena, path, text_format(arena, "%.*s/", TEXT_ARG(name)), list);
		} else if (S_ISREG(about.st_mode) && is_definition(name)) {
			arena_make_room(arena, list->items, list->count, list->capacity);
			struct definition_source *source = &list->items[list->count++];
			source->path = shown;
			error = read_file(arena, path, LIMIT_YAML_BYTES, &source->source);
		}
	}
	(void)closedir(open_folder);
	return error;
}

static int compare_sources(const void *left, const void *right)
{
	return text_compare(((const struct definition_source *)left)->path, ((const struct definition_source *)right)->path);
}

struct error *program_definitions(struct arena *arena, text folder, struct definition_source **ret_sources, size_t *ret_count)
{
	struct source_list list = { 0 };
	if (text_is_set(folder)) {
		TRY(read_folder(arena, folder, T(""), &list));
		bool platform = false;
		for (size_t i = 0; i < list.count; i++)
			platform = platform || text_starts_with(list.items[i].path, T("platform/"));
		if (!platform) /* a folder of practices alone stands on the platform that is built in */
			for (const struct embedded_file *file = embedded_practices; file->path != NULL; file++)
				if (text_starts_with(text_from(file->path), T("platform/")) && is_definition(text_from(file->path))) {
					arena_make_room(arena, list.items, list.count, list.capacity);
					list.items[list.count++] = (struct definition_source){ text_from(file->path), embedded_text(file) };
				}
	} else {
		for (const struct embedded_file *file = embedded_practices; file->path != NULL; file++)
			if (is_definition(text_from(file->path))) {
				arena_make_room(arena, list.items, list.count, list.capacity);
				list.items[list.count++] = (struct definition_source){ text_from(file->path), embedded_text(file) };
			}
	}
	if (list.count > 0)
		qsort(list.items, list.count, sizeof list.items[0], compare_sources);
	*ret_sources = list.items;
	*ret_count = list.count;
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
	if (error == NULL)
		error = store_check_statements(store, arena);
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
	TRY(make_folder(error_arena, data));
	if (!text_is_set(program->store.url))
		TRY(store_lock(error_arena, data, &program->lock));
	TRY(prepare_store(program, error_arena));
	program->seal.key_path = text_format(arena, "%.*s/seal.key", TEXT_ARG(data));
	program->seal.head_path = text_format(arena, "%.*s/seal.log", TEXT_ARG(data));
	TRY(sealer_new(arena, &program->seal, &program->sealer));
	struct lane_settings lane = { .store = program->store, .threads = 4, .opened = opened, .committed = committed, .data = program };
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
	if (program->model != NULL)
		model_free(program->model);
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
	*ret_work = (struct work){ .arena = arena, .store = store, .model = program->model, .actor = access_system(),
		                   .now = program_now(program), .origin = origin, .language = T("en"),
		                   .cache = record_cache_new(arena, &program->generation) };
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
	struct work work = { .arena = job->arena, .store = store, .model = write->program->model, .actor = write->actor,
		             .now = write->now, .origin = write->origin, .language = T("en"),
		             .cache = record_cache_new(job->arena, &write->program->generation) };
	return write->change(&work, write->data);
}

struct error *program_write_as(struct program *program, struct arena *arena, enum origin origin, moment now,
                               struct actor *actor, program_change *change, void *data)
{
	struct write_job write = { .job = { .arena = arena, .apply = apply_write, .name = "command" }, .program = program,
		                   .origin = origin, .now = now, .actor = actor, .change = change, .data = data };
	return lane_run(program->lane, &write.job);
}

struct error *program_write(struct program *program, struct arena *arena, enum origin origin, program_change *change, void *data)
{
	return program_write_as(program, arena, origin, program_now(program), access_system(), change, data);
}
