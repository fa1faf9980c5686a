/*
 * What a rule does with each record that is connected with its own, by a field, by links, or by the link that set the rule off:
 * resolving a parent incident resolves its children in the same words. One for which it is not possible stays as it is; why is noted
 * there.
 */
#include "engine/step_private.h"
#include "engine/time_private.h"

#include "model/query.h"

/* One cause moves at most so many at once; a rule that meets more says so on its record. */
#define EACH_MAX 500

struct found {
	int64_t ids[EACH_MAX];
	size_t count;
	bool more;
};

/* Along the index of the field alone: which of them is asked of each, when it is locked. */
static struct error *find_by_field(struct work *work, const struct errand *errand, const struct action *action, struct found *found)
{
	struct condition *where;
	struct record_page page;
	text number = record_number(errand->record), source;

	if (action->each_has_of) {
		struct record_name name;
		int64_t id = record_id_of(errand->record, (ptrdiff_t)action->each_of);
		if (id == 0)
			return NULL;
		TRY(model_name(work, errand->record->type->fields[action->each_of].target, id, &name));
		number = name.number;
	}
	source = text_format(work->arena, "%.*s = %.*s", TEXT_ARG(action->type->fields[action->each_field].name),
	                     TEXT_ARG(condition_quote(work->arena, number)));
	TRY(condition_parse(work->arena, work->model, action->type, source, CONDITION_RULE, &where));
	const struct query query = {
		.type = action->type,
		.where = where,
		.context = { .work = work },
		.everything = true,
		.limit = EACH_MAX,
	};
	TRY(model_find(work, &query, &page));
	for (; found->count < page.count; found->count++)
		found->ids[found->count] = page.records[found->count]->id;
	found->more = text_is_set(page.next);
	return NULL;
}

/* Records of `type` that are linked with the one with this id. */
static struct error *find_linked(struct work *work, const struct action *action, bool inverse, const struct type *type, int64_t id,
                                 struct found *found)
{
	const struct relation *relation = &work->model->relations[action->each_relation];
	struct rows *rows;
	bool row;

	TRY(store_query(work->store, work->arena, inverse ? SQL_LINK_IDS_TO : SQL_LINK_IDS_FROM,
	                CELLS(cell_text(relation->name), cell_integer(id), cell_text(type->name), cell_integer(EACH_MAX + 1)), &rows));
	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		if (found->count < EACH_MAX)
			found->ids[found->count++] = rows_integer(rows, 0);
		else
			found->more = true;
	}
}

static struct error *find_each(struct work *work, const struct errand *errand, const struct action *action, struct found *found)
{
	switch (action->each_way) {
	case EACH_FIELD:
		return find_by_field(work, errand, action, found);
	case EACH_RELATION:
		return find_linked(work, action, action->each_inverse, action->type, errand->record->id, found);
	case EACH_OTHER:
		if (errand->other != NULL)
			found->ids[found->count++] = errand->other->id;
		break;
	}
	return NULL;
}

/* Whether `all` holds for each record that is linked with this one as the errand's is. One too many to look at: it does not. */
static struct error *all_hold(struct work *work, const struct errand *errand, const struct action *action, int64_t id, bool *ret_hold)
{
	struct found *others = arena_new_struct(work->arena, struct found);

	*ret_hold = true;
	if (action->each_all == NULL)
		return NULL;
	TRY(find_linked(work, action, !action->each_inverse, errand->record->type, id, others));
	*ret_hold = !others->more;
	for (size_t i = 0; *ret_hold && i < others->count; i++) {
		struct record *other;

		TRY(model_load_fresh(work, errand->record->type, others->ids[i], &other));
		TRY(rule_holds(work, action->each_all, other, ret_hold));
	}
	return NULL;
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

	if (action->each_way != EACH_FIELD)
		TRY(task_lock_first(work, action->type, id));
	TRY(model_lock(work, action->type, id, &child));
	TRY(rule_holds(work, action->each_when, child, &wanted));
	if (wanted)
		TRY(all_hold(work, errand, action, id, &wanted));
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
	struct found *found = arena_new_struct(work->arena, struct found);

	TRY(find_each(work, errand, action, found));
	for (size_t i = 0; i < found->count; i++)
		TRY(run_one(work, errand, action, found->ids[i]));
	if (found->more)
		return rules_note(work, errand->record, errand->rule,
		                  text_format(work->arena, "only the first %d of its records were taken along", EACH_MAX));
	return NULL;
}
