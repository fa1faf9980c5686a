/*
 * The head of a request: what libmicrohttpd 0.9.75 lets through and must not (request smuggling, missing Host) is refused
 * here, in the first call of the handler, before a byte of the body is believed. Refused connections are closed.
 */
#include "web/server.h"

struct collecting {
	struct exchange *exchange;
	size_t bytes;
	bool too_many;
};

static enum MHD_Result collect(void *data, enum MHD_ValueKind kind unused, const char *name, size_t name_size,
                               const char *value, size_t value_size)
{
	struct collecting *collecting = data;
	struct exchange *exchange = collecting->exchange;

	collecting->bytes += name_size + value_size + 4;
	if (exchange->request_header_count == LIMIT_HEADERS) {
		collecting->too_many = true;
		return MHD_NO;
	}
	exchange->request_headers[exchange->request_header_count++] =
		(struct page_header){ { name, name_size }, { value == NULL ? "" : value, value_size } };
	return MHD_YES;
}

static bool is_token(text name)
{
	for (size_t i = 0; i < name.length; i++) {
		unsigned char c = (unsigned char)name.data[i];
		bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!letter && (c == 0 || strchr("!#$%&'*+-.^_`|~", c) == NULL))
			return false;
	}
	return name.length > 0;
}

static bool has_control(text value)
{
	for (size_t i = 0; i < value.length; i++)
		if (((unsigned char)value.data[i] < 0x20 && value.data[i] != '\t') || value.data[i] == 0x7f)
			return true;
	return false;
}

text head_find(const struct exchange *exchange, text name)
{
	for (size_t i = 0; i < exchange->request_header_count; i++)
		if (text_equal_ignoring_case(exchange->request_headers[i].name, name))
			return exchange->request_headers[i].value;
	return TEXT_UNSET;
}

static size_t count_of(const struct exchange *exchange, text name)
{
	size_t count = 0;

	for (size_t i = 0; i < exchange->request_header_count; i++)
		count += text_equal_ignoring_case(exchange->request_headers[i].name, name);
	return count;
}

static bool is_host(text host)
{
	for (size_t i = 0; i < host.length; i++) {
		unsigned char c = (unsigned char)host.data[i];
		bool letter = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!letter && (c == 0 || strchr(".-_:[]", c) == NULL))
			return false;
	}
	return host.length > 0 && host.length <= 255;
}

static struct error *check_length(struct exchange *exchange, bool chunked)
{
	struct arena *arena = exchange->arena;
	text length = head_find(exchange, T("Content-Length"));

	exchange->body_length = -1;
	if (!text_is_set(length))
		return NULL;
	if (chunked)
		return error_new(arena, ERROR_MALFORMED, "Content-Length and Transfer-Encoding stand beside each other");
	for (size_t i = 0; i < length.length; i++)
		if (length.data[i] < '0' || length.data[i] > '9')
			return error_new(arena, ERROR_MALFORMED, "Content-Length is no number");
	if (length.length == 0 || length.length > 18 || !text_to_integer(length, &exchange->body_length))
		return error_new(arena, ERROR_MALFORMED, "Content-Length is no number");
	return NULL;
}

static struct error *check_framing(struct exchange *exchange)
{
	struct arena *arena = exchange->arena;
	text coding = head_find(exchange, T("Transfer-Encoding"));
	bool chunked = text_is_set(coding);

	if (chunked && (exchange->http_1_0 || !text_equal_ignoring_case(coding, T("chunked"))))
		return error_new(arena, ERROR_MALFORMED, "this Transfer-Encoding is not understood; only chunked is");
	return check_length(exchange, chunked);
}

static struct error *check_single(struct exchange *exchange)
{
	static const char *const single[] = { "Host", "Content-Length", "Transfer-Encoding", "Authorization", "Content-Type",
		                              "If-Match", "Idempotency-Key", "Origin", "Sec-Fetch-Site", "Last-Event-ID" };

	for (size_t i = 0; i < array_length(single); i++)
		if (count_of(exchange, text_from(single[i])) > 1)
			return error_new(exchange->arena, ERROR_MALFORMED, "the header %s stands there twice", single[i]);
	return NULL;
}

struct error *head_read(struct exchange *exchange, const char *version)
{
	struct arena *arena = exchange->arena;
	struct collecting collecting = { .exchange = exchange };

	exchange->http_1_0 = strcmp(version, "HTTP/1.0") == 0;
	(void)MHD_get_connection_values_n(exchange->mhd, MHD_HEADER_KIND, collect, &collecting);
	if (collecting.too_many || collecting.bytes > LIMIT_HEAD_BYTES) {
		exchange->answer.status = 431;
		return error_new(arena, ERROR_TOO_LARGE, "the headers are too large; at most %d bytes in %d headers",
		                 LIMIT_HEAD_BYTES, LIMIT_HEADERS);
	}
	for (size_t i = 0; i < exchange->request_header_count; i++) {
		if (!is_token(exchange->request_headers[i].name))
			return error_new(arena, ERROR_MALFORMED, "a header's name is malformed");
		if (has_control(exchange->request_headers[i].value))
			return error_new(arena, ERROR_MALFORMED, "a header's value holds a control character");
	}
	TRY(check_single(exchange));
	text host = head_find(exchange, T("Host"));
	if (!text_is_set(host))
		return error_new(arena, ERROR_MALFORMED, "the header Host is missing");
	if (!is_host(host))
		return error_new(arena, ERROR_MALFORMED, "the header Host is malformed");
	if (exchange->raw_target.length > LIMIT_URL_BYTES) {
		exchange->answer.status = 414;
		return error_new(arena, ERROR_TOO_LARGE, "the address is too long; at most %d bytes", LIMIT_URL_BYTES);
	}
	return check_framing(exchange);
}
