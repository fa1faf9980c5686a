/*
 * Attachments by content: hashing and the life of writers and readers; the bytes lie where blob_place says.
 */
#include "store/blob_place.h"

#define SCRATCH_BYTES ((size_t)8 * 1024 * 1024)
#define READ_BYTES (64 * 1024)

static const struct blob_place *place_of(const struct store *store)
{
	return store->driver->dialect.has_sequences ? &blob_chunks : &blob_files;
}

/* Also what keeps "../" out of paths. */
static bool is_hash(text hash)
{
	for (size_t i = 0; i < hash.length; i++)
		if (!((hash.data[i] >= '0' && hash.data[i] <= '9') ||
		      (hash.data[i] >= 'a' && hash.data[i] <= 'f')))
			return false;
	return hash.length == crypto_hash_sha256_BYTES * 2;
}

static struct error *check_hash(struct arena *arena, text hash)
{
	if (!is_hash(hash))
		return error_new(arena, ERROR_NOT_FOUND, "'%.*s' names no attachment", TEXT_ARG(hash));
	return NULL;
}

/* ---- writing ---- */

static void end_writer(void *data)
{
	struct blob_writer *writer = data;

	blob_abort(writer);
	arena_free(writer->scratch);
	writer->scratch = NULL;
}

struct error *blob_begin(struct store *store, struct arena *arena, struct blob_writer **ret_writer)
{
	struct blob_writer *writer = arena_new_struct(arena, struct blob_writer);

	writer->place = place_of(store);
	writer->store = store;
	writer->arena = arena;
	writer->descriptor = -1;
	writer->scratch = arena_new(SCRATCH_BYTES);
	crypto_hash_sha256_init(&writer->hash);
	arena_defer(arena, end_writer, writer);
	TRY(writer->place->begin(writer));
	writer->open = true;
	*ret_writer = writer;
	return NULL;
}

struct error *blob_write(struct blob_writer *writer, const void *data, size_t size)
{
	if (!writer->open)
		return error_new(writer->arena, ERROR_INTERNAL, "writing to an attachment that is finished");
	crypto_hash_sha256_update(&writer->hash, data, size);
	writer->size += (int64_t)size;
	return writer->place->write(writer, data, size);
}

struct error *blob_finish(struct blob_writer *writer, text *ret_hash, int64_t *ret_size)
{
	unsigned char digest[crypto_hash_sha256_BYTES];

	if (!writer->open)
		return error_new(writer->arena, ERROR_INTERNAL, "finishing an attachment twice");
	crypto_hash_sha256_final(&writer->hash, digest);
	text hash = text_hex(writer->arena, digest, sizeof(digest));
	TRY(writer->place->finish(writer, hash));
	writer->open = false;
	*ret_hash = hash;
	*ret_size = writer->size;
	return NULL;
}

void blob_abort(struct blob_writer *writer)
{
	if (!writer->open)
		return;
	writer->open = false;
	writer->place->abort(writer);
}

/* ---- reading ---- */

static void end_reader(void *data)
{
	struct blob_reader *reader = data;

	reader->place->close(reader);
	arena_free(reader->scratch);
}

struct error *blob_open(struct store *store, struct arena *arena, text hash, struct blob_reader **ret_reader,
			int64_t *ret_size)
{
	struct blob_reader *reader = arena_new_struct(arena, struct blob_reader);

	TRY(check_hash(arena, hash));
	reader->place = place_of(store);
	reader->store = store;
	reader->hash = text_copy(arena, hash);
	reader->descriptor = -1;
	reader->scratch = arena_new(SCRATCH_BYTES);
	arena_defer(arena, end_reader, reader);
	TRY(reader->place->open(reader, arena, ret_size));
	*ret_reader = reader;
	return NULL;
}

struct error *blob_read(struct blob_reader *reader, void *buffer, size_t size, size_t *ret_read)
{
	return reader->place->read(reader, reader->scratch, buffer, size, ret_read);
}

static struct error *hash_all(struct blob_reader *reader, struct arena *arena, text *ret_hash)
{
	unsigned char digest[crypto_hash_sha256_BYTES];
	char *buffer = arena_alloc(arena, READ_BYTES);
	crypto_hash_sha256_state state;
	size_t size;

	crypto_hash_sha256_init(&state);
	do {
		TRY(blob_read(reader, buffer, READ_BYTES, &size));
		crypto_hash_sha256_update(&state, (const unsigned char *)buffer, size);
	} while (size > 0);
	crypto_hash_sha256_final(&state, digest);
	*ret_hash = text_hex(arena, digest, sizeof(digest));
	return NULL;
}

struct error *blob_check(struct store *store, struct arena *arena, text hash)
{
	struct arena *scratch = arena_new(SCRATCH_BYTES);
	struct blob_reader *reader;
	text found = TEXT_UNSET;
	int64_t size;
	struct error *error = blob_open(store, scratch, hash, &reader, &size);

	if (error == NULL)
		error = hash_all(reader, scratch, &found);
	if (error != NULL)
		error = error_copy(arena, error);
	else if (!text_equal(found, hash))
		error = error_hint(arena,
				   error_new(arena, ERROR_CONFLICT,
					     "the bytes of attachment %.*s are not those that were stored",
					     TEXT_ARG(hash)),
				   "restore it from a backup");
	arena_free(scratch);
	return error;
}

struct error *blob_each(struct store *store, struct arena *arena,
			struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at),
			void *data)
{
	return place_of(store)->each(store, arena, visit, data);
}

struct error *blob_remove(struct store *store, struct arena *arena, text hash, int64_t made_before)
{
	TRY(check_hash(arena, hash));
	return place_of(store)->remove(store, arena, hash, made_before);
}
