/*
 * What the two files of the SQLite driver share: the connection (sqlite_open.c) and its statements
 * (sqlite.c).
 */
#ifndef REEVE_STORE_SQLITE_H
#define REEVE_STORE_SQLITE_H

#include "store/driver.h"

#include <sqlite3.h>

struct sqlite {
	sqlite3 *db;
	struct bell *bell;
	unsigned ringing;     /* a bit per channel that is to be told at COMMIT */
	int64_t tidied_at_us; /* the last try to cut the log */
};

static inline struct sqlite *sqlite_of(const struct store *store)
{
	return store->connection;
}

/* The error of the last call on this connection, as the floors above know it. */
must_use struct error *sqlite_failure(struct store *store, struct arena *arena, const char *label);
void sqlite_close_store(struct store *store);
void sqlite_set_deadline(struct store *store);
void sqlite_rest(struct store *store, bool idle);

#endif
