/*
 * Blobs as rows of PostgreSQL, so that a node keeps nothing: one row in blob, chunks of 256 KiB in
 * blob_chunk. An upload goes under a temporary name, each chunk committed by itself, and gets its hash as
 * name in one statement at the end (the chunks follow by ON UPDATE CASCADE): no transaction stays open while
 * somebody's slow line brings the bytes.
 */
#include "store/blob_place.h"

#include "base/random.h"

static struct error *send_chunk(struct blob_writer *writer)
{
	struct error *error = store_run(writer->store, writer->scratch, SQL_BLOB_ADD_CHUNK,
					CELLS(cell_text(writer->upload), cell_integer(writer->chunk_count),
					      cell_blob((text){ writer->chunk, writer->chunk_size })),
					NULL);

	if (error != NULL)
		error = error_copy(writer->arena, error);
	writer->chunk_count++;
	writer->chunk_size = 0;
	arena_reset(writer->scratch);
	return error;
}

static struct error *chunk_begin(struct blob_writer *writer)
{
	writer->upload = text_format(writer->arena, "upload:%.*s", TEXT_ARG(random_token(writer->arena, 16)));
	writer->chunk = arena_alloc(writer->arena, BLOB_CHUNK_BYTES);
	return store_run(writer->store, writer->arena, SQL_BLOB_BEGIN, CELLS(cell_text(writer->upload)),
			 NULL);
}

static struct error *chunk_write(struct blob_writer *writer, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		size_t part = minimum(size, BLOB_CHUNK_BYTES - writer->chunk_size);

		memcpy(writer->chunk + writer->chunk_size, at, part);
		writer->chunk_size += part;
		at += part;
		size -= part;
		if (writer->chunk_size == BLOB_CHUNK_BYTES)
			TRY(send_chunk(writer));
	}
	return NULL;
}

/*
 * Renews the age of the one that is there already, so that no sweep takes it before the commit that
 * mentions it.
 */
static struct error *keep_existing(struct blob_writer *writer, text hash, bool *ret_exists)
{
	int64_t changed;

	TRY(store_run(writer->store, writer->arena, SQL_BLOB_RENEW, CELLS(cell_text(hash)), &changed));
	*ret_exists = changed > 0;
	if (!*ret_exists)
		return NULL;
	return store_run(writer->store, writer->arena, SQL_BLOB_REMOVE, CELLS(cell_text(writer->upload)),
			 NULL);
}

static struct error *chunk_finish(struct blob_writer *writer, text hash)
{
	bool exists;

	if (writer->chunk_size > 0)
		TRY(send_chunk(writer));
	TRY(keep_existing(writer, hash, &exists));
	if (exists)
		return NULL;
	struct error *error =
	    store_run(writer->store, writer->arena, SQL_BLOB_NAME,
		      CELLS(cell_text(writer->upload), cell_text(hash), cell_integer(writer->size)), NULL);
	/* Somebody finished the same bytes at the same moment. */
	if (error != NULL && error->code == ERROR_CONFLICT)
		error = keep_existing(writer, hash, &exists);
	return error;
}

static void chunk_abort(struct blob_writer *writer)
{
	/* What cannot be removed now goes with the left-overs. */
	struct error *error unused = store_run(writer->store, writer->scratch, SQL_BLOB_REMOVE,
					       CELLS(cell_text(writer->upload)), NULL);
}

static struct error *chunk_open(struct blob_reader *reader, struct arena *arena, int64_t *ret_size)
{
	bool found;

	TRY(store_integer(reader->store, arena, SQL_BLOB_FIND, CELLS(cell_text(reader->hash)), ret_size,
			  &found));
	if (!found)
		return error_new(arena, ERROR_NOT_FOUND, "there is no attachment %.*s",
				 TEXT_ARG(reader->hash));
	reader->chunk_count = (*ret_size + BLOB_CHUNK_BYTES - 1) / BLOB_CHUNK_BYTES;
	return NULL;
}

static struct error *fetch_chunk(struct blob_reader *reader, struct arena *arena)
{
	bool row;

	arena_reset(arena);
	TRY(store_query(reader->store, arena, SQL_BLOB_READ_CHUNK,
			CELLS(cell_text(reader->hash), cell_integer(reader->chunk_next)), &reader->rows));
	TRY(rows_next(reader->rows, &row));
	if (!row)
		return error_new(arena, ERROR_CONFLICT, "attachment %.*s lacks its part %lld",
				 TEXT_ARG(reader->hash), (long long)reader->chunk_next);
	reader->left = rows_text(reader->rows, 0);
	reader->chunk_next++;
	return NULL;
}

static struct error *chunk_read(struct blob_reader *reader, struct arena *arena, void *buffer, size_t size,
				size_t *ret_read)
{
	if (reader->left.length == 0 && reader->chunk_next < reader->chunk_count)
		TRY(fetch_chunk(reader, arena));
	size_t part = minimum(size, reader->left.length);
	*ret_read = part;
	if (part == 0)
		return NULL;
	memcpy(buffer, reader->left.data, part);
	reader->left.data += part;
	reader->left.length -= part;
	return NULL;
}

static void chunk_close(struct blob_reader *reader unused) {}

static struct error *chunk_each(struct store *store, struct arena *arena,
				struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at),
				void *data)
{
	text after = T("");
	struct rows *rows;
	bool row = true;

	TRY(store_run(store, arena, SQL_BLOB_REMOVE_LEFT_OVERS, CELLS(cell_integer(BLOB_LEFT_OVER_MS)),
		      NULL));
	while (row) {
		bool any = false;

		TRY(store_query(store, arena, SQL_BLOB_LIST, CELLS(cell_text(after)), &rows));
		for (;;) {
			TRY(rows_next(rows, &row));
			if (!row)
				break;
			any = true;
			after = rows_text_copy(rows, arena, 0);
			TRY(visit(data, after, rows_integer(rows, 1), rows_integer(rows, 2)));
		}
		row = any;
	}
	return NULL;
}

static struct error *chunk_remove(struct store *store, struct arena *arena, text hash, int64_t made_before)
{
	return store_run(store, arena, SQL_BLOB_REMOVE_OLD, CELLS(cell_text(hash), cell_integer(made_before)), NULL);
}

const struct blob_place blob_chunks = {
	chunk_begin, chunk_write, chunk_finish, chunk_abort,  chunk_open,
	chunk_read,  chunk_close, chunk_each,	chunk_remove,
};
