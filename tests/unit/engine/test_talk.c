/* Comments, attachments, links and watching: who may, what is kept, who sees it. */
#include "desk.h"

#include "base/limits.h"

static struct error *say(struct desk *desk, struct record *record, const char *words, enum visibility visibility)
{
	struct record *after;
	int64_t event;

	return IN_TX(desk, engine_comment(desk->work, record->type, record_number(record), text_from(words), visibility, &after,
	                                  &event));
}

static size_t comments_seen(struct desk *desk, struct record *record)
{
	struct event *events;
	size_t count, seen = 0;

	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		seen += text_is_set(value_get_text(events[i].payload, T("comment")));
	return seen;
}

DESK_TEST(notes_stay_inside)
{
	desk_as(desk, "reqa");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	assert_ok(say(desk, record, "hello?", VISIBLE_PUBLIC));
	assert_refused(say(desk, record, "psst", VISIBLE_INTERNAL), FORBIDDEN);
	desk_as(desk, "agent");
	assert_ok(say(desk, record, "a known one", VISIBLE_INTERNAL));
	assert_ok(say(desk, record, "on it", VISIBLE_PUBLIC));
	assert_int_equal(comments_seen(desk, record), 3);
	assert_int_equal(desk_reload(desk, record)->version, 4);
	desk_as(desk, "reqa");
	assert_int_equal(comments_seen(desk, record), 2);
	desk_as(desk, "reqb");
	assert_refused(say(desk, record, "me too", VISIBLE_PUBLIC), NOT_FOUND);
	desk_as(desk, "auditor");
	assert_refused(say(desk, record, "me too", VISIBLE_PUBLIC), FORBIDDEN);
	assert_refused(say(desk, record, "me too", VISIBLE_INTERNAL), FORBIDDEN);
	assert_int_equal(comments_seen(desk, record), 3);
}

DESK_TEST(a_comment_has_words)
{
	char *large = arena_alloc(desk->arena, LIMIT_PROSE_BYTES + 2);

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	assert_refused(say(desk, record, "", VISIBLE_PUBLIC), INVALID);
	assert_refused(say(desk, record, " \n ", VISIBLE_PUBLIC), INVALID);
	assert_refused(say(desk, record, "\xff\xfe", VISIBLE_PUBLIC), INVALID);
	memset(large, 'x', LIMIT_PROSE_BYTES + 1);
	assert_refused(say(desk, record, large, VISIBLE_PUBLIC), INVALID);
	large[LIMIT_PROSE_BYTES] = '\0';
	assert_ok(say(desk, record, large, VISIBLE_PUBLIC));
}

/* ---- attachments ---- */

static struct attachment file_of(const char *name, enum visibility visibility)
{
	return (struct attachment){
		.name = text_from(name),
		.media_type = T("text/plain"),
		.hash = T("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
		.size = 12,
		.visibility = visibility,
	};
}

static struct error *attach(struct desk *desk, struct record *record, struct attachment file, int64_t *ret_id)
{
	return IN_TX(desk, engine_attach(desk->work, record->type, record_number(record), &file, ret_id));
}

DESK_TEST(files_are_seen_by_those_who_may)
{
	struct attachment *files, file;
	int64_t public_id, internal_id;
	size_t count;
	bool used;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	assert_ok(attach(desk, record, file_of("log.txt", VISIBLE_PUBLIC), &public_id));
	assert_ok(attach(desk, record, file_of("passwords of the router.txt", VISIBLE_INTERNAL), &internal_id));
	assert_ok(engine_attachments(desk->work, desk_reload(desk, record), &files, &count));
	assert_int_equal(count, 2);
	assert_text(files[0].name, "log.txt");
	assert_int_not_equal(files[0].event_id, 0);
	assert_int_equal(files[0].created_by, desk->work->actor->id);
	desk_as(desk, "reqa");
	assert_ok(engine_attachments(desk->work, desk_reload(desk, record), &files, &count));
	assert_int_equal(count, 1);
	assert_ok(engine_attachment(desk->work, desk_reload(desk, record), public_id, &file));
	assert_refused(engine_attachment(desk->work, desk_reload(desk, record), internal_id, &file), NOT_FOUND);
	assert_refused(attach(desk, record, file_of("x", VISIBLE_INTERNAL), &internal_id), FORBIDDEN);
	/* Others' files stay; one's own may be taken back. */
	assert_refused(IN_TX(desk, engine_detach(desk->work, desk->incident, record_number(record), internal_id)), NOT_FOUND);
	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_detach(desk->work, desk->incident, record_number(record), public_id)));
	assert_ok(engine_blob_used(desk->work, files[0].hash, &used));
	assert_true(used);
	assert_ok(IN_TX(desk, engine_detach(desk->work, desk->incident, record_number(record), internal_id)));
	assert_refused(IN_TX(desk, engine_detach(desk->work, desk->incident, record_number(record), internal_id)), NOT_FOUND);
	/* Its content stays for a day. */
	assert_ok(engine_blob_used(desk->work, files[0].hash, &used));
	assert_true(used);
	desk->work->now += DAY_MS + 1;
	assert_ok(engine_blob_used(desk->work, files[0].hash, &used));
	assert_false(used);
	text *hashes;
	assert_ok(engine_blobs(desk->work, TEXT_UNSET, 10, &hashes, &count));
	assert_int_equal(count, 0);
}

