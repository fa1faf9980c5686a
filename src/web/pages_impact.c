/*
 * Impact on pages and in the API: what suffers when this record fails and what it rests on, level by level, with the services it
 * reaches. Records with classes and services begin the walk themselves; an incident or a change begins it from its configuration
 * items. What may not be read is counted and never named.
 */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/limits.h"
#include "base/words.h"

/* On a record's page: the nearest are enough, the rest is a page of its own. */
#define SUMMARY_LEVELS 10
#define SUMMARY_ITEMS 300
#define SERVICES_SHOWN 12

static bool is_item(const struct work *work, const struct type *type)
{
	return type->class_field >= 0 || type_same(type, work->model->service);
}

/* Where the walk begins: the record itself, or the items that its fields point at. */
static struct error *begins_of(struct work *work, struct record *record, int64_t **ret_ids, size_t *ret_count)
{
	int64_t *ids = NULL, *some, one;
	size_t count = 0, capacity = 0, found;

	if (is_item(work, record->type)) {
		*ret_ids = &record->id;
		*ret_count = 1;
		return NULL;
	}
	for (size_t i = FIELD_SYSTEM_COUNT; i < record->type->field_count; i++) {
		const struct field *field = &record->type->fields[i];
		if (field->target == NULL || field->target->class_field < 0 || !access_field_readable(work, record->type, field))
			continue;
		one = field->kind == KIND_LINK ? record_id_of(record, (ptrdiff_t)i) : 0;
		some = &one;
		found = one != 0;
		if (field->kind == KIND_LINKS)
			TRY(record_links(work, record, field, &some, &found));
		for (size_t k = 0; k < found; k++) {
			arena_make_room(work->arena, ids, count, capacity);
			ids[count++] = some[k];
		}
	}
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

static const struct field *class_of(const struct record *record)
{
	const struct type *type = record->type;

	return type->class_field >= 0 && record_cell(record, (size_t)type->class_field)->kind == CELL_INTEGER
	           ? &type->fields[type->class_field]
	           : NULL;
}

/* ---- the API ---- */

static struct value *reference(struct work *work, const struct impact_item *item)
{
	struct value *value = value_map(work->arena);

	value_set_text(work->arena, value, T("type"), item->type->name);
	value_set_text(work->arena, value, T("number"), item->record == NULL ? TEXT_UNSET : record_number(item->record));
	if (item->record != NULL)
		value_set_text(work->arena, value, T("title"), record_title(item->record));
	return value;
}

static struct value *item_value(struct work *work, const struct impact *impact, const struct impact_item *item)
{
	struct value *value = reference(work, item);
	const struct field *class = class_of(item->record);

	if (class != NULL)
		value_set_text(work->arena, value, T("class"), class->choices[record_cell(item->record, class->position)->integer].name);
	if (item->type->lifecycle != NULL)
		value_set_text(work->arena, value, T("state"), item->type->lifecycle->states[record_state(item->record)].name);
	value_set_integer(work->arena, value, T("level"), item->level);
	value_set_text(work->arena, value, T("relation"), item->relation == NULL ? TEXT_UNSET : item->relation->name);
	value_set_bool(work->arena, value, T("inverse"), item->inverse);
	value_set(work->arena, value, T("via"),
	          item->via < 0 ? value_null(work->arena) : reference(work, &impact->items[item->via]));
	return value;
}

static struct value *impact_value(struct work *work, const struct impact *impact, enum impact_direction direction)
{
	struct value *value = value_map(work->arena), *items = value_list(work->arena);

	for (size_t i = 0; i < impact->count; i++)
		if (impact->items[i].record != NULL)
			value_append(work->arena, items, item_value(work, impact, &impact->items[i]));
	value_set_text(work->arena, value, T("direction"), direction == IMPACT_UP ? T("up") : T("down"));
	value_set(work->arena, value, T("items"), items);
	value_set_integer(work->arena, value, T("hidden"), (int64_t)impact->hidden);
	value_set_bool(work->arena, value, T("cut"), impact->cut);
	value_set_bool(work->arena, value, T("deeper"), impact->deeper);
	return value;
}

static struct error *direction_of(struct work *work, const struct web_request *request, enum impact_direction *ret_direction)
{
	text name = request_query(request, T("direction"));

