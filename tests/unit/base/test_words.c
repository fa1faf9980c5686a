/* Words: arguments by name, counts. */
#include "../test.h"

#include "base/words.h"

TEST(fills_in_arguments)
{
	struct arena *arena = arena_new(1 << 20);
	struct value *arguments = value_map(arena);

	value_set_text(arena, arguments, T("name"), T("{n}"));
	value_set_integer(arena, arguments, T("n"), 3);
	assert_text(words(T("en"), T("Sign in")), "Sign in");
	assert_text(words_with(arena, T("en"), T("{n} of {name}, {other} {"), arguments), "3 of {n}, {other} {");
	assert_text(words_count(arena, T("en"), T("one record"), T("{n} records"), 1), "one record");
	assert_text(words_count(arena, T("en"), T("one record"), T("{n} records"), 0), "0 records");
	arena_free(arena);
}

static const char german[] =
	"# sample\nmsgid \"\"\nmsgstr \"\"\n\"Content-Type: text/plain; charset=UTF-8\\n\"\n"
	"\"Plural-Forms: nplurals=2; plural=(n != 1);\\n\"\n\n"
	"#: web/templates/sign_in.html:3\nmsgid \"Sign in\"\nmsgstr \"Anmelden\"\n\n"
	"msgid \"{n} of {name}\"\nmsgstr \"\"\n\"{name}: \"\n\"\\\"{n}\\\"\\n\"\n"
	"msgid \"one record\"\nmsgid_plural \"{n} records\"\nmsgstr[0] \"ein Eintrag\"\nmsgstr[1] \"{n} Eintr\xc3\xa4ge\"\n\n"
	"#, fuzzy\nmsgid \"Unsure\"\nmsgstr \"Unsicher\"\n\nmsgid \"Empty\"\nmsgstr \"\"\n";

static const char polish[] =
	"msgid \"\"\nmsgstr \"Content-Type: text/plain; charset=utf-8\\nPlural-Forms: nplurals=3; "
	"plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);\\n\"\n\n"
	"msgid \"one record\"\nmsgid_plural \"{n} records\"\nmsgstr[0] \"jeden\"\nmsgstr[1] \"{n} few\"\nmsgstr[2] \"{n} many\"\n";

TEST(translates_from_catalogues)
{
	struct arena *arena = arena_new(1 << 20);
	const struct embedded_file table[] = {
		{ "de.po", german, german + sizeof(german) - 1 },
		{ "notes.txt", "x", NULL },
		{ "pl.po", polish, polish + sizeof(polish) - 1 },
		{ 0 },
	};
	struct value *arguments = value_map(arena);

	assert_ok(words_load(arena, table));
	value_set_text(arena, arguments, T("name"), T("x"));
	value_set_integer(arena, arguments, T("n"), 3);
	assert_text(words(T("de"), T("Sign in")), "Anmelden");
	assert_text(words(T("de-AT"), T("Sign in")), "Anmelden");
	assert_text(words(T("en"), T("Sign in")), "Sign in");
	assert_text(words(TEXT_UNSET, T("Sign in")), "Sign in");
	assert_text(words(T("de"), T("Unsure")), "Unsure");
	assert_text(words(T("de"), T("Empty")), "Empty");
	assert_text(words_with(arena, T("de"), T("{n} of {name}"), arguments), "x: \"3\"\n");
	assert_text(words_count(arena, T("de"), T("one record"), T("{n} records"), 1), "ein Eintrag");
	assert_text(words_count(arena, T("de"), T("one record"), T("{n} records"), 5), "5 Eintr\xc3\xa4ge");
	assert_text(words_count(arena, T("de"), T("one thing"), T("{n} things"), 5), "5 things");
	assert_text(words_count(arena, T("pl"), T("one record"), T("{n} records"), 1), "jeden");
	assert_text(words_count(arena, T("pl"), T("one record"), T("{n} records"), 22), "22 few");
	assert_text(words_count(arena, T("pl"), T("one record"), T("{n} records"), 12), "12 many");
	assert_text(words_count(arena, T("pl"), T("one record"), T("{n} records"), INT64_MIN), "-9223372036854775808 many");
	assert_ok(words_load(arena, table + 3));
	assert_text(words(T("de"), T("Sign in")), "Sign in");
	arena_free(arena);
}

#define HEAD "msgid \"\"\nmsgstr \"charset=UTF-8\\nPlural-Forms: nplurals=2; plural=(n != 1);\\n\"\n"

TEST(refuses_faulty_catalogues)
{
	struct arena *arena = arena_new(1 << 20);
	static const struct {
		const char *source;
		uint32_t line;
	} bad[] = {
		{ "msgid \"a\"\nmsgstr \"b\"\n", 1 },
		{ "msgid \"\"\nmsgstr \"charset=ISO-8859-1\\n\"\n", 1 },
		{ "msgid \"\"\nmsgstr \"charset=UTF-8\\nnplurals=2; plural=n;\\n\"\n", 1 },
		{ "msgid \"\"\nmsgstr \"charset=UTF-8\\nnplurals=2; plural=(n!=1;\\n\"\n", 1 },
		{ "msgid \"\"\nmsgstr \"charset=UTF-8\\nnplurals=2; plural=n%0;\\n\"\n", 1 },
		{ HEAD "msgid \"a\"\n", 3 },
		{ HEAD "msgstr \"a\"\n", 3 },
		{ HEAD "\nmsgstr \"a\"\n", 4 },
		{ HEAD "msgid \"a\"\nmsgstr \"b\"\n\nmsgid \"a\"\nmsgstr \"c\"\n", 6 },
		{ HEAD "msgid \"a\"\nmsgstr \"b\n", 4 },
		{ HEAD "msgid \"a\"\nmsgstr \"b\\x\"\n", 4 },
		{ HEAD "msgid \"a\"\nmsgstr \"b\"c\"\n", 4 },
		{ HEAD "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr \"c\"\n", 5 },
		{ HEAD "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[0] \"c\"\n", 3 },
		{ HEAD "msgid \"a\"\nmsgid_plural \"b\"\nmsgstr[1] \"c\"\n", 5 },
		{ HEAD "msgctxt \"a\"\nmsgid \"b\"\nmsgstr \"c\"\n", 3 },
		{ HEAD "\n\"x\"\n", 4 },
		{ HEAD "msgid \"a\"\nmsgstr \"\xff\"\n", 0 },
	};

	for (size_t i = 0; i < array_length(bad); i++) {
		const char *source = bad[i].source;
		const struct embedded_file table[] = { { "xx.po", source, source + strlen(source) }, { 0 } };
		struct error *error = words_load(arena, table);
		if (error == NULL)
			fail_msg("catalogue %zu was accepted", i);
		assert_refused(error, DEFINITION);
		if (error->place.line != bad[i].line)
			fail_msg("catalogue %zu: %.*s", i, TEXT_ARG(error_line(arena, error)));
	}
	arena_free(arena);
}
