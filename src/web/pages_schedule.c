/*
 * Calendars of records with a schedule: a month, a week or a list, with freezes and maintenance windows, and the published schedule
 * that everybody may read. The days are drawn as a table; what stands in them is said once more in words below, which is also what
 * a narrow screen shows. And the panel of collisions beside a record.
 */
#include "web/pages_private.h"
#include "web/schedule_private.h"

#include "base/words.h"

#define DAY_ENTRIES 6
#define LIST_DAYS 60

static const char *const month_names[] = { "January", "February", "March", "April", "May", "June", "July", "August", "September",
	                                   "October", "November", "December" };
static const char *const day_names[] = { "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun" };

struct view_of_days {
	struct work *work;
	const struct type *type;
	const struct zone *zone;
	bool published, month;
	int64_t first, last; /* days shown, last included */
	struct civil about;  /* the month, or the first day */
	struct occurrence *records, *windows;
	size_t record_count, window_count;
};

static const struct zone *zone_for(const struct work *work)
{
	return work->actor->zone == NULL ? zone_utc() : work->actor->zone;
}

static int64_t day_of(struct civil civil)
{
	return civil_to_days(civil.year, civil.month, civil.day);
}

static text date_text(struct arena *arena, int64_t day)
{
	struct civil civil = civil_from_days(day);

	return text_format(arena, "%04d-%02d-%02d", civil.year, civil.month, civil.day);
}

/* ---- one entry ---- */

static text time_text(const struct view_of_days *view, moment at)
{
	struct civil civil = zone_civil(view->zone, at);

	return text_format(view->work->arena, "%02d:%02d", (int)(civil.ms_of_day / HOUR_MS), (int)(civil.ms_of_day / MINUTE_MS % 60));
}

static struct value *entry_value(const struct view_of_days *view, const struct occurrence *one)
{
	struct work *work = view->work;
	struct arena *arena = work->arena;
	const struct record *record = one->record;
	const struct schedule_definition *schedule = work->model->types[record->type->position].schedule;
	bool window = schedule->freeze != NULL, titled = !view->published || schedule->published[record->type->title_field];
	struct value *value = value_map(arena);

	value_set_text(arena, value, T("number"), record_number(record));
	value_set_text(arena, value, T("title"), titled ? record_title(record) : T(""));
	if (!view->published)
		value_set_text(arena, value, T("href"), record_href(arena, record->type, record_number(record)));
	value_set(arena, value, T("from"), part_moment(work, one->from));
	value_set(arena, value, T("to"), part_moment(work, one->to));
	value_set_text(arena, value, T("time"), time_text(view, one->from));
	value_set_text(arena, value, T("look"), window ? one->freeze ? T("freeze") : T("window") : T("entry"));
	if (window)
		value_set_text(arena, value, T("what"), words(work->language, one->freeze ? T("Freeze") : T("Maintenance window")));
	if (!window && record_state(record) >= 0)
		value_set(arena, value, T("state"), part_state(work, record));
	if (!window && schedule->found >= 0 && !view->published)
		value_set(arena, value, T("collision"), part_choice(work, record, schedule->found));
	if (!view->published && record->cells[schedule->found >= 0 ? (size_t)schedule->found : 0].kind == CELL_INTEGER && schedule->found >= 0)
		value_set_bool(arena, value, T("collides"), record->cells[schedule->found].integer > COLLISION_NONE);
	return value;
}

/* ---- days ---- */

static bool touches(const struct view_of_days *view, const struct occurrence *one, int64_t day)
{
	return one->from < zone_moment(view->zone, day + 1, 0) && one->to > zone_moment(view->zone, day, 0);
}

static struct value *day_value(const struct view_of_days *view, int64_t day, int64_t today)
{
	struct arena *arena = view->work->arena;
	struct value *value = value_map(arena), *entries = value_list(arena);
	struct civil civil = civil_from_days(day);
	const char *look = "";
	size_t shown = 0, more = 0;

