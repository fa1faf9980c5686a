/*
 * The PostgreSQL session: opening, waiting with a deadline, what failures mean, getting lost and coming
 * back, LISTEN.
 */
#include "store/postgres.h"

#include "base/moment.h"

#include <poll.h>

/* A dead network is noticed within half a minute, not after the kernel's two hours. */
static const char *const keywords[] = { "connect_timeout",  "keepalives_idle",	"keepalives_interval",
					"keepalives_count", "tcp_user_timeout", "fallback_application_name",
					"dbname",	    "client_encoding",	NULL };

static struct error *session_setting(struct store *store, struct arena *arena)
{
	/*
	 * A lock that is waited for longer than this is a fault of ours: the transaction is run again. A node
	 * that hangs inside a transaction must not stop the others. Plans are for short statements: JIT costs
	 * more than it brings.
	 */
	const char *sql =
	    store->access == STORE_READ
		? "SET jit = off; SET lock_timeout = '10s'"
		: "SET jit = off; SET lock_timeout = '10s'; SET idle_in_transaction_session_timeout = '60s'";
	PGresult *result;

	TRY(postgres_simple(store, arena, sql, &result));
	PQclear(result);
	if (store->settings.relaxed) {
		TRY(postgres_simple(store, arena, "SET synchronous_commit = off", &result));
		PQclear(result);
	}
	return NULL;
}

static void ignore_notice(void *data unused, const char *message unused) {}

static void drop_statement(struct statement *statement, void *data)
{
	struct postgres *postgres = postgres_of(data);
	char sql[48];

	if (PQstatus(postgres->connection) != CONNECTION_OK ||
	    PQtransactionStatus(postgres->connection) == PQTRANS_INERROR)
		return;
	snprintf(sql, sizeof(sql), "DEALLOCATE %s", statement->server_name);
	PQclear(PQexec(postgres->connection, sql));
}

struct error *postgres_open(struct arena *error_arena, struct store *store)
{
	struct postgres *postgres = arena_new_struct(store->arena, struct postgres);
	const char *values[] = { "10",	 "15", "5", "3", "30000", "reeve", store->settings.url.data,
				 "UTF8", NULL };

	store->statements = statements_new(store->arena, SQL_COUNT, drop_statement, store);
	store->connection = postgres;
	postgres->connection = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(postgres->connection) != CONNECTION_OK)
		return postgres_lost(store, error_arena, "connect");
	PQsetNoticeProcessor(postgres->connection, ignore_notice, NULL);
	return session_setting(store, error_arena);
}

void postgres_close(struct store *store)
{
	if (store->connection == NULL)
		return;
	PQfinish(postgres_of(store)->connection);
}

bool postgres_alive(struct store *store)
{
	PGconn *connection = postgres_of(store)->connection;
	struct pollfd pollfd = { .fd = PQsocket(connection), .events = POLLIN };

	/* Something to read while nothing was asked is a notification, or the end. */
	if (PQstatus(connection) == CONNECTION_OK && PQtransactionStatus(connection) != PQTRANS_ACTIVE &&
	    poll(&pollfd, 1, 0) > 0 && !PQconsumeInput(connection))
		return false;
	return PQstatus(connection) == CONNECTION_OK;
}

struct error *postgres_reconnect(struct store *store, struct arena *arena)
{
	struct postgres *postgres = postgres_of(store);

	if (PQstatus(postgres->connection) == CONNECTION_OK)
		return NULL;
	/* What was prepared went with the session. */
	statements_clear(store->statements);
	store->generation++;
	PQreset(postgres->connection);
	if (PQstatus(postgres->connection) != CONNECTION_OK)
		return postgres_lost(store, arena, "connect");
	TRY(session_setting(store, arena));
	for (size_t i = 0; i < postgres->listening_count; i++) {
		PGresult *result;

		TRY(postgres_simple(
		    store, arena,
		    text_format(arena, "LISTEN \"%.*s\"", TEXT_ARG(postgres->listening[i])).data, &result));
		PQclear(result);
		postgres->ringing[i] = true;
	}
	return NULL;
}

/* ---- failures ---- */

/* The first line, without the severity libpq puts before it. */
static text first_line(struct arena *arena, const char *message)
{
	text rest = text_from(message), line = T("");

	if (!text_cut(&rest, '\n', &line))
		line = text_from(message);
	return text_copy(arena, text_trim(line));
}

