/* One record: create, read (now and as it was), change, transitions, history. */
#include "web/api_private.h"

/* ---- the value ---- */

/* "team or assignee": one of them is enough. */
static text need_words(struct work *work, const struct type *type, const struct need *need)
{
	struct buffer words;

	if (need->comment)
		return T("comment");
	buffer_init(&words, work->arena, 4096);
	for (size_t i = 0; i < need->field_count; i++) {
		if (i > 0)
			buffer_literal(&words, " or ");
		buffer_text(&words, type->fields[need->fields[i]].name);
	}
	return text_copy(work->arena, buffer_peek(&words));
}

static struct error *add_transitions(struct work *work, struct record *record, struct value *value)
{
	struct open_transition *open;
	size_t count;
	struct value *list = value_list(work->arena);

	TRY(engine_transitions(work, record, &open, &count));
	for (size_t i = 0; i < count; i++) {
		const struct transition *transition = open[i].transition;
		struct value *item = value_map(work->arena), *needs = value_list(work->arena);
		for (size_t k = 0; k < transition->need_count; k++)
			if (open[i].needed[k])
				value_append(work->arena, needs,
				             value_text(work->arena, need_words(work, record->type, &transition->needs[k])));
		value_set_text(work->arena, item, T("name"), transition->name);
		value_set_text(work->arena, item, T("to"), record->type->lifecycle->states[transition->to].name);
		value_add(work->arena, item, T("needs"), needs);
		value_append(work->arena, list, item);
	}
	value_add(work->arena, value, T("transitions"), list);
	return NULL;
}

static void set_moment(struct work *work, struct value *map, text key, moment at)
{
	value_add(work->arena, map, key, value_text(work->arena, moment_format(work->arena, at)));
}

static struct value *ledger_value(struct work *work, const struct clock *clock)
{
	static const char *const kinds[] = { "running", "paused", "closed", "holiday" };
	struct value *ledger = value_list(work->arena);

	for (size_t i = 0; i < clock->ledger_count; i++) {
		const struct clock_interval *interval = &clock->ledger[i];
		struct value *item = value_map(work->arena);
		set_moment(work, item, T("from"), interval->from);
		set_moment(work, item, T("to"), interval->to);
		value_add(work->arena, item, T("kind"), value_text(work->arena, text_from(kinds[interval->kind])));
		value_add(work->arena, item, T("reason"), value_text(work->arena, interval->reason));
		value_add(work->arena, item, T("counted_ms"), value_integer(work->arena, interval->counted_ms));
		value_append(work->arena, ledger, item);
	}
	return ledger;
}

static struct error *add_clocks(struct work *work, struct record *record, struct value *value)
{
	static const char *const states[] = { "running", "paused", "stopped" };
	struct clock *clocks;
	size_t count;
	struct value *list = value_list(work->arena);

	TRY(engine_clocks(work, record, true, &clocks, &count));
	for (size_t i = 0; i < count; i++) {
		const struct clock *clock = &clocks[i];
		struct value *item = value_map(work->arena);
		value_add(work->arena, item, T("name"), value_text(work->arena, clock->definition->name));
		value_add(work->arena, item, T("state"), value_text(work->arena, text_from(states[clock->state])));
		value_add(work->arena, item, T("breached"), value_bool(work->arena, clock->breached));
		value_add(work->arena, item, T("goal_ms"),
		          clock->goal_ms < 0 ? value_null(work->arena) : value_integer(work->arena, clock->goal_ms));
		value_add(work->arena, item, T("elapsed_ms"), value_integer(work->arena, clock->elapsed_ms));
		set_moment(work, item, T("started_at"), clock->started_at);
		set_moment(work, item, T("stopped_at"), clock->stopped_at);
		set_moment(work, item, T("due_at"), clock->due_at);
		value_add(work->arena, item, T("calendar"), value_text(work->arena, clock->calendar));
		value_add(work->arena, item, T("ledger"), ledger_value(work, clock));
		value_append(work->arena, list, item);
	}
	value_add(work->arena, value, T("clocks"), list);
	return NULL;
}

struct error *web_record_value(struct work *work, struct record *record, const bool *fields, struct value **ret_value)
{
	TRY(access_record_value(work, record, fields, ret_value));
	if (fields != NULL)
		return NULL;
	if (record->type->lifecycle != NULL)
		TRY(add_transitions(work, record, *ret_value));
	if (record->type->clock_count > 0)
		TRY(add_clocks(work, record, *ret_value));
	if (record->type->approval_count > 0) {
		struct value *approvals;
		TRY(web_approvals_value(work, record, &approvals));
		value_add(work->arena, *ret_value, T("approvals"), approvals);
	}
	TRY(web_tasks_summary(work, record, *ret_value));
	if (record->type->model_field >= 0) {
		struct value *answers;
		TRY(engine_answers(work, record, &answers));
		value_add(work->arena, *ret_value, T("answers"), answers == NULL ? value_list(work->arena) : answers);
	}
	return NULL;
}

