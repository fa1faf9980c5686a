/*
 * Practices as types. A `struct model` is the immutable snapshot of all active definitions, made once by model_parse() and
 * shared by every thread; the floors above read it directly. Indexes (of fields, states, roles ...) are positions in its arrays.
 *
 * Headers of this floor: model.h (the snapshot; with process.h), condition.h (the condition language), record.h (one record and its cells),
 * query.h (finding records), schema.h (tables and migration).
 */
#ifndef REEVE_MODEL_MODEL_H
#define REEVE_MODEL_MODEL_H

#include <string.h>

#include "base/limits.h"
#include "base/moment.h"
#include "base/table.h"
#include "base/value.h"
#include "base/work.h"

struct condition;

/* Words for people, per language; `en` is always there. */
struct label {
	struct label_words {
		text language, words;
	} *items;
	size_t count;
};
/* In `language`, else in English. */
text label_in(const struct label *label, text language);

/* ---- fields ---- */

enum kind {
	KIND_TEXT,     /* one line; compared by its folded key */
	KIND_PROSE,    /* many lines, Markdown; compared by its folded key, never sorted, never in lists */
	KIND_INTEGER,
	KIND_REAL,
	KIND_BOOLEAN,
	KIND_CHOICE,   /* cell: position in field->choices */
	KIND_MOMENT,
	KIND_DURATION, /* milliseconds; written "4h" */
	KIND_LINK,     /* cell: id of a record of field->target */
	KIND_LINKS,    /* any number of them; rows of the table `link`, not in the record's row */
	KIND_HOURS,    /* opening hours (base/calendar.h); stored as text */
	KIND_HOLIDAYS, /* lines or iCalendar; stored as text */
	KIND_ZONE,     /* IANA zone name */
	KIND_MAIL,     /* mail address */
	KIND_RECORD,   /* link to any numbered record; stored as its number (text), so no paths lead through it */
	KIND_CONDITION, /* source of a condition on records of field->target; stored as text, parsed when saved */
	KIND_MODEL,    /* name of a model (struct work_model); stored as text */
	KIND_GROUP,    /* forms only: a repeating group of questions; never a column */
	KIND_COUNT
};

struct choice {
	text name;
	struct label label;
	bool retired; /* no longer offered, still stored */
};

enum decision_hit {
	HIT_FIRST,   /* the first row that matches; without one the field is unset */
	HIT_UNIQUE,  /* the same, and no two rows may match at once */
	HIT_SUM,     /* of all rows that match: their outputs added up (none: 0) ... */
	HIT_HIGHEST, /* ... the highest, by the order of choices ... */
	HIT_LOWEST,
	HIT_COLLECT  /* ... all different texts, with "; " between */
};
struct decision_input {
	size_t *path;              /* field positions, each of the type that the one before leads to */
	size_t path_count;         /* 1: a field of the record itself */
	const struct type *first_target; /* where a longer path goes first */
	const struct field *field; /* the last of them: choice, boolean, integer, real, duration or link */
};
struct decision_range {
	int64_t low, high; /* both included; choice positions, 0 and 1, integers, milliseconds, keys of real numbers */
};
/* A real number's place in the order of all of them (neighbours differ by one), and the number of a place. */
static inline int64_t real_key(double real)
{
	int64_t bits;

	memcpy(&bits, &real, sizeof bits);
	return bits >= 0 ? bits : INT64_MIN - bits;
}
static inline double real_of_key(int64_t key)
{
	int64_t bits = key >= 0 ? key : INT64_MIN - key;
	double real;

	memcpy(&real, &bits, sizeof real);
	return real;
}
struct decision_test { /* a cell of the table */
	enum { MATCH_ANY, MATCH_UNSET, MATCH_RANGES, MATCH_NAMES } how;
	struct decision_range *ranges;
	text *names; /* of records that a link may lead to */
	size_t count;
};
struct decision_row {
	struct decision_test *tests; /* one per input */
	struct cell *output;         /* of a link: the name of its target */
};
struct decision_table {
	enum decision_hit hit;
	struct decision_input *inputs;
	size_t input_count;
	struct decision_row *rows;
	size_t row_count;
	bool proposes;           /* who may write the field may set it as they like; else: */
	uint64_t override_roles; /* who may set the field against the table (with a reason) */
	ptrdiff_t reason_field;  /* where the reason goes; -1: a comment is needed */
};

/* `orders` of a link: its target is an offering, of which a model makes the record that links to it. */
struct order_definition {
	size_t model;                  /* field of the target: KIND_MODEL */
	ptrdiff_t entitled;            /* field of the target: KIND_CONDITION on people; -1: everybody */
	size_t (*copies)[2];           /* field of the target, field of the record: what the offering says of the record */
	size_t copy_count;
};

