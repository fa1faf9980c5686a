/*
 * The parsed and typed condition, shared by the parser, the evaluator, the printer and the SQL back end of
 * this floor. A node is either a group of others, a negation, one test of a path, or words. `!=`, `not in`,
 * `is not set` and `not` before a test are the same thing: `negated`, the exact complement of the test.
 */
#ifndef REEVE_MODEL_CONDITION_PRIVATE_H
#define REEVE_MODEL_CONDITION_PRIVATE_H

#include "model/condition.h"
#include "base/limits.h"
#include "store/store.h"

enum node_kind { NODE_TRUE, NODE_AND, NODE_OR, NODE_NOT, NODE_TEST, NODE_WORDS };

enum test_kind {
	TEST_EQUAL, /* also each value of `in` */
	TEST_LESS,
	TEST_LESS_EQUAL,
	TEST_GREATER,
	TEST_GREATER_EQUAL,
	TEST_IN,
	TEST_SET,
	TEST_CONTAINS,
	TEST_STARTS
};

enum literal_kind {
	LITERAL_INTEGER, /* integers, booleans, choice positions, state groups, durations (ms), moments fixed
			    when written */
	LITERAL_REAL,
	LITERAL_TEXT, /* key: folded */
	LITERAL_NAME, /* a link by number, login or name; key: folded */
	LITERAL_ME,
	LITERAL_TEAMS,
	LITERAL_LOCAL,	 /* a date or local time without offset: source is parsed in the reader's zone */
	LITERAL_NOW,	 /* now + integer (ms) */
	LITERAL_TODAY,	 /* the local day + integer (days) */
	LITERAL_WORKING, /* integer working days from now */
	LITERAL_FIELD	 /* another field of the same record: integer is its position */
};

struct literal {
	enum literal_kind kind;
	bool day;    /* a moment written as a whole day: equality means "within that day" */
	bool span;   /* a duration written as "2 days" */
	text source; /* canonical, as printed */
	text key;
	int64_t integer;
	double real;
};

/* One field after the other; all but the last are links. */
struct path {
	size_t count;
	bool group; /* the pseudo-field `group` behind the last one, which is `state` */
	struct step {
		const struct type *type; /* holds the field */
		size_t field;
	} steps[LIMIT_CONDITION_PATH];
};

struct node {
	enum node_kind kind;
	enum test_kind test;
	bool negated; /* NODE_TEST only */
	bool bare;    /* a boolean field alone */
	text under;   /* TEST_IN written as `class under NAME`: the class; unset else */
	struct path *path;
	struct literal *literals; /* one; many for TEST_IN; none for TEST_SET */
	size_t literal_count;
	struct node **nodes; /* NODE_AND, NODE_OR: two or more; NODE_NOT: one */
	size_t node_count;
	text words; /* NODE_WORDS */
};

struct condition {
	const struct type *type;
	struct node *root;
	bool has_words;
};

static inline const struct field *step_field(const struct step *step)
{
	return &step->type->fields[step->field];
}
static inline const struct step *path_last(const struct path *path)
{
	return &path->steps[path->count - 1];
}

/* ---- values at the moment of asking (condition_context.c), the same for both back ends ---- */

/* The moment a literal means now; *ret_end is the end of its day, or the moment itself when it is not a whole
 * day. */
void literal_moment(const struct literal *literal, const struct condition_context *context, moment *ret_begin,
		    moment *ret_end);
/* The record that a LITERAL_NAME or LITERAL_ME means, 0 when there is none. */
must_use struct error *literal_id(const struct literal *literal, const struct type *target,
				  const struct condition_context *context, int64_t *ret_id);
/* Whether a test may go by this literal: false when it names a record that the asker may not read (fields of kind `record`). */
must_use struct error *literal_counts(const struct literal *literal, const struct field *field,
				      const struct condition_context *context, bool *ret_counts);
/* Whether this state passes a test of `state` or `state.group`, before its negation. */
bool node_state_passes(const struct node *node, const struct lifecycle *lifecycle, size_t state);
static inline bool node_tests_state(const struct node *node)
{
	const struct step *last = path_last(node->path);

	return last->field == FIELD_STATE && last->type->lifecycle != NULL && node->test != TEST_SET;
}

#endif
