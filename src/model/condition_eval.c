/* A condition asked of one record in memory: guards, access rules, clocks, automation. Reads the store only
 * along paths. */
#include "model/condition_private.h"

#include "model/record.h"

#include "base/arena.h"

struct question {
	const struct condition_context *context;
	const struct node *node; /* the test being asked */
};

static struct error *passes_from(const struct question *question, struct record *record, size_t step,
				 bool *ret_passes);

/* ---- one cell ---- */

/* -1, 0, 1 */
static int compare(const struct cell *cell, const struct literal *literal)
{
	if (cell->kind == CELL_REAL)
		return (cell->real > literal->real) - (cell->real < literal->real);
	return (cell->integer > literal->integer) - (cell->integer < literal->integer);
}

static bool order_holds(enum test_kind test, int order)
{
	switch (test) {
	case TEST_LESS:
		return order < 0;
	case TEST_LESS_EQUAL:
		return order <= 0;
	case TEST_GREATER:
		return order > 0;
	case TEST_GREATER_EQUAL:
		return order >= 0;
	case TEST_EQUAL:
	case TEST_IN:
	case TEST_SET:
	case TEST_CONTAINS:
	case TEST_STARTS:
		break;
	}
	return order == 0;
}

static bool text_passes(enum test_kind test, text key, text wanted)
{
	if (test == TEST_CONTAINS)
		return text_find(key, wanted) >= 0;
	if (test == TEST_STARTS)
		return text_starts_with(key, wanted);
	return order_holds(test, text_compare(key, wanted));
}

static bool moment_passes(const struct question *question, const struct cell *cell,
			  const struct literal *literal)
{
	enum test_kind test = question->node->test;
	moment begin, end;

	literal_moment(literal, question->context, &begin, &end);
	if (end > begin && (test == TEST_EQUAL || test == TEST_IN))
		return cell->integer >= begin && cell->integer < end;
	return order_holds(test, (cell->integer > begin) - (cell->integer < begin));
}

static bool is_my_team(const struct condition_context *context, int64_t id)
{
	for (size_t i = 0; i < context->team_count; i++)
		if (context->teams[i] == id)
			return true;
	return false;
}

static struct error *link_passes(const struct question *question, int64_t id, const struct type *target,
				 bool *ret_passes)
{
	int64_t wanted;

	*ret_passes = question->node->test == TEST_SET;
	for (size_t i = 0; !*ret_passes && i < question->node->literal_count; i++) {
		const struct literal *literal = &question->node->literals[i];
		if (literal->kind == LITERAL_TEAMS) {
			*ret_passes = is_my_team(question->context, id);
			continue;
		}
		TRY(literal_id(literal, target, question->context, &wanted));
		*ret_passes = wanted == id;
	}
	return NULL;
}

static struct error *value_passes(const struct question *question, const struct field *field,
				  const struct cell *cell, bool *ret_passes)
{
	const struct node *node = question->node;
	text key =
	    cell->kind == CELL_TEXT ? text_fold(question->context->work->arena, cell->text) : TEXT_UNSET;

	*ret_passes = false;
	for (size_t i = 0; !*ret_passes && i < node->literal_count; i++) {
		const struct literal *literal = &node->literals[i];
		bool counts;

		*ret_passes = cell->kind == CELL_TEXT	     ? text_passes(node->test, key, literal->key)
			      : field->kind == KIND_MOMENT ? moment_passes(question, cell, literal)
							   : order_holds(node->test, compare(cell, literal));
		if (!*ret_passes)
			continue;
		TRY(literal_counts(literal, field, question->context, &counts));
		*ret_passes = counts;
	}
	return NULL;
}

/* ---- one record ---- */

static bool may_read(const struct condition_context *context, const struct type *type,
		     const struct field *field)
{
	return context->readable == NULL || context->readable(context->data, type, field);
}

static bool field_passes(const struct question *question, const struct record *record,
			 const struct cell *cell)
{
	size_t position = (size_t)question->node->literals->integer;
	const struct cell *other = &record->cells[position];

	if (other->kind == CELL_NULL ||
	    !may_read(question->context, record->type, &record->type->fields[position]))
		return false;
	if (cell->kind == CELL_REAL)
		return order_holds(question->node->test,
				   (cell->real > other->real) - (cell->real < other->real));
	return order_holds(question->node->test,
			   (cell->integer > other->integer) - (cell->integer < other->integer));
}

/* Records read for a list lack their prose: only then is the whole record fetched. */
static struct error *cell_of(const struct question *question, struct record *record, size_t field,
			     const struct cell **ret_cell)
{
	struct record *whole = record;

	if (record->partial && record->type->fields[field].kind == KIND_PROSE)
		TRY(model_load(question->context->work, record->type, record->id, &whole));
	*ret_cell = &whole->cells[field];
	return NULL;
}

