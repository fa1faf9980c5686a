/*
 * Working time. The time line is cut into local days, each day into its opening segments; every function walks the same
 * days through load_day(). A local time means the first instant at which the clock shows it or later, so that a segment
 * is one stretch of time even in the night of a change: it is shorter by a gap inside it and longer by a doubled hour.
 * Stretches of ordinary weeks (no change of the offset, no holiday) are skipped arithmetically.
 */
#include "base/calendar.h"

#include "base/arena.h"
#include "base/calendar_text.h"

#define WEEK_DAYS 7
#define WEEK_MS (WEEK_DAYS * DAY_MS)
/* Nothing is due later than this: 20 years. */
#define DAYS_MAX 7305
#define AWAY_MS_MAX (DAYS_MAX * DAY_MS)
/* Moments are taken as lying in the years 0000 to 9999, so that no sum below can overflow. */
#define MOMENT_LOW (INT64_C(-719528) * DAY_MS)
#define MOMENT_HIGH (INT64_C(2932897) * DAY_MS)
/* Intervals of one explanation: more than anybody reads. */
#define INTERVALS_MAX 100000

/* One local day on the time line. */
struct day {
	int64_t number;     /* days since 1970-01-01 */
	moment start, end;  /* its first instant and the next day's */
	moment until;       /* the offset at its start holds so long */
	bool plain;         /* no change of the offset inside */
	size_t next_holiday; /* the first on this day or later */
	const struct calendar_week_day *hours;
	const struct calendar_holiday *holiday; /* closed when not NULL; hours->count is 0 then */
};

static const struct calendar_week_day closed_day = { 0 };

static moment clamp(moment at)
{
	return at < MOMENT_LOW ? MOMENT_LOW : minimum(at, MOMENT_HIGH);
}

