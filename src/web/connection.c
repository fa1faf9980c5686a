/*
 * The I/O thread's side of a request: libmicrohttpd's callbacks. Head and body are read here, handed to a worker while the
 * connection is suspended, and the answer is queued here. Deadlines for head, body and answer are total times, because
 * libmicrohttpd's own time-out only counts idle time and a slow sender would hold its connection for ever.
 */
#include "web/server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/un.h>
#include <unistd.h>

#define FREE_EXCHANGES_MAX 64

/* ---- connections and their deadlines ---- */

static void format_address(const struct sockaddr *address, char ret_text[64])
{
	ret_text[0] = 0;
	if (address == NULL || address->sa_family == AF_UNIX)
		memcpy(ret_text, "unix", 5);
	else if (address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)address)->sin_addr, ret_text, 64);
	else if (address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)address)->sin6_addr, ret_text, 64);
}

static void client_began(struct web *web, struct MHD_Connection *mhd, void **socket_context)
{
	struct client *client = web->free_clients;

	if (client != NULL)
		web->free_clients = client->next;
	else
		client = arena_new_struct(web->arena, struct client);
	*client = (struct client){
		.descriptor = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd,
		.idle = true,
		.reading = true,
		.deadline_us = monotonic_us() + HEAD_DEADLINE_US,
		.next = web->clients,
	};
	const union MHD_ConnectionInfo *info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	format_address(info == NULL || web->is_unix ? NULL : info->client_addr, client->address);
	if (web->clients != NULL)
		web->clients->previous = client;
	web->clients = client;
	web->client_count++;
	*socket_context = client;
}

static void client_ended(struct web *web, void **socket_context)
{
	struct client *client = *socket_context;

	if (client == NULL)
		return;
	if (client->previous != NULL)
		client->previous->next = client->next;
	else
		web->clients = client->next;
	if (client->next != NULL)
		client->next->previous = client->previous;
	client->next = web->free_clients;
	web->free_clients = client;
	web->client_count--;
	*socket_context = NULL;
}

static void connection_notified(void *data, struct MHD_Connection *mhd, void **socket_context,
                                enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		client_began(data, mhd, socket_context);
	else
		client_ended(data, socket_context);
}

