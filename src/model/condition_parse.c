/* The grammar of the condition language (interface.md, Conditions): recursive descent over the tokens, typed
 * as it goes. */
#include "model/condition_parser_private.h"

#include "base/arena.h"
#include "base/buffer.h"

static struct error *parse_or(struct condition_parser *parser, struct node **ret_node);

static const struct token *peek(const struct condition_parser *parser, size_t ahead)
{
	const struct token *token = &parser->tokens[parser->at];

	while (ahead-- > 0 && token->kind != TOKEN_END)
		token++;
	return token;
}

static struct node *new_node(struct condition_parser *parser, enum node_kind kind)
{
	struct node *node = arena_new_struct(parser->arena, struct node);

	node->kind = kind;
	return node;
}

/* ---- paths ---- */

const struct field *condition_field(const struct type *type, text name)
{
	const struct field *field = table_get(&type->field_names, name);

	for (size_t i = 0; field == NULL && i < type->field_count; i++)
		if (text_equal_ignoring_case(type->fields[i].name, name))
			field = &type->fields[i];
	if (field == &type->fields[FIELD_STATE] && type->lifecycle == NULL)
		return NULL;
	return field;
}

static text first_segment(text path)
{
	text rest = path, segment;

	return text_cut(&rest, '.', &segment) ? segment : path;
}

static bool begins_with_field(const struct condition_parser *parser, const struct token *token)
{
	return token->kind == TOKEN_WORD && condition_field(parser->type, first_segment(token->text)) != NULL;
}

static struct error *unknown_field(struct condition_parser *parser, const struct type *type, text name,
				   size_t at)
{
	text *names = arena_new_array(parser->arena, text, type->field_count);
	struct error *error = condition_error(parser, at, "%.*s has no field '%.*s'", TEXT_ARG(type->name),
					      TEXT_ARG(text_shorten(parser->arena, name, 40)));

	for (size_t i = 0; i < type->field_count; i++)
		names[i] = type->fields[i].name;
	return condition_unknown(parser, name, names, type->field_count, error);
}

/* One segment behind the others; *type becomes the type that the next segment belongs to, or NULL. */
static struct error *add_step(struct condition_parser *parser, struct path *path, text segment, size_t at,
			      const struct type **type)
{
	const struct step *last = path->count == 0 ? NULL : path_last(path);

	if (last != NULL && last->field == FIELD_STATE && !path->group &&
	    text_equal_ignoring_case(segment, T("group"))) {
		path->group = true;
		return NULL;
	}
	if (*type == NULL)
		return error_hint(parser->arena,
				  condition_error(parser, at, "'%.*s' leads to no other record",
						  TEXT_ARG(step_field(last)->name)),
				  "only links have fields of their own");
	const struct field *field = condition_field(*type, segment);
	if (field == NULL)
		return unknown_field(parser, *type, segment, at);
	if (path->count == LIMIT_CONDITION_PATH)
		return condition_error(parser, at, "a path goes through at most %d fields",
				       LIMIT_CONDITION_PATH);
	path->steps[path->count++] = (struct step){ *type, (size_t)(field - (*type)->fields) };
	*type = field->kind == KIND_LINK || field->kind == KIND_LINKS ? field->target : NULL;
	return NULL;
}

static struct error *parse_path(struct condition_parser *parser, const struct token *token,
				struct path **ret_path)
{
	struct path *path = arena_new_struct(parser->arena, struct path);
	const struct type *type = parser->type;
	text rest = token->text;

	for (size_t from = 0; from <= rest.length;) {
		size_t to = from;
		while (to < rest.length && rest.data[to] != '.')
			to++;
		TRY(add_step(parser, path, text_slice(rest, from, to), token->at + from, &type));
		from = to + 1;
	}
	*ret_path = path;
	return NULL;
}

/* ---- tests ---- */

static bool is_text_kind(enum kind kind)
{
	return kind == KIND_TEXT || kind == KIND_PROSE || kind == KIND_MAIL || kind == KIND_ZONE ||
	       kind == KIND_MODEL;
}

