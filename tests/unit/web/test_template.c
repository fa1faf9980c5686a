/* The template engine: what comes out, what is escaped where, and what does not compile. */
#include "test.h"

#include "base/json.h"
#include "base/moment.h"
#include "web/template.h"

struct fixture {
	struct arena *arena;
	struct template_source sources[8];
	size_t count;
};

static struct fixture begin(void)
{
	return (struct fixture){ .arena = arena_new(64 * 1024 * 1024) };
}

static void add(struct fixture *fixture, const char *name, const char *source)
{
	fixture->sources[fixture->count++] = (struct template_source){ text_from(name), text_from(source) };
}

static text pour(struct fixture *fixture, const char *json)
{
	struct template_set *set;
	struct value *data;
	struct buffer out;
	text written;

	assert_ok(template_compile(fixture->arena, fixture->sources, fixture->count, NULL, NULL, &set));
	assert_ok(json_parse(fixture->arena, text_from(json), &data));
	buffer_init(&out, fixture->arena, 10 * 1024 * 1024);
	assert_ok(template_write(set, fixture->arena, T("page"), data, T("en"), &out));
	assert_ok(buffer_finish(&out, &written));
	return written;
}

static void expect(const char *source, const char *json, const char *expected)
{
	struct fixture fixture = begin();

	add(&fixture, "page", source);
	assert_text(pour(&fixture, json), expected);
	arena_free(fixture.arena);
}

static void expect_refused(const char *source, uint32_t line, const char *part)
{
	struct fixture fixture = begin();
	struct template_set *set;

	add(&fixture, "page", source);
	add(&fixture, "partials/self", "{{> self}}");
	struct error *error = template_compile(fixture.arena, fixture.sources, fixture.count, NULL, NULL, &set);
	if (error == NULL)
		fail_msg("'%s' compiled, it must not", source);
	assert_int_equal(error->code, ERROR_DEFINITION);
	if (text_find(error->message, text_from(part)) < 0)
		fail_msg("'%s': expected '%s' in '%.*s'", source, part, TEXT_ARG(error->message));
	assert_int_equal(error->place.line, line);
	arena_free(fixture.arena);
}

TEST(writes_values)
{
	expect("<p>{{a}} {{b.c}} {{d}} {{e}} {{list.1}}</p>",
	       "{\"a\":\"x\",\"b\":{\"c\":5},\"d\":true,\"e\":null,\"list\":[1,2.5]}", "<p>x 5 true  2.5</p>");
}

TEST(escapes_text_and_attributes)
{
	expect("<p title=\"{{a}}\" data-x='{{a}}'>{{a}}</p>", "{\"a\":\"<&\\\"'>\"}",
	       "<p title=\"&lt;&amp;&quot;&#39;&gt;\" data-x='&lt;&amp;&quot;&#39;&gt;'>&lt;&amp;&quot;&#39;&gt;</p>");
}

TEST(checks_whole_urls)
{
	static const char *const safe[] = { "/a?b=c", "a/b", "?q=1", "#x", "https://example.org/", "mailto:a@example.org", "a" };
	static const char *const bad[] = { "javascript:alert(1)", "JavaScript:alert(1)", " javascript:x", "java\\nscript:x",
		                           "//example.org/", "\\\\\\\\example.org", "/\\\\example.org", "data:text/html,x",
		                           "vbscript:x", "\\u0001javascript:x" };
	char json[200], expected[200];

	for (size_t i = 0; i < array_length(safe); i++) {
		snprintf(json, sizeof(json), "{\"u\":\"%s\"}", safe[i]);
		snprintf(expected, sizeof(expected), "<a href=\"%s\">", safe[i]);
		expect("<a href=\"{{u}}\">", json, expected);
	}
	for (size_t i = 0; i < array_length(bad); i++) {
		snprintf(json, sizeof(json), "{\"u\":\"%s\"}", bad[i]);
		expect("<a href=\"{{u}}\">", json, "<a href=\"#\">");
	}
}

TEST(encodes_url_components)
{
	expect("<a href=\"/incident/{{n}}?q={{q}}\">", "{\"n\":\"a/b\",\"q\":\"x & \\u00e4:=\\\"\"}",
	       "<a href=\"/incident/a%2Fb?q=x%20%26%20%C3%A4%3A%3D%22\">");
}

TEST(repeats_with_indexes)
{
	expect("{{#each l}}{{@index}}{{@number}}{{#if @first}}F{{/if}}{{#if @last}}L{{/if}}{{this}};{{else}}none{{/each}}",
	       "{\"l\":[\"a\",\"b\"]}", "01Fa;12Lb;");
	expect("{{#each l}}x{{else}}none{{/each}}", "{\"l\":[]}", "none");
	expect("{{#each m}}{{@key}}={{this}},{{/each}}", "{\"m\":{\"a\":1,\"b\":2}}", "a=1,b=2,");
}

