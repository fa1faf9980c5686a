/* The event log: dense and sealed, tampering found and named, erasure accepted, read by those who may, replayed to any moment. */
#include "desk.h"

#include <sys/stat.h>

static void script(struct desk *desk, const char *sql) { assert_ok(store_script(desk->store, desk->arena, text_from(sql))); }

static struct error *verify(struct desk *desk, struct verify_report *ret_report)
{
	return engine_verify(desk->work, &desk->seals, ret_report);
}

/* Some incidents with a history; the head of the log is written. */
static struct record *fill(struct desk *desk)
{
	struct record *record = NULL;

	desk_as(desk, "agent");
	for (int i = 0; i < 5; i++) {
		record = desk_incident(desk, "{'title': 'x', 'description': 'y', 'requester': 'reqa', 'comment': 'z'}");
		assert_ok(desk_take(desk, record, "start", NULL));
	}
	sealer_close(desk->sealer);
	return record;
}

/* The verification fails, and its message names what was done. */
static void assert_found(struct desk *desk, const char *what)
{
	struct verify_report report;
	struct error *error = verify(desk, &report);

	assert_refused(error, CONFLICT);
	if (text_find(error->message, text_from(what)) < 0)
		fail_msg("expected '%s' in '%.*s'", what, TEXT_ARG(error->message));
}

DESK_TEST(an_untouched_log_is_whole)
{
	struct verify_report report;

	fill(desk);
	assert_ok(verify(desk, &report));
	assert_int_equal(report.events, sealer_head(desk->sealer));
	assert_int_equal(report.unsealed, 0);
	assert_int_equal(report.erased, 0);
	assert_true(report.heads >= 1);
	text head;
	assert_ok(sealer_head_text(desk->work, &head));
	assert_true(text_find_char(head, ' ') > 0);
}

DESK_TEST(a_changed_payload_is_found)
{
	fill(desk);
	script(desk, "UPDATE event SET payload = replace(payload, '\"z\"', '\"Z\"') WHERE kind = 'created' AND type = 'incident' "
	             "AND seq > 16");
	assert_found(desk, "its payload was changed");
}

DESK_TEST(a_changed_column_is_found)
{
	static const char *const changes[] = {
		"at = at + 1", "recorded_at = recorded_at - 1", "type = 'user'", "record_id = record_id + 1", "version = version + 1",
		"kind = 'updated'", "actor_id = 1", "origin = 'web'", "cause_id = 3", "visibility = 'public2'", "seal = salt",
	};

	fill(desk);
	for (size_t i = 0; i < array_length(changes); i++) {
		assert_ok(store_begin(desk->store, desk->arena));
		script(desk, text_cstring(desk->arena, text_format(desk->arena, "UPDATE event SET %s WHERE seq = 14", changes[i])));
		assert_found(desk, "event 14 ");
		store_rollback(desk->store);
	}
}

DESK_TEST(a_deleted_row_is_found)
{
	fill(desk);
	script(desk, "DELETE FROM event WHERE seq = 15");
	assert_found(desk, "event 15 is missing");
	/* Closing the gap does not help. */
	script(desk, "UPDATE event SET seq = -seq WHERE seq > 15; UPDATE event SET seq = -seq - 1 WHERE seq < 0");
	assert_found(desk, "event 15 ");
}

DESK_TEST(swapped_rows_are_found)
{
	fill(desk);
	script(desk, "UPDATE event SET seq = 1000 WHERE seq = 16; UPDATE event SET seq = 16 WHERE seq = 17;"
	             "UPDATE event SET seq = 17 WHERE seq = 1000");
	assert_found(desk, "event 16 ");
}

DESK_TEST(a_swapped_payload_is_found)
{
	fill(desk);
	script(desk, "UPDATE event SET payload = (SELECT payload FROM event WHERE seq = 18), "
	             "salt = (SELECT salt FROM event WHERE seq = 18), payload_hash = (SELECT payload_hash FROM event WHERE seq = 18) "
	             "WHERE seq = 17");
	assert_found(desk, "event 17 ");
}

DESK_TEST(the_newest_row_cut_off_is_found)
{
	int64_t head;

	fill(desk);
	head = sealer_head(desk->sealer);
	script(desk, "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)");
	assert_found(desk, "the newest events are missing");
	text known = text_format(desk->arena, "knows event %lld", (long long)head);
	assert_found(desk, text_cstring(desk->arena, known));
}

