/*
 * Finding records: whole pages in every sort, access branches without doubles, cursors, counts, and plans
 * that walk an index.
 */
#include "thing.h"

#include "base/limits.h"

#define THINGS 150

struct shelf {
	struct thing_fixture on;
	int64_t people[3], teams[3];
	struct record *things[THINGS];
	uint64_t seed;
};

static size_t below(struct shelf *shelf, size_t count)
{
	shelf->seed = shelf->seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (size_t)(shelf->seed >> 33) % count;
}

static int64_t named(struct shelf *shelf, const struct type *type, const char *name, const char *title)
{
	struct record *record = thing_record(&shelf->on, type, name);

	record->cells[type->title_field] = cell_text(text_from(title));
	assert_ok(model_insert(&shelf->on.work, record));
	return record->id;
}

/* Few different values, many unset: every sort has ties to break and an end of unset ones. */
static void fill_thing(struct shelf *shelf, struct record *record)
{
	static const char *const titles[] = { "apple", "\xc3\x84pfel", "Zebra", "zebra", "" };
	const struct type *type = shelf->on.type;

	record->cells[thing_field(type, "title")] = cell_text(text_from(titles[below(shelf, 5)]));
	record->cells[FIELD_STATE] = cell_integer((int64_t)below(shelf, 5));
	record->cells[FIELD_CREATED_AT] =
	    cell_integer(shelf->on.work.now - (int64_t)below(shelf, 5) * DAY_MS);
	if (below(shelf, 3) > 0)
		record->cells[thing_field(type, "impact")] = cell_integer((int64_t)below(shelf, 3));
	if (below(shelf, 3) > 0)
		record->cells[thing_field(type, "due")] =
		    cell_integer(shelf->on.work.now + (int64_t)below(shelf, 4) * DAY_MS);
	if (below(shelf, 3) > 0)
		record->cells[thing_field(type, "weight")] = cell_real((double)below(shelf, 4) / 2);
	if (below(shelf, 3) > 0)
		record->cells[thing_field(type, "place")] = cell_text(text_from(titles[below(shelf, 4)]));
	if (below(shelf, 2) > 0)
		record->cells[thing_field(type, "vip")] = cell_integer((int64_t)below(shelf, 2));
	if (below(shelf, 4) > 0)
		record->cells[thing_field(type, "team")] = cell_integer(shelf->teams[below(shelf, 3)]);
	if (below(shelf, 4) > 0)
		record->cells[thing_field(type, "owner")] = cell_integer(shelf->people[below(shelf, 3)]);
	record->cells[thing_field(type, "requester")] = cell_integer(shelf->people[below(shelf, 3)]);
}

static void open_shelf(struct shelf *shelf, struct store_fixture *store)
{
	static const char *const people[] = { "anna", "bert", "cleo" }, *const teams[] = { "one", "two",
											   "three" };
	/* Not in the order of their ids, and two alike. */
	static const char *const titles[] = { "Zoe", "\xc3\xa4nne", "zoe" };

	*shelf = (struct shelf){ .seed = 7 };
	thing_open(&shelf->on, store->arena, store->store);
	assert_ok(store_begin(store->store, store->arena));
	for (size_t i = 0; i < 3; i++) {
		shelf->people[i] = named(shelf, shelf->on.model->user, people[i], titles[i]);
		shelf->teams[i] = named(shelf, shelf->on.model->team, teams[i], titles[2 - i]);
	}
	for (size_t i = 0; i < THINGS; i++) {
		shelf->things[i] = thing_record(&shelf->on, shelf->on.type, NULL);
		fill_thing(shelf, shelf->things[i]);
		assert_ok(model_insert(&shelf->on.work, shelf->things[i]));
		if (i % 7 == 0)
			assert_ok(model_set_links(&shelf->on.work, shelf->things[i],
						  type_field(shelf->on.type, T("watchers")), shelf->people,
						  2));
	}
	assert_ok(store_commit(store->store, store->arena));
}

static struct query query_of(struct shelf *shelf, const char *where, const char *sort)
{
	struct query query = { .type = shelf->on.type, .everything = true, .limit = 7 };
	struct sort_key *keys;

	query.context = (struct condition_context){
		.work = &shelf->on.work, .me = shelf->people[0], .teams = shelf->teams, .team_count = 2
	};
	if (where != NULL)
		query.where = thing_condition(&shelf->on, text_from(where));
	assert_ok(sort_parse(shelf->on.work.arena, query.type, text_from(sort), &keys, &query.sort_count));
	query.sort = keys;
	return query;
}

/* ---- the order, done again in C ---- */

