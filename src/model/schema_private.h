/* What schema.c (tables, columns, indexes), schema_change.c (what changed its meaning) and schema_apply.c
 * share. */
#ifndef REEVE_MODEL_SCHEMA_PRIVATE_H
#define REEVE_MODEL_SCHEMA_PRIVATE_H

#include "model/column_private.h"
#include "model/schema.h"

/* A table as the store has it, changed along with the steps that are planned. */
struct schema_table {
	text name;
	bool exists;
	text *columns;
	size_t column_count;
	text *indexes;
	size_t index_count;
};

/* A row of the table `definition`, without its source (schema_stored.c). */
struct schema_stored {
	text path, type, hash;
	int64_t version, publication, until; /* until: the publication that put it out of use; INT64_MAX: none yet */
	moment applied_at;
	bool active;
	bool live; /* not active, but records run on it */
	text source;      /* once it was read */
	text makes, name; /* of a model's file whose source was read: the type of its records, and its name */
};

struct schema_planner {
	struct arena *arena;
	struct store *store;
	const struct store_dialect *dialect;
	const struct model *before; /* NULL: an empty store */
	const struct model *model;
	bool back; /* to an earlier set: what is unused may go */
	struct schema_table *tables; /* records first, by type position; then the plain ones */
	size_t table_count;
	struct schema_step *steps;
	size_t step_count, step_capacity;
	struct error *refused;
};

void schema_add_step(struct schema_planner *planner, bool destructive, text sql, const char *words, ...)
    printf_like(4, 5);
void schema_refuse(struct schema_planner *planner, const char *hint, const char *format, ...)
    printf_like(3, 4);
/* Renames, removals, renumbered choices: everything that is decided by comparing the stored definitions with
 * the new. */
must_use struct error *schema_plan_changes(struct schema_planner *planner);
/* Words only: which definitions will be stored. */
must_use struct error *schema_plan_definitions(struct schema_planner *planner);
/* All rows: those of a type together, by version; none on an empty store. */
must_use struct error *schema_stored(struct arena *arena, struct store *store, struct schema_stored **ret_items,
				     size_t *ret_count);
must_use struct error *schema_stored_source(struct arena *arena, struct store *store,
					    struct schema_stored *stored,
					    struct definition_source *ret_source);
/* With the source of what it extended while it was active, and of the models that made its records. */
must_use struct error *schema_stored_older(struct arena *arena, struct store *store,
					   struct schema_stored *items, size_t count,
					   struct schema_stored *stored,
					   struct older_definition *ret_older);
/* Whether it is the file of a model that makes records of this type. */
must_use struct error *schema_is_model_of(struct arena *arena, struct store *store, struct schema_stored *stored,
					  text type, bool *ret_is);
must_use struct error *schema_active_sources(struct arena *arena, struct store *store,
					     struct schema_stored *items, size_t count,
					     struct definition_source **ret_sources, size_t *ret_count);
/* The name behind `extends`, or unset. */
text schema_extends(struct arena *arena, const struct definition_source *source);
/* The definition versions that the records of a table run on, ascending; none when there is no such table. */
must_use struct error *schema_running(struct arena *arena, struct store *store, text table,
				      int64_t **ret_versions, size_t *ret_count);
/* Counts the publication up, in the caller's transaction. */
must_use struct error *schema_next_version(struct work *work, int64_t *ret_version);
/* How the definition of a source is told apart: the type's hash (it covers what the type extends), else that
 * of the text. */
text schema_source_hash(struct arena *arena, const struct model *model, size_t source, text *ret_type);

#endif
