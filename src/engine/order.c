/*
 * What a new record is made from: an offering of the catalogue, or a model by its name, and the answers to its form. One door for
 * page, API, story and demo: what is not offered to the requester cannot be ordered in any of these ways.
 */
#include "engine/answers_private.h"

/* A catalogue is looked at as a whole: who may have what is a condition on the person. */
#define OFFERINGS_MOST 500

/* ---- to whom it is offered ---- */

/* The model that makes a record of this type from the offering; NULL: it names none, or one that went or makes other records. */
static const struct work_model *model_of(const struct type *type, const struct record *offering)
{
	const struct cell *cell = record_cell(offering, type->fields[type->orders].orders->model);

	return cell->kind == CELL_TEXT ? type_work_model(type_newest(type), cell->text) : NULL;
}

/* Whether what is ordered would be made as the offering says: without its model it would have neither its form nor its tasks. */
static bool can_be_made(const struct type *type, const struct record *offering)
{
	return record_cell(offering, type->fields[type->orders].orders->model)->kind == CELL_NULL || model_of(type, offering) != NULL;
}

struct error *engine_is_offered(struct work *work, const struct type *type, struct record *offering, int64_t requester_id,
                                bool *ret_offered)
{
	const struct order_definition *orders = type->fields[type->orders].orders;
	const struct type *target = offering->type;
	struct condition_context context;
	struct condition *entitled;
	const struct type *hidden;
	struct record *person;

	*ret_offered = target->active < 0 || record_cell(offering, (size_t)target->active)->kind == CELL_NULL ||
	               record_cell(offering, (size_t)target->active)->integer != 0;
	*ret_offered = *ret_offered && can_be_made(type, offering);
	if (!*ret_offered || orders->entitled < 0 || record_cell(offering, (size_t)orders->entitled)->kind != CELL_TEXT)
		return NULL;
	requester_id = requester_id == 0 ? work->actor->id : requester_id;
	*ret_offered = work->actor->kind == ACTOR_SYSTEM && requester_id == 0;
	if (requester_id == 0)
		return NULL;
	TRY(model_load(work, work->model->user, requester_id, &person));
	/* A condition that no longer fits the definitions offers to nobody. */
	if (condition_parse(work->arena, work->model, work->model->user, record_cell(offering, (size_t)orders->entitled)->text,
	                    CONDITION_RULE, &entitled) != NULL)
		return NULL;
	/* Else trying it for others would tell what is hidden of them. */
	if (order_for_another(work, requester_id) && condition_hidden_field(work, entitled, &hidden) != NULL)
		return NULL;
	access_rule_context(work, &context);
	context.me = requester_id;
	return condition_holds(entitled, person, &context, ret_offered);
}

/* The same words whether it is not there, is offered no more, or is for others. */
static struct error *no_offering(struct work *work, const struct field *link, text number)
{
	struct error *error = error_new(work->arena, ERROR_NOT_FOUND, "there is no %.*s '%.*s'", TEXT_ARG(link->target->name),
	                                TEXT_ARG(number));

	return error_field(error_hint(work->arena, error, "it is not offered, or not any more: look in the catalogue"), link->name);
}

static struct error *find_offering(struct work *work, const struct field *link, text number, struct record **ret_offering)
{
	int64_t id;

	TRY(model_find_id(work, link->target, number, &id));
	if (id == 0)
		return no_offering(work, link, number);
	return model_load(work, link->target, id, ret_offering);
}

/* ---- the input ---- */

static struct error *wrong(struct work *work, const char *field, const char *what)
{
	return error_field(error_new(work->arena, ERROR_INVALID, "%s", what), text_from(field));
}

static struct error *read_model(struct work *work, const struct type *type, const struct value *value, struct order *order)
{
	int position = value->kind == VALUE_TEXT ? model_work_model(work->model, value->text) : -1;

	if (value_is_null(value))
		return NULL;
	if (work->actor->kind == ACTOR_PERSON && type->orders >= 0)
		return error_hint(work->arena, wrong(work, "model", "model follows from what is ordered"), "name the %.*s",
		                  TEXT_ARG(type->fields[type->orders].name));
	if (position < 0)
		return wrong(work, "model", "there is no such model");
	order->model = &work->model->work_models[position];
	if (order->model->type->position != type->position)
		return wrong(work, "model", "this model makes records of another type");
	return NULL;
}

