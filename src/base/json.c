/*
 * JSON. In through jansson, which is strict and well known, with what it does not bound bounded here: depth, memory and
 * where an error stands. Out by our own writer, because building jansson's tree first costs several times the page.
 */
#include "base/json.h"

#include "base/arena.h"
#include "base/limits.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>

/*
 * While this thread parses, jansson's memory comes from a scratch arena: its tree needs up to fifty times the bytes of
 * the source, so it must have a maximum, and freeing it is one call. Outside of that jansson (used by other libraries
 * too) has the system's memory. jansson knows no argument to pass this through, hence the thread-local.
 */
static _Thread_local struct arena *json_scratch;
static pthread_once_t hook_once = PTHREAD_ONCE_INIT;
static struct {
	json_malloc_t allocate;
	json_free_t release;
} json_system;

static void *allocate(size_t size)
{
	if (json_scratch == NULL)
		return json_system.allocate(size);
	return arena_check(json_scratch) == NULL ? arena_alloc(json_scratch, size) : NULL;
}

static void release(void *data)
{
	if (json_scratch == NULL)
		json_system.release(data);
}

static void hook_memory(void)
{
	json_get_alloc_funcs(&json_system.allocate, &json_system.release);
	json_set_alloc_funcs(allocate, release);
}

static struct place place_at(text source, size_t position)
{
	struct place place = { .line = 1 };
	size_t line_start = 0;

	for (size_t i = 0; i < position; i++)
		if (source.data[i] == '\n') {
			place.line++;
			line_start = i + 1;
		}
	place.column = (uint32_t)text_characters(text_slice(source, line_start, position)) + 1;
	return place;
}

static struct error *malformed(struct arena *arena, struct place place, const char *message)
{
	return error_place(error_new(arena, ERROR_MALFORMED, "the JSON is malformed: %s", message), place);
}

/* Looks at brackets outside of strings only; everything else is jansson's to refuse. */
static struct error *check_depth(struct arena *arena, text source)
{
	size_t depth = 0;
	bool quoted = false;

	for (size_t i = 0; i < source.length; i++) {
		char c = source.data[i];
		if (quoted) {
			if (c == '\\')
				i++;
			else if (c == '"')
				quoted = false;
		} else if (c == '"') {
			quoted = true;
		} else if (c == '[' || c == '{') {
			if (++depth > LIMIT_JSON_DEPTH)
				return error_hint(arena, malformed(arena, place_at(source, i), "it is nested too deeply"),
				                  "at most %d levels", LIMIT_JSON_DEPTH);
		} else if ((c == ']' || c == '}') && depth > 0) {
			depth--;
		}
	}
	return NULL;
}

/* jansson's message as one clean line: it quotes the input and may be cut within a character. */
static text clean_message(struct arena *arena, const char *message)
{
	text t = text_copy(arena, text_from(message));
	char *data = (char *)t.data;
	size_t good;

	if (!text_is_utf8(t, &good))
		t.length = good;
	data[t.length] = '\0';
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)data[i] < ' ' || data[i] == 0x7f)
			data[i] = ' ';
	return t;
}

static struct error *parse_error(struct arena *arena, const json_error_t *found)
{
	struct place place = { .line = (uint32_t)maximum(found->line, 1), .column = (uint32_t)maximum(found->column, 1) };
	enum json_error_code code = json_error_code(found);

	if (code == json_error_null_character || code == json_error_null_byte_in_key)
		return error_place(error_new(arena, ERROR_INVALID, "a text holds U+0000, which no text may"), place);
	return malformed(arena, place, clean_message(arena, found->text).data);
}

static text copy_string(struct arena *arena, const char *data, size_t length)
{
	return text_copy(arena, (text){ data, length });
}

/* The depth is bounded by check_depth(). */
static struct value *convert(struct arena *arena, const json_t *json)
{
	struct value *value, *item;

