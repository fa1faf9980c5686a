/* The index by itself, on both databases: what is put in is found, what is replaced or removed is not, expressions mean the same. */
#include "../store_both.h"

#include "search/search_private.h"

#include "base/random.h"

static struct document document(int64_t id, const char *title, const char *body, const char *notes, const char *scopes)
{
	return (struct document){ .id = id, .type = T("incident"), .number = T("INC1"), .title = text_from(title),
		.updated_at = 5, .body = text_from(body), .notes = text_from(notes), .scopes = text_from(scopes) };
}

static text lexeme(struct arena *arena, const struct index *index, char mark, const char *word, bool prefix)
{
	struct expression expression;

	expression_init(&expression, arena, index->postgres);
	expression_lexeme(&expression, mark, text_from(word), prefix);
	return buffer_peek(&expression.buffer);
}

/* The ids with blanks between, newest first. */
static text ids_of(struct arena *arena, struct index *index, text expression)
{
	struct buffer buffer;
	int64_t *ids;
	size_t count;

	buffer_init(&buffer, arena, 10000);
	assert_ok(index_ids(index, arena, expression, 0, INT64_MAX, 100, &ids, &count));
	for (size_t i = 0; i < count; i++)
		buffer_format(&buffer, i == 0 ? "%lld" : " %lld", (long long)ids[i]);
	return text_copy(arena, buffer_peek(&buffer));
}

STORE_TEST(documents_are_put_replaced_and_removed)
{
	struct index index;
	struct document one = document(1, "Mail is down", "since noon", "password was wrong", "incident.requester.4"), found;
	struct document two = document(2, "Printer", "no mail from it", "", "incident.requester.5");
	int64_t number;
	bool is_there;

	assert_ok(index_open(on->arena, &on->settings, STORE_WRITE, &index));
	assert_ok(index_make(&index, on->arena));
	assert_ok(index_put(&index, on->arena, NULL, &one));
	assert_ok(index_put(&index, on->arena, NULL, &two));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "mail", false)), "2 1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, '=', "mail", false)), "1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "password", false)), "");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, '!', "password", false)), "1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, '^', "pri", false)), "2");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "ma", true)), "2 1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "incident.requester.4", false)), "1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "incident.", false)), "2 1");
	assert_ok(index_document(&index, on->arena, 1, &found, &is_there));
	assert_true(is_there);
	assert_text(found.notes, "password was wrong");
	assert_text(found.scopes, "incident.requester.4");
	struct document changed = document(1, "Mail works", "since noon", "", "incident.requester.9");
	assert_ok(index_put(&index, on->arena, &found, &changed));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "down", false)), "");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, '!', "password", false)), "");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "works", false)), "1");
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "incident.requester.4", false)), "");
	assert_ok(index_count(&index, on->arena, lexeme(on->arena, &index, 0, "mail", false), 0, 1, &number));
	assert_int_equal(number, 1);
	assert_ok(index_newest(&index, on->arena, &number));
	assert_int_equal(number, 2);
	assert_ok(index_remove(&index, on->arena, &changed));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "mail", false)), "2");
	assert_ok(index_clear(&index, on->arena));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "mail", false)), "");
	store_close(index.store);
}

STORE_TEST(an_index_of_another_format_is_emptied)
{
	struct document one = document(1, "Mail", "", "", "");
	struct index index;
	text value;

	assert_ok(index_open(on->arena, &on->settings, STORE_WRITE, &index));
	assert_ok(index_make(&index, on->arena));
	assert_ok(index_put(&index, on->arena, NULL, &one));
	assert_ok(index_make(&index, on->arena));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "mail", false)), "1");
	assert_ok(index_set_meta(&index, on->arena, T("format"), T("0")));
	assert_ok(index_set_meta(&index, on->arena, T("position"), T("77")));
	assert_ok(index_make(&index, on->arena));
	assert_text(ids_of(on->arena, &index, lexeme(on->arena, &index, 0, "mail", false)), "");
	assert_ok(index_meta(&index, on->arena, T("position"), &value));
	assert_text(value, "0");
	store_close(index.store);
}

