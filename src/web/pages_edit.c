/*
 * Creating and editing: forms of the definitions, refused ones shown again with what was typed, and the page for two people who
 * changed the same record: both versions side by side, nothing lost.
 */
#include "web/pages_private.h"

#include "base/words.h"

/* ---- creating ---- */

static text create_form(const struct work *work, const struct type *type)
{
	return !is_staff(work) && type_form(type, T("portal")) != NULL ? T("portal") : T("create");
}

/* The classes of the type as a list to choose from, those below another one behind it and set in. */
static struct value *class_choices(struct work *work, const struct type *type)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < type->class_count; i++) {
		const struct choice *choice = &type->fields[type->class_field].choices[i];
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("label"), label_in(&choice->label, work->language));
		value_set_text(work->arena, one, T("href"),
		               text_format(work->arena, "/%.*s/new?class=%.*s", TEXT_ARG(type->name), TEXT_ARG(choice->name)));
		value_set(work->arena, one, T("icon"), part_icon(work->arena, class_icon(type, i)));
		value_set_bool(work->arena, one, T("below"), type->classes[i].extends >= 0);
		value_append(work->arena, list, one);
	}
	return list;
}

/* Which class a new record will be: the form holds the fields of that class only. Without one the page asks for it first. */
static void choose_class(struct work *work, const struct type *type, const struct value *given, struct value *data)
{
	const struct field *field = type->class_field < 0 ? NULL : &type->fields[type->class_field];
	int chosen = field == NULL ? -1 : field_choice(field, value_get_text(given, field->name));

	if (field == NULL)
		return;
	if (chosen < 0) {
		value_set(work->arena, data, T("classes"), class_choices(work, type));
		return;
	}
	struct value *class = value_map(work->arena);
	value_set_text(work->arena, class, T("name"), field->choices[chosen].name);
	value_set_text(work->arena, class, T("label"), label_in(&field->choices[chosen].label, work->language));
	value_set(work->arena, data, T("class"), class);
}

static struct error *show_create(struct work *work, struct web_request *request, struct page *page, const struct value *given)
{
	const struct type *type = request->type;
	struct value *data = value_map(work->arena), *sections, *arguments = value_map(work->arena);

	value_set_text(work->arena, arguments, T("type"), label_in(&type->label, work->language));
	TRY(part_form(work, type, create_form(work, type), NULL, given, request->error, &sections));
	value_set_text(work->arena, data, T("title"), words_with(work->arena, work->language, T("New: {type}"), arguments));
	value_set_text(work->arena, data, T("type"), type->name);
	choose_class(work, type, given, data);
	value_set_text(work->arena, data, T("plural"), label_in(&type->plural, work->language));
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("models"), part_models(work, type));
	value_set(work->arena, data, T("errors"), part_errors(work, type, request->error));
	value_set_bool(work->arena, data, T("refused"), request->error != NULL);
	value_set(work->arena, data, T("key"), part_key(work->arena));
	page->data = data;
	page->template = is_staff(work) ? T("create") : T("create_portal");
	if (!is_staff(work))
		TRY(part_report(work, request, data));
	return NULL;
}

struct error *create_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *draft;

	TRY(access_require(work, RIGHT_CREATE, request->type, NULL));
	TRY(draft_load(work, request->type, 0, T("create"), &draft));
	const struct value *part = value_get(draft, T("create"));
	/* A link may fill the form ("/incident/new?title=..."): what it says goes before an old draft. */
	bool filled = value_count(request->query) > 0;
	/* A class alone fills nothing: the draft goes on as that class. */
	if (filled && part != NULL && request->type->class_field >= 0 && value_count(request->query) == 1 &&
	    text_is_set(request_query(request, T("class")))) {
		struct value *again = value_copy(work->arena, part);
		value_set_text(work->arena, again, T("class"), request_query(request, T("class")));
		part = again;
		filled = false;
	}
	TRY(show_create(work, request, page, filled ? request->query : part));
	if (!filled && part != NULL)
		value_set(work->arena, page->data, T("draft"), value_get(draft, T("moment")));
	return NULL;
}

struct error *create_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	request->state = request->body_is_json ? request->body : form_input(work, request->type, request->body);
	return NULL;
}

/* What a form leaves empty is left to the defaults of the definition. */
static struct value *without_nulls(struct work *work, const struct value *input)
{
	struct value *kept = value_map(work->arena);

	for (size_t i = 0; input != NULL && input->kind == VALUE_MAP && i < input->map.count; i++)
		if (!value_is_null(input->map.entries[i].value))
			value_add(work->arena, kept, input->map.entries[i].key, input->map.entries[i].value);
	return kept;
}

/* A field that the form begins empty is not filled in by its default: whoever opens a record for somebody says for whom. */
static struct error *check_begun(struct work *work, const struct type *type, const struct value *input)
{
	const struct form *form = type_form(type, create_form(work, type));
	struct error *errors = NULL;

	for (size_t i = 0; form != NULL && i < form->begin_count; i++) {
		const struct field *field = &type->fields[form->begins[i].field];
		if (form->begins[i].value == NULL && field->required && value_is_null(value_get(input, field->name)) &&
		    access_field_writable(work, type, field))
			errors = error_append(errors, error_field(error_new(work->arena, ERROR_INVALID, "%.*s is needed",
			                                                    TEXT_ARG(field->name)),
			                                          field->name));
	}
	return errors;
}

