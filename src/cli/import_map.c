/* The map of an import: read strictly (an unknown key, field, state or type is an error at its place), then bound to a header. */
#include "cli/import_private.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/yaml.h"

static void fault(struct import_reading *reading, uint32_t line, uint32_t column, text message, text hint)
{
	struct error *error = error_new(reading->arena, ERROR_DEFINITION, "%.*s", TEXT_ARG(message));
	if (text_is_set(hint))
		error = error_hint(reading->arena, error, "did you mean '%.*s'?", TEXT_ARG(hint));
	reading->errors = error_append(reading->errors, error_place(error, (struct place){ reading->file, line, column }));
}

static void fault_at(struct import_reading *reading, const struct value *value, const char *what, text name, text hint)
{
	fault(reading, value->line, value->column, text_format(reading->arena, "%s '%.*s'", what, TEXT_ARG(name)), hint);
}

void import_fault(struct import_reading *reading, const struct value *at, text message, text nearest)
{
	fault(reading, at->line, at->column, message, nearest);
}

/* Refuses keys that are not in `known` (space separated). */
void import_check_keys(struct import_reading *reading, const struct value *map, const char *known)
{
	text names[32], rest = text_from(known), name;
	size_t count = 0;
	while (count < array_length(names) && text_cut(&rest, ' ', &name))
		names[count++] = name;
	for (size_t i = 0; map->kind == VALUE_MAP && i < map->map.count; i++) {
		const struct value_entry *entry = &map->map.entries[i];
		bool found = false;
		for (size_t j = 0; j < count; j++)
			found = found || text_equal(names[j], entry->key);
		if (!found)
			fault(reading, entry->line, entry->column, text_format(reading->arena, "unknown key '%.*s'", TEXT_ARG(entry->key)),
			      text_nearest(entry->key, names, count));
	}
}

text import_text_of(struct import_reading *reading, const struct value *map, text key, bool needed)
{
	const struct value *value = value_get(map, key);
	if (value != NULL && value->kind == VALUE_TEXT)
		return value->text;
	if (value != NULL)
		fault(reading, value->line, value->column, text_format(reading->arena, "'%.*s' must be a text", TEXT_ARG(key)), TEXT_UNSET);
	else if (needed)
		fault(reading, map->line, map->column, text_format(reading->arena, "'%.*s' is missing", TEXT_ARG(key)), TEXT_UNSET);
	return TEXT_UNSET;
}

static size_t texts_of(struct import_reading *reading, const struct value *map, text key, text **ret_items)
{
	const struct value *list = value_get(map, key);
	*ret_items = NULL;
	if (list == NULL)
		return 0;
	if (list->kind != VALUE_LIST) {
		fault(reading, list->line, list->column, text_format(reading->arena, "'%.*s' must be a list", TEXT_ARG(key)), TEXT_UNSET);
		return 0;
	}
	*ret_items = arena_new_array(reading->arena, text, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++)
		(*ret_items)[i] = list->list.items[i]->kind == VALUE_TEXT ? list->list.items[i]->text : T("");
	return list->list.count;
}

static bool flag_of(const struct value *map, text key)
{
	text value = value_get_text(map, key);
	return text_equal(value, T("yes")) || text_equal(value, T("true"));
}

static const struct field *field_of(struct import_reading *reading, const struct value *place, uint32_t line, uint32_t column, text name)
{
	const struct field *field = type_field(reading->map->type, name);
	(void)place;
	if (field == NULL || field->system) {
		fault(reading, line, column, text_format(reading->arena, "%.*s has no field '%.*s' that can be imported",
		                                         TEXT_ARG(reading->map->type->name), TEXT_ARG(name)),
		      field == NULL ? table_nearest(&reading->map->type->field_names, name) : TEXT_UNSET);
		return NULL;
	}
	return field;
}

static const struct type *make_of(struct import_reading *reading, const struct value *map)
{
	const struct value *make = value_get(map, T("make"));
	if (make == NULL)
		return NULL;
	const struct type *type = make->kind == VALUE_TEXT ? model_type(reading->model, make->text) : NULL;
	if (type == NULL || type->abstract || text_is_set(type->number_prefix))
		fault_at(reading, make, "records named by a key can be made, not", make->kind == VALUE_TEXT ? make->text : T("?"), TEXT_UNSET);
	return type;
}

static int state_of(struct import_reading *reading, const struct value *place, text name)
{
	const struct lifecycle *lifecycle = reading->map->type->lifecycle;
	int state = lifecycle == NULL ? -1 : lifecycle_state(lifecycle, name);
	if (state < 0)
		fault_at(reading, place, "there is no state", name, TEXT_UNSET);
	return state;
}

