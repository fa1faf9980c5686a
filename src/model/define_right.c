/* Rights per role: what may be done, on which records, and which fields of them. */
#include "model/define_private.h"

/* One key more than the rights: which fields. */
#define RIGHT_KEYS "read create update comment note attach link watch export import history hide write"

static bool right_of(text name, enum right *ret_right)
{
	for (int right = 0; right < RIGHT_COUNT; right++)
		if (text_equal(right_name((enum right)right), name)) {
			*ret_right = (enum right)right;
			return true;
		}
	return false;
}

static text right_hint(struct define *d, text wanted)
{
	text names[RIGHT_COUNT];

	for (int right = 0; right < RIGHT_COUNT; right++)
		names[right] = right_name((enum right)right);
	return define_hint(d, wanted, names, RIGHT_COUNT);
}

static struct grant *add_grant(struct type *type, size_t role, enum right right)
{
	struct grant *grant = &type->grants[type->grant_count++];

	*grant = (struct grant){ .role = role, .right = right };
	return grant;
}

static bool has_grant(const struct type *type, size_t role, enum right right)
{
	for (size_t i = 0; i < type->grant_count; i++)
		if (type->grants[i].role == role && type->grants[i].right == right)
			return true;
	return false;
}

/* `fields`: these; `but`: all others. */
static bool *read_branch_fields(struct define *d, const struct type *type, const struct value *item)
{
	const struct value *but = value_get(item, T("but"));
	size_t count;
	size_t *fields = define_fields_at(d, type, but != NULL ? but : value_get(item, T("fields")), &count);
	bool *set = arena_new_array(d->arena, bool, type->field_count);

	for (size_t i = 0; i < type->field_count; i++)
		set[i] = but != NULL;
	for (size_t i = 0; i < count; i++)
		set[fields[i]] = but == NULL;
	return set;
}

static void read_branch(struct define *d, const struct type *type, struct grant *grant,
			const struct value *item)
{
	const struct condition *condition;

	if (item->kind == VALUE_TEXT) {
		condition = define_condition(d, type, item, CONDITION_RULE);
		if (condition != NULL)
			grant->branches[grant->branch_count++] = condition;
		return;
	}
	if (!define_map(d, item, "a condition with fields", "when fields but"))
		return;
	if (grant->right != RIGHT_UPDATE || value_get(item, T("when")) == NULL ||
	    (value_get(item, T("fields")) == NULL) == (value_get(item, T("but")) == NULL)) {
		define_error(d, item, T("update: [{ when: CONDITION, fields: [...] }], or but: [...] for all others"),
			     "only update takes conditions with fields, and both keys");
		return;
	}
	condition = define_condition(d, type, value_get(item, T("when")), CONDITION_RULE);
	if (condition == NULL)
		return;
	grant->branch_fields[grant->branch_count] = read_branch_fields(d, type, item);
	grant->branches[grant->branch_count++] = condition;
}

static void read_grant(struct define *d, struct type *type, size_t role, enum right right,
		       const struct value *value)
{
	struct grant *grant = add_grant(type, role, right);
	size_t count;
	struct value **items;

	if (value->kind == VALUE_TEXT && text_equal(value->text, T("always")))
		return;
	if (right == RIGHT_CREATE) {
		define_error(d, value, T("create: always"),
			     "create takes no condition: there is no record yet");
		return;
	}
	items = define_list(d, value, &count);
	if (count == 0)
		define_error(d, value, T("write always, a condition, or a list of conditions"),
			     "'%.*s' says nothing", TEXT_ARG(right_name(right)));
	grant->branches = arena_new_array(d->arena, const struct condition *, count);
	grant->branch_fields = arena_new_array(d->arena, bool *, count);
	for (size_t i = 0; i < count; i++)
		read_branch(d, type, grant, items[i]);
}

static void read_right_list(struct define *d, struct type *type, size_t role, const struct value *value)
{
	size_t count;
	struct value **items = define_list(d, value, &count);

	for (size_t i = 0; i < count; i++) {
		text name = define_scalar(d, items[i], "a right");
		enum right right;

		if (!text_is_set(name))
			continue;
		if (!right_of(name, &right))
			define_error(d, items[i], right_hint(d, name), "no right is named '%.*s'",
				     TEXT_ARG(name));
		else if (has_grant(type, role, right))
			define_error(d, items[i], TEXT_UNSET, "'%.*s' stands twice", TEXT_ARG(name));
		else
			add_grant(type, role, right);
	}
}

