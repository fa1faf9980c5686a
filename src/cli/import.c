/*
 * reeve import: reads rows, groups those of one record, and writes them in small jobs of the writer lane while reading goes on.
 * Running it twice changes nothing: each row is known by a digest of itself. A row that is refused is told with its line and
 * reason, and the rows behind it go on.
 */
#include "cli/import_private.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"

/* A job takes so many rows (but never splits the rows of one record that stand together), and so many jobs run at once. */
#define BATCH_ROWS 20
#define BATCHES 32
/* Batches that are sent together: the people and places that they name are made before, in one commit that has to be waited for. */
#define GROUP 16
/* As many as a lane has threads. */
#define CACHES 4

struct import;

struct batch {
	struct lane_job job;
	struct import *import;
	struct import_row **rows;
	size_t count, capacity;
	bool running, finished;
	struct error *error;     /* of the job as a whole: the store failed */
};

struct import {
	struct model *model; /* what the map and the rows were read with */
	struct program *program;
	struct io *io;
	struct arena *arena;     /* of the whole run: map, refusals */
	const struct type *type;
	struct import_map *map;  /* NULL: rows in the export's words */
	bool dry_run;
	text file;
	struct csv_reader *csv;
	text *header;
	size_t header_count;
	struct batch batches[BATCHES];
	size_t newest;           /* the batch being filled */
	size_t ready;            /* batches before it that are full and not yet sent */
	/* Ids of people and places, kept from batch to batch; a batch on the lane takes one of them, under the lock. */
	struct record_cache *caches[CACHES];
	size_t cache_count;
	int64_t generation;
	struct table made;       /* "type key" of records known to be there */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	int64_t counts[3];       /* by enum import_outcome */
	int64_t refused, events, rows, bytes, started_us, shown_us;
	struct value *refusals;
	struct {
		int64_t rows, differ, unknown;
	} checks[16];
	struct value *differing;
	struct import_after after;
};

/* ---- on the lane ---- */

static struct error *apply_row(struct work *work, struct import *import, struct import_row *row)
{
	struct import_step step = row->step;
	struct record *record;
	if (text_is_set(row->actor_key))
		TRY(model_find_id(work, work->model->user, row->actor_key, &step.actor_id));
	TRY(engine_import(work, import->type, &step, &row->outcome, &record));
	row->step.actor_id = step.actor_id;
	row->record_id = record->id;
	return NULL;
}

/* Refusals of one row leave the others of the job untouched; failures of the store end the job. */
static bool is_refusal(const struct error *error)
{
	return error->code == ERROR_INVALID || error->code == ERROR_CONFLICT || error->code == ERROR_NOT_FOUND || error->code == ERROR_TOO_LARGE;
}

static struct record_cache *take_cache(struct import *import, struct arena *arena)
{
	struct record_cache *cache = NULL;
	(void)pthread_mutex_lock(&import->lock);
	if (import->cache_count > 0)
		cache = import->caches[--import->cache_count];
	(void)pthread_mutex_unlock(&import->lock);
	if (cache == NULL)
		return record_cache_new(arena, &import->generation);
	record_cache_reset(cache);
	return cache;
}

static void give_cache(struct import *import, struct record_cache *cache)
{
	(void)pthread_mutex_lock(&import->lock);
	if (import->cache_count < CACHES)
		import->caches[import->cache_count++] = cache;
	(void)pthread_mutex_unlock(&import->lock);
}

static struct error *apply_rows(struct work *work, struct batch *batch)
{
	struct import *import = batch->import;
	struct store *store = work->store;
	for (size_t i = 0; i < batch->count; i++) {
		struct import_row *row = batch->rows[i];
		struct error *error = row->refused;
		if (error != NULL)
			continue;
		TRY(store_savepoint(store, work->arena));
		for (size_t j = 0; import->dry_run && error == NULL && j < row->made_count; j++)
			error = import_make_one(work, &row->made[j]);
		if (error == NULL)
			error = apply_row(work, import, row);
		if (error == NULL) {
			TRY(store_release(store, work->arena));
			continue;
		}
		store_undo(store);
		if (!is_refusal(error))
			return error;
		row->refused = error;
	}
	/* A dry run did everything and takes it back. */
	return import->dry_run ? error_new(work->arena, ERROR_CONFLICT, "dry run") : NULL;
}

