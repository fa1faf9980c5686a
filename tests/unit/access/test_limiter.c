/* Rate limits: the burst, the refill, keys apart from each other, and a flood of keys that cannot grow the table. */
#include "../test.h"

#include "access/access.h"

#include <unistd.h>

static bool take(struct limiter *limiter, struct arena *arena, const char *key, int burst, int per_minute)
{
	struct error *error = limiter_take(limiter, arena, text_from(key), burst, per_minute);

	if (error == NULL)
		return true;
	assert_int_equal(error->code, ERROR_TOO_MANY);
	assert_true(error->retry_after_s >= 1);
	return false;
}

TEST(gives_the_burst_and_no_more)
{
	struct arena *arena = arena_new(1 << 20);
	struct limiter *limiter = limiter_new(arena, 100);

	for (int i = 0; i < 5; i++)
		assert_true(take(limiter, arena, "login:ann", 5, 6));
	assert_false(take(limiter, arena, "login:ann", 5, 6));
	assert_false(take(limiter, arena, "login:ann", 5, 6));
	assert_true(take(limiter, arena, "login:bob", 5, 6));
	arena_free(arena);
}

TEST(says_when_to_come_again)
{
	struct arena *arena = arena_new(1 << 20);
	struct limiter *limiter = limiter_new(arena, 100);

	assert_true(take(limiter, arena, "a", 1, 6));
	struct error *error = limiter_take(limiter, arena, T("a"), 1, 6);
	assert_non_null(error);
	assert_true(error->retry_after_s >= 9 && error->retry_after_s <= 10);
	arena_free(arena);
}

TEST(refills_with_time)
{
	struct arena *arena = arena_new(1 << 20);
	struct limiter *limiter = limiter_new(arena, 100);

	/* One each 20 ms. */
	for (int i = 0; i < 3; i++)
		assert_true(take(limiter, arena, "a", 3, 3000));
	int tries = 0;
	while (!take(limiter, arena, "a", 3, 3000) && tries++ < 1000)
		usleep(1000);
	assert_in_range(tries, 1, 999);
	usleep(200 * 1000);
	int taken = 0;
	int64_t begin = monotonic_us();
	while (take(limiter, arena, "a", 3, 3000) && taken < 10)
		taken++;
	/* It rested for ten, but holds three, and gains one each 20 ms while we count. */
	assert_in_range(taken, 3, 4 + (monotonic_us() - begin) / 20000);
	arena_free(arena);
}

TEST(a_flood_of_keys_frees_nobody_who_is_limited_elsewhere)
{
	struct arena *arena = arena_new(16 << 20);
	struct limiter *limiter = limiter_new(arena, 64 * 1024);
	size_t used = arena_used(arena);

	for (int i = 0; i < 20; i++)
		(void)!take(limiter, arena, "attacker", 5, 1);
	for (int i = 0; i < 20000; i++) {
		char key[32];
		snprintf(key, sizeof(key), "address:%d", i);
		assert_true(take(limiter, arena, key, 5, 60));
	}
	assert_false(take(limiter, arena, "attacker", 5, 1));
	/* Only errors took memory. */
	assert_true(arena_used(arena) - used < 64 * 1024);
	arena_free(arena);
}