	switch (json_typeof(json)) {
	case JSON_OBJECT:
		value = value_map(arena);
		for (void *at = json_object_iter((json_t *)json); at != NULL; at = json_object_iter_next((json_t *)json, at)) {
			const char *key = json_object_iter_key(at);
			item = convert(arena, json_object_iter_value(at));
			value_add(arena, value, copy_string(arena, key, strlen(key)), item);
		}
		return value;
	case JSON_ARRAY:
		value = value_list(arena);
		for (size_t i = 0; i < json_array_size(json); i++)
			value_append(arena, value, convert(arena, json_array_get(json, i)));
		return value;
	case JSON_STRING:
		return value_text(arena, copy_string(arena, json_string_value(json), json_string_length(json)));
	case JSON_INTEGER:
		return value_integer(arena, json_integer_value(json));
	case JSON_REAL:
		return value_real(arena, json_real_value(json));
	case JSON_TRUE:
	case JSON_FALSE:
		return value_bool(arena, json_is_true(json));
	case JSON_NULL:
		break;
	}
	return value_null(arena);
}

struct error *json_parse(struct arena *arena, text source, struct value **ret_value)
{
	size_t position = 0;
	json_error_t found = { 0 };

	if (!text_is_utf8(source, &position))
		return malformed(arena, place_at(source, position), "it is not UTF-8, or holds a NUL byte");
	TRY(check_depth(arena, source));
	pthread_once(&hook_once, hook_memory);
	struct arena *memory = arena_new(LIMIT_WORK_BYTES);
	json_scratch = memory;
	const json_t *json = json_loadb(text_is_set(source) ? source.data : "", source.length,
	                                JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &found);
	json_scratch = NULL;
	struct error *error = NULL;
	/* jansson tells of refused memory by a failure without words. */
	if (json == NULL && arena_check(memory) != NULL)
		error = error_hint(arena, error_new(arena, ERROR_TOO_LARGE, "the JSON holds too many values"),
		                   "send less at once");
	else if (json == NULL)
		error = parse_error(arena, &found);
	else
		*ret_value = convert(arena, json);
	/* The tree is left to the arena: there is nothing else in it. */
	arena_free(memory);
	return error;
}