TEST(scopes_do_not_leak)
{
	expect("{{#each l}}{{title}}|{{../title}}|{{@root.title}};{{/each}}", "{\"title\":\"T\",\"l\":[{\"title\":\"a\"},{}]}",
	       "a|T|T;|T|T;");
	expect("{{#each l}}{{#each m}}{{../@index}}{{@index}} {{/each}}{{/each}}", "{\"l\":[{\"m\":[1,2]},{\"m\":[1]}]}",
	       "00 01 10 ");
	expect("{{#with a}}{{b}}{{else}}no{{/with}}{{#with x}}{{b}}{{else}}no{{/with}}", "{\"a\":{\"b\":1}}", "1no");
}

TEST(decides)
{
	expect("{{#if a}}1{{else}}0{{/if}}{{#unless a}}1{{else}}0{{/unless}}", "{\"a\":0}", "01");
	expect("{{#is a \"x\"}}1{{else}}0{{/is}}{{#is a b}}1{{else}}0{{/is}}{{#is c \"\"}}1{{/is}}", "{\"a\":\"x\",\"b\":\"y\"}", "101");
	expect("{{#is n \"5\"}}five{{/is}}", "{\"n\":5}", "five");
	expect("<option value=\"{{v}}\"{{#if c}} selected{{/if}}>", "{\"v\":\"1\",\"c\":true}", "<option value=\"1\" selected>");
	expect("<tr class=\"row{{#if l}} late{{/if}}\">", "{\"l\":true}", "<tr class=\"row late\">");
}

TEST(takes_words)
{
	expect("<b>{{_ \"Hello {name.first}, <you>\"}}</b>", "{\"name\":{\"first\":\"A&B\"}}", "<b>Hello A&amp;B, &lt;you&gt;</b>");
	expect("{{_n n \"{n} file\" \"{n} files of {who}\"}}", "{\"n\":1,\"who\":\"x\"}", "1 file");
	expect("{{_n n \"{n} file\" \"{n} files of {who}\"}}", "{\"n\":3,\"who\":\"<x>\"}", "3 files of &lt;x&gt;");
	expect("<p title=\"{{_ label}}\">", "{\"label\":\"a\\\"b\"}", "<p title=\"a&quot;b\">");
}

TEST(lets_lines_of_blocks_vanish)
{
	expect("<ul>\n  {{#each l}}\n  <li>{{this}}</li>\n  {{/each}}\n</ul>\n", "{\"l\":[1,2]}",
	       "<ul>\n  <li>1</li>\n  <li>2</li>\n</ul>\n");
	expect("a\n{{! nothing }}\nb", "{}", "a\nb");
}

TEST(fills_layouts_and_partials)
{
	struct fixture fixture = begin();

	add(&fixture, "page", "{{< base}}\n{{! why }}\n{{#block main}}<p>{{> name person}}</p>{{/block}}\n");
	add(&fixture, "layouts/base", "<main>{{#block main}}empty{{/block}}</main>{{#block side}}<i>{{x}}</i>{{/block}}");
	add(&fixture, "partials/name", "<b class=\"{{kind}}\">{{name}}</b>\n");
	assert_text(pour(&fixture, "{\"person\":{\"kind\":\"k\",\"name\":\"n\"},\"x\":\"y\"}"),
	            "<main><p><b class=\"k\">n</b></p></main><i>y</i>");
	arena_free(fixture.arena);
}

TEST(writes_html_values_in_text_only)
{
	struct fixture fixture = begin();
	struct template_set *set;
	struct value *data = value_map(fixture.arena);
	struct buffer out;

	add(&fixture, "page", "<div>{{h}}</div><p title=\"{{h}}\"></p><textarea>{{h}}</textarea>");
	assert_ok(template_compile(fixture.arena, fixture.sources, fixture.count, NULL, NULL, &set));
	value_set(fixture.arena, data, T("h"), value_html(fixture.arena, T("<b>x</b>")));
	buffer_init(&out, fixture.arena, 1000);
	assert_ok(template_write(set, fixture.arena, T("page"), data, T("en"), &out));
	assert_text(buffer_peek(&out), "<div><b>x</b></div><p title=\"&lt;b&gt;x&lt;/b&gt;\"></p>"
	                               "<textarea>&lt;b&gt;x&lt;/b&gt;</textarea>");
	arena_free(fixture.arena);
}

TEST(writes_json_scripts)
{
	expect("<script type=\"application/json\">{{json d}}</script>", "{\"d\":{\"a\":\"</script><!--&\"}}",
	       "<script type=\"application/json\">{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\"}</script>");
}

