/*
 * The condition language (interface.md, Conditions): parsed and typed once against a type, then evaluated on a record in memory
 * or compiled into parameterised SQL (by query.c). Two-valued: comparing something unset is false; != and `not` are exact
 * complements. Text compares by its folded key, choices by their order, moments are bound values computed here from `now`.
 * A date alone and `today` are the moment at which that day begins for the reader, but `=`, `!=` and `in` mean the whole day.
 * A path holds when one of the records at its end passes (links may lead to many); a link to an unknown name is false.
 */
#ifndef REEVE_MODEL_CONDITION_H
#define REEVE_MODEL_CONDITION_H

#include "base/calendar.h"
#include "model/model.h"

struct record;
struct condition;

/* What `me`, `my teams`, `now` and "5 working days ago" mean. The actor's person and teams are passed in, because access stands above. */
struct condition_context {
	struct work *work;              /* for arena, store (paths), now */
	int64_t me;                     /* id of the user record, 0: nobody */
	const int64_t *teams;
	size_t team_count;
	const struct zone *zone;        /* days begin here; NULL: UTC */
	const struct calendar *calendar; /* working days; NULL: calendar_always() */
	/*
	 * False: that path may not be read by the actor and counts as unset. NULL: all may be read (rules, guards, clocks).
	 * `type` is the type holding `field`.
	 */
	bool (*readable)(void *data, const struct type *type, const struct field *field);
	/*
	 * The same question for the linked records of `type` that a path goes through: those for which one of the branches
	 * holds may be read (*ret_everything: all of them); the others count as unset. The branches themselves see all.
	 * NULL: all may be read. Asked once per path and compiled into SQL; in memory record_readable goes before it.
	 */
	struct error *(*record_scope)(void *data, const struct type *type, bool *ret_everything,
	                              const struct condition *const **ret_branches, size_t *ret_count);
	/* The same for one record in memory, where the caller knows a shorter way than the branches. NULL: record_scope. */
	struct error *(*record_readable)(void *data, const struct type *type, int64_t id, bool *ret_readable);
	void *data;
};
/* The context of rules: me, teams, now and calendar of `context`, but everything may be read. */
struct condition_context condition_rule_context(const struct condition_context *context);

enum condition_use {
	CONDITION_QUERY, /* words allowed: filter bar, views, API */
	CONDITION_RULE   /* words refused: guards, access rules, clocks, automation */
};

/*
 * Parses `source` for records of `type`. Errors: ERROR_CONDITION with place.column (from 1) and the nearest name as hint.
 * An empty source is a condition that always holds.
 */
must_use struct error *condition_parse(struct arena *arena, const struct model *model, const struct type *type, text source,
                                       enum condition_use use, struct condition **ret_condition);
/* Evaluates on a record; follows links through the store. Words make it ERROR_INTERNAL (callers refuse them before). */
must_use struct error *condition_holds(const struct condition *condition, struct record *record,
                                       const struct condition_context *context, bool *ret_holds);
/* Back to canonical source: for the filter bar, and for tests (parse(print(x)) == x). */
must_use text condition_print(struct arena *arena, const struct condition *condition);
/* A text as a value of the language, in quotes: for conditions made of what people have named. */
must_use text condition_quote(struct arena *arena, text value);
/* `left and right`; either may be NULL. */
must_use struct condition *condition_and(struct arena *arena, const struct condition *left, const struct condition *right);
bool condition_has_words(const struct condition *condition); /* NULL: no */
/* True when the outcome depends on nothing but the record itself (no me, teams, now, paths, words). */
bool condition_is_constant(const struct condition *condition);
/* When it is `FIELD = me`, `FIELD in my teams` or `FIELD = me` over links: that field and which, for search scopes; else false. */
bool condition_is_scope(const struct condition *condition, const struct field **ret_field, bool *ret_teams);
/*
 * The states (a bit each) in which it can hold, whatever else the record says; NULL: all. Partial indexes (type->indexes) are
 * over sets of states: an index with `states` serves a condition when (condition_states() & ~states) == 0. All bits for lifecycles
 * of more than 64 states, which have no partial indexes.
 */
uint64_t condition_states(const struct condition *condition, const struct lifecycle *lifecycle);
/* The same for one state, of any lifecycle; NULL: yes. */
bool condition_may_hold(const struct condition *condition, const struct lifecycle *lifecycle, size_t state);
/* Calls visit() for each field position of the condition's own type that it mentions. */
void condition_each_field(const struct condition *condition, void (*visit)(void *data, size_t field), void *data);
/* Calls visit() for each field on the way of all its paths, also those of other types. */
void condition_each_step(const struct condition *condition,
                         void (*visit)(void *data, const struct type *type, const struct field *field), void *data);

#endif
