/*
 * Similar records: of the same type, with the same service or category, that share rare words. How rare a word is is sampled in the
 * newest part of the index; candidates come from the rarest few words; so the work does not grow with the table.
 */
#include "search/search_private.h"

#include "base/limits.h"
#include "base/table.h"

#include <math.h>
#include <stdlib.h>

/* Words of the record that are looked at, those that candidates are fetched by, and candidates a word. */
#define TERMS_MAX 40
#define FETCHED_TERMS 8
#define CANDIDATES_PER_TERM 40
/* The sample in which words are counted, and where counting stops. */
#define SAMPLE_IDS 20000
#define SAMPLE_STOP 500
/* A word in more than one of so many records says nothing. */
#define RARE_ONE_IN 20
#define SHARED_SHOWN 5

struct term {
	text word, written; /* folded, and as it stands in the text */
	bool single;
	bool title;
	int64_t frequency;
	double weight;
};

struct likeness {
	struct search_reader *reader;
	struct work *work;
	const struct type *type;
	int64_t but;               /* the record itself */
	text places;               /* expression of service and category, or unset */
	struct term terms[TERMS_MAX];
	size_t count;
	struct table known;        /* word -> term */
	struct candidate {
		int64_t id;
		double score;
		text number, title, state, shared;
	} candidates[FETCHED_TERMS * CANDIDATES_PER_TERM];
	size_t candidate_count;
};

static struct error *add_terms(struct likeness *likeness, text source, bool title)
{
	struct span *spans;
	size_t count;
	text cut;

	TRY(cut_spans(likeness->work->arena, source, &cut, &spans, &count));
	for (size_t i = 0; i < count && likeness->count < TERMS_MAX; i++) {
		if (spans[i].word.length < 2 || table_get(&likeness->known, spans[i].word) != NULL)
			continue;
		struct term *term = &likeness->terms[likeness->count++];
		*term = (struct term){ .word = spans[i].word, .written = text_slice(cut, spans[i].from, spans[i].to),
			.single = spans[i].single, .title = title };
		table_set(&likeness->known, term->word, term);
	}
	return NULL;
}

static int by_frequency(const void *a, const void *b)
{
	const struct term *left = a, *right = b;

	return left->frequency < right->frequency ? -1 : left->frequency > right->frequency ? 1 : text_compare(left->word, right->word);
}

/* Counts the words, weighs them, and puts the rare ones first; the others are forgotten. */
static struct error *weigh_terms(struct likeness *likeness)
{
	struct index *index = &likeness->reader->index;
	struct arena *arena = likeness->work->arena;
	struct expression expression;
	int64_t newest, sample;

	TRY(index_newest(index, arena, &newest));
	sample = maximum(minimum(newest, SAMPLE_IDS), 1);
	for (size_t i = 0; i < likeness->count; i++) {
		struct term *term = &likeness->terms[i];
		expression_init(&expression, arena, index->postgres);
		expression_lexeme(&expression, 0, term->word, term->single);
		TRY(index_count(index, arena, buffer_peek(&expression.buffer), newest - sample, SAMPLE_STOP, &term->frequency));
		term->weight = log((double)(sample + 1) / ((double)term->frequency + 0.5)) * (term->title ? 2 : 1);
	}
	qsort(likeness->terms, likeness->count, sizeof(likeness->terms[0]), by_frequency);
	/* In a small store no word is rare by counting: the rarest few are kept at least. */
	size_t rare = minimum(likeness->count, maximum(likeness->count / 2, (size_t)FETCHED_TERMS));
	while (rare < likeness->count && likeness->terms[rare].frequency * RARE_ONE_IN <= sample &&
	       likeness->terms[rare].frequency < SAMPLE_STOP)
		rare++;
	likeness->count = rare;
	table_init(&likeness->known, arena);
	for (size_t i = 0; i < likeness->count; i++) {
		likeness->terms[i].weight = maximum(likeness->terms[i].weight, 0.1);
		table_set(&likeness->known, likeness->terms[i].word, &likeness->terms[i]);
	}
	return NULL;
}

