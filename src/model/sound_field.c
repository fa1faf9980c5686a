/* Fields that people must fill and cannot: what a form does not show, and links that nothing ever sets but an approval follows. */
#include "model/sound_private.h"

static bool form_shows(const struct form *form, size_t field)
{
	for (size_t i = 0; i < form->section_count; i++)
		for (size_t j = 0; j < form->sections[i].field_count; j++)
			if (form->sections[i].fields[j] == field)
				return true;
	return false;
}

static const struct value_entry *at_form(const struct sound *sound, text name)
{
	const struct value *forms = define_section(sound->d, sound->draft, T("forms"));

	for (size_t i = 0; i < forms->map.count; i++)
		if (text_equal(forms->map.entries[i].key, name))
			return &forms->map.entries[i];
	return &forms->map.entries[0];
}

/* What must be filled to create a record stands on the forms that create one. */
static void check_create_form(struct sound *sound, text name)
{
	const struct type *type = sound->type;
	const struct form *form = type_form(type, name);

	for (size_t i = FIELD_SYSTEM_COUNT; form != NULL && i < type->field_count; i++) {
		const struct field *field = &type->fields[i];

		if (field->required && !field->has_default && !field->default_me && field->decision == NULL && !field->set_by_engine &&
		    field->classes == 0 && (ptrdiff_t)i != type->class_field && !form_shows(form, i))
			define_error_key(sound->d, at_form(sound, name), T("add the field to the form, or give it a default"),
					 "'%.*s' is required, but the form '%.*s' does not show it", TEXT_ARG(field->name), TEXT_ARG(name));
	}
}

/* What a step needs stands on the record's page too, so that it can be read and mended afterwards. */
static void check_needed(struct sound *sound, const struct form *form)
{
	const struct lifecycle *lifecycle = sound->lifecycle;

	for (size_t i = 0; lifecycle != NULL && i < lifecycle->transition_count; i++)
		for (size_t j = 0; j < lifecycle->transitions[i].need_count; j++) {
			const struct need *need = &lifecycle->transitions[i].needs[j];

			for (size_t k = 0; k < need->field_count; k++)
				if (!form_shows(form, need->fields[k]) && !sound->type->fields[need->fields[k]].set_by_engine)
					define_error_key(sound->d, sound_at_key(sound_at_transition(sound, i), T("needs")),
							 T("add it to the form 'record'"), "'%.*s' needs '%.*s', which no form shows",
							 TEXT_ARG(lifecycle->transitions[i].name),
							 TEXT_ARG(sound->type->fields[need->fields[k]].name));
		}
}

void sound_check_fields(struct sound *sound)
{
	if (sound->type->form_count == 0)
		return;
	check_create_form(sound, T("create"));
	check_create_form(sound, T("portal"));
	if (type_form(sound->type, T("record")) != NULL)
		check_needed(sound, type_form(sound->type, T("record")));
}

/* ---- whom an approval can ask ---- */

static bool is_set_by(const struct setting *settings, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (settings[i].field == field && settings[i].how != SET_UNSET)
			return true;
	return false;
}

/* Whether anybody or anything can fill the field. */
static bool can_be_set(const struct sound *sound, const struct type *type, size_t position)
{
	const struct model *model = sound->d->model;
	const struct field *field = &type->fields[position];

	if (field->default_me || field->has_default || field->decision != NULL || field->set_by_engine || field->system)
		return true;
	for (size_t role = 0; role < model->role_count; role++)
		if (type->field_access[role * type->field_count + position].write)
			return true;
	for (size_t i = 0; type->lifecycle != NULL && i < type->lifecycle->transition_count; i++)
		if (is_set_by(type->lifecycle->transitions[i].sets, type->lifecycle->transitions[i].set_count, position))
			return true;
	for (size_t i = 0; i < model->type_count; i++)
		for (size_t j = 0; j < model->types[i].rule_count; j++)
			for (size_t k = 0; k < model->types[i].rules[j].action_count; k++) {
				const struct action *action = &model->types[i].rules[j].actions[k];

				if ((&model->types[i] == type || action->type == type) &&
				    (action->kind == ACTION_ASSIGN || is_set_by(action->sets, action->set_count, position)))
					return true;
			}
	for (size_t i = 0; i < model->work_model_count; i++)
		if (model->work_models[i].type == type)
			return true; /* its answers may fill it */
	return false;
}

/* The field of the path that nothing ever sets, or NULL. */
static const struct field *gap_of(const struct sound *sound, const struct asked *asked)
{
	const struct type *type = sound->type;

	for (size_t i = 0; i < asked->path_count; i++) {
		const struct field *field = &type->fields[asked->path[i]];

		if (!can_be_set(sound, type, asked->path[i]))
			return field;
		type = field->target;
	}
	return NULL;
}

static void check_step(struct sound *sound, const struct approval_definition *approval, const struct approval_step *step,
		       const struct value_entry *at)
{
	const struct field *gap = NULL;

	for (size_t i = 0; i < step->asked_count; i++) {
		gap = step->asked[i].how == ASK_PATH ? gap_of(sound, &step->asked[i]) : NULL;
		if (gap == NULL)
			return;
	}
	if (gap != NULL && approval->otherwise_count == 0)
		define_error_key(sound->d, sound_at_key(at, T("steps")), T("let a role write it, or say who is asked else"),
				 "the step '%.*s' of '%.*s' has no possible approver: nothing ever sets '%.*s'", TEXT_ARG(step->name),
				 TEXT_ARG(approval->name), TEXT_ARG(gap->name));
}

void sound_check_approvals(struct sound *sound)
{
	for (size_t i = 0; i < sound->type->approval_count; i++) {
		const struct approval_definition *approval = &sound->type->approvals[i];

		for (size_t j = 0; j < approval->step_count; j++)
			check_step(sound, approval, &approval->steps[j], sound_at_approval(sound, i));
	}
}
