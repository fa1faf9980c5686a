/* YAML: every scalar a text, exact places, and everything clever refused. */
#include "../test.h"

#include "base/json.h"
#include "base/yaml.h"

static struct value *read_yaml(struct arena *arena, const char *source)
{
	struct value *value = NULL;

	assert_ok(yaml_parse(arena, T("a.yaml"), text_from(source), &value));
	return value;
}

TEST(scalars_are_texts_or_nothing)
{
	struct arena *arena = arena_new(1 << 20);

	assert_text(json_text(arena, read_yaml(arena, "a: no\nb: 09:00\nc: 'null'\nd: null\ne: ~\nf:\ng: \"\"\nh: 1.0\n"
	                                              "null: x\n\"\": y\n")),
	            "{\"a\":\"no\",\"b\":\"09:00\",\"c\":\"null\",\"d\":null,\"e\":null,\"f\":null,\"g\":\"\","
	            "\"h\":\"1.0\",\"null\":\"x\",\"\":\"y\"}");
	assert_text(json_text(arena, read_yaml(arena, "- a\n- [b, {c: d}]\n-\n- |\n  x\n  y\n- >\n  x\n  y\n")),
	            "[\"a\",[\"b\",{\"c\":\"d\"}],null,\"x\\ny\\n\",\"x y\\n\"]");
	assert_text(json_text(arena, read_yaml(arena, "")), "null");
	assert_text(json_text(arena, read_yaml(arena, "# only words\n")), "null");
	assert_text(json_text(arena, read_yaml(arena, "---\nx\n...\n")), "\"x\"");
	arena_free(arena);
}

TEST(knows_where_everything_stood)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *root = read_yaml(arena, "# head\nfields:\n  title: {kind: text, max: 10}\n  list:\n    - one\n"
	                                      "    - \"zwei \xc3\xa4\"\n  none:\n");
	const struct value_entry *fields = value_entry(root, T("fields"));

	assert_int_equal(fields->line, 2);
	assert_int_equal(fields->column, 1);
	const struct value_entry *title = value_entry(fields->value, T("title"));
	assert_int_equal(title->line, 3);
	assert_int_equal(title->column, 3);
	assert_int_equal(title->value->line, 3);
	assert_int_equal(title->value->column, 10);
	const struct value_entry *limit = value_entry(title->value, T("max"));
	assert_int_equal(limit->column, 23);
	assert_int_equal(limit->value->column, 28);
	const struct value *list = value_get(fields->value, T("list"));
	assert_int_equal(list->line, 5);
	assert_int_equal(list->list.items[1]->line, 6);
	assert_int_equal(list->list.items[1]->column, 7);
	assert_int_equal(value_entry(fields->value, T("none"))->line, 7);
	arena_free(arena);
}

static void refused_at(text source, uint32_t line, uint32_t column)
{
	struct arena *arena = arena_new(1 << 22);
	struct value *value = NULL;
	struct error *error = yaml_parse(arena, T("a.yaml"), source, &value);

	assert_refused(error, DEFINITION);
	if (error->place.line != line || (column != 0 && error->place.column != column))
		fail_msg("'%.*s': %.*s", TEXT_ARG(text_slice(source, 0, 60)), TEXT_ARG(error_line(arena, error)));
	assert_text(error->place.file, "a.yaml");
	arena_free(arena);
}

TEST(refuses_what_is_clever_or_broken)
{
	char deep[200] = { 0 };

	refused_at(T("a: 1\nb: 2\na: 3\n"), 3, 1);
	refused_at(T("a: &x 1\nb: *x\n"), 1, 0);
	refused_at(T("a: 1\nb: *x\n"), 2, 0);
	refused_at(T("a: 1\nb: !tag x\n"), 2, 0);
	refused_at(T("a: 1\n---\nb: 2\n"), 2, 0);
	refused_at(T("? [a, b]\n: c\n"), 1, 3);
	refused_at(T("a: 1\n\n: c\n"), 3, 0);
	refused_at(T("a: [1, 2\nb: 3\n"), 3, 0);
	refused_at(T("a: 1\n  b: 2\n"), 1, 0);
	refused_at(T("a: 1\nb: \xff\n"), 2, 4);
	refused_at((text){ "a: \0", 4 }, 1, 4);
	refused_at(T("a: \"\\0\"\n"), 1, 4);
	refused_at(T("a: \"x\n"), 1, 0);
	memset(deep, '[', sizeof(deep) - 1);
	refused_at(text_from(deep), 1, 33);
}

TEST(finds_duplicates_among_many)
{
	struct arena *arena = arena_new(1 << 22);
	struct buffer out;
	struct value *value;

	buffer_init(&out, arena, 1 << 20);
	for (int i = 0; i < 100; i++)
		buffer_format(&out, "key%d: %d\n", i, i);
	assert_ok(yaml_parse(arena, T("a.yaml"), buffer_peek(&out), &value));
	assert_int_equal(value_count(value), 100);
	buffer_literal(&out, "key3: again\n");
	refused_at(buffer_peek(&out), 101, 1);
	arena_free(arena);
}
