/*
 * Conditions as SQL. Negations are pushed down to the tests: a positive test may be NULL (which counts as
 * false and leaves its index usable, since nothing above it negates), a negated one says explicitly that
 * unset passes. So no NULL leaks.
 */
#include "model/column_private.h"
#include "model/query_private.h"

#include "base/arena.h"

/* A condition has at most 4,000 bytes; each test becomes some hundred, a path through access rules some
 * thousand. */
#define SQL_BYTES_MAX ((size_t)4 * 1024 * 1024)

void composer_begin(struct composer *composer, struct work *work, const struct query *query)
{
	*composer = (struct composer){ .work = work, .query = query, .aliases = 1 };
	buffer_init(&composer->sql, work->arena, SQL_BYTES_MAX);
}

#define put(composer, literal) buffer_literal(&(composer)->sql, literal)

void compose_cell(struct composer *composer, struct cell cell)
{
	arena_make_room(composer->work->arena, composer->cells, composer->cell_count,
			composer->cell_capacity);
	composer->cells[composer->cell_count++] = cell;
	put(composer, "$");
	buffer_integer(&composer->sql, (int64_t)composer->cell_count);
}

void compose_column(struct composer *composer, int alias, text column)
{
	put(composer, "t");
	buffer_integer(&composer->sql, alias);
	put(composer, ".");
	column_quote(&composer->sql, column);
}

static void compose_truth(struct composer *composer, bool truth)
{
	buffer_text(&composer->sql, truth ? T("(1=1)") : T("(1=0)"));
}

void compose_states(struct composer *composer, int alias, uint64_t states)
{
	const char *before = " IN (";

	compose_column(composer, alias, T("state"));
	for (int i = 0; i < 64; i++) {
		if ((states >> i & 1) == 0)
			continue;
		buffer_text(&composer->sql, text_from(before));
		buffer_integer(&composer->sql, i);
		before = ",";
	}
	put(composer, ")");
}

/* ---- ids ---- */

static void add_id(struct arena *arena, int64_t **ids, size_t *count, size_t *capacity, int64_t id)
{
	for (size_t i = 0; i < *count; i++)
		if ((*ids)[i] == id)
			return;
	if (id == 0)
		return;
	arena_make_room(arena, *ids, *count, *capacity);
	(*ids)[(*count)++] = id;
}

struct error *node_ids(const struct node *node, const struct type *target,
		       const struct condition_context *context, int64_t **ret_ids, size_t *ret_count)
{
	struct arena *arena = context->work->arena;
	int64_t *ids = NULL, id;
	size_t count = 0, capacity = 0;

	for (size_t i = 0; i < node->literal_count; i++) {
		const struct literal *literal = &node->literals[i];
		if (literal->kind == LITERAL_TEAMS) {
			for (size_t k = 0; k < context->team_count; k++)
				add_id(arena, &ids, &count, &capacity, context->teams[k]);
			continue;
		}
		TRY(literal_id(literal, target, context, &id));
		add_id(arena, &ids, &count, &capacity, id);
	}
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

/* " = $1" or " IN ($1,$2)"; no id passes nothing. */
static void compose_ids(struct composer *composer, const int64_t *ids, size_t count)
{
	buffer_text(&composer->sql, count == 1 ? T(" = ") : T(" IN ("));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			put(composer, ",");
		compose_cell(composer, cell_integer(ids[i]));
	}
	if (count != 1)
		put(composer, ")");
}

/* ---- words ---- */

/* Padded to a power of two by repeating the last id, so that there are few different statements. */
static void compose_found(struct composer *composer, int64_t *ids, size_t count)
{
	size_t padded = 1;

	while (padded < count)
		padded *= 2;
	put(composer, " IN (");
	for (size_t i = 0; i < padded; i++) {
		if (i > 0)
			put(composer, ",");
		compose_cell(composer, cell_integer(ids[minimum(i, count - 1)]));
	}
	put(composer, ")");
}

