/*
 * The seams inside the time part of the engine: clocks, timers, rules and notifications know each other here.
 * clock_ledger.h holds the arithmetic of clocks; engine_private.h what the core offers and asks for.
 */
#ifndef REEVE_ENGINE_TIME_PRIVATE_H
#define REEVE_ENGINE_TIME_PRIVATE_H

#include "engine/clock_ledger.h"
#include "engine/engine_private.h"

/* ---- clocks (clock_row.c, clock.c) ---- */

/* A clock is said to be breached at this level; warnings stand below it. */
#define CLOCK_LEVEL_BREACH 100

/* One row of the table clock. */
struct clock_row {
	int64_t id; /* 0: the clock has not started */
	const struct clock_definition *definition;
	int64_t goal_ms;		       /* -1: none */
	int64_t calendar_id;		       /* the present one; earlier ones stand in the ledger */
	moment started_at, stopped_at, due_at; /* due_at is unset while paused and without a goal */
	moment wake_at;			       /* the next warning or the breach; unset: nothing to come */
	int64_t elapsed_ms;		       /* when the row was last written */
	int level; /* per cent of the goal up to which everything was announced; 100: the breach */
	struct ledger ledger;
	struct ledger_calendars calendars; /* of the ledger, filled by clock_row_calendars() */
};

/* The clocks of a record: [type->clock_count], by position of their definition. */
must_use struct error *clock_rows_load(struct work *work, const struct record *record,
				       struct clock_row **ret_rows);
/* The same with the rows locked and only for the one with that id: *ret_row NULL when it is gone or of a
 * clock no longer defined. */
must_use struct error *clock_row_load(struct work *work, const struct record *record, int64_t id,
				      struct clock_row **ret_row);
/* Loads the calendars that the ledger names, and the present one. */
must_use struct error *clock_row_calendars(struct work *work, struct clock_row *row);
/* The highest level (a warning's per cent, or 100) that `elapsed_ms` has reached; 0 none. */
int clock_level_reached(const struct clock_definition *definition, int64_t goal_ms, int64_t elapsed_ms);
/* Computes elapsed_ms at `at`, due_at and wake_at from ledger, goal and level; `quiet`: without a wake-up. */
void clock_row_plan(struct clock_row *row, moment at, bool quiet);
/* Inserts or updates it. */
must_use struct error *clock_row_save(struct work *work, const struct record *record, struct clock_row *row);
/* Goal and calendar as they hold for the record now. */
must_use struct error *clock_row_terms(struct work *work, struct record *record, struct clock_row *row);
/* A warning or breach that is to be said: an event, then the rules that wait for it. The rows are written
 * before. */
struct clock_news {
	const struct clock_definition *definition; /* NULL: nothing */
	int level;
	int64_t goal_ms;
	moment due_at;
};
must_use struct error *clock_announce(struct work *work, struct record *record,
				      const struct clock_news *news);
/* The clock with that id wants to be looked at: engine_run_due(). */
must_use struct error *clock_wake(struct work *work, int64_t id);
/* Calendars or services changed: plans all clocks that are not stopped anew, some at a time. *ret_last_id 0:
 * done. */
must_use struct error *clock_replan_some(struct work *work, int64_t after_id, int64_t *ret_last_id);

/* Timers of rules that the newest version does not have go; those of its rules are planned, but for what lies in the past. */
must_use struct error *timers_move(struct work *work, const struct change *change);

/* ---- who (who.c) ---- */

/* Whether the one who did it is an agent for this record: has the role and is not its requester. Never for
 * automatic changes. */
bool change_by_agent(const struct work *work, const struct change *change);
/* Whether it is the record's requester, or who opened it, in that seat: a transition taken with an agent's
 * rights is an agent's. */
bool change_by_requester(const struct work *work, const struct change *change);
/* A copy of `work` for automatic steps: the system as actor, caused by that event. */
struct work automatic_work(const struct work *work, enum origin origin, int64_t cause_id);

/* ---- rules (rules.c, action.c) ---- */

/* A rule that is to run on a record, and why. */
struct errand {
	const struct rule *rule;
	struct record *record;
	int64_t cause_id; /* the event that set it off; 0 none */
	text comment;	  /* what was said, for rules on comments; of a rule on a link: the number of `other` */
	int chain;	  /* automatic steps that led to it */
	struct record *other; /* at the other end of the link, for rules on links */
};

/*
 * Runs the rules that wait for `when` of this record with that `index` and `what`; `event_id` is what happened.
 * WHEN_CLOCK_WARNED, WHEN_CLOCK_BREACHED: the clock; WHEN_APPROVAL: the approval and its turn; WHEN_TASK: what 1 failed, 0 done.
 */
must_use struct error *rules_follow_turn(struct work *work, struct record *record, enum rule_when when, size_t index, int what,
					 int64_t event_id);
/*
 * Runs act() in a savepoint and then the rules that it set off, as what `person_id` (0: nobody) caused: on the agenda of the work, or on
 * one of its own. *ret_failure: why it failed and was undone.
 */
must_use struct error *rules_together(struct work *work, int64_t person_id, struct error *(*act)(struct work *work, void *data),
				      void *data, struct error **ret_failure);
