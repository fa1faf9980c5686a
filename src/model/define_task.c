/*
 * Tasks under a record: the section `tasks` of a type, and the graph of steps that it and the models have. Steps
 * are kept in an order in which none stands before what it waits for, so that whoever makes them makes each after
 * those it needs.
 */
#include "model/define_private.h"

#define TASKS_KEYS "in done failed waits steps"
#define STEP_KEYS "label description team after needs when due carried_out_by set"
/* A graph that people can still read; a task each. */
#define STEPS_MAX 300
#define WORKING_DAYS_MAX 1000

bool define_span(struct define *d, const struct value *at, text source, int64_t *ret_ms, int64_t *ret_working_days)
{
	text number = source;

	*ret_ms = *ret_working_days = 0;
	if (text_ends_with(source, T(" working days")) || text_ends_with(source, T(" working day"))) {
		number = text_slice(source, 0, (size_t)text_find_char(source, ' '));
		if (text_to_integer(number, ret_working_days) && *ret_working_days > 0 &&
		    *ret_working_days <= WORKING_DAYS_MAX)
			return true;
	} else if (duration_parse(source, ret_ms) && *ret_ms > 0) {
		return true;
	}
	define_error(d, at, T("5 working days, 4h, 2d"), "'%.*s' is no length of time", TEXT_ARG(source));
	return false;
}

/* ---- steps ---- */

/* A relation by which other records carry out the task: it leads to tasks, too. */
static void read_carried_out_by(struct define *d, struct task_step *step, const struct type *task, const struct value *value)
{
	struct relation_end end;
	text source = value == NULL ? TEXT_UNSET : define_scalar(d, value, "carried_out_by");

	step->carried_out_by = -1;
	if (!text_is_set(source))
		return;
	/* Seen from the task, the relation leads to it. */
	if (define_relation_end(d, task, text_format(d->arena, "%.*s <-", TEXT_ARG(source)), value, &end))
		step->carried_out_by = (ptrdiff_t)end.relation;
}

static void read_step(struct define *d, struct task_step *step, const struct type *from, const struct value_entry *entry)
{
	const struct type *task = model_type(d->model, T("work_task"));
	const struct value *node = entry->value, *due;

	step->name = entry->key;
	step->carried_out_by = -1;
	if (value_is_null(node)) {
		step->label = define_label(d, NULL, T("label"), entry->key);
		return;
	}
	if (!define_map(d, node, "a step", STEP_KEYS))
		return;
	step->label = define_label(d, node, T("label"), entry->key);
	step->description = define_text(d, node, T("description"));
	step->team = define_text(d, node, T("team"));
	step->needs = define_fields_at(d, task, value_get(node, T("needs")), &step->need_count);
	for (size_t i = 0; i < step->need_count; i++)
		if (task->fields[step->needs[i]].set_by_engine)
			define_error(d, value_get(node, T("needs")), TEXT_UNSET, "only the system sets '%.*s'",
				     TEXT_ARG(task->fields[step->needs[i]].name));
	step->when = define_condition(d, from, value_get(node, T("when")), CONDITION_RULE);
	read_carried_out_by(d, step, task, value_get(node, T("carried_out_by")));
	due = value_get(node, T("due"));
	if (due != NULL)
		(void)define_span(d, due, define_scalar(d, due, "due"), &step->due_ms, &step->due_working_days);
	step->sets = define_settings(d, task, from, value_get(node, T("set")), &step->set_count);
}

static ptrdiff_t step_at(struct define *d, const struct task_graph *graph, const struct value *at)
{
	text name = define_scalar(d, at, "a step's name"), names[STEPS_MAX];

	for (size_t i = 0; i < graph->step_count; i++) {
		if (text_equal(graph->steps[i].name, name))
			return (ptrdiff_t)i;
		names[i] = graph->steps[i].name;
	}
	if (text_is_set(name))
		define_error(d, at, define_hint(d, name, names, graph->step_count), "no step is named '%.*s'",
			     TEXT_ARG(name));
	return -1;
}

static void read_after(struct define *d, const struct task_graph *graph, struct task_step *step,
		       const struct value *node)
{
	size_t count;
	struct value **items = define_list(d, value_get(node, T("after")), &count);

	step->after = arena_new_array(d->arena, size_t, count);
	for (size_t i = 0; i < count; i++) {
		ptrdiff_t position = step_at(d, graph, items[i]);
		bool twice = false;

		for (size_t j = 0; j < step->after_count; j++)
			twice = twice || step->after[j] == (size_t)position;
		if (twice)
			define_error(d, items[i], TEXT_UNSET, "'%.*s' stands twice", TEXT_ARG(items[i]->text));
		else if (position >= 0)
			step->after[step->after_count++] = (size_t)position;
	}
}

/* ---- their order ---- */

/* "account -> laptop -> account": from a step that nothing frees, along what it waits for, until one comes again. */
static void tell_circle(struct define *d, const struct task_graph *graph, const bool *placed, const struct value *node)
{
	size_t walk[STEPS_MAX + 1], length = 0, at = 0, first = 0;
	bool seen[STEPS_MAX] = { false };
	text words = TEXT_UNSET;

	while (placed[at])
		at++;
	while (!seen[at]) {
		const struct task_step *step = &graph->steps[at];

		seen[at] = true;
		walk[length++] = at;
		for (size_t i = 0; i < step->after_count; i++)
			if (!placed[step->after[i]]) {
				at = step->after[i];
				break;
			}
	}
	while (walk[first] != at)
		first++;
	walk[length++] = at;
	for (size_t i = first; i < length; i++) {
		text name = graph->steps[walk[i]].name;

		words = i == first ? name : text_format(d->error_arena, "%.*s -> %.*s", TEXT_ARG(words), TEXT_ARG(name));
	}
	define_error_key(d, &node->map.entries[at], T("take one of them out of its after"),
			 "these steps wait for each other: %.*s", TEXT_ARG(words));
}

