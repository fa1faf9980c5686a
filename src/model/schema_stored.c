/*
 * The definitions in the store: one row per file and version, with the publication in which it became active and the one in which
 * it ceased to be. So the set of any time can be read again, and each version together with what it extended then.
 */
#include "model/schema_private.h"

#include "base/yaml.h"

/* The number of the newest publication, in the table `cursor`: also what tells nodes that their model is old. */
#define VERSION_CURSOR "definitions"

/* A store made before publications were numbered has none of these columns. */
static struct error *has_publications(struct arena *arena, struct store *store, bool *ret_has)
{
	text *columns;
	size_t count;

	*ret_has = false;
	TRY(store_columns(store, arena, T("definition"), &columns, &count));
	for (size_t i = 0; i < count; i++)
		*ret_has = *ret_has || text_equal(columns[i], T("live"));
	return NULL;
}

struct error *schema_stored(struct arena *arena, struct store *store, struct schema_stored **ret_items, size_t *ret_count)
{
	struct schema_stored *items = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool has, row;

	*ret_items = NULL;
	*ret_count = 0;
	TRY(store_has_table(store, arena, T("definition"), &has));
	if (!has)
		return NULL;
	TRY(has_publications(arena, store, &has));
	TRY(store_query_text(store, arena,
	                     has ? T("SELECT path, type, hash, version, applied_at, active, publication, until, live FROM definition "
	                             "ORDER BY coalesce(type, path), version, publication")
	                         : T("SELECT path, type, hash, version, applied_at, active, 0, NULL, 0 FROM definition "
	                             "ORDER BY path, version"),
	                     NO_CELLS, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(arena, items, count, capacity);
		items[count++] = (struct schema_stored){
			.path = rows_text_copy(rows, arena, 0), .type = rows_text_copy(rows, arena, 1),
			.hash = rows_text_copy(rows, arena, 2), .version = rows_integer(rows, 3),
			.applied_at = rows_moment(rows, 4), .active = rows_integer(rows, 5) != 0,
			.publication = rows_integer(rows, 6), .until = rows_is_null(rows, 7) ? INT64_MAX : rows_integer(rows, 7),
			.live = rows_integer(rows, 8) != 0,
		};
	}
	*ret_items = items;
	*ret_count = count;
	return NULL;
}

struct error *schema_stored_source(struct arena *arena, struct store *store, struct schema_stored *stored,
                                   struct definition_source *ret_source)
{
	struct rows *rows;
	bool row;

