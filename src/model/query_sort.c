/* Sort keys, keyset pages and cursors: a page goes on behind the last row of the one before, whatever was
 * written meanwhile. */
#include "model/column_private.h"
#include "model/query_private.h"

#include "base/json.h"

static bool never_unset(const struct field *field)
{
	return field->system && (field->position == FIELD_NUMBER || field->position == FIELD_VERSION ||
				 field->position == FIELD_CREATED_AT || field->position == FIELD_UPDATED_AT);
}

/* The keys from `first` on, and the id behind them. */
static void fill_phase(struct sort_phase *phase, const struct query *query, size_t first)
{
	const struct field *fields = query->type->fields;

	for (size_t i = first; i < query->sort_count; i++) {
		const struct sort_key *key = &query->sort[i];
		bool is_set = never_unset(&fields[key->field]) || (i == 0 && phase->kind == PHASE_SET);
		if (!is_set)
			phase->components[phase->count++] =
			    (struct component){ key->field, true, false, true };
		phase->components[phase->count++] =
		    (struct component){ key->field, false, key->descending, is_set };
	}
	bool descending = query->sort_count > 0 && query->sort[query->sort_count - 1].descending;
	phase->components[phase->count++] = (struct component){ SIZE_MAX, false, descending, true };
}

static struct sort_phase *add_phase(struct sort_plan *plan, int kind)
{
	struct sort_phase *phase = &plan->phases[plan->phase_count++];

	phase->kind = kind;
	return phase;
}

/* Does the first key turn against all the others? */
static bool turns_after_choice(const struct query *query)
{
	const struct field *field = query->sort_count < 2 ? NULL : &query->type->fields[query->sort[0].field];

	if (field == NULL || field->kind != KIND_CHOICE || field->choice_count == 0 ||
	    field->choice_count > FIXED_MAX)
		return false;
	for (size_t i = 1; i < query->sort_count; i++)
		if (query->sort[i].descending == query->sort[0].descending)
			return false;
	return true;
}

void sort_plan(const struct query *query, struct sort_plan *ret_plan)
{
	const struct field *first =
	    query->sort_count == 0 ? NULL : &query->type->fields[query->sort[0].field];
	struct sort_plan plan = { .fixed = turns_after_choice(query) };

	for (size_t i = 0; plan.fixed && i < first->choice_count; i++) {
		struct sort_phase *phase = add_phase(&plan, PHASE_FIXED);
		phase->fixed = (int64_t)(query->sort[0].descending ? first->choice_count - 1 - i : i);
		fill_phase(phase, query, 1);
	}
	if (first == NULL || never_unset(first))
		fill_phase(add_phase(&plan, PHASE_ALL), query, 0);
	else if (!plan.fixed)
		fill_phase(add_phase(&plan, PHASE_SET), query, 0);
	if (first != NULL && !never_unset(first))
		fill_phase(add_phase(&plan, PHASE_UNSET), query, 1);
	*ret_plan = plan;
}

bool sorts_by_title(const struct query *query, const struct field *field)
{
	return field->kind == KIND_LINK && field->target != NULL && field->target->platform && !query->links_by_id;
}

/* What stands for an unset value behind its rank: the same on both sides of a comparison, whatever it is. */
static text nothing_of(const struct query *query, const struct field *field)
{
	return column_class(field->kind) == COLUMN_CLASS_TEXT || sorts_by_title(query, field) ? T("''") : T("0");
}

/* "(SELECT title FROM target WHERE id = ": one row by its key, for each record that is sorted. */
static void compose_title(struct composer *composer, const struct field *field)
{
	const struct type *target = field->target;
	text title = column_compared(composer->work->arena, &target->fields[target->title_field]);

	buffer_format(&composer->sql, "(SELECT target.\"%.*s\" FROM \"%.*s\" target WHERE target.id = ", TEXT_ARG(title),
		      TEXT_ARG(target->table));
}

