/* Query strings, form bodies, header parameters and multipart: what is taken apart and what is refused. */
#include "test.h"

#include "base/json.h"
#include "web/server.h"

static struct arena *arena;

/* One arena for the whole program, emptied by each test. */
static void begin(void)
{
	if (arena == NULL)
		arena = arena_new(64 * 1024 * 1024);
	arena_reset(arena);
}

static text parsed(const char *source)
{
	struct value *map;

	begin();
	assert_ok(form_parse(arena, text_from(source), &map));
	return json_text(arena, map);
}

static void refused(const char *source)
{
	struct value *map;

	begin();
	struct error *error = form_parse(arena, text_from(source), &map);
	if (error == NULL)
		fail_msg("'%s' was taken", source);
	assert_int_equal(error->code, ERROR_MALFORMED);
}

TEST(form_takes_pairs)
{
	assert_text(parsed("a=1&b=x+y%20z&c&d=%C3%A4"),
	            "{\"a\":\"1\",\"b\":\"x y z\",\"c\":\"\",\"d\":\"\xc3\xa4\"}");
	assert_text(parsed(""), "{}");
	assert_text(parsed("&&a=1&"), "{\"a\":\"1\"}");
	assert_text(parsed("w[]=a&w[]=b&q=a=b"), "{\"w\":[\"a\",\"b\"],\"q\":\"a=b\"}");
}

TEST(form_refuses_what_two_parsers_read_differently)
{
	refused("a=1&a=2");
	refused("a[]=1&a=2");
	refused("a=1&a[]=2");
	refused("=1");
	refused("a=%");
	refused("a=%4");
	refused("a=%zz");
	refused("a=%ff");
	refused("a=%00");
	refused("a=%ed%a0%80");
	refused("%c0%af=1");
}

TEST(form_encodes_components)
{
	struct buffer out;

	begin();
	buffer_init(&out, arena, 1000);
	percent_encode(&out, T("a b/\xc3\xa4~-._Z9"));
	assert_text(buffer_peek(&out), "a%20b%2F%C3%A4~-._Z9");
}

TEST(header_parameters_are_unquoted)
{
	begin();
	assert_text(header_parameter(arena, T("form-data; name=\"a;b\"; filename=\"x\\\"y.txt\""), T("name")), "a;b");
	assert_text(header_parameter(arena, T("form-data; name=\"a;b\"; filename=\"x\\\"y.txt\""), T("filename")), "x\"y.txt");
	assert_text(header_parameter(arena, T("text/html;Q=0.5"), T("q")), "0.5");
	assert_text(header_parameter(arena, T("form-data; filename=\"C:\\dir\\x\""), T("filename")), "C:\\dir\\x");
	assert_false(text_is_set(header_parameter(arena, T("text/html"), T("q"))));
	assert_false(text_is_set(header_parameter(arena, T("text/html; ; ;"), T("q"))));
}

static const char good[] = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue\r\n"
			   "--X\r\nContent-Disposition: form-data; name=\"f\"; filename=\"C:\\\\x\\\\y.TXT\"\r\n"
			   "Content-Type: Text/Plain; charset=utf-8\r\n\r\n\r\n--Y\r\n\r\n--X\r\n"
			   "content-disposition: form-data; name=e; filename=\"\"\r\n\r\n\r\n--X--\r\n";

TEST(multipart_takes_fields_and_files)
{
	struct part *parts;
	size_t count;

	begin();
	assert_ok(multipart_parse(arena, text_from(good), T("X"), &parts, &count));
	assert_int_equal(count, 3);
	assert_text(parts[0].name, "a");
	assert_text(parts[0].content, "value");
	assert_false(text_is_set(parts[0].file_name));
	assert_text(parts[1].file_name, "y.TXT");
	assert_text(parts[1].media_type, "text/plain");
	assert_text(parts[1].content, "\r\n--Y\r\n");
	assert_text(parts[2].name, "e");
	assert_int_equal(parts[2].file_name.length, 0);
	assert_true(text_is_set(parts[2].file_name));
}

TEST(multipart_refuses_what_is_cut_or_wrong)
{
	static const char *const bad[] = {
		"", "x", "--X", "--X\r\n", "--X\r\n\r\n\r\n--X--", "--X\r\nContent-Disposition: form-data\r\n\r\n\r\n--X--",
		"--X\r\nContent-Disposition: attachment; name=\"a\"\r\n\r\n\r\n--X--",
		"--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nvalue",
		"--X\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Disposition: form-data; name=\"b\"\r\n\r\n\r\n--X--",
		"--X\r\nno colon\r\n\r\n\r\n--X--",
		"--Xy\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n\r\n--X--",
		"--X\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\nContent-Type: te xt/plain\r\n\r\n\r\n--X--",
		"--X\r\nContent-Disposition: form-data; name=\"a\"\r\nContent-Transfer-Encoding: base64\r\n\r\n\r\n--X--",
	};
	struct part *parts;
	size_t count;

	begin();
	for (size_t i = 0; i < array_length(bad); i++)
		assert_refused(multipart_parse(arena, text_from(bad[i]), T("X"), &parts, &count), MALFORMED);
	assert_refused(multipart_parse(arena, text_from(good), T(""), &parts, &count), MALFORMED);
	assert_refused(multipart_parse(arena, text_from(good), T("a b"), &parts, &count), MALFORMED);
	/* Every cut of a good body is refused, none reads past its end. */
	for (size_t length = 0; length + 4 < sizeof(good) - 1; length++) {
		char *exact = malloc(length + 1);
		memcpy(exact, good, length);
		assert_refused(multipart_parse(arena, (text){ exact, length }, T("X"), &parts, &count), MALFORMED);
		free(exact);
	}
}