	*ret_direction = text_equal(name, T("down")) ? IMPACT_DOWN : IMPACT_UP;
	if (!text_is_set(name) || text_equal(name, T("up")) || text_equal(name, T("down")))
		return NULL;
	return error_field(error_hint(work->arena, error_new(work->arena, ERROR_MALFORMED, "'%.*s' is no direction", TEXT_ARG(name)),
	                              "up: what suffers when it fails; down: what it rests on"),
	                   T("direction"));
}

struct error *api_impact(struct work *work, struct web_request *request, struct page *page)
{
	enum impact_direction direction;
	struct impact impact;
	struct record *record;
	int64_t *ids, depth;
	size_t count;

	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(direction_of(work, request, &direction));
	TRY(request_query_integer(request, T("depth"), 0, LIMIT_IMPACT_DEPTH, 0, &depth));
	TRY(begins_of(work, record, &ids, &count));
	TRY(engine_impact(work, ids, count, direction, (int)depth, LIMIT_IMPACT_SHOWN, &impact));
	page->data = impact_value(work, &impact, direction);
	return NULL;
}

/* ---- pages ---- */

/* `start`: what the items of the first level were reached from, in words; unset: several records. */
static struct error *shown_item(struct work *work, const struct impact *impact, const struct impact_item *item, text start,
                                struct value **ret_one)
{
	struct value *one = value_map(work->arena);
	const struct field *class = class_of(item->record);
	const struct relation *relation = item->relation;
	const struct impact_item *via = item->via < 0 ? NULL : &impact->items[item->via];
	text shown;

	value_set_text(work->arena, one, T("number"), record_number(item->record));
	value_set_text(work->arena, one, T("title"), record_title(item->record));
	value_set_text(work->arena, one, T("href"), record_href(work->arena, item->type, record_number(item->record)));
	value_set(work->arena, one, T("state"), part_state(work, item->record));
	value_set_text(work->arena, one, T("kind"), label_in(&item->type->label, work->language));
	if (class != NULL) {
		int64_t choice = record_cell(item->record, class->position)->integer;
		TRY(part_words(work, item->record, class, &shown));
		value_set_text(work->arena, one, T("kind"), shown);
		value_set(work->arena, one, T("icon"), part_icon(work->arena, class_icon(item->type, (size_t)choice)));
	} else {
		value_set(work->arena, one, T("icon"), part_icon(work->arena, item->type->icon));
	}
	if (relation != NULL)
		value_set_text(work->arena, one, T("relation"),
		               label_in(item->inverse ? &relation->label : &relation->inverse, work->language));
	value_set_text(work->arena, one, T("via"),
	               via == NULL ? start : via->record == NULL ? words(work->language, T("something you may not see"))
	                                                         : record_title(via->record));
	*ret_one = one;
	return NULL;
}

/* [{level, items, hidden, count}] */
static struct error *levels_value(struct work *work, const struct impact *impact, text start, struct value **ret_levels)
{
	struct value *levels = value_list(work->arena), *level = NULL, *items = NULL, *one;
	int at = 0, hidden = 0;

	for (size_t i = 0; i < impact->count; i++) {
		const struct impact_item *item = &impact->items[i];
		if (item->level != at) {
			level = value_map(work->arena);
			items = value_list(work->arena);
			at = item->level;
			hidden = 0;
			value_set_integer(work->arena, level, T("level"), at);
			value_set(work->arena, level, T("items"), items);
			value_append(work->arena, levels, level);
		}
		if (item->record == NULL) {
			value_set_integer(work->arena, level, T("hidden"), ++hidden);
			continue;
		}
		TRY(shown_item(work, impact, item, start, &one));
		value_append(work->arena, items, one);
	}
	*ret_levels = levels;
	return NULL;
}

static struct error *services_value(struct work *work, const struct impact *impact, struct value **ret_services, size_t *ret_more)
{
	struct value *services = value_list(work->arena), *one;

