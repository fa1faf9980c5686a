/*
 * Whether a lifecycle can work: what the reader of a definition would otherwise learn from a record that is
 * stuck. Looks at states as a graph and at conditions as far as they speak of the state; everything else may
 * be true or false. Nothing here depends on one practice. (Soundness with approvals, tasks and timers
 * together builds on these findings.)
 */
#include "model/sound_private.h"

#define BIT(position) (UINT64_C(1) << (position))

struct check {
	struct define *d;
	struct draft *draft;
	const struct type *type;
	const struct lifecycle *lifecycle;
};

/* ---- transitions ---- */

static uint64_t permitted_roles(const struct transition *transition)
{
	uint64_t roles = 0;

	for (size_t i = 0; i < transition->permit_count; i++)
		roles |= transition->permits[i].roles;
	return roles;
}

static bool timer_permitted(const struct transition *transition)
{
	for (size_t i = 0; i < transition->permit_count; i++)
		if (transition->permits[i].timer)
			return true;
	return false;
}

static bool approval_permitted(const struct transition *transition)
{
	for (size_t i = 0; i < transition->permit_count; i++)
		if (transition->permits[i].approval)
			return true;
	return false;
}

static bool tasks_permitted(const struct transition *transition)
{
	for (size_t i = 0; i < transition->permit_count; i++)
		if (transition->permits[i].tasks)
			return true;
	return false;
}

static bool an_approval_takes(const struct type *type, size_t transition)
{
	for (size_t i = 0; i < type->approval_count; i++) {
		const struct approval_definition *approval = &type->approvals[i];

		if (approval->approved == (ptrdiff_t)transition || approval->rejected == (ptrdiff_t)transition ||
		    approval->expired == (ptrdiff_t)transition || approval->voided == (ptrdiff_t)transition)
			return true;
	}
	return false;
}

/* The section tasks says which transitions their end takes; those of a task itself are taken by what it waits for. */
static bool engine_takes_for_tasks(const struct check *check, size_t transition)
{
	const struct tasks_definition *tasks = check->type->tasks;

	if (check->type == model_type(check->d->model, T("work_task")))
		return true;
	return tasks != NULL && (tasks->done == (ptrdiff_t)transition || tasks->failed == (ptrdiff_t)transition);
}

static bool a_rule_takes(const struct type *type, size_t transition)
{
	for (size_t i = 0; i < type->rule_count; i++)
		for (size_t j = 0; j < type->rules[i].action_count; j++)
			if (type->rules[i].actions[j].kind == ACTION_TRANSITION &&
			    type->rules[i].actions[j].transition == transition)
				return true;
	return false;
}

/* Roles that hold one of these by inclusion hold its rights. */
static bool role_has(const struct define *d, uint64_t role_bits, size_t wanted)
{
	for (size_t i = 0; i < d->model->role_count; i++)
		if ((role_bits & BIT(i)) != 0 && (d->model->roles[i].includes & BIT(wanted)) != 0)
			return true;
	return false;
}

static bool any_may_write(const struct check *check, uint64_t roles, size_t field)
{
	const struct type *type = check->type;

	for (size_t role = 0; role < check->d->model->role_count; role++)
		if (role_has(check->d, roles, role) &&
		    type->field_access[role * type->field_count + field].write)
			return true;
	return false;
}

static bool any_may_comment(const struct check *check, uint64_t roles)
{
	for (size_t i = 0; i < check->type->grant_count; i++) {
		const struct grant *grant = &check->type->grants[i];

		if ((grant->right == RIGHT_COMMENT || grant->right == RIGHT_NOTE) &&
		    role_has(check->d, roles, grant->role))
			return true;
	}
	return false;
}

static bool may_be_met(const struct check *check, const struct need *need, uint64_t roles)
{
	bool met = need->comment && any_may_comment(check, roles);

	for (size_t i = 0; i < need->field_count; i++)
		met = met || any_may_write(check, roles, need->fields[i]) ||
		      check->type->fields[need->fields[i]].set_by_engine; /* told by itself */
	return met;
}

