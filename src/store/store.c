/*
 * The store as the floors above see it: what both databases do the same way. Statements are looked up by
 * name, rows close with their arena, transactions nest and carry the connection's memory. What differs is
 * behind struct store_driver.
 */
#include "store/driver.h"
#include "store/statement.h"

#define STORE_ARENA_BYTES ((size_t)64 * 1024 * 1024)
#define SCRATCH_BYTES ((size_t)1024 * 1024)

struct error *store_open(struct arena *error_arena, const struct store_settings *settings,
			 enum store_access access, struct store **ret_store)
{
	struct arena *arena = arena_new(STORE_ARENA_BYTES);
	struct store *store = arena_new_struct(arena, struct store);
	struct error *error;

	store->arena = arena;
	store->scratch = arena_new(SCRATCH_BYTES);
	store->access = access;
	store->settings = *settings;
	store->settings.data_dir = text_copy(arena, settings->data_dir);
	store->settings.url = text_copy(arena, settings->url);
	store->settings.file = text_copy(arena, settings->file);
	if (text_is_set(settings->url)) {
		store->driver = &postgres_driver;
		error = postgres_open(error_arena, store);
	} else {
		store->driver = &sqlite_driver;
		error = sqlite_open(error_arena, store);
	}
	if (error == NULL && access == STORE_WRITE && !text_is_set(settings->file))
		error = store_make_own_tables(store, error_arena);
	if (error != NULL) {
		store_close(store);
		return error;
	}
	*ret_store = store;
	return NULL;
}

void store_close(struct store *store)
{
	if (store == NULL)
		return;
	store_rollback(store);
	store_close_rows(store);
	store->driver->close(store);
	arena_free(store->scratch);
	arena_free(store->arena);
}

const struct store_dialect *store_dialect(const struct store *store)
{
	return &store->driver->dialect;
}

/* ---- statements ---- */

static struct error *named_question(struct store *store, struct arena *arena, enum sql_name name,
				    struct question *ret_question)
{
	const struct store_statement *statement = &store_statements[name];
	const char *sql = statement->text[store->driver->text_index];

	if (sql == NULL)
		return error_new(arena, ERROR_INTERNAL, "statement '%s' does not exist on %.*s (%s)",
				 statement->name, TEXT_ARG(store->driver->dialect.name), statement->place);
	*ret_question = (struct question){ text_from(sql), statement->name, name, false };
	return NULL;
}

/*
 * U+0000 ends a text in PostgreSQL and hides the rest in many tools: refused on both, before it is cut off
 * unseen.
 */
static struct error *check_cells(struct arena *arena, struct cells cells)
{
	for (size_t i = 0; i < cells.count; i++) {
		const struct cell *cell = &cells.items[i];

		if (cell->kind == CELL_TEXT && memchr(cell->text.data, '\0', cell->text.length) != NULL)
			return error_new(arena, ERROR_INVALID, "text with a NUL character cannot be stored");
	}
	return NULL;
}

static void close_deferred(void *data)
{
	rows_close(data);
}

static struct error *query(struct store *store, struct arena *arena, struct question question,
			   struct cells cells, struct rows **ret_rows)
{
	struct rows *rows = arena_new_struct(arena, struct rows);

	TRY(check_cells(arena, cells));
	rows->arena = arena;
	rows->store = store;
	struct error *error = store->driver->execute(store, arena, question, cells, rows, NULL);
	if (error != NULL)
		return error;
	rows->older = store->open_rows;
	if (store->open_rows != NULL)
		store->open_rows->newer = rows;
	store->open_rows = rows;
	arena_defer(arena, close_deferred, rows);
	*ret_rows = rows;
	return NULL;
}

static struct error *run(struct store *store, struct arena *arena, struct question question,
			 struct cells cells, int64_t *ret_changed)
{
	TRY(check_cells(arena, cells));
	return store->driver->execute(store, arena, question, cells, NULL, ret_changed);
}

struct error *store_query(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
			  struct rows **ret_rows)
{
	struct question question;

	TRY(named_question(store, arena, name, &question));
	return query(store, arena, question, cells, ret_rows);
}

struct error *store_run(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
			int64_t *ret_changed)
{
	struct question question;

	TRY(named_question(store, arena, name, &question));
	return run(store, arena, question, cells, ret_changed);
}

static struct question composed(text sql)
{
	return (struct question){ sql, "composed statement", SQL_COUNT, false };
}

