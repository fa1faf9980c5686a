/* The arithmetic of clocks: what counts, what is explained, when it is due - on calendars with segments,
 * holidays and DST. */
#include "test.h"

#include "engine/clock_ledger.h"

#define WORKDAYS "mon-fri 08:00-12:00 13:00-17:00"

static struct arena *arena;

static const struct calendar *calendar(const char *hours, const char *holidays, const char *zone)
{
	struct calendar *calendar;
	const struct zone *found = zone_find(text_from(zone));
	assert_non_null(found);
	assert_ok(calendar_parse(arena, text_from(hours), text_from(holidays), found, &calendar));
	return calendar;
}

static moment at(const char *source)
{
	moment at;
	assert_true(moment_parse(text_from(source), NULL, &at));
	return at;
}

static struct ledger_calendars one(const struct calendar *calendar)
{
	struct ledger_calendars list = { NULL, 0, 0 };
	arena_make_room(arena, list.items, list.count, list.capacity);
	list.items[list.count++] = (struct ledger_calendar){ 1, calendar };
	return list;
}

static void run(struct ledger *ledger, const char *when)
{
	ledger_set(arena, ledger, at(when), LEDGER_RUN, 1, TEXT_UNSET);
}
static void pause(struct ledger *ledger, const char *when)
{
	ledger_set(arena, ledger, at(when), LEDGER_PAUSE, 1, T("requester"));
}
static void stop(struct ledger *ledger, const char *when)
{
	ledger_set(arena, ledger, at(when), LEDGER_STOP, 1, TEXT_UNSET);
}

static void assert_moment(moment actual, const char *expected)
{
	assert_text(moment_format(arena, actual), expected);
}

TEST(counts_only_open_hours_while_it_runs)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars calendars = one(calendar(WORKDAYS, NULL, "UTC"));
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-02T11:00Z"); /* a Monday */
	assert_int_equal(ledger_elapsed(&ledger, &calendars, at("2026-03-02T14:00Z")),
			 2 * HOUR_MS); /* lunch is no work */
	assert_moment(ledger_reaches(&ledger, &calendars, 8 * HOUR_MS), "2026-03-03T11:00:00.000Z");
	stop(&ledger, "2026-03-02T13:30Z");
	assert_int_equal(ledger_elapsed(&ledger, &calendars, at("2026-03-09T00:00Z")),
			 HOUR_MS + 30 * MINUTE_MS);
	arena_free(arena);
}

/* pains.md 42: waiting over a weekend must not add a minute; 44: nor may it be lost when the goal changes. */
TEST(a_pause_over_the_weekend_moves_the_due_moment_by_the_working_time_paused)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars calendars = one(calendar(WORKDAYS, NULL, "UTC"));
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-06T14:00Z"); /* Friday */
	pause(&ledger, "2026-03-06T16:00Z");
	run(&ledger, "2026-03-09T09:00Z"); /* Monday: two working hours later */
	assert_int_equal(ledger_elapsed(&ledger, &calendars, at("2026-03-09T10:00Z")), 3 * HOUR_MS);
	assert_moment(ledger_reaches(&ledger, &calendars, 4 * HOUR_MS), "2026-03-09T11:00:00.000Z");
	assert_moment(ledger_reaches(&ledger, &calendars, 8 * HOUR_MS), "2026-03-09T16:00:00.000Z");
	/* A goal that the first run already had passed: the moment in the past at which it did. */
	assert_moment(ledger_reaches(&ledger, &calendars, HOUR_MS), "2026-03-06T15:00:00.000Z");
	arena_free(arena);
}

/* pains.md 45: three quarters of the goal are three quarters of its working time, not of the wall clock. */
TEST(a_warning_is_counted_in_working_time)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars calendars = one(calendar(WORKDAYS, NULL, "UTC"));
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-02T16:00Z");
	assert_moment(ledger_reaches(&ledger, &calendars, 3 * HOUR_MS), "2026-03-03T10:00:00.000Z");
	assert_moment(ledger_reaches(&ledger, &calendars, 4 * HOUR_MS), "2026-03-03T11:00:00.000Z");
	arena_free(arena);
}

