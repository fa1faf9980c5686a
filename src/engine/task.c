/* Tasks as they stand: which there are under a record, which are over, what each waits for, and when it is due. */
#include "engine/task_private.h"

#include "model/query.h"

const struct type *task_type(const struct work *work)
{
	return model_type(work->model, T("work_task"));
}

bool task_is(const struct type *type)
{
	return text_equal(type->name, T("work_task")) && type->parent >= 0 && type->lifecycle != NULL;
}

int task_state(const struct type *task, text name)
{
	return lifecycle_state(task->lifecycle, name);
}

bool task_is_over(const struct record *task)
{
	int state = record_state(task);

	return state >= 0 && task->type->lifecycle->states[state].group >= GROUP_CLOSED;
}

bool task_has_state(const struct record *task, text name)
{
	int state = record_state(task);

	return state >= 0 && text_equal(task->type->lifecycle->states[state].name, name);
}

/* ---- of a record ---- */

/* By its record alone, along that index: few tasks are over elsewhere, and the state would lead the planner astray. */
static struct error *query_of(struct work *work, const struct record *parent, struct query *ret_query)
{
	const struct type *task = task_type(work);
	struct condition *where;
	text source = text_format(work->arena, "parent = \"%.*s\"", TEXT_ARG(record_number(parent)));

	TRY(condition_parse(work->arena, work->model, task, source, CONDITION_RULE, &where));
	*ret_query = (struct query){
		.type = task, .where = where, .context = { .work = work }, .everything = true, .limit = TASKS_MAX
	};
	return NULL;
}

struct error *tasks_of(struct work *work, const struct record *parent, bool open_only, struct record ***ret_tasks,
                       size_t *ret_count)
{
	struct record_page page = { NULL, 0, TEXT_UNSET };
	struct query query;
	size_t kept = 0;

	if (task_type(work) != NULL) {
		TRY(query_of(work, parent, &query));
		TRY(model_find(work, &query, &page));
	}
	for (size_t i = 0; i < page.count; i++)
		if (!open_only || !task_is_over(page.records[i]))
			page.records[kept++] = page.records[i];
	*ret_tasks = page.records;
	*ret_count = kept;
	return NULL;
}

struct error *tasks_any_open(struct work *work, const struct record *parent, bool *ret_open)
{
	struct record **tasks;
	size_t count;

	TRY(tasks_of(work, parent, true, &tasks, &count));
	*ret_open = count > 0;
	return NULL;
}

struct error *tasks_count(struct work *work, const struct record *parent, int64_t *ret_count)
{
	struct query query;

	*ret_count = 0;
	if (task_type(work) == NULL)
		return NULL;
	TRY(query_of(work, parent, &query));
	return model_count(work, &query, TASKS_MAX, ret_count);
}

struct error *task_is_free(struct work *work, const struct record *task, bool *ret_free)
{
	const struct field *after = type_field(task->type, T("after"));
	int64_t *ids;
	size_t count;

	*ret_free = true;
	if (after == NULL)
		return NULL;
	TRY(record_links(work, task, after, &ids, &count));
	for (size_t i = 0; *ret_free && i < count; i++) {
		struct record *before;

		TRY(model_load(work, task->type, ids[i], &before));
		*ret_free = task_is_over(before);
	}
	return NULL;
}

struct error *task_lock_parent(struct work *work, const struct record *task, struct record **ret_parent)
{
	const struct cell *number = record_cell(task, (size_t)task->type->parent);
	const struct type *type;
	int64_t id = 0;

	*ret_parent = NULL;
	if (number->kind == CELL_TEXT)
		TRY(model_find_number(work, number->text, &type, &id));
	return id == 0 ? NULL : model_lock(work, type, id, ret_parent);
}

struct error *tasks_graph(struct work *work, struct record *parent, const struct task_graph **ret_graph, struct record **ret_about)
{
	const struct cell *name = parent->type->model_field < 0 ? NULL : record_cell(parent, (size_t)parent->type->model_field);
	const struct work_model *model = name == NULL || name->kind != CELL_TEXT ? NULL : type_work_model(parent->type, name->text);

	*ret_graph = &parent->type->tasks->graph;
	*ret_about = parent;
	if (model == NULL)
		return NULL;
	*ret_graph = &model->graph;
	return answers_load(work, parent, model, ret_about);
}

/* ---- time ---- */

struct error *task_due(struct work *work, struct record *parent, const struct task_step *step, moment *ret_due)
{
	const struct calendar *calendar;

	*ret_due = MOMENT_UNSET;
	if (step->due_ms == 0 && step->due_working_days == 0)
		return NULL;
	TRY(engine_calendar(work, parent, &calendar));
	*ret_due = step->due_ms > 0 ? calendar_add(calendar, work->now, step->due_ms)
	                            : calendar_add_days(calendar, work->now, step->due_working_days);
	return NULL;
}

/* ---- steps that the engine takes ---- */

/* What the task gets with it: its due moment, once it can begin. */
static struct error *add_due(struct work *work, const struct record *task, struct record *parent, bool *changed, struct cell *cells)
{
	const struct field *due = type_field(task->type, T("due")), *step = type_field(task->type, T("step"));
	const struct task_graph *graph;
	struct record *about;
	moment at = MOMENT_UNSET;

	if (parent == NULL || parent->type->tasks == NULL || due == NULL || step == NULL ||
	    record_cell(task, due->position)->kind != CELL_NULL || record_cell(task, step->position)->kind != CELL_TEXT)
		return NULL;
	TRY(tasks_graph(work, parent, &graph, &about));
	for (size_t i = 0; i < graph->step_count; i++)
		if (text_equal(graph->steps[i].name, record_cell(task, step->position)->text))
			TRY(task_due(work, parent, &graph->steps[i], &at));
	if (at == MOMENT_UNSET)
		return NULL;
	changed[due->position] = true;
	cells[due->position] = cell_moment(at);
	return NULL;
}

struct error *task_take(struct work *work, const struct record *task, text transition, struct record *parent)
{
	int position = lifecycle_transition(task->type->lifecycle, transition);
	bool *changed = arena_new_array(work->arena, bool, task->type->field_count);
	struct cell *cells = arena_new_array(work->arena, struct cell, task->type->field_count);
	struct record *locked;

	if (position < 0)
		return NULL;
	TRY(model_lock(work, task->type, task->id, &locked));
	position = lifecycle_transition(locked->type->lifecycle, transition);
	if (position < 0 || !state_in(locked->type->lifecycle->transitions[position].from, (size_t)record_state(locked)))
		return NULL;
	if (text_equal(transition, T("release")))
		TRY(add_due(work, locked, parent, changed, cells));
	return engine_apply_transition(work, locked, &locked->type->lifecycle->transitions[position], changed, cells, TEXT_UNSET,
	                               VISIBLE_INTERNAL, TEXT_UNSET);
}
