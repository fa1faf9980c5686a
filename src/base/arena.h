/*
 * Memory with one owner: the piece of work. Everything made while a request, job or command runs
 * comes from its arena and goes when the arena is reset, so nobody frees anything by hand.
 *
 * An arena never returns NULL. It is born with a soft maximum: an allocation beyond it still
 * succeeds (so that no function has a failure branch for memory) but marks the arena as over, and
 * every loop that grows with outside input asks arena_check() and gives up with an error that fails
 * this piece of work only. When the system itself has no memory left the process ends with a log line.
 */
#ifndef REEVE_BASE_ARENA_H
#define REEVE_BASE_ARENA_H

#include "base/check.h"

struct arena;
struct error;

/* A new arena that may hold about `size_max` bytes. Owned by the caller: arena_free(). */
must_use struct arena *arena_new(size_t size_max);

/* Runs the deferred closers (last first) and returns all memory. NULL is fine. */
void arena_free(struct arena *arena);

/* Runs the deferred closers (last first) and keeps the first block for the next piece of work. */
void arena_reset(struct arena *arena);

/* `size` zeroed bytes, aligned for any object. Never NULL. */
must_use void *arena_alloc(struct arena *arena, size_t size);

/* A copy of `size` bytes. */
must_use void *arena_copy(struct arena *arena, const void *data, size_t size);

/* Grows `data` (obtained from this arena, or NULL) from old_size to new_size; may move it. */
must_use void *arena_grow(struct arena *arena, void *data, size_t old_size, size_t new_size);

#define arena_new_array(arena, type, count) ((type *)arena_alloc((arena), sizeof(type) * (count)))
#define arena_new_struct(arena, type) ((type *)arena_alloc((arena), sizeof(type)))

/* The same without zeroing what is new: for bytes that are written before they are read. */
must_use void *arena_extend(struct arena *arena, void *data, size_t old_size, size_t new_size);

/*
 * For long-running programs, once at the start: freed blocks stay with the process, up to some megabytes for each thread. Else every
 * page gives its memory back to the system and gets it again zeroed, an eighth of its processor time.
 */
void arena_keep_memory(void);

/* Calls close(data) when the arena is reset or freed: for what is not memory. */
void arena_defer(struct arena *arena, void (*close)(void *data), void *data);

/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);

/* ERROR_TOO_LARGE when the arena is over its maximum, else NULL. Ask in every loop over outside input. */
must_use struct error *arena_check(struct arena *arena);

/*
 * Makes room in a growing array kept as (items, count, capacity): after the call
 * capacity > count. `items` must be NULL or from this arena.
 */
#define arena_make_room(arena, items, count, capacity)                                             \
	do {                                                                                       \
		if ((count) >= (capacity)) {                                                       \
			size_t room_ = (capacity) == 0 ? 8 : (size_t)(capacity) * 2;               \
			(items) = arena_grow((arena), (items), sizeof(*(items)) * (capacity),      \
			                     sizeof(*(items)) * room_);                            \
			(capacity) = room_;                                                        \
		}                                                                                  \
	} while (0)

#endif
