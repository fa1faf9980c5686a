/* Tasks and children of a record for who may read them: the graph with its edges, and how many of its children are in which state. */
#include "engine/task_private.h"

#include "base/json.h"
#include "base/limits.h"

#include "model/query.h"

struct graph {
	struct record_task *tasks;
	size_t count;
};

static ptrdiff_t place_of(const struct graph *graph, int64_t id)
{
	for (size_t i = 0; i < graph->count; i++)
		if (graph->tasks[i].record->id == id)
			return (ptrdiff_t)i;
	return -1;
}

/* A task that the reader may not see is no node; what waits for it just waits. */
static void add_edge(struct work *work, struct graph *graph, int64_t from, int64_t to)
{
	ptrdiff_t task = place_of(graph, from), before = place_of(graph, to);
	struct record_task *one;

	if (task < 0 || before < 0)
		return;
	one = &graph->tasks[task];
	one->after = arena_grow(work->arena, one->after, sizeof(*one->after) * one->after_count,
	                        sizeof(*one->after) * (one->after_count + 1));
	one->after[one->after_count++] = (size_t)before;
}

static struct error *read_edges(struct work *work, struct graph *graph)
{
	struct value *ids = value_list(work->arena);
	struct rows *rows;
	bool row;

	for (size_t i = 0; i < graph->count; i++)
		value_append(work->arena, ids, value_integer(work->arena, graph->tasks[i].record->id));
	TRY(store_query(work->store, work->arena, SQL_TASK_EDGES, CELLS(cell_text(json_text(work->arena, ids))), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		add_edge(work, graph, rows_integer(rows, 0), rows_integer(rows, 1));
	}
}

/* The longest way to it from a task that waits for none. */
static void find_levels(struct graph *graph)
{
	bool changed = true;

	for (size_t round = 0; changed && round <= graph->count; round++) {
		changed = false;
		for (size_t i = 0; i < graph->count; i++)
			for (size_t j = 0; j < graph->tasks[i].after_count; j++) {
				int level = graph->tasks[graph->tasks[i].after[j]].level + 1;

				if (graph->tasks[i].level < level) {
					graph->tasks[i].level = level;
					changed = true;
				}
			}
	}
}

/* By level; within one, as they were made. */
static void sort_by_level(struct work *work, struct graph *graph)
{
	struct record_task *sorted = arena_new_array(work->arena, struct record_task, graph->count + 1);
	size_t *place = arena_new_array(work->arena, size_t, graph->count + 1), count = 0;

	for (int level = 0; count < graph->count; level++)
		for (size_t i = 0; i < graph->count; i++)
			if (graph->tasks[i].level == level) {
				place[i] = count;
				sorted[count++] = graph->tasks[i];
			}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < sorted[i].after_count; j++)
			sorted[i].after[j] = place[sorted[i].after[j]];
	graph->tasks = sorted;
}

/*
 * Along the index of the field alone, and the rights asked of each in memory: there are few under one record, and their teams and
 * people would lead the planner astray. A field that the reader may not know of is as if it were not there.
 */
static struct error *find_under(struct work *work, const struct type *type, const struct field *field, const struct record *parent,
                                size_t limit, struct record_page *ret_page)
{
	struct condition *where;
	size_t kept = 0;
	text source = text_format(work->arena, "%.*s = \"%.*s\"", TEXT_ARG(field->name), TEXT_ARG(record_number(parent)));

	*ret_page = (struct record_page){ NULL, 0, TEXT_UNSET };
	if (!access_field_readable(work, type, field))
		return NULL;
	TRY(condition_parse(work->arena, work->model, type, source, CONDITION_RULE, &where));
	const struct query query = { .type = type, .where = where, .context = { .work = work }, .everything = true, .limit = limit };
	TRY(model_find(work, &query, ret_page));
	for (size_t i = 0; i < ret_page->count; i++) {
		bool may;

		TRY(access_may(work, RIGHT_READ, type, ret_page->records[i], &may));
		if (may)
			ret_page->records[kept++] = ret_page->records[i];
	}
	ret_page->count = kept;
	return NULL;
}

/* The tasks that the reader may see; none for a type without tasks. */
static struct error *find_tasks(struct work *work, const struct record *record, struct record_page *ret_page)
{
	const struct type *type = task_type(work);

	*ret_page = (struct record_page){ NULL, 0, TEXT_UNSET };
	return type == NULL || record->type->tasks == NULL
	           ? NULL
	           : find_under(work, type, &type->fields[type->parent], record, TASKS_MAX, ret_page);
}

struct error *engine_tasks(struct work *work, struct record *record, struct record_task **ret_tasks, size_t *ret_count)
{
	struct graph graph = { NULL, 0 };
	struct record_page page;

	TRY(find_tasks(work, record, &page));
	graph.tasks = arena_new_array(work->arena, struct record_task, page.count + 1);
	graph.count = page.count;
	for (size_t i = 0; i < page.count; i++)
		graph.tasks[i].record = page.records[i];
	if (graph.count > 0)
		TRY(read_edges(work, &graph));
	find_levels(&graph);
	sort_by_level(work, &graph);
	*ret_tasks = graph.tasks;
	*ret_count = graph.count;
	return NULL;
}

struct error *engine_task_summary(struct work *work, struct record *record, struct task_summary *ret_summary)
{
	struct record_page page;
	struct task_summary summary = { 0 };

	TRY(find_tasks(work, record, &page));
	for (size_t i = 0; i < page.count; i++) {
		summary.total++;
		summary.open += !task_is_over(page.records[i]);
		summary.done += task_has_state(page.records[i], T("done"));
		summary.failed += task_has_state(page.records[i], T("failed"));
	}
	*ret_summary = summary;
	return NULL;
}

/* ---- children ---- */

static bool is_child_type(const struct type *type, const struct type *parent)
{
	const struct field *field = type->parent < 0 ? NULL : &type->fields[type->parent];

	return field != NULL && !type->abstract && type->lifecycle != NULL && !task_is(type) &&
	       ((field->kind == KIND_LINK && field->target->position == parent->position) || field->kind == KIND_RECORD);
}

struct error *engine_children(struct work *work, struct record *record, struct child_group **ret_groups, size_t *ret_count)
{
	struct child_group *groups = arena_new_array(work->arena, struct child_group, work->model->type_count);
	size_t count = 0;

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = &work->model->types[i];
		struct record_page page;

		if (!is_child_type(type, record->type))
			continue;
		TRY(find_under(work, type, &type->fields[type->parent], record, LIMIT_PAGE_ROWS, &page));
		if (page.count == 0)
			continue;
		groups[count] = (struct child_group){
			.type = type, .records = page.records, .count = page.count, .more = text_is_set(page.next),
			.states = arena_new_array(work->arena, size_t, type->lifecycle->state_count)
		};
		for (size_t j = 0; j < page.count; j++)
			groups[count].states[record_state(page.records[j])]++;
		count++;
	}
	*ret_groups = groups;
	*ret_count = count;
	return NULL;
}
