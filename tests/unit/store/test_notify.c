/* Who waits for a commit is woken by it, and by nothing that was rolled back. */
#include "store_both.h"

#include "base/moment.h"

static bool wait_on(struct store_fixture *on, struct store *store, const char *channel, int timeout_ms)
{
	bool woken;

	assert_ok(store_wait_notify(store, on->arena, text_from(channel), timeout_ms, &woken));
	return woken;
}

STORE_TEST(a_commit_wakes_and_a_rollback_does_not)
{
	struct store *waiter;

	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &waiter));
	/* What came before the first wait is not known. */
	assert_true(wait_on(on, waiter, "event", 0));
	assert_false(wait_on(on, waiter, "event", 20));
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(store_notify(on->store, on->arena, T("event")));
	assert_ok(store_notify(on->store, on->arena, T("event")));
	assert_false(wait_on(on, waiter, "event", 20));
	assert_ok(store_commit(on->store, on->arena));
	int64_t begun = monotonic_us();
	assert_true(wait_on(on, waiter, "event", 5000));
	assert_true(monotonic_us() - begun < 2000000);
	assert_ok(store_begin(on->store, on->arena));
	assert_ok(store_notify(on->store, on->arena, T("event")));
	store_rollback(on->store);
	assert_false(wait_on(on, waiter, "event", 50));
	assert_ok(store_notify(on->store, on->arena, T("event")));
	assert_true(wait_on(on, waiter, "event", 5000));
	store_close(waiter);
}

STORE_TEST(channels_are_apart)
{
	struct store *waiter;

	assert_ok(store_open(on->arena, &on->settings, STORE_READ, &waiter));
	assert_true(wait_on(on, waiter, "one", 0));
	assert_true(wait_on(on, waiter, "two", 0));
	assert_ok(store_notify(on->store, on->arena, T("two")));
	assert_false(wait_on(on, waiter, "one", 50));
	assert_true(wait_on(on, waiter, "two", 5000));
	store_close(waiter);
}
