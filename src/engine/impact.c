/*
 * What suffers when a record fails, and what it rests on: a walk in breadth along the relations with an impact, one statement per
 * level for all records of it. Each record is visited once, so that cycles end by themselves. The walk sees everything - what is
 * hidden from somebody fails all the same -; what is shown of it follows the actor's rights, asked of all at once per type.
 */
#include "engine/engine_private.h"

#include "base/buffer.h"
#include "base/id_set.h"
#include "base/limits.h"

/* As JSON an id has at most 20 bytes with its comma. */
#define ID_BYTES 21

struct walk {
	struct work *work;
	struct id_set seen;          /* positions: first those it began from */
	struct impact_item *items;   /* [seen.count - began]; NULL with ids alone */
	size_t *types;               /* the same, for ids alone */
	size_t item_capacity, began, limit;
	text ends, begins;           /* names of relations that lead on from their end, from their begin, as JSON */
	bool with_items, cut;
};

/* ---- the relations that count ---- */

static bool leads_on(const struct relation *relation, enum impact_direction direction, bool from_end)
{
	switch (relation->impact) {
	case IMPACT_NONE:
		return false;
	case IMPACT_BOTH:
		return true;
	case IMPACT_TO_FROM:
		return from_end == (direction == IMPACT_UP);
	case IMPACT_FROM_TO:
		return from_end == (direction == IMPACT_DOWN);
	}
	return false;
}

static text names_of(struct work *work, enum impact_direction direction, bool from_end)
{
	struct buffer out;
	bool any = false;

	buffer_init(&out, work->arena, (size_t)64 * (work->model->relation_count + 1));
	buffer_char(&out, '[');
	for (size_t i = 0; i < work->model->relation_count; i++) {
		const struct relation *relation = &work->model->relations[i];
		if (!leads_on(relation, direction, from_end))
			continue;
		buffer_format(&out, "%s\"%.*s\"", any ? "," : "", TEXT_ARG(relation->name));
		any = true;
	}
	buffer_char(&out, ']');
	return buffer_peek(&out);
}

static const struct relation *relation_named(const struct model *model, text name)
{
	for (size_t i = 0; i < model->relation_count; i++)
		if (text_equal(model->relations[i].name, name))
			return &model->relations[i];
	return NULL;
}

/* ---- the walk ---- */

static void make_room(struct walk *walk, size_t position)
{
	struct arena *arena = walk->work->arena;
	size_t room = walk->item_capacity == 0 ? 64 : walk->item_capacity * 2;

	if (position < walk->item_capacity)
		return;
	if (walk->with_items)
		walk->items = arena_grow(arena, walk->items, sizeof(*walk->items) * walk->item_capacity, sizeof(*walk->items) * room);
	else
		walk->types = arena_grow(arena, walk->types, sizeof(*walk->types) * walk->item_capacity, sizeof(*walk->types) * room);
	walk->item_capacity = room;
}

/* Adds the record of the current row, when it is new and there is room for it. */
static void add_row(struct walk *walk, struct rows *rows, int level)
{
	const struct model *model = walk->work->model;
	const struct type *type = model_type(model, rows_text(rows, 3));
	int64_t id = rows_integer(rows, 4);
	size_t position = walk->seen.count - walk->began;

	if (type == NULL || id_set_has(&walk->seen, id))
		return;
	if (position >= walk->limit) {
		walk->cut = true;
		return;
	}
	id_set_add(&walk->seen, id);
	make_room(walk, position);
	if (!walk->with_items) {
		walk->types[position] = type->position;
		return;
	}
	walk->items[position] = (struct impact_item){
		.id = id,
		.type = type,
		.level = level,
		.via = id_set_find(&walk->seen, rows_integer(rows, 2)) - (ptrdiff_t)walk->began,
		.relation = relation_named(model, rows_text(rows, 0)),
		.inverse = rows_integer(rows, 1) != 0,
	};
	if (walk->items[position].via < 0)
		walk->items[position].via = -1;
}

