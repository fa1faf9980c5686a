/*
 * Further records that a model makes with a new record: one, or one for each answer of a repeating group; each from a model of its own
 * or of a type alone, linked to the first. All in the transaction of the first: either everything is there, or nothing.
 */
#include "engine/answers_private.h"
#include "engine/time_private.h"

struct bundle {
	struct work *work;
	struct record *record;          /* the first */
	const struct work_model *model;
	struct record *answers;
};

/* Who asked for the first asked for the others too, where the model does not say otherwise. */
static void inherit(const struct bundle *bundle, const struct type *type, bool *set, struct cell *cells)
{
	static const char *const names[] = { "requester", "opened_by", "restricted" };

	for (size_t i = 0; i < array_length(names); i++) {
		const struct field *from = type_field(bundle->record->type, text_from(names[i]));
		const struct field *to = type_field(type, text_from(names[i]));

		if (from == NULL || to == NULL || from->kind != to->kind || from->target != to->target || set[to->position])
			continue;
		set[to->position] = true;
		cells[to->position] = *record_cell(bundle->record, from->position);
	}
}

static struct error *note_missing(const struct bundle *bundle, const struct record *created, struct value *missing)
{
	text *names = arena_new_array(bundle->work->arena, text, value_count(missing) + 1);
	struct event *event;

	if (value_count(missing) == 0)
		return NULL;
	for (size_t i = 0; i < value_count(missing); i++)
		names[i] = missing->list.items[i]->text;
	event = event_new(bundle->work, created, EVENT_AUTOMATION);
	event->visibility = VISIBLE_INTERNAL;
	value_set_text(bundle->work->arena, event->payload, T("rule"), bundle->model->name);
	value_set_text(bundle->work->arena, event->payload, T("error"),
	               text_format(bundle->work->arena, "not found: %.*s",
	                           TEXT_ARG(text_join(bundle->work->arena, names, value_count(missing), T(", ")))));
	value_set(bundle->work->arena, event->payload, T("missing"), missing);
	return event_append(bundle->work, event);
}

/* `about`: what settings look at, of creates->from_type. */
static struct error *create_one(const struct bundle *bundle, const struct work_model_creates *creates, struct record *about)
{
	struct work *work = bundle->work;
	const struct type *type = creates->type;
	const struct relation *relation = model_relation(work->model, creates->relation);
	bool *set = arena_new_array(work->arena, bool, type->field_count);
	struct cell *cells = arena_new_array(work->arena, struct cell, type->field_count);
	struct value *missing = value_list(work->arena);
	struct record *created;
	int64_t link_id;

	TRY(engine_evaluate_settings(work, type, about, creates->sets, creates->set_count, set, cells, missing));
	inherit(bundle, type, set, cells);
	if (creates->model >= 0) {
		set[type->model_field] = true;
		cells[type->model_field] = cell_text(work->model->work_models[creates->model].name);
	}
	TRY(engine_apply_create(work, type, set, cells, TEXT_UNSET, bundle->model->name, &created));
	TRY(note_missing(bundle, created, missing));
	return relation == NULL ? NULL : engine_apply_link(work, created, relation, bundle->record, &link_id);
}

/* Behind the answers of the form stand those of one row of the group. */
static struct record *row_about(const struct bundle *bundle, const struct work_model_creates *creates, const struct record *row)
{
	const struct type *form = bundle->model->form_type;
	struct record *about = record_new(bundle->work->arena, creates->from_type);
	size_t own = FIELD_SYSTEM_COUNT + 1;

	memcpy(about->cells, bundle->answers->cells, sizeof(*about->cells) * form->field_count);
	memcpy(about->cells + form->field_count, row->cells + own, sizeof(*about->cells) * (row->type->field_count - own));
	return about;
}

static struct error *create_all(const struct bundle *bundle, const struct work_model_creates *creates)
{
	struct record **rows;
	size_t count;
	bool wanted;

	TRY(rule_holds(bundle->work, creates->when, bundle->answers, &wanted));
	if (!wanted)
		return NULL;
	if (creates->each < 0)
		return create_one(bundle, creates, bundle->answers);
	TRY(answers_load_rows(bundle->work, bundle->record, bundle->model, (size_t)creates->each, &rows, &count));
	for (size_t i = 0; i < count; i++)
		TRY(create_one(bundle, creates, row_about(bundle, creates, rows[i])));
	return NULL;
}

struct error *bundle_follow(struct work *work, const struct change *change)
{
	const struct type *type = change->type;
	struct work automatic = automatic_work(work, ORIGIN_AUTOMATION, change->event_id);
	struct bundle bundle = { .work = &automatic, .record = change->after };
	const struct cell *name;
	int position;

	if (change->before != NULL || type->model_field < 0)
		return NULL;
	name = record_cell(change->after, (size_t)type->model_field);
	position = name->kind == CELL_TEXT ? model_work_model(work->model, name->text) : -1;
	if (position < 0 || work->model->work_models[position].create_count == 0)
		return NULL;
	bundle.model = &work->model->work_models[position];
	TRY(answers_load(&automatic, change->after, bundle.model, &bundle.answers));
	for (size_t i = 0; i < bundle.model->create_count; i++)
		TRY(create_all(&bundle, &bundle.model->creates[i]));
	return NULL;
}