	if (text_is_set(stored->source)) {
		*ret_source = (struct definition_source){ stored->path, stored->source };
		return NULL;
	}
	TRY(store_query_text(store, arena, T("SELECT source FROM definition WHERE path = $1 AND version = $2"),
	                     CELLS(cell_text(stored->path), cell_integer(stored->version)), &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return error_new(arena, ERROR_NOT_FOUND, "version %lld of the definition %.*s is gone", (long long)stored->version,
		                 TEXT_ARG(stored->path));
	stored->source = rows_text_copy(rows, arena, 0);
	rows_close(rows);
	*ret_source = (struct definition_source){ stored->path, stored->source };
	return NULL;
}

text schema_extends(struct arena *arena, const struct definition_source *source)
{
	struct value *root = NULL;

	if (yaml_parse(arena, source->path, source->source, &root) != NULL)
		return TEXT_UNSET;
	return value_get_text(value_get(root, T("type")), T("extends"));
}

/* ---- a version with what belongs to it ---- */

struct error *schema_is_model_of(struct arena *arena, struct store *store, struct schema_stored *stored, text type, bool *ret_is)
{
	struct definition_source source;
	struct value *root = NULL;

	*ret_is = false;
	if (!text_starts_with(stored->path, T("models/")))
		return NULL;
	if (!text_is_set(stored->makes)) {
		TRY(schema_stored_source(arena, store, stored, &source));
		if (yaml_parse(arena, source.path, source.source, &root) != NULL)
			root = NULL;
		stored->makes = value_get_text(value_get(root, T("model")), T("type"));
		stored->name = value_get_text(value_get(root, T("model")), T("name"));
		if (!text_is_set(stored->makes))
			stored->makes = T("");
	}
	*ret_is = text_equal(stored->makes, type);
	return NULL;
}

/* Before publications were numbered nothing says when a version ended: the last one of each is meant. */
static void choose(struct schema_stored **chosen, size_t *count, struct schema_stored *stored)
{
	for (size_t i = 0; i < *count; i++)
		if (text_equal(chosen[i]->name, stored->name)) {
			if (stored->publication >= chosen[i]->publication)
				chosen[i] = stored;
			return;
		}
	chosen[(*count)++] = stored;
}

/*
 * A model that changes makes a new version of its type: so those of a version are the files that were active until it ended. A store of
 * before has models that changed under a version which stayed: its records ran on the last of them.
 */
static struct error *models_of(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                               const struct schema_stored *version, struct older_definition *older)
{
	struct schema_stored **chosen = arena_new_array(arena, struct schema_stored *, count + 1);
	bool is;

	for (size_t i = 0; i < count; i++) {
		if (items[i].publication >= version->until || items[i].until < version->until)
			continue;
		TRY(schema_is_model_of(arena, store, &items[i], version->type, &is));
		if (is)
			choose(chosen, &older->model_count, &items[i]);
	}
	older->models = arena_new_array(arena, struct definition_source, older->model_count);
	for (size_t i = 0; i < older->model_count; i++)
		TRY(schema_stored_source(arena, store, chosen[i], &older->models[i]));
	return NULL;
}

struct error *schema_stored_older(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                  struct schema_stored *stored, struct older_definition *ret_older)
{
	struct older_definition older = { .type = stored->type, .version = stored->version };
	struct schema_stored *base = NULL;
	text extends;

	TRY(schema_stored_source(arena, store, stored, &older.own));
	extends = schema_extends(arena, &older.own);
	for (size_t i = 0; text_is_set(extends) && i < count; i++)
		if (text_equal(items[i].type, extends) && items[i].publication <= stored->publication &&
		    items[i].until > stored->publication && (base == NULL || items[i].version > base->version))
			base = &items[i];
	if (base != NULL)
		TRY(schema_stored_source(arena, store, base, &older.base));
	TRY(models_of(arena, store, items, count, stored, &older));
	*ret_older = older;
	return NULL;
}

struct error *schema_active_sources(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                    struct definition_source **ret_sources, size_t *ret_count)
{
	struct definition_source *sources = arena_new_array(arena, struct definition_source, count);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (items[i].active)
			TRY(schema_stored_source(arena, store, &items[i], &sources[(*ret_count)++]));
	*ret_sources = sources;
	return NULL;
}

/* ---- on which versions do records run? ---- */

/* Along the index on `definition`: one step per version, however many records there are. */
struct error *schema_running(struct arena *arena, struct store *store, text table, int64_t **ret_versions, size_t *ret_count)
{
	text sql = text_format(arena, "SELECT min(definition) FROM \"%.*s\" WHERE definition > $1", TEXT_ARG(table));
	int64_t *versions = NULL, last = 0;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool has, row;

	*ret_versions = NULL;
	*ret_count = 0;
	TRY(store_has_table(store, arena, table, &has));
	for (bool more = has; more;) {
		TRY(store_query_text(store, arena, sql, CELLS(cell_integer(last)), &rows));
		TRY(rows_next(rows, &row));
		more = row && !rows_is_null(rows, 0);
		last = row ? rows_integer(rows, 0) : 0;
		rows_close(rows);
		if (!more)
			break;
		arena_make_room(arena, versions, count, capacity);
		versions[count++] = last;
	}
	*ret_versions = versions;
	*ret_count = count;
	return NULL;
}

/* ---- the number of the publication ---- */

struct error *schema_version(struct arena *arena, struct store *store, int64_t *ret_version)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(store, arena, T("SELECT position FROM \"cursor\" WHERE name = '" VERSION_CURSOR "'"), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_version = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

struct error *schema_next_version(struct work *work, int64_t *ret_version)
{
	TRY(schema_version(work->arena, work->store, ret_version));
	(*ret_version)++;
	return store_run_text(work->store, work->arena,
	                      T("INSERT INTO \"cursor\" (name, position, updated_at) VALUES ('" VERSION_CURSOR "', $1, $2) "
	                        "ON CONFLICT (name) DO UPDATE SET position = excluded.position, updated_at = excluded.updated_at"),
	                      CELLS(cell_integer(*ret_version), cell_moment(work->now)), NULL);
}

struct error *schema_lock(struct arena *arena, struct store *store)
{
	return store_lock_table(store, arena, T("cursor"));
}
