/*
 * Tasks of a record and the records under it, on pages and in the API: who does what, what waits for what, how far it is. The graph
 * is drawn in columns by level - left what waits for nothing - and stands beside it as a list with the same words.
 */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/words.h"

/* The drawing, in its own units. */
#define BOX_WIDTH 220
#define BOX_HEIGHT 56
#define COLUMN_GAP 70
#define ROW_GAP 22
#define MARGIN 8
#define TITLE_SHOWN 26

static ptrdiff_t field_at(const struct type *type, const char *name)
{
	const struct field *field = type_field(type, text_from(name));

	return field == NULL ? -1 : (ptrdiff_t)field->position;
}

/* ---- the API ---- */

static struct error *add_field(struct work *work, struct record *task, const char *name, struct value *item)
{
	const struct field *field = type_field(task->type, text_from(name));
	bool *only = arena_new_array(work->arena, bool, task->type->field_count);
	struct value *value, *found;

	if (field == NULL)
		return NULL;
	only[field->position] = true;
	TRY(access_record_value(work, task, only, &value));
	found = value_get(value, field->name);
	value_set(work->arena, item, field->name, found == NULL ? value_null(work->arena) : found);
	return NULL;
}

static struct error *task_value(struct work *work, const struct record_task *tasks, const struct record_task *task,
                                struct value **ret_value)
{
	static const char *const fields[] = { "state", "step", "team", "assignee", "due", "needed" };
	struct value *item = value_map(work->arena), *after = value_list(work->arena);
	const struct state *state = &task->record->type->lifecycle->states[record_state(task->record)];

	value_set_text(work->arena, item, T("number"), record_number(task->record));
	value_set_text(work->arena, item, T("title"), record_title(task->record));
	for (size_t i = 0; i < array_length(fields); i++)
		TRY(add_field(work, task->record, fields[i], item));
	value_set_text(work->arena, item, T("group"), state_group_name(state->group));
	value_set_integer(work->arena, item, T("level"), task->level);
	for (size_t i = 0; i < task->after_count; i++)
		value_append(work->arena, after, value_text(work->arena, record_number(tasks[task->after[i]].record)));
	value_set(work->arena, item, T("after"), after);
	*ret_value = item;
	return NULL;
}

static void add_edges(struct work *work, const struct record_task *tasks, const struct record_task *task, struct value *edges)
{
	for (size_t i = 0; i < task->after_count; i++) {
		struct value *edge = value_map(work->arena);
		value_set_text(work->arena, edge, T("from"), record_number(tasks[task->after[i]].record));
		value_set_text(work->arena, edge, T("to"), record_number(task->record));
		value_append(work->arena, edges, edge);
	}
}

static struct error *graph_value(struct work *work, struct record *record, struct value **ret_value)
{
	struct value *value = value_map(work->arena), *items = value_list(work->arena), *edges = value_list(work->arena), *item;
	struct record_task *tasks;
	size_t count;

	TRY(engine_tasks(work, record, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(task_value(work, tasks, &tasks[i], &item));
		value_append(work->arena, items, item);
		add_edges(work, tasks, &tasks[i], edges);
	}
	value_set(work->arena, value, T("items"), items);
	value_set(work->arena, value, T("edges"), edges);
	*ret_value = value;
	return NULL;
}

struct error *api_tasks(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;

	TRY(load_record(work, request, &record));
	return graph_value(work, record, &page->data);
}

static struct error *children_value(struct work *work, struct record *record, struct value **ret_value)
{
	struct value *list = value_list(work->arena);
	struct child_group *groups;
	size_t count;

	TRY(engine_children(work, record, &groups, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena), *states = value_map(work->arena);
		const struct lifecycle *lifecycle = groups[i].type->lifecycle;

		value_set_text(work->arena, one, T("type"), groups[i].type->name);
		value_set_integer(work->arena, one, T("total"), (int64_t)groups[i].count);
		value_set_bool(work->arena, one, T("more"), groups[i].more);
		for (size_t j = 0; j < lifecycle->state_count; j++)
			if (groups[i].states[j] > 0)
				value_set_integer(work->arena, states, lifecycle->states[j].name, (int64_t)groups[i].states[j]);
		value_set(work->arena, one, T("states"), states);
		value_append(work->arena, list, one);
	}
	*ret_value = list;
	return NULL;
}

struct error *web_tasks_summary(struct work *work, struct record *record, struct value *value)
{
	struct value *summary, *children;
	struct task_summary tasks;

