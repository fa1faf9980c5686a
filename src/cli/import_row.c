/* Rows become steps: what one line of the file says happened, in the engine's words. */
#include "cli/import_private.h"

#include <sodium.h>
#include <stdlib.h>

#include "base/limits.h"

text import_slug(struct arena *arena, text prefix, text label)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, prefix.length + label.length + 8);
	buffer_text(&buffer, prefix);
	bool dash = false;
	for (size_t i = 0; i < label.length; i++) {
		char c = label.data[i];
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c & 0x80) != 0;
		if (plain && dash && buffer.length > prefix.length)
			buffer_char(&buffer, '-');
		if (plain)
			buffer_char(&buffer, c);
		dash = !plain;
	}
	return buffer_peek(&buffer);
}

/* The first reason stays. */
#define refuse(arena, row, ...)                                                                    \
	do {                                                                                       \
		if ((row)->refused == NULL)                                                        \
			(row)->refused = error_new((arena), ERROR_INVALID, __VA_ARGS__);           \
	} while (0)

/* The cell of a column, unset when it is empty or the map's word for nothing. */
text import_cell(const struct import_map *map, const struct import_row *row, size_t column)
{
	if (column == SIZE_MAX || column >= row->cell_count)
		return TEXT_UNSET;
	text cell = text_trim(row->cells[column]);
	return cell.length == 0 || (text_is_set(map->null) && text_equal(cell, map->null)) ? TEXT_UNSET : cell;
}

static void need_made(struct arena *arena, struct import_row *row, const struct type *type, text key, text label, text parent)
{
	arena_make_room(arena, row->made, row->made_count, row->made_capacity);
	row->made[row->made_count++] = (struct made){ type, key, label, parent };
}

/* "{column}" replaced by its cell; the header is known by the bound positions of the words (import_map.c keeps them in path_at). */
text import_fill_words(struct arena *arena, const struct import_map *map, const struct map_field *field, const struct import_row *row)
{
	struct buffer buffer;
	buffer_init(&buffer, arena, LIMIT_TEXT_BYTES);
	text rest = field->words;
	size_t index = 0;
	for (;;) {
		ptrdiff_t open = text_find_char(rest, '{'), close = text_find_char(rest, '}');
		if (open < 0 || close < open)
			break;
		buffer_text(&buffer, text_slice(rest, 0, (size_t)open));
		text cell = import_cell(map, row, field->path_at[index++]);
		buffer_text(&buffer, text_is_set(cell) ? cell : T("-"));
		rest = text_slice(rest, (size_t)close + 1, rest.length);
	}
	buffer_text(&buffer, rest);
	return buffer_peek(&buffer);
}

/* A path of labels makes a tree; the innermost that is set is the value. */
static struct value *path_value(struct arena *arena, const struct import_map *map, const struct map_field *field, struct import_row *row)
{
	text key = TEXT_UNSET;
	for (size_t i = 0; i < field->path_count; i++) {
		text cell = import_cell(map, row, field->path_at[i]), parent = key;
		if (!text_is_set(cell))
			continue;
		key = text_is_set(parent) ? import_slug(arena, text_format(arena, "%.*s-", TEXT_ARG(parent)), cell) :
		                            import_slug(arena, field->prefix, cell);
		need_made(arena, row, field->make, key, cell, parent);
	}
	return value_text(arena, key);
}