struct error *store_query_text(struct store *store, struct arena *arena, text sql, struct cells cells,
			       struct rows **ret_rows)
{
	return query(store, arena, composed(sql), cells, ret_rows);
}

struct error *store_run_text(struct store *store, struct arena *arena, text sql, struct cells cells,
			     int64_t *ret_changed)
{
	return run(store, arena, composed(sql), cells, ret_changed);
}

struct error *store_script(struct store *store, struct arena *arena, text sql)
{
	statements_clear(store->statements);
	return store->driver->script(store, arena, sql);
}

struct error *store_control(struct store *store, struct arena *arena, const char *sql)
{
	return store->driver->execute(
	    store, arena, (struct question){ text_from(sql), sql, SQL_COUNT, false }, NO_CELLS, NULL, NULL);
}

struct error *store_check_statements(struct store *store, struct arena *arena)
{
	for (size_t i = 0; store_statements[i].name != NULL; i++) {
		const struct store_statement *statement = &store_statements[i];
		const char *sql = statement->text[store->driver->text_index];

		if (sql == NULL)
			continue;
		struct error *error = store->driver->check(
		    store, arena, (struct question){ text_from(sql), statement->name, SQL_COUNT, true });
		if (error != NULL)
			return error_new(arena, ERROR_INTERNAL, "statement '%s' (%s) does not fit %.*s: %.*s",
					 statement->name, statement->place,
					 TEXT_ARG(store->driver->dialect.name), TEXT_ARG(error->message));
	}
	return NULL;
}

