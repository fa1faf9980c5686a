/*
 * The search index at a million documents: generated texts over a Zipf vocabulary (the commonest words stand in nearly every
 * document), asked as an agent (a constant scope that nearly all documents have, and ten teams) and as a requester with five
 * records. Prints p50, p95 and p99 of each question.
 *
 * usage: bench_search [DOCUMENTS [FOLDER]]      FOLDER is kept and used again when it already holds that many
 */
#include "search/search_private.h"

#include "base/limits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define VOCABULARY 60000
#define TITLE_WORDS 6
#define BODY_WORDS 25
#define ROUNDS 400

static char vocabulary[VOCABULARY][16];
static double cumulated[VOCABULARY];
static uint64_t state = 88172645463325252u;

static uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static double next_real(void)
{
	return (double)(next() >> 11) / 9007199254740992.0;
}

static void check(struct error *error)
{
	if (error == NULL)
		return;
	fprintf(stderr, "bench_search: %.*s\n", TEXT_ARG(error->message));
	exit(1);
}

static void make_vocabulary(void)
{
	static const char *const syllables[] = { "ba", "ke", "lo", "mi", "nu", "pra", "ser", "ti", "vo", "ran", "den", "fal", "gro",
		"his", "jet", "qui", "sta", "wex", "yor", "zim", "cor", "ple", "ud", "am" };
	double sum = 0;

	for (size_t i = 0; i < VOCABULARY; i++) {
		size_t n = i, length = 0;
		do {
			const char *syllable = syllables[n % array_length(syllables)];
			length += (size_t)snprintf(vocabulary[i] + length, sizeof(vocabulary[i]) - length, "%s", syllable);
			n /= array_length(syllables);
		} while (n > 0 && length < 12);
		sum += 1.0 / (double)(i + 1);
		cumulated[i] = sum;
	}
	for (size_t i = 0; i < VOCABULARY; i++)
		cumulated[i] /= sum;
}

