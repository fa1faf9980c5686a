/*
 * Structured lines on standard error (journald picks them up): `level message key=value ...`.
 * Only edges log. The level is the program's only mutable global.
 */
#ifndef REEVE_BASE_LOG_H
#define REEVE_BASE_LOG_H
#include "base/error.h"
enum log_level { LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };
void log_set_level(enum log_level level);
void log_line(enum log_level level, const char *format, ...) printf_like(2, 3);
/* The error with its whole chain; INTERNAL and UNAVAILABLE as LOG_ERROR, others as LOG_INFO. */
void log_error(const char *where, const struct error *error);
/* Ends the process: only for what cannot go on (no memory, broken invariant). */
no_return void log_fatal(const char *format, ...) printf_like(1, 2);
#endif