static struct error *apply_batch(struct lane_job *job, struct store *store)
{
	struct batch *batch = (struct batch *)job;
	struct import *import = batch->import;
	if (import->model != program_model(import->program))
		return error_hint(job->arena, error_new(job->arena, ERROR_CONFLICT, "the definitions were replaced while this import ran"),
		                  "run it again: rows that are in already are left alone");
	/* A dry run makes what its rows name and takes it back: those ids must not be remembered. */
	struct record_cache *cache = import->dry_run ? NULL : take_cache(import, job->arena);
	struct work work = { .arena = job->arena, .store = store, .model = import->model, .actor = access_system(),
		             .now = program_now(import->program), .origin = ORIGIN_IMPORT, .language = T("en"),
		             .cache = import->dry_run ? record_cache_new(job->arena, &import->generation) : cache,
		             .calendars = import->program->calendars };
	struct error *error = apply_rows(&work, batch);
	if (cache != NULL)
		give_cache(import, cache);
	return error;
}

static void batch_done(struct lane_job *job, struct error *error)
{
	struct batch *batch = (struct batch *)job;
	struct import *import = batch->import;
	(void)pthread_mutex_lock(&import->lock);
	batch->error = import->dry_run && error != NULL && error->code == ERROR_CONFLICT ? NULL : error;
	batch->finished = true;
	(void)pthread_cond_broadcast(&import->changed);
	(void)pthread_mutex_unlock(&import->lock);
}

/* ---- records that rows name ---- */

static void add_missing(struct import *import, const struct batch *batch, struct arena *arena, struct import_making *making)
{
	for (size_t i = 0; i < batch->count; i++)
		for (size_t j = 0; batch->rows[i]->refused == NULL && j < batch->rows[i]->made_count; j++) {
			struct made made = batch->rows[i]->made[j];
			text name = text_format(arena, "%.*s %.*s", TEXT_ARG(made.type->name), TEXT_ARG(made.key));
			if (table_get(&import->made, name) != NULL)
				continue;
			table_set(&import->made, text_copy(import->arena, name), import);
			arena_make_room(arena, making->items, making->count, making->capacity);
			making->items[making->count++] = made;
		}
}

static struct batch *nth_ready(struct import *import, size_t n)
{
	return &import->batches[(import->newest + BATCHES + 1 - import->ready + n) % BATCHES];
}

/* Users, teams and categories that are not there yet are made before the jobs that need them, once. */
static struct error *make_missing(struct import *import)
{
	struct import_making making = { 0 };
	if (import->dry_run)
		return NULL;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	for (size_t i = 0; i < import->ready; i++)
		add_missing(import, nth_ready(import, i), arena, &making);
	struct error *error = making.count == 0 ? NULL : import_make(import->program, arena, &making);
	if (error != NULL)
		error = error_copy(import->arena, error);
	arena_free(arena);
	return error;
}

/* ---- results ---- */

static void note_refusal(struct import *import, const struct import_row *row)
{
	import->refused++;
	struct value *one = value_map(import->arena);
	value_set_integer(import->arena, one, T("line"), row->line);
	value_set_text(import->arena, one, T("reason"), error_line(import->arena, row->refused));
	value_append(import->arena, import->refusals, one);
}

static void note_checks(struct import *import, const struct import_row *row)
{
	for (size_t i = 0; import->map != NULL && i < import->map->check_count && i < array_length(import->checks); i++) {
		bool known, agrees = false;
		text recorded, computed = TEXT_UNSET;
		import_check(import->map, &import->map->checks[i], row, &known, &agrees, &recorded, &computed);
		import->checks[i].rows++;
		if (!known)
			import->checks[i].unknown++;
		if (!known || agrees)
			continue;
		if (import->checks[i].differ++ < 20) {
			struct value *one = value_map(import->arena);
			value_set_integer(import->arena, one, T("line"), row->line);
			value_set_text(import->arena, one, T("field"), import->map->checks[i].field->name);
			value_set_text(import->arena, one, T("recorded"), text_copy(import->arena, recorded));
			value_set_text(import->arena, one, T("computed"), text_copy(import->arena, computed));
			value_append(import->arena, import->differing, one);
		}
	}
}

