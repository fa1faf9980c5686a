/*
 * History from elsewhere, at its original moments: one event per step, whatever the step was. Rules, needs and guards are not
 * asked, because what the source says happened, happened; steps that our lifecycle lacks are kept and marked.
 */
#include "engine/step_private.h"

#include "base/limits.h"

struct arrival {
	const struct import_step *step;
	const struct type *type;
	struct record *record;
	struct record *before; /* NULL: the record is new */
	bool *changed;
	struct value *links;   /* { field: [old ids, new ids] } */
	text mark;
};

static struct error *check_step(struct work *work, const struct type *type, const struct import_step *step)
{
	int64_t states = type->lifecycle == NULL ? 0 : (int64_t)type->lifecycle->state_count;

	if (step->source_key.length == 0 || step->source_key.length > LIMIT_SOURCE_KEY_BYTES || !text_is_utf8(step->source_key, NULL))
		return error_field(error_new(work->arena, ERROR_INVALID, "a step needs a key of its source, at most %d bytes",
		                             LIMIT_SOURCE_KEY_BYTES),
		                   T("source_key"));
	if (step->at == MOMENT_UNSET)
		return error_field(error_new(work->arena, ERROR_INVALID, "a step needs the moment it happened"), T("at"));
	if (text_is_empty(step->number) && !text_is_set(type->number_prefix))
		return error_field(error_new(work->arena, ERROR_INVALID, "a step needs the number of its record"), T("number"));
	if (step->state < -1 || step->state >= states)
		return error_field(error_new(work->arena, ERROR_INVALID, "a %.*s has no such state", TEXT_ARG(type->name)), T("state"));
	return text_is_set(step->comment) ? comment_check(work, step->comment) : NULL;
}

static void add_mark(struct work *work, struct arrival *arrival, text mark)
{
	arrival->mark = text_is_set(arrival->mark) ? text_format(work->arena, "%.*s; %.*s", TEXT_ARG(arrival->mark), TEXT_ARG(mark)) :
	                                             mark;
}

/* The first transition of the lifecycle that makes this step, or NULL. */
static const struct transition *usual_transition(const struct lifecycle *lifecycle, size_t from, size_t to)
{
	for (size_t i = 0; i < lifecycle->transition_count; i++) {
		const struct transition *transition = &lifecycle->transitions[i];
		if (transition->to == to && state_in(transition->from, (size_t)from))
			return transition;
	}
	return NULL;
}

static void judge_state(struct work *work, struct arrival *arrival, const struct transition **ret_transition)
{
	const struct lifecycle *lifecycle = arrival->record->type->lifecycle;

	*ret_transition = NULL;
	if (lifecycle == NULL)
		return;
	size_t now = (size_t)record_state(arrival->record);
	if (arrival->before == NULL) {
		if (now != lifecycle->initial)
			add_mark(work, arrival, text_format(work->arena, "begins as %.*s", TEXT_ARG(lifecycle->states[now].name)));
		return;
	}
	size_t old = (size_t)record_state(arrival->before);
	if (old == now)
		return;
	*ret_transition = usual_transition(lifecycle, old, now);
	if (*ret_transition == NULL)
		add_mark(work, arrival, text_format(work->arena, "%.*s -> %.*s is no transition",
		                                    TEXT_ARG(lifecycle->states[old].name), TEXT_ARG(lifecycle->states[now].name)));
}

static struct error *find_record(struct work *work, struct arrival *arrival)
{
	int64_t id;
	bool fits;

	arrival->changed = arena_new_array(work->arena, bool, arrival->type->field_count);
	arrival->links = value_map(work->arena);
	text number = arrival->step->number;
	bool numbered = text_is_set(arrival->type->number_prefix), named = !text_is_empty(number);

	id = 0;
	if (named)
		TRY(model_find_id(work, arrival->type, number, &id));
	if (id != 0) {
		TRY(model_lock(work, arrival->type, id, &arrival->record));
		arrival->before = record_copy(work->arena, arrival->record);
		return NULL;
	}
	fits = true;
	if (numbered && named)
		TRY(model_claim_number(work, arrival->type, number, &fits));
	else if (numbered)
		TRY(model_next_number(work, arrival->type, &number));
	if (!fits)
		return error_field(error_new(work->arena, ERROR_INVALID, "'%.*s' is no number of a %.*s",
		                             TEXT_ARG(number), TEXT_ARG(arrival->type->name)),
		                   T("number"));
	arrival->record = record_new(work->arena, arrival->type);
	arrival->record->definition = arrival->type->definition;
	TRY(model_next_id(work, &arrival->record->id));
	arrival->record->cells[FIELD_NUMBER] = cell_text(number);
	arrival->changed[FIELD_NUMBER] = true;
	if (!numbered) {
		arrival->record->cells[arrival->type->key_field] = cell_text(number);
		arrival->changed[arrival->type->key_field] = true;
	}
	if (arrival->type->lifecycle != NULL) {
		arrival->record->cells[FIELD_STATE] = cell_integer((int64_t)arrival->type->lifecycle->initial);
		arrival->changed[FIELD_STATE] = true;
	}
	return NULL;
}

