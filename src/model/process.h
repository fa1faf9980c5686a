/*
 * What a definition says happens to its records: lifecycle, clocks, approvals, tasks, models (what a record is made from),
 * schedule and control, automation. A part of model.h, which includes it: everybody else includes model.h.
 */
#ifndef REEVE_MODEL_PROCESS_H
#define REEVE_MODEL_PROCESS_H

/* ---- lifecycle ---- */

enum state_group { GROUP_OPEN, GROUP_WAITING, GROUP_DONE, GROUP_CLOSED, GROUP_CANCELLED, GROUP_COUNT };
text state_group_name(enum state_group group);

struct state {
	text name;
	struct label label;
	struct label plain;  /* what a requester reads: "We are working on it" */
	struct label past;   /* and on their progress bar once it is over: "It was agreed to"; empty: plain */
	enum state_group group;
	int step;            /* place on the requester's progress bar, from 1; 0 = not on it */
	bool retired;        /* only other versions of the definition have it: records of this one never come here */
};

struct need {
	size_t *fields;      /* one of these must be set (in the record or the input) */
	size_t field_count;
	bool comment;        /* a comment is needed instead of a field */
	const struct condition *when; /* only then, or NULL */
	const struct condition *public_when; /* comment: its visibility is public then (else internal); NULL: internal */
	bool comment_public; /* comment: always public */
};

struct setting { /* "set" of transitions and automation */
	size_t field;
	enum { SET_VALUE, SET_UNSET, SET_ME, SET_NOW, SET_FIELD, SET_PATH, SET_WORDS, SET_LINK,
	       SET_MEMBER, /* the person stays who is in the team of the field `from`; others are taken out */
	       SET_OTHER } how; /* of a rule about a link: `path` from the record at its other end; empty: that record itself */
	struct cell *value;  /* SET_VALUE */
	size_t from;         /* SET_FIELD */
	size_t *path;        /* SET_PATH (service.team): positions, each of the type that the link before leads to */
	size_t path_count;
	text words;          /* SET_WORDS: text with {field}; SET_LINK: name of the target, looked up when it runs */
	const struct condition *when; /* or NULL */
};

struct permit { /* who may take a transition */
	uint64_t roles;
	bool timer;          /* automation may */
	bool approval;       /* the outcome of an approval may */
	bool tasks;          /* the end of the tasks may */
	const struct condition *when; /* or NULL */
};

struct transition {
	text name;
	struct label label;
	struct label plain;      /* the button's words for a requester; empty: same */
	const uint64_t *from;    /* bit array over states (state_in) */
	size_t to;
	struct need *needs;
	size_t need_count;
	size_t *asks;            /* further fields its dialog shows */
	size_t ask_count;
	struct permit *permits;
	size_t permit_count;
	const struct condition *guard;
	text guard_message;      /* why not, in words; may be unset */
	struct setting *sets;
	size_t set_count;
};

struct lifecycle {
	struct state *states;
	size_t state_count;
	size_t initial;
	struct transition *transitions;
	size_t transition_count;
};

/* ---- clocks ---- */

struct clock_goal {
	const struct condition *when; /* NULL: always */
	int64_t goal_ms;
};
enum clock_trigger_kind { TRIGGER_CREATED, TRIGGER_STATE, TRIGGER_TRANSITION, TRIGGER_PUBLIC_REPLY_BY_AGENT };
struct clock_trigger {
	enum clock_trigger_kind kind;
	size_t index; /* state or transition */
};
struct clock_definition {
	text name;
	struct label label;
	struct clock_trigger *starts, *stops;  /* any of them */
	size_t start_count, stop_count;
	const struct condition *pause;         /* paused while it holds; NULL never */
	size_t pause_reason_field;             /* its value is the reason in the ledger; SIZE_MAX none */
	bool continues;                        /* after a stop, leaving the stop state runs on with the ledger */
	struct clock_goal *goals;              /* first that holds; none: no goal, the clock only measures */
	size_t goal_count;
	size_t calendar_path_field;            /* link field whose target has a `calendar` (service); SIZE_MAX: default calendar */
	int *warn_percent;                     /* ascending, e.g. 50, 75, 90 */
	size_t warn_count;
};

