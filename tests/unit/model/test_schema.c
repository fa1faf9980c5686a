/* The schema: made on an empty store, left alone when nothing changed, moved on by difference, refused where
 * data is at stake. */
#include "gadget.h"
#include "store_both.h"

#include "model/record.h"
#include "model/schema.h"

static struct work work_of(struct store_fixture *on, const struct model *model)
{
	return (struct work){ .arena = on->arena,
			      .store = on->store,
			      .model = model,
			      .now = 1700000000000,
			      .language = T("en") };
}

static struct model *parse(struct store_fixture *on, text source, text migration)
{
	struct model *model = NULL;
	struct error *error = gadget_parse_with(on->arena, source, migration, &model);

	shipped_show(error);
	assert_null(error);
	return model;
}

/* The stored definitions -> `model`; what was refused is returned. */
static struct error *migrate(struct store_fixture *on, const struct model *model, size_t *ret_steps)
{
	struct work work = work_of(on, model);
	struct model *before = NULL;
	struct schema_plan plan;
	struct error *error;

	assert_ok(store_begin(on->store, on->arena));
	assert_ok(schema_load(on->arena, on->store, &before));
	assert_ok(schema_plan(on->arena, on->store, before, model, &plan));
	*ret_steps = plan.count;
	error = plan.refused;
	if (error == NULL)
		assert_ok(schema_apply(&work, model, &plan));
	if (error == NULL)
		assert_ok(store_commit(on->store, on->arena));
	else
		store_rollback(on->store);
	model_free(before);
	return error;
}

static void migrate_to(struct store_fixture *on, text source, text migration)
{
	struct model *model = parse(on, source, migration);
	size_t steps;
	struct error *error = migrate(on, model, &steps);

	shipped_show(error);
	assert_null(error);
	model_free(model);
}

/* Expects a refusal whose message has `message` and whose hint has `hint`. */
static void refused(struct store_fixture *on, text source, const char *message, const char *hint)
{
	struct model *model = parse(on, source, TEXT_UNSET);
	size_t steps;
	struct error *error = migrate(on, model, &steps);

	assert_non_null(error);
	if (!mistake_contains(error->message, message) || !mistake_contains(error->hint, hint))
		fail_msg("refused with: %.*s (%.*s)", TEXT_ARG(error->message), TEXT_ARG(error->hint));
	model_free(model);
}

static int64_t number(struct store_fixture *on, const char *sql)
{
	struct rows *rows;
	int64_t found;
	bool row;

	assert_ok(store_query_text(on->store, on->arena, text_from(sql), NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_true(row);
	found = rows_is_null(rows, 0) ? -1 : rows_integer(rows, 0);
	rows_close(rows);
	return found;
}

static bool has_column(struct store_fixture *on, const char *table, const char *column)
{
	text *names;
	size_t count;

	assert_ok(store_columns(on->store, on->arena, text_from(table), &names, &count));
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], text_from(column)))
			return true;
	return false;
}

static bool has_index(struct store_fixture *on, const char *table, const char *index)
{
	text *names;
	size_t count;

	assert_ok(store_indexes(on->store, on->arena, text_from(table), &names, &count));
	for (size_t i = 0; i < count; i++)
		if (text_equal(names[i], text_from(index)))
			return true;
	return false;
}

static void add_gadget(struct store_fixture *on, int64_t id, int color, int state)
{
	assert_ok(store_run_text(
	    on->store, on->arena,
	    T("INSERT INTO gadget_record (id, definition, number, number_key, version, state, created_at, "
	      "updated_at, color, title, title_key) VALUES ($1, 1, $2, $2, 1, $3, 1, 1, $4, 'A', 'a')"),
	    CELLS(cell_integer(id), cell_text(text_format(on->arena, "gad%lld", (long long)id)),
		  cell_integer(state), cell_integer(color)),
	    NULL));
}

