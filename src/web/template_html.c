/*
 * A small HTML reader that goes along with the template compiler: only as much as is needed to know what a value must be escaped
 * for. Where it is unsure it says no; a refused template is a message at start, a wrong escape is a hole.
 */
#include "web/template_private.h"

static bool is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool is_name_char(char c)
{
	c = lower(c);
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == ':' || c == '.' || c == '@';
}

static void put(char *name, uint8_t *length, size_t size, char c)
{
	if (*length < size - 1)
		name[(*length)++] = lower(c);
}

static bool is(const char *name, uint8_t length, const char *wanted)
{
	return strlen(wanted) == length && memcmp(name, wanted, length) == 0;
}

static bool begins(const char *name, uint8_t length, const char *wanted)
{
	return strlen(wanted) <= length && memcmp(name, wanted, strlen(wanted)) == 0;
}

/* ---- attributes ---- */

static enum attribute_kind kind_of(const struct html *html)
{
	static const char *const urls[] = { "href", "src", "action", "formaction", "poster", "cite", "data", "ping", "manifest",
		                            "background", "longdesc", "hx-get", "hx-post", "hx-put", "hx-patch", "hx-delete",
		                            "hx-push-url", "hx-replace-url", "xlink:href" };
	static const char *const forbidden[] = { "style", "srcdoc", "srcset", "hx-vals", "hx-vars", "hx-headers", "imagesrcset" };

	for (size_t i = 0; i < array_length(urls); i++)
		if (is(html->name, html->name_length, urls[i]))
			return ATTRIBUTE_URL;
	for (size_t i = 0; i < array_length(forbidden); i++)
		if (is(html->name, html->name_length, forbidden[i]))
			return ATTRIBUTE_FORBIDDEN;
	if (begins(html->name, html->name_length, "on") || begins(html->name, html->name_length, "hx-on"))
		return ATTRIBUTE_FORBIDDEN;
	return ATTRIBUTE_PLAIN;
}

static const char *end_name(struct html *html)
{
	html->attribute = kind_of(html);
	if (is(html->name, html->name_length, "style"))
		return "style=\"\" is forbidden by the content security policy; use a class";
	if (begins(html->name, html->name_length, "on") || begins(html->name, html->name_length, "hx-on"))
		return "inline event handlers are forbidden by the content security policy";
	if (is(html->name, html->name_length, "srcdoc"))
		return "srcdoc=\"\" is forbidden";
	if (is(html->name, html->name_length, "src"))
		html->has_source = true;
	return NULL;
}

static void begin_value(struct html *html, enum html_state state)
{
	html->state = state;
	html->started = html->by_value = false;
	html->scheme_open = html->attribute == ATTRIBUTE_URL;
	html->value_length = 0;
}

static bool scheme_allowed(const struct html *html)
{
	static const char *const allowed[] = { "http", "https", "mailto", "tel" };

	for (size_t i = 0; i < array_length(allowed); i++)
		if (is(html->value, html->value_length, allowed[i]))
			return true;
	/* The CSP lets images of our own making through. */
	return is(html->value, html->value_length, "data") && is(html->tag, html->tag_length, "img");
}

static const char *feed_value(struct html *html, char c)
{
	html->started = true;
	if (html->scheme_open && c == ':') {
		html->scheme_open = false;
		if (html->by_value)
			return "a value may not be the scheme of a URL";
		if (!scheme_allowed(html))
			return "this scheme is not allowed in a URL";
	}
	if (html->scheme_open && (c == '/' || c == '?' || c == '#'))
		html->scheme_open = false;
	put(html->value, &html->value_length, sizeof(html->value), c);
	return NULL;
}

static void end_value(struct html *html)
{
	if (is(html->tag, html->tag_length, "script") && is(html->name, html->name_length, "type") &&
	    is(html->value, html->value_length, "application/json"))
		html->json_script = true;
	html->state = HTML_IN_TAG;
}

/* ---- tags ---- */

static const char *end_tag(struct html *html)
{
	bool closing = html->closing;

	html->glued = false;
	html->state = HTML_TEXT;
	html->end_length = 0;
	if (closing)
		return NULL;
	if (is(html->tag, html->tag_length, "style"))
		return "<style> is forbidden by the content security policy; use the stylesheet";
	if (is(html->tag, html->tag_length, "title") || is(html->tag, html->tag_length, "textarea"))
		html->state = HTML_RCDATA;
	else if (is(html->tag, html->tag_length, "script"))
		html->state = HTML_SCRIPT;
	return NULL;
}

