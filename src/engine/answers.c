/*
 * Answers as they are kept with a record: one JSON text, with the words of question and answer as they were read by who answered, so
 * that a form that changes later does not change what was said. Links also keep the id, for conditions.
 */
#include "engine/answers_private.h"

#include "base/json.h"

/* ---- writing ---- */

static struct error *entry_value(struct work *work, const struct form_entry *entry, struct value **ret_value)
{
	const struct field *field = entry->field;
	struct value *one = value_map(work->arena), *value;
	text shown;

	TRY(field_value(work, field, &entry->cell, &value));
	TRY(field_words(work, field, &entry->cell, work->actor->zone, &shown));
	value_add(work->arena, one, T("question"), value_text(work->arena, field->name));
	value_add(work->arena, one, T("label"), value_text(work->arena, label_in(&field->label, work->language)));
	value_add(work->arena, one, T("kind"), value_text(work->arena, kind_name(field->kind)));
	value_add(work->arena, one, T("value"), value);
	value_add(work->arena, one, T("words"), value_text(work->arena, shown));
	if (field->kind == KIND_LINK)
		value_add(work->arena, one, T("id"), value_integer(work->arena, entry->cell.integer));
	*ret_value = one;
	return NULL;
}

static struct error *entries_value(struct work *work, const struct form_entry *entries, size_t count, struct value *list);

static struct error *rows_value(struct work *work, const struct form_entry *entry, struct value **ret_value)
{
	struct value *one = value_map(work->arena), *rows = value_list(work->arena);

	for (size_t i = 0; i < entry->row_count; i++) {
		struct value *row = value_list(work->arena);

		TRY(entries_value(work, entry->rows[i].entries, entry->question->question_count, row));
		value_append(work->arena, rows, row);
	}
	value_add(work->arena, one, T("question"), value_text(work->arena, entry->field->name));
	value_add(work->arena, one, T("label"), value_text(work->arena, label_in(&entry->field->label, work->language)));
	value_add(work->arena, one, T("rows"), rows);
	*ret_value = one;
	return NULL;
}

static struct error *entries_value(struct work *work, const struct form_entry *entries, size_t count, struct value *list)
{
	for (size_t i = 0; i < count; i++) {
		struct value *one;

		if (!entries[i].shown || (entries[i].cell.kind == CELL_NULL && entries[i].row_count == 0))
			continue;
		TRY(entries[i].question->group_type != NULL ? rows_value(work, &entries[i], &one) : entry_value(work, &entries[i], &one));
		value_append(work->arena, list, one);
	}
	return NULL;
}

struct error *answers_value(struct work *work, const struct form_state *state, struct value **ret_list)
{
	*ret_list = value_list(work->arena);
	return state == NULL ? NULL : entries_value(work, state->entries, state->entry_count, *ret_list);
}

struct error *answers_keep(struct work *work, struct record *record, const struct form_state *state)
{
	struct value *list;

	if (state == NULL || state->entry_count == 0)
		return NULL;
	TRY(answers_value(work, state, &list));
	return store_run(work->store, work->arena, SQL_ANSWERS_KEEP,
	                 CELLS(cell_integer(record->id), cell_text(state->model->name), cell_text(json_text(work->arena, list))), NULL);
}

/* ---- reading ---- */

static struct error *find(struct work *work, const struct record *record, struct value **ret_list)
{
	struct rows *rows;
	bool row;
	text source;

