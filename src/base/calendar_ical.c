/*
 * Holidays from iCalendar text (RFC 5545), as public holiday calendars are published: events of whole days, repeated by
 * RRULE or RDATE, with exceptions by EXDATE. libical reads and repeats; what it repeats is bounded here.
 */
#include "base/calendar_text.h"

#include "base/arena.h"

#include <libical/ical.h>

#define EVENTS_MAX 5000
#define OCCURRENCES_MAX 20000 /* of all events together */
#define EVENT_DAYS_MAX 366

struct reading {
	struct arena *arena;
	struct calendar *calendar;
	text ical;
	size_t event; /* which BEGIN:VEVENT, from 1; 0 before the first */
	size_t occurrences;
	text name;
	int64_t length; /* of the event, days */
	struct exceptions {
		int64_t *items;
		size_t count, capacity;
	} exceptions; /* days named by EXDATE */
};

/* libical keeps no line numbers: the place is where the event begins. */
static struct place event_place(const struct reading *reading)
{
	struct place place = { .line = 0, .column = 1 };
	text rest = reading->ical, line;
	size_t event = 0;

	while (text_cut(&rest, '\n', &line)) {
		place.line++;
		if (text_equal_ignoring_case(text_trim(line), T("BEGIN:VEVENT")))
			event++;
		if (event == reading->event)
			return place;
	}
	return (struct place){ .line = 1, .column = 1 };
}

static struct error *refuse(const struct reading *reading, const char *problem, const char *hint)
{
	struct error *error = error_new(reading->arena, ERROR_INVALID, "%s", problem);

	error = error_field(error_hint(reading->arena, error, "%s", hint), T("holidays"));
	return error_place(error, event_place(reading));
}

static int64_t day_number(struct icaltimetype time)
{
	return civil_to_days(time.year, time.month, time.day);
}

static bool is_date(struct icaltimetype time)
{
	return !icaltime_is_null_time(time) && time.is_date && time.month >= 1 && time.month <= 12 && time.day >= 1 &&
		time.day <= 31 && time.year >= 0 && time.year <= 9999;
}

static bool is_exception(const struct reading *reading, int64_t day)
{
	for (size_t i = 0; i < reading->exceptions.count; i++)
		if (reading->exceptions.items[i] == day)
			return true;
	return false;
}

static struct error *add_occurrence(struct reading *reading, int64_t first)
{
	if (is_exception(reading, first))
		return NULL;
	reading->occurrences += (size_t)reading->length;
	if (reading->occurrences > OCCURRENCES_MAX)
		return refuse(reading, "the holidays are too many", "at most 20,000 closed days");
	for (int64_t i = 0; i < reading->length; i++)
		calendar_add_holiday(reading->arena, reading->calendar, first + i, reading->name);
	return arena_check(reading->arena);
}

/* Whole days need no rule finer than a day, and a finer one would take for ever. */
static bool is_day_rule(const struct icalrecurrencetype *rule)
{
	bool daily = rule->freq == ICAL_DAILY_RECURRENCE || rule->freq == ICAL_WEEKLY_RECURRENCE ||
		rule->freq == ICAL_MONTHLY_RECURRENCE || rule->freq == ICAL_YEARLY_RECURRENCE;

	return daily && rule->interval >= 1 && rule->by_second[0] == ICAL_RECURRENCE_ARRAY_MAX &&
		rule->by_minute[0] == ICAL_RECURRENCE_ARRAY_MAX && rule->by_hour[0] == ICAL_RECURRENCE_ARRAY_MAX;
}

static struct error *add_rule(struct reading *reading, struct icalrecurrencetype rule, struct icaltimetype start)
{
	static const char hint[] = "use FREQ=YEARLY, MONTHLY, WEEKLY or DAILY without BYHOUR and the like";
	struct icaltimetype last = icaltime_null_date(), next;
	struct error *error = NULL;

	last.year = HOLIDAY_YEAR_LAST;
	last.month = 12;
	last.day = 31;
	if (!is_day_rule(&rule))
		return refuse(reading, "the rule of an event is not understood", hint);
	if (icaltime_is_null_time(rule.until) && rule.count == 0)
		rule.until = last;
	icalrecur_iterator *iterator = icalrecur_iterator_new(rule, start);
	if (iterator == NULL)
		return refuse(reading, "the rule of an event is not understood", hint);
	while (error == NULL) {
		next = icalrecur_iterator_next(iterator);
		if (icaltime_is_null_time(next) || next.year > HOLIDAY_YEAR_LAST)
			break;
		error = add_occurrence(reading, day_number(next));
	}
	icalrecur_iterator_free(iterator);
	return error;
}

static struct error *read_exceptions(struct reading *reading, icalcomponent *event)
{
	struct exceptions *days = &reading->exceptions;

	days->count = 0;
	for (icalproperty *each = icalcomponent_get_first_property(event, ICAL_EXDATE_PROPERTY); each != NULL;
	     each = icalcomponent_get_next_property(event, ICAL_EXDATE_PROPERTY)) {
		struct icaltimetype time = icalproperty_get_exdate(each);
		if (!is_date(time))
			return refuse(reading, "an EXDATE is no date", "write EXDATE;VALUE=DATE:20261225");
		if (days->count >= EVENTS_MAX)
			return refuse(reading, "an event has too many exceptions", "at most 5,000");
		arena_make_room(reading->arena, days->items, days->count, days->capacity);
		days->items[days->count++] = day_number(time);
	}
	return NULL;
}

