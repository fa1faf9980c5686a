/* Rights on records and fields, and who may take a transition: the rules of the definitions, asked for one record. */
#include "access/access_private.h"

#include "base/words.h"
#include "model/calendars.h"

static bool granted_to_actor(const struct work *work, const struct grant *grant, enum right right)
{
	return grant->right == right && (work->actor->roles >> grant->role & 1) != 0;
}

/*
 * What a token leaves of the rights of its user. Notes are read and written under one right: may() lets a reading token see
 * them, require() does not let it write them.
 */
static bool scope_allows(const struct actor *actor, enum right right, const struct type *type, bool writes_notes)
{
	unsigned wanted = SCOPE_READ | SCOPE_WRITE;

	if (right == RIGHT_READ || right == RIGHT_HISTORY || right == RIGHT_EXPORT || (right == RIGHT_NOTE && !writes_notes))
		wanted = SCOPE_READ;
	else if (type->platform && right != RIGHT_WATCH)
		wanted |= SCOPE_ADMIN;
	return (actor->scopes & wanted) == wanted;
}

static bool same_condition(struct arena *arena, const struct condition *a, const struct condition *b)
{
	return a == b || text_equal(condition_print(arena, a), condition_print(arena, b));
}

/* Roles include each other, so that the same branch often comes twice; each would cost a query of its own. */
static void add_branch(struct arena *arena, struct rights_rule *rule, const struct condition *branch)
{
	for (size_t i = 0; i < rule->branch_count; i++)
		if (same_condition(arena, rule->branches[i], branch))
			return;
	rule->branches[rule->branch_count++] = branch;
}

void rights_rule(struct work *work, enum right right, const struct type *type, struct rights_rule *ret_rule)
{
	struct rights_rule rule = { .everything = work->actor->kind == ACTOR_SYSTEM };
	size_t room = 0;

	for (size_t i = 0; i < type->grant_count && !rule.everything; i++)
		if (granted_to_actor(work, &type->grants[i], right)) {
			room += type->grants[i].branch_count;
			rule.everything = type->grants[i].branch_count == 0;
		}
	if (!scope_allows(work->actor, right, type, false) || work->actor->kind == ACTOR_NOBODY)
		rule.everything = false;
	else if (!rule.everything && room > 0) {
		rule.branches = arena_new_array(work->arena, const struct condition *, room);
		for (size_t i = 0; i < type->grant_count; i++)
			for (size_t b = 0; granted_to_actor(work, &type->grants[i], right) && b < type->grants[i].branch_count; b++)
				add_branch(work->arena, &rule, type->grants[i].branches[b]);
	}
	*ret_rule = rule;
}

bool rights_reads_all(const struct work *work, const struct type *type)
{
	if (work->actor->kind != ACTOR_PERSON)
		return work->actor->kind == ACTOR_SYSTEM;
	if (!scope_allows(work->actor, RIGHT_READ, type, false))
		return false;
	for (size_t i = 0; i < type->grant_count; i++)
		if (type->grants[i].branch_count == 0 && granted_to_actor(work, &type->grants[i], RIGHT_READ))
			return true;
	return false;
}

/* One right by itself: grants of the actor's roles whose branches hold (any, when no record is given). */
static struct error *holds_right(struct work *work, enum right right, const struct type *type, struct record *record, bool *ret_holds)
{
	struct condition_context context;
	bool holds = false;

	access_rule_context(work, &context);
	for (size_t i = 0; i < type->grant_count && !holds; i++) {
		const struct grant *grant = &type->grants[i];
		if (!granted_to_actor(work, grant, right))
			continue;
		holds = grant->branch_count == 0 || record == NULL;
		for (size_t b = 0; b < grant->branch_count && !holds; b++)
			TRY(condition_holds(grant->branches[b], record, &context, &holds));
	}
	*ret_holds = holds;
	return NULL;
}

struct error *access_may(struct work *work, enum right right, const struct type *type, struct record *record, bool *ret_may)
{
	bool may = work->actor->kind == ACTOR_SYSTEM;

	if (work->actor->kind == ACTOR_PERSON && scope_allows(work->actor, right, type, false)) {
		/* A new record is not there to be read: who may create need not see the others. */
		may = right == RIGHT_CREATE || rights_reads_all(work, type);
		if (!may)
			TRY(holds_right(work, RIGHT_READ, type, record, &may));
		if (may && right != RIGHT_READ)
			TRY(holds_right(work, right, type, record, &may));
	}
	*ret_may = may;
	return NULL;
}

static const char *right_verb(enum right right)
{
	static const char *const verbs[RIGHT_COUNT] = {
		[RIGHT_READ] = "read", [RIGHT_CREATE] = "create", [RIGHT_UPDATE] = "change", [RIGHT_COMMENT] = "comment on",
		[RIGHT_NOTE] = "write notes on", [RIGHT_ATTACH] = "attach files to", [RIGHT_LINK] = "link", [RIGHT_WATCH] = "watch",
		[RIGHT_EXPORT] = "export", [RIGHT_IMPORT] = "import", [RIGHT_HISTORY] = "read the history of",
	};
	return verbs[right];
}