/* The other side of a comparison: where the page before ended. */
static void compose_position(struct composer *composer, const struct query *query, const struct component *component,
			     struct cell value)
{
	const struct field *field = component->field == SIZE_MAX ? NULL : &query->type->fields[component->field];
	/* An unset link stands there as what nothing_of() says. */
	bool title = field != NULL && !component->rank && sorts_by_title(query, field) && value.kind == CELL_INTEGER;

	if (!title) {
		compose_cell(composer, value);
		return;
	}
	buffer_literal(&composer->sql, "coalesce(");
	compose_title(composer, field);
	compose_cell(composer, value);
	buffer_literal(&composer->sql, "), '')");
}

static void compose_component(struct composer *composer, const struct query *query,
			      const struct component *component)
{
	if (component->field == SIZE_MAX) {
		compose_column(composer, 0, T("id"));
		return;
	}
	const struct field *field = &query->type->fields[component->field];
	text column = column_compared(composer->work->arena, field);
	if (!component->rank && sorts_by_title(query, field)) {
		buffer_literal(&composer->sql, "coalesce(");
		compose_title(composer, field);
		compose_column(composer, 0, column);
		buffer_literal(&composer->sql, "), '')");
	} else if (component->rank) {
		buffer_literal(&composer->sql, "CASE WHEN ");
		compose_column(composer, 0, column);
		buffer_literal(&composer->sql, " IS NULL THEN 1 ELSE 0 END");
	} else if (component->is_set) {
		compose_column(composer, 0, column);
	} else {
		buffer_literal(&composer->sql, "coalesce(");
		compose_column(composer, 0, column);
		buffer_literal(&composer->sql, ", ");
		buffer_text(&composer->sql, nothing_of(query, field));
		buffer_char(&composer->sql, ')');
	}
}

static void compose_first(struct composer *composer, const struct query *query,
			  const struct sort_phase *phase)
{
	if (phase->kind == PHASE_ALL)
		return;
	buffer_literal(&composer->sql, " AND ");
	compose_column(composer, 0,
		       column_compared(composer->work->arena, &query->type->fields[query->sort[0].field]));
	if (phase->kind == PHASE_FIXED)
		buffer_format(&composer->sql, " = %d", (int)phase->fixed);
	else
		buffer_text(&composer->sql, phase->kind == PHASE_SET ? T(" IS NOT NULL") : T(" IS NULL"));
}

/* (a, b, id) > (1, 2, 3): one range of the index. */
static void compose_row_comparison(struct composer *composer, const struct query *query,
				   const struct sort_plan *plan, size_t phase, const struct position *after)
{
	size_t count = plan->phases[phase].count;
	buffer_literal(&composer->sql, " AND (");
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_literal(&composer->sql, ", ");
		compose_component(composer, query, &plan->phases[phase].components[i]);
	}
	buffer_text(&composer->sql, plan->phases[phase].components[0].descending ? T(") < (") : T(") > ("));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_literal(&composer->sql, ", ");
		compose_position(composer, query, &plan->phases[phase].components[i], after->values[i]);
	}
	buffer_char(&composer->sql, ')');
}

/* Mixed directions: a > 1 or (a = 1 and (b < 2 or (b = 2 and id > 3))). */
static void compose_expanded(struct composer *composer, const struct query *query,
			     const struct sort_plan *plan, size_t phase, const struct position *after)
{
	size_t count = plan->phases[phase].count;
	buffer_literal(&composer->sql, " AND ");
	for (size_t i = 0; i < count; i++) {
		const struct component *component = &plan->phases[phase].components[i];
		buffer_char(&composer->sql, '(');
		compose_component(composer, query, component);
		buffer_text(&composer->sql, component->descending ? T(" < ") : T(" > "));
		compose_position(composer, query, component, after->values[i]);
		if (i + 1 == count)
			break;
		buffer_literal(&composer->sql, " OR (");
		compose_component(composer, query, component);
		buffer_literal(&composer->sql, " = ");
		compose_position(composer, query, component, after->values[i]);
		buffer_literal(&composer->sql, " AND ");
	}
	for (size_t i = 0; i < 2 * count - 1; i++)
		buffer_char(&composer->sql, ')');
}

