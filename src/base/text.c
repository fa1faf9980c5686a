/* Slices of UTF-8: making, comparing, cutting, numbers. What needs Unicode's tables is in unicode.c. */
#include "base/text.h"

#include "base/arena.h"

#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

text text_from(const char *string)
{
	return string == NULL ? TEXT_UNSET : (text){ string, strlen(string) };
}

text text_copy(struct arena *arena, text t)
{
	if (!text_is_set(t))
		return TEXT_UNSET;
	char *data = arena_alloc(arena, t.length + 1);
	if (t.length > 0)
		memcpy(data, t.data, t.length);
	return (text){ data, t.length };
}

const char *text_cstring(struct arena *arena, text t)
{
	return text_is_set(t) ? text_copy(arena, t).data : "";
}

text text_format(struct arena *arena, const char *format, ...)
{
	va_list list;
	char small[256];

	va_start(list, format);
	int length = vsnprintf(small, sizeof(small), format, list);
	va_end(list);
	if (length < 0)
		return T("");
	if ((size_t)length < sizeof(small))
		return text_copy(arena, (text){ small, (size_t)length });
	char *data = arena_alloc(arena, (size_t)length + 1);
	va_start(list, format);
	vsnprintf(data, (size_t)length + 1, format, list);
	va_end(list);
	return (text){ data, (size_t)length };
}

text text_join(struct arena *arena, const text *parts, size_t count, text separator)
{
	size_t length = count > 1 ? separator.length * (count - 1) : 0;

	for (size_t i = 0; i < count; i++)
		length += parts[i].length;
	char *data = arena_alloc(arena, length + 1), *at = data;
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && separator.length > 0)
			at = mempcpy(at, separator.data, separator.length);
		if (parts[i].length > 0)
			at = mempcpy(at, parts[i].data, parts[i].length);
	}
	return (text){ data, length };
}

int text_compare(text a, text b)
{
	size_t shorter = minimum(a.length, b.length);
	int order = shorter == 0 ? 0 : memcmp(a.data, b.data, shorter);

	if (order != 0)
		return order;
	return (a.length > b.length) - (a.length < b.length);
}

bool text_starts_with(text t, text prefix)
{
	return t.length >= prefix.length && text_equal(text_slice(t, 0, prefix.length), prefix);
}

bool text_ends_with(text t, text suffix)
{
	return t.length >= suffix.length && text_equal(text_slice(t, t.length - suffix.length, t.length), suffix);
}

ptrdiff_t text_find(text t, text needle)
{
	if (needle.length == 0)
		return 0;
	const char *found = t.length == 0 ? NULL : memmem(t.data, t.length, needle.data, needle.length);
	return found == NULL ? -1 : found - t.data;
}

ptrdiff_t text_find_char(text t, char c)
{
	const char *found = t.length == 0 ? NULL : memchr(t.data, c, t.length);

	return found == NULL ? -1 : found - t.data;
}

