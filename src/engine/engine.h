/*
 * The only place where records change. Web, API, mail, import, automation and the command line all come through here:
 * each function validates, checks rights, guards, applies, journals and emits in the caller's transaction (a lane job's apply()),
 * and locks what it decides on first. work->actor is who does it; system work may everything. The caller resets work->cache
 * before each apply(): what an undone try has read must not be believed.
 *
 * Reading functions at the end are for worker threads with a reading connection.
 */
#ifndef REEVE_ENGINE_ENGINE_H
#define REEVE_ENGINE_ENGINE_H

#include "access/access.h"
#include "model/schema.h"
#include "store/lane.h"

/* ---- changing ---- */

/*
 * Creates a record from a map of fields (unknown keys, unwritable fields and wrong values are one chain of ERROR_INVALID).
 * Defaults, decision tables, number, first state, clocks, automation, notifications follow. `comment` may be a key.
 * A person without `requester` in the input is its requester (where the type has one), and its opened_by.
 */
must_use struct error *engine_create(struct work *work, const struct type *type, const struct value *input,
                                     struct record **ret_record);

/*
 * Merge patch (RFC 7396) on fields. `expected_version` 0: no check; else ERROR_STALE when it differs, with extra
 * { "version", "yours": {...}, "current": {...} } for the fields concerned. No change: no event, same version.
 */
must_use struct error *engine_update(struct work *work, const struct type *type, text number, int64_t expected_version,
                                     const struct value *patch, struct record **ret_record);

/*
 * Takes a transition; `input` (NULL: none) holds needed and asked fields and `comment`. ERROR_CONFLICT when not allowed now (guard_message),
 * ERROR_FORBIDDEN when never for this role, ERROR_INVALID per missing need.
 */
must_use struct error *engine_transition(struct work *work, const struct type *type, text number, text transition,
                                         int64_t expected_version, const struct value *input, struct record **ret_record);

enum visibility { VISIBLE_PUBLIC, VISIBLE_INTERNAL };
/* *ret_event: id of its event. Markdown; LIMIT_PROSE_BYTES; empty is ERROR_INVALID. */
must_use struct error *engine_comment(struct work *work, const struct type *type, text number, text comment,
                                      enum visibility visibility, struct record **ret_record, int64_t *ret_event);

struct attachment {
	int64_t id, record_id, event_id, size, created_by;
	text name, media_type, hash;
	enum visibility visibility;
	moment created_at;
};
/* The blob is already stored (blob_finish). Name and media type are checked (no control or bidi characters, no CR LF, length). */
must_use struct error *engine_attach(struct work *work, const struct type *type, text number, const struct attachment *file,
                                     int64_t *ret_id);
must_use struct error *engine_detach(struct work *work, const struct type *type, text number, int64_t attachment_id);

struct record_link {
	int64_t id;
	const struct relation *relation;
	bool inverse;            /* seen from the other end */
	const struct type *type; /* of the other record */
	int64_t other_id;
	struct record *other;    /* as in lists */
	moment created_at;
};
/* Both ends must be readable and linkable. A second identical link and a link to itself are refused. */
must_use struct error *engine_link(struct work *work, const struct type *type, text number, text relation, text to_number,
                                   int64_t *ret_id);
must_use struct error *engine_unlink(struct work *work, const struct type *type, text number, int64_t link_id);
/*
 * Says that the unauthorised edits of a record under control (section `control` of its type) were right: with a comment, or with
 * the number of a record that authorises them afterwards (it must point at this one); one of the two may be unset. ERROR_FORBIDDEN
 * without one of the roles for it, ERROR_CONFLICT when nothing is marked.
 */
must_use struct error *engine_control_clear(struct work *work, const struct type *type, text number, text comment, text by_number,
                                            struct record **ret_record);
/* `user_id` 0: the actor. */
must_use struct error *engine_watch(struct work *work, const struct type *type, text number, int64_t user_id, bool watch);

