/*
 * The section `schedule`: which moments say when a record happens, what it touches, which other records bind it (freezes and
 * maintenance windows), and what of it everybody may see. Calendars and collisions follow from it (engine/collision.c).
 */
#include "model/define_private.h"

#define SCHEDULE_KEYS "start end scope window_scope states windows recurrence freeze exempt found publish published"

/* The choices of the field that says what was found, in this order: from nothing to the worst. */
static const char *const found_choices[] = { "none", "near", "outside", "same", "freeze" };

static ptrdiff_t read_moment(struct define *d, const struct type *type, const struct value *section, text key)
{
	const struct value *value = value_get(section, key);
	ptrdiff_t field;

	if (value == NULL) {
		define_error(d, section, T("schedule: { start: FIELD, end: FIELD }"), "the schedule has no %.*s", TEXT_ARG(key));
		return -1;
	}
	field = define_field_at(d, type, value);
	if (field >= 0 && type->fields[field].kind != KIND_MOMENT) {
		define_error(d, value, TEXT_UNSET, "'%.*s' is no moment", TEXT_ARG(value->text));
		return -1;
	}
	return field;
}

static bool is_link(const struct field *field)
{
	return (field->kind == KIND_LINK || field->kind == KIND_LINKS) && field->target != NULL;
}

/* `cis`, or `services.organisation`: the organisations of the services. */
static void read_scope(struct define *d, const struct type *type, const struct value *value, bool for_windows,
                       struct schedule_definition *schedule)
{
	struct schedule_scope *scope = &schedule->scope[schedule->scope_count];
	struct value first = *value, second = *value;
	text rest = define_scalar(d, value, "a field's name");
	ptrdiff_t field;

	if (!text_is_set(rest) || !text_cut(&rest, '.', &first.text))
		return;
	second.text = rest;
	field = define_field_at(d, type, &first);
	if (field < 0)
		return;
	if (!is_link(&type->fields[field])) {
		define_error(d, value, TEXT_UNSET, "'%.*s' is no link to what could be touched", TEXT_ARG(first.text));
		return;
	}
	*scope = (struct schedule_scope){ .field = (size_t)field, .through = -1, .for_windows = for_windows };
	if (text_is_set(rest) && !text_is_empty(rest)) {
		scope->through = define_field_at(d, type->fields[field].target, &second);
		if (scope->through < 0)
			return;
		if (type->fields[field].target->fields[scope->through].kind != KIND_LINK) {
			define_error(d, value, TEXT_UNSET, "'%.*s' is no link to what could be touched", TEXT_ARG(second.text));
			return;
		}
	}
	schedule->scope_count++;
}

static ptrdiff_t read_recurrence(struct define *d, const struct type *type, const struct value *value)
{
	ptrdiff_t field = value == NULL ? -1 : define_field_at(d, type, value);

	if (field >= 0 && type->fields[field].kind != KIND_TEXT) {
		define_error(d, value, TEXT_UNSET, "'%.*s' is no text", TEXT_ARG(value->text));
		return -1;
	}
	return field;
}

static ptrdiff_t read_found(struct define *d, const struct type *type, const struct value *value)
{
	ptrdiff_t position = value == NULL ? -1 : define_field_at(d, type, value);
	const struct field *field;
	bool fits;

	if (position < 0)
		return -1;
	field = &type->fields[position];
	fits = field->kind == KIND_CHOICE && field->choice_count == array_length(found_choices) && field->set_by_engine;
	for (size_t i = 0; fits && i < array_length(found_choices); i++)
		fits = text_equal(field->choices[i].name, text_from(found_choices[i]));
	if (fits)
		return position;
	define_error(d, value, T("kind: choice, choices: [none, near, outside, same, freeze], set_by_engine: yes"),
		     "'%.*s' cannot hold what was found", TEXT_ARG(field->name));
	return -1;
}

static void read_published(struct define *d, const struct type *type, const struct value *section,
			   struct schedule_definition *schedule)
{
	const struct value *value = value_get(section, T("published"));
	size_t count, *fields;

	schedule->publish = define_condition(d, type, value_get(section, T("publish")), CONDITION_RULE);
	if (value == NULL) {
		if (schedule->publish != NULL)
			define_error(d, value_get(section, T("publish")), T("say with `published` which fields everybody may see"),
				     "nothing is published");
		return;
	}
	fields = define_fields_at(d, type, value, &count);
	schedule->published = arena_new_array(d->arena, bool, type->field_count);
	for (size_t i = 0; i < count; i++)
		schedule->published[fields[i]] = true;
	schedule->published[FIELD_NUMBER] = schedule->published[schedule->start] = schedule->published[schedule->end] = true;
}

/* The type of windows must say when and for what they hold; it is read before or after this one. */
static const struct type *read_windows(struct define *d, const struct value *value)
{
	const struct type *windows = value == NULL ? NULL : define_type_at(d, value);

	if (windows != NULL && value_get(d->drafts[windows->position].file->root, T("schedule")) == NULL) {
		define_error(d, value, T("write a section `schedule` there"), "%.*s has no schedule", TEXT_ARG(windows->name));
		return NULL;
	}
	return windows;
}

void define_schedule(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("schedule"));
	struct schedule_definition *schedule;
	struct type *type = draft->type;
	ptrdiff_t start, end;
	struct value **scope, **window_scope;
	size_t count, window_count;

	if (section == NULL || !define_map(d, section, "schedule", SCHEDULE_KEYS))
		return;
	schedule = arena_new_struct(d->arena, struct schedule_definition);
	start = read_moment(d, type, section, T("start"));
	end = read_moment(d, type, section, T("end"));
	if (start < 0 || end < 0)
		return;
	schedule->start = (size_t)start;
	schedule->end = (size_t)end;
	scope = define_list(d, value_get(section, T("scope")), &count);
	window_scope = define_list(d, value_get(section, T("window_scope")), &window_count);
	schedule->scope = arena_new_array(d->arena, struct schedule_scope, count + window_count + 1);
	for (size_t i = 0; i < count; i++)
		read_scope(d, type, scope[i], false, schedule);
	for (size_t i = 0; i < window_count; i++)
		read_scope(d, type, window_scope[i], true, schedule);
	if (window_count > 0 && value_get(section, T("windows")) == NULL)
		define_error(d, value_get(section, T("window_scope")), T("windows: TYPE"), "no windows could speak of it");
	if (value_get(section, T("states")) != NULL)
		schedule->states = define_states_at(d, type, value_get(section, T("states")));
	schedule->windows = read_windows(d, value_get(section, T("windows")));
	schedule->recurrence = read_recurrence(d, type, value_get(section, T("recurrence")));
	schedule->freeze = define_condition(d, type, value_get(section, T("freeze")), CONDITION_RULE);
	schedule->exempt = define_condition(d, type, value_get(section, T("exempt")), CONDITION_RULE);
	schedule->found = read_found(d, type, value_get(section, T("found")));
	read_published(d, type, section, schedule);
	type->schedule = schedule;
	/* Calendars and collisions ask what ends behind a moment. */
	type->fields[end].indexed = true;
}