STORE_TEST(the_shipped_schema_is_made_once)
{
	struct model *model = shipped_model(on->arena);
	size_t steps;

	assert_ok(migrate(on, model, &steps));
	assert_true(steps > 50);
	assert_true(has_column(on, "incident_record", "title_key"));
	assert_true(has_column(on, "incident_record", "requester"));
	assert_true(has_column(on, "user_record", "organisation"));
	assert_false(has_column(on, "user_record", "teams"));
	assert_true(has_index(on, "incident_record", "incident_team_priority_created_at_in_f"));
	assert_true(has_index(on, "event", "event_seq_unique_set"));
	assert_int_equal(number(on, "SELECT count(*) FROM role_record"),
			 (int64_t)model->role_count);
	assert_int_equal(number(on, "SELECT count(*) FROM definition WHERE active = 1"),
			 (int64_t)model->source_count);
	assert_ok(store_check_integrity(on->store, on->arena));
	assert_ok(migrate(on, model, &steps)); /* nothing is left to do */
	assert_int_equal(steps, 0);
	assert_int_equal(number(on, "SELECT count(*) FROM role_record"),
			 (int64_t)model->role_count);
	model_free(model);
}

STORE_TEST(long_texts_stand_behind_everything_that_lists_show)
{
	struct model *model = shipped_model(on->arena);
	size_t steps, count, description = 0, last_short = 0;
	text *names;

	assert_ok(migrate(on, model, &steps));
	assert_ok(store_columns(on->store, on->arena, T("incident_record"), &names, &count));
	for (size_t i = 0; i < count; i++) {
		if (text_equal(names[i], T("description")))
			description = i;
		if (text_equal(names[i], T("rating")) || text_equal(names[i], T("title")) ||
		    text_equal(names[i], T("assignee")))
			last_short = maximum(last_short, i);
	}
	assert_true(description > last_short);
	model_free(model);
}

STORE_TEST(stored_definitions_come_back_with_versions)
{
	struct model *model = NULL;
	const struct type *gadget;

	assert_ok(schema_load(on->arena, on->store, &model));
	assert_null(model);
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	assert_ok(schema_load(on->arena, on->store, &model));
	gadget = model_type(model, T("gadget"));
	assert_int_equal(gadget->definition, 1);
	assert_true(model->version > 0);
	model_free(model);
	migrate_to(on, gadget_with(on->arena, 5, "  title: { kind: text, required: yes, label: Name }"),
		   TEXT_UNSET);
	assert_ok(schema_load(on->arena, on->store, &model));
	assert_int_equal(model_type(model, T("gadget"))->definition, 2);
	assert_int_equal(model_type(model, T("user"))->definition, 1);
	assert_int_equal(number(on, "SELECT count(*) FROM definition WHERE path = 'practice.yaml'"), 2);
	assert_int_equal(
	    number(on, "SELECT count(*) FROM definition WHERE path = 'practice.yaml' AND active = 1"), 1);
	model_free(model);
}

STORE_TEST(additions_are_made_by_themselves)
{
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1000, 0, 0);
	migrate_to(on,
		   gadget_with(on->arena, 11,
			       "  reason: { kind: text }\n  place: { kind: link, to: location }\n  note: { "
			       "kind: text, indexed: yes }"),
		   TEXT_UNSET);
	assert_true(has_column(on, "gadget_record", "place"));
	assert_true(has_column(on, "gadget_record", "note_key"));
	assert_true(has_index(on, "gadget_record", "gadget_note"));
	assert_int_equal(number(on, "SELECT count(*) FROM gadget_record WHERE note IS NULL"), 1);
	/* and an index that nothing asks for goes */
	migrate_to(
	    on,
	    gadget_with(
		on->arena, 11,
		"  reason: { kind: text }\n  place: { kind: link, to: location }\n  note: { kind: text }"),
	    TEXT_UNSET);
	assert_false(has_index(on, "gadget_record", "gadget_note"));
}

