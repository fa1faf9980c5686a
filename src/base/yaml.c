/*
 * YAML: libfyaml's events become values. Events and not its document, because only events know where every mapping,
 * key and scalar stood, and because anchors are refused before anything is expanded.
 */
#include "base/yaml.h"

#include "base/arena.h"
#include "base/limits.h"
#include "base/table.h"

#include <libfyaml.h>

/* Above so many keys a mapping's duplicates are looked for in a table. */
#define FEW_KEYS 16

struct reader {
	struct arena *arena;
	text file;
	struct fy_parser *parser;
	struct fy_diag *diag;
	struct place place; /* of the newest event that has one */
	int depth;
};

static struct error *refuse(struct reader *reader, const char *problem, const char *hint)
{
	struct error *error = error_new(reader->arena, ERROR_DEFINITION, "%s", problem);

	if (hint != NULL)
		error = error_hint(reader->arena, error, "%s", hint);
	return error_place(error, reader->place);
}

/* The first complaint of libfyaml; its later ones follow from it. */
static struct error *parser_error(struct reader *reader)
{
	void *at = NULL;
	const struct fy_diag_error *found = fy_diag_errors_iterate(reader->diag, &at);

	if (found == NULL)
		return refuse(reader, "the YAML cannot be read", NULL);
	if (found->line > 0) {
		reader->place.line = (uint32_t)found->line;
		reader->place.column = (uint32_t)maximum(found->column, 1);
	}
	text message = text_copy(reader->arena, text_trim(text_from(found->msg)));
	for (size_t i = 0; i < message.length; i++)
		if ((unsigned char)message.data[i] < ' ')
			((char *)message.data)[i] = ' ';
	return error_place(error_new(reader->arena, ERROR_DEFINITION, "the YAML is malformed: %.*s", TEXT_ARG(message)),
	                   reader->place);
}

/* A quoted scalar's mark stands behind its quote. */
static void point_at_quote(struct reader *reader, const struct fy_event *event)
{
	enum fy_scalar_style style =
		event->scalar.value == NULL ? FYSS_PLAIN : fy_token_scalar_style(event->scalar.value);

	if ((style == FYSS_SINGLE_QUOTED || style == FYSS_DOUBLE_QUOTED) && reader->place.column > 1)
		reader->place.column--;
}

/* The next event; it must be freed before the one after it is asked for. */
static struct error *next_event(struct reader *reader, struct fy_event **ret_event)
{
	struct fy_event *event = fy_parser_parse(reader->parser);

	if (event == NULL || fy_parser_get_stream_error(reader->parser)) {
		fy_parser_event_free(reader->parser, event);
		return parser_error(reader);
	}
	const struct fy_mark *mark = fy_event_start_mark(event);
	if (mark != NULL) {
		reader->place.line = (uint32_t)mark->line + 1;
		reader->place.column = (uint32_t)mark->column + 1;
		if (event->type == FYET_SCALAR)
			point_at_quote(reader, event);
	}
	*ret_event = event;
	return NULL;
}

static struct error *check_event(struct reader *reader, struct fy_event *event)
{
	if (event->type == FYET_ALIAS || fy_event_get_anchor_token(event) != NULL)
		return refuse(reader, "anchors and aliases (& and *) are not allowed here", "write it out, or quote the text");
	if (fy_event_get_tag_token(event) != NULL)
		return refuse(reader, "tags (!) are not allowed here", "leave it out, or quote the text");
	return NULL;
}

static text scalar_text(struct reader *reader, const struct fy_event *event)
{
	size_t length = 0;
	const char *data = event->scalar.value == NULL ? "" : fy_token_get_text(event->scalar.value, &length);

	return text_copy(reader->arena, (text){ data == NULL ? "" : data, length });
}

static bool is_plain(const struct fy_event *event)
{
	return event->scalar.value == NULL || fy_token_scalar_style(event->scalar.value) == FYSS_PLAIN;
}

static struct error *make_scalar(struct reader *reader, const struct fy_event *event, struct value *value)
{
	text t = scalar_text(reader, event);

	/* "\0" in double quotes. */
	if (!text_is_utf8(t, NULL))
		return refuse(reader, "the text holds U+0000 or a broken character", NULL);
	value->kind = VALUE_TEXT;
	value->text = t;
	if (is_plain(event) && (text_is_empty(t) || text_equal(t, T("~")) || text_equal(t, T("null"))))
		value->kind = VALUE_NULL;
	return NULL;
}

static struct error *read_value(struct reader *reader, struct fy_event *event, struct value **ret_value);

static struct error *read_list(struct reader *reader, struct value *list)
{
	list->kind = VALUE_LIST;
	for (;;) {
		struct fy_event *event;
		struct value *item;
		TRY(next_event(reader, &event));
		if (event->type == FYET_SEQUENCE_END) {
			fy_parser_event_free(reader->parser, event);
			return NULL;
		}
		TRY(read_value(reader, event, &item));
		value_append(reader->arena, list, item);
	}
}

/* Frees the event. */
static struct error *read_key(struct reader *reader, struct fy_event *event, text *ret_key)
{
	struct error *error = check_event(reader, event);

	if (error == NULL && event->type != FYET_SCALAR)
		error = refuse(reader, "a key must be a text", NULL);
	if (error == NULL) {
		*ret_key = scalar_text(reader, event);
		if (!text_is_utf8(*ret_key, NULL))
			error = refuse(reader, "the key holds U+0000 or a broken character", NULL);
	}
	fy_parser_event_free(reader->parser, event);
	return error;
}

