/* JSON: what is refused and where, what comes back, and the whole of JSONTestSuite where it is present. */
#include "../test.h"

#include "base/json.h"

#include <dirent.h>
#include <unistd.h>

static void round_trip(const char *source, const char *expected)
{
	struct arena *arena = arena_new(1 << 24);
	struct value *value = NULL;

	assert_ok(json_parse(arena, text_from(source), &value));
	assert_text(json_text(arena, value), expected);
	arena_free(arena);
}

TEST(reads_and_writes)
{
	round_trip(" { \"b\" : [1, -2.50, true, false, null, \"x\"], \"a\": {} } ",
	           "{\"b\":[1,-2.5,true,false,null,\"x\"],\"a\":{}}");
	round_trip("\"\\u00e4\\ud83d\\ude00\\/\\b\\f\\n\\r\\t\\u0001\\\"\\\\\"",
	           "\"\xc3\xa4\xf0\x9f\x98\x80/\\b\\f\\n\\r\\t\\u0001\\\"\\\\\"");
	round_trip("9223372036854775807", "9223372036854775807");
	round_trip("-9223372036854775808", "-9223372036854775808");
	round_trip("[0.1, 1e3, 1e300, 123456789.123456789, 5e-324]",
	           "[0.1,1000.0,1e+300,123456789.12345679,4.94065645841247e-324]");
	round_trip("\"0123456789abcdef\\\"0123456789abcdef\"", "\"0123456789abcdef\\\"0123456789abcdef\"");
}

static struct error *parse(struct arena *arena, text source)
{
	struct value *value;

	return json_parse(arena, source, &value);
}

TEST(refuses_with_a_position)
{
	struct arena *arena = arena_new(1 << 24);
	static const struct {
		text source;
		uint32_t line;
	} bad[] = {
		{ { "", 0 }, 1 }, { { "[1,\n2,]", 7 }, 2 }, { { "{\"a\":1,\n\n\"a\":2}", 16 }, 3 }, { { "1 2", 3 }, 1 },
		{ { "\n\"\xff\"", 4 }, 2 }, { { "\"a\0b\"", 5 }, 1 }, { { "9223372036854775808", 19 }, 1 },
		{ { "\"\\ud800\"", 8 }, 1 }, { { "nul", 3 }, 1 }, { { "[1e999]", 7 }, 1 }, { { "'a'", 3 }, 1 },
		{ { "\xef\xbb\xbf{}", 5 }, 1 },
	};

	for (size_t i = 0; i < array_length(bad); i++) {
		struct error *error = parse(arena, bad[i].source);
		assert_refused(error, MALFORMED);
		assert_int_equal(error->place.line, bad[i].line);
		assert_true(error->place.column > 0);
		assert_true(text_is_utf8(error->message, NULL));
		assert_int_equal(text_find_char(error->message, '\n'), -1);
	}
	assert_refused(parse(arena, TEXT_UNSET), MALFORMED);
	assert_refused(parse(arena, T("[\"\\u0000\"]")), INVALID);
	assert_refused(parse(arena, T("{\"\\u0000\":1}")), INVALID);
	arena_free(arena);
}

TEST(bounds_depth_and_memory)
{
	struct arena *arena = arena_new(1 << 24);
	size_t size = 4 << 20;
	char *deep = arena_alloc(arena, size + 1);
	struct value *value;

	memset(deep, '[', size);
	struct error *error = parse(arena, (text){ deep, size });
	assert_refused(error, MALFORMED);
	assert_int_equal(error->place.column, 65);
	memset(deep, '[', 64);
	memset(deep + 64, ']', 64);
	assert_ok(json_parse(arena, (text){ deep, 128 }, &value));
	/* Brackets in texts are none. */
	assert_ok(json_parse(arena, T("[\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\\\"[\"]"), &value));
	/* Four million bytes of empty lists would be hundreds of megabytes. */
	for (size_t i = 0; i < size; i++)
		deep[i] = "[],"[i % 3];
	deep[0] = '[';
	deep[1] = '1';
	deep[size - 1] = ']';
	assert_refused(parse(arena, (text){ deep, size }), TOO_LARGE);
	arena_free(arena);
}

