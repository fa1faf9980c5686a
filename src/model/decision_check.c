/*
 * Whether a decision table can work: rows that never match, rows that match together although only one may (`hit: unique`), and
 * inputs that no row takes (`complete: yes`). The values of each input fall into few classes that no cell of the table tells
 * apart; all combinations of classes are tried, so that the answer is exact. Where that would be too many, rows are compared
 * two by two: overlaps are still found exactly, and completeness is told as not proven.
 */
#include "model/define_private.h"

#include <stdlib.h>

#define COMBINATIONS_MAX 100000
#define CLASSES_MAX 400

struct class_of_values {
	enum { CLASS_UNSET, CLASS_NUMBER, CLASS_NAME, CLASS_OTHER_NAME } kind;
	int64_t number; /* the lowest of the class */
	text name;
	bool offered;   /* somebody can still choose it */
};
struct classes {
	struct class_of_values *items;
	size_t count;
};
struct checking {
	struct define *d;
	const struct decision_table *table;
	const struct value *node;
	struct value *const *rows;
	bool complete, too_many;
	struct classes *inputs;
	size_t *at;     /* the combination: a class per input */
	bool *reached;  /* [row_count] */
	bool told_gap;
};

static bool test_takes(const struct decision_test *test, const struct class_of_values *class)
{
	if (test->how == MATCH_ANY)
		return true;
	if (test->how == MATCH_UNSET || class->kind == CLASS_UNSET)
		return test->how == MATCH_UNSET && class->kind == CLASS_UNSET;
	for (size_t i = 0; i < test->count; i++)
		if (test->how == MATCH_NAMES ? class->kind == CLASS_NAME && text_equal(test->names[i], class->name)
					     : class->number >= test->ranges[i].low && class->number <= test->ranges[i].high)
			return true;
	return false;
}

/* ---- classes ---- */

static void add_class(struct classes *classes, struct class_of_values class)
{
	for (size_t i = 0; i < classes->count; i++)
		if (classes->items[i].kind == class.kind && classes->items[i].number == class.number &&
		    text_equal(classes->items[i].name, class.name))
			return;
	if (classes->count < CLASSES_MAX)
		classes->items[classes->count++] = class;
}

static bool is_offered(const struct field *field, int64_t number)
{
	return field->kind != KIND_CHOICE || !field->choices[number].retired;
}

static void add_number(struct classes *classes, const struct field *field, int64_t number, int64_t low, int64_t high)
{
	if (number >= low && number <= high)
		add_class(classes, (struct class_of_values){ .kind = CLASS_NUMBER, .number = number, .name = T(""),
							     .offered = is_offered(field, number) });
}

static void classes_of(const struct checking *checking, size_t input, struct classes *ret_classes)
{
	const struct decision_table *table = checking->table;
	const struct field *field = table->inputs[input].field;
	int64_t low, high;

	define_input_limits(field, &low, &high);
	ret_classes->items = arena_new_array(checking->d->error_arena, struct class_of_values, CLASSES_MAX);
	add_class(ret_classes, (struct class_of_values){ .kind = CLASS_UNSET, .name = T("") });
	if (field->kind == KIND_LINK)
		add_class(ret_classes, (struct class_of_values){ .kind = CLASS_OTHER_NAME, .name = T(""), .offered = true });
	else
		add_number(ret_classes, field, low, low, high);
	for (int64_t i = 1; field->kind == KIND_CHOICE && i <= high; i++)
		add_number(ret_classes, field, i, low, high);
	for (size_t r = 0; r < table->row_count; r++) {
		const struct decision_test *test = &table->rows[r].tests[input];

		for (size_t i = 0; i < test->count; i++) {
			if (test->how == MATCH_NAMES)
				add_class(ret_classes, (struct class_of_values){ .kind = CLASS_NAME, .name = test->names[i], .offered = true });
			else if (test->how == MATCH_RANGES) {
				add_number(ret_classes, field, test->ranges[i].low, low, high);
				if (test->ranges[i].high < INT64_MAX)
					add_number(ret_classes, field, test->ranges[i].high + 1, low, high);
			}
		}
	}
}

/* ---- words ---- */

static text class_words(const struct checking *checking, size_t input)
{
	const struct class_of_values *class = &checking->inputs[input].items[checking->at[input]];
	const struct field *field = checking->table->inputs[input].field;
	struct arena *arena = checking->d->error_arena;

	if (class->kind == CLASS_UNSET)
		return T("unset");
	if (class->kind == CLASS_OTHER_NAME)
		return T("anything else");
	if (class->kind == CLASS_NAME)
		return class->name;
	if (field->kind == KIND_CHOICE)
		return field->choices[class->number].name;
	if (field->kind == KIND_BOOLEAN)
		return class->number != 0 ? T("yes") : T("no");
	if (field->kind == KIND_DURATION)
		return duration_format(arena, class->number);
	if (field->kind == KIND_REAL)
		return text_format(arena, "%.15g", real_of_key(class->number));
	return text_format(arena, "%lld", (long long)class->number);
}