STORE_TEST(choices_in_another_order_are_renumbered)
{
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1000, 0, 1);
	add_gadget(on, 1001, 1, 2);
	migrate_to(
	    on,
	    gadget_with(on->arena, 6, "  color: { kind: choice, choices: [blue, green, red], default: red }"),
	    TEXT_UNSET);
	assert_int_equal(number(on, "SELECT color FROM gadget_record WHERE id = 1000"), 2);
	assert_int_equal(number(on, "SELECT color FROM gadget_record WHERE id = 1001"), 1);
}

STORE_TEST(states_in_another_order_are_renumbered)
{
	text source = gadget_with(on->arena, 18, "    early: { group: open }\n    fresh: { group: open }");

	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	assert_true(has_index(on, "gadget_record", "gadget_owner_created_at"));
	add_gadget(on, 1000, 0, 1);
	/* "early" is the first state now, and leads on */
	ptrdiff_t at = text_find(source, T("    begin:"));
	source = text_format(on->arena, "%.*s    hatch: { from: early, to: fresh, by: agent }\n%s", (int)at,
			     source.data, source.data + at);
	migrate_to(on, source, TEXT_UNSET);
	assert_int_equal(number(on, "SELECT state FROM gadget_record WHERE id = 1000"), 2);
}

STORE_TEST(what_could_lose_data_is_refused_with_a_hint)
{
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	refused(on, gadget_with(on->arena, 12, NULL), "the field gadget.story is gone",
		"rename: gadget.story");
	refused(on, gadget_with(on->arena, 13, "  weight: { kind: text }"),
		"gadget.weight was integer and is now text", "name of its own");
	refused(on, gadget_with(on->arena, 9, "  team: { kind: link, to: user }"),
		"gadget.team was link and is now link to user", NULL);
	refused(on, gadget_with(on->arena, 7, "  size: { kind: choice, choices: [small, huge] }"),
		"the choice 'large' of gadget.size is gone", "retired: yes");
	refused(on, gadget_with(on->arena, 3, "type: { name: gadget, number: \"GDG{000}\", title: title }"),
		"numbers its records", NULL);
	refused(on, TEXT_UNSET, "the type gadget is gone", "keep: gadget");
	/* a refused plan changed nothing */
	assert_true(has_column(on, "gadget_record", "story"));
	assert_int_equal(number(on, "SELECT count(*) FROM definition WHERE path = 'practice.yaml'"), 1);
	/* a text may grow into prose */
	migrate_to(on, gadget_with(on->arena, 11, "  reason: { kind: prose }"), TEXT_UNSET);
}

STORE_TEST(a_migration_file_renames)
{
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1000, 1, 0);
	assert_ok(store_run_text(on->store, on->arena,
				 T("UPDATE gadget_record SET story = 'x', story_key = 'x', size = 1"),
				 NO_CELLS, NULL));
	text source = gadget_with(on->arena, 12, "  tale: { kind: prose }");
	ptrdiff_t large = text_find(source, T("large: Large"));
	source = text_format(on->arena, "%.*shuge%s", (int)large, source.data, source.data + large + 5);
	migrate_to(on, source,
		   T("migration: Other words\nsteps:\n  - { rename: gadget.story, to: tale }\n"
		     "  - { rename: gadget.size.large, to: huge }\n"));
	assert_int_equal(
	    number(on, "SELECT count(*) FROM gadget_record WHERE tale = 'x' AND tale_key = 'x' AND size = 1"),
	    1);
	assert_false(has_column(on, "gadget_record", "story"));
}

