/*
 * Zones: the TZif files (RFC 8536/9636) of the system's tzdata, read once into tables that never change afterwards.
 * They are read here and not through libical because libical turns them into repeating rules first and gets those
 * wrong where the rules were irregular (measured against the C library: Dublin, Tehran, Gaza, Sao Paulo, Lord Howe).
 * The POSIX rule at a file's end is written out for 400 years, after which the Gregorian calendar repeats itself, so
 * that every later moment is looked up in the same table.
 */
#include "base/moment.h"

#include "base/arena.h"
#include "base/table.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#define ZONE_FOLDER "/usr/share/zoneinfo"
#define FILE_BYTES_MAX (256 * 1024)
#define NAME_BYTES_MAX 64
#define CYCLE_YEARS 400
#define CYCLE_MS (INT64_C(146097) * DAY_MS)
/* No clock was ever further from UTC; POSIX rules end below 25 hours too. */
#define OFFSET_MS_MAX (26 * HOUR_MS)

struct change {
	moment at;
	int64_t offset; /* from `at` on */
};

struct zone {
	text name;
	int64_t first_offset; /* before the first change */
	struct change *changes;
	size_t count, capacity;
	bool cycles; /* the last 400 years of the table repeat for ever */
};

/* A stretch of time with one offset. */
struct span {
	moment from, until;
	int64_t offset;
};

static const struct zone utc = { .name = { "UTC", 3 } };

