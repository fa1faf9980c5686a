/*
 * The HTTP server's life: listening socket, threads, the I/O loop, and the end of it all. The loop is ours around
 * libmicrohttpd's epoll descriptor (its own threads stall at 128 ready connections, see docs), and one eventfd tells it
 * that workers have answers.
 */
#include "web/server.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

moment web_now(const struct web *web)
{
	return web->settings.now == NULL ? moment_now() : web->settings.now(web->settings.now_data);
}

const struct web_settings *web_settings(const struct web *web)
{
	return &web->settings;
}

text web_address(const struct web *web)
{
	return web->address;
}

text asset_url(const struct web *web, text name)
{
	return assets_url(web->assets, name);
}

/* ---- listening ---- */

static struct error *listen_failed(struct arena *arena, text address)
{
	return error_hint(arena,
	                  error_new(arena, errno == EADDRINUSE ? ERROR_CONFLICT : ERROR_UNAVAILABLE, "cannot listen on %.*s: %s",
	                            TEXT_ARG(address), strerror(errno)),
	                  "is another server running? choose another with --listen ADDR:PORT");
}

static struct error *listen_unix(struct arena *arena, struct web *web, text path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (path.length == 0 || path.length >= sizeof(address.sun_path))
		return error_new(arena, ERROR_USAGE, "the socket's path is empty or too long: '%.*s'", TEXT_ARG(path));
	memcpy(address.sun_path, path.data, path.length);
	web->unix_path = path;
	web->is_unix = true;
	unlink(address.sun_path);
	web->listen_descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (web->listen_descriptor < 0 || bind(web->listen_descriptor, (struct sockaddr *)&address, sizeof(address)) != 0 ||
	    chmod(address.sun_path, 0660) != 0 || listen(web->listen_descriptor, 1024) != 0)
		return listen_failed(arena, path);
	web->address = text_format(web->arena, "unix:%.*s", TEXT_ARG(path));
	return NULL;
}

static struct error *listen_tcp(struct arena *arena, struct web *web, text address)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV };
	struct addrinfo *found = NULL;
	ptrdiff_t colon = -1;
	int64_t port;

	for (size_t i = 0; i < address.length; i++)
		if (address.data[i] == ':')
			colon = (ptrdiff_t)i;
	if (colon <= 0 || !text_to_integer(text_slice(address, (size_t)colon + 1, address.length), &port) || port < 0 ||
	    port > 65535)
		return error_hint(arena, error_new(arena, ERROR_USAGE, "'%.*s' is no address to listen on", TEXT_ARG(address)),
		                  "write ADDR:PORT, such as 127.0.0.1:8080");
	text host = text_slice(address, 0, (size_t)colon);
	if (text_starts_with(host, T("[")) && text_ends_with(host, T("]")))
		host = text_slice(host, 1, host.length - 1);
	int answer = getaddrinfo(text_cstring(arena, host),
	                         text_cstring(arena, text_slice(address, (size_t)colon + 1, address.length)), &hints, &found);
	if (answer != 0)
		return error_new(arena, ERROR_USAGE, "'%.*s' is no address to listen on: %s", TEXT_ARG(host),
		                 gai_strerror(answer));
	int yes = 1;
	web->listen_descriptor = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool good = web->listen_descriptor >= 0 &&
	            setsockopt(web->listen_descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
	            bind(web->listen_descriptor, found->ai_addr, found->ai_addrlen) == 0 &&
	            listen(web->listen_descriptor, 1024) == 0;
	freeaddrinfo(found);
	return good ? NULL : listen_failed(arena, address);
}

/* The address with the port that the system chose. */
static void read_address(struct web *web)
{
	struct sockaddr_storage bound;
	socklen_t size = sizeof(bound);
	char host[128], port[16];

	if (web->is_unix || getsockname(web->listen_descriptor, (struct sockaddr *)&bound, &size) != 0)
		return;
	if (bound.ss_family == AF_UNIX) {
		web->is_unix = true;
		web->address = T("unix socket");
		return;
	}
	if (getnameinfo((struct sockaddr *)&bound, size, host, sizeof(host), port, sizeof(port),
	                NI_NUMERICHOST | NI_NUMERICSERV) != 0)
		return;
	int64_t number = 0;
	if (text_to_integer(text_from(port), &number))
		web->port = (int)number;
	web->address = text_format(web->arena, strchr(host, ':') == NULL ? "http://%s:%s" : "http://[%s]:%s", host, port);
}

