/* Calendars from their written form: hours like "mon-fri 08:00-12:00 13:00-17:30" and lists of holidays. */
#include "base/calendar_text.h"

#include "base/arena.h"

#include <stdlib.h>

#define HOURS_BYTES_MAX (16 * 1024)
#define HOLIDAYS_BYTES_MAX (1024 * 1024)

/* One input text, and where its reader is. */
struct source {
	struct arena *arena;
	text field;
	text line; /* the whole line, for columns */
	uint32_t number;
};

static struct error *refuse(const struct source *source, const char *at, const char *problem, const char *hint)
{
	text before = { source->line.data, text_is_set(source->line) ? (size_t)(at - source->line.data) : 0 };
	struct place place = { .line = source->number, .column = (uint32_t)text_characters(before) + 1 };
	struct error *error = error_new(source->arena, ERROR_INVALID, "%s", problem);

	return error_place(error_field(error_hint(source->arena, error, "%s", hint), source->field), place);
}

/* Takes the next word (up to a blank) off; false at the end. */
static bool take_word(text *rest, text *ret_word)
{
	size_t length = 0;

	while (rest->length > 0 && (rest->data[0] == ' ' || rest->data[0] == '\t'))
		*rest = text_slice(*rest, 1, rest->length);
	while (length < rest->length && rest->data[length] != ' ' && rest->data[length] != '\t')
		length++;
	*ret_word = text_slice(*rest, 0, length);
	*rest = text_slice(*rest, length, rest->length);
	return length > 0;
}

static bool find_weekday(text name, int *ret_day)
{
	static const char names[7][4] = { "mon", "tue", "wed", "thu", "fri", "sat", "sun" };

	for (int day = 0; day < 7; day++)
		if (text_equal_ignoring_case(name, text_from(names[day]))) {
			*ret_day = day;
			return true;
		}
	return false;
}

/* "mon", "mon-fri", "sat,sun", "fri-mon": a bit for each day. */
static struct error *read_days(const struct source *source, text word, unsigned *ret_days)
{
	static const char hint[] = "write days as mon, mon-fri or sat,sun";
	unsigned days = 0;
	text rest = word, part;

	while (text_cut(&rest, ',', &part)) {
		text first = part, last = part;
		int day, end;
		ptrdiff_t dash = text_find_char(part, '-');
		if (dash >= 0) {
			first = text_slice(part, 0, (size_t)dash);
			last = text_slice(part, (size_t)dash + 1, part.length);
		}
		if (!find_weekday(first, &day) || !find_weekday(last, &end))
			return refuse(source, part.data, "no such day of the week", hint);
		for (days |= 1u << day; day != end; days |= 1u << day)
			day = (day + 1) % 7;
	}
	*ret_days = days;
	return NULL;
}

/* "08:00" to "24:00". */
static bool read_time(text word, int32_t *ret_ms)
{
	int64_t hour, minute;

	if (word.length != 5 || word.data[2] != ':' || word.data[0] == '-' || word.data[3] == '-' ||
	    !text_to_integer(text_slice(word, 0, 2), &hour) || !text_to_integer(text_slice(word, 3, 5), &minute) ||
	    hour > 24 || minute > 59 || (hour == 24 && minute > 0))
		return false;
	*ret_ms = (int32_t)(hour * HOUR_MS + minute * MINUTE_MS);
	return true;
}

static struct error *read_segment(const struct source *source, text word, struct calendar_segment *ret_segment)
{
	ptrdiff_t dash = text_find_char(word, '-');

	if (dash < 0 || !read_time(text_slice(word, 0, (size_t)dash), &ret_segment->from) ||
	    !read_time(text_slice(word, (size_t)dash + 1, word.length), &ret_segment->to))
		return refuse(source, word.data, "these are no opening hours", "write them as 08:00-17:30, at most to 24:00");
	if (ret_segment->from >= ret_segment->to)
		return refuse(source, word.data, "the hours end before they begin",
		              "write hours over midnight as two: fri 22:00-24:00; sat 00:00-06:00");
	return NULL;
}

