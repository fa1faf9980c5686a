/*
 * What calendar_text.c reads and calendar.c walks: the inside of a calendar. For these two files and their tests; others
 * use calendar.h.
 */
#ifndef REEVE_BASE_CALENDAR_TEXT_H
#define REEVE_BASE_CALENDAR_TEXT_H

#include "base/calendar.h"

/* Opening hours of one stretch of a local day, milliseconds since its midnight; from < to <= DAY_MS. */
struct calendar_segment {
	int32_t from, to;
};

struct calendar_week_day {
	struct calendar_segment *segments; /* in order, not overlapping */
	size_t count, capacity;
};

/* A closed local day. Yearly and repeating ones are written out (HOLIDAY_YEAR_FIRST..LAST). */
struct calendar_holiday {
	int32_t day; /* since 1970-01-01 */
	text name;
};

#define HOLIDAY_YEAR_FIRST 1970
#define HOLIDAY_YEAR_LAST 2150

struct calendar {
	bool always; /* 24 x 7 without holidays: nothing else is looked at but the zone */
	const struct zone *zone;
	struct calendar_week_day week[7]; /* Monday first */
	int64_t week_ms;                  /* of an ordinary week */
	struct calendar_holiday *holidays; /* by day, each day once */
	size_t holiday_count, holiday_capacity;
};

/* Adds a closed day; days outside of the years above are left out. The name is not copied. */
void calendar_add_holiday(struct arena *arena, struct calendar *calendar, int64_t day, text name);
/* Reads an iCalendar text (calendar_ical.c). */
must_use struct error *calendar_read_ical(struct arena *arena, text ical, struct calendar *calendar);

#endif
