/*
 * Endless chains of automation: rules that set each other off, on one record or by making others. First which rule can set off
 * which, by what they wait for and what they do; where that goes in a circle, the circle is walked with the state and the values
 * that the rules themselves set, because a value that is set twice changes once, and a condition may end the chain. A chain that
 * comes again to a rule with the same state and values never ends (when it runs, a budget stops it) - if all its conditions can
 * hold in a row, for what no rule of it changes stays as it is (sound_circle.c).
 */
#include "model/sound_private.h"

#define NODES_MAX 20000
/* Ways walked one by one, where not all conditions of a circle can hold in a row. */
#define WAYS_MAX 3000


struct chain {
	struct define *d;
	struct arena *arena;
	struct chain_type *types;
	const struct rule **rules;
	size_t *type_of; /* per rule */
	size_t rule_count;
	char *colours;
	struct table seen;
	size_t nodes;
	struct chain_node path[CHAIN_DEPTH_MAX];
	size_t depth;
	bool gave_up;
	bool doubtful;   /* a circle was found whose conditions cannot all hold in a row */
	bool one_by_one; /* so all ways are walked, each as far as they can */
	text circle;
	size_t circle_rule;
};

/* What one rule has done. */
struct effects {
	struct chain_node after;
	const struct transition *transition; /* the last one taken, or NULL */
	bool entered;
	bool changed[DEFINE_FIELDS_MAX]; /* per field of the type */
	bool assigned, comment, comment_public;
	const struct rule *ran;
};

/* ---- which rule can set off which, whatever the values ---- */

static bool sets_field(const struct setting *settings, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (settings[i].field == field)
			return true;
	return false;
}

static bool wait_for_step(const struct rule *rule, const struct type *type, size_t position)
{
	const struct transition *transition = &type->lifecycle->transitions[position];

	switch ((int)rule->when) {
	case WHEN_TRANSITION:
		return rule->index == position;
	case WHEN_STATE:
		return rule->index == transition->to;
	case WHEN_CHANGED:
		return sets_field(transition->sets, transition->set_count, rule->index);
	case WHEN_APPROVAL:
		return rule->what == APPROVAL_ASKED && state_in(type->approvals[rule->index].states, transition->to);
	default:
		return false;
	}
}

/* The link that `create` makes leads from the new record (inverse: to the one whose rule it is); `other` is at its other end. */
static bool waits_for_link(const struct chain *chain, const struct rule *rule, const struct action *action, bool inverse,
			   const struct type *other)
{
	return rule->when == WHEN_LINKED && rule->what == (inverse ? 1 : 0) &&
	       text_equal(chain->d->model->relations[rule->index].name, action->relation) &&
	       (rule->other_type == NULL || type_same(rule->other_type, other));
}

static bool waits_for_creation(const struct chain *chain, const struct rule *rule, const struct action *action, const struct type *maker)
{
	return rule->when == WHEN_CREATED || waits_for_link(chain, rule, action, false, maker) || rule->when == WHEN_COMMENT ||
	       (rule->when == WHEN_STATE && rule->index == action->type->lifecycle->initial) ||
	       (rule->when == WHEN_CHANGED && sets_field(action->sets, action->set_count, rule->index));
}

