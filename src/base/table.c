/* Hash map with open addressing and linear probing, at most three quarters full. */
#include "base/table.h"

#include "base/arena.h"

void table_init(struct table *table, struct arena *arena)
{
	*table = (struct table){ .arena = arena };
}

/* The slot that holds `key`, or the free one where it belongs. The capacity is a power of two. */
static struct table_slot *find_slot(struct table_slot *slots, size_t capacity, text key, uint64_t hash)
{
	for (size_t at = hash & (capacity - 1);; at = (at + 1) & (capacity - 1)) {
		struct table_slot *slot = &slots[at];
		if (slot->item == NULL || (slot->hash == hash && text_equal(slot->key, key)))
			return slot;
	}
}

void *table_get(const struct table *table, text key)
{
	if (table->count == 0)
		return NULL;
	return find_slot(table->slots, table->capacity, key, text_hash(key))->item;
}

static void grow(struct table *table)
{
	size_t capacity = table->capacity == 0 ? 16 : table->capacity * 2;
	struct table_slot *slots = arena_new_array(table->arena, struct table_slot, capacity);

	for (size_t i = 0; i < table->capacity; i++)
		if (table->slots[i].item != NULL)
			*find_slot(slots, capacity, table->slots[i].key, table->slots[i].hash) = table->slots[i];
	table->slots = slots;
	table->capacity = capacity;
}

void table_set(struct table *table, text key, void *item)
{
	uint64_t hash = text_hash(key);

	if ((table->count + 1) * 4 > table->capacity * 3)
		grow(table);
	struct table_slot *slot = find_slot(table->slots, table->capacity, key, hash);
	if (slot->item == NULL)
		table->count++;
	*slot = (struct table_slot){ key, hash, item };
}

text table_nearest(const struct table *table, text key)
{
	text nearest = TEXT_UNSET;
	size_t best = SIZE_MAX;

	for (size_t i = 0; i < table->capacity; i++) {
		const struct table_slot *slot = &table->slots[i];
		text near = slot->item == NULL ? TEXT_UNSET : text_nearest(key, &slot->key, 1);
		if (!text_is_set(near))
			continue;
		/* Ties go to the alphabetically first name: the order of slots means nothing. */
		size_t distance = text_distance(key, near, 8);
		if (distance < best || (distance == best && text_compare(near, nearest) < 0)) {
			best = distance;
			nearest = near;
		}
	}
	return nearest;
}
