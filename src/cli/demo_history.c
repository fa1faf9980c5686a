/*
 * Days pass at the demo company. Reports come in a daily and weekly rhythm per site; everything planned, and every timer and clock
 * that comes due, happens at its own moment and in order. A quarter of an hour is one job of the lane, so that a whole history
 * costs some thousand commits.
 */
#include "cli/demo_private.h"

#include "base/limits.h"

#define TICK_MS (15 * MINUTE_MS)
/* What is older than this was read; what is newer greets the visitor. */
#define UNREAD_MS (30 * HOUR_MS)
/* Reports of one day in the middle of the week, all sites. */
#define REPORTS_A_DAY 56
/* On these days before the end something large fails, and many report the same. */
static const struct {
	int days_before;
	const char *service;
	int reports;
} storms[] = { { 47, "mail", 26 }, { 31, "remote-access", 18 }, { 19, "erp", 22 }, { 8, "wireless", 16 }, { 3, "accounts", 9 } };

/* ---- chance ---- */

/* splitmix64: one word of state, good enough to scatter. */
uint64_t chance_next(struct chance *chance)
{
	uint64_t z = chance->state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

size_t chance_pick(struct chance *chance, size_t count)
{
	return count == 0 ? 0 : (size_t)(chance_next(chance) % count);
}

bool chance_of(struct chance *chance, int percent)
{
	return (int)chance_pick(chance, 100) < percent;
}

int64_t chance_wait(struct chance *chance, int64_t least_ms, int64_t mean_ms)
{
	/* The product of two even ones: mostly short, sometimes long; its mean is mean_ms. */
	int64_t a = 1 + (int64_t)chance_pick(chance, 1000), b = 1 + (int64_t)chance_pick(chance, 1000);
	return least_ms + mean_ms / 250 * (a * b / 1000);
}

/* ---- what is planned ---- */

static void swap(struct plan *a, struct plan *b)
{
	struct plan c = *a;
	*a = *b;
	*b = c;
}

void history_plan(struct demo *demo, struct plan plan)
{
	struct history *history = demo->history;
	if (plan.at == MOMENT_UNSET)
		return;
	arena_make_room(demo->arena, history->plans, history->plan_count, history->plan_capacity);
	size_t i = history->plan_count++;
	history->plans[i] = plan;
	for (; i > 0 && history->plans[i].at < history->plans[(i - 1) / 2].at; i = (i - 1) / 2)
		swap(&history->plans[i], &history->plans[(i - 1) / 2]);
}

static struct plan take_plan(struct history *history)
{
	struct plan first = history->plans[0], *plans = history->plans;
	size_t count = --history->plan_count;
	plans[0] = plans[count];
	for (size_t i = 0;;) {
		size_t least = i, left = 2 * i + 1, right = left + 1;
		if (left < count && plans[left].at < plans[least].at)
			least = left;
		if (right < count && plans[right].at < plans[least].at)
			least = right;
		if (least == i)
			return first;
		swap(&plans[i], &plans[least]);
		i = least;
	}
}

/* ---- reports ---- */

static size_t pick_requester(struct demo *demo, size_t site)
{
	size_t agents = demo->teams[demo->team_count - 1].first + demo->teams[demo->team_count - 1].count;
	/* The visitor's own seat has something to look at. */
	if (site == 0 && chance_of(&demo->chance, 2))
		return demo->seats[0];
	for (size_t tries = 0; tries < 200; tries++) {
		size_t person = agents + chance_pick(&demo->chance, demo->person_count - agents);
		if (demo->people[person].site == site)
			return person;
	}
	return demo->seats[0];
}

static const struct demo_service *pick_service(struct demo *demo)
{
	size_t at = chance_pick(&demo->chance, (size_t)demo->total_weight);
	for (size_t i = 0; i < demo->service_count; i++) {
		if (at < (size_t)demo->services[i].weight)
			return &demo->services[i];
		at -= (size_t)demo->services[i].weight;
	}
	return &demo->services[0];
}

static void plan_report(struct demo *demo, moment at, size_t site, const struct demo_service *service)
{
	struct history *history = demo->history;
	if (at < demo->begin || at >= demo->end)
		return;
	const struct topic_group *group = topic_group_find(service->topics);
	arena_make_room(demo->arena, history->incidents, history->incident_count, history->incident_capacity);
	history->incidents[history->incident_count] = (struct incident){
		.service = service,
		.topic = &group->topics[chance_pick(&demo->chance, group->count)],
		.requester = pick_requester(demo, site),
	};
	history_plan(demo, (struct plan){ at, PLAN_REPORT, history->incident_count++ });
}

/* Minutes after local midnight: most come in the morning, fewer after lunch, some at night. */
static int64_t time_of_day(struct chance *chance)
{
	size_t kind = chance_pick(chance, 100);
	int64_t hour = kind < 48 ? 8 : kind < 60 ? 11 : kind < 92 ? 13 : kind < 97 ? 18 : 0;
	int64_t hours = kind < 48 ? 3 : kind < 60 ? 2 : kind < 92 ? 4 : kind < 97 ? 4 : 8;
	return hour * HOUR_MS + (int64_t)chance_pick(chance, (size_t)(hours * HOUR_MS / SECOND_MS)) * SECOND_MS;
}

static void plan_day(struct demo *demo, size_t site, int64_t day)
{
	static const int percent_of_weekday[7] = { 128, 108, 100, 96, 82, 9, 7 };
	const struct zone *zone = zone_find(text_from(demo_sites[site].zone));
	int weekday = civil_from_days(day).weekday;
	int reports = REPORTS_A_DAY * percent_of_weekday[weekday - 1] / 100 * demo_sites[site].people_percent / 100;
	reports += (int)chance_pick(&demo->chance, (size_t)reports / 3 + 2);
	for (int i = 0; i < reports; i++)
		plan_report(demo, zone_moment(zone, day, time_of_day(&demo->chance)), site, pick_service(demo));
}

static void plan_storms(struct demo *demo)
{
	for (size_t i = 0; i < array_length(storms); i++) {
		const struct demo_service *service = &demo->services[0];
		for (size_t s = 0; s < demo->service_count; s++)
			if (strcmp(demo->services[s].name, storms[i].service) == 0)
				service = &demo->services[s];
		moment at = calendar_add(demo->calendars[0], demo->end - storms[i].days_before * DAY_MS, HOUR_MS);
		for (int r = 0; r < storms[i].reports; r++)
			plan_report(demo, at + (int64_t)chance_pick(&demo->chance, 90) * MINUTE_MS, chance_of(&demo->chance, 70) ? 0 : 1, service);
	}
}

static void plan_reports(struct demo *demo)
{
	int64_t first = demo->begin / DAY_MS - 1, last = demo->end / DAY_MS + 1;
	for (int64_t day = first; day <= last; day++)
		for (size_t site = 0; site < SITE_COUNT; site++)
			plan_day(demo, site, day);
	plan_storms(demo);
}

/* ---- passing ---- */

struct tick {
	struct demo *demo;
	moment until;
};

/* What is due before that moment, each at its own. */
static struct error *run_due(struct demo *demo, struct work *work, moment until)
{
	struct history *history = demo->history;
	while (history->due != MOMENT_UNSET && history->due <= until) {
		struct due *due;
		size_t count;
		work->now = maximum(work->now, history->due);
		TRY(engine_find_due(work, 100, &due, &count, &history->due));
		for (size_t i = 0; i < count; i++)
			TRY(engine_run_due(work, &due[i]));
		/* What ran may have planned something that comes before the rest. */
		if (count > 0)
			history->due = work->now;
		else if (history->due != MOMENT_UNSET && history->due <= work->now)
			history->due = work->now + SECOND_MS;
	}
	return NULL;
}

/* Errors of a step that the present state of the record does not allow: the plan came to nothing, as plans do. */
static bool came_to_nothing(const struct error *error)
{
	return error->code == ERROR_CONFLICT || error->code == ERROR_FORBIDDEN || error->code == ERROR_INVALID ||
	       error->code == ERROR_NOT_FOUND;
}

static struct error *read_notifications(struct demo *demo, struct work *work)
{
	for (size_t i = 0; i < demo->person_count; i++) {
		work->actor = demo->people[i].actor;
		TRY(engine_notification_read(work, 0));
	}
	work->actor = access_system();
	return NULL;
}

static struct error *run_tick(struct work *work, void *data)
{
	struct tick *tick = data;
	struct demo *demo = tick->demo;
	struct history *history = demo->history;
	work->now = demo->now;
	if (demo->now < demo->end - UNREAD_MS && tick->until >= demo->end - UNREAD_MS)
		TRY(read_notifications(demo, work));
	while (history->plan_count > 0 && history->plans[0].at <= tick->until) {
		struct plan plan = take_plan(history);
		TRY(run_due(demo, work, plan.at));
		work->now = maximum(work->now, plan.at);
		/* A web request: the engine's own refusals come before anything was written. */
		struct error *error = demo_step(demo, work, plan);
		work->actor = access_system();
		work->origin = ORIGIN_CLI;
		if (error != NULL && !came_to_nothing(error))
			return error;
		/* What the step planned in the engine. */
		history->due = history->due == MOMENT_UNSET ? work->now : minimum(history->due, work->now);
	}
	TRY(run_due(demo, work, tick->until));
	demo->now = tick->until;
	return NULL;
}

static bool something_comes(const struct demo *demo, moment until)
{
	const struct history *history = demo->history;
	return (demo->now < demo->end - UNREAD_MS && until >= demo->end - UNREAD_MS) ||
	       (history->plan_count > 0 && history->plans[0].at <= until) || (history->due != MOMENT_UNSET && history->due <= until);
}

static struct error *change_daily(struct work *work, void *data unused)
{
	return engine_plan_daily(work);
}

struct error *demo_live(struct demo *demo)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct error *error = NULL;
	demo->history = arena_new_struct(demo->arena, struct history);
	demo->history->due = demo->now;
	plan_reports(demo);
	demo_plan_orders(demo);
	TRY(demo_plan_changes(demo));
	TRY(program_write_as(demo->program, arena, ORIGIN_CLI, demo->now, access_system(), change_daily, NULL));
	for (moment until = demo->begin; error == NULL && demo->now < demo->end; until += TICK_MS) {
		struct tick tick = { demo, minimum(until, demo->end) };
		if (!something_comes(demo, tick.until)) {
			demo->now = tick.until;
			continue;
		}
		error = program_write_as(demo->program, arena, ORIGIN_CLI, demo->now, access_system(), run_tick, &tick);
		if (error != NULL)
			error = error_copy(demo->arena, error);
		arena_reset(arena);
	}
	arena_free(arena);
	return error;
}
