/* Tables: many keys, replacing, near names. */
#include "../test.h"

#include "base/table.h"

TEST(finds_what_was_set)
{
	struct arena *arena = arena_new(1 << 24);
	static int numbers[5000];
	struct table table;

	table_init(&table, arena);
	assert_null(table_get(&table, T("x")));
	for (int i = 0; i < 5000; i++)
		table_set(&table, text_format(arena, "key%d", i), &numbers[i]);
	table_set(&table, T("key7"), &numbers[8]);
	assert_int_equal(table.count, 5000);
	for (int i = 0; i < 5000; i++)
		assert_ptr_equal(table_get(&table, text_format(arena, "key%d", i)), &numbers[i == 7 ? 8 : i]);
	assert_null(table_get(&table, T("key5000")));
	assert_null(table_get(&table, T("")));
	table_set(&table, T(""), &numbers[0]);
	assert_ptr_equal(table_get(&table, T("")), &numbers[0]);
	arena_free(arena);
}

TEST(knows_the_nearest_key)
{
	struct arena *arena = arena_new(1 << 20);
	struct table table;

	table_init(&table, arena);
	assert_false(text_is_set(table_nearest(&table, T("network"))));
	table_set(&table, T("network"), &table);
	table_set(&table, T("hardware"), &table);
	table_set(&table, T("networks"), &table);
	assert_text(table_nearest(&table, T("netwrok")), "network");
	assert_false(text_is_set(table_nearest(&table, T("printer"))));
	arena_free(arena);
}
