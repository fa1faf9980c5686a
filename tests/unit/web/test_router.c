/* Routes: matching, and that every route has a decided answer for every role. */
#include "test.h"

#include "../shipped.h"
#include "web/server.h"

static struct arena *arena;
static struct model *model;
static struct router *router;

static void begin(void)
{
	const struct route *const tables[] = { api_routes, page_routes };

	arena = arena_new(64 * 1024 * 1024);
	model = shipped_model(arena);
	assert_ok(router_new(arena, model, tables, array_length(tables), &router));
}

static void finish(void)
{
	model_free(model);
	arena_free(arena);
}

static struct error *find(enum web_method method, const char *path, struct web_request *ret_request)
{
	text allowed;

	*ret_request = (struct web_request){ .method = method, .path = text_from(path) };
	return router_find(router, arena, ret_request, &allowed);
}

static void expect_route(enum web_method method, const char *path, const char *name)
{
	struct web_request request;

	assert_ok(find(method, path, &request));
	assert_string_equal(request.route->name, name);
}

TEST(routes_are_found)
{
	struct web_request request;

	begin();
	expect_route(METHOD_GET, "/healthz", "health");
	expect_route(METHOD_GET, "/api/v1/", "types");
	expect_route(METHOD_GET, "/api/v1/search", "search");
	expect_route(METHOD_GET, "/api/v1/incident", "record_list");
	expect_route(METHOD_POST, "/api/v1/incident/bulk", "record_bulk");
	expect_route(METHOD_GET, "/api/v1/incident/INC1/attachments/7", "attachment_get");
	assert_ok(find(METHOD_POST, "/api/v1/incident/INC1/transitions/resolve", &request));
	assert_text(request_parameter(&request, T("number")), "INC1");
	assert_text(request_parameter(&request, T("name")), "resolve");
	assert_text(request.type->name, "incident");
	assert_ok(find(METHOD_GET, "/assets/dist/icons/x.svg", &request));
	assert_text(request_parameter(&request, T("name")), "dist/icons/x.svg");
	finish();
}

TEST(unknown_addresses_are_refused)
{
	struct web_request request;
	text allowed;

	begin();
	assert_refused(find(METHOD_GET, "/api/v1/nothing", &request), NOT_FOUND);
	assert_refused(find(METHOD_GET, "/api/v1/task", &request), NOT_FOUND);
	assert_refused(find(METHOD_GET, "/api/v1/incident/INC1/", &request), NOT_FOUND);
	assert_refused(find(METHOD_GET, "/api/v1//INC1", &request), NOT_FOUND);
	assert_refused(find(METHOD_GET, "/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o", &request), NOT_FOUND);
	request = (struct web_request){ .method = METHOD_DELETE, .path = T("/api/v1/incident") };
	assert_refused(router_find(router, arena, &request, &allowed), METHOD);
	assert_true(text_find(allowed, T("GET, HEAD")) >= 0 && text_find(allowed, T("POST")) >= 0);
	finish();
}

static struct error *render(struct work *work unused, struct web_request *request unused, struct page *page unused)
{
	return NULL;
}

static void expect_faulty(struct route route, const char *part)
{
	const struct route table[] = { route, { .pattern = NULL } };
	const struct route *const tables[] = { table };
	struct router *made;

	struct error *error = router_new(arena, model, tables, 1, &made);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_DEFINITION);
	if (text_find(error->message, text_from(part)) < 0)
		fail_msg("expected '%s' in '%.*s'", part, TEXT_ARG(error->message));
}

