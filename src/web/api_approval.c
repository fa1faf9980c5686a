/* The API's approvals: those of a record, what waits for the caller, and the vote, which is never a GET. */
#include "web/api_private.h"

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

/* The place of a vote in the order in which they were asked for. */
struct error *web_waiting_after(struct work *work, const struct web_request *request, int64_t *ret_after)
{
	text after = request_query(request, T("after"));

	*ret_after = 0;
	if (text_is_set(after) && (!text_to_integer(after, ret_after) || *ret_after < 0))
		return error_field(error_new(work->arena, ERROR_MALFORMED, "'after' is no cursor of this list"), T("after"));
	return NULL;
}

struct error *api_approvals_waiting(struct work *work, struct web_request *request, struct page *page)
{
	struct approval_waiting *list;
	struct value *items = value_list(work->arena), *item;
	int64_t after, limit, next;
	size_t count;

	TRY(web_waiting_after(work, request, &after));
	TRY(request_query_integer(request, T("limit"), 1, LIMIT_PAGE_ROWS, DEFAULT_PAGE_ROWS, &limit));
	TRY(engine_approvals_waiting(work, after, (size_t)limit, &list, &count, &next));
	for (size_t i = 0; i < count; i++) {
		TRY(web_approval_waiting_value(work, &list[i], &item));
		value_append(work->arena, items, item);
	}
	page->data = value_map(work->arena);
	value_add(work->arena, page->data, T("items"), items);
	value_add(work->arena, page->data, T("next"),
	          next == 0 ? value_null(work->arena) : value_text(work->arena, text_format(work->arena, "%lld", (long long)next)));
	return NULL;
}

/* ---- voting ---- */

static struct error *read_person(struct work *work, text login, int64_t *ret_id)
{
	*ret_id = 0;
	if (!text_is_set(login) || text_is_empty(login))
		return NULL;
	TRY(model_find_id(work, work->model->user, login, ret_id));
	if (*ret_id == 0)
		return error_field(error_new(work->arena, ERROR_INVALID, "nobody is named '%.*s'", TEXT_ARG(login)), T("for"));
	return NULL;
}

static struct error *check_kinds(struct work *work, const struct value *body)
{
	for (size_t i = 0; i < value_count(body); i++) {
		const struct value_entry *entry = &body->map.entries[i];
		bool number = text_equal(entry->key, T("version")) || text_equal(entry->key, T("id"));

		if (!value_is_null(entry->value) && entry->value->kind != (number ? VALUE_INTEGER : VALUE_TEXT))
			return error_field(error_new(work->arena, ERROR_INVALID, "'%.*s' must be a %s", TEXT_ARG(entry->key),
			                             number ? "number" : "text"),
			                   entry->key);
	}
	return NULL;
}

/* `seen`: the version that came another way, by a header or with the form. */
static struct error *read_ballot(struct work *work, const struct value *body, int64_t seen, struct ballot *ret_ballot)
{
	text vote = value_get_text(body, T("vote"));
	struct ballot ballot = { .comment = value_get_text(body, T("comment")), .step = value_get_text(body, T("step")),
		                 .version = value_get_integer(body, T("version"), seen) };

	if (text_is_set(vote) && !vote_kind_of(vote, &ballot.vote))
		return error_field(error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "'%.*s' is no vote", TEXT_ARG(vote)),
		                              "approve, reject or abstain"), T("vote"));
	if (text_is_empty(ballot.step))
		ballot.step = TEXT_UNSET;
	TRY(read_person(work, value_get_text(body, T("for")), &ballot.for_id));
	*ret_ballot = ballot;
	return NULL;
}

struct error *web_vote(struct work *work, struct web_request *request)
{
	struct ballot ballot;
	int64_t id;

	if (!text_to_integer(request_parameter(request, T("id")), &id))
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such approval");
	TRY(read_ballot(work, request->body, request->if_match, &ballot));
	return engine_vote(work, request->type, request_parameter(request, T("number")), id, &ballot, &request->record);
}

struct error *api_vote_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "vote", "comment", "for", "step", "version", NULL };

	TRY(api_body_map(work, request, false));
	TRY(api_known_keys(work, request->body, known));
	return check_kinds(work, request->body);
}

struct error *api_vote_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	return web_vote(work, request);
}

/* ---- many at once ---- */

struct error *bulk_vote(struct work *work, const struct web_request *request unused, const struct value *input, struct record **ret_record)
{
	static const char *const known[] = { "type", "number", "id", "vote", "comment", "for", "step", "version", NULL };
	const struct type *type = model_type(work->model, value_get_text(input, T("type")));
	struct ballot ballot;

	TRY(api_known_keys(work, input, known));
	TRY(check_kinds(work, input));
	if (type == NULL || type->abstract)
		return error_field(error_new(work->arena, ERROR_INVALID, "'type' must name a type of records"), T("type"));
	if (!text_is_set(value_get_text(input, T("number"))))
		return error_field(error_new(work->arena, ERROR_INVALID, "the number of the record is needed"), T("number"));
	TRY(read_ballot(work, input, 0, &ballot));
	return engine_vote(work, type, value_get_text(input, T("number")), value_get_integer(input, T("id"), 0), &ballot, ret_record);
}

struct error *api_votes(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items, *results;

	TRY(api_bulk_items(work, request, &items));
	TRY(bulk_run(work, request, items, bulk_vote, &results));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), results);
	return arena_check(work->arena);
}
