/* What hangs on a record: comments, files, links. */
#include "web/api_private.h"

#define FILES_PER_REQUEST 10

static text number_of(const struct web_request *request)
{
	return request_parameter(request, T("number"));
}

static struct error *read_id(struct work *work, const struct web_request *request, int64_t *ret_id)
{
	if (!text_to_integer(request_parameter(request, T("id")), ret_id) || *ret_id <= 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is nothing with this id");
	return NULL;
}

struct error *api_no_content(struct work *work unused, struct web_request *request unused, struct page *page)
{
	page->status = 204;
	return NULL;
}

static void set_version(struct work *work, const struct record *record, struct page *page)
{
	page->etag = text_format(work->arena, "%lld", (long long)record->version);
}

/* ---- comments ---- */

struct comment_state {
	text words;
	enum visibility visibility;
	int64_t event;
};

struct error *api_comment_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "text", "visibility", NULL };
	struct comment_state *state = arena_new_struct(work->arena, struct comment_state);

	TRY(api_body_map(work, request, false));
	TRY(api_known_keys(work, request->body, known));
	const struct value *visibility = value_get(request->body, T("visibility"));
	if (!value_is_null(visibility) && visibility->kind != VALUE_TEXT)
		return error_field(error_new(work->arena, ERROR_INVALID, "the visibility must be a text"), T("visibility"));
	TRY(api_visibility(work, request_field(request, T("visibility")), VISIBLE_PUBLIC, &state->visibility));
	state->words = request_field(request, T("text"));
	if (!text_is_set(state->words))
		return error_field(error_new(work->arena, ERROR_INVALID, "the comment's text is missing"), T("text"));
	request->state = state;
	return NULL;
}

struct error *api_comment_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	struct comment_state *state = request->state;
	struct error *error = engine_comment(work, request->type, number_of(request), state->words, state->visibility,
	                                     &request->record, &state->event);

	/* Transitions take it as `comment`, here it came as `text`. */
	if (error != NULL && text_equal(error->field, T("comment")))
		error->field = T("text");
	return error;
}

static struct error *find_event(struct work *work, struct record *record, int64_t id, struct event *ret_event, bool *ret_found)
{
	struct event *events;
	size_t count;

	*ret_found = false;
	TRY(engine_history(work, record, 20, &events, &count));
	for (size_t i = 0; i < count && !*ret_found; i++)
		if (events[i].id == id) {
			*ret_event = events[i];
			*ret_found = true;
		}
	return NULL;
}

struct error *api_comment_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct comment_state *state = request->state;
	struct record *record;
	struct event event;
	bool found;

	page->status = 201;
	TRY(access_load_id(work, request->type, request->record->id, &record));
	TRY(find_event(work, record, state->event, &event, &found));
	set_version(work, record, page);
	page->location = text_format(work->arena, "%.*s/events",
	                             TEXT_ARG(api_record_url(work->arena, record->type, record_number(record))));
	if (found)
		return web_event_value(work, request, record, &event, &page->data);
	page->data = value_map(work->arena);
	value_set_integer(work->arena, page->data, T("id"), state->event);
	return NULL;
}

/* ---- files ---- */

struct attach_state {
	enum visibility visibility;
	int64_t ids[FILES_PER_REQUEST];
};

struct error *api_attach_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "visibility", NULL };
	struct attach_state *state = arena_new_struct(work->arena, struct attach_state);

	if (request->upload_count == 0)
		return error_hint(work->arena,
		                  error_new(work->arena, request->body_is_json ? ERROR_MEDIA_TYPE : ERROR_INVALID, "no file came along"),
		                  "send multipart/form-data with a part that has a file name");
	if (request->upload_count > FILES_PER_REQUEST)
		return error_new(work->arena, ERROR_INVALID, "too many files at once; at most %d", FILES_PER_REQUEST);
	TRY(api_known_keys(work, request->body, known));
	TRY(api_visibility(work, request_field(request, T("visibility")), VISIBLE_PUBLIC, &state->visibility));
	request->state = state;
	return NULL;
}

struct error *api_attach_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	struct attach_state *state = request->state;

	for (size_t i = 0; i < request->upload_count; i++) {
		const struct upload *upload = &request->uploads[i];
		struct attachment file = { .name = upload->name, .media_type = upload->media_type, .hash = upload->hash,
			                   .size = upload->size, .visibility = state->visibility };
		TRY(engine_attach(work, request->type, number_of(request), &file, &state->ids[i]));
	}
	return NULL;
}

static struct error *attachment_value(struct work *work, const struct record *record, const struct attachment *file,
                                      struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *person;

	TRY(api_person(work, file->created_by, &person));
	value_set_integer(arena, value, T("id"), file->id);
	value_set_text(arena, value, T("name"), file->name);
	value_set_text(arena, value, T("media_type"), file->media_type);
	value_set_integer(arena, value, T("size"), file->size);
	value_set_text(arena, value, T("sha256"), file->hash);
	value_set_text(arena, value, T("visibility"), file->visibility == VISIBLE_PUBLIC ? T("public") : T("internal"));
	value_set_text(arena, value, T("created_at"), moment_format(arena, file->created_at));
	value_set(arena, value, T("created_by"), person);
	value_set_text(arena, value, T("url"),
	               text_format(arena, "%.*s/attachments/%lld",
	                           TEXT_ARG(api_record_url(arena, record->type, record_number(record))), (long long)file->id));
	*ret_value = value;
	return NULL;
}

