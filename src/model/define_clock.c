/* Clocks: what starts, pauses and stops them, their goals by condition, and whose calendar they run in. */
#include "model/define_private.h"

#define CLOCK_KEYS "label start stop pause reason continues goals calendar warn"
#define CLOCK_TRIGGERS "created, state STATE, transition TRANSITION, public reply by agent"

static bool read_trigger(struct define *d, const struct type *type, const struct value *item,
			 struct clock_trigger *trigger)
{
	text source = define_scalar(d, item, "a trigger"), rest = source, word;
	ptrdiff_t position;

	if (!text_is_set(source))
		return false;
	if (text_equal(source, T("created"))) {
		trigger->kind = TRIGGER_CREATED;
		return true;
	}
	if (text_equal(source, T("public reply by agent"))) {
		trigger->kind = TRIGGER_PUBLIC_REPLY_BY_AGENT;
		return true;
	}
	text_cut(&rest, ' ', &word);
	if (text_equal(word, T("state")) && text_is_set(rest)) {
		trigger->kind = TRIGGER_STATE;
		position = define_state_at(d, type, rest, item);
	} else if (text_equal(word, T("transition")) && text_is_set(rest)) {
		trigger->kind = TRIGGER_TRANSITION;
		position = define_transition_at(d, type, rest, item);
	} else {
		define_error(d, item, T(CLOCK_TRIGGERS), "'%.*s' is nothing that a clock waits for",
			     TEXT_ARG(source));
		return false;
	}
	trigger->index = position < 0 ? 0 : (size_t)position;
	return position >= 0;
}

static struct clock_trigger *read_triggers(struct define *d, const struct type *type,
					   const struct value *value, size_t *ret_count)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	struct clock_trigger *triggers = arena_new_array(d->arena, struct clock_trigger, count);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (read_trigger(d, type, items[i], &triggers[*ret_count]))
			(*ret_count)++;
	return triggers;
}

static void read_goals(struct define *d, const struct type *type, struct clock_definition *clock,
		       const struct value *node)
{
	size_t count;
	struct value **items = define_list(d, value_get(node, T("goals")), &count);

	clock->goals = arena_new_array(d->arena, struct clock_goal, count);
	for (size_t i = 0; i < count; i++) {
		struct clock_goal *goal = &clock->goals[clock->goal_count];
		text length;

		if (!define_map(d, items[i], "a goal", "when goal"))
			continue;
		if (i > 0 && clock->goal_count > 0 && clock->goals[clock->goal_count - 1].when == NULL)
			define_error(d, items[i], T("the first goal whose condition holds is taken"),
				     "this goal is never taken: the one before it always holds");
		length = define_text(d, items[i], T("goal"));
		goal->when = define_condition(d, type, value_get(items[i], T("when")), CONDITION_RULE);
		if (!duration_parse(length, &goal->goal_ms) || goal->goal_ms <= 0)
			define_error(d,
				     value_get(items[i], T("goal")) == NULL ? items[i]
									    : value_get(items[i], T("goal")),
				     T("write it as 15m, 4h, 1h30m"), "'%.*s' is no length of time",
				     TEXT_ARG(length));
		clock->goal_count++;
	}
}

static void read_calendar(struct define *d, const struct type *type, struct clock_definition *clock,
			  const struct value *node)
{
	const struct value *value = value_get(node, T("calendar"));
	const struct field *field, *calendar;
	ptrdiff_t position;

	clock->calendar_path_field = SIZE_MAX;
	if (value == NULL)
		return;
	position = define_field_at(d, type, value);
	if (position < 0)
		return;
	field = &type->fields[position];
	calendar = field->kind == KIND_LINK && field->target != NULL
		       ? type_field(field->target, T("calendar"))
		       : NULL;
	if (calendar == NULL || calendar->target != d->model->calendar)
		define_error(d, value, T("such as service"), "'%.*s' is no link to something with a calendar",
			     TEXT_ARG(field->name));
	clock->calendar_path_field = (size_t)position;
}

static void read_warnings(struct define *d, struct clock_definition *clock, const struct value *node)
{
	size_t count;
	struct value **items = define_list(d, value_get(node, T("warn")), &count);

	clock->warn_percent = arena_new_array(d->arena, int, count);
	for (size_t i = 0; i < count; i++) {
		int64_t percent = 0,
			before = clock->warn_count == 0 ? 0 : clock->warn_percent[clock->warn_count - 1];

		if (!text_to_integer(define_scalar(d, items[i], "a percentage"), &percent) ||
		    percent <= before || percent > 99)
			define_error(d, items[i], T("warn: [50, 75, 90]"),
				     "warnings are rising percentages from 1 to 99");
		else
			clock->warn_percent[clock->warn_count++] = (int)percent;
	}
}

static void read_clock(struct define *d, const struct type *type, struct clock_definition *clock,
		       const struct value_entry *entry)
{
	const struct value *node = entry->value, *reason;
	ptrdiff_t field;

	clock->name = entry->key;
	clock->pause_reason_field = SIZE_MAX;
	if (!define_map(d, node, "a clock", CLOCK_KEYS))
		return;
	clock->label = define_label(d, node, T("label"), entry->key);
	clock->starts = read_triggers(d, type, value_get(node, T("start")), &clock->start_count);
	clock->stops = read_triggers(d, type, value_get(node, T("stop")), &clock->stop_count);
	if (value_get(node, T("start")) == NULL)
		define_error_key(d, entry, T("start: created"), "the clock '%.*s' never starts",
				 TEXT_ARG(entry->key));
	clock->pause = define_condition(d, type, value_get(node, T("pause")), CONDITION_RULE);
	reason = value_get(node, T("reason"));
	field = reason == NULL ? -1 : define_field_at(d, type, reason);
	if (field >= 0)
		clock->pause_reason_field = (size_t)field;
	clock->continues = define_bool(d, node, T("continues"), false);
	read_goals(d, type, clock, node);
	read_calendar(d, type, clock, node);
	read_warnings(d, clock, node);
}

void define_clocks(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("clocks"));
	struct type *type = draft->type;

	if (section == NULL || !define_names(d, section, "clocks"))
		return;
	type->clocks = arena_new_array(d->arena, struct clock_definition, section->map.count);
	draft->clocks_file = d->file;
	draft->clock_nodes = arena_new_array(d->arena, const struct value_entry *, section->map.count);
	for (size_t i = 0; i < section->map.count; i++) {
		draft->clock_nodes[i] = &section->map.entries[i];
		read_clock(d, type, &type->clocks[type->clock_count++], draft->clock_nodes[i]);
	}
}
