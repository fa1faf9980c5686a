/*
 * The reader of the event log: takes the events after its cursor in batches, writes each touched record once, and moves the
 * cursor in the same transaction. So it may be killed at any moment, and filling anew gives the same index.
 */
#include "search/search_private.h"

#include "base/table.h"

#include <stdatomic.h>

/* Payloads of a batch are in memory at once: 200 of the longest comments fit into a piece of work. */
#define BATCH_MAX 200
#define SEARCH_ARENA_BYTES ((size_t)16 * 1024 * 1024)
#define DOCUMENT_ARENA_BYTES ((size_t)64 * 1024 * 1024)

struct search {
	struct arena *arena;
	struct arena *scratch; /* of one document */
	struct store_settings settings;
	struct index index;
	_Atomic int64_t position;
	const struct model *model; /* whose fingerprint was looked at last */
};

/* One record of a batch with what was said about it. */
struct touched {
	const struct type *type;
	int64_t id;
	struct buffer public, internal;
	bool afresh; /* something was erased: comments are read again from its whole history */
};

struct batch {
	struct work *work;
	struct table by_id;
	struct touched **items;
	size_t count, capacity;
};

struct error *search_open(struct arena *error_arena, const struct store_settings *settings, struct search **ret_search)
{
	struct arena *arena = arena_new(SEARCH_ARENA_BYTES);
	struct search *search = arena_new_struct(arena, struct search);
	struct error *error;
	int64_t position;

	search->arena = arena;
	search->scratch = arena_new(DOCUMENT_ARENA_BYTES);
	search->settings = *settings;
	search->settings.data_dir = text_copy(arena, settings->data_dir);
	search->settings.url = text_copy(arena, settings->url);
	error = index_open(error_arena, &search->settings, STORE_WRITE, &search->index);
	if (error == NULL)
		error = index_make(&search->index, error_arena);
	if (error == NULL)
		error = index_position(&search->index, error_arena, &position);
	if (error != NULL) {
		search_close(search);
		return error;
	}
	atomic_store(&search->position, position);
	*ret_search = search;
	return NULL;
}

void search_close(struct search *search)
{
	if (search == NULL)
		return;
	store_close(search->index.store);
	arena_free(search->scratch);
	arena_free(search->arena);
}

int64_t search_position(struct search *search)
{
	return atomic_load(&search->position);
}

static void close_reader(void *data)
{
	store_close(((struct search_reader *)data)->index.store);
}

struct error *search_reader_open(struct search *search, struct arena *arena, struct search_reader **ret_reader)
{
	struct search_reader *reader = arena_new_struct(arena, struct search_reader);

	TRY(index_open(arena, &search->settings, STORE_READ, &reader->index));
	arena_defer(arena, close_reader, reader);
	*ret_reader = reader;
	return NULL;
}

struct error *search_rebuild(struct search *search, struct work *work)
{
	struct store *store = search->index.store;
	struct error *error;

	TRY(store_begin(store, work->arena));
	error = index_clear(&search->index, work->arena);
	if (error == NULL)
		error = index_set_meta(&search->index, work->arena, T("fingerprint"), build_fingerprint(work));
	if (error != NULL) {
		store_rollback(store);
		return error;
	}
	TRY(store_commit(store, work->arena));
	atomic_store(&search->position, 0);
	return NULL;
}

/* The log does not reach to the cursor: an older store was put beside a newer index. */
static struct error *is_ahead(struct search *search, struct work *work, bool *ret_ahead)
{
	struct event *events;
	int64_t position;
	size_t count = 1;

	TRY(index_position(&search->index, work->arena, &position));
	if (position > 0)
		TRY(engine_feed_all(work, position - 1, 1, &events, &count));
	*ret_ahead = count == 0;
	return NULL;
}

/* Rules of access and searched fields are in every document: other definitions need another index. */
static struct error *check_index(struct search *search, struct work *work)
{
	text stored;
	bool ahead;

	if (search->model == work->model)
		return NULL;
	TRY(index_meta(&search->index, work->arena, T("fingerprint"), &stored));
	TRY(is_ahead(search, work, &ahead));
	if (ahead || !text_is_set(stored) || !text_equal(stored, build_fingerprint(work)))
		TRY(search_rebuild(search, work));
	search->model = work->model;
	return NULL;
}

/* ---- one batch ---- */

static bool changes_document(enum event_kind kind)
{
	return kind != EVENT_CLOCK && kind != EVENT_NOTIFIED && kind != EVENT_ATTACHED && kind != EVENT_DETACHED &&
	       kind != EVENT_LINKED && kind != EVENT_UNLINKED;
}

static struct touched *find_touched(struct batch *batch, const struct event *event)
{
	struct arena *arena = batch->work->arena;
	text key = { (const char *)&event->record_id, sizeof(event->record_id) };
	struct touched *touched = table_get(&batch->by_id, key);

