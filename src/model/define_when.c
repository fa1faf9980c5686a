/*
 * `when` of a rule: what must happen, or which time must come. A rule of every day looks at all records in the states that its
 * condition allows, in small steps along an index (engine/daily.c): so the condition must leave the finished ones out.
 */
#include "model/define_private.h"

static ptrdiff_t clock_at(struct define *d, const struct type *type, text name, const struct value *at)
{
	text names[32];
	size_t count = minimum(type->clock_count, array_length(names));

	for (size_t i = 0; i < type->clock_count; i++)
		if (text_equal(type->clocks[i].name, name))
			return (ptrdiff_t)i;
	for (size_t i = 0; i < count; i++)
		names[i] = type->clocks[i].name;
	define_error(d, at, define_hint(d, name, names, count), "%.*s has no clock '%.*s'",
		     TEXT_ARG(type->name), TEXT_ARG(name));
	return -1;
}

static ptrdiff_t moment_field(struct define *d, const struct type *type, text name, const struct value *at)
{
	struct value value = { .kind = VALUE_TEXT, .line = at->line, .column = at->column, .text = name };
	ptrdiff_t field = define_field_at(d, type, &value);

	if (field < 0 || type->fields[field].kind == KIND_MOMENT)
		return field;
	define_error(d, at, TEXT_UNSET, "'%.*s' is no moment", TEXT_ARG(name));
	return -1;
}

static bool read_comment_when(struct rule *rule, text source)
{
	text rest = source;

	if (text_starts_with(rest, T("public "))) {
		rule->comment_public_only = true;
		rest = text_slice(rest, 7, rest.length);
	}
	if (text_equal(rest, T("comment by requester")))
		rule->comment_by = COMMENT_BY_REQUESTER;
	else if (text_equal(rest, T("comment by agent")))
		rule->comment_by = COMMENT_BY_AGENT;
	else if (!text_equal(rest, T("comment")))
		return false;
	rule->when = WHEN_COMMENT;
	return true;
}

static const struct {
	const char *one, *many;
	int64_t ms;
} length_words[] = {
	{ " minute", " minutes", MINUTE_MS },
	{ " hour", " hours", HOUR_MS },
	{ " day", " days", DAY_MS },
	{ " week", " weeks", 7 * DAY_MS },
};

static bool counted(text length, const char *one, const char *many, int64_t *ret_count)
{
	text end = text_ends_with(length, text_from(many)) ? text_from(many) : text_from(one);

	return text_ends_with(length, end) &&
	       text_to_integer(text_slice(length, 0, length.length - end.length), ret_count) && *ret_count > 0 &&
	       *ret_count <= 1000;
}

bool define_length(text length, int64_t *ret_ms, int64_t *ret_working_days)
{
	int64_t count;

	*ret_ms = *ret_working_days = 0;
	if (counted(length, " working day", " working days", &count)) {
		*ret_working_days = count;
		return true;
	}
	for (size_t i = 0; i < array_length(length_words); i++)
		if (counted(length, length_words[i].one, length_words[i].many, &count)) {
			*ret_ms = count * length_words[i].ms;
			return true;
		}
	return duration_parse(length, ret_ms) && *ret_ms > 0;
}

/* "5 working days after resolved_at", "4h after created_at", "2 days before planned_start": false when it is none of these. */
static bool read_distance(struct define *d, const struct type *type, struct rule *rule, text source, const struct value *at,
			  ptrdiff_t *ret_index)
{
	ptrdiff_t after = text_find(source, T(" after ")), before = text_find(source, T(" before "));
	size_t place = (size_t)(after < 0 ? before : after), skip = after < 0 ? 8 : 7;
	text length;

	if (after < 0 && before < 0)
		return false;
	rule->when = after < 0 ? WHEN_BEFORE : WHEN_AFTER;
	length = text_slice(source, 0, place);
	*ret_index = moment_field(d, type, text_slice(source, place + skip, source.length), at);
	if (!define_length(length, &rule->after_ms, &rule->after_working_days))
		define_error(d, at, T("5 working days, 2 days, 4h, 2d"), "'%.*s' is no length of time",
			     TEXT_ARG(length));
	return true;
}

/* "07:00" */
static bool read_time_of_day(text source, int64_t *ret_ms)
{
	int64_t hour, minute;

	if (source.length != 5 || source.data[2] != ':' || !text_to_integer(text_slice(source, 0, 2), &hour) ||
	    !text_to_integer(text_slice(source, 3, 5), &minute) || hour < 0 || hour > 23 || minute < 0 || minute > 59)
		return false;
	*ret_ms = hour * HOUR_MS + minute * MINUTE_MS;
	return true;
}

static bool read_daily(struct define *d, struct rule *rule, text source, const struct value *at)
{
	text time;

	if (!text_starts_with(source, T("every day")))
		return false;
	rule->when = WHEN_DAILY;
	time = text_starts_with(source, T("every day at ")) ? text_slice(source, 13, source.length) : TEXT_UNSET;
	if (!read_time_of_day(time, &rule->after_ms))
		define_error(d, at, T("every day at 07:00"), "'%.*s' names no time of the day", TEXT_ARG(source));
	return true;
}

