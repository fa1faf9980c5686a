/*
 * Lifecycles: the names of states and transitions first (conditions speak of them), then what transitions
 * need, who may take them and what they set.
 */
#include "model/define_private.h"

#define TRANSITION_KEYS "label plain from to needs asks by guard message set"

static bool group_of(text name, enum state_group *ret_group)
{
	for (int group = 0; group < GROUP_COUNT; group++)
		if (text_equal(state_group_name((enum state_group)group), name)) {
			*ret_group = (enum state_group)group;
			return true;
		}
	return false;
}

static void read_state(struct define *d, struct state *state, const struct value_entry *entry)
{
	text names[GROUP_COUNT], group;

	state->name = entry->key;
	if (!define_map(d, entry->value, "a state", "group label plain past step"))
		return;
	state->label = define_label(d, entry->value, T("label"), entry->key);
	state->plain = define_label(d, entry->value, T("plain"), TEXT_UNSET);
	state->past = define_label(d, entry->value, T("past"), TEXT_UNSET);
	state->step = (int)define_integer(d, entry->value, T("step"), 0, 0, 20);
	group = define_text(d, entry->value, T("group"));
	if (!text_is_set(group)) {
		define_error_key(d, entry, T("group: open, waiting, done, closed or cancelled"),
				 "the state '%.*s' has no group", TEXT_ARG(entry->key));
		return;
	}
	for (int i = 0; i < GROUP_COUNT; i++)
		names[i] = state_group_name((enum state_group)i);
	if (!group_of(group, &state->group))
		define_error(d, value_get(entry->value, T("group")),
			     define_hint(d, group, names, GROUP_COUNT), "no group of states is named '%.*s'",
			     TEXT_ARG(group));
}

void define_state_choices(struct define *d, struct type *type)
{
	struct field *field = &type->fields[FIELD_STATE];
	const struct lifecycle *lifecycle = type->lifecycle;

	field->choices = arena_new_array(d->arena, struct choice, lifecycle->state_count);
	field->choice_count = lifecycle->state_count;
	for (size_t i = 0; i < lifecycle->state_count; i++)
		field->choices[i] =
		    (struct choice){ lifecycle->states[i].name, lifecycle->states[i].label, lifecycle->states[i].retired };
}

static void read_initial(struct define *d, struct draft *draft, const struct value *section)
{
	const struct value *initial = value_get(section, T("initial"));
	ptrdiff_t state;

	if (initial == NULL)
		return;
	state = define_state_at(d, draft->type, define_scalar(d, initial, "initial"), initial);
	draft->type->lifecycle->initial = state < 0 ? 0 : (size_t)state;
}

void define_states(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("lifecycle")), *states, *transitions;
	struct lifecycle *lifecycle;

	if (section == NULL || !define_map(d, section, "lifecycle", "initial states transitions"))
		return;
	states = value_get(section, T("states"));
	if (states == NULL || !define_names(d, states, "states") || states->map.count == 0 ||
	    states->map.count > LIMIT_STATES) {
		define_error(d, states == NULL ? section : states, TEXT_UNSET,
			     "a lifecycle has 1 to %d states", LIMIT_STATES);
		return;
	}
	lifecycle = arena_new_struct(d->arena, struct lifecycle);
	lifecycle->states = arena_new_array(d->arena, struct state, states->map.count);
	draft->lifecycle_file = d->file;
	draft->state_nodes = arena_new_array(d->arena, const struct value_entry *, states->map.count);
	for (size_t i = 0; i < states->map.count; i++) {
		draft->state_nodes[i] = &states->map.entries[i];
		read_state(d, &lifecycle->states[lifecycle->state_count++], draft->state_nodes[i]);
	}
	draft->type->lifecycle = lifecycle;
	define_state_choices(d, draft->type);
	read_initial(d, draft, section);
	transitions = value_get(section, T("transitions"));
	if (transitions == NULL || !define_names(d, transitions, "transitions"))
		return;
	lifecycle->transitions = arena_new_array(d->arena, struct transition, transitions->map.count);
	draft->transition_nodes =
	    arena_new_array(d->arena, const struct value_entry *, transitions->map.count);
	for (size_t i = 0; i < transitions->map.count; i++) {
		draft->transition_nodes[i] = &transitions->map.entries[i];
		lifecycle->transitions[lifecycle->transition_count++].name = transitions->map.entries[i].key;
	}
}

/* ---- needs ---- */

