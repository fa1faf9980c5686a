/* Records in memory, and their way to and from the store. */
#include "model/column_private.h"
#include "model/record_private.h"

#include "base/arena.h"

/* ---- in memory ---- */

struct record *record_new(struct arena *arena, const struct type *type)
{
	struct record *record = arena_new_struct(arena, struct record);

	record->type = type;
	record->definition = type->definition;
	record->cells = arena_new_array(arena, struct cell, type->field_count);
	return record; /* CELL_NULL is zero */
}

struct record *record_copy(struct arena *arena, const struct record *record)
{
	struct record *copy = arena_copy(arena, record, sizeof(*record));

	copy->cells = arena_copy(arena, record->cells, sizeof(*record->cells) * record->type->field_count);
	for (size_t i = 0; i < record->type->field_count; i++)
		if (copy->cells[i].kind == CELL_TEXT)
			copy->cells[i].text = text_copy(arena, copy->cells[i].text);
	return copy;
}

static text cell_words(const struct cell *cell)
{
	return cell->kind == CELL_TEXT ? cell->text : TEXT_UNSET;
}

text record_number(const struct record *record)
{
	const struct type *type = record->type;
	text number = cell_words(&record->cells[FIELD_NUMBER]);

	return text_is_set(number) || text_is_set(type->number_prefix)
		   ? number
		   : cell_words(&record->cells[type->key_field]);
}

text record_title(const struct record *record)
{
	return cell_words(&record->cells[record->type->title_field]);
}

moment record_moment(const struct record *record, size_t field)
{
	const struct cell *cell = &record->cells[field];

	return cell->kind == CELL_INTEGER ? cell->integer : MOMENT_UNSET;
}

int64_t record_id_of(const struct record *record, ptrdiff_t field)
{
	return field >= 0 && record->cells[field].kind == CELL_INTEGER ? record->cells[field].integer : 0;
}

int record_state(const struct record *record)
{
	const struct cell *cell = &record->cells[FIELD_STATE];

	return record->type->lifecycle != NULL && cell->kind == CELL_INTEGER ? (int)cell->integer : -1;
}

bool record_is_fixed(const struct model *model, const struct record *record, size_t field)
{
	ptrdiff_t named = record->type->model_field;
	const struct cell *cell = named < 0 ? NULL : &record->cells[named];
	int position = cell == NULL || cell->kind != CELL_TEXT ? -1 : model_work_model(model, cell->text);

	return position >= 0 && model->work_models[position].fixed != NULL &&
	       model->work_models[position].type->position == record->type->position && model->work_models[position].fixed[field];
}

bool cell_equal(const struct cell *a, const struct cell *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case CELL_NULL:
		return true;
	case CELL_INTEGER:
		return a->integer == b->integer;
	case CELL_REAL:
		return a->real == b->real;
	case CELL_TEXT:
	case CELL_BLOB:
		return text_equal(a->text, b->text);
	}
	return false;
}

/* ---- reading ---- */

static struct error *load(struct work *work, const struct type *type, const char *column, struct cell key,
			  text suffix, struct record **ret_record)
{
	struct rows *rows;
	bool found;

	TRY(store_query_text(work->store, work->arena, record_select_sql(work, type, column, suffix),
			     CELLS(key), &rows));
	TRY(rows_next(rows, &found));
	*ret_record = found ? record_read(work, type, rows, true) : NULL;
	rows_close(rows);
	return NULL;
}

static struct error *not_found(struct work *work, const struct type *type, text which)
{
	return error_new(work->arena, ERROR_NOT_FOUND, "there is no %.*s %.*s", TEXT_ARG(type->name),
			 TEXT_ARG(which));
}

static struct error *load_id(struct work *work, const struct type *type, int64_t id, text suffix,
			     struct record **ret_record)
{
	struct record *record;

	TRY(load(work, type, "id", cell_integer(id), suffix, &record));
	if (record == NULL)
		return not_found(work, type, text_format(work->arena, "with id %lld", (long long)id));
	*ret_record = record;
	return NULL;
}

struct error *model_load(struct work *work, const struct type *type, int64_t id, struct record **ret_record)
{
	struct record *record = cache_record(work->cache, type, id);

	if (record == NULL) {
		TRY(load_id(work, type, id, T(""), &record));
		cache_put_record(work->cache, record);
	}
	*ret_record = record;
	return NULL;
}

/* A fresh record belongs to the caller, who may be about to change it: it does not become the cached one. */
struct error *model_load_fresh(struct work *work, const struct type *type, int64_t id,
			       struct record **ret_record)
{
	cache_drop_record(work->cache, id);
	return load_id(work, type, id, T(""), ret_record);
}

struct error *model_lock(struct work *work, const struct type *type, int64_t id, struct record **ret_record)
{
	cache_drop_record(work->cache, id);
	return load_id(work, type, id, store_dialect(work->store)->lock_suffix, ret_record);
}

struct error *model_try_lock(struct work *work, const struct type *type, int64_t id, struct record **ret_record)
{
	cache_drop_record(work->cache, id);
	return load(work, type, "id", cell_integer(id), store_dialect(work->store)->skip_suffix, ret_record);
}

