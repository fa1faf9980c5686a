/* Values of the condition language, typed by the field they are compared with: "3 days ago" is a moment only
 * beside a moment. */
#include "model/condition_parser_private.h"

#include "base/arena.h"

/* Relative moments and durations: far above every use, far below overflow. */
#define COUNT_MAX 1000000

static struct token *take(struct condition_parser *parser)
{
	struct token *token = &parser->tokens[parser->at];

	if (token->kind != TOKEN_END)
		parser->at++;
	return token;
}

static bool take_keyword(struct condition_parser *parser, text keyword)
{
	if (!token_is(&parser->tokens[parser->at], keyword))
		return false;
	parser->at++;
	return true;
}

static bool is_value(const struct token *token)
{
	return token->kind == TOKEN_WORD || token->kind == TOKEN_STRING;
}

static struct error *wrong_value(struct condition_parser *parser, const struct token *token,
				 const struct field *field, const char *expected)
{
	struct error *error =
	    token->kind == TOKEN_END
		? condition_error(parser, token->at, "'%.*s' is compared with nothing", TEXT_ARG(field->name))
		: condition_error(parser, token->at, "%.*s is not a value of '%.*s'",
				  TEXT_ARG(token_words(parser->arena, token)), TEXT_ARG(field->name));
	return error_hint(parser->arena, error, "%s", expected);
}

/* ---- choices, states, groups ---- */

static struct error *unknown_choice(struct condition_parser *parser, const struct token *token, text field,
				    const text *names, size_t count)
{
	struct error *error =
	    token->kind == TOKEN_END
		? condition_error(parser, token->at, "'%.*s' is compared with nothing", TEXT_ARG(field))
		: condition_error(parser, token->at, "'%.*s' has no choice %.*s", TEXT_ARG(field),
				  TEXT_ARG(token_words(parser->arena, token)));
	error = error_hint(parser->arena, error, "one of: %.*s",
			   TEXT_ARG(text_join(parser->arena, names, minimum(count, (size_t)12), T(", "))));
	return condition_unknown(parser, token->text, names, count, error);
}

static struct error *named_value(struct condition_parser *parser, const struct token *token, text field,
				 const text *names, size_t count, struct literal *literal)
{
	/* Exact first: names that differ only in case are different choices. */
	for (int exact = 1; exact >= 0; exact--) {
		for (size_t i = 0; is_value(token) && i < count; i++) {
			if (exact ? !text_equal(names[i], token->text)
				  : !text_equal_ignoring_case(names[i], token->text))
				continue;
			literal->kind = LITERAL_INTEGER;
			literal->integer = (int64_t)i;
			literal->source = names[i];
			return NULL;
		}
	}
	return unknown_choice(parser, token, field, names, count);
}

static struct error *group_value(struct condition_parser *parser, const struct token *token,
				 struct literal *literal)
{
	text names[GROUP_COUNT];

	for (size_t i = 0; i < GROUP_COUNT; i++)
		names[i] = state_group_name((enum state_group)i);
	return named_value(parser, token, T("state.group"), names, GROUP_COUNT, literal);
}

static struct error *choice_value(struct condition_parser *parser, const struct token *token,
				  const struct step *step, struct literal *literal)
{
	const struct field *field = step_field(step);
	const struct lifecycle *lifecycle = step->field == FIELD_STATE ? step->type->lifecycle : NULL;
	size_t count = lifecycle != NULL ? lifecycle->state_count : field->choice_count;
	text *names = arena_new_array(parser->arena, text, count + 1);

	for (size_t i = 0; i < count; i++)
		names[i] = lifecycle != NULL ? lifecycle->states[i].name : field->choices[i].name;
	return named_value(parser, token, field->name, names, count, literal);
}

/* ---- numbers, durations, moments ---- */

static struct error *number_value(struct condition_parser *parser, const struct token *token,
				  const struct field *field, struct literal *literal)
{
	if (token->kind == TOKEN_WORD && text_to_integer(token->text, &literal->integer)) {
		literal->kind = LITERAL_INTEGER;
		if (field->kind == KIND_REAL) {
			literal->kind = LITERAL_REAL;
			literal->real = (double)literal->integer;
		}
	} else if (field->kind == KIND_REAL && token->kind == TOKEN_WORD &&
		   text_to_real(token->text, &literal->real)) {
		literal->kind = LITERAL_REAL;
	} else {
		return wrong_value(parser, token, field,
				   field->kind == KIND_REAL ? "write a number" : "write a whole number");
	}
	literal->source = token->text;
	return NULL;
}