static int compare_cells(struct arena *arena, const struct cell *a, const struct cell *b)
{
	if (a->kind == CELL_REAL)
		return (a->real > b->real) - (a->real < b->real);
	if (a->kind == CELL_TEXT)
		return text_compare(text_fold(arena, a->text), text_fold(arena, b->text));
	return (a->integer > b->integer) - (a->integer < b->integer);
}

/* Links to people and teams come in the order of their names. */
static int compare_titles(struct shelf *shelf, const struct field *field, const struct cell *a, const struct cell *b)
{
	struct record_name x, y;

	assert_ok(model_name(&shelf->on.work, field->target, a->integer, &x));
	assert_ok(model_name(&shelf->on.work, field->target, b->integer, &y));
	return text_compare(text_fold(shelf->on.work.arena, x.title), text_fold(shelf->on.work.arena, y.title));
}

static int compare_records(struct shelf *shelf, const struct query *query, const struct record *a,
			   const struct record *b)
{
	bool down = false;

	for (size_t i = 0; i < query->sort_count; i++) {
		const struct cell *x = &a->cells[query->sort[i].field], *y = &b->cells[query->sort[i].field];
		down = query->sort[i].descending;
		if ((x->kind == CELL_NULL) != (y->kind == CELL_NULL))
			return x->kind == CELL_NULL ? 1 : -1;
		const struct field *field = &query->type->fields[query->sort[i].field];
		int order = x->kind == CELL_NULL       ? 0
			    : field->kind == KIND_LINK ? compare_titles(shelf, field, x, y)
						       : compare_cells(shelf->on.work.arena, x, y);
		if (order != 0)
			return down ? -order : order;
	}
	int order = (a->id > b->id) - (a->id < b->id);
	return down ? -order : order;
}

/* Page after page: what passes, each once, in order; the last page says so. */
static size_t walk(struct shelf *shelf, struct query *query, const char *what)
{
	const struct record *last = NULL;
	struct record_page page;
	size_t count = 0;

	query->after = TEXT_UNSET;
	do {
		assert_ok(model_find(&shelf->on.work, query, &page));
		assert_true(page.count <= query->limit);
		assert_true(page.count > 0 || !text_is_set(query->after));
		for (size_t i = 0; i < page.count; i++) {
			if (last != NULL && compare_records(shelf, query, last, page.records[i]) >= 0)
				fail_msg("%s: %.*s stands behind %.*s", what,
					 TEXT_ARG(record_number(page.records[i])),
					 TEXT_ARG(record_number(last)));
			last = page.records[i];
			count++;
		}
		query->after = page.next;
	} while (text_is_set(page.next));
	query->after = TEXT_UNSET;
	return count;
}

static size_t passing(struct shelf *shelf, const struct query *query)
{
	size_t count = 0;

	for (size_t i = 0; i < THINGS; i++) {
		bool holds = true, visible = query->everything;
		if (query->where != NULL)
			assert_ok(condition_holds(query->where, shelf->things[i], &query->context, &holds));
		for (size_t b = 0; !visible && b < query->branch_count; b++)
			assert_ok(
			    condition_holds(query->branches[b], shelf->things[i], &query->context, &visible));
		count += holds && visible;
	}
	return count;
}

static const char *const sorts[] = { "",
				     "number",
				     "-number",
				     "created_at",
				     "-created_at",
				     "due",
				     "-due",
				     "impact,created_at",
				     "-impact,created_at",
				     "impact,-created_at",
				     "-impact,-created_at",
				     "title",
				     "-title,due",
				     "place,-due,weight",
				     "weight,place",
				     "-weight,-place,impact,due",
				     "state,-updated_at",
				     "vip,-impact",
				     "-vip",
				     "team,-created_at",
				     "owner",
				     "-owner,-team,due",
				     "impact,-team",
				     "-state,due" };
static const char *const conditions[] = { NULL,
					  "vip",
					  "impact is not set",
					  "state in (new, working, waiting)",
					  "team in my teams",
					  "team in my teams and state in (new, working)",
					  "owner = me and due is set",
					  "team in (one, two, three) and vip != true",
					  "watchers = me",
					  "owner.login = anna",
					  "team = nobody",
					  "state.group = closed or owner is not set" };

STORE_TEST(walks_every_sort_page_by_page)
{
	struct shelf shelf;

	open_shelf(&shelf, on);
	for (size_t c = 0; c < array_length(conditions); c++)
		for (size_t s = 0; s < array_length(sorts); s++) {
			struct query query = query_of(&shelf, conditions[c], sorts[s]);
			assert_int_equal(walk(&shelf, &query, sorts[s]), passing(&shelf, &query));
		}
}