/* ---- forms: what a model asks, and what was answered ---- */

struct form_entry {                 /* one question as it stands with the answers before it */
	const struct form_question *question;
	const struct field *field;
	size_t page, part;
	bool shown;                 /* its page, its section and itself */
	bool *offered;              /* choices that are offered now [choice_count]; NULL: all */
	struct cell cell;           /* the answer, else its default or what it is prefilled with; null where it is not shown */
	const struct value *given;  /* as sent; NULL: it was not */
	struct error *error;        /* what is wrong with it, or NULL */
	struct form_row {           /* of a repeating group */
		struct form_entry *entries;
		struct record *record; /* of question->group_type */
	} *rows;
	size_t row_count;
};
struct form_state {
	const struct work_model *model;
	struct record *answers;     /* of model->form_type */
	struct form_entry *entries; /* all questions, in the order of the form */
	size_t entry_count;
	bool *pages;                /* shown [model->page_count]: those that have something to ask */
	struct error *errors;       /* all of them, with fields as "answers.laptop", "answers.accounts.2.system" */
};
/*
 * Reads answers {question: value} in the order of the form. Absent ones take their default or are prefilled; what is not asked
 * with these answers, not offered, missing or wrong is in errors. The prospect (engine_prospect) is the record to be made.
 */
must_use struct error *engine_form(struct work *work, const struct work_model *model, struct record *prospect,
                                   const struct value *given, struct form_state **ret_state);
/*
 * What would be made of an offering for this person (0: the actor): a record that is not stored, with what the offering hands
 * over. ERROR_NOT_FOUND when it is not offered to them. *ret_model is NULL for an offering without a form.
 */
must_use struct error *engine_prospect(struct work *work, const struct type *type, text offering, int64_t requester_id,
                                       struct record **ret_prospect, struct record **ret_offering,
                                     const struct work_model **ret_model);
/* What would be made from a model without an offering, for this person (0: the actor): a record that is not stored. */
struct record *engine_model_prospect(struct work *work, const struct work_model *model, int64_t requester_id);
/* All that is offered to that person (0: the actor), by title: the catalogue is a door of its own, whatever the rights on offerings are. */
must_use struct error *engine_offerings(struct work *work, const struct type *type, int64_t requester_id, struct record ***ret_offerings,
                                        size_t *ret_count);
/* The prospect with what its model sets from these answers: for prices and approvers before anything is sent. */
must_use struct error *engine_prospect_set(struct work *work, struct record *prospect, const struct form_state *state);
/*
 * Who would be asked to agree, as [{approval, steps: [{label, people}]}] in words: the first approval that fits the prospect, in the
 * order in which states ask. Empty: nobody.
 */
must_use struct error *engine_prospect_approvers(struct work *work, struct record *prospect, struct value **ret_list);
/* The answers of a form as engine_answers() gives them, before anything is made of it. */
must_use struct error *engine_form_answers(struct work *work, const struct form_state *state, struct value **ret_answers);
/* Whether an offering is offered to that person (0: the actor). One whose model went, or makes other records, is offered to nobody. */
must_use struct error *engine_is_offered(struct work *work, const struct type *type, struct record *offering, int64_t requester_id,
                                         bool *ret_offered);
/* [{question, label, kind, value, words} or {question, label, rows: [[...]]}] as they were given with the record; NULL: none. */
must_use struct error *engine_answers(struct work *work, const struct record *record, struct value **ret_answers);

/* ---- tasks and children of a record, as far as the actor may read them ---- */

struct record_task {
	struct record *record;  /* of the type work_task, without long texts */
	size_t *after;          /* positions in the list: what it waits for */
	size_t after_count;
	int level;              /* 0: waits for none; else one more than the highest it waits for */
};
/* By level. Empty for a type without tasks. */
must_use struct error *engine_tasks(struct work *work, struct record *record, struct record_task **ret_tasks, size_t *ret_count);
struct task_summary {
	size_t total, open, done, failed;
};
must_use struct error *engine_task_summary(struct work *work, struct record *record, struct task_summary *ret_summary);

