/*
 * What the files of this floor share. The index knows documents as sets of words ("lexemes"), the same on both databases:
 *
 *   mail        in the title or in public text            !mail   in internal text only
 *   =mail       in the title                              ^ma     a title word begins so (1 .. 7 characters: type-ahead)
 *   incident.   its type                                  incident.requester.42, incident.c.1f3a  its scopes (access/scope.c)
 *   incident.s.12, incident.k.5                           its service and category: candidates for similar records
 *
 * So rights and places are part of the question, no position has to be kept (FTS5 detail=none, tsvector without positions: the
 * smallest and fastest form of both), and one expression in two spellings asks either database.
 */
#ifndef REEVE_SEARCH_PRIVATE_H
#define REEVE_SEARCH_PRIVATE_H

#include "base/buffer.h"
#include "base/table.h"
#include "search/search.h"

/* ---- cutting (cut.c) ---- */

#define WORD_BYTES_MAX 64
#define WORDS_MAX 20000
/* Characters of a title word that type-ahead finds by a lexeme of their own. */
#define AHEAD_MAX 7

struct span {
	text word;      /* folded */
	size_t from, to; /* bytes in the cut text */
	bool single;    /* one character of a script without spaces: stands for every word that begins with it */
};
/* *ret_text is the text that the spans point into: `source` in composed form (NFC), or itself. */
must_use struct error *cut_spans(struct arena *arena, text source, text *ret_text, struct span **ret_spans, size_t *ret_count);

/* ---- documents (lexeme.c) ---- */

/* One record in the index. Texts are what was written, not cut. */
struct document {
	int64_t id;
	text type, number, title, state;
	moment updated_at;
	text body;   /* open searched fields, then public comments */
	text notes;  /* internal searched fields and internal comments */
	text scopes; /* words of access_record_scopes() and places, with blanks between; without the type's own */
	bool title_internal; /* the title is not for everybody who may read the record */
};
/* The distinct lexemes with blanks between (FTS5) or as 'a' 'b' (tsvector). The same document always gives the same text. */
must_use struct error *document_lexemes(struct arena *arena, const struct document *document, bool quoted, text *ret_lexemes);

/* ---- expressions (lexeme.c) ---- */

/* A question as both databases spell it; appended to a buffer piece by piece. */
struct expression {
	struct buffer buffer;
	bool postgres;
};
void expression_init(struct expression *expression, struct arena *arena, bool postgres);
void expression_raw(struct expression *expression, char c); /* ( or ) */
void expression_and(struct expression *expression);
void expression_or(struct expression *expression);
/* mark: 0 or one of ! = ^ */
void expression_lexeme(struct expression *expression, char mark, text word, bool prefix);

/* ---- the index (index.c) ---- */

/* One connection to the index: DATA/search.db, or the search tables of the PostgreSQL database. */
struct index {
	struct store *store;
	bool postgres;
};
must_use struct error *index_open(struct arena *error_arena, const struct store_settings *settings, enum store_access access,
                                  struct index *ret_index);
/* Makes the tables where they are missing or of another format (then empty). */
must_use struct error *index_make(struct index *index, struct arena *arena);
must_use struct error *index_clear(struct index *index, struct arena *arena);
must_use struct error *index_meta(struct index *index, struct arena *arena, text name, text *ret_value);
/* The cursor; on PostgreSQL its row stays locked until the transaction ends, so that nodes take turns. */
must_use struct error *index_position(struct index *index, struct arena *arena, int64_t *ret_position);
must_use struct error *index_set_meta(struct index *index, struct arena *arena, text name, text value);
/* *ret_found false when the record has no document. */
must_use struct error *index_document(struct index *index, struct arena *arena, int64_t id, struct document *ret_document,
                                      bool *ret_found);
/* Writes a document; `before` is the one it replaces, or NULL. */
must_use struct error *index_put(struct index *index, struct arena *arena, const struct document *before,
                                 const struct document *document);
must_use struct error *index_remove(struct index *index, struct arena *arena, const struct document *document);
/* Ids of matches with least <= id < below, newest first. */
must_use struct error *index_ids(struct index *index, struct arena *arena, text expression, int64_t least, int64_t below,
                                 size_t limit, int64_t **ret_ids, size_t *ret_count);
/* What a scope is in a document's row of scopes: short, so that many rows are in a page. The type's own word is one too. */
uint64_t scope_hash(text scope);
/* The same for matches that have one of the allowed scopes (hashes in ascending order). */
must_use struct error *index_scoped_ids(struct index *index, struct arena *arena, text expression, const uint64_t *allowed,
                                        size_t allowed_count, int64_t least, int64_t below, size_t limit, int64_t **ret_ids,
                                        size_t *ret_count);
must_use struct error *index_count(struct index *index, struct arena *arena, text expression, int64_t least, int64_t limit,
                                   int64_t *ret_count);
must_use struct error *index_newest(struct index *index, struct arena *arena, int64_t *ret_id);

/* ---- questions (question.c) ---- */

struct search_reader {
	struct index index;
};

/* Which words of a text are asked for; at most QUESTION_WORDS. */
#define QUESTION_WORDS 16
struct question {
	struct span words[QUESTION_WORDS];
	size_t count;
	bool prefix; /* the last word is a beginning */
};
must_use struct error *question_cut(struct arena *arena, text words, bool prefix, struct question *ret_question);

/*
 * A question put to the index by one actor. Scopes that few documents have are part of the expression, and lead to the matches.
 * Scopes that most documents have (an agent's) would only be walked along: then each match's own scopes are looked at, as it comes.
 * Both see the same documents.
 */
struct inquiry {
	text expression;
	bool nothing;          /* nothing is visible at all */
	bool filter;           /* look at each match's scopes: */
	uint64_t *allowed;     /* any of these hashes is enough; ascending */
	size_t allowed_count;
	text beside;           /* filter: those that are found by their public text only, with their scopes; unset: none */
};
/* Everything that the actor may see among `type` (NULL: all) with all words; `more` is a further expression in brackets, or unset. */
must_use struct error *inquiry_make(struct search_reader *reader, struct work *work, const struct type *type,
                                    const struct question *question, text more, struct inquiry *ret_inquiry);
/* Ids of visible matches with least <= id < below, newest first. `and` (one more lexeme or expression) may be unset. */
must_use struct error *inquiry_ids(struct search_reader *reader, struct arena *arena, const struct inquiry *inquiry, text and,
                                   int64_t least, int64_t below, size_t limit, int64_t **ret_ids, size_t *ret_count);

/* The question with one of its words in the title, without scopes: to weigh matches that were found visible. */
must_use text inquiry_titled(struct search_reader *reader, struct arena *arena, const struct question *question, size_t titled);

/* ---- snippets (snippet.c) ---- */

/* A window of plain text around the first match, matches between U+0002 and U+0003. *ret_matched: some word was found in it. */
must_use struct error *snippet_make(struct arena *arena, text source, const struct question *question, text *ret_snippet,
                                    bool *ret_matched);

/* ---- documents of records (build.c) ---- */

/* A number that changes with everything that decides what a document of these definitions looks like. */
must_use text build_fingerprint(struct work *work);
/* From the record as it is now; comments are taken over from `before` (may be NULL) and grown by `public` and `internal`. */
must_use struct error *build_document(struct work *work, struct record *record, const struct document *before, text public,
                                      text internal, struct document *ret_document);

#endif
