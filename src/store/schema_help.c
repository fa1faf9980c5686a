/* Counters, the floor's own tables, and questions about the schema, by the named statements of store.sql. */
#include "store/driver.h"

#include <sqlite3.h>

/* A name of ours: pasted into CREATE SEQUENCE, so nothing else may pass. */
static struct error *check_counter_name(struct arena *arena, text counter)
{
	bool good = counter.length > 0 && counter.length <= 50;

	for (size_t i = 0; good && i < counter.length; i++) {
		char c = counter.data[i];
		good = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
	}
	if (!good)
		return error_new(arena, ERROR_INTERNAL, "'%.*s' is no name for a counter", TEXT_ARG(counter));
	return NULL;
}

static struct error *move_counter(struct store *store, struct arena *arena, enum sql_name name, text counter,
				  struct cells cells, int64_t *ret_number)
{
	int64_t number;
	bool found;

	TRY(store_integer(store, arena, name, cells, &number, &found));
	if (!found)
		return error_new(arena, ERROR_INTERNAL, "no counter is named '%.*s'", TEXT_ARG(counter));
	*ret_number = number;
	return NULL;
}

struct error *store_next(struct store *store, struct arena *arena, text counter, int64_t *ret_number)
{
	return move_counter(store, arena, SQL_COUNTER_NEXT, counter, CELLS(cell_text(counter)), ret_number);
}

struct error *store_jump(struct store *store, struct arena *arena, text counter, int64_t number)
{
	int64_t now;

	return move_counter(store, arena, SQL_COUNTER_JUMP, counter,
			    CELLS(cell_text(counter), cell_integer(number)), &now);
}

struct error *store_make_counter(struct store *store, struct arena *arena, text counter)
{
	TRY(check_counter_name(arena, counter));
	if (!store->driver->dialect.has_sequences)
		return store_run(store, arena, SQL_COUNTER_MAKE, CELLS(cell_text(counter)), NULL);
	return store_script(
	    store, arena,
	    text_format(arena, "CREATE SEQUENCE IF NOT EXISTS \"counter_%.*s\"", TEXT_ARG(counter)));
}

struct error *store_lock_table(struct store *store, struct arena *arena, text table)
{
	if (!store->driver->dialect.has_sequences)
		return NULL;
	return store_script(store, arena,
			    text_format(arena, "LOCK TABLE \"%.*s\" IN ACCESS EXCLUSIVE MODE", TEXT_ARG(table)));
}

struct error *store_make_own_tables(struct store *store, struct arena *arena)
{
	bool sequences = store->driver->dialect.has_sequences;
	bool has;

	TRY(store_has_table(store, arena, sequences ? T("blob_chunk") : T("counter"), &has));
	if (has)
		return NULL;
	if (!sequences)
		return store_script(
		    store, arena,
		    T("CREATE TABLE IF NOT EXISTS counter "
		      "(name TEXT NOT NULL PRIMARY KEY, number INTEGER NOT NULL) STRICT, WITHOUT ROWID"));
	/*
	 * The lock (its number is any, but ours) keeps two nodes that start at once from making the same
	 * table.
	 */
	return store_script(store, arena,
			    T("BEGIN; SELECT pg_advisory_xact_lock(7365637265);"
			      "CREATE TABLE IF NOT EXISTS blob (hash TEXT COLLATE \"C\" PRIMARY KEY,"
			      " size BIGINT NOT NULL, made_at BIGINT NOT NULL);"
			      "CREATE TABLE IF NOT EXISTS blob_chunk (hash TEXT COLLATE \"C\" NOT NULL"
			      " REFERENCES blob (hash) ON UPDATE CASCADE ON DELETE CASCADE,"
			      " position BIGINT NOT NULL, data BYTEA NOT NULL, PRIMARY KEY (hash, position));"
			      "ALTER TABLE blob_chunk ALTER COLUMN data SET STORAGE EXTERNAL; COMMIT"));
}

struct error *store_has_table(struct store *store, struct arena *arena, text table, bool *ret_has)
{
	int64_t count;
	bool found;

	TRY(store_integer(store, arena, SQL_SCHEMA_HAS_TABLE, CELLS(cell_text(table)), &count, &found));
	*ret_has = count > 0;
	return NULL;
}

static struct error *names_of(struct store *store, struct arena *arena, enum sql_name name, text table,
			      text **ret_names, size_t *ret_count)
{
	text *names = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(store, arena, name, CELLS(cell_text(table)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(arena, names, count, capacity);
		names[count++] = rows_text_copy(rows, arena, 0);
	}
	*ret_names = names;
	*ret_count = count;
	return NULL;
}

struct error *store_columns(struct store *store, struct arena *arena, text table, text **ret_names,
			    size_t *ret_count)
{
	return names_of(store, arena, SQL_SCHEMA_COLUMNS, table, ret_names, ret_count);
}

struct error *store_indexes(struct store *store, struct arena *arena, text table, text **ret_names,
			    size_t *ret_count)
{
	return names_of(store, arena, SQL_SCHEMA_INDEXES, table, ret_names, ret_count);
}

struct error *store_check_integrity(struct store *store, struct arena *arena)
{
	struct rows *rows;
	bool row;

	TRY(store_query(store, arena, SQL_STORE_INTEGRITY, NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	if (row && !text_equal(rows_text(rows, 0), T("ok"))) {
		text finding = rows_text_copy(rows, arena, 0);

		rows_close(rows);
		return error_hint(
		    arena,
		    error_new(arena, ERROR_CONFLICT, "the database is damaged: %.*s", TEXT_ARG(finding)),
		    "restore a backup into a new data directory");
	}
	rows_close(rows);
	if (store->driver->dialect.has_sequences)
		return NULL;
	TRY(store_query(store, arena, SQL_STORE_FOREIGN_KEYS, NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return NULL;
	return error_new(
	    arena, ERROR_CONFLICT, "row %lld of table '%.*s' points at a row of '%.*s' that does not exist",
	    (long long)rows_integer(rows, 1), TEXT_ARG(rows_text(rows, 0)), TEXT_ARG(rows_text(rows, 2)));
}

struct error *store_explain(struct store *store, struct arena *arena, text sql, struct cells cells,
			    text *ret_plan)
{
	bool postgres = store->driver->dialect.has_sequences;
	text explain =
	    text_format(arena, "%s %.*s", postgres ? "EXPLAIN" : "EXPLAIN QUERY PLAN", TEXT_ARG(sql));
	text plan = T("");
	struct rows *rows;
	bool row;

	TRY(store_query_text(store, arena, explain, cells, &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		plan = text_format(arena, "%.*s%.*s\n", TEXT_ARG(plan),
				   TEXT_ARG(rows_text(rows, postgres ? 0 : 3)));
	}
	*ret_plan = plan;
	return NULL;
}

struct error *store_version(struct store *store, struct arena *arena, text *ret_version)
{
	struct rows *rows;
	bool row;

	if (!store->driver->dialect.has_sequences) {
		*ret_version = text_format(arena, "SQLite %s", sqlite3_libversion());
		return NULL;
	}
	TRY(store_query(store, arena, SQL_STORE_SERVER_VERSION, NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_version = text_format(arena, "PostgreSQL %.*s", TEXT_ARG(rows_text(rows, 0)));
	rows_close(rows);
	return NULL;
}
