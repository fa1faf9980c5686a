/*
 * What the model floor costs: a guard in memory, and composing and running pages over many incidents as an
 * agent of one team and as a requester with five records. usage: bench_model [ROWS [FOLDER]]: a folder that
 * is there already is used as it is.
 */
#include "base/limits.h"
#include "base/moment.h"
#include "model/query.h"
#include "model/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ORGANISATIONS 5
#define TEAMS 20
#define PEOPLE 1000
#define NAMED_BYTES 32

static struct work work;
static const struct type *incident;
static int64_t people[PEOPLE], teams[TEAMS];
static uint64_t seed = 42;

static void need(struct error *error)
{
	if (error == NULL)
		return;
	fprintf(stderr, "%s\n", text_cstring(work.arena, error_line(work.arena, error)));
	exit(1);
}

static size_t below(size_t count)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (size_t)(seed >> 33) % count;
}

static size_t place(const struct type *type, const char *name)
{
	return type_field(type, text_from(name))->position;
}

static struct record *new_record(const struct type *type, moment at)
{
	struct record *record = record_new(work.arena, type);

	need(model_next_id(&work, &record->id));
	record->version = 1;
	record->cells[FIELD_CREATED_AT] = record->cells[FIELD_UPDATED_AT] = cell_moment(at);
	return record;
}

static int64_t named(const struct type *type, const char *format, size_t number, int64_t organisation)
{
	struct record *record = new_record(type, work.now);
	char *name = arena_alloc(work.arena, NAMED_BYTES);

	snprintf(name, NAMED_BYTES, "%s%zu", format, number);
	record->cells[type->key_field] = record->cells[type->title_field] = cell_text(text_from(name));
	if (organisation != 0)
		record->cells[place(type, "organisation")] = cell_integer(organisation);
	need(model_insert(&work, record));
	return record->id;
}

/* 2 % of all are unfinished, as after some years. Person 0 asks for five of them. */
static void make_incident(size_t i, size_t rows)
{
	struct record *record = new_record(incident, work.now - (int64_t)(rows - i) * MINUTE_MS);
	text number;

	need(model_next_number(&work, incident, &number));
	record->cells[FIELD_NUMBER] = cell_text(number);
	record->cells[FIELD_STATE] = cell_integer((int64_t)(below(50) == 0 ? below(4) : 5));
	record->cells[place(incident, "title")] = cell_text(T("Mail cannot be sent from the second floor"));
	record->cells[place(incident, "description")] =
	    cell_text(T("Since this morning the mail program says that the server "
			"cannot be reached. Everything else works as it should."));
	record->cells[place(incident, "priority")] = cell_integer((int64_t)below(5));
	record->cells[incident->requester] =
	    cell_integer(people[i % (rows / 5) == 3 ? 0 : 1 + below(PEOPLE - 1)]);
	record->cells[place(incident, "opened_by")] = record->cells[incident->requester];
	if (below(10) > 0)
		record->cells[incident->team] = cell_integer(teams[below(TEAMS)]);
	if (below(10) > 1)
		record->cells[incident->assignee] = cell_integer(people[1 + below(100)]);
	need(model_insert(&work, record));
}

static void fill(size_t rows)
{
	struct arena *kept = work.arena, *arena = arena_new((size_t)64 << 20);
	struct schema_plan plan;
	int64_t organisations[ORGANISATIONS];

	need(store_begin(work.store, work.arena));
	need(schema_plan(work.arena, work.store, NULL, work.model, &plan));
	need(schema_apply(&work, work.model, &plan));
	for (size_t i = 0; i < ORGANISATIONS; i++)
		organisations[i] = named(work.model->organisation, "org", i, 0);
	for (size_t i = 0; i < TEAMS; i++)
		teams[i] = named(work.model->team, "team", i, 0);
	for (size_t i = 0; i < PEOPLE; i++)
		people[i] = named(work.model->user, "person", i, organisations[i < 3 ? 4 : i % 4]);
	int64_t from = monotonic_us();
	work.arena = arena;
	for (size_t i = 0; i < rows; i++) {
		make_incident(i, rows);
		if (i % 100 == 0)
			arena_reset(arena);
	}
	work.arena = kept;
	need(store_commit(work.store, work.arena));
	printf("%-58s %9.1f us\n", "insert one row (in one transaction)",
	       (double)(monotonic_us() - from) / (double)rows);
	arena_free(arena);
}

