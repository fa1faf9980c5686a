/*
 * What every function above base receives. Made at the edge (request, job, command), passed down, never stored.
 * The store, model and actor are of higher floors and opaque here.
 */
#ifndef REEVE_BASE_WORK_H
#define REEVE_BASE_WORK_H

#include "base/arena.h"
#include "base/moment.h"

enum origin { ORIGIN_WEB, ORIGIN_API, ORIGIN_MAIL, ORIGIN_IMPORT, ORIGIN_AUTOMATION, ORIGIN_TIMER, ORIGIN_CLI, ORIGIN_COUNT };

struct work {
	struct arena *arena;       /* everything made during this work */
	struct store *store;       /* this thread's (or this lane's) connection */
	const struct model *model; /* immutable snapshot of the practices */
	struct actor *actor;       /* who is doing it; system work has an actor too */
	moment now;                /* frozen: tests choose the time */
	enum origin origin;        /* through which door */
	int64_t cause;             /* id of the event that set this off, 0 = a person */
	int chain;                 /* automatic steps so far in this chain */
	text language;             /* for words shown to people: "en" */
	struct record_cache *cache; /* records read during this work (model/record.c), may be NULL */
	struct calendar_cache *calendars; /* of the whole program (model/calendars.h), may be NULL */
	int64_t making;            /* id of the record whose tasks are being made: it moves on when all are there (engine/task_follow.c); 0: none */
	struct record *other;      /* at the other end of the link that a rule is about, while its actions run; else NULL (engine/rules.c) */
	struct agenda *agenda;     /* rules that wait for the present change to end (engine/rules.c); NULL outside of automation */
};

#endif