static struct error *compose_words(struct composer *composer, text words, int alias, bool positive)
{
	const struct query *query = composer->query;
	int64_t *ids;
	size_t count;

	if (query == NULL || query->find_words == NULL || alias != 0)
		return error_new(composer->work->arena, ERROR_INTERNAL,
				 "words were asked for where none can be searched");
	TRY(query->find_words(query->data, composer->work, query->type, words, &ids, &count));
	if (count == 0) {
		compose_truth(composer, !positive);
		return NULL;
	}
	put(composer, "t0.id");
	if (!positive)
		put(composer, " NOT");
	compose_found(composer, ids, count);
	return NULL;
}

/* ---- one test of one column ---- */

static void compose_sign(struct composer *composer, enum test_kind test)
{
	static const char *const signs[] = {
		[TEST_EQUAL] = " = ",	[TEST_LESS] = " < ",	       [TEST_LESS_EQUAL] = " <= ",
		[TEST_GREATER] = " > ", [TEST_GREATER_EQUAL] = " >= ", [TEST_IN] = " = ",
		[TEST_SET] = "",	[TEST_CONTAINS] = "",	       [TEST_STARTS] = "",
	};

	buffer_text(&composer->sql, text_from(signs[test]));
}

/* The least text above every text that begins with `prefix`: its last code point plus one. Unset: there is
 * none. */
static text successor(struct arena *arena, text prefix)
{
	char *bytes = arena_alloc(arena, prefix.length + 4);
	size_t length = prefix.length;

	if (prefix.length > 0)
		memcpy(bytes, prefix.data, prefix.length);
	while (length > 0) {
		size_t start = length - 1;
		while (start > 0 && ((unsigned char)bytes[start] & 0xc0) == 0x80)
			start--;
		text last = { bytes + start, length - start };
		text next = text_next_character(arena, last);
		if (text_is_set(next)) {
			memcpy(bytes + start, next.data, next.length);
			return (text){ bytes, start + next.length };
		}
		length = start;
	}
	return TEXT_UNSET;
}

/* Folded keys hold no ASCII capitals, so that LIKE means the same on both databases. */
static text like_pattern(struct arena *arena, text key)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 2 * key.length + 2);
	buffer_char(&buffer, '%');
	for (size_t i = 0; i < key.length; i++) {
		if (key.data[i] == '%' || key.data[i] == '_' || key.data[i] == '\\')
			buffer_char(&buffer, '\\');
		buffer_char(&buffer, key.data[i]);
	}
	buffer_char(&buffer, '%');
	return buffer_peek(&buffer);
}

static void compose_text(struct composer *composer, enum test_kind test, int alias, text column,
			 const struct literal *literal)
{
	struct arena *arena = composer->work->arena;

	compose_column(composer, alias, column);
	if (test == TEST_CONTAINS) {
		put(composer, " LIKE ");
		compose_cell(composer, cell_text(like_pattern(arena, literal->key)));
		put(composer, " ESCAPE '\\'");
	} else if (test == TEST_STARTS) {
		text above = successor(arena, literal->key);
		put(composer, " >= ");
		compose_cell(composer, cell_text(literal->key));
		if (!text_is_set(above))
			return;
		put(composer, " AND ");
		compose_column(composer, alias, column);
		put(composer, " < ");
		compose_cell(composer, cell_text(above));
	} else {
		compose_sign(composer, test);
		compose_cell(composer, cell_text(literal->key));
	}
}

static void compose_moment(struct composer *composer, const struct condition_context *context,
			   enum test_kind test, int alias, text column, const struct literal *literal)
{
	moment begin, end;

	literal_moment(literal, context, &begin, &end);
	compose_column(composer, alias, column);
	if (end <= begin || (test != TEST_EQUAL && test != TEST_IN)) {
		compose_sign(composer, test);
		compose_cell(composer, cell_integer(begin));
		return;
	}
	put(composer, " >= ");
	compose_cell(composer, cell_integer(begin));
	put(composer, " AND ");
	compose_column(composer, alias, column);
	put(composer, " < ");
	compose_cell(composer, cell_integer(end));
}

