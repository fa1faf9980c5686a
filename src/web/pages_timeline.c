/*
 * The timeline of a record: what people wrote, public and internal told apart by word, mark and ground, and between them what
 * happened, one line each, runs of such lines folded. Long ones show the beginning and the newest entries.
 */
#include "web/pages_private.h"

#include "base/words.h"

/* Entries of a long timeline that are shown at once; more on demand. */
#define NEWEST_SHOWN 70
/* From here on neighbouring lines are folded. */
#define RUN_LEAST 4

static text with_person(struct work *work, const char *words_, const struct value *arguments)
{
	return words_with(work->arena, work->language, text_from(words_), arguments);
}

/* ---- lines ---- */

static void add_change(struct work *work, const struct record *record, const struct value_entry *entry, struct buffer *out)
{
	const struct field *field = type_field(record->type, entry->key);

	/* What the engine notes by itself (resolved_at ...) says no more than the step and its moment. */
	if (field == NULL || field->set_by_engine || entry->value->kind != VALUE_LIST || entry->value->list.count != 2)
		return;
	if (out->length > 0)
		buffer_literal(out, " · ");
	/* States name themselves. */
	if (field->position != FIELD_STATE) {
		buffer_text(out, label_in(&field->label, work->language));
		buffer_literal(out, ": ");
	}
	const struct value *old = entry->value->list.items[0], *now = entry->value->list.items[1];
	bool prose = field->kind == KIND_PROSE || field->kind == KIND_HOURS || field->kind == KIND_HOLIDAYS;
	if (prose && !value_is_null(old)) {
		buffer_text(out, words(work->language, T("changed")));
		return;
	}
	if (!value_is_null(old)) {
		buffer_text(out, text_shorten(work->arena, part_value_words(work, field, old), 60));
		buffer_literal(out, " → ");
	}
	buffer_text(out, text_shorten(work->arena, part_value_words(work, field, now), prose ? 200 : 80));
}

/* "Priority: 3 → 2 · Team: Service desk → Network"; the state goes first where it is asked for, else it is left out. */
static text changes_words(struct work *work, const struct record *record, const struct event *event)
{
	const struct value *changes = value_get(event->payload, T("changes"));
	struct buffer out;

	buffer_init(&out, work->arena, 16384);
	const struct value_entry *state = value_entry(changes, T("state"));
	if (state != NULL)
		add_change(work, record, state, &out);
	for (size_t i = 0; changes != NULL && i < changes->map.count; i++)
		if (&changes->map.entries[i] != state)
			add_change(work, record, &changes->map.entries[i], &out);
	return buffer_peek(&out);
}

static text clock_line(struct work *work, const struct record *record, const struct event *event, struct value *arguments)
{
	text name = value_get_text(event->payload, T("name"));

	for (size_t i = 0; i < record->type->clock_count; i++)
		if (text_equal(record->type->clocks[i].name, name))
			name = label_in(&record->type->clocks[i].label, work->language);
	value_set_text(work->arena, arguments, T("clock"), name);
	value_set_integer(work->arena, arguments, T("percent"), value_get_integer(event->payload, T("percent"), 0));
	if (value_get_bool(event->payload, T("breached"), false))
		return with_person(work, "Clock {clock}: the goal was missed", arguments);
	return with_person(work, "Clock {clock}: {percent} % of the time is used", arguments);
}

static text link_line(struct work *work, const struct event *event, struct value *arguments)
{
	text name = value_get_text(event->payload, T("relation"));

	for (size_t i = 0; i < work->model->relation_count; i++) {
		const struct relation *relation = &work->model->relations[i];
		if (text_equal(relation->name, name))
			name = label_in(value_get_bool(event->payload, T("inverse"), false) ? &relation->inverse : &relation->label,
			                work->language);
	}
	value_set_text(work->arena, arguments, T("relation"), name);
	value_set_text(work->arena, arguments, T("other"), value_get_text(value_get(event->payload, T("other")), T("number")));
	return with_person(work, event->kind == EVENT_LINKED ? "Link added: {relation} {other}" : "Link removed: {relation} {other}",
	                   arguments);
}

