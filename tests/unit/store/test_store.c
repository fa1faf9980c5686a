/* Statements, rows, transactions and failures: the same on both databases. */
#include "store_both.h"

#include "base/moment.h"

static void make_table(struct store_fixture *on)
{
	const struct store_dialect *d = store_dialect(on->store);

	assert_ok(store_script(
	    on->store, on->arena,
	    text_format(on->arena,
			"CREATE TABLE person (id %.*s NOT NULL PRIMARY KEY, login %.*s UNIQUE, height %.*s, "
			"photo %.*s, boss %.*s REFERENCES person (id)) %.*s",
			TEXT_ARG(d->integer_type), TEXT_ARG(d->text_type), TEXT_ARG(d->real_type),
			TEXT_ARG(d->blob_type), TEXT_ARG(d->integer_type), TEXT_ARG(d->table_suffix))));
}

static struct error *add(struct store_fixture *on, int64_t id, const char *login)
{
	return store_run_text(on->store, on->arena, T("INSERT INTO person (id, login) VALUES ($1, $2)"),
			      CELLS(cell_integer(id), cell_text(text_from(login))), NULL);
}

static int64_t count(struct store_fixture *on, struct store *store)
{
	struct rows *rows;
	bool row;

	assert_ok(store_query_text(store, on->arena, T("SELECT count(*) FROM person"), NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_true(row);
	int64_t number = rows_integer(rows, 0);
	rows_close(rows);
	return number;
}

STORE_TEST(every_kind_of_cell_comes_back_as_it_went)
{
	static const char bytes[] = "\x00\xff\x01";
	struct rows *rows;
	bool row;

	make_table(on);
	assert_ok(store_run_text(on->store, on->arena,
				 T("INSERT INTO person (id, login, height, photo) VALUES ($4, $3, $2, $1)"),
				 CELLS(cell_blob((text){ bytes, 3 }), cell_real(0.1),
				       cell_text(T("Ünï 'q' \xf0\x9f\x99\x82")), cell_integer(INT64_MIN + 1)),
				 NULL));
	assert_ok(store_query_text(
	    on->store, on->arena,
	    T("SELECT id, login, height, photo, boss FROM person WHERE login = $1 AND id = $2"),
	    CELLS(cell_text(T("Ünï 'q' \xf0\x9f\x99\x82")), cell_integer(INT64_MIN + 1)), &rows));
	assert_ok(rows_next(rows, &row));
	assert_true(row);
	assert_int_equal(rows_cell(rows, 0).kind, CELL_INTEGER);
	assert_true(rows_integer(rows, 0) == INT64_MIN + 1);
	assert_text(rows_text(rows, 1), "Ünï 'q' \xf0\x9f\x99\x82");
	assert_int_equal(rows_cell(rows, 2).kind, CELL_REAL);
	assert_true(rows_real(rows, 2) == 0.1);
	assert_int_equal(rows_cell(rows, 3).kind, CELL_BLOB);
	assert_true(text_equal(rows_text(rows, 3), (text){ bytes, 3 }));
	assert_true(rows_is_null(rows, 4));
	assert_false(text_is_set(rows_text(rows, 4)));
	assert_true(rows_moment(rows, 4) == MOMENT_UNSET);
	assert_int_equal(rows_integer(rows, 4), 0);
	assert_true(rows_is_null(rows, 99));
	assert_ok(rows_next(rows, &row));
	assert_false(row);
	assert_ok(rows_next(rows, &row));
	assert_false(row);
}

STORE_TEST(empty_text_is_not_unset)
{
	struct rows *rows;
	bool row;

	make_table(on);
	assert_ok(store_run_text(on->store, on->arena,
				 T("INSERT INTO person (id, login, photo) VALUES (1, $1, $2)"),
				 CELLS(cell_text(T("")), cell_blob(T(""))), NULL));
	assert_ok(
	    store_query_text(on->store, on->arena, T("SELECT login, photo FROM person"), NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_int_equal(rows_cell(rows, 0).kind, CELL_TEXT);
	assert_int_equal(rows_text(rows, 0).length, 0);
	assert_true(text_is_set(rows_text(rows, 0)));
	assert_int_equal(rows_cell(rows, 1).kind, CELL_BLOB);
	rows_close(rows);
}

STORE_TEST(text_with_nul_is_refused_and_nothing_is_cut)
{
	make_table(on);
	assert_refused(store_run_text(on->store, on->arena,
				      T("INSERT INTO person (id, login) VALUES (1, $1)"),
				      CELLS(cell_text((text){ "a\0b", 3 })), NULL),
		       INVALID);
	assert_int_equal(count(on, on->store), 0);
}

STORE_TEST(parameters_are_bound_by_number_not_by_appearance)
{
	struct rows *rows;
	bool row;

	assert_ok(store_query_text(
	    on->store, on->arena,
	    T("SELECT CAST($3 AS TEXT), CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($1 AS TEXT)"),
	    CELLS(cell_text(T("a")), cell_text(T("b")), cell_text(T("c"))), &rows));
	assert_ok(rows_next(rows, &row));
	assert_text(rows_text(rows, 0), "c");
	assert_text(rows_text(rows, 1), "a");
	assert_text(rows_text(rows, 2), "b");
	assert_text(rows_text(rows, 3), "a");
	rows_close(rows);
	assert_refused(store_query_text(on->store, on->arena, T("SELECT CAST($1 AS TEXT)"), NO_CELLS, &rows),
		       INTERNAL);
	assert_refused(store_query_text(on->store, on->arena, T("SELECT CAST($1 AS TEXT)"),
					CELLS(cell_text(T("a")), cell_text(T("b"))), &rows),
		       INTERNAL);
}

STORE_TEST(changes_are_counted_and_returning_runs_unread)
{
	struct rows *rows;
	int64_t changed;
	bool row;

	make_table(on);
	assert_ok(add(on, 1, "ann"));
	assert_ok(add(on, 2, "bob"));
	assert_ok(store_run_text(on->store, on->arena, T("UPDATE person SET height = 2 WHERE id > $1"),
				 CELLS(cell_integer(0)), &changed));
	assert_int_equal(changed, 2);
	assert_ok(store_query_text(on->store, on->arena, T("DELETE FROM person WHERE id > 0 RETURNING id"),
				   NO_CELLS, &rows));
	rows_close(rows);
	assert_int_equal(count(on, on->store), 0);
	assert_ok(store_query_text(on->store, on->arena, T("INSERT INTO person (id) VALUES (7) RETURNING id"),
				   NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_int_equal(rows_integer(rows, 0), 7);
	rows_close(rows);
}

STORE_TEST(the_same_statement_runs_inside_its_own_rows)
{
	text sql = T("SELECT id FROM person WHERE id > $1 ORDER BY id");
	struct rows *outer, *inner;
	int64_t seen = 0;
	bool row;

	make_table(on);
	for (int64_t id = 1; id <= 3; id++)
		assert_ok(add(on, id, NULL));
	assert_ok(store_query_text(on->store, on->arena, sql, CELLS(cell_integer(0)), &outer));
	for (;;) {
		assert_ok(rows_next(outer, &row));
		if (!row)
			break;
		seen = seen * 10 + rows_integer(outer, 0);
		assert_ok(store_query_text(on->store, on->arena, sql, CELLS(cell_integer(2)), &inner));
		assert_ok(rows_next(inner, &row));
		assert_int_equal(rows_integer(inner, 0), 3);
		rows_close(inner);
	}
	assert_int_equal(seen, 123);
}

STORE_TEST(rows_close_with_their_arena_and_outlive_the_store)
{
	struct arena *arena = arena_new(1024 * 1024);
	struct rows *rows;
	bool row;

	make_table(on);
	assert_ok(add(on, 1, "ann"));
	assert_ok(store_query_text(on->store, arena, T("SELECT id FROM person"), NO_CELLS, &rows));
	arena_reset(arena);
	/* An open reader would keep the table from being dropped on SQLite. */
	assert_ok(store_script(on->store, on->arena, T("CREATE TABLE other (id INTEGER); DROP TABLE other")));
	assert_ok(store_query_text(on->store, arena, T("SELECT id FROM person"), NO_CELLS, &rows));
	store_close(on->store);
	assert_ok(rows_next(rows, &row));
	assert_false(row);
	arena_free(arena);
	assert_ok(store_open(on->arena, &on->settings, STORE_WRITE, &on->store));
}

STORE_TEST(failures_have_their_codes)
{
	struct error *error;

	make_table(on);
	assert_ok(add(on, 1, "ann"));
	error = add(on, 2, "ann");
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_CONFLICT);
	assert_text(error->field, "login");
	error = add(on, 1, "bob");
	assert_int_equal(error->code, ERROR_CONFLICT);
	assert_text(error->field, "id");
	assert_refused(store_run_text(on->store, on->arena, T("UPDATE person SET boss = 99"), NO_CELLS, NULL),
		       INVALID);
	assert_refused(store_run_text(on->store, on->arena, T("UPDATE person SET id = NULL"), NO_CELLS, NULL),
		       INTERNAL);
	assert_refused(store_run_text(on->store, on->arena, T("SELECT nothing FROM nowhere"), NO_CELLS, NULL),
		       INTERNAL);
	error = store_run_text(on->store, on->arena, T("SELEC"), NO_CELLS, NULL);
	assert_int_equal(error->code, ERROR_INTERNAL);
	assert_null(memchr(error->message.data, '\n', error->message.length));
	assert_int_equal(count(on, on->store), 1);
}

STORE_TEST(rollback_and_undo_put_rows_and_memory_back)
{
	char *memory = store_memory(on->store);

	make_table(on);
	memcpy(memory, "seal", 5);
	assert_ok(store_begin(on->store, on->arena));
	assert_true(store_in_transaction(on->store));
	assert_ok(add(on, 1, "ann"));
	memory[0] = 'S';
	assert_ok(store_savepoint(on->store, on->arena));
	assert_ok(add(on, 2, "bob"));
	memory[1] = 'E';
	assert_ok(store_savepoint(on->store, on->arena));
	memory[2] = 'A';
	assert_refused(add(on, 3, "ann"), CONFLICT);
	store_undo(on->store);
	assert_string_equal(memory, "SEal");
	store_undo(on->store);
	assert_string_equal(memory, "Seal");
	assert_int_equal(count(on, on->store), 1);
	assert_ok(store_savepoint(on->store, on->arena));
	memory[3] = 'L';
	assert_ok(store_release(on->store, on->arena));
	assert_string_equal(memory, "SeaL");
	store_rollback(on->store);
	assert_string_equal(memory, "seal");
	assert_false(store_in_transaction(on->store));
	assert_int_equal(count(on, on->store), 0);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(add(on, 1, "ann"));
	memory[0] = 'x';
	assert_ok(store_commit(on->store, on->arena));
	assert_string_equal(memory, "xeal");
	store_rollback(on->store);
	assert_string_equal(memory, "xeal");
	assert_int_equal(count(on, on->store), 1);
}

STORE_TEST(transactions_out_of_order_are_refused)
{
	assert_refused(store_commit(on->store, on->arena), INTERNAL);
	assert_refused(store_savepoint(on->store, on->arena), INTERNAL);
	assert_ok(store_begin(on->store, on->arena));
	assert_refused(store_begin(on->store, on->arena), INTERNAL);
	assert_refused(store_release(on->store, on->arena), INTERNAL);
	assert_ok(store_savepoint(on->store, on->arena));
	assert_refused(store_commit(on->store, on->arena), INTERNAL);
	for (int depth = 2; depth < 28; depth++)
		assert_ok(store_savepoint(on->store, on->arena));
	assert_refused(store_savepoint(on->store, on->arena), INTERNAL);
	store_rollback(on->store);
	store_undo(on->store);
}

STORE_TEST(a_reader_sees_one_moment_and_cannot_write)
{
	struct store *reader;

	make_table(on);
	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &reader));
	assert_ok(store_begin(reader, on->arena));
	assert_int_equal(count(on, reader), 0);
	assert_ok(add(on, 1, "ann"));
	assert_int_equal(count(on, reader), 0);
	assert_ok(store_commit(reader, on->arena));
	assert_int_equal(count(on, reader), 1);
	assert_ok(store_begin(reader, on->arena));
	assert_non_null(store_run_text(reader, on->arena, T("DELETE FROM person"), NO_CELLS, NULL));
	store_rollback(reader);
	assert_int_equal(count(on, reader), 1);
	store_close(reader);
}

STORE_TEST(a_slow_read_is_given_up_and_the_connection_stays_good)
{
	text slow =
	    on->postgres
		? T("SELECT count(*) FROM generate_series(1, 1000000000)")
		: T("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) "
		    "SELECT count(*) FROM n");
	struct store *reader;
	struct rows *rows;

	make_table(on);
	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &reader));
	int64_t begun = monotonic_us();
	store_set_deadline(reader, begun + 50000);
	struct error *error = store_query_text(reader, on->arena, slow, NO_CELLS, &rows);
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_UNAVAILABLE);
	assert_true(text_is_set(error->hint));
	assert_true(monotonic_us() - begun < 2000000);
	store_set_deadline(reader, 0);
	assert_true(store_alive(reader));
	assert_int_equal(count(on, reader), 0);
	store_set_deadline(reader, monotonic_us() + 10000000);
	assert_int_equal(count(on, reader), 0);
	store_close(reader);
}

