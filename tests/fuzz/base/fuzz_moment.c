/* Moments and durations: what is read is written back the same; local times obey their definition. */
#include "../fuzz.h"

#include "base/moment.h"

static void check_written(struct arena *arena, text t, const struct zone *zone)
{
	moment at, again;

	if (!moment_parse(t, zone, &at))
		return;
	must(moment_parse(moment_format(arena, at), NULL, &again));
	must(again == at);
}

static void check_duration(struct arena *arena, text t)
{
	int64_t ms, again;

	if (!duration_parse(t, &ms))
		return;
	must(ms >= 0);
	/* What is shown is never more, and shows the same again. */
	text shown = duration_format(arena, ms);
	must(duration_parse(shown, &again) && again <= ms);
	must(text_equal(duration_format(arena, again), shown));
}

/* The first instant at which the clock shows that time or later. */
static void check_zone(const struct zone *zone, int64_t number)
{
	int64_t days = number % 1000000, ms = (int64_t)((uint64_t)number % (uint64_t)(DAY_MS + 1));
	moment at = zone_moment(zone, days, ms);

	must(at + zone_offset(zone, at) >= days * DAY_MS + ms);
	must(at - 1 + zone_offset(zone, at - 1) < days * DAY_MS + ms);
	must(zone_moment(zone, days, DAY_MS) == zone_moment(zone, days + 1, 0));
	must(zone_day_start(zone, at) <= at);
	must(zone_offset_until(zone, at) > at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const names[] = { "Europe/Berlin", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia" };
	const struct zone *zone = zone_find(text_from(names[size % array_length(names)]));
	struct arena *arena = arena_new(SIZE_MAX);
	text t = { (const char *)data, size };
	int64_t number;

	must(zone != NULL);
	check_written(arena, t, NULL);
	check_written(arena, t, zone);
	check_duration(arena, t);
	(void)zone_find(t);
	if (size >= sizeof(number)) {
		memcpy(&number, data, sizeof(number));
		check_zone(zone, number);
		(void)zone_civil(zone, number);
		must(moment_format(arena, number).length == (number == MOMENT_UNSET ? 0 : 24));
		must(duration_format(arena, number).length > 0);
		(void)zone_moment(zone, number, DAY_MS);
	}
	arena_free(arena);
	return 0;
}
