/* Sessions, API tokens, one-time links and passwords as rows: life, expiry, rotation, single use, and the sweep. */
#include "office.h"

static int64_t count_of(struct office *office, enum sql_name statement, struct cells cells)
{
	struct rows *rows;
	int64_t count = 0;
	bool row;

	assert_ok(store_query(office->store, office->arena, statement, cells, &rows));
	for (;;) {
		assert_ok(rows_next(rows, &row));
		if (!row)
			return count;
		count++;
	}
}

OFFICE_TEST(a_session_is_its_person)
{
	struct actor *actor;
	text token, other;
	bool touch;

	assert_ok(session_open(office->work, office_id(office, "reqa"), T("127.0.0.1"), T("test"), &token));
	assert_ok(session_open(office->work, office_id(office, "reqa"), T("127.0.0.1"), T("test"), &other));
	/* Always a new one, long enough, and only its hash is kept. */
	assert_true(token.length >= 40);
	assert_false(text_equal(token, other));
	assert_int_equal(count_of(office, SQL_SESSION_FIND, CELLS(cell_text(token))), 0);
	assert_int_equal(count_of(office, SQL_SESSION_FIND, CELLS(cell_text(token_hash(office->arena, token)))), 1);
	assert_ok(session_actor(office->work, token, &actor, &touch));
	assert_text(actor->login, "reqa");
	assert_int_equal(actor->scopes, SCOPE_ALL);
	assert_int_equal(actor->token, 0);
	assert_true(text_equal(actor->session_hash, token_hash(office->arena, token)));
	assert_false(touch);
}

OFFICE_TEST(no_other_token_is_a_session)
{
	struct actor *actor = NULL;
	bool touch;
	text token;

	assert_ok(session_open(office->work, office_id(office, "reqa"), TEXT_UNSET, TEXT_UNSET, &token));
	text bad[] = { TEXT_UNSET, T(""), T("x"), token_hash(office->arena, token), text_slice(token, 0, token.length - 1),
		text_lower_ascii(office->arena, token), text_format(office->arena, "%.*s ", TEXT_ARG(token)) };
	for (size_t i = 0; i < array_length(bad); i++)
		if (!text_equal(bad[i], token))
			assert_refused(session_actor(office->work, bad[i], &actor, &touch), UNAUTHENTICATED);
	assert_null(actor);
}

OFFICE_TEST(sessions_end)
{
	struct actor *actor;
	moment begin = office->work->now;
	text token, closed, kept, idle;
	bool touch;

	assert_ok(session_open(office->work, office_id(office, "reqa"), TEXT_UNSET, TEXT_UNSET, &token));
	assert_ok(session_open(office->work, office_id(office, "reqa"), TEXT_UNSET, TEXT_UNSET, &idle));
	/* Seen every few hours it lives, and not for ever. */
	for (office->work->now = begin; office->work->now < begin + SESSION_LIFE_MS; office->work->now += 6 * HOUR_MS) {
		assert_ok(session_actor(office->work, token, &actor, &touch));
		assert_int_equal(touch, office->work->now != begin);
		assert_ok(session_touch(office->work, token));
	}
	assert_refused(session_actor(office->work, token, &actor, &touch), UNAUTHENTICATED);
	office->work->now = begin + SESSION_IDLE_MS - 1;
	assert_ok(session_actor(office->work, idle, &actor, &touch));
	office->work->now = begin + SESSION_IDLE_MS;
	assert_refused(session_actor(office->work, idle, &actor, &touch), UNAUTHENTICATED);
	office->work->now = begin;
	assert_ok(session_open(office->work, office_id(office, "reqb"), TEXT_UNSET, TEXT_UNSET, &closed));
	assert_ok(session_open(office->work, office_id(office, "reqb"), TEXT_UNSET, TEXT_UNSET, &kept));
	assert_ok(session_close_all(office->work, office_id(office, "reqb"), token_hash(office->arena, kept)));
	assert_refused(session_actor(office->work, closed, &actor, &touch), UNAUTHENTICATED);
	assert_ok(session_actor(office->work, kept, &actor, &touch));
	assert_ok(session_actor(office->work, idle, &actor, &touch));
	assert_ok(session_close(office->work, kept));
	assert_refused(session_actor(office->work, kept, &actor, &touch), UNAUTHENTICATED);
	assert_ok(session_close_all(office->work, office_id(office, "reqa"), TEXT_UNSET));
	assert_refused(session_actor(office->work, idle, &actor, &touch), UNAUTHENTICATED);
}

