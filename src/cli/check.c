/* reeve check and reeve version: what needs no data directory. */
#include "cli/story_private.h"

#include <jansson.h>
#include <libfyaml.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sodium.h>
#include <sqlite3.h>

static struct error *run_check(struct arena *arena, const struct options *options, size_t *ret_count, size_t *ret_stories)
{
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	struct definition_source *sources;
	TRY(program_definitions(arena, folder, &sources, ret_count));
	struct model *model;
	TRY(model_parse(arena, sources, *ret_count, &model));
	struct error *error = story_check(arena, model, folder, ret_stories);
	model_free(model);
	return error;
}

int check_command(struct arena *arena, const struct options *options)
{
	size_t count = 0, stories = 0;
	struct error *error = run_check(arena, options, &count, &stories);
	if (error == NULL) {
		if (options->json)
			(void)printf("[]\n");
		else
			(void)printf("%zu definitions are sound, %zu stories can be run\n", count, stories);
		return 0;
	}
	if (error->place.line == 0 && error->next == NULL)
		return complain("check", error);
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	struct value *list = value_list(arena);
	for (struct error *each = error; each != NULL; each = each->next) {
		if (text_is_set(folder) && text_is_set(each->place.file)) /* as the caller can open it */
			each->place.file = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(each->place.file));
		if (!options->json) {
			struct error one_line = *each;
			one_line.next = NULL;
			(void)printf("%.*s\n", TEXT_ARG(error_line(arena, &one_line)));
			continue;
		}
		struct value *one = value_map(arena);
		value_set_text(arena, one, T("file"), each->place.file);
		value_set_integer(arena, one, T("line"), each->place.line);
		value_set_integer(arena, one, T("column"), each->place.column);
		value_set_text(arena, one, T("message"), each->message);
		value_set_text(arena, one, T("hint"), each->hint);
		value_append(arena, list, one);
	}
	if (options->json)
		(void)printf("%.*s\n", TEXT_ARG(json_text(arena, list)));
	return 1;
}

int version_command(struct arena *arena, const struct options *options)
{
	struct value *answer = value_map(arena);
	value_set_text(arena, answer, T("reeve"), T(REEVE_VERSION));
	value_set_text(arena, answer, T("compiler"), T(__VERSION__));
	value_set_text(arena, answer, T("sqlite"), text_from(sqlite3_libversion()));
	value_set_text(arena, answer, T("libmicrohttpd"), text_from(MHD_get_version()));
	value_set_text(arena, answer, T("jansson"), text_from(jansson_version_str()));
	value_set_text(arena, answer, T("libfyaml"), text_from(fy_library_version()));
	value_set_text(arena, answer, T("libsodium"), text_from(sodium_version_string()));
	if (options->json) {
		(void)printf("%.*s\n", TEXT_ARG(json_text(arena, answer)));
		return 0;
	}
	for (size_t i = 0; i < answer->map.count; i++)
		(void)printf("%-14.*s %.*s\n", TEXT_ARG(answer->map.entries[i].key), TEXT_ARG(answer->map.entries[i].value->text));
	return 0;
}
