/* Definitions from a folder of the customer's. */
#include "gadget.h"

#include "base/limits.h"

#include <sys/stat.h>
#include <unistd.h>

struct folder {
	char path[64];
};

static void make(struct folder *folder)
{
	snprintf(folder->path, sizeof(folder->path), "/tmp/reeve-folder-XXXXXX");
	assert_non_null(mkdtemp(folder->path));
}

static void put(const struct folder *folder, const char *name, text content)
{
	char path[200];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fwrite(content.data, 1, content.length, file);
	fclose(file);
}

static void drop(const struct folder *folder)
{
	static const char *const names[] = { "a.yaml",	   "a.story.yaml",
					     "notes.txt",  "migrations/0001-x.yaml",
					     "migrations", "platform/user.yaml",
					     "platform" };
	char path[200];

	for (size_t i = 0; i < array_length(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder->path, names[i]);
		remove(path);
	}
	remove(folder->path);
}

static void below(const struct folder *folder, const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder->path, name);
	assert_int_equal(mkdir(path, 0700), 0);
}

TEST(a_folder_without_platform_stands_on_the_embedded_one)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct definition_source *sources, *embedded;
	struct model *model = NULL;
	struct folder folder;
	size_t count, embedded_count, platform = 0;

	make(&folder);
	put(&folder, "a.yaml", gadget_with(arena, 0, NULL));
	put(&folder, "a.story.yaml", T("not: a definition"));
	put(&folder, "notes.txt", T("nor this"));
	below(&folder, "migrations");
	put(&folder, "migrations/0001-x.yaml", T("migration: Nothing yet\n"));
	assert_ok(model_folder_sources(arena, text_from(folder.path), &sources, &count));
	model_embedded_sources(arena, &embedded, &embedded_count);
	for (size_t i = 0; i < embedded_count; i++)
		platform += text_starts_with(embedded[i].path, T("platform/"));
	assert_int_equal(count, platform + 2);
	assert_text(sources[0].path, "a.yaml");
	assert_text(sources[1].path, "migrations/0001-x.yaml");
	assert_ok(model_parse(arena, sources, count, &model));
	assert_non_null(model_type(model, T("gadget")));
	assert_null(model_type(model, T("incident")));
	model_free(model);
	drop(&folder);
	arena_free(arena);
}

TEST(a_folder_with_platform_is_taken_as_it_is)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct definition_source *sources;
	struct model *model = NULL;
	struct folder folder;
	struct error *error;
	size_t count;

	make(&folder);
	below(&folder, "platform");
	put(&folder, "platform/user.yaml", T("practice: x\npurpose: y\n"));
	assert_ok(model_folder_sources(arena, text_from(folder.path), &sources, &count));
	assert_int_equal(count, 1);
	error = model_parse(arena, sources, count, &model);
	assert_non_null(error);
	assert_text(error->message, "no type is named 'user'");
	drop(&folder);
	arena_free(arena);
}

TEST(what_is_no_folder_is_refused)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct definition_source *sources;
	struct folder folder;
	size_t count;

	assert_refused(model_folder_sources(arena, T("/nowhere/at/all"), &sources, &count), DEFINITION);
	make(&folder);
	put(&folder, "a.yaml", text_format(arena, "%*s", LIMIT_YAML_BYTES + 1, "x"));
	assert_refused(model_folder_sources(arena, text_from(folder.path), &sources, &count), TOO_LARGE);
	drop(&folder);
	arena_free(arena);
}
