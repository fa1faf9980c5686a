/*
 * The table of page routes and what the machinery asks of the pages: the error page and the way to the sign-in page. Each topic
 * has its list in a routes_*.def file of its own, and its functions in pages_*.c files.
 */
#include "web/pages_catalogue_private.h"
#include "web/pages_portal_private.h"

#include "base/words.h"

#define ROUTE(method_, pattern_, policy_, scope_, prepare_, apply_, render_, refuse_, flags_, name_)                            \
	{ .method = METHOD_##method_, .pattern = pattern_, .policy = POLICY_##policy_, .scope = SCOPE_##scope_,                 \
	  .prepare = prepare_, .apply = apply_, .render = render_, .refuse = refuse_, .flags = flags_, .name = name_ },

#define ROLES_ROUTE(method_, pattern_, roles_, scope_, prepare_, apply_, render_, refuse_, flags_, name_)                       \
	{ .method = METHOD_##method_, .pattern = pattern_, .policy = POLICY_ROLES, .roles = roles_, .scope = SCOPE_##scope_,     \
	  .prepare = prepare_, .apply = apply_, .render = render_, .refuse = refuse_, .flags = flags_, .name = name_ },

const struct route page_routes[] = {
#include "web/routes_work.def"
#include "web/routes_portal.def"
	{ .pattern = NULL },
};

text pages_sign_in_location(struct work *work, struct web_request *request)
{
	if (!text_is_set(request->target) || text_equal(request->target, T("/")))
		return T("/sign-in");
	return text_format(work->arena, "/sign-in?next=%.*s", TEXT_ARG(url_part(work->arena, request->target)));
}

/* ---- the error page ---- */

static void add_typed(struct work *work, struct value *typed, text name, text label, text content, bool shown)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("name"), name);
	value_set_text(work->arena, one, T("label"), label);
	value_set_text(work->arena, one, T("value"), content);
	value_set_bool(work->arena, one, T("shown"), shown && content.length > 0);
	value_append(work->arena, typed, one);
}

/* "a.accounts.1.system" -> "accounts 1 system": the best that is known here. */
static text typed_label(struct work *work, text name)
{
	struct buffer out;

	if (text_starts_with(name, T("a.")))
		name = text_slice(name, 2, name.length);
	buffer_init(&out, work->arena, name.length + 1);
	for (size_t i = 0; i < name.length; i++)
		buffer_char(&out, name.data[i] == '.' || name.data[i] == '_' ? ' ' : name.data[i]);
	return buffer_peek(&out);
}

/* What a form says to the server, not what somebody typed. */
static bool is_typed(text name)
{
	return !text_starts_with(name, T("_")) && !text_starts_with(name, T("was.")) && !text_equal(name, T("page")) &&
	       !text_equal(name, T("go")) && !text_equal(name, T("more"));
}

/* What was typed stands on the page and goes along when it is sent again: a failing server must not cost anybody a text. */
static struct value *typed_texts(struct work *work, const struct web_request *request)
{
	struct value *typed = value_list(work->arena);

	if (request->body == NULL || request->body_is_json || request->body->kind != VALUE_MAP)
		return typed;
	for (size_t i = 0; i < request->body->map.count; i++) {
		const struct value_entry *entry = &request->body->map.entries[i];
		if (text_find(entry->key, T("password")) >= 0 || text_find(entry->key, T("token")) >= 0)
			continue;
		if (entry->value->kind == VALUE_TEXT)
			add_typed(work, typed, entry->key, typed_label(work, entry->key), entry->value->text, is_typed(entry->key));
		/* Boxes that were there and not ticked, among others. */
		for (size_t k = 0; entry->value->kind == VALUE_LIST && k < entry->value->list.count; k++)
			if (entry->value->list.items[k]->kind == VALUE_TEXT)
				add_typed(work, typed, text_format(work->arena, "%.*s[]", TEXT_ARG(entry->key)), TEXT_UNSET,
				          entry->value->list.items[k]->text, false);
	}
	return typed;
}

static text error_heading(const struct work *work, const struct error *error)
{
	switch (error_http_status(error->code)) {
	case 401:
		return words(work->language, T("You are signed out"));
	case 403:
		return words(work->language, T("You may not do this"));
	case 404:
		return words(work->language, T("There is nothing here that you can see"));
	case 409:
		return words(work->language, T("This is not possible now"));
	case 412:
		return words(work->language, T("Somebody else changed it meanwhile"));
	case 429:
		return words(work->language, T("Too many attempts"));
	case 500:
		return words(work->language, T("Something went wrong on our side"));
	case 503:
		return words(work->language, T("Reeve cannot do this at the moment"));
	default:
		return words(work->language, T("This could not be done"));
	}
}

void pages_error(struct work *work, struct web_request *request, const struct error *error, struct page *page)
{
	struct value *data = page->data != NULL ? page->data : value_map(work->arena);
	int status = error_http_status(error->code);

	page->data = data;
	page->template = work->actor->kind == ACTOR_NOBODY ? T("error_gate") : is_staff(work) ? T("error") : T("error_portal");
	value_set_integer(work->arena, data, T("status"), status);
	value_set_text(work->arena, data, T("title"), error_heading(work, error));
	/* What went wrong inside is for the log. */
	if (status == 401)
		value_set_bool(work->arena, data, T("signed_out"), true);
	else if (status != 500)
		value_set(work->arena, data, T("errors"), part_errors(work, request->type, error));
	value_set_text(work->arena, data, T("path"), request->path);
	value_set_text(work->arena, data, T("target"), request->target);
	if (request->method != METHOD_GET)
		value_set(work->arena, data, T("typed"), typed_texts(work, request));
}
