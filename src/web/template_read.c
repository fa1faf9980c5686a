/* The compiler's reader: cuts a template into static text and tags, and tags into words and paths. */
#include "web/template_read_private.h"

#include <stdarg.h>
#include <stdio.h>

struct error *template_fault(struct compiler *compiler, const struct reader *reader, size_t at, const char *format, ...)
{
	struct place place = { .file = text_format(compiler->arena, "templates/%.*s.html", TEXT_ARG(reader->file.name)),
		               .line = 1, .column = 1 };
	char message[400];
	va_list arguments;

	for (size_t i = 0; i < at && i < reader->file.source.length; i++) {
		place.column++;
		if (reader->file.source.data[i] == '\n') {
			place.line++;
			place.column = 1;
		}
	}
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	return error_place(error_new(compiler->arena, ERROR_DEFINITION, "%s", message), place);
}

struct op *template_emit(struct compiler *compiler, enum op_kind kind)
{
	struct program *program = compiler->program;

	arena_make_room(compiler->arena, program->ops, program->count, program->capacity);
	program->ops[program->count] = (struct op){ .kind = kind };
	return &program->ops[program->count++];
}

/* ---- static text ---- */

static struct error *emit_text(struct compiler *compiler, const struct reader *reader, size_t from, size_t to)
{
	text source = text_slice(reader->file.source, from, to);
	size_t position = 0;

	if (source.length == 0)
		return NULL;
	const char *wrong = html_feed(&compiler->html, source, &position);
	if (wrong != NULL)
		return template_fault(compiler, reader, from + position, "%s", wrong);
	template_emit(compiler, OP_TEXT)->text = source;
	return NULL;
}

/* ---- paths ---- */

static bool is_name(text name)
{
	for (size_t i = 0; i < name.length; i++) {
		char c = name.data[i];
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return name.length > 0;
}

static bool parse_special(text name, enum special *ret_special)
{
	static const struct { const char *name; enum special special; } specials[] = {
		{ "@index", SPECIAL_INDEX }, { "@number", SPECIAL_NUMBER }, { "@first", SPECIAL_FIRST },
		{ "@last", SPECIAL_LAST }, { "@key", SPECIAL_KEY },
	};

	for (size_t i = 0; i < array_length(specials); i++)
		if (text_equal(name, text_from(specials[i].name))) {
			*ret_special = specials[i].special;
			return true;
		}
	return false;
}

struct error *template_parse_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
                                struct path *ret_path)
{
	struct path path = { 0 };
	text rest = source, part;

	while (text_starts_with(rest, T("../"))) {
		rest = text_slice(rest, 3, rest.length);
		path.up++;
	}
	if (parse_special(rest, &path.special) || text_equal(rest, T("this")) || text_equal(rest, T("@root"))) {
		path.root = text_equal(rest, T("@root"));
		*ret_path = path;
		return NULL;
	}
	if (text_starts_with(rest, T("@root."))) {
		path.root = true;
		rest = text_slice(rest, 6, rest.length);
	} else if (text_starts_with(rest, T("this."))) {
		rest = text_slice(rest, 5, rest.length);
	}
	while (text_cut(&rest, '.', &part)) {
		if (!is_name(part) || path.count == LIMIT_TEMPLATE_PATH)
			return template_fault(compiler, reader, at, "'%.*s' is no path", TEXT_ARG(source));
		path.parts[path.count++] = part;
	}
	if (path.count == 0)
		return template_fault(compiler, reader, at, "a path is missing");
	*ret_path = path;
	return NULL;
}

struct error *template_keep_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
                               const struct path **ret_path)
{
	struct path path;

	TRY(template_parse_path(compiler, reader, at, source, &path));
	*ret_path = arena_copy(compiler->arena, &path, sizeof(path));
	return NULL;
}

/* ---- tags ---- */

/* The next word of a tag: up to a blank, or a quoted literal (*ret_quoted). */
bool template_next_word(text *rest, text *ret_word, bool *ret_quoted)
{
	*rest = text_trim(*rest);
	if (rest->length == 0)
		return false;
	*ret_quoted = rest->data[0] == '"';
	if (*ret_quoted) {
		ptrdiff_t end = text_find_char(text_slice(*rest, 1, rest->length), '"');
		if (end < 0)
			return false;
		*ret_word = text_slice(*rest, 1, (size_t)end + 1);
		*rest = text_slice(*rest, (size_t)end + 2, rest->length);
		return true;
	}
	size_t length = 0;
	while (length < rest->length && rest->data[length] != ' ' && rest->data[length] != '\n' && rest->data[length] != '\t')
		length++;
	*ret_word = text_slice(*rest, 0, length);
	*rest = text_slice(*rest, length, rest->length);
	return true;
}

/* Block tags, comments and partials that stand alone on their line take the line with them. */
static bool stands_alone(const struct reader *reader, size_t from, size_t to, size_t *ret_from, size_t *ret_to)
{
	const char *source = reader->file.source.data;
	size_t length = reader->file.source.length;

	while (from > 0 && (source[from - 1] == ' ' || source[from - 1] == '\t'))
		from--;
	while (to < length && (source[to] == ' ' || source[to] == '\t' || source[to] == '\r'))
		to++;
	if ((from > 0 && source[from - 1] != '\n') || (to < length && source[to] != '\n'))
		return false;
	*ret_from = from;
	*ret_to = to < length ? to + 1 : to;
	return true;
}

/* Emits the text before the next tag; *ret_found false at the end. */
struct error *template_next_tag(struct compiler *compiler, struct reader *reader, struct tag *ret_tag, bool *ret_found)
{
	text rest = text_slice(reader->file.source, reader->at, reader->end);
	ptrdiff_t open = text_find(rest, T("{{"));

	*ret_found = open >= 0;
	if (open < 0) {
		size_t from = reader->at;
		reader->at = reader->end;
		return emit_text(compiler, reader, from, reader->end);
	}
	size_t at = reader->at + (size_t)open;
	text inside = text_slice(reader->file.source, at + 2, reader->end);
	if (text_starts_with(inside, T("{")))
		return template_fault(compiler, reader, at, "\"{{{\" does not exist: values are always escaped");
	ptrdiff_t close = text_find(inside, T("}}"));
	if (close < 0)
		return template_fault(compiler, reader, at, "\"{{\" without \"}}\"");
	size_t length = (size_t)close;
	*ret_tag = (struct tag){ .content = text_trim(text_slice(inside, 0, length)), .at = at };
	size_t from = at, to = at + 2 + length + 2;
	char first = ret_tag->content.length == 0 ? 0 : ret_tag->content.data[0];
	bool block = first != 0 && (strchr("#/!<>", first) != NULL || text_equal(ret_tag->content, T("else")));
	if (block && !stands_alone(reader, from, to, &from, &to))
		from = at;
	size_t text_from_here = reader->at;
	reader->at = minimum(to, reader->end);
	return emit_text(compiler, reader, text_from_here, maximum(from, text_from_here));
}
