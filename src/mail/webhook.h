/*
 * Sending one message over HTTP to an address that somebody else chose. Several calls run at the same time on one thread; none can
 * hold another up. What makes it safe stands in webhook.c: the address is judged when it is connected to, redirects are not followed,
 * answers are cut off, and every call ends after LIMIT_WEBHOOK_TOTAL_MS.
 *
 * A message carries `Reeve-Signature: t=SECONDS,v1=HEX`: HMAC-SHA256 with the secret over "SECONDS.BODY" (docs/webhooks.md).
 */
#ifndef REEVE_MAIL_WEBHOOK_H
#define REEVE_MAIL_WEBHOOK_H

#include <sys/socket.h>

#include "base/arena.h"
#include "base/error.h"
#include "base/moment.h"

struct sender;
struct webhook_call {
	int64_t tag;           /* the caller's own */
	text url, body;
	text secret;           /* unset or empty: not signed */
	text key;              /* the same for every attempt: receivers tell doubles by it */
	moment now;            /* signed with it */
	int64_t timeout_ms;    /* 0: LIMIT_WEBHOOK_TOTAL_MS */
	bool private_allowed;  /* private and loopback addresses too; link-local and metadata addresses never */
};
struct webhook_answer {
	int64_t tag, duration_ms;
	int status;            /* 0: none came */
	bool delivered;        /* a status of 200 to 299 */
	bool hopeless;         /* trying again is of no use: a refused address, a malformed one, 410 Gone */
	text error;            /* why it was not delivered, in one line; valid until the next sender_poll() */
};

/* For one thread. ERROR_UNAVAILABLE when the library cannot be set up. Closed with sender_close(). */
must_use struct error *sender_open(struct arena *error_arena, struct sender **ret_sender);
/* Begins a call; everything is copied. ERROR_TOO_LARGE when LIMIT_WEBHOOK_CALLS run already. */
must_use struct error *sender_start(struct sender *sender, struct arena *error_arena, const struct webhook_call *call);
size_t sender_running(const struct sender *sender);
/* Works for at most `timeout_ms`, or until something ended or sender_wake() was called; *ret_count answers, at most `limit`. */
must_use struct error *sender_poll(struct sender *sender, struct arena *error_arena, int timeout_ms, struct webhook_answer *answers,
                                   size_t limit, size_t *ret_count);
/* Any thread: sender_poll() returns at once. */
void sender_wake(struct sender *sender);
/* Breaks off what still runs. */
void sender_close(struct sender *sender);

/* "t=SECONDS,v1=HEX" */
must_use text webhook_signature(struct arena *arena, text secret, moment now, text body);

/* ---- addresses (address.c) ---- */

enum address_reach {
	ADDRESS_PUBLIC,
	ADDRESS_PRIVATE, /* private networks and this machine: for webhooks that may */
	ADDRESS_NEVER    /* link-local, metadata of clouds, multicast, unspecified, reserved: for nobody */
};
/* Where it leads, also through IPv4 mapped or tunnelled in IPv6; other families: never. */
enum address_reach address_reach(const struct sockaddr *address);
must_use text address_text(struct arena *arena, const struct sockaddr *address);

#endif
