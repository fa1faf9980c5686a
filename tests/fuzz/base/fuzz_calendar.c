/* Calendars: "ZONE NUMBER, two 8-byte numbers, hours, NUL, holidays": what is accepted obeys the laws of calendar.h. */
#include "../fuzz.h"

#include "base/calendar.h"

static void check(struct arena *arena, const struct calendar *calendar, moment from, int64_t ms)
{
	moment due = calendar_add(calendar, from, ms), to = from + ms % (400 * DAY_MS);
	struct calendar_interval *intervals;
	size_t count;
	int64_t open = 0;

	if (due != MOMENT_UNSET)
		must(calendar_measure(calendar, from, due) == ms);
	int64_t measured = calendar_measure(calendar, from, to);
	moment between = from + (to - from) / 3;
	must(measured == calendar_measure(calendar, from, between) + calendar_measure(calendar, between, to));
	must(measured == -calendar_measure(calendar, to, from));
	must(calendar_explain(arena, calendar, from, to, &intervals, &count) == NULL);
	for (size_t i = 0; i < count; i++)
		if (intervals[i].kind == CALENDAR_OPEN)
			open += intervals[i].to - intervals[i].from;
	must(open == (measured < 0 ? -measured : measured));
	(void)calendar_add_days(calendar, from, ms % 300);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia" };
	struct calendar *calendar = NULL;
	int64_t numbers[2];

	if (size < 17)
		return 0;
	struct arena *arena = arena_new(1 << 26);
	memcpy(numbers, data + 1, sizeof(numbers));
	text rest = { (const char *)data + 17, size - 17 }, hours;
	(void)text_cut(&rest, '\0', &hours);
	struct error *error = calendar_parse(arena, hours, rest, zone_find(text_from(names[data[0] % 4])), &calendar);
	must_be_worded(error);
	if (error != NULL) {
		must(error->code == ERROR_INVALID || error->code == ERROR_TOO_LARGE);
	} else {
		/* Between 1900 and 2100, so that every sum stays in range. */
		check(arena, calendar, numbers[0] % (100 * 365 * DAY_MS) + 30 * 365 * DAY_MS, numbers[1] % (300 * DAY_MS));
		/* Anything else must only end. */
		(void)calendar_measure(calendar, numbers[0], numbers[0]);
		(void)calendar_add(calendar, numbers[0], numbers[1]);
		(void)calendar_open(calendar, numbers[1]);
	}
	arena_free(arena);
	return 0;
}
