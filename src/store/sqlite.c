/*
 * The SQLite driver: preparing, binding, stepping. $1 is bound by its name, because SQLite numbers by first
 * appearance.
 */
#include "store/sqlite.h"

/* ---- preparing ---- */

static struct statement *temporary_statement(struct arena *arena)
{
	struct statement *statement = arena_new_struct(arena, struct statement);

	statement->temporary = true;
	return statement;
}

/* Which cell each of SQLite's parameters takes: "$7" takes the seventh. */
static struct error *learn_parameters(struct store *store, struct arena *arena, struct statement *statement,
				      const char *label)
{
	sqlite3_stmt *handle = statement->handle;
	size_t count = (size_t)sqlite3_bind_parameter_count(handle);

	if (statement->position_capacity < count) {
		struct arena *owner = statement->temporary ? arena : store->arena;
		statement->position_capacity = maximum(count, (size_t)8);
		statement->positions = arena_new_array(owner, uint16_t, statement->position_capacity);
	}
	statement->position_count = count;
	statement->cell_count = 0;
	for (size_t i = 0; i < count; i++) {
		const char *name = sqlite3_bind_parameter_name(handle, (int)i + 1);
		int64_t position = 0;

		if (name == NULL || name[0] != '$' || !text_to_integer(text_from(name + 1), &position) ||
		    position < 1 || position > UINT16_MAX)
			return error_new(arena, ERROR_INTERNAL,
					 "%s: the parameter '%s' is not of the form $1", label,
					 name == NULL ? "?" : name);
		statement->positions[i] = (uint16_t)position;
		statement->cell_count = maximum(statement->cell_count, (size_t)position);
	}
	return NULL;
}

static void finish_handle(struct statement *statement)
{
	sqlite3_finalize(statement->handle);
	statement->handle = NULL;
}

static struct error *prepare(struct store *store, struct arena *arena, struct question question,
			     struct statement *statement)
{
	sqlite3_stmt *handle = NULL;
	unsigned flags = statement->temporary ? 0 : SQLITE_PREPARE_PERSISTENT;

	if (sqlite3_prepare_v3(sqlite_of(store)->db, question.sql.data, (int)question.sql.length, flags,
			       &handle, NULL) != SQLITE_OK)
		return sqlite_failure(store, arena, question.label);
	if (handle == NULL)
		return error_new(arena, ERROR_INTERNAL, "%s: there is no SQL in it", question.label);
	statement->handle = handle;
	statement->label = question.label;
	struct error *error = learn_parameters(store, arena, statement, question.label);
	if (error != NULL)
		finish_handle(statement);
	return error;
}

/*
 * The statement ready to be bound: kept from before, newly prepared, or for this once when the kept one is
 * being read.
 */
static struct error *obtain(struct store *store, struct arena *arena, struct question question,
			    struct statement **ret_statement)
{
	struct statement *statement = NULL;

	if (question.name != SQL_COUNT)
		statement = statements_named(store->statements, question.name);
	else if (!question.once)
		statement = statements_find(store->statements, question.sql);
	if (statement == NULL || statement->uses > 0)
		statement = temporary_statement(arena);
	if (statement->handle == NULL)
		TRY(prepare(store, arena, question, statement));
	*ret_statement = statement;
	return NULL;
}

static void put_back(struct statement *statement)
{
	if (statement->temporary) {
		finish_handle(statement);
		return;
	}
	sqlite3_reset(statement->handle);
	/* The cells belong to the caller and go away: nothing may point at them. */
	sqlite3_clear_bindings(statement->handle);
}

static struct error *sqlite_check(struct store *store, struct arena *arena, struct question question)
{
	struct statement *statement;

	TRY(obtain(store, arena, question, &statement));
	put_back(statement);
	return NULL;
}

/* ---- running ---- */

static int bind_cell(sqlite3_stmt *handle, int parameter, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_INTEGER:
		return sqlite3_bind_int64(handle, parameter, cell->integer);
	case CELL_REAL:
		return sqlite3_bind_double(handle, parameter, cell->real);
	case CELL_TEXT:
		return sqlite3_bind_text64(handle, parameter, cell->text.data, cell->text.length,
					   SQLITE_STATIC, SQLITE_UTF8);
	case CELL_BLOB:
		return sqlite3_bind_blob64(handle, parameter, cell->text.data, cell->text.length,
					   SQLITE_STATIC);
	case CELL_NULL:
		break;
	}
	return sqlite3_bind_null(handle, parameter);
}

/* `keep` is the arena that outlives the rows: the caller's texts may go before them. */
static struct error *bind(struct store *store, struct arena *arena, const struct statement *statement,
			  struct cells cells, bool keep, const char *label)
{
	if (statement->cell_count != cells.count)
		return error_new(arena, ERROR_INTERNAL, "%s: asks for %zu cells and got %zu", label,
				 statement->cell_count, cells.count);
	for (size_t i = 0; i < statement->position_count; i++) {
		struct cell cell = cells.items[statement->positions[i] - 1];

		if (keep && (cell.kind == CELL_TEXT || cell.kind == CELL_BLOB))
			cell.text.data = arena_copy(arena, cell.text.data, cell.text.length);
		if (bind_cell(statement->handle, (int)i + 1, &cell) != SQLITE_OK)
			return sqlite_failure(store, arena, label);
	}
	return NULL;
}

static struct error *sqlite_execute(struct store *store, struct arena *arena, struct question question,
				    struct cells cells, struct rows *rows, int64_t *ret_changed)
{
	struct statement *statement;
	int code;

