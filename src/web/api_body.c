/* Small checks of bodies and queries that the API's routes share. */
#include "web/api_private.h"

struct error *api_body_map(struct work *work, const struct web_request *request, bool optional)
{
	if (request->body == NULL && optional)
		return NULL;
	if (request->body == NULL)
		return error_hint(work->arena, error_new(work->arena, ERROR_INVALID, "the body is missing"),
		                  "send a JSON object with Content-Type: application/json");
	if (request->body->kind != VALUE_MAP)
		return error_new(work->arena, ERROR_INVALID, "the body must be a JSON object, not a %.*s",
		                 TEXT_ARG(value_kind_name(request->body->kind)));
	return NULL;
}

struct error *api_known_keys(struct work *work, const struct value *map, const char *const *known)
{
	text names[16];
	size_t count = 0;

	while (known[count] != NULL && count < array_length(names)) {
		names[count] = text_from(known[count]);
		count++;
	}
	for (size_t i = 0; i < value_count(map); i++) {
		text key = map->map.entries[i].key;
		bool found = false;
		for (size_t k = 0; k < count && !found; k++)
			found = text_equal(names[k], key);
		if (found)
			continue;
		text nearest = text_nearest(key, names, count);
		struct error *error = error_field(error_new(work->arena, ERROR_INVALID, "there is no '%.*s' here", TEXT_ARG(key)), key);
		return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
	}
	return NULL;
}

struct error *api_visibility(struct work *work, text source, enum visibility fallback, enum visibility *ret_visibility)
{
	if (!text_is_set(source))
		*ret_visibility = fallback;
	else if (text_equal(source, T("public")))
		*ret_visibility = VISIBLE_PUBLIC;
	else if (text_equal(source, T("internal")))
		*ret_visibility = VISIBLE_INTERNAL;
	else
		return error_field(error_hint(work->arena,
		                              error_new(work->arena, ERROR_INVALID, "'%.*s' is no visibility", TEXT_ARG(source)),
		                              "public or internal"),
		                   T("visibility"));
	return NULL;
}

static struct error *unknown_field(struct work *work, const struct type *type, text name)
{
	struct error *error = error_field(error_new(work->arena, ERROR_MALFORMED, "%.*s has no field '%.*s'",
	                                            TEXT_ARG(type->name), TEXT_ARG(name)), T("fields"));
	text nearest = table_nearest(&type->field_names, name);

	return text_is_set(nearest) ? error_hint(work->arena, error, "did you mean '%.*s'?", TEXT_ARG(nearest)) : error;
}

struct error *api_fields(struct work *work, const struct web_request *request, const struct type *type, bool **ret_fields,
                         bool *ret_prose)
{
	text rest = request_query(request, T("fields")), name;

	*ret_fields = NULL;
	*ret_prose = false;
	if (!text_is_set(rest) || text_trim(rest).length == 0)
		return NULL;
	bool *fields = arena_new_array(work->arena, bool, type->field_count);
	while (text_cut(&rest, ',', &name)) {
		name = text_trim(name);
		if (name.length == 0 || text_equal(name, T("type")))
			continue;
		const struct field *field = type_field(type, name);
		if (field == NULL || !access_field_readable(work, type, field))
			return unknown_field(work, type, name);
		fields[field->position] = true;
		*ret_prose = *ret_prose || field->kind == KIND_PROSE;
	}
	*ret_fields = fields;
	return NULL;
}

text api_record_url(struct arena *arena, const struct type *type, text number)
{
	return text_format(arena, API "/%.*s/%.*s", TEXT_ARG(type->name), TEXT_ARG(number));
}

struct error *api_person(struct work *work, int64_t user_id, struct value **ret_value)
{
	struct record_name name;

	*ret_value = value_null(work->arena);
	if (user_id == 0)
		return NULL;
	struct error *error = model_name(work, work->model->user, user_id, &name);
	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return NULL;
	TRY(error);
	*ret_value = value_map(work->arena);
	value_set_text(work->arena, *ret_value, T("type"), work->model->user->name);
	value_set_text(work->arena, *ret_value, T("number"), name.number);
	value_set_text(work->arena, *ret_value, T("title"), name.title);
	return NULL;
}
