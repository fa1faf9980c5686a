/*
 * People in a situation: fields that only steps set, to who takes them or to each other. Of two of them it is known whether they are
 * the same, so that "who implemented it may not review it" is followed along every way. And approvals whose people are all left out.
 */
#include "model/sound_private.h"

#define PEOPLE_MAX 4

struct candidates {
	const struct sound *sound;
	size_t fields[PEOPLE_MAX];
	size_t count;
	const struct field *field; /* the one that is looked at */
	size_t known, other;
};

static bool is_candidate(const struct candidates *people, size_t field)
{
	for (size_t i = 0; i < people->count; i++)
		if (people->fields[i] == field)
			return true;
	return false;
}

static void count_setting(void *data, const struct setting *setting, bool foreign)
{
	struct candidates *people = data;

	if (setting->field != people->field->position)
		return;
	if (!foreign && (setting->how == SET_ME || setting->how == SET_UNSET ||
			 (setting->how == SET_FIELD && is_candidate(people, setting->from))))
		people->known++;
	else
		people->other++;
}

static bool sets_me(const struct setting *settings, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (settings[i].field == field && settings[i].how == SET_ME)
			return true;
	return false;
}

/* Only a person who takes a transition is `me`: not what runs by itself. */
static bool is_set_by_nobody(const struct sound *sound, size_t field)
{
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[i];
		bool people = !sound->foreign[i];

		for (size_t j = 0; j < transition->permit_count; j++)
			people = people && transition->permits[j].roles != 0;
		if (!people && sets_me(transition->sets, transition->set_count, field))
			return true;
	}
	for (size_t i = 0; i < sound->type->rule_count; i++)
		for (size_t j = 0; j < sound->type->rules[i].action_count; j++) {
			const struct action *action = &sound->type->rules[i].actions[j];

			if ((action->kind == ACTION_SET && sets_me(action->sets, action->set_count, field)) ||
			    (action->kind == ACTION_ASSIGN && (ptrdiff_t)field == sound->type->assignee))
				return true;
		}
	return false;
}

static bool names_a_person(const struct sound *sound, const struct field *field)
{
	return field->kind == KIND_LINK && field->target == sound->d->model->user && !field->system && !field->has_default &&
	       !field->default_me && field->decision == NULL && !sound_people_write(sound, field->position) &&
	       !engine_writes(sound->type, field) && !is_set_by_nobody(sound, field->position);
}

static bool only_steps_set_it(struct candidates *people, size_t field)
{
	people->field = &people->sound->type->fields[field];
	people->known = people->other = 0;
	each_setting(people->sound->d->model, people->sound->type, count_setting, people);
	return people->known > 0 && people->other == 0;
}

/* One that is copied from one that is no longer among them goes too. */
static void drop_others(struct candidates *people)
{
	bool dropped = true;

	while (dropped) {
		dropped = false;
		for (size_t i = 0; i < people->count && !dropped; i++)
			if (!only_steps_set_it(people, people->fields[i])) {
				people->fields[i] = people->fields[--people->count];
				dropped = true;
			}
	}
}

static void add_person(struct sound *sound, size_t field)
{
	size_t values;

	sound->tracked_fields[sound->tracked_count] = field;
	sound->tracked[sound->tracked_count] = logic_field(&sound->logic, field, &values);
	sound->tracked_values[sound->tracked_count] = values;
	sound->is_me[sound->tracked_count++] = logic_equals(&sound->logic, field, T("me"));
}

static void add_pair(struct sound *sound, size_t a, size_t b)
{
	size_t variable = logic_relate(&sound->logic, sound->tracked_fields[a], sound->tracked_fields[b]);

	sound->tracked_fields[sound->tracked_count] = SIZE_MAX;
	sound->tracked[sound->tracked_count] = variable;
	sound->pairs[sound->tracked_count++] = (struct sound_pair){ true, { a, b } };
}

void sound_choose_people(struct sound *sound)
{
	struct candidates people = { .sound = sound };
	size_t first = sound->tracked_count, end, values;

	for (size_t i = FIELD_SYSTEM_COUNT; i < sound->type->field_count; i++)
		if (names_a_person(sound, &sound->type->fields[i]) &&
		    sound_is_asked(sound, logic_field(&sound->logic, i, &values))) {
			sound->untracked = sound->untracked || people.count == PEOPLE_MAX;
			if (people.count < PEOPLE_MAX)
				people.fields[people.count++] = i;
		}
	drop_others(&people);
	if (sound->tracked_count + people.count * (people.count + 1) / 2 > SOUND_TRACKED_MAX) {
		sound->untracked = true;
		return;
	}
	for (size_t i = 0; i < people.count; i++)
		add_person(sound, people.fields[i]);
	end = sound->tracked_count;
	for (size_t i = first; i < end; i++)
		for (size_t j = i + 1; j < end; j++)
			add_pair(sound, i, j);
}

/* ---- approvals that leave nobody ---- */

/* Where the transition leaves who is in the field; NULL: it sets nothing there, or only sometimes. */
static const struct setting *sure_setting(const struct transition *transition, size_t field, bool *ret_perhaps)
{
	const struct setting *found = NULL;

	for (size_t i = 0; i < transition->set_count; i++)
		if (transition->sets[i].field == field) {
			found = &transition->sets[i];
			*ret_perhaps = *ret_perhaps || found->when != NULL;
		}
	return found;
}