	if (record->type->lifecycle == NULL)
		return NULL;
	TRY(children_value(work, record, &children));
	value_set(work->arena, value, T("children"), children);
	if (record->type->tasks == NULL)
		return NULL;
	TRY(engine_task_summary(work, record, &tasks));
	summary = value_map(work->arena);
	value_set_integer(work->arena, summary, T("total"), (int64_t)tasks.total);
	value_set_integer(work->arena, summary, T("open"), (int64_t)tasks.open);
	value_set_integer(work->arena, summary, T("done"), (int64_t)tasks.done);
	value_set_integer(work->arena, summary, T("failed"), (int64_t)tasks.failed);
	value_set(work->arena, value, T("tasks"), summary);
	return NULL;
}

/* ---- a task in words ---- */

static struct error *owner_words(struct work *work, struct record *task, text *ret_words)
{
	text team = TEXT_UNSET, person = TEXT_UNSET;

	if (task->type->team >= 0)
		TRY(part_words(work, task, &task->type->fields[task->type->team], &team));
	if (task->type->assignee >= 0)
		TRY(part_words(work, task, &task->type->fields[task->type->assignee], &person));
	*ret_words = text_is_set(person) && text_is_set(team) ? text_format(work->arena, "%.*s · %.*s", TEXT_ARG(person), TEXT_ARG(team))
	             : text_is_set(person)                    ? person
	                                                      : team;
	return NULL;
}

static struct value *before_value(struct work *work, const struct record_task *tasks, const struct record_task *task)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < task->after_count; i++) {
		const struct record *before = tasks[task->after[i]].record;
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("title"), record_title(before));
		value_set_text(work->arena, one, T("comma"), i + 1 < task->after_count ? T(",") : TEXT_UNSET);
		value_set_text(work->arena, one, T("href"), record_href(work->arena, before->type, record_number(before)));
		value_set_bool(work->arena, one, T("over"), before->type->lifecycle->states[record_state(before)].group >= GROUP_CLOSED);
		value_append(work->arena, list, one);
	}
	return list;
}

static struct error *row_value(struct work *work, const struct record_task *tasks, const struct record_task *task,
                               struct value **ret_row)
{
	struct record *record = task->record;
	struct value *row = value_map(work->arena);
	ptrdiff_t due = field_at(record->type, "due");
	bool open = record->type->lifecycle->states[record_state(record)].group < GROUP_CLOSED;
	text owner;

	TRY(owner_words(work, record, &owner));
	value_set_text(work->arena, row, T("number"), record_number(record));
	value_set_text(work->arena, row, T("title"), record_title(record));
	value_set_text(work->arena, row, T("href"), record_href(work->arena, record->type, record_number(record)));
	value_set(work->arena, row, T("state"), part_state(work, record));
	value_set_text(work->arena, row, T("owner"), owner);
	value_set_integer(work->arena, row, T("level"), task->level);
	if (due >= 0 && open && record_cell(record, (size_t)due)->kind != CELL_NULL) {
		value_set(work->arena, row, T("due"), part_moment(work, record_moment(record, (size_t)due)));
		value_set_bool(work->arena, row, T("late"), record_moment(record, (size_t)due) < work->now);
	}
	value_set(work->arena, row, T("before"), before_value(work, tasks, task));
	*ret_row = row;
	return NULL;
}

static struct error *rows_value(struct work *work, const struct record_task *tasks, size_t count, struct value **ret_rows)
{
	struct value *rows = value_list(work->arena), *row;

	for (size_t i = 0; i < count; i++) {
		TRY(row_value(work, tasks, &tasks[i], &row));
		value_append(work->arena, rows, row);
	}
	*ret_rows = rows;
	return NULL;
}

/* ---- on the page of the record ---- */

static text progress_words(struct work *work, const struct record_task *tasks, size_t count)
{
	struct value *arguments = value_map(work->arena);
	int64_t over = 0;

	for (size_t i = 0; i < count; i++)
		over += tasks[i].record->type->lifecycle->states[record_state(tasks[i].record)].group >= GROUP_CLOSED;
	value_set_integer(work->arena, arguments, T("over"), over);
	value_set_integer(work->arena, arguments, T("all"), (int64_t)count);
	return words_with(work->arena, work->language, T("{over} of {all} over"), arguments);
}

