/* reeve check and reeve version: what needs no data directory. */
#include "cli/publication_private.h"
#include "cli/story_private.h"

#include <jansson.h>
#include <libfyaml.h>
#include <microhttpd.h>
#include <stdio.h>
#include <sodium.h>
#include <sqlite3.h>

struct checked {
	size_t definitions, stories;
	struct error *not_proven;
};

static struct error *run_check(struct arena *arena, const struct options *options, struct checked *ret_checked)
{
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	struct definition_source *sources;
	TRY(program_definitions(arena, folder, &sources, &ret_checked->definitions));
	struct model *model;
	TRY(model_parse(arena, sources, ret_checked->definitions, &model));
	struct error *error = story_check(arena, model, folder, &ret_checked->stories);
	if (model->not_proven != NULL)
		ret_checked->not_proven = error_copy(arena, model->not_proven);
	model_free(model);
	return error;
}

/* What would change for the records of a store, read only: a server may be at work on it. */
static struct error *show_records(struct arena *arena, const struct options *options)
{
	struct program_settings settings;
	struct definition_source *sources;
	struct publication publication;
	struct store *store;
	struct model *before = NULL;
	struct io io;
	size_t count;
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	TRY(program_settings_of(arena, options, &settings));
	TRY(program_definitions(arena, folder, &sources, &count));
	TRY(io_standard(arena, TEXT_UNSET, TEXT_UNSET, &io));
	struct store_settings place = { .data_dir = settings.data_dir, .url = settings.database };
	TRY(store_open(arena, &place, STORE_READ, &store));
	struct error *error = publication_plan(arena, store, sources, count, false, &before, &publication);
	if (error == NULL) {
		error = publication_show(arena, &io, &publication, false);
		error = error_append(error, publication.refused);
		publication_free(&publication);
	}
	model_free(before);
	store_close(store);
	return error;
}

/* One line per finding, or one list of them. */
static void show_findings(struct arena *arena, const struct options *options, struct error *findings, const char *severity, struct value *list)
{
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	for (struct error *each = findings; each != NULL; each = each->next) {
		if (text_is_set(folder) && text_is_set(each->place.file)) /* as the caller can open it */
			each->place.file = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(each->place.file));
		if (!options->json) {
			struct error one_line = *each;
			one_line.next = NULL;
			(void)printf("%.*s\n", TEXT_ARG(error_line(arena, &one_line)));
			continue;
		}
		struct value *one = value_map(arena);
		value_set_text(arena, one, T("severity"), text_from(severity));
		value_set_text(arena, one, T("file"), each->place.file);
		value_set_integer(arena, one, T("line"), each->place.line);
		value_set_integer(arena, one, T("column"), each->place.column);
		value_set_text(arena, one, T("message"), each->message);
		value_set_text(arena, one, T("hint"), each->hint);
		value_append(arena, list, one);
	}
}

static int show_sound(struct arena *arena, const struct options *options, const struct checked *checked)
{
	if (!options->json && checked->not_proven == NULL)
		(void)printf("%zu definitions are sound, %zu stories can be run\n", checked->definitions, checked->stories);
	else if (!options->json)
		(void)printf("%zu definitions have no mistakes, but not all is proven; %zu stories can be run\n", checked->definitions,
		             checked->stories);
	(void)fflush(stdout);
	bool records = option_given(options, "data") || option_given(options, "database");
	struct error *error = records ? show_records(arena, options) : NULL;
	if (error != NULL)
		return complain("check", error);
	return checked->not_proven != NULL && option_given(options, "strict") ? 1 : 0;
}

int check_command(struct arena *arena, const struct options *options)
{
	struct checked checked = { 0 };
	struct value *list = value_list(arena);
	if (text_is_set(option_text(options, "diagram")))
		return diagram_command(arena, options);
	struct error *error = run_check(arena, options, &checked);
	if (error != NULL && error->place.line == 0 && error->next == NULL)
		return complain("check", error);
	show_findings(arena, options, error, "error", list);
	show_findings(arena, options, checked.not_proven, "not proven", list);
	if (options->json)
		(void)printf("%.*s\n", TEXT_ARG(json_text(arena, list)));
	return error != NULL ? 1 : show_sound(arena, options, &checked);
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
