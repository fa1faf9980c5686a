/* UTF-8 and Unicode: what is well-formed, how long it is, where it may be cut, what it folds to. */
#include "../test.h"

TEST(knows_well_formed_utf8)
{
	static const text good[] = {
		{ "", 0 }, { "plain ascii text of some length", 31 }, { "\xc2\x80", 2 }, { "\xdf\xbf", 2 },
		{ "\xe0\xa0\x80", 3 }, { "\xed\x9f\xbf", 3 }, { "\xee\x80\x80", 3 }, { "\xf0\x90\x80\x80", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 },
	};
	static const struct {
		text t;
		size_t position;
	} bad[] = {
		{ { "abc\0def", 7 }, 3 }, { { "12345678\0", 9 }, 8 }, { { "1234\0" "678", 8 }, 4 }, { { "\x80", 1 }, 0 },
		{ { "a\xc0\x80", 3 }, 1 }, { { "\xc1\xbf", 2 }, 0 }, { { "\xc3", 1 }, 0 }, { { "\xe0\x9f\xbf", 3 }, 0 },
		{ { "\xed\xa0\x80", 3 }, 0 }, { { "\xf0\x8f\xbf\xbf", 4 }, 0 }, { { "\xf4\x90\x80\x80", 4 }, 0 },
		{ { "\xf5\x80\x80\x80", 4 }, 0 }, { { "long enough \xff", 13 }, 12 }, { { "\xe2\x82", 2 }, 0 },
		{ { "\xe2\x82" "a", 3 }, 0 },
	};
	size_t position = 99;

	for (size_t i = 0; i < array_length(good); i++)
		assert_true(text_is_utf8(good[i], NULL));
	for (size_t i = 0; i < array_length(bad); i++) {
		assert_false(text_is_utf8(bad[i].t, &position));
		assert_int_equal(position, bad[i].position);
	}
	assert_true(text_is_utf8(TEXT_UNSET, NULL));
}

TEST(shortens_between_graphemes)
{
	struct arena *arena = arena_new(1 << 20);

	assert_int_equal(text_characters(T("a\xc3\xa4\xe2\x82\xac")), 3);
	assert_text(text_shorten(arena, T("hello"), 5), "hello");
	assert_text(text_shorten(arena, T("hello"), 4), "hel\xe2\x80\xa6");
	assert_text(text_shorten(arena, T("hello"), 1), "\xe2\x80\xa6");
	assert_text(text_shorten(arena, T("hello"), 0), "");
	/* e + combining acute must stay together or go together. */
	assert_text(text_shorten(arena, T("xe\xcc\x81yz"), 3), "x\xe2\x80\xa6");
	assert_text(text_shorten(arena, T("xe\xcc\x81yz"), 4), "xe\xcc\x81\xe2\x80\xa6");
	arena_free(arena);
}

TEST(folds_for_comparing)
{
	struct arena *arena = arena_new(1 << 20);

	assert_text(text_fold(arena, T("VPN Down")), "vpn down");
	assert_text(text_fold(arena, T("STRASSE")), "strasse");
	assert_text(text_fold(arena, T("Stra\xc3\x9f" "e")), "strasse");
	assert_text(text_fold(arena, T("\xc3\x84rger")), "\xc3\xa4rger");
	/* Composed and decomposed fold to the same; ligatures and full width come apart. */
	assert_text(text_fold(arena, T("A\xcc\x88rger")), "\xc3\xa4rger");
	assert_text(text_fold(arena, T("\xef\xac\x81x")), "fix");
	/* One code point may become 18: the room grows. */
	text many = text_fold(arena, T("\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba\xef\xb7\xba"));
	assert_true(many.length > 100);
	assert_text(text_fold(arena, T("bad \xff KEPT")), "bad \xff KEPT");
	arena_free(arena);
}