static struct error *may_add(struct work *work, struct record *record, bool *ret_may)
{
	const struct type *task = model_type(work->model, T("work_task"));
	int state = record_state(record);

	*ret_may = task != NULL && record->type->tasks != NULL && record->type->lifecycle->states[state].group < GROUP_DONE;
	if (*ret_may)
		TRY(access_may(work, RIGHT_CREATE, task, NULL, ret_may));
	return *ret_may ? access_may(work, RIGHT_UPDATE, record->type, record, ret_may) : NULL;
}

static struct error *tasks_part(struct work *work, struct record *record, const struct record_task *tasks, size_t count,
                                struct value **ret_part)
{
	struct value *part = value_map(work->arena), *rows;
	text href = record_href(work->arena, record->type, record_number(record));
	bool may;

	TRY(may_add(work, record, &may));
	TRY(rows_value(work, tasks, count, &rows));
	value_set(work->arena, part, T("rows"), rows);
	value_set_text(work->arena, part, T("progress"), progress_words(work, tasks, count));
	value_set_text(work->arena, part, T("graph"), count == 0 ? TEXT_UNSET : text_format(work->arena, "%.*s/tasks", TEXT_ARG(href)));
	if (may)
		value_set_text(work->arena, part, T("add"),
		               text_format(work->arena, "/work_task/new?parent=%.*s", TEXT_ARG(record_number(record))));
	*ret_part = part;
	return NULL;
}

static struct value *child_row(struct work *work, const struct record *child)
{
	struct value *row = value_map(work->arena);

	value_set_text(work->arena, row, T("number"), record_number(child));
	value_set_text(work->arena, row, T("title"), record_title(child));
	value_set_text(work->arena, row, T("href"), record_href(work->arena, child->type, record_number(child)));
	value_set(work->arena, row, T("state"), part_state(work, child));
	return row;
}

/* The page that takes one step for all of them that are not over. */
static text open_href(struct work *work, const struct type *type, const struct record *record, text here)
{
	text source = text_format(work->arena, "%.*s = %.*s and state.group in (open, waiting)", TEXT_ARG(type->fields[type->parent].name),
	                          TEXT_ARG(condition_quote(work->arena, record_number(record))));

	return text_format(work->arena, "/%.*s/several?q=%.*s&back=%.*s", TEXT_ARG(type->name), TEXT_ARG(url_part(work->arena, source)),
	                   TEXT_ARG(url_part(work->arena, here)));
}

/* "2 New, 1 Resolved", and the first of them. */
#define CHILDREN_SHOWN 8
static struct error *children_part(struct work *work, struct record *record, struct value **ret_list)
{
	text here = record_href(work->arena, record->type, record_number(record));
	struct value *list = value_list(work->arena);
	struct child_group *groups;
	size_t count;

	TRY(engine_children(work, record, &groups, &count));
	for (size_t i = 0; i < count; i++) {
		const struct type *type = groups[i].type;
		struct value *one = value_map(work->arena), *states = value_list(work->arena), *rows = value_list(work->arena);
		bool any_open = false;

		for (size_t j = 0; j < type->lifecycle->state_count; j++) {
			if (groups[i].states[j] == 0)
				continue;
			any_open = any_open || type->lifecycle->states[j].group < GROUP_DONE;
			struct value *state = value_map(work->arena);
			value_set_text(work->arena, state, T("label"), label_in(&type->lifecycle->states[j].label, work->language));
			value_set_text(work->arena, state, T("group"), state_group_name(type->lifecycle->states[j].group));
			value_set_integer(work->arena, state, T("n"), (int64_t)groups[i].states[j]);
			value_append(work->arena, states, state);
		}
		for (size_t j = 0; j < groups[i].count && j < CHILDREN_SHOWN; j++)
			value_append(work->arena, rows, child_row(work, groups[i].records[j]));
		value_set_text(work->arena, one, T("label"), label_in(&type->plural, work->language));
		value_set(work->arena, one, T("states"), states);
		value_set(work->arena, one, T("rows"), rows);
		value_set_bool(work->arena, one, T("more"), groups[i].more || groups[i].count > CHILDREN_SHOWN);
		value_set_text(work->arena, one, T("all"),
		               text_format(work->arena, "/%.*s?q=%.*s%%20%%3D%%20%%22%.*s%%22", TEXT_ARG(type->name),
		                           TEXT_ARG(type->fields[type->parent].name), TEXT_ARG(record_number(record))));
		value_set_text(work->arena, one, T("type"), type->name);
		value_set_text(work->arena, one, T("here"), here);
		if (any_open)
			value_set_text(work->arena, one, T("open_all"), open_href(work, type, record, here));
		value_append(work->arena, list, one);
	}
	*ret_list = list;
	return NULL;
}

