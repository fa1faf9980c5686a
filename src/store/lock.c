/*
 * The lock on a data directory: SQLite has one writer, so a second server or command on the same data must be
 * told who is there. The kernel lets go of the lock when its holder dies, however it dies.
 */
#include "store/driver.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct store_lock {
	struct arena *arena;
	int descriptor;
};

struct error *store_make_folder(struct arena *arena, text path)
{
	char *name = arena_copy(arena, text_cstring(arena, path), path.length + 1);

	for (size_t i = 1; i <= path.length; i++) {
		if (i < path.length && name[i] != '/')
			continue;
		name[i] = '\0';
		if (mkdir(name, 0700) != 0 && errno != EEXIST)
			return error_new(arena, ERROR_UNAVAILABLE, "cannot make the folder '%s': %s", name,
					 strerror(errno));
		if (i < path.length)
			name[i] = '/';
	}
	return NULL;
}

/* Who holds it, as far as the file says. */
static struct error *held_error(struct arena *arena, int descriptor, text data_dir)
{
	char pid[32];
	ssize_t size = pread(descriptor, pid, sizeof(pid), 0);
	text holder = text_trim((text){ pid, size > 0 ? (size_t)size : 0 });

	return error_hint(arena,
			  error_new(arena, ERROR_CONFLICT,
				    "the data directory '%.*s' is in use by process %.*s", TEXT_ARG(data_dir),
				    TEXT_ARG(text_is_empty(holder) ? T("(unknown)") : holder)),
			  "stop that process first, or name another directory with --data");
}

struct error *store_lock(struct arena *error_arena, text data_dir, struct store_lock **ret_lock)
{
	const char *path = text_format(error_arena, "%.*s/reeve.lock", TEXT_ARG(data_dir)).data;
	char pid[32];

	TRY(store_make_folder(error_arena, data_dir));
	int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "cannot open '%s': %s", path,
				 strerror(errno));
	if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
		struct error *error = errno == EWOULDBLOCK
					  ? held_error(error_arena, descriptor, data_dir)
					  : error_new(error_arena, ERROR_UNAVAILABLE, "cannot lock '%s': %s",
						      path, strerror(errno));
		close(descriptor);
		return error;
	}
	/* A full disk must not keep anybody from starting: the pid is only for the message. */
	int length = snprintf(pid, sizeof(pid), "%ld\n", (long)getpid());
	if (ftruncate(descriptor, 0) != 0 || pwrite(descriptor, pid, (size_t)length, 0) != length)
		length = 0;
	struct arena *arena = arena_new(4096);
	struct store_lock *lock = arena_new_struct(arena, struct store_lock);
	*lock = (struct store_lock){ arena, descriptor };
	*ret_lock = lock;
	return NULL;
}

void store_unlock(struct store_lock *lock)
{
	if (lock == NULL)
		return;
	close(lock->descriptor);
	arena_free(lock->arena);
}
