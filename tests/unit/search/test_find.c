/*
 * Finding by words through the whole chain (engine, event log, index), on both databases: what is found, in which order, what is never
 * shown to whom, and that an index filled anew is the same.
 */
#include "../engine/desk.h"

#include "search/search_private.h"

#include "base/limits.h"

struct library {
	struct desk *desk;
	struct search *search;
	struct search_reader *reader;
	struct arena *arena; /* the reader's */
};

static void drain(struct library *library)
{
	struct actor *actor = library->desk->work->actor;
	int64_t indexed;

	library->desk->work->actor = access_system();
	do
		assert_ok(search_run(library->search, library->desk->work, 3, &indexed));
	while (indexed > 0);
	assert_int_equal(search_position(library->search), sealer_head(library->desk->sealer));
	library->desk->work->actor = actor;
	record_cache_reset(library->desk->work->cache);
}

static struct library library_open(struct desk *desk)
{
	struct library library = { .desk = desk };

	assert_ok(search_open(desk->arena, &desk->on->settings, &library.search));
	drain(&library);
	library.arena = arena_new((size_t)1 << 24);
	assert_ok(search_reader_open(library.search, library.arena, &library.reader));
	return library;
}

static void library_close(struct library *library)
{
	arena_free(library->arena);
	search_close(library->search);
}

static struct search_result find(struct library *library, const char *words, enum search_order order)
{
	struct search_result result;

	record_cache_reset(library->desk->work->cache);
	assert_ok(search_find(library->reader, library->desk->work, library->desk->incident, text_from(words), false, order, 20, TEXT_UNSET,
	                      &result));
	return result;
}

/* The titles of incidents found, newest first, with | between. */
static const char *titles(struct library *library, const char *words)
{
	struct search_result result = find(library, words, SEARCH_NEWEST);
	text *found = arena_new_array(library->desk->arena, text, result.count + 1);

	for (size_t i = 0; i < result.count; i++)
		found[i] = result.hits[i].title;
	assert_int_equal(result.total, result.count);
	return text_cstring(library->desk->arena, text_join(library->desk->arena, found, result.count, T("|")));
}

static void say(struct desk *desk, struct record *record, const char *words, enum visibility visibility)
{
	struct record *after;
	int64_t event;

	assert_ok(IN_TX(desk, engine_comment(desk->work, record->type, record_number(record), text_from(words), visibility, &after, &event)));
}

DESK_TEST(words_find_titles_descriptions_and_comments)
{
	struct record *mail = desk_incident(desk, "{'title': 'Mail is down', 'description': 'Since noon, café upstairs', 'requester': 'reqa'}");
	desk_incident(desk, "{'title': 'Printer jam', 'description': 'no mail notice either', 'requester': 'reqa'}");
	struct library library = library_open(desk);

	desk_as(desk, "agent");
	assert_string_equal(titles(&library, "mail"), "Printer jam|Mail is down");
	assert_string_equal(titles(&library, "MAIL down"), "Mail is down");
	assert_string_equal(titles(&library, "cafe"), "Mail is down");
	assert_string_equal(titles(&library, "mailbox"), "");
	assert_string_equal(titles(&library, ""), "");
	assert_string_equal(titles(&library, "?!"), "");
	desk_as(desk, NULL);
	say(desk, mail, "Restart of the exchanger helps", VISIBLE_PUBLIC);
	desk_as(desk, "agent");
	assert_string_equal(titles(&library, "exchanger"), "");
	drain(&library);
	assert_string_equal(titles(&library, "exchanger"), "Mail is down");
	assert_string_equal(titles(&library, text_cstring(desk->arena, record_number(mail))), "Mail is down");
	library_close(&library);
}

DESK_TEST(what_changes_is_found_anew_and_not_of_old)
{
	struct record *record = desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa'}"), *after;
	struct library library = library_open(desk);

	assert_string_equal(titles(&library, "mail"), "Mail is down");
	assert_ok(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, "{'title': 'Network is down'}"),
	                                    &after)));
	drain(&library);
	assert_string_equal(titles(&library, "mail"), "");
	assert_string_equal(titles(&library, "network down"), "Network is down");
	library_close(&library);
}

