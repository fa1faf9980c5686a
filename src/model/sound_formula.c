/*
 * Conditions as formulas over variables of finitely many values. A choice or boolean - of the record itself or behind links - is
 * one variable, and so is whatever is compared with constants: its scale (sound_scale.c) says which of its values are told apart.
 * Of everything else is known whether it is set, and each different test of it is a variable of its own that may be true or false.
 */
#include "model/sound_private.h"


/* ---- variables ---- */

size_t formula_variable(struct logic *logic, text key, uint64_t domain, size_t field, const struct path *path)
{
	void *known = table_get(&logic->keys, key);

	if (known != NULL)
		return (size_t)(uintptr_t)known - 1;
	arena_make_room(logic->arena, logic->variables, logic->count, logic->capacity);
	logic->variables[logic->count] = (struct variable){ .key = key, .domain = domain, .field = field, .roots = { field, field } };
	if (path != NULL) {
		logic->variables[logic->count].roots[0] = logic->variables[logic->count].roots[1] = path->steps[0].field;
		logic->variables[logic->count].far = path->count > 1;
	}
	table_set(&logic->keys, key, (void *)(uintptr_t)(logic->count + 1));
	return logic->count++;
}

const struct expression *formula_values(struct logic *logic, size_t variable, uint64_t mask)
{
	struct expression *expression = arena_new_struct(logic->arena, struct expression);

	expression->kind = EXPRESSION_VALUES;
	expression->variable = variable;
	expression->mask = mask;
	return expression;
}

const struct expression *formula_group(struct logic *logic, int kind, size_t count)
{
	struct expression *expression = arena_new_struct(logic->arena, struct expression);

	expression->kind = kind;
	expression->parts = arena_new_array(logic->arena, const struct expression *, count + 1);
	return expression;
}

void formula_add(const struct expression *group, const struct expression *part)
{
	struct expression *growing = (struct expression *)(uintptr_t)group;

	growing->parts[growing->count++] = part;
	growing->vague = growing->vague || part->vague;
}

const struct expression *formula_not(struct logic *logic, const struct expression *expression)
{
	struct expression *copy = arena_copy(logic->arena, expression, sizeof(*expression));

	copy->negated = !copy->negated;
	return copy;
}

/* The number of values of a variable without "unset": of one that is only set or not, 1. */
static size_t values_of(struct logic *logic, const struct field *field, text key)
{
	struct scale *scale = table_get(&logic->scales, key);
	size_t values = logic_choices(field);

	if (values == 0 && field->kind != KIND_MOMENT && scale != NULL)
		values = scale_settle(logic->arena, scale);
	return values == 0 ? 1 : values;
}

/* ---- decision tables: the outcome follows from the inputs, unless somebody may override it ---- */

/* The values of the input on which the cell of the table matches. */
static uint64_t values_matched(struct logic *logic, const struct decision_test *test, const struct field *input, size_t values)
{
	uint64_t mask = 0;

	if (test->how == MATCH_ANY)
		return (UNSET_VALUE(values) << 1) - 1;
	if (test->how == MATCH_UNSET)
		return UNSET_VALUE(values);
	if (logic_choices(input) == 0) {
		(void)scale_decision_mask(table_get(&logic->scales, input->name), test, &mask);
		return mask;
	}
	for (size_t i = 0; i < test->count; i++)
		for (size_t value = 0; value < values; value++)
			if ((int64_t)value >= test->ranges[i].low && (int64_t)value <= test->ranges[i].high)
				mask |= UINT64_C(1) << value;
	return mask;
}

static const struct expression *row_matches(struct logic *logic, const struct decision_table *table, size_t row)
{
	const struct expression *all = formula_group(logic, EXPRESSION_AND, table->input_count);
	size_t values, variable;

	for (size_t i = 0; i < table->input_count; i++) {
		const struct decision_test *test = &table->rows[row].tests[i];

		variable = logic_field(logic, table->inputs[i].path[0], &values);
		formula_add(all, formula_values(logic, variable, values_matched(logic, test, table->inputs[i].field, values - 1)));
	}
	return all;
}

