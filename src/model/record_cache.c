/*
 * What one worker thread remembers: the records read during the present work, and the names and ids of
 * platform records (people, teams ...) for as long as the generation stands, which moves with every change to
 * one of them.
 */
#include "model/record_private.h"

#include "base/arena.h"

/* Records of one work: a page reads some dozens. Direct-mapped: a lost slot only costs another read. */
#define RECORD_SLOTS 256
/* Names: 100,000 people would be 10 MB per worker; beyond this the memory starts anew. */
#define NAME_BYTES_MAX ((size_t)8 * 1024 * 1024)
#define NAME_SLOTS 4096

struct record_cache {
	const int64_t *generation;
	int64_t seen;
	struct record *records[RECORD_SLOTS];
	struct arena *names; /* what follows lives here */
	struct cached_name {
		int64_t id;
		struct record_name name;
	} * name_slots;	  /* [NAME_SLOTS], direct-mapped */
	struct table ids; /* "team:network" -> int64_t */
};

static void free_names(void *data)
{
	arena_free(data);
}

static void forget_names(struct record_cache *cache)
{
	arena_reset(cache->names);
	cache->name_slots = arena_new_array(cache->names, struct cached_name, NAME_SLOTS);
	table_init(&cache->ids, cache->names);
}

struct record_cache *record_cache_new(struct arena *arena, const int64_t *generation)
{
	struct record_cache *cache = arena_new_struct(arena, struct record_cache);

	cache->generation = generation;
	cache->seen = __atomic_load_n(generation, __ATOMIC_ACQUIRE);
	cache->names = arena_new(2 * NAME_BYTES_MAX);
	arena_defer(arena, free_names, cache->names);
	forget_names(cache);
	return cache;
}

void record_cache_reset(struct record_cache *cache)
{
	int64_t generation = __atomic_load_n(cache->generation, __ATOMIC_ACQUIRE);

	memset(cache->records, 0, sizeof(cache->records));
	if (generation != cache->seen || arena_used(cache->names) > NAME_BYTES_MAX)
		forget_names(cache);
	cache->seen = generation;
}

struct record *cache_record(const struct record_cache *cache, const struct type *type, int64_t id)
{
	struct record *record = cache == NULL ? NULL : cache->records[(uint64_t)id % RECORD_SLOTS];

	return record != NULL && record->id == id && type_same(record->type, type) ? record : NULL;
}

void cache_put_record(struct record_cache *cache, struct record *record)
{
	if (cache != NULL)
		cache->records[(uint64_t)record->id % RECORD_SLOTS] = record;
}

void cache_drop_record(struct record_cache *cache, int64_t id)
{
	struct record **slot = cache == NULL ? NULL : &cache->records[(uint64_t)id % RECORD_SLOTS];

	if (slot != NULL && *slot != NULL && (*slot)->id == id)
		*slot = NULL;
}

bool cache_name(struct record_cache *cache, int64_t id, struct record_name *ret_name)
{
	const struct cached_name *slot = cache == NULL ? NULL : &cache->name_slots[(uint64_t)id % NAME_SLOTS];

	if (slot == NULL || slot->id != id)
		return false;
	*ret_name = slot->name;
	return true;
}

void cache_put_name(struct record_cache *cache, int64_t id, const struct record_name *name)
{
	if (cache == NULL || arena_used(cache->names) > NAME_BYTES_MAX)
		return;
	cache->name_slots[(uint64_t)id % NAME_SLOTS] = (struct cached_name){
		id, { text_copy(cache->names, name->number), text_copy(cache->names, name->title) }
	};
}

/* Types and keys in one table; ':' stands in no type's name. Built without the arena: this is on the path of
 * guards. */
static bool id_key(char *ret_bytes, size_t size, const struct type *type, text key, text *ret_key)
{
	size_t length = type->name.length + 1 + key.length;

	if (length > size)
		return false;
	memcpy(ret_bytes, type->name.data, type->name.length);
	ret_bytes[type->name.length] = ':';
	if (key.length > 0)
		memcpy(ret_bytes + type->name.length + 1, key.data, key.length);
	*ret_key = (text){ ret_bytes, length };
	return true;
}

bool cache_id(struct record_cache *cache, const struct type *type, text key, int64_t *ret_id)
{
	char bytes[256];
	text name;

	if (cache == NULL || !id_key(bytes, sizeof(bytes), type, key, &name))
		return false;
	const int64_t *id = table_get(&cache->ids, name);
	if (id != NULL)
		*ret_id = *id;
	return id != NULL;
}

void cache_put_id(struct record_cache *cache, const struct type *type, text key, int64_t id)
{
	char bytes[256];
	text name;

	if (cache == NULL || !id_key(bytes, sizeof(bytes), type, key, &name) ||
	    arena_used(cache->names) > NAME_BYTES_MAX)
		return;
	table_set(&cache->ids, text_copy(cache->names, name), arena_copy(cache->names, &id, sizeof(id)));
}