bool sound_comes_with(const struct transition *transition, size_t field)
{
	for (size_t i = 0; i < transition->ask_count; i++)
		if (transition->asks[i] == field)
			return true;
	for (size_t i = 0; i < transition->need_count; i++)
		for (size_t j = 0; j < transition->needs[i].field_count; j++)
			if (transition->needs[i].fields[j] == field)
				return true;
	return false;
}

/* Whether everybody who may take the transition is in the field as they do. */
static bool is_always_me(struct sound *sound, const struct transition *transition, size_t field)
{
	const struct condition *mine = logic_equals(&sound->logic, field, T("me"));

	if (mine == NULL || sound_comes_with(transition, field))
		return false;
	for (size_t i = 0; i < transition->permit_count; i++) {
		struct claim claims[] = { { transition->permits[i].when, true }, { transition->guard, true }, { mine, false } };

		if (transition->permits[i].roles == 0)
			return false;
		for (size_t state = 0; state < sound->lifecycle->state_count; state++)
			if (state_in(transition->from, state) &&
			    logic_possible(&sound->logic, claims, array_length(claims), &(struct facts){ .state = state }))
				return false;
	}
	return true;
}

/* Whether the transition makes both the same person, whoever they were. */
static bool makes_the_same(struct sound *sound, const struct transition *transition, size_t a, size_t b)
{
	bool perhaps = false;
	const struct setting *first = sure_setting(transition, a, &perhaps), *second = sure_setting(transition, b, &perhaps);

	if (perhaps || (first == NULL && second == NULL))
		return false;
	if (first == NULL || second == NULL) {
		const struct setting *one = first == NULL ? second : first;
		size_t other = first == NULL ? a : b;

		return (one->how == SET_FIELD && one->from == other) ||
		       (one->how == SET_ME && is_always_me(sound, transition, other));
	}
	return (first->how == SET_ME && second->how == SET_ME) ||
	       (first->how == SET_FIELD && second->how == SET_FIELD && first->from == second->from);
}

/* Whether who is asked there is one of those left out, whichever way the record came to be asked. */
static bool is_left_out(struct sound *sound, const struct approval_definition *approval, size_t asked, size_t excluded)
{
	bool any = false;

	if (state_in(approval->states, sound->lifecycle->initial))
		return false;
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[i];

		if (!sound->taken[i] || !state_in(approval->states, transition->to))
			continue;
		if (!makes_the_same(sound, transition, asked, excluded))
			return false;
		any = true;
	}
	return any;
}

/* The same, of two people whom only steps set: they were found to be the same wherever it is asked. */
static bool is_known_to_be(const struct sound *sound, size_t approval, size_t asked, size_t excluded)
{
	bool any = false;

	for (size_t pair = 0; pair < sound->tracked_count; pair++) {
		const size_t *people = sound->pairs[pair].people;

		if (!sound->pairs[pair].is_pair ||
		    !((sound->tracked_fields[people[0]] == asked && sound->tracked_fields[people[1]] == excluded) ||
		      (sound->tracked_fields[people[1]] == asked && sound->tracked_fields[people[0]] == excluded)))
			continue;
		for (size_t i = 0; i < sound->count; i++) {
			if (sound->situations[i].approval != (int)approval)
				continue;
			if (sound->situations[i].values[pair] != PAIR_SAME)
				return false;
			any = true;
		}
	}
	return any;
}

/* The field of those left out who is always who is asked, or NULL. */
static const struct field *left_out(struct sound *sound, size_t position, const struct asked *asked)
{
	const struct approval_definition *approval = &sound->type->approvals[position];

	for (size_t i = 0; asked->how == ASK_PATH && asked->path_count == 1 && i < approval->excluded_count; i++) {
		size_t excluded = approval->excluded[i];

		if (asked->path[0] == excluded || sound->type->fields[excluded].kind != KIND_LINK ||
		    sound->type->fields[asked->path[0]].kind != KIND_LINK)
			continue;
		if (is_left_out(sound, approval, asked->path[0], excluded) ||
		    is_known_to_be(sound, position, asked->path[0], excluded))
			return &sound->type->fields[excluded];
	}
	return NULL;
}

static text way_to(const struct sound *sound, size_t approval)
{
	for (size_t i = 0; i < sound->count; i++)
		if (sound->situations[i].approval == (int)approval)
			return sound_path(sound, i);
	return T("");
}

static void check_step(struct sound *sound, size_t position, const struct approval_step *step, const struct value_entry *at)
{
	const struct approval_definition *approval = &sound->type->approvals[position];
	const struct field *excluded = NULL;

	for (size_t i = 0; i < step->asked_count; i++) {
		excluded = left_out(sound, position, &step->asked[i]);
		if (excluded == NULL)
			return;
	}
	if (excluded == NULL || approval->otherwise_count > 0)
		return;
	define_error_key(sound->d, sound_at_key(at, T("steps")),
			 text_format(sound->d->error_arena, "ask somebody else, or say who is asked else; %.*s",
				     TEXT_ARG(way_to(sound, position))),
			 "the step '%.*s' of '%.*s' can ask nobody: '%.*s' is always '%.*s' then, who may neither be asked nor vote",
			 TEXT_ARG(step->name), TEXT_ARG(approval->name),
			 TEXT_ARG(sound->type->fields[step->asked[0].path[0]].name), TEXT_ARG(excluded->name));
}

void sound_check_segregation(struct sound *sound)
{
	for (size_t i = 0; i < sound->type->approval_count; i++)
		for (size_t j = 0; j < sound->type->approvals[i].step_count && sound->type->approvals[i].states != NULL; j++)
			check_step(sound, i, &sound->type->approvals[i].steps[j], sound_at_approval(sound, i));
}
