/* Sessions of browsers: random tokens whose hash is kept, with an idle time and a longest life; always a new one at sign-in. */
#include "access/access_private.h"

#include "base/random.h"

#include <sodium.h>

#define TOKEN_BYTES 32
/* Written at most this often, so that reading pages is not writing. */
#define TOUCH_MS (5 * MINUTE_MS)

text token_hash(struct arena *arena, text token)
{
	unsigned char hash[crypto_hash_sha256_BYTES];

	crypto_hash_sha256(hash, (const unsigned char *)(token.data == NULL ? "" : token.data), token.length);
	return text_hex(arena, hash, sizeof(hash));
}

/* Unknown, expired, revoked, of a disabled user: one answer, so that nothing can be learnt from it. */
struct error *unauthenticated(struct work *work)
{
	return error_hint(work->arena, error_new(work->arena, ERROR_UNAUTHENTICATED, "not signed in, or no longer"), "sign in again");
}

struct error *actor_or_unauthenticated(struct work *work, int64_t user_id, struct actor **ret_actor)
{
	struct error *error = access_actor(work, user_id, ret_actor);

	if (error != NULL && (error->code == ERROR_FORBIDDEN || error->code == ERROR_NOT_FOUND))
		return unauthenticated(work);
	return error;
}

bool is_seen_old(struct work *work, moment seen_at)
{
	return seen_at == MOMENT_UNSET || work->now - seen_at >= TOUCH_MS;
}

struct error *session_open(struct work *work, int64_t user_id, text address, text agent, text *ret_token)
{
	text token = random_token(work->arena, TOKEN_BYTES);

	TRY(store_run(work->store, work->arena, SQL_SESSION_OPEN,
	              CELLS(cell_text(token_hash(work->arena, token)), cell_integer(user_id), cell_integer(work->now),
	                    cell_integer(work->now + SESSION_LIFE_MS), cell_text(address), cell_text(agent)), NULL));
	*ret_token = token;
	return NULL;
}

struct error *session_actor(struct work *work, text token, struct actor **ret_actor, bool *ret_touch)
{
	text hash = token_hash(work->arena, token);
	moment seen_at, expires_at;
	struct actor *actor;
	struct rows *rows;
	int64_t user_id;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_SESSION_FIND, CELLS(cell_text(hash)), &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return unauthenticated(work);
	user_id = rows_integer(rows, 0);
	seen_at = rows_moment(rows, 1);
	expires_at = rows_moment(rows, 2);
	rows_close(rows);
	if (expires_at <= work->now || seen_at + SESSION_IDLE_MS <= work->now)
		return unauthenticated(work);
	TRY(actor_or_unauthenticated(work, user_id, &actor));
	actor->session_hash = hash;
	actor->touch = is_seen_old(work, seen_at);
	*ret_touch = actor->touch;
	*ret_actor = actor;
	return NULL;
}

struct error *session_touch(struct work *work, text token)
{
	return store_run(work->store, work->arena, SQL_SESSION_TOUCH,
	                 CELLS(cell_text(token_hash(work->arena, token)), cell_integer(work->now)), NULL);
}

struct error *session_close(struct work *work, text token)
{
	return store_run(work->store, work->arena, SQL_SESSION_CLOSE, CELLS(cell_text(token_hash(work->arena, token))), NULL);
}

struct error *session_close_all(struct work *work, int64_t user_id, text but_token_hash)
{
	text kept = text_is_set(but_token_hash) ? but_token_hash : T("");

	return store_run(work->store, work->arena, SQL_SESSION_CLOSE_ALL, CELLS(cell_integer(user_id), cell_text(kept)), NULL);
}

struct error *session_list(struct work *work, int64_t user_id, struct session **ret_sessions, size_t *ret_count)
{
	struct session *sessions = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_SESSION_LIST, CELLS(cell_integer(user_id), cell_integer(work->now)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		struct session one = { .user_id = user_id, .hash = rows_text_copy(rows, work->arena, 0),
			               .created_at = rows_moment(rows, 1), .seen_at = rows_moment(rows, 2),
			               .expires_at = rows_moment(rows, 3), .address = rows_text_copy(rows, work->arena, 4),
			               .agent = rows_text_copy(rows, work->arena, 5) };
		if (one.seen_at + SESSION_IDLE_MS <= work->now)
			continue;
		arena_make_room(work->arena, sessions, count, capacity);
		sessions[count++] = one;
	}
	rows_close(rows);
	*ret_sessions = sessions;
	*ret_count = count;
	return NULL;
}
