/*
 * Reading definitions: what the files define*.c share. A `struct define` lives while model_parse() runs;
 * every mistake is added to its chain and reading goes on, so that one run shows them all. Functions that
 * read return a harmless value after a mistake; nothing of a faulty model is ever handed out.
 */
#ifndef REEVE_MODEL_DEFINE_PRIVATE_H
#define REEVE_MODEL_DEFINE_PRIVATE_H

#include "base/limits.h"
#include "model/condition.h"
#include "model/model.h"
#include "store/store.h"

/* More mistakes than this are not shown: the first ones are what people mend. */
#define DEFINE_ERRORS_MAX 200
/* Roles in a set. */
#define DEFINE_ROLES_MAX 64
#define DEFINE_FIELDS_MAX 200
#define DEFINE_NAME_MAX 40

struct define_file {
	text path, source;
	struct value *root; /* NULL: not even YAML */
};

/* A type while it is read: where its parts stand, for second passes and for the places of later findings. */
struct draft {
	struct type *type;
	struct define_file *file;
	const struct value *header; /* the value of `type` */
	struct draft *base;	    /* `extends`, or NULL */
	bool fields_done;
	const struct value **field_nodes; /* [field_count]; NULL for system fields */
	struct define_file **field_files; /* [field_count] */
	struct define_file *lifecycle_file;
	const struct value_entry **state_nodes;	     /* [state_count] */
	const struct value_entry **transition_nodes; /* [transition_count] */
	struct define_file *clocks_file;
	const struct value_entry **clock_nodes;
	struct define_file *rules_file;
	const struct value_entry **rule_nodes;
	struct class_sources *class_sources; /* define_class.c */
	/* Of an older version of a type (define_version.c): */
	struct draft *newest;
	int64_t version;
	size_t *state_positions; /* [state_count of its own]: where each stands among today's */
	struct define_file **model_files; /* of the models that made its records then */
	size_t model_file_count;
};

struct define {
	struct arena *arena; /* the model's */
	struct arena *error_arena;
	struct error *errors;
	size_t error_count;
	struct model *model;
	struct define_file *files;
	size_t file_count;
	struct define_file *file; /* the one being read: places are in it */
	bool stored;		  /* published already: what is not sound is told, not refused */
	struct draft *drafts;	  /* [model->type_count] */
	const struct older_definition *older_sources;
	size_t older_source_count;
	struct draft *older; /* those whose process differs from the newest's */
	size_t older_count;
	const struct rule *linked; /* while the actions of a rule about a link are read: that rule, else NULL */
};

/* ---- mistakes (define_read.c) ---- */

/* At a value, or at a key. `hint` (may be unset) says what to do. The same mistake at the same place is told
 * once. */
void define_error(struct define *d, const struct value *at, text hint, const char *format, ...)
    printf_like(4, 5);
void define_error_key(struct define *d, const struct value_entry *at, text hint, const char *format, ...)
    printf_like(4, 5);
/* "did you mean 'x'?" for the nearest of names, else "one of a, b, c", or unset when there are too many. */
text define_hint(struct define *d, text wanted, const text *names, size_t count);

/* ---- reading (define_read.c) ---- */

/* A map with no other keys than `allowed` (blank separated; `public~when` stands for the key "public when").
 */
bool define_map(struct define *d, const struct value *value, const char *what, const char *allowed);
/* A map with free keys that are names (a-z, 0-9, _). */
bool define_names(struct define *d, const struct value *value, const char *what);
/* A map with any keys. */
bool define_any_map(struct define *d, const struct value *value, const char *what);
/* The text of a scalar; unset after a mistake. */
text define_scalar(struct define *d, const struct value *value, const char *what);
text define_text(struct define *d, const struct value *map, text key);
bool define_bool(struct define *d, const struct value *map, text key, bool fallback);
int64_t define_integer(struct define *d, const struct value *map, text key, int64_t fallback, int64_t least,
		       int64_t most);
/* yes, no, true, false. */
bool define_is_bool(text t, bool *ret_boolean);
/* A list as it is, a scalar or map as a list of one, null as none. Valid until the arena goes. */
struct value **define_list(struct define *d, const struct value *value, size_t *ret_count);
/* `fallback_name` in words ("waiting_until" -> "Waiting until") when the key is absent; unset fallback: an
 * empty label. */
struct label define_label(struct define *d, const struct value *map, text key, text fallback_name);
struct label define_label_value(struct define *d, const struct value *value);
text define_words_of_name(struct define *d, text name);

/* ---- things by name ---- */

/* Position, or -1 after telling the mistake with the nearest name. */
ptrdiff_t define_field_at(struct define *d, const struct type *type, const struct value *value);
/* Several; *ret_count are those found. */
size_t *define_fields_at(struct define *d, const struct type *type, const struct value *value,
			 size_t *ret_count);
