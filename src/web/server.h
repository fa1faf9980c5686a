/*
 * Inside the machinery: the server, its workers and one request in flight. Only the files that move a request along
 * (server, connection, worker, reply, session, live ...) include this; pages and API see web_private.h.
 *
 * One I/O thread drives libmicrohttpd; an exchange is handed to a worker while its connection is suspended, to the lane and back,
 * and is answered by the I/O thread. An exchange belongs to one thread at a time; the queues hand it over.
 */
#ifndef REEVE_WEB_SERVER_H
#define REEVE_WEB_SERVER_H

#include "web/api_private.h"

#include "base/embed.h"
#include "base/limits.h"
#include "base/log.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/socket.h>

#define WORKERS_MAX 4
#define LIMIT_HEAD_BYTES 8192
#define LIMIT_HEADERS 100
/* Larger bodies go to an unlinked temporary file and are mapped by the worker. */
#define LIMIT_BODY_IN_MEMORY (256 * 1024)
/* How much of a refused body is read and thrown away, so that the client gets to read why. */
#define LIMIT_DRAIN_BYTES (64 * 1024 * 1024)
/* Connections: memory of a flood stays below 70 MB; one address cannot take them all. */
#define LIMIT_CONNECTIONS 4096
#define LIMIT_CONNECTIONS_PER_ADDRESS 1024
#define LIMIT_LIVE 20000
/* Of one person: many screens may share one token, but nobody takes the places of all others. */
#define LIMIT_LIVE_PER_PERSON 1024
/* Bodies of requests under way in temporary files, all together: 20 uploads of the largest size. */
#define LIMIT_SPOOL_BYTES ((size_t)512 * 1024 * 1024)
#define HEAD_DEADLINE_US (10 * 1000000LL)
#define IDLE_DEADLINE_US (75 * 1000000LL)
#define BODY_DEADLINE_US (10 * 1000000LL)
#define SEND_DEADLINE_US (60 * 1000000LL)
/* Bodies and answers that move slower than this are given up. */
#define SLOWEST_BYTES_PER_S (16 * 1024)
#define STOP_DEADLINE_US (10 * 1000000LL)

struct router;
struct assets;
struct live;

/* Header of the answer, ready for libmicrohttpd. */
struct answer {
	int status;
	struct page_header headers[24];
	size_t header_count;
	text body;
	int descriptor;      /* a file to send instead of body, or -1 */
	uint64_t size;       /* of the file */
	bool close;          /* the connection is not to be used again */
};

enum stage {
	STAGE_HEAD,     /* I/O: reading head and body */
	STAGE_DRAIN,    /* I/O: refused; the body is read and thrown away */
	STAGE_START,    /* worker: session, route, prepare */
	STAGE_FINISH,   /* worker: after the lane */
	STAGE_ANSWERED, /* I/O: send the answer */
	STAGE_LIVE,     /* I/O: hand the socket to the live thread */
	STAGE_SENDING,
};

struct exchange {
	struct web *web;
	struct arena *arena;
	struct MHD_Connection *mhd;
	struct client *client;
	struct exchange *next;           /* in whichever queue holds it */
	enum stage stage;
	struct page_header request_headers[LIMIT_HEADERS];
	size_t request_header_count;
	text raw_target;
	bool http_1_0, is_head;
	/* the body as it came */
	struct buffer body;
	int64_t body_length;             /* said by Content-Length, -1: chunked or none */
	size_t body_max, drained;
	int body_file;                   /* spooled, or -1 */
	size_t body_file_size;
	text body_bytes;                 /* the whole body, for the worker */
	struct error *refusal;           /* why the head or body was refused */
	struct web_request request;
	struct page page;
	const struct web_model *model;   /* of this request */
	struct work work;
	struct lane_job job;
	struct error *error;             /* of the lane */
	text fingerprint;                /* of an idempotent request */
	text stored_answer;              /* found or kept under its key */
	int stored_status;
	bool keeping_error;              /* the second lane job: keeps the refusal under its key */
	struct answer answer;
	struct live_grant *live;        /* what ROUTE_LIVE authorised */
	int64_t began_us;
};

/* One connection, for its deadlines. */
struct client {
	struct client *next, *previous;
	int descriptor;
	bool idle;             /* between requests */
	bool reading;          /* we wait for its bytes (head or body) or for it to read ours */
	int64_t deadline_us;
	bool cut;
	bool began;            /* bytes of the head came */
	char address[64];
};

