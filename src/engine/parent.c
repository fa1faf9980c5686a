/*
 * Records that lie in others of their type, by the field `parent` - incidents under an incident, locations in a location: never in
 * themselves, however far up, and not deeper than anybody could follow.
 */
#include "engine/step_private.h"

/* Levels above one record. */
#define PARENT_DEPTH 20

static struct error *refuse(struct work *work, const struct field *field, const struct record *at, const char *why)
{
	text name = record_number(at);

	return error_field(error_new(work->arena, ERROR_INVALID, "%.*s: %.*s %s", TEXT_ARG(field->name), TEXT_ARG(name), why), field->name);
}

/*
 * Each level is locked on the way up: of two who put each of two records under the other at the same moment, one waits, and sees it.
 * A record that is new lies nowhere yet (its id leads to nothing).
 */
struct error *parent_check(struct work *work, const struct record *record, int64_t parent_id)
{
	const struct type *type = record->type;
	const struct field *field = type->parent < 0 ? NULL : &type->fields[type->parent];
	struct record *above, *chosen = NULL;

	if (field == NULL || field->kind != KIND_LINK || field->target->position != type->position || parent_id == 0)
		return NULL;
	if (parent_id == record->id)
		return refuse(work, field, record, "cannot be its own parent");
	for (int depth = 0; parent_id != 0; depth++) {
		struct error *error = model_lock(work, type, parent_id, &above);

		if (error != NULL) /* one that is gone is told as missing elsewhere */
			return error->code == ERROR_NOT_FOUND ? NULL : error;
		chosen = chosen == NULL ? above : chosen;
		if (depth == PARENT_DEPTH)
			return refuse(work, field, above, "is the end: records do not lie deeper in each other than twenty levels");
		parent_id = record_id_of(above, type->parent);
		if (parent_id == record->id)
			return refuse(work, field, chosen, "lies under it already");
	}
	return NULL;
}
