/* Runs a template's program over a value: lookups, escapes and appends, nothing else, so that a page of 500 cells takes microseconds. */
#include "web/template_private.h"

#include "base/json.h"
#include "base/words.h"

#include <stdio.h>

struct scope {
	const struct value *value;
	const struct value *list;   /* each: what is gone through */
	size_t index;
	bool loop;
};

struct writer {
	struct arena *arena;
	struct buffer *out;
	text language;
	const struct value *root;
	struct scope scopes[LIMIT_TEMPLATE_DEPTH];
	size_t depth;               /* of scopes, at least 1 */
	struct value number;        /* of @index and the like */
};

/* ---- lookups ---- */

/* Half of a page's time goes into these lookups: the loop stands here, where the compiler sees all of it. */
static inline const struct value *find_key(const struct value *map, text part)
{
	/* By count and not by an end pointer: an empty map has no entries to point behind. */
	const struct value_entry *entry = map->map.entries;

	for (size_t left = map->map.count; left > 0; left--, entry++)
		if (entry->key.length == part.length &&
		    (entry->key.data == part.data || (part.length > 0 && entry->key.data[part.length - 1] == part.data[part.length - 1] &&
		                                      memcmp(entry->key.data, part.data, part.length) == 0)))
			return entry->value;
	return NULL;
}

static const struct value *find_part(const struct value *value, text part)
{
	if (value->kind == VALUE_MAP)
		return find_key(value, part);
	if (value->kind != VALUE_LIST)
		return NULL;
	int64_t index;
	if (!text_to_integer(part, &index) || index < 0 || (size_t)index >= value->list.count)
		return NULL;
	return value->list.items[index];
}

static size_t scope_count(const struct scope *scope)
{
	return value_count(scope->list);
}

static const struct value *special(struct writer *writer, size_t at, enum special special)
{
	while (at > 0 && !writer->scopes[at].loop)
		at--;
	const struct scope *scope = &writer->scopes[at];
	struct value *number = &writer->number;

	if (!scope->loop)
		return NULL;
	switch (special) {
	case SPECIAL_INDEX:
	case SPECIAL_NUMBER:
		*number = (struct value){ .kind = VALUE_INTEGER, .integer = (int64_t)scope->index + (special == SPECIAL_NUMBER) };
		return number;
	case SPECIAL_FIRST:
	case SPECIAL_LAST:
		*number = (struct value){ .kind = VALUE_BOOL, .boolean = special == SPECIAL_FIRST ? scope->index == 0 :
			                  scope->index + 1 == scope_count(scope) };
		return number;
	case SPECIAL_KEY:
		if (scope->list->kind != VALUE_MAP)
			return NULL;
		*number = (struct value){ .kind = VALUE_TEXT, .text = scope->list->map.entries[scope->index].key };
		return number;
	case SPECIAL_NONE:
		break;
	}
	return NULL;
}

static const struct value *find_far(struct writer *writer, const struct path *path)
{
	size_t top = writer->depth - 1;
	size_t at = path->up > top ? 0 : top - path->up;
	const struct value *value = path->root ? writer->root : writer->scopes[at].value;

	if (path->special != SPECIAL_NONE)
		return special(writer, at, path->special);
	for (size_t i = 0; i < path->count && value != NULL; i++)
		value = find_part(value, path->parts[i]);
	return value;
}

/* Nearly all paths are one name of the present scope. */
static inline const struct value *find(struct writer *writer, const struct path *path)
{
	const struct value *value = writer->scopes[writer->depth - 1].value;

	if (path->count == 1 && path->up == 0 && !path->root && path->special == SPECIAL_NONE && value != NULL && value->kind == VALUE_MAP)
		return find_key(value, path->parts[0]);
	return find_far(writer, path);
}

static bool is_true(const struct value *value)
{
	if (value == NULL)
		return false;
	switch (value->kind) {
	case VALUE_NULL:
		return false;
	case VALUE_BOOL:
		return value->boolean;
	case VALUE_INTEGER:
		return value->integer != 0;
	case VALUE_REAL:
		return value->real != 0;
	case VALUE_TEXT:
	case VALUE_HTML:
		return value->text.length > 0;
	case VALUE_LIST:
		return value->list.count > 0;
	case VALUE_MAP:
		return value->map.count > 0;
	}
	return false;
}

/* ---- escapes ---- */

static const char *escape_of(char c)
{
	switch (c) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	default:
		return NULL;
	}
}

/* 1 for the bytes that are written otherwise. */
static const bool special_byte[256] = { ['&'] = 1, ['<'] = 1, ['>'] = 1, ['"'] = 1, ['\''] = 1 };

static void write_escaped(struct buffer *out, text t)
{
	const char *from = t.data, *end = t.data + t.length;

	for (const char *at = from; at < end; at++) {
		if (!special_byte[(unsigned char)*at])
			continue;
		const char *escape = escape_of(*at);
		buffer_bytes(out, from, (size_t)(at - from));
		buffer_bytes(out, escape, strlen(escape));
		from = at + 1;
	}
	if (from < end)
		buffer_bytes(out, from, (size_t)(end - from));
}

