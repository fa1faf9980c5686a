/*
 * The catalogue: what this person can order, by category, found by words. Offerings are some hundred at most, and who may have one is a
 * condition on the person, so all are looked at and those that fit are shown.
 */
#include "web/pages_catalogue_private.h"

#include "base/words.h"

/* A catalogue is one page. */
#define OFFERINGS_SHOWN 500

const struct type *catalogue_type(const struct work *work)
{
	for (size_t i = 0; i < work->model->type_count; i++)
		if (!work->model->types[i].abstract && work->model->types[i].orders >= 0)
			return &work->model->types[i];
	return NULL;
}

text catalogue_price(struct work *work, const struct record *record, text name)
{
	const struct field *field = type_field(record->type, name);
	const struct cell *cell = field == NULL ? NULL : record_cell(record, field->position);
	text shown;

	if (cell == NULL || cell->kind != CELL_REAL || field->kind != KIND_REAL || cell->real == 0 ||
	    field_words(work, field, cell, NULL, &shown) != NULL)
		return TEXT_UNSET;
	return shown;
}

static text number_text(struct work *work, const struct record *record, text name)
{
	const struct field *field = type_field(record->type, name);
	const struct cell *cell = field == NULL ? NULL : record_cell(record, field->position);

	return cell == NULL || cell->kind != CELL_REAL ? TEXT_UNSET : field_number(work->arena, field, cell->real);
}

static text field_text(const struct record *record, const char *name)
{
	const struct field *field = type_field(record->type, text_from(name));

	return field != NULL && record_cell(record, field->position)->kind == CELL_TEXT ? record_cell(record, field->position)->text : TEXT_UNSET;
}

static struct error *add_link(struct work *work, const struct record *record, const char *name, struct value *value)
{
	const struct field *field = type_field(record->type, text_from(name));
	text shown = TEXT_UNSET;

	if (field != NULL)
		TRY(part_words(work, record, field, &shown));
	value_set_text(work->arena, value, text_from(name), shown);
	return NULL;
}

struct error *catalogue_offering(struct work *work, struct record *offering, struct value **ret_value)
{
	struct value *one = value_map(work->arena);
	text number = record_number(offering), title = record_title(offering), description = field_text(offering, "description");

	value_set_text(work->arena, one, T("name"), number);
	value_set_text(work->arena, one, T("title"), text_is_set(title) ? title : number);
	value_set_text(work->arena, one, T("description"), description);
	value_set_text(work->arena, one, T("price"), number_text(work, offering, T("price")));
	value_set_text(work->arena, one, T("monthly"), number_text(work, offering, T("monthly")));
	value_set_text(work->arena, one, T("price_words"), catalogue_price(work, offering, T("price")));
	value_set_text(work->arena, one, T("monthly_words"), catalogue_price(work, offering, T("monthly")));
	value_set_text(work->arena, one, T("delivery"), field_text(offering, "delivery"));
	value_set_text(work->arena, one, T("href"), text_format(work->arena, "/catalogue/%.*s", TEXT_ARG(url_part(work->arena, number))));
	TRY(add_link(work, offering, "category", one));
	TRY(add_link(work, offering, "service", one));
	*ret_value = one;
	return NULL;
}

/* ---- finding ---- */

static bool has_word(struct work *work, const struct value *one, const struct record *offering, text word)
{
	text parts[] = { value_get_text(one, T("title")), value_get_text(one, T("description")), value_get_text(one, T("category")),
	                 value_get_text(one, T("service")), value_get_text(one, T("name")), field_text(offering, "keywords") };

	for (size_t i = 0; i < array_length(parts); i++)
		if (text_is_set(parts[i]) && text_find(text_fold(work->arena, parts[i]), word) >= 0)
			return true;
	return false;
}

struct error *catalogue_offerings(struct work *work, text typed, int64_t person_id, size_t limit, struct value **ret_list)
{
	const struct type *type = catalogue_type(work);
	text folded = text_is_set(typed) ? text_fold(work->arena, text_trim(typed)) : TEXT_UNSET;
	struct record **offerings;
	size_t count;
	bool may;

