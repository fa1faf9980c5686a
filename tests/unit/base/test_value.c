/* Values: order of keys, replacing, removing, equality, deep copies. */
#include "../test.h"

#include "base/value.h"

TEST(maps_keep_order_and_replace)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *map = value_map(arena);

	value_set_text(arena, map, T("b"), T("one"));
	value_set_integer(arena, map, T("a"), 2);
	value_set_bool(arena, map, T(""), true);
	value_set_text(arena, map, T("b"), TEXT_UNSET);
	assert_int_equal(value_count(map), 3);
	assert_text(map->map.entries[0].key, "b");
	assert_true(value_is_null(value_get(map, T("b"))));
	assert_int_equal(value_get_integer(map, T("a"), 9), 2);
	assert_int_equal(value_get_integer(map, T("b"), 9), 9);
	assert_true(value_get_bool(map, T(""), false));
	assert_false(text_is_set(value_get_text(map, T("a"))));
	assert_null(value_get(map, T("c")));
	assert_null(value_get(NULL, T("c")));
	assert_null(value_get(value_list(arena), T("c")));
	assert_true(value_remove(map, T("a")));
	assert_false(value_remove(map, T("a")));
	assert_text(map->map.entries[1].key, "");
	assert_int_equal(value_count(NULL), 0);
	arena_free(arena);
}

TEST(equality_ignores_the_order_of_keys_only)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *a = value_map(arena), *b = value_map(arena), *list = value_list(arena);

	value_append(arena, list, value_real(arena, 1.5));
	value_append(arena, list, value_null(arena));
	value_set(arena, a, T("x"), list);
	value_set_integer(arena, a, T("y"), 1);
	value_set_integer(arena, b, T("y"), 1);
	value_set(arena, b, T("x"), value_copy(arena, list));
	assert_true(value_equal(a, b));
	value_append(arena, value_get(b, T("x")), value_null(arena));
	assert_false(value_equal(a, b));
	assert_false(value_equal(value_integer(arena, 1), value_real(arena, 1)));
	assert_true(value_equal(NULL, value_null(arena)));
	arena_free(arena);
}

TEST(copies_share_nothing)
{
	struct arena *arena = arena_new(1 << 20), *other = arena_new(1 << 20);
	struct value *map = value_map(arena), *list = value_list(arena);

	value_set(arena, map, text_copy(arena, T("list")), list);
	value_append(arena, list, value_html(arena, text_copy(arena, T("<b>"))));
	map->line = 3;
	map->map.entries[0].column = 4;
	struct value *copy = value_copy(other, map);
	memset((void *)list->list.items[0]->text.data, 'x', 3);
	arena_free(arena);
	assert_int_equal(copy->line, 3);
	assert_int_equal(copy->map.entries[0].column, 4);
	struct value *item = value_get(copy, T("list"))->list.items[0];
	assert_int_equal(item->kind, VALUE_HTML);
	assert_text(item->text, "<b>");
	arena_free(other);
	assert_text(value_kind_name(VALUE_INTEGER), "whole number");
	for (int kind = VALUE_NULL; kind <= VALUE_MAP; kind++)
		assert_int_equal(value_kind_name(kind).length, strlen(value_kind_name(kind).data));
}
