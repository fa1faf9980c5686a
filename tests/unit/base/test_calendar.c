/* Working time: by hand where people can count it, and by properties everywhere else. */
#include "../test.h"

#include "base/calendar.h"

static moment at(const char *written, const struct zone *zone)
{
	moment found = MOMENT_UNSET;

	if (!moment_parse(text_from(written), zone, &found))
		fail_msg("'%s' is no moment", written);
	return found;
}

static struct calendar *make(struct arena *arena, const char *hours, const char *holidays, const char *zone)
{
	struct calendar *calendar = NULL;

	assert_non_null(zone_find(text_from(zone)));
	assert_ok(calendar_parse(arena, text_from(hours), text_from(holidays), zone_find(text_from(zone)), &calendar));
	return calendar;
}

static const char office[] = "mon-fri 08:00-12:00 13:00-17:30; sat 09:00-12:00";

TEST(counts_office_hours)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *calendar = make(arena, office, "2026-12-25 Christmas Day\n01-01 New Year", "Europe/Berlin");
	const struct zone *zone = calendar_zone(calendar);

	assert_text(zone_name(zone), "Europe/Berlin");
	/* Thursday 11:00 + 4 h: one before lunch, three after it. */
	assert_true(calendar_add(calendar, at("2026-11-26T11:00", zone), 4 * HOUR_MS) == at("2026-11-26T16:00", zone));
	/* Friday 17:00 + 1 h: half on Saturday. */
	assert_true(calendar_add(calendar, at("2026-11-27T17:00", zone), HOUR_MS) == at("2026-11-28T09:30", zone));
	/* The earliest moment: the end of the segment, not the next opening. */
	assert_true(calendar_add(calendar, at("2026-11-26T11:00", zone), HOUR_MS) == at("2026-11-26T12:00", zone));
	/* Over Christmas (Friday), from Thursday 17:00. */
	assert_true(calendar_add(calendar, at("2026-12-24T17:00", zone), HOUR_MS) == at("2026-12-26T09:30", zone));
	assert_int_equal(calendar_measure(calendar, at("2026-11-23", zone), at("2026-11-30", zone)),
	                 5 * 8.5 * HOUR_MS + 3 * HOUR_MS);
	assert_int_equal(calendar_measure(calendar, at("2026-11-30", zone), at("2026-11-23", zone)),
	                 -(int64_t)(5 * 8.5 * HOUR_MS + 3 * HOUR_MS));
	assert_true(calendar_open(calendar, at("2026-11-26T08:00", zone)));
	assert_false(calendar_open(calendar, at("2026-11-26T12:00", zone)));
	assert_false(calendar_open(calendar, at("2027-01-01T10:00", zone)));
	/* Backwards: the latest moment. */
	assert_true(calendar_add(calendar, at("2026-11-28T09:30", zone), -HOUR_MS) == at("2026-11-27T17:00", zone));
	assert_true(calendar_add(calendar, at("2026-11-27T03:00", zone), -HOUR_MS) == at("2026-11-26T16:30", zone));
	arena_free(arena);
}

TEST(adds_working_days)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *calendar = make(arena, "mon-fri 09:00-17:00", "2026-12-25 Christmas Day", "Europe/Berlin");
	const struct zone *zone = calendar_zone(calendar);

	assert_true(calendar_add_days(calendar, at("2026-12-24T15:10", zone), 1) == at("2026-12-28T15:10", zone));
	assert_true(calendar_add_days(calendar, at("2026-12-28T20:00", zone), -1) == at("2026-12-24T20:00", zone));
	assert_true(calendar_add_days(calendar, at("2026-12-27T20:00", zone), 0) == at("2026-12-27T20:00", zone));
	/* Over the change of the clock: same local time. */
	assert_true(calendar_add_days(calendar, at("2026-10-23T10:00", zone), 1) == at("2026-10-26T10:00", zone));
	assert_true(calendar_add_days(calendar_always(), 0, 3) == 3 * DAY_MS);
	assert_true(calendar_add_days(make(arena, "", NULL, "UTC"), 0, 1) == MOMENT_UNSET);
	assert_true(calendar_add_days(calendar, 0, INT64_MAX) == MOMENT_UNSET);
	arena_free(arena);
}