ptrdiff_t define_state_at(struct define *d, const struct type *type, text name, const struct value *at);
ptrdiff_t define_transition_at(struct define *d, const struct type *type, text name, const struct value *at);
/* A bit array (state_in); never NULL. */
const uint64_t *define_states_at(struct define *d, const struct type *type, const struct value *value);
ptrdiff_t define_role_at(struct define *d, const struct value *value);
uint64_t define_roles_at(struct define *d, const struct value *value);
const struct type *define_type_at(struct define *d, const struct value *value);
/* NULL when `value` is absent or faulty. Places point into the YAML scalar. */
const struct condition *define_condition(struct define *d, const struct type *type, const struct value *value,
					 enum condition_use use);
/*
 * map[key] as a length of time: "4h" into *ret_ms or "5 working days" into *ret_working_days. False, and nothing set, when
 * the key is absent or (told) no length of time. (define_approval.c)
 */
bool define_time(struct define *d, const struct value *map, text key, int64_t *ret_ms,
		 int64_t *ret_working_days);
/* The same of a text, nothing told: "5 working days", "2 days", "4h". (define_when.c) */
bool define_length(text length, int64_t *ret_ms, int64_t *ret_working_days);
/* A constant of the field's kind (choices by name, durations as "4h"); links cannot be constants. */
bool define_cell(struct define *d, const struct field *field, const struct value *value,
		 struct cell *ret_cell);

/* ---- the parts, in the order they are read ---- */

void define_roles(struct define *d); /* define_platform.c */
void define_types(struct define *d); /* define_type.c: headers and what extends what */
void define_fields(struct define *d,
		   struct draft *draft); /* define_field.c: names, kinds, choices, targets */
/* A field of the type; classes: bits of the classes that have it, 0: all of them. */
void define_own_field(struct define *d, struct draft *draft, const struct value_entry *entry, uint64_t classes);
/* Classes (define_class.c): they and the field `class`, then their fields. */
size_t define_class_room(struct define *d, const struct draft *draft);
void define_classes(struct define *d, struct draft *draft);
void define_class_fields(struct define *d, struct draft *draft);
/* The classes named, each with those below it. */
uint64_t define_classes_at(struct define *d, const struct draft *draft, const struct value *value);
/* Checks the header of a class's file. */
void define_class_file(struct define *d);
void define_states(struct define *d,
		   struct draft *draft); /* define_lifecycle.c: names of states and transitions */
void define_field_rules(struct define *d,
			struct draft *draft); /* define_decision.c: defaults, offers, decision tables */
/* Whether a decision table can say what a field of this kind holds. */
bool define_is_decidable(enum kind kind);
/* The least and the most that an input of a decision table can be, as its ranges say it (decision_range). */
void define_input_limits(const struct field *field, int64_t *ret_low, int64_t *ret_high);
/* decision_check.c: rows that never match, rows that overlap (unique), what no row takes (complete). */
void define_decision_check(struct define *d, const struct decision_table *table, const struct value *node,
			   struct value *const *rows, bool complete);
void define_transitions(struct define *d, struct draft *draft); /* define_lifecycle.c */
void define_schedule(struct define *d, struct draft *draft);	/* define_schedule.c */
void define_clocks(struct define *d, struct draft *draft);	/* define_clock.c */
void define_approvals(struct define *d, struct draft *draft);	/* define_approval.c */
void define_tasks(struct define *d, struct draft *draft);	/* define_task.c */
void define_rights(struct define *d, struct draft *draft);	/* define_right.c */
void define_automation(struct define *d, struct draft *draft);	/* define_rule.c */
#define DEFINE_WHEN_WORDS                                                                                    \
	"created, FIELD changed|raised|lowered, transition NAME, state NAME, [public] comment [by requester|agent], "       \
	"clock NAME warned|breached, 5 working days after FIELD, 2 days before FIELD, FIELD comes, "         \
	"every day at 07:00, approval NAME asked|approved|rejected, task done|failed, "                       \
	"linked RELATION -> TYPE, unlinked RELATION <- TYPE"
