/* Moments and durations: the written forms, and that only real dates are read. */
#include "../test.h"

#include "base/moment.h"

static moment parsed(const char *written, const struct zone *zone)
{
	moment at = MOMENT_UNSET;

	if (!moment_parse(text_from(written), zone, &at))
		fail_msg("'%s' was refused", written);
	return at;
}

TEST(writes_what_it_reads)
{
	struct arena *arena = arena_new(1 << 20);
	static const char *const same[] = { "1970-01-01T00:00:00.000Z", "2026-11-22T10:30:00.123Z",
		                            "0000-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z",
		                            "2024-02-29T12:00:00.001Z", "1969-12-31T23:59:59.999Z" };

	for (size_t i = 0; i < array_length(same); i++)
		assert_text(moment_format(arena, parsed(same[i], NULL)), same[i]);
	assert_false(text_is_set(moment_format(arena, MOMENT_UNSET)));
	assert_text(moment_format(arena, INT64_MAX), "9999-12-31T23:59:59.999Z");
	assert_text(moment_format(arena, INT64_MIN + 1), "0000-01-01T00:00:00.000Z");
	arena_free(arena);
}

TEST(reads_the_short_forms)
{
	const struct zone *berlin = zone_find(T("Europe/Berlin"));
	moment noon = parsed("2026-11-22T12:00:00Z", NULL);

	assert_true(parsed("2026-11-22T12:00Z", NULL) == noon);
	assert_true(parsed("2026-11-22t13:00:00.000999+01:00", NULL) == noon);
	assert_true(parsed("2026-11-22 06:30-05:30", NULL) == noon);
	assert_true(parsed("2026-11-22T12:00", NULL) == noon);
	assert_true(parsed("2026-11-22T13:00", berlin) == noon);
	assert_true(parsed("2026-11-22", berlin) == noon - 13 * HOUR_MS);
	assert_true(parsed("2026-07-22", berlin) == parsed("2026-07-21T22:00Z", NULL));
	assert_true(parsed("2026-11-22T12:00:00.5Z", NULL) == noon + 500);
}

TEST(refuses_what_is_no_moment)
{
	static const char *const bad[] = {
		"", "2026", "2026-11", "2026-11-2", "2026-13-01", "2026-00-01", "2026-02-29", "2026-04-31", "2026-01-00",
		"2026-11-22T", "2026-11-22T1:00", "2026-11-22T24:00", "2026-11-22T10:60", "2026-11-22T10:00:60",
		"2026-11-22T10:00:00.", "2026-11-22T10:00:00+1:00", "2026-11-22T10:00:00+0100", "2026-11-22T10:00:00Zx",
		"2026-11-22Z", "+2026-11-22", "2026-11-22T10:00+24:00", "0000-01-01T00:00+01:00", " 2026-11-22",
		"9999-12-31T23:59-00:01", "20261122",
	};
	moment at = 5;

	for (size_t i = 0; i < array_length(bad); i++)
		if (moment_parse(text_from(bad[i]), NULL, &at))
			fail_msg("'%s' was accepted", bad[i]);
	assert_true(at == 5);
}

TEST(counts_days_both_ways)
{
	int64_t day = civil_to_days(-1, 1, 1);
	struct civil before = civil_from_days(day - 1);

	for (; day < civil_to_days(2500, 1, 1); day++) {
		struct civil civil = civil_from_days(day);
		assert_int_equal(civil_to_days(civil.year, civil.month, civil.day), day);
		assert_int_equal(civil.weekday, before.weekday % 7 + 1);
		bool next = civil.day == before.day + 1 || (civil.day == 1 && before.day >= 28);
		assert_true(next);
		before = civil;
	}
	assert_int_equal(civil_from_days(civil_to_days(2026, 11, 22)).weekday, 7);
}

TEST(reads_and_writes_durations)
{
	struct arena *arena = arena_new(1 << 20);
	static const struct {
		const char *written;
		int64_t ms;
		const char *shown;
	} good[] = {
		{ "15m", 15 * MINUTE_MS, "15m" },
		{ "1h30m", 90 * MINUTE_MS, "1h 30m" },
		{ "1h 30m", 90 * MINUTE_MS, "1h 30m" },
		{ "90s", 90 * SECOND_MS, "1m 30s" },
		{ "2d", 2 * DAY_MS, "2d" },
		{ "2d4h5m", 2 * DAY_MS + 4 * HOUR_MS + 5 * MINUTE_MS, "2d 4h" },
		{ "1d5m", DAY_MS + 5 * MINUTE_MS, "1d" },
		{ "500ms", 500, "0m" },
		{ "0m", 0, "0m" },
		{ "1000000h", 1000000 * HOUR_MS, "41666d 16h" },
	};
	static const char *const bad[] = { "", "h", "1", "1x", "-1h", "1h1h", "1m1h", "1.5h", "1h  1m", "1h ", " 1h",
		                           "9999999999999999d", "106751991167301d" };
	int64_t ms = 7;

	for (size_t i = 0; i < array_length(good); i++) {
		if (!duration_parse(text_from(good[i].written), &ms))
			fail_msg("'%s' was refused", good[i].written);
		assert_true(ms == good[i].ms);
		assert_text(duration_format(arena, ms), good[i].shown);
	}
	for (size_t i = 0; i < array_length(bad); i++)
		if (duration_parse(text_from(bad[i]), &ms))
			fail_msg("'%s' was accepted", bad[i]);
	assert_text(duration_format(arena, -90 * MINUTE_MS), "-1h 30m");
	assert_text(duration_format(arena, INT64_MIN), "-106751991167d 7h");
	arena_free(arena);
}

TEST(clocks_run)
{
	int64_t before = monotonic_us();

	assert_true(moment_now() > parsed("2020-01-01", NULL));
	assert_true(monotonic_us() >= before);
}
