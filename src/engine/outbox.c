/*
 * Messages to webhooks. A rule writes one into the table `outbox` in the transaction of the change that set it off, with the exact
 * bytes that will be sent: what was said then, not what the record says later. Delivery (mail/webhook.c) takes a message under a lease
 * with a fence number, so that of several nodes one sends it, and a node that comes back late writes nothing. A message that was not
 * taken in is tried again, longer each time, for a day; then administrators are told, and somebody may send it again.
 */
#include "engine/time_private.h"

#include "base/json.h"
#include "base/limits.h"
#include "base/random.h"
#include "base/words.h"

/* A node that died gives its messages back after this: longer than any delivery takes. */
#define LEASE_MS MINUTE_MS
#define FIRST_DELAY_MS (30 * SECOND_MS)
#define LONGEST_DELAY_MS (4 * HOUR_MS)
/* After this it is given up. */
#define GIVE_UP_MS DAY_MS

#define STATE_WAITING T("waiting")
#define STATE_SENT T("sent")
#define STATE_DEAD T("dead")

/* ---- writing ---- */

static const struct field *webhook_field(const struct type *type, text name)
{
	return type == NULL ? NULL : type_field(type, name);
}

static const struct cell *webhook_cell(const struct record *webhook, text name)
{
	const struct field *field = webhook_field(webhook->type, name);
	return field == NULL ? NULL : record_cell(webhook, field->position);
}

static text webhook_text(const struct record *webhook, text name)
{
	const struct cell *cell = webhook_cell(webhook, name);
	return cell == NULL || cell->kind != CELL_TEXT ? TEXT_UNSET : cell->text;
}

static bool webhook_flag(const struct record *webhook, text name)
{
	const struct cell *cell = webhook_cell(webhook, name);
	return cell != NULL && cell->kind == CELL_INTEGER && cell->integer != 0;
}

/* number, state and what the rule lists: the definition says what leaves, whoever reads it there. */
static struct error *payload_of(struct work *work, const struct errand *errand, const struct action *action, text key, text *ret_payload)
{
	struct arena *arena = work->arena;
	struct record *record = errand->record;
	struct value *payload = value_map(arena), *fields = value_map(arena);

	value_set_text(arena, payload, T("id"), key);
	value_set_text(arena, payload, T("at"), moment_format(arena, work->now));
	value_set_text(arena, payload, T("rule"), errand->rule->name);
	value_set_text(arena, payload, T("type"), record->type->name);
	value_set_text(arena, payload, T("number"), record_number(record));
	value_set_integer(arena, payload, T("version"), record->version);
	if (record_state(record) >= 0)
		value_set_text(arena, payload, T("state"), record->type->lifecycle->states[record_state(record)].name);
	value_set_text(arena, payload, T("path"),
		       text_format(arena, "/%.*s/%.*s", TEXT_ARG(record->type->name), TEXT_ARG(record_number(record))));
	for (size_t i = 0; i < action->field_count; i++) {
		const struct field *field = &record->type->fields[action->fields[i]];
		struct value *value;
		if (field->secret)
			continue;
		TRY(history_field_value(work, record, field, &value));
		value_set(arena, fields, field->name, value);
	}
	value_set(arena, payload, T("fields"), fields);
	*ret_payload = json_text(arena, payload);
	return arena_check(arena);
}

static struct error *add_message(struct work *work, const struct errand *errand, const struct action *action,
				 const struct record *webhook, int64_t *ret_id)
{
	text payload, key = text_format(work->arena, "msg_%.*s", TEXT_ARG(random_token(work->arena, 18)));
	bool found;

	TRY(payload_of(work, errand, action, key, &payload));
	return store_integer(work->store, work->arena, SQL_OUTBOX_ADD,
			     CELLS(cell_integer(webhook->id), cell_text(errand->record->type->name), cell_integer(errand->record->id),
				   cell_id(errand->cause_id), cell_text(errand->rule->name), cell_text(key), cell_text(payload),
				   cell_moment(work->now)),
			     ret_id, &found);
}

struct error *webhook_run(struct work *work, const struct errand *errand, const struct action *action)
{
	const struct type *type = model_type(work->model, T("webhook"));
	struct record *webhook;
	int64_t id = 0;

	if (type != NULL)
		TRY(model_find_id(work, type, action->words, &id));
	if (id == 0)
		return rules_note(work, errand->record, errand->rule,
				  text_format(work->arena, "no webhook is named '%.*s'", TEXT_ARG(action->words)));
	TRY(model_load(work, type, id, &webhook));
	if (!webhook_flag(webhook, T("active")))
		return NULL;
	return add_message(work, errand, action, webhook, &id);
}

