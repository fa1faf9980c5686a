/*
 * Names in a definition that mean something else in it - fields, states, roles, types - and its conditions
 * and constants.
 */
#include "model/define_private.h"

#include "base/calendar.h"

static text field_hint(struct define *d, const struct type *type, text wanted)
{
	text *names = arena_new_array(d->error_arena, text, type->field_count);

	for (size_t i = 0; i < type->field_count; i++)
		names[i] = type->fields[i].name;
	return define_hint(d, wanted, names, type->field_count);
}

ptrdiff_t define_field_at(struct define *d, const struct type *type, const struct value *value)
{
	text name = define_scalar(d, value, "a field's name");
	const struct field *field;

	if (!text_is_set(name))
		return -1;
	field = type_field(type, name);
	if (field != NULL)
		return (ptrdiff_t)field->position;
	define_error(d, value, field_hint(d, type, name), "%.*s has no field '%.*s'", TEXT_ARG(type->name),
		     TEXT_ARG(name));
	return -1;
}

size_t *define_fields_at(struct define *d, const struct type *type, const struct value *value,
			 size_t *ret_count)
{
	size_t count, found = 0;
	struct value **items = define_list(d, value, &count);
	size_t *fields = arena_new_array(d->arena, size_t, count);

	for (size_t i = 0; i < count; i++) {
		ptrdiff_t field = define_field_at(d, type, items[i]);
		bool twice = false;

		for (size_t j = 0; j < found && field >= 0; j++)
			twice = twice || fields[j] == (size_t)field;
		if (twice)
			define_error(d, items[i], TEXT_UNSET, "'%.*s' stands twice",
				     TEXT_ARG(items[i]->text));
		else if (field >= 0)
			fields[found++] = (size_t)field;
	}
	*ret_count = found;
	return fields;
}

ptrdiff_t define_state_at(struct define *d, const struct type *type, text name, const struct value *at)
{
	const struct lifecycle *lifecycle = type->lifecycle;
	text *names;
	int state;

	if (!text_is_set(name))
		return -1; /* told already */
	if (lifecycle == NULL) {
		define_error(d, at, TEXT_UNSET, "%.*s has no lifecycle", TEXT_ARG(type->name));
		return -1;
	}
	state = lifecycle_state(lifecycle, name);
	if (state >= 0)
		return state;
	names = arena_new_array(d->error_arena, text, lifecycle->state_count);
	for (size_t i = 0; i < lifecycle->state_count; i++)
		names[i] = lifecycle->states[i].name;
	define_error(d, at, define_hint(d, name, names, lifecycle->state_count), "%.*s has no state '%.*s'",
		     TEXT_ARG(type->name), TEXT_ARG(name));
	return -1;
}

ptrdiff_t define_transition_at(struct define *d, const struct type *type, text name, const struct value *at)
{
	const struct lifecycle *lifecycle = type->lifecycle;
	text *names;
	int transition;

	if (!text_is_set(name))
		return -1; /* told already */
	if (lifecycle == NULL) {
		define_error(d, at, TEXT_UNSET, "%.*s has no lifecycle", TEXT_ARG(type->name));
		return -1;
	}
	transition = lifecycle_transition(lifecycle, name);
	if (transition >= 0)
		return transition;
	names = arena_new_array(d->error_arena, text, lifecycle->transition_count);
	for (size_t i = 0; i < lifecycle->transition_count; i++)
		names[i] = lifecycle->transitions[i].name;
	define_error(d, at, define_hint(d, name, names, lifecycle->transition_count),
		     "%.*s has no transition '%.*s'", TEXT_ARG(type->name), TEXT_ARG(name));
	return -1;
}

ptrdiff_t define_approval_at(struct define *d, const struct type *type, text name, const struct value *at)
{
	text *names = arena_new_array(d->error_arena, text, type->approval_count);

	if (!text_is_set(name))
		return -1; /* told already */
	for (size_t i = 0; i < type->approval_count; i++) {
		names[i] = type->approvals[i].name;
		if (text_equal(names[i], name))
			return (ptrdiff_t)i;
	}
	define_error(d, at, define_hint(d, name, names, type->approval_count), "%.*s has no approval '%.*s'",
		     TEXT_ARG(type->name), TEXT_ARG(name));
	return -1;
}

const uint64_t *define_states_at(struct define *d, const struct type *type, const struct value *value)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	uint64_t *states = arena_new_array(d->arena, uint64_t, STATE_WORDS);

	for (size_t i = 0; i < count; i++) {
		text name = define_scalar(d, items[i], "a state's name");
		ptrdiff_t state = text_is_set(name) ? define_state_at(d, type, name, items[i]) : -1;

		if (state >= 0)
			states[state / 64] |= UINT64_C(1) << (state % 64);
	}
	return states;
}

ptrdiff_t define_role_at(struct define *d, const struct value *value)
{
	text name = define_scalar(d, value, "a role's name");
	text names[DEFINE_ROLES_MAX];
	int role = text_is_set(name) ? model_role(d->model, name) : -1;

	if (role >= 0 || !text_is_set(name))
		return role;
	for (size_t i = 0; i < d->model->role_count; i++)
		names[i] = d->model->roles[i].name;
	define_error(d, value, define_hint(d, name, names, d->model->role_count), "no role is named '%.*s'",
		     TEXT_ARG(name));
	return -1;
}

