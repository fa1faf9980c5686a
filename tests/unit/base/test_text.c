/* Texts: cutting, comparing, strict numbers, nearness, hexadecimal. */
#include "../test.h"

TEST(unset_is_not_empty)
{
	struct arena *arena = arena_new(1 << 20);

	assert_false(text_is_set(text_from(NULL)));
	assert_true(text_is_set(text_from("")));
	assert_false(text_is_set(text_copy(arena, TEXT_UNSET)));
	assert_true(text_is_set(text_copy(arena, T(""))));
	assert_string_equal(text_cstring(arena, TEXT_UNSET), "");
	assert_int_equal(text_compare(TEXT_UNSET, T("")), 0);
	assert_false(text_is_set(text_fold(arena, TEXT_UNSET)));
	arena_free(arena);
}

TEST(formats_and_joins)
{
	struct arena *arena = arena_new(1 << 20);
	text parts[] = { T("a"), T(""), T("bc") };
	text t = text_format(arena, "%s=%d", "x", 42);

	assert_text(t, "x=42");
	assert_int_equal(t.data[t.length], '\0');
	t = text_format(arena, "%0500d", 7);
	assert_int_equal(t.length, 500);
	assert_text(text_join(arena, parts, 3, T(", ")), "a, , bc");
	assert_text(text_join(arena, parts, 0, T(", ")), "");
	arena_free(arena);
}

TEST(compares_bytewise)
{
	assert_true(text_compare(T("a"), T("b")) < 0);
	assert_true(text_compare(T("ab"), T("a")) > 0);
	assert_true(text_compare(T("\xc3"), T("z")) > 0);
	assert_int_equal(text_compare(T("a"), T("a")), 0);
	assert_true(text_equal_ignoring_case(T("Content-TYPE"), T("content-type")));
	assert_false(text_equal_ignoring_case(T("@"), T("`")));
}

TEST(finds_and_cuts)
{
	text rest = T("a,,b"), part;

	assert_int_equal(text_find(T("hello"), T("ll")), 2);
	assert_int_equal(text_find(T("hello"), T("x")), -1);
	assert_int_equal(text_find(T("hello"), T("")), 0);
	assert_int_equal(text_find_char(T(""), 'x'), -1);
	assert_true(text_starts_with(T("abc"), T("ab")));
	assert_false(text_starts_with(T("a"), T("ab")));
	assert_true(text_ends_with(T("abc"), T("bc")));
	assert_text(text_trim(T(" \t a b \r\n")), "a b");
	assert_text(text_trim(T("  ")), "");
	assert_text(text_slice(T("abc"), 1, 99), "bc");
	assert_text(text_slice(T("abc"), 9, 2), "");
	assert_true(text_cut(&rest, ',', &part));
	assert_text(part, "a");
	assert_true(text_cut(&rest, ',', &part));
	assert_text(part, "");
	assert_true(text_cut(&rest, ',', &part));
	assert_text(part, "b");
	assert_false(text_cut(&rest, ',', &part));
}

TEST(reads_integers_strictly)
{
	static const char *const bad[] = { "", "-", "+1", " 1", "1 ", "1.0", "0x1", "9223372036854775808",
		                           "-9223372036854775809", "99999999999999999999", "1e3" };
	int64_t number = 5;

	for (size_t i = 0; i < array_length(bad); i++)
		assert_false(text_to_integer(text_from(bad[i]), &number));
	assert_int_equal(number, 5);
	assert_true(text_to_integer(T("9223372036854775807"), &number));
	assert_true(number == INT64_MAX);
	assert_true(text_to_integer(T("-9223372036854775808"), &number));
	assert_true(number == INT64_MIN);
	assert_true(text_to_integer(T("-0"), &number));
	assert_int_equal(number, 0);
}

TEST(reads_reals_strictly)
{
	static const char *const bad[] = { "", "-", "nan", "inf", "0x1p3", ".5", "5.", "1e", "1e+", "1e999", " 1", "1,5" };
	double number = 0;

	for (size_t i = 0; i < array_length(bad); i++)
		assert_false(text_to_real(text_from(bad[i]), &number));
	assert_true(text_to_real(T("-12.5e-1"), &number));
	assert_true(number == -1.25);
	assert_true(text_to_real(T("3"), &number));
	assert_true(number == 3);
	/* Only the text itself is read, not what stands behind it. */
	assert_true(text_to_real(text_slice(T("1234"), 0, 2), &number));
	assert_true(number == 12);
}

TEST(finds_the_nearest_name)
{
	text names[] = { T("network"), T("desktop"), T("status"), T("vip") };

	assert_text(text_nearest(T("netwrok"), names, 4), "network");
	assert_text(text_nearest(T("statuss"), names, 4), "status");
	assert_text(text_nearest(T("vop"), names, 4), "vip");
	assert_false(text_is_set(text_nearest(T("printer"), names, 4)));
	assert_false(text_is_set(text_nearest(T("x"), names, 4)));
	assert_int_equal(text_distance(T("abcd"), T("acbd"), 3), 1);
	assert_int_equal(text_distance(T("kitten"), T("sitting"), 5), 3);
	assert_int_equal(text_distance(T("kitten"), T("sitting"), 1), 2);
	assert_int_equal(text_distance(T(""), T("abc"), 5), 3);
}

TEST(writes_and_reads_hexadecimal)
{
	struct arena *arena = arena_new(1 << 20);
	unsigned char bytes[3] = { 0 };

	assert_text(text_hex(arena, "\x00\xff\x1a", 3), "00ff1a");
	assert_true(text_unhex(T("00FF1a"), bytes, 3));
	assert_memory_equal(bytes, "\x00\xff\x1a", 3);
	assert_false(text_unhex(T("00ff1"), bytes, 3));
	assert_false(text_unhex(T("00ff1g"), bytes, 3));
	assert_text(text_lower_ascii(arena, T("ABC \xc3\x84")), "abc \xc3\x84");
	arena_free(arena);
}

TEST(hashes_spread)
{
	char key[8];
	uint64_t seen[1000];

	for (int i = 0; i < 1000; i++) {
		snprintf(key, sizeof(key), "k%d", i);
		seen[i] = text_hash(text_from(key)) % 4096;
	}
	int equal = 0;
	for (int i = 0; i < 1000; i++)
		for (int j = 0; j < i; j++)
			equal += seen[i] == seen[j];
	assert_in_range(equal, 50, 250); /* about 122 by chance */
	assert_true(text_hash(T("")) == text_hash(TEXT_UNSET));
	assert_true(text_hash(T("a")) != text_hash((text){ "a\0", 2 }));
}
