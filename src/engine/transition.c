/* Steps of the lifecycle: who may, from where, under which guard, with what, and what follows by itself. */
#include "engine/step_private.h"

static bool cell_is_set(const struct cell *cell)
{
	return cell->kind != CELL_NULL && !(cell->kind == CELL_TEXT && text_is_empty(text_trim(cell->text)));
}

/* The field as it will be; `step` NULL: as it is. Links are rows of their own, not cells. */
static struct error *field_is_set(struct work *work, const struct step *step, const struct record *record, const struct field *field,
                                  bool *ret_set)
{
	int64_t *ids;
	size_t count;

	*ret_set = cell_is_set(&record->cells[field->position]);
	if (field->kind != KIND_LINKS)
		return NULL;
	for (size_t i = 0; step != NULL && i < step->link_count; i++)
		if (step->links[i].field->position == field->position) {
			*ret_set = step->links[i].count > 0;
			return NULL;
		}
	TRY(record_links(work, record, field, &ids, &count));
	*ret_set = count > 0;
	return NULL;
}

/* What the record's class lacks altogether is not needed of it. */
static struct error *need_is_met(struct work *work, const struct step *step, const struct need *need, const struct record *record,
                                 bool *ret_met)
{
	bool had = false;

	for (size_t i = 0; i < need->field_count; i++) {
		const struct field *field = &record->type->fields[need->fields[i]];
		TRY(field_is_set(work, step, record, field, ret_met));
		if (*ret_met)
			return NULL;
		had = had || record_has_field(record, field);
	}
	*ret_met = !had;
	return NULL;
}

/* "assign needs team or assignee" */
static struct error *need_error(const struct step *step, struct work *work, const struct need *need)
{
	text names = TEXT_UNSET;

	if (need->comment)
		return error_field(error_new(work->arena, ERROR_INVALID, "%.*s needs a comment", TEXT_ARG(step->transition->name)),
		                   T("comment"));
	for (size_t i = 0; i < need->field_count; i++) {
		text name = step->type->fields[need->fields[i]].name;
		names = i == 0 ? name : text_format(work->arena, "%.*s or %.*s", TEXT_ARG(names), TEXT_ARG(name));
	}
	return error_field(error_new(work->arena, ERROR_INVALID, "%.*s needs %.*s", TEXT_ARG(step->transition->name),
	                             TEXT_ARG(names)),
	                   step->type->fields[need->fields[0]].name);
}

/* Every need of the transition against the record as it will be; *ret_public: a comment must be public. */
static struct error *check_needs(const struct step *step, struct work *work, const struct transition *asked,
                                 struct error **ret_errors, bool *ret_public)
{
	struct record *result = step_result(step, work);

	for (size_t i = 0; i < asked->need_count; i++) {
		const struct need *need = &asked->needs[i];
		bool needed, is_public = need->comment_public;

		TRY(rule_holds(work, need->when, result, &needed));
		if (!needed)
			continue;
		if (need->comment && need->public_when != NULL)
			TRY(rule_holds(work, need->public_when, result, &is_public));
		*ret_public |= need->comment && is_public;
		bool told = false;
		for (size_t j = 0; j < need->field_count; j++)
			told = told || step->refused[need->fields[j]];
		if (told)
			continue;
		bool met = text_is_set(step->comment);
		if (!need->comment)
			TRY(need_is_met(work, step, need, result, &met));
		if (!met)
			*ret_errors = error_append(*ret_errors, need_error(step, work, need));
	}
	return NULL;
}

/* The fields that may be sent along: those needed or asked for, where this person may write them. */
static struct error *allow_fields(struct work *work, struct record *record, const struct transition *transition, bool *ret_allowed)
{
	const struct type *type = record->type;

	for (size_t i = 0; i < transition->need_count; i++)
		for (size_t j = 0; j < transition->needs[i].field_count; j++)
			ret_allowed[transition->needs[i].fields[j]] = true;
	for (size_t i = 0; i < transition->ask_count; i++)
		ret_allowed[transition->asks[i]] = true;
	if (work->actor->kind == ACTOR_SYSTEM)
		return NULL;
	for (size_t i = 0; i < type->field_count; i++) {
		ret_allowed[i] = ret_allowed[i] && access_field_writable(work, type, &type->fields[i]) && !record_is_fixed(work->model, record, i);
		if (ret_allowed[i])
			TRY(access_field_opens(work, record, &type->fields[i], &ret_allowed[i]));
	}
	return NULL;
}

