/* See webhook.h. libcurl's multi interface does the waiting; what it may do is narrowed here. */
#include "mail/webhook.h"

#include <curl/curl.h>
#include <sodium.h>
#include <unistd.h>

#include "base/limits.h"

#define CALL_BYTES ((size_t)4 * 1024 * 1024)
#define ERROR_BYTES 300

struct call {
	struct sender *sender;
	struct arena *arena; /* NULL: the place is free */
	CURL *easy;
	struct curl_slist *headers;
	int64_t tag, started_us, timeout_ms;
	bool private_allowed;
	text refused;        /* the address that may not be connected to; unset: none */
	size_t received;
	bool cut;            /* the answer was longer than what is read of it */
	bool over;           /* told: freed by the next poll */
	char problem[CURL_ERROR_SIZE];
};

struct sender {
	struct arena *arena;
	CURLM *multi;
	struct call calls[LIMIT_WEBHOOK_CALLS];
	size_t running;
};

/* ---- signing ---- */

text webhook_signature(struct arena *arena, text secret, moment now, text body)
{
	crypto_auth_hmacsha256_state state;
	unsigned char mac[crypto_auth_hmacsha256_BYTES];
	text seconds = text_format(arena, "%lld", (long long)(now / SECOND_MS));

	(void)crypto_auth_hmacsha256_init(&state, (const unsigned char *)secret.data, secret.length);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)seconds.data, seconds.length);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)".", 1);
	(void)crypto_auth_hmacsha256_update(&state, (const unsigned char *)body.data, body.length);
	(void)crypto_auth_hmacsha256_final(&state, mac);
	return text_format(arena, "t=%.*s,v1=%.*s", TEXT_ARG(seconds), TEXT_ARG(text_hex(arena, mac, sizeof mac)));
}

/* ---- what libcurl asks ---- */

/*
 * The only place where the address is judged: it is the one that is connected to, whatever the name was looked up to before, or will
 * be the next time.
 */
static curl_socket_t open_socket(void *data, curlsocktype purpose, struct curl_sockaddr *address)
{
	struct call *call = data;
	enum address_reach reach = address_reach(&address->addr);

	if (purpose != CURLSOCKTYPE_IPCXN || reach == ADDRESS_NEVER || (reach == ADDRESS_PRIVATE && !call->private_allowed)) {
		call->refused = address_text(call->arena, &address->addr);
		return CURL_SOCKET_BAD;
	}
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* What it answers is of no interest beyond its status. */
static size_t take_answer(char *bytes, size_t size, size_t count, void *data)
{
	struct call *call = data;

	(void)bytes;
	call->received += size * count;
	call->cut = call->received > LIMIT_WEBHOOK_ANSWER_BYTES;
	return call->cut ? 0 : size * count;
}

/* Heads without an end are cut off as well. */
static size_t take_head(char *bytes, size_t size, size_t count, void *data)
{
	return take_answer(bytes, size, count, data);
}

/* ---- starting ---- */

static bool add_header(struct call *call, const char *name, text value)
{
	text line = text_format(call->arena, "%s: %.*s", name, TEXT_ARG(value));
	struct curl_slist *longer = curl_slist_append(call->headers, text_cstring(call->arena, line));

	if (longer != NULL)
		call->headers = longer;
	return longer != NULL;
}

static bool add_headers(struct call *call, const struct webhook_call *wanted)
{
	struct curl_slist *no_expect = curl_slist_append(NULL, "Expect:");

	call->headers = no_expect;
	return no_expect != NULL && add_header(call, "Content-Type", T("application/json; charset=utf-8")) &&
	       add_header(call, "User-Agent", T("Reeve/" REEVE_VERSION)) && add_header(call, "Reeve-Id", wanted->key) &&
	       add_header(call, "Idempotency-Key", wanted->key) &&
	       (!text_is_set(wanted->secret) || text_is_empty(wanted->secret) ||
	        add_header(call, "Reeve-Signature", webhook_signature(call->arena, wanted->secret, wanted->now, wanted->body)));
}

#define SET(call, option, value) (curl_easy_setopt((call)->easy, (option), (value)) == CURLE_OK)

/* No proxy, no redirect, no other protocol, no connection of somebody else's call. */
static bool narrow(struct call *call)
{
	return SET(call, CURLOPT_PROTOCOLS_STR, "http,https") && SET(call, CURLOPT_FOLLOWLOCATION, 0L) && SET(call, CURLOPT_PROXY, "") &&
	       SET(call, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) && SET(call, CURLOPT_FRESH_CONNECT, 1L) &&
	       SET(call, CURLOPT_FORBID_REUSE, 1L) && SET(call, CURLOPT_NOSIGNAL, 1L) &&
	       SET(call, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1) && SET(call, CURLOPT_SSL_VERIFYPEER, 1L) &&
	       SET(call, CURLOPT_SSL_VERIFYHOST, 2L) && SET(call, CURLOPT_CONNECTTIMEOUT_MS, (long)LIMIT_WEBHOOK_CONNECT_MS) &&
	       SET(call, CURLOPT_TIMEOUT_MS, (long)call->timeout_ms) && SET(call, CURLOPT_OPENSOCKETFUNCTION, open_socket) &&
	       SET(call, CURLOPT_OPENSOCKETDATA, call) && SET(call, CURLOPT_WRITEFUNCTION, take_answer) &&
	       SET(call, CURLOPT_WRITEDATA, call) && SET(call, CURLOPT_HEADERFUNCTION, take_head) && SET(call, CURLOPT_HEADERDATA, call);
}

static bool prepare(struct call *call, const struct webhook_call *wanted)
{
	text body = text_copy(call->arena, wanted->body);

	call->easy = curl_easy_init();
	return call->easy != NULL && add_headers(call, wanted) && narrow(call) &&
	       SET(call, CURLOPT_URL, text_cstring(call->arena, wanted->url)) && SET(call, CURLOPT_POST, 1L) &&
	       SET(call, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)body.length) && SET(call, CURLOPT_POSTFIELDS, body.data) &&
	       SET(call, CURLOPT_HTTPHEADER, call->headers) && SET(call, CURLOPT_ERRORBUFFER, call->problem) &&
	       SET(call, CURLOPT_PRIVATE, call);
}

