/* JSON in (jansson: positions, duplicate keys refused, depth limit) and JSON out (ours: arena, fast). */
#ifndef REEVE_BASE_JSON_H
#define REEVE_BASE_JSON_H

#include "base/buffer.h"
#include "base/value.h"

/*
 * Parses one JSON text (any root). Refused with ERROR_MALFORMED and line:column: anything RFC 8259
 * refuses, duplicate keys, nesting above LIMIT_JSON_DEPTH, integers beyond int64, trailing bytes, invalid UTF-8,
 * lone surrogates. A U+0000 in a text is refused with ERROR_INVALID.
 */
must_use struct error *json_parse(struct arena *arena, text source, struct value **ret_value);
/* Compact JSON. Texts that are not valid UTF-8 have bad bytes written as U+FFFD. */
void json_write(struct buffer *buffer, const struct value *value);
void json_write_text(struct buffer *buffer, text t);
/* Compact JSON as an arena text. */
must_use text json_text(struct arena *arena, const struct value *value);

#endif