static void show_progress(struct import *import, bool last)
{
	int64_t now = monotonic_us(), spent_us = now - import->started_us + 1;
	if (!import->io->terminal || (!last && now - import->shown_us < 200000))
		return;
	import->shown_us = now;
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	int64_t rate = import->rows * 1000000 / spent_us;
	text left = T("");
	if (import->io->input_size > 0 && import->bytes > 0) {
		int64_t percent = import->bytes * 100 / import->io->input_size;
		int64_t left_ms = (import->io->input_size - import->bytes) * (spent_us / 1000) / import->bytes;
		char bar[21];
		for (int i = 0; i < 20; i++)
			bar[i] = i < percent / 5 ? '#' : '.';
		bar[20] = '\0';
		left = text_format(arena, "[%s] %lld %%, %.*s left, ", bar, (long long)minimum(percent, 100), TEXT_ARG(duration_format(arena, maximum(left_ms, 0))));
	}
	import->io->progress(import->io, last ? T("") : text_format(arena, "%.*s%lld rows, %lld rows/s", TEXT_ARG(left), (long long)import->rows, (long long)rate));
	arena_free(arena);
}

static struct error *collect(struct import *import, struct batch *batch)
{
	if (!batch->running)
		return NULL;
	(void)pthread_mutex_lock(&import->lock);
	while (!batch->finished)
		(void)pthread_cond_wait(&import->changed, &import->lock);
	(void)pthread_mutex_unlock(&import->lock);
	batch->running = batch->finished = false;
	struct error *error = batch->error == NULL ? NULL : error_copy(import->arena, batch->error);
	for (size_t i = 0; error == NULL && i < batch->count; i++) {
		const struct import_row *row = batch->rows[i];
		import->rows++;
		if (row->refused != NULL) {
			note_refusal(import, row);
			continue;
		}
		import->counts[row->outcome]++;
		import->events += row->outcome != IMPORT_UNCHANGED;
		note_checks(import, row);
		import_after_note(&import->after, import->map, row);
	}
	batch->count = batch->capacity = 0;
	batch->rows = NULL;
	arena_reset(batch->job.arena);
	show_progress(import, false);
	return error;
}

/* Equal rows of one record are told apart by how many stood before them. */
static void number_equal_rows(struct batch *batch)
{
	for (size_t i = 1; i < batch->count; i++) {
		int64_t equal = 0;
		for (size_t j = 0; j < i; j++)
			equal += text_starts_with(batch->rows[j]->step.source_key, batch->rows[i]->step.source_key) ? 1 : 0;
		if (equal > 0)
			batch->rows[i]->step.source_key = text_format(batch->job.arena, "%.*s#%lld", TEXT_ARG(batch->rows[i]->step.source_key), (long long)equal);
	}
}

static void sort_batch(struct import *import, struct batch *batch)
{
	for (size_t from = 0, to; from < batch->count; from = to) {
		for (to = from + 1; to < batch->count && text_equal(batch->rows[to]->number, batch->rows[from]->number); to++)
			continue;
		if (import->map != NULL)
			import_sort(batch->job.arena, import->map, batch->rows + from, to - from);
	}
}

static struct error *send(struct import *import)
{
	TRY(make_missing(import));
	for (size_t i = 0; i < import->ready; i++) {
		nth_ready(import, i)->running = true;
		lane_submit(import->program->lane, &nth_ready(import, i)->job);
	}
	import->ready = 0;
	return NULL;
}

