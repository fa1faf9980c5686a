/* reeve migrate: the steps from the stored definitions to the given ones, shown (--plan) or done (--apply) in one transaction. */
#include "cli/cli_private.h"

#include "model/schema.h"

static struct error *change_schema(struct work *work, void *data)
{
	struct model *model = data;
	struct schema_plan plan;
	struct model *stored;
	TRY(schema_load(work->arena, work->store, &stored));
	struct error *error = schema_plan(work->arena, work->store, stored, model, &plan);
	model_free(stored);
	TRY(error);
	TRY(plan.refused);
	return schema_apply(work, model, &plan);
}

static void show(struct arena *arena, struct io *io, const struct schema_plan *plan)
{
	if (plan->count == 0)
		io_format(io, arena, "nothing to do: the stored definitions are the given ones\n");
	for (size_t i = 0; i < plan->count; i++) {
		const struct schema_step *step = &plan->steps[i];
		io_format(io, arena, "%s%.*s\n    %.*s\n", step->destructive ? "DESTRUCTIVE: " : "", TEXT_ARG(step->words), TEXT_ARG(step->sql));
	}
}

/* One object, also when there is nothing to do; `applied` says whether the steps are done. */
static void show_json(struct arena *arena, struct io *io, const struct schema_plan *plan, bool applied)
{
	struct value *answer = value_map(arena), *steps = value_list(arena);
	for (size_t i = 0; i < plan->count; i++) {
		const struct schema_step *step = &plan->steps[i];
		struct value *line = value_map(arena);
		value_set_text(arena, line, T("words"), step->words);
		value_set_text(arena, line, T("sql"), step->sql);
		value_set_bool(arena, line, T("destructive"), step->destructive);
		value_append(arena, steps, line);
	}
	value_set(arena, answer, T("steps"), steps);
	value_set_bool(arena, answer, T("applied"), applied);
	io_value(io, arena, answer);
}

static struct error *run_with(struct program *program, struct arena *arena, const struct options *options, struct io *io,
                              struct model *model)
{
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct schema_plan plan;
	TRY(schema_plan(arena, work.store, program->model, model, &plan));
	bool only_plan = option_given(options, "plan");
	if (!options->json)
		show(arena, io, &plan);
	else if (only_plan || plan.refused != NULL)
		show_json(arena, io, &plan, false);
	TRY(plan.refused);
	if (only_plan)
		return NULL;
	TRY(program_write(program, arena, ORIGIN_CLI, change_schema, model));
	if (options->json)
		show_json(arena, io, &plan, true);
	else
		io_format(io, arena, "done; a running server takes them up when it is started again\n");
	return NULL;
}

struct error *migrate_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	if (option_given(options, "plan") == option_given(options, "apply"))
		return error_hint(arena, error_new(arena, ERROR_USAGE, "migrate takes --plan or --apply"),
		                  "--plan shows the steps and changes nothing");
	struct definition_source *sources;
	size_t count;
	text folder = option_text(options, "practices");
	if (text_is_set(folder))
		folder = io_place(io, arena, folder);
	TRY(program_definitions(arena, folder, &sources, &count));
	struct model *model;
	TRY(model_parse(arena, sources, count, &model));
	struct error *error = run_with(program, arena, options, io, model);
	model_free(model);
	return error;
}