/* Keeps the day's segments in order; false when this one overlaps another. */
static bool insert_segment(struct arena *arena, struct calendar_week_day *day, struct calendar_segment segment)
{
	size_t at = day->count;

	while (at > 0 && day->segments[at - 1].from >= segment.from)
		at--;
	if ((at > 0 && day->segments[at - 1].to > segment.from) ||
	    (at < day->count && day->segments[at].from < segment.to))
		return false;
	arena_make_room(arena, day->segments, day->count, day->capacity);
	memmove(&day->segments[at + 1], &day->segments[at], (day->count - at) * sizeof(segment));
	day->segments[at] = segment;
	day->count++;
	return true;
}

/* "mon-fri 08:00-12:00 13:00-17:30" */
static struct error *read_group(const struct source *source, text group, struct calendar *calendar)
{
	text rest = group, word;
	unsigned days = 0;
	size_t count = 0;

	if (!take_word(&rest, &word))
		return NULL;
	TRY(read_days(source, word, &days));
	for (; take_word(&rest, &word); count++) {
		struct calendar_segment segment;
		TRY(read_segment(source, word, &segment));
		for (int day = 0; day < 7; day++)
			if ((days & 1u << day) != 0 && !insert_segment(source->arena, &calendar->week[day], segment))
				return refuse(source, word.data, "these hours overlap others of the same day",
				              "name every hour of a day once");
	}
	if (count == 0)
		return refuse(source, rest.data, "the hours are missing behind the days", "write mon-fri 08:00-17:30");
	return NULL;
}

static void open_always(struct arena *arena, struct calendar *calendar)
{
	for (int day = 0; day < 7; day++)
		(void)insert_segment(arena, &calendar->week[day], (struct calendar_segment){ 0, DAY_MS });
}

static struct error *read_hours(struct arena *arena, text hours, struct calendar *calendar)
{
	struct source source = { .arena = arena, .field = T("hours"), .line = hours, .number = 1 };
	text rest = hours;

	if (hours.length > HOURS_BYTES_MAX)
		return refuse(&source, hours.data, "the opening hours are too long", "at most 16 KB");
	if (text_equal(text_trim(hours), T("24x7"))) {
		open_always(arena, calendar);
		return NULL;
	}
	for (source.number = 1; text_cut(&rest, '\n', &source.line); source.number++) {
		text line = text_trim(source.line), group;
		/* Trimming an empty line keeps its place. */
		while (text_cut(&line, ';', &group))
			TRY(read_group(&source, text_trim(group), calendar));
	}
	return NULL;
}

void calendar_add_holiday(struct arena *arena, struct calendar *calendar, int64_t day, text name)
{
	if (day < civil_to_days(HOLIDAY_YEAR_FIRST, 1, 1) || day > civil_to_days(HOLIDAY_YEAR_LAST, 12, 31))
		return;
	arena_make_room(arena, calendar->holidays, calendar->holiday_count, calendar->holiday_capacity);
	calendar->holidays[calendar->holiday_count++] = (struct calendar_holiday){ (int32_t)day, name };
}

/* Every year that has such a day. */
static void add_yearly(struct arena *arena, struct calendar *calendar, int month, int day, text name)
{
	for (int year = HOLIDAY_YEAR_FIRST; year <= HOLIDAY_YEAR_LAST; year++) {
		int64_t number = civil_to_days(year, month, day);
		if (civil_from_days(number).day == day)
			calendar_add_holiday(arena, calendar, number, name);
	}
}

/* "2026-12-25 Christmas Day" or "12-25 Christmas Day". */
static struct error *read_holiday(const struct source *source, struct calendar *calendar)
{
	text rest = text_trim(source->line), word;
	moment at;
	char dated[] = "2000-MM-DD"; /* 2000 had a 29 February */