TEST(nights_of_the_clock_change)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *night = make(arena, "sun 00:00-06:00", NULL, "Europe/Berlin");
	const struct zone *zone = calendar_zone(night);

	assert_int_equal(calendar_measure(night, at("2026-03-29", zone), at("2026-03-30", zone)), 5 * HOUR_MS);
	assert_int_equal(calendar_measure(night, at("2026-10-25", zone), at("2026-10-26", zone)), 7 * HOUR_MS);
	assert_int_equal(calendar_measure(night, at("2026-10-18", zone), at("2026-10-19", zone)), 6 * HOUR_MS);
	assert_true(calendar_add(night, at("2026-03-29", zone), 3 * HOUR_MS) == at("2026-03-29T04:00", zone));
	/* A segment inside the gap has no time; one that begins in it begins at its end. */
	struct calendar *gap = make(arena, "sun 02:15-02:45 02:50-04:00", NULL, "Europe/Berlin");
	assert_int_equal(calendar_measure(gap, at("2026-03-29", zone), at("2026-03-30", zone)), HOUR_MS);
	/* In the doubled hour a segment runs from the first of its start to the first of its end. */
	struct calendar *twice = make(arena, "sun 01:30-02:30", NULL, "Europe/Berlin");
	assert_int_equal(calendar_measure(twice, at("2026-10-25", zone), at("2026-10-26", zone)), HOUR_MS);
	struct calendar *whole = make(arena, "mon-sun 00:00-24:00", "12-25 x", "America/New_York");
	zone = calendar_zone(whole);
	assert_int_equal(calendar_measure(whole, at("2026-03-08", zone), at("2026-03-09", zone)), 23 * HOUR_MS);
	assert_int_equal(calendar_measure(whole, at("2026-11-01", zone), at("2026-11-02", zone)), 25 * HOUR_MS);
	whole = make(arena, "mon-sun 00:00-24:00", "12-25 x", "Australia/Lord_Howe");
	zone = calendar_zone(whole);
	assert_int_equal(calendar_measure(whole, at("2026-10-04", zone), at("2026-10-05", zone)), 23.5 * HOUR_MS);
	assert_int_equal(calendar_measure(whole, at("2026-04-05", zone), at("2026-04-06", zone)), 24.5 * HOUR_MS);
	arena_free(arena);
}

TEST(always_and_never)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *never = make(arena, "", NULL, "UTC"), *always = make(arena, "24x7", NULL, "Europe/Berlin");
	moment now = at("2026-11-22T10:30Z", NULL);

	assert_int_equal(calendar_measure(never, 0, now), 0);
	assert_true(calendar_add(never, now, 1) == MOMENT_UNSET);
	assert_true(calendar_add(never, now, -1) == MOMENT_UNSET);
	assert_true(calendar_add(never, now, 0) == now);
	assert_false(calendar_open(never, now));
	assert_true(calendar_add(always, now, HOUR_MS) == now + HOUR_MS);
	assert_true(calendar_add(calendar_always(), now, -HOUR_MS) == now - HOUR_MS);
	assert_int_equal(calendar_measure(calendar_always(), now, now + 5), 5);
	assert_true(calendar_open(calendar_always(), now));
	assert_ptr_equal(calendar_zone(calendar_always()), zone_utc());
	assert_text(zone_name(calendar_zone(always)), "Europe/Berlin");
	assert_true(calendar_add(always, now, INT64_MAX) == MOMENT_UNSET);
	assert_true(calendar_add(always, MOMENT_UNSET, 5) == MOMENT_UNSET);
	/* One hour on Mondays: 20 years are about 1043 hours. */
	struct calendar *little = make(arena, "mon 08:00-09:00", NULL, "UTC");
	assert_true(calendar_add(little, now, 1040 * HOUR_MS) != MOMENT_UNSET);
	assert_true(calendar_add(little, now, 1050 * HOUR_MS) == MOMENT_UNSET);
	assert_true(calendar_add(little, now, -1050 * HOUR_MS) == MOMENT_UNSET);
	struct calendar *holidays = make(arena, "24x7", "2026-11-22 Closed", "UTC");
	assert_false(calendar_open(holidays, now));
	arena_free(arena);
}

TEST(reads_holidays_from_icalendar)
{
	struct arena *arena = arena_new(1 << 24);
	static const char ical[] = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n"
	                           "BEGIN:VEVENT\r\nUID:1\r\nDTSTART;VALUE=DATE:20201225\r\nRRULE:FREQ=YEARLY\r\n"
	                           "SUMMARY:Christmas\\, Day\r\nEXDATE;VALUE=DATE:20271225\r\nEND:VEVENT\r\n"
	                           "BEGIN:VEVENT\r\nUID:2\r\nLOCATION:\r\nDTSTART;VALUE=DATE:20261130\r\nDTEND;VALUE=DATE:20261203\r\n"
	                           "SUMMARY:Move\r\nRDATE;VALUE=DATE:20270111\r\nEND:VEVENT\r\n"
	                           "BEGIN:VEVENT\r\nUID:3\r\nDTSTART;VALUE=DATE:20201126\r\n"
	                           "RRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\nSUMMARY:Thanks\r\nEND:VEVENT\r\n"
	                           "END:VCALENDAR\r\n";
	struct calendar *calendar = make(arena, "24x7", ical, "UTC");
	struct calendar_interval *intervals;
	size_t count;

	assert_false(calendar_open(calendar, at("2026-12-25T12:00Z", NULL)));
	assert_false(calendar_open(calendar, at("2099-12-25T12:00Z", NULL)));
	assert_true(calendar_open(calendar, at("2027-12-25T12:00Z", NULL)));
	assert_false(calendar_open(calendar, at("2026-11-26T12:00Z", NULL)));
	assert_true(calendar_open(calendar, at("2026-11-27T12:00Z", NULL)));
	assert_false(calendar_open(calendar, at("2026-12-02T12:00Z", NULL)));
	assert_true(calendar_open(calendar, at("2026-12-03T12:00Z", NULL)));
	assert_false(calendar_open(calendar, at("2027-01-13T12:00Z", NULL)));
	assert_ok(calendar_explain(arena, calendar, at("2026-11-29", NULL), at("2026-12-26", NULL), &intervals, &count));
	assert_int_equal(count, 4);
	assert_text(intervals[1].holiday, "Move");
	assert_text(intervals[3].holiday, "Christmas, Day");
	arena_free(arena);
}