STORE_TEST(merges_branches_without_doubles)
{
	static const char *const branches[] = { "requester = me", "owner = me", "watchers = me",
						"vip != true", "team in my teams" };
	struct shelf shelf;

	open_shelf(&shelf, on);
	/* Every set of the five branches, so that rules that list and rules that filter stand together too.
	 */
	for (unsigned set = 0; set < 32; set++) {
		const struct condition *chosen[5];
		size_t count = 0;
		for (size_t b = 0; b < 5; b++)
			if ((set >> b & 1) != 0)
				chosen[count++] = thing_condition(&shelf.on, text_from(branches[b]));
		for (size_t s = 0; s < array_length(sorts); s += 3) {
			struct query query =
			    query_of(&shelf, conditions[(set + s) % array_length(conditions)], sorts[s]);
			query.everything = false;
			query.branches = chosen;
			query.branch_count = count;
			assert_int_equal(walk(&shelf, &query, sorts[s]), passing(&shelf, &query));
			int64_t counted;
			assert_ok(model_count(&shelf.on.work, &query, THINGS, &counted));
			assert_int_equal(counted, passing(&shelf, &query));
		}
	}
}

STORE_TEST(counts_up_to_a_limit)
{
	struct shelf shelf;
	int64_t count;

	open_shelf(&shelf, on);
	struct query query = query_of(&shelf, NULL, "");
	assert_ok(model_count(&shelf.on.work, &query, 10, &count));
	assert_int_equal(count, 11);
	assert_ok(model_count(&shelf.on.work, &query, THINGS, &count));
	assert_int_equal(count, THINGS);
	query.everything = false;
	assert_ok(model_count(&shelf.on.work, &query, 10, &count));
	assert_int_equal(count, 0);
}

static struct error *count_visit(void *data, struct work *work, struct record *record)
{
	assert_non_null(work->store);
	assert_true(record->id > 0);
	(*(size_t *)data)++;
	return NULL;
}

static struct error *refuse_visit(void *data unused, struct work *work, struct record *record unused)
{
	return error_new(work->arena, ERROR_INVALID, "enough");
}

STORE_TEST(visits_each_match)
{
	struct shelf shelf;
	size_t count = 0;

	open_shelf(&shelf, on);
	struct query query = query_of(&shelf, "owner = me or vip", "");
	assert_ok(model_each(&shelf.on.work, &query, count_visit, &count));
	assert_int_equal(count, passing(&shelf, &query));
	assert_refused(model_each(&shelf.on.work, &query, refuse_visit, NULL), INVALID);
	query.everything = false;
	count = 0;
	assert_ok(model_each(&shelf.on.work, &query, count_visit, &count));
	assert_int_equal(count, 0);
}

STORE_TEST(refuses_cursors_of_others)
{
	static const char *const broken[] = { "x",	  "00",	     "zz00", "5b5d", "5b312c322c335d",
					      "5b226122", "6e756c6c" };
	struct shelf shelf;
	struct record_page page;

	open_shelf(&shelf, on);
	struct query query = query_of(&shelf, NULL, "-due,title"),
		     other = query_of(&shelf, NULL, "due,title");
	assert_ok(model_find(&shelf.on.work, &query, &page));
	other.after = page.next;
	assert_refused(model_find(&shelf.on.work, &other, &page), MALFORMED);
	for (size_t i = 0; i < array_length(broken); i++) {
		query.after = text_from(broken[i]);
		assert_refused(model_find(&shelf.on.work, &query, &page), MALFORMED);
	}
	/* Every cursor cut short or with a byte changed is refused or a place in the list, never a failure.
	 */
	query.after = TEXT_UNSET;
	assert_ok(model_find(&shelf.on.work, &query, &page));
	text cursor = page.next;
	for (size_t i = 0; i < cursor.length; i++) {
		char *bytes = arena_copy(shelf.on.work.arena, cursor.data, cursor.length);
		bytes[i] = bytes[i] == '3' ? '4' : '3';
		query.after = (text){ bytes, cursor.length };
		struct error *error = model_find(&shelf.on.work, &query, &page);
		assert_true(error == NULL || error->code == ERROR_MALFORMED);
		query.after = text_slice(cursor, 0, i);
		error = model_find(&shelf.on.work, &query, &page);
		assert_true(error == NULL || error->code == ERROR_MALFORMED);
	}
}