/* A unit of time after a number: its milliseconds, 0 when the word is none. */
static int64_t unit_ms(const struct token *token, text *ret_unit)
{
	static const struct {
		text name;
		int64_t ms;
	} units[] = {
		{ { "second", 6 }, SECOND_MS }, { { "minute", 6 }, MINUTE_MS }, { { "hour", 4 }, HOUR_MS },
		{ { "day", 3 }, DAY_MS },	{ { "week", 4 }, 7 * DAY_MS },
	};

	if (token->kind != TOKEN_WORD)
		return 0;
	text word = token->text;
	if (text_equal_ignoring_case(text_slice(word, word.length - 1, word.length), T("s")))
		word = text_slice(word, 0, word.length - 1);
	for (size_t i = 0; i < array_length(units); i++) {
		if (text_equal_ignoring_case(word, units[i].name)) {
			*ret_unit = units[i].name;
			return units[i].ms;
		}
	}
	return 0;
}

struct span { /* "3 days", "5 working days" */
	int64_t count, ms;
	bool working;
	text words;
};

static struct error *span_value(struct condition_parser *parser, struct span *span)
{
	const struct token *number = take(parser);
	text unit = TEXT_UNSET;

	if (number->kind != TOKEN_WORD || !text_to_integer(number->text, &span->count) || span->count < 0 ||
	    span->count > COUNT_MAX)
		return error_hint(parser->arena,
				  condition_error(parser, number->at,
						  "expected a number of days or hours, found %.*s",
						  TEXT_ARG(token_words(parser->arena, number))),
				  "for example: 3 days ago, in 2 hours");
	span->working = take_keyword(parser, T("working"));
	const struct token *token = take(parser);
	span->ms = unit_ms(token, &unit);
	if (span->ms == 0 || (span->working && span->ms != DAY_MS))
		return error_hint(parser->arena,
				  condition_error(parser, token->at, "expected a unit of time, found %.*s",
						  TEXT_ARG(token_words(parser->arena, token))),
				  "%s",
				  span->working ? "working days"
						: "seconds, minutes, hours, days, weeks or working days");
	span->words =
	    text_format(parser->arena, "%lld %s%.*s%s", (long long)span->count,
			span->working ? "working " : "", TEXT_ARG(unit), span->count == 1 ? "" : "s");
	return NULL;
}

static void set_span(struct literal *literal, const struct span *span, int sign)
{
	literal->kind = span->working ? LITERAL_WORKING : LITERAL_NOW;
	literal->integer = sign * span->count * (span->working ? 1 : span->ms);
}

static struct error *duration_value(struct condition_parser *parser, const struct field *field,
				    struct literal *literal)
{
	const struct token *token = &parser->tokens[parser->at];
	struct span span = { 0 };
	int64_t ignored;

	literal->kind = LITERAL_INTEGER;
	if (token->kind == TOKEN_WORD && text_to_integer(token->text, &ignored)) {
		TRY(span_value(parser, &span));
		if (span.working)
			return wrong_value(parser, token, field,
					   "write a duration such as 4h, 30m or 2 days");
		literal->integer = span.count * span.ms;
		literal->span = true;
		literal->source = span.words;
		return NULL;
	}
	parser->at++;
	if (!is_value(token) || !duration_parse(token->text, &literal->integer))
		return wrong_value(parser, token, field, "write a duration such as 4h, 30m or 2 days");
	literal->source = token->text;
	return NULL;
}

/* now, today and its neighbours; false when the token is none of them. */
static bool named_moment(const struct token *token, struct literal *literal)
{
	static const struct {
		text name;
		enum literal_kind kind;
		int days;
	} names[] = {
		{ { "now", 3 }, LITERAL_NOW, 0 },
		{ { "today", 5 }, LITERAL_TODAY, 0 },
		{ { "yesterday", 9 }, LITERAL_TODAY, -1 },
		{ { "tomorrow", 8 }, LITERAL_TODAY, 1 },
	};

	for (size_t i = 0; i < array_length(names); i++) {
		if (!token_is(token, names[i].name))
			continue;
		*literal = (struct literal){ .kind = names[i].kind,
					     .day = names[i].kind == LITERAL_TODAY,
					     .source = names[i].name,
					     .integer = names[i].days };
		return true;
	}
	return false;
}

static bool is_sign(char c)
{
	return c == '+' || c == '-';
}

static bool has_offset(text t)
{
	char last = t.data[t.length - 1];

	return t.length > 10 &&
	       (last == 'Z' || last == 'z' || is_sign(t.data[t.length - 6]) || is_sign(t.data[t.length - 5]));
}

/* A date or time as digits. What has an offset is the same moment for everybody; the rest waits for the
 * reader's zone. */
static bool written_moment(const struct token *token, struct literal *literal)
{
	if (!is_value(token) || !moment_parse(token->text, NULL, &literal->integer))
		return false;
	literal->source = token->text;
	literal->kind = has_offset(token->text) ? LITERAL_INTEGER : LITERAL_LOCAL;
	literal->day = token->text.length == 10;
	return true;
}

static struct error *moment_value(struct condition_parser *parser, const struct field *field,
				  struct literal *literal)
{
	const struct token *token = &parser->tokens[parser->at];
	struct span span = { 0 };
	int64_t ignored;

