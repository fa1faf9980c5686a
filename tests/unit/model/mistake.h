/* What the tests of definition mistakes share: whether one is told at its place, with the words and the hint that it must have. */
#ifndef REEVE_TESTS_UNIT_MODEL_MISTAKE_H
#define REEVE_TESTS_UNIT_MODEL_MISTAKE_H

#include "shipped.h"

struct mistake_place {
	text file;            /* unset: whichever */
	uint32_t line, column; /* column 0: whichever */
	const char *message, *hint; /* parts; NULL or "": whatever */
};

static inline bool mistake_contains(text t, const char *part)
{
	return part == NULL || part[0] == '\0' || text_find(t, text_from(part)) >= 0;
}

/* 0 when it is among the errors, else 1, with what was said instead. */
static inline int mistake_missing(const struct error *error, size_t number, const char *instead, struct mistake_place place)
{
	for (const struct error *found = error; found != NULL; found = found->next)
		if (found->place.line == place.line && (place.column == 0 || found->place.column == place.column) &&
		    (!text_is_set(place.file) || text_equal(found->place.file, place.file)) &&
		    mistake_contains(found->message, place.message) && mistake_contains(found->hint, place.hint))
			return 0;
	fprintf(stderr, "mistake %zu (%s): expected %u:%u %s\n", number, instead == NULL ? "line left out" : instead, place.line, place.column,
	        place.message);
	shipped_show(error);
	return 1;
}

#endif
