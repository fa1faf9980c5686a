/*
 * OpenAPI 3.1 from the table of routes and the definitions: each type of record has its own schema and paths, so that a client
 * made from it knows our fields. What is the same for every type stands as JSON in openapi_parts.h.
 */
#include "web/openapi_parts.h"
#include "web/server.h"

static struct value *literal(struct arena *arena, const char *json)
{
	struct value *value = NULL;
	struct error *error = json_parse(arena, text_from(json), &value);

	if (error != NULL)
		log_fatal("openapi: %.*s in %s", TEXT_ARG(error->message), json);
	return value;
}

static struct value *reference(struct arena *arena, text name)
{
	struct value *value = value_map(arena);

	value_set_text(arena, value, T("$ref"), text_format(arena, "#/components/schemas/%.*s", TEXT_ARG(name)));
	return value;
}

/* ---- schemas of the types ---- */

static struct value *choice_schema(struct arena *arena, const struct field *field)
{
	struct value *schema = value_map(arena), *names = value_list(arena);

	bool numbers = false;
	for (size_t i = 0; i < field->choice_count; i++) {
		struct value *name = choice_value(arena, &field->choices[i]);
		numbers = numbers || name->kind == VALUE_INTEGER;
		value_append(arena, names, name);
		if (name->kind == VALUE_INTEGER) /* as text it is taken in too */
			value_append(arena, names, value_text(arena, field->choices[i].name));
	}
	value_append(arena, names, value_null(arena));
	value_set(arena, schema, T("type"), literal(arena, numbers ? "[\"integer\",\"string\",\"null\"]" : "[\"string\",\"null\"]"));
	value_set(arena, schema, T("enum"), names);
	return schema;
}

static struct value *field_schema(struct arena *arena, const struct type *type, const struct field *field, bool input)
{
	static const char *const plain[KIND_COUNT] = {
		[KIND_TEXT] = "{\"type\":[\"string\",\"null\"]}",
		[KIND_PROSE] = "{\"type\":[\"string\",\"null\"],\"description\":\"Markdown\"}",
		[KIND_INTEGER] = "{\"type\":[\"integer\",\"null\"]}",
		[KIND_REAL] = "{\"type\":[\"number\",\"null\"]}",
		[KIND_BOOLEAN] = "{\"type\":[\"boolean\",\"null\"]}",
		[KIND_MOMENT] = "{\"type\":[\"string\",\"null\"],\"format\":\"date-time\"}",
		[KIND_DURATION] = "{\"type\":[\"string\",\"integer\",\"null\"],\"description\":\"A duration such as 4h\"}",
		[KIND_LINK] = "{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}",
		[KIND_LINKS] = "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Reference\"}}",
		[KIND_HOURS] = "{\"type\":[\"string\",\"null\"]}",
		[KIND_HOLIDAYS] = "{\"type\":[\"string\",\"null\"]}",
		[KIND_ZONE] = "{\"type\":[\"string\",\"null\"]}",
		[KIND_MAIL] = "{\"type\":[\"string\",\"null\"]}",
		[KIND_RECORD] = "{\"oneOf\":[{\"$ref\":\"#/components/schemas/Reference\"},{\"type\":\"null\"}]}",
		[KIND_CONDITION] = "{\"type\":[\"string\",\"null\"],\"description\":\"A condition\"}",
		[KIND_MODEL] = "{\"type\":[\"string\",\"null\"],\"description\":\"The name of a model\"}",
	};
	struct value *schema;

	if (input && (field->kind == KIND_LINK || field->kind == KIND_RECORD))
		schema = literal(arena, "{\"type\":[\"string\",\"object\",\"null\"],\"description\":\"Number, login or name\"}");
	else if (input && field->kind == KIND_LINKS)
		schema = literal(arena, "{\"type\":\"array\",\"items\":{\"type\":[\"string\",\"object\"]}}");
	else if (field->kind == KIND_CHOICE && field->position == FIELD_STATE && type->lifecycle == NULL)
		schema = literal(arena, "{\"type\":\"null\"}");
	else if (field->kind == KIND_CHOICE)
		schema = choice_schema(arena, field);
	else
		schema = literal(arena, plain[field->kind]);
	value_set_text(arena, schema, T("title"), label_in(&field->label, T("en")));
	return schema;
}

/* The field of a decision table: choices are names such as "1", clients may send numbers as well. */
static struct value *record_schema(struct arena *arena, const struct type *type)
{
	struct value *schema = literal(arena, "{\"type\":\"object\",\"required\":[\"number\",\"type\"]}"), *properties = value_map(arena);

