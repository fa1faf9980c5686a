/*
 * Lists of the records that point at this one (section `related`): the open incidents of a configuration item, the changes of a
 * service. Each is a condition on the other type with one field equal to the record.
 */
#include "model/define_private.h"

static bool points_here(const struct field *field, const struct type *type)
{
	if (field->kind == KIND_RECORD)
		return true;
	return (field->kind == KIND_LINK || field->kind == KIND_LINKS) && field->target == type;
}

static void read_list(struct define *d, const struct type *type, struct related_list *list, const struct value_entry *entry)
{
	const struct value *node = entry->value;
	ptrdiff_t field;

	list->name = entry->key;
	if (!define_map(d, node, "a related list", "label type field where columns"))
		return;
	list->label = define_label(d, node, T("label"), entry->key);
	if (value_get(node, T("type")) == NULL || value_get(node, T("field")) == NULL) {
		define_error_key(d, entry, T("{ type: incident, field: ci, columns: [number, title] }"),
				 "the related list '%.*s' needs type and field", TEXT_ARG(entry->key));
		return;
	}
	list->type = define_type_at(d, value_get(node, T("type")));
	if (list->type == NULL)
		return;
	field = define_field_at(d, list->type, value_get(node, T("field")));
	if (field < 0)
		return;
	list->field = (size_t)field;
	if (!points_here(&list->type->fields[field], type))
		define_error(d, value_get(node, T("field")), T("a link, links or record field whose target is this type"),
			     "'%.*s' of %.*s does not point at %.*s", TEXT_ARG(list->type->fields[field].name),
			     TEXT_ARG(list->type->name), TEXT_ARG(type->name));
	list->condition = define_condition(d, list->type, value_get(node, T("where")), CONDITION_RULE);
	list->columns = define_fields_at(d, list->type, value_get(node, T("columns")), &list->column_count);
	for (size_t i = 0; i < list->column_count; i++)
		if (list->type->fields[list->columns[i]].kind == KIND_PROSE)
			define_error(d, value_get(node, T("columns")), T("long texts are not read for lists"),
				     "'%.*s' is prose", TEXT_ARG(list->type->fields[list->columns[i]].name));
}

void define_related(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("related"));
	struct type *type = draft->type;

	if (section == NULL || type->abstract || !define_names(d, section, "related"))
		return;
	type->related = arena_new_array(d->arena, struct related_list, section->map.count);
	for (size_t i = 0; i < section->map.count; i++)
		read_list(d, type, &type->related[type->related_count++], &section->map.entries[i]);
}
