/*
 * The answer: a page becomes JSON, HTML, bytes or a file, an error becomes a problem document (RFC 9457) or the error page, and
 * every answer gets the headers that keep browsers from doing more than we mean.
 */
#include "web/server.h"

#include "base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#define ANSWER_BYTES_MAX ((size_t)48 * 1024 * 1024)

#define POLICY_PAGE                                                                                                 \
	"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; " \
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'; manifest-src 'self'; font-src 'self'"
#define POLICY_NOTHING "default-src 'none'; frame-ancestors 'none'"
#define POLICY_DOWNLOAD "default-src 'none'; frame-ancestors 'none'; sandbox"

void answer_header(struct answer *answer, text name, text value)
{
	if (answer->header_count < array_length(answer->headers))
		answer->headers[answer->header_count++] = (struct page_header){ name, value };
}

static bool is_header_text(text t)
{
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)t.data[i] < 0x20 || t.data[i] == 0x7f)
			return false;
	return text_is_set(t);
}

void page_add_header(struct page *page, text name, text value)
{
	if (page->header_count < array_length(page->headers) && is_header_text(value))
		page->headers[page->header_count++] = (struct page_header){ name, value };
	else
		log_line(LOG_WARNING, "web: the header %.*s was left out", TEXT_ARG(name));
}

void page_redirect(struct page *page, text location)
{
	/* "//host" and "/\host" are other hosts to a browser. */
	bool local = location.length > 0 && location.data[0] == '/' && is_header_text(location) &&
	             (location.length == 1 || (location.data[1] != '/' && location.data[1] != '\\'));

	page->status = 303;
	page->location = local ? location : T("/");
}

/* ---- problem documents ---- */

/* What went wrong inside is for the log, not for whoever asks. */
static bool is_inside(enum error_code code)
{
	return error_http_status(code) == 500;
}

static struct value *one_error(struct arena *arena, const struct error *error)
{
	struct value *item = value_map(arena);

	if (text_is_set(error->field))
		value_set_text(arena, item, T("field"), error->field);
	value_set_text(arena, item, T("message"), error->message);
	if (text_is_set(error->hint))
		value_set_text(arena, item, T("hint"), error->hint);
	if (error->place.line != 0)
		value_set_integer(arena, item, T("line"), error->place.line);
	if (error->place.column != 0)
		value_set_integer(arena, item, T("column"), error->place.column);
	return item;
}

struct value *web_problem_value(struct arena *arena, const struct error *error)
{
	struct value *problem = value_map(arena), *list = value_list(arena);
	bool inside = is_inside(error->code);

	value_set_text(arena, problem, T("type"), text_format(arena, "/help/errors#%.*s", TEXT_ARG(error_slug(error->code))));
	value_set_text(arena, problem, T("title"), error_title(error->code));
	value_set_integer(arena, problem, T("status"), error_http_status(error->code));
	value_set_text(arena, problem, T("detail"),
	               inside ? T("something went wrong on the server; it was written to its log") : error->message);
	for (; error != NULL && !inside; error = error->next) {
		value_append(arena, list, one_error(arena, error));
		if (error->extra != NULL && error->extra->kind == VALUE_MAP)
			for (size_t i = 0; i < error->extra->map.count; i++)
				value_set(arena, problem, error->extra->map.entries[i].key, error->extra->map.entries[i].value);
	}
	value_set(arena, problem, T("errors"), list);
	return problem;
}

/* ---- headers ---- */

static void common_headers(struct exchange *exchange, const struct page *page)
{
	struct answer *answer = &exchange->answer;

	answer_header(answer, T("X-Content-Type-Options"), T("nosniff"));
	switch (page->cache) {
	case CACHE_NONE:
		answer_header(answer, T("Cache-Control"), T("no-store"));
		break;
	case CACHE_CHECK:
		answer_header(answer, T("Cache-Control"), T("private, no-cache"));
		answer_header(answer, T("Vary"), T("Accept, Cookie"));
		break;
	case CACHE_FOR_EVER:
		answer_header(answer, T("Cache-Control"), T("public, max-age=31536000, immutable"));
		answer_header(answer, T("Vary"), T("Accept-Encoding"));
		break;
	}
	if (text_is_set(page->etag))
		answer_header(answer, T("ETag"), text_format(exchange->arena, "\"%.*s\"", TEXT_ARG(page->etag)));
	if (text_is_set(page->location))
		answer_header(answer, T("Location"), text_copy(exchange->arena, page->location));
	if (exchange->request.secure)
		answer_header(answer, T("Strict-Transport-Security"), T("max-age=31536000"));
	for (size_t i = 0; i < page->header_count; i++)
		answer_header(answer, text_copy(exchange->arena, page->headers[i].name),
		              text_copy(exchange->arena, page->headers[i].value));
}