/* Choices and booleans stand in the statement as they are: few values, and a partial index may name them. */
static void compose_value(struct composer *composer, const struct condition_context *context,
			  const struct field *field, enum test_kind test, int alias,
			  const struct literal *literal)
{
	text column = column_compared(composer->work->arena, field);

	if (literal->kind == LITERAL_TEXT) {
		compose_text(composer, test, alias, column, literal);
		return;
	}
	if (field->kind == KIND_MOMENT) {
		compose_moment(composer, context, test, alias, column, literal);
		return;
	}
	compose_column(composer, alias, column);
	compose_sign(composer, test);
	if (field->kind == KIND_CHOICE || field->kind == KIND_BOOLEAN)
		buffer_integer(&composer->sql, literal->integer);
	else
		compose_cell(composer, literal->kind == LITERAL_REAL ? cell_real(literal->real)
								     : cell_integer(literal->integer));
}

static struct error *compose_values(struct composer *composer, const struct condition_context *context,
				    const struct node *node, const struct field *field, int alias)
{
	bool counts;

	put(composer, "(");
	for (size_t i = 0; i < node->literal_count; i++) {
		if (i > 0)
			put(composer, " OR ");
		TRY(literal_counts(&node->literals[i], field, context, &counts));
		if (counts)
			compose_value(composer, context, field, node->test, alias, &node->literals[i]);
		else
			compose_truth(composer, false);
	}
	put(composer, ")");
	return NULL;
}

static void compose_set(struct composer *composer, const struct field *field, int alias, bool positive)
{
	compose_column(composer, alias, field->name);
	buffer_text(&composer->sql, positive ? T(" IS NOT NULL") : T(" IS NULL"));
}

static void compose_complement(struct composer *composer, const struct field *field, int alias)
{
	put(composer, "(");
	compose_column(composer, alias, column_compared(composer->work->arena, field));
	put(composer, " IS NULL OR ");
}

static bool may_read(const struct condition_context *context, const struct type *type,
		     const struct field *field)
{
	return context->readable == NULL || context->readable(context->data, type, field);
}

/* Two fields of one record: false when one of them is unset. */
static void compose_fields(struct composer *composer, const struct condition_context *context,
			   const struct node *node, const struct step *step, int alias, bool positive)
{
	const struct field *field = step_field(step), *other = &step->type->fields[node->literals->integer];

	if (!may_read(context, step->type, other)) {
		compose_truth(composer, !positive);
		return;
	}
	if (!positive) {
		compose_complement(composer, field, alias);
		compose_column(composer, alias, other->name);
		put(composer, " IS NULL OR NOT ");
	}
	put(composer, "(");
	compose_column(composer, alias, field->name);
	compose_sign(composer, node->test);
	compose_column(composer, alias, other->name);
	buffer_text(&composer->sql, positive ? T(")") : T("))"));
}

static void compose_state(struct composer *composer, const struct node *node, const struct step *step,
			  int alias, bool positive)
{
	const struct lifecycle *lifecycle = step->type->lifecycle;
	size_t passing = 0;

	for (size_t i = 0; i < lifecycle->state_count; i++)
		passing += node_state_passes(node, lifecycle, i) == positive;
	if (passing == 0 || passing == lifecycle->state_count) {
		compose_truth(composer, passing != 0);
		return;
	}
	const char *before = " IN (";
	compose_column(composer, alias, T("state"));
	for (size_t i = 0; i < lifecycle->state_count; i++) {
		if (node_state_passes(node, lifecycle, i) != positive)
			continue;
		buffer_text(&composer->sql, text_from(before));
		buffer_integer(&composer->sql, (int64_t)i);
		before = ",";
	}
	put(composer, ")");
}

