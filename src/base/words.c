/* Words for people: English is the source; arguments are put in by name. */
#include "base/words.h"

#include "base/arena.h"
#include "base/buffer.h"

text words(text language unused, text source)
{
	return source;
}

static void write_argument(struct buffer *out, const struct value *value)
{
	switch (value->kind) {
	case VALUE_TEXT:
	case VALUE_HTML:
		buffer_text(out, value->text);
		break;
	case VALUE_INTEGER:
		buffer_integer(out, value->integer);
		break;
	case VALUE_REAL:
		buffer_format(out, "%.15g", value->real);
		break;
	case VALUE_BOOL:
		buffer_text(out, value->boolean ? T("true") : T("false"));
		break;
	case VALUE_NULL:
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
}

/* "{name}" without an argument of that name stays as it is: better seen than lost. */
static text fill(struct arena *arena, text pattern, const struct value *arguments)
{
	struct buffer out;
	text rest = pattern, part;

	buffer_init(&out, arena, SIZE_MAX);
	while (text_cut(&rest, '{', &part)) {
		buffer_text(&out, part);
		if (!text_is_set(rest))
			break;
		ptrdiff_t end = text_find_char(rest, '}');
		const struct value *value = end < 0 ? NULL : value_get(arguments, text_slice(rest, 0, (size_t)end));
		if (value == NULL) {
			buffer_char(&out, '{');
			continue;
		}
		write_argument(&out, value);
		rest = text_slice(rest, (size_t)end + 1, rest.length);
	}
	return buffer_peek(&out);
}

text words_with(struct arena *arena, text language, text source, const struct value *arguments)
{
	return fill(arena, words(language, source), arguments);
}

text words_count(struct arena *arena, text language, text one, text many, int64_t n)
{
	struct value *arguments = value_map(arena);

	value_set_integer(arena, arguments, T("n"), n);
	return fill(arena, words(language, n == 1 ? one : many), arguments);
}