static bool is_unreserved(unsigned char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '-' || c == '.' || c == '_' ||
	       c == '~';
}

static void write_url_part(struct buffer *out, text t)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < t.length; i++) {
		unsigned char c = (unsigned char)t.data[i];
		if (is_unreserved(c)) {
			buffer_char(out, (char)c);
			continue;
		}
		char escape[3] = { '%', digits[c >> 4], digits[c & 15] };
		buffer_bytes(out, escape, 3);
	}
}

/* A whole URL: relative to this host, or one of the harmless schemes. Browsers skip blanks and control characters: so refuse them. */
static bool is_safe_url(text url)
{
	static const char *const schemes[] = { "http", "https", "mailto", "tel" };

	for (size_t i = 0; i < url.length; i++)
		if ((unsigned char)url.data[i] <= ' ' || url.data[i] == 0x7f || url.data[i] == '\\')
			return false;
	if (text_starts_with(url, T("//")))
		return false;
	for (size_t i = 0; i < url.length; i++) {
		if (url.data[i] == '/' || url.data[i] == '?' || url.data[i] == '#')
			return true;
		if (url.data[i] != ':')
			continue;
		for (size_t k = 0; k < array_length(schemes); k++)
			if (text_equal_ignoring_case(text_slice(url, 0, i), text_from(schemes[k])))
				return true;
		return false;
	}
	return true;
}

static void write_text(struct buffer *out, enum context context, text t)
{
	switch (context) {
	case CONTEXT_TEXT:
	case CONTEXT_ESCAPED:
		write_escaped(out, t);
		break;
	case CONTEXT_URL:
		if (is_safe_url(t))
			write_escaped(out, t);
		else
			buffer_char(out, '#');
		break;
	case CONTEXT_URL_PART:
		write_url_part(out, t);
		break;
	case CONTEXT_NONE:
	case CONTEXT_JSON:
		break;
	}
}

/* "</script>" and "<!--" must not come out of a JSON script. */
static void write_json(struct writer *writer, const struct value *value)
{
	struct value nothing = { .kind = VALUE_NULL };
	text json = json_text(writer->arena, value == NULL ? &nothing : value);

	for (size_t i = 0; i < json.length; i++) {
		char c = json.data[i];
		if (c == '<' || c == '>' || c == '&')
			buffer_format(writer->out, "\\u%04x", (unsigned)c);
		else
			buffer_char(writer->out, c);
	}
}

/* What the value reads as; false for null, lists and maps. `scratch` holds numbers. */
static bool as_text(const struct value *value, char scratch[40], text *ret_text)
{
	int length;

	if (value == NULL)
		return false;
	switch (value->kind) {
	case VALUE_TEXT:
	case VALUE_HTML:
		*ret_text = value->text;
		return true;
	case VALUE_INTEGER:
		length = snprintf(scratch, 40, "%lld", (long long)value->integer);
		*ret_text = (text){ scratch, (size_t)length };
		return true;
	case VALUE_REAL:
		length = snprintf(scratch, 40, "%.15g", value->real);
		*ret_text = (text){ scratch, (size_t)length };
		return true;
	case VALUE_BOOL:
		*ret_text = value->boolean ? T("true") : T("false");
		return true;
	case VALUE_NULL:
	case VALUE_LIST:
	case VALUE_MAP:
		break;
	}
	return false;
}

static void write_value(struct writer *writer, enum context context, const struct value *value)
{
	char scratch[40];
	text t;

	if (context == CONTEXT_JSON)
		write_json(writer, value);
	else if (value != NULL && value->kind == VALUE_HTML && context == CONTEXT_TEXT)
		buffer_text(writer->out, value->text);
	else if (value != NULL && value->kind == VALUE_INTEGER && context != CONTEXT_URL)
		buffer_integer(writer->out, value->integer);
	else if (as_text(value, scratch, &t))
		write_text(writer->out, context, t);
}

/* ---- words ---- */

static const struct path *argument_path(const struct op *op, text name)
{
	for (size_t i = 0; i < op->argument_count; i++)
		if (text_equal(op->arguments[i].name, name))
			return &op->arguments[i].path;
	return NULL;
}

static void write_words(struct writer *writer, const struct op *op, text pattern)
{
	text rest = pattern, part;
	char scratch[40];

	/* A URL is only safe as a whole: words with arguments are put together first. */
	struct buffer whole, *out = writer->out;
	bool together = op->context == CONTEXT_URL;
	if (together) {
		buffer_init(&whole, writer->arena, 4096);
		out = &whole;
	}
	enum context context = together ? CONTEXT_NONE : op->context;
	while (text_cut(&rest, '{', &part)) {
		text argument = TEXT_UNSET;
		if (together)
			buffer_text(out, part);
		else
			write_text(out, context, part);
		ptrdiff_t end = text_is_set(rest) ? text_find_char(rest, '}') : -1;
		const struct path *path = end < 0 ? NULL : argument_path(op, text_slice(rest, 0, (size_t)end));
		if (path != NULL) {
			if (as_text(find(writer, path), scratch, &argument)) {
				if (together)
					buffer_text(out, argument);
				else
					write_text(out, context, argument);
			}
			rest = text_slice(rest, (size_t)end + 1, rest.length);
		} else if (text_is_set(rest)) {
			buffer_char(out, '{');
		}
	}
	if (together)
		write_text(writer->out, CONTEXT_URL, buffer_peek(&whole));
}

