/* What rules do. Each action goes through the engine's inner steps, so that it is journaled and followed like
 * anybody's change. */
#include "engine/time_private.h"

#include "base/limits.h"
#include "base/words.h"

/* The field of "{field}" at the start of `rest`, or NULL; *ret_length is that of "{field}". */
static const struct field *placeholder(const struct type *type, text rest, size_t *ret_length)
{
	ptrdiff_t end = text_find_char(rest, '}');
	if (end < 2)
		return NULL;
	*ret_length = (size_t)end + 1;
	return type_field(type, text_slice(rest, 1, (size_t)end));
}

static void set_argument(struct value *arguments, struct work *work, text name, text words)
{
	value_set_text(work->arena, arguments, name, text_is_empty(words) ? T("–") : words);
}

/* "{other}", its number, and "{other.title}": as this reader may see them. */
static struct error *fill_other(struct work *work, text source, struct value *arguments)
{
	ptrdiff_t at = text_find(source, T("{other"));
	bool may = false;

	if (at < 0 || work->other == NULL)
		return NULL;
	TRY(access_may(work, RIGHT_READ, work->other->type, work->other, &may));
	set_argument(arguments, work, T("other"), may ? record_number(work->other) : T("…"));
	for (text rest = source; (at = text_find(rest, T("{other."))) >= 0;) {
		const struct field *field;
		size_t length;
		text words = T("…");

		rest = text_slice(rest, (size_t)at + 7, rest.length);
		length = (size_t)maximum(text_find_char(rest, '}'), 0);
		field = type_field(work->other->type, text_slice(rest, 0, length));
		if (field != NULL && may && access_field_readable(work, work->other->type, field))
			TRY(field_words(work, field, record_cell(work->other, field->position), work->actor->zone, &words));
		set_argument(arguments, work, text_format(work->arena, "other.%.*s", (int)length, rest.data), words);
	}
	return NULL;
}

struct error *fill_words(struct work *work, struct record *record, text source, text *ret_words)
{
	struct value *arguments = value_map(work->arena);
	TRY(fill_other(work, source, arguments));
	for (size_t i = 0; i < source.length; i++) {
		size_t length;
		const struct field *field =
		    source.data[i] != '{'
			? NULL
			: placeholder(record->type, text_slice(source, i, source.length), &length);
		if (field == NULL)
			continue;
		text filled = T("…");
		if (access_field_readable(work, record->type, field))
			TRY(field_words(work, field, record_cell(record, field->position), work->actor->zone,
					&filled));
		set_argument(arguments, work, field->name, filled);
	}
	*ret_words = words_with(work->arena, work->language, source, arguments);
	return NULL;
}

static struct error *run_set(struct work *work, const struct errand *errand, const struct action *action)
{
	size_t fields = errand->record->type->field_count;
	bool *changed = arena_new_array(work->arena, bool, fields);
	struct cell *cells = arena_new_array(work->arena, struct cell, fields);
	TRY(engine_evaluate_settings(work, errand->record->type, errand->record, action->sets, action->set_count, changed, cells, NULL));
	return engine_apply_update(work, errand->record, changed, cells, errand->rule->name);
}

static struct error *run_comment(struct work *work, const struct errand *errand, const struct action *action)
{
	text comment;
	int64_t event_id;
	TRY(fill_words(work, errand->record, action->words, &comment));
	return engine_apply_comment(work, errand->record, comment,
				    action->comment_public ? VISIBLE_PUBLIC : VISIBLE_INTERNAL,
				    errand->rule->name, &event_id);
}

static struct error *run_transition(struct work *work, const struct errand *errand,
				    const struct action *action)
{
	const struct lifecycle *lifecycle = errand->record->type->lifecycle;
	return engine_apply_transition(work, errand->record, &lifecycle->transitions[action->transition],
				       NULL, NULL, TEXT_UNSET, VISIBLE_INTERNAL, errand->rule->name);
}

/* The new record carries on what was said; the relation leads from it to the old one. */
static struct error *run_create(struct work *work, const struct errand *errand, const struct action *action)
{
	struct record *created;
	int64_t link_id;
	bool *set = arena_new_array(work->arena, bool, action->type->field_count);
	struct cell *cells = arena_new_array(work->arena, struct cell, action->type->field_count);
	const struct relation *relation = model_relation(work->model, action->relation);
	TRY(engine_evaluate_settings(work, action->type, errand->record, action->sets, action->set_count, set, cells, NULL));
	TRY(engine_apply_create(work, action->type, set, cells, errand->comment, errand->rule->name,
				&created));
	if (relation == NULL)
		return NULL;
	return engine_apply_link(work, created, relation, errand->record, &link_id);
}

static struct error *run_action(struct work *work, const struct errand *errand, const struct action *action,
				struct root *root)
{
	switch (action->kind) {
	case ACTION_SET:
		return run_set(work, errand, action);
	case ACTION_NOTIFY:
		return notify_run(work, errand, action, root);
	case ACTION_COMMENT:
		return run_comment(work, errand, action);
	case ACTION_TRANSITION:
		return run_transition(work, errand, action);
	case ACTION_CREATE_LINKED:
		return run_create(work, errand, action);
	case ACTION_ASSIGN:
		return assign_run(work, errand, action);
	case ACTION_WEBHOOK:
		return webhook_run(work, errand, action);
	case ACTION_REQUEST:
		return approval_request(work, errand->record, action->transition);
	case ACTION_EACH:
		return each_run(work, errand, action);
	}
	return NULL;
}

struct error *actions_run(struct work *work, const struct errand *errand, struct root *root)
{
	for (size_t i = 0; i < errand->rule->action_count; i++)
		TRY(run_action(work, errand, &errand->rule->actions[i], root));
	return NULL;
}