struct field {
	text name;
	struct label label, help;
	enum kind kind;
	size_t position;               /* in type->fields */
	bool system;                   /* number, state, version ...: written by the engine only */
	bool required;                 /* at every save */
	bool unique;
	bool indexed;                  /* has an index of its own: sorts and equality are cheap */
	bool set_by_engine;            /* not writable by people (resolved_at ...) */
	bool searched;                 /* its text goes into the search index */
	bool internal;                 /* its text goes into the internal part of the search index */
	bool secret;                   /* written, never read back: not on pages, in answers, history or exports */
	bool web_address;              /* a text that must be https://... or http://... */
	struct choice *choices;
	size_t choice_count;
	const struct type *target;     /* KIND_LINK, KIND_LINKS, KIND_CONDITION */
	const struct order_definition *orders; /* KIND_LINK: the record is ordered from its target; or NULL */
	struct decision_table *decision;
	const struct condition *offer; /* which targets are offered and accepted, or NULL (active ones) */
	const struct condition *writable; /* people write it only where this holds, as the record is before; NULL: always */
	bool has_default;
	struct cell *fallback;         /* the default; text "me" for links to user is default_me instead */
	bool default_me;
	size_t length_max;             /* bytes, for texts */
	text unit;                     /* of numbers: shown behind them ("EUR"); unset: none */
	unsigned decimals;             /* of reals: how many are shown, plus one; 0: as many as there are */
	int64_t least, most;           /* for numbers and durations; INT64_MIN/MAX; of a group: how many times */
	bool retired;                  /* only older versions of the definition have it: new records do not */
	uint64_t classes;              /* only records of these classes have it (bits of the class field's choices); 0: all */
};

/* The system fields stand first in every type, in this order. */
enum system_field {
	FIELD_NUMBER,
	FIELD_STATE,       /* KIND_CHOICE over the states; retired and unset when the type has no lifecycle */
	FIELD_VERSION,
	FIELD_CREATED_AT,
	FIELD_UPDATED_AT,
	FIELD_CREATED_BY,
	FIELD_UPDATED_BY,
	FIELD_SYSTEM_COUNT
};

/* ---- lifecycle, clocks, approvals, tasks, models, automation ---- */

#include "model/process.h"

/* ---- rights ---- */

struct role {
	text name;
	struct label label;
	text purpose;
	uint64_t includes; /* closed over inclusion, with itself */
};

enum right {
	RIGHT_READ, RIGHT_CREATE, RIGHT_UPDATE,
	RIGHT_COMMENT,  /* public comments */
	RIGHT_NOTE,     /* write internal notes, and read them */
	RIGHT_ATTACH, RIGHT_LINK, RIGHT_WATCH, RIGHT_EXPORT, RIGHT_IMPORT,
	RIGHT_HISTORY,  /* read field changes and internal notes, as_of; without it (and without NOTE) only public comments and states */
	RIGHT_COUNT
};
text right_name(enum right right);

struct grant {
	size_t role;
	enum right right;
	const struct condition **branches; /* any of them; count 0: always */
	size_t branch_count;
	/* RIGHT_UPDATE: fields writable in this branch only ([field_count]); NULL, or NULL for a branch: all of field_access. */
	bool **branch_fields;
};
/* Of one role to one field. A person has what any of their roles has; roles do not hand on what they include here. */
struct field_access {
	bool read, write; /* write: on create, and on update as far as the branch's fields allow */
};

/* ---- views and forms ---- */

struct sort_key {
	size_t field;
	bool descending;
};
struct view {
	text name;
	struct label label;
	uint64_t roles;                  /* who sees it in the rail */
	text condition_source;           /* as written: what the filter bar shows */
	const struct condition *condition;
	struct sort_key *sort;
	size_t sort_count;
	size_t *columns;
	size_t column_count;
	bool portal;                     /* a requester's view */
};
struct form_section {
	struct label label;
	size_t *fields;
	size_t field_count;
};
struct form_begin {
	size_t field;
	struct cell *value; /* NULL: empty, whatever the field's default */
};
struct form {
	text name;      /* "portal", "create", "record" */
	struct form_begin *begins; /* what its fields hold at first */
	size_t begin_count;
	struct form_section *sections;
	size_t section_count;
};

/* ---- indexes: which questions are cheap (index.c says the rule) ---- */

struct type_index {
	text name;
	size_t *fields;    /* in order; the id stands behind the last, so that a page can go on from any row */
	size_t field_count;
	bool unique;       /* without the id */
	uint64_t states;   /* partial: only rows in these states, written "state" IN (1,2) with ascending positions; 0: all rows, as always
	                    * in types of more than 64 states */
	bool set_only;     /* partial: only rows where the first field is set */
};

/* ---- types ---- */

