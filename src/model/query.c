/*
 * Pages of records. A query becomes arms: one when an access rule passes nearly everything (it is a filter
 * then), one per branch when all branches are "mine" (each walks its own index), one per team where the
 * question is about several teams. Several arms give ids and sort keys, are merged without doubles, and only
 * the rows of the page are read whole.
 */
#include "model/column_private.h"
#include "model/query_private.h"
#include "model/record_private.h"

#define ARMS_MAX 24

struct arm {
	const struct condition *branch; /* NULL: the rule is a filter (or there is none) */
	const struct node *split;	/* NULL: not cut */
	int64_t split_id;
};

struct plan {
	const struct query *query;
	struct sort_plan sort;
	struct arm arms[ARMS_MAX];
	size_t arm_count;
	bool filter;	 /* the branches stand in each arm, joined by OR */
	uint64_t states; /* of the partial index that serves: named in the statement; 0 none */
	bool served;	 /* the sort follows an index in every arm */
	bool nothing;	 /* no row can match */
};

/* ---- planning ---- */

static uint64_t states_of(const struct query *query)
{
	const struct lifecycle *lifecycle = query->type->lifecycle;
	if (lifecycle == NULL || query->where == NULL)
		return 0;
	if (lifecycle->state_count > 64)
		return 0;
	uint64_t all = UINT64_MAX >> (64 - lifecycle->state_count),
		 states = condition_states(query->where, lifecycle);
	return states == all ? 0 : states;
}

/*
 * A test at the top of the condition (joined by `and`) of one link field against people or teams, or of
 * something one step behind the link: requester.organisation = acme is about few people where the
 * organisation is small.
 */
static const struct node *find_split(const struct node *node)
{
	if (node->kind == NODE_AND) {
		for (size_t i = 0; i < node->node_count; i++) {
			const struct node *found = find_split(node->nodes[i]);
			if (found != NULL)
				return found;
		}
		return NULL;
	}
	if (node->kind != NODE_TEST || node->negated || node->path->count > 2 ||
	    (node->test != TEST_EQUAL && node->test != TEST_IN))
		return NULL;
	return step_field(&node->path->steps[0])->kind == KIND_LINK && node->literals[0].kind != LITERAL_FIELD
		   ? node
		   : NULL;
}

static bool index_serves(const struct type_index *index, const struct query *query, size_t split_field,
			 uint64_t states, bool ordered_first)
{
	size_t at = 0;
	if (index->states != 0 && (states == 0 || (states & ~index->states) != 0))
		return false;
	for (size_t i = 0; i < query->sort_count; i++)
		if (sorts_by_title(query, &query->type->fields[query->sort[i].field]))
			return false;
	if (split_field != SIZE_MAX) {
		if (index->fields[0] != split_field)
			return false;
		at = 1;
	} else if (index->set_only && !ordered_first) {
		return false;
	}
	if (index->field_count - at < query->sort_count)
		return query->sort_count == 1 && query->sort[0].field == FIELD_NUMBER &&
		       index->field_count == at;
	for (size_t i = 0; i < query->sort_count; i++)
		if (index->fields[at + i] != query->sort[i].field)
			return false;
	return index->field_count - at == query->sort_count;
}

/* Whether an index gives the rows of every arm in the order of the sort; *ret_states are those of a partial
 * one. */
static bool find_index(const struct plan *plan, size_t split_field, uint64_t *ret_states)
{
	const struct query *query = plan->query;
	uint64_t states = states_of(query);
	const struct type_index *best = NULL;
	/* Ranks of later keys stand in the way of no index when the rows they tell apart are few: SQLite
	 * sorts within equal keys. */
	bool one_way = true;
	for (size_t i = plan->sort.fixed ? 2 : 1; i < query->sort_count; i++)
		one_way = one_way && query->sort[i].descending == query->sort[i - 1].descending;
	if (query->sort_count == 0)
		return split_field == SIZE_MAX; /* by id: the table itself */
	for (size_t i = 0; i < query->type->index_count; i++) {
		const struct type_index *index = &query->type->indexes[i];
		if (index_serves(index, query, split_field, states, true) &&
		    (best == NULL || (best->states == 0 && index->states != 0)))
			best = index;
	}
	*ret_states = best == NULL ? 0 : best->states;
	return best != NULL && one_way;
}

