/* A few words around the first match, as plain text; what matched stands between U+0002 and U+0003. */
#include "search/search_private.h"

#define SNIPPET_BEFORE 60
#define SNIPPET_BYTES 200

static bool matches(const struct question *question, const struct span *span)
{
	for (size_t i = 0; i < question->count; i++) {
		const struct span *asked = &question->words[i];
		bool beginning = asked->single || (question->prefix && i + 1 == question->count);
		if (beginning ? text_starts_with(span->word, asked->word) : text_equal(span->word, asked->word))
			return true;
	}
	return false;
}

/* Blanks for line ends and everything that is not for reading: also U+0002 and U+0003 of the text itself. */
static void put_plain(struct buffer *buffer, text part)
{
	for (size_t i = 0; i < part.length; i++) {
		unsigned char c = (unsigned char)part.data[i];
		if (c > ' ' && c != 0x7f)
			buffer_char(buffer, (char)c);
		else if (buffer->length > 0 && buffer->data[buffer->length - 1] != ' ')
			buffer_char(buffer, ' ');
	}
}

static bool is_tail_byte(text source, size_t at)
{
	return at < source.length && ((unsigned char)source.data[at] & 0xc0) == 0x80;
}

/* The window: from a word before the match on; never inside of a character. */
static void window(text source, const struct span *spans, size_t count, size_t first, size_t *ret_from, size_t *ret_to)
{
	size_t start = first < count ? spans[first].from : 0, from = start, to;

	for (size_t i = first; i-- > 0 && start - spans[i].from <= SNIPPET_BEFORE;)
		from = spans[i].from;
	if (from < SNIPPET_BEFORE && start <= SNIPPET_BEFORE)
		from = 0;
	to = minimum(from + SNIPPET_BYTES, source.length);
	for (size_t i = first; i < count && spans[i].to <= from + SNIPPET_BYTES; i++)
		to = maximum(spans[i].to, from);
	if (source.length - from <= SNIPPET_BYTES)
		to = source.length;
	while (is_tail_byte(source, from))
		from++;
	while (is_tail_byte(source, to))
		to++;
	*ret_from = from;
	*ret_to = maximum(to, from);
}

struct error *snippet_make(struct arena *arena, text source, const struct question *question, text *ret_snippet, bool *ret_matched)
{
	struct buffer buffer;
	struct span *spans;
	size_t count, first = 0, from, to, at;
	text cut;

	TRY(cut_spans(arena, source, &cut, &spans, &count));
	while (first < count && !matches(question, &spans[first]))
		first++;
	*ret_matched = first < count;
	if (first == count)
		first = 0;
	window(cut, spans, count, first, &from, &to);
	/* Marks and dots at most double it; a source that was cut at all fits. */
	buffer_init(&buffer, arena, (to - from) * 4 + 64);
	if (from > 0)
		buffer_text(&buffer, T("\xe2\x80\xa6"));
	at = from;
	for (size_t i = first; i < count && spans[i].to <= to; i++) {
		size_t end = spans[i].to;
		if (!matches(question, &spans[i]) || end <= at)
			continue;
		if (spans[i].from > at)
			put_plain(&buffer, text_slice(cut, at, spans[i].from));
		buffer_char(&buffer, '\x02');
		put_plain(&buffer, text_slice(cut, maximum(at, spans[i].from), end));
		buffer_char(&buffer, '\x03');
		at = end;
	}
	put_plain(&buffer, text_slice(cut, at, to));
	if (to < cut.length)
		buffer_text(&buffer, T("\xe2\x80\xa6"));
	return buffer_finish(&buffer, ret_snippet);
}
