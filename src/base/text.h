/*
 * Text that carries its length. A `text` is a slice of UTF-8 bytes, passed by copy; `data == NULL`
 * means unset, which is not the same as empty. Texts made by functions that take an arena are also
 * NUL-terminated (the NUL is not counted); slices of others need not be.
 */
#ifndef REEVE_BASE_TEXT_H
#define REEVE_BASE_TEXT_H

#include "base/check.h"

#include <string.h>

struct arena;

typedef struct text {
	const char *data;
	size_t length;
} text;

#define T(literal) ((text){ ("" literal), sizeof(literal) - 1 })
#define TEXT_UNSET ((text){ NULL, 0 })
/* For printf-like formats: printf("%.*s", TEXT_ARG(name)). */
#define TEXT_ARG(t) ((int)(t).length), ((t).data == NULL ? "" : (t).data)

static inline bool text_is_set(text t) { return t.data != NULL; }
static inline bool text_is_empty(text t) { return t.length == 0; }
static inline bool text_equal(text a, text b)
{
	return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* The text of a C string; unset for NULL. The bytes are not copied. */
text text_from(const char *string);
/* A NUL-terminated copy. Unset stays unset. */
must_use text text_copy(struct arena *arena, text t);
/* A NUL-terminated C string with the bytes of `t` ("" when unset). */
must_use const char *text_cstring(struct arena *arena, text t);
/* printf into the arena. */
must_use text text_format(struct arena *arena, const char *format, ...) printf_like(2, 3);
must_use text text_join(struct arena *arena, const text *parts, size_t count, text separator);

/* Bytewise order like memcmp, shorter first on a tie: <0, 0, >0. Unset sorts as empty. */
int text_compare(text a, text b);
bool text_starts_with(text t, text prefix);
bool text_ends_with(text t, text suffix);
/* Position of `needle`, or -1. */
ptrdiff_t text_find(text t, text needle);
ptrdiff_t text_find_char(text t, char c);
/* Bytes from..to (to excluded), clamped to the text. */
text text_slice(text t, size_t from, size_t to);
/* Without ASCII white space at both ends. */
text text_trim(text t);
/* Takes the part up to `separator` off *rest; false when *rest is used up (unset). */
bool text_cut(text *rest, char separator, text *ret_part);
/* ASCII only: for names of ours, header names, never for people's text. */
bool text_equal_ignoring_case(text a, text b);
must_use text text_lower_ascii(struct arena *arena, text t);

/* Strict numbers: the whole text must be a number in range; no blanks, no '+'. */
bool text_to_integer(text t, int64_t *ret_number);
bool text_to_real(text t, double *ret_number);

/* True for well-formed UTF-8 without U+0000; *ret_position (may be NULL) is the first bad byte. */
bool text_is_utf8(text t, size_t *ret_position);
/* Code points in well-formed UTF-8. */
size_t text_characters(text t);
/* At most `characters` code points, cut between grapheme-safe UTF-8 boundaries, with "…" when cut. */
must_use text text_shorten(struct arena *arena, text t, size_t characters);

/*
 * The comparison key of people's text: NFKC casefold through utf8proc (UTF8PROC_NFKC_CASEFOLD),
 * bytewise comparable, the same on every database. Unset stays unset; malformed UTF-8 is kept as is.
 */
must_use text text_fold(struct arena *arena, text t);

/* The code point behind the one that `character` holds (surrogates skipped), or unset behind the last: for ranges of prefixes. */
must_use text text_next_character(struct arena *arena, text character);

/* Edit distance for "did you mean"; stops counting above `limit`. */
size_t text_distance(text a, text b, size_t limit);
/* The nearest of `count` names to `wanted`, or unset when none is near enough. */
text text_nearest(text wanted, const text *names, size_t count);

/* Lower-case hexadecimal and back (false: odd length or a bad digit). */
must_use text text_hex(struct arena *arena, const void *data, size_t size);
bool text_unhex(text t, void *ret_data, size_t size);

/* A stable 64-bit hash (FNV-1a or better); not for secrets. */
uint64_t text_hash(text t);

#endif