/* Whether it can be told of each value of the input what it matches. */
static bool is_known_input(struct logic *logic, const struct decision_input *input)
{
	if (input->path_count != 1)
		return false;
	if (logic_choices(input->field) > 0)
		return true;
	return (input->field->kind == KIND_INTEGER || input->field->kind == KIND_DURATION) &&
	       scale_settle(logic->arena, logic_field_scale(logic, input->field)) > 0;
}

static bool is_exact(struct logic *logic, const struct field *field)
{
	const struct decision_table *table = field->decision;

	if (table == NULL || table->override_roles != 0 || table->proposes || table->row_count > LOGIC_VALUES_MAX ||
	    (table->hit != HIT_FIRST && table->hit != HIT_UNIQUE) ||
	    (logic_choices(field) == 0 && field->kind != KIND_INTEGER && field->kind != KIND_DURATION && field->kind != KIND_TEXT))
		return false;
	for (size_t i = 0; i < table->input_count; i++)
		if (!is_known_input(logic, &table->inputs[i]))
			return false;
	return true;
}

/* One of: a row matches, none before it does, and the value is its outcome; or none matches and it is unset. */
static const struct expression *decision_of(struct logic *logic, size_t variable, const struct field *field, size_t unset)
{
	const struct decision_table *table = field->decision;
	const struct expression *any = formula_group(logic, EXPRESSION_OR, table->row_count + 1), *one;
	size_t value;

	for (size_t row = 0; row <= table->row_count; row++) {
		one = formula_group(logic, EXPRESSION_AND, row + 2);
		for (size_t before = 0; before < row; before++)
			formula_add(one, formula_not(logic, row_matches(logic, table, before)));
		if (row < table->row_count)
			formula_add(one, row_matches(logic, table, row));
		value = unset;
		if (row < table->row_count && !logic_value(logic, field->position, table->rows[row].output, &value))
			return NULL;
		formula_add(one, formula_values(logic, variable, UINT64_C(1) << value));
		formula_add(any, one);
	}
	return any;
}

size_t logic_field(struct logic *logic, size_t position, size_t *ret_values)
{
	const struct field *field = &logic->type->fields[position];
	size_t values = values_of(logic, field, field->name), variable, before = logic->count;
	uint64_t domain = (UNSET_VALUE(values) << 1) - 1;

	/* Questions of a form are required where they are shown only. */
	if (field->required && !logic->type->abstract)
		domain &= ~UNSET_VALUE(values);
	variable = formula_variable(logic, field->name, domain, position, NULL);
	*ret_values = values + 1;
	if (variable == before && is_exact(logic, field)) {
		const struct expression *constraint = decision_of(logic, variable, field, values);
		logic->variables[variable].constraint = constraint; /* the array may have moved */
	}
	return variable;
}

bool logic_value(struct logic *logic, size_t position, const struct cell *constant, size_t *ret_value)
{
	const struct field *field = &logic->type->fields[position];
	const struct scale *scale = logic_field_scale(logic, field);

	if (constant == NULL || constant->kind == CELL_NULL)
		return false;
	if (scale != NULL)
		return values_of(logic, field, field->name) > 0 && scale_class(logic->arena, scale, constant, ret_value);
	if (logic_choices(field) == 0)
		return false;
	*ret_value = (size_t)constant->integer;
	return true;
}

/* ---- tests ---- */

static bool passes(const struct node *node, int64_t value)
{
	for (size_t i = 0; i < node->literal_count; i++) {
		int64_t literal = node->literals[i].integer;

		if ((node->test == TEST_LESS && value < literal) || (node->test == TEST_LESS_EQUAL && value <= literal) ||
		    (node->test == TEST_GREATER && value > literal) || (node->test == TEST_GREATER_EQUAL && value >= literal) ||
		    ((node->test == TEST_EQUAL || node->test == TEST_IN) && value == literal))
			return true;
	}
	return false;
}

static size_t path_variable(struct logic *logic, const struct path *path, size_t *ret_values)
{
	size_t values;
	text key;

	if (path->count == 1 && path->steps[0].type == logic->type)
		return logic_field(logic, path->steps[0].field, ret_values);
	key = logic_path_key(logic, path);
	values = values_of(logic, step_field(path_last(path)), key);
	*ret_values = values + 1;
	return formula_variable(logic, key, (UNSET_VALUE(values) << 1) - 1, SIZE_MAX, path);
}