static struct value *field_value_of(struct arena *arena, const struct import_map *map, const struct map_field *field, struct import_row *row)
{
	if (field->path_count > 0)
		return path_value(arena, map, field, row);
	if (text_is_set(field->words))
		return value_text(arena, import_fill_words(arena, map, field, row));
	text cell = import_cell(map, row, field->column_at);
	if (!text_is_set(cell))
		return value_null(arena);
	if (field->values != NULL) {
		struct value *value = value_get(field->values, cell);
		if (value == NULL && field->strict)
			refuse(arena, row, "'%.*s' is no known %.*s", TEXT_ARG(cell), TEXT_ARG(field->column));
		return value == NULL ? value_null(arena) : value;
	}
	if (field->make != NULL) {
		text key = import_slug(arena, field->prefix, cell);
		need_made(arena, row, field->make, key, cell, TEXT_UNSET);
		return value_text(arena, key);
	}
	if (field->moment) {
		moment at;
		if (!import_moment(map, cell, &at)) {
			refuse(arena, row, "'%.*s' in column %.*s is no moment", TEXT_ARG(cell), TEXT_ARG(field->column));
			return value_null(arena);
		}
		return value_text(arena, moment_format(arena, at));
	}
	return value_text(arena, cell);
}

static const struct map_state *find_state(const struct import_map *map, text cell)
{
	for (size_t i = 0; i < map->state_count; i++)
		if (text_equal(map->states[i].cell, cell))
			return &map->states[i];
	return NULL;
}

/* What a state sets is unset in all the others. */
static void set_state_fields(struct arena *arena, const struct import_map *map, const struct map_state *state, struct value *fields)
{
	for (size_t i = 0; i < map->state_count; i++)
		for (size_t j = 0; map->states[i].set != NULL && j < map->states[i].set->map.count; j++)
			value_set(arena, fields, map->states[i].set->map.entries[j].key, value_null(arena));
	for (size_t j = 0; state->set != NULL && j < state->set->map.count; j++)
		value_set(arena, fields, state->set->map.entries[j].key, state->set->map.entries[j].value);
}

static void map_state_of(struct arena *arena, const struct import_map *map, struct import_row *row, struct value *fields)
{
	row->step.state = -1;
	if (map->state_at == SIZE_MAX)
		return;
	text cell = import_cell(map, row, map->state_at);
	const struct map_state *state = text_is_set(cell) ? find_state(map, cell) : NULL;
	if (state == NULL) {
		refuse(arena, row, "'%.*s' in column %.*s is no known state", TEXT_ARG(cell), TEXT_ARG(map->state_column));
		return;
	}
	if (state->state < 0) {
		refuse(arena, row, "state '%.*s': %.*s", TEXT_ARG(cell), TEXT_ARG(state->reason));
		return;
	}
	row->step.state = state->state;
	set_state_fields(arena, map, state, fields);
}

static void keep_notes(struct arena *arena, const struct import_map *map, struct import_row *row)
{
	if (map->note_count == 0)
		return;
	struct value *notes = value_map(arena);
	for (size_t i = 0; i < map->note_count; i++) {
		text cell = import_cell(map, row, map->note_at[i]);
		if (text_is_set(cell))
			value_add(arena, notes, map->notes[i], value_text(arena, cell));
	}
	row->step.notes = notes;
}

/* A digest of the whole row names it; identical rows of one record are told apart by import.c. */
static text row_key(struct arena *arena, text source, const struct import_row *row)
{
	crypto_generichash_state state;
	unsigned char digest[16];
	(void)crypto_generichash_init(&state, NULL, 0, sizeof digest);
	for (size_t i = 0; i < row->cell_count; i++) {
		uint64_t length = row->cells[i].length;
		(void)crypto_generichash_update(&state, (const unsigned char *)&length, sizeof length);
		(void)crypto_generichash_update(&state, (const unsigned char *)row->cells[i].data, length);
	}
	(void)crypto_generichash_final(&state, digest, sizeof digest);
	return text_format(arena, "%.*s:%.*s:%.*s", TEXT_ARG(source), TEXT_ARG(row->number), TEXT_ARG(text_hex(arena, digest, sizeof digest)));
}