static bool may_test(const struct path *path, enum test_kind test)
{
	enum kind kind = step_field(path_last(path))->kind;

	switch (test) {
	case TEST_SET:
		return !path->group;
	case TEST_CONTAINS:
	case TEST_STARTS:
		return is_text_kind(kind);
	case TEST_LESS:
	case TEST_LESS_EQUAL:
	case TEST_GREATER:
	case TEST_GREATER_EQUAL:
		return kind != KIND_BOOLEAN && kind != KIND_LINK && kind != KIND_LINKS &&
		       kind != KIND_RECORD && kind != KIND_PROSE && kind != KIND_HOURS && kind != KIND_HOLIDAYS;
	case TEST_EQUAL:
	case TEST_IN:
		break;
	}
	return kind != KIND_HOURS && kind != KIND_HOLIDAYS;
}

static struct error *check_test(struct condition_parser *parser, const struct node *node,
				const struct token *sign)
{
	const struct field *field = step_field(path_last(node->path));

	if (may_test(node->path, node->test))
		return NULL;
	return error_hint(
	    parser->arena,
	    condition_error(parser, sign->at, "%.*s does not apply to '%.*s'",
			    TEXT_ARG(token_words(parser->arena, sign)), TEXT_ARG(field->name)),
	    "%s", may_test(node->path, TEST_EQUAL) ? "use =, != or in" : "use 'is set' or 'is not set'");
}

static struct error *expected(struct condition_parser *parser, const char *what, const char *hint)
{
	const struct token *token = peek(parser, 0);

	return error_hint(parser->arena,
			  condition_error(parser, token->at, "expected %s, found %.*s", what,
					  TEXT_ARG(token_words(parser->arena, token))),
			  "%s", hint);
}

static struct error *parse_values(struct condition_parser *parser, struct node *node)
{
	size_t capacity = 0;

	if (token_is(peek(parser, 0), T("my"))) {
		node->literals = arena_new_struct(parser->arena, struct literal);
		node->literal_count = 1;
		return condition_value(parser, node->path, TEST_IN, node->literals);
	}
	if (peek(parser, 0)->kind != TOKEN_OPEN)
		return expected(parser, "'('", "write: in (value, value)");
	do {
		parser->at++;
		if (node->literal_count == LIMIT_CONDITION_VALUES)
			return condition_error(parser, peek(parser, 0)->at, "'in' takes at most %d values",
					       LIMIT_CONDITION_VALUES);
		arena_make_room(parser->arena, node->literals, node->literal_count, capacity);
		TRY(condition_value(parser, node->path, TEST_IN, &node->literals[node->literal_count]));
		node->literal_count++;
	} while (peek(parser, 0)->kind == TOKEN_COMMA);
	if (peek(parser, 0)->kind != TOKEN_CLOSE)
		return expected(parser, "',' or ')'", "close the list with )");
	parser->at++;
	return NULL;
}

/* `class under hardware`: that class or any below it. Becomes the list of them, so that nothing else needs to know. */
static struct error *parse_under(struct condition_parser *parser, const struct token *sign, struct node *node)
{
	const struct step *last = path_last(node->path);
	struct literal class;
	uint64_t heirs;

	if ((ptrdiff_t)last->field != last->type->class_field)
		return error_hint(parser->arena,
				  condition_error(parser, sign->at, "'under' does not apply to '%.*s'",
						  TEXT_ARG(step_field(last)->name)),
				  "it asks for a class and those below it: class under NAME");
	TRY(condition_value(parser, node->path, TEST_IN, &class));
	node->under = class.source;
	heirs = type_class_heirs(last->type, (size_t)class.integer);
	node->literals = arena_new_array(parser->arena, struct literal, last->type->class_count);
	for (size_t i = 0; i < last->type->class_count; i++)
		if (heirs >> i & 1)
			node->literals[node->literal_count++] = (struct literal){
				.kind = LITERAL_INTEGER,
				.integer = (int64_t)i,
				.source = step_field(last)->choices[i].name,
			};
	return NULL;
}

/* The operator; leaves parser->at on what follows it. */
static struct error *parse_operator(struct condition_parser *parser, struct node *node)
{
	static const enum test_kind signs[] = {
		[TOKEN_EQUAL] = TEST_EQUAL,	[TOKEN_UNEQUAL] = TEST_EQUAL,
		[TOKEN_LESS] = TEST_LESS,	[TOKEN_LESS_EQUAL] = TEST_LESS_EQUAL,
		[TOKEN_GREATER] = TEST_GREATER, [TOKEN_GREATER_EQUAL] = TEST_GREATER_EQUAL,
	};
	const struct token *token = peek(parser, 0);

