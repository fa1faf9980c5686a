/* Texts: whatever bytes come, results stay well-formed and within bounds. */
#include "../fuzz.h"

#include "base/text.h"

static void check_unicode(struct arena *arena, text t)
{
	size_t bad = 0;
	bool good = text_is_utf8(t, &bad);
	text folded = text_fold(arena, t), shortened = text_shorten(arena, t, 5);

	must(good || (bad < t.length && text_is_utf8(text_slice(t, 0, bad), NULL)));
	must(text_characters(shortened) <= 5 || text_equal(shortened, t));
	if (!good)
		return;
	must(text_is_utf8(folded, NULL));
	must(text_is_utf8(shortened, NULL));
	must(text_equal(text_fold(arena, text_lower_ascii(arena, t)), folded));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *arena = arena_new(SIZE_MAX);
	text t = { (const char *)data, size }, half = text_slice(t, 0, size / 2), rest = t, part;
	int64_t integer;
	double real;
	size_t length = 0;

	check_unicode(arena, t);
	if (text_to_integer(t, &integer)) {
		int64_t again;
		must(text_to_integer(text_format(arena, "%lld", (long long)integer), &again) && again == integer);
		must(size > 300 || text_to_real(t, &real));
	}
	(void)text_to_real(t, &real);
	while (text_cut(&rest, ',', &part))
		length += part.length + 1;
	must(length == size + 1);
	must(text_find(t, half) == 0);
	must(text_trim(t).length <= size);
	must(text_compare(t, t) == 0 && text_compare(half, t) <= 0);
	size_t distance = text_distance(t, half, 10);
	must(distance == text_distance(half, t, 10));
	unsigned char *bytes = arena_alloc(arena, size + 1);
	must(text_unhex(text_hex(arena, data, size), bytes, size) && memcmp(bytes, data, size) == 0);
	arena_free(arena);
	return 0;
}
