/*
 * Moments and zones. A moment is int64 milliseconds since 1970-01-01T00:00Z. This is the only file that
 * reads the clock, and only the edge calls it: everything else uses work->now, so tests choose the time.
 * Zones come from the system's tzdata (TZif files, read once per zone into immutable tables, thread safe). Not through
 * libical: its conversion to VTIMEZONE rules is wrong for irregular zones (see zone.c).
 */
#ifndef REEVE_BASE_MOMENT_H
#define REEVE_BASE_MOMENT_H

#include "base/error.h"

typedef int64_t moment;

#define MOMENT_UNSET INT64_MIN
#define SECOND_MS INT64_C(1000)
#define MINUTE_MS (60 * SECOND_MS)
#define HOUR_MS (60 * MINUTE_MS)
#define DAY_MS (24 * HOUR_MS)

/* Wall clock, milliseconds. Edge only. */
moment moment_now(void);
/* A clock that never jumps, microseconds: for measuring, deadlines and time-outs. */
int64_t monotonic_us(void);

/* RFC 3339 UTC with milliseconds: 2026-11-22T10:30:00.000Z. Unset gives unset. */
must_use text moment_format(struct arena *arena, moment at);
/* The same into 25 bytes ("" when unset). Years outside 0000..9999 are shown as the nearest that can be. */
void moment_write(char ret_24_bytes[25], moment at);
/*
 * Parses RFC 3339 and the shorter forms of the condition language (2026-11-22, 2026-11-22T10:30Z,
 * 2026-11-22T10:30:00.123+01:00). A date alone, or a time without offset, is local in `zone` (NULL: UTC).
 * False when it is none, or the date does not exist.
 */
struct zone;
bool moment_parse(text t, const struct zone *zone, moment *ret_at);

/*
 * Durations: "15m", "4h", "90s", "2d" (24 h), "1h30m", "1h 30m", "500ms": largest unit first, each once, no sign.
 * False when it is none.
 */
bool duration_parse(text t, int64_t *ret_ms);
/* "1h 30m", "2d 4h", "0m": for people, at most two units. Negative with a leading "-". */
must_use text duration_format(struct arena *arena, int64_t ms);

/* Civil date in the proleptic Gregorian calendar, without zone. */
struct civil {
	int32_t year;
	int8_t month, day;      /* 1.. */
	int8_t weekday;         /* 1 Monday .. 7 Sunday (ISO 8601) */
	int32_t ms_of_day;      /* 0 .. DAY_MS - 1 */
};
int64_t civil_to_days(int32_t year, int month, int day); /* days since 1970-01-01 */
struct civil civil_from_days(int64_t days);

/* NULL when tzdata has no such IANA name. Lives for ever; "UTC" always exists. */
const struct zone *zone_find(text name);
const struct zone *zone_utc(void);
text zone_name(const struct zone *zone);
/* Milliseconds that local time is ahead of UTC at that moment. */
int64_t zone_offset(const struct zone *zone, moment at);
/* The moment at which that offset ends (a change of the offset, even to the same value); INT64_MAX: never. */
moment zone_offset_until(const struct zone *zone, moment at);
struct civil zone_civil(const struct zone *zone, moment at);
/*
 * The moment of a local date and time. In the gap of a spring change: the moment the gap ends (first existing instant
 * at or after); in the doubled hour of autumn: the first of both. ms_of_day may be DAY_MS (24:00).
 */
moment zone_moment(const struct zone *zone, int64_t days, int64_t ms_of_day);
/* Midnight that begins the local day holding `at`. */
moment zone_day_start(const struct zone *zone, moment at);

#endif
