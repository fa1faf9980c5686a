/*
 * What the pages of people, teams and calendars show beyond their fields: open records and teams of a person, members of a team with
 * their load, a calendar's week. Which records count is read from the definitions: every type with a requester, assignee or team.
 */
#include "web/pages_portal_private.h"

#include "base/limits.h"
#include "base/words.h"

#define RECORDS_SHOWN 8
#define MEMBERS_SHOWN 50

/* "name" as a text of the condition language. */
static text quoted(struct arena *arena, text name)
{
	struct buffer out;

	buffer_init(&out, arena, SIZE_MAX);
	buffer_char(&out, '"');
	for (size_t i = 0; i < name.length; i++) {
		if (name.data[i] == '"' || name.data[i] == '\\')
			buffer_char(&out, '\\');
		buffer_char(&out, name.data[i]);
	}
	buffer_char(&out, '"');
	return buffer_peek(&out);
}

/* "state in (new, assigned)": what is still to be done. */
static text open_states(struct arena *arena, const struct lifecycle *lifecycle)
{
	struct buffer out;
	bool first = true;

	buffer_init(&out, arena, SIZE_MAX);
	buffer_literal(&out, "state in (");
	for (size_t i = 0; i < lifecycle->state_count; i++) {
		if (lifecycle->states[i].group != GROUP_OPEN && lifecycle->states[i].group != GROUP_WAITING)
			continue;
		buffer_format(&out, "%s%.*s", first ? "" : ", ", TEXT_ARG(lifecycle->states[i].name));
		first = false;
	}
	buffer_char(&out, ')');
	return buffer_peek(&out);
}

/* The types whose open records can be asked for; false for the others. */
static struct error *has_work(struct work *work, const struct type *type, ptrdiff_t field, bool *ret_has)
{
	*ret_has = false;
	if (type->platform || type->abstract || type->lifecycle == NULL || field < 0 ||
	    !access_field_readable(work, type, &type->fields[field]))
		return NULL;
	return access_may(work, RIGHT_READ, type, NULL, ret_has);
}

static text open_source(struct work *work, const struct type *type, ptrdiff_t field, text name)
{
	return text_format(work->arena, "%.*s = %.*s and %.*s", TEXT_ARG(type->fields[field].name), TEXT_ARG(quoted(work->arena, name)),
	                   TEXT_ARG(open_states(work->arena, type->lifecycle)));
}

/* {label, total, href, records}: open records of one type whose `field` is this person or team. */
static struct error *add_open(struct work *work, const struct type *type, ptrdiff_t field, text name, struct value *lists)
{
	struct value *list, *records = value_list(work->arena);
	struct sort_key newest = { .field = FIELD_CREATED_AT, .descending = true };
	struct condition *condition;
	struct record_page rows;
	int64_t total;
	bool has;

	TRY(has_work(work, type, field, &has));
	if (!has)
		return NULL;
	text source = open_source(work, type, field, name);
	TRY(condition_parse(work->arena, work->model, type, source, CONDITION_QUERY, &condition));
	struct query query = { .type = type, .where = condition, .sort = &newest, .sort_count = 1, .limit = RECORDS_SHOWN };
	TRY(access_find(work, &query, &rows));
	TRY(access_count(work, &query, LIMIT_COUNT, &total));
	for (size_t i = 0; i < rows.count; i++) {
		struct value *one = value_map(work->arena);
		text number = record_number(rows.records[i]);
		value_set_text(work->arena, one, T("number"), number);
		value_set_text(work->arena, one, T("title"), record_title(rows.records[i]));
		value_set_text(work->arena, one, T("href"), record_href(work->arena, type, number));
		value_set(work->arena, one, T("state"), part_state(work, rows.records[i]));
		value_set(work->arena, one, T("priority"), part_choice(work, rows.records[i], type->priority));
		value_append(work->arena, records, one);
	}
	list = value_map(work->arena);
	value_set_text(work->arena, list, T("plural"), label_in(&type->plural, work->language));
	value_set_text(work->arena, list, T("field"), label_in(&type->fields[field].label, work->language));
	value_set_integer(work->arena, list, T("total"), minimum(total, LIMIT_COUNT));
	value_set_bool(work->arena, list, T("capped"), total > LIMIT_COUNT);
	value_set_text(work->arena, list, T("href"),
	               text_format(work->arena, "/%.*s?q=%.*s", TEXT_ARG(type->name), TEXT_ARG(url_part(work->arena, source))));
	value_set(work->arena, list, T("records"), records);
	value_append(work->arena, lists, list);
	return NULL;
}