static void read_comment_need(struct define *d, const struct type *type, struct need *need,
			      const struct value *item)
{
	text visibility = define_text(d, item, T("comment"));

	need->comment = true;
	need->comment_public = text_equal(visibility, T("public"));
	if (text_is_set(visibility) && !need->comment_public && !text_equal(visibility, T("internal")))
		define_error(d, value_get(item, T("comment")), TEXT_UNSET,
			     "a comment is public or internal, not '%.*s'", TEXT_ARG(visibility));
	need->public_when = define_condition(d, type, value_get(item, T("public when")), CONDITION_RULE);
}

static void read_need(struct define *d, const struct type *type, struct need *need, const struct value *item)
{
	const struct value *fields = NULL;

	if (item->kind == VALUE_TEXT && text_equal(item->text, T("comment"))) {
		need->comment = true;
		return;
	}
	if (item->kind == VALUE_TEXT) {
		fields = item;
	} else {
		if (!define_map(d, item, "a need", "any~of field comment public~when when"))
			return;
		need->when = define_condition(d, type, value_get(item, T("when")), CONDITION_RULE);
		if (value_get(item, T("comment")) != NULL) {
			read_comment_need(d, type, need, item);
			return;
		}
		fields = value_get(item, T("any of")) != NULL ? value_get(item, T("any of"))
							      : value_get(item, T("field"));
	}
	if (fields == NULL) {
		define_error(d, item, T("a field's name, comment, or any of: [fields]"),
			     "this need names nothing");
		return;
	}
	need->fields = define_fields_at(d, type, fields, &need->field_count);
}

static void read_needs(struct define *d, const struct type *type, struct transition *transition,
		       const struct value *node)
{
	size_t count;
	struct value **items = define_list(d, value_get(node, T("needs")), &count);

	transition->needs = arena_new_array(d->arena, struct need, count);
	transition->need_count = count;
	for (size_t i = 0; i < count; i++)
		read_need(d, type, &transition->needs[i], items[i]);
}

/* ---- who ---- */

static void add_permit_name(struct define *d, struct permit *permit, const struct value *item)
{
	ptrdiff_t role;

	if (item->kind == VALUE_TEXT && text_equal(item->text, T("timer"))) {
		permit->timer = true;
		return;
	}
	if (item->kind == VALUE_TEXT && text_equal(item->text, T("approval"))) {
		permit->approval = true;
		return;
	}
	if (item->kind == VALUE_TEXT && text_equal(item->text, T("tasks"))) {
		permit->tasks = true;
		return;
	}
	role = define_role_at(d, item);
	if (role >= 0)
		permit->roles |= UINT64_C(1) << role;
}

/* Names without a condition are one permit; each { role, when } is one of its own. */
static void read_permits(struct define *d, const struct type *type, struct transition *transition,
			 const struct value *node)
{
	size_t count;
	struct value **items = define_list(d, value_get(node, T("by")), &count);
	struct permit *plain = NULL;

	transition->permits = arena_new_array(d->arena, struct permit, count + 1);
	for (size_t i = 0; i < count; i++) {
		struct permit *permit;

		if (items[i]->kind == VALUE_TEXT) {
			if (plain == NULL)
				plain = &transition->permits[transition->permit_count++];
			add_permit_name(d, plain, items[i]);
			continue;
		}
		if (!define_map(d, items[i], "a permit", "role when"))
			continue;
		permit = &transition->permits[transition->permit_count++];
		permit->when = define_condition(d, type, value_get(items[i], T("when")), CONDITION_RULE);
		if (value_get(items[i], T("role")) == NULL) {
			define_error(d, items[i], TEXT_UNSET, "this permit names no role");
			continue;
		}
		add_permit_name(d, permit, value_get(items[i], T("role")));
	}
}

/* ---- set ---- */

static void read_setting_value(struct define *d, const struct type *type, struct setting *setting,
			       const struct value *value)
{
	const struct field *field = &type->fields[setting->field];
	text source = value == NULL ? TEXT_UNSET : define_scalar(d, value, "a value");

	setting->how = SET_VALUE;
	if (!text_is_set(source))
		return;
	if (text_equal(source, T("unset"))) {
		setting->how = SET_UNSET;
		if (field->required)
			define_error(d, value, TEXT_UNSET, "'%.*s' is required and cannot be unset",
				     TEXT_ARG(field->name));
	} else if (text_equal(source, T("me")) && field->kind == KIND_LINK) {
		setting->how = SET_ME;
		if (field->target != NULL && field->target != d->model->user)
			define_error(d, value, TEXT_UNSET, "'%.*s' is no link to a person",
				     TEXT_ARG(field->name));
	} else if (text_equal(source, T("now")) && field->kind == KIND_MOMENT) {
		setting->how = SET_NOW;
	} else {
		setting->value = arena_new_struct(d->arena, struct cell);
		if (!define_cell(d, field, value, setting->value))
			setting->value = NULL;
	}
}

