/* What every page shows around its middle: the rail with the views of the definitions, the person, what may be created, and news. */
#include "web/pages_private.h"

#include "base/words.h"

bool is_staff(const struct work *work)
{
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		if (type->platform || type->abstract)
			continue;
		for (size_t j = 0; j < type->view_count; j++)
			if (!type->views[j].portal && (type->views[j].roles & work->actor->roles) != 0)
				return true;
	}
	return actor_has_role(work, T("administrator"));
}

bool view_is_for(const struct work *work, const struct view *view)
{
	return view->roles == 0 || (view->roles & work->actor->roles) != 0;
}

const struct view *first_view(const struct work *work, const struct type *type)
{
	const struct view *portal = NULL;

	for (size_t i = 0; i < type->view_count; i++) {
		const struct view *view = &type->views[i];
		if (!view_is_for(work, view))
			continue;
		if (!view->portal)
			return view;
		if (portal == NULL)
			portal = view;
	}
	return portal;
}

text view_href(struct arena *arena, const struct type *type, const struct view *view)
{
	return text_format(arena, "/%.*s?view=%.*s", TEXT_ARG(type->name), TEXT_ARG(url_part(arena, view->name)));
}

static struct value *new_link(struct work *work, text href, text label, bool current)
{
	struct value *link = value_map(work->arena);

	value_add(work->arena, link, T("href"), value_text(work->arena, href));
	value_add(work->arena, link, T("label"), value_text(work->arena, label));
	value_add(work->arena, link, T("current"), value_bool(work->arena, current));
	return link;
}

static void append_group(struct work *work, struct value *groups, text label, bool open, struct value *links)
{
	struct value *group = value_map(work->arena);

	if (value_count(links) == 0)
		return;
	value_add(work->arena, group, T("label"), value_text(work->arena, label));
	value_add(work->arena, group, T("open"), value_bool(work->arena, open));
	value_add(work->arena, group, T("links"), links);
	value_append(work->arena, groups, group);
}

/* The views of one practice; requesters' views stand in the portal. */
static void add_views(struct work *work, const struct web_request *request, const struct type *type, text current, struct value *groups)
{
	struct value *links = value_list(work->arena);

	for (size_t i = 0; i < type->view_count; i++) {
		const struct view *view = &type->views[i];
		if (view->portal || !view_is_for(work, view))
			continue;
		struct value *link = new_link(work, view_href(work->arena, type, view), label_in(&view->label, work->language),
		                              request->type == type && text_equal(current, view->name));
		value_add(work->arena, link, T("counted"),
		          value_text(work->arena, text_format(work->arena, "%.*s/%.*s", TEXT_ARG(type->name), TEXT_ARG(view->name))));
		value_append(work->arena, links, link);
	}
	/* Windows are shown in the calendar of what they bind. */
	if (value_count(links) > 0 && type->schedule != NULL && type->schedule->freeze == NULL)
		value_append(work->arena, links,
		             new_link(work, text_format(work->arena, "/%.*s/calendar", TEXT_ARG(type->name)), words(work->language, T("Calendar")),
		                      request->type == type && text_ends_with(request->path, T("/calendar"))));
	if (value_count(links) > 0 && type->orders >= 0)
		value_append(work->arena, links, new_link(work, T("/catalogue"), words(work->language, T("Catalogue")),
		                                          text_starts_with(request->path, T("/catalogue"))));
	append_group(work, groups, label_in(&type->plural, work->language),
	             request->type == type || (type->orders >= 0 && text_starts_with(request->path, T("/catalogue"))) || (request->type == NULL && value_count(groups) == 0), links);
}

/* What everybody may read, for those who see nothing else of it: [{href, label}]. */
static struct value *published_schedules(struct work *work)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = &work->model->types[i];
		if (type->schedule != NULL && type->schedule->published != NULL && type->schedule->freeze == NULL)
			value_append(work->arena, list,
			             new_link(work, text_format(work->arena, "/%.*s/schedule", TEXT_ARG(type->name)), label_in(&type->plural, work->language),
			                      false));
	}
	return list;
}

static struct value *rail_groups(struct work *work, const struct web_request *request, const struct value *data)
{
	struct value *groups = value_list(work->arena), *platform = value_list(work->arena);
	text current = value_get_text(data, T("view"));

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		if (type->abstract)
			continue;
		if (!type->platform) {
			add_views(work, request, type, current, groups);
			continue;
		}
		const struct view *view = first_view(work, type);
		if (view == NULL || view->portal)
			continue;
		struct value *link = new_link(work, text_format(work->arena, "/%.*s", TEXT_ARG(type->name)),
		                              label_in(&type->plural, work->language), request->type == type);
		value_add(work->arena, link, T("icon"), part_icon(work->arena, type->icon));
		value_append(work->arena, platform, link);
	}
	append_group(work, groups, words(work->language, T("Organisation")), request->type != NULL && request->type->platform, platform);
	return groups;
}

