/*
 * One matcher over all tables of routes. Patterns are cut into parts once; a request is compared only with patterns of as many
 * parts, those with more literal parts first, so that "/sign-in" wins over "/{type}".
 */
#include "web/server.h"

#define PARTS_MAX 12

struct pattern {
	const struct route *route;
	size_t index;
	text parts[PARTS_MAX];
	bool parameter[PARTS_MAX];
	bool rest;            /* the last part takes the rest of the path */
	size_t part_count;
	unsigned weight;      /* literal parts, the first ones counting most */
	uint64_t roles;
};

struct router {
	struct pattern *patterns;
	size_t count, capacity;
	const struct model *model;
};

size_t router_count(const struct router *router)
{
	return router->count;
}

const struct route *router_route(const struct router *router, size_t index)
{
	for (size_t i = 0; i < router->count; i++)
		if (router->patterns[i].index == index)
			return router->patterns[i].route;
	return NULL;
}

static const struct pattern *pattern_of(const struct router *router, const struct route *route)
{
	for (size_t i = 0; i < router->count; i++)
		if (router->patterns[i].route == route)
			return &router->patterns[i];
	return NULL;
}

size_t router_index(const struct router *router, const struct route *route)
{
	const struct pattern *pattern = pattern_of(router, route);

	return pattern == NULL ? router->count : pattern->index;
}

static struct error *faulty(struct arena *arena, const struct route *route, const char *what)
{
	return error_new(arena, ERROR_DEFINITION, "the route %s %s", route->pattern, what);
}

static struct error *parse_roles(struct arena *arena, const struct model *model, const struct route *route, uint64_t *ret_roles)
{
	text rest = text_from(route->roles == NULL ? "" : route->roles), name;
	uint64_t roles = 0;

	while (text_cut(&rest, ' ', &name)) {
		if (name.length == 0)
			continue;
		int role = model_role(model, name);
		if (role < 0)
			return faulty(arena, route, "names a role that is not defined");
		roles |= UINT64_C(1) << role;
	}
	if (roles == 0 && route->policy == POLICY_ROLES)
		return faulty(arena, route, "names no role");
	*ret_roles = roles;
	return NULL;
}

static struct error *parse_pattern(struct arena *arena, const struct route *route, struct pattern *pattern)
{
	text rest = text_from(route->pattern), part;

	pattern->route = route;
	rest = text_slice(rest, 1, rest.length);
	while (text_cut(&rest, '/', &part)) {
		if (pattern->part_count == PARTS_MAX)
			return faulty(arena, route, "has too many parts");
		bool parameter = text_starts_with(part, T("{")) && text_ends_with(part, T("}"));
		if (parameter)
			part = text_slice(part, 1, part.length - 1);
		if (parameter && text_ends_with(part, T("..."))) {
			part = text_slice(part, 0, part.length - 3);
			pattern->rest = true;
		}
		pattern->parts[pattern->part_count] = part;
		pattern->parameter[pattern->part_count] = parameter;
		if (!parameter)
			pattern->weight |= 1U << (PARTS_MAX - pattern->part_count);
		pattern->part_count++;
	}
	return NULL;
}

static struct error *check_route(struct arena *arena, const struct route *route)
{
	if (route->policy == POLICY_UNDECIDED)
		return faulty(arena, route, "has no policy");
	if (route->name == NULL)
		return faulty(arena, route, "has no name");
	if (route->render == NULL && route->apply == NULL)
		return faulty(arena, route, "does nothing");
	if (route->method == METHOD_GET && route->apply != NULL)
		return faulty(arena, route, "writes with GET");
	if (route->method != METHOD_GET && route->policy != POLICY_PUBLIC && (route->scope & (SCOPE_WRITE | SCOPE_ADMIN)) == 0)
		return faulty(arena, route, "writes without the scope for it");
	if (route->scope == 0 && route->policy != POLICY_PUBLIC)
		return faulty(arena, route, "says no scope");
	return NULL;
}

static bool same_shape(const struct pattern *a, const struct pattern *b)
{
	if (a->route->method != b->route->method || a->part_count != b->part_count || a->rest != b->rest)
		return false;
	for (size_t i = 0; i < a->part_count; i++)
		if (a->parameter[i] != b->parameter[i] || (!a->parameter[i] && !text_equal(a->parts[i], b->parts[i])))
			return false;
	return true;
}

/* Keeps the patterns in the order in which they are tried: exact ones before those that take the rest, literal before parameter. */
static void insert(struct arena *arena, struct router *router, const struct pattern *pattern)
{
	arena_make_room(arena, router->patterns, router->count, router->capacity);
	size_t at = router->count++;
	while (at > 0) {
		const struct pattern *before = &router->patterns[at - 1];
		if (before->rest < pattern->rest || (before->rest == pattern->rest && before->weight >= pattern->weight))
			break;
		router->patterns[at] = *before;
		at--;
	}
	router->patterns[at] = *pattern;
}

struct error *router_new(struct arena *arena, const struct model *model, const struct route *const *tables, size_t count,
                         struct router **ret_router)
{
	struct router *router = arena_new_struct(arena, struct router);

