/*
 * Soundness: whether a lifecycle with its approvals, tasks, timers and automation can do what it promises, found before any
 * record runs on it. What the files sound*.c share.
 *
 * A record is looked at as a token in a workflow net. A *situation* is what the definition itself knows of it: its state, which
 * approval is open, whether tasks run, and the values of fields that only transitions and rules set. Everything else people may
 * change at will, so every test of it may be true or false; but the same test is never both at once. Conditions over choices and
 * booleans are decided exactly (sound_logic.c); the situations are all enumerated (sound_net.c) up to a limit, beyond which the
 * finding is *not proven*, never silence. Tasks and the steps of an approval are checked block by block: what runs in parallel
 * inside them has one end, so that their interleavings need not be walked.
 */
#ifndef REEVE_MODEL_SOUND_PRIVATE_H
#define REEVE_MODEL_SOUND_PRIVATE_H

#include "model/condition_private.h"
#include "model/define_private.h"

/* Situations of one lifecycle: real ones have some dozen; 100,000 take about 100 ms. */
#define SOUND_SITUATIONS_MAX 100000
/* Fields whose values are part of the situation, at most. */
#define SOUND_TRACKED_MAX 24
/* Steps of one search for values that fulfil some conditions. */
#define SOUND_STEPS_MAX 20000

/* ---- the values of a path, cut by what it is compared with (sound_scale.c) ---- */

struct scale;
/* What a value is compared with: constants, or one thing that may be any value itself (now, another field ...). */
struct measure {
	enum literal_kind how; /* LITERAL_INTEGER: all constants */
	int64_t number;
	bool mirrored; /* the test stands the other way round: a < b told of b */
};

/* False: names of records and people, of which two may be the same. */
bool scale_measures(const struct node *node, size_t literal, struct measure *ret_measure);
/* Constants of all kinds but moments: its classes and "unset" are the values of one variable. */
bool scale_is_constant(const struct measure *measure, const struct field *field);
struct scale *scale_new(struct arena *arena, const struct field *field, const struct measure *measure);
/* No integer lies beyond these. */
void scale_limit(struct scale *scale, int64_t least, int64_t most);
/* Before the scale is settled: these tests will be asked, this value will be set. */
void scale_learn(struct arena *arena, struct scale *scale, const struct node *node);
void scale_learn_decision(struct arena *arena, struct scale *scale, const struct decision_test *test);
void scale_learn_value(struct arena *arena, struct scale *scale, const struct cell *value);
/* The number of classes that its values fall into; 0: too many to be told apart. */
size_t scale_settle(struct arena *arena, struct scale *scale);
/* The classes that pass a test, and those of which it depends on more. False: it was not learnt. */
bool scale_masks(const struct scale *scale, const struct node *node, uint64_t *ret_passes, uint64_t *ret_depends);
bool scale_decision_mask(const struct scale *scale, const struct decision_test *test, uint64_t *ret_mask);
/* The class of a constant. */
bool scale_class(struct arena *arena, const struct scale *scale, const struct cell *value, size_t *ret_class);

/* ---- conditions as formulas over finite variables (sound_formula.c) ---- */

/* The values of one field or path, or the outcome of one test that is not decided (a variable of two values). */
struct variable {
	text key;
	size_t roots[2]; /* the fields of the record itself that it speaks of, the same twice where it is one */
	bool far;	 /* behind a link: another record's */
	uint64_t domain;		     /* bit per value; the last one is "unset" where there is one */
	size_t field;			     /* of the type itself; SIZE_MAX: a path or a test */
	const struct expression *constraint; /* what the decision table says, or NULL */
};

struct expression {
	enum { EXPRESSION_TRUE, EXPRESSION_AND, EXPRESSION_OR, EXPRESSION_VALUES, EXPRESSION_STATE } kind;
	bool negated;
	bool vague; /* a test in it is left open only because there are too many values */
	size_t variable; /* VALUES: holds when its value is in the mask */
	uint64_t mask;
	const struct node *node; /* STATE: a test of the record's own state */
	const struct expression **parts;
	size_t count;
};

struct logic {
	struct arena *arena; /* goes with the check */
	const struct model *model;
	const struct type *type;
	struct variable *variables;
	size_t count, capacity;
	struct table keys;	/* key -> variable's position + 1 */
	struct table scales;	/* key -> scale */
	struct table compiled;	/* address of a condition -> expression */
	uint64_t *remaining;	/* while solving */
	size_t remaining_capacity;
	int steps;
	bool relating;
	bool gave_up; /* a search was given up: somebody must say "not proven" */
};

