/*
 * The second half of `reeve verify`: what the records' rows and links say now is what their events say. Records are walked by id in
 * windows, all types together, beside the events of the same ids: two streams, never more than a window in memory. Each window is
 * read in one transaction, so that a server may go on writing.
 *
 * Not told apart from the log: fields before an erased event, choices that a migration dropped, records of roles (they follow the
 * definitions), and moments and persons of the last change.
 */
#include "engine/engine_private.h"

#include "base/json.h"
#include "base/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define WINDOW_IDS 500

struct known { /* what the events say of one field */
	const struct value *value;
	bool set, open; /* open: an erased event may have changed it */
};

struct linked { /* a relation that the events say is there */
	text relation;
	int64_t other;
};

struct replay {
	int64_t id, version;
	text type;                /* of its events */
	struct record *row;       /* NULL: none */
	const struct type *fields_of;
	struct known *fields;     /* [field_count]; NULL until the first event */
	struct linked *links;
	size_t link_count, link_capacity;
	bool links_open;          /* an erased event may have changed them */
	bool any;                 /* there are events */
};

struct link_line {
	int64_t from, to;
	text name;
};

struct check {
	struct work *work;        /* of the caller */
	struct work *page;        /* with an arena that is reset after each window */
	struct replay *items;     /* ascending by id */
	size_t count, capacity;
	struct link_line *links;
	size_t link_count, link_capacity;
	struct verify_report *report;
};

/* ---- what the events say ---- */

static struct replay *find(struct check *check, int64_t id)
{
	size_t low = 0, high = check->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (check->items[middle].id < id)
			low = middle + 1;
		else
			high = middle;
	}
	return low < check->count && check->items[low].id == id ? &check->items[low] : NULL;
}

/* What a field of the log is called today. */
static const struct field *field_today(const struct model *model, const struct type *type, text name)
{
	const struct field *field = type_field(type, name);

	for (size_t i = 0; field == NULL && i < model->migration_count; i++) {
		const struct migration_step *step = &model->migrations[i];
		if (step->kind != MIGRATION_RENAME || !text_equal(step->type, type->name) || text_is_set(step->choice) ||
		    !text_equal(step->field, name))
			continue;
		name = step->to;
		field = type_field(type, name);
	}
	return field;
}

static void note_erased(struct replay *replay)
{
	for (size_t i = 0; i < replay->fields_of->field_count; i++)
		replay->fields[i].open = true;
	replay->links_open = true;
}

static void note_changes(struct check *check, struct replay *replay, const struct value *changes)
{
	for (size_t i = 0; changes != NULL && changes->kind == VALUE_MAP && i < changes->map.count; i++) {
		const struct value_entry *entry = &changes->map.entries[i];
		const struct field *field = field_today(check->work->model, replay->fields_of, entry->key);
		if (field != NULL && entry->value->kind == VALUE_LIST && entry->value->list.count == 2)
			replay->fields[field->position] = (struct known){ .value = entry->value->list.items[1], .set = true };
	}
}

static void note_watch(struct check *check, struct replay *replay, const struct value *payload)
{
	struct arena *arena = check->page->arena;
	int64_t user = value_get_integer(payload, T("user"), 0);

	if (replay->fields_of->watchers < 0)
		return;
	struct known *known = &replay->fields[replay->fields_of->watchers];
	struct value *list = value_list(arena);
	for (size_t i = 0; known->value != NULL && known->value->kind == VALUE_LIST && i < known->value->list.count; i++)
		if (known->value->list.items[i]->kind != VALUE_INTEGER || known->value->list.items[i]->integer != user)
			value_append(arena, list, known->value->list.items[i]);
	if (value_get_bool(payload, T("watch"), true))
		value_append(arena, list, value_integer(arena, user));
	known->value = list;
	known->set = known->set || !known->open; /* who watched before an erased event is not known */
}

static void add_id(struct arena *arena, struct value *list, const struct value *id)
{
	for (size_t i = 0; id != NULL && id->kind == VALUE_INTEGER && i < list->list.count; i++)
		if (list->list.items[i]->integer == id->integer)
			return;
	if (id != NULL && id->kind == VALUE_INTEGER)
		value_append(arena, list, value_integer(arena, id->integer));
}