STORE_TEST(hundreds_of_composed_texts_leave_and_come_back)
{
	make_table(on);
	assert_ok(add(on, 1, "ann"));
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < 400; i++) {
			struct rows *rows;
			bool row;

			assert_ok(store_query_text(
			    on->store, on->arena,
			    text_format(on->arena, "SELECT id + %d FROM person WHERE id = $1", i),
			    CELLS(cell_integer(1)), &rows));
			assert_ok(rows_next(rows, &row));
			assert_int_equal(rows_integer(rows, 0), 1 + i);
			if (i % 7 != 0)
				rows_close(rows);
		}
	}
}

STORE_TEST(rows_stop_when_the_arena_is_over)
{
	struct arena *arena = arena_new(64 * 1024);
	struct rows *rows;
	struct error *error = NULL;
	bool row = true;

	assert_ok(store_query_text(on->store, arena,
				   on->postgres
				       ? T("SELECT i FROM generate_series(1, 100000) AS i")
				       : T("WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
					   "WHERE i < 100000) SELECT i FROM n"),
				   NO_CELLS, &rows));
	while (row && error == NULL) {
		error = rows_next(rows, &row);
		if (error == NULL && row)
			(void)!arena_alloc(arena, 100);
	}
	assert_non_null(error);
	assert_int_equal(error->code, ERROR_TOO_LARGE);
	arena_free(arena);
}

