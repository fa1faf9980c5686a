/*
 * Definitions with one seeded fault each, in tests/faults: every one must be told at its place with its message and nothing else,
 * and be good once the fault is mended. A file ends with comments that say so: "# expect LINE:COLUMN: MESSAGE; HINT" for each
 * mistake, and "# mended LINE: TEXT" for each line that makes it good again.
 */
#include "gadget.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#define FAULTS_LEAST 60

static text read_fault(struct arena *arena, const char *folder, const char *name)
{
	char *bytes = arena_alloc(arena, (size_t)1 << 16);
	text path = text_format(arena, "%s/%s", folder, name);
	FILE *file = fopen(text_cstring(arena, path), "r");

	assert_non_null(file);
	text content = { bytes, fread(bytes, 1, (size_t)1 << 16, file) };
	(void)fclose(file);
	return content;
}

static struct error *parse_fault(struct arena *arena, text source, struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	size_t count;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 1);
	memcpy(sources, shipped, count * sizeof(*sources));
	sources[count] = (struct definition_source){
		text_find(source, T("\nmodel: ")) >= 0 ? T("models/fault.yaml") : T("fault.yaml"), source
	};
	return model_parse(arena, sources, count + 1, ret_model);
}

/* The words behind each "# KEY " at the start of a line. */
static size_t comments_of(text source, text key, text *ret_lines, size_t size)
{
	size_t count = 0;
	text rest = source, line;

	while (text_cut(&rest, '\n', &line) && count < size)
		if (text_starts_with(line, key))
			ret_lines[count++] = text_slice(line, key.length, line.length);
	return count;
}

static bool is_told(struct arena *arena, const struct error *error, text expected)
{
	for (; error != NULL; error = error->next) {
		text told = text_format(arena, "%u:%u: %.*s%s%.*s", error->place.line, error->place.column,
					TEXT_ARG(error->message), text_is_set(error->hint) ? "; " : "",
					TEXT_ARG(text_is_set(error->hint) ? error->hint : T("")));

		if (text_equal(told, expected))
			return true;
	}
	return false;
}

static size_t count_errors(const struct error *error)
{
	size_t count = 0;

	for (; error != NULL; error = error->next)
		count++;
	return count;
}

static text mended(struct arena *arena, text source)
{
	text lines[8], rest = source, line, number;
	size_t count = comments_of(source, T("# mended "), lines, array_length(lines));
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 16);
	for (int64_t at = 1; text_cut(&rest, '\n', &line); at++) {
		for (size_t i = 0; i < count; i++) {
			text mend = lines[i];
			int64_t place = 0;

			text_cut(&mend, ':', &number);
			if (text_to_integer(number, &place) && place == at)
				line = text_slice(mend, 1, mend.length);
		}
		buffer_text(&out, line);
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

static bool check_fault(const char *folder, const char *name)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	text source = read_fault(arena, folder, name), expected[8];
	size_t count = comments_of(source, T("# expect "), expected, array_length(expected));
	struct model *model = NULL;
	struct error *error = parse_fault(arena, source, &model);
	/* Beside them stand some that only look like one with a fault. */
	bool sound = text_starts_with(text_from(name), T("sound_"));
	bool good = (count == 0) == sound && (error == NULL) == sound && count_errors(error) == count;

	for (size_t i = 0; i < count; i++)
		good = good && is_told(arena, error, expected[i]);
	if (!good) {
		fprintf(stderr, "%s is not told as expected:\n", name);
		shipped_show(error);
	}
	if (error == NULL)
		model_free(model);
	model = NULL;
	error = parse_fault(arena, mended(arena, source), &model);
	if (error != NULL || model->not_proven != NULL) {
		fprintf(stderr, "%s is not good when mended:\n", name);
		shipped_show(error);
		good = false;
	}
	if (error == NULL)
		model_free(model);
	arena_free(arena);
	return good;
}

TEST(each_seeded_fault_is_told_at_its_place_and_its_mended_twin_is_good)
{
	struct arena *arena = arena_new((size_t)1 << 20);
	const char *root = getenv("REEVE_SOURCE"), *folder;
	size_t count = 0, failures = 0;
	struct dirent *entry;
	DIR *faults;

	if (root == NULL) {
		fprintf(stderr, "skipped: REEVE_SOURCE is not set\n");
		skip();
	}
	folder = text_cstring(arena, text_format(arena, "%s/tests/faults", root));
	faults = opendir(folder);
	assert_non_null(faults);
	while ((entry = readdir(faults)) != NULL) {
		if (!text_ends_with(text_from(entry->d_name), T(".yaml")))
			continue;
		count++;
		failures += !check_fault(folder, entry->d_name);
	}
	(void)closedir(faults);
	assert_int_equal(failures, 0);
	assert_true(count >= FAULTS_LEAST);
	arena_free(arena);
}

TEST(a_file_that_cannot_be_read_is_told_alone)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	struct model *model = NULL;
	struct definition_source *sources;
	struct error *error;
	size_t count;

	model_embedded_sources(arena, &sources, &count);
	for (size_t i = 0; i < count; i++)
		if (text_equal(sources[i].path, T("incident.yaml")))
			sources[i].source = text_format(arena, "%.*s\n  broken: [\n", TEXT_ARG(sources[i].source));
	error = model_parse(arena, sources, count, &model);
	assert_non_null(error);
	for (const struct error *one = error; one != NULL; one = one->next)
		assert_string_equal(text_cstring(arena, one->place.file), "incident.yaml");
	arena_free(arena);
}
