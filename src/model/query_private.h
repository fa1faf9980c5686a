/* What the query files share: the growing statement, sort keys with their phases, arms, and cursors. */
#ifndef REEVE_MODEL_QUERY_PRIVATE_H
#define REEVE_MODEL_QUERY_PRIVATE_H

#include "model/condition_private.h"
#include "model/query.h"

#include "base/buffer.h"

/* ---- a statement being composed (query_condition.c) ---- */

struct composer {
	struct work *work;
	const struct query *query; /* find_words; NULL: words are an error */
	struct buffer sql;
	struct cell *cells;
	size_t cell_count, cell_capacity;
	int aliases; /* given so far: t0 is the record, t1 ... are those along paths */
	/* One link test of an arm that is cut into one query per target: written as an equality with that id.
	 */
	const struct node *split;
	int64_t split_id;
};

void composer_begin(struct composer *composer, struct work *work, const struct query *query);
/* "$n", bound to the cell. */
void compose_cell(struct composer *composer, struct cell cell);
/* t<alias>."column" */
void compose_column(struct composer *composer, int alias, text column);
/* " IN (a,b)" of state positions, ascending: the very words of a partial index. */
void compose_states(struct composer *composer, int alias, uint64_t states);
/* The node as a two-valued SQL expression over t<alias>; `positive` false: its complement. */
must_use struct error *compose_node(struct composer *composer, const struct condition_context *context,
				    const struct node *node, int alias, bool positive);
/* "SELECT id ...": the records at the other end of the path's first link that pass the rest of it. */
must_use struct error *compose_linked(struct composer *composer, const struct condition_context *context,
				      const struct node *node);
/* The ids that a test of links names, without doubles: 0 (nobody) left out. */
must_use struct error *node_ids(const struct node *node, const struct type *target,
				const struct condition_context *context, int64_t **ret_ids,
				size_t *ret_count);

void compose_limit(struct composer *composer, size_t limit);
/* " FROM table t0 WHERE ...": every match of composer->query, in no order (query.c). */
must_use struct error *compose_all_matches(struct composer *composer);
/* Runs what was composed. */
must_use struct error *composer_run(struct work *work, struct composer *composer, struct rows **ret_rows);

/* ---- sorting (query_sort.c) ---- */

/*
 * Unset comes last. For the first key that is a phase of its own: first the rows where it is set, walked
 * along its index, then those where it is not. Later keys carry an explicit rank; they are seldom unset, and
 * then sorted within what the index gives. A choice that turns against the keys behind it (-priority,
 * created_at) has a phase for each of its values instead: within one value the rest is in the order of the
 * index.
 */
struct component {    /* one comparison of the keyset */
	size_t field; /* SIZE_MAX: the id */
	bool rank;    /* whether the field is unset, rather than its value */
	bool descending;
	bool is_set; /* never unset in this phase */
};
#define COMPONENTS_MAX (2 * LIMIT_SORT_FIELDS + 1)
/* A choice of more values is sorted as a whole. */
#define FIXED_MAX 12
struct sort_phase {
	enum { PHASE_ALL, PHASE_SET, PHASE_UNSET, PHASE_FIXED } kind; /* of the first key */
	int64_t fixed;						      /* PHASE_FIXED: its value */
	struct component components[COMPONENTS_MAX];
	size_t count;
};
struct sort_plan {
	struct sort_phase phases[FIXED_MAX + 1];
	size_t phase_count;
	bool fixed; /* a phase for each value of the first key */
};
void sort_plan(const struct query *query, struct sort_plan *ret_plan);

/* Links to people, teams, services ... come in the order of their names; other links in that of their ids (that of their numbers). */
bool sorts_by_title(const struct query *query, const struct field *field);

/* Where a page ended: the components' values in the phase it ended in. */
struct position {
	size_t phase;
	struct cell values[COMPONENTS_MAX];
};
/* " AND ..." of the phase, and of the rows behind `after` (NULL: from its beginning). */
void compose_phase(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		   size_t phase, const struct position *after);
/* "expression AS k0, ..." and " ORDER BY k0, ..." over them. */
void compose_keys(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		  size_t phase);
void compose_order(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		   size_t phase, const char *alias);
must_use text cursor_write(struct arena *arena, const struct query *query, const struct sort_plan *plan,
			   size_t phase, const struct record *record);
must_use struct error *cursor_read(struct arena *arena, const struct query *query,
				   const struct sort_plan *plan, struct position *ret_position);

#endif
