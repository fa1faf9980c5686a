/* Attachments by content, as files and as rows. */
#include "store_both.h"

#include "base/moment.h"
#include "store/blob.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* SHA-256 of "abc" and of nothing, from FIPS 180-2. */
#define HASH_ABC "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
#define HASH_NOTHING "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

static text put(struct store_fixture *on, const void *data, size_t size, size_t step)
{
	struct blob_writer *writer;
	int64_t stored;
	text hash;

	assert_ok(blob_begin(on->store, on->arena, &writer));
	for (size_t at = 0; at < size; at += step)
		assert_ok(blob_write(writer, (const char *)data + at, minimum(step, size - at)));
	assert_ok(blob_finish(writer, &hash, &stored));
	assert_int_equal(stored, size);
	return hash;
}

static void assert_content(struct store_fixture *on, text hash, const char *data, size_t size, size_t step)
{
	char *buffer = arena_alloc(on->arena, step);
	struct blob_reader *reader;
	size_t at = 0, got;
	int64_t stored;

	assert_ok(blob_open(on->store, on->arena, hash, &reader, &stored));
	assert_int_equal(stored, size);
	for (;;) {
		assert_ok(blob_read(reader, buffer, step, &got));
		if (got == 0)
			break;
		assert_true(at + got <= size);
		assert_memory_equal(buffer, data + at, got);
		at += got;
	}
	assert_int_equal(at, size);
}

static struct error *count_one(void *data, text hash, int64_t size unused, int64_t made_at)
{
	assert_int_equal(hash.length, 64);
	assert_true(made_at > INT64_C(1500000000000));
	++*(int *)data;
	return NULL;
}

static int count(struct store_fixture *on)
{
	int number = 0;

	assert_ok(blob_each(on->store, on->arena, count_one, &number));
	return number;
}

STORE_TEST(bytes_come_back_by_their_hash)
{
	text hash = put(on, "abc", 3, 1);

	assert_text(hash, HASH_ABC);
	assert_content(on, hash, "abc", 3, 2);
	assert_ok(blob_check(on->store, on->arena, hash));
	hash = put(on, "", 0, 1);
	assert_text(hash, HASH_NOTHING);
	assert_content(on, hash, "", 0, 10);
	assert_int_equal(count(on), 2);
}

STORE_TEST(large_ones_are_streamed_at_any_step)
{
	size_t size = 256 * 1024 * 3 + 17;
	char *data = arena_alloc(on->arena, size);

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * 31 + i / 997);
	text hash = put(on, data, size, 10000);
	assert_content(on, hash, data, size, 70001);
	hash = put(on, data, 256 * 1024 * 2, 256 * 1024);
	assert_content(on, hash, data, 256 * 1024 * 2, 256 * 1024);
	assert_ok(blob_check(on->store, on->arena, hash));
}

STORE_TEST(equal_ones_are_kept_once)
{
	text first = put(on, "abc", 3, 3), second = put(on, "abc", 3, 3);

	assert_true(text_equal(first, second));
	assert_int_equal(count(on), 1);
	assert_content(on, first, "abc", 3, 3);
}

STORE_TEST(two_at_the_same_moment_are_one)
{
	struct blob_writer *a, *b;
	text hash_a, hash_b;
	int64_t size;

	assert_ok(blob_begin(on->store, on->arena, &a));
	assert_ok(blob_begin(on->store, on->arena, &b));
	assert_ok(blob_write(a, "abc", 3));
	assert_ok(blob_write(b, "abc", 3));
	assert_int_equal(count(on), 0);
	assert_ok(blob_finish(b, &hash_b, &size));
	assert_ok(blob_finish(a, &hash_a, &size));
	assert_true(text_equal(hash_a, hash_b));
	assert_int_equal(count(on), 1);
}

STORE_TEST(unfinished_ones_leave_nothing)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct blob_writer *writer;
	int64_t size;
	text hash;

	assert_ok(blob_begin(on->store, arena, &writer));
	assert_ok(blob_write(writer, "abc", 3));
	arena_reset(arena);
	assert_ok(blob_begin(on->store, arena, &writer));
	blob_abort(writer);
	blob_abort(writer);
	assert_refused(blob_write(writer, "abc", 3), INTERNAL);
	assert_refused(blob_finish(writer, &hash, &size), INTERNAL);
	arena_free(arena);
	assert_int_equal(count(on), 0);
	if (on->postgres) {
		struct rows *rows;
		bool row;
		assert_ok(store_query_text(on->store, on->arena,
					   T("SELECT hash FROM blob UNION ALL SELECT hash FROM blob_chunk"),
					   NO_CELLS, &rows));
		assert_ok(rows_next(rows, &row));
		assert_false(row);
	} else {
		text path = text_format(on->arena, "%s/blobs/tmp", on->folder);
		assert_int_equal(rmdir(path.data), 0);
	}
}