/* What is known while asking; a value that is FACT_UNKNOWN is not. */
#define FACT_UNKNOWN UINT8_MAX
struct facts {
	size_t state;		/* of the record */
	const uint8_t *values;	/* of the tracked fields */
	const size_t *tracked;	/* their variables */
	size_t tracked_count;
};

/* One demand of a search: the condition (NULL: always holds) must hold, or must not. */
struct claim {
	const struct condition *condition;
	bool holds;
	const struct facts *facts; /* at its own moment; NULL: those of the search */
};

/* The bit of "unset" beside so many values. */
#define UNSET_VALUE(count) (UINT64_C(1) << (count))
/* Parts of formulas. `path`: what the variable speaks of, or NULL. A group is made for at most `count` parts. */
size_t formula_variable(struct logic *logic, text key, uint64_t domain, size_t field, const struct path *path);
const struct expression *formula_values(struct logic *logic, size_t variable, uint64_t mask);
const struct expression *formula_group(struct logic *logic, int kind, size_t count);
void formula_add(const struct expression *group, const struct expression *part);
const struct expression *formula_not(struct logic *logic, const struct expression *expression);

/* Choices of more values than fit beside "unset" into a word go by their scale. */
#define LOGIC_VALUES_MAX 63
/* The number of values without "unset" of a choice or boolean; 0: it goes by its scale (sound_learn.c, as all up to logic_learn). */
size_t logic_choices(const struct field *field);
text logic_path_key(struct logic *logic, const struct path *path);
/* Whether the path leads to one value: through links to many records it leads to many. */
bool path_is_one_value(const struct path *path);
/* Of the values themselves, or of how they stand to now, to another field ... */
text logic_scale_key(struct logic *logic, const struct path *path, const struct measure *measure);
struct scale *logic_scale(struct logic *logic, text key, const struct field *field, const struct measure *measure);
/* The scale of a field of the type itself; NULL: choices and booleans, moments and links. */
struct scale *logic_field_scale(struct logic *logic, const struct field *field);
/* Learns all conditions of the type, and what its fields are set to, at once. */
void logic_init(struct logic *logic, struct arena *arena, const struct model *model, const struct type *type);
/* One condition more, before anything is asked. */
void logic_learn(struct logic *logic, const struct condition *condition);
/* The variable of a field of the type, with its number of values; the last is "unset". */
size_t logic_field(struct logic *logic, size_t field, size_t *ret_values);
/* The value of that variable which stands for this constant. False: not known. */
bool logic_value(struct logic *logic, size_t field, const struct cell *constant, size_t *ret_value);
const struct expression *logic_compile(struct logic *logic, const struct condition *condition);
/* A condition of the type made here: "FIELD = WHAT". */
/* A question has an answer only where it is shown: where all these conditions hold (NULL: always); a choice where it is offered. */
void logic_asked_only(struct logic *logic, size_t question, const struct condition *const *shown, size_t count,
		      const struct condition *const *choice_when);
const struct condition *logic_is_set(struct logic *logic, size_t field);
const struct condition *logic_equals(struct logic *logic, size_t field, text what);
/* Ties two people of a record to `me`: who is the same as me is the same as the other who is. The variable "they are the same". */
size_t logic_relate(struct logic *logic, size_t a, size_t b);

/* ---- whether conditions can hold together (sound_logic.c) ---- */

/* Whether the condition mentions the variable. */
bool logic_mentions(struct logic *logic, const struct condition *condition, size_t variable);
/* Whether all claims can be fulfilled at once. When the search is given up: yes, and logic->gave_up. */
bool logic_possible(struct logic *logic, const struct claim *claims, size_t count, const struct facts *facts);
/* The same for one condition. */
bool logic_may_hold(struct logic *logic, const struct condition *condition, const struct facts *facts);
bool logic_may_fail(struct logic *logic, const struct condition *condition, const struct facts *facts);
/*
 * What a condition says at one moment of a chain in which fields change: of those it speaks of as they are after so many changes
 * (epochs: per field; `far`: of other records), and of what the facts say it is decided.
 */
const struct expression *logic_at(struct logic *logic, const struct condition *condition, const struct facts *facts,
				  const size_t *epochs, size_t far);
bool logic_state_passes(const struct node *node, const struct facts *facts);
bool logic_all_possible(struct logic *logic, const struct expression *const *expressions, size_t count);

/* ---- everything a type asks and sets (sound_each.c), also from other types' rules and from models ---- */

void each_condition(const struct model *model, const struct type *type,
		    void (*visit)(void *data, const struct condition *condition), void *data);
/* `foreign`: what another record's rule or a model sets. */
void each_setting(const struct model *model, const struct type *type,
		  void (*visit)(void *data, const struct setting *setting, bool foreign), void *data);

/* ---- situations (sound_net.c) ---- */

