/*
 * One small interface over SQLite and PostgreSQL. A `struct store` is one connection, used by one thread at a time.
 * The two dialects share their text ($1 placeholders, RETURNING, ON CONFLICT, recursive CTEs; moments are int64, booleans 0/1);
 * what differs (types, collation, locking suffix) is asked from store_dialect(), so no floor above branches on the database.
 */
#ifndef REEVE_STORE_STORE_H
#define REEVE_STORE_STORE_H

#include "base/arena.h"
#include "base/error.h"
#include "sql_names.h"

struct store;

struct store_settings {
	text data_dir;          /* SQLite: DATA/reeve.db; DATA/blobs is used by SQLite only */
	text url;               /* unset: SQLite; else postgresql://... (or postgres://) */
	text file;              /* SQLite: another file of DATA ("search.db"), without the store's own tables; unset: reeve.db */
	int64_t cache_kib;      /* SQLite page cache per connection; 0 = default */
	bool relaxed;           /* synchronous=OFF and no fsync: only for throw-away stores of tests and the demo generator */
};

enum store_access { STORE_READ, STORE_WRITE };

/* Opens a connection (STORE_WRITE on SQLite creates the file). The store owns its memory: store_close(). */
must_use struct error *store_open(struct arena *error_arena, const struct store_settings *settings, enum store_access access,
                                  struct store **ret_store);
void store_close(struct store *store);

/* What differs between the databases, as words to paste into generated SQL (model/schema.c, model/query.c). */
struct store_dialect {
	text name;            /* "sqlite", "postgres" */
	text integer_type;    /* INTEGER / BIGINT */
	text real_type;       /* REAL / DOUBLE PRECISION */
	text text_type;       /* TEXT / TEXT COLLATE "C" */
	text blob_type;       /* BLOB / BYTEA */
	text table_suffix;    /* STRICT / nothing */
	text lock_suffix;     /* nothing / FOR UPDATE */
	text skip_suffix;     /* nothing / FOR UPDATE SKIP LOCKED */
	bool has_sequences;   /* counters are sequences (gaps) rather than rows */
	size_t parameters_max;
};
const struct store_dialect *store_dialect(const struct store *store);

/* ---- cells: parameters and columns ---- */

enum cell_kind { CELL_NULL, CELL_INTEGER, CELL_REAL, CELL_TEXT, CELL_BLOB };
struct cell {
	enum cell_kind kind;
	union {
		int64_t integer;
		double real;
		text text; /* CELL_TEXT and CELL_BLOB */
	};
};
static inline struct cell cell_null(void) { return (struct cell){ .kind = CELL_NULL }; }
static inline struct cell cell_integer(int64_t integer) { return (struct cell){ .kind = CELL_INTEGER, .integer = integer }; }
static inline struct cell cell_real(double real) { return (struct cell){ .kind = CELL_REAL, .real = real }; }
/* Unset text is NULL. */
static inline struct cell cell_text(text t) { return (struct cell){ .kind = t.data == NULL ? CELL_NULL : CELL_TEXT, .text = t }; }
static inline struct cell cell_blob(text t) { return (struct cell){ .kind = t.data == NULL ? CELL_NULL : CELL_BLOB, .text = t }; }
/* MOMENT_UNSET (INT64_MIN) is NULL. */
static inline struct cell cell_moment(int64_t at) { return at == INT64_MIN ? cell_null() : cell_integer(at); }
/* 0 is NULL: ids begin at 1. */
static inline struct cell cell_id(int64_t id) { return id == 0 ? cell_null() : cell_integer(id); }

struct cells {
	const struct cell *items;
	size_t count;
};
/* CELLS(cell_integer(1), cell_text(name)); NO_CELLS for none. */
#define CELLS(...)                                                                                 \
	((struct cells){ (const struct cell[]){ __VA_ARGS__ },                                     \
	                 sizeof((const struct cell[]){ __VA_ARGS__ }) / sizeof(struct cell) })
#define NO_CELLS ((struct cells){ NULL, 0 })

/* ---- statements ---- */

struct rows;

/* Runs a named statement that returns rows. The rows close at their end, by rows_close(), or with the arena. */
must_use struct error *store_query(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
                                   struct rows **ret_rows);
/* Runs a named statement for its effect; *ret_changed (may be NULL) is the number of rows changed. */
must_use struct error *store_run(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
                                 int64_t *ret_changed);
/* The same with composed text (model/query.c and model/schema.c only); prepared once per connection and text. */
must_use struct error *store_query_text(struct store *store, struct arena *arena, text sql, struct cells cells,
                                        struct rows **ret_rows);
must_use struct error *store_run_text(struct store *store, struct arena *arena, text sql, struct cells cells,
                                      int64_t *ret_changed);
/* Several statements without parameters, not cached: schema steps. */
must_use struct error *store_script(struct store *store, struct arena *arena, text sql);

