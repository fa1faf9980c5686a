/*
 * Search at a million incidents: generated texts over a Zipf vocabulary (the commonest words stand in nearly every record), asked
 * through search_find and search_similar as an agent of one team (who sees all but restricted records) and as a requester with
 * five records. Prints p50, p95 and p99 of each question, and p95 of processor time (what is left when the machine is busy
 * with others); the index is drained. The goal is p95 < 50 ms for all of them.
 *
 * usage: bench_search [RECORDS [FOLDER]]      FOLDER is kept, and used again when it is there already
 */
#include "model/schema.h"
#include "search/search_private.h"

#include "base/limits.h"

#include "zipf.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define TITLE_WORDS 6
#define BODY_WORDS 25
#define ROUNDS 300
#define TEAMS 40
#define SERVICES 40
#define BATCH 2000
#define WORK_BYTES ((size_t)1 << 28)

struct bench {
	struct arena *arena; /* for ever */
	struct work work;
	int64_t generation;
	struct index index;
	struct search_reader *reader;
	const struct type *incident;
	int64_t teams[TEAMS], services[SERVICES], requesters, agent, requester;
};

static void check(struct error *error)
{
	if (error == NULL)
		return;
	fprintf(stderr, "bench_search: %.*s\n", TEXT_ARG(error->message));
	exit(1);
}

static text sentence(struct arena *arena, size_t words, size_t least, size_t most)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 4096);
	for (size_t i = 0; i < words; i++)
		buffer_format(&buffer, i == 0 ? "%s" : " %s", vocabulary[most > least ? least + next() % (most - least) : zipf()]);
	return text_copy(arena, buffer_peek(&buffer));
}

/* ---- filling ---- */

static void set(struct record *record, const char *name, struct cell cell)
{
	const struct field *field = type_field(record->type, text_from(name));

	if (field != NULL)
		record->cells[field->position] = cell;
}

static struct record *new_record(struct bench *bench, const struct type *type)
{
	struct record *record = record_new(bench->work.arena, type);

	check(model_next_id(&bench->work, &record->id));
	record->version = record->definition = 1;
	record->cells[FIELD_VERSION] = cell_integer(1);
	record->cells[FIELD_CREATED_AT] = record->cells[FIELD_UPDATED_AT] = cell_moment(bench->work.now);
	if (type->lifecycle != NULL)
		record->cells[FIELD_STATE] = cell_integer(0);
	set(record, "active", cell_integer(1));
	return record;
}

static int64_t add_platform(struct bench *bench, const struct type *type, text name)
{
	struct record *record = new_record(bench, type);

	record->cells[FIELD_NUMBER] = cell_text(name);
	record->cells[type->key_field] = cell_text(name);
	record->cells[type->title_field] = cell_text(name);
	check(model_insert(&bench->work, record));
	return record->id;
}

static void add_people(struct bench *bench)
{
	struct arena *arena = bench->arena;
	const struct type *user = bench->work.model->user;
	struct record *agent;
	int64_t role;

	check(store_begin(bench->work.store, arena));
	for (int i = 0; i < TEAMS; i++)
		add_platform(bench, bench->work.model->team, text_format(arena, "team%d", i));
	for (int i = 0; i < SERVICES; i++)
		add_platform(bench, bench->work.model->service, text_format(arena, "service%d", i));
	int64_t id = add_platform(bench, user, T("agent"));
	check(model_load_fresh(&bench->work, user, id, &agent));
	check(model_find_id(&bench->work, bench->work.model->role, T("agent"), &role));
	check(model_set_links(&bench->work, agent, type_field(user, T("roles")), &role, 1));
	check(model_find_id(&bench->work, bench->work.model->team, T("team0"), &id));
	check(model_set_links(&bench->work, agent, type_field(user, T("teams")), &id, 1));
	add_platform(bench, user, T("requester"));
	check(store_commit(bench->work.store, arena));
}

static void find_people(struct bench *bench)
{
	const struct model *model = bench->work.model;

	for (int i = 0; i < TEAMS; i++)
		check(model_find_id(&bench->work, model->team, text_format(bench->arena, "team%d", i), &bench->teams[i]));
	for (int i = 0; i < SERVICES; i++)
		check(model_find_id(&bench->work, model->service, text_format(bench->arena, "service%d", i), &bench->services[i]));
	check(model_find_id(&bench->work, model->user, T("agent"), &bench->agent));
	check(model_find_id(&bench->work, model->user, T("requester"), &bench->requester));
}

