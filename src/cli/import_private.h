/*
 * Importing: a map says how columns become fields (import_map.c), rows become steps (import_row.c), steps are written in small jobs of
 * the writer lane while the next rows are being read (import.c). Each accepted row is one engine_import() and so one event.
 */
#ifndef REEVE_CLI_IMPORT_PRIVATE_H
#define REEVE_CLI_IMPORT_PRIVATE_H

#include "base/csv.h"
#include "cli/cli_private.h"

/* A map being read; mistakes are gathered (import_map.c). */
struct import_reading {
	struct arena *arena;
	const struct model *model;
	struct import_map *map;
	text file;
	struct error *errors;
};
void import_fault(struct import_reading *reading, const struct value *at, text message, text nearest);
/* Refuses keys that are not in `known` (space separated). */
void import_check_keys(struct import_reading *reading, const struct value *map, const char *known);
text import_text_of(struct import_reading *reading, const struct value *map, text key, bool needed);
struct map_field;
void import_read_source(struct import_reading *reading, const struct value *map, struct map_field *field);

/* How one field is filled. Exactly one of column, path, words and constant is the source. */
struct map_field {
	const struct field *field;
	text column;             /* header of the column */
	text *path;              /* columns of a tree of records, outermost first: category / subcategory / symptom */
	size_t path_count;
	text words;              /* text with {column} in it */
	struct value *values;    /* map: cell -> value (a text, or null to leave the field unset); NULL: the cell itself */
	bool strict;             /* a cell that `values` lacks refuses the row; else it is left unset and noted */
	const struct type *make; /* records of this type are made from labels that are not there yet */
	text prefix;             /* stands before the made record's key */
	bool moment;             /* the cell is a moment in the map's form */
	uint64_t *states;        /* bit array (state_in): filled only in these; NULL: always */
	size_t column_at;        /* position in the header, found when the file is opened; SIZE_MAX: none */
	size_t *path_at;
};

struct map_state {
	text cell;
	int state;               /* -1: refused */
	text reason;             /* why refused */
	struct value *set;       /* map: field -> value, set with the state and unset in all others; NULL none */
};

/* Recorded against recomputed: a decision table of the map's own. */
struct map_check {
	const struct field *field;
	const struct field **inputs;
	size_t input_count;
	struct value *rows;      /* list of lists: inputs ..., output */
};

/* A column that names other records, with which the row's record is linked. */
struct map_link {
	const struct relation *relation;
	bool inverse;            /* the link leads to the row's record */
	const struct type *other;
	const struct field *by;  /* NULL: by number, or by the key of types without numbers */
	text separator;          /* between several in one cell; unset: one */
	struct map_field source; /* column or words, values, strict */
};

struct import_map {
	const struct type *type;
	text source;             /* stands before every source key */
	text null;               /* this cell means unset (besides the empty one) */
	text moments;            /* form of moments: "d/m/yyyy HH:MM"; unset: RFC 3339 */
	const struct zone *zone;
	text number, at, created; /* columns */
	text *order;             /* columns by which rows of one record are sorted (numbers as numbers, moments as moments) */
	size_t order_count;
	struct map_field actor;  /* field NULL: a user made or found from a label */
	text state_column;
	struct map_state *states;
	size_t state_count;
	struct map_field *fields;
	size_t field_count;
	struct map_link *links;
	size_t link_count;
	text *notes;             /* columns kept in the event as they are */
	size_t note_count;
	struct map_check *checks;
	size_t check_count;
	/* positions in the header */
	size_t number_at, at_at, created_at_at, state_at, *order_at, *note_at;
};

/* Reads a map file. Faults are ERROR_DEFINITION with file:line:column. */
must_use struct error *import_map_parse(struct arena *arena, const struct model *model, const struct type *type, text file, text source,
                                        struct import_map **ret_map);
/* The same from a file. */
must_use struct error *import_map_read(struct io *io, struct arena *arena, const struct model *model, const struct type *type, text path,
                                       struct import_map **ret_map);
/* Finds the map's columns in the header; a missing one is ERROR_INVALID with the nearest. */
must_use struct error *import_map_bind(struct arena *arena, struct import_map *map, const text *header, size_t count);
/* A moment in the form of the map ("d/m/yyyy HH:MM": d, m, yyyy, HH, MM, SS; d and m with one or two digits). */
bool import_moment(const struct import_map *map, text cell, moment *ret_at);

