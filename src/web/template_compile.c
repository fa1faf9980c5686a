/*
 * From template sources to programs. Partials and the blocks of layouts are compiled in place, so that each value's context is
 * known exactly where it stands; a page is one flat program without calls.
 */
#include "web/template_private.h"

#include <stdarg.h>
#include <stdio.h>

struct file {
	text name, source;
};

struct block { /* what a page puts into a layout's place */
	text name;
	struct file file;
	size_t from, to;
	bool used;
	struct block *next;
};

struct compiler {
	struct arena *arena;
	struct table *files; /* name -> struct file */
	text (*asset_url)(void *data, struct arena *arena, text name);
	void *data;
	struct program *program;
	struct html html;
	struct block *blocks;
	bool in_block;
	int depth;          /* of partials */
	int scopes;         /* of each, with and partials with a path */
};

struct reader {
	struct file file;
	size_t at, end;
};

enum stop { STOP_END, STOP_ELSE, STOP_CLOSE };

struct tag {
	text content;      /* between the braces, trimmed */
	size_t at;         /* of "{{" */
};

static struct error *fault(struct compiler *compiler, const struct reader *reader, size_t at, const char *format, ...)
	printf_like(4, 5);
static struct error *fault(struct compiler *compiler, const struct reader *reader, size_t at, const char *format, ...)
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

static struct op *emit(struct compiler *compiler, enum op_kind kind)
{
	struct program *program = compiler->program;

	arena_make_room(compiler->arena, program->ops, program->count, program->capacity);
	program->ops[program->count] = (struct op){ .kind = kind };
	return &program->ops[program->count++];
}

static uint32_t here(const struct compiler *compiler)
{
	return (uint32_t)compiler->program->count;
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
		return fault(compiler, reader, from + position, "%s", wrong);
	emit(compiler, OP_TEXT)->text = source;
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

static struct error *parse_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
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
			return fault(compiler, reader, at, "'%.*s' is no path", TEXT_ARG(source));
		path.parts[path.count++] = part;
	}
	if (path.count == 0)
		return fault(compiler, reader, at, "a path is missing");
	*ret_path = path;
	return NULL;
}

static struct error *keep_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
                               const struct path **ret_path)
{
	struct path path;

	TRY(parse_path(compiler, reader, at, source, &path));
	*ret_path = arena_copy(compiler->arena, &path, sizeof(path));
	return NULL;
}

/* ---- tags ---- */

/* The next word of a tag: up to a blank, or a quoted literal (*ret_quoted). */
static bool next_word(text *rest, text *ret_word, bool *ret_quoted)
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
static struct error *next_tag(struct compiler *compiler, struct reader *reader, struct tag *ret_tag, bool *ret_found)
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
		return fault(compiler, reader, at, "\"{{{\" does not exist: values are always escaped");
	ptrdiff_t close = text_find(inside, T("}}"));
	if (close < 0)
		return fault(compiler, reader, at, "\"{{\" without \"}}\"");
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

static struct error *compile_until(struct compiler *compiler, struct reader *reader, text closer, enum stop *ret_stop);

/* ---- values and words ---- */

static struct error *place_value(struct compiler *compiler, const struct reader *reader, size_t at, enum context *ret_context)
{
	enum context context = html_context(&compiler->html);

	if (context == CONTEXT_NONE || context == CONTEXT_JSON)
		return fault(compiler, reader, at, "a value may not stand %s", html_where(&compiler->html));
	html_value(&compiler->html);
	*ret_context = context;
	return NULL;
}

static struct error *compile_value(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	const struct path *path;
	enum context context;

	TRY(keep_path(compiler, reader, tag->at, source, &path));
	TRY(place_value(compiler, reader, tag->at, &context));
	struct op *op = emit(compiler, OP_VALUE);
	op->path = path;
	op->context = context;
	return NULL;
}

static struct error *compile_json(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	const struct path *path;

	TRY(keep_path(compiler, reader, tag->at, text_trim(source), &path));
	if (html_context(&compiler->html) != CONTEXT_JSON)
		return fault(compiler, reader, tag->at, "{{json path}} stands only in <script type=\"application/json\">");
	struct op *op = emit(compiler, OP_VALUE);
	op->path = path;
	op->context = CONTEXT_JSON;
	return NULL;
}

/* The {paths} of words, each once; `n` of a count is no path. */
static struct error *find_arguments(struct compiler *compiler, const struct reader *reader, size_t at, text words, bool is_count,
                                    struct op *op)
{
	text rest = words, part;
	size_t capacity = op->argument_count;

