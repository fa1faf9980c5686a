/* The set of ids keeps each once, in the order they came. */
#include "test.h"

#include "base/id_set.h"

TEST(each_id_is_kept_once_in_its_order)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct id_set set;

	id_set_init(&set, arena);
	assert_false(id_set_has(&set, 7));
	for (int64_t i = 0; i < 50000; i++)
		assert_true(id_set_add(&set, 1 + i * 37 % 50021));
	for (int64_t i = 0; i < 50000; i++) {
		assert_false(id_set_add(&set, 1 + i * 37 % 50021));
		assert_int_equal(id_set_find(&set, 1 + i * 37 % 50021), i);
	}
	assert_int_equal(set.count, 50000);
	assert_int_equal(set.items[1], 38);
	assert_false(id_set_has(&set, 50030));
	assert_int_equal(id_set_find(&set, INT64_MAX), -1);
	arena_free(arena);
}