/* What this person may make: the kind of this page (else the first of all) is one button, the others unfold. */
static struct error *add_creatable(struct work *work, const struct web_request *request, struct value *frame)
{
	struct value *links = value_list(work->arena), *first = NULL;

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		bool may;
		if (type->platform || type->abstract || type_form(type, T("create")) == NULL)
			continue;
		TRY(access_may(work, RIGHT_CREATE, type, NULL, &may));
		if (!may)
			continue;
		struct value *link = new_link(work, type->orders >= 0 ? T("/catalogue") : text_format(work->arena, "/%.*s/new", TEXT_ARG(type->name)),
		                              label_in(&type->label, work->language), false);
		if (first == NULL || request->type == type) {
			if (first != NULL)
				value_append(work->arena, links, first);
			first = link;
		} else {
			value_append(work->arena, links, link);
		}
	}
	if (first != NULL)
		value_set(work->arena, frame, T("create"), first);
	value_set(work->arena, frame, T("create_more"), links);
	return NULL;
}

/* Said once after a redirect; only words of ours, chosen by name. */
static text notice_words(const struct work *work, text name)
{
	static const struct {
		const char *name, *words;
	} notices[] = {
		{ "created", "It is recorded." },
		{ "ordered", "We have received your order." },
		{ "saved", "Saved." },
		{ "sent", "Your reply was sent." },
		{ "noted", "Your internal note was added." },
		{ "password", "Your password is changed; other browsers were signed out." },
		{ "revoked", "The token does not work any more." },
		{ "sessions", "Other browsers were signed out." },
		{ "voted", "Your vote counts." },
		{ "voted_many", "Your votes count." },
		{ "away", "Your absence is noted." },
		{ "rated", "Thank you for telling us." },
	};

	for (size_t i = 0; i < array_length(notices); i++)
		if (text_equal(text_from(notices[i].name), name))
			return words(work->language, text_from(notices[i].words));
	return TEXT_UNSET;
}

/* Whether the inspector of definitions has anything for this person. */
static bool reads_a_process(const struct work *work)
{
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = &work->model->types[i];
		if (!type->platform && !type->abstract && type->lifecycle != NULL && web_reads_all(work, type))
			return true;
	}
	return false;
}

static struct error *add_person(struct work *work, const struct web_request *request, struct value *frame)
{
	struct arena *arena = work->arena;
	struct value *person = value_map(arena);
	int64_t unread, approvals;

	value_set_text(arena, person, T("name"), work->actor->name);
	value_set_text(arena, person, T("initials"), part_initials(arena, work->actor->name));
	value_set_text(arena, person, T("login"), work->actor->login);
	value_add(arena, frame, T("person"), person);
	TRY(add_creatable(work, request, frame));
	TRY(engine_notifications_unread(work, &unread));
	TRY(engine_approvals_waiting_count(work, &approvals));
	value_add(arena, frame, T("approvals"), value_integer(arena, approvals));
	value_add(arena, frame, T("approvals_shown"),
	          value_text(arena, approvals > 99 ? T("99+") : text_format(arena, "%lld", (long long)approvals)));
	value_add(arena, frame, T("unread"), value_integer(arena, unread));
	value_add(arena, frame, T("unread_shown"),
	          value_text(arena, unread > 99 ? T("99+") : text_format(arena, "%lld", (long long)unread)));
	return NULL;
}

static text chosen(text value, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(value, text_from(names[i])))
			return value;
	return TEXT_UNSET;
}

struct error *pages_frame(struct work *work, struct web_request *request, struct page *page)
{
	static const char *const themes[] = { "light", "dark" }, *const densities[] = { "comfortable" };
	struct arena *arena = work->arena;
	struct value *frame = value_map(arena);
	text topics = value_get_text(page->data, T("topics"));

	value_set_text(arena, frame, T("language"), work->language);
	value_set_text(arena, frame, T("theme"), chosen(request_cookie(request, T("theme")), themes, array_length(themes)));
	value_set_text(arena, frame, T("density"), chosen(request_cookie(request, T("density")), densities, array_length(densities)));
	value_set_text(arena, frame, T("keys"), text_equal(request_cookie(request, T("keys")), T("off")) ? T("off") : TEXT_UNSET);
	value_set_text(arena, frame, T("title"), value_get_text(page->data, T("title")));
	value_set_text(arena, frame, T("notice"), notice_words(work, request_query(request, T("done"))));
	value_set_bool(arena, frame, T("demo"), request->web != NULL && web_settings(request->web)->demo);
	value_set_text(arena, frame, T("target"), request->target);
	value_set(arena, page->data, T("frame"), frame);
	/* Words for the scripts keep their place for a number (partials/say.html). */
	value_set_text(arena, page->data, T("n"), T("{n}"));
	if (work->actor->kind != ACTOR_PERSON)
		return NULL;
	value_set_text(arena, frame, T("topics"),
	               text_is_set(topics) ? text_format(arena, "%.*s,notifications", TEXT_ARG(topics)) : T("notifications"));
	value_set_bool(arena, frame, T("staff"), is_staff(work));
	value_set_bool(arena, frame, T("administrator"), actor_has_role(work, T("administrator")));
	value_set_bool(arena, frame, T("definitions"), reads_a_process(work));
	if (!is_staff(work))
		value_add(arena, frame, T("schedules"), published_schedules(work));
	if (is_staff(work))
		value_add(arena, frame, T("groups"), rail_groups(work, request, page->data));
	return add_person(work, request, frame);
}