STORE_TEST(what_is_not_there_is_not_found)
{
	struct blob_reader *reader;
	int64_t size;

	assert_refused(blob_open(on->store, on->arena, T(HASH_ABC), &reader, &size), NOT_FOUND);
	assert_refused(blob_open(on->store, on->arena, T("../../../etc/passwd"), &reader, &size), NOT_FOUND);
	assert_refused(blob_open(on->store, on->arena, T(""), &reader, &size), NOT_FOUND);
	assert_refused(blob_check(on->store, on->arena, T(HASH_ABC)), NOT_FOUND);
	put(on, "abc", 3, 3);
	/* What came a moment ago is no orphan yet. */
	assert_ok(blob_remove(on->store, on->arena, T(HASH_ABC), moment_now() - HOUR_MS));
	assert_ok(blob_check(on->store, on->arena, T(HASH_ABC)));
	assert_ok(blob_remove(on->store, on->arena, T(HASH_ABC), moment_now() + HOUR_MS));
	assert_ok(blob_remove(on->store, on->arena, T(HASH_ABC), moment_now() + HOUR_MS));
	assert_refused(blob_open(on->store, on->arena, T(HASH_ABC), &reader, &size), NOT_FOUND);
	assert_refused(blob_remove(on->store, on->arena, T("../x"), 0), NOT_FOUND);
	assert_int_equal(count(on), 0);
}

STORE_TEST(a_flipped_byte_is_found)
{
	text hash = put(on, "abc", 3, 3);

	if (on->postgres) {
		assert_ok(store_run_text(on->store, on->arena, T("UPDATE blob_chunk SET data = $1"),
					 CELLS(cell_blob(T("abd"))), NULL));
	} else {
		text path = text_format(on->arena, "%s/blobs/%.2s/%s", on->folder, HASH_ABC, &HASH_ABC[2]);
		int descriptor = open(path.data, O_WRONLY);
		assert_int_equal(pwrite(descriptor, "abd", 3, 0), 3);
		close(descriptor);
	}
	assert_refused(blob_check(on->store, on->arena, hash), CONFLICT);
	/* Coming again heals a file. */
	if (!on->postgres) {
		put(on, "abc", 3, 3);
		assert_ok(blob_check(on->store, on->arena, hash));
	}
}

STORE_TEST(a_reading_connection_can_store_attachments)
{
	struct blob_writer *writer;
	struct store *reader;
	int64_t size;
	text hash;

	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &reader));
	struct arena *arena = arena_new(1024 * 1024);
	assert_ok(blob_begin(reader, arena, &writer));
	assert_ok(blob_write(writer, "abc", 3));
	assert_ok(blob_finish(writer, &hash, &size));
	arena_free(arena);
	store_close(reader);
	assert_ok(blob_check(on->store, on->arena, T(HASH_ABC)));
}

STORE_TEST(left_overs_of_yesterday_are_swept_and_those_of_now_stay)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct blob_writer *old, *fresh;
	int64_t size;
	text hash;

	assert_ok(blob_begin(on->store, arena, &old));
	if (on->postgres) {
		assert_ok(store_run_text(on->store, arena, T("UPDATE blob SET made_at = 0"), NO_CELLS, NULL));
	} else {
		struct timespec times[2] = { { .tv_sec = 1000000 }, { .tv_sec = 1000000 } };
		text folder = text_format(arena, "%s/blobs/tmp", on->folder);
		DIR *directory = opendir(folder.data);
		struct dirent *entry;

		while ((entry = readdir(directory)) != NULL)
			if (entry->d_name[0] != '.')
				assert_int_equal(utimensat(dirfd(directory), entry->d_name, times, 0), 0);
		closedir(directory);
	}
	assert_ok(blob_begin(on->store, arena, &fresh));
	assert_int_equal(count(on), 0);
	assert_ok(blob_write(fresh, "abc", 3));
	assert_ok(blob_finish(fresh, &hash, &size));
	assert_int_equal(count(on), 1);
	assert_ok(blob_write(old, "abd", 3));
	assert_non_null(blob_finish(old, &hash, &size));
	assert_int_equal(count(on), 1);
	arena_free(arena);
}

TEST(a_file_has_a_descriptor_of_its_own)
{
	struct store_fixture on;
	struct blob_reader *reader;
	char buffer[4] = "";
	size_t got;
	int64_t size;

	store_fixture_open(&on, false);
	assert_ok(blob_open(on.store, on.arena, put(&on, "abc", 3, 3), &reader, &size));
	int descriptor = blob_descriptor(reader);
	assert_true(descriptor >= 0);
	assert_ok(blob_read(reader, buffer, 3, &got));
	assert_int_equal(read(descriptor, buffer, 4), 3);
	assert_string_equal(buffer, "abc");
	close(descriptor);
	store_fixture_close(&on);
}

TEST(a_full_disk_is_unavailable_and_leaves_nothing)
{
	static char data[64 * 1024];
	struct rlimit before, narrow;
	struct store_fixture on;
	struct blob_writer *writer;
	struct error *error = NULL;

	store_fixture_open(&on, false);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	narrow = before;
	narrow.rlim_cur = 256 * 1024;
	assert_ok(blob_begin(on.store, on.arena, &writer));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &narrow), 0);
	for (int i = 0; i < 10 && error == NULL; i++)
		error = blob_write(writer, data, sizeof(data));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_UNAVAILABLE);
	blob_abort(writer);
	assert_int_equal(count(&on), 0);
	store_fixture_close(&on);
}