static bool all_are_scopes(const struct query *query)
{
	for (size_t i = 0; i < query->branch_count; i++) {
		const struct field *field;
		bool teams;
		if (!condition_is_scope(query->branches[i], &field, &teams))
			return false;
	}
	return query->branch_count > 0;
}

static void add_arm(struct plan *plan, const struct condition *branch, const struct node *split, int64_t id)
{
	if (plan->arm_count < ARMS_MAX)
		plan->arms[plan->arm_count++] = (struct arm){ branch, split, id };
}

/* The linked records that pass the rest of the path; one more than arms can serve when they are many. */
static struct error *find_linked(const struct query *query, const struct node *node, int64_t **ret_ids,
				 size_t *ret_count)
{
	struct work *work = query->context.work;
	struct composer composer;
	struct rows *rows;
	bool row;

	*ret_ids = arena_new_array(work->arena, int64_t, ARMS_MAX + 1);
	*ret_count = 0;
	composer_begin(&composer, work, query);
	TRY(compose_linked(&composer, &query->context, node));
	buffer_format(&composer.sql, " LIMIT %d", ARMS_MAX + 1);
	TRY(composer_run(work, &composer, &rows));
	while (*ret_count <= ARMS_MAX) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		(*ret_ids)[(*ret_count)++] = rows_integer(rows, 0);
	}
	rows_close(rows);
	return NULL;
}

/* The question itself names whose records: one arm per person or team, each along its index; the rule is a
 * filter. */
static struct error *plan_split(struct plan *plan, const struct node *split, bool *ret_done)
{
	const struct field *field = step_field(&split->path->steps[0]);
	uint64_t states = 0;
	int64_t *ids;
	size_t count;

	*ret_done = false;
	if (plan->query->context.readable != NULL &&
	    !plan->query->context.readable(plan->query->context.data, plan->query->type, field))
		return NULL;
	bool served = find_index(plan, field->position, &states);
	if (split->path->count == 1)
		TRY(node_ids(split, field->target, &plan->query->context, &ids, &count));
	else if (served)
		TRY(find_linked(plan->query, split, &ids, &count));
	else
		return NULL;
	if (count > ARMS_MAX || (count > 1 && !served))
		return NULL;
	*ret_done = true;
	plan->filter = !plan->query->everything;
	plan->served = served;
	plan->states = states;
	plan->nothing = count == 0;
	for (size_t i = 0; i < count; i++)
		add_arm(plan, NULL, split, ids[i]);
	return NULL;
}

static struct error *make_plan(const struct query *query, struct plan *ret_plan)
{
	struct plan plan = { .query = query };
	const struct node *split = query->where == NULL ? NULL : find_split(query->where->root);
	bool done = false;

	sort_plan(query, &plan.sort);
	if (!query->everything && query->branch_count == 0) {
		plan.nothing = true;
		*ret_plan = plan;
		return NULL;
	}
	if (split != NULL)
		TRY(plan_split(&plan, split, &done));
	if (!done && !query->everything && query->branch_count <= ARMS_MAX && all_are_scopes(query)) {
		plan.served = true;
		for (size_t i = 0; i < query->branch_count; i++) {
			const struct field *field = NULL;
			uint64_t states;
			bool teams;
			(void)condition_is_scope(query->branches[i], &field, &teams);
			if (field->kind == KIND_LINK && !find_index(&plan, field->position, &states))
				plan.served = false;
			add_arm(&plan, query->branches[i], NULL, 0);
		}
		done = true;
	}
	if (!done) {
		plan.filter = !query->everything;
		plan.served = find_index(&plan, SIZE_MAX, &plan.states);
		add_arm(&plan, NULL, NULL, 0);
	}
	*ret_plan = plan;
	return NULL;
}

