/*
 * Records that were made from a model which the newest version of their type does not have. On their version they go on with it; whoever
 * moves them says what they follow then, as with states that went. What is closed keeps the name: it says what it was made from.
 */
#include "model/schema_private.h"

struct looking {
	struct arena *arena;
	struct store *store;
	const struct schema_running *running;
	size_t running_count;
	struct schema_gone *items;
	size_t count, capacity;
};

text schema_move_model(const struct migration_step *move, text name)
{
	for (size_t i = 0; i < move->model_count; i++)
		if (text_equal(move->models[i].from, name))
			return move->models[i].to;
	return name;
}

/* NULL: they are on the newest. */
static const struct schema_running *running_of(const struct looking *looking, const struct type *type, int64_t version)
{
	for (size_t i = 0; i < looking->running_count; i++)
		if (looking->running[i].type == type && looking->running[i].version == version)
			return looking->running[i].version == looking->running[i].newest ? NULL : &looking->running[i];
	return NULL;
}

static bool any_older(const struct looking *looking, const struct type *type)
{
	for (size_t i = 0; i < looking->running_count; i++)
		if (looking->running[i].type == type && looking->running[i].version != looking->running[i].newest)
			return true;
	return false;
}

static bool is_open(const struct type *before, struct rows *rows)
{
	size_t state = rows_is_null(rows, 2) ? SIZE_MAX : (size_t)rows_integer(rows, 2);

	return before->lifecycle == NULL || state >= before->lifecycle->state_count ||
	       before->lifecycle->states[state].group < GROUP_CLOSED;
}

/* What the newest version knows nothing of: the name itself, or what the move makes of it. */
static bool is_unknown(const struct type *type, const struct migration_step *move, text name)
{
	text to = move == NULL ? name : schema_move_model(move, name);

	return type_work_model(type, name) == NULL || (type_work_model(type, to) == NULL && !text_equal(to, T("none")));
}

static void add(struct looking *looking, const struct type *type, const struct schema_running *running, text name, int64_t records)
{
	struct schema_gone *last = looking->count == 0 ? NULL : &looking->items[looking->count - 1];

	if (last != NULL && last->type == type && last->version == running->version && text_equal(last->model, name)) {
		last->records += records;
		return;
	}
	arena_make_room(looking->arena, looking->items, looking->count, looking->capacity);
	last = &looking->items[looking->count++];
	*last = (struct schema_gone){ .type = type, .version = running->version, .model = name, .records = records,
		                      .move = running->move };
	if (running->move != NULL && !text_equal(schema_move_model(running->move, name), name))
		last->to = schema_move_model(running->move, name);
}

static struct error *look_at(struct looking *looking, const struct type *before, const struct type *type)
{
	const struct field *field = &before->fields[before->model_field];
	struct rows *rows;
	bool row, has;

	TRY(store_has_table(looking->store, looking->arena, before->table, &has));
	if (!has || !any_older(looking, type))
		return NULL;
	TRY(store_query_text(looking->store, looking->arena,
	                     text_format(looking->arena, "SELECT definition, \"%.*s\", \"state\", count(*) FROM \"%.*s\" WHERE \"%.*s\" IS NOT NULL "
	                                 "GROUP BY 1, 2, 3 ORDER BY 1, 2, 3", TEXT_ARG(field->name), TEXT_ARG(before->table), TEXT_ARG(field->name)),
	                     NO_CELLS, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		const struct schema_running *running = running_of(looking, type, rows_integer(rows, 0));
		text name = rows_text_copy(rows, looking->arena, 1);
		if (running != NULL && is_open(before, rows) && is_unknown(type, running->move, name))
			add(looking, type, running, name, rows_integer(rows, 3));
	}
}

struct error *schema_gone_models(struct arena *arena, struct store *store, const struct model *before, const struct model *model,
                                 const struct schema_running *running, size_t running_count, struct schema_gone **ret_items,
                                 size_t *ret_count)
{
	struct looking looking = { .arena = arena, .store = store, .running = running, .running_count = running_count };

	for (size_t i = 0; before != NULL && i < before->type_count; i++) {
		const struct type *type = model_type(model, before->types[i].name);

		if (type != NULL && !type->abstract && !before->types[i].abstract && before->types[i].model_field >= 0)
			TRY(look_at(&looking, &before->types[i], type));
	}
	*ret_items = looking.items;
	*ret_count = looking.count;
	return NULL;
}

/* ---- what is ordered ---- */

static struct error *look_at_offerings(struct looking *looking, const struct type *before, const struct type *type)
{
	const struct field *link = &before->fields[before->orders];
	text field = link->target->fields[link->orders->model].name;
	struct rows *rows;
	bool row, has;

	TRY(store_has_table(looking->store, looking->arena, link->target->table, &has));
	if (!has)
		return NULL;
	TRY(store_query_text(looking->store, looking->arena,
	                     text_format(looking->arena, "SELECT \"%.*s\", count(*) FROM \"%.*s\" WHERE \"%.*s\" IS NOT NULL GROUP BY 1 ORDER BY 1",
	                                 TEXT_ARG(field), TEXT_ARG(link->target->table), TEXT_ARG(field)),
	                     NO_CELLS, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		text name = rows_text_copy(rows, looking->arena, 0);
		if (type_work_model(before, name) == NULL || type_work_model(type, name) != NULL)
			continue;
		arena_make_room(looking->arena, looking->items, looking->count, looking->capacity);
		looking->items[looking->count++] =
		    (struct schema_gone){ .type = link->target, .model = name, .records = rows_integer(rows, 1) };
	}
}

struct error *schema_gone_offerings(struct arena *arena, struct store *store, const struct model *before, const struct model *model,
                                    struct schema_gone **ret_items, size_t *ret_count)
{
	struct looking looking = { .arena = arena, .store = store };

	for (size_t i = 0; before != NULL && i < before->type_count; i++) {
		const struct type *type = model_type(model, before->types[i].name);

		if (type != NULL && !type->abstract && !before->types[i].abstract && before->types[i].orders >= 0)
			TRY(look_at_offerings(&looking, &before->types[i], type));
	}
	*ret_items = looking.items;
	*ret_count = looking.count;
	return NULL;
}

struct error *schema_check_gone(struct arena *arena, const struct schema_gone *items, size_t count)
{
	struct error *errors = NULL, *error;

	for (size_t i = 0; i < count; i++) {
		const struct schema_gone *one = &items[i];

		if (one->move == NULL || text_equal(one->to, T("none")) ||
		    (text_is_set(one->to) && type_work_model(one->type, one->to) != NULL))
			continue;
		error = text_is_set(one->to)
		            ? error_new(arena, ERROR_DEFINITION, "%.*s has no model '%.*s'", TEXT_ARG(one->type->name), TEXT_ARG(one->to))
		            : error_new(arena, ERROR_DEFINITION, "%lld open records of %.*s on version %lld were made from '%.*s', which the newest version does not have",
		                        (long long)one->records, TEXT_ARG(one->type->name), (long long)one->version, TEXT_ARG(one->model));
		error = error_hint(arena, error_place(error, one->move->place), "say what they follow: models: { %.*s: MODEL }, or none",
		                   TEXT_ARG(one->model));
		errors = error_append(errors, error);
	}
	return errors;
}