/* ---- by hand ---- */

/* Messages about the webhook itself are tests: they are tried once, and only its own timeline says what came of it. */
#define TEST_RULE T("test")

/* The webhook for who may change it, locked; ERROR_CONFLICT when it gets nothing. */
static struct error *lock_active(struct work *work, text number, struct record **ret_webhook)
{
	const struct type *type = model_type(work->model, T("webhook"));

	if (type == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there are no webhooks");
	TRY(engine_lock(work, type, number, ret_webhook));
	TRY(access_require(work, RIGHT_UPDATE, type, *ret_webhook));
	if (webhook_flag(*ret_webhook, T("active")))
		return NULL;
	return error_hint(work->arena, error_new(work->arena, ERROR_CONFLICT, "the webhook is not active"), "activate it first");
}

struct error *engine_outbox_resend(struct work *work, text number, int64_t id)
{
	struct record *webhook;
	int64_t changed;

	TRY(lock_active(work, number, &webhook));
	TRY(store_run(work->store, work->arena, SQL_OUTBOX_AGAIN, CELLS(cell_integer(id), cell_integer(webhook->id), cell_moment(work->now)),
		      &changed));
	if (changed == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such message, or it is on its way");
	return NULL;
}

static struct error *note_test(struct work *work, struct record *webhook, text said, int64_t *ret_event)
{
	struct event *event = event_new(work, webhook, EVENT_AUTOMATION);

	event->visibility = VISIBLE_INTERNAL;
	value_set_text(work->arena, event->payload, T("rule"), TEST_RULE);
	value_set_text(work->arena, event->payload, T("error"), said);
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

struct error *engine_outbox_test(struct work *work, text number, int64_t *ret_id)
{
	const struct rule rule = { .name = TEST_RULE };
	const struct action action = { .kind = ACTION_WEBHOOK };
	struct errand errand = { .rule = &rule };

	TRY(lock_active(work, number, &errand.record));
	TRY(note_test(work, errand.record, words(work->language, T("a test message was written")), &errand.cause_id));
	return add_message(work, &errand, &action, errand.record, ret_id);
}

static struct error *end_test(struct work *work, const struct outbox_result *result, int64_t webhook_id)
{
	struct value *arguments = value_map(work->arena);
	struct record *webhook;
	int64_t event_id;

	TRY(model_load(work, model_type(work->model, T("webhook")), webhook_id, &webhook));
	value_set_integer(work->arena, arguments, T("status"), result->status);
	value_set_text(work->arena, arguments, T("why"), result->error);
	return note_test(work, webhook,
			 words_with(work->arena, work->language,
				    result->delivered ? T("the test message arrived: HTTP {status}") : T("the test message did not arrive: {why}"),
				    arguments),
			 &event_id);
}

/* ---- delivering ---- */

struct error *engine_outbox_due(struct work *work, size_t limit, struct outbox_due **ret_due, size_t *ret_count, moment *ret_next)
{
	struct outbox_due *due = arena_new_array(work->arena, struct outbox_due, limit);
	struct rows *rows;
	bool more;

	*ret_count = 0;
	*ret_next = MOMENT_UNSET;
	TRY(store_query(work->store, work->arena, SQL_OUTBOX_DUE, CELLS(cell_integer((int64_t)limit)), &rows));
	TRY(rows_next(rows, &more));
	while (more && *ret_count < limit) {
		moment at = maximum(rows_moment(rows, 2), rows_is_null(rows, 3) ? 0 : rows_moment(rows, 3));
		if (at <= work->now)
			due[(*ret_count)++] = (struct outbox_due){ rows_integer(rows, 0), rows_integer(rows, 1) };
		else if (*ret_next == MOMENT_UNSET || at < *ret_next)
			*ret_next = at;
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	*ret_due = due;
	return NULL;
}

static struct error *end_message(struct work *work, int64_t id, int64_t fence, text state, int64_t *ret_changed)
{
	return store_run(work->store, work->arena, SQL_OUTBOX_END,
			 CELLS(cell_integer(id), cell_integer(fence), cell_text(state), cell_moment(work->now)), ret_changed);
}

struct error *engine_outbox_take(struct work *work, int64_t id, struct outbox_message *ret_message, bool *ret_taken)
{
	const struct type *type = model_type(work->model, T("webhook"));
	struct record *webhook;
	struct rows *rows;
	int64_t changed;

