/* A hash map in an arena: text -> pointer. For names of types, fields, routes, caches of one work. */
#ifndef REEVE_BASE_TABLE_H
#define REEVE_BASE_TABLE_H

#include "base/text.h"

struct table {
	struct arena *arena;
	struct table_slot {
		text key;
		uint64_t hash;
		void *item;
	} *slots;
	size_t count, capacity;
};

void table_init(struct table *table, struct arena *arena);
/* NULL when absent. */
void *table_get(const struct table *table, text key);
/* Adds or replaces; the key's bytes are not copied; `item` must not be NULL. */
void table_set(struct table *table, text key, void *item);
/* The nearest key to a misspelt one, or unset. */
text table_nearest(const struct table *table, text key);

#endif
