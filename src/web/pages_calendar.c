/*
 * A calendar as people read it: this week's hours, the holidays to come, and the question that clocks ask of it - when is so much
 * working time over - with the explanation that adds up.
 */
#include "web/pages_portal_private.h"

#include "base/words.h"

#define HOLIDAYS_SHOWN 12
#define HOURS_MOST 1000
/* Width of a day in the drawing. */
#define DAY_WIDTH 288

static const char *const weekday_names[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };

static text clock_time(struct arena *arena, int64_t ms)
{
	return text_format(arena, "%02d:%02d", (int)(ms / HOUR_MS), (int)(ms / MINUTE_MS % 60));
}

/* Local time of day of a moment inside [start, end] of a day; its end is 24:00. */
static int64_t time_of_day(const struct zone *zone, moment at, moment end)
{
	return at >= end ? DAY_MS : zone_civil(zone, at).ms_of_day;
}

static struct error *day_value(struct work *work, const struct calendar *calendar, int64_t days, bool today, struct value *week)
{
	const struct zone *zone = calendar_zone(calendar);
	moment start = zone_moment(zone, days, 0), end = zone_moment(zone, days + 1, 0);
	struct value *day = value_map(work->arena), *bars = value_list(work->arena);
	struct calendar_interval *intervals;
	struct civil civil = civil_from_days(days);
	struct buffer hours;
	size_t count;

	buffer_init(&hours, work->arena, 4096);
	TRY(calendar_explain(work->arena, calendar, start, end, &intervals, &count));
	for (size_t i = 0; i < count; i++) {
		if (intervals[i].kind == CALENDAR_HOLIDAY)
			value_set_text(work->arena, day, T("holiday"), intervals[i].holiday);
		if (intervals[i].kind != CALENDAR_OPEN)
			continue;
		int64_t from = time_of_day(zone, intervals[i].from, end), to = time_of_day(zone, intervals[i].to, end);
		struct value *bar = value_map(work->arena);
		value_set_integer(work->arena, bar, T("x"), from * DAY_WIDTH / DAY_MS);
		value_set_integer(work->arena, bar, T("width"), maximum((to - from) * DAY_WIDTH / DAY_MS, 1));
		value_append(work->arena, bars, bar);
		buffer_format(&hours, "%s%.*s–%.*s", hours.length > 0 ? ", " : "", TEXT_ARG(clock_time(work->arena, from)),
		              TEXT_ARG(clock_time(work->arena, to)));
	}
	value_set_text(work->arena, day, T("label"), words(work->language, text_from(weekday_names[civil.weekday - 1])));
	value_set_text(work->arena, day, T("date"), text_format(work->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day));
	value_set_text(work->arena, day, T("hours"), hours.length > 0 ? buffer_peek(&hours) : words(work->language, T("closed")));
	value_set_bool(work->arena, day, T("open"), hours.length > 0);
	value_set_bool(work->arena, day, T("today"), today);
	value_set(work->arena, day, T("bars"), bars);
	value_append(work->arena, week, day);
	return NULL;
}

static struct error *add_holidays(struct work *work, const struct calendar *calendar, struct value *data)
{
	struct value *list = value_list(work->arena);
	struct calendar_interval *intervals;
	size_t count;

	TRY(calendar_explain(work->arena, calendar, work->now, work->now + 366 * DAY_MS, &intervals, &count));
	for (size_t i = 0; i < count && value_count(list) < HOLIDAYS_SHOWN; i++) {
		if (intervals[i].kind != CALENDAR_HOLIDAY)
			continue;
		struct value *one = value_map(work->arena);
		struct civil civil = zone_civil(calendar_zone(calendar), intervals[i].from);
		value_set_text(work->arena, one, T("date"), text_format(work->arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day));
		value_set_text(work->arena, one, T("weekday"), words(work->language, text_from(weekday_names[civil.weekday - 1])));
		value_set_text(work->arena, one, T("name"), intervals[i].holiday);
		value_append(work->arena, list, one);
	}
	value_set(work->arena, data, T("holidays"), list);
	return NULL;
}

