/*
 * What a field's value comes from: its default, which targets it offers, and decision tables: `decide` of one field (impact and
 * urgency -> priority), and the section `decisions` (one table, several outputs: score -> risk, approval level).
 */
#include "model/define_private.h"

#include <float.h>

#define DECIDE_KEYS "inputs hit complete rows override reason proposes"

void define_default(struct define *d, struct field *field, const struct value *node)
{
	const struct value *value = value_get(node, T("default"));

	if (value == NULL)
		return;
	if (field->kind == KIND_LINK && value->kind == VALUE_TEXT && text_equal(value->text, T("me"))) {
		field->default_me = field->target != NULL && text_equal(field->target->name, T("user"));
		if (!field->default_me)
			define_error(d, value, TEXT_UNSET, "only a link to user can be me by default");
		return;
	}
	field->fallback = arena_new_struct(d->arena, struct cell);
	field->has_default = define_cell(d, field, value, field->fallback);
}

bool define_is_decidable(enum kind kind)
{
	return kind == KIND_CHOICE || kind == KIND_BOOLEAN || kind == KIND_INTEGER || kind == KIND_DURATION ||
	       kind == KIND_REAL || kind == KIND_TEXT || kind == KIND_PROSE || kind == KIND_LINK;
}

static bool is_input(enum kind kind)
{
	return kind == KIND_CHOICE || kind == KIND_BOOLEAN || kind == KIND_INTEGER || kind == KIND_REAL || kind == KIND_DURATION ||
	       kind == KIND_LINK;
}

/* A table while it is read: its rows are shared by the tables of all outputs. */
struct reading {
	struct define *d;
	const struct type *type;
	struct decision_table shared; /* inputs and tests */
	struct field **outputs;
	size_t output_count;
	struct decision_table **tables; /* one per output */
};

/* ---- inputs ---- */

/* requester.vip: links, and a comparable field at the end. */
static bool read_input(struct reading *reading, const struct value *value, struct decision_input *ret_input)
{
	struct define *d = reading->d;
	text rest = define_scalar(d, value, "an input"), part;
	const struct type *type = reading->type;
	const struct field *field = NULL;

	ret_input->path = arena_new_array(d->arena, size_t, LIMIT_CONDITION_PATH);
	while (text_is_set(rest) && text_cut(&rest, '.', &part)) {
		struct value name = *value;
		ptrdiff_t position;

		if (field != NULL && (field->kind != KIND_LINK || field->target == NULL)) {
			define_error(d, value, TEXT_UNSET, "'%.*s' is no link: nothing stands behind it", TEXT_ARG(field->name));
			return false;
		}
		type = field == NULL ? type : field->target;
		if (ret_input->path_count == 1)
			ret_input->first_target = type;
		name.text = part;
		position = define_field_at(d, type, &name);
		if (position < 0)
			return false;
		if (ret_input->path_count == LIMIT_CONDITION_PATH) {
			define_error(d, value, TEXT_UNSET, "a path has at most %d parts", LIMIT_CONDITION_PATH);
			return false;
		}
		field = &type->fields[position];
		ret_input->path[ret_input->path_count++] = (size_t)position;
	}
	if (field == NULL)
		return false;
	ret_input->field = field;
	if (is_input(field->kind))
		return true;
	define_error(d, value, T("inputs are choices, booleans, numbers, durations and links, also through links"),
		     "the input '%.*s' is no choice, boolean, number, duration or link", TEXT_ARG(value->text));
	return false;
}

static bool read_inputs(struct reading *reading, const struct value *value)
{
	size_t count;
	struct value **items = define_list(reading->d, value, &count);
	struct decision_table *table = &reading->shared;

	table->inputs = arena_new_array(reading->d->arena, struct decision_input, count);
	for (size_t i = 0; i < count; i++)
		if (read_input(reading, items[i], &table->inputs[table->input_count]))
			table->input_count++;
	return table->input_count == count;
}

/* ---- the tests of a row ---- */

