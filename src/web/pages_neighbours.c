/*
 * The neighbourhood of an item drawn: what it rests on at the left, itself, what suffers at the right, a column for each step. Only the
 * nearest steps and so many of each; the lists below the drawing say all of it.
 */
#include "web/pages_private.h"

#include "base/words.h"

#define BOX_WIDTH 190
#define BOX_HEIGHT 48
#define COLUMN_WIDTH 230
#define ROW_HEIGHT 64
#define LEVELS_SHOWN 2
#define ROWS_SHOWN 9

struct drawing {
	struct work *work;
	struct value *boxes, *edges;
	int levels[2];       /* shown, by direction */
	int rows[2][LEVELS_SHOWN + 1], hidden[2][LEVELS_SHOWN + 1];
	int height;          /* in rows */
};

static int column_x(const struct drawing *drawing, enum impact_direction direction, int level)
{
	int column = drawing->levels[IMPACT_DOWN] + (direction == IMPACT_UP ? level : -level);

	return 8 + column * COLUMN_WIDTH;
}

/* Columns stand in the middle of the drawing. */
static int row_y(const struct drawing *drawing, int rows, int row)
{
	return 8 + (drawing->height - rows) * ROW_HEIGHT / 2 + row * ROW_HEIGHT;
}

static void add_box(const struct drawing *drawing, int x, int y, text title, text under, text href, text group)
{
	struct value *box = value_map(drawing->work->arena);

	value_set_integer(drawing->work->arena, box, T("x"), x);
	value_set_integer(drawing->work->arena, box, T("y"), y);
	value_set_integer(drawing->work->arena, box, T("text_x"), x + 12);
	value_set_integer(drawing->work->arena, box, T("title_y"), y + 20);
	value_set_integer(drawing->work->arena, box, T("under_y"), y + 38);
	value_set_text(drawing->work->arena, box, T("title"), text_shorten(drawing->work->arena, title, 24));
	value_set_text(drawing->work->arena, box, T("under"), text_shorten(drawing->work->arena, under, 28));
	value_set_text(drawing->work->arena, box, T("href"), href);
	value_set_text(drawing->work->arena, box, T("group"), group);
	value_append(drawing->work->arena, drawing->boxes, box);
}

static void add_edge(const struct drawing *drawing, int from_x, int from_y, int to_x, int to_y)
{
	struct value *edge = value_map(drawing->work->arena);
	int left = from_x < to_x ? from_x : to_x, right = from_x < to_x ? to_x : from_x;
	int left_y = from_x < to_x ? from_y : to_y, right_y = from_x < to_x ? to_y : from_y;
	int begin = left + BOX_WIDTH, middle = (begin + right) / 2;

	/* A failure travels to the right. */
	value_set_text(drawing->work->arena, edge, T("d"),
	               text_format(drawing->work->arena, "M%d %d C%d %d %d %d %d %d", begin, left_y + BOX_HEIGHT / 2, middle,
	                           left_y + BOX_HEIGHT / 2, middle, right_y + BOX_HEIGHT / 2, right, right_y + BOX_HEIGHT / 2));
	value_append(drawing->work->arena, drawing->edges, edge);
}

static void count_side(struct drawing *drawing, const struct impact *impact, enum impact_direction direction)
{
	for (size_t i = 0; i < impact->count; i++) {
		int level = impact->items[i].level;
		if (level > LEVELS_SHOWN)
			break;
		drawing->levels[direction] = level;
		if (drawing->rows[direction][level] < ROWS_SHOWN && impact->items[i].record != NULL)
			drawing->rows[direction][level]++;
		else
			drawing->hidden[direction][level]++;
	}
	for (int level = 1; level <= LEVELS_SHOWN; level++) {
		int rows = drawing->rows[direction][level] + (drawing->hidden[direction][level] > 0);
		drawing->height = maximum(drawing->height, rows);
	}
}

static text kind_words(struct work *work, const struct record *record)
{
	const struct type *type = record->type;
	const struct cell *class = type->class_field < 0 ? NULL : record_cell(record, (size_t)type->class_field);

	if (class == NULL || class->kind != CELL_INTEGER)
		return label_in(&type->label, work->language);
	return label_in(&type->fields[type->class_field].choices[class->integer].label, work->language);
}

static text group_of(const struct record *record)
{
	const struct lifecycle *lifecycle = record->type->lifecycle;

	return lifecycle == NULL ? T("open") : state_group_name(lifecycle->states[record_state(record)].group);
}

static void add_rest(const struct drawing *drawing, enum impact_direction direction, int level)
{
	int count = drawing->hidden[direction][level], rows = drawing->rows[direction][level] + 1;
	struct value *arguments = value_map(drawing->work->arena);

	if (count == 0)
		return;
	value_set_integer(drawing->work->arena, arguments, T("n"), count);
	add_box(drawing, column_x(drawing, direction, level), row_y(drawing, rows, rows - 1),
	        words_with(drawing->work->arena, drawing->work->language, T("and {n} more"), arguments), T(""), TEXT_UNSET, T("waiting"));
}

static void add_side(const struct drawing *drawing, const struct impact *impact, enum impact_direction direction, int x, int y)
{
	struct arena *arena = drawing->work->arena;
	int *places = arena_new_array(arena, int, impact->count + 1); /* y of what is drawn, -1 of the rest */
	int row = 0, level = 0;

	for (size_t i = 0; i < impact->count; i++) {
		const struct impact_item *item = &impact->items[i];
		places[i] = -1;
		if (item->level > LEVELS_SHOWN)
			break;
		row = item->level == level ? row : 0;
		level = item->level;
		if (item->record == NULL || row >= ROWS_SHOWN)
			continue;
		int rows = drawing->rows[direction][level] + (drawing->hidden[direction][level] > 0);
		int own_x = column_x(drawing, direction, level);
		places[i] = row_y(drawing, rows, row++);
		add_box(drawing, own_x, places[i], record_title(item->record), kind_words(drawing->work, item->record),
		        record_href(arena, item->type, record_number(item->record)), group_of(item->record));
		if (item->via < 0)
			add_edge(drawing, x, y, own_x, places[i]);
		else if (places[item->via] >= 0)
			add_edge(drawing, column_x(drawing, direction, level - 1), places[item->via], own_x, places[i]);
	}
	for (int one = 1; one <= drawing->levels[direction]; one++)
		add_rest(drawing, direction, one);
}

struct value *part_neighbours(struct work *work, const struct record *record, const struct impact *up, const struct impact *down)
{
	struct drawing drawing = { .work = work, .boxes = value_list(work->arena), .edges = value_list(work->arena), .height = 1 };
	struct value *value = value_map(work->arena);

	count_side(&drawing, up, IMPACT_UP);
	count_side(&drawing, down, IMPACT_DOWN);
	int x = column_x(&drawing, IMPACT_UP, 0), y = row_y(&drawing, 1, 0);
	add_side(&drawing, down, IMPACT_DOWN, x, y);
	add_side(&drawing, up, IMPACT_UP, x, y);
	add_box(&drawing, x, y, record_title(record), kind_words(work, record), record_href(work->arena, record->type, record_number(record)),
	        T("self"));
	value_set_integer(work->arena, value, T("width"),
	                  16 + (drawing.levels[0] + drawing.levels[1]) * COLUMN_WIDTH + BOX_WIDTH);
	value_set_integer(work->arena, value, T("height"), 16 + drawing.height * ROW_HEIGHT);
	value_set(work->arena, value, T("boxes"), drawing.boxes);
	value_set(work->arena, value, T("edges"), drawing.edges);
	return value;
}
