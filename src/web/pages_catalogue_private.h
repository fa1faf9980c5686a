/* What the pages and the API of the catalogue share: offerings as values, and forms between their texts and their answers. */
#ifndef REEVE_WEB_PAGES_CATALOGUE_PRIVATE_H
#define REEVE_WEB_PAGES_CATALOGUE_PRIVATE_H

#include "web/pages_private.h"

/* The type of which records are made by ordering; NULL: the definitions have no catalogue. */
const struct type *catalogue_type(const struct work *work);
/*
 * [{name, title, description, price, monthly, price_words, monthly_words, delivery, category, service, href}] offered to that person (0: the actor) whose words
 * match; by title.
 */
must_use struct error *catalogue_offerings(struct work *work, text words, int64_t person_id, size_t limit, struct value **ret_list);
/* The id of a person by login; 0 for an unset or empty one. ERROR_INVALID with the field `for`. */
must_use struct error *catalogue_person(struct work *work, text login, int64_t *ret_id);
must_use struct error *catalogue_offering(struct work *work, struct record *offering, struct value **ret_value);
/* "1200.00 EUR" of an offering or what is made of it, for people; unset: free of charge. */
text catalogue_price(struct work *work, const struct record *record, text field);

/* ---- the form of an offering ---- */

struct order_form {
	const struct type *type;
	struct record *offering, *prospect;
	const struct work_model *model; /* NULL: nothing is asked */
	struct value *answers;          /* given so far: question -> value, also of what is hidden now */
	struct form_state *state;       /* NULL without model */
	text for_whom;                  /* login; unset: the actor */
};
/* Reads the {offering} of the path with these answers; ERROR_NOT_FOUND when it is not offered to whom it is for. */
must_use struct error *order_form_read(struct work *work, struct web_request *request, text for_whom, struct value *answers,
                                       struct order_form *ret_form);

/* ---- questions on pages (pages_question.c) ---- */

#define QUESTIONS_OF_ALL_PAGES SIZE_MAX

struct question_view {
	size_t page; /* or QUESTIONS_OF_ALL_PAGES */
	bool errors; /* what is wrong stands at its question */
	text more;   /* the group that gets one more line */
};
/* Texts of a posted form ("a.laptop", "a.accounts.1.system") as answers. */
must_use struct value *question_answers(struct work *work, const struct work_model *model, const struct value *body);
/* Those that are asked now, without empty lines: what is sent. */
must_use struct value *question_shown_answers(struct work *work, const struct form_state *state);
/* Appends {label, message, anchor} for what is wrong with this question as far as a page shows it. */
void question_mistakes(struct work *work, const struct form_entry *entry, struct value *list);
/* Appends [{label, fields}] of what the page asks, and to `carried` {name, value} of all other answers. */
must_use struct error *question_sections(struct work *work, const struct form_state *state, const struct question_view *view,
                                         struct value *sections, struct value *carried);
/* The first of the mistakes gets the cursor. */
void question_focus(struct work *work, const struct value *sections, const struct value *errors);

PHASE(catalogue_render);
PHASE(order_render);
PHASE(order_step_render);
PHASE(order_send_prepare);
PHASE(order_send_apply);
PHASE(order_done);
PHASE(order_refuse);

#endif
