/*
 * Who you are and what you may see and do. The rules come from the definitions (rights per role, row rules and field rules as
 * conditions) and are applied here, in one place, for page, API, search, counts, export, attachments and live events.
 *
 * The answers: a record that may not be read is ERROR_NOT_FOUND (it may not even be known to exist), a readable one with a step
 * that this role never may is ERROR_FORBIDDEN, a step not possible now ERROR_CONFLICT.
 */
#ifndef REEVE_ACCESS_ACCESS_H
#define REEVE_ACCESS_ACCESS_H

#include "model/query.h"

/* ---- the actor ---- */

enum actor_kind { ACTOR_NOBODY, ACTOR_PERSON, ACTOR_SYSTEM };

/* What an API token may at most do; a session may all. */
enum scope { SCOPE_READ = 1, SCOPE_WRITE = 2, SCOPE_ADMIN = 4, SCOPE_ALL = 7 };

struct actor {
	enum actor_kind kind;
	int64_t id;             /* of the user record; 0 for nobody and system */
	text login, name;
	uint64_t roles;         /* bit per model->roles, closed over inclusion; who was given none is a `requester` */
	int64_t *teams;
	size_t team_count;
	int64_t organisation;   /* 0: none */
	const struct zone *zone;
	text language;
	unsigned scopes;        /* enum scope */
	int64_t token;          /* id of the API token, 0: a session */
	text session_hash;      /* of the session, unset for tokens */
	bool touch;             /* seen_at of the session or token is old: session_touch() or token_touch() */
};

/* May do and see everything; its events carry no person: automation, timers, import, command line. Lives for ever. */
struct actor *access_system(void);
/* Not signed in: sees the sign-in page. Lives for ever. */
struct actor *access_nobody(void);
/* The actor of a user record; ERROR_FORBIDDEN when the user is not active. */
must_use struct error *access_actor(struct work *work, int64_t user_id, struct actor **ret_actor);
bool actor_has_role(const struct work *work, text role);
/* What me, my teams and readable paths mean for this actor: for conditions typed by people. */
void access_context(struct work *work, struct condition_context *ret_context);
/* The same for rules of the definitions (they see all paths). */
void access_rule_context(struct work *work, struct condition_context *ret_context);

/* ---- rights on records ---- */

/*
 * Whether the actor has the right on this record (NULL: on the type at all, on some record). Reading is part of every other
 * right but RIGHT_CREATE. A token that may only read has RIGHT_NOTE here, to see notes; access_require() does not let it write them.
 */
must_use struct error *access_may(struct work *work, enum right right, const struct type *type, struct record *record, bool *ret_may);
/* NULL when allowed; else ERROR_NOT_FOUND (unreadable) or ERROR_FORBIDDEN with what is missing. */
must_use struct error *access_require(struct work *work, enum right right, const struct type *type, struct record *record);
bool access_field_readable(const struct work *work, const struct type *type, const struct field *field);
/* Of people; system fields and set_by_engine never are. On create, and the most that an update may (access_writable_fields). */
bool access_field_writable(const struct work *work, const struct type *type, const struct field *field);
/* Whether the field's own condition (`writable`) lets the actor write it on this record as it is now; NULL: one that is made. */
must_use struct error *access_field_opens(struct work *work, struct record *record, const struct field *field, bool *ret_opens);
/*
 * ret_fields[type->field_count]: which fields the actor may change on this record as it is now (the branches of RIGHT_UPDATE
 * and their fields; all false when none holds); record NULL: may write on create.
 */
must_use struct error *access_writable_fields(struct work *work, const struct type *type, struct record *record, bool *ret_fields);
/* Every role that may read records of the type may read this field: its words may go into the public part of the search index. */
bool access_field_open(const struct work *work, const struct type *type, const struct field *field);

enum transition_answer { TRANSITION_ALLOWED, TRANSITION_NOT_NOW, TRANSITION_NEVER };
/* State, permits and guard for this actor; *ret_why (for NOT_NOW, NEVER) is a line for people. Needs are not checked here. */
must_use struct error *access_transition(struct work *work, struct record *record, const struct transition *transition,
                                         enum transition_answer *ret_answer, text *ret_why);

/* ---- the only ways above this floor to read records ---- */

must_use struct error *access_load(struct work *work, const struct type *type, text number, struct record **ret_record);
must_use struct error *access_load_id(struct work *work, const struct type *type, int64_t id, struct record **ret_record);
/* Whether the record with that id exists and the actor may read it; costs nothing where all of the type may be read. */
must_use struct error *access_readable_id(struct work *work, const struct type *type, int64_t id, bool *ret_readable);
/* Fill in the actor's branches and context, and run; a condition or sort on an unreadable field is ERROR_CONDITION, as if absent. */
must_use struct error *access_find(struct work *work, struct query *query, struct record_page *ret_page);
must_use struct error *access_count(struct work *work, struct query *query, int64_t limit, int64_t *ret_count);
/* Number and title of a link's target, both unset when the actor may not read it (or it is gone): for pages. */
must_use struct error *access_name(struct work *work, const struct type *type, int64_t id, struct record_name *ret_name);
/*
 * The same for a record of any type by its number (KIND_RECORD). *ret_type: of that number's type, NULL when there is none;
 * the name is unset when the actor may not read it (or it is gone).
 */
