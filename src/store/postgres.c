/*
 * The PostgreSQL driver: statements prepared by name, parameters as text (the server infers their types, as
 * the statements are written for both databases), results whole and in binary. A result is held by libpq and
 * so outside of the arena: above the limit of a piece of work it is refused. Every list is asked for with a
 * LIMIT, so that is a fault and not a size to plan for.
 */
#include "store/postgres.h"

#include "base/limits.h"

/* ---- preparing ---- */

static struct error *prepare(struct store *store, struct arena *arena, struct question question,
			     struct statement *statement)
{
	struct postgres *postgres = postgres_of(store);
	PGresult *result;

	/*
	 * Never the name of an earlier one: what could not be deallocated (in a failed transaction) may
	 * still be there.
	 */
	snprintf(statement->server_name, sizeof(statement->server_name), "s%lld",
		 (long long)++postgres->statements_made);
	if (!PQsendPrepare(postgres->connection, statement->server_name, text_cstring(arena, question.sql), 0,
			   NULL))
		return postgres_lost(store, arena, question.label);
	TRY(postgres_answer(store, arena, question.label, &result));
	PQclear(result);
	statement->handle = statement;
	statement->label = question.label;
	return NULL;
}

static struct error *postgres_check(struct store *store, struct arena *arena, struct question question)
{
	PGresult *result;

	TRY(postgres_reconnect(store, arena));
	/* The statement without a name is replaced by the next one. */
	if (!PQsendPrepare(postgres_of(store)->connection, "", text_cstring(arena, question.sql), 0, NULL))
		return postgres_lost(store, arena, question.label);
	TRY(postgres_answer(store, arena, question.label, &result));
	PQclear(result);
	return NULL;
}

/* ---- running ---- */

struct parameters {
	const char **values;
	int *lengths, *formats;
};

static void set_parameter(struct arena *arena, const struct parameters *to, size_t i, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL:
		to->values[i] = NULL;
		break;
	case CELL_INTEGER:
		to->values[i] = text_format(arena, "%lld", (long long)cell->integer).data;
		break;
	case CELL_REAL:
		to->values[i] = text_format(arena, "%.17g", cell->real).data;
		break;
	case CELL_TEXT:
		to->values[i] = text_cstring(arena, cell->text);
		break;
	case CELL_BLOB:
		to->values[i] = cell->text.data;
		to->lengths[i] = (int)cell->text.length;
		to->formats[i] = 1;
		break;
	}
}

static struct error *send(struct store *store, struct arena *arena, struct question question,
			  struct cells cells, PGresult **ret_result)
{
	PGconn *connection = postgres_of(store)->connection;
	struct statement *statement = NULL;
	struct parameters to = {
		arena_new_array(arena, const char *, cells.count + 1),
		arena_new_array(arena, int, cells.count + 1),
		arena_new_array(arena, int, cells.count + 1),
	};
	int sent;

	for (size_t i = 0; i < cells.count; i++)
		set_parameter(arena, &to, i, &cells.items[i]);
	if (question.name != SQL_COUNT)
		statement = statements_named(store->statements, question.name);
	else if (!question.once)
		statement = statements_find(store->statements, question.sql);
	if (statement != NULL && statement->handle == NULL)
		TRY(prepare(store, arena, question, statement));
	if (statement != NULL)
		sent = PQsendQueryPrepared(connection, statement->server_name, (int)cells.count, to.values,
					   to.lengths, to.formats, 1);
	else
		sent = PQsendQueryParams(connection, text_cstring(arena, question.sql), (int)cells.count,
					 NULL, to.values, to.lengths, to.formats, 1);
	if (!sent)
		return postgres_lost(store, arena, question.label);
	return postgres_answer(store, arena, question.label, ret_result);
}

/*
 * A session that went while nothing was going on is opened again; inside a transaction the work is lost
 * with it.
 */
static struct error *send_again_if_lost(struct store *store, struct arena *arena, struct question question,
					struct cells cells, PGresult **ret_result)
{
	struct postgres *postgres = postgres_of(store);

	if (store->depth > 0) {
		if (!postgres->begun || PQstatus(postgres->connection) != CONNECTION_OK)
			return postgres_lost(store, arena, question.label);
		return send(store, arena, question, cells, ret_result);
	}
	TRY(postgres_reconnect(store, arena));
	struct error *error = send(store, arena, question, cells, ret_result);
	/* Only reads: a change may have happened although its answer was lost. */
	if (error == NULL || store->access != STORE_READ || PQstatus(postgres->connection) == CONNECTION_OK)
		return error;
	TRY(postgres_reconnect(store, arena));
	return send(store, arena, question, cells, ret_result);
}

static struct error *check_result(struct arena *arena, const PGresult *result, const char *label)
{
	if (PQresultMemorySize(result) > LIMIT_WORK_BYTES)
		return error_new(arena, ERROR_TOO_LARGE, "%s: the answer is larger than %d MB", label,
				 LIMIT_WORK_BYTES >> 20);
	return postgres_check_types(arena, result, label);
}

static struct error *postgres_execute(struct store *store, struct arena *arena, struct question question,
				      struct cells cells, struct rows *rows, int64_t *ret_changed)
{
	PGresult *result;