enum move_kind { MOVE_START, MOVE_PERSON, MOVE_RULE, MOVE_APPROVAL, MOVE_AT_ONCE, MOVE_TASKS, MOVE_OTHER };
/* What led from one situation to another. */
struct move {
	enum move_kind kind;
	ptrdiff_t transition; /* -1: the record stays in its state */
	size_t index;	      /* rule, approval */
	int turn;	      /* MOVE_APPROVAL: enum approval_turn; MOVE_TASKS: 0 done, 1 failed */
};

enum { APPROVAL_NONE = -1, APPROVAL_SKIPPED = -2 }; /* SKIPPED: none was asked, so it counts as approved at once */
enum { TASKS_NONE, TASKS_RUN, TASKS_OVER };

struct situation {
	size_t state;
	int approval; /* the open one */
	uint8_t tasks;
	uint8_t values[SOUND_TRACKED_MAX];
	size_t parent; /* where it was first reached from; SIZE_MAX: a beginning */
	struct move how;
	size_t next; /* in its bucket */
};

struct edge {
	size_t from, to;
	struct move move;
};

struct sound {
	struct define *d;
	struct draft *draft;
	const struct type *type;
	const struct lifecycle *lifecycle;
	struct arena *arena;
	struct logic logic;
	size_t tracked_fields[SOUND_TRACKED_MAX], tracked[SOUND_TRACKED_MAX], tracked_values[SOUND_TRACKED_MAX];
	size_t tracked_count;
	/* Of tracked fields that name a person: whether it is who takes a step; of pairs of them: whether they are the same. */
	const struct condition *is_me[SOUND_TRACKED_MAX];
	struct sound_pair {
		bool is_pair;
		size_t people[2]; /* their places */
	} pairs[SOUND_TRACKED_MAX];
	size_t *out, *out_begin; /* transitions by the state they leave: out[out_begin[i]] to out[out_begin[i + 1] - 1] */
	struct situation *situations;
	size_t count, capacity;
	size_t *buckets, bucket_count;
	struct edge *edges;
	size_t edge_count, edge_capacity;
	size_t *edge_begin; /* [count + 1]: edges stand in the order of the situations they leave */
	bool *foreign;		/* per transition: rules of other records take it */
	bool *taken;		/* per transition: some move takes it */
	bool *reached;		/* per state */
	size_t *first;		/* per state: a situation in it, SIZE_MAX none */
	bool is_task;		/* the type of tasks: other records move it */
	bool unproven;		/* too many situations */
	bool untracked;		/* more fields would belong to a situation than it has room for */
};

/* A step in the making: what it demands, and where it leads. */
#define SOUND_CLAIMS_MAX 24
struct step_of {
	struct situation after;
	struct claim claims[SOUND_CLAIMS_MAX];
	size_t claim_count;
	bool transition;	   /* it changed the state */
	const struct facts *facts; /* of what it demands from here on; NULL: those of the situation it leaves */
	/* While settings are made: what was before all of them, and bits of the people they set, to `me` or at all. */
	uint8_t before[SOUND_TRACKED_MAX];
	uint32_t is_me, is_new;
};
void step_demand(struct step_of *step, const struct condition *condition, bool holds);
/* Calls then() for each way the settings can turn out (sound_set.c). */
void sound_apply(struct sound *sound, const struct step_of *step, const struct setting *settings, size_t count,
		 void (*then)(struct sound *sound, const struct step_of *step, void *data), void *data);
/* The place of a field among the tracked ones, or -1. */
ptrdiff_t sound_tracked_of(const struct sound *sound, size_t field);

bool sound_is_finished(const struct sound *sound, size_t state); /* closed or cancelled */
struct facts sound_facts(const struct sound *sound, const struct situation *situation);
void sound_choose_tracked(struct sound *sound); /* sound_tracked.c */
void sound_choose_people(struct sound *sound);	/* sound_people.c */
bool sound_is_asked(struct sound *sound, size_t variable);
bool sound_people_write(const struct sound *sound, size_t field);
/* Values of a pair; FACT_UNKNOWN: it is not known, or one of them is unset. */
enum { PAIR_SAME, PAIR_OTHER };
/* Finds all situations and moves. */
void sound_explore(struct sound *sound);
/* The approvals that entering this state asks, in their order. */
size_t sound_approvals_in(const struct sound *sound, size_t state, size_t *ret_approvals, size_t size);
/* Whether it waits for the moment in a field. */
bool rule_waits_for_moment(const struct rule *rule);
/* Whether a rule's occasion can come in this situation. */
bool sound_occasion(const struct sound *sound, const struct rule *rule, const struct situation *situation);
/* The edges that leave a situation are edges[*ret_begin] up to edges[*ret_end - 1]. */
void sound_edges_of(const struct sound *sound, size_t situation, size_t *ret_begin, size_t *ret_end);

