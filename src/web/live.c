/*
 * Live events: one thread of its own holds all server-sent event connections, so that thousands of idle ones cost the request path
 * nothing and each costs about 3 KB. It follows the sealed event log; for each person who is concerned it asks the engine's
 * feed, with that person's rights as they are now, and sends topics and versions, never field data.
 */
#include "web/live_private.h"

#include <errno.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

int64_t live_count(const struct live *live)
{
	return live == NULL ? 0 : atomic_load(&live->count);
}

void live_wake(struct live *live)
{
	uint64_t one = 1;

	if (live != NULL)
		(void)!write(live->wake, &one, sizeof(one));
}

/* ---- authorising, on a worker ---- */

static struct error *parse_topic(struct work *work, text source, struct topic *ret_topic)
{
	ptrdiff_t slash = text_find_char(source, '/');
	text name = slash < 0 ? source : text_slice(source, 0, (size_t)slash);
	struct record *record;

	*ret_topic = (struct topic){ .kind = TOPIC_NOTIFICATIONS };
	if (text_equal(source, T("notifications")))
		return NULL;
	ret_topic->type = model_type(work->model, name);
	if (ret_topic->type == NULL || ret_topic->type->abstract)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no topic '%.*s'", TEXT_ARG(source));
	if (slash < 0) {
		ret_topic->kind = TOPIC_TYPE;
		return access_require(work, RIGHT_READ, ret_topic->type, NULL);
	}
	ret_topic->kind = TOPIC_RECORD;
	TRY(access_load(work, ret_topic->type, text_slice(source, (size_t)slash + 1, source.length), &record));
	ret_topic->record_id = record->id;
	return NULL;
}

static struct error *parse_topics(struct work *work, text source, struct live_grant *grant)
{
	text one;

	while (text_is_set(source) && text_cut(&source, ',', &one)) {
		if (text_trim(one).length == 0)
			continue;
		if (grant->topic_count == TOPICS_MAX)
			return error_new(work->arena, ERROR_TOO_LARGE, "too many topics; at most %d", TOPICS_MAX);
		TRY(parse_topic(work, text_trim(one), &grant->topics[grant->topic_count++]));
	}
	return NULL;
}

struct error *live_page(struct work *work, struct web_request *request, struct page *page unused)
{
	struct exchange *exchange = exchange_of(request);
	struct live_grant *grant = arena_new_struct(work->arena, struct live_grant);
	text last = request_header(request, T("Last-Event-ID"));
	text authorization = request_header(request, T("Authorization"));
	text credential = request->by_cookie ? request_session(request) :
	                                       text_trim(text_slice(authorization, 7, authorization.length));

	if (live_count(request->web->live) >= LIMIT_LIVE)
		return error_new(work->arena, ERROR_UNAVAILABLE, "there are too many live connections");
	if (credential.length == 0 || credential.length > CREDENTIAL_BYTES)
		return error_new(work->arena, ERROR_UNAUTHENTICATED, "sign in first");
	TRY(parse_topics(work, request_query(request, T("topics")), grant));
	grant->model = work->model;
	grant->user_id = work->actor->id;
	grant->by_cookie = request->by_cookie;
	memcpy(grant->credential, credential.data, credential.length);
	grant->credential_length = credential.length;
	grant->since = atomic_load(&request->web->live->seen);
	if (text_is_set(last) && last.length > 0) {
		int64_t since;
		if (!text_to_integer(last, &since) || since < 0)
			return error_new(work->arena, ERROR_MALFORMED, "Last-Event-ID is no sequence of ours");
		grant->since = minimum(since, grant->since);
	}
	if (!exchange->is_head)
		exchange->live = grant;
	return NULL;
}

/* ---- the sockets, on the live thread ---- */

void live_drop(struct live *live, struct subscriber *subscriber)
{
	/* Closing is not enough: libmicrohttpd may still hold its descriptor of this socket, and then events would go on coming. */
	(void)epoll_ctl(live->loop, EPOLL_CTL_DEL, subscriber->descriptor, NULL);
	close(subscriber->descriptor);
	if (subscriber->previous != NULL)
		subscriber->previous->next = subscriber->next;
	else
		live->subscribers = subscriber->next;
	if (subscriber->next != NULL)
		subscriber->next->previous = subscriber->previous;
	atomic_fetch_sub(&live->count, 1);
	pthread_mutex_lock(&live->mutex);
	subscriber->next = live->free;
	live->free = subscriber;
	pthread_mutex_unlock(&live->mutex);
}

static void want_write(struct live *live, struct subscriber *subscriber, bool wants)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | (wants ? EPOLLOUT : 0), .data.ptr = subscriber };

	if (subscriber->wants_write != wants)
		(void)epoll_ctl(live->loop, EPOLL_CTL_MOD, subscriber->descriptor, &event);
	subscriber->wants_write = wants;
}

