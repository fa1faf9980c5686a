/*
 * One record as typed cells, read from and written to its type's table. Writing functions are for the engine
 * only (tools/check.py holds to it): everybody else changes records through engine_*.
 */
#ifndef REEVE_MODEL_RECORD_H
#define REEVE_MODEL_RECORD_H

#include "model/model.h"
#include "store/store.h"

struct record {
	const struct type *type; /* the version of its definition that it runs on (type_version) */
	int64_t id;	    /* unique over all types */
	int64_t version;    /* 1 at creation, +1 with every change */
	int64_t definition; /* version of the definition it runs on */
	bool partial;	    /* read for a list: prose fields are unset */
	struct cell *cells; /* [type->field_count]; KIND_LINKS cells are always null (record_links) */
};

must_use struct record *record_new(struct arena *arena, const struct type *type);
must_use struct record *record_copy(struct arena *arena, const struct record *record);
static inline const struct cell *record_cell(const struct record *record, size_t field)
{
	return &record->cells[field];
}
/* Whether a record of this class (a cell of the type's class field) has the field. Without a class it has those of all classes. */
static inline bool class_has_field(const struct type *type, const struct cell *class, const struct field *field)
{
	return field->classes == 0 || type->class_field < 0 ||
	       (class->kind == CELL_INTEGER && (field->classes >> class->integer & 1) != 0);
}
static inline bool record_has_field(const struct record *record, const struct field *field)
{
	return field->classes == 0 || record->type->class_field < 0 ||
	       class_has_field(record->type, &record->cells[record->type->class_field], field);
}
/* Whether the model that the record was made from says for ever what the field is. */
bool record_is_fixed(const struct model *model, const struct record *record, size_t field);
text record_number(const struct record *record);
text record_title(const struct record *record);
moment record_moment(const struct record *record, size_t field); /* MOMENT_UNSET when unset */
int64_t record_id_of(const struct record *record,
		     ptrdiff_t field);	       /* a link's target, 0 when unset or field is -1 */
int record_state(const struct record *record); /* -1 without lifecycle */

/* ---- reading (no access rules here: above this floor use access_load / access_find) ---- */

/* ERROR_NOT_FOUND when there is none. Within one work the same record comes from work->cache unless `fresh`.
 */
must_use struct error *model_load(struct work *work, const struct type *type, int64_t id,
				  struct record **ret_record);
must_use struct error *model_load_fresh(struct work *work, const struct type *type, int64_t id,
					struct record **ret_record);
must_use struct error *model_load_number(struct work *work, const struct type *type, text number,
					 struct record **ret_record);
/* Locks the rows for this transaction (PostgreSQL FOR UPDATE, in the order given; nothing on SQLite) and
 * loads afresh. */
must_use struct error *model_lock(struct work *work, const struct type *type, int64_t id,
				  struct record **ret_record);
/* The same without waiting: *ret_record NULL when somebody else has it, or it is gone. */
must_use struct error *model_try_lock(struct work *work, const struct type *type, int64_t id,
				      struct record **ret_record);
/* All records of a type with ids in (after, until], by id, whole and without the cache: for verify. */
must_use struct error *model_records_between(struct work *work, const struct type *type, int64_t after, int64_t until,
					     struct record ***ret_records, size_t *ret_count);
/* The largest id that any record has. */
must_use struct error *model_last_id(struct work *work, int64_t *ret_id);
/* Id of the record with that number, 0 when there is none. */
must_use struct error *model_find_id(struct work *work, const struct type *type, text number,
				     int64_t *ret_id);
/* The record of any numbered type with that number: *ret_id 0 when there is none, *ret_type NULL when no type has such numbers. */
must_use struct error *model_find_number(struct work *work, text number, const struct type **ret_type,
					 int64_t *ret_id);

/* Number and title of a link's target: cached per worker for platform types (work->cache), one row otherwise.
 */
struct record_name {
	text number, title;
};
must_use struct error *model_name(struct work *work, const struct type *type, int64_t id,
				  struct record_name *ret_name);

/* The targets of a KIND_LINKS field, by id. */
must_use struct error *record_links(struct work *work, const struct record *record, const struct field *field,
				    int64_t **ret_ids, size_t *ret_count);

/* ---- cells and values ---- */

/*
 * A value from outside (JSON, form, CSV, story) as a cell of `field`: numbers as text are accepted from forms
 * and CSV; links as number, login or name (never by id), or {number: ...}; choices by name; moments as RFC
 * 3339 (local without offset, in `zone`); null unsets. ERROR_INVALID with field and hint (nearest choice).
 * The target of a link must exist and be offered (field->offer, active).
 */
must_use struct error *field_parse(struct work *work, const struct field *field, const struct value *value,
				   const struct zone *zone, struct cell *ret_cell);
/* For KIND_LINKS: a list of numbers. */
must_use struct error *field_parse_links(struct work *work, const struct field *field,
					 const struct value *value, int64_t **ret_ids, size_t *ret_count);
/* The refusal of a target that is not there: also for one that the actor may not know of, in the same words. */
must_use struct error *field_no_target(struct work *work, const struct field *field, text number);
/* A choice by its name; one whose name is a whole number (priority 1) is a number in JSON. Both forms are
 * taken in. */
must_use struct value *choice_value(struct arena *arena, const struct choice *choice);
/* As the API says it: links {type, number, title}, choices by name, moments RFC 3339, unset null. */
must_use struct error *field_value(struct work *work, const struct field *field, const struct cell *cell,
				   struct value **ret_value);
/* A real as people write it: with the field's decimals, without its unit. */
text field_number(struct arena *arena, const struct field *field, double number);
/* For people in work->language: choice label, link title, local date in `zone`. */
must_use struct error *field_words(struct work *work, const struct field *field, const struct cell *cell,
				   const struct zone *zone, text *ret_words);
bool cell_equal(const struct cell *a, const struct cell *b);

/* ---- writing: engine only ---- */

/* Inserts the record (its id and number already set, cells of all fields); a taken number or unique field is
 * ERROR_CONFLICT. */
must_use struct error *model_insert(struct work *work, const struct record *record);
/* Writes the cells whose bit is true in `changed[type->field_count]`, version + 1; ERROR_STALE when
 * record->version is not the row's. */
must_use struct error *model_update(struct work *work, struct record *record, const bool *changed);
/* The record goes on as the newest version of its definition: writes that alone; the caller writes what changes with it. */
must_use struct error *model_set_definition(struct work *work, struct record *record);
must_use struct error *model_set_links(struct work *work, const struct record *record,
				       const struct field *field, const int64_t *ids, size_t count);
/* The next id and, for numbered types, the next number. */
must_use struct error *model_next_id(struct work *work, int64_t *ret_id);
must_use struct error *model_next_number(struct work *work, const struct type *type, text *ret_number);
/* An imported number: the counter will not give it again. False when it has not the type's pattern. */
must_use struct error *model_claim_number(struct work *work, const struct type *type, text number,
					  bool *ret_fits);

/*
 * A record that is not stored is found under its id by the paths of this work's conditions, until others of the same slot come: say
 * it again before each question. Its id must be negative.
 */
void model_pretend(struct work *work, struct record *record);

/* ---- caches ---- */

/* One per worker thread: names of platform records, valid while *generation does not change. */
must_use struct record_cache *record_cache_new(struct arena *arena, const int64_t *generation);
/* Forgets the records of the last work; keeps names unless the generation changed. */
void record_cache_reset(struct record_cache *cache);

#endif
