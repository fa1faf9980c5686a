/*
 * What publishing a graph of tasks costs, against creating as many plain rows: a job enters the state of its tasks and gets twenty of them
 * with 28 edges; beside it twenty records of a type with the same definition as tasks (fields, indexes, rules), created one by one with
 * the same edges and the same record that they name. One transaction each, alternating.
 *
 * What asking twenty people for an approval costs, against the same rows: a permit enters the state that asks a team, and each of its people
 * gets a vote, a notification and a place among the approvers; the plain rows are those of before.
 *
 * usage: bench_task FOLDER [ROUNDS]      FOLDER must not exist
 */
#include "base/json.h"

#include "place.h"

#define TASKS 20
#define ROUNDS_MAX 10000
#define FIVE(d)                                                                                                    \
	"    s" d "0: {}\n    s" d "1: { after: s" d "0 }\n    s" d "2: { after: s" d "0, due: 4h }\n    s" d           \
	"3: { after: [s" d "1, s" d "2] }\n    s" d "4: { after: [s" d "0, s" d "1, s" d "3] }\n"
static const char job[] =
	"practice: Bench\npurpose: Bench.\ntype: { name: job, extends: task, number: \"JOB{0000000}\", title: title }\n"
	"rights: { agent: [read, create, update] }\n"
	"lifecycle:\n  states: { fresh: { group: open }, doing: { group: open }, over: { group: closed } }\n"
	"  transitions:\n    begin: { from: fresh, to: doing, by: agent }\n    finish: { from: doing, to: over, by: tasks }\n"
	"tasks:\n  in: doing\n  done: finish\n  steps:\n" FIVE("a") FIVE("b") FIVE("c") FIVE("d");

static const char permit[] =
	"practice: Bench\npurpose: Bench.\ntype: { name: permit, extends: task, number: \"PER{0000000}\", title: title }\n"
	"rights: { agent: [read, create, update] }\n"
	"lifecycle:\n  states: { fresh: { group: open }, asking: { group: waiting }, yes: { group: closed }, no: { group: cancelled } }\n"
	"  transitions:\n    ask: { from: fresh, to: asking, by: agent }\n    allow: { from: asking, to: yes, by: approval }\n"
	"    refuse: { from: asking, to: no, by: approval }\n"
	"approvals:\n  board: { in: asking, steps: [{ name: board, ask: [{ team: board }], quorum: majority }], approved: allow, rejected: refuse }\n";

/* `parent` and `after` may be unset. */
static text make(const struct bench *bench, struct arena *arena, const char *type, text parent, struct value *after)
{
	struct work work = work_of(bench, arena);
	struct value *input = value_map(arena);
	struct record *record;

	value_set_text(arena, input, T("title"), T("Something to do"));
	value_set_text(arena, input, T("requester"), T("asks"));
	if (text_is_set(parent))
		value_set_text(arena, input, T("parent"), parent);
	if (after != NULL)
		value_set(arena, input, T("after"), after);
	must(engine_create(&work, model_type(bench->model, text_from(type)), input, &record));
	return text_copy(arena, record_number(record));
}

/* The edges of FIVE, as numbers. */
static struct value *edges_of(struct arena *arena, const text *numbers, size_t row)
{
	static const char *const before[] = { "", "0", "0", "12", "013" };
	struct value *after = value_list(arena);

	for (const char *one = before[row % 5]; *one != '\0'; one++)
		value_append(arena, after, value_text(arena, numbers[row - row % 5 + (size_t)(*one - '0')]));
	return after;
}

/* Microseconds for each row. */
static double rows_us(const struct bench *bench, text parent)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	text numbers[TASKS];
	int64_t begin = monotonic_us();

	must(store_begin(bench->store, arena));
	for (size_t i = 0; i < TASKS; i++)
		numbers[i] = make(bench, arena, "plain", parent, edges_of(arena, numbers, i));
	must(store_commit(bench->store, arena));
	begin = monotonic_us() - begin;
	arena_free(arena);
	return (double)begin / TASKS;
}

/* A record of `type` takes the transition: microseconds for each of what comes with it. */
static double step_us(const struct bench *bench, const char *type, const char *transition)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct work work = work_of(bench, arena);
	struct record *record;
	text number;

	must(store_begin(bench->store, arena));
	number = make(bench, arena, type, TEXT_UNSET, NULL);
	must(store_commit(bench->store, arena));
	int64_t begin = monotonic_us();
	must(store_begin(bench->store, arena));
	must(engine_transition(&work, model_type(bench->model, text_from(type)), number, text_from(transition), 0, NULL, &record));
	must(store_commit(bench->store, arena));
	begin = monotonic_us() - begin;
	arena_free(arena);
	return (double)begin / TASKS;
}

static int by_size(const void *a, const void *b)
{
	return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b);
}

