/* Arenas: alignment, zeroes, growth in place, closers, the soft maximum. */
#include "../test.h"

static int closed[4], closed_count;

static void note_close(void *data)
{
	closed[closed_count++] = *(int *)data;
}

TEST(gives_zeroed_aligned_memory_of_any_size)
{
	struct arena *arena = arena_new(1 << 24);

	for (int round = 0; round < 3; round++) {
		for (size_t size = 0; size < 200000; size = size * 3 + 1) {
			char *data = arena_alloc(arena, size);
			assert_int_equal((uintptr_t)data % 16, 0);
			for (size_t i = 0; i < size; i++)
				assert_int_equal(data[i], 0);
			memset(data, 0xee, size);
		}
		arena_reset(arena);
		assert_int_equal(arena_used(arena), 0);
	}
	arena_free(arena);
	arena_free(NULL);
}

TEST(grows_and_keeps_what_was_there)
{
	struct arena *arena = arena_new(1 << 24);
	char *first = arena_grow(arena, NULL, 0, 10);

	strcpy(first, "abc");
	char *same = arena_grow(arena, first, 10, 1000);
	assert_ptr_equal(same, first);
	assert_string_equal(same, "abc");
	assert_int_equal(same[999], 0);
	char *between = arena_alloc(arena, 1);
	assert_non_null(between);
	char *moved = arena_grow(arena, same, 1000, 100000);
	assert_ptr_not_equal(moved, same);
	assert_string_equal(moved, "abc");
	assert_int_equal(moved[99999], 0);
	arena_free(arena);
}

TEST(makes_room_in_arrays)
{
	struct arena *arena = arena_new(1 << 24);
	int *items = NULL;
	size_t count = 0, capacity = 0;

	for (int i = 0; i < 1000; i++) {
		arena_make_room(arena, items, count, capacity);
		items[count++] = i;
	}
	for (int i = 0; i < 1000; i++)
		assert_int_equal(items[i], i);
	arena_free(arena);
}

TEST(closes_last_first_at_reset_and_free)
{
	struct arena *arena = arena_new(1000);
	int one = 1, two = 2, three = 3;

	arena_defer(arena, note_close, &one);
	arena_defer(arena, note_close, &two);
	arena_reset(arena);
	assert_int_equal(closed_count, 2);
	assert_int_equal(closed[0], 2);
	assert_int_equal(closed[1], 1);
	arena_defer(arena, note_close, &three);
	arena_free(arena);
	assert_int_equal(closed_count, 3);
	assert_int_equal(closed[2], 3);
}

TEST(tells_when_it_is_over_its_maximum)
{
	struct arena *arena = arena_new(1000);
	char *data = arena_alloc(arena, 1000);

	assert_non_null(data);
	assert_ok(arena_check(arena));
	data = arena_alloc(arena, 100000);
	data[99999] = 1;
	assert_refused(arena_check(arena), TOO_LARGE);
	arena_reset(arena);
	assert_ok(arena_check(arena));
	arena_free(arena);
}
