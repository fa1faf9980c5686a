/*
 * Errors. An error is one returned pointer, NULL for success; error_new() is the only maker, TRY()
 * passes it up, and only the edge (web reply, command line, worker loop) logs it, once.
 * The codes live in error.def, which decides HTTP status and exit status.
 */
#ifndef REEVE_BASE_ERROR_H
#define REEVE_BASE_ERROR_H

#include "base/text.h"

enum error_code {
#define ERROR_CODE(name, http_status, exit_status, slug, title) ERROR_##name,
#include "base/error.def"
#undef ERROR_CODE
	ERROR_CODE_COUNT
};

/* Where in an input something was found. line and column count from 1; 0 = unknown. */
struct place {
	text file;
	uint32_t line;
	uint32_t column;
};

struct error {
	enum error_code code;
	text message; /* one line, lower case, no full stop: "no team is named 'netwrok'" */
	text field;   /* which input, when there is one; else unset */
	text hint;    /* what to do about it; else unset */
	struct place place;
	int64_t retry_after_s; /* for ERROR_TOO_MANY and ERROR_UNAVAILABLE; 0 = not said */
	struct value *extra;   /* further members of the problem document (a map), or NULL */
	struct error *next;    /* further problems of the same input */
};

must_use struct error *error_new(struct arena *arena, enum error_code code, const char *format, ...)
	printf_like(3, 4) __attribute__((returns_nonnull));
/* These return `error` (never NULL; the compiler is told, so that it sees what TRY() leaves unset) to be chained in a return. */
struct error *error_field(struct error *error, text field) __attribute__((returns_nonnull));
struct error *error_hint(struct arena *arena, struct error *error, const char *format, ...)
	printf_like(3, 4) __attribute__((returns_nonnull));
struct error *error_place(struct error *error, struct place place) __attribute__((returns_nonnull));
/* Appends `more` (may be NULL) behind `error` (may be NULL) and returns the head of the chain. */
struct error *error_append(struct error *error, struct error *more);
/* A deep copy into another arena: for errors that cross threads. */
must_use struct error *error_copy(struct arena *arena, const struct error *error);

int error_http_status(enum error_code code);
int error_exit_status(enum error_code code);
text error_slug(enum error_code code);  /* "not-found": the last part of the problem type */
text error_title(enum error_code code); /* "Not found" */

/* "FILE:LINE:COL: error: message; hint" or "message; hint": for terminals. One line per problem. */
must_use text error_line(struct arena *arena, const struct error *error);

#endif