struct child_group { /* records of one type whose field `parent` is this record */
	const struct type *type;
	struct record **records; /* at most LIMIT_PAGE_ROWS of them */
	size_t count;
	bool more;
	size_t *states;          /* how many are in each state of the type [state_count] */
};
must_use struct error *engine_children(struct work *work, struct record *record, struct child_group **ret_groups, size_t *ret_count);

/* ---- idempotency: kept per actor in the change's transaction ---- */

/*
 * *ret_found with status and answer when this key was answered within 24 h; ERROR_INVALID when the key came with another fingerprint
 * (method + path + body); ERROR_CONFLICT while the first still runs (PostgreSQL: the row is locked).
 */
must_use struct error *engine_idempotency_find(struct work *work, text key, text fingerprint, bool *ret_found, int *ret_status,
                                               text *ret_answer);
must_use struct error *engine_idempotency_keep(struct work *work, text key, text fingerprint, int status, text answer);

/* ---- approvals ---- */

enum vote_kind { VOTE_NONE, VOTE_APPROVE, VOTE_REJECT, VOTE_ABSTAIN };
text vote_kind_name(enum vote_kind kind); /* "approve" */
/* False when it is none. */
bool vote_kind_of(text name, enum vote_kind *ret_kind);

struct ballot {
	enum vote_kind vote;
	text comment;        /* needed to reject */
	int64_t for_id;      /* whose vote it is; 0: one's own, else that of each for whom one stands in now */
	text step;           /* unset: of every step that waits for it */
	int64_t version;     /* of the record that the voter saw; 0: not said. See engine_vote() */
};
/*
 * Votes in a round of an approval; a vote given before the end may be changed. ERROR_NOT_FOUND: no such round, or the record may not
 * be read; ERROR_FORBIDDEN: not asked, does not stand in for them, or is left out (`not`), with why; ERROR_CONFLICT: decided already,
 * void or withdrawn; ERROR_STALE: since the version that was seen, the title or a field changed that the approval shows or covers.
 * The outcome and its transition follow in the same transaction.
 */
must_use struct error *engine_vote(struct work *work, const struct type *type, text number, int64_t approval_id,
                                   const struct ballot *ballot, struct record **ret_record);

struct approval_vote {
	int64_t user_id;       /* who was asked */
	text via;              /* why: "role change_authority", "team cab", "service.owner" */
	bool counts;           /* false: has left, or is left out, since */
	bool waiting;
	int64_t *delegates;    /* who stands in for them now (while waiting) */
	size_t delegate_count;
	enum vote_kind vote;   /* VOTE_NONE: not yet */
	int64_t voted_by;      /* who said it: they, or who stood in */
	moment voted_at;
	text comment;
	int64_t version;       /* of the record that was voted on */
};
struct approval_part { /* a step */
	const struct approval_step *definition;
	enum approval_part_state { PART_TO_COME, PART_OPEN, PART_APPROVED, PART_REJECTED, PART_SKIPPED, PART_LACKING, PART_ENDED } state;
	int64_t asked, approvals, rejections, abstentions, needed;
	struct approval_vote *votes;
	size_t vote_count;
};
struct approval { /* a round */
	int64_t id, round, version; /* version: of the record that was asked about */
	const struct approval_definition *definition; /* NULL: no longer defined */
	text name;
	enum approval_turn state;   /* APPROVAL_ASKED: open */
	moment asked_at, due_at, ended_at;
	struct approval_part *parts;
	size_t part_count;
};
text approval_part_state_name(enum approval_part_state state);
/* All rounds of a record, the oldest first; *ret_count 0 where nothing was asked. */
must_use struct error *engine_approvals(struct work *work, struct record *record, struct approval **ret_approvals, size_t *ret_count);