struct type {
	text name;            /* "incident": in URLs, tables, conditions */
	struct label label, plural;
	text practice, purpose;
	text icon;            /* Tabler icon name */
	int rank;             /* place in menus, ascending; those without one come last, by their files' names */
	bool platform;        /* user, team ...: names are cached, shown under administration */
	bool abstract;        /* task: only extended */
	size_t position;      /* in model->types */
	text table;           /* SQL table name: "incident_record", so that no type takes the name of a plain table or an SQL word */
	text number_prefix;   /* "INC"; unset: the number is the key field's value (login, name) */
	int number_digits;
	size_t key_field;     /* when number_prefix is unset */
	size_t title_field;
	ptrdiff_t subtitle_field; /* -1 none */
	struct field *fields;
	size_t field_count;
	struct table field_names; /* name -> struct field */
	struct lifecycle *lifecycle; /* NULL: no states */
	struct clock_definition *clocks;
	size_t clock_count;
	struct rule *rules;
	size_t rule_count;
	struct grant *grants;
	size_t grant_count;
	struct field_access *field_access; /* [role * field_count + field] */
	struct view *views;
	size_t view_count;
	struct form *forms;
	size_t form_count;
	struct type_index *indexes;
	size_t index_count;
	/* Fields with a meaning to the engine and pages, by name; -1 when the type has none. */
	ptrdiff_t requester, assignee, team, service, category, priority, watchers, parent, description, rating, restricted,
		external_ref, active;
	struct approval_definition *approvals;
	size_t approval_count;
	struct tasks_definition *tasks;       /* or NULL */
	struct schedule_definition *schedule; /* or NULL */
	struct control_definition *control;   /* or NULL */
	struct related_list *related;
	size_t related_count;
	struct class_definition *classes;     /* [class_count]; the class field's choices in order */
	size_t class_count;
	ptrdiff_t class_field;                /* -1: no classes */
	ptrdiff_t model_field, approvers;     /* by name; -1 */
	ptrdiff_t orders;                     /* the link with `orders`; -1 */
	const struct work_model **work_models; /* what its records are made from; of an older version: as they were then */
	size_t work_model_count;
	/* Older versions on which records still run: same fields, rights and views, but their own lifecycle, clocks, rules, approvals, tasks,
	 * models. */
	const struct type **variants;
	size_t variant_count;
	const struct type *newest;            /* of a variant; NULL: this is the newest */
	int64_t definition;   /* version of this type's definition */
	text path;            /* of its definition */
	text source_hash;     /* of that, of what it extends, and of the models that make its records */
};

struct relation {
	text name;            /* "duplicate_of" */
	struct label label, inverse;
	const struct type **from, **to; /* empty: any work record */
	size_t from_count, to_count;
	uint64_t from_classes, to_classes; /* of types with classes; 0: any */
	enum relation_impact { IMPACT_NONE, IMPACT_TO_FROM, IMPACT_FROM_TO, IMPACT_BOTH } impact; /* which way a failure travels */
	bool from_one, to_one;          /* cardinality: a record has at most one such link as its from, its to */
};

struct plain_table { /* session, event, timer ...: tables without records, from practices/platform/tables.yaml */
	text name;
	struct plain_column {
		text name;
		enum { COLUMN_INTEGER, COLUMN_REAL, COLUMN_TEXT, COLUMN_BLOB } kind;
		bool key, required, unique;
	} *columns;
	size_t column_count;
	struct plain_index {
		text name;
		text *columns;
		size_t column_count;
		bool unique;
		text where; /* partial: "column is not null" or "column is null" only; unset: all */
	} *indexes;
	size_t index_count;
};

/* What the migration by difference may not guess, from migrations/NNNN-name.yaml (docs/definitions.md, Migrations). */
struct migration_step {
	enum migration_kind { MIGRATION_RENAME, MIGRATION_DROP, MIGRATION_KEEP, MIGRATION_MOVE } kind;
	text type, field, choice; /* `choice` unset: the field; `field` unset: the type */
	text to;                  /* RENAME: the new name; DROP of a choice: what its records get, or unset */
	int64_t from;             /* MOVE: records of this version of `type` go to the newest; 0: of all older ones */
	struct migration_state {
		text from, to;
	} *states, *models;       /* MOVE: states, and models, that are called otherwise; all others keep their name. A model may become `none` */
	size_t state_count, model_count;
	struct place place;
};

struct definition_source {
	text path;   /* "incident.yaml", "platform/user.yaml" */
	text source;
};

/* A definition that is no longer the newest of its type, but on which records still run. */
struct older_definition {
	text type;
	int64_t version;
	struct definition_source own, base; /* base: what it extended then; path unset when nothing */
	struct definition_source *models;   /* files of the models that made its records then */
	size_t model_count;
};

