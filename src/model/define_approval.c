/*
 * Approvals: who is asked, how many must agree, what voids it, and which transitions its outcomes take. All that makes one
 * impossible is told here: an outcome that cannot be taken, a step that can ask nobody, a way around the approval.
 */
#include "model/define_private.h"

#define APPROVAL_KEYS "label in when order steps not else covers shows remind expires approved rejected expired voided"
#define STEP_KEYS "name label ask quorum when"
#define ASK_HINT "service.owner, { role: ROLE }, { team: NAME } or { person: LOGIN }"
/* More rounds of steps than any authority has; the engine holds them as one piece. */
#define APPROVALS_MAX 32
#define STEPS_MAX 20
/* A quorum above this is a slip of the pen. */
#define QUORUM_MAX 1000

struct reader {
	struct define *d;
	const struct type *type;
	struct approval_definition *approval;
	const struct value_entry *entry;
};

/* ---- lengths of time ---- */

bool define_time(struct define *d, const struct value *map, text key, int64_t *ret_ms, int64_t *ret_working_days)
{
	const struct value *value = value_get(map, key);
	text source;

	if (value == NULL)
		return false;
	source = define_text(d, map, key);
	if (define_length(source, ret_ms, ret_working_days))
		return true;
	if (text_is_set(source))
		define_error(d, value, T("5 working days, 2 days, 4h"), "'%.*s' is no length of time", TEXT_ARG(source));
	return false;
}

/* ---- who ---- */

static const struct field *field_to_people(const struct define *d, const struct type *type)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++)
		if (type->fields[i].target != NULL &&
		    (type->fields[i].target == d->model->user || type->fields[i].target == d->model->team))
			return &type->fields[i];
	return NULL;
}

static void tell_wrong_end(struct define *d, const struct type *end, const struct value *at)
{
	const struct field *further = field_to_people(d, end);
	text hint = T("end it at people or a team, such as service.owner");

	if (further != NULL)
		hint = text_format(d->error_arena, "go on to its people, as in %.*s.%.*s", TEXT_ARG(at->text),
				   TEXT_ARG(further->name));
	define_error(d, at, hint, "'%.*s' ends at %.*s, not at people or a team", TEXT_ARG(at->text),
		     TEXT_ARG(end->name));
}

/* service.owner, cis.owner, requester.manager: through links to people or teams. */
static bool read_path(struct define *d, const struct type *type, struct asked *asked, const struct value *at)
{
	text source = define_scalar(d, at, "a path"), rest = source, name;
	const struct type *here = type;

	if (!text_is_set(source))
		return false;
	asked->how = ASK_PATH;
	asked->path = arena_new_array(d->arena, size_t, LIMIT_CONDITION_PATH);
	while (text_cut(&rest, '.', &name)) {
		struct value part = *at;
		ptrdiff_t position;

		part.text = name;
		part.column = at->column + (uint32_t)(name.data - source.data);
		if (asked->path_count == LIMIT_CONDITION_PATH) {
			define_error(d, at, TEXT_UNSET, "a path has at most %d links", LIMIT_CONDITION_PATH);
			return false;
		}
		position = define_field_at(d, here, &part);
		if (position < 0)
			return false;
		if (here->fields[position].target == NULL ||
		    (here->fields[position].kind != KIND_LINK && here->fields[position].kind != KIND_LINKS)) {
			define_error(d, &part, T(ASK_HINT), "'%.*s' is no link and leads to nobody", TEXT_ARG(name));
			return false;
		}
		asked->path[asked->path_count++] = (size_t)position;
		here = here->fields[position].target;
	}
	if (here == d->model->user || here == d->model->team)
		return true;
	tell_wrong_end(d, here, at);
	return false;
}

static bool read_asked(struct define *d, const struct type *type, struct asked *asked, const struct value *item)
{
	const struct value *role, *team, *person, *path;
	ptrdiff_t position;

	if (item->kind == VALUE_TEXT)
		return read_path(d, type, asked, item);
	if (!define_map(d, item, "who is asked", "role team person path"))
		return false;
	role = value_get(item, T("role"));
	team = value_get(item, T("team"));
	person = value_get(item, T("person"));
	path = value_get(item, T("path"));
	if ((role != NULL) + (team != NULL) + (person != NULL) + (path != NULL) != 1) {
		define_error(d, item, T(ASK_HINT), "say one of role, team, person and path");
		return false;
	}
	if (path != NULL)
		return read_path(d, type, asked, path);
	if (role != NULL) {
		position = define_role_at(d, role);
		asked->how = ASK_ROLE;
		asked->role = position < 0 ? 0 : (size_t)position;
		return position >= 0;
	}
	asked->how = team != NULL ? ASK_TEAM : ASK_PERSON;
	asked->name = define_scalar(d, team != NULL ? team : person, "a name");
	return text_is_set(asked->name);
}