static size_t zipf(void)
{
	double wanted = next_real();
	size_t low = 0, high = VOCABULARY - 1;

	while (low < high) {
		size_t middle = (low + high) / 2;
		if (cumulated[middle] < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static text sentence(struct arena *arena, size_t words)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 4096);
	for (size_t i = 0; i < words; i++)
		buffer_format(&buffer, i == 0 ? "%s" : " %s", vocabulary[zipf()]);
	return text_copy(arena, buffer_peek(&buffer));
}

static void fill(struct index *index, struct arena *arena, int64_t from, int64_t count)
{
	int64_t begin = monotonic_us();

	for (int64_t id = from; id <= count; id++) {
		if (id % 1000 == 1)
			check(store_begin(index->store, arena));
		struct document document = { .id = id, .type = T("incident"), .state = T("closed"), .updated_at = id,
			.number = text_format(arena, "INC%07lld", (long long)id),
			.title = sentence(arena, TITLE_WORDS), .body = sentence(arena, BODY_WORDS), .notes = sentence(arena, 5),
			.scopes = text_format(arena, "%sincident.team.%d incident.requester.%d incident.s.%d incident.k.%d",
			                      next() % 100 == 0 ? "" : "incident.c.0123456789abcdef ", (int)(next() % 80),
			                      (int)(next() % 200000), (int)(next() % 40), (int)(next() % 60)) };
		check(index_put(index, arena, NULL, &document));
		if (id % 1000 == 0 || id == count) {
			check(store_commit(index->store, arena));
			arena_reset(arena);
		}
		if (id % 100000 == 0)
			fprintf(stderr, "%lld documents, %.0f/s\n", (long long)id,
			        1e6 * (double)(id - from + 1) / (double)(monotonic_us() - begin));
	}
}

/* ---- questions ---- */

enum viewer { AGENT, REQUESTER };

static struct table agent_scopes;

static void make_scopes(struct arena *arena)
{
	table_init(&agent_scopes, arena);
	table_set(&agent_scopes, T("incident.c.0123456789abcdef"), &agent_scopes);
	for (int team = 0; team < 10; team++)
		table_set(&agent_scopes, text_format(arena, "incident.team.%d", team * 7), &agent_scopes);
}

/* As inquiry_make() writes it: the agent's scopes are dense and not in it. */
static text asked(struct arena *arena, struct index *index, enum viewer viewer, size_t words, size_t least, size_t most, bool ahead)
{
	struct expression e;

	expression_init(&e, arena, index->postgres);
	for (size_t i = 0; i < words; i++) {
		text word = text_from(vocabulary[least + next() % (most - least)]);
		if (i > 0)
			expression_and(&e);
		expression_raw(&e, '(');
		if (ahead && i + 1 == words) {
			word = text_slice(word, 0, 1 + next() % 5);
			expression_lexeme(&e, '^', word, false);
			expression_or(&e);
		}
		expression_lexeme(&e, 0, word, false);
		if (viewer == AGENT) {
			expression_or(&e);
			expression_lexeme(&e, '!', word, false);
		}
		expression_raw(&e, ')');
	}
	if (viewer == REQUESTER) {
		expression_and(&e);
		expression_lexeme(&e, 0, text_format(arena, "incident.requester.%d", (int)(next() % 200000)), false);
	}
	return buffer_peek(&e.buffer);
}

static int by_time(const void *a, const void *b)
{
	int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;

	return left < right ? -1 : left > right;
}

static void print_times(const char *what, const char *who, int64_t *times, size_t count, int64_t hits)
{
	qsort(times, count, sizeof(*times), by_time);
	printf("%-44s %-10s %8.2f %8.2f %8.2f %8.1f\n", what, who, (double)times[count / 2] / 1000, (double)times[count * 95 / 100] / 1000,
	       (double)times[count * 99 / 100] / 1000, (double)hits / (double)count);
}

struct asking {
	const char *what;
	size_t words, least, most, limit;
	bool ahead;
};

static void measure(struct index *index, struct arena *arena, const struct asking *asking, enum viewer viewer)
{
	static int64_t times[ROUNDS];
	int64_t total = 0;

	for (size_t i = 0; i < ROUNDS; i++) {
		int64_t *ids, begin;
		size_t count;
		text expression = asked(arena, index, viewer, asking->words, asking->least, asking->most, asking->ahead);
		begin = monotonic_us();
		if (viewer == AGENT)
			check(index_scoped_ids(index, arena, expression, &agent_scopes, 0, INT64_MAX, asking->limit, &ids, &count));
		else
			check(index_ids(index, arena, expression, 0, INT64_MAX, asking->limit, &ids, &count));
		times[i] = monotonic_us() - begin;
		total += (int64_t)count;
		arena_reset(arena);
	}
	print_times(asking->what, viewer == AGENT ? "agent" : "requester", times, ROUNDS, total);
}

int main(int argc, char **argv)
{
	static const struct asking kinds[] = {
		{ "page of 20 + count, 1 of the 10 commonest", 1, 0, 10, 1001, false },
		{ "page of 20 + count, 2 of the 10 commonest", 2, 0, 10, 1001, false },
		{ "page of 20 + count, 3 of the 100 commonest", 3, 0, 100, 1001, false },
		{ "page of 20 + count, 2 of the 1,000 commonest", 2, 0, 1000, 1001, false },
		{ "page of 20 + count, 1 of all words", 1, 0, VOCABULARY, 1001, false },
		{ "ranked: newest 5,000, 1 of the 10 commonest", 1, 0, 10, 5000, false },
		{ "ranked: newest 5,000, 2 of the 100 commonest", 2, 0, 100, 5000, false },
		{ "type-ahead 8, 1 word", 1, 0, 2000, 8, true },
		{ "type-ahead 8, 2 words", 2, 0, 2000, 8, true },
	};
	int64_t documents = 1000000, newest;
	char folder[] = "/tmp/reeve-bench-XXXXXX";
	struct arena *arena = arena_new((size_t)1 << 30);
	struct store_settings settings = { .relaxed = true };
	struct index index;

	if (argc > 1 && !text_to_integer(text_from(argv[1]), &documents))
		return 2;
	settings.data_dir = text_from(argc > 2 ? argv[2] : mkdtemp(folder));
	make_vocabulary();
	make_scopes(arena_new(1 << 20));
	check(index_open(arena, &settings, STORE_WRITE, &index));
	check(index_make(&index, arena));
	check(index_newest(&index, arena, &newest));
	fill(&index, arena, newest + 1, documents);
	store_close(index.store);
	check(index_open(arena, &settings, STORE_READ, &index));
	printf("%lld documents in %s; milliseconds\n%-44s %-10s %8s %8s %8s %8s\n", (long long)documents, settings.data_dir.data,
	       "question", "as", "p50", "p95", "p99", "hits");
	for (size_t i = 0; i < array_length(kinds); i++) {
		measure(&index, arena, &kinds[i], AGENT);
		measure(&index, arena, &kinds[i], REQUESTER);
	}
	store_close(index.store);
	arena_free(arena);
	return 0;
}
