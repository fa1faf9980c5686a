/*
 * Who is asking: the actor of a bearer token or a session cookie, and whether a cookie's write really comes from a page of ours.
 * The cookie is HttpOnly and SameSite=Lax; Sec-Fetch-Site and Origin are checked as well, because Lax lets top-level
 * navigations of other sites through.
 */
#include "web/server.h"

#define COOKIE_PLAIN "reeve_session"
/* Behind TLS the prefix makes browsers refuse the cookie from anywhere but this very host. */
#define COOKIE_SECURE "__Host-reeve_session"

static text cookie_name(const struct web_request *request)
{
	return request->secure ? T(COOKIE_SECURE) : T(COOKIE_PLAIN);
}

text request_session(const struct web_request *request)
{
	return request_cookie(request, cookie_name(request));
}

/* ---- keeping a session's last use: a lane job of its own that nobody waits for ---- */

struct touch {
	struct lane_job job;
	struct work work;
	text session; /* one of the two */
	int64_t token;
};

static struct error *apply_touch(struct lane_job *job, struct store *store)
{
	struct touch *touch = (struct touch *)job;
	struct work work = touch->work;

	work.store = store;
	return touch->token != 0 ? token_touch(&work, touch->token) : session_touch(&work, touch->session);
}

static void touched(struct lane_job *job, struct error *error)
{
	if (error != NULL)
		log_error("session", error);
	arena_free(job->arena);
}

static void submit_touch(struct exchange *exchange, text session)
{
	struct arena *arena = arena_new(64 * 1024);
	struct touch *touch = arena_new_struct(arena, struct touch);

	touch->job = (struct lane_job){ .arena = arena, .apply = apply_touch, .done = touched, .name = "session touch" };
	touch->work = exchange->work;
	touch->work.arena = arena;
	touch->work.cache = NULL;
	touch->work.actor = access_system();
	touch->session = text_copy(arena, session);
	touch->token = exchange->work.actor->token;
	lane_submit(exchange->web->settings.lane, &touch->job);
}

/* ---- the actor ---- */

static struct error *by_token(struct exchange *exchange, text authorization)
{
	struct work *work = &exchange->work;

	if (!text_equal_ignoring_case(text_slice(authorization, 0, 7), T("Bearer ")))
		return error_new(work->arena, ERROR_UNAUTHENTICATED, "this kind of Authorization is not known; use Bearer");
	return token_actor(work, text_trim(text_slice(authorization, 7, authorization.length)), &work->actor);
}

struct error *session_find_actor(struct exchange *exchange)
{
	struct work *work = &exchange->work;
	struct web_request *request = &exchange->request;
	text authorization = head_find(exchange, T("Authorization"));
	text token = request_session(request);
	bool touch = false;

	work->actor = access_nobody();
	if (text_is_set(authorization)) {
		TRY(by_token(exchange, authorization));
	} else if (text_is_set(token) && token.length > 0 && token.length < 200) {
		struct error *error = session_actor(work, token, &work->actor, &touch);
		/* An old cookie is nobody, so that the sign-in page still works. */
		if (error != NULL && error->code != ERROR_UNAUTHENTICATED && error->code != ERROR_FORBIDDEN)
			return error;
		if (error != NULL)
			work->actor = access_nobody();
		else
			request->by_cookie = true;
	}
	if (work->actor->touch)
		submit_touch(exchange, token);
	if (text_is_set(work->actor->language))
		request->language = work->actor->language;
	work->language = request->language;
	return NULL;
}

/* ---- cross-site writes ---- */

static struct error *elsewhere(const struct exchange *exchange)
{
	return error_hint(exchange->arena,
	                  error_new(exchange->arena, ERROR_FORBIDDEN, "this request comes from another site"),
	                  "open the page of this server and send the form from there");
}

struct error *session_check_site(const struct web_request *request, const struct exchange *exchange)
{
	text site = head_find(exchange, T("Sec-Fetch-Site"));
	text origin = head_find(exchange, T("Origin"));

	/* Tokens are never sent by a browser on its own. Signing somebody in from elsewhere is refused too: no cookie needed. */
	if (request->method == METHOD_GET || (request->route->flags & ROUTE_CROSS_SITE) || exchange->work.actor->token != 0)
		return NULL;
	if (text_is_set(site))
		return text_equal(site, T("same-origin")) || text_equal(site, T("none")) ? NULL : elsewhere(exchange);
	if (!text_is_set(origin))
		return NULL;
	ptrdiff_t scheme = text_find(origin, T("://"));
	text host = scheme < 0 ? T("") : text_slice(origin, (size_t)scheme + 3, origin.length);
	return text_equal_ignoring_case(host, request->host) ? NULL : elsewhere(exchange);
}

/* ---- cookies that go out ---- */

void page_set_cookie(struct work *work, const struct web_request *request, struct page *page, text name, text value,
                     int64_t max_age_s)
{
	text life = TEXT_UNSET;

	if (max_age_s != 0)
		life = text_format(work->arena, "; Max-Age=%lld", (long long)maximum(max_age_s, 0));
	page_add_header(page, T("Set-Cookie"),
	                text_format(work->arena, "%.*s=%.*s; Path=/; HttpOnly; SameSite=Lax%s%.*s", TEXT_ARG(name),
	                            TEXT_ARG(value), request->secure ? "; Secure" : "", TEXT_ARG(life)));
}

void page_sign_in(struct work *work, const struct web_request *request, struct page *page, text token)
{
	page_set_cookie(work, request, page, cookie_name(request), token, SESSION_LIFE_MS / 1000);
}

void page_sign_out(struct work *work, const struct web_request *request, struct page *page)
{
	page_set_cookie(work, request, page, cookie_name(request), T(""), -1);
}