TEST(writes_bad_texts_as_replacement)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *list = value_list(arena), *same;

	value_append(arena, list, value_text(arena, (text){ "a\xff\0z\x80", 5 }));
	value_append(arena, list, value_html(arena, T("<b>")));
	value_append(arena, list, value_real(arena, 1.0 / 0.0));
	value_append(arena, list, NULL);
	assert_text(json_text(arena, list), "[\"a\xef\xbf\xbd\\u0000z\xef\xbf\xbd\",\"<b>\",null,null]");
	/* Every byte value at every place of an eight-byte word. */
	for (int c = 1; c < 128; c++)
		for (size_t at = 0; at < 20; at++) {
			char data[21] = "aaaaaaaaaaaaaaaaaaaa";
			data[at] = (char)c;
			struct value *one = value_text(arena, (text){ data, 20 });
			assert_ok(json_parse(arena, json_text(arena, one), &same));
			assert_true(value_equal(one, same));
		}
	arena_free(arena);
}

static text read_file(struct arena *arena, const char *path)
{
	FILE *file = fopen(path, "rb");
	char *data = arena_alloc(arena, 1 << 20);

	assert_non_null(file);
	size_t length = fread(data, 1, 1 << 20, file);
	fclose(file);
	return (text){ data, length };
}

static int check_suite_file(const char *folder, const char *name)
{
	struct arena *arena = arena_new(1 << 26);
	char path[600];
	struct value *value = NULL, *again;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	struct error *error = json_parse(arena, read_file(arena, path), &value);
	if (name[0] == 'n' && error == NULL)
		fail_msg("%s was accepted", name);
	if (name[0] == 'n' && (error->place.line == 0 || error->place.column == 0))
		fail_msg("%s has no position", name);
	/* Two keys of one name and U+0000 are beyond what we take. */
	bool beyond = strstr(name, "duplicated_key") != NULL || strstr(name, "null_escape") != NULL ||
		strstr(name, "escaped_null") != NULL || strstr(name, "u0000") != NULL;
	if (name[0] == 'y' && error != NULL && !beyond)
		fail_msg("%s: %.*s", name, TEXT_ARG(error->message));
	if (error == NULL) {
		assert_ok(json_parse(arena, json_text(arena, value), &again));
		assert_true(value_equal(value, again));
	}
	arena_free(arena);
	return 1;
}

TEST(passes_json_test_suite)
{
	char folder[] = "/tmp/reeve-json-XXXXXX", command[600];
	const char *source = getenv("REEVE_SOURCE");
	int count = 0;

	snprintf(command, sizeof(command), "%s/../shared/data/json/JSONTestSuite.tar.zst", source == NULL ? "." : source);
	if (access(command, R_OK) != 0) {
		print_message("skipped: %s is absent\n", command);
		skip();
	}
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
	          "zstd -dcq '%s/../shared/data/json/JSONTestSuite.tar.zst' | tar -x -C '%s' && cd '%s' && "
	         "find . -mindepth 2 -name '[nyi]_*.json' -exec mv -t . {} +", source == NULL ? "." : source, folder, folder);
	FILE *shell = popen(command, "r");
	assert_int_equal(pclose(shell), 0);
	DIR *directory = opendir(folder);
	for (struct dirent *entry; (entry = readdir(directory)) != NULL;)
		if (strchr("nyi", entry->d_name[0]) != NULL && entry->d_name[1] == '_')
			count += check_suite_file(folder, entry->d_name);
	closedir(directory);
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	shell = popen(command, "r");
	assert_int_equal(pclose(shell), 0);
	print_message("%d files\n", count);
	assert_true(count > 300);
}

TEST(fills_a_buffer_to_its_last_byte)
{
	struct arena *arena = arena_new(1 << 24);
	char data[1500];
	struct buffer out;
	text t;

	memset(data, '\n', sizeof(data));
	for (size_t length = 0; length < sizeof(data); length += 7) {
		buffer_init(&out, arena, 2 * length + 2);
		json_write_text(&out, (text){ data, length });
		assert_ok(buffer_finish(&out, &t));
		assert_int_equal(t.length, 2 * length + 2);
		assert_int_equal(t.data[2 * length + 1], '"');
		buffer_init(&out, arena, 2 * length + 1);
		json_write_text(&out, (text){ data, length });
		assert_refused(buffer_finish(&out, &t), TOO_LARGE);
	}
	arena_free(arena);
}
