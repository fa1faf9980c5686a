/* Repeated times: weekly nights over a change of the clock, monthly rules, ends, and what is refused. */
#include "test.h"

#include "base/arena.h"
#include "base/recurrence.h"

static moment at(const char *words)
{
	moment parsed = 0;

	assert_true(moment_parse(text_from(words), NULL, &parsed));
	return parsed;
}

static size_t spans(struct arena *arena, const char *rule, const char *zone, const char *from, const char *to, struct span **ret_spans)
{
	struct span first = { at("2026-10-04T00:00:00Z"), at("2026-10-04T04:00:00Z") };
	size_t count;

	assert_ok(recurrence_spans(arena, text_from(rule), zone_find(text_from(zone)), first, (struct span){ at(from), at(to) }, 100,
	                           ret_spans, &count));
	return count;
}

TEST(a_weekly_night_stays_at_its_local_time)
{
	struct arena *arena = arena_new(1 << 20);
	struct span *found;

	assert_int_equal(spans(arena, "FREQ=WEEKLY;BYDAY=SU", "Europe/Berlin", "2026-10-01", "2026-11-09", &found), 6);
	assert_true(found[0].from == at("2026-10-04T00:00:00Z") && found[0].to == at("2026-10-04T04:00:00Z"));
	assert_true(found[2].from == at("2026-10-18T00:00:00Z"));
	assert_true(found[4].from == at("2026-11-01T01:00:00Z")); /* 02:00 in winter */
	arena_free(arena);
}

TEST(only_what_overlaps_is_found)
{
	struct arena *arena = arena_new(1 << 20);
	struct span *found;

	assert_int_equal(spans(arena, "RRULE:FREQ=DAILY", "UTC", "2027-01-01T03:00:00Z", "2027-01-01T03:30:00Z", &found), 1);
	assert_int_equal(spans(arena, "FREQ=DAILY", "UTC", "2027-01-01T04:00:00Z", "2027-01-01T05:00:00Z", &found), 0);
	assert_int_equal(spans(arena, "FREQ=MONTHLY;BYDAY=1SU;COUNT=2", "UTC", "2026-01-01", "2030-01-01", &found), 2);
	assert_int_equal(spans(arena, "FREQ=WEEKLY;UNTIL=20261019T000000Z", "UTC", "2026-01-01", "2030-01-01", &found), 3);
	assert_int_equal(spans(arena, "", "UTC", "2026-01-01", "2030-01-01", &found), 1);
	assert_int_equal(spans(arena, "", "UTC", "2026-10-04T04:00:00Z", "2030-01-01", &found), 0);
	arena_free(arena);
}

/* Saved before they were refused, such rules are asked at every look at a calendar. */
TEST(what_never_comes_is_known_at_once)
{
	static const char *const rules[] = { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
	                                     "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=31", "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=4", "FREQ=MONTHLY;BYDAY=6MO",
	                                     "FREQ=DAILY;INTERVAL=7;BYDAY=TU", "FREQ=MONTHLY;BYDAY=5MO;BYMONTHDAY=1", "FREQ=YEARLY;BYYEARDAY=1;BYMONTH=2",
	                                     "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6" };
	struct arena *arena = arena_new(1 << 20);
	struct span *found, first = { at("2026-10-04T00:00:00Z"), at("2026-10-04T04:00:00Z") };
	int64_t begun = monotonic_us();
	size_t count;

	for (size_t i = 0; i < array_length(rules); i++)
		assert_refused(recurrence_spans(arena, text_from(rules[i]), zone_utc(), first, first, 10, &found, &count), INVALID);
	assert_true(monotonic_us() - begun < 400 * 1000);
	arena_free(arena);
}

TEST(what_comes_seldom_comes)
{
	static const char *const rules[] = { "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", "FREQ=MONTHLY;BYMONTHDAY=-1", "FREQ=YEARLY;BYDAY=20MO", "FREQ=MONTHLY;BYDAY=-1FR",
	                                     "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", "FREQ=YEARLY;INTERVAL=3", "FREQ=MONTHLY;BYMONTHDAY=13;BYDAY=FR",
	                                     "FREQ=YEARLY;BYYEARDAY=366", "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU", "FREQ=DAILY;INTERVAL=11", "FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10" };
	struct arena *arena = arena_new(1 << 20);
	struct span *found;

	for (size_t i = 0; i < array_length(rules); i++)
		assert_true(spans(arena, rules[i], "UTC", "2026-10-01", "2040-01-01", &found) > 0);
	arena_free(arena);
}

TEST(what_is_no_rule_or_too_frequent_or_never_comes_is_refused)
{
	static const char *const rules[] = { "every sunday", "FREQ=HOURLY", "FREQ=DAILY;BYHOUR=3,4", "FREQ=SECONDLY", "FREQ=", "BYDAY=SU",
	                                     "FREQ=MONTHLY;BYDAY=-9MO", "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=31", "FREQ=DAILY;UNTIL=19691231T000000Z" };
	struct arena *arena = arena_new(1 << 20);
	struct span *found, once = { 0, HOUR_MS };
	size_t count;

	for (size_t i = 0; i < array_length(rules); i++)
		assert_refused(recurrence_spans(arena, text_from(rules[i]), zone_utc(), once, once, 10, &found, &count), INVALID);
	arena_free(arena);
}