	*ret_list = NULL;
	TRY(store_query(work->store, work->arena, SQL_ANSWERS_FIND, CELLS(cell_integer(record->id)), &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return NULL;
	source = rows_text_copy(rows, work->arena, 1);
	rows_close(rows);
	return json_parse(work->arena, source, ret_list);
}

/* Of a question that has another kind by now nothing is known. */
static struct cell kept_cell(const struct field *field, const struct value *one)
{
	const struct value *value = value_get(one, T("value")), *id = value_get(one, T("id"));
	moment at;

	if (value_is_null(value))
		return cell_null();
	switch ((int)field->kind) {
	case KIND_LINK:
		return id == NULL ? cell_null() : cell_id(value_get_integer(one, T("id"), 0));
	case KIND_CHOICE:
		return value->kind == VALUE_TEXT && field_choice(field, value->text) >= 0 ? cell_integer(field_choice(field, value->text))
		                                                                            : cell_null();
	case KIND_BOOLEAN:
		return value->kind == VALUE_BOOL ? cell_integer(value->boolean) : cell_null();
	case KIND_MOMENT:
		return value->kind == VALUE_TEXT && moment_parse(value->text, NULL, &at) ? cell_moment(at) : cell_null();
	case KIND_REAL:
		if (value->kind == VALUE_INTEGER)
			return cell_real((double)value->integer);
		return value->kind == VALUE_REAL ? cell_real(value->real) : cell_null();
	case KIND_INTEGER:
	case KIND_DURATION:
		return value->kind == VALUE_INTEGER ? cell_integer(value->integer) : cell_null();
	default:
		return value->kind == VALUE_TEXT ? cell_text(value->text) : cell_null();
	}
}

/* A choice whose name is a number comes back as one. */
static void fill(struct record *record, const struct value *list)
{
	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->list.count; i++) {
		const struct value *one = list->list.items[i];
		const struct field *field = type_field(record->type, value_get_text(one, T("question")));

		if (field != NULL && field->kind != KIND_GROUP && field->position > FIELD_SYSTEM_COUNT)
			record->cells[field->position] = kept_cell(field, one);
	}
}

static struct record *blank(struct work *work, const struct type *type, const struct record *record)
{
	struct record *answers = record_new(work->arena, type);

	answers->cells[FIELD_SYSTEM_COUNT] = cell_integer(record->id);
	return answers;
}

struct error *answers_load(struct work *work, const struct record *record, const struct work_model *model, struct record **ret_answers)
{
	struct value *list;

	TRY(find(work, record, &list));
	*ret_answers = blank(work, model->form_type, record);
	fill(*ret_answers, list);
	return NULL;
}

static const struct type *group_type(const struct work_model *model, size_t field)
{
	for (size_t i = 0; i < model->page_count; i++)
		for (size_t j = 0; j < model->pages[i].part_count; j++)
			for (size_t k = 0; k < model->pages[i].parts[j].question_count; k++)
				if (model->pages[i].parts[j].questions[k].field == field)
					return model->pages[i].parts[j].questions[k].group_type;
	return NULL;
}

struct error *answers_load_rows(struct work *work, const struct record *record, const struct work_model *model, size_t group,
                                struct record ***ret_rows, size_t *ret_count)
{
	const struct type *type = group_type(model, group);
	struct value *list, *rows = NULL;

	TRY(find(work, record, &list));
	for (size_t i = 0; i < value_count(list); i++)
		if (text_equal(value_get_text(list->list.items[i], T("question")), model->form_type->fields[group].name))
			rows = value_get(list->list.items[i], T("rows"));
	*ret_count = type == NULL ? 0 : value_count(rows);
	*ret_rows = arena_new_array(work->arena, struct record *, *ret_count + 1);
	for (size_t i = 0; i < *ret_count; i++) {
		(*ret_rows)[i] = blank(work, type, record);
		fill((*ret_rows)[i], rows->list.items[i]);
	}
	return NULL;
}

/* ---- showing ---- */

/* A link is named only to who may read what it points to. */
static struct error *show_one(struct work *work, struct value *one)
{
	struct value *link = value_get(one, T("value"));
	const struct type *type = model_type(work->model, value_get_text(link, T("type")));
	int64_t id = value_get_integer(one, T("id"), 0);
	bool readable = false;

	if (id == 0)
		return NULL;
	(void)value_remove(one, T("id"));
	if (type != NULL)
		TRY(access_readable_id(work, type, id, &readable));
	if (readable)
		return NULL;
	(void)value_remove(link, T("title"));
	value_set(work->arena, link, T("number"), value_null(work->arena));
	value_set(work->arena, one, T("words"), value_null(work->arena));
	return NULL;
}

struct error *answers_show(struct work *work, struct value *list)
{
	for (size_t i = 0; i < value_count(list); i++) {
		struct value *one = list->list.items[i], *rows = value_get(one, T("rows"));

		TRY(show_one(work, one));
		for (size_t row = 0; row < value_count(rows); row++)
			TRY(answers_show(work, rows->list.items[row]));
	}
	return NULL;
}

struct error *engine_answers(struct work *work, const struct record *record, struct value **ret_answers)
{
	*ret_answers = NULL;
	if (record->type->model_field < 0 || record_cell(record, (size_t)record->type->model_field)->kind == CELL_NULL)
		return NULL;
	TRY(find(work, record, ret_answers));
	return *ret_answers == NULL ? NULL : answers_show(work, *ret_answers);
}
