/*
 * What the formulas of a type will be asked: the constants of all its conditions, decision tables and settings, learnt before the
 * first question, so that each scale (sound_scale.c) is cut once.
 */
#include "model/sound_private.h"

/* The number of values without "unset" of a choice or boolean; 0: it goes by its scale. */
size_t logic_choices(const struct field *field)
{
	if (field->kind == KIND_BOOLEAN)
		return 2;
	return field->kind == KIND_CHOICE && field->choice_count <= LOGIC_VALUES_MAX ? field->choice_count : 0;
}

/* ---- scales ---- */

text logic_path_key(struct logic *logic, const struct path *path)
{
	text key = step_field(&path->steps[0])->name;

	for (size_t i = 1; i < path->count; i++)
		key = text_format(logic->arena, "%.*s.%.*s", TEXT_ARG(key), TEXT_ARG(step_field(&path->steps[i])->name));
	return key;
}

/* Whether the path leads to one value: through links to many records it leads to many. */
bool path_is_one_value(const struct path *path)
{
	for (size_t i = 0; i < path->count; i++)
		if (step_field(&path->steps[i])->kind == KIND_LINKS)
			return false;
	return true;
}

/* Of the values themselves, or of how they stand to now, to another field ... */
text logic_scale_key(struct logic *logic, const struct path *path, const struct measure *measure)
{
	if (scale_is_constant(measure, step_field(path_last(path))))
		return logic_path_key(logic, path);
	return text_format(logic->arena, "%.*s~%d~%lld", TEXT_ARG(measure->how == LITERAL_FIELD ? T("") : logic_path_key(logic, path)),
			   (int)measure->how, (long long)measure->number);
}

struct scale *logic_scale(struct logic *logic, text key, const struct field *field, const struct measure *measure)
{
	struct scale *scale = table_get(&logic->scales, key);

	if (scale == NULL) {
		scale = scale_new(logic->arena, field, measure);
		table_set(&logic->scales, key, scale);
	}
	return scale;
}

static const struct measure constants = { LITERAL_INTEGER, 0, false };

/* The scale of a field of the type itself; NULL: choices and booleans, and moments. */
struct scale *logic_field_scale(struct logic *logic, const struct field *field)
{
	return logic_choices(field) > 0 || field->kind == KIND_MOMENT || field->kind == KIND_LINK || field->kind == KIND_LINKS
		   ? NULL
		   : logic_scale(logic, field->name, field, &constants);
}

/* ---- learning ---- */

static void learn_test(struct logic *logic, const struct node *node)
{
	const struct field *field = step_field(path_last(node->path));
	struct measure measure;
	text last = TEXT_UNSET;

	if (node->test == TEST_SET || logic_choices(field) > 0 || !path_is_one_value(node->path))
		return;
	for (size_t i = 0; i < node->literal_count; i++) {
		text key;

		if (!scale_measures(node, i, &measure))
			continue;
		key = logic_scale_key(logic, node->path, &measure);
		if (!text_is_set(last) || !text_equal(key, last))
			scale_learn(logic->arena, logic_scale(logic, key, field, &measure), node);
		last = key;
	}
}

/* Conditions nest at most LIMIT_CONDITION_DEPTH deep. */
static void learn_node(struct logic *logic, const struct node *node)
{
	if (node->kind == NODE_TEST)
		learn_test(logic, node);
	for (size_t i = 0; i < node->node_count; i++)
		learn_node(logic, node->nodes[i]);
}

void logic_learn(struct logic *logic, const struct condition *condition)
{
	learn_node(logic, condition->root);
}

static void learn_condition(void *data, const struct condition *condition)
{
	logic_learn(data, condition);
}

static void learn_setting(void *data, const struct setting *setting, bool foreign)
{
	struct logic *logic = data;
	struct scale *scale = logic_field_scale(logic, &logic->type->fields[setting->field]);

	(void)foreign;
	if (scale != NULL && setting->how == SET_VALUE && setting->value != NULL)
		scale_learn_value(logic->arena, scale, setting->value);
}

static void learn_field(struct logic *logic, const struct field *field)
{
	struct scale *scale;

	/* The engine refuses also copies that do not fit. */
	if ((field->kind == KIND_INTEGER || field->kind == KIND_DURATION) && field->decision == NULL && !field->system &&
	    (field->least != INT64_MIN || field->most != INT64_MAX))
		scale_limit(logic_field_scale(logic, field), field->least, field->most);
	if (field->has_default && field->fallback != NULL && logic_field_scale(logic, field) != NULL)
		scale_learn_value(logic->arena, logic_field_scale(logic, field), field->fallback);
	for (size_t i = 0; field->decision != NULL && i < field->decision->input_count; i++) {
		const struct decision_input *input = &field->decision->inputs[i];

		scale = input->path_count != 1 || (input->field->kind != KIND_INTEGER && input->field->kind != KIND_DURATION)
			    ? NULL
			    : logic_field_scale(logic, input->field);
		for (size_t row = 0; scale != NULL && row < field->decision->row_count; row++)
			scale_learn_decision(logic->arena, scale, &field->decision->rows[row].tests[i]);
	}
	for (size_t row = 0; field->decision != NULL && logic_field_scale(logic, field) != NULL && row < field->decision->row_count; row++)
		if (field->decision->rows[row].output != NULL)
			scale_learn_value(logic->arena, logic_field_scale(logic, field), field->decision->rows[row].output);
}

void logic_init(struct logic *logic, struct arena *arena, const struct model *model, const struct type *type)
{
	*logic = (struct logic){ .arena = arena, .model = model, .type = type };
	table_init(&logic->keys, arena);
	table_init(&logic->scales, arena);
	table_init(&logic->compiled, arena);
	each_condition(model, type, learn_condition, logic);
	each_setting(model, type, learn_setting, logic);
	for (size_t i = 0; i < type->field_count; i++)
		learn_field(logic, &type->fields[i]);
}
