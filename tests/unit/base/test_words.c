/* Words: arguments by name, counts. */
#include "../test.h"

#include "base/words.h"

TEST(fills_in_arguments)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *arguments = value_map(arena);

	value_set_text(arena, arguments, T("name"), T("{n}"));
	value_set_integer(arena, arguments, T("n"), 3);
	assert_text(words(T("en"), T("Sign in")), "Sign in");
	assert_text(words_with(arena, T("en"), T("{n} of {name}, {other} {"), arguments), "3 of {n}, {other} {");
	assert_text(words_count(arena, T("en"), T("one record"), T("{n} records"), 1), "one record");
	assert_text(words_count(arena, T("en"), T("one record"), T("{n} records"), 0), "0 records");
	arena_free(arena);
}
