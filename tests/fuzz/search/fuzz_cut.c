/* Texts of all kinds go through the word cutter: no crash, words that mean nothing to FTS5 or tsquery, and snippets that stay text. */
#include "../fuzz.h"

#include "search/search_private.h"

static void check_word(const struct span *span, text whole)
{
	must(span->from < span->to && span->to <= whole.length);
	must(span->word.length > 0 && span->word.length <= WORD_BYTES_MAX);
	must(text_is_utf8(span->word, NULL));
	for (size_t i = 0; i < span->word.length; i++) {
		unsigned char c = (unsigned char)span->word.data[i];
		must(c >= 0x80 || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z'));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new((size_t)1 << 28);
	text source = { (const char *)data, size }, whole, snippet, lexemes;
	struct document document = { .id = 1, .type = T("incident"), .number = T("INC1"), .scopes = T("") };
	struct question question;
	struct span *spans;
	size_t count;
	bool matched;

	must(cut_spans(arena, source, &whole, &spans, &count) == NULL);
	for (size_t i = 0; i < count; i++)
		check_word(&spans[i], whole);
	/* What is asked with a text's own words is found in it. */
	must(question_cut(arena, source, false, &question) == NULL);
	must(snippet_make(arena, source, &question, &snippet, &matched) == NULL);
	must(matched == (count > 0));
	must(!text_is_utf8(source, NULL) || text_is_utf8(snippet, NULL));
	document.title = document.body = document.notes = source;
	must(document_lexemes(arena, &document, true, &lexemes) == NULL);
	must(text_is_utf8(lexemes, NULL));
	arena_free(arena);
	return 0;
}