static struct asked *read_all_asked(const struct reader *r, const struct value *value, size_t *ret_count)
{
	size_t count;
	struct value **items = define_list(r->d, value, &count);
	struct asked *asked = arena_new_array(r->d->arena, struct asked, count);

	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (read_asked(r->d, r->type, &asked[*ret_count], items[i]))
			(*ret_count)++;
	return asked;
}

/* A field that names the very people who may not be asked. */
static bool asks_excluded(const struct reader *r, const struct asked *asked)
{
	for (size_t i = 0; asked->how == ASK_PATH && asked->path_count == 1 && i < r->approval->excluded_count; i++)
		if (r->approval->excluded[i] == asked->path[0])
			return true;
	return false;
}

/* How many people it can be at most; INT64_MAX: as many as there are. */
static int64_t asked_at_most(const struct reader *r, const struct asked *asked)
{
	const struct type *here = r->type;

	if (asks_excluded(r, asked))
		return 0;
	if (asked->how == ASK_PERSON)
		return 1;
	if (asked->how != ASK_PATH)
		return INT64_MAX;
	for (size_t i = 0; i < asked->path_count; i++) {
		const struct field *field = &here->fields[asked->path[i]];

		if (field->kind == KIND_LINKS)
			return INT64_MAX;
		here = field->target;
	}
	return here == r->d->model->team ? INT64_MAX : 1;
}

static int64_t all_asked_at_most(const struct reader *r, const struct asked *asked, size_t count)
{
	int64_t most = 0;

	for (size_t i = 0; i < count; i++) {
		int64_t one = asked_at_most(r, &asked[i]);

		if (one == INT64_MAX)
			return INT64_MAX;
		most += one;
	}
	return most;
}

static void tell_nobody(const struct reader *r, const struct value *at, const char *what)
{
	text field = r->type->fields[r->approval->excluded[0]].name;

	define_error(r->d, at, T("ask somebody else, or take them out of not"),
		     "%s can ask nobody: '%.*s' may neither be asked nor vote here", what, TEXT_ARG(field));
}

/* ---- steps ---- */

static void read_quorum(struct define *d, struct approval_step *step, const struct value *node)
{
	const struct value *value = value_get(node, T("quorum"));
	text source = value == NULL ? T("any") : define_scalar(d, value, "quorum");
	text digits = text_ends_with(source, T("%")) ? text_slice(source, 0, source.length - 1) : source;
	bool percent = digits.length < source.length;

	if (!text_is_set(source))
		return;
	if (text_equal(source, T("any"))) {
		step->quorum = QUORUM_ANY;
	} else if (text_equal(source, T("all"))) {
		step->quorum = QUORUM_ALL;
	} else if (text_equal(source, T("majority"))) {
		step->quorum = QUORUM_MAJORITY;
	} else if (!text_to_integer(digits, &step->quorum_number)) {
		define_error(d, value, T("any, all, majority, 2 or 60%"), "'%.*s' is no quorum", TEXT_ARG(source));
	} else {
		step->quorum = percent ? QUORUM_PERCENT : QUORUM_COUNT;
		if (step->quorum_number < 1)
			define_error(d, value, T("any, all, majority, 2 or 60%"),
				     "a quorum of %.*s decides without a vote", TEXT_ARG(source));
		else if (percent && step->quorum_number > 100)
			define_error(d, value, T("all is 100%"), "a quorum of %.*s is never reached", TEXT_ARG(source));
		else if (!percent && step->quorum_number > QUORUM_MAX)
			define_error(d, value, TEXT_UNSET, "a quorum is at most %d", QUORUM_MAX);
	}
}

static void check_step(const struct reader *r, const struct approval_step *step, const struct value *node)
{
	const struct value *ask = value_get(node, T("ask"));
	int64_t most = all_asked_at_most(r, step->asked, step->asked_count);

	if (step->asked_count == 0)
		return; /* told already */
	if (most == 0)
		tell_nobody(r, ask, "this step");
	else if (step->quorum == QUORUM_COUNT && step->quorum_number > most)
		define_error(r->d, value_get(node, T("quorum")), T("ask more people, or lower it"),
			     "a quorum of %lld is never reached: this step asks at most %lld",
			     (long long)step->quorum_number, (long long)most);
}

