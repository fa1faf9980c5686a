/* reeve story: finds the story files, lives each story on a store of its own, and says what was not as expected. */
#include "cli/story_private.h"

#include "base/limits.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Definitions, and the reading of one file of stories. */
#define STORY_ARENA_BYTES ((size_t)256 * 1024 * 1024)

/* ---- the files ---- */

struct file {
	text path; /* as the caller can open it */
	text source;
};
struct files {
	struct arena *arena;
	struct file *items;
	size_t count, capacity;
};

static void add_file(struct files *files, text path, text source)
{
	arena_make_room(files->arena, files->items, files->count, files->capacity);
	files->items[files->count++] = (struct file){ path, source };
}

static struct error *read_file(struct files *files, text path)
{
	FILE *file = fopen(text_cstring(files->arena, path), "re");
	struct stat about;
	if (file == NULL || fstat(fileno(file), &about) != 0 || about.st_size > LIMIT_YAML_BYTES) {
		if (file != NULL)
			(void)fclose(file);
		return error_new(files->arena, ERROR_DEFINITION, "%.*s cannot be read, or has more than %d bytes", TEXT_ARG(path), LIMIT_YAML_BYTES);
	}
	char *bytes = arena_alloc(files->arena, (size_t)about.st_size + 1);
	size_t length = fread(bytes, 1, (size_t)about.st_size, file);
	(void)fclose(file);
	add_file(files, path, (text){ bytes, length });
	return NULL;
}

static struct error *read_folder(struct files *files, text folder)
{
	DIR *open_folder = opendir(text_cstring(files->arena, folder));
	struct error *error = NULL;
	struct dirent *entry;
	while (open_folder != NULL && error == NULL && (entry = readdir(open_folder)) != NULL)
		if (text_ends_with(text_from(entry->d_name), T(".story.yaml")) && entry->d_name[0] != '.')
			error = read_file(files, text_format(files->arena, "%.*s/%s", TEXT_ARG(folder), entry->d_name));
	if (open_folder != NULL)
		(void)closedir(open_folder);
	return error;
}

static int by_path(const void *a, const void *b)
{
	return text_compare(((const struct file *)a)->path, ((const struct file *)b)->path);
}

/* A folder of definitions, one story file of such a folder, or (unset) what is embedded. *ret_folder: of the definitions. */
static struct error *find_files(struct files *files, text place, text *ret_folder)
{
	*ret_folder = place;
	if (!text_is_set(place)) {
		for (const struct embedded_file *file = embedded_practices; file->path != NULL; file++)
			if (text_ends_with(text_from(file->path), T(".story.yaml")))
				add_file(files, text_from(file->path), embedded_text(file));
		return NULL;
	}
	if (text_ends_with(place, T(".story.yaml"))) {
		size_t end = place.length;
		while (end > 0 && place.data[end - 1] != '/')
			end--;
		*ret_folder = end == 0 ? T(".") : text_slice(place, 0, end - 1);
		/* The platform's own stories stand a folder below the definitions that they are told with. */
		if (text_ends_with(*ret_folder, T("/platform")))
			*ret_folder = text_slice(*ret_folder, 0, ret_folder->length - T("/platform").length);
		return read_file(files, place);
	}
	TRY(read_folder(files, place));
	TRY(read_folder(files, text_format(files->arena, "%.*s/platform", TEXT_ARG(place))));
	if (files->count > 0)
		qsort(files->items, files->count, sizeof *files->items, by_path);
	return NULL;
}

struct error *story_check(struct arena *arena, const struct model *model, text folder, size_t *ret_count)
{
	struct files files = { .arena = arena };
	struct error *errors = NULL;
	TRY(find_files(&files, folder, &folder));
	*ret_count = 0;
	for (size_t i = 0; i < files.count; i++) {
		struct story *stories;
		size_t count = 0;
		text path = files.items[i].path;
		if (text_is_set(folder))
			path = text_slice(path, folder.length + 1, path.length);
		struct error *error = story_read(arena, model, path, files.items[i].source, &stories, &count);
		*ret_count += error == NULL ? count : 0;
		errors = error_append(errors, error);
	}
	return errors;
}

/* ---- results ---- */

struct result {
	struct arena *arena;
	size_t passed, failed;
	struct value *problems; /* for --json */
	bool json;
};

