/* CSV: rows come back as they were written, in chunks of any size; everything malformed has its place. */
#include "../test.h"

#include "base/csv.h"
#include "base/limits.h"

struct source {
	text rest;
	size_t step; /* bytes per read */
};

static long read_some(void *data, char *buffer, size_t size)
{
	struct source *source = data;
	size_t count = minimum(minimum(size, source->step), source->rest.length);

	if (count > 0)
		memcpy(buffer, source->rest.data, count);
	source->rest = text_slice(source->rest, count, source->rest.length);
	return (long)count;
}

/* Everything as "line:cell|cell;line:cell;" or the error. */
static text read_all(struct arena *arena, text file, size_t step)
{
	struct source source = { file, step };
	struct csv_reader *reader = csv_reader_new(arena, T("a.csv"), read_some, &source);
	struct buffer out;

	buffer_init(&out, arena, SIZE_MAX);
	for (;;) {
		text *cells;
		size_t count;
		uint32_t line;
		struct error *error = csv_read(reader, arena, &cells, &count, &line);
		if (error != NULL) {
			assert_refused(error, MALFORMED);
			return error_line(arena, error);
		}
		if (cells == NULL)
			return buffer_peek(&out);
		buffer_format(&out, "%u:", line);
		for (size_t i = 0; i < count; i++)
			buffer_format(&out, "%s%.*s", i > 0 ? "|" : "", TEXT_ARG(cells[i]));
		buffer_char(&out, ';');
	}
}

static void reads_as(text file, const char *expected)
{
	struct arena *arena = arena_new(1 << 24);

	for (size_t step = 1; step < 10; step++)
		assert_text(read_all(arena, file, step), expected);
	arena_free(arena);
}

TEST(reads_rows)
{
	reads_as(T("a,b\r\nc,\n"), "1:a|b;2:c|;");
	reads_as(T("\xef\xbb\xbf" "a,\"b \"\"x\"\", \nc\"\nd"), "1:a|b \"x\", \nc;3:d;");
	reads_as(T("\n\na\r\n\r\n\"\"\nb"), "3:a;5:;6:b;");
	reads_as(T(""), "");
	reads_as(T(","), "1:|;");
	reads_as(T("\xef\xbb\xbf"), "");
	reads_as(T("\xc3\xa4,x"), "1:\xc3\xa4|x;");
}

TEST(refuses_with_a_place)
{
	reads_as(T("a\nb,x\"y\n"),
	         "a.csv:2:4: error: a quote inside a cell without quotes; put the whole cell into quotes and double the "
	         "quotes inside");
	reads_as(T("a,\"b\nc"), "a.csv:1:3: error: this quote is never closed");
	reads_as(T("a,\"b\"c"), "a.csv:1:6: error: a comma or the end of the line must follow the closing quote");
	reads_as((text){ "a,\0b", 4 }, "a.csv:1:3: error: a NUL byte cannot be in a CSV file");
	reads_as((text){ "a,\"\0\"", 5 }, "a.csv:1:4: error: a NUL byte cannot be in a CSV file");
	reads_as(T("\xc3\xa4,b\xff"), "a.csv:1:4: error: the text is not UTF-8; save the file as UTF-8");
	reads_as(T("a\rb"), "a.csv:1:2: error: a carriage return without line feed outside of quotes");
	reads_as(T("\xef\xbb"), "a.csv:1:1: error: the text is not UTF-8; save the file as UTF-8");
}

static long fails(void *data unused, char *buffer unused, size_t size unused)
{
	return -1;
}

TEST(bounds_cells_and_tells_of_failure)
{
	struct arena *arena = arena_new(1 << 24);
	size_t size = LIMIT_CSV_CELL_BYTES + 1;
	char *data = arena_alloc(arena, size);
	text *cells;
	size_t count;
	uint32_t line;

	memset(data, 'x', size);
	assert_text(read_all(arena, (text){ data, size }, 1000), "a.csv:1:1: error: the cell is too long");
	assert_true(read_all(arena, (text){ data, size - 1 }, 1000).length > size);
	data[0] = '"';
	assert_text(read_all(arena, (text){ data, size }, 100000), "a.csv:1:1: error: this quote is never closed");
	memset(data, ',', 2000);
	assert_text(read_all(arena, (text){ data, 999 }, 1000).length == 1002 ? T("1000") : T("other"), "1000");
	assert_text(read_all(arena, (text){ data, 1000 }, 1000), "a.csv:1:1001: error: the row has too many cells");
	assert_refused(csv_read(csv_reader_new(arena, T("a.csv"), fails, NULL), arena, &cells, &count, &line), UNAVAILABLE);
	arena_free(arena);
}

TEST(what_is_written_comes_back)
{
	struct arena *arena = arena_new(1 << 24);
	static const char *const cells[] = { "", "plain", "a,b", "\"q\"", "two\nlines", "cr\r", "=1+1", "+1", "-5", "@x",
		                             "\ttab", "\rret", "'quote", "''", "'", "'=1", " blank ", "\xc3\xa4" };
	size_t total = array_length(cells);
	struct buffer out;

	buffer_init(&out, arena, 1 << 20);
	for (size_t row = 0; row < total; row++) {
		for (size_t i = 0; i < total; i++)
			csv_write_cell(&out, text_from(cells[(row + i) % total]), i == 0);
		csv_write_end(&out);
	}
	csv_write_cell(&out, T("\xef\xbb\xbfx"), true);
	csv_write_end(&out);
	struct source source = { buffer_peek(&out), 7 };
	struct csv_reader *reader = csv_reader_new(arena, T("a.csv"), read_some, &source);
	for (size_t row = 0; row <= total; row++) {
		text *read;
		size_t count;
		uint32_t line;
		assert_ok(csv_read(reader, arena, &read, &count, &line));
		assert_int_equal(count, row < total ? total : 1);
		for (size_t i = 0; i < count && row < total; i++)
			assert_text(csv_unguard(read[i]), cells[(row + i) % total]);
	}
	arena_free(arena);
}

TEST(guards_formulas)
{
	struct arena *arena = arena_new(1 << 20);
	struct buffer out;

	buffer_init(&out, arena, 1 << 20);
	csv_write_cell(&out, T("=cmd()"), true);
	csv_write_cell(&out, TEXT_UNSET, false);
	csv_write_cell(&out, T("it's"), false);
	assert_text(buffer_peek(&out), "'=cmd(),,it's");
	buffer_init(&out, arena, 1 << 20);
	csv_write_cell(&out, T("\xef\xbb\xbfx"), true);
	csv_write_end(&out);
	csv_write_cell(&out, T(""), true);
	assert_text(buffer_peek(&out), "\"\xef\xbb\xbfx\"\r\n\"\"");
	assert_text(csv_unguard(T("'twas")), "'twas");
	assert_text(csv_unguard(T("'")), "'");
	arena_free(arena);
}
