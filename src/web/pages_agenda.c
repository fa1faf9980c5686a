/*
 * The agenda of a meeting: the records that point at it and are decided by approval, one after the other, each with its facts, what
 * is in its way, its plans, the votes so far and the actor's own vote. For any type with a related list of records with approvals
 * (CAB meetings and their changes). What is read there is what its own page says; votes go the same way as everywhere.
 */
#include "web/pages_private.h"

#include "base/words.h"

#define AGENDA_SHOWN 50

static const struct related_list *agenda_list(const struct type *type)
{
	/* What has minutes is a meeting; offerings and items lead to records with approvals, too. */
	if (type_field(type, T("minutes")) == NULL)
		return NULL;
	for (size_t i = 0; i < type->related_count; i++)
		if (type->related[i].type->approval_count > 0)
			return &type->related[i];
	return NULL;
}

void part_agenda_link(struct work *work, const struct record *record, struct value *data)
{
	const struct type *type = &work->model->types[record->type->position];

	if (agenda_list(type) != NULL)
		value_set_text(work->arena, data, T("agenda_href"),
		               text_format(work->arena, "%.*s/agenda", TEXT_ARG(record_href(work->arena, type, record_number(record)))));
}

static struct error *fact(struct work *work, struct record *record, const struct field *field, struct value *list)
{
	struct value *one;
	text said;

	if (!access_field_readable(work, record->type, field))
		return NULL;
	TRY(part_words(work, record, field, &said));
	if (!text_is_set(said) || text_is_empty(said))
		return NULL;
	one = value_map(work->arena);
	value_set_text(work->arena, one, T("label"), label_in(&field->label, work->language));
	if (field->kind == KIND_PROSE)
		value_set(work->arena, one, T("html"), markdown_html(work->arena, record->cells[field->position].text));
	else if (field->kind == KIND_MOMENT)
		value_set(work->arena, one, T("moment"), part_moment(work, record_moment(record, field->position)));
	else
		value_set_text(work->arena, one, T("words"), said);
	value_append(work->arena, list, one);
	return NULL;
}

/* The columns of the list as facts, the long texts as plans to unfold. */
static struct error *add_facts(struct work *work, const struct related_list *list, struct record *record, struct value *item)
{
	struct value *facts = value_list(work->arena), *plans = value_list(work->arena);

	for (size_t i = 0; i < list->column_count; i++) {
		size_t field = list->columns[i];
		if (field != FIELD_NUMBER && field != FIELD_STATE && field != record->type->title_field)
			TRY(fact(work, record, &record->type->fields[field], facts));
	}
	for (size_t i = FIELD_SYSTEM_COUNT; i < record->type->field_count; i++)
		if (record->type->fields[i].kind == KIND_PROSE && record->cells[i].kind == CELL_TEXT)
			TRY(fact(work, record, &record->type->fields[i], plans));
	value_set(work->arena, item, T("facts"), facts);
	value_set(work->arena, item, T("plans"), plans);
	return NULL;
}

/* Votes come back here, to where they were given. */
static void come_back(struct work *work, const struct value *votes, text back)
{
	for (size_t i = 0; i < value_count(votes); i++)
		value_set_text(work->arena, votes->list.items[i], T("back"), back);
}

static struct error *item_value(struct work *work, struct web_request *request, const struct related_list *list, int64_t id,
                                text href, struct value **ret_item)
{
	struct value *item = value_map(work->arena);
	struct record *record;
	text back;

	TRY(access_load_id(work, list->type, id, &record));
	back = text_format(work->arena, "%.*s#%.*s", TEXT_ARG(href), TEXT_ARG(record_number(record)));
	value_set_text(work->arena, item, T("number"), record_number(record));
	value_set_text(work->arena, item, T("title"), record_title(record));
	value_set_text(work->arena, item, T("href"), record_href(work->arena, record->type, record_number(record)));
	value_set(work->arena, item, T("state"), part_state(work, record));
	TRY(add_facts(work, list, record, item));
	TRY(part_collisions(work, record, item));
	TRY(part_approvals(work, request, record, item));
	come_back(work, value_get(item, T("votes")), back);
	come_back(work, value_get(item, T("own_votes")), back);
	value_set_bool(work->arena, item, T("decided"), value_count(value_get(item, T("votes"))) == 0);
	*ret_item = item;
	return NULL;
}

/* Those planned first come first; without a schedule the oldest. */
static struct error *find(struct work *work, const struct related_list *list, const struct record *meeting, struct record_page *ret_page)
{
	const struct schedule_definition *schedule = list->type->schedule;
	struct sort_key sort = { schedule == NULL ? FIELD_CREATED_AT : schedule->start, false };
	struct query query = { .type = list->type, .limit = AGENDA_SHOWN, .sort = &sort, .sort_count = 1 };
	struct condition *where;
	text source = text_format(work->arena, "%.*s = \"%.*s\"", TEXT_ARG(list->type->fields[list->field].name),
	                          TEXT_ARG(record_number(meeting)));

	TRY(condition_parse(work->arena, work->model, list->type, source, CONDITION_RULE, &where));
	query.where = condition_and(work->arena, where, list->condition);
	return access_find(work, &query, ret_page);
}

struct error *agenda_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct related_list *list = agenda_list(request->type);
	struct value *data = value_map(work->arena), *items = value_list(work->arena), *item;
	struct record_page found = { .count = 0 };
	struct record *meeting;
	text href;

	TRY(load_record(work, request, &meeting));
	if (list == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no agenda", TEXT_ARG(request->type->name));
	TRY(part_head(work, meeting, data));
	href = text_format(work->arena, "%.*s/agenda", TEXT_ARG(record_href(work->arena, request->type, record_number(meeting))));
	bool may;
	TRY(access_may(work, RIGHT_READ, list->type, NULL, &may));
	if (may)
		TRY(find(work, list, meeting, &found));
	for (size_t i = 0; i < found.count; i++) {
		TRY(item_value(work, request, list, found.records[i]->id, href, &item));
		value_append(work->arena, items, item);
	}
	value_set(work->arena, data, T("items"), items);
	value_set_integer(work->arena, data, T("items_count"), (int64_t)value_count(items));
	value_set_text(work->arena, data, T("list_label"), label_in(&list->label, work->language));
	page->data = data;
	page->template = is_staff(work) ? T("agenda") : T("agenda_portal");
	return NULL;
}