void import_row_map(struct arena *arena, const struct import_map *map, struct import_row *row)
{
	struct value *fields = value_map(arena);
	/* Without such a column each row is a record of its own and gets the next number. */
	row->number = text_is_set(map->number) ? text_copy(arena, import_cell(map, row, map->number_at)) : TEXT_UNSET;
	if (text_is_set(map->number) && !text_is_set(row->number))
		refuse(arena, row, "column %.*s has no number", TEXT_ARG(map->number));
	text at = import_cell(map, row, map->at_at);
	if (!text_is_set(at) || !import_moment(map, at, &row->at))
		refuse(arena, row, "'%.*s' in column %.*s is no moment", TEXT_ARG(at), TEXT_ARG(map->at));
	row->step.created_at = MOMENT_UNSET;
	text created = import_cell(map, row, map->created_at_at);
	if (text_is_set(created) && !import_moment(map, created, &row->step.created_at))
		refuse(arena, row, "'%.*s' in column %.*s is no moment", TEXT_ARG(created), TEXT_ARG(map->created));
	map_state_of(arena, map, row, fields);
	for (size_t i = 0; i < map->field_count; i++) {
		const struct map_field *field = &map->fields[i];
		bool now = field->states == NULL || (row->step.state >= 0 && state_in(field->states, (size_t)row->step.state));
		value_set(arena, fields, field->field->name, now ? field_value_of(arena, map, field, row) : value_null(arena));
	}
	if (map->actor.column_at != SIZE_MAX) {
		text label = import_cell(map, row, map->actor.column_at);
		if (text_is_set(label)) {
			row->actor_key = import_slug(arena, map->actor.prefix, label);
			need_made(arena, row, map->actor.make, row->actor_key, label, TEXT_UNSET);
		}
	}
	keep_notes(arena, map, row);
	import_row_links(arena, map, row);
	row->step.at = row->at;
	row->step.number = row->number;
	row->step.fields = fields;
	row->step.source_key = row_key(arena, map->source, row);
}

/* ---- rows in the export's words ---- */

static bool is_bookkeeping(text name)
{
	static const char *const names[] = { "type", "version", "transitions", "clocks", "created_by", "updated_by", "number", "state",
		                             "created_at", "updated_at" };
	for (size_t i = 0; i < array_length(names); i++)
		if (text_equal(name, text_from(names[i])))
			return true;
	return false;
}

static text number_of(const struct value *value)
{
	if (value == NULL)
		return TEXT_UNSET;
	if (value->kind == VALUE_MAP)
		return value_get_text(value, T("number"));
	return value->kind == VALUE_TEXT && value->text.length > 0 ? value->text : TEXT_UNSET;
}

/* CSV writes the links of one field as numbers with blanks between them. */
static struct value *plain_value(struct arena *arena, const struct type *type, text name, struct value *value)
{
	const struct field *field = type_field(type, name);
	if (field == NULL || value->kind != VALUE_TEXT)
		return value;
	if (value->text.length == 0)
		return value_null(arena);
	if (field->kind != KIND_LINKS)
		return value;
	struct value *list = value_list(arena);
	text rest = value->text, part;
	while (text_cut(&rest, ' ', &part))
		if (part.length > 0)
			value_append(arena, list, value_text(arena, part));
	return list;
}

static moment moment_of(struct arena *arena, struct import_row *row, const struct value *value, text name, moment fallback)
{
	text cell = value_get_text(value, name);
	moment at = fallback;
	if (text_is_set(cell) && cell.length > 0 && !moment_parse(cell, zone_utc(), &at))
		refuse(arena, row, "'%.*s' in %.*s is no moment", TEXT_ARG(cell), TEXT_ARG(name));
	return at;
}