/* On the record that the first rule runs on, or on the other that its action makes or changes. */
static bool sets_off(const struct chain *chain, size_t first, size_t second)
{
	const struct type *type = chain->types[chain->type_of[first]].type, *other = chain->types[chain->type_of[second]].type;
	const struct rule *rule = chain->rules[second];

	for (size_t i = 0; i < chain->rules[first]->action_count; i++) {
		const struct action *action = &chain->rules[first]->actions[i];

		if (action->kind == ACTION_CREATE_LINKED && action->type == other && waits_for_creation(chain, rule, action, type))
			return true;
		if (action->kind == ACTION_EACH && action->type == other &&
		    ((action->each_transition >= 0 && wait_for_step(rule, other, (size_t)action->each_transition)) ||
		     (rule->when == WHEN_CHANGED && sets_field(action->sets, action->set_count, rule->index))))
			return true;
		if (type != other)
			continue;
		if (action->kind == ACTION_CREATE_LINKED && waits_for_link(chain, rule, action, true, action->type))
			return true;
		if ((action->kind == ACTION_TRANSITION && wait_for_step(rule, type, action->transition)) ||
		    (action->kind == ACTION_SET && rule->when == WHEN_CHANGED &&
		     sets_field(action->sets, action->set_count, rule->index)) ||
		    (action->kind == ACTION_ASSIGN && rule->when == WHEN_CHANGED && (ptrdiff_t)rule->index == type->assignee) ||
		    (action->kind == ACTION_REQUEST && rule->when == WHEN_APPROVAL && rule->what == APPROVAL_ASKED &&
		     rule->index == action->transition) ||
		    (action->kind == ACTION_COMMENT && rule->when == WHEN_COMMENT && rule->comment_by == COMMENT_BY_ANYONE &&
		     (action->comment_public || !rule->comment_public_only)))
			return true;
	}
	return false;
}

/* As deep as there are rules in one chain. */
static bool in_circle(struct chain *chain, size_t rule, int depth)
{
	if (chain->colours[rule] != 0)
		return chain->colours[rule] == 1;
	if (depth > 1000)
		return true; /* walked, then */
	chain->colours[rule] = 1;
	for (size_t i = 0; i < chain->rule_count; i++)
		if (sets_off(chain, rule, i) && in_circle(chain, i, depth + 1))
			return true;
	chain->colours[rule] = 2;
	return false;
}

/* ---- values ---- */

static void add_field(struct chain_type *type, size_t field)
{
	size_t values;

	for (size_t i = 0; i < type->count; i++)
		if (type->fields[i] == field)
			return;
	if (type->count == CHAIN_FIELDS_MAX || !type->wanted[field])
		return; /* then it may be anything: the chain looks longer than it is, never shorter */
	type->fields[type->count] = field;
	type->variables[type->count] = logic_field(&type->logic, field, &values);
	type->values[type->count++] = values;
}

static void want(void *data, size_t field)
{
	struct chain_type *type = data;

	type->wanted[field] = true;
}

static void want_asked(void *data, const struct condition *condition)
{
	condition_each_field(condition, want, data);
}

/* Values are followed of what a condition asks and of what a rule waits for: others only make chains that differ in nothing. */
static void choose_wanted(const struct chain *chain, struct chain_type *type)
{
	type->wanted = arena_new_array(chain->arena, bool, type->type->field_count + 1);
	each_condition(chain->d->model, type->type, want_asked, type);
	for (size_t i = 0; i < type->type->rule_count; i++)
		if (type->type->rules[i].when == WHEN_CHANGED)
			type->wanted[type->type->rules[i].index] = true;
}

static void add_settings(struct chain_type *type, const struct setting *settings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add_field(type, settings[i].field);
}

static void add_asked(void *data, size_t field)
{
	struct chain_type *type = data;

	if (!type->type->fields[field].system)
		add_field(type, field);
}

static bool is_created(const struct chain *chain, const struct type *type)
{
	for (size_t i = 0; i < chain->rule_count; i++)
		for (size_t j = 0; j < chain->rules[i]->action_count; j++)
			if (chain->rules[i]->actions[j].kind == ACTION_CREATE_LINKED && chain->rules[i]->actions[j].type == type)
				return true;
	return false;
}