OFFICE_TEST(a_disabled_person_is_out_at_once)
{
	struct actor *actor;
	text session, token;
	bool touch;

	assert_ok(session_open(office->work, office_id(office, "gone"), TEXT_UNSET, TEXT_UNSET, &session));
	assert_refused(session_actor(office->work, session, &actor, &touch), UNAUTHENTICATED);
	assert_ok(token_create(office->work, office_id(office, "gone"), T("t"), SCOPE_ALL, MOMENT_UNSET, &token));
	assert_refused(token_actor(office->work, token, &actor), UNAUTHENTICATED);
	assert_ok(session_open(office->work, 999999, TEXT_UNSET, TEXT_UNSET, &session));
	assert_refused(session_actor(office->work, session, &actor, &touch), UNAUTHENTICATED);
}

OFFICE_TEST(tokens_have_scopes_and_an_end)
{
	int64_t admin = office_id(office, "admin");
	struct api_token *tokens;
	struct actor *actor;
	text reading, writing, ending;
	size_t count;

	assert_ok(token_create(office->work, admin, T("reading"), SCOPE_READ, MOMENT_UNSET, &reading));
	assert_ok(token_create(office->work, admin, T("writing"), SCOPE_READ | SCOPE_WRITE, MOMENT_UNSET, &writing));
	assert_ok(token_create(office->work, admin, T("ending"), SCOPE_ALL, office->work->now + DAY_MS, &ending));
	assert_refused(token_create(office->work, admin, T("past"), SCOPE_ALL, office->work->now, &ending), INVALID);
	assert_ok(token_actor(office->work, reading, &actor));
	assert_int_equal(actor->scopes, SCOPE_READ);
	assert_true(actor->token != 0 && actor->touch && !text_is_set(actor->session_hash));
	assert_ok(token_touch(office->work, actor->token));
	assert_ok(token_actor(office->work, reading, &actor));
	assert_false(actor->touch);
	assert_ok(token_actor(office->work, writing, &actor));
	assert_int_equal(actor->scopes, SCOPE_READ | SCOPE_WRITE);
	assert_ok(token_actor(office->work, ending, &actor));
	assert_int_equal(actor->scopes, SCOPE_ALL);
	office->work->now += DAY_MS;
	assert_refused(token_actor(office->work, ending, &actor), UNAUTHENTICATED);
	assert_refused(token_actor(office->work, T("reeve_"), &actor), UNAUTHENTICATED);
	assert_refused(token_actor(office->work, TEXT_UNSET, &actor), UNAUTHENTICATED);
	assert_ok(token_list(office->work, admin, &tokens, &count));
	assert_int_equal(count, 3);
	assert_text(tokens[0].name, "reading");
	assert_text(tokens[2].scopes, "read write admin");
	/* Only its own person's. */
	assert_refused(token_revoke(office->work, office_id(office, "reqa"), tokens[0].id), NOT_FOUND);
	assert_ok(token_actor(office->work, reading, &actor));
	assert_ok(token_revoke(office->work, admin, tokens[0].id));
	assert_refused(token_actor(office->work, reading, &actor), UNAUTHENTICATED);
	assert_refused(token_revoke(office->work, admin, tokens[0].id), NOT_FOUND);
	/* A token is no session, and the other way round. */
	bool touch;
	assert_refused(session_actor(office->work, writing, &actor, &touch), UNAUTHENTICATED);
}

OFFICE_TEST(a_token_cannot_widen_itself)
{
	text token;

	office_as(office, "admin");
	office->work->actor->scopes = SCOPE_READ | SCOPE_WRITE;
	assert_refused(token_create(office->work, office_id(office, "admin"), T("x"), SCOPE_ALL, MOMENT_UNSET, &token), FORBIDDEN);
	assert_ok(token_create(office->work, office_id(office, "admin"), T("x"), SCOPE_READ, MOMENT_UNSET, &token));
}

