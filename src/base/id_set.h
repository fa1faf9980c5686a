/* A set of record ids (above 0) in an arena that remembers the order in which they came: for walks over many records. */
#ifndef REEVE_BASE_ID_SET_H
#define REEVE_BASE_ID_SET_H

#include "base/arena.h"

#include <stdint.h>

struct id_set {
	struct arena *arena;
	int64_t *items;    /* [count], in the order they were added */
	size_t count, capacity;
	uint32_t *slots;   /* position in items + 1; 0: free */
	size_t slot_count; /* a power of two */
};

/* Empty; grows in the arena. */
void id_set_init(struct id_set *set, struct arena *arena);
/* False when it was there before. */
bool id_set_add(struct id_set *set, int64_t id);
/* Position in items, or -1. */
ptrdiff_t id_set_find(const struct id_set *set, int64_t id);
static inline bool id_set_has(const struct id_set *set, int64_t id)
{
	return id_set_find(set, id) >= 0;
}

#endif
