/* Gzip streams of lines over zlib: what backups are written in and read from. */
#include "cli/archive_private.h"

#include <zlib.h>

#include "base/limits.h"

#define CHUNK (128 * 1024)
/* windowBits of zlib that make a gzip head and trailer (with its CRC) instead of a zlib one. */
#define GZIP_WINDOW (15 + 16)

struct archive_writer {
	struct io *io;
	z_stream stream;
	unsigned char *out;
	bool broken;
};

static void end_deflate(void *data) { (void)deflateEnd(data); }

struct archive_writer *archive_writer_new(struct arena *arena, struct io *io)
{
	struct archive_writer *writer = arena_new_struct(arena, struct archive_writer);
	writer->io = io;
	writer->out = arena_alloc(arena, CHUNK);
	/* Level 1: backups are limited by reading the database, not by their size. */
	writer->broken = deflateInit2(&writer->stream, 1, Z_DEFLATED, GZIP_WINDOW, 8, Z_DEFAULT_STRATEGY) != Z_OK;
	if (!writer->broken)
		arena_defer(arena, end_deflate, &writer->stream);
	return writer;
}

static void push(struct archive_writer *writer, text bytes, int flush)
{
	writer->stream.next_in = (unsigned char *)(uintptr_t)bytes.data;
	writer->stream.avail_in = (unsigned)bytes.length;
	do {
		writer->stream.next_out = writer->out;
		writer->stream.avail_out = CHUNK;
		if (deflate(&writer->stream, flush) == Z_STREAM_ERROR)
			writer->broken = true;
		size_t made = CHUNK - writer->stream.avail_out;
		if (made > 0)
			writer->io->write(writer->io, (text){ (const char *)writer->out, made });
	} while (!writer->broken && writer->stream.avail_out == 0);
}

void archive_write_line(struct archive_writer *writer, text line)
{
	if (writer->broken)
		return;
	push(writer, line, Z_NO_FLUSH);
	push(writer, T("\n"), Z_NO_FLUSH);
}

struct error *archive_writer_finish(struct archive_writer *writer, struct arena *error_arena)
{
	if (!writer->broken)
		push(writer, T(""), Z_FINISH);
	return writer->broken ? error_new(error_arena, ERROR_INTERNAL, "the copy cannot be compressed") : NULL;
}

struct archive_reader {
	struct io *io;
	z_stream stream;
	char *in, *out;
	size_t used, filled;      /* of `out`: bytes handed out and there */
	bool ready, ended;        /* the gzip stream came to its end */
	int64_t lines;
	struct buffer line;
	struct arena *line_arena;
};

static void end_inflate(void *data)
{
	struct archive_reader *reader = data;
	if (reader->ready)
		(void)inflateEnd(&reader->stream);
	arena_free(reader->line_arena);
}

struct archive_reader *archive_reader_new(struct arena *arena, struct io *io)
{
	struct archive_reader *reader = arena_new_struct(arena, struct archive_reader);
	reader->io = io;
	reader->in = arena_alloc(arena, CHUNK);
	reader->out = arena_alloc(arena, CHUNK);
	reader->line_arena = arena_new(LIMIT_WORK_BYTES);
	reader->ready = inflateInit2(&reader->stream, GZIP_WINDOW) == Z_OK;
	arena_defer(arena, end_inflate, reader);
	return reader;
}

static struct error *damaged(struct archive_reader *reader, struct arena *arena, const char *why)
{
	return error_hint(arena, error_new(arena, ERROR_MALFORMED, "the backup is damaged behind line %lld: %s", (long long)reader->lines, why),
	                  "take another copy");
}

/* More bytes into `out`. */
static struct error *fill(struct archive_reader *reader, struct arena *arena)
{
	if (!reader->ready)
		return error_new(arena, ERROR_INTERNAL, "the copy cannot be read");
	reader->used = reader->filled = 0;
	while (reader->filled == 0 && !reader->ended) {
		if (reader->stream.avail_in == 0) {
			long got = reader->io->read(reader->io, reader->in, CHUNK);
			if (got <= 0)
				return damaged(reader, arena, "it ends in the middle");
			reader->stream.next_in = (unsigned char *)reader->in;
			reader->stream.avail_in = (unsigned)got;
		}
		reader->stream.next_out = (unsigned char *)reader->out;
		reader->stream.avail_out = CHUNK;
		int status = inflate(&reader->stream, Z_NO_FLUSH);
		if (status != Z_OK && status != Z_STREAM_END)
			return damaged(reader, arena, reader->stream.msg == NULL ? "it is no gzip" : reader->stream.msg);
		reader->filled = CHUNK - reader->stream.avail_out;
		reader->ended = status == Z_STREAM_END;
	}
	return NULL;
}

struct error *archive_read_line(struct archive_reader *reader, struct arena *error_arena, text *ret_line)
{
	arena_reset(reader->line_arena);
	buffer_init(&reader->line, reader->line_arena, ARCHIVE_LINE_BYTES);
	for (;;) {
		if (reader->used == reader->filled) {
			if (reader->ended) {
				*ret_line = TEXT_UNSET;
				return NULL;
			}
			TRY(fill(reader, error_arena));
			continue;
		}
		text rest = { reader->out + reader->used, reader->filled - reader->used };
		ptrdiff_t end = text_find_char(rest, '\n');
		size_t length = end < 0 ? rest.length : (size_t)end;
		buffer_text(&reader->line, text_slice(rest, 0, length));
		reader->used += length + (end < 0 ? 0 : 1);
		if (end < 0)
			continue;
		reader->lines++;
		return buffer_finish(&reader->line, ret_line);
	}
}

int64_t archive_line_number(const struct archive_reader *reader) { return reader->lines; }
