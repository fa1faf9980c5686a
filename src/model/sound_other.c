/*
 * Conditions that are asked of records from elsewhere: by the rules of other types, by views, rights and links. Those that can hold
 * of no record are told where they stand.
 */
#include "model/sound_private.h"

static text quoted(const struct sound *sound, const struct condition *condition)
{
	return text_format(sound->d->error_arena, "it says: %.*s", TEXT_ARG(condition_print(sound->arena, condition)));
}

/* Whether it can hold of some record that there is; also the step, when there is one. */
static bool is_met(struct sound *sound, const struct condition *condition, const struct transition *step)
{
	struct claim claims[] = { { condition, true }, { step == NULL ? NULL : step->guard, true } };

	for (size_t i = 0; i < sound->count; i++) {
		struct facts facts = sound_facts(sound, &sound->situations[i]);

		if ((step == NULL || state_in(step->from, sound->situations[i].state)) &&
		    logic_possible(&sound->logic, claims, array_length(claims), &facts))
			return true;
	}
	return false;
}

/* ---- rules ---- */

static void check_each(struct sound *sound, const struct type *type, size_t rule, const struct action *action)
{
	struct sound place = { .d = sound->d, .draft = &sound->d->drafts[type->position], .type = type };
	const struct transition *step =
	    action->each_transition < 0 ? NULL : &sound->lifecycle->transitions[action->each_transition];
	const struct value_entry *at;

	if (is_met(sound, action->each_when, step))
		return;
	at = sound_at_rule(&place, rule);
	if (action->each_when != NULL && !is_met(sound, action->each_when, NULL))
		define_error_key(sound->d, at, quoted(sound, action->each_when),
				 "the rule '%.*s' never finds a record of %.*s: its 'where' can never hold",
				 TEXT_ARG(type->rules[rule].name), TEXT_ARG(sound->type->name));
	else if (step != NULL)
		define_error_key(sound->d, at,
				 action->each_when == NULL ? TEXT_UNSET : quoted(sound, action->each_when),
				 "the rule '%.*s' can never take '%.*s' of %.*s: it leaves none of the states in which its 'where' holds",
				 TEXT_ARG(type->rules[rule].name), TEXT_ARG(step->name), TEXT_ARG(sound->type->name));
}

static void check_link(struct sound *sound, const struct type *type, size_t rule)
{
	struct sound place = { .d = sound->d, .draft = &sound->d->drafts[type->position], .type = type };
	const struct condition *where = type->rules[rule].other_where;

	if (where == NULL || where->type != sound->type || is_met(sound, where, NULL))
		return;
	define_error_key(sound->d, sound_at_rule(&place, rule), quoted(sound, where),
			 "the rule '%.*s' can never fire: its 'where' can never hold", TEXT_ARG(type->rules[rule].name));
}

static void check_rules_of(struct sound *sound, const struct type *type)
{
	for (size_t i = 0; i < type->rule_count; i++) {
		check_link(sound, type, i);
		for (size_t j = 0; j < type->rules[i].action_count; j++) {
			const struct action *action = &type->rules[i].actions[j];

			if (action->kind == ACTION_EACH && action->type == sound->type)
				check_each(sound, type, i, action);
		}
	}
}

void sound_check_others(struct sound *sound)
{
	const struct model *model = sound->d->model;

	sound->logic.gave_up = false;
	for (size_t i = 0; i < model->type_count; i++)
		if (!model->types[i].abstract)
			check_rules_of(sound, &model->types[i]);
}

/* ---- views, rights and links ---- */

/* In any state at all. */
static bool can_hold(struct sound *sound, const struct condition *condition)
{
	size_t states = sound->lifecycle == NULL ? 1 : sound->lifecycle->state_count;

	for (size_t i = 0; i < states; i++)
		if (logic_may_hold(&sound->logic, condition, &(struct facts){ .state = i }))
			return true;
	return false;
}

static const struct value_entry *entry_of(const struct value *map, text key)
{
	for (size_t i = 0; map != NULL && map->kind == VALUE_MAP && i < map->map.count; i++)
		if (text_equal(map->map.entries[i].key, key))
			return &map->map.entries[i];
	return NULL;
}

static void check_views(struct sound *sound)
{
	const struct value *views = define_section(sound->d, sound->draft, T("views"));

	for (size_t i = 0; i < sound->type->view_count; i++) {
		const struct view *view = &sound->type->views[i];
		const struct value_entry *at = entry_of(views, view->name);

		if (at != NULL && view->condition != NULL && !can_hold(sound, view->condition))
			define_error_key(sound->d, sound_at_key(at, T("where")), quoted(sound, view->condition),
					 "the view '%.*s' is always empty: its condition can never hold", TEXT_ARG(view->name));
	}
}

static void check_rights(struct sound *sound)
{
	const struct value *rights = define_section(sound->d, sound->draft, T("rights"));

	for (size_t i = 0; i < sound->type->grant_count; i++) {
		const struct grant *grant = &sound->type->grants[i];
		const struct value_entry *at = entry_of(rights, sound->d->model->roles[grant->role].name);

		for (size_t j = 0; at != NULL && j < grant->branch_count; j++)
			if (grant->branches[j] != NULL && !can_hold(sound, grant->branches[j]))
				define_error_key(sound->d, sound_at_key(at, right_name(grant->right)), quoted(sound, grant->branches[j]),
						 "a right of '%.*s' is never given: its condition can never hold", TEXT_ARG(at->key));
	}
}

static void check_offers(struct sound *sound, const struct draft *draft)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < draft->type->field_count; i++) {
		const struct field *field = &draft->type->fields[i];

		if (field->offer == NULL || field->offer->type != sound->type || draft->field_nodes[i] == NULL ||
		    can_hold(sound, field->offer))
			continue;
		sound->d->file = draft->field_files[i];
		define_error(sound->d, draft->field_nodes[i], quoted(sound, field->offer),
			     "'%.*s' offers nothing: its condition can never hold", TEXT_ARG(field->name));
	}
}

void sound_check_shown(struct sound *sound)
{
	check_views(sound);
	check_rights(sound);
	for (size_t i = 0; i < sound->d->model->type_count; i++)
		check_offers(sound, &sound->d->drafts[i]);
}
