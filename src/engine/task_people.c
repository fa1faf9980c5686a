/*
 * What people are asked and refused around tasks: a new one by hand, what one waits for, what must be filled in to complete it, and
 * the record that waits for its tasks.
 */
#include "engine/task_private.h"

/* ---- the record waits ---- */

static bool waits_for_tasks(const struct record *record, const struct transition *transition)
{
	const struct tasks_definition *tasks = record->type->tasks;
	const struct lifecycle *lifecycle = record->type->lifecycle;
	enum state_group group = lifecycle->states[transition->to].group;

	return tasks != NULL && tasks->waits && (group == GROUP_DONE || group == GROUP_CLOSED) &&
	       tasks->failed != transition - lifecycle->transitions;
}

struct error *tasks_check_waits(struct work *work, const struct record *record, const struct transition *transition)
{
	struct record **tasks;
	size_t count;
	text names = TEXT_UNSET;

	if (!waits_for_tasks(record, transition))
		return NULL;
	TRY(tasks_of(work, record, true, &tasks, &count));
	for (size_t i = 0; i < count && i < 3; i++) {
		text name = text_format(work->arena, "%.*s (%.*s)", TEXT_ARG(record_number(tasks[i])), TEXT_ARG(record_title(tasks[i])));

		names = i == 0 ? name : text_format(work->arena, "%.*s, %.*s", TEXT_ARG(names), TEXT_ARG(name));
	}
	if (count == 0)
		return NULL;
	if (count > 3)
		names = text_format(work->arena, "%.*s and %zu more", TEXT_ARG(names), count - 3);
	return error_hint(work->arena,
	                  error_new(work->arena, ERROR_CONFLICT, "%.*s waits for its tasks: %.*s", TEXT_ARG(record_number(record)),
	                            TEXT_ARG(names)),
	                  "complete, skip or cancel them first");
}

struct error *tasks_hold_back(struct work *work, const struct record *record, const struct transition *transition, bool *ret_held)
{
	*ret_held = false;
	return waits_for_tasks(record, transition) ? tasks_any_open(work, record, ret_held) : NULL;
}

/* ---- what completes a task ---- */

const struct transition *task_transition(struct work *work, const struct record *task, const struct transition *transition)
{
	const struct field *needed = task_is(task->type) ? type_field(task->type, T("needed")) : NULL;
	const struct cell *names = needed == NULL ? NULL : record_cell(task, needed->position);
	struct transition *longer;
	text rest, name;
	size_t most;

	if (names == NULL || names->kind != CELL_TEXT ||
	    !text_equal(task->type->lifecycle->states[transition->to].name, T("done")))
		return transition;
	longer = arena_copy(work->arena, transition, sizeof(*transition));
	most = transition->need_count + task->type->field_count;
	longer->needs = arena_new_array(work->arena, struct need, most);
	for (size_t i = 0; i < transition->need_count; i++)
		longer->needs[i] = transition->needs[i];
	for (rest = names->text; text_cut(&rest, ',', &name) && longer->need_count < most;) {
		const struct field *field = type_field(task->type, text_trim(name));

		if (field != NULL)
			longer->needs[longer->need_count++] = (struct need){
				.fields = arena_copy(work->arena, &field->position, sizeof(size_t)), .field_count = 1
			};
	}
	return longer;
}

static struct error *load_parent(struct work *work, const struct record *task, struct record **ret_parent)
{
	const struct cell *number = record_cell(task, (size_t)task->type->parent);
	const struct type *type;
	int64_t id = 0;

	*ret_parent = NULL;
	if (number->kind == CELL_TEXT)
		TRY(model_find_number(work, number->text, &type, &id));
	return id == 0 ? NULL : model_load(work, type, id, ret_parent);
}

/* A record that has moved on does not wait for a task any more. */
static struct error *refuse_ended(struct work *work, const struct record *parent)
{
	int state = record_state(parent);
	const struct state *now = state < 0 ? NULL : &parent->type->lifecycle->states[state];

	if (now == NULL || now->group < GROUP_DONE)
		return NULL;
	return error_new(work->arena, ERROR_CONFLICT, "%.*s is %.*s: it takes no more tasks", TEXT_ARG(record_number(parent)),
	                 TEXT_ARG(now->name));
}

struct error *task_check_transition(struct work *work, const struct record *task, const struct transition *transition)
{
	struct record *parent;

	if (!task_is(task->type) || !task_is_over(task) || task->type->lifecycle->states[transition->to].group >= GROUP_CLOSED)
		return NULL;
	TRY(load_parent(work, task, &parent));
	return parent == NULL ? NULL : refuse_ended(work, parent);
}

/* ---- what a task waits for ---- */