text text_slice(text t, size_t from, size_t to)
{
	to = minimum(to, t.length);
	from = minimum(from, to);
	return text_is_set(t) ? (text){ t.data + from, to - from } : TEXT_UNSET;
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

text text_trim(text t)
{
	while (t.length > 0 && is_blank(t.data[t.length - 1]))
		t.length--;
	while (t.length > 0 && is_blank(t.data[0])) {
		t.data++;
		t.length--;
	}
	return t;
}

bool text_cut(text *rest, char separator, text *ret_part)
{
	if (!text_is_set(*rest))
		return false;
	ptrdiff_t at = text_find_char(*rest, separator);
	if (at < 0) {
		*ret_part = *rest;
		*rest = TEXT_UNSET;
		return true;
	}
	*ret_part = text_slice(*rest, 0, (size_t)at);
	*rest = text_slice(*rest, (size_t)at + 1, rest->length);
	return true;
}

static inline char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

bool text_equal_ignoring_case(text a, text b)
{
	if (a.length != b.length)
		return false;
	for (size_t i = 0; i < a.length; i++)
		if (lower(a.data[i]) != lower(b.data[i]))
			return false;
	return true;
}

text text_lower_ascii(struct arena *arena, text t)
{
	if (!text_is_set(t))
		return TEXT_UNSET;
	char *data = arena_alloc(arena, t.length + 1);
	for (size_t i = 0; i < t.length; i++)
		data[i] = lower(t.data[i]);
	return (text){ data, t.length };
}

static inline bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

bool text_to_integer(text t, int64_t *ret_number)
{
	bool negative = t.length > 0 && t.data[0] == '-';
	uint64_t number = 0, most = negative ? (uint64_t)INT64_MAX + 1 : INT64_MAX;

	if (t.length == (size_t)negative)
		return false;
	for (size_t i = negative; i < t.length; i++) {
		if (!is_digit(t.data[i]))
			return false;
		uint64_t digit = (uint64_t)(t.data[i] - '0');
		if (number > (most - digit) / 10)
			return false;
		number = number * 10 + digit;
	}
	*ret_number = negative ? (int64_t)(0 - number) : (int64_t)number;
	return true;
}

static size_t skip_digits(text t, size_t at)
{
	while (at < t.length && is_digit(t.data[at]))
		at++;
	return at;
}

/* -?DIGITS[.DIGITS][(e|E)[+-]DIGITS] and nothing else: no hexadecimal, "inf", "nan" or blanks. */
static bool looks_real(text t)
{
	size_t start = t.length > 0 && t.data[0] == '-';
	size_t at = skip_digits(t, start);

	if (at == start)
		return false;
	if (at < t.length && t.data[at] == '.') {
		start = at + 1;
		at = skip_digits(t, start);
		if (at == start)
			return false;
	}
	if (at < t.length && lower(t.data[at]) == 'e') {
		at++;
		if (at < t.length && (t.data[at] == '-' || t.data[at] == '+'))
			at++;
		start = at;
		at = skip_digits(t, start);
		if (at == start)
			return false;
	}
	return at == t.length;
}

bool text_to_real(text t, double *ret_number)
{
	char digits[400];

	if (t.length >= sizeof(digits) || !looks_real(t))
		return false;
	memcpy(digits, t.data, t.length);
	digits[t.length] = '\0';
	/* The form is checked above and the program never leaves the "C" locale, so this reads all of it. */
	double number = strtod(digits, NULL);
	if (!isfinite(number))
		return false;
	*ret_number = number;
	return true;
}

#define DISTANCE_BYTES_MAX 64

/* Insertions, deletions, replacements and swaps of neighbours (optimal string alignment). */
size_t text_distance(text a, text b, size_t limit)
{
	uint8_t rows[3][DISTANCE_BYTES_MAX + 1];
	uint8_t *before = rows[0], *last = rows[1], *row = rows[2];
	size_t longer = maximum(a.length, b.length), shorter = minimum(a.length, b.length);

	if (longer - shorter > limit || longer > DISTANCE_BYTES_MAX)
		return limit + 1;
	for (size_t j = 0; j <= b.length; j++)
		last[j] = (uint8_t)j;
	for (size_t i = 1; i <= a.length; i++) {
		size_t best = row[0] = (uint8_t)i;
		for (size_t j = 1; j <= b.length; j++) {
			size_t cost = last[j - 1] + (a.data[i - 1] != b.data[j - 1] ? 1u : 0u);
			cost = minimum(cost, (size_t)minimum(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
				cost = minimum(cost, (size_t)before[j - 2] + 1);
			row[j] = (uint8_t)cost;
			best = minimum(best, cost);
		}
		if (best > limit)
			return limit + 1;
		uint8_t *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return minimum((size_t)last[b.length], limit + 1);
}

text text_nearest(text wanted, const text *names, size_t count)
{
	/* Short names must be nearly the same, or everything would be near. */
	size_t best = wanted.length <= 3 ? 1 : wanted.length <= 8 ? 2 : 3;
	text nearest = TEXT_UNSET;

	for (size_t i = 0; i < count; i++) {
		size_t distance = text_distance(wanted, names[i], best);
		if (distance > best || distance >= names[i].length)
			continue;
		if (text_is_set(nearest) && distance == best)
			continue;
		best = distance;
		nearest = names[i];
	}
	return nearest;
}

text text_hex(struct arena *arena, const void *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;
	char *hex = arena_alloc(arena, size * 2 + 1);

	for (size_t i = 0; i < size; i++) {
		hex[2 * i] = digits[bytes[i] >> 4];
		hex[2 * i + 1] = digits[bytes[i] & 15];
	}
	return (text){ hex, size * 2 };
}

static int hex_digit(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool text_unhex(text t, void *ret_data, size_t size)
{
	unsigned char *bytes = ret_data;

	if (t.length != size * 2)
		return false;
	for (size_t i = 0; i < t.length; i++)
		if (hex_digit(t.data[i]) < 0)
			return false;
	for (size_t i = 0; i < size; i++)
		bytes[i] = (unsigned char)(hex_digit(t.data[2 * i]) << 4 | hex_digit(t.data[2 * i + 1]));
	return true;
}

/* Eight bytes at a time, each folded in by a multiplication (after MurmurHash2). */
uint64_t text_hash(text t)
{
	const uint64_t multiplier = UINT64_C(0xc6a4a7935bd1e995);
	uint64_t hash = UINT64_C(0x9e3779b97f4a7c15) ^ (t.length * multiplier);

	for (size_t at = 0; at < t.length; at += 8) {
		uint64_t word = 0;
		memcpy(&word, t.data + at, minimum((size_t)8, t.length - at));
		word *= multiplier;
		word ^= word >> 47;
		hash = (hash ^ (word * multiplier)) * multiplier;
	}
	hash ^= hash >> 47;
	hash *= multiplier;
	return hash ^ hash >> 47;
}