/* "service.team": the last field, or NULL; the positions into the setting. All but the last are links. */
static const struct field *read_path(struct define *d, const struct type *from, struct setting *setting,
				     const struct value *value, text rest)
{
	text name;
	/* The questions of a group stand beside those of the form, as "accounts.name". */
	const struct field *field = text_is_set(rest) && text_find_char(rest, '.') > 0 ? type_field(from, rest) : NULL;

	setting->path = arena_new_array(d->arena, size_t, LIMIT_CONDITION_PATH);
	if (field != NULL) {
		setting->path[setting->path_count++] = field->position;
		return field;
	}
	while (text_is_set(rest) && !text_is_empty(rest) && setting->path_count < LIMIT_CONDITION_PATH) {
		struct value at = { .kind = VALUE_TEXT, .line = value->line, .column = value->column };
		ptrdiff_t position;

		text_cut(&rest, '.', &name);
		at.text = name;
		if (field != NULL && (field->kind != KIND_LINK || field->target == NULL)) {
			define_error(d, value, T("a path leads through links: service.team"),
				     "'%.*s' is no link", TEXT_ARG(field->name));
			return NULL;
		}
		from = field == NULL ? from : field->target;
		position = define_field_at(d, from, &at);
		if (position < 0)
			return NULL;
		field = &from->fields[position];
		setting->path[setting->path_count++] = (size_t)position;
	}
	return field;
}

/* { from: other }: the record at the other end of the link that the rule is about. */
static void read_other_itself(struct define *d, const struct field *field, struct setting *setting, const struct value *value)
{
	const struct type *other = d->linked->other_type;

	setting->how = SET_OTHER;
	setting->path_count = 0;
	if (field->kind == KIND_RECORD)
		return;
	other = define_other_type(d, value);
	if (other != NULL && (field->kind != KIND_LINK || !type_same(field->target, other)))
		define_error(d, value, TEXT_UNSET, "'%.*s' is no link to a %.*s", TEXT_ARG(field->name), TEXT_ARG(other->name));
}

static void read_setting_from(struct define *d, const struct type *type, const struct type *from,
			      struct setting *setting, const struct value *value)
{
	const struct field *field = &type->fields[setting->field], *source;
	text words = define_scalar(d, value, "from"), path;
	bool other = text_is_set(words) && define_is_other(d, words, &path);

	if (other && !text_is_set(path)) {
		read_other_itself(d, field, setting, value);
		return;
	}
	if (other)
		from = define_other_type(d, value);
	source = from == NULL ? NULL : read_path(d, from, setting, value, other ? path : words);
	if (source == NULL)
		return;
	setting->how = other ? SET_OTHER : setting->path_count == 1 ? SET_FIELD : SET_PATH;
	setting->from = setting->path[0];
	/* One line fits into many. */
	if (!(source->kind == KIND_TEXT && field->kind == KIND_PROSE) &&
	    (source->kind != field->kind || source->target != field->target ||
	     source->choice_count != field->choice_count))
		define_error(d, value, T("both must be of the same kind"), "'%.*s' does not fit into '%.*s'",
			     TEXT_ARG(source->name), TEXT_ARG(field->name));
}

/* { words: "New starter: {person}" } */
static void read_setting_words(struct define *d, const struct field *field, const struct type *from,
			       struct setting *setting, const struct value *node)
{
	setting->how = SET_WORDS;
	setting->words = define_words(d, from, node, T("words"));
	if (field->kind != KIND_TEXT && field->kind != KIND_PROSE)
		define_error(d, value_get(node, T("words")), T("words make texts"), "'%.*s' is no text",
			     TEXT_ARG(field->name));
}

/* { link: identity }: what it names is looked up when it runs, because it may come and go. */
static void read_setting_link(struct define *d, const struct field *field, struct setting *setting,
			      const struct value *node)
{
	setting->how = SET_LINK;
	setting->words = define_text(d, node, T("link"));
	if (field->kind != KIND_LINK)
		define_error(d, value_get(node, T("link")), TEXT_UNSET, "'%.*s' is no link", TEXT_ARG(field->name));
}

/* { member of: team }: whoever is not in the team of the record is taken out of the field. */
static void read_setting_member(struct define *d, const struct field *field, const struct type *from,
				struct setting *setting, const struct value *value)
{
	ptrdiff_t team = define_field_at(d, from, value);

