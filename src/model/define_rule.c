/* Automation: when something happens or a time comes, if a condition holds, then actions. */
#include "model/define_private.h"

#define ACTION_KEYS "transition set notify comment create roles words visibility relation"
#define WHEN_WORDS                                                                                           \
	"created, FIELD changed, transition NAME, state NAME, [public] comment [by requester|agent], "       \
	"clock NAME warned|breached, 5 working days after FIELD, 4h after FIELD, FIELD comes"

/* ---- when ---- */

static ptrdiff_t clock_at(struct define *d, const struct type *type, text name, const struct value *at)
{
	text names[32];
	size_t count = minimum(type->clock_count, array_length(names));

	for (size_t i = 0; i < type->clock_count; i++)
		if (text_equal(type->clocks[i].name, name))
			return (ptrdiff_t)i;
	for (size_t i = 0; i < count; i++)
		names[i] = type->clocks[i].name;
	define_error(d, at, define_hint(d, name, names, count), "%.*s has no clock '%.*s'",
		     TEXT_ARG(type->name), TEXT_ARG(name));
	return -1;
}

static ptrdiff_t moment_field(struct define *d, const struct type *type, text name, const struct value *at)
{
	struct value value = { .kind = VALUE_TEXT, .line = at->line, .column = at->column, .text = name };
	ptrdiff_t field = define_field_at(d, type, &value);

	if (field < 0 || type->fields[field].kind == KIND_MOMENT)
		return field;
	define_error(d, at, TEXT_UNSET, "'%.*s' is no moment", TEXT_ARG(name));
	return -1;
}

static bool read_comment_when(struct rule *rule, text source)
{
	text rest = source;

	if (text_starts_with(rest, T("public "))) {
		rule->comment_public_only = true;
		rest = text_slice(rest, 7, rest.length);
	}
	if (text_equal(rest, T("comment by requester")))
		rule->comment_by = COMMENT_BY_REQUESTER;
	else if (text_equal(rest, T("comment by agent")))
		rule->comment_by = COMMENT_BY_AGENT;
	else if (!text_equal(rest, T("comment")))
		return false;
	rule->when = WHEN_COMMENT;
	return true;
}

/* "5 working days after resolved_at", "4h after created_at": false when it is neither. */
static bool read_after(struct define *d, const struct type *type, struct rule *rule, text source,
		       const struct value *at, ptrdiff_t *ret_index)
{
	ptrdiff_t after = text_find(source, T(" after "));
	text length, number;

	if (after < 0)
		return false;
	rule->when = WHEN_AFTER;
	length = text_slice(source, 0, (size_t)after);
	*ret_index = moment_field(d, type, text_slice(source, (size_t)after + 7, source.length), at);
	if (text_ends_with(length, T(" working days")) || text_ends_with(length, T(" working day"))) {
		number = text_slice(length, 0, (size_t)text_find_char(length, ' '));
		if (text_to_integer(number, &rule->after_working_days) && rule->after_working_days > 0 &&
		    rule->after_working_days <= 1000)
			return true;
	} else if (duration_parse(length, &rule->after_ms) && rule->after_ms > 0) {
		return true;
	}
	define_error(d, at, T("5 working days, 4h, 2d"), "'%.*s' is no length of time", TEXT_ARG(length));
	return true;
}

static void read_when(struct define *d, const struct type *type, struct rule *rule, const struct value *at)
{
	text source = define_scalar(d, at, "when"), rest = source, first;
	ptrdiff_t index = 0;

	if (!text_is_set(source) || read_comment_when(rule, source))
		return;
	if (text_equal(source, T("created"))) {
		rule->when = WHEN_CREATED;
		return;
	}
	if (read_after(d, type, rule, source, at, &index)) {
		rule->index = index < 0 ? 0 : (size_t)index;
		return;
	}
	text_cut(&rest, ' ', &first);
	if (text_equal(first, T("state")) && text_is_set(rest) && !text_equal(rest, T("changed"))) {
		rule->when = WHEN_STATE;
		index = define_state_at(d, type, rest, at);
	} else if (text_equal(first, T("transition")) && text_is_set(rest)) {
		rule->when = WHEN_TRANSITION;
		index = define_transition_at(d, type, rest, at);
	} else if (text_equal(first, T("clock")) && text_ends_with(rest, T(" warned"))) {
		rule->when = WHEN_CLOCK_WARNED;
		index = clock_at(d, type, text_slice(rest, 0, rest.length - 7), at);
	} else if (text_equal(first, T("clock")) && text_ends_with(rest, T(" breached"))) {
		rule->when = WHEN_CLOCK_BREACHED;
		index = clock_at(d, type, text_slice(rest, 0, rest.length - 9), at);
	} else if (text_equal(rest, T("comes"))) {
		rule->when = WHEN_COMES;
		index = moment_field(d, type, first, at);
	} else if (text_equal(rest, T("changed"))) {
		struct value name = {
			.kind = VALUE_TEXT, .line = at->line, .column = at->column, .text = first
		};

		rule->when = WHEN_CHANGED;
		index = define_field_at(d, type, &name);
	} else {
		define_error(d, at, T(WHEN_WORDS), "'%.*s' is nothing that happens", TEXT_ARG(source));
	}
	rule->index = index < 0 ? 0 : (size_t)index;
}

/* ---- then ---- */

/* Every {name} in words for people must be a field. */
static text read_words(struct define *d, const struct type *type, const struct value *item, text key)
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
		(void)!define_field_at(d, type, &name);
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
	action->words = read_words(d, type, item, T("words"));
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
	action->words = read_words(d, type, item, T("comment"));
	action->comment_public = text_equal(visibility, T("public"));
	if (text_is_set(visibility) && !action->comment_public && !text_equal(visibility, T("internal")))
		define_error(d, value_get(item, T("visibility")), TEXT_UNSET,
			     "a comment is public or internal, not '%.*s'", TEXT_ARG(visibility));
}

static bool read_action(struct define *d, const struct type *type, struct action *action,
			const struct value *item)
{
	const struct value *transition;
	ptrdiff_t index;

	if (!define_map(d, item, "an action", ACTION_KEYS))
		return false;
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
	} else if (value_get(item, T("comment")) != NULL) {
		read_comment_action(d, type, action, item);
	} else if (value_get(item, T("set")) != NULL) {
		action->kind = ACTION_SET;
		action->sets = define_settings(d, type, type, value_get(item, T("set")), &action->set_count);
	} else {
		define_error(d, item, T("transition, set, notify, comment or create"),
			     "this action does nothing");
		return false;
	}
	return true;
}

static void read_rule(struct define *d, const struct type *type, struct rule *rule,
		      const struct value_entry *entry)
{
	const struct value *node = entry->value;
	struct value **items;
	size_t count;

	rule->name = entry->key;
	if (!define_map(d, node, "a rule", "when if then"))
		return;
	if (value_get(node, T("when")) == NULL)
		define_error_key(d, entry, T(WHEN_WORDS), "the rule '%.*s' has no when",
				 TEXT_ARG(entry->key));
	else
		read_when(d, type, rule, value_get(node, T("when")));
	rule->condition = define_condition(d, type, value_get(node, T("if")), CONDITION_RULE);
	items = define_list(d, value_get(node, T("then")), &count);
	if (count == 0)
		define_error_key(d, entry, T("then: [transition: close]"), "the rule '%.*s' does nothing",
				 TEXT_ARG(entry->key));
	rule->actions = arena_new_array(d->arena, struct action, count);
	for (size_t i = 0; i < count; i++)
		if (read_action(d, type, &rule->actions[rule->action_count], items[i]))
			rule->action_count++;
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
	}
}
