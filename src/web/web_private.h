/*
 * The seam inside the web floor. A page is a function from a request to a value: `struct page` is written as JSON when JSON is
 * wanted, or poured into its template. Pages (pages_*.c) and API (api_*.c) are tables of `struct route` over the same machinery.
 *
 * THE PHASES of a route, each `struct error *phase(struct work *, struct web_request *, struct page *)`:
 *   prepare  worker thread, reading connection: parse, check, hash passwords, Markdown. No writes. May be NULL.
 *   apply    lane thread, writing connection, in a transaction: the engine_* calls. May run twice: begins from what prepare left in
 *            request->state and never changes that; has no effect outside the database; no slow work. NULL: a read route.
 *   render   worker thread, reading connection, after COMMIT (apply's changes are visible): fills page. For read routes the only
 *            phase that is needed. With an idempotency key it runs inside apply instead, on the lane's connection, so that the
 *            answer is kept in the change's transaction: do nothing slow in the render of a write route.
 *   refuse   worker thread: called instead of the next phase when one failed with a 4xx and HTML is wanted; shows the form again with
 *            what was typed. `error` is in request->error. Fills page (status: the error's unless set). NULL: the error page.
 * work->arena is the request's: what prepare makes is there in apply and render, until the answer is sent.
 * work->cache is a worker's own, on the lane one of the job. An error of any phase ends the request (problem+json or error page).
 *
 * Before the phases the machinery has: refused what is malformed or too large, found the route, read the body, found the actor
 * (cookie or bearer token), refused cross-site writes, and decided the route's policy.
 */
#ifndef REEVE_WEB_PRIVATE_H
#define REEVE_WEB_PRIVATE_H

#include "store/blob.h"
#include "web/template.h"
#include "web/web.h"

enum web_method { METHOD_GET, METHOD_POST, METHOD_PUT, METHOD_PATCH, METHOD_DELETE, METHOD_COUNT };

/* A file of a multipart body, already stored as a blob (durable) under its hash, or refused. */
struct upload {
	text field;       /* name of the form field */
	text name;        /* as the client says it, path parts cut off; not trusted, never a path of ours */
	text media_type;  /* as the client says it, checked to be a media type; "application/octet-stream" when absent */
	text hash;
	int64_t size;
};

struct web_request {
	struct web *web;
	const struct route *route;
	enum web_method method;
	text path;                      /* decoded, valid UTF-8, without query */
	text target;                    /* as it came: path and query, for "come back here" links */
	struct value *parameters;       /* of the path: value_get_text(request->parameters, T("number")) */
	struct value *query;            /* map of texts; "name[]" always makes a list of texts under "name" */
	/*
	 * JSON: any value. Form and multipart: a map of texts (same rule for "name[]"); an empty form field is VALUE_TEXT "". NULL: no body.
	 * Form fields that begin with "_" belong to the machinery and are taken out: "_version" is if_match, "_key" idempotency_key.
	 */
	struct value *body;
	bool body_is_json;
	const struct upload *uploads;
	size_t upload_count;
	text address;                   /* of the client (a trusted proxy's word for it), for limits and the log */
	text agent;                     /* User-Agent, shortened, or unset */
	bool secure;                    /* came through TLS (a trusted proxy said so) */
	bool is_api;                    /* path below /api/ */
	bool wants_json;                /* is_api, or Accept prefers application/json */
	bool is_htmx;                   /* HX-Request: a part of a page may be answered */
	bool by_cookie;                 /* authenticated by a session cookie */
	int64_t if_match;               /* version, 0: none given */
	text idempotency_key;           /* unset: none */
	text language;                  /* of the actor, else the best of Accept-Language, else "en" */
	text host;                      /* checked Host */
	struct search_reader *reader;   /* of this worker; NULL on the lane or without search */
	const struct type *type;        /* set when the pattern has {type}: a known one, else the request was answered 404 */
	void *state;                    /* the route's own, from prepare to render */
	struct record *record;          /* free for the route: the record that apply changed */
	struct error *error;            /* for refuse */
};

/* Any header, unset when absent. Only on workers and only before the answer is made. */
text request_header(const struct web_request *request, text name);
/* unset when absent, in query and form body. */
text request_cookie(const struct web_request *request, text name);
/* A text of the body map, unset when absent or no text. */
text request_field(const struct web_request *request, text name);
text request_parameter(const struct web_request *request, text name);
text request_query(const struct web_request *request, text name);
/* A query number in least..most, or `fallback` when absent. ERROR_MALFORMED with field. */
must_use struct error *request_query_integer(const struct web_request *request, text name, int64_t least, int64_t most,
                                             int64_t fallback, int64_t *ret_number);
const struct web_settings *web_settings(const struct web *web);

struct page_header {
	text name, value;
};

