/*
 * Zones against two other readers: the C library (same files, so it must always agree) and ICU (own copy of the data, of
 * its own age, so it may differ in zones whose rules changed since; most must agree, in gaps and overlaps too).
 */
#include "../test.h"

#include "base/moment.h"

#include <time.h>
#include <unicode/ucal.h>

#define MOMENTS 300

static moment at(const char *written)
{
	moment found = MOMENT_UNSET;

	assert_true(moment_parse(text_from(written), NULL, &found));
	return found;
}

static uint64_t random_state = 88172645463325252u;

static uint64_t next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	return random_state ^= random_state << 17;
}

static int64_t offset_by_c(moment when)
{
	time_t seconds = when / SECOND_MS - (when % SECOND_MS < 0);
	struct tm tm;

	assert_non_null(localtime_r(&seconds, &tm));
	return tm.tm_gmtoff * SECOND_MS;
}

static int64_t offset_by_icu(UCalendar *calendar, moment when)
{
	UErrorCode status = U_ZERO_ERROR;

	ucal_setMillis(calendar, (double)when, &status);
	int64_t offset = ucal_get(calendar, UCAL_ZONE_OFFSET, &status) + ucal_get(calendar, UCAL_DST_OFFSET, &status);
	assert_true(U_SUCCESS(status));
	return offset;
}

static UCalendar *open_icu(text name)
{
	UErrorCode status = U_ZERO_ERROR;
	UChar wide[100];

	for (size_t i = 0; i <= name.length; i++)
		wide[i] = i < name.length ? (UChar)name.data[i] : 0;
	UCalendar *calendar = ucal_open(wide, (int32_t)name.length, "en", UCAL_GREGORIAN, &status);
	assert_true(U_SUCCESS(status));
	return calendar;
}

/* The first moment at which the local clock shows `local` or later: what zone_moment() promises. */
static void check_moment(const struct zone *zone, int64_t local)
{
	int64_t days = local / DAY_MS - (local % DAY_MS < 0);
	moment found = zone_moment(zone, days, local - days * DAY_MS);

	assert_true(found + zone_offset(zone, found) >= local);
	for (int64_t before = 1; before < 30 * HOUR_MS; before = before * 3 / 2 + 1)
		assert_true(found - before + zone_offset(zone, found - before) < local);
}

/* Compares at random moments and around every change between them. True when ICU agreed everywhere. */
static bool check_zone(text name)
{
	const struct zone *zone = zone_find(name);
	moment from = at("1975-01-01"), to = at("2080-01-01");
	UCalendar *icu = open_icu(name);
	bool agreed = true;

	assert_non_null(zone);
	assert_true(text_equal(zone_name(zone), name));
	char variable[100];
	snprintf(variable, sizeof(variable), ":%.*s", TEXT_ARG(name));
	setenv("TZ", variable, 1);
	tzset();
	for (int i = 0; i < MOMENTS; i++) {
		moment low = from + (int64_t)(next_random() % (uint64_t)(to - from));
		moment high = low + 100 * DAY_MS, tries[5] = { low };
		/* Close in on a change of the offset, if one is there. */
		while (zone_offset(zone, low) != zone_offset(zone, high) && high - low > 1) {
			moment middle = low + (high - low) / 2;
			if (zone_offset(zone, middle) == zone_offset(zone, low))
				low = middle;
			else
				high = middle;
		}
		tries[1] = low;
		tries[2] = high;
		tries[3] = low - 30 * MINUTE_MS;
		tries[4] = high + 30 * MINUTE_MS;
		for (size_t j = 0; j < array_length(tries); j++) {
			int64_t offset = zone_offset(zone, tries[j]);
			if (offset != offset_by_c(tries[j]))
				fail_msg("%.*s at %lld: %lld, the C library says %lld", TEXT_ARG(name),
				         (long long)tries[j], (long long)offset, (long long)offset_by_c(tries[j]));
			agreed &= offset == offset_by_icu(icu, tries[j]);
			if (i % 10 == 0)
				check_moment(zone, tries[j] + offset);
		}
	}
	ucal_close(icu);
	return agreed;
}

