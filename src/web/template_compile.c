/*
 * From template sources to programs. Partials and the blocks of layouts are compiled in place, so that each value's context is
 * known exactly where it stands; a page is one flat program without calls.
 */
#include "web/template_read_private.h"

static uint32_t here(const struct compiler *compiler)
{
	return (uint32_t)compiler->program->count;
}

static struct error *compile_until(struct compiler *compiler, struct reader *reader, text closer, enum stop *ret_stop);

/* ---- values and words ---- */

static struct error *place_value(struct compiler *compiler, const struct reader *reader, size_t at, enum context *ret_context)
{
	enum context context = html_context(&compiler->html);

	if (context == CONTEXT_NONE || context == CONTEXT_JSON)
		return template_fault(compiler, reader, at, "a value may not stand %s", html_where(&compiler->html));
	html_value(&compiler->html);
	*ret_context = context;
	return NULL;
}

static struct error *compile_value(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	const struct path *path;
	enum context context = CONTEXT_NONE;

	TRY(template_keep_path(compiler, reader, tag->at, source, &path));
	TRY(place_value(compiler, reader, tag->at, &context));
	struct op *op = template_emit(compiler, OP_VALUE);
	op->path = path;
	op->context = context;
	return NULL;
}

static struct error *compile_json(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	const struct path *path;

	TRY(template_keep_path(compiler, reader, tag->at, text_trim(source), &path));
	if (html_context(&compiler->html) != CONTEXT_JSON)
		return template_fault(compiler, reader, tag->at, "{{json path}} stands only in <script type=\"application/json\">");
	struct op *op = template_emit(compiler, OP_VALUE);
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
			return template_fault(compiler, reader, at, "words with \"{\" but without \"}\"");
		struct word_argument argument = { .name = text_slice(rest, 0, (size_t)end) };
		if (is_count && text_equal(argument.name, T("n")))
			continue;
		TRY(template_parse_path(compiler, reader, at, argument.name, &argument.path));
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

	if (!template_next_word(&source, &word, &quoted))
		return template_fault(compiler, reader, tag->at, "{{_ \"words\"}} without its words");
	if (quoted) {
		op.text = word;
		TRY(find_arguments(compiler, reader, tag->at, word, false, &op));
	} else {
		op.kind = OP_WORDS_PATH;
		TRY(template_keep_path(compiler, reader, tag->at, word, &op.path));
	}
	if (text_trim(source).length > 0)
		return template_fault(compiler, reader, tag->at, "something stands behind the words");
	TRY(place_value(compiler, reader, tag->at, &op.context));
	*template_emit(compiler, op.kind) = op;
	return NULL;
}

static struct error *compile_count(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	struct op op = { .kind = OP_COUNT };
	text path, one, many;
	bool quoted_path, quoted_one, quoted_many;

	if (!template_next_word(&source, &path, &quoted_path) || !template_next_word(&source, &one, &quoted_one) ||
	    !template_next_word(&source, &many, &quoted_many) || quoted_path || !quoted_one || !quoted_many)
		return template_fault(compiler, reader, tag->at, "write {{_n path \"{n} thing\" \"{n} things\"}}");
	TRY(template_keep_path(compiler, reader, tag->at, path, &op.path));
	op.text = one;
	op.many = many;
	TRY(find_arguments(compiler, reader, tag->at, one, true, &op));
	TRY(find_arguments(compiler, reader, tag->at, many, true, &op));
	TRY(place_value(compiler, reader, tag->at, &op.context));
	*template_emit(compiler, OP_COUNT) = op;
	return NULL;
}

static struct error *compile_asset(struct compiler *compiler, const struct reader *reader, const struct tag *tag, text source)
{
	text name, url;
	bool quoted;
	size_t position;

	if (!template_next_word(&source, &name, &quoted) || !quoted)
		return template_fault(compiler, reader, tag->at, "write {{asset \"dist/name.css\"}}");
	url = compiler->asset_url == NULL ? text_format(compiler->arena, "/assets/%.*s", TEXT_ARG(name)) :
	                                    compiler->asset_url(compiler->data, compiler->arena, name);
	if (!text_is_set(url))
		return template_fault(compiler, reader, tag->at, "no asset is named '%.*s'", TEXT_ARG(name));
	const char *wrong = html_feed(&compiler->html, url, &position);
	if (wrong != NULL)
		return template_fault(compiler, reader, tag->at, "%s", wrong);
	template_emit(compiler, OP_TEXT)->text = url;
	return NULL;
}

/* ---- blocks ---- */