struct approval_waiting { /* a vote that is expected of the actor */
	int64_t approval_id;
	const struct approval_definition *definition;
	const struct approval_step *step;
	int64_t round;
	struct record *record;
	int64_t for_id;         /* whose vote: the actor, or the one for whom they stand in */
	moment since, due_at;
};
/*
 * What waits for the actor, the oldest first, also for those for whom they stand in; only of records that they may read. At most `limit`
 * behind the cursor `after` (0: from the start); *ret_next is the next cursor, 0 at the end.
 */
must_use struct error *engine_approvals_waiting(struct work *work, int64_t after, size_t limit, struct approval_waiting **ret_list,
                                                size_t *ret_count, int64_t *ret_next);
/* The same of one record, however much else waits. */
must_use struct error *engine_approvals_waiting_of(struct work *work, struct record *record, struct approval_waiting **ret_list,
                                                   size_t *ret_count);
/* How many, capped at LIMIT_UNREAD: for the navigation of every page. */
must_use struct error *engine_approvals_waiting_count(struct work *work, int64_t *ret_count);

/* ---- import: history at its original moments (origin import; no automation, notifications, breach timers) ---- */

struct import_step {
	moment at;                 /* when it happened */
	moment created_at;         /* of a new record, when it differs from `at`; MOMENT_UNSET or 0: `at` */
	int64_t actor_id;          /* 0: unknown */
	text number;               /* of the record; made by the first step. Unset: a new record with the type's next number */
	int state;                 /* position, -1: unchanged */
	const struct value *fields; /* map of field -> value; only those given change */
	text comment;              /* internal unless comment_public; unset: none */
	bool comment_public;
	const struct value *notes; /* kept in the event's payload as they are: bookkeeping that has no field; may be NULL */
	text mark;                 /* why the step is unusual ("closed -> in_progress is no transition"); unset: usual. The engine adds its own */
	text source_key;           /* identifies the row in its source: a second import of the same key changes nothing */
};
enum import_outcome { IMPORT_NEW, IMPORT_CHANGED, IMPORT_UNCHANGED };
/* Writes exactly one event. Field rules and required fields are not applied, kinds and links are (ERROR_INVALID: refuse the row). */
must_use struct error *engine_import(struct work *work, const struct type *type, const struct import_step *step,
                                     enum import_outcome *ret_outcome, struct record **ret_record);

/* A link that a row says, made when all rows of a file are there. */
struct import_link {
	const struct type *type;   /* of the row's record */
	int64_t id;
	const struct relation *relation;
	bool inverse;              /* it leads to the row's record */
	const struct type *other_type;
	int64_t other_id;
	moment at;                 /* when the row happened */
	int64_t actor_id;          /* 0: unknown */
	text source_key;           /* as of steps: the second time nothing changes */
};
/*
 * Writes the link with an event at each end, under the rules of its relation (ERROR_INVALID: refuse it). *ret_new false: it was there,
 * or was imported before. No automation sees it, nothing is marked as unauthorised.
 */
must_use struct error *engine_import_link(struct work *work, const struct import_link *link, bool *ret_new);
/*
 * What an import has brought into a state that asks for an approval or has tasks is asked and gets them now, once the import is over.
 * *ret_begun false: it is in no such state, or not by an import, or has them.
 */
must_use struct error *engine_import_begin(struct work *work, const struct type *type, int64_t id, bool *ret_begun);

/* ---- versions of definitions ---- */

/*
 * The record goes on as the newest version of its definition, as system; *ret_moved false: it did already, or the move does not speak
 * of its version. ERROR_CONFLICT when its state has no target. One event (kind moved); no rule runs.
 */
must_use struct error *engine_move(struct work *work, const struct type *type, int64_t id, const struct migration_step *move,
                                   bool *ret_moved);

/* ---- time ---- */