/* "impact high, urgency low" */
static text combination_words(const struct checking *checking)
{
	struct arena *arena = checking->d->error_arena;
	text words = T("");

	for (size_t i = 0; i < checking->table->input_count; i++)
		words = text_format(arena, "%.*s%s%.*s %.*s", TEXT_ARG(words), i == 0 ? "" : ", ",
				    TEXT_ARG(checking->table->inputs[i].field->name), TEXT_ARG(class_words(checking, i)));
	return words;
}

/* ---- all combinations ---- */

static bool row_takes(const struct checking *checking, size_t row)
{
	for (size_t i = 0; i < checking->table->input_count; i++)
		if (!test_takes(&checking->table->rows[row].tests[i], &checking->inputs[i].items[checking->at[i]]))
			return false;
	return true;
}

/* An unset input is a missing answer, not a gap; what is retired comes no more. */
static bool counts_as_gap(const struct checking *checking)
{
	for (size_t i = 0; i < checking->table->input_count; i++)
		if (!checking->inputs[i].items[checking->at[i]].offered)
			return false;
	return true;
}

static void try_combination(struct checking *checking)
{
	const struct decision_table *table = checking->table;
	ptrdiff_t first = -1;

	for (size_t r = 0; r < table->row_count; r++) {
		if (!row_takes(checking, r))
			continue;
		if (first >= 0 && table->hit == HIT_UNIQUE)
			define_error(checking->d, checking->rows[r],
				     text_format(checking->d->error_arena, "both take %.*s", TEXT_ARG(combination_words(checking))),
				     "this row overlaps row %td, but only one may match", first + 1);
		if (first < 0 || table->hit != HIT_FIRST)
			checking->reached[r] = true;
		if (first < 0)
			first = (ptrdiff_t)r;
	}
	if (first >= 0 || !checking->complete || checking->told_gap || !counts_as_gap(checking))
		return;
	checking->told_gap = true;
	define_error(checking->d, checking->node, T("add a row for it, or a last row of any"), "no row takes %.*s",
		     TEXT_ARG(combination_words(checking)));
}

static bool next_combination(struct checking *checking)
{
	for (size_t i = 0; i < checking->table->input_count; i++) {
		if (++checking->at[i] < checking->inputs[i].count)
			return true;
		checking->at[i] = 0;
	}
	return false;
}

/* ---- rows two by two ---- */

static bool covers(const struct decision_test *above, const struct decision_test *below, const struct classes *classes)
{
	for (size_t i = 0; i < classes->count; i++)
		if (test_takes(below, &classes->items[i]) && !test_takes(above, &classes->items[i]))
			return false;
	return true;
}

static bool meet(const struct decision_test *a, const struct decision_test *b, const struct classes *classes)
{
	for (size_t i = 0; i < classes->count; i++)
		if (test_takes(a, &classes->items[i]) && test_takes(b, &classes->items[i]))
			return true;
	return false;
}

static void compare(struct checking *checking, size_t above, size_t below)
{
	const struct decision_table *table = checking->table;
	bool covered = true, met = true;

	for (size_t i = 0; i < table->input_count; i++) {
		const struct decision_test *a = &table->rows[above].tests[i], *b = &table->rows[below].tests[i];

		covered = covered && covers(a, b, &checking->inputs[i]);
		met = met && meet(a, b, &checking->inputs[i]);
	}
	if (covered && table->hit == HIT_FIRST) {
		checking->reached[below] = true; /* told here */
		define_error(checking->d, checking->rows[below], T("the first row that matches wins"),
			     "this row never matches: row %zu stands before it", above + 1);
	} else if (checking->too_many && met && table->hit == HIT_UNIQUE)
		define_error(checking->d, checking->rows[below], TEXT_UNSET, "this row overlaps row %zu, but only one may match",
			     above + 1);
}

void define_decision_check(struct define *d, const struct decision_table *table, const struct value *node,
			   struct value *const *rows, bool complete)
{
	struct checking checking = { .d = d, .table = table, .node = node, .rows = rows, .complete = complete };
	size_t combinations = 1;

	checking.inputs = arena_new_array(d->error_arena, struct classes, table->input_count);
	checking.at = arena_new_array(d->error_arena, size_t, table->input_count);
	checking.reached = arena_new_array(d->error_arena, bool, table->row_count);
	for (size_t i = 0; i < table->input_count; i++) {
		classes_of(&checking, i, &checking.inputs[i]);
		checking.too_many = checking.too_many || checking.inputs[i].count == CLASSES_MAX ||
				    combinations * table->row_count > COMBINATIONS_MAX / checking.inputs[i].count;
		combinations *= checking.too_many ? 1 : checking.inputs[i].count;
	}
	for (size_t below = 1; below < table->row_count; below++)
		for (size_t above = 0; above < below && !checking.reached[below]; above++)
			compare(&checking, above, below);
	if (checking.too_many) {
		if (complete)
			define_error(d, node, T("split it into two tables, or leave complete out"),
				     "the table is too large to prove that it is complete");
		return;
	}
	do
		try_combination(&checking);
	while (next_combination(&checking));
	for (size_t r = 0; r < table->row_count; r++)
		if (!checking.reached[r])
			define_error(d, rows[r], TEXT_UNSET, "this row never matches: the rows before it take all that it takes");
}