static text id_list(struct walk *walk, size_t from, size_t to)
{
	struct buffer out;

	buffer_init(&out, walk->work->arena, ID_BYTES * (to - from) + 2);
	buffer_char(&out, '[');
	for (size_t i = from; i < to; i++) {
		if (i > from)
			buffer_char(&out, ',');
		buffer_integer(&out, walk->seen.items[i]);
	}
	buffer_char(&out, ']');
	return buffer_peek(&out);
}

/* One step from the records at [from, to) of what was seen. */
static struct error *step(struct walk *walk, size_t from, size_t to, int level)
{
	struct work *work = walk->work;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_IMPACT_STEP,
	                CELLS(cell_text(id_list(walk, from, to)), cell_text(walk->ends), cell_text(walk->begins)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		add_row(walk, rows, level);
	}
}

static struct error *walk_from(struct walk *walk, const int64_t *from, size_t count, enum impact_direction direction, int depth,
                               bool *ret_deeper)
{
	size_t begin = 0, end;

	*ret_deeper = false;
	id_set_init(&walk->seen, walk->work->arena);
	for (size_t i = 0; i < count; i++)
		id_set_add(&walk->seen, from[i]);
	walk->began = walk->seen.count;
	walk->ends = names_of(walk->work, direction, true);
	walk->begins = names_of(walk->work, direction, false);
	if (depth <= 0 || depth > LIMIT_IMPACT_DEPTH)
		depth = LIMIT_IMPACT_DEPTH;
	for (int level = 1; level <= depth; level++) {
		end = walk->seen.count;
		if (begin == end)
			return NULL;
		TRY(step(walk, begin, end, level));
		begin = end;
	}
	*ret_deeper = begin < walk->seen.count;
	return NULL;
}

struct error *engine_impact_ids(struct work *work, const int64_t *from, size_t count, enum impact_direction direction, int depth,
                                int64_t **ret_ids, size_t **ret_types, size_t *ret_count)
{
	struct walk walk = { .work = work, .limit = LIMIT_IMPACT };
	bool deeper;

	TRY(walk_from(&walk, from, count, direction, depth, &deeper));
	if (walk.cut)
		return error_hint(work->arena, error_new(work->arena, ERROR_TOO_LARGE, "the impact reaches more than %d records", LIMIT_IMPACT),
		                  "ask for fewer levels");
	*ret_ids = walk.seen.items + walk.began;
	if (ret_types != NULL)
		*ret_types = walk.types;
	*ret_count = walk.seen.count - walk.began;
	return NULL;
}

/* ---- what of it is shown ---- */

static void keep_records(struct impact *impact, const struct record_page *page)
{
	for (size_t i = 0; i < impact->count; i++)
		for (size_t k = 0; impact->items[i].record == NULL && k < page->count; k++)
			if (page->records[k]->id == impact->items[i].id)
				impact->items[i].record = page->records[k];
}

static struct error *read_type(struct work *work, const struct type *type, struct impact *impact)
{
	int64_t *ids = arena_new_array(work->arena, int64_t, impact->count + 1);
	struct record_page page;
	size_t count = 0;

	for (size_t i = 0; i < impact->count; i++)
		if (impact->items[i].type == type)
			ids[count++] = impact->items[i].id;
	TRY(engine_read_many(work, type, ids, count, &page));
	keep_records(impact, &page);
	return NULL;
}

struct error *engine_impact(struct work *work, const int64_t *from, size_t count, enum impact_direction direction, int depth,
                            size_t limit, struct impact *ret_impact)
{
	struct walk walk = { .work = work, .limit = minimum(limit, (size_t)LIMIT_IMPACT_SHOWN), .with_items = true };
	struct impact impact = { 0 };

	TRY(walk_from(&walk, from, count, direction, depth, &impact.deeper));
	impact.items = walk.items;
	impact.count = walk.seen.count - walk.began;
	impact.cut = walk.cut;
	for (size_t i = 0; i < work->model->type_count; i++)
		TRY(read_type(work, &work->model->types[i], &impact));
	for (size_t i = 0; i < impact.count; i++)
		impact.hidden += impact.items[i].record == NULL;
	*ret_impact = impact;
	return NULL;
}
