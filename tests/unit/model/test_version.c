/* Older versions of a definition: records that run on them are read with their process, everything else is the newest's. */
#include "gadget.h"
#include "store_both.h"

#include "model/condition.h"
#include "model/record.h"
#include "model/schema.h"

static struct work work_of(struct store_fixture *on, const struct model *model)
{
	return (struct work){ .arena = on->arena, .store = on->store, .model = model, .now = 1700000000000, .language = T("en") };
}

static void sources_with(struct arena *arena, text gadget, text migration, struct definition_source **ret_sources, size_t *ret_count)
{
	struct definition_source *shipped, *sources;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 2);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	if (text_is_set(migration))
		sources[used++] = (struct definition_source){ T("migrations/0001-test.yaml"), migration };
	sources[used++] = (struct definition_source){ T("practice.yaml"), gadget };
	*ret_sources = sources;
	*ret_count = used;
}

static struct error *publish(struct store_fixture *on, text gadget, text migration)
{
	struct definition_source *sources;
	struct model *model = NULL, *before = NULL;
	struct schema_plan plan;
	struct error *error;
	size_t count;

	sources_with(on->arena, gadget, migration, &sources, &count);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(schema_load(on->arena, on->store, &before));
	error = schema_propose(on->arena, on->store, sources, count, &model);
	if (error == NULL) {
		struct work work = work_of(on, model);

		assert_ok(schema_plan(on->arena, on->store, before, model, &plan));
		error = plan.refused;
		if (error == NULL)
			assert_ok(schema_apply(&work, model, &plan));
	}
	if (error == NULL)
		assert_ok(store_commit(on->store, on->arena));
	else
		store_rollback(on->store);
	model_free(before);
	model_free(model);
	return error;
}

static void published(struct store_fixture *on, text gadget, text migration)
{
	struct error *error = publish(on, gadget, migration);

	shipped_show(error);
	assert_null(error);
}

static const struct type *gadget_of(struct store_fixture *on, struct model **ret_model)
{
	assert_ok(schema_load(on->arena, on->store, ret_model));
	return model_type(*ret_model, T("gadget"));
}

static void add_gadget(struct store_fixture *on, int64_t id, int64_t definition, int state)
{
	assert_ok(store_run_text(
	    on->store, on->arena,
	    T("INSERT INTO gadget_record (id, definition, number, number_key, version, state, created_at, updated_at, title, title_key) "
	      "VALUES ($1, $2, $3, $3, 1, $4, 1, 1, 'A', 'a')"),
	    CELLS(cell_integer(id), cell_integer(definition), cell_text(text_format(on->arena, "gad%lld", (long long)id)),
	          cell_integer(state)),
	    NULL));
}

static struct record *load(struct store_fixture *on, const struct model *model, int64_t id)
{
	struct work work = work_of(on, model);
	struct record *record;

	assert_ok(model_load_fresh(&work, model_type(model, T("gadget")), id, &record));
	return record;
}