	while (text_cut(&rest, '{', &part) && text_is_set(rest)) {
		ptrdiff_t end = text_find_char(rest, '}');
		if (end < 0)
			return fault(compiler, reader, at, "words with \"{\" but without \"}\"");
		struct word_argument argument = { .name = text_slice(rest, 0, (size_t)end) };
		if (is_count && text_equal(argument.name, T("n")))
			continue;
		TRY(parse_path(compiler, reader, at, argument.name, &argument.path));
		arena_make_room(compiler->arena, op->arguments, op->argument_count, capacity);
		op->arguments[op->argument_count++] = argument;
	}
	return NULL;
}

static struct error *compile_words(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	struct op op = { .kind = OP_WORDS };
	text word;
	bool quoted;

	if (!next_word(&source, &word, &quoted))
		return fault(compiler, reader, tag->at, "{{_ \"words\"}} without its words");
	if (quoted) {
		op.text = word;
		TRY(find_arguments(compiler, reader, tag->at, word, false, &op));
	} else {
		op.kind = OP_WORDS_PATH;
		TRY(keep_path(compiler, reader, tag->at, word, &op.path));
	}
	if (text_trim(source).length > 0)
		return fault(compiler, reader, tag->at, "something stands behind the words");
	TRY(place_value(compiler, reader, tag->at, &op.context));
	*emit(compiler, op.kind) = op;
	return NULL;
}

static struct error *compile_count(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	struct op op = { .kind = OP_COUNT };
	text path, one, many;
	bool quoted_path, quoted_one, quoted_many;

	if (!next_word(&source, &path, &quoted_path) || !next_word(&source, &one, &quoted_one) ||
	    !next_word(&source, &many, &quoted_many) || quoted_path || !quoted_one || !quoted_many)
		return fault(compiler, reader, tag->at, "write {{_n path \"{n} thing\" \"{n} things\"}}");
	TRY(keep_path(compiler, reader, tag->at, path, &op.path));
	op.text = one;
	op.many = many;
	TRY(find_arguments(compiler, reader, tag->at, one, true, &op));
	TRY(find_arguments(compiler, reader, tag->at, many, true, &op));
	TRY(place_value(compiler, reader, tag->at, &op.context));
	*emit(compiler, OP_COUNT) = op;
	return NULL;
}

static struct error *compile_asset(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	text name, url;
	bool quoted;
	size_t position;

	if (!next_word(&source, &name, &quoted) || !quoted)
		return fault(compiler, reader, tag->at, "write {{asset \"dist/name.css\"}}");
	url = compiler->asset_url == NULL ? text_format(compiler->arena, "/assets/%.*s", TEXT_ARG(name)) :
	                                    compiler->asset_url(compiler->data, compiler->arena, name);
	if (!text_is_set(url))
		return fault(compiler, reader, tag->at, "no asset is named '%.*s'", TEXT_ARG(name));
	const char *wrong = html_feed(&compiler->html, url, &position);
	if (wrong != NULL)
		return fault(compiler, reader, tag->at, "%s", wrong);
	emit(compiler, OP_TEXT)->text = url;
	return NULL;
}

/* ---- blocks ---- */

static struct error *end_branch(struct compiler *compiler, const struct reader *reader, size_t at, const struct html *expected)
{
	const char *wrong = html_boundary(&compiler->html);

	if (wrong != NULL)
		return fault(compiler, reader, at, "%s", wrong);
	if (!html_same(expected, &compiler->html))
		return fault(compiler, reader, at, "this branch ends elsewhere in the HTML (%s) than it must (%s)",
		             html_where(&compiler->html), html_where(expected));
	return NULL;
}

/* The writer's scopes are an array: how deep they get is known here. */
static struct error *open_scope(struct compiler *compiler, const struct reader *reader, size_t at, bool opens)
{
	compiler->scopes += opens;
	if (compiler->scopes >= LIMIT_TEMPLATE_DEPTH)
		return fault(compiler, reader, at, "blocks are nested deeper than %d", LIMIT_TEMPLATE_DEPTH);
	return NULL;
}

