/* JSON: never a crash; an error has a place; what is accepted comes back the same. */
#include "../fuzz.h"

#include "base/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct value *value = NULL, *again = NULL;
	struct error *error = json_parse(arena, (text){ (const char *)data, size }, &value);

	must_be_worded(error);
	if (error == NULL) {
		must(json_parse(arena, json_text(arena, value), &again) == NULL);
		must(value_equal(value, again));
	} else if (error->code != ERROR_TOO_LARGE) {
		must(error->place.line > 0 && error->place.column > 0);
	}
	/* The writer takes any bytes. */
	text written = json_text(arena, value_text(arena, (text){ (const char *)data, size }));
	must(text_is_utf8(written, NULL));
	arena_free(arena);
	return 0;
}