	router->model = model;
	for (size_t table = 0; table < count; table++)
		for (const struct route *route = tables[table]; route->pattern != NULL; route++) {
			struct pattern pattern = { .index = router->count };
			TRY(check_route(arena, route));
			TRY(parse_pattern(arena, route, &pattern));
			TRY(parse_roles(arena, model, route, &pattern.roles));
			for (size_t i = 0; i < router->count; i++)
				if (same_shape(&router->patterns[i], &pattern))
					return faulty(arena, route, "stands there twice");
			insert(arena, router, &pattern);
		}
	*ret_router = router;
	return NULL;
}

/* ---- matching ---- */

static bool matches(const struct pattern *pattern, const text *parts, size_t count)
{
	if (pattern->rest ? count < pattern->part_count : count != pattern->part_count)
		return false;
	for (size_t i = 0; i < pattern->part_count; i++)
		if (!pattern->parameter[i] && !text_equal(pattern->parts[i], parts[i]))
			return false;
		else if (pattern->parameter[i] && parts[i].length == 0 && !pattern->rest)
			return false;
	return true;
}

static struct error *not_found(struct arena *arena, const struct web_request *request)
{
	return error_new(arena, ERROR_NOT_FOUND, "there is nothing at %.*s", TEXT_ARG(request->path));
}

static struct error *take(const struct router *router, struct arena *arena, const struct pattern *pattern, const text *parts,
                          size_t count, struct web_request *request)
{
	request->route = pattern->route;
	request->parameters = value_map(arena);
	for (size_t i = 0; i < pattern->part_count; i++) {
		if (!pattern->parameter[i])
			continue;
		text value = parts[i];
		if (pattern->rest && i + 1 == pattern->part_count)
			value.length = (size_t)(parts[count - 1].data + parts[count - 1].length - value.data);
		value_add(arena, request->parameters, pattern->parts[i], value_text(arena, value));
	}
	text type = request_parameter(request, T("type"));
	if (!text_is_set(type) || (pattern->route->flags & ROUTE_NO_TYPE))
		return NULL;
	request->type = model_type(router->model, type);
	if (request->type == NULL || request->type->abstract)
		return not_found(arena, request);
	return NULL;
}

static const char *method_name(enum web_method method)
{
	static const char *const names[] = { "GET, HEAD", "POST", "PUT", "PATCH", "DELETE" };

	return method < METHOD_COUNT ? names[method] : "";
}

static const struct pattern *find(const struct router *router, struct arena *arena, const struct web_request *request,
                                  const text *parts, size_t count, text *ret_allowed)
{
	*ret_allowed = TEXT_UNSET;
	for (size_t i = 0; i < router->count; i++) {
		const struct pattern *pattern = &router->patterns[i];
		if (!matches(pattern, parts, count))
			continue;
		if (pattern->route->method == request->method)
			return pattern;
		const char *name = method_name(pattern->route->method);
		*ret_allowed = text_is_set(*ret_allowed) ? text_format(arena, "%.*s, %s", TEXT_ARG(*ret_allowed), name) :
		                                           text_from(name);
	}
	return NULL;
}

struct error *router_find(const struct router *router, struct arena *arena, struct web_request *request, text *ret_allowed)
{
	text parts[PARTS_MAX], rest = text_slice(request->path, 1, request->path.length), part;
	size_t count = 0;

	while (text_cut(&rest, '/', &part)) {
		if (count == PARTS_MAX)
			return not_found(arena, request);
		parts[count++] = part;
	}
	const struct pattern *pattern = find(router, arena, request, parts, count, ret_allowed);
	if (pattern != NULL)
		return take(router, arena, pattern, parts, count, request);
	if (text_is_set(*ret_allowed))
		return error_new(arena, ERROR_METHOD, "%.*s does not take this method; it takes %.*s",
		                 TEXT_ARG(request->path), TEXT_ARG(*ret_allowed));
	return not_found(arena, request);
}

/* ---- policy ---- */

static bool is_loopback(text address)
{
	return text_equal(address, T("127.0.0.1")) || text_equal(address, T("::1")) || text_equal(address, T("unix"));
}

static struct error *sign_in(const struct work *work)
{
	return error_hint(work->arena, error_new(work->arena, ERROR_UNAUTHENTICATED, "sign in first"),
	                  "send a session cookie or \"Authorization: Bearer TOKEN\"");
}

struct error *router_decide(const struct router *router, const struct work *work, const struct web_request *request)
{
	const struct route *route = request->route;
	const struct actor *actor = work->actor;
	const struct pattern *pattern = pattern_of(router, route);
	uint64_t roles = pattern == NULL ? 0 : pattern->roles;

	if (route->policy == POLICY_PUBLIC)
		return NULL;
	if (route->policy == POLICY_OPERATOR && is_loopback(request->address))
		return NULL;
	if (actor->kind == ACTOR_NOBODY)
		return sign_in(work);
	if ((route->policy == POLICY_ROLES || route->policy == POLICY_OPERATOR) && (actor->roles & roles) == 0)
		return error_new(work->arena, ERROR_FORBIDDEN, "this needs one of the roles: %s", route->roles);
	if (actor->token != 0 && (actor->scopes & route->scope) != route->scope)
		return error_hint(work->arena, error_new(work->arena, ERROR_FORBIDDEN, "the API token's scopes do not cover this"),
		                  "make a token with the scope %s", route->scope & SCOPE_ADMIN ? "admin" :
		                  route->scope & SCOPE_WRITE ? "write" : "read");
	if (route->policy == POLICY_UNDECIDED)
		return error_new(work->arena, ERROR_FORBIDDEN, "the route has no policy");
	return NULL;
}