STORE_TEST(named_statements_that_do_not_fit_are_named)
{
	/*
	 * The tables of the floors above are not there: the first of their statements is named with its
	 * place.
	 */
	struct error *error = store_check_statements(on->store, on->arena);
	assert_non_null(error);
	assert_true(text_find(error->message, T(".sql:")) > 0);
	assert_ok(store_check_integrity(on->store, on->arena));
	text version;
	assert_ok(store_version(on->store, on->arena, &version));
	assert_true(text_starts_with(version, on->postgres ? T("PostgreSQL 1") : T("SQLite 3.")));
}

STORE_TEST(a_statement_of_the_other_database_is_refused)
{
	int64_t number;
	bool found;

	assert_refused(store_integer(on->store, on->arena,
				     on->postgres ? SQL_STORE_FOREIGN_KEYS : SQL_BLOB_FIND,
				     CELLS(cell_text(T("x"))), &number, &found),
		       INTERNAL);
}

STORE_TEST(the_schema_can_be_asked)
{
	text *names;
	size_t names_count;
	bool has;
	text plan;

	make_table(on);
	assert_ok(store_script(
	    on->store, on->arena,
	    T("CREATE INDEX person_b ON person (boss); CREATE INDEX person_a ON person (height)")));
	assert_ok(store_has_table(on->store, on->arena, T("person"), &has));
	assert_true(has);
	assert_ok(store_has_table(on->store, on->arena, T("nobody"), &has));
	assert_false(has);
	assert_ok(store_columns(on->store, on->arena, T("person"), &names, &names_count));
	assert_int_equal(names_count, 5);
	assert_text(names[0], "id");
	assert_text(names[4], "boss");
	assert_ok(store_indexes(on->store, on->arena, T("person"), &names, &names_count));
	assert_int_equal(names_count, 2);
	assert_text(names[0], "person_a");
	assert_text(names[1], "person_b");
	assert_ok(store_columns(on->store, on->arena, T("nobody"), &names, &names_count));
	assert_int_equal(names_count, 0);
	assert_ok(store_explain(on->store, on->arena, T("SELECT * FROM person WHERE id = $1"),
				CELLS(cell_integer(1)), &plan));
	assert_true(text_find(plan, T("person")) >= 0);
}

