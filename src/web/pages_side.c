/* What stands beside the timeline: who asks, the fields that hold something, files, links, watchers, similar records. */
#include "web/pages_private.h"

#include "base/words.h"

#define LAST_RECORDS 5
/* Links of one relation that a page shows. */
#define GROUP_SHOWN 50

/* ---- the requester ---- */

static struct error *add_readable(struct work *work, const struct record *person, const char *name, struct value *card)
{
	const struct field *field = type_field(person->type, text_from(name));
	text shown;

	if (field == NULL || !access_field_readable(work, person->type, field))
		return NULL;
	TRY(part_words(work, person, field, &shown));
	if (text_is_set(shown) && !text_is_empty(shown))
		value_set_text(work->arena, card, field->name, shown);
	return NULL;
}

static struct error *last_records(struct work *work, const struct record *record, text login, struct value **ret_list)
{
	const struct field *requester = &record->type->fields[record->type->requester];
	struct value *list = value_list(work->arena);
	struct condition *condition;
	struct record_page rows;
	struct sort_key newest = { .field = FIELD_CREATED_AT, .descending = true };

	*ret_list = list;
	if (text_find_char(login, '"') >= 0 || text_find_char(login, '\\') >= 0)
		return NULL;
	TRY(condition_parse(work->arena, work->model, record->type,
	                    text_format(work->arena, "%.*s = \"%.*s\"", TEXT_ARG(requester->name), TEXT_ARG(login)), CONDITION_QUERY,
	                    &condition));
	struct query query = { .type = record->type, .where = condition, .sort = &newest, .sort_count = 1, .limit = LAST_RECORDS + 1 };
	struct error *error = access_find(work, &query, &rows);
	/* A type without an index over its requesters refuses the sort for people with very many records: the page goes on without. */
	if (error != NULL)
		return error->code == ERROR_INVALID ? NULL : error;
	for (size_t i = 0; i < rows.count && value_count(list) < LAST_RECORDS; i++) {
		struct value *one = value_map(work->arena);
		if (rows.records[i]->id == record->id)
			continue;
		text number = record_number(rows.records[i]);
		value_set_text(work->arena, one, T("number"), number);
		value_set_text(work->arena, one, T("title"), record_title(rows.records[i]));
		value_set_text(work->arena, one, T("href"), record_href(work->arena, record->type, number));
		value_set(work->arena, one, T("state"), part_state(work, rows.records[i]));
		value_append(work->arena, list, one);
	}
	return NULL;
}

static struct error *requester_card(struct work *work, struct record *record, struct value *data)
{
	static const char *const shown[] = { "title", "mail", "phone", "location", "organisation" };
	int64_t id = record_id_of(record, record->type->requester);
	struct record *person;
	struct value *card, *last;

	TRY(part_person(work, id, &card));
	if (value_is_null(card))
		return NULL;
	struct error *error = access_load_id(work, work->model->user, id, &person);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	for (size_t i = 0; i < array_length(shown); i++)
		TRY(add_readable(work, person, shown[i], card));
	const struct field *vip = type_field(person->type, T("vip"));
	if (vip != NULL && access_field_readable(work, person->type, vip))
		value_set_bool(work->arena, card, T("vip"), record_cell(person, vip->position)->kind == CELL_INTEGER &&
		                                                    record_cell(person, vip->position)->integer != 0);
	TRY(last_records(work, record, value_get_text(card, T("login")), &last));
	value_set(work->arena, card, T("last"), last);
	value_set(work->arena, data, T("requester"), card);
	return NULL;
}

/* ---- fields ---- */

static struct error *fact_value(struct work *work, struct record *record, const struct field *field, struct value **ret_fact)
{
	const struct cell *cell = record_cell(record, field->position);
	struct arena *arena = work->arena;
	struct value *fact = value_map(arena);
	struct record_name name = { .number = TEXT_UNSET };
	text shown;

	*ret_fact = NULL;
	if (cell->kind == CELL_NULL || field->kind == KIND_LINKS || (cell->kind == CELL_TEXT && text_is_empty(cell->text)) ||
	    (field->kind == KIND_BOOLEAN && cell->integer == 0))
		return NULL;
	TRY(part_words(work, record, field, &shown));
	value_set_text(arena, fact, T("label"), label_in(&field->label, work->language));
	const struct type *target = field->target;
	if (field->kind == KIND_LINK)
		TRY(access_name(work, target, cell->integer, &name));
	if (field->kind == KIND_RECORD)
		TRY(access_reference(work, cell->text, &target, &name));
	if (field->kind == KIND_PROSE)
		value_set(arena, fact, T("html"), markdown_html(arena, cell->text));
	else if (field->kind == KIND_MOMENT)
		value_set(arena, fact, T("moment"), part_moment(work, record_moment(record, field->position)));
	else
		value_set_text(arena, fact, T("words"), shown);
	if (text_is_set(name.number))
		value_set_text(arena, fact, T("href"), record_href(arena, target, name.number));
	*ret_fact = fact;
	return NULL;
}