STORE_TEST(lists_leave_prose_out)
{
	struct shelf shelf;
	struct record_page page;
	bool holds;

	open_shelf(&shelf, on);
	size_t details = thing_field(shelf.on.type, "details");
	struct record *record = thing_record(&shelf.on, shelf.on.type, NULL);
	record->cells[details] = cell_text(T("long words"));
	assert_ok(model_insert(&shelf.on.work, record));
	struct query query = query_of(&shelf, "details contains \"LONG\"", "");
	assert_ok(model_find(&shelf.on.work, &query, &page));
	assert_int_equal(page.count, 1);
	assert_int_equal(page.records[0]->cells[details].kind, CELL_NULL);
	assert_true(page.records[0]->partial);
	/* A condition asked of such a record fetches the whole. */
	assert_ok(condition_holds(query.where, page.records[0], &query.context, &holds));
	assert_true(holds);
	query.with_prose = true;
	assert_ok(model_find(&shelf.on.work, &query, &page));
	assert_text(page.records[0]->cells[details].text, "long words");
	assert_false(page.records[0]->partial);
}

/* ---- words ---- */

static struct error *find_some(void *data, struct work *work, const struct type *type unused, text words,
			       int64_t **ret_ids, size_t *ret_count)
{
	struct shelf *shelf = data;

	*ret_count = text_equal(words, T("printer jam")) ? 5 : 0;
	*ret_ids = arena_new_array(work->arena, int64_t, 5);
	for (size_t i = 0; i < 5; i++)
		(*ret_ids)[i] = shelf->things[i]->id;
	return NULL;
}

STORE_TEST(finds_by_words)
{
	struct shelf shelf;
	struct record_page page;
	int64_t count;

	open_shelf(&shelf, on);
	struct query query = query_of(&shelf, "printer and \"jam\"", "-created_at");
	query.find_words = find_some;
	query.data = &shelf;
	assert_ok(model_find(&shelf.on.work, &query, &page));
	assert_int_equal(page.count, 5);
	query.where = thing_condition(&shelf.on, T("not \"printer jam\""));
	assert_ok(model_count(&shelf.on.work, &query, THINGS, &count));
	assert_int_equal(count, THINGS - 5);
	query.where = thing_condition(&shelf.on, T("nothing"));
	assert_ok(model_count(&shelf.on.work, &query, THINGS, &count));
	assert_int_equal(count, 0);
	query.where = thing_condition(&shelf.on, T("not nothing"));
	assert_ok(model_count(&shelf.on.work, &query, THINGS, &count));
	assert_int_equal(count, THINGS);
	query.find_words = NULL;
	assert_refused(model_find(&shelf.on.work, &query, &page), INTERNAL);
}

STORE_TEST(refuses_long_sorts_without_an_index)
{
	struct shelf shelf;
	struct record_page page;

	open_shelf(&shelf, on);
	assert_ok(store_begin(on->store, on->arena));
	for (size_t i = 0; i <= LIMIT_SORT_ROWS; i++)
		assert_ok(model_insert(&shelf.on.work, thing_record(&shelf.on, shelf.on.type, NULL)));
	assert_ok(store_commit(on->store, on->arena));
	struct query query = query_of(&shelf, NULL, "title");
	struct error *error = model_find(&shelf.on.work, &query, &page);
	assert_refused(error, INVALID);
	assert_text(error->field, "sort");
	assert_true(text_find(error->hint, T("created_at")) >= 0);
	query = query_of(&shelf, "place is set", "title");
	assert_ok(model_find(&shelf.on.work, &query, &page));
	query = query_of(&shelf, NULL, "-created_at");
	assert_ok(model_find(&shelf.on.work, &query, &page));
}

TEST(reads_sorts)
{
	struct arena *arena = arena_new(1 << 24);
	struct model *model = thing_model(arena);
	const struct type *type = model_type(model, T("thing"));
	struct sort_key *keys;
	size_t count;

	assert_ok(sort_parse(arena, type, T("-impact, created_at"), &keys, &count));
	assert_int_equal(count, 2);
	assert_true(keys[0].descending && !keys[1].descending);
	assert_int_equal(keys[1].field, FIELD_CREATED_AT);
	struct error *error = sort_parse(arena, type, T("impcat"), &keys, &count);
	assert_refused(error, MALFORMED);
	assert_text(error->hint, "did you mean 'impact'?");
	assert_refused(sort_parse(arena, type, T("details"), &keys, &count), MALFORMED);
	assert_refused(sort_parse(arena, type, T("watchers"), &keys, &count), MALFORMED);
	assert_refused(sort_parse(arena, type, T("due,,due"), &keys, &count), MALFORMED);
	assert_refused(sort_parse(arena, type, T("due,title,vip,impact,amount"), &keys, &count), MALFORMED);
	model_free(model);
	arena_free(arena);
}