enum page_cache {
	CACHE_NONE,      /* no-store: the default, all personal pages */
	CACHE_CHECK,     /* private, no-cache: kept, but asked for with its ETag */
	CACHE_FOR_EVER,  /* public, immutable: assets with a hash in their name */
};

struct page {
	int status;              /* 0: 200 (201 where location is set by a create of the API) */
	text template;           /* "record" is web/templates/record.html; unset: JSON always */
	struct value *data;      /* a map; written as JSON or poured into the template */
	text location;           /* 201 or a redirect (303 when status is 0 and HTML is wanted) */
	text etag;               /* without quotes: the version */
	enum page_cache cache;
	struct page_header headers[8];
	size_t header_count;
	/* Instead of data: */
	text body;               /* bytes as they are, in the arena or immutable */
	text media_type;         /* of body or blob */
	struct blob_reader *blob; /* a download, in the arena; blob_size bytes */
	int64_t blob_size;
	text file_name;          /* downloads: Content-Disposition attachment with this name */
	bool inline_image;       /* the blob is a checked raster image and may be shown inline, sandboxed */
	bool gzipped;            /* body is gzip (only when the client accepts it) */
};

/* Adds a header; values with control characters are refused (dropped and logged). At most 8. */
void page_add_header(struct page *page, text name, text value);
/* 303 to a path of ours ("/incident/INC0000042"); anything that is no local path becomes "/". */
void page_redirect(struct page *page, text location);
/* HttpOnly, SameSite=Lax, Path=/, Secure behind TLS. max_age_s 0: until the browser closes; < 0: removes it. */
void page_set_cookie(struct work *work, const struct web_request *request, struct page *page, text name, text value,
                     int64_t max_age_s);
/* The session cookie after session_open() / session_close(). */
void page_sign_in(struct work *work, const struct web_request *request, struct page *page, text token);
void page_sign_out(struct work *work, const struct web_request *request, struct page *page);
/* Token of the session cookie that came, or unset. */
text request_session(const struct web_request *request);

enum policy {
	POLICY_UNDECIDED,   /* refused at start: no route without a policy */
	POLICY_PUBLIC,      /* everyone, also not signed in; the phases decide what is shown */
	POLICY_SIGNED_IN,   /* everyone signed in; the records' rules decide the rest */
	POLICY_ROLES,       /* only holders of one of `roles` */
	POLICY_OPERATOR,    /* /metrics: loopback or a role */
};

enum route_flag {
	ROUTE_UPLOAD = 1,      /* takes multipart with files */
	ROUTE_LIVE = 2,        /* becomes a live connection after render */
	ROUTE_NO_TYPE = 4,     /* {type} of the pattern is no record type (plain parameter) */
	ROUTE_CROSS_SITE = 8,  /* may be posted to from elsewhere (none of ours; one-click unsubscribe later) */
	ROUTE_PLATFORM = 16,   /* {type} may be a platform type (user, team ...); page routes only. The API takes all types */
	ROUTE_STORELESS = 32,  /* public, and answered also while the store cannot be reached: reads nothing of it */
};

typedef struct error *(*route_phase)(struct work *work, struct web_request *request, struct page *page);

struct route {
	enum web_method method;
	const char *pattern;      /* "/{type}/{number}": a parameter is one whole part; a last "{name...}" takes the rest of the path */
	enum policy policy;
	const char *roles;        /* POLICY_ROLES: "administrator auditor" */
	unsigned scope;           /* SCOPE_READ, SCOPE_WRITE or SCOPE_ADMIN: what an API token must have */
	route_phase prepare, apply, render, refuse;
	size_t body_max;          /* 0: LIMIT_BODY_BYTES for methods with a body, none for GET */
	unsigned flags;
	const char *name;         /* operation id, metrics label and lane job name: "incident_list" -> "record_list" */
	const char *summary;      /* a line for people and OpenAPI; NULL: not in OpenAPI */
};

/* Each table ends with a NULL pattern. */
extern const struct route api_routes[];  /* src/web/api.c */
extern const struct route page_routes[]; /* src/web/pages.c */

/* ---- what the pages give to the machinery (src/web/pages.c) ---- */

/* Adds what every HTML page shows (the person, navigation, counts, words of the frame) to page->data as "frame". HTML only. */
must_use struct error *pages_frame(struct work *work, struct web_request *request, struct page *page);
/* The error page: fills template and data from the error. The machinery sets status and headers. */
void pages_error(struct work *work, struct web_request *request, const struct error *error, struct page *page);
/* Where a person who is not signed in is sent from an HTML page: "/sign-in?next=...". */
text pages_sign_in_location(struct work *work, struct web_request *request);

/* ---- shared between API and pages ---- */

/*
 * The record page's value, as the API says it: access_record_value + transitions + clocks (with ledger).
 * `fields` NULL: all, as access_record_value.
 */
