/*
 * The tree of values. Maps are arrays in order of insertion and are searched linearly, length first: up to some
 * dozens of keys (every map of ours) that beats hashing, and a request's map is searched only once per known field.
 */
#include "base/value.h"

#include "base/arena.h"

static struct value *new_value(struct arena *arena, enum value_kind kind)
{
	struct value *value = arena_new_struct(arena, struct value);

	value->kind = kind;
	return value;
}

struct value *value_null(struct arena *arena)
{
	return new_value(arena, VALUE_NULL);
}

struct value *value_bool(struct arena *arena, bool boolean)
{
	struct value *value = new_value(arena, VALUE_BOOL);

	value->boolean = boolean;
	return value;
}

struct value *value_integer(struct arena *arena, int64_t integer)
{
	struct value *value = new_value(arena, VALUE_INTEGER);

	value->integer = integer;
	return value;
}

struct value *value_real(struct arena *arena, double real)
{
	struct value *value = new_value(arena, VALUE_REAL);

	value->real = real;
	return value;
}

struct value *value_text(struct arena *arena, text t)
{
	struct value *value = new_value(arena, text_is_set(t) ? VALUE_TEXT : VALUE_NULL);

	value->text = t;
	return value;
}

struct value *value_html(struct arena *arena, text t)
{
	struct value *value = value_text(arena, t);

	if (text_is_set(t))
		value->kind = VALUE_HTML;
	return value;
}

struct value *value_list(struct arena *arena)
{
	return new_value(arena, VALUE_LIST);
}

struct value *value_map(struct arena *arena)
{
	return new_value(arena, VALUE_MAP);
}

void value_append(struct arena *arena, struct value *list, struct value *item)
{
	struct value_list *items = &list->list;

	assert(list->kind == VALUE_LIST);
	if (items->count >= items->capacity) {
		size_t capacity = items->capacity == 0 ? 8 : items->capacity * 2;
		items->items = arena_extend(arena, items->items, sizeof(*items->items) * items->capacity, sizeof(*items->items) * capacity);
		items->capacity = capacity;
	}
	items->items[items->count++] = item;
}

static struct value_entry *find_entry(const struct value *map, text key)
{
	if (map == NULL || map->kind != VALUE_MAP || map->map.count == 0)
		return NULL;
	struct value_entry *entry = map->map.entries;
	/* Names of one length more often begin alike than end alike. */
	for (struct value_entry *end = entry + map->map.count; entry < end; entry++)
		if (entry->key.length == key.length &&
		    (key.length == 0 || (entry->key.data[key.length - 1] == key.data[key.length - 1] &&
		                         memcmp(entry->key.data, key.data, key.length) == 0)))
			return entry;
	return NULL;
}

void value_add(struct arena *arena, struct value *map, text key, struct value *item)
{
	struct value_map *entries = &map->map;

	assert(map->kind == VALUE_MAP);
	if (entries->count >= entries->capacity) {
		size_t capacity = entries->capacity == 0 ? 4 : entries->capacity * 2;
		entries->entries = arena_extend(arena, entries->entries, sizeof(*entries->entries) * entries->capacity,
		                                sizeof(*entries->entries) * capacity);
		entries->capacity = capacity;
	}
	entries->entries[entries->count++] = (struct value_entry){ .key = key, .value = item };
}

void value_set(struct arena *arena, struct value *map, text key, struct value *item)
{
	struct value_entry *entry = find_entry(map, key);

	if (entry != NULL)
		entry->value = item;
	else
		value_add(arena, map, key, item);
}

void value_set_text(struct arena *arena, struct value *map, text key, text t)
{
	value_set(arena, map, key, value_text(arena, t));
}

void value_set_integer(struct arena *arena, struct value *map, text key, int64_t integer)
{
	value_set(arena, map, key, value_integer(arena, integer));
}

void value_set_bool(struct arena *arena, struct value *map, text key, bool boolean)
{
	value_set(arena, map, key, value_bool(arena, boolean));
}

bool value_remove(struct value *map, text key)
{
	struct value_entry *entry = find_entry(map, key);

	if (entry == NULL)
		return false;
	size_t behind = map->map.count - (size_t)(entry - map->map.entries) - 1;
	memmove(entry, entry + 1, behind * sizeof(*entry));
	map->map.count--;
	return true;
}