	TRY(store_query(work->store, work->arena, SQL_OUTBOX_TAKE, CELLS(cell_integer(id), cell_moment(work->now)), &rows));
	TRY(rows_next(rows, ret_taken));
	if (!*ret_taken)
		return NULL;
	int64_t webhook_id = rows_integer(rows, 0);
	*ret_message = (struct outbox_message){
		.id = id,
		.webhook_id = webhook_id,
		.key = rows_text_copy(rows, work->arena, 1),
		.payload = rows_text_copy(rows, work->arena, 2),
		.fence = rows_integer(rows, 3) + 1,
	};
	rows_close(rows);
	TRY(store_run(work->store, work->arena, SQL_OUTBOX_LEASE,
		      CELLS(cell_integer(id), cell_integer(ret_message->fence), cell_moment(work->now + LEASE_MS)), NULL));
	struct error *error = type == NULL ? error_new(work->arena, ERROR_NOT_FOUND, "there is no type webhook")
					   : model_load_fresh(work, type, webhook_id, &webhook);
	if (error != NULL && error->code != ERROR_NOT_FOUND)
		return error;
	if (error != NULL || !webhook_flag(webhook, T("active"))) {
		*ret_taken = false;
		return end_message(work, id, ret_message->fence, STATE_DEAD, &changed);
	}
	ret_message->url = webhook_text(webhook, T("url"));
	ret_message->secret = webhook_text(webhook, T("secret"));
	ret_message->private_allowed = webhook_flag(webhook, T("private_allowed"));
	return NULL;
}

struct error *engine_outbox_release(struct work *work, const struct outbox_message *message)
{
	return store_run(work->store, work->arena, SQL_OUTBOX_RELEASE, CELLS(cell_integer(message->id), cell_integer(message->fence)), NULL);
}

/* Doubling, with a fifth of chance in it, so that many messages to one place that came back do not come all at once. */
static moment next_try(moment now, int64_t attempts)
{
	int64_t delay = FIRST_DELAY_MS;
	uint32_t chance;

	for (int64_t i = 1; i < attempts && delay < LONGEST_DELAY_MS; i++)
		delay *= 2;
	delay = minimum(delay, LONGEST_DELAY_MS);
	random_bytes(&chance, sizeof chance);
	return now + delay - delay / 5 + (int64_t)(chance % (uint64_t)(delay / 5 * 2 + 1));
}

/* Both sides of the message learn that it will not arrive: the webhook, whose administrators are told, and the record. */
static struct error *tell_dead(struct work *work, int64_t webhook_id, text type_name, int64_t record_id, text rule_name, text why)
{
	struct arena *arena = work->arena;
	struct value *arguments = value_map(arena);
	struct record *webhook, *record;
	const struct type *type = model_type(work->model, type_name);

	TRY(model_load(work, model_type(work->model, T("webhook")), webhook_id, &webhook));
	struct event *event = event_new(work, webhook, EVENT_AUTOMATION);
	event->visibility = VISIBLE_INTERNAL;
	value_set_text(arena, event->payload, T("rule"), rule_name);
	value_set_text(arena, event->payload, T("error"), text_format(arena, "a message was given up: %.*s", TEXT_ARG(why)));
	TRY(event_append(work, event));
	value_set_text(arena, arguments, T("webhook"), record_title(webhook));
	value_set_text(arena, arguments, T("why"), why);
	TRY(notify_administrators(work, webhook, event->id, text_format(arena, "webhook %lld", (long long)webhook_id),
				  words_with(arena, work->language, T("Messages to {webhook} do not arrive: {why}"), arguments)));
	struct error *error = type == NULL ? NULL : model_load(work, type, record_id, &record);
	if (type == NULL || error != NULL)
		return error == NULL || error->code == ERROR_NOT_FOUND ? NULL : error;
	const struct rule rule = { .name = rule_name };
	return rules_note(work, record, &rule,
			  text_format(arena, "the message to %.*s was given up: %.*s", TEXT_ARG(record_title(webhook)), TEXT_ARG(why)));
}

struct error *engine_outbox_done(struct work *work, const struct outbox_result *result)
{
	struct work automatic = automatic_work(work, ORIGIN_AUTOMATION, 0);
	struct rows *rows;
	bool found;
	int64_t changed;