/* Shown elsewhere on the page: in the head, as the first entry, on the requester's card. */
static bool is_elsewhere(const struct type *type, size_t field)
{
	ptrdiff_t position = (ptrdiff_t)field;

	return field == type->title_field || (type->lifecycle != NULL && (position == type->description || position == type->requester));
}

static void add_section(struct work *work, const struct form_section *section, struct value *facts, struct value *list)
{
	struct value *one;

	if (value_count(facts) == 0)
		return;
	one = value_map(work->arena);
	value_set_text(work->arena, one, T("label"), label_in(&section->label, work->language));
	value_set(work->arena, one, T("facts"), facts);
	value_append(work->arena, list, one);
}

/* Long texts of what goes through a lifecycle are what one came to read: they stand in the main column, the rest at the side. */
static struct error *sections(struct work *work, struct record *record, struct value *data)
{
	const struct form *form = type_form(record->type, T("record"));
	struct value *list = value_list(work->arena), *texts = value_list(work->arena), *fact;

	for (size_t i = 0; form != NULL && i < form->section_count; i++) {
		const struct form_section *section = &form->sections[i];
		struct value *facts = value_list(work->arena), *long_facts = value_list(work->arena);
		for (size_t j = 0; j < section->field_count; j++) {
			const struct field *field = &record->type->fields[section->fields[j]];
			if (is_elsewhere(record->type, field->position) || !access_field_readable(work, record->type, field))
				continue;
			TRY(fact_value(work, record, field, &fact));
			if (fact != NULL)
				value_append(work->arena, field->kind == KIND_PROSE && record->type->lifecycle != NULL ? long_facts : facts, fact);
		}
		add_section(work, section, facts, list);
		add_section(work, section, long_facts, texts);
	}
	value_set(work->arena, data, T("sections"), list);
	value_set(work->arena, data, T("texts"), texts);
	return NULL;
}

/* ---- files, links, watchers ---- */

static struct error *files(struct work *work, struct record *record, struct value **ret_files)
{
	struct value *list = value_list(work->arena);
	struct attachment *attachments;
	bool attach, others, note;
	text href = record_href(work->arena, record->type, record_number(record));
	size_t count;

	TRY(engine_attachments(work, record, &attachments, &count));
	/* As engine_detach() decides. */
	TRY(access_may(work, RIGHT_ATTACH, record->type, record, &attach));
	TRY(access_may(work, RIGHT_UPDATE, record->type, record, &others));
	TRY(access_may(work, RIGHT_NOTE, record->type, record, &note));
	others = others && note;
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("name"), attachments[i].name);
		value_set_text(work->arena, one, T("size"), part_size(work->arena, attachments[i].size));
		value_set_text(work->arena, one, T("href"),
		               text_format(work->arena, "%.*s/attachments/%lld", TEXT_ARG(href), (long long)attachments[i].id));
		value_set_bool(work->arena, one, T("internal"), attachments[i].visibility == VISIBLE_INTERNAL);
		value_set(work->arena, one, T("moment"), part_moment(work, attachments[i].created_at));
		value_set_bool(work->arena, one, T("may_remove"), attach && (others || attachments[i].created_by == work->actor->id));
		value_append(work->arena, list, one);
	}
	*ret_files = list;
	return NULL;
}

/* {relation, number, title, href, state, id} */
static struct value *link_shown(struct work *work, const struct record_link *link)
{
	struct value *one = value_map(work->arena);
	text number = record_number(link->other), title = record_title(link->other);

	value_set_integer(work->arena, one, T("id"), link->id);
	value_set_text(work->arena, one, T("relation"),
	               label_in(link->inverse ? &link->relation->inverse : &link->relation->label, work->language));
	value_set_text(work->arena, one, T("number"), number);
	value_set_text(work->arena, one, T("title"), title);
	value_set_text(work->arena, one, T("href"), record_href(work->arena, link->type, number));
	value_set(work->arena, one, T("state"), part_state(work, link->other));
	return one;
}

/* The links in groups of one relation and direction: the page of an item is made of them. */
static struct value *groups(struct work *work, const struct record_link *found, size_t count)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < count; i++) {
		struct value *group = NULL, *one = link_shown(work, &found[i]);
		text label = value_get_text(one, T("relation"));
		for (size_t k = 0; k < list->list.count && group == NULL; k++)
			if (text_equal(value_get_text(list->list.items[k], T("label")), label))
				group = list->list.items[k];
		if (group == NULL) {
			group = value_map(work->arena);
			value_set_text(work->arena, group, T("label"), label);
			value_set(work->arena, group, T("items"), value_list(work->arena));
			value_append(work->arena, list, group);
		}
		struct value *items = value_get(group, T("items"));
		int64_t more = value_get_integer(group, T("more"), 0);
		if (value_count(items) < GROUP_SHOWN)
			value_append(work->arena, items, one);
		else
			value_set_integer(work->arena, group, T("more"), more + 1);
	}
	return list;
}

static struct error *links(struct work *work, struct record *record, struct value *data)
{
	struct value *list = value_list(work->arena);
	struct record_link *found;
	size_t count;

