/* Links that a file says: which columns name which records by which relation (the map), and what the cells of a row say then. */
#include "cli/import_private.h"

#include "base/yaml.h"

/* ---- the map ---- */

static const struct relation *read_relation(struct import_reading *reading, const struct value *map)
{
	const struct model *model = reading->model;
	text name = import_text_of(reading, map, T("relation"), true);
	const struct relation *relation = text_is_set(name) ? model_relation(model, name) : NULL;
	text *names = arena_new_array(reading->arena, text, model->relation_count + 1);

	for (size_t i = 0; i < model->relation_count; i++)
		names[i] = model->relations[i].name;
	if (relation == NULL && text_is_set(name))
		import_fault(reading, value_get(map, T("relation")), text_format(reading->arena, "no relation is named '%.*s'", TEXT_ARG(name)),
		             text_nearest(name, names, model->relation_count));
	return relation;
}

/* `to: TYPE` or `from: TYPE`: what is at the other end, and so which way the link leads. */
static bool read_end(struct import_reading *reading, const struct value *map, struct map_link *link)
{
	const struct value *to = value_get(map, T("to")), *from = value_get(map, T("from")), *end = to == NULL ? from : to;
	const struct relation *relation = link->relation;
	const struct type *type = end != NULL && end->kind == VALUE_TEXT ? model_type(reading->model, end->text) : NULL;

	link->inverse = to == NULL;
	link->other = type;
	if ((to == NULL) == (from == NULL)) {
		import_fault(reading, map, T("one of 'to: TYPE' and 'from: TYPE' is needed"), TEXT_UNSET);
		return false;
	}
	if (type == NULL || type->abstract) {
		text name = end->kind == VALUE_TEXT ? end->text : T("?");

		import_fault(reading, end, text_format(reading->arena, "there is no type '%.*s'", TEXT_ARG(name)),
		             table_nearest(&reading->model->type_names, name));
		return false;
	}
	const struct type *begin = link->inverse ? type : reading->map->type, *target = link->inverse ? reading->map->type : type;
	if (type_ends(begin, relation->from, relation->from_count) && type_ends(target, relation->to, relation->to_count))
		return true;
	import_fault(reading, end,
	             text_format(reading->arena, "'%.*s' does not go from %.*s to %.*s", TEXT_ARG(relation->name), TEXT_ARG(begin->name),
	                         TEXT_ARG(target->name)),
	             TEXT_UNSET);
	return false;
}

/* Found by any indexed text: a walk over the table for each link would never end. */
static void read_by(struct import_reading *reading, const struct value *map, struct map_link *link)
{
	text name = import_text_of(reading, map, T("by"), false);
	const struct field *field = text_is_set(name) ? type_field(link->other, name) : NULL;

	link->by = field;
	if (!text_is_set(name) || (field != NULL && field->position == FIELD_NUMBER)) {
		link->by = NULL;
		return;
	}
	if (field == NULL)
		import_fault(reading, value_get(map, T("by")),
		             text_format(reading->arena, "%.*s has no field '%.*s'", TEXT_ARG(link->other->name), TEXT_ARG(name)),
		             table_nearest(&link->other->field_names, name));
	else if (field->kind != KIND_TEXT || (!field->indexed && !field->unique))
		import_fault(reading, value_get(map, T("by")),
		             text_format(reading->arena, "records are found by texts with an index: '%.*s' has none", TEXT_ARG(name)), TEXT_UNSET);
}

static void read_link(struct import_reading *reading, const struct value *map)
{
	struct map_link *link = &reading->map->links[reading->map->link_count];

	import_check_keys(reading, map, "relation to from by column words values strict prefix separator");
	if (map->kind != VALUE_MAP) {
		import_fault(reading, map, T("a link is a map: { relation: ..., to: ..., column: ... }"), TEXT_UNSET);
		return;
	}
	link->relation = read_relation(reading, map);
	import_read_source(reading, map, &link->source);
	link->source.values = value_get(map, T("values"));
	link->source.strict = text_equal(value_get_text(map, T("strict")), T("yes"));
	link->separator = import_text_of(reading, map, T("separator"), false);
	if (link->relation == NULL || !read_end(reading, map, link))
		return;
	read_by(reading, map, link);
	reading->map->link_count++;
}

void import_map_links(struct import_reading *reading, const struct value *list)
{
	if (list == NULL)
		return;
	if (list->kind != VALUE_LIST) {
		import_fault(reading, list, T("'links' must be a list"), TEXT_UNSET);
		return;
	}
	reading->map->links = arena_new_array(reading->arena, struct map_link, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++)
		read_link(reading, list->list.items[i]);
}

/* ---- rows ---- */

static struct row_link *add_link(struct arena *arena, struct import_row *row, const struct relation *relation, bool inverse,
                                 const struct type *other, text key)
{
	struct row_link *link = arena_new_struct(arena, struct row_link), **end = &row->links;

	while (*end != NULL)
		end = &(*end)->next;
	*link = (struct row_link){ .line = row->line, .relation = relation, .inverse = inverse, .other = other, .key = key };
	*end = link;
	return link;
}

static void refuse(struct arena *arena, struct import_row *row, text why)
{
	if (row->refused == NULL)
		row->refused = error_new(arena, ERROR_INVALID, "%.*s", TEXT_ARG(why));
}

