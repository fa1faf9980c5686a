/*
 * A record as it was, rebuilt from its events in the order in which things happened. Today's rights decide who may look.
 * Lists of links (watchers) are not part of it: they are shown as they are today. What was erased stays erased.
 */
#include "engine/engine_private.h"

static void replay(struct record *record, const struct event *event)
{
	const struct value *changes = value_get(event->payload, T("changes"));

	for (size_t i = 0; changes != NULL && changes->kind == VALUE_MAP && i < changes->map.count; i++) {
		const struct value_entry *entry = &changes->map.entries[i];
		const struct field *field = type_field(record->type, entry->key);

		if (field != NULL && field->kind != KIND_LINKS && entry->value->kind == VALUE_LIST && entry->value->list.count == 2)
			record->cells[field->position] = event_value_cell(field, entry->value->list.items[1]);
	}
	/* Clocks and notifications tell of the record without changing it. */
	if (changes == NULL && event->version == record->version)
		return;
	record->version = event->version;
	record->cells[FIELD_VERSION] = cell_integer(event->version);
	record->cells[FIELD_UPDATED_AT] = cell_moment(event->at);
	record->cells[FIELD_UPDATED_BY] = cell_id(event->actor_id);
}

struct error *engine_as_of(struct work *work, struct record *record, moment at, struct record **ret_record)
{
	struct record *then = record_new(work->arena, record->type);
	struct event event;
	struct rows *rows;
	bool row, any = false;

	TRY(access_require(work, RIGHT_HISTORY, record->type, record));
	then->id = record->id;
	then->definition = record->definition;
	TRY(store_query(work->store, work->arena, SQL_EVENT_OF_RECORD_UNTIL, CELLS(cell_integer(record->id), cell_moment(at)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		TRY(event_read(work, rows, &event));
		any = true;
		replay(then, &event);
	}
	if (!any)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s did not exist then", TEXT_ARG(record_number(record)));
	then->cells[FIELD_NUMBER] = record->cells[FIELD_NUMBER];
	then->cells[FIELD_CREATED_AT] = record->cells[FIELD_CREATED_AT];
	then->cells[FIELD_CREATED_BY] = record->cells[FIELD_CREATED_BY];
	*ret_record = then;
	return NULL;
}
