/* The model of the shipped definitions, for tests of any floor above. Free it with model_free(). */
#ifndef REEVE_TESTS_UNIT_SHIPPED_H
#define REEVE_TESTS_UNIT_SHIPPED_H

#include "test.h"

#include "model/model.h"

static inline void shipped_show(const struct error *error)
{
	struct arena *arena = arena_new((size_t)1 << 20);

	if (error != NULL)
		fprintf(stderr, "%s\n", text_cstring(arena, error_line(arena, error)));
	arena_free(arena);
}

static inline struct model *shipped_model(struct arena *arena)
{
	struct definition_source *sources;
	struct model *model = NULL;
	struct error *error;
	size_t count;

	model_embedded_sources(arena, &sources, &count);
	error = model_parse(arena, sources, count, &model);
	shipped_show(error);
	assert_null(error);
	return model;
}

#endif
