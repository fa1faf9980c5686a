/* The models of a type belong to its version: a record goes on with the model it was made from as that was then. */
#include "job.h"

#define HEAD "practice: Tests\npurpose: A model.\nmodel: { name: garden, type: job, label: A garden }\n"
#define FORM "form:\n  page:\n    questions:\n      kind: { kind: choice, choices: [lawn, beds] }\n"
#define GARDEN                                                                                                   \
	HEAD FORM "set:\n  title: { words: \"Garden: {kind}\" }\n"                                                    \
	     "tasks:\n  dig: { when: kind = beds and record.soil = clay }\n  sow: { after: dig }\n"
#define GARDEN_2                                                                                                 \
	HEAD "form:\n  page:\n    questions:\n      plan: { kind: text }\n"                                           \
	     "set:\n  title: { words: \"Garden: {plan}\" }\ntasks:\n  plough: { }\n  sow: { after: plough }\n"


/* The first step of the garden that records of this type have, or "none". */
static const char *first_step(struct store_fixture *on, const struct type *type)
{
	const struct work_model *model = type_work_model(type, T("garden"));

	return model == NULL ? "none" : text_cstring(on->arena, model->graph.steps[0].name);
}

STORE_TEST(a_record_goes_on_with_the_model_it_was_made_from)
{
	struct model *model;
	const struct type *job;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN_2 }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 2); /* the type is published with its model */
	assert_int_equal(job->variant_count, 1);
	add_job(on, 2, 2, 0);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "dig");
	assert_string_equal(first_step(on, type_of_job(on, model, 2)), "plough");
	/* The conditions of its tasks speak of the questions of then. */
	const struct work_model *then = type_work_model(type_of_job(on, model, 1), T("garden"));
	assert_non_null(then->graph.steps[0].when);
	assert_non_null(type_field(then->form_type, T("kind")));
	assert_null(type_field(then->form_type, T("plan")));
	assert_int_equal(model->work_model_count, 1);
	assert_ptr_equal(type_work_model(job, T("garden")), &model->work_models[0]);
	model_free(model);
}

STORE_TEST(a_model_that_went_stays_for_its_records)
{
	struct model *model;
	const struct type *job;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 2);
	assert_int_equal(model_work_model(model, T("garden")), -1);
	assert_null(type_work_model(job, T("garden")));
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "dig");
	model_free(model);
	/* And comes again, as it was: nothing differs any more. */
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 3);
	assert_int_equal(job->variant_count, 0);
	model_free(model);
}

/* A new record's fields and further records are the newest's; a new model is none of an older version. */
STORE_TEST(only_form_and_tasks_make_a_version_of_its_own)
{
	struct model *model;
	const struct type *job;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB },
	                    { "models/garden.yaml", HEAD FORM "set:\n  title: { words: \"For {kind}\" }\ntasks:\n"
	                                                      "  dig: { when: kind = beds and record.soil = clay }\n  sow: { after: dig }\n" },
	                    { "models/pond.yaml", "practice: Tests\npurpose: Another.\nmodel: { name: pond, type: job }\ntasks:\n  dig: { }\n"
	                                          "creates:\n  - { model: garden, relation: related_to, set: { title: Around it } }\n" }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 2);
	assert_int_equal(job->variant_count, 0);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "dig");
	model_free(model);
}

STORE_TEST(a_model_whose_file_is_called_otherwise_is_the_same)
{
	struct model *model;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB }, { "models/outside.yaml", GARDEN }));
	assert_int_equal(job_of(on, &model)->definition, 1);
	model_free(model);
	published(on, FILES({ "job.yaml", JOB }, { "models/outside.yaml", GARDEN_2 }));
	assert_int_equal(job_of(on, &model)->definition, 2);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "dig");
	model_free(model);
}

/* Fields and states of then are found by what an old model calls them. */
STORE_TEST(an_old_model_speaks_of_the_type_as_it_was)
{
	const char *job = "practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"
	                  "fields:\n  ground: { kind: choice, choices: [clay, sand] }\n"
	                  "lifecycle:\n  states: { made: { group: open }, doing: { group: open }, over: { group: closed } }\n"
	                  "  transitions:\n    begin: { from: made, to: doing, by: agent }\n"
	                  "    complete: { from: doing, to: over, by: tasks }\n"
	                  "tasks:\n  in: doing\n  done: complete\n  steps: { whole: { label: All of it } }\n"
	                  "rights:\n  agent: { read: always, create: always, update: always, comment: always }\n";
	struct model *model;

	published(on, FILES({ "job.yaml", JOB },
	                    { "models/garden.yaml", HEAD FORM "tasks:\n  dig: { when: record.soil = clay }\n  sow: { when: record.state != fresh }\n" }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", job }, { "models/garden.yaml", HEAD FORM "tasks:\n  dig: { when: record.ground = sand }\n" },
	                    { "migrations/0001-names.yaml", "migration: names\nsteps:\n  - { rename: job.soil, to: ground }\n" }));
	(void)job_of(on, &model);
	assert_int_equal(type_work_model(type_of_job(on, model, 1), T("garden"))->graph.step_count, 2);
	model_free(model);
}