	value_set(arena, properties, T("type"), literal(arena, "{\"type\":\"string\"}"));
	for (size_t i = 0; i < type->field_count; i++)
		value_set(arena, properties, type->fields[i].name, field_schema(arena, type, &type->fields[i], false));
	value_set(arena, properties, T("number"), literal(arena, "{\"type\":\"string\"}"));
	value_set(arena, properties, T("version"), literal(arena, "{\"type\":\"integer\",\"minimum\":1}"));
	if (type->lifecycle != NULL)
		value_set(arena, properties, T("transitions"),
		          literal(arena, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Transition\"}}"));
	if (type->clock_count > 0)
		value_set(arena, properties, T("clocks"),
		          literal(arena, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Clock\"}}"));
	if (type->approval_count > 0)
		value_set(arena, properties, T("approvals"),
		          literal(arena, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Approval\"}}"));
	if (type->lifecycle != NULL)
		value_set(arena, properties, T("children"),
		          literal(arena, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Children\"}}"));
	if (type->tasks != NULL)
		value_set(arena, properties, T("tasks"), literal(arena, "{\"$ref\":\"#/components/schemas/TaskSummary\"}"));
	if (type->model_field >= 0)
		value_set(arena, properties, T("answers"),
		          literal(arena, "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/Answer\"}}"));
	value_set_text(arena, schema, T("description"), type->purpose);
	value_set(arena, schema, T("properties"), properties);
	value_set_bool(arena, schema, T("additionalProperties"), false);
	return schema;
}

static struct value *input_schema(struct arena *arena, const struct type *type)
{
	struct value *schema = literal(arena, "{\"type\":\"object\"}"), *properties = value_map(arena);

	for (size_t i = 0; i < type->field_count; i++)
		if (!type->fields[i].system && !type->fields[i].set_by_engine)
			value_set(arena, properties, type->fields[i].name, field_schema(arena, type, &type->fields[i], true));
	value_set(arena, properties, T("comment"), literal(arena, "{\"type\":\"string\"}"));
	if (type->model_field >= 0) {
		value_set(arena, properties, T("model"), literal(arena, "{\"type\":[\"string\",\"null\"],\"description\":\"What it is made from\"}"));
		value_set(arena, properties, T("answers"),
		          literal(arena, "{\"type\":[\"object\",\"null\"],\"description\":\"Answers to the form of the model, by question\"}"));
	}
	value_set(arena, schema, T("properties"), properties);
	value_set_bool(arena, schema, T("additionalProperties"), false);
	return schema;
}

static struct value *list_schema(struct arena *arena, text item)
{
	struct value *schema = literal(arena,
		"{\"type\":\"object\",\"required\":[\"items\",\"next\"],\"properties\":{\"next\":{\"type\":[\"string\",\"null\"]},"
		"\"total\":{\"type\":\"integer\"},\"total_capped\":{\"type\":\"boolean\"}},\"additionalProperties\":false}");
	struct value *items = literal(arena, "{\"type\":\"array\"}");

	value_set(arena, items, T("items"), reference(arena, item));
	value_set(arena, value_get(schema, T("properties")), T("items"), items);
	return schema;
}

static text named(struct arena *arena, const struct type *type, const char *suffix)
{
	return text_format(arena, "%.*s%s", TEXT_ARG(type->name), suffix);
}

static struct value *schemas(struct arena *arena, const struct model *model)
{
	struct value *all = literal(arena, OPENAPI_SCHEMAS);

	for (size_t i = 0; i < model->type_count; i++) {
		const struct type *type = &model->types[i];
		if (type->abstract)
			continue;
		value_set(arena, all, type->name, record_schema(arena, type));
		value_set(arena, all, named(arena, type, "_input"), input_schema(arena, type));
		value_set(arena, all, named(arena, type, "_list"), list_schema(arena, type->name));
	}
	return all;
}

/* ---- paths ---- */

