/*
 * reeve backup: one consistent moment of the store, read in a snapshot while the server goes on, with its attachments and the newest
 * seal. Attachments are added before the rows that mention them and never changed, so reading them afterwards is safe.
 */
#include "cli/archive_private.h"

#include "base/limits.h"
#include "model/schema.h"
#include "store/blob.h"

struct backup {
	struct program *program;
	struct work *work;
	struct io *io;
	struct archive_writer *writer;
	struct arena *row;
	int64_t rows, blobs;
};

static void write_value(struct backup *backup, const struct value *value)
{
	archive_write_line(backup->writer, json_text(backup->row, value));
}

static struct error *write_manifest(struct backup *backup, size_t tables)
{
	text head;
	TRY(sealer_head_text(backup->work, &head));
	struct value *manifest = value_map(backup->row);
	value_set_text(backup->row, manifest, T("reeve"), T("backup"));
	value_set_integer(backup->row, manifest, T("form"), ARCHIVE_FORM);
	value_set_text(backup->row, manifest, T("version"), T(REEVE_VERSION));
	value_set_text(backup->row, manifest, T("made_at"), moment_format(backup->row, backup->work->now));
	value_set_text(backup->row, manifest, T("database"), store_dialect(backup->work->store)->name);
	value_set_text(backup->row, manifest, T("head"), head);
	value_set_integer(backup->row, manifest, T("tables"), (int64_t)tables);
	write_value(backup, manifest);
	return NULL;
}

static struct value *cell_value(struct arena *arena, struct cell cell)
{
	struct value *hex;
	switch (cell.kind) {
	case CELL_INTEGER:
		return value_integer(arena, cell.integer);
	case CELL_REAL:
		return value_real(arena, cell.real);
	case CELL_TEXT:
		return value_text(arena, cell.text);
	case CELL_BLOB:
		hex = value_map(arena);
		value_set_text(arena, hex, T("hex"), text_hex(arena, cell.text.data, cell.text.length));
		return hex;
	case CELL_NULL:
		break;
	}
	return value_null(arena);
}

static struct error *write_table(struct backup *backup, text table)
{
	struct arena *arena = backup->work->arena;
	struct rows *rows;
	text *columns;
	size_t count;
	TRY(schema_read(backup->work->store, arena, table, &rows, &columns, &count));
	struct value *head = value_map(backup->row), *names = value_list(backup->row);
	for (size_t i = 0; i < count; i++)
		value_append(backup->row, names, value_text(backup->row, columns[i]));
	value_set_text(backup->row, head, T("table"), table);
	value_set(backup->row, head, T("columns"), names);
	write_value(backup, head);
	for (;;) {
		bool row;
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		struct value *line = value_list(backup->row);
		for (size_t i = 0; i < count; i++)
			value_append(backup->row, line, cell_value(backup->row, rows_cell(rows, i)));
		write_value(backup, line);
		if (++backup->rows % 5000 == 0)
			backup->io->progress(backup->io, text_format(backup->row, "%lld rows", (long long)backup->rows));
		arena_reset(backup->row);
	}
}

static struct error *write_blob(void *data, text hash, int64_t size, int64_t made_at)
{
	struct backup *backup = data;
	struct blob_reader *reader;
	(void)made_at;
	arena_reset(backup->row);
	TRY(blob_open(backup->work->store, backup->row, hash, &reader, &size));
	struct value *head = value_map(backup->row);
	value_set_text(backup->row, head, T("blob"), hash);
	value_set_integer(backup->row, head, T("size"), size);
	write_value(backup, head);
	char *part = arena_alloc(backup->row, ARCHIVE_PART_BYTES);
	for (;;) {
		size_t got;
		TRY(blob_read(reader, part, ARCHIVE_PART_BYTES, &got));
		if (got == 0)
			break;
		text line = text_format(backup->row, "{\"part\":\"%.*s\"}", TEXT_ARG(text_hex(backup->row, part, got)));
		archive_write_line(backup->writer, line);
	}
	backup->blobs++;
	return NULL;
}

static struct error *write_all(struct backup *backup)
{
	text *tables;
	size_t count;
	TRY(schema_tables(backup->work->arena, backup->program->model, &tables, &count));
	TRY(store_begin(backup->work->store, backup->work->arena));
	struct error *error = write_manifest(backup, count);
	/* The definitions first: restore makes the tables from them. */
	if (error == NULL)
		error = write_table(backup, T("definition"));
	for (size_t i = 0; error == NULL && i < count; i++)
		if (!text_equal(tables[i], T("definition")))
			error = write_table(backup, tables[i]);
	store_rollback(backup->work->store);
	TRY(error);
	return blob_each(backup->work->store, backup->work->arena, write_blob, backup);
}

struct error *backup_run(struct program *program, struct arena *arena, const struct options *options, struct io *io)
{
	(void)options;
	struct work work;
	TRY(program_reader(program, arena, ORIGIN_CLI, &work));
	struct backup backup = { .program = program, .work = &work, .io = io, .writer = archive_writer_new(arena, io),
		                 .row = arena_new((size_t)4 * LIMIT_WORK_BYTES) };
	struct error *error = write_all(&backup);
	if (error == NULL) {
		archive_write_line(backup.writer, text_format(backup.row, "{\"end\":true,\"rows\":%lld,\"blobs\":%lld}",
		                                              (long long)backup.rows, (long long)backup.blobs));
		error = archive_writer_finish(backup.writer, arena);
	} else {
		error = error_copy(arena, error);
	}
	arena_free(backup.row);
	return error;
}