static const char *feed_tag(struct html *html, char c)
{
	if (c == '>')
		return end_tag(html);
	if (is_space(c) || c == '/') {
		html->glued = false;
		return NULL;
	}
	if (!is_name_char(c))
		return "this character may not stand in a tag";
	if (html->glued)
		return "an attribute's name may not be put together from pieces";
	html->state = HTML_NAME;
	html->name_length = 0;
	put(html->name, &html->name_length, sizeof(html->name), c);
	return NULL;
}

static const char *feed_name(struct html *html, char c)
{
	if (is_name_char(c)) {
		put(html->name, &html->name_length, sizeof(html->name), c);
		return NULL;
	}
	const char *wrong = end_name(html);
	if (wrong != NULL)
		return wrong;
	if (c == '=') {
		html->state = HTML_BEFORE_VALUE;
		return NULL;
	}
	html->state = HTML_IN_TAG;
	return feed_tag(html, c);
}

static const char *feed_open(struct html *html, char c)
{
	if (c == '/' && !html->closing) {
		html->closing = true;
		return NULL;
	}
	if (c == '!' || c == '?') {
		html->state = HTML_DECLARATION;
		html->dashes = 0;
		return NULL;
	}
	if (!((lower(c) >= 'a' && lower(c) <= 'z')))
		return "a \"<\" that opens no tag; write &lt;";
	html->state = HTML_TAG_NAME;
	html->tag_length = 0;
	html->json_script = html->has_source = false;
	put(html->tag, &html->tag_length, sizeof(html->tag), c);
	return NULL;
}

/* Inside <script>, <title>, <textarea>: only its own end tag ends it. */
static const char *feed_raw(struct html *html, char c)
{
	if (html->end_length == 0 && c == '<') {
		html->end[html->end_length++] = c;
		return NULL;
	}
	if (html->end_length > 0) {
		char wanted = html->end_length == 1 ? '/' :
		              html->end_length - 2 < html->tag_length ? html->tag[html->end_length - 2] : '>';
		if (html->end_length - 2 == html->tag_length && html->end_length >= 2 && c == '>') {
			html->state = HTML_TEXT;
			html->end_length = 0;
			return NULL;
		}
		if (lower(c) == wanted && html->end_length < sizeof(html->end)) {
			html->end[html->end_length++] = c;
			return NULL;
		}
		html->end_length = 0;
	}
	if (html->state == HTML_SCRIPT && !html->json_script && !is_space(c))
		return "inline scripts are forbidden by the content security policy";
	return NULL;
}

static const char *feed_declaration(struct html *html, char c)
{
	if (c == '-' && html->dashes < 2) {
		if (++html->dashes == 2) {
			html->state = HTML_COMMENT;
			html->dashes = 0;
		}
	} else if (c == '>') {
		html->state = HTML_TEXT;
	} else {
		html->dashes = 3;
	}
	return NULL;
}

static const char *feed(struct html *html, char c)
{
	switch (html->state) {
	case HTML_TEXT:
		if (c == '<') {
			html->state = HTML_TAG_OPEN;
			html->closing = false;
		}
		return NULL;
	case HTML_TAG_OPEN:
		return feed_open(html, c);
	case HTML_TAG_NAME:
		if (is_name_char(c)) {
			put(html->tag, &html->tag_length, sizeof(html->tag), c);
			return NULL;
		}
		html->state = HTML_IN_TAG;
		return feed_tag(html, c);
	case HTML_IN_TAG:
		return feed_tag(html, c);
	case HTML_NAME:
		return feed_name(html, c);
	case HTML_BEFORE_VALUE:
		if (c == '"' || c == '\'')
			begin_value(html, c == '"' ? HTML_DOUBLE : HTML_SINGLE);
		else if (is_space(c) || c == '>')
			return "an attribute without its value";
		else {
			begin_value(html, HTML_UNQUOTED);
			return feed_value(html, c);
		}
		return NULL;
	case HTML_DOUBLE:
	case HTML_SINGLE:
		if (c == (html->state == HTML_DOUBLE ? '"' : '\'')) {
			end_value(html);
			return NULL;
		}
		return feed_value(html, c);
	case HTML_UNQUOTED:
		if (is_space(c) || c == '>') {
			end_value(html);
			return feed_tag(html, c);
		}
		return feed_value(html, c);
	case HTML_DECLARATION:
		return feed_declaration(html, c);
	case HTML_COMMENT:
		if (c == '>' && html->dashes >= 2)
			html->state = HTML_TEXT;
		html->dashes = c == '-' ? (uint8_t)minimum(html->dashes + 1, 2) : 0;
		return NULL;
	case HTML_RCDATA:
	case HTML_SCRIPT:
	case HTML_STYLE:
		return feed_raw(html, c);
	}
	return NULL;
}