/* What is set; of records that rules make also what is asked, for that is known to be unset there. */
static void add_fields(struct chain *chain, struct chain_type *into)
{
	choose_wanted(chain, into);
	for (size_t i = 0; i < chain->rule_count; i++)
		for (size_t j = 0; j < chain->rules[i]->action_count; j++) {
			const struct action *action = &chain->rules[i]->actions[j];
			bool own = chain->types[chain->type_of[i]].type == into->type;

			if ((own && action->kind == ACTION_SET) || (action->kind != ACTION_SET && action->type == into->type))
				add_settings(into, action->sets, action->set_count);
			if (own && action->kind == ACTION_TRANSITION)
				add_settings(into, into->type->lifecycle->transitions[action->transition].sets,
					     into->type->lifecycle->transitions[action->transition].set_count);
		}
	for (size_t i = 0; i < into->type->rule_count && is_created(chain, into->type); i++)
		if (into->type->rules[i].condition != NULL)
			condition_each_field(into->type->rules[i].condition, add_asked, into);
	for (size_t i = 0; i < chain->rule_count && is_created(chain, into->type); i++)
		if (chain->rules[i]->other_where != NULL && type_same(chain->rules[i]->other_type, into->type))
			condition_each_field(chain->rules[i]->other_where, add_asked, into);
}

static ptrdiff_t place_of(const struct chain_type *type, size_t field)
{
	for (size_t i = 0; i < type->count; i++)
		if (type->fields[i] == field)
			return (ptrdiff_t)i;
	return -1;
}

/* What was copied from a field is no longer the same when that changes. */
static void forget_copies(const struct chain_type *type, struct chain_node *node, size_t field)
{
	for (size_t i = 0; i < type->count; i++)
		if (chain_is_made_from(node->values[i], field))
			node->values[i] = CHAIN_ANY;
}

static bool may_hold(struct chain_type *type, const struct condition *condition, const struct chain_node *node)
{
	uint8_t values[CHAIN_FIELDS_MAX];
	size_t tracked[CHAIN_FIELDS_MAX];
	struct facts facts = chain_facts(type, node, values, tracked);

	return logic_may_hold(&type->logic, condition, &facts);
}

static void apply_settings(struct chain_type *type, struct effects *effects, const struct setting *settings, size_t count)
{
	const struct chain_node before = effects->after; /* all are made of that */

	for (size_t i = 0; i < count; i++) {
		ptrdiff_t at = place_of(type, settings[i].field);
		int value = CHAIN_ANY;

		if (!may_hold(type, settings[i].when, &before))
			continue;
		if (at >= 0)
			value = chain_value(type, (size_t)at, &settings[i]);
		if (value != CHAIN_ANY && value == before.values[at])
			continue;
		forget_copies(type, &effects->after, settings[i].field);
		if (at >= 0)
			effects->after.values[at] = value;
		if (settings[i].field < DEFINE_FIELDS_MAX)
			effects->changed[settings[i].field] = true;
	}
}

/* ---- one rule runs ---- */

static bool run_step(struct chain_type *type, struct effects *effects, size_t position)
{
	const struct transition *transition = &type->type->lifecycle->transitions[position];

	if (!state_in(transition->from, effects->after.state) || !may_hold(type, transition->guard, &effects->after))
		return false;
	apply_settings(type, effects, transition->sets, transition->set_count);
	effects->entered = effects->entered || transition->to != effects->after.state;
	effects->after.state = transition->to;
	effects->transition = transition;
	return true;
}

/* False: an action cannot be done, and the whole rule is undone. */
static bool run_rule(struct chain *chain, const struct chain_node *node, struct effects *effects)
{
	struct chain_type *type = &chain->types[chain->type_of[node->rule]];
	const struct rule *rule = chain->rules[node->rule];

	*effects = (struct effects){ .after = *node, .ran = rule };
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct action *action = &rule->actions[i];

		if (action->kind == ACTION_TRANSITION && !run_step(type, effects, action->transition))
			return false;
		if (action->kind == ACTION_SET)
			apply_settings(type, effects, action->sets, action->set_count);
		effects->assigned = effects->assigned || action->kind == ACTION_ASSIGN;
		effects->comment = effects->comment || action->kind == ACTION_COMMENT;
		effects->comment_public = effects->comment_public || (action->kind == ACTION_COMMENT && action->comment_public);
	}
	return true;
}

