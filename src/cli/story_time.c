/* Time passes in a story: from one due timer or clock to the next, each run at its own moment, as a server would. */
#include "cli/story_private.h"

#include "base/limits.h"
#include "model/calendars.h"

/* More steps of time than any story needs: rules that set each other off for ever end here. */
#define DUE_MAX 10000

/* ---- the words ---- */

enum span_kind { SPAN_PLAIN, SPAN_WORKING, SPAN_DAYS, SPAN_UNTIL, SPAN_WEEKDAY };
struct span {
	enum span_kind kind;
	int64_t ms;      /* PLAIN, WORKING; WEEKDAY: time of day */
	int64_t days;    /* DAYS; WEEKDAY: 1 Monday .. 7 Sunday */
	moment until;    /* UNTIL */
	text calendar;   /* of working time; unset: the default one */
};

static bool parse_clock_time(text source, int64_t *ret_ms)
{
	text hour;
	int64_t hours, minutes;
	if (source.length != 5 || !text_cut(&source, ':', &hour) || !text_to_integer(hour, &hours) || !text_to_integer(source, &minutes) ||
	    hours > 23 || minutes > 59 || hours < 0 || minutes < 0)
		return false;
	*ret_ms = hours * HOUR_MS + minutes * MINUTE_MS;
	return true;
}

static bool parse_weekday(text source, struct span *ret_span)
{
	static const char *const names[] = { "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday" };
	text day;
	if (!text_cut(&source, ' ', &day) || !text_is_set(source))
		return false;
	for (size_t i = 0; i < array_length(names); i++)
		if (text_equal_ignoring_case(day, text_from(names[i]))) {
			ret_span->kind = SPAN_WEEKDAY;
			ret_span->days = (int64_t)i + 1;
			return parse_clock_time(text_trim(source), &ret_span->ms);
		}
	return false;
}

static bool parse_span(const struct story *story, text source, struct span *ret_span)
{
	struct span span = { .kind = SPAN_PLAIN };
	if (text_starts_with(source, T("until "))) {
		text until = text_trim(text_slice(source, 6, source.length));
		span.kind = SPAN_UNTIL;
		*ret_span = span;
		if (story_moment(story, until, &ret_span->until))
			return true;
		return parse_weekday(until, ret_span);
	}
	ptrdiff_t in = text_find(source, T(" in "));
	if (in >= 0) {
		span.calendar = text_trim(text_slice(source, (size_t)in + 4, source.length));
		source = text_slice(source, 0, (size_t)in);
	}
	if (text_ends_with(source, T(" of working time"))) {
		span.kind = SPAN_WORKING;
		source = text_slice(source, 0, source.length - 16);
	} else if (text_ends_with(source, T(" working days")) || text_ends_with(source, T(" working day"))) {
		span.kind = SPAN_DAYS;
		text count = source;
		(void)text_cut(&source, ' ', &count);
		*ret_span = span;
		return text_to_integer(count, &ret_span->days) && ret_span->days > 0;
	}
	*ret_span = span;
	return duration_parse(text_trim(source), &ret_span->ms);
}

struct error *story_check_time(struct arena *arena, const struct story *story, const struct value *value)
{
	struct span span;
	if (value->kind == VALUE_TEXT && parse_span(story, value->text, &span))
		return NULL;
	struct error *error = error_new(arena, ERROR_DEFINITION, "this is no stretch of time");
	(void)error_place(error, story_place(story, value->line, value->column));
	return error_hint(arena, error, "2h; 3h of working time; 2 working days in office; until Monday 09:00; until 2026-03-02T09:00");
}

/* ---- the target ---- */

static struct error *calendar_named(struct story_world *world, struct work *work, text name, const struct calendar **ret_calendar)
{
	int64_t id = 0;
	if (!text_is_set(name)) {
		struct record *nothing = record_new(work->arena, work->model->calendar);
		return model_calendar_of(work, nothing, SIZE_MAX, &id, ret_calendar);
	}
	struct record *record;
	TRY(access_load(work, work->model->calendar, story_number(world, name), &record));
	return engine_calendar_of(work, record->id, ret_calendar);
}

