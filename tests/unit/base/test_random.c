/* Random tokens: alphabet, length, and that two differ. */
#include "../test.h"

#include "base/random.h"

TEST(tokens_are_url_safe_and_differ)
{
	struct arena *arena = arena_new(1 << 20);

	for (size_t size = 1; size < 40; size++) {
		text a = random_token(arena, size);
		assert_int_equal(a.length, (size * 8 + 5) / 6);
		for (size_t i = 0; i < a.length; i++)
			assert_true(strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
			                   a.data[i]) != NULL);
		if (size >= 16)
			assert_false(text_equal(a, random_token(arena, size)));
	}
	arena_free(arena);
}
