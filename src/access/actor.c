/* Who is acting: a user record with its roles (closed over inclusion), teams and organisation, or one of the two that need no record. */
#include "access/access_private.h"

#include <pthread.h>

/*
 * The two actors without a record are the same for every piece of work and hold a zone pointer that only a call can give:
 * filled in once, never changed afterwards.
 */
static struct actor system_constant, nobody_constant;
static pthread_once_t fixed_once = PTHREAD_ONCE_INIT;

static void fill_fixed(void)
{
	system_constant = (struct actor){ .kind = ACTOR_SYSTEM, .login = T("system"), .name = T("System"), .roles = UINT64_MAX,
		.zone = zone_utc(), .language = T("en"), .scopes = SCOPE_ALL };
	nobody_constant = (struct actor){ .kind = ACTOR_NOBODY, .login = T(""), .name = T(""), .zone = zone_utc(), .language = T("en") };
}

struct actor *access_system(void)
{
	pthread_once(&fixed_once, fill_fixed);
	return &system_constant;
}

struct actor *access_nobody(void)
{
	pthread_once(&fixed_once, fill_fixed);
	return &nobody_constant;
}

static const struct cell *cell_named(const struct record *user, text name, enum cell_kind kind)
{
	const struct field *field = type_field(user->type, name);
	const struct cell *cell = field == NULL ? NULL : record_cell(user, field->position);

	return cell != NULL && cell->kind == kind ? cell : NULL;
}

static text text_named(const struct record *user, text name, text fallback)
{
	const struct field *field = type_field(user->type, name);
	const struct cell *cell = field == NULL ? NULL : record_cell(user, field->position);

	if (cell == NULL)
		return fallback;
	if (field->kind == KIND_CHOICE && cell->kind == CELL_INTEGER)
		return field->choices[cell->integer].name;
	return cell->kind == CELL_TEXT ? cell->text : fallback;
}

/*
 * Roles are records whose number is the role's name in the definitions. Who was given none is a `requester`; the others include
 * it, but for the auditor, who changes nothing. One statement
 * for roles and teams, straight from the table of links: this runs with every request.
 */
static struct error *load_links(struct work *work, struct actor *actor)
{
	int requester = model_role(work->model, T("requester"));
	size_t capacity = 0, role_count = 0, role_capacity = 0;
	int64_t *roles = NULL;
	struct record_name name;
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, SQL_ACTOR_LINKS, CELLS(cell_integer(actor->id)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			break;
		if (text_equal(rows_text(rows, 0), T("teams"))) {
			arena_make_room(work->arena, actor->teams, actor->team_count, capacity);
			actor->teams[actor->team_count++] = rows_integer(rows, 1);
		} else if (text_equal(rows_text(rows, 0), T("roles"))) {
			arena_make_room(work->arena, roles, role_count, role_capacity);
			roles[role_count++] = rows_integer(rows, 1);
		}
	}
	for (size_t i = 0; i < role_count; i++) {
		TRY(model_name(work, work->model->role, roles[i], &name));
		int role = model_role(work->model, name.number);
		if (role >= 0)
			actor->roles |= work->model->roles[role].includes;
	}
	if (actor->roles == 0 && requester >= 0)
		actor->roles = work->model->roles[requester].includes;
	return NULL;
}

struct error *access_actor(struct work *work, int64_t user_id, struct actor **ret_actor)
{
	struct actor *actor = arena_new_struct(work->arena, struct actor);
	const struct cell *active, *organisation;
	struct record *user;
	const struct zone *zone;

	TRY(model_load(work, work->model->user, user_id, &user));
	active = cell_named(user, T("active"), CELL_INTEGER);
	if (type_field(user->type, T("active")) != NULL && (active == NULL || active->integer == 0))
		return error_new(work->arena, ERROR_FORBIDDEN, "the user '%.*s' is not active", TEXT_ARG(record_number(user)));
	organisation = cell_named(user, T("organisation"), CELL_INTEGER);
	zone = zone_find(text_named(user, T("zone"), T("UTC")));
	*actor = (struct actor){
		.kind = ACTOR_PERSON, .id = user_id, .login = record_number(user), .name = record_title(user),
		.organisation = organisation == NULL ? 0 : organisation->integer,
		.zone = zone == NULL ? zone_utc() : zone, .language = text_named(user, T("language"), T("en")), .scopes = SCOPE_ALL,
	};
	TRY(load_links(work, actor));
	*ret_actor = actor;
	return NULL;
}

bool actor_has_role(const struct work *work, text role)
{
	int position = model_role(work->model, role);

	return position >= 0 && (work->actor->roles >> position & 1) != 0;
}

void access_rule_context(struct work *work, struct condition_context *ret_context)
{
	*ret_context = (struct condition_context){
		.work = work, .me = work->actor->id, .teams = work->actor->teams, .team_count = work->actor->team_count,
		.zone = work->actor->zone,
	};
}

static bool field_readable(void *data, const struct type *type, const struct field *field)
{
	return access_field_readable(data, type, field);
}

static struct error *record_readable(void *data, const struct type *type, int64_t id, bool *ret_readable)
{
	return access_readable_id(data, type, id, ret_readable);
}

/* Which records of a type a path may go through: in SQL as branches, since there is no record to ask about. */
static struct error *record_scope(void *data, const struct type *type, bool *ret_everything,
                                  const struct condition *const **ret_branches, size_t *ret_count)
{
	struct rights_rule rule;

	rights_rule(data, RIGHT_READ, type, &rule);
	*ret_everything = rule.everything;
	*ret_branches = rule.branches;
	*ret_count = rule.branch_count;
	return NULL;
}

void access_context(struct work *work, struct condition_context *ret_context)
{
	access_rule_context(work, ret_context);
	if (work->actor->kind == ACTOR_SYSTEM)
		return;
	ret_context->readable = field_readable;
	ret_context->record_scope = record_scope;
	ret_context->record_readable = record_readable;
	ret_context->data = work;
}
