/*
 * What a rule does with each record that points at its own: resolving a parent incident resolves its children in the same words. A
 * child for which it is not possible stays as it is; why is noted there.
 */
#include "engine/time_private.h"

#include "model/query.h"

/* One cause moves at most so many at once; a rule that meets more says so on its record. */
#define EACH_MAX 500

/* Along the index of the field alone: which of them is asked of each, when it is locked. */
static struct error *find_each(struct work *work, const struct errand *errand, const struct action *action, struct record_page *ret_page)
{
	struct condition *where;
	text source = text_format(work->arena, "%.*s = \"%.*s\"", TEXT_ARG(action->type->fields[action->each_field].name),
	                          TEXT_ARG(record_number(errand->record)));

	TRY(condition_parse(work->arena, work->model, action->type, source, CONDITION_RULE, &where));
	const struct query query = {
		.type = action->type,
		.where = where,
		.context = { .work = work },
		.everything = true,
		.limit = EACH_MAX,
	};
	return model_find(work, &query, ret_page);
}

static struct error *change_one(struct work *work, const struct errand *errand, const struct action *action, struct record *child)
{
	size_t fields = child->type->field_count;
	bool *changed = arena_new_array(work->arena, bool, fields);
	struct cell *cells = arena_new_array(work->arena, struct cell, fields);
	int position = -1;

	TRY(engine_evaluate_settings(work, child->type, errand->record, action->sets, action->set_count, changed, cells, NULL));
	if (action->each_transition < 0)
		return engine_apply_update(work, child, changed, cells, errand->rule->name);
	/* By its name: the child may run on another version of its definition. */
	position = lifecycle_transition(child->type->lifecycle, action->type->lifecycle->transitions[action->each_transition].name);
	if (position < 0 || !state_in(child->type->lifecycle->transitions[position].from, (size_t)record_state(child)))
		return NULL;
	return engine_apply_transition(work, child, &child->type->lifecycle->transitions[position], changed, cells, TEXT_UNSET,
	                               VISIBLE_INTERNAL, errand->rule->name);
}

static struct error *run_one(struct work *work, const struct errand *errand, const struct action *action, int64_t id)
{
	struct record *child;
	struct error *error;
	bool wanted;

	TRY(model_lock(work, action->type, id, &child));
	TRY(rule_holds(work, action->each_when, child, &wanted));
	if (!wanted)
		return NULL;
	TRY(store_savepoint(work->store, work->arena));
	error = change_one(work, errand, action, child);
	if (error == NULL)
		return store_release(work->store, work->arena);
	if (error->code == ERROR_RETRY || error->code == ERROR_UNAVAILABLE)
		return error;
	rules_undo(work);
	TRY(model_load_fresh(work, action->type, id, &child));
	return rules_note(work, child, errand->rule, error->message);
}

struct error *each_run(struct work *work, const struct errand *errand, const struct action *action)
{
	struct record_page page;

	TRY(find_each(work, errand, action, &page));
	for (size_t i = 0; i < page.count; i++)
		TRY(run_one(work, errand, action, page.records[i]->id));
	if (text_is_set(page.next))
		return rules_note(work, errand->record, errand->rule,
		                  text_format(work->arena, "only the first %d of its records were taken along", EACH_MAX));
	return NULL;
}
