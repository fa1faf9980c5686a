/*
 * Markdown of people to HTML that is safe to show: cmark-gfm without raw HTML and without dangerous links. The only maker of
 * VALUE_HTML for people's text.
 */
#include "web/server.h"

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>
#include <pthread.h>

/*
 * cmark-gfm 0.29.0.gfm.6 takes quadratic time on long runs of some marks (CVE-2023-22483 to -22486). Texts of people have
 * some dozens of marks; one with thousands is shown as it was typed.
 */
#define LIMIT_MARKS 2000

#define OPTIONS (CMARK_OPT_HARDBREAKS | CMARK_OPT_VALIDATE_UTF8)

/* The library keeps a list of extensions for the whole process: filled once. */
static void register_extensions(void)
{
	cmark_gfm_core_extensions_ensure_registered();
}

static bool has_too_many_marks(text source)
{
	size_t marks = 0;

	for (size_t i = 0; i < source.length; i++)
		marks += source.data[i] != 0 && strchr("[]!*_~|`<>\\&:", source.data[i]) != NULL;
	return marks > LIMIT_MARKS;
}

static text plain(struct arena *arena, text source)
{
	struct buffer out;

	buffer_init(&out, arena, SIZE_MAX);
	buffer_literal(&out, "<p>");
	for (size_t i = 0; i < source.length; i++) {
		switch (source.data[i]) {
		case '&':
			buffer_literal(&out, "&amp;");
			break;
		case '<':
			buffer_literal(&out, "&lt;");
			break;
		case '>':
			buffer_literal(&out, "&gt;");
			break;
		case '"':
			buffer_literal(&out, "&quot;");
			break;
		case '\n':
			buffer_literal(&out, "<br />\n");
			break;
		default:
			buffer_char(&out, source.data[i]);
		}
	}
	buffer_literal(&out, "</p>\n");
	return buffer_peek(&out);
}

/* Images from elsewhere would tell their host who reads what: they become links. */
static void replace_images(struct arena *arena, cmark_node *tree)
{
	cmark_iter *nodes = cmark_iter_new(tree);
	cmark_event_type event;

	while ((event = cmark_iter_next(nodes)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(nodes);
		const char *url = cmark_node_get_type(node) == CMARK_NODE_IMAGE ? cmark_node_get_url(node) : NULL;
		if (event != CMARK_EVENT_EXIT || url == NULL || (url[0] == '/' && url[1] != '/'))
			continue;
		const char *kept = text_cstring(arena, text_from(url));
		if (cmark_node_set_type(node, CMARK_NODE_LINK) != 0)
			(void)cmark_node_set_url(node, kept);
	}
	cmark_iter_free(nodes);
}

/* One line of text and one break after another, before `place` or (of a block) as children of a paragraph there. */
static void add_lines(cmark_node *paragraph, cmark_node *place, text lines)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	text line;

	for (bool first = true; text_cut(&lines, '\n', &line); first = false) {
		cmark_node *words = cmark_node_new(CMARK_NODE_TEXT), *end = first ? NULL : cmark_node_new(CMARK_NODE_LINEBREAK);
		(void)cmark_node_set_literal(words, text_cstring(arena, line));
		if (end != NULL)
			(void)(paragraph == NULL ? cmark_node_insert_before(place, end) : cmark_node_append_child(paragraph, end));
		(void)(paragraph == NULL ? cmark_node_insert_before(place, words) : cmark_node_append_child(paragraph, words));
	}
	arena_free(arena);
}

/* What looks like HTML is what somebody typed or pasted ("<server name>"): shown as typed, never left out, never run. */
static void show_html(cmark_node *tree)
{
	cmark_iter *nodes = cmark_iter_new(tree);
	cmark_event_type event;

	while ((event = cmark_iter_next(nodes)) != CMARK_EVENT_DONE) {
		cmark_node *node = cmark_iter_get_node(nodes), *paragraph = NULL;
		bool block = cmark_node_get_type(node) == CMARK_NODE_HTML_BLOCK;
		if (!block && cmark_node_get_type(node) != CMARK_NODE_HTML_INLINE)
			continue;
		if (block) {
			paragraph = cmark_node_new(CMARK_NODE_PARAGRAPH);
			(void)cmark_node_insert_before(node, paragraph);
		}
		add_lines(paragraph, node, text_trim(text_from(cmark_node_get_literal(node))));
		cmark_node_unlink(node);
		cmark_node_free(node);
	}
	cmark_iter_free(nodes);
}

/* In cmark's output "<a " only ever begins a link: people's "<" are escaped. */
static text mark_links(struct arena *arena, text html)
{
	struct buffer out;
	ptrdiff_t at;

	buffer_init(&out, arena, SIZE_MAX);
	while ((at = text_find(html, T("<a href="))) >= 0) {
		buffer_text(&out, text_slice(html, 0, (size_t)at));
		buffer_literal(&out, "<a rel=\"nofollow noopener noreferrer\" href=");
		html = text_slice(html, (size_t)at + 8, html.length);
	}
	buffer_text(&out, html);
	return buffer_peek(&out);
}

static void attach(cmark_parser *parser, const char *name)
{
	cmark_syntax_extension *extension = cmark_find_syntax_extension(name);

	if (extension != NULL)
		(void)cmark_parser_attach_syntax_extension(parser, extension);
}

static struct value *render(struct arena *arena, text source, int options)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	(void)pthread_once(&once, register_extensions);
	cmark_parser *parser = cmark_parser_new(options);
	attach(parser, "table");
	attach(parser, "strikethrough");
	attach(parser, "autolink");
	cmark_parser_feed(parser, source.data, source.length);
	cmark_node *tree = cmark_parser_finish(parser);
	replace_images(arena, tree);
	show_html(tree);
	char *html = cmark_render_html(tree, options, cmark_parser_get_syntax_extensions(parser));
	text marked = mark_links(arena, text_from(html));
	cmark_get_default_mem_allocator()->free(html);
	cmark_node_free(tree);
	cmark_parser_free(parser);
	return value_html(arena, marked);
}

struct value *markdown_html(struct arena *arena, text source)
{
	if (!text_is_set(source))
		return value_null(arena);
	if (has_too_many_marks(source))
		return value_html(arena, plain(arena, source));
	return render(arena, source, OPTIONS);
}

struct value *markdown_guide_html(struct arena *arena, text source)
{
	return render(arena, source, OPTIONS & ~CMARK_OPT_HARDBREAKS);
}