struct route_figures {
	_Atomic int64_t count, client_errors, server_errors, us_total;
	_Atomic int64_t buckets[8];  /* <= 1, 5, 10, 20, 50, 100, 1000 ms, more */
};

struct queue {
	pthread_mutex_t mutex;
	pthread_cond_t ready;
	struct exchange *first, **last;
	bool closed;
};

/* The definitions by which requests are answered, and the routes as their roles may take them. */
struct web_model {
	const struct model *model;
	struct router *router;
};

struct worker {
	struct web *web;
	pthread_t thread;
	bool started;
	struct arena *arena;             /* of the thread: cache, search reader */
	struct store *store;
	struct record_cache *cache;
	struct search_reader *reader;
};

struct web {
	struct arena *arena;
	struct web_settings settings;
	text address;
	int port;
	int listen_descriptor;
	bool is_unix;
	text unix_path;
	struct MHD_Daemon *daemon;
	int loop, wake;                  /* epoll of ours and an eventfd */
	pthread_t io_thread;
	bool io_started;
	_Atomic bool stopping;
	_Atomic int64_t in_flight;
	_Atomic int bulk_running;
	struct client *clients, *free_clients;
	size_t client_count;
	struct exchange *free_exchanges; /* I/O thread only */
	size_t free_count;
	size_t spooled;                  /* bytes in temporary files of requests under way; I/O thread only */
	struct queue work_queue;
	pthread_mutex_t done_mutex;
	struct exchange *done_first, **done_last;
	struct worker workers[WORKERS_MAX];
	int worker_count;
	struct router *router;           /* the first one: for what does not depend on roles */
	struct web_model *model;         /* atomic; older ones live as long as the server */
	pthread_mutex_t model_mutex;
	struct arena *model_arena;       /* of routers and web_models; under the mutex */
	struct template_set *templates;
	struct assets *assets;
	struct live *live;
	struct view_counts *view_counts;
	int64_t generation;              /* of platform records, for record caches */
	pthread_mutex_t key_mutex;
	struct running_key *running_keys; /* idempotency keys whose first request still runs */
	pthread_mutex_t cache_mutex;
	struct lane_cache *lane_caches;  /* free ones: as many as lane threads ever ran our jobs at once */
	struct route_figures *figures;   /* per route, then one for "no route" */
	int64_t started_us;
	moment started_at;
};

/* view_counts.c: any thread. Types of at most 24 views are kept. */
struct view_counts_stamp {
	int64_t all, type;
};
must_use struct view_counts *view_counts_new(struct arena *arena);
/* An event of that type came (NULL: of any). */
void view_counts_touch(struct view_counts *counts, const struct type *type);
/* To be read before counting: what comes while it is counted must not be taken for counted. */
must_use struct view_counts_stamp view_counts_stamp(struct view_counts *counts, const struct type *type);
/* ret_counts[view_count]; -1 for views that are not for this person. */
bool view_counts_find(struct view_counts *counts, int64_t actor_id, const struct type *type, int64_t *ret_counts);
void view_counts_keep(struct view_counts *counts, int64_t actor_id, const struct type *type, struct view_counts_stamp stamp,
                      const int64_t *made);

/* connection.c: libmicrohttpd's callbacks; I/O thread. */
must_use struct error *connection_start_daemon(struct arena *error_arena, struct web *web);
void connection_check_deadlines(struct web *web);
/* Takes the answered exchanges off the done list and resumes their connections. */
void connection_resume_answered(struct web *web);

/* head.c: the head's headers into exchange->request_headers; the refusals of design.md. */
must_use struct error *head_read(struct exchange *exchange, const char *version);
text head_find(const struct exchange *exchange, text name);

/* worker.c */
must_use struct error *worker_start_all(struct arena *error_arena, struct web *web);
void worker_stop_all(struct web *web);
void worker_push(struct web *web, struct exchange *exchange);
/* A record cache for a job of ours on a lane thread, emptied of records; given back at the end of the job's apply(). */
struct lane_cache *worker_take_cache(struct web *web);
struct record_cache *worker_cache(const struct lane_cache *held);
void worker_give_cache(struct web *web, struct lane_cache *held);
/* Names of platform records that caches hold may be old now. Any thread. */
void worker_forget_names(struct web *web);
static inline const struct web_model *web_model(struct web *web)
{
	return __atomic_load_n(&web->model, __ATOMIC_ACQUIRE);
}
/* ERROR_UNAVAILABLE when the definitions were replaced since the work began: its types are not those of the store any more. */
must_use struct error *worker_check_model(struct web *web, struct work *work);
/* Any thread: the exchange is answered. */
void worker_answered(struct exchange *exchange);