static void tell(struct result *result, text story, const struct error *error)
{
	if (error != NULL && !result->json) {
		(void)printf("%.*s\n", TEXT_ARG(error_line(result->arena, error)));
		(void)fflush(stdout);
	}
	for (; error != NULL && result->json; error = error->next) {
		struct value *one = value_map(result->arena);
		value_set_text(result->arena, one, T("file"), text_copy(result->arena, error->place.file));
		value_set_integer(result->arena, one, T("line"), error->place.line);
		value_set_integer(result->arena, one, T("column"), error->place.column);
		value_set_text(result->arena, one, T("story"), text_copy(result->arena, story));
		value_set_text(result->arena, one, T("message"), text_copy(result->arena, error->message));
		value_set_text(result->arena, one, T("hint"), text_copy(result->arena, error->hint));
		value_append(result->arena, result->problems, one);
	}
}

/* Whatever a story did, every row and link is as its events say: nothing changes a record past the log. */
static struct error *compare_with_log(struct program *program)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct verify_report report = { 0 };
	struct work work;
	struct error *error = program_reader(program, arena, ORIGIN_CLI, &work);
	if (error == NULL)
		error = engine_verify_records(&work, &report, NULL, NULL);
	if (error != NULL)
		error = error_copy(program->arena, error);
	arena_free(arena);
	return error;
}

static struct error *live(struct arena *arena, struct story *story, text folder, const struct story_store *store)
{
	struct story_world world = { .story = story, .arena = arena, .now = story->now };
	const struct program_settings settings = { .data_dir = store->folder, .database = store->url, .practices = folder, .relaxed = true,
		                                   .now = story_now, .now_data = &world };
	TRY(program_open(arena, &settings, &world.program));
	struct error *problems = story_live(&world, story);
	if (problems == NULL)
		problems = compare_with_log(world.program);
	if (problems != NULL)
		problems = error_copy(arena, problems);
	program_close(world.program);
	return problems;
}

static struct error *run_story(struct result *result, struct story *story, text folder, text database)
{
	struct arena *arena = arena_new(STORY_ARENA_BYTES);
	struct story_store store;
	struct error *error = story_store_make(arena, database, &store);
	if (error == NULL) {
		error = live(arena, story, folder, &store);
		story_store_remove(arena, &store);
	}
	if (error == NULL)
		result->passed++;
	else
		result->failed++;
	for (struct error *each = error; each != NULL; each = each->next)
		if (each->place.line == 0)
			(void)error_place(each, story->place);
	tell(result, story->title, error);
	arena_free(arena);
	return NULL;
}

static struct error *run_files(struct result *result, struct arena *arena, text place, text database)
{
	struct files files = { .arena = arena };
	struct definition_source *sources;
	struct story *stories;
	struct model *model;
	size_t count, story_count;
	text folder;
	TRY(find_files(&files, place, &folder));
	TRY(program_definitions(arena, folder, &sources, &count));
	TRY(model_parse(arena, sources, count, &model));
	for (size_t i = 0; i < files.count; i++) {
		struct error *error = story_read(arena, model, files.items[i].path, files.items[i].source, &stories, &story_count);
		if (error != NULL) {
			result->failed++;
			tell(result, TEXT_UNSET, error);
			continue;
		}
		for (size_t s = 0; s < story_count && error == NULL; s++)
			error = run_story(result, &stories[s], folder, database);
	}
	model_free(model);
	return NULL;
}

static void conclude(struct result *result)
{
	if (result->json) {
		struct value *answer = value_map(result->arena);
		value_set_integer(result->arena, answer, T("passed"), (int64_t)result->passed);
		value_set_integer(result->arena, answer, T("failed"), (int64_t)result->failed);
		value_set(result->arena, answer, T("problems"), result->problems);
		(void)printf("%.*s\n", TEXT_ARG(json_text(result->arena, answer)));
	} else if (result->failed > 0) {
		(void)printf("%zu stories passed, %zu failed\n", result->passed, result->failed);
	} else {
		(void)printf("%zu stories passed\n", result->passed);
	}
}

int story_command(struct arena *arena, const struct options *options)
{
	struct result result = { .arena = arena_new(STORY_ARENA_BYTES), .json = options->json };
	result.problems = value_list(result.arena);
	struct program_settings settings;
	text place = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	struct error *error = program_settings_of(arena, options, &settings);
	if (error == NULL)
		error = run_files(&result, arena, place, settings.database);
	int status = result.failed > 0 ? 1 : 0;
	if (error != NULL)
		status = complain("story", error);
	else
		conclude(&result);
	arena_free(result.arena);
	return status;
}
