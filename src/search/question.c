/*
 * What somebody asks, as an expression over lexemes: all words, and one of the scopes under which this actor may find records -
 * so that limits, counts and ranking never see what the actor may not.
 */
#include "search/search_private.h"

#include <stdlib.h>

/* Scopes are dense when one in so many of the newest documents has one of them. */
#define DENSE_SAMPLE 4000
#define DENSE_ONE_IN 4

/* One word: anywhere in public text, and in internal text for those who may. */
static void add_word(struct expression *expression, const struct span *span, bool internal)
{
	expression_lexeme(expression, 0, span->word, span->single);
	if (internal) {
		expression_or(expression);
		expression_lexeme(expression, '!', span->word, span->single);
	}
}

static size_t first_bytes(text word, size_t characters, bool *ret_longer)
{
	size_t at = 0;

	for (; at < word.length; at++)
		if (((unsigned char)word.data[at] & 0xc0) != 0x80 && characters-- == 0)
			break;
	*ret_longer = at < word.length;
	return at;
}

/* The word being typed: a whole word, or the beginning of one in a title. Long beginnings are looked for everywhere. */
static void add_beginning(struct expression *expression, const struct span *span, bool internal)
{
	bool longer;

	(void)first_bytes(span->word, AHEAD_MAX, &longer);
	if (longer) {
		struct span beginning = *span;
		beginning.single = true;
		add_word(expression, &beginning, internal);
		return;
	}
	expression_lexeme(expression, '^', span->word, false);
	expression_or(expression);
	add_word(expression, span, internal);
}

static void add_words(struct expression *expression, const struct question *question, bool internal)
{
	for (size_t i = 0; i < question->count; i++) {
		if (i > 0)
			expression_and(expression);
		expression_raw(expression, '(');
		if (question->prefix && i + 1 == question->count)
			add_beginning(expression, &question->words[i], internal);
		else
			add_word(expression, &question->words[i], internal);
		expression_raw(expression, ')');
	}
}

/* ---- scopes ---- */

struct scope_words {
	text *words;
	size_t count, capacity;
};

static void add_scope(struct arena *arena, struct scope_words *scopes, text word)
{
	arena_make_room(arena, scopes->words, scopes->count, scopes->capacity);
	scopes->words[scopes->count++] = word;
}

/* Whether this type's records have anything internal at all: if not, it may stand with those whose internal text is searched. */
static bool has_internal(struct work *work, const struct type *type)
{
	for (size_t i = 0; i < type->grant_count; i++)
		if (type->grants[i].right == RIGHT_NOTE)
			return true;
	for (size_t i = 0; i < type->field_count; i++)
		if (type->fields[i].searched && (type->fields[i].internal || !access_field_open(work, type, &type->fields[i])))
			return true;
	return false;
}

static struct error *add_type(struct work *work, const struct type *type, struct scope_words *open, struct scope_words *internal,
                              struct scope_words *either)
{
	struct scope_words *into;
	bool everything, may_internal;
	text *words;
	size_t count;

	TRY(access_actor_scopes(work, type, &words, &count, &everything, &may_internal));
	into = !has_internal(work, type) ? either : may_internal ? internal : open;
	if (everything)
		add_scope(work->arena, into, text_format(work->arena, "%.*s.", TEXT_ARG(type->name)));
	for (size_t i = 0; i < count && !everything; i++)
		add_scope(work->arena, into, words[i]);
	return NULL;
}

/* One word after the other, any of which is enough. */
static void add_scopes(struct expression *expression, const struct scope_words *scopes)
{
	expression_raw(expression, '(');
	for (size_t i = 0; i < scopes->count; i++) {
		if (i > 0)
			expression_or(expression);
		expression_lexeme(expression, 0, scopes->words[i], false);
	}
	expression_raw(expression, ')');
}

static void add_group(struct expression *expression, const struct question *question, const struct scope_words *scopes, bool internal)
{
	if (scopes->count == 0)
		return;
	if (expression->buffer.length > 1)
		expression_or(expression);
	expression_raw(expression, '(');
	add_words(expression, question, internal);
	if (question->count > 0)
		expression_and(expression);
	add_scopes(expression, scopes);
	expression_raw(expression, ')');
}

/* Most of the newest documents have one of the scopes. */
static struct error *is_dense(struct search_reader *reader, struct arena *arena, const struct scope_words *scopes, bool *ret_dense)
{
	struct expression expression;
	int64_t newest, count;

	expression_init(&expression, arena, reader->index.postgres);
	add_scopes(&expression, scopes);
	TRY(index_newest(&reader->index, arena, &newest));
	TRY(index_count(&reader->index, arena, buffer_peek(&expression.buffer), newest - DENSE_SAMPLE, DENSE_SAMPLE / DENSE_ONE_IN, &count));
	*ret_dense = count >= DENSE_SAMPLE / DENSE_ONE_IN;
	return NULL;
}

static int by_hash(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return left < right ? -1 : left > right;
}