/* Each time the first step, in the order of the definition, whose predecessors all stand already. */
static void put_in_order(struct define *d, struct task_graph *graph, const struct value *node)
{
	struct task_step *ordered = arena_new_array(d->arena, struct task_step, graph->step_count);
	size_t place[STEPS_MAX], count = 0;
	bool placed[STEPS_MAX] = { false };

	while (count < graph->step_count) {
		size_t next = graph->step_count;

		for (size_t i = 0; i < graph->step_count && next == graph->step_count; i++) {
			bool free = !placed[i];

			for (size_t j = 0; j < graph->steps[i].after_count; j++)
				free = free && placed[graph->steps[i].after[j]];
			if (free)
				next = i;
		}
		if (next == graph->step_count) {
			tell_circle(d, graph, placed, node);
			return;
		}
		placed[next] = true;
		place[next] = count;
		ordered[count++] = graph->steps[next];
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < ordered[i].after_count; j++)
			ordered[i].after[j] = place[ordered[i].after[j]];
	graph->steps = ordered;
}

void define_task_graph(struct define *d, struct task_graph *graph, const struct type *from, const struct value *node)
{
	if (value_is_null(node) || !define_names(d, node, "steps"))
		return;
	if (model_type(d->model, T("work_task")) == NULL) {
		define_error(d, node, T("platform/work_task.yaml defines it"), "tasks need the type 'work_task'");
		return;
	}
	if (node->map.count > STEPS_MAX) {
		define_error(d, node, TEXT_UNSET, "more than %d steps", STEPS_MAX);
		return;
	}
	graph->steps = arena_new_array(d->arena, struct task_step, node->map.count);
	for (size_t i = 0; i < node->map.count; i++)
		read_step(d, &graph->steps[graph->step_count++], from, &node->map.entries[i]);
	for (size_t i = 0; i < node->map.count; i++)
		if (node->map.entries[i].value->kind == VALUE_MAP)
			read_after(d, graph, &graph->steps[i], node->map.entries[i].value);
	put_in_order(d, graph, node);
}

/* ---- the section of a type ---- */

/* The transition taken when the tasks are over: the engine may take it, and it leaves every state that has tasks. */
static ptrdiff_t read_outcome(struct define *d, const struct type *type, const struct tasks_definition *tasks,
			      const struct value *node)
{
	const struct lifecycle *lifecycle = type->lifecycle;
	const struct transition *transition;
	ptrdiff_t position;
	bool permitted = false;

	if (node == NULL)
		return -1;
	position = define_transition_at(d, type, define_scalar(d, node, "a transition"), node);
	if (position < 0)
		return -1;
	transition = &lifecycle->transitions[position];
	for (size_t i = 0; i < transition->permit_count; i++)
		permitted = permitted || transition->permits[i].tasks;
	if (!permitted)
		define_error(d, node, T("add tasks to its by"), "the end of the tasks may not take '%.*s'",
			     TEXT_ARG(transition->name));
	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (state_in(tasks->states, i) && !state_in(transition->from, i))
			define_error(d, node, T("add the state to its from"), "'%.*s' does not leave '%.*s', which has tasks",
				     TEXT_ARG(transition->name), TEXT_ARG(lifecycle->states[i].name));
	return position;
}

static void read_states(struct define *d, const struct type *type, struct tasks_definition *tasks,
			const struct value *section)
{
	const struct value *in = value_get(section, T("in"));

	tasks->states = define_states_at(d, type, in);
	if (in == NULL)
		define_error(d, section, T("in: STATE"), "tasks need the state in which they are done");
	for (size_t i = 0; type->lifecycle != NULL && i < type->lifecycle->state_count; i++)
		if (state_in(tasks->states, i) && type->lifecycle->states[i].group >= GROUP_CLOSED)
			define_error(d, in, TEXT_UNSET, "no work is left to do in '%.*s', which ends the record",
				     TEXT_ARG(type->lifecycle->states[i].name));
}

void define_tasks(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("tasks"));
	struct type *type = draft->type;
	struct tasks_definition *tasks;

	if (section == NULL || !define_map(d, section, "tasks", TASKS_KEYS))
		return;
	if (type->lifecycle == NULL) {
		define_error(d, section, TEXT_UNSET, "%.*s has no lifecycle, so nothing begins its tasks",
			     TEXT_ARG(type->name));
		return;
	}
	tasks = arena_new_struct(d->arena, struct tasks_definition);
	tasks->type = model_type(d->model, T("work_task"));
	if (tasks->type == NULL) {
		define_error(d, section, T("platform/work_task.yaml defines it"), "tasks need the type 'work_task'");
		return;
	}
	read_states(d, type, tasks, section);
	tasks->waits = define_bool(d, section, T("waits"), true);
	tasks->done = read_outcome(d, type, tasks, value_get(section, T("done")));
	tasks->failed = read_outcome(d, type, tasks, value_get(section, T("failed")));
	define_task_graph(d, &tasks->graph, type, value_get(section, T("steps")));
	type->tasks = tasks;
}
