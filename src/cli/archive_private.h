/*
 * The form of a backup: gzip of JSON lines, the same for both databases.
 *
 *   {"reeve":"backup","form":1,"version":"0.1.0","made_at":"...","database":"sqlite","head":"SEQ SEAL","tables":N}
 *   {"table":"definition","columns":["path", ...]}      then one JSON array per row (a blob cell is {"hex":"..."})
 *   {"blob":"SHA-256","size":N}                         then {"part":"hex"} lines of at most 64 KiB of content each
 *   {"end":true,"rows":N,"blobs":N}                     without it the copy was cut off and is refused
 */
#ifndef REEVE_CLI_ARCHIVE_PRIVATE_H
#define REEVE_CLI_ARCHIVE_PRIVATE_H

#include "cli/cli_private.h"

#define ARCHIVE_FORM 1
#define ARCHIVE_PART_BYTES (64 * 1024)
/* One line: a row of the largest texts, several times escaped. */
#define ARCHIVE_LINE_BYTES (4 * 1024 * 1024)

struct archive_writer;
must_use struct archive_writer *archive_writer_new(struct arena *arena, struct io *io);
void archive_write_line(struct archive_writer *writer, text line);
must_use struct error *archive_writer_finish(struct archive_writer *writer, struct arena *error_arena);

struct archive_reader;
must_use struct archive_reader *archive_reader_new(struct arena *arena, struct io *io);
/* The next line without its end, valid until the next call; unset at the end. ERROR_MALFORMED when it is no gzip or damaged. */
must_use struct error *archive_read_line(struct archive_reader *reader, struct arena *error_arena, text *ret_line);
int64_t archive_line_number(const struct archive_reader *reader);

#endif
