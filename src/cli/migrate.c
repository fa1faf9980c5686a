/*
 * reeve migrate: from the stored definitions to the given ones (--apply), or back to the previous ones (--revert). The publication is
 * one transaction; then records are moved where a migration says so, some per transaction; then versions that nobody runs on any more
 * go. Whatever is cut off leaves every record on one version or the other, and the same command goes on.
 */
#include "cli/publication_private.h"

#define MOVES_PER_JOB 100

struct publishing {
	struct program *program;
	const struct definition_source *sources;
	size_t count;
	bool back;
	bool changed; /* anything was published */
};

/* Everybody's model is the one of this transaction as soon as it is committed. */
static struct error *publish_stored(struct publishing *publishing, struct work *work)
{
	struct model *next;
	TRY(schema_load(work->arena, work->store, &next));
	program_publish(publishing->program, work->store, next);
	publishing->changed = true;
	return NULL;
}

static struct error *apply_publication(struct work *work, struct publishing *publishing, const struct model *before)
{
	struct publication publication;
	TRY(publication_make(work->arena, work->store, before, publishing->sources, publishing->count, publishing->back, &publication));
	struct error *error = publication.refused;
	if (error == NULL && publication.plan.count > 0) {
		error = schema_apply(work, publication.model, &publication.plan);
		if (error == NULL)
			error = publish_stored(publishing, work);
	}
	publication_free(&publication);
	return error;
}

/* The plan is made again here, where nobody else writes. */
static struct error *change_definitions(struct work *work, void *data)
{
	struct model *before;
	TRY(schema_lock(work->arena, work->store));
	TRY(schema_load(work->arena, work->store, &before));
	struct error *error = apply_publication(work, data, before);
	model_free(before);
	return error;
}

/* ---- moves ---- */

struct moving {
	const struct migration_step *move;
	int64_t moved;
	bool more;
};

static struct error *change_versions(struct work *work, void *data)
{
	struct moving *moving = data;
	const struct type *type = model_type(work->model, moving->move->type);
	int64_t ids[MOVES_PER_JOB], done = 0;
	size_t count = 0;
	if (type != NULL && !type->abstract)
		TRY(schema_records_to_move(work, type, moving->move, MOVES_PER_JOB, ids, &count));
	for (size_t i = 0; i < count; i++) {
		bool moved;
		TRY(engine_move(work, type, ids[i], moving->move, &moved));
		done += moved;
	}
	moving->moved = done;
	moving->more = done > 0;
	return NULL;
}

static struct error *move_all(struct program *program, struct arena *arena, struct io *io, const struct migration_step *move, int64_t *ret_moved)
{
	struct moving moving = { .move = move, .more = true };
	while (moving.more) {
		struct arena *part = arena_new(LIMIT_WORK_BYTES);
		struct error *error = program_write(program, part, ORIGIN_CLI, change_versions, &moving);
		if (error != NULL)
			error = error_copy(arena, error);
		arena_free(part);
		TRY(error);
		*ret_moved += moving.moved;
		io->progress(io, text_format(arena, "%lld records moved", (long long)*ret_moved));
	}
	return NULL;
}

static bool is_wanted(const struct publication *publication, const struct migration_step *move)
{
	for (size_t i = 0; i < publication->running_count; i++)
		if (publication->running[i].move == move)
			return true;
	return false;
}

static struct error *settle(struct work *work, void *data)
{
	struct publishing *publishing = data;
	bool changed;
	TRY(schema_lock(work->arena, work->store));
	TRY(schema_settle(work, &changed));
	return changed ? publish_stored(publishing, work) : NULL;
}