/* The second version: `busy` is gone, `triage` comes first, another transition, another clock; `reason` is gone. */
static text second(struct arena *arena)
{
	static const struct {
		const char *old, *now;
	} changes[] = {
		{ "    busy: { group: open }", "    triage: { group: open }" },
		{ "    fresh: { group: open }", NULL },
		{ "    begin: { from: fresh, to: busy, needs: [owner], by: agent }",
		  "    look: { from: triage, to: done, by: agent }" },
		{ "    finish: { from: [fresh, busy], to: done, by: [agent, timer], set: { done_at: now } }", NULL },
		{ "  answer: { start: created, stop: [state done], goals: [{ goal: 4h }], calendar: service, warn: [50, 75] }",
		  "  solution: { start: created, stop: [state done], goals: [{ goal: 8h }] }" },
		{ "  tidy: { when: 5 working days after created_at, if: state = busy, then: [transition: finish] }", NULL },
		{ "  mine: { roles: [agent], where: owner = me and state = busy, columns: [number, title], sort: -created_at }",
		  "  mine: { roles: [agent], where: owner = me, columns: [number, title], sort: -created_at }" },
		{ "  reason: { kind: text }", NULL },
		{ "  requester: { read: owner = me, hide: [reason] }", "  requester: { read: owner = me }" },
	};
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < array_length(gadget_lines); i++) {
		const char *line = gadget_lines[i];

		for (size_t j = 0; j < array_length(changes); j++)
			if (line != NULL && strcmp(gadget_lines[i], changes[j].old) == 0)
				line = changes[j].now;
		if (line == NULL)
			continue;
		buffer_text(&out, text_from(line));
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

STORE_TEST(a_record_runs_on_the_version_it_was_made_with)
{
	struct model *model;
	const struct type *gadget;
	struct record *old, *new;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 1); /* busy */
	published(on, second(on->arena), TEXT_UNSET);
	gadget = gadget_of(on, &model);
	assert_int_equal(gadget->definition, 2);
	assert_int_equal(gadget->variant_count, 1);
	add_gadget(on, 2, 2, 0); /* triage */
	old = load(on, model, 1);
	new = load(on, model, 2);
	assert_int_equal(old->definition, 1);
	assert_ptr_not_equal(old->type, gadget);
	assert_true(type_same(old->type, new->type));
	assert_ptr_equal(new->type, gadget);
	/* States are the union: a cell means the same on every version. */
	assert_string_equal(text_cstring(on->arena, old->type->lifecycle->states[record_state(old)].name), "busy");
	assert_string_equal(text_cstring(on->arena, gadget->lifecycle->states[record_state(old)].name), "busy");
	assert_true(gadget->lifecycle->states[record_state(old)].retired);
	assert_false(gadget->lifecycle->states[record_state(new)].retired);
	assert_string_equal(text_cstring(on->arena, gadget->lifecycle->states[gadget->lifecycle->initial].name), "triage");
	assert_string_equal(text_cstring(on->arena, old->type->lifecycle->states[old->type->lifecycle->initial].name), "fresh");
	assert_int_equal(lifecycle_state(gadget->lifecycle, T("done")), 1);
	/* The process is each version's own. */
	assert_true(lifecycle_transition(old->type->lifecycle, T("begin")) >= 0);
	assert_true(lifecycle_transition(old->type->lifecycle, T("look")) < 0);
	assert_true(lifecycle_transition(new->type->lifecycle, T("begin")) < 0);
	assert_string_equal(text_cstring(on->arena, old->type->clocks[0].name), "answer");
	assert_string_equal(text_cstring(on->arena, new->type->clocks[0].name), "solution");
	assert_int_equal(old->type->rule_count, 2);
	assert_int_equal(new->type->rule_count, 1);
	/* Rights, views and fields are the newest's; a field that went is there for who still needs it. */
	assert_ptr_equal(old->type->grants, new->type->grants);
	assert_ptr_equal(old->type->fields, new->type->fields);
	assert_true(type_field(gadget, T("reason"))->retired);
	assert_true(gadget->field_access[(size_t)model_role(model, T("agent")) * gadget->field_count + type_field(gadget, T("reason"))->position].write);
	assert_false(gadget->field_access[(size_t)model_role(model, T("requester")) * gadget->field_count + type_field(gadget, T("reason"))->position].read);
	model_free(model);
}

STORE_TEST(a_version_without_records_is_not_kept)
{
	struct model *model;
	const struct type *gadget;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	assert_non_null(publish(on, second(on->arena), TEXT_UNSET)); /* the field reason would go, and nobody needs it */
	published(on, second(on->arena), T("migration: no reason\nsteps:\n  - { drop: gadget.reason }\n"));
	gadget = gadget_of(on, &model);
	assert_int_equal(gadget->variant_count, 0);
	assert_int_equal(gadget->lifecycle->state_count, 2);
	assert_null(type_field(gadget, T("reason")));
	model_free(model);
}

STORE_TEST(a_version_that_differs_in_rights_only_runs_as_the_newest)
{
	struct model *model;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 1);
	published(on, gadget_with(on->arena, 28, "  requester: { read: owner = me }"), TEXT_UNSET);
	assert_int_equal(gadget_of(on, &model)->variant_count, 0);
	assert_ptr_equal(load(on, model, 1)->type, model_type(model, T("gadget")));
	assert_int_equal(load(on, model, 1)->definition, 1);
	model_free(model);
	/* And is one of its own again as soon as the process changes. */
	published(on, second(on->arena), TEXT_UNSET);
	assert_int_equal(gadget_of(on, &model)->variant_count, 1);
	assert_true(lifecycle_transition(load(on, model, 1)->type->lifecycle, T("begin")) >= 0);
	model_free(model);
}

STORE_TEST(states_keep_their_meaning_when_their_places_move)
{
	struct model *model;
	const struct type *gadget;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 1); /* busy */
	add_gadget(on, 2, 1, 2); /* done */
	published(on, second(on->arena), TEXT_UNSET);
	gadget = gadget_of(on, &model);
	assert_string_equal(text_cstring(on->arena, gadget->lifecycle->states[record_state(load(on, model, 1))].name), "busy");
	assert_string_equal(text_cstring(on->arena, gadget->lifecycle->states[record_state(load(on, model, 2))].name), "done");
	model_free(model);
	/* Back to the first process as a third version: the same names, yet another order. */
	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	gadget = gadget_of(on, &model);
	assert_int_equal(gadget->definition, 3);
	assert_int_equal(gadget->variant_count, 0); /* version 1 runs as version 3; nobody is on 2 */
	assert_int_equal(gadget->lifecycle->state_count, 3);
	assert_int_equal(record_state(load(on, model, 1)), 1);
	assert_int_equal(record_state(load(on, model, 2)), 2);
	model_free(model);
}