	parser->at++;
	if (token->kind != TOKEN_WORD) {
		node->test = signs[token->kind];
		node->negated = token->kind == TOKEN_UNEQUAL;
	} else if (token_is(token, T("contains"))) {
		node->test = TEST_CONTAINS;
	} else if (token_is(token, T("starts"))) {
		node->test = TEST_STARTS;
		if (!token_is(peek(parser, 0), T("with")))
			return expected(parser, "'with'", "write: starts with \"text\"");
		parser->at++;
	} else if (token_is(token, T("is"))) {
		node->test = TEST_SET;
		node->negated = token_is(peek(parser, 0), T("not"));
		parser->at += node->negated;
		if (!token_is(peek(parser, 0), T("set")))
			return expected(parser, "'set' or 'not set'", "compare values with =");
		parser->at++;
	} else {
		node->test = TEST_IN;
		node->negated = token_is(token, T("not"));
		parser->at += node->negated;
		if (token_is(token + node->negated, T("under")))
			return parse_under(parser, token, node);
	}
	return check_test(parser, node, token);
}

static struct error *parse_test(struct condition_parser *parser, struct node **ret_node)
{
	struct node *node = new_node(parser, NODE_TEST);

	TRY(parse_path(parser, peek(parser, 0), &node->path));
	parser->at++;
	TRY(parse_operator(parser, node));
	*ret_node = node;
	if (node->test == TEST_SET || text_is_set(node->under))
		return NULL;
	if (node->test == TEST_IN)
		return parse_values(parser, node);
	node->literals = arena_new_struct(parser->arena, struct literal);
	node->literal_count = 1;
	return condition_value(parser, node->path, node->test, node->literals);
}

/* `class under NAME`; after other words "under" is a word like the others. */
static bool begins_under(const struct token *token, const struct token *sign)
{
	ptrdiff_t path = (ptrdiff_t)token->text.length - 5;

	return token_is(sign, T("under")) && path >= 0 &&
	       text_equal_ignoring_case(text_slice(token->text, (size_t)path, token->text.length), T("class")) &&
	       (path == 0 || token->text.data[path - 1] == '.');
}

/* Does a test begin at this word? "in", "is" and the like are also plain English, so that the words around
 * them decide. */
static bool begins_test(const struct condition_parser *parser, const struct token *token)
{
	const struct token *next = token + 1;

	if (token->kind != TOKEN_WORD || next->kind == TOKEN_END)
		return false;
	if (next->kind >= TOKEN_EQUAL && next->kind <= TOKEN_GREATER_EQUAL)
		return true;
	if (begins_with_field(parser, token) &&
	    begins_under(token, token_is(next, T("not")) ? next + 1 : next))
		return true;
	if (token_is(next, T("not")) && token_is(next + 1, T("in")))
		return begins_with_field(parser, token) || next[2].kind == TOKEN_OPEN;
	if (token_is(next, T("in")) || token_is(next, T("is")) || token_is(next, T("contains")) ||
	    token_is(next, T("starts")))
		return begins_with_field(parser, token) || next[1].kind == TOKEN_OPEN ||
		       next[1].kind == TOKEN_STRING;
	return false;
}

/* ---- words and booleans ---- */

static bool is_keyword(const struct token *token)
{
	return token_is(token, T("and")) || token_is(token, T("or")) || token_is(token, T("not"));
}

static bool is_boolean(const struct condition_parser *parser, const struct token *token)
{
	const struct field *field = condition_field(parser->type, token->text);

	return field != NULL && field->kind == KIND_BOOLEAN;
}

static bool is_plain_word(const struct condition_parser *parser, const struct token *token)
{
	return token->kind == TOKEN_WORD && !is_keyword(token) && !begins_test(parser, token) &&
	       !is_boolean(parser, token);
}

/* Quoted words, or a run of bare ones: "printer jam" and printer jam ask for the same. */
static struct error *parse_words(struct condition_parser *parser, struct node **ret_node)
{
	struct node *node = new_node(parser, NODE_WORDS);
	const struct token *token = peek(parser, 0);
	struct buffer buffer;