static void free_call(struct call *call)
{
	if (call->easy != NULL) {
		(void)curl_multi_remove_handle(call->sender->multi, call->easy);
		curl_easy_cleanup(call->easy);
	}
	curl_slist_free_all(call->headers);
	if (call->arena != NULL)
		arena_free(call->arena);
	*call = (struct call){ .arena = NULL };
}

struct error *sender_start(struct sender *sender, struct arena *error_arena, const struct webhook_call *wanted)
{
	struct call *call = NULL;

	for (size_t i = 0; i < LIMIT_WEBHOOK_CALLS && call == NULL; i++)
		if (sender->calls[i].arena == NULL)
			call = &sender->calls[i];
	if (call == NULL)
		return error_new(error_arena, ERROR_TOO_LARGE, "%d messages are on their way already", LIMIT_WEBHOOK_CALLS);
	*call = (struct call){ .sender = sender, .arena = arena_new(CALL_BYTES), .tag = wanted->tag, .started_us = monotonic_us(),
		               .timeout_ms = wanted->timeout_ms > 0 ? wanted->timeout_ms : LIMIT_WEBHOOK_TOTAL_MS,
		               .private_allowed = wanted->private_allowed };
	if (!prepare(call, wanted) || curl_multi_add_handle(sender->multi, call->easy) != CURLM_OK) {
		free_call(call);
		return error_new(error_arena, ERROR_UNAVAILABLE, "libcurl cannot begin a call");
	}
	sender->running++;
	return NULL;
}

size_t sender_running(const struct sender *sender)
{
	return sender->running;
}

/* ---- ending ---- */

/* libcurl's words in one line of plain letters. */
static text problem_words(const struct call *call, CURLcode code)
{
	text words = text_from(call->problem[0] != '\0' ? call->problem : curl_easy_strerror(code));
	text shown = text_copy(call->arena, text_slice(words, 0, words.length > ERROR_BYTES ? ERROR_BYTES : words.length));
	char *bytes = (char *)(uintptr_t)shown.data;

	for (size_t i = 0; i < shown.length; i++)
		if ((unsigned char)bytes[i] < ' ' || (unsigned char)bytes[i] >= 0x7f)
			bytes[i] = ' ';
	return shown;
}

