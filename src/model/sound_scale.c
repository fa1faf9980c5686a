/*
 * Scales: the values of a path cut into finitely many cells by the constants it is compared with, so that conditions over numbers,
 * durations, moments and texts are decided exactly as those over choices. Between two constants lies one cell (none between
 * neighbouring integers), and cells that no condition tells apart are one. All conditions are learnt before the first is asked
 * about: the cells are settled then.
 */
#include "model/sound_private.h"

#include <stdlib.h>

/* The values of one variable, beside "unset". */
#define CLASSES_MAX 63
#define NO_CLASS UINT8_MAX

struct cut {
	int64_t integer;
	double real;
	text key;
};

/* What tells values apart: a test of a condition, or the cell of a decision table. */
struct scale_test {
	const struct node *node;
	const struct decision_test *decision;
};

struct scale {
	const struct field *field;
	struct measure measure;
	struct cut *cuts; /* ascending once settled */
	size_t cut_count, cut_capacity;
	struct scale_test *tests;
	size_t test_count, test_capacity;
	int64_t least, most;
	bool settled;
	uint8_t *classes; /* [2 * cut_count + 1]: of the values before, at and between the cuts; NO_CLASS: there are none */
	size_t class_count;
};

/* ---- what a literal is measured by ---- */

static bool is_scale_kind(const struct field *field)
{
	switch (field->kind) {
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_MAIL:
	case KIND_ZONE:
	case KIND_MODEL:
	case KIND_RECORD:
	case KIND_INTEGER:
	case KIND_REAL:
	case KIND_DURATION:
	case KIND_MOMENT:
	case KIND_LINK:
	case KIND_CHOICE:
		return true;
	case KIND_BOOLEAN:
	case KIND_LINKS:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_CONDITION:
	case KIND_GROUP:
	case KIND_COUNT:
		break;
	}
	return false;
}

bool scale_measures(const struct node *node, size_t literal, struct measure *ret_measure)
{
	const struct literal *one = &node->literals[literal];
	struct measure measure = { one->kind, 0, 0 };

	if (!is_scale_kind(step_field(path_last(node->path))))
		return false;
	switch (one->kind) {
	case LITERAL_INTEGER:
	case LITERAL_REAL:
	case LITERAL_TEXT:
		measure.how = LITERAL_INTEGER;
		break;
	case LITERAL_LOCAL: /* all are read in the same zone */
	case LITERAL_NOW:
	case LITERAL_TODAY:
		break;
	case LITERAL_WORKING: /* whether one working day more is later depends on the calendar */
		measure.number = one->integer;
		break;
	case LITERAL_FIELD:
		/* a < b is b > a: both are measured from the field that stands first. */
		measure.mirrored = (int64_t)node->path->steps[0].field > one->integer;
		measure.number = minimum(one->integer, (int64_t)node->path->steps[0].field) * (1 << 16) +
				 maximum(one->integer, (int64_t)node->path->steps[0].field);
		break;
	case LITERAL_NAME:
	case LITERAL_ME:
	case LITERAL_TEAMS:
		return false;
	}
	*ret_measure = measure;
	return true;
}

bool scale_is_constant(const struct measure *measure, const struct field *field)
{
	return measure->how == LITERAL_INTEGER && field->kind != KIND_MOMENT;
}

/* Whole days end where the next begins. */
static struct cut cut_of(const struct literal *literal, bool end)
{
	struct cut cut = { literal->integer, literal->real, literal->key };

	if (literal->kind == LITERAL_FIELD || literal->kind == LITERAL_WORKING)
		cut.integer = 0;
	else if (end)
		cut.integer += literal->kind == LITERAL_TODAY ? 1 : DAY_MS;
	return cut;
}

/* The end of a range in a decision table. */
static struct cut decision_cut(const struct scale *scale, int64_t end)
{
	return scale->field->kind == KIND_REAL ? (struct cut){ .real = real_of_key(end) } : (struct cut){ .integer = end };
}

static bool ends_later(const struct node *node, const struct literal *literal)
{
	return literal->day && (literal->kind == LITERAL_TODAY || literal->kind == LITERAL_LOCAL) &&
	       (node->test == TEST_EQUAL || node->test == TEST_IN);
}

