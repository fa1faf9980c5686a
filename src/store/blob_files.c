/*
 * Blobs as files: DATA/blobs/ab/cdef... Written to a temporary name, fsynced, renamed, the folder fsynced:
 * after that, and only then, a commit may mention the file. A file that exists already is replaced by its
 * equal, which renews its age.
 */
#include "store/blob_place.h"

#include "base/moment.h"
#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static struct error *disk_error(struct arena *arena, const char *what, const char *path)
{
	int reason = errno;
	struct error *error =
	    error_new(arena, ERROR_UNAVAILABLE, "cannot %s '%s': %s", what, path, strerror(reason));

	error->retry_after_s = 5;
	return error_hint(arena, error, "look for free space and the health of the disk");
}

static text blobs_folder(const struct store *store, struct arena *arena)
{
	return text_format(arena, "%.*s/blobs", TEXT_ARG(store->settings.data_dir));
}

static text hash_folder(const struct store *store, struct arena *arena, text hash)
{
	return text_format(arena, "%.*s/blobs/%.2s", TEXT_ARG(store->settings.data_dir), hash.data);
}

static const char *hash_path(const struct store *store, struct arena *arena, text hash)
{
	return text_format(arena, "%.*s/blobs/%.2s/%.*s", TEXT_ARG(store->settings.data_dir), hash.data,
			   (int)hash.length - 2, hash.data + 2)
	    .data;
}

static struct error *sync_folder(const struct store *store, struct arena *arena, text path)
{
	if (store->settings.relaxed)
		return NULL;
	int descriptor = open(path.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool failed = descriptor < 0 || fsync(descriptor) != 0;
	struct error *error = failed ? disk_error(arena, "make durable", path.data) : NULL;
	if (descriptor >= 0)
		close(descriptor);
	return error;
}

/* A new folder is durable only when the one above it is written too. */
static struct error *make_durable_folder(const struct store *store, struct arena *arena, text path,
					 text above)
{
	if (mkdir(path.data, 0700) == 0)
		return sync_folder(store, arena, above);
	return errno == EEXIST ? NULL : disk_error(arena, "make", path.data);
}

static struct error *file_begin(struct blob_writer *writer)
{
	struct store *store = writer->store;
	text folder = blobs_folder(store, writer->arena);
	text temporary = text_format(writer->arena, "%.*s/tmp", TEXT_ARG(folder));

	TRY(make_durable_folder(store, writer->arena, folder, store->settings.data_dir));
	TRY(make_durable_folder(store, writer->arena, temporary, folder));
	writer->upload = text_format(writer->arena, "%.*s/%.*s", TEXT_ARG(temporary),
				     TEXT_ARG(random_token(writer->arena, 16)));
	writer->descriptor = open(writer->upload.data, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return writer->descriptor < 0 ? disk_error(writer->arena, "make", writer->upload.data) : NULL;
}

static struct error *file_write(struct blob_writer *writer, const void *data, size_t size)
{
	const char *at = data;

	while (size > 0) {
		ssize_t written = write(writer->descriptor, at, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return disk_error(writer->arena, "write", writer->upload.data);
		at += written;
		size -= (size_t)written;
	}
	return NULL;
}

static struct error *file_finish(struct blob_writer *writer, text hash)
{
	struct store *store = writer->store;
	text folder = hash_folder(store, writer->arena, hash);
	const char *path = hash_path(store, writer->arena, hash);

	if (!store->settings.relaxed && fsync(writer->descriptor) != 0)
		return disk_error(writer->arena, "make durable", writer->upload.data);
	TRY(make_durable_folder(store, writer->arena, folder, blobs_folder(store, writer->arena)));
	if (rename(writer->upload.data, path) != 0)
		return disk_error(writer->arena, "rename", path);
	close(writer->descriptor);
	writer->descriptor = -1;
	return sync_folder(store, writer->arena, folder);
}

static void file_abort(struct blob_writer *writer)
{
	if (writer->descriptor < 0)
		return;
	close(writer->descriptor);
	writer->descriptor = -1;
	unlink(writer->upload.data);
}

static struct error *file_open(struct blob_reader *reader, struct arena *arena, int64_t *ret_size)
{
	struct stat info;