/* Who is asked, or stands in for somebody, may read the record from then on. */
static void note_approval(struct check *check, struct replay *replay, const struct value *payload)
{
	struct arena *arena = check->page->arena;
	const struct value *people = value_get(payload, T("people")), *pairs = value_get(payload, T("standing_in"));
	text what = value_get_text(payload, T("what"));

	if (replay->fields_of->approvers < 0 || !(text_equal(what, T("asked")) || text_equal(what, T("handed_over"))))
		return;
	struct known *known = &replay->fields[replay->fields_of->approvers];
	struct value *list = value_list(arena);
	for (size_t i = 0; known->value != NULL && known->value->kind == VALUE_LIST && i < known->value->list.count; i++)
		add_id(arena, list, known->value->list.items[i]);
	for (size_t i = 0; people != NULL && people->kind == VALUE_LIST && i < people->list.count; i++)
		add_id(arena, list, people->list.items[i]);
	for (size_t i = 0; pairs != NULL && pairs->kind == VALUE_LIST && i < pairs->list.count; i++)
		if (pairs->list.items[i]->kind == VALUE_LIST && pairs->list.items[i]->list.count == 2)
			add_id(arena, list, pairs->list.items[i]->list.items[1]);
	add_id(arena, list, value_get(payload, T("to")));
	known->value = list;
	known->set = known->set || !known->open; /* who was asked before an erased event is not known */
}

static void note_link(struct check *check, struct replay *replay, const struct value *payload, bool there)
{
	text relation = value_get_text(payload, T("relation"));
	int64_t other = value_get_integer(payload, T("other_id"), 0);

	if (value_get_bool(payload, T("inverse"), false))
		return; /* the other end has it */
	for (size_t i = 0; i < replay->link_count; i++)
		if (replay->links[i].other == other && text_equal(replay->links[i].relation, relation)) {
			replay->links[i] = replay->links[--replay->link_count];
			break;
		}
	if (!there)
		return;
	arena_make_room(check->page->arena, replay->links, replay->link_count, replay->link_capacity);
	replay->links[replay->link_count++] = (struct linked){ relation, other };
}

static void note_event(struct check *check, struct replay *replay, const struct event *event)
{
	if (replay->fields == NULL) {
		replay->fields_of = replay->row != NULL ? replay->row->type : event->type;
		replay->fields = arena_new_array(check->page->arena, struct known, replay->fields_of->field_count);
	}
	replay->any = true;
	replay->type = event->type->name;
	replay->version = maximum(replay->version, event->version);
	if (event->payload == NULL) {
		note_erased(replay);
		return;
	}
	note_changes(check, replay, value_get(event->payload, T("changes")));
	if (event->kind == EVENT_WATCHED)
		note_watch(check, replay, event->payload);
	if (event->kind == EVENT_APPROVAL)
		note_approval(check, replay, event->payload);
	if (event->kind == EVENT_LINKED || event->kind == EVENT_UNLINKED)
		note_link(check, replay, event->payload, event->kind == EVENT_LINKED);
}

/* ---- reading a window ---- */

static void add_item(struct check *check, int64_t id, struct record *row)
{
	arena_make_room(check->page->arena, check->items, check->count, check->capacity);
	check->items[check->count++] = (struct replay){ .id = id, .row = row };
}

static int by_id(const void *a, const void *b)
{
	int64_t left = ((const struct replay *)a)->id, right = ((const struct replay *)b)->id;

	return (left > right) - (left < right);
}

static struct error *read_records(struct check *check, int64_t after, int64_t until)
{
	const struct model *model = check->work->model;

	for (size_t i = 0; i < model->type_count; i++) {
		struct record **records;
		size_t count;
		if (model->types[i].abstract || &model->types[i] == model->role)
			continue;
		TRY(model_records_between(check->page, &model->types[i], after, until, &records, &count));
		for (size_t j = 0; j < count; j++)
			add_item(check, records[j]->id, records[j]);
	}
	if (check->count > 0)
		qsort(check->items, check->count, sizeof(*check->items), by_id);
	return NULL;
}

/* Events ascend by record: one without a row is told at once, by what its events say. */
static struct error *read_events(struct check *check, int64_t after, int64_t until)
{
	struct error *lost = NULL;
	struct event event;
	struct rows *rows;
	bool row;

