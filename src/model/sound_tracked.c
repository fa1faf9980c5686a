/* Which fields are part of a situation: those of finitely many values that only transitions and rules set, and something asks about. */
#include "model/sound_private.h"

static bool people_write(const struct sound *sound, size_t field)
{
	const struct type *type = sound->type;

	for (size_t role = 0; role < sound->d->model->role_count; role++)
		if (type->field_access[role * type->field_count + field].write)
			return true;
	return false;
}

struct setters {
	size_t known, other; /* settings to a value that is known here, and to others */
};

static void count_settings(struct setters *setters, const struct setting *settings, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++) {
		if (settings[i].field != field)
			continue;
		if (settings[i].how == SET_VALUE || settings[i].how == SET_UNSET || settings[i].how == SET_NOW)
			setters->known++;
		else
			setters->other++;
	}
}

/* Rules of any type that create records of this one or change them, and models they are made from. */
static void count_foreign(const struct sound *sound, struct setters *setters, size_t field)
{
	const struct model *model = sound->d->model;
	struct setters foreign = { 0, 0 };

	for (size_t i = 0; i < model->type_count; i++)
		for (size_t j = 0; j < model->types[i].rule_count; j++)
			for (size_t k = 0; k < model->types[i].rules[j].action_count; k++) {
				const struct action *action = &model->types[i].rules[j].actions[k];

				if ((action->kind == ACTION_CREATE_LINKED || action->kind == ACTION_EACH) && action->type == sound->type)
					count_settings(&foreign, action->sets, action->set_count, field);
			}
	for (size_t i = 0; i < model->work_model_count; i++) {
		if (model->work_models[i].type == sound->type)
			count_settings(&foreign, model->work_models[i].sets, model->work_models[i].set_count, field);
		for (size_t j = 0; j < model->work_models[i].create_count; j++)
			if (model->work_models[i].creates[j].type == sound->type)
				count_settings(&foreign, model->work_models[i].creates[j].sets,
					       model->work_models[i].creates[j].set_count, field);
	}
	setters->other += foreign.known + foreign.other;
}

static bool is_tracked(const struct sound *sound, const struct field *field)
{
	struct setters setters = { 0, 0 };

	if (field->system || field->decision != NULL || people_write(sound, field->position) ||
	    (field->kind != KIND_CHOICE && field->kind != KIND_BOOLEAN && field->kind != KIND_MOMENT) || field->choice_count > 63)
		return false;
	for (size_t i = 0; i < sound->lifecycle->transition_count; i++)
		count_settings(&setters, sound->lifecycle->transitions[i].sets, sound->lifecycle->transitions[i].set_count,
			       field->position);
	for (size_t i = 0; i < sound->type->rule_count; i++)
		for (size_t j = 0; j < sound->type->rules[i].action_count; j++)
			count_settings(&setters, sound->type->rules[i].actions[j].sets, sound->type->rules[i].actions[j].set_count,
				       field->position);
	count_foreign(sound, &setters, field->position);
	return setters.known > 0 && setters.other == 0;
}

/* Only those that something asks about: others would only multiply the situations. */
static bool is_asked(struct sound *sound, size_t variable)
{
	struct logic *logic = &sound->logic;
	const struct type *type = sound->type;

	for (size_t i = 0; i < sound->lifecycle->transition_count; i++) {
		const struct transition *transition = &sound->lifecycle->transitions[i];

		if (logic_mentions(logic, transition->guard, variable))
			return true;
		for (size_t j = 0; j < transition->permit_count; j++)
			if (logic_mentions(logic, transition->permits[j].when, variable))
				return true;
		for (size_t j = 0; j < transition->set_count; j++)
			if (logic_mentions(logic, transition->sets[j].when, variable))
				return true;
	}
	for (size_t i = 0; i < type->rule_count; i++)
		if (logic_mentions(logic, type->rules[i].condition, variable))
			return true;
	for (size_t i = 0; i < type->approval_count; i++)
		if (logic_mentions(logic, type->approvals[i].when, variable))
			return true;
	return false;
}

void sound_choose_tracked(struct sound *sound)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < sound->type->field_count && sound->tracked_count < SOUND_TRACKED_MAX; i++) {
		size_t values, variable;

		if (!is_tracked(sound, &sound->type->fields[i]))
			continue;
		variable = logic_field(&sound->logic, i, &values);
		if (!is_asked(sound, variable))
			continue;
		sound->tracked_fields[sound->tracked_count] = i;
		sound->tracked[sound->tracked_count] = variable;
		sound->tracked_values[sound->tracked_count++] = values;
	}
}