TEST(refuses_values_in_unsafe_places)
{
	expect_refused("<a href={{x}}>", 1, "unquoted");
	expect_refused("<{{x}}>", 1, "tag's name");
	expect_refused("<p {{x}}>", 1, "between attributes");
	expect_refused("<p x{{x}}=\"1\">", 1, "attribute's name");
	expect_refused("<p\n style=\"{{x}}\">", 2, "style");
	expect_refused("<p style=\"color:red\">", 1, "style");
	expect_refused("<p onclick=\"{{x}}\">", 1, "event");
	expect_refused("<p onclick=\"x()\">", 1, "event");
	expect_refused("<p ONLOAD=\"x()\">", 1, "event");
	expect_refused("<p hx-on:click=\"x()\">", 1, "event");
	expect_refused("<p hx-vals=\"{{x}}\">", 1, "attribute");
	expect_refused("<iframe srcdoc=\"x\">", 1, "srcdoc");
	expect_refused("<script>{{x}}</script>", 1, "script");
	expect_refused("<script>alert(1)</script>", 1, "inline");
	expect_refused("<script type=\"application/json\">{{x}}</script>", 1, "script");
	expect_refused("<style>p{}</style>", 1, "style");
	expect_refused("<!-- {{x}} -->", 1, "comment");
	expect_refused("<a href=\"javascript:{{x}}\">", 1, "scheme");
	expect_refused("<a href=\"javascript:x\">", 1, "scheme");
	expect_refused("<a href=\"{{x}}:y\">", 1, "scheme");
	expect_refused("<p{{#if a}} on{{/if}}click=\"x\">", 1, "");
	expect_refused("<p {{#if a}}no{{/if}}click=\"x\">", 1, "pieces");
}

TEST(refuses_branches_that_part)
{
	expect_refused("{{#if a}}<p title=\"{{else}}<p>{{/if}}", 1, "branch");
	expect_refused("{{#each a}}<p title=\"{{/each}}", 1, "branch");
	expect_refused("<a href=\"{{#if a}}/x{{/if}}{{b}}\">", 1, "branch");
	expect_refused("<p title=\"", 1, "ends");
}

TEST(refuses_what_it_does_not_know)
{
	expect_refused("{{{x}}}", 1, "{{{");
	expect_refused("{{#if x}}", 1, "not closed");
	expect_refused("{{#if x}}{{/each}}", 1, "closes nothing");
	expect_refused("{{/if}}", 1, "closes nothing");
	expect_refused("{{else}}", 1, "closes nothing");
	expect_refused("{{#what x}}{{/what}}", 1, "no block");
	expect_refused("{{> nothing}}", 1, "no partial");
	expect_refused("{{> self}}", 1, "contain each other");
	expect_refused("{{x y}}", 1, "arguments");
	expect_refused("{{x", 1, "without");
	expect_refused("{{}}", 1, "empty");
	expect_refused("{{a..b}}", 1, "no path");
	expect_refused("{{a.b.c.d.e.f.g.h.i}}", 1, "no path");
	expect_refused("{{_ \"{x\"}}", 1, "without");
	expect_refused("{{#if a}}{{else}}{{else}}{{/if}}", 1, "second");
	expect_refused("a < b", 1, "&lt;");
}

TEST(is_fast)
{
	struct fixture fixture = begin();
	struct template_set *set;
	struct value *data = value_map(fixture.arena), *rows = value_list(fixture.arena);
	struct buffer out;

	add(&fixture, "page", "<table>{{#each rows}}<tr id=\"r{{number}}\">{{#each cells}}<td class=\"c\">{{this}}</td>{{/each}}</tr>\n"
	                      "{{/each}}</table>");
	for (int i = 0; i < 50; i++) {
		struct value *row = value_map(fixture.arena), *cells = value_list(fixture.arena);
		for (int k = 0; k < 10; k++)
			value_append(fixture.arena, cells, value_text(fixture.arena, T("a cell with some words in it")));
		value_set_integer(fixture.arena, row, T("number"), i);
		value_set(fixture.arena, row, T("cells"), cells);
		value_append(fixture.arena, rows, row);
	}
	value_set(fixture.arena, data, T("rows"), rows);
	assert_ok(template_compile(fixture.arena, fixture.sources, fixture.count, NULL, NULL, &set));
	int64_t best = INT64_MAX;
	for (int i = 0; i < 50; i++) {
		buffer_init(&out, fixture.arena, 1024 * 1024);
		int64_t from = monotonic_us();
		assert_ok(template_write(set, fixture.arena, T("page"), data, T("en"), &out));
		best = minimum(best, monotonic_us() - from);
	}
	print_message("[          ] 50 rows of 10 cells, %zu bytes: %lld us\n", out.length, (long long)best);
	/* Far above what it takes, far below what a slip to something quadratic would take; sanitizers and -O0 included. */
	assert_true(best < 2000);
	arena_free(fixture.arena);
}