DESK_TEST(a_requester_finds_only_what_is_theirs)
{
	struct record *mine = desk_incident(desk, "{'title': 'Mail A', 'requester': 'reqa'}");
	struct record *other = desk_incident(desk, "{'title': 'Mail B', 'requester': 'reqb', 'watchers': []}");
	desk_incident(desk, "{'title': 'Mail secret', 'requester': 'reqb', 'restricted': true, 'team': 'network'}");
	say(desk, mine, "we answer in public", VISIBLE_PUBLIC);
	say(desk, mine, "the passphrase was leaked", VISIBLE_INTERNAL);
	say(desk, other, "public words of B", VISIBLE_PUBLIC);
	struct library library = library_open(desk);

	desk_as(desk, "reqa");
	assert_string_equal(titles(&library, "mail"), "Mail A");
	assert_string_equal(titles(&library, "public"), "Mail A");
	assert_string_equal(titles(&library, "passphrase"), "");
	assert_string_equal(titles(&library, "words"), "");
	assert_string_equal(titles(&library, "secret"), "");
	assert_string_equal(titles(&library, text_cstring(desk->arena, record_number(other))), "");
	/* What is internal is in no snippet, even of what is found by other words. */
	struct search_result result = find(&library, "mail", SEARCH_RANKED);
	assert_int_equal(result.count, 1);
	assert_int_equal(result.total, 1);
	assert_true(text_find(result.hits[0].snippet, T("passphrase")) < 0);
	desk_as(desk, "reqb");
	assert_string_equal(titles(&library, "mail"), "Mail secret|Mail B");
	desk_as(desk, "agent");
	assert_string_equal(titles(&library, "mail"), "Mail B|Mail A");
	assert_string_equal(titles(&library, "passphrase"), "Mail A");
	result = find(&library, "passphrase", SEARCH_RANKED);
	assert_true(text_find(result.hits[0].snippet, T("\x02passphrase\x03")) >= 0);
	assert_string_equal(titles(&library, "secret"), "");
	desk_as(desk, "auditor");
	assert_string_equal(titles(&library, "secret"), "Mail secret");
	desk->work->actor = access_nobody();
	assert_string_equal(titles(&library, "mail"), "");
	library_close(&library);
}

DESK_TEST(searching_as_the_words_of_the_index_finds_nothing_else)
{
	static const char *const tries[] = { "incident.requester.4", "\"mail\" OR \"down\"", "!passphrase", "=mail", "^ma", "mail*", "mail OR x",
		"' | 'mail", "NEAR(mail down)", "words:mail", "search_word", "mail) OR (down" };
	struct record *record = desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqb'}");

	say(desk, record, "passphrase", VISIBLE_INTERNAL);
	struct library library = library_open(desk);
	desk_as(desk, "reqa");
	for (size_t i = 0; i < array_length(tries); i++)
		assert_string_equal(titles(&library, tries[i]), "");
	desk_as(desk, "reqb");
	assert_string_equal(titles(&library, "!passphrase"), "");
	assert_string_equal(titles(&library, "mail OR x"), "");
	assert_string_equal(titles(&library, "=mail"), "Mail is down");
	library_close(&library);
}

DESK_TEST(hidden_fields_are_not_found_through)
{
	desk_incident(desk, "{'title': 'Mail', 'requester': 'reqa', 'external_ref': 'SUPPLIER77'}");
	struct library library = library_open(desk);
	struct search_result result;

	desk_as(desk, "reqa");
	assert_string_equal(titles(&library, "supplier77"), "");
	desk_as(desk, "agent");
	assert_string_equal(titles(&library, "supplier77"), "Mail");
	/* Mail addresses of people are hidden from requesters. */
	desk_as(desk, NULL);
	desk_create(desk, desk->model->user, "{'login': 'newone', 'name': 'New One', 'mail': 'zebra@example.com'}");
	drain(&library);
	desk_as(desk, "reqa");
	assert_ok(search_find(library.reader, desk->work, desk->model->user, T("zebra"), false, SEARCH_NEWEST, 10, TEXT_UNSET, &result));
	assert_int_equal(result.count, 0);
	assert_ok(search_find(library.reader, desk->work, desk->model->user, T("newone"), false, SEARCH_NEWEST, 10, TEXT_UNSET, &result));
	assert_int_equal(result.count, 1);
	desk_as(desk, "agent");
	assert_ok(search_find(library.reader, desk->work, desk->model->user, T("zebra"), false, SEARCH_NEWEST, 10, TEXT_UNSET, &result));
	assert_int_equal(result.count, 1);
	library_close(&library);
}

