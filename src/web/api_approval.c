/* The API's approvals: those of a record, what waits for the caller, and the vote, which is never a GET. */
#include "web/api_private.h"

#define WAITING_MAX 100

struct error *api_approvals(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct value *items;

	TRY(access_load(work, request->type, request_parameter(request, T("number")), &record));
	TRY(web_approvals_value(work, record, &items));
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"), value_null(work->arena));
	return NULL;
}

struct error *api_approvals_waiting(struct work *work, struct web_request *request unused, struct page *page)
{
	struct approval_waiting *list;
	struct value *items = value_list(work->arena), *item;
	size_t count;

	TRY(engine_approvals_waiting(work, WAITING_MAX, &list, &count));
	for (size_t i = 0; i < count; i++) {
		TRY(web_approval_waiting_value(work, &list[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"), value_null(work->arena));
	return NULL;
}

/* ---- voting ---- */

static struct error *read_person(struct work *work, const struct web_request *request, int64_t *ret_id)
{
	text login = request_field(request, T("for"));

	*ret_id = 0;
	if (!text_is_set(login) || text_is_empty(login))
		return NULL;
	TRY(model_find_id(work, work->model->user, login, ret_id));
	if (*ret_id == 0)
		return error_field(error_new(work->arena, ERROR_INVALID, "nobody is named '%.*s'", TEXT_ARG(login)), T("for"));
	return NULL;
}

static struct error *only_texts(struct work *work, const struct value *body)
{
	for (size_t i = 0; i < value_count(body); i++)
		if (!value_is_null(body->map.entries[i].value) && body->map.entries[i].value->kind != VALUE_TEXT)
			return error_field(error_new(work->arena, ERROR_INVALID, "'%.*s' must be a text", TEXT_ARG(body->map.entries[i].key)),
			                   body->map.entries[i].key);
	return NULL;
}

struct error *web_vote(struct work *work, struct web_request *request)
{
	struct ballot ballot = { .comment = request_field(request, T("comment")), .step = request_field(request, T("step")) };
	text vote = request_field(request, T("vote"));
	int64_t id;

	if (!text_to_integer(request_parameter(request, T("id")), &id))
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such approval");
	if (text_is_set(vote) && !vote_kind_of(vote, &ballot.vote))
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "'%.*s' is no vote", TEXT_ARG(vote)),
		                              "approve, reject or abstain"), T("vote"));
	if (text_is_empty(ballot.step))
		ballot.step = TEXT_UNSET;
	TRY(read_person(work, request, &ballot.for_id));
	return engine_vote(work, request->type, request_parameter(request, T("number")), id, &ballot, &request->record);
}

struct error *api_vote_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "vote", "comment", "for", "step", NULL };

	TRY(api_body_map(work, request, false));
	TRY(api_known_keys(work, request->body, known));
	return only_texts(work, request->body);
}

struct error *api_vote_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	return web_vote(work, request);
}