STORE_TEST(renamed_fields_are_found_by_their_old_names)
{
	struct model *model;
	struct record *old;
	text source = second(on->arena);
	ptrdiff_t at = text_find(source, T("  owner: { kind: link, to: user, default: me }"));

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 0);
	assert_true(at > 0);
	source = text_format(on->arena, "%.*s  keeper%.*s", (int)at, source.data, (int)(source.length - (size_t)at - 7),
	                     source.data + at + 7);
	source = text_from(text_cstring(on->arena, source));
	for (char *c = (char *)(uintptr_t)source.data; (c = strstr(c, "owner")) != NULL;)
		memcpy(c, "keepr", 5); /* wherever else it stands */
	at = text_find(source, T("  keeper:"));
	source = text_format(on->arena, "%.*s  keepr:%.*s", (int)at, source.data, (int)(source.length - (size_t)at - 9), source.data + at + 9);
	published(on, source, T("migration: names\nsteps:\n  - { rename: gadget.owner, to: keepr }\n"));
	(void)gadget_of(on, &model);
	old = load(on, model, 1);
	/* Its transition needs the field that was called owner. */
	const struct transition *begin = &old->type->lifecycle->transitions[lifecycle_transition(old->type->lifecycle, T("begin"))];
	assert_int_equal(begin->needs[0].fields[0], type_field(old->type, T("keepr"))->position);
	assert_null(type_field(model_type(model, T("gadget")), T("owner")));
	model_free(model);
}

STORE_TEST(a_kind_that_changes_is_refused_while_records_have_the_other)
{
	struct error *error;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 0);
	text source = second(on->arena);
	ptrdiff_t at = text_find(source, T("  weight: { kind: integer, least: 1, most: 9 }"));
	assert_true(at > 0);
	source = text_format(on->arena, "%.*s  weight: { kind: text }%.*s", (int)at, source.data,
	                     (int)(source.length - (size_t)at - 46), source.data + at + 46);
	error = publish(on, source, TEXT_UNSET);
	assert_non_null(error);
	assert_true(mistake_contains(error->message, "records that run on version 1 have it as integer"));
}

/* What a type extends is part of its version: the version of then is read with the base of then. */
STORE_TEST(the_base_of_then_belongs_to_the_version)
{
	const char *base = "practice: Tests\npurpose: Base.\ntype: { name: base, abstract: yes, number: \"BAS{000}\" }\n"
	                   "lifecycle:\n  states: { %s: { group: open }, over: { group: closed } }\n"
	                   "  transitions: { end: { from: %s, to: over, by: agent } }\n";
	const char *own = "practice: Tests\npurpose: Own.\ntype: { name: own, extends: base, number: \"OWN{000}\" }\n"
	                  "rights:\n  agent: { read: always, create: always, update: always }\n";
	struct definition_source *sources;
	struct model *model = NULL, *before;
	struct schema_plan plan;
	size_t count;

	for (int i = 0; i < 2; i++) {
		text first = i == 0 ? T("one") : T("two");
		struct buffer out;

		sources_with(on->arena, gadget_with(on->arena, 0, NULL), TEXT_UNSET, &sources, &count);
		sources = arena_grow(on->arena, sources, count * sizeof(*sources), (count + 2) * sizeof(*sources));
		buffer_init(&out, on->arena, 4096);
		for (const char *c = base; *c != '\0'; c++)
			if (c[0] == '%' && c[1] == 's') {
				buffer_text(&out, first);
				c++;
			} else {
				buffer_char(&out, *c);
			}
		sources[count++] = (struct definition_source){ T("base.yaml"), buffer_peek(&out) };
		sources[count++] = (struct definition_source){ T("own.yaml"), text_from(own) };
		assert_ok(store_begin(on->store, on->arena));
		assert_ok(schema_load(on->arena, on->store, &before));
		struct error *error = schema_propose(on->arena, on->store, sources, count, &model);
		shipped_show(error);
		assert_null(error);
		assert_ok(schema_plan(on->arena, on->store, before, model, &plan));
		shipped_show(plan.refused);
		assert_null(plan.refused);
		struct work work = work_of(on, model);
		assert_ok(schema_apply(&work, model, &plan));
		assert_ok(store_commit(on->store, on->arena));
		model_free(before);
		model_free(model);
		if (i == 0)
			assert_ok(store_script(on->store, on->arena,
			                       T("INSERT INTO own_record (id, definition, number, number_key, version, state, created_at, updated_at) "
			                         "VALUES (1, 1, 'OWN001', 'own001', 1, 0, 1, 1)")));
	}
	assert_ok(schema_load(on->arena, on->store, &model));
	struct work work = work_of(on, model);
	struct record *record;
	assert_ok(model_load_fresh(&work, model_type(model, T("own")), 1, &record));
	assert_int_equal(model_type(model, T("own"))->definition, 2);
	assert_string_equal(text_cstring(on->arena, record->type->lifecycle->states[record->type->lifecycle->initial].name), "one");
	assert_int_equal(record_state(record), record->type->lifecycle->initial);
	model_free(model);
}

