/*
 * What publishing a set of definitions would do: the same plan is shown by `reeve migrate --plan` and `reeve check`, and done by
 * `reeve migrate --apply`.
 */
#ifndef REEVE_CLI_PUBLICATION_PRIVATE_H
#define REEVE_CLI_PUBLICATION_PRIVATE_H

#include "cli/cli_private.h"

#include "model/schema.h"

struct publication {
	const struct model *before;      /* NULL: an empty store */
	struct model *model;             /* as the store would have it; publication_free() */
	struct schema_plan plan;
	struct schema_running *running;  /* records by type, version and state */
	size_t running_count;
	struct error *refused;           /* by the plan or for records that a move loses; NULL: it can be done */
	struct publication_note {        /* what the next save of records would ask for */
		text words;
	} *notes;
	size_t note_count, note_capacity;
};

/*
 * The same for a plan that is only shown: stored definitions and records are read in one transaction, so that they are of one moment.
 * *ret_before is the caller's to free, after the publication.
 */
must_use struct error *publication_plan(struct arena *arena, struct store *store, const struct definition_source *sources, size_t count,
                                        bool back, struct model **ret_before, struct publication *ret_publication);
/* Changes nothing. `back`: to an earlier set, whose lacks are forgiven where nothing was used. */
must_use struct error *publication_make(struct arena *arena, struct store *store, const struct model *before,
                                        const struct definition_source *sources, size_t count, bool back,
                                        struct publication *ret_publication);
void publication_free(struct publication *publication);
/* Anything to do at all: steps, or records still to be moved. */
bool publication_is_empty(const struct publication *publication);
/* For people: differences, records, and (with_steps) the steps with their SQL. */
must_use struct error *publication_show(struct arena *arena, struct io *io, const struct publication *publication, bool with_steps);
/* { steps, definitions: [{ path, type, differences }], records, notes, refused }. */
must_use struct error *publication_value(struct arena *arena, const struct publication *publication, struct value **ret_value);

#endif
