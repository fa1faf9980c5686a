/* Running a plan, storing and loading definitions with the versions that records run on, and the records of
 * the roles. */
#include "model/record.h"
#include "model/schema_private.h"

/* ---- stored definitions ---- */

static const struct schema_stored *find_active(const struct schema_stored *items, size_t count, text path)
{
	for (size_t i = 0; i < count; i++)
		if (items[i].active && text_equal(items[i].path, path))
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
	struct schema_stored *items;
	size_t count;
	text type;

	TRY(schema_stored(planner->arena, planner->store, &items, &count));
	for (size_t i = 0; i < model->source_count; i++) {
		const struct schema_stored *stored = find_active(items, count, model->sources[i].path);

		if (stored == NULL)
			schema_add_step(planner, false, T(""), "take up the definition %.*s",
					TEXT_ARG(model->sources[i].path));
		else if (!text_equal(stored->hash, schema_source_hash(planner->arena, model, i, &type)))
			schema_add_step(planner, false, T(""), "replace the definition %.*s",
					TEXT_ARG(model->sources[i].path));
	}
	for (size_t i = 0; i < count; i++)
		if (items[i].active && !has_source(model, items[i].path))
			schema_add_step(planner, false, T(""), "put the definition %.*s out of use",
					TEXT_ARG(items[i].path));
	return NULL;
}

static struct error *put_out_of_use(struct work *work, text path, int64_t publication)
{
	return store_run_text(work->store, work->arena,
			      T("UPDATE definition SET active = 0, until = $2 WHERE path = $1 AND active = 1"),
			      CELLS(cell_text(path), cell_integer(publication)), NULL);
}

static struct error *store_definition(struct work *work, const struct model *model, size_t source, int64_t publication)
{
	text path = model->sources[source].path, type;
	text hash = schema_source_hash(work->arena, model, source, &type);

	TRY(put_out_of_use(work, path, publication));
	/* A type's versions are counted on when its file is called otherwise: they are what its records run on. */
	return store_run_text(
	    work->store, work->arena,
	    T("INSERT INTO definition (path, version, type, source, hash, applied_at, active, publication, live) "
	      "SELECT $1, coalesce(max(version), 0) + 1, $2, $3, $4, $5, 1, $6, 0 FROM definition WHERE path = $1 OR type = $2"),
	    CELLS(cell_text(path), cell_text(type), cell_text(model->sources[source].source), cell_text(hash),
		  cell_moment(work->now), cell_integer(publication)),
	    NULL);
}

static struct error *store_definitions(struct work *work, const struct model *model, int64_t publication)
{
	struct schema_stored *items;
	size_t count;
	text type;

	TRY(schema_stored(work->arena, work->store, &items, &count));
	for (size_t i = 0; i < model->source_count; i++) {
		const struct schema_stored *stored = find_active(items, count, model->sources[i].path);

		if (stored == NULL ||
		    !text_equal(stored->hash, schema_source_hash(work->arena, model, i, &type)))
			TRY(store_definition(work, model, i, publication));
	}
	for (size_t i = 0; i < count; i++)
		if (items[i].active && !has_source(model, items[i].path))
			TRY(put_out_of_use(work, items[i].path, publication));
	return NULL;
}

/* ---- versions that records run on ---- */

/* Kept in the rows, so that loading asks no table of records. They change in publications only, like the states they keep. */
static struct error *mark_running(struct work *work, const struct type *type)
{
	int64_t *versions;
	size_t count;

	TRY(schema_running(work->arena, work->store, type->table, &versions, &count));
	TRY(store_run_text(work->store, work->arena,
			   T("UPDATE definition SET live = 0 WHERE type = $1"), CELLS(cell_text(type->name)), NULL));
	for (size_t i = 0; i < count; i++)
		TRY(store_run_text(work->store, work->arena,
				   T("UPDATE definition SET live = 1 WHERE type = $1 AND version = $2 AND active = 0 AND coalesce(publication, 0) = "
				     "(SELECT max(coalesce(publication, 0)) FROM definition WHERE type = $1 AND version = $2)"),
				   CELLS(cell_text(type->name), cell_integer(versions[i])), NULL));
	return NULL;
}

static bool runs_on(const int64_t *versions, size_t count, int64_t version)
{
	for (size_t i = 0; i < count; i++)
		if (versions[i] == version)
			return true;
	return false;
}

/* Once files kept their own count: of two rows of a type with one number, records mean the later. */
static bool is_covered(const struct schema_stored *items, size_t count, size_t at)
{
	return at + 1 < count && text_equal(items[at + 1].type, items[at].type) && items[at + 1].version == items[at].version;
}

