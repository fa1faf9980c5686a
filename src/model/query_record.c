/* One record's row: its select list, and the statements that read and write it. Composed for each use: some
 * microseconds. */
#include "model/column_private.h"
#include "model/record_private.h"

#include "base/arena.h"

/* A type has at most some hundred fields; a statement names each at most three times. */
#define SQL_BYTES_MAX ((size_t)64 * 1024)

static bool is_read(const struct field *field, bool with_prose)
{
	return column_exists(field) && (with_prose || field->kind != KIND_PROSE);
}

void record_columns(struct buffer *buffer, const struct type *type, text alias, bool with_prose)
{
	buffer_text(buffer, alias);
	buffer_literal(buffer, ".id, ");
	buffer_text(buffer, alias);
	buffer_literal(buffer, ".definition");
	for (size_t i = 0; i < type->field_count; i++) {
		if (!is_read(&type->fields[i], with_prose))
			continue;
		buffer_literal(buffer, ", ");
		buffer_text(buffer, alias);
		buffer_char(buffer, '.');
		column_quote(buffer, type->fields[i].name);
	}
}

struct record *record_read(struct work *work, const struct type *type, struct rows *rows, bool with_prose)
{
	struct record *record = record_new(work->arena, type);
	size_t column = 2;

	record->id = rows_integer(rows, 0);
	record->definition = rows_integer(rows, 1);
	record->type = type_version(type, record->definition);
	record->partial = !with_prose;
	for (size_t i = 0; i < type->field_count; i++) {
		if (!is_read(&type->fields[i], with_prose))
			continue;
		struct cell cell = rows_cell(rows, column++);
		if (cell.kind == CELL_TEXT)
			cell.text = text_copy(work->arena, cell.text);
		record->cells[i] = cell;
	}
	record->version = record->cells[FIELD_VERSION].integer;
	return record;
}

static void begin(struct buffer *buffer, struct arena *arena)
{
	buffer_init(buffer, arena, SQL_BYTES_MAX);
}

text record_select_sql(struct work *work, const struct type *type, const char *column, text suffix)
{
	struct buffer buffer;

	begin(&buffer, work->arena);
	buffer_literal(&buffer, "SELECT ");
	record_columns(&buffer, type, T("t0"), true);
	buffer_literal(&buffer, " FROM ");
	column_quote(&buffer, type->table);
	buffer_format(&buffer, " t0 WHERE t0.%s = $1", column);
	buffer_char(&buffer, ' ');
	buffer_text(&buffer, suffix);
	return buffer_peek(&buffer);
}

text record_between_sql(struct arena *arena, const struct type *type)
{
	struct buffer buffer;

	begin(&buffer, arena);
	buffer_literal(&buffer, "SELECT ");
	record_columns(&buffer, type, T("t0"), true);
	buffer_literal(&buffer, " FROM ");
	column_quote(&buffer, type->table);
	buffer_literal(&buffer, " t0 WHERE t0.id > $1 AND t0.id <= $2 ORDER BY t0.id");
	return buffer_peek(&buffer);
}

struct error *model_last_id(struct work *work, int64_t *ret_id)
{
	struct rows *rows;
	bool row;

	*ret_id = 0;
	for (size_t i = 0; i < work->model->type_count; i++) {
		if (work->model->types[i].abstract)
			continue;
		TRY(store_query_text(work->store, work->arena,
				     text_format(work->arena, "SELECT max(id) FROM \"%.*s\"",
						 TEXT_ARG(work->model->types[i].table)),
				     NO_CELLS, &rows));
		TRY(rows_next(rows, &row));
		if (row)
			*ret_id = maximum(*ret_id, rows_integer(rows, 0));
		rows_close(rows);
	}
	return NULL;
}

text record_name_sql(struct arena *arena, const struct type *type)
{
	return text_format(arena, "SELECT \"number\", \"%.*s\" FROM \"%.*s\" WHERE id = $1",
			   TEXT_ARG(type->fields[type->title_field].name), TEXT_ARG(type->table));
}

text record_id_sql(struct arena *arena, const struct type *type)
{
	return text_format(arena, "SELECT id FROM \"%.*s\" WHERE \"number_key\" = $1", TEXT_ARG(type->table));
}

/* The shadow column with the folded key of a text (column_compared), without a text of its own. */
static void quote_key(struct buffer *buffer, const struct field *field)
{
	buffer_char(buffer, '"');
	buffer_text(buffer, field->name);
	buffer_literal(buffer, "_key\"");
}

text record_insert_sql(struct arena *arena, const struct type *type)
{
	struct buffer buffer;
	int count = 2;

	begin(&buffer, arena);
	buffer_literal(&buffer, "INSERT INTO ");
	column_quote(&buffer, type->table);
	buffer_literal(&buffer, " (id, definition");
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!column_exists(field))
			continue;
		buffer_literal(&buffer, ", ");
		column_quote(&buffer, field->name);
		count++;
		if (!column_has_key(field))
			continue;
		buffer_literal(&buffer, ", ");
		quote_key(&buffer, field);
		count++;
	}
	buffer_literal(&buffer, ") VALUES (");
	for (int i = 1; i <= count; i++) {
		/* Not buffer_format: it was a tenth of what creating a record costs. */
		buffer_text(&buffer, i == 1 ? T("$") : T(", $"));
		buffer_integer(&buffer, i);
	}
	buffer_char(&buffer, ')');
	return buffer_peek(&buffer);
}

text record_definition_sql(struct arena *arena, const struct type *type)
{
	return text_format(arena, "UPDATE \"%.*s\" SET \"definition\" = $2 WHERE id = $1", TEXT_ARG(type->table));
}

text record_update_sql(struct arena *arena, const struct type *type, const bool *changed)
{
	struct buffer buffer;
	int count = 2; /* $1 id, $2 version */

	begin(&buffer, arena);
	buffer_literal(&buffer, "UPDATE ");
	column_quote(&buffer, type->table);
	buffer_literal(&buffer, " SET \"version\" = \"version\" + 1");
	for (size_t i = 0; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		if (!changed[i] || !column_exists(field) || i == FIELD_VERSION)
			continue;
		buffer_literal(&buffer, ", ");
		column_quote(&buffer, field->name);
		buffer_literal(&buffer, " = $");
		buffer_integer(&buffer, ++count);
		if (!column_has_key(field))
			continue;
		buffer_literal(&buffer, ", ");
		quote_key(&buffer, field);
		buffer_literal(&buffer, " = $");
		buffer_integer(&buffer, ++count);
	}
	buffer_literal(&buffer, " WHERE id = $1 AND \"version\" = $2");
	return buffer_peek(&buffer);
}