/* Sets what the transition sets, on the record as it will be, and saves. */
static struct error *take(struct step *step, struct work *work)
{
	step_set(step, FIELD_STATE, cell_integer((int64_t)step->transition->to));
	struct record *result = step_result(step, work);

	result->cells[FIELD_STATE] = step->record->cells[FIELD_STATE];
	struct value *missing = value_list(work->arena);
	TRY(engine_evaluate_settings(work, step->type, result, step->transition->sets, step->transition->set_count, step->changed,
	                             step->cells, missing));
	step_note_missing(step, work, missing);
	TRY(step_decide(step, work, false));
	return step_save(step, work);
}

static struct error *find_transition(struct work *work, const struct type *type, text name, const struct transition **ret_found)
{
	int position = type->lifecycle == NULL ? -1 : lifecycle_transition(type->lifecycle, name);

	if (position < 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no transition '%.*s'", TEXT_ARG(type->name), TEXT_ARG(name));
	*ret_found = &type->lifecycle->transitions[position];
	return NULL;
}

/* ---- guards that speak of what comes with the step ---- */

struct mention {
	const struct transition *transition;
	bool found;
};

static void look_at_field(void *data, size_t field)
{
	struct mention *mention = data;
	const struct transition *transition = mention->transition;

	for (size_t i = 0; i < transition->ask_count; i++)
		mention->found = mention->found || transition->asks[i] == field;
	for (size_t i = 0; i < transition->need_count; i++)
		for (size_t k = 0; k < transition->needs[i].field_count; k++)
			mention->found = mention->found || transition->needs[i].fields[k] == field;
}

/* A guard on a field that is needed or asked for sees what is sent: it can be decided only then. */
static bool guard_is_late(const struct transition *transition)
{
	struct mention mention = { transition, false };

	if (transition->guard != NULL)
		condition_each_field(transition->guard, look_at_field, &mention);
	return mention.found;
}

/* As access_transition(), without a guard that cannot be decided yet. */
static struct error *ask_transition(struct work *work, struct record *record, const struct transition *transition,
                                    enum transition_answer *ret_answer, text *ret_why)
{
	struct transition early = *transition;

	if (guard_is_late(transition))
		early.guard = NULL;
	return access_transition(work, record, &early, ret_answer, ret_why);
}

/* `fresh`: the collision found now, where the type keeps one. */
static struct error *check_late_guard(const struct step *step, struct work *work, struct cell fresh)
{
	const struct transition *transition = step->transition;
	const struct schedule_definition *schedule = work->model->types[step->type->position].schedule;
	struct record *result = step_result(step, work);
	bool holds;

