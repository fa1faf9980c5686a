/*
 * A whole store row by row, for backup and restore: every table that the definitions make, in the same words on both databases, so
 * that a copy of one can be read into the other. Blobs go their own way (store/blob.h); counters follow from what was read.
 */
#include "model/schema.h"

#include "base/buffer.h"
#include "model/column_private.h"

#define SQL_BYTES_MAX (256 * 1024)

struct error *schema_tables(struct arena *arena, const struct model *model, text **ret_names, size_t *ret_count)
{
	text *names = arena_new_array(arena, text, model->type_count + model->table_count);
	size_t count = 0;
	for (size_t i = 0; i < model->type_count; i++)
		if (!model->types[i].abstract)
			names[count++] = model->types[i].table;
	for (size_t i = 0; i < model->table_count; i++)
		if (!text_equal(model->tables[i].name, T("blob_chunk")))
			names[count++] = model->tables[i].name;
	*ret_names = names;
	*ret_count = count;
	return NULL;
}

static void write_columns(struct buffer *buffer, const text *columns, size_t count)
{
	for (size_t i = 0; i < count; i++)
		buffer_format(buffer, "%s\"%.*s\"", i == 0 ? "" : ", ", TEXT_ARG(columns[i]));
}

struct error *schema_read(struct store *store, struct arena *arena, text table, struct rows **ret_rows, text **ret_columns,
                          size_t *ret_count)
{
	struct buffer buffer;
	text sql;
	TRY(store_columns(store, arena, table, ret_columns, ret_count));
	buffer_init(&buffer, arena, SQL_BYTES_MAX);
	buffer_literal(&buffer, "SELECT ");
	write_columns(&buffer, *ret_columns, *ret_count);
	buffer_format(&buffer, " FROM \"%.*s\"", TEXT_ARG(table));
	TRY(buffer_finish(&buffer, &sql));
	return store_query_text(store, arena, sql, NO_CELLS, ret_rows);
}

struct error *schema_write(struct store *store, struct arena *arena, text table, const text *columns, const struct cell *cells,
                           size_t count)
{
	struct buffer buffer;
	text sql;
	buffer_init(&buffer, arena, SQL_BYTES_MAX);
	buffer_format(&buffer, "INSERT INTO \"%.*s\" (", TEXT_ARG(table));
	write_columns(&buffer, columns, count);
	buffer_literal(&buffer, ") VALUES (");
	for (size_t i = 0; i < count; i++)
		buffer_format(&buffer, "%s$%zu", i == 0 ? "" : ", ", i + 1);
	buffer_char(&buffer, ')');
	TRY(buffer_finish(&buffer, &sql));
	return store_run_text(store, arena, sql, (struct cells){ cells, count }, NULL);
}

struct error *schema_create(struct store *store, struct arena *arena, const struct model *model)
{
	struct schema_plan plan;
	TRY(schema_plan(arena, store, NULL, model, &plan));
	TRY(plan.refused);
	for (size_t i = 0; i < plan.count; i++)
		if (plan.steps[i].sql.length > 0)
			TRY(store_script(store, arena, plan.steps[i].sql));
	return NULL;
}

/* The largest of a column, 0 for an empty table. */
static struct error *largest(struct store *store, struct arena *arena, text table, text column, int64_t *ret_largest)
{
	struct rows *rows;
	bool row;
	TRY(store_query_text(store, arena, text_format(arena, "SELECT max(\"%.*s\") FROM \"%.*s\"", TEXT_ARG(column), TEXT_ARG(table)),
	                     NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	*ret_largest = row ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	return NULL;
}

/* Numbers are padded to one width, longer ones came later: the longest and then the largest text is the newest. */
static struct error *largest_number(struct store *store, struct arena *arena, const struct type *type, int64_t *ret_largest)
{
	struct rows *rows;
	bool row;
	*ret_largest = 0;
	TRY(store_query_text(store, arena, text_format(arena, "SELECT number FROM \"%.*s\" ORDER BY length(number) DESC, number DESC LIMIT 1",
	                                               TEXT_ARG(type->table)), NO_CELLS, &rows));
	TRY(rows_next(rows, &row));
	if (row) {
		text number = rows_text(rows, 0);
		(void)text_to_integer(text_slice(number, type->number_prefix.length, number.length), ret_largest);
	}
	rows_close(rows);
	return NULL;
}

static struct error *finish_type(struct store *store, struct arena *arena, const struct type *type)
{
	int64_t id, number;
	TRY(largest(store, arena, type->table, T("id"), &id));
	if (id > 0)
		TRY(store_jump(store, arena, T(COUNTER_RECORD_ID), id));
	if (!text_is_set(type->number_prefix))
		return NULL;
	TRY(store_make_counter(store, arena, column_counter(arena, type)));
	TRY(largest_number(store, arena, type, &number));
	return number > 0 ? store_jump(store, arena, column_counter(arena, type), number) : NULL;
}

/* Rows that came with their keys left the identity behind (PostgreSQL; SQLite looks at the table itself). */
static struct error *finish_identity(struct store *store, struct arena *arena, const struct plain_table *table)
{
	if (!store_dialect(store)->has_sequences)
		return NULL;
	for (size_t i = 0; i < table->column_count; i++) {
		const struct plain_column *column = &table->columns[i];
		int64_t newest;
		if (!column->key || column->kind != COLUMN_INTEGER)
			continue;
		TRY(largest(store, arena, table->name, column->name, &newest));
		if (newest > 0)
			TRY(store_run_text(store, arena, text_format(arena, "ALTER TABLE \"%.*s\" ALTER COLUMN \"%.*s\" RESTART WITH %lld",
			                                             TEXT_ARG(table->name), TEXT_ARG(column->name), (long long)newest + 1),
			                   NO_CELLS, NULL));
	}
	return NULL;
}

struct error *schema_finish_copy(struct store *store, struct arena *arena, const struct model *model)
{
	TRY(store_make_counter(store, arena, T(COUNTER_RECORD_ID)));
	for (size_t i = 0; i < model->type_count; i++)
		if (!model->types[i].abstract)
			TRY(finish_type(store, arena, &model->types[i]));
	for (size_t i = 0; i < model->table_count; i++)
		TRY(finish_identity(store, arena, &model->tables[i]));
	return NULL;
}