static struct error *compose_link(struct composer *composer, const struct condition_context *context,
				  const struct node *node, const struct field *field, int alias,
				  bool positive)
{
	int64_t *ids;
	size_t count;

	TRY(node_ids(node, field->target, context, &ids, &count));
	if (count == 0) {
		compose_truth(composer, !positive);
		return NULL;
	}
	if (!positive) {
		compose_complement(composer, field, alias);
		put(composer, "NOT ");
	}
	put(composer, "(");
	compose_column(composer, alias, field->name);
	compose_ids(composer, ids, count);
	buffer_text(&composer->sql, positive ? T(")") : T("))"));
	return NULL;
}

static struct error *compose_last(struct composer *composer, const struct condition_context *context,
				  const struct node *node, const struct step *step, int alias, bool positive)
{
	const struct field *field = step_field(step);

	if (node->test == TEST_SET) {
		compose_set(composer, field, alias, positive);
	} else if (node_tests_state(node)) {
		compose_state(composer, node, step, alias, positive);
	} else if (node->literals->kind == LITERAL_FIELD) {
		compose_fields(composer, context, node, step, alias, positive);
	} else if (field->kind == KIND_LINK) {
		return compose_link(composer, context, node, field, alias, positive);
	} else {
		if (!positive) {
			compose_complement(composer, field, alias);
			put(composer, "NOT ");
		}
		TRY(compose_values(composer, context, node, field, alias));
		if (!positive)
			put(composer, ")");
	}
	return NULL;
}

/* ---- paths ---- */

/* Many links at the end of a path: found from the link's side, so that "watched by me" is a short list and
 * not a scan. */
static struct error *compose_links(struct composer *composer, const struct condition_context *context,
				   const struct node *node, const struct field *field, int alias,
				   bool positive)
{
	int64_t *ids = NULL;
	size_t count = 0;

	if (node->test != TEST_SET) {
		TRY(node_ids(node, field->target, context, &ids, &count));
		if (count == 0) {
			compose_truth(composer, !positive);
			return NULL;
		}
	}
	compose_column(composer, alias, T("id"));
	buffer_text(&composer->sql, positive ? T(" IN (") : T(" NOT IN ("));
	buffer_format(&composer->sql, "SELECT l.from_id FROM \"" LINK_TABLE "\" l WHERE l.name = '%.*s'",
		      TEXT_ARG(field->name));
	if (node->test != TEST_SET) {
		put(composer, " AND l.to_id");
		compose_ids(composer, ids, count);
	} else {
		put(composer, " AND l.from_id = ");
		compose_column(composer, alias, T("id"));
	}
	put(composer, ")");
	return NULL;
}

/* " AND (the record may be read)", for a linked record. */
static struct error *compose_scope(struct composer *composer, const struct condition_context *context,
				   const struct type *type, int alias)
{
	const struct condition *const *branches = NULL;
	struct condition_context all = condition_rule_context(context);
	size_t count = 0;
	bool everything = true;

	if (context->record_scope != NULL)
		TRY(context->record_scope(context->data, type, &everything, &branches, &count));
	if (everything)
		return NULL;
	put(composer, " AND (1=0");
	for (size_t i = 0; i < count; i++) {
		put(composer, " OR ");
		TRY(compose_node(composer, &all, branches[i]->root, alias, true));
	}
	put(composer, ")");
	return NULL;
}

static struct error *compose_from(struct composer *composer, const struct condition_context *context,
				  const struct node *node, size_t step, int alias, bool positive);

/* Through a link: a record at its other end passes. */
static struct error *compose_through(struct composer *composer, const struct condition_context *context,
				     const struct node *node, size_t step, int alias, bool positive)
{
	const struct field *field = step_field(&node->path->steps[step]);
	const struct type *target = field->target;
	int next = composer->aliases++;

	if (!positive)
		put(composer, "NOT ");
	buffer_format(&composer->sql, "EXISTS (SELECT 1 FROM ");
	if (field->kind == KIND_LINKS) {
		buffer_format(&composer->sql,
			      "\"" LINK_TABLE
			      "\" l%d CROSS JOIN \"%.*s\" t%d WHERE l%d.name = '%.*s' AND l%d.from_id = ",
			      next, TEXT_ARG(target->table), next, next, TEXT_ARG(field->name), next);
		compose_column(composer, alias, T("id"));
		buffer_format(&composer->sql, " AND t%d.id = l%d.to_id AND ", next, next);
	} else {
		buffer_format(&composer->sql, "\"%.*s\" t%d WHERE t%d.id = ", TEXT_ARG(target->table), next,
			      next);
		compose_column(composer, alias, field->name);
		put(composer, " AND ");
	}
	TRY(compose_from(composer, context, node, step + 1, next, true));
	TRY(compose_scope(composer, context, target, next));
	put(composer, ")");
	return NULL;
}