/* The parts of an if, unless, is, with or each: the body, then perhaps {{else}}. */
static struct error *compile_body(struct compiler *compiler, struct reader *reader, const struct tag *tag, text closer,
                                  uint32_t opening, bool is_each, bool is_with)
{
	struct html before = compiler->html;
	enum stop stop;
	uint32_t over;

	TRY(open_scope(compiler, reader, tag->at, is_each || is_with));
	TRY(compile_until(compiler, reader, closer, &stop));
	compiler->scopes -= is_each || is_with;
	struct html first = compiler->html;
	if (is_each) {
		/* A loop may run any number of times: it must end where it began. */
		TRY(end_branch(compiler, reader, reader->at, &before));
		emit(compiler, OP_NEXT)->jump = opening + 1;
	} else if (is_with) {
		emit(compiler, OP_POP);
	}
	over = here(compiler);
	if (stop == STOP_ELSE)
		emit(compiler, OP_JUMP);
	compiler->program->ops[opening].jump = here(compiler);
	if (stop == STOP_CLOSE)
		return end_branch(compiler, reader, tag->at, &before);
	compiler->html = before;
	TRY(compile_until(compiler, reader, closer, &stop));
	if (stop != STOP_CLOSE)
		return fault(compiler, reader, reader->at, "a second {{else}}");
	compiler->program->ops[over].jump = here(compiler);
	struct html second = compiler->html;
	compiler->html = first;
	(void)html_boundary(&compiler->html);
	first = compiler->html;
	compiler->html = second;
	return end_branch(compiler, reader, reader->at, &first);
}

static struct error *compile_is(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text rest)
{
	struct op op = { .kind = OP_IS_TEXT };
	text left, right;
	bool quoted_left, quoted_right;

	if (!next_word(&rest, &left, &quoted_left) || quoted_left || !next_word(&rest, &right, &quoted_right) ||
	    text_trim(rest).length != 0)
		return fault(compiler, reader, tag->at, "write {{#is path \"literal\"}} or {{#is path path}}");
	TRY(keep_path(compiler, reader, tag->at, left, &op.path));
	if (quoted_right) {
		op.text = right;
	} else {
		op.kind = OP_IS_PATH;
		TRY(keep_path(compiler, reader, tag->at, right, &op.other));
	}
	*emit(compiler, op.kind) = op;
	return NULL;
}

static struct block *find_block(const struct compiler *compiler, text name)
{
	for (struct block *block = compiler->blocks; block != NULL; block = block->next)
		if (text_equal(block->name, name))
			return block;
	return NULL;
}

/* A place of a layout: the page's words for it, or its own. */
static struct error *compile_block(struct compiler *compiler, struct reader *reader, const struct tag *tag, text name)
{
	struct block *block = find_block(compiler, name);
	struct html before = compiler->html;
	size_t count = compiler->program->count;
	enum stop stop;

	if (compiler->in_block)
		return fault(compiler, reader, tag->at, "a block may not stand in a block");
	compiler->in_block = true;
	/* The default is compiled in any case: a mistake in it must not wait for a page that uses it. */
	TRY(compile_until(compiler, reader, T("block"), &stop));
	if (stop != STOP_CLOSE)
		return fault(compiler, reader, reader->at, "{{else}} in a block");
	if (block != NULL) {
		struct html after = compiler->html;
		struct reader inside = { .file = block->file, .at = block->from, .end = block->to };
		compiler->program->count = count;
		compiler->html = before;
		block->used = true;
		TRY(compile_until(compiler, &inside, TEXT_UNSET, &stop));
		TRY(end_branch(compiler, &inside, block->to, &after));
	}
	compiler->in_block = false;
	return NULL;
}

static struct error *compile_partial(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text rest)
{
	text name, path;
	bool quoted;
	enum stop stop;

	if (!next_word(&rest, &name, &quoted) || quoted)
		return fault(compiler, reader, tag->at, "write {{> name}} or {{> name path}}");
	const struct file *file = table_get(compiler->files, text_format(compiler->arena, "partials/%.*s", TEXT_ARG(name)));
	if (file == NULL)
		return fault(compiler, reader, tag->at, "there is no partial '%.*s'", TEXT_ARG(name));
	if (++compiler->depth > LIMIT_TEMPLATE_DEPTH)
		return fault(compiler, reader, tag->at, "partials contain each other");
	bool scoped = next_word(&rest, &path, &quoted);
	if (scoped) {
		const struct path *kept;
		TRY(keep_path(compiler, reader, tag->at, path, &kept));
		TRY(open_scope(compiler, reader, tag->at, true));
		emit(compiler, OP_SCOPE)->path = kept;
	}
	struct reader inside = { .file = *file, .end = file->source.length };
	/* The newline that ends every file is no part of the partial: it may stand in an attribute. */
	if (inside.end > 0 && file->source.data[inside.end - 1] == '\n')
		inside.end--;
	TRY(compile_until(compiler, &inside, TEXT_UNSET, &stop));
	const char *wrong = html_boundary(&compiler->html);
	if (wrong != NULL)
		return fault(compiler, &inside, inside.end, "%s", wrong);
	if (scoped) {
		emit(compiler, OP_POP);
		compiler->scopes--;
	}
	compiler->depth--;
	return NULL;
}

