/* Messages of a webhook: what was sent, what became of each attempt, and the button that sends one again; the same for the API. */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/words.h"

#define MESSAGES_SHOWN 20

static struct value *status_value(struct work *work, int status)
{
	return status == 0 ? value_null(work->arena) : value_integer(work->arena, status);
}

static void set_api_moment(struct work *work, struct value *item, text key, moment at)
{
	value_set(work->arena, item, key,
	          at == MOMENT_UNSET ? value_null(work->arena) : value_text(work->arena, moment_format(work->arena, at)));
}

/* {type, number} of the record that a message is about; the number is null for who may not read it. */
static struct error *about(struct work *work, const struct outbox_entry *entry, struct value **ret_value)
{
	struct value *value = value_map(work->arena);
	struct record_name name = { .number = TEXT_UNSET };

	*ret_value = value;
	if (entry->type == NULL)
		return NULL;
	TRY(access_name(work, entry->type, entry->record_id, &name));
	value_set_text(work->arena, value, T("type"), entry->type->name);
	value_set_text(work->arena, value, T("number"), name.number);
	if (text_is_set(name.number))
		value_set_text(work->arena, value, T("href"), record_href(work->arena, entry->type, name.number));
	return NULL;
}

/* ---- API ---- */

static struct error *load_webhook(struct work *work, struct web_request *request, struct record **ret_record)
{
	const struct type *type = model_type(work->model, T("webhook"));