static struct error *end_branch(struct compiler *compiler, const struct reader *reader, size_t at, const struct html *expected)
{
	const char *wrong = html_boundary(&compiler->html);

	if (wrong != NULL)
		return template_fault(compiler, reader, at, "%s", wrong);
	if (!html_same(expected, &compiler->html))
		return template_fault(compiler, reader, at, "this branch ends elsewhere in the HTML (%s) than it must (%s)",
		             html_where(&compiler->html), html_where(expected));
	return NULL;
}

/* The writer's scopes are an array: how deep they get is known here. */
static struct error *open_scope(struct compiler *compiler, const struct reader *reader, size_t at, bool opens)
{
	compiler->scopes += opens;
	if (compiler->scopes >= LIMIT_TEMPLATE_DEPTH)
		return template_fault(compiler, reader, at, "blocks are nested deeper than %d", LIMIT_TEMPLATE_DEPTH);
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
		template_emit(compiler, OP_NEXT)->jump = opening + 1;
	} else if (is_with) {
		template_emit(compiler, OP_POP);
	}
	over = here(compiler);
	if (stop == STOP_ELSE)
		template_emit(compiler, OP_JUMP);
	compiler->program->ops[opening].jump = here(compiler);
	if (stop == STOP_CLOSE)
		return end_branch(compiler, reader, tag->at, &before);
	compiler->html = before;
	TRY(compile_until(compiler, reader, closer, &stop));
	if (stop != STOP_CLOSE)
		return template_fault(compiler, reader, reader->at, "a second {{else}}");
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

	if (!template_next_word(&rest, &left, &quoted_left) || quoted_left || !template_next_word(&rest, &right, &quoted_right) ||
	    text_trim(rest).length != 0)
		return template_fault(compiler, reader, tag->at, "write {{#is path \"literal\"}} or {{#is path path}}");
	TRY(template_keep_path(compiler, reader, tag->at, left, &op.path));
	if (quoted_right) {
		op.text = right;
	} else {
		op.kind = OP_IS_PATH;
		TRY(template_keep_path(compiler, reader, tag->at, right, &op.other));
	}
	*template_emit(compiler, op.kind) = op;
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
		return template_fault(compiler, reader, tag->at, "a block may not stand in a block");
	compiler->in_block = true;
	/* The default is compiled in any case: a mistake in it must not wait for a page that uses it. */
	TRY(compile_until(compiler, reader, T("block"), &stop));
	if (stop != STOP_CLOSE)
		return template_fault(compiler, reader, reader->at, "{{else}} in a block");
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

	if (!template_next_word(&rest, &name, &quoted) || quoted)
		return template_fault(compiler, reader, tag->at, "write {{> name}} or {{> name path}}");
	const struct file *file = table_get(compiler->files, text_format(compiler->arena, "partials/%.*s", TEXT_ARG(name)));
	if (file == NULL)
		return template_fault(compiler, reader, tag->at, "there is no partial '%.*s'", TEXT_ARG(name));
	if (++compiler->depth > LIMIT_TEMPLATE_DEPTH)
		return template_fault(compiler, reader, tag->at, "partials contain each other");
	bool scoped = template_next_word(&rest, &path, &quoted);
	if (scoped) {
		const struct path *kept;
		TRY(template_keep_path(compiler, reader, tag->at, path, &kept));
		TRY(open_scope(compiler, reader, tag->at, true));
		template_emit(compiler, OP_SCOPE)->path = kept;
	}
	struct reader inside = { .file = *file, .end = file->source.length };
	/* The newline that ends every file is no part of the partial: it may stand in an attribute. */
	if (inside.end > 0 && file->source.data[inside.end - 1] == '\n')
		inside.end--;
	TRY(compile_until(compiler, &inside, TEXT_UNSET, &stop));
	const char *wrong = html_boundary(&compiler->html);
	if (wrong != NULL)
		return template_fault(compiler, &inside, inside.end, "%s", wrong);
	if (scoped) {
		template_emit(compiler, OP_POP);
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

	if (!template_next_word(&rest, &word, &quoted))
		return template_fault(compiler, reader, tag->at, "a block without a name");
	const char *wrong = html_boundary(&compiler->html);
	if (wrong != NULL)
		return template_fault(compiler, reader, tag->at, "%s", wrong);
	uint32_t opening = here(compiler);
	if (text_equal(word, T("is"))) {
		TRY(compile_is(compiler, reader, tag, rest));
		return compile_body(compiler, reader, tag, word, opening, false, false);
	}
	if (!template_next_word(&rest, &path, &quoted) || quoted || text_trim(rest).length != 0)
		return template_fault(compiler, reader, tag->at, "write {{#%.*s name}}", TEXT_ARG(word));
	if (text_equal(word, T("block")))
		return compile_block(compiler, reader, tag, path);
	for (size_t i = 0; i < array_length(simple); i++) {
		const struct path *kept;
		if (!text_equal(word, text_from(simple[i].name)))
			continue;
		TRY(template_keep_path(compiler, reader, tag->at, path, &kept));
		template_emit(compiler, simple[i].kind)->path = kept;
		return compile_body(compiler, reader, tag, word, opening, simple[i].kind == OP_EACH, simple[i].kind == OP_WITH);
	}
	return template_fault(compiler, reader, tag->at, "there is no block '%.*s'; there are if, unless, is, each, with, block",
	             TEXT_ARG(word));
}