	TRY(engine_links(work, record, &found, &count));
	if (record->type->class_field >= 0) {
		value_set_bool(work->arena, data, T("has_relations"), true);
		value_set(work->arena, data, T("relation_groups"), groups(work, found, count));
		return NULL;
	}
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, list, link_shown(work, &found[i]));
	value_set(work->arena, data, T("links"), list);
	return NULL;
}

/* Whether a record may stand at this end of a relation. */
static bool may_stand(const struct record *record, const struct type *const *types, size_t count, uint64_t classes)
{
	const struct type *type = record->type;
	bool fits = type_ends(type, types, count);

	if (!fits || classes == 0 || type->class_field < 0)
		return fits;
	const struct cell *class = record_cell(record, (size_t)type->class_field);
	return class->kind == CELL_INTEGER && (classes >> class->integer & 1) != 0;
}

/* From this record, and ("~" before the name) read from the other end where that says something else. */
static struct value *relations(struct work *work, const struct record *record)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < work->model->relation_count; i++) {
		const struct relation *relation = &work->model->relations[i];
		text label = label_in(&relation->label, work->language), inverse = label_in(&relation->inverse, work->language);
		bool from = may_stand(record, relation->from, relation->from_count, relation->from_classes);
		bool to = may_stand(record, relation->to, relation->to_count, relation->to_classes);
		if (from) {
			struct value *one = value_map(work->arena);
			value_set_text(work->arena, one, T("name"), relation->name);
			value_set_text(work->arena, one, T("label"), label);
			value_append(work->arena, list, one);
		}
		if (to && !(from && text_equal(label, inverse))) {
			struct value *one = value_map(work->arena);
			value_set_text(work->arena, one, T("name"), text_format(work->arena, "~%.*s", TEXT_ARG(relation->name)));
			value_set_text(work->arena, one, T("label"), inverse);
			value_append(work->arena, list, one);
		}
	}
	return list;
}

static struct error *watchers(struct work *work, struct record *record, struct value *data)
{
	const struct type *type = record->type;
	struct value *list = value_list(work->arena), *person;
	bool watching = false;
	int64_t *ids;
	size_t count;

	if (type->watchers < 0 || !access_field_readable(work, type, &type->fields[type->watchers]))
		return NULL;
	TRY(record_links(work, record, &type->fields[type->watchers], &ids, &count));
	for (size_t i = 0; i < count; i++) {
		watching |= ids[i] == work->actor->id;
		TRY(part_person(work, ids[i], &person));
		if (!value_is_null(person))
			value_append(work->arena, list, person);
	}
	value_set(work->arena, data, T("watchers"), list);
	value_set_bool(work->arena, data, T("watching"), watching);
	return NULL;
}

struct error *part_side(struct work *work, struct record *record, struct value *data)
{
	static const struct {
		const char *name;
		enum right right;
	} rights[] = { { "may_update", RIGHT_UPDATE }, { "may_attach", RIGHT_ATTACH }, { "may_link", RIGHT_LINK }, { "may_watch", RIGHT_WATCH } };
	struct value *value;
	bool may;

	for (size_t i = 0; i < array_length(rights); i++) {
		TRY(access_may(work, rights[i].right, record->type, record, &may));
		value_set_bool(work->arena, data, text_from(rights[i].name), may);
	}
	if (record->type->requester >= 0)
		TRY(requester_card(work, record, data));
	TRY(part_collisions(work, record, data));
	part_agenda_link(work, record, data);
	TRY(sections(work, record, data));
	TRY(files(work, record, &value));
	value_set(work->arena, data, T("files"), value);
	TRY(links(work, record, data));
	value_set(work->arena, data, T("relations"), relations(work, record));
	return watchers(work, record, data);
}

/* ---- similar records: asked for by the page once it stands, because they cost a search ---- */

struct error *similar_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *list = value_list(work->arena);
	struct similar *similar;
	struct record *record;
	size_t count = 0;

	TRY(load_record(work, request, &record));
	page->data = value_map(work->arena);
	TRY(part_head(work, record, page->data));
	if (request->reader != NULL)
		TRY(search_similar(request->reader, work, record, 6, &similar, &count));
	for (size_t i = 0; i < count; i++) {
		const struct lifecycle *lifecycle = similar[i].type->lifecycle;
		int state = lifecycle == NULL ? -1 : lifecycle_state(lifecycle, similar[i].state);
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("number"), similar[i].number);
		value_set_text(work->arena, one, T("title"), similar[i].title);
		value_set_text(work->arena, one, T("href"), record_href(work->arena, similar[i].type, similar[i].number));
		value_set_text(work->arena, one, T("shared"), similar[i].shared);
		if (state >= 0) {
			value_set_text(work->arena, one, T("state"), label_in(&lifecycle->states[state].label, work->language));
			value_set_text(work->arena, one, T("group"), state_group_name(lifecycle->states[state].group));
		}
		value_append(work->arena, list, one);
	}
	value_set(work->arena, page->data, T("similar"), list);
	page->template = is_staff(work) ? T("similar") : T("similar_portal");
	return NULL;
}
