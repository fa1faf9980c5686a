/*
 * The definitions and their versions: for whoever may read all records of a type by one of their roles (administrators, auditors,
 * owners of the process). What the inspector shows comes from the same functions.
 */
#include "web/api_private.h"
#include "web/definition_private.h"

#include "model/schema.h"

bool web_reads_all(const struct work *work, const struct type *type)
{
	if (work->actor->kind == ACTOR_SYSTEM)
		return true;
	for (size_t i = 0; i < type->grant_count; i++)
		if (type->grants[i].right == RIGHT_READ && type->grants[i].branch_count == 0 &&
		    (work->actor->roles >> type->grants[i].role & 1) != 0)
			return true;
	return false;
}

static struct value *type_value(struct work *work, const struct type *type)
{
	struct value *value = value_map(work->arena);

	value_set_text(work->arena, value, T("type"), type->name);
	value_set_text(work->arena, value, T("label"), label_in(&type->label, work->language));
	value_set_text(work->arena, value, T("practice"), type->practice);
	value_set_text(work->arena, value, T("path"), type->path);
	value_set_integer(work->arena, value, T("active"), type->definition);
	value_set_text(work->arena, value, T("url"), text_format(work->arena, API "/definitions/%.*s", TEXT_ARG(type->name)));
	return value;
}

struct error *api_definitions(struct work *work, struct web_request *request unused, struct page *page)
{
	struct value *items = value_list(work->arena);

	for (size_t i = 0; i < work->model->type_count; i++)
		if (!work->model->types[i].abstract && web_reads_all(work, &work->model->types[i]))
			value_append(work->arena, items, type_value(work, &work->model->types[i]));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), items);
	value_set_integer(work->arena, page->data, T("publication"), work->model->version);
	return NULL;
}

struct error *web_definition_versions(struct work *work, const struct type *type, struct value **ret_versions)
{
	struct definition_version *versions;
	struct value *list = value_list(work->arena);
	size_t count;

	TRY(schema_versions(work, type, true, &versions, &count));
	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena), *differences = value_list(work->arena);

		value_set_integer(work->arena, one, T("version"), versions[i].version);
		value_set_integer(work->arena, one, T("publication"), versions[i].publication);
		value_set_text(work->arena, one, T("published_at"), moment_format(work->arena, versions[i].applied_at));
		value_set_bool(work->arena, one, T("active"), versions[i].active);
		value_set_integer(work->arena, one, T("records"), versions[i].records);
		for (size_t j = 0; j < versions[i].difference_count; j++)
			value_append(work->arena, differences, value_text(work->arena, difference_line(work->arena, &versions[i].differences[j])));
		value_set(work->arena, one, T("differences"), differences);
		value_append(work->arena, list, one);
	}
	*ret_versions = list;
	return NULL;
}

static struct value *sources_value(struct work *work, const struct definition_source *sources, size_t count)
{
	struct value *list = value_list(work->arena);

	for (size_t i = 0; i < count; i++) {
		struct value *one = value_map(work->arena);

		value_set_text(work->arena, one, T("path"), sources[i].path);
		value_set_text(work->arena, one, T("source"), sources[i].source);
		value_append(work->arena, list, one);
	}
	return list;
}

struct error *api_definition(struct work *work, struct web_request *request, struct page *page)
{
	text name = request_parameter(request, T("type"));
	struct older_definition source;
	const struct type *type = model_type(work->model, name);
	struct value *versions;
	int64_t version;

	if (type == NULL || type->abstract)
		return error_new(work->arena, ERROR_NOT_FOUND, "no type is named '%.*s'", TEXT_ARG(name));
	if (!web_reads_all(work, type))
		return error_new(work->arena, ERROR_FORBIDDEN, "the definition is for those who may read all of %.*s",
		                 TEXT_ARG(label_in(&type->plural, work->language)));
	TRY(request_query_integer(request, T("version"), 1, INT32_MAX, type->definition, &version));
	TRY(schema_source(work, type, version, &source));
	TRY(web_definition_versions(work, type, &versions));
	page->data = type_value(work, type);
	value_set(work->arena, page->data, T("versions"), versions);
	web_definition_add(work, type, page->data);
	value_set_integer(work->arena, page->data, T("shown"), version);
	value_set_text(work->arena, page->data, T("source"), source.own.source);
	value_set(work->arena, page->data, T("model_sources"), sources_value(work, source.models, source.model_count));
	return NULL;
}
