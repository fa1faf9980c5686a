/*
 * Query strings and form bodies. Strict: a bad escape, bad UTF-8 or U+0000 is an error with a place, a repeated name too -
 * two parsers that pick different ones of two values are how filters are passed - but for "name[]", which is a list.
 */
#include "web/server.h"

#define LIMIT_FORM_FIELDS 1000

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static struct error *malformed(struct arena *arena, size_t position, const char *what)
{
	return error_place(error_new(arena, ERROR_MALFORMED, "%s at position %zu", what, position + 1),
	                   (struct place){ .line = 1, .column = (uint32_t)position + 1 });
}

struct error *percent_decode(struct arena *arena, text source, bool plus, text *ret_decoded)
{
	char *decoded = arena_alloc(arena, source.length + 1);
	size_t length = 0, bad;

	for (size_t i = 0; i < source.length; i++) {
		char c = source.data[i];
		if (c == '%') {
			int high = i + 2 < source.length ? hex_digit(source.data[i + 1]) : -1;
			int low = i + 2 < source.length ? hex_digit(source.data[i + 2]) : -1;
			if (high < 0 || low < 0)
				return malformed(arena, i, "a percent sign without two hexadecimal digits");
			c = (char)(high * 16 + low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		decoded[length++] = c;
	}
	*ret_decoded = (text){ decoded, length };
	if (!text_is_utf8(*ret_decoded, &bad))
		return malformed(arena, bad, "no valid UTF-8 (or U+0000)");
	return NULL;
}

void percent_encode(struct buffer *out, text source)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < source.length; i++) {
		unsigned char c = (unsigned char)source.data[i];
		if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' ||
		    c == '_' || c == '~') {
			buffer_char(out, (char)c);
			continue;
		}
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
		buffer_bytes(out, escape, 3);
	}
}

struct error *form_add(struct arena *arena, struct value *map, text name, text value)
{
	bool list = text_ends_with(name, T("[]"));

	if (list)
		name = text_slice(name, 0, name.length - 2);
	if (name.length == 0)
		return error_new(arena, ERROR_MALFORMED, "a field without a name");
	struct value *before = value_get(map, name);
	if (before != NULL && (!list || before->kind != VALUE_LIST))
		return error_field(error_new(arena, ERROR_MALFORMED, "'%.*s' is given twice", TEXT_ARG(name)), name);
	if (value_count(map) >= LIMIT_FORM_FIELDS)
		return error_new(arena, ERROR_TOO_LARGE, "too many fields; at most %d", LIMIT_FORM_FIELDS);
	if (!list) {
		value_add(arena, map, name, value_text(arena, value));
		return NULL;
	}
	if (before == NULL) {
		before = value_list(arena);
		value_add(arena, map, name, before);
	}
	if (before->list.count >= LIMIT_FORM_FIELDS)
		return error_new(arena, ERROR_TOO_LARGE, "too many values; at most %d", LIMIT_FORM_FIELDS);
	value_append(arena, before, value_text(arena, value));
	return NULL;
}

struct error *form_parse(struct arena *arena, text source, struct value **ret_map)
{
	struct value *map = value_map(arena);
	text rest = source, pair;

	while (text_cut(&rest, '&', &pair)) {
		text name, value = T("");
		if (pair.length == 0)
			continue;
		ptrdiff_t equals = text_find_char(pair, '=');
		if (equals >= 0) {
			TRY(percent_decode(arena, text_slice(pair, (size_t)equals + 1, pair.length), true, &value));
			pair = text_slice(pair, 0, (size_t)equals);
		}
		TRY(percent_decode(arena, pair, true, &name));
		TRY(form_add(arena, map, name, value));
		TRY(arena_check(arena));
	}
	*ret_map = map;
	return NULL;
}

/* ---- header values ---- */

/* Takes one `; name=value` off the front; quoted values lose their quotes and backslashes. */
static bool next_parameter(struct arena *arena, text *rest, text *ret_name, text *ret_value)
{
	*rest = text_trim(*rest);
	while (text_starts_with(*rest, T(";")))
		*rest = text_trim(text_slice(*rest, 1, rest->length));
	ptrdiff_t equals = text_find_char(*rest, '=');
	if (equals < 0)
		return false;
	*ret_name = text_trim(text_slice(*rest, 0, (size_t)equals));
	*rest = text_trim(text_slice(*rest, (size_t)equals + 1, rest->length));
	if (!text_starts_with(*rest, T("\""))) {
		ptrdiff_t end = text_find_char(*rest, ';');
		size_t length = end < 0 ? rest->length : (size_t)end;
		*ret_value = text_trim(text_slice(*rest, 0, length));
		*rest = text_slice(*rest, length, rest->length);
		return true;
	}
	char *value = arena_alloc(arena, rest->length + 1);
	size_t length = 0, i = 1;
	for (; i < rest->length && rest->data[i] != '"'; i++) {
		/* Browsers write \ in file names as it is; only an escaped quote or backslash is an escape. */
		if (rest->data[i] == '\\' && i + 1 < rest->length && (rest->data[i + 1] == '"' || rest->data[i + 1] == '\\'))
			i++;
		value[length++] = rest->data[i];
	}
	*ret_value = (text){ value, length };
	*rest = text_slice(*rest, i + 1, rest->length);
	return true;
}

text header_parameter(struct arena *arena, text value, text name)
{
	ptrdiff_t semicolon = text_find_char(value, ';');
	text rest = semicolon < 0 ? TEXT_UNSET : text_slice(value, (size_t)semicolon, value.length);
	text found, content;

	while (text_is_set(rest) && next_parameter(arena, &rest, &found, &content))
		if (text_equal_ignoring_case(found, name))
			return content;
	return TEXT_UNSET;
}