/* Ids of due timers and clocks, earliest first; *ret_next is when to look again (MOMENT_UNSET: nothing waits). Reading connection. */
struct due {
	bool clock;        /* a clock to warn or breach; else a timer */
	int64_t id;
};
must_use struct error *engine_find_due(struct work *work, size_t limit, struct due **ret_due, size_t *ret_count, moment *ret_next);
/*
 * Plans the rules of every day that have no timer yet (on the lane): at start, and now and then, since the definitions may have
 * changed. One that is planned already stays, but for an earlier time of the day.
 */
must_use struct error *engine_plan_daily(struct work *work);
/* Runs one of them (on the lane, as system): claims it, does it, plans its successor. Nothing when it is no longer due. */
must_use struct error *engine_run_due(struct work *work, const struct due *due);

/* ---- messages to webhooks (outbox.c): written with the change, delivered by mail/webhook.h from a thread of its own ---- */

struct outbox_due {
	int64_t id, webhook_id;
};
/* Messages to send now, those that wait longest first; *ret_next when there will be more (MOMENT_UNSET: none waits). Reading connection. */
must_use struct error *engine_outbox_due(struct work *work, size_t limit, struct outbox_due **ret_due, size_t *ret_count,
                                         moment *ret_next);
struct outbox_message {
	int64_t id, webhook_id, fence;
	text url, secret, key, payload;
	bool private_allowed;
};
/* Leases it to the caller for a minute (on the lane); *ret_taken false when another has it, or it is no longer wanted. */
must_use struct error *engine_outbox_take(struct work *work, int64_t id, struct outbox_message *ret_message, bool *ret_taken);
/* Gives the lease back without an attempt: the program ends. */
must_use struct error *engine_outbox_release(struct work *work, const struct outbox_message *message);
struct outbox_result {
	int64_t id, fence, duration_ms;
	int status;            /* HTTP; 0: no answer */
	bool delivered;
	bool hopeless;         /* trying again is of no use */
	text error;            /* why it was not delivered */
};
/* Notes the attempt, plans the next one, or gives it up and tells administrators. Nothing when the lease is no longer the caller's. */
must_use struct error *engine_outbox_done(struct work *work, const struct outbox_result *result);

struct outbox_attempt {
	moment at;
	int status;
	int64_t duration_ms;
	text error;
};
#define OUTBOX_ATTEMPTS_SHOWN 5
struct outbox_entry {
	int64_t id, record_id;
	const struct type *type; /* of the record; NULL: no longer defined */
	text key, rule, payload, state; /* waiting, sent, dead */
	moment created_at, due_at, ended_at;
	struct outbox_attempt *attempts; /* newest first */
	size_t attempt_count;
};
/* The newest messages of a webhook whose history the actor may read, below `before_id` (0: all). */
must_use struct error *engine_outbox(struct work *work, struct record *webhook, int64_t before_id, size_t limit,
                                     struct outbox_entry **ret_entries, size_t *ret_count);
/* Sends a message again, whatever became of it; who may update the webhook may. ERROR_CONFLICT when it is not active. */
must_use struct error *engine_outbox_resend(struct work *work, text number, int64_t id);
/*
 * Writes a test message, which goes the way of all others but is tried once; its answer stands among the messages and on the timeline
 * of the webhook. Rights and errors as for engine_outbox_resend().
 */
must_use struct error *engine_outbox_test(struct work *work, text number, int64_t *ret_id);
/* Forgets at most `limit` messages that ended long ago; *ret_more: there may be others. */
must_use struct error *engine_outbox_sweep(struct work *work, size_t limit, bool *ret_more);

/* ---- the event log ---- */

enum event_kind {
	EVENT_CREATED, EVENT_UPDATED, EVENT_TRANSITION, EVENT_COMMENT, EVENT_ATTACHED, EVENT_DETACHED, EVENT_LINKED, EVENT_UNLINKED,
	EVENT_WATCHED, EVENT_CLOCK, EVENT_AUTOMATION, EVENT_NOTIFIED, EVENT_ERASED, EVENT_IMPORTED, EVENT_APPROVAL, EVENT_MOVED,
	EVENT_KIND_COUNT
};
text event_kind_name(enum event_kind kind);
text origin_name(enum origin origin);