STORE_TEST(a_changed_schema_does_not_break_prepared_statements)
{
	struct store *reader;
	struct rows *rows;
	bool row;

	make_table(on);
	assert_ok(add(on, 1, "ann"));
	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &reader));
	for (int round = 0; round < 2; round++) {
		struct error *error =
		    store_query_text(reader, on->arena, T("SELECT * FROM person"), NO_CELLS, &rows);
		/* PostgreSQL refuses the old plan once; asked again it makes a new one. */
		if (error != NULL && error->code == ERROR_RETRY)
			error =
			    store_query_text(reader, on->arena, T("SELECT * FROM person"), NO_CELLS, &rows);
		assert_ok(error);
		assert_ok(rows_next(rows, &row));
		assert_true(row);
		rows_close(rows);
		if (round == 0)
			assert_ok(store_script(on->store, on->arena,
					       T("ALTER TABLE person ADD COLUMN extra TEXT")));
	}
	assert_int_equal(count(on, reader), 1);
	store_close(reader);
}

STORE_TEST(another_file_is_another_store)
{
	struct store_settings settings = on->settings;
	struct store *other;
	bool has;

	if (on->postgres)
		return;
	make_table(on);
	settings.file = T("search.db");
	assert_ok(store_open(on->arena, &settings, STORE_WRITE, &other));
	assert_ok(store_has_table(other, on->arena, T("person"), &has));
	assert_false(has);
	/* The store's own tables are in the main file only. */
	assert_ok(store_has_table(other, on->arena, T("counter"), &has));
	assert_false(has);
	store_close(other);
}