void import_row_plain(struct arena *arena, const struct model *model, const struct type *type, struct import_row *row, struct value *value,
                      moment now)
{
	if (value->kind != VALUE_MAP) {
		refuse(arena, row, "a line must be an object");
		return;
	}
	struct value *fields = value_map(arena);
	bool has_links = type_field(type, T("links")) == NULL; /* the word is free for what leads elsewhere */
	if (has_links)
		import_row_plain_links(arena, model, type, row, value_get(value, T("links")));
	for (size_t i = 0; i < value->map.count; i++)
		if (!(has_links && text_equal(value->map.entries[i].key, T("links"))) && !is_bookkeeping(value->map.entries[i].key))
			value_set(arena, fields, value->map.entries[i].key, plain_value(arena, type, value->map.entries[i].key, value->map.entries[i].value));
	text kind = value_get_text(value, T("type")), state = value_get_text(value, T("state"));
	if (text_is_set(kind) && !text_equal(kind, type->name))
		refuse(arena, row, "this is a %.*s, not a %.*s", TEXT_ARG(kind), TEXT_ARG(type->name));
	row->number = number_of(value_get(value, T("number")));
	if (!text_is_set(row->number) && !text_is_set(type->number_prefix))
		row->number = number_of(value_get(value, type->fields[type->key_field].name));
	row->step.state = -1;
	if (text_is_set(state) && state.length > 0) {
		row->step.state = type->lifecycle == NULL ? -1 : lifecycle_state(type->lifecycle, state);
		if (row->step.state < 0)
			refuse(arena, row, "a %.*s has no state '%.*s'", TEXT_ARG(type->name), TEXT_ARG(state));
	}
	row->at = moment_of(arena, row, value, T("updated_at"), now);
	row->step.created_at = moment_of(arena, row, value, T("created_at"), MOMENT_UNSET);
	row->actor_key = number_of(value_get(value, T("updated_by")));
	row->step.at = row->at;
	row->step.number = row->number;
	row->step.fields = fields;
	text whole = json_text(arena, value);
	struct import_row digest = { .cells = &whole, .cell_count = 1, .number = row->number };
	row->step.source_key = row_key(arena, type->name, &digest);
}

/* ---- order and checks ---- */

struct sorting {
	const struct import_map *map;
};

static int compare_cells(const struct import_map *map, text a, text b)
{
	int64_t x, y;
	if (text_to_integer(a, &x) && text_to_integer(b, &y))
		return x < y ? -1 : x > y;
	moment from, to;
	if (import_moment(map, a, &from) && import_moment(map, b, &to))
		return from < to ? -1 : from > to;
	return text_compare(a, b);
}

static int compare_rows(const void *left, const void *right, void *data)
{
	const struct import_row *a = *(struct import_row *const *)left, *b = *(struct import_row *const *)right;
	const struct import_map *map = ((const struct sorting *)data)->map;
	for (size_t i = 0; i < map->order_count; i++) {
		int order = compare_cells(map, import_cell(map, a, map->order_at[i]), import_cell(map, b, map->order_at[i]));
		if (order != 0)
			return order;
	}
	return a->line < b->line ? -1 : a->line > b->line; /* qsort is not stable by itself */
}

void import_sort(struct arena *arena, const struct import_map *map, struct import_row **rows, size_t count)
{
	(void)arena;
	struct sorting sorting = { map };
	if (count > 1 && map->order_count > 0)
		qsort_r(rows, count, sizeof rows[0], compare_rows, &sorting);
}

void import_check(const struct import_map *map, const struct map_check *check, const struct import_row *row, bool *ret_known, bool *ret_agrees,
                  text *ret_recorded, text *ret_computed)
{
	(void)map;
	*ret_known = false;
	*ret_recorded = value_get_text(row->step.fields, check->field->name);
	for (size_t i = 0; i < check->rows->list.count && text_is_set(*ret_recorded); i++) {
		const struct value_list *line = &check->rows->list.items[i]->list;
		bool fits = true;
		for (size_t j = 0; j < check->input_count && fits; j++)
			fits = text_equal(line->items[j]->text, value_get_text(row->step.fields, check->inputs[j]->name));
		if (!fits)
			continue;
		*ret_known = true;
		*ret_computed = line->items[check->input_count]->text;
		*ret_agrees = text_equal(*ret_computed, *ret_recorded);
		return;
	}
}
