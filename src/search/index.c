/* The index as rows: one small set of statements, spelled for FTS5 in DATA/search.db and for a tsvector table in PostgreSQL. */
#include "search/search_private.h"

#include "store/statement.h"

/* Another cutter or another set of lexemes: the index is filled anew. */
#define FORMAT "2"

/* The search index is no part of the main store's checked statements on SQLite: its texts are looked up here. */
static text statement(const struct index *index, enum sql_name name)
{
	return text_from(store_statements[name].text[index->postgres ? 3 : 2]);
}

struct error *index_open(struct arena *error_arena, const struct store_settings *settings, enum store_access access,
                         struct index *ret_index)
{
	struct store_settings own = *settings;
	struct index index = { .postgres = text_is_set(settings->url) };
	struct error *error;

	own.file = T("search.db");
	TRY(store_open(error_arena, &own, access, &index.store));
	error = index.postgres ? store_script(index.store, error_arena, statement(&index, SQL_SEARCH_SESSION)) : NULL;
	if (error != NULL) {
		store_close(index.store);
		return error;
	}
	*ret_index = index;
	return NULL;
}

struct error *index_make(struct index *index, struct arena *arena)
{
	text format;

	TRY(store_script(index->store, arena, statement(index, SQL_SEARCH_TABLES)));
	TRY(index_meta(index, arena, T("format"), &format));
	if (text_equal(format, T(FORMAT)))
		return NULL;
	TRY(store_script(index->store, arena, statement(index, SQL_SEARCH_DROP)));
	TRY(store_script(index->store, arena, statement(index, SQL_SEARCH_TABLES)));
	TRY(index_set_meta(index, arena, T("position"), T("0")));
	return index_set_meta(index, arena, T("format"), T(FORMAT));
}

struct error *index_clear(struct index *index, struct arena *arena)
{
	TRY(store_script(index->store, arena, statement(index, SQL_SEARCH_CLEAR)));
	TRY(index_set_meta(index, arena, T("position"), T("0")));
	return index_set_meta(index, arena, T("format"), T(FORMAT));
}

static struct error *read_meta(struct index *index, struct arena *arena, enum sql_name how, text name, text *ret_value)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(index->store, arena, statement(index, how), CELLS(cell_text(name)), &rows));
	TRY(rows_next(rows, &row));
	*ret_value = row ? rows_text_copy(rows, arena, 0) : TEXT_UNSET;
	rows_close(rows);
	return NULL;
}

struct error *index_meta(struct index *index, struct arena *arena, text name, text *ret_value)
{
	return read_meta(index, arena, SQL_SEARCH_META_FIND, name, ret_value);
}

struct error *index_position(struct index *index, struct arena *arena, int64_t *ret_position)
{
	text value;

	TRY(read_meta(index, arena, SQL_SEARCH_META_LOCK, T("position"), &value));
	if (!text_is_set(value) || !text_to_integer(value, ret_position))
		return error_hint(arena, error_new(arena, ERROR_INTERNAL, "the search index has lost its place"), "rebuild it");
	return NULL;
}

struct error *index_set_meta(struct index *index, struct arena *arena, text name, text value)
{
	return store_run_text(index->store, arena, statement(index, SQL_SEARCH_META_SET), CELLS(cell_text(name), cell_text(value)), NULL);
}

struct error *index_document(struct index *index, struct arena *arena, int64_t id, struct document *ret_document, bool *ret_found)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(index->store, arena, statement(index, SQL_SEARCH_DOCUMENT_FIND), CELLS(cell_integer(id)), &rows));
	TRY(rows_next(rows, &row));
	if (row)
		*ret_document = (struct document){
			.id = id, .type = rows_text_copy(rows, arena, 0), .number = rows_text_copy(rows, arena, 1),
			.title = rows_text_copy(rows, arena, 2), .state = rows_text_copy(rows, arena, 3),
			.updated_at = rows_moment(rows, 4), .body = rows_text_copy(rows, arena, 5),
			.notes = rows_text_copy(rows, arena, 6), .scopes = rows_text_copy(rows, arena, 7),
			.title_internal = rows_integer(rows, 8) != 0,
		};
	rows_close(rows);
	*ret_found = row;
	return NULL;
}

