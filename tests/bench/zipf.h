/* Words for benchmarks: a Zipf vocabulary, so that the commonest stand in nearly every record; the same on every run. */
#ifndef REEVE_TESTS_BENCH_ZIPF_H
#define REEVE_TESTS_BENCH_ZIPF_H

#include "base/check.h"

#include <stdint.h>
#include <stdio.h>

#define VOCABULARY 60000

static char vocabulary[VOCABULARY][16];
static double cumulated[VOCABULARY];
static uint64_t state = 88172645463325252u;

static inline uint64_t next(void)
{
	state ^= state << 13;
	state ^= state >> 7;
	return state ^= state << 17;
}

static inline void make_vocabulary(void)
{
	static const char *const syllables[] = { "ba", "ke", "lo", "mi", "nu", "pra", "ser", "ti", "vo", "ran", "den", "fal", "gro",
		"his", "jet", "qui", "sta", "wex", "yor", "zim", "cor", "ple", "ud", "am" };
	double sum = 0;

	for (size_t i = 0; i < VOCABULARY; i++) {
		size_t n = i, length = 0;
		do {
			length += (size_t)snprintf(vocabulary[i] + length, sizeof(vocabulary[i]) - length, "%s",
			                           syllables[n % array_length(syllables)]);
			n /= array_length(syllables);
		} while (n > 0 && length < 12);
		sum += 1.0 / (double)(i + 1);
		cumulated[i] = sum;
	}
	for (size_t i = 0; i < VOCABULARY; i++)
		cumulated[i] /= sum;
}

/* The place of a word in the vocabulary. */
static inline size_t zipf(void)
{
	double wanted = (double)(next() >> 11) / 9007199254740992.0;
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

#endif