static void find_names(void)
{
	char name[NAMED_BYTES];

	for (size_t i = 0; i < PEOPLE; i++) {
		snprintf(name, sizeof(name), "person%zu", i);
		need(model_find_id(&work, work.model->user, text_from(name), &people[i]));
	}
	for (size_t i = 0; i < TEAMS; i++) {
		snprintf(name, sizeof(name), "team%zu", i);
		need(model_find_id(&work, work.model->team, text_from(name), &teams[i]));
	}
}

static struct condition *condition(const char *source)
{
	struct condition *condition = NULL;

	if (source != NULL)
		need(condition_parse(work.model->arena, work.model, incident, text_from(source),
				     CONDITION_QUERY, &condition));
	return condition;
}

/* ---- in memory ---- */

static void measure_guard(const char *source)
{
	struct condition *guard = condition(source);
	struct condition_context context = {
		.work = &work, .me = people[7], .teams = teams, .team_count = 1
	};
	struct arena *kept = work.arena, *arena = arena_new((size_t)64 << 20);
	struct record *record;
	bool holds;
	const int64_t times = 1000000;

	int64_t id;
	need(model_find_id(&work, incident, T("INC0000100"), &id));
	need(model_load(&work, incident, id, &record));
	work.arena = arena;
	int64_t from = monotonic_us();
	for (int64_t i = 0; i < times; i++) {
		need(condition_holds(guard, record, &context, &holds));
		if (i % 10000 == 0)
			arena_reset(arena);
	}
	printf("%-58s %9.0f ns\n", source, (double)(monotonic_us() - from) * 1000 / (double)times);
	work.arena = kept;
	arena_free(arena);
}

static void measure_parse(const char *source)
{
	struct arena *arena = arena_new((size_t)64 << 20);
	struct condition *parsed;
	const int64_t times = 20000;
	int64_t from = monotonic_us();

	for (int64_t i = 0; i < times; i++) {
		need(condition_parse(arena, work.model, incident, text_from(source), CONDITION_QUERY,
				     &parsed));
		arena_reset(arena);
	}
	printf("parse %-52.52s %9.0f ns\n", source, (double)(monotonic_us() - from) * 1000 / (double)times);
	arena_free(arena);
}

/* ---- pages ---- */

static const char *const agent_rule[] = { "restricted != true", "team in my teams", "assignee = me", NULL };
static const char *const requester_rule[] = { "requester = me", "opened_by = me", "watchers = me", NULL };

static void measure_page(const char *who, const char *const *rule, size_t me, const char *where,
			 const char *sort)
{
	const struct condition *branches[4];
	struct arena *kept = work.arena, *arena = arena_new((size_t)64 << 20);
	struct query query = {
		.type = incident, .where = condition(where), .branches = branches, .limit = 50
	};
	struct sort_key *keys;
	struct record_page page = { 0 };
	char line[200];
	int64_t count;

	for (; rule[query.branch_count] != NULL; query.branch_count++)
		branches[query.branch_count] = condition(rule[query.branch_count]);
	need(sort_parse(kept, incident, text_from(sort), &keys, &query.sort_count));
	query.sort = keys;
	work.arena = arena;
	query.context =
	    (struct condition_context){ .work = &work, .me = people[me], .teams = teams, .team_count = 1 };
	int64_t times = 0, from = monotonic_us(), passed;
	do {
		arena_reset(arena);
		struct error *error = model_find(&work, &query, &page);
		if (error != NULL) {
			printf("%s: %s, by %s: %.*s\n", who, where, sort, TEXT_ARG(error->message));
			work.arena = kept;
			return;
		}
		times++;
		passed = monotonic_us() - from;
	} while (passed < 300000);
	snprintf(line, sizeof(line), "%s: %s, by %s: %zu rows", who, where == NULL ? "all" : where, sort,
		 page.count);
	printf("%-100s %9.1f us\n", line, (double)passed / (double)times);
	need(model_count(&work, &query, LIMIT_COUNT, &count));
	from = monotonic_us();
	need(model_count(&work, &query, LIMIT_COUNT, &count));
	printf("   count %lld: %lld us\n", (long long)count, (long long)(monotonic_us() - from));
	if (getenv("PLANS") != NULL) {
		text sql, plan;
		struct cells cells;
		need(query_sql(&work, &query, &sql, &cells));
		need(store_explain(work.store, arena, sql, cells, &plan));
		printf("%.*s\n%.*s\n", TEXT_ARG(sql), TEXT_ARG(plan));
	}
	work.arena = kept;
	arena_free(arena);
}