STORE_TEST(a_migration_file_drops)
{
	migrate_to(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1000, 1, 0);
	add_gadget(on, 1001, 0, 0);
	assert_ok(
	    store_run_text(on->store, on->arena, T("UPDATE gadget_record SET size = 1"), NO_CELLS, NULL));
	text source = gadget_with(on->arena, 12, NULL); /* story */
	ptrdiff_t green = text_find(source, T("red, green"));
	source = text_format(on->arena, "%.*sred%s", (int)green, source.data, source.data + green + 10);
	migrate_to(on, source,
		   T("migration: Less\nsteps:\n  - { drop: gadget.story }\n  - { drop: gadget.color.green, "
		     "to: red }\n"));
	assert_false(has_column(on, "gadget_record", "story"));
	assert_false(has_column(on, "gadget_record", "story_key"));
	assert_int_equal(number(on, "SELECT count(*) FROM gadget_record WHERE color = 0"), 2);
	/* then the type itself */
	text without = T("migration: Gone\nsteps:\n  - drop: gadget\n");
	migrate_to(on, TEXT_UNSET, without);
	bool has;
	assert_ok(store_has_table(on->store, on->arena, T("gadget_record"), &has));
	assert_false(has);
}

STORE_TEST(a_dropped_link_goes_with_its_index)
{
	text source = gadget_with(on->arena, 28, "  requester: { read: [owner = me, team in my teams] }");

	migrate_to(on, source, TEXT_UNSET);
	assert_true(has_index(on, "gadget_record", "gadget_team_created_at"));
	source = gadget_with(on->arena, 9, NULL);
	ptrdiff_t notify = text_find(source, T("[owner, team]"));
	source = text_format(on->arena, "%.*s[owner]%s", (int)notify, source.data, source.data + notify + 13);
	migrate_to(on, source, T("migration: No teams\nsteps:\n  - drop: gadget.team\n"));
	assert_false(has_column(on, "gadget_record", "team"));
	assert_false(has_index(on, "gadget_record", "gadget_team_created_at"));
}

/* An index that its question does not take would only cost: the questions are those of worklist, portal and
 * access branches. */
STORE_TEST(questions_of_lists_walk_along_their_index)
{
	static const struct {
		const char *where, *index;
	} questions[] = {
		{ "team = $1 AND \"state\" IN (0,1,2,3) ORDER BY priority, created_at, id",
		  "incident_team_priority_created_at_in_f" },
		{ "assignee = $1 AND \"state\" IN (0,1,2,3) ORDER BY priority, created_at, id",
		  "incident_assignee_priority_created_at_in_f" },
		{ "\"state\" IN (0,1,2,3) AND assignee IS NULL AND $1 = 1 ORDER BY priority, created_at, id",
		  "incident_priority_created_at_in_f" },
		{ "\"state\" IN (4) AND $1 = 1 ORDER BY resolved_at DESC, id DESC",
		  "incident_resolved_at_in_10" },
		{ "requester = $1 ORDER BY created_at DESC, id DESC", "incident_requester_created_at" },
		{ "team = $1 ORDER BY created_at DESC, id DESC", "incident_team_created_at" },
		{ "restricted = $1 ORDER BY created_at DESC, id DESC", "incident_created_at" },
	};
	struct model *model = shipped_model(on->arena);
	size_t steps;

	assert_ok(migrate(on, model, &steps));
	if (on->postgres) /* on an empty table nothing but reading it whole would be worth it */
		assert_ok(store_script(
		    on->store, on->arena,
		    T("SET enable_seqscan = off; SET enable_sort = off; SET enable_bitmapscan = off")));
	for (size_t i = 0; i < array_length(questions); i++) {
		text sql = text_format(on->arena, "SELECT id FROM incident_record WHERE %s LIMIT 51",
				       questions[i].where),
		     plan;

		assert_ok(store_explain(on->store, on->arena, sql, CELLS(cell_integer(1)), &plan));
		if (!mistake_contains(plan, questions[i].index) || mistake_contains(plan, "TEMP B-TREE") ||
		    mistake_contains(plan, "Sort"))
			fail_msg("%s: %.*s", questions[i].where, TEXT_ARG(plan));
	}
	model_free(model);
}