static moment saturating_add(moment at, int64_t ms)
{
	moment sum;

	if (__builtin_add_overflow(at, ms, &sum))
		return ms < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static struct span find_span(const struct zone *zone, moment at)
{
	size_t low = 0, high = zone->count; /* changes before `low` are <= at */
	int64_t shift = 0;

	if (zone->cycles && at >= zone->changes[zone->count - 1].at) {
		moment end = zone->changes[zone->count - 1].at;
		shift = ((at - end) / CYCLE_MS + 1) * CYCLE_MS;
		at -= shift;
	}
	while (low < high) {
		size_t middle = (low + high) / 2;
		if (zone->changes[middle].at <= at)
			low = middle + 1;
		else
			high = middle;
	}
	struct span span = { INT64_MIN, INT64_MAX, zone->first_offset };
	if (low > 0) {
		span.from = saturating_add(zone->changes[low - 1].at, shift);
		span.offset = zone->changes[low - 1].offset;
	}
	if (low < zone->count)
		span.until = saturating_add(zone->changes[low].at, shift);
	return span;
}

int64_t zone_offset(const struct zone *zone, moment at)
{
	return find_span(zone, at).offset;
}

moment zone_offset_until(const struct zone *zone, moment at)
{
	return find_span(zone, at).until;
}

struct civil zone_civil(const struct zone *zone, moment at)
{
	moment local = saturating_add(at, zone_offset(zone, at));
	int64_t days = local / DAY_MS - (local % DAY_MS < 0);
	struct civil civil = civil_from_days(days);

	civil.ms_of_day = (int32_t)(local % DAY_MS + (local % DAY_MS < 0 ? DAY_MS : 0));
	return civil;
}

/* The first instant at which the local clock shows `local` or later. */
static moment first_at(const struct zone *zone, int64_t local)
{
	struct span span = find_span(zone, saturating_add(local, -OFFSET_MS_MAX));

	for (;;) {
		moment at = saturating_add(local, -span.offset);
		if (at < span.until || span.until == INT64_MAX)
			return maximum(at, span.from);
		span = find_span(zone, span.until);
	}
}

moment zone_moment(const struct zone *zone, int64_t days, int64_t ms_of_day)
{
	int64_t local;

	if (__builtin_mul_overflow(days, DAY_MS, &local))
		local = days < 0 ? INT64_MIN : INT64_MAX;
	return first_at(zone, saturating_add(local, ms_of_day));
}

moment zone_day_start(const struct zone *zone, moment at)
{
	moment local = saturating_add(at, zone_offset(zone, at));
	int64_t days = local / DAY_MS - (local % DAY_MS < 0);

	return zone_moment(zone, days, 0);
}

const struct zone *zone_utc(void)
{
	return &utc;
}

text zone_name(const struct zone *zone)
{
	return zone->name;
}

static void add_change(struct arena *arena, struct zone *zone, moment at, int64_t offset)
{
	arena_make_room(arena, zone->changes, zone->count, zone->capacity);
	zone->changes[zone->count++] = (struct change){ at, offset };
}

/* The day and time of a yearly change in a POSIX rule: Mm.w.d, Jn or n, with /time. */
struct rule_day {
	char kind; /* 'M', 'J' or 'n' */
	int month, week, day;
	int64_t ms;
};

struct rule {
	int64_t standard, summer; /* offsets */
	bool has_summer;
	struct rule_day start, end; /* of summer time */
};

static bool take_number(text *rest, int most, int *ret_number)
{
	int number = 0;
	size_t at = 0;

	for (; at < rest->length && at < 4 && rest->data[at] >= '0' && rest->data[at] <= '9'; at++)
		number = number * 10 + (rest->data[at] - '0');
	if (at == 0 || number > most)
		return false;
	*rest = text_slice(*rest, at, rest->length);
	*ret_number = number;
	return true;
}

static bool take_char(text *rest, char c)
{
	if (rest->length == 0 || rest->data[0] != c)
		return false;
	*rest = text_slice(*rest, 1, rest->length);
	return true;
}

/* [+-]h[h[h]][:mm[:ss]] as milliseconds. */
static bool take_time(text *rest, int64_t *ret_ms)
{
	bool negative = take_char(rest, '-');
	int hour, minute = 0, second = 0;

	if (!negative)
		(void)take_char(rest, '+');
	if (!take_number(rest, 167, &hour))
		return false;
	if (take_char(rest, ':') && !take_number(rest, 59, &minute))
		return false;
	if (take_char(rest, ':') && !take_number(rest, 59, &second))
		return false;
	*ret_ms = (negative ? -1 : 1) * (hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS);
	return true;
}

/* "CET" or "<+1030>": only skipped. */
static bool skip_name(text *rest)
{
	size_t at = 0;

	if (take_char(rest, '<')) {
		ptrdiff_t end = text_find_char(*rest, '>');
		*rest = text_slice(*rest, (size_t)end + 1, rest->length);
		return end > 0;
	}
	while (at < rest->length && ((rest->data[at] | 0x20) >= 'a' && (rest->data[at] | 0x20) <= 'z'))
		at++;
	*rest = text_slice(*rest, at, rest->length);
	return at >= 3;
}

static bool take_rule_day(text *rest, struct rule_day *ret_day)
{
	struct rule_day day = { .kind = 'n', .ms = 2 * HOUR_MS };
	bool good;

	if (!take_char(rest, ','))
		return false;
	if (take_char(rest, 'M')) {
		day.kind = 'M';
		good = take_number(rest, 12, &day.month) && day.month >= 1 && take_char(rest, '.') &&
			take_number(rest, 5, &day.week) && day.week >= 1 && take_char(rest, '.') &&
			take_number(rest, 6, &day.day);
	} else if (take_char(rest, 'J')) {
		day.kind = 'J';
		good = take_number(rest, 365, &day.day) && day.day >= 1;
	} else {
		good = take_number(rest, 365, &day.day);
	}
	if (good && take_char(rest, '/'))
		good = take_time(rest, &day.ms);
	*ret_day = day;
	return good;
}

static bool parse_rule(text t, struct rule *ret_rule)
{
	struct rule rule = { 0 };
	int64_t behind;

	if (!skip_name(&t) || !take_time(&t, &behind))
		return false;
	rule.standard = -behind; /* POSIX counts west as positive */
	if (t.length > 0) {
		rule.has_summer = true;
		rule.summer = rule.standard + HOUR_MS;
		if (!skip_name(&t))
			return false;
		if (t.length > 0 && t.data[0] != ',') {
			if (!take_time(&t, &behind))
				return false;
			rule.summer = -behind;
		}
		if (!take_rule_day(&t, &rule.start) || !take_rule_day(&t, &rule.end) || t.length > 0)
			return false;
	}
	*ret_rule = rule;
	return true;
}

/* The local time of a yearly change, as milliseconds of local time since 1970. */
static int64_t rule_local(const struct rule_day *day, int32_t year)
{
	int64_t first = civil_to_days(year, 1, 1), days;

	if (day->kind == 'M') {
		int64_t begin = civil_to_days(year, day->month, 1);
		int64_t next = day->month == 12 ? civil_to_days(year + 1, 1, 1) :
						  civil_to_days(year, day->month + 1, 1);
		int weekday = civil_from_days(begin).weekday % 7; /* 0 Sunday, as in the rule */
		days = begin + (day->day - weekday + 7) % 7 + (day->week - 1) * 7;
		while (days >= next)
			days -= 7;
	} else {
		bool leap = civil_to_days(year, 3, 1) - first == 60;
		/* J counts 29 February never, n always. */
		days = day->kind == 'J' ? first + day->day - 1 + (leap && day->day >= 60) : first + day->day;
	}
	return days * DAY_MS + day->ms;
}

/* Writes the rule out behind the changes of the file, for one whole cycle. */
static void expand_rule(struct arena *arena, struct zone *zone, const struct rule *rule)
{
	moment last = zone->count == 0 ? INT64_MIN : zone->changes[zone->count - 1].at;
	int32_t year = zone->count == 0 ? 1970 : civil_from_days(last / DAY_MS).year;
	int32_t end = year + CYCLE_YEARS + 2;

	if (!rule->has_summer) {
		if (zone->count == 0)
			zone->first_offset = rule->standard;
		return;
	}
	if (zone->count == 0)
		zone->first_offset = rule->standard;
	for (; year < end; year++) {
		struct change start = { rule_local(&rule->start, year) - rule->standard, rule->summer };
		struct change stop = { rule_local(&rule->end, year) - rule->summer, rule->standard };
		bool north = start.at <= stop.at;
		struct change pair[2] = { north ? start : stop, north ? stop : start };
		for (int i = 0; i < 2; i++)
			if (pair[i].at > last)
				add_change(arena, zone, pair[i].at, pair[i].offset);
	}
	zone->cycles = true;
}

static uint64_t big_endian(const unsigned char *bytes, size_t size)
{
	uint64_t number = 0;

	for (size_t i = 0; i < size; i++)
		number = number << 8 | bytes[i];
	return number;
}

#define HEADER_BYTES 44

/* The counts in a TZif header: isutc, isstd, leap, time, type, char. */
struct counts {
	size_t isutc, isstd, leap, time, type, character;
};

static bool read_header(text file, struct counts *ret_counts)
{
	const unsigned char *bytes = (const unsigned char *)file.data;
	struct counts counts;

	if (file.length < HEADER_BYTES || memcmp(bytes, "TZif", 4) != 0 || bytes[4] < '2')
		return false;
	counts = (struct counts){ big_endian(bytes + 20, 4), big_endian(bytes + 24, 4), big_endian(bytes + 28, 4),
		                  big_endian(bytes + 32, 4), big_endian(bytes + 36, 4), big_endian(bytes + 40, 4) };
	if (counts.time > 10000 || counts.type > 256 || counts.type == 0 || counts.leap > 1000 ||
	    counts.character > 10000 || counts.isutc > 256 || counts.isstd > 256)
		return false;
	*ret_counts = counts;
	return true;
}

static size_t body_size(const struct counts *counts, size_t time_size)
{
	return counts->time * (time_size + 1) + counts->type * 6 + counts->character +
		counts->leap * (time_size + 4) + counts->isstd + counts->isutc;
}

/* Reads the second (64-bit) part of the file and the rule behind it. */
static bool read_zone(struct arena *arena, text file, struct zone *zone)
{
	struct counts counts;
	struct rule rule;

	if (!read_header(file, &counts))
		return false;
	file = text_slice(file, HEADER_BYTES + body_size(&counts, 4), file.length);
	/* Leap seconds are only in the "right" files, whose clocks are not ours. */
	if (!read_header(file, &counts) || counts.leap > 0)
		return false;
	size_t size = body_size(&counts, 8);
	file = text_slice(file, HEADER_BYTES, file.length);
	if (file.length < size + 2 || file.data[size] != '\n' || file.data[file.length - 1] != '\n')
		return false;
	const unsigned char *times = (const unsigned char *)file.data;
	const unsigned char *indexes = times + counts.time * 8, *types = indexes + counts.time;
	zone->first_offset = (int32_t)big_endian(types, 4) * SECOND_MS;
	for (size_t i = 0; i < counts.time; i++) {
		int64_t at = (int64_t)big_endian(times + i * 8, 8);
		if (indexes[i] >= counts.type || (i > 0 && at * SECOND_MS <= zone->changes[zone->count - 1].at))
			return false;
		/* Older files begin with a change at the beginning of the universe. */
		if (at < INT64_MIN / SECOND_MS / 2 || at > INT64_MAX / SECOND_MS / 2)
			return false;
		add_change(arena, zone, at * SECOND_MS, (int32_t)big_endian(types + indexes[i] * 6, 4) * SECOND_MS);
	}
	text footer = text_slice(file, size + 1, file.length - 1);
	if (footer.length == 0)
		return true;
	if (!parse_rule(footer, &rule))
		return false;
	expand_rule(arena, zone, &rule);
	return true;
}

/* IANA names only: nothing that could leave the folder, and none of the files there that are no zones of their own. */
static bool is_zone_name(text name)
{
	if (name.length == 0 || name.length > NAME_BYTES_MAX || name.data[0] < 'A' || name.data[0] > 'Z')
		return false;
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];
		bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
		if (!letter && (c == '\0' || strchr("_+-/", c) == NULL))
			return false;
	}
	return true;
}

