/* Markdown: never a crash; nothing that runs comes out. */
#include "../fuzz.h"

#include "web/web_private.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 28);
	text html = markdown_html(arena, (text){ size == 0 ? "" : (const char *)data, size })->text;

	must(text_find(html, T("<script")) < 0);
	must(text_find(html, T("href=\"javascript:")) < 0);
	must(text_find(html, T("href=\"data:")) < 0);
	must(text_find(html, T("<style")) < 0);
	must(text_find(html, T("<img src=\"http")) < 0);
	arena_free(arena);
	return 0;
}