static bool step_name_free(const struct reader *r, text name, const struct value *at)
{
	for (size_t i = 0; i < r->approval->step_count; i++)
		if (text_equal(r->approval->steps[i].name, name)) {
			define_error(r->d, at, TEXT_UNSET, "the step '%.*s' stands twice", TEXT_ARG(name));
			return false;
		}
	return true;
}

static void read_step(const struct reader *r, const struct value *node)
{
	struct approval_step *step = &r->approval->steps[r->approval->step_count];
	const struct value *name;
	struct value names = { .kind = VALUE_MAP };
	struct value_entry entry;
	size_t count;

	if (!define_map(r->d, node, "a step", STEP_KEYS))
		return;
	name = value_get(node, T("name"));
	if (name == NULL) {
		define_error(r->d, node, T("name: owner"), "this step has no name");
		return;
	}
	entry = (struct value_entry){ define_scalar(r->d, name, "a step's name"), NULL, name->line, name->column };
	names.map.entries = &entry;
	names.map.count = 1;
	if (!text_is_set(entry.key) || !define_names(r->d, &names, "steps") || !step_name_free(r, entry.key, name))
		return;
	step->name = entry.key;
	step->label = define_label(r->d, node, T("label"), step->name);
	(void)!define_list(r->d, value_get(node, T("ask")), &count);
	if (count == 0)
		define_error(r->d, node, T("ask: [service.owner]"), "the step '%.*s' asks nobody", TEXT_ARG(step->name));
	step->asked = read_all_asked(r, value_get(node, T("ask")), &step->asked_count);
	read_quorum(r->d, step, node);
	step->when = define_condition(r->d, r->type, value_get(node, T("when")), CONDITION_RULE);
	check_step(r, step, node);
	r->approval->step_count++;
}

static void read_steps(const struct reader *r)
{
	const struct value *value = value_get(r->entry->value, T("steps"));
	size_t count;
	struct value **items = define_list(r->d, value, &count);

	if (count == 0 || count > STEPS_MAX) {
		define_error_key(r->d, r->entry, T("steps: [{ name: owner, ask: [service.owner], quorum: all }]"),
				 "the approval '%.*s' needs 1 to %d steps", TEXT_ARG(r->entry->key), STEPS_MAX);
		return;
	}
	r->approval->steps = arena_new_array(r->d->arena, struct approval_step, count);
	for (size_t i = 0; i < count; i++)
		read_step(r, items[i]);
}

/* ---- fields: not, covers ---- */

/* Absent: the requester. Nobody approves what they asked for unless `not: []` says so. */
static void read_excluded(const struct reader *r)
{
	const struct value *value = value_get(r->entry->value, T("not"));
	struct approval_definition *approval = r->approval;

	if (value == NULL && r->type->requester >= 0) {
		approval->excluded = arena_new_array(r->d->arena, size_t, 1);
		approval->excluded[approval->excluded_count++] = (size_t)r->type->requester;
		return;
	}
	approval->excluded = define_fields_at(r->d, r->type, value, &approval->excluded_count);
	for (size_t i = 0; i < approval->excluded_count; i++) {
		const struct field *field = &r->type->fields[approval->excluded[i]];

		if (field->target != r->d->model->user)
			define_error(r->d, value, TEXT_UNSET, "'%.*s' is no link to people", TEXT_ARG(field->name));
	}
}

static void read_covers(const struct reader *r)
{
	const struct value *value = value_get(r->entry->value, T("covers"));
	size_t count;
	size_t *fields = define_fields_at(r->d, r->type, value, &count);

	if (count == 0)
		return;
	r->approval->covers = arena_new_array(r->d->arena, bool, r->type->field_count);
	for (size_t i = 0; i < count; i++) {
		const struct field *field = &r->type->fields[fields[i]];

		if (field->system || (ptrdiff_t)fields[i] == r->type->approvers)
			define_error(r->d, value, TEXT_UNSET, "'%.*s' changes with the approval itself and cannot void it",
				     TEXT_ARG(field->name));
		r->approval->covers[fields[i]] = true;
	}
}

/* What who is asked should see at once. */
static void read_shows(const struct reader *r)
{
	const struct value *value = value_get(r->entry->value, T("shows"));
	struct approval_definition *approval = r->approval;
	size_t count = 0;

	if (value != NULL) {
		approval->shows = define_fields_at(r->d, r->type, value, &approval->show_count);
		return;
	}
	approval->shows = arena_new_array(r->d->arena, size_t, r->type->field_count);
	for (size_t i = FIELD_SYSTEM_COUNT; i < r->type->field_count; i++)
		if ((approval->covers != NULL && approval->covers[i]) || (ptrdiff_t)i == r->type->priority ||
		    (ptrdiff_t)i == r->type->service)
			approval->shows[count++] = i;
	approval->show_count = count;
}