/* ---- composing ---- */

static struct error *compose_branches(struct composer *composer, const struct query *query)
{
	struct condition_context all = condition_rule_context(&query->context);
	buffer_literal(&composer->sql, " AND (");
	for (size_t i = 0; i < query->branch_count; i++) {
		if (i > 0)
			buffer_literal(&composer->sql, " OR ");
		TRY(compose_node(composer, &all, query->branches[i]->root, 0, true));
	}
	buffer_char(&composer->sql, ')');
	return NULL;
}

/* " FROM table t0 WHERE ...": what matches in this arm. */
static struct error *compose_matches(struct composer *composer, const struct plan *plan,
				     const struct arm *arm)
{
	const struct query *query = plan->query;
	struct condition_context all = condition_rule_context(&query->context);

	buffer_literal(&composer->sql, " FROM ");
	column_quote(&composer->sql, query->type->table);
	buffer_literal(&composer->sql, " t0 WHERE ");
	composer->split = arm->split;
	composer->split_id = arm->split_id;
	if (query->where == NULL)
		buffer_literal(&composer->sql, "(1=1)");
	else
		TRY(compose_node(composer, &query->context, query->where->root, 0, true));
	composer->split = NULL;
	if (plan->states != 0) {
		buffer_literal(&composer->sql, " AND ");
		compose_states(composer, 0, plan->states);
	}
	if (arm->branch != NULL) {
		buffer_literal(&composer->sql, " AND ");
		TRY(compose_node(composer, &all, arm->branch->root, 0, true));
	}
	return plan->filter ? compose_branches(composer, query) : NULL;
}

void compose_limit(struct composer *composer, size_t limit)
{
	buffer_literal(&composer->sql, " LIMIT ");
	compose_cell(composer, cell_integer((int64_t)limit));
}

static struct error *compose_one_arm(struct composer *composer, const struct plan *plan, size_t phase,
				     const struct position *after, size_t limit)
{
	buffer_literal(&composer->sql, "SELECT ");
	record_columns(&composer->sql, plan->query->type, T("t0"), plan->query->with_prose);
	TRY(compose_matches(composer, plan, &plan->arms[0]));
	compose_phase(composer, plan->query, &plan->sort, phase, after);
	compose_order(composer, plan->query, &plan->sort, phase, NULL);
	compose_limit(composer, limit);
	return NULL;
}

static struct error *compose_arms(struct composer *composer, const struct plan *plan, size_t phase,
				  const struct position *after, size_t limit)
{
	buffer_literal(&composer->sql, "SELECT ");
	record_columns(&composer->sql, plan->query->type, T("t"), plan->query->with_prose);
	buffer_literal(&composer->sql, " FROM (SELECT * FROM (");
	for (size_t i = 0; i < plan->arm_count; i++) {
		buffer_format(&composer->sql, "%sSELECT * FROM (SELECT t0.id", i == 0 ? "" : " UNION ");
		compose_keys(composer, plan->query, &plan->sort, phase);
		TRY(compose_matches(composer, plan, &plan->arms[i]));
		compose_phase(composer, plan->query, &plan->sort, phase, after);
		compose_order(composer, plan->query, &plan->sort, phase, NULL);
		compose_limit(composer, limit);
		buffer_format(&composer->sql, ") a%zu", i);
	}
	buffer_literal(&composer->sql, ") u");
	compose_order(composer, plan->query, &plan->sort, phase, "u");
	compose_limit(composer, limit);
	buffer_literal(&composer->sql, ") p CROSS JOIN ");
	column_quote(&composer->sql, plan->query->type->table);
	buffer_literal(&composer->sql, " t WHERE t.id = p.id");
	compose_order(composer, plan->query, &plan->sort, phase, "p");
	return NULL;
}

