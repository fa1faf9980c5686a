/* A store in a folder with the shipped definitions (and more of the benchmark's own), on which a benchmark works as the system. */
#ifndef REEVE_TESTS_BENCH_PLACE_H
#define REEVE_TESTS_BENCH_PLACE_H

#include "base/limits.h"
#include "base/log.h"
#include "engine/engine.h"
#include "model/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct bench {
	struct arena *arena;
	const struct model *model;
	struct record_cache *cache;
	struct store *store;
};

static inline void must(struct error *error)
{
	struct arena *arena = arena_new(1 << 20);

	if (error != NULL)
		log_fatal("%.*s", TEXT_ARG(error_line(arena, error)));
	arena_free(arena);
}

static inline struct work work_of(const struct bench *bench, struct arena *arena)
{
	return (struct work){ .arena = arena, .store = bench->store, .model = bench->model, .actor = access_system(),
		              .now = INT64_C(1795338000000), .origin = ORIGIN_CLI, .language = T("en"), .cache = bench->cache };
}

/* Makes the store; sealer and store are the caller's to close. */
static inline void open_store(struct bench *bench, const char *folder, const struct definition_source *sources, size_t count,
                              struct sealer **ret_sealer)
{
	struct store_settings settings = { .relaxed = true, .data_dir = text_from(folder) };
	struct seal_settings seals = { .key_path = text_format(bench->arena, "%s/seal.key", folder),
		                       .head_path = text_format(bench->arena, "%s/seal.log", folder) };
	struct schema_plan plan;
	struct model *model;

	must(model_parse(bench->arena, sources, count, &model));
	bench->model = model;
	must(store_open(bench->arena, &settings, STORE_WRITE, &bench->store));
	struct work work = work_of(bench, bench->arena);
	must(schema_plan(bench->arena, bench->store, NULL, model, &plan));
	must(store_begin(bench->store, bench->arena));
	must(schema_apply(&work, model, &plan));
	must(store_commit(bench->store, bench->arena));
	must(sealer_new(bench->arena, &seals, ret_sealer));
	must(sealer_opened(*ret_sealer, bench->store, bench->arena));
}

#endif