/* ---- states and outcomes ---- */

static void read_in(const struct reader *r)
{
	const struct value *value = value_get(r->entry->value, T("in"));
	const struct lifecycle *lifecycle = r->type->lifecycle;
	size_t count;
	struct value **items = define_list(r->d, value, &count);
	uint64_t *states;

	if (value == NULL)
		return;
	states = arena_new_array(r->d->arena, uint64_t, STATE_WORDS);
	r->approval->states = states;
	for (size_t i = 0; i < count; i++) {
		text name = define_scalar(r->d, items[i], "a state's name");
		ptrdiff_t state = define_state_at(r->d, r->type, name, items[i]);

		if (state < 0)
			continue;
		states[state / 64] |= UINT64_C(1) << (state % 64);
		if (lifecycle->states[state].group >= GROUP_CLOSED)
			define_error(r->d, items[i], T("ask in a state that is still open"),
				     "'%.*s' is over: nothing is left to approve", TEXT_ARG(name));
	}
}

static bool permits_approval(const struct transition *transition, uint64_t *ret_roles)
{
	bool permitted = false;

	*ret_roles = 0;
	for (size_t i = 0; i < transition->permit_count; i++) {
		permitted = permitted || transition->permits[i].approval;
		*ret_roles |= transition->permits[i].roles;
	}
	return permitted;
}

static bool leaves(const struct transition *transition, size_t state)
{
	return state_in(transition->from, state);
}

/* From every state in which it is asked, and not back into one. */
static void check_leaves(const struct reader *r, const struct transition *transition, const struct value *at)
{
	const struct lifecycle *lifecycle = r->type->lifecycle;

	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (state_in(r->approval->states, i) && !leaves(transition, i))
			define_error(r->d, at, T("add the state to its from"),
				     "the outcome '%.*s' does not leave '%.*s', where it is asked",
				     TEXT_ARG(transition->name), TEXT_ARG(lifecycle->states[i].name));
	if (state_in(r->approval->states, transition->to))
		define_error(r->d, at, T("let it lead to another state"),
			     "the outcome '%.*s' leads to '%.*s', which asks again", TEXT_ARG(transition->name),
			     TEXT_ARG(lifecycle->states[transition->to].name));
}

static void check_voided(const struct reader *r, const struct transition *transition, const struct value *at)
{
	const struct lifecycle *lifecycle = r->type->lifecycle;

	if (value_get(r->entry->value, T("covers")) == NULL)
		define_error(r->d, at, T("covers: [planned_start, plan]"), "nothing voids this approval: it covers no field");
	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (leaves(transition, i) && !state_in(r->approval->states, i))
			return;
	define_error(r->d, at, T("let it leave the states behind the approval"),
		     "'%.*s' leaves no later state: while it is asked, a change asks again by itself",
		     TEXT_ARG(transition->name));
}

static ptrdiff_t read_outcome(const struct reader *r, text key)
{
	const struct value *value = value_get(r->entry->value, key);
	const struct transition *transition;
	ptrdiff_t position;
	uint64_t roles;

	if (value == NULL)
		return -1;
	position = define_transition_at(r->d, r->type, define_scalar(r->d, value, "a transition"), value);
	if (position < 0)
		return -1;
	transition = &r->type->lifecycle->transitions[position];
	if (!permits_approval(transition, &roles))
		define_error(r->d, value, T("add approval to its by"), "an approval may not take '%.*s'",
			     TEXT_ARG(transition->name));
	if (transition->guard != NULL)
		define_error(r->d, value, T("put the condition into the approval's when, or on the way to it"),
			     "the guard of '%.*s' could stop what was decided", TEXT_ARG(transition->name));
	if (text_equal(key, T("approved")) && roles != 0)
		define_error(r->d, value, T("give those people a transition of their own, so that the history says so"),
			     "'%.*s' is no outcome alone: a role may take it without the approval",
			     TEXT_ARG(transition->name));
	if (text_equal(key, T("voided")))
		check_voided(r, transition, value);
	else if (r->approval->states != NULL)
		check_leaves(r, transition, value);
	return position;
}