static struct error *compile_open(struct compiler *compiler, struct reader *reader, const struct tag *tag)
{
	text rest = text_slice(tag->content, 1, tag->content.length), word, path;
	bool quoted;
	static const struct { const char *name; enum op_kind kind; } simple[] = {
		{ "if", OP_IF }, { "unless", OP_UNLESS }, { "each", OP_EACH }, { "with", OP_WITH },
	};

	if (!next_word(&rest, &word, &quoted))
		return fault(compiler, reader, tag->at, "a block without a name");
	const char *wrong = html_boundary(&compiler->html);
	if (wrong != NULL)
		return fault(compiler, reader, tag->at, "%s", wrong);
	uint32_t opening = here(compiler);
	if (text_equal(word, T("is"))) {
		TRY(compile_is(compiler, reader, tag, rest));
		return compile_body(compiler, reader, tag, word, opening, false, false);
	}
	if (!next_word(&rest, &path, &quoted) || quoted || text_trim(rest).length != 0)
		return fault(compiler, reader, tag->at, "write {{#%.*s name}}", TEXT_ARG(word));
	if (text_equal(word, T("block")))
		return compile_block(compiler, reader, tag, path);
	for (size_t i = 0; i < array_length(simple); i++) {
		const struct path *kept;
		if (!text_equal(word, text_from(simple[i].name)))
			continue;
		TRY(keep_path(compiler, reader, tag->at, path, &kept));
		emit(compiler, simple[i].kind)->path = kept;
		return compile_body(compiler, reader, tag, word, opening, simple[i].kind == OP_EACH, simple[i].kind == OP_WITH);
	}
	return fault(compiler, reader, tag->at, "there is no block '%.*s'; there are if, unless, is, each, with, block",
	             TEXT_ARG(word));
}

/* ---- the whole ---- */

static struct error *compile_inline(struct compiler *compiler, const struct reader *reader, const struct tag *tag)
{
	text content = tag->content, word;
	text rest = content;
	bool quoted;

	if (!next_word(&rest, &word, &quoted) || quoted)
		return fault(compiler, reader, tag->at, "an empty tag");
	if (text_equal(word, T("_")))
		return compile_words(compiler, reader, tag, rest);
	if (text_equal(word, T("_n")))
		return compile_count(compiler, reader, tag, rest);
	if (text_equal(word, T("asset")))
		return compile_asset(compiler, reader, tag, rest);
	if (text_equal(word, T("json")))
		return compile_json(compiler, reader, tag, rest);
	if (text_trim(rest).length != 0)
		return fault(compiler, reader, tag->at, "there is no '%.*s' with arguments; there are _, _n, asset, json",
		             TEXT_ARG(word));
	return compile_value(compiler, reader, tag, word);
}

static struct error *compile_until(struct compiler *compiler, struct reader *reader, text closer, enum stop *ret_stop)
{
	struct tag tag;
	bool found;
	size_t begin = reader->at;

	while (true) {
		TRY(next_tag(compiler, reader, &tag, &found));
		if (!found) {
			*ret_stop = STOP_END;
			return text_is_set(closer) ? fault(compiler, reader, begin, "{{#%.*s}} is not closed", TEXT_ARG(closer)) : NULL;
		}
		text content = tag.content;
		char first = content.length == 0 ? 0 : content.data[0];
		if (first == '!')
			continue;
		if (first == '/' || text_equal(content, T("else"))) {
			text name = text_trim(text_slice(content, 1, content.length));
			*ret_stop = first == '/' ? STOP_CLOSE : STOP_ELSE;
			if (!text_is_set(closer) || (first == '/' && !text_equal(name, closer)))
				return fault(compiler, reader, tag.at, "{{%.*s}} closes nothing", TEXT_ARG(content));
			return NULL;
		}
		if (first == '<')
			return fault(compiler, reader, tag.at, "{{< layout}} must be the first thing of a file");
		if (first == '#')
			TRY(compile_open(compiler, reader, &tag));
		else if (first == '>')
			TRY(compile_partial(compiler, reader, &tag, text_slice(content, 1, content.length)));
		else
			TRY(compile_inline(compiler, reader, &tag));
	}
}

/* Cuts a page with a layout into its blocks. */
static struct error *read_blocks(struct compiler *compiler, struct reader *reader)
{
	text source = reader->file.source;