static void cut(struct client *client)
{
	static const char problem[] = "{\"type\":\"about:blank\",\"title\":\"Request took too long\",\"status\":408}";
	char late[400];

	/* Nothing of ours is under way while a head or body is read, so the answer can be written past libmicrohttpd. */
	if (client->reading && client->began) {
		int length = snprintf(late, sizeof(late),
		                      "HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n"
		                      "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n\r\n%s",
		                      sizeof(problem) - 1, problem);
		(void)send(client->descriptor, late, (size_t)length, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	shutdown(client->descriptor, SHUT_RDWR);
	client->cut = true;
}

void connection_check_deadlines(struct web *web)
{
	int64_t now = monotonic_us();

	for (struct client *client = web->clients; client != NULL; client = client->next)
		if (!client->cut && client->deadline_us != 0 && now > client->deadline_us)
			cut(client);
}

/* ---- exchanges ---- */

static void *target_read(void *data, const char *uri, struct MHD_Connection *mhd)
{
	struct web *web = data;
	struct exchange *exchange = web->free_exchanges;
	struct arena *arena = NULL;

	if (exchange != NULL) {
		web->free_exchanges = exchange->next;
		web->free_count--;
		arena = exchange->arena;
	} else {
		arena = arena_new(LIMIT_WORK_BYTES);
	}
	/* The exchange lives in its own arena: one block serves request after request. */
	arena_reset(arena);
	exchange = arena_new_struct(arena, struct exchange);
	exchange->web = web;
	exchange->arena = arena;
	exchange->mhd = mhd;
	exchange->body_file = -1;
	exchange->answer.descriptor = -1;
	exchange->client = *(struct client **)MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	exchange->raw_target = text_copy(arena, text_from(uri));
	exchange->began_us = monotonic_us();
	exchange->client->idle = false;
	exchange->client->began = true;
	/* The head is here but for some lines: from now on its deadline counts from the first of them. */
	exchange->client->deadline_us = exchange->began_us + HEAD_DEADLINE_US;
	atomic_fetch_add(&web->in_flight, 1);
	return exchange;
}

static void count_request(struct exchange *exchange)
{
	static const int64_t bounds_us[] = { 1000, 5000, 10000, 20000, 50000, 100000, 1000000 };
	struct web *web = exchange->web;
	size_t index = exchange->request.route == NULL ? router_count(web->router) :
	                                                 router_index(web->router, exchange->request.route);
	struct route_figures *figures = &web->figures[index];
	int64_t took_us = monotonic_us() - exchange->began_us;
	size_t bucket = 0;

	while (bucket < array_length(bounds_us) && took_us > bounds_us[bucket])
		bucket++;
	atomic_fetch_add(&figures->count, 1);
	atomic_fetch_add(&figures->us_total, took_us);
	atomic_fetch_add(&figures->buckets[bucket], 1);
	if (exchange->answer.status >= 500)
		atomic_fetch_add(&figures->server_errors, 1);
	else if (exchange->answer.status >= 400)
		atomic_fetch_add(&figures->client_errors, 1);
}

static void completed(void *data, struct MHD_Connection *mhd unused, void **context,
                      enum MHD_RequestTerminationCode code unused)
{
	struct web *web = data;
	struct exchange *exchange = *context;

	if (exchange == NULL)
		return;
	*context = NULL;
	count_request(exchange);
	exchange->client->idle = true;
	exchange->client->reading = true;
	exchange->client->began = false;
	exchange->client->deadline_us = monotonic_us() + IDLE_DEADLINE_US;
	if (exchange->body_file >= 0)
		close(exchange->body_file);
	web->spooled -= exchange->body_file_size;
	atomic_fetch_sub(&web->in_flight, 1);
	struct arena *arena = exchange->arena;
	if (web->free_count >= FREE_EXCHANGES_MAX) {
		arena_free(arena);
		return;
	}
	arena_reset(arena);
	exchange = arena_new_struct(arena, struct exchange);
	exchange->arena = arena;
	exchange->next = web->free_exchanges;
	web->free_exchanges = exchange;
	web->free_count++;
}

/* ---- the body ---- */

static enum web_method method_of(const char *method, bool *ret_head)
{
	static const char *const names[] = { [METHOD_GET] = "GET",     [METHOD_POST] = "POST",     [METHOD_PUT] = "PUT",
		                             [METHOD_PATCH] = "PATCH", [METHOD_DELETE] = "DELETE" };

	*ret_head = strcmp(method, "HEAD") == 0;
	if (*ret_head)
		return METHOD_GET;
	for (int i = 0; i < METHOD_COUNT; i++)
		if (strcmp(method, names[i]) == 0)
			return (enum web_method)i;
	return METHOD_COUNT;
}

static struct error *too_large(struct exchange *exchange)
{
	return error_new(exchange->arena, ERROR_TOO_LARGE, "the body is too large; at most %zu bytes here",
	                 exchange->body_max);
}

static struct error *spool(struct exchange *exchange, const char *data, size_t size)
{
	if (exchange->body_file < 0) {
		const char *folder = text_is_set(exchange->web->settings.data_dir) ?
		                             text_cstring(exchange->arena, exchange->web->settings.data_dir) :
		                             "/tmp";
		exchange->body_file = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
		if (exchange->body_file < 0)
			exchange->body_file = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	}
	/* Whoever sends is not known yet: uploads under way must not fill the disk of the store. */
	if (exchange->web->spooled + size > LIMIT_SPOOL_BYTES) {
		struct error *error = error_new(exchange->arena, ERROR_UNAVAILABLE, "there are too many uploads at this moment");
		error->retry_after_s = 10;
		return error_hint(exchange->arena, error, "try again in a few seconds");
	}
	while (size > 0) {
		ssize_t written = exchange->body_file < 0 ? -1 : write(exchange->body_file, data, size);
		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return error_new(exchange->arena, ERROR_UNAVAILABLE, "there is no room for the upload: %s",
			                 strerror(errno));
		data += written;
		size -= (size_t)written;
		exchange->body_file_size += (size_t)written;
		exchange->web->spooled += (size_t)written;
	}
	return NULL;
}

static struct error *take_body(struct exchange *exchange, const char *data, size_t size)
{
	if (exchange->body.length + exchange->body_file_size + size > exchange->body_max)
		return too_large(exchange);
	if (exchange->body_file < 0 && exchange->body.length + size <= LIMIT_BODY_IN_MEMORY) {
		buffer_bytes(&exchange->body, data, size);
		return NULL;
	}
	if (exchange->body_file < 0) {
		text so_far = buffer_peek(&exchange->body);
		TRY(spool(exchange, so_far.data, so_far.length));
		exchange->body.length = 0;
	}
	return spool(exchange, data, size);
}

static void unmap(void *data)
{
	text *bytes = data;

	munmap((void *)(uintptr_t)bytes->data, bytes->length);
}

static void finish_body(struct exchange *exchange)
{
	if (exchange->body_file < 0) {
		exchange->body_bytes = buffer_peek(&exchange->body);
		return;
	}
	void *bytes = mmap(NULL, exchange->body_file_size, PROT_READ, MAP_PRIVATE, exchange->body_file, 0);
	if (bytes == MAP_FAILED) {
		exchange->refusal = error_new(exchange->arena, ERROR_UNAVAILABLE, "the upload cannot be read back");
		return;
	}
	exchange->body_bytes = (text){ bytes, exchange->body_file_size };
	arena_defer(exchange->arena, unmap, arena_copy(exchange->arena, &exchange->body_bytes, sizeof(text)));
}

/* ---- the handler ---- */

static enum MHD_Result send_answer(struct exchange *exchange)
{
	struct answer *answer = &exchange->answer;
	struct MHD_Response *response;

	if (answer->descriptor >= 0)
		response = MHD_create_response_from_fd64(answer->size, answer->descriptor); /* closes it */
	else
		response = MHD_create_response_from_buffer(answer->body.length, (void *)(uintptr_t)answer->body.data,
		                                           MHD_RESPMEM_PERSISTENT);
	if (response == NULL)
		return MHD_NO;
	for (size_t i = 0; i < answer->header_count; i++)
		(void)MHD_add_response_header(response, answer->headers[i].name.data, answer->headers[i].value.data);
	if (answer->close || atomic_load(&exchange->web->stopping))
		(void)MHD_add_response_header(response, "Connection", "close");
	size_t size = answer->descriptor >= 0 ? answer->size : answer->body.length;
	exchange->client->reading = false;
	exchange->client->deadline_us =
		monotonic_us() + SEND_DEADLINE_US + (int64_t)(size / SLOWEST_BYTES_PER_S) * 1000000;
	exchange->stage = STAGE_SENDING;
	enum MHD_Result result = MHD_queue_response(exchange->mhd, (unsigned)answer->status, response);
	MHD_destroy_response(response);
	return result;
}

static enum MHD_Result refuse(struct exchange *exchange, struct error *error)
{
	exchange->refusal = error;
	reply_refusal(exchange);
	return send_answer(exchange);
}

/* The largest body that any route takes this way; the route's own limit is checked by the worker. */
static size_t body_limit(const struct exchange *exchange)
{
	text type = head_find(exchange, T("Content-Type"));

	if (exchange->request.method == METHOD_GET)
		return 0;
	/* A file comes from somebody: without credentials there is nobody whom it could be from. */
	bool credentials = text_is_set(head_find(exchange, T("Authorization"))) || text_is_set(head_find(exchange, T("Cookie")));
	if (credentials && text_starts_with(type, T("multipart/form-data")))
		return (size_t)exchange->web->settings.attachment_max + LIMIT_BODY_BYTES;
	return text_find(exchange->raw_target, T("/bulk")) >= 0 ? LIMIT_BULK_BYTES : LIMIT_BODY_BYTES;
}

static enum MHD_Result first_call(struct exchange *exchange, const char *method, const char *version)
{
	struct error *error = head_read(exchange, version);

	if (error != NULL)
		return refuse(exchange, error);
	exchange->request.method = method_of(method, &exchange->is_head);
	if (exchange->request.method == METHOD_COUNT)
		return refuse(exchange, error_new(exchange->arena, ERROR_METHOD, "the method is not known here"));
	exchange->body_max = body_limit(exchange);
	buffer_init(&exchange->body, exchange->arena, LIMIT_BODY_IN_MEMORY + 1);
	if (exchange->body_length > (int64_t)exchange->body_max) {
		text expect = head_find(exchange, T("Expect"));
		if (text_is_set(expect) || exchange->body_length > LIMIT_DRAIN_BYTES)
			return refuse(exchange, too_large(exchange));
		exchange->refusal = too_large(exchange);
		exchange->stage = STAGE_DRAIN;
	} else {
		exchange->stage = STAGE_START;
	}
	int64_t size = exchange->body_length > 0 ? exchange->body_length : (int64_t)exchange->body_max;
	exchange->client->deadline_us = monotonic_us() + BODY_DEADLINE_US + size / SLOWEST_BYTES_PER_S * 1000000;
	return MHD_YES;
}

static enum MHD_Result body_call(struct exchange *exchange, const char *data, size_t *size)
{
	if (exchange->stage != STAGE_DRAIN) {
		struct error *error = take_body(exchange, data, *size);
		if (error != NULL) {
			exchange->refusal = error;
			exchange->stage = STAGE_DRAIN;
		}
	}
	if (exchange->stage == STAGE_DRAIN) {
		exchange->drained += *size;
		if (exchange->drained > LIMIT_DRAIN_BYTES)
			return MHD_NO;
	}
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result hand_over_live(struct exchange *exchange)
{
	int descriptor = fcntl(exchange->client->descriptor, F_DUPFD_CLOEXEC, 3);

	/* MHD_NO lets go of the connection; without MHD_USE_TURBO it would shut the shared socket down. */
	exchange->answer.status = 200;
	if (descriptor >= 0)
		live_adopt(exchange->web->live, descriptor, exchange->live);
	return MHD_NO;
}

static enum MHD_Result handle(void *data, struct MHD_Connection *mhd, const char *url unused, const char *method,
                              const char *version, const char *upload, size_t *upload_size, void **context)
{
	struct web *web = data;
	struct exchange *exchange = *context;

	switch (exchange->stage) {
	case STAGE_HEAD:
		return first_call(exchange, method, version);
	case STAGE_ANSWERED:
		return send_answer(exchange);
	case STAGE_LIVE:
		return hand_over_live(exchange);
	case STAGE_DRAIN:
	case STAGE_START:
		break;
	case STAGE_FINISH:
	case STAGE_SENDING:
		return MHD_NO;
	}
	if (*upload_size > 0)
		return body_call(exchange, upload, upload_size);
	if (exchange->refusal == NULL)
		finish_body(exchange);
	if (exchange->refusal != NULL)
		return refuse(exchange, exchange->refusal);
	exchange->client->deadline_us = 0;
	exchange->client->reading = false;
	MHD_suspend_connection(mhd);
	worker_push(web, exchange);
	return MHD_YES;
}

void connection_resume_answered(struct web *web)
{
	pthread_mutex_lock(&web->done_mutex);
	struct exchange *exchange = web->done_first;
	web->done_first = NULL;
	web->done_last = &web->done_first;
	pthread_mutex_unlock(&web->done_mutex);
	while (exchange != NULL) {
		struct exchange *next = exchange->next;
		MHD_resume_connection(exchange->mhd);
		exchange = next;
	}
}

/* The target stays as it came: percent signs are ours to decode, after the path was cut into parts. */
static size_t keep_escapes(void *data unused, struct MHD_Connection *mhd unused, char *escaped)
{
	return strlen(escaped);
}

static void log_daemon(void *data unused, const char *format, va_list arguments) printf_like(2, 0);
static void log_daemon(void *data unused, const char *format, va_list arguments)
{
	char line[400];

	if (vsnprintf(line, sizeof(line), format, arguments) > 0)
		log_line(LOG_DEBUG, "http: %s", line);
}

struct error *connection_start_daemon(struct arena *error_arena, struct web *web)
{
	web->daemon = MHD_start_daemon(
		MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, NULL, NULL, handle, web,
		MHD_OPTION_EXTERNAL_LOGGER, log_daemon, NULL, MHD_OPTION_LISTEN_SOCKET, web->listen_descriptor,
		/* Not strict: its own refusals come with their head twice (a mistake of 0.9.75); head.c refuses the same and more. */
		MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_CONNECTION_LIMIT, (unsigned)LIMIT_CONNECTIONS,
		MHD_OPTION_PER_IP_CONNECTION_LIMIT, web->is_unix ? 0U : (unsigned)LIMIT_CONNECTIONS_PER_ADDRESS,
		MHD_OPTION_CONNECTION_TIMEOUT, 60U, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(20 * 1024),
		MHD_OPTION_NOTIFY_CONNECTION, connection_notified, web, MHD_OPTION_NOTIFY_COMPLETED, completed, web,
		MHD_OPTION_URI_LOG_CALLBACK, target_read, web, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
		MHD_OPTION_END);
	if (web->daemon == NULL)
		return error_new(error_arena, ERROR_UNAVAILABLE, "the HTTP server cannot start: %s", strerror(errno));
	return NULL;
}