static void read_outcomes(const struct reader *r)
{
	struct approval_definition *approval = r->approval;
	bool times_out = approval->expire_ms > 0 || approval->expire_working_days > 0;

	approval->approved = read_outcome(r, T("approved"));
	approval->rejected = read_outcome(r, T("rejected"));
	approval->expired = read_outcome(r, T("expired"));
	approval->voided = read_outcome(r, T("voided"));
	if (approval->states != NULL &&
	    (value_get(r->entry->value, T("approved")) == NULL || value_get(r->entry->value, T("rejected")) == NULL))
		define_error_key(r->d, r->entry, T("approved: TRANSITION and rejected: TRANSITION"),
				 "the approval '%.*s' keeps its state for ever: it needs both outcomes",
				 TEXT_ARG(r->entry->key));
	if (value_get(r->entry->value, T("expired")) != NULL && !times_out)
		define_error(r->d, value_get(r->entry->value, T("expired")), T("expires: 5 working days"),
			     "this approval never expires");
}

static void read_times(const struct reader *r)
{
	struct approval_definition *approval = r->approval;
	const struct value *node = r->entry->value;

	define_time(r->d, node, T("remind"), &approval->remind_ms, &approval->remind_working_days);
	define_time(r->d, node, T("expires"), &approval->expire_ms, &approval->expire_working_days);
	if ((approval->expire_ms > 0 && approval->remind_ms >= approval->expire_ms) ||
	    (approval->expire_working_days > 0 && approval->remind_working_days >= approval->expire_working_days))
		define_error(r->d, value_get(node, T("remind")), T("remind before it expires"),
			     "nobody is ever reminded: the approval expires first");
}

/* ---- approvals ---- */

static void read_order(const struct reader *r)
{
	text order = define_text(r->d, r->entry->value, T("order"));

	r->approval->parallel = text_equal(order, T("parallel"));
	if (text_is_set(order) && !r->approval->parallel && !text_equal(order, T("sequential")))
		define_error(r->d, value_get(r->entry->value, T("order")), T("sequential or parallel"),
			     "'%.*s' is no order of steps", TEXT_ARG(order));
}

/* Of several in a state the first that holds is asked. */
static void check_before(const struct reader *r)
{
	const struct approval_definition *before = r->type->approvals;

	for (; before < r->approval && r->type->lifecycle != NULL; before++) {
		if (before->when != NULL || before->states == NULL || r->approval->states == NULL)
			continue;
		for (size_t i = 0; i < r->type->lifecycle->state_count; i++)
			if (state_in(before->states, i) && state_in(r->approval->states, i)) {
				define_error_key(r->d, r->entry, T("put it before, or give the other a when"),
						 "'%.*s' is never asked in '%.*s': '%.*s' before it always is",
						 TEXT_ARG(r->entry->key),
						 TEXT_ARG(r->type->lifecycle->states[i].name),
						 TEXT_ARG(before->name));
				return;
			}
	}
}

static void read_approval(const struct reader *r)
{
	const struct value *node = r->entry->value;
	struct approval_definition *approval = r->approval;

	approval->name = r->entry->key;
	approval->approved = approval->rejected = approval->expired = approval->voided = -1;
	if (!define_map(r->d, node, "an approval", APPROVAL_KEYS))
		return;
	approval->label = define_label(r->d, node, T("label"), r->entry->key);
	approval->when = define_condition(r->d, r->type, value_get(node, T("when")), CONDITION_RULE);
	read_in(r);
	read_order(r);
	read_excluded(r);
	read_covers(r);
	read_shows(r);
	read_steps(r);
	approval->otherwise = read_all_asked(r, value_get(node, T("else")), &approval->otherwise_count);
	if (approval->otherwise_count > 0 && all_asked_at_most(r, approval->otherwise, approval->otherwise_count) == 0)
		tell_nobody(r, value_get(node, T("else")), "else");
	read_times(r);
	read_outcomes(r);
	check_before(r);
}

void define_approvals(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("approvals"));
	struct type *type = draft->type;

	if (section == NULL || !define_names(d, section, "approvals"))
		return;
	if (section->map.count > APPROVALS_MAX) {
		define_error(d, section, TEXT_UNSET, "a type has at most %d approvals", APPROVALS_MAX);
		return;
	}
	if (type->approvers < 0 || type->fields[type->approvers].kind != KIND_LINKS ||
	    type->fields[type->approvers].target != d->model->user)
		define_error(d, section, T("extend task, or add approvers: { kind: links, to: user, set_by_engine: yes }"),
			     "%.*s has approvals but no field approvers", TEXT_ARG(type->name));
	type->approvals = arena_new_array(d->arena, struct approval_definition, section->map.count);
	for (size_t i = 0; i < section->map.count; i++) {
		const struct reader r = { d, type, &type->approvals[type->approval_count++], &section->map.entries[i] };

		read_approval(&r);
	}
}
