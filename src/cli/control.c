/*
 * DATA/reeve.sock (mode 0600): the running server does the work of other invocations of reeve on its data directory, so that it stays
 * the only writer. One thread per caller, a few at once; the command's code is the same as without a server.
 */
#include "cli/cli_private.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/log.h"
#include "cli/frame_private.h"

#define CALLERS_MAX 8
/* A caller says at once what it wants; and when the server ends, one that has stopped reading does not hold it up for ever. */
#define ARGUMENTS_S 10
#define STOP_S 5

struct control {
	struct program *program;
	int listening, stop[2];
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t idle;
	struct caller *callers[CALLERS_MAX];
	int caller_count;
	bool stopping;
	text path;
};

struct caller {
	struct control *control;
	int socket;
	struct arena *arena;
	char *buffer;          /* the input frame being read by the command */
	size_t used, size;
	bool ended, gone;
};

/* ---- the server's side ---- */

static long caller_read(struct io *io, char *buffer, size_t size)
{
	struct caller *caller = io->data;
	if (caller->used == caller->size && !caller->ended) {
		enum frame_kind kind;
		if (!frame_send(caller->socket, FRAME_WANT, T("")) ||
		    !frame_receive(caller->socket, &kind, caller->buffer, &caller->size) || kind != FRAME_INPUT)
			return -1;
		caller->used = 0;
		caller->ended = caller->size == 0;
	}
	size_t part = minimum(size, caller->size - caller->used);
	memcpy(buffer, caller->buffer + caller->used, part);
	caller->used += part;
	return (long)part;
}

static void caller_send(struct io *io, enum frame_kind kind, text bytes)
{
	struct caller *caller = io->data;
	if (!caller->gone && bytes.length > 0)
		caller->gone = !frame_send(caller->socket, kind, bytes);
}
static void caller_write(struct io *io, text bytes) { caller_send(io, FRAME_OUT, bytes); }
static void caller_complain(struct io *io, text bytes) { caller_send(io, FRAME_COMPLAIN, bytes); }
static void caller_progress(struct io *io, text line)
{
	if (io->terminal)
		caller_send(io, FRAME_PROGRESS, line);
}

static struct error *run_request(struct caller *caller, text request, struct io *io, const struct command **ret_command)
{
	struct value *parsed;
	TRY(json_parse(caller->arena, request, &parsed));
	const struct value *list = value_get(parsed, T("arguments"));
	io->terminal = value_get_bool(parsed, T("terminal"), false);
	io->input_size = value_get_integer(parsed, T("input_size"), 0);
	io->directory = value_get_text(parsed, T("directory"));
	if (list == NULL || list->kind != VALUE_LIST || value_count(list) == 0)
		return error_new(caller->arena, ERROR_USAGE, "no command");
	size_t count = value_count(list);
	char **argv = arena_new_array(caller->arena, char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		if (list->list.items[i]->kind != VALUE_TEXT)
			return error_new(caller->arena, ERROR_USAGE, "an argument is no text");
		argv[i] = (char *)text_cstring(caller->arena, list->list.items[i]->text);
	}
	const struct command *command = command_find(text_from(argv[0]));
	if (command == NULL || command->run == NULL)
		return error_new(caller->arena, ERROR_USAGE, "'%s' is no command of the server", argv[0]);
	*ret_command = command;
	struct options options;
	TRY(options_parse(caller->arena, command, (int)count - 1, argv + 1, &options));
	return command->run(caller->control->program, caller->arena, &options, io);
}

/* 0: as long as it takes (somebody may be typing the input). */
static void receive_within(int socket, int seconds)
{
	struct timeval time = { .tv_sec = seconds };
	(void)setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
}

/* Waits for a free place; false: the server ends. */
static bool enter(struct control *control, struct caller *caller)
{
	(void)pthread_mutex_lock(&control->lock);
	while (control->caller_count == CALLERS_MAX && !control->stopping)
		(void)pthread_cond_wait(&control->idle, &control->lock);
	bool entered = !control->stopping;
	for (int i = 0; entered && i < CALLERS_MAX; i++)
		if (control->callers[i] == NULL) {
			control->callers[i] = caller;
			control->caller_count++;
			break;
		}
	(void)pthread_mutex_unlock(&control->lock);
	return entered;
}