/* ---- the whole ---- */

static struct error *compile_inline(struct compiler *compiler, const struct reader *reader, const struct tag *tag)
{
	text content = tag->content, word;
	text rest = content;
	bool quoted;

	if (!template_next_word(&rest, &word, &quoted) || quoted)
		return template_fault(compiler, reader, tag->at, "an empty tag");
	if (text_equal(word, T("_")))
		return compile_words(compiler, reader, tag, rest);
	if (text_equal(word, T("_n")))
		return compile_count(compiler, reader, tag, rest);
	if (text_equal(word, T("asset")))
		return compile_asset(compiler, reader, tag, rest);
	if (text_equal(word, T("json")))
		return compile_json(compiler, reader, tag, rest);
	if (text_trim(rest).length != 0)
		return template_fault(compiler, reader, tag->at, "there is no '%.*s' with arguments; there are _, _n, asset, json",
		             TEXT_ARG(word));
	return compile_value(compiler, reader, tag, word);
}

static struct error *compile_until(struct compiler *compiler, struct reader *reader, text closer, enum stop *ret_stop)
{
	struct tag tag;
	bool found;
	size_t begin = reader->at;

	while (true) {
		TRY(template_next_tag(compiler, reader, &tag, &found));
		if (!found) {
			*ret_stop = STOP_END;
			return text_is_set(closer) ? template_fault(compiler, reader, begin, "{{#%.*s}} is not closed", TEXT_ARG(closer)) : NULL;
		}
		text content = tag.content;
		char first = content.length == 0 ? 0 : content.data[0];
		if (first == '!')
			continue;
		if (first == '/' || text_equal(content, T("else"))) {
			text name = text_trim(text_slice(content, 1, content.length));
			*ret_stop = first == '/' ? STOP_CLOSE : STOP_ELSE;
			if (!text_is_set(closer) || (first == '/' && !text_equal(name, closer)))
				return template_fault(compiler, reader, tag.at, "{{%.*s}} closes nothing", TEXT_ARG(content));
			return NULL;
		}
		if (first == '<')
			return template_fault(compiler, reader, tag.at, "{{< layout}} must be the first thing of a file");
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
			return template_fault(compiler, reader, reader->at, "only {{#block name}} may stand here: the page has a layout");
		struct block *block = arena_new_struct(compiler->arena, struct block);
		size_t from = reader->at + (size_t)close + 2;
		ptrdiff_t end = text_find(text_slice(source, from, source.length), T("{{/block}}"));
		if (end < 0)
			return template_fault(compiler, reader, reader->at, "{{#block}} is not closed");
		*block = (struct block){ .name = text_trim(text_slice(before, 9, (size_t)close)), .file = reader->file,
			                 .from = from, .to = from + (size_t)end, .next = compiler->blocks };
		if (find_block(compiler, block->name) != NULL)
			return template_fault(compiler, reader, reader->at, "the block '%.*s' stands there twice", TEXT_ARG(block->name));
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
			return template_fault(compiler, &reader, 0, "there is no layout '%.*s'", TEXT_ARG(name));
		reader.at = (size_t)(start.data - file->source.data) + (size_t)close + 2;
		TRY(read_blocks(compiler, &reader));
		reader = (struct reader){ .file = *layout, .end = layout->source.length };
	}
	TRY(compile_until(compiler, &reader, TEXT_UNSET, &stop));
	if (compiler->html.state != HTML_TEXT)
		return template_fault(compiler, &reader, reader.end, "the file ends %s", html_where(&compiler->html));
	for (const struct block *block = compiler->blocks; block != NULL; block = block->next)
		if (!block->used)
			return template_fault(compiler, &(struct reader){ .file = block->file }, block->from, "the layout has no block '%.*s'",
			             TEXT_ARG(block->name));
	template_emit(compiler, OP_END);
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
