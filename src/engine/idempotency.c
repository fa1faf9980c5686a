/*
 * A repeated request gets the first answer. The key is kept per actor in the transaction of the change itself, so that either
 * both are there or neither. Only a hash of the request is kept: bodies hold people's data and passwords.
 */
#include "engine/engine_private.h"

#include "base/limits.h"

#include <sodium.h>

static text hash_of(struct arena *arena, text source)
{
	unsigned char hash[32];

	crypto_generichash(hash, sizeof(hash), (const unsigned char *)source.data, source.length, NULL, 0);
	return text_hex(arena, hash, sizeof(hash));
}

static struct error *check_key(struct work *work, text key)
{
	bool good = key.length > 0 && key.length <= LIMIT_IDEMPOTENCY_KEY_BYTES;

	for (size_t i = 0; good && i < key.length; i++)
		good = key.data[i] >= 0x20 && key.data[i] < 0x7f;
	if (good)
		return NULL;
	return error_field(error_new(work->arena, ERROR_INVALID, "an idempotency key has 1 to %d printable ASCII characters",
	                             LIMIT_IDEMPOTENCY_KEY_BYTES),
	                   T("Idempotency-Key"));
}

/* While another transaction holds this key, the first request still runs. */
static struct error *lock_key(struct work *work, text key)
{
	text name = text_format(work->arena, "%lld %.*s", (long long)work->actor->id, TEXT_ARG(key));
	int64_t locked = 0;
	bool found;

	TRY(store_integer(work->store, work->arena, SQL_IDEMPOTENCY_LOCK, CELLS(cell_integer((int64_t)text_hash(name))), &locked,
	                  &found));
	if (locked == 1)
		return NULL;
	return error_hint(work->arena, error_new(work->arena, ERROR_CONFLICT, "the first request with this key still runs"),
	                  "try again in a moment");
}

struct error *engine_idempotency_find(struct work *work, text key, text fingerprint, bool *ret_found, int *ret_status,
                                      text *ret_answer)
{
	struct rows *rows;
	bool row;

	*ret_found = false;
	TRY(check_key(work, key));
	TRY(lock_key(work, key));
	TRY(store_query(work->store, work->arena, SQL_IDEMPOTENCY_FIND, CELLS(cell_integer(work->actor->id), cell_text(key)), &rows));
	TRY(rows_next(rows, &row));
	if (!row || rows_moment(rows, 3) + LIMIT_IDEMPOTENCY_MS <= work->now) {
		rows_close(rows);
		return NULL;
	}
	bool same = text_equal(rows_text(rows, 0), hash_of(work->arena, fingerprint));
	int status = (int)rows_integer(rows, 1);
	text answer = rows_text_copy(rows, work->arena, 2);
	rows_close(rows);
	if (!same)
		return error_field(error_new(work->arena, ERROR_INVALID, "this key came before with another request"),
		                   T("Idempotency-Key"));
	*ret_found = true;
	*ret_status = status;
	*ret_answer = answer;
	return NULL;
}

struct error *engine_idempotency_keep(struct work *work, text key, text fingerprint, int status, text answer)
{
	TRY(check_key(work, key));
	return store_run(work->store, work->arena, SQL_IDEMPOTENCY_KEEP,
	                 CELLS(cell_integer(work->actor->id), cell_text(key), cell_text(hash_of(work->arena, fingerprint)),
	                       cell_integer(status), cell_text(answer), cell_moment(work->now)),
	                 NULL);
}