/* The socket is closed under the lock: control_stop() shuts down those that still stand in the list. */
static void leave(struct caller *caller)
{
	struct control *control = caller->control;
	(void)pthread_mutex_lock(&control->lock);
	for (int i = 0; i < CALLERS_MAX; i++)
		if (control->callers[i] == caller) {
			control->callers[i] = NULL;
			control->caller_count--;
		}
	(void)close(caller->socket);
	arena_free(caller->arena);
	(void)pthread_cond_broadcast(&control->idle);
	(void)pthread_mutex_unlock(&control->lock);
}

static void *serve_caller(void *data)
{
	struct caller *caller = data;
	enum frame_kind kind;
	size_t size;
	struct io io = { .data = caller, .read = caller_read, .write = caller_write, .complain = caller_complain,
		         .progress = caller_progress };
	caller->buffer = arena_alloc(caller->arena, FRAME_BYTES_MAX);
	receive_within(caller->socket, ARGUMENTS_S);
	if (frame_receive(caller->socket, &kind, caller->buffer, &size) && kind == FRAME_ARGUMENTS) {
		receive_within(caller->socket, 0);
		const struct command *command = NULL;
		text request = text_copy(caller->arena, (text){ caller->buffer, size });
		struct error *error = run_request(caller, request, &io, &command);
		char status = 0;
		for (struct error *each = error; each != NULL; each = each->next) {
			struct error one = *each;
			one.next = NULL;
			status = (char)error_exit_status(error->code);
			text line = text_format(caller->arena, "reeve: %s: %.*s\n", command == NULL ? "server" : command->name,
			                        TEXT_ARG(error_line(caller->arena, &one)));
			io.complain(&io, line);
		}
		(void)frame_send(caller->socket, FRAME_EXIT, (text){ &status, 1 });
	}
	leave(caller);
	return NULL;
}

static void accept_caller(struct control *control)
{
	int socket = accept4(control->listening, NULL, NULL, SOCK_CLOEXEC);
	if (socket < 0)
		return;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES * 4);
	struct caller *caller = arena_new_struct(arena, struct caller);
	*caller = (struct caller){ .control = control, .socket = socket, .arena = arena };
	pthread_t thread;
	if (!enter(control, caller) || pthread_create(&thread, NULL, serve_caller, caller) != 0) {
		leave(caller);
		return;
	}
	(void)pthread_detach(thread);
}

static void *accept_callers(void *data)
{
	struct control *control = data;
	for (;;) {
		struct pollfd wait[2] = { { .fd = control->listening, .events = POLLIN }, { .fd = control->stop[0], .events = POLLIN } };
		if (poll(wait, 2, -1) < 0 && errno != EINTR)
			break;
		if (wait[1].revents != 0)
			break;
		if (wait[0].revents != 0)
			accept_caller(control);
	}
	return NULL;
}

static struct error *socket_address(struct arena *arena, text data_dir, struct sockaddr_un *ret_address)
{
	text path = text_format(arena, "%.*s/reeve.sock", TEXT_ARG(data_dir));
	*ret_address = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (path.length >= sizeof ret_address->sun_path)
		return error_hint(arena, error_new(arena, ERROR_USAGE, "the path of the data directory is too long for its socket: %.*s", TEXT_ARG(path)),
		                  "use a shorter or a relative path (at most 90 bytes)");
	memcpy(ret_address->sun_path, path.data, path.length);
	return NULL;
}

struct error *control_start(struct arena *error_arena, struct program *program, struct control **ret_control)
{
	struct control *control = arena_new_struct(program->arena, struct control);
	control->program = program;
	struct sockaddr_un address;
	TRY(socket_address(error_arena, program->settings.data_dir, &address));
	control->path = text_copy(program->arena, text_from(address.sun_path));
	control->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	(void)unlink(address.sun_path); /* we hold the lock of the data directory: a socket that stands there is a dead server's */
	mode_t mask = umask(0177);
	int bound = control->listening < 0 ? -1 : bind(control->listening, (struct sockaddr *)&address, sizeof address);
	(void)umask(mask);
	if (bound != 0 || listen(control->listening, 16) != 0 || pipe2(control->stop, O_CLOEXEC) != 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "cannot open %.*s: %s", TEXT_ARG(control->path), strerror(errno));
	(void)pthread_mutex_init(&control->lock, NULL);
	(void)pthread_cond_init(&control->idle, NULL);
	if (pthread_create(&control->thread, NULL, accept_callers, control) != 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "cannot start a thread");
	*ret_control = control;
	return NULL;
}