static void page_headers(struct answer *answer)
{
	answer_header(answer, T("Content-Security-Policy"), T(POLICY_PAGE));
	answer_header(answer, T("Referrer-Policy"), T("same-origin"));
	answer_header(answer, T("X-Frame-Options"), T("DENY"));
	answer_header(answer, T("Cross-Origin-Opener-Policy"), T("same-origin"));
	answer_header(answer, T("Cross-Origin-Resource-Policy"), T("same-origin"));
	answer_header(answer, T("Permissions-Policy"), T("camera=(), geolocation=(), microphone=(), payment=()"));
}

/* An answer begins anew: a render that failed half way must leave nothing. */
static struct answer *begin(struct exchange *exchange, int status)
{
	exchange->answer = (struct answer){ .descriptor = -1, .status = status, .close = exchange->answer.close };
	return &exchange->answer;
}

/* ---- kinds of answers ---- */

static struct error *write_json(struct exchange *exchange, const struct value *data, text media_type)
{
	struct buffer out;

	buffer_init(&out, exchange->arena, ANSWER_BYTES_MAX);
	json_write(&out, data);
	buffer_char(&out, '\n');
	TRY(buffer_finish(&out, &exchange->answer.body));
	answer_header(&exchange->answer, T("Content-Type"), media_type);
	answer_header(&exchange->answer, T("Content-Security-Policy"), T(POLICY_NOTHING));
	return NULL;
}

static struct error *write_html(struct exchange *exchange, struct page *page)
{
	struct buffer out;

	if (page->data == NULL)
		page->data = value_map(exchange->arena);
	TRY(pages_frame(&exchange->work, &exchange->request, page));
	buffer_init(&out, exchange->arena, ANSWER_BYTES_MAX);
	TRY(template_write(exchange->web->templates, exchange->arena, page->template, page->data, exchange->work.language, &out));
	TRY(buffer_finish(&out, &exchange->answer.body));
	answer_header(&exchange->answer, T("Content-Type"), T("text/html; charset=utf-8"));
	page_headers(&exchange->answer);
	return NULL;
}

/* RFC 6266: a plain name for old clients, the real one percent-encoded. */
static text disposition(struct arena *arena, const struct page *page)
{
	struct buffer out;

	buffer_init(&out, arena, 4096);
	buffer_text(&out, page->inline_image ? T("inline; filename=\"") : T("attachment; filename=\""));
	for (size_t i = 0; i < page->file_name.length; i++) {
		char c = page->file_name.data[i];
		buffer_char(&out, c < ' ' || c > '~' || c == '"' || c == '\\' || c == '%' ? '_' : c);
	}
	buffer_literal(&out, "\"; filename*=UTF-8''");
	percent_encode(&out, page->file_name);
	return text_copy(arena, buffer_peek(&out));
}

/* Types that a browser would run as a page of ours if it ever showed them. */
static text safe_media_type(text type)
{
	static const char *const plain[] = { "text/html", "application/xhtml+xml", "image/svg+xml", "text/xml", "application/xml",
		                             "text/javascript", "application/javascript", "text/css" };

	for (size_t i = 0; i < array_length(plain); i++)
		if (text_equal_ignoring_case(type, text_from(plain[i])))
			return T("application/octet-stream");
	return is_header_text(type) ? type : T("application/octet-stream");
}

/* Where the store has no file for the blob (PostgreSQL), it is copied into an unlinked one. */
static struct error *copy_blob(struct exchange *exchange, struct blob_reader *reader, int *ret_descriptor)
{
	struct arena *arena = exchange->arena;
	int descriptor = memfd_create("blob", MFD_CLOEXEC);
	char *chunk = arena_alloc(arena, 64 * 1024);
	size_t size = 0;

