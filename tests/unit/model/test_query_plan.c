/*
 * What the database does for the questions that are asked all day: it walks an index and stops at the end of
 * the page. Asked of SQLite, whose planner needs no rows to choose; times at a million rows are
 * bench_model's.
 */
#include "shipped.h"
#include "thing.h"

struct office {
	struct thing_fixture on;
	const struct condition *branches[4];
	size_t branch_count;
};

static void open_office(struct office *office, struct store_fixture *store, const char *const *rule)
{
	struct schema_plan plan;
	struct thing_fixture *on = &office->on;

	*office = (struct office){ 0 };
	on->model = shipped_model(store->arena);
	arena_defer(store->arena, thing_free, on->model);
	on->type = model_type(on->model, T("incident"));
	on->work = (struct work){
		.arena = store->arena, .store = store->store, .model = on->model, .now = 1700000000000
	};
	assert_ok(store_begin(store->store, store->arena));
	assert_ok(schema_plan(store->arena, store->store, NULL, on->model, &plan));
	assert_ok(schema_apply(&on->work, on->model, &plan));
	assert_ok(store_commit(store->store, store->arena));
	for (; rule[office->branch_count] != NULL; office->branch_count++)
		office->branches[office->branch_count] =
		    thing_condition(on, text_from(rule[office->branch_count]));
}

static text plan_of(struct office *office, const char *where, const char *sort, size_t teams)
{
	static const int64_t some[] = { 11, 12, 13 };
	struct arena *arena = office->on.work.arena;
	struct query query = { .type = office->on.type,
			       .where = thing_condition(&office->on, text_from(where)),
			       .branches = office->branches,
			       .branch_count = office->branch_count,
			       .limit = 50 };
	struct sort_key *keys;
	struct cells cells;
	text sql, plan;

	query.context = (struct condition_context){
		.work = &office->on.work, .me = 7, .teams = some, .team_count = teams
	};
	assert_ok(sort_parse(arena, query.type, text_from(sort), &keys, &query.sort_count));
	query.sort = keys;
	assert_ok(query_sql(&office->on.work, &query, &sql, &cells));
	assert_ok(store_explain(office->on.work.store, arena, sql, cells, &plan));
	return plan;
}

static void has(text plan, const char *part)
{
	if (text_find(plan, text_from(part)) < 0)
		fail_msg("not '%s' in: %.*s", part, TEXT_ARG(plan));
}

static void has_not(text plan, const char *part)
{
	if (text_find(plan, text_from(part)) >= 0)
		fail_msg("'%s' in: %.*s", part, TEXT_ARG(plan));
}

static const char *const agent[] = { "restricted != true", "team in my teams", "assignee = me", NULL };
static const char *const requester[] = { "requester = me", "opened_by = me", "watchers = me", NULL };

#define OPEN "state in (new, assigned, in_progress, waiting)"

#define SQLITE_TEST(test_name)                                                                               \
	static void test_name##_body(struct store_fixture *on);                                              \
	TEST(test_name)                                                                                      \
	{                                                                                                    \
		store_fixture_run(test_name##_body, false);                                                  \
	}                                                                                                    \
	static void test_name##_body(struct store_fixture *on)

SQLITE_TEST(worklists_walk_their_index)
{
	static const char *const pages[][3] = {
		{ "team in my teams and " OPEN, "priority,created_at", "incident_team_priority_created_at" },
		{ "team in my teams and state.group in (open, waiting)", "priority,created_at",
		  "incident_team_priority_created_at" },
		{ "team in my teams and state = new", "priority,created_at",
		  "incident_team_priority_created_at" },
		{ "assignee = me and " OPEN, "priority,created_at", "incident_assignee_priority_created_at" },
		{ OPEN, "priority,created_at", "incident_priority_created_at" },
		{ OPEN, "-priority,created_at", "incident_priority_created_at" },
		{ OPEN, "-priority,-created_at", "incident_priority_created_at" },
		{ "state = waiting", "priority,created_at", "incident_priority_created_at" },
		{ "", "-created_at", "incident_created_at" },
		{ "priority <= 2 and channel = mail", "created_at", "incident_created_at" },
		{ "", "-number", "incident_number" },
		{ "requester = me", "-created_at", "incident_requester_created_at" },
	};
	struct office office;

	open_office(&office, on, agent);
	for (size_t i = 0; i < array_length(pages); i++) {
		text plan = plan_of(&office, pages[i][0], pages[i][1], 1);
		has(plan, pages[i][2]);
		has_not(plan, "TEMP B-TREE");
	}
}

/* Several teams are several walks, merged: what is sorted then is some pages, never the table. */
SQLITE_TEST(several_teams_walk_several_times)
{
	struct office office;

	open_office(&office, on, agent);
	text plan = plan_of(&office, "team in my teams and " OPEN, "priority,created_at", 3);
	size_t walks = 0;
	for (text rest = plan;;) {
		ptrdiff_t at = text_find(rest, T("SEARCH t0 USING INDEX incident_team_priority_created_at"));
		if (at < 0)
			break;
		walks++;
		rest = text_slice(rest, (size_t)at + 10, rest.length);
	}
	if (walks != 3)
		fail_msg("%zu walks in: %.*s", walks, TEXT_ARG(plan));
	has_not(plan, "SCAN t0");
}

SQLITE_TEST(a_requester_reads_only_own_records)
{
	struct office office;

	open_office(&office, on, requester);
	text plan = plan_of(&office, "", "-created_at", 0);
	has(plan, "incident_requester_created_at");
	has(plan, "incident_opened_by_created_at");
	has(plan, "link_to_id_name_from_id");
	has_not(plan, "SCAN t0");
	has_not(plan, "SCAN l");
	plan = plan_of(&office, "state in (closed, cancelled)", "priority", 0);
	has_not(plan, "SCAN t0");
}

SQLITE_TEST(links_to_me_are_found_from_their_end)
{
	struct office office;

	open_office(&office, on, agent);
	text plan = plan_of(&office, "watchers = me", "", 0);
	has(plan, "link_to_id_name_from_id");
	has_not(plan, "SCAN t0");
}
