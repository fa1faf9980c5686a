/*
 * Arenas: bump allocation in a chain of blocks. The first block is kept over resets, so that a thread that
 * serves one request after another does not go to the allocator for each. This is the only file that calls malloc.
 * Under AddressSanitizer unused room is poisoned, so that a write past an allocation is found here too.
 */
#include "base/arena.h"

#include "base/error.h"
#include "base/log.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISONED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISONED 1
#endif
#endif

#ifdef ARENA_POISONED
#include <sanitizer/asan_interface.h>
#define GAP 16 /* poisoned bytes behind every allocation */
#define poison(data, size) __asan_poison_memory_region((data), (size))
#define unpoison(data, size) __asan_unpoison_memory_region((data), (size))
#else
#define GAP 0
#define poison(data, size) ((void)(data), (void)(size))
#define unpoison(data, size) ((void)(data), (void)(size))
#endif

#define ALIGNMENT 16
#define FIRST_BLOCK_BYTES ((size_t)32 * 1024)
#define BLOCK_BYTES_MAX ((size_t)1024 * 1024)
#define KEPT_BYTES (8 * 1024 * 1024)

struct block {
	struct block *previous;
	size_t size; /* of data */
	_Alignas(ALIGNMENT) char data[];
};

struct closer {
	struct closer *previous;
	void (*close)(void *data);
	void *data;
};

struct arena {
	char *next, *end; /* free room of the current block */
	char *last;       /* the newest allocation: the one that can grow where it is */
	struct block *block;
	struct block *first;
	struct closer *closers;
	size_t used;
	size_t size_max;
};

static struct block *block_new(size_t size)
{
	struct block *block = size > SIZE_MAX / 2 ? NULL : malloc(sizeof(struct block) + size);

	if (block == NULL)
		log_fatal("no memory: %zu bytes were refused by the system", size);
	block->previous = NULL;
	block->size = size;
	poison(block->data, size);
	return block;
}

static void block_free(struct block *block)
{
	unpoison(block->data, block->size);
	free(block);
}

static void use_block(struct arena *arena, struct block *block)
{
	arena->block = block;
	arena->next = block->data;
	arena->end = block->data + block->size;
	arena->last = NULL;
}

struct arena *arena_new(size_t size_max)
{
	struct arena *arena = malloc(sizeof(*arena));

	if (arena == NULL)
		log_fatal("no memory for an arena");
	*arena = (struct arena){ .size_max = size_max, .first = block_new(FIRST_BLOCK_BYTES) };
	use_block(arena, arena->first);
	return arena;
}

static void run_closers(struct arena *arena)
{
	/* A closer may defer again while it runs: take them off one by one. */
	while (arena->closers != NULL) {
		struct closer *closer = arena->closers;
		arena->closers = closer->previous;
		closer->close(closer->data);
	}
}

void arena_reset(struct arena *arena)
{
	run_closers(arena);
	while (arena->block != arena->first) {
		struct block *block = arena->block;
		arena->block = block->previous;
		block_free(block);
	}
	poison(arena->first->data, arena->first->size);
	use_block(arena, arena->first);
	arena->used = 0;
}

void arena_free(struct arena *arena)
{
	if (arena == NULL)
		return;
	arena_reset(arena);
	block_free(arena->first);
	free(arena);
}

/* Starts a new block with room for `need` bytes; blocks double up to a maximum so that few are needed. */
static void add_block(struct arena *arena, size_t need)
{
	size_t size = minimum(arena->block->size * 2, BLOCK_BYTES_MAX);
	struct block *block = block_new(maximum(size, need));

	block->previous = arena->block;
	use_block(arena, block);
}

/* Rounded up so that the next allocation is aligned, with the gap of ASan builds. */
static inline size_t room_of(size_t size)
{
	return ((size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1)) + GAP;
}

static void *take(struct arena *arena, size_t size)
{
	size_t room = room_of(size);

	if (size > SIZE_MAX / 4)
		log_fatal("no memory: an allocation of %zu bytes was asked for", size);
	if (room > (size_t)(arena->end - arena->next))
		add_block(arena, room);
	char *data = arena->next;
	arena->next += room;
	arena->last = data;
	arena->used += size;
	unpoison(data, size);
	return data;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	return memset(take(arena, size), 0, size);
}

void *arena_copy(struct arena *arena, const void *data, size_t size)
{
	void *copy = take(arena, size);

	if (size > 0)
		memcpy(copy, data, size);
	return copy;
}

void *arena_extend(struct arena *arena, void *data, size_t old_size, size_t new_size)
{
	if (data != NULL && new_size <= old_size)
		return data;
	if (data != NULL && data == arena->last && new_size < SIZE_MAX / 4 &&
	    room_of(new_size) <= (size_t)(arena->end - arena->last)) {
		unpoison(arena->last, new_size);
		arena->next = arena->last + room_of(new_size);
		arena->used += new_size - old_size;
		return data;
	}
	char *grown = take(arena, new_size);
	if (data != NULL && old_size > 0)
		memcpy(grown, data, old_size);
	return grown;
}

void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size)
{
	char *grown = arena_extend(arena, data, old_size, new_size);

	if (data == NULL)
		old_size = 0;
	if (new_size > old_size)
		memset(grown + old_size, 0, new_size - old_size);
	return grown;
}

void arena_defer(struct arena *arena, void (*close)(void *data), void *data)
{
	struct closer *closer = arena_new_struct(arena, struct closer);

	*closer = (struct closer){ arena->closers, close, data };
	arena->closers = closer;
}

void arena_keep_memory(void)
{
	/* Blocks are at most 1 MB, so with this none is a mapping of its own. */
	(void)mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

size_t arena_used(const struct arena *arena)
{
	return arena->used;
}

struct error *arena_check(struct arena *arena)
{
	if (arena->used <= arena->size_max)
		return NULL;
	return error_hint(arena,
	                  error_new(arena, ERROR_TOO_LARGE, "this needs more than %zu bytes of memory",
	                            arena->size_max),
	                  "ask for less at once");
}
