/* The seam between story_read.c, which turns a file into steps, and story_check.c, which checks the parts of what is expected. */
#ifndef REEVE_CLI_STORY_READ_PRIVATE_H
#define REEVE_CLI_STORY_READ_PRIVATE_H

#include "cli/story_private.h"

struct story_known {
	text name;
	const struct type *type;
};
struct story_reader {
	struct arena *arena;
	const struct model *model;
	text file;
	struct story *story;
	struct story_known *known; /* people, records of `given` and of earlier steps */
	size_t known_count, known_capacity;
	struct error *errors;
};

/* ---- mistakes ---- */

/* Adds it to the chain; the error is returned for a hint. */
struct error *story_mistake(struct story_reader *reader, uint32_t line, uint32_t column, text message);
/* "the person 'x' is not known", with the nearest name. */
void story_unknown(struct story_reader *reader, uint32_t line, uint32_t column, const char *what, text name, const text *names,
                   size_t count);
bool story_one_of(text name, const text *names, size_t count);
/* Every key from `from` on is one of these. */
void story_check_keys(struct story_reader *reader, const struct value *map, size_t from, const text *names, size_t count);

/* ---- parts ---- */

void story_check_choices(struct story_reader *reader, const struct value *list, const char *what, const text *names, size_t count);
void story_check_clocks(struct story_reader *reader, const struct type *type, const struct value *clocks);
void story_check_tasks(struct story_reader *reader, const struct type *type, const struct value *tasks);
text *story_approval_names(struct story_reader *reader, const struct type *type);
void story_check_approvals(struct story_reader *reader, const struct type *type, const struct value *approvals);

#endif
