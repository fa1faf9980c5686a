/*
 * Forms made from the fields of a type: one widget per kind, filled from the record, from what was typed before a refusal, or
 * from a draft; and the way back from form texts to what the engine takes.
 */
#include "web/pages_private.h"

#include "base/words.h"

/* Of a new record: sections behind so many fields are folded until they are wanted. */
#define FIELDS_UNFOLDED 12

static text widget_name(enum kind kind)
{
	switch (kind) {
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
		return T("prose");
	case KIND_INTEGER:
		return T("number");
	case KIND_BOOLEAN:
		return T("boolean");
	case KIND_CHOICE:
	case KIND_MODEL:
		return T("choice");
	case KIND_MOMENT:
		return T("moment");
	case KIND_LINK:
		return T("link");
	case KIND_LINKS:
		return T("links");
	case KIND_TEXT:
	case KIND_REAL:
	case KIND_DURATION:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_GROUP:
	case KIND_COUNT:
		break;
	}
	return T("text");
}

/* ---- what stands in the field ---- */

/* "2026-11-22T10:30" in the actor's zone: what a datetime-local field takes and the engine reads. */
static text local_moment(struct work *work, moment at)
{
	if (at == MOMENT_UNSET)
		return TEXT_UNSET;
	struct civil then = zone_civil(work->actor->zone == NULL ? zone_utc() : work->actor->zone, at);
	return text_format(work->arena, "%04d-%02d-%02dT%02d:%02d", then.year, then.month, then.day, (int)(then.ms_of_day / HOUR_MS),
	                   (int)(then.ms_of_day / MINUTE_MS % 60));
}

static struct error *links_text(struct work *work, struct record *record, const struct field *field, text *ret_text)
{
	int64_t *ids;
	size_t count, shown = 0;

	TRY(record_links(work, record, field, &ids, &count));
	text *parts = arena_new_array(work->arena, text, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct record_name name;
		TRY(access_name(work, field->target, ids[i], &name));
		if (text_is_set(name.number))
			parts[shown++] = name.number;
	}
	*ret_text = text_join(work->arena, parts, shown, T(", "));
	return NULL;
}

/* The cell as the text that its widget holds; of links, *ret_words is the title. */
static struct error *cell_text_of(struct work *work, struct record *record, const struct field *field, text *ret_text, text *ret_words)
{
	const struct cell *cell = record_cell(record, field->position);
	const struct type *target;
	struct record_name name;

	*ret_words = TEXT_UNSET;
	*ret_text = TEXT_UNSET;
	if (field->kind == KIND_LINKS)
		return links_text(work, record, field, ret_text);
	if (cell->kind == CELL_NULL)
		return NULL;
	switch (field->kind) {
	case KIND_LINK:
		TRY(access_name(work, field->target, cell->integer, &name));
		*ret_text = name.number;
		*ret_words = name.title;
		return NULL;
	case KIND_RECORD:
		TRY(access_reference(work, cell->text, &target, &name));
		*ret_text = name.number;
		*ret_words = name.title;
		return NULL;
	case KIND_CHOICE:
		*ret_text = field->choices[cell->integer].name;
		return NULL;
	case KIND_MOMENT:
		*ret_text = local_moment(work, record_moment(record, field->position));
		return NULL;
	case KIND_BOOLEAN:
		*ret_text = cell->integer != 0 ? T("true") : T("false");
		return NULL;
	case KIND_INTEGER:
		*ret_text = text_format(work->arena, "%lld", (long long)cell->integer);
		return NULL;
	case KIND_REAL:
		*ret_text = field_number(work->arena, field, cell->real);
		return NULL;
	case KIND_DURATION:
		return field_words(work, field, cell, work->actor->zone, ret_text);
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_LINKS:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
	case KIND_COUNT:
		*ret_text = cell->text;
		return NULL;
	}
	return NULL;
}

/* What a new record begins with. */
static struct error *fallback_text(struct work *work, const struct field *field, text *ret_text, text *ret_words)
{
	*ret_text = TEXT_UNSET;
	*ret_words = TEXT_UNSET;
	if (field->default_me) {
		*ret_text = work->actor->login;
		*ret_words = work->actor->name;
	} else if (field->has_default && field->fallback != NULL && field->kind != KIND_LINKS) {
		struct record *blank = arena_new_struct(work->arena, struct record);
		struct cell *cells = arena_new_array(work->arena, struct cell, field->position + 1);
		cells[field->position] = *field->fallback;
		*blank = (struct record){ .cells = cells };
		return cell_text_of(work, blank, field, ret_text, ret_words);
	}
	return NULL;
}