struct error *create_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	const struct value *input = request->body_is_json ? request->state : without_nulls(work, request->state);

	if (!request->body_is_json)
		TRY(check_begun(work, request->type, input));
	TRY(engine_create(work, request->type, input, &request->record));
	TRY(attach_uploads(work, request, record_number(request->record), VISIBLE_PUBLIC));
	return draft_forget(work, request->type, 0, T("create"), T("create"));
}

struct error *create_done(struct work *work, struct web_request *request, struct page *page)
{
	text href = record_href(work->arena, request->type, record_number(request->record));

	if (request->wants_json) {
		page->location = href;
		return web_record_value(work, request->record, NULL, &page->data);
	}
	page_redirect(page, text_format(work->arena, "%.*s?done=created", TEXT_ARG(href)));
	return NULL;
}

struct error *create_refuse(struct work *work, struct web_request *request, struct page *page)
{
	return show_create(work, request, page, request->body);
}

/* ---- editing ---- */

static struct error *show_edit(struct work *work, struct web_request *request, struct page *page, const struct value *given,
                               int64_t version)
{
	struct record *record;
	struct value *data = value_map(work->arena), *sections;

	TRY(load_record(work, request, &record));
	TRY(access_require(work, RIGHT_UPDATE, request->type, record));
	TRY(part_head(work, record, data));
	TRY(part_form(work, request->type, T("record"), record, given, request->error, &sections));
	value_set(work->arena, data, T("sections"), sections);
	value_set(work->arena, data, T("errors"), part_errors(work, request->type, request->error));
	value_set(work->arena, data, T("key"), part_key(work->arena));
	if (version != 0)
		value_set_integer(work->arena, data, T("version"), version);
	page->data = data;
	page->template = is_staff(work) ? T("edit") : T("edit_portal");
	return NULL;
}

/* A draft was begun on some version: saving it must notice what others changed since. */
static int64_t draft_version(const struct value *part)
{
	int64_t version;

	return text_to_integer(value_get_text(part, T("_version")), &version) && version > 0 ? version : 0;
}

struct error *edit_render(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct value *draft;

	TRY(load_record(work, request, &record));
	TRY(draft_load(work, request->type, record->id, T("edit"), &draft));
	const struct value *part = value_get(draft, T("edit"));
	TRY(show_edit(work, request, page, part, draft_version(part)));
	if (part != NULL)
		value_set(work->arena, page->data, T("draft"), value_get(draft, T("moment")));
	return NULL;
}

struct error *edit_prepare(struct work *work, struct web_request *request, struct page *page unused)
{
	request->state = request->body_is_json ? request->body : form_input(work, request->type, request->body);
	return NULL;
}

struct error *edit_apply(struct work *work, struct web_request *request, struct page *page unused)
{
	TRY(engine_update(work, request->type, request_parameter(request, T("number")), request->if_match, request->state,
	                  &request->record));
	return draft_forget(work, request->type, request->record->id, T("edit"), T("edit"));
}

/* One row per field that was changed here: what was typed, to go on with, and what stands there now. */
static struct error *conflict_rows(struct work *work, struct web_request *request, struct record *record, struct value **ret_rows)
{
	const struct value *input = request->state;
	struct value *rows = value_list(work->arena), *mine, *theirs;

	for (size_t i = 0; i < value_count(input); i++) {
		const struct field *field = type_field(request->type, input->map.entries[i].key);
		if (field == NULL || !access_field_readable(work, request->type, field))
			continue;
		struct value *row = value_map(work->arena);
		TRY(part_widget(work, field, record, request->body, NULL, &mine));
		TRY(part_widget(work, field, record, NULL, NULL, &theirs));
		text was = value_get_text(request->body, text_format(work->arena, "was.%.*s", TEXT_ARG(field->name)));
		text now = value_get_text(theirs, T("value"));
		/* From here on the stored value is what the widget is compared with. */
		value_set_text(work->arena, mine, T("was"), now);
		value_set(work->arena, row, T("mine"), mine);
		value_set_text(work->arena, row, T("label"), label_in(&field->label, work->language));
		value_set(work->arena, row, T("theirs"), theirs);
		value_set_bool(work->arena, row, T("both"), !text_is_set(was) || !text_equal(was, now));
		value_append(work->arena, rows, row);
	}
	*ret_rows = rows;
	return NULL;
}

static struct error *show_conflict(struct work *work, struct web_request *request, struct page *page)
{
	struct record *record;
	struct value *data = value_map(work->arena), *rows = NULL, *person;

	TRY(load_record(work, request, &record));
	TRY(part_head(work, record, data));
	TRY(conflict_rows(work, request, record, &rows));
	TRY(part_person(work, record_id_of(record, FIELD_UPDATED_BY), &person));
	value_set(work->arena, data, T("rows"), rows);
	value_set(work->arena, data, T("by"), person);
	value_set(work->arena, data, T("key"), part_key(work->arena));
	page->data = data;
	page->template = is_staff(work) ? T("conflict") : T("conflict_portal");
	return NULL;
}

struct error *edit_refuse(struct work *work, struct web_request *request, struct page *page)
{
	if (request->error->code == ERROR_STALE)
		return show_conflict(work, request, page);
	return show_edit(work, request, page, request->body, request->if_match);
}
