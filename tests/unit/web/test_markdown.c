/* Markdown of people: what is shown, and that nothing runs. */
#include "test.h"

#include "base/moment.h"
#include "web/web_private.h"

static struct arena *arena;

static text html(const char *source)
{
	arena = arena_new(64 * 1024 * 1024);
	struct value *value = markdown_html(arena, text_from(source));
	assert_int_equal(value->kind, VALUE_HTML);
	return value->text;
}

static void has(const char *source, const char *part, bool wanted)
{
	text written = html(source);

	if ((text_find(written, text_from(part)) >= 0) != wanted)
		fail_msg("'%s' gave '%.*s'", source, TEXT_ARG(written));
	arena_free(arena);
}

TEST(markdown_shows_what_people_write)
{
	has("a *b* **c** ~~d~~", "<em>b</em> <strong>c</strong> <del>d</del>", true);
	has("| a | b |\n|---|---|\n| 1 | 2 |", "<table>", true);
	has("see https://example.org/x", "<a rel=\"nofollow noopener noreferrer\" href=\"https://example.org/x\">", true);
	has("one\ntwo", "one<br />\ntwo", true);
	has("`a < b`", "<code>a &lt; b</code>", true);
	has("on <server name> or <b>this</b>", "<p>on &lt;server name&gt; or &lt;b&gt;this&lt;/b&gt;</p>", true);
	has("<div>\na *b*\n</div>\n\nc", "<p>&lt;div&gt;<br />\na *b*<br />\n&lt;/div&gt;</p>\n<p>c</p>", true);
	has("<!-- x\ny -->", "<p>&lt;!-- x<br />\ny --&gt;</p>", true);
}

TEST(markdown_runs_nothing)
{
	has("<script>alert(1)</script>", "<script", false);
	has("a <img src=x onerror=alert(1)> b", "<img", false);
	has("[x](javascript:alert(1))", "javascript", false);
	has("[x](JaVaScRiPt:alert(1))", "alert", false);
	has("[x](data:text/html;base64,x)", "data:", false);
	has("[x](vbscript:x)", "vbscript", false);
	has("![x](https://example.org/pixel.png)", "<img", false);
	has("![x](https://example.org/pixel.png)", "href=\"https://example.org/pixel.png\"", true);
	has("<javascript:alert(1)>", "href=\"javascript", false);
	has("[x](/y \"a\\\" onclick=\\\"z\")", "onclick=\"", false);
}

TEST(markdown_takes_bounded_time)
{
	static const char *const marks[] = { "[", "![l", "*a ", "_", "<", "`", "|", "~", "[a](", "www.", "&#", "*a_b", "> ", "- ", "(", "h:/", "a@" };

	for (size_t i = 0; i < array_length(marks); i++) {
		size_t length = strlen(marks[i]), total = 64 * 1024 / length;
		char *source = malloc(total * length + 1);
		for (size_t k = 0; k < total; k++)
			memcpy(source + k * length, marks[i], length);
		source[total * length] = 0;
		int64_t from = monotonic_us();
		(void)html(source);
		int64_t took = monotonic_us() - from;
		if (took > 1000000)
			fail_msg("64 KB of '%s' took %lld ms", marks[i], (long long)took / 1000);
		arena_free(arena);
		free(source);
	}
}
