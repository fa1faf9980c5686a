/*
 * Drafts: what somebody typed and did not send yet, kept per person, record and page as {part: {field: text}}, so that it is
 * there again after a reload, a crash or on another device - also without scripts, which only save it.
 */
#include "web/pages_private.h"

#include "base/json.h"
#include "base/limits.h"

struct error *draft_load(struct work *work, const struct type *type, int64_t record_id, text form, struct value **ret_draft)
{
	text source;
	moment at;
	struct value *draft;

	*ret_draft = NULL;
	TRY(engine_draft(work, type, record_id, form, &source, &at));
	if (!text_is_set(source) || json_parse(work->arena, source, &draft) != NULL || draft->kind != VALUE_MAP)
		return NULL;
	value_set(work->arena, draft, T("moment"), part_moment(work, at));
	*ret_draft = draft;
	return NULL;
}

struct error *draft_forget(struct work *work, const struct type *type, int64_t record_id, text form, text part)
{
	struct value *draft;

	if (work->actor->kind != ACTOR_PERSON)
		return NULL;
	TRY(draft_load(work, type, record_id, form, &draft));
	if (draft == NULL || !value_remove(draft, part))
		return NULL;
	(void)value_remove(draft, T("moment"));
	return engine_draft_save(work, type, record_id, form, value_count(draft) == 0 ? T("") : json_text(work->arena, draft));
}

static struct error *draft_record(struct work *work, const struct web_request *request, const struct type **ret_type, int64_t *ret_id)
{
	text number = request_field(request, T("number"));
	const struct type *type = model_type(work->model, request_field(request, T("type")));
	struct record *record;

	if (type == NULL)
		return error_field(error_new(work->arena, ERROR_INVALID, "a draft needs the type of its record"), T("type"));
	*ret_type = type;
	*ret_id = 0;
	if (!text_is_set(number) || text_is_empty(number))
		return NULL;
	TRY(access_load(work, type, number, &record));
	*ret_id = record->id;
	return NULL;
}

/* type, number (empty: a new record), form, draft (JSON; empty removes it). */
struct error *draft_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	const struct type *type;
	struct value *parsed;
	int64_t id;
	text draft = request_field(request, T("draft"));

	TRY(draft_record(work, request, &type, &id));
	if (text_is_set(draft) && !text_is_empty(draft)) {
		TRY(json_parse(work->arena, draft, &parsed));
		if (parsed->kind != VALUE_MAP)
			return error_field(error_new(work->arena, ERROR_INVALID, "a draft is a map of parts"), T("draft"));
	}
	return engine_draft_save(work, type, id, request_field(request, T("form")), text_is_set(draft) ? draft : T(""));
}

/* Scripts want no answer; the button that throws a draft away comes back to where the form began. */
struct error *draft_done(struct work *work, struct web_request *request, struct page *page)
{
	const struct type *type = model_type(work->model, request_field(request, T("type")));
	text number = request_field(request, T("number"));

	if (!text_is_set(request_field(request, T("back"))) || type == NULL)
		page->status = 204;
	else if (text_is_set(number) && !text_is_empty(number))
		page_redirect(page, record_href(work->arena, type, number));
	else
		page_redirect(page, text_format(work->arena, "/%.*s/new", TEXT_ARG(type->name)));
	return NULL;
}
