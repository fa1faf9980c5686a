/*
 * The body by its media type: JSON, form or multipart all become one value. Files of a multipart body are stored as blobs here,
 * on the worker, so that they are durable before the change that mentions them reaches the lane.
 */
#include "web/server.h"

#include "base/json.h"

/* What a form of ours may hold that is shown again to somebody who is not signed in. */
#define TYPED_BYTES (256 * 1024)

static struct error *take_machinery_fields(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	text version = value_get_text(request->body, T("_version"));
	text key = value_get_text(request->body, T("_key"));

	if (text_is_set(version) && version.length > 0 &&
	    (!text_to_integer(version, &request->if_match) || request->if_match <= 0))
		return error_new(exchange->arena, ERROR_MALFORMED, "the form's _version is no version");
	if (text_is_set(key) && key.length > 0) {
		if (key.length > LIMIT_IDEMPOTENCY_KEY_BYTES)
			return error_new(exchange->arena, ERROR_MALFORMED, "the form's _key is too long");
		request->idempotency_key = key;
	}
	for (size_t i = request->body->map.count; i > 0; i--)
		if (text_starts_with(request->body->map.entries[i - 1].key, T("_")))
			value_remove(request->body, request->body->map.entries[i - 1].key);
	return NULL;
}

/* Blobs are files beside SQLite; PostgreSQL takes them into a table, through a connection that may write. */
static struct error *upload_store(struct exchange *exchange, struct store **ret_store)
{
	const struct store_settings *settings = &exchange->web->settings.store;

	*ret_store = exchange->work.store;
	if (!text_is_set(settings->url))
		return NULL;
	return store_open(exchange->arena, settings, STORE_WRITE, ret_store);
}

static struct error *store_upload(struct exchange *exchange, struct store *store, const struct part *part,
                                  struct upload *ret_upload)
{
	struct arena *arena = exchange->arena;
	struct blob_writer *writer;

	if ((int64_t)part->content.length > exchange->web->settings.attachment_max)
		return error_field(error_new(arena, ERROR_TOO_LARGE, "the file is too large; at most %lld bytes",
		                             (long long)exchange->web->settings.attachment_max),
		                   part->name);
	*ret_upload = (struct upload){ .field = part->name, .name = part->file_name, .media_type = part->media_type };
	TRY(blob_begin(store, arena, &writer));
	TRY(blob_write(writer, part->content.data, part->content.length));
	return blob_finish(writer, &ret_upload->hash, &ret_upload->size);
}

static struct error *read_part(struct exchange *exchange, const struct part *part, struct upload *uploads, struct store **store)
{
	struct web_request *request = &exchange->request;
	struct arena *arena = exchange->arena;
	size_t bad;

	/* Browsers send an empty file input as a part with an empty name. */
	if (text_is_set(part->file_name) && part->file_name.length == 0 && part->content.length == 0)
		return NULL;
	if (text_is_set(part->file_name)) {
		if (!(request->route->flags & ROUTE_UPLOAD))
			return error_new(arena, ERROR_MEDIA_TYPE, "no files are taken here");
		if (*store == NULL)
			TRY(upload_store(exchange, store));
		TRY(store_upload(exchange, *store, part, &uploads[request->upload_count]));
		request->upload_count++;
		return NULL;
	}
	if (!text_is_utf8(part->content, &bad))
		return error_field(error_new(arena, ERROR_MALFORMED, "no valid UTF-8 (or U+0000) at position %zu", bad + 1),
		                   part->name);
	return form_add(arena, request->body, part->name, part->content);
}

static struct error *read_multipart(struct exchange *exchange, text type)
{
	struct web_request *request = &exchange->request;
	struct arena *arena = exchange->arena;
	struct part *parts = NULL;
	struct store *store = NULL;
	struct error *error = NULL;
	size_t count = 0;

	TRY(multipart_parse(arena, exchange->body_bytes, header_parameter(arena, type, T("boundary")), &parts, &count));
	struct upload *uploads = arena_new_array(arena, struct upload, count + 1);
	request->body = value_map(arena);
	request->uploads = uploads;
	for (size_t i = 0; i < count && error == NULL; i++)
		error = read_part(exchange, &parts[i], uploads, &store);
	if (store != NULL && store != exchange->work.store)
		store_close(store);
	TRY(error);
	return take_machinery_fields(exchange);
}

static struct error *read_json(struct exchange *exchange)
{
	exchange->request.body_is_json = true;
	return json_parse(exchange->arena, exchange->body_bytes, &exchange->request.body);
}

static struct error *read_form(struct exchange *exchange)
{
	TRY(form_parse(exchange->arena, exchange->body_bytes, &exchange->request.body));
	return take_machinery_fields(exchange);
}

struct error *request_read_body(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	size_t size_max = request->route->body_max != 0 ? request->route->body_max : (size_t)LIMIT_BODY_BYTES;
	text type = text_trim(head_find(exchange, T("Content-Type")));
	ptrdiff_t end = text_find_char(type, ';');
	text name = text_trim(text_slice(type, 0, end < 0 ? type.length : (size_t)end));

	if (exchange->body_bytes.length == 0)
		return NULL;
	if (text_equal_ignoring_case(name, T("multipart/form-data")) && (request->route->flags & ROUTE_UPLOAD))
		return read_multipart(exchange, type);
	if (exchange->body_bytes.length > size_max)
		return error_new(exchange->arena, ERROR_TOO_LARGE, "the body is too large; at most %zu bytes here", size_max);
	if (text_equal_ignoring_case(name, T("multipart/form-data")))
		return read_multipart(exchange, type);
	if (text_equal_ignoring_case(name, T("application/json")) ||
	    text_equal_ignoring_case(name, T("application/merge-patch+json")))
		return read_json(exchange);
	/* Forms of other sites cannot send JSON without asking first: the API therefore takes no forms but uploads. */
	if (text_equal_ignoring_case(name, T("application/x-www-form-urlencoded")) && !request->is_api)
		return read_form(exchange);
	return error_hint(exchange->arena,
	                  error_new(exchange->arena, ERROR_MEDIA_TYPE, "a body of this media type is not understood"),
	                  request->is_api ? "send application/json" : "send a form or application/json");
}

void request_keep_typed(struct exchange *exchange)
{
	struct web_request *request = &exchange->request;
	text type = text_trim(head_find(exchange, T("Content-Type")));
	struct value *body = NULL;

	if (request->is_api || request->wants_json || exchange->body_bytes.length > TYPED_BYTES ||
	    !text_starts_with(type, T("application/x-www-form-urlencoded")))
		return;
	/* A body that cannot be read has nothing to show. */
	if (form_parse(exchange->arena, exchange->body_bytes, &body) == NULL)
		request->body = body;
}
