/* Saving one step: the row, the event, the followers, in that order and in one transaction. */
#include "engine/answers_private.h"

#include "base/limits.h"

struct error *rule_holds(struct work *work, const struct condition *condition, struct record *record, bool *ret_holds)
{
	struct condition_context context;

	*ret_holds = true;
	if (condition == NULL)
		return NULL;
	access_rule_context(work, &context);
	if (!condition_is_constant(condition))
		TRY(engine_calendar(work, record, &context.calendar));
	return condition_holds(condition, record, &context, ret_holds);
}

struct error *engine_lock(struct work *work, const struct type *type, text number, struct record **ret_record)
{
	struct record *record;
	int64_t id;

	TRY(model_find_id(work, type, number, &id));
	if (id == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no %.*s %.*s", TEXT_ARG(type->name), TEXT_ARG(number));
	TRY(task_lock_first(work, type, id));
	TRY(model_lock(work, type, id, &record));
	TRY(access_require(work, RIGHT_READ, type, record));
	*ret_record = record;
	return NULL;
}

/* Moves the new cells into the record; only what really differs stays marked. */
static bool apply_cells(struct step *step)
{
	bool any = false;

	for (size_t i = 0; i < step->type->field_count; i++) {
		if (step->changed[i] && cell_equal(&step->cells[i], &step->record->cells[i]))
			step->changed[i] = false;
		if (!step->changed[i])
			continue;
		step->record->cells[i] = step->cells[i];
		any = true;
	}
	return any;
}

static struct value *id_list(struct arena *arena, const int64_t *ids, size_t count)
{
	struct value *list = value_list(arena);

	for (size_t i = 0; i < count; i++)
		value_append(arena, list, value_integer(arena, ids[i]));
	return list;
}

static bool same_ids(const int64_t *a, size_t a_count, const int64_t *b, size_t b_count)
{
	size_t found = 0;

	for (size_t i = 0; i < a_count; i++)
		for (size_t j = 0; j < b_count; j++)
			found += a[i] == b[j];
	return a_count == b_count && found == a_count;
}

/* Drops the lists that are as they were; writes the others into `changes`. */
static struct error *journal_links(struct step *step, struct work *work, bool creation, struct value *changes)
{
	size_t kept = 0;

	for (size_t i = 0; i < step->link_count; i++) {
		struct step_links *links = &step->links[i];
		int64_t *old = NULL;
		size_t old_count = 0;

		if (!creation)
			TRY(record_links(work, step->record, links->field, &old, &old_count));
		if (same_ids(old, old_count, links->ids, links->count))
			continue;
		struct value *pair = value_list(work->arena);
		value_append(work->arena, pair, id_list(work->arena, old, old_count));
		value_append(work->arena, pair, id_list(work->arena, links->ids, links->count));
		value_set(work->arena, changes, links->field->name, pair);
		step->links[kept++] = *links;
	}
	step->link_count = kept;
	return NULL;
}

static struct error *write_links(const struct step *step, struct work *work)
{
	for (size_t i = 0; i < step->link_count; i++)
		TRY(model_set_links(work, step->record, step->links[i].field, step->links[i].ids, step->links[i].count));
	return NULL;
}

static struct error *journal(struct step *step, struct work *work, const struct record *before, struct value *link_changes)
{
	struct event *event = event_new(work, step->record, step->kind);

	event->visibility = step->visibility;
	if (step->transition != NULL)
		value_set_text(work->arena, event->payload, T("transition"), step->transition->name);
	if (step->transition != NULL && before != NULL) {
		const struct state *states = step->type->lifecycle->states;
		value_set_text(work->arena, event->payload, T("from"), states[record_state(before)].name);
		value_set_text(work->arena, event->payload, T("to"), states[step->transition->to].name);
	}
	TRY(event_add_changes(work, event, before, step->record, step->changed));
	if (value_count(link_changes) > 0) {
		struct value *changes = value_get(event->payload, T("changes"));
		if (changes == NULL)
			value_set(work->arena, event->payload, T("changes"), changes = value_map(work->arena));
		for (size_t i = 0; i < link_changes->map.count; i++)
			value_add(work->arena, changes, link_changes->map.entries[i].key, link_changes->map.entries[i].value);
	}
	if (text_is_set(step->comment))
		value_set_text(work->arena, event->payload, T("comment"), step->comment);
	if (text_is_set(step->rule))
		value_set_text(work->arena, event->payload, T("rule"), step->rule);
	for (size_t i = 0; step->payload != NULL && i < step->payload->map.count; i++)
		value_set(work->arena, event->payload, step->payload->map.entries[i].key, step->payload->map.entries[i].value);
	TRY(event_append(work, event));
	step->event_id = event->id;
	return NULL;
}

static const bool *links_changed(const struct step *step, struct work *work)
{
	bool *changed = step->link_count == 0 ? NULL : arena_new_array(work->arena, bool, step->type->field_count);

	for (size_t i = 0; i < step->link_count; i++)
		changed[step->links[i].field->position] = true;
	return changed;
}

static struct error *follow(struct step *step, struct work *work, struct record *before)
{
	const struct change change = {
		.type = step->type,
		.before = before,
		.after = step->record,
		.changed = step->changed,
		.met = step->met,
		.links_changed = links_changed(step, work),
		.transition = step->transition,
		.comment = step->comment,
		.visibility = step->visibility,
		.kind = step->kind,
		.event_id = step->event_id,
		.actor_id = work->actor->id,
		.at = work->now,
		.rule = step->rule,
	};

