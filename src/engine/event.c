/*
 * Writing and reading rows of the event log. Every change of a record ends here, in the same transaction: history, search,
 * notifications and live pages are readers of these rows, so nothing else has to be told.
 */
#include "engine/seal_private.h"

#include "base/json.h"
#include "base/random.h"

#include <sodium.h>

static const char *const kind_names[] = {
	[EVENT_CREATED] = "created",   [EVENT_UPDATED] = "updated",   [EVENT_TRANSITION] = "transition",
	[EVENT_COMMENT] = "comment",   [EVENT_ATTACHED] = "attached", [EVENT_DETACHED] = "detached",
	[EVENT_LINKED] = "linked",     [EVENT_UNLINKED] = "unlinked", [EVENT_WATCHED] = "watched",
	[EVENT_CLOCK] = "clock",       [EVENT_AUTOMATION] = "automation", [EVENT_NOTIFIED] = "notified",
	[EVENT_ERASED] = "erased",     [EVENT_IMPORTED] = "imported",
	[EVENT_APPROVAL] = "approval", [EVENT_MOVED] = "moved",
};
static const char *const origin_names[] = {
	[ORIGIN_WEB] = "web",       [ORIGIN_API] = "api",     [ORIGIN_MAIL] = "mail", [ORIGIN_IMPORT] = "import",
	[ORIGIN_AUTOMATION] = "automation", [ORIGIN_TIMER] = "timer", [ORIGIN_CLI] = "cli",
};

text event_kind_name(enum event_kind kind) { return text_from(kind_names[kind]); }
text origin_name(enum origin origin) { return text_from(origin_names[origin]); }

static size_t name_position(text name, const char *const *names, size_t count)
{
	size_t position = 0;

	while (position < count && !text_equal(name, text_from(names[position])))
		position++;
	return position;
}

struct event *event_new(struct work *work, const struct record *record, enum event_kind kind)
{
	struct event *event = arena_new_struct(work->arena, struct event);

	*event = (struct event){
		.at = work->now,
		.recorded_at = work->now,
		.type = record->type,
		.record_id = record->id,
		.version = record->version,
		.kind = kind,
		.actor_id = work->actor->id,
		.origin = work->origin,
		.cause_id = work->cause,
		.payload = value_map(work->arena),
	};
	return event;
}

struct value *event_cell_value(struct arena *arena, const struct field *field, const struct cell *cell)
{
	switch (cell->kind) {
	case CELL_NULL:
	case CELL_BLOB:
		return value_null(arena);
	case CELL_REAL:
		return value_real(arena, cell->real);
	case CELL_TEXT:
		return value_text(arena, field->secret ? T("***") : cell->text);
	case CELL_INTEGER:
		break;
	}
	if (field->kind == KIND_BOOLEAN)
		return value_bool(arena, cell->integer != 0);
	if (field->kind == KIND_CHOICE && cell->integer >= 0 && (size_t)cell->integer < field->choice_count)
		return value_text(arena, field->choices[cell->integer].name);
	return value_integer(arena, cell->integer);
}

struct cell event_value_cell(const struct field *field, const struct value *value)
{
	if (value_is_null(value))
		return cell_null();
	switch (value->kind) {
	case VALUE_BOOL:
		return cell_integer(value->boolean ? 1 : 0);
	case VALUE_INTEGER:
		return field->kind == KIND_REAL ? cell_real((double)value->integer) : cell_integer(value->integer);
	case VALUE_REAL:
		return cell_real(value->real);
	case VALUE_TEXT:
		if (field->kind == KIND_CHOICE) {
			int position = field_choice(field, value->text);
			return position < 0 ? cell_null() : cell_integer(position);
		}
		return cell_text(value->text);
	case VALUE_NULL:
	case VALUE_HTML:
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return cell_null();
}

struct error *event_add_changes(struct work *work, struct event *event, const struct record *before,
                                const struct record *after, const bool *changed)
{
	const struct type *type = after->type;
	struct value *changes = value_get(event->payload, T("changes"));
	const struct cell nothing = cell_null();

	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		/* What the columns of the event say already. */
		if (!changed[i] || (field->system && i != FIELD_NUMBER && i != FIELD_STATE))
			continue;
		const struct cell *old = before == NULL ? &nothing : &before->cells[i];
		if (cell_equal(old, &after->cells[i]))
			continue;
		if (changes == NULL) {
			changes = value_map(work->arena);
			value_add(work->arena, event->payload, T("changes"), changes);
		}
		struct value *pair = value_list(work->arena);
		value_append(work->arena, pair, event_cell_value(work->arena, field, old));
		value_append(work->arena, pair, event_cell_value(work->arena, field, &after->cells[i]));
		value_add(work->arena, changes, field->name, pair);
	}
	return arena_check(work->arena);
}