static struct error *not_found(struct work *work, const struct type *type, text number)
{
	if (!text_is_set(number))
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no such %.*s", TEXT_ARG(type->name));
	return error_new(work->arena, ERROR_NOT_FOUND, "there is no %.*s '%.*s'", TEXT_ARG(type->name), TEXT_ARG(number));
}

struct error *access_require(struct work *work, enum right right, const struct type *type, struct record *record)
{
	struct error *error;
	bool may;

	if (record != NULL) {
		TRY(access_may(work, RIGHT_READ, type, record, &may));
		if (!may)
			return not_found(work, type, record_number(record));
	}
	if (work->actor->kind == ACTOR_PERSON && !scope_allows(work->actor, right, type, true)) {
		error = error_new(work->arena, ERROR_FORBIDDEN, "this API token may not %s %.*s", right_verb(right),
		                  TEXT_ARG(type->plural.count > 0 ? label_in(&type->plural, T("en")) : type->name));
		return error_hint(work->arena, error, "use a token with a wider scope");
	}
	TRY(access_may(work, right, type, record, &may));
	if (may)
		return NULL;
	error = error_new(work->arena, ERROR_FORBIDDEN, "you may not %s %s%.*s", right_verb(right), record == NULL ? "" : "this ",
	                  TEXT_ARG(type->name));
	return error_hint(work->arena, error, "the right '%.*s' on %.*s is missing", TEXT_ARG(right_name(right)), TEXT_ARG(type->name));
}

bool access_field_readable(const struct work *work, const struct type *type, const struct field *field)
{
	if (field->secret)
		return false;
	if (work->actor->kind == ACTOR_SYSTEM)
		return true;
	for (uint64_t left = work->actor->roles; left != 0; left &= left - 1) {
		size_t role = (size_t)__builtin_ctzll(left);
		if (role < work->model->role_count && type->field_access[role * type->field_count + field->position].read)
			return true;
	}
	return false;
}

bool access_field_writable(const struct work *work, const struct type *type, const struct field *field)
{
	if (field->system || field->set_by_engine)
		return false;
	if (work->actor->kind == ACTOR_SYSTEM)
		return true;
	for (uint64_t left = work->actor->roles; left != 0; left &= left - 1) {
		size_t role = (size_t)__builtin_ctzll(left);
		if (role < work->model->role_count && type->field_access[role * type->field_count + field->position].write)
			return true;
	}
	return false;
}

static void allow_fields(const struct work *work, const struct type *type, const bool *among, bool *fields)
{
	for (size_t f = 0; f < type->field_count; f++)
		fields[f] = fields[f] || ((among == NULL || among[f]) && access_field_writable(work, type, &type->fields[f]));
}

struct error *access_field_opens(struct work *work, struct record *record, const struct field *field, bool *ret_opens)
{
	struct condition_context context;

	*ret_opens = field->writable == NULL || work->actor->kind == ACTOR_SYSTEM;
	if (*ret_opens || record == NULL)
		return NULL;
	access_rule_context(work, &context);
	return condition_holds(field->writable, record, &context, ret_opens);
}

struct error *access_writable_fields(struct work *work, const struct type *type, struct record *record, bool *ret_fields)
{
	bool *fields = arena_new_array(work->arena, bool, type->field_count);
	struct condition_context context;
	bool may;

	TRY(access_may(work, record == NULL ? RIGHT_CREATE : RIGHT_UPDATE, type, record, &may));
	if (may && (record == NULL || work->actor->kind == ACTOR_SYSTEM))
		allow_fields(work, type, NULL, fields);
	access_rule_context(work, &context);
	for (size_t i = 0; i < type->grant_count && may && record != NULL; i++) {
		const struct grant *grant = &type->grants[i];
		if (!granted_to_actor(work, grant, RIGHT_UPDATE))
			continue;
		if (grant->branch_count == 0)
			allow_fields(work, type, NULL, fields);
		for (size_t b = 0; b < grant->branch_count; b++) {
			bool holds;
			TRY(condition_holds(grant->branches[b], record, &context, &holds));
			if (holds)
				allow_fields(work, type, grant->branch_fields == NULL ? NULL : grant->branch_fields[b], fields);
		}
	}
	for (size_t f = 0; record != NULL && work->actor->kind != ACTOR_SYSTEM && f < type->field_count; f++)
		fields[f] = fields[f] && !record_is_fixed(work->model, record, f);
	for (size_t f = 0; f < type->field_count; f++)
		if (fields[f])
			TRY(access_field_opens(work, record, &type->fields[f], &fields[f]));
	memcpy(ret_fields, fields, type->field_count * sizeof(bool));
	return NULL;
}