static void read_states(struct import_reading *reading, const struct value *map)
{
	struct import_map *into = reading->map;
	if (map == NULL)
		return;
	import_check_keys(reading, map, "column values");
	into->state_column = import_text_of(reading, map, T("column"), true);
	const struct value *values = value_get(map, T("values"));
	into->states = arena_new_array(reading->arena, struct map_state, value_count(values) + 1);
	for (size_t i = 0; i < value_count(values); i++) {
		const struct value_entry *entry = &values->map.entries[i];
		struct map_state *state = &into->states[into->state_count++];
		state->cell = entry->key;
		state->state = -1;
		if (entry->value->kind == VALUE_TEXT) {
			state->state = state_of(reading, entry->value, entry->value->text);
			continue;
		}
		import_check_keys(reading, entry->value, "state set refuse");
		state->reason = import_text_of(reading, entry->value, T("refuse"), false);
		if (text_is_set(state->reason))
			continue;
		text name = import_text_of(reading, entry->value, T("state"), true);
		if (text_is_set(name))
			state->state = state_of(reading, entry->value, name);
		state->set = value_get(entry->value, T("set"));
		for (size_t j = 0; j < value_count(state->set); j++)
			(void)field_of(reading, state->set, state->set->map.entries[j].line, state->set->map.entries[j].column,
			               state->set->map.entries[j].key);
	}
}

void import_read_source(struct import_reading *reading, const struct value *map, struct map_field *field)
{
	field->column = import_text_of(reading, map, T("column"), false);
	field->path_count = texts_of(reading, map, T("path"), &field->path);
	field->words = import_text_of(reading, map, T("words"), false);
	field->prefix = import_text_of(reading, map, T("prefix"), false);
	field->make = make_of(reading, map);
	field->column_at = SIZE_MAX;
	if (!text_is_set(field->prefix))
		field->prefix = T("");
	if (text_is_set(field->column) + (field->path_count > 0) + text_is_set(field->words) != 1)
		fault(reading, map->line, map->column, T("one of column, path and words is needed"), TEXT_UNSET);
	if (field->path_count > 0 && field->make == NULL)
		fault(reading, map->line, map->column, T("a path needs 'make'"), TEXT_UNSET);
	if (!text_is_set(field->words))
		return;
	/* The columns in the words are found like those of a path. */
	size_t count = 0;
	field->path = arena_new_array(reading->arena, text, field->words.length / 2 + 1);
	for (text rest = field->words;;) {
		ptrdiff_t open = text_find_char(rest, '{'), close = text_find_char(rest, '}');
		if (open < 0 || close < open)
			break;
		field->path[count++] = text_slice(rest, (size_t)open + 1, (size_t)close);
		rest = text_slice(rest, (size_t)close + 1, rest.length);
	}
	field->path_at = arena_new_array(reading->arena, size_t, count + 1);
	field->path_at[count] = SIZE_MAX;
	for (size_t i = 0; i < count; i++)
		field->path_at[i] = 0;
}

static void read_fields(struct import_reading *reading, const struct value *map)
{
	struct import_map *into = reading->map;
	into->fields = arena_new_array(reading->arena, struct map_field, value_count(map) + 1);
	for (size_t i = 0; i < value_count(map); i++) {
		const struct value_entry *entry = &map->map.entries[i];
		struct map_field *field = &into->fields[into->field_count];
		field->field = field_of(reading, entry->value, entry->line, entry->column, entry->key);
		import_check_keys(reading, entry->value, "column path words values strict make prefix moment states");
		import_read_source(reading, entry->value, field);
		field->values = value_get(entry->value, T("values"));
		field->strict = flag_of(entry->value, T("strict"));
		field->moment = flag_of(entry->value, T("moment"));
		text *states;
		size_t count = texts_of(reading, entry->value, T("states"), &states);
		for (size_t j = 0; j < count; j++) {
			int state = state_of(reading, entry->value, states[j]);
			if (state < 0)
				continue;
			if (field->states == NULL)
				field->states = arena_new_array(reading->arena, uint64_t, STATE_WORDS);
			field->states[state / 64] |= UINT64_C(1) << (state % 64);
		}
		if (field->field != NULL)
			into->field_count++;
	}
}

