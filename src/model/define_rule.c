/* Automation: when something happens or a time comes (define_when.c), if a condition holds, then actions. */
#include "model/define_private.h"

#define ACTION_KEYS                                                                                          \
	"transition set notify comment create roles words visibility relation assign team webhook fields request " \
	"each of where all"

/* ---- then ---- */

/* "{title}", and "{other}", "{other.title}" in rules about links. */
static void check_placeholder(struct define *d, const struct type *type, struct value *name, bool comment)
{
	text path;

	if (!define_is_other(d, name->text, &path)) {
		(void)!define_field_at(d, type, name);
		return;
	}
	if (!text_is_set(path))
		return;
	if (comment)
		define_error(d, name, T("write {other}, its number"),
			     "whoever reads a comment may not be allowed to read '%.*s'", TEXT_ARG(name->text));
	type = define_other_type(d, name);
	name->text = path;
	if (type != NULL)
		(void)!define_field_at(d, type, name);
}

text define_words(struct define *d, const struct type *type, const struct value *item, text key)
{
	const struct value *value = value_get(item, key);
	text source = define_text(d, item, key), rest = source, part;

	if (value != NULL && text_is_set(source) && source.length > LIMIT_TEXT_BYTES)
		define_error(d, value, TEXT_UNSET, "these words are longer than %d bytes", LIMIT_TEXT_BYTES);
	while (text_cut(&rest, '{', &part) && text_is_set(rest)) {
		ptrdiff_t end = text_find_char(rest, '}');
		struct value name = { .kind = VALUE_TEXT, .line = value->line, .column = value->column };

		if (end < 0) {
			define_error(d, value, T("write a field as {title}"), "a { is never closed");
			break;
		}
		name.text = text_slice(rest, 0, (size_t)end);
		check_placeholder(d, type, &name, text_equal(key, T("comment")));
	}
	return source;
}

static void read_notify(struct define *d, const struct type *type, struct action *action,
			const struct value *item)
{
	const struct value *fields = value_get(item, T("notify"));

	action->kind = ACTION_NOTIFY;
	action->notify_fields = define_fields_at(d, type, fields, &action->notify_field_count);
	for (size_t i = 0; i < action->notify_field_count; i++) {
		const struct field *field = &type->fields[action->notify_fields[i]];

		if (field->target == NULL ||
		    (field->target != d->model->user && field->target != d->model->team))
			define_error(d, fields, TEXT_UNSET, "'%.*s' is no link to people or a team",
				     TEXT_ARG(field->name));
	}
	action->notify_roles = define_roles_at(d, value_get(item, T("roles")));
	action->words = define_words(d, type, item, T("words"));
	if (!text_is_set(action->words))
		define_error(d, item, T("words: \"{number}: {title}\""), "a notification needs words");
	if (action->notify_field_count == 0 && action->notify_roles == 0)
		define_error(d, item, TEXT_UNSET, "this notification goes to nobody");
}

static void read_create(struct define *d, const struct type *type, struct action *action,
			const struct value *item)
{
	action->kind = ACTION_CREATE_LINKED;
	action->type = define_type_at(d, value_get(item, T("create")));
	action->relation = define_text(d, item, T("relation"));
	if (!text_is_set(action->relation))
		define_error(d, item, T("relation: related_to"), "a created record needs its relation");
	if (action->type == NULL)
		return;
	if (action->type->abstract || action->type->platform)
		define_error(d, value_get(item, T("create")), TEXT_UNSET,
			     "automation creates work records only");
	action->sets = define_settings(d, action->type, type, value_get(item, T("set")), &action->set_count);
}

static void read_comment_action(struct define *d, const struct type *type, struct action *action,
				const struct value *item)
{
	text visibility = define_text(d, item, T("visibility"));

	action->kind = ACTION_COMMENT;
	action->words = define_words(d, type, item, T("comment"));
	action->comment_public = text_equal(visibility, T("public"));
	if (text_is_set(visibility) && !action->comment_public && !text_equal(visibility, T("internal")))
		define_error(d, value_get(item, T("visibility")), TEXT_UNSET,
			     "a comment is public or internal, not '%.*s'", TEXT_ARG(visibility));
}

