/* What a field's value comes from: its default, which targets it offers, and decision tables (impact and
 * urgency -> priority). */
#include "model/define_private.h"

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

static const struct field *input_of(const struct type *type, const struct decision_table *table,
				    size_t column)
{
	return &type->fields[table->inputs[column]];
}

static void read_row(struct define *d, const struct type *type, const struct field *field,
		     struct decision_table *table, const struct value *node)
{
	struct decision_row *row = &table->rows[table->row_count];
	struct cell cell = cell_null();

	if (node->kind != VALUE_LIST || node->list.count != table->input_count + 1) {
		define_error(d, node, T("a choice of each input (or any), then the outcome"),
			     "a row of '%.*s' needs %zu choices", TEXT_ARG(field->name),
			     table->input_count + 1);
		return;
	}
	row->inputs = arena_new_array(d->arena, int, table->input_count);
	for (size_t i = 0; i < table->input_count; i++) {
		row->inputs[i] = -1;
		if (text_equal(define_scalar(d, node->list.items[i], "a choice"), T("any")))
			continue;
		if (define_cell(d, input_of(type, table, i), node->list.items[i], &cell))
			row->inputs[i] = (int)cell.integer;
	}
	if (define_cell(d, field, node->list.items[table->input_count], &cell))
		row->output = (int)cell.integer;
	for (size_t i = 0; i < table->row_count; i++) {
		bool covered = table->rows[i].inputs != NULL;

		for (size_t j = 0; j < table->input_count && covered; j++)
			covered =
			    table->rows[i].inputs[j] == -1 || table->rows[i].inputs[j] == row->inputs[j];
		if (covered) {
			define_error(d, node, T("the first row that matches wins"),
				     "this row never matches: row %zu stands before it", i + 1);
			break;
		}
	}
	table->row_count++;
}

static void read_decision(struct define *d, const struct type *type, struct field *field,
			  const struct value *node)
{
	const struct value *decide = value_get(node, T("decide")), *reason;
	struct decision_table *table = arena_new_struct(d->arena, struct decision_table);
	struct value **rows;
	size_t count;

	if (decide == NULL || !define_map(d, decide, "decide", "inputs rows override reason"))
		return;
	table->inputs = define_fields_at(d, type, value_get(decide, T("inputs")), &table->input_count);
	for (size_t i = 0; i < table->input_count; i++)
		if (input_of(type, table, i)->kind != KIND_CHOICE) {
			define_error(d, value_get(decide, T("inputs")), TEXT_UNSET,
				     "the input '%.*s' is no choice",
				     TEXT_ARG(input_of(type, table, i)->name));
			return;
		}
	rows = define_list(d, value_get(decide, T("rows")), &count);
	if (table->input_count == 0 || count == 0) {
		define_error(d, decide, TEXT_UNSET, "the decision of '%.*s' needs inputs and rows",
			     TEXT_ARG(field->name));
		return;
	}
	table->rows = arena_new_array(d->arena, struct decision_row, count);
	for (size_t i = 0; i < count; i++)
		read_row(d, type, field, table, rows[i]);
	table->override_roles = define_roles_at(d, value_get(decide, T("override")));
	reason = value_get(decide, T("reason"));
	table->reason_field = reason == NULL ? -1 : define_field_at(d, type, reason);
	field->decision = table;
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
		read_decision(d, type, field, node);
		define_orders(d, type, field, node);
		if (field->target != NULL)
			field->offer =
			    define_condition(d, field->target, value_get(node, T("offer")), CONDITION_RULE);
	}
}
