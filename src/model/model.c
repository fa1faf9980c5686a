/* Looking things up in the snapshot by name. Lists of states, roles and choices are short: they are searched
 * in order. */
#include "model/model.h"

text label_in(const struct label *label, text language)
{
	text english = TEXT_UNSET;

	for (size_t i = 0; i < label->count; i++) {
		if (text_equal(label->items[i].language, language))
			return label->items[i].words;
		if (text_equal(label->items[i].language, T("en")))
			english = label->items[i].words;
	}
	return english;
}

text approval_turn_name(enum approval_turn turn)
{
	static const char *const names[] = {
		[APPROVAL_ASKED] = "asked",	[APPROVAL_APPROVED] = "approved", [APPROVAL_REJECTED] = "rejected",
		[APPROVAL_EXPIRED] = "expired", [APPROVAL_VOIDED] = "voided",	  [APPROVAL_WITHDRAWN] = "withdrawn",
	};

	return text_from(names[turn]);
}

text state_group_name(enum state_group group)
{
	static const char *const names[GROUP_COUNT] = { "open", "waiting", "done", "closed", "cancelled" };

	return text_from(names[group]);
}

text kind_name(enum kind kind)
{
	static const char *const names[KIND_COUNT] = { "text",	 "prose",    "integer",	 "real", "boolean",
						       "choice", "moment",   "duration", "link", "links",
						       "hours",	 "holidays", "zone",	 "mail",
						       "record", "condition", "model", "group" };

	return text_from(names[kind]);
}

text right_name(enum right right)
{
	static const char *const names[RIGHT_COUNT] = { "read",	  "create", "update", "comment",
							"note",	  "attach", "link",   "watch",
							"export", "import", "history" };

	return text_from(names[right]);
}

const struct type *model_type(const struct model *model, text name)
{
	return table_get(&model->type_names, name);
}

static bool all_digits(text t)
{
	for (size_t i = 0; i < t.length; i++)
		if (t.data[i] < '0' || t.data[i] > '9')
			return false;
	return t.length > 0;
}

const struct type *model_type_of_number(const struct model *model, text number)
{
	for (size_t i = 0; i < model->type_count; i++) {
		const struct type *type = &model->types[i];
		size_t length = type->number_prefix.length;

		if (length > 0 && number.length > length &&
		    text_equal_ignoring_case(text_slice(number, 0, length), type->number_prefix) &&
		    all_digits(text_slice(number, length, number.length)))
			return type;
	}
	return NULL;
}

int model_role(const struct model *model, text name)
{
	for (size_t i = 0; i < model->role_count; i++)
		if (text_equal(model->roles[i].name, name))
			return (int)i;
	return -1;
}

const struct field *type_field(const struct type *type, text name)
{
	return table_get(&type->field_names, name);
}

int field_choice(const struct field *field, text name)
{
	for (size_t i = 0; i < field->choice_count; i++)
		if (text_equal(field->choices[i].name, name))
			return (int)i;
	return -1;
}

int lifecycle_state(const struct lifecycle *lifecycle, text name)
{
	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (text_equal(lifecycle->states[i].name, name))
			return (int)i;
	return -1;
}

int lifecycle_transition(const struct lifecycle *lifecycle, text name)
{
	for (size_t i = 0; i < lifecycle->transition_count; i++)
		if (text_equal(lifecycle->transitions[i].name, name))
			return (int)i;
	return -1;
}

const struct view *type_view(const struct type *type, text name)
{
	for (size_t i = 0; i < type->view_count; i++)
		if (text_equal(type->views[i].name, name))
			return &type->views[i];
	return NULL;
}

const struct form *type_form(const struct type *type, text name)
{
	for (size_t i = 0; i < type->form_count; i++)
		if (text_equal(type->forms[i].name, name))
			return &type->forms[i];
	return NULL;
}

const struct type *type_version(const struct type *type, int64_t definition)
{
	const struct type *newest = type_newest(type);

	for (size_t i = 0; i < newest->variant_count; i++)
		if (newest->variants[i]->definition == definition)
			return newest->variants[i];
	return newest;
}

const struct work_model *type_work_model(const struct type *type, text name)
{
	for (size_t i = 0; i < type->work_model_count; i++)
		if (text_equal(type->work_models[i]->name, name))
			return type->work_models[i];
	return NULL;
}

int model_work_model(const struct model *model, text name)
{
	for (size_t i = 0; i < model->work_model_count; i++)
		if (text_equal(model->work_models[i].name, name))
			return (int)i;
	return -1;
}

const struct relation *model_relation(const struct model *model, text name)
{
	for (size_t i = 0; i < model->relation_count; i++)
		if (text_equal(model->relations[i].name, name))
			return &model->relations[i];
	return NULL;
}
