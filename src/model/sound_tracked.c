/* Which fields are part of a situation: those of finitely many values that only transitions and rules set, and something asks about. */
#include "model/sound_private.h"

bool sound_people_write(const struct sound *sound, size_t field)
{
	const struct type *type = sound->type;

	for (size_t role = 0; role < sound->d->model->role_count; role++)
		if (type->field_access[role * type->field_count + field].write)
			return true;
	return false;
}

struct setters {
	const struct field *field;
	size_t known, other; /* settings to a value that is known here, and to others */
};

/* What other records' rules and models set comes at moments that are not known here. */
static void count_setting(void *data, const struct setting *setting, bool foreign)
{
	struct setters *setters = data;

	if (setting->field != setters->field->position)
		return;
	if (!foreign && (setting->how == SET_VALUE || setting->how == SET_UNSET ||
			 (setting->how == SET_NOW && setters->field->kind == KIND_MOMENT)))
		setters->known++;
	else
		setters->other++;
}

bool engine_writes(const struct type *type, const struct field *field)
{
	const struct order_definition *orders = type->orders < 0 ? NULL : type->fields[type->orders].orders;
	ptrdiff_t position = (ptrdiff_t)field->position;

	for (size_t i = 0; orders != NULL && i < orders->copy_count; i++)
		if (orders->copies[i][1] == field->position)
			return true;
	if (type->control != NULL && ((size_t)position == type->control->flag || position == type->control->at))
		return true;
	return (type->schedule != NULL && position == type->schedule->found) || position == type->model_field ||
	       position == type->rating || position == type->external_ref || position == type->restricted;
}

static bool is_kind_tracked(const struct field *field)
{
	switch (field->kind) {
	case KIND_CHOICE:
		return field->choice_count <= 63;
	case KIND_BOOLEAN:
	case KIND_MOMENT:
	case KIND_INTEGER:
	case KIND_REAL:
	case KIND_DURATION:
	case KIND_TEXT:
		return true;
	case KIND_PROSE:
	case KIND_LINK:
	case KIND_LINKS:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
	case KIND_COUNT:
		break;
	}
	return false;
}

static bool is_tracked(const struct sound *sound, const struct field *field)
{
	struct setters setters = { field, 0, 0 };

	if (field->system || field->decision != NULL || sound_people_write(sound, field->position) || !is_kind_tracked(field) ||
	    engine_writes(sound->type, field))
		return false;
	each_setting(sound->d->model, sound->type, count_setting, &setters);
	return setters.known > 0 && setters.other == 0;
}

bool rule_waits_for_moment(const struct rule *rule)
{
	return rule->when == WHEN_AFTER || rule->when == WHEN_COMES || rule->when == WHEN_BEFORE;
}

/* Only those that something asks about: others would only multiply the situations. */
bool sound_is_asked(struct sound *sound, size_t variable)
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
		if (logic_mentions(logic, type->rules[i].condition, variable) ||
		    (rule_waits_for_moment(&type->rules[i]) && type->rules[i].index == logic->variables[variable].field))
			return true;
	for (size_t i = 0; i < type->approval_count; i++)
		if (logic_mentions(logic, type->approvals[i].when, variable))
			return true;
	return false;
}

void sound_choose_tracked(struct sound *sound)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < sound->type->field_count; i++) {
		size_t values, variable;

		if (!is_tracked(sound, &sound->type->fields[i]))
			continue;
		variable = logic_field(&sound->logic, i, &values);
		if (!sound_is_asked(sound, variable))
			continue;
		if (sound->tracked_count == SOUND_TRACKED_MAX) {
			sound->untracked = true;
			break;
		}
		sound->tracked_fields[sound->tracked_count] = i;
		sound->tracked[sound->tracked_count] = variable;
		sound->tracked_values[sound->tracked_count++] = values;
	}
	sound_choose_people(sound);
}
