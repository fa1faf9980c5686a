/*
 * Answers to questions in words. Newest first is a walk down the index that ends when the page is full; ranking looks at the newest
 * 5,000 visible matches only; what is shown is checked once more against the records as they are now.
 */
#include "search/search_private.h"

#include "base/limits.h"

#include <math.h>
#include <stdlib.h>

#define RANKED_MAX 5000
/* How often a word is, up to here: for weighing words against each other. */
#define FREQUENCY_MAX 1000
/* Titles that have a word, among all that match: far more than can be among RANKED_MAX of them, whoever may see few. */
#define TITLED_MAX 50000

static void set_deadline(struct search_reader *reader)
{
	store_set_deadline(reader->index.store, monotonic_us() + LIMIT_READ_MS * 1000);
}

/* ---- hits ---- */

struct finding {
	struct search_reader *reader;
	struct work *work;
	const struct question *question;
	struct search_hit *hits;
	size_t count;
};

static struct error *make_snippet(struct finding *finding, const struct type *type, int64_t id, text *ret_snippet)
{
	struct arena *arena = finding->work->arena;
	struct document document;
	bool found, matched = false, everything, internal;
	text *words, notes;
	size_t count;

	*ret_snippet = T("");
	TRY(index_document(&finding->reader->index, arena, id, &document, &found));
	if (!found)
		return NULL;
	TRY(snippet_make(arena, document.body, finding->question, ret_snippet, &matched));
	if (matched || document.notes.length == 0)
		return NULL;
	TRY(access_actor_scopes(finding->work, type, &words, &count, &everything, &internal));
	if (!internal)
		return NULL;
	TRY(snippet_make(arena, document.notes, finding->question, &notes, &matched));
	if (matched)
		*ret_snippet = notes;
	return NULL;
}

static bool is_hit(const struct finding *finding, int64_t id)
{
	for (size_t i = 0; i < finding->count; i++)
		if (finding->hits[i].id == id)
			return true;
	return false;
}

static struct error *add_hit(struct finding *finding, struct record *record)
{
	const struct type *type = record->type;
	struct search_hit *hit = &finding->hits[finding->count];

	*hit = (struct search_hit){ .type = type, .id = record->id, .number = record_number(record),
		.updated_at = record_moment(record, FIELD_UPDATED_AT) };
	if (access_field_readable(finding->work, type, &type->fields[type->title_field]))
		hit->title = record_title(record);
	if (record_state(record) >= 0 && access_field_readable(finding->work, type, &type->fields[FIELD_STATE]))
		hit->state = type->lifecycle->states[record_state(record)].name;
	TRY(make_snippet(finding, type, record->id, &hit->snippet));
	finding->count++;
	return NULL;
}

/* The index may be a moment behind: what is gone or no longer readable is left out. */
static struct error *add_id(struct finding *finding, int64_t id)
{
	struct document document;
	struct record *record;
	struct error *error;
	const struct type *type;
	bool found;

	if (is_hit(finding, id))
		return NULL;
	TRY(index_document(&finding->reader->index, finding->work->arena, id, &document, &found));
	type = found ? model_type(finding->work->model, document.type) : NULL;
	if (type == NULL)
		return NULL;
	error = access_load_id(finding->work, type, id, &record);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	return add_hit(finding, record);
}

/* INC0000042, typed as such, is what is wanted, whatever else speaks of it. */
static struct error *add_number(struct finding *finding, const struct type *type, text words)
{
	text number = text_trim(words);
	const struct type *of = model_type_of_number(finding->work->model, number);
	struct record *record;
	struct error *error;

	if (of == NULL || (type != NULL && type != of))
		return NULL;
	error = access_load(finding->work, of, number, &record);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	return add_hit(finding, record);
}

/* ---- ranking ---- */

struct ranked {
	int64_t id;
	double score;
};

static int by_score(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	if (left->score != right->score)
		return left->score < right->score ? 1 : -1;
	return left->id < right->id ? 1 : left->id > right->id ? -1 : 0;
}

static int by_id_descending(const void *a, const void *b)
{
	const struct ranked *left = a, *right = b;

	return left->id < right->id ? 1 : left->id > right->id ? -1 : 0;
}

