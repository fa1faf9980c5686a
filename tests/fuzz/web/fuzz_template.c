/* Templates: never a crash; a refusal has a place; what compiles never lets a hostile value out of its context. */
#include "../fuzz.h"

#include "base/json.h"
#include "web/template.h"

/* Each mark stands only in values: it must never come out as it is, but in text between tags. */
static const char hostile[] = "{\"a\":\"\\u0001\\\"'<&>javascript:x\",\"b\":[{\"a\":\"<\\u0001\"},2],\"c\":true,\"n\":3}";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct template_source sources[] = { { T("page"), { (const char *)data, size } },
		                             { T("partials/p"), T("<b title=\"{{a}}\">{{a}}</b>\n") },
		                             { T("layouts/l"), T("<p>{{#block main}}x{{/block}}</p>") } };
	struct template_set *set = NULL;
	struct value *value = NULL;
	struct buffer out;
	struct error *error = template_compile(arena, sources, array_length(sources), NULL, NULL, &set);

	must_be_worded(error);
	if (error != NULL) {
		must(error->place.line > 0 && error->place.column > 0);
	} else {
		must(json_parse(arena, text_from(hostile), &value) == NULL);
		buffer_init(&out, arena, 1 << 24);
		struct error *full = template_write(set, arena, T("page"), value, T("en"), &out);
		must(full == NULL || full->code == ERROR_TOO_LARGE);
		/* The source itself may hold these bytes; only look when it does not. */
		if (memchr(data, 1, size) == NULL)
			must(text_find(buffer_peek(&out), T("<\001")) < 0 && text_find(buffer_peek(&out), T("\001\"")) < 0);
	}
	arena_free(arena);
	return 0;
}
