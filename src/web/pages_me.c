/*
 * A person's own page: look, language and time zone, password, API tokens, open sessions. How things look is kept in cookies of the
 * browser, since it may differ from screen to screen; language and zone are the person's.
 */
#include "web/pages_portal_private.h"

#include "base/limits.h"
#include "base/words.h"

#define LOOK_LIFE_S (400 * 24 * 3600)
#define PASSWORD_BURST 5
#define PASSWORD_PER_MINUTE 3

/* ---- what is chosen ---- */

static const struct {
	const char *name, *values[3];
} looks[] = {
	{ "theme", { "", "light", "dark" } },
	{ "density", { "", "comfortable", NULL } },
	{ "keys", { "", "off", NULL } },
};

static struct value *choice(struct work *work, text name, text label, bool chosen)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("name"), name);
	value_set_text(work->arena, one, T("label"), label);
	value_set_bool(work->arena, one, T("chosen"), chosen);
	return one;
}

static struct value *languages(struct work *work, text now)
{
	struct value *list = value_list(work->arena);

	value_append(work->arena, list, choice(work, T(""), words(work->language, T("As the browser says")), !text_is_set(now)));
	value_append(work->arena, list, choice(work, T("en"), T("English"), text_equal(now, T("en"))));
	for (const struct embedded_file *file = embedded_words; file->path != NULL; file++) {
		text name = text_from(file->path);
		if (!text_ends_with(name, T(".po")))
			continue;
		name = text_slice(name, 0, name.length - 3);
		value_append(work->arena, list, choice(work, name, name, text_equal(name, now)));
	}
	return list;
}

static text own_text(const struct record *user, const char *name)
{
	const struct field *field = type_field(user->type, text_from(name));

	if (field == NULL || record_cell(user, field->position)->kind != CELL_TEXT)
		return TEXT_UNSET;
	return record_cell(user, field->position)->text;
}

static struct error *add_tokens(struct work *work, struct value *data)
{
	struct value *list = value_list(work->arena);
	struct api_token *tokens;
	size_t count;

	TRY(token_list(work, work->actor->id, &tokens, &count));
	for (size_t i = 0; i < count; i++) {
		if (tokens[i].revoked_at != MOMENT_UNSET)
			continue;
		struct value *one = value_map(work->arena);
		value_set_integer(work->arena, one, T("id"), tokens[i].id);
		value_set_text(work->arena, one, T("name"), tokens[i].name);
		value_set_text(work->arena, one, T("scopes"), tokens[i].scopes);
		value_set(work->arena, one, T("created"), part_moment(work, tokens[i].created_at));
		value_set(work->arena, one, T("expires"), part_moment(work, tokens[i].expires_at));
		value_set(work->arena, one, T("seen"), part_moment(work, tokens[i].seen_at));
		value_set_bool(work->arena, one, T("expired"), tokens[i].expires_at != MOMENT_UNSET && tokens[i].expires_at <= work->now);
		value_append(work->arena, list, one);
	}
	value_set(work->arena, data, T("tokens"), list);
	return NULL;
}

/* "Firefox on Linux" for what browsers say at length. */
static text browser_words(struct work *work, text agent)
{
	static const char *const browsers[][2] = { { "Firefox/", "Firefox" }, { "Edg/", "Edge" }, { "Chrome/", "Chrome" }, { "Safari/", "Safari" } };
	static const char *const systems[][2] = { { "Android", "Android" }, { "iPhone", "iPhone" }, { "iPad", "iPad" }, { "Windows", "Windows" },
		                                  { "Mac OS", "macOS" }, { "Linux", "Linux" } };
	const char *browser = NULL, *system = NULL;

	for (size_t i = 0; browser == NULL && i < array_length(browsers); i++)
		if (text_find(agent, text_from(browsers[i][0])) >= 0)
			browser = browsers[i][1];
	for (size_t i = 0; system == NULL && i < array_length(systems); i++)
		if (text_find(agent, text_from(systems[i][0])) >= 0)
			system = systems[i][1];
	if (browser == NULL || system == NULL)
		return text_shorten(work->arena, agent, 60);
	return text_format(work->arena, "%s (%s)", browser, system);
}