static text person_name(struct work *work, const struct value *payload, const char *key)
{
	struct record_name name;
	int64_t id = value_get_integer(payload, text_from(key), 0);

	return id == 0 || access_name(work, work->model->user, id, &name) != NULL ? TEXT_UNSET : name.title;
}

static text approval_label(struct work *work, const struct record *record, text name)
{
	for (size_t i = 0; i < record->type->approval_count; i++)
		if (text_equal(record->type->approvals[i].name, name))
			return label_in(&record->type->approvals[i].label, work->language);
	return name;
}

/* "Authorisation: approved", "Authorisation: Lena Weber rejects, for Ivan Petrov". */
static text approval_line(struct work *work, const struct record *record, const struct event *event)
{
	static const struct {
		const char *what, *words;
	} lines[] = {
		{ "asked", "{approval}: asked" },
		{ "approved", "{approval}: approved" },
		{ "rejected", "{approval}: rejected" },
		{ "expired", "{approval}: nobody decided in time" },
		{ "voided", "{approval}: void, because what it was given for has changed" },
		{ "withdrawn", "{approval}: withdrawn" },
		{ "reminded", "{approval}: reminded those who have not voted" },
		{ "not_needed", "{approval}: not needed" },
		{ "lacks", "{approval}: nobody was found who could decide" },
		{ "handed_over", "{approval}: {to} stands in for {person}" },
		{ "left", "{approval}: {person} is asked no longer" },
		{ "taken_back", "{approval}: what was said for {person} counts no longer" },
		{ "stopped", "{approval}: stopped, since too many steps followed each other" },
	};
	struct value *arguments = value_map(work->arena);
	text what = value_get_text(event->payload, T("what")), vote = value_get_text(event->payload, T("vote"));
	text person = person_name(work, event->payload, "for");

	value_set_text(work->arena, arguments, T("approval"),
	               approval_label(work, record, value_get_text(event->payload, T("approval"))));
	value_set_text(work->arena, arguments, T("person"), person);
	value_set_text(work->arena, arguments, T("to"), person_name(work, event->payload, "to"));
	for (size_t i = 0; i < array_length(lines); i++)
		if (text_equal(what, text_from(lines[i].what)))
			return with_person(work, lines[i].words, arguments);
	if (!is_staff(work))
		return with_person(work, text_equal(vote, T("approve")) ? "Agreed" : text_equal(vote, T("reject")) ? "Did not agree" : "Leaves it to others",
		                   arguments);
	if (text_is_set(person))
		return with_person(work, text_equal(vote, T("approve"))  ? "{approval}: approves, for {person}"
		                         : text_equal(vote, T("reject")) ? "{approval}: rejects, for {person}"
		                                                         : "{approval}: abstains, for {person}",
		                   arguments);
	return with_person(work, text_equal(vote, T("approve"))  ? "{approval}: approves"
	                         : text_equal(vote, T("reject")) ? "{approval}: rejects"
	                                                         : "{approval}: abstains",
	                   arguments);
}

static text transition_label(struct work *work, const struct record *record, const struct event *event)
{
	text name = value_get_text(event->payload, T("transition"));
	int position = record->type->lifecycle == NULL ? -1 : lifecycle_transition(record->type->lifecycle, name);
	int to = record->type->lifecycle == NULL ? -1 : lifecycle_state(record->type->lifecycle, value_get_text(event->payload, T("to")));

	/* Requesters read what it means for them. */
	if (!is_staff(work) && to >= 0 && !text_is_empty(label_in(&record->type->lifecycle->states[to].plain, work->language)))
		return label_in(&record->type->lifecycle->states[to].plain, work->language);

	return position < 0 ? name : label_in(&record->type->lifecycle->transitions[position].label, work->language);
}

