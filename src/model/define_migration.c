/*
 * Files under migrations/: what the migration by difference may not guess. They speak of names in the stored
 * definitions and are taken only where these differ from the new ones, so that an old file stays harmless.
 */
#include "model/define_private.h"

bool define_is_migration(text path)
{
	return text_starts_with(path, T("migrations/"));
}

/* type.field.choice */
static bool split_name(struct define *d, struct migration_step *step, const struct value *value)
{
	text rest = define_scalar(d, value, "what changes"), more;

	if (!text_is_set(rest))
		return false;
	text_cut(&rest, '.', &step->type);
	if (text_is_set(rest))
		text_cut(&rest, '.', &step->field);
	if (text_is_set(rest))
		text_cut(&rest, '.', &step->choice);
	more = rest;
	if (!text_is_set(more) && step->type.length > 0)
		return true;
	define_error(d, value, T("TYPE, TYPE.FIELD or TYPE.FIELD.CHOICE (states are choices of state)"),
		     "'%.*s' names nothing", TEXT_ARG(value->text));
	return false;
}

static struct migration_state *read_names(struct define *d, const struct value *map, const char *what, const char *one,
					  size_t *ret_count)
{
	struct migration_state *names;

	*ret_count = 0;
	if (map == NULL || !define_names(d, map, what))
		return NULL;
	names = arena_new_array(d->arena, struct migration_state, map->map.count);
	for (size_t i = 0; i < map->map.count; i++)
		names[(*ret_count)++] = (struct migration_state){ map->map.entries[i].key,
								  define_scalar(d, map->map.entries[i].value, one) };
	return names;
}

/* Names are those of then and of today: whether they fit is told when the move is to be made (schema_check_moves). */
static void read_move(struct define *d, struct migration_step *step, const struct value *node)
{
	const struct value *from = value_get(node, T("from"));

	step->kind = MIGRATION_MOVE;
	step->place = (struct place){ d->file->path, node->line, node->column };
	step->type = define_text(d, node, T("move"));
	if (from == NULL || from->kind != VALUE_TEXT ||
	    (!text_equal(from->text, T("all")) && (!text_to_integer(from->text, &step->from) || step->from < 1)))
		define_error(d, from == NULL ? node : from, T("from: 3, or from: all"),
			     "a move says from which version its records come");
	step->states = read_names(d, value_get(node, T("states")), "states", "a state", &step->state_count);
	step->models = read_names(d, value_get(node, T("models")), "models", "a model", &step->model_count);
}

static void read_step(struct define *d, struct migration_step *step, const struct value *node)
{
	static const char *const kinds[] = {
		[MIGRATION_RENAME] = "rename", [MIGRATION_DROP] = "drop", [MIGRATION_KEEP] = "keep"
	};
	const struct value *what = NULL;

	if (value_get(node, T("move")) != NULL) {
		if (define_map(d, node, "a move", "move from states models"))
			read_move(d, step, node);
		return;
	}
	if (!define_map(d, node, "a step", "rename drop keep to"))
		return;
	for (size_t i = 0; i < array_length(kinds); i++)
		if (value_get(node, text_from(kinds[i])) != NULL) {
			step->kind = (enum migration_kind)i;
			what = value_get(node, text_from(kinds[i]));
		}
	if (what == NULL) {
		define_error(d, node, T("rename, drop, keep or move"), "this step does nothing");
		return;
	}
	step->place = (struct place){ d->file->path, node->line, node->column };
	step->to = define_text(d, node, T("to"));
	if (!split_name(d, step, what))
		return;
	if (step->kind == MIGRATION_RENAME && (!text_is_set(step->to) || !text_is_set(step->field)))
		define_error(d, node, T("rename: TYPE.FIELD, to: NAME; a type cannot be renamed"),
			     "a rename needs a field or choice, and its new name");
	if (step->kind != MIGRATION_RENAME && text_is_set(step->to) && !text_is_set(step->choice))
		define_error(d, node, TEXT_UNSET, "only a choice that is dropped takes to");
}

void define_migrations(struct define *d)
{
	struct model *model = d->model;
	size_t capacity = 0;

	for (size_t i = 0; i < d->file_count; i++) {
		struct value **steps;
		size_t count;

		if (!define_is_migration(d->files[i].path) || d->files[i].root == NULL)
			continue;
		d->file = &d->files[i];
		if (!define_map(d, d->file->root, "a migration", "migration steps"))
			continue;
		if (value_get(d->file->root, T("migration")) == NULL)
			define_error(d, d->file->root, T("migration: WHY"),
				     "a migration says what it is for");
		steps = define_list(d, value_get(d->file->root, T("steps")), &count);
		for (size_t j = 0; j < count; j++) {
			arena_make_room(d->arena, model->migrations, model->migration_count, capacity);
			model->migrations[model->migration_count] =
			    (struct migration_step){ .kind = MIGRATION_KEEP };
			read_step(d, &model->migrations[model->migration_count++], steps[j]);
		}
	}
}
