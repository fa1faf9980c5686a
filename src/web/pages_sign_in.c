/*
 * Signing in and out: by login and password, by a one-time link that asks before it is used up, and the way back to where
 * somebody wanted to go. An unknown login, a wrong password and a disabled person get the same answer after the same time.
 */
#include "web/pages_portal_private.h"

#include "base/words.h"

/*
 * Tries per address (an office may stand behind one), per login from one address, and per login from everywhere, and how fast they
 * come back. The last is so wide that a stranger at one address never uses it up: nobody can be locked out by somebody who only
 * knows their login.
 */
#define ADDRESS_BURST 30
#define ADDRESS_PER_MINUTE 15
#define LOGIN_BURST 10
#define LOGIN_PER_MINUTE 5
#define EVERYWHERE_BURST 100
#define EVERYWHERE_PER_MINUTE 20

struct sign_in {
	int64_t user_id;
	text rehashed; /* the password with today's parameters, when the stored hash is old */
};

static struct error *wrong(struct work *work)
{
	return error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "login or password is wrong"),
	                  "look at capital letters and the keyboard's language, or ask your administrator for a sign-in link");
}

static struct error *take_tries(struct work *work, const struct web_request *request, text login)
{
	struct limiter *limiter = web_settings(request->web)->limiter;
	text folded = text_fold(work->arena, login);

	if (limiter == NULL)
		return NULL;
	TRY(limiter_take(limiter, work->arena, text_format(work->arena, "sign-in from %.*s", TEXT_ARG(request->address)), ADDRESS_BURST,
	                 ADDRESS_PER_MINUTE));
	TRY(limiter_take(limiter, work->arena, text_format(work->arena, "sign-in of %.*s from %.*s", TEXT_ARG(folded), TEXT_ARG(request->address)),
	                 LOGIN_BURST, LOGIN_PER_MINUTE));
	return limiter_take(limiter, work->arena, text_format(work->arena, "sign-in of %.*s", TEXT_ARG(folded)), EVERYWHERE_BURST,
	                    EVERYWHERE_PER_MINUTE);
}

static text way_on(const struct web_request *request)
{
	text next = request_field(request, T("next"));

	if (!text_is_set(next))
		next = request_query(request, T("next"));
	return text_is_set(next) && !text_is_empty(next) ? next : T("/");
}

struct error *sign_in_render(struct work *work, struct web_request *request, struct page *page)
{
	if (work->actor->kind == ACTOR_PERSON) {
		page_redirect(page, way_on(request));
		return NULL;
	}
	page->template = T("sign_in");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Sign in")));
	value_set_text(work->arena, page->data, T("next"), way_on(request));
	value_set_text(work->arena, page->data, T("login"), request_field(request, T("login")));
	value_set(work->arena, page->data, T("errors"), part_errors(work, NULL, request->error));
	value_set_bool(work->arena, page->data, T("signed_out"), text_is_set(request_query(request, T("out"))));
	return NULL;
}

struct error *sign_in_refuse(struct work *work, struct web_request *request, struct page *page)
{
	if (request->error->retry_after_s > 0)
		page_add_header(page, T("Retry-After"),
		                text_format(work->arena, "%lld", (long long)request->error->retry_after_s));
	return sign_in_render(work, request, page);
}

struct error *sign_in_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	text login = request_field(request, T("login")), password = request_field(request, T("password")), hash;
	struct sign_in *state = arena_new_struct(work->arena, struct sign_in);
	struct actor *actor;
	bool right, rehash;

	login = text_is_set(login) ? text_trim(login) : T("");
	TRY(take_tries(work, request, login));
	TRY(credential_find(work, login, &state->user_id, &hash));
	TRY(password_verify(work->arena, hash, password, &right, &rehash));
	if (!right)
		return wrong(work);
	struct error *error = access_actor(work, state->user_id, &actor);
	if (error != NULL && error->code == ERROR_FORBIDDEN)
		return wrong(work);
	TRY(error);
	if (rehash)
		TRY(password_hash(work->arena, password, &state->rehashed));
	request->state = state;
	return NULL;
}

/* Whoever signs in gets a new session; the one that the browser had before ends. */
struct error *open_session(struct work *work, struct web_request *request, struct page *page, int64_t user_id)
{
	text before = request_session(request), token;

	if (text_is_set(before))
		TRY(session_close(work, before));
	TRY(session_open(work, user_id, request->address, request->agent, &token));
	page_sign_in(work, request, page, token);
	return NULL;
}

struct error *sign_in_apply(struct work *work, struct web_request *request, struct page *page)
{
	const struct sign_in *state = request->state;

	if (text_is_set(state->rehashed))
		TRY(credential_set(work, state->user_id, state->rehashed));
	TRY(open_session(work, request, page, state->user_id));
	page_redirect(page, way_on(request));
	return NULL;
}

struct error *sign_out_apply(struct work *work, struct web_request *request, struct page *page)
{
	text token = request_session(request);

	if (text_is_set(token))
		TRY(session_close(work, token));
	page_sign_out(work, request, page);
	page_redirect(page, T("/sign-in?out=1"));
	return NULL;
}

/* ---- one-time links: mail scanners follow links, so that only the button uses one up ---- */

struct error *sign_in_link_render(struct work *work, struct web_request *request, struct page *page)
{
	struct work inner = *work;
	struct value *person;
	int64_t user_id;

	page->template = T("sign_in_link");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Sign in")));
	value_set_text(work->arena, page->data, T("href"), request->path);
	value_set_text(work->arena, page->data, T("next"), way_on(request));
	struct error *error = link_find(work, request_parameter(request, T("token")), T("sign-in"), &user_id);
	if (error != NULL && error->code == ERROR_UNAUTHENTICATED) {
		page->status = 401;
		value_set(work->arena, page->data, T("errors"), part_errors(work, NULL, error));
		return NULL;
	}
	TRY(error);
	/* Nobody is signed in yet: the name of whom the link is for is read as the system. */
	inner.actor = access_system();
	TRY(part_person(&inner, user_id, &person));
	value_set(work->arena, page->data, T("person"), person);
	return NULL;
}

struct error *sign_in_link_apply(struct work *work, struct web_request *request, struct page *page)
{
	struct actor *actor;
	int64_t user_id;

	TRY(link_use(work, request_parameter(request, T("token")), T("sign-in"), &user_id));
	TRY(access_actor(work, user_id, &actor));
	TRY(open_session(work, request, page, user_id));
	page_redirect(page, way_on(request));
	return NULL;
}