/* "Recorded; not found: team identity" */
static text with_missing(struct work *work, const struct event *event, text line)
{
	const struct value *missing = value_get(event->payload, T("missing"));
	size_t count = missing == NULL ? 0 : value_count(missing);
	text *names = arena_new_array(work->arena, text, count + 1);
	struct value *arguments = value_map(work->arena);

	for (size_t i = 0; i < count; i++)
		names[i] = missing->list.items[i]->text;
	value_set_text(work->arena, arguments, T("line"), line);
	value_set_text(work->arena, arguments, T("names"), text_join(work->arena, names, count, T(", ")));
	return count == 0 ? line : with_person(work, "{line}; not found: {names}", arguments);
}

/* Of what the system changed because of another record: which, where the reader may know of it. */
static text with_cause(struct work *work, const struct event *event, text changes)
{
	text number = value_get_text(value_get(event->payload, T("because")), T("number"));
	struct value *arguments = value_map(work->arena);

	if (!text_is_set(number))
		return changes;
	value_set_text(work->arena, arguments, T("changes"), changes);
	value_set_text(work->arena, arguments, T("number"), number);
	return with_person(work, "{changes} (because of {number})", arguments);
}

/* What happened, in one line; unset when only the comment counts. */
static text event_line(struct work *work, const struct record *record, const struct event *event)
{
	struct value *arguments = value_map(work->arena);
	text changes = changes_words(work, record, event), name = value_get_text(event->payload, T("name"));

	value_set_text(work->arena, arguments, T("name"), name);
	switch (event->kind) {
	case EVENT_CREATED:
		return with_missing(work, event, words(work->language, T("Recorded")));
	case EVENT_TRANSITION:
		return with_missing(work, event,
		                    text_format(work->arena, "%.*s%s%.*s", TEXT_ARG(transition_label(work, record, event)),
		                                text_is_empty(changes) ? "" : ": ", TEXT_ARG(changes)));
	case EVENT_UPDATED:
		return with_cause(work, event, changes);
	case EVENT_MOVED:
		value_set_integer(work->arena, arguments, T("version"), value_get_integer(event->payload, T("to_version"), 0));
		return text_format(work->arena, "%.*s%s%.*s",
		                   TEXT_ARG(with_person(work, "Goes on with version {version} of its process", arguments)),
		                   text_is_empty(changes) ? "" : ": ", TEXT_ARG(changes));
	case EVENT_IMPORTED:
		return text_is_empty(changes) ? words(work->language, T("Imported")) : changes;
	case EVENT_COMMENT:
		return TEXT_UNSET;
	case EVENT_ATTACHED:
		return with_person(work, "File added: {name}", arguments);
	case EVENT_DETACHED:
		return with_person(work, "File removed: {name}", arguments);
	case EVENT_LINKED:
	case EVENT_UNLINKED:
		return link_line(work, event, arguments);
	case EVENT_WATCHED:
		return words(work->language, value_get_bool(event->payload, T("watch"), true) ? T("Watches it") : T("Watches it no longer"));
	case EVENT_CLOCK:
		return clock_line(work, record, event, arguments);
	case EVENT_AUTOMATION:
		value_set_text(work->arena, arguments, T("rule"), value_get_text(event->payload, T("rule")));
		value_set_text(work->arena, arguments, T("error"), value_get_text(event->payload, T("error")));
		return with_person(work, "Rule {rule}: {error}", arguments);
	case EVENT_NOTIFIED:
		value_set_text(work->arena, arguments, T("rule"), value_get_text(event->payload, T("rule")));
		return with_person(work, "People were told ({rule})", arguments);
	case EVENT_APPROVAL:
		return approval_line(work, record, event);
	case EVENT_ERASED:
		return words(work->language, T("An entry was erased"));
	case EVENT_KIND_COUNT:
		break;
	}
	return TEXT_UNSET;
}

