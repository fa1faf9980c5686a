/*
 * A graph of steps becomes tasks: each is one row and one event, born in the state it is in - ready, or pending when it waits for
 * others. A step whose condition does not hold is not made, and what waits for it waits for what it would have waited for.
 */
#include "engine/task_private.h"

struct making {
	struct work *work;
	struct record *parent, *about;
	const struct task_graph *graph;
	const struct type *task;
	struct record **tasks; /* [step_count]: NULL: not made */
	bool *before;          /* [step_count * step_count]: which tasks a step waits for, past those not made */
};

/* The latest task of each step that is still good. */
static void find_made(struct making *making, struct record *const *tasks, size_t count, bool again)
{
	const struct field *field = type_field(making->task, T("step"));

	for (size_t i = 0; field != NULL && i < count; i++) {
		const struct cell *name = record_cell(tasks[i], field->position);

		for (size_t j = 0; name->kind == CELL_TEXT && j < making->graph->step_count; j++)
			if (text_equal(making->graph->steps[j].name, name->text))
				making->tasks[j] = tasks[i];
	}
	for (size_t j = 0; again && j < making->graph->step_count; j++)
		if (making->tasks[j] != NULL &&
		    (task_has_state(making->tasks[j], T("failed")) || task_has_state(making->tasks[j], T("cancelled"))))
			making->tasks[j] = NULL;
}

static void find_before(struct making *making, size_t step)
{
	const struct task_step *definition = &making->graph->steps[step];
	size_t count = making->graph->step_count;

	for (size_t i = 0; i < definition->after_count; i++) {
		size_t other = definition->after[i];

		making->before[step * count + other] |= making->tasks[other] != NULL;
		for (size_t j = 0; making->tasks[other] == NULL && j < count; j++)
			making->before[step * count + j] |= making->before[other * count + j];
	}
}

/* ---- one task ---- */

static void set_text(struct step *step, const char *name, text t)
{
	const struct field *field = type_field(step->type, text_from(name));

	if (field != NULL && text_is_set(t))
		step_set(step, field->position, cell_text(t));
}

/* What it has of its record: who asked for it, which service it is for, whether it is restricted. */
static void inherit(const struct making *making, struct step *step)
{
	static const char *const names[] = { "requester", "service", "location", "restricted" };
	const struct type *type = making->parent->type;

	for (size_t i = 0; i < array_length(names); i++) {
		const struct field *from = type_field(type, text_from(names[i])), *to = type_field(step->type, text_from(names[i]));

		if (from != NULL && to != NULL && from->kind == to->kind && from->target == to->target)
			step_set(step, to->position, *record_cell(making->parent, from->position));
	}
}

static text needed_names(const struct making *making, const struct task_step *definition)
{
	text *names = arena_new_array(making->work->arena, text, definition->need_count + 1);

	for (size_t i = 0; i < definition->need_count; i++)
		names[i] = making->task->fields[definition->needs[i]].name;
	return definition->need_count == 0 ? TEXT_UNSET : text_join(making->work->arena, names, definition->need_count, T(", "));
}

static struct error *set_team(const struct making *making, const struct task_step *definition, struct step *step,
                              struct value *missing)
{
	struct work *work = making->work;
	int64_t id;

	if (!text_is_set(definition->team) || step->type->team < 0)
		return NULL;
	TRY(model_find_id(work, work->model->team, definition->team, &id));
	if (id != 0)
		step_set(step, (size_t)step->type->team, cell_integer(id));
	else
		value_append(work->arena, missing,
		             value_text(work->arena, text_format(work->arena, "team %.*s", TEXT_ARG(definition->team))));
	return NULL;
}

static struct error *set_links(const struct making *making, size_t position, struct step *step, bool *ret_free)
{
	size_t count = making->graph->step_count;
	const struct field *after = type_field(step->type, T("after"));
	struct step_links *links = arena_new_struct(making->work->arena, struct step_links);

	*ret_free = true;
	*links = (struct step_links){ .field = after, .ids = arena_new_array(making->work->arena, int64_t, count + 1) };
	for (size_t i = 0; i < count; i++)
		if (making->before[position * count + i]) {
			links->ids[links->count++] = making->tasks[i]->id;
			*ret_free = *ret_free && task_is_over(making->tasks[i]);
		}
	if (after != NULL && links->count > 0) {
		step->links = links;
		step->link_count = 1;
	}
	return NULL;
}

static struct error *make_one(struct making *making, size_t position)
{
	const struct task_step *definition = &making->graph->steps[position];
	struct work *work = making->work;
	struct value *missing = value_list(work->arena);
	const struct field *due = type_field(making->task, T("due"));
	struct step step;
	moment at;
	bool free;

	TRY(step_new(work, making->task, &step));
	set_text(&step, "title", label_in(&definition->label, work->language));
	set_text(&step, "description", definition->description);
	set_text(&step, "parent", record_number(making->parent));
	set_text(&step, "step", definition->name);
	set_text(&step, "needed", needed_names(making, definition));
	inherit(making, &step);
	TRY(set_team(making, definition, &step, missing));
	TRY(engine_evaluate_settings(work, making->task, making->about, definition->sets, definition->set_count, step.changed,
	                             step.cells, missing));
	TRY(set_links(making, position, &step, &free));
	TRY(task_due(work, making->parent, definition, &at));
	if (free && due != NULL && at != MOMENT_UNSET && !step.changed[due->position])
		step_set(&step, due->position, cell_moment(at));
	step_set(&step, FIELD_STATE, cell_integer(task_state(step.type, free ? T("ready") : T("pending"))));
	step_note_missing(&step, work, missing);
	TRY(step_finish_new(&step, work));
	making->tasks[position] = step.record;
	return NULL;
}

struct error *tasks_make(struct work *work, struct record *parent, struct record *const *existing, size_t existing_count, bool again,
                         bool *ret_open)
{
	struct making making = { .work = work, .parent = parent, .task = type_newest(task_type(work)) };
	size_t count;

	*ret_open = false;
	TRY(tasks_graph(work, parent, &making.graph, &making.about));
	count = making.graph->step_count;
	if (count == 0)
		return NULL;
	making.tasks = arena_new_array(work->arena, struct record *, count);
	making.before = arena_new_array(work->arena, bool, count * count);
	find_made(&making, existing, existing_count, again);
	for (size_t i = 0; i < count; i++) {
		bool wanted = true;

		find_before(&making, i);
		if (making.tasks[i] != NULL)
			continue;
		TRY(rule_holds(work, making.graph->steps[i].when, making.about, &wanted));
		if (wanted)
			TRY(make_one(&making, i));
		*ret_open = *ret_open || (making.tasks[i] != NULL && !task_is_over(making.tasks[i]));
	}
	return NULL;
}
