/*
 * Prepared statements of one connection: named ones by their number, composed ones by their text with the
 * least recently used leaving first. Both drivers keep what they need of a prepared statement in `struct
 * statement`.
 */
#ifndef REEVE_STORE_STATEMENTS_H
#define REEVE_STORE_STATEMENTS_H

#include "base/arena.h"
#include "base/text.h"

/* Composed texts kept per connection: the shapes of lists and filters in use at one time. */
#define STATEMENTS_KEPT 256
/* Longer texts are prepared each time: they are rare and would fill the memory of the connection. */
#define STATEMENTS_TEXT_BYTES 8192

struct statement {
	text sql;
	const char *label;
	void *handle;	      /* sqlite3_stmt *, or the statement itself on PostgreSQL; NULL: not prepared */
	char server_name[24]; /* PostgreSQL */
	int uses;	      /* row sets that are open on it */
	bool temporary;	      /* in the caller's arena, goes when it is done */
	uint16_t *positions; /* SQLite: which cell each parameter takes, as numbers follow first appearance */
	size_t position_count, position_capacity;
	size_t cell_count; /* cells the statement asks for */
	uint64_t hash;
	char *buffer; /* where a composed text is kept; reused by the next one in this slot */
	size_t buffer_capacity;
	struct statement *older, *newer, *chain;
};

struct statements {
	struct arena *arena;
	struct statement *named; /* by enum sql_name */
	size_t named_count;
	struct statement slots[STATEMENTS_KEPT];
	size_t slots_used;
	struct statement *buckets[512];
	struct statement *oldest, *newest;
	void (*drop)(struct statement *statement, void *data); /* lets go of the handle */
	void *data;
};

struct statements *statements_new(struct arena *arena, size_t named_count,
				  void (*drop)(struct statement *statement, void *data), void *data);
struct statement *statements_named(struct statements *statements, size_t name);
/*
 * The statement of a composed text: prepared earlier (handle set), or a slot for it (handle NULL), or NULL
 * when the text is too long or every slot is in use: then prepare it for once.
 */
struct statement *statements_find(struct statements *statements, text sql);
/* Lets go of every handle that is not in use: after a schema step or a reconnection. */
void statements_clear(struct statements *statements);

#endif