	buffer_init(&buffer, parser->arena, LIMIT_CONDITION_BYTES + 1);
	buffer_text(&buffer, token->text);
	parser->at++;
	while (token->kind == TOKEN_WORD && is_plain_word(parser, peek(parser, 0))) {
		buffer_char(&buffer, ' ');
		buffer_text(&buffer, peek(parser, 0)->text);
		parser->at++;
	}
	if (parser->use == CONDITION_RULE)
		return error_hint(parser->arena,
				  condition_error(parser, token->at, "words cannot be searched for here"),
				  "rules compare fields: FIELD contains \"text\"");
	node->words = buffer_peek(&buffer);
	if (text_is_empty(text_trim(node->words)))
		return condition_error(parser, token->at, "there is nothing between the quotes");
	parser->has_words = true;
	*ret_node = node;
	return NULL;
}

/* A path without an operator: a boolean counts as itself, everything else needs a comparison. */
static struct error *parse_bare(struct condition_parser *parser, struct node **ret_node)
{
	struct node *node = new_node(parser, NODE_TEST);
	const struct token *token = peek(parser, 0);

	TRY(parse_path(parser, token, &node->path));
	const struct field *field = step_field(path_last(node->path));
	if (field->kind != KIND_BOOLEAN)
		return error_hint(parser->arena,
				  condition_error(parser, token->at,
						  "'%.*s' is a field and needs a comparison",
						  TEXT_ARG(token->text)),
				  "write '%.*s is set', or \"%.*s\" in quotes to search for the word",
				  TEXT_ARG(token->text), TEXT_ARG(token->text));
	parser->at++;
	node->test = TEST_EQUAL;
	node->bare = true;
	node->literal_count = 1;
	node->literals = arena_new_struct(parser->arena, struct literal);
	*node->literals = (struct literal){ .kind = LITERAL_INTEGER, .integer = 1, .source = T("true") };
	*ret_node = node;
	return NULL;
}

static struct error *parse_word(struct condition_parser *parser, struct node **ret_node)
{
	const struct token *token = peek(parser, 0);

	if (is_keyword(token))
		return expected(parser, "a condition", "put a comparison on both sides of 'and' and 'or'");
	if (begins_test(parser, token))
		return parse_test(parser, ret_node);
	/* `service` alone is a forgotten comparison; in "mail service down" it is a word like the others. */
	bool alone = !is_plain_word(parser, token + 1);
	if (begins_with_field(parser, token) &&
	    (alone || parser->use == CONDITION_RULE || is_boolean(parser, token)))
		return parse_bare(parser, ret_node);
	if (parser->use == CONDITION_RULE)
		return unknown_field(parser, parser->type, token->text, token->at);
	return parse_words(parser, ret_node);
}

/* ---- and, or, not ---- */

static struct error *enter(struct condition_parser *parser, size_t at)
{
	if (++parser->depth > LIMIT_CONDITION_DEPTH)
		return error_hint(parser->arena,
				  condition_error(parser, at, "the condition is nested deeper than %d",
						  LIMIT_CONDITION_DEPTH),
				  "use fewer brackets");
	return NULL;
}

static struct error *parse_group(struct condition_parser *parser, struct node **ret_node)
{
	size_t at = peek(parser, 0)->at;

	parser->at++;
	TRY(enter(parser, at));
	TRY(parse_or(parser, ret_node));
	parser->depth--;
	if (peek(parser, 0)->kind != TOKEN_CLOSE)
		return expected(parser, "')'", "every ( needs a )");
	parser->at++;
	return NULL;
}

static struct node *negate(struct condition_parser *parser, struct node *node)
{
	if (node->kind == NODE_TEST) {
		node->negated = !node->negated;
		return node;
	}
	if (node->kind == NODE_NOT)
		return node->nodes[0];
	struct node *outer = new_node(parser, NODE_NOT);
	outer->nodes = arena_new_array(parser->arena, struct node *, 1);
	outer->nodes[0] = node;
	outer->node_count = 1;
	return outer;
}

static struct error *parse_unary(struct condition_parser *parser, struct node **ret_node)
{
	const struct token *token = peek(parser, 0);