static void measure(const struct bench *bench, size_t rounds)
{
	double *graph = arena_new_array(bench->arena, double, rounds), *rows = arena_new_array(bench->arena, double, rounds);
	double *asked = arena_new_array(bench->arena, double, rounds);

	must(store_begin(bench->store, bench->arena));
	text parent = make(bench, bench->arena, "job", TEXT_UNSET, NULL);
	must(store_commit(bench->store, bench->arena));
	for (size_t i = 0; i < rounds; i++) {
		record_cache_reset(bench->cache);
		rows[i] = rows_us(bench, parent);
		record_cache_reset(bench->cache);
		graph[i] = step_us(bench, "job", "begin");
		record_cache_reset(bench->cache);
		asked[i] = step_us(bench, "permit", "ask");
	}
	qsort(graph, rounds, sizeof(*graph), by_size);
	qsort(asked, rounds, sizeof(*asked), by_size);
	qsort(rows, rounds, sizeof(*rows), by_size);
	printf("a graph of %d tasks: p50 %.0f us for each task, %.0f us for a plain row, ratio %.2f\n", TASKS, graph[rounds / 2],
	       rows[rounds / 2], graph[rounds / 2] / rows[rounds / 2]);
	printf("an approval that asks %d people: p50 %.0f us for each of them, ratio %.2f\n", TASKS, asked[rounds / 2],
	       asked[rounds / 2] / rows[rounds / 2]);
}

static text replaced(struct arena *arena, text source, const char *from, const char *to)
{
	struct buffer out;
	ptrdiff_t at;

	buffer_init(&out, arena, source.length * 2);
	while ((at = text_find(source, text_from(from))) >= 0) {
		buffer_text(&out, text_slice(source, 0, (size_t)at));
		buffer_text(&out, text_from(to));
		source = text_slice(source, (size_t)at + strlen(from), source.length);
	}
	buffer_text(&out, source);
	return buffer_peek(&out);
}

/* The definition of tasks under another name: what is not a task has no parent, and nobody but people moves it. */
static text plain_source(struct arena *arena, const struct definition_source *sources, size_t count)
{
	text source = T("");

	for (size_t i = 0; i < count; i++)
		if (text_equal(sources[i].path, T("platform/work_task.yaml")))
			source = sources[i].source;
	source = replaced(arena, source, "name: work_task", "name: plain");
	source = replaced(arena, source, "TSK{", "PLA{");
	source = replaced(arena, source, "to: work_task", "to: plain");
	source = replaced(arena, source, "kind: record, required: yes", "kind: record");
	source = replaced(arena, source, "by: tasks", "by: agent");
	source = replaced(arena, source, ", tasks", "");
	return replaced(arena, source, "initial: pending", "initial: ready");
}

static void open_with_types(struct bench *bench, const char *folder, struct sealer **ret_sealer)
{
	struct definition_source *sources, *all;
	size_t count;

	model_embedded_sources(bench->arena, &sources, &count);
	all = arena_new_array(bench->arena, struct definition_source, count + 3);
	memcpy(all, sources, sizeof(*all) * count);
	all[count++] = (struct definition_source){ T("bench_job.yaml"), text_from(job) };
	all[count++] = (struct definition_source){ T("bench_plain.yaml"), plain_source(bench->arena, sources, count - 1) };
	all[count++] = (struct definition_source){ T("bench_permit.yaml"), text_from(permit) };
	open_store(bench, folder, all, count, ret_sealer);
}

int main(int argc, char **argv)
{
	struct bench bench = { .arena = arena_new(4 * LIMIT_WORK_BYTES) };
	int64_t generation = 0, rounds = 101;
	struct sealer *sealer;
	struct record *record;
	struct value *input;

	if (argc < 2 || mkdir(argv[1], 0700) != 0 || (argc > 2 && !text_to_integer(text_from(argv[2]), &rounds)) || rounds < 1 ||
	    rounds > ROUNDS_MAX)
		log_fatal("usage: bench_task FOLDER [ROUNDS], with a folder that does not exist yet");
	bench.cache = record_cache_new(bench.arena, &generation);
	open_with_types(&bench, argv[1], &sealer);
	struct work work = work_of(&bench, bench.arena);
	must(store_begin(bench.store, bench.arena));
	must(json_parse(bench.arena, T("{\"name\":\"board\",\"label\":\"Board\"}"), &input));
	must(engine_create(&work, bench.model->team, input, &record));
	for (int i = 0; i < TASKS; i++) {
		text person = text_format(bench.arena, "{\"login\":\"votes%d\",\"name\":\"Somebody\",\"teams\":[\"board\"]}", i);

		must(json_parse(bench.arena, person, &input));
		must(engine_create(&work, bench.model->user, input, &record));
	}
	must(json_parse(bench.arena, T("{\"login\":\"asks\",\"name\":\"Somebody\"}"), &input));
	must(engine_create(&work, bench.model->user, input, &record));
	must(store_commit(bench.store, bench.arena));
	measure(&bench, (size_t)rounds);
	store_close(bench.store);
	sealer_close(sealer);
	return 0;
}