	if (touched != NULL)
		return touched;
	touched = arena_new_struct(arena, struct touched);
	touched->type = event->type;
	touched->id = event->record_id;
	buffer_init(&touched->public, arena, (size_t)4 * 1024 * 1024);
	buffer_init(&touched->internal, arena, (size_t)4 * 1024 * 1024);
	arena_make_room(arena, batch->items, batch->count, batch->capacity);
	batch->items[batch->count++] = touched;
	table_set(&batch->by_id, (text){ (const char *)&touched->id, sizeof(touched->id) }, touched);
	return touched;
}

static void take_comment(struct touched *touched, const struct event *event)
{
	text comment = value_get_text(event->payload, T("comment"));
	struct buffer *buffer = event->visibility == VISIBLE_PUBLIC ? &touched->public : &touched->internal;

	if (comment.length == 0)
		return;
	if (buffer->length > 0)
		buffer_char(buffer, '\n');
	buffer_text(buffer, comment);
}

/* What the requester answered to the form is found by everybody who may read the record. */
static void take_answers(struct touched *touched, const struct value *answers)
{
	for (size_t i = 0; answers != NULL && answers->kind == VALUE_LIST && i < answers->list.count; i++) {
		const struct value *one = answers->list.items[i], *rows = value_get(one, T("rows"));
		text shown = value_get_text(one, T("words"));

		if (shown.length > 0) {
			if (touched->public.length > 0)
				buffer_char(&touched->public, '\n');
			buffer_text(&touched->public, shown);
		}
		for (size_t row = 0; rows != NULL && rows->kind == VALUE_LIST && row < rows->list.count; row++)
			take_answers(touched, rows->list.items[row]);
	}
}

static void take_event(struct batch *batch, const struct event *event)
{
	struct touched *touched;

	if (event->type == NULL || event->type->abstract || event->record_id == 0 || !changes_document(event->kind))
		return;
	touched = find_touched(batch, event);
	touched->afresh = touched->afresh || event->kind == EVENT_ERASED;
	take_comment(touched, event);
	take_answers(touched, value_get(event->payload, T("answers")));
}

static struct error *take_history(struct work *work, struct record *record, struct touched *touched)
{
	struct event *events;
	size_t count;

	touched->public.length = touched->internal.length = 0;
	TRY(engine_history(work, record, 0, &events, &count));
	for (size_t i = 0; i < count; i++) {
		take_comment(touched, &events[i]);
		take_answers(touched, value_get(events[i].payload, T("answers")));
	}
	return NULL;
}

static struct error *write_touched(struct search *search, struct work *work, struct touched *touched)
{
	struct document before, document;
	struct record *record;
	struct error *error;
	bool found;

	TRY(index_document(&search->index, work->arena, touched->id, &before, &found));
	error = model_load_fresh(work, touched->type, touched->id, &record);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return found ? index_remove(&search->index, work->arena, &before) : NULL;
	TRY(error);
	if (touched->afresh)
		TRY(take_history(work, record, touched));
	TRY(build_document(work, record, found && !touched->afresh ? &before : NULL, buffer_peek(&touched->public),
	                   buffer_peek(&touched->internal), &document));
	return index_put(&search->index, work->arena, found ? &before : NULL, &document);
}

static struct error *write_batch(struct search *search, struct work *work, const struct batch *batch)
{
	struct work one = *work;
	struct error *error = NULL;

	one.arena = search->scratch;
	for (size_t i = 0; i < batch->count && error == NULL; i++) {
		error = write_touched(search, &one, batch->items[i]);
		if (error != NULL)
			error = error_copy(work->arena, error);
		/* Records of this document are forgotten with its memory. */
		if (one.cache != NULL)
			record_cache_reset(one.cache);
		arena_reset(search->scratch);
	}
	return error;
}

static struct error *run_batch(struct search *search, struct work *work, size_t limit, int64_t *ret_position, int64_t *ret_count)
{
	struct batch batch = { .work = work };
	struct event *events;
	size_t count;
	int64_t position;

	table_init(&batch.by_id, work->arena);
	TRY(index_position(&search->index, work->arena, &position));
	TRY(engine_feed_all(work, position, minimum(limit, (size_t)BATCH_MAX), &events, &count));
	for (size_t i = 0; i < count; i++)
		take_event(&batch, &events[i]);
	TRY(write_batch(search, work, &batch));
	if (count > 0) {
		position = events[count - 1].seq;
		TRY(index_set_meta(&search->index, work->arena, T("position"), text_format(work->arena, "%lld", (long long)position)));
	}
	*ret_position = position;
	*ret_count = (int64_t)count;
	return NULL;
}

struct error *search_run(struct search *search, struct work *work, size_t limit, int64_t *ret_indexed)
{
	int64_t position = 0, count = 0;
	struct error *error;

	TRY(check_index(search, work));
	TRY(store_begin(search->index.store, work->arena));
	error = run_batch(search, work, limit, &position, &count);
	if (error != NULL || count == 0)
		store_rollback(search->index.store);
	TRY(error);
	if (count > 0)
		TRY(store_commit(search->index.store, work->arena));
	atomic_store(&search->position, position);
	*ret_indexed = count;
	return NULL;
}