static void refused(const char *hours, const char *holidays, const char *field, uint32_t line, uint32_t column)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *calendar;
	struct error *error = calendar_parse(arena, text_from(hours), text_from(holidays), NULL, &calendar);

	if (error == NULL)
		fail_msg("'%s' '%s' was accepted", hours, holidays == NULL ? "" : holidays);
	assert_refused(error, INVALID);
	assert_text(error->field, field);
	if (error->place.line != line || error->place.column != column)
		fail_msg("'%s': %u:%u %.*s", hours, error->place.line, error->place.column, TEXT_ARG(error->message));
	arena_free(arena);
}

TEST(refuses_faulty_hours_and_holidays)
{
	refused("mon-fri", NULL, "hours", 1, 8);
	refused("08:00-12:00", NULL, "hours", 1, 1);
	refused("mon-fry 08:00-12:00", NULL, "hours", 1, 1);
	refused("mon 08:00-12:00\ntue 8:00-12:00", NULL, "hours", 2, 5);
	refused("mon 08:00-24:30", NULL, "hours", 1, 5);
	refused("mon 12:00-08:00", NULL, "hours", 1, 5);
	refused("mon 08:00-08:00", NULL, "hours", 1, 5);
	refused("mon 08:00-12:00 11:59-13:00", NULL, "hours", 1, 17);
	refused("mon-fri 08:00-12:00; wed 09:00-10:00", NULL, "hours", 1, 26);
	refused("sun,sun 08:00-12:00 07:00-18:00", NULL, "hours", 1, 21);
	refused("24x7; mon 08:00-12:00", NULL, "hours", 1, 1);
	refused("mon -1:00-12:00", NULL, "hours", 1, 5);
	refused("24x7", "2026-12-25 ok\n2026-02-29 no", "holidays", 2, 1);
	refused("24x7", "  13-01 x", "holidays", 1, 3);
	refused("24x7", "Christmas", "holidays", 1, 1);
	refused("24x7", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", "holidays", 1, 1);
	refused("24x7", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261225T100000Z\nEND:VEVENT\nEND:VCALENDAR\n", "holidays", 2, 1);
	refused("24x7", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=SECONDLY\nEND:VEVENT\n"
	        "END:VCALENDAR\n", "holidays", 2, 1);
	refused("24x7", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nEND:VEVENT\nBEGIN:VEVENT\n"
	        "DTSTART;VALUE=DATE:20261225\nRRULE:FREQ=SOMETIMES\nEND:VEVENT\nEND:VCALENDAR\n", "holidays", 5, 1);
	refused("24x7", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nEXDATE;VALUE=DATE:2026\nEND:VEVENT\n"
	        "END:VCALENDAR\n", "holidays", 2, 1);
	refused("24x7", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261225\nRRULE:FREQ=DAILY\nEND:VEVENT\n"
	        "END:VCALENDAR\n", "holidays", 2, 1);
}

static uint64_t random_state = 88172645463325252u;

static int64_t pick(int64_t from, int64_t to)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return from + (int64_t)(random_state % (uint64_t)(to - from));
}

static void check_add(const struct calendar *calendar, moment from)
{
	int64_t ms = pick(0, 3) == 0 ? pick(1, 5) * 30 * MINUTE_MS : pick(1, 400 * HOUR_MS);
	moment due = calendar_add(calendar, from, ms), since = calendar_add(calendar, from, -ms);

	if (due != MOMENT_UNSET) {
		assert_true(due > from);
		assert_int_equal(calendar_measure(calendar, from, due), ms);
		/* The earliest such moment. */
		assert_int_equal(calendar_measure(calendar, from, due - 1), ms - 1);
	}
	if (since != MOMENT_UNSET) {
		assert_int_equal(calendar_measure(calendar, since, from), ms);
		assert_int_equal(calendar_measure(calendar, since + 1, from), ms - 1);
	}
}

static void check_explain(const struct calendar *calendar, moment from, moment to)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar_interval *intervals = NULL;
	size_t count = 0;
	int64_t open = 0;
	moment reached = from;

	assert_ok(calendar_explain(arena, calendar, from, to, &intervals, &count));
	for (size_t i = 0; i < count; i++) {
		assert_true(intervals[i].from == reached);
		assert_true(intervals[i].to > reached);
		reached = intervals[i].to;
		bool is_open = intervals[i].kind == CALENDAR_OPEN;
		if (is_open)
			open += intervals[i].to - intervals[i].from;
		assert_int_equal(calendar_open(calendar, intervals[i].from), is_open);
		assert_int_equal(calendar_open(calendar, intervals[i].to - 1), is_open);
	}
	assert_true(reached == to);
	assert_int_equal(open, calendar_measure(calendar, from, to));
	arena_free(arena);
}