static text interval_words(struct work *work, const struct calendar_interval *interval)
{
	switch (interval->kind) {
	case CALENDAR_OPEN:
		return words(work->language, T("open"));
	case CALENDAR_CLOSED:
		return words(work->language, T("closed"));
	case CALENDAR_HOLIDAY:
		return text_is_set(interval->holiday) ? interval->holiday : words(work->language, T("holiday"));
	}
	return TEXT_UNSET;
}

/* In hours, however many: a day of 24 hours means nothing here. */
static text hours_words(struct arena *arena, int64_t ms)
{
	return text_format(arena, "%lld:%02d h", (long long)(ms / HOUR_MS), (int)(ms / MINUTE_MS % 60));
}

/* When so many working hours from now are over, and how they add up. */
static struct error *add_question(struct work *work, const struct calendar *calendar, int64_t hours, struct value *data)
{
	moment end = calendar_add(calendar, work->now, hours * HOUR_MS);
	struct value *lines = value_list(work->arena);
	struct calendar_interval *intervals;
	int64_t together = 0;
	size_t count;

	value_set_integer(work->arena, data, T("asked"), hours);
	value_set(work->arena, data, T("end"), part_moment(work, end));
	if (end == MOMENT_UNSET)
		return NULL;
	TRY(calendar_explain(work->arena, calendar, work->now, end, &intervals, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *line = value_map(work->arena);
		bool open = intervals[i].kind == CALENDAR_OPEN;
		int64_t counted = open ? intervals[i].to - intervals[i].from : 0;
		together += counted;
		value_set(work->arena, line, T("from"), part_moment(work, intervals[i].from));
		value_set(work->arena, line, T("to"), part_moment(work, intervals[i].to));
		value_set_text(work->arena, line, T("words"), interval_words(work, &intervals[i]));
		value_set_text(work->arena, line, T("amount"), open ? hours_words(work->arena, counted) : T("–"));
		value_append(work->arena, lines, line);
	}
	value_set(work->arena, data, T("lines"), lines);
	value_set_text(work->arena, data, T("together"), hours_words(work->arena, together));
	return NULL;
}

static struct error *fill_calendar(struct work *work, struct record *record, int64_t hours, struct value *data)
{
	struct value *week = value_list(work->arena);
	const struct calendar *calendar;

	TRY(engine_calendar_of(work, record->id, &calendar));
	struct civil now = zone_civil(calendar_zone(calendar), work->now);
	int64_t today = civil_to_days(now.year, now.month, now.day), monday = today - now.weekday + 1;
	for (int64_t day = monday; day < monday + 7; day++)
		TRY(day_value(work, calendar, day, day == today, week));
	value_set(work->arena, data, T("week"), week);
	value_set_text(work->arena, data, T("zone"), zone_name(calendar_zone(calendar)));
	value_set_bool(work->arena, data, T("open_now"), calendar_open(calendar, work->now));
	value_set_text(work->arena, data, T("calendar_href"),
	               text_format(work->arena, "/calendars/%.*s", TEXT_ARG(url_part(work->arena, record_number(record)))));
	TRY(add_holidays(work, calendar, data));
	/* All moments of the page are said in the calendar's own zone, as its hours are. */
	struct work local = *work;
	struct actor there = *work->actor;
	there.zone = calendar_zone(calendar);
	local.actor = &there;
	return add_question(&local, calendar, hours, data);
}

struct error *part_calendar(struct work *work, struct record *record, struct value *data)
{
	return fill_calendar(work, record, 8, data);
}

struct error *calendar_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *about = value_map(work->arena);
	struct record *record;
	int64_t hours;

	TRY(request_query_integer(request, T("hours"), 0, HOURS_MOST, 8, &hours));
	TRY(access_load(work, work->model->calendar, request_parameter(request, T("name")), &record));
	TRY(fill_calendar(work, record, hours, about));
	page->template = is_staff(work) ? T("calendar") : T("calendar_portal");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), record_title(record));
	value_set_text(work->arena, page->data, T("href"), record_href(work->arena, record->type, record_number(record)));
	value_set(work->arena, page->data, T("about"), about);
	return NULL;
}

struct error *calendars_render(struct work *work unused, struct web_request *request unused, struct page *page)
{
	page_redirect(page, T("/calendar"));
	return NULL;
}