static text needed_name(const struct check *check, const struct need *need)
{
	return need->comment ? T("a comment") : check->type->fields[need->fields[0]].name;
}

static void check_needs(struct check *check, const struct transition *transition,
			const struct value_entry *at)
{
	uint64_t roles = permitted_roles(transition);

	for (size_t i = 0; i < transition->need_count; i++) {
		const struct need *need = &transition->needs[i];

		for (size_t j = 0; j < need->field_count; j++)
			if (check->type->fields[need->fields[j]].set_by_engine)
				define_error_key(check->d, at, TEXT_UNSET, "'%.*s' needs '%.*s', which only the system sets",
						 TEXT_ARG(transition->name),
						 TEXT_ARG(check->type->fields[need->fields[j]].name));
		if (roles != 0 && !may_be_met(check, need, roles))
			define_error_key(check->d, at, T("let one of its roles write it, under rights"),
					 "'%.*s' needs %.*s, which none of its roles may write",
					 TEXT_ARG(transition->name), TEXT_ARG(needed_name(check, need)));
	}
}

static void check_permits(struct check *check, size_t position, const struct value_entry *at)
{
	const struct transition *transition = &check->lifecycle->transitions[position];
	uint64_t roles = permitted_roles(transition);
	bool approval = approval_permitted(transition), tasks = tasks_permitted(transition);

	if (approval && !an_approval_takes(check->type, position))
		define_error_key(check->d, at, T("name it under approvals: approved, rejected, expired or voided"),
				 "no approval takes the transition '%.*s'", TEXT_ARG(transition->name));
	if (tasks && !engine_takes_for_tasks(check, position))
		define_error_key(check->d, at, T("name it in the section tasks: done or failed"),
				 "the end of the tasks never takes '%.*s'", TEXT_ARG(transition->name));
	if (!approval && !tasks && roles == 0 && !timer_permitted(transition))
		define_error_key(check->d, at, T("by: ROLE"), "nobody may take the transition '%.*s'",
				 TEXT_ARG(transition->name));
	else if (!approval && !tasks && roles == 0 && !a_rule_takes(check->type, position))
		define_error_key(check->d, at, T("add a rule under automation, or a role under by"),
				 "no rule takes the transition '%.*s', and nobody else may",
				 TEXT_ARG(transition->name));
}

static void check_transitions(struct check *check)
{
	for (size_t i = 0; i < check->lifecycle->transition_count; i++) {
		const struct transition *transition = &check->lifecycle->transitions[i];
		const struct value_entry *at = check->draft->transition_nodes[i];

		check_permits(check, i, at);
		check_needs(check, transition, at);
		for (size_t j = 0; j < transition->ask_count; j++)
			if (check->type->fields[transition->asks[j]].set_by_engine)
				define_error_key(check->d, at, TEXT_UNSET,
						 "'%.*s' asks for '%.*s', which only the system sets",
						 TEXT_ARG(transition->name),
						 TEXT_ARG(check->type->fields[transition->asks[j]].name));
	}
}

/* ---- rules ---- */

struct ever_set {
	size_t field;
	bool set;
};

static void see_setting(void *data, const struct setting *setting, bool foreign)
{
	struct ever_set *ever = data;

	(void)foreign;
	ever->set = ever->set || (setting->field == ever->field && setting->how != SET_UNSET);
}

static bool is_ever_set(const struct check *check, size_t position)
{
	const struct type *type = check->type;
	const struct field *field = &type->fields[position];
	struct ever_set ever = { position, !field->set_by_engine || field->system || field->decision != NULL ||
					       engine_writes(type, field) || (ptrdiff_t)position == type->approvers };

	each_setting(check->d->model, type, see_setting, &ever);
	return ever.set;
}

static void check_each(struct check *check, const struct rule *rule, const struct action *action,
		       const struct value_entry *at)
{
	const struct transition *transition;

	if (action->each_transition < 0)
		return;
	transition = &action->type->lifecycle->transitions[action->each_transition];
	if (!timer_permitted(transition))
		define_error_key(check->d, at, T("add timer to its by"), "the rule '%.*s' may not take '%.*s' of %.*s",
				 TEXT_ARG(rule->name), TEXT_ARG(transition->name), TEXT_ARG(action->type->name));
}

