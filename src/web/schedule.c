/*
 * Schedules as the API says them: what takes place between two moments, and what collides with a record. The pages show the same
 * values (pages_schedule.c), and the feeds for other calendars are made of them.
 */
#include "web/schedule_private.h"

#include "base/words.h"
#include "web/ical.h"

/* How far a feed looks back and ahead; calendars elsewhere keep what they once got. */
#define FEED_BACK_MS (60 * DAY_MS)
#define FEED_AHEAD_MS (370 * DAY_MS)
#define FEED_BYTES (4 * 1024 * 1024)
/* A year and a bit: what one question may span. */
#define SPAN_MAX_MS (400 * DAY_MS)

/* ---- collisions ---- */

static struct error *reference_value(struct work *work, const struct type *type, int64_t id, struct value **ret_value)
{
	struct record_name name;

	*ret_value = value_null(work->arena);
	if (type == NULL || id == 0)
		return NULL;
	TRY(access_name(work, type, id, &name));
	struct value *value = value_map(work->arena);
	value_set_text(work->arena, value, T("type"), type->name);
	value_set(work->arena, value, T("number"), value_text(work->arena, name.number));
	value_set(work->arena, value, T("title"), value_text(work->arena, name.title));
	*ret_value = value;
	return NULL;
}

/* A word of the API longer than in stories, where the window is named beside it. */
static text kind_of(const struct collision *collision)
{
	return collision->kind == COLLISION_OUTSIDE ? T("outside_window") : collision_name(collision);
}

text schedule_collision_words(const struct work *work, const struct collision *collision)
{
	switch (collision->kind) {
	case COLLISION_NEAR:
		return words(work->language, collision->upstream ? T("At the same time, on what depends on this") : T("At the same time, on what this rests on"));
	case COLLISION_OUTSIDE:
		return words(work->language, T("Outside the maintenance window"));
	case COLLISION_SAME:
		return words(work->language, T("At the same time, on the same"));
	case COLLISION_FREEZE:
		return words(work->language, T("In a freeze"));
	case COLLISION_NONE:
		break;
	}
	return T("");
}

static struct error *collision_value(struct work *work, const struct collision *collision, struct value **ret_value)
{
	struct value *value = value_map(work->arena), *item;
	struct arena *arena = work->arena;

	value_set_text(arena, value, T("kind"), kind_of(collision));
	value_set_text(arena, value, T("words"), schedule_collision_words(work, collision));
	value_set_text(arena, value, T("type"), collision->other->type->name);
	value_set(arena, value, T("number"), collision->readable ? value_text(arena, record_number(collision->other)) : value_null(arena));
	value_set(arena, value, T("title"), collision->readable ? value_text(arena, record_title(collision->other)) : value_null(arena));
	value_set(arena, value, T("from"), value_text(arena, moment_format(arena, collision->from)));
	value_set(arena, value, T("to"), value_text(arena, moment_format(arena, collision->to)));
	TRY(reference_value(work, collision->item_type, collision->item_id, &item));
	value_set(arena, value, T("item"), item);
	*ret_value = value;
	return NULL;
}

static struct error *query_moment(const struct web_request *request, struct work *work, text name, moment *ret_at)
{
	text source = request_query(request, name);

	*ret_at = MOMENT_UNSET;
	if (!text_is_set(source) || text_is_empty(source) || moment_parse(source, work->actor->zone, ret_at))
		return NULL;
	return error_hint(work->arena,
	                  error_field(error_new(work->arena, ERROR_MALFORMED, "'%.*s' is no moment", TEXT_ARG(source)), name),
	                  "write it as 2026-11-22T10:30Z");
}

struct error *schedule_collisions(struct work *work, struct record *record, moment start, moment end, struct value **ret_items)
{
	struct collision *found = NULL;
	struct value *items = value_list(work->arena), *one;
	size_t count;

	TRY(engine_collisions(work, record, start, end, &found, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(collision_value(work, &found[i], &one));
		value_append(work->arena, items, one);
	}
	*ret_items = items;
	return NULL;
}

static struct error *needs_schedule(struct work *work, const struct type *type)
{
	if (type->schedule != NULL)
		return NULL;
	return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no schedule", TEXT_ARG(type->name));
}

struct error *api_collisions(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct value *items;
	moment start, end;

	TRY(needs_schedule(work, request->type));
	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(query_moment(request, work, T("start"), &start));
	TRY(query_moment(request, work, T("end"), &end));
	TRY(schedule_collisions(work, record, start, end, &items));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	return NULL;
}

/* ---- what takes place ---- */

static struct error *occurrence_value(struct work *work, const struct occurrence *one, bool published, struct value **ret_value)
{
	const struct type *type = work->model->types + one->record->type->position;
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *said;

	value_set_text(arena, value, T("type"), type->name);
	value_set_text(arena, value, T("number"), record_number(one->record));
	value_set_text(arena, value, T("title"), !published || type->schedule->published[type->title_field] ? record_title(one->record) : T(""));
	value_set_text(arena, value, T("from"), moment_format(arena, one->from));
	value_set_text(arena, value, T("to"), moment_format(arena, one->to));
	value_set_bool(arena, value, T("freeze"), one->freeze);
	value_set_bool(arena, value, T("window"), type->schedule->freeze != NULL && !one->freeze);
	for (size_t i = FIELD_SYSTEM_COUNT; published && i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!type->schedule->published[i] || field->kind == KIND_LINKS || i == type->title_field)
			continue;
		TRY(field_value(work, field, &one->record->cells[i], &said));
		value_set(arena, value, field->name, said);
	}
	int state = record_state(one->record);
	if (state >= 0 && (!published || type->schedule->published[FIELD_STATE]))
		value_set_text(arena, value, T("state"), one->record->type->lifecycle->states[state].name);
	*ret_value = value;
	return NULL;
}

