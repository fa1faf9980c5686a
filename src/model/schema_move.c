/*
 * Which records run on which version, and where the moves of migration files take them. A move counts while its file is at least as
 * young as the active version of its type: an old file stays harmless, and a publication that was cut off goes on with its moves.
 */
#include "model/record.h"
#include "model/schema_private.h"

static const struct schema_stored *active_of(const struct schema_stored *items, size_t count, text path)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].active && text_equal(items[i].path, path))
			return &items[i];
	return NULL;
}

static text hash_of(struct arena *arena, const struct model *model, text path)
{
	text type;

	for (size_t i = 0; i < model->source_count; i++)
		if (text_equal(model->sources[i].path, path))
			return schema_source_hash(arena, model, i, &type);
	return TEXT_UNSET;
}

/* Stored files that are as given count from their publication; all others belong to the one to come. */
static int64_t published_in(struct arena *arena, const struct schema_stored *items, size_t count, const struct model *model, text path)
{
	const struct schema_stored *stored = active_of(items, count, path);

	return stored != NULL && text_equal(stored->hash, hash_of(arena, model, path)) ? stored->publication : INT64_MAX;
}

/* The first move that speaks of this version, or NULL. */
static const struct migration_step *move_of(struct arena *arena, const struct schema_stored *items, size_t count,
                                            const struct model *model, const struct type *type, int64_t version)
{
	int64_t since = published_in(arena, items, count, model, type->path);

	for (size_t i = 0; i < model->migration_count; i++) {
		const struct migration_step *step = &model->migrations[i];

		if (step->kind == MIGRATION_MOVE && text_equal(step->type, type->name) && (step->from == 0 || step->from == version) &&
		    published_in(arena, items, count, model, step->place.file) >= since)
			return step;
	}
	return NULL;
}

int schema_move_state(const struct migration_step *move, const struct type *type, text state)
{
	const struct lifecycle *lifecycle = type_newest(type)->lifecycle;
	text to = state;
	int position;

	if (lifecycle == NULL)
		return -1;
	for (size_t i = 0; i < move->state_count; i++)
		if (text_equal(move->states[i].from, state))
			to = move->states[i].to;
	position = lifecycle_state(lifecycle, to);
	return position >= 0 && !lifecycle->states[position].retired ? position : -1;
}

/* The version that will be, or is, the newest. */
static int64_t version_to_be(struct arena *arena, const struct schema_stored *items, size_t count, const struct model *model,
                             const struct type *type)
{
	const struct schema_stored *stored = active_of(items, count, type->path);
	int64_t newest = 0;

	if (stored != NULL && text_equal(stored->hash, hash_of(arena, model, type->path)))
		return stored->version;
	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i].path, type->path) || text_equal(items[i].type, type->name))
			newest = maximum(newest, items[i].version);
	return newest + 1;
}

struct counting {
	struct arena *arena;
	struct store *store;
	struct schema_stored *stored;
	size_t stored_count;
	const struct model *model;
	struct schema_running *items;
	size_t count, capacity;
};

static struct error *count_type(struct counting *counting, const struct type *before, const struct type *type)
{
	const struct field *state = &before->fields[FIELD_STATE];
	struct rows *rows;
	bool row, has;

	TRY(store_has_table(counting->store, counting->arena, before->table, &has));
	if (!has)
		return NULL;
	TRY(store_query_text(counting->store, counting->arena,
	                     text_format(counting->arena, "SELECT definition, \"state\", count(*) FROM \"%.*s\" GROUP BY definition, \"state\" "
	                                 "ORDER BY definition, \"state\"", TEXT_ARG(before->table)),
	                     NO_CELLS, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		int64_t version = rows_integer(rows, 0);
		size_t position = rows_is_null(rows, 1) ? SIZE_MAX : (size_t)rows_integer(rows, 1);
		struct schema_running one = { .type = type, .version = version, .records = rows_integer(rows, 2), .to = -1,
			                      .newest = version_to_be(counting->arena, counting->stored, counting->stored_count,
			                                              counting->model, type) };
		if (position < state->choice_count)
			one.state = state->choices[position].name;
		if (version != one.newest)
			one.move = move_of(counting->arena, counting->stored, counting->stored_count, counting->model, type, version);
		if (one.move != NULL && text_is_set(one.state))
			one.to = schema_move_state(one.move, type, one.state);
		one.lost = one.move != NULL && one.to < 0 && (text_is_set(one.state) || type->lifecycle != NULL);
		arena_make_room(counting->arena, counting->items, counting->count, counting->capacity);
		counting->items[counting->count++] = one;
	}
}

struct error *schema_running_records(struct arena *arena, struct store *store, const struct model *before, const struct model *model,
                                     struct schema_running **ret_items, size_t *ret_count)
{
	struct counting counting = { .arena = arena, .store = store, .model = model };

