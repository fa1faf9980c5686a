/*
 * Models: questions that are never shown, choices and tasks that never come, and records that cannot be made because a field that
 * must be filled is not, or only when a question is shown.
 */
#include "model/sound_private.h"

struct model_check {
	struct define *d;
	struct logic logic;
	const struct work_model *model;
	const struct value *root;
	struct sound place; /* for not_proven */
};

static const struct value *inside(const struct value *map, text key)
{
	return map == NULL || map->kind != VALUE_MAP ? NULL : value_get(map, key);
}

static const struct value_entry *entry_of(const struct value *map, text key)
{
	for (size_t i = 0; map != NULL && map->kind == VALUE_MAP && i < map->map.count; i++)
		if (text_equal(map->map.entries[i].key, key))
			return &map->map.entries[i];
	return NULL;
}

/* Where a question stands, on whatever page; NULL never comes back: the form's key then. */
static const struct value_entry *find_entry(const struct value *map, text key, int depth)
{
	const struct value_entry *found = NULL;

	for (size_t i = 0; map != NULL && map->kind == VALUE_MAP && i < map->map.count && found == NULL && depth < 6; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		bool questions = text_equal(entry->key, T("questions"));

		if (questions)
			found = entry_of(entry->value, key);
		if (found == NULL)
			found = find_entry(entry->value, key, depth + 1);
	}
	return found;
}

static bool possible(struct model_check *check, const struct condition *const *conditions, size_t count, const struct value_entry *at)
{
	struct claim claims[5];
	bool may;

	for (size_t i = 0; i < count; i++)
		claims[i] = (struct claim){ conditions[i], true };
	check->logic.gave_up = false;
	may = logic_possible(&check->logic, claims, count, &(struct facts){ 0, NULL, NULL, 0 });
	if (check->logic.gave_up)
		sound_not_proven(&check->place, at, "whether a condition of the model '%.*s' can hold", TEXT_ARG(check->model->name));
	return may;
}

/* ---- questions ---- */

static void check_question(struct model_check *check, const struct form_page *page, const struct form_part *part,
			   const struct form_question *question)
{
	const struct field *field = &check->model->form_type->fields[question->field];
	const struct value_entry *at = find_entry(inside(check->root, T("form")), field->name, 0);
	const struct condition *conditions[4] = { page->when, part->when, question->when, NULL };

	if (at == NULL)
		return;
	if (!possible(check, conditions, 3, at)) {
		define_error_key(check->d, at, T("its condition and that of its page never hold together"),
				 field->required ? "the question '%.*s' is required and never shown" : "the question '%.*s' is never shown",
				 TEXT_ARG(field->name));
		return;
	}
	for (size_t i = 0; question->choice_when != NULL && i < field->choice_count; i++) {
		conditions[3] = question->choice_when[i];
		if (!possible(check, conditions, 4, at))
			define_error_key(check->d, at, T("its condition can never hold where the question is shown"),
					 "the choice '%.*s' of '%.*s' is never offered", TEXT_ARG(field->choices[i].name),
					 TEXT_ARG(field->name));
	}
}

/* Whether it speaks only of questions before this one: what comes later has no answer yet. */
struct before {
	size_t question;
	bool all;
};

static void see_field(void *data, size_t field)
{
	struct before *before = data;

	before->all = before->all && field < before->question;
}

static void bind_question(struct model_check *check, const struct form_page *page, const struct form_part *part,
			  const struct form_question *question)
{
	const struct condition *shown[] = { page->when, part->when, question->when };
	const struct field *field = &check->model->form_type->fields[question->field];
	struct before before = { question->field, true };

	for (size_t i = 0; i < array_length(shown); i++)
		if (shown[i] != NULL)
			condition_each_field(shown[i], see_field, &before);
	for (size_t i = 0; question->choice_when != NULL && i < field->choice_count; i++)
		if (question->choice_when[i] != NULL)
			condition_each_field(question->choice_when[i], see_field, &before);
	if (before.all)
		logic_asked_only(&check->logic, question->field, shown, array_length(shown), question->choice_when);
}

/* What is not asked stays without an answer, and nothing else is. */
static void bind_questions(struct model_check *check)
{
	for (size_t i = 0; i < check->model->page_count; i++)
		for (size_t j = 0; j < check->model->pages[i].part_count; j++)
			for (size_t k = 0; k < check->model->pages[i].parts[j].question_count; k++)
				bind_question(check, &check->model->pages[i], &check->model->pages[i].parts[j],
					      &check->model->pages[i].parts[j].questions[k]);
}

static void check_form(struct model_check *check)
{
	for (size_t i = 0; i < check->model->page_count; i++)
		for (size_t j = 0; j < check->model->pages[i].part_count; j++) {
			const struct form_part *part = &check->model->pages[i].parts[j];

			for (size_t k = 0; k < part->question_count; k++)
				check_question(check, &check->model->pages[i], part, &part->questions[k]);
		}
}

/* ---- tasks ---- */