/* ---- candidates ---- */

static void add_candidate(struct likeness *likeness, int64_t id)
{
	for (size_t i = 0; i < likeness->candidate_count; i++)
		if (likeness->candidates[i].id == id)
			return;
	if (id != likeness->but && likeness->candidate_count < array_length(likeness->candidates))
		likeness->candidates[likeness->candidate_count++] = (struct candidate){ .id = id };
}

static struct error *fetch_term(struct likeness *likeness, const struct inquiry *visible, const struct term *term)
{
	struct expression expression;
	int64_t *ids;
	size_t count;

	expression_init(&expression, likeness->work->arena, likeness->reader->index.postgres);
	expression_lexeme(&expression, 0, term->word, term->single);
	TRY(inquiry_ids(likeness->reader, likeness->work->arena, visible, buffer_peek(&expression.buffer), 0, INT64_MAX,
	                CANDIDATES_PER_TERM, &ids, &count));
	for (size_t i = 0; i < count; i++)
		add_candidate(likeness, ids[i]);
	return NULL;
}

static struct error *share_words(struct likeness *likeness, text source, bool *seen, double *score, struct buffer *shared, size_t *shown)
{
	text *words;
	size_t count;

	TRY(search_cut(likeness->work->arena, source, &words, &count));
	for (size_t i = 0; i < count; i++) {
		struct term *term = table_get(&likeness->known, words[i]);
		if (term == NULL || seen[term - likeness->terms])
			continue;
		seen[term - likeness->terms] = true;
		*score += term->weight;
		if ((*shown)++ >= SHARED_SHOWN)
			continue;
		if (shared->length > 0)
			buffer_text(shared, T(", "));
		buffer_text(shared, term->written);
	}
	return NULL;
}

static struct error *score_candidate(struct likeness *likeness, struct candidate *candidate)
{
	struct arena *arena = likeness->work->arena;
	bool seen[TERMS_MAX] = { false }, found;
	struct document document;
	struct buffer shared;
	size_t shown = 0;

	TRY(index_document(&likeness->reader->index, arena, candidate->id, &document, &found));
	if (!found || document.title_internal)
		return NULL;
	buffer_init(&shared, arena, 4096);
	TRY(share_words(likeness, document.title, seen, &candidate->score, &shared, &shown));
	TRY(share_words(likeness, document.body, seen, &candidate->score, &shared, &shown));
	candidate->number = document.number;
	candidate->shared = buffer_peek(&shared);
	return NULL;
}

static int by_likeness(const void *a, const void *b)
{
	const struct candidate *left = a, *right = b;

	if (left->score != right->score)
		return left->score < right->score ? 1 : -1;
	return left->id < right->id ? 1 : left->id > right->id ? -1 : 0;
}

/* The best that the actor may see, as they are now. */
static struct error *show(struct likeness *likeness, size_t limit, struct similar **ret_similar, size_t *ret_count)
{
	struct similar *similar = arena_new_array(likeness->work->arena, struct similar, limit + 1);
	double whole = 0;
	size_t count = 0;

	for (size_t i = 0; i < likeness->count; i++)
		whole += likeness->terms[i].weight;
	for (size_t i = 0; i < likeness->candidate_count && count < limit; i++) {
		struct candidate *candidate = &likeness->candidates[i];
		struct record *record;
		if (candidate->score <= 0)
			break;
		struct error *error = access_load_id(likeness->work, likeness->type, candidate->id, &record);
		if (error != NULL && error->code == ERROR_NOT_FOUND)
			continue;
		TRY(error);
		similar[count++] = (struct similar){ .id = record->id, .type = record->type, .number = record_number(record),
			.title = record_title(record), .shared = candidate->shared,
			.state = record_state(record) < 0 ? TEXT_UNSET : record->type->lifecycle->states[record_state(record)].name,
			.score = (int)lround(minimum(100.0 * candidate->score / whole, 100.0)) };
	}
	*ret_similar = similar;
	*ret_count = count;
	return NULL;
}

