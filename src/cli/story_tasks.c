/*
 * Tasks in stories: `A.account` is the task of A's step `account` (the newest, when it was made again), and the expectation
 * `tasks: { account: done, laptop: ready }` says all that A has. Children are counted by state: `children: { resolved: 2 }`.
 */
#include "cli/story_private.h"

#include "base/buffer.h"
#include "base/limits.h"

/* ---- what can be known when a story is read ---- */

static bool graph_has(const struct task_graph *graph, text name)
{
	for (size_t i = 0; i < graph->step_count; i++)
		if (text_equal(graph->steps[i].name, name))
			return true;
	return false;
}

bool story_is_step(const struct model *model, const struct type *type, text name)
{
	bool found = type->tasks != NULL && graph_has(&type->tasks->graph, name);

	for (size_t i = 0; !found && i < model->work_model_count; i++)
		found = model->work_models[i].type == type && graph_has(&model->work_models[i].graph, name);
	return found;
}

bool story_split_task(text name, text *ret_record, text *ret_step)
{
	ptrdiff_t dot = text_find_char(name, '.');

	if (dot <= 0)
		return false;
	*ret_record = text_slice(name, 0, (size_t)dot);
	*ret_step = text_slice(name, (size_t)dot + 1, name.length);
	return true;
}

/* ---- finding them ---- */

/* The step's name, or the title of a task that was added by hand. */
static text task_name(const struct record *task)
{
	const struct field *step = type_field(task->type, T("step"));
	const struct cell *cell = step == NULL ? NULL : record_cell(task, step->position);

	return cell != NULL && cell->kind == CELL_TEXT ? cell->text : record_title(task);
}

static const struct record_task *newest(const struct record_task *tasks, size_t count, text name)
{
	const struct record_task *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (text_equal(task_name(tasks[i].record), name) && (found == NULL || found->record->id < tasks[i].record->id))
			found = &tasks[i];
	return found;
}

static struct error *find_task(struct story_world *world, const struct story_name *record, text step, text *ret_number)
{
	const struct record_task *found;
	struct record_task *tasks;
	struct record *parent;
	struct work work;
	size_t count;

	TRY(story_reader(world, TEXT_UNSET, world->arena, &work));
	TRY(access_load(&work, record->type, record->number, &parent));
	TRY(engine_tasks(&work, parent, &tasks, &count));
	found = newest(tasks, count, step);
	if (found != NULL)
		*ret_number = text_copy(world->arena, record_number(found->record));
	return NULL;
}

text story_task_number(const struct story_world *world, text name)
{
	const struct story_name *record;
	text record_name, step, number = name;

	if (!story_split_task(name, &record_name, &step))
		return name;
	record = story_find_name(world, record_name);
	if (record == NULL || find_task((struct story_world *)(uintptr_t)world, record, step, &number) != NULL)
		return name;
	return number;
}

/* ---- what is expected ---- */

static text state_name(const struct record *record)
{
	return record->type->lifecycle->states[record_state(record)].name;
}

static text tasks_said(struct arena *arena, const struct record_task *tasks, size_t count)
{
	text *parts = arena_new_array(arena, text, count + 1);

	for (size_t i = 0; i < count; i++) {
		text name = task_name(tasks[i].record), state = state_name(tasks[i].record);

		parts[i] = text_format(arena, "%.*s: %.*s", TEXT_ARG(name), TEXT_ARG(state));
	}
	return count == 0 ? T("none") : text_join(arena, parts, count, T(", "));
}

static void problem(struct story_world *world, const struct value_entry *at, text key, text expected, text actual)
{
	story_problem(world, story_place(world->story, at->line, at->column), "%.*s: expected %.*s, was %.*s", TEXT_ARG(key),
	              TEXT_ARG(expected), TEXT_ARG(actual));
}

static size_t count_names(const struct record_task *tasks, size_t count)
{
	size_t names = 0;

	for (size_t i = 0; i < count; i++)
		names += newest(tasks, count, task_name(tasks[i].record)) == &tasks[i];
	return names;
}

struct error *story_expect_tasks(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	struct record_task *tasks;
	size_t count, named = 0;
	text all;

	TRY(engine_tasks(work, record, &tasks, &count));
	all = tasks_said(work->arena, tasks, count);
	for (size_t i = 0; entry->value->kind == VALUE_MAP && i < entry->value->map.count; i++) {
		const struct value_entry *one = &entry->value->map.entries[i];
		const struct record_task *task = newest(tasks, count, one->key);
		text expected = one->value->kind == VALUE_TEXT ? one->value->text : T("no task");
		bool absent = value_is_null(one->value);

		named += task != NULL;
		if (absent ? task != NULL : task == NULL || !text_equal(state_name(task->record), expected))
			problem(world, one, one->key, expected, task == NULL ? text_format(work->arena, "not there (%.*s)", TEXT_ARG(all)) : state_name(task->record));
	}
	if (named != count_names(tasks, count))
		problem(world, entry, entry->key, T("no others"), all);
	return NULL;
}

struct error *story_expect_children(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	struct child_group *groups;
	struct buffer said;
	size_t count;

	TRY(engine_children(work, record, &groups, &count));
	for (size_t i = 0; entry->value->kind == VALUE_MAP && i < entry->value->map.count; i++) {
		const struct value_entry *one = &entry->value->map.entries[i];
		int64_t wanted = -1;
		size_t found = 0;

		for (size_t j = 0; j < count; j++) {
			int state = lifecycle_state(groups[j].type->lifecycle, one->key);
			found += state < 0 ? 0 : groups[j].states[state];
		}
		if (one->value->kind == VALUE_TEXT && text_to_integer(one->value->text, &wanted) && wanted == (int64_t)found)
			continue;
		buffer_init(&said, work->arena, LIMIT_TEXT_BYTES);
		buffer_integer(&said, (int64_t)found);
		problem(world, one, one->key, one->value->kind == VALUE_TEXT ? one->value->text : T("a number"), buffer_peek(&said));
	}
	return NULL;
}

/* ---- names of the story in conditions ---- */

static bool is_name_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/* `parent = A` asks for A's number. A name counts as one only where a value stands. */
text story_condition(struct story_world *world, struct arena *arena, text source)
{
	struct buffer out;
	bool quoted = false, value = false;

	buffer_init(&out, arena, source.length * 20 + 1);
	for (size_t i = 0; i < source.length;) {
		size_t end = i;

		while (!quoted && end < source.length && is_name_char(source.data[end]))
			end++;
		if (end > i) {
			text word = text_slice(source, i, end);

			buffer_text(&out, value ? story_number(world, word) : word);
			value = false;
			i = end;
			continue;
		}
		if (source.data[i] == '"')
			quoted = !quoted;
		if (source.data[i] != ' ')
			value = source.data[i] == '=' || source.data[i] == '(' || source.data[i] == ',';
		buffer_char(&out, source.data[i++]);
	}
	return buffer_peek(&out);
}