/* ---- approvals: asked when a state is entered, decided by quorum, their outcome takes a transition ---- */

enum quorum_kind { QUORUM_ANY, QUORUM_ALL, QUORUM_MAJORITY, QUORUM_COUNT, QUORUM_PERCENT };
struct asked { /* whom a step asks */
	enum { ASK_PATH, ASK_ROLE, ASK_TEAM, ASK_PERSON } how;
	size_t *path;          /* ASK_PATH: field positions, each of the type that the one before leads to; ends at user or team */
	size_t path_count;
	size_t role;           /* ASK_ROLE: those who hold it, also by inclusion */
	text name;             /* ASK_TEAM, ASK_PERSON: looked up when asked */
};
struct approval_step {
	text name;
	struct label label;
	struct asked *asked;
	size_t asked_count;
	enum quorum_kind quorum;
	int64_t quorum_number;            /* QUORUM_COUNT, QUORUM_PERCENT */
	const struct condition *when;     /* or NULL */
};
struct approval_definition {
	text name;
	struct label label;
	const uint64_t *states;           /* bit array (state_in): entering one asks; NULL: only a rule asks */
	const struct condition *when;     /* or NULL; of several in a state the first that holds */
	bool parallel;                    /* the steps at once, else one after the other */
	struct approval_step *steps;
	size_t step_count;
	struct asked *otherwise;          /* `else`: asked when a step finds nobody */
	size_t otherwise_count;
	size_t *excluded;                 /* `not`: links to people who may neither be asked nor vote */
	size_t excluded_count;
	bool *covers;                     /* [type->field_count], NULL: nothing voids it */
	size_t *shows;                    /* fields shown with the question; absent: those it covers, priority and service */
	size_t show_count;
	int64_t remind_ms, remind_working_days, expire_ms, expire_working_days; /* 0: never */
	ptrdiff_t approved, rejected, expired, voided; /* transitions; -1 none */
};

/* ---- tasks under a record ---- */

struct task_step {
	text name;
	struct label label;
	text description;
	text team;                        /* by name, looked up when made; may be unset */
	size_t *after;                    /* positions of the steps that must be over before */
	size_t after_count;
	size_t *needs;                    /* fields of the task's type that must be set to finish it */
	size_t need_count;
	const struct condition *when;     /* on the form's type in a model, else on the record's; NULL: always */
	int64_t due_ms, due_working_days; /* after it became ready; 0: none */
	ptrdiff_t carried_out_by;         /* relation: what leads by it to the record leads to the task too; -1: none */
	struct setting *sets;             /* further fields of the task */
	size_t set_count;
};
struct task_graph {
	struct task_step *steps;          /* in an order in which none stands before what it waits for */
	size_t step_count;
};
struct tasks_definition {             /* section `tasks` of a type */
	const uint64_t *states;           /* bit array: entering one makes and starts them */
	ptrdiff_t done, failed;           /* transitions; -1 none */
	bool waits;                       /* no done or closed state while tasks are open */
	struct task_graph graph;          /* of records without a model */
	const struct type *type;          /* of the tasks: work_task */
};

/* ---- models: what a record is made from (form, fields, tasks, further records) ---- */

