/*
 * Clocks, civil dates and the written forms of moments and durations. Nothing else in the program reads a clock.
 * Civil dates are computed, not asked of the C library: gmtime() and its kind know neither years nor threads well.
 */
#include "base/moment.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/log.h"

#include <time.h>

/* What the written form can show: the years 0000 to 9999. */
#define MOMENT_FIRST (INT64_C(-719528) * DAY_MS)
#define MOMENT_LAST (INT64_C(2932897) * DAY_MS - 1)

static struct timespec read_clock(clockid_t clock)
{
	struct timespec now;

	if (clock_gettime(clock, &now) != 0)
		log_fatal("the system's clock cannot be read");
	return now;
}

moment moment_now(void)
{
	struct timespec now = read_clock(CLOCK_REALTIME);

	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t monotonic_us(void)
{
	struct timespec now = read_clock(CLOCK_MONOTONIC);

	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* Both after Howard Hinnant's chrono-compatible date algorithms: years begin in March, eras last 400 years. */
int64_t civil_to_days(int32_t year, int month, int day)
{
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;

	return era * 146097 + day_of_era - 719468;
}

struct civil civil_from_days(int64_t days)
{
	int64_t shifted = days + 719468;
	int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
	int64_t day_of_era = shifted - era * 146097;
	int64_t year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
	int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
	int64_t month = (5 * day_of_year + 2) / 153;
	int64_t weekday = (days + 3) % 7; /* 1970-01-01 was a Thursday */
	struct civil civil = {
		.month = (int8_t)(month < 10 ? month + 3 : month - 9),
		.day = (int8_t)(day_of_year - (153 * month + 2) / 5 + 1),
		.weekday = (int8_t)((weekday < 0 ? weekday + 7 : weekday) + 1),
	};

	civil.year = (int32_t)(year_of_era + era * 400 + (civil.month <= 2));
	return civil;
}

static void write_digits(char *at, int count, int64_t number)
{
	while (count-- > 0) {
		at[count] = (char)('0' + number % 10);
		number /= 10;
	}
}

void moment_write(char ret_24_bytes[25], moment at)
{
	if (at == MOMENT_UNSET) {
		ret_24_bytes[0] = '\0';
		return;
	}
	at = at < MOMENT_FIRST ? MOMENT_FIRST : minimum(at, MOMENT_LAST);
	int64_t days = (at - (at < 0 ? DAY_MS - 1 : 0)) / DAY_MS, ms = at - days * DAY_MS;
	struct civil civil = civil_from_days(days);
	memcpy(ret_24_bytes, "0000-00-00T00:00:00.000Z", 25);
	write_digits(ret_24_bytes, 4, civil.year);
	write_digits(ret_24_bytes + 5, 2, civil.month);
	write_digits(ret_24_bytes + 8, 2, civil.day);
	write_digits(ret_24_bytes + 11, 2, ms / HOUR_MS);
	write_digits(ret_24_bytes + 14, 2, ms / MINUTE_MS % 60);
	write_digits(ret_24_bytes + 17, 2, ms / SECOND_MS % 60);
	write_digits(ret_24_bytes + 20, 3, ms % SECOND_MS);
}

text moment_format(struct arena *arena, moment at)
{
	char written[25];

	if (at == MOMENT_UNSET)
		return TEXT_UNSET;
	moment_write(written, at);
	return text_copy(arena, (text){ written, 24 });
}

/* Takes exactly `count` digits off. */
static bool take_digits(text *rest, size_t count, int *ret_number)
{
	int number = 0;

	if (rest->length < count)
		return false;
	for (size_t i = 0; i < count; i++) {
		if (rest->data[i] < '0' || rest->data[i] > '9')
			return false;
		number = number * 10 + (rest->data[i] - '0');
	}
	*rest = text_slice(*rest, count, rest->length);
	*ret_number = number;
	return true;
}

static bool take_char(text *rest, const char *any_of)
{
	if (rest->length == 0 || rest->data[0] == '\0' || strchr(any_of, rest->data[0]) == NULL)
		return false;
	*rest = text_slice(*rest, 1, rest->length);
	return true;
}

static bool take_date(text *rest, int64_t *ret_days)
{
	int year, month, day;

	if (!take_digits(rest, 4, &year) || !take_char(rest, "-") || !take_digits(rest, 2, &month) ||
	    !take_char(rest, "-") || !take_digits(rest, 2, &day) || month < 1 || month > 12 || day < 1)
		return false;
	int64_t days = civil_to_days(year, month, day);
	/* A day behind its month's end comes back as another one. */
	struct civil civil = civil_from_days(days);
	if (civil.month != month || civil.day != day)
		return false;
	*ret_days = days;
	return true;
}

/* HH:MM[:SS[.fraction]]; digits behind the milliseconds are dropped. */
static bool take_time(text *rest, int64_t *ret_ms)
{
	int hour, minute, second = 0, digit;
	int64_t ms = 0, unit = 100;

	if (!take_digits(rest, 2, &hour) || !take_char(rest, ":") || !take_digits(rest, 2, &minute))
		return false;
	if (take_char(rest, ":")) {
		if (!take_digits(rest, 2, &second))
			return false;
		if (take_char(rest, ".")) {
			if (!take_digits(rest, 1, &digit))
				return false;
			do {
				ms += digit * unit;
				unit /= 10;
			} while (take_digits(rest, 1, &digit));
		}
	}
	if (hour > 23 || minute > 59 || second > 59)
		return false;
	*ret_ms = hour * HOUR_MS + minute * MINUTE_MS + second * SECOND_MS + ms;
	return true;
}

/* Z or +HH:MM or -HH:MM. */
static bool take_offset(text *rest, int64_t *ret_offset)
{
	bool behind = rest->length > 0 && rest->data[0] == '-';
	int hour, minute;

	if (take_char(rest, "Zz")) {
		*ret_offset = 0;
		return true;
	}
	if (!take_char(rest, "+-") || !take_digits(rest, 2, &hour) || !take_char(rest, ":") ||
	    !take_digits(rest, 2, &minute) || hour > 23 || minute > 59)
		return false;
	*ret_offset = (behind ? -1 : 1) * (hour * HOUR_MS + minute * MINUTE_MS);
	return true;
}

bool moment_parse(text t, const struct zone *zone, moment *ret_at)
{
	int64_t days, ms = 0, offset = 0;
	bool local = true;

	if (!take_date(&t, &days))
		return false;
	if (t.length > 0) {
		if (!take_char(&t, "Tt ") || !take_time(&t, &ms))
			return false;
		if (t.length > 0) {
			local = false;
			if (!take_offset(&t, &offset) || t.length > 0)
				return false;
		}
	}
	moment at = local ? zone_moment(zone == NULL ? zone_utc() : zone, days, ms) : days * DAY_MS + ms - offset;
	if (at < MOMENT_FIRST || at > MOMENT_LAST)
		return false;
	*ret_at = at;
	return true;
}

static const struct {
	text name;
	int64_t ms;
} units[] = {
	{ { "d", 1 }, DAY_MS },    { { "h", 1 }, HOUR_MS }, { { "m", 1 }, MINUTE_MS },
	{ { "s", 1 }, SECOND_MS }, { { "ms", 2 }, 1 },
};

bool duration_parse(text t, int64_t *ret_ms)
{
	int64_t sum = 0;
	size_t unit = 0; /* units come largest first, each once */

	if (t.length == 0)
		return false;
	while (t.length > 0) {
		size_t digits = 0, letters = 0;
		int64_t number, part;
		while (digits < t.length && t.data[digits] >= '0' && t.data[digits] <= '9')
			digits++;
		if (!text_to_integer(text_slice(t, 0, digits), &number))
			return false;
		t = text_slice(t, digits, t.length);
		while (letters < t.length && t.data[letters] >= 'a' && t.data[letters] <= 'z')
			letters++;
		while (unit < array_length(units) && !text_equal(units[unit].name, text_slice(t, 0, letters)))
			unit++;
		if (unit == array_length(units) || __builtin_mul_overflow(number, units[unit].ms, &part) ||
		    __builtin_add_overflow(sum, part, &sum))
			return false;
		unit++;
		t = text_slice(t, letters, t.length);
		/* One blank between units, as duration_format() writes it. */
		if (t.length > 1 && t.data[0] == ' ')
			t = text_slice(t, 1, t.length);
	}
	*ret_ms = sum;
	return true;
}

text duration_format(struct arena *arena, int64_t ms)
{
	uint64_t rest = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;
	struct buffer out;
	int shown = 0;

	buffer_init(&out, arena, 64);
	for (size_t i = 0; i < 4 && shown < 2; i++) {
		uint64_t count = rest / (uint64_t)units[i].ms;
		rest %= (uint64_t)units[i].ms;
		if (count == 0 && shown == 0)
			continue;
		if (count > 0)
			buffer_format(&out, "%s%llu%s", shown > 0 ? " " : ms < 0 ? "-" : "", (unsigned long long)count,
			              units[i].name.data);
		shown++;
	}
	return out.length == 0 ? T("0m") : buffer_peek(&out);
}
