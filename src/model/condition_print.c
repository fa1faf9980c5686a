/* Conditions back to canonical source, joined, and asked about: what needs the tree but neither a record nor
 * a database. */
#include "model/condition_private.h"

#include "base/arena.h"
#include "base/buffer.h"

/* A thousand fields in 200 values each would still fit; the source itself is limited to
 * LIMIT_CONDITION_BYTES. */
#define PRINT_BYTES_MAX (64 * LIMIT_CONDITION_BYTES)

static void print_quoted(struct buffer *buffer, text t)
{
	buffer_char(buffer, '"');
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] == '"' || t.data[i] == '\\')
			buffer_char(buffer, '\\');
		buffer_char(buffer, t.data[i]);
	}
	buffer_char(buffer, '"');
}

text condition_quote(struct arena *arena, text value)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 2 * value.length + 3);
	print_quoted(&buffer, value);
	return buffer_peek(&buffer);
}

/* One token that is read back as the same word: nothing in it ends a word. */
static bool is_one_word(text t)
{
	for (size_t i = 0; i < t.length; i++)
		if ((unsigned char)t.data[i] <= ' ' || t.data[i] == 0x7f ||
		    strchr("\"(),=<>!", t.data[i]) != NULL)
			return false;
	return t.length > 0;
}

static void print_path(struct buffer *buffer, const struct path *path)
{
	for (size_t i = 0; i < path->count; i++) {
		if (i > 0)
			buffer_char(buffer, '.');
		buffer_text(buffer, step_field(&path->steps[i])->name);
	}
	if (path->group)
		buffer_literal(buffer, ".group");
}

static void print_literal(struct buffer *buffer, const struct type *type, const struct literal *literal)
{
	bool quoted = false;

	switch (literal->kind) {
	case LITERAL_TEXT:
		quoted = true;
		break;
	case LITERAL_NAME:
		/* A name that reads as something else stays quoted. */
		quoted = !is_one_word(literal->source) ||
			 table_get(&type->field_names, text_fold(buffer->arena, literal->source)) ||
			 text_equal_ignoring_case(literal->source, T("me")) ||
			 text_equal_ignoring_case(literal->source, T("my"));
		break;
	case LITERAL_INTEGER:
	case LITERAL_LOCAL:
		/* Choices and moments of several words; a span such as "2 days" was not read from one token.
		 */
		quoted = !literal->span && !is_one_word(literal->source);
		break;
	case LITERAL_REAL:
	case LITERAL_ME:
	case LITERAL_TEAMS:
	case LITERAL_NOW:
	case LITERAL_TODAY:
	case LITERAL_WORKING:
	case LITERAL_FIELD:
		quoted = false;
		break;
	}
	if (quoted)
		print_quoted(buffer, literal->source);
	else
		buffer_text(buffer, literal->source);
}

static void print_values(struct buffer *buffer, const struct type *type, const struct node *node)
{
	buffer_char(buffer, '(');
	for (size_t i = 0; i < node->literal_count; i++) {
		if (i > 0)
			buffer_literal(buffer, ", ");
		print_literal(buffer, type, &node->literals[i]);
	}
	buffer_char(buffer, ')');
}

static void print_test(struct buffer *buffer, const struct type *type, const struct node *node)
{
	static const char *const signs[] = {
		[TEST_EQUAL] = " = ",
		[TEST_LESS] = " < ",
		[TEST_LESS_EQUAL] = " <= ",
		[TEST_GREATER] = " > ",
		[TEST_GREATER_EQUAL] = " >= ",
		[TEST_IN] = " in ",
		[TEST_SET] = " is set",
		[TEST_CONTAINS] = " contains ",
		[TEST_STARTS] = " starts with ",
	};
	const char *sign = signs[node->test];

	if (node->negated && !node->bare && node->test == TEST_EQUAL)
		sign = " != ";
	else if (text_is_set(node->under))
		sign = node->negated ? " not under " : " under ";
	else if (node->negated && node->test == TEST_IN)
		sign = " not in ";
	else if (node->negated && node->test == TEST_SET)
		sign = " is not set";
	else if (node->negated)
		buffer_literal(buffer, "not ");
	print_path(buffer, node->path);
	if (node->bare)
		return;
	buffer_text(buffer, text_from(sign));
	if (text_is_set(node->under))
		buffer_text(buffer, node->under);
	else if (node->test == TEST_IN && node->literals[0].kind == LITERAL_TEAMS && node->literal_count == 1)
		buffer_literal(buffer, "my teams");
	else if (node->test == TEST_IN)
		print_values(buffer, type, node);
	else if (node->test != TEST_SET)
		print_literal(buffer, type, node->literals);
}