	TRY(send_again_if_lost(store, arena, question, cells, &result));
	if (ret_changed != NULL && !text_to_integer(text_from(PQcmdTuples(result)), ret_changed))
		*ret_changed = 0;
	if (rows == NULL) {
		PQclear(result);
		return NULL;
	}
	struct error *error = check_result(arena, result, question.label);
	if (error != NULL) {
		PQclear(result);
		return error;
	}
	rows->result = result;
	rows->row = -1;
	rows->row_count = PQntuples(result);
	rows->column_count = (size_t)PQnfields(result);
	return NULL;
}

static struct error *postgres_next(struct rows *rows, bool *ret_row)
{
	*ret_row = ++rows->row < rows->row_count;
	return NULL;
}

static struct cell postgres_row_cell(struct rows *rows, size_t column)
{
	return postgres_cell(rows->result, rows->row, (int)column);
}

static void postgres_end(struct rows *rows)
{
	PQclear(rows->result);
	rows->result = NULL;
}

static struct error *postgres_script(struct store *store, struct arena *arena, text sql)
{
	PGresult *result;

	if (store->depth == 0)
		TRY(postgres_reconnect(store, arena));
	struct error *error = postgres_simple(store, arena, text_cstring(arena, sql), &result);
	if (error == NULL)
		PQclear(result);
	else if (store->depth == 0 && PQtransactionStatus(postgres_of(store)->connection) == PQTRANS_INERROR)
		/* A BEGIN inside the script: its failure must not hold the session. */
		PQclear(PQexec(postgres_of(store)->connection, "ROLLBACK"));
	return error;
}

/* ---- transactions ---- */

/*
 * A change locks the records it decides on by FOR UPDATE, so READ COMMITTED is enough, and what it waited for
 * it sees. A read that asks several questions wants all answers from one moment.
 */
static struct error *postgres_begin(struct store *store, struct arena *arena)
{
	struct postgres *postgres = postgres_of(store);
	const char *sql = store->access == STORE_READ ? "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"
						      : "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
	PGresult *result;

	postgres->begun = false;
	TRY(postgres_reconnect(store, arena));
	struct error *error = postgres_simple(store, arena, sql, &result);
	if (error != NULL && PQstatus(postgres->connection) != CONNECTION_OK) {
		TRY(postgres_reconnect(store, arena));
		error = postgres_simple(store, arena, sql, &result);
	}
	if (error != NULL)
		return error;
	PQclear(result);
	postgres->begun = true;
	return NULL;
}

static struct error *postgres_commit(struct store *store, struct arena *arena)
{
	struct postgres *postgres = postgres_of(store);
	PGresult *result;

	if (PQstatus(postgres->connection) != CONNECTION_OK)
		return postgres_lost(store, arena, "COMMIT");
	TRY(postgres_simple(store, arena, "COMMIT", &result));
	/* COMMIT of a failed transaction succeeds - as a ROLLBACK. */
	bool committed = text_equal(text_from(PQcmdStatus(result)), T("COMMIT"));
	PQclear(result);
	postgres->begun = false;
	if (!committed)
		return error_new(arena, ERROR_INTERNAL,
				 "a statement had failed before, so the transaction was rolled back");
	return NULL;
}

static void postgres_rollback(struct store *store)
{
	struct postgres *postgres = postgres_of(store);

	postgres->begun = false;
	if (PQstatus(postgres->connection) == CONNECTION_OK &&
	    PQtransactionStatus(postgres->connection) != PQTRANS_IDLE)
		PQclear(PQexec(postgres->connection, "ROLLBACK"));
}

static bool postgres_in_transaction(const struct store *store)
{
	PGTransactionStatusType status = PQtransactionStatus(postgres_of(store)->connection);

	return status == PQTRANS_INTRANS || status == PQTRANS_INERROR || status == PQTRANS_ACTIVE;
}

static void postgres_deadline(struct store *store unused) {}

const struct store_driver postgres_driver = {
	.dialect = {
		.name = { "postgres", 8 },
		.integer_type = { "BIGINT", 6 },
		.key_type = { "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY", 51 },
		.real_type = { "DOUBLE PRECISION", 16 },
		.text_type = { "TEXT COLLATE \"C\"", 16 },
		.blob_type = { "BYTEA", 5 },
		.table_suffix = { "", 0 },
		.lock_suffix = { "FOR UPDATE", 10 },
		.skip_suffix = { "FOR UPDATE SKIP LOCKED", 22 },
		.has_sequences = true,
		.parameters_max = 65535,
	},
	.text_index = 1,
	.close = postgres_close,
	.check = postgres_check,
	.execute = postgres_execute,
	.script = postgres_script,
	.next = postgres_next,
	.cell = postgres_row_cell,
	.end = postgres_end,
	.begin = postgres_begin,
	.commit = postgres_commit,
	.rollback = postgres_rollback,
	.in_transaction = postgres_in_transaction,
	.alive = postgres_alive,
	.deadline = postgres_deadline,
	.notify = postgres_notify,
	.wait = postgres_wait,
};