static struct error *open_socket(struct arena *arena, struct web *web)
{
	text listen = web->settings.listen;

	if (web->settings.listen_descriptor > 0)
		web->listen_descriptor = web->settings.listen_descriptor;
	else if (text_starts_with(listen, T("unix:")))
		TRY(listen_unix(arena, web, text_slice(listen, 5, listen.length)));
	else
		TRY(listen_tcp(arena, web, listen));
	read_address(web);
	return NULL;
}

/* ---- the loop ---- */

static int wait_ms(struct web *web)
{
	MHD_UNSIGNED_LONG_LONG ms = 0;

	if (MHD_get_timeout(web->daemon, &ms) == MHD_YES && ms < 500)
		return (int)ms;
	return 500;
}

static void *serve(void *data)
{
	struct web *web = data;
	int64_t checked_us = monotonic_us(), stop_us = 0;
	bool quiet = false;

	while (true) {
		struct epoll_event events[2];
		int count = epoll_wait(web->loop, events, 2, wait_ms(web));
		for (int i = 0; i < count; i++) {
			uint64_t ignored;
			if (events[i].data.fd == web->wake && read(web->wake, &ignored, sizeof(ignored)) > 0)
				connection_resume_answered(web);
		}
		(void)MHD_run(web->daemon);
		int64_t now = monotonic_us();
		if (now - checked_us > 500000) {
			connection_check_deadlines(web);
			checked_us = now;
		}
		if (!atomic_load(&web->stopping))
			continue;
		if (!quiet) {
			(void)MHD_quiesce_daemon(web->daemon);
			quiet = true;
			stop_us = now + STOP_DEADLINE_US;
		}
		if (atomic_load(&web->in_flight) == 0 || now > stop_us)
			break;
	}
	return NULL;
}

static struct error *open_loop(struct arena *arena, struct web *web)
{
	web->loop = epoll_create1(EPOLL_CLOEXEC);
	web->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(web->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	struct epoll_event daemon = { .events = EPOLLIN, .data.fd = info == NULL ? -1 : info->epoll_fd };
	struct epoll_event wake = { .events = EPOLLIN, .data.fd = web->wake };

	if (web->loop < 0 || web->wake < 0 || epoll_ctl(web->loop, EPOLL_CTL_ADD, daemon.data.fd, &daemon) != 0 ||
	    epoll_ctl(web->loop, EPOLL_CTL_ADD, web->wake, &wake) != 0)
		return error_new(arena, ERROR_UNAVAILABLE, "the HTTP loop cannot start: %s", strerror(errno));
	return NULL;
}

/* ---- start and stop ---- */

static text copy_asset_url(void *data, struct arena *arena unused, text name)
{
	return assets_url(data, name);
}

/* "templates/list.html" is "list"; each icon is a partial too: "dist/icons/bell.svg" is {{> icon-bell}}. */
static text template_name(struct arena *arena, text path)
{
	if (text_starts_with(path, T("templates/")) && text_ends_with(path, T(".html")))
		return text_slice(path, 10, path.length - 5);
	if (text_starts_with(path, T("dist/icons/")) && text_ends_with(path, T(".svg"))) {
		text icon = text_slice(path, 11, path.length - 4);
		return text_format(arena, "partials/icon-%.*s", TEXT_ARG(icon));
	}
	return TEXT_UNSET;
}

static struct error *compile_templates(struct web *web)
{
	struct template_source *sources = NULL;
	size_t count = 0, capacity = 0;

