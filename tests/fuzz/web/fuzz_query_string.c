/* Query strings: never a crash; what is accepted is good UTF-8 and comes back the same when it is written again. */
#include "../fuzz.h"

#include "web/server.h"

static void write_pair(struct buffer *out, text name, const char *suffix, text value)
{
	if (out->length > 0)
		buffer_char(out, '&');
	percent_encode(out, name);
	buffer_text(out, text_from(suffix));
	buffer_char(out, '=');
	percent_encode(out, value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct value *map = NULL, *again = NULL;
	struct buffer out;
	struct error *error = form_parse(arena, (text){ (const char *)data, size }, &map);

	must_be_worded(error);
	buffer_init(&out, arena, 1 << 26);
	for (size_t i = 0; error == NULL && i < map->map.count; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		must(entry->key.length > 0 && text_is_utf8(entry->key, NULL));
		if (entry->value->kind == VALUE_TEXT)
			write_pair(&out, entry->key, "", entry->value->text);
		else
			for (size_t k = 0; k < entry->value->list.count; k++)
				write_pair(&out, entry->key, "[]", entry->value->list.items[k]->text);
	}
	if (error == NULL && !out.over) {
		must(form_parse(arena, buffer_peek(&out), &again) == NULL);
		must(value_equal(map, again));
	}
	text parameter = header_parameter(arena, (text){ (const char *)data, size }, T("name"));
	must(parameter.length <= size);
	arena_free(arena);
	return 0;
}
