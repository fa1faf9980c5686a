/* Odd sequences of publications: what they make of names that mean something else by now, and of files that are called otherwise. */
#include "job.h"

#define JOB_WITH(FIELDS, NEEDS)                                                                                  \
	"practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"  \
	"fields:\n" FIELDS                                                                                           \
	"lifecycle:\n  states: { fresh: { group: open }, over: { group: closed } }\n"                               \
	"  transitions:\n    finish: { from: fresh, to: over, needs: [" NEEDS "], by: agent }\n"                     \
	"rights:\n  agent: { read: always, create: always, update: always, comment: always }\n"
#define SOIL "  soil: { kind: text }\n"
#define GROUND "  ground: { kind: text }\n"
#define RENAME { "migrations/0001-ground.yaml", "migration: names\nsteps:\n  - { rename: job.soil, to: ground }\n" }

static size_t needed_by(const struct type *type)
{
	return type->lifecycle->transitions[lifecycle_transition(type->lifecycle, T("finish"))].needs[0].fields[0];
}

/* Version 1 has soil, version 2 calls it ground, version 3 has another soil beside it. */
STORE_TEST(a_field_is_followed_past_a_new_one_of_its_old_name)
{
	struct model *model;
	const struct type *job;

	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", JOB_WITH(GROUND, "ground, title") }, RENAME));
	add_job(on, 2, 2, 0);
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL GROUND, "soil, ground") }, RENAME));
	add_job(on, 3, 3, 0);
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL GROUND, "title") }, RENAME));
	job = job_of(on, &model);
	assert_int_equal(needed_by(type_of_job(on, model, 1)), type_field(job, T("ground"))->position);
	assert_int_equal(needed_by(type_of_job(on, model, 2)), type_field(job, T("ground"))->position);
	assert_int_equal(needed_by(type_of_job(on, model, 3)), type_field(job, T("soil"))->position);
	/* Who speaks of a field of the record speaks as of today. */
	assert_ptr_equal(type_field(type_of_job(on, model, 1), T("soil")), type_field(job, T("soil")));
	model_free(model);
}

STORE_TEST(a_rename_beside_a_new_field_of_the_old_name_is_refused)
{
	struct definition_source *sources;
	struct error *error;
	size_t count;

	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }));
	sources_with(on->arena, FILES({ "job.yaml", JOB_WITH(SOIL GROUND, "soil") }, RENAME), &sources, &count);
	error = publish_sources(on, sources, count);
	assert_non_null(error);
	assert_string_equal(text_cstring(on->arena, error->message), "the field job.soil is renamed to ground, but there is another 'soil'");
	/* One after the other it is clear. */
	published(on, FILES({ "job.yaml", JOB_WITH(GROUND, "ground") }, RENAME));
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL GROUND, "ground") }, RENAME));
	/* And an old step stays harmless, whatever comes and goes. */
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }, RENAME,
	                    { "migrations/0002-drop.yaml", "migration: drop\nsteps:\n  - { drop: job.ground }\n" }));
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL GROUND, "soil") }, RENAME));
}

/* Rights follow the newest: what an older version asks for, and nobody may write any more, is told. */
STORE_TEST(rights_that_an_older_version_needs_are_missed)
{
	static const char narrow[] = "practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"
	                             "fields:\n" SOIL "lifecycle:\n  states: { fresh: { group: open }, over: { group: closed } }\n"
	                             "  transitions:\n    end: { from: fresh, to: over, by: agent }\n"
	                             "rights:\n  agent: { read: always, create: always, write: [title] }\n";
	struct model *model;

	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }));
	add_job(on, 1, 1, 0);
	published(on, FILES({ "job.yaml", narrow }));
	(void)job_of(on, &model);
	assert_non_null(model->narrowed);
	assert_string_equal(text_cstring(on->arena, model->narrowed->message), "'finish' needs soil, which none of its roles may write any more");
	assert_string_equal(text_cstring(on->arena, model->narrowed->place.file), "job.yaml (version 1)");
	assert_int_equal(model->narrowed->place.line, 9);
	assert_null(model->narrowed->next);
	model_free(model);
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "title, soil") }));
	(void)job_of(on, &model);
	assert_null(model->narrowed);
	model_free(model);
}

