/* Control of edits: with and without a change that allows them, marked or refused, and cleared afterwards. */
#include "desk.h"

static const struct type *ci(struct desk *desk)
{
	return model_type(desk->model, T("ci"));
}

static struct error *update(struct desk *desk, struct record *record, const char *json)
{
	struct record *after;

	return IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, json), &after));
}

static struct record *in_use(struct desk *desk, const char *name)
{
	struct record *record = desk_create(desk, ci(desk),
	                                    text_cstring(desk->arena, text_format(desk->arena, "{'class': 'server', 'name': '%s', "
	                                                                                       "'team': 'first line'}", name)));

	assert_ok(desk_take(desk, record, "deploy", NULL));
	return desk_reload(desk, record);
}

static bool is_marked(struct desk *desk, const struct record *record)
{
	const struct cell *cell = desk_cell(desk_reload(desk, record), "unauthorised");

	return cell->kind == CELL_INTEGER && cell->integer != 0;
}

/* The payload of its newest event. */
static const struct value *newest(struct desk *desk, struct record *record)
{
	struct event *events;
	size_t count;

	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	return events[count - 1].payload;
}

/* A change that is being implemented, written as the system: how it comes there is the practice's business. */
static struct record *change(struct desk *desk, const char *cis, const char *state)
{
	const struct type *type = model_type(desk->model, T("change"));
	enum import_outcome outcome;
	struct record *record;
	struct actor *actor = desk->work->actor;
	const struct import_step step = {
		.at = desk->work->now,
		.state = lifecycle_state(type->lifecycle, text_from(state)),
		.source_key = text_format(desk->arena, "%s/%s", cis, state),
		.fields = desk_json(desk, text_cstring(desk->arena, text_format(desk->arena, "{'title': 'c', 'cis': ['%s']}", cis))),
	};

	desk->work->actor = access_system();
	assert_ok(IN_TX(desk, engine_import(desk->work, type, &step, &outcome, &record)));
	desk->work->actor = actor;
	return record;
}

static struct error *clear(struct desk *desk, struct record *record, const char *comment, const char *by)
{
	struct record *after;

	return IN_TX(desk, engine_control_clear(desk->work, record->type, record_number(record),
	                                        comment == NULL ? TEXT_UNSET : text_from(comment),
	                                        by == NULL ? TEXT_UNSET : text_from(by), &after));
}

DESK_TEST(an_edit_without_an_authorised_change_is_marked_once)
{
	desk_as(desk, "admin");
	struct record *record = in_use(desk, "S1");
	assert_false(is_marked(desk, record));
	assert_ok(update(desk, record, "{'description': 'not controlled'}"));
	assert_false(is_marked(desk, record));
	assert_ok(update(desk, record, "{'hostname': 's1.example.com'}"));
	assert_true(is_marked(desk, record));
	assert_true(value_get_bool(newest(desk, record), T("unauthorised"), false));
	moment first = desk_cell(desk_reload(desk, record), "unauthorised_at")->integer;
	assert_int_equal(first, desk->work->now);
	desk->work->now += HOUR_MS;
	assert_ok(update(desk, record, "{'memory_gb': 64}"));
	assert_int_equal(desk_cell(desk_reload(desk, record), "unauthorised_at")->integer, first);
	assert_true(value_get_bool(newest(desk, record), T("unauthorised"), false));
}

DESK_TEST(an_edit_under_a_change_in_implementation_is_not_marked)
{
	desk_as(desk, "admin");
	struct record *record = in_use(desk, "S1"), *other = in_use(desk, "S2");
	change(desk, text_cstring(desk->arena, record_number(record)), "scheduled");
	assert_ok(update(desk, record, "{'memory_gb': 64}"));
	assert_true(is_marked(desk, record)); /* scheduled is not yet */
	struct record *allowing = change(desk, text_cstring(desk->arena, record_number(other)), "implementing");
	assert_ok(update(desk, other, "{'memory_gb': 64}"));
	assert_false(is_marked(desk, other));
	assert_true(text_equal(value_get_text(newest(desk, other), T("authorised_by")), record_number(allowing)));
}