	while (true) {
		text rest = text_slice(source, reader->at, source.length);
		text before = text_trim(rest);
		size_t skip = (size_t)(before.length == 0 ? rest.length : (size_t)(before.data - rest.data));
		reader->at += skip;
		if (before.length == 0)
			return NULL;
		ptrdiff_t close = text_find(before, T("}}"));
		if (close >= 0 && text_starts_with(before, T("{{!"))) {
			reader->at += (size_t)close + 2;
			continue;
		}
		if (!text_starts_with(before, T("{{#block ")) || close < 0)
			return fault(compiler, reader, reader->at, "only {{#block name}} may stand here: the page has a layout");
		struct block *block = arena_new_struct(compiler->arena, struct block);
		size_t from = reader->at + (size_t)close + 2;
		ptrdiff_t end = text_find(text_slice(source, from, source.length), T("{{/block}}"));
		if (end < 0)
			return fault(compiler, reader, reader->at, "{{#block}} is not closed");
		*block = (struct block){ .name = text_trim(text_slice(before, 9, (size_t)close)), .file = reader->file,
			                 .from = from, .to = from + (size_t)end, .next = compiler->blocks };
		if (find_block(compiler, block->name) != NULL)
			return fault(compiler, reader, reader->at, "the block '%.*s' stands there twice", TEXT_ARG(block->name));
		compiler->blocks = block;
		reader->at = block->to + T("{{/block}}").length;
	}
}

static struct error *compile_program(struct compiler *compiler, const struct file *file)
{
	struct reader reader = { .file = *file, .end = file->source.length };
	text start = text_trim(file->source);
	enum stop stop;

	if (text_starts_with(start, T("{{<"))) {
		ptrdiff_t close = text_find(start, T("}}"));
		text name = text_trim(text_slice(start, 3, close < 0 ? 0 : (size_t)close));
		const struct file *layout =
			table_get(compiler->files, text_format(compiler->arena, "layouts/%.*s", TEXT_ARG(name)));
		if (layout == NULL)
			return fault(compiler, &reader, 0, "there is no layout '%.*s'", TEXT_ARG(name));
		reader.at = (size_t)(start.data - file->source.data) + (size_t)close + 2;
		TRY(read_blocks(compiler, &reader));
		reader = (struct reader){ .file = *layout, .end = layout->source.length };
	}
	TRY(compile_until(compiler, &reader, TEXT_UNSET, &stop));
	if (compiler->html.state != HTML_TEXT)
		return fault(compiler, &reader, reader.end, "the file ends %s", html_where(&compiler->html));
	for (const struct block *block = compiler->blocks; block != NULL; block = block->next)
		if (!block->used)
			return fault(compiler, &(struct reader){ .file = block->file }, block->from, "the layout has no block '%.*s'",
			             TEXT_ARG(block->name));
	emit(compiler, OP_END);
	return NULL;
}

static bool is_known(const struct error *errors, const struct error *error)
{
	for (; errors != NULL; errors = errors->next)
		if (text_equal(errors->place.file, error->place.file) && errors->place.line == error->place.line &&
		    errors->place.column == error->place.column)
			return true;
	return false;
}

struct error *template_compile(struct arena *arena, const struct template_source *sources, size_t count,
                               text (*asset_url)(void *data, struct arena *arena, text name), void *data,
                               struct template_set **ret_set)
{
	struct template_set *set = arena_new_struct(arena, struct template_set);
	struct table files;
	struct error *errors = NULL;

	table_init(&set->programs, arena);
	table_init(&files, arena);
	for (size_t i = 0; i < count; i++) {
		struct file *file = arena_new_struct(arena, struct file);
		*file = (struct file){ sources[i].name, sources[i].source };
		table_set(&files, sources[i].name, file);
	}
	for (size_t i = 0; i < count; i++) {
		if (text_starts_with(sources[i].name, T("partials/")) || text_starts_with(sources[i].name, T("layouts/")))
			continue;
		struct program *program = arena_new_struct(arena, struct program);
		struct compiler compiler = { .arena = arena, .files = &files, .asset_url = asset_url, .data = data,
			                     .program = program };
		program->name = sources[i].name;
		struct error *error = compile_program(&compiler, table_get(&files, sources[i].name));
		/* A mistake in a partial is met by every page that holds it. */
		if (error != NULL && !is_known(errors, error))
			errors = error_append(errors, error);
		table_set(&set->programs, sources[i].name, program);
	}
	*ret_set = set;
	return errors;
}

bool template_has(const struct template_set *set, text name)
{
	return table_get(&set->programs, name) != NULL;
}