/* To somebody of the team in the field `team`, or in another link to a team. */
static void read_assign(struct define *d, const struct type *type, struct action *action, const struct value *item)
{
	static const char *const ways[] = { "round_robin", "least_loaded", "skill" };
	const struct value *assign = value_get(item, T("assign")), *team = value_get(item, T("team"));
	text how, names[array_length(ways)];
	ptrdiff_t field = type->team;
	int found = -1;

	action->kind = ACTION_ASSIGN;
	if (assign->kind == VALUE_MAP && define_map(d, assign, "assign", "how team")) {
		team = value_get(assign, T("team"));
		how = define_text(d, assign, T("how"));
	} else {
		how = define_scalar(d, assign, "assign");
	}
	for (size_t i = 0; i < array_length(ways); i++) {
		names[i] = text_from(ways[i]);
		if (text_equal(how, names[i]))
			found = (int)i;
	}
	if (found < 0)
		define_error(d, assign, define_hint(d, how, names, array_length(ways)),
			     "work is assigned by round_robin, least_loaded or skill, not '%.*s'", TEXT_ARG(how));
	action->assign = found < 0 ? ASSIGN_ROUND_ROBIN : (enum assign_how)found;
	if (team != NULL)
		field = define_field_at(d, type, team);
	if (type->assignee < 0 || (field < 0 && team == NULL)) {
		define_error(d, assign, T("fields: { team: { kind: link, to: team }, assignee: { kind: link, to: user } }"),
			     "%.*s has no team and assignee", TEXT_ARG(type->name));
		return;
	}
	if (field < 0)
		return;
	if (type->fields[field].kind != KIND_LINK || type->fields[field].target != d->model->team)
		define_error(d, team, TEXT_UNSET, "'%.*s' is no link to a team", TEXT_ARG(type->fields[field].name));
	action->notify_fields = arena_copy(d->arena, &(size_t){ (size_t)field }, sizeof(size_t));
	action->notify_field_count = 1;
}

/* Webhooks are records, made later by administrators: their name cannot be checked here. */
static void read_webhook(struct define *d, const struct type *type, struct action *action, const struct value *item)
{
	action->kind = ACTION_WEBHOOK;
	action->words = define_scalar(d, value_get(item, T("webhook")), "webhook");
	action->fields = define_fields_at(d, type, value_get(item, T("fields")), &action->field_count);
}

static void read_request(struct define *d, const struct type *type, struct action *action, const struct value *item)
{
	const struct value *request = value_get(item, T("request"));
	ptrdiff_t approval = define_approval_at(d, type, define_scalar(d, request, "request"), request);

	action->kind = ACTION_REQUEST;
	action->transition = approval < 0 ? 0 : (size_t)approval;
}

static bool read_action(struct define *d, const struct type *type, struct action *action,
			const struct value *item)
{
	const struct value *transition;
	ptrdiff_t index;

	if (!define_map(d, item, "an action", ACTION_KEYS))
		return false;
	if (value_get(item, T("each")) != NULL) {
		define_each(d, type, action, item);
		return action->type != NULL;
	}
	transition = value_get(item, T("transition"));
	if (transition != NULL) {
		action->kind = ACTION_TRANSITION;
		index = define_transition_at(d, type, define_scalar(d, transition, "transition"), transition);
		action->transition = index < 0 ? 0 : (size_t)index;
		return index >= 0;
	}
	if (value_get(item, T("notify")) != NULL || value_get(item, T("roles")) != NULL) {
		read_notify(d, type, action, item);
	} else if (value_get(item, T("create")) != NULL) {
		read_create(d, type, action, item);
	} else if (value_get(item, T("assign")) != NULL) {
		read_assign(d, type, action, item);
	} else if (value_get(item, T("webhook")) != NULL) {
		read_webhook(d, type, action, item);
	} else if (value_get(item, T("request")) != NULL) {
		read_request(d, type, action, item);
	} else if (value_get(item, T("comment")) != NULL) {
		read_comment_action(d, type, action, item);
	} else if (value_get(item, T("set")) != NULL) {
		action->kind = ACTION_SET;
		action->sets = define_settings(d, type, type, value_get(item, T("set")), &action->set_count);
	} else {
		define_error(d, item, T("transition, set, each, assign, notify, comment, create, request or webhook"),
			     "this action does nothing");
		return false;
	}
	return true;
}