struct error *api_attach_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct attach_state *state = request->state;
	struct value *items = value_list(work->arena), *first = NULL;
	struct record *record;

	TRY(access_load(work, request->type, number_of(request), &record));
	for (size_t i = 0; i < request->upload_count; i++) {
		struct attachment file;
		struct value *item;
		TRY(engine_attachment(work, record, state->ids[i], &file));
		TRY(attachment_value(work, record, &file, &item));
		value_append(work->arena, items, item);
		if (i == 0)
			first = item;
	}
	/* The first file's own description, with all of them beside it. */
	page->status = 201;
	page->location = value_get_text(first, T("url"));
	page->data = value_copy(work->arena, first);
	value_add(work->arena, page->data, T("items"), items);
	return NULL;
}

struct error *api_attachments(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items = value_list(work->arena);
	struct record *record;
	struct attachment *files;
	size_t count;

	TRY(access_load(work, request->type, number_of(request), &record));
	TRY(engine_attachments(work, record, &files, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *item;
		TRY(attachment_value(work, record, &files[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"), value_null(work->arena));
	return NULL;
}

/* Raster images that browsers show without running anything; ?inline=1 asks for it. */
static bool is_raster(text type)
{
	return text_equal(type, T("image/png")) || text_equal(type, T("image/jpeg")) || text_equal(type, T("image/gif")) ||
	       text_equal(type, T("image/webp"));
}

struct error *web_attachment_page(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct attachment file;
	int64_t id;

	TRY(read_id(work, request, &id));
	TRY(access_load(work, request->type, number_of(request), &record));
	TRY(engine_attachment(work, record, id, &file));
	TRY(blob_open(work->store, work->arena, file.hash, &page->blob, &page->blob_size));
	page->file_name = file.name;
	page->media_type = file.media_type;
	page->cache = CACHE_CHECK;
	page->etag = text_slice(file.hash, 0, 16);
	page->inline_image = text_is_set(request_query(request, T("inline"))) && is_raster(file.media_type);
	return NULL;
}

struct error *api_detach_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(read_id(work, request, &id));
	return engine_detach(work, request->type, number_of(request), id);
}

/* ---- links ---- */

struct error *api_link_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "relation", "to", NULL };

	TRY(api_body_map(work, request, false));
	TRY(api_known_keys(work, request->body, known));
	for (size_t i = 0; known[i] != NULL; i++)
		if (!text_is_set(request_field(request, text_from(known[i]))))
			return error_field(error_new(work->arena, ERROR_INVALID, "'%s' is missing or no text", known[i]),
			                   text_from(known[i]));
	request->state = arena_new_struct(work->arena, int64_t);
	return NULL;
}

struct error *api_link_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	return engine_link(work, request->type, number_of(request), request_field(request, T("relation")),
	                   request_field(request, T("to")), request->state);
}

static struct error *link_value(struct work *work, const struct record *record, const struct record_link *link,
                                struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *other = value_map(arena);
	struct record_name name;

	TRY(model_name(work, link->type, link->other_id, &name));
	value_set_text(arena, other, T("type"), link->type->name);
	value_set_text(arena, other, T("number"), name.number);
	value_set_text(arena, other, T("title"), name.title);
	value_set_integer(arena, value, T("id"), link->id);
	value_set_text(arena, value, T("relation"), link->relation->name);
	value_set_bool(arena, value, T("inverse"), link->inverse);
	value_set_text(arena, value, T("label"),
	               label_in(link->inverse ? &link->relation->inverse : &link->relation->label, work->language));
	value_set(arena, value, T("to"), other);
	value_set_text(arena, value, T("created_at"), moment_format(arena, link->created_at));
	value_set_text(arena, value, T("url"),
	               text_format(arena, "%.*s/links/%lld",
	                           TEXT_ARG(api_record_url(arena, record->type, record_number(record))), (long long)link->id));
	*ret_value = value;
	return NULL;
}

/* `id` 0: all of them into `items`; else that one into *ret_one. */
static struct error *read_links(struct work *work, struct record *record, int64_t id, struct value *items, struct value **ret_one)
{
	struct record_link *links;
	size_t count;

	TRY(engine_links(work, record, &links, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *value;
		if (id != 0 && links[i].id != id)
			continue;
		TRY(link_value(work, record, &links[i], &value));
		if (id != 0)
			*ret_one = value;
		else
			value_append(work->arena, items, value);
	}
	return NULL;
}

struct error *api_link_render(struct work *work, struct web_request *request, struct page *page)
{
	const int64_t *id = request->state;
	struct record *record;

	TRY(access_load(work, request->type, number_of(request), &record));
	TRY(read_links(work, record, *id, NULL, &page->data));
	if (page->data == NULL) {
		page->data = value_map(work->arena);
		value_set_integer(work->arena, page->data, T("id"), *id);
	}
	page->status = 201;
	page->location = text_format(work->arena, "%.*s/links/%lld",
	                             TEXT_ARG(api_record_url(work->arena, record->type, record_number(record))), (long long)*id);
	return NULL;
}

struct error *api_links(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items = value_list(work->arena);
	struct record *record;

	TRY(access_load(work, request->type, number_of(request), &record));
	TRY(read_links(work, record, 0, items, NULL));
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"), value_null(work->arena));
	return NULL;
}

struct error *api_unlink_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(read_id(work, request, &id));
	return engine_unlink(work, request->type, number_of(request), id);
}