	*ret_list = value_list(work->arena);
	if (type == NULL)
		return NULL;
	TRY(access_may(work, RIGHT_CREATE, type, NULL, &may));
	if (!may)
		return NULL;
	TRY(engine_offerings(work, type, person_id, &offerings, &count));
	for (size_t i = 0; i < count && value_count(*ret_list) < limit; i++) {
		text rest = folded, word;
		struct value *one;
		bool fits = true;

		TRY(catalogue_offering(work, offerings[i], &one));
		while (fits && text_is_set(rest) && text_cut(&rest, ' ', &word))
			fits = text_is_empty(word) || has_word(work, one, offerings[i], word);
		if (fits)
			value_append(work->arena, *ret_list, one);
	}
	return NULL;
}

struct error *catalogue_person(struct work *work, text login, int64_t *ret_id)
{
	bool readable;

	*ret_id = 0;
	if (!text_is_set(login) || text_is_empty(text_trim(login)))
		return NULL;
	TRY(model_find_id(work, work->model->user, text_trim(login), ret_id));
	TRY(access_readable_id(work, work->model->user, *ret_id, &readable));
	if (*ret_id == 0 || !readable)
		return error_field(error_new(work->arena, ERROR_INVALID, "there is nobody named '%.*s'", TEXT_ARG(login)), T("for"));
	return NULL;
}

/* ---- the page ---- */

/* Groups in the order in which their first offering comes; what has no category stands last. */
static struct value *by_category(struct work *work, const struct value *offerings)
{
	struct value *groups = value_list(work->arena), *others = NULL;

	for (size_t i = 0; i < value_count(offerings); i++) {
		struct value *one = offerings->list.items[i], *group = NULL;
		text label = value_get_text(one, T("category"));

		for (size_t g = 0; g < value_count(groups) && group == NULL && text_is_set(label); g++)
			if (text_equal(value_get_text(groups->list.items[g], T("label")), label))
				group = groups->list.items[g];
		if (!text_is_set(label) || text_is_empty(label))
			group = others;
		if (group == NULL) {
			group = value_map(work->arena);
			value_set_text(work->arena, group, T("label"), text_is_set(label) && !text_is_empty(label) ? label : TEXT_UNSET);
			value_set(work->arena, group, T("offerings"), value_list(work->arena));
			if (!text_is_set(label) || text_is_empty(label))
				others = group;
			else
				value_append(work->arena, groups, group);
		}
		value_append(work->arena, value_get(group, T("offerings")), one);
	}
	if (others != NULL) {
		value_set_text(work->arena, others, T("label"), words(work->language, value_count(groups) == 0 ? T("Everything") : T("Other things")));
		value_append(work->arena, groups, others);
	}
	return groups;
}

struct error *catalogue_render(struct work *work, struct web_request *request, struct page *page)
{
	text typed = request_query(request, T("q")), whom = request_query(request, T("for"));
	struct value *offerings, *data = value_map(work->arena);
	int64_t person;
	const struct type *type = catalogue_type(work);

	if (type == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no catalogue");
	TRY(access_require(work, RIGHT_CREATE, type, NULL));
	TRY(catalogue_person(work, whom, &person));
	TRY(catalogue_offerings(work, typed, person, OFFERINGS_SHOWN, &offerings));
	for (size_t i = 0; i < value_count(offerings); i++) {
		text description = value_get_text(offerings->list.items[i], T("description")), line = description;
		if (text_is_set(description) && text_cut(&description, '\n', &line))
			value_set_text(work->arena, offerings->list.items[i], T("line"), line);
	}
	value_set_text(work->arena, data, T("title"), words(work->language, T("Catalogue")));
	value_set_text(work->arena, data, T("typed"), text_is_set(typed) ? typed : T(""));
	value_set_text(work->arena, data, T("for"), person == 0 ? T("") : text_trim(whom));
	value_set_bool(work->arena, data, T("staff"), is_staff(work));
	value_set(work->arena, data, T("groups"), by_category(work, offerings));
	page->data = data;
	page->template = is_staff(work) ? T("catalogue") : T("catalogue_portal");
	return NULL;
}
