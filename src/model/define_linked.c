/*
 * Rules about links: `when: linked caused_by -> change`, the record at the other end as `other`, and `each` that goes along links. An
 * arrow says which way the link leads, seen from the record whose rule it is: `->` from it, `<-` to it.
 */
#include "model/define_private.h"

static bool may_begin(const struct relation *relation, const struct type *type, bool inverse)
{
	return inverse ? type_ends(type, relation->to, relation->to_count) : type_ends(type, relation->from, relation->from_count);
}

static const struct relation *relation_at(struct define *d, text name, const struct value *at)
{
	const struct model *model = d->model;
	text *names = arena_new_array(d->error_arena, text, model->relation_count + 1);

	for (size_t i = 0; i < model->relation_count; i++) {
		if (text_equal(model->relations[i].name, name))
			return &model->relations[i];
		names[i] = model->relations[i].name;
	}
	define_error(d, at, define_hint(d, name, names, model->relation_count), "no relation is named '%.*s'", TEXT_ARG(name));
	return NULL;
}

/* The type behind the arrow; without one, the only one there can be. */
static bool read_other(struct define *d, const struct relation *relation, text name, const struct value *at, struct relation_end *end)
{
	const struct type *const *types = end->inverse ? relation->from : relation->to;
	size_t count = end->inverse ? relation->from_count : relation->to_count;
	struct value place = { .kind = VALUE_TEXT, .line = at->line, .column = at->column, .text = name };
	text names[8];

	if (text_is_empty(name)) {
		end->other = count == 1 ? types[0] : NULL;
		return true;
	}
	end->other = define_type_at(d, &place);
	if (end->other == NULL)
		return false;
	if (type_ends(end->other, types, count) && !end->other->abstract)
		return true;
	for (size_t i = 0; i < minimum(count, array_length(names)); i++)
		names[i] = types[i]->name;
	define_error(d, at, count == 0 ? TEXT_UNSET : define_hint(d, name, names, minimum(count, array_length(names))),
		     "no '%.*s' leads %s a %.*s", TEXT_ARG(relation->name), end->inverse ? "from" : "to", TEXT_ARG(name));
	return false;
}

bool define_relation_end(struct define *d, const struct type *type, text source, const struct value *at, struct relation_end *ret_end)
{
	ptrdiff_t to = text_find(source, T("->")), from = text_find(source, T("<-")), arrow = to >= 0 ? to : from;
	text name = text_trim(arrow < 0 ? source : text_slice(source, 0, (size_t)arrow));
	text other = arrow < 0 ? T("") : text_trim(text_slice(source, (size_t)arrow + 2, source.length));
	const struct relation *relation = relation_at(d, name, at);

	if (relation == NULL)
		return false;
	*ret_end = (struct relation_end){ .relation = (size_t)(relation - d->model->relations), .inverse = to < 0 && from >= 0 };
	if (!may_begin(relation, type, ret_end->inverse)) {
		bool turned = may_begin(relation, type, !ret_end->inverse);

		define_error(d, at, !turned ? TEXT_UNSET : ret_end->inverse ? T("turn the arrow: ->") : T("turn the arrow: <-"),
			     "no '%.*s' leads %s a %.*s", TEXT_ARG(name), ret_end->inverse ? "to" : "from", TEXT_ARG(type->name));
		return false;
	}
	return read_other(d, relation, other, at, ret_end);
}

/* ---- when and where ---- */

bool define_linked_when(struct define *d, const struct type *type, struct rule *rule, text source, const struct value *at)
{
	bool unlinked = text_starts_with(source, T("unlinked "));
	struct relation_end end;

	if ((!unlinked && !text_starts_with(source, T("linked "))) || text_ends_with(source, T(" changed")))
		return false;
	rule->when = unlinked ? WHEN_UNLINKED : WHEN_LINKED;
	if (define_relation_end(d, type, text_slice(source, unlinked ? 9 : 7, source.length), at, &end)) {
		rule->index = end.relation;
		rule->what = end.inverse ? 1 : 0;
		rule->other_type = end.other;
	}
	return true;
}

void define_linked_where(struct define *d, struct rule *rule, const struct value *node)
{
	const struct value *where = value_get(node, T("where"));

	if (where == NULL)
		return;
	if (rule->when != WHEN_LINKED && rule->when != WHEN_UNLINKED)
		define_error(d, where, T("write it under if"), "where is for rules that wait for a link: it asks the other record");
	else if (rule->other_type == NULL)
		define_error(d, where, T("linked RELATION -> TYPE"), "say of which type the other record is");
	else
		rule->other_where = define_condition(d, rule->other_type, where, CONDITION_RULE);
}

/* ---- the other record ---- */

bool define_is_other(const struct define *d, text name, text *ret_path)
{
	*ret_path = TEXT_UNSET;
	if (d->linked == NULL || !text_starts_with(name, T("other")))
		return false;
	if (name.length == 5)
		return true;
	*ret_path = text_slice(name, 6, name.length);
	return name.data[5] == '.';
}

