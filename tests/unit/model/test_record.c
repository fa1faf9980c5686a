/* Records written and read back: every kind of cell, versions, conflicts, links, names, numbers, and what a
 * worker remembers. */
#include "thing.h"

static struct record *inserted(struct thing_fixture *on, const struct type *type, const char *name)
{
	struct record *record = thing_record(on, type, name);

	assert_ok(model_insert(&on->work, record));
	return record;
}

STORE_TEST(reads_back_what_was_written)
{
	struct thing_fixture thing;
	struct record *back;
	int64_t id;

	thing_open(&thing, on->arena, on->store);
	const struct type *type = thing.type;
	struct record *user = inserted(&thing, thing.model->user, "anna");
	struct record *record = thing_record(&thing, type, NULL);
	record->cells[thing_field(type, "title")] = cell_text(T("Gr\xc3\xbc\xc3\x9f"
								"e \xf0\x9f\x92\xa9"));
	record->cells[thing_field(type, "details")] = cell_text(T("long\nwords"));
	record->cells[thing_field(type, "impact")] = cell_integer(2);
	record->cells[thing_field(type, "amount")] = cell_integer(INT64_MIN);
	record->cells[thing_field(type, "weight")] = cell_real(0.1);
	record->cells[thing_field(type, "vip")] = cell_integer(1);
	record->cells[thing_field(type, "due")] = cell_moment(-1);
	record->cells[thing_field(type, "requester")] = cell_id(user->id);
	record->definition = 3;
	assert_ok(model_insert(&thing.work, record));
	assert_ok(model_load(&thing.work, type, record->id, &back));
	assert_int_equal(back->id, record->id);
	assert_int_equal(back->version, 1);
	assert_int_equal(back->definition, 3);
	assert_false(back->partial);
	for (size_t i = 0; i < type->field_count; i++)
		if (!cell_equal(&back->cells[i], &record->cells[i]))
			fail_msg("%.*s differs", TEXT_ARG(type->fields[i].name));
	assert_text(record_number(back), "THG0000001");
	assert_text(record_title(back), "Gr\xc3\xbc\xc3\x9f"
					"e \xf0\x9f\x92\xa9");
	assert_int_equal(record_state(back), 0);
	assert_int_equal(record_state(user), -1);
	assert_int_equal(record_moment(back, thing_field(type, "due")), -1);
	assert_true(record_moment(back, thing_field(type, "effort")) == MOMENT_UNSET);
	assert_int_equal(record_id_of(back, (ptrdiff_t)thing_field(type, "requester")), user->id);
	assert_int_equal(record_id_of(back, -1), 0);
	assert_ok(model_load_number(&thing.work, type, T("thg0000001"), &back));
	assert_int_equal(back->id, record->id);
	assert_ok(model_find_id(&thing.work, type, T("THG0000009"), &id));
	assert_int_equal(id, 0);
	assert_refused(model_load(&thing.work, type, 999, &back), NOT_FOUND);
	assert_refused(model_load_number(&thing.work, type, T("THG0000009"), &back), NOT_FOUND);
	/* The same id is no record of another type. */
	assert_refused(model_load(&thing.work, thing.model->team, record->id, &back), NOT_FOUND);
}

STORE_TEST(changes_only_what_is_said_and_only_once)
{
	struct thing_fixture thing;
	struct record *record, *stale, *back;

	thing_open(&thing, on->arena, on->store);
	const struct type *type = thing.type;
	bool *changed = arena_new_array(on->arena, bool, type->field_count);
	record = inserted(&thing, type, NULL);
	stale = record_copy(on->arena, record);
	record->cells[thing_field(type, "title")] = cell_text(T("New"));
	record->cells[thing_field(type, "amount")] = cell_integer(5); /* not said to be changed */
	changed[thing_field(type, "title")] = true;
	assert_ok(model_update(&thing.work, record, changed));
	assert_int_equal(record->version, 2);
	assert_ok(model_load_fresh(&thing.work, type, record->id, &back));
	assert_int_equal(back->version, 2);
	assert_text(record_title(back), "New");
	assert_int_equal(back->cells[thing_field(type, "amount")].kind, CELL_NULL);
	assert_refused(model_update(&thing.work, stale, changed), STALE);
	/* The folded key moved with the text. */
	struct query query = { .type = type,
			       .where = thing_condition(&thing, T("title = NEW")),
			       .everything = true,
			       .limit = 5,
			       .context = { .work = &thing.work } };
	struct record_page page;
	assert_ok(model_find(&thing.work, &query, &page));
	assert_int_equal(page.count, 1);
	record->cells[thing_field(type, "title")] = cell_null();
	assert_ok(model_update(&thing.work, record, changed));
	assert_ok(model_find(&thing.work, &query, &page));
	assert_int_equal(page.count, 0);
}

STORE_TEST(names_the_field_of_a_conflict)
{
	struct thing_fixture thing;

	thing_open(&thing, on->arena, on->store);
	inserted(&thing, thing.model->team, "network");
	struct record *other = thing_record(&thing, thing.model->team, "NETWORK");
	struct error *error = model_insert(&thing.work, other);
	assert_refused(error, CONFLICT);
	assert_text(error->field, "name");
	struct record *record = thing_record(&thing, thing.type, NULL);
	assert_ok(model_insert(&thing.work, record));
	struct record *same = thing_record(&thing, thing.type, NULL);
	same->cells[FIELD_NUMBER] = record->cells[FIELD_NUMBER];
	error = model_insert(&thing.work, same);
	assert_refused(error, CONFLICT);
	assert_text(error->field, "number");
}