	for (size_t i = 0; i < view->window_count; i++)
		if (touches(view, &view->windows[i], day)) {
			bool begins = view->windows[i].from >= zone_moment(view->zone, day, 0) || day == view->first;
			look = view->windows[i].freeze ? "freeze" : look[0] == 'f' ? look : "window";
			if (begins)
				value_append(arena, entries, entry_value(view, &view->windows[i]));
		}
	for (size_t i = 0; i < view->record_count; i++) {
		if (!touches(view, &view->records[i], day))
			continue;
		if (shown == DAY_ENTRIES) {
			more++;
			continue;
		}
		struct value *entry = entry_value(view, &view->records[i]);
		value_set_bool(arena, entry, T("continues"), view->records[i].from < zone_moment(view->zone, day, 0));
		value_append(arena, entries, entry);
		shown++;
	}
	value_set_text(arena, value, T("date"), date_text(arena, day));
	value_set_integer(arena, value, T("day"), civil.day);
	value_set_text(arena, value, T("look"), text_from(look));
	value_set_bool(arena, value, T("today"), day == today);
	value_set_bool(arena, value, T("other"), view->month && civil.month != view->about.month);
	value_set_integer(arena, value, T("more"), (int64_t)more);
	value_set(arena, value, T("entries"), entries);
	return value;
}

static void add_weeks(const struct view_of_days *view, struct value *data)
{
	struct arena *arena = view->work->arena;
	struct value *weeks = value_list(arena), *names = value_list(arena), *days = NULL;
	int64_t today = day_of(zone_civil(view->zone, view->work->now));

	for (size_t i = 0; i < 7; i++)
		value_append(arena, names, value_text(arena, words(view->work->language, text_from(day_names[i]))));
	for (int64_t day = view->first; day <= view->last; day++) {
		if ((day - view->first) % 7 == 0) {
			struct value *week = value_map(arena);
			days = value_list(arena);
			value_set(arena, week, T("days"), days);
			value_append(arena, weeks, week);
		}
		value_append(arena, days, day_value(view, day, today));
	}
	value_set(arena, data, T("weekdays"), names);
	value_set(arena, data, T("weeks"), weeks);
}

/* Everything in words, in order of time: the text beside the drawing. */
static void add_list(const struct view_of_days *view, struct value *data)
{
	struct arena *arena = view->work->arena;
	struct value *list = value_list(arena), *windows = value_list(arena);

	for (size_t i = 0; i < view->record_count; i++)
		value_append(arena, list, entry_value(view, &view->records[i]));
	for (size_t i = 0; i < view->window_count; i++)
		value_append(arena, windows, entry_value(view, &view->windows[i]));
	value_set(arena, data, T("list"), list);
	value_set(arena, data, T("windows"), windows);
}

/* ---- which days ---- */

/* ?month=2026-12, ?week=2026-12-07, ?list=2026-12-07; nothing: this month. */
static struct error *read_days(struct view_of_days *view, const struct web_request *request, text *ret_look)
{
	static const char *const looks[] = { "month", "week", "list" };
	struct civil today = zone_civil(view->zone, view->work->now);
	int64_t day = day_of(today);