static void shut_callers(struct control *control, int how)
{
	for (int i = 0; i < CALLERS_MAX; i++)
		if (control->callers[i] != NULL)
			(void)shutdown(control->callers[i]->socket, how);
}

/* What runs is finished, but nothing more is read from callers; one that does not take its output is cut off after a while. */
void control_stop(struct control *control)
{
	moment until = moment_now() + STOP_S * SECOND_MS;
	struct timespec deadline = { .tv_sec = until / SECOND_MS, .tv_nsec = until % SECOND_MS * 1000000 };
	int late = 0;

	(void)!write(control->stop[1], "", 1);
	(void)pthread_mutex_lock(&control->lock);
	control->stopping = true;
	shut_callers(control, SHUT_RD);
	(void)pthread_cond_broadcast(&control->idle);
	(void)pthread_mutex_unlock(&control->lock);
	(void)pthread_join(control->thread, NULL);
	(void)unlink(text_cstring(control->program->arena, control->path));
	(void)close(control->listening);
	(void)pthread_mutex_lock(&control->lock);
	while (control->caller_count > 0 && late == 0)
		late = pthread_cond_timedwait(&control->idle, &control->lock, &deadline);
	shut_callers(control, SHUT_RDWR);
	while (control->caller_count > 0)
		(void)pthread_cond_wait(&control->idle, &control->lock);
	(void)pthread_mutex_unlock(&control->lock);
	(void)close(control->stop[0]);
	(void)close(control->stop[1]);
}

/* ---- the client's side ---- */

static struct error *talk(struct arena *arena, int socket, struct io *io, int *ret_status)
{
	char *buffer = arena_alloc(arena, FRAME_BYTES_MAX), *input = arena_alloc(arena, FRAME_BYTES_MAX);
	long got;
	enum frame_kind kind;
	size_t size;
	while (frame_receive(socket, &kind, buffer, &size)) {
		text bytes = { buffer, size };
		switch (kind) {
		case FRAME_WANT:
			got = io->read(io, input, FRAME_BYTES_MAX);
			(void)frame_send(socket, FRAME_INPUT, (text){ input, got < 0 ? 0 : (size_t)got });
			break;
		case FRAME_OUT:
			io->write(io, bytes);
			break;
		case FRAME_COMPLAIN:
			io->complain(io, bytes);
			break;
		case FRAME_PROGRESS:
			io->progress(io, bytes);
			break;
		case FRAME_EXIT:
			*ret_status = size == 1 ? (int)(unsigned char)buffer[0] : 1;
			return NULL;
		case FRAME_ARGUMENTS:
		case FRAME_INPUT:
			return error_new(arena, ERROR_INTERNAL, "the server talks nonsense");
		}
	}
	return error_hint(arena, error_new(arena, ERROR_UNAVAILABLE, "the server went away in the middle of the command"),
	                  "look at its log; what it had acknowledged is kept");
}

struct error *control_ask(struct arena *arena, text data_dir, int argc, char **argv, text input_path, text output_path,
                          bool *ret_asked, int *ret_status)
{
	struct sockaddr_un address;
	TRY(socket_address(arena, data_dir, &address));
	int link = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (link < 0 || connect(link, (struct sockaddr *)&address, sizeof address) != 0) {
		if (link >= 0)
			(void)close(link);
		*ret_asked = false;
		return NULL;
	}
	*ret_asked = true;
	struct io io;
	struct error *error = io_standard(arena, input_path, output_path, &io);
	if (error == NULL) {
		struct value *request = value_map(arena), *list = value_list(arena);
		for (int i = 0; i < argc; i++)
			value_append(arena, list, value_text(arena, text_from(argv[i])));
		value_set(arena, request, T("arguments"), list);
		value_set_bool(arena, request, T("terminal"), io.terminal);
		value_set_integer(arena, request, T("input_size"), io.input_size);
		char directory[4096];
		if (getcwd(directory, sizeof directory) != NULL)
			value_set_text(arena, request, T("directory"), text_from(directory));
		if (frame_send(link, FRAME_ARGUMENTS, json_text(arena, request)))
			error = talk(arena, link, &io, ret_status);
		else
			error = error_new(arena, ERROR_UNAVAILABLE, "the server does not answer");
		if (error == NULL && *ret_status == 0)
			error = io_finish(&io, arena);
	}
	(void)close(link);
	return error;
}