STORE_TEST(sums_and_averages_are_numbers)
{
	struct rows *rows;
	bool row;

	assert_ok(store_query_text(
	    on->store, on->arena,
	    T("SELECT sum(n), sum(-n), avg(h), sum(z) FROM (SELECT CAST(20000 AS BIGINT) AS n, 1.5 AS h, "
	      "CAST(0 AS BIGINT) AS z UNION ALL SELECT 9000000000000, 0.25, 0) AS numbers"),
	    NO_CELLS, &rows));
	assert_ok(rows_next(rows, &row));
	assert_int_equal(rows_cell(rows, 0).kind, CELL_INTEGER);
	assert_true(rows_integer(rows, 0) == INT64_C(9000000020000));
	assert_true(rows_integer(rows, 1) == -INT64_C(9000000020000));
	assert_int_equal(rows_cell(rows, 2).kind, CELL_REAL);
	assert_true(rows_real(rows, 2) == 0.875);
	assert_int_equal(rows_cell(rows, 3).kind, CELL_INTEGER);
	assert_int_equal(rows_integer(rows, 3), 0);
	rows_close(rows);
}

STORE_TEST(a_failed_statement_is_never_committed_in_part)
{
	make_table(on);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(add(on, 1, "ann"));
	assert_refused(add(on, 2, "ann"), CONFLICT);
	if (on->postgres) {
		/* The server would answer COMMIT with success - and have rolled back. */
		assert_refused(store_commit(on->store, on->arena), INTERNAL);
		assert_int_equal(count(on, on->store), 0);
	} else {
		assert_ok(store_commit(on->store, on->arena));
		assert_int_equal(count(on, on->store), 1);
	}
	assert_false(store_in_transaction(on->store));
}
