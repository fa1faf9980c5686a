/* Definitions: whatever stands in a practice file, no crash; a model, or mistakes with words and a place
 * each. */
#include "../fuzz.h"

#include "model/model.h"

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses one block of its own on some malformed inputs. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct definition_source *shipped, *sources;
	struct model *model = NULL;
	struct error *error;
	text source = { (const char *)data, size };
	/* A model stands in its folder, beside the types that it makes records of. */
	bool is_model = text_find(source, T("\nmodel:")) >= 0;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 1);
	for (size_t i = 0; i < count; i++)
		if (is_model || text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	sources[used++] = (struct definition_source){ is_model ? T("models/fuzz.yaml") : T("fuzz.yaml"), source };
	error = model_parse(arena, sources, used, &model);
	must((error == NULL) == (model != NULL));
	must_be_worded(error);
	for (; error != NULL; error = error->next) {
		must(error->place.line > 0);
		must(text_is_set(error->place.file));
	}
	model_free(model);
	arena_free(arena);
	return 0;
}