/* How the answer and the body of each route are called; "%" stands for the type. */
static const struct shape {
	const char *route, *answer, *body, *media;
	int status;
} shapes[] = {
	{ "health", "Status", NULL, NULL, 200 },
	{ "ready", "Status", NULL, NULL, 200 },
	{ "metrics", NULL, NULL, "text/plain", 200 },
	{ "types", "Types", NULL, NULL, 200 },
	{ "openapi", "Anything", NULL, NULL, 200 },
	{ "definition_list", "Definitions", NULL, NULL, 200 },
	{ "definition_get", "Definition", NULL, NULL, 200 },
	{ "search", "SearchResult", NULL, NULL, 200 },
	{ "changes", "Changes", NULL, NULL, 200 },
	{ "live", NULL, NULL, "text/event-stream", 200 },
	{ "catalogue", "Catalogue", NULL, NULL, 200 },
	{ "offering_form", "OfferingForm", NULL, NULL, 200 },
	{ "offering_form_check", "OfferingForm", "OfferingFormInput", NULL, 200 },
	{ "record_list", "%_list", NULL, NULL, 200 },
	{ "record_create", "%", "%_input", NULL, 201 },
	{ "record_bulk", "BulkResult", "Bulk", NULL, 200 },
	{ "record_get", "%", NULL, NULL, 200 },
	{ "record_update", "%", "%_input", NULL, 200 },
	{ "record_transition", "%", "%_input", NULL, 200 },
	{ "comment_create", "Event", "Comment", NULL, 201 },
	{ "attachment_list", "AttachmentList", NULL, NULL, 200 },
	{ "attachment_create", "AttachmentCreated", "Upload", NULL, 201 },
	{ "attachment_get", NULL, NULL, "application/octet-stream", 200 },
	{ "attachment_delete", NULL, NULL, NULL, 204 },
	{ "event_list", "EventList", NULL, NULL, 200 },
	{ "approval_list", "ApprovalList", NULL, NULL, 200 },
	{ "approvals_waiting", "ApprovalsWaiting", NULL, NULL, 200 },
	{ "vote_create", "%", "Vote", NULL, 200 },
	{ "vote_bulk", "BulkResult", "Votes", NULL, 200 },
	{ "related_list", "RelatedList", NULL, NULL, 200 },
	{ "control_clear", "%", "ControlClear", NULL, 200 },
	{ "compare_get", "Comparison", NULL, NULL, 200 },
	{ "impact_get", "Impact", NULL, NULL, 200 },
	{ "task_list", "TaskGraph", NULL, NULL, 200 },
	{ "link_list", "LinkList", NULL, NULL, 200 },
	{ "calendar", "ScheduleList", NULL, NULL, 200 },
	{ "collision_list", "CollisionList", NULL, NULL, 200 },
	{ "link_create", "Link", "LinkInput", NULL, 201 },
	{ "link_delete", NULL, NULL, NULL, 204 },
	{ "webhook_messages", "WebhookMessages", NULL, NULL, 200 },
	{ "webhook_resend", NULL, NULL, NULL, 204 },
	{ "webhook_test", "WebhookTest", NULL, NULL, 202 },
};

static const struct shape *shape_of(const struct route *route)
{
	for (size_t i = 0; i < array_length(shapes); i++)
		if (strcmp(shapes[i].route, route->name) == 0)
			return &shapes[i];
	return NULL;
}

static text fill(struct arena *arena, const char *pattern, const struct type *type)
{
	if (pattern[0] != '%')
		return text_from(pattern);
	return text_format(arena, "%.*s%s", TEXT_ARG(type->name), pattern + 1);
}

static struct value *content(struct arena *arena, const char *media, struct value *schema)
{
	struct value *all = value_map(arena), *one = value_map(arena);

	value_set(arena, one, T("schema"), schema);
	value_set(arena, all, text_from(media), one);
	return all;
}

static struct value *responses(struct arena *arena, const struct shape *shape, const struct route *route, const struct type *type)
{
	static const char *const titles[] = { "400", "401", "403", "404", "409", "412", "413", "415", "422", "429", "503" };
	struct value *all = value_map(arena), *good = literal(arena, "{\"description\":\"Done\"}");

	if (shape->answer != NULL)
		value_set(arena, good, T("content"),
		          content(arena, "application/json", reference(arena, fill(arena, shape->answer, type))));
	else if (shape->media != NULL)
		value_set(arena, good, T("content"), content(arena, shape->media, literal(arena, "{\"type\":\"string\"}")));
	value_set(arena, all, text_format(arena, "%d", shape->status), good);
	for (size_t i = 0; i < array_length(titles); i++) {
		bool writes = route->method != METHOD_GET;
		int code = (int)(titles[i][0] - '0') * 100 + (titles[i][1] - '0') * 10 + (titles[i][2] - '0');
		if (!writes && (code == 409 || code == 412 || code == 413 || code == 415 || code == 422))
			continue;
		value_set(arena, all, text_from(titles[i]), literal(arena, "{\"$ref\":\"#/components/responses/Problem\"}"));
	}
	return all;
}

static void add_path_parameters(struct arena *arena, text path, struct value *list)
{
	text part;

	while (text_cut(&path, '/', &part)) {
		if (!text_starts_with(part, T("{")))
			continue;
		struct value *parameter = literal(arena, "{\"in\":\"path\",\"required\":true,\"schema\":{\"type\":\"string\"}}");
		value_set_text(arena, parameter, T("name"), text_slice(part, 1, part.length - 1));
		value_append(arena, list, parameter);
	}
}

static struct value *parameters(struct arena *arena, const struct route *route, text path)
{
	struct value *list = value_list(arena);