DESK_TEST(a_forged_row_is_found)
{
	fill(desk);
	script(desk, "INSERT INTO event (id, seq, at, recorded_at, type, record_id, version, kind, origin, payload, salt, payload_hash, "
	             "seal) SELECT id + 1, seq + 1, at, recorded_at, type, record_id, version, kind, origin, payload, salt, "
	             "payload_hash, seal FROM event ORDER BY seq DESC LIMIT 1");
	assert_found(desk, "its seal does not fit");
}

DESK_TEST(the_server_goes_on_while_the_log_is_checked)
{
	struct verify_report report;

	fill(desk);
	assert_ok(verify(desk, &report));
	int64_t heads = report.heads;
	/* Every moment has its line: the next walk sees one more, and rows after it are no fault. */
	desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	sealer_close(desk->sealer);
	desk_incident(desk, "{'title': 'y', 'requester': 'reqa'}");
	assert_ok(verify(desk, &report));
	assert_int_equal(report.heads, heads + 1);
}

DESK_TEST(a_changed_head_log_is_found)
{
	fill(desk);
	FILE *file = fopen(text_cstring(desk->arena, desk->seals.head_path), "a");
	fprintf(file, "nonsense\n");
	fclose(file);
	assert_found(desk, "the head log is broken");
}

DESK_TEST(another_key_does_not_fit)
{
	struct verify_report report;
	struct stat status;
	const char *path = text_cstring(desk->arena, desk->seals.key_path);

	fill(desk);
	assert_int_equal(stat(path, &status), 0);
	assert_int_equal(status.st_mode & 0777, 0600);
	assert_int_equal(unlink(path), 0);
	assert_refused(verify(desk, &report), NOT_FOUND);
	struct sealer *other;
	assert_ok(sealer_new(desk->arena, &desk->seals, &other));
	assert_found(desk, "event 1 ");
}

DESK_TEST(an_erased_payload_needs_a_recorded_erasure)
{
	struct verify_report report;
	struct event *events;
	size_t count;
	int64_t said = 0;

	struct record *record = fill(desk);
	desk_as(desk, NULL);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		said = events[i].kind == EVENT_CREATED ? events[i].id : said;
	desk_as(desk, "agent");
	assert_refused(IN_TX(desk, engine_erase(desk->work, desk->incident, record_number(record), said, T("law"))), FORBIDDEN);
	desk_as(desk, "admin");
	assert_refused(IN_TX(desk, engine_erase(desk->work, desk->incident, record_number(record), said, T(" "))), INVALID);
	assert_refused(IN_TX(desk, engine_erase(desk->work, desk->incident, record_number(record), 1, T("law"))), NOT_FOUND);
	assert_ok(IN_TX(desk, engine_erase(desk->work, desk->incident, record_number(record), said, T("law"))));
	assert_ok(verify(desk, &report));
	assert_int_equal(report.erased, 1);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		if (events[i].id == said)
			assert_null(events[i].payload);
	/* Merely emptied is not erased. */
	script(desk, "UPDATE event SET payload = NULL, salt = NULL WHERE seq = 12");
	assert_found(desk, "no erasure was recorded");
}

DESK_TEST(a_step_that_failed_leaves_no_gap)
{
	struct verify_report report;
	struct record *record;

	fill(desk);
	int64_t head = sealer_head(desk->sealer);
	desk_begin(desk);
	assert_ok(engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'lost', 'requester': 'reqa'}"), &record));
	store_rollback(desk->store);
	desk_begin(desk);
	assert_ok(store_savepoint(desk->store, desk->arena));
	assert_ok(engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'lost', 'requester': 'reqa'}"), &record));
	store_undo(desk->store);
	assert_ok(store_savepoint(desk->store, desk->arena));
	assert_ok(engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'kept', 'requester': 'reqa'}"), &record));
	assert_ok(store_release(desk->store, desk->arena));
	assert_ok(desk_end(desk, NULL));
	assert_ok(verify(desk, &report));
	assert_true(report.events > head);
}