struct error *compose_linked(struct composer *composer, const struct condition_context *context,
			     const struct node *node)
{
	const struct type *target = step_field(&node->path->steps[0])->target;
	int alias = composer->aliases++;

	buffer_format(&composer->sql, "SELECT t%d.id FROM \"%.*s\" t%d WHERE ", alias,
		      TEXT_ARG(target->table), alias);
	TRY(compose_from(composer, context, node, 1, alias, true));
	return compose_scope(composer, context, target, alias);
}

static struct error *compose_from(struct composer *composer, const struct condition_context *context,
				  const struct node *node, size_t step, int alias, bool positive)
{
	const struct step *at = &node->path->steps[step];
	const struct field *field = step_field(at);

	if (!may_read(context, at->type, field)) {
		compose_truth(composer, !positive);
		return NULL;
	}
	if (node == composer->split && step == 0 && alias == 0) {
		compose_column(composer, alias, field->name);
		compose_ids(composer, &composer->split_id, 1);
		return NULL;
	}
	if (step + 1 < node->path->count)
		return compose_through(composer, context, node, step, alias, positive);
	if (field->kind == KIND_LINKS)
		return compose_links(composer, context, node, field, alias, positive);
	return compose_last(composer, context, node, at, alias, positive);
}

/* ---- the tree ---- */

/* Words that must all be found are one question: each for itself would lose matches beyond the search's
 * limit. */
static struct error *compose_joined_words(struct composer *composer, const struct node *group, int alias,
					  bool *ret_any)
{
	struct buffer words;

	buffer_init(&words, composer->work->arena, 2 * LIMIT_CONDITION_BYTES);
	for (size_t i = 0; i < group->node_count; i++) {
		if (group->nodes[i]->kind != NODE_WORDS)
			continue;
		if (words.length > 0)
			buffer_char(&words, ' ');
		buffer_text(&words, group->nodes[i]->words);
	}
	*ret_any = words.length > 0;
	return *ret_any ? compose_words(composer, buffer_peek(&words), alias, true) : NULL;
}

static struct error *compose_group(struct composer *composer, const struct condition_context *context,
				   const struct node *node, int alias, bool positive)
{
	bool all = (node->kind == NODE_AND) == positive, joined = node->kind == NODE_AND && positive,
	     any = false;

	put(composer, "(");
	if (joined)
		TRY(compose_joined_words(composer, node, alias, &any));
	for (size_t i = 0; i < node->node_count; i++) {
		if (joined && node->nodes[i]->kind == NODE_WORDS)
			continue;
		if (any)
			buffer_text(&composer->sql, all ? T(" AND ") : T(" OR "));
		any = true;
		TRY(compose_node(composer, context, node->nodes[i], alias, positive));
	}
	put(composer, ")");
	return NULL;
}

struct error *compose_node(struct composer *composer, const struct condition_context *context,
			   const struct node *node, int alias, bool positive)
{
	switch (node->kind) {
	case NODE_TRUE:
		compose_truth(composer, positive);
		return NULL;
	case NODE_TEST:
		return compose_from(composer, context, node, 0, alias, positive != node->negated);
	case NODE_WORDS:
		return compose_words(composer, node->words, alias, positive);
	case NODE_NOT:
		return compose_node(composer, context, node->nodes[0], alias, !positive);
	case NODE_AND:
	case NODE_OR:
		break;
	}
	return compose_group(composer, context, node, alias, positive);
}
