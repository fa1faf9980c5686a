/* A person's absences on their own page: when they are away and who stands in for them; and the button that ends one early. */
#include "web/pages_portal_private.h"

#include "base/words.h"

#define SHOWN 20

static moment moment_of(const struct record *record, const char *name)
{
	const struct field *field = type_field(record->type, text_from(name));

	return field == NULL ? MOMENT_UNSET : record_moment(record, field->position);
}

static struct error *absence_value(struct work *work, const struct record *record, struct value **ret_value)
{
	const struct field *delegate = type_field(record->type, T("delegate"));
	struct value *value = value_map(work->arena), *person;

	TRY(part_person(work, delegate == NULL ? 0 : record_id_of(record, (ptrdiff_t)delegate->position), &person));
	value_set_text(work->arena, value, T("number"), record_number(record));
	value_set_text(work->arena, value, T("reason"), record_title(record));
	value_set(work->arena, value, T("delegate"), person);
	value_set(work->arena, value, T("begins"), part_moment(work, moment_of(record, "begins")));
	value_set(work->arena, value, T("ends"), part_moment(work, moment_of(record, "ends")));
	value_set_bool(work->arena, value, T("now"), moment_of(record, "begins") <= work->now);
	*ret_value = value;
	return NULL;
}

struct error *part_absences(struct work *work, const struct web_request *request, struct value *data)
{
	struct value *list = value_list(work->arena), *given = value_map(work->arena), *one;
	const struct type *type = work->model->absence;
	struct condition *where;
	struct record_page page;
	bool may;

	TRY(access_may(work, RIGHT_CREATE, type, NULL, &may));
	if (!may)
		return NULL;
	TRY(condition_parse(work->arena, work->model, type, T("person = me and (ends is not set or ends > now)"), CONDITION_QUERY, &where));
	struct query query = { .type = type, .where = where, .limit = SHOWN };
	TRY(access_find(work, &query, &page));
	for (size_t i = 0; i < page.count; i++) {
		TRY(absence_value(work, page.records[i], &one));
		value_append(work->arena, list, one);
	}
	if (request->error != NULL && text_equal(text_from(request->route->name), T("page_me_absence")))
		given = request->body;
	value_set(work->arena, data, T("absences"), list);
	value_set(work->arena, data, T("absence"), given);
	value_set_bool(work->arena, data, T("may_be_absent"), true);
	return NULL;
}

struct error *me_absence_apply(struct work *work, struct web_request *request, struct page *page)
{
	static const char *const own[] = { "title", "begins", "ends", "delegate" };
	struct value *input = value_map(work->arena);
	struct record *record;

	for (size_t i = 0; i < array_length(own); i++) {
		text given = request_field(request, text_from(own[i]));
		if (text_is_set(given) && !text_is_empty(text_trim(given)))
			value_set_text(work->arena, input, text_from(own[i]), text_trim(given));
	}
	TRY(engine_create(work, work->model->absence, input, &record));
	page_redirect(page, T("/me?done=away"));
	return NULL;
}

/* From now on they are here again. */
struct error *me_absence_end_apply(struct work *work, struct web_request *request, struct page *page)
{
	struct value *patch = value_map(work->arena);
	struct record *record;

	value_set_text(work->arena, patch, T("ends"), moment_format(work->arena, work->now));
	TRY(engine_update(work, work->model->absence, request_parameter(request, T("number")), 0, patch, &record));
	page_redirect(page, T("/me?done=saved"));
	return NULL;
}
