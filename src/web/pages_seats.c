/*
 * Choose a seat: in the demo company a visitor signs in as one of its people with one click. Which people is said by DATA/demo, which
 * only `reeve demo` writes (lines "SEAT LOGIN", # for remarks); everywhere else these pages do not exist.
 */
#include "web/pages_portal_private.h"

#include "base/words.h"

#include <stdio.h>

#define SEATS_MOST 20
#define MARKER_BYTES_MAX 8192

struct seat {
	text name, login;
};

/* What one sees from a seat: words for the seats that the demo company has; others go by their name. */
static const struct {
	const char *name, *label, *about;
} known[] = {
	{ "requester", "Requester", "Reports what is broken and follows it in plain words. Begin here." },
	{ "first-line-agent", "First-line agent", "Takes calls and mails, answers, solves or hands on." },
	{ "specialist", "Specialist", "Gets what the first line cannot solve." },
	{ "team-lead", "Team lead", "Sees the load of a team and what is about to be late." },
	{ "incident-manager", "Incident manager", "Owns the practice and sees every incident." },
	{ "service-owner", "Service owner", "Answers for a service and what happens to it." },
	{ "change-manager", "Change manager", "Assesses changes, keeps their calendar, prepares the board." },
	{ "change-authority", "Change authority", "Sits on the change advisory board and votes on what may be done." },
	{ "configuration-manager", "Configuration manager", "Keeps the items and their relations true." },
	{ "auditor", "Auditor", "Reads everything with its history, changes nothing." },
	{ "administrator", "Administrator", "Runs the platform: people, teams, calendars, health." },
};

static struct error *read_seats(struct work *work, const struct web_request *request, struct seat *seats, size_t *ret_count)
{
	const struct web_settings *settings = web_settings(request->web);
	char *bytes = arena_alloc(work->arena, MARKER_BYTES_MAX);
	size_t size = 0;
	text rest, line;

	*ret_count = 0;
	if (settings->demo) {
		FILE *file = fopen(text_cstring(work->arena, text_format(work->arena, "%.*s/demo", TEXT_ARG(settings->data_dir))), "re");
		if (file != NULL) {
			size = fread(bytes, 1, MARKER_BYTES_MAX, file);
			(void)fclose(file);
		}
	}
	rest = (text){ bytes, size };
	while (*ret_count < SEATS_MOST && text_cut(&rest, '\n', &line)) {
		text name, login = text_trim(line);
		if (text_is_empty(login) || login.data[0] == '#' || !text_cut(&login, ' ', &name) || !text_is_set(login))
			continue;
		seats[(*ret_count)++] = (struct seat){ name, text_trim(login) };
	}
	if (*ret_count > 0)
		return NULL;
	return error_hint(work->arena, error_new(work->arena, ERROR_NOT_FOUND, "there are no seats to choose from"),
	                  "only the demo company has them: reeve demo");
}

static struct error *seat_value(struct work *work, const struct seat *seat, struct value **ret_value)
{
	struct work inner = *work;
	struct value *value = value_map(work->arena), *person;
	struct record *user;

	/* Nobody may be signed in yet: the card of the seat is read as the system. */
	inner.actor = access_system();
	*ret_value = NULL;
	struct error *error = access_load(&inner, work->model->user, seat->login, &user);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return NULL;
	TRY(error);
	TRY(part_person(&inner, user->id, &person));
	value_set(work->arena, value, T("person"), person);
	value_set_text(work->arena, value, T("label"), seat->name);
	value_set_text(work->arena, value, T("href"), text_format(work->arena, "/seats/%.*s", TEXT_ARG(url_part(work->arena, seat->name))));
	value_set_bool(work->arena, value, T("mine"), work->actor->id == user->id);
	for (size_t i = 0; i < array_length(known); i++)
		if (text_equal(seat->name, text_from(known[i].name))) {
			value_set_text(work->arena, value, T("label"), words(work->language, text_from(known[i].label)));
			value_set_text(work->arena, value, T("about"), words(work->language, text_from(known[i].about)));
		}
	*ret_value = value;
	return NULL;
}

struct error *seats_render(struct work *work, struct web_request *request, struct page *page)
{
	struct seat *seats = arena_new_array(work->arena, struct seat, SEATS_MOST);
	struct value *list = value_list(work->arena), *one;
	size_t count;

	TRY(read_seats(work, request, seats, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(seat_value(work, &seats[i], &one));
		if (one != NULL)
			value_append(work->arena, list, one);
	}
	page->template = T("seats");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Choose a seat")));
	value_set(work->arena, page->data, T("seats"), list);
	value_set_bool(work->arena, page->data, T("wide"), true);
	return NULL;
}

struct error *seat_apply(struct work *work, struct web_request *request, struct page *page)
{
	struct seat *seats = arena_new_array(work->arena, struct seat, SEATS_MOST);
	text name = request_parameter(request, T("seat"));
	struct actor *actor;
	int64_t user_id;
	size_t count;

	TRY(read_seats(work, request, seats, &count));
	for (size_t i = 0; i < count; i++) {
		if (!text_equal(seats[i].name, name))
			continue;
		TRY(model_find_id(work, work->model->user, seats[i].login, &user_id));
		TRY(access_actor(work, user_id, &actor));
		TRY(open_session(work, request, page, user_id));
		page_redirect(page, T("/"));
		return NULL;
	}
	return error_new(work->arena, ERROR_NOT_FOUND, "there is no seat '%.*s'", TEXT_ARG(name));
}
