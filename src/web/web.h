/*
 * The web floor from outside: what the program wires up to serve HTTP (pages, JSON API, live events).
 *
 * The program makes the lane, the sealer and the search index first, then calls web_start(), and tells web_committed() from
 * lane_settings.committed (after sealer_committed()), so that live pages learn of changes. On PostgreSQL the web floor listens
 * to the channel WEB_NOTIFY_CHANNEL, which the program notifies after sealer_run() has sealed something.
 */
#ifndef REEVE_WEB_WEB_H
#define REEVE_WEB_WEB_H

#include "search/search.h"

#define WEB_NOTIFY_CHANNEL "reeve_events"

struct web;

struct web_settings {
	text listen;                     /* "127.0.0.1:8080", "[::1]:0" (0: any free port), "unix:/run/reeve/http.sock" */
	int listen_descriptor;           /* > 0: an already listening socket (socket activation); `listen` is not opened then */
	const struct model *model;       /* must outlive the server, as those of web_take_model() */
	struct lane *lane;
	struct store_settings store;     /* workers open reading connections of their own; uploads of PostgreSQL a writing one */
	struct search *search;           /* NULL: search answers 503 */
	struct sealer *sealer;           /* for the head of the feed */
	struct limiter *limiter;         /* sign-in and argon2 limits */
	struct calendar_cache *calendars; /* of the whole program, for every work (model/calendars.h); NULL: none */
	bool definitions_differ;         /* the given definitions are not the stored ones: the health page says so */
	/*
	 * Pages offer choose-a-seat. Who sits where stands in the text file data_dir/demo: lines "SEAT LOGIN" in the order to be shown
	 * (requester, first-line-agent, specialist, team-lead, incident-manager, service-owner, auditor, administrator); lines
	 * that begin with # are remarks.
	 */
	bool demo;
	text data_dir;                   /* temporary uploads, health page */
	text trusted_proxies;            /* "127.0.0.1 ::1": whose X-Forwarded-For and -Proto are believed; unset: nobody's. "unix" for a unix socket */
	int workers;                     /* 0: as many as processors, at least 2, at most 4 */
	int64_t attachment_max;          /* 0: LIMIT_ATTACHMENT_BYTES */
	moment (*now)(void *data);       /* NULL: moment_now(); tests choose the time */
	void *now_data;
};

/* Binds, starts the threads and serves. Texts of `settings` are copied. The server owns its memory: web_stop(). */
must_use struct error *web_start(struct arena *error_arena, const struct web_settings *settings, struct web **ret_web);
/* "http://127.0.0.1:8080": where it really listens. */
text web_address(const struct web *web);
/* From now on requests are answered by this model; those under way finish with theirs, unless they are to write. Any thread. */
must_use struct error *web_take_model(struct arena *error_arena, struct web *web, const struct model *model);
/* Tells that something was committed: quick, any thread. */
void web_committed(struct web *web);
/* Stops accepting, finishes what runs (at most 10 s), closes live connections with a retry hint, joins all threads. */
void web_stop(struct web *web);

#endif
