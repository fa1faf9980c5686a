/* Conditions: whatever is typed, no crash; an error with its column, or a condition that prints as itself. */
#include "../fuzz.h"

#include "base/limits.h"
#include "model/condition.h"

static struct model *shipped(void)
{
	static struct model *model;
	struct arena *arena = arena_new((size_t)1 << 26);
	struct definition_source *sources;
	size_t count;

	if (model == NULL) {
		model_embedded_sources(arena, &sources, &count);
		must(model_parse(arena, sources, count, &model) == NULL);
	}
	arena_free(arena);
	return model;
}

static void try(const struct model *model, text source, enum condition_use use)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	const struct type *type = model_type(model, T("incident"));
	struct condition *condition = NULL, *again;
	struct error *error = condition_parse(arena, model, type, source, use, &condition);

	must_be_worded(error);
	if (error != NULL) {
		must(error->code == ERROR_CONDITION);
		must(error->place.column >= 1 && error->place.column <= source.length + 1);
	} else {
		text printed = condition_print(arena, condition);
		must(use == CONDITION_QUERY || !condition_has_words(condition));
		/* Canonical words may be longer than what was typed: only then may they be refused. */
		if (printed.length <= LIMIT_CONDITION_BYTES) {
			must(condition_parse(arena, model, type, printed, use, &again) == NULL);
			must(text_equal(condition_print(arena, again), printed));
		}
	}
	arena_free(arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	text source = { (const char *)data, size };

	try(shipped(), source, CONDITION_QUERY);
	try(shipped(), source, CONDITION_RULE);
	return 0;
}
