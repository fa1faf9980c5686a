/* The stored versions of one definition: for the inspector, and for going back to one of them. */
#include "model/schema_private.h"

/* Along the index on `definition`. */
static struct error *count_records(struct work *work, const struct type *type, struct definition_version *versions, size_t count)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(work->store, work->arena,
	                     text_format(work->arena, "SELECT definition, count(*) FROM \"%.*s\" GROUP BY definition",
	                                 TEXT_ARG(type->table)),
	                     NO_CELLS, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		for (size_t i = 0; i < count; i++)
			if (versions[i].version == rows_integer(rows, 0))
				versions[i].records = rows_integer(rows, 1);
	}
}

static struct error *add_differences(struct work *work, struct schema_stored *items, size_t count,
                                     struct schema_stored *before, struct schema_stored *after,
                                     struct definition_version *version)
{
	struct older_definition old = { .version = 0 }, now;

	if (before == NULL)
		return NULL; /* the first one is all new: nothing to tell apart */
	TRY(schema_stored_older(work->arena, work->store, items, count, before, &old));
	TRY(schema_stored_older(work->arena, work->store, items, count, after, &now));
	return schema_difference(work->arena, &old, &now, &version->differences, &version->difference_count);
}

struct error *schema_versions(struct work *work, const struct type *type, bool with_differences,
                              struct definition_version **ret_versions, size_t *ret_count)
{
	struct definition_version *versions;
	struct schema_stored *before = NULL;
	struct schema_stored *items;
	size_t all, count = 0;

	TRY(schema_stored(work->arena, work->store, &items, &all));
	versions = arena_new_array(work->arena, struct definition_version, all + 1);
	for (size_t i = 0; i < all; i++) {
		struct schema_stored *stored = &items[i];

		if (!text_equal(stored->type, type->name))
			continue;
		versions[count] = (struct definition_version){ .version = stored->version, .publication = stored->publication,
			                                       .applied_at = stored->applied_at, .active = stored->active };
		if (with_differences)
			TRY(add_differences(work, items, all, before, stored, &versions[count]));
		before = stored;
		count++;
	}
	if (!type->abstract)
		TRY(count_records(work, type, versions, count));
	for (size_t i = 0; i < count / 2; i++) {
		struct definition_version swap = versions[i];

		versions[i] = versions[count - 1 - i];
		versions[count - 1 - i] = swap;
	}
	*ret_versions = versions;
	*ret_count = count;
	return NULL;
}

struct error *schema_source(struct work *work, const struct type *type, int64_t version, struct older_definition *ret_source)
{
	struct schema_stored *items;
	size_t count;

	TRY(schema_stored(work->arena, work->store, &items, &count));
	for (size_t i = count; i-- > 0;)
		if (text_equal(items[i].type, type->name) && items[i].version == version)
			return schema_stored_older(work->arena, work->store, items, count, &items[i], ret_source);
	return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no version %lld", TEXT_ARG(type->name), (long long)version);
}