/*
 * A match whose title has the word weighs more, the rarer the word the more. Sparse scopes are in the expression and lead to the
 * few matches quickly; dense ones need not be looked at again, since only ids that were found visible are weighed.
 */
static struct error *weigh_word(struct search_reader *reader, struct work *work, const struct question *question,
                                const struct inquiry *inquiry, size_t word, struct ranked *ranked, size_t count)
{
	struct inquiry titled = { .expression = inquiry->expression };
	struct expression title;
	int64_t frequency, *ids;
	size_t id_count;

	expression_init(&title, work->arena, reader->index.postgres);
	expression_lexeme(&title, '=', question->words[word].word, question->words[word].single);
	TRY(index_count(&reader->index, work->arena, buffer_peek(&title.buffer), 0, FREQUENCY_MAX, &frequency));
	if (frequency == 0)
		return NULL;
	if (inquiry->filter)
		titled.expression = inquiry_titled(reader, work->arena, question, word);
	TRY(inquiry_ids(reader, work->arena, &titled, inquiry->filter ? TEXT_UNSET : buffer_peek(&title.buffer), ranked[count - 1].id,
	                ranked[0].id + 1, TITLED_MAX, &ids, &id_count));
	for (size_t i = 0; i < id_count; i++) {
		struct ranked key = { .id = ids[i] };
		struct ranked *found = bsearch(&key, ranked, count, sizeof(*ranked), by_id_descending);
		if (found != NULL)
			found->score += 1.0 + log((double)(FREQUENCY_MAX + 1) / (double)(frequency + 1));
	}
	return NULL;
}

static struct error *rank(struct search_reader *reader, struct work *work, const struct question *question,
                          const struct inquiry *inquiry, int64_t below, struct ranked **ret_ranked, size_t *ret_count)
{
	struct ranked *ranked;
	int64_t *ids;
	size_t count;

	TRY(inquiry_ids(reader, work->arena, inquiry, TEXT_UNSET, 0, below, RANKED_MAX, &ids, &count));
	ranked = arena_new_array(work->arena, struct ranked, count + 1);
	for (size_t i = 0; i < count; i++)
		/* Of two that say the same the newer one first: at most half a word in a title. */
		ranked[i] = (struct ranked){ ids[i], 0.5 * (double)(count - i) / (double)count };
	for (size_t i = 0; i < question->count && count > 0; i++)
		TRY(weigh_word(reader, work, question, inquiry, i, ranked, count));
	qsort(ranked, count, sizeof(*ranked), by_score);
	*ret_ranked = ranked;
	*ret_count = count;
	return NULL;
}

/* ---- pages ---- */

static struct error *broken_cursor(struct work *work)
{
	return error_hint(work->arena, error_field(error_new(work->arena, ERROR_MALFORMED, "the cursor is not one of this search"), T("after")),
	                  "take `next` of the previous page, or leave it out");
}

static struct error *newest_page(struct finding *finding, const struct inquiry *inquiry, size_t limit, text after,
                                 struct search_result *result)
{
	struct search_reader *reader = finding->reader;
	struct arena *arena = finding->work->arena;
	int64_t below = INT64_MAX, *ids, *all;
	size_t count, all_count;

	if (text_is_set(after) && (!text_to_integer(after, &below) || below <= 0))
		return broken_cursor(finding->work);
	/* One walk for the first page and the count. */
	TRY(inquiry_ids(reader, arena, inquiry, TEXT_UNSET, 0, INT64_MAX, LIMIT_COUNT + 1, &all, &all_count));
	ids = all;
	count = all_count;
	if (text_is_set(after))
		TRY(inquiry_ids(reader, arena, inquiry, TEXT_UNSET, 0, below, limit + 1, &ids, &count));
	for (size_t i = 0; i < count && i < limit; i++)
		TRY(add_id(finding, ids[i]));
	result->total = (int64_t)all_count;
	if (count > limit)
		result->next = text_format(arena, "%lld", (long long)ids[limit - 1]);
	return NULL;
}