	reader->path = hash_path(reader->store, arena, reader->hash);
	reader->descriptor = open(reader->path, O_RDONLY | O_CLOEXEC);
	if (reader->descriptor < 0 && errno == ENOENT)
		return error_new(arena, ERROR_NOT_FOUND, "there is no attachment %.*s",
				 TEXT_ARG(reader->hash));
	if (reader->descriptor < 0 || fstat(reader->descriptor, &info) != 0)
		return disk_error(arena, "open", reader->path);
	*ret_size = info.st_size;
	return NULL;
}

static struct error *file_read(struct blob_reader *reader, struct arena *arena, void *buffer, size_t size,
			       size_t *ret_read)
{
	ssize_t got;

	do
		got = read(reader->descriptor, buffer, size);
	while (got < 0 && errno == EINTR);
	if (got < 0)
		return disk_error(arena, "read", reader->path);
	*ret_read = (size_t)got;
	return NULL;
}

static void file_close(struct blob_reader *reader)
{
	if (reader->descriptor >= 0)
		close(reader->descriptor);
	reader->descriptor = -1;
}

int blob_descriptor(struct blob_reader *reader)
{
	/* Opened anew: a copy would share its position with the reader. */
	return reader->path == NULL ? -1 : open(reader->path, O_RDONLY | O_CLOEXEC);
}

static int64_t made_at(const struct stat *info)
{
	return (int64_t)info->st_mtim.tv_sec * 1000 + info->st_mtim.tv_nsec / 1000000;
}

/*
 * The age of files is the disk's, so it is held against the real clock and not against the time of a piece
 * of work.
 */
static void remove_left_overs(DIR *directory)
{
	struct dirent *entry;
	struct stat info;

	while ((entry = readdir(directory)) != NULL) {
		int at = dirfd(directory);

		if (entry->d_name[0] != '.' && fstatat(at, entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(info.st_mode) && made_at(&info) < moment_now() - BLOB_LEFT_OVER_MS)
			unlinkat(at, entry->d_name, 0);
	}
}

static struct error *
visit_folder(struct arena *arena, const char *prefix, DIR *directory,
	     struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at), void *data)
{
	struct dirent *entry;
	struct stat info;

	while ((entry = readdir(directory)) != NULL) {
		char hash[65];

		if (strlen(entry->d_name) != 62 ||
		    fstatat(dirfd(directory), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0 ||
		    !S_ISREG(info.st_mode))
			continue;
		memcpy(hash, prefix, 2);
		memcpy(hash + 2, entry->d_name, 63);
		TRY(visit(data, text_from(hash), info.st_size, made_at(&info)));
		TRY(arena_check(arena));
	}
	return NULL;
}

static struct error *file_each(struct store *store, struct arena *arena,
			       struct error *(*visit)(void *data, text hash, int64_t size, int64_t made_at),
			       void *data)
{
	text folder = blobs_folder(store, arena);
	DIR *all = opendir(folder.data);
	struct error *error = NULL;
	struct dirent *entry;

	if (all == NULL)
		return errno == ENOENT ? NULL : disk_error(arena, "list", folder.data);
	while (error == NULL && (entry = readdir(all)) != NULL) {
		if (entry->d_name[0] == '.')
			continue;
		text path = text_format(arena, "%.*s/%s", TEXT_ARG(folder), entry->d_name);
		DIR *directory = opendir(path.data);
		if (directory == NULL)
			continue;
		if (text_equal(text_from(entry->d_name), T("tmp")))
			remove_left_overs(directory);
		else if (strlen(entry->d_name) == 2)
			error = visit_folder(arena, entry->d_name, directory, visit, data);
		closedir(directory);
	}
	closedir(all);
	return error;
}

/*
 * Put aside first, looked at then: an upload of the same bytes may put a new file into the old one's place at any moment, and
 * between a look and an unlink() that one would be lost.
 */
static struct error *file_remove(struct store *store, struct arena *arena, text hash, int64_t made_before)
{
	const char *path = hash_path(store, arena, hash);
	text folder = text_format(arena, "%.*s/tmp", TEXT_ARG(blobs_folder(store, arena)));
	text aside = text_format(arena, "%.*s/%.*s", TEXT_ARG(folder), TEXT_ARG(random_token(arena, 16)));
	struct stat info;

	if (stat(path, &info) != 0)
		return errno == ENOENT ? NULL : disk_error(arena, "look at", path);
	if (made_at(&info) >= made_before)
		return NULL;
	TRY(make_durable_folder(store, arena, folder, blobs_folder(store, arena)));
	if (rename(path, aside.data) != 0)
		return errno == ENOENT ? NULL : disk_error(arena, "remove", path);
	bool renewed = stat(aside.data, &info) != 0 || made_at(&info) >= made_before;
	if (renewed && rename(aside.data, path) != 0)
		return disk_error(arena, "put back", path);
	return renewed || unlink(aside.data) == 0 ? NULL : disk_error(arena, "remove", aside.data);
}

const struct blob_place blob_files = {
	file_begin, file_write, file_finish, file_abort,  file_open,
	file_read,  file_close, file_each,   file_remove,
};