struct value *value_get(const struct value *map, text key)
{
	const struct value_entry *entry = find_entry(map, key);

	return entry == NULL ? NULL : entry->value;
}

const struct value_entry *value_entry(const struct value *map, text key)
{
	return find_entry(map, key);
}

text value_get_text(const struct value *map, text key)
{
	const struct value *value = value_get(map, key);

	return value != NULL && (value->kind == VALUE_TEXT || value->kind == VALUE_HTML) ? value->text : TEXT_UNSET;
}

int64_t value_get_integer(const struct value *map, text key, int64_t fallback)
{
	const struct value *value = value_get(map, key);

	return value != NULL && value->kind == VALUE_INTEGER ? value->integer : fallback;
}

bool value_get_bool(const struct value *map, text key, bool fallback)
{
	const struct value *value = value_get(map, key);

	return value != NULL && value->kind == VALUE_BOOL ? value->boolean : fallback;
}

size_t value_count(const struct value *list_or_map)
{
	if (list_or_map == NULL)
		return 0;
	if (list_or_map->kind == VALUE_LIST)
		return list_or_map->list.count;
	return list_or_map->kind == VALUE_MAP ? list_or_map->map.count : 0;
}

static bool lists_equal(const struct value_list *a, const struct value_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!value_equal(a->items[i], b->items[i]))
			return false;
	return true;
}

/* The order of keys does not matter. */
static bool maps_equal(const struct value *a, const struct value *b)
{
	if (a->map.count != b->map.count)
		return false;
	for (size_t i = 0; i < a->map.count; i++) {
		const struct value_entry *entry = &a->map.entries[i];
		/* Mostly both have the same order: look there first. */
		const struct value_entry *other = &b->map.entries[i];
		if (!text_equal(other->key, entry->key))
			other = find_entry(b, entry->key);
		if (other == NULL || !value_equal(entry->value, other->value))
			return false;
	}
	return true;
}

bool value_equal(const struct value *a, const struct value *b)
{
	if (value_is_null(a) || value_is_null(b))
		return value_is_null(a) && value_is_null(b);
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case VALUE_NULL:
		return true;
	case VALUE_BOOL:
		return a->boolean == b->boolean;
	case VALUE_INTEGER:
		return a->integer == b->integer;
	case VALUE_REAL:
		return a->real == b->real;
	case VALUE_TEXT:
	case VALUE_HTML:
		return text_equal(a->text, b->text);
	case VALUE_LIST:
		return lists_equal(&a->list, &b->list);
	case VALUE_MAP:
		return maps_equal(a, b);
	}
	return false;
}

text value_kind_name(enum value_kind kind)
{
	static const text names[] = {
		[VALUE_NULL] = { "nothing", 7 },   [VALUE_BOOL] = { "true or false", 13 },
		[VALUE_INTEGER] = { "whole number", 12 }, [VALUE_REAL] = { "number", 6 },
		[VALUE_TEXT] = { "text", 4 },      [VALUE_HTML] = { "text", 4 },
		[VALUE_LIST] = { "list", 4 },      [VALUE_MAP] = { "map", 3 },
	};

	return names[kind];
}

struct value *value_copy(struct arena *arena, const struct value *value)
{
	if (value == NULL)
		return NULL;
	struct value *copy = arena_copy(arena, value, sizeof(*value));
	switch (value->kind) {
	case VALUE_TEXT:
	case VALUE_HTML:
		copy->text = text_copy(arena, value->text);
		break;
	case VALUE_LIST:
		copy->list = (struct value_list){ 0 };
		for (size_t i = 0; i < value->list.count; i++)
			value_append(arena, copy, value_copy(arena, value->list.items[i]));
		break;
	case VALUE_MAP:
		copy->map = (struct value_map){ 0 };
		for (size_t i = 0; i < value->map.count; i++) {
			const struct value_entry *entry = &value->map.entries[i];
			value_add(arena, copy, text_copy(arena, entry->key), value_copy(arena, entry->value));
			copy->map.entries[i].line = entry->line;
			copy->map.entries[i].column = entry->column;
		}
		break;
	case VALUE_NULL:
	case VALUE_BOOL:
	case VALUE_INTEGER:
	case VALUE_REAL:
		break;
	}
	return copy;
}
