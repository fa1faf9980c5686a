/*
 * What verification costs: all shipped definitions, and a generated lifecycle of a thousand states with approvals, timers and
 * parallel tasks; and one guard in memory. Prints one JSON object. Part of `make bench` (tools/run-bench, part check).
 */
#include "generated.h"

#include "base/moment.h"
#include "model/condition.h"
#include "model/record.h"

#include <stdlib.h>

#define ROUNDS 15
#define GUARD_RUNS 2000000

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static void need(struct error *error)
{
	if (error == NULL)
		return;
	shipped_show(error);
	exit(1);
}

/* The median, in microseconds. `source` unset: the shipped definitions alone. */
static int64_t parse_time(const char *kind)
{
	int64_t times[ROUNDS];

	for (size_t i = 0; i < ROUNDS; i++) {
		struct arena *arena = arena_new((size_t)1 << 28);
		struct definition_source *sources;
		struct model *model = NULL;
		size_t count;
		text source = kind == NULL ? TEXT_UNSET : generated_whole(arena, 1000);
		int64_t begin = monotonic_us();

		if (kind == NULL) {
			model_embedded_sources(arena, &sources, &count);
			need(model_parse(arena, sources, count, &model));
		} else {
			need(generated_parse(arena, source, &model));
		}
		times[i] = monotonic_us() - begin;
		if (model->not_proven != NULL)
			exit(1);
		model_free(model);
		arena_free(arena);
	}
	qsort(times, ROUNDS, sizeof(*times), by_number);
	return times[ROUNDS / 2];
}

/* Nanoseconds of one guard on a record in memory. */
static double guard_time(const struct model *model, struct arena *arena, const char *source)
{
	const struct type *incident = model_type(model, T("incident"));
	struct condition *guard = NULL;
	struct record *record = record_new(arena, incident);
	struct work work = { .arena = arena, .model = model, .now = INT64_C(1795338000000) };
	struct condition_context context = { .work = &work, .me = 42 };
	int64_t begin, held = 0;
	bool holds;

	need(condition_parse(arena, model, incident, text_from(source), CONDITION_RULE, &guard));
	record->cells[FIELD_STATE] = cell_integer(0);
	record->cells[incident->requester] = cell_integer(42);
	record->cells[incident->priority] = cell_integer(1);
	begin = monotonic_us();
	for (int i = 0; i < GUARD_RUNS; i++) {
		need(condition_holds(guard, record, &context, &holds));
		held += holds;
	}
	return held == GUARD_RUNS ? (double)(monotonic_us() - begin) * 1000 / GUARD_RUNS : 1e9;
}

int main(void)
{
	struct arena *arena = arena_new((size_t)1 << 28);
	int64_t shipped = parse_time(NULL), whole = parse_time("whole");
	struct model *model = shipped_model(arena);

	printf("{\"shipped_us\": %lld, \"thousand_us\": %lld, \"guard_short_ns\": %.0f, \"guard_long_ns\": %.0f}\n", (long long)shipped,
	       (long long)(whole - shipped), guard_time(model, arena, "state = new and requester = me"),
	       guard_time(model, arena, "(state in (new, assigned) and priority <= 2 and requester = me) or assignee = me"));
	model_free(model);
	arena_free(arena);
	return 0;
}