/* False: the socket is gone or its buffer is full; the caller drops it and the browser comes back with Last-Event-ID. */
static bool flush(struct live *live, struct subscriber *subscriber)
{
	ssize_t sent = send(subscriber->descriptor, subscriber->out, subscriber->out_length, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (sent < 0 && errno != EAGAIN && errno != EINTR)
		return false;
	if (sent > 0) {
		subscriber->out_length -= (size_t)sent;
		memmove(subscriber->out, subscriber->out + sent, subscriber->out_length);
	}
	want_write(live, subscriber, subscriber->out_length > 0);
	return true;
}

bool live_say(struct live *live, struct subscriber *subscriber, text words)
{
	subscriber->sent_us = monotonic_us();
	while (words.length > 0) {
		size_t part = minimum(words.length, OUT_BYTES - subscriber->out_length);
		if (part == 0)
			return false;
		memcpy(subscriber->out + subscriber->out_length, words.data, part);
		subscriber->out_length += part;
		words = text_slice(words, part, words.length);
		if (!flush(live, subscriber))
			return false;
	}
	return true;
}

void live_adopt(struct live *live, int descriptor, const struct live_grant *grant)
{
	pthread_mutex_lock(&live->mutex);
	struct subscriber *subscriber = live->free;
	if (subscriber != NULL)
		live->free = subscriber->next;
	else
		subscriber = arena_new_struct(live->arena, struct subscriber);
	*subscriber = (struct subscriber){ .grant = *grant, .descriptor = descriptor, .behind = true, .unread = -1,
		                           .next = live->adopted };
	live->adopted = subscriber;
	pthread_mutex_unlock(&live->mutex);
	live_wake(live);
}

static bool has_too_many(const struct live *live, int64_t user_id)
{
	size_t count = 0;

	for (const struct subscriber *one = live->subscribers; one != NULL && count < LIMIT_LIVE_PER_PERSON; one = one->next)
		count += one->grant.user_id == user_id;
	return count >= LIMIT_LIVE_PER_PERSON;
}

static void refuse(struct live *live, struct subscriber *subscriber)
{
	static const char words[] = "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nRetry-After: 60\r\nConnection: close\r\n\r\n";

	(void)!send(subscriber->descriptor, words, sizeof words - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)close(subscriber->descriptor);
	pthread_mutex_lock(&live->mutex);
	subscriber->next = live->free;
	live->free = subscriber;
	pthread_mutex_unlock(&live->mutex);
}

static void greet(struct live *live, struct subscriber *subscriber)
{
	struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP, .data.ptr = subscriber };
	char head[400];

	if (has_too_many(live, subscriber->grant.user_id)) {
		refuse(live, subscriber);
		return;
	}
	subscriber->previous = NULL;
	subscriber->next = live->subscribers;
	if (live->subscribers != NULL)
		live->subscribers->previous = subscriber;
	live->subscribers = subscriber;
	atomic_fetch_add(&live->count, 1);
	subscriber->checked_us = monotonic_us();
	int length = snprintf(head, sizeof(head),
	                      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nCache-Control: no-store\r\n"
	                      "X-Content-Type-Options: nosniff\r\nX-Accel-Buffering: no\r\nConnection: close\r\n\r\n"
	                      "retry: 2000\nid: %lld\n\n",
	                      (long long)subscriber->grant.since);
	if (epoll_ctl(live->loop, EPOLL_CTL_ADD, subscriber->descriptor, &event) != 0 ||
	    !live_say(live, subscriber, (text){ head, (size_t)length }))
		live_drop(live, subscriber);
}

static void take_adopted(struct live *live)
{
	pthread_mutex_lock(&live->mutex);
	struct subscriber *subscriber = live->adopted;
	live->adopted = NULL;
	pthread_mutex_unlock(&live->mutex);
	while (subscriber != NULL) {
		struct subscriber *next = subscriber->next;
		greet(live, subscriber);
		subscriber = next;
	}
}

static void read_socket(struct live *live, struct subscriber *subscriber, uint32_t events)
{
	char ignored[512];

	if (events & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) {
		live_drop(live, subscriber);
		return;
	}
	if (events & EPOLLIN) {
		/* Nothing is expected from the client; whoever talks on is cut off. */
		ssize_t size = recv(subscriber->descriptor, ignored, sizeof(ignored), MSG_DONTWAIT);
		if (size >= 0 || (errno != EAGAIN && errno != EINTR)) {
			live_drop(live, subscriber);
			return;
		}
	}
	if ((events & EPOLLOUT) && !flush(live, subscriber))
		live_drop(live, subscriber);
}

static bool beat(struct live *live)
{
	int64_t now = monotonic_us();
	struct subscriber *next;
	bool recheck = false;

	for (struct subscriber *subscriber = live->subscribers; subscriber != NULL; subscriber = next) {
		next = subscriber->next;
		recheck = recheck || now - subscriber->checked_us > RECHECK_US;
		if (now - subscriber->sent_us > HEARTBEAT_US && !live_say(live, subscriber, T(":\n\n")))
			live_drop(live, subscriber);
	}
	return recheck;
}