static void add_incident(struct bench *bench, int64_t number, int64_t count)
{
	struct record *record = new_record(bench, bench->incident);
	struct document document;
	/* Five of them, spread, are the requester's own; other requesters need no records of their own here. */
	bool own = number % (count / 5) == count / 10;

	record->cells[FIELD_NUMBER] = cell_text(text_format(bench->work.arena, "INC%07lld", (long long)number));
	set(record, "title", cell_text(sentence(bench->work.arena, TITLE_WORDS, 0, 0)));
	set(record, "description", cell_text(sentence(bench->work.arena, BODY_WORDS, 0, 0)));
	set(record, "requester", cell_integer(own ? bench->requester : bench->agent));
	set(record, "team", cell_integer(bench->teams[next() % TEAMS]));
	set(record, "service", cell_integer(bench->services[next() % SERVICES]));
	set(record, "restricted", cell_integer(next() % 100 == 0));
	check(model_insert(&bench->work, record));
	check(build_document(&bench->work, record, NULL, sentence(bench->work.arena, 3, 0, 0), sentence(bench->work.arena, 3, 0, 0), &document));
	check(index_put(&bench->index, bench->work.arena, NULL, &document));
}

static void fill(struct bench *bench, int64_t count)
{
	int64_t begin = monotonic_us();

	for (int64_t number = 1; number <= count; number++) {
		if (number % BATCH == 1) {
			check(store_begin(bench->work.store, bench->work.arena));
			check(store_begin(bench->index.store, bench->work.arena));
		}
		add_incident(bench, number, count);
		if (number % BATCH == 0 || number == count) {
			check(store_commit(bench->index.store, bench->work.arena));
			check(store_commit(bench->work.store, bench->work.arena));
			record_cache_reset(bench->work.cache);
			arena_reset(bench->work.arena);
		}
		if (number % 100000 == 0)
			fprintf(stderr, "%lld records, %.0f/s\n", (long long)number, 1e6 * (double)number / (double)(monotonic_us() - begin));
	}
}

/* ---- asking ---- */

enum asking_kind { ASK_NEWEST, ASK_RANKED, ASK_AHEAD, ASK_SIMILAR, ASK_SIMILAR_WORDS };
struct asking {
	const char *what;
	enum asking_kind kind;
	size_t words, least, most;
};

static int by_time(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static int64_t processor_us(void)
{
	struct timespec spent;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
	return spent.tv_sec * 1000000 + spent.tv_nsec / 1000;
}

static void print_times(const char *what, const char *who, int64_t *times, int64_t *spent, int64_t hits)
{
	qsort(times, ROUNDS, sizeof(*times), by_time);
	qsort(spent, ROUNDS, sizeof(*spent), by_time);
	printf("%-48s %-10s %8.2f %8.2f %8.2f %8.2f %8.1f\n", what, who, (double)times[ROUNDS / 2] / 1000,
	       (double)times[ROUNDS * 95 / 100] / 1000, (double)times[ROUNDS * 99 / 100] / 1000,
	       (double)spent[ROUNDS * 95 / 100] / 1000, (double)hits / ROUNDS);
	fflush(stdout);
}

static size_t ask(struct bench *bench, const struct asking *asking, text words, struct record *record)
{
	struct search_result result = { 0 };
	struct similar *similar;
	size_t count = 0;

	switch (asking->kind) {
	case ASK_NEWEST:
	case ASK_RANKED:
		check(search_find(bench->reader, &bench->work, NULL, words, false, asking->kind == ASK_RANKED ? SEARCH_RANKED : SEARCH_NEWEST, 20,
		                  TEXT_UNSET, &result));
		return result.count;
	case ASK_AHEAD:
		check(search_find(bench->reader, &bench->work, NULL, words, true, SEARCH_NEWEST, 8, TEXT_UNSET, &result));
		return result.count;
	case ASK_SIMILAR:
		check(search_similar(bench->reader, &bench->work, record, 5, &similar, &count));
		return count;
	case ASK_SIMILAR_WORDS:
		check(search_similar_words(bench->reader, &bench->work, bench->incident, words, 5, &similar, &count));
		return count;
	}
	return 0;
}

static void measure(struct bench *bench, const struct asking *asking, const char *who, int64_t user, int64_t newest)
{
	static int64_t times[ROUNDS], spent[ROUNDS];
	int64_t hits = 0, begin;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct record *record = NULL;
		text words = sentence(bench->work.arena, asking->words, asking->least, asking->most);
		record_cache_reset(bench->work.cache);
		check(access_actor(&bench->work, user, &bench->work.actor));
		if (asking->kind == ASK_AHEAD)
			words = text_slice(words, 0, words.length - next() % 3);
		if (asking->kind == ASK_SIMILAR)
			check(model_load(&bench->work, bench->incident, newest - (int64_t)(next() % 1000), &record));
		begin = monotonic_us();
		spent[i] = processor_us();
		hits += (int64_t)ask(bench, asking, words, record);
		spent[i] = processor_us() - spent[i];
		times[i] = monotonic_us() - begin;
		arena_reset(bench->work.arena);
	}
	print_times(asking->what, who, times, spent, hits);
}

