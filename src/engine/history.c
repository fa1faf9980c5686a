/*
 * A record's history for one reader: internal notes only for who may read notes, field changes only for who may read the
 * history and that field; the raw values of the log become what the API says.
 */
#include "engine/answers_private.h"

struct reader {
	struct record *record;
	bool note, history;
};

static struct error *hidden_link(struct work *work, const struct field *field, struct value **ret_value)
{
	struct value *value = value_map(work->arena);

	value_set_text(work->arena, value, T("type"), field->target->name);
	value_add(work->arena, value, T("number"), value_null(work->arena));
	*ret_value = value;
	return NULL;
}

static struct error *reference_value(struct work *work, const struct field *field, const struct cell *cell, struct value **ret_value)
{
	struct field named = *field;
	struct record_name name;

	TRY(access_reference(work, cell->text, &named.target, &name));
	if (text_is_set(name.number) || named.target == NULL)
		return field_value(work, field, cell, ret_value);
	return hidden_link(work, &named, ret_value);
}

/* One cell as the API says it, with today's rights on what it points to; a record that is gone is hidden too. */
static struct error *cell_value(struct work *work, const struct field *field, const struct cell *cell, struct value **ret_value)
{
	struct record *target;
	bool may;

	if (field->kind == KIND_RECORD && cell->kind == CELL_TEXT)
		return reference_value(work, field, cell, ret_value);
	if (field->kind != KIND_LINK || cell->kind != CELL_INTEGER)
		return field_value(work, field, cell, ret_value);
	struct error *error = model_load(work, field->target, cell->integer, &target);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? hidden_link(work, field, ret_value) : error;
	TRY(access_may(work, RIGHT_READ, field->target, target, &may));
	return may ? field_value(work, field, cell, ret_value) : hidden_link(work, field, ret_value);
}

static struct error *ids_value(struct work *work, const struct field *field, const int64_t *ids, size_t count,
                               struct value **ret_value)
{
	struct field single = *field;
	struct value *list = value_list(work->arena), *item;

	single.kind = KIND_LINK;
	for (size_t i = 0; i < count; i++) {
		const struct cell cell = cell_integer(ids[i]);
		TRY(cell_value(work, &single, &cell, &item));
		value_append(work->arena, list, item);
	}
	*ret_value = list;
	return NULL;
}

struct error *history_field_value(struct work *work, struct record *record, const struct field *field, struct value **ret_value)
{
	int64_t *ids;
	size_t count;

	if (field->kind != KIND_LINKS)
		return cell_value(work, field, &record->cells[field->position], ret_value);
	TRY(record_links(work, record, field, &ids, &count));
	return ids_value(work, field, ids, count, ret_value);
}

/* A raw value of the log as the API says it. */
static struct error *raw_value(struct work *work, const struct field *field, const struct value *raw, struct value **ret_value)
{
	if (field->kind != KIND_LINKS) {
		const struct cell cell = event_value_cell(field, raw);
		/* A choice or state that no version has any more keeps its name. */
		if (field->kind == KIND_CHOICE && cell.kind == CELL_NULL && raw != NULL && raw->kind == VALUE_TEXT) {
			*ret_value = value_text(work->arena, raw->text);
			return NULL;
		}
		return cell_value(work, field, &cell, ret_value);
	}
	size_t count = raw != NULL && raw->kind == VALUE_LIST ? raw->list.count : 0;
	int64_t *ids = arena_new_array(work->arena, int64_t, count + 1);
	for (size_t i = 0; i < count; i++)
		ids[i] = raw->list.items[i]->kind == VALUE_INTEGER ? raw->list.items[i]->integer : 0;
	return ids_value(work, field, ids, count, ret_value);
}

static struct error *show_changes(struct work *work, const struct reader *reader, const struct value *raw,
                                  struct value **ret_changes)
{
	const struct type *type = reader->record->type;
	struct value *changes = value_map(work->arena);

	*ret_changes = changes;
	for (size_t i = 0; raw != NULL && raw->kind == VALUE_MAP && i < raw->map.count; i++) {
		const struct value_entry *entry = &raw->map.entries[i];
		const struct field *field = type_field(type, entry->key);
		struct value *old, *now;

		/* Of a secret the log holds that it changed, never what it is. */
		bool shown = field != NULL && (access_field_readable(work, type, field) || (field->secret && reader->history));
		if (!shown || entry->value->kind != VALUE_LIST ||
		    entry->value->list.count != 2 || (!reader->history && field->position != FIELD_STATE))
			continue;
		TRY(raw_value(work, field, entry->value->list.items[0], &old));
		TRY(raw_value(work, field, entry->value->list.items[1], &now));
		struct value *pair = value_list(work->arena);
		value_append(work->arena, pair, old);
		value_append(work->arena, pair, now);
		value_add(work->arena, changes, field->name, pair);
	}
	return arena_check(work->arena);
}

/* The other end of a link, named only when this reader may know of it; else the event is not for them. */
static struct error *show_other(struct work *work, const struct event *event, struct value *payload, bool *ret_show)
{
	const struct type *type = model_type(work->model, value_get_text(event->payload, T("other_type")));
	const struct cell cell = cell_id(value_get_integer(event->payload, T("other_id"), 0));
	struct value *other;

	*ret_show = type != NULL && cell.kind == CELL_INTEGER;
	if (!*ret_show)
		return NULL;
	const struct field field = { .kind = KIND_LINK, .target = type };
	TRY(cell_value(work, &field, &cell, &other));
	*ret_show = !value_is_null(value_get(other, T("number")));
	value_set(work->arena, payload, T("other"), other);
	return NULL;
}