	switch (step->kind) {
	case EVENT_CREATED:
	case EVENT_UPDATED:
	case EVENT_TRANSITION:
	case EVENT_COMMENT:
		return engine_follow(work, &change);
	case EVENT_ATTACHED:
	case EVENT_DETACHED:
	case EVENT_LINKED:
	case EVENT_UNLINKED:
	case EVENT_WATCHED:
	case EVENT_CLOCK:
	case EVENT_AUTOMATION:
	case EVENT_NOTIFIED:
	case EVENT_ERASED:
	case EVENT_IMPORTED:
	case EVENT_APPROVAL:
	case EVENT_MOVED:
	case EVENT_KIND_COUNT:
		break;
	}
	return NULL;
}

/* Types without a number pattern: the number is the key field's value. */
static void mirror_key(struct step *step)
{
	if (!text_is_set(step->type->number_prefix) && step->changed[step->type->key_field])
		step_set(step, FIELD_NUMBER, step->cells[step->type->key_field]);
}

struct error *step_save(struct step *step, struct work *work)
{
	struct value *link_changes = value_map(work->arena);
	struct record *before = record_copy(work->arena, step->record);

	mirror_key(step);
	TRY(journal_links(step, work, false, link_changes));
	bool any = apply_cells(step);
	if (step->type->parent >= 0 && step->changed[step->type->parent])
		TRY(parent_check(work, step->record, record_id_of(step->record, step->type->parent)));
	if (!any && step->link_count == 0 && step->transition == NULL && !step->touch)
		return NULL;
	TRY(control_check(step, work, before));
	step_set(step, FIELD_UPDATED_AT, cell_moment(work->now));
	step_set(step, FIELD_UPDATED_BY, cell_id(work->actor->id));
	step->record->cells[FIELD_UPDATED_AT] = step->cells[FIELD_UPDATED_AT];
	step->record->cells[FIELD_UPDATED_BY] = step->cells[FIELD_UPDATED_BY];
	TRY(model_update(work, step->record, step->changed));
	TRY(write_links(step, work));
	TRY(journal(step, work, before, link_changes));
	return follow(step, work, before);
}

/* What was answered stands in the log too: the search reads it there, and nobody can change it unseen. */
static struct error *journal_answers(struct step *step, struct work *work)
{
	struct value *list;

	if (step->answers == NULL || step->answers->entry_count == 0)
		return NULL;
	TRY(answers_value(work, step->answers, &list));
	if (step->payload == NULL)
		step->payload = value_map(work->arena);
	value_set(work->arena, step->payload, T("answers"), list);
	return NULL;
}

struct error *step_insert(struct step *step, struct work *work)
{
	struct record *record = step->record;
	struct value *link_changes = value_map(work->arena);
	text number;

	TRY(model_next_id(work, &record->id));
	record->version = 1;
	if (text_is_set(step->type->number_prefix)) {
		TRY(model_next_number(work, step->type, &number));
		step_set(step, FIELD_NUMBER, cell_text(number));
	}
	mirror_key(step);
	step_set(step, FIELD_VERSION, cell_integer(1));
	step_set(step, FIELD_CREATED_AT, cell_moment(work->now));
	step_set(step, FIELD_UPDATED_AT, cell_moment(work->now));
	step_set(step, FIELD_CREATED_BY, cell_id(work->actor->id));
	step_set(step, FIELD_UPDATED_BY, cell_id(work->actor->id));
	TRY(journal_links(step, work, true, link_changes));
	apply_cells(step);
	TRY(parent_check(work, record, record_id_of(record, step->type->parent)));
	TRY(model_insert(work, record));
	TRY(write_links(step, work));
	TRY(answers_keep(work, record, step->answers));
	TRY(journal_answers(step, work));
	TRY(journal(step, work, NULL, link_changes));
	return follow(step, work, NULL);
}
