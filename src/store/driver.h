/*
 * What store.c asks of a database driver (sqlite.c, postgres.c). Inside of the store floor only: everything
 * that both databases share (transactions with memory, rows that close with their arena, named statements) is
 * done once, above this.
 */
#ifndef REEVE_STORE_DRIVER_H
#define REEVE_STORE_DRIVER_H

#include "store/statements.h"
#include "store/store.h"

/* Batch, job, timer, rule, each of its records, and a step of each task or approval in a chain. */
#define STORE_DEPTH_MAX 28
/* Channels of one connection; there are only a few in the program. */
#define STORE_CHANNELS_MAX 8

/* What is to be run: a named statement, composed text, or a control statement of ours. */
struct question {
	text sql;
	const char *label;  /* for messages: the statement's name, or "composed statement" */
	enum sql_name name; /* SQL_COUNT: found by its text */
	bool once;	    /* not worth keeping prepared */
};

struct store_driver {
	struct store_dialect dialect;
	int text_index; /* into store_statement.text */
	void (*close)(struct store *store);
	/* Prepares without running: for the check at start-up. */
	struct error *(*check)(struct store *store, struct arena *arena, struct question question);
	/* Runs; `rows` (may be NULL) is filled so that next() yields the rows, `ret_changed` may be NULL. */
	struct error *(*execute)(struct store *store, struct arena *arena, struct question question,
				 struct cells cells, struct rows *rows, int64_t *ret_changed);
	struct error *(*script)(struct store *store, struct arena *arena, text sql);
	struct error *(*next)(struct rows *rows, bool *ret_row);
	struct cell (*cell)(struct rows *rows, size_t column);
	void (*end)(struct rows *rows);
	struct error *(*begin)(struct store *store, struct arena *arena);
	struct error *(*commit)(struct store *store, struct arena *arena);
	void (*rollback)(struct store *store);
	bool (*in_transaction)(const struct store *store);
	bool (*alive)(struct store *store);
	void (*deadline)(struct store *store);
	struct error *(*notify)(struct store *store, struct arena *arena, text channel);
	struct error *(*wait)(struct store *store, struct arena *arena, text channel, int timeout_ms,
			      bool *ret_woken);
	/* Housekeeping of a writer: `idle` when no job waits. May be NULL. */
	void (*rest)(struct store *store, bool idle);
};

extern const struct store_driver sqlite_driver;
extern const struct store_driver postgres_driver;

struct store {
	const struct store_driver *driver;
	struct arena *arena;   /* lives as long as the connection */
	struct arena *scratch; /* for statements that have no caller's arena: undo, rollback */
	struct store_settings settings;
	enum store_access access;
	int depth; /* 0 outside of a transaction, 1 inside, 2.. in savepoints */
	int64_t deadline_us;
	int64_t generation;	/* grows with each reconnection */
	struct rows *open_rows; /* a list, newest first */
	struct statements *statements;
	/*
	 * Aligned for whatever the owner of the memory keeps there; [0] is now, [n] was when depth became n.
	 */
	_Alignas(16) unsigned char memory[STORE_DEPTH_MAX + 1][STORE_MEMORY_BYTES];
	void *connection; /* the driver's own */
};

struct rows {
	struct store *store; /* NULL: closed */
	struct arena *arena;
	struct rows *newer, *older;
	struct statement *statement; /* SQLite: in use until the rows end */
	void *result;		     /* PostgreSQL: the whole result */
	bool on_row, waiting;	     /* waiting: the row was read already by execute() */
	int row, row_count;
	size_t column_count;
};

must_use struct error *sqlite_open(struct arena *error_arena, struct store *store);
must_use struct error *postgres_open(struct arena *error_arena, struct store *store);

/* Closes every row set that is open on the connection: their arenas may live on in other threads. */
void store_close_rows(struct store *store);
/* Runs a control statement (BEGIN, PRAGMA ...). */
must_use struct error *store_control(struct store *store, struct arena *arena, const char *sql);
/* Makes the tables that belong to this floor: counter, blob, blob_chunk. */
must_use struct error *store_make_own_tables(struct store *store, struct arena *arena);
/* Makes a folder (and those above it) that only its owner may read. */
must_use struct error *store_make_folder(struct arena *arena, text path);

/* Telling other connections of this data directory that something was committed (notify.c); SQLite only. */
struct bell;
struct bell *bell_new(struct arena *arena, text data_dir);
void bell_close(struct bell *bell);
/* The number of a channel, below STORE_CHANNELS_MAX. */
must_use struct error *bell_channel(struct bell *bell, struct arena *arena, text channel, size_t *ret_number);
void bell_ring(struct bell *bell, size_t number);
must_use struct error *bell_wait(struct bell *bell, struct arena *arena, text channel, int timeout_ms,
				 bool *ret_woken);

#endif