	if (type == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there are no webhooks");
	return access_load(work, type, request_parameter(request, T("number")), ret_record);
}

static struct error *message_value(struct work *work, const struct outbox_entry *entry, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *item = value_map(arena), *attempts = value_list(arena), *payload, *record;

	TRY(about(work, entry, &record));
	TRY(json_parse(arena, entry->payload, &payload));
	value_set_integer(arena, item, T("id"), entry->id);
	value_set_text(arena, item, T("key"), entry->key);
	value_set_text(arena, item, T("rule"), entry->rule);
	value_set_text(arena, item, T("state"), entry->state);
	value_set(arena, item, T("payload"), payload);
	set_api_moment(work, item, T("created_at"), entry->created_at);
	set_api_moment(work, item, T("due_at"), entry->due_at);
	set_api_moment(work, item, T("ended_at"), entry->ended_at);
	for (size_t i = 0; i < entry->attempt_count; i++) {
		struct value *attempt = value_map(arena);
		set_api_moment(work, attempt, T("at"), entry->attempts[i].at);
		value_set(arena, attempt, T("status"), status_value(work, entry->attempts[i].status));
		value_set_integer(arena, attempt, T("duration_ms"), entry->attempts[i].duration_ms);
		value_set(arena, attempt, T("error"), value_text(arena, entry->attempts[i].error));
		value_append(arena, attempts, attempt);
	}
	value_set(arena, item, T("attempts"), attempts);
	*ret_value = item;
	return NULL;
}

struct error *api_webhook_messages(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items = value_list(work->arena), *item;
	struct outbox_entry *entries;
	struct record *webhook;
	int64_t before, limit;
	size_t count;

	request->wants_json = true;
	TRY(load_webhook(work, request, &webhook));
	TRY(request_query_integer(request, T("before"), 0, INT64_MAX, 0, &before));
	TRY(request_query_integer(request, T("limit"), 1, LIMIT_PAGE_ROWS, DEFAULT_PAGE_ROWS, &limit));
	TRY(engine_outbox(work, webhook, before, (size_t)limit, &entries, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(message_value(work, &entries[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	return NULL;
}

static struct error *message_id(struct work *work, const struct web_request *request, int64_t *ret_id)
{
	if (text_to_integer(request_parameter(request, T("id")), ret_id))
		return NULL;
	return error_new(work->arena, ERROR_NOT_FOUND, "there is no such message");
}

struct error *api_webhook_resend(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(message_id(work, request, &id));
	return engine_outbox_resend(work, request_parameter(request, T("number")), id);
}

struct error *api_webhook_test(struct work *work, struct web_request *request, struct page *page)
{
	int64_t id;

	TRY(engine_outbox_test(work, request_parameter(request, T("number")), &id));
	request->wants_json = true;
	page->status = 202;
	page->data = value_map(work->arena);
	value_set_integer(work->arena, page->data, T("id"), id);
	return NULL;
}

/* ---- the page ---- */

static text state_words(const struct work *work, const struct outbox_entry *entry)
{
	if (text_equal(entry->state, T("sent")))
		return words(work->language, T("arrived"));
	if (text_equal(entry->state, T("dead")))
		return words(work->language, T("given up"));
	return words(work->language, T("waiting"));
}

static text attempt_words(struct work *work, const struct outbox_attempt *attempt)
{
	if (text_is_set(attempt->error))
		return attempt->error;
	return text_format(work->arena, "HTTP %d", attempt->status);
}

static struct error *row(struct work *work, const struct outbox_entry *entry, struct value *rows)
{
	struct arena *arena = work->arena;
	struct value *one = value_map(arena), *attempts = value_list(arena), *record;

	TRY(about(work, entry, &record));
	value_set_integer(arena, one, T("id"), entry->id);
	value_set(arena, one, T("record"), record);
	value_set_text(arena, one, T("rule"), entry->rule);
	value_set_bool(arena, one, T("test"), entry->type != NULL && text_equal(entry->type->name, T("webhook")));
	value_set_text(arena, one, T("state"), state_words(work, entry));
	value_set_bool(arena, one, T("dead"), text_equal(entry->state, T("dead")));
	value_set_text(arena, one, T("payload"), entry->payload);
	value_set(arena, one, T("created"), part_moment(work, entry->created_at));
	value_set(arena, one, T("next"), part_moment(work, entry->due_at));
	for (size_t i = 0; i < entry->attempt_count; i++) {
		struct value *attempt = value_map(arena);
		value_set(arena, attempt, T("at"), part_moment(work, entry->attempts[i].at));
		value_set_text(arena, attempt, T("words"), attempt_words(work, &entry->attempts[i]));
		value_set_integer(arena, attempt, T("ms"), entry->attempts[i].duration_ms);
		value_append(arena, attempts, attempt);
	}
	value_set(arena, one, T("attempts"), attempts);
	value_append(arena, rows, one);
	return NULL;
}

struct error *part_webhook(struct work *work, struct record *webhook, struct value *data)
{
	struct value *rows = value_list(work->arena);
	struct outbox_entry *entries;
	bool history, update;
	size_t count;

	TRY(access_may(work, RIGHT_HISTORY, webhook->type, webhook, &history));
	if (!history)
		return NULL;
	TRY(access_may(work, RIGHT_UPDATE, webhook->type, webhook, &update));
	TRY(engine_outbox(work, webhook, 0, MESSAGES_SHOWN, &entries, &count));
	for (size_t i = 0; i < count; i++)
		TRY(row(work, &entries[i], rows));
	value_set_bool(work->arena, data, T("is_webhook"), true);
	ptrdiff_t active = webhook->type->active;
	value_set_bool(work->arena, data, T("may_resend"), update);
	value_set_bool(work->arena, data, T("may_test"), update && (active < 0 || record_cell(webhook, (size_t)active)->integer != 0));
	value_set_text(work->arena, data, T("webhook_href"), record_href(work->arena, webhook->type, record_number(webhook)));
	value_set(work->arena, data, T("messages"), rows);
	return NULL;
}

static struct error *require_webhook(struct work *work, const struct web_request *request)
{
	if (text_equal(request->type->name, T("webhook")))
		return NULL;
	return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no messages", TEXT_ARG(request->type->name));
}

struct error *webhook_resend_apply(struct work *work, struct web_request *request, struct page *page)
{
	TRY(require_webhook(work, request));
	return api_webhook_resend(work, request, page);
}

struct error *webhook_test_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(require_webhook(work, request));
	return engine_outbox_test(work, request_parameter(request, T("number")), &id);
}