static struct error *last_passes(const struct question *question, struct record *record,
				 const struct step *step, bool *ret_passes)
{
	const struct node *node = question->node;
	const struct field *field = step_field(step);
	const struct cell *cell;

	*ret_passes = false;
	TRY(cell_of(question, record, step->field, &cell));
	if (cell->kind == CELL_NULL)
		return NULL;
	if (node->test == TEST_SET) {
		*ret_passes = true;
	} else if (node_tests_state(node)) {
		*ret_passes = (uint64_t)cell->integer < step->type->lifecycle->state_count &&
			      node_state_passes(node, step->type->lifecycle, (size_t)cell->integer);
	} else if (node->literals->kind == LITERAL_FIELD) {
		*ret_passes = field_passes(question, record, cell);
	} else if (field->kind == KIND_LINK) {
		return link_passes(question, cell->integer, field->target, ret_passes);
	} else {
		return value_passes(question, field, cell, ret_passes);
	}
	return NULL;
}

/* ---- paths ---- */

static struct error *in_scope(const struct condition_context *context, struct record *record,
			      bool *ret_readable)
{
	const struct condition *const *branches;
	struct condition_context all;
	size_t count;

	*ret_readable = true;
	if (context->record_readable != NULL)
		return context->record_readable(context->data, record->type, record->id, ret_readable);
	if (context->record_scope == NULL)
		return NULL;
	TRY(context->record_scope(context->data, record->type, ret_readable, &branches, &count));
	all = condition_rule_context(context);
	for (size_t i = 0; !*ret_readable && i < count; i++)
		TRY(condition_holds(branches[i], record, &all, ret_readable));
	return NULL;
}

static struct error *through(const struct question *question, const struct type *target, int64_t id,
			     size_t step, bool *ret_passes)
{
	struct record *next;
	bool readable;
	struct error *error = model_load(question->context->work, target, id, &next);

	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return NULL;
	TRY(error);
	TRY(in_scope(question->context, next, &readable));
	return readable ? passes_from(question, next, step + 1, ret_passes) : NULL;
}

/* A field with many links, in the middle of the path or at its end: one of them is enough. */
static struct error *many_pass(const struct question *question, struct record *record, size_t step,
			       bool *ret_passes)
{
	const struct path *path = question->node->path;
	const struct field *field = step_field(&path->steps[step]);
	int64_t *ids;
	size_t count;

	TRY(record_links(question->context->work, record, field, &ids, &count));
	for (size_t i = 0; !*ret_passes && i < count; i++) {
		if (step + 1 == path->count)
			TRY(link_passes(question, ids[i], field->target, ret_passes));
		else
			TRY(through(question, field->target, ids[i], step, ret_passes));
	}
	return NULL;
}

static struct error *passes_from(const struct question *question, struct record *record, size_t step,
				 bool *ret_passes)
{
	const struct path *path = question->node->path;
	const struct field *field = step_field(&path->steps[step]);

	*ret_passes = false;
	if (!may_read(question->context, record->type, field))
		return NULL;
	if (field->kind == KIND_LINKS)
		return many_pass(question, record, step, ret_passes);
	if (step + 1 == path->count)
		return last_passes(question, record, &path->steps[step], ret_passes);
	int64_t id = record_id_of(record, (ptrdiff_t)path->steps[step].field);
	return id == 0 ? NULL : through(question, field->target, id, step, ret_passes);
}

/* ---- the tree ---- */

static struct error *holds(const struct node *node, struct record *record,
			   const struct condition_context *context, bool *ret_holds)
{
	bool decides = node->kind == NODE_OR;

	switch (node->kind) {
	case NODE_TRUE:
		*ret_holds = true;
		return NULL;
	case NODE_TEST:
		TRY(passes_from(&(struct question){ context, node }, record, 0, ret_holds));
		*ret_holds = *ret_holds != node->negated;
		return NULL;
	case NODE_NOT:
		TRY(holds(node->nodes[0], record, context, ret_holds));
		*ret_holds = !*ret_holds;
		return NULL;
	case NODE_WORDS:
		return error_new(context->work->arena, ERROR_INTERNAL,
				 "a condition with words was asked of one record");
	case NODE_AND:
	case NODE_OR:
		break;
	}
	*ret_holds = !decides;
	for (size_t i = 0; *ret_holds != decides && i < node->node_count; i++)
		TRY(holds(node->nodes[i], record, context, ret_holds));
	return NULL;
}

struct error *condition_holds(const struct condition *condition, struct record *record,
			      const struct condition_context *context, bool *ret_holds)
{
	bool outcome;

	TRY(holds(condition->root, record, context, &outcome));
	*ret_holds = outcome;
	return NULL;
}