static const struct expression *is_set(struct logic *logic, const struct path *path)
{
	size_t values, variable = path_variable(logic, path, &values);

	return formula_values(logic, variable, UNSET_VALUE(values - 1) - 1);
}

static const struct expression *compile_choice(struct logic *logic, const struct node *node)
{
	const struct lifecycle *lifecycle = path_last(node->path)->type->lifecycle;
	size_t values, variable = path_variable(logic, node->path, &values);
	uint64_t mask = 0;

	for (size_t i = 0; i + 1 < values; i++) {
		int64_t value = node->path->group && lifecycle != NULL ? (int64_t)lifecycle->states[i].group : (int64_t)i;

		if (node->test == TEST_SET || passes(node, value))
			mask |= UINT64_C(1) << i;
	}
	return formula_values(logic, variable, mask);
}

/* The test alone, whatever the record says. */
static const struct expression *free_test(struct logic *logic, const struct node *node)
{
	struct node plain = *node;
	struct condition alone = { .type = logic->type, .root = &plain };

	plain.negated = false;
	return formula_values(
	    logic,
	    formula_variable(logic, text_format(logic->arena, "(%.*s)", TEXT_ARG(condition_print(logic->arena, &alone))), 3, SIZE_MAX, node->path),
	    2);
}

/* One of these records, people or teams: each of them is a test of its own. */
static const struct expression *free_tests(struct logic *logic, const struct node *node)
{
	const struct expression *any;

	if (node->test != TEST_EQUAL && node->test != TEST_IN)
		return free_test(logic, node);
	any = formula_group(logic, EXPRESSION_OR, node->literal_count);
	for (size_t i = 0; i < node->literal_count; i++) {
		struct node one = *node;

		one.test = TEST_EQUAL;
		one.under = TEXT_UNSET;
		one.bare = false;
		one.literals = &node->literals[i];
		one.literal_count = 1;
		formula_add(any, free_test(logic, &one));
	}
	return any;
}

/* Of the literals from `first` on those that are measured alike; too many to be told apart: a test that is left open. */
static const struct expression *compile_measured(struct logic *logic, const struct node *node, const struct measure *measure)
{
	const struct field *field = step_field(path_last(node->path));
	text key = logic_scale_key(logic, node->path, measure);
	struct scale *scale = logic_scale(logic, key, field, measure);
	uint64_t passing, depending;
	size_t classes = scale_settle(logic->arena, scale), variable, values;
	const struct expression *either;

	if (scale_is_constant(measure, field))
		variable = path_variable(logic, node->path, &values);
	else
		variable = classes == 0 ? 0 : formula_variable(logic, key, UNSET_VALUE(classes) - 1, SIZE_MAX, node->path);
	if (classes > 0 && measure->how == LITERAL_FIELD) {
		logic->variables[variable].roots[1] =
		    (size_t)(measure->number >> 16) + (size_t)(measure->number & 0xffff) - node->path->steps[0].field;
		if (field->kind == KIND_LINK && field->target == logic->model->user && !logic->relating &&
		    logic->variables[variable].constraint == NULL)
			(void)logic_relate(logic, (size_t)(measure->number >> 16), (size_t)(measure->number & 0xffff));
	}
	if (!scale_masks(scale, node, &passing, &depending)) {
		struct expression *vague = arena_copy(logic->arena, free_test(logic, node), sizeof(*vague));

		vague->vague = true;
		return vague;
	}
	if (depending == 0)
		return formula_values(logic, variable, passing);
	either = formula_group(logic, EXPRESSION_AND, 2);
	formula_add(either, formula_values(logic, variable, depending));
	formula_add(either, free_test(logic, node));
	if (passing != 0) {
		const struct expression *sure = formula_group(logic, EXPRESSION_OR, 2);

		formula_add(sure, formula_values(logic, variable, passing));
		formula_add(sure, either);
		return sure;
	}
	return either;
}

static bool is_measured_before(const struct node *node, size_t literal, const struct measure *measure)
{
	struct measure other;

	for (size_t i = 0; i < literal; i++)
		if (scale_measures(node, i, &other) && other.how == measure->how && other.number == measure->number)
			return true;
	return false;
}