struct error *postgres_lost(struct store *store, struct arena *arena, const char *label)
{
	struct error *error =
	    error_new(arena, ERROR_UNAVAILABLE, "%s: the database server cannot be reached: %.*s", label,
		      TEXT_ARG(first_line(arena, PQerrorMessage(postgres_of(store)->connection))));

	error->retry_after_s = 5;
	return error_hint(arena, error, "look whether PostgreSQL runs and lets this node in");
}

/* "Key (login)=(ann) already exists." -> "login". */
static text constraint_column(struct arena *arena, const PGresult *result)
{
	text detail = text_from(PQresultErrorField(result, PG_DIAG_MESSAGE_DETAIL));
	ptrdiff_t from = text_find(detail, T("Key ("));
	ptrdiff_t to = text_find(detail, T(")=("));
	text column, rest;

	if (from < 0 || to < from + 5)
		return TEXT_UNSET;
	rest = text_slice(detail, (size_t)from + 5, (size_t)to);
	if (!text_cut(&rest, ',', &column))
		return TEXT_UNSET;
	return text_copy(arena, column);
}

static bool state_is(const char *state, const char *prefix)
{
	return strncmp(state, prefix, strlen(prefix)) == 0;
}

static struct error *conflict(struct arena *arena, const PGresult *result)
{
	text column = constraint_column(arena, result);

	return error_field(error_new(arena, ERROR_CONFLICT, "there is one with the same %.*s already",
				     TEXT_ARG(text_is_set(column) ? column : T("value"))),
			   column);
}

static struct error *unavailable(struct arena *arena, const char *label, text message)
{
	struct error *error =
	    error_new(arena, ERROR_UNAVAILABLE, "%s: the database server cannot do it now: %.*s", label,
		      TEXT_ARG(message));

	error->retry_after_s = 5;
	return error_hint(arena, error, "look at the log, the disk and the connections of PostgreSQL");
}

static struct error *failure(struct store *store, struct arena *arena, const char *label,
			     const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	text message = first_line(arena, PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY));

	if (state == NULL)
		return postgres_lost(store, arena, label);
	if (state_is(state, "23505"))
		return conflict(arena, result);
	if (state_is(state, "23503"))
		return error_new(arena, ERROR_INVALID,
				 "a row points at another that does not exist, or is still pointed at (%s)",
				 label);
	/* Serialisation failure, deadlock, a lock waited for too long. */
	if (state_is(state, "40") || state_is(state, "55P03"))
		return error_new(arena, ERROR_RETRY, "%s: %.*s", label, TEXT_ARG(message));
	/* A plan or name from before a schema step: forgotten, and found anew when run again. */
	if ((state_is(state, "0A000") && text_starts_with(message, T("cached plan"))) ||
	    state_is(state, "26000")) {
		statements_clear(store->statements);
		return error_new(arena, ERROR_RETRY, "%s: %.*s", label, TEXT_ARG(message));
	}
	if (state_is(state, "57014"))
		return error_hint(
		    arena, error_new(arena, ERROR_UNAVAILABLE, "the question took too long and was given up"),
		    "narrow it: fewer words, a shorter time, one team");
	/*
	 * 08P01 is a fault of ours. Else: connection, resources (full disk too), shutdown, system, standby,
	 * idle too long.
	 */
	if ((state_is(state, "08") && !state_is(state, "08P01")) || state_is(state, "53") ||
	    state_is(state, "57P") || state_is(state, "58") || state_is(state, "25006") ||
	    state_is(state, "25P03"))
		return unavailable(arena, label, message);
	return error_new(arena, ERROR_INTERNAL, "%s: %.*s (%s)", label, TEXT_ARG(message), state);
}

/* ---- waiting ---- */

static void cancel(PGconn *connection)
{
	PGcancel *request = PQgetCancel(connection);
	char reason[256];

	/* When it cannot be cancelled the answer is waited for: the connection stays in step either way. */
	if (request != NULL && !PQcancel(request, reason, sizeof(reason)))
		reason[0] = '\0';
	PQfreeCancel(request);
}

/*
 * The deadline is kept here and not by statement_timeout, which would cost a round trip to set for each piece
 * of work. Given up by a cancel request, so that the session stays as good as before.
 */
static bool wait_until_ready(struct store *store)
{
	PGconn *connection = postgres_of(store)->connection;
	bool cancelled = false;

	while (PQisBusy(connection)) {
		struct pollfd pollfd = { .fd = PQsocket(connection), .events = POLLIN };
		int64_t left_ms = (store->deadline_us - monotonic_us()) / 1000;

		if (left_ms <= 0 && !cancelled) {
			cancel(connection);
			cancelled = true;
		}
		int ready = poll(&pollfd, 1, cancelled ? -1 : (int)minimum(left_ms + 1, INT64_C(60000)));
		if (ready > 0 && !PQconsumeInput(connection))
			return false;
	}
	return true;
}

