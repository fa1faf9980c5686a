/*
 * The seams inside the engine. Two halves meet here: the one that changes records (create, update, transition, comment ...)
 * and the one that follows changes in the same transaction (clocks, automation, notifications). Only src/engine includes this.
 */
#ifndef REEVE_ENGINE_PRIVATE_H
#define REEVE_ENGINE_PRIVATE_H

#include "engine/engine.h"

/* ---- what happened: the argument of the followers ---- */

/* One applied change: the row is written, its event appended. Everything is owned by the work's arena. */
struct change {
	const struct type *type;
	struct record *before;      /* as it was; NULL at creation */
	struct record *after;       /* as it is now; the engine's inner functions keep this very object up to date */
	const bool *changed;        /* [type->field_count]; all false for a comment alone */
	const struct transition *transition; /* NULL: none was taken (an import may change the state without one) */
	struct met *met;            /* what stood or stands in its way and may look at it again (schedule_private.h); NULL: nothing */
	const bool *links_changed;  /* [type->field_count]: lists of links that changed; NULL: none */
	text comment;               /* unset: none */
	enum visibility visibility; /* of the comment */
	enum event_kind kind;       /* EVENT_CREATED, EVENT_UPDATED, EVENT_TRANSITION, EVENT_COMMENT or EVENT_IMPORTED */
	int64_t event_id;
	int64_t actor_id;           /* who did it then: 0 the system; work->actor except for imports */
	moment at;                  /* when it happened: work->now except for imports */
	text rule;                  /* whose step it is; unset: somebody's own */
};

/*
 * Clocks start, pause, stop, run on, change their goal; due moments are planned. For EVENT_IMPORTED the ledger follows
 * `at`, but nothing is planned: imports set off no warnings and no breaches. Called before rules_follow().
 */
must_use struct error *clock_follow(struct work *work, const struct change *change);

/*
 * Automation and notifications: runs the rules whose `when` fits. Not called for imports. Rules act through the inner
 * functions below with a work of their own: actor access_system(), origin ORIGIN_AUTOMATION, cause change->event_id,
 * chain + 1; beyond LIMIT_CHAIN the chain is stopped. They may change change->after.
 */
must_use struct error *rules_follow(struct work *work, const struct change *change);

/*
 * Tasks of a record: made when it enters their state, released when what they wait for is over; and the record moves on when the
 * last one is (task_follow.c). Not called for imports; called after rules_follow(), which has then noted what fits the change.
 */
must_use struct error *tasks_follow(struct work *work, const struct change *change);
/* Further records that its model makes with a new record, in the same transaction (bundle.c). */
must_use struct error *bundle_follow(struct work *work, const struct change *change);


/*
 * Approvals (approval_follow.c): asked when a state is entered, withdrawn when it is left, voided by covered fields. Called after
 * rules_follow(), not for imports. Outcomes and rules that wait for them run in this transaction.
 */
must_use struct error *approval_follow(struct work *work, const struct change *change);
/* `request: NAME` of a rule. Nothing when it is asked already. */
must_use struct error *approval_request(struct work *work, struct record *record, size_t approval);

/*
 * What others have found about their own time when this record comes, goes, moves or touches other things (schedule_follow.c): a few
 * are looked at again in this transaction, many soon. Called last.
 */
must_use struct error *schedule_follow(struct work *work, const struct change *change);

/* All followers of a change, in order; for an import the clocks, timers and collisions alone. */
must_use struct error *engine_follow(struct work *work, const struct change *change);

/* ---- the event log ---- */

/* An event of now, by work->actor, with work's origin and cause and an empty payload, on this record and its version. */
must_use struct event *event_new(struct work *work, const struct record *record, enum event_kind kind);
/* Writes it, sealed on SQLite; sets id and seq. ERROR_INTERNAL when the connection was not opened by a sealer. */
must_use struct error *event_append(struct work *work, struct event *event);
/* Reads the columns of the statements event_* (all of them begin with the same list); payload parsed, NULL when erased. */
must_use struct error *event_read(struct work *work, struct rows *rows, struct event *ret_event);
/* { field: [old, new] } of the changed fields as raw values (event_cell_value) into payload.changes. */
must_use struct error *event_add_changes(struct work *work, struct event *event, const struct record *before,
                                         const struct record *after, const bool *changed);
/* A cell as the log keeps it: links by id, choices by name, moments and durations as milliseconds; and back (unknown: null). */
must_use struct value *event_cell_value(struct arena *arena, const struct field *field, const struct cell *cell);
struct cell event_value_cell(const struct field *field, const struct value *value);

/* Whether a condition of the definitions holds (NULL: yes). Working days are those of the record's calendar. */
must_use struct error *rule_holds(struct work *work, const struct condition *condition, struct record *record, bool *ret_holds);

/* ---- inner steps for automation and timers: no rights, no needs; the same journal and the same followers ---- */

/* All take a record that is locked in this transaction and up to date, and keep it up to date. `rule` goes into the payload. */

/* Writes cells[i] where changed[i] (and what decision tables make of it). Nothing when nothing differs. */
must_use struct error *engine_apply_update(struct work *work, struct record *record, const bool *changed, const struct cell *cells,
                                           text rule);
/*
 * Takes the transition when its `from` and guard allow it now; else ERROR_CONFLICT. `comment` may be unset.
 * changed, cells: fields set with it, may be NULL.
 */
must_use struct error *engine_apply_transition(struct work *work, struct record *record, const struct transition *transition,
                                               const bool *changed, const struct cell *cells, text comment,
                                               enum visibility visibility, text rule);
must_use struct error *engine_apply_comment(struct work *work, struct record *record, text comment, enum visibility visibility,
                                            text rule, int64_t *ret_event);
/* Creates a record of `type` from cells[i] where set[i]; defaults, decisions, number and first state follow. */
must_use struct error *engine_apply_create(struct work *work, const struct type *type, const bool *set, const struct cell *cells,
                                           text comment, text rule, struct record **ret_record);
/* Links two records; one already linked so is fine. */
must_use struct error *engine_apply_link(struct work *work, struct record *from, const struct relation *relation,
                                         struct record *to, int64_t *ret_id);

/*
 * Evaluates settings ("set" of transitions, actions and models) for a record of `type`, looking at `record` (which may be another:
 * the one that set it off, or the answers to a form), into cells and changed; `me` is the actor of `work`. Links to names that
 * are not there leave their field as it is, and are added to the list `missing` (or NULL).
 */
must_use struct error *engine_evaluate_settings(struct work *work, const struct type *type, struct record *record,
                                                const struct setting *settings, size_t count, bool *changed, struct cell *cells,
                                                struct value *missing);

/* Those of these records (at most some thousand) that the actor may read, as in lists; in the order of their ids. */
must_use struct error *engine_read_many(struct work *work, const struct type *type, const int64_t *ids, size_t count,
                                        struct record_page *ret_page);

/* What a field holds now, as the API says it; a link to what the actor may not read is { type, number: null }. */
must_use struct error *history_field_value(struct work *work, struct record *record, const struct field *field,
                                           struct value **ret_value);

/* Locks (PostgreSQL) and loads the record of that number; ERROR_NOT_FOUND when there is none or the actor may not read it. */
must_use struct error *engine_lock(struct work *work, const struct type *type, text number, struct record **ret_record);

#endif