/* One object for one record: the one that waits on the agenda is brought up to date and becomes *record. */
void rules_renew(const struct work *work, struct record **record);
/* Runs the rules of the record that wait for such a link, made or removed by the event. */
must_use struct error *rules_follow_link(struct work *work, struct record *record, const struct relation *relation, bool inverse,
					 struct record *other, bool linked, int64_t event_id);
/* Runs one rule whose time has come, and what it sets off; an error of the rule itself is returned (the timer
 * tries again). */
must_use struct error *rules_run_timed(struct work *work, const struct errand *errand);
/* Notes on the record what became of a rule: `why` it did not do all it should. */
must_use struct error *rules_note(struct work *work, struct record *record, const struct rule *rule,
				  text why);
/* The same for a rule that was stopped or given up: administrators are told. */
must_use struct error *rules_alarm(struct work *work, struct record *record, const struct rule *rule, text why);

/* The same for a rule that failed for the first time. */
must_use struct error *rules_note_retry(struct work *work, struct record *record, const struct rule *rule, const struct error *error);
/* store_undo(), and what was read since the savepoint is read again. */
void rules_undo(struct work *work);

/* What one cause set off: who is behind it, and the event under which people are told (each at most once). */
struct root {
	int64_t person_id; /* 0: nobody; is never told of what they did themselves */
	int64_t event_id;  /* 0: the first notification's own event becomes it */
};
/* The actions of a rule whose condition holds. */
must_use struct error *actions_run(struct work *work, const struct errand *errand, struct root *root);
/* "{number} was resolved: {title}" with the record's fields as work->actor may see them, in work->language.
 */
must_use struct error *fill_words(struct work *work, struct record *record, text source, text *ret_words);
/* Tells administrators of trouble with automation, once an hour for the same `key`; `said` is in words. */
must_use struct error *notify_administrators(struct work *work, struct record *record, int64_t event_id, text key, text said);
/* Transition and sets on each record that is connected with the errand's (each.c). */
must_use struct error *each_run(struct work *work, const struct errand *errand, const struct action *action);
must_use struct error *notify_run(struct work *work, const struct errand *errand, const struct action *action,
				  struct root *root);

/* Gives the record to somebody of its team (assign.c); that nobody was there is noted on it. */
must_use struct error *assign_run(struct work *work, const struct errand *errand, const struct action *action);
/* Writes the message to the webhook into the outbox (outbox.c); that there is no such webhook is noted on the record. */
must_use struct error *webhook_run(struct work *work, const struct errand *errand, const struct action *action);
/* The people who are away now (absent.c). */
must_use struct error *engine_absent(struct work *work, int64_t **ret_ids, size_t *ret_count);

/* Tells these people under the event, each with the reason ("{field}" is `label`), unless they did it or may not read the record. */
must_use struct error *notify_people(struct work *work, struct record *record, const int64_t *people, size_t count,
				     text words, text reason, text label, int64_t event_id);
/* Plans or moves one timer of the record (timer.c); *ret_data: that of the one which waits already, unset when there is none. */
must_use struct error *timer_find(struct work *work, const struct record *record, text kind, text name, text *ret_data);
must_use struct error *timer_put(struct work *work, const struct record *record, text kind, text name, moment due_at,
				 text data);
/* Timers of approvals (approval_time.c); *ret_again MOMENT_UNSET: done. `record` NULL: it is gone. */
bool approval_is_timer(text kind);
must_use struct error *approval_run_timer(struct work *work, struct record *record, text kind, text name, text data,
					  moment *ret_again, text *ret_data);

/* ---- timers (timer.c, daily.c) ---- */

/* A rule whose time has come for the record: runs as a timer of its own, tried again when it fails. */
must_use struct error *timer_plan_rule(struct work *work, const struct record *record, const struct rule *rule);
/* The kind of these timers: what was found about the record's time is looked at again; of all records of a type within a span. */
#define TIMER_LOOK T("look")
#define TIMER_LOOK_ALL T("look_all")
/* (schedule_follow.c) `data` is what was planned with it. */
must_use struct error *schedule_run_look(struct work *work, struct record *record, int64_t cause_id, text data);
/* Plans a look at each of some of the records; *ret_data: what the next step goes on with, unset when all are planned. */
must_use struct error *schedule_run_look_all(struct work *work, text type_name, int64_t cause_id, text data, text *ret_data);
/* One small step of the rule of every day named "TYPE.RULE" from the place `after`; *ret_next unset: the day is done. */
must_use struct error *daily_step(struct work *work, text name, text after, text *ret_next);
/* When the rule of every day runs next after work->now; MOMENT_UNSET when there is no such rule. */
must_use struct error *daily_due(struct work *work, text name, moment *ret_due);

/* Plans, moves or removes the timers of the rules that wait for a moment of this record. */
must_use struct error *timers_follow(struct work *work, const struct change *change);
/* The same for history from elsewhere: what should have come before now does not. */
must_use struct error *timers_follow_import(struct work *work, const struct change *change);
/* A rule that failed at once is tried again later. */
must_use struct error *timer_plan_retry(struct work *work, const struct errand *errand);
/* All open clocks are to be planned anew, soon. */
must_use struct error *timer_plan_clocks(struct work *work);

#endif