	if (descriptor < 0)
		return error_new(arena, ERROR_UNAVAILABLE, "no room for the download: %s", strerror(errno));
	while (true) {
		struct error *error = blob_read(reader, chunk, 64 * 1024, &size);
		if (error != NULL || size == 0 || write(descriptor, chunk, size) != (ssize_t)size) {
			if (error == NULL && size == 0)
				break;
			close(descriptor);
			return error != NULL ? error : error_new(arena, ERROR_UNAVAILABLE, "no room for the download");
		}
	}
	*ret_descriptor = descriptor;
	return NULL;
}

static struct error *write_blob(struct exchange *exchange, const struct page *page)
{
	struct answer *answer = &exchange->answer;

	answer->descriptor = blob_descriptor(page->blob);
	if (answer->descriptor < 0)
		TRY(copy_blob(exchange, page->blob, &answer->descriptor));
	answer->size = (uint64_t)page->blob_size;
	answer_header(answer, T("Content-Type"), text_copy(exchange->arena, safe_media_type(page->media_type)));
	answer_header(answer, T("Content-Disposition"), disposition(exchange->arena, page));
	answer_header(answer, T("Content-Security-Policy"), T(POLICY_DOWNLOAD));
	answer_header(answer, T("Cross-Origin-Resource-Policy"), T("same-origin"));
	return NULL;
}

static void write_bytes(struct exchange *exchange, const struct page *page)
{
	struct answer *answer = &exchange->answer;

	answer->body = page->body;
	answer_header(answer, T("Content-Type"), text_copy(exchange->arena, page->media_type));
	answer_header(answer, T("Content-Security-Policy"), T(POLICY_NOTHING));
	if (page->gzipped)
		answer_header(answer, T("Content-Encoding"), T("gzip"));
	if (text_is_set(page->file_name))
		answer_header(answer, T("Content-Disposition"), disposition(exchange->arena, page));
}

static bool is_unchanged(struct exchange *exchange, const struct page *page)
{
	text known = head_find(exchange, T("If-None-Match"));

	return page->cache != CACHE_NONE && text_is_set(page->etag) && text_is_set(known) &&
	       exchange->request.method == METHOD_GET &&
	       text_find(known, text_format(exchange->arena, "\"%.*s\"", TEXT_ARG(page->etag))) >= 0;
}

static struct error *write_page(struct exchange *exchange, struct page *page)
{
	bool json = exchange->request.wants_json || !text_is_set(page->template);
	int status = page->status;

	if (status == 0 && text_is_set(page->location))
		status = json ? 201 : 303;
	begin(exchange, status == 0 ? 200 : status);
	common_headers(exchange, page);
	if (is_unchanged(exchange, page)) {
		exchange->answer.status = 304;
		return NULL;
	}
	if (page->blob != NULL)
		return write_blob(exchange, page);
	if (text_is_set(page->body)) {
		write_bytes(exchange, page);
		return NULL;
	}
	if (exchange->answer.status == 204 || (text_is_set(page->location) && page->data == NULL))
		return NULL;
	if (json)
		return write_json(exchange, page->data == NULL ? value_null(exchange->arena) : page->data,
		                  exchange->answer.status >= 400 ? T("application/problem+json") : T("application/json"));
	return write_html(exchange, page);
}

void reply_page(struct exchange *exchange)
{
	struct error *error = write_page(exchange, &exchange->page);

	if (error != NULL)
		reply_error(exchange, error);
}

/* ---- errors ---- */

static void error_headers(struct exchange *exchange, const struct error *error)
{
	struct answer *answer = &exchange->answer;

	if (answer->status == 429 || answer->status == 503)
		answer_header(answer, T("Retry-After"),
		              text_format(exchange->arena, "%lld", (long long)maximum(error->retry_after_s, 1)));
	if (answer->status == 401)
		answer_header(answer, T("WWW-Authenticate"), T("Bearer"));
}

