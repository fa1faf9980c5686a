/* API tokens: shown once, kept as a hash, with scopes that only ever narrow what their user may do. */
#include "access/access_private.h"

#include "base/random.h"

#define TOKEN_BYTES 32
/* Makes a leaked token recognisable to scanners of code and logs. */
#define TOKEN_PREFIX "reeve_"

static const struct {
	text name;
	unsigned scopes;
} scope_names[] = {
	{ { "read", 4 }, SCOPE_READ },
	{ { "write", 5 }, SCOPE_READ | SCOPE_WRITE },
	{ { "admin", 5 }, SCOPE_ALL },
};

struct error *scopes_parse(struct arena *arena, text source, unsigned *ret_scopes)
{
	text rest = source, part;
	unsigned scopes = 0;

	while (text_cut(&rest, ' ', &part)) {
		size_t i = 0;
		if (text_is_empty(part))
			continue;
		while (i < array_length(scope_names) && !text_equal(scope_names[i].name, part))
			i++;
		if (i == array_length(scope_names))
			return error_hint(arena, error_field(error_new(arena, ERROR_INVALID, "there is no scope '%.*s'", TEXT_ARG(part)),
			                                     T("scopes")), "scopes are read, write and admin");
		scopes |= scope_names[i].scopes;
	}
	if (scopes == 0)
		return error_hint(arena, error_field(error_new(arena, ERROR_INVALID, "a token needs a scope"), T("scopes")),
		                  "scopes are read, write and admin");
	*ret_scopes = scopes;
	return NULL;
}

static text scopes_print(unsigned scopes)
{
	if ((scopes & SCOPE_ADMIN) != 0)
		return T("read write admin");
	return (scopes & SCOPE_WRITE) != 0 ? T("read write") : T("read");
}

struct error *token_create(struct work *work, int64_t user_id, text name, unsigned scopes, moment expires_at, text *ret_token)
{
	text token = text_format(work->arena, TOKEN_PREFIX "%.*s", TEXT_ARG(random_token(work->arena, TOKEN_BYTES)));

	if (expires_at != MOMENT_UNSET && expires_at <= work->now)
		return error_field(error_new(work->arena, ERROR_INVALID, "the token would have expired already"), T("expires_at"));
	/* A token can not make one that may more than itself. */
	if ((scopes & ~work->actor->scopes) != 0)
		return error_field(error_new(work->arena, ERROR_FORBIDDEN, "a token cannot make one with a wider scope"), T("scopes"));
	TRY(store_run(work->store, work->arena, SQL_TOKEN_CREATE,
	              CELLS(cell_text(token_hash(work->arena, token)), cell_integer(user_id), cell_text(name),
	                    cell_text(scopes_print(scopes)), cell_integer(work->now), cell_moment(expires_at)), NULL));
	*ret_token = token;
	return NULL;
}

struct error *token_actor(struct work *work, text token, struct actor **ret_actor)
{
	moment expires_at, seen_at, revoked_at;
	struct actor *actor;
	struct rows *rows;
	int64_t id, user_id;
	unsigned scopes;
	text written;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_TOKEN_FIND, CELLS(cell_text(token_hash(work->arena, token))), &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return unauthenticated(work);
	id = rows_integer(rows, 0);
	user_id = rows_integer(rows, 1);
	written = rows_text_copy(rows, work->arena, 2);
	expires_at = rows_moment(rows, 3);
	seen_at = rows_moment(rows, 4);
	revoked_at = rows_moment(rows, 5);
	rows_close(rows);
	if (revoked_at != MOMENT_UNSET || (expires_at != MOMENT_UNSET && expires_at <= work->now))
		return unauthenticated(work);
	TRY(scopes_parse(work->arena, written, &scopes));
	TRY(actor_or_unauthenticated(work, user_id, &actor));
	actor->scopes = scopes;
	actor->token = id;
	actor->touch = is_seen_old(work, seen_at);
	*ret_actor = actor;
	return NULL;
}

struct error *token_touch(struct work *work, int64_t token_id)
{
	return store_run(work->store, work->arena, SQL_TOKEN_TOUCH, CELLS(cell_integer(token_id), cell_integer(work->now)), NULL);
}

struct error *token_list(struct work *work, int64_t user_id, struct api_token **ret_tokens, size_t *ret_count)
{
	struct api_token *tokens = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_TOKEN_LIST, CELLS(cell_integer(user_id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, tokens, count, capacity);
		tokens[count++] = (struct api_token){
			.id = rows_integer(rows, 0), .name = rows_text_copy(rows, work->arena, 1),
			.scopes = rows_text_copy(rows, work->arena, 2), .created_at = rows_moment(rows, 3),
			.expires_at = rows_moment(rows, 4), .seen_at = rows_moment(rows, 5), .revoked_at = rows_moment(rows, 6),
		};
	}
	*ret_tokens = tokens;
	*ret_count = count;
	return NULL;
}

struct error *token_revoke(struct work *work, int64_t user_id, int64_t token_id)
{
	int64_t changed;

	TRY(store_run(work->store, work->arena, SQL_TOKEN_REVOKE,
	              CELLS(cell_integer(token_id), cell_integer(user_id), cell_integer(work->now)), &changed));
	if (changed == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such token in use");
	return NULL;
}
