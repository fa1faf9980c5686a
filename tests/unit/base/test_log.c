/* Log lines: one line each whatever people typed, and the level is obeyed. */
#include "../test.h"

#include "base/log.h"

#include <unistd.h>

static text capture(char *data, size_t size, void (*work)(struct arena *arena), struct arena *arena)
{
	int pipes[2], old = dup(STDERR_FILENO);

	assert_int_equal(pipe(pipes), 0);
	dup2(pipes[1], STDERR_FILENO);
	work(arena);
	dup2(old, STDERR_FILENO);
	close(old);
	close(pipes[1]);
	ssize_t length = read(pipes[0], data, size);
	close(pipes[0]);
	return (text){ data, length < 0 ? 0 : (size_t)length };
}

static void write_lines(struct arena *arena unused)
{
	log_line(LOG_DEBUG, "not seen");
	log_line(LOG_WARNING, "name=%s", "a\nerror forged\x1b[0m");
	log_set_level(LOG_DEBUG);
	log_line(LOG_DEBUG, "seen");
	log_set_level(LOG_INFO);
}

TEST(writes_one_clean_line_each)
{
	char data[4096];

	assert_text(capture(data, sizeof(data), write_lines, NULL), "warning name=a?error forged?[0m\ndebug seen\n");
}

static void write_long(struct arena *arena)
{
	log_line(LOG_ERROR, "%s", text_format(arena, "%09000d", 1).data);
}

TEST(cuts_long_lines)
{
	struct arena *arena = arena_new(1 << 20);
	char data[16384];
	text line = capture(data, sizeof(data), write_long, arena);

	assert_true(line.length < 4097);
	assert_int_equal(line.data[line.length - 1], '\n');
	arena_free(arena);
}

static void write_errors(struct arena *arena)
{
	struct error *error = error_new(arena, ERROR_UNAVAILABLE, "the store is away");

	error = error_append(error, error_place(error_field(error_new(arena, ERROR_INVALID, "bad"), T("title")),
	                                        (struct place){ T("x.csv"), 2, 3 }));
	log_error("job", error);
}

TEST(writes_the_whole_chain)
{
	struct arena *arena = arena_new(1 << 20);
	char data[4096];

	assert_text(capture(data, sizeof(data), write_errors, arena),
	            "error job: the store is away code=unavailable\n"
	            "info job: bad code=invalid field=title place=x.csv:2:3\n");
	arena_free(arena);
}
