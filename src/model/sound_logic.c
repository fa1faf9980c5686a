/*
 * Conditions as formulas over variables of finitely many values. A choice or boolean - of the record itself or behind links - is
 * one variable; of everything else is known whether it is set, and each different test of it is a variable of its own that may
 * be true or false. Whether some conditions can hold together is then found by splitting the values of one variable after the
 * other (as DPLL does), which is exact for choices and booleans.
 */
#include "model/sound_private.h"

#define UNSET_VALUE(count) (UINT64_C(1) << (count))
/* A choice of more values than fit beside "unset" into a word is a free test. */
#define VALUES_MAX 63

void logic_init(struct logic *logic, struct arena *arena, const struct type *type)
{
	*logic = (struct logic){ .arena = arena, .type = type };
	table_init(&logic->keys, arena);
	table_init(&logic->compiled, arena);
}

/* ---- variables ---- */

static size_t add_variable(struct logic *logic, text key, uint64_t domain, size_t field)
{
	void *known = table_get(&logic->keys, key);

	if (known != NULL)
		return (size_t)(uintptr_t)known - 1;
	arena_make_room(logic->arena, logic->variables, logic->count, logic->capacity);
	logic->variables[logic->count] = (struct variable){ .key = key, .domain = domain, .field = field };
	table_set(&logic->keys, key, (void *)(uintptr_t)(logic->count + 1));
	return logic->count++;
}

/* The number of values without "unset"; 0: not finite. */
static size_t values_of(const struct field *field)
{
	if (field->kind == KIND_BOOLEAN)
		return 2;
	return field->kind == KIND_CHOICE && field->choice_count <= VALUES_MAX ? field->choice_count : 0;
}

static const struct expression *new_values(struct logic *logic, size_t variable, uint64_t mask)
{
	struct expression *expression = arena_new_struct(logic->arena, struct expression);

	expression->kind = EXPRESSION_VALUES;
	expression->variable = variable;
	expression->mask = mask;
	return expression;
}

static const struct expression *new_group(struct logic *logic, int kind, size_t count)
{
	struct expression *expression = arena_new_struct(logic->arena, struct expression);

	expression->kind = kind;
	expression->parts = arena_new_array(logic->arena, const struct expression *, count + 1);
	return expression;
}

static void add_part(const struct expression *group, const struct expression *part)
{
	struct expression *growing = (struct expression *)(uintptr_t)group;

	growing->parts[growing->count++] = part;
}

static const struct expression *negate(struct logic *logic, const struct expression *expression)
{
	struct expression *copy = arena_copy(logic->arena, expression, sizeof(*expression));

	copy->negated = !copy->negated;
	return copy;
}

/* ---- decision tables: the outcome follows from the inputs, unless somebody may override it ---- */

/* The values of the input on which the cell of the table matches. */
static uint64_t values_matched(const struct decision_test *test, size_t values)
{
	uint64_t mask = 0;

	if (test->how == MATCH_ANY)
		return (UNSET_VALUE(values) << 1) - 1;
	if (test->how == MATCH_UNSET)
		return UNSET_VALUE(values);
	for (size_t i = 0; i < test->count; i++)
		for (size_t value = 0; value < values; value++)
			if ((int64_t)value >= test->ranges[i].low && (int64_t)value <= test->ranges[i].high)
				mask |= UINT64_C(1) << value;
	return mask;
}

static const struct expression *row_matches(struct logic *logic, const struct decision_table *table, size_t row)
{
	const struct expression *all = new_group(logic, EXPRESSION_AND, table->input_count);
	size_t values, variable;

	for (size_t i = 0; i < table->input_count; i++) {
		variable = logic_field(logic, table->inputs[i].path[0], &values);
		add_part(all, new_values(logic, variable, values_matched(&table->rows[row].tests[i], values - 1)));
	}
	return all;
}

static bool is_exact(const struct type *type, const struct decision_table *table)
{
	if (table->override_roles != 0 || table->proposes || table->row_count > VALUES_MAX ||
	    (table->hit != HIT_FIRST && table->hit != HIT_UNIQUE))
		return false;
	for (size_t i = 0; i < table->input_count; i++)
		if (table->inputs[i].path_count != 1 || values_of(&type->fields[table->inputs[i].path[0]]) == 0)
			return false;
	return true;
}

