/*
 * A practice with every kind of field, links to other types and to itself, and a lifecycle: the tests of
 * conditions, records and queries stand on it, beside the shipped platform types. With a store also its
 * tables, and short ways to write records.
 */
#ifndef REEVE_TESTS_UNIT_MODEL_THING_H
#define REEVE_TESTS_UNIT_MODEL_THING_H

#include "shipped.h"
#include "store_both.h"

#include "base/moment.h"
#include "model/condition.h"
#include "model/query.h"
#include "model/record.h"
#include "model/schema.h"

static const char thing_source[] =
    "practice: Tests\n"
    "purpose: Every kind of field.\n"
    "type: { name: thing, number: \"THG{0000000}\", title: title }\n"
    "fields:\n"
    "  title: { kind: text, length: 500 }\n"
    "  details: { kind: prose }\n"
    "  impact: { kind: choice, choices: { high: High, medium: Medium, low: Low }, indexed: yes }\n"
    "  amount: { kind: integer }\n"
    "  weight: { kind: real }\n"
    "  vip: { kind: boolean }\n"
    "  due: { kind: moment, indexed: yes }\n"
    "  effort: { kind: duration }\n"
    "  requester: { kind: link, to: user }\n"
    "  owner: { kind: link, to: user }\n"
    "  team: { kind: link, to: team }\n"
    "  parent: { kind: link, to: thing }\n"
    "  watchers: { kind: links, to: user }\n"
    "  place: { kind: text }\n"
    "  zone: { kind: zone }\n"
    "  mail: { kind: mail }\n"
    "classes:\n"
    "  tool: { fields: { handle: { kind: text } } }\n"
    "  hammer: { extends: tool }\n"
    "  sledge: { extends: hammer }\n"
    "  toy: {}\n"
    "lifecycle:\n"
    "  states:\n"
    "    new: { group: open }\n"
    "    working: { group: open }\n"
    "    waiting: { group: waiting }\n"
    "    solved: { group: done }\n"
    "    closed: { group: closed }\n"
    "  transitions:\n"
    "    start: { from: new, to: working, by: agent }\n"
    "    wait: { from: working, to: waiting, by: agent }\n"
    "    solve: { from: [working, waiting], to: solved, by: agent }\n"
    "    close: { from: solved, to: closed, by: agent }\n"
    "rights:\n"
    "  requester: { read: [requester = me, owner = me, watchers = me] }\n"
    "  agent: { read: [vip != true, team in my teams], create: always, update: always }\n"
    "views:\n"
    "  open: { roles: [agent], where: \"team in my teams and state in (new, working, waiting)\", columns: "
    "[number, title],\n"
    "          sort: \"impact, created_at\" }\n"
    "  all: { roles: [agent], columns: [number, title], sort: -created_at }\n"
    "forms:\n"
    "  create: { Thing: [title, details, impact, amount, weight, vip, due, effort, requester, owner, team, "
    "parent, watchers, place,\n"
    "                    zone, mail] }\n";

static inline struct model *thing_model(struct arena *arena)
{
	struct definition_source *shipped, *sources;
	struct model *model = NULL;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 1);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	sources[used++] = (struct definition_source){ T("thing.yaml"), text_from(thing_source) };
	struct error *error = model_parse(arena, sources, used, &model);
	shipped_show(error);
	assert_null(error);
	return model;
}

/* ---- with a store ---- */

struct thing_fixture {
	struct work work;
	struct model *model;
	const struct type *type;
};

static inline void thing_free(void *data)
{
	model_free(data);
}

static inline void thing_open(struct thing_fixture *on, struct arena *arena, struct store *store)
{
	struct schema_plan plan;

	on->model = thing_model(arena);
	arena_defer(arena, thing_free, on->model);
	on->type = model_type(on->model, T("thing"));
	on->work = (struct work){ .arena = arena, .store = store, .model = on->model, .language = T("en") };
	assert_true(moment_parse(T("2026-11-22T10:30:00Z"), NULL, &on->work.now));
	assert_ok(store_begin(store, arena));
	assert_ok(schema_plan(arena, store, NULL, on->model, &plan));
	assert_null(plan.refused);
	assert_ok(schema_apply(&on->work, on->model, &plan));
	assert_ok(store_commit(store, arena));
}

static inline size_t thing_field(const struct type *type, const char *name)
{
	const struct field *field = type_field(type, text_from(name));

	if (field == NULL)
		fail_msg("no field %s", name);
	return field->position;
}

/* A record with everything that must be there; the rest is unset until the caller sets it and inserts. */
static inline struct record *thing_record(struct thing_fixture *on, const struct type *type, const char *name)
{
	struct record *record = record_new(on->work.arena, type);

	assert_ok(model_next_id(&on->work, &record->id));
	record->version = 1;
	record->cells[FIELD_VERSION] = cell_integer(1);
	record->cells[FIELD_CREATED_AT] = record->cells[FIELD_UPDATED_AT] = cell_moment(on->work.now);
	if (type->lifecycle != NULL)
		record->cells[FIELD_STATE] = cell_integer((int64_t)type->lifecycle->initial);
	if (text_is_set(type->number_prefix)) {
		text number;
		assert_ok(model_next_number(&on->work, type, &number));
		record->cells[FIELD_NUMBER] = cell_text(number);
	} else {
		record->cells[type->key_field] = cell_text(text_copy(on->work.arena, text_from(name)));
		if (type->title_field != type->key_field)
			record->cells[type->title_field] = record->cells[type->key_field];
	}
	return record;
}

static inline struct condition *thing_condition(struct thing_fixture *on, text source)
{
	struct condition *condition;

	assert_ok(condition_parse(on->work.arena, on->model, on->type, source, CONDITION_QUERY, &condition));
	return condition;
}

#endif