	if (token_is(token, T("in"))) {
		parser->at++;
		TRY(span_value(parser, &span));
		set_span(literal, &span, 1);
		literal->source = text_format(parser->arena, "in %.*s", TEXT_ARG(span.words));
		return NULL;
	}
	if (token->kind == TOKEN_WORD && text_to_integer(token->text, &ignored)) {
		TRY(span_value(parser, &span));
		if (!take_keyword(parser, T("ago")))
			return error_hint(
			    parser->arena,
			    condition_error(parser, parser->tokens[parser->at].at,
					    "expected 'ago' after '%.*s'", TEXT_ARG(span.words)),
			    "write '%.*s ago' or 'in %.*s'", TEXT_ARG(span.words), TEXT_ARG(span.words));
		set_span(literal, &span, -1);
		literal->source = text_format(parser->arena, "%.*s ago", TEXT_ARG(span.words));
		return NULL;
	}
	parser->at++;
	if (named_moment(token, literal) || written_moment(token, literal))
		return NULL;
	return wrong_value(parser, token, field,
			   "write a moment such as 2026-11-22, today, now, 3 days ago or in 2 hours");
}

/* ---- links ---- */

static struct error *link_value(struct condition_parser *parser, const struct field *field,
				struct literal *literal)
{
	const struct token *token = take(parser);

	if (token_is(token, T("me"))) {
		if (!text_equal(field->target->name, T("user")))
			return wrong_value(parser, token, field, "'me' is a person");
		*literal = (struct literal){ .kind = LITERAL_ME, .source = T("me") };
		return NULL;
	}
	if (token_is(token, T("my")) && take_keyword(parser, T("teams"))) {
		if (!text_equal(field->target->name, T("team")))
			return wrong_value(parser, token, field, "'my teams' are teams");
		*literal = (struct literal){ .kind = LITERAL_TEAMS, .source = T("my teams") };
		return NULL;
	}
	if (!is_value(token) || token->text.length == 0)
		return wrong_value(parser, token, field, "write a number, login or name");
	literal->kind = LITERAL_NAME;
	literal->source = token->text;
	literal->key = text_fold(parser->arena, token->text);
	return NULL;
}

/* A bare word that names another field of the same record and kind: updated_at > created_at. */
static bool field_value_of(struct condition_parser *parser, const struct path *path, struct literal *literal)
{
	const struct token *token = &parser->tokens[parser->at];
	const struct field *field = step_field(path_last(path));

	if (token->kind != TOKEN_WORD || path->count != 1 || path->group)
		return false;
	if (field->kind != KIND_INTEGER && field->kind != KIND_REAL && field->kind != KIND_DURATION &&
	    field->kind != KIND_MOMENT && field->kind != KIND_LINK)
		return false;
	const struct field *other = condition_field(parser->type, token->text);
	if (other == NULL || other->kind != field->kind || other->target != field->target)
		return false;
	parser->at++;
	*literal = (struct literal){ .kind = LITERAL_FIELD,
				     .source = other->name,
				     .integer = other - parser->type->fields };
	return true;
}

static struct error *text_value(struct condition_parser *parser, const struct field *field,
				struct literal *literal)
{
	const struct token *token = take(parser);

	if (!is_value(token))
		return wrong_value(parser, token, field, "write a text in quotes");
	literal->kind = LITERAL_TEXT;
	literal->source = token->text;
	literal->key = text_fold(parser->arena, token->text);
	return NULL;
}

static struct error *boolean_value(struct condition_parser *parser, const struct field *field,
				   struct literal *literal)
{
	const struct token *token = take(parser);
	bool yes = token_is(token, T("true"));

	if (!yes && !token_is(token, T("false")))
		return wrong_value(parser, token, field, "true or false");
	*literal = (struct literal){ .kind = LITERAL_INTEGER,
				     .integer = yes,
				     .source = yes ? T("true") : T("false") };
	return NULL;
}

struct error *condition_value(struct condition_parser *parser, const struct path *path, enum test_kind test,
			      struct literal *ret_literal)
{
	const struct step *step = path_last(path);
	const struct field *field = step_field(step);

	*ret_literal = (struct literal){ 0 };
	if (test != TEST_IN && field_value_of(parser, path, ret_literal))
		return NULL;
	if (path->group)
		return group_value(parser, take(parser), ret_literal);
	switch (field->kind) {
	case KIND_INTEGER:
	case KIND_REAL:
		return number_value(parser, take(parser), field, ret_literal);
	case KIND_BOOLEAN:
		return boolean_value(parser, field, ret_literal);
	case KIND_CHOICE:
		return choice_value(parser, take(parser), step, ret_literal);
	case KIND_MOMENT:
		return moment_value(parser, field, ret_literal);
	case KIND_DURATION:
		return duration_value(parser, field, ret_literal);
	case KIND_LINK:
	case KIND_LINKS:
		return link_value(parser, field, ret_literal);
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
	case KIND_COUNT:
		break;
	}
	return text_value(parser, field, ret_literal);
}