/* Who works on a task sees first what it is for. */
static struct error *parent_part(struct work *work, struct record *record, struct value *data)
{
	const struct field *field = record->type->parent < 0 ? NULL : &record->type->fields[record->type->parent];
	const struct cell *cell = field == NULL ? NULL : record_cell(record, field->position);
	const struct type *type;
	struct record_name name;
	struct value *part;

	if (field == NULL || cell->kind == CELL_NULL || !access_field_readable(work, record->type, field))
		return NULL;
	if (field->kind == KIND_RECORD)
		TRY(access_reference(work, cell->text, &type, &name));
	else
		TRY(access_name(work, type = field->target, cell->integer, &name));
	if (!text_is_set(name.number) || type->platform)
		return NULL;
	part = value_map(work->arena);
	value_set_text(work->arena, part, T("label"), label_in(&field->label, work->language));
	value_set_text(work->arena, part, T("number"), name.number);
	value_set_text(work->arena, part, T("title"), name.title);
	value_set_text(work->arena, part, T("href"), record_href(work->arena, type, name.number));
	value_set(work->arena, data, T("under"), part);
	return NULL;
}

/* Beside a task stand the others of its record: what it waits for, and what waits for it. */
static struct error *siblings_part(struct work *work, struct record *task, struct value *data)
{
	text number = value_get_text(value_get(data, T("under")), T("number"));
	const struct type *type = text_is_set(number) ? model_type_of_number(work->model, number) : NULL;
	struct record_task *tasks;
	struct record *parent;
	struct value *part, *rows;
	size_t count;

	if (type == NULL || type->tasks == NULL || !text_equal(task->type->name, T("work_task")))
		return NULL;
	TRY(access_load(work, type, number, &parent));
	TRY(engine_tasks(work, parent, &tasks, &count));
	TRY(tasks_part(work, parent, tasks, count, &part));
	rows = value_get(part, T("rows"));
	for (size_t i = 0; i < count; i++)
		value_set_bool(work->arena, rows->list.items[i], T("here"), tasks[i].record->id == task->id);
	value_set_text(work->arena, part, T("of"), number);
	value_set(work->arena, data, T("tasks"), part);
	return NULL;
}

struct error *part_tasks(struct work *work, struct record *record, struct value *data)
{
	struct record_task *tasks;
	struct value *part;
	size_t count;

	if (record->type->lifecycle == NULL)
		return NULL;
	TRY(parent_part(work, record, data));
	if (is_staff(work))
		TRY(siblings_part(work, record, data));
	TRY(children_part(work, record, &part));
	value_set(work->arena, data, T("children"), part);
	if (record->type->tasks == NULL || !is_staff(work))
		return NULL;
	TRY(engine_tasks(work, record, &tasks, &count));
	TRY(tasks_part(work, record, tasks, count, &part));
	value_set(work->arena, data, T("tasks"), part);
	return NULL;
}

/* ---- the drawing ---- */

struct spot {
	int64_t x, y;
};

static struct spot *find_spots(struct work *work, const struct record_task *tasks, size_t count, int64_t *ret_width, int64_t *ret_height)
{
	struct spot *spots = arena_new_array(work->arena, struct spot, count + 1);
	int64_t row = 0;

