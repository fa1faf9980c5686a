/*
 * The one tree: JSON bodies, form posts, YAML definitions, what a page shows and what the API says
 * are all a `struct value`. Made in an arena; maps keep the order of insertion.
 */
#ifndef REEVE_BASE_VALUE_H
#define REEVE_BASE_VALUE_H

#include "base/error.h"

enum value_kind {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INTEGER,
	VALUE_REAL,
	VALUE_TEXT,
	VALUE_HTML, /* text already safe as HTML: made only by web/markdown.c and the icon maker; JSON: text */
	VALUE_LIST,
	VALUE_MAP,
};

struct value {
	enum value_kind kind;
	uint32_t line, column; /* where it stood in its input; 0 = unknown */
	union {
		bool boolean;
		int64_t integer;
		double real;
		text text;
		struct value_list {
			struct value **items;
			size_t count, capacity;
		} list;
		struct value_map {
			struct value_entry *entries;
			size_t count, capacity;
		} map;
	};
};

struct value_entry {
	text key;
	struct value *value;
	uint32_t line, column; /* of the key */
};

must_use struct value *value_null(struct arena *arena);
must_use struct value *value_bool(struct arena *arena, bool boolean);
must_use struct value *value_integer(struct arena *arena, int64_t integer);
must_use struct value *value_real(struct arena *arena, double real);
/* The bytes are not copied; unset gives a null value. */
must_use struct value *value_text(struct arena *arena, text t);
must_use struct value *value_html(struct arena *arena, text t);
must_use struct value *value_list(struct arena *arena);
must_use struct value *value_map(struct arena *arena);

void value_append(struct arena *arena, struct value *list, struct value *item);
/* Sets or replaces; the key's bytes are not copied. */
void value_set(struct arena *arena, struct value *map, text key, struct value *item);
/* Shorthands for value_set with a literal or other key. */
void value_set_text(struct arena *arena, struct value *map, text key, text t);
void value_set_integer(struct arena *arena, struct value *map, text key, int64_t integer);
void value_set_bool(struct arena *arena, struct value *map, text key, bool boolean);
/* Adds without looking for the key (the caller knows it is new): O(1). */
void value_add(struct arena *arena, struct value *map, text key, struct value *item);
bool value_remove(struct value *map, text key);

/* NULL when `map` is NULL, no map, or has no such key. */
struct value *value_get(const struct value *map, text key);
const struct value_entry *value_entry(const struct value *map, text key);
/* Unset / fallback when absent or of another kind. */
text value_get_text(const struct value *map, text key);
int64_t value_get_integer(const struct value *map, text key, int64_t fallback);
bool value_get_bool(const struct value *map, text key, bool fallback);

static inline bool value_is_null(const struct value *value)
{
	return value == NULL || value->kind == VALUE_NULL;
}
size_t value_count(const struct value *list_or_map);
bool value_equal(const struct value *a, const struct value *b);
/* "text", "list of texts" ...: for messages. */
text value_kind_name(enum value_kind kind);
must_use struct value *value_copy(struct arena *arena, const struct value *value);

#endif