static struct error *person_part(struct work *work, struct record *user, struct value *data)
{
	struct value *lists = value_list(work->arena), *teams = value_list(work->arena);
	const struct field *field = type_field(user->type, T("teams"));

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		TRY(add_open(work, type, type->assignee, record_number(user), lists));
		TRY(add_open(work, type, type->requester, record_number(user), lists));
	}
	if (field != NULL && field->kind == KIND_LINKS && access_field_readable(work, user->type, field)) {
		int64_t *ids;
		size_t count;
		TRY(record_links(work, user, field, &ids, &count));
		for (size_t i = 0; i < count; i++) {
			struct record_name name;
			struct value *team = value_map(work->arena);
			TRY(access_name(work, field->target, ids[i], &name));
			if (!text_is_set(name.number))
				continue;
			value_set_text(work->arena, team, T("label"), text_is_empty(name.title) ? name.number : name.title);
			value_set_text(work->arena, team, T("href"), record_href(work->arena, field->target, name.number));
			value_append(work->arena, teams, team);
		}
	}
	value_set(work->arena, data, T("open_lists"), lists);
	value_set(work->arena, data, T("teams"), teams);
	return NULL;
}

/* ---- teams ---- */

static struct error *load_of(struct work *work, text login, int64_t *ret_load)
{
	*ret_load = 0;
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];
		struct condition *condition;
		int64_t count;
		bool has;
		TRY(has_work(work, type, type->assignee, &has));
		if (!has)
			continue;
		TRY(condition_parse(work->arena, work->model, type, open_source(work, type, type->assignee, login), CONDITION_QUERY, &condition));
		struct query query = { .type = type, .where = condition, .limit = 1 };
		TRY(access_count(work, &query, LIMIT_COUNT, &count));
		*ret_load += count;
	}
	return NULL;
}

static struct error *member(struct work *work, const struct record *user, int64_t *ref_most, struct value *members)
{
	struct value *one = value_map(work->arena), *person;
	int64_t load;

	TRY(part_person(work, user->id, &person));
	TRY(load_of(work, record_number(user), &load));
	value_set(work->arena, one, T("person"), person);
	value_set_integer(work->arena, one, T("load"), load);
	*ref_most = maximum(*ref_most, load);
	value_append(work->arena, members, one);
	return NULL;
}

static struct error *team_part(struct work *work, struct record *team, struct value *data)
{
	struct value *lists = value_list(work->arena), *members = value_list(work->arena);
	const struct field *field = type_field(work->model->user, T("teams"));
	struct condition *condition;
	struct record_page rows;
	int64_t most = 1;

	for (size_t i = 0; i < work->model->type_count; i++)
		TRY(add_open(work, work->model->ranked[i], work->model->ranked[i]->team, record_number(team), lists));
	value_set(work->arena, data, T("open_lists"), lists);
	if (field == NULL || !access_field_readable(work, work->model->user, field))
		return NULL;
	TRY(condition_parse(work->arena, work->model, work->model->user,
	                    text_format(work->arena, "teams = %.*s%s", TEXT_ARG(quoted(work->arena, record_number(team))),
	                                work->model->user->active >= 0 ? " and active = true" : ""),
	                    CONDITION_QUERY, &condition));
	struct query query = { .type = work->model->user, .where = condition, .limit = MEMBERS_SHOWN };
	TRY(access_find(work, &query, &rows));
	for (size_t i = 0; i < rows.count; i++)
		TRY(member(work, rows.records[i], &most, members));
	value_set(work->arena, data, T("members"), members);
	value_set_integer(work->arena, data, T("most"), most);
	value_set_bool(work->arena, data, T("is_team"), true);
	value_set_bool(work->arena, data, T("more_members"), text_is_set(rows.next));
	return NULL;
}

/* What is open about a service, of every type that knows services. */
static struct error *service_part(struct work *work, struct record *service, struct value *data)
{
	struct value *lists = value_list(work->arena);

	for (size_t i = 0; i < work->model->type_count; i++)
		TRY(add_open(work, &work->model->types[i], work->model->types[i].service, record_number(service), lists));
	value_set(work->arena, data, T("open_lists"), lists);
	return NULL;
}

struct error *part_platform(struct work *work, struct record *record, struct value *data)
{
	struct value *part = value_map(work->arena);

	if (type_same(record->type, work->model->user))
		TRY(person_part(work, record, part));
	else if (type_same(record->type, work->model->team))
		TRY(team_part(work, record, part));
	else if (type_same(record->type, work->model->service))
		TRY(service_part(work, record, part));
	else if (type_same(record->type, work->model->calendar))
		TRY(part_calendar(work, record, part));
	else if (text_equal(record->type->name, T("webhook")))
		TRY(part_webhook(work, record, part));
	else
		return NULL;
	value_set(work->arena, data, T("about"), part);
	return NULL;
}