/* ---- the thread ---- */

static void wait_for_events(struct live *live, int timeout_ms, bool *ret_woken)
{
	struct epoll_event events[64];
	int count = epoll_wait(live->loop, events, array_length(events), timeout_ms);

	for (int i = 0; i < count; i++) {
		uint64_t ignored;
		if (events[i].data.ptr != NULL)
			read_socket(live, events[i].data.ptr, events[i].events);
		else if (read(live->wake, &ignored, sizeof(ignored)) > 0)
			*ret_woken = true;
	}
}

static void *follow(void *data)
{
	struct live *live = data;
	int64_t next_us = 0, beat_us = monotonic_us();
	bool wanted = false;

	while (!atomic_load(&live->stopping)) {
		int64_t now = monotonic_us();
		wait_for_events(live, wanted ? (int)maximum(0, (next_us - now) / 1000 + 1) : 1000, &wanted);
		take_adopted(live);
		now = monotonic_us();
		if (now - beat_us > 1000000) {
			wanted = beat(live) || wanted;
			beat_us = now;
		}
		if (!wanted || now < next_us)
			continue;
		wanted = live_run_pass(live);
		/* At most a fifth of a processor goes into telling. */
		int64_t took = monotonic_us() - now;
		next_us = now + took + maximum(PASS_GAP_US, 4 * took);
	}
	while (live->subscribers != NULL) {
		(void)live_say(live, live->subscribers, T("retry: 2000\n\n"));
		live_drop(live, live->subscribers);
	}
	return NULL;
}

/* PostgreSQL: other nodes' changes come by NOTIFY. */
static void *listen_for_nodes(void *data)
{
	struct live *live = data;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct store *store = NULL;

	while (!atomic_load(&live->stopping)) {
		bool woken = false;
		struct error *error = store == NULL ? store_open(arena, &live->web->settings.store, STORE_READ, &store) : NULL;
		if (error == NULL)
			error = store_wait_notify(store, arena, T(WEB_NOTIFY_CHANNEL), 1000, &woken);
		if (error != NULL) {
			log_error("live", error);
			usleep(500000);
		}
		if (woken || error != NULL)
			live_wake(live);
		arena_reset(arena);
	}
	if (store != NULL)
		store_close(store);
	arena_free(arena);
	return NULL;
}

/* ---- start and stop ---- */

static struct error *read_head(struct live *live, struct arena *error_arena)
{
	struct work work = { .arena = live->pass_arena, .store = live->store, .model = web_model(live->web)->model,
		             .actor = access_system(), .now = web_now(live->web), .language = T("en") };
	text head = TEXT_UNSET, first;
	int64_t seq = 0;

	struct error *error = sealer_head_text(&work, &head);
	if (error != NULL && error->code != ERROR_NOT_FOUND)
		return error_copy(error_arena, error);
	if (text_is_set(head) && text_cut(&head, ' ', &first) && text_to_integer(first, &seq))
		atomic_store(&live->seen, seq);
	arena_reset(live->pass_arena);
	return NULL;
}

struct error *live_start(struct arena *error_arena, struct web *web, struct live **ret_live)
{
	struct live *live = arena_new_struct(web->arena, struct live);
	struct epoll_event wake = { .events = EPOLLIN };

	*ret_live = live;
	live->web = web;
	live->arena = arena_new(SIZE_MAX);
	live->pass_arena = arena_new(LIMIT_WORK_BYTES);
	live->cache = record_cache_new(live->arena, &web->generation);
	pthread_mutex_init(&live->mutex, NULL);
	live->loop = epoll_create1(EPOLL_CLOEXEC);
	live->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	TRY(store_open(error_arena, &web->settings.store, STORE_READ, &live->store));
	TRY(read_head(live, error_arena));
	if (live->loop < 0 || live->wake < 0 || epoll_ctl(live->loop, EPOLL_CTL_ADD, live->wake, &wake) != 0 ||
	    pthread_create(&live->thread, NULL, follow, live) != 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "live events cannot start");
	live->started = true;
	if (text_is_set(web->settings.store.url))
		live->notify_started = pthread_create(&live->notify_thread, NULL, listen_for_nodes, live) == 0;
	return NULL;
}

void live_stop(struct live *live)
{
	atomic_store(&live->stopping, true);
	live_wake(live);
	if (live->started)
		pthread_join(live->thread, NULL);
	if (live->notify_started)
		pthread_join(live->notify_thread, NULL);
	if (live->store != NULL)
		store_close(live->store);
	if (live->loop >= 0)
		close(live->loop);
	if (live->wake >= 0)
		close(live->wake);
	arena_free(live->pass_arena);
	arena_free(live->arena);
}