OFFICE_TEST(a_link_works_once)
{
	int64_t user = 0, reqa = office_id(office, "reqa");
	text link, other, late;

	assert_ok(link_create(office->work, reqa, T("sign-in"), HOUR_MS, &link));
	assert_ok(link_create(office->work, reqa, T("sign-in"), HOUR_MS, &other));
	assert_ok(link_create(office->work, reqa, T("sign-in"), HOUR_MS, &late));
	assert_refused(link_use(office->work, link, T("other purpose"), &user), UNAUTHENTICATED);
	assert_refused(link_use(office->work, T(""), T("sign-in"), &user), UNAUTHENTICATED);
	assert_refused(link_use(office->work, TEXT_UNSET, T("sign-in"), &user), UNAUTHENTICATED);
	assert_refused(link_use(office->work, token_hash(office->arena, link), T("sign-in"), &user), UNAUTHENTICATED);
	assert_int_equal(user, 0);
	assert_ok(link_use(office->work, link, T("sign-in"), &user));
	assert_int_equal(user, reqa);
	struct error *used = link_use(office->work, link, T("sign-in"), &user);
	assert_ok(link_use(office->work, other, T("sign-in"), &user));
	office->work->now += HOUR_MS;
	struct error *expired = link_use(office->work, late, T("sign-in"), &user);
	struct error *unknown = link_use(office->work, T("never made"), T("sign-in"), &user);
	assert_true(text_equal(used->message, expired->message) && text_equal(used->message, unknown->message));
	assert_true(used->code == ERROR_UNAUTHENTICATED && expired->code == used->code && unknown->code == used->code);
}

OFFICE_TEST(passwords_are_kept_by_person)
{
	int64_t user;
	text hash;

	assert_ok(credential_find(office->work, T("reqa"), &user, &hash));
	assert_int_equal(user, office_id(office, "reqa"));
	assert_false(text_is_set(hash));
	assert_ok(credential_set(office->work, user, T("first")));
	assert_ok(credential_set(office->work, user, T("second")));
	assert_ok(credential_find(office->work, T("reqa"), &user, &hash));
	assert_text(hash, "second");
	static const char *const nobody[] = { "", "nobody", "reqa ", "%", "req_", "' or 1=1" };
	for (size_t i = 0; i < array_length(nobody); i++) {
		assert_ok(credential_find(office->work, text_from(nobody[i]), &user, &hash));
		assert_int_equal(user, 0);
		assert_false(text_is_set(hash));
	}
}

OFFICE_TEST(the_sweep_takes_what_had_its_time)
{
	int64_t reqa = office_id(office, "reqa");
	text old, idle, fresh, link;

	assert_ok(session_open(office->work, reqa, TEXT_UNSET, TEXT_UNSET, &old));
	assert_ok(link_create(office->work, reqa, T("sign-in"), HOUR_MS, &link));
	office->work->now += SESSION_LIFE_MS - HOUR_MS;
	assert_ok(session_touch(office->work, old));
	office->work->now += 2 * HOUR_MS;
	assert_ok(session_open(office->work, reqa, TEXT_UNSET, TEXT_UNSET, &idle));
	office->work->now += SESSION_IDLE_MS + HOUR_MS;
	assert_ok(session_open(office->work, reqa, TEXT_UNSET, TEXT_UNSET, &fresh));
	assert_ok(access_sweep(office->work, 100));
	assert_int_equal(count_of(office, SQL_SESSION_FIND, CELLS(cell_text(token_hash(office->arena, old)))), 0);
	assert_int_equal(count_of(office, SQL_SESSION_FIND, CELLS(cell_text(token_hash(office->arena, idle)))), 0);
	assert_int_equal(count_of(office, SQL_SESSION_FIND, CELLS(cell_text(token_hash(office->arena, fresh)))), 1);
}

OFFICE_TEST(scopes_are_words)
{
	unsigned scopes;

	assert_ok(scopes_parse(office->arena, T("read"), &scopes));
	assert_int_equal(scopes, SCOPE_READ);
	assert_ok(scopes_parse(office->arena, T(" write  read "), &scopes));
	assert_int_equal(scopes, SCOPE_READ | SCOPE_WRITE);
	assert_ok(scopes_parse(office->arena, T("admin"), &scopes));
	assert_int_equal(scopes, SCOPE_ALL);
	static const char *const bad[] = { "", " ", "READ", "read,write", "all", "read root" };
	for (size_t i = 0; i < array_length(bad); i++)
		assert_refused(scopes_parse(office->arena, text_from(bad[i]), &scopes), INVALID);
}
