/* Counts that are kept: until something touches them, per person and type. */
#include "test.h"

#include "web/server.h"

TEST(counts_are_kept_until_something_touches_them)
{
	struct arena *arena = arena_new((size_t)1 << 22);
	struct view_counts *counts = view_counts_new(arena);
	const struct type incident = { .name = T("incident"), .position = 3, .view_count = 2 };
	const struct type change = { .name = T("change"), .position = 4, .view_count = 2 };
	const struct type user = { .name = T("user"), .position = 5, .platform = true };
	const int64_t made[2] = { 7, -1 };
	int64_t found[2];

	assert_false(view_counts_find(counts, 1, &incident, found));
	view_counts_keep(counts, 1, &incident, view_counts_stamp(counts, &incident), made);
	assert_true(view_counts_find(counts, 1, &incident, found));
	assert_true(found[0] == 7 && found[1] == -1);
	assert_false(view_counts_find(counts, 2, &incident, found)); /* somebody else */
	view_counts_touch(counts, &change);
	assert_true(view_counts_find(counts, 1, &incident, found));
	view_counts_touch(counts, &incident);
	assert_false(view_counts_find(counts, 1, &incident, found));
	/* What came while it was counted is not taken for counted. */
	struct view_counts_stamp stamp = view_counts_stamp(counts, &incident);
	view_counts_touch(counts, &incident);
	view_counts_keep(counts, 1, &incident, stamp, made);
	assert_false(view_counts_find(counts, 1, &incident, found));
	/* Anybody's rights may be others now. */
	view_counts_keep(counts, 1, &incident, view_counts_stamp(counts, &incident), made);
	view_counts_touch(counts, &user);
	assert_false(view_counts_find(counts, 1, &incident, found));
	arena_free(arena);
}