/* A record that must be there before the rows that name it: a user, a team, a category. */
struct made {
	const struct type *type;
	text key, label, parent; /* parent: key of a record of the same type, or unset */
};

/* A link that a row says; who is at its other end is looked up when all rows are there. */
struct row_link {
	uint32_t line;
	int64_t record_id;       /* of the row's record, once it is there */
	moment at;
	int64_t actor_id;
	const struct relation *relation;
	bool inverse;
	const struct type *other;
	const struct field *by;
	text key, source_key;
	struct row_link *next;
};

struct import_row {
	uint32_t line;
	text *cells;             /* CSV with a map */
	size_t cell_count;
	moment at;
	text number;
	struct import_step step;
	text actor_key;          /* login of the actor; the id is looked up on the lane */
	struct error *refused;   /* why it cannot be imported; NULL while it can */
	enum import_outcome outcome;
	struct made *made;
	size_t made_count, made_capacity;
	struct row_link *links;
	int64_t record_id;       /* set when it is written */
};

struct import_making {
	struct made *items;
	size_t count, capacity;
};
/* Makes one that is not there yet, in the work's transaction. */
must_use struct error *import_make_one(struct work *work, const struct made *made);
/* Makes all of them in one job of the lane, and waits for it. */
must_use struct error *import_make(struct program *program, struct arena *arena, struct import_making *making);

/* The cell of a column, unset when it is empty or the map's word for nothing. */
text import_cell(const struct import_map *map, const struct import_row *row, size_t column);
/* "{column}" replaced by its cell. */
must_use text import_fill_words(struct arena *arena, const struct import_map *map, const struct map_field *field, const struct import_row *row);
/* Fills step, number, at and made of a row from its cells. A row that cannot be understood gets `refused`. */
void import_row_map(struct arena *arena, const struct import_map *map, struct import_row *row);
/* The same for a JSON line or a plain CSV row given as a map of field -> value in the export's words. */
void import_row_plain(struct arena *arena, const struct model *model, const struct type *type, struct import_row *row, struct value *value,
                      moment now);
/* import_link.c: links that the cells of a row say, by the map or in the words of the export ([{ relation, to | from }], "relation key; ..."). */
void import_row_links(struct arena *arena, const struct import_map *map, struct import_row *row);
void import_row_plain_links(struct arena *arena, const struct model *model, const struct type *type, struct import_row *row,
                            const struct value *links);
/* Reads the list `links` of a map. */
void import_map_links(struct import_reading *reading, const struct value *list);

/* What is done when all rows are in (import_after.c): links, and approvals and tasks of what now stands in a state that has them. */
struct import_after {
	struct program *program;
	struct arena *arena;     /* of the whole run */
	const struct type *type;
	bool dry_run;
	struct row_link *links, **end;
	struct after_record {
		int64_t id;
		uint32_t line;
	} *records;              /* new or changed ones that may be in such a state */
	size_t record_count, record_capacity;
	struct table keys;       /* of a dry run: "field key" of the rows that would be there */
	int64_t made, unchanged, refused, begun;
	struct value *refusals;  /* of { line, reason } */
};
/* Takes what is to be done later from a row that was accepted. */
void import_after_note(struct import_after *after, const struct import_map *map, const struct import_row *row);
must_use struct error *import_after_run(struct import_after *after);
/* What came of it: members `links` and `begun` of the report, and lines for people. */
void import_after_report(const struct import_after *after, struct value *answer);
void import_after_print(const struct import_after *after, struct io *io);

/* Sorts rows of one record by the map's order; stable. */
void import_sort(struct arena *arena, const struct import_map *map, struct import_row **rows, size_t count);
/* Compares recorded against recomputed: *ret_agrees, and *ret_known false when an input is unset or no row of the table fits. */
void import_check(const struct import_map *map, const struct map_check *check, const struct import_row *row, bool *ret_known, bool *ret_agrees,
                  text *ret_recorded, text *ret_computed);
/* A key from a label: lower case letters and digits, everything else one dash: "Opened by  8" -> "opened-by-8". */
must_use text import_slug(struct arena *arena, text prefix, text label);

#endif