	TRY(store_query(work->store, work->arena, SQL_OUTBOX_FENCED, CELLS(cell_integer(result->id), cell_integer(result->fence)), &rows));
	TRY(rows_next(rows, &found));
	if (!found)
		return NULL; /* the lease was over, and somebody else has it */
	int64_t webhook_id = rows_integer(rows, 0), record_id = rows_integer(rows, 2), attempts = rows_integer(rows, 5) + 1;
	text type = rows_text_copy(rows, work->arena, 1), rule = rows_text_copy(rows, work->arena, 3);
	moment created_at = rows_moment(rows, 4);
	rows_close(rows);
	automatic.cause = 0;
	TRY(store_run(work->store, work->arena, SQL_DELIVERY_ADD,
		      CELLS(cell_integer(result->id), cell_moment(work->now),
			    result->status == 0 ? cell_null() : cell_integer(result->status), cell_integer(result->duration_ms),
			    cell_text(result->error)),
		      NULL));
	bool test = text_equal(type, T("webhook"));
	if (test)
		TRY(end_test(&automatic, result, webhook_id));
	if (result->delivered || test)
		return end_message(work, result->id, result->fence, result->delivered ? STATE_SENT : STATE_DEAD, &changed);
	moment next = next_try(work->now, attempts);
	if (!result->hopeless && next <= created_at + GIVE_UP_MS)
		return store_run(work->store, work->arena, SQL_OUTBOX_RETRY,
				 CELLS(cell_integer(result->id), cell_integer(result->fence), cell_moment(next), cell_integer(attempts)),
				 NULL);
	TRY(end_message(work, result->id, result->fence, STATE_DEAD, &changed));
	return tell_dead(&automatic, webhook_id, type, record_id, rule, result->error);
}

/* ---- looking at it ---- */

static struct error *read_attempts(struct work *work, struct outbox_entry *entry)
{
	struct rows *rows;
	bool more;

	entry->attempts = arena_new_array(work->arena, struct outbox_attempt, OUTBOX_ATTEMPTS_SHOWN);
	TRY(store_query(work->store, work->arena, SQL_DELIVERY_OF,
			CELLS(cell_integer(entry->id), cell_integer(OUTBOX_ATTEMPTS_SHOWN)), &rows));
	TRY(rows_next(rows, &more));
	while (more && entry->attempt_count < OUTBOX_ATTEMPTS_SHOWN) {
		entry->attempts[entry->attempt_count++] = (struct outbox_attempt){
			.at = rows_moment(rows, 0),
			.status = (int)rows_integer(rows, 1),
			.duration_ms = rows_integer(rows, 2),
			.error = rows_text_copy(rows, work->arena, 3),
		};
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	return NULL;
}

struct error *engine_outbox(struct work *work, struct record *webhook, int64_t before_id, size_t limit, struct outbox_entry **ret_entries,
			    size_t *ret_count)
{
	struct outbox_entry *entries = arena_new_array(work->arena, struct outbox_entry, limit);
	struct rows *rows;
	bool more;

	*ret_count = 0;
	TRY(access_require(work, RIGHT_HISTORY, webhook->type, webhook));
	TRY(store_query(work->store, work->arena, SQL_OUTBOX_OF,
			CELLS(cell_integer(webhook->id), cell_integer(before_id == 0 ? INT64_MAX : before_id), cell_integer((int64_t)limit)),
			&rows));
	TRY(rows_next(rows, &more));
	while (more && *ret_count < limit) {
		entries[(*ret_count)++] = (struct outbox_entry){
			.id = rows_integer(rows, 0),
			.key = rows_text_copy(rows, work->arena, 1),
			.type = model_type(work->model, rows_text(rows, 2)),
			.record_id = rows_integer(rows, 3),
			.rule = rows_text_copy(rows, work->arena, 4),
			.payload = rows_text_copy(rows, work->arena, 5),
			.state = rows_text_copy(rows, work->arena, 6),
			.created_at = rows_moment(rows, 7),
			.due_at = rows_moment(rows, 8),
			.ended_at = rows_moment(rows, 9),
		};
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	for (size_t i = 0; i < *ret_count; i++)
		TRY(read_attempts(work, &entries[i]));
	*ret_entries = entries;
	return NULL;
}

struct error *engine_outbox_sweep(struct work *work, size_t limit, bool *ret_more)
{
	int64_t gone;
	moment before = work->now - LIMIT_OUTBOX_MS;
	TRY(store_run(work->store, work->arena, SQL_DELIVERY_SWEEP, CELLS(cell_moment(before), cell_integer((int64_t)limit)), NULL));
	TRY(store_run(work->store, work->arena, SQL_OUTBOX_SWEEP, CELLS(cell_moment(before), cell_integer((int64_t)limit)), &gone));
	*ret_more = gone >= (int64_t)limit;
	return NULL;
}