TEST(no_route_without_a_policy)
{
	begin();
	expect_faulty((struct route){ .pattern = "/x", .name = "x", .render = render }, "no policy");
	expect_faulty((struct route){ .pattern = "/x", .policy = POLICY_PUBLIC, .render = render }, "no name");
	expect_faulty((struct route){ .pattern = "/x", .policy = POLICY_PUBLIC, .name = "x" }, "does nothing");
	expect_faulty((struct route){ .pattern = "/x", .policy = POLICY_PUBLIC, .name = "x", .apply = render }, "with GET");
	expect_faulty((struct route){ .method = METHOD_POST, .pattern = "/x", .policy = POLICY_SIGNED_IN, .scope = SCOPE_READ, .name = "x",
	                              .apply = render }, "without the scope");
	expect_faulty((struct route){ .pattern = "/x", .policy = POLICY_ROLES, .scope = SCOPE_READ, .name = "x", .render = render }, "no role");
	expect_faulty((struct route){ .pattern = "/x", .policy = POLICY_ROLES, .roles = "king", .scope = SCOPE_READ, .name = "x",
	                              .render = render }, "not defined");
	finish();
}

static enum error_code answer_of(const struct route *route, struct actor *actor, const char *address)
{
	struct web_request request = { .route = route, .address = text_from(address) };
	struct work work = { .arena = arena, .model = model, .actor = actor };
	struct error *error = router_decide(router, &work, &request);

	return error == NULL ? ERROR_CODE_COUNT : error->code;
}

static bool names_role(const struct route *route, size_t role)
{
	text rest = text_from(route->roles == NULL ? "" : route->roles), name;

	while (text_cut(&rest, ' ', &name)) {
		int named = name.length == 0 ? -1 : model_role(model, name);
		if (named >= 0 && (model->roles[role].includes & (UINT64_C(1) << named)))
			return true;
	}
	return false;
}

/* Signed in by a session, with one role alone: what the policy says, nothing else. */
static void expect_for_role(const struct route *route, size_t role)
{
	struct actor actor = { .kind = ACTOR_PERSON, .id = 1, .scopes = SCOPE_ALL, .roles = model->roles[role].includes };
	enum error_code answer = answer_of(route, &actor, "192.0.2.1");
	bool restricted = route->policy == POLICY_ROLES || route->policy == POLICY_OPERATOR;
	enum error_code wanted = restricted && !names_role(route, role) ? ERROR_FORBIDDEN : ERROR_CODE_COUNT;

	if (answer != wanted)
		fail_msg("%s for %.*s: %d", route->pattern, TEXT_ARG(model->roles[role].name), (int)answer);
}

TEST(every_route_decides_for_every_role)
{
	size_t pairs = 0;

	begin();
	for (size_t i = 0; i < router_count(router); i++) {
		const struct route *route = router_route(router, i);
		struct actor nobody = { .kind = ACTOR_NOBODY };
		struct actor reader = { .kind = ACTOR_PERSON, .id = 1, .token = 1, .scopes = SCOPE_READ, .roles = UINT64_MAX };
		assert_int_equal(answer_of(route, &nobody, "192.0.2.1"),
		                 route->policy == POLICY_PUBLIC ? ERROR_CODE_COUNT : ERROR_UNAUTHENTICATED);
		/* A token that may only read changes nothing, whoever it belongs to. */
		if (route->method != METHOD_GET && route->policy != POLICY_PUBLIC)
			assert_int_equal(answer_of(route, &reader, "192.0.2.1"), ERROR_FORBIDDEN);
		for (size_t role = 0; role < model->role_count; role++, pairs++)
			expect_for_role(route, role);
	}
	assert_true(pairs >= 100);
	print_message("[          ] %zu pairs of route and role\n", pairs);
	finish();
}

TEST(operators_look_from_the_machine_itself)
{
	struct web_request request;
	struct actor nobody = { .kind = ACTOR_NOBODY };

	begin();
	assert_ok(find(METHOD_GET, "/metrics", &request));
	assert_int_equal(answer_of(request.route, &nobody, "127.0.0.1"), ERROR_CODE_COUNT);
	assert_int_equal(answer_of(request.route, &nobody, "192.0.2.1"), ERROR_UNAUTHENTICATED);
	finish();
}