/* pains.md 47, 51: hours are local to the calendar's zone; a day that ends at 24:00 has no closed minute. */
TEST(hours_are_local_and_a_day_ends_at_midnight)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars tokyo = one(calendar("mon-fri 09:00-17:00", NULL, "Asia/Tokyo"));
	struct ledger_calendars always = one(calendar("mon-sun 00:00-24:00", NULL, "Europe/Berlin"));
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-02T01:00Z"); /* 10:00 in Tokyo */
	assert_moment(ledger_reaches(&ledger, &tokyo, 4 * HOUR_MS), "2026-03-02T05:00:00.000Z");
	assert_int_equal(ledger_elapsed(&ledger, &always, at("2026-03-12T01:00Z")), 10 * DAY_MS);
	arena_free(arena);
}

TEST(dst_nights_count_the_hours_that_were)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars night = one(calendar("sun 00:00-06:00", NULL, "Europe/Berlin"));
	struct ledger spring = { NULL, 0, 0 }, autumn = { NULL, 0, 0 };
	run(&spring, "2026-03-28T20:00Z");
	run(&autumn, "2026-10-24T20:00Z");
	assert_int_equal(ledger_elapsed(&spring, &night, at("2026-03-29T12:00Z")), 5 * HOUR_MS);
	assert_int_equal(ledger_elapsed(&autumn, &night, at("2026-10-25T12:00Z")), 7 * HOUR_MS);
	assert_moment(ledger_reaches(&spring, &night, 5 * HOUR_MS), "2026-03-29T04:00:00.000Z");
	assert_moment(ledger_reaches(&autumn, &night, 7 * HOUR_MS), "2026-10-25T05:00:00.000Z");
	arena_free(arena);
}

TEST(each_interval_keeps_the_calendar_it_was_measured_by)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars calendars = one(calendar(WORKDAYS, NULL, "UTC"));
	arena_make_room(arena, calendars.items, calendars.count, calendars.capacity);
	calendars.items[calendars.count++] = (struct ledger_calendar){ 2, calendar_always() };
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-06T15:00Z"); /* Friday: two hours until the weekend */
	ledger_set(arena, &ledger, at("2026-03-07T10:00Z"), LEDGER_RUN, 2, TEXT_UNSET);
	assert_int_equal(ledger.count, 2);
	assert_int_equal(ledger_elapsed(&ledger, &calendars, at("2026-03-07T13:00Z")), 5 * HOUR_MS);
	assert_moment(ledger_reaches(&ledger, &calendars, 4 * HOUR_MS), "2026-03-07T12:00:00.000Z");
	arena_free(arena);
}

TEST(a_ledger_comes_back_from_its_text)
{
	arena = arena_new(1 << 24);
	struct ledger ledger = { NULL, 0, 0 }, again;
	run(&ledger, "2026-03-02T08:00Z");
	ledger_set(arena, &ledger, at("2026-03-02T09:00Z"), LEDGER_PAUSE, 1, T("on \"hold\"\n"));
	stop(&ledger, "2026-03-02T10:00Z");
	text source = ledger_text(arena, &ledger);
	assert_ok(ledger_parse(arena, source, &again));
	assert_int_equal(again.count, 3);
	assert_int_equal(again.items[1].kind, LEDGER_PAUSE);
	assert_text(again.items[1].reason, "on \"hold\"\n");
	assert_true(text_equal(ledger_text(arena, &again), source));
	assert_refused(ledger_parse(arena, T("[[\"walk\",1,2]]"), &again), INTERNAL);
	assert_refused(ledger_parse(arena, T("[[\"run\",1]]"), &again), INTERNAL);
	arena_free(arena);
}

