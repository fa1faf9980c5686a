/* Open addressing with linear probing; at most half of the slots are taken. */
#include "base/id_set.h"

#define SLOTS_MIN 64

void id_set_init(struct id_set *set, struct arena *arena)
{
	*set = (struct id_set){ .arena = arena };
}

/* Ids are dense: multiplied apart, so that runs of them do not fill runs of slots. */
static size_t slot_of(const struct id_set *set, int64_t id)
{
	uint64_t hash = (uint64_t)id * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(hash >> 32) & (set->slot_count - 1);
}

static void place(struct id_set *set, size_t position)
{
	size_t slot = slot_of(set, set->items[position]);

	while (set->slots[slot] != 0)
		slot = (slot + 1) & (set->slot_count - 1);
	set->slots[slot] = (uint32_t)(position + 1);
}

static void grow(struct id_set *set)
{
	set->slot_count = set->slot_count == 0 ? SLOTS_MIN : set->slot_count * 4;
	set->slots = arena_new_array(set->arena, uint32_t, set->slot_count);
	for (size_t i = 0; i < set->count; i++)
		place(set, i);
}

ptrdiff_t id_set_find(const struct id_set *set, int64_t id)
{
	if (set->slot_count == 0)
		return -1;
	for (size_t slot = slot_of(set, id); set->slots[slot] != 0; slot = (slot + 1) & (set->slot_count - 1))
		if (set->items[set->slots[slot] - 1] == id)
			return (ptrdiff_t)set->slots[slot] - 1;
	return -1;
}

bool id_set_add(struct id_set *set, int64_t id)
{
	if (id_set_has(set, id))
		return false;
	arena_make_room(set->arena, set->items, set->count, set->capacity);
	set->items[set->count++] = id;
	if (set->count * 2 > set->slot_count)
		grow(set);
	else
		place(set, set->count - 1);
	return true;
}
