/* Passwords: parameters, right and wrong ones, old parameters, none at all, and which ones are refused. */
#include "../test.h"

#include "access/access.h"
#include "base/moment.h"

#include <sodium.h>

TEST(hashes_with_the_decided_parameters)
{
	struct arena *arena = arena_new(1 << 20);
	text hash, other;

	assert_ok(password_hash(arena, T("correct horse battery"), &hash));
	assert_true(text_starts_with(hash, T("$argon2id$v=19$m=19456,t=2,p=1$")));
	assert_ok(password_hash(arena, T("correct horse battery"), &other));
	assert_false(text_equal(hash, other));
	arena_free(arena);
}

TEST(knows_right_from_wrong)
{
	struct arena *arena = arena_new(1 << 20);
	bool right = false, rehash = true;
	text hash;

	assert_ok(password_hash(arena, T("correct horse battery"), &hash));
	assert_ok(password_verify(arena, hash, T("correct horse battery"), &right, &rehash));
	assert_true(right);
	assert_false(rehash);
	static const char *const wrong[] = { "", "correct horse batter", "correct horse battery ", "Correct horse battery" };
	for (size_t i = 0; i < array_length(wrong); i++) {
		assert_ok(password_verify(arena, hash, text_from(wrong[i]), &right, &rehash));
		assert_false(right);
		assert_false(rehash);
	}
	assert_ok(password_verify(arena, T("not a hash"), T("x"), &right, &rehash));
	assert_false(right);
	arena_free(arena);
}

TEST(nobody_has_no_password_and_costs_the_same)
{
	struct arena *arena = arena_new(1 << 20);
	bool right = true, rehash = true;
	int64_t known = 0, unknown = 0, begin;
	text hash;

	assert_ok(password_hash(arena, T("correct horse battery"), &hash));
	for (int i = 0; i < 5; i++) {
		begin = monotonic_us();
		assert_ok(password_verify(arena, hash, T("wrong"), &right, &rehash));
		known += monotonic_us() - begin;
		begin = monotonic_us();
		assert_ok(password_verify(arena, TEXT_UNSET, T("wrong"), &right, &rehash));
		unknown += monotonic_us() - begin;
		assert_false(right);
	}
	assert_ok(password_verify(arena, TEXT_UNSET, T(""), &right, &rehash));
	assert_false(right);
	/* The machine may be busy: the same kind of work, not a shortcut that is a thousand times faster. */
	assert_true(unknown * 4 > known);
	arena_free(arena);
}

TEST(old_parameters_ask_for_a_new_hash)
{
	struct arena *arena = arena_new(1 << 20);
	char old[crypto_pwhash_STRBYTES];
	bool right, rehash;

	assert_true(sodium_init() >= 0);
	assert_int_equal(crypto_pwhash_str(old, "correct horse battery", 21, 1, 8 << 20), 0);
	assert_ok(password_verify(arena, text_from(old), T("correct horse battery"), &right, &rehash));
	assert_true(right);
	assert_true(rehash);
	assert_ok(password_verify(arena, text_from(old), T("wrong"), &right, &rehash));
	assert_false(rehash);
	arena_free(arena);
}

TEST(refuses_what_is_guessed_first)
{
	struct arena *arena = arena_new(1 << 20);
	static const char *const bad[] = {
		"", "short", "123456789", "1234567890", "9876543210", "aaaaaaaaaaaa", "abababababab", "password123!", "Passwort2026",
		"qwertyuiop", "administrator1", "ann.weber2026", "my-ANN.WEBER-pw", "\xff\xfe bad bytes",
	};
	static const char *const good[] = { "correct horse battery", "passwordless is better", "k3Jd-92xk-Qmz1",
		                            "\xc3\xa4 quiet \xe2\x9a\x93 harbour" };
	char *longest = arena_alloc(arena, 300);

	for (size_t i = 0; i < array_length(bad); i++) {
		struct error *error = password_check_rules(arena, T("ann.weber"), text_from(bad[i]));
		if (error == NULL)
			fail_msg("'%s' was accepted", bad[i]);
		assert_int_equal(error->code, ERROR_INVALID);
		assert_text(error->field, "password");
	}
	for (size_t i = 0; i < array_length(good); i++)
		assert_ok(password_check_rules(arena, T("ann.weber"), text_from(good[i])));
	for (size_t i = 0; i < 257; i++)
		longest[i] = (char)('a' + i * 7 % 26);
	assert_refused(password_check_rules(arena, T("ann.weber"), (text){ longest, 257 }), INVALID);
	assert_ok(password_check_rules(arena, T("ann.weber"), (text){ longest, 256 }));
	arena_free(arena);
}