DESK_TEST(all_types_are_found_together)
{
	struct search_result result;

	desk_incident(desk, "{'title': 'Mail', 'requester': 'reqb'}");
	desk_incident(desk, "{'title': 'Mail of A', 'requester': 'reqa'}");
	struct library library = library_open(desk);
	desk_as(desk, "reqa");
	assert_ok(search_find(library.reader, desk->work, NULL, T("mail"), false, SEARCH_NEWEST, 20, TEXT_UNSET, &result));
	assert_int_equal(result.count, 2);
	assert_text(result.hits[0].title, "Mail of A");
	assert_ptr_equal(result.hits[1].type, desk->model->service);
	assert_false(text_is_set(result.hits[1].state));
	assert_text(result.hits[0].state, "new");
	desk_as(desk, "agent");
	assert_ok(search_find(library.reader, desk->work, NULL, T("mail"), false, SEARCH_RANKED, 20, TEXT_UNSET, &result));
	assert_int_equal(result.count, 3);
	library_close(&library);
}

/* Most documents are an agent's to find, with their notes; those of a type whose notes are not for agents are found beside them. */
DESK_TEST(types_without_notes_are_found_beside_the_many)
{
	const struct type *window = model_type(desk->model, T("change_window"));
	struct search_result result;
	struct record *night;

	desk_incident(desk, "{'title': 'Mail first', 'requester': 'reqa'}");
	night = desk_create(desk, window, "{'title': 'Mail night', 'starts': '2026-03-01T20:00:00Z', 'ends': '2026-03-01T22:00:00Z'}");
	say(desk, night, "the passphrase of the vault", VISIBLE_INTERNAL);
	struct record *noted = desk_incident(desk, "{'title': 'Mail last', 'requester': 'reqa'}");
	say(desk, noted, "the passphrase of the host", VISIBLE_INTERNAL);
	for (int i = 0; i < 1010; i++)
		desk_incident(desk, "{'title': 'Other', 'requester': 'reqa'}");
	struct library library = library_open(desk);
	desk_as(desk, "agent");
	for (size_t limit = 1; limit <= 4; limit++) {
		static const char *const wanted[] = { "Mail last", "Mail night", "Mail first", "Mail" };
		assert_ok(search_find(library.reader, desk->work, NULL, T("mail"), false, SEARCH_NEWEST, limit, TEXT_UNSET, &result));
		assert_int_equal(result.count, limit);
		for (size_t i = 0; i < limit; i++)
			assert_text(result.hits[i].title, wanted[i]);
		assert_int_equal(result.total, 4);
	}
	assert_ok(search_find(library.reader, desk->work, NULL, T("passphrase"), false, SEARCH_RANKED, 20, TEXT_UNSET, &result));
	assert_int_equal(result.count, 1);
	assert_text(result.hits[0].title, "Mail last");
	desk_as(desk, "auditor");
	assert_ok(search_find(library.reader, desk->work, NULL, T("passphrase"), false, SEARCH_RANKED, 20, TEXT_UNSET, &result));
	assert_int_equal(result.count, 2);
	library_close(&library);
}

DESK_TEST(rights_that_change_move_a_record_out_of_sight)
{
	struct record *record = desk_incident(desk, "{'title': 'Mail', 'requester': 'reqb', 'watchers': ['reqa']}"), *after;
	struct library library = library_open(desk);

	desk_as(desk, "reqa");
	assert_string_equal(titles(&library, "mail"), "Mail");
	desk_as(desk, NULL);
	assert_ok(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, "{'watchers': []}"), &after)));
	/* Even before the index knows. */
	desk_as(desk, "reqa");
	assert_int_equal(find(&library, "mail", SEARCH_NEWEST).count, 0);
	drain(&library);
	assert_string_equal(titles(&library, "mail"), "");
	library_close(&library);
}

DESK_TEST(type_ahead_finds_beginnings)
{
	struct search_result result;

	desk_incident(desk, "{'title': 'Printer jam', 'requester': 'reqa'}");
	desk_incident(desk, "{'title': 'Internationalisation', 'description': 'price list', 'requester': 'reqa'}");
	struct library library = library_open(desk);
	desk_as(desk, "agent");
	static const struct {
		const char *typed;
		size_t count;
	} expected[] = { { "p", 1 }, { "pri", 1 }, { "printer", 1 }, { "printer j", 1 }, { "printer x", 0 }, { "internationalis", 1 },
		         { "price", 1 }, { "pri ", 0 }, { "", 0 } };
	for (size_t i = 0; i < array_length(expected); i++) {
		assert_ok(search_find(library.reader, desk->work, desk->incident, text_from(expected[i].typed), true, SEARCH_NEWEST, 8, TEXT_UNSET,
		                      &result));
		if (result.count != expected[i].count)
			fail_msg("'%s': %zu", expected[i].typed, result.count);
	}
	library_close(&library);
}

