/* The part of text.h that needs to know UTF-8 and Unicode: validity, length, shortening and the folded key. */
#include "base/text.h"

#include "base/arena.h"

#include <utf8proc.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)
#define LOW_ONES UINT64_C(0x0101010101010101)

/* How many bytes from `at` are ASCII without NUL, looked at eight at a time. */
static size_t skip_ascii(const unsigned char *bytes, size_t at, size_t length)
{
	while (length - at >= 8) {
		uint64_t word;
		memcpy(&word, bytes + at, 8);
		if (((word | (word - LOW_ONES)) & HIGH_BITS) != 0)
			break;
		at += 8;
	}
	while (at < length && bytes[at] < 0x80 && bytes[at] != 0)
		at++;
	return at;
}

/* Bytes of the well-formed sequence at `bytes` (of `left` bytes), 0 when it is not one. First byte >= 0x80. */
static size_t sequence_length(const unsigned char *bytes, size_t left)
{
	unsigned char first = bytes[0], low = 0x80, high = 0xbf;
	size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;

	if (first < 0xc2 || first > 0xf4 || left < length)
		return 0;
	/* Over-long forms, surrogates and everything above U+10FFFF are told by the second byte. */
	if (first == 0xe0)
		low = 0xa0;
	else if (first == 0xed)
		high = 0x9f;
	else if (first == 0xf0)
		low = 0x90;
	else if (first == 0xf4)
		high = 0x8f;
	if (bytes[1] < low || bytes[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((bytes[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

bool text_is_utf8(text t, size_t *ret_position)
{
	const unsigned char *bytes = (const unsigned char *)t.data;
	size_t at = 0;

	while (at < t.length && (at = skip_ascii(bytes, at, t.length)) < t.length) {
		size_t length = bytes[at] == 0 ? 0 : sequence_length(bytes + at, t.length - at);
		if (length == 0) {
			if (ret_position != NULL)
				*ret_position = at;
			return false;
		}
		at += length;
	}
	return true;
}

size_t text_characters(text t)
{
	size_t count = 0;

	for (size_t i = 0; i < t.length; i++)
		count += ((unsigned char)t.data[i] & 0xc0) != 0x80;
	return count;
}

text text_shorten(struct arena *arena, text t, size_t characters)
{
	static const text dots = { "\xe2\x80\xa6", 3 };
	size_t at = 0, cut = 0, count = 0;
	utf8proc_int32_t state = 0, last = 0, now;

	if (t.length <= characters || text_characters(t) <= characters)
		return text_copy(arena, t);
	if (characters == 0)
		return T("");
	/* `cut` is the last place between two graphemes with room for the dots behind it. */
	while (at < t.length && count < characters) {
		utf8proc_ssize_t length = utf8proc_iterate((const utf8proc_uint8_t *)t.data + at,
		                                           (utf8proc_ssize_t)(t.length - at), &now);
		if (length <= 0)
			length = 1, now = 0xfffd;
		if (at == 0 || utf8proc_grapheme_break_stateful(last, now, &state))
			cut = at;
		last = now;
		at += (size_t)length;
		count++;
	}
	return text_join(arena, (text[]){ text_slice(t, 0, cut), dots }, 2, T(""));
}

static text fold_unicode(struct arena *arena, text t)
{
	const utf8proc_option_t options = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
		UTF8PROC_CASEFOLD | UTF8PROC_IGNORE;
	const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)t.data;
	/* Most texts do not grow, so that the first room is nearly always enough. */
	utf8proc_ssize_t room = (utf8proc_ssize_t)t.length + 32;
	utf8proc_int32_t *points = NULL;
	utf8proc_ssize_t count;

	for (;;) {
		points = arena_alloc(arena, ((size_t)room + 1) * sizeof(*points));
		count = utf8proc_decompose(bytes, (utf8proc_ssize_t)t.length, points, room, options);
		if (count <= room)
			break;
		room = count;
	}
	if (count >= 0)
		count = utf8proc_reencode(points, count, options);
	/* Writing back in place is utf8proc's way: the code points become the bytes of the same memory. */
	return count < 0 ? text_copy(arena, t) : (text){ (const char *)points, (size_t)count };
}

text text_fold(struct arena *arena, text t)
{
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)t.data[i] >= 0x80)
			return fold_unicode(arena, t);
	return text_lower_ascii(arena, t);
}

text text_next_character(struct arena *arena, text character)
{
	utf8proc_int32_t code;
	utf8proc_ssize_t size = utf8proc_iterate((const utf8proc_uint8_t *)character.data, (utf8proc_ssize_t)character.length, &code);
	utf8proc_uint8_t *bytes = arena_alloc(arena, 5);

	if (size <= 0 || code >= 0x10ffff)
		return TEXT_UNSET;
	code = code + 1 >= 0xd800 && code + 1 <= 0xdfff ? 0xe000 : code + 1;
	return (text){ (const char *)bytes, (size_t)utf8proc_encode_char(code, bytes) };
}