/* The batch being filled is full; the next one is begun, once what it held before is written. */
static struct error *submit(struct import *import)
{
	struct batch *batch = &import->batches[import->newest];
	if (batch->count == 0)
		return NULL;
	sort_batch(import, batch);
	number_equal_rows(batch);
	import->ready++;
	/* Several dry runs at once would wait for each other: each makes the people it names, and none keeps them. */
	if (import->dry_run || import->ready == GROUP)
		TRY(send(import));
	if (import->dry_run)
		return collect(import, batch);
	import->newest = (import->newest + 1) % BATCHES;
	return collect(import, &import->batches[import->newest]);
}

static struct error *finish(struct import *import)
{
	TRY(submit(import));
	if (import->ready > 0) {
		/* The newest one is empty now: the ready ones end before it. */
		import->newest = (import->newest + BATCHES - 1) % BATCHES;
		TRY(send(import));
	}
	struct error *error = NULL;
	for (size_t i = 0; i < BATCHES; i++) {
		struct error *one = collect(import, &import->batches[(import->newest + 1 + i) % BATCHES]);
		error = error == NULL ? one : error;
	}
	return error;
}

/* ---- reading ---- */

/* The row's place in the batch being filled; a full batch goes off first, unless the row continues its last record. */
static struct error *add_row(struct import *import, struct import_row *row)
{
	struct batch *batch = &import->batches[import->newest];
	arena_make_room(batch->job.arena, batch->rows, batch->count, batch->capacity);
	batch->rows[batch->count++] = row;
	return arena_check(batch->job.arena);
}

static bool begins_new_batch(const struct import *import, text number)
{
	const struct batch *batch = &import->batches[import->newest];
	if (batch->count < BATCH_ROWS)
		return false;
	text last = batch->rows[batch->count - 1]->number;
	return batch->count >= 1000 || !text_is_set(last) || !text_equal(last, number);
}

static long counted_read(void *data, char *buffer, size_t size)
{
	struct import *import = data;
	long got = import->io->read(import->io, buffer, size);
	import->bytes += got > 0 ? got : 0;
	return got;
}

static struct value *row_map(struct arena *arena, const struct import *import, const text *cells, size_t count)
{
	struct value *map = value_map(arena);
	for (size_t i = 0; i < count && i < import->header_count; i++)
		value_set(arena, map, text_trim(import->header[i]), value_text(arena, csv_unguard(cells[i])));
	return map;
}

static struct error *take_csv_row(struct import *import, const text *cells, size_t count, uint32_t line)
{
	text number = TEXT_UNSET;
	if (import->map != NULL && import->map->number_at < count)
		number = text_trim(cells[import->map->number_at]);
	if (begins_new_batch(import, number))
		TRY(submit(import));
	struct arena *arena = import->batches[import->newest].job.arena;
	struct import_row *row = arena_new_struct(arena, struct import_row);
	row->line = line;
	row->cells = arena_new_array(arena, text, count + 1);
	row->cell_count = count;
	for (size_t i = 0; i < count; i++)
		row->cells[i] = text_copy(arena, cells[i]);
	if (count != import->header_count)
		row->refused = error_new(arena, ERROR_INVALID, "the row has %zu cells, the header %zu", count, import->header_count);
	if (import->map != NULL)
		import_row_map(arena, import->map, row);
	else
		import_row_plain(arena, import->model, import->type, row, row_map(arena, import, row->cells, count), program_now(import->program));
	return add_row(import, row);
}

static struct error *read_csv(struct import *import)
{
	struct arena *row_arena = arena_new(LIMIT_WORK_BYTES);
	import->csv = csv_reader_new(import->arena, import->file, counted_read, import);
	text *cells;
	size_t count;
	uint32_t line;
	struct error *error = csv_read(import->csv, import->arena, &cells, &count, &line);
	if (error == NULL && cells == NULL)
		error = error_new(import->arena, ERROR_INVALID, "the file is empty");
	if (error == NULL) {
		import->header = cells;
		import->header_count = count;
		if (import->map != NULL)
			error = import_map_bind(import->arena, import->map, cells, count);
	}
	while (error == NULL) {
		arena_reset(row_arena);
		error = csv_read(import->csv, row_arena, &cells, &count, &line);
		if (error != NULL || cells == NULL)
			break;
		error = take_csv_row(import, cells, count, line);
	}
	if (error != NULL)
		error = error_copy(import->arena, error);
	arena_free(row_arena);
	return error;
}