/* The first holiday on or after the day; calendar->holiday_count when there is none. */
static size_t find_holiday(const struct calendar *calendar, int64_t number)
{
	size_t low = 0, high = calendar->holiday_count;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (calendar->holidays[middle].day < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Sets hours and holiday of a day whose number and next_holiday are set. */
static void set_hours(const struct calendar *calendar, struct day *day)
{
	int64_t weekday = (day->number + 3) % WEEK_DAYS; /* 0 Monday */
	size_t next = day->next_holiday;

	day->holiday = NULL;
	day->hours = &calendar->week[weekday < 0 ? weekday + WEEK_DAYS : weekday];
	if (next < calendar->holiday_count && calendar->holidays[next].day == day->number) {
		day->holiday = &calendar->holidays[next];
		day->hours = &closed_day;
	}
}

static struct day load_from(const struct calendar *calendar, int64_t number, moment start)
{
	struct day day = { .number = number, .start = start, .next_holiday = find_holiday(calendar, number) };

	/* Not plain when a change falls on its very end: turned back there, midnight comes an hour later. */
	day.until = zone_offset_until(calendar->zone, start);
	day.plain = start + zone_offset(calendar->zone, start) == number * DAY_MS && day.until - DAY_MS > start;
	day.end = day.plain ? start + DAY_MS : zone_moment(calendar->zone, number + 1, 0);
	set_hours(calendar, &day);
	return day;
}

static struct day load_day(const struct calendar *calendar, int64_t number)
{
	return load_from(calendar, number, zone_moment(calendar->zone, number, 0));
}

static void go_on(const struct calendar *calendar, struct day *day)
{
	if (!day->plain || day->until - DAY_MS <= day->end) {
		*day = load_from(calendar, day->number + 1, day->end);
		return;
	}
	/* Nothing changes: no look at the zone. */
	day->number++;
	day->start = day->end;
	day->end += DAY_MS;
	if (day->holiday != NULL)
		day->next_holiday++;
	set_hours(calendar, day);
}

/* The local day that holds the moment. */
static struct day day_of(const struct calendar *calendar, moment at)
{
	struct civil civil = zone_civil(calendar->zone, at);
	struct day day = load_day(calendar, civil_to_days(civil.year, civil.month, civil.day));

	/* Where a change at midnight turns the date back, the later day has begun already; an empty day is passed over. */
	while (day.end <= at)
		go_on(calendar, &day);
	return day;
}

/* A local time of the day as a moment; adjoining segments share theirs. */
static moment day_moment(const struct calendar *calendar, const struct day *day, int32_t ms)
{
	if (ms == 0)
		return day->start;
	if (ms == DAY_MS)
		return day->end;
	return day->plain ? day->start + ms : zone_moment(calendar->zone, day->number, ms);
}

/* How many whole ordinary weeks begin with this day, at most `most`. */
static int64_t plain_weeks(const struct calendar *calendar, const struct day *day, int64_t most)
{
	int64_t weeks = most;

	if (!day->plain || weeks <= 0)
		return 0;
	if (day->next_holiday < calendar->holiday_count)
		weeks = minimum(weeks, (calendar->holidays[day->next_holiday].day - day->number) / WEEK_DAYS);
	if (day->until < MOMENT_HIGH)
		weeks = minimum(weeks, (day->until - day->start - 1) / WEEK_MS);
	return maximum(weeks, 0);
}

/* Only a plain day may be moved so. */
static void skip_weeks(const struct calendar *calendar, struct day *day, int64_t weeks)
{
	*day = load_from(calendar, day->number + weeks * WEEK_DAYS, day->start + weeks * WEEK_MS);
}

const struct zone *calendar_zone(const struct calendar *calendar)
{
	return calendar->zone == NULL ? zone_utc() : calendar->zone;
}

const struct calendar *calendar_always(void)
{
	/* The zone of UTC is no constant expression: NULL stands for it, and is never looked at when `always`. */
	static const struct calendar always = { .always = true };

	return &always;
}

static int64_t overlap(moment a, moment b, moment from, moment to)
{
	moment low = maximum(a, from), high = minimum(b, to);

	return high > low ? high - low : 0;
}

int64_t calendar_measure(const struct calendar *calendar, moment from, moment to)
{
	int64_t sum = 0;

	if (from == MOMENT_UNSET || to == MOMENT_UNSET)
		return 0;
	from = clamp(from);
	to = clamp(to);
	if (calendar->always)
		return to - from;
	if (to < from)
		return -calendar_measure(calendar, to, from);
	struct day day = day_of(calendar, from);
	while (day.start < to) {
		int64_t weeks = day.start < from ? 0 : plain_weeks(calendar, &day, (to - day.start) / WEEK_MS);
		if (weeks > 0) {
			sum += weeks * calendar->week_ms;
			skip_weeks(calendar, &day, weeks);
			continue;
		}
		for (size_t i = 0; i < day.hours->count; i++) {
			const struct calendar_segment *segment = &day.hours->segments[i];
			sum += overlap(day_moment(calendar, &day, segment->from), day_moment(calendar, &day, segment->to),
			               from, to);
		}
		go_on(calendar, &day);
	}
	return sum;
}

static moment add_forward(const struct calendar *calendar, moment from, int64_t ms)
{
	moment last = from + AWAY_MS_MAX;
	struct day day = day_of(calendar, from);

	while (day.start <= last) {
		int64_t most = minimum((last - day.start) / WEEK_MS + 1, (ms - 1) / calendar->week_ms);
		int64_t weeks = day.start < from ? 0 : plain_weeks(calendar, &day, most);
		if (weeks > 0) {
			ms -= weeks * calendar->week_ms;
			skip_weeks(calendar, &day, weeks);
			continue;
		}
		for (size_t i = 0; i < day.hours->count; i++) {
			moment open = day_moment(calendar, &day, day.hours->segments[i].from);
			moment close = day_moment(calendar, &day, day.hours->segments[i].to);
			int64_t length = overlap(open, close, from, INT64_MAX);
			if (length > 0 && ms <= length) {
				moment due = maximum(open, from) + ms;
				return due > last ? MOMENT_UNSET : due;
			}
			ms -= length;
		}
		go_on(calendar, &day);
	}
	return MOMENT_UNSET;
}

/* Used for "since when": rare, so it does not skip weeks. */
static moment add_backward(const struct calendar *calendar, moment from, int64_t ms)
{
	moment first = from - AWAY_MS_MAX;

	for (struct day day = day_of(calendar, from); day.end > first;
	     day = load_day(calendar, day.number - 1)) {
		for (size_t i = day.hours->count; i-- > 0;) {
			moment open = day_moment(calendar, &day, day.hours->segments[i].from);
			moment close = day_moment(calendar, &day, day.hours->segments[i].to);
			int64_t length = overlap(open, close, INT64_MIN, from);
			if (length > 0 && ms <= length) {
				moment since = minimum(close, from) - ms;
				return since < first ? MOMENT_UNSET : since;
			}
			ms -= length;
		}
	}
	return MOMENT_UNSET;
}

moment calendar_add(const struct calendar *calendar, moment from, int64_t ms)
{
	if (ms == 0 || from == MOMENT_UNSET)
		return from;
	from = clamp(from);
	if (ms > AWAY_MS_MAX || ms < -AWAY_MS_MAX)
		return MOMENT_UNSET;
	if (calendar->always)
		return from + ms;
	if (calendar->week_ms == 0)
		return MOMENT_UNSET;
	return ms > 0 ? add_forward(calendar, from, ms) : add_backward(calendar, from, -ms);
}

bool calendar_open(const struct calendar *calendar, moment at)
{
	if (calendar->always)
		return true;
	if (at == MOMENT_UNSET)
		return false;
	at = clamp(at);
	struct day day = day_of(calendar, at);
	for (size_t i = 0; i < day.hours->count; i++)
		if (at >= day_moment(calendar, &day, day.hours->segments[i].from) &&
		    at < day_moment(calendar, &day, day.hours->segments[i].to))
			return true;
	return false;
}

moment calendar_add_days(const struct calendar *calendar, moment from, int64_t days)
{
	int step = days < 0 ? -1 : 1;

	if (days == 0 || from == MOMENT_UNSET)
		return from;
	from = clamp(from);
	if (calendar->always)
		return days > DAYS_MAX || days < -DAYS_MAX ? MOMENT_UNSET : from + days * DAY_MS;
	struct civil civil = zone_civil(calendar->zone, from);
	int64_t number = civil_to_days(civil.year, civil.month, civil.day);
	for (int64_t walked = 0; walked < DAYS_MAX && days != 0; walked++) {
		number += step;
		if (load_day(calendar, number).hours->count > 0)
			days -= step;
	}
	return days == 0 ? zone_moment(calendar->zone, number, civil.ms_of_day) : MOMENT_UNSET;
}

/* Intervals while they are put together. */
struct list {
	struct arena *arena;
	struct calendar_interval *items;
	size_t count, capacity;
	moment from, to; /* everything is cut to this */
};

/* Adds what lies within the list's bounds; an interval like the last one only makes that longer. */
static void add_interval(struct list *list, moment from, moment to, enum calendar_kind kind, text holiday)
{
	from = maximum(from, list->from);
	to = minimum(to, list->to);
	if (from >= to)
		return;
	struct calendar_interval *last = list->count == 0 ? NULL : &list->items[list->count - 1];
	if (last != NULL && last->kind == kind && text_equal(last->holiday, holiday)) {
		last->to = to;
		return;
	}
	arena_make_room(list->arena, list->items, list->count, list->capacity);
	list->items[list->count++] = (struct calendar_interval){ from, to, kind, holiday };
}

static void explain_day(const struct calendar *calendar, const struct day *day, struct list *list)
{
	moment at = day->start;

	if (day->holiday != NULL) {
		add_interval(list, day->start, day->end, CALENDAR_HOLIDAY, day->holiday->name);
		return;
	}
	for (size_t i = 0; i < day->hours->count; i++) {
		moment open = day_moment(calendar, day, day->hours->segments[i].from);
		moment close = day_moment(calendar, day, day->hours->segments[i].to);
		add_interval(list, at, open, CALENDAR_CLOSED, TEXT_UNSET);
		add_interval(list, open, close, CALENDAR_OPEN, TEXT_UNSET);
		at = close;
	}
	add_interval(list, at, day->end, CALENDAR_CLOSED, TEXT_UNSET);
}

struct error *calendar_explain(struct arena *arena, const struct calendar *calendar, moment from, moment to,
                               struct calendar_interval **ret_intervals, size_t *ret_count)
{
	from = clamp(from);
	to = clamp(to);
	struct list list = { .arena = arena, .from = minimum(from, to), .to = maximum(from, to) };

	if (calendar->always) {
		add_interval(&list, list.from, list.to, CALENDAR_OPEN, TEXT_UNSET);
	} else {
		for (struct day day = day_of(calendar, list.from); day.start < list.to; go_on(calendar, &day)) {
			if (list.count > INTERVALS_MAX || day.start - list.from > 2 * AWAY_MS_MAX)
				return error_hint(arena,
				                  error_new(arena, ERROR_TOO_LARGE, "too long a time to explain"),
				                  "ask for at most 40 years");
			TRY(arena_check(arena));
			explain_day(calendar, &day, &list);
		}
	}
	*ret_intervals = list.items;
	*ret_count = list.count;
	return NULL;
}