/* What is not there has no place: the value behind it has. */
static struct error *refuse_missing_key(struct reader *reader, struct fy_event *event)
{
	fy_parser_event_free(reader->parser, event);
	TRY(next_event(reader, &event));
	fy_parser_event_free(reader->parser, event);
	return refuse(reader, "the key is missing before the ':'", NULL);
}

/* Remembers the key; refuses it when the mapping has it already. */
static struct error *check_duplicate(struct reader *reader, struct value *map, struct table *keys, text key)
{
	const struct value_entry *entry = NULL;

	if (map->map.count < FEW_KEYS) {
		entry = value_entry(map, key);
	} else {
		if (keys->count == 0) {
			table_init(keys, reader->arena);
			for (size_t i = 0; i < map->map.count; i++)
				table_set(keys, map->map.entries[i].key, map);
		}
		if (table_get(keys, key) != NULL)
			entry = value_entry(map, key);
		table_set(keys, key, map);
	}
	if (entry == NULL)
		return NULL;
	return error_place(error_hint(reader->arena,
	                              error_new(reader->arena, ERROR_DEFINITION, "the key '%.*s' is here twice",
	                                        TEXT_ARG(key)),
	                              "the first is in line %u", entry->line),
	                   reader->place);
}

static struct error *read_map(struct reader *reader, struct value *map)
{
	struct table keys = { 0 };

	map->kind = VALUE_MAP;
	for (;;) {
		struct fy_event *event;
		struct value *item;
		text key;
		TRY(next_event(reader, &event));
		if (event->type == FYET_MAPPING_END) {
			fy_parser_event_free(reader->parser, event);
			return NULL;
		}
		struct place place = reader->place;
		if (event->type == FYET_SCALAR && event->scalar.value == NULL)
			return refuse_missing_key(reader, event);
		TRY(read_key(reader, event, &key));
		TRY(check_duplicate(reader, map, &keys, key));
		TRY(next_event(reader, &event));
		TRY(read_value(reader, event, &item));
		value_add(reader->arena, map, key, item);
		map->map.entries[map->map.count - 1].line = place.line;
		map->map.entries[map->map.count - 1].column = place.column;
	}
}

/* Reads the value that begins with `event`, and frees it. */
static struct error *read_value(struct reader *reader, struct fy_event *event, struct value **ret_value)
{
	struct value *value = value_null(reader->arena);
	enum fy_event_type type = event->type;
	struct error *error = check_event(reader, event);

	value->line = reader->place.line;
	value->column = reader->place.column;
	if (error == NULL && type == FYET_SCALAR)
		error = make_scalar(reader, event, value);
	fy_parser_event_free(reader->parser, event);
	TRY(error);
	TRY(arena_check(reader->arena));
	if (type == FYET_MAPPING_START || type == FYET_SEQUENCE_START) {
		if (++reader->depth > LIMIT_YAML_DEPTH)
			return refuse(reader, "the YAML is nested too deeply", NULL);
		TRY(type == FYET_MAPPING_START ? read_map(reader, value) : read_list(reader, value));
		reader->depth--;
	} else if (type != FYET_SCALAR) {
		return refuse(reader, "the YAML is malformed: a value is missing", NULL);
	}
	*ret_value = value;
	return NULL;
}

static struct error *read_stream(struct reader *reader, struct value **ret_value)
{
	struct value *value = value_null(reader->arena);
	int documents = 0;

	for (;;) {
		struct fy_event *event;
		TRY(next_event(reader, &event));
		enum fy_event_type type = event->type;
		fy_parser_event_free(reader->parser, event);
		if (type == FYET_STREAM_END)
			break;
		if (type != FYET_DOCUMENT_START)
			continue;
		if (++documents > 1)
			return refuse(reader, "a second YAML document begins here", "one file holds one document");
		TRY(next_event(reader, &event));
		TRY(read_value(reader, event, &value));
	}
	*ret_value = value;
	return NULL;
}

static struct error *check_source(struct reader *reader, text source)
{
	size_t position;

	reader->place.line = 1;
	reader->place.column = 1;
	if (source.length > LIMIT_YAML_BYTES)
		return refuse(reader, "the file is too long", "at most 1 MB");
	if (text_is_utf8(source, &position))
		return NULL;
	text before = text_slice(source, 0, position), line = before;
	for (text part; text_cut(&before, '\n', &part); line = part)
		reader->place.line++;
	reader->place.line--;
	reader->place.column = (uint32_t)text_characters(line) + 1;
	return refuse(reader, "the file is not UTF-8, or holds a NUL byte", NULL);
}

struct error *yaml_parse(struct arena *arena, text file, text source, struct value **ret_value)
{
	struct reader reader = { .arena = arena, .file = file, .place = { .file = file } };
	struct fy_diag_cfg diag_cfg;
	struct fy_parse_cfg cfg = { .flags = FYPCF_QUIET | FYPCF_COLLECT_DIAG };
	struct error *error;

	TRY(check_source(&reader, source));
	fy_diag_cfg_default(&diag_cfg);
	diag_cfg.fp = NULL;
	reader.diag = cfg.diag = fy_diag_create(&diag_cfg);
	if (reader.diag != NULL)
		fy_diag_set_collect_errors(reader.diag, true);
	reader.parser = fy_parser_create(&cfg);
	if (reader.parser == NULL ||
	    fy_parser_set_string(reader.parser, text_is_set(source) ? source.data : "", source.length) != 0)
		error = error_new(arena, ERROR_INTERNAL, "the YAML parser could not be started");
	else
		error = read_stream(&reader, ret_value);
	fy_parser_destroy(reader.parser);
	fy_diag_destroy(reader.diag);
	return error;
}
