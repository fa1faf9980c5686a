/*
 * Inside the template compiler: what it keeps while it compiles one page, and its reader of tags, paths and quoted words
 * (template_read.c).
 */
#ifndef REEVE_WEB_TEMPLATE_READ_PRIVATE_H
#define REEVE_WEB_TEMPLATE_READ_PRIVATE_H

#include "web/template_private.h"

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

/* ERROR_DEFINITION at that position of the reader's file. */
must_use struct error *template_fault(struct compiler *compiler, const struct reader *reader, size_t at, const char *format, ...)
	printf_like(4, 5);
struct op *template_emit(struct compiler *compiler, enum op_kind kind);
/* The static text before the next tag is emitted; *ret_found false at the end. */
must_use struct error *template_next_tag(struct compiler *compiler, struct reader *reader, struct tag *ret_tag, bool *ret_found);
/* The next word of a tag: up to a blank, or a quoted literal (*ret_quoted). */
bool template_next_word(text *rest, text *ret_word, bool *ret_quoted);
must_use struct error *template_parse_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
                                           struct path *ret_path);
/* The same, kept in the arena. */
must_use struct error *template_keep_path(struct compiler *compiler, const struct reader *reader, size_t at, text source,
                                          const struct path **ret_path);

#endif