static void set_cell(struct arrival *arrival, size_t field, struct cell cell)
{
	if (cell_equal(&arrival->record->cells[field], &cell))
		return;
	arrival->record->cells[field] = cell;
	arrival->changed[field] = true;
}

static struct error *set_links(struct work *work, struct arrival *arrival, const struct field *field, const struct value *value)
{
	struct value *pair = value_list(work->arena), *old_list = value_list(work->arena), *new_list = value_list(work->arena);
	int64_t *old = NULL, *ids;
	size_t old_count = 0, count;

	TRY(field_parse_links(work, field, value, &ids, &count));
	if (arrival->before != NULL)
		TRY(record_links(work, arrival->record, field, &old, &old_count));
	for (size_t i = 0; i < old_count; i++)
		value_append(work->arena, old_list, value_integer(work->arena, old[i]));
	for (size_t i = 0; i < count; i++)
		value_append(work->arena, new_list, value_integer(work->arena, ids[i]));
	if (value_equal(old_list, new_list))
		return NULL;
	value_append(work->arena, pair, old_list);
	value_append(work->arena, pair, new_list);
	value_set(work->arena, arrival->links, field->name, pair);
	return NULL;
}

static struct error *set_fields(struct work *work, struct arrival *arrival)
{
	const struct value *fields = arrival->step->fields;
	struct error *errors = NULL;
	struct cell cell;

	for (size_t i = 0; fields != NULL && fields->kind == VALUE_MAP && i < fields->map.count; i++) {
		const struct value_entry *entry = &fields->map.entries[i];
		const struct field *field = type_field(arrival->type, entry->key);
		struct error *error;

		if (field == NULL || field->system)
			error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s has no field '%.*s' that can be imported",
			                              TEXT_ARG(arrival->type->name), TEXT_ARG(entry->key)),
			                    entry->key);
		else if (field->kind == KIND_LINKS)
			error = set_links(work, arrival, field, entry->value);
		else if ((error = field_parse(work, field, entry->value, work->actor->zone, &cell)) == NULL)
			set_cell(arrival, field->position, cell);
		if (error != NULL && error->code != ERROR_INVALID)
			return error;
		errors = error_append(errors, error);
	}
	/* Of a version that this record does not run on. */
	if (arrival->step->state >= 0 && arrival->record->type->lifecycle != NULL &&
	    arrival->record->type->lifecycle->states[arrival->step->state].retired)
		return error_field(error_new(work->arena, ERROR_INVALID, "version %lld of %.*s has no state '%.*s'",
		                             (long long)arrival->record->definition, TEXT_ARG(arrival->type->name),
		                             TEXT_ARG(arrival->type->lifecycle->states[arrival->step->state].name)),
		                   T("state"));
	if (arrival->step->state >= 0)
		set_cell(arrival, FIELD_STATE, cell_integer(arrival->step->state));
	if (arrival->type->parent >= 0 && arrival->changed[arrival->type->parent]) {
		struct error *error = parent_check(work, arrival->record, record_id_of(arrival->record, arrival->type->parent));

		if (error != NULL && error->code != ERROR_INVALID)
			return error;
		errors = error_append(errors, error);
	}
	return error_append(errors, class_check_import(work, arrival->record, arrival->changed));
}

static struct error *write_links(struct work *work, const struct arrival *arrival)
{
	for (size_t i = 0; i < arrival->links->map.count; i++) {
		const struct field *field = type_field(arrival->type, arrival->links->map.entries[i].key);
		const struct value *now = arrival->links->map.entries[i].value->list.items[1];
		int64_t *ids = arena_new_array(work->arena, int64_t, now->list.count + 1);

		for (size_t j = 0; j < now->list.count; j++)
			ids[j] = now->list.items[j]->integer;
		TRY(model_set_links(work, arrival->record, field, ids, now->list.count));
	}
	return NULL;
}

/* The row: created_at and updated_at are when things happened, not when they were read in. */
static struct error *write_record(struct work *work, struct arrival *arrival)
{
	const struct import_step *step = arrival->step;
	struct record *record = arrival->record;
	moment newest = record_moment(record, FIELD_UPDATED_AT);

