/*
 * Waking who waits for a commit on SQLite. A channel is an empty file DATA/notify/CHANNEL whose time stamp
 * the writer renews after COMMIT; waiters watch it with inotify. So it needs no state shared between
 * connections, loses nothing that happens between two waits, and also wakes other processes on the same data
 * directory.
 */
#include "store/driver.h"

#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

struct bell {
	struct arena *arena;
	text folder;
	struct channel {
		text name;
		int descriptor; /* of the file, for ringing */
		int watch;	/* an inotify instance, for waiting; -1 until somebody waits */
	} channels[STORE_CHANNELS_MAX];
	size_t count;
};

struct bell *bell_new(struct arena *arena, text data_dir)
{
	struct bell *bell = arena_new_struct(arena, struct bell);

	bell->arena = arena;
	bell->folder = text_format(arena, "%.*s/notify", TEXT_ARG(data_dir));
	return bell;
}

void bell_close(struct bell *bell)
{
	for (size_t i = 0; i < bell->count; i++) {
		close(bell->channels[i].descriptor);
		if (bell->channels[i].watch >= 0)
			close(bell->channels[i].watch);
	}
	bell->count = 0;
}

static const char *channel_path(struct bell *bell, struct arena *arena, text channel)
{
	return text_format(arena, "%.*s/%.*s", TEXT_ARG(bell->folder), TEXT_ARG(channel)).data;
}

struct error *bell_channel(struct bell *bell, struct arena *arena, text name, size_t *ret_number)
{
	for (size_t i = 0; i < bell->count; i++) {
		if (text_equal(bell->channels[i].name, name)) {
			*ret_number = i;
			return NULL;
		}
	}
	if (bell->count == STORE_CHANNELS_MAX)
		return error_new(arena, ERROR_INTERNAL, "no room for the channel '%.*s'", TEXT_ARG(name));
	TRY(store_make_folder(arena, bell->folder));
	const char *path = channel_path(bell, arena, name);
	int descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (descriptor < 0)
		return error_new(arena, ERROR_UNAVAILABLE, "cannot open '%s': %s", path, strerror(errno));
	bell->channels[bell->count] = (struct channel){ text_copy(bell->arena, name), descriptor, -1 };
	*ret_number = bell->count++;
	return NULL;
}

void bell_ring(struct bell *bell, size_t number)
{
	/* Who waits has a time-out: a bell that cannot ring makes things late, not wrong. */
	if (futimens(bell->channels[number].descriptor, NULL) != 0)
		log_line(LOG_WARNING, "store: '%.*s' cannot be told of news: %s",
			 TEXT_ARG(bell->channels[number].name), strerror(errno));
}

static struct error *start_watching(struct bell *bell, struct arena *arena, struct channel *channel)
{
	const char *path = channel_path(bell, arena, channel->name);
	int watch = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);

	if (watch < 0 || inotify_add_watch(watch, path, IN_ATTRIB) < 0) {
		struct error *error = error_hint(
		    arena,
		    error_new(arena, ERROR_UNAVAILABLE, "cannot watch '%s': %s", path, strerror(errno)),
		    "raise fs.inotify.max_user_instances");
		if (watch >= 0)
			close(watch);
		return error;
	}
	channel->watch = watch;
	return NULL;
}

struct error *bell_wait(struct bell *bell, struct arena *arena, text name, int timeout_ms, bool *ret_woken)
{
	char events[4096];
	size_t number;

	TRY(bell_channel(bell, arena, name, &number));
	struct channel *channel = &bell->channels[number];
	if (channel->watch < 0) {
		TRY(start_watching(bell, arena, channel));
		*ret_woken = true;
		return NULL;
	}
	struct pollfd pollfd = { .fd = channel->watch, .events = POLLIN };
	*ret_woken = poll(&pollfd, 1, timeout_ms) > 0;
	while (*ret_woken && read(channel->watch, events, sizeof(events)) > 0)
		;
	return NULL;
}