static void row_of(struct work *work, const struct event *event, uint8_t *salt, uint8_t *hash, struct event_row *ret_row)
{
	*ret_row = (struct event_row){
		.at = event->at,
		.recorded_at = event->recorded_at,
		.record_id = event->record_id,
		.version = event->version,
		.actor_id = event->actor_id,
		.cause_id = event->cause_id,
		.type = event->type == NULL ? TEXT_UNSET : event->type->name,
		.kind = event_kind_name(event->kind),
		.origin = origin_name(event->origin),
		.visibility = event->visibility == VISIBLE_PUBLIC ? T("public") : T("internal"),
		.payload = json_text(work->arena, event->payload),
		.salt = { (const char *)salt, SEAL_SALT_BYTES },
		.payload_hash = { (const char *)hash, SEAL_BYTES },
	};
	random_bytes(salt, SEAL_SALT_BYTES);
	seal_payload(ret_row->salt, ret_row->payload, hash);
}

static struct error *insert_sealed(struct work *work, struct seal_memory *memory, struct event_row *row)
{
	uint8_t seal[SEAL_BYTES];

	row->seq = memory->seq + 1;
	row->id = memory->id + 1;
	seal_compute(memory->key, memory->seal, row, seal);
	TRY(store_run(work->store, work->arena, SQL_EVENT_INSERT_SEALED,
	              CELLS(cell_integer(row->id), cell_integer(row->seq), cell_moment(row->at), cell_moment(row->recorded_at), cell_text(row->type),
	                    cell_id(row->record_id), cell_integer(row->version), cell_text(row->kind), cell_id(row->actor_id),
	                    cell_text(row->origin), cell_id(row->cause_id), cell_text(row->visibility), cell_text(row->payload),
	                    cell_blob(row->salt), cell_blob(row->payload_hash),
	                    cell_blob((text){ (const char *)seal, SEAL_BYTES })),
	              NULL));
	memory->seq = row->seq;
	memory->id = row->id;
	memcpy(memory->seal, seal, SEAL_BYTES);
	return NULL;
}

static struct error *insert_unsealed(struct work *work, struct event_row *row)
{
	uint8_t mark[SEAL_BYTES];
	bool found;

	seal_mark(((const struct seal_memory *)store_memory(work->store))->key, row, mark);
	return store_integer(work->store, work->arena, SQL_EVENT_INSERT_UNSEALED,
	                     CELLS(cell_moment(row->at), cell_moment(row->recorded_at), cell_text(row->type),
	                           cell_id(row->record_id), cell_integer(row->version), cell_text(row->kind),
	                           cell_id(row->actor_id), cell_text(row->origin), cell_id(row->cause_id),
	                           cell_text(row->visibility), cell_text(row->payload), cell_blob(row->salt),
	                           cell_blob(row->payload_hash), cell_blob((text){ (const char *)mark, SEAL_BYTES })),
	                     &row->id, &found);
}

struct error *event_append(struct work *work, struct event *event)
{
	struct seal_memory *memory = store_memory(work->store);
	struct event_row row;
	uint8_t salt[SEAL_SALT_BYTES], hash[SEAL_BYTES];

	if (memory->mode == SEAL_NOT_OPENED)
		return error_new(work->arena, ERROR_INTERNAL, "this connection may not write events: no sealer opened it");
	row_of(work, event, salt, hash, &row);
	if (memory->mode == SEAL_AT_INSERT)
		TRY(insert_sealed(work, memory, &row));
	else
		TRY(insert_unsealed(work, &row));
	event->id = row.id;
	event->seq = row.seq;
	return NULL;
}

struct error *event_read(struct work *work, struct rows *rows, struct event *ret_event)
{
	size_t kind = name_position(rows_text(rows, 7), kind_names, EVENT_KIND_COUNT);
	size_t origin = name_position(rows_text(rows, 9), origin_names, ORIGIN_COUNT);
	text payload = rows_text_copy(rows, work->arena, 12);

	if (kind == EVENT_KIND_COUNT || origin == ORIGIN_COUNT)
		return error_new(work->arena, ERROR_INTERNAL, "event %lld is of an unknown kind or origin",
		                 (long long)rows_integer(rows, 0));
	*ret_event = (struct event){
		.id = rows_integer(rows, 0),
		.seq = rows_integer(rows, 1),
		.at = rows_moment(rows, 2),
		.recorded_at = rows_moment(rows, 3),
		.type = model_type(work->model, rows_text(rows, 4)),
		.record_id = rows_integer(rows, 5),
		.version = rows_integer(rows, 6),
		.kind = (enum event_kind)kind,
		.actor_id = rows_integer(rows, 8),
		.origin = (enum origin)origin,
		.cause_id = rows_integer(rows, 10),
		.visibility = text_equal(rows_text(rows, 11), T("internal")) ? VISIBLE_INTERNAL : VISIBLE_PUBLIC,
	};
	if (text_is_set(payload))
		TRY(json_parse(work->arena, payload, &ret_event->payload));
	return arena_check(work->arena);
}