static struct error *add_items(struct work *work, const struct type *type, struct span span, bool published, struct value *items)
{
	struct occurrence *list;
	struct value *one;
	size_t count;

	if (type == NULL)
		return NULL;
	TRY(engine_schedule(work, type, span.from, span.to, published, &list, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(occurrence_value(work, &list[i], published, &one));
		value_append(work->arena, items, one);
	}
	return NULL;
}

struct error *api_calendar(struct work *work, struct web_request *request, struct page *page)
{
	bool published = text_equal(request_query(request, T("published")), T("true"));
	struct value *items = value_list(work->arena);
	struct span span;

	TRY(needs_schedule(work, request->type));
	TRY(query_moment(request, work, T("from"), &span.from));
	TRY(query_moment(request, work, T("to"), &span.to));
	if (span.from == MOMENT_UNSET)
		span.from = work->now;
	if (span.to == MOMENT_UNSET)
		span.to = span.from + 30 * DAY_MS;
	if (span.to <= span.from || span.to - span.from > SPAN_MAX_MS)
		return error_field(error_new(work->arena, ERROR_MALFORMED, "`to` is later than `from`, by at most 400 days"), T("to"));
	TRY(add_items(work, request->type, span, published, items));
	TRY(add_items(work, request->type->schedule->windows, span, published, items));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	return NULL;
}

/* ---- feeds ---- */

/* Calendar programs send no headers: a token that may only read comes in the address. One that may more is refused there. */
static struct error *feed_actor(struct work *work, struct web_request *request)
{
	text token = request_query(request, T("token"));

	if (work->actor->kind == ACTOR_PERSON)
		return NULL;
	if (!text_is_set(token) || text_is_empty(token) || token.length > 200)
		return error_hint(work->arena, error_new(work->arena, ERROR_UNAUTHENTICATED, "this calendar needs a token"),
		                  "make a token that may only read under /me and add ?token=... to the address");
	TRY(token_actor(work, token, &work->actor));
	if (work->actor->scopes == SCOPE_READ)
		return NULL;
	work->actor = access_nobody();
	return error_hint(work->arena, error_new(work->arena, ERROR_FORBIDDEN, "this token may do more than read"),
	                  "addresses are kept in many places: use a token with the scope read alone");
}

static void feed_event(struct work *work, const struct web_request *request, const struct occurrence *one, bool published,
                       struct buffer *out)
{
	const struct type *type = work->model->types + one->record->type->position;
	struct arena *arena = work->arena;
	text number = record_number(one->record), title = record_title(one->record);
	int state = record_state(one->record);
	struct ical_event event = { .stamp = record_moment(one->record, FIELD_UPDATED_AT), .sequence = one->record->version,
		                    .from = one->from, .to = one->to, .free = type->schedule->freeze != NULL };

	/* Repeated ones are told apart by their day. */
	event.uid = text_format(arena, "%.*s-%lld@%.*s", TEXT_ARG(number), (long long)(type->schedule->recurrence >= 0 ? one->from / SECOND_MS : 0),
	                        TEXT_ARG(request->host));
	event.summary = text_format(arena, "%.*s %.*s", TEXT_ARG(number),
	                            TEXT_ARG(!published || type->schedule->published[type->title_field] ? title : T("")));
	event.category = type->schedule->freeze == NULL ? label_in(&type->label, work->language)
	                 : one->freeze             ? words(work->language, T("Freeze"))
	                                           : words(work->language, T("Maintenance window"));
	if (state >= 0) {
		const struct state *known = &one->record->type->lifecycle->states[state];
		event.description = label_in(known->plain.count > 0 ? &known->plain : &known->label, work->language);
		event.status = known->group == GROUP_OPEN && record_moment(one->record, type->schedule->start) > work->now ? ICAL_TENTATIVE
		                                                                                                             : ICAL_CONFIRMED;
	}
	if (!published)
		event.url = text_format(arena, "%s://%.*s/%.*s/%.*s", request->secure ? "https" : "http", TEXT_ARG(request->host),
		                        TEXT_ARG(type->name), TEXT_ARG(number));
	ical_event(out, &event);
}

static struct error *feed(struct work *work, struct web_request *request, struct page *page, bool published)
{
	const struct type *types[] = { request->type, NULL };
	struct buffer out;
	struct occurrence *list;
	size_t count;

	request->wants_json = true; /* programs ask: nobody is sent to the sign-in page */
	TRY(needs_schedule(work, request->type));
	TRY(feed_actor(work, request));
	types[1] = request->type->schedule->windows;
	buffer_init(&out, work->arena, FEED_BYTES);
	ical_begin(&out, label_in(&request->type->plural, work->language));
	for (size_t t = 0; t < array_length(types); t++) {
		if (types[t] == NULL)
			continue;
		TRY(engine_schedule(work, types[t], work->now - FEED_BACK_MS, work->now + FEED_AHEAD_MS, published, &list, &count));
		for (size_t i = 0; i < count; i++)
			feed_event(work, request, &list[i], published, &out);
	}
	ical_end(&out);
	TRY(buffer_finish(&out, &page->body));
	page->media_type = T("text/calendar; charset=utf-8");
	return NULL;
}

struct error *calendar_feed_render(struct work *work, struct web_request *request, struct page *page)
{
	return feed(work, request, page, false);
}

struct error *schedule_feed_render(struct work *work, struct web_request *request, struct page *page)
{
	return feed(work, request, page, true);
}
