/*
 * Growing output. A buffer lives in an arena and is born with its maximum: writing past it drops the
 * bytes and marks the buffer, so that writers need no error branch and the reader checks once.
 */
#ifndef REEVE_BASE_BUFFER_H
#define REEVE_BASE_BUFFER_H

#include "base/text.h"

struct error;

struct buffer {
	struct arena *arena;
	char *data;
	size_t length;
	size_t capacity;
	size_t size_max;
	bool over;
};

void buffer_init(struct buffer *buffer, struct arena *arena, size_t size_max);
/* Room for at least `extra` more bytes at once; false (and marked) when that passes the maximum. */
bool buffer_reserve(struct buffer *buffer, size_t extra);
void buffer_grow_bytes(struct buffer *buffer, const void *data, size_t size);
/* Inline, because pages are written in pieces of some bytes. Strictly less than the room: buffer_peek() needs a byte for its NUL. */
static inline void buffer_bytes(struct buffer *buffer, const void *data, size_t size)
{
	if (size > 0 && size < buffer->capacity - buffer->length && !buffer->over) {
		memcpy(buffer->data + buffer->length, data, size);
		buffer->length += size;
	} else {
		buffer_grow_bytes(buffer, data, size);
	}
}
static inline void buffer_text(struct buffer *buffer, text t) { buffer_bytes(buffer, t.data, t.length); }
static inline void buffer_char(struct buffer *buffer, char c) { buffer_bytes(buffer, &c, 1); }
void buffer_format(struct buffer *buffer, const char *format, ...) printf_like(2, 3);
void buffer_integer(struct buffer *buffer, int64_t number);
#define buffer_literal(buffer, literal) buffer_bytes((buffer), "" literal, sizeof(literal) - 1)
/* What was written, NUL-terminated; ERROR_TOO_LARGE when something was dropped. */
must_use struct error *buffer_finish(struct buffer *buffer, text *ret_text);
/* What was written so far, without the check: for outputs that cannot reach their maximum. */
text buffer_peek(struct buffer *buffer);

#endif
