/* All conditions that are asked of records of a type, and all settings of its fields: in its own process, in other types' rules and in models. */
#include "model/sound_private.h"

struct conditions {
	const struct type *type;
	void (*visit)(void *data, const struct condition *condition);
	void *data;
};

static void ask(const struct conditions *conditions, const struct condition *condition)
{
	if (condition != NULL && condition->type == conditions->type)
		conditions->visit(conditions->data, condition);
}

static void ask_settings(const struct conditions *conditions, const struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		ask(conditions, settings[i].when);
}

static void ask_lifecycle(const struct conditions *conditions, const struct lifecycle *lifecycle)
{
	for (size_t i = 0; lifecycle != NULL && i < lifecycle->transition_count; i++) {
		const struct transition *transition = &lifecycle->transitions[i];

		ask(conditions, transition->guard);
		for (size_t j = 0; j < transition->permit_count; j++)
			ask(conditions, transition->permits[j].when);
		for (size_t j = 0; j < transition->need_count; j++) {
			ask(conditions, transition->needs[j].when);
			ask(conditions, transition->needs[j].public_when);
		}
		ask_settings(conditions, transition->sets, transition->set_count);
	}
}

static void ask_sections(const struct conditions *conditions, const struct type *type)
{
	for (size_t i = 0; i < type->clock_count; i++) {
		ask(conditions, type->clocks[i].pause);
		for (size_t j = 0; j < type->clocks[i].goal_count; j++)
			ask(conditions, type->clocks[i].goals[j].when);
	}
	for (size_t i = 0; i < type->approval_count; i++) {
		ask(conditions, type->approvals[i].when);
		for (size_t j = 0; j < type->approvals[i].step_count; j++)
			ask(conditions, type->approvals[i].steps[j].when);
	}
	for (size_t i = 0; type->tasks != NULL && i < type->tasks->graph.step_count; i++)
		ask(conditions, type->tasks->graph.steps[i].when);
}

static void ask_rules(const struct conditions *conditions, const struct type *type)
{
	for (size_t i = 0; i < type->rule_count; i++) {
		ask(conditions, type->rules[i].condition);
		ask(conditions, type->rules[i].other_where);
		for (size_t j = 0; j < type->rules[i].action_count; j++) {
			ask(conditions, type->rules[i].actions[j].each_when);
			ask(conditions, type->rules[i].actions[j].each_all);
			ask_settings(conditions, type->rules[i].actions[j].sets, type->rules[i].actions[j].set_count);
		}
	}
}

/* What is shown, allowed and offered. */
static void ask_others(const struct conditions *conditions, const struct model *model, const struct type *type)
{
	for (size_t i = 0; i < type->view_count; i++)
		ask(conditions, type->views[i].condition);
	for (size_t i = 0; i < type->grant_count; i++)
		for (size_t j = 0; j < type->grants[i].branch_count; j++)
			ask(conditions, type->grants[i].branches[j]);
	for (size_t i = 0; i < model->type_count; i++)
		for (size_t j = 0; j < model->types[i].field_count; j++)
			ask(conditions, model->types[i].fields[j].offer);
}

static void ask_questions(const struct conditions *conditions, const struct work_model *model, const struct form_part *part)
{
	ask(conditions, part->when);
	for (size_t i = 0; i < part->question_count; i++) {
		const struct form_question *question = &part->questions[i];

		ask(conditions, question->when);
		for (size_t j = 0; question->choice_when != NULL && j < model->form_type->fields[question->field].choice_count; j++)
			ask(conditions, question->choice_when[j]);
	}
}

static void ask_model(const struct conditions *conditions, const struct work_model *model)
{
	for (size_t i = 0; i < model->page_count; i++) {
		ask(conditions, model->pages[i].when);
		for (size_t j = 0; j < model->pages[i].part_count; j++)
			ask_questions(conditions, model, &model->pages[i].parts[j]);
	}
	for (size_t i = 0; i < model->graph.step_count; i++)
		ask(conditions, model->graph.steps[i].when);
	ask_settings(conditions, model->sets, model->set_count);
	for (size_t i = 0; i < model->create_count; i++) {
		ask(conditions, model->creates[i].when);
		ask_settings(conditions, model->creates[i].sets, model->creates[i].set_count);
	}
}

void each_condition(const struct model *model, const struct type *type,
		    void (*visit)(void *data, const struct condition *condition), void *data)
{
	struct conditions conditions = { type, visit, data };

	ask_lifecycle(&conditions, type->lifecycle);
	ask_sections(&conditions, type);
	ask_rules(&conditions, type);
	ask_others(&conditions, model, type);
	for (size_t i = 0; i < model->type_count; i++)
		if (&model->types[i] != type)
			ask_rules(&conditions, &model->types[i]);
	for (size_t i = 0; i < model->work_model_count; i++)
		if (model->work_models[i].form_type == type)
			ask_model(&conditions, &model->work_models[i]);
}

/* ---- settings ---- */

struct settings {
	void (*visit)(void *data, const struct setting *setting, bool foreign);
	void *data;
};

static void tell(const struct settings *settings, const struct setting *list, size_t count, bool foreign)
{
	for (size_t i = 0; i < count; i++)
		settings->visit(settings->data, &list[i], foreign);
}

static void tell_rules(const struct settings *settings, const struct type *of, const struct type *type)
{
	for (size_t i = 0; i < of->rule_count; i++)
		for (size_t j = 0; j < of->rules[i].action_count; j++) {
			const struct action *action = &of->rules[i].actions[j];

			if (action->kind == ACTION_SET && of == type)
				tell(settings, action->sets, action->set_count, false);
			else if ((action->kind == ACTION_CREATE_LINKED || action->kind == ACTION_EACH) && action->type == type)
				tell(settings, action->sets, action->set_count, true);
		}
}

void each_setting(const struct model *model, const struct type *type,
		  void (*visit)(void *data, const struct setting *setting, bool foreign), void *data)
{
	struct settings settings = { visit, data };

	for (size_t i = 0; type->lifecycle != NULL && i < type->lifecycle->transition_count; i++)
		tell(&settings, type->lifecycle->transitions[i].sets, type->lifecycle->transitions[i].set_count, false);
	for (size_t i = 0; i < model->type_count; i++)
		tell_rules(&settings, &model->types[i], type);
	for (size_t i = 0; i < model->work_model_count; i++) {
		const struct work_model *one = &model->work_models[i];

		if (one->type == type)
			tell(&settings, one->sets, one->set_count, true);
		for (size_t j = 0; j < one->create_count; j++)
			if (one->creates[j].type == type)
				tell(&settings, one->creates[j].sets, one->creates[j].set_count, true);
	}
	/* Tasks are made with settings of their own. */
	for (size_t i = 0; i < model->type_count; i++) {
		const struct tasks_definition *tasks = model->types[i].tasks;

		for (size_t j = 0; tasks != NULL && tasks->type == type && j < tasks->graph.step_count; j++)
			tell(&settings, tasks->graph.steps[j].sets, tasks->graph.steps[j].set_count, true);
	}
	for (size_t i = 0; i < model->work_model_count; i++)
		for (size_t j = 0; text_equal(type->name, T("work_task")) && j < model->work_models[i].graph.step_count; j++)
			tell(&settings, model->work_models[i].graph.steps[j].sets, model->work_models[i].graph.steps[j].set_count, true);
}
