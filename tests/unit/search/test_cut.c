/* The word cutter: folding, accents, scripts without spaces, numbers, caps, and that no text whatever breaks it. */
#include "../test.h"

#include "search/search_private.h"

#include "base/json.h"

#include <unistd.h>

/* The words with | between. */
static const char *cut(struct arena *arena, const char *source)
{
	text *words;
	size_t count;

	assert_ok(search_cut(arena, text_from(source), &words, &count));
	return text_cstring(arena, text_join(arena, words, count, T("|")));
}

TEST(cuts_and_folds)
{
	struct arena *arena = arena_new(1 << 24);
	static const char *const cases[][2] = {
		{ "", "" },
		{ " \t\n.,;!?", "" },
		{ "Mail is DOWN!", "mail|is|down" },
		{ "e-mail, can't; foo_bar", "e|mail|can|t|foo|bar" },
		{ "INC0000042 and KB-12", "inc0000042|and|kb|12" },
		{ "10.0.0.1:8080", "10|0|0|1|8080" },
		{ "Störung im Büro, Straße", "storung|im|buro|strasse" },
		{ "Cafe\xcc\x81 Caf\xc3\xa9", "cafe|cafe" },                        /* decomposed and composed */
		{ "\xef\xbc\xa1\xef\xbc\xa2\xef\xbc\xa3\xef\xbc\x91", "abc1" },     /* full-width ABC1 */
		{ "\xef\xac\x81nance x\xc2\xb2", "finance|x2" },                    /* ligature, superscript */
		{ "\xce\x9f\xce\x94\xce\x9f\xce\xa3", "\xce\xbf\xce\xb4\xce\xbf\xcf\x83" }, /* final sigma folds */
		{ "a\xe2\x80\x8b""b", "a|b" },                                      /* zero-width space parts */
		{ "soft\xc2\xadhyphen", "soft|hyphen" },
	};

	for (size_t i = 0; i < array_length(cases); i++)
		assert_string_equal(cut(arena, cases[i][0]), cases[i][1]);
	arena_free(arena);
}

TEST(scripts_without_spaces_become_pairs)
{
	struct arena *arena = arena_new(1 << 24);

	assert_string_equal(cut(arena, "障害報告"), "障害|害報|報告");
	assert_string_equal(cut(arena, "障"), "障");
	assert_string_equal(cut(arena, "メールが届かない"), "メー|ール|ルが|が届|届か|かな|ない");
	/* Half-width kana are the same words as full-width ones. */
	assert_string_equal(cut(arena, "ﾒｰﾙｶﾞ"), cut(arena, "メールガ"));
	assert_string_equal(cut(arena, "Windows版の更新"), "windows|版の|の更|更新");
	assert_string_equal(cut(arena, "프린터 고장"), "프린|린터|고장");
	assert_string_equal(cut(arena, "打印机。坏了"), "打印|印机|坏了");
	arena_free(arena);
}

TEST(a_question_finds_the_pairs_of_a_text)
{
	struct arena *arena = arena_new(1 << 24);
	struct span *spans;
	size_t count;
	text whole;

	assert_ok(cut_spans(arena, T("x 障 障害"), &whole, &spans, &count));
	assert_int_equal(count, 3);
	assert_false(spans[0].single);
	assert_true(spans[1].single);
	assert_false(spans[2].single);
	assert_int_equal(spans[2].to - spans[2].from, 6);
	arena_free(arena);
}

TEST(long_words_and_texts_have_caps)
{
	struct arena *arena = arena_new(1 << 26);
	char *big = arena_alloc(arena, 400001);
	text *words;
	size_t count;

	memset(big, 'a', 400000);
	assert_ok(search_cut(arena, (text){ big, 400000 }, &words, &count));
	assert_int_equal(count, 1);
	assert_int_equal(words[0].length, WORD_BYTES_MAX);
	for (size_t i = 0; i < 400000; i += 2)
		big[i] = ' ';
	assert_ok(search_cut(arena, (text){ big, 400000 }, &words, &count));
	assert_int_equal(count, WORDS_MAX);
	for (size_t i = 0; i + 3 <= 400000; i += 3)
		memcpy(big + i, "障", 3);
	assert_ok(search_cut(arena, (text){ big, 399999 }, &words, &count));
	assert_true(count > 1000 && count <= WORDS_MAX);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(words[i].length, 6);
	/* One letter with a thousand marks. */
	for (size_t i = 0; i < 2000; i += 2)
		memcpy(big + 1 + i, "\xcc\x81", 2);
	big[0] = 'e';
	assert_ok(search_cut(arena, (text){ big, 2001 }, &words, &count));
	assert_int_equal(count, 1);
	assert_text(words[0], "e");
	arena_free(arena);
}

TEST(nasty_strings_are_cut_without_harm)
{
	struct arena *arena = arena_new((size_t)1 << 27);
	char line[65536];
	size_t lines = 0;
	const char *root = getenv("REEVE_SOURCE");
	FILE *file = fopen(text_cstring(arena, text_format(arena, "%s/../shared/data/strings/blns.txt", root == NULL ? "." : root)), "r");

	if (file == NULL) {
		print_message("skipped: ../shared/data/strings is absent\n");
		skip();
	}
	while (fgets(line, sizeof(line), file) != NULL) {
		struct span *spans;
		text whole;
		size_t count, last = 0;
		lines++;
		assert_ok(cut_spans(arena, text_from(line), &whole, &spans, &count));
		for (size_t i = 0; i < count; i++) {
			assert_true(spans[i].from < spans[i].to && spans[i].to <= whole.length && spans[i].from >= last);
			assert_true(text_is_utf8(spans[i].word, NULL));
			assert_true(spans[i].word.length > 0 && spans[i].word.length <= WORD_BYTES_MAX);
			/* Nothing that means something to FTS5 or tsquery. */
			for (size_t c = 0; c < spans[i].word.length; c++) {
				unsigned char byte = (unsigned char)spans[i].word.data[c];
				assert_true(byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z'));
			}
			last = spans[i].from;
		}
	}
	fclose(file);
	assert_true(lines > 500);
	arena_free(arena);
}

TEST(any_bytes_are_cut_without_harm)
{
	struct arena *arena = arena_new((size_t)1 << 27);
	uint64_t state = 88172645463325252u;

	for (int round = 0; round < 3000; round++) {
		char bytes[64];
		text *words;
		size_t count;
		for (size_t i = 0; i < sizeof(bytes); i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			bytes[i] = (char)state;
		}
		assert_ok(search_cut(arena, (text){ bytes, (size_t)round % 64 }, &words, &count));
		for (size_t i = 0; i < count; i++)
			assert_true(text_is_utf8(words[i], NULL));
		arena_reset(arena);
	}
	arena_free(arena);
}