static struct error *take_json_line(struct import *import, text source, uint32_t line)
{
	if (begins_new_batch(import, TEXT_UNSET))
		TRY(submit(import));
	struct arena *arena = import->batches[import->newest].job.arena;
	struct import_row *row = arena_new_struct(arena, struct import_row);
	struct value *value;
	row->line = line;
	row->refused = json_parse(arena, text_copy(arena, source), &value);
	if (row->refused == NULL)
		import_row_plain(arena, import->model, import->type, row, value, program_now(import->program));
	return add_row(import, row);
}

static struct error *read_json_lines(struct import *import)
{
	char *chunk = arena_alloc(import->arena, 64 * 1024);
	struct arena *line_arena = arena_new(LIMIT_WORK_BYTES);
	struct buffer line;
	struct error *error = NULL;
	uint32_t number = 1;
	long got;
	buffer_init(&line, line_arena, LIMIT_BODY_BYTES);
	while (error == NULL && (got = counted_read(import, chunk, 64 * 1024)) > 0) {
		text rest = { chunk, (size_t)got };
		ptrdiff_t end;
		while (error == NULL && (end = text_find_char(rest, '\n')) >= 0) {
			text whole;
			buffer_text(&line, text_slice(rest, 0, (size_t)end));
			error = buffer_finish(&line, &whole);
			if (error == NULL && text_trim(whole).length > 0)
				error = take_json_line(import, whole, number);
			number++;
			rest = text_slice(rest, (size_t)end + 1, rest.length);
			arena_reset(line_arena);
			buffer_init(&line, line_arena, LIMIT_BODY_BYTES);
		}
		buffer_text(&line, rest);
	}
	text last;
	if (error == NULL && (error = buffer_finish(&line, &last)) == NULL && text_trim(last).length > 0)
		error = take_json_line(import, last, number);
	if (error != NULL)
		error = error_place(error_copy(import->arena, error), (struct place){ import->file, number, 0 });
	arena_free(line_arena);
	return error;
}

/* ---- the command ---- */

static struct value *report(struct import *import)
{
	struct arena *arena = import->arena;
	struct value *answer = value_map(arena);
	value_set_integer(arena, answer, T("new"), import->counts[IMPORT_NEW]);
	value_set_integer(arena, answer, T("changed"), import->counts[IMPORT_CHANGED]);
	value_set_integer(arena, answer, T("unchanged"), import->counts[IMPORT_UNCHANGED]);
	value_set_integer(arena, answer, T("refused"), import->refused);
	value_set_integer(arena, answer, T("events"), import->dry_run ? 0 : import->events);
	value_set(arena, answer, T("refusals"), import->refusals);
	import_after_report(&import->after, answer);
	if (import->map != NULL && import->map->check_count > 0) {
		struct value *checks = value_map(arena);
		for (size_t i = 0; i < import->map->check_count && i < array_length(import->checks); i++) {
			struct value *one = value_map(arena);
			value_set_integer(arena, one, T("rows"), import->checks[i].rows);
			value_set_integer(arena, one, T("differ"), import->checks[i].differ);
			value_set_integer(arena, one, T("unknown"), import->checks[i].unknown);
			value_set(arena, checks, import->map->checks[i].field->name, one);
		}
		value_set(arena, answer, T("checks"), checks);
		value_set(arena, answer, T("differing"), import->differing);
	}
	return answer;
}

