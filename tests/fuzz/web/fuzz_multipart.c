/* Multipart bodies with the boundary X: never a crash or a read past the end; every part is named and lies inside the body. */
#include "../fuzz.h"

#include "base/limits.h"
#include "web/server.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(1 << 26);
	struct part *parts = NULL;
	size_t count = 0;
	text body = { (const char *)data, size };
	struct error *error = multipart_parse(arena, body, T("X"), &parts, &count);

	must_be_worded(error);
	for (size_t i = 0; error == NULL && i < count; i++) {
		const struct part *part = &parts[i];
		must(part->name.length > 0);
		must(part->content.data >= body.data && part->content.data + part->content.length <= body.data + body.length);
		must(text_find(part->content, T("\r\n--X")) < 0);
		must(part->file_name.length <= LIMIT_FILE_NAME_BYTES);
		must(text_find_char(part->file_name, '/') < 0 && text_find_char(part->file_name, '\\') < 0);
		must(text_find_char(part->media_type, '\n') < 0);
	}
	arena_free(arena);
	return 0;
}