/* How far the tasks of a record are (`tasks`), and how many records are under it by state (`children`), into its value. */
must_use struct error *web_tasks_summary(struct work *work, struct record *record, struct value *value);
must_use struct error *web_record_value(struct work *work, struct record *record, const bool *fields, struct value **ret_value);
/* {items, next, total?} for q, sort, limit, after, fields, count of the request's query (interface.md), with `where` (may be NULL) added. */
must_use struct error *web_list_value(struct work *work, struct web_request *request, const struct type *type,
                                      const struct condition *where, struct value **ret_value);
/* The same query as pages need it: parsed and ready for access_find(). */
must_use struct error *web_query(struct work *work, struct web_request *request, const struct type *type, struct query *ret_query);
/* All rounds of approvals of a record: [{id, name, label, round, state, steps: [{..., votes}] ...}], the oldest first. */
must_use struct error *web_approvals_value(struct work *work, struct record *record, struct value **ret_value);
/* One vote that is expected of the actor: {id, name, record, for, due_at, url ...}. */
must_use struct error *web_approval_waiting_value(struct work *work, const struct approval_waiting *waiting, struct value **ret_value);
/* The cursor `after` of a list of those, 0 without. */
must_use struct error *web_waiting_after(struct work *work, const struct web_request *request, int64_t *ret_after);
/* In apply: the vote {vote, comment, for, step, version} of the body in the approval {id} of the record; sets request->record. */
must_use struct error *web_vote(struct work *work, struct web_request *request);
/*
 * Many at once, each on its own and in a transaction of its own on the lane: one result per item, in order - {status, number, version},
 * or {status, problem} where it was refused. Only in render of a write route; ERROR_TOO_MANY when others do the same.
 */
typedef struct error *(*bulk_perform)(struct work *work, const struct web_request *request, const struct value *input,
                                      struct record **ret_record);
must_use struct error *bulk_run(struct work *work, struct web_request *request, const struct value *items, bulk_perform perform,
                                struct value **ret_results);
/* {number, version, transition, FIELD ...} of the request's type: without a number a creation. */
must_use struct error *bulk_change(struct work *work, const struct web_request *request, const struct value *input,
                                   struct record **ret_record);
/* {type, number, id, vote, comment, for, step, version}: a vote. */
must_use struct error *bulk_vote(struct work *work, const struct web_request *request, const struct value *input,
                                 struct record **ret_record);
must_use struct error *web_event_value(struct work *work, struct web_request *request, const struct record *record,
                                       const struct event *event, struct value **ret_value);
/* {items: [{type, number, title, state, snippet, snippet_html, updated_at, url}], next, total, total_capped} for q, type, order, limit, after
 * of the request's query; `prefix`: the last word is a beginning (type-ahead). */
must_use struct error *web_search_value(struct work *work, struct web_request *request, bool prefix, struct value **ret_value);
/* The problem document of an error (RFC 9457), as the API answers it and as pages may show it. */
must_use struct value *web_problem_value(struct arena *arena, const struct error *error);
/* Fills page with the download of an attachment of a record that the actor may read. */
must_use struct error *web_attachment_page(struct work *work, struct web_request *request, struct page *page);
/* Markdown of people -> VALUE_HTML: cmark-gfm safe mode, tables, strikethrough, autolinks; links get rel="nofollow noopener". */
must_use struct value *markdown_html(struct arena *arena, text source);
/* The same for the guides embedded in the program: their line breaks are only those of the source, and they may be long. */
must_use struct value *markdown_guide_html(struct arena *arena, text source);
/* URL of an embedded asset with its content hash ("/assets/app.3f2a9c.css" for "dist/app.css"); unset when there is none. */
text asset_url(const struct web *web, text name);

/*
 * LIVE: GET /api/v1/live?topics=incident/INC0000042,incident,notifications (session cookie or token; no topics: everything).
 *   "TYPE/NUMBER"    that record changed; version = the record's version. 404 when it may not be read.
 *   "TYPE"           some record of the type that this person may read changed: lists and counts look again; version = sequence
 *   "notifications"  the person's unread notifications changed; version = how many are unread
 * Messages: `id: SEQ`, `event: changed`, `data: {"topic":"incident/INC0000042","version":7}`. After a gap or a full buffer the
 * connection closes with `retry:`; the browser comes back with Last-Event-ID. The page then asks for what changed: access is checked there.
 */

/* ---- definitions and their versions (api_definition.c) ---- */

/* Whether the actor may read every record of the type by one of their roles: they may see how it works, too. */
bool web_reads_all(const struct work *work, const struct type *type);
/* Newest first: [{ version, publication, published_at, active, records, differences: ["+ state triage: ..."] }]. */
must_use struct error *web_definition_versions(struct work *work, const struct type *type, struct value **ret_versions);

#endif