static void read_checks(struct import_reading *reading, const struct value *map)
{
	struct import_map *into = reading->map;
	into->checks = arena_new_array(reading->arena, struct map_check, value_count(map) + 1);
	for (size_t i = 0; i < value_count(map); i++) {
		const struct value_entry *entry = &map->map.entries[i];
		struct map_check *check = &into->checks[into->check_count++];
		import_check_keys(reading, entry->value, "inputs rows");
		check->field = field_of(reading, entry->value, entry->line, entry->column, entry->key);
		text *names;
		check->input_count = texts_of(reading, entry->value, T("inputs"), &names);
		check->inputs = arena_new_array(reading->arena, const struct field *, check->input_count + 1);
		for (size_t j = 0; j < check->input_count; j++)
			check->inputs[j] = field_of(reading, entry->value, entry->line, entry->column, names[j]);
		check->rows = value_get(entry->value, T("rows"));
		for (size_t j = 0; j < value_count(check->rows); j++) {
			const struct value *row = check->rows->list.items[j];
			bool texts = row->kind == VALUE_LIST && row->list.count == check->input_count + 1;
			for (size_t k = 0; texts && k < row->list.count; k++)
				texts = row->list.items[k]->kind == VALUE_TEXT;
			if (!texts)
				fault(reading, row->line, row->column, T("a row lists the inputs and the output"), TEXT_UNSET);
		}
		if (check->rows == NULL)
			fault(reading, entry->line, entry->column, T("'rows' is missing"), TEXT_UNSET);
	}
}

struct error *import_map_parse(struct arena *arena, const struct model *model, const struct type *type, text file, text source,
                               struct import_map **ret_map)
{
	struct value *top;
	TRY(yaml_parse(arena, file, source, &top));
	struct import_map *map = arena_new_struct(arena, struct import_map);
	struct import_reading reading = { .arena = arena, .model = model, .map = map, .file = file };
	map->type = type;
	import_check_keys(&reading, top, "import source null moments zone number at created order actor state fields links notes check");
	text name = import_text_of(&reading, top, T("import"), true);
	if (text_is_set(name) && !text_equal(name, type->name))
		fault_at(&reading, value_get(top, T("import")), "this map is for", name, TEXT_UNSET);
	map->source = import_text_of(&reading, top, T("source"), true);
	map->null = import_text_of(&reading, top, T("null"), false);
	map->moments = import_text_of(&reading, top, T("moments"), false);
	text zone = import_text_of(&reading, top, T("zone"), false);
	map->zone = text_is_set(zone) ? zone_find(zone) : zone_utc();
	if (map->zone == NULL)
		fault_at(&reading, value_get(top, T("zone")), "there is no time zone", zone, TEXT_UNSET);
	map->number = import_text_of(&reading, top, T("number"), false);
	map->at = import_text_of(&reading, top, T("at"), true);
	map->created = import_text_of(&reading, top, T("created"), false);
	map->order_count = texts_of(&reading, top, T("order"), &map->order);
	map->actor.column_at = SIZE_MAX;
	const struct value *actor = value_get(top, T("actor"));
	if (actor != NULL) {
		import_check_keys(&reading, actor, "column make prefix");
		import_read_source(&reading, actor, &map->actor);
		if (map->actor.make != NULL && map->actor.make != model->user)
			fault(&reading, actor->line, actor->column, T("an actor is a user"), TEXT_UNSET);
		map->actor.make = model->user;
	}
	read_states(&reading, value_get(top, T("state")));
	read_fields(&reading, value_get(top, T("fields")));
	import_map_links(&reading, value_get(top, T("links")));
	map->note_count = texts_of(&reading, top, T("notes"), &map->notes);
	read_checks(&reading, value_get(top, T("check")));
	TRY(reading.errors);
	*ret_map = map;
	return NULL;
}

struct error *import_map_read(struct io *io, struct arena *arena, const struct model *model, const struct type *type, text path,
                              struct import_map **ret_map)
{
	struct buffer buffer;
	char chunk[16384];
	ssize_t got;
	text source;
	int file = open(text_cstring(arena, io_place(io, arena, path)), O_RDONLY | O_CLOEXEC);
	if (file < 0)
		return error_new(arena, ERROR_NOT_FOUND, "cannot read %.*s: %s", TEXT_ARG(path), strerror(errno));
	buffer_init(&buffer, arena, LIMIT_YAML_BYTES);
	while ((got = read(file, chunk, sizeof chunk)) > 0)
		buffer_bytes(&buffer, chunk, (size_t)got);
	(void)close(file);
	TRY(buffer_finish(&buffer, &source));
	return import_map_parse(arena, model, type, path, source, ret_map);
}

/* ---- binding ---- */

