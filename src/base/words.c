/* Words for people: English is the source, catalogues translate it; arguments are put in by name. */
#include "base/words.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/po.h"

#define LANGUAGES_MAX 32

/* Set once by words_load() before other threads begin, and never changed afterwards. */
static struct word_catalogues {
	struct catalogue {
		text language;
		const struct po *po;
	} items[LANGUAGES_MAX];
	size_t count;
} word_catalogues;

struct error *words_load(struct arena *arena, const struct embedded_file *table)
{
	struct word_catalogues loaded = { .count = 0 };

	for (; table->path != NULL; table++) {
		text path = text_from(table->path);
		struct po *po;
		if (!text_ends_with(path, T(".po")))
			continue;
		if (loaded.count == LANGUAGES_MAX)
			return error_new(arena, ERROR_DEFINITION, "there are more than %d languages", LANGUAGES_MAX);
		TRY(po_parse(arena, path, embedded_text(table), &po));
		loaded.items[loaded.count++] = (struct catalogue){ text_slice(path, 0, path.length - 3), po };
	}
	word_catalogues = loaded;
	return NULL;
}

static const struct po *find_exactly(text language)
{
	for (size_t i = 0; i < word_catalogues.count; i++)
		if (text_equal_ignoring_case(word_catalogues.items[i].language, language))
			return word_catalogues.items[i].po;
	return NULL;
}

/* "de-AT" is served by "de" where it has no catalogue of its own. */
static const struct po *find_catalogue(text language)
{
	const struct po *po = find_exactly(language);
	ptrdiff_t dash = text_find_char(language, '-');

	return po != NULL || dash < 0 ? po : find_exactly(text_slice(language, 0, (size_t)dash));
}

text words(text language, text source)
{
	const struct po *po = find_catalogue(language);
	text translated = po == NULL ? TEXT_UNSET : po_find(po, source);

	return text_is_set(translated) ? translated : source;
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

	const struct po *po = find_catalogue(language);
	text translated = po == NULL ? TEXT_UNSET : po_find_plural(po, one, n);

	if (!text_is_set(translated))
		translated = n == 1 ? one : many;
	value_set_integer(arena, arguments, T("n"), n);
	return fill(arena, translated, arguments);
}