static struct error *read_offering(struct work *work, const struct type *type, const struct value *value, struct order *order)
{
	const struct field *link = &type->fields[type->orders];
	text number = value->kind == VALUE_MAP ? value_get_text(value, T("number")) : value->kind == VALUE_TEXT ? value->text : TEXT_UNSET;

	if (value_is_null(value))
		return NULL;
	if (!text_is_set(number))
		return wrong(work, "offering", "an offering is named by its number");
	return find_offering(work, link, text_trim(number), &order->offering);
}

struct error *order_take(struct work *work, const struct type *type, const struct value *input, struct order *ret_order)
{
	struct order order = { .rest = value_map(work->arena) };

	for (size_t i = 0; input != NULL && input->kind == VALUE_MAP && i < input->map.count; i++) {
		const struct value_entry *entry = &input->map.entries[i];

		if (type->model_field >= 0 && text_equal(entry->key, T("answers")))
			order.answers = value_is_null(entry->value) ? NULL : entry->value;
		else if (type->model_field >= 0 && text_equal(entry->key, type->fields[type->model_field].name))
			TRY(read_model(work, type, entry->value, &order));
		else if (type->orders >= 0 && text_equal(entry->key, type->fields[type->orders].name))
			TRY(read_offering(work, type, entry->value, &order));
		else
			value_add(work->arena, order.rest, entry->key, entry->value);
	}
	if (order.offering != NULL)
		order.model = model_of(type, order.offering);
	if (order.answers != NULL && order.model == NULL)
		return wrong(work, "answers", "nothing was asked: name what you order");
	*ret_order = order;
	return NULL;
}

/* ---- the record ---- */

static bool is_set(const struct step *step, size_t field)
{
	return step->changed[field] && step->cells[field].kind != CELL_NULL;
}

static struct error *apply_offering(const struct order *order, struct step *step, struct work *work)
{
	const struct type *type = step->type;
	const struct field *link = &type->fields[type->orders];
	const struct order_definition *orders = link->orders;
	const struct cell *requester = type->requester < 0 ? NULL : step_cell(step, (size_t)type->requester);
	bool offered;

	TRY(engine_is_offered(work, type, order->offering, requester != NULL && requester->kind == CELL_INTEGER ? requester->integer : 0,
	                      &offered));
	if (!offered)
		return no_offering(work, link, record_number(order->offering));
	step_set(step, link->position, cell_integer(order->offering->id));
	for (size_t i = 0; i < orders->copy_count; i++)
		if (!is_set(step, orders->copies[i][1]))
			step_set(step, orders->copies[i][1], *record_cell(order->offering, orders->copies[i][0]));
	/* What is ordered has a name already. */
	if (!is_set(step, type->title_field) && type->fields[type->title_field].kind == KIND_TEXT)
		step_set(step, type->title_field, cell_text(record_title(order->offering)));
	return NULL;
}

static struct error *apply_sets(const struct work_model *model, struct record *answers, struct record *prospect, const bool *given,
                                bool *changed, struct cell *cells, struct value *missing, struct work *work)
{
	size_t count = model->type->field_count;
	bool *set = arena_new_array(work->arena, bool, count);
	struct cell *values = arena_new_array(work->arena, struct cell, count);

	if (prospect != NULL)
		model_pretend(work, prospect);
	TRY(engine_evaluate_settings(work, model->type, answers, model->sets, model->set_count, set, values, missing));
	for (size_t i = 0; i < count; i++)
		if (set[i] && (!given[i] || (model->fixed != NULL && model->fixed[i]))) {
			changed[i] = true;
			cells[i] = values[i];
		}
	return NULL;
}

struct error *order_apply(const struct order *order, struct step *step, struct work *work)
{
	const struct type *type = step->type;
	bool *given = arena_new_array(work->arena, bool, type->field_count);
	struct form_state *state;
	struct record *prospect;
	struct value *missing;