#define OPEN "state in (new, assigned, in_progress, waiting)"

static void measure_pages(void)
{
	measure_page("agent", agent_rule, 7, "team in my teams and " OPEN, "priority,created_at");
	measure_page("agent", agent_rule, 7, "assignee = me and " OPEN, "priority,created_at");
	measure_page("agent", agent_rule, 7, OPEN, "priority,created_at");
	measure_page("agent", agent_rule, 7, OPEN, "-priority,created_at");
	measure_page("agent", agent_rule, 7, "assignee is not set and " OPEN, "priority,created_at");
	measure_page("agent", agent_rule, 7, "state = resolved", "-resolved_at");
	measure_page("agent", agent_rule, 7, NULL, "-created_at");
	measure_page("agent", agent_rule, 7, NULL, "number");
	measure_page("agent", agent_rule, 7, NULL, "-number");
	measure_page("agent", agent_rule, 7, "priority <= 2", "-created_at");
	measure_page("agent", agent_rule, 7, "requester.organisation = org1", "-created_at");
	measure_page("agent", agent_rule, 7, "requester.organisation = org4", "-created_at");
	measure_page("agent", agent_rule, 7, "requester.organisation = org9", "-created_at");
	measure_page("agent", agent_rule, 7, "title contains \"nowhere\"", "-created_at");
	measure_page("requester", requester_rule, 0, NULL, "-created_at");
	measure_page("requester", requester_rule, 0, "requester = me and state in (closed, cancelled)",
		     "-created_at");
	measure_page("requester", requester_rule, 0,
		     "requester = me and state in (new, assigned, in_progress, waiting, resolved)",
		     "-created_at");
	measure_page("requester", requester_rule, 0, "state = closed", "priority");
}

int main(int argc, char **argv)
{
	size_t rows = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	struct store_settings settings = { .data_dir = text_from(argc > 2 ? argv[2] : "/tmp/bench-model"),
					   .relaxed = true,
					   .url = text_from(getenv("DATABASE")) };
	struct definition_source *sources;
	struct model *model;
	struct stat found;
	int64_t generation = 0;
	size_t count;

	work.arena = arena_new((size_t)256 << 20);
	work.now = moment_now();
	work.language = T("en");
	model_embedded_sources(work.arena, &sources, &count);
	need(model_parse(work.arena, sources, count, &model));
	work.model = model;
	incident = model_type(model, T("incident"));
	bool filled = stat(settings.data_dir.data, &found) == 0;
	(void)mkdir(settings.data_dir.data, 0700);
	need(store_open(work.arena, &settings, STORE_WRITE, &work.store));
	if (!filled)
		fill(rows);
	find_names();
	work.cache = record_cache_new(work.arena, &generation);
	measure_guard("state = new");
	measure_guard("state = new and requester = me");
	measure_guard("state in (resolved, closed) and (requester = me or opened_by = me)");
	measure_guard("priority <= 2 and team in my teams and assignee is not set");
	measure_guard("created_at > 5 working days ago");
	measure_guard("title contains \"mail\"");
	measure_guard("requester.name = person3");
	measure_parse("priority <= 2 and state in (new, assigned) and assignee = me and \"vpn\"");
	measure_pages();
	store_close(work.store);
	model_free(model);
	arena_free(work.arena);
	return 0;
}
