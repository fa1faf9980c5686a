/*
 * Cutting text into folded words, for both databases and for questions alike. A word is a run of letters, digits and their marks, in
 * NFKC casefold without diacritics; scripts that write without spaces become pairs of neighbouring characters.
 */
#include "search/search_private.h"

#include <utf8proc.h>

/* Folding one character gives at most 18 (U+FDFA); with room. */
#define FOLDED_MAX 32

struct cutter {
	struct arena *arena;
	text source;
	struct span *spans;
	size_t count, capacity;
	/* The word being read, as folded code points, each with the place of its source character. */
	struct {
		utf8proc_int32_t point;
		size_t from, to;
	} points[WORD_BYTES_MAX];
	size_t point_count;
	size_t from, to;
	bool pairs;
};

static bool is_ascii_word(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Han, kana, Hangul, Thai, Lao, Myanmar, Khmer: written without spaces, or with spaces that do not part words. */
static bool is_unspaced(utf8proc_int32_t point)
{
	static const utf8proc_int32_t ranges[][2] = {
		{ 0x0e00, 0x0eff }, { 0x1000, 0x109f }, { 0x1100, 0x11ff }, { 0x1780, 0x17ff }, { 0x3005, 0x3007 },
		{ 0x3021, 0x3029 }, { 0x3031, 0x318f }, { 0x31a0, 0x31bf }, { 0x31f0, 0x31ff }, { 0x3400, 0x4dbf },
		{ 0x4e00, 0x9fff }, { 0xa960, 0xa97f }, { 0xac00, 0xd7ff }, { 0xf900, 0xfaff }, { 0xff66, 0xffdc },
		{ 0x1b000, 0x1b16f }, { 0x20000, 0x3ffff },
	};

	if (point < ranges[0][0])
		return false;
	for (size_t i = 0; i < array_length(ranges); i++)
		if (point >= ranges[i][0] && point <= ranges[i][1])
			return true;
	return false;
}

static bool is_mark(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);

	return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC || category == UTF8PROC_CATEGORY_ME;
}