	if (arrival->before == NULL) {
		record->version = 1;
		set_cell(arrival, FIELD_VERSION, cell_integer(1));
		set_cell(arrival, FIELD_CREATED_AT, cell_moment(step->created_at == MOMENT_UNSET || step->created_at == 0 ? step->at : step->created_at));
		set_cell(arrival, FIELD_CREATED_BY, cell_id(step->actor_id));
	} else if (step->at < newest) {
		add_mark(work, arrival, T("happened before the step read earlier"));
	}
	if (newest == MOMENT_UNSET || step->at >= newest) {
		record->cells[FIELD_UPDATED_AT] = cell_moment(step->at);
		record->cells[FIELD_UPDATED_BY] = cell_id(step->actor_id);
	}
	arrival->changed[FIELD_UPDATED_AT] = arrival->changed[FIELD_UPDATED_BY] = true;
	if (arrival->before == NULL)
		TRY(model_insert(work, record));
	else
		TRY(model_update(work, record, arrival->changed));
	return write_links(work, arrival);
}

static struct error *journal(struct work *work, struct arrival *arrival, const struct transition *transition,
                             struct event **ret_event)
{
	const struct import_step *step = arrival->step;
	struct event *event = event_new(work, arrival->record, EVENT_IMPORTED);

	event->at = step->at;
	event->actor_id = step->actor_id;
	event->origin = ORIGIN_IMPORT;
	event->visibility = text_is_set(step->comment) && !step->comment_public ? VISIBLE_INTERNAL : VISIBLE_PUBLIC;
	if (transition != NULL)
		value_set_text(work->arena, event->payload, T("transition"), transition->name);
	TRY(event_add_changes(work, event, arrival->before, arrival->record, arrival->changed));
	for (size_t i = 0; i < arrival->links->map.count; i++) {
		struct value *changes = value_get(event->payload, T("changes"));
		if (changes == NULL)
			value_set(work->arena, event->payload, T("changes"), changes = value_map(work->arena));
		value_set(work->arena, changes, arrival->links->map.entries[i].key, arrival->links->map.entries[i].value);
	}
	if (text_is_set(step->comment))
		value_set_text(work->arena, event->payload, T("comment"), step->comment);
	if (step->notes != NULL)
		value_set(work->arena, event->payload, T("notes"), value_copy(work->arena, step->notes));
	if (text_is_set(arrival->mark))
		value_set_text(work->arena, event->payload, T("mark"), arrival->mark);
	*ret_event = event;
	return event_append(work, event);
}

static struct error *follow(struct work *work, const struct arrival *arrival, const struct transition *transition,
                            const struct event *event)
{
	bool *links_changed = arena_new_array(work->arena, bool, arrival->type->field_count);

	for (size_t i = 0; i < arrival->links->map.count; i++)
		links_changed[type_field(arrival->type, arrival->links->map.entries[i].key)->position] = true;
	const struct change change = {
		.links_changed = links_changed,
		.type = arrival->record->type,
		.before = arrival->before,
		.after = arrival->record,
		.changed = arrival->changed,
		.transition = transition,
		.comment = arrival->step->comment,
		.visibility = event->visibility,
		.kind = EVENT_IMPORTED,
		.event_id = event->id,
		.actor_id = event->actor_id,
		.at = event->at,
	};

	return engine_follow(work, &change);
}

/* A step that was imported before changes nothing. */
static struct error *find_known(struct work *work, const struct type *type, const struct import_step *step,
                                struct record **ret_record, bool *ret_known)
{
	int64_t record_id;

	TRY(store_integer(work->store, work->arena, SQL_IMPORT_FIND, CELLS(cell_text(step->source_key)), &record_id, ret_known));
	return *ret_known ? model_load(work, type, record_id, ret_record) : NULL;
}

struct error *engine_import(struct work *work, const struct type *type, const struct import_step *step,
                            enum import_outcome *ret_outcome, struct record **ret_record)
{
	struct arrival arrival = { .step = step, .type = type, .mark = step->mark };
	const struct transition *transition;
	struct event *event;
	bool known;

	TRY(access_require(work, RIGHT_IMPORT, type, NULL));
	TRY(check_step(work, type, step));
	TRY(find_known(work, type, step, ret_record, &known));
	if (known) {
		*ret_outcome = IMPORT_UNCHANGED;
		return NULL;
	}
	TRY(find_record(work, &arrival));
	TRY(set_fields(work, &arrival));
	judge_state(work, &arrival, &transition);
	TRY(write_record(work, &arrival));
	TRY(journal(work, &arrival, transition, &event));
	TRY(store_run(work->store, work->arena, SQL_IMPORT_KEEP,
	              CELLS(cell_text(step->source_key), cell_integer(arrival.record->id), cell_integer(event->id)), NULL));
	TRY(follow(work, &arrival, transition, event));
	*ret_outcome = arrival.before == NULL ? IMPORT_NEW : IMPORT_CHANGED;
	*ret_record = arrival.record;
	return NULL;
}
