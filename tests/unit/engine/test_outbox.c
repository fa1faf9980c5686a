/* Messages to webhooks: written with the change, leased, tried again, given up, sent again. */
#include "desk_time.h"

#define RULES                                                                                                        \
	"  call: { when: created, if: priority = 1, then: [{ webhook: pager, fields: [title, impact, requester] }] }\n" \
	"  lost: { when: state resolved, then: [{ webhook: nobody }] }\n"

static struct record *webhook(struct desk *desk)
{
	desk_jump(desk, "2026-03-02T09:00Z");
	return desk_create(desk, model_type(desk->model, T("webhook")),
	                   "{'name': 'pager', 'label': 'Pager', 'url': 'https://pager.example.com/in', 'secret': 'sesame'}");
}

static struct record *urgent(struct desk *desk)
{
	return desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa', 'impact': 'high', 'urgency': 'high'}");
}

static struct outbox_entry *entries(struct desk *desk, struct record *hook, size_t *ret_count)
{
	struct outbox_entry *list;
	assert_ok(engine_outbox(desk->work, hook, 0, 50, &list, ret_count));
	return list;
}

/* Takes the message that is due; NULL when none is. */
static struct outbox_message *take(struct desk *desk)
{
	struct outbox_message *message = arena_new_struct(desk->arena, struct outbox_message);
	struct outbox_due *due;
	size_t count;
	moment next;
	bool taken;
	assert_ok(engine_outbox_due(desk->work, 10, &due, &count, &next));
	if (count == 0)
		return NULL;
	assert_ok(IN_TX(desk, engine_outbox_take(desk->work, due[0].id, message, &taken)));
	return taken ? message : NULL;
}

static void done(struct desk *desk, const struct outbox_message *message, int status)
{
	const struct outbox_result result = { .id = message->id, .fence = message->fence, .status = status, .duration_ms = 12,
		                              .delivered = status == 204, .hopeless = status == 410,
		                              .error = status == 204 ? TEXT_UNSET : T("it answers so") };
	assert_ok(IN_TX(desk, engine_outbox_done(desk->work, &result)));
}

DESK_TEST_WITH(a_message_is_written_with_the_change_and_says_what_was_listed, RULES)
{
	struct record *hook = webhook(desk);
	size_t count;
	struct record *record = urgent(desk);
	desk_incident(desk, "{'title': 'Not urgent', 'requester': 'reqa'}");
	struct outbox_entry *list = entries(desk, hook, &count);
	assert_int_equal(count, 1);
	assert_text(list[0].state, "waiting");
	assert_int_equal(list[0].record_id, record->id);
	struct value *payload;
	assert_ok(json_parse(desk->arena, list[0].payload, &payload));
	assert_text(value_get_text(payload, T("number")), text_cstring(desk->arena, record_number(record)));
	assert_text(value_get_text(payload, T("state")), "new");
	assert_true(text_equal(value_get_text(payload, T("id")), list[0].key));
	struct value *fields = value_get(payload, T("fields"));
	assert_int_equal(value_count(fields), 3);
	assert_text(value_get_text(fields, T("title")), "Mail is down");
	assert_text(value_get_text(value_get(fields, T("requester")), T("number")), "reqa");
	/* An undone change leaves no message. */
	desk_begin(desk);
	struct record *undone;
	assert_ok(engine_create(desk->work, desk->incident,
	                        desk_json(desk, "{'title': 'x', 'requester': 'reqa', 'impact': 'high', 'urgency': 'high'}"), &undone));
	store_rollback(desk->store);
	entries(desk, hook, &count);
	assert_int_equal(count, 1);
}

DESK_TEST_WITH(a_message_is_taken_once_and_is_over_when_it_arrived, RULES)
{
	struct record *hook = webhook(desk);
	size_t count;
	urgent(desk);
	struct outbox_message *message = take(desk);
	assert_non_null(message);
	assert_text(message->url, "https://pager.example.com/in");
	assert_text(message->secret, "sesame");
	assert_false(message->private_allowed);
	assert_null(take(desk));
	done(desk, message, 204);
	assert_null(take(desk));
	struct outbox_entry *list = entries(desk, hook, &count);
	assert_text(list[0].state, "sent");
	assert_int_equal(list[0].attempt_count, 1);
	assert_int_equal(list[0].attempts[0].status, 204);
}

DESK_TEST_WITH(who_comes_back_after_its_lease_changes_nothing, RULES)
{
	struct record *hook = webhook(desk);
	size_t count;
	urgent(desk);
	struct outbox_message *first = take(desk);
	desk_jump(desk, "2026-03-02T09:02Z");
	struct outbox_message *second = take(desk);
	assert_non_null(second);
	assert_true(second->fence > first->fence);
	done(desk, first, 500);
	assert_int_equal(entries(desk, hook, &count)[0].attempt_count, 0);
	done(desk, second, 204);
	assert_text(entries(desk, hook, &count)[0].state, "sent");
}