DESK_TEST(a_copied_log_goes_on)
{
	struct verify_report report;
	struct record *record;

	fill(desk);
	/* As after a copy from a server: ids have gaps, and one event had no seal yet. */
	if (!desk->on->postgres) {
		script(desk, "INSERT INTO event (id, at, recorded_at, kind, origin, payload, salt, payload_hash, txid) SELECT 9000, at, "
		             "recorded_at, kind, origin, payload, salt, payload_hash, 1000000000000 FROM event WHERE seq = 1");
		assert_refused(sealer_restored(desk->store, desk->arena), CONFLICT);
		script(desk, "DELETE FROM event WHERE id = 9000; INSERT INTO event (id, seq, at, recorded_at, kind, origin, payload, salt, "
		             "payload_hash, seal) SELECT 9000, seq + 1, at, recorded_at, kind, origin, payload, salt, payload_hash, seal "
		             "FROM event ORDER BY seq DESC LIMIT 1");
		assert_ok(sealer_restored(desk->store, desk->arena));
		assert_ok(sealer_opened(desk->sealer, desk->store, desk->arena));
		assert_ok(IN_TX(desk, engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'x'}"), &record)));
		return;
	}
	desk_begin(desk);
	assert_ok(engine_create(desk->work, desk->incident, desk_json(desk, "{'title': 'x'}"), &record));
	assert_ok(store_commit(desk->store, desk->arena));
	script(desk, "UPDATE event SET id = id + 9000, txid = 1000000000000 WHERE seq IS NULL");
	assert_ok(IN_TX(desk, NULL));
	assert_ok(verify(desk, &report));
	assert_int_equal(report.unsealed, 1);
	assert_ok(sealer_restored(desk->store, desk->arena));
	assert_ok(IN_TX(desk, NULL));
	assert_ok(verify(desk, &report));
	assert_int_equal(report.unsealed, 0);
}

/* On PostgreSQL rows wait for their seal: one that did not come from who has the key never gets it, and holds up no other. */
DESK_TEST(a_forged_row_is_not_sealed)
{
	struct verify_report report;

	fill(desk);
	if (!desk->on->postgres)
		return;
	script(desk, "INSERT INTO event (id, at, recorded_at, type, record_id, version, kind, origin, visibility, payload, salt, payload_hash, "
	             "seal, txid) SELECT 9000, at, recorded_at, type, record_id, version, kind, origin, visibility, payload, salt, payload_hash, "
	             "seal, 0 FROM event WHERE seq = 1");
	desk_as(desk, "agent");
	desk_incident(desk, "{'title': 'after it'}");
	assert_found(desk, "row 9000, created of");
	script(desk, "DELETE FROM event WHERE id = 9000");
	assert_ok(verify(desk, &report));
	assert_int_equal(report.unsealed, 0);
}

DESK_TEST(without_a_sealer_nothing_is_written)
{
	struct store *other;
	struct record *record;

	assert_ok(store_open(desk->arena, &desk->on->settings, STORE_WRITE, &other));
	desk_as(desk, "agent");
	struct work work = *desk->work;
	work.store = other;
	assert_ok(store_begin(other, desk->arena));
	assert_refused(engine_create(&work, desk->incident, desk_json(desk, "{'title': 'x'}"), &record), INTERNAL);
	store_rollback(other);
	store_close(other);
}

/* ---- reading ---- */

DESK_TEST(a_requester_reads_states_and_replies_only)
{
	struct event *events;
	size_t count;

	struct record *record = fill(desk);
	desk_as(desk, "reqa");
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	assert_int_equal(count, 2);
	assert_int_equal(events[0].kind, EVENT_CREATED);
	assert_int_equal(value_count(value_get(events[0].payload, T("changes"))), 1);
	/* The agent's comment at creation was internal. */
	assert_null(value_get(events[0].payload, T("comment")));
	assert_int_equal(events[1].kind, EVENT_TRANSITION);
	const struct value *state = value_get(value_get(events[1].payload, T("changes")), T("state"));
	assert_text(state->list.items[0]->text, "new");
	assert_text(state->list.items[1]->text, "in_progress");
	desk_as(desk, "agent");
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	assert_true(count >= 2);
	assert_text(value_get_text(events[0].payload, T("comment")), "z");
	const struct value *requester = value_get(value_get(events[0].payload, T("changes")), T("requester"));
	assert_text(value_get_text(requester->list.items[1], T("number")), "reqa");
	size_t all = count;
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 1, &events, &count));
	assert_int_equal(count, all < 1 ? all : 1);
	desk_as(desk, "reqb");
	assert_refused(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count), NOT_FOUND);
}

DESK_TEST(the_feed_tells_only_what_one_may_know)
{
	struct event *events;
	size_t count;
	int64_t last, since = 0, seen = 0;

	struct record *record = fill(desk);
	desk_as(desk, "reqb");
	for (;;) {
		assert_ok(engine_feed(desk->work, since, 7, &events, &count, &last));
		for (size_t i = 0; i < count; i++) {
			assert_true(events[i].type != desk->incident);
			assert_null(events[i].payload);
		}
		if (last == since)
			break;
		since = last;
	}
	assert_int_equal(since, sealer_head(desk->sealer));
	desk_as(desk, "reqa");
	assert_ok(engine_feed(desk->work, 0, 1000, &events, &count, &last));
	for (size_t i = 0; i < count; i++)
		seen += events[i].record_id == record->id;
	assert_true(seen >= 2);
	assert_ok(engine_feed_all(desk->work, last - 3, 100, &events, &count));
	assert_int_equal(count, 3);
	assert_non_null(events[0].payload);
}