	*ret_look = T("month");
	for (size_t i = 0; i < array_length(looks); i++) {
		text asked = request_query(request, text_from(looks[i])), date = asked;
		moment at;

		if (!text_is_set(asked))
			continue;
		*ret_look = text_from(looks[i]);
		if (asked.length == strlen("2026-12"))
			date = text_format(view->work->arena, "%.*s-01", TEXT_ARG(asked));
		if (asked.length == 0)
			continue;
		if (date.length != strlen("2026-12-01") || !moment_parse(date, zone_utc(), &at))
			return error_field(error_new(view->work->arena, ERROR_MALFORMED, "'%.*s' is no date", TEXT_ARG(asked)), *ret_look);
		day = at / DAY_MS - (at % DAY_MS < 0);
	}
	view->about = civil_from_days(day);
	view->month = text_equal(*ret_look, T("month"));
	if (view->month) {
		int64_t begin = civil_to_days(view->about.year, view->about.month, 1);
		int next = view->about.month % 12 + 1;
		int64_t end = civil_to_days(view->about.year + (next == 1), next, 1) - 1;
		view->first = begin - (civil_from_days(begin).weekday - 1);
		view->last = end + (7 - civil_from_days(end).weekday);
	} else if (text_equal(*ret_look, T("week"))) {
		view->first = day - (view->about.weekday - 1);
		view->last = view->first + 6;
	} else {
		view->first = day;
		view->last = day + LIST_DAYS - 1;
	}
	return NULL;
}

static void add_steps(const struct view_of_days *view, text base, text look, struct value *data)
{
	struct arena *arena = view->work->arena;
	struct civil about = view->about;
	text back, ahead, now = date_text(arena, day_of(zone_civil(view->zone, view->work->now)));

	if (view->month) {
		back = text_format(arena, "%04d-%02d", about.year - (about.month == 1), about.month == 1 ? 12 : about.month - 1);
		ahead = text_format(arena, "%04d-%02d", about.year + (about.month == 12), about.month % 12 + 1);
	} else {
		int64_t days = view->last - view->first + 1;
		back = date_text(arena, view->first - days);
		ahead = date_text(arena, view->first + days);
	}
	value_set_text(arena, data, T("back"), text_format(arena, "%.*s?%.*s=%.*s", TEXT_ARG(base), TEXT_ARG(look), TEXT_ARG(back)));
	value_set_text(arena, data, T("ahead"), text_format(arena, "%.*s?%.*s=%.*s", TEXT_ARG(base), TEXT_ARG(look), TEXT_ARG(ahead)));
	value_set_text(arena, data, T("now"), text_format(arena, "%.*s?%.*s=", TEXT_ARG(base), TEXT_ARG(look)));
	text shown = view->month ? date_text(arena, civil_to_days(about.year, about.month, 1)) : date_text(arena, view->first);
	value_set_text(arena, data, T("as_month"), text_format(arena, "%.*s?month=%.*s", TEXT_ARG(base), TEXT_ARG(text_slice(shown, 0, 7))));
	value_set_text(arena, data, T("as_week"), text_format(arena, "%.*s?week=%.*s", TEXT_ARG(base), TEXT_ARG(view->month ? now : shown)));
	value_set_text(arena, data, T("as_list"), text_format(arena, "%.*s?list=%.*s", TEXT_ARG(base), TEXT_ARG(shown)));
	value_set_text(arena, data, T("look"), look);
	value_set_bool(arena, data, T("grid"), !text_equal(look, T("list")));
	value_set_text(arena, data, T("label"),
	               view->month ? text_format(arena, "%.*s %d", TEXT_ARG(words(view->work->language, text_from(month_names[about.month - 1]))), about.year)
	                           : text_format(arena, "%.*s – %.*s", TEXT_ARG(date_text(arena, view->first)), TEXT_ARG(date_text(arena, view->last))));
}

static struct error *show_days(struct work *work, struct web_request *request, struct page *page, bool published)
{
	const struct type *type = request->type;
	struct view_of_days view = { .work = work, .type = type, .zone = zone_for(work), .published = published };
	struct value *data = value_map(work->arena);
	text look, base = text_format(work->arena, "/%.*s/%s", TEXT_ARG(type->name), published ? "schedule" : "calendar");