/* FTS5 without content keeps no words: what is taken out must be said as it was put in. */
static struct error *replace_words(struct index *index, struct arena *arena, const struct document *before,
                                   const struct document *document)
{
	text old = TEXT_UNSET, new = TEXT_UNSET;

	if (before != NULL)
		TRY(document_lexemes(arena, before, false, &old));
	if (document != NULL)
		TRY(document_lexemes(arena, document, false, &new));
	if (text_is_set(old) && text_is_set(new) && text_equal(old, new))
		return NULL;
	if (text_is_set(old))
		TRY(store_run_text(index->store, arena, statement(index, SQL_SEARCH_WORDS_REMOVE),
		                   CELLS(cell_integer(before->id), cell_text(old)), NULL));
	if (text_is_set(new))
		TRY(store_run_text(index->store, arena, statement(index, SQL_SEARCH_WORDS_ADD),
		                   CELLS(cell_integer(document->id), cell_text(new)), NULL));
	return NULL;
}

uint64_t scope_hash(text scope)
{
	return text_hash(scope);
}

static void put_hash(struct buffer *buffer, text scope)
{
	uint64_t hash = scope_hash(scope);

	for (int shift = 56; shift >= 0; shift -= 8)
		buffer_char(buffer, (char)(hash >> shift));
}

/* Eight bytes a scope, highest first. */
static struct error *scope_hashes(struct arena *arena, const struct document *document, text *ret_hashes)
{
	text rest = document->scopes, part;
	struct buffer buffer;

	buffer_init(&buffer, arena, (size_t)1024 * 1024);
	put_hash(&buffer, text_format(arena, "%.*s.", TEXT_ARG(document->type)));
	while (text_cut(&rest, ' ', &part))
		if (!text_is_empty(part))
			put_hash(&buffer, part);
	return buffer_finish(&buffer, ret_hashes);
}

struct error *index_put(struct index *index, struct arena *arena, const struct document *before, const struct document *document)
{
	struct cell cells[12] = {
		cell_integer(document->id), cell_text(document->type), cell_text(document->number), cell_text(document->title),
		cell_text(document->state), cell_moment(document->updated_at), cell_text(document->body), cell_text(document->notes),
		cell_text(text_is_set(document->scopes) ? document->scopes : T("")), cell_integer(document->title_internal ? 1 : 0),
	};
	size_t count = 10;
	text words, hashes;

	TRY(scope_hashes(arena, document, &hashes));
	if (index->postgres) {
		TRY(document_lexemes(arena, document, true, &words));
		cells[count++] = cell_text(words);
		cells[count++] = cell_blob(hashes);
	} else {
		TRY(replace_words(index, arena, before, document));
		if (before == NULL || !text_equal(before->scopes, document->scopes))
			TRY(store_run_text(index->store, arena, statement(index, SQL_SEARCH_SCOPE_PUT),
			                   CELLS(cell_integer(document->id), cell_blob(hashes)), NULL));
	}
	return store_run_text(index->store, arena, statement(index, SQL_SEARCH_DOCUMENT_PUT), (struct cells){ cells, count }, NULL);
}

struct error *index_remove(struct index *index, struct arena *arena, const struct document *document)
{
	if (!index->postgres) {
		TRY(replace_words(index, arena, document, NULL));
		TRY(store_run_text(index->store, arena, statement(index, SQL_SEARCH_SCOPE_REMOVE), CELLS(cell_integer(document->id)), NULL));
	}
	return store_run_text(index->store, arena, statement(index, SQL_SEARCH_DOCUMENT_REMOVE), CELLS(cell_integer(document->id)), NULL);
}

