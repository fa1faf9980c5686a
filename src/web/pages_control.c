/*
 * Edits of a record under control that no change authorised: what the record's page shows of them, and how somebody who answers
 * for them says afterwards that they were right.
 */
#include "web/api_private.h"
#include "web/pages_private.h"

#include "base/words.h"

/* Newest events looked through for unauthorised edits, and those that are shown. */
#define EVENTS_READ 200
#define EDITS_SHOWN 10

static bool is_marked(const struct record *record)
{
	const struct control_definition *control = record->type->control;

	return control != NULL && record_cell(record, control->flag)->kind == CELL_INTEGER &&
	       record_cell(record, control->flag)->integer != 0;
}

/* "Host name, Location", or what was linked. */
static text edited_words(struct work *work, const struct record *record, const struct event *event)
{
	const struct value *changes = value_get(event->payload, T("changes"));
	text out = TEXT_UNSET;

	if (event->kind == EVENT_LINKED || event->kind == EVENT_UNLINKED)
		return words(work->language, event->kind == EVENT_LINKED ? T("Relation added") : T("Relation removed"));
	for (size_t i = 0; changes != NULL && i < changes->map.count; i++) {
		const struct field *field = type_field(record->type, changes->map.entries[i].key);
		if (field == NULL || (field->set_by_engine && field->position != FIELD_STATE))
			continue;
		text label = label_in(&field->label, work->language);
		out = text_is_set(out) ? text_format(work->arena, "%.*s, %.*s", TEXT_ARG(out), TEXT_ARG(label)) : label;
	}
	return out;
}

struct error *part_control(struct work *work, struct record *record, struct value *data)
{
	struct value *value = value_map(work->arena), *edits = value_list(work->arena), *person;
	struct event *events;
	size_t count;

	if (!is_marked(record) || !access_field_readable(work, record->type, &record->type->fields[record->type->control->flag]))
		return NULL;
	TRY(engine_history(work, record, EVENTS_READ, &events, &count));
	for (size_t i = count; i > 0 && value_count(edits) < EDITS_SHOWN; i--) {
		const struct event *event = &events[i - 1];
		if (value_get_bool(event->payload, T("cleared"), false))
			break;
		if (!value_get_bool(event->payload, T("unauthorised"), false))
			continue;
		struct value *one = value_map(work->arena);
		TRY(part_person(work, event->actor_id, &person));
		value_set(work->arena, one, T("person"), person);
		value_set(work->arena, one, T("moment"), part_moment(work, event->at));
		value_set_text(work->arena, one, T("what"), edited_words(work, record, event));
		value_append(work->arena, edits, one);
	}
	value_set(work->arena, value, T("edits"), edits);
	value_set_text(work->arena, value, T("by_label"), label_in(&record->type->control->by->label, work->language));
	value_set_bool(work->arena, value, T("may_clear"), (work->actor->roles & record->type->control->clear) != 0);
	value_set_text(work->arena, value, T("lookup"), text_format(work->arena, "/%.*s/lookup", TEXT_ARG(record->type->control->by->name)));
	value_set(work->arena, data, T("control"), value);
	return NULL;
}

static text given(const struct web_request *request, text name)
{
	text t = request_field(request, name);

	return text_is_set(t) && !text_is_empty(text_trim(t)) ? text_trim(t) : TEXT_UNSET;
}

struct error *control_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	static const char *const known[] = { "comment", "by", NULL };

	if (request->body_is_json) {
		TRY(api_body_map(work, request, false));
		TRY(api_known_keys(work, request->body, known));
	}
	return engine_control_clear(work, request->type, request_parameter(request, T("number")), given(request, T("comment")),
	                            given(request, T("by")), &request->record);
}
