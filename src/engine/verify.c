/*
 * `reeve verify`: walks the whole chain of seals and says where it is broken first. What can be found: a changed byte in any
 * column or payload, a deleted row, rows that changed places, and newest rows cut off (the head log knows of them). A payload
 * that was erased by a recorded erasure is accepted; one that is merely gone is not.
 */
#include "engine/seal_private.h"

#include "base/limits.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>

#define VERIFY_PAGE 500

/* The head log is read beside the chain: both ascend. */
struct heads {
	FILE *file;
	long end;    /* its size when the walk began: what a running server appends later speaks of rows not looked at */
	text path;
	int64_t line;
	int64_t seq; /* of the line that waits; 0: none */
	uint8_t seal[SEAL_BYTES];
};

struct walk {
	struct work *work;      /* of the caller */
	struct arena *page;     /* of one page of rows, reset after each */
	struct heads heads;
	uint8_t key[SEAL_KEY_BYTES];
	uint8_t before[SEAL_BYTES];
	int64_t seq;            /* newest checked */
	struct verify_report report;
};

static void file_close(void *file) { fclose(file); }

static struct error *heads_fault(struct walk *walk, const char *what)
{
	return error_place(error_new(walk->work->arena, ERROR_CONFLICT, "the head log is broken: %s", what),
	                   (struct place){ walk->heads.path, (uint32_t)walk->heads.line, 0 });
}

/* The next line of the head log into heads.seq and heads.seal. */
static struct error *heads_next(struct walk *walk)
{
	struct heads *heads = &walk->heads;
	char line[200];

	int64_t before = heads->seq;
	heads->seq = 0;
	if (heads->file == NULL || ftell(heads->file) >= heads->end || fgets(line, sizeof(line), heads->file) == NULL)
		return NULL;
	if (text_find_char(text_from(line), '\n') < 0)
		return NULL; /* half a line: its writer was killed, or the disk was full */
	heads->line++;
	text rest = text_trim(text_from(line)), seq, seal;
	if (!text_cut(&rest, ' ', &seq) || !text_cut(&rest, ' ', &seal) || !text_to_integer(seq, &heads->seq) ||
	    seal.length != (size_t)(2 * SEAL_BYTES) || !text_unhex(seal, heads->seal, SEAL_BYTES))
		return heads_fault(walk, "this line is not \"seq seal moment\"");
	if (heads->seq <= before)
		return heads_fault(walk, "its numbers do not ascend");
	walk->report.heads++;
	return NULL;
}

static struct error *heads_open(struct walk *walk, text path)
{
	walk->heads.path = path;
	if (!text_is_set(path))
		return NULL;
	walk->heads.file = fopen(text_cstring(walk->work->arena, path), "re");
	if (walk->heads.file == NULL)
		return errno == ENOENT ? NULL :
		                         error_new(walk->work->arena, ERROR_UNAVAILABLE, "the head log %.*s cannot be opened: %m",
		                                   TEXT_ARG(path));
	arena_defer(walk->work->arena, file_close, walk->heads.file);
	if (fseek(walk->heads.file, 0, SEEK_END) != 0 || (walk->heads.end = ftell(walk->heads.file)) < 0)
		return error_new(walk->work->arena, ERROR_UNAVAILABLE, "the head log %.*s cannot be read: %m", TEXT_ARG(path));
	rewind(walk->heads.file);
	return heads_next(walk);
}

/* "event 42 (updated of incident INC0000007): ..." */
static struct error *fault(struct walk *walk, const struct event_row *row, const char *what)
{
	const struct type *type = model_type(walk->work->model, row->type);
	struct arena *arena = walk->work->arena;
	struct record *record;
	text name = text_format(arena, "record %lld", (long long)row->record_id);

	if (type != NULL && model_load(walk->work, type, row->record_id, &record) == NULL)
		name = text_copy(arena, record_number(record));
	return error_hint(arena,
	                  error_new(arena, ERROR_CONFLICT, "event %lld (%.*s, %.*s %.*s): %s", (long long)row->seq,
	                            TEXT_ARG(row->kind), TEXT_ARG(row->type), TEXT_ARG(name), what),
	                  "compare with a backup made before");
}

static struct error *check_payload(struct walk *walk, const struct event_row *row)
{
	uint8_t hash[SEAL_BYTES];
	int64_t erasure;
	bool found;

	if (row->payload_hash.length != SEAL_BYTES)
		return fault(walk, row, "the hash of its payload is gone");
	if (text_is_set(row->payload) && row->salt.length == SEAL_SALT_BYTES) {
		seal_payload(row->salt, row->payload, hash);
		return memcmp(hash, row->payload_hash.data, SEAL_BYTES) == 0 ? NULL :
		                                                               fault(walk, row, "its payload was changed");
	}
	TRY(store_integer(walk->work->store, walk->page, SQL_EVENT_ERASURE,
	                  CELLS(cell_integer(row->record_id), cell_integer(row->id)), &erasure, &found));
	if (!found || text_is_set(row->payload))
		return fault(walk, row, "its payload is missing and no erasure was recorded");
	walk->report.erased++;
	return NULL;
}