void compose_phase(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		   size_t phase, const struct position *after)
{
	compose_first(composer, query, &plan->phases[phase]);
	if (after == NULL)
		return;
	bool rows = true;
	for (size_t i = 1; i < plan->phases[phase].count; i++)
		rows = rows && plan->phases[phase].components[i].descending ==
				   plan->phases[phase].components[0].descending;
	if (rows)
		compose_row_comparison(composer, query, plan, phase, after);
	else
		compose_expanded(composer, query, plan, phase, after);
}

void compose_keys(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		  size_t phase)
{
	for (size_t i = 0; i + 1 < plan->phases[phase].count; i++) {
		buffer_literal(&composer->sql, ", ");
		compose_component(composer, query, &plan->phases[phase].components[i]);
		buffer_format(&composer->sql, " AS k%zu", i);
	}
}

void compose_order(struct composer *composer, const struct query *query, const struct sort_plan *plan,
		   size_t phase, const char *alias)
{
	size_t count = plan->phases[phase].count;
	for (size_t i = 0; i < count; i++) {
		const struct component *component = &plan->phases[phase].components[i];
		buffer_text(&composer->sql, i == 0 ? T(" ORDER BY ") : T(", "));
		if (alias == NULL)
			compose_component(composer, query, component);
		else if (component->field == SIZE_MAX)
			buffer_format(&composer->sql, "%s.id", alias);
		else
			buffer_format(&composer->sql, "%s.k%zu", alias, i);
		if (component->descending)
			buffer_literal(&composer->sql, " DESC");
	}
}

/* ---- cursors ---- */

/* A cursor belongs to its type and sort: of another it would skip or repeat rows in silence. */
static int64_t fingerprint(struct arena *arena, const struct query *query)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, 4096);
	buffer_text(&buffer, query->type->name);
	for (size_t i = 0; i < query->sort_count; i++)
		buffer_format(&buffer, "%c%zu", query->sort[i].descending ? '-' : '+', query->sort[i].field);
	return (int64_t)(text_hash(buffer_peek(&buffer)) >> 12);
}

static struct value *cell_as_value(struct arena *arena, struct cell cell)
{
	if (cell.kind == CELL_INTEGER)
		return value_integer(arena, cell.integer);
	if (cell.kind == CELL_REAL)
		return value_real(arena, cell.real);
	return cell.kind == CELL_TEXT ? value_text(arena, cell.text) : value_null(arena);
}

static struct cell component_cell(struct arena *arena, const struct query *query,
				  const struct component *component, const struct record *record)
{
	if (component->field == SIZE_MAX)
		return cell_integer(record->id);
	const struct field *field = &query->type->fields[component->field];
	const struct cell *cell = &record->cells[component->field];
	if (component->rank)
		return cell_integer(cell->kind == CELL_NULL ? 1 : 0);
	if (cell->kind == CELL_NULL)
		return column_class(field->kind) == COLUMN_CLASS_TEXT ? cell_text(T("")) : cell_integer(0);
	return column_has_key(field) ? cell_text(text_fold(arena, cell->text)) : *cell;
}

text cursor_write(struct arena *arena, const struct query *query, const struct sort_plan *plan, size_t phase,
		  const struct record *record)
{
	struct value *list = value_list(arena);
	value_append(arena, list, value_integer(arena, fingerprint(arena, query)));
	value_append(arena, list, value_integer(arena, (int64_t)phase));
	for (size_t i = 0; i < plan->phases[phase].count; i++)
		value_append(
		    arena, list,
		    cell_as_value(arena,
				  component_cell(arena, query, &plan->phases[phase].components[i], record)));
	text json = json_text(arena, list);
	return text_hex(arena, json.data, json.length);
}

static struct error *broken(struct arena *arena, const char *why)
{
	return error_hint(arena,
			  error_field(error_new(arena, ERROR_MALFORMED, "the cursor %s", why), T("after")),
			  "use 'next' of the page before, with the same type and sort");
}