	if (token_is(token, T("not"))) {
		parser->at++;
		TRY(enter(parser, token->at));
		TRY(parse_unary(parser, ret_node));
		parser->depth--;
		*ret_node = negate(parser, *ret_node);
		return NULL;
	}
	if (token->kind == TOKEN_OPEN)
		return parse_group(parser, ret_node);
	if (token->kind == TOKEN_STRING)
		return parse_words(parser, ret_node);
	if (token->kind == TOKEN_WORD)
		return parse_word(parser, ret_node);
	return expected(parser, "a condition", "for example: priority <= 2");
}

static bool asks_words(const struct node *node)
{
	return node->kind == NODE_WORDS || (node->kind == NODE_NOT && node->nodes[0]->kind == NODE_WORDS);
}

/* Groups of the same kind become one, so that (a and b) and c is a and b and c. */
static void add_node(struct condition_parser *parser, struct node *group, size_t *capacity, struct node *node)
{
	size_t count = node->kind == group->kind ? node->node_count : 1;
	struct node **nodes = node->kind == group->kind ? node->nodes : &node;

	for (size_t i = 0; i < count; i++) {
		arena_make_room(parser->arena, group->nodes, group->node_count, *capacity);
		group->nodes[group->node_count++] = nodes[i];
	}
}

/* After one operand of `and`: is there another? Words also stand beside other conditions without `and`. */
static struct error *next_and(struct condition_parser *parser, const struct node *last,
			      struct node **ret_node)
{
	const struct token *token = peek(parser, 0);

	*ret_node = NULL;
	if (token_is(token, T("and"))) {
		parser->at++;
		return parse_unary(parser, ret_node);
	}
	if ((token->kind != TOKEN_WORD && token->kind != TOKEN_STRING && token->kind != TOKEN_OPEN) ||
	    token_is(token, T("or")))
		return NULL;
	if (parser->use == CONDITION_QUERY) {
		TRY(parse_unary(parser, ret_node));
		if (asks_words(last) || asks_words(*ret_node))
			return NULL;
	}
	return error_hint(parser->arena,
			  condition_error(parser, token->at, "expected 'and' or 'or', found %.*s",
					  TEXT_ARG(token_words(parser->arena, token))),
			  "put texts of several words in quotes");
}

static struct error *parse_and(struct condition_parser *parser, struct node **ret_node)
{
	struct node *first, *next;
	struct node *group = NULL;
	size_t capacity = 0;

	TRY(parse_unary(parser, &first));
	for (struct node *last = first;; last = next) {
		TRY(next_and(parser, last, &next));
		if (next == NULL)
			break;
		if (group == NULL) {
			group = new_node(parser, NODE_AND);
			add_node(parser, group, &capacity, first);
		}
		add_node(parser, group, &capacity, next);
	}
	*ret_node = group != NULL ? group : first;
	return NULL;
}

static struct error *parse_or(struct condition_parser *parser, struct node **ret_node)
{
	struct node *group = NULL, *next;
	size_t capacity = 0;

	TRY(parse_and(parser, ret_node));
	while (token_is(peek(parser, 0), T("or"))) {
		parser->at++;
		TRY(parse_and(parser, &next));
		if (group == NULL) {
			group = new_node(parser, NODE_OR);
			add_node(parser, group, &capacity, *ret_node);
			*ret_node = group;
		}
		add_node(parser, group, &capacity, next);
	}
	return NULL;
}

struct error *condition_parse(struct arena *arena, const struct model *model, const struct type *type,
			      text source, enum condition_use use, struct condition **ret_condition)
{
	/* Names and words stay slices of the source, so the condition keeps a source of its own. */
	struct condition_parser parser = {
		.arena = arena, .type = type, .source = text_copy(arena, source), .use = use
	};
	struct condition *condition = arena_new_struct(arena, struct condition);

	(void)model; /* types know their targets themselves */
	TRY(condition_lex(&parser));
	condition->type = type;
	if (peek(&parser, 0)->kind == TOKEN_END) {
		condition->root = new_node(&parser, NODE_TRUE);
		*ret_condition = condition;
		return NULL;
	}
	TRY(parse_or(&parser, &condition->root));
	if (peek(&parser, 0)->kind != TOKEN_END)
		return expected(&parser, "'and' or 'or'", "is a bracket or quote missing?");
	condition->has_words = parser.has_words;
	*ret_condition = condition;
	return NULL;
}
