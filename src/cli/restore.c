/*
 * reeve restore: a backup into an empty data directory or database, in one transaction: all of it or nothing. Attachments are stored
 * as they come (a restore that fails leaves at most content that nobody mentions).
 */
#include "cli/archive_private.h"

#include <stdio.h>

#include "base/limits.h"
#include "engine/engine.h"
#include "model/schema.h"
#include "store/blob.h"

struct restore {
	struct arena *arena, *row;
	struct store *store;
	struct archive_reader *reader;
	struct model *model;
	text table;
	text *columns;
	size_t column_count;
	/* The rows of `definition` wait until the tables can be made from them. */
	struct value *definitions;
	struct blob_writer *blob;
	text blob_hash;
	int64_t rows, blobs;
	bool ended;
};

static struct error *fault(struct restore *restore, const char *what)
{
	return error_hint(restore->arena, error_new(restore->arena, ERROR_MALFORMED, "line %lld of the backup: %s",
	                                            (long long)archive_line_number(restore->reader), what),
	                  "nothing was restored; take another copy");
}

static struct error *value_cell(struct restore *restore, const struct value *value, struct cell *ret_cell)
{
	switch (value->kind) {
	case VALUE_NULL:
		*ret_cell = cell_null();
		return NULL;
	case VALUE_INTEGER:
		*ret_cell = cell_integer(value->integer);
		return NULL;
	case VALUE_REAL:
		*ret_cell = cell_real(value->real);
		return NULL;
	case VALUE_TEXT:
	case VALUE_HTML:
		*ret_cell = cell_text(value->text);
		return NULL;
	case VALUE_MAP: {
		text hex = value_get_text(value, T("hex"));
		void *bytes = arena_alloc(restore->row, hex.length / 2 + 1);
		if (!text_is_set(hex) || !text_unhex(hex, bytes, hex.length / 2))
			return fault(restore, "a cell is no value");
		*ret_cell = cell_blob((text){ bytes, hex.length / 2 });
		return NULL;
	}
	case VALUE_BOOL:
	case VALUE_LIST:
		break;
	}
	return fault(restore, "a cell is no value");
}

static struct error *write_row(struct restore *restore, text table, const struct value *row)
{
	if (row->list.count != restore->column_count)
		return fault(restore, "a row has another number of cells than its table");
	struct cell *cells = arena_new_array(restore->row, struct cell, restore->column_count + 1);
	for (size_t i = 0; i < restore->column_count; i++)
		TRY(value_cell(restore, row->list.items[i], &cells[i]));
	restore->rows++;
	return schema_write(restore->store, restore->row, table, restore->columns, cells, restore->column_count);
}

/* The definitions are complete: the model is made, then the tables, then their rows are written first of all. */
static struct error *begin_tables(struct restore *restore)
{
	size_t path = SIZE_MAX, source = SIZE_MAX, active = SIZE_MAX, count = 0;
	for (size_t i = 0; i < restore->column_count; i++) {
		if (text_equal(restore->columns[i], T("path")))
			path = i;
		if (text_equal(restore->columns[i], T("source")))
			source = i;
		if (text_equal(restore->columns[i], T("active")))
			active = i;
	}
	if (path == SIZE_MAX || source == SIZE_MAX || active == SIZE_MAX)
		return fault(restore, "the definitions are missing");
	struct value_list *rows = &restore->definitions->list;
	struct definition_source *sources = arena_new_array(restore->arena, struct definition_source, rows->count + 1);
	for (size_t i = 0; i < rows->count; i++) {
		struct value_list *row = &rows->items[i]->list;
		if (row->count != restore->column_count)
			return fault(restore, "a definition is cut off");
		if (row->items[active]->kind == VALUE_INTEGER && row->items[active]->integer == 1 && row->items[path]->kind == VALUE_TEXT &&
		    row->items[source]->kind == VALUE_TEXT)
			sources[count++] = (struct definition_source){ row->items[path]->text, row->items[source]->text };
	}
	TRY(model_parse(restore->arena, sources, count, &restore->model));
	TRY(schema_create(restore->store, restore->arena, restore->model));
	for (size_t i = 0; i < rows->count; i++)
		TRY(write_row(restore, T("definition"), rows->items[i]));
	/* Versions on which records still run may have fields of their own. */
	model_free(restore->model);
	restore->model = NULL;
	TRY(schema_load(restore->arena, restore->store, &restore->model));
	return schema_create(restore->store, restore->arena, restore->model);
}

static struct error *begin_table(struct restore *restore, const struct value *line)
{
	if (restore->model == NULL && text_is_set(restore->table))
		TRY(begin_tables(restore));
	const struct value *columns = value_get(line, T("columns"));
	restore->table = text_copy(restore->arena, value_get_text(line, T("table")));
	restore->column_count = value_count(columns);
	restore->columns = arena_new_array(restore->arena, text, restore->column_count + 1);
	for (size_t i = 0; i < restore->column_count; i++) {
		if (columns->list.items[i]->kind != VALUE_TEXT)
			return fault(restore, "a column has no name");
		restore->columns[i] = text_copy(restore->arena, columns->list.items[i]->text);
	}
	return NULL;
}