/* Newest first, so that the union of states begins with what is nearest to today. `fresh`: records are asked, not the marks. */
static struct error *older_versions(struct arena *arena, struct store *store, struct schema_stored *items,
				    size_t count, const struct model *fresh, struct older_definition **ret_older,
				    size_t *ret_count)
{
	struct older_definition *older = arena_new_array(arena, struct older_definition, count);
	text last = TEXT_UNSET, hash;
	int64_t *versions = NULL;
	size_t running = 0;

	*ret_count = 0;
	for (size_t i = count; i-- > 0;) {
		struct schema_stored *stored = &items[i];
		const struct type *type = fresh == NULL || !text_is_set(stored->type) ? NULL : model_type(fresh, stored->type);
		bool live = stored->live;

		if (!text_is_set(stored->type) || (fresh != NULL && (type == NULL || type->abstract)))
			continue;
		if (fresh != NULL) {
			if (!text_equal(last, stored->type))
				TRY(schema_running(arena, store, type->table, &versions, &running));
			last = stored->type;
			hash = text_equal(type->path, stored->path) ? type->source_hash : TEXT_UNSET;
			live = runs_on(versions, running, stored->version) && !is_covered(items, count, i) &&
			       !(stored->active && text_equal(stored->hash, hash));
		}
		if (live)
			TRY(schema_stored_older(arena, store, items, count, stored, &older[(*ret_count)++]));
	}
	*ret_older = older;
	return NULL;
}

static bool has_path(const struct definition_source *sources, size_t count, text path)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(sources[i].path, path))
			return true;
	return false;
}

/*
 * A store that an earlier program made lacks platform types that this one counts on: they are read from those built in, so
 * that the store can be opened and migrated.
 */
static struct error *parse_stored(struct arena *error_arena, const struct definition_source *sources, size_t count,
				  const struct older_definition *older, size_t older_count, struct model **ret_model)
{
	struct error *error = model_parse_stored(error_arena, sources, count, older, older_count, ret_model), *again;
	struct definition_source *embedded, *all;
	size_t embedded_count, all_count = count;

	if (error == NULL)
		return NULL;
	model_embedded_sources(error_arena, &embedded, &embedded_count);
	all = arena_new_array(error_arena, struct definition_source, count + embedded_count);
	memcpy(all, sources, count * sizeof(*sources));
	for (size_t i = 0; i < embedded_count; i++)
		if (text_starts_with(embedded[i].path, T("platform/")) && !has_path(sources, count, embedded[i].path))
			all[all_count++] = embedded[i];
	again = model_parse_stored(error_arena, all, all_count, older, older_count, ret_model);
	return again == NULL ? NULL : error;
}

struct error *schema_load(struct arena *error_arena, struct store *store, struct model **ret_model)
{
	struct definition_source *sources;
	struct older_definition *older;
	struct model *model = NULL;
	struct schema_stored *items;
	size_t all, count, older_count;
	int64_t version;

	TRY(schema_stored(error_arena, store, &items, &all));
	TRY(schema_active_sources(error_arena, store, items, all, &sources, &count));
	if (count == 0) {
		*ret_model = NULL;
		return NULL;
	}
	TRY(schema_version(error_arena, store, &version));
	TRY(older_versions(error_arena, store, items, all, NULL, &older, &older_count));
	TRY(parse_stored(error_arena, sources, count, older, older_count, &model));
	model->version = version;
	for (size_t i = 0; i < model->type_count; i++) {
		const struct schema_stored *stored = find_active(items, all, model->types[i].path);

		model->types[i].definition = stored == NULL ? 1 : stored->version;
	}
	*ret_model = model;
	return NULL;
}

struct error *schema_propose(struct arena *error_arena, struct store *store, const struct definition_source *sources,
			     size_t count, struct model **ret_model)
{
	struct older_definition *older;
	struct schema_stored *items;
	struct model *model = NULL;
	struct error *error;
	size_t all, older_count;

	TRY(schema_stored(error_arena, store, &items, &all));
	TRY(model_parse(error_arena, sources, count, &model));
	error = older_versions(error_arena, store, items, all, model, &older, &older_count);
	if (error == NULL && older_count == 0) {
		*ret_model = model;
		return NULL;
	}
	model_free(model);
	TRY(error);
	return model_parse_versions(error_arena, sources, count, older, older_count, ret_model);
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
	int64_t publication;

	if (plan->refused != NULL)
		return plan->refused;
	for (size_t i = 0; i < plan->count; i++)
		if (plan->steps[i].sql.length > 0)
			TRY(store_script(work->store, work->arena, plan->steps[i].sql));
	TRY(make_counters(work, model));
	TRY(schema_next_version(work, &publication));
	TRY(store_definitions(work, model, publication));
	for (size_t i = 0; i < model->type_count; i++)
		if (!model->types[i].abstract)
			TRY(mark_running(work, &model->types[i]));
	with.model = model;
	with.cache = NULL; /* it may know records of the types as they were */
	return seed_roles(&with, model);
}