/* A cursor comes from outside: each value must be of the kind its key has. */
static bool fits(const struct query *query, const struct component *component, const struct value *value,
		 struct cell *ret_cell)
{
	enum column_class class = component->field == SIZE_MAX || component->rank
				      ? COLUMN_CLASS_INTEGER
				      : column_class(query->type->fields[component->field].kind);
	if (value->kind == VALUE_INTEGER && class == COLUMN_CLASS_INTEGER)
		*ret_cell = cell_integer(value->integer);
	else if (value->kind == VALUE_REAL && class == COLUMN_CLASS_REAL)
		*ret_cell = cell_real(value->real);
	else if (value->kind == VALUE_INTEGER && class == COLUMN_CLASS_REAL)
		*ret_cell = cell_real((double)value->integer);
	else if (value->kind == VALUE_TEXT && class == COLUMN_CLASS_TEXT)
		*ret_cell = cell_text(value->text);
	else
		return false;
	return true;
}

struct error *cursor_read(struct arena *arena, const struct query *query, const struct sort_plan *plan,
			  struct position *ret_position)
{
	struct position position = { 0 };
	size_t size = query->after.length / 2;
	char *json = arena_alloc(arena, size + 1);
	struct value *list;

	if (size == 0 || query->after.length > 8 * 1024 || !text_unhex(query->after, json, size) ||
	    json_parse(arena, (text){ json, size }, &list) != NULL || list->kind != VALUE_LIST ||
	    list->list.count < 3)
		return broken(arena, "is broken");
	struct value **items = list->list.items;
	if (items[0]->kind != VALUE_INTEGER || items[0]->integer != fingerprint(arena, query))
		return broken(arena, "is of another list or another sort");
	if (items[1]->kind != VALUE_INTEGER || items[1]->integer < 0 ||
	    items[1]->integer >= (int64_t)plan->phase_count)
		return broken(arena, "is broken");
	position.phase = (size_t)items[1]->integer;
	if (list->list.count != plan->phases[position.phase].count + 2)
		return broken(arena, "is broken");
	for (size_t i = 0; i < plan->phases[position.phase].count; i++)
		if (!fits(query, &plan->phases[position.phase].components[i], items[i + 2],
			  &position.values[i]))
			return broken(arena, "is broken");
	*ret_position = position;
	return NULL;
}

struct error *sort_parse(struct arena *arena, const struct type *type, text source,
			 struct sort_key **ret_sort, size_t *ret_count)
{
	struct sort_key *keys = arena_new_array(arena, struct sort_key, LIMIT_SORT_FIELDS);
	size_t count = 0;
	text part;

	/* `sort=` without a name is no sort. */
	while (!text_is_empty(text_trim(source)) && text_cut(&source, ',', &part)) {
		part = text_trim(part);
		bool descending = part.length > 0 && part.data[0] == '-';
		text name = descending ? text_slice(part, 1, part.length) : part;
		const struct field *field = type_field(type, name);
		if (field == NULL) {
			text nearest = table_nearest(&type->field_names, name);
			struct error *error = error_field(error_new(arena, ERROR_MALFORMED,
								    "%.*s has no field '%.*s' to sort by",
								    TEXT_ARG(type->name), TEXT_ARG(name)),
							  T("sort"));
			return text_is_set(nearest)
				   ? error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest))
				   : error;
		}
		/* The order, and the cursor above all, would tell the numbers of hidden records that a `record` field names. */
		if (field->kind == KIND_PROSE || field->kind == KIND_LINKS || field->kind == KIND_HOURS ||
		    field->kind == KIND_HOLIDAYS || field->kind == KIND_RECORD)
			return error_field(
			    error_new(arena, ERROR_MALFORMED, "'%.*s' cannot be sorted by", TEXT_ARG(name)),
			    T("sort"));
		if (count == LIMIT_SORT_FIELDS)
			return error_field(error_new(arena, ERROR_MALFORMED,
						     "at most %d fields can be sorted by", LIMIT_SORT_FIELDS),
					   T("sort"));
		keys[count++] = (struct sort_key){ field->position, descending };
	}
	*ret_sort = keys;
	*ret_count = count;
	return NULL;
}