static void allow(struct arena *arena, const struct scope_words *scopes, struct inquiry *inquiry)
{
	inquiry->filter = true;
	inquiry->allowed = arena_new_array(arena, uint64_t, scopes->count);
	inquiry->allowed_count = scopes->count;
	for (size_t i = 0; i < scopes->count; i++)
		inquiry->allowed[i] = scope_hash(scopes->words[i]);
	qsort(inquiry->allowed, scopes->count, sizeof(uint64_t), by_hash);
}

/* Types without internal text go with the others, so that mostly one group is left. */
static struct error *collect(struct work *work, const struct type *type, struct scope_words *open, struct scope_words *internal)
{
	struct scope_words either = { 0 };

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *each = &work->model->types[i];
		if (!each->abstract && (type == NULL || type == each))
			TRY(add_type(work, each, open, internal, &either));
	}
	for (size_t i = 0; i < either.count; i++)
		add_scope(work->arena, internal->count > 0 ? internal : open, either.words[i]);
	return NULL;
}

static struct error *finish(struct expression *expression, text more, text *ret_expression)
{
	if (text_is_set(more)) {
		if (expression->buffer.length > 0)
			expression_and(expression);
		buffer_text(&expression->buffer, more);
	}
	return buffer_finish(&expression->buffer, ret_expression);
}

struct error *inquiry_make(struct search_reader *reader, struct work *work, const struct type *type, const struct question *question,
                           text more, struct inquiry *ret_inquiry)
{
	struct scope_words open = { 0 }, internal = { 0 };
	struct inquiry inquiry = { 0 };
	struct expression expression;
	bool dense = false;

	TRY(collect(work, type, &open, &internal));
	const struct scope_words *most = internal.count > 0 ? &internal : &open;
	inquiry.nothing = open.count == 0 && internal.count == 0;
	if (!inquiry.nothing)
		TRY(is_dense(reader, work->arena, most, &dense));
	expression_init(&expression, work->arena, reader->index.postgres);
	if (dense) {
		allow(work->arena, most, &inquiry);
		add_words(&expression, question, internal.count > 0);
	} else {
		expression_raw(&expression, '(');
		add_group(&expression, question, &open, false);
		add_group(&expression, question, &internal, true);
		expression_raw(&expression, ')');
	}
	TRY(finish(&expression, more, &inquiry.expression));
	if (dense && most == &internal && open.count > 0) {
		expression_init(&expression, work->arena, reader->index.postgres);
		add_group(&expression, question, &open, false);
		TRY(finish(&expression, more, &inquiry.beside));
	}
	*ret_inquiry = inquiry;
	return NULL;
}

/* Two lists, newest first, as one of at most `limit`. */
static void merge(struct arena *arena, const int64_t *more, size_t more_count, size_t limit, int64_t **ids, size_t *count)
{
	int64_t *merged = arena_new_array(arena, int64_t, *count + more_count + 1);
	size_t a = 0, b = 0, n = 0;

	while (n < limit && (a < *count || b < more_count)) {
		bool first = b == more_count || (a < *count && (*ids)[a] >= more[b]);
		int64_t id = first ? (*ids)[a++] : more[b++];
		if (n == 0 || merged[n - 1] != id)
			merged[n++] = id;
	}
	*ids = merged;
	*count = n;
}

struct error *inquiry_ids(struct search_reader *reader, struct arena *arena, const struct inquiry *inquiry, text and, int64_t least,
                          int64_t below, size_t limit, int64_t **ret_ids, size_t *ret_count)
{
	struct expression expression;
	text asked;
	int64_t *beside;
	size_t count;

	expression_init(&expression, arena, reader->index.postgres);
	buffer_text(&expression.buffer, inquiry->expression);
	TRY(finish(&expression, and, &asked));
	if (!inquiry->filter)
		return index_ids(&reader->index, arena, asked, least, below, limit, ret_ids, ret_count);
	TRY(index_scoped_ids(&reader->index, arena, asked, inquiry->allowed, inquiry->allowed_count, least, below, limit, ret_ids, ret_count));
	if (!text_is_set(inquiry->beside))
		return NULL;
	expression_init(&expression, arena, reader->index.postgres);
	buffer_text(&expression.buffer, inquiry->beside);
	TRY(finish(&expression, and, &asked));
	TRY(index_ids(&reader->index, arena, asked, least, below, limit, &beside, &count));
	merge(arena, beside, count, limit, ret_ids, ret_count);
	return NULL;
}

/* Only the words, for ids that were found visible already: all but one anywhere, that one in the title. */
text inquiry_titled(struct search_reader *reader, struct arena *arena, const struct question *question, size_t titled)
{
	struct expression expression;

	expression_init(&expression, arena, reader->index.postgres);
	expression_lexeme(&expression, '=', question->words[titled].word, question->words[titled].single);
	for (size_t i = 0; i < question->count; i++) {
		if (i == titled)
			continue;
		expression_and(&expression);
		expression_raw(&expression, '(');
		add_word(&expression, &question->words[i], true);
		expression_raw(&expression, ')');
	}
	return buffer_peek(&expression.buffer);
}