	setting->how = SET_MEMBER;
	setting->from = team < 0 ? 0 : (size_t)team;
	if (field->kind != KIND_LINK || field->target != d->model->user)
		define_error(d, value, TEXT_UNSET, "'%.*s' is no link to a person", TEXT_ARG(field->name));
	if (team >= 0 && (from->fields[team].kind != KIND_LINK || from->fields[team].target != d->model->team))
		define_error(d, value, TEXT_UNSET, "'%.*s' is no link to a team",
			     TEXT_ARG(from->fields[team].name));
}

static void read_setting(struct define *d, const struct type *type, const struct type *from,
			 struct setting *setting, const struct value_entry *entry)
{
	if (type->fields[setting->field].system)
		define_error_key(d, entry, TEXT_UNSET, "'%.*s' is set by the system only",
				 TEXT_ARG(entry->key));
	if (entry->value->kind != VALUE_MAP) {
		read_setting_value(d, type, setting, entry->value);
		return;
	}
	if (!define_map(d, entry->value, "a setting", "to from words link member~of when"))
		return;
	setting->when = define_condition(d, from, value_get(entry->value, T("when")), CONDITION_RULE);
	if (value_get(entry->value, T("from")) != NULL)
		read_setting_from(d, type, from, setting, value_get(entry->value, T("from")));
	else if (value_get(entry->value, T("words")) != NULL)
		read_setting_words(d, &type->fields[setting->field], from, setting, entry->value);
	else if (value_get(entry->value, T("member of")) != NULL)
		read_setting_member(d, &type->fields[setting->field], from, setting, value_get(entry->value, T("member of")));
	else if (value_get(entry->value, T("link")) != NULL)
		read_setting_link(d, &type->fields[setting->field], setting, entry->value);
	else
		read_setting_value(d, type, setting, value_get(entry->value, T("to")));
}

struct setting *define_settings(struct define *d, const struct type *type, const struct type *from,
				const struct value *value, size_t *ret_count)
{
	struct setting *settings;

	*ret_count = 0;
	if (value_is_null(value) || !define_any_map(d, value, "set"))
		return NULL;
	settings = arena_new_array(d->arena, struct setting, value->map.count);
	for (size_t i = 0; i < value->map.count; i++) {
		const struct value_entry *entry = &value->map.entries[i];
		struct value name = {
			.kind = VALUE_TEXT, .line = entry->line, .column = entry->column, .text = entry->key
		};
		ptrdiff_t field = define_field_at(d, type, &name);

		if (field < 0)
			continue;
		settings[*ret_count].field = (size_t)field;
		read_setting(d, type, from, &settings[(*ret_count)++], entry);
	}
	return settings;
}

/* ---- transitions ---- */

static void read_transition(struct define *d, const struct type *type, struct transition *transition,
			    const struct value_entry *entry)
{
	const struct value *node = entry->value, *to;
	ptrdiff_t state;

	if (!define_map(d, node, "a transition", TRANSITION_KEYS))
		return;
	transition->label = define_label(d, node, T("label"), entry->key);
	transition->plain = define_label(d, node, T("plain"), TEXT_UNSET);
	transition->from = define_states_at(d, type, value_get(node, T("from")));
	to = value_get(node, T("to"));
	if (value_get(node, T("from")) == NULL || to == NULL) {
		define_error_key(d, entry, TEXT_UNSET, "the transition '%.*s' needs from and to",
				 TEXT_ARG(entry->key));
		return;
	}
	state = define_state_at(d, type, define_scalar(d, to, "to"), to);
	transition->to = state < 0 ? 0 : (size_t)state;
	read_needs(d, type, transition, node);
	transition->asks = define_fields_at(d, type, value_get(node, T("asks")), &transition->ask_count);
	read_permits(d, type, transition, node);
	transition->guard = define_condition(d, type, value_get(node, T("guard")), CONDITION_RULE);
	transition->guard_message = define_text(d, node, T("message"));
	transition->sets = define_settings(d, type, type, value_get(node, T("set")), &transition->set_count);
}

void define_transitions(struct define *d, struct draft *draft)
{
	struct lifecycle *lifecycle = draft->type->lifecycle;

	if (lifecycle == NULL)
		return;
	d->file = draft->lifecycle_file;
	for (size_t i = 0; i < lifecycle->transition_count; i++)
		read_transition(d, draft->type, &lifecycle->transitions[i], draft->transition_nodes[i]);
}