static bool is_word(utf8proc_int32_t point)
{
	utf8proc_category_t category = utf8proc_category(point);

	return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
	       (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

/* The marks that come off: accents over letters, not the vowels of scripts that write them as marks. */
static bool is_diacritic(utf8proc_int32_t point)
{
	return (point >= 0x0300 && point <= 0x036f) || (point >= 0x1ab0 && point <= 0x1aff) || (point >= 0x1dc0 && point <= 0x1dff) ||
	       (point >= 0x20d0 && point <= 0x20ff) || (point >= 0xfe20 && point <= 0xfe2f);
}

static void add_span(struct cutter *cutter, size_t first, size_t count, bool single)
{
	char bytes[WORD_BYTES_MAX + 4];
	size_t length = 0;

	for (size_t i = first; i < first + count && length < WORD_BYTES_MAX; i++) {
		utf8proc_ssize_t size = utf8proc_encode_char(cutter->points[i].point, (utf8proc_uint8_t *)bytes + length);
		if (length + (size_t)size > WORD_BYTES_MAX)
			break;
		length += (size_t)size;
	}
	if (length == 0 || cutter->count >= WORDS_MAX)
		return;
	arena_make_room(cutter->arena, cutter->spans, cutter->count, cutter->capacity);
	cutter->spans[cutter->count++] = (struct span){
		.word = text_copy(cutter->arena, (text){ bytes, length }),
		.from = cutter->pairs ? cutter->points[first].from : cutter->from,
		.to = cutter->pairs ? cutter->points[first + count - 1].to : cutter->to,
		.single = single,
	};
}

static void end_word(struct cutter *cutter)
{
	size_t count = cutter->point_count;

	if (cutter->pairs && count > 1)
		for (size_t i = 0; i + 1 < count; i++)
			add_span(cutter, i, 2, false);
	else if (count > 0)
		add_span(cutter, 0, count, cutter->pairs);
	cutter->point_count = 0;
}

/* Voiced kana were taken apart by folding (and half-width ones always are): put together again. */
static bool compose_last(struct cutter *cutter, utf8proc_int32_t mark, size_t to)
{
	utf8proc_int32_t pair[2] = { cutter->points[cutter->point_count - 1].point, mark };

	if (utf8proc_normalize_utf32(pair, 2, UTF8PROC_STABLE | UTF8PROC_COMPOSE) != 1)
		return false;
	cutter->points[cutter->point_count - 1].point = pair[0];
	cutter->points[cutter->point_count - 1].to = to;
	return true;
}

static void add_point(struct cutter *cutter, utf8proc_int32_t point, size_t from, size_t to)
{
	if (is_diacritic(point) || (!is_word(point) && !is_mark(point)))
		return;
	if ((point == 0x3099 || point == 0x309a) && cutter->point_count > 0 && compose_last(cutter, point, to))
		return;
	if (cutter->point_count == array_length(cutter->points)) {
		/* Longer words are known by their beginning; pairs go on with the last character. */
		if (!cutter->pairs)
			return;
		size_t last = cutter->point_count - 1;
		for (size_t i = 0; i < last; i++)
			add_span(cutter, i, 2, false);
		cutter->points[0] = cutter->points[last];
		cutter->point_count = 1;
	}
	cutter->points[cutter->point_count].point = point;
	cutter->points[cutter->point_count].from = from;
	cutter->points[cutter->point_count++].to = to;
}

static void fold_point(struct cutter *cutter, utf8proc_int32_t point, size_t from, size_t to)
{
	utf8proc_int32_t folded[FOLDED_MAX];
	int boundary = 0;
	utf8proc_ssize_t count;

	/* Hangul syllables would fall apart into their letters. */
	if (point >= 0xac00 && point <= 0xd7a3) {
		add_point(cutter, point, from, to);
		return;
	}
	count = utf8proc_decompose_char(point, folded, FOLDED_MAX,
	                                UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE, &boundary);
	for (utf8proc_ssize_t i = 0; i < count && i < FOLDED_MAX; i++)
		add_point(cutter, folded[i], from, to);
}

/* The quick way for words of ASCII alone, which nearly all are. False: other characters are in it. */
static bool cut_ascii_word(struct cutter *cutter, size_t *at)
{
	const unsigned char *bytes = (const unsigned char *)cutter->source.data;
	size_t end = *at, length;
	char *word;

	while (end < cutter->source.length && is_ascii_word(bytes[end]))
		end++;
	if (end < cutter->source.length && bytes[end] >= 0x80)
		return false;
	length = minimum(end - *at, (size_t)WORD_BYTES_MAX);
	word = arena_alloc(cutter->arena, length);
	for (size_t i = 0; i < length; i++) {
		unsigned char c = bytes[*at + i];
		word[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	arena_make_room(cutter->arena, cutter->spans, cutter->count, cutter->capacity);
	cutter->spans[cutter->count++] = (struct span){ { word, length }, *at, end, false };
	*at = end;
	return true;
}

static void cut_point(struct cutter *cutter, utf8proc_int32_t point, size_t from, size_t to)
{
	bool unspaced = is_unspaced(point);
	bool goes_on = is_word(point) || (cutter->point_count > 0 && (is_mark(point) || point == 0x200c || point == 0x200d));

	if (!goes_on && !(unspaced && is_mark(point))) {
		end_word(cutter);
		return;
	}
	/* Half-width marks of kana are letters of a script with pairs. Other marks belong to what is before them. */
	if (cutter->point_count > 0 && !is_mark(point) && unspaced != cutter->pairs)
		end_word(cutter);
	if (cutter->point_count == 0) {
		cutter->pairs = unspaced;
		cutter->from = from;
	}
	cutter->to = to;
	fold_point(cutter, point, from, to);
}

static bool is_all_ascii(text source)
{
	for (size_t i = 0; i < source.length; i++)
		if ((unsigned char)source.data[i] >= 0x80)
			return false;
	return true;
}

/* Composed form, so that a letter is the same however it was typed; malformed text stays as it is. */
static text compose(struct arena *arena, text source)
{
	const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
	utf8proc_ssize_t room = (utf8proc_ssize_t)source.length + 32, count;
	utf8proc_int32_t *points = NULL;

	if (is_all_ascii(source) || !text_is_utf8(source, NULL))
		return source;
	for (;;) {
		points = arena_alloc(arena, ((size_t)room + 1) * sizeof(*points));
		count = utf8proc_decompose((const utf8proc_uint8_t *)source.data, (utf8proc_ssize_t)source.length, points, room, options);
		if (count <= room)
			break;
		room = count;
	}
	if (count >= 0)
		count = utf8proc_reencode(points, count, options);
	return count < 0 ? source : (text){ (const char *)points, (size_t)count };
}

struct error *cut_spans(struct arena *arena, text source, text *ret_text, struct span **ret_spans, size_t *ret_count)
{
	struct cutter cutter = { .arena = arena, .source = compose(arena, source) };
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)cutter.source.data;
	size_t at = 0;

	while (at < cutter.source.length && cutter.count < WORDS_MAX) {
		utf8proc_int32_t point;
		if (cutter.point_count == 0 && is_ascii_word(bytes[at]) && cut_ascii_word(&cutter, &at))
			continue;
		utf8proc_ssize_t size = utf8proc_iterate(bytes + at, (utf8proc_ssize_t)(cutter.source.length - at), &point);
		if (size <= 0) {
			size = 1;
			point = ' ';
		}
		cut_point(&cutter, point, at, at + (size_t)size);
		at += (size_t)size;
	}
	end_word(&cutter);
	TRY(arena_check(arena));
	*ret_text = cutter.source;
	*ret_spans = cutter.spans;
	*ret_count = cutter.count;
	return NULL;
}

struct error *search_cut(struct arena *arena, text source, text **ret_words, size_t *ret_count)
{
	struct span *spans;
	size_t count;
	text cut, *words;

	TRY(cut_spans(arena, source, &cut, &spans, &count));
	words = arena_new_array(arena, text, count);
	for (size_t i = 0; i < count; i++)
		words[i] = spans[i].word;
	*ret_words = words;
	*ret_count = count;
	return NULL;
}

struct error *question_cut(struct arena *arena, text words, bool prefix, struct question *ret_question)
{
	struct question question = { .prefix = prefix };
	struct span *spans;
	size_t count;
	text cut;

	TRY(cut_spans(arena, words, &cut, &spans, &count));
	for (size_t i = 0; i < count; i++) {
		bool known = false;
		for (size_t j = 0; j < question.count && i + 1 < count; j++)
			known = known || text_equal(question.words[j].word, spans[i].word);
		if (known)
			continue;
		if (question.count == QUESTION_WORDS) {
			question.prefix = false;
			break;
		}
		question.words[question.count++] = spans[i];
	}
	/* "printer " is a whole word: the blank says so. */
	if (question.count == 0 || spans[count - 1].to < cut.length)
		question.prefix = false;
	*ret_question = question;
	return NULL;
}