const char *html_feed(struct html *html, text source, size_t *ret_position)
{
	for (size_t i = 0; i < source.length; i++) {
		const char *wrong = feed(html, source.data[i]);
		if (wrong != NULL) {
			*ret_position = i;
			return wrong;
		}
	}
	return NULL;
}

const char *html_boundary(struct html *html)
{
	if (html->state != HTML_NAME)
		return NULL;
	html->state = HTML_IN_TAG;
	html->glued = true;
	return end_name(html);
}

/* ---- values ---- */

enum context html_context(const struct html *html)
{
	switch (html->state) {
	case HTML_TEXT:
		return CONTEXT_TEXT;
	case HTML_RCDATA:
		return html->end_length == 0 ? CONTEXT_ESCAPED : CONTEXT_NONE;
	case HTML_DOUBLE:
	case HTML_SINGLE:
		if (html->attribute == ATTRIBUTE_FORBIDDEN)
			return CONTEXT_NONE;
		if (html->attribute == ATTRIBUTE_PLAIN)
			return CONTEXT_ESCAPED;
		return html->started ? CONTEXT_URL_PART : CONTEXT_URL;
	case HTML_SCRIPT:
		return html->json_script && html->end_length == 0 ? CONTEXT_JSON : CONTEXT_NONE;
	case HTML_TAG_OPEN:
	case HTML_TAG_NAME:
	case HTML_IN_TAG:
	case HTML_NAME:
	case HTML_BEFORE_VALUE:
	case HTML_UNQUOTED:
	case HTML_DECLARATION:
	case HTML_COMMENT:
	case HTML_STYLE:
		return CONTEXT_NONE;
	}
	return CONTEXT_NONE;
}

void html_value(struct html *html)
{
	if (html->state == HTML_DOUBLE || html->state == HTML_SINGLE) {
		if (!html->started)
			html->by_value = true;
		html->started = true;
		put(html->value, &html->value_length, sizeof(html->value), '?');
	}
}

bool html_same(const struct html *a, const struct html *b)
{
	if (a->state != b->state)
		return false;
	switch (a->state) {
	case HTML_TEXT:
	case HTML_COMMENT:
	case HTML_DECLARATION:
		return true;
	case HTML_DOUBLE:
	case HTML_SINGLE:
		return a->attribute == b->attribute && (a->attribute != ATTRIBUTE_URL || a->started == b->started);
	case HTML_IN_TAG:
	case HTML_RCDATA:
	case HTML_SCRIPT:
	case HTML_STYLE:
		return is(a->tag, a->tag_length, "") || (a->tag_length == b->tag_length &&
		       memcmp(a->tag, b->tag, a->tag_length) == 0);
	case HTML_TAG_OPEN:
	case HTML_TAG_NAME:
	case HTML_NAME:
	case HTML_BEFORE_VALUE:
	case HTML_UNQUOTED:
		return false;
	}
	return false;
}

const char *html_where(const struct html *html)
{
	switch (html->state) {
	case HTML_TEXT:
		return "in text";
	case HTML_TAG_OPEN:
	case HTML_TAG_NAME:
		return "in a tag's name";
	case HTML_IN_TAG:
		return "between attributes";
	case HTML_NAME:
		return "in an attribute's name";
	case HTML_BEFORE_VALUE:
	case HTML_UNQUOTED:
		return "in an unquoted attribute; put quotes around it";
	case HTML_DOUBLE:
	case HTML_SINGLE:
		return "in this attribute";
	case HTML_DECLARATION:
	case HTML_COMMENT:
		return "in a comment or declaration";
	case HTML_RCDATA:
		return "in a title or textarea";
	case HTML_SCRIPT:
		return "in a script; use {{json path}} in <script type=\"application/json\">";
	case HTML_STYLE:
		return "in a style";
	}
	return "here";
}
