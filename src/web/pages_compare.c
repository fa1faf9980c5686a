/*
 * A record as it was at some moment beside what it is now: fields that differ, relations that came and went. Every moment is a
 * baseline, because the history has them all.
 */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/words.h"

struct comparison {
	struct record *then, *now;
	struct value *then_value, *now_value; /* as the API says them */
	struct event *events;                 /* of the whole history */
	size_t event_count;
	moment at;
};

static struct error *moment_of(struct work *work, const struct web_request *request, moment *ret_at)
{
	text at = request_query(request, T("at"));

	if (!text_is_set(at) || text_is_empty(text_trim(at)))
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_MALFORMED, "say with which moment to compare"),
		                              "at=2026-11-22T10:30:00Z"),
		                   T("at"));
	if (moment_parse(text_trim(at), work->actor->zone, ret_at))
		return NULL;
	return error_field(error_hint(work->arena, error_new(work->arena, ERROR_MALFORMED, "'%.*s' is no moment", TEXT_ARG(at)),
	                              "write it as 2026-11-22T10:30:00Z"),
	                   T("at"));
}

static struct error *compare(struct work *work, struct record *record, moment at, struct comparison *ret_comparison)
{
	struct comparison comparison = { .now = record, .at = at };

	TRY(engine_as_of(work, record, at, &comparison.then));
	TRY(access_record_value(work, comparison.then, NULL, &comparison.then_value));
	TRY(access_record_value(work, record, NULL, &comparison.now_value));
	TRY(engine_history(work, record, 0, &comparison.events, &comparison.event_count));
	*ret_comparison = comparison;
	return NULL;
}

static bool is_compared(const struct field *field)
{
	return field->kind != KIND_LINKS && field->position != FIELD_VERSION && field->position != FIELD_UPDATED_AT &&
	       field->position != FIELD_UPDATED_BY;
}

/* Visits the readable fields that differ. */
static struct value *changes_value(struct work *work, const struct comparison *comparison, bool for_people)
{
	const struct type *type = comparison->now->type;
	struct value *list = value_list(work->arena), *null = value_null(work->arena);

	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		const struct value *then = value_get(comparison->then_value, field->name), *now = value_get(comparison->now_value, field->name);
		then = then == NULL ? null : then;
		now = now == NULL ? null : now;
		if (!is_compared(field) || value_equal(then, now))
			continue;
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("field"), field->name);
		if (for_people) {
			value_set_text(work->arena, one, T("label"), label_in(&field->label, work->language));
			value_set_text(work->arena, one, T("then"), text_shorten(work->arena, part_value_words(work, field, then), 300));
			value_set_text(work->arena, one, T("now"), text_shorten(work->arena, part_value_words(work, field, now), 300));
		} else {
			value_add(work->arena, one, T("then"), value_copy(work->arena, then));
			value_add(work->arena, one, T("now"), value_copy(work->arena, now));
		}
		value_append(work->arena, list, one);
	}
	return list;
}

static bool same_link(const struct event *a, const struct event *b)
{
	return text_equal(value_get_text(a->payload, T("relation")), value_get_text(b->payload, T("relation"))) &&
	       value_get_bool(a->payload, T("inverse"), false) == value_get_bool(b->payload, T("inverse"), false) &&
	       value_equal(value_get(a->payload, T("other")), value_get(b->payload, T("other")));
}

/* Of this kind and after the moment, and not undone by a later event of the other kind. */
static bool counts(const struct comparison *comparison, size_t at, enum event_kind kind)
{
	const struct event *event = &comparison->events[at];
	int balance = 0;

	if (event->kind != kind || event->at <= comparison->at || value_is_null(value_get(event->payload, T("other"))))
		return false;
	for (size_t i = 0; i < comparison->event_count; i++) {
		const struct event *other = &comparison->events[i];
		if ((other->kind != EVENT_LINKED && other->kind != EVENT_UNLINKED) || other->at <= comparison->at || !same_link(event, other))
			continue;
		if (i < at && other->kind == kind)
			return false; /* told once */
		balance += other->kind == kind ? 1 : -1;
	}
	return balance > 0;
}

static struct value *links_value(struct work *work, const struct comparison *comparison, enum event_kind kind)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < comparison->event_count; i++) {
		const struct event *event = &comparison->events[i];
		if (!counts(comparison, i, kind))
			continue;
		const struct relation *relation = model_relation(work->model, value_get_text(event->payload, T("relation")));
		bool inverse = value_get_bool(event->payload, T("inverse"), false);
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("relation"), value_get_text(event->payload, T("relation")));
		value_set_bool(work->arena, one, T("inverse"), inverse);
		if (relation != NULL)
			value_set_text(work->arena, one, T("label"), label_in(inverse ? &relation->inverse : &relation->label, work->language));
		value_add(work->arena, one, T("other"), value_copy(work->arena, value_get(event->payload, T("other"))));
		value_append(work->arena, list, one);
	}
	return list;
}

static void add_comparison(struct work *work, const struct comparison *comparison, bool for_people, struct value *data)
{
	value_set(work->arena, data, T("changes"), changes_value(work, comparison, for_people));
	value_set(work->arena, data, T("linked"), links_value(work, comparison, EVENT_LINKED));
	value_set(work->arena, data, T("unlinked"), links_value(work, comparison, EVENT_UNLINKED));
}

struct error *api_compare(struct work *work, struct web_request *request, struct page *page)
{
	struct comparison comparison;
	struct record *record;
	moment at;

	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(moment_of(work, request, &at));
	TRY(compare(work, record, at, &comparison));
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("at"), moment_format(work->arena, at));
	add_comparison(work, &comparison, false, page->data);
	return NULL;
}

struct error *compare_render(struct work *work, struct web_request *request, struct page *page)
{
	text given = request_query(request, T("at"));
	struct value *data = value_map(work->arena);
	struct comparison comparison;
	struct record *record;
	moment at;

	if (request->wants_json)
		return api_compare(work, request, page);
	TRY(load_record(work, request, &record));
	TRY(access_require(work, RIGHT_HISTORY, record->type, record));
	TRY(part_head(work, record, data));
	value_set_text(work->arena, data, T("at"), text_is_set(given) ? given : T(""));
	page->data = data;
	page->template = is_staff(work) ? T("compare") : T("compare_portal");
	if (!text_is_set(given) || text_is_empty(text_trim(given)))
		return NULL;
	struct error *error = moment_of(work, request, &at);
	if (error == NULL)
		error = compare(work, record, at, &comparison);
	/* A moment before the record began is a mistake of the form, not a page that is not there. */
	if (error != NULL && error->code != ERROR_MALFORMED && error->code != ERROR_NOT_FOUND)
		return error;
	if (error != NULL) {
		value_set(work->arena, data, T("errors"), part_errors(work, record->type, error));
		return NULL;
	}
	value_set(work->arena, data, T("moment"), part_moment(work, at));
	add_comparison(work, &comparison, true, data);
	return NULL;
}
