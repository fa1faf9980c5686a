/*
 * Model -> tables and indexes, and the difference of what the database has and what it should have as ordered steps.
 * The database holds the active definitions (table `definition`); files are proposals.
 */
#ifndef REEVE_MODEL_SCHEMA_H
#define REEVE_MODEL_SCHEMA_H

#include "model/model.h"
#include "store/store.h"

struct schema_step {
	text sql;
	text words;        /* "add the column incident.location" */
	bool destructive;  /* refused without a numbered file in migrations/ */
};
struct schema_plan {
	struct schema_step *steps;
	size_t count;
	struct error *refused; /* chain of what may not be done by itself; NULL when the plan can run */
};

/* What is to be done so that the store fits `model`; `before` is the stored model (NULL: an empty store). */
must_use struct error *schema_plan(struct arena *arena, struct store *store, const struct model *before, const struct model *model,
                                   struct schema_plan *ret_plan);
/* Runs the steps and stores the definitions as the active ones, in the caller's transaction. Seeds roles. */
must_use struct error *schema_apply(struct work *work, const struct model *model, const struct schema_plan *plan);
/* The definitions active in the store; *ret_model NULL on an empty store. */
must_use struct error *schema_load(struct arena *error_arena, struct store *store, struct model **ret_model);
/* The next version number for a type whose source changed. */

#endif