	TRY(schema_stored(arena, store, &counting.stored, &counting.stored_count));
	for (size_t i = 0; before != NULL && i < before->type_count; i++) {
		const struct type *type = model_type(model, before->types[i].name);

		if (type != NULL && !type->abstract && !before->types[i].abstract)
			TRY(count_type(&counting, &before->types[i], type));
	}
	*ret_items = counting.items;
	*ret_count = counting.count;
	return NULL;
}

struct error *schema_count_unset(struct arena *arena, struct store *store, const struct type *before, const struct field *field,
                                 int64_t *ret_count)
{
	const struct field *old = type_field(before, field->name);
	struct rows *rows;
	bool row, has;

	*ret_count = 0;
	TRY(store_has_table(store, arena, before->table, &has));
	if (!has)
		return NULL;
	TRY(store_query_text(store, arena,
	                     old == NULL || !column_exists(old) ?
	                         text_format(arena, "SELECT count(*) FROM \"%.*s\"", TEXT_ARG(before->table)) :
	                         text_format(arena, "SELECT count(*) FROM \"%.*s\" WHERE \"%.*s\" IS NULL", TEXT_ARG(before->table),
	                                     TEXT_ARG(field->name)),
	                     NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_count = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

/* Refusals for records that have no target; NULL when all have. */
struct error *schema_check_moves(struct arena *arena, const struct schema_running *items, size_t count)
{
	struct error *errors = NULL;

	for (size_t i = 0; i < count; i++) {
		const struct schema_running *one = &items[i];

		if (!one->lost)
			continue;
		struct error *error = error_new(arena, ERROR_DEFINITION, "%lld records of %.*s on version %lld are '%.*s', which version %lld does not have",
		                                (long long)one->records, TEXT_ARG(one->type->name), (long long)one->version,
		                                TEXT_ARG(one->state), (long long)one->newest);
		error = error_place(error, one->move->place);
		errors = error_append(errors, error_hint(arena, error, "say where they go: states: { %.*s: STATE }", TEXT_ARG(one->state)));
	}
	return errors;
}

struct error *schema_records_to_move(struct work *work, const struct type *type, const struct migration_step *move, size_t limit,
                                     int64_t *ret_ids, size_t *ret_count)
{
	int64_t from = move->from == 0 ? 1 : move->from, until = move->from == 0 ? type->definition - 1 : move->from;
	struct rows *rows;
	bool row;

	*ret_count = 0;
	TRY(store_query_text(work->store, work->arena,
	                     text_format(work->arena, "SELECT id FROM \"%.*s\" WHERE definition >= $1 AND definition <= $2 AND definition <> $3 "
	                                 "ORDER BY definition, id LIMIT $4", TEXT_ARG(type->table)),
	                     CELLS(cell_integer(from), cell_integer(until), cell_integer(type->definition), cell_integer((int64_t)limit)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		ret_ids[(*ret_count)++] = rows_integer(rows, 0);
	}
}

struct error *schema_settle(struct work *work, bool *ret_changed)
{
	struct model *before = NULL, *after = NULL;
	struct definition_source *sources;
	struct schema_stored *items;
	struct schema_plan plan;
	size_t count, source_count;

	*ret_changed = false;
	TRY(schema_stored(work->arena, work->store, &items, &count));
	TRY(schema_active_sources(work->arena, work->store, items, count, &sources, &source_count));
	TRY(schema_load(work->arena, work->store, &before));
	struct error *error = schema_propose(work->arena, work->store, sources, source_count, &after);
	if (error == NULL)
		error = schema_plan(work->arena, work->store, before, after, &plan);
	if (error == NULL)
		error = plan.refused;
	if (error == NULL) {
		error = schema_apply(work, after, &plan);
		*ret_changed = error == NULL;
	}
	model_free(before);
	model_free(after);
	return error;
}