	if (!take_word(&rest, &word))
		return NULL;
	bool yearly = word.length == 5;
	if (yearly)
		memcpy(dated + 5, word.data, 5);
	if ((!yearly && word.length != 10) || !moment_parse(yearly ? text_from(dated) : word, NULL, &at))
		return refuse(source, word.data, "this is no date", "write 2026-12-25 and a name, or 12-25 for every year");
	text name = text_copy(source->arena, text_trim(rest));
	struct civil civil = zone_civil(zone_utc(), at);
	if (yearly)
		add_yearly(source->arena, calendar, civil.month, civil.day, name);
	else
		calendar_add_holiday(source->arena, calendar, at / DAY_MS, name);
	return arena_check(source->arena);
}

static int compare_holidays(const void *a, const void *b)
{
	const struct calendar_holiday *first = a, *second = b;

	if (first->day != second->day)
		return first->day < second->day ? -1 : 1;
	return text_compare(first->name, second->name);
}

/* Of several holidays on one day the first name is kept. */
static void sort_holidays(struct calendar *calendar)
{
	size_t kept = 0;

	if (calendar->holiday_count > 1)
		qsort(calendar->holidays, calendar->holiday_count, sizeof(*calendar->holidays), compare_holidays);
	for (size_t i = 0; i < calendar->holiday_count; i++)
		if (kept == 0 || calendar->holidays[kept - 1].day != calendar->holidays[i].day)
			calendar->holidays[kept++] = calendar->holidays[i];
	calendar->holiday_count = kept;
}

static struct error *read_holidays(struct arena *arena, text holidays, struct calendar *calendar)
{
	struct source source = { .arena = arena, .field = T("holidays"), .line = holidays, .number = 1 };
	text rest = holidays;

	if (holidays.length > HOLIDAYS_BYTES_MAX)
		return refuse(&source, holidays.data, "the list of holidays is too long", "at most 1 MB");
	if (text_starts_with(text_trim(holidays), T("BEGIN:VCALENDAR")))
		return calendar_read_ical(arena, text_trim(holidays), calendar);
	for (source.number = 1; text_cut(&rest, '\n', &source.line); source.number++)
		TRY(read_holiday(&source, calendar));
	return NULL;
}

struct error *calendar_parse(struct arena *arena, text hours, text holidays, const struct zone *zone,
                             struct calendar **ret_calendar)
{
	struct calendar *calendar = arena_new_struct(arena, struct calendar);
	const struct calendar_segment *segment;

	calendar->zone = zone == NULL ? zone_utc() : zone;
	TRY(read_hours(arena, hours, calendar));
	TRY(read_holidays(arena, holidays, calendar));
	sort_holidays(calendar);
	for (int day = 0; day < 7; day++)
		for (size_t i = 0; i < calendar->week[day].count; i++) {
			segment = &calendar->week[day].segments[i];
			calendar->week_ms += segment->to - segment->from;
		}
	calendar->always = calendar->week_ms == 7 * DAY_MS && calendar->holiday_count == 0;
	*ret_calendar = calendar;
	return NULL;
}

struct calendar *calendar_copy(struct arena *arena, const struct calendar *calendar)
{
	struct calendar *copy = arena_copy(arena, calendar, sizeof(*calendar));
	text last = TEXT_UNSET, last_copy = TEXT_UNSET;

	for (int day = 0; day < 7; day++) {
		struct calendar_week_day *hours = &copy->week[day];
		hours->segments = arena_copy(arena, hours->segments, hours->count * sizeof(*hours->segments));
		hours->capacity = hours->count;
	}
	copy->holidays = arena_copy(arena, copy->holidays, copy->holiday_count * sizeof(*copy->holidays));
	copy->holiday_capacity = copy->holiday_count;
	for (size_t i = 0; i < copy->holiday_count; i++) {
		text *name = &copy->holidays[i].name;
		if (name->data != last.data || name->length != last.length) {
			last = *name;
			last_copy = text_copy(arena, last);
		}
		*name = last_copy;
	}
	return copy;
}