DESK_TEST(states_and_relations_are_controlled_too)
{
	int64_t id;
	desk_as(desk, "admin");
	struct record *one = in_use(desk, "S1"), *two = in_use(desk, "S2"), *planned, *incident;
	planned = desk_create(desk, ci(desk), "{'class': 'application', 'name': 'Shop'}");
	incident = desk_incident(desk, "{'title': 'x'}");
	assert_ok(IN_TX(desk, engine_link(desk->work, incident->type, record_number(incident), T("related_to"), record_number(one), &id)));
	assert_false(is_marked(desk, one)); /* no impact */
	assert_ok(IN_TX(desk, engine_link(desk->work, planned->type, record_number(planned), T("runs_on"), record_number(one), &id)));
	assert_true(is_marked(desk, one));
	assert_false(is_marked(desk, planned)); /* not in use yet */
	assert_ok(desk_take(desk, two, "maintain", NULL));
	assert_true(is_marked(desk, two));
}

DESK_TEST(the_system_itself_needs_no_change)
{
	desk_as(desk, "admin");
	struct record *record = in_use(desk, "S1");
	desk_as(desk, NULL);
	assert_ok(update(desk, record, "{'memory_gb': 64}"));
	assert_false(is_marked(desk, record));
}

DESK_TEST(a_configuration_manager_clears_the_mark_with_a_reason_or_a_change)
{
	desk_as(desk, "admin");
	struct record *record = in_use(desk, "S1");
	assert_refused(clear(desk, record, "fine", NULL), CONFLICT);
	desk_as(desk, "agent");
	assert_ok(update(desk, record, "{'memory_gb': 64}"));
	assert_refused(clear(desk, record, "fine", NULL), FORBIDDEN);
	desk_as(desk, "admin");
	assert_refused(clear(desk, record, NULL, NULL), INVALID);
	assert_refused(clear(desk, record, NULL, "CHG0000099"), INVALID);
	assert_refused(clear(desk, record, NULL, "x\" or number is set or number = \"y"), INVALID);
	assert_true(is_marked(desk, record));
	assert_ok(clear(desk, record, "agreed by phone", NULL));
	assert_false(is_marked(desk, record));
	assert_text(value_get_text(newest(desk, record), T("comment")), "agreed by phone");
	assert_int_equal(desk_cell(desk_reload(desk, record), "unauthorised_at")->kind, CELL_NULL);
	assert_ok(update(desk, record, "{'memory_gb': 32}"));
	struct record *late = change(desk, text_cstring(desk->arena, record_number(record)), "closed");
	assert_ok(clear(desk, record, NULL, text_cstring(desk->arena, record_number(late))));
	assert_true(text_equal(value_get_text(newest(desk, record), T("authorised_by")), record_number(late)));
}

static void refuse_mode(struct desk *desk, struct definition_source *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ptrdiff_t at = text_find(sources[i].source, T("else: mark"));
		if (!text_equal(sources[i].path, T("ci.yaml")))
			continue;
		assert_true(at > 0);
		sources[i].source = text_format(desk->arena, "%.*selse: refuse%.*s", (int)at, sources[i].source.data,
		                                TEXT_ARG(text_slice(sources[i].source, (size_t)at + 10, sources[i].source.length)));
	}
}

DESK_TEST(a_definition_may_refuse_instead)
{
	struct definition_source *sources;
	struct model *shipped = desk->model;
	size_t count;

	model_embedded_sources(desk->arena, &sources, &count);
	refuse_mode(desk, sources, count);
	assert_ok(model_parse(desk->arena, sources, count, &desk->model));
	desk->work->model = desk->model;
	desk_as(desk, "admin");
	struct record *record = in_use(desk, "S1");
	struct error *error = update(desk, record, "{'memory_gb': 64}");
	assert_refused(error, CONFLICT);
	assert_true(text_find(error->message, T("is under control: no change allows this edit now")) > 0);
	assert_text(error->hint, "put it into 'cis' of a Change that is being implemented");
	assert_false(is_marked(desk, record));
	assert_ok(update(desk, record, "{'description': 'free'}"));
	model_free(shipped);
}