struct error *store_integer(struct store *store, struct arena *arena, enum sql_name name, struct cells cells,
			    int64_t *ret_integer, bool *ret_found)
{
	struct rows *rows;
	bool row;

	TRY(store_query(store, arena, name, cells, &rows));
	TRY(rows_next(rows, &row));
	*ret_found = row && !rows_is_null(rows, 0);
	*ret_integer = *ret_found ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

/* ---- rows ---- */

struct error *rows_next(struct rows *rows, bool *ret_row)
{
	*ret_row = false;
	if (rows->store == NULL)
		return NULL;
	struct error *error = arena_check(rows->arena);
	if (error == NULL)
		error = rows->store->driver->next(rows, &rows->on_row);
	*ret_row = error == NULL && rows->on_row;
	if (!*ret_row)
		rows_close(rows);
	return error;
}

void rows_close(struct rows *rows)
{
	struct store *store = rows->store;

	if (store == NULL)
		return;
	store->driver->end(rows);
	if (rows->newer != NULL)
		rows->newer->older = rows->older;
	else
		store->open_rows = rows->older;
	if (rows->older != NULL)
		rows->older->newer = rows->newer;
	rows->store = NULL;
	rows->on_row = false;
}

void store_close_rows(struct store *store)
{
	while (store->open_rows != NULL)
		rows_close(store->open_rows);
}

struct cell rows_cell(struct rows *rows, size_t column)
{
	if (!rows->on_row || column >= rows->column_count)
		return cell_null();
	return rows->store->driver->cell(rows, column);
}

bool rows_is_null(struct rows *rows, size_t column)
{
	return rows_cell(rows, column).kind == CELL_NULL;
}

static int64_t cell_to_integer(struct cell cell, int64_t when_null)
{
	int64_t number = 0;

	if (cell.kind == CELL_NULL)
		return when_null;
	if (cell.kind == CELL_INTEGER)
		return cell.integer;
	if (cell.kind == CELL_REAL)
		return cell.real >= -0x1p63 && cell.real < 0x1p63 ? (int64_t)cell.real : 0;
	return text_to_integer(cell.text, &number) ? number : 0;
}

int64_t rows_integer(struct rows *rows, size_t column)
{
	return cell_to_integer(rows_cell(rows, column), 0);
}

int64_t rows_moment(struct rows *rows, size_t column)
{
	return cell_to_integer(rows_cell(rows, column), INT64_MIN);
}

double rows_real(struct rows *rows, size_t column)
{
	struct cell cell = rows_cell(rows, column);
	double number = 0;

	if (cell.kind == CELL_REAL)
		return cell.real;
	if (cell.kind == CELL_INTEGER)
		return (double)cell.integer;
	return cell.kind != CELL_NULL && text_to_real(cell.text, &number) ? number : 0;
}

text rows_text(struct rows *rows, size_t column)
{
	struct cell cell = rows_cell(rows, column);

	if (cell.kind == CELL_TEXT || cell.kind == CELL_BLOB)
		return cell.text;
	if (cell.kind == CELL_INTEGER)
		return text_format(rows->arena, "%lld", (long long)cell.integer);
	if (cell.kind == CELL_REAL)
		return text_format(rows->arena, "%.17g", cell.real);
	return TEXT_UNSET;
}

text rows_text_copy(struct rows *rows, struct arena *arena, size_t column)
{
	return text_copy(arena, rows_text(rows, column));
}

/* ---- transactions ---- */

/* One name for every depth: the innermost of that name is meant, and each statement is prepared once. */
#define SAVEPOINT_SQL "SAVEPOINT inner_step"
#define RELEASE_SQL "RELEASE SAVEPOINT inner_step"
#define UNDO_SQL "ROLLBACK TO SAVEPOINT inner_step"

static void keep_memory(struct store *store)
{
	memcpy(store->memory[store->depth], store->memory[0], STORE_MEMORY_BYTES);
}

static void restore_memory(struct store *store, int depth)
{
	memcpy(store->memory[0], store->memory[depth], STORE_MEMORY_BYTES);
}

struct error *store_begin(struct store *store, struct arena *arena)
{
	if (store->depth != 0)
		return error_new(arena, ERROR_INTERNAL, "a transaction has begun already on this connection");
	store_close_rows(store);
	TRY(store->driver->begin(store, arena));
	store->depth = 1;
	keep_memory(store);
	return NULL;
}

struct error *store_commit(struct store *store, struct arena *arena)
{
	if (store->depth != 1)
		return error_new(arena, ERROR_INTERNAL, "commit %s",
				 store->depth == 0 ? "without a transaction" : "inside a savepoint");
	store_close_rows(store);
	struct error *error = store->driver->commit(store, arena);
	if (error != NULL)
		store_rollback(store);
	store->depth = 0;
	return error;
}

void store_rollback(struct store *store)
{
	if (store->depth == 0)
		return;
	store_close_rows(store);
	store->driver->rollback(store);
	restore_memory(store, 1);
	store->depth = 0;
}

struct error *store_savepoint(struct store *store, struct arena *arena)
{
	if (store->depth == 0 || store->depth >= STORE_DEPTH_MAX)
		return error_new(arena, ERROR_INTERNAL, "savepoint %s",
				 store->depth == 0 ? "without a transaction" : "nested too deep");
	TRY(store_control(store, arena, SAVEPOINT_SQL));
	store->depth++;
	keep_memory(store);
	return NULL;
}

struct error *store_release(struct store *store, struct arena *arena)
{
	if (store->depth < 2)
		return error_new(arena, ERROR_INTERNAL, "release without a savepoint");
	TRY(store_control(store, arena, RELEASE_SQL));
	store->depth--;
	return NULL;
}

void store_undo(struct store *store)
{
	if (store->depth < 2)
		return;
	store_close_rows(store);
	struct error *error = store_control(store, store->scratch, UNDO_SQL);
	if (error == NULL)
		error = store_control(store, store->scratch, RELEASE_SQL);
	/*
	 * What cannot be undone alone must not be committed: all of it goes, and store_in_transaction()
	 * tells.
	 */
	if (error != NULL)
		store->driver->rollback(store);
	arena_reset(store->scratch);
	restore_memory(store, store->depth);
	store->depth--;
}

bool store_in_transaction(const struct store *store)
{
	return store->driver->in_transaction(store);
}

void *store_memory(struct store *store)
{
	return store->memory[0];
}

void store_set_deadline(struct store *store, int64_t at_us)
{
	store->deadline_us = at_us;
	store->driver->deadline(store);
}

bool store_alive(struct store *store)
{
	return store->driver->alive(store);
}

struct error *store_notify(struct store *store, struct arena *arena, text channel)
{
	return store->driver->notify(store, arena, channel);
}

struct error *store_wait_notify(struct store *store, struct arena *arena, text channel, int timeout_ms,
				bool *ret_woken)
{
	return store->driver->wait(store, arena, channel, timeout_ms, ret_woken);
}

struct error *store_defer_references(struct store *store, struct arena *arena)
{
	return store_script(store, arena, store_dialect(store)->has_sequences ? T("SET CONSTRAINTS ALL DEFERRED") :
	                                                                         T("PRAGMA defer_foreign_keys=ON"));
}