/* What an edit of a record under control says of its authority. */
static text authority_words(struct work *work, const struct event *event)
{
	struct value *arguments = value_map(work->arena);
	text by = value_get_text(event->payload, T("authorised_by"));

	value_set_text(work->arena, arguments, T("number"), by);
	if (value_get_bool(event->payload, T("unauthorised"), false))
		return words(work->language, T("without an authorised change"));
	if (value_get_bool(event->payload, T("cleared"), false))
		return text_is_set(by) ? with_person(work, "Unauthorised edits cleared: authorised by {number}", arguments)
		                       : words(work->language, T("Unauthorised edits cleared"));
	return text_is_set(by) ? with_person(work, "authorised by {number}", arguments) : TEXT_UNSET;
}

static text line_with_authority(struct work *work, text line, text authority)
{
	if (!text_is_set(authority))
		return line;
	if (!text_is_set(line) || text_is_empty(line))
		return authority;
	return text_format(work->arena, "%.*s – %.*s", TEXT_ARG(line), TEXT_ARG(authority));
}

/* ---- entries ---- */

static text origin_words(const struct work *work, const struct event *event)
{
	switch (event->origin) {
	case ORIGIN_MAIL:
		return words(work->language, T("by mail"));
	case ORIGIN_API:
		return words(work->language, T("through the API"));
	case ORIGIN_IMPORT:
		return words(work->language, T("imported"));
	case ORIGIN_AUTOMATION:
	case ORIGIN_TIMER:
		return words(work->language, T("by itself"));
	case ORIGIN_WEB:
	case ORIGIN_CLI:
	case ORIGIN_COUNT:
		break;
	}
	return TEXT_UNSET;
}

static struct error *entry_value(struct work *work, const struct record *record, const struct event *event, struct value **ret_entry)
{
	struct arena *arena = work->arena;
	struct value *entry = value_map(arena), *person;
	text comment = value_get_text(event->payload, T("comment"));

	TRY(part_person(work, event->actor_id, &person));
	value_add(arena, entry, T("id"), value_integer(arena, event->id));
	value_add(arena, entry, T("person"), person);
	value_add(arena, entry, T("by"), value_text(arena, value_is_null(person) ? words(work->language, T("Reeve"))
	                                                                         : value_get_text(person, T("name"))));
	value_add(arena, entry, T("moment"), part_moment(work, event->at));
	value_add(arena, entry, T("origin"), value_text(arena, origin_words(work, event)));
	value_add(arena, entry, T("line"), 
	          value_text(arena, line_with_authority(work, event_line(work, record, event), authority_words(work, event))));
	value_add(arena, entry, T("internal"), value_bool(arena, event->visibility == VISIBLE_INTERNAL));
	if (text_is_set(comment))
		value_add(arena, entry, T("html"), markdown_html(arena, comment));
	if (event->kind == EVENT_ATTACHED)
		value_add(arena, entry, T("file"),
		          value_text(arena, text_format(arena, "%.*s/attachments/%lld",
		                                        TEXT_ARG(record_href(arena, record->type, record_number(record))),
		                                        (long long)value_get_integer(event->payload, T("attachment"), 0))));
	*ret_entry = entry;
	return NULL;
}

/* The first entry is the record's own description, in the words of who asked. */
static struct error *opening(struct work *work, const struct record *record, struct value **ret_entry)
{
	const struct type *type = record->type;
	struct arena *arena = work->arena;
	struct value *entry = value_map(arena), *person;
	int64_t who = record_id_of(record, type->requester);