const struct type *define_other_type(struct define *d, const struct value *at)
{
	if (d->linked->other_type == NULL)
		define_error(d, at, T("linked RELATION -> TYPE"), "say of which type the other record is");
	return d->linked->other_type;
}

/* ---- each ---- */

/* `of: FIELD`: whom the others must lead to; NULL after a mistake. */
static const struct type *read_of(struct define *d, const struct type *type, struct action *action, const struct value *of)
{
	ptrdiff_t position;

	if (of == NULL)
		return type;
	position = define_field_at(d, type, of);
	if (position < 0)
		return NULL;
	if (type->fields[position].kind != KIND_LINK) {
		define_error(d, of, T("of: FIELD, a link"), "'%.*s' is no link", TEXT_ARG(type->fields[position].name));
		return NULL;
	}
	action->each_has_of = true;
	action->each_of = (size_t)position;
	return type->fields[position].target;
}

/* TYPE.FIELD: the records of that type whose field is this record, or what its field `of` is. */
static void read_each_field(struct define *d, const struct type *type, struct action *action, const struct value *value,
			    const struct value *of)
{
	text rest = value->text, name = TEXT_UNSET;
	struct value part = { .kind = VALUE_TEXT, .line = value->line, .column = value->column };
	const struct type *other;
	const struct field *field;
	ptrdiff_t position;

	if (!text_cut(&rest, '.', &name) || !text_is_set(rest)) {
		define_error(d, value, T("TYPE.FIELD, such as incident.parent, RELATION -> TYPE, RELATION <- TYPE, or other"),
			     "'%.*s' names no field of a type", TEXT_ARG(value->text));
		return;
	}
	part.text = name;
	other = define_type_at(d, &part);
	part.text = rest;
	position = other == NULL ? -1 : define_field_at(d, other, &part);
	if (position < 0)
		return;
	action->type = other;
	action->each_field = (size_t)position;
	field = &other->fields[position];
	type = read_of(d, type, action, of);
	if (type != NULL && field->kind != KIND_RECORD &&
	    ((field->kind != KIND_LINK && field->kind != KIND_LINKS) || !type_same(field->target, type)))
		define_error(d, value, TEXT_UNSET, "'%.*s' leads to no %.*s", TEXT_ARG(value->text), TEXT_ARG(type->name));
}

static void read_each_relation(struct define *d, const struct type *type, struct action *action, const struct value *value)
{
	struct relation_end end;

	action->each_way = EACH_RELATION;
	if (!define_relation_end(d, type, value->text, value, &end))
		return;
	if (end.other == NULL)
		define_error(d, value, T("RELATION -> TYPE"), "say of which type they are");
	action->type = end.other;
	action->each_relation = end.relation;
	action->each_inverse = end.inverse;
}

static void read_each_of(struct define *d, const struct type *type, struct action *action, const struct value *value,
			 const struct value *of)
{
	text source = define_scalar(d, value, "each"), path;

	if (!text_is_set(source))
		return;
	if (of != NULL && (text_find(source, T("->")) >= 0 || text_find(source, T("<-")) >= 0 || text_equal(source, T("other"))))
		define_error(d, of, T("each: TYPE.FIELD"), "of says whom the field of the others is");
	if (text_find(source, T("->")) >= 0 || text_find(source, T("<-")) >= 0) {
		read_each_relation(d, type, action, value);
	} else if (!text_equal(source, T("other"))) {
		read_each_field(d, type, action, value, of);
	} else if (!define_is_other(d, source, &path)) {
		define_error(d, value, T("when: linked RELATION -> TYPE"), "only a rule that waits for a link has an other record");
	} else {
		action->each_way = EACH_OTHER;
		action->type = define_other_type(d, value);
	}
}

void define_each(struct define *d, const struct type *type, struct action *action, const struct value *item)
{
	const struct value *transition = value_get(item, T("transition")), *all = value_get(item, T("all"));

	action->kind = ACTION_EACH;
	action->each_transition = -1;
	read_each_of(d, type, action, value_get(item, T("each")), value_get(item, T("of")));
	if (action->type == NULL)
		return;
	if (transition != NULL)
		action->each_transition =
		    define_transition_at(d, action->type, define_scalar(d, transition, "transition"), transition);
	action->sets = define_settings(d, action->type, type, value_get(item, T("set")), &action->set_count);
	action->each_when = define_condition(d, action->type, value_get(item, T("where")), CONDITION_RULE);
	if (all != NULL && action->each_way != EACH_RELATION)
		define_error(d, all, T("each: RELATION -> TYPE"), "all asks those that are linked with it by the same relation");
	else
		action->each_all = define_condition(d, type, all, CONDITION_RULE);
	if (transition == NULL && action->set_count == 0)
		define_error(d, item, T("transition, set, or both"), "nothing is done with each of them");
}
