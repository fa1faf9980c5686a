/*
 * The layout of a type's table, in one place for schema.c (which makes it), record.c (which reads and writes it) and
 * query.c (which compares in it):
 *
 *   id            integer, primary key: unique over all types
 *   definition    integer, not null: version of the definition the record runs on
 *   one column per field, in the field's name (the system fields number ... updated_by likewise; `version` is one of them)
 *   FIELD_key     text: the folded key of each text that is compared (column_has_key)
 *
 * No column for KIND_LINKS: their rows are in the table `link` (LINK_COLUMNS). Names are always quoted.
 * `number` is filled for every type: types without a number pattern mirror their key field in it, so that its unique
 * index (on number_key) guards logins and names, whatever their case. Unset is NULL, everywhere.
 */
#ifndef REEVE_MODEL_COLUMN_PRIVATE_H
#define REEVE_MODEL_COLUMN_PRIVATE_H

#include "base/buffer.h"
#include "model/model.h"

/* The columns of the table `link`: relations between records, and the targets of KIND_LINKS fields (name = the field's). */
#define LINK_TABLE "link"
#define LINK_COLUMNS "id, name, from_type, from_id, to_type, to_id, created_at, created_by"
/*
 * The indexes of `link` that queries count on:
 *   (from_id, name, to_id)  the targets of a record     (to_id, name, from_id)  who points at a record
 */

/*
 * The counters (store_next): one for the ids of all records, one for the numbers of each type with a pattern (column_counter).
 * The schema makes them.
 */
#define COUNTER_RECORD_ID "record_id"
static inline text column_counter(struct arena *arena, const struct type *type)
{
	return text_format(arena, "number_%.*s", TEXT_ARG(type->name));
}

enum column_class { COLUMN_CLASS_NONE, COLUMN_CLASS_INTEGER, COLUMN_CLASS_REAL, COLUMN_CLASS_TEXT };

static inline enum column_class column_class(enum kind kind)
{
	switch (kind) {
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
		return COLUMN_CLASS_TEXT;
	case KIND_REAL:
		return COLUMN_CLASS_REAL;
	case KIND_LINKS:
	case KIND_GROUP:
	case KIND_COUNT:
		return COLUMN_CLASS_NONE;
	case KIND_INTEGER:
	case KIND_BOOLEAN:
	case KIND_CHOICE:
	case KIND_MOMENT:
	case KIND_DURATION:
	case KIND_LINK:
		break;
	}
	return COLUMN_CLASS_INTEGER;
}

static inline bool column_exists(const struct field *field) { return column_class(field->kind) != COLUMN_CLASS_NONE; }

/* Texts that are compared have a shadow column with their folded key. Opening hours and holidays are only set or not. */
static inline bool column_has_key(const struct field *field)
{
	return field->kind == KIND_TEXT || field->kind == KIND_PROSE || field->kind == KIND_ZONE || field->kind == KIND_MAIL ||
	       field->kind == KIND_RECORD || field->kind == KIND_MODEL;
}

/* The column that an index, a comparison or a sort of this field uses: the key of a text, else the value itself. */
static inline text column_compared(struct arena *arena, const struct field *field)
{
	return column_has_key(field) ? text_format(arena, "%.*s_key", TEXT_ARG(field->name)) : field->name;
}

/* "name" with the quotes; names hold only a-z, 0-9 and _ (model_parse sees to it). */
static inline void column_quote(struct buffer *buffer, text name)
{
	buffer_char(buffer, '"');
	buffer_text(buffer, name);
	buffer_char(buffer, '"');
}

#endif
