/*
 * Which indexes a type's table has. Each costs time at every insert, so they follow from what is asked, by
 * this rule:
 *
 *   1. number, `unique` and `indexed` fields;
 *   2. each link field that a right compares with `me` or `my teams`, with created_at behind it: every branch
 * of an access rule is a keyset query of its own ("mine, newest first");
 *   3. each view: its `FIELD = me` or `in my teams`, if it has one, then its sort; only over the rows in the
 * states the view can show when these are not all (open work is a small part of a large table). A view that
 * an index of 1 or 2 serves, or one over more states that are all unfinished, gets none of its own;
 *   4. each rule of every day: created_at, over the states that its condition allows (the engine walks along it);
 *   5. indexes that begin with a link or optional field hold only the rows where it is set: a new record
 * without team and assignee costs nothing there.
 */
#include "model/condition_private.h"
#include "model/define_private.h"

#define INDEXES_MAX 40
#define INDEX_NAME_MAX 60

static uint64_t all_states(const struct type *type)
{
	size_t count = type->lifecycle == NULL ? 0 : type->lifecycle->state_count;

	return count == 0 || count > 64 ? 0 : UINT64_MAX >> (64 - count);
}

static uint64_t unfinished_states(const struct type *type)
{
	uint64_t states = 0;

	for (size_t i = 0; i < minimum(type->lifecycle->state_count, 64); i++)
		if (type->lifecycle->states[i].group <= GROUP_WAITING)
			states |= UINT64_C(1) << i;
	return states;
}

static bool same_fields(const struct type_index *index, const size_t *fields, size_t count)
{
	return index->field_count == count && memcmp(index->fields, fields, count * sizeof(*fields)) == 0;
}

/* Does an index that is there serve the same question? */
static bool is_served(const struct type *type, const size_t *fields, size_t count, uint64_t states)
{
	for (size_t i = 0; i < type->index_count; i++) {
		const struct type_index *index = &type->indexes[i];

		if (same_fields(index, fields, count) &&
		    (index->states == states || index->states == 0 ||
		     ((index->states & states) == states && (index->states & ~unfinished_states(type)) == 0)))
			return true;
	}
	return false;
}

text define_index_name(struct define *d, const text *parts, size_t count)
{
	text name = text_join(d->arena, parts, count, T("_"));

	if (name.length <= INDEX_NAME_MAX)
		return name;
	return text_format(d->arena, "%.*s_%016llx", INDEX_NAME_MAX - 17, name.data,
			   (unsigned long long)text_hash(name));
}

static text index_name(struct define *d, const struct type *type, const size_t *fields, size_t count,
		       uint64_t states, bool unique)
{
	text parts[LIMIT_SORT_FIELDS + 4];
	size_t part = 0;

	parts[part++] = type->name;
	for (size_t i = 0; i < count; i++)
		parts[part++] = type->fields[fields[i]].name;
	if (states != 0)
		parts[part++] = text_format(d->arena, "in_%llx", (unsigned long long)states);
	if (unique)
		parts[part++] = T("unique");
	return define_index_name(d, parts, part);
}

static void add_index(struct define *d, struct type *type, const size_t *fields, size_t count,
		      uint64_t states, bool unique)
{
	struct type_index *index = &type->indexes[type->index_count];
	const struct field *first = &type->fields[fields[0]];

	if (is_served(type, fields, count, states) || type->index_count == INDEXES_MAX)
		return;
	index->fields = arena_copy(d->arena, fields, count * sizeof(*fields));
	index->field_count = count;
	index->states = states;
	index->unique = unique;
	/* created_at and other leading sort keys are walked whole, unset ones too; questions for one value
	 * never ask for unset. */
	index->set_only = !first->system && (unique || first->indexed || first->kind == KIND_LINK);
	index->name = index_name(d, type, fields, count, states, unique);
	type->index_count++;
}

static void add_access_indexes(struct define *d, struct type *type)
{
	for (size_t i = 0; i < type->grant_count; i++)
		for (size_t j = 0; j < type->grants[i].branch_count; j++) {
			const struct field *field = NULL;
			bool teams;

			if (type->grants[i].right != RIGHT_READ ||
			    !condition_is_scope(type->grants[i].branches[j], &field, &teams) ||
			    field->kind != KIND_LINK)
				continue;
			add_index(d, type, (const size_t[]){ field->position, FIELD_CREATED_AT }, 2, 0,
				  false);
		}
}

/* The `FIELD = me` or `FIELD in my teams` that must hold for the whole to hold, or NULL. */
static const struct field *scope_of(const struct node *node)
{
	const struct field *field;

	if (node->kind == NODE_AND) {
		for (size_t i = 0; i < node->node_count; i++)
			if ((field = scope_of(node->nodes[i])) != NULL)
				return field;
		return NULL;
	}
	if (node->kind != NODE_TEST || node->negated || node->path->count != 1 || node->literal_count != 1 ||
	    (node->literals[0].kind != LITERAL_ME && node->literals[0].kind != LITERAL_TEAMS))
		return NULL;
	field = step_field(&node->path->steps[0]);
	return field->kind == KIND_LINK ? field : NULL;
}

static void add_view_index(struct define *d, struct type *type, const struct view *view)
{
	const struct field *scope = view->condition == NULL ? NULL : scope_of(view->condition->root);
	size_t fields[LIMIT_SORT_FIELDS + 1], count = 0;
	uint64_t states = 0;

	if (scope != NULL)
		fields[count++] = scope->position;
	for (size_t i = 0; i < view->sort_count; i++)
		if (view->sort[i].field != FIELD_NUMBER)
			fields[count++] = view->sort[i].field;
	if (count == 0)
		return;
	if (type->lifecycle != NULL && type->lifecycle->state_count <= 64 && view->condition != NULL)
		states = condition_states(view->condition, type->lifecycle);
	if (states == all_states(type))
		states = 0;
	add_index(d, type, fields, count, states, false);
}

/* Wider sets of states first, so that "waiting" finds the index of "open" there already. */
static void add_view_indexes(struct define *d, struct type *type)
{
	for (int width = 64; width >= 0; width--)
		for (size_t i = 0; i < type->view_count; i++) {
			const struct view *view = &type->views[i];
			uint64_t states =
			    type->lifecycle == NULL ? 0 : condition_states(view->condition, type->lifecycle);

			if (__builtin_popcountll(states) == width)
				add_view_index(d, type, view);
		}
}

/* Behind the views, whose indexes may serve it. */
static void add_daily_indexes(struct define *d, struct type *type)
{
	for (size_t i = 0; type->lifecycle != NULL && type->lifecycle->state_count <= 64 && i < type->rule_count; i++)
		if (type->rules[i].when == WHEN_DAILY)
			add_index(d, type, (const size_t[]){ FIELD_CREATED_AT }, 1,
				  condition_states(type->rules[i].condition, type->lifecycle), false);
}

void define_indexes(struct define *d, struct draft *draft)
{
	struct type *type = draft->type;

	if (type->abstract)
		return;
	type->indexes = arena_new_array(d->arena, struct type_index, INDEXES_MAX);
	add_index(d, type, (const size_t[]){ FIELD_NUMBER }, 1, 0, true);
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++)
		if (type->fields[i].indexed)
			add_index(d, type, (const size_t[]){ i }, 1, 0, type->fields[i].unique);
	add_access_indexes(d, type);
	add_view_indexes(d, type);
	add_daily_indexes(d, type);
	for (size_t i = 0; i < type->index_count; i++)
		if (type->indexes[i].states == 0 && !type->indexes[i].set_only)
			type->fields[type->indexes[i].fields[0]].indexed = true;
}
