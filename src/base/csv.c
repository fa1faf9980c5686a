/*
 * CSV: a reader that pulls chunks and keeps one row, and a writer that quotes and guards. Blank lines are no rows; the
 * writer therefore quotes an empty first cell, so that a row of one empty cell survives.
 */
#include "base/csv.h"

#include "base/arena.h"
#include "base/limits.h"

#include <stdio.h>

#define CHUNK_BYTES ((size_t)64 * 1024)

struct csv_reader {
	text file;
	long (*read)(void *data, char *buffer, size_t size);
	void *data;
	char *chunk;
	size_t at, length;
	uint32_t line, column; /* of the next character */
	bool started, failed;
};

/* One row while it is read. */
struct row {
	struct csv_reader *reader;
	struct arena *arena;
	struct buffer cell;
	text *cells;
	size_t count, capacity;
	struct place cell_place;
};

struct csv_reader *csv_reader_new(struct arena *arena, text file, long (*read)(void *data, char *buffer, size_t size),
                                  void *data)
{
	struct csv_reader *reader = arena_new_struct(arena, struct csv_reader);

	*reader = (struct csv_reader){ .file = file, .read = read, .data = data, .line = 1, .column = 1 };
	reader->chunk = arena_alloc(arena, CHUNK_BYTES);
	return reader;
}

static struct place here(const struct csv_reader *reader)
{
	return (struct place){ reader->file, reader->line, reader->column };
}

static struct error *malformed(const struct row *row, struct place place, const char *problem)
{
	return error_place(error_new(row->arena, ERROR_MALFORMED, "%s", problem), place);
}

/* Fills the chunk again when it is used up. */
static void fill(struct csv_reader *reader)
{
	if (reader->at < reader->length || reader->failed)
		return;
	long got = reader->read(reader->data, reader->chunk, CHUNK_BYTES);
	reader->failed = got < 0;
	reader->length = got <= 0 ? 0 : (size_t)got;
	reader->at = 0;
}

/* The next byte without taking it; -1 at the end. */
static int peek(struct csv_reader *reader)
{
	fill(reader);
	return reader->at < reader->length ? (unsigned char)reader->chunk[reader->at] : -1;
}

static int take(struct csv_reader *reader)
{
	int c = peek(reader);

	if (c < 0)
		return c;
	reader->at++;
	if (c == '\n') {
		reader->line++;
		reader->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		reader->column++;
	}
	return c;
}

static void skip_mark(struct csv_reader *reader)
{
	static const unsigned char mark[] = { 0xef, 0xbb, 0xbf };

	if (reader->started)
		return;
	reader->started = true;
	if (peek(reader) != mark[0])
		return;
	/* A reader may give single bytes: put together what belongs together. */
	while (reader->length < sizeof(mark)) {
		long got = reader->read(reader->data, reader->chunk + reader->length, CHUNK_BYTES - reader->length);
		if (got <= 0) {
			reader->failed = got < 0;
			break;
		}
		reader->length += (size_t)got;
	}
	if (reader->length >= sizeof(mark) && memcmp(reader->chunk, mark, sizeof(mark)) == 0)
		reader->at = sizeof(mark);
}

static bool at_cell_end(int c)
{
	return c < 0 || c == ',' || c == '\n' || c == '\r';
}

/* Copies bytes up to one of the two stops (or the chunk's end) at once: most of a file is such bytes. */
static void take_run(struct row *row, const char *stops)
{
	struct csv_reader *reader = row->reader;
	size_t start = reader->at;

	while (reader->at < reader->length && strchr(stops, reader->chunk[reader->at]) == NULL) {
		char c = reader->chunk[reader->at++];
		if (c == '\n') {
			reader->line++;
			reader->column = 1;
		} else if ((c & 0xc0) != 0x80) {
			reader->column++;
		}
	}
	buffer_bytes(&row->cell, reader->chunk + start, reader->at - start);
}

static struct error *read_quoted(struct row *row)
{
	struct csv_reader *reader = row->reader;
	struct place start = here(reader);

	take(reader);
	for (;;) {
		int c = peek(reader);
		if (c < 0)
			return malformed(row, start, "this quote is never closed");
		if (c == '\0')
			return malformed(row, here(reader), "a NUL byte cannot be in a CSV file");
		if (c != '"') {
			take_run(row, "\"");
			if (row->cell.over)
				return malformed(row, start, "the cell is too long");
			continue;
		}
		take(reader);
		if (peek(reader) != '"')
			break;
		buffer_char(&row->cell, (char)take(reader));
	}
	if (!at_cell_end(peek(reader)))
		return malformed(row, here(reader), "a comma or the end of the line must follow the closing quote");
	return NULL;
}

static struct error *read_plain(struct row *row)
{
	struct csv_reader *reader = row->reader;