/* "approval authorisation rejected" */
static ptrdiff_t read_approval(struct define *d, const struct type *type, struct rule *rule, text source,
			       const struct value *at)
{
	text name, turn = source, names[APPROVAL_TURN_COUNT];

	rule->when = WHEN_APPROVAL;
	rule->what = -1;
	text_cut(&turn, ' ', &name);
	for (size_t i = 0; i < APPROVAL_TURN_COUNT; i++) {
		names[i] = approval_turn_name((enum approval_turn)i);
		if (text_equal(turn, names[i]))
			rule->what = (int)i;
	}
	if (rule->what < 0)
		define_error(d, at, define_hint(d, turn, names, APPROVAL_TURN_COUNT),
			     "an approval is asked, approved, rejected, expired, voided or withdrawn, not '%.*s'",
			     TEXT_ARG(turn));
	return define_approval_at(d, type, name, at);
}

static void read_task(struct define *d, const struct type *type, struct rule *rule, text what, const struct value *at)
{
	rule->when = WHEN_TASK;
	rule->what = text_equal(what, T("failed")) ? 1 : 0;
	if (rule->what == 0 && !text_equal(what, T("done")))
		define_error(d, at, T("task done, or task failed"), "a task is done or failed, not '%.*s'", TEXT_ARG(what));
	if (type->tasks == NULL)
		define_error(d, at, T("add the section tasks"), "%.*s has no tasks", TEXT_ARG(type->name));
}

/* What can be more or less than it was; a choice is so by its place among the choices. */
static bool has_order(const struct field *field)
{
	return field->kind == KIND_INTEGER || field->kind == KIND_REAL || field->kind == KIND_CHOICE || field->kind == KIND_MOMENT ||
	       field->kind == KIND_DURATION || field->kind == KIND_BOOLEAN;
}

void define_when(struct define *d, const struct type *type, struct rule *rule, const struct value *at)
{
	text source = define_scalar(d, at, "when"), rest = source, first;
	ptrdiff_t index = 0;

	if (!text_is_set(source) || read_comment_when(rule, source))
		return;
	if (text_equal(source, T("created"))) {
		rule->when = WHEN_CREATED;
		return;
	}
	if (read_daily(d, rule, source, at) || define_linked_when(d, type, rule, source, at))
		return;
	if (read_distance(d, type, rule, source, at, &index)) {
		rule->index = index < 0 ? 0 : (size_t)index;
		return;
	}
	text_cut(&rest, ' ', &first);
	if (text_equal(first, T("state")) && text_is_set(rest) && !text_equal(rest, T("changed"))) {
		rule->when = WHEN_STATE;
		index = define_state_at(d, type, rest, at);
	} else if (text_equal(first, T("transition")) && text_is_set(rest)) {
		rule->when = WHEN_TRANSITION;
		index = define_transition_at(d, type, rest, at);
	} else if (text_equal(first, T("clock")) && text_ends_with(rest, T(" warned"))) {
		rule->when = WHEN_CLOCK_WARNED;
		index = clock_at(d, type, text_slice(rest, 0, rest.length - 7), at);
	} else if (text_equal(first, T("clock")) && text_ends_with(rest, T(" breached"))) {
		rule->when = WHEN_CLOCK_BREACHED;
		index = clock_at(d, type, text_slice(rest, 0, rest.length - 9), at);
	} else if (text_equal(first, T("approval")) && text_is_set(rest) && !text_equal(rest, T("changed"))) {
		index = read_approval(d, type, rule, rest, at);
	} else if (text_equal(first, T("task")) && text_is_set(rest) && !text_equal(rest, T("changed"))) {
		read_task(d, type, rule, rest, at);
	} else if (text_equal(rest, T("comes"))) {
		rule->when = WHEN_COMES;
		index = moment_field(d, type, first, at);
	} else if (text_equal(rest, T("changed")) || text_equal(rest, T("raised")) || text_equal(rest, T("lowered"))) {
		struct value name = {
			.kind = VALUE_TEXT, .line = at->line, .column = at->column, .text = first
		};

		rule->when = WHEN_CHANGED;
		index = define_field_at(d, type, &name);
		rule->what = text_equal(rest, T("changed")) ? CHANGED_AT_ALL : text_equal(rest, T("raised")) ? CHANGED_UP : CHANGED_DOWN;
		if (rule->what != CHANGED_AT_ALL && index >= 0 && !has_order(&type->fields[index]))
			define_error(d, at, T("FIELD changed"), "'%.*s' has no order: it is neither raised nor lowered", TEXT_ARG(first));
	} else {
		define_error(d, at, T(DEFINE_WHEN_WORDS), "'%.*s' is nothing that happens", TEXT_ARG(source));
	}
	rule->index = index < 0 ? 0 : (size_t)index;
}

void define_daily(struct define *d, const struct type *type, const struct rule *rule, const struct value_entry *at)
{
	const struct lifecycle *lifecycle = type->lifecycle;

	for (size_t i = 0; rule->when == WHEN_DAILY && lifecycle != NULL && i < lifecycle->state_count; i++)
		if (lifecycle->states[i].group >= GROUP_CLOSED && condition_may_hold(rule->condition, lifecycle, i)) {
			define_error_key(d, at, T("if: state in (...), or state != closed"),
					 "the rule '%.*s' runs every day and would look at all records in '%.*s'",
					 TEXT_ARG(rule->name), TEXT_ARG(lifecycle->states[i].name));
			return;
		}
}