static struct error *compose_page(struct composer *composer, const struct plan *plan, size_t phase,
				  const struct position *after, size_t limit)
{
	if (plan->arm_count == 1)
		TRY(compose_one_arm(composer, plan, phase, after, limit));
	else
		TRY(compose_arms(composer, plan, phase, after, limit));
	text sql;
	return buffer_finish(&composer->sql, &sql);
}

struct error *composer_run(struct work *work, struct composer *composer, struct rows **ret_rows)
{
	if (composer->cell_count > store_dialect(work->store)->parameters_max)
		return error_hint(
		    work->arena,
		    error_new(work->arena, ERROR_CONDITION, "the condition means too many values at once"),
		    "narrow it");
	return store_query_text(work->store, work->arena, buffer_peek(&composer->sql),
				(struct cells){ composer->cells, composer->cell_count }, ret_rows);
}

/* ---- counting ---- */

static int width(uint64_t states)
{
	return states == 0 ? 64 : __builtin_popcountll(states);
}

/* Counting has no order of its own: it walks along the smallest index that holds all that can match. */
static void sort_by_smallest_index(struct query *query, struct arena *arena)
{
	uint64_t states = states_of(query);
	const struct node *split = query->where == NULL ? NULL : find_split(query->where->root);
	size_t field = split == NULL ? SIZE_MAX : split->path->steps[0].field;
	const struct type_index *best = NULL;
	size_t skip = 0;

	query->sort_count = 0;
	query->links_by_id = true;
	for (size_t i = 0; i < query->type->index_count; i++) {
		const struct type_index *index = &query->type->indexes[i];
		size_t own = index->fields[0] == field ? 1 : 0;
		bool holds_all =
		    index->states == 0 ? own == 1 : states != 0 && (states & ~index->states) == 0;
		if (!holds_all || (own == 0 && index->set_only) ||
		    index->field_count - own > LIMIT_SORT_FIELDS)
			continue;
		if (best != NULL &&
		    (own < skip || (own == skip && width(index->states) >= width(best->states))))
			continue;
		best = index;
		skip = own;
	}
	if (best == NULL || best->field_count == skip)
		return;
	struct sort_key *keys = arena_new_array(arena, struct sort_key, best->field_count - skip);
	for (size_t i = skip; i < best->field_count; i++)
		keys[query->sort_count++].field = best->fields[i];
	query->sort = keys;
}