/* A new record knows what it was given, its defaults, and nothing else. */
static void begin_record(struct chain_type *type, struct chain_node *node, const struct action *action)
{
	struct effects effects = { .after = { .rule = node->rule, .state = type->type->lifecycle->initial } };

	for (size_t i = 0; i < type->count; i++)
		effects.after.values[i] = chain_value_at_first(type, i);
	for (size_t i = 0; i < action->set_count; i++) {
		ptrdiff_t at = place_of(type, action->sets[i].field);

		if (at >= 0)
			effects.after.values[at] = action->sets[i].how == SET_VALUE || action->sets[i].how == SET_UNSET
						       ? chain_value(type, (size_t)at, &action->sets[i])
						       : CHAIN_ANY;
	}
	*node = effects.after;
}

/* The record that the rule has made is linked with it: what the other end must be is asked of it as it is born. */
static bool is_linked(struct chain *chain, const struct effects *effects, const struct rule *rule)
{
	for (size_t i = 0; effects->ran != NULL && i < effects->ran->action_count; i++) {
		const struct action *action = &effects->ran->actions[i];
		struct chain_node born = { .rule = 0 };

		if (action->kind != ACTION_CREATE_LINKED || !waits_for_link(chain, rule, action, true, action->type))
			continue;
		if (action->type->lifecycle == NULL)
			return true;
		begin_record(&chain->types[action->type->position], &born, action);
		if (may_hold(&chain->types[action->type->position], rule->other_where, &born))
			return true;
	}
	return false;
}

static bool is_set_off(struct chain *chain, const struct effects *effects, const struct rule *rule, const struct type *type)
{
	switch ((int)rule->when) {
	case WHEN_TRANSITION:
		return effects->transition == &type->lifecycle->transitions[rule->index];
	case WHEN_STATE:
		return effects->entered && effects->after.state == rule->index;
	case WHEN_CHANGED:
		return (rule->index < DEFINE_FIELDS_MAX && effects->changed[rule->index]) ||
		       (effects->assigned && (ptrdiff_t)rule->index == type->assignee);
	case WHEN_LINKED:
		return is_linked(chain, effects, rule);
	case WHEN_COMMENT:
		return effects->comment && rule->comment_by == COMMENT_BY_ANYONE &&
		       (effects->comment_public || !rule->comment_public_only);
	case WHEN_APPROVAL:
		return rule->what == APPROVAL_ASKED && effects->entered &&
		       state_in(type->approvals[rule->index].states, effects->after.state);
	default:
		return false;
	}
}

static bool walk(struct chain *chain, const struct chain_node *node);

/* `but` is no successor; NULL: all are. `jump`: it is another record. */
static bool walk_rules(struct chain *chain, const struct effects *effects, const struct type *type, const struct rule *but, bool jump)
{
	for (size_t i = 0; i < type->rule_count; i++) {
		struct chain_node next = effects->after;

		next.rule = chain->types[type->position].first_rule + i;
		next.jump = jump;
		if (&type->rules[i] != but && is_set_off(chain, effects, &type->rules[i], type) && walk(chain, &next))
			return true;
	}
	return false;
}

static bool walk_created(struct chain *chain, const struct action *action, const struct type *maker, const struct chain_node *made_by)
{
	const struct type *type = action->type;

	for (size_t i = 0; i < type->rule_count && type->lifecycle != NULL; i++) {
		struct chain_node next = { .rule = chain->types[type->position].first_rule + i };

		begin_record(&chain->types[type->position], &next, action);
		next.jump = true;
		if (type->rules[i].when == WHEN_LINKED &&
		    !may_hold(&chain->types[maker->position], type->rules[i].other_where, made_by))
			continue;
		if (waits_for_creation(chain, &type->rules[i], action, maker) && walk(chain, &next))
			return true;
	}
	return false;
}

/*
 * A rule that moves other records of its own type does so once to each of them where its transition does not leave the state it
 * enters (resolving a parent resolves its children, theirs, and so on): records are finitely many, that is no endless chain.
 */