/* `values` may turn a cell into a key, or (null) into nothing. */
static text key_of(struct arena *arena, const struct map_link *from, struct import_row *row, text cell)
{
	const struct value *value = from->source.values == NULL ? NULL : value_get(from->source.values, cell);

	if (from->source.values != NULL && value == NULL && from->source.strict)
		refuse(arena, row, text_format(arena, "'%.*s' is no known %.*s", TEXT_ARG(cell), TEXT_ARG(from->source.column)));
	if (from->source.values != NULL)
		return value != NULL && value->kind == VALUE_TEXT ? value->text : TEXT_UNSET;
	return text_format(arena, "%.*s%.*s", TEXT_ARG(from->source.prefix), TEXT_ARG(cell));
}

static void add_key(struct arena *arena, const struct map_link *from, struct import_row *row, text cell)
{
	text key = text_is_empty(cell) ? TEXT_UNSET : key_of(arena, from, row, cell);

	if (text_is_set(key) && !text_is_empty(key))
		add_link(arena, row, from->relation, from->inverse, from->other, key)->by = from->by;
}

static bool words_complete(const struct import_map *map, const struct map_link *from, const struct import_row *row)
{
	for (size_t i = 0; from->source.path_at[i] != SIZE_MAX; i++)
		if (!text_is_set(import_cell(map, row, from->source.path_at[i])))
			return false;
	return true;
}

void import_row_links(struct arena *arena, const struct import_map *map, struct import_row *row)
{
	for (size_t i = 0; i < map->link_count; i++) {
		const struct map_link *from = &map->links[i];
		text rest, part;

		if (text_is_set(from->source.words)) {
			if (words_complete(map, from, row))
				add_key(arena, from, row, import_fill_words(arena, map, &from->source, row));
			continue;
		}
		rest = import_cell(map, row, from->source.column_at);
		if (!text_is_set(rest))
			continue;
		if (!text_is_set(from->separator) || text_is_empty(from->separator)) {
			add_key(arena, from, row, rest);
			continue;
		}
		while (text_is_set(rest)) {
			ptrdiff_t at = text_find(rest, from->separator);

			part = at < 0 ? rest : text_slice(rest, 0, (size_t)at);
			rest = at < 0 ? TEXT_UNSET : text_slice(rest, (size_t)at + from->separator.length, rest.length);
			add_key(arena, from, row, text_trim(part));
		}
	}
}

/* ---- rows in the export's words ---- */

static const struct relation *relation_of(struct arena *arena, const struct model *model, struct import_row *row, text name)
{
	const struct relation *relation = text_is_set(name) ? model_relation(model, name) : NULL;

	if (relation == NULL)
		refuse(arena, row, text_format(arena, "no relation is named '%.*s'", TEXT_ARG(text_is_set(name) ? name : T("?"))));
	return relation;
}

/* "hosted_on CI0000007; supports mail" */
static void plain_text(struct arena *arena, const struct model *model, struct import_row *row, text cell)
{
	text part, name;

	while (text_cut(&cell, ';', &part)) {
		part = text_trim(part);
		if (text_is_empty(part))
			continue;
		(void)text_cut(&part, ' ', &name);
		const struct relation *relation = relation_of(arena, model, row, name);
		part = text_is_set(part) ? text_trim(part) : TEXT_UNSET;
		if (relation != NULL && (!text_is_set(part) || text_is_empty(part)))
			refuse(arena, row, text_format(arena, "a link '%.*s' to nothing", TEXT_ARG(name)));
		else if (relation != NULL)
			add_link(arena, row, relation, false, relation->to_count == 1 ? relation->to[0] : NULL, part);
	}
}

static void plain_one(struct arena *arena, const struct model *model, struct import_row *row, const struct value *one)
{
	const struct value *to = value_get(one, T("to")), *from = value_get(one, T("from")), *end = to == NULL ? from : to;
	const struct relation *relation = relation_of(arena, model, row, value_get_text(one, T("relation")));
	bool named = end != NULL && end->kind == VALUE_MAP;
	text key = named ? value_get_text(end, T("number")) : end != NULL && end->kind == VALUE_TEXT ? end->text : TEXT_UNSET;
	const struct type *other = named ? model_type(model, value_get_text(end, T("type"))) : NULL;

	if (relation == NULL)
		return;
	if (!text_is_set(key) || (to == NULL) == (from == NULL))
		refuse(arena, row, text_format(arena, "a link '%.*s' needs one of to and from, a number or { type, number }", TEXT_ARG(relation->name)));
	else
		add_link(arena, row, relation, to == NULL, other, key);
}

void import_row_plain_links(struct arena *arena, const struct model *model, const struct type *type, struct import_row *row,
                            const struct value *links)
{
	(void)type;
	if (value_is_null(links))
		return;
	if (links->kind == VALUE_TEXT)
		plain_text(arena, model, row, links->text);
	else if (links->kind != VALUE_LIST)
		refuse(arena, row, T("links must be a list"));
	for (size_t i = 0; links->kind == VALUE_LIST && i < links->list.count; i++)
		plain_one(arena, model, row, links->list.items[i]);
}