DESK_TEST_WITH(one_message_of_a_webhook_at_a_time_in_order, RULES)
{
	webhook(desk);
	urgent(desk);
	urgent(desk);
	struct outbox_message *first = take(desk);
	assert_null(take(desk));
	done(desk, first, 204);
	struct outbox_message *second = take(desk);
	assert_true(second->id > first->id);
	assert_ok(IN_TX(desk, engine_outbox_release(desk->work, second)));
	assert_int_equal(take(desk)->id, second->id);
}

DESK_TEST_WITH(a_message_is_tried_for_a_day_then_given_up_and_told, RULES)
{
	struct record *hook = webhook(desk), *record = urgent(desk);
	moment begin = desk->work->now, last = begin;
	size_t count;
	int attempts = 0;
	for (; attempts < 100; attempts++) {
		struct outbox_message *message = take(desk);
		if (message == NULL)
			break;
		last = desk->work->now;
		done(desk, message, 500);
		moment due = entries(desk, hook, &count)[0].due_at;
		if (due == MOMENT_UNSET)
			break;
		assert_true(due > last + 20 * SECOND_MS && due <= last + 5 * HOUR_MS);
		desk->work->now = due;
	}
	assert_true(attempts > 8 && attempts < 30);
	assert_true(last - begin > 15 * HOUR_MS && last - begin <= DAY_MS);
	assert_text(entries(desk, hook, &count)[0].state, "dead");
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, "rule", "call", NULL), 1);
	assert_int_equal(desk_events(desk, hook, EVENT_AUTOMATION, "rule", "call", NULL), 1);
	struct notification *told;
	desk_as(desk, "admin");
	assert_ok(engine_notifications(desk->work, false, 0, 10, &told, &count));
	bool found = false;
	for (size_t i = 0; i < count; i++)
		found = found || text_starts_with(told[i].words, T("Messages to Pager do not arrive: it answers so"));
	assert_true(found);
	/* Sent again by an administrator, and by nobody else. */
	int64_t id = entries(desk, hook, &count)[0].id;
	desk_as(desk, "agent");
	assert_refused(IN_TX(desk, engine_outbox_resend(desk->work, T("pager"), id)), NOT_FOUND);
	desk_as(desk, "auditor");
	assert_refused(IN_TX(desk, engine_outbox_resend(desk->work, T("pager"), id)), FORBIDDEN);
	desk_as(desk, "admin");
	assert_ok(IN_TX(desk, engine_outbox_resend(desk->work, T("pager"), id)));
	done(desk, take(desk), 204);
	assert_text(entries(desk, hook, &count)[0].state, "sent");
	assert_true(entries(desk, hook, &count)[0].attempt_count == OUTBOX_ATTEMPTS_SHOWN);
}

DESK_TEST_WITH(what_is_hopeless_is_given_up_at_once, RULES)
{
	struct record *hook = webhook(desk);
	size_t count;
	urgent(desk);
	done(desk, take(desk), 410);
	assert_text(entries(desk, hook, &count)[0].state, "dead");
}

DESK_TEST_WITH(an_inactive_webhook_gets_nothing_and_a_missing_one_is_said, RULES)
{
	struct record *hook = webhook(desk), *record = urgent(desk);
	size_t count;
	desk_patch(desk, hook, "{'active': false}");
	assert_null(take(desk)); /* what was waiting is over */
	assert_text(entries(desk, hook, &count)[0].state, "dead");
	urgent(desk);
	entries(desk, hook, &count);
	assert_int_equal(count, 1);
	assert_ok(desk_take(desk, record, "resolve", "{'resolution_code': 'fixed', 'resolution': 'x'}"));
	struct event last;
	assert_int_equal(desk_events(desk, record, EVENT_AUTOMATION, "rule", "lost", &last), 1);
	assert_text(value_get_text(last.payload, T("error")), "no webhook is named 'nobody'");
}

DESK_TEST_WITH(old_messages_are_forgotten, RULES)
{
	struct record *hook = webhook(desk);
	size_t count;
	urgent(desk);
	done(desk, take(desk), 204);
	urgent(desk);
	desk_jump(desk, "2026-04-02T09:00Z");
	bool more;
	assert_ok(IN_TX(desk, engine_outbox_sweep(desk->work, 1, &more)));
	assert_true(more);
	assert_ok(IN_TX(desk, engine_outbox_sweep(desk->work, 1, &more)));
	assert_false(more);
	entries(desk, hook, &count);
	assert_int_equal(count, 1);
}

