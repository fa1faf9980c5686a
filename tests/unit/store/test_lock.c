/* One writing process per data directory, and a clear word for the second. */
#include "store_both.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static struct arena *arena;
static char folder[64];

static text fresh_folder(void)
{
	arena = arena_new(1024 * 1024);
	snprintf(folder, sizeof(folder), "/tmp/reeve-test-XXXXXX");
	assert_non_null(mkdtemp(folder));
	return text_from(folder);
}

static void remove_folder(void)
{
	nftw(folder, store_fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(arena);
}

TEST(the_second_is_told_who_holds_it)
{
	text data = fresh_folder();
	struct store_lock *lock, *second;

	assert_ok(store_lock(arena, data, &lock));
	struct error *error = store_lock(arena, data, &second);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_CONFLICT);
	assert_true(text_find(error->message, text_format(arena, "process %ld", (long)getpid())) >= 0);
	assert_true(text_is_set(error->hint));
	store_unlock(lock);
	assert_ok(store_lock(arena, data, &lock));
	store_unlock(lock);
	store_unlock(NULL);
	remove_folder();
}

TEST(a_dead_holder_holds_nothing)
{
	text data = fresh_folder();
	struct store_lock *lock;
	int status;
	pid_t child = fork();

	if (child == 0) {
		_exit(store_lock(arena, data, &lock) == NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_ok(store_lock(arena, data, &lock));
	store_unlock(lock);
	remove_folder();
}

TEST(a_missing_folder_is_made_for_its_owner_only)
{
	text data = fresh_folder();
	text inner = text_format(arena, "%.*s/a/b", TEXT_ARG(data));
	struct store_lock *lock;
	struct stat info;

	assert_ok(store_lock(arena, inner, &lock));
	assert_int_equal(stat(inner.data, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0700);
	store_unlock(lock);
	remove_folder();
}

TEST(a_folder_that_cannot_be_made_is_unavailable)
{
	text data = fresh_folder();
	text file = text_format(arena, "%.*s/file", TEXT_ARG(data));
	struct store_lock *lock;

	close(open(file.data, O_CREAT | O_WRONLY, 0600));
	assert_refused(store_lock(arena, text_format(arena, "%.*s/below", TEXT_ARG(file)), &lock),
		       UNAVAILABLE);
	remove_folder();
}

TEST(the_database_file_is_private_and_a_missing_one_is_named)
{
	text data = fresh_folder();
	struct store_settings settings = { .data_dir = data };
	struct store *store;
	struct stat info;

	assert_refused(store_open(arena, &settings, STORE_READ, &store), UNAVAILABLE);
	assert_ok(store_open(arena, &settings, STORE_WRITE, &store));
	assert_int_equal(stat(text_format(arena, "%.*s/reeve.db", TEXT_ARG(data)).data, &info), 0);
	assert_int_equal(info.st_mode & 0777, 0600);
	store_close(store);
	settings = (struct store_settings){ .url = T("postgresql://nobody@127.0.0.1:1/none") };
	assert_refused(store_open(arena, &settings, STORE_WRITE, &store), UNAVAILABLE);
	settings = (struct store_settings){ 0 };
	assert_refused(store_open(arena, &settings, STORE_WRITE, &store), USAGE);
	remove_folder();
}