	TRY(store_query(check->page->store, check->page->arena, SQL_EVENT_BETWEEN, CELLS(cell_integer(after), cell_integer(until)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return lost;
		TRY(event_read(check->page, rows, &event));
		struct replay *replay = find(check, event.record_id);
		if (replay != NULL && event.type != NULL)
			note_event(check, replay, &event);
		else if (replay == NULL && lost == NULL && event.type != NULL && event.type != check->work->model->role)
			lost = error_hint(check->work->arena,
			                  error_new(check->work->arena, ERROR_CONFLICT, "the row of %.*s with id %lld is gone: its events say it is there",
			                            TEXT_ARG(event.type->name), (long long)event.record_id),
			                  "compare with a backup made before");
	}
}

static struct error *read_links(struct check *check, int64_t after, int64_t until)
{
	struct rows *rows;
	bool row;

	TRY(store_query(check->page->store, check->page->arena, SQL_LINK_BETWEEN, CELLS(cell_integer(after), cell_integer(until)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		arena_make_room(check->page->arena, check->links, check->link_count, check->link_capacity);
		check->links[check->link_count++] = (struct link_line){ rows_integer(rows, 0), rows_integer(rows, 2),
			                                                rows_text_copy(rows, check->page->arena, 1) };
	}
}

/* ---- comparing ---- */

static struct error *fault(struct check *check, const struct replay *replay, const char *format, ...) printf_like(3, 4);

static struct error *fault(struct check *check, const struct replay *replay, const char *format, ...)
{
	struct arena *arena = check->work->arena;
	char words[300];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	return error_hint(arena,
	                  error_new(arena, ERROR_CONFLICT, "%.*s %.*s: %s", TEXT_ARG(replay->row->type->name),
	                            TEXT_ARG(record_number(replay->row)), words),
	                  "it was changed in the database without reeve; compare with a backup made before");
}

static text shown(struct check *check, const struct field *field, const struct cell *cell)
{
	return text_shorten(check->page->arena, json_text(check->page->arena, event_cell_value(check->page->arena, field, cell)), 60);
}

/* A choice that no version has any more became what a migration said: the log cannot tell. */
static bool is_past_choice(const struct field *field, const struct value *value)
{
	return field->kind == KIND_CHOICE && value != NULL && value->kind == VALUE_TEXT && field_choice(field, value->text) < 0;
}

static struct error *check_cell(struct check *check, const struct replay *replay, const struct field *field)
{
	const struct known *known = &replay->fields[field->position];
	const struct cell *cell = &replay->row->cells[field->position];
	struct cell expected = known->set ? event_value_cell(field, known->value) : cell_null();

	if ((known->open && !known->set) || is_past_choice(field, known->value) || cell_equal(&expected, cell))
		return NULL;
	/* Whole numbers of a real field come back as integers. */
	if (field->kind == KIND_REAL && expected.kind == CELL_REAL && cell->kind == CELL_REAL && expected.real == cell->real)
		return NULL;
	return fault(check, replay, "%.*s is %.*s, but its events say %.*s", TEXT_ARG(field->name), TEXT_ARG(shown(check, field, cell)),
	             TEXT_ARG(shown(check, field, &expected)));
}

static bool is_compared(const struct type *type, size_t position)
{
	const struct field *field = &type->fields[position];

	if (field->kind == KIND_LINKS || field->kind == KIND_GROUP)
		return false;
	/* Types without a pattern mirror their key in the number, and only the key is said. */
	return !field->system || position == FIELD_STATE || (position == FIELD_NUMBER && text_is_set(type->number_prefix));
}

static bool list_has(const struct value *list, int64_t id)
{
	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->list.count; i++)
		if (list->list.items[i]->kind == VALUE_INTEGER && list->list.items[i]->integer == id)
			return true;
	return false;
}

/* The rows of `link` that begin at this record: [*ret_first, *ret_end). */
static void lines_of(const struct check *check, int64_t id, size_t *ret_first, size_t *ret_end)
{
	size_t low = 0, high = check->link_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (check->links[middle].from < id)
			low = middle + 1;
		else
			high = middle;
	}
	*ret_first = *ret_end = low;
	while (*ret_end < check->link_count && check->links[*ret_end].from == id)
		(*ret_end)++;
}

static bool line_is_known(const struct replay *replay, const struct link_line *line)
{
	const struct field *field = type_field(replay->row->type, line->name);

	if (field != NULL && field->kind == KIND_LINKS)
		return list_has(replay->fields[field->position].value, line->to) ||
		       (replay->fields[field->position].open && !replay->fields[field->position].set);
	for (size_t i = 0; i < replay->link_count; i++)
		if (replay->links[i].other == line->to && text_equal(replay->links[i].relation, line->name))
			return true;
	return replay->links_open;
}

static bool has_line(const struct check *check, size_t first, size_t end, text name, int64_t to)
{
	for (size_t i = first; i < end; i++)
		if (check->links[i].to == to && text_equal(check->links[i].name, name))
			return true;
	return false;
}

static struct error *check_links(struct check *check, const struct replay *replay)
{
	const struct type *type = replay->row->type;
	size_t first, end;

	lines_of(check, replay->id, &first, &end);
	for (size_t i = first; i < end; i++)
		if (!line_is_known(replay, &check->links[i]))
			return fault(check, replay, "it is linked to record %lld as %.*s, but no event says so", (long long)check->links[i].to,
			             TEXT_ARG(check->links[i].name));
	for (size_t i = 0; i < replay->link_count && !replay->links_open; i++)
		if (!has_line(check, first, end, replay->links[i].relation, replay->links[i].other))
			return fault(check, replay, "its link to record %lld as %.*s is gone, but no event says so",
			             (long long)replay->links[i].other, TEXT_ARG(replay->links[i].relation));
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct value *list = replay->fields[i].value;
		if (type->fields[i].kind != KIND_LINKS || list == NULL || list->kind != VALUE_LIST)
			continue;
		for (size_t j = 0; j < list->list.count; j++)
			if (list->list.items[j]->kind == VALUE_INTEGER &&
			    !has_line(check, first, end, type->fields[i].name, list->list.items[j]->integer))
				return fault(check, replay, "%.*s has no record %lld any more, but no event says so",
				             TEXT_ARG(type->fields[i].name), (long long)list->list.items[j]->integer);
	}
	return NULL;
}

static struct error *check_record(struct check *check, const struct replay *replay)
{
	if (!replay->any)
		return fault(check, replay, "no event says that it was ever made");
	if (!text_equal(replay->type, replay->row->type->name))
		return fault(check, replay, "its events are those of a %.*s", TEXT_ARG(replay->type));
	for (size_t i = 0; i < replay->row->type->field_count; i++)
		if (is_compared(replay->row->type, i))
			TRY(check_cell(check, replay, &replay->row->type->fields[i]));
	if (replay->row->version != replay->version)
		return fault(check, replay, "it is version %lld, but its events say %lld", (long long)replay->row->version,
		             (long long)replay->version);
	TRY(check_links(check, replay));
	check->report->records++;
	return NULL;
}

/* ---- the walk ---- */

static struct error *check_window(struct check *check, int64_t after, int64_t until)
{
	TRY(read_records(check, after, until));
	TRY(read_events(check, after, until));
	if (check->count == 0)
		return NULL;
	TRY(read_links(check, after, until));
	for (size_t i = 0; i < check->count; i++)
		TRY(check_record(check, &check->items[i]));
	return arena_check(check->page->arena);
}

static struct error *run_window(struct work *work, struct verify_report *report, int64_t after, int64_t until)
{
	struct work page = *work;
	struct check check = { .work = work, .page = &page, .report = report };

	page.arena = arena_new(LIMIT_VERIFY_PAGE_BYTES);
	page.cache = NULL;
	struct error *error = store_begin(work->store, page.arena);
	if (error == NULL)
		error = check_window(&check, after, until);
	store_rollback(work->store);
	if (error != NULL)
		error = error_copy(work->arena, error);
	arena_free(page.arena);
	return error;
}

struct error *engine_verify_records(struct work *work, struct verify_report *report,
                                    void (*progress)(void *data, int64_t records), void *data)
{
	int64_t last, newest;
	bool found;

	TRY(model_last_id(work, &last));
	TRY(store_integer(work->store, work->arena, SQL_EVENT_LAST_RECORD, NO_CELLS, &newest, &found));
	last = maximum(last, found ? newest : 0);
	for (int64_t after = 0; after < last; after += WINDOW_IDS) {
		TRY(run_window(work, report, after, after + WINDOW_IDS));
		if (progress != NULL)
			progress(data, report->records);
	}
	return NULL;
}