TEST(what_is_no_change_is_no_entry)
{
	arena = arena_new(1 << 24);
	struct ledger ledger = { NULL, 0, 0 };
	run(&ledger, "2026-03-02T08:00Z");
	run(&ledger, "2026-03-02T09:00Z");
	assert_int_equal(ledger.count, 1);
	pause(&ledger, "2026-03-02T10:00Z");
	run(&ledger, "2026-03-02T10:00Z"); /* a pause of no time at all */
	assert_int_equal(ledger.count, 1);
	stop(&ledger, "2026-03-02T07:00Z"); /* older than what stands there: takes its place, never a negative
					       interval */
	assert_int_equal(ledger.count, 1);
	assert_int_equal(ledger_last(&ledger)->kind, LEDGER_STOP);
	assert_moment(ledger_last(&ledger)->from, "2026-03-02T08:00:00.000Z");
	arena_free(arena);
}

TEST(an_explanation_names_pauses_closed_hours_and_holidays)
{
	arena = arena_new(1 << 24);
	struct ledger_calendars calendars =
	    one(calendar("mon-fri 08:00-16:00", "2026-03-03 Founders Day", "UTC"));
	struct ledger ledger = { NULL, 0, 0 };
	struct clock_interval *list;
	size_t count;
	run(&ledger, "2026-03-02T14:00Z");
	pause(&ledger, "2026-03-04T09:00Z");
	run(&ledger, "2026-03-04T10:00Z");
	stop(&ledger, "2026-03-04T11:00Z");
	run(&ledger, "2026-03-04T12:00Z");
	assert_ok(ledger_explain(arena, &ledger, &calendars, at("2026-03-04T13:00Z"), &list, &count));
	static const struct {
		int kind;
		int64_t counted;
	} expected[] = {
		{ INTERVAL_RUNNING, 2 * HOUR_MS }, { INTERVAL_CLOSED, 0 },
		{ INTERVAL_HOLIDAY, 0 },	   { INTERVAL_CLOSED, 0 },
		{ INTERVAL_RUNNING, HOUR_MS },	   { INTERVAL_PAUSED, 0 },
		{ INTERVAL_RUNNING, HOUR_MS },	   { INTERVAL_PAUSED, 0 },
		{ INTERVAL_RUNNING, HOUR_MS },
	};
	assert_int_equal(count, array_length(expected));
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(list[i].kind, expected[i].kind);
		assert_int_equal(list[i].counted_ms, expected[i].counted);
	}
	assert_text(list[2].reason, "Founders Day");
	assert_text(list[5].reason, "requester");
	assert_text(list[7].reason, "stopped");
	arena_free(arena);
}

/* ---- properties, on random ledgers ---- */

static uint64_t seed;
static int64_t random_below(int64_t limit)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((seed >> 20) % (uint64_t)limit);
}

static struct ledger_calendars random_calendars(void)
{
	static const char *const hours[] = { "24x7", WORKDAYS, "mon-sun 00:00-24:00",
					     "tue,thu 06:15-06:45 22:00-24:00; sat 00:00-03:30",
					     "sun 00:00-06:00; mon 01:00-05:00" };
	static const char *const zones[] = { "UTC", "Europe/Berlin", "America/New_York",
					     "Australia/Lord_Howe", "Asia/Kathmandu" };
	struct ledger_calendars list = { NULL, 0, 0 };
	for (int64_t id = 1; id <= 3; id++) {
		const char *holidays =
		    random_below(2) == 0 ? NULL : "2026-10-26 Autumn\n03-30 Spring\n2026-04-02 Another";
		const struct calendar *made =
		    calendar(hours[random_below(5)], holidays, zones[random_below(5)]);
		arena_make_room(arena, list.items, list.count, list.capacity);
		list.items[list.count++] = (struct ledger_calendar){ id, made };
	}
	return list;
}

