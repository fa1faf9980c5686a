/*
 * Control of edits: fields, states and relations of a record that only change while a record that authorises it (a change being
 * implemented) points at it. Any other edit is marked on the record and in its event, or refused, as the definition says. What the
 * system does itself (rules, timers) is no edit of a person and needs no authority.
 */
#include "engine/step_private.h"

static bool touches_relation(const struct control_definition *control, const struct step *step, const struct work *work)
{
	const struct relation *relation;

	if (!control->relations || (step->kind != EVENT_LINKED && step->kind != EVENT_UNLINKED))
		return false;
	relation = model_relation(work->model, value_get_text(step->payload, T("relation")));
	return relation != NULL && relation->impact != IMPACT_NONE;
}

static bool is_controlled(const struct control_definition *control, const struct step *step, const struct work *work)
{
	for (size_t i = 0; i < step->type->field_count; i++)
		if (control->fields[i] && step->changed[i])
			return true;
	for (size_t i = 0; i < step->link_count; i++)
		if (control->fields[step->links[i].field->position])
			return true;
	return touches_relation(control, step, work);
}

/* A record of `by` that points at this one (and for which `when` holds, unless any will do); *ret_number unset: there is none. */
static struct error *find_authority(struct work *work, const struct record *record, text only, bool any_state, text *ret_number)
{
	const struct control_definition *control = record->type->control;
	text source = text_format(work->arena, "%.*s = %.*s", TEXT_ARG(control->by->fields[control->by_field].name),
	                          TEXT_ARG(condition_quote(work->arena, record_number(record))));
	struct condition *points;
	struct record_page found;

	if (text_is_set(only))
		source = text_format(work->arena, "%.*s and number = %.*s", TEXT_ARG(source), TEXT_ARG(condition_quote(work->arena, only)));
	TRY(condition_parse(work->arena, work->model, control->by, source, CONDITION_RULE, &points));
	struct query query = { .type = control->by, .everything = true, .limit = 1,
		               .where = any_state ? points : condition_and(work->arena, points, control->when) };
	access_rule_context(work, &query.context);
	TRY(model_find(work, &query, &found));
	*ret_number = found.count == 0 ? TEXT_UNSET : record_number(found.records[0]);
	return NULL;
}

static struct error *refusal(struct work *work, const struct record *record)
{
	const struct control_definition *control = record->type->control;
	text label = label_in(&control->by->label, work->language);
	struct error *error = error_new(work->arena, ERROR_CONFLICT, "%.*s is under control: no %.*s allows this edit now",
	                                TEXT_ARG(record_number(record)), TEXT_ARG(control->by->name));

	return error_hint(work->arena, error, "put it into '%.*s' of a %.*s that is being implemented",
	                  TEXT_ARG(control->by->fields[control->by_field].name), TEXT_ARG(label));
}

static void set_now(struct step *step, size_t field, struct cell cell)
{
	step_set(step, field, cell);
	step->record->cells[field] = cell;
}

/* The first unauthorised edit stays the one that is named, until it is cleared. */
static void mark(struct step *step, struct work *work, const struct control_definition *control)
{
	bool first = step->record->cells[control->flag].kind != CELL_INTEGER || step->record->cells[control->flag].integer == 0;

	value_set_bool(work->arena, step->payload, T("unauthorised"), true);
	if (!first)
		return;
	set_now(step, control->flag, cell_integer(1));
	if (control->at >= 0)
		set_now(step, (size_t)control->at, cell_moment(work->now));
	if (control->who >= 0)
		set_now(step, (size_t)control->who, cell_id(work->actor->id));
}

struct error *control_check(struct step *step, struct work *work, struct record *before)
{
	const struct control_definition *control = step->type->control;
	bool holds;
	text by;

	if (control == NULL || work->actor->kind == ACTOR_SYSTEM || !is_controlled(control, step, work))
		return NULL;
	TRY(rule_holds(work, control->where, before, &holds));
	if (!holds)
		return NULL;
	TRY(find_authority(work, before, TEXT_UNSET, false, &by));
	if (!text_is_set(by) && control->refuse)
		return refusal(work, before);
	if (step->payload == NULL)
		step->payload = value_map(work->arena);
	if (text_is_set(by))
		value_set_text(work->arena, step->payload, T("authorised_by"), by);
	else
		mark(step, work, control);
	return NULL;
}

/* The number as the record has it; unset when there is none that the actor may read. */
static struct error *find_readable(struct work *work, const struct type *type, text number, text *ret_number)
{
	struct record_name name;
	int64_t id;

	*ret_number = TEXT_UNSET;
	TRY(model_find_id(work, type, number, &id));
	if (id != 0)
		TRY(access_name(work, type, id, &name));
	if (id != 0 && text_is_set(name.number))
		*ret_number = name.number;
	return NULL;
}

static struct error *check_clear(struct work *work, const struct record *record, text comment)
{
	const struct control_definition *control = record->type->control;

	if (control == NULL || record->cells[control->flag].kind != CELL_INTEGER || record->cells[control->flag].integer == 0)
		return error_new(work->arena, ERROR_CONFLICT, "%.*s has no unauthorised edits", TEXT_ARG(record_number(record)));
	if (work->actor->kind != ACTOR_SYSTEM && (work->actor->roles & control->clear) == 0)
		return error_new(work->arena, ERROR_FORBIDDEN, "you may not say that unauthorised edits were right");
	return text_is_set(comment) ? comment_check(work, comment) : NULL;
}

struct error *engine_control_clear(struct work *work, const struct type *type, text number, text comment, text by_number,
                                   struct record **ret_record)
{
	struct record *record;
	struct step step;
	text by = TEXT_UNSET;

	TRY(engine_lock(work, type, number, &record));
	TRY(check_clear(work, record, comment));
	if (!text_is_set(comment) && !text_is_set(by_number))
		return error_field(error_new(work->arena, ERROR_INVALID, "say why it was right, or which %.*s authorises it",
		                             TEXT_ARG(record->type->control->by->name)),
		                   T("comment"));
	if (text_is_set(by_number)) {
		TRY(find_readable(work, record->type->control->by, by_number, &by));
		if (text_is_set(by))
			TRY(find_authority(work, record, by, true, &by));
		if (!text_is_set(by))
			return error_hint(work->arena,
			                  error_field(error_new(work->arena, ERROR_INVALID, "no %.*s '%.*s' has %.*s in '%.*s'",
			                                        TEXT_ARG(record->type->control->by->name), TEXT_ARG(by_number),
			                                        TEXT_ARG(record_number(record)),
			                                        TEXT_ARG(record->type->control->by->fields[record->type->control->by_field].name)),
			                              T("by")),
			                  "put the item into that record first");
	}
	step_init(&step, work, record, EVENT_UPDATED);
	step_set(&step, record->type->control->flag, cell_integer(0));
	if (record->type->control->at >= 0)
		step_set(&step, (size_t)record->type->control->at, cell_null());
	if (record->type->control->who >= 0)
		step_set(&step, (size_t)record->type->control->who, cell_null());
	step.payload = value_map(work->arena);
	value_set_bool(work->arena, step.payload, T("cleared"), true);
	if (text_is_set(by))
		value_set_text(work->arena, step.payload, T("authorised_by"), by);
	step.comment = comment;
	step.visibility = VISIBLE_INTERNAL;
	TRY(step_save(&step, work));
	*ret_record = step.record;
	return NULL;
}