	for (size_t i = 0; i < type->field_count; i++)
		given[i] = is_set(step, i);
	if (order->offering != NULL)
		TRY(apply_offering(order, step, work));
	if (order->model == NULL)
		return NULL;
	step_set(step, (size_t)type->model_field, cell_text(order->model->name));
	prospect = step_result(step, work);
	prospect->id = PROSPECT_ID;
	TRY(engine_form(work, order->model, prospect, order->answers, &state));
	/* What no person orders - by a rule, or with another record - has nobody who could be asked. */
	if (state->errors != NULL && (work->actor->kind != ACTOR_SYSTEM || order->answers != NULL))
		return state->errors;
	missing = value_list(work->arena);
	TRY(apply_sets(order->model, state->answers, prospect, given, step->changed, step->cells, missing, work));
	step_note_missing(step, work, missing);
	step->answers = state;
	return NULL;
}

struct error *order_apply_model(struct step *step, struct work *work)
{
	const struct cell *name = &step->cells[step->type->model_field];
	int position = name->kind == CELL_TEXT ? model_work_model(work->model, name->text) : -1;
	const struct order order = { .model = position < 0 ? NULL : &work->model->work_models[position] };

	return order.model == NULL || order.model->type->position != step->type->position ? NULL : order_apply(&order, step, work);
}

/* ---- before it is ordered ---- */

struct error *engine_prospect(struct work *work, const struct type *type, text offering, int64_t requester_id,
                              struct record **ret_prospect, struct record **ret_offering, const struct work_model **ret_model)
{
	const struct field *link = type->orders < 0 ? NULL : &type->fields[type->orders];
	struct record *target, *prospect;
	bool offered;

	if (link == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s is not ordered", TEXT_ARG(type->name));
	TRY(find_offering(work, link, offering, &target));
	TRY(engine_is_offered(work, type, target, requester_id, &offered));
	if (!offered)
		return no_offering(work, link, offering);
	prospect = record_new(work->arena, type);
	prospect->id = PROSPECT_ID;
	prospect->cells[link->position] = cell_integer(target->id);
	for (size_t i = 0; i < link->orders->copy_count; i++)
		prospect->cells[link->orders->copies[i][1]] = *record_cell(target, link->orders->copies[i][0]);
	if (type->requester >= 0)
		prospect->cells[type->requester] = cell_id(requester_id == 0 ? work->actor->id : requester_id);
	if (type->fields[type->title_field].kind == KIND_TEXT)
		prospect->cells[type->title_field] = cell_text(record_title(target));
	*ret_model = model_of(type, target);
	if (*ret_model != NULL)
		prospect->cells[type->model_field] = cell_text((*ret_model)->name);
	*ret_prospect = prospect;
	*ret_offering = target;
	return NULL;
}

struct record *engine_model_prospect(struct work *work, const struct work_model *model, int64_t requester_id)
{
	const struct type *type = model->type;
	struct record *prospect = record_new(work->arena, type);

	prospect->id = PROSPECT_ID;
	if (type->requester >= 0)
		prospect->cells[type->requester] = cell_id(requester_id == 0 ? work->actor->id : requester_id);
	if (type->model_field >= 0)
		prospect->cells[type->model_field] = cell_text(model->name);
	return prospect;
}

struct error *engine_offerings(struct work *work, const struct type *type, int64_t requester_id, struct record ***ret_offerings,
                               size_t *ret_count)
{
	const struct type *target = type->fields[type->orders].target;
	const struct sort_key by_title = { target->title_field, false };
	struct query query = { .type = target, .sort = &by_title, .sort_count = 1, .limit = OFFERINGS_MOST, .with_prose = true };
	struct condition *active;
	struct record_page page;
	struct work all = *work;

	if (target->active >= 0) {
		TRY(condition_parse(work->arena, work->model, target, T("active = true"), CONDITION_QUERY, &active));
		query.where = active;
	}
	all.actor = access_system();
	TRY(access_find(&all, &query, &page));
	*ret_offerings = arena_new_array(work->arena, struct record *, page.count + 1);
	*ret_count = 0;
	for (size_t i = 0; i < page.count; i++) {
		bool offered;

		TRY(engine_is_offered(work, type, page.records[i], requester_id, &offered));
		if (offered)
			(*ret_offerings)[(*ret_count)++] = page.records[i];
	}
	return NULL;
}

struct error *engine_prospect_set(struct work *work, struct record *prospect, const struct form_state *state)
{
	bool *given = arena_new_array(work->arena, bool, prospect->type->field_count);
	bool *changed = arena_new_array(work->arena, bool, prospect->type->field_count);

	return apply_sets(state->model, state->answers, prospect, given, changed, prospect->cells, NULL, work);
}
