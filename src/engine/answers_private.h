/*
 * Answers to the form of a model, inside the engine: read and checked before a record is made of them (form.c, order.c), kept with
 * it (answers.c), and read again for the conditions of its tasks.
 */
#ifndef REEVE_ENGINE_ANSWERS_PRIVATE_H
#define REEVE_ENGINE_ANSWERS_PRIVATE_H

#include "engine/step_private.h"

/* The id of a record that is not stored yet. */
#define PROSPECT_ID (-1)

/* Keeps what was answered with the record, which was just inserted. `state` NULL: nothing was asked; only the model is kept. */
must_use struct error *answers_keep(struct work *work, struct record *record, const struct form_state *state);
/*
 * What was answered when this record was made from the model, as a record of model->form_type whose `record` is this one: for
 * conditions of the model. Without answers all its questions are unset.
 */
must_use struct error *answers_load(struct work *work, const struct record *record, const struct work_model *model,
                                    struct record **ret_answers);
/* The answers of a repeating group (a field of form_type), as records of its own type. */
must_use struct error *answers_load_rows(struct work *work, const struct record *record, const struct work_model *model, size_t group,
                                         struct record ***ret_rows, size_t *ret_count);
/* The list that engine_answers() gives, of answers that are not kept yet. */
must_use struct error *answers_value(struct work *work, const struct form_state *state, struct value **ret_list);

/* Takes out of such a list what the actor may not know. */
must_use struct error *answers_show(struct work *work, struct value *list);

/* ---- what a new record is made from (order.c) ---- */

struct order {
	const struct work_model *model; /* NULL: none */
	struct record *offering;        /* NULL: none */
	struct value *rest;             /* the input without the keys that are read here */
	const struct value *answers;    /* or NULL */
};
/* Takes `model` and `answers` out of the input, and looks at the offering. */
must_use struct error *order_take(struct work *work, const struct type *type, const struct value *input, struct order *ret_order);
/*
 * Reads the answers and sets what offering and model say, where the input did not. The people of the step are known. Mistakes of
 * the answers are a chain of ERROR_INVALID.
 */
must_use struct error *order_apply(const struct order *order, struct step *step, struct work *work);

/* The same for a record that a rule or another model makes: its model is set, and nobody was asked. */
must_use struct error *order_apply_model(struct step *step, struct work *work);

/* ---- for somebody else (order_other.c) ---- */

/* Whether the actor is a person and the requester (0: nobody) somebody else. */
bool order_for_another(const struct work *work, int64_t requester_id);
/* rule_holds() for what is asked before the record is stored; of somebody else only what the actor may read is set. */
must_use struct error *order_condition_holds(struct work *work, const struct condition *condition, const struct record *prospect,
                                             struct record *record, bool *ret_holds);
/* Whether a path of the prospect may go on through this field of this record, for what is shown to the actor. */
must_use struct error *order_step_readable(struct work *work, const struct record *prospect, const struct record *record,
                                           const struct field *field, bool *ret_readable);

#endif