struct error *index_ids(struct index *index, struct arena *arena, text expression, int64_t least, int64_t below, size_t limit,
                        int64_t **ret_ids, size_t *ret_count)
{
	int64_t *ids = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query_text(index->store, arena, statement(index, SQL_SEARCH_IDS),
	                     CELLS(cell_text(expression), cell_integer(least), cell_integer(below), cell_integer((int64_t)limit)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(arena, ids, count, capacity);
		ids[count++] = rows_integer(rows, 0);
	}
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

struct scoped {
	text expression;
	const uint64_t *allowed;
	size_t allowed_count;
	int64_t *ids;
	size_t count, capacity, limit;
};

static bool is_allowed(text hashes, const struct scoped *scoped)
{
	for (size_t at = 0; at + 8 <= hashes.length; at += 8) {
		uint64_t hash = 0;
		size_t low = 0, high = scoped->allowed_count;
		for (size_t i = 0; i < 8; i++)
			hash = hash << 8 | (unsigned char)hashes.data[at + i];
		while (low < high) {
			size_t middle = (low + high) / 2;
			if (scoped->allowed[middle] < hash)
				low = middle + 1;
			else
				high = middle;
		}
		if (low < scoped->allowed_count && scoped->allowed[low] == hash)
			return true;
	}
	return false;
}

/* At most `chunk` matches below *below, which moves on; *ret_end when there are no more. */
static struct error *scan_chunk(struct index *index, struct arena *arena, struct scoped *scoped, int64_t least, int64_t *below,
                                size_t chunk, bool *ret_end)
{
	struct rows *rows;
	size_t seen = 0;
	bool row = true;

	TRY(store_query_text(index->store, arena, statement(index, SQL_SEARCH_SCAN),
	                     CELLS(cell_text(scoped->expression), cell_integer(least), cell_integer(*below), cell_integer((int64_t)chunk)),
	                     &rows));
	while (scoped->count < scoped->limit) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		seen++;
		*below = rows_integer(rows, 0);
		if (!is_allowed(rows_text(rows, 1), scoped))
			continue;
		arena_make_room(arena, scoped->ids, scoped->count, scoped->capacity);
		scoped->ids[scoped->count++] = *below;
	}
	rows_close(rows);
	*ret_end = !row && seen < chunk;
	return NULL;
}

struct error *index_scoped_ids(struct index *index, struct arena *arena, text expression, const uint64_t *allowed, size_t allowed_count,
                               int64_t least, int64_t below, size_t limit, int64_t **ret_ids, size_t *ret_count)
{
	struct scoped scoped = { .expression = expression, .allowed = allowed, .allowed_count = allowed_count, .limit = limit };
	size_t chunk = limit + limit / 8 + 16;
	bool end = false;

	/* Mostly one chunk is enough: nearly all matches pass. */
	for (; !end && scoped.count < limit; chunk = maximum(chunk, (size_t)1000))
		TRY(scan_chunk(index, arena, &scoped, least, &below, chunk, &end));
	*ret_ids = scoped.ids;
	*ret_count = scoped.count;
	return NULL;
}

static struct error *one_integer(struct index *index, struct arena *arena, enum sql_name name, struct cells cells, int64_t *ret_integer)
{
	struct rows *rows;
	bool row;

	TRY(store_query_text(index->store, arena, statement(index, name), cells, &rows));
	TRY(rows_next(rows, &row));
	*ret_integer = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

struct error *index_count(struct index *index, struct arena *arena, text expression, int64_t least, int64_t limit, int64_t *ret_count)
{
	return one_integer(index, arena, SQL_SEARCH_COUNT, CELLS(cell_text(expression), cell_integer(least), cell_integer(limit)), ret_count);
}

struct error *index_newest(struct index *index, struct arena *arena, int64_t *ret_id)
{
	return one_integer(index, arena, SQL_SEARCH_NEWEST, NO_CELLS, ret_id);
}