DESK_TEST(other_scripts_are_found)
{
	desk_incident(desk, "{'title': 'メールが届かない', 'requester': 'reqa'}");
	desk_incident(desk, "{'title': 'Störung im Büro', 'requester': 'reqa'}");
	struct library library = library_open(desk);

	desk_as(desk, "agent");
	assert_string_equal(titles(&library, "メール"), "メールが届かない");
	assert_string_equal(titles(&library, "届"), "メールが届かない");
	assert_string_equal(titles(&library, "ﾒｰﾙ"), "メールが届かない");
	assert_string_equal(titles(&library, "stoerung"), "");
	assert_string_equal(titles(&library, "STÖRUNG buro"), "Störung im Büro");
	library_close(&library);
}

DESK_TEST(pages_go_on_and_counts_are_capped)
{
	text after = TEXT_UNSET;
	struct search_result result;
	int64_t last = INT64_MAX;
	size_t seen = 0;

	for (int i = 0; i < 25; i++)
		desk_incident(desk, i % 5 == 0 ? "{'title': 'Mail', 'requester': 'reqa'}"
		                               : "{'title': 'Other', 'description': 'mail', 'requester': 'reqa'}");
	struct library library = library_open(desk);
	desk_as(desk, "reqa");
	do {
		assert_ok(search_find(library.reader, desk->work, desk->incident, T("mail"), false, SEARCH_NEWEST, 10, after, &result));
		assert_int_equal(result.total, 25);
		for (size_t i = 0; i < result.count; i++, seen++) {
			assert_true(result.hits[i].id < last);
			last = result.hits[i].id;
		}
		after = result.next;
	} while (text_is_set(after));
	assert_int_equal(seen, 25);
	/* Ranked: those with the word in their title first, each record once. */
	seen = 0;
	do {
		assert_ok(search_find(library.reader, desk->work, desk->incident, T("mail"), false, SEARCH_RANKED, 10, after, &result));
		for (size_t i = 0; i < result.count; i++, seen++)
			assert_text(result.hits[i].title, seen < 5 ? "Mail" : "Other");
		after = result.next;
	} while (text_is_set(after));
	assert_int_equal(seen, 25);
	static const char *const broken[] = { "x", "-1", "1.2", "0", "9999999999999999999", "1 " };
	for (size_t i = 0; i < array_length(broken); i++)
		assert_refused(search_find(library.reader, desk->work, desk->incident, T("mail"), false, SEARCH_NEWEST, 10,
		                           text_from(broken[i]), &result), MALFORMED);
	static const char *const broken_rank[] = { "x", "1", "-1.5", "1.2.3", "5001.1", "1.0" };
	for (size_t i = 0; i < array_length(broken_rank); i++)
		assert_refused(search_find(library.reader, desk->work, desk->incident, T("mail"), false, SEARCH_RANKED, 10,
		                           text_from(broken_rank[i]), &result), MALFORMED);
	library_close(&library);
}

DESK_TEST(an_exact_number_comes_first)
{
	struct record *first = desk_incident(desk, "{'title': 'The one', 'requester': 'reqa'}");

	for (int i = 0; i < 3; i++)
		desk_incident(desk, text_cstring(desk->arena, text_format(desk->arena, "{'title': 'See %.*s', 'requester': 'reqa'}",
		                                                         TEXT_ARG(record_number(first)))));
	struct library library = library_open(desk);
	desk_as(desk, "agent");
	struct search_result result = find(&library, text_cstring(desk->arena, record_number(first)), SEARCH_NEWEST);
	assert_int_equal(result.count, 4);
	assert_text(result.hits[0].title, "The one");
	library_close(&library);
}

