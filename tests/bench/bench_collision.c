/*
 * What it costs to look for collisions of a change with ten thousand configuration items in its scope: it touches a hundred, and
 * each of them bears a hundred others. 500 other changes overlap with it, half of them on something in that scope. With a maintenance
 * window that repeats every day and a freeze.
 *
 * usage: bench_collision FOLDER [ITEMS [OTHERS]]      FOLDER must not exist
 */
#include "base/json.h"

#include "place.h"

#define ROUNDS 21
#define BASES 100

static void make(const struct bench *bench, const char *type, struct value *input, struct arena *arena, text *ret_number)
{
	struct work work = work_of(bench, arena);
	struct record *record;

	record_cache_reset(bench->cache); /* it holds records of the arena of the work before */
	must(engine_create(&work, model_type(bench->model, text_from(type)), input, &record));
	*ret_number = text_copy(bench->arena, record_number(record));
}

/* The first `bases` bear the others: each depends on one of them. */
static void make_items(const struct bench *bench, text *items, size_t count, size_t bases)
{
	for (size_t i = 0; i < count; i++) {
		struct arena *arena = arena_new(LIMIT_WORK_BYTES);
		struct value *input = value_map(arena);
		struct work work = work_of(bench, arena);
		int64_t link;

		value_set_text(arena, input, T("name"), text_format(arena, "item %zu", i));
		value_set_text(arena, input, T("class"), T("server"));
		make(bench, "ci", input, arena, &items[i]);
		if (i >= bases)
			must(engine_link(&work, model_type(bench->model, T("ci")), items[i], T("depends_on"), items[i % bases], &link));
		arena_free(arena);
	}
}

static text make_change(const struct bench *bench, const text *items, size_t first, size_t count)
{
	struct arena *arena = arena_new(4 * LIMIT_WORK_BYTES);
	struct value *input, *list = value_list(arena);
	struct work work = work_of(bench, arena);
	struct record *record;
	text number;

	must(json_parse(arena, T("{\"reason\":\"r\",\"benefit\":\"b\",\"plan\":\"p\",\"test_plan\":\"t\",\"back_out_plan\":\"b\",\"affected\":\"nobody\","
	                         "\"complexity\":\"one\",\"experience\":\"often\",\"rehearsed\":\"fully\",\"back_out_effort\":\"minutes\",\"in_use\":false}"),
	                &input));
	for (size_t i = 0; i < count; i++)
		value_append(arena, list, value_text(arena, items[first + i]));
	value_set_text(arena, input, T("title"), T("A change"));
	value_set_text(arena, input, T("requester"), T("asks"));
	value_set(arena, input, T("cis"), list);
	value_set_text(arena, input, T("planned_start"), T("2026-12-01T20:00:00Z"));
	value_set_text(arena, input, T("planned_end"), T("2026-12-01T23:00:00Z"));
	make(bench, "change", input, arena, &number);
	must(engine_transition(&work, model_type(bench->model, T("change")), number, T("submit"), 0, NULL, &record));
	arena_free(arena);
	return number;
}

static void set_up(struct bench *bench, size_t items, size_t others, text *ret_number)
{
	text *numbers = arena_new_array(bench->arena, text, items + 20), number;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct value *input;

	must(store_begin(bench->store, bench->arena));
	must(json_parse(arena, T("{\"login\":\"asks\",\"name\":\"Somebody\"}"), &input));
	make(bench, "user", input, arena, &number);
	make_items(bench, numbers, items, BASES);
	/* Items of nobody, for the changes that meet nothing. */
	make_items(bench, numbers + items, 20, 20);
	for (size_t i = 0; i < others; i++)
		(void)make_change(bench, numbers, i % 2 == 0 ? items : BASES + (i * 20) % (items - BASES - 20), 20);
	must(json_parse(arena, T("{\"title\":\"Freeze\",\"kind\":\"freeze\",\"starts\":\"2026-12-20T00:00Z\",\"ends\":\"2026-12-31T00:00Z\"}"), &input));
	make(bench, "change_window", input, arena, &number);
	must(json_parse(arena, T("{\"title\":\"Nights\",\"starts\":\"2026-01-01T20:00Z\",\"ends\":\"2026-01-02T04:00Z\",\"recurrence\":\"FREQ=DAILY\"}"), &input));
	make(bench, "change_window", input, arena, &number);
	*ret_number = make_change(bench, numbers, 0, BASES);
	must(store_commit(bench->store, bench->arena));
	arena_free(arena);
}

static int by_size(const void *a, const void *b)
{
	return (*(const int64_t *)a > *(const int64_t *)b) - (*(const int64_t *)a < *(const int64_t *)b);
}

static void measure(const struct bench *bench, text number, size_t items, size_t others)
{
	int64_t us[ROUNDS];
	size_t found = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		struct arena *arena = arena_new(4 * LIMIT_WORK_BYTES);
		struct work work = work_of(bench, arena);
		struct collision *collisions;
		struct record *record;

		record_cache_reset(bench->cache);
		must(model_load_number(&work, model_type(bench->model, T("change")), number, &record));
		int64_t begin = monotonic_us();
		must(engine_collisions(&work, record, MOMENT_UNSET, MOMENT_UNSET, &collisions, &found));
		us[i] = monotonic_us() - begin;
		arena_free(arena);
	}
	qsort(us, ROUNDS, sizeof(*us), by_size);
	printf("%zu items, %zu changes at the same time: p50 %.1f ms, worst %.1f ms, %zu collisions shown\n", items, others,
	       (double)us[ROUNDS / 2] / 1000, (double)us[ROUNDS - 1] / 1000, found);
}

int main(int argc, char **argv)
{
	struct bench bench = { .arena = arena_new(4 * LIMIT_WORK_BYTES) };
	int64_t generation = 0, items = 10000, others = 500;
	struct definition_source *sources;
	struct sealer *sealer;
	size_t count;
	text number;

	if (argc < 2 || mkdir(argv[1], 0700) != 0 || (argc > 2 && !text_to_integer(text_from(argv[2]), &items)) ||
	    (argc > 3 && !text_to_integer(text_from(argv[3]), &others)) || items < 4 * BASES || others < 0)
		log_fatal("usage: bench_collision FOLDER [ITEMS [OTHERS]], with a folder that does not exist yet");
	bench.cache = record_cache_new(bench.arena, &generation);
	model_embedded_sources(bench.arena, &sources, &count);
	open_store(&bench, argv[1], sources, count, &sealer);
	set_up(&bench, (size_t)items, (size_t)others, &number);
	measure(&bench, number, (size_t)items, (size_t)others);
	store_close(bench.store);
	sealer_close(sealer);
	return 0;
}