/* ---- words (sound_words.c) ---- */

/* "new -assign-> assigned -[cab approved] authorise-> scheduled": how the situation is reached. */
text sound_path(const struct sound *sound, size_t situation);
/* The same for any way through situations: moves[i] leads to situations[i]; moves[0] is not told. */
text sound_route(const struct sound *sound, const size_t *situations, const struct move *moves, size_t count);
text sound_move_words(const struct sound *sound, const struct move *move);
text sound_state_name(const struct sound *sound, size_t state);
/* Where things stand in their files; d->file is set to the file. */
const struct value_entry *sound_at_state(const struct sound *sound, size_t state);
const struct value_entry *sound_at_transition(const struct sound *sound, size_t transition);
const struct value_entry *sound_at_clock(const struct sound *sound, size_t clock);
const struct value_entry *sound_at_rule(const struct sound *sound, size_t rule);
const struct value_entry *sound_at_approval(const struct sound *sound, size_t approval);
/* The key `name` inside the value of an entry, or the entry itself when there is none. */
const struct value_entry *sound_at_key(const struct value_entry *entry, text key);
/* A finding that is not an error: it could not be decided within the limits. */
void sound_not_proven(const struct sound *sound, const struct value_entry *at, const char *format, ...) printf_like(3, 4);

/* ---- chains of automation (sound_chain.c, sound_circle.c) ---- */

#define CHAIN_FIELDS_MAX 24
#define CHAIN_DEPTH_MAX 100

/* The rules of one type, and the fields that rules set. */
struct chain_type {
	const struct type *type;
	struct logic logic;
	size_t fields[CHAIN_FIELDS_MAX], variables[CHAIN_FIELDS_MAX], values[CHAIN_FIELDS_MAX];
	size_t count;
	bool *wanted; /* [type->field_count] */
	struct chain_constant {
		text words;
		const struct cell *cell;
	} *constants;
	size_t constant_count, constant_capacity;
	size_t first_rule; /* its rules among those of all types */
};

struct chain_node {
	size_t rule; /* among those of all types */
	size_t state;
	int values[CHAIN_FIELDS_MAX];
	bool jump; /* of another record than the rule before */
};

/* A rule that runs in a chain on one record, and what is known of that then. */
struct chain_step {
	const struct chain_node *node;
	const struct rule *rule;
};

/* What a setting makes of the field at `at`; CHAIN_ANY: not known. */
enum { CHAIN_ANY = 0 };
int chain_value(struct chain_type *type, size_t at, const struct setting *setting);
/* What nobody gave to a new record. */
int chain_value_at_first(struct chain_type *type, size_t at);
/* Whether the value was made from this field, so that it is another once that changes. */
bool chain_is_made_from(int value, size_t field);
struct facts chain_facts(struct chain_type *type, const struct chain_node *node, uint8_t *values, size_t *tracked);
/* Whether the conditions of these rules can all hold one after the other. */
bool circle_is_possible(struct chain_type *type, const struct chain_step *steps, size_t count);
/* Fields that the engine fills by itself, whatever the definition sets. */
bool engine_writes(const struct type *type, const struct field *field);

/* ---- findings ---- */

/* Whether a mistake was told at this entry or inside it already: then nothing more is said about what follows from it. */
bool sound_told(const struct sound *sound, const struct value_entry *at);

void sound_check_net(struct sound *sound);	   /* sound_find.c: states, transitions, approvals and tasks as one net */
void sound_check_clocks(struct sound *sound);	   /* sound_clock.c */
void sound_check_transitions(struct sound *sound); /* sound_guard.c: guards that can never or must always hold ... */
void sound_check_asked(struct sound *sound);	   /* ... approvals that are never asked ... */
void sound_check_conditions(struct sound *sound);  /* ... and what else can never hold */
void sound_check_rules(struct sound *sound);	   /* sound_rule.c: automatic steps that compete */
void sound_check_approvals(struct sound *sound);   /* sound_field.c: whether anybody can be asked */
/* Whether people fill the field as they take the transition. */
bool sound_comes_with(const struct transition *transition, size_t field);
void sound_check_segregation(struct sound *sound); /* sound_people.c: whether all who are asked are left out */
void sound_check_tasks(struct sound *sound);	   /* sound_model.c: steps of its own that are never made */
void sound_check_others(struct sound *sound);	   /* sound_other.c: what other types' rules look for among its records */
void sound_check_shown(struct sound *sound);	   /* ... and its views, rights and links that offer nothing */
void sound_check_fields(struct sound *sound);	   /* sound_field.c: what is needed, and on no form */

#endif
