/* Errors: made here and nowhere else, so that every one has a code and a message. */
#include "base/error.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/value.h"

#include <stdarg.h>
#include <stdio.h>

static const struct code {
	int http_status, exit_status;
	text slug, title;
} codes[ERROR_CODE_COUNT] = {
#define ERROR_CODE(name, http_status, exit_status, slug, title)                                              \
	[ERROR_##name] = { http_status, exit_status, { slug, sizeof(slug) - 1 }, { title, sizeof(title) - 1 } },
#include "base/error.def"
#undef ERROR_CODE
};

/* Messages quote what came from outside: a line break in it must not forge a line of the log, nor bad bytes break an answer. */
static void make_one_line(char *data, size_t length)
{
	size_t from = 0, bad;

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)data[i] < ' ' || data[i] == 0x7f)
			data[i] = ' ';
	while (!text_is_utf8((text){ data + from, length - from }, &bad)) {
		from += bad;
		data[from++] = '?';
	}
}

static text format_list(struct arena *arena, const char *format, va_list list) printf_like(2, 0);

static text format_list(struct arena *arena, const char *format, va_list list)
{
	va_list again;
	char *data;

	va_copy(again, list);
	int length = vsnprintf(NULL, 0, format, again);
	va_end(again);
	if (length < 0)
		return T("");
	data = arena_alloc(arena, (size_t)length + 1);
	vsnprintf(data, (size_t)length + 1, format, list);
	make_one_line(data, (size_t)length);
	return (text){ data, (size_t)length };
}

struct error *error_new(struct arena *arena, enum error_code code, const char *format, ...)
{
	struct error *error = arena_new_struct(arena, struct error);
	va_list list;

	va_start(list, format);
	error->code = code;
	error->message = format_list(arena, format, list);
	va_end(list);
	return error;
}

struct error *error_field(struct error *error, text field)
{
	if (error != NULL)
		error->field = field;
	return error;
}

struct error *error_hint(struct arena *arena, struct error *error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	error->hint = format_list(arena, format, list);
	va_end(list);
	return error;
}

struct error *error_place(struct error *error, struct place place)
{
	error->place = place;
	return error;
}

struct error *error_append(struct error *error, struct error *more)
{
	struct error **end = &error;

	while (*end != NULL)
		end = &(*end)->next;
	*end = more;
	return error;
}

struct error *error_copy(struct arena *arena, const struct error *error)
{
	struct error *head = NULL, **end = &head;

	for (; error != NULL; error = error->next) {
		struct error *copy = arena_copy(arena, error, sizeof(*error));
		copy->message = text_copy(arena, error->message);
		copy->field = text_copy(arena, error->field);
		copy->hint = text_copy(arena, error->hint);
		copy->place.file = text_copy(arena, error->place.file);
		copy->extra = error->extra == NULL ? NULL : value_copy(arena, error->extra);
		copy->next = NULL;
		*end = copy;
		end = &copy->next;
	}
	return head;
}

int error_http_status(enum error_code code)
{
	return codes[code].http_status;
}

int error_exit_status(enum error_code code)
{
	return codes[code].exit_status;
}

text error_slug(enum error_code code)
{
	return codes[code].slug;
}

text error_title(enum error_code code)
{
	return codes[code].title;
}

text error_line(struct arena *arena, const struct error *error)
{
	struct buffer out;

	buffer_init(&out, arena, SIZE_MAX);
	for (const struct error *each = error; each != NULL; each = each->next) {
		const struct place *place = &each->place;
		if (each != error)
			buffer_char(&out, '\n');
		if (text_is_set(place->file) || place->line > 0) {
			if (text_is_set(place->file))
				buffer_format(&out, "%.*s:", TEXT_ARG(place->file));
			if (place->line > 0)
				buffer_format(&out, "%u:", place->line);
			if (place->line > 0 && place->column > 0)
				buffer_format(&out, "%u:", place->column);
			buffer_literal(&out, " error: ");
		}
		buffer_text(&out, each->message);
		if (!text_is_empty(each->hint))
			buffer_format(&out, "; %.*s", TEXT_ARG(each->hint));
	}
	return buffer_peek(&out);
}