struct event {
	int64_t id;
	int64_t seq;          /* dense, 0 while not sealed */
	moment at, recorded_at;
	const struct type *type;
	int64_t record_id, version;
	enum event_kind kind;
	int64_t actor_id;     /* 0: the system */
	enum origin origin;
	int64_t cause_id;     /* the event that caused it, 0 none */
	enum visibility visibility;
	struct value *payload; /* { "changes": { field: [old, new] }, "transition", "from", "to", "comment", "name" ... } */
};

/* For lane_settings.opened: loads the seal into store_memory() and the key (DATA/seal.key, made with mode 0600 when absent). */
struct seal_settings {
	text key_path;
	text head_path; /* DATA/seal.log: "seq seal moment" lines, appended after commits, at most every second */
};
struct sealer;
must_use struct error *sealer_new(struct arena *arena, const struct seal_settings *settings, struct sealer **ret_sealer);
must_use struct error *sealer_opened(void *sealer, struct store *store, struct arena *arena);
void sealer_committed(void *sealer, struct store *store);
/* PostgreSQL: seals what is below pg_snapshot_xmin, under the lease; *ret_sealed events. Nothing on SQLite. */
must_use struct error *sealer_run(struct sealer *sealer, struct work *work, size_t limit, int64_t *ret_sealed);
/* Writes the newest head when the last commits came within a second of its last line: call it each second or so. Any thread. */
void sealer_rest(struct sealer *sealer);
/* Writes the newest head at shutdown. */
void sealer_close(struct sealer *sealer);
/* Newest sealed seq. Any thread, no store. */
int64_t sealer_head(struct sealer *sealer);
/*
 * At the end of a restore, in its transaction: events copied before they had a seal are sealed next (PostgreSQL). On SQLite,
 * where every event is sealed as it is written, such a copy is ERROR_CONFLICT.
 */
must_use struct error *sealer_restored(struct store *store, struct arena *arena);
/* The head as it goes into backups: "SEQ SEAL". */
must_use struct error *sealer_head_text(struct work *work, text *ret_head);

/* Checks every seal and payload, the heads of the log, and (optional) blobs. The first broken record is the error, named with seq, record, and what is wrong. */
struct verify_report {
	int64_t events, erased, unsealed, heads;
	int64_t records; /* whose rows and links are as their events say */
};
must_use struct error *engine_verify(struct work *work, const struct seal_settings *settings, struct verify_report *ret_report);

/*
 * Compares every record's row and links with its events, in windows of a transaction each; the first difference is the error (named with
 * record and field). Adds to report->records; `progress` may be NULL. Reading connection.
 */
must_use struct error *engine_verify_records(struct work *work, struct verify_report *report,
                                             void (*progress)(void *data, int64_t records), void *data);

/*
 * Erases what one event of the record said (privacy law), with a reason; administrators only. The record itself is changed by
 * engine_update. The seal stays whole: the erasure is an event whose cause is the erased one.
 */
must_use struct error *engine_erase(struct work *work, const struct type *type, text number, int64_t event_id, text reason);

/* The global feed: sealed events after `since`, oldest first, that the actor may know of (type, number, version, kind only). */
must_use struct error *engine_feed(struct work *work, int64_t since, size_t limit, struct event **ret_events, size_t *ret_count,
                                   int64_t *ret_last_seq);
/* Everything after `since` for readers of the log (search): no access rules, payload included. */
must_use struct error *engine_feed_all(struct work *work, int64_t since, size_t limit, struct event **ret_events, size_t *ret_count);

/* ---- reading ---- */

/* A record's history for this actor, by `at` then id: internal notes only with RIGHT_NOTE, changes only of readable fields. `newest` 0: all. */
must_use struct error *engine_history(struct work *work, struct record *record, size_t newest, struct event **ret_events,
                                      size_t *ret_count);
