/*
 * Sending to servers that answer, are slow, gone, redirect, never stop talking, speak no TLS, or may not be spoken to: a real one
 * listens on loopback, and does what the path asks for.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include "test.h"

#include "mail/webhook.h"

struct target {
	int listener, connections;
	int port;
	pthread_t thread;
	char request[8192];
	bool stop;
};

static void say(int client, const char *words)
{
	(void)!send(client, words, strlen(words), MSG_NOSIGNAL);
}

static void answer(struct target *target, int client)
{
	char more[65536];
	ssize_t got = read(client, target->request, sizeof target->request - 1);

	target->request[got > 0 ? got : 0] = '\0';
	if (strstr(target->request, " /ok") != NULL)
		say(client, "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(target->request, " /redirect") != NULL)
		say(client, "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(target->request, " /gone") != NULL)
		say(client, "HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(target->request, " /broken") != NULL)
		say(client, "HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n");
	else if (strstr(target->request, " /slow") != NULL)
		(void)poll(NULL, 0, 600);
	else if (strstr(target->request, " /drip") != NULL) {
		say(client, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
		for (int i = 0; i < 30 && send(client, "x", 1, MSG_NOSIGNAL) > 0; i++)
			(void)poll(NULL, 0, 20);
	}
	else if (strstr(target->request, " /huge") != NULL || strstr(target->request, " /head") != NULL) {
		say(client, "HTTP/1.1 200 OK\r\n");
		if (strstr(target->request, " /huge") != NULL)
			say(client, "\r\n");
		memset(more, 'x', sizeof more);
		while (send(client, more, sizeof more, MSG_NOSIGNAL) > 0)
			continue;
	} else
		say(client, "\x15\x03\x01 no http\r\n");
}

static void *serve(void *data)
{
	struct target *target = data;

	while (!__atomic_load_n(&target->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd ready = { .fd = target->listener, .events = POLLIN };
		if (poll(&ready, 1, 20) <= 0)
			continue;
		int client = accept(target->listener, NULL, NULL);
		__atomic_add_fetch(&target->connections, 1, __ATOMIC_ACQ_REL);
		answer(target, client);
		(void)close(client);
	}
	return NULL;
}

static void target_start(struct target *target)
{
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof place;

	*target = (struct target){ .listener = socket(AF_INET, SOCK_STREAM, 0) };
	assert_int_equal(bind(target->listener, (struct sockaddr *)&place, sizeof place), 0);
	assert_int_equal(listen(target->listener, 16), 0);
	assert_int_equal(getsockname(target->listener, (struct sockaddr *)&place, &size), 0);
	target->port = ntohs(place.sin_port);
	assert_int_equal(pthread_create(&target->thread, NULL, serve, target), 0);
}

static void target_stop(struct target *target)
{
	__atomic_store_n(&target->stop, true, __ATOMIC_RELEASE);
	(void)pthread_join(target->thread, NULL);
	(void)close(target->listener);
}

struct bench {
	struct arena *arena;
	struct sender *sender;
	struct target target;
};

static void bench_open(struct bench *bench)
{
	bench->arena = arena_new((size_t)1 << 24);
	target_start(&bench->target);
	assert_ok(sender_open(bench->arena, &bench->sender));
}

static void bench_close(struct bench *bench)
{
	sender_close(bench->sender);
	target_stop(&bench->target);
	arena_free(bench->arena);
}

/* `*` in the address is the port of the target. */
static struct webhook_answer call(struct bench *bench, const char *address, bool private_allowed)
{
	struct webhook_answer answers[4];
	size_t count = 0;
	text after = text_from(address), before;
	text_cut(&after, '*', &before);
	const struct webhook_call wanted = {
		.tag = 7, .url = text_format(bench->arena, "%.*s%d%.*s", TEXT_ARG(before), bench->target.port, TEXT_ARG(after)), .body = T("{\"number\":\"INC1\"}"),
		.secret = T("sesame"), .key = T("msg_1"), .now = INT64_C(1795338000123), .timeout_ms = 300,
		.private_allowed = private_allowed
	};

