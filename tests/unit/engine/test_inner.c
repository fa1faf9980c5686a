/* The inner steps that automation uses: no rights and no needs, but the same journal, guards and followers. */
#include "desk.h"

static const struct transition *transition(struct desk *desk, const char *name)
{
	return &desk->incident->lifecycle->transitions[lifecycle_transition(desk->incident->lifecycle, text_from(name))];
}

static struct error *take(struct desk *desk, struct record *record, const char *name, text comment, struct record **ret_locked)
{
	TRY(model_lock(desk->work, record->type, record->id, ret_locked));
	return engine_apply_transition(desk->work, *ret_locked, transition(desk, name), NULL, NULL, comment, VISIBLE_PUBLIC,
	                               T("a_rule"));
}

DESK_TEST(a_rule_takes_a_transition)
{
	struct record *locked;
	struct event *events;
	size_t count;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_as(desk, NULL);
	assert_refused(IN_TX(desk, take(desk, record, "close", TEXT_UNSET, &locked)), CONFLICT);
	/* Needs are for people: a rule resolves without a code. */
	assert_ok(IN_TX(desk, take(desk, record, "resolve", T("solved by itself"), &locked)));
	assert_text(desk_state(locked), "resolved");
	assert_int_equal(locked->version, 2);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	const struct event *last = &events[count - 1];
	for (size_t i = 0; i < count; i++)
		last = events[i].kind == EVENT_TRANSITION ? &events[i] : last;
	assert_text(value_get_text(last->payload, T("rule")), "a_rule");
	assert_text(value_get_text(last->payload, T("comment")), "solved by itself");
	assert_text(value_get_text(last->payload, T("from")), "new");
	assert_text(value_get_text(last->payload, T("to")), "resolved");
	assert_int_equal(last->actor_id, 0);
	/* Guards hold for rules too. */
	desk->work->now += 30 * DAY_MS;
	assert_refused(IN_TX(desk, take(desk, record, "reopen", TEXT_UNSET, &locked)), CONFLICT);
}

static struct error *follow_up(struct desk *desk, struct record *from, const char *title, struct record **ret_made)
{
	size_t fields = desk->incident->field_count;
	bool *set = arena_new_array(desk->arena, bool, fields);
	struct cell *cells = arena_new_array(desk->arena, struct cell, fields);
	size_t title_field = type_field(desk->incident, T("title"))->position;
	size_t requester = (size_t)desk->incident->requester;
	struct record *locked;
	int64_t one, two;

	TRY(model_lock(desk->work, from->type, from->id, &locked));
	set[title_field] = set[requester] = title != NULL;
	cells[title_field] = cell_text(text_from(title));
	cells[requester] = locked->cells[requester];
	TRY(engine_apply_create(desk->work, desk->incident, set, cells, TEXT_UNSET, T("a_rule"), ret_made));
	const struct relation *follows = model_relation(desk->model, T("follows"));
	TRY(engine_apply_link(desk->work, *ret_made, follows, locked, &one));
	/* Linking what is linked so already is fine. */
	TRY(engine_apply_link(desk->work, *ret_made, follows, locked, &two));
	assert_int_equal(one, two);
	return NULL;
}

DESK_TEST(a_rule_makes_a_linked_record)
{
	struct record *made;
	struct record_link *links;
	size_t count;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_as(desk, NULL);
	assert_refused(IN_TX(desk, follow_up(desk, record, NULL, &made)), INVALID);
	assert_ok(IN_TX(desk, follow_up(desk, record, "again", &made)));
	struct record *fresh = desk_reload(desk, made);
	assert_text(record_title(fresh), "again");
	assert_text(desk_state(fresh), "new");
	assert_text(desk_choice(fresh, "priority"), "5");
	assert_ok(engine_links(desk->work, fresh, &links, &count));
	assert_int_equal(count, 1);
	assert_int_equal(links[0].other_id, record->id);
}

static struct error *say(struct desk *desk, struct record *record, int64_t *ret_event)
{
	struct record *locked;

	TRY(model_lock(desk->work, record->type, record->id, &locked));
	return engine_apply_comment(desk->work, locked, T("an automatic word"), VISIBLE_INTERNAL, T("a_rule"), ret_event);
}

DESK_TEST(a_rule_says_something)
{
	struct event *events;
	int64_t event;
	size_t count;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_as(desk, NULL);
	assert_ok(IN_TX(desk, say(desk, record, &event)));
	desk_as(desk, "reqa");
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		assert_int_not_equal(events[i].id, event);
}

DESK_TEST(every_kind_and_origin_has_a_name)
{
	for (int kind = 0; kind < EVENT_KIND_COUNT; kind++)
		assert_true(text_is_set(event_kind_name((enum event_kind)kind)));
	for (int origin = 0; origin < ORIGIN_COUNT; origin++)
		assert_true(text_is_set(origin_name((enum origin)origin)));
	assert_non_null(desk->incident);
}

/* Every kind of cell comes back from the log as it went in. */
DESK_TEST(cells_survive_the_log)
{
	const struct field number = { .kind = KIND_INTEGER }, real = { .kind = KIND_REAL }, flag = { .kind = KIND_BOOLEAN };
	const struct field words = { .kind = KIND_TEXT }, when = { .kind = KIND_MOMENT };
	const struct field *impact = type_field(desk->incident, T("impact"));
	const struct { const struct field *field; struct cell cell; } cases[] = {
		{ &number, cell_integer(INT64_MAX) }, { &number, cell_integer(INT64_MIN + 1) }, { &real, cell_real(0.1) },
		{ &real, cell_real(2.0) },            { &real, cell_real(1e300) },             { &flag, cell_integer(1) },
		{ &flag, cell_integer(0) },           { &words, cell_text(T("\"\\\n\xf0\x9f\x98\x80")) }, { &words, cell_text(T("")) },
		{ &when, cell_integer(1795338000000) }, { impact, cell_integer(2) },           { &words, cell_null() },
	};

	for (size_t i = 0; i < array_length(cases); i++) {
		struct value *map = value_map(desk->arena), *back;
		value_set(desk->arena, map, T("v"), event_cell_value(desk->arena, cases[i].field, &cases[i].cell));
		assert_ok(json_parse(desk->arena, json_text(desk->arena, map), &back));
		struct cell cell = event_value_cell(cases[i].field, value_get(back, T("v")));
		if (!cell_equal(&cell, &cases[i].cell))
			fail_msg("case %zu came back otherwise", i);
	}
	/* A choice that the definition no longer has is unset, not another one. */
	struct cell gone = event_value_cell(impact, value_text(desk->arena, T("enormous")));
	assert_int_equal(gone.kind, CELL_NULL);
}
