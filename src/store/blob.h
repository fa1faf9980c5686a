/*
 * Attachments by content: SHA-256 names them, equal files are kept once, nothing of them is in the record's row.
 * SQLite: files DATA/blobs/ab/cdef..., written to a temporary name, fsynced, renamed, folder fsynced - before the commit that
 * mentions them. PostgreSQL: chunks of 256 KiB in the table blob_chunk, so that nodes stay stateless.
 */
#ifndef REEVE_STORE_BLOB_H
#define REEVE_STORE_BLOB_H

#include "store/store.h"

struct blob_writer;
struct blob_reader;

/*
 * Streams a new blob. `store` is any connection of the caller, outside of a transaction (STORE_READ will do: on PostgreSQL each chunk
 * is committed by itself, so that no transaction stays open during an upload).
 */
must_use struct error *blob_begin(struct store *store, struct arena *arena, struct blob_writer **ret_writer);
must_use struct error *blob_write(struct blob_writer *writer, const void *data, size_t size);
/* Makes it durable. *ret_hash: 64 hexadecimal digits. */
must_use struct error *blob_finish(struct blob_writer *writer, text *ret_hash, int64_t *ret_size);
/* Forgets it; also done by the arena when never finished (reset it before the store is closed). */
void blob_abort(struct blob_writer *writer);

/* ERROR_NOT_FOUND when there is none. Closes with the arena. */
must_use struct error *blob_open(struct store *store, struct arena *arena, text hash, struct blob_reader **ret_reader,
                                 int64_t *ret_size);
/* Up to `size` bytes; *ret_read 0 at the end. */
must_use struct error *blob_read(struct blob_reader *reader, void *buffer, size_t size, size_t *ret_read);
/* SQLite: a file descriptor of the blob for sendfile (the caller closes it), or -1 where there is none. */
int blob_descriptor(struct blob_reader *reader);
/* Reads it all and compares the hash: ERROR_CONFLICT when it differs. For `reeve verify`. */
must_use struct error *blob_check(struct store *store, struct arena *arena, text hash);
/*
 * Calls visit() with every blob's hash: for backup and the sweep of orphans older than 24 h (made_at is of the real clock and renewed when the
 * same bytes come again). What unfinished uploads left behind 24 h ago is removed on the way: a writing connection on PostgreSQL.
 */
must_use struct error *blob_each(struct store *store, struct arena *arena,
                                 struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at), void *data);
/* Removes it, unless the same bytes came (again) at or after `made_before`, a moment of the real clock, in this very moment too. */
must_use struct error *blob_remove(struct store *store, struct arena *arena, text hash, int64_t made_before);

#endif