static bool walk_each(struct chain *chain, const struct action *action, const struct rule *rule)
{
	const struct type *type = action->type;
	const struct transition *taken = action->each_transition < 0 ? NULL : &type->lifecycle->transitions[action->each_transition];
	const struct rule *but = taken != NULL && !state_in(taken->from, taken->to) ? rule : NULL;

	for (size_t state = 0; state < type->lifecycle->state_count; state++) {
		struct effects effects = { .after = { .state = state } };

		if (action->each_transition >= 0 && !run_step(&chain->types[type->position], &effects, (size_t)action->each_transition))
			continue;
		apply_settings(&chain->types[type->position], &effects, action->sets, action->set_count);
		if (walk_rules(chain, &effects, type, but, true))
			return true;
	}
	return false;
}

static bool walk_others(struct chain *chain, const struct rule *rule, const struct type *type, const struct chain_node *after)
{
	for (size_t i = 0; i < rule->action_count; i++) {
		const struct action *action = &rule->actions[i];

		if ((action->kind == ACTION_CREATE_LINKED && walk_created(chain, action, type, after)) ||
		    (action->kind == ACTION_EACH && action->type->lifecycle != NULL && walk_each(chain, action, rule)))
			return true;
	}
	return false;
}

static bool is_same(const struct chain_node *a, const struct chain_node *b)
{
	return a->rule == b->rule && a->state == b->state && memcmp(a->values, b->values, sizeof(a->values)) == 0;
}

/* Whether the conditions of the way walked so far, and of this node behind it, can all hold in a row. */
static bool conditions_meet(struct chain *chain, const struct chain_node *node)
{
	struct chain_step steps[CHAIN_DEPTH_MAX + 1];
	size_t first = 0;

	for (size_t i = 0; i <= chain->depth; i++) {
		const struct chain_node *one = i == chain->depth ? node : &chain->path[i];

		steps[i] = (struct chain_step){ one, chain->rules[one->rule] };
		if (one->jump)
			first = i; /* it went on to another record: what was before says nothing of that */
	}
	return circle_is_possible(&chain->types[chain->type_of[node->rule]], &steps[first], chain->depth + 1 - first);
}

static bool close_circle(struct chain *chain, const struct chain_node *node)
{
	for (size_t i = 0; i < chain->depth; i++) {
		if (!is_same(&chain->path[i], node))
			continue;
		if (!conditions_meet(chain, node)) {
			chain->doubtful = true;
			return false;
		}
		chain->circle_rule = node->rule;
		chain->circle = TEXT_UNSET;
		for (size_t j = i; j < chain->depth; j++)
			chain->circle = text_format(chain->arena, "%.*s%.*s -> ", TEXT_ARG(chain->circle),
						    TEXT_ARG(chain->rules[chain->path[j].rule]->name));
		chain->circle = text_format(chain->arena, "%.*s%.*s", TEXT_ARG(chain->circle),
					    TEXT_ARG(chain->rules[node->rule]->name));
		return true;
	}
	return false;
}

/* Then a circle was closed whose conditions do not meet. */
static bool is_on_path(const struct chain *chain, const struct chain_node *node)
{
	for (size_t i = 0; i < chain->depth; i++)
		if (is_same(&chain->path[i], node))
			return true;
	return false;
}

/* True when the chain never ends; the circle is in chain->circle. */
static bool walk(struct chain *chain, const struct chain_node *node)
{
	text key = { (const char *)node, offsetof(struct chain_node, jump) };
	struct effects effects;
	bool endless;

	if (!may_hold(&chain->types[chain->type_of[node->rule]], chain->rules[node->rule]->condition, node))
		return false;
	if (close_circle(chain, node))
		return true;
	if (chain->one_by_one ? !conditions_meet(chain, node) || is_on_path(chain, node) : table_get(&chain->seen, key) != NULL)
		return false;
	if (chain->depth == CHAIN_DEPTH_MAX || chain->nodes == (chain->one_by_one ? WAYS_MAX : NODES_MAX)) {
		chain->gave_up = true;
		return false;
	}
	if (!run_rule(chain, node, &effects))
		return false;
	chain->nodes++;
	key.data = arena_copy(chain->arena, key.data, key.length);
	table_set(&chain->seen, key, chain);
	chain->path[chain->depth++] = *node;
	endless = walk_rules(chain, &effects, chain->types[chain->type_of[node->rule]].type, NULL, false) ||
		  walk_others(chain, chain->rules[node->rule], chain->types[chain->type_of[node->rule]].type, &effects.after);
	chain->depth--;
	return endless;
}