	TRY(part_person(work, who != 0 ? who : record_id_of(record, FIELD_CREATED_BY), &person));
	value_add(arena, entry, T("id"), value_text(arena, T("opening")));
	value_add(arena, entry, T("person"), person);
	value_add(arena, entry, T("by"), value_text(arena, value_is_null(person) ? words(work->language, T("Reeve"))
	                                                                         : value_get_text(person, T("name"))));
	value_add(arena, entry, T("moment"), part_moment(work, record_moment(record, FIELD_CREATED_AT)));
	value_add(arena, entry, T("html"), markdown_html(arena, record_cell(record, (size_t)type->description)->text));
	*ret_entry = entry;
	return NULL;
}

static bool has_description(const struct work *work, const struct record *record)
{
	const struct type *type = record->type;

	return type->description >= 0 && type->fields[type->description].kind == KIND_PROSE &&
	       access_field_readable(work, type, &type->fields[type->description]) &&
	       record_cell(record, (size_t)type->description)->kind == CELL_TEXT;
}

/* ---- folding ---- */

static void flush_run(struct work *work, struct value *items, struct value **ref_run)
{
	struct value *item, *run = *ref_run;
	size_t count = value_count(run);

	if (count >= RUN_LEAST) {
		item = value_map(work->arena);
		value_add(work->arena, item, T("run"), run);
		value_add(work->arena, item, T("count"), value_integer(work->arena, (int64_t)count));
		value_append(work->arena, items, item);
	} else {
		for (size_t i = 0; i < count; i++)
			value_append(work->arena, items, run->list.items[i]);
	}
	*ref_run = value_list(work->arena);
}

/* Who was told, and that what stands on top was recorded, is only for those who want everything. */
static bool is_noise(const struct record *record, const struct event *event)
{
	return event->kind == EVENT_NOTIFIED ||
	       (event->kind == EVENT_CREATED && event->actor_id == record_id_of(record, record->type->requester));
}

/* Who asked reads how it stands in the panel of approvals; here only what people said. */
static bool is_machinery(const struct event *event)
{
	return event->kind == EVENT_APPROVAL && !text_is_set(value_get_text(event->payload, T("vote")));
}

/* A state that was left in the moment in which it was entered was none for those who wait. */
static bool is_passed(const struct event *events, size_t count, size_t at)
{
	for (size_t i = at + 1; events[at].kind == EVENT_TRANSITION && i < count && events[i].at == events[at].at; i++)
		if (events[i].kind == EVENT_TRANSITION)
			return true;
	return false;
}

static struct error *add_entries(struct work *work, const struct record *record, const struct event *events, size_t count, bool all,
                                 struct value *items)
{
	struct value *run = value_list(work->arena), *entry;

	for (size_t i = 0; i < count; i++) {
		if (!all && is_noise(record, &events[i]))
			continue;
		if (!is_staff(work) && (is_machinery(&events[i]) || is_passed(events, count, i)))
			continue;
		TRY(entry_value(work, record, &events[i], &entry));
		bool comment = value_get(entry, T("html")) != NULL;
		if (!comment && text_is_empty(value_get_text(entry, T("line"))))
			continue;
		if (!comment) {
			value_append(work->arena, run, entry);
			continue;
		}
		flush_run(work, items, &run);
		value_append(work->arena, items, entry);
	}
	flush_run(work, items, &run);
	return arena_check(work->arena);
}

struct error *part_timeline(struct work *work, struct record *record, bool all, struct value *data)
{
	struct value *items = value_list(work->arena), *entry;
	struct event *events;
	size_t count;

	TRY(engine_history(work, record, all ? 0 : NEWEST_SHOWN + 1, &events, &count));
	bool more = !all && count > NEWEST_SHOWN;
	if (has_description(work, record)) {
		TRY(opening(work, record, &entry));
		value_append(work->arena, items, entry);
	}
	value_set(work->arena, data, T("opening"), items);
	items = value_list(work->arena);
	TRY(add_entries(work, record, events + (more ? 1 : 0), count - (more ? 1 : 0), all, items));
	value_set(work->arena, data, T("timeline"), items);
	value_set_bool(work->arena, data, T("earlier"), more);
	return NULL;
}