/* One of: a row matches, none before it does, and the value is its outcome; or none matches and it is unset. */
static const struct expression *decision_of(struct logic *logic, size_t variable, const struct field *field)
{
	const struct decision_table *table = field->decision;
	const struct expression *any = new_group(logic, EXPRESSION_OR, table->row_count + 1), *one;

	for (size_t row = 0; row <= table->row_count; row++) {
		one = new_group(logic, EXPRESSION_AND, row + 2);
		for (size_t before = 0; before < row; before++)
			add_part(one, negate(logic, row_matches(logic, table, before)));
		if (row < table->row_count)
			add_part(one, row_matches(logic, table, row));
		add_part(one, new_values(logic, variable,
					 row < table->row_count ? UINT64_C(1) << table->rows[row].output->integer
								: UNSET_VALUE(values_of(field))));
		add_part(any, one);
	}
	return any;
}

size_t logic_field(struct logic *logic, size_t position, size_t *ret_values)
{
	const struct field *field = &logic->type->fields[position];
	size_t values = values_of(field) == 0 ? 1 : values_of(field), variable, before = logic->count;
	uint64_t domain = (UNSET_VALUE(values) << 1) - 1;

	/* Questions of a form are required where they are shown only. */
	if (field->required && !logic->type->abstract)
		domain &= ~UNSET_VALUE(values);
	variable = add_variable(logic, field->name, domain, position);
	*ret_values = values + 1;
	if (variable == before && field->decision != NULL && values_of(field) > 0 && is_exact(logic->type, field->decision)) {
		const struct expression *constraint = decision_of(logic, variable, field);
		logic->variables[variable].constraint = constraint; /* the array may have moved */
	}
	return variable;
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

static bool has_integers(const struct node *node)
{
	if (node->test == TEST_CONTAINS || node->test == TEST_STARTS)
		return false;
	for (size_t i = 0; i < node->literal_count; i++)
		if (node->literals[i].kind != LITERAL_INTEGER)
			return false;
	return true;
}

/* Whether the path leads to one value: through links to many records it leads to many. */
static bool is_one_value(const struct path *path)
{
	for (size_t i = 0; i < path->count; i++)
		if (step_field(&path->steps[i])->kind == KIND_LINKS)
			return false;
	return true;
}

static text path_key(struct logic *logic, const struct path *path)
{
	text key = step_field(&path->steps[0])->name;

	for (size_t i = 1; i < path->count; i++)
		key = text_format(logic->arena, "%.*s.%.*s", TEXT_ARG(key), TEXT_ARG(step_field(&path->steps[i])->name));
	return key;
}

static size_t path_variable(struct logic *logic, const struct path *path, size_t *ret_values)
{
	size_t values;

	if (path->count == 1 && path->steps[0].type == logic->type)
		return logic_field(logic, path->steps[0].field, ret_values);
	values = values_of(step_field(path_last(path)));
	values = values == 0 ? 1 : values;
	*ret_values = values + 1;
	return add_variable(logic, path_key(logic, path), (UNSET_VALUE(values) << 1) - 1, SIZE_MAX);
}

static const struct expression *compile_finite(struct logic *logic, const struct node *node)
{
	const struct lifecycle *lifecycle = path_last(node->path)->type->lifecycle;
	size_t values, variable = path_variable(logic, node->path, &values);
	uint64_t mask = 0;

	for (size_t i = 0; i + 1 < values; i++) {
		int64_t value = node->path->group && lifecycle != NULL ? (int64_t)lifecycle->states[i].group : (int64_t)i;

		if (node->test == TEST_SET || passes(node, value))
			mask |= UINT64_C(1) << i;
	}
	return new_values(logic, variable, mask);
}

/* The test alone, whatever the record says; `>=` is the opposite of `<`, and `>` of `<=`. */
static const struct expression *free_test(struct logic *logic, const struct node *node, bool one_value)
{
	struct node plain = *node;
	struct condition alone = { .type = logic->type, .root = &plain };
	bool opposite = one_value && (node->test == TEST_GREATER || node->test == TEST_GREATER_EQUAL);
	const struct expression *expression;

	plain.negated = false;
	if (opposite)
		plain.test = node->test == TEST_GREATER ? TEST_LESS_EQUAL : TEST_LESS;
	expression = new_values(
	    logic,
	    add_variable(logic, text_format(logic->arena, "(%.*s)", TEXT_ARG(condition_print(logic->arena, &alone))), 3, SIZE_MAX), 2);
	return opposite ? negate(logic, expression) : expression;
}

/* It is set, and the test holds. */
static const struct expression *compile_free(struct logic *logic, const struct node *node)
{
	const struct expression *both;
	size_t values, variable;

	if (!is_one_value(node->path))
		return free_test(logic, node, false);
	variable = path_variable(logic, node->path, &values);
	if (node->test == TEST_SET)
		return new_values(logic, variable, UNSET_VALUE(values - 1) - 1);
	both = new_group(logic, EXPRESSION_AND, 2);
	add_part(both, new_values(logic, variable, UNSET_VALUE(values - 1) - 1));
	add_part(both, free_test(logic, node, true));
	return both;
}

/* What stands behind links is there only where each of them is set. */
static const struct expression *behind_links(struct logic *logic, const struct node *node, const struct expression *test)
{
	const struct expression *all;
	size_t values, variable;

	if (node->path->count < 2 || !is_one_value(node->path))
		return test;
	all = new_group(logic, EXPRESSION_AND, node->path->count);
	for (size_t count = 1; count < node->path->count; count++) {
		struct path links = *node->path;

		links.count = count;
		links.group = false;
		variable = path_variable(logic, &links, &values);
		add_part(all, new_values(logic, variable, UNSET_VALUE(values - 1) - 1));
	}
	add_part(all, test);
	return all;
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
	} else if (values_of(step_field(last)) > 0 && has_integers(node) && is_one_value(node->path)) {
		expression = compile_finite(logic, node);
	} else {
		expression = compile_free(logic, node);
	}
	expression = behind_links(logic, node, expression);
	return node->negated ? negate(logic, expression) : expression;
}