	if (type->schedule == NULL || (published && type->schedule->published == NULL))
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no schedule", TEXT_ARG(type->name));
	if (!published)
		TRY(access_require(work, RIGHT_READ, type, NULL));
	TRY(read_days(&view, request, &look));
	moment from = zone_moment(view.zone, view.first, 0), to = zone_moment(view.zone, view.last + 1, 0);
	TRY(engine_schedule(work, type, from, to, published, &view.records, &view.record_count));
	if (type->schedule->windows != NULL)
		TRY(engine_schedule(work, type->schedule->windows, from, to, published, &view.windows, &view.window_count));
	page->data = data;
	page->template = is_staff(work) ? T("schedule") : T("schedule_portal");
	value_set_text(work->arena, data, T("type"), type->name);
	value_set_text(work->arena, data, T("plural"), label_in(&type->plural, work->language));
	value_set_text(work->arena, data, T("title"),
	               published ? words(work->language, T("Schedule of changes")) : text_format(work->arena, "%.*s: %.*s", TEXT_ARG(label_in(&type->plural, work->language)), TEXT_ARG(words(work->language, T("calendar")))));
	value_set_bool(work->arena, data, T("published"), published);
	value_set_bool(work->arena, data, T("publishes"), type->schedule->published != NULL);
	value_set_text(work->arena, data, T("feed"), text_format(work->arena, "%.*s.ics", TEXT_ARG(base)));
	value_set_text(work->arena, data, T("zone"), zone_name(view.zone));
	value_set_text(work->arena, data, T("topics"), type->name);
	add_steps(&view, base, look, data);
	if (!text_equal(look, T("list")))
		add_weeks(&view, data);
	add_list(&view, data);
	return NULL;
}

struct error *schedule_calendar_render(struct work *work, struct web_request *request, struct page *page)
{
	return show_days(work, request, page, false);
}

struct error *schedule_published_render(struct work *work, struct web_request *request, struct page *page)
{
	return show_days(work, request, page, true);
}

/* ---- beside a record ---- */

struct error *part_collisions(struct work *work, struct record *record, struct value *data)
{
	const struct schedule_definition *schedule = work->model->types[record->type->position].schedule;
	struct value *list = value_list(work->arena);
	struct collision *found = NULL;
	size_t count;

	if (schedule == NULL || schedule->scope_count == 0 || schedule->freeze != NULL || !is_staff(work))
		return NULL;
	TRY(engine_collisions(work, record, MOMENT_UNSET, MOMENT_UNSET, &found, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena);
		struct record_name item = { .number = TEXT_UNSET };
		value_set_text(work->arena, one, T("words"), schedule_collision_words(work, &found[i]));
		value_set_text(work->arena, one, T("look"), found[i].kind == COLLISION_FREEZE || found[i].kind == COLLISION_SAME ? T("bad") : T("warn"));
		value_set(work->arena, one, T("from"), part_moment(work, found[i].from));
		value_set(work->arena, one, T("to"), part_moment(work, found[i].to));
		if (found[i].readable) {
			value_set_text(work->arena, one, T("number"), record_number(found[i].other));
			value_set_text(work->arena, one, T("title"), record_title(found[i].other));
			value_set_text(work->arena, one, T("href"), record_href(work->arena, found[i].other->type, record_number(found[i].other)));
		}
		if (found[i].item_type != NULL)
			TRY(access_name(work, found[i].item_type, found[i].item_id, &item));
		value_set_text(work->arena, one, T("item"), text_is_set(item.title) ? item.title : item.number);
		value_append(work->arena, list, one);
	}
	bool timed = record->cells[schedule->start].kind == CELL_INTEGER && record->cells[schedule->end].kind == CELL_INTEGER;
	value_set_bool(work->arena, data, T("scheduled"), true);
	value_set_bool(work->arena, data, T("timed"), timed);
	value_set(work->arena, data, T("collisions"), list);
	value_set_text(work->arena, data, T("calendar_href"), text_format(work->arena, "/%.*s/calendar%.*s%.*s", TEXT_ARG(record->type->name),
	               TEXT_ARG(timed ? T("?week=") : T("")), TEXT_ARG(timed ? date_text(work->arena, day_of(zone_civil(zone_for(work), record_moment(record, schedule->start)))) : T(""))));
	return NULL;
}
