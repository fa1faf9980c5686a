/*
 * What the files of the PostgreSQL driver share: the connection (postgres_connection.c), statements
 * (postgres.c), cells.
 */
#ifndef REEVE_STORE_POSTGRES_H
#define REEVE_STORE_POSTGRES_H

#include "store/driver.h"

#include <libpq-fe.h>

struct postgres {
	PGconn *connection;
	bool begun;		 /* store_begin() succeeded on this very session */
	int64_t statements_made; /* for their names */
	/*
	 * Channels that this session listens to: a new session has to be told again, and its waiters woken.
	 */
	text listening[STORE_CHANNELS_MAX];
	bool ringing[STORE_CHANNELS_MAX];
	size_t listening_count;
};

static inline struct postgres *postgres_of(const struct store *store)
{
	return store->connection;
}

/* Waits for the answer to what was sent, until the deadline; NULL result only together with an error. */
must_use struct error *postgres_answer(struct store *store, struct arena *arena, const char *label,
				       PGresult **ret_result);
/* Sends control text by the simple protocol and waits. */
must_use struct error *postgres_simple(struct store *store, struct arena *arena, const char *sql,
				       PGresult **ret_result);
/* Opens the session again if it was lost; nothing to do when it is good. */
must_use struct error *postgres_reconnect(struct store *store, struct arena *arena);
/* Why the last call on the connection failed, without an answer of the server. */
must_use struct error *postgres_lost(struct store *store, struct arena *arena, const char *label);
bool postgres_alive(struct store *store);
void postgres_close(struct store *store);
struct error *postgres_notify(struct store *store, struct arena *arena, text channel);
struct error *postgres_wait(struct store *store, struct arena *arena, text channel, int timeout_ms,
			    bool *ret_woken);

/*
 * One cell of a binary result; a type that is not known to the store is CELL_NULL (postgres_check_types()
 * refuses it before).
 */
struct cell postgres_cell(const PGresult *result, int row, int column);
must_use struct error *postgres_check_types(struct arena *arena, const PGresult *result, const char *label);

#endif
