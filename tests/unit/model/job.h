/*
 * A small practice whose records are done by tasks, and what tests of versions do with it: publish sets of files, put records into the
 * store that run on one of the versions, and load the model again.
 */
#ifndef REEVE_TESTS_UNIT_MODEL_JOB_H
#define REEVE_TESTS_UNIT_MODEL_JOB_H

#include "shipped.h"
#include "store_both.h"

#include "base/buffer.h"
#include "model/record.h"
#include "model/schema.h"

#include <string.h>

#define JOB_HEAD                                                                                                 \
	"practice: Tests\npurpose: A job.\ntype: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"  \
	"fields:\n  soil: { kind: choice, choices: [clay, sand] }\n"
#define JOB_REST                                                                                                 \
	"lifecycle:\n  states: { fresh: { group: open }, doing: { group: open }, over: { group: closed } }\n"         \
	"  transitions:\n    begin: { from: fresh, to: doing, by: agent }\n"                                          \
	"    complete: { from: doing, to: over, by: tasks }\n"                                                        \
	"tasks:\n  in: doing\n  done: complete\n  steps: { whole: { label: All of it } }\n"                           \
	"rights:\n  agent: { read: always, create: always, update: always, comment: always }\n"
#define JOB JOB_HEAD JOB_REST

struct file {
	const char *path, *source;
};
#define FILES(...) ((struct file[]){ __VA_ARGS__, { NULL, NULL } })

static inline struct work work_of(struct store_fixture *on, const struct model *model)
{
	return (struct work){ .arena = on->arena, .store = on->store, .model = model, .now = 1700000000000, .language = T("en") };
}

static inline void sources_with(struct arena *arena, const struct file *files, struct definition_source **ret_sources, size_t *ret_count)
{
	struct definition_source *shipped, *sources;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 10);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	for (; files->path != NULL; files++)
		sources[used++] = (struct definition_source){ text_from(files->path), text_from(files->source) };
	*ret_sources = sources;
	*ret_count = used;
}

static inline struct error *publish_sources(struct store_fixture *on, const struct definition_source *sources, size_t count)
{
	struct model *model = NULL, *before = NULL;
	struct schema_plan plan;
	struct error *error;

	assert_ok(store_begin(on->store, on->arena));
	assert_ok(schema_load(on->arena, on->store, &before));
	error = schema_propose(on->arena, on->store, sources, count, &model);
	if (error == NULL) {
		struct work work = work_of(on, model);

		assert_ok(schema_plan(on->arena, on->store, before, model, &plan));
		error = plan.refused;
		if (error == NULL && plan.count > 0)
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

static inline void published(struct store_fixture *on, const struct file *files)
{
	struct definition_source *sources;
	struct error *error;
	size_t count;

	sources_with(on->arena, files, &sources, &count);
	error = publish_sources(on, sources, count);
	shipped_show(error);
	assert_null(error);
}

static inline void add_job(struct store_fixture *on, int64_t id, int64_t definition, int state)
{
	assert_ok(store_run_text(on->store, on->arena,
	                         T("INSERT INTO job_record (id, definition, number, number_key, version, state, created_at, updated_at, model) "
	                           "VALUES ($1, $2, $3, $3, 1, $4, 1, 1, 'garden')"),
	                         CELLS(cell_integer(id), cell_integer(definition), cell_text(text_format(on->arena, "job%lld", (long long)id)),
	                               cell_integer(state)),
	                         NULL));
}

static inline const struct type *job_of(struct store_fixture *on, struct model **ret_model)
{
	struct error *error = schema_load(on->arena, on->store, ret_model);

	shipped_show(error);
	assert_null(error);
	return model_type(*ret_model, T("job"));
}

static inline const struct type *type_of_job(struct store_fixture *on, const struct model *model, int64_t id)
{
	struct work work = work_of(on, model);
	struct record *record;

	assert_ok(model_load_fresh(&work, model_type(model, T("job")), id, &record));
	return record->type;
}

#endif