struct form_question {
	size_t field;                     /* in form_type, or in the group's own type */
	const struct condition *when;     /* shown only then; NULL: always */
	const struct condition **choice_when; /* [choice_count]: dependent choices; NULL: all always */
	size_t *prefill;                  /* path from the record's type (requester.phone); NULL: none */
	size_t prefill_count;
	struct type *group_type;          /* KIND_GROUP: its questions as fields; else NULL */
	struct form_question *questions;  /* KIND_GROUP */
	size_t question_count;
};
struct form_part { /* of a page */
	struct label label;
	const struct condition *when;
	struct form_question *questions;
	size_t question_count;
};
struct form_page {
	text name;
	struct label label;
	const struct condition *when;
	struct form_part *parts;
	size_t part_count;
};
struct work_model_creates {
	const struct type *type;
	ptrdiff_t model;                  /* position in model->work_models; -1: none */
	text relation;
	ptrdiff_t each;                   /* a group of the form: one record per answer; -1: one */
	struct type *from_type;           /* form_type; with `each`, that and behind it the group's questions as "group.question" */
	const struct condition *when;     /* on the form's type */
	struct setting *sets;             /* `from` is in from_type */
	size_t set_count;
};
struct work_model {
	text name;
	struct label label;
	text purpose, icon, path;
	const struct type *type;          /* of the records it makes */
	struct type *form_type;           /* the questions as fields (no table), and `record`: a link to `type` */
	struct form_page *pages;
	size_t page_count;
	struct setting *sets;             /* fields of the record; `from` is in form_type */
	size_t set_count;
	struct task_graph graph;
	bool *fixed;                      /* [type->field_count]: fields that only the model sets, at creation and for ever; NULL: none */
	struct work_model_creates *creates;
	size_t create_count;
};

/* ---- calendar of records, collisions; control of edits; related lists ---- */

struct schedule_scope {
	size_t field;                     /* link or links to what is touched */
	ptrdiff_t through;                /* a link of their type (services.organisation); -1: they themselves */
	bool for_windows;                 /* windows may speak of it; two records that share it are not in each other's way */
};
struct schedule_definition {
	size_t start, end;                /* moments */
	struct schedule_scope *scope;
	size_t scope_count;
	const uint64_t *states;           /* bit array: those that take part; NULL: all but cancelled ones */
	const struct type *windows;       /* freezes and maintenance windows: a type with a schedule of its own; or NULL */
	ptrdiff_t recurrence;             /* text with an RRULE: start and end are those of the first time; -1 */
	const struct condition *freeze;   /* of a type of windows: nothing may be done then; else: only then. NULL: always */
	const struct condition *exempt;   /* records that no freeze and no window binds; NULL: none */
	ptrdiff_t found;                  /* choice set by the engine: the worst collision (none ... freeze); -1 */
	bool *published;                  /* [type->field_count]: what everybody may see in the published schedule; NULL: it is not published */
	const struct condition *publish;  /* which records; NULL: all that take part */
};
struct control_definition {           /* edits of these fields want a record that allows them */
	bool *fields;                     /* [type->field_count] */
	const struct type *by;            /* change */
	size_t by_field;                  /* its link or links to this type */
	const struct condition *when;     /* on `by` */
	bool refuse;                      /* else marked only */
	bool relations;                   /* links by relations with an impact too */
	const struct condition *where;    /* which records are controlled, as they were before the edit; NULL: all */
	uint64_t clear;                   /* roles that may say afterwards that a marked edit was right */
	size_t flag;                      /* field unauthorised (boolean), */
	ptrdiff_t at, who;                /* unauthorised_at, unauthorised_by: when and whose the first such edit was; -1 */
};
struct related_list {
	text name;
	struct label label;
	const struct type *type;
	size_t field;                     /* of that type: a link, links or KIND_RECORD to this one */
	const struct condition *condition; /* or NULL */
	size_t *columns;
	size_t column_count;
};
struct class_definition {             /* a choice of the type's class field */
	size_t choice;
	ptrdiff_t extends;                /* position in type->classes; -1: none */
	uint64_t inherits;                /* bits of choices: itself and all it extends */
	text icon;                        /* Tabler icon name; may be unset: the type's */
};

/* ---- automation ---- */