DESK_TEST(names_of_files_cannot_deceive)
{
	static const char *const bad[] = { "", " ", "..", "a\nb", "a\rb", "a/b", "a\\b", "a\tb", "invoice\xe2\x80\xaegnp.exe", "a\x7f",
		                           "\xff", "zero\xe2\x80\x8bwidth" };
	struct attachment file = file_of("x", VISIBLE_PUBLIC);
	int64_t id;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	for (size_t i = 0; i < array_length(bad); i++)
		assert_refused(attach(desk, record, file_of(bad[i], VISIBLE_PUBLIC), &id), INVALID);
	assert_ok(attach(desk, record, file_of("Übersicht – März.pdf", VISIBLE_PUBLIC), &id));
	file.media_type = T("text/html; charset=utf-8");
	assert_refused(attach(desk, record, file, &id), INVALID);
	file.media_type = T("text");
	assert_refused(attach(desk, record, file, &id), INVALID);
	file = file_of("x", VISIBLE_PUBLIC);
	file.size = LIMIT_ATTACHMENT_BYTES + 1;
	assert_refused(attach(desk, record, file, &id), TOO_LARGE);
}

DESK_TEST(a_record_has_not_endless_files)
{
	int64_t id;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x'}");
	for (int i = 0; i < LIMIT_ATTACHMENTS_PER_RECORD; i++)
		assert_ok(attach(desk, record, file_of("x", VISIBLE_PUBLIC), &id));
	assert_refused(attach(desk, record, file_of("x", VISIBLE_PUBLIC), &id), CONFLICT);
}

/* ---- links ---- */

static struct error *tie(struct desk *desk, struct record *from, const char *relation, text to, int64_t *ret_id)
{
	return IN_TX(desk, engine_link(desk->work, from->type, record_number(from), text_from(relation), to, ret_id));
}

DESK_TEST(links_are_seen_from_both_ends)
{
	struct record_link *links;
	int64_t id;
	size_t count;

	desk_as(desk, "agent");
	struct record *one = desk_incident(desk, "{'title': 'one', 'requester': 'reqa'}"), *two = desk_incident(desk, "{'title': 'two'}");
	assert_ok(tie(desk, one, "duplicate_of", record_number(two), &id));
	assert_ok(engine_links(desk->work, desk_reload(desk, one), &links, &count));
	assert_int_equal(count, 1);
	assert_false(links[0].inverse);
	assert_int_equal(links[0].other_id, two->id);
	assert_ok(engine_links(desk->work, desk_reload(desk, two), &links, &count));
	assert_int_equal(count, 1);
	assert_true(links[0].inverse);
	assert_int_equal(links[0].id, id);
	assert_int_equal(desk_reload(desk, two)->version, 2);
	/* The requester of one does not learn that the other exists. */
	desk_as(desk, "reqa");
	assert_ok(engine_links(desk->work, desk_reload(desk, one), &links, &count));
	assert_int_equal(count, 0);
	desk_as(desk, "agent");
	assert_ok(IN_TX(desk, engine_unlink(desk->work, desk->incident, record_number(two), id)));
	assert_ok(engine_links(desk->work, desk_reload(desk, one), &links, &count));
	assert_int_equal(count, 0);
	assert_refused(IN_TX(desk, engine_unlink(desk->work, desk->incident, record_number(two), id)), NOT_FOUND);
}

DESK_TEST(links_that_are_refused)
{
	int64_t id;

	desk_as(desk, "agent");
	struct record *one = desk_incident(desk, "{'title': 'one', 'requester': 'reqa'}"), *two = desk_incident(desk, "{'title': 'two'}");
	assert_refused(tie(desk, one, "related_to", record_number(one), &id), INVALID);
	assert_refused(tie(desk, one, "married_to", record_number(two), &id), INVALID);
	assert_refused(tie(desk, one, "related_to", T("INC0999999"), &id), INVALID);
	assert_refused(tie(desk, one, "related_to", T("nothing"), &id), INVALID);
	assert_ok(tie(desk, one, "related_to", record_number(two), &id));
	assert_refused(tie(desk, one, "related_to", record_number(two), &id), CONFLICT);
	struct record *third = desk_incident(desk, "{'title': 'three'}");
	assert_refused(IN_TX(desk, engine_unlink(desk->work, desk->incident, record_number(third), id)), NOT_FOUND);
	desk_as(desk, "reqa");
	assert_refused(tie(desk, one, "duplicate_of", record_number(two), &id), FORBIDDEN);
}

/* ---- watching ---- */

static struct error *watch(struct desk *desk, struct record *record, const char *login, bool on)
{
	int64_t user = 0;

	if (login != NULL)
		assert_ok(model_find_id(desk->work, desk->model->user, text_from(login), &user));
	return IN_TX(desk, engine_watch(desk->work, record->type, record_number(record), user, on));
}

DESK_TEST(who_watches_may_read)
{
	struct record *found;

	desk_as(desk, "agent");
	struct record *record = desk_incident(desk, "{'title': 'x', 'requester': 'reqa'}");
	desk_as(desk, "reqb");
	assert_refused(watch(desk, record, NULL, true), NOT_FOUND);
	desk_as(desk, "reqa");
	assert_ok(watch(desk, record, NULL, true));
	assert_refused(watch(desk, record, "reqb", true), FORBIDDEN);
	desk_as(desk, "agent");
	assert_ok(watch(desk, record, "reqb", true));
	assert_ok(watch(desk, record, "reqb", true));
	assert_int_equal(desk_reload(desk, record)->version, 1);
	desk_as(desk, "reqb");
	assert_ok(access_load(desk->work, desk->incident, record_number(record), &found));
	assert_ok(watch(desk, record, NULL, false));
	record_cache_reset(desk->work->cache);
	assert_refused(access_load(desk->work, desk->incident, record_number(record), &found), NOT_FOUND);
	desk_as(desk, NULL);
	assert_refused(watch(desk, record, NULL, true), INVALID);
}