	for (int c = peek(reader); !at_cell_end(c); c = peek(reader)) {
		if (c == '"')
			return error_hint(row->arena, malformed(row, here(reader), "a quote inside a cell without quotes"),
			                  "put the whole cell into quotes and double the quotes inside");
		if (c == '\0')
			return malformed(row, here(reader), "a NUL byte cannot be in a CSV file");
		take_run(row, "\",\r\n");
		if (row->cell.over)
			return malformed(row, row->cell_place, "the cell is too long");
	}
	return NULL;
}

static struct error *finish_cell(struct row *row)
{
	text cell = text_copy(row->arena, buffer_peek(&row->cell));
	size_t bad;

	if (row->cell.over)
		return malformed(row, row->cell_place, "the cell is too long");
	if (!text_is_utf8(cell, &bad)) {
		/* Counted from the cell's start: exact unless a quoted cell has several lines. */
		struct place place = row->cell_place;
		for (size_t i = 0; i < bad; i++)
			if (cell.data[i] == '\n')
				place.line++;
		if (place.line == row->cell_place.line)
			place.column += (uint32_t)text_characters(text_slice(cell, 0, bad));
		else
			place.column = 0;
		return error_hint(row->arena, malformed(row, place, "the text is not UTF-8"), "save the file as UTF-8");
	}
	if (row->count >= LIMIT_CSV_CELLS)
		return malformed(row, row->cell_place, "the row has too many cells");
	arena_make_room(row->arena, row->cells, row->count, row->capacity);
	row->cells[row->count++] = cell;
	row->cell.length = 0;
	return NULL;
}

static struct error *read_cell(struct row *row)
{
	row->cell_place = here(row->reader);
	if (peek(row->reader) == '"')
		TRY(read_quoted(row));
	else
		TRY(read_plain(row));
	return finish_cell(row);
}

/* Takes CR LF, LF or nothing (the file's end). */
static struct error *take_line_end(struct row *row)
{
	struct place place = here(row->reader);

	if (peek(row->reader) == '\r') {
		take(row->reader);
		if (peek(row->reader) != '\n')
			return malformed(row, place, "a carriage return without line feed outside of quotes");
	}
	take(row->reader);
	return NULL;
}

static struct error *check_read(const struct row *row)
{
	if (!row->reader->failed)
		return NULL;
	return error_place(error_new(row->arena, ERROR_UNAVAILABLE, "the file cannot be read"), here(row->reader));
}

struct error *csv_read(struct csv_reader *reader, struct arena *row_arena, text **ret_cells, size_t *ret_count,
                       uint32_t *ret_line)
{
	struct row row = { .reader = reader, .arena = row_arena };

	buffer_init(&row.cell, row_arena, LIMIT_CSV_CELL_BYTES);
	skip_mark(reader);
	while (peek(reader) == '\n' || peek(reader) == '\r')
		TRY(take_line_end(&row));
	uint32_t line = reader->line;
	if (peek(reader) < 0) {
		TRY(check_read(&row));
		*ret_cells = NULL;
		*ret_count = 0;
		*ret_line = line;
		return NULL;
	}
	TRY(read_cell(&row));
	while (peek(reader) == ',') {
		take(reader);
		TRY(read_cell(&row));
		TRY(arena_check(row_arena));
	}
	TRY(check_read(&row));
	TRY(take_line_end(&row));
	*ret_cells = row.cells;
	*ret_count = row.count;
	*ret_line = line;
	return NULL;
}

/* What a spreadsheet would take for a formula, and the guard itself. */
static bool needs_guard(char c)
{
	return c == '=' || c == '+' || c == '-' || c == '@' || c == '\t' || c == '\r' || c == '\'';
}

void csv_write_cell(struct buffer *buffer, text cell, bool first)
{
	bool guard = cell.length > 0 && needs_guard(cell.data[0]);
	/* The file's first cell must not look like its byte order mark. */
	bool quote = first && (cell.length == 0 || text_starts_with(cell, T("\xef\xbb\xbf")));
	text part;

	for (size_t i = 0; i < cell.length && !quote; i++)
		quote = cell.data[i] == '"' || cell.data[i] == ',' || cell.data[i] == '\n' || cell.data[i] == '\r';
	if (!first)
		buffer_char(buffer, ',');
	if (quote)
		buffer_char(buffer, '"');
	if (guard)
		buffer_char(buffer, '\'');
	for (bool more = false; quote && text_cut(&cell, '"', &part); more = true) {
		if (more)
			buffer_literal(buffer, "\"\"");
		buffer_text(buffer, part);
	}
	if (quote)
		buffer_char(buffer, '"');
	else
		buffer_text(buffer, cell);
}

void csv_write_end(struct buffer *buffer)
{
	buffer_literal(buffer, "\r\n");
}

text csv_unguard(text cell)
{
	if (cell.length > 1 && cell.data[0] == '\'' && needs_guard(cell.data[1]))
		return text_slice(cell, 1, cell.length);
	return cell;
}