struct error *postgres_answer(struct store *store, struct arena *arena, const char *label,
			      PGresult **ret_result)
{
	PGconn *connection = postgres_of(store)->connection;
	PGresult *result = NULL, *next;
	struct error *error;

	if (store->deadline_us != 0 && store->access == STORE_READ && !wait_until_ready(store))
		return postgres_lost(store, arena, label);
	/*
	 * Several results only come from scripts: the first failure tells, the rest is read so that the
	 * session is in step.
	 */
	while ((next = PQgetResult(connection)) != NULL) {
		if (result != NULL && PQresultStatus(result) == PGRES_FATAL_ERROR) {
			PQclear(next);
			continue;
		}
		PQclear(result);
		result = next;
	}
	if (result == NULL)
		return postgres_lost(store, arena, label);
	switch ((int)PQresultStatus(result)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
	case PGRES_EMPTY_QUERY:
		*ret_result = result;
		return NULL;
	default:
		error = failure(store, arena, label, result);
		PQclear(result);
		return error;
	}
}

struct error *postgres_simple(struct store *store, struct arena *arena, const char *sql,
			      PGresult **ret_result)
{
	if (!PQsendQuery(postgres_of(store)->connection, sql))
		return postgres_lost(store, arena, "send");
	return postgres_answer(store, arena, strlen(sql) < 60 ? sql : "script", ret_result);
}

/* ---- LISTEN and NOTIFY ---- */

struct error *postgres_notify(struct store *store, struct arena *arena, text channel)
{
	struct rows *rows;

	TRY(store_query(store, arena, SQL_STORE_NOTIFY, CELLS(cell_text(channel)), &rows));
	rows_close(rows);
	return NULL;
}

static struct error *listen_to(struct store *store, struct arena *arena, text channel, size_t *ret_number)
{
	struct postgres *postgres = postgres_of(store);
	PGresult *result;

	for (size_t i = 0; i < postgres->listening_count; i++) {
		if (text_equal(postgres->listening[i], channel)) {
			*ret_number = i;
			return NULL;
		}
	}
	if (postgres->listening_count == STORE_CHANNELS_MAX)
		return error_new(arena, ERROR_INTERNAL, "no room for the channel '%.*s'", TEXT_ARG(channel));
	TRY(postgres_simple(store, arena, text_format(arena, "LISTEN \"%.*s\"", TEXT_ARG(channel)).data,
			    &result));
	PQclear(result);
	*ret_number = postgres->listening_count++;
	postgres->listening[*ret_number] = text_copy(store->arena, channel);
	postgres->ringing[*ret_number] = true;
	return NULL;
}

/* Sorts what has come by channel: one session may be asked for several in turn. */
static void take_notifications(struct postgres *postgres)
{
	PGnotify *notification;

	while ((notification = PQnotifies(postgres->connection)) != NULL) {
		for (size_t i = 0; i < postgres->listening_count; i++)
			if (text_equal(postgres->listening[i], text_from(notification->relname)))
				postgres->ringing[i] = true;
		PQfreemem(notification);
	}
}

struct error *postgres_wait(struct store *store, struct arena *arena, text channel, int timeout_ms,
			    bool *ret_woken)
{
	struct postgres *postgres = postgres_of(store);
	int64_t until = monotonic_us() + (int64_t)timeout_ms * 1000;
	size_t number = 0;

	if (store->depth > 0)
		return error_new(arena, ERROR_INTERNAL, "waiting inside a transaction would see nothing new");
	TRY(postgres_reconnect(store, arena));
	TRY(listen_to(store, arena, channel, &number));
	for (;;) {
		struct pollfd pollfd = { .fd = PQsocket(postgres->connection), .events = POLLIN };
		int64_t left_ms = (until - monotonic_us() + 999) / 1000;

		take_notifications(postgres);
		if (postgres->ringing[number] || left_ms <= 0)
			break;
		if (poll(&pollfd, 1, (int)left_ms) > 0 && !PQconsumeInput(postgres->connection))
			return postgres_lost(store, arena, "wait");
	}
	*ret_woken = postgres->ringing[number];
	postgres->ringing[number] = false;
	return NULL;
}
