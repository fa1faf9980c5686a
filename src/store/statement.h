/* The table of named statements, made from src/<floor>/<floor>.sql by tools/sql_names.py (enum sql_name is its index). */
#ifndef REEVE_STORE_STATEMENT_H
#define REEVE_STORE_STATEMENT_H
#include <stddef.h>
struct store_statement {
	const char *name;
	const char *place;    /* src/engine/engine.sql:12 */
	const char *text[4];  /* SQLite, PostgreSQL, search index on SQLite, ... on PostgreSQL; NULL where it does not have it */
};
extern const struct store_statement store_statements[]; /* ends with a NULL name */
#endif