static const char *source_of(struct store_fixture *on, const struct definition_source *sources, size_t count, const char *path)
{
	const char *found = NULL;

	for (size_t i = 0; i < count; i++)
		if (text_equal(sources[i].path, text_from(path))) {
			assert_null(found);
			found = text_cstring(on->arena, sources[i].source);
		}
	return found;
}

/* All goes back to what it was before the last publication; also in a store whose first versions were not numbered. */
STORE_TEST(all_goes_back_together)
{
	const char *first = JOB_WITH(SOIL, "soil"), *second = JOB_WITH(SOIL, "soil, title"), *third = JOB_WITH(SOIL, "title");
	struct definition_source *sources;
	struct model *model;
	size_t count;

	published(on, FILES({ "job.yaml", first }));
	published(on, FILES({ "job.yaml", second }));
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN publication")));
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN \"until\"")));
	assert_ok(store_script(on->store, on->arena, T("ALTER TABLE definition DROP COLUMN live")));
	published(on, FILES({ "job.yaml", third }, { "models/garden.yaml", "practice: Tests\npurpose: A model.\nmodel: { name: garden, type: job }\n" }));
	assert_ok(schema_previous_sources(on->arena, on->store, T("all"), &sources, &count));
	assert_string_equal(source_of(on, sources, count, "job.yaml"), second);
	assert_null(source_of(on, sources, count, "models/garden.yaml"));
	assert_null(publish_sources(on, sources, count));
	assert_int_equal(job_of(on, &model)->definition, 4);
	assert_int_equal(model->work_model_count, 0);
	model_free(model);
	assert_ok(schema_previous_sources(on->arena, on->store, T("all"), &sources, &count));
	assert_string_equal(source_of(on, sources, count, "job.yaml"), third);
	assert_non_null(source_of(on, sources, count, "models/garden.yaml"));
}

static text soil_of(struct store_fixture *on, const struct model *model, int64_t id, const char *field)
{
	struct work work = work_of(on, model);
	struct record *record;

	assert_ok(model_load_fresh(&work, model_type(model, T("job")), id, &record));
	return record->cells[type_field(model_type(model, T("job")), text_from(field))->position].text;
}

static void went_back(struct store_fixture *on, text what)
{
	struct definition_source *sources;
	struct error *error;
	size_t count;

	assert_ok(schema_previous_sources(on->arena, on->store, what, &sources, &count));
	error = publish_sources(on, sources, count);
	shipped_show(error);
	assert_null(error);
}

/* A rename is taken back with the version that brought it, for one type and for all, back and forth: values stay with what they were called. */
STORE_TEST(values_go_back_to_the_name_they_had)
{
	static const char *const ways[] = { "job", "all" };
	struct model *model;

	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }));
	add_job(on, 1, 1, 0);
	assert_ok(store_script(on->store, on->arena, T("UPDATE job_record SET soil = 'clay'")));
	published(on, FILES({ "job.yaml", JOB_WITH(GROUND, "ground, title") }, RENAME));
	add_job(on, 2, 2, 0);
	assert_ok(store_script(on->store, on->arena, T("UPDATE job_record SET ground = 'sand' WHERE id = 2")));
	for (size_t i = 0; i < array_length(ways); i++) {
		went_back(on, text_from(ways[i]));
		assert_null(type_field(job_of(on, &model), T("ground")));
		assert_true(text_equal(soil_of(on, model, 1, "soil"), T("clay")));
		assert_true(text_equal(soil_of(on, model, 2, "soil"), T("sand")));
		/* The version that called it otherwise asks for the same field. */
		assert_int_equal(needed_by(type_of_job(on, model, 2)), type_field(model_type(model, T("job")), T("soil"))->position);
		model_free(model);
		went_back(on, text_from(ways[i]));
		assert_null(type_field(job_of(on, &model), T("soil")));
		assert_true(text_equal(soil_of(on, model, 1, "ground"), T("clay")));
		assert_true(text_equal(soil_of(on, model, 2, "ground"), T("sand")));
		model_free(model);
	}
	assert_int_equal(job_of(on, &model)->definition, 6);
	model_free(model);
	/* And on with the files that people have. */
	published(on, FILES({ "job.yaml", JOB_WITH(GROUND, "ground, title") }, RENAME));
	(void)job_of(on, &model);
	assert_true(text_equal(soil_of(on, model, 1, "ground"), T("clay")));
	model_free(model);
}

