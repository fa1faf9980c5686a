/* Where a command reads and writes when it runs in the process that was called: the standard streams, or a file as input. */
#include "cli/cli_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

void io_format(struct io *io, struct arena *arena, const char *format, ...)
{
	char small[512];
	va_list arguments;
	va_start(arguments, format);
	int length = vsnprintf(small, sizeof small, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	if ((size_t)length < sizeof small) {
		io->write(io, (text){ small, (size_t)length });
		return;
	}
	char *large = arena_alloc(arena, (size_t)length + 1);
	va_start(arguments, format);
	(void)vsnprintf(large, (size_t)length + 1, format, arguments);
	va_end(arguments);
	io->write(io, (text){ large, (size_t)length });
}

void io_value(struct io *io, struct arena *arena, const struct value *value)
{
	io->write(io, json_text(arena, value));
	io->write(io, T("\n"));
}

struct standard {
	int input;
	FILE *output;      /* standard output, or the unfinished file of an output operand */
	const char *path, *unfinished;
	bool open_line;    /* a progress line stands on the terminal */
	bool failed;
};

static long standard_read(struct io *io, char *buffer, size_t size)
{
	struct standard *standard = io->data;
	for (;;) {
		ssize_t got = read(standard->input, buffer, size);
		if (got >= 0 || errno != EINTR)
			return (long)got;
	}
}

static void standard_write(struct io *io, text bytes)
{
	struct standard *standard = io->data;
	if (standard->open_line) {
		(void)fputs("\r\033[K", stderr);
		standard->open_line = false;
	}
	if (bytes.length > 0 && fwrite(bytes.data, 1, bytes.length, standard->output) != bytes.length)
		standard->failed = true;
}

static void standard_complain(struct io *io, text bytes)
{
	(void)io;
	(void)fflush(stdout);
	(void)fwrite(bytes.data, 1, bytes.length, stderr);
}

static void standard_progress(struct io *io, text line)
{
	struct standard *standard = io->data;
	if (!io->terminal)
		return;
	(void)fprintf(stderr, "\r\033[K%.*s", TEXT_ARG(line));
	(void)fflush(stderr);
	standard->open_line = line.length > 0;
}

static void close_streams(void *data)
{
	struct standard *standard = data;
	if (standard->input > STDERR_FILENO)
		(void)close(standard->input);
	if (standard->open_line)
		(void)fputs("\n", stderr);
	(void)fflush(stdout);
	if (standard->unfinished != NULL) {
		(void)fclose(standard->output);
		(void)unlink(standard->unfinished);
	}
}

static struct error *open_output(struct arena *arena, text path, struct standard *standard)
{
	standard->output = stdout;
	if (!text_is_set(path) || text_equal(path, T("-")))
		return NULL;
	standard->path = text_cstring(arena, path);
	standard->unfinished = text_format(arena, "%.*s.unfinished", TEXT_ARG(path)).data;
	int file = open(standard->unfinished, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	standard->output = file < 0 ? NULL : fdopen(file, "w");
	if (standard->output != NULL)
		return NULL;
	standard->unfinished = NULL;
	return error_new(arena, ERROR_UNAVAILABLE, "cannot write %.*s: %s", TEXT_ARG(path), strerror(errno));
}

struct error *io_finish(struct io *io, struct arena *arena)
{
	struct standard *standard = io->data;
	bool failed = fflush(standard->output) != 0 || standard->failed;
	if (standard->unfinished != NULL) {
		failed = fsync(fileno(standard->output)) != 0 || failed;
		failed = fclose(standard->output) != 0 || failed;
		if (!failed)
			failed = rename(standard->unfinished, standard->path) != 0;
		if (failed)
			(void)unlink(standard->unfinished);
		standard->unfinished = NULL;
		standard->output = stdout;
	}
	if (failed)
		return error_new(arena, ERROR_UNAVAILABLE, "the output could not be written: %s", strerror(errno));
	return NULL;
}

struct error *io_standard(struct arena *arena, text input_path, text output_path, struct io *ret_io)
{
	struct standard *standard = arena_new_struct(arena, struct standard);
	standard->input = STDIN_FILENO;
	if (text_is_set(input_path) && !text_equal(input_path, T("-"))) {
		standard->input = open(text_cstring(arena, input_path), O_RDONLY | O_CLOEXEC);
		if (standard->input < 0)
			return error_new(arena, ERROR_NOT_FOUND, "cannot read %.*s: %s", TEXT_ARG(input_path), strerror(errno));
	}
	struct error *error = open_output(arena, output_path, standard);
	arena_defer(arena, close_streams, standard);
	TRY(error);
	struct stat about;
	int64_t size = fstat(standard->input, &about) == 0 && S_ISREG(about.st_mode) ? (int64_t)about.st_size : 0;
	*ret_io = (struct io){ .data = standard, .input_size = size, .read = standard_read, .write = standard_write, .complain = standard_complain,
	                       .progress = standard_progress, .terminal = isatty(STDERR_FILENO) == 1 };
	return NULL;
}

text io_place(const struct io *io, struct arena *arena, text path)
{
	if (!text_is_set(io->directory) || text_starts_with(path, T("/")))
		return path;
	return text_format(arena, "%.*s/%.*s", TEXT_ARG(io->directory), TEXT_ARG(path));
}