enum rule_when {
	WHEN_CREATED,
	WHEN_CHANGED, /* index: field; `what`: in which direction */
	WHEN_TRANSITION, WHEN_STATE, WHEN_COMMENT, WHEN_CLOCK_WARNED, WHEN_CLOCK_BREACHED,
	WHEN_AFTER,   /* a duration after a moment field: 5 working days after resolved_at */
	WHEN_COMES,   /* a moment field comes */
	WHEN_BEFORE,  /* a duration before a moment field (after_ms, after_working_days) */
	WHEN_DAILY,   /* every day at after_ms past midnight in the zone of the default calendar, for records that fulfil the condition */
	WHEN_APPROVAL, /* index: approval; `what`: which turn it takes */
	WHEN_TASK,    /* a task of the record is over: `what` done or failed */
	WHEN_LINKED,  /* index: position of the relation; `what`: 1 the link leads to the record, 0 from it */
	WHEN_UNLINKED
};
enum change_direction { CHANGED_AT_ALL, CHANGED_UP, CHANGED_DOWN };
enum approval_turn {
	APPROVAL_ASKED, APPROVAL_APPROVED, APPROVAL_REJECTED, APPROVAL_EXPIRED, APPROVAL_VOIDED, APPROVAL_WITHDRAWN, APPROVAL_TURN_COUNT
};
text approval_turn_name(enum approval_turn turn);
enum comment_by { COMMENT_BY_ANYONE, COMMENT_BY_REQUESTER, COMMENT_BY_AGENT };
enum action_kind {
	ACTION_SET, ACTION_NOTIFY, ACTION_COMMENT, ACTION_TRANSITION, ACTION_CREATE_LINKED,
	ACTION_ASSIGN,   /* to somebody of the team in notify_fields[0] */
	ACTION_WEBHOOK,  /* to the webhook named `words`, with `fields` */
	ACTION_REQUEST,  /* asks the approval at `transition` (its position) */
	ACTION_EACH      /* transition and sets on every record of `type` that is connected with this one (enum each_way) */
};
enum each_way {
	EACH_FIELD,     /* its field each_field is this record */
	EACH_RELATION,  /* linked with it by the relation at each_relation */
	EACH_OTHER      /* the one at the other end of the link that the rule is about */
};
enum assign_how { ASSIGN_ROUND_ROBIN, ASSIGN_LEAST_LOADED, ASSIGN_SKILL };
struct action {
	enum action_kind kind;
	struct setting *sets;          /* ACTION_SET, ACTION_CREATE_LINKED (fields of the new record) */
	size_t set_count;
	size_t *notify_fields;         /* ACTION_NOTIFY: people and teams in these link fields ... */
	size_t notify_field_count;
	uint64_t notify_roles;         /* ... and holders of these roles */
	text words;                    /* text of notification or comment, with {field} */
	bool comment_public;
	size_t transition;             /* ACTION_TRANSITION */
	const struct type *type;       /* ACTION_CREATE_LINKED, ACTION_EACH */
	text relation;
	enum assign_how assign;        /* ACTION_ASSIGN */
	size_t *fields;                /* ACTION_WEBHOOK: what is told beside number and state */
	size_t field_count;
	enum each_way each_way;        /* ACTION_EACH */
	size_t each_field;             /* EACH_FIELD */
	bool each_has_of;              /* EACH_FIELD: its field is not this record but what this record's field each_of is */
	size_t each_of;
	size_t each_relation;          /* EACH_RELATION: position; each_inverse: its links lead to this record */
	bool each_inverse;
	const struct condition *each_all; /* EACH_RELATION: only those for which it holds for all that are so linked with them, on the
	                                     rule's own type; or NULL */
	ptrdiff_t each_transition;     /* ACTION_EACH: of `type`; -1: none */
	const struct condition *each_when; /* ACTION_EACH: which of them, on `type`; or NULL */
};
struct rule {
	text name;
	enum rule_when when;
	size_t index;                  /* field, transition, state, clock, approval or relation */
	int what;                      /* WHEN_APPROVAL: enum approval_turn; WHEN_TASK: 0 done, 1 failed; WHEN_LINKED: above */
	enum comment_by comment_by;
	bool comment_public_only;
	int64_t after_ms;              /* WHEN_AFTER */
	int64_t after_working_days;    /* WHEN_AFTER, in working days of the record's calendar; 0: after_ms */
	const struct condition *condition; /* NULL: always */
	const struct type *other_type;     /* WHEN_LINKED, WHEN_UNLINKED: what must be at the other end; NULL: anything */
	const struct condition *other_where; /* on other_type; or NULL */
	size_t *unless_changed;        /* not when the same change changed one of these fields too */
	size_t unless_changed_count;
	text *unless_rules;            /* not when one of these rules made the change */
	size_t unless_rule_count;
	struct action *actions;
	size_t action_count;
};

#endif