	for (const struct embedded_file *file = embedded_web; file->path != NULL; file++) {
		text name = template_name(web->arena, text_from(file->path));
		if (!text_is_set(name))
			continue;
		arena_make_room(web->arena, sources, count, capacity);
		sources[count++] = (struct template_source){ name, embedded_text(file) };
	}
	return template_compile(web->arena, sources, count, copy_asset_url, web->assets, &web->templates);
}

static void copy_settings(struct web *web, const struct web_settings *settings)
{
	struct web_settings *copy = &web->settings;

	*copy = *settings;
	copy->listen = text_copy(web->arena, settings->listen);
	copy->data_dir = text_copy(web->arena, settings->data_dir);
	copy->trusted_proxies = text_copy(web->arena, settings->trusted_proxies);
	copy->store.data_dir = text_copy(web->arena, settings->store.data_dir);
	copy->store.url = text_copy(web->arena, settings->store.url);
	if (copy->attachment_max <= 0 || copy->attachment_max > LIMIT_ATTACHMENT_BYTES)
		copy->attachment_max = LIMIT_ATTACHMENT_BYTES;
}

struct error *web_take_model(struct arena *error_arena, struct web *web, const struct model *model)
{
	const struct route *const tables[] = { api_routes, page_routes };
	struct router *router;

	pthread_mutex_lock(&web->model_mutex);
	struct error *error = router_new(web->model_arena, model, tables, array_length(tables), &router);
	if (error == NULL) {
		struct web_model *taken = arena_new_struct(web->model_arena, struct web_model);
		*taken = (struct web_model){ model, router };
		__atomic_store_n(&web->model, taken, __ATOMIC_RELEASE);
	}
	pthread_mutex_unlock(&web->model_mutex);
	worker_forget_names(web);
	return error == NULL ? NULL : error_copy(error_arena, error);
}

static struct error *prepare(struct web *web)
{
	TRY(assets_new(web->arena, &web->assets));
	TRY(compile_templates(web));
	TRY(web_take_model(web->arena, web, web->settings.model));
	web->router = web_model(web)->router;
	web->figures = arena_new_array(web->arena, struct route_figures, router_count(web->router) + 1);
	return NULL;
}

static struct error *start(struct arena *error_arena, struct web *web)
{
	TRY(prepare(web));
	TRY(open_socket(error_arena, web));
	TRY(connection_start_daemon(error_arena, web));
	TRY(open_loop(error_arena, web));
	web->view_counts = view_counts_new(web->arena);
	TRY(live_start(error_arena, web, &web->live));
	TRY(worker_start_all(error_arena, web));
	if (pthread_create(&web->io_thread, NULL, serve, web) != 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "the HTTP thread cannot start");
	web->io_started = true;
	return NULL;
}

struct error *web_start(struct arena *error_arena, const struct web_settings *settings, struct web **ret_web)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct web *web = arena_new_struct(arena, struct web);

	web->arena = arena;
	web->model_arena = arena_new(LIMIT_WORK_BYTES);
	web->loop = web->wake = web->listen_descriptor = -1;
	web->started_us = monotonic_us();
	copy_settings(web, settings);
	web->started_at = web_now(web);
	web->done_last = &web->done_first;
	pthread_mutex_init(&web->done_mutex, NULL);
	pthread_mutex_init(&web->key_mutex, NULL);
	pthread_mutex_init(&web->model_mutex, NULL);
	pthread_mutex_init(&web->cache_mutex, NULL);
	struct error *error = start(error_arena, web);
	if (error != NULL) {
		error = error_copy(error_arena, error);
		web_stop(web);
		return error;
	}
	*ret_web = web;
	return NULL;
}

void web_committed(struct web *web)
{
	live_wake(web->live);
}

static void close_descriptor(int descriptor)
{
	if (descriptor >= 0)
		close(descriptor);
}

void web_stop(struct web *web)
{
	uint64_t one = 1;

	if (web == NULL)
		return;
	atomic_store(&web->stopping, true);
	if (web->io_started) {
		(void)!write(web->wake, &one, sizeof(one));
		pthread_join(web->io_thread, NULL);
	}
	worker_stop_all(web);
	if (web->live != NULL)
		live_stop(web->live);
	if (web->daemon != NULL) {
		connection_resume_answered(web);
		MHD_stop_daemon(web->daemon);
	}
	close_descriptor(web->listen_descriptor);
	close_descriptor(web->loop);
	close_descriptor(web->wake);
	if (text_is_set(web->unix_path))
		unlink(text_cstring(web->arena, web->unix_path));
	while (web->free_exchanges != NULL) {
		struct exchange *exchange = web->free_exchanges;
		web->free_exchanges = exchange->next;
		arena_free(exchange->arena);
	}
	arena_free(web->model_arena);
	arena_free(web->arena);
}