	assert_ok(sender_start(bench->sender, bench->arena, &wanted));
	assert_int_equal(sender_running(bench->sender), 1);
	for (int i = 0; i < 200 && count == 0; i++)
		assert_ok(sender_poll(bench->sender, bench->arena, 100, answers, 4, &count));
	assert_int_equal(count, 1);
	assert_int_equal(answers[0].tag, 7);
	assert_int_equal(sender_running(bench->sender), 0);
	return answers[0];
}

#define assert_says(answer, words) assert_non_null(strstr(text_cstring(bench.arena, (answer).error), words))

#define BENCH_TEST(name, ...)                                                                      \
	TEST(name)                                                                                 \
	{                                                                                          \
		struct bench bench;                                                                \
		struct webhook_answer got = { .tag = 0 };                                          \
		bench_open(&bench);                                                                \
		__VA_ARGS__;                                                                       \
		(void)got;                                                                         \
		bench_close(&bench);                                                               \
	}

BENCH_TEST(a_message_arrives_signed, {
	got = call(&bench, "http://127.0.0.1:*/ok", true);
	assert_true(got.delivered && !got.hopeless && !text_is_set(got.error));
	assert_int_equal(got.status, 204);
	assert_non_null(strstr(bench.target.request, "POST /ok HTTP/1.1\r\n"));
	assert_non_null(strstr(bench.target.request, "\r\nContent-Type: application/json; charset=utf-8\r\n"));
	assert_non_null(strstr(bench.target.request, "\r\nReeve-Id: msg_1\r\n"));
	assert_non_null(strstr(bench.target.request, "\r\nIdempotency-Key: msg_1\r\n"));
	assert_non_null(strstr(bench.target.request, "\r\n\r\n{\"number\":\"INC1\"}"));
	/* printf '1795338000.{"number":"INC1"}' | openssl dgst -sha256 -hmac sesame */
	assert_non_null(strstr(bench.target.request,
	                       "\r\nReeve-Signature: t=1795338000,v1=52ee0f0ae7e2fdfe0a499ecf7184200233f2ba17e6acd1d02cb4e88463b2d494\r\n"));
})

BENCH_TEST(failures_say_what_they_are, {
	got = call(&bench, "http://127.0.0.1:*/broken", true);
	assert_true(!got.delivered && !got.hopeless && got.status == 500);
	assert_says(got, "it answers 500");
	got = call(&bench, "http://127.0.0.1:*/gone", true);
	assert_true(!got.delivered && got.hopeless && got.status == 410);
	got = call(&bench, "http://127.0.0.1:*/nonsense", true);
	assert_true(!got.delivered && !got.hopeless && got.status == 0 && text_is_set(got.error));
	got = call(&bench, "https://127.0.0.1:*/ok", true);
	assert_true(!got.delivered && !got.hopeless && got.status == 0 && text_is_set(got.error));
	got = call(&bench, "http://does-not-exist.invalid:*/", true);
	assert_true(!got.delivered && !got.hopeless && text_is_set(got.error));
	got = call(&bench, "gopher://127.0.0.1:*/", true);
	assert_true(!got.delivered && got.hopeless && text_is_set(got.error));
})

BENCH_TEST(a_slow_target_is_left_when_its_time_is_over, {
	got = call(&bench, "http://127.0.0.1:*/slow", true);
	assert_true(!got.delivered && !got.hopeless && got.duration_ms >= 290 && got.duration_ms < 2000);
	assert_says(got, "no answer within 300 ms");
})

/* Something comes all the time, and it never ends. */
BENCH_TEST(a_target_that_drips_is_left_when_its_time_is_over, {
	got = call(&bench, "http://127.0.0.1:*/drip", true);
	assert_true(!got.delivered && !got.hopeless && got.duration_ms >= 290 && got.duration_ms < 2000);
	assert_says(got, "no answer within 300 ms");
})