static text read_file(struct arena *arena, const char *path)
{
	char *data = arena_alloc(arena, FILE_BYTES_MAX);
	size_t length = 0;
	ssize_t got = -1;
	int file = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (file < 0)
		return TEXT_UNSET;
	while (length < FILE_BYTES_MAX && (got = read(file, data + length, FILE_BYTES_MAX - length)) > 0)
		length += (size_t)got;
	close(file);
	return got == 0 ? (text){ data, length } : TEXT_UNSET;
}

static struct zone *load_zone(struct arena *arena, text name)
{
	const char *folder = getenv("TZDIR");
	struct arena *scratch = arena_new(FILE_BYTES_MAX);
	text path = text_format(scratch, "%s/%.*s", folder == NULL ? ZONE_FOLDER : folder, TEXT_ARG(name));
	text file = read_file(scratch, path.data);
	struct zone *zone = NULL;

	if (text_is_set(file)) {
		zone = arena_new_struct(arena, struct zone);
		zone->name = text_copy(arena, name);
		if (!read_zone(arena, file, zone))
			zone = NULL;
	}
	arena_free(scratch);
	return zone;
}

/* Zones are read once and kept for ever: every calendar and person points at them, from every thread. */
static pthread_mutex_t zone_cache_lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone_cache {
	struct arena *arena;
	struct table zones;
} zone_cache;

const struct zone *zone_find(text name)
{
	struct zone *zone;

	if (text_equal(name, utc.name))
		return &utc;
	if (!is_zone_name(name))
		return NULL;
	pthread_mutex_lock(&zone_cache_lock);
	if (zone_cache.arena == NULL) {
		zone_cache.arena = arena_new(SIZE_MAX);
		table_init(&zone_cache.zones, zone_cache.arena);
	}
	zone = table_get(&zone_cache.zones, name);
	if (zone == NULL) {
		zone = load_zone(zone_cache.arena, name);
		if (zone != NULL)
			table_set(&zone_cache.zones, zone->name, zone);
	}
	pthread_mutex_unlock(&zone_cache_lock);
	return zone;
}