static struct error *finish_blob(struct restore *restore)
{
	if (restore->blob == NULL)
		return NULL;
	text hash;
	int64_t size;
	TRY(blob_finish(restore->blob, &hash, &size));
	restore->blob = NULL;
	if (!text_equal(hash, restore->blob_hash))
		return fault(restore, "an attachment is not what it was");
	restore->blobs++;
	return NULL;
}

static struct error *read_part(struct restore *restore, text hex)
{
	size_t size = hex.length / 2;
	void *bytes = arena_alloc(restore->row, size + 1);
	if (restore->blob == NULL || !text_unhex(hex, bytes, size))
		return fault(restore, "a part of an attachment is damaged");
	return blob_write(restore->blob, bytes, size);
}

static struct error *read_line(struct restore *restore, text source)
{
	struct value *line;
	TRY(json_parse(restore->row, source, &line));
	if (line->kind == VALUE_LIST) {
		if (!text_is_set(restore->table))
			return fault(restore, "a row stands before its table");
		if (restore->model == NULL) {
			value_append(restore->arena, restore->definitions, value_copy(restore->arena, line));
			return NULL;
		}
		return write_row(restore, restore->table, line);
	}
	if (text_is_set(value_get_text(line, T("table"))))
		return begin_table(restore, line);
	if (text_is_set(value_get_text(line, T("part"))))
		return read_part(restore, value_get_text(line, T("part")));
	TRY(finish_blob(restore));
	if (text_is_set(value_get_text(line, T("blob")))) {
		restore->blob_hash = text_copy(restore->arena, value_get_text(line, T("blob")));
		return blob_begin(restore->store, restore->arena, &restore->blob);
	}
	if (value_get_bool(line, T("end"), false)) {
		restore->ended = true;
		if (value_get_integer(line, T("rows"), -1) != restore->rows || value_get_integer(line, T("blobs"), -1) != restore->blobs)
			return fault(restore, "rows or attachments are missing");
		return NULL;
	}
	return fault(restore, "this is no line of a backup");
}

static struct error *read_all(struct restore *restore)
{
	text line;
	struct value *manifest;
	TRY(archive_read_line(restore->reader, restore->arena, &line));
	if (!text_is_set(line) || json_parse(restore->row, line, &manifest) != NULL ||
	    !text_equal(value_get_text(manifest, T("reeve")), T("backup")))
		return fault(restore, "this is no backup of reeve");
	if (value_get_integer(manifest, T("form"), 0) != ARCHIVE_FORM)
		return fault(restore, "it was made by another version; use that one to restore it");
	for (;;) {
		arena_reset(restore->row);
		TRY(archive_read_line(restore->reader, restore->arena, &line));
		if (!text_is_set(line))
			break;
		struct error *error = read_line(restore, line);
		if (error != NULL)
			return error_copy(restore->arena, error);
	}
	if (!restore->ended || restore->model == NULL)
		return fault(restore, "it ends too early");
	arena_reset(restore->row);
	TRY(sealer_restored(restore->store, restore->arena));
	return schema_finish_copy(restore->store, restore->arena, restore->model);
}

static struct error *restore_into(struct arena *arena, const struct program_settings *settings, struct io *io, struct restore *restore)
{
	struct store_settings store = { .data_dir = settings->data_dir, .url = settings->database };
	bool has;
	TRY(store_open(arena, &store, STORE_WRITE, &restore->store));
	TRY(store_has_table(restore->store, arena, T("definition"), &has));
	if (has)
		return error_hint(arena, error_new(arena, ERROR_CONFLICT, "the store is not empty"),
		                  "restore takes an empty --data directory or an empty --database; nothing was changed");
	restore->reader = archive_reader_new(arena, io);
	TRY(store_begin(restore->store, arena));
	TRY(store_defer_references(restore->store, arena));
	TRY(read_all(restore));
	return store_commit(restore->store, arena);
}

static struct error *run_restore(struct arena *arena, const struct options *options)
{
	struct program_settings settings;
	struct io io;
	struct store_lock *lock = NULL;
	TRY(program_settings_of(arena, options, &settings));
	TRY(io_standard(arena, options->operands[0], TEXT_UNSET, &io));
	TRY(store_lock(arena, settings.data_dir, &lock));
	struct restore restore = { .arena = arena, .row = arena_new((size_t)4 * LIMIT_WORK_BYTES), .definitions = value_list(arena) };
	struct error *error = restore_into(arena, &settings, &io, &restore);
	if (error != NULL && restore.store != NULL)
		store_rollback(restore.store);
	if (restore.blob != NULL)
		blob_abort(restore.blob);
	if (restore.store != NULL)
		store_close(restore.store);
	if (restore.model != NULL)
		model_free(restore.model);
	arena_free(restore.row);
	store_unlock(lock);
	TRY(error);
	(void)printf("restored %lld rows and %lld attachments; put the seal.key of the copied store into %.*s before reeve verify\n",
	             (long long)restore.rows, (long long)restore.blobs, TEXT_ARG(settings.data_dir));
	return NULL;
}

int restore_command(struct arena *arena, const struct options *options)
{
	struct error *error = run_restore(arena, options);
	return error == NULL ? 0 : complain("restore", error);
}