/* What an old model needs must still be there, and is told with its place. */
STORE_TEST(what_an_old_model_needs_is_refused_with_its_place)
{
	struct definition_source *sources;
	struct error *error;
	size_t count;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	sources_with(on->arena,
	             FILES({ "job.yaml", "practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"
	                                 "fields:\n  soil: { kind: choice, choices: [sand] }\n" JOB_REST },
	                   { "models/garden.yaml", GARDEN_2 },
	                   { "migrations/0001-clay.yaml", "migration: no clay\nsteps:\n  - { drop: job.soil.clay, to: sand }\n" }),
	             &sources, &count);
	error = publish_sources(on, sources, count);
	assert_non_null(error);
	assert_string_equal(text_cstring(on->arena, error->place.file), "models/garden.yaml (version 1)");
	assert_int_equal(error->place.line, 11);
}

/* Before models belonged to versions they changed under one that stayed, and its records ran on the last. */
STORE_TEST(a_store_from_before_is_taken_up)
{
	struct model *model;
	const struct type *job;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN_2 }));
	assert_ok(store_script(on->store, on->arena, T("DELETE FROM definition WHERE path = 'job.yaml' AND version = 2")));
	assert_ok(store_script(on->store, on->arena,
	                       T("UPDATE definition SET active = 1, live = 0, until = NULL, hash = 'old' WHERE path = 'job.yaml'")));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 1);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "plough");
	model_free(model);
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN_2 }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 2);
	assert_int_equal(job->variant_count, 0);
	model_free(model);
	/* The second says what the first did: there is nothing to go back to yet. */
	struct definition_source *sources;
	size_t count;
	struct error *error = schema_previous_sources(on->arena, on->store, T("job"), &sources, &count);
	assert_non_null(error);
	assert_string_equal(text_cstring(on->arena, error->message), "job has only one version");
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	(void)job_of(on, &model);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "plough");
	model_free(model);
}

STORE_TEST(going_back_takes_the_models_along)
{
	struct definition_source *sources;
	struct model *model;
	size_t count;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN_2 },
	                    { "models/pond.yaml", "practice: Tests\npurpose: Another.\nmodel: { name: pond, type: job }\ntasks:\n  dig: { }\n" }));
	add_job(on, 2, 2, 0);
	assert_ok(schema_previous_sources(on->arena, on->store, T("job"), &sources, &count));
	assert_null(publish_sources(on, sources, count));
	assert_int_equal(job_of(on, &model)->definition, 3);
	assert_int_equal(model->work_model_count, 1);
	assert_string_equal(first_step(on, type_of_job(on, model, 1)), "dig");
	assert_string_equal(first_step(on, type_of_job(on, model, 2)), "plough");
	assert_non_null(type_work_model(type_of_job(on, model, 2), T("pond")));
	model_free(model);
	/* And forward again. */
	assert_ok(schema_previous_sources(on->arena, on->store, T("job"), &sources, &count));
	assert_null(publish_sources(on, sources, count));
	assert_int_equal(job_of(on, &model)->definition, 4);
	assert_int_equal(model->work_model_count, 2);
	model_free(model);
}

static bool says(struct store_fixture *on, const struct definition_version *version, const char *line)
{
	for (size_t i = 0; i < version->difference_count; i++)
		if (text_starts_with(difference_line(on->arena, &version->differences[i]), text_from(line)))
			return true;
	for (size_t i = 0; i < version->difference_count; i++)
		print_message("%.*s\n", TEXT_ARG(difference_line(on->arena, &version->differences[i])));
	return false;
}

