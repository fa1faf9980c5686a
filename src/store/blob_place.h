/*
 * Where blobs lie: files beside SQLite (blob_files.c) or rows of PostgreSQL (blob_chunks.c). Inside of the
 * store floor only.
 */
#ifndef REEVE_STORE_BLOB_PLACE_H
#define REEVE_STORE_BLOB_PLACE_H

#include "store/blob.h"
#include "store/driver.h"

#include <sodium.h>

#define BLOB_CHUNK_BYTES (256 * 1024)
/* What an upload that was never finished leaves behind is removed after this. */
#define BLOB_LEFT_OVER_MS (24 * 3600 * 1000LL)

struct blob_writer {
	const struct blob_place *place;
	struct store *store;
	struct arena *arena;   /* the caller's */
	struct arena *scratch; /* the writer's own: reset as it goes, so that a large file needs no memory of
				  its size */
	crypto_hash_sha256_state hash;
	int64_t size;
	bool open;
	text upload; /* the temporary file's path, or the temporary name of the rows */
	int descriptor;
	char *chunk;
	size_t chunk_size;
	int64_t chunk_count;
};

struct blob_reader {
	const struct blob_place *place; /* closing must not ask the store, which may be closed before */
	struct store *store;
	struct arena *scratch;
	text hash;
	const char *path;
	int descriptor;
	struct rows *rows; /* keeps the chunk's bytes */
	text left;
	int64_t chunk_next, chunk_count;
};

struct blob_place {
	struct error *(*begin)(struct blob_writer *writer);
	struct error *(*write)(struct blob_writer *writer, const void *data, size_t size);
	struct error *(*finish)(struct blob_writer *writer, text hash);
	void (*abort)(struct blob_writer *writer);
	struct error *(*open)(struct blob_reader *reader, struct arena *arena, int64_t *ret_size);
	struct error *(*read)(struct blob_reader *reader, struct arena *arena, void *buffer, size_t size,
			      size_t *ret_read);
	void (*close)(struct blob_reader *reader);
	struct error *(*each)(struct store *store, struct arena *arena,
			      struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at),
			      void *data);
	struct error *(*remove)(struct store *store, struct arena *arena, text hash, int64_t made_before);
};

extern const struct blob_place blob_files, blob_chunks;

#endif