static struct error *check_row(struct walk *walk, const struct event_row *row)
{
	uint8_t seal[SEAL_BYTES];

	if (row->seq != walk->seq + 1)
		return error_hint(walk->work->arena,
		                  error_new(walk->work->arena, ERROR_CONFLICT, "event %lld is missing: the log goes on with event %lld",
		                            (long long)walk->seq + 1, (long long)row->seq),
		                  "compare with a backup made before");
	seal_compute(walk->key, walk->before, row, seal);
	if (row->seal.length != SEAL_BYTES || memcmp(seal, row->seal.data, SEAL_BYTES) != 0)
		return fault(walk, row, "its seal does not fit: it, or its place, was changed");
	TRY(check_payload(walk, row));
	walk->seq = row->seq;
	memcpy(walk->before, seal, SEAL_BYTES);
	walk->report.events++;
	while (walk->heads.seq == walk->seq) {
		if (memcmp(walk->heads.seal, seal, SEAL_BYTES) != 0)
			return fault(walk, row, "its seal is not the one that the head log has: the log was written anew");
		TRY(heads_next(walk));
	}
	return NULL;
}

static struct error *check_page(struct walk *walk, bool *ret_more)
{
	struct rows *rows;
	struct event_row event;
	bool row = false;
	size_t count = 0;

	TRY(store_query(walk->work->store, walk->page, SQL_EVENT_CHAIN, CELLS(cell_integer(walk->seq), cell_integer(VERIFY_PAGE)),
	                &rows));
	for (;; count++) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		event_row_read(rows, &event);
		TRY(check_row(walk, &event));
	}
	*ret_more = count == VERIFY_PAGE;
	return NULL;
}

/* Rows that wait for their seal bear the mark of who has the key; on SQLite there are none. */
static struct error *check_waiting(struct walk *walk, int64_t *last_id, bool *ret_more)
{
	struct rows *rows;
	struct event_row event;
	bool row;
	size_t count = 0;

	TRY(store_query(walk->work->store, walk->page, SQL_EVENT_WITHOUT_SEAL, CELLS(cell_integer(*last_id), cell_integer(VERIFY_PAGE)), &rows));
	for (;; count++) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		event_row_read(rows, &event);
		if (!seal_is_marked(walk->key, &event))
			return error_hint(walk->work->arena,
			                  error_new(walk->work->arena, ERROR_CONFLICT,
			                            "an event without a seal (row %lld, %.*s of %.*s record %lld) was not written by reeve",
			                            (long long)event.id, TEXT_ARG(event.kind), TEXT_ARG(event.type), (long long)event.record_id),
			                  "compare with a backup made before");
		TRY(check_payload(walk, &event));
		*last_id = event.id;
	}
	*ret_more = count == VERIFY_PAGE;
	return NULL;
}

static void page_free(void *page) { arena_free(page); }

struct error *engine_verify(struct work *work, const struct seal_settings *settings, struct verify_report *ret_report)
{
	struct walk walk = { .work = work, .page = arena_new(LIMIT_VERIFY_PAGE_BYTES) };
	bool more = true, found;

	arena_defer(work->arena, page_free, walk.page);
	TRY(seal_key_load(work->arena, settings->key_path, walk.key));
	TRY(heads_open(&walk, settings->head_path));
	while (more) {
		TRY(check_page(&walk, &more));
		arena_reset(walk.page);
	}
	if (walk.heads.seq > walk.seq)
		return error_hint(work->arena,
		                  error_new(work->arena, ERROR_CONFLICT,
		                            "the newest events are missing: the log ends with event %lld, its head log knows event %lld",
		                            (long long)walk.seq, (long long)walk.heads.seq),
		                  "compare with a backup made before");
	TRY(store_integer(work->store, work->arena, SQL_EVENT_COUNT_UNSEALED, NO_CELLS, &walk.report.unsealed, &found));
	if (walk.report.unsealed > 0 && !store_dialect(work->store)->has_sequences)
		return error_new(work->arena, ERROR_CONFLICT, "%lld events have no seal: they were not written by reeve",
		                 (long long)walk.report.unsealed);
	int64_t last_id = 0;
	for (more = walk.report.unsealed > 0; more;) {
		TRY(check_waiting(&walk, &last_id, &more));
		arena_reset(walk.page);
	}
	*ret_report = walk.report;
	return NULL;
}
