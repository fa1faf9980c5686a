/* Running a plan, the stored definitions (table `definition`, one row per path and version), and the records
 * of the roles. */
#include "model/record.h"
#include "model/schema_private.h"

/* ---- stored definitions ---- */

struct stored {
	text path, source, hash;
	int64_t version;
};

/* The active ones, by path; none on an empty store. */
static struct error *load_stored(struct arena *arena, struct store *store, struct stored **ret_items,
				 size_t *ret_count)
{
	struct stored *items = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool has, row;

	*ret_items = NULL;
	*ret_count = 0;
	TRY(store_has_table(store, arena, T("definition"), &has));
	if (!has)
		return NULL;
	TRY(store_query_text(
	    store, arena,
	    T("SELECT path, source, hash, version FROM definition WHERE active = 1 ORDER BY path"), NO_CELLS,
	    &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(arena, items, count, capacity);
		items[count++] =
		    (struct stored){ rows_text_copy(rows, arena, 0), rows_text_copy(rows, arena, 1),
				     rows_text_copy(rows, arena, 2), rows_integer(rows, 3) };
	}
	*ret_items = items;
	*ret_count = count;
	return NULL;
}

static const struct stored *find_stored(const struct stored *items, size_t count, text path)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i].path, path))
			return &items[i];
	return NULL;
}

text schema_source_hash(struct arena *arena, const struct model *model, size_t source, text *ret_type)
{
	*ret_type = TEXT_UNSET;
	for (size_t i = 0; i < model->type_count; i++)
		if (text_equal(model->types[i].path, model->sources[source].path)) {
			*ret_type = model->types[i].name;
			return model->types[i].source_hash;
		}
	return text_format(arena, "%016llx", (unsigned long long)text_hash(model->sources[source].source));
}

static bool has_source(const struct model *model, text path)
{
	for (size_t i = 0; i < model->source_count; i++)
		if (text_equal(model->sources[i].path, path))
			return true;
	return false;
}

struct error *schema_plan_definitions(struct schema_planner *planner)
{
	const struct model *model = planner->model;
	struct stored *items;
	size_t count;
	text type;

	TRY(load_stored(planner->arena, planner->store, &items, &count));
	for (size_t i = 0; i < model->source_count; i++) {
		const struct stored *stored = find_stored(items, count, model->sources[i].path);

		if (stored == NULL)
			schema_add_step(planner, false, T(""), "take up the definition %.*s",
					TEXT_ARG(model->sources[i].path));
		else if (!text_equal(stored->hash, schema_source_hash(planner->arena, model, i, &type)))
			schema_add_step(planner, false, T(""), "replace the definition %.*s",
					TEXT_ARG(model->sources[i].path));
	}
	for (size_t i = 0; i < count; i++)
		if (!has_source(model, items[i].path))
			schema_add_step(planner, false, T(""), "put the definition %.*s out of use",
					TEXT_ARG(items[i].path));
	return NULL;
}

static struct error *put_out_of_use(struct work *work, text path)
{
	return store_run_text(work->store, work->arena,
			      T("UPDATE definition SET active = 0 WHERE path = $1 AND active = 1"),
			      CELLS(cell_text(path)), NULL);
}

static struct error *store_definition(struct work *work, const struct model *model, size_t source)
{
	text path = model->sources[source].path, type;
	text hash = schema_source_hash(work->arena, model, source, &type);

	TRY(put_out_of_use(work, path));
	return store_run_text(
	    work->store, work->arena,
	    T("INSERT INTO definition (path, version, type, source, hash, applied_at, active) "
	      "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, 1 FROM definition WHERE path = $1"),
	    CELLS(cell_text(path), cell_text(type), cell_text(model->sources[source].source), cell_text(hash),
		  cell_moment(work->now)),
	    NULL);
}

static struct error *store_definitions(struct work *work, const struct model *model)
{
	struct stored *items;
	size_t count;
	text type;

	TRY(load_stored(work->arena, work->store, &items, &count));
	for (size_t i = 0; i < model->source_count; i++) {
		const struct stored *stored = find_stored(items, count, model->sources[i].path);

		if (stored == NULL ||
		    !text_equal(stored->hash, schema_source_hash(work->arena, model, i, &type)))
			TRY(store_definition(work, model, i));
	}
	for (size_t i = 0; i < count; i++)
		if (!has_source(model, items[i].path))
			TRY(put_out_of_use(work, items[i].path));
	return NULL;
}

