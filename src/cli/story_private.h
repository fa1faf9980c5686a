/*
 * Stories: who does what, time passes, what must be expected, what must be refused (docs/stories.md). story_read.c turns a file
 * into steps and finds every mistake of writing; story_run.c lives them on a store of their own; story_expect.c compares;
 * story_time.c lets time pass; story.c is the command.
 */
#ifndef REEVE_CLI_STORY_PRIVATE_H
#define REEVE_CLI_STORY_PRIVATE_H

#include "cli/cli_private.h"

enum story_verb {
	STORY_CREATES,  /* WHO creates TYPE NAME: { fields } */
	STORY_ORDERS,   /* WHO orders OFFERING NAME [for PERSON]: { answers } */
	STORY_TAKES,    /* WHO takes TRANSITION on NAME: { fields, comment } */
	STORY_COMMENTS, /* WHO comments on NAME: words        - public */
	STORY_NOTES,    /* WHO notes on NAME: words           - internal */
	STORY_UPDATES,  /* WHO updates NAME: { fields } */
	STORY_LINKS,    /* WHO links NAME: { relation: NAME } */
	STORY_UNLINKS,  /* WHO unlinks NAME: { relation: NAME } */
	STORY_WATCHES,  /* WHO watches NAME:                  - or a login: makes that person watch */
	STORY_UNWATCHES,
	STORY_CLEARS,   /* WHO clears NAME: { comment, by }   - its unauthorised edits were right */
	STORY_ATTACHES, /* WHO attaches to NAME: { name, text, visibility } */
	STORY_APPROVES, /* WHO approves NAME: { approval, step, comment, for } - or: WHO approves NAME, APPROVAL */
	STORY_REJECTS,
	STORY_ABSTAINS, /* WHO abstains on NAME */
	STORY_SEES,     /* WHO sees NAME: { expectations } */
	STORY_MISSES,   /* WHO cannot see NAME: */
	STORY_LISTS,    /* WHO lists TYPE: { where, sort, finds } */
	STORY_FINDS,    /* WHO finds TYPE NAME: condition      - the only one; NAME from now on */
	STORY_ASKED,    /* WHO has approvals: [NAME, ...]     - all that waits for them, also as standing in */
	STORY_PASSES,   /* time passes: 2h */
	STORY_IS        /* NAME is: { expectations }           - as the system sees it */
};

struct story_step {
	enum story_verb verb;
	struct place place;
	text who;                      /* a login; unset: the system */
	const struct type *type;       /* CREATES, LISTS, FINDS; for the others that of the record */
	text name;                     /* the story's name of the record; unset: none */
	text transition;               /* TAKES */
	text offering, person;         /* ORDERS */
	text approval;                 /* APPROVES, REJECTS, ABSTAINS: which; unset: the one that is open */
	struct value *value;           /* what stands behind the colon */
	int64_t version;               /* expected by UPDATES and TAKES; 0: any */
	/* What must come of it; NULL: not said. */
	const struct value *refused, *expect, *told;
};

struct story {
	text title, file;
	struct place place;
	const struct zone *zone;       /* local times of the story, and the zone of people who name none */
	moment now;                    /* when it begins */
	const struct value *background, *given; /* records that are there before: of the file, and of this story; NULL: none */
	struct story_step *steps;
	size_t step_count;
};

/*
 * Reads one file of stories against the model. All mistakes as one chain with place and nearest name: unknown key, person, record,
 * type, field, transition; a step that is no sentence.
 */
must_use struct error *story_read(struct arena *arena, const struct model *model, text file, text source,
                                  struct story **ret_stories, size_t *ret_count);

/* Reads the stories beside the definitions of a folder (unset: the embedded ones); places are relative to it, as the definitions' are. */
must_use struct error *story_check(struct arena *arena, const struct model *model, text folder, size_t *ret_count);

/* One of the story's moments: RFC 3339, a date, or local time. */
bool story_moment(const struct story *story, text source, moment *ret_at);

/* ---- living a story ---- */

struct story_name {
	text name;
	const struct type *type;
	text number;
};
struct story_world {
	const struct story *story;
	struct arena *arena;           /* of the story */
	struct program *program;
	struct work reader;            /* one reading connection for all that is looked at */
	moment now;
	struct story_name *names;
	size_t name_count, name_capacity;
	struct story_person {
		text login;
		int64_t id, last_told; /* the newest notification that was looked at */
	} *people;
	size_t person_count, person_capacity;
	struct error *problems;        /* what was not as expected */
	/* What the present step brought. */
	struct value *told;            /* login -> list of words */
};

