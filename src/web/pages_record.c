/* The page of one record: head, steps, timeline with the composer, and everything beside it. Also what its forms come back to. */
#include "web/pages_private.h"

#include "base/words.h"

struct error *load_record(struct work *work, struct web_request *request, struct record **ret_record)
{
	return access_load(work, request->type, request_parameter(request, T("number")), ret_record);
}

/* ---- the head ---- */

static struct error *head_people(struct work *work, struct record *record, struct value *data)
{
	struct record_name team = { .number = TEXT_UNSET };
	struct value *person;
	int64_t team_id = record_id_of(record, record->type->team);

	TRY(part_person(work, record_id_of(record, record->type->assignee), &person));
	value_set(work->arena, data, T("assignee"), person);
	if (team_id != 0)
		TRY(access_name(work, work->model->team, team_id, &team));
	value_set_text(work->arena, data, T("team"), text_is_set(team.title) && !text_is_empty(team.title) ? team.title : team.number);
	value_set_bool(work->arena, data, T("has_assignee"), record->type->assignee >= 0);
	return NULL;
}

struct error *part_head(struct work *work, struct record *record, struct value *data)
{
	const struct type *type = record->type;
	struct arena *arena = work->arena;
	text number = record_number(record), title = record_title(record);

	value_set_text(arena, data, T("type"), type->name);
	value_set_text(arena, data, T("type_label"), label_in(&type->label, work->language));
	value_set_text(arena, data, T("plural"), label_in(&type->plural, work->language));
	value_set_text(arena, data, T("number"), number);
	value_set_text(arena, data, T("heading"), text_is_empty(title) ? number : title);
	value_set_text(arena, data, T("title"), text_format(arena, "%.*s %.*s", TEXT_ARG(number), TEXT_ARG(title)));
	value_set_text(arena, data, T("href"), record_href(arena, type, number));
	value_set_integer(arena, data, T("version"), record->version);
	value_set_bool(arena, data, T("platform"), type->platform);
	/* Words say which requests are alike; names of things ("nb-0001", "the mail server") only how they are named. */
	value_set_bool(arena, data, T("has_similar"), type->requester >= 0);
	value_set(arena, data, T("state"), part_state(work, record));
	value_set(arena, data, T("created"), part_moment(work, record_moment(record, FIELD_CREATED_AT)));
	value_set(arena, data, T("updated"), part_moment(work, record_moment(record, FIELD_UPDATED_AT)));
	if (type->priority >= 0 && access_field_readable(work, type, &type->fields[type->priority]))
		value_set(arena, data, T("priority"), part_choice(work, record, type->priority));
	value_set_text(arena, data, T("topics"), text_format(arena, "%.*s/%.*s", TEXT_ARG(type->name), TEXT_ARG(number)));
	return head_people(work, record, data);
}

/* ---- the composer ---- */

static struct error *composer(struct work *work, struct record *record, const struct value *given, const struct error *error,
                              struct value *data)
{
	struct arena *arena = work->arena;
	struct value *value = value_map(arena), *person;
	bool reply, note, attach;

	TRY(access_may(work, RIGHT_COMMENT, record->type, record, &reply));
	TRY(access_may(work, RIGHT_NOTE, record->type, record, &note));
	TRY(access_may(work, RIGHT_ATTACH, record->type, record, &attach));
	/* Where nobody has asked for anything there is nobody to reply to: who writes notes is offered those alone. */
	reply = reply && (record->type->requester >= 0 || !note);
	if (!reply && !note)
		return NULL;
	TRY(part_person(work, record_id_of(record, record->type->requester), &person));
	value_set_bool(arena, value, T("reply"), reply);
	value_set_bool(arena, value, T("note"), note);
	value_set_bool(arena, value, T("attach"), attach);
	value_set(arena, value, T("to"), person);
	value_set_bool(arena, value, T("to_me"), record_id_of(record, record->type->requester) == work->actor->id);
	value_set_text(arena, value, T("text"), value_get_text(given, T("text")));
	value_set(arena, value, T("key"), part_key(arena));
	if (error != NULL) {
		value_set_text(arena, value, T("error"), error->message);
		value_set_text(arena, value, T("hint"), error->hint);
	}
	value_set(arena, data, T("composer"), value);
	return NULL;
}

/* ---- the page ---- */

struct error *show_record(struct work *work, struct web_request *request, struct page *page, text form, const struct value *given)
{
	struct record *record;
	struct value *data = value_map(work->arena), *clocks, *steps, *draft, *answers;
	bool of_comment = text_equal(form, T("comment"));

	page->data = data;
	page->template = is_staff(work) ? T("record") : T("request");
	TRY(load_record(work, request, &record));
	TRY(part_head(work, record, data));
	TRY(draft_load(work, record->type, record->id, T("record"), &draft));
	TRY(part_steps(work, record, draft, &steps));
	value_set(work->arena, data, T("steps"), steps);
	TRY(part_clocks(work, record, false, &clocks));
	value_set(work->arena, data, T("clocks"), clocks);
	TRY(engine_answers(work, record, &answers));
	part_answers(work, answers);
	value_set(work->arena, data, T("answers"), answers);
	TRY(part_timeline(work, record, text_is_set(request_query(request, T("all"))), data));
	TRY(composer(work, record, of_comment ? given : value_get(draft, T("comment")), of_comment ? request->error : NULL, data));
	if (draft != NULL)
		value_set(work->arena, data, T("draft"), value_get(draft, T("moment")));
	if (request->error != NULL && !of_comment)
		value_set(work->arena, data, T("errors"), part_errors(work, record->type, request->error));
	if (!is_staff(work))
		TRY(part_request(work, record, data));
	TRY(part_platform(work, record, data));
	if (record->type->approval_count > 0)
		TRY(part_approvals(work, request, record, data));
	TRY(part_tasks(work, record, data));
	if (is_staff(work)) {
		TRY(part_control(work, record, data));
		TRY(part_related(work, record, data));
		TRY(part_impact(work, record, data));
	}
	return part_side(work, record, data);
}

struct error *record_render(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;

	if (!request->wants_json)
		return show_record(work, request, page, TEXT_UNSET, NULL);
	TRY(load_record(work, request, &record));
	page->etag = text_format(work->arena, "%lld", (long long)record->version);
	return web_record_value(work, record, NULL, &page->data);
}

/* ---- after a form ---- */

static text done_words(const struct web_request *request)
{
	if (text_equal(text_from(request->route->name), T("page_edit")))
		return T("?done=saved");
	if (text_equal(text_from(request->route->name), T("page_comment")))
		return text_equal(request_field(request, T("visibility")), T("internal")) ? T("?done=noted") : T("?done=sent");
	return T("");
}

struct error *record_back(struct work *work, struct web_request *request, struct page *page)
{
	text href = record_href(work->arena, request->type, request_parameter(request, T("number")));

	if (request->wants_json && request->record != NULL)
		return web_record_value(work, request->record, NULL, &page->data);
	page_redirect(page, text_format(work->arena, "%.*s%.*s", TEXT_ARG(href), TEXT_ARG(done_words(request))));
	return NULL;
}

struct error *record_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return show_record(work, request, page, TEXT_UNSET, request->body);
}