static struct value *choices_value(struct work *work, const struct field *field, text chosen)
{
	struct value *choices = value_list(work->arena);

	for (size_t i = 0; i < field->choice_count; i++) {
		const struct choice *choice = &field->choices[i];
		bool is_chosen = text_equal(choice->name, chosen);
		if (choice->retired && !is_chosen)
			continue;
		struct value *one = value_map(work->arena);
		value_add(work->arena, one, T("name"), value_text(work->arena, choice->name));
		value_add(work->arena, one, T("label"), value_text(work->arena, label_in(&choice->label, work->language)));
		value_add(work->arena, one, T("chosen"), value_bool(work->arena, is_chosen));
		value_append(work->arena, choices, one);
	}
	return choices;
}

/* Models stand in the definitions: one is chosen, not remembered. One that went stays chosen: saving says so, and unsets nothing by itself. */
static struct value *models_value(struct work *work, text chosen)
{
	struct value *choices = value_list(work->arena);

	if (text_is_set(chosen) && chosen.length > 0 && model_work_model(work->model, chosen) < 0) {
		struct value *gone = value_map(work->arena);
		value_add(work->arena, gone, T("name"), value_text(work->arena, chosen));
		value_add(work->arena, gone, T("label"), value_text(work->arena, chosen));
		value_add(work->arena, gone, T("chosen"), value_bool(work->arena, true));
		value_append(work->arena, choices, gone);
	}

	for (size_t i = 0; i < work->model->work_model_count; i++) {
		const struct work_model *model = &work->model->work_models[i];
		struct value *one = value_map(work->arena);
		value_add(work->arena, one, T("name"), value_text(work->arena, model->name));
		value_add(work->arena, one, T("label"),
		          value_text(work->arena, text_format(work->arena, "%.*s (%.*s)", TEXT_ARG(label_in(&model->label, work->language)),
		                                              TEXT_ARG(label_in(&model->type->label, work->language)))));
		value_add(work->arena, one, T("chosen"), value_bool(work->arena, text_equal(model->name, chosen)));
		value_append(work->arena, choices, one);
	}
	return choices;
}

static text field_error(const struct field *field, const struct error *errors)
{
	for (; errors != NULL; errors = errors->next)
		if (text_equal(errors->field, field->name))
			return errors->message;
	return TEXT_UNSET;
}

static void add_limits(struct work *work, const struct field *field, struct value *widget)
{
	value_set_text(work->arena, widget, T("unit"), field->unit);
	if (field->kind == KIND_INTEGER && field->least != INT64_MIN)
		value_add(work->arena, widget, T("least"), value_integer(work->arena, field->least));
	if (field->kind == KIND_INTEGER && field->most != INT64_MAX)
		value_add(work->arena, widget, T("most"), value_integer(work->arena, field->most));
	if (field->kind == KIND_TEXT && field->length_max > 0)
		value_add(work->arena, widget, T("length"), value_integer(work->arena, (int64_t)field->length_max));
	if (field->kind == KIND_TEXT && field->length_max > 200)
		value_add(work->arena, widget, T("long"), value_bool(work->arena, true));
	if (field->kind == KIND_LINK || field->kind == KIND_LINKS)
		value_add(work->arena, widget, T("lookup"),
		          value_text(work->arena, text_format(work->arena, "/%.*s/lookup", TEXT_ARG(field->target->name))));
	if (field->kind == KIND_RECORD)
		value_add(work->arena, widget, T("lookup"), value_text(work->arena, T("/search/records")));
}

