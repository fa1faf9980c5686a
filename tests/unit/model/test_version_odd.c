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