struct error *model_load_number(struct work *work, const struct type *type, text number,
				struct record **ret_record)
{
	struct record *record;

	TRY(load(work, type, "\"number_key\"", cell_text(text_fold(work->arena, number)), T(""), &record));
	if (record == NULL)
		return not_found(
		    work, type,
		    text_format(work->arena, "'%.*s'", TEXT_ARG(text_shorten(work->arena, number, 60))));
	struct record *cached = cache_record(work->cache, type, record->id);
	if (cached == NULL)
		cache_put_record(work->cache, record);
	*ret_record = cached != NULL ? cached : record;
	return NULL;
}

struct error *model_records_between(struct work *work, const struct type *type, int64_t after, int64_t until,
				    struct record ***ret_records, size_t *ret_count)
{
	struct record **records = NULL;
	size_t count = 0, capacity = 0;
	struct rows *rows;
	bool row;

	TRY(store_query_text(work->store, work->arena, record_between_sql(work->arena, type),
			     CELLS(cell_integer(after), cell_integer(until)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, records, count, capacity);
		records[count++] = record_read(work, type, rows, true);
	}
	*ret_records = records;
	*ret_count = count;
	return NULL;
}

struct error *model_find_id(struct work *work, const struct type *type, text number, int64_t *ret_id)
{
	text key = text_fold(work->arena, number);
	struct rows *rows;
	bool found;

	if (type->platform && cache_id(work->cache, type, key, ret_id))
		return NULL;
	TRY(store_query_text(work->store, work->arena, record_id_sql(work->arena, type),
			     CELLS(cell_text(key)), &rows));
	TRY(rows_next(rows, &found));
	*ret_id = found ? rows_integer(rows, 0) : 0;
	rows_close(rows);
	if (type->platform && *ret_id != 0)
		cache_put_id(work->cache, type, key, *ret_id);
	return NULL;
}

struct error *model_find_number(struct work *work, text number, const struct type **ret_type, int64_t *ret_id)
{
	*ret_id = 0;
	*ret_type = model_type_of_number(work->model, number);
	return *ret_type == NULL ? NULL : model_find_id(work, *ret_type, number, ret_id);
}

struct error *model_name(struct work *work, const struct type *type, int64_t id, struct record_name *ret_name)
{
	const struct record *record = cache_record(work->cache, type, id);
	struct rows *rows;
	bool found;

	if (type->platform && cache_name(work->cache, id, ret_name))
		return NULL;
	if (record != NULL) {
		*ret_name = (struct record_name){ record_number(record), record_title(record) };
		return NULL;
	}
	TRY(store_query_text(work->store, work->arena, record_name_sql(work->arena, type),
			     CELLS(cell_integer(id)), &rows));
	TRY(rows_next(rows, &found));
	if (!found)
		return not_found(work, type, text_format(work->arena, "with id %lld", (long long)id));
	*ret_name = (struct record_name){ rows_text_copy(rows, work->arena, 0),
					  rows_text_copy(rows, work->arena, 1) };
	rows_close(rows);
	if (type->platform)
		cache_put_name(work->cache, id, ret_name);
	return NULL;
}

struct error *record_links(struct work *work, const struct record *record, const struct field *field,
			   int64_t **ret_ids, size_t *ret_count)
{
	struct rows *rows;
	int64_t *ids = NULL;
	size_t count = 0, capacity = 0;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_LINK_TARGETS,
			CELLS(cell_integer(record->id), cell_text(field->name)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		arena_make_room(work->arena, ids, count, capacity);
		ids[count++] = rows_integer(rows, 0);
	}
	*ret_ids = ids;
	*ret_count = count;
	return NULL;
}

/* ---- writing ---- */

/* Texts carry their key behind them, everything else is itself. */
static size_t add_cells(struct work *work, const struct field *field, const struct cell *cell,
			struct cell *cells, size_t count)
{
	cells[count++] = *cell;
	if (column_has_key(field))
		cells[count++] =
		    cell->kind == CELL_TEXT ? cell_text(text_fold(work->arena, cell->text)) : cell_null();
	return count;
}

/* Where a type has no pattern of numbers, its key field is the number. */
static struct cell number_cell(const struct record *record)
{
	return cell_text(record_number(record));
}

/* A conflict is told by column: "login_key" is the field login, and so is the number of a type keyed by it.
 */
static struct error *explain_conflict(struct work *work, const struct type *type, struct error *error)
{
	if (error == NULL || error->code != ERROR_CONFLICT || !text_is_set(error->field))
		return error;
	if (text_ends_with(error->field, T("_key")) && type_field(type, error->field) == NULL)
		error->field = text_slice(error->field, 0, error->field.length - 4);
	if (text_equal(error->field, T("number")) && !text_is_set(type->number_prefix))
		error->field = type->fields[type->key_field].name;
	error->message = text_format(work->arena, "another %.*s has the same %.*s", TEXT_ARG(type->name),
				     TEXT_ARG(error->field));
	return error;
}

struct error *model_insert(struct work *work, const struct record *record)
{
	const struct type *type = record->type;
	struct cell *cells = arena_new_array(work->arena, struct cell, 2 + 2 * type->field_count);
	size_t count = 0;