/* The steps of the model that was planned live on: it is freed after this. */
static struct error *make_moves(struct publishing *publishing, struct arena *arena, struct io *io, const struct publication *publication,
                                int64_t *ret_moved)
{
	struct program *program = publishing->program;
	*ret_moved = 0;
	for (size_t i = 0; i < publication->model->migration_count; i++)
		if (is_wanted(publication, &publication->model->migrations[i]))
			TRY(move_all(program, arena, io, &publication->model->migrations[i], ret_moved));
	if (*ret_moved == 0)
		return NULL;
	struct error *error = program_write_alone(program, arena, settle, publishing);
	if (error != NULL && error->code == ERROR_DEFINITION) { /* what only the old version had is not told what to become */
		io_format(io, arena, "the old version is kept: %.*s\n", TEXT_ARG(error_line(arena, error)));
		return NULL;
	}
	return error;
}

/* ---- the command ---- */

static struct error *show_json(struct arena *arena, struct io *io, const struct publication *publication, bool applied, int64_t moved)
{
	struct value *answer;
	TRY(publication_value(arena, publication, &answer));
	value_set_bool(arena, answer, T("applied"), applied);
	value_set_integer(arena, answer, T("moved"), moved);
	io_value(io, arena, answer);
	return NULL;
}

/* What could not be decided is somebody's decision. */
static struct error *accept_unproven(struct arena *arena, const struct options *options, const struct model *model)
{
	if (model == NULL || model->not_proven == NULL || option_given(options, "accept-unproven"))
		return NULL;
	return error_append(error_hint(arena, error_new(arena, ERROR_CONFLICT, "not all of these definitions is proven sound"),
	                               "make them smaller, or take it upon yourself with --accept-unproven"),
	                    error_copy(arena, model->not_proven));
}

static struct error *run_with(struct publishing *publishing, struct arena *arena, const struct options *options, struct io *io,
                              const struct publication *publication)
{
	bool only_plan = option_given(options, "plan");
	int64_t moved;
	if (!options->json)
		TRY(publication_show(arena, io, publication, true));
	else if (only_plan || publication->refused != NULL)
		TRY(show_json(arena, io, publication, false, 0));
	TRY(publication->refused);
	if (only_plan)
		return NULL;
	TRY(accept_unproven(arena, options, publication->model));
	TRY(program_write_alone(publishing->program, arena, change_definitions, publishing));
	TRY(make_moves(publishing, arena, io, publication, &moved));
	if (options->json)
		return show_json(arena, io, publication, true, moved);
	if (moved > 0)
		io_format(io, arena, "%lld records moved\n", (long long)moved);
	if (publishing->changed)
		io_format(io, arena, "done: publication %lld; running servers take it up\n", (long long)program_model(publishing->program)->version);
	return NULL;
}

static struct error *read_sources(struct program *program, struct arena *arena, const struct options *options, struct io *io,
                                  struct work *work, struct publishing *publishing)
{
	struct definition_source *sources;
	text folder = option_text(options, "practices"), back = option_text(options, "revert");
	TRY(program_reader(program, arena, ORIGIN_CLI, work));
	if (text_is_set(back))
		TRY(schema_previous_sources(arena, work->store, back, &sources, &publishing->count));
	else
		TRY(program_definitions(arena, text_is_set(folder) ? io_place(io, arena, folder) : TEXT_UNSET, &sources, &publishing->count));
	publishing->sources = sources;
	publishing->back = text_is_set(back);
	return NULL;
}

struct error *migrate_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	bool plan = option_given(options, "plan"), apply = option_given(options, "apply"), back = option_given(options, "revert");
	if (plan + apply > 1 || plan + apply + back == 0)
		return error_hint(arena, error_new(arena, ERROR_USAGE, "migrate takes --plan or --apply, or --revert TYPE"),
		                  "--plan shows the steps and changes nothing");
	struct publishing publishing = { .program = program };
	struct publication publication;
	struct work work;
	TRY(read_sources(program, arena, options, io, &work, &publishing));
	struct model *before = NULL;
	struct error *error =
	    publication_plan(arena, work.store, publishing.sources, publishing.count, publishing.back, &before, &publication);
	if (error == NULL) {
		error = run_with(&publishing, arena, options, io, &publication);
		publication_free(&publication);
	}
	model_free(before);
	return error;
}