/* The cursor of a ranked page: how many were shown, and the newest match there was then, "50.1234". */
static struct error *ranked_page(struct finding *finding, const struct inquiry *inquiry, size_t limit, text after,
                                 struct search_result *result)
{
	int64_t offset = 0, anchor = INT64_MAX - 1;
	struct ranked *ranked;
	text rest = after, part = TEXT_UNSET;
	size_t count;

	if (text_is_set(after) && (!text_cut(&rest, '.', &part) || !text_to_integer(part, &offset) || !text_is_set(rest) ||
	                           !text_to_integer(rest, &anchor) || offset < 0 || offset > RANKED_MAX || anchor <= 0 ||
	                           anchor == INT64_MAX))
		return broken_cursor(finding->work);
	TRY(rank(finding->reader, finding->work, finding->question, inquiry, anchor + 1, &ranked, &count));
	if (!text_is_set(after)) {
		anchor = 0;
		for (size_t i = 0; i < count; i++)
			anchor = maximum(anchor, ranked[i].id);
	}
	size_t end = minimum((size_t)offset + limit, count);
	for (size_t i = (size_t)offset; i < end; i++)
		TRY(add_id(finding, ranked[i].id));
	result->total = (int64_t)minimum(count, (size_t)LIMIT_COUNT + 1);
	if (end < count && end > (size_t)offset)
		result->next = text_format(finding->work->arena, "%zu.%lld", end, (long long)anchor);
	return NULL;
}

static struct error *find(struct finding *finding, const struct type *type, text words, enum search_order order, size_t limit,
                          text after, struct search_result *ret_result)
{
	struct search_result result = { 0 };
	struct inquiry inquiry;

	if (!text_is_set(after))
		TRY(add_number(finding, type, words));
	if (finding->question->count > 0) {
		size_t room = finding->count > 0 && limit > 1 ? limit - 1 : limit;
		TRY(inquiry_make(finding->reader, finding->work, type, finding->question, TEXT_UNSET, &inquiry));
		if (!inquiry.nothing && order == SEARCH_RANKED)
			TRY(ranked_page(finding, &inquiry, room, after, &result));
		else if (!inquiry.nothing)
			TRY(newest_page(finding, &inquiry, room, after, &result));
	}
	result.hits = finding->hits;
	result.count = minimum(finding->count, limit);
	result.total = maximum(result.total, (int64_t)result.count);
	*ret_result = result;
	return NULL;
}

struct error *search_find(struct search_reader *reader, struct work *work, const struct type *type, text words, bool prefix,
                          enum search_order order, size_t limit, text after, struct search_result *ret_result)
{
	struct question question;
	struct finding finding = { .reader = reader, .work = work, .question = &question };
	struct error *error;

	limit = maximum(minimum(limit, (size_t)LIMIT_PAGE_ROWS), (size_t)1);
	finding.hits = arena_new_array(work->arena, struct search_hit, limit + 2);
	TRY(question_cut(work->arena, text_slice(words, 0, LIMIT_CONDITION_BYTES), prefix, &question));
	set_deadline(reader);
	error = find(&finding, type, words, order, limit, after, ret_result);
	store_set_deadline(reader->index.store, 0);
	return error;
}

static struct error *find_ids(struct search_reader *reader, struct work *work, const struct type *type, text words, int64_t **ret_ids,
                              size_t *ret_count)
{
	struct question question;
	struct inquiry inquiry;

	TRY(question_cut(work->arena, text_slice(words, 0, LIMIT_CONDITION_BYTES), false, &question));
	TRY(inquiry_make(reader, work, type, &question, TEXT_UNSET, &inquiry));
	if (inquiry.nothing || question.count == 0) {
		*ret_ids = NULL;
		*ret_count = 0;
		return NULL;
	}
	return inquiry_ids(reader, work->arena, &inquiry, TEXT_UNSET, 0, INT64_MAX, RANKED_MAX, ret_ids, ret_count);
}

struct error *search_ids(struct search_reader *reader, struct work *work, const struct type *type, text words, int64_t **ret_ids,
                         size_t *ret_count)
{
	struct error *error;

	set_deadline(reader);
	error = find_ids(reader, work, type, words, ret_ids, ret_count);
	store_set_deadline(reader->index.store, 0);
	return error;
}
