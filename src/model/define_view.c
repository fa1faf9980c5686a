/* Views (saved lists) and forms (which fields a page asks for, in sections). */
#include "model/define_private.h"

static void read_sort(struct define *d, const struct type *type, struct view *view, const struct value *node)
{
	const struct value *value = value_get(node, T("sort"));
	text source = define_text(d, node, T("sort")), part;

	if (!text_is_set(source))
		return;
	view->sort = arena_new_array(d->arena, struct sort_key, LIMIT_SORT_FIELDS);
	while (text_cut(&source, ',', &part)) {
		struct value name = { .kind = VALUE_TEXT,
				      .line = value->line,
				      .column = value->column,
				      .text = text_trim(part) };
		bool descending = text_starts_with(name.text, T("-"));
		ptrdiff_t field;

		if (descending)
			name.text = text_slice(name.text, 1, name.text.length);
		field = define_field_at(d, type, &name);
		if (field < 0)
			continue;
		if (type->fields[field].kind == KIND_PROSE || type->fields[field].kind == KIND_LINKS ||
		    type->fields[field].kind == KIND_RECORD) {
			define_error(d, value, TEXT_UNSET, "lists are never sorted by %.*s",
				     TEXT_ARG(name.text));
		} else if (view->sort_count == LIMIT_SORT_FIELDS) {
			define_error(d, value, TEXT_UNSET, "a list is sorted by at most %d fields",
				     LIMIT_SORT_FIELDS);
			return;
		} else {
			view->sort[view->sort_count++] = (struct sort_key){ (size_t)field, descending };
		}
	}
}

static void read_view(struct define *d, const struct type *type, struct view *view,
		      const struct value_entry *entry)
{
	const struct value *node = entry->value;

	view->name = entry->key;
	if (!define_map(d, node, "a view", "label roles where columns sort portal"))
		return;
	view->label = define_label(d, node, T("label"), entry->key);
	view->roles = define_roles_at(d, value_get(node, T("roles")));
	if (view->roles == 0)
		define_error_key(d, entry, T("roles: [agent]"), "nobody sees the view '%.*s'",
				 TEXT_ARG(entry->key));
	view->condition_source = define_text(d, node, T("where"));
	if (!text_is_set(view->condition_source))
		view->condition_source = T("");
	view->condition = define_condition(d, type, value_get(node, T("where")), CONDITION_QUERY);
	view->columns = define_fields_at(d, type, value_get(node, T("columns")), &view->column_count);
	if (view->column_count == 0)
		define_error_key(d, entry, T("columns: [number, title]"), "the view '%.*s' has no columns",
				 TEXT_ARG(entry->key));
	for (size_t i = 0; i < view->column_count; i++)
		if (type->fields[view->columns[i]].kind == KIND_PROSE)
			define_error(d, value_get(node, T("columns")), T("long texts are not read for lists"),
				     "'%.*s' is prose", TEXT_ARG(type->fields[view->columns[i]].name));
	read_sort(d, type, view, node);
	view->portal = define_bool(d, node, T("portal"), false);
}

void define_views(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("views"));
	struct type *type = draft->type;

	if (section == NULL || !define_names(d, section, "views"))
		return;
	type->views = arena_new_array(d->arena, struct view, section->map.count);
	for (size_t i = 0; i < section->map.count; i++)
		read_view(d, type, &type->views[type->view_count++], &section->map.entries[i]);
}

/* ---- forms ---- */

/* "Request: [title]", or with labels per language "request: { label: { en: ..., de: ... }, fields: [title]
 * }". */
static void read_form_section(struct define *d, const struct type *type, struct form_section *section,
			      const struct value_entry *entry)
{
	const struct value *fields = entry->value;

	if (entry->value->kind == VALUE_MAP) {
		if (!define_map(d, entry->value, "a section", "label fields"))
			return;
		section->label = define_label(d, entry->value, T("label"), entry->key);
		fields = value_get(entry->value, T("fields"));
	} else {
		section->label.items = arena_new_array(d->arena, struct label_words, 1);
		section->label.items[0] = (struct label_words){ T("en"), entry->key };
		section->label.count = 1;
	}
	section->fields = define_fields_at(d, type, fields, &section->field_count);
	if (section->field_count == 0)
		define_error_key(d, entry, TEXT_UNSET, "the section '%.*s' has no fields",
				 TEXT_ARG(entry->key));
}

static void check_form_twice(struct define *d, const struct type *type, const struct form *form,
			     const struct value_entry *entry)
{
	bool *seen = arena_new_array(d->error_arena, bool, type->field_count);

	for (size_t i = 0; i < form->section_count; i++)
		for (size_t j = 0; j < form->sections[i].field_count; j++) {
			size_t field = form->sections[i].fields[j];

			if (seen[field])
				define_error_key(d, entry, TEXT_UNSET, "the form '%.*s' shows '%.*s' twice",
						 TEXT_ARG(form->name), TEXT_ARG(type->fields[field].name));
			seen[field] = true;
		}
}

/* "begins: { requester: unset, channel: phone }": what this form's fields hold at first, in place of their defaults. */
static void read_begins(struct define *d, const struct type *type, struct form *form, const struct value *value)
{
	if (!define_any_map(d, value, "begins"))
		return;
	form->begins = arena_new_array(d->arena, struct form_begin, value->map.count);
	for (size_t i = 0; i < value->map.count; i++) {
		const struct value_entry *entry = &value->map.entries[i];
		struct value name = { .kind = VALUE_TEXT, .line = entry->line, .column = entry->column, .text = entry->key };
		struct form_begin *begin = &form->begins[form->begin_count];
		ptrdiff_t field = define_field_at(d, type, &name);

		if (field < 0)
			continue;
		begin->field = (size_t)field;
		form->begin_count++;
		if (entry->value->kind == VALUE_TEXT && text_equal(entry->value->text, T("unset")))
			continue;
		begin->value = arena_new_struct(d->arena, struct cell);
		if (!define_cell(d, &type->fields[field], entry->value, begin->value))
			begin->value = NULL;
	}
}

void define_forms(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("forms"));
	struct type *type = draft->type;

	if (section == NULL || !define_map(d, section, "forms", "portal create record"))
		return;
	type->forms = arena_new_array(d->arena, struct form, section->map.count);
	for (size_t i = 0; i < section->map.count; i++) {
		const struct value_entry *entry = &section->map.entries[i];
		struct form *form = &type->forms[type->form_count++];

		form->name = entry->key;
		if (!define_any_map(d, entry->value, "a form"))
			continue;
		form->sections = arena_new_array(d->arena, struct form_section, entry->value->map.count);
		for (size_t j = 0; j < entry->value->map.count; j++)
			if (text_equal(entry->value->map.entries[j].key, T("begins")))
				read_begins(d, type, form, entry->value->map.entries[j].value);
			else
				read_form_section(d, type, &form->sections[form->section_count++],
					  &entry->value->map.entries[j]);
		check_form_twice(d, type, form, entry);
	}
}
