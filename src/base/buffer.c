/* Growing output with a maximum: doubling in the arena, dropping (and remembering it) beyond the maximum. */
#include "base/buffer.h"

#include "base/arena.h"
#include "base/error.h"

#include <stdarg.h>
#include <stdio.h>

void buffer_init(struct buffer *buffer, struct arena *arena, size_t size_max)
{
	*buffer = (struct buffer){ .arena = arena, .size_max = size_max };
}

bool buffer_reserve(struct buffer *buffer, size_t extra)
{
	size_t room = buffer->capacity == 0 ? 0 : buffer->capacity - 1 - buffer->length;

	if (buffer->over || extra > buffer->size_max - buffer->length) {
		buffer->over = true;
		return false;
	}
	if (extra <= room && buffer->capacity > 0)
		return true;
	/* One byte more than asked for, so that buffer_peek() can always put its NUL. */
	size_t need = buffer->length + extra + 1;
	size_t capacity = maximum(buffer->capacity * 2, (size_t)256);
	if (capacity < need)
		capacity = need;
	/* Never room beyond the maximum: whoever fits into the room need not ask. */
	if (buffer->size_max < SIZE_MAX && capacity > buffer->size_max + 1)
		capacity = buffer->size_max + 1;
	buffer->data = arena_extend(buffer->arena, buffer->data, buffer->capacity, capacity);
	buffer->capacity = capacity;
	return true;
}

void buffer_grow_bytes(struct buffer *buffer, const void *data, size_t size)
{
	if (size == 0 || !buffer_reserve(buffer, size))
		return;
	memcpy(buffer->data + buffer->length, data, size);
	buffer->length += size;
}

void buffer_format(struct buffer *buffer, const char *format, ...)
{
	va_list list;
	int length;

	va_start(list, format);
	length = vsnprintf(NULL, 0, format, list);
	va_end(list);
	if (length <= 0 || !buffer_reserve(buffer, (size_t)length))
		return;
	va_start(list, format);
	vsnprintf(buffer->data + buffer->length, (size_t)length + 1, format, list);
	va_end(list);
	buffer->length += (size_t)length;
}

void buffer_integer(struct buffer *buffer, int64_t number)
{
	char digits[24];
	size_t at = sizeof(digits);
	/* Unsigned, because the smallest number has no positive twin. */
	uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (number < 0)
		digits[--at] = '-';
	buffer_bytes(buffer, digits + at, sizeof(digits) - at);
}

text buffer_peek(struct buffer *buffer)
{
	if (buffer->data == NULL)
		return T("");
	buffer->data[buffer->length] = '\0';
	return (text){ buffer->data, buffer->length };
}

struct error *buffer_finish(struct buffer *buffer, text *ret_text)
{
	if (buffer->over)
		return error_new(buffer->arena, ERROR_TOO_LARGE, "the output would be longer than %zu bytes",
		                 buffer->size_max);
	*ret_text = buffer_peek(buffer);
	return NULL;
}