static struct error *count_definitions(struct arena *arena, struct store *store, int64_t *ret_count)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(store, arena, T("SELECT count(*) FROM definition"), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_count = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

struct error *schema_load(struct arena *error_arena, struct store *store, struct model **ret_model)
{
	struct definition_source *sources;
	struct model *model = NULL;
	struct stored *items;
	int64_t version;
	size_t count;

	TRY(load_stored(error_arena, store, &items, &count));
	if (count == 0) {
		*ret_model = NULL;
		return NULL;
	}
	TRY(count_definitions(error_arena, store, &version));
	sources = arena_new_array(error_arena, struct definition_source, count);
	for (size_t i = 0; i < count; i++)
		sources[i] = (struct definition_source){ items[i].path, items[i].source };
	TRY(model_parse(error_arena, sources, count, &model));
	model->version = version; /* rows are only ever added */
	for (size_t i = 0; i < model->type_count; i++) {
		const struct stored *stored = find_stored(items, count, model->types[i].path);

		model->types[i].definition = stored == NULL ? 1 : stored->version;
	}
	*ret_model = model;
	return NULL;
}

/* ---- roles as records ---- */

static void set_text(struct record *record, text field, text t)
{
	const struct field *found = type_field(record->type, field);

	if (found != NULL)
		record->cells[found->position] = cell_text(t);
}

static struct error *add_role(struct work *work, const struct type *type, const struct role *role)
{
	struct record *record = record_new(work->arena, type);
	const struct field *active = type_field(type, T("active"));

	TRY(model_next_id(work, &record->id));
	record->version = 1;
	record->cells[FIELD_NUMBER] = cell_text(role->name);
	record->cells[FIELD_VERSION] = cell_integer(1);
	record->cells[FIELD_CREATED_AT] = cell_moment(work->now);
	record->cells[FIELD_UPDATED_AT] = cell_moment(work->now);
	set_text(record, T("name"), role->name);
	set_text(record, T("label"), label_in(&role->label, T("en")));
	set_text(record, T("purpose"), role->purpose);
	if (active != NULL)
		record->cells[active->position] = cell_integer(1);
	return model_insert(work, record);
}

/* Their names are what people are linked to; words that changed in the definition follow. */
static struct error *keep_role(struct work *work, const struct type *type, const struct role *role,
			       int64_t id)
{
	text words[] = { label_in(&role->label, T("en")), role->purpose };
	text fields[] = { T("label"), T("purpose") };
	bool *changed = arena_new_array(work->arena, bool, type->field_count);
	bool any = false;
	struct record *record;

	TRY(model_load_fresh(work, type, id, &record));
	for (size_t i = 0; i < array_length(fields); i++) {
		const struct field *field = type_field(type, fields[i]);
		struct cell cell = cell_text(words[i]);

		if (field == NULL || cell_equal(&record->cells[field->position], &cell))
			continue;
		record->cells[field->position] = cell;
		changed[field->position] = any = true;
	}
	return any ? model_update(work, record, changed) : NULL;
}

static struct error *seed_roles(struct work *work, const struct model *model)
{
	int64_t id;

	for (size_t i = 0; i < model->role_count; i++) {
		TRY(model_find_id(work, model->role, model->roles[i].name, &id));
		if (id == 0)
			TRY(add_role(work, model->role, &model->roles[i]));
		else
			TRY(keep_role(work, model->role, &model->roles[i], id));
	}
	return NULL;
}

/* ---- applying ---- */

static struct error *make_counters(struct work *work, const struct model *model)
{
	TRY(store_make_counter(work->store, work->arena, T(COUNTER_RECORD_ID)));
	for (size_t i = 0; i < model->type_count; i++)
		if (text_is_set(model->types[i].number_prefix))
			TRY(store_make_counter(work->store, work->arena,
					       column_counter(work->arena, &model->types[i])));
	return NULL;
}

struct error *schema_apply(struct work *work, const struct model *model, const struct schema_plan *plan)
{
	struct work with = *work;

	if (plan->refused != NULL)
		return plan->refused;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].sql.length > 0)
			TRY(store_script(work->store, work->arena, plan->steps[i].sql));
	TRY(make_counters(work, model));
	TRY(store_definitions(work, model));
	with.model = model;
	with.cache = NULL; /* it may know records of the types as they were */
	return seed_roles(&with, model);
}
