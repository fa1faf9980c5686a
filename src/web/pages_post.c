/* What the small forms of a record page do: replies and notes, files, watching, links. */
#include "web/pages_private.h"

#include "base/words.h"

static struct error *visibility_of(struct work *work, const struct web_request *request, enum visibility *ret_visibility)
{
	text name = request_field(request, T("visibility"));

	*ret_visibility = text_equal(name, T("internal")) ? VISIBLE_INTERNAL : VISIBLE_PUBLIC;
	if (text_equal(name, T("internal")) || text_equal(name, T("public")))
		return NULL;
	return error_hint(work->arena,
	                  error_field(error_new(work->arena, ERROR_INVALID, "it is not said who may read this"), T("visibility")),
	                  "send it with one of the two buttons: public reply or internal note");
}

struct error *attach_uploads(struct work *work, struct web_request *request, text number, enum visibility visibility)
{
	for (size_t i = 0; i < request->upload_count; i++) {
		const struct upload *upload = &request->uploads[i];
		const struct attachment file = { .size = upload->size, .name = upload->name, .media_type = upload->media_type,
			                         .hash = upload->hash, .visibility = visibility };
		int64_t id;
		if (upload->size == 0 && text_is_empty(upload->name))
			continue;
		TRY(engine_attach(work, request->type, number, &file, &id));
	}
	return NULL;
}

struct error *comment_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	text number = request_parameter(request, T("number")), comment = request_field(request, T("text"));
	enum visibility visibility;
	int64_t event;

	TRY(visibility_of(work, request, &visibility));
	/* A file alone says enough. */
	if (request->upload_count == 0 || (text_is_set(comment) && !text_is_empty(text_trim(comment))))
		TRY(engine_comment(work, request->type, number, text_is_set(comment) ? comment : T(""), visibility, &request->record, &event));
	TRY(attach_uploads(work, request, number, visibility));
	TRY(access_load(work, request->type, number, &request->record));
	return draft_forget(work, request->type, request->record->id, T("record"), T("comment"));
}

struct error *comment_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return show_record(work, request, page, T("comment"), request->body);
}

struct error *attach_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	enum visibility visibility;

	TRY(visibility_of(work, request, &visibility));
	if (request->upload_count == 0)
		return error_field(error_new(work->arena, ERROR_INVALID, "choose a file first"), T("file"));
	return attach_uploads(work, request, request_parameter(request, T("number")), visibility);
}

static struct error *id_of(struct work *work, const struct web_request *request, int64_t *ret_id)
{
	if (text_to_integer(request_parameter(request, T("id")), ret_id))
		return NULL;
	return error_new(work->arena, ERROR_NOT_FOUND, "there is nothing with this id");
}

struct error *detach_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(id_of(work, request, &id));
	return engine_detach(work, request->type, request_parameter(request, T("number")), id);
}

struct error *watch_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	return engine_watch(work, request->type, request_parameter(request, T("number")), 0,
	                    !text_equal(request_field(request, T("watch")), T("no")));
}

/* The type of a record that a relation comes from: by its number, else the one without numbers that knows the name. */
static struct error *type_of(struct work *work, text relation, text number, const struct type **ret_type)
{
	int64_t id = 0;

	*ret_type = model_type_of_number(work->model, number);
	for (size_t i = 0; *ret_type == NULL && i < work->model->relation_count; i++) {
		const struct relation *one = &work->model->relations[i];
		for (size_t k = 0; text_equal(one->name, relation) && *ret_type == NULL && k < one->from_count; k++) {
			if (text_is_set(one->from[k]->number_prefix))
				continue;
			TRY(model_find_id(work, one->from[k], number, &id));
			*ret_type = id == 0 ? NULL : one->from[k];
		}
	}
	return *ret_type != NULL ? NULL :
	       error_field(error_new(work->arena, ERROR_INVALID, "there is no record '%.*s'", TEXT_ARG(number)), T("to"));
}

/* "~runs_on" links the other record to this one. */
struct error *link_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	text number = request_parameter(request, T("number")), relation = request_field(request, T("relation"));
	text other = text_trim(request_field(request, T("to")));
	const struct type *type;
	int64_t id;

	if (!text_starts_with(relation, T("~")))
		return engine_link(work, request->type, number, relation, other, &id);
	relation = text_slice(relation, 1, relation.length);
	TRY(type_of(work, relation, other, &type));
	/* What the other record's own rights refuse is told as of that end: it must be readable before. */
	struct record *from;
	struct error *error = access_load(work, type, other, &from);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return error_field(error_new(work->arena, ERROR_INVALID, "there is no record '%.*s'", TEXT_ARG(other)), T("to"));
	TRY(error);
	return engine_link(work, type, other, relation, number, &id);
}

struct error *unlink_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	int64_t id;

	TRY(id_of(work, request, &id));
	return engine_unlink(work, request->type, request_parameter(request, T("number")), id);
}