static struct error *add_sessions(struct work *work, struct value *data)
{
	struct value *list = value_list(work->arena);
	struct session *sessions;
	size_t count;

	TRY(session_list(work, work->actor->id, &sessions, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("agent"),
		               text_is_set(sessions[i].agent) ? browser_words(work, sessions[i].agent) : TEXT_UNSET);
		value_set_text(work->arena, one, T("address"), sessions[i].address);
		value_set(work->arena, one, T("seen"), part_moment(work, sessions[i].seen_at));
		value_set_bool(work->arena, one, T("mine"), text_equal(sessions[i].hash, work->actor->session_hash));
		value_append(work->arena, list, one);
	}
	value_set(work->arena, data, T("sessions"), list);
	value_set_bool(work->arena, data, T("others"), count > 1);
	return NULL;
}

struct error *me_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *data = page->data != NULL ? page->data : value_map(work->arena), *person;
	struct record *user;
	text hash;
	int64_t user_id;

	page->data = data;
	page->template = is_staff(work) ? T("me") : T("me_portal");
	TRY(part_person(work, work->actor->id, &person));
	TRY(access_load_id(work, work->model->user, work->actor->id, &user));
	TRY(credential_find(work, work->actor->login, &user_id, &hash));
	value_set_text(work->arena, data, T("title"), words(work->language, T("My settings")));
	value_set(work->arena, data, T("person"), person);
	value_set_text(work->arena, data, T("mail"), own_text(user, "mail"));
	value_set_text(work->arena, data, T("zone"), own_text(user, "zone"));
	value_set(work->arena, data, T("languages"), languages(work, own_text(user, "language")));
	value_set_bool(work->arena, data, T("has_password"), text_is_set(hash));
	value_set_integer(work->arena, data, T("password_least"), LIMIT_PASSWORD_BYTES_MIN);
	value_set_bool(work->arena, data, T("staff"), is_staff(work));
	value_set(work->arena, data, T("errors"), part_errors(work, work->model->user, request->error));
	for (size_t i = 0; i < array_length(looks); i++)
		value_set_text(work->arena, data, text_from(looks[i].name), request_cookie(request, text_from(looks[i].name)));
	TRY(add_tokens(work, data));
	TRY(part_absences(work, request, data));
	return add_sessions(work, data);
}

struct error *me_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return me_render(work, request, page);
}

/* Passwords, tokens and sessions are not for API tokens: one that leaked must not make others. */
static struct error *require_session(const struct work *work)
{
	if (work->actor->token == 0)
		return NULL;
	return error_new(work->arena, ERROR_FORBIDDEN, "an API token cannot change how its person signs in");
}

/* ---- settings ---- */

static void set_looks(struct work *work, struct web_request *request, struct page *page)
{
	for (size_t i = 0; i < array_length(looks); i++) {
		text name = text_from(looks[i].name), wanted = request_field(request, name);
		for (size_t j = 0; text_is_set(wanted) && j < array_length(looks[i].values) && looks[i].values[j] != NULL; j++)
			if (text_equal(wanted, text_from(looks[i].values[j])))
				page_set_cookie(work, request, page, name, wanted, text_is_empty(wanted) ? -1 : LOOK_LIFE_S);
	}
}

struct error *me_settings_apply(struct work *work, struct web_request *request, struct page *page)
{
	static const char *const own[] = { "language", "zone" };
	struct value *patch = value_map(work->arena);
	struct work inner = *work;
	struct actor self = *work->actor;
	struct record *user;

