/* One-time links for signing in without a password, and the sweep of everything here that has had its time. */
#include "access/access_private.h"

#include "base/limits.h"
#include "base/random.h"

#define TOKEN_BYTES 32

struct error *link_create(struct work *work, int64_t user_id, text purpose, int64_t life_ms, text *ret_token)
{
	text token = random_token(work->arena, TOKEN_BYTES);

	TRY(store_run(work->store, work->arena, SQL_ONE_TIME_LINK_CREATE,
	              CELLS(cell_text(token_hash(work->arena, token)), cell_integer(user_id), cell_text(purpose),
	                    cell_integer(work->now), cell_integer(work->now + life_ms)), NULL));
	*ret_token = token;
	return NULL;
}

static struct error *find_user(struct work *work, enum sql_name statement, text token, text purpose, int64_t *ret_user_id)
{
	struct error *error;
	struct rows *rows;
	int64_t user_id;
	bool row;

	TRY(store_query(work->store, work->arena, statement,
	                CELLS(cell_text(token_hash(work->arena, token)), cell_text(purpose), cell_integer(work->now)), &rows));
	TRY(rows_next(rows, &row));
	user_id = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	if (!row) {
		error = error_new(work->arena, ERROR_UNAUTHENTICATED, "this link was used already, has expired, or never existed");
		return error_hint(work->arena, error, "ask for a new one");
	}
	*ret_user_id = user_id;
	return NULL;
}

struct error *link_use(struct work *work, text token, text purpose, int64_t *ret_user_id)
{
	return find_user(work, SQL_ONE_TIME_LINK_USE, token, purpose, ret_user_id);
}

struct error *link_find(struct work *work, text token, text purpose, int64_t *ret_user_id)
{
	return find_user(work, SQL_ONE_TIME_LINK_FIND, token, purpose, ret_user_id);
}

struct error *access_sweep(struct work *work, int64_t limit)
{
	static const struct {
		enum sql_name statement;
		int64_t age_ms;
	} sweeps[] = {
		{ SQL_SESSION_SWEEP, 0 },
		{ SQL_SESSION_SWEEP_IDLE, SESSION_IDLE_MS },
		{ SQL_ONE_TIME_LINK_SWEEP, 0 },
		{ SQL_IDEMPOTENCY_SWEEP, LIMIT_IDEMPOTENCY_MS },
	};

	for (size_t i = 0; i < array_length(sweeps); i++)
		TRY(store_run(work->store, work->arena, sweeps[i].statement,
		              CELLS(cell_integer(work->now - sweeps[i].age_ms), cell_integer(limit)), NULL));
	return NULL;
}