struct error *part_widget(struct work *work, const struct field *field, struct record *record, const struct value *given,
                          const struct error *errors, struct value **ret_value)
{
	struct arena *arena = work->arena;
	struct value *widget = value_map(arena);
	text now, shown, sent = value_get_text(given, field->name);

	/* What is never read back begins empty, and empty it is untouched. */
	if (record != NULL && field->secret)
		now = shown = T("");
	else if (record != NULL)
		TRY(cell_text_of(work, record, field, &now, &shown));
	else
		TRY(fallback_text(work, field, &now, &shown));
	text value = text_is_set(sent) ? sent : now;
	if (!text_equal(value, now))
		shown = TEXT_UNSET;
	value_add(arena, widget, T("name"), value_text(arena, field->name));
	value_add(arena, widget, T("label"), value_text(arena, label_in(&field->label, work->language)));
	value_add(arena, widget, T("help"), value_text(arena, label_in(&field->help, work->language)));
	value_add(arena, widget, T("required"), value_bool(arena, field->required));
	value_add(arena, widget, field->secret ? T("secret") : widget_name(field->kind), value_bool(arena, true));
	value_add(arena, widget, T("value"), value_text(arena, text_is_set(value) ? value : T("")));
	value_add(arena, widget, T("words"), value_text(arena, shown));
	value_add(arena, widget, T("error"), value_text(arena, field_error(field, errors)));
	value_add(arena, widget, T("checked"), value_bool(arena, text_equal(value, T("true"))));
	add_limits(work, field, widget);
	if (field->kind == KIND_CHOICE)
		value_add(arena, widget, T("choices"), choices_value(work, field, value));
	if (field->kind == KIND_MODEL)
		value_add(arena, widget, T("choices"), models_value(work, value));
	if (record != NULL) {
		text was = value_get_text(given, text_format(arena, "was.%.*s", TEXT_ARG(field->name)));
		value_add(arena, widget, T("was"), value_text(arena, text_is_set(was) ? was : text_is_set(now) ? now : T("")));
		/* An empty field has one too: else leaving it empty would count as a change. */
		value_add(arena, widget, T("compared"), value_bool(arena, true));
	}
	*ret_value = widget;
	return NULL;
}

/* The class that the form is for: as it was sent, else the record's, else none. */
static struct cell form_class(const struct type *type, const struct record *record, const struct value *given)
{
	int sent = type->class_field < 0 ? -1 : field_choice(&type->fields[type->class_field],
	                                                     value_get_text(given, type->fields[type->class_field].name));

	if (sent >= 0)
		return cell_integer(sent);
	return type->class_field < 0 || record == NULL ? cell_null() : *record_cell(record, (size_t)type->class_field);
}

/* What a changed class has no place for is shown as long as it holds something: it must be emptied first. */
static bool is_shown(const struct type *type, const struct cell *class, const struct record *record, const struct field *field)
{
	if (record == NULL && (ptrdiff_t)field->position == type->class_field)
		return false; /* chosen before the form */
	return class_has_field(type, class, field) || (record != NULL && record_cell(record, field->position)->kind != CELL_NULL);
}

/* What was typed, and for fields that nobody typed into what the form begins with. */
static struct error *with_begins(struct work *work, const struct type *type, const struct form *form, const struct value *given,
                                 const struct value **ret_given)
{
	struct value *filled = given == NULL ? value_map(work->arena) : value_copy(work->arena, given);

	*ret_given = given;
	for (size_t i = 0; i < form->begin_count; i++) {
		const struct field *field = &type->fields[form->begins[i].field];
		struct field copy = *field;
		text begin = T(""), shown;
		if (value_get(given, field->name) != NULL)
			continue;
		copy.default_me = false;
		copy.has_default = true;
		copy.fallback = form->begins[i].value;
		if (copy.fallback != NULL)
			TRY(fallback_text(work, &copy, &begin, &shown));
		value_set_text(work->arena, filled, field->name, begin);
		*ret_given = filled;
	}
	return NULL;
}

/* Nothing in it is needed, wrong, or typed already: it may wait behind its heading. */
static bool is_untouched_section(const struct value *fields)
{
	for (size_t i = 0; i < value_count(fields); i++) {
		const struct value *widget = fields->list.items[i];
		if (value_get_bool(widget, T("required"), false) || text_is_set(value_get_text(widget, T("error"))) ||
		    !(text_is_empty(value_get_text(widget, T("value"))) || text_equal(value_get_text(widget, T("value")), T("false"))))
			return false;
	}
	return true;
}

static text section_names(struct work *work, const struct value *fields)
{
	text *names = arena_new_array(work->arena, text, value_count(fields) + 1);

	for (size_t i = 0; i < value_count(fields); i++)
		names[i] = value_get_text(fields->list.items[i], T("label"));
	return text_join(work->arena, names, value_count(fields), T(" · "));
}