static struct ledger random_ledger(moment *ret_end)
{
	struct ledger ledger = { NULL, 0, 0 };
	moment now = at("2026-03-20T00:00Z") + random_below(240 * DAY_MS);
	ledger_set(arena, &ledger, now, LEDGER_RUN, 1, TEXT_UNSET);
	for (int64_t i = random_below(8); i > 0; i--) {
		now += random_below(4) == 0 ? random_below(40 * DAY_MS) : random_below(2 * DAY_MS);
		enum ledger_kind kind = (enum ledger_kind)random_below(3);
		ledger_set(arena, &ledger, now, kind, 1 + random_below(3),
			   kind == LEDGER_PAUSE ? T("supplier") : TEXT_UNSET);
	}
	*ret_end = now + random_below(10 * DAY_MS);
	return ledger;
}

TEST(splitting_an_interval_anywhere_changes_nothing)
{
	seed = 42;
	for (int round = 0; round < 300; round++) {
		arena = arena_new(1 << 24);
		struct ledger_calendars calendars = random_calendars();
		moment end;
		struct ledger ledger = random_ledger(&end);
		size_t at_entry = (size_t)random_below((int64_t)ledger.count);
		moment from = ledger.items[at_entry].from;
		moment to = at_entry + 1 < ledger.count ? ledger.items[at_entry + 1].from : end;
		if (to > from) {
			/* The same entry once more, in the middle of it: ledger_set() would not write it. */
			struct ledger split = { arena_new_array(arena, struct ledger_entry, ledger.count + 1),
						0, ledger.count + 1 };
			for (size_t i = 0; i < ledger.count; i++) {
				split.items[split.count++] = ledger.items[i];
				if (i == at_entry) {
					split.items[split.count] = ledger.items[i];
					split.items[split.count++].from = from + random_below(to - from);
				}
			}
			assert_int_equal(ledger_elapsed(&split, &calendars, end),
					 ledger_elapsed(&ledger, &calendars, end));
			int64_t goal = 1 + random_below(200 * HOUR_MS);
			assert_int_equal(ledger_reaches(&split, &calendars, goal),
					 ledger_reaches(&ledger, &calendars, goal));
		}
		arena_free(arena);
	}
}

TEST(an_explanation_covers_everything_and_adds_up_exactly)
{
	seed = 7;
	for (int round = 0; round < 300; round++) {
		arena = arena_new(1 << 24);
		struct ledger_calendars calendars = random_calendars();
		struct clock_interval *list;
		size_t count;
		moment end;
		struct ledger ledger = random_ledger(&end);
		assert_ok(ledger_explain(arena, &ledger, &calendars, end, &list, &count));
		int64_t sum = 0;
		moment covered = ledger.items[0].from;
		for (size_t i = 0; i < count; i++) {
			assert_int_equal(list[i].from, covered);
			assert_true(list[i].to > list[i].from);
			assert_int_equal(list[i].counted_ms,
					 list[i].kind == INTERVAL_RUNNING ? list[i].to - list[i].from : 0);
			covered = list[i].to;
			sum += list[i].counted_ms;
		}
		assert_int_equal(sum, ledger_elapsed(&ledger, &calendars, end));
		assert_int_equal(
		    covered, ledger_last(&ledger)->kind == LEDGER_STOP ? ledger_last(&ledger)->from : end);
		arena_free(arena);
	}
}

TEST(the_due_moment_is_the_first_at_which_the_goal_has_elapsed)
{
	seed = 99;
	for (int round = 0; round < 300; round++) {
		arena = arena_new(1 << 24);
		struct ledger_calendars calendars = random_calendars();
		moment end;
		struct ledger ledger = random_ledger(&end);
		/* As if the last run went on: that is what ledger_reaches() promises. */
		while (ledger_last(&ledger)->kind != LEDGER_RUN)
			ledger.count--;
		int64_t goal = 1 + random_below(100 * HOUR_MS);
		moment due = ledger_reaches(&ledger, &calendars, goal);
		assert_true(due != MOMENT_UNSET);
		assert_int_equal(ledger_elapsed(&ledger, &calendars, due), goal);
		assert_int_equal(ledger_elapsed(&ledger, &calendars, due - 1), goal - 1);
		arena_free(arena);
	}
}
