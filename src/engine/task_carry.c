/*
 * Tasks that other records carry out (`carried_out_by: RELATION` of a step): what is linked with the record by that relation is linked
 * with the task too. What becomes of the task when such a record ends is said by the rules of that record's type.
 */
#include "engine/task_private.h"

#define CARRY_MAX 100

static const struct task_step *step_of(const struct task_graph *graph, const struct record *task)
{
	const struct field *field = type_field(task->type, T("step"));
	const struct cell *name = field == NULL ? NULL : record_cell(task, field->position);

	for (size_t i = 0; name != NULL && name->kind == CELL_TEXT && i < graph->step_count; i++)
		if (text_equal(graph->steps[i].name, name->text))
			return &graph->steps[i];
	return NULL;
}

static bool is_carried(const struct task_graph *graph)
{
	for (size_t i = 0; i < graph->step_count; i++)
		if (graph->steps[i].carried_out_by >= 0)
			return true;
	return false;
}

static bool is_over(const struct record *record)
{
	int state = record_state(record);

	return state >= 0 && record->type->lifecycle->states[state].group >= GROUP_CLOSED;
}

struct carrier {
	const struct type *type;
	int64_t id;
};

static struct error *find_carriers(struct work *work, const struct record *parent, const struct relation *relation,
                                   struct carrier *carriers, size_t *ret_count)
{
	struct rows *rows;
	bool row;

	*ret_count = 0;
	TRY(store_query(work->store, work->arena, SQL_LINK_BEGINS, CELLS(cell_text(relation->name), cell_integer(parent->id),
	                                                                 cell_integer(CARRY_MAX)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		const struct type *type = model_type(work->model, rows_text(rows, 0));
		if (type != NULL && *ret_count < CARRY_MAX)
			carriers[(*ret_count)++] = (struct carrier){ type, rows_integer(rows, 1) };
	}
}

static struct error *link_task(struct work *work, const struct record *task, const struct relation *relation, struct record *from)
{
	struct record *locked;
	int64_t link_id;

	TRY(model_lock(work, task->type, task->id, &locked));
	return engine_apply_link(work, from, relation, locked, &link_id);
}

/* `again`: there was such a task before; what has ended since did not carry it out, and cannot now. */
static struct error *carry_one(struct work *work, struct record *parent, const struct record *task, const struct relation *relation,
                               bool again)
{
	struct carrier *carriers = arena_new_array(work->arena, struct carrier, CARRY_MAX);
	size_t count;

	TRY(find_carriers(work, parent, relation, carriers, &count));
	for (size_t i = 0; i < count; i++) {
		struct record *from;

		TRY(model_lock(work, carriers[i].type, carriers[i].id, &from));
		if (!again || !is_over(from))
			TRY(link_task(work, task, relation, from));
	}
	return NULL;
}

static bool has_id(struct record *const *tasks, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (tasks[i]->id == id)
			return true;
	return false;
}

static bool had_step(const struct task_graph *graph, struct record *const *tasks, size_t count, const struct task_step *step)
{
	for (size_t i = 0; i < count; i++)
		if (step_of(graph, tasks[i]) == step)
			return true;
	return false;
}

struct error *tasks_carry_new(struct work *work, struct record *parent, struct record *const *existing, size_t existing_count)
{
	const struct task_graph *graph;
	struct record *about, **tasks;
	size_t count;

	TRY(tasks_graph(work, parent, &graph, &about));
	if (!is_carried(graph))
		return NULL;
	TRY(tasks_of(work, parent, true, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		const struct task_step *step = step_of(graph, tasks[i]);

		if (step != NULL && step->carried_out_by >= 0 && !has_id(existing, existing_count, tasks[i]->id))
			TRY(carry_one(work, parent, tasks[i], &work->model->relations[step->carried_out_by],
			              had_step(graph, existing, existing_count, step)));
	}
	return NULL;
}

struct error *tasks_carry_link(struct work *work, struct record *from, const struct relation *relation, struct record *parent)
{
	const struct task_graph *graph;
	struct record *about, **tasks;
	size_t count;

	if (parent->type->tasks == NULL || task_type(work) == NULL)
		return NULL;
	TRY(tasks_graph(work, parent, &graph, &about));
	if (!is_carried(graph))
		return NULL;
	TRY(tasks_of(work, parent, true, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		const struct task_step *step = step_of(graph, tasks[i]);

		if (step != NULL && step->carried_out_by >= 0 && &work->model->relations[step->carried_out_by] == relation)
			TRY(link_task(work, tasks[i], relation, from));
	}
	return NULL;
}
