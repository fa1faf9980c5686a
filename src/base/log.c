/* Log lines: one write(2) each, so that lines of several threads never mix, and no control characters inside. */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define LINE_BYTES 4096

static const char *const level_names[] = { "error", "warning", "info", "debug" };
static _Atomic int log_level = LOG_INFO;

void log_set_level(enum log_level level)
{
	log_level = (int)level;
}

static void write_line(enum log_level level, const char *format, va_list list) printf_like(2, 0);

static void write_line(enum log_level level, const char *format, va_list list)
{
	char line[LINE_BYTES];
	int start = snprintf(line, sizeof(line), "%s ", level_names[level]);
	int length = vsnprintf(line + start, sizeof(line) - (size_t)start - 1, format, list);
	size_t end = (size_t)start + (size_t)maximum(length, 0);

	if (end > sizeof(line) - 2)
		end = sizeof(line) - 2;
	/* What people typed must not start a line of its own nor move a terminal's cursor. */
	for (size_t i = 0; i < end; i++)
		if ((unsigned char)line[i] < ' ' || line[i] == 0x7f)
			line[i] = '?';
	line[end++] = '\n';
	ssize_t written unused = write(STDERR_FILENO, line, end);
}

void log_line(enum log_level level, const char *format, ...)
{
	va_list list;

	if ((int)level > log_level)
		return;
	va_start(list, format);
	write_line(level, format, list);
	va_end(list);
}

void log_error(const char *where, const struct error *error)
{
	for (; error != NULL; error = error->next) {
		bool ours = error->code == ERROR_INTERNAL || error->code == ERROR_UNAVAILABLE;
		const struct place *place = &error->place;
		char position[512] = "";
		if (text_is_set(place->file) || place->line > 0)
			snprintf(position, sizeof(position), " place=%.*s:%u:%u", TEXT_ARG(place->file), place->line,
			         place->column);
		log_line(ours ? LOG_ERROR : LOG_INFO, "%s: %.*s code=%.*s%s%.*s%s", where, TEXT_ARG(error->message),
		         TEXT_ARG(error_slug(error->code)), text_is_set(error->field) ? " field=" : "",
		         TEXT_ARG(error->field), position);
	}
}

void log_fatal(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	write_line(LOG_ERROR, format, list);
	va_end(list);
	abort();
}