	*ret_width = *ret_height = 0;
	for (size_t i = 0; i < count; i++) {
		row = i > 0 && tasks[i].level == tasks[i - 1].level ? row + 1 : 0;
		spots[i].x = MARGIN + (int64_t)tasks[i].level * (BOX_WIDTH + COLUMN_GAP);
		spots[i].y = MARGIN + row * (BOX_HEIGHT + ROW_GAP);
		*ret_width = maximum(*ret_width, spots[i].x + BOX_WIDTH + MARGIN);
		*ret_height = maximum(*ret_height, spots[i].y + BOX_HEIGHT + ROW_GAP);
	}
	return spots;
}

/* To the next column in one curve; further, through the free lane under the row it comes from. */
static text edge_path(struct work *work, struct spot from, struct spot to)
{
	long long x = (long long)from.x + BOX_WIDTH, y = (long long)from.y + BOX_HEIGHT / 2, half = COLUMN_GAP / 2;
	long long to_x = (long long)to.x - 6, to_y = (long long)to.y + BOX_HEIGHT / 2;
	long long lane = (long long)from.y + BOX_HEIGHT + ROW_GAP / 2;

	if (to_x - x <= COLUMN_GAP)
		return text_format(work->arena, "M%lld %lld C%lld %lld %lld %lld %lld %lld", x, y, x + half, y, to_x - half, to_y, to_x, to_y);
	return text_format(work->arena, "M%lld %lld C%lld %lld %lld %lld %lld %lld L%lld %lld C%lld %lld %lld %lld %lld %lld", x, y, x + half, y,
	                   x + half, lane, x + 2 * half, lane, to_x - 2 * half, lane, to_x - half, lane, to_x - half, to_y, to_x, to_y);
}

static void draw_edges(struct work *work, const struct record_task *task, const struct spot *spots, struct spot at, struct value *edges)
{
	for (size_t i = 0; i < task->after_count; i++) {
		struct value *edge = value_map(work->arena);

		value_set_text(work->arena, edge, T("d"), edge_path(work, spots[task->after[i]], at));
		value_append(work->arena, edges, edge);
	}
}

static void draw_box(struct work *work, struct value *row, struct spot at, struct value *boxes)
{
	struct value *box = value_map(work->arena);

	value_set_integer(work->arena, box, T("x"), at.x);
	value_set_integer(work->arena, box, T("y"), at.y);
	value_set_integer(work->arena, box, T("text_x"), at.x + 12);
	value_set_integer(work->arena, box, T("title_y"), at.y + 23);
	value_set_integer(work->arena, box, T("under_y"), at.y + 43);
	value_set_text(work->arena, box, T("title"), text_shorten(work->arena, value_get_text(row, T("title")), TITLE_SHOWN));
	value_set_text(work->arena, box, T("href"), value_get_text(row, T("href")));
	value_set(work->arena, box, T("state"), value_get(row, T("state")));
	value_append(work->arena, boxes, box);
}

static struct value *drawing_value(struct work *work, const struct record_task *tasks, size_t count, const struct value *rows)
{
	struct value *drawing = value_map(work->arena), *boxes = value_list(work->arena), *edges = value_list(work->arena);
	int64_t width, height;
	const struct spot *spots = find_spots(work, tasks, count, &width, &height);

	for (size_t i = 0; i < count; i++) {
		draw_edges(work, &tasks[i], spots, spots[i], edges);
		draw_box(work, rows->list.items[i], spots[i], boxes);
	}
	value_set_integer(work->arena, drawing, T("width"), width);
	value_set_integer(work->arena, drawing, T("height"), height);
	value_set(work->arena, drawing, T("boxes"), boxes);
	value_set(work->arena, drawing, T("edges"), edges);
	return drawing;
}

struct error *tasks_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *data = value_map(work->arena), *part;
	struct record_task *tasks;
	struct record *record;
	size_t count;

	if (request->wants_json)
		return api_tasks(work, request, page);
	TRY(load_record(work, request, &record));
	page->data = data;
	page->template = is_staff(work) ? T("tasks") : T("tasks_portal");
	TRY(part_head(work, record, data));
	TRY(engine_tasks(work, record, &tasks, &count));
	TRY(tasks_part(work, record, tasks, count, &part));
	value_set(work->arena, part, T("graph"), value_null(work->arena)); /* it is this page */
	value_set(work->arena, data, T("tasks"), part);
	if (count > 0)
		value_set(work->arena, data, T("drawing"), drawing_value(work, tasks, count, value_get(part, T("rows"))));
	return NULL;
}
