/* What the three files of the condition parser share: tokens (condition_lex.c), grammar (condition_parse.c),
 * values (condition_value.c). */
#ifndef REEVE_MODEL_CONDITION_PARSER_PRIVATE_H
#define REEVE_MODEL_CONDITION_PARSER_PRIVATE_H

#include "model/condition_private.h"

enum token_kind {
	TOKEN_WORD,   /* a run of anything but blanks, quotes, brackets, commas and operators */
	TOKEN_STRING, /* text: without the quotes and with \" and \\ resolved */
	TOKEN_EQUAL,
	TOKEN_UNEQUAL,
	TOKEN_LESS,
	TOKEN_LESS_EQUAL,
	TOKEN_GREATER,
	TOKEN_GREATER_EQUAL,
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_END
};

struct token {
	enum token_kind kind;
	text text;
	size_t at; /* byte in the source */
};

struct condition_parser {
	struct arena *arena;
	const struct type *type;
	text source;
	enum condition_use use;
	struct token *tokens; /* ends with three TOKEN_END, so that looking two ahead is always allowed */
	size_t at;
	int depth;
	bool has_words;
};

/* Cuts the source into tokens. */
must_use struct error *condition_lex(struct condition_parser *parser);
/* ERROR_CONDITION at that byte of the source. */
must_use struct error *condition_error(struct condition_parser *parser, size_t at, const char *format, ...)
    printf_like(3, 4);
/* Adds the hint "did you mean" when one of the names is near. */
must_use struct error *condition_unknown(struct condition_parser *parser, text wanted, const text *names,
					 size_t count, struct error *error);
/* True when that token (not a quoted one) is this keyword, in any case. */
bool token_is(const struct token *token, text keyword);
/* "'x'" or "the end": for messages. */
text token_words(struct arena *arena, const struct token *token);

/* Reads one value for the field at the end of `path` and leaves parser->at behind it. */
must_use struct error *condition_value(struct condition_parser *parser, const struct path *path,
				       enum test_kind test, struct literal *ret_literal);
/* The field of that name, in any case; NULL when there is none. */
const struct field *condition_field(const struct type *type, text name);

#endif
