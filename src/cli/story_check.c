/* The parts of what a story expects, checked against the model before it is lived: each unknown word is told with the nearest one. */
#include "cli/story_read_private.h"

/* ---- mistakes ---- */

struct error *story_mistake(struct story_reader *reader, uint32_t line, uint32_t column, text message)
{
	struct error *error = error_new(reader->arena, ERROR_DEFINITION, "%.*s", TEXT_ARG(message));
	(void)error_place(error, (struct place){ reader->file, line, column });
	reader->errors = error_append(reader->errors, error);
	return error;
}

void story_unknown(struct story_reader *reader, uint32_t line, uint32_t column, const char *what, text name, const text *names, size_t count)
{
	struct error *error = story_mistake(reader, line, column, text_format(reader->arena, "%s '%.*s' is not known", what, TEXT_ARG(name)));
	text nearest = text_nearest(name, names, count);
	if (text_is_set(nearest))
		(void)error_hint(reader->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
}

bool story_one_of(text name, const text *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(name, names[i]))
			return true;
	return false;
}

void story_check_keys(struct story_reader *reader, const struct value *map, size_t from, const text *names, size_t count)
{
	for (size_t i = from; i < map->map.count; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		if (!story_one_of(entry->key, names, count))
			story_unknown(reader, entry->line, entry->column, "the key", entry->key, names, count);
	}
}

/* ---- parts ---- */

void story_check_choices(struct story_reader *reader, const struct value *list, const char *what, const text *names, size_t count)
{
	if (list->kind != VALUE_LIST) {
		(void)story_mistake(reader, list->line, list->column, T("here stands a list: [one, another]"));
		return;
	}
	for (size_t i = 0; i < list->list.count; i++) {
		const struct value *item = list->list.items[i];
		if (item->kind != VALUE_TEXT || !story_one_of(item->text, names, count))
			story_unknown(reader, item->line, item->column, what, item->kind == VALUE_TEXT ? item->text : T("?"), names, count);
	}
}

void story_check_clocks(struct story_reader *reader, const struct type *type, const struct value *clocks)
{
	static const text keys[] = { { "state", 5 }, { "breached", 8 }, { "elapsed", 7 }, { "remaining", 9 }, { "goal", 4 }, { "due", 3 },
		                     { "paused for", 10 }, { "closed", 6 }, { "calendar", 8 } };
	text *names = arena_new_array(reader->arena, text, type->clock_count + 1);
	for (size_t i = 0; i < type->clock_count; i++)
		names[i] = type->clocks[i].name;
	if (clocks->kind != VALUE_MAP) {
		(void)story_mistake(reader, clocks->line, clocks->column, T("clocks are a map: { response: stopped }"));
		return;
	}
	story_check_keys(reader, clocks, 0, names, type->clock_count);
	for (size_t i = 0; i < clocks->map.count; i++)
		if (clocks->map.entries[i].value->kind == VALUE_MAP)
			story_check_keys(reader, clocks->map.entries[i].value, 0, keys, array_length(keys));
}

/* A key is a step, or the title of a task that was added by hand (which has blanks or capitals). */
void story_check_tasks(struct story_reader *reader, const struct type *type, const struct value *tasks)
{
	const struct type *task = model_type(reader->model, T("work_task"));
	if (tasks->kind != VALUE_MAP || type->tasks == NULL || task == NULL) {
		(void)story_mistake(reader, tasks->line, tasks->column, type->tasks == NULL ? T("records of this type have no tasks")
		                                                                      : T("tasks are a map: { account: done }"));
		return;
	}
	text *names = arena_new_array(reader->arena, text, task->lifecycle->state_count + 1);
	for (size_t i = 0; i < task->lifecycle->state_count; i++)
		names[i] = task->lifecycle->states[i].name;
	for (size_t i = 0; i < tasks->map.count; i++) {
		const struct value_entry *entry = &tasks->map.entries[i];
		bool plain = text_find_char(entry->key, ' ') < 0 && entry->key.length > 0 && entry->key.data[0] >= 'a';
		if (plain && !story_is_step(reader->model, type, entry->key))
			story_unknown(reader, entry->line, entry->column, "the step", entry->key, NULL, 0);
		if (!value_is_null(entry->value) &&
		    (entry->value->kind != VALUE_TEXT || !story_one_of(entry->value->text, names, task->lifecycle->state_count)))
			story_unknown(reader, entry->line, entry->column, "the state", entry->value->kind == VALUE_TEXT ? entry->value->text : T("?"),
			        names, task->lifecycle->state_count);
	}
}

text *story_approval_names(struct story_reader *reader, const struct type *type)
{
	text *names = arena_new_array(reader->arena, text, type->approval_count + 1);
	for (size_t i = 0; i < type->approval_count; i++)
		names[i] = type->approvals[i].name;
	return names;
}

void story_check_approvals(struct story_reader *reader, const struct type *type, const struct value *approvals)
{
	static const text keys[] = { { "state", 5 }, { "round", 5 }, { "asked", 5 }, { "waiting", 7 }, { "approved", 8 }, { "rejected", 8 },
		                     { "abstained", 9 }, { "left", 4 }, { "standing in", 11 }, { "steps", 5 }, { "needed", 6 }, { "due", 3 },
		                     { "versions", 8 } };
	if (approvals->kind != VALUE_MAP) {
		(void)story_mistake(reader, approvals->line, approvals->column, T("approvals are a map: { authorisation: open }"));
		return;
	}
	story_check_keys(reader, approvals, 0, story_approval_names(reader, type), type->approval_count);
	for (size_t i = 0; i < approvals->map.count; i++)
		if (approvals->map.entries[i].value->kind == VALUE_MAP)
			story_check_keys(reader, approvals->map.entries[i].value, 0, keys, array_length(keys));
}
