/* CSV (RFC 4180: quotes, doubled quotes, CR LF or LF, UTF-8 BOM skipped), read row by row from a buffer in chunks, so that
 * a file of any size needs the memory of one row. The writer guards cells that a spreadsheet would run. */
#ifndef REEVE_BASE_CSV_H
#define REEVE_BASE_CSV_H
#include "base/buffer.h"
#include "base/error.h"

struct csv_reader;
/* read(data, buffer, size) returns bytes read, 0 at the end, -1 on failure. */
must_use struct csv_reader *csv_reader_new(struct arena *arena, text file, long (*read)(void *data, char *buffer, size_t size),
                                           void *data);
/*
 * The next row in `row_arena`: *ret_cells NULL at the end. *ret_line is the line the row began on.
 * A stray quote, an unclosed quote, a NUL, bad UTF-8 or a cell above the limits is ERROR_MALFORMED with file:line:column.
 */
must_use struct error *csv_read(struct csv_reader *reader, struct arena *row_arena, text **ret_cells, size_t *ret_count,
                                uint32_t *ret_line);
/* One cell, quoted where needed, with "'" before = + - @ tab return (and before a leading "'" so that it can be taken off). */
void csv_write_cell(struct buffer *buffer, text cell, bool first);
void csv_write_end(struct buffer *buffer);
/* Takes the guard off again: the inverse of what csv_write_cell puts before a cell. */
text csv_unguard(text cell);
#endif
