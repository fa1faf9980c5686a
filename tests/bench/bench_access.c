/*
 * The hottest paths of access: making the actor, reading one record, a list of 50 rows, and their values, as an agent and as a
 * requester. Runs on the folder that bench_search made.
 *
 * usage: bench_access FOLDER
 */
#include "access/access.h"

#include <stdio.h>
#include <stdlib.h>

#define ROUNDS 2000

struct bench {
	struct work work;
	const struct type *incident;
	int64_t user;
	text number;
};

static void check(struct error *error)
{
	if (error == NULL)
		return;
	fprintf(stderr, "bench_access: %.*s\n", TEXT_ARG(error->message));
	exit(1);
}

static void make_actor(struct bench *bench)
{
	check(access_actor(&bench->work, bench->user, &bench->work.actor));
}

static void read_record(struct bench *bench)
{
	struct record *record;
	struct value *value;

	check(access_load(&bench->work, bench->incident, bench->number, &record));
	check(access_record_value(&bench->work, record, NULL, &value));
}

static void find_page(struct bench *bench)
{
	struct sort_key sort = { .field = FIELD_CREATED_AT, .descending = true };
	struct query query = { .type = bench->incident, .sort = &sort, .sort_count = 1, .limit = 50 };
	struct record_page page;

	check(access_find(&bench->work, &query, &page));
}

static void value_page(struct bench *bench)
{
	struct sort_key sort = { .field = FIELD_CREATED_AT, .descending = true };
	struct query query = { .type = bench->incident, .sort = &sort, .sort_count = 1, .limit = 50 };
	struct record_page page;
	struct value *value;

	check(access_find(&bench->work, &query, &page));
	for (size_t i = 0; i < page.count; i++)
		check(access_record_value(&bench->work, page.records[i], NULL, &value));
}

static void measure(struct bench *bench, const char *what, void (*step)(struct bench *bench), bool fresh_actor)
{
	int64_t total = 0;

	for (int i = 0; i < ROUNDS; i++) {
		record_cache_reset(bench->work.cache);
		if (!fresh_actor)
			make_actor(bench);
		int64_t begin = monotonic_us();
		step(bench);
		total += monotonic_us() - begin;
		arena_reset(bench->work.arena);
	}
	printf("  %-28s %8.1f us\n", what, (double)total / ROUNDS);
}

int main(int argc, char **argv)
{
	struct arena *arena = arena_new((size_t)1 << 28);
	struct bench bench = { .number = T("INC0000042") };
	struct store_settings settings = { .relaxed = true };
	struct definition_source *sources;
	struct model *model;
	int64_t generation = 0;
	size_t count;

	if (argc != 2)
		return 2;
	settings.data_dir = text_from(argv[1]);
	model_embedded_sources(arena, &sources, &count);
	check(model_parse(arena, sources, count, &model));
	bench.work = (struct work){ .arena = arena_new((size_t)1 << 26), .model = model, .actor = access_system(), .now = moment_now(),
		.language = T("en"), .cache = record_cache_new(arena, &generation) };
	check(store_open(arena, &settings, STORE_READ, &bench.work.store));
	bench.incident = model_type(model, T("incident"));
	static const char *const logins[] = { "agent", "requester" };
	for (size_t i = 0; i < array_length(logins); i++) {
		printf("%s\n", logins[i]);
		check(model_find_id(&bench.work, model->user, text_from(logins[i]), &bench.user));
		measure(&bench, "the actor", make_actor, true);
		measure(&bench, "50 newest rows", find_page, false);
		measure(&bench, "50 newest rows as values", value_page, false);
		if (i == 0)
			measure(&bench, "one record as a value", read_record, false);
	}
	store_close(bench.work.store);
	arena_free(bench.work.arena);
	model_free(model);
	arena_free(arena);
	return 0;
}