/* It is set - so is the field it is compared with -, and one of the literals passes. */
static const struct expression *compile_literals(struct logic *logic, const struct node *node)
{
	const struct expression *both = formula_group(logic, EXPRESSION_AND, 3), *any = formula_group(logic, EXPRESSION_OR, node->literal_count);
	struct measure measure;

	formula_add(both, is_set(logic, node->path));
	for (size_t i = 0; i < node->literal_count; i++) {
		if (!scale_measures(node, i, &measure)) {
			struct node one = *node;

			one.literals = &node->literals[i];
			one.literal_count = 1;
			formula_add(any, free_tests(logic, &one));
		} else if (!is_measured_before(node, i, &measure)) {
			formula_add(any, compile_measured(logic, node, &measure));
		}
		if (node->literals[i].kind == LITERAL_FIELD) {
			size_t values, variable = logic_field(logic, (size_t)node->literals[i].integer, &values);

			formula_add(both, formula_values(logic, variable, UNSET_VALUE(values - 1) - 1));
		}
	}
	formula_add(both, any);
	return both;
}

/* What stands behind links is there only where each of them is set. */
static const struct expression *behind_links(struct logic *logic, const struct node *node, const struct expression *test)
{
	const struct expression *all;

	if (node->path->count < 2 || !path_is_one_value(node->path))
		return test;
	all = formula_group(logic, EXPRESSION_AND, node->path->count);
	for (size_t count = 1; count < node->path->count; count++) {
		struct path links = *node->path;

		links.count = count;
		links.group = false;
		formula_add(all, is_set(logic, &links));
	}
	formula_add(all, test);
	return all;
}

static bool has_integers(const struct node *node)
{
	for (size_t i = 0; i < node->literal_count; i++)
		if (node->literals[i].kind != LITERAL_INTEGER)
			return false;
	return true;
}

static const struct expression *compile_test(struct logic *logic, const struct node *node)
{
	const struct step *last = path_last(node->path);
	const struct expression *expression;

	if (node->path->count == 1 && last->field == FIELD_STATE && last->type->lifecycle != NULL && has_integers(node)) {
		struct expression *state = arena_new_struct(logic->arena, struct expression);

		state->kind = EXPRESSION_STATE;
		state->node = node;
		expression = state;
	} else if (!path_is_one_value(node->path)) {
		expression = node->test == TEST_SET ? free_test(logic, node) : free_tests(logic, node);
	} else if (logic_choices(step_field(last)) > 0 && has_integers(node)) {
		expression = compile_choice(logic, node);
	} else if (node->test == TEST_SET) {
		expression = is_set(logic, node->path);
	} else {
		expression = compile_literals(logic, node);
	}
	expression = behind_links(logic, node, expression);
	return node->negated ? formula_not(logic, expression) : expression;
}

/* Conditions nest at most LIMIT_CONDITION_DEPTH deep. */
static const struct expression *compile_node(struct logic *logic, const struct node *node)
{
	const struct expression *group;

	switch (node->kind) {
	case NODE_NOT:
		return formula_not(logic, compile_node(logic, node->nodes[0]));
	case NODE_TEST:
		return compile_test(logic, node);
	case NODE_AND:
	case NODE_OR:
		group = formula_group(logic, node->kind == NODE_AND ? EXPRESSION_AND : EXPRESSION_OR, node->node_count);
		for (size_t i = 0; i < node->node_count; i++)
			formula_add(group, compile_node(logic, node->nodes[i]));
		return group;
	case NODE_WORDS:
		return formula_values(logic, formula_variable(logic, node->words, 3, SIZE_MAX, NULL), 2);
	case NODE_TRUE:
		break;
	}
	return formula_group(logic, EXPRESSION_TRUE, 0);
}

const struct expression *logic_compile(struct logic *logic, const struct condition *condition)
{
	/* Conditions live as long as the model: their address is their name. */
	text key = { (const char *)&condition, sizeof(condition) };
	const struct expression *expression = table_get(&logic->compiled, key);

	if (expression != NULL)
		return expression;
	expression = compile_node(logic, condition->root);
	key.data = arena_copy(logic->arena, key.data, key.length);
	table_set(&logic->compiled, key, (void *)(uintptr_t)expression);
	return expression;
}