static void ask_all(struct bench *bench, int64_t newest)
{
	static const struct asking askings[] = {
		{ "newest 20: 1 of the 10 commonest words", ASK_NEWEST, 1, 0, 10 },
		{ "newest 20: 2 of the 10 commonest", ASK_NEWEST, 2, 0, 10 },
		{ "newest 20: 3 of the 100 commonest", ASK_NEWEST, 3, 0, 100 },
		{ "newest 20: 2 of the 1,000 commonest", ASK_NEWEST, 2, 0, 1000 },
		{ "newest 20: 1 of all words", ASK_NEWEST, 1, 0, VOCABULARY },
		{ "ranked 20: 1 of the 10 commonest", ASK_RANKED, 1, 0, 10 },
		{ "ranked 20: 2 of the 100 commonest", ASK_RANKED, 2, 0, 100 },
		{ "ranked 20: 2 of the 1,000 commonest", ASK_RANKED, 2, 0, 1000 },
		{ "type-ahead 8: 1 word", ASK_AHEAD, 1, 0, 2000 },
		{ "type-ahead 8: 2 words", ASK_AHEAD, 2, 0, 2000 },
		{ "similar 5: a record of the newest 1,000", ASK_SIMILAR, 0, 0, 0 },
		{ "similar 5: 6 words typed in the portal", ASK_SIMILAR_WORDS, 6, 0, 0 },
	};

	printf("%-48s %-10s %8s %8s %8s %8s %8s\n", "question (milliseconds)", "as", "p50", "p95", "p99", "cpu p95", "hits");
	for (size_t i = 0; i < array_length(askings); i++) {
		measure(bench, &askings[i], "agent", bench->agent, newest);
		measure(bench, &askings[i], "requester", bench->requester, newest);
	}
}

static void open_store(struct bench *bench, const struct store_settings *settings)
{
	struct definition_source *sources;
	struct schema_plan plan;
	struct model *model;
	size_t count;

	model_embedded_sources(bench->arena, &sources, &count);
	check(model_parse(bench->arena, sources, count, &model));
	check(store_open(bench->arena, settings, STORE_WRITE, &bench->work.store));
	bench->work.model = model;
	bench->incident = model_type(model, T("incident"));
	bool there = false;
	check(store_has_table(bench->work.store, bench->arena, bench->incident->table, &there));
	if (!there) {
		check(schema_plan(bench->arena, bench->work.store, NULL, model, &plan));
		check(store_begin(bench->work.store, bench->arena));
		check(schema_apply(&bench->work, model, &plan));
		check(store_commit(bench->work.store, bench->arena));
		add_people(bench);
	}
	find_people(bench);
}

int main(int argc, char **argv)
{
	int64_t records = 1000000, newest;
	char folder[] = "/tmp/reeve-bench-XXXXXX";
	struct bench bench = { .arena = arena_new((size_t)1 << 28) };
	struct store_settings settings = { .relaxed = true };

	if (argc > 1 && (!text_to_integer(text_from(argv[1]), &records) || records < 10))
		return 2;
	settings.data_dir = text_from(argc > 2 ? argv[2] : mkdtemp(folder));
	bench.work = (struct work){ .arena = arena_new(WORK_BYTES), .actor = access_system(), .now = moment_now(), .language = T("en"),
		.cache = record_cache_new(bench.arena, &bench.generation) };
	make_vocabulary();
	open_store(&bench, &settings);
	check(index_open(bench.arena, &settings, STORE_WRITE, &bench.index));
	check(index_make(&bench.index, bench.arena));
	check(index_newest(&bench.index, bench.arena, &newest));
	if (newest == 0)
		fill(&bench, records);
	check(index_newest(&bench.index, bench.arena, &newest));
	store_close(bench.index.store);
	bench.reader = arena_new_struct(bench.arena, struct search_reader);
	check(index_open(bench.arena, &settings, STORE_READ, &bench.reader->index));
	ask_all(&bench, newest);
	store_close(bench.reader->index.store);
	store_close(bench.work.store);
	arena_free(bench.work.arena);
	arena_free(bench.arena);
	return 0;
}