void define_input_limits(const struct field *field, int64_t *ret_low, int64_t *ret_high)
{
	*ret_low = field->least;
	*ret_high = field->most;
	if (field->kind == KIND_CHOICE) {
		*ret_low = 0;
		*ret_high = (int64_t)field->choice_count - 1;
	} else if (field->kind == KIND_BOOLEAN) {
		*ret_low = 0;
		*ret_high = 1;
	} else if (field->kind == KIND_DURATION) {
		*ret_low = 0;
		*ret_high = INT64_MAX;
	} else if (field->kind == KIND_REAL) {
		*ret_low = real_key(field->least == INT64_MIN ? -DBL_MAX : (double)field->least);
		*ret_high = real_key(field->most == INT64_MAX ? DBL_MAX : (double)field->most);
	}
}

static bool read_operand(struct define *d, const struct field *field, const struct value *at, text source, int64_t *ret_integer)
{
	struct value value = *at;
	struct cell cell = cell_null();

	value.text = text_trim(source);
	if (!define_cell(d, field, &value, &cell))
		return false;
	*ret_integer = field->kind == KIND_REAL ? real_key(cell.real) : cell.integer;
	return true;
}

/* "< 5", ">= high", "5..9" or a value; false after a mistake. */
static bool read_range(struct define *d, const struct field *field, const struct value *value, struct decision_range *ret_range)
{
	text source = text_trim(define_scalar(d, value, "a value"));
	struct decision_range range;
	int64_t low, high, operand = 0;
	ptrdiff_t dots = text_find(source, T(".."));
	char first = text_is_empty(source) ? ' ' : source.data[0];

	define_input_limits(field, &low, &high);
	range = (struct decision_range){ low, high };
	if (dots > 0) {
		if (!read_operand(d, field, value, text_slice(source, 0, (size_t)dots), &range.low) ||
		    !read_operand(d, field, value, text_slice(source, (size_t)dots + 2, source.length), &range.high))
			return false;
	} else if (first == '<' || first == '>') {
		bool with = source.length > 1 && source.data[1] == '=';

		if (!read_operand(d, field, value, text_slice(source, with ? 2 : 1, source.length), &operand))
			return false;
		if (first == '<')
			range.high = with || operand == INT64_MIN ? operand : operand - 1;
		else
			range.low = with || operand == INT64_MAX ? operand : operand + 1;
	} else {
		if (!read_operand(d, field, value, source, &operand))
			return false;
		range = (struct decision_range){ operand, operand };
	}
	*ret_range = range;
	if (range.low <= range.high)
		return true;
	define_error(d, value, TEXT_UNSET, "no value of %.*s is %.*s", TEXT_ARG(field->name), TEXT_ARG(source));
	return false;
}

static bool read_test(struct define *d, const struct field *field, const struct value *value, struct decision_test *ret_test)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	bool single = value != NULL && value->kind == VALUE_TEXT;

	if (single && text_equal(value->text, T("any")))
		return true;
	if (single && text_equal(value->text, T("unset"))) {
		ret_test->how = MATCH_UNSET;
		return true;
	}
	ret_test->how = field->kind == KIND_LINK ? MATCH_NAMES : MATCH_RANGES;
	ret_test->ranges = arena_new_array(d->arena, struct decision_range, count);
	ret_test->names = arena_new_array(d->arena, text, count);
	for (size_t i = 0; i < count; i++) {
		if (ret_test->how == MATCH_NAMES)
			ret_test->names[i] = define_scalar(d, items[i], "a name");
		else if (!read_range(d, field, items[i], &ret_test->ranges[i]))
			return false;
		if (ret_test->how == MATCH_NAMES && !text_is_set(ret_test->names[i]))
			return false;
		ret_test->count++;
	}
	if (count == 0)
		define_error(d, value, T("write any for everything"), "an empty list matches nothing");
	return count > 0;
}

/* ---- rows ---- */

static bool read_output(struct define *d, const struct field *field, const struct value *value, struct cell *ret_cell)
{
	text source;

	if (field->kind != KIND_LINK)
		return define_cell(d, field, value, ret_cell);
	source = define_scalar(d, value, "a name");
	*ret_cell = cell_text(source);
	return text_is_set(source);
}

