/* reeve verify: the event log's seals, the store's own integrity and every attachment's content. */
#include "cli/cli_private.h"

#include <stdio.h>

#include "base/limits.h"
#include "store/blob.h"

#define BLOB_PAGE 500

static struct error *check_blobs(struct work *work, struct io *io, int64_t *ret_checked)
{
	struct arena *page = arena_new(LIMIT_WORK_BYTES);
	text after = TEXT_UNSET;
	struct error *error = NULL;
	for (size_t count = BLOB_PAGE; error == NULL && count == BLOB_PAGE;) {
		text *hashes;
		struct work part = *work;
		part.arena = page;
		error = engine_blobs(&part, after, BLOB_PAGE, &hashes, &count);
		for (size_t i = 0; error == NULL && i < count; i++) {
			error = blob_check(work->store, page, hashes[i]);
			(*ret_checked)++;
		}
		if (error == NULL && count > 0)
			after = text_copy(work->arena, hashes[count - 1]);
		io->progress(io, text_format(page, "%lld attachments", (long long)*ret_checked));
		if (error != NULL)
			error = error_copy(work->arena, error);
		arena_reset(page);
	}
	arena_free(page);
	return error;
}

struct showing {
	struct io *io;
};

static void show_records(void *data, int64_t records)
{
	struct showing *showing = data;
	char line[64];
	if (records % 10000 < 500) { /* a line of its own memory: there are many */
		(void)snprintf(line, sizeof line, "%lld records", (long long)records);
		showing->io->progress(showing->io, text_from(line));
	}
}

struct error *verify_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	struct work work;
	struct verify_report report = { 0 };
	int64_t blobs = 0;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	TRY(engine_verify(&work, &program->seal, &report));
	TRY(engine_verify_records(&work, &report, show_records, &(struct showing){ io }));
	TRY(store_check_integrity(work.store, arena));
	TRY(check_blobs(&work, io, &blobs));
	if (options->json) {
		struct value *answer = value_map(arena);
		value_set_integer(arena, answer, T("events"), report.events);
		value_set_integer(arena, answer, T("erased"), report.erased);
		value_set_integer(arena, answer, T("unsealed"), report.unsealed);
		value_set_integer(arena, answer, T("heads"), report.heads);
		value_set_integer(arena, answer, T("records"), report.records);
		value_set_integer(arena, answer, T("attachments"), blobs);
		io_value(io, arena, answer);
		return NULL;
	}
	io_format(io, arena, "%lld events are whole (%lld erased on record, %lld waiting for their seal), %lld recorded heads agree, "
	          "%lld records are as their events say, %lld attachments have their content, the store is sound\n",
	          (long long)report.events, (long long)report.erased, (long long)report.unsealed, (long long)report.heads,
	          (long long)report.records, (long long)blobs);
	return NULL;
}
