/* Numbers are never given twice: not after a rollback, not after kill -9, not by two at the same moment. */
#include "store_both.h"

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

STORE_TEST(a_counter_counts_from_one)
{
	int64_t number;

	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	assert_ok(store_make_counter(on->store, on->arena, T("change")));
	for (int64_t expected = 1; expected <= 3; expected++) {
		assert_ok(store_next(on->store, on->arena, T("incident"), &number));
		assert_int_equal(number, expected);
	}
	assert_ok(store_next(on->store, on->arena, T("change"), &number));
	assert_int_equal(number, 1);
	/* Making it again changes nothing. */
	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	assert_ok(store_next(on->store, on->arena, T("incident"), &number));
	assert_int_equal(number, 4);
}

STORE_TEST(a_counter_that_does_not_exist_is_named)
{
	int64_t number;
	struct error *error = store_next(on->store, on->arena, T("nothing"), &number);

	assert_non_null(error);
	assert_int_equal(error->code, ERROR_INTERNAL);
	assert_true(text_find(error->message, T("nothing")) >= 0);
	assert_refused(store_jump(on->store, on->arena, T("nothing"), 5), INTERNAL);
	assert_refused(store_make_counter(on->store, on->arena, T("a\"; DROP")), INTERNAL);
}

STORE_TEST(a_jump_goes_forward_only)
{
	static const int64_t jumps[] = { 1, 7, 3, 40000, 5000000 };
	int64_t number, highest = 0;

	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	for (size_t i = 0; i < array_length(jumps); i++) {
		assert_ok(store_jump(on->store, on->arena, T("incident"), jumps[i]));
		assert_ok(store_next(on->store, on->arena, T("incident"), &number));
		assert_int_equal(number, maximum(highest, jumps[i]) + 1);
		highest = number;
	}
	assert_ok(store_jump(on->store, on->arena, T("incident"), 0));
	assert_ok(store_next(on->store, on->arena, T("incident"), &number));
	assert_int_equal(number, highest + 1);
}

STORE_TEST(a_rollback_gives_no_committed_number_again)
{
	int64_t committed, lost, after;

	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(store_next(on->store, on->arena, T("incident"), &committed));
	assert_ok(store_commit(on->store, on->arena));
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(store_next(on->store, on->arena, T("incident"), &lost));
	store_rollback(on->store);
	assert_ok(store_next(on->store, on->arena, T("incident"), &after));
	assert_true(after > committed);
	/* On PostgreSQL the lost number is a gap; on SQLite nobody ever saw it. */
	if (on->postgres)
		assert_true(after > lost);
}

#define DRAWERS 4
#define DRAWN_EACH 50

struct drawer {
	struct store_fixture *on;
	pthread_t thread;
	int64_t numbers[DRAWN_EACH];
	bool failed;
};

static void *draw(void *data)
{
	struct drawer *drawer = data;
	struct arena *arena = arena_new(1024 * 1024);
	struct store *store;

	drawer->failed = store_open(arena, &drawer->on->settings, STORE_WRITE, &store) != NULL;
	for (int i = 0; !drawer->failed && i < DRAWN_EACH; i++) {
		drawer->failed = store_next(store, arena, T("incident"), &drawer->numbers[i]) != NULL;
		if (i % 5 == 0 && !drawer->failed)
			drawer->failed =
			    store_jump(store, arena, T("incident"), drawer->numbers[i] + 3) != NULL;
	}
	if (!drawer->failed)
		store_close(store);
	arena_free(arena);
	return NULL;
}

STORE_TEST(numbers_drawn_at_the_same_moment_differ)
{
	struct drawer drawers[DRAWERS];
	static char seen[DRAWERS * DRAWN_EACH * 8];

	memset(seen, 0, sizeof(seen));
	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	for (int i = 0; i < DRAWERS; i++) {
		drawers[i] = (struct drawer){ .on = on };
		assert_int_equal(pthread_create(&drawers[i].thread, NULL, draw, &drawers[i]), 0);
	}
	for (int i = 0; i < DRAWERS; i++)
		pthread_join(drawers[i].thread, NULL);
	for (int i = 0; i < DRAWERS; i++) {
		assert_false(drawers[i].failed);
		for (int j = 0; j < DRAWN_EACH; j++) {
			int64_t number = drawers[i].numbers[j];
			assert_true(number > 0 && number < (int64_t)sizeof(seen));
			assert_int_equal(seen[number]++, 0);
		}
	}
}

/* Draws numbers and tells each one only after its COMMIT, until it is killed. */
static void draw_until_killed(const struct store_settings *settings, int to)
{
	struct arena *arena = arena_new(64 * 1024 * 1024);
	struct store *store;
	int64_t number;

	if (store_open(arena, settings, STORE_WRITE, &store) != NULL)
		_exit(1);
	for (;;) {
		if (store_begin(store, arena) != NULL ||
		    store_next(store, arena, T("incident"), &number) != NULL ||
		    store_commit(store, arena) != NULL ||
		    write(to, &number, sizeof(number)) != sizeof(number))
			_exit(1);
	}
}

STORE_TEST(kill_gives_no_told_number_again)
{
	int64_t number, told = 0;

	assert_ok(store_make_counter(on->store, on->arena, T("incident")));
	/* SQLite must not be carried over a fork. */
	store_close(on->store);
	for (int round = 0; round < 5; round++) {
		int ends[2], status;

		assert_int_equal(pipe(ends), 0);
		pid_t child = fork();
		if (child == 0)
			draw_until_killed(&on->settings, ends[1]);
		close(ends[1]);
		for (int i = 0; i < 20 + round * 7; i++) {
			assert_int_equal(read(ends[0], &number, sizeof(number)), sizeof(number));
			assert_true(number > told);
			told = number;
		}
		kill(child, SIGKILL);
		while (read(ends[0], &number, sizeof(number)) == sizeof(number))
			told = number;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFSIGNALED(status));
		close(ends[0]);
	}
	assert_ok(store_open(on->arena, &on->settings, STORE_WRITE, &on->store));
	assert_ok(store_next(on->store, on->arena, T("incident"), &number));
	assert_true(number > told);
	assert_ok(store_check_integrity(on->store, on->arena));
}