/* ---- all rules ---- */

static void collect(struct chain *chain)
{
	const struct model *model = chain->d->model;
	size_t count = 0;

	for (size_t i = 0; i < model->type_count; i++)
		count += model->types[i].rule_count;
	chain->types = arena_new_array(chain->arena, struct chain_type, model->type_count);
	chain->rules = arena_new_array(chain->arena, const struct rule *, count + 1);
	chain->type_of = arena_new_array(chain->arena, size_t, count + 1);
	chain->colours = arena_new_array(chain->arena, char, count + 1);
	for (size_t i = 0; i < model->type_count; i++) {
		const struct type *type = &model->types[i];

		chain->types[i] = (struct chain_type){ .type = type, .first_rule = chain->rule_count };
		for (size_t j = 0; j < type->rule_count && type->lifecycle != NULL && !type->abstract; j++) {
			chain->type_of[chain->rule_count] = i;
			chain->rules[chain->rule_count++] = &type->rules[j];
		}
	}
}

static void tell(struct chain *chain, size_t rule, bool proven)
{
	size_t type = chain->type_of[rule];
	struct sound place = { .d = chain->d, .draft = &chain->d->drafts[type] };
	const struct value_entry *at = sound_at_rule(&place, rule - chain->types[type].first_rule);

	if (proven)
		define_error_key(chain->d, at,
				 text_format(chain->d->error_arena, "let a condition end it; %.*s", TEXT_ARG(chain->circle)),
				 "the rule '%.*s' sets itself off again without end", TEXT_ARG(chain->rules[rule]->name));
	else
		sound_not_proven(&place, at, "that what the rule '%.*s' sets off comes to an end", TEXT_ARG(chain->rules[rule]->name));
}

static void walk_from(struct chain *chain, size_t rule)
{
	const struct type *type = chain->types[chain->type_of[rule]].type;

	for (int round = 0; round < 2 && (round == 0 || chain->doubtful) && !chain->gave_up; round++) {
		chain->one_by_one = round == 1;
		chain->nodes = round == 1 ? 0 : chain->nodes;
		for (size_t state = 0; state < type->lifecycle->state_count; state++) {
			struct chain_node node = { .rule = rule, .state = state };

			if (walk(chain, &node)) {
				tell(chain, chain->circle_rule, true);
				return;
			}
		}
	}
	if (chain->gave_up)
		tell(chain, rule, false);
}

void define_chains(struct define *d)
{
	struct chain chain = { .d = d, .arena = arena_new((size_t)256 * 1024 * 1024) };
	bool any = false;

	collect(&chain);
	for (size_t i = 0; i < chain.rule_count && !any; i++)
		any = in_circle(&chain, i, 0);
	if (any) {
		table_init(&chain.seen, chain.arena);
		for (size_t i = 0; i < d->model->type_count; i++) {
			logic_init(&chain.types[i].logic, chain.arena, d->model, &d->model->types[i]);
			if (d->model->types[i].lifecycle != NULL)
				add_fields(&chain, &chain.types[i]);
		}
		for (size_t i = 0; i < chain.rule_count && !chain.gave_up; i++) {
			size_t told = d->error_count;

			chain.depth = 0;
			walk_from(&chain, i);
			if (d->error_count > told)
				break; /* the others of the circle would only tell it again */
		}
	}
	arena_free(chain.arena);
}
