/*
 * The raw limit of creating: a plain C loop that writes the very rows that one create over HTTP has written, and nothing else: no
 * HTTP, no rules, no clocks, no seals. The rows of the newest incident of the store are read once, whatever tables hold them (a
 * column record_id tells), and then written again and again under new ids, BATCH incidents to a commit, with synchronous=FULL.
 * Prints incidents per second.
 *
 * usage: bench_raw_write FOLDER SECONDS BATCH      FOLDER is a copy of a data directory: it is spoilt
 */
#include "base/arena.h"
#include "base/moment.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define COLUMNS_MAX 100
#define ROWS_MAX 40

/* How a column of a copied row differs from the original. */
enum column_use { USE_SAME, USE_ID, USE_RECORD, USE_NUMBER, USE_FRESH };

struct copied {
	sqlite3_stmt *insert;
	sqlite3_value *values[COLUMNS_MAX];
	enum column_use uses[COLUMNS_MAX];
	int columns;
	int64_t id;
};

static sqlite3 *db;
static struct copied copies[ROWS_MAX];
static size_t copy_count;
static int64_t fresh; /* grows: ids, sequence numbers */

static void fail(const char *what)
{
	fprintf(stderr, "bench_raw_write: %s: %s\n", what, db == NULL ? "" : sqlite3_errmsg(db));
	exit(1);
}

static sqlite3_stmt *prepare(const char *sql)
{
	sqlite3_stmt *statement;

	if (sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement, NULL) != SQLITE_OK)
		fail(sql);
	return statement;
}

static void run(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(sql);
}

static int64_t one_integer(const char *sql)
{
	sqlite3_stmt *statement = prepare(sql);

	if (sqlite3_step(statement) != SQLITE_ROW)
		fail(sql);
	int64_t integer = sqlite3_column_int64(statement, 0);
	sqlite3_finalize(statement);
	return integer;
}

static enum column_use use_of(const char *table, const char *column)
{
	if (strcmp(column, "id") == 0)
		return strcmp(table, "incident_record") == 0 ? USE_RECORD : USE_ID;
	if (strcmp(column, "record_id") == 0)
		return USE_RECORD;
	if (strcmp(column, "number") == 0 || strcmp(column, "number_key") == 0)
		return USE_NUMBER;
	return strcmp(column, "seq") == 0 || strcmp(column, "event_id") == 0 ? USE_FRESH : USE_SAME;
}

/* The rows of one table that belong to the incident. */
static void copy_rows(const char *table, const char *key, int64_t incident)
{
	char sql[4096];
	size_t length;

	snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\" WHERE %s = %lld", table, key, (long long)incident);
	sqlite3_stmt *select = prepare(sql);
	while (sqlite3_step(select) == SQLITE_ROW) {
		if (copy_count == ROWS_MAX || sqlite3_column_count(select) > COLUMNS_MAX)
			fail("too many rows");
		struct copied *copied = &copies[copy_count++];
		copied->columns = sqlite3_column_count(select);
		length = (size_t)snprintf(sql, sizeof(sql), "INSERT INTO \"%s\" VALUES (", table);
		for (int i = 0; i < copied->columns; i++) {
			copied->values[i] = sqlite3_value_dup(sqlite3_column_value(select, i));
			copied->uses[i] = sqlite3_column_type(select, i) == SQLITE_NULL ? USE_SAME : use_of(table, sqlite3_column_name(select, i));
			length += (size_t)snprintf(sql + length, sizeof(sql) - length, i == 0 ? "?" : ",?");
		}
		snprintf(sql + length, sizeof(sql) - length, ")");
		copied->insert = prepare(sql);
	}
	sqlite3_finalize(select);
}

static void read_rows(void)
{
	int64_t incident = one_integer("SELECT max(id) FROM incident_record");
	sqlite3_stmt *tables = prepare("SELECT m.name FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table' AND "
	                               "c.name = 'record_id' AND m.name NOT IN ('draft', 'import_source')");

	copy_rows("incident_record", "id", incident);
	while (sqlite3_step(tables) == SQLITE_ROW)
		copy_rows((const char *)sqlite3_column_text(tables, 0), "record_id", incident);
	sqlite3_finalize(tables);
	fresh = one_integer("SELECT max(number) FROM counter") + one_integer("SELECT max(seq) FROM event") + one_integer("SELECT max(id) FROM event");
}

static void step(sqlite3_stmt *statement)
{
	int answer = sqlite3_step(statement);

	if (answer != SQLITE_DONE && answer != SQLITE_ROW)
		fail(sqlite3_sql(statement));
	sqlite3_reset(statement);
}

static void write_one(sqlite3_stmt *const *counters)
{
	char number[32];
	int64_t record = ++fresh;

	step(counters[0]);
	step(counters[1]);
	snprintf(number, sizeof(number), "RAW%07lld", (long long)record);
	for (size_t i = 0; i < copy_count; i++) {
		const struct copied *copied = &copies[i];
		int64_t id = ++fresh;
		for (int k = 0; k < copied->columns; k++) {
			switch (copied->uses[k]) {
			case USE_SAME:
				sqlite3_bind_value(copied->insert, k + 1, copied->values[k]);
				break;
			case USE_ID:
			case USE_FRESH:
				sqlite3_bind_int64(copied->insert, k + 1, id);
				break;
			case USE_RECORD:
				sqlite3_bind_int64(copied->insert, k + 1, record);
				break;
			case USE_NUMBER:
				sqlite3_bind_text(copied->insert, k + 1, number, -1, SQLITE_TRANSIENT);
				break;
			}
		}
		step(copied->insert);
	}
}

int main(int argc, char **argv)
{
	int64_t seconds = 0, batch = 0, done = 0;
	char path[4096];

	if (argc != 4 || !text_to_integer(text_from(argv[2]), &seconds) || !text_to_integer(text_from(argv[3]), &batch) || seconds < 1 || batch < 1)
		fail("usage: bench_raw_write FOLDER SECONDS BATCH");
	snprintf(path, sizeof(path), "%s/reeve.db", argv[1]);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
		fail(path);
	run("PRAGMA journal_mode = WAL");
	run("PRAGMA synchronous = FULL");
	run("PRAGMA foreign_keys = ON");
	read_rows();
	sqlite3_stmt *const counters[] = { prepare("UPDATE counter SET number = number + 1 WHERE name = (SELECT min(name) FROM counter) RETURNING number"),
		                           prepare("UPDATE counter SET number = number + 1 WHERE name = (SELECT max(name) FROM counter) RETURNING number") };
	int64_t begin = monotonic_us(), now = begin;
	while (now - begin < seconds * 1000000) {
		run("BEGIN IMMEDIATE");
		for (int64_t i = 0; i < batch; i++)
			write_one(counters);
		run("COMMIT");
		done += batch;
		now = monotonic_us();
	}
	printf("%.1f %zu\n", (double)done * 1e6 / (double)(now - begin), copy_count);
	return 0;
}