/* The record as it was: rebuilt from its events. ERROR_NOT_FOUND before its creation. Rights: RIGHT_HISTORY, today's rules. */
must_use struct error *engine_as_of(struct work *work, struct record *record, moment at, struct record **ret_record);

struct clock_interval {
	moment from, to;   /* to: now, when it runs */
	enum { INTERVAL_RUNNING, INTERVAL_PAUSED, INTERVAL_CLOSED, INTERVAL_HOLIDAY } kind;
	text reason;       /* why paused, or the holiday */
	int64_t counted_ms; /* what it adds to elapsed_ms */
};
struct clock {
	const struct clock_definition *definition;
	enum { CLOCK_RUNNING, CLOCK_PAUSED, CLOCK_STOPPED } state;
	bool breached;
	int64_t goal_ms;      /* -1: no goal */
	int64_t elapsed_ms;   /* now */
	moment started_at, stopped_at, due_at; /* due_at unset while paused or without goal */
	text calendar;        /* its label */
	struct clock_interval *ledger;
	size_t ledger_count;
};
/* The clocks now (work->now); with_ledger: explained, the counted intervals add up exactly to elapsed_ms. */
must_use struct error *engine_clocks(struct work *work, struct record *record, bool with_ledger, struct clock **ret_clocks,
                                     size_t *ret_count);
/* For lists: due_at and state of all clocks of many different records of a type in one query; ret_clocks[clock of the type][record]. */
must_use struct error *engine_clock_dues(struct work *work, const struct type *type, struct record *const *records, size_t count,
                                         struct clock *ret_clocks);

struct open_transition {
	const struct transition *transition;
	bool *needed;        /* per need: whether it is needed now and not yet set */
};
/* What this actor can take now. */
must_use struct error *engine_transitions(struct work *work, struct record *record, struct open_transition **ret_transitions,
                                          size_t *ret_count);
must_use struct error *engine_attachments(struct work *work, struct record *record, struct attachment **ret_files, size_t *ret_count);
/* One attachment that the actor may read, else ERROR_NOT_FOUND. */
must_use struct error *engine_attachment(struct work *work, struct record *record, int64_t id, struct attachment *ret_file);
must_use struct error *engine_links(struct work *work, struct record *record, struct record_link **ret_links, size_t *ret_count);
/* ---- impact: along the relations by which a failure travels (engine/impact.c) ---- */

enum impact_direction {
	IMPACT_UP,  /* upstream: what suffers when this fails, up to the services */
	IMPACT_DOWN /* downstream: what this rests on and fails with */
};
/*
 * The records reached from these within `depth` steps (0: LIMIT_IMPACT_DEPTH), each once, the nearest first, without those it
 * began from; cycles end by themselves. No access rules: for checks, not for showing. ERROR_TOO_LARGE beyond LIMIT_IMPACT records.
 * *ret_ids and *ret_types (may be NULL; position of the type in model->types) belong to the arena of the work.
 */
must_use struct error *engine_impact_ids(struct work *work, const int64_t *from, size_t count, enum impact_direction direction,
                                         int depth, int64_t **ret_ids, size_t **ret_types, size_t *ret_count);

struct impact_item {
	int64_t id;
	const struct type *type;
	int level;                       /* 1: one step away */
	ptrdiff_t via;                   /* the item it was reached through; -1: where the walk began */
	const struct relation *relation; /* by which */
	bool inverse;                    /* read from the end of the link */
	struct record *record;           /* as in lists (no prose); NULL: the actor may not read it, so it is counted and never named */
};
struct impact {
	struct impact_item *items; /* level by level; what may not be read stands among them without its record */
	size_t count, hidden;      /* hidden: how many may not be read */
	bool cut;                  /* there are more than `limit`: shown are the nearest */
	bool deeper;               /* there is more behind the last level */
};
/* The same for showing: at most `limit` (LIMIT_IMPACT_SHOWN) of them, with what the actor may read. */
must_use struct error *engine_impact(struct work *work, const int64_t *from, size_t count, enum impact_direction direction,
                                     int depth, size_t limit, struct impact *ret_impact);

