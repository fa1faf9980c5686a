/* What will come of an order, before it is sent: its answers in words, and who is going to be asked. */
#include "engine/answers_private.h"

struct error *engine_form_answers(struct work *work, const struct form_state *state, struct value **ret_answers)
{
	TRY(answers_value(work, state, ret_answers));
	return answers_show(work, *ret_answers);
}

/* Along the links; *ret_id 0 where one of them is unset or leads to many. What the actor may not know of somebody else is hidden. */
static struct error *follow(struct work *work, const struct record *prospect, const struct asked *asked, const struct type **ret_type,
                            int64_t *ret_id, bool *ret_hidden)
{
	const struct record *record = prospect;
	bool readable;

	*ret_id = 0;
	for (size_t i = 0; i < asked->path_count; i++) {
		const struct field *field = &record->type->fields[asked->path[i]];
		int64_t id = field->kind == KIND_LINK ? record_id_of(record, (ptrdiff_t)field->position) : 0;
		struct record *next;

		TRY(order_step_readable(work, prospect, record, field, &readable));
		*ret_hidden = !readable;
		*ret_type = field->target;
		if (!readable)
			return NULL;
		if (id == 0)
			return NULL;
		if (i + 1 == asked->path_count) {
			*ret_id = id;
			return NULL;
		}
		TRY(model_load(work, field->target, id, &next));
		record = next;
	}
	return NULL;
}

static struct error *asked_words(struct work *work, const struct record *prospect, const struct asked *asked, text *ret_words,
                                 bool *ret_hidden)
{
	const struct type *type = NULL;
	struct record_name name;
	int64_t id;

	*ret_words = TEXT_UNSET;
	*ret_hidden = false;
	switch (asked->how) {
	case ASK_ROLE:
		*ret_words = label_in(&work->model->roles[asked->role].label, work->language);
		return NULL;
	case ASK_TEAM:
	case ASK_PERSON:
		*ret_words = asked->name;
		return NULL;
	case ASK_PATH:
		break;
	}
	TRY(follow(work, prospect, asked, &type, &id, ret_hidden));
	if (id == 0)
		return NULL;
	TRY(access_name(work, type, id, &name));
	*ret_words = text_is_set(name.title) && !text_is_empty(name.title) ? name.title : name.number;
	return NULL;
}

static struct error *add_asked(struct work *work, const struct record *prospect, const struct asked *asked, size_t count,
                               struct value *people, bool *ret_hidden)
{
	bool hidden;
	text shown;

	*ret_hidden = false;
	for (size_t i = 0; i < count; i++) {
		TRY(asked_words(work, prospect, &asked[i], &shown, &hidden));
		if (text_is_set(shown))
			value_append(work->arena, people, value_text(work->arena, shown));
		*ret_hidden = *ret_hidden || hidden;
	}
	return NULL;
}

static struct error *step_value(struct work *work, const struct record *prospect, const struct approval_definition *approval,
                                const struct approval_step *step, struct value **ret_value)
{
	struct value *one = value_map(work->arena), *people = value_list(work->arena);
	bool hidden;

	TRY(add_asked(work, prospect, step->asked, step->asked_count, people, &hidden));
	/* Whether somebody else is asked instead would tell whether there is anybody. */
	if (value_count(people) == 0 && !hidden)
		TRY(add_asked(work, prospect, approval->otherwise, approval->otherwise_count, people, &hidden));
	value_add(work->arena, one, T("label"), value_text(work->arena, label_in(&step->label, work->language)));
	value_add(work->arena, one, T("people"), people);
	*ret_value = one;
	return NULL;
}

struct error *engine_prospect_approvers(struct work *work, struct record *prospect, struct value **ret_list)
{
	const struct type *type = prospect->type;

	*ret_list = value_list(work->arena);
	for (size_t i = 0; i < type->approval_count; i++) {
		const struct approval_definition *approval = &type->approvals[i];
		struct value *one = value_map(work->arena), *steps = value_list(work->arena), *step;
		bool holds = approval->states != NULL;

		if (holds)
			TRY(order_condition_holds(work, approval->when, prospect, prospect, &holds));
		if (!holds)
			continue;
		for (size_t j = 0; j < approval->step_count; j++) {
			TRY(order_condition_holds(work, approval->steps[j].when, prospect, prospect, &holds));
			if (!holds)
				continue;
			TRY(step_value(work, prospect, approval, &approval->steps[j], &step));
			value_append(work->arena, steps, step);
		}
		value_add(work->arena, one, T("approval"), value_text(work->arena, label_in(&approval->label, work->language)));
		value_add(work->arena, one, T("steps"), steps);
		value_append(work->arena, *ret_list, one);
		return NULL;
	}
	return NULL;
}
