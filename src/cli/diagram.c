/* reeve check --diagram TYPE: a lifecycle as an SVG file, from the definitions alone. */
#include "cli/story_private.h"

#include "model/diagram.h"

#include <stdio.h>

static struct error *make_diagram(struct arena *arena, const struct options *options, text *ret_svg)
{
	text folder = options->operand_count > 0 ? options->operands[0] : option_text(options, "practices");
	text name = option_text(options, "diagram");
	struct definition_source *sources;
	struct model *model;
	size_t count;
	TRY(program_definitions(arena, folder, &sources, &count));
	TRY(model_parse(arena, sources, count, &model));
	const struct type *type = model_type(model, name);
	struct error *error = NULL;
	if (type == NULL)
		error = error_new(arena, ERROR_NOT_FOUND, "there is no type '%.*s'", TEXT_ARG(name));
	else
		error = diagram_svg(arena, type, T("en"), true, ret_svg);
	if (error == NULL && !text_is_set(*ret_svg))
		error = type->lifecycle == NULL
			    ? error_new(arena, ERROR_NOT_FOUND, "%.*s has no lifecycle", TEXT_ARG(name))
			    : error_hint(arena, error_new(arena, ERROR_UNAVAILABLE, "the lifecycle of %.*s cannot be drawn", TEXT_ARG(name)),
			                 "it has more than %d states, or graphviz is not installed whole (libgvc6)", DIAGRAM_STATES_MAX);
	model_free(model);
	return error;
}

int diagram_command(struct arena *arena, const struct options *options)
{
	text svg = TEXT_UNSET, path = option_text(options, "output");
	struct error *error = make_diagram(arena, options, &svg);
	if (error != NULL)
		return complain("check", error);
	FILE *file = text_is_set(path) ? fopen(text_cstring(arena, path), "w") : stdout;
	if (file == NULL || fwrite(svg.data, 1, svg.length, file) != svg.length || fflush(file) != 0)
		error = error_new(arena, ERROR_INTERNAL, "%.*s cannot be written", TEXT_ARG(text_is_set(path) ? path : T("the diagram")));
	if (file != NULL && text_is_set(path) && fclose(file) != 0 && error == NULL)
		error = error_new(arena, ERROR_INTERNAL, "%.*s cannot be written", TEXT_ARG(path));
	return error == NULL ? 0 : complain("check", error);
}
