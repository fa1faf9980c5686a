/*
 * Time passes at the desk of desk.h: moments by their text, the running of everything due, and what clocks,
 * timers, events and notifications say then. Monday 2026-03-02 is a day without surprises in every zone used
 * here.
 */
#ifndef REEVE_TESTS_UNIT_ENGINE_DESK_TIME_H
#define REEVE_TESTS_UNIT_ENGINE_DESK_TIME_H

#include "desk.h"

static inline moment desk_moment(const char *source)
{
	moment at;

	assert_true(moment_parse(text_from(source), NULL, &at));
	return at;
}

/* What is due now is run, each in a transaction of its own. */
static inline size_t desk_run_due(struct desk *desk, moment *ret_next)
{
	struct due *due;
	size_t count;

	assert_ok(engine_find_due(desk->work, 50, &due, &count, ret_next));
	for (size_t i = 0; i < count; i++)
		assert_ok(IN_TX(desk, engine_run_due(desk->work, &due[i])));
	return count;
}

/* Time passes until that moment: timers and clocks run when they come, as they would. */
static inline void desk_until_moment(struct desk *desk, moment target)
{
	moment next;

	for (int guard = 0; guard < 1000; guard++) {
		if (desk_run_due(desk, &next) > 0)
			continue;
		if (next == MOMENT_UNSET || next > target) {
			desk->work->now = target;
			return;
		}
		assert_true(next > desk->work->now);
		desk->work->now = next;
	}
	fail_msg("the timers never come to rest");
}

static inline void desk_until(struct desk *desk, const char *source)
{
	desk_until_moment(desk, desk_moment(source));
}

/* Time passes and nothing runs: the server was off. */
static inline void desk_jump(struct desk *desk, const char *source)
{
	desk->work->now = desk_moment(source);
}

static inline void desk_say(struct desk *desk, const struct record *record, const char *words,
			    enum visibility visibility)
{
	struct record *after;
	int64_t event_id;

	assert_ok(IN_TX(desk, engine_comment(desk->work, record->type, record_number(record),
					     text_from(words), visibility, &after, &event_id)));
}

static inline void desk_patch(struct desk *desk, const struct record *record, const char *json)
{
	struct record *after;

	assert_ok(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0,
					    desk_json(desk, json), &after)));
}

/* The clock, with its ledger checked: adjoining and adding up exactly. */
static inline struct clock desk_clock(struct desk *desk, const struct record *record, const char *name)
{
	struct clock *clocks;
	size_t count;

	assert_ok(engine_clocks(desk->work, desk_reload(desk, record), true, &clocks, &count));
	for (size_t i = 0; i < count; i++) {
		int64_t sum = 0;
		for (size_t j = 0; j < clocks[i].ledger_count; j++) {
			assert_int_equal(clocks[i].ledger[j].from,
					 j == 0 ? clocks[i].started_at : clocks[i].ledger[j - 1].to);
			sum += clocks[i].ledger[j].counted_ms;
		}
		assert_int_equal(sum, clocks[i].elapsed_ms);
		if (text_equal(clocks[i].definition->name, text_from(name)))
			return clocks[i];
	}
	fail_msg("the record has no clock '%s'", name);
	return (struct clock){ 0 };
}

#define assert_moment(actual, expected) assert_text(moment_format(desk->arena, (actual)), expected)

/* Events of a kind whose payload has that text in `key` (NULL: all of the kind). */
static inline size_t desk_events(struct desk *desk, const struct record *record, enum event_kind kind,
				 const char *key, const char *value, struct event *ret_last)
{
	struct actor *actor = desk->work->actor;
	struct event *events;
	size_t count, found = 0;

	if (ret_last != NULL)
		*ret_last = (struct event){ .id = 0 };
	desk->work->actor = access_system();
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	desk->work->actor = actor;
	for (size_t i = 0; i < count; i++) {
		if (events[i].kind != kind ||
		    (key != NULL &&
		     !text_equal(value_get_text(events[i].payload, text_from(key)), text_from(value))))
			continue;
		found++;
		if (ret_last != NULL)
			*ret_last = events[i];
	}
	return found;
}

/* A service with its calendar (hours, holidays, zone); its name is the calendar's. */
static inline void desk_service(struct desk *desk, const char *name, const char *hours, const char *zone)
{
	struct actor *actor = desk->work->actor;

	desk_as(desk, NULL);
	desk_create(desk, desk->model->calendar,
		    text_cstring(desk->arena,
				 text_format(desk->arena,
					     "{'name': '%s', 'label': '%s', 'hours': '%s', 'zone': '%s'}",
					     name, name, hours, zone)));
	desk_create(desk, desk->model->service,
		    text_cstring(desk->arena,
				 text_format(desk->arena, "{'name': '%s', 'label': '%s', 'calendar': '%s'}",
					     name, name, name)));
	desk->work->actor = actor;
}

#endif