static bool is_textual(const struct scale *scale)
{
	return scale->measure.how == LITERAL_INTEGER && scale->field->kind != KIND_INTEGER && scale->field->kind != KIND_REAL &&
	       scale->field->kind != KIND_DURATION && scale->field->kind != KIND_MOMENT && scale->field->kind != KIND_CHOICE;
}

static int compare_cuts(const struct scale *scale, const struct cut *a, const struct cut *b)
{
	if (is_textual(scale))
		return text_compare(a->key, b->key);
	if (scale->field->kind == KIND_REAL && scale->measure.how == LITERAL_INTEGER)
		return (a->real > b->real) - (a->real < b->real);
	return (a->integer > b->integer) - (a->integer < b->integer);
}

/* ---- learning ---- */

static bool is_measured_by(const struct scale *scale, const struct node *node, size_t literal)
{
	struct measure measure;

	return scale_measures(node, literal, &measure) && measure.how == scale->measure.how && measure.number == scale->measure.number;
}

static void add_cut(struct arena *arena, struct scale *scale, struct cut cut)
{
	arena_make_room(arena, scale->cuts, scale->cut_count, scale->cut_capacity);
	scale->cuts[scale->cut_count++] = cut;
}

static void add_test(struct arena *arena, struct scale *scale, struct scale_test test)
{
	arena_make_room(arena, scale->tests, scale->test_count, scale->test_capacity);
	scale->tests[scale->test_count++] = test;
}

struct scale *scale_new(struct arena *arena, const struct field *field, const struct measure *measure)
{
	struct scale *scale = arena_new_struct(arena, struct scale);

	scale->field = field;
	scale->measure = *measure;
	scale->least = INT64_MIN;
	scale->most = INT64_MAX;
	for (size_t i = 0; field->kind == KIND_CHOICE && i < field->choice_count; i++)
		add_cut(arena, scale, (struct cut){ .integer = (int64_t)i });
	if (field->kind == KIND_CHOICE) {
		scale->least = 0;
		scale->most = (int64_t)field->choice_count - 1;
	}
	return scale;
}

void scale_limit(struct scale *scale, int64_t least, int64_t most)
{
	scale->least = least;
	scale->most = most;
}

void scale_learn(struct arena *arena, struct scale *scale, const struct node *node)
{
	if (scale->settled)
		return;
	for (size_t i = 0; i < node->literal_count; i++) {
		if (!is_measured_by(scale, node, i) || node->path->group)
			continue;
		add_cut(arena, scale, cut_of(&node->literals[i], false));
		if (ends_later(node, &node->literals[i]))
			add_cut(arena, scale, cut_of(&node->literals[i], true));
	}
	add_test(arena, scale, (struct scale_test){ .node = node });
}

void scale_learn_decision(struct arena *arena, struct scale *scale, const struct decision_test *test)
{
	if (scale->settled || test->how != MATCH_RANGES)
		return;
	for (size_t i = 0; i < test->count; i++) {
		add_cut(arena, scale, decision_cut(scale, test->ranges[i].low));
		add_cut(arena, scale, decision_cut(scale, test->ranges[i].high));
	}
	add_test(arena, scale, (struct scale_test){ .decision = test });
}

void scale_learn_value(struct arena *arena, struct scale *scale, const struct cell *value)
{
	if (!scale->settled && value->kind != CELL_NULL)
		add_cut(arena, scale, (struct cut){ value->integer, value->real,
						    value->kind == CELL_TEXT ? text_fold(arena, value->text) : TEXT_UNSET });
}

/* ---- ranks: 2 * i + 1 is the value of the cut i, 2 * i what lies before it ---- */

static void sort_cuts(struct scale *scale)
{
	size_t count = 0;

	for (size_t i = 1; i < scale->cut_count; i++) {
		struct cut cut = scale->cuts[i];
		size_t at = i;

		for (; at > 0 && compare_cuts(scale, &scale->cuts[at - 1], &cut) > 0; at--)
			scale->cuts[at] = scale->cuts[at - 1];
		scale->cuts[at] = cut;
	}
	for (size_t i = 0; i < scale->cut_count; i++)
		if (count == 0 || compare_cuts(scale, &scale->cuts[count - 1], &scale->cuts[i]) != 0)
			scale->cuts[count++] = scale->cuts[i];
	scale->cut_count = count;
}