	cells[count++] = cell_integer(record->id);
	cells[count++] = cell_integer(record->definition);
	for (size_t i = 0; i < type->field_count; i++) {
		struct cell cell = i == FIELD_NUMBER	? number_cell(record)
				   : i == FIELD_VERSION ? cell_integer(record->version)
							: record->cells[i];
		if (column_exists(&type->fields[i]))
			count = add_cells(work, &type->fields[i], &cell, cells, count);
	}
	return explain_conflict(work, type,
				store_run_text(work->store, work->arena, record_insert_sql(work->arena, type),
					       (struct cells){ cells, count }, NULL));
}

struct error *model_update(struct work *work, struct record *record, const bool *changed)
{
	const struct type *type = record->type;
	struct cell *cells = arena_new_array(work->arena, struct cell, 2 + 2 * type->field_count);
	bool *written = arena_copy(work->arena, changed, sizeof(*changed) * type->field_count);
	size_t count = 0;
	int64_t rows = 0;

	if (!text_is_set(type->number_prefix) && written[type->key_field]) {
		written[FIELD_NUMBER] = true;
		record->cells[FIELD_NUMBER] = record->cells[type->key_field];
	}
	cells[count++] = cell_integer(record->id);
	cells[count++] = cell_integer(record->version);
	for (size_t i = 0; i < type->field_count; i++)
		if (written[i] && column_exists(&type->fields[i]) && i != FIELD_VERSION)
			count = add_cells(work, &type->fields[i], &record->cells[i], cells, count);
	TRY(explain_conflict(work, type,
			     store_run_text(work->store, work->arena,
					    record_update_sql(work->arena, type, written),
					    (struct cells){ cells, count }, &rows)));
	cache_drop_record(work->cache, record->id);
	if (rows == 0)
		return error_hint(work->arena,
				  error_new(work->arena, ERROR_STALE,
					    "%.*s was changed by somebody else meanwhile",
					    TEXT_ARG(record_number(record))),
				  "read it again and repeat the change");
	record->version++;
	record->cells[FIELD_VERSION] = cell_integer(record->version);
	return NULL;
}

struct error *model_set_definition(struct work *work, struct record *record)
{
	record->type = type_newest(record->type);
	record->definition = record->type->definition;
	cache_drop_record(work->cache, record->id);
	return store_run_text(work->store, work->arena, record_definition_sql(work->arena, record->type),
			      CELLS(cell_integer(record->id), cell_integer(record->definition)), NULL);
}

static bool contains_id(const int64_t *ids, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

struct error *model_set_links(struct work *work, const struct record *record, const struct field *field,
			      const int64_t *ids, size_t count)
{
	struct cell from = cell_integer(record->id), name = cell_text(field->name);
	struct cell by = record->cells[FIELD_UPDATED_BY].kind == CELL_NULL ? record->cells[FIELD_CREATED_BY]
									   : record->cells[FIELD_UPDATED_BY];
	int64_t *before;
	size_t before_count;

	TRY(record_links(work, record, field, &before, &before_count));
	for (size_t i = 0; i < before_count; i++)
		if (!contains_id(ids, count, before[i]))
			TRY(store_run(work->store, work->arena, SQL_LINK_REMOVE,
				      CELLS(from, name, cell_integer(before[i])), NULL));
	for (size_t i = 0; i < count; i++)
		if (!contains_id(before, before_count, ids[i]))
			TRY(store_run(work->store, work->arena, SQL_LINK_ADD,
				      CELLS(name, cell_text(record->type->name), from,
					    cell_text(field->target->name), cell_integer(ids[i]),
					    cell_moment(work->now), by),
				      NULL));
	return NULL;
}

/* ---- numbers ---- */

struct error *model_next_id(struct work *work, int64_t *ret_id)
{
	return store_next(work->store, work->arena, T(COUNTER_RECORD_ID), ret_id);
}

struct error *model_next_number(struct work *work, const struct type *type, text *ret_number)
{
	int64_t number;

	TRY(store_next(work->store, work->arena, column_counter(work->arena, type), &number));
	*ret_number = text_format(work->arena, "%.*s%0*lld", TEXT_ARG(type->number_prefix),
				  type->number_digits, (long long)number);
	return NULL;
}

struct error *model_claim_number(struct work *work, const struct type *type, text number, bool *ret_fits)
{
	text digits = text_slice(number, type->number_prefix.length, number.length);
	int64_t counted;

	*ret_fits = text_is_set(type->number_prefix) && text_starts_with(number, type->number_prefix) &&
		    digits.length >= (size_t)type->number_digits && text_to_integer(digits, &counted) &&
		    counted > 0 && (digits.length == (size_t)type->number_digits || digits.data[0] != '0');
	if (!*ret_fits)
		return NULL;
	return store_jump(work->store, work->arena, column_counter(work->arena, type), counted);
}

void model_pretend(struct work *work, struct record *record)
{
	cache_put_record(work->cache, record);
}
