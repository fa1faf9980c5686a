/* The lexemes of a document, and expressions over lexemes in the spelling of either database. */
#include "search/search_private.h"

#include "base/table.h"

/* Far above what LIMIT_PROSE_BYTES of text can have. */
#define LEXEMES_BYTES_MAX ((size_t)2 * 1024 * 1024)

struct lexemes {
	struct arena *arena;
	struct table seen;
	struct buffer buffer;
	bool quoted;
};

static void add(struct lexemes *lexemes, text lexeme)
{
	static const char present = 1;

	if (table_get(&lexemes->seen, lexeme) != NULL)
		return;
	table_set(&lexemes->seen, lexeme, (void *)(uintptr_t)&present);
	if (lexemes->buffer.length > 0)
		buffer_char(&lexemes->buffer, ' ');
	if (lexemes->quoted)
		buffer_char(&lexemes->buffer, '\'');
	buffer_text(&lexemes->buffer, lexeme);
	if (lexemes->quoted)
		buffer_char(&lexemes->buffer, '\'');
}

static text marked(struct arena *arena, char mark, text word)
{
	char *bytes = arena_alloc(arena, word.length + 2);

	bytes[0] = mark;
	memcpy(bytes + 1, word.data, word.length);
	return (text){ bytes, word.length + 1 };
}

/* Bytes of the first `characters` characters. */
static size_t head_bytes(text word, size_t characters)
{
	size_t at = 0;

	while (at < word.length && characters > 0) {
		at++;
		while (at < word.length && ((unsigned char)word.data[at] & 0xc0) == 0x80)
			at++;
		characters--;
	}
	return at;
}

static struct error *add_words(struct lexemes *lexemes, text source, bool internal)
{
	text *words;
	size_t count;

	TRY(search_cut(lexemes->arena, source, &words, &count));
	for (size_t i = 0; i < count; i++)
		if (!internal)
			add(lexemes, words[i]);
		else if (table_get(&lexemes->seen, words[i]) == NULL)
			add(lexemes, marked(lexemes->arena, '!', words[i]));
	return NULL;
}

static struct error *add_title(struct lexemes *lexemes, text title, bool ahead)
{
	text *words;
	size_t count;

	TRY(search_cut(lexemes->arena, title, &words, &count));
	for (size_t i = 0; i < count; i++) {
		add(lexemes, words[i]);
		add(lexemes, marked(lexemes->arena, '=', words[i]));
		for (size_t n = 1, last = 0; ahead && n <= AHEAD_MAX; n++) {
			size_t bytes = head_bytes(words[i], n);
			if (bytes == last)
				break;
			last = bytes;
			add(lexemes, marked(lexemes->arena, '^', text_slice(words[i], 0, bytes)));
		}
	}
	return NULL;
}

struct error *document_lexemes(struct arena *arena, const struct document *document, bool quoted, text *ret_lexemes)
{
	struct lexemes lexemes = { .arena = arena, .quoted = quoted };
	text rest = document->scopes, part;

	table_init(&lexemes.seen, arena);
	buffer_init(&lexemes.buffer, arena, LEXEMES_BYTES_MAX);
	add(&lexemes, text_format(arena, "%.*s.", TEXT_ARG(document->type)));
	while (text_cut(&rest, ' ', &part))
		if (!text_is_empty(part))
			add(&lexemes, part);
	if (!document->title_internal)
		TRY(add_title(&lexemes, document->title, true));
	/* Numbers all begin alike: they are found as a whole or by a long beginning. */
	TRY(add_title(&lexemes, document->number, false));
	TRY(add_words(&lexemes, document->body, false));
	if (document->title_internal)
		TRY(add_words(&lexemes, document->title, true));
	TRY(add_words(&lexemes, document->notes, true));
	return buffer_finish(&lexemes.buffer, ret_lexemes);
}

/* ---- expressions ---- */

#define EXPRESSION_BYTES_MAX ((size_t)256 * 1024)

void expression_init(struct expression *expression, struct arena *arena, bool postgres)
{
	buffer_init(&expression->buffer, arena, EXPRESSION_BYTES_MAX);
	expression->postgres = postgres;
}

void expression_raw(struct expression *expression, char c)
{
	buffer_char(&expression->buffer, c);
}

void expression_and(struct expression *expression)
{
	buffer_text(&expression->buffer, expression->postgres ? T(" & ") : T(" AND "));
}

void expression_or(struct expression *expression)
{
	buffer_text(&expression->buffer, expression->postgres ? T(" | ") : T(" OR "));
}

void expression_lexeme(struct expression *expression, char mark, text word, bool prefix)
{
	char quote = expression->postgres ? '\'' : '"';

	buffer_char(&expression->buffer, quote);
	if (mark != 0)
		buffer_char(&expression->buffer, mark);
	buffer_text(&expression->buffer, word);
	buffer_char(&expression->buffer, quote);
	if (prefix)
		buffer_text(&expression->buffer, expression->postgres ? T(":*") : T(" *"));
}