/* define_when.c: `when` of a rule; and whether a rule of every day can be run in small steps. */
void define_when(struct define *d, const struct type *type, struct rule *rule, const struct value *at);
void define_daily(struct define *d, const struct type *type, const struct rule *rule, const struct value_entry *at);
/* define_linked.c: rules about links, and records reached along them. */
struct relation_end { /* "caused_by -> change": what is at the other end of such a link of a record */
	size_t relation;
	bool inverse;              /* <-: the link leads to the record */
	const struct type *other;  /* NULL: not said, and more than one type is possible */
};
/* False after telling the mistake. */
bool define_relation_end(struct define *d, const struct type *type, text source, const struct value *at, struct relation_end *ret_end);
bool define_linked_when(struct define *d, const struct type *type, struct rule *rule, text source, const struct value *at);
void define_linked_where(struct define *d, struct rule *rule, const struct value *node);
/* What is written as `each` of an action; action->type stays NULL after a mistake. */
void define_each(struct define *d, const struct type *type, struct action *action, const struct value *item);
/* "other", "other.title": of the rule that is being read. *ret_path: what stands behind, or unset. */
bool define_is_other(const struct define *d, text name, text *ret_path);
/* The type at the other end, or NULL after telling that it must be said. */
const struct type *define_other_type(struct define *d, const struct value *at);
/* The position of an approval of the type, or -1 after telling the mistake. */
ptrdiff_t define_approval_at(struct define *d, const struct type *type, text name, const struct value *at);
void define_views(struct define *d, struct draft *draft);	/* define_view.c */
void define_forms(struct define *d, struct draft *draft);	/* define_view.c */
void define_control(struct define *d, struct draft *draft);	/* define_control.c */
void define_related(struct define *d, struct draft *draft);	/* define_related.c */
void define_relations(struct define *d);			/* define_platform.c */
void define_models(struct define *d);				/* define_model.c */
/* The form and the tasks of a model whose name and type are set: what a record that was made from it goes on needing. */
void define_work_model(struct define *d, struct work_model *model, struct define_file *file);
bool define_is_model(text path);
void define_tables(struct define *d);				/* define_platform.c */
void define_migrations(struct define *d);			/* define_migration.c */
bool define_is_migration(text path);
/* define_form.c: the questions of a model as pages and as fields of model->form_type; model->name and ->type are set. `form` may be NULL. */
void define_form(struct define *d, struct work_model *model, const struct value *form);
void define_indexes(struct define *d, struct draft *draft); /* index.c */
/* The parts joined by _, at most 60 bytes (PostgreSQL cuts longer names off): a hash takes the place of what
 * is too long. */
text define_index_name(struct define *d, const text *parts, size_t count);
void define_check(struct define *d, struct draft *draft); /* check.c: who may take what, with which fields */
void define_sound(struct define *d, struct draft *draft); /* sound.c: whether the lifecycle can work */
void define_sound_models(struct define *d); /* sound_model.c: what models ask, set and make */
void define_chains(struct define *d); /* sound_chain.c: rules that set each other off without end */

/* What fields and questions have in common (define_field.c, define_decision.c). */
void define_system_fields(struct define *d, struct type *type);
bool define_name_is_taken(text name);
void define_question(struct define *d, struct field *field, const struct value *node, const char *keys);
void define_default(struct define *d, struct field *field, const struct value *node);
/* define_order.c: `orders` of a link to offerings. */
void define_orders(struct define *d, struct type *type, struct field *field, const struct value *node);
/* Reads a file's YAML and checks its keys; file->root stays NULL after a mistake. */
void define_read_file(struct define *d, struct define_file *file);
/* The field `state` is a choice over the states (define_lifecycle.c). */
void define_state_choices(struct define *d, struct type *type);

/* A stored file of an older version: today's if that is the same, else read under the name "path (version 3)"; NULL after telling mistakes. */
struct define_file *define_old_file(struct define *d, const struct definition_source *source, int64_t version);
/* Older versions, in this order between the parts above (define_version.c). */
void define_older_fields(struct define *d);
void define_older_states(struct define *d);
void define_older_rights(struct define *d);
/* Their models (define_version_model.c). */
void define_older_model_files(struct define *d, struct draft *older, const struct older_definition *source);
bool define_same_models(const struct define *d, const struct draft *older);
void define_older_models(struct define *d);
void define_older_finish(struct define *d);
/* What they ask and the newest's rights do not give any more becomes model->narrowed (check.c). */
void define_check_older(struct define *d);

/* "set" of a transition or rule, for records of `type`; `from` (may be the same) is where `{ from: FIELD }`
 * looks. */
struct setting *define_settings(struct define *d, const struct type *type, const struct type *from,
				const struct value *value, size_t *ret_count);
/* The words under `key`, for people: every {name} in them must be a field of `type`. */
text define_words(struct define *d, const struct type *type, const struct value *item, text key);
/* "4h", "2 working days": false after telling the mistake. */
bool define_span(struct define *d, const struct value *at, text source, int64_t *ret_ms,
		 int64_t *ret_working_days);
/* The section of a type, or that of the type it extends when it has none; d->file is set to its file. NULL:
 * none. */
const struct value *define_section(struct define *d, const struct draft *draft, text name);

/* ---- tasks, models and their forms ---- */

/*
 * The steps under `node`, in an order in which none stands before what it waits for. Conditions and `from` speak of `from`: the
 * record's type, or the form's.
 */
void define_task_graph(struct define *d, struct task_graph *graph, const struct type *from,
		       const struct value *node);
/* A pseudo type without table for answers: the system's fields, `record`, and room for `questions` others. */
struct type *define_question_type(struct define *d, const struct work_model *model, text name, size_t questions);

#endif
