/* Users, teams, categories that an import names before they are there: made through the engine, by key and label. */
#include "cli/import_private.h"

struct error *import_make_one(struct work *work, const struct made *made)
{
	int64_t id;
	TRY(model_find_id(work, made->type, made->key, &id));
	if (id != 0)
		return NULL;
	struct value *input = value_map(work->arena);
	const struct field *key = &made->type->fields[made->type->key_field], *title = &made->type->fields[made->type->title_field];
	value_set_text(work->arena, input, key->name, made->key);
	if (title != key)
		value_set_text(work->arena, input, title->name, made->label);
	else if (type_field(made->type, T("label")) != NULL)
		value_set_text(work->arena, input, T("label"), made->label);
	if (text_is_set(made->parent))
		value_set_text(work->arena, input, T("parent"), made->parent);
	struct record *record;
	return engine_create(work, made->type, input, &record);
}

static struct error *change_make(struct work *work, void *data)
{
	struct import_making *making = data;
	for (size_t i = 0; i < making->count; i++)
		TRY(import_make_one(work, &making->items[i]));
	return NULL;
}

struct error *import_make(struct program *program, struct arena *arena, struct import_making *making)
{
	return program_write(program, arena, ORIGIN_IMPORT, change_make, making);
}