/* Whether any attachment has this content, or had it a day ago: else it is an orphan. */
must_use struct error *engine_blob_used(struct work *work, text hash, bool *ret_used);
/* Removes that content when nothing uses it and its bytes did not come again since `made_before` (real clock). */
must_use struct error *engine_sweep_blob(struct work *work, text hash, int64_t made_before);
/* All contents in use after `after`, in order: for verify and backup. */
must_use struct error *engine_blobs(struct work *work, text after, size_t limit, text **ret_hashes, size_t *ret_count);
/* The calendar of a record (its service's, else the default one, else 24 x 7). */
must_use struct error *engine_calendar(struct work *work, struct record *record, const struct calendar **ret_calendar);
must_use struct error *engine_calendar_of(struct work *work, int64_t calendar_id, const struct calendar **ret_calendar);

/* ---- schedules (definitions with a section `schedule`): what takes place when, and what is in each other's way ---- */

/* In the order of the choices of the field `found`: the later the worse. */
enum collision_kind {
	COLLISION_NONE,
	COLLISION_NEAR,    /* overlaps in time with a record that touches something up- or downstream */
	COLLISION_OUTSIDE, /* maintenance windows speak of it, and it lies in none: `other` is the nearest of them */
	COLLISION_SAME,    /* overlaps with a record that touches the same */
	COLLISION_FREEZE   /* nothing may be done then */
};
struct collision {
	enum collision_kind kind;
	bool upstream;                /* NEAR: the other touches what suffers with this one's; else what that rests on */
	struct record *other;         /* the other record, or the window (partial); its type is other->type */
	bool readable;                /* by the actor: else only say that there is one */
	moment from, to;              /* when both take place; of OUTSIDE: the next time of the window */
	const struct type *item_type; /* what the other touches of this one's; NULL: a window for everything */
	int64_t item_id;
};
/* The worst first; none without both moments. start, end: other moments than the record's (what if), or MOMENT_UNSET. */
/* same, freeze, outside, upstream, downstream: as stories and pages call it; the API says outside_window. */
text collision_name(const struct collision *collision);
must_use struct error *engine_collisions(struct work *work, struct record *record, moment start, moment end,
                                         struct collision **ret_collisions, size_t *ret_count);

struct occurrence {
	struct record *record; /* partial */
	moment from, to;
	bool freeze;
};
/*
 * What takes place between two moments, by its beginning, at most 1,000: records of the type that the actor may read (repeated
 * ones each time), or (`published`) those that everybody may know of - of which only schedule->published may be shown.
 */
must_use struct error *engine_schedule(struct work *work, const struct type *type, moment from, moment to, bool published,
                                       struct occurrence **ret_list, size_t *ret_count);

/* ---- notifications and drafts: plain tables, no events ---- */

struct notification {
	int64_t id, record_id, event_id;
	const struct type *type;
	text words, reason;
	moment created_at, read_at;
};
must_use struct error *engine_notifications(struct work *work, bool unread_only, int64_t before_id, size_t limit,
                                            struct notification **ret_list, size_t *ret_count);
must_use struct error *engine_notifications_unread(struct work *work, int64_t *ret_count); /* capped at LIMIT_UNREAD */
/* `id` 0: all. */
must_use struct error *engine_notification_read(struct work *work, int64_t id);

/* One per person, record (0: a new one) and form. Empty removes it. */
must_use struct error *engine_draft_save(struct work *work, const struct type *type, int64_t record_id, text form, text draft);
must_use struct error *engine_draft(struct work *work, const struct type *type, int64_t record_id, text form, text *ret_draft,
                                    moment *ret_updated_at);

#endif