must_use struct error *access_reference(struct work *work, text number, const struct type **ret_type,
                                        struct record_name *ret_name);
must_use struct error *access_each(struct work *work, struct query *query,
                                   struct error *(*visit)(void *data, struct work *work, struct record *record), void *data);
/*
 * A record as the API says it: number, type, state, version, created_at, updated_at and each readable field under its name
 * (unset null, unreadable absent); links whose target the actor may not read are {type, number: null}. KIND_LINKS as lists.
 * `fields` (NULL: all) has type->field_count entries; number and type are always there. A partial record (of a list) has no
 * prose, and lists of links only when `fields` asks for them.
 */
must_use struct error *access_record_value(struct work *work, struct record *record, const bool *fields, struct value **ret_value);

/* ---- search scopes: what makes search limits and counts apply to what the caller may see ---- */

/* Words such as "incident.requester.42" or "incident.c.1f3a" under which this record can be found. */
must_use struct error *access_record_scopes(struct work *work, struct record *record, text **ret_words, size_t *ret_count);
/* The words of which a record of `type` must have one; *ret_everything when no rule applies. Internal text only with *ret_internal. */
must_use struct error *access_actor_scopes(struct work *work, const struct type *type, text **ret_words, size_t *ret_count,
                                           bool *ret_everything, bool *ret_internal);

/* ---- passwords, sessions, tokens, links (access.sql; plain tables) ---- */

/* argon2id, t=2, m=19 MiB; slow: worker threads only, at most 2 at a time (more wait up to 2 s, then ERROR_TOO_MANY). */
must_use struct error *password_hash(struct arena *arena, text password, text *ret_hash);
/* Constant time; with an unset hash it burns the same time and says false. *ret_rehash: parameters are old. */
must_use struct error *password_verify(struct arena *arena, text hash, text password, bool *ret_right, bool *ret_rehash);
must_use struct error *password_check_rules(struct arena *arena, text login, text password);
must_use struct error *credential_find(struct work *work, text login, int64_t *ret_user_id, text *ret_hash); /* unset, 0 when none */
must_use struct error *credential_set(struct work *work, int64_t user_id, text hash);

/* SHA-256 of a token as hexadecimal: what the tables hold. */
must_use text token_hash(struct arena *arena, text token);

struct session {
	int64_t user_id;
	text hash;        /* of its token */
	moment created_at, seen_at, expires_at;
	text address, agent;
};
#define SESSION_IDLE_MS (12 * HOUR_MS)
#define SESSION_LIFE_MS (14 * DAY_MS)
/* A new random token (returned once; the table keeps its hash). Always a new one at sign-in: no fixation. */
must_use struct error *session_open(struct work *work, int64_t user_id, text address, text agent, text *ret_token);
/* The actor of a session cookie; ERROR_UNAUTHENTICATED when unknown, expired or the user is not active. *ret_touch: seen_at is old, write it. */
must_use struct error *session_actor(struct work *work, text token, struct actor **ret_actor, bool *ret_touch);
must_use struct error *session_touch(struct work *work, text token);
must_use struct error *session_close(struct work *work, text token);
must_use struct error *session_close_all(struct work *work, int64_t user_id, text but_token_hash);
/* The open ones of a person, the last used first. */
must_use struct error *session_list(struct work *work, int64_t user_id, struct session **ret_sessions, size_t *ret_count);

struct api_token {
	int64_t id;
	text name, scopes;
	moment created_at, expires_at, seen_at, revoked_at;
};
must_use struct error *token_create(struct work *work, int64_t user_id, text name, unsigned scopes, moment expires_at, text *ret_token);
/* ERROR_UNAUTHENTICATED when unknown, revoked, expired or the user is not active. */
must_use struct error *token_actor(struct work *work, text token, struct actor **ret_actor);
must_use struct error *token_touch(struct work *work, int64_t token_id);
must_use struct error *token_list(struct work *work, int64_t user_id, struct api_token **ret_tokens, size_t *ret_count);
must_use struct error *token_revoke(struct work *work, int64_t user_id, int64_t token_id);
/* "read write admin": write brings read with it, admin (changing users, roles, services ...) both. */
must_use struct error *scopes_parse(struct arena *arena, text source, unsigned *ret_scopes);

/* One-time links: single use, expiring, hashed at rest. Purpose: "sign-in". */
must_use struct error *link_create(struct work *work, int64_t user_id, text purpose, int64_t life_ms, text *ret_token);
/* Uses it up; ERROR_UNAUTHENTICATED when unknown, used or expired (one answer for all three). */
must_use struct error *link_use(struct work *work, text token, text purpose, int64_t *ret_user_id);
/* Whom it would sign in, without using it up: for the page that asks first. Errors as link_use(). */
must_use struct error *link_find(struct work *work, text token, text purpose, int64_t *ret_user_id);
/* Deletes expired sessions, links and idempotency keys; at most `limit` rows each. */
must_use struct error *access_sweep(struct work *work, int64_t limit);

/* ---- rate limits: in memory, per key (address, login); thread safe ---- */
struct limiter;
must_use struct limiter *limiter_new(struct arena *arena, size_t keys_max);
/* Takes one of `burst` that refill at `per_minute`; ERROR_TOO_MANY with retry_after_s when none is left. */
must_use struct error *limiter_take(struct limiter *limiter, struct arena *error_arena, text key, int burst, int per_minute);

#endif