struct error *part_form(struct work *work, const struct type *type, text form, struct record *record, const struct value *given,
                        const struct error *errors, struct value **ret_sections)
{
	struct value *sections = value_list(work->arena), *widget;
	size_t shown = 0;
	const struct form *definition = type_form(type, form);
	bool *writable = arena_new_array(work->arena, bool, type->field_count);
	struct cell class = form_class(type, record, given);

	TRY(access_writable_fields(work, type, record, writable));
	if (definition != NULL && record == NULL && (given == NULL || given->kind == VALUE_MAP))
		TRY(with_begins(work, type, definition, given, &given));
	for (size_t i = 0; definition != NULL && i < definition->section_count; i++) {
		const struct form_section *section = &definition->sections[i];
		struct value *one = value_map(work->arena), *fields = value_list(work->arena);
		for (size_t j = 0; j < section->field_count; j++) {
			const struct field *field = &type->fields[section->fields[j]];
			if (!writable[field->position] || !(field->secret || access_field_readable(work, type, field)) ||
			    !is_shown(type, &class, record, field))
				continue;
			TRY(part_widget(work, field, record, given, errors, &widget));
			value_append(work->arena, fields, widget);
		}
		if (value_count(fields) == 0)
			continue;
		if (record == NULL && shown > FIELDS_UNFOLDED && is_untouched_section(fields))
			value_set_text(work->arena, one, T("folded"), section_names(work, fields));
		shown += value_count(fields);
		value_add(work->arena, one, T("label"), value_text(work->arena, label_in(&section->label, work->language)));
		value_add(work->arena, one, T("fields"), fields);
		value_append(work->arena, sections, one);
	}
	*ret_sections = sections;
	return NULL;
}

/* ---- the way back ---- */

static struct value *list_of_numbers(struct arena *arena, text source)
{
	struct value *list = value_list(arena);
	text part;

	while (text_cut(&source, ',', &part))
		if (!text_is_empty(text_trim(part)))
			value_append(arena, list, value_text(arena, text_trim(part)));
	return list;
}

/* Browsers send line breaks as CR LF; people's texts hold LF, and so does what it is compared with. */
text form_plain_lines(struct work *work, text source)
{
	struct buffer out;

	if (text_find_char(source, '\r') < 0)
		return source;
	buffer_init(&out, work->arena, source.length + 1);
	for (size_t i = 0; i < source.length; i++)
		if (source.data[i] != '\r')
			buffer_char(&out, source.data[i]);
		else if (i + 1 == source.length || source.data[i + 1] != '\n')
			buffer_char(&out, '\n');
	return buffer_peek(&out);
}

static struct value *input_value(struct arena *arena, const struct field *field, text sent)
{
	if (field->kind == KIND_LINKS)
		return list_of_numbers(arena, sent);
	if (text_is_empty(text_trim(sent)))
		return value_null(arena);
	if (field->kind == KIND_BOOLEAN)
		return value_bool(arena, text_equal(sent, T("true")));
	return value_text(arena, sent);
}

static bool is_untouched(struct work *work, const struct value *body, const struct field *field, text sent)
{
	text was = value_get_text(body, text_format(work->arena, "was.%.*s", TEXT_ARG(field->name)));

	return text_is_set(was) && text_equal(form_plain_lines(work, was), sent);
}

static void add_unchecked(struct work *work, const struct type *type, const struct value *body, struct value *input)
{
	const struct value *shown = value_get(body, T("shown"));

	for (size_t i = 0; shown != NULL && shown->kind == VALUE_LIST && i < shown->list.count; i++) {
		if (shown->list.items[i]->kind != VALUE_TEXT)
			continue;
		const struct field *field = type_field(type, shown->list.items[i]->text);
		if (field != NULL && field->kind == KIND_BOOLEAN && value_get(body, field->name) == NULL &&
		    !is_untouched(work, body, field, T("false")) && !is_untouched(work, body, field, T("")))
			value_add(work->arena, input, field->name, value_bool(work->arena, false));
	}
}

struct value *form_input(struct work *work, const struct type *type, const struct value *body)
{
	struct value *input = value_map(work->arena);

	if (body == NULL || body->kind != VALUE_MAP)
		return input;
	for (size_t i = 0; i < body->map.count; i++) {
		const struct value_entry *entry = &body->map.entries[i];
		const struct field *field = type_field(type, entry->key);
		if (text_equal(entry->key, T("shown")) || text_starts_with(entry->key, T("was.")) || text_starts_with(entry->key, T("label.")))
			continue;
		if (entry->value->kind != VALUE_TEXT) {
			value_add(work->arena, input, entry->key, entry->value);
			continue;
		}
		text sent = form_plain_lines(work, entry->value->text);
		if (field != NULL && is_untouched(work, body, field, sent))
			continue;
		if (field == NULL && text_is_empty(text_trim(sent)))
			continue;
		value_add(work->arena, input, entry->key, field == NULL ? value_text(work->arena, sent) : input_value(work->arena, field, sent));
	}
	add_unchecked(work, type, body, input);
	return input;
}
