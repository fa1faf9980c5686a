/*
 * Finding records: condition + access branches + sort + keyset page -> SQL. The only composer of SELECTs over
 * records. Above this floor use access_find() and access_count(), which fill in the branches; only access and
 * the engine call these.
 */
#ifndef REEVE_MODEL_QUERY_H
#define REEVE_MODEL_QUERY_H

#include "model/condition.h"
#include "model/record.h"

struct query {
	const struct type *type;
	const struct condition *where; /* NULL: all */
	struct condition_context context;
	bool everything; /* no access rule applies */
	const struct condition *const
	    *branches;	     /* any of them; each its own indexed keyset query, merged without doubles */
	size_t branch_count; /* 0 and not everything: nothing is visible */
	/* The number (id) is always the last key; unset last. A link to a platform type sorts by its target's title, which no index serves. */
	const struct sort_key *sort;
	size_t sort_count;
	bool links_by_id; /* sort links by id: any order along an index will do */
	size_t limit;	 /* 1 .. LIMIT_PAGE_ROWS (larger for engine use) */
	text after;	 /* cursor of the previous page, or unset; foreign or broken: ERROR_MALFORMED */
	bool with_prose; /* read all columns; otherwise lists leave prose out */
	/* Turns words into ids of matching records (newest first, capped); set by the caller when
	 * condition_has_words(). */
	struct error *(*find_words)(void *data, struct work *work, const struct type *type, text words,
				    int64_t **ret_ids, size_t *ret_count);
	void *data;
};

struct record_page {
	struct record **records;
	size_t count;
	text next; /* cursor of the next page; unset when this is the last */
};

/* An unindexed sort over more than LIMIT_SORT_ROWS matches is refused with ERROR_INVALID and a hint which
 * sorts are cheap. */
must_use struct error *model_find(struct work *work, const struct query *query, struct record_page *ret_page);
/* Counts up to `limit`; *ret_count == limit + 1 means more. */
must_use struct error *model_count(struct work *work, const struct query *query, int64_t limit,
				   int64_t *ret_count);
/* How many of the matches have each of these targets in the link `field`, in one query: ret_counts[i] of ids[i]. */
must_use struct error *model_count_by(struct work *work, const struct query *query, const struct field *field,
				      const int64_t *ids, size_t count, int64_t *ret_counts);
/* Calls visit() for every match in pages by id, without holding a transaction: export, rebuild. */
must_use struct error *
model_each(struct work *work, const struct query *query,
	   struct error *(*visit)(void *data, struct work *work, struct record *record), void *data);
/* Parses "sort=-priority,created_at" against the type. ERROR_MALFORMED names the nearest field. */
must_use struct error *sort_parse(struct arena *arena, const struct type *type, text source,
				  struct sort_key **ret_sort, size_t *ret_count);
/* The SQL that model_find would run: for tests of plans. */
must_use struct error *query_sql(struct work *work, const struct query *query, text *ret_sql,
				 struct cells *ret_cells);

#endif