static void judge_failure(const struct call *call, CURLcode code, struct webhook_answer *answer)
{
	long connected = 0;

	if (text_is_set(call->refused)) {
		answer->hopeless = true;
		answer->error = text_format(call->arena, "refused: %.*s is an address of a private network, of this machine, or reserved",
		                            TEXT_ARG(call->refused));
	} else if (code == CURLE_OPERATION_TIMEDOUT) {
		answer->error = text_format(call->arena, "no answer within %lld ms", (long long)call->timeout_ms);
	} else {
		/* The same code when an answer is no HTTP: that may mend itself. */
		(void)curl_easy_getinfo(call->easy, CURLINFO_NUM_CONNECTS, &connected);
		answer->hopeless = code == CURLE_URL_MALFORMAT || (code == CURLE_UNSUPPORTED_PROTOCOL && connected == 0);
		answer->error = problem_words(call, code);
	}
}

static void judge(const struct call *call, CURLcode code, struct webhook_answer *answer)
{
	long status = 0;

	(void)curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	*answer = (struct webhook_answer){ .tag = call->tag, .duration_ms = (monotonic_us() - call->started_us) / 1000, .error = TEXT_UNSET };
	if (code != CURLE_OK && !call->cut) {
		judge_failure(call, code, answer);
		return;
	}
	answer->status = (int)status;
	answer->delivered = status >= 200 && status < 300;
	answer->hopeless = status == 410;
	if (status == 0)
		answer->error = text_copy(call->arena, T("its answer is no HTTP, or has no end"));
	else if (status >= 300 && status < 400)
		answer->error = text_format(call->arena, "it answers %ld: redirects are not followed", status);
	else if (!answer->delivered)
		answer->error = text_format(call->arena, "it answers %ld", status);
}

static void collect(struct sender *sender, struct webhook_answer *answers, size_t limit, size_t *count)
{
	struct call *call;
	CURLMsg *message;
	int left;

	while (*count < limit && (message = curl_multi_info_read(sender->multi, &left)) != NULL) {
		if (message->msg != CURLMSG_DONE || curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&call) != CURLE_OK)
			continue;
		judge(call, message->data.result, &answers[(*count)++]);
		call->over = true;
		sender->running--;
	}
}

struct error *sender_poll(struct sender *sender, struct arena *error_arena, int timeout_ms, struct webhook_answer *answers, size_t limit,
                          size_t *ret_count)
{
	CURLMcode code;
	int running;

	*ret_count = 0;
	for (size_t i = 0; i < LIMIT_WEBHOOK_CALLS; i++)
		if (sender->calls[i].over)
			free_call(&sender->calls[i]);
	code = curl_multi_perform(sender->multi, &running);
	if (code == CURLM_OK)
		collect(sender, answers, limit, ret_count);
	if (code == CURLM_OK && *ret_count == 0) {
		code = curl_multi_poll(sender->multi, NULL, 0, timeout_ms, NULL);
		if (code == CURLM_OK)
			code = curl_multi_perform(sender->multi, &running);
		collect(sender, answers, limit, ret_count);
	}
	if (code != CURLM_OK)
		return error_new(error_arena, ERROR_UNAVAILABLE, "libcurl: %s", curl_multi_strerror(code));
	return NULL;
}

void sender_wake(struct sender *sender)
{
	(void)curl_multi_wakeup(sender->multi);
}

/* ---- opening and closing ---- */

struct error *sender_open(struct arena *error_arena, struct sender **ret_sender)
{
	struct arena *arena;
	struct sender *sender;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK || sodium_init() < 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "libcurl cannot be set up");
	arena = arena_new(CALL_BYTES);
	sender = arena_new_struct(arena, struct sender);
	sender->arena = arena;
	sender->multi = curl_multi_init();
	if (sender->multi == NULL) {
		arena_free(arena);
		return error_new(error_arena, ERROR_UNAVAILABLE, "libcurl cannot be set up");
	}
	*ret_sender = sender;
	return NULL;
}

void sender_close(struct sender *sender)
{
	for (size_t i = 0; i < LIMIT_WEBHOOK_CALLS; i++)
		if (sender->calls[i].arena != NULL)
			free_call(&sender->calls[i]);
	(void)curl_multi_cleanup(sender->multi);
	curl_global_cleanup();
	arena_free(sender->arena);
}