static text etag_of(struct work *work, const struct record *record)
{
	return text_format(work->arena, "%lld", (long long)record->version);
}

/* ---- reading ---- */

static struct error *get_as_of(struct work *work, struct web_request *request, struct record *record, const bool *fields,
                               struct page *page)
{
	struct record *before;
	moment at;

	if (!moment_parse(request_query(request, T("as_of")), work->actor->zone, &at))
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_MALFORMED, "as_of is no moment"),
		                              "write it as 2026-11-22T10:30:00Z"), T("as_of"));
	TRY(engine_as_of(work, record, at, &before));
	return access_record_value(work, before, fields, &page->data);
}

struct error *api_record_get(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	bool *fields, prose;

	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(api_fields(work, request, request->type, &fields, &prose));
	if (text_is_set(request_query(request, T("as_of"))))
		return get_as_of(work, request, record, fields, page);
	page->etag = etag_of(work, record);
	return web_record_value(work, record, fields, &page->data);
}

/* ---- writing ---- */

struct error *api_record_create(struct work *work, struct web_request *request, struct page *page unused)
{
	TRY(api_body_map(work, request, false));
	return engine_create(work, request->type, request->body, &request->record);
}

struct error *api_record_update(struct work *work, struct web_request *request, struct page *page unused)
{
	TRY(api_body_map(work, request, false));
	return engine_update(work, request->type, request_parameter(request, T("number")), request->if_match, request->body,
	                     &request->record);
}

struct error *api_record_transition(struct work *work, struct web_request *request, struct page *page unused)
{
	TRY(api_body_map(work, request, true));
	return engine_transition(work, request->type, request_parameter(request, T("number")),
	                         request_parameter(request, T("name")), request->if_match, request->body, &request->record);
}

struct error *api_record_changed(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct error *error = access_load_id(work, request->type, request->record->id, &record);

	if (error != NULL && error->code == ERROR_NOT_FOUND) {
		/* One may hand a record on to where one cannot follow: the change is made, its number is all there is to say. */
		page->data = value_map(work->arena);
		value_set_text(work->arena, page->data, T("number"), record_number(request->record));
		value_set_text(work->arena, page->data, T("type"), request->type->name);
		return NULL;
	}
	TRY(error);
	page->etag = etag_of(work, record);
	return web_record_value(work, record, NULL, &page->data);
}

struct error *api_record_created(struct work *work, struct web_request *request, struct page *page)
{
	TRY(api_record_changed(work, request, page));
	page->status = 201;
	page->location = api_record_url(work->arena, request->type, record_number(request->record));
	return NULL;
}

/* ---- history ---- */

struct error *web_event_value(struct work *work, struct web_request *request unused, const struct record *record unused,
                              const struct event *event, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *actor;

	TRY(api_person(work, event->actor_id, &actor));
	value_add(arena, value, T("id"), value_integer(arena, event->id));
	value_add(arena, value, T("seq"), event->seq == 0 ? value_null(arena) : value_integer(arena, event->seq));
	value_add(arena, value, T("kind"), value_text(arena, event_kind_name(event->kind)));
	set_moment(work, value, T("at"), event->at);
	set_moment(work, value, T("recorded_at"), event->recorded_at);
	value_add(arena, value, T("actor"), actor);
	value_add(arena, value, T("origin"), value_text(arena, origin_name(event->origin)));
	value_add(arena, value, T("visibility"),
	          value_text(arena, event->visibility == VISIBLE_PUBLIC ? T("public") : T("internal")));
	value_add(arena, value, T("version"), value_integer(arena, event->version));
	value_add(arena, value, T("cause"), event->cause_id == 0 ? value_null(arena) : value_integer(arena, event->cause_id));
	if (event->payload != NULL && event->payload->kind == VALUE_MAP)
		for (size_t i = 0; i < event->payload->map.count; i++)
			if (value_get(value, event->payload->map.entries[i].key) == NULL)
				value_add(arena, value, event->payload->map.entries[i].key, event->payload->map.entries[i].value);
	*ret_value = value;
	return NULL;
}

struct error *api_record_events(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct event *events;
	size_t count;
	struct value *items = value_list(work->arena);

	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(engine_history(work, record, 0, &events, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *item;
		TRY(web_event_value(work, request, record, &events[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"), value_null(work->arena));
	return NULL;
}