static struct error *count_phase(struct work *work, const struct plan *plan, size_t phase, int64_t limit,
				 int64_t *ret_count)
{
	bool ordered = plan->query->sort_count > 0 && plan->served;
	struct composer composer;
	struct rows *rows;
	bool row;

	composer_begin(&composer, work, plan->query);
	buffer_literal(&composer.sql, "SELECT count(*) FROM (SELECT id FROM (");
	for (size_t i = 0; i < plan->arm_count; i++) {
		buffer_format(&composer.sql, "%sSELECT * FROM (SELECT t0.id", i == 0 ? "" : " UNION ");
		TRY(compose_matches(&composer, plan, &plan->arms[i]));
		if (ordered) {
			compose_phase(&composer, plan->query, &plan->sort, phase, NULL);
			compose_order(&composer, plan->query, &plan->sort, phase, NULL);
		}
		compose_limit(&composer, (size_t)limit);
		buffer_format(&composer.sql, ") a%zu", i);
	}
	buffer_literal(&composer.sql, ") u");
	compose_limit(&composer, (size_t)limit);
	buffer_literal(&composer.sql, ") c");
	TRY(composer_run(work, &composer, &rows));
	TRY(rows_next(rows, &row));
	*ret_count += row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

struct error *model_count(struct work *work, const struct query *query, int64_t limit, int64_t *ret_count)
{
	struct query unsorted = *query;
	struct plan plan;
	int64_t count = 0;

	sort_by_smallest_index(&unsorted, work->arena);
	TRY(make_plan(&unsorted, &plan));
	size_t phases = unsorted.sort_count > 0 && plan.served ? plan.sort.phase_count : 1;
	for (size_t i = 0; !plan.nothing && i < phases && count <= limit; i++)
		TRY(count_phase(work, &plan, i, limit + 1 - count, &count));
	*ret_count = count;
	return NULL;
}

/* ---- finding ---- */

static text cheap_sorts(struct arena *arena, const struct type *type)
{
	text names[16];
	size_t count = 0;
	for (size_t i = 0; i < type->field_count && count < array_length(names); i++)
		if (type->fields[i].indexed)
			names[count++] = type->fields[i].name;
	return text_join(arena, names, count, T(", "));
}

/* Sorting what no index sorts means reading every match: only when they are few. */
static struct error *guard_sort(struct work *work, const struct plan *plan)
{
	int64_t count;
	if (plan->served || plan->query->sort_count == 0 || condition_has_words(plan->query->where))
		return NULL;
	TRY(model_count(work, plan->query, LIMIT_SORT_ROWS, &count));
	if (count <= LIMIT_SORT_ROWS)
		return NULL;
	return error_hint(
	    work->arena,
	    error_field(error_new(work->arena, ERROR_INVALID,
				  "more than %d records match: too many to sort that way", LIMIT_SORT_ROWS),
			T("sort")),
	    "narrow the condition, or sort by one of: %.*s",
	    TEXT_ARG(cheap_sorts(work->arena, plan->query->type)));
}

static struct error *collect_phase(struct work *work, const struct plan *plan, size_t phase,
				   const struct position *after, size_t limit, struct record **records,
				   size_t *count)
{
	struct composer composer;
	struct rows *rows;
	size_t wanted = *count + limit;

	composer_begin(&composer, work, plan->query);
	TRY(compose_page(&composer, plan, phase, after, limit));
	TRY(composer_run(work, &composer, &rows));
	while (*count < wanted) {
		bool row;
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		records[(*count)++] = record_read(work, plan->query->type, rows, plan->query->with_prose);
	}
	rows_close(rows);
	return NULL;
}

struct error *model_find(struct work *work, const struct query *query, struct record_page *ret_page)
{
	struct plan plan;
	struct position after;
	size_t limit = query->limit == 0 ? DEFAULT_PAGE_ROWS : query->limit, count = 0, phase = 0;
	bool continued = text_is_set(query->after);

	*ret_page = (struct record_page){ .next = TEXT_UNSET };
	TRY(make_plan(query, &plan));
	if (continued) {
		TRY(cursor_read(work->arena, query, &plan.sort, &after));
		phase = after.phase;
	}
	if (plan.nothing)
		return NULL;
	TRY(guard_sort(work, &plan));
	struct record **records = arena_new_array(work->arena, struct record *, limit + 2);
	size_t last_phase =
	    0; /* that of the page's last row, which is not the one the extra row was found in */
	for (; phase < plan.sort.phase_count && count <= limit; phase++) {
		if (count < limit)
			last_phase = phase;
		TRY(collect_phase(work, &plan, phase, continued && phase == after.phase ? &after : NULL,
				  limit + 1 - count, records, &count));
	}
	if (count > limit) {
		ret_page->next = cursor_write(work->arena, query, &plan.sort, last_phase, records[limit - 1]);
		count = limit;
	}
	ret_page->records = records;
	ret_page->count = count;
	return NULL;
}

struct error *query_sql(struct work *work, const struct query *query, text *ret_sql, struct cells *ret_cells)
{
	struct plan plan;
	struct composer composer;
	TRY(make_plan(query, &plan));
	composer_begin(&composer, work, query);
	if (!plan.nothing)
		TRY(compose_page(&composer, &plan, 0, NULL, query->limit + 1));
	*ret_sql = buffer_peek(&composer.sql);
	*ret_cells = (struct cells){ composer.cells, composer.cell_count };
	return NULL;
}

struct error *compose_all_matches(struct composer *composer)
{
	struct plan plan = { .query = composer->query, .filter = !composer->query->everything, .arm_count = 1 };

	return compose_matches(composer, &plan, &plan.arms[0]);
}