STORE_TEST(expressions_combine)
{
	struct index index;
	struct expression e;

	assert_ok(index_open(on->arena, &on->settings, STORE_WRITE, &index));
	assert_ok(index_make(&index, on->arena));
	static const char *const bodies[] = { "red green", "green blue", "red blue", "red green blue" };
	for (int i = 0; i < 4; i++) {
		struct document one = document(i + 1, "t", bodies[i], "", "");
		assert_ok(index_put(&index, on->arena, NULL, &one));
	}
	/* (red OR blue) AND green */
	expression_init(&e, on->arena, index.postgres);
	expression_raw(&e, '(');
	expression_lexeme(&e, 0, T("red"), false);
	expression_or(&e);
	expression_lexeme(&e, 0, T("blue"), false);
	expression_raw(&e, ')');
	expression_and(&e);
	expression_lexeme(&e, 0, T("green"), false);
	assert_text(ids_of(on->arena, &index, buffer_peek(&e.buffer)), "4 2 1");
	store_close(index.store);
}

TEST(lexemes_are_distinct_and_the_same_each_time)
{
	struct arena *arena = arena_new(1 << 22);
	struct document one = document(1, "Mail mail", "mail down", "down secret secret", "incident.c.1f incident.requester.4");
	text a, b;

	assert_ok(document_lexemes(arena, &one, false, &a));
	assert_ok(document_lexemes(arena, &one, false, &b));
	assert_true(text_equal(a, b));
	assert_text(a, "incident. incident.c.1f incident.requester.4 mail =mail ^m ^ma ^mai ^mail inc1 =inc1 down !secret");
	assert_ok(document_lexemes(arena, &one, true, &a));
	assert_true(text_starts_with(a, T("'incident.' 'incident.c.1f' ")));
	one.title_internal = true;
	assert_ok(document_lexemes(arena, &one, false, &a));
	assert_text(a, "incident. incident.c.1f incident.requester.4 inc1 =inc1 mail down !secret");
	one.body = T("down");
	assert_ok(document_lexemes(arena, &one, false, &a));
	assert_text(a, "incident. incident.c.1f incident.requester.4 inc1 =inc1 down !mail !secret");
	arena_free(arena);
}

TEST(snippets_show_the_match)
{
	struct arena *arena = arena_new(1 << 22);
	struct question question;
	bool matched;
	text snippet;

	assert_ok(question_cut(arena, T("VPN cafe"), false, &question));
	assert_ok(snippet_make(arena, T("The vpn\nin the Caf\xc3\xa9 is \x02slow\x03."), &question, &snippet, &matched));
	assert_true(matched);
	assert_text(snippet, "The \x02vpn\x03 in the \x02" "Caf\xc3\xa9\x03 is slow .");
	char *long_text = arena_alloc(arena, 5000);
	memset(long_text, 'x', 4999);
	for (size_t i = 9; i < 4999; i += 10)
		long_text[i] = ' ';
	memcpy(long_text + 3000, "vpn", 3);
	long_text[3003] = ' ';
	assert_ok(snippet_make(arena, (text){ long_text, 4999 }, &question, &snippet, &matched));
	assert_true(matched);
	assert_true(text_find(snippet, T("\x02vpn\x03")) > 0);
	assert_true(snippet.length < 300);
	assert_true(text_starts_with(snippet, T("\xe2\x80\xa6")) && text_ends_with(snippet, T("\xe2\x80\xa6")));
	assert_ok(snippet_make(arena, T("nothing of it"), &question, &snippet, &matched));
	assert_false(matched);
	assert_text(snippet, "nothing of it");
	/* The word being typed. */
	assert_ok(question_cut(arena, T("prin"), true, &question));
	assert_ok(snippet_make(arena, T("a printer"), &question, &snippet, &matched));
	assert_text(snippet, "a \x02printer\x03");
	arena_free(arena);
}
