/*
 * The demo company: Veldmark Instruments, which makes measuring devices and does not exist. demo_company.c founds it, demo_words.c
 * is what its people say, demo_history.c lets days pass, demo_steps.c is what people do with one incident, demo.c is the command.
 *
 * DATA/demo marks a data directory as made by `reeve demo` and says who sits where, for the page that lets a visitor choose a
 * seat: lines "SEAT LOGIN" (requester, first-line-agent, specialist, team-lead, incident-manager, service-owner, auditor,
 * administrator), in this order; lines that begin with # are remarks.
 */
#ifndef REEVE_CLI_DEMO_PRIVATE_H
#define REEVE_CLI_DEMO_PRIVATE_H

#include "cli/cli_private.h"

#define DEMO_MARKER "demo"

/* ---- chance: the same seed, the same company ---- */

struct chance {
	uint64_t state;
};
uint64_t chance_next(struct chance *chance);
/* 0 .. count - 1 */
size_t chance_pick(struct chance *chance, size_t count);
/* True in `percent` of a hundred. */
bool chance_of(struct chance *chance, int percent);
/* Many short, few long ones: between least and about 8 times the mean. */
int64_t chance_wait(struct chance *chance, int64_t least_ms, int64_t mean_ms);

/* ---- words (demo_words.c) ---- */

struct topic {
	const char *category;   /* name of a category */
	const char *title, *description;
	const char *question, *answer; /* the agent's, the requester's */
	const char *note;       /* an internal one */
	const char *resolution;
	int impact, urgency;    /* usual choices: 0 high, 1 medium, 2 low */
};
struct topic_group {
	const char *name;
	const struct topic *topics;
	size_t count;
};
extern const struct topic_group topic_groups[];
extern const size_t topic_group_count;
const struct topic_group *topic_group_find(const char *name);
/* With {floor}, {device}, {since}, {code}, {number}, {who} filled in by chance. */
text words_of(struct arena *arena, struct chance *chance, const char *source);
extern const char *const demo_replies[], *const demo_reopenings[], *const demo_thanks[], *const demo_cancellations[];
extern const size_t demo_reply_count, demo_reopening_count, demo_thanks_count, demo_cancellation_count;

/* ---- the company (demo_company.c) ---- */

enum { SITE_COUNT = 3, SEAT_COUNT = 11 };

struct demo_site {
	const char *name, *label, *zone, *calendar;
	int people_percent;
};
extern const struct demo_site demo_sites[SITE_COUNT];

struct demo_person {
	text login, name;
	int64_t id;
	size_t site;
	ptrdiff_t team;        /* -1: works elsewhere and asks for help */
	bool lead;
	struct actor *actor;
};
struct demo_team {
	const char *name, *label, *calendar;
	size_t size;
	size_t first, count;   /* its people in demo->people */
};
struct demo_service {
	const char *name, *label, *description, *team, *calendar, *topics;
	int weight;            /* how often it is asked about */
};

struct plan;
struct demo {
	struct arena *arena;
	struct program *program;
	struct chance chance;
	moment begin, end, now;
	struct demo_person *people;
	size_t person_count;
	struct demo_team *teams;
	size_t team_count;
	const struct demo_service *services;
	size_t service_count;
	int total_weight;
	const struct calendar *calendars[SITE_COUNT]; /* working hours of the sites */
	size_t seats[SEAT_COUNT];                     /* people */
	struct { text hash; int64_t size; const char *name, *media_type; } files[4];
	size_t file_count;
	struct history *history;
	struct estate *estate;   /* demo_ci.c */
	struct orders *orders;   /* demo_catalogue.c */
	struct changes *changes; /* demo_change.c */
	text *service_items;     /* number of the application of each service */
	text *person_items;      /* of the computer of each person; unset: none */
};
extern const char *const demo_seat_names[SEAT_COUNT];

/* Calendars, places, categories, teams, people, services, at the beginning of the history. */
must_use struct error *demo_found(struct demo *demo);
must_use struct error *demo_make_files(struct demo *demo);
/* The working day of that person, for when they do something next. */
moment demo_working(const struct demo *demo, size_t person, moment from, int64_t working_ms);
/* Configuration items in layers, at the beginning; and what somebody did to them shortly before the end (demo_ci.c). */
must_use struct error *demo_items(struct demo *demo);
must_use struct error *demo_items_late(struct demo *demo);
/* What fails when this person reports about this service; may be unset. */
text demo_item_of(const struct demo *demo, const struct demo_service *service, size_t person);
/* The catalogue, managers and cost centres at the beginning; what is ordered; and what becomes of it (demo_catalogue.c). */
must_use struct error *demo_offerings(struct demo *demo);
void demo_plan_orders(struct demo *demo);
/* Windows, freezes and the emergency board; what will be changed, and the meetings about it; a step of one of them (demo_change.c). */
must_use struct error *demo_change_ground(struct demo *demo);
must_use struct error *demo_plan_changes(struct demo *demo);
must_use struct error *demo_order_step(struct demo *demo, struct work *work, struct plan plan);
ptrdiff_t demo_team_find(const struct demo *demo, const char *name);

/* ---- the history (demo_history.c, demo_steps.c) ---- */

enum plan_kind {
	PLAN_REPORT, PLAN_TRIAGE, PLAN_PICK_UP, PLAN_WORK, PLAN_ASK, PLAN_ANSWER, PLAN_WAIT_OVER, PLAN_RESOLVE, PLAN_CLOSE,
	PLAN_REOPEN, PLAN_CANCEL, PLAN_ORDER, PLAN_AGREE, PLAN_DROP,
	PLAN_CHANGE, PLAN_MEETING
};
struct plan {
	moment at;
	enum plan_kind kind;
	size_t incident;
};
struct incident {
	text number;
	moment reported;
	const struct demo_service *service;
	const struct topic *topic;
	size_t requester;
	size_t worker;         /* who has it now */
	int rounds;            /* of work still to do before it is resolved */
	bool asked, reopened, restricted;
};
struct history {
	struct incident *incidents;
	size_t incident_count, incident_capacity;
	struct plan *plans;    /* a heap, earliest first */
	size_t plan_count, plan_capacity;
	moment due;            /* when the next timer or clock comes; MOMENT_UNSET: none */
};
void history_plan(struct demo *demo, struct plan plan);
must_use struct error *demo_change_step(struct demo *demo, struct work *work, struct plan plan);
must_use struct error *demo_meeting_step(struct demo *demo, struct work *work, struct plan plan);
/* Lets the days pass up to demo->end. */
must_use struct error *demo_live(struct demo *demo);
/* Does what was planned, at work->now, and plans what follows. */
must_use struct error *demo_step(struct demo *demo, struct work *work, struct plan plan);

/* ---- all of it (demo_make.c) ---- */

struct demo_settings {
	int64_t days;
	uint64_t seed;
	moment now;
};
/* On a fresh program that was opened with `relaxed`. Writes the marker's words, with the seats, to *ret_marker. */
must_use struct error *demo_make(struct arena *arena, struct program *program, const struct demo_settings *settings, text *ret_marker);

#endif