/* "assignee changed", "rule route": what must not have gone with it. */
static void read_unless_one(struct define *d, const struct type *type, struct rule *rule, const struct value *item)
{
	text rest = define_scalar(d, item, "unless"), first;
	struct value name = { .kind = VALUE_TEXT, .line = item->line, .column = item->column };
	ptrdiff_t field;

	if (!text_is_set(rest))
		return;
	text_cut(&rest, ' ', &first);
	if (text_equal(first, T("rule")) && text_is_set(rest)) {
		rule->unless_rules[rule->unless_rule_count++] = rest;
	} else if (text_equal(rest, T("changed"))) {
		name.text = first;
		field = define_field_at(d, type, &name);
		if (field >= 0)
			rule->unless_changed[rule->unless_changed_count++] = (size_t)field;
	} else {
		define_error(d, item, T("FIELD changed, or rule NAME"), "'%.*s' is nothing that goes with a change",
			     TEXT_ARG(define_scalar(d, item, "unless")));
	}
}

static void read_unless(struct define *d, const struct type *type, struct rule *rule, const struct value *node)
{
	const struct value *value = value_get(node, T("unless"));
	size_t count;
	struct value **items = define_list(d, value, &count);

	if (count > 0 && rule->when != WHEN_CREATED && rule->when != WHEN_CHANGED && rule->when != WHEN_TRANSITION &&
	    rule->when != WHEN_STATE && rule->when != WHEN_COMMENT)
		define_error(d, value, T("write it under if"), "unless is for rules that wait for a change");
	rule->unless_changed = arena_new_array(d->arena, size_t, count);
	rule->unless_rules = arena_new_array(d->arena, text, count);
	for (size_t i = 0; i < count; i++)
		read_unless_one(d, type, rule, items[i]);
}

/* The rules that others name stand beside them. */
static void check_unless(struct define *d, const struct type *type, const struct rule *rule, const struct value *section,
			 const struct value_entry *at)
{
	for (size_t i = 0; i < rule->unless_rule_count; i++)
		if (value_get(section, rule->unless_rules[i]) == NULL)
			define_error_key(d, at, TEXT_UNSET, "%.*s has no rule '%.*s'", TEXT_ARG(type->name),
					 TEXT_ARG(rule->unless_rules[i]));
}

static void read_rule(struct define *d, const struct type *type, struct rule *rule,
		      const struct value_entry *entry)
{
	const struct value *node = entry->value;
	struct value **items;
	size_t count;

	rule->name = entry->key;
	if (!define_map(d, node, "a rule", "when if where unless then"))
		return;
	if (value_get(node, T("when")) == NULL)
		define_error_key(d, entry, T(DEFINE_WHEN_WORDS), "the rule '%.*s' has no when",
				 TEXT_ARG(entry->key));
	else
		define_when(d, type, rule, value_get(node, T("when")));
	rule->condition = define_condition(d, type, value_get(node, T("if")), CONDITION_RULE);
	define_linked_where(d, rule, node);
	define_daily(d, type, rule, entry);
	read_unless(d, type, rule, node);
	items = define_list(d, value_get(node, T("then")), &count);
	if (count == 0)
		define_error_key(d, entry, T("then: [transition: close]"), "the rule '%.*s' does nothing",
				 TEXT_ARG(entry->key));
	rule->actions = arena_new_array(d->arena, struct action, count);
	d->linked = rule->when == WHEN_LINKED || rule->when == WHEN_UNLINKED ? rule : NULL;
	for (size_t i = 0; i < count; i++)
		if (read_action(d, type, &rule->actions[rule->action_count], items[i]))
			rule->action_count++;
	d->linked = NULL;
}

void define_automation(struct define *d, struct draft *draft)
{
	const struct value *section = define_section(d, draft, T("automation"));
	struct type *type = draft->type;

	if (section == NULL || !define_names(d, section, "automation"))
		return;
	type->rules = arena_new_array(d->arena, struct rule, section->map.count);
	draft->rules_file = d->file;
	draft->rule_nodes = arena_new_array(d->arena, const struct value_entry *, section->map.count);
	for (size_t i = 0; i < section->map.count; i++) {
		draft->rule_nodes[i] = &section->map.entries[i];
		read_rule(d, type, &type->rules[type->rule_count++], draft->rule_nodes[i]);
		check_unless(d, type, &type->rules[type->rule_count - 1], section, draft->rule_nodes[i]);
	}
}
