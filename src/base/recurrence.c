/* Repeated times, through libical's rules but our own zones: the rule runs on local time, and each time becomes a moment by zone.c. */
#include "base/recurrence.h"

#include "base/arena.h"

#include <libical/ical.h>

/* A daily rule of fifty years: one that never comes within reach ends there. */
#define STEPS_MAX 20000

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
	icalrecur_iterator *iterator = icalrecur_iterator_new(parsed, local_time(zone, first.from));
	bool comes = false;
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
	/* libical looks for the first time of such a rule through centuries, a second each time it is asked. */
	if (!comes && limit > 0)
		return error_hint(arena, error_new(arena, ERROR_INVALID, "'%.*s' never comes", TEXT_ARG(rule)),
		                  "no month has such a day, or it ends before it begins");
	*ret_count = count;
	return NULL;
}
