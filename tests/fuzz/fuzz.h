/*
 * For the fuzz targets tests/fuzz/<floor>/fuzz_<name>.c: each defines LLVMFuzzerTestOneInput() and says with must()
 * what holds for every input. Built as libFuzzer programs by -Dfuzz=true (clang), and always as replayers of the seeds in
 * tests/fuzz/corpus/<name>/ (replay.c), which are tests of the suite "fuzz".
 */
#ifndef REEVE_TESTS_FUZZ_FUZZ_H
#define REEVE_TESTS_FUZZ_FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/error.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define must(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* What every error must be: worded, on one line, in good UTF-8. */
static inline void must_be_worded(const struct error *error)
{
	for (; error != NULL; error = error->next) {
		must(error->message.length > 0);
		must(text_is_utf8(error->message, NULL));
		must(text_find_char(error->message, '\n') < 0);
	}
}

#endif
