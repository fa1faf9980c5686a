/*
 * One step of one record: what is about to change, gathered from a person's input, settings and tables, and then saved at once.
 * create.c, update.c, transition.c, comment.c and the inner functions for automation all go input -> step -> step_save().
 */
#ifndef REEVE_ENGINE_STEP_PRIVATE_H
#define REEVE_ENGINE_STEP_PRIVATE_H

#include "engine/engine_private.h"

struct step_links { /* of a KIND_LINKS field */
	const struct field *field;
	int64_t *ids;
	size_t count;
};

struct step {
	const struct type *type;
	struct record *record;   /* locked and current; step_save() brings it up to date. Not yet inserted at creation */
	enum event_kind kind;
	const struct transition *transition;
	bool *changed;           /* [field_count]: fields that get cells[] */
	struct cell *cells;
	bool *refused;           /* [field_count]: a mistake in what was sent is told already; no second one that it is missing */
	struct step_links *links;
	size_t link_count;
	text comment;            /* unset: none */
	bool visibility_given;
	enum visibility visibility;
	text rule;               /* of automation; unset: none */
	const struct form_state *answers; /* at creation: what was answered, kept with the record; or NULL */
	struct value *payload;   /* further members of the event's payload, or NULL */
	bool touch;              /* a new version even when no field changes: something was said or attached */
	struct met *met;         /* set by step_schedule() */
	int64_t event_id;        /* set by step_save(); 0 when nothing was to do */
};

/* Nothing changed yet. */
void step_init(struct step *step, struct work *work, struct record *record, enum event_kind kind);
/*
 * Reads a map of fields into the step. `allowed` [field_count]: which may be written (NULL: by the type's rules for people, all
 * but system fields for the system). `comment` and `visibility` are taken when with_comment. All mistakes come as one chain of
 * ERROR_INVALID.
 */
must_use struct error *step_read(struct step *step, struct work *work, const struct value *input, const bool *allowed,
                                 bool with_comment);
/* Sets one field. */
void step_set(struct step *step, size_t field, struct cell cell);
/* Names in settings that nothing has: said in the event, so that somebody can mend it. */
void step_note_missing(struct step *step, struct work *work, struct value *missing);
/* The field as it will be. */
static inline const struct cell *step_cell(const struct step *step, size_t field)
{
	return step->changed[field] ? &step->cells[field] : &step->record->cells[field];
}
/* The record as it will be: a copy, for conditions. */
must_use struct record *step_result(const struct step *step, struct work *work);

/* Looks again for collisions where time, scope or state change, and keeps the worst in the field `found` (schedule.c). */
must_use struct error *step_schedule(struct step *step, struct work *work, bool creation);
/* The same before a step is decided on: as it is now, in memory only; *ret_before is what the record said. */
must_use struct error *schedule_refresh(struct work *work, struct record *record, struct cell *ret_before);

/* Fields that follow from others by a table; what people set against it needs a role and a reason (decision.c). */
must_use struct error *step_decide(struct step *step, struct work *work, bool creation);
/* The table's output for these inputs, or null; a link's is the id of its target. */
must_use struct error *decision_output(struct work *work, const struct field *field, const struct cell *inputs,
                                       struct cell *ret_output);

/*
 * Required fields, one ERROR_INVALID for each that is unset. only_changed: those that this step unsets; what an import left open
 * does not stop a transition, whose dialog has no place for it.
 */
must_use struct error *step_check_required(const struct step *step, struct work *work, bool only_changed);
/* ERROR_INVALID for each field that the record's class lacks and that would be set (class.c). */
must_use struct error *step_check_classes(const struct step *step, struct work *work);
must_use struct error *class_check_import(struct work *work, const struct record *record, const bool *changed);
/* Whether the record as it will be has the field: by its class, and by the version of the definition that it runs on. */
static inline bool step_has_field(const struct step *step, const struct field *field)
{
	if (field->retired && step->type->newest == NULL)
		return false;
	return field->classes == 0 || step->type->class_field < 0 ||
	       class_has_field(step->type, step_cell(step, (size_t)step->type->class_field), field);
}
/*
 * Section `control` (control.c): an edit of controlled fields without a record that authorises it is marked in the step, or refused
 * with ERROR_CONFLICT. Called with what really changes: step->changed, step->links and, for links by relations, the payload.
 */
must_use struct error *control_check(struct step *step, struct work *work, struct record *before);
/* Well-formed, not empty, not too long. */
must_use struct error *comment_check(struct work *work, text comment);
/*
 * Decides whether the step's comment is public. Not said: internal for who may write notes (the careful choice), public for
 * everybody else. must_be_public: the transition says so. `record` is the one that rights are asked of.
 */
must_use struct error *step_settle_comment(struct step *step, struct work *work, struct record *record, bool must_be_public);

/*
 * Writes what differs with one event and calls the followers. Nothing happens when nothing differs and there is no comment,
 * transition or touch.
 */
must_use struct error *step_save(struct step *step, struct work *work);
/* A step that makes a record of this type, and its end: people, defaults, tables, required fields, the insert. */
must_use struct error *step_new(struct work *work, const struct type *type, struct step *ret_step);
must_use struct error *step_finish_new(struct step *step, struct work *work);
/* The same for a record that does not exist yet: its id and number are given here. */
must_use struct error *step_insert(struct step *step, struct work *work);

/* ERROR_STALE when the record is not of this version (0: any), with what the caller wanted and what is there. */
must_use struct error *version_check(struct work *work, struct record *record, int64_t expected, const struct value *input);

/* ERROR_INVALID when the record would lie under itself, or too deep, with this parent of its own type (0: none); locks those above. */
must_use struct error *parent_check(struct work *work, const struct record *record, int64_t parent_id);

/* ---- tasks (task_people.c); nothing happens for other types ---- */

/* A new task by hand: its record takes tasks, and says in which state it begins. */
must_use struct error *task_adopt(struct step *step, struct work *work);
/* What a task waits for belongs to the same record and does not wait for it; its record does not change. */
must_use struct error *task_check_update(struct step *step, struct work *work);
/* A task that is over begins again only while its record takes tasks. */
must_use struct error *task_check_transition(struct work *work, const struct record *task, const struct transition *transition);
/* The transition with what this very task needs to be completed. */
const struct transition *task_transition(struct work *work, const struct record *task, const struct transition *transition);
/* Locks the record of a task: it comes before its tasks. */
must_use struct error *task_lock_first(struct work *work, const struct type *type, int64_t id);
/* ERROR_CONFLICT that names the open tasks, when the transition would end a record that waits for them. */
must_use struct error *tasks_check_waits(struct work *work, const struct record *record, const struct transition *transition);
/* `from` is newly linked with the record: with those of its open tasks, too, that such records carry out (task_carry.c). */
must_use struct error *tasks_carry_link(struct work *work, struct record *from, const struct relation *relation, struct record *parent);
must_use struct error *tasks_hold_back(struct work *work, const struct record *record, const struct transition *transition,
                                       bool *ret_held);

/* The first field on the paths of a condition that the actor may not read, with its type; NULL: none. (order_other.c) */
const struct field *condition_hidden_field(const struct work *work, const struct condition *condition, const struct type **ret_type);

#endif