DESK_TEST(ids_for_conditions)
{
	int64_t *ids;
	size_t count;
	struct record *a = desk_incident(desk, "{'title': 'Mail a', 'requester': 'reqa'}");
	struct record *b = desk_incident(desk, "{'title': 'Mail b', 'requester': 'reqb'}");
	struct library library = library_open(desk);

	desk_as(desk, "agent");
	assert_ok(search_ids(library.reader, desk->work, desk->incident, T("mail"), &ids, &count));
	assert_int_equal(count, 2);
	assert_true(ids[0] == b->id && ids[1] == a->id);
	desk_as(desk, "reqa");
	assert_ok(search_ids(library.reader, desk->work, desk->incident, T("mail"), &ids, &count));
	assert_int_equal(count, 1);
	assert_true(ids[0] == a->id);
	assert_ok(search_ids(library.reader, desk->work, desk->incident, T("."), &ids, &count));
	assert_int_equal(count, 0);
	library_close(&library);
}

/* Everything the index holds, as text. */
static text contents(struct library *library)
{
	struct arena *arena = library->desk->arena;
	struct buffer buffer;
	int64_t newest;

	buffer_init(&buffer, arena, (size_t)8 << 20);
	assert_ok(index_newest(&library->reader->index, arena, &newest));
	for (int64_t id = 1; id <= newest; id++) {
		struct document document;
		bool found;
		text lexemes;
		assert_ok(index_document(&library->reader->index, arena, id, &document, &found));
		if (!found)
			continue;
		assert_ok(document_lexemes(arena, &document, false, &lexemes));
		buffer_format(&buffer, "%lld %.*s %.*s|%.*s|%.*s\n", (long long)id, TEXT_ARG(document.state), TEXT_ARG(document.body),
		              TEXT_ARG(document.notes), TEXT_ARG(lexemes));
	}
	return text_copy(arena, buffer_peek(&buffer));
}

DESK_TEST(filling_anew_gives_the_same_index)
{
	struct library library = library_open(desk);
	struct record *record = desk_incident(desk, "{'title': 'Mail is down', 'requester': 'reqa'}"), *after;

	drain(&library);
	say(desk, record, "first words", VISIBLE_PUBLIC);
	say(desk, record, "inner words", VISIBLE_INTERNAL);
	drain(&library);
	say(desk, record, "second words", VISIBLE_PUBLIC);
	desk_incident(desk, "{'title': 'Printer', 'requester': 'reqb'}");
	assert_ok(IN_TX(desk, engine_update(desk->work, record->type, record_number(record), 0, desk_json(desk, "{'title': 'Mail was down'}"),
	                                    &after)));
	assert_ok(desk_take(desk, record, "start", NULL));
	drain(&library);
	text before = contents(&library);
	assert_true(text_find(before, T("first words\nsecond words")) > 0);
	desk_as(desk, NULL);
	assert_ok(search_rebuild(library.search, desk->work));
	assert_int_equal(search_position(library.search), 0);
	assert_string_equal(titles(&library, "mail"), "");
	drain(&library);
	assert_true(text_equal(contents(&library), before));
	assert_string_equal(titles(&library, "second inner"), "Mail was down");
	/* A second process goes on where the first one was. */
	int64_t position = search_position(library.search);
	search_close(library.search);
	assert_ok(search_open(desk->arena, &desk->on->settings, &library.search));
	assert_int_equal(search_position(library.search), position);
	drain(&library);
	assert_true(text_equal(contents(&library), before));
	library_close(&library);
}

DESK_TEST(an_index_that_does_not_fit_is_filled_anew)
{
	struct library library = library_open(desk);

	desk_incident(desk, "{'title': 'Mail', 'requester': 'reqa'}");
	drain(&library);
	text before = contents(&library);
	/* Of other definitions, and of a newer store: looked at when it is opened. */
	static const char *const meta[][2] = { { "fingerprint", "0" }, { "position", "999999" } };
	for (size_t i = 0; i < array_length(meta); i++) {
		struct index writer;
		search_close(library.search);
		assert_ok(index_open(desk->arena, &desk->on->settings, STORE_WRITE, &writer));
		struct document stray = { .id = 900000 + (int64_t)i, .type = T("incident"), .number = T("X"), .title = T("mail"),
			.scopes = T("incident.c.1") };
		assert_ok(index_put(&writer, desk->arena, NULL, &stray));
		assert_ok(index_set_meta(&writer, desk->arena, text_from(meta[i][0]), text_from(meta[i][1])));
		store_close(writer.store);
		assert_ok(search_open(desk->arena, &desk->on->settings, &library.search));
		drain(&library);
		assert_true(text_equal(contents(&library), before));
	}
	library_close(&library);
}