struct model {
	struct arena *arena;
	struct type *types;
	size_t type_count;
	const struct type **ranked; /* [type_count], as menus show them: by rank */
	struct table type_names;
	struct role *roles;      /* at most 64 */
	size_t role_count;
	struct relation *relations;
	size_t relation_count;
	struct work_model *work_models;
	size_t work_model_count;
	struct plain_table *tables;
	size_t table_count;
	const struct type *user, *team, *role, *organisation, *service, *calendar, *category, *absence; /* always there */
	struct migration_step *migrations; /* in the order of their files */
	size_t migration_count;
	struct definition_source *sources;
	size_t source_count;
	int64_t version;         /* of the whole set, as stored in the database; 0 = not stored */
	struct error *narrowed;   /* what older versions ask for and nobody may write any more, by the newest's rights; NULL: nothing */
	struct error *not_proven; /* what the check of soundness could not decide within its limits (sound.c); NULL: everything is proven */
};

/*
 * Parses and checks a set of definitions (sorted by path). All mistakes found are returned as one chain, each with
 * file, line and column: unknown key, wrong kind, missing target, duplicate, cyclic extends, bad condition, unreachable
 * state, dead end, transition nobody may take, needed field that nobody may write ... The model owns its arena: model_free().
 */
must_use struct error *model_parse(struct arena *error_arena, const struct definition_source *sources, size_t count,
                                   struct model **ret_model);
/* The same with older versions, newest first: they become the variants of their types. */
must_use struct error *model_parse_versions(struct arena *error_arena, const struct definition_source *sources, size_t count,
                                            const struct older_definition *older, size_t older_count, struct model **ret_model);
/*
 * The same of what was published before: a later program may find more, but the store must be opened to be mended. What is not sound
 * becomes model->not_proven.
 */
must_use struct error *model_parse_stored(struct arena *error_arena, const struct definition_source *sources, size_t count,
                                          const struct older_definition *older, size_t older_count, struct model **ret_model);
void model_free(struct model *model);
/* The definitions embedded in the binary, without the stories. */
void model_embedded_sources(struct arena *arena, struct definition_source **ret_sources, size_t *ret_count);
/* Those of a folder and of its subfolders platform/, models/ and migrations/; without platform/, with the embedded platform files. */
must_use struct error *model_folder_sources(struct arena *arena, text folder, struct definition_source **ret_sources,
                                            size_t *ret_count);

/* NULL when there is none. */
const struct type *model_type(const struct model *model, text name);
/*
 * The variant of the type on which a record of this definition version runs; the newest when none differs. A record's type is that
 * (record->type), the type of a route or a link is the newest: compare types with type_same(), never by pointer.
 */
const struct type *type_version(const struct type *type, int64_t definition);
static inline const struct type *type_newest(const struct type *type)
{
	return type->newest == NULL ? type : type->newest;
}
static inline bool type_same(const struct type *a, const struct type *b)
{
	return type_newest(a) == type_newest(b);
}
/* Whether records of this type may stand at that end of a relation; no types: every one but those of the platform. */
static inline bool type_ends(const struct type *type, const struct type *const *types, size_t count)
{
	bool ends = count == 0 && !type->platform;

	for (size_t i = 0; i < count && !ends; i++)
		ends = type_same(types[i], type);
	return ends;
}
/* NULL when there is none. */
const struct relation *model_relation(const struct model *model, text name);
/*
 * What a record of this type (record->type) was made from: the model as the version has it on which the record runs. NULL when there is
 * none of that name, or no longer.
 */
const struct work_model *type_work_model(const struct type *type, text name);
/* Of the newest version, for new records. Position, or -1. */
int model_work_model(const struct model *model, text name);
/* Bit arrays over states, each of STATE_WORDS words; NULL: none is in it. */
#define STATE_WORDS (LIMIT_STATES / 64)
static inline bool state_in(const uint64_t *states, size_t state)
{
	return states != NULL && state < LIMIT_STATES && (states[state / 64] >> (state % 64) & 1) != 0;
}
/* The type whose number pattern `number` has (INC0000042 -> incident), or NULL. Prefixes compare without case. */
const struct type *model_type_of_number(const struct model *model, text number);
/* -1 when there is none. */
int model_role(const struct model *model, text name);
/* The field, or NULL. */
const struct field *type_field(const struct type *type, text name);
/* The class and all below it, as bits of the class field's choices. */
uint64_t type_class_heirs(const struct type *type, size_t class);
/* The choice's position, or -1. */
int field_choice(const struct field *field, text name);
int lifecycle_state(const struct lifecycle *lifecycle, text name);
int lifecycle_transition(const struct lifecycle *lifecycle, text name);
const struct view *type_view(const struct type *type, text name);
const struct form *type_form(const struct type *type, text name);
text kind_name(enum kind kind);

#endif