/* How many days the event lasts: DTEND is the day behind the last. */
static struct error *read_length(struct reading *reading, icalcomponent *event, struct icaltimetype start)
{
	reading->length = 1;
	if (icalcomponent_get_first_property(event, ICAL_DTEND_PROPERTY) != NULL) {
		struct icaltimetype end = icalcomponent_get_dtend(event);
		if (!is_date(end) || day_number(end) < day_number(start))
			return refuse(reading, "the DTEND of an event is no date behind its DTSTART", "holidays are whole days");
		/* Some publish the same day as the end, meaning one day. */
		reading->length = maximum(day_number(end) - day_number(start), 1);
	} else if (icalcomponent_get_first_property(event, ICAL_DURATION_PROPERTY) != NULL) {
		struct icaldurationtype duration = icalcomponent_get_duration(event);
		reading->length = (int64_t)duration.weeks * 7 + duration.days;
		if (duration.is_neg || duration.hours != 0 || duration.minutes != 0 || duration.seconds != 0 ||
		    reading->length < 1)
			return refuse(reading, "the DURATION of an event is not in whole days", "write DURATION:P1D");
	}
	if (reading->length > EVENT_DAYS_MAX)
		return refuse(reading, "an event is longer than a year", "split it");
	return NULL;
}

/*
 * libical leaves out what it cannot read and says so only in properties of its own. What is no date or rule may be
 * faulty: published calendars are full of empty LOCATIONs.
 */
static bool has_faulty_dates(icalcomponent *event)
{
	static const char *const names[] = { "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE" };

	for (icalproperty *each = icalcomponent_get_first_property(event, ICAL_XLICERROR_PROPERTY); each != NULL;
	     each = icalcomponent_get_next_property(event, ICAL_XLICERROR_PROPERTY)) {
		text words = text_from(icalproperty_get_xlicerror(each));
		for (size_t i = 0; i < array_length(names); i++)
			if (text_find(words, text_from(names[i])) >= 0)
				return true;
	}
	return false;
}

static struct error *read_event(struct reading *reading, icalcomponent *event)
{
	struct icaltimetype start = icalcomponent_get_dtstart(event);
	const char *summary = icalcomponent_get_summary(event);
	icalproperty *each;

	if (!is_date(start))
		return refuse(reading, "an event has no DTSTART that is a date",
		              "holidays are whole days: write DTSTART;VALUE=DATE:20261225");
	reading->name = text_copy(reading->arena, text_from(summary == NULL ? "" : summary));
	if (!text_is_utf8(reading->name, NULL))
		return refuse(reading, "the SUMMARY of an event is not UTF-8", "save the file as UTF-8");
	TRY(read_length(reading, event, start));
	TRY(read_exceptions(reading, event));
	TRY(add_occurrence(reading, day_number(start)));
	for (each = icalcomponent_get_first_property(event, ICAL_RRULE_PROPERTY); each != NULL;
	     each = icalcomponent_get_next_property(event, ICAL_RRULE_PROPERTY))
		TRY(add_rule(reading, icalproperty_get_rrule(each), start));
	for (each = icalcomponent_get_first_property(event, ICAL_RDATE_PROPERTY); each != NULL;
	     each = icalcomponent_get_next_property(event, ICAL_RDATE_PROPERTY)) {
		struct icaltimetype time = icalproperty_get_rdate(each).time;
		if (!is_date(time))
			return refuse(reading, "an RDATE is no date", "write RDATE;VALUE=DATE:20261225");
		TRY(add_occurrence(reading, day_number(time)));
	}
	return NULL;
}

static struct error *read_root(struct reading *reading, icalcomponent *root)
{
	if (root == NULL || icalcomponent_isa(root) != ICAL_VCALENDAR_COMPONENT)
		return refuse(reading, "this is no iCalendar text", "it begins with BEGIN:VCALENDAR and ends with END:VCALENDAR");
	for (icalcomponent *event = icalcomponent_get_first_component(root, ICAL_VEVENT_COMPONENT); event != NULL;
	     event = icalcomponent_get_next_component(root, ICAL_VEVENT_COMPONENT)) {
		reading->event++;
		if (reading->event > EVENTS_MAX)
			return refuse(reading, "the calendar has too many events", "at most 5,000");
		if (has_faulty_dates(event))
			return refuse(reading, "an event is not understood", "check its dates and rules against RFC 5545");
		TRY(read_event(reading, event));
	}
	if (reading->event == 0)
		return refuse(reading, "the calendar holds no events", "export the public holidays, not an empty calendar");
	return NULL;
}

struct error *calendar_read_ical(struct arena *arena, text ical, struct calendar *calendar)
{
	struct reading reading = { .arena = arena, .calendar = calendar, .ical = ical };
	icalcomponent *root = icalparser_parse_string(text_cstring(arena, ical));
	struct error *error = read_root(&reading, root);

	if (root != NULL)
		icalcomponent_free(root);
	return error;
}