static bool says(struct store_fixture *on, const struct difference *items, size_t count, const char *line)
{
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(difference_line(on->arena, &items[i]), text_from(line)))
			return true;
	for (size_t i = 0; i < count; i++)
		print_message("%.*s\n", TEXT_ARG(difference_line(on->arena, &items[i])));
	return false;
}

STORE_TEST(versions_are_listed_with_what_changed)
{
	struct definition_version *versions;
	struct model *model;
	size_t count;
	struct older_definition source;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 1);
	add_gadget(on, 2, 1, 1);
	published(on, second(on->arena), TEXT_UNSET);
	add_gadget(on, 3, 2, 1);
	const struct type *gadget = gadget_of(on, &model);
	struct work work = work_of(on, model);
	assert_ok(schema_versions(&work, gadget, true, &versions, &count));
	assert_int_equal(count, 2);
	assert_int_equal(versions[0].version, 2);
	assert_true(versions[0].active);
	assert_int_equal(versions[0].records, 1);
	assert_int_equal(versions[1].records, 2);
	assert_int_equal(versions[1].difference_count, 0);
	assert_true(says(on, versions[0].differences, versions[0].difference_count, "+ state triage: { group: open }"));
	assert_true(says(on, versions[0].differences, versions[0].difference_count, "- transition begin: "));
	assert_true(says(on, versions[0].differences, versions[0].difference_count, "- field reason: "));
	assert_true(says(on, versions[0].differences, versions[0].difference_count, "~ rights of requester: without hide ([reason])"));
	assert_true(says(on, versions[0].differences, versions[0].difference_count, "~ view mine: where: owner = me and state = busy -> owner = me"));
	assert_ok(schema_source(&work, gadget, 1, &source));
	assert_true(mistake_contains(source.own.source, "    busy: { group: open }"));
	assert_int_equal(schema_source(&work, gadget, 9, &source)->code, ERROR_NOT_FOUND);
	model_free(model);
}

/* Links and rules that lead to the type itself lead to its older versions, too. */
STORE_TEST(what_leads_to_the_type_leads_to_its_versions)
{
	text source = gadget_with(on->arena, 9, "  team: { kind: link, to: team }\n  parent: { kind: link, to: gadget }");
	struct model *model;
	ptrdiff_t at = text_find(source, T("  tell: {"));

	assert_true(at > 0);
	source = text_format(on->arena, "%.*s  spread: { when: state done, then: [{ each: gadget.parent, where: state = busy, transition: finish }] }\n%.*s",
	                     (int)at, source.data, (int)(source.length - (size_t)at), source.data + at);
	published(on, source, TEXT_UNSET);
	add_gadget(on, 1, 1, 0);
	at = text_find(source, T("[50, 75]"));
	source = text_format(on->arena, "%.*s[60, 75]%.*s", (int)at, source.data, (int)(source.length - (size_t)at - 8), source.data + at + 8);
	published(on, source, TEXT_UNSET);
	assert_int_equal(gadget_of(on, &model)->variant_count, 1);
	assert_int_equal(load(on, model, 1)->type->rule_count, 3);
	model_free(model);
}

/* Before publications were numbered the table had fewer columns: such a store is read, and the next publication adds them. */
STORE_TEST(a_store_without_publications_is_read_and_goes_on)
{
	struct model *model;

	published(on, gadget_with(on->arena, 0, NULL), TEXT_UNSET);
	add_gadget(on, 1, 1, 1);
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN publication")));
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN \"until\"")));
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN live")));
	assert_int_equal(gadget_of(on, &model)->definition, 1);
	model_free(model);
	published(on, second(on->arena), TEXT_UNSET);
	assert_int_equal(gadget_of(on, &model)->variant_count, 1);
	assert_int_equal(load(on, model, 1)->definition, 1);
	assert_true(lifecycle_transition(load(on, model, 1)->type->lifecycle, T("begin")) >= 0);
	model_free(model);
}