uint64_t define_roles_at(struct define *d, const struct value *value)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	uint64_t roles = 0;

	for (size_t i = 0; i < count; i++) {
		ptrdiff_t role = define_role_at(d, items[i]);

		if (role >= 0)
			roles |= UINT64_C(1) << role;
	}
	return roles;
}

const struct type *define_type_at(struct define *d, const struct value *value)
{
	text name = define_scalar(d, value, "a type's name"), nearest;
	const struct type *type = text_is_set(name) ? model_type(d->model, name) : NULL;

	if (type != NULL || !text_is_set(name))
		return type;
	nearest = table_nearest(&d->model->type_names, name);
	define_error(d, value, text_is_set(nearest) ? define_hint(d, name, &nearest, 1) : TEXT_UNSET,
		     "no type is named '%.*s'", TEXT_ARG(name));
	return NULL;
}

/* ---- conditions ---- */

/* Where the first character of a scalar stands: behind its quote, if it has one. */
static uint32_t scalar_column(const struct define_file *file, const struct value *value)
{
	text rest = file->source, line = TEXT_UNSET;

	for (uint32_t i = 0; i < value->line; i++)
		if (!text_cut(&rest, '\n', &line))
			return value->column;
	if (value->column == 0 || value->column > line.length)
		return value->column;
	return value->column + (line.data[value->column - 1] == '"' || line.data[value->column - 1] == '\'');
}

const struct condition *define_condition(struct define *d, const struct type *type, const struct value *value,
					 enum condition_use use)
{
	struct condition *condition = NULL;
	struct error *error;
	struct value at;
	text source;

	if (value == NULL)
		return NULL;
	source = define_scalar(d, value, "a condition");
	if (!text_is_set(source))
		return NULL;
	error = condition_parse(d->arena, d->model, type, source, use, &condition);
	if (error == NULL)
		return condition;
	at = *value;
	at.column = scalar_column(d->file, value) + (error->place.column > 0 ? error->place.column - 1 : 0);
	define_error(d, &at, error->hint, "%.*s", TEXT_ARG(error->message));
	return NULL;
}

/* ---- constants ---- */

static text choice_hint(struct define *d, const struct field *field, text wanted)
{
	text *names = arena_new_array(d->error_arena, text, field->choice_count);

	for (size_t i = 0; i < field->choice_count; i++)
		names[i] = field->choices[i].name;
	return define_hint(d, wanted, names, field->choice_count);
}

static bool choice_cell(struct define *d, const struct field *field, const struct value *value,
			struct cell *ret_cell)
{
	int choice = field_choice(field, value->text);

	if (choice < 0) {
		define_error(d, value, choice_hint(d, field, value->text), "'%.*s' is no choice of %.*s",
			     TEXT_ARG(value->text), TEXT_ARG(field->name));
		return false;
	}
	*ret_cell = cell_integer(choice);
	return true;
}

static bool number_cell(const struct field *field, text source, struct cell *ret_cell)
{
	int64_t integer = 0;
	double real = 0;
	bool boolean, good;

	switch ((int)field->kind) {
	case KIND_BOOLEAN:
		good = define_is_bool(source, &boolean);
		*ret_cell = cell_integer(boolean);
		return good;
	case KIND_REAL:
		good = text_to_real(source, &real);
		*ret_cell = cell_real(real);
		return good;
	case KIND_DURATION:
		good = duration_parse(source, &integer);
		break;
	case KIND_MOMENT:
		good = moment_parse(source, NULL, &integer);
		break;
	default:
		good = text_to_integer(source, &integer);
		break;
	}
	*ret_cell = cell_integer(integer);
	return good && integer >= field->least && integer <= field->most;
}

static bool text_fits(struct define *d, const struct field *field, text source)
{
	struct calendar *calendar;

	switch ((int)field->kind) {
	case KIND_ZONE:
		return zone_find(source) != NULL;
	case KIND_HOURS:
		return calendar_parse(d->error_arena, source, TEXT_UNSET, NULL, &calendar) == NULL;
	case KIND_HOLIDAYS:
		return calendar_parse(d->error_arena, T("24x7"), source, NULL, &calendar) == NULL;
	case KIND_MAIL:
		return text_find_char(source, '@') > 0;
	default:
		return source.length <= field->length_max;
	}
}

bool define_cell(struct define *d, const struct field *field, const struct value *value,
		 struct cell *ret_cell)
{
	text source = define_scalar(d, value, "a value");
	bool good = false;

	if (!text_is_set(source))
		return false;
	switch (field->kind) {
	case KIND_CHOICE:
		return choice_cell(d, field, value, ret_cell);
	case KIND_LINK:
	case KIND_LINKS:
	case KIND_COUNT:
		define_error(d, value, T("links can be set to me (people), or from another field"),
			     "'%.*s' is a link and has no constant value", TEXT_ARG(field->name));
		return false;
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
		good = text_fits(d, field, source);
		*ret_cell = cell_text(source);
		break;
	case KIND_INTEGER:
	case KIND_REAL:
	case KIND_BOOLEAN:
	case KIND_MOMENT:
	case KIND_DURATION:
		good = number_cell(field, source, ret_cell);
		break;
	}
	if (!good)
		define_error(d, value, TEXT_UNSET, "'%.*s' is no value for %.*s (%.*s)", TEXT_ARG(source),
			     TEXT_ARG(field->name), TEXT_ARG(kind_name(field->kind)));
	return good;
}