static void check_rule(struct check *check, const struct rule *rule, const struct value_entry *at)
{
	if ((rule->when == WHEN_AFTER || rule->when == WHEN_COMES || rule->when == WHEN_BEFORE || rule->when == WHEN_CHANGED) &&
	    !is_ever_set(check, rule->index))
		define_error_key(check->d, at, T("set it in a transition or a rule"),
				 "the rule '%.*s' waits for '%.*s', which nothing sets", TEXT_ARG(rule->name),
				 TEXT_ARG(check->type->fields[rule->index].name));
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct transition *transition;

		if (rule->actions[i].kind == ACTION_EACH)
			check_each(check, rule, &rule->actions[i], at);
		if (rule->actions[i].kind != ACTION_TRANSITION)
			continue;
		transition = &check->lifecycle->transitions[rule->actions[i].transition];
		if (!timer_permitted(transition))
			define_error_key(check->d, at, T("add timer to its by"),
					 "the rule '%.*s' may not take '%.*s'", TEXT_ARG(rule->name),
					 TEXT_ARG(transition->name));
	}
}

/* ---- fields ---- */

/* A required field that nobody who creates may fill would make creating impossible. */
static void check_required(struct check *check)
{
	const struct type *type = check->type;
	uint64_t creators = 0;

	for (size_t i = 0; i < type->grant_count; i++)
		if (type->grants[i].right == RIGHT_CREATE)
			creators |= BIT(type->grants[i].role);
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count && creators != 0; i++) {
		const struct field *field = &type->fields[i];

		if (!field->required || field->has_default || field->default_me || field->decision != NULL ||
		    any_may_write(check, creators, i))
			continue;
		check->d->file = check->draft->field_files[i];
		define_error(check->d, check->draft->field_nodes[i],
			     T("give it a default, or let a role that creates write it"),
			     "'%.*s' is required, but nobody who creates may write it",
			     TEXT_ARG(field->name));
	}
}

void define_check(struct define *d, struct draft *draft)
{
	struct check check = {
		.d = d, .draft = draft, .type = draft->type, .lifecycle = draft->type->lifecycle
	};

	if (draft->type->abstract)
		return;
	check_required(&check);
	if (check.lifecycle == NULL)
		return;
	d->file = draft->lifecycle_file;
	check_transitions(&check);
	d->file = draft->rules_file;
	for (size_t i = 0; i < check.type->rule_count; i++)
		check_rule(&check, &check.type->rules[i], draft->rule_nodes[i]);
}

/* Who may write follows the newest version: it may take from the records of an older one what that asks of them. */
static void note_narrowed(struct check *check, const struct transition *transition, const struct value_entry *at)
{
	struct model *model = check->d->model;
	uint64_t roles = permitted_roles(transition);

	for (size_t i = 0; i < transition->need_count; i++) {
		const struct need *need = &transition->needs[i];
		struct error *error;

		if (roles == 0 || may_be_met(check, need, roles))
			continue;
		error = error_new(check->d->arena, ERROR_DEFINITION, "'%.*s' needs %.*s, which none of its roles may write any more",
				  TEXT_ARG(transition->name), TEXT_ARG(needed_name(check, need)));
		model->narrowed = error_append(model->narrowed,
					       error_place(error, (struct place){ check->d->file->path, at->line, at->column }));
	}
}

void define_check_older(struct define *d)
{
	for (size_t i = 0; i < d->older_count; i++) {
		struct draft *older = &d->older[i];
		struct check check = { .d = d, .draft = older, .type = older->type, .lifecycle = older->type->lifecycle };

		d->file = older->lifecycle_file;
		for (size_t j = 0; check.lifecycle != NULL && j < check.lifecycle->transition_count; j++)
			note_narrowed(&check, &check.lifecycle->transitions[j], older->transition_nodes[j]);
	}
}