/* It lets connect and then says nothing: no handshake, no refusal. */
BENCH_TEST(a_handshake_that_hangs_is_left_when_its_time_is_over, {
	struct sockaddr_in place = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t size = sizeof place;
	int silent = socket(AF_INET, SOCK_STREAM, 0), own = bench.target.port;
	assert_int_equal(bind(silent, (struct sockaddr *)&place, sizeof place), 0);
	assert_int_equal(listen(silent, 4), 0);
	assert_int_equal(getsockname(silent, (struct sockaddr *)&place, &size), 0);
	bench.target.port = ntohs(place.sin_port);
	got = call(&bench, "https://127.0.0.1:*/ok", true);
	bench.target.port = own;
	(void)close(silent);
	assert_true(!got.delivered && !got.hopeless && got.status == 0 && got.duration_ms >= 290 && got.duration_ms < 2000);
	assert_says(got, "no answer within 300 ms");
})

BENCH_TEST(a_target_that_is_gone_is_told, {
	struct target gone;
	int own = bench.target.port;
	target_start(&gone);
	target_stop(&gone);
	bench.target.port = gone.port;
	got = call(&bench, "http://127.0.0.1:*/ok", true);
	bench.target.port = own;
	assert_true(!got.delivered && !got.hopeless && got.status == 0 && text_is_set(got.error));
})

BENCH_TEST(redirects_are_not_followed, {
	got = call(&bench, "http://127.0.0.1:*/redirect", true);
	assert_true(!got.delivered && !got.hopeless && got.status == 302);
	assert_says(got, "redirects are not followed");
	assert_int_equal(bench.target.connections, 1);
})

BENCH_TEST(an_answer_without_an_end_is_cut_off, {
	got = call(&bench, "http://127.0.0.1:*/huge", true);
	assert_true(got.delivered && got.status == 200);
	got = call(&bench, "http://127.0.0.1:*/head", true);
	assert_true(!got.delivered || got.duration_ms < 2000);
})

/* Every way to write this machine's address; nothing was even connected to. */
BENCH_TEST(private_addresses_are_refused_however_they_are_written, {
	static const char *const urls[] = { "http://127.0.0.1:*/ok", "http://localhost:*/ok", "http://2130706433:*/ok", "http://0x7f.1:*/ok",
		                            "http://0177.0.0.1:*/ok", "http://[::1]:*/ok", "http://[::ffff:127.0.0.1]:*/ok",
		                            "http://[::ffff:7f00:1]:*/ok", "http://127.1:*/ok", "http://0.0.0.0:*/ok",
		                            "http://169.254.169.254:*/latest/meta-data" };
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		got = call(&bench, urls[i], false);
		assert_true(!got.delivered && got.hopeless);
		assert_says(got, "refused: ");
	}
	assert_int_equal(bench.target.connections, 0);
	/* Allowed: this machine, but never the metadata of a cloud. */
	got = call(&bench, "http://localhost:*/ok", true);
	assert_true(got.delivered);
	got = call(&bench, "http://169.254.169.254:*/latest/meta-data", true);
	assert_true(!got.delivered && got.hopeless);
})

/* The environment's proxy would be connected to in place of the target, and go where it should not. */
BENCH_TEST(a_proxy_of_the_environment_is_not_used, {
	(void)setenv("http_proxy", text_cstring(bench.arena, text_format(bench.arena, "http://127.0.0.1:%d", bench.target.port)), 1);
	got = call(&bench, "http://169.254.169.254:*/ok", true);
	(void)unsetenv("http_proxy");
	assert_true(!got.delivered && got.hopeless);
	assert_int_equal(bench.target.connections, 0);
})

BENCH_TEST(a_slow_call_holds_no_other_up, {
	struct webhook_answer answers[4];
	size_t count = 0;
	struct target slow;
	target_start(&slow);
	const struct webhook_call first = { .tag = 1, .url = text_format(bench.arena, "http://127.0.0.1:%d/slow", slow.port), .body = T("{}"),
		                            .key = T("a"), .timeout_ms = 500, .private_allowed = true };
	struct webhook_call second = first;
	second.tag = 2;
	second.url = text_format(bench.arena, "http://127.0.0.1:%d/ok", bench.target.port);
	assert_ok(sender_start(bench.sender, bench.arena, &first));
	assert_ok(sender_start(bench.sender, bench.arena, &second));
	while (count == 0)
		assert_ok(sender_poll(bench.sender, bench.arena, 50, answers, 4, &count));
	assert_int_equal(answers[0].tag, 2);
	assert_true(answers[0].delivered && answers[0].duration_ms < 400);
	target_stop(&slow);
})
