/* YAML: never a crash; every error is of the definition and has a place; texts only. */
#include "../fuzz.h"

#include "base/json.h"
#include "base/yaml.h"

const char *__lsan_default_suppressions(void);

/* libfyaml 0.7 loses one block of its own on some malformed inputs. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libfyaml";
}

static void check(const struct value *value)
{
	must(value->kind == VALUE_TEXT || value->kind == VALUE_NULL || value->kind == VALUE_LIST ||
	     value->kind == VALUE_MAP);
	if (value->kind == VALUE_TEXT)
		must(text_is_utf8(value->text, NULL));
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->list.count; i++)
		check(value->list.items[i]);
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->map.count; i++) {
		must(value->map.entries[i].line > 0 && value->map.entries[i].column > 0);
		must(value_get(value, value->map.entries[i].key) == value->map.entries[i].value);
		check(value->map.entries[i].value);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct value *value = NULL;
	struct error *error = yaml_parse(arena, T("fuzz.yaml"), (text){ (const char *)data, size }, &value);

	must_be_worded(error);
	if (error == NULL)
		check(value);
	else if (error->code == ERROR_DEFINITION)
		must(error->place.line > 0);
	else
		must(error->code == ERROR_TOO_LARGE);
	arena_free(arena);
	return 0;
}