DESK_TEST(what_was_erased_is_no_longer_found)
{
	struct record *record = desk_incident(desk, "{'title': 'Mail', 'requester': 'reqa'}"), *after;
	struct library library = library_open(desk);
	int64_t event;

	assert_ok(IN_TX(desk, engine_comment(desk->work, record->type, record_number(record), T("my secret birthday"), VISIBLE_PUBLIC, &after,
	                                     &event)));
	say(desk, record, "harmless", VISIBLE_PUBLIC);
	drain(&library);
	assert_string_equal(titles(&library, "birthday"), "Mail");
	assert_ok(IN_TX(desk, engine_erase(desk->work, record->type, record_number(record), event, T("asked for"))));
	drain(&library);
	assert_string_equal(titles(&library, "birthday"), "");
	assert_string_equal(titles(&library, "harmless"), "Mail");
	library_close(&library);
}

DESK_TEST(nasty_strings_are_indexed_and_asked)
{
	const char *root = getenv("REEVE_SOURCE");
	FILE *file = fopen(text_cstring(desk->arena, text_format(desk->arena, "%s/../shared/data/strings/blns.txt", root == NULL ? "." : root)),
	                   "r");
	struct search_result result;
	char line[65536];
	int lines = 0;

	if (file == NULL) {
		print_message("skipped: ../shared/data/strings is absent\n");
		skip();
	}
	struct record *record = desk_incident(desk, "{'title': 'Nasty', 'requester': 'reqa'}");
	struct library library = library_open(desk);
	while (fgets(line, sizeof(line), file) != NULL) {
		text t = text_trim(text_from(line));
		if (t.length == 0 || !text_is_utf8(t, NULL))
			continue;
		if (lines++ % 10 == 0)
			say(desk, record, text_cstring(desk->arena, t), VISIBLE_PUBLIC);
		desk_as(desk, "reqa");
		assert_ok(search_find(library.reader, desk->work, NULL, t, lines % 2 == 0, SEARCH_RANKED, 5, TEXT_UNSET, &result));
		desk_as(desk, NULL);
	}
	fclose(file);
	drain(&library);
	assert_string_equal(titles(&library, "nasty"), "Nasty");
	assert_true(lines > 400);
	library_close(&library);
}

DESK_TEST(similar_records_share_rare_words)
{
	struct similar *similar;
	size_t count;

	desk_create(desk, desk->model->service, "{'name': 'print', 'label': 'Print'}");
	for (int i = 0; i < 30; i++)
		desk_incident(desk, "{'title': 'It does not work', 'requester': 'reqb', 'service': 'mail'}");
	struct record *old = desk_incident(desk, "{'title': 'Calendar invitations vanish', 'requester': 'reqb', 'service': 'mail'}");
	desk_incident(desk, "{'title': 'Calendar invitations vanish', 'requester': 'reqb', 'service': 'print'}");
	desk_incident(desk, "{'title': 'Calendar invitations vanish', 'requester': 'reqb', 'service': 'mail', 'restricted': true, "
	                    "'team': 'network'}");
	struct record *new = desk_incident(desk, "{'title': 'Invitations vanish from my calendar, it does not work', 'requester': 'reqa', "
	                                         "'service': 'mail'}");
	struct library library = library_open(desk);
	desk_as(desk, "agent");
	assert_ok(search_similar(library.reader, desk->work, new, 5, &similar, &count));
	assert_true(count >= 1);
	assert_int_equal(similar[0].id, old->id);
	assert_true(similar[0].score > 30 && similar[0].score <= 100);
	assert_true(text_find(similar[0].shared, T("vanish")) >= 0);
	for (size_t i = 1; i < count; i++)
		assert_true(similar[i].score <= similar[i - 1].score && similar[i].id != new->id);
	/* A requester is shown nothing of others. */
	desk_as(desk, "reqa");
	assert_ok(search_similar(library.reader, desk->work, new, 5, &similar, &count));
	assert_int_equal(count, 0);
	assert_ok(search_similar_words(library.reader, desk->work, desk->incident, T("calendar vanish"), 5, &similar, &count));
	assert_int_equal(count, 1);
	assert_int_equal(similar[0].id, new->id);
	assert_ok(search_similar_words(library.reader, desk->work, desk->incident, T(""), 5, &similar, &count));
	assert_int_equal(count, 0);
	library_close(&library);
}
