/*
 * STORE_TEST(name) { ... } runs its body once on a fresh SQLite folder and, when REEVE_TEST_POSTGRES holds
 * the URL of a server (tests/servers/postgres.sh start), once on a fresh schema of that server. The body sees
 * `struct store_fixture *on`: settings to open connections with, one writing connection, and an arena. Any
 * floor's tests may use it.
 */
#ifndef REEVE_TESTS_UNIT_STORE_BOTH_H
#define REEVE_TESTS_UNIT_STORE_BOTH_H

#include "test.h"

#include "store/store.h"

#include <ftw.h>
#include <libpq-fe.h>
#include <stdlib.h>
#include <unistd.h>

struct store_fixture {
	struct arena *arena;
	struct store_settings settings;
	struct store *store; /* STORE_WRITE */
	bool postgres;
	char folder[64]; /* a data directory of the test's own, removed after */
	char schema[64]; /* also the name of its sessions in pg_stat_activity */
};

static inline int store_fixture_remove(const char *path, const struct stat *info unused, int kind unused,
				       struct FTW *walk unused)
{
	return remove(path);
}

static inline void store_fixture_notice(void *data unused, const char *message unused) {}

/* A statement outside of the store: to make and drop the schema, and to disturb the server. */
static inline void store_fixture_admin(const char *sql)
{
	PGconn *connection = PQconnectdb(getenv("REEVE_TEST_POSTGRES"));

	PQsetNoticeProcessor(connection, store_fixture_notice, NULL);
	PGresult *result = PQexec(connection, sql);
	if (PQresultStatus(result) != PGRES_COMMAND_OK && PQresultStatus(result) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQerrorMessage(connection));
	PQclear(result);
	PQfinish(connection);
}

static inline void store_fixture_open(struct store_fixture *on, bool postgres)
{
	memset(on, 0, sizeof(*on));
	on->arena = arena_new((size_t)256 * 1024 * 1024);
	on->postgres = postgres;
	snprintf(on->folder, sizeof(on->folder), "/tmp/reeve-test-XXXXXX");
	assert_non_null(mkdtemp(on->folder));
	on->settings.data_dir = text_from(on->folder);
	if (postgres) {
		const char *url = getenv("REEVE_TEST_POSTGRES");
		char sql[128];

		snprintf(on->schema, sizeof(on->schema), "t_%ld_%s", (long)getpid(),
			 on->folder + strlen("/tmp/reeve-test-"));
		snprintf(sql, sizeof(sql), "CREATE SCHEMA \"%s\"", on->schema);
		store_fixture_admin(sql);
		on->settings.url =
		    text_format(on->arena, "%s%coptions=-csearch_path%%3D%%22%s%%22&application_name=%s", url,
				strchr(url, '?') == NULL ? '?' : '&', on->schema, on->schema);
	}
	assert_ok(store_open(on->arena, &on->settings, STORE_WRITE, &on->store));
}

static inline void store_fixture_close(struct store_fixture *on)
{
	store_close(on->store);
	if (on->postgres) {
		char sql[128];

		snprintf(sql, sizeof(sql), "DROP SCHEMA \"%s\" CASCADE", on->schema);
		store_fixture_admin(sql);
	}
	nftw(on->folder, store_fixture_remove, 16, FTW_DEPTH | FTW_PHYS);
	arena_free(on->arena);
}

static inline void store_fixture_run(void (*body)(struct store_fixture *on), bool postgres)
{
	struct store_fixture on;

	store_fixture_open(&on, postgres);
	body(&on);
	store_fixture_close(&on);
}

/* Two tests, so that a failure names the database. */
#define STORE_TEST(test_name)                                                                                \
	static void test_name##_body(struct store_fixture *on);                                              \
	TEST(test_name##_on_sqlite)                                                                          \
	{                                                                                                    \
		store_fixture_run(test_name##_body, false);                                                  \
	}                                                                                                    \
	TEST(test_name##_on_postgres)                                                                        \
	{                                                                                                    \
		if (getenv("REEVE_TEST_POSTGRES") == NULL) {                                                 \
			print_message("skipped on PostgreSQL: REEVE_TEST_POSTGRES is not set\n");            \
			skip();                                                                              \
		}                                                                                            \
		store_fixture_run(test_name##_body, true);                                                   \
	}                                                                                                    \
	static void test_name##_body(struct store_fixture *on)

#endif