static size_t rank_of(const struct scale *scale, const struct cut *cut)
{
	size_t low = 0, high = scale->cut_count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (compare_cuts(scale, &scale->cuts[middle], cut) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < scale->cut_count && compare_cuts(scale, &scale->cuts[low], cut) == 0 ? 2 * low + 1 : 2 * low;
}

static bool has_integers_only(const struct scale *scale)
{
	return scale->measure.how == LITERAL_INTEGER && scale->field->kind != KIND_REAL && !is_textual(scale);
}

/* Whether there are values of this rank at all. */
static bool is_there(const struct scale *scale, size_t rank)
{
	size_t cut = rank / 2;

	if (scale->field->kind == KIND_LINK)
		return rank > 0; /* the same record, or another */
	/* Between neighbours there is none. */
	if (scale->field->kind == KIND_REAL && rank % 2 == 0 && cut > 0 && cut < scale->cut_count)
		return real_key(scale->cuts[cut - 1].real) + 1 < real_key(scale->cuts[cut].real);
	if (!has_integers_only(scale))
		return true;
	if (rank % 2 == 1)
		return scale->cuts[cut].integer >= scale->least && scale->cuts[cut].integer <= scale->most;
	/* The neighbours of its ends; no integer is below the least of all. */
	int64_t low = cut == 0 ? scale->least : scale->cuts[cut - 1].integer;
	int64_t high = cut == scale->cut_count ? scale->most : scale->cuts[cut].integer;

	if ((cut > 0 && low == INT64_MAX) || (cut < scale->cut_count && high == INT64_MIN))
		return false;
	low = maximum(cut == 0 ? low : low + 1, scale->least);
	high = minimum(cut == scale->cut_count ? high : high - 1, scale->most);
	return low <= high;
}

static enum test_kind mirrored(enum test_kind test)
{
	switch (test) {
	case TEST_LESS:
		return TEST_GREATER;
	case TEST_LESS_EQUAL:
		return TEST_GREATER_EQUAL;
	case TEST_GREATER:
		return TEST_LESS;
	case TEST_GREATER_EQUAL:
		return TEST_LESS_EQUAL;
	case TEST_EQUAL:
	case TEST_IN:
	case TEST_SET:
	case TEST_CONTAINS:
	case TEST_STARTS:
		break;
	}
	return test;
}

enum { FAILS, PASSES, DEPENDS };

static int literal_passes(const struct scale *scale, const struct node *node, size_t position, size_t rank)
{
	const struct literal *literal = &node->literals[position];
	struct cut begin = cut_of(literal, false), end = cut_of(literal, true);
	size_t at = rank_of(scale, &begin);
	struct measure measure;
	enum test_kind test = node->test;

	if (test == TEST_CONTAINS || test == TEST_STARTS) {
		text key = rank % 2 == 1 ? scale->cuts[rank / 2].key : TEXT_UNSET;

		if (rank % 2 == 0)
			return DEPENDS;
		return test == TEST_CONTAINS ? text_find(key, literal->key) >= 0 : text_starts_with(key, literal->key);
	}
	if (at % 2 == 0)
		return DEPENDS; /* it was not learnt */
	if (scale_measures(node, position, &measure) && measure.mirrored)
		test = mirrored(test);
	if (test == TEST_LESS)
		return rank < at;
	if (test == TEST_LESS_EQUAL)
		return rank <= at;
	if (test == TEST_GREATER)
		return rank > at;
	if (test == TEST_GREATER_EQUAL)
		return rank >= at;
	return ends_later(node, literal) ? rank >= at && rank < rank_of(scale, &end) : rank == at;
}

static int group_passes(const struct node *node, size_t rank)
{
	const struct lifecycle *lifecycle = path_last(node->path)->type->lifecycle;

	return lifecycle == NULL || rank % 2 == 0 ? DEPENDS : node_state_passes(node, lifecycle, rank / 2);
}

static int node_passes(const struct scale *scale, const struct node *node, size_t rank)
{
	int passes = FAILS;

	if (node->path->group)
		return group_passes(node, rank);
	for (size_t i = 0; i < node->literal_count && passes != PASSES; i++)
		if (is_measured_by(scale, node, i)) {
			int one = literal_passes(scale, node, i, rank);

			passes = one == FAILS ? passes : one;
		}
	return passes;
}

static int decision_passes(const struct scale *scale, const struct decision_test *test, size_t rank)
{
	for (size_t i = 0; i < test->count; i++) {
		struct cut low = decision_cut(scale, test->ranges[i].low), high = decision_cut(scale, test->ranges[i].high);

		if (rank >= rank_of(scale, &low) && rank <= rank_of(scale, &high))
			return PASSES;
	}
	return FAILS;
}

static int test_passes(const struct scale *scale, const struct scale_test *test, size_t rank)
{
	return test->node != NULL ? node_passes(scale, test->node, rank) : decision_passes(scale, test->decision, rank);
}

/* ---- classes: values that no test tells apart ---- */

static bool settle_rank(struct scale *scale, uint8_t *answers, uint8_t *known, size_t rank)
{
	size_t class = 0;

	scale->classes[rank] = NO_CLASS;
	if (!is_there(scale, rank))
		return true;
	for (size_t i = 0; i < scale->test_count; i++)
		answers[i] = (uint8_t)test_passes(scale, &scale->tests[i], rank);
	while (class < scale->class_count && memcmp(&known[class * scale->test_count], answers, scale->test_count) != 0)
		class ++;
	if (class == CLASSES_MAX)
		return false;
	if (class == scale->class_count)
		memcpy(&known[scale->class_count++ * scale->test_count], answers, scale->test_count);
	scale->classes[rank] = (uint8_t)class;
	return true;
}

size_t scale_settle(struct arena *arena, struct scale *scale)
{
	size_t ranks;
	uint8_t *answers, *known;

	if (scale->settled)
		return scale->class_count;
	scale->settled = true;
	sort_cuts(scale);
	ranks = 2 * scale->cut_count + 1;
	scale->classes = arena_alloc(arena, ranks);
	answers = arena_alloc(arena, scale->test_count + 1);
	known = arena_alloc(arena, CLASSES_MAX * scale->test_count + 1);
	for (size_t rank = 0; rank < ranks; rank++)
		if (!settle_rank(scale, answers, known, rank)) {
			scale->class_count = 0;
			return 0;
		}
	return scale->class_count;
}

static bool add_answer(const struct scale *scale, size_t rank, int answer, uint64_t *masks)
{
	uint64_t bit = UINT64_C(1) << scale->classes[rank];

	for (int other = FAILS; other <= DEPENDS; other++)
		if (other != answer && (masks[other] & bit) != 0)
			return false;
	masks[answer] |= bit;
	return true;
}

bool scale_masks(const struct scale *scale, const struct node *node, uint64_t *ret_passes, uint64_t *ret_depends)
{
	uint64_t masks[3] = { 0, 0, 0 };

	if (scale->class_count == 0)
		return false;
	for (size_t rank = 0; rank < 2 * scale->cut_count + 1; rank++)
		if (scale->classes[rank] != NO_CLASS && !add_answer(scale, rank, node_passes(scale, node, rank), masks))
			return false; /* it was not learnt: cells it tells apart are one */
	*ret_passes = masks[PASSES];
	*ret_depends = masks[DEPENDS];
	return true;
}

bool scale_decision_mask(const struct scale *scale, const struct decision_test *test, uint64_t *ret_mask)
{
	uint64_t masks[3] = { 0, 0, 0 };

	if (scale->class_count == 0)
		return false;
	for (size_t rank = 0; rank < 2 * scale->cut_count + 1; rank++)
		if (scale->classes[rank] != NO_CLASS && !add_answer(scale, rank, decision_passes(scale, test, rank), masks))
			return false;
	*ret_mask = masks[PASSES];
	return true;
}

bool scale_class(struct arena *arena, const struct scale *scale, const struct cell *value, size_t *ret_class)
{
	struct cut cut = { value->integer, value->real, value->kind == CELL_TEXT ? text_fold(arena, value->text) : TEXT_UNSET };
	size_t rank = rank_of(scale, &cut);

	if (scale->class_count == 0 || scale->classes[rank] == NO_CLASS)
		return false;
	*ret_class = scale->classes[rank];
	return true;
}