static bool read_row(struct reading *reading, const struct value *node)
{
	struct define *d = reading->d;
	struct decision_table *table = &reading->shared;
	size_t inputs = table->input_count;
	struct decision_test *tests = arena_new_array(d->arena, struct decision_test, inputs);
	bool good = true;

	if (node->kind != VALUE_LIST || node->list.count != inputs + reading->output_count) {
		define_error(d, node, T("a value of each input (or any), then the outcome"), "a row needs %zu values",
			     inputs + reading->output_count);
		return false;
	}
	for (size_t i = 0; i < inputs; i++)
		good = read_test(d, table->inputs[i].field, node->list.items[i], &tests[i]) && good;
	for (size_t i = 0; i < reading->output_count; i++) {
		struct decision_table *own = reading->tables[i];
		struct decision_row *row = &own->rows[own->row_count++];

		row->tests = tests;
		row->output = arena_new_struct(d->arena, struct cell);
		good = read_output(d, reading->outputs[i], node->list.items[inputs + i], row->output) && good;
	}
	table->rows[table->row_count++].tests = tests;
	return good;
}

/* ---- the table ---- */

static bool hit_fits(enum decision_hit hit, enum kind kind)
{
	switch (hit) {
	case HIT_SUM:
		return kind == KIND_INTEGER || kind == KIND_REAL || kind == KIND_DURATION;
	case HIT_HIGHEST:
	case HIT_LOWEST:
		return kind == KIND_INTEGER || kind == KIND_DURATION || kind == KIND_CHOICE || kind == KIND_BOOLEAN;
	case HIT_COLLECT:
		return kind == KIND_TEXT || kind == KIND_PROSE;
	case HIT_FIRST:
	case HIT_UNIQUE:
		break;
	}
	return true;
}

static void read_hit(struct reading *reading, const struct value *value)
{
	static const struct { const char *name; enum decision_hit hit; } hits[] = {
		{ "first", HIT_FIRST }, { "unique", HIT_UNIQUE }, { "sum", HIT_SUM },
		{ "highest", HIT_HIGHEST }, { "lowest", HIT_LOWEST }, { "collect", HIT_COLLECT },
	};
	text name = value == NULL ? T("first") : define_scalar(reading->d, value, "hit");
	text names[array_length(hits)];

	for (size_t i = 0; i < array_length(hits); i++) {
		names[i] = text_from(hits[i].name);
		if (!text_equal(names[i], name))
			continue;
		reading->shared.hit = hits[i].hit;
		for (size_t j = 0; j < reading->output_count; j++)
			if (!hit_fits(hits[i].hit, reading->outputs[j]->kind))
				define_error(reading->d, value, TEXT_UNSET, "'%.*s' means nothing for %.*s (%.*s)", TEXT_ARG(name),
					     TEXT_ARG(reading->outputs[j]->name), TEXT_ARG(kind_name(reading->outputs[j]->kind)));
		return;
	}
	if (text_is_set(name))
		define_error(reading->d, value, define_hint(reading->d, name, names, array_length(hits)),
			     "no hit policy is named '%.*s'", TEXT_ARG(name));
}

static bool read_rows(struct reading *reading, const struct value *node)
{
	struct decision_table *table = &reading->shared;
	size_t count;
	struct value **rows = define_list(reading->d, value_get(node, T("rows")), &count);
	bool good = true;

	if (table->input_count == 0 || count == 0) {
		define_error(reading->d, node, TEXT_UNSET, "a decision needs inputs and rows");
		return false;
	}
	table->rows = arena_new_array(reading->d->arena, struct decision_row, count);
	for (size_t i = 0; i < reading->output_count; i++)
		reading->tables[i]->rows = arena_new_array(reading->d->arena, struct decision_row, count);
	for (size_t i = 0; i < count; i++)
		good = read_row(reading, rows[i]) && good;
	if (good)
		define_decision_check(reading->d, table, node, rows,
				      define_bool(reading->d, node, T("complete"), false));
	return good;
}

/* A table whose outcome would change what it is asked of, or that is asked before it is known. */
static void check_order(struct reading *reading, const struct value *node)
{
	for (size_t i = 0; i < reading->shared.input_count; i++)
		for (size_t j = 0; j < reading->output_count; j++)
			if (reading->shared.inputs[i].path[0] == reading->outputs[j]->position)
				define_error(reading->d, value_get(node, T("inputs")), TEXT_UNSET,
					     "'%.*s' is decided by this table and cannot be its input",
					     TEXT_ARG(reading->outputs[j]->name));
}

