/* Definitions: what the shipped ones say arrives in the model. (Mistakes: test_mistakes.c.) */
#include "shipped.h"

#include "model/condition.h"
#include "store/store.h"

TEST(the_shipped_definitions_are_good)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = shipped_model(arena);

	assert_non_null(model->user);
	assert_non_null(model->category);
	assert_int_equal(model_role(model, T("requester")), 0);
	assert_true(model_role(model, T("catalogue_manager")) > 0);
	model_free(model);
	arena_free(arena);
}

TEST(an_incident_has_its_fields_states_and_rules)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = shipped_model(arena);
	const struct type *incident = model_type(model, T("incident"));
	const struct field *priority = type_field(incident, T("priority"));
	const struct transition *wait;

	assert_text(incident->number_prefix, "INC");
	assert_int_equal(incident->number_digits, 7);
	assert_ptr_equal(model_type_of_number(model, T("inc0000042")), incident);
	assert_null(model_type_of_number(model, T("INC")));
	assert_null(model_type_of_number(model, T("INC12x")));
	assert_true(incident->requester > 0 && incident->external_ref > 0 && incident->active == -1);
	assert_text(type_field(incident, T("title"))->name, "title");
	assert_true(type_field(incident, T("requester"))->default_me);
	assert_int_equal(priority->decision->row_count, 9);
	assert_int_equal(priority->decision->rows[0].output->integer, 0);
	assert_true(priority->decision->reason_field ==
		    (ptrdiff_t)type_field(incident, T("priority_reason"))->position);
	assert_int_equal(type_field(incident, T("impact"))->fallback->integer, 2);
	assert_text(label_in(&type_field(incident, T("waiting_until"))->label, T("de")), "Waiting until");
	assert_int_equal(lifecycle_state(incident->lifecycle, T("waiting")), 3);
	wait = &incident->lifecycle->transitions[lifecycle_transition(incident->lifecycle, T("wait"))];
	assert_int_equal(wait->need_count, 3);
	assert_true(wait->needs[2].comment && !wait->needs[2].comment_public &&
		    wait->needs[2].public_when != NULL);
	assert_int_equal(incident->clock_count, 2);
	assert_true(incident->clocks[1].continues && incident->clocks[1].goals[0].goal_ms == 4 * HOUR_MS);
	assert_true(incident->rules[0].when == WHEN_AFTER && incident->rules[0].after_working_days == 5);
	model_free(model);
	arena_free(arena);
}

static bool may_write(const struct model *model, const struct type *type, const char *role, const char *field)
{
	size_t position = (size_t)model_role(model, text_from(role));

	return type->field_access[position * type->field_count + type_field(type, text_from(field))->position]
	    .write;
}

TEST(rights_say_who_writes_what)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = shipped_model(arena);
	const struct type *incident = model_type(model, T("incident"));
	size_t administrator = (size_t)model_role(model, T("administrator"));

	assert_true(may_write(model, incident, "agent", "impact"));
	assert_true(may_write(model, incident, "requester", "title"));
	assert_true(may_write(model, incident, "requester", "impact"));
	assert_false(may_write(model, incident, "agent", "priority")); /* comes from the table ... */
	assert_true(may_write(model, incident, "incident_manager",
			      "priority")); /* ... but for those who may override it */
	assert_true(may_write(model, incident, "administrator", "priority"));
	assert_false(may_write(model, incident, "administrator", "resolved_at"));
	assert_false(may_write(model, incident, "auditor", "title"));
	assert_true(model->roles[administrator].includes >> model_role(model, T("requester")) & 1);
	assert_false(model->roles[administrator].includes >> model_role(model, T("auditor")) & 1);
	for (size_t i = 0; i < incident->grant_count; i++) {
		const struct grant *grant = &incident->grants[i];

		if (grant->role == 0 && grant->right == RIGHT_UPDATE) {
			assert_int_equal(grant->branch_count, 2);
			assert_true(grant->branch_fields[0][incident->title_field]);
			assert_false(grant->branch_fields[1][incident->title_field]);
		}
	}
	model_free(model);
	arena_free(arena);
}

TEST(indexes_follow_from_rights_and_views)
{
	static const char *const expected[] = {
		"incident_number_unique",
		"incident_external_ref",
		"incident_ci",
		"incident_parent",
		"incident_change",
		"incident_requester_created_at",
		"incident_opened_by_created_at",
		"incident_team_created_at",
		"incident_assignee_created_at",
		"incident_created_at",
		"incident_assignee_priority_created_at_in_f",
		"incident_team_priority_created_at_in_f",
		"incident_priority_created_at_in_f",
		"incident_resolved_at_in_10",
	};
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = shipped_model(arena);
	const struct type *incident = model_type(model, T("incident"));

	assert_int_equal(incident->index_count, array_length(expected));
	for (size_t i = 0; i < incident->index_count; i++)
		assert_text(incident->indexes[i].name, expected[i]);
	assert_true(incident->indexes[0].unique && incident->indexes[7].set_only &&
		    !incident->indexes[9].set_only);
	model_free(model);
	arena_free(arena);
}

TEST(menus_show_types_by_rank)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = shipped_model(arena);

	assert_text(model->ranked[0]->name, "incident");
	for (size_t i = 1; i < model->type_count; i++) {
		const struct type *before = model->ranked[i - 1], *type = model->ranked[i];

		assert_true(before->rank < type->rank ||
			    (before->rank == type->rank && before->position < type->position));
	}
	model_free(model);
	arena_free(arena);
}
