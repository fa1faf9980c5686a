/*
 * `orders` of a link: the record is ordered from what it links to. The target names the model that makes it (its form, tasks and
 * further records), may say to whom it is offered, and hands some of its fields over (price, service ...).
 */
#include "model/define_private.h"

static ptrdiff_t field_of_kind(struct define *d, const struct type *type, const struct value *orders, text key, enum kind kind)
{
	const struct value *value = value_get(orders, key);
	ptrdiff_t field = value == NULL ? -1 : define_field_at(d, type, value);

	if (field < 0 || type->fields[field].kind == kind)
		return field;
	define_error(d, value, TEXT_UNSET, "'%.*s' of %.*s is of kind %.*s, not %.*s", TEXT_ARG(value->text), TEXT_ARG(type->name),
		     TEXT_ARG(kind_name(type->fields[field].kind)), TEXT_ARG(kind_name(kind)));
	return -1;
}

/* A list of names that both types have, or a map: field of the target -> field of the record. */
static void read_copies(struct define *d, const struct type *type, const struct type *target, struct order_definition *orders,
			const struct value *copies)
{
	size_t count = value_count(copies);

	orders->copies = arena_alloc(d->arena, sizeof(*orders->copies) * (count + 1));
	for (size_t i = 0; i < count; i++) {
		bool map = copies->kind == VALUE_MAP;
		struct value key = { .kind = VALUE_TEXT };
		const struct value *from = map ? &key : copies->list.items[i], *to = map ? copies->map.entries[i].value : from;
		ptrdiff_t source, goal;

		if (map) {
			key.text = copies->map.entries[i].key;
			key.line = copies->map.entries[i].line;
			key.column = copies->map.entries[i].column;
		}
		source = define_field_at(d, target, from);
		goal = define_field_at(d, type, to);
		if (source < 0 || goal < 0)
			continue;
		if (target->fields[source].kind != type->fields[goal].kind || target->fields[source].target != type->fields[goal].target ||
		    target->fields[source].kind == KIND_LINKS || target->fields[source].kind == KIND_CHOICE) {
			define_error(d, to, T("only fields of the same kind, and no lists or choices"), "'%.*s' cannot be copied to '%.*s'",
				     TEXT_ARG(target->fields[source].name), TEXT_ARG(type->fields[goal].name));
			continue;
		}
		orders->copies[orders->copy_count][0] = (size_t)source;
		orders->copies[orders->copy_count++][1] = (size_t)goal;
	}
}

void define_orders(struct define *d, struct type *type, struct field *field, const struct value *node)
{
	const struct value *value = value_get(node, T("orders"));
	struct order_definition *orders;
	ptrdiff_t model;

	if (value == NULL || field->kind != KIND_LINK || !define_map(d, value, "orders", "model entitled copies"))
		return;
	if (type->orders >= 0)
		define_error(d, value, TEXT_UNSET, "%.*s is ordered through '%.*s' already", TEXT_ARG(type->name),
			     TEXT_ARG(type->fields[type->orders].name));
	model = field_of_kind(d, field->target, value, T("model"), KIND_MODEL);
	if (value_get(value, T("model")) == NULL)
		define_error(d, value, T("model: FIELD"), "orders names no model");
	if (type->model_field < 0)
		define_error(d, value, T("work records extend task"), "%.*s has no field 'model'", TEXT_ARG(type->name));
	orders = arena_new_struct(d->arena, struct order_definition);
	orders->model = model < 0 ? 0 : (size_t)model;
	orders->entitled = field_of_kind(d, field->target, value, T("entitled"), KIND_CONDITION);
	if (orders->entitled >= 0 && field->target->fields[orders->entitled].target != d->model->user)
		define_error(d, value_get(value, T("entitled")), T("on: user"), "'%.*s' is no condition on people",
			     TEXT_ARG(field->target->fields[orders->entitled].name));
	read_copies(d, type, field->target, orders, value_get(value, T("copies")));
	field->orders = orders;
	type->orders = (ptrdiff_t)field->position;
}
