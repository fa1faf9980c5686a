/* What the database was changed to without the engine is found and named: cells, states, versions, links, rows that come or go. */
#include "desk.h"

static struct error *verify(struct desk *desk, struct verify_report *ret_report)
{
	*ret_report = (struct verify_report){ 0 };
	record_cache_reset(desk->work->cache);
	return engine_verify_records(desk->work, ret_report, NULL, NULL);
}

static void sql(struct desk *desk, text statement, struct cells cells)
{
	int64_t changed = 0;

	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(store_run_text(desk->store, desk->arena, statement, cells, &changed));
	assert_int_equal(changed, 1);
	assert_ok(store_commit(desk->store, desk->arena));
}

/* The change is found with these words; undone, all is well again. */
static void found(struct desk *desk, text change, text undo, struct cells cells, const char *words)
{
	struct verify_report report;
	struct error *error;

	sql(desk, change, cells);
	error = verify(desk, &report);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_CONFLICT);
	if (text_find(error->message, text_from(words)) < 0)
		fail_msg("'%s' is not in: %.*s", words, TEXT_ARG(error->message));
	if (undo.length == 0)
		return;
	sql(desk, undo, cells);
	assert_ok(verify(desk, &report));
}

/* A life with all that the log tells of: fields, states, links of fields and of relations, watchers, comments, clocks. */
static struct record *life(struct desk *desk, struct record **ret_other)
{
	struct record *record, *other;
	int64_t link;

	desk_as(desk, "lead");
	record = desk_incident(desk, "{'title':'Printer','description':'It is on fire','impact':'high','watchers':['reqa']}");
	other = desk_incident(desk, "{'title':'Another'}");
	assert_ok(IN_TX(desk, engine_link(desk->work, desk->incident, record_number(record), T("related_to"), record_number(other), &link)));
	assert_ok(IN_TX(desk, engine_watch(desk->work, desk->incident, record_number(record), 0, true)));
	assert_ok(desk_take(desk, record, "start", NULL));
	desk_as(desk, NULL);
	*ret_other = other;
	return desk_reload(desk, record);
}

DESK_TEST(what_was_done_through_reeve_is_as_its_events_say)
{
	struct verify_report report;
	struct record *other;

	assert_ok(verify(desk, &report));
	int64_t before = report.records;
	life(desk, &other);
	assert_ok(verify(desk, &report));
	assert_int_equal(report.records, before + 2);
}

DESK_TEST(a_cell_that_was_flipped_is_named)
{
	struct record *other, *record = life(desk, &other);
	struct cells id = CELLS(cell_integer(record->id));

	found(desk, T("UPDATE incident_record SET title = 'Coffee' WHERE id = $1"),
	      T("UPDATE incident_record SET title = 'Printer' WHERE id = $1"), id, "title is \"Coffee\", but its events say \"Printer\"");
	found(desk, T("UPDATE incident_record SET \"state\" = 0 WHERE id = $1"),
	      T("UPDATE incident_record SET \"state\" = 2 WHERE id = $1"), id, "state is \"new\", but its events say \"in_progress\"");
	found(desk, T("UPDATE incident_record SET restricted = 1 WHERE id = $1"),
	      T("UPDATE incident_record SET restricted = 0 WHERE id = $1"), id, "restricted is true, but its events say false");
	found(desk, T("UPDATE incident_record SET version = version + 1 WHERE id = $1"),
	      T("UPDATE incident_record SET version = version - 1 WHERE id = $1"), id, "but its events say");
	found(desk, T("UPDATE incident_record SET number = 'INC0999999' WHERE id = $1"), TEXT_UNSET, id, "number is \"INC0999999\"");
}

DESK_TEST(links_that_come_or_go_are_named)
{
	struct record *other, *record = life(desk, &other);
	const struct type *user = desk->model->user;
	int64_t reqa, role;

	assert_ok(model_find_id(desk->work, user, T("reqa"), &reqa));
	assert_ok(model_find_id(desk->work, desk->model->role, T("administrator"), &role));
	/* Somebody makes an administrator of themselves. */
	found(desk, T("INSERT INTO link (name, from_type, from_id, to_type, to_id, created_at) VALUES ('roles', 'user', $1, 'role', $2, 1)"),
	      T("DELETE FROM link WHERE name = 'roles' AND from_id = $1 AND to_id = $2"), CELLS(cell_integer(reqa), cell_integer(role)),
	      "user reqa: it is linked to record");
	struct cells ends = CELLS(cell_integer(record->id), cell_integer(other->id));
	found(desk, T("INSERT INTO link (name, from_type, from_id, to_type, to_id, created_at) VALUES ('duplicate_of', 'incident', $1, 'incident', $2, 1)"),
	      T("DELETE FROM link WHERE name = 'duplicate_of' AND from_id = $1 AND to_id = $2"), ends, "as duplicate_of, but no event says so");
	found(desk, T("DELETE FROM link WHERE name = 'watchers' AND from_id = $1 AND to_id = $2"), TEXT_UNSET,
	      CELLS(cell_integer(record->id), cell_integer(reqa)), "watchers has no record");
}

DESK_TEST(a_relation_that_went_is_named)
{
	struct record *other, *record = life(desk, &other);

	found(desk, T("DELETE FROM link WHERE name = 'related_to' AND from_id = $1 AND to_id = $2"), TEXT_UNSET,
	      CELLS(cell_integer(record->id), cell_integer(other->id)), "is gone, but no event says so");
}

DESK_TEST(a_row_without_events_and_events_without_a_row_are_named)
{
	struct record *other;

	(void)life(desk, &other);
	found(desk,
	      T("INSERT INTO incident_record (id, definition, number, number_key, version, created_at, updated_at, title, title_key) "
	        "VALUES ($1, 1, 'INC0777777', 'inc0777777', 1, 1, 1, 'x', 'x')"),
	      T("DELETE FROM incident_record WHERE id = $1"), CELLS(cell_integer(other->id + 5000)), "INC0777777: no event says that it was ever made");
	sql(desk, T("DELETE FROM link WHERE to_id = $1"), CELLS(cell_integer(other->id)));
	found(desk, T("DELETE FROM incident_record WHERE id = $1"), TEXT_UNSET, CELLS(cell_integer(other->id)), "is gone: its events say it is there");
}

DESK_TEST(what_was_erased_is_no_fault)
{
	struct verify_report report;
	struct record *other, *record = life(desk, &other);
	struct event *events;
	size_t count;

	desk_as(desk, "lead");
	assert_ok(IN_TX(desk, engine_update(desk->work, desk->incident, record_number(record), 0, desk_json(desk, "{'title':'Copier'}"), &record)));
	desk_as(desk, NULL);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	assert_ok(IN_TX(desk, engine_erase(desk->work, desk->incident, record_number(record), events[0].id, T("asked for"))));
	assert_ok(verify(desk, &report));
	found(desk, T("UPDATE incident_record SET title = 'Coffee' WHERE id = $1"),
	      T("UPDATE incident_record SET title = 'Copier' WHERE id = $1"), CELLS(cell_integer(record->id)), "title is \"Coffee\"");
}