STORE_TEST(versions_say_what_changed_in_models)
{
	struct definition_version *versions;
	struct model *model;
	size_t count;

	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN }));
	published(on, FILES({ "job.yaml", JOB }, { "models/garden.yaml", GARDEN_2 }));
	published(on, FILES({ "job.yaml", JOB }));
	const struct type *job = job_of(on, &model);
	struct work work = work_of(on, model);
	assert_ok(schema_versions(&work, job, true, &versions, &count));
	assert_int_equal(count, 3);
	assert_true(says(on, &versions[0], "- model garden: "));
	assert_int_equal(versions[0].difference_count, 1);
	assert_true(says(on, &versions[1], "+ model garden, tasks plough: "));
	assert_true(says(on, &versions[1], "- model garden, tasks dig: "));
	assert_true(says(on, &versions[1], "~ model garden, tasks sow: after: dig -> plough"));
	struct older_definition source;
	assert_ok(schema_source(&work, job, 1, &source));
	assert_int_equal(source.model_count, 1);
	assert_true(text_find(source.models[0].source, T("dig")) > 0);
	model_free(model);
}

/* A type's versions are counted on when its file is called otherwise, and back. */
STORE_TEST(a_type_whose_file_is_called_otherwise_keeps_its_versions)
{
	const char *other = JOB_HEAD "lifecycle:\n  states: { begun: { group: open }, over: { group: closed } }\n"
	                             "  transitions:\n    finish: { from: begun, to: over, by: agent }\n"
	                             "rights:\n  agent: { read: always, create: always, update: always, comment: always }\n";
	struct definition_version *versions;
	struct model *model;
	const struct type *job;
	size_t count;
	struct older_definition source;

	published(on, FILES({ "job.yaml", JOB }));
	add_job(on, 1, 1, 1); /* doing */
	published(on, FILES({ "work.yaml", other }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 2);
	add_job(on, 2, 2, 0); /* begun */
	assert_int_equal(job->variant_count, 1);
	assert_true(lifecycle_transition(type_of_job(on, model, 1)->lifecycle, T("begin")) >= 0);
	assert_true(lifecycle_transition(type_of_job(on, model, 2)->lifecycle, T("begin")) < 0);
	struct work work = work_of(on, model);
	assert_ok(schema_versions(&work, job, true, &versions, &count));
	assert_int_equal(count, 2);
	assert_int_equal(versions[1].records, 1);
	assert_true(says(on, &versions[0], "+ state begun"));
	assert_ok(schema_source(&work, job, 1, &source));
	assert_true(text_find(source.own.source, T("doing")) > 0);
	model_free(model);
	published(on, FILES({ "job.yaml", JOB }));
	job = job_of(on, &model);
	assert_int_equal(job->definition, 3);
	assert_ptr_equal(type_of_job(on, model, 1), job);
	assert_true(lifecycle_transition(type_of_job(on, model, 2)->lifecycle, T("finish")) >= 0);
	model_free(model);
}

/* Who publishes is told which offerings nobody can order any more. */
STORE_TEST(offerings_whose_model_goes_are_counted)
{
	const char *ware = "practice: Tests\npurpose: What is ordered.\ntype: { name: ware, key: name, title: name }\n"
	                   "fields:\n  name: { kind: text, required: yes, length: 60, indexed: yes }\n  model: { kind: model }\n"
	                   "rights:\n  agent: { read: always, create: always, update: always }\n";
	const char *job = JOB_HEAD "  ware: { kind: link, to: ware, orders: { model: model } }\n" JOB_REST;
	struct definition_source *sources;
	struct model *before, *model;
	struct schema_gone *gone;
	size_t count;

	published(on, FILES({ "job.yaml", job }, { "ware.yaml", ware }, { "models/garden.yaml", GARDEN }));
	for (int64_t id = 1; id < 4; id++)
		assert_ok(store_run_text(on->store, on->arena,
		                         T("INSERT INTO ware_record (id, definition, number, number_key, version, created_at, updated_at, name, name_key, model) "
		                           "VALUES ($1, 1, $2, $2, 1, 1, 1, $2, $2, $3)"),
		                         CELLS(cell_integer(id), cell_text(text_format(on->arena, "ware%lld", (long long)id)),
		                               id == 3 ? cell_text(T("hedge")) : cell_text(T("garden"))),
		                         NULL));
	sources_with(on->arena, FILES({ "job.yaml", job }, { "ware.yaml", ware }), &sources, &count);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(schema_load(on->arena, on->store, &before));
	assert_ok(schema_propose(on->arena, on->store, sources, count, &model));
	assert_ok(schema_gone_offerings(on->arena, on->store, before, model, &gone, &count));
	assert_int_equal(count, 1); /* the hedge went long ago */
	assert_int_equal(gone[0].records, 2);
	assert_string_equal(text_cstring(on->arena, gone[0].model), "garden");
	store_rollback(on->store);
	model_free(before);
	model_free(model);
}
