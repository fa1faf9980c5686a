/* The tokens of the condition language, and its errors: every error knows its column, counted in characters
 * from 1. */
#include "model/condition_parser_private.h"

#include "base/arena.h"

#include <stdarg.h>
#include <stdio.h>

struct error *condition_error(struct condition_parser *parser, size_t at, const char *format, ...)
{
	char message[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	struct error *error = error_new(parser->arena, ERROR_CONDITION, "%s", message);
	size_t column = text_characters(text_slice(parser->source, 0, at)) + 1;
	return error_place(error, (struct place){ .column = (uint32_t)column });
}

struct error *condition_unknown(struct condition_parser *parser, text wanted, const text *names, size_t count,
				struct error *error)
{
	text nearest = text_nearest(text_lower_ascii(parser->arena, wanted), names, count);

	if (text_is_set(nearest))
		return error_hint(parser->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest));
	return error;
}

bool token_is(const struct token *token, text keyword)
{
	return token->kind == TOKEN_WORD && text_equal_ignoring_case(token->text, keyword);
}

text token_words(struct arena *arena, const struct token *token)
{
	static const text signs[] = {
		[TOKEN_EQUAL] = { "'='", 3 },	[TOKEN_UNEQUAL] = { "'!='", 4 },
		[TOKEN_LESS] = { "'<'", 3 },	[TOKEN_LESS_EQUAL] = { "'<='", 4 },
		[TOKEN_GREATER] = { "'>'", 3 }, [TOKEN_GREATER_EQUAL] = { "'>='", 4 },
		[TOKEN_OPEN] = { "'('", 3 },	[TOKEN_CLOSE] = { "')'", 3 },
		[TOKEN_COMMA] = { "','", 3 },	[TOKEN_END] = { "the end", 7 },
	};

	if (token->kind != TOKEN_WORD && token->kind != TOKEN_STRING)
		return signs[token->kind];
	return text_format(arena, "'%.*s'", TEXT_ARG(text_shorten(arena, token->text, 40)));
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static bool ends_word(const text source, size_t at)
{
	char c = source.data[at];

	if (c == '!')
		return at + 1 < source.length && source.data[at + 1] == '=';
	return is_blank(c) || c == '"' || c == '(' || c == ')' || c == ',' || c == '=' || c == '<' ||
	       c == '>';
}

/* From the opening quote; \" and \\ are the only escapes, any other backslash stands for itself. */
static struct error *lex_string(struct condition_parser *parser, size_t *at, struct token *token)
{
	text source = parser->source;
	char *bytes = arena_alloc(parser->arena, source.length - *at);
	size_t length = 0, i = *at + 1;

	for (; i < source.length && source.data[i] != '"'; i++) {
		bool escaped = source.data[i] == '\\' && i + 1 < source.length &&
			       (source.data[i + 1] == '"' || source.data[i + 1] == '\\');
		bytes[length++] = source.data[i + escaped];
		i += escaped;
	}
	if (i >= source.length)
		return error_hint(parser->arena, condition_error(parser, *at, "the quoted text does not end"),
				  "close it with \"");
	*token = (struct token){ TOKEN_STRING, { bytes, length }, *at };
	*at = i + 1;
	return NULL;
}

static struct error *lex_sign(struct condition_parser *parser, size_t *at, struct token *token)
{
	text source = parser->source;
	char c = source.data[*at], next = *at + 1 < source.length ? source.data[*at + 1] : '\0';
	size_t length = 1;

	token->at = *at;
	switch (c) {
	case '(':
		token->kind = TOKEN_OPEN;
		break;
	case ')':
		token->kind = TOKEN_CLOSE;
		break;
	case ',':
		token->kind = TOKEN_COMMA;
		break;
	case '<':
		token->kind = next == '=' ? TOKEN_LESS_EQUAL : next == '>' ? TOKEN_UNEQUAL : TOKEN_LESS;
		length += next == '=' || next == '>';
		break;
	case '>':
		token->kind = next == '=' ? TOKEN_GREATER_EQUAL : TOKEN_GREATER;
		length += next == '=';
		break;
	case '!':
		token->kind = TOKEN_UNEQUAL;
		length = 2;
		break;
	default:
		token->kind = TOKEN_EQUAL;
		length += next == '=';
		break;
	}
	*at += length;
	return NULL;
}

static struct error *lex_token(struct condition_parser *parser, size_t *at, struct token *token)
{
	text source = parser->source;

	if (source.data[*at] == '"')
		return lex_string(parser, at, token);
	if (ends_word(source, *at))
		return lex_sign(parser, at, token);
	size_t from = *at;
	for (; *at < source.length && !ends_word(source, *at); (*at)++)
		if ((unsigned char)source.data[*at] < 0x20 || source.data[*at] == 0x7f)
			return condition_error(parser, *at, "a control character stands in the condition");
	*token = (struct token){ TOKEN_WORD, text_slice(source, from, *at), from };
	return NULL;
}

struct error *condition_lex(struct condition_parser *parser)
{
	text source = parser->source;
	size_t count = 0, capacity = 0, bad;

	if (source.length > LIMIT_CONDITION_BYTES)
		return error_hint(parser->arena,
				  condition_error(parser, LIMIT_CONDITION_BYTES,
						  "the condition is longer than %d bytes",
						  LIMIT_CONDITION_BYTES),
				  "shorten it");
	if (!text_is_utf8(source, &bad))
		return condition_error(parser, bad, "the condition is not well-formed UTF-8");
	for (size_t at = 0;;) {
		while (at < source.length && is_blank(source.data[at]))
			at++;
		arena_make_room(parser->arena, parser->tokens, count, capacity);
		if (at >= source.length)
			break;
		TRY(lex_token(parser, &at, &parser->tokens[count++]));
	}
	for (int i = 0; i < 3; i++) {
		arena_make_room(parser->arena, parser->tokens, count, capacity);
		parser->tokens[count++] = (struct token){ TOKEN_END, T(""), source.length };
	}
	return NULL;
}