static moment next_weekday(const struct story *story, moment now, const struct span *span)
{
	struct civil civil = zone_civil(story->zone, now);
	int64_t today = civil_to_days(civil.year, civil.month, civil.day);
	int64_t days = (span->days - civil.weekday + 7) % 7;
	moment at = zone_moment(story->zone, today + days, span->ms);
	return at > now ? at : zone_moment(story->zone, today + days + 7, span->ms);
}

static struct error *target_of(struct story_world *world, const struct span *span, moment *ret_target)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	const struct calendar *calendar = calendar_always();
	struct work work;
	struct error *error = NULL;
	if (span->kind == SPAN_WORKING || span->kind == SPAN_DAYS) {
		error = story_reader(world, TEXT_UNSET, arena, &work);
		if (error == NULL)
			error = calendar_named(world, &work, span->calendar, &calendar);
	}
	switch (span->kind) {
	case SPAN_PLAIN:
		*ret_target = world->now + span->ms;
		break;
	case SPAN_WORKING:
		*ret_target = error == NULL ? calendar_add(calendar, world->now, span->ms) : world->now;
		break;
	case SPAN_DAYS:
		*ret_target = error == NULL ? calendar_add_days(calendar, world->now, span->days) : world->now;
		break;
	case SPAN_UNTIL:
		*ret_target = span->until;
		break;
	case SPAN_WEEKDAY:
		*ret_target = next_weekday(world->story, world->now, span);
		break;
	}
	if (error != NULL)
		error = error_copy(world->arena, error);
	arena_free(arena);
	return error;
}

/* ---- passing ---- */

static struct error *change_due(struct work *work, void *data)
{
	return engine_run_due(work, data);
}

/* One round of what is due now; *ret_ran how many, *ret_next when to look again. */
static struct error *run_round(struct story_world *world, struct arena *arena, size_t *ret_ran, moment *ret_next)
{
	struct work work;
	struct due *due;
	TRY(story_reader(world, TEXT_UNSET, arena, &work));
	TRY(engine_find_due(&work, 100, &due, ret_ran, ret_next));
	for (size_t i = 0; i < *ret_ran; i++)
		TRY(program_write_as(world->program, arena, ORIGIN_TIMER, world->now, access_system(), change_due, &due[i]));
	return NULL;
}

static struct error *run_until(struct story_world *world, moment target)
{
	for (size_t round = 0; round < DUE_MAX; round++) {
		struct arena *arena = arena_new(LIMIT_WORK_BYTES);
		size_t ran = 0;
		moment next = MOMENT_UNSET;
		struct error *error = run_round(world, arena, &ran, &next);
		if (error != NULL)
			error = error_copy(world->arena, error);
		arena_free(arena);
		TRY(error);
		if (ran > 0)
			continue;
		if (next == MOMENT_UNSET || next > target) {
			world->now = target;
			return NULL;
		}
		world->now = maximum(world->now, next);
	}
	return error_new(world->arena, ERROR_INTERNAL, "time does not pass: after %d rounds something is still due", DUE_MAX);
}

struct error *story_run_due(struct story_world *world)
{
	return run_until(world, world->now);
}

struct error *story_pass(struct story_world *world, const struct story_step *step)
{
	struct span span;
	moment target = MOMENT_UNSET;
	if (!parse_span(world->story, step->value->text, &span))
		return story_check_time(world->arena, world->story, step->value);
	TRY(target_of(world, &span, &target));
	if (target == MOMENT_UNSET || target < world->now) {
		story_problem(world, step->place, "time does not go back: it is %.*s already", TEXT_ARG(moment_format(world->arena, world->now)));
		return NULL;
	}
	return run_until(world, target);
}