/* The next row; *ret_row is false at the end (the rows are then closed). ERROR_TOO_LARGE when the arena is over. */
must_use struct error *rows_next(struct rows *rows, bool *ret_row);
/* Columns of the current row, from 0. Texts are valid until the next rows_next(); copy what must stay. */
struct cell rows_cell(struct rows *rows, size_t column);
bool rows_is_null(struct rows *rows, size_t column);
int64_t rows_integer(struct rows *rows, size_t column);       /* NULL: 0 */
int64_t rows_moment(struct rows *rows, size_t column);        /* NULL: MOMENT_UNSET */
double rows_real(struct rows *rows, size_t column);
text rows_text(struct rows *rows, size_t column);             /* NULL: unset */
text rows_text_copy(struct rows *rows, struct arena *arena, size_t column);
void rows_close(struct rows *rows);

/* One integer of the first row (count, id): *ret_found false when there is no row or it is NULL. */
must_use struct error *store_integer(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
                                     int64_t *ret_integer, bool *ret_found);

/*
 * Failures: a unique constraint is ERROR_CONFLICT (field = column, where known), a foreign key ERROR_INVALID, serialisation
 * failure, deadlock and busy ERROR_RETRY, full disk, I/O failure and lost connection ERROR_UNAVAILABLE, the read deadline
 * ERROR_UNAVAILABLE with a hint to narrow the question, anything else ERROR_INTERNAL with the statement's name.
 */

/*
 * ---- transactions; nested ones are savepoints, up to three deep ----
 * After a statement failed inside a transaction only store_undo() or store_rollback() may follow: PostgreSQL refuses all else.
 * store_undo() that cannot put back the savepoint alone rolls back all (store_in_transaction() tells). store_commit() that fails has rolled back. Both, and undo, close all rows that are still open on the connection.
 */

must_use struct error *store_begin(struct store *store, struct arena *arena);   /* a read transaction on STORE_READ */
must_use struct error *store_commit(struct store *store, struct arena *arena);
void store_rollback(struct store *store);
must_use struct error *store_savepoint(struct store *store, struct arena *arena);
must_use struct error *store_release(struct store *store, struct arena *arena);
void store_undo(struct store *store);                                           /* back to the savepoint, and release it */
bool store_in_transaction(const struct store *store);                           /* asks the database, not a flag of ours */

/*
 * 128 bytes that belong to the writing connection and take part in its transactions: put back to what they were by
 * store_undo() and store_rollback(). The event log's seal lives here (engine/event.c).
 */
#define STORE_MEMORY_BYTES 128
void *store_memory(struct store *store);

/* Every read of this connection is given up at this monotonic_us(); 0 = no deadline. Never on the lane. */
void store_set_deadline(struct store *store, int64_t at_us);

/* ---- counters: the next number, never given twice; rows on SQLite, sequences (with gaps) on PostgreSQL ---- */
must_use struct error *store_next(struct store *store, struct arena *arena, text counter, int64_t *ret_number);
/* The counter's next number will be above `number`. */
must_use struct error *store_jump(struct store *store, struct arena *arena, text counter, int64_t number);
/* Makes the counter if it is missing (schema step). */
must_use struct error *store_make_counter(struct store *store, struct arena *arena, text counter);

/* ---- schema help ---- */
must_use struct error *store_has_table(struct store *store, struct arena *arena, text table, bool *ret_has);
/* Columns of a table, in order. */
must_use struct error *store_columns(struct store *store, struct arena *arena, text table, text **ret_names, size_t *ret_count);
/* Index names on a table. */
must_use struct error *store_indexes(struct store *store, struct arena *arena, text table, text **ret_names, size_t *ret_count);

/* Prepares every named statement that this database knows: the first faulty one is the error (name, file:line, message). */
must_use struct error *store_check_statements(struct store *store, struct arena *arena);
/* The database's own integrity check (SQLite: integrity_check and foreign_key_check). */
must_use struct error *store_check_integrity(struct store *store, struct arena *arena);
/* The plan as text, for tests of plans. */
must_use struct error *store_explain(struct store *store, struct arena *arena, text sql, struct cells cells, text *ret_plan);
/* Library and server version, for `reeve version` and the health page. */
must_use struct error *store_version(struct store *store, struct arena *arena, text *ret_version);
/* Whether the connection is still good; a lost PostgreSQL connection is opened again by store_begin(). */
bool store_alive(struct store *store);

/*
 * Tells at COMMIT (outside of a transaction: at once) everybody who waits on the channel that there is news: NOTIFY on PostgreSQL,
 * a watched file in the data directory on SQLite. Waiting (outside of a transaction, at most timeout_ms) never misses what comes
 * between two waits; the first wait on a channel is woken at once, since what came before it is not known. Being woken
 * for nothing is possible. Channels are a few names of ours.
 */
must_use struct error *store_notify(struct store *store, struct arena *arena, text channel);
must_use struct error *store_wait_notify(struct store *store, struct arena *arena, text channel, int timeout_ms, bool *ret_woken);

/* ---- the lock on a data directory (SQLite): one writing process ---- */
struct store_lock;
/* Makes DATA if needed and locks DATA/reeve.lock. ERROR_CONFLICT names the process that holds it. Owned: store_unlock(). */
must_use struct error *store_lock(struct arena *error_arena, text data_dir, struct store_lock **ret_lock);
void store_unlock(struct store_lock *lock);

#endif