	*ret_more = 0;
	for (size_t i = 0; i < impact->count; i++) {
		if (impact->items[i].type != work->model->service || impact->items[i].record == NULL)
			continue;
		if (value_count(services) >= SERVICES_SHOWN) {
			++*ret_more;
			continue;
		}
		TRY(shown_item(work, impact, &impact->items[i], TEXT_UNSET, &one));
		value_append(work->arena, services, one);
	}
	*ret_services = services;
	return NULL;
}

/* One direction: {levels, services, count, hidden, cut, deeper}; levels only for the record that they are shown of. */
static struct error *direction_value(struct work *work, const int64_t *ids, size_t count, enum impact_direction direction, int depth,
                                     size_t limit, const struct record *levels_of, struct impact *ret_impact, struct value **ret_value)
{
	struct value *value = value_map(work->arena), *part;
	struct impact impact;
	size_t more;

	TRY(engine_impact(work, ids, count, direction, depth, limit, &impact));
	if (levels_of != NULL) {
		TRY(levels_value(work, &impact, is_item(work, levels_of->type) ? record_title(levels_of) : TEXT_UNSET, &part));
		value_set(work->arena, value, T("levels"), part);
	}
	TRY(services_value(work, &impact, &part, &more));
	value_set(work->arena, value, T("services"), part);
	value_set_integer(work->arena, value, T("more_services"), (int64_t)more);
	value_set_integer(work->arena, value, T("count"), (int64_t)impact.count);
	value_set_integer(work->arena, value, T("hidden"), (int64_t)impact.hidden);
	value_set_bool(work->arena, value, T("any"), impact.count > 0);
	value_set_bool(work->arena, value, T("cut"), impact.cut);
	value_set_bool(work->arena, value, T("deeper"), impact.deeper);
	*ret_impact = impact;
	*ret_value = value;
	return NULL;
}

struct error *part_impact(struct work *work, struct record *record, struct value *data)
{
	struct value *impact = value_map(work->arena), *up, *down;
	struct impact found;
	bool item = is_item(work, record->type);
	int64_t *ids;
	size_t count;

	TRY(begins_of(work, record, &ids, &count));
	if (count == 0)
		return NULL;
	TRY(direction_value(work, ids, count, IMPACT_UP, SUMMARY_LEVELS, SUMMARY_ITEMS, NULL, &found, &up));
	value_set(work->arena, impact, T("up"), up);
	if (item) {
		TRY(direction_value(work, ids, count, IMPACT_DOWN, SUMMARY_LEVELS, SUMMARY_ITEMS, NULL, &found, &down));
		value_set(work->arena, impact, T("down"), down);
	}
	value_set_bool(work->arena, impact, T("item"), item);
	value_set_text(work->arena, impact, T("href"),
	               text_format(work->arena, "%.*s/impact", TEXT_ARG(record_href(work->arena, record->type, record_number(record)))));
	value_set(work->arena, data, T("impact"), impact);
	return NULL;
}

struct error *impact_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *data = value_map(work->arena), *up, *down;
	struct impact found_up, found_down;
	struct record *record;
	int64_t *ids, depth;
	size_t count;

	if (request->wants_json)
		return api_impact(work, request, page);
	TRY(load_record(work, request, &record));
	TRY(request_query_integer(request, T("depth"), 0, LIMIT_IMPACT_DEPTH, 0, &depth));
	TRY(part_head(work, record, data));
	TRY(begins_of(work, record, &ids, &count));
	TRY(direction_value(work, ids, count, IMPACT_UP, (int)depth, LIMIT_IMPACT_SHOWN, record, &found_up, &up));
	TRY(direction_value(work, ids, count, IMPACT_DOWN, (int)depth, LIMIT_IMPACT_SHOWN, record, &found_down, &down));
	value_set(work->arena, data, T("up"), up);
	value_set(work->arena, data, T("down"), down);
	if (is_item(work, record->type) && found_up.count + found_down.count > 0)
		value_set(work->arena, data, T("drawing"), part_neighbours(work, record, &found_up, &found_down));
	value_set_bool(work->arena, data, T("item"), is_item(work, record->type));
	value_set_integer(work->arena, data, T("begins"), (int64_t)count);
	page->data = data;
	page->template = is_staff(work) ? T("impact") : T("impact_portal");
	return NULL;
}