static void check_tasks(struct model_check *check)
{
	for (size_t i = 0; i < check->model->graph.step_count; i++) {
		const struct task_step *step = &check->model->graph.steps[i];
		const struct value_entry *at = entry_of(inside(check->root, T("tasks")), step->name);

		if (at != NULL && step->when != NULL && !possible(check, &step->when, 1, at))
			define_error_key(check->d, at,
					 text_format(check->d->error_arena, "it says: %.*s",
						     TEXT_ARG(condition_print(check->logic.arena, step->when))),
					 "the step '%.*s' is never made: its condition can never hold", TEXT_ARG(step->name));
	}
}

/* ---- what the record must have ---- */

static const struct setting *setting_of(const struct setting *settings, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (settings[i].field == field && settings[i].how != SET_UNSET)
			return &settings[i];
	return NULL;
}

/* Whether the question is always answered: required, and shown whatever the other answers are. */
static bool is_always_answered(const struct model_check *check, size_t question)
{
	const struct field *field = &check->model->form_type->fields[question];

	for (size_t i = 0; i < check->model->page_count; i++)
		for (size_t j = 0; j < check->model->pages[i].part_count; j++)
			for (size_t k = 0; k < check->model->pages[i].parts[j].question_count; k++) {
				const struct form_question *one = &check->model->pages[i].parts[j].questions[k];

				if (one->field == question)
					return (field->required || field->has_default || field->default_me) && one->when == NULL &&
					       check->model->pages[i].when == NULL && check->model->pages[i].parts[j].when == NULL;
			}
	return true;
}

static bool is_copied(const struct type *type, size_t field)
{
	const struct order_definition *orders = type->orders < 0 ? NULL : type->fields[type->orders].orders;

	for (size_t i = 0; orders != NULL && i < orders->copy_count; i++)
		if (orders->copies[i][1] == field)
			return true;
	return false;
}

static bool is_left_to_others(const struct type *type, const struct field *field)
{
	return !field->required || field->has_default || field->default_me || field->decision != NULL || field->set_by_engine ||
	       field->classes != 0 || (ptrdiff_t)field->position == type->orders || is_copied(type, field->position);
}

static void check_required(struct model_check *check)
{
	const struct type *type = check->model->type;
	const struct value_entry *set = entry_of(check->root, T("set")), *at;

	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct setting *setting = setting_of(check->model->sets, check->model->set_count, i);

		if (setting == NULL || setting->how != SET_FIELD || is_left_to_others(type, &type->fields[i]) ||
		    (setting->when == NULL && is_always_answered(check, setting->from)))
			continue;
		at = entry_of(set->value, type->fields[i].name);
		define_error_key(check->d, at == NULL ? set : at, T("make the question required and always shown, or set it otherwise"),
				 "'%.*s' is required, but the question '%.*s' may stay without an answer", TEXT_ARG(type->fields[i].name),
				 TEXT_ARG(check->model->form_type->fields[setting->from].name));
	}
}

static void check_creates(struct model_check *check)
{
	const struct value_entry *at = entry_of(check->root, T("creates"));

	for (size_t i = 0; i < check->model->create_count; i++) {
		const struct work_model_creates *creates = &check->model->creates[i];

		if (creates->when != NULL && !possible(check, &creates->when, 1, at))
			define_error_key(check->d, at,
					 text_format(check->d->error_arena, "it says: %.*s",
						     TEXT_ARG(condition_print(check->logic.arena, creates->when))),
					 "the %.*s to create is never made: its condition can never hold", TEXT_ARG(creates->type->name));
	}
}

static void check_model(struct define *d, const struct work_model *model, struct define_file *file)
{
	struct model_check check = { .d = d, .model = model, .root = file->root, .place = { .d = d } };
	struct arena *arena = arena_new((size_t)64 * 1024 * 1024);

	d->file = file;
	logic_init(&check.logic, arena, d->model, model->form_type);
	bind_questions(&check);
	check_form(&check);
	check_tasks(&check);
	check_required(&check);
	check_creates(&check);
	arena_free(arena);
}

void define_sound_models(struct define *d)
{
	for (size_t i = 0; i < d->model->work_model_count; i++)
		for (size_t j = 0; j < d->file_count; j++)
			if (text_equal(d->files[j].path, d->model->work_models[i].path) && d->files[j].root != NULL)
				check_model(d, &d->model->work_models[i], &d->files[j]);
}

/* ---- the graph of a type's own tasks ---- */

void sound_check_tasks(struct sound *sound)
{
	const struct tasks_definition *tasks = sound->type->tasks;
	const struct value *section = tasks == NULL ? NULL : define_section(sound->d, sound->draft, T("tasks"));

	for (size_t i = 0; tasks != NULL && i < tasks->graph.step_count; i++) {
		const struct task_step *step = &tasks->graph.steps[i];
		const struct value_entry *at = entry_of(inside(section, T("steps")), step->name);
		bool may = step->when == NULL;

		for (size_t j = 0; j < sound->count && !may; j++) {
			struct facts facts = sound_facts(sound, &sound->situations[j]);

			may = state_in(tasks->states, sound->situations[j].state) &&
			      logic_may_hold(&sound->logic, step->when, &facts);
		}
		if (!may && at != NULL)
			define_error_key(sound->d, at,
					 text_format(sound->d->error_arena, "it says: %.*s",
						     TEXT_ARG(condition_print(sound->arena, step->when))),
					 "the step '%.*s' is never made: its condition can never hold", TEXT_ARG(step->name));
	}
}