DESK_TEST(a_record_as_it_was)
{
	struct record *after, *then;
	moment begin = desk->work->now;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'one', 'requester': 'reqa', 'impact': 'high'}");
	desk->work->now = begin + HOUR_MS;
	assert_ok(IN_TX(desk, engine_update(desk->work, desk->incident, record_number(record), 0,
	                                    desk_json(desk, "{'title': 'two', 'impact': null, 'team': 'network'}"), &after)));
	desk->work->now = begin + 2 * HOUR_MS;
	assert_ok(desk_take(desk, record, "start", NULL));
	struct record *now = desk_reload(desk, record);
	assert_ok(engine_as_of(desk->work, now, begin, &then));
	assert_text(record_title(then), "one");
	assert_text(desk_choice(then, "impact"), "high");
	assert_text(desk_state(then), "new");
	assert_int_equal(then->version, 1);
	assert_int_equal(record_moment(then, FIELD_CREATED_AT), begin);
	assert_int_equal(record_moment(then, FIELD_UPDATED_AT), begin);
	assert_ok(engine_as_of(desk->work, now, begin + 90 * MINUTE_MS, &then));
	assert_text(record_title(then), "two");
	assert_int_equal(desk_cell(then, "impact")->kind, CELL_NULL);
	assert_int_equal(then->version, 2);
	/* As of now it is what it is. */
	assert_ok(engine_as_of(desk->work, now, desk->work->now, &then));
	for (size_t i = 0; i < now->type->field_count; i++)
		if (!cell_equal(&then->cells[i], &now->cells[i]))
			fail_msg("field %.*s differs", TEXT_ARG(now->type->fields[i].name));
	assert_refused(engine_as_of(desk->work, now, begin - 1, &then), NOT_FOUND);
	desk_as(desk, "reqa");
	assert_refused(engine_as_of(desk->work, now, begin, &then), FORBIDDEN);
	desk_as(desk, "reqb");
	assert_refused(engine_as_of(desk->work, now, begin, &then), NOT_FOUND);
}

DESK_TEST(an_idle_server_writes_its_last_head)
{
	struct verify_report report;

	desk_as(desk, "agent");
	desk_incident(desk, "{'title': 'x'}");
	sealer_close(desk->sealer);
	desk_incident(desk, "{'title': 'y'}");
	sealer_rest(desk->sealer); /* less than a second after the last line: nothing yet */
	assert_ok(verify(desk, &report));
	int64_t heads = report.heads;
	for (int i = 0; i < 500 && report.heads == heads; i++) {
		usleep(10000);
		sealer_rest(desk->sealer);
		assert_ok(verify(desk, &report));
	}
	sealer_rest(desk->sealer);
	assert_ok(verify(desk, &report));
	assert_int_equal(report.heads, heads + 1);
	script(desk, "DELETE FROM event WHERE seq = (SELECT max(seq) FROM event)");
	assert_found(desk, "the newest events are missing");
}

static void append_head(struct desk *desk, const char *line)
{
	FILE *file = fopen(text_cstring(desk->arena, desk->seals.head_path), "a");

	assert_non_null(file);
	assert_true(fputs(line, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

DESK_TEST(a_head_is_written_once_whoever_knows_it)
{
	struct verify_report report;
	struct sealer *other;

	fill(desk);
	assert_ok(verify(desk, &report));
	int64_t heads = report.heads;
	/* A command beside the server, or the next start: it read the same head, and the other's older one comes too late. */
	assert_ok(sealer_new(desk->arena, &desk->seals, &other));
	assert_ok(sealer_opened(other, desk->store, desk->arena));
	sealer_close(other);
	assert_ok(verify(desk, &report));
	assert_int_equal(report.heads, heads);
	append_head(desk, "17 half a li");
	assert_ok(verify(desk, &report));
	assert_int_equal(report.heads, heads);
	desk_incident(desk, "{'title': 'x', 'description': 'y', 'requester': 'reqa'}");
	sealer_close(desk->sealer);
	assert_ok(verify(desk, &report));
	assert_int_equal(report.heads, heads + 1);
}