static struct error *refuse_after(struct work *work, const struct record *other, const char *why)
{
	return error_field(error_new(work->arena, ERROR_INVALID, "after: %.*s %s", TEXT_ARG(record_number(other)), why), T("after"));
}

/* Whether the way back from `from` along `after` leads to the task. */
static struct error *leads_to(struct work *work, const struct type *type, int64_t from, int64_t task, int64_t *seen, size_t *seen_count,
                              bool *ret_leads)
{
	struct record link = { .type = type, .id = from };
	int64_t *ids;
	size_t count;

	for (size_t i = 0; i < *seen_count; i++)
		if (seen[i] == from)
			return NULL;
	*ret_leads = *ret_leads || from == task;
	if (*ret_leads || *seen_count == TASKS_MAX)
		return NULL;
	seen[(*seen_count)++] = from;
	TRY(record_links(work, &link, type_field(type, T("after")), &ids, &count));
	for (size_t i = 0; i < count && !*ret_leads; i++)
		TRY(leads_to(work, type, ids[i], task, seen, seen_count, ret_leads));
	return NULL;
}

static struct error *check_after(struct step *step, struct work *work, bool *ret_free)
{
	const struct cell *parent = step_cell(step, (size_t)step->type->parent);
	int64_t *seen = arena_new_array(work->arena, int64_t, TASKS_MAX);

	*ret_free = true;
	for (size_t i = 0; i < step->link_count; i++) {
		if (!text_equal(step->links[i].field->name, T("after")))
			continue;
		for (size_t j = 0; j < step->links[i].count; j++) {
			struct record *other;
			size_t seen_count = 0;
			bool circle = false;

			TRY(model_load(work, step->type, step->links[i].ids[j], &other));
			if (!cell_equal(record_cell(other, (size_t)step->type->parent), parent))
				return refuse_after(work, other, "belongs to another record");
			if (step->record->id != 0)
				TRY(leads_to(work, step->type, other->id, step->record->id, seen, &seen_count, &circle));
			if (circle)
				return refuse_after(work, other, "waits for this task itself");
			*ret_free = *ret_free && task_is_over(other);
		}
	}
	return NULL;
}

struct error *task_check_update(struct step *step, struct work *work)
{
	bool free;

	if (!task_is(step->type))
		return NULL;
	if (step->changed[step->type->parent] &&
	    !cell_equal(&step->cells[step->type->parent], &step->record->cells[step->type->parent]))
		return error_field(error_new(work->arena, ERROR_INVALID, "parent cannot be changed: make a task there, and cancel this one"),
		                   T("parent"));
	return check_after(step, work, &free);
}

/* ---- a task by hand ---- */

static struct error *refuse_parent(struct work *work, const char *why, const struct record *parent)
{
	return error_field(error_new(work->arena, ERROR_INVALID, "parent: %.*s %s", TEXT_ARG(record_number(parent)), why), T("parent"));
}

struct error *task_adopt(struct step *step, struct work *work)
{
	struct record *result, *parent;
	int64_t count;
	bool may, free;

	if (!task_is(step->type))
		return NULL;
	result = step_result(step, work);
	TRY(task_lock_parent(work, result, &parent));
	if (parent == NULL)
		return NULL; /* told as missing */
	if (parent->type->tasks == NULL)
		return refuse_parent(work, "has no tasks: its definition has no section tasks", parent);
	TRY(access_may(work, RIGHT_UPDATE, parent->type, parent, &may));
	if (!may && work->actor->kind != ACTOR_SYSTEM)
		return error_new(work->arena, ERROR_FORBIDDEN, "you may not add tasks to %.*s", TEXT_ARG(record_number(parent)));
	TRY(refuse_ended(work, parent));
	TRY(tasks_count(work, parent, &count));
	if (count >= TASKS_MAX)
		return error_new(work->arena, ERROR_CONFLICT, "%.*s has %d tasks, the most there can be", TEXT_ARG(record_number(parent)),
		                 TASKS_MAX);
	TRY(check_after(step, work, &free));
	free = free && state_in(parent->type->tasks->states, (size_t)record_state(parent));
	step_set(step, FIELD_STATE, cell_integer(task_state(step->type, free ? T("ready") : T("pending"))));
	if (step->type->restricted >= 0 && parent->type->restricted >= 0)
		step_set(step, (size_t)step->type->restricted, *record_cell(parent, (size_t)parent->type->restricted));
	return NULL;
}

struct error *task_lock_first(struct work *work, const struct type *type, int64_t id)
{
	struct record *task, *parent;
	struct error *error;

	if (!task_is(type))
		return NULL;
	error = model_load(work, type, id, &task);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	return task_lock_parent(work, task, &parent);
}