static struct error *find_similar(struct likeness *likeness, size_t limit, struct similar **ret_similar, size_t *ret_count)
{
	struct question all = { .count = 0 };
	struct inquiry visible;

	*ret_similar = NULL;
	*ret_count = 0;
	if (likeness->count == 0)
		return NULL;
	TRY(inquiry_make(likeness->reader, likeness->work, likeness->type, &all, likeness->places, &visible));
	if (visible.nothing)
		return NULL;
	TRY(weigh_terms(likeness));
	for (size_t i = 0; i < likeness->count && i < FETCHED_TERMS; i++)
		TRY(fetch_term(likeness, &visible, &likeness->terms[i]));
	for (size_t i = 0; i < likeness->candidate_count; i++)
		TRY(score_candidate(likeness, &likeness->candidates[i]));
	qsort(likeness->candidates, likeness->candidate_count, sizeof(likeness->candidates[0]), by_likeness);
	return show(likeness, minimum(limit, (size_t)LIMIT_PAGE_ROWS), ret_similar, ret_count);
}

static struct likeness *likeness_new(struct search_reader *reader, struct work *work, const struct type *type)
{
	struct likeness *likeness = arena_new_struct(work->arena, struct likeness);

	likeness->reader = reader;
	likeness->work = work;
	likeness->type = type;
	table_init(&likeness->known, work->arena);
	store_set_deadline(reader->index.store, monotonic_us() + LIMIT_READ_MS * 1000);
	return likeness;
}

/* Service and category as lexemes, those that the actor may read. */
static void add_place(struct likeness *likeness, struct expression *expression, struct record *record, char kind, ptrdiff_t field)
{
	int64_t id = record_id_of(record, field);

	if (id == 0 || !access_field_readable(likeness->work, record->type, &record->type->fields[field]))
		return;
	expression_raw(expression, '(');
	if (expression->buffer.length > 1) {
		expression->buffer.length--;
		expression_or(expression);
	}
	expression_lexeme(expression, 0, text_format(likeness->work->arena, "%.*s.%c.%lld", TEXT_ARG(record->type->name), kind,
	                                             (long long)id), false);
}

struct error *search_similar(struct search_reader *reader, struct work *work, struct record *record, size_t limit,
                             struct similar **ret_similar, size_t *ret_count)
{
	const struct type *type = record->type;
	struct likeness *likeness = likeness_new(reader, work, type);
	struct expression places;
	struct error *error = NULL;

	likeness->but = record->id;
	expression_init(&places, work->arena, reader->index.postgres);
	add_place(likeness, &places, record, 's', type->service);
	add_place(likeness, &places, record, 'k', type->category);
	if (places.buffer.length > 0) {
		expression_raw(&places, ')');
		likeness->places = buffer_peek(&places.buffer);
	}
	if (access_field_readable(work, type, &type->fields[type->title_field]))
		error = add_terms(likeness, record_title(record), true);
	if (error == NULL && type->description >= 0 && access_field_readable(work, type, &type->fields[type->description]) &&
	    record_cell(record, (size_t)type->description)->kind == CELL_TEXT)
		error = add_terms(likeness, record_cell(record, (size_t)type->description)->text, false);
	if (error == NULL)
		error = find_similar(likeness, limit, ret_similar, ret_count);
	store_set_deadline(reader->index.store, 0);
	return error;
}

struct error *search_similar_words(struct search_reader *reader, struct work *work, const struct type *type, text words, size_t limit,
                                   struct similar **ret_similar, size_t *ret_count)
{
	struct likeness *likeness = likeness_new(reader, work, type);
	struct error *error = add_terms(likeness, text_slice(words, 0, LIMIT_CONDITION_BYTES), true);

	if (error == NULL)
		error = find_similar(likeness, limit, ret_similar, ret_count);
	store_set_deadline(reader->index.store, 0);
	return error;
}