/* Nothing more can go wrong here. */
static void write_problem(struct exchange *exchange, const struct error *error)
{
	struct buffer out;

	/* 414 and 431 have no codes of their own. */
	struct value *problem = web_problem_value(exchange->arena, error);
	value_set_integer(exchange->arena, problem, T("status"), exchange->answer.status);
	buffer_init(&out, exchange->arena, ANSWER_BYTES_MAX);
	json_write(&out, problem);
	buffer_char(&out, '\n');
	exchange->answer.body = buffer_peek(&out);
	answer_header(&exchange->answer, T("Content-Type"), T("application/problem+json"));
	answer_header(&exchange->answer, T("Content-Security-Policy"), T(POLICY_NOTHING));
}

static struct error *write_error_page(struct exchange *exchange, const struct error *error)
{
	struct page page = { 0 };

	page.data = value_map(exchange->arena);
	pages_error(&exchange->work, &exchange->request, error, &page);
	return write_html(exchange, &page);
}

void reply_error(struct exchange *exchange, const struct error *error)
{
	int status = error_http_status(error->code);
	/* Cookies that a phase set before it failed stay unsent; Allow is wanted. */
	struct page page = { .location = TEXT_UNSET };

	if (status >= 500)
		log_error(exchange->request.route == NULL ? "web" : exchange->request.route->name, error);
	for (size_t i = 0; i < exchange->page.header_count; i++)
		if (text_equal(exchange->page.headers[i].name, T("Allow")))
			page.headers[page.header_count++] = exchange->page.headers[i];
	bool html = !exchange->request.wants_json && exchange->request.route != NULL && exchange->work.store != NULL;
	if (html && status == 401 && exchange->request.method == METHOD_GET) {
		page.location = pages_sign_in_location(&exchange->work, &exchange->request);
		begin(exchange, 303);
		common_headers(exchange, &page);
		return;
	}
	html = !exchange->request.wants_json && exchange->work.store != NULL;
	begin(exchange, status);
	common_headers(exchange, &page);
	error_headers(exchange, error);
	if (html && status != 503) {
		struct error *second = write_error_page(exchange, error);
		if (second == NULL)
			return;
		log_error("error page", second);
		begin(exchange, status);
		common_headers(exchange, &page);
		error_headers(exchange, error);
	}
	write_problem(exchange, error);
}

void reply_refusal(struct exchange *exchange)
{
	struct page page = { 0 };
	int status = exchange->answer.status != 0 ? exchange->answer.status : error_http_status(exchange->refusal->code);

	begin(exchange, status);
	exchange->answer.close = true;
	common_headers(exchange, &page);
	error_headers(exchange, exchange->refusal);
	write_problem(exchange, exchange->refusal);
}

/* ---- answers kept under an idempotency key ---- */

struct error *reply_store(struct exchange *exchange, text *ret_stored)
{
	struct value *stored = value_map(exchange->arena), *headers = value_map(exchange->arena);
	const struct answer *answer = &exchange->answer;

	if (answer->descriptor >= 0)
		return error_new(exchange->arena, ERROR_INTERNAL, "a download cannot be kept under an idempotency key");
	for (size_t i = 0; i < answer->header_count; i++)
		if (!text_equal(answer->headers[i].name, T("Set-Cookie")))
			value_set_text(exchange->arena, headers, answer->headers[i].name, answer->headers[i].value);
	value_set(exchange->arena, stored, T("headers"), headers);
	value_set_text(exchange->arena, stored, T("body"), answer->body.data == NULL ? T("") : answer->body);
	*ret_stored = json_text(exchange->arena, stored);
	return NULL;
}

void reply_stored(struct exchange *exchange, int status, text source)
{
	struct value *stored = NULL;
	struct error *error = json_parse(exchange->arena, source, &stored);

	if (error != NULL) {
		reply_error(exchange, error);
		return;
	}
	const struct value *headers = value_get(stored, T("headers"));
	begin(exchange, status);
	for (size_t i = 0; i < value_count(headers); i++)
		answer_header(&exchange->answer, headers->map.entries[i].key, headers->map.entries[i].value->text);
	answer_header(&exchange->answer, T("Idempotency-Replayed"), T("true"));
	exchange->answer.body = value_get_text(stored, T("body"));
}