static void write_count(struct writer *writer, const struct op *op)
{
	const struct value *value = find(writer, op->path);
	int64_t n = value == NULL ? 0 : value->kind == VALUE_INTEGER ? value->integer : (int64_t)value_count(value);

	write_words(writer, op, words_count(writer->arena, writer->language, op->text, op->many, n));
}

/* ---- the program ---- */

/* There is room: the compiler counted the scopes. */
static void push(struct writer *writer, const struct value *value)
{
	assert(writer->depth < LIMIT_TEMPLATE_DEPTH);
	writer->scopes[writer->depth++] = (struct scope){ .value = value };
}

static const struct value *item_at(const struct value *list, size_t index)
{
	return list->kind == VALUE_LIST ? list->list.items[index] : list->map.entries[index].value;
}

/* False: nothing to go through. */
static bool begin_each(struct writer *writer, const struct value *list)
{
	if (value_count(list) == 0)
		return false;
	push(writer, item_at(list, 0));
	struct scope *scope = &writer->scopes[writer->depth - 1];
	scope->list = list;
	scope->loop = true;
	return true;
}

static bool next_item(struct writer *writer)
{
	struct scope *scope = &writer->scopes[writer->depth - 1];

	if (++scope->index < scope_count(scope)) {
		scope->value = item_at(scope->list, scope->index);
		return true;
	}
	writer->depth--;
	return false;
}

static bool is_equal(struct writer *writer, const struct op *op)
{
	char left_scratch[40], right_scratch[40];
	text left = T(""), right = op->kind == OP_IS_TEXT ? op->text : T("");

	if (!as_text(find(writer, op->path), left_scratch, &left))
		left = T("");
	if (op->kind == OP_IS_PATH && !as_text(find(writer, op->other), right_scratch, &right))
		right = T("");
	return text_equal(left, right);
}

/* The op that comes next. */
static uint32_t run_block(struct writer *writer, const struct op *op, uint32_t at)
{
	const struct value *value = op->path == NULL ? NULL : find(writer, op->path);

	switch (op->kind) {
	case OP_IF:
		return is_true(value) ? at + 1 : op->jump;
	case OP_UNLESS:
		return is_true(value) ? op->jump : at + 1;
	case OP_IS_TEXT:
	case OP_IS_PATH:
		return is_equal(writer, op) ? at + 1 : op->jump;
	case OP_EACH:
		return begin_each(writer, value) ? at + 1 : op->jump;
	case OP_NEXT:
		return next_item(writer) ? op->jump : at + 1;
	case OP_WITH:
		if (!is_true(value))
			return op->jump;
		push(writer, value);
		return at + 1;
	case OP_SCOPE:
		push(writer, value);
		return at + 1;
	case OP_POP:
		writer->depth--;
		return at + 1;
	case OP_JUMP:
		return op->jump;
	case OP_TEXT:
	case OP_VALUE:
	case OP_WORDS:
	case OP_WORDS_PATH:
	case OP_COUNT:
	case OP_END:
		break;
	}
	return at + 1;
}

static uint32_t run_op(struct writer *writer, const struct op *op, uint32_t at)
{
	char scratch[40];
	text t;

	switch (op->kind) {
	case OP_TEXT:
		buffer_bytes(writer->out, op->text.data, op->text.length);
		return at + 1;
	case OP_VALUE:
		write_value(writer, op->context, find(writer, op->path));
		return at + 1;
	case OP_WORDS:
		write_words(writer, op, words(writer->language, op->text));
		return at + 1;
	case OP_WORDS_PATH:
		if (as_text(find(writer, op->path), scratch, &t))
			write_text(writer->out, op->context, words(writer->language, t));
		return at + 1;
	case OP_COUNT:
		write_count(writer, op);
		return at + 1;
	case OP_IF:
	case OP_UNLESS:
	case OP_IS_TEXT:
	case OP_IS_PATH:
	case OP_EACH:
	case OP_NEXT:
	case OP_WITH:
	case OP_SCOPE:
	case OP_POP:
	case OP_JUMP:
	case OP_END:
		break;
	}
	return run_block(writer, op, at);
}

struct error *template_write(const struct template_set *set, struct arena *arena, text name, const struct value *data,
                             text language, struct buffer *out)
{
	const struct program *program = table_get(&set->programs, name);
	struct writer writer = { .arena = arena, .out = out, .language = language, .root = data, .depth = 1 };

	if (program == NULL)
		return error_new(arena, ERROR_INTERNAL, "there is no template '%.*s'", TEXT_ARG(name));
	writer.scopes[0].value = data;
	for (uint32_t at = 0; program->ops[at].kind != OP_END;)
		at = run_op(&writer, &program->ops[at], at);
	if (out->over)
		return error_new(arena, ERROR_TOO_LARGE, "the page '%.*s' is too large", TEXT_ARG(name));
	return NULL;
}
