/* Inside live events: the subscribers (live.c) and what they are told (live_news.c). Everything but the mutex's part is the live thread's. */
#ifndef REEVE_WEB_LIVE_PRIVATE_H
#define REEVE_WEB_LIVE_PRIVATE_H

#include "web/server.h"

#define TOPICS_MAX 16
#define OUT_BYTES 2048
#define HEARTBEAT_US (20 * 1000000LL)
#define RECHECK_US (60 * 1000000LL)
#define PASS_GAP_US 100000
#define FEED_ROWS 500
#define CREDENTIAL_BYTES 200

enum topic_kind { TOPIC_RECORD, TOPIC_TYPE, TOPIC_NOTIFICATIONS };

struct topic {
	enum topic_kind kind;
	const struct type *type;
	int64_t record_id;
};

struct live_grant {
	struct topic topics[TOPICS_MAX];
	size_t topic_count;        /* 0: everything */
	const struct model *model; /* whose types the topics name */
	int64_t since;
	int64_t user_id;
	bool by_cookie;
	size_t credential_length;
	char credential[CREDENTIAL_BYTES];
};

struct subscriber {
	struct subscriber *next, *previous;
	struct live_grant grant;
	int descriptor;
	bool behind;               /* has events to catch up on */
	bool wants_write;
	int64_t unread;
	int64_t sent_us, checked_us;
	size_t out_length;
	char out[OUT_BYTES];
};

struct live {
	struct web *web;
	struct arena *arena;       /* of the slots */
	struct arena *pass_arena;
	struct store *store;
	struct record_cache *cache;
	int loop, wake;
	pthread_t thread, notify_thread;
	bool started, notify_started;
	_Atomic bool stopping;
	_Atomic int64_t seen;      /* sequence up to which everybody was told */
	_Atomic int64_t count;
	pthread_mutex_t mutex;     /* adopted and free slots */
	struct subscriber *adopted, *free;
	struct subscriber *subscribers;
};

/* Puts words into the socket or its buffer; false: it is gone or does not keep up, drop it. */
bool live_say(struct live *live, struct subscriber *subscriber, text words);
void live_drop(struct live *live, struct subscriber *subscriber);
/* Tells everybody what they may know of the events since the last pass; true: somebody is still behind. */
bool live_run_pass(struct live *live);

#endif