/* A program that finds more than the one that published opens the store all the same: else nobody could mend it. */
STORE_TEST(what_is_stored_is_opened_though_it_is_not_sound)
{
	struct definition_source *sources;
	struct error *error;
	struct model *model;
	size_t count;
	const char *dead_end = "practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"
	                       "lifecycle:\n  states: { fresh: { group: open }, lost: { group: open }, over: { group: closed } }\n"
	                       "  transitions:\n    finish: { from: fresh, to: over, by: agent }\n    lose: { from: fresh, to: lost, by: agent }\n"
	                       "rights:\n  agent: { read: always, create: always, update: always, comment: always }\n";

	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }));
	assert_ok(store_run_text(on->store, on->arena, T("UPDATE definition SET source = $1 WHERE path = 'job.yaml'"),
	                         CELLS(cell_text(text_from(dead_end))), NULL));
	assert_true(lifecycle_transition(job_of(on, &model)->lifecycle, T("lose")) >= 0);
	assert_non_null(model->not_proven);
	assert_string_equal(text_cstring(on->arena, model->not_proven->place.file), "job.yaml");
	model_free(model);
	/* It is not published again, and what is sound is. */
	sources_with(on->arena, FILES({ "job.yaml", dead_end }), &sources, &count);
	error = publish_sources(on, sources, count);
	assert_non_null(error);
	published(on, FILES({ "job.yaml", JOB_WITH(SOIL, "title") }));
	(void)job_of(on, &model);
	assert_null(model->not_proven);
	model_free(model);
}

/* What changed is told of a type and a model, whatever their files are called. */
TEST(a_file_that_is_called_otherwise_is_no_difference)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	const char *garden = "practice: Tests\npurpose: A model.\nmodel: { name: garden, type: job }\n";
	const char *pond = "practice: Tests\npurpose: A model.\nmodel: { name: garden, type: job, label: A pond }\n";
	struct definition_source *sources;
	struct difference *items;
	struct model *before, *after;
	size_t count;

	sources_with(arena, FILES({ "job.yaml", JOB_WITH(SOIL, "soil") }, { "models/garden.yaml", garden }), &sources, &count);
	assert_ok(model_parse(arena, sources, count, &before));
	sources_with(arena, FILES({ "work.yaml", JOB_WITH(SOIL, "soil") }, { "models/pond.yaml", pond }), &sources, &count);
	assert_ok(model_parse(arena, sources, count, &after));
	assert_ok(schema_difference_of_file(arena, before, after, T("work.yaml"), &items, &count));
	assert_int_equal(count, 0);
	assert_ok(schema_difference_of_file(arena, before, after, T("job.yaml"), &items, &count));
	assert_int_equal(count, 0);
	assert_ok(schema_difference_of_file(arena, before, after, T("models/garden.yaml"), &items, &count));
	assert_int_equal(count, 0);
	assert_ok(schema_difference_of_file(arena, before, after, T("models/pond.yaml"), &items, &count));
	assert_int_equal(count, 1);
	assert_string_equal(text_cstring(arena, difference_line(arena, &items[0])), "~ model: with label: A pond");
	model_free(before);
	model_free(after);
	arena_free(arena);
}