/* Lives the story on a program that was opened with `story_now` and this world; *ret_problems is NULL when all was as expected. */
must_use struct error *story_live(struct story_world *world, struct story *story);
moment story_now(void *world);

/* A work that reads as this person (unset: the system) at the story's now. */
must_use struct error *story_reader(struct story_world *world, text login, struct arena *arena, struct work *ret_work);
/* The story's name of a record, or NULL. */
const struct story_name *story_find_name(const struct story_world *world, text name);
/* The number that a text means: of the record with that name in the story (A), of its task (A.account), else the text itself. */
text story_number(const struct story_world *world, text name);
void story_problem(struct story_world *world, struct place place, const char *format, ...) printf_like(3, 4);
static inline struct place story_place(const struct story *story, uint32_t line, uint32_t column)
{
	return (struct place){ story->file, line, column };
}

/* Compares what the reader sees of the record with a map of expectations; differences go to world->problems. */
must_use struct error *story_expect(struct story_world *world, struct work *work, struct record *record, const struct value *expected);
/* ---- impact and control (story_impact.c) ---- */
must_use struct error *story_expect_impact(struct story_world *world, struct work *work, struct record *record,
                                           const struct value_entry *entry);
must_use struct error *story_clear(struct story_world *world, struct work *work, const struct story_step *step, text number);

/* ---- tasks (story_tasks.c) ---- */

/* `A.account` as A and account. */
bool story_split_task(text name, text *ret_record, text *ret_step);
/* Whether records of this type, or one of their models, have a step of that name. */
bool story_is_step(const struct model *model, const struct type *type, text name);
/* The number of the task A.account; the text itself when there is none. */
text story_task_number(const struct story_world *world, text name);
must_use struct error *story_expect_tasks(struct story_world *world, struct work *work, struct record *record,
                                          const struct value_entry *entry);
must_use struct error *story_expect_children(struct story_world *world, struct work *work, struct record *record,
                                             const struct value_entry *entry);
/* All that is in the way of a record with a schedule (story_schedule.c). */
must_use struct error *story_expect_collisions(struct story_world *world, struct work *work, struct record *record,
                                               const struct value_entry *entry);
/* A condition in which names of the story have become numbers. */
text story_condition(struct story_world *world, struct arena *arena, text source);

/* A list of conditions and what it must find. */
must_use struct error *story_expect_list(struct story_world *world, struct work *work, const struct story_step *step);
/* The only record for which the condition holds. */
must_use struct error *story_expect_one(struct story_world *world, struct work *work, const struct story_step *step, text *ret_number);
/* Votes, and what is expected of approvals (story_approval.c). */
must_use struct error *story_vote(struct story_world *world, struct work *work, const struct story_step *step, text number);
must_use struct error *story_expect_approvals(struct story_world *world, struct work *work, struct record *record,
                                              const struct value *expected);
must_use struct error *story_expect_asked(struct story_world *world, struct work *work, const struct story_step *step);
void story_expect_told(struct story_world *world, const struct story_step *step);
void story_expect_refused(struct story_world *world, const struct story_step *step, const struct error *error);

/* ---- the catalogue (story_order.c) ---- */
/* What is made of such offerings; NULL: nothing. */
const struct type *story_ordered_type(const struct model *model, const struct type *offering);
struct value *story_order_input(const struct story_world *world, struct arena *arena, const struct story_step *step);
must_use struct error *story_expect_answers(struct story_world *world, struct work *work, struct record *record,
                                            const struct value_entry *entry);

/* "2h", "3h of working time", "2 working days", "until Monday 09:00", "until 2026-03-02T09:00"; runs what comes due on the way. */
must_use struct error *story_pass(struct story_world *world, const struct story_step *step);
/* Checks the words of `time passes` without a store. */
must_use struct error *story_check_time(struct arena *arena, const struct story *story, const struct value *value);
/* What is due at the story's now. */
must_use struct error *story_run_due(struct story_world *world);

/* ---- the store of a story (story_store.c) ---- */

struct story_store {
	text folder;   /* temporary data directory */
	text url;      /* with the story's own schema; unset: SQLite */
	text base_url; /* as given */
	text schema;
};
must_use struct error *story_store_make(struct arena *arena, text url, struct story_store *ret_store);
void story_store_remove(struct arena *arena, const struct story_store *store);

#endif