/* Bytes that cannot stand in a JSON string as they are. */
static inline bool needs_escape(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

/* Writes at most six bytes to `at` and returns the place behind them. */
static char *put_escape(char *at, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";
	static const char letters[] = { ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r' };

	*at++ = '\\';
	if (c == '"' || c == '\\') {
		*at++ = (char)c;
	} else if (c < sizeof(letters) && letters[c] != 0) {
		*at++ = letters[c];
	} else {
		at = mempcpy(at, "u00", 3);
		*at++ = digits[c >> 4];
		*at++ = digits[c & 15];
	}
	return at;
}

#define EACH_BYTE(byte) (UINT64_C(0x0101010101010101) * (byte))
/* Not zero when some byte of `word` (all below 0x80) is zero. */
#define HAS_ZERO(word) (((word) - EACH_BYTE(1)) & ~(word) & EACH_BYTE(0x80))

/* How many bytes from the start need no escape, eight at a time. */
static size_t plain_run(const unsigned char *data, size_t length)
{
	size_t at = 0;

	for (; length - at >= 8; at += 8) {
		uint64_t word;
		memcpy(&word, data + at, 8);
		uint64_t control = (word - EACH_BYTE(0x20)) & ~word & EACH_BYTE(0x80);
		if ((control | HAS_ZERO(word ^ EACH_BYTE('"')) | HAS_ZERO(word ^ EACH_BYTE('\\'))) != 0)
			break;
	}
	while (at < length && !needs_escape(data[at]))
		at++;
	return at;
}

/* Pieces of this size are given room for the worst case at once, and then written without further checks. */
#define PIECE_BYTES 512

/* `t` is well-formed UTF-8; cutting it into pieces anywhere does no harm. */
static void write_escaped(struct buffer *buffer, text t)
{
	for (size_t done = 0; done < t.length; done += PIECE_BYTES) {
		text piece = text_slice(t, done, done + PIECE_BYTES);
		const unsigned char *data = (const unsigned char *)piece.data;
		char room[6 * PIECE_BYTES], *start = room;
		/* Near the buffer's maximum the worst case may not fit where the text does. */
		bool direct = buffer->size_max - buffer->length >= sizeof(room) &&
			buffer_reserve(buffer, 6 * piece.length);
		if (direct)
			start = buffer->data + buffer->length;
		char *out = start;
		for (size_t at = 0; at < piece.length;) {
			size_t run = plain_run(data + at, piece.length - at);
			out = mempcpy(out, data + at, run);
			at += run;
			if (at < piece.length)
				out = put_escape(out, data[at++]);
		}
		if (direct)
			buffer->length += (size_t)(out - start);
		else
			buffer_bytes(buffer, start, (size_t)(out - start));
	}
}

void json_write_text(struct buffer *buffer, text t)
{
	size_t bad;

	buffer_char(buffer, '"');
	while (!text_is_utf8(t, &bad)) {
		write_escaped(buffer, text_slice(t, 0, bad));
		if (t.data[bad] == '\0')
			buffer_literal(buffer, "\\u0000");
		else
			buffer_literal(buffer, "\xef\xbf\xbd");
		t = text_slice(t, bad + 1, t.length);
	}
	write_escaped(buffer, t);
	buffer_char(buffer, '"');
}

/* The shortest of 15 to 17 digits that reads back as the same number; always recognisable as no integer. */
static void write_real(struct buffer *buffer, double real)
{
	char digits[40];
	double again = 0;

	if (!isfinite(real)) {
		buffer_literal(buffer, "null");
		return;
	}
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(digits, sizeof(digits), "%.*g", precision, real);
		if (text_to_real(text_from(digits), &again) && again == real)
			break;
	}
	buffer_text(buffer, text_from(digits));
	if (strpbrk(digits, ".e") == NULL)
		buffer_literal(buffer, ".0");
}

static void write_list(struct buffer *buffer, const struct value_list *list)
{
	buffer_char(buffer, '[');
	for (size_t i = 0; i < list->count; i++) {
		if (i > 0)
			buffer_char(buffer, ',');
		json_write(buffer, list->items[i]);
	}
	buffer_char(buffer, ']');
}

static void write_map(struct buffer *buffer, const struct value_map *map)
{
	buffer_char(buffer, '{');
	for (size_t i = 0; i < map->count; i++) {
		if (i > 0)
			buffer_char(buffer, ',');
		json_write_text(buffer, map->entries[i].key);
		buffer_char(buffer, ':');
		json_write(buffer, map->entries[i].value);
	}
	buffer_char(buffer, '}');
}

void json_write(struct buffer *buffer, const struct value *value)
{
	if (value == NULL || buffer->over) {
		buffer_literal(buffer, "null");
		return;
	}
	switch (value->kind) {
	case VALUE_NULL:
		buffer_literal(buffer, "null");
		break;
	case VALUE_BOOL:
		buffer_text(buffer, value->boolean ? T("true") : T("false"));
		break;
	case VALUE_INTEGER:
		buffer_integer(buffer, value->integer);
		break;
	case VALUE_REAL:
		write_real(buffer, value->real);
		break;
	case VALUE_TEXT:
	case VALUE_HTML:
		json_write_text(buffer, value->text);
		break;
	case VALUE_LIST:
		write_list(buffer, &value->list);
		break;
	case VALUE_MAP:
		write_map(buffer, &value->map);
		break;
	}
}

text json_text(struct arena *arena, const struct value *value)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, SIZE_MAX);
	json_write(&buffer, value);
	return buffer_peek(&buffer);
}
