/* Repeated times, through libical's rules but our own zones: the rule runs on local time, and each time becomes a moment by zone.c. */
#include "base/recurrence.h"

#include "base/arena.h"

#include <libical/ical.h>
#include <stdlib.h>

/* A daily rule of fifty years: one that never comes within reach ends there. */
#define STEPS_MAX 20000
/* Within forty years each date has been each weekday. */
#define DAYS_AHEAD (40 * 366)

static bool is_day_rule(const struct icalrecurrencetype *rule)
{
	bool daily = rule->freq == ICAL_DAILY_RECURRENCE || rule->freq == ICAL_WEEKLY_RECURRENCE ||
		     rule->freq == ICAL_MONTHLY_RECURRENCE || rule->freq == ICAL_YEARLY_RECURRENCE;

	return daily && rule->interval >= 1 && rule->by_second[0] == ICAL_RECURRENCE_ARRAY_MAX &&
	       rule->by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX && rule->by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

static struct icaltimetype local_time(const struct zone *zone, moment at)
{
	struct civil civil = zone_civil(zone, at);
	struct icaltimetype time = icaltime_null_time();

	time.year = civil.year;
	time.month = civil.month;
	time.day = civil.day;
	time.hour = (int)(civil.ms_of_day / HOUR_MS);
	time.minute = (int)(civil.ms_of_day / MINUTE_MS % 60);
	time.second = (int)(civil.ms_of_day / SECOND_MS % 60);
	return time;
}

static moment moment_of(const struct zone *zone, struct icaltimetype time)
{
	int64_t ms = time.hour * HOUR_MS + time.minute * MINUTE_MS + time.second * SECOND_MS;

	return zone_moment(zone, civil_to_days(time.year, time.month, time.day), ms);
}

static bool overlap(struct span a, struct span b)
{
	return a.from < b.to && a.to > b.from;
}

/* ---- whether it comes at all ---- */

static int days_in_month(int32_t year, int month)
{
	int32_t next_year = month == 12 ? year + 1 : year;

	return (int)(civil_to_days(next_year, month == 12 ? 1 : month + 1, 1) - civil_to_days(year, month, 1));
}

/* Whether the list is empty or has the number, counted from the beginning or (negative) from the end of `length`. */
static bool list_has(const short *list, int number, int length)
{
	if (list[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return true;
	for (size_t i = 0; list[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
		if (list[i] == number || (list[i] < 0 && number == length + 1 + list[i]))
			return true;
	return false;
}

/* `place` of `length`: the day within what the rule's weekdays are counted in (the 2nd Sunday of a month, of a year). */
static bool weekday_fits(const short *list, int weekday, int place, int length, bool counted)
{
	if (list[0] == ICAL_RECURRENCE_ARRAY_MAX)
		return true;
	for (size_t i = 0; list[i] != ICAL_RECURRENCE_ARRAY_MAX; i++) {
		int position = icalrecurrencetype_day_position(list[i]);
		if ((int)icalrecurrencetype_day_day_of_week(list[i]) != weekday % 7 + 1)
			continue;
		if (!counted || position == 0 || (position > 0 && (place - 1) / 7 + 1 == position) ||
		    (position < 0 && (length - place) / 7 + 1 == -position))
			return true;
	}
	return false;
}

static bool is_given(const short *list)
{
	return list[0] != ICAL_RECURRENCE_ARRAY_MAX;
}

/* What every day of the rule is like; there may be more to it (positions in a set, numbers of weeks). */
static bool day_fits(const struct icalrecurrencetype *rule, const struct civil *first, int64_t first_day, int64_t day)
{
	struct civil civil = civil_from_days(day);
	int month_days = days_in_month(civil.year, civil.month), interval = rule->interval;
	int64_t new_year = civil_to_days(civil.year, 1, 1);
	int year_day = (int)(day - new_year) + 1, year_days = (int)(civil_to_days(civil.year + 1, 1, 1) - new_year);
	bool yearly = rule->freq == ICAL_YEARLY_RECURRENCE, monthly = rule->freq == ICAL_MONTHLY_RECURRENCE;
	bool in_months = monthly || (yearly && is_given(rule->by_month));
	bool days_said = is_given(rule->by_day) || is_given(rule->by_month_day) || is_given(rule->by_year_day) || is_given(rule->by_week_no);

	if ((rule->freq == ICAL_DAILY_RECURRENCE && (day - first_day) % interval != 0) ||
	    (monthly && ((civil.year - first->year) * 12 + civil.month - first->month) % interval != 0) ||
	    (yearly && !is_given(rule->by_week_no) && (civil.year - first->year) % interval != 0))
		return false;
	if ((monthly || yearly) && !days_said && civil.day != first->day)
		return false;
	if (yearly && !days_said && !is_given(rule->by_month) && civil.month != first->month)
		return false;
	return list_has(rule->by_month, civil.month, 0) && list_has(rule->by_month_day, civil.day, month_days) &&
	       list_has(rule->by_year_day, year_day, year_days) &&
	       weekday_fits(rule->by_day, civil.weekday, in_months ? civil.day : year_day, in_months ? month_days : year_days, monthly || yearly);
}

/*
 * libical looks for the first time of a rule that never comes through centuries, a second each time it is asked: so a day that can be one
 * is looked for first, which takes a thousandth of that.
 */
static bool may_come(const struct icalrecurrencetype *rule, const struct civil *first)
{
	int64_t day = civil_to_days(first->year, first->month, first->day);
	int wanted = is_given(rule->by_set_pos) ? abs(rule->by_set_pos[0]) : 1, count = 0, period = 0;

	for (size_t i = 0; is_given(rule->by_set_pos) && rule->by_set_pos[i] != ICAL_RECURRENCE_ARRAY_MAX; i++)
		wanted = minimum(wanted, abs(rule->by_set_pos[i]));
	for (int64_t next = day; next < day + DAYS_AHEAD; next++) {
		struct civil civil = civil_from_days(next);
		int now = rule->freq == ICAL_YEARLY_RECURRENCE    ? civil.year :
		          rule->freq == ICAL_MONTHLY_RECURRENCE   ? civil.year * 12 + civil.month :
		          rule->freq == ICAL_WEEKLY_RECURRENCE    ? (int)(next / 7) :
		                                                    (int)next;
		count = now == period ? count : 0;
		period = now;
		count += day_fits(rule, first, day, next);
		if (count >= wanted)
			return true;
	}
	return false;
}

struct error *recurrence_spans(struct arena *arena, text rule, const struct zone *zone, struct span first, struct span within,
                               size_t limit, struct span **ret_spans, size_t *ret_count)
{
	struct span *spans = arena_new_array(arena, struct span, limit);
	struct icalrecurrencetype parsed;
	size_t count = 0;

	*ret_spans = spans;
	*ret_count = 0;
	if (!text_is_set(rule) || text_is_empty(text_trim(rule))) {
		if (overlap(first, within) && limit > 0)
			spans[(*ret_count)++] = first;
		return NULL;
	}
	if (text_starts_with(rule, T("RRULE:")))
		rule = text_slice(rule, strlen("RRULE:"), rule.length);
	parsed = icalrecurrencetype_from_string(text_cstring(arena, text_trim(rule)));
	if (!is_day_rule(&parsed))
		return error_hint(arena, error_new(arena, ERROR_INVALID, "'%.*s' is no rule of repetition", TEXT_ARG(rule)),
		                  "write it as FREQ=WEEKLY;BYDAY=SU or FREQ=MONTHLY;BYDAY=2TU, daily at most");
	struct civil begin = zone_civil(zone, first.from);
	bool comes = false;
	icalrecur_iterator *iterator = may_come(&parsed, &begin) ? icalrecur_iterator_new(parsed, local_time(zone, first.from)) : NULL;
	for (int steps = 0; iterator != NULL && steps < STEPS_MAX && count < limit; steps++) {
		struct icaltimetype next = icalrecur_iterator_next(iterator);
		struct span span;
		if (icaltime_is_null_time(next))
			break;
		comes = true;
		span.from = moment_of(zone, next);
		span.to = span.from + (first.to - first.from);
		if (span.from >= within.to)
			break;
		if (overlap(span, within))
			spans[count++] = span;
	}
	if (iterator != NULL)
		icalrecur_iterator_free(iterator);
	if (!comes && limit > 0)
		return error_hint(arena, error_new(arena, ERROR_INVALID, "'%.*s' never comes", TEXT_ARG(rule)),
		                  "no month has such a day, or it ends before it begins");
	*ret_count = count;
	return NULL;
}