	if (!guard_is_late(transition))
		return NULL;
	if (schedule != NULL && schedule->found >= 0)
		result->cells[schedule->found] = fresh;
	TRY(rule_holds(work, transition->guard, result, &holds));
	if (holds)
		return NULL;
	return error_new(work->arena, ERROR_CONFLICT, "%.*s",
	                 TEXT_ARG(text_is_set(transition->guard_message) ? transition->guard_message : T("its condition does not hold")));
}

struct error *engine_transition(struct work *work, const struct type *type, text number, text transition,
                                int64_t expected_version, const struct value *input, struct record **ret_record)
{
	enum transition_answer answer;
	struct error *errors;
	struct record *record;
	struct step step;
	bool is_public = false;
	text why = TEXT_UNSET;

	TRY(engine_lock(work, type, number, &record));
	step_init(&step, work, record, EVENT_TRANSITION);
	TRY(find_transition(work, record->type, transition, &step.transition)); /* of the version it runs on */
	struct cell found;
	TRY(schedule_refresh(work, record, &found));
	TRY(ask_transition(work, record, step.transition, &answer, &why));
	struct cell fresh = cell_null();
	if (type->schedule != NULL && type->schedule->found >= 0) {
		fresh = record->cells[type->schedule->found];
		record->cells[type->schedule->found] = found;
	}
	if (answer == TRANSITION_NEVER)
		return error_new(work->arena, ERROR_FORBIDDEN, "%.*s", TEXT_ARG(why));
	/* Who looked at an older version is told so, rather than why that version's step is gone. */
	TRY(version_check(work, record, expected_version, input));
	if (answer == TRANSITION_NOT_NOW)
		return error_new(work->arena, ERROR_CONFLICT, "%.*s", TEXT_ARG(why));
	TRY(tasks_check_waits(work, record, step.transition));
	TRY(task_check_transition(work, record, step.transition));
	const struct transition *asked = task_transition(work, record, step.transition);
	bool *allowed = arena_new_array(work->arena, bool, type->field_count);
	TRY(allow_fields(work, record, asked, allowed));
	errors = step_read(&step, work, input, allowed, true);
	if (errors != NULL && errors->code != ERROR_INVALID)
		return errors;
	TRY(check_needs(&step, work, asked, &errors, &is_public));
	errors = error_append(errors, step_check_required(&step, work, true));
	errors = error_append(errors, step_check_classes(&step, work));
	if (errors != NULL)
		return errors;
	TRY(check_late_guard(&step, work, fresh));
	TRY(step_settle_comment(&step, work, record, is_public));
	TRY(take(&step, work));
	*ret_record = step.record;
	return NULL;
}

struct error *engine_apply_transition(struct work *work, struct record *record, const struct transition *transition,
                                      const bool *changed, const struct cell *cells, text comment, enum visibility visibility,
                                      text rule)
{
	struct step step;
	bool holds;

	if (!state_in(transition->from, (size_t)record_state(record)))
		return error_new(work->arena, ERROR_CONFLICT, "%.*s is not possible in this state", TEXT_ARG(transition->name));
	TRY(rule_holds(work, transition->guard, record, &holds));
	if (!holds)
		return error_new(work->arena, ERROR_CONFLICT, "the guard of %.*s does not hold", TEXT_ARG(transition->name));
	TRY(tasks_check_waits(work, record, transition));
	step_init(&step, work, record, EVENT_TRANSITION);
	step.transition = transition;
	step.comment = comment;
	step.visibility = visibility;
	step.rule = rule;
	for (size_t i = FIELD_SYSTEM_COUNT; changed != NULL && i < record->type->field_count; i++)
		if (changed[i])
			step_set(&step, i, cells[i]);
	return take(&step, work);
}

static struct error *open_needs(struct work *work, struct record *record, const struct transition *transition, bool *ret_needed)
{
	for (size_t i = 0; i < transition->need_count; i++) {
		const struct need *need = &transition->needs[i];

		TRY(rule_holds(work, need->when, record, &ret_needed[i]));
		bool met = false;
		if (!need->comment && ret_needed[i])
			TRY(need_is_met(work, NULL, need, record, &met));
		if (met)
			ret_needed[i] = false;
	}
	return NULL;
}

struct error *engine_transitions(struct work *work, struct record *record, struct open_transition **ret_transitions,
                                 size_t *ret_count)
{
	const struct lifecycle *lifecycle = record->type->lifecycle;
	size_t all = lifecycle == NULL ? 0 : lifecycle->transition_count, count = 0;
	struct open_transition *open = arena_new_array(work->arena, struct open_transition, all + 1);

	for (size_t i = 0; i < all; i++) {
		const struct transition *transition = &lifecycle->transitions[i];
		enum transition_answer answer;
		bool held = false;
		text why;

		if (!state_in(transition->from, (size_t)record_state(record)))
			continue;
		TRY(ask_transition(work, record, transition, &answer, &why));
		if (answer == TRANSITION_ALLOWED)
			TRY(tasks_hold_back(work, record, transition, &held));
		if (answer != TRANSITION_ALLOWED || held)
			continue;
		transition = task_transition(work, record, transition);
		open[count].transition = transition;
		open[count].needed = arena_new_array(work->arena, bool, transition->need_count + 1);
		TRY(open_needs(work, record, transition, open[count].needed));
		count++;
	}
	*ret_transitions = open;
	*ret_count = count;
	return NULL;
}