/* router.c: one matcher over both tables; ERROR_DEFINITION when a route has no policy, no name, or two are the same. */
must_use struct error *router_new(struct arena *arena, const struct model *model, const struct route *const *tables,
                                  size_t count, struct router **ret_router);
/* ERROR_NOT_FOUND, or ERROR_METHOD with the allowed methods in *ret_allowed. Fills request->route, parameters, type. */
must_use struct error *router_find(const struct router *router, struct arena *arena, struct web_request *request,
                                   text *ret_allowed);
size_t router_count(const struct router *router);
const struct route *router_route(const struct router *router, size_t index);
size_t router_index(const struct router *router, const struct route *route);
/* Whether this actor may call the route at all: NULL, ERROR_UNAUTHENTICATED or ERROR_FORBIDDEN. */
must_use struct error *router_decide(const struct router *router, const struct work *work, const struct web_request *request);

/* form.c: percent-decoding and "a=1&b=2" (query strings and form bodies); strict UTF-8, no U+0000, no repeated keys. */
must_use struct error *form_parse(struct arena *arena, text source, struct value **ret_map);
/* One decoded name or value added under the rule for "name[]". */
must_use struct error *form_add(struct arena *arena, struct value *map, text name, text value);
/* ERROR_MALFORMED for a bad escape, bad UTF-8 or U+0000. `plus`: "+" is a blank. */
must_use struct error *percent_decode(struct arena *arena, text source, bool plus, text *ret_decoded);
/* Everything but A-Z a-z 0-9 - . _ ~ as %XX. */
void percent_encode(struct buffer *out, text source);
/* The parameter of a header value such as 'text/html; charset="utf-8"': unquoted, unset when absent. */
must_use text header_parameter(struct arena *arena, text value, text name);

/* multipart.c: cuts a whole multipart/form-data body into parts. */
struct part {
	text name, file_name, media_type; /* file_name unset: a field */
	text content;                     /* slice of the body */
};
#define LIMIT_PARTS 300
must_use struct error *multipart_parse(struct arena *arena, text body, text boundary, struct part **ret_parts, size_t *ret_count);

/* request.c: path, query, negotiation, proxy headers; on a worker. */
must_use struct error *request_read_head(struct exchange *exchange);
/* body.c: the body by its media type. */
must_use struct error *request_read_body(struct exchange *exchange);
/* Of a form that comes after its session has ended: its texts, so that the error page can show them and send them again. */
void request_keep_typed(struct exchange *exchange);

/* session.c */
must_use struct error *session_find_actor(struct exchange *exchange);
must_use struct error *session_check_site(const struct web_request *request, const struct exchange *exchange);

/* reply.c: page or error -> answer. */
void reply_page(struct exchange *exchange);
void reply_error(struct exchange *exchange, const struct error *error);
/* The stored form of a JSON answer (idempotency), and back. */
must_use struct error *reply_store(struct exchange *exchange, text *ret_stored);
void reply_stored(struct exchange *exchange, int status, text stored);
/* A problem document without any worker: for refused heads. */
void reply_refusal(struct exchange *exchange);
void answer_header(struct answer *answer, text name, text value);

/* asset.c */
must_use struct error *assets_new(struct arena *arena, struct assets **ret_assets);
text assets_url(const struct assets *assets, text name);

/* live.c */
must_use struct error *live_start(struct arena *error_arena, struct web *web, struct live **ret_live);
void live_stop(struct live *live);
void live_wake(struct live *live);
/* Takes over the socket (closes it when refused). I/O thread. */
void live_adopt(struct live *live, int descriptor, const struct live_grant *grant);
int64_t live_count(const struct live *live);

moment web_now(const struct web *web);
static inline struct exchange *exchange_of(const struct web_request *request)
{
	return (struct exchange *)((char *)(uintptr_t)request - offsetof(struct exchange, request));
}

#endif
