/* Idempotency keys and drafts: what is kept beside the records. */
#include "desk.h"

#include "base/limits.h"

DESK_TEST(a_repeat_gets_the_first_answer)
{
	bool found;
	int status;
	text answer;

	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /x {}"), &found, &status, &answer)));
	assert_false(found);
	assert_ok(IN_TX(desk, engine_idempotency_keep(desk->work, T("k"), T("POST /x {}"), 201, T("{\"a\":1}"))));
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /x {}"), &found, &status, &answer)));
	assert_true(found);
	assert_int_equal(status, 201);
	assert_text(answer, "{\"a\":1}");
	assert_refused(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /y {}"), &found, &status, &answer)), INVALID);
	/* Keys are one's own. */
	desk_as(desk, "lead");
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /y {}"), &found, &status, &answer)));
	assert_false(found);
	/* After 24 h a key is new. */
	desk_as(desk, "agent");
	desk->work->now += LIMIT_IDEMPOTENCY_MS;
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /y {}"), &found, &status, &answer)));
	assert_false(found);
	assert_ok(IN_TX(desk, engine_idempotency_keep(desk->work, T("k"), T("POST /y {}"), 200, T("again"))));
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("POST /y {}"), &found, &status, &answer)));
	assert_true(found);
	assert_text(answer, "again");
}

DESK_TEST(keys_are_printable_and_short)
{
	bool found;
	int status;
	text answer;
	char *large = arena_alloc(desk->arena, LIMIT_IDEMPOTENCY_KEY_BYTES + 2);

	memset(large, 'k', LIMIT_IDEMPOTENCY_KEY_BYTES + 1);
	desk_as(desk, "agent");
	assert_refused(IN_TX(desk, engine_idempotency_find(desk->work, text_from(large), T("x"), &found, &status, &answer)), INVALID);
	assert_refused(IN_TX(desk, engine_idempotency_find(desk->work, T(""), T("x"), &found, &status, &answer)), INVALID);
	assert_refused(IN_TX(desk, engine_idempotency_find(desk->work, T("a\nb"), T("x"), &found, &status, &answer)), INVALID);
}

DESK_TEST(a_key_is_kept_with_its_change_or_not_at_all)
{
	bool found;
	int status;
	text answer;

	desk_as(desk, "agent");
	desk_begin(desk);
	assert_ok(engine_idempotency_keep(desk->work, T("k"), T("x"), 201, T("lost")));
	store_rollback(desk->store);
	assert_ok(IN_TX(desk, engine_idempotency_find(desk->work, T("k"), T("x"), &found, &status, &answer)));
	assert_false(found);
}

DESK_TEST(drafts_are_ones_own)
{
	text draft;
	moment at;
	char *large = arena_alloc(desk->arena, LIMIT_DRAFT_BYTES + 2);

	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), T("{\"title\":\"hal\"}"))));
	desk->work->now += 2 * SECOND_MS;
	assert_ok(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), T("{\"title\":\"hallo\"}"))));
	assert_ok(engine_draft(desk->work, desk->incident, 0, T("create"), &draft, &at));
	assert_text(draft, "{\"title\":\"hallo\"}");
	assert_int_equal(at, desk->work->now);
	assert_ok(engine_draft(desk->work, desk->incident, 7, T("create"), &draft, &at));
	assert_false(text_is_set(draft));
	assert_ok(engine_draft(desk->work, desk->incident, 0, T("reply"), &draft, &at));
	assert_false(text_is_set(draft));
	desk_as(desk, "lead");
	assert_ok(engine_draft(desk->work, desk->incident, 0, T("create"), &draft, &at));
	assert_false(text_is_set(draft));
	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), T(""))));
	assert_ok(engine_draft(desk->work, desk->incident, 0, T("create"), &draft, &at));
	assert_false(text_is_set(draft));
	assert_refused(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T(""), T("x"))), INVALID);
	memset(large, 'k', LIMIT_DRAFT_BYTES + 1);
	assert_refused(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), text_from(large))), TOO_LARGE);
	assert_refused(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), T("\xff"))), INVALID);
	desk_as(desk, NULL);
	assert_refused(IN_TX(desk, engine_draft_save(desk->work, desk->incident, 0, T("create"), T("x"))), UNAUTHENTICATED);
}