STORE_TEST(renames_what_is_known_by_its_name)
{
	struct thing_fixture thing;
	struct record_name name;
	int64_t id;

	thing_open(&thing, on->arena, on->store);
	const struct type *team = thing.model->team;
	struct record *record = inserted(&thing, team, "network");
	bool *changed = arena_new_array(on->arena, bool, team->field_count);
	record->cells[team->key_field] = cell_text(T("Net"));
	changed[team->key_field] = true;
	assert_ok(model_update(&thing.work, record, changed));
	assert_ok(model_find_id(&thing.work, team, T("net"), &id));
	assert_int_equal(id, record->id);
	assert_ok(model_find_id(&thing.work, team, T("network"), &id));
	assert_int_equal(id, 0);
	assert_ok(model_name(&thing.work, team, record->id, &name));
	assert_text(name.number, "Net");
	assert_refused(model_name(&thing.work, team, 999, &name), NOT_FOUND);
}

STORE_TEST(keeps_links_as_a_set)
{
	struct thing_fixture thing;
	int64_t people[3], *ids;
	size_t count;

	thing_open(&thing, on->arena, on->store);
	const struct field *watchers = type_field(thing.type, T("watchers"));
	for (size_t i = 0; i < 3; i++)
		people[i] =
		    inserted(&thing, thing.model->user, (const char *const[]){ "a", "b", "c" }[i])->id;
	struct record *record = inserted(&thing, thing.type, NULL);
	assert_ok(record_links(&thing.work, record, watchers, &ids, &count));
	assert_int_equal(count, 0);
	assert_ok(model_set_links(&thing.work, record, watchers, people, 2));
	assert_ok(model_set_links(&thing.work, record, watchers, people + 1, 2));
	assert_ok(model_set_links(&thing.work, record, watchers,
				  (int64_t[]){ people[2], people[1], people[2] }, 3));
	assert_ok(record_links(&thing.work, record, watchers, &ids, &count));
	assert_int_equal(count, 2);
	assert_int_equal(ids[0], people[1]);
	assert_int_equal(ids[1], people[2]);
	assert_ok(model_set_links(&thing.work, record, watchers, NULL, 0));
	assert_ok(record_links(&thing.work, record, watchers, &ids, &count));
	assert_int_equal(count, 0);
}

STORE_TEST(claims_imported_numbers)
{
	struct thing_fixture thing;
	text number;
	bool fits;

	thing_open(&thing, on->arena, on->store);
	assert_ok(model_claim_number(&thing.work, thing.type, T("THG0000041"), &fits));
	assert_true(fits);
	assert_ok(model_next_number(&thing.work, thing.type, &number));
	assert_text(number, "THG0000042");
	static const char *const others[] = { "INC0000001",  "THG1", "THG00000x1", "THG0000000",
					      "THG00000001", "",     "THG",	   "0000001" };
	for (size_t i = 0; i < array_length(others); i++) {
		assert_ok(model_claim_number(&thing.work, thing.type, text_from(others[i]), &fits));
		if (fits)
			fail_msg("'%s' fits", others[i]);
	}
}

STORE_TEST(remembers_within_one_work)
{
	struct thing_fixture thing;
	struct record *first, *second;
	struct record_name name;
	int64_t generation = 1;

	thing_open(&thing, on->arena, on->store);
	thing.work.cache = record_cache_new(on->arena, &generation);
	struct record *team = inserted(&thing, thing.model->team, "network");
	struct record *record = inserted(&thing, thing.type, NULL);
	assert_ok(model_load(&thing.work, thing.type, record->id, &first));
	assert_ok(model_load(&thing.work, thing.type, record->id, &second));
	assert_ptr_equal(first, second);
	assert_ok(model_load_fresh(&thing.work, thing.type, record->id, &second));
	assert_ptr_not_equal(first, second);
	assert_ok(model_lock(&thing.work, thing.type, record->id, &second));
	/* A change is seen by the next who reads. */
	bool *changed = arena_new_array(on->arena, bool, thing.type->field_count);
	changed[thing_field(thing.type, "title")] = true;
	second->cells[thing_field(thing.type, "title")] = cell_text(T("changed"));
	assert_ok(model_update(&thing.work, second, changed));
	assert_ok(model_load(&thing.work, thing.type, record->id, &first));
	assert_text(record_title(first), "changed");
	/* Names stay until the generation moves. */
	assert_ok(model_name(&thing.work, thing.model->team, team->id, &name));
	assert_ok(store_run_text(on->store, on->arena, T("UPDATE \"team_record\" SET \"number\" = 'other'"),
				 NO_CELLS, NULL));
	record_cache_reset(thing.work.cache);
	assert_ok(model_name(&thing.work, thing.model->team, team->id, &name));
	assert_text(name.number, "network");
	generation++;
	record_cache_reset(thing.work.cache);
	assert_ok(model_name(&thing.work, thing.model->team, team->id, &name));
	assert_text(name.number, "other");
	assert_ok(model_load(&thing.work, thing.type, record->id, &second));
	assert_ptr_not_equal(first, second);
}