static void print_node(struct buffer *buffer, const struct type *type, const struct node *node)
{
	switch (node->kind) {
	case NODE_TRUE:
		break;
	case NODE_TEST:
		print_test(buffer, type, node);
		break;
	case NODE_WORDS:
		print_quoted(buffer, node->words);
		break;
	case NODE_NOT:
		buffer_literal(buffer, "not ");
		if (node->nodes[0]->kind == NODE_WORDS) {
			print_node(buffer, type, node->nodes[0]);
			break;
		}
		buffer_char(buffer, '(');
		print_node(buffer, type, node->nodes[0]);
		buffer_char(buffer, ')');
		break;
	case NODE_AND:
	case NODE_OR:
		for (size_t i = 0; i < node->node_count; i++) {
			bool bracket = node->kind == NODE_AND && node->nodes[i]->kind == NODE_OR;
			if (i > 0)
				buffer_text(buffer, node->kind == NODE_AND ? T(" and ") : T(" or "));
			if (bracket)
				buffer_char(buffer, '(');
			print_node(buffer, type, node->nodes[i]);
			if (bracket)
				buffer_char(buffer, ')');
		}
		break;
	}
}

text condition_print(struct arena *arena, const struct condition *condition)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, PRINT_BYTES_MAX);
	print_node(&buffer, condition->type, condition->root);
	return buffer_peek(&buffer);
}

struct condition *condition_and(struct arena *arena, const struct condition *left,
				const struct condition *right)
{
	const struct condition *only = left == NULL || left->root->kind == NODE_TRUE ? right : left;

	if (only == NULL)
		return (struct condition *)left;
	if (right == NULL || right->root->kind == NODE_TRUE || only == right)
		return (struct condition *)only;
	struct condition *both = arena_new_struct(arena, struct condition);
	struct node *group = arena_new_struct(arena, struct node);
	const struct node *sides[2] = { left->root, right->root };
	size_t capacity = 0;
	group->kind = NODE_AND;
	for (size_t i = 0; i < 2; i++) {
		bool flat = sides[i]->kind == NODE_AND;
		for (size_t k = 0; k < (flat ? sides[i]->node_count : 1); k++) {
			arena_make_room(arena, group->nodes, group->node_count, capacity);
			group->nodes[group->node_count++] =
			    flat ? sides[i]->nodes[k] : (struct node *)sides[i];
		}
	}
	*both = (struct condition){ .type = left->type,
				    .root = group,
				    .has_words = left->has_words || right->has_words };
	return both;
}

bool condition_has_words(const struct condition *condition)
{
	return condition != NULL && condition->has_words;
}

static bool is_constant_test(const struct node *node)
{
	if (node->path->count > 1 || step_field(node->path->steps)->kind == KIND_LINKS)
		return false;
	for (size_t i = 0; i < node->literal_count; i++) {
		enum literal_kind kind = node->literals[i].kind;
		if (kind != LITERAL_INTEGER && kind != LITERAL_REAL && kind != LITERAL_TEXT &&
		    kind != LITERAL_FIELD)
			return false;
	}
	return true;
}

static bool is_constant(const struct node *node)
{
	if (node->kind == NODE_TEST)
		return is_constant_test(node);
	for (size_t i = 0; i < node->node_count; i++)
		if (!is_constant(node->nodes[i]))
			return false;
	return node->kind != NODE_WORDS;
}

bool condition_is_constant(const struct condition *condition)
{
	return is_constant(condition->root);
}

bool condition_is_scope(const struct condition *condition, const struct field **ret_field, bool *ret_teams)
{
	const struct node *node = condition->root;

	if (node->kind != NODE_TEST || node->negated || node->path->count != 1 || node->literal_count != 1 ||
	    (node->test != TEST_EQUAL && node->test != TEST_IN))
		return false;
	if (node->literals->kind != LITERAL_ME && node->literals->kind != LITERAL_TEAMS)
		return false;
	*ret_field = step_field(node->path->steps);
	*ret_teams = node->literals->kind == LITERAL_TEAMS;
	return true;
}

static void each_field(const struct node *node, void (*visit)(void *data, size_t field), void *data)
{
	if (node->kind == NODE_TEST) {
		visit(data, node->path->steps[0].field);
		for (size_t i = 0; i < node->literal_count; i++)
			if (node->literals[i].kind == LITERAL_FIELD)
				visit(data, (size_t)node->literals[i].integer);
	}
	for (size_t i = 0; i < node->node_count; i++)
		each_field(node->nodes[i], visit, data);
}

void condition_each_field(const struct condition *condition, void (*visit)(void *data, size_t field),
			  void *data)
{
	each_field(condition->root, visit, data);
}

static void each_step(const struct node *node, void (*visit)(void *data, const struct type *type, const struct field *field),
		      void *data)
{
	if (node->kind == NODE_TEST) {
		for (size_t i = 0; i < node->path->count; i++)
			visit(data, node->path->steps[i].type, step_field(&node->path->steps[i]));
		for (size_t i = 0; i < node->literal_count; i++)
			if (node->literals[i].kind == LITERAL_FIELD)
				visit(data, node->path->steps[0].type,
				      &node->path->steps[0].type->fields[node->literals[i].integer]);
	}
	for (size_t i = 0; i < node->node_count; i++)
		each_step(node->nodes[i], visit, data);
}

void condition_each_step(const struct condition *condition,
			 void (*visit)(void *data, const struct type *type, const struct field *field), void *data)
{
	each_step(condition->root, visit, data);
}