TEST(agrees_with_others_in_every_zone)
{
	struct arena *arena = arena_new(1 << 24);
	FILE *list = fopen("/usr/share/zoneinfo/zone1970.tab", "r");
	char line[500];
	int zones = 0, differing = 0;

	if (list == NULL) {
		print_message("skipped: /usr/share/zoneinfo/zone1970.tab is absent\n");
		skip();
	}
	while (fgets(line, sizeof(line), list) != NULL) {
		text rest = text_trim(text_from(line)), part = TEXT_UNSET;
		if (line[0] == '#')
			continue;
		for (int column = 0; column < 3; column++)
			assert_true(text_cut(&rest, '\t', &part));
		zones++;
		if (!check_zone(text_copy(arena, part)))
			differing++;
	}
	fclose(list);
	print_message("%d of %d zones differ from ICU somewhere (its tzdata has another age)\n", differing, zones);
	assert_true(zones > 200);
	assert_true(differing * 4 < zones);
	static const char *const steady[] = { "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
		                              "Pacific/Apia", "Asia/Kathmandu", "Europe/Dublin" };
	for (size_t i = 0; i < array_length(steady); i++)
		if (!check_zone(text_from(steady[i])))
			fail_msg("%s differs from ICU", steady[i]);
	arena_free(arena);
}

TEST(gaps_and_overlaps_of_local_time)
{
	const struct zone *berlin = zone_find(T("Europe/Berlin")), *apia = zone_find(T("Pacific/Apia"));
	const struct zone *howe = zone_find(T("Australia/Lord_Howe"));

	/* 02:30 does not exist: the gap's end. */
	assert_true(zone_moment(berlin, civil_to_days(2026, 3, 29), 150 * MINUTE_MS) == at("2026-03-29T01:00Z"));
	/* 02:30 is twice: the first. */
	assert_true(zone_moment(berlin, civil_to_days(2026, 10, 25), 150 * MINUTE_MS) == at("2026-10-25T00:30Z"));
	assert_true(zone_moment(berlin, civil_to_days(2026, 10, 24), DAY_MS) == at("2026-10-24T22:00Z"));
	/* Far behind the end of every table. */
	assert_true(zone_moment(berlin, civil_to_days(2626, 7, 1), 0) == at("2626-06-30T22:00Z"));
	assert_int_equal(zone_offset(berlin, at("9000-01-01")), HOUR_MS);
	/* Half an hour of summer time. */
	assert_int_equal(zone_offset(howe, at("2050-01-01")) - zone_offset(howe, at("2050-07-01")), 30 * MINUTE_MS);
	/* A whole day that never was. */
	assert_true(zone_moment(apia, civil_to_days(2011, 12, 30), 0) == at("2011-12-30T10:00Z"));
	assert_true(zone_day_start(berlin, at("2026-03-29T12:00Z")) == at("2026-03-28T23:00Z"));
	struct civil civil = zone_civil(berlin, at("2026-12-31T23:30Z"));
	assert_int_equal(civil.year, 2027);
	assert_int_equal(civil.month, 1);
	assert_int_equal(civil.day, 1);
	assert_int_equal(civil.weekday, 5);
	assert_int_equal(civil.ms_of_day, 30 * MINUTE_MS);
}

TEST(extreme_moments_do_no_harm)
{
	const struct zone *zone = zone_find(T("America/New_York"));

	assert_int_equal(zone_offset(zone, INT64_MAX) % HOUR_MS, 0);
	(void)zone_civil(zone, INT64_MIN);
	(void)zone_civil(zone, INT64_MAX);
	(void)zone_moment(zone, INT64_MAX, 0);
	(void)zone_moment(zone, INT64_MIN, DAY_MS);
}

TEST(knows_only_zones)
{
	static const char *const bad[] = { "", "Europe", "Europe/Nowhere", "../../etc/passwd", "/etc/localtime",
		                           "Europe/../Europe/Berlin", "zone.tab", "right/Europe/Berlin", "europe/berlin",
		                           "posixrules", "A\n" };

	assert_ptr_equal(zone_find(T("UTC")), zone_utc());
	assert_ptr_equal(zone_find(T("Europe/Berlin")), zone_find(T("Europe/Berlin")));
	for (size_t i = 0; i < array_length(bad); i++)
		if (zone_find(text_from(bad[i])) != NULL)
			fail_msg("'%s' was taken for a zone", bad[i]);
	assert_null(zone_find((text){ "Europe/Berlin\0x", 15 }));
	/* "UTC" too where it stands in a folder. */
	assert_int_equal(zone_offset(zone_find(T("Etc/UTC")), 0), 0);
}