	TRY(obtain(store, arena, question, &statement));
	struct error *error = bind(store, arena, statement, cells, rows != NULL, question.label);
	if (error != NULL) {
		put_back(statement);
		return error;
	}
	do
		code = sqlite3_step(statement->handle);
	while (code == SQLITE_ROW && rows == NULL);
	if (code != SQLITE_ROW && code != SQLITE_DONE) {
		error = sqlite_failure(store, arena, question.label);
		put_back(statement);
		return error;
	}
	if (ret_changed != NULL)
		*ret_changed = sqlite3_changes64(sqlite_of(store)->db);
	if (rows == NULL) {
		put_back(statement);
		return NULL;
	}
	/*
	 * The first step is taken here, so that a change with RETURNING happens whether or not its rows are
	 * read.
	 */
	rows->statement = statement;
	statement->uses++;
	rows->column_count = (size_t)sqlite3_column_count(statement->handle);
	rows->waiting = true;
	rows->on_row = code == SQLITE_ROW;
	return NULL;
}

static struct error *sqlite_next(struct rows *rows, bool *ret_row)
{
	if (rows->waiting) {
		rows->waiting = false;
		*ret_row = rows->on_row;
		return NULL;
	}
	int code = sqlite3_step(rows->statement->handle);
	*ret_row = code == SQLITE_ROW;
	if (code != SQLITE_ROW && code != SQLITE_DONE)
		return sqlite_failure(rows->store, rows->arena, rows->statement->label);
	return NULL;
}

static struct cell sqlite_cell(struct rows *rows, size_t column)
{
	/* One look at the column instead of three: connections are opened without mutexes, where such a value may be asked directly. */
	sqlite3_value *value = sqlite3_column_value(rows->statement->handle, (int)column);

	switch (sqlite3_value_type(value)) {
	case SQLITE_INTEGER:
		return cell_integer(sqlite3_value_int64(value));
	case SQLITE_FLOAT:
		return cell_real(sqlite3_value_double(value));
	case SQLITE_TEXT: {
		const char *data = (const char *)sqlite3_value_text(value);
		return cell_text((text){ data, (size_t)sqlite3_value_bytes(value) });
	}
	case SQLITE_BLOB: {
		const char *data = sqlite3_value_blob(value);
		/* An empty blob comes as NULL, which would mean unset. */
		return cell_blob((text){ data == NULL ? "" : data, (size_t)sqlite3_value_bytes(value) });
	}
	default:
		return cell_null();
	}
}

static void sqlite_end(struct rows *rows)
{
	rows->statement->uses--;
	put_back(rows->statement);
	rows->statement = NULL;
}

static struct error *sqlite_script(struct store *store, struct arena *arena, text sql)
{
	if (sqlite3_exec(sqlite_of(store)->db, text_cstring(arena, sql), NULL, NULL, NULL) != SQLITE_OK)
		return sqlite_failure(store, arena, "schema step");
	return NULL;
}

/* ---- transactions ---- */

static struct error *sqlite_begin(struct store *store, struct arena *arena)
{
	sqlite_of(store)->ringing = 0;
	return store_control(store, arena, store->access == STORE_WRITE ? "BEGIN IMMEDIATE" : "BEGIN");
}

static struct error *sqlite_commit(struct store *store, struct arena *arena)
{
	struct sqlite *sqlite = sqlite_of(store);

	if (sqlite3_get_autocommit(sqlite->db))
		return error_new(arena, ERROR_UNAVAILABLE,
				 "the transaction was rolled back by an earlier failure");
	TRY(store_control(store, arena, "COMMIT"));
	for (size_t i = 0; i < STORE_CHANNELS_MAX; i++)
		if (sqlite->ringing & (1u << i))
			bell_ring(sqlite->bell, i);
	sqlite->ringing = 0;
	return NULL;
}

static void sqlite_rollback(struct store *store)
{
	sqlite_of(store)->ringing = 0;
	if (!sqlite3_get_autocommit(sqlite_of(store)->db))
		sqlite3_exec(sqlite_of(store)->db, "ROLLBACK", NULL, NULL, NULL);
}

static bool sqlite_in_transaction(const struct store *store)
{
	return sqlite3_get_autocommit(sqlite_of(store)->db) == 0;
}

static bool sqlite_alive(struct store *store unused)
{
	return true;
}

static struct error *sqlite_notify(struct store *store, struct arena *arena, text channel)
{
	struct sqlite *sqlite = sqlite_of(store);

	size_t number;

	TRY(bell_channel(sqlite->bell, arena, channel, &number));
	if (store->depth == 0)
		bell_ring(sqlite->bell, number);
	else
		sqlite->ringing |= 1u << number;
	return NULL;
}

static struct error *sqlite_wait(struct store *store, struct arena *arena, text channel, int timeout_ms,
				 bool *ret_woken)
{
	return bell_wait(sqlite_of(store)->bell, arena, channel, timeout_ms, ret_woken);
}

const struct store_driver sqlite_driver = {
	.dialect = {
		.name = { "sqlite", 6 },
		.integer_type = { "INTEGER", 7 },
		.key_type = { "INTEGER PRIMARY KEY", 19 },
		.real_type = { "REAL", 4 },
		.text_type = { "TEXT", 4 },
		.blob_type = { "BLOB", 4 },
		.table_suffix = { "STRICT", 6 },
		.lock_suffix = { "", 0 },
		.skip_suffix = { "", 0 },
		.has_sequences = false,
		.parameters_max = 32766,
	},
	.text_index = 0,
	.close = sqlite_close_store,
	.check = sqlite_check,
	.execute = sqlite_execute,
	.script = sqlite_script,
	.next = sqlite_next,
	.cell = sqlite_cell,
	.end = sqlite_end,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.in_transaction = sqlite_in_transaction,
	.alive = sqlite_alive,
	.deadline = sqlite_set_deadline,
	.notify = sqlite_notify,
	.wait = sqlite_wait,
	.rest = sqlite_rest,
};