static struct error *find_column(struct arena *arena, const text *header, size_t count, text name, size_t *ret_at)
{
	*ret_at = SIZE_MAX;
	if (!text_is_set(name))
		return NULL;
	for (size_t i = 0; i < count; i++)
		if (text_equal(text_trim(header[i]), name)) {
			*ret_at = i;
			return NULL;
		}
	struct error *error = error_new(arena, ERROR_INVALID, "the file has no column '%.*s', which the map names", TEXT_ARG(name));
	text nearest = text_nearest(name, header, count);
	return text_is_set(nearest) ? error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}

static struct error *find_columns(struct arena *arena, const text *header, size_t header_count, const text *names, size_t count, size_t **ret_at)
{
	*ret_at = arena_new_array(arena, size_t, count + 1);
	for (size_t i = 0; i < count; i++)
		TRY(find_column(arena, header, header_count, names[i], &(*ret_at)[i]));
	return NULL;
}

static size_t word_count(const struct map_field *field)
{
	size_t count = 0;
	while (field->path_at[count] != SIZE_MAX)
		count++;
	return count;
}

static struct error *bind_source(struct arena *arena, struct map_field *field, const text *header, size_t count)
{
	TRY(find_column(arena, header, count, field->column, &field->column_at));
	size_t names = text_is_set(field->words) ? word_count(field) : field->path_count;
	return find_columns(arena, header, count, field->path, names, &field->path_at);
}

struct error *import_map_bind(struct arena *arena, struct import_map *map, const text *header, size_t count)
{
	TRY(find_column(arena, header, count, map->number, &map->number_at));
	TRY(find_column(arena, header, count, map->at, &map->at_at));
	TRY(find_column(arena, header, count, map->created, &map->created_at_at));
	TRY(find_column(arena, header, count, map->state_column, &map->state_at));
	TRY(find_column(arena, header, count, map->actor.column, &map->actor.column_at));
	TRY(find_columns(arena, header, count, map->order, map->order_count, &map->order_at));
	TRY(find_columns(arena, header, count, map->notes, map->note_count, &map->note_at));
	for (size_t i = 0; i < map->field_count; i++)
		TRY(bind_source(arena, &map->fields[i], header, count));
	for (size_t i = 0; i < map->link_count; i++)
		TRY(bind_source(arena, &map->links[i].source, header, count));
	return NULL;
}

/* ---- moments ---- */

/* Takes one or more digits off *rest. */
static bool take_number(text *rest, size_t digits_min, size_t digits_max, int *ret_number)
{
	size_t digits = 0;
	int number = 0;
	while (digits < digits_max && digits < rest->length && rest->data[digits] >= '0' && rest->data[digits] <= '9')
		number = number * 10 + (rest->data[digits++] - '0');
	*rest = text_slice(*rest, digits, rest->length);
	*ret_number = number;
	return digits >= digits_min;
}

bool import_moment(const struct import_map *map, text cell, moment *ret_at)
{
	if (!text_is_set(map->moments))
		return moment_parse(cell, map->zone, ret_at);
	static const struct {
		const char *token;
		size_t least, most, part;
	} tokens[] = { { "yyyy", 4, 4, 0 }, { "mm", 2, 2, 1 }, { "dd", 2, 2, 2 }, { "HH", 1, 2, 3 }, { "MM", 2, 2, 4 }, { "SS", 2, 2, 5 },
		       { "m", 1, 2, 1 }, { "d", 1, 2, 2 } };
	int parts[6] = { 1970, 1, 1, 0, 0, 0 };
	text form = map->moments, rest = cell;
	while (form.length > 0) {
		size_t token = 0;
		while (token < array_length(tokens) && !text_starts_with(form, text_from(tokens[token].token)))
			token++;
		if (token < array_length(tokens)) {
			if (!take_number(&rest, tokens[token].least, tokens[token].most, &parts[tokens[token].part]))
				return false;
			form = text_slice(form, strlen(tokens[token].token), form.length);
		} else {
			if (rest.length == 0 || rest.data[0] != form.data[0])
				return false;
			form = text_slice(form, 1, form.length);
			rest = text_slice(rest, 1, rest.length);
		}
	}
	if (rest.length != 0 || parts[1] < 1 || parts[1] > 12 || parts[2] < 1 || parts[2] > 31 || parts[3] > 23 || parts[4] > 59 || parts[5] > 59)
		return false;
	int64_t days = civil_to_days(parts[0], parts[1], parts[2]);
	if (civil_from_days(days).day != parts[2])
		return false;
	*ret_at = zone_moment(map->zone, days, parts[3] * HOUR_MS + parts[4] * MINUTE_MS + parts[5] * SECOND_MS);
	return true;
}
