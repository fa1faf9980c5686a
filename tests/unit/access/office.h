/*
 * An office for the tests of access, on both databases: the shipped practices, people of several roles, and a few incidents, written
 * straight through the model floor (the engine stands above). OFFICE_TEST(name) { ... } sees `struct office *office`.
 */
#ifndef REEVE_TESTS_UNIT_ACCESS_OFFICE_H
#define REEVE_TESTS_UNIT_ACCESS_OFFICE_H

#include "../shipped.h"
#include "../store_both.h"

#include "access/access.h"
#include "base/json.h"
#include "model/schema.h"

struct office {
	struct arena *arena;
	struct store *store;
	struct model *model;
	const struct type *incident, *user;
	struct work *work;
	int64_t generation;
};

/* JSON with ' instead of ". */
static inline struct value *office_json(struct office *office, const char *source)
{
	char *bytes = arena_copy(office->arena, source, strlen(source) + 1);
	struct value *value;

	for (char *c = bytes; *c != '\0'; c++)
		if (*c == '\'')
			*c = '"';
	assert_ok(json_parse(office->arena, text_from(bytes), &value));
	return value;
}

static inline void office_fill(struct office *office, struct record *record, const struct value *fields, bool links)
{
	for (size_t i = 0; i < fields->map.count; i++) {
		const struct value_entry *entry = &fields->map.entries[i];
		const struct field *field = type_field(record->type, entry->key);
		int64_t *ids;
		size_t count;
		if (field == NULL)
			fail_msg("there is no field '%.*s'", TEXT_ARG(entry->key));
		if (field->kind == KIND_LINKS && links) {
			assert_ok(field_parse_links(office->work, field, entry->value, &ids, &count));
			assert_ok(model_set_links(office->work, record, field, ids, count));
		} else if (field->kind != KIND_LINKS && !links) {
			assert_ok(field_parse(office->work, field, entry->value, NULL, &record->cells[field->position]));
		}
	}
}

/* A record with these fields; numbered types get their next number. */
static inline struct record *office_record(struct office *office, const struct type *type, const char *json)
{
	struct record *record = record_new(office->arena, type);
	struct value *fields = office_json(office, json);
	text number;

	assert_ok(store_begin(office->store, office->arena));
	assert_ok(model_next_id(office->work, &record->id));
	record->version = 1;
	record->definition = 1;
	record->cells[FIELD_VERSION] = cell_integer(1);
	record->cells[FIELD_CREATED_AT] = record->cells[FIELD_UPDATED_AT] = cell_moment(office->work->now);
	if (type->lifecycle != NULL)
		record->cells[FIELD_STATE] = cell_integer((int64_t)type->lifecycle->initial);
	if (type->active >= 0)
		record->cells[type->active] = cell_integer(1);
	office_fill(office, record, fields, false);
	if (text_is_set(type->number_prefix))
		assert_ok(model_next_number(office->work, type, &number));
	else
		number = record->cells[type->key_field].text;
	record->cells[FIELD_NUMBER] = cell_text(number);
	assert_ok(model_insert(office->work, record));
	office_fill(office, record, fields, true);
	assert_ok(store_commit(office->store, office->arena));
	office->generation++;
	record_cache_reset(office->work->cache);
	return record;
}

static inline int64_t office_id(struct office *office, const char *login)
{
	int64_t id;

	assert_ok(model_find_id(office->work, office->user, text_from(login), &id));
	assert_int_not_equal(id, 0);
	return id;
}

/* The person with that login; NULL: the system. A new piece of work begins. */
static inline void office_as(struct office *office, const char *login)
{
	record_cache_reset(office->work->cache);
	office->work->actor = access_system();
	if (login != NULL)
		assert_ok(access_actor(office->work, office_id(office, login), &office->work->actor));
}

static inline struct record *office_load(struct office *office, const struct record *record)
{
	struct record *loaded;

	assert_ok(model_load_fresh(office->work, record->type, record->id, &loaded));
	return loaded;
}

static inline const struct field *office_field(const struct type *type, const char *name)
{
	const struct field *field = type_field(type, text_from(name));

	assert_non_null(field);
	return field;
}

static inline void office_people(struct office *office)
{
	office_record(office, office->model->organisation, "{'name': 'acme', 'label': 'Acme'}");
	office_record(office, office->model->team, "{'name': 'first line', 'label': 'First line'}");
	office_record(office, office->model->team, "{'name': 'network', 'label': 'Network', 'mail': 'network@example.com'}");
	office_record(office, office->model->service, "{'name': 'mail', 'label': 'Mail'}");
	office_record(office, office->user, "{'login': 'reqa', 'name': 'Requester A', 'organisation': 'acme', 'mail': 'reqa@example.com'}");
	office_record(office, office->user, "{'login': 'reqb', 'name': 'Requester B'}");
	office_record(office, office->user, "{'login': 'agent', 'name': 'Agent', 'roles': ['agent'], 'teams': ['first line']}");
	office_record(office, office->user, "{'login': 'network', 'name': 'Network', 'roles': ['agent'], 'teams': ['network']}");
	office_record(office, office->user, "{'login': 'manager', 'name': 'Manager', 'roles': ['incident_manager']}");
	office_record(office, office->user, "{'login': 'auditor', 'name': 'Auditor', 'roles': ['auditor']}");
	office_record(office, office->user, "{'login': 'admin', 'name': 'Administrator', 'roles': ['administrator']}");
	office_record(office, office->user, "{'login': 'gone', 'name': 'Gone', 'roles': ['administrator'], 'active': false}");
}

static inline void office_open(struct office *office, struct store_fixture *on)
{
	struct schema_plan plan;

	*office = (struct office){ .arena = on->arena, .store = on->store, .model = shipped_model(on->arena) };
	office->incident = model_type(office->model, T("incident"));
	office->user = office->model->user;
	office->work = arena_new_struct(on->arena, struct work);
	*office->work = (struct work){ .arena = on->arena, .store = on->store, .model = office->model, .actor = access_system(),
		.now = INT64_C(1795338000000), .origin = ORIGIN_API, .language = T("en"),
		.cache = record_cache_new(on->arena, &office->generation) };
	assert_ok(schema_plan(on->arena, on->store, NULL, office->model, &plan));
	assert_ok(plan.refused);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(schema_apply(office->work, office->model, &plan));
	assert_ok(store_commit(on->store, on->arena));
	office_people(office);
}

#define OFFICE_TEST(test_name)                                                                     \
	static void test_name##_office(struct office *office);                                     \
	STORE_TEST(test_name)                                                                      \
	{                                                                                          \
		struct office office;                                                              \
		office_open(&office, on);                                                          \
		test_name##_office(&office);                                                       \
		model_free(office.model);                                                          \
	}                                                                                          \
	static void test_name##_office(struct office *office)

#endif