/* The secret goes in and never comes out. */
DESK_TEST_WITH(a_secret_is_written_and_never_read, RULES)
{
	struct record *hook = webhook(desk);
	struct event event;
	struct value *value;
	desk_as(desk, "admin");
	desk_patch(desk, hook, "{'secret': 'another'}");
	const struct field *secret = type_field(hook->type, T("secret"));
	struct record *fresh = desk_reload(desk, hook);
	assert_text(record_cell(fresh, secret->position)->text, "another");
	assert_false(access_field_readable(desk->work, hook->type, secret));
	assert_ok(access_record_value(desk->work, fresh, NULL, &value));
	assert_null(value_get(value, T("secret")));
	assert_int_equal(desk_events(desk, hook, EVENT_UPDATED, NULL, NULL, &event), 1);
	struct value *change = value_get(value_get(event.payload, T("changes")), T("secret"));
	assert_text(change->list.items[0]->text, "***");
	assert_text(change->list.items[1]->text, "***");
	desk_as(desk, NULL);
	assert_false(access_field_readable(desk->work, hook->type, secret));
	struct rows *rows;
	bool more;
	assert_ok(store_query(desk->store, desk->arena, SQL_EVENT_OF_RECORD, CELLS(cell_integer(hook->id)), &rows));
	assert_ok(rows_next(rows, &more));
	while (more) {
		text payload = rows_text(rows, 12);
		assert_true(text_find(payload, T("sesame")) < 0 && text_find(payload, T("another")) < 0);
		assert_ok(rows_next(rows, &more));
	}
	/* Nobody finds it out by asking. */
	desk_as(desk, "admin");
	struct condition *where;
	struct query query = { .type = hook->type, .limit = 10 };
	struct record_page page;
	assert_ok(condition_parse(desk->arena, desk->model, hook->type, T("secret = another"), CONDITION_QUERY, &where));
	query.where = where;
	assert_refused(access_find(desk->work, &query, &page), CONDITION);
	assert_refused(IN_TX(desk, engine_update(desk->work, hook->type, T("pager"), 0, desk_json(desk, "{'url': 'ftp://x'}"), &fresh)),
	             INVALID);
}

static text timeline(struct desk *desk, struct record *hook, size_t *ret_count)
{
	struct event last;

	*ret_count = desk_events(desk, hook, EVENT_AUTOMATION, "rule", "test", &last);
	return *ret_count == 0 ? T("") : value_get_text(last.payload, T("error"));
}

/* An administrator tries the address out: once, on the usual way, and without an alarm. */
DESK_TEST_WITH(a_test_message_is_tried_once_and_its_answer_is_said, RULES)
{
	struct record *hook = webhook(desk);
	struct notification *told;
	struct value *payload;
	int64_t id;
	size_t count;

	for (const char *const *login = (const char *const[]){ "agent", "auditor", NULL }; *login != NULL; login++) {
		desk_as(desk, *login);
		struct error *error = IN_TX(desk, engine_outbox_test(desk->work, T("pager"), &id));
		assert_non_null(error);
		assert_true(error->code == ERROR_NOT_FOUND || error->code == ERROR_FORBIDDEN);
	}
	desk_as(desk, "admin");
	assert_ok(IN_TX(desk, engine_outbox_test(desk->work, T("pager"), &id)));
	assert_text(timeline(desk, hook, &count), "a test message was written");
	struct outbox_message *message = take(desk);
	assert_int_equal(message->id, id);
	assert_text(message->secret, "sesame");
	assert_ok(json_parse(desk->arena, message->payload, &payload));
	assert_text(value_get_text(payload, T("rule")), "test");
	assert_text(value_get_text(payload, T("number")), "pager");
	assert_true(text_find(message->payload, T("sesame")) < 0);
	done(desk, message, 204);
	assert_text(entries(desk, hook, &count)[0].state, "sent");
	assert_text(timeline(desk, hook, &count), "the test message arrived: HTTP 204");
	/* One that does not arrive is not tried for a day. */
	assert_ok(IN_TX(desk, engine_outbox_test(desk->work, T("pager"), &id)));
	done(desk, take(desk), 500);
	assert_text(entries(desk, hook, &count)[0].state, "dead");
	assert_text(timeline(desk, hook, &count), "the test message did not arrive: it answers so");
	assert_int_equal(count, 4);
	assert_null(take(desk));
	assert_ok(engine_notifications(desk->work, false, 0, 10, &told, &count));
	assert_int_equal(count, 0);
	desk_patch(desk, hook, "{'active': false}");
	assert_refused(IN_TX(desk, engine_outbox_test(desk->work, T("pager"), &id)), CONFLICT);
}
