/* Buffers: growth, the maximum, numbers. */
#include "../test.h"

#include "base/buffer.h"

TEST(writes_everything)
{
	struct arena *arena = arena_new(1 << 20);
	struct buffer out;
	text t;

	buffer_init(&out, arena, 100000);
	assert_text(buffer_peek(&out), "");
	buffer_literal(&out, "a=");
	buffer_integer(&out, INT64_MIN);
	buffer_char(&out, ' ');
	buffer_integer(&out, 0);
	buffer_format(&out, " %s", "x");
	buffer_text(&out, T("!"));
	buffer_text(&out, TEXT_UNSET);
	assert_ok(buffer_finish(&out, &t));
	assert_text(t, "a=-9223372036854775808 0 x!");
	assert_int_equal(t.data[t.length], '\0');
	for (int i = 0; i < 50000; i++)
		buffer_char(&out, 'y');
	assert_ok(buffer_finish(&out, &t));
	assert_int_equal(t.length, 50027);
	arena_free(arena);
}

TEST(stops_at_its_maximum)
{
	struct arena *arena = arena_new(1 << 20);
	struct buffer out;
	text t;

	buffer_init(&out, arena, 4);
	buffer_literal(&out, "1234");
	assert_ok(buffer_finish(&out, &t));
	assert_text(t, "1234");
	buffer_char(&out, '5');
	assert_refused(buffer_finish(&out, &t), TOO_LARGE);
	assert_text(buffer_peek(&out), "1234");
	/* Once something was dropped nothing more is taken, or the output would have a hole. */
	buffer_init(&out, arena, 4);
	buffer_literal(&out, "12345");
	buffer_literal(&out, "1");
	assert_text(buffer_peek(&out), "");
	arena_free(arena);
}