/* The record because of which the system changed this one; without its number where the reader may not know of it. */
static struct error *show_because(struct work *work, const struct event *event, struct value *payload)
{
	const struct type *type = model_type(work->model, value_get_text(event->payload, T("other_type")));
	const struct cell cell = cell_id(value_get_integer(event->payload, T("other_id"), 0));
	const struct field field = { .kind = KIND_LINK, .target = type };
	struct value *other;

	if (type == NULL || cell.kind != CELL_INTEGER)
		return NULL;
	TRY(cell_value(work, &field, &cell, &other));
	value_set(work->arena, payload, T("because"), other);
	return NULL;
}

/* What this kind of event is to somebody who may not read the history: comments and states only. */
static bool is_for_everyone(const struct event *event)
{
	switch (event->kind) {
	case EVENT_CREATED:
	case EVENT_TRANSITION:
	case EVENT_COMMENT:
	case EVENT_ATTACHED:
	case EVENT_DETACHED:
	case EVENT_APPROVAL:
		return true;
	case EVENT_IMPORTED:
	case EVENT_MOVED:
	case EVENT_UPDATED:
		return text_is_set(value_get_text(event->payload, T("comment"))) ||
		       value_get(value_get(event->payload, T("changes")), T("state")) != NULL;
	case EVENT_LINKED:
	case EVENT_UNLINKED:
	case EVENT_WATCHED:
	case EVENT_CLOCK:
	case EVENT_AUTOMATION:
	case EVENT_NOTIFIED:
	case EVENT_ERASED:
	case EVENT_KIND_COUNT:
		break;
	}
	return false;
}

/* Members that only say how the system got there: for readers of the history. */
static bool is_inner(text key)
{
	return text_equal(key, T("rule")) || text_equal(key, T("mark")) || text_equal(key, T("notes")) ||
	       text_equal(key, T("hash")) || text_equal(key, T("missing")) || text_equal(key, T("other_id")) || text_equal(key, T("other_type"));
}

/* *ret_show false: nothing of it is for this reader. */
static struct error *show(struct work *work, const struct reader *reader, struct event *event, bool *ret_show)
{
	bool visible = reader->note || event->visibility == VISIBLE_PUBLIC;
	struct value *payload = value_map(work->arena), *changes;

	*ret_show = reader->history || is_for_everyone(event);
	/* Of a transition or a change only the comment is internal; notes and files are so as a whole. */
	if (!visible && (event->kind == EVENT_COMMENT || event->kind == EVENT_ATTACHED || event->kind == EVENT_DETACHED))
		*ret_show = false;
	if (!*ret_show || event->payload == NULL)
		return NULL;
	for (size_t i = 0; i < event->payload->map.count; i++) {
		const struct value_entry *entry = &event->payload->map.entries[i];
		if (text_equal(entry->key, T("changes")) || (text_equal(entry->key, T("comment")) && !visible) ||
		    (is_inner(entry->key) && !reader->history))
			continue;
		if (text_equal(entry->key, T("answers")))
			TRY(answers_show(work, entry->value));
		value_add(work->arena, payload, entry->key, entry->value);
	}
	TRY(show_changes(work, reader, value_get(event->payload, T("changes")), &changes));
	if (value_count(changes) > 0)
		value_add(work->arena, payload, T("changes"), changes);
	if (event->kind == EVENT_LINKED || event->kind == EVENT_UNLINKED)
		TRY(show_other(work, event, payload, ret_show));
	else if (reader->history && value_get(event->payload, T("other_id")) != NULL)
		TRY(show_because(work, event, payload));
	value_remove(payload, T("other_id"));
	value_remove(payload, T("other_type"));
	bool comment = text_is_set(value_get_text(payload, T("comment")));
	if ((event->kind == EVENT_UPDATED || (event->kind == EVENT_IMPORTED && !reader->history)) && value_count(changes) == 0 &&
	    !comment)
		*ret_show = false;
	event->payload = payload;
	return NULL;
}

static struct error *read_events(struct work *work, int64_t record_id, size_t newest, struct event **ret_events,
                                 size_t *ret_count)
{
	struct event *events = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	if (newest == 0)
		TRY(store_query(work->store, work->arena, SQL_EVENT_OF_RECORD, CELLS(cell_integer(record_id)), &rows));
	else
		TRY(store_query(work->store, work->arena, SQL_EVENT_OF_RECORD_NEWEST,
		                CELLS(cell_integer(record_id), cell_integer((int64_t)newest)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, events, count, capacity);
		TRY(event_read(work, rows, &events[count++]));
	}
	for (size_t i = 0; newest != 0 && i < count / 2; i++) {
		struct event swap = events[i];
		events[i] = events[count - 1 - i];
		events[count - 1 - i] = swap;
	}
	*ret_events = events;
	*ret_count = count;
	return NULL;
}

struct error *engine_history(struct work *work, struct record *record, size_t newest, struct event **ret_events,
                             size_t *ret_count)
{
	struct reader reader = { .record = record };
	struct event *events;
	size_t count, shown = 0;
	bool show_it;

	TRY(access_require(work, RIGHT_READ, record->type, record));
	TRY(access_may(work, RIGHT_NOTE, record->type, record, &reader.note));
	TRY(access_may(work, RIGHT_HISTORY, record->type, record, &reader.history));
	/* What is hidden must not shorten the page: then the whole history is read. */
	TRY(read_events(work, record->id, reader.note && reader.history ? newest : 0, &events, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(show(work, &reader, &events[i], &show_it));
		if (show_it)
			events[shown++] = events[i];
	}
	size_t skip = newest != 0 && shown > newest ? shown - newest : 0;
	*ret_events = events == NULL ? NULL : events + skip;
	*ret_count = shown - skip;
	return NULL;
}
