/*
 * Section `control`: which edits want a record that authorises them (a change that is being implemented), and what happens to
 * those without one.
 */
#include "model/define_private.h"

static const struct field *boolean_named(const struct type *type, const char *name)
{
	const struct field *field = type_field(type, text_from(name));

	return field != NULL && field->kind == KIND_BOOLEAN && field->set_by_engine ? field : NULL;
}

static ptrdiff_t engine_field(const struct type *type, const char *name, enum kind kind)
{
	const struct field *field = type_field(type, text_from(name));

	return field != NULL && field->kind == kind && field->set_by_engine ? (ptrdiff_t)field->position : -1;
}

/* by: { type: change, field: cis, when: state = implementing } */
static void read_by(struct define *d, const struct type *type, struct control_definition *control, const struct value *node)
{
	ptrdiff_t field;

	if (node == NULL || !define_map(d, node, "by", "type field when"))
		return;
	if (value_get(node, T("type")) == NULL || value_get(node, T("field")) == NULL) {
		define_error(d, node, T("by: { type: change, field: cis, when: state = implementing }"), "by needs type and field");
		return;
	}
	control->by = define_type_at(d, value_get(node, T("type")));
	if (control->by == NULL)
		return;
	field = define_field_at(d, control->by, value_get(node, T("field")));
	if (field < 0)
		return;
	control->by_field = (size_t)field;
	if (control->by->fields[field].target != type)
		define_error(d, value_get(node, T("field")), TEXT_UNSET, "'%.*s' of %.*s does not point at %.*s",
		             TEXT_ARG(control->by->fields[field].name), TEXT_ARG(control->by->name), TEXT_ARG(type->name));
	control->when = define_condition(d, control->by, value_get(node, T("when")), CONDITION_RULE);
}

static void read_else(struct define *d, struct control_definition *control, const struct value *section)
{
	text word = define_text(d, section, T("else"));

	control->refuse = text_equal(word, T("refuse"));
	if (text_is_set(word) && !control->refuse && !text_equal(word, T("mark")))
		define_error(d, value_get(section, T("else")), T("one of mark, refuse"), "'%.*s' is nothing that control does",
		             TEXT_ARG(word));
}

void define_control(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("control"));
	struct type *type = draft->type;
	struct control_definition *control;
	const struct field *flag = boolean_named(type, "unauthorised");
	size_t count, *fields;

	if (section == NULL || type->abstract || !define_map(d, section, "control", "fields relations where by else clear"))
		return;
	control = arena_new_struct(d->arena, struct control_definition);
	control->fields = arena_new_array(d->arena, bool, type->field_count);
	fields = define_fields_at(d, type, value_get(section, T("fields")), &count);
	for (size_t i = 0; i < count; i++)
		control->fields[fields[i]] = true;
	control->relations = define_bool(d, section, T("relations"), false);
	if (count == 0 && !control->relations)
		define_error(d, section, T("fields: [...], or relations: yes"), "control has nothing to control");
	control->where = define_condition(d, type, value_get(section, T("where")), CONDITION_RULE);
	if (value_get(section, T("by")) == NULL)
		define_error(d, section, T("by: { type: change, field: cis, when: state = implementing }"),
		             "control does not say what authorises an edit");
	read_by(d, type, control, value_get(section, T("by")));
	read_else(d, control, section);
	control->clear = define_roles_at(d, value_get(section, T("clear")));
	if (flag == NULL)
		define_error(d, section, T("unauthorised: { kind: boolean, set_by_engine: yes }"),
		             "control needs the field 'unauthorised' to mark records with");
	else
		control->flag = flag->position;
	control->at = engine_field(type, "unauthorised_at", KIND_MOMENT);
	control->who = engine_field(type, "unauthorised_by", KIND_LINK);
	type->control = control;
}
