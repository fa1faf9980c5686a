/* Inside the template engine: the program that the compiler makes and the writer runs, and where in the HTML a value stands. */
#ifndef REEVE_WEB_TEMPLATE_PRIVATE_H
#define REEVE_WEB_TEMPLATE_PRIVATE_H

#include "base/arena.h"
#include "base/table.h"
#include "web/template.h"

/* ---- where in the HTML we are (template_html.c) ---- */

enum html_state {
	HTML_TEXT,
	HTML_TAG_OPEN,     /* behind "<" */
	HTML_TAG_NAME,
	HTML_IN_TAG,       /* between attributes */
	HTML_NAME,         /* in an attribute's name */
	HTML_BEFORE_VALUE, /* behind "=" */
	HTML_DOUBLE, HTML_SINGLE, HTML_UNQUOTED,
	HTML_DECLARATION,  /* <!doctype ...> */
	HTML_COMMENT,
	HTML_RCDATA,       /* inside <title>, <textarea> */
	HTML_SCRIPT,       /* inside <script> */
	HTML_STYLE,
};

enum attribute_kind { ATTRIBUTE_PLAIN, ATTRIBUTE_URL, ATTRIBUTE_FORBIDDEN };

struct html {
	enum html_state state;
	enum attribute_kind attribute;
	bool closing;            /* an end tag */
	bool started;            /* URL attribute: something stands in the value already */
	bool scheme_open;        /* URL attribute: a ":" would still end a scheme */
	bool by_value;           /* URL attribute: a value stands at its beginning */
	bool json_script, has_source;
	bool glued;              /* an attribute's name ended at a block tag: blank must follow */
	uint8_t dashes;          /* seen of "-->" */
	char tag[24], name[32], value[32];
	uint8_t tag_length, name_length, value_length;
	char end[16];            /* seen of "</script" */
	uint8_t end_length;
};

/* Goes through static text; the message of what is wrong, or NULL. *ret_position: where. */
const char *html_feed(struct html *html, text source, size_t *ret_position);

/* A block tag stands here: an attribute without a value ends. NULL or what is wrong. */
const char *html_boundary(struct html *html);

enum context { CONTEXT_NONE, CONTEXT_TEXT, CONTEXT_ESCAPED, CONTEXT_URL, CONTEXT_URL_PART, CONTEXT_JSON };
/* What a value here must be escaped for; CONTEXT_NONE: not allowed here. */
enum context html_context(const struct html *html);
/* A value was written here. */
void html_value(struct html *html);
/* Whether two branches may end in these. */
bool html_same(const struct html *a, const struct html *b);
const char *html_where(const struct html *html);

/* ---- the program ---- */

enum special { SPECIAL_NONE, SPECIAL_INDEX, SPECIAL_NUMBER, SPECIAL_FIRST, SPECIAL_LAST, SPECIAL_KEY };

struct path {
	uint8_t up;
	bool root;
	enum special special;
	uint8_t count;
	text parts[LIMIT_TEMPLATE_PATH];
};

struct word_argument {
	text name;  /* as it stands between the braces */
	struct path path;
};

enum op_kind {
	OP_TEXT, OP_VALUE,
	OP_IF, OP_UNLESS, OP_IS_TEXT, OP_IS_PATH, /* jump when not */
	OP_EACH,   /* push the first item, or jump */
	OP_NEXT,   /* next item and back to jump, or pop and go on */
	OP_WITH,   /* push, or jump when not true */
	OP_SCOPE,  /* push always: a partial with a path */
	OP_POP, OP_JUMP, OP_WORDS, OP_WORDS_PATH, OP_COUNT, OP_END
};

struct op {
	enum op_kind kind;
	enum context context;
	uint32_t jump;
	text text;            /* static text, literal, words */
	const struct path *path;
	union {
		const struct path *other;  /* OP_IS_PATH */
		struct {
			text many;             /* OP_COUNT */
			struct word_argument *arguments;
			size_t argument_count;
		};
	};
};

struct program {
	text name;
	struct op *ops;
	size_t count, capacity;
};

struct template_set {
	struct table programs;
};

#endif