/* Conditions nest at most LIMIT_CONDITION_DEPTH deep. */
static const struct expression *compile_node(struct logic *logic, const struct node *node)
{
	const struct expression *group;

	switch (node->kind) {
	case NODE_NOT:
		return negate(logic, compile_node(logic, node->nodes[0]));
	case NODE_TEST:
		return compile_test(logic, node);
	case NODE_AND:
	case NODE_OR:
		group = new_group(logic, node->kind == NODE_AND ? EXPRESSION_AND : EXPRESSION_OR, node->node_count);
		for (size_t i = 0; i < node->node_count; i++)
			add_part(group, compile_node(logic, node->nodes[i]));
		return group;
	case NODE_WORDS:
		return new_values(logic, add_variable(logic, node->words, 3, SIZE_MAX), 2);
	case NODE_TRUE:
		break;
	}
	return new_group(logic, EXPRESSION_TRUE, 0);
}

static const struct expression *compile(struct logic *logic, const struct condition *condition)
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

/* ---- searching ---- */

enum truth { TRUTH_NO, TRUTH_YES, TRUTH_OPEN };

struct search {
	struct logic *logic;
	const struct facts *facts;
	const struct expression *claims[64];
	bool holds[64];
	size_t count;
};

static bool state_passes(const struct node *node, const struct facts *facts)
{
	return node->test == TEST_SET || node_state_passes(node, path_last(node->path)->type->lifecycle, facts->state);
}

/* *ret_open is a part that is not decided yet. */
static enum truth evaluate(const struct search *search, const struct expression *expression, const struct expression **ret_open)
{
	uint64_t left;
	enum truth truth = TRUTH_YES, one;

