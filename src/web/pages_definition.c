/*
 * The definition inspector: how a practice works, drawn and in tables, what its verification says, and what changed between its
 * versions. For whoever may read all records of the type (web_reads_all): owners of the process, auditors, administrators.
 */
#include "web/definition_private.h"
#include "web/pages_portal_private.h"

#include "base/words.h"
#include "model/diagram.h"

/* ---- the list ---- */

static struct value *entry_of(struct work *work, const struct type *type)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("href"), text_format(work->arena, "/definitions/%.*s", TEXT_ARG(type->name)));
	value_set_text(work->arena, one, T("label"), label_in(&type->plural, work->language));
	value_add(work->arena, one, T("icon"), part_icon(work->arena, type->icon));
	value_set_text(work->arena, one, T("practice"), type->practice);
	value_set_text(work->arena, one, T("purpose"), type->purpose);
	value_set_integer(work->arena, one, T("version"), type->definition);
	value_set_integer(work->arena, one, T("states"), type->lifecycle == NULL ? 0 : (int64_t)type->lifecycle->state_count);
	return one;
}

struct error *definitions_render(struct work *work, struct web_request *request unused, struct page *page)
{
	struct value *items = value_list(work->arena), *others = value_list(work->arena);

	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = work->model->ranked[i];

		if (!type->abstract && web_reads_all(work, type))
			value_append(work->arena, type->lifecycle != NULL ? items : others, entry_of(work, type));
	}
	if (value_count(items) + value_count(others) == 0)
		return error_new(work->arena, ERROR_FORBIDDEN, "definitions are for those who own a process, audit or administer");
	page->data = value_map(work->arena);
	page->template = T("definitions");
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Definitions")));
	value_set(work->arena, page->data, T("items"), items);
	value_set(work->arena, page->data, T("others"), others);
	return NULL;
}

/* ---- one definition ---- */

static struct error *add_diagram(struct work *work, const struct type *type, struct value *data)
{
	text svg;

	TRY(diagram_svg(work->arena, type, work->language, false, &svg));
	if (text_is_set(svg)) /* written by diagram.c, which escapes every text */
		value_set(work->arena, data, T("diagram"), value_html(work->arena, svg));
	return NULL;
}

static text proof_words(struct work *work, const struct type *type, const struct value *data)
{
	if (type->lifecycle == NULL)
		return words(work->language, T("It has no lifecycle."));
	if (value_count(value_get(data, T("findings"))) > 0)
		return words(work->language, T("It has no mistakes, but not all of it is proven."));
	return words(work->language, T("Proven sound: from every situation a record can reach its end, nothing is left running, and no step is dead."));
}

struct error *definition_render(struct work *work, struct web_request *request, struct page *page)
{
	const struct type *type = model_type(work->model, request_parameter(request, T("type")));
	struct value *versions;

	if (type == NULL || type->abstract)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such definition");
	if (!web_reads_all(work, type))
		return error_new(work->arena, ERROR_FORBIDDEN, "the definition is for those who may read all of %.*s",
		                 TEXT_ARG(label_in(&type->plural, work->language)));
	page->data = entry_of(work, type);
	page->template = T("definition");
	value_set_text(work->arena, page->data, T("title"), label_in(&type->plural, work->language));
	value_set_text(work->arena, page->data, T("path"), type->path);
	web_definition_add(work, type, page->data);
	value_set_text(work->arena, page->data, T("proof"), proof_words(work, type, page->data));
	value_set_bool(work->arena, page->data, T("proven"), value_count(value_get(page->data, T("findings"))) == 0);
	TRY(add_diagram(work, type, page->data));
	TRY(web_definition_versions(work, type, &versions));
	value_set(work->arena, page->data, T("versions"), versions);
	return NULL;
}