	add_path_parameters(arena, path, list);
	const struct value *queries = value_get(literal(arena, OPENAPI_QUERIES), text_from(route->name));
	for (size_t i = 0; i < value_count(queries); i++)
		value_append(arena, list, queries->list.items[i]);
	if (route->method != METHOD_GET)
		value_append(arena, list, literal(arena, "{\"$ref\":\"#/components/parameters/IdempotencyKey\"}"));
	if (strcmp(route->name, "record_update") == 0 || strcmp(route->name, "record_transition") == 0 || strcmp(route->name, "vote_create") == 0)
		value_append(arena, list, literal(arena, "{\"$ref\":\"#/components/parameters/IfMatch\"}"));
	return list;
}

static struct value *operation(struct arena *arena, const struct route *route, const struct type *type, text path)
{
	const struct shape *shape = shape_of(route);
	struct value *item = value_map(arena), *tags = value_list(arena);

	value_set_text(arena, item, T("operationId"),
	               type == NULL ? text_from(route->name) :
	                              text_format(arena, "%s_%.*s", route->name, TEXT_ARG(type->name)));
	value_set_text(arena, item, T("summary"), text_from(route->summary));
	value_append(arena, tags, value_text(arena, type == NULL ? T("service") : type->name));
	value_set(arena, item, T("tags"), tags);
	value_set(arena, item, T("parameters"), parameters(arena, route, path));
	if (shape->body != NULL) {
		struct value *body = value_map(arena);
		bool upload = (route->flags & ROUTE_UPLOAD) != 0;
		value_set_bool(arena, body, T("required"), strcmp(route->name, "record_transition") != 0);
		value_set(arena, body, T("content"),
		          content(arena, upload ? "multipart/form-data" : route->method == METHOD_PATCH ?
		                  "application/merge-patch+json" : "application/json",
		                  reference(arena, fill(arena, shape->body, type))));
		value_set(arena, item, T("requestBody"), body);
	}
	value_set(arena, item, T("responses"), responses(arena, shape, route, type));
	if (route->policy == POLICY_PUBLIC)
		value_set(arena, item, T("security"), literal(arena, "[{}]"));
	return item;
}

static void add_operation(struct arena *arena, const struct route *route, const struct type *type, struct value *paths)
{
	static const char *const methods[] = { "get", "post", "put", "patch", "delete" };
	text path = text_from(route->pattern);
	ptrdiff_t at = text_find(path, T("{type}"));

	if (at >= 0)
		path = text_format(arena, "%.*s%.*s%.*s", TEXT_ARG(text_slice(path, 0, (size_t)at)), TEXT_ARG(type->name),
		                   TEXT_ARG(text_slice(path, (size_t)at + 6, path.length)));
	struct value *item = value_get(paths, path);
	if (item == NULL) {
		item = value_map(arena);
		value_set(arena, paths, path, item);
	}
	value_set(arena, item, text_from(methods[route->method]), operation(arena, route, type, path));
}

static struct value *paths(struct arena *arena, const struct model *model)
{
	struct value *all = value_map(arena);

	for (const struct route *route = api_routes; route->pattern != NULL; route++) {
		if (route->summary == NULL || shape_of(route) == NULL)
			continue;
		if (text_find(text_from(route->pattern), T("{type}")) < 0) {
			add_operation(arena, route, NULL, all);
			continue;
		}
		for (size_t i = 0; i < model->type_count; i++)
			if (!model->types[i].abstract)
				add_operation(arena, route, &model->types[i], all);
	}
	return all;
}

static struct value *tags(struct arena *arena, const struct model *model)
{
	struct value *list = value_list(arena);

	value_append(arena, list, literal(arena, "{\"name\":\"service\",\"description\":\"What spans all types of records\"}"));
	for (size_t i = 0; i < model->type_count; i++) {
		if (model->types[i].abstract)
			continue;
		struct value *tag = value_map(arena);
		value_set_text(arena, tag, T("name"), model->types[i].name);
		value_set_text(arena, tag, T("description"), label_in(&model->types[i].plural, T("en")));
		value_append(arena, list, tag);
	}
	return list;
}

struct error *api_openapi(struct work *work, struct web_request *request, struct page *page)
{
	struct arena *arena = work->arena;
	struct value *root = literal(arena, OPENAPI_HEAD), *server = value_map(arena), *servers = value_list(arena);
	struct value *components = literal(arena, OPENAPI_COMPONENTS);

	request->wants_json = true;
	value_set_text(arena, value_get(root, T("info")), T("version"), T(REEVE_VERSION));
	value_set_text(arena, server, T("url"), T("/"));
	value_append(arena, servers, server);
	value_set(arena, root, T("servers"), servers);
	value_set(arena, root, T("tags"), tags(arena, work->model));
	value_set(arena, root, T("security"), literal(arena, "[{\"token\":[]},{\"session\":[]}]"));
	value_set(arena, root, T("paths"), paths(arena, work->model));
	value_set(arena, components, T("schemas"), schemas(arena, work->model));
	value_set(arena, root, T("components"), components);
	page->data = root;
	return arena_check(arena);
}