static void print_report(struct import *import, bool json)
{
	struct value *answer = report(import);
	if (json) {
		io_value(import->io, import->arena, answer);
		return;
	}
	for (size_t i = 0; i < import->refusals->list.count; i++)
		io_format(import->io, import->arena, "%.*s:%lld: refused: %.*s\n", TEXT_ARG(import->file),
		          (long long)value_get_integer(import->refusals->list.items[i], T("line"), 0),
		          TEXT_ARG(value_get_text(import->refusals->list.items[i], T("reason"))));
	int64_t spent_ms = maximum((monotonic_us() - import->started_us) / 1000, 1);
	io_format(import->io, import->arena, "%s%lld new, %lld changed, %lld unchanged, %lld refused, %lld events; %lld rows/s\n",
	          import->dry_run ? "dry run, nothing was changed: " : "", (long long)import->counts[IMPORT_NEW],
	          (long long)import->counts[IMPORT_CHANGED], (long long)import->counts[IMPORT_UNCHANGED], (long long)import->refused,
	          (long long)(import->dry_run ? 0 : import->events), (long long)(import->rows * 1000 / spent_ms));
	import_after_print(&import->after, import->io);
	struct value *checks = value_get(answer, T("checks"));
	for (size_t i = 0; i < value_count(checks); i++)
		io_format(import->io, import->arena, "%.*s: %lld rows checked, %lld differ from the map's table, %lld not in it\n",
		          TEXT_ARG(checks->map.entries[i].key), (long long)value_get_integer(checks->map.entries[i].value, T("rows"), 0),
		          (long long)value_get_integer(checks->map.entries[i].value, T("differ"), 0),
		          (long long)value_get_integer(checks->map.entries[i].value, T("unknown"), 0));
}

static struct error *run_import(struct import *import, const struct options *options)
{
	text map = option_text(options, "map"), format = option_text(options, "format");
	if (text_is_set(map))
		TRY(import_map_read(import->io, import->arena, import->model, import->type, map, &import->map));
	bool json_lines = text_is_set(format) ? text_equal(format, T("jsonl")) :
	                                        text_ends_with(import->file, T(".jsonl")) || text_ends_with(import->file, T(".ndjson"));
	if (text_is_set(format) && !json_lines && !text_equal(format, T("csv")))
		return error_new(import->arena, ERROR_USAGE, "--format is csv or jsonl, not '%.*s'", TEXT_ARG(format));
	if (json_lines && import->map != NULL)
		return error_new(import->arena, ERROR_USAGE, "a map is for CSV; JSON lines come in the words of reeve export");
	struct error *error = json_lines ? read_json_lines(import) : read_csv(import);
	struct error *end = finish(import);
	if (error == NULL && end == NULL)
		end = import_after_run(&import->after);
	show_progress(import, true);
	return error == NULL ? end : error;
}

struct error *import_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	struct import *import = arena_new_struct(arena, struct import);
	*import = (struct import){ .program = program, .model = program_model(program), .io = io, .arena = arena, .type = model_type(program->model, options->operands[0]),
		                   .dry_run = option_given(options, "dry-run"), .file = options->operands[1], .refusals = value_list(arena),
		                   .differing = value_list(arena), .started_us = monotonic_us() };
	if (import->type == NULL || import->type->abstract) {
		text nearest = table_nearest(&program->model->type_names, options->operands[0]);
		struct error *error = error_new(arena, ERROR_USAGE, "there is no type '%.*s'", TEXT_ARG(options->operands[0]));
		return text_is_set(nearest) ? error_hint(arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
	}
	import->after = (struct import_after){ .program = program, .arena = arena, .type = import->type, .dry_run = import->dry_run,
		                               .end = &import->after.links, .refusals = import->refusals };
	table_init(&import->after.keys, arena);
	table_init(&import->made, arena);
	(void)pthread_mutex_init(&import->lock, NULL);
	(void)pthread_cond_init(&import->changed, NULL);
	for (; import->cache_count < CACHES; import->cache_count++)
		import->caches[import->cache_count] = record_cache_new(arena, &import->generation);
	for (size_t i = 0; i < BATCHES; i++)
		import->batches[i] = (struct batch){ .import = import, .job = { .arena = arena_new(LIMIT_WORK_BYTES), .apply = apply_batch,
		                                                                .done = batch_done, .name = "import" } };
	struct error *error = run_import(import, options);
	for (size_t i = 0; i < BATCHES; i++)
		arena_free(import->batches[i].job.arena);
	if (error == NULL || import->rows > 0)
		print_report(import, options->json);
	return error;
}