TEST(properties_hold_for_many_calendars)
{
	struct arena *arena = arena_new(1 << 26);
	static const char *const hours[] = {
		office, "mon-sun 00:00-24:00", "sun 00:00-02:30 02:30-24:00; mon 00:00-06:00", "sat,sun 01:45-02:15 02:20-03:10",
		"fri-mon 22:00-24:00; sat-tue 00:00-06:00", "wed 12:00-12:01", "24x7",
	};
	static const char *const zones[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC",
		                             "Pacific/Apia", "America/Havana", "America/St_Johns", "Asia/Gaza" };
	static const char holidays[] = "12-25 Christmas Day\n01-01 New Year\n2026-03-29 Sunday\n02-29 Leap";
	moment first = at("1985-01-01", NULL), last = at("2060-01-01", NULL);

	for (size_t i = 0; i < array_length(hours) * array_length(zones) * 2; i++) {
		struct calendar *calendar = make(arena, hours[i / 2 % array_length(hours)], i % 2 ? holidays : NULL,
		                                 zones[i / 2 / array_length(hours)]);
		for (int round = 0; round < 60; round++) {
			moment from = pick(first, last), to = from + pick(1, pick(0, 4) == 0 ? 900 * DAY_MS : 40 * DAY_MS);
			/* Near the clock changes of spring and autumn more often than chance would. */
			if (round % 3 == 0) {
				int32_t year = (int32_t)pick(2000, 2050);
				from = civil_to_days(year, round % 2 ? 3 : 10, 20) * DAY_MS + pick(0, 18 * DAY_MS);
				to = from + pick(1, 4 * DAY_MS);
			}
			check_add(calendar, from);
			check_explain(calendar, from, to);
			moment between = pick(from, to);
			assert_int_equal(calendar_measure(calendar, from, between) + calendar_measure(calendar, between, to),
			                 calendar_measure(calendar, from, to));
			assert_int_equal(calendar_measure(calendar, to, from), -calendar_measure(calendar, from, to));
		}
	}
	arena_free(arena);
}

TEST(copies_stand_alone)
{
	struct arena *arena = arena_new(1 << 24), *other = arena_new(1 << 24);
	struct calendar *calendar = make(arena, office, "2026-12-25 Christmas Day\n01-01 New Year", "Europe/Berlin");
	moment from = at("2026-12-01", NULL);
	int64_t measured = calendar_measure(calendar, from, from + 100 * DAY_MS);
	struct calendar *copy = calendar_copy(other, calendar);
	struct calendar_interval *intervals;
	size_t count;

	arena_free(arena);
	assert_int_equal(calendar_measure(copy, from, from + 100 * DAY_MS), measured);
	assert_ok(calendar_explain(other, copy, at("2026-12-25", NULL), at("2026-12-25T10:00", NULL), &intervals, &count));
	assert_text(intervals[0].holiday, "Christmas Day");
	arena_free(other);
}

TEST(a_year_is_quick)
{
	struct arena *arena = arena_new(1 << 24);
	struct calendar *calendar = make(arena, office, "01-01 a\n05-01 b\n10-03 c\n12-25 d\n12-26 e\n11-01 f\n01-06 g\n08-15 h",
	                                 "Europe/Berlin");
	moment from = at("2026-01-01", NULL);
	int64_t best = INT64_MAX, sum = 0;

	for (int round = 0; round < 20; round++) {
		int64_t start = monotonic_us();
		for (int i = 0; i < 50; i++)
			sum += calendar_measure(calendar, from + i * HOUR_MS, from + 365 * DAY_MS + i * HOUR_MS);
		best = minimum(best, monotonic_us() - start);
	}
	assert_true(sum > 0);
	print_message("a year: %.1f us\n", (double)best / 50);
#ifdef __OPTIMIZE__
	assert_true(best < 50 * 50);
#endif
	arena_free(arena);
}
