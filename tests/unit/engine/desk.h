/*
 * A service desk for the engine's tests, on both databases: the shipped practices, a few people of each role, teams and a service.
 * DESK_TEST(name) { ... } sees `struct desk *desk`. IN_TX() runs one call as a lane job would: in a transaction of its own.
 */
#ifndef REEVE_TESTS_UNIT_ENGINE_DESK_H
#define REEVE_TESTS_UNIT_ENGINE_DESK_H

#include "store_both.h"

#include "base/json.h"
#include "engine/engine_private.h"
#include "model/calendars.h"
#include "model/schema.h"

struct desk {
	struct store_fixture *on;
	struct arena *arena;
	struct store *store;
	struct model *model;
	struct sealer *sealer;
	struct seal_settings seals;
	const struct type *incident;
	struct work *work;
	int64_t generation;
};

/* JSON with ' instead of ". */
static inline struct value *desk_json(struct desk *desk, const char *source)
{
	text t = text_copy(desk->arena, text_from(source));
	struct value *value;

	for (size_t i = 0; i < t.length; i++)
		if (t.data[i] == '\'')
			((char *)(uintptr_t)t.data)[i] = '"';
	assert_ok(json_parse(desk->arena, t, &value));
	return value;
}

static inline void desk_begin(struct desk *desk)
{
	desk->generation++; /* names may have changed */
	record_cache_reset(desk->work->cache);
	assert_ok(store_begin(desk->store, desk->arena));
}

static inline struct error *desk_end(struct desk *desk, struct error *error)
{
	int64_t sealed = 0;

	if (error != NULL) {
		store_rollback(desk->store);
		return error;
	}
	assert_ok(store_commit(desk->store, desk->arena));
	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(sealer_run(desk->sealer, desk->work, 1000, &sealed));
	assert_ok(store_commit(desk->store, desk->arena));
	sealer_committed(desk->sealer, desk->store);
	return NULL;
}

#define IN_TX(desk, call) (desk_begin(desk), desk_end((desk), (call)))

/* The system, or the person with that login. */
static inline void desk_as(struct desk *desk, const char *login)
{
	int64_t id;

	desk->work->actor = access_system();
	desk->work->origin = ORIGIN_CLI;
	if (login == NULL)
		return;
	record_cache_reset(desk->work->cache);
	assert_ok(model_find_id(desk->work, desk->model->user, text_from(login), &id));
	assert_int_not_equal(id, 0);
	assert_ok(access_actor(desk->work, id, &desk->work->actor));
	desk->work->origin = ORIGIN_API;
}

static inline struct record *desk_create(struct desk *desk, const struct type *type, const char *json)
{
	struct record *record;

	assert_ok(IN_TX(desk, engine_create(desk->work, type, desk_json(desk, json), &record)));
	return record;
}

static inline struct record *desk_incident(struct desk *desk, const char *json)
{
	return desk_create(desk, desk->incident, json);
}

static inline struct error *desk_take(struct desk *desk, struct record *record, const char *transition, const char *json)
{
	struct record *after;

	return IN_TX(desk, engine_transition(desk->work, record->type, record_number(record), text_from(transition), 0,
	                                     json == NULL ? NULL : desk_json(desk, json), &after));
}

static inline struct record *desk_reload(struct desk *desk, const struct record *record)
{
	struct record *fresh;

	assert_ok(model_load_fresh(desk->work, record->type, record->id, &fresh));
	return fresh;
}

static inline const struct cell *desk_cell(const struct record *record, const char *field)
{
	const struct field *found = type_field(record->type, text_from(field));

	assert_non_null(found);
	return &record->cells[found->position];
}

/* The choice's name, or "" when unset. */
static inline text desk_choice(const struct record *record, const char *field)
{
	const struct field *found = type_field(record->type, text_from(field));
	const struct cell *cell = desk_cell(record, field);

	return cell->kind == CELL_NULL ? T("") : found->choices[cell->integer].name;
}

static inline text desk_state(const struct record *record)
{
	return record->type->lifecycle->states[record_state(record)].name;
}