/* ---- fields ---- */

static bool may_override(const struct define *d, const struct field *field, size_t role)
{
	return field->decision == NULL || field->decision->proposes ||
	       (field->decision->override_roles & d->model->roles[role].includes) != 0;
}

static bool role_writes(const struct type *type, size_t role)
{
	return has_grant(type, role, RIGHT_CREATE) || has_grant(type, role, RIGHT_UPDATE);
}

static void read_field_access(struct define *d, struct type *type, size_t role, const struct value *value)
{
	struct field_access *access = &type->field_access[role * type->field_count];
	const struct value *write = value_get(value, T("write"));
	bool writes = role_writes(type, role);
	size_t count;
	size_t *fields = define_fields_at(d, type, value_get(value, T("hide")), &count);

	for (size_t i = 0; i < type->field_count; i++)
		access[i].read = true;
	for (size_t i = 0; i < count; i++) {
		if (fields[i] == FIELD_NUMBER || fields[i] == FIELD_VERSION || fields[i] == type->title_field)
			define_error(d, value_get(value, T("hide")), TEXT_UNSET,
				     "'%.*s' cannot be hidden: every page needs it",
				     TEXT_ARG(type->fields[fields[i]].name));
		access[fields[i]].read = false;
	}
	bool but = write != NULL && write->kind == VALUE_MAP;
	if (write == NULL || but) {
		for (size_t i = 0; i < type->field_count; i++)
			access[i].write = writes && access[i].read && !type->fields[i].set_by_engine &&
					  may_override(d, &type->fields[i], role);
		if (!but || !define_map(d, write, "the fields that it does not write", "but"))
			return;
		fields = define_fields_at(d, type, value_get(write, T("but")), &count);
		for (size_t i = 0; i < count; i++)
			access[fields[i]].write = false;
		return;
	}
	if (!writes)
		define_error(d, write, TEXT_UNSET, "the role may write fields but neither create nor update");
	fields = define_fields_at(d, type, write, &count);
	for (size_t i = 0; i < count; i++) {
		if (type->fields[fields[i]].set_by_engine)
			define_error(d, write, TEXT_UNSET, "'%.*s' is set by the system only",
				     TEXT_ARG(type->fields[fields[i]].name));
		access[fields[i]].write = true;
	}
}

static void read_role(struct define *d, struct type *type, const struct value_entry *entry)
{
	struct value name = {
		.kind = VALUE_TEXT, .line = entry->line, .column = entry->column, .text = entry->key
	};
	ptrdiff_t role = define_role_at(d, &name);
	enum right right;

	if (role < 0)
		return;
	if (entry->value->kind != VALUE_MAP) {
		read_right_list(d, type, (size_t)role, entry->value);
	} else if (define_map(d, entry->value, "the rights of a role", RIGHT_KEYS)) {
		for (size_t i = 0; i < entry->value->map.count; i++)
			if (right_of(entry->value->map.entries[i].key, &right))
				read_grant(d, type, (size_t)role, right, entry->value->map.entries[i].value);
	}
	read_field_access(d, type, (size_t)role, entry->value);
}

void define_rights(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("rights"));
	struct type *type = draft->type;

	type->field_access =
	    arena_new_array(d->arena, struct field_access, d->model->role_count * type->field_count);
	if (section == NULL) {
		d->file = draft->file;
		if (!type->abstract)
			define_error(d, draft->header,
				     T("add rights: { administrator: [read, create, update] }"),
				     "nobody has any right to %.*s", TEXT_ARG(type->name));
		return;
	}
	if (!define_any_map(d, section, "rights"))
		return;
	type->grants = arena_new_array(d->arena, struct grant, section->map.count * RIGHT_COUNT);
	for (size_t i = 0; i < section->map.count; i++)
		read_role(d, type, &section->map.entries[i]);
	for (size_t i = 0; i < d->model->role_count * type->field_count; i++)
		if (type->fields[i % type->field_count].secret)
			type->field_access[i].read = false;
}
