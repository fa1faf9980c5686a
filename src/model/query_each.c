/* Questions about all matches of a query, without an order of the caller's: walking them by id, and counting them by a link. */
#include "model/query_private.h"
#include "model/record_private.h"

#define EACH_PAGE 200

static struct error *each_page(struct work *work, const struct query *query, int64_t after,
			       struct record ***ret_records, size_t *ret_count)
{
	struct composer composer;
	struct rows *rows;
	struct record **records = arena_new_array(work->arena, struct record *, EACH_PAGE);
	size_t count = 0;

	composer_begin(&composer, work, query);
	buffer_literal(&composer.sql, "SELECT ");
	record_columns(&composer.sql, query->type, T("t0"), query->with_prose);
	TRY(compose_all_matches(&composer));
	buffer_literal(&composer.sql, " AND t0.id > ");
	compose_cell(&composer, cell_integer(after));
	buffer_literal(&composer.sql, " ORDER BY t0.id");
	compose_limit(&composer, EACH_PAGE);
	TRY(composer_run(work, &composer, &rows));
	for (;;) {
		bool row;
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		records[count++] = record_read(work, query->type, rows, query->with_prose);
	}
	*ret_records = records;
	*ret_count = count;
	return NULL;
}

struct error *model_each(struct work *work, const struct query *query,
			 struct error *(*visit)(void *data, struct work *work, struct record *record),
			 void *data)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct work page = *work;
	struct query own = *query;
	struct error *error = NULL;
	int64_t after = 0;
	size_t count = EACH_PAGE;

	if (!query->everything && query->branch_count == 0)
		count = 0;
	page.arena = arena;
	page.cache = NULL;
	own.context.work = &page;
	while (error == NULL && count == EACH_PAGE) {
		struct record **records;
		error = each_page(&page, &own, after, &records, &count);
		for (size_t i = 0; error == NULL && i < count; i++) {
			after = records[i]->id;
			error = visit(data, &page, records[i]);
		}
		if (error != NULL)
			error = error_copy(work->arena, error);
		arena_reset(arena);
	}
	arena_free(arena);
	return error;
}

static struct error *compose_count_by(struct composer *composer, const struct field *field,
				      const int64_t *ids, size_t count)
{
	buffer_literal(&composer->sql, "SELECT ");
	compose_column(composer, 0, field->name);
	buffer_literal(&composer->sql, ", count(*)");
	TRY(compose_all_matches(composer));
	buffer_literal(&composer->sql, " AND ");
	compose_column(composer, 0, field->name);
	for (size_t i = 0; i < count; i++) {
		buffer_text(&composer->sql, i == 0 ? T(" IN (") : T(", "));
		compose_cell(composer, cell_integer(ids[i]));
	}
	buffer_literal(&composer->sql, ") GROUP BY ");
	compose_column(composer, 0, field->name);
	return NULL;
}

struct error *model_count_by(struct work *work, const struct query *query, const struct field *field, const int64_t *ids,
			     size_t count, int64_t *ret_counts)
{
	struct composer composer;
	struct rows *rows;
	bool more;

	memset(ret_counts, 0, count * sizeof(*ret_counts));
	if (count == 0)
		return NULL;
	composer_begin(&composer, work, query);
	TRY(compose_count_by(&composer, field, ids, count));
	TRY(composer_run(work, &composer, &rows));
	TRY(rows_next(rows, &more));
	while (more) {
		for (size_t i = 0; i < count; i++)
			if (ids[i] == rows_integer(rows, 0))
				ret_counts[i] = rows_integer(rows, 1);
		TRY(rows_next(rows, &more));
	}
	return NULL;
}