/* Rules put before those of the shipped incident practice; see DESK_TEST_WITH(). */
static inline void desk_add_rules(struct desk *desk, struct definition_source *sources, size_t count, const char *rules)
{
	for (size_t i = 0; rules != NULL && i < count; i++) {
		ptrdiff_t at = text_find(sources[i].source, T("\nautomation:\n"));
		size_t split = (size_t)at + strlen("\nautomation:\n");

		if (!text_equal(sources[i].path, T("incident.yaml")))
			continue;
		assert_true(at > 0);
		sources[i].source = text_format(desk->arena, "%.*s%s%.*s", (int)split, sources[i].source.data, rules,
		                                TEXT_ARG(text_slice(sources[i].source, split, sources[i].source.length)));
	}
}

static inline void desk_schema(struct desk *desk, const char *rules)
{
	struct definition_source *sources;
	struct schema_plan plan;
	size_t count;

	model_embedded_sources(desk->arena, &sources, &count);
	if (rules != NULL && text_starts_with(text_from(rules), T("practice:"))) {
		struct definition_source *more = arena_new_array(desk->arena, struct definition_source, count + 1);
		memcpy(more, sources, sizeof(*sources) * count);
		more[count++] = (struct definition_source){ T("zz_test.yaml"), text_from(rules) };
		sources = more;
	} else {
		desk_add_rules(desk, sources, count, rules);
	}
	assert_ok(model_parse(desk->arena, sources, count, &desk->model));
	desk->work->model = desk->model;
	assert_ok(schema_plan(desk->arena, desk->store, NULL, desk->model, &plan));
	assert_ok(plan.refused);
	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(schema_apply(desk->work, desk->model, &plan));
	assert_ok(store_commit(desk->store, desk->arena));
	desk->incident = model_type(desk->model, T("incident"));
}

static inline void desk_people(struct desk *desk)
{
	const struct type *user = desk->model->user;

	desk_create(desk, desk->model->team, "{'name': 'first line', 'label': 'First line'}");
	desk_create(desk, desk->model->team, "{'name': 'network', 'label': 'Network'}");
	desk_create(desk, desk->model->service, "{'name': 'mail', 'label': 'Mail'}");
	desk_create(desk, user, "{'login': 'reqa', 'name': 'Requester A'}");
	desk_create(desk, user, "{'login': 'reqb', 'name': 'Requester B'}");
	desk_create(desk, user, "{'login': 'agent', 'name': 'Agent', 'roles': ['agent'], 'teams': ['first line']}");
	desk_create(desk, user, "{'login': 'lead', 'name': 'Lead', 'roles': ['agent', 'team_lead']}");
	desk_create(desk, user, "{'login': 'auditor', 'name': 'Auditor', 'roles': ['auditor']}");
	desk_create(desk, user, "{'login': 'admin', 'name': 'Administrator', 'roles': ['administrator']}");
}

static inline void desk_open(struct desk *desk, struct store_fixture *on, const char *rules)
{
	*desk = (struct desk){ .on = on, .arena = on->arena, .store = on->store };
	desk->work = arena_new_struct(on->arena, struct work);
	*desk->work = (struct work){
		.arena = on->arena,
		.store = on->store,
		.actor = access_system(),
		.now = INT64_C(1795338000000), /* a Sunday in November 2026 */
		.origin = ORIGIN_CLI,
		.language = T("en"),
		.cache = record_cache_new(on->arena, &desk->generation),
		.calendars = calendar_cache_new(on->arena),
	};
	desk->seals.key_path = text_format(on->arena, "%s/seal.key", on->folder);
	desk->seals.head_path = text_format(on->arena, "%s/seal.log", on->folder);
	desk_schema(desk, rules);
	assert_ok(sealer_new(on->arena, &desk->seals, &desk->sealer));
	assert_ok(sealer_opened(desk->sealer, on->store, on->arena));
	desk_people(desk);
}

#define DESK_TEST(test_name) DESK_TEST_WITH(test_name, NULL)
/* The same with further lines of YAML under `automation:` of incident.yaml, or (from "practice:" on) a definition file more. */
#define DESK_TEST_WITH(test_name, rules)                                                           \
	static void test_name##_desk(struct desk *desk);                                           \
	STORE_TEST(test_name)                                                                      \
	{                                                                                          \
		struct desk desk;                                                                  \
		desk_open(&desk, on, rules);                                                       \
		test_name##_desk(&desk);                                                           \
		model_free(desk.model);                                                            \
	}                                                                                          \
	static void test_name##_desk(struct desk *desk)

#endif
