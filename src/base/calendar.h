/*
 * Working time: opening hours with several segments a day, holidays, an IANA zone with its DST, or 24 x 7.
 * Pure arithmetic on moments, without a store. Two functions that are inverse of each other
 * (calendar_add, calendar_measure) and one that explains (calendar_explain); all three walk the same segments.
 */
#ifndef REEVE_BASE_CALENDAR_H
#define REEVE_BASE_CALENDAR_H

#include "base/moment.h"

struct calendar;

/*
 * Local times mean the first instant at which the clock shows them or later: a segment is one stretch also in the
 * night of a change. Yearly and repeated holidays are known from 1970 to 2150.
 *
 * `hours`: "24x7", or lines/semicolon-separated groups such as "mon-fri 08:00-12:00 13:00-17:30; sat 09:00-12:00";
 *   days mon tue wed thu fri sat sun, ranges and commas; 24:00 allowed as an end; segments of a day may not overlap;
 *   no overnight segments (write two).
 * `holidays`: lines "2026-12-25 Christmas Day", "12-25 Christmas Day" (every year), or an iCalendar text
 *   (BEGIN:VCALENDAR ... with DATE events, RRULE, RDATE and EXDATE, through libical; place = where the event begins). A holiday closes the whole local day. May be unset.
 * Errors are ERROR_INVALID with field "hours" or "holidays" and a place (line, column).
 */
must_use struct error *calendar_parse(struct arena *arena, text hours, text holidays, const struct zone *zone,
                                      struct calendar **ret_calendar);
/* 24 x 7 in UTC: what holds where no calendar is named. Lives for ever. */
const struct calendar *calendar_always(void);
const struct zone *calendar_zone(const struct calendar *calendar);
/* A deep copy, for caches that outlive one work. */
must_use struct calendar *calendar_copy(struct arena *arena, const struct calendar *calendar);

/* The working milliseconds between two moments; negative when to < from; 0 when one is unset. */
int64_t calendar_measure(const struct calendar *calendar, moment from, moment to);
/*
 * The earliest moment at which `ms` working milliseconds have passed since `from` (ms >= 0);
 * MOMENT_UNSET when that is more than 20 years away (a calendar without hours).
 * ms == 0: `from` itself. Negative ms: the latest moment from which -ms pass until `from`.
 */
moment calendar_add(const struct calendar *calendar, moment from, int64_t ms);
/* True when `at` lies in an opening segment. */
bool calendar_open(const struct calendar *calendar, moment at);
/* `days` working days later (or earlier, negative): same local time of day on the nth day that has hours. */
moment calendar_add_days(const struct calendar *calendar, moment from, int64_t days);

enum calendar_kind { CALENDAR_OPEN, CALENDAR_CLOSED, CALENDAR_HOLIDAY };
struct calendar_interval {
	moment from, to;
	enum calendar_kind kind;
	text holiday; /* its name, for CALENDAR_HOLIDAY */
};
/*
 * Cuts from..to into adjoining intervals that cover it exactly; the open ones add up to calendar_measure(). Like
 * neighbours are one interval. ERROR_TOO_LARGE above 40 years.
 */
must_use struct error *calendar_explain(struct arena *arena, const struct calendar *calendar, moment from, moment to,
                                        struct calendar_interval **ret_intervals, size_t *ret_count);

#endif
