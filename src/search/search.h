/*
 * Finding records by words: a reader of the event log. SQLite: FTS5 in DATA/search.db (own writer, own cursor); PostgreSQL: a tsvector
 * table. Words are cut and folded here (utf8proc, bigrams for CJK), the same for both. A document keeps public and internal text
 * apart and carries scope words (access_record_scopes), so that limits and counts apply to what the caller may see.
 */
#ifndef REEVE_SEARCH_SEARCH_H
#define REEVE_SEARCH_SEARCH_H

#include "engine/engine.h"

struct search;       /* the index of one data directory; thread safe */
struct search_reader; /* one per worker thread */

must_use struct error *search_open(struct arena *error_arena, const struct store_settings *settings, struct search **ret_search);
void search_close(struct search *search);
/* Indexes events after the cursor, at most `limit`; *ret_indexed 0: drained. `work` reads the main store, as system. One thread at a time. */
must_use struct error *search_run(struct search *search, struct work *work, size_t limit, int64_t *ret_indexed);
/* Throws the index away; search_run fills it again. */
must_use struct error *search_rebuild(struct search *search, struct work *work);
/* The cursor: newest event seq in the index. */
int64_t search_position(struct search *search);

must_use struct error *search_reader_open(struct search *search, struct arena *arena, struct search_reader **ret_reader);

struct search_hit {
	const struct type *type;
	int64_t id;
	text number, title;
	text state;       /* name, unset without lifecycle */
	text snippet;     /* plain text around the match; matches between U+0002 and U+0003 */
	moment updated_at;
};
struct search_result {
	struct search_hit *hits;
	size_t count;
	int64_t total;    /* capped at LIMIT_COUNT + 1 */
	text next;        /* cursor, or unset */
};
enum search_order { SEARCH_NEWEST, SEARCH_RANKED };
/*
 * What the actor may see among records of `type` (NULL: all types) with all `words` (the last one as a beginning when
 * `prefix`). An exact number comes first. Ranked only over the newest 5,000 visible matches.
 */
must_use struct error *search_find(struct search_reader *reader, struct work *work, const struct type *type, text words, bool prefix,
                                   enum search_order order, size_t limit, text after, struct search_result *ret_result);
/* For conditions with words (query.find_words): ids of matching records of the type, newest first, at most LIMIT 5,000. */
must_use struct error *search_ids(struct search_reader *reader, struct work *work, const struct type *type, text words,
                                  int64_t **ret_ids, size_t *ret_count);

struct similar {
	int64_t id;
	const struct type *type;
	text number, title, state;
	int score;         /* 0 .. 100 */
	text shared;       /* the shared rare words: why it is similar */
};
/* Records of the same type with the same service or category, scored by shared rare words; p95 < 50 ms at a million. */
must_use struct error *search_similar(struct search_reader *reader, struct work *work, struct record *record, size_t limit,
                                      struct similar **ret_similar, size_t *ret_count);
/* The same for words typed into the portal's box before a record exists. */
must_use struct error *search_similar_words(struct search_reader *reader, struct work *work, const struct type *type, text words,
                                            size_t limit, struct similar **ret_similar, size_t *ret_count);

/* The word cutter, for tests and for type-ahead: folded words of a text, in order. */
must_use struct error *search_cut(struct arena *arena, text source, text **ret_words, size_t *ret_count);

#endif