static void read_table(struct reading *reading, const struct value *node)
{
	struct define *d = reading->d;
	const struct value *reason = value_get(node, T("reason"));
	struct decision_table *table = &reading->shared;

	reading->tables = arena_new_array(d->arena, struct decision_table *, reading->output_count);
	for (size_t i = 0; i < reading->output_count; i++)
		reading->tables[i] = arena_new_struct(d->arena, struct decision_table);
	read_hit(reading, value_get(node, T("hit")));
	if (!read_inputs(reading, value_get(node, T("inputs"))) || !read_rows(reading, node))
		return;
	check_order(reading, node);
	table->override_roles = define_roles_at(d, value_get(node, T("override")));
	table->proposes = define_bool(d, node, T("proposes"), false);
	table->reason_field = reason == NULL ? -1 : define_field_at(d, reading->type, reason);
	for (size_t i = 0; i < reading->output_count; i++) {
		struct decision_row *rows = reading->tables[i]->rows;

		*reading->tables[i] = *table;
		reading->tables[i]->rows = rows;
		reading->outputs[i]->decision = reading->tables[i];
	}
}

static void read_decide(struct define *d, const struct type *type, struct field *field, const struct value *node)
{
	const struct value *decide = value_get(node, T("decide"));
	struct reading reading = { .d = d, .type = type, .outputs = &field, .output_count = 1 };

	if (decide != NULL && define_is_decidable(field->kind) && define_map(d, decide, "decide", DECIDE_KEYS))
		read_table(&reading, decide);
}

/* ---- the section `decisions` ---- */

static bool read_outputs(struct reading *reading, struct type *type, const struct value *value)
{
	struct define *d = reading->d;
	size_t count;
	size_t *fields = define_fields_at(d, type, value, &count);

	reading->outputs = arena_new_array(d->arena, struct field *, count);
	for (size_t i = 0; i < count; i++) {
		struct field *field = &type->fields[fields[i]];

		if (field->system || !define_is_decidable(field->kind))
			define_error(d, value, TEXT_UNSET, "no table can decide '%.*s'", TEXT_ARG(field->name));
		else if (field->decision != NULL)
			define_error(d, value, TEXT_UNSET, "'%.*s' is decided by another table", TEXT_ARG(field->name));
		else
			reading->outputs[reading->output_count++] = field;
	}
	return count > 0 && reading->output_count == count;
}

static void read_decisions(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("decisions"));

	if (section == NULL || !define_names(d, section, "decisions"))
		return;
	for (size_t i = 0; i < section->map.count; i++) {
		const struct value_entry *entry = &section->map.entries[i];
		struct reading reading = { .d = d, .type = draft->type };

		if (!define_map(d, entry->value, "a decision", DECIDE_KEYS " outputs"))
			continue;
		if (value_get(entry->value, T("outputs")) == NULL)
			define_error_key(d, entry, TEXT_UNSET, "the decision '%.*s' has no outputs", TEXT_ARG(entry->key));
		else if (read_outputs(&reading, draft->type, value_get(entry->value, T("outputs"))))
			read_table(&reading, entry->value);
	}
}

/* Tables are asked in the order of the fields: what one is asked of must be decided before. */
static void check_chain(struct define *d, const struct draft *draft)
{
	const struct type *type = draft->type;

	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct decision_table *table = type->fields[i].decision;

		for (size_t k = 0; table != NULL && k < table->input_count; k++) {
			const struct field *input = &type->fields[table->inputs[k].path[0]];

			if (input->decision == NULL || input->position <= i)
				continue;
			d->file = draft->field_files[i];
			define_error(d, draft->field_nodes[i], T("put the field it follows from before it"),
				     "'%.*s' is decided before '%.*s', from which it follows", TEXT_ARG(type->fields[i].name),
				     TEXT_ARG(input->name));
		}
	}
}

void define_field_rules(struct define *d, struct draft *draft)
{
	struct type *type = draft->type;

	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct value *node = draft->field_nodes[i];
		struct field *field = &type->fields[i];

		if (node == NULL || node->kind != VALUE_MAP)
			continue;
		d->file = draft->field_files[i];
		define_default(d, field, node);
		read_decide(d, type, field, node);
		define_orders(d, type, field, node);
		field->writable = define_condition(d, type, value_get(node, T("writable")), CONDITION_RULE);
		if (field->target != NULL)
			field->offer =
			    define_condition(d, field->target, value_get(node, T("offer")), CONDITION_RULE);
	}
	read_decisions(d, draft);
	check_chain(d, draft);
}
