/*
 * The seams inside approvals. A round (table approval) is asked once and decided once; its voters (table vote) are those who are
 * asked in a step, each with at most one vote. All functions take a record that is locked in this transaction.
 *
 *   approval_row.c   rows          approval_who.c    who is asked, who is left out, who stands in
 *   approval.c       a round's life: asked, evaluated, ended, its outcome taken
 *   approval_follow.c  what changes of records, people and absences mean for it
 *   approval_vote.c  votes         approval_time.c   reminders, time-outs, hand-overs       approval_read.c  what people see
 */
#ifndef REEVE_ENGINE_APPROVAL_PRIVATE_H
#define REEVE_ENGINE_APPROVAL_PRIVATE_H

#include "engine/time_private.h"

/* A step asks at most so many people; more is somebody who has confused a team with everybody. */
#define APPROVAL_PEOPLE 200
/* So many stand in for one person, or one for so many; and so far a hand-over goes on. */
#define APPROVAL_DELEGATES 20
#define APPROVAL_DELEGATE_DEPTH 3

struct round {
	int64_t id, number, version;
	int64_t event_id;          /* what led to it; 0: nothing in the log */
	text name, lacks;
	enum approval_turn state;  /* APPROVAL_ASKED: open */
	moment asked_at, due_at, ended_at;
	const struct approval_definition *definition; /* NULL: the record's version has no such approval (any more) */
};
struct voter {
	int64_t id, approval_id, user_id, voted_by, version;
	text step, via, comment;
	bool counts;
	moment waiting_since, voted_at;
	enum vote_kind vote;
};

/* ---- rows ---- */

must_use struct error *rounds_load(struct work *work, const struct record *record, struct round **ret_rounds, size_t *ret_count);
/* Of one round, or (round_id 0) of all rounds of the record. */
must_use struct error *voters_load(struct work *work, const struct record *record, int64_t round_id, struct voter **ret_voters,
                                   size_t *ret_count);
must_use struct error *voter_save(struct work *work, const struct voter *voter);

/* ---- who ---- */

struct people {
	int64_t *ids;
	text *via;                 /* why: "role change_authority", "team cab", "service.owner" */
	size_t count, capacity;
};
bool has_id(const int64_t *ids, size_t count, int64_t id);
/* Those whom these name: each once, in order, without those left out and those who are not active. */
must_use struct error *asked_people(struct work *work, struct record *record, const struct approval_definition *definition,
                                    const struct asked *asked, size_t asked_count, struct people *ret_people);
/* Those who may neither be asked nor vote (`not`). */
must_use struct error *excluded_people(struct work *work, struct record *record, const struct approval_definition *definition,
                                       int64_t **ret_ids, size_t *ret_count);
/* Whether they are still what they were asked for. */
must_use struct error *still_asked(struct work *work, const struct voter *voter, bool *ret_still);
/* Who stands in for them now (those who stand in for these, too), without inactive ones. */
must_use struct error *absence_delegates(struct work *work, int64_t user_id, int64_t **ret_ids, size_t *ret_count);
/* For whom they stand in now. */
must_use struct error *absence_people(struct work *work, int64_t user_id, int64_t **ret_ids, size_t *ret_count);
/* Adds them to the field `approvers`, so that they may read it; ret_new[i]: was not in it. */
must_use struct error *add_approvers(struct work *work, const struct record *record, const int64_t *ids, size_t count, bool *ret_new);
/* Told under the event, each in their language, unless they are the one who did it or may not read it. */
must_use struct error *tell_people(struct work *work, struct record *record, const struct round *round, const int64_t *ids,
                                   size_t count, text words, int64_t event_id);

/* ---- quorum: arithmetic alone (approval_quorum.c) ---- */

struct tally {
	int64_t rows, asked, approvals, rejections, abstentions; /* rows: also of those who count no longer */
};
enum step_result { STEP_OPEN, STEP_APPROVED, STEP_REJECTED, STEP_LACKING, STEP_SKIPPED };
struct tally step_tally(const struct approval_step *step, int64_t round_id, const struct voter *voters, size_t count);
/* Approvals that are needed of so many asked. */
int64_t quorum_needed(const struct approval_step *step, int64_t asked);
/* Decided as soon as the votes that are missing cannot change it. */
enum step_result quorum_result(const struct approval_step *step, const struct tally *tally);

/* ---- a round's life ---- */

/* An event of the round on the record, not yet appended. */
must_use struct event *approval_event(struct work *work, const struct record *record, const struct round *round, text what);
/* The first approval of this state whose condition holds; none holds: the outcome `approved` of the first is taken at once. */
must_use struct error *approval_ask_in_state(struct work *work, struct record *record, int64_t event_id);
must_use struct error *approval_ask(struct work *work, struct record *record, const struct approval_definition *definition,
                                    int64_t event_id);
/* Asks the next steps, ends the round when it is decided. Nothing when it is over. */
must_use struct error *approval_evaluate(struct work *work, struct record *record, struct round *round);
/* Ends the round so and takes the outcome's transition where it leaves the record's state. */
must_use struct error *approval_end(struct work *work, struct record *record, struct round *round, enum approval_turn turn);
/* The voter counts no longer; `why` goes into the event. */
must_use struct error *approval_leave(struct work *work, struct record *record, const struct round *round, struct voter *voter,
                                      text why);

/* ---- times ---- */

#define TIMER_REMIND T("remind")
#define TIMER_EXPIRE T("expire")
#define TIMER_APPROVER T("approver") /* a person changed: do they still count? */
#define TIMER_ABSENCE T("absence")   /* an absence begins: what waits is handed over */

must_use struct error *approval_plan(struct work *work, struct record *record, const struct round *round);
/* Somebody lacks: an approval without reminders is looked at again each day, too. */
must_use struct error *approval_look_again(struct work *work, struct record *record, const struct round *round);
must_use struct error *approval_unplan(struct work *work, const struct record *record, const struct round *round);
/* When it expires, or MOMENT_UNSET. */
must_use struct error *approval_due(struct work *work, struct record *record, const struct approval_definition *definition,
                                    moment *ret_due);

#endif