	switch (expression->kind) {
	case EXPRESSION_TRUE:
		break;
	case EXPRESSION_STATE:
		truth = state_passes(expression->node, search->facts) ? TRUTH_YES : TRUTH_NO;
		break;
	case EXPRESSION_VALUES:
		left = search->logic->remaining[expression->variable];
		truth = (left & expression->mask) == 0 ? TRUTH_NO : (left & ~expression->mask) == 0 ? TRUTH_YES : TRUTH_OPEN;
		if (truth == TRUTH_OPEN)
			*ret_open = expression;
		break;
	case EXPRESSION_AND:
	case EXPRESSION_OR: {
		enum truth ends = expression->kind == EXPRESSION_AND ? TRUTH_NO : TRUTH_YES;

		truth = ends == TRUTH_NO ? TRUTH_YES : TRUTH_NO;
		for (size_t i = 0; i < expression->count && truth != ends; i++) {
			one = evaluate(search, expression->parts[i], ret_open);
			if (one == ends || one == TRUTH_OPEN)
				truth = one;
		}
		break;
	}
	}
	if (expression->negated && truth != TRUTH_OPEN)
		truth = truth == TRUTH_YES ? TRUTH_NO : TRUTH_YES;
	return truth;
}

/* As deep as there are tests: each step decides one. */
static bool try_values(struct search *search)
{
	const struct expression *open = NULL;
	struct logic *logic = search->logic;
	uint64_t before;

	if (++logic->steps > SOUND_STEPS_MAX) {
		logic->gave_up = true;
		return true;
	}
	for (size_t i = 0; i < search->count; i++) {
		enum truth truth = evaluate(search, search->claims[i], &open);

		if (truth != TRUTH_OPEN && (truth == TRUTH_YES) != search->holds[i])
			return false;
	}
	if (open == NULL)
		return true;
	before = logic->remaining[open->variable];
	for (int round = 0; round < 2; round++) {
		logic->remaining[open->variable] = before & (round == 0 ? open->mask : ~open->mask);
		if (try_values(search))
			return true;
	}
	logic->remaining[open->variable] = before;
	return false;
}

static void add_claim(struct search *search, const struct expression *expression, bool holds)
{
	if (search->count == array_length(search->claims)) {
		search->logic->gave_up = true;
		return;
	}
	search->claims[search->count] = expression;
	search->holds[search->count++] = holds;
}

/* What decision tables say about the variables of an expression. */
static void add_constraints(struct search *search, const struct expression *expression)
{
	const struct expression *constraint;

	for (size_t i = 0; i < expression->count; i++)
		add_constraints(search, expression->parts[i]);
	if (expression->kind != EXPRESSION_VALUES)
		return;
	constraint = search->logic->variables[expression->variable].constraint;
	for (size_t i = 0; i < search->count; i++)
		if (search->claims[i] == constraint)
			return;
	if (constraint == NULL)
		return;
	add_claim(search, constraint, true);
	add_constraints(search, constraint);
}

bool logic_possible(struct logic *logic, const struct claim *claims, size_t count, const struct facts *facts)
{
	struct search search = { .logic = logic, .facts = facts };

	for (size_t i = 0; i < count; i++) {
		if (claims[i].condition != NULL)
			add_claim(&search, compile(logic, claims[i].condition), claims[i].holds);
		else if (!claims[i].holds)
			return false;
	}
	count = search.count;
	for (size_t i = 0; i < count; i++)
		add_constraints(&search, search.claims[i]);
	if (logic->count > logic->remaining_capacity) {
		logic->remaining_capacity = logic->count * 2;
		logic->remaining = arena_new_array(logic->arena, uint64_t, logic->remaining_capacity);
	}
	for (size_t i = 0; i < logic->count; i++)
		logic->remaining[i] = logic->variables[i].domain;
	for (size_t i = 0; i < facts->tracked_count; i++)
		logic->remaining[facts->tracked[i]] = UINT64_C(1) << facts->values[i];
	logic->steps = 0;
	return try_values(&search);
}

bool logic_may_hold(struct logic *logic, const struct condition *condition, const struct facts *facts)
{
	return condition == NULL || logic_possible(logic, &(struct claim){ condition, true }, 1, facts);
}

bool logic_may_fail(struct logic *logic, const struct condition *condition, const struct facts *facts)
{
	return condition != NULL && logic_possible(logic, &(struct claim){ condition, false }, 1, facts);
}

static bool mentions(const struct expression *expression, size_t variable)
{
	for (size_t i = 0; i < expression->count; i++)
		if (mentions(expression->parts[i], variable))
			return true;
	return expression->kind == EXPRESSION_VALUES && expression->variable == variable;
}

bool logic_mentions(struct logic *logic, const struct condition *condition, size_t variable)
{
	return condition != NULL && mentions(compile(logic, condition), variable);
}