bool access_field_open(const struct work *work, const struct type *type, const struct field *field)
{
	for (size_t i = 0; i < type->grant_count; i++) {
		const struct grant *grant = &type->grants[i];
		if (grant->right != RIGHT_READ)
			continue;
		/* A role has what the roles included in it have. */
		bool readable = false;
		for (uint64_t left = work->model->roles[grant->role].includes; left != 0 && !readable; left &= left - 1)
			readable = type->field_access[(size_t)__builtin_ctzll(left) * type->field_count + field->position].read;
		if (!readable)
			return false;
	}
	return true;
}

struct error *access_readable_id(struct work *work, const struct type *type, int64_t id, bool *ret_readable)
{
	struct record *record;
	struct error *error;

	if (rights_reads_all(work, type)) {
		*ret_readable = true;
		return NULL;
	}
	error = model_load(work, type, id, &record);
	if (error != NULL && error->code == ERROR_NOT_FOUND) {
		*ret_readable = false;
		return NULL;
	}
	TRY(error);
	return access_may(work, RIGHT_READ, type, record, ret_readable);
}

/* ---- loading one record ---- */

/* An unreadable record and one that does not exist are told in the same words. */
static struct error *checked(struct work *work, const struct type *type, text number, struct error *error, struct record *record,
                             struct record **ret_record)
{
	bool may;

	if (error != NULL && error->code == ERROR_NOT_FOUND)
		return not_found(work, type, number);
	TRY(error);
	TRY(access_may(work, RIGHT_READ, type, record, &may));
	if (!may)
		return not_found(work, type, number);
	*ret_record = record;
	return NULL;
}

struct error *access_load(struct work *work, const struct type *type, text number, struct record **ret_record)
{
	struct record *record = NULL;
	struct error *error = model_load_number(work, type, number, &record);

	return checked(work, type, number, error, record, ret_record);
}

struct error *access_load_id(struct work *work, const struct type *type, int64_t id, struct record **ret_record)
{
	struct record *record = NULL;
	struct error *error = model_load(work, type, id, &record);

	return checked(work, type, TEXT_UNSET, error, record, ret_record);
}

/* ---- transitions ---- */

/* Whether some permit is for the actor's roles at all, and whether one of those holds on this record. */
static struct error *permitted(struct work *work, struct record *record, const struct transition *transition, bool *ret_role,
                               bool *ret_holds)
{
	struct condition_context context;
	bool role = work->actor->kind == ACTOR_SYSTEM, holds = role;

	access_rule_context(work, &context);
	for (size_t i = 0; i < transition->permit_count && !holds; i++) {
		const struct permit *permit = &transition->permits[i];
		if ((permit->roles & work->actor->roles) == 0)
			continue;
		role = holds = true;
		if (permit->when != NULL)
			TRY(condition_holds(permit->when, record, &context, &holds));
	}
	*ret_role = role;
	*ret_holds = holds;
	return NULL;
}

/* Guards count working days ("within 5 working days") in the hours of the record. */
static struct error *guard_holds(struct work *work, struct record *record, const struct condition *guard, bool *ret_holds)
{
	struct condition_context context;
	size_t service = record->type->service < 0 ? SIZE_MAX : (size_t)record->type->service;
	int64_t calendar_id;

	access_rule_context(work, &context);
	if (!condition_is_constant(guard))
		TRY(model_calendar_of(work, record, service, &calendar_id, &context.calendar));
	return condition_holds(guard, record, &context, ret_holds);
}

static text state_words(struct work *work, struct record *record, text language)
{
	const struct state *state = &record->type->lifecycle->states[record_state(record)];
	struct value *arguments = value_map(work->arena);

	value_set_text(work->arena, arguments, T("state"), label_in(&state->label, language));
	return words_with(work->arena, language, T("not possible in the state {state}"), arguments);
}

struct error *access_transition(struct work *work, struct record *record, const struct transition *transition,
                                enum transition_answer *ret_answer, text *ret_why)
{
	text language = text_is_set(work->language) ? work->language : T("en");
	enum transition_answer answer = TRANSITION_NOT_NOW;
	bool role, holds, guard = true;
	text why = TEXT_UNSET;

	TRY(access_require(work, RIGHT_READ, record->type, record));
	TRY(permitted(work, record, transition, &role, &holds));
	if (!role || (work->actor->scopes & SCOPE_WRITE) == 0) {
		answer = TRANSITION_NEVER;
		why = words(language, T("none of your roles may take this step"));
	} else if (record_state(record) < 0 || !state_in(transition->from, (size_t)record_state(record))) {
		why = record_state(record) < 0 ? words(language, T("not possible")) : state_words(work, record, language);
	} else if (!holds) {
		why = words(language, T("not possible for you on this record now"));
	} else {
		if (transition->guard != NULL)
			TRY(guard_holds(work, record, transition->guard, &guard));
		if (guard)
			answer = TRANSITION_ALLOWED;
		else
			why = text_is_set(transition->guard_message) ? transition->guard_message
				: words(language, T("its condition does not hold"));
	}
	*ret_answer = answer;
	*ret_why = why;
	return NULL;
}