	for (size_t i = 0; i < array_length(own); i++) {
		text name = text_from(own[i]), wanted = request_field(request, name);
		if (text_is_set(wanted) && type_field(work->model->user, name) != NULL)
			value_set(work->arena, patch, name,
			          text_is_empty(text_trim(wanted)) ? value_null(work->arena) : value_text(work->arena, text_trim(wanted)));
	}
	/* Everybody may change these two of their own record, whatever their roles say; the event says who it was. */
	self.kind = ACTOR_SYSTEM;
	inner.actor = &self;
	TRY(engine_update(&inner, work->model->user, work->actor->login, 0, patch, &user));
	set_looks(work, request, page);
	page_redirect(page, T("/me?done=saved"));
	return NULL;
}

/* ---- password ---- */

struct error *me_password_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	text now = request_field(request, T("current")), wanted = request_field(request, T("password")), hash, *state;
	struct limiter *limiter = web_settings(request->web)->limiter;
	int64_t user_id;
	bool right, rehash;

	TRY(require_session(work));
	if (limiter != NULL)
		TRY(limiter_take(limiter, work->arena, text_format(work->arena, "password of %lld", (long long)work->actor->id),
		                 PASSWORD_BURST, PASSWORD_PER_MINUTE));
	TRY(credential_find(work, work->actor->login, &user_id, &hash));
	if (text_is_set(hash)) {
		TRY(password_verify(work->arena, hash, now, &right, &rehash));
		if (!right)
			return error_field(error_new(work->arena, ERROR_INVALID, "the current password is wrong"), T("current"));
	}
	wanted = text_is_set(wanted) ? wanted : T("");
	TRY(password_check_rules(work->arena, work->actor->login, wanted));
	state = arena_new_struct(work->arena, text);
	TRY(password_hash(work->arena, wanted, state));
	request->state = state;
	return NULL;
}

struct error *me_password_apply(struct work *work, struct web_request *request, struct page *page)
{
	const text *hash = request->state;

	TRY(credential_set(work, work->actor->id, *hash));
	TRY(session_close_all(work, work->actor->id, TEXT_UNSET));
	TRY(open_session(work, request, page, work->actor->id));
	page_redirect(page, T("/me?done=password"));
	return NULL;
}

/* ---- tokens and sessions ---- */

struct error *me_token_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	/* The answer holds the token itself: it must not be kept anywhere. */
	request->idempotency_key = TEXT_UNSET;
	return require_session(work);
}

struct error *me_token_apply(struct work *work, struct web_request *request, struct page *page)
{
	text name = request_field(request, T("name")), days_text = request_field(request, T("days")), token;
	int64_t days;
	unsigned scopes;

	if (!text_is_set(name) || text_is_empty(text_trim(name)) || name.length > 100)
		return error_field(error_new(work->arena, ERROR_INVALID, "say in up to 100 letters what the token is for"), T("name"));
	if (!text_is_set(days_text) || !text_to_integer(days_text, &days) || days < 1 || days > 366)
		return error_field(error_new(work->arena, ERROR_INVALID, "a token is good for 1 to 366 days"), T("days"));
	TRY(scopes_parse(work->arena, text_is_set(request_field(request, T("scope"))) ? request_field(request, T("scope")) : T(""), &scopes));
	TRY(token_create(work, work->actor->id, text_trim(name), scopes, work->now + days * DAY_MS, &token));
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("token"), token);
	return NULL;
}

struct error *me_revoke_apply(struct work *work, struct web_request *request, struct page *page)
{
	int64_t id;

	TRY(require_session(work));
	if (!text_to_integer(request_parameter(request, T("id")), &id))
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such token in use");
	TRY(token_revoke(work, work->actor->id, id));
	page_redirect(page, T("/me?done=revoked"));
	return NULL;
}

struct error *me_sessions_apply(struct work *work, struct web_request *request unused, struct page *page)
{
	TRY(require_session(work));
	TRY(session_close_all(work, work->actor->id, work->actor->session_hash));
	page_redirect(page, T("/me?done=sessions"));
	return NULL;
}
