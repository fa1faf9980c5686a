/* Fields of kind `record`: a link to any numbered record by its number, as it comes, stands, is asked for, and is hidden. */
#include "desk.h"

#include "model/query.h"

#define NOTES                                                                                              \
	"practice: Tests\npurpose: Notes about any record.\n"                                              \
	"type: { name: remark, number: \"REM{000}\", title: title }\n"                                     \
	"fields: { title: { kind: text, required: yes }, about: { kind: record, indexed: yes } }\n"        \
	"rights:\n  agent: { read: always, create: always, update: always, history: always }\n"            \
	"  requester: { read: always }\n"                                                                  \
	"views: { all: { roles: [agent], columns: [number, title, about], sort: -created_at } }\n"         \
	"forms: { create: { Remark: [title, about] } }\n"

static const struct type *remark(struct desk *desk) { return model_type(desk->model, T("remark")); }

static struct error *create(struct desk *desk, const char *about, struct record **ret_record)
{
	text json = text_format(desk->arena, "{'title': 'x', 'about': %s}", about);

	return IN_TX(desk, engine_create(desk->work, remark(desk), desk_json(desk, text_cstring(desk->arena, json)), ret_record));
}

static struct value *about_value(struct desk *desk, const struct record *record)
{
	struct value *value;

	record_cache_reset(desk->work->cache);
	assert_ok(access_record_value(desk->work, desk_reload(desk, record), NULL, &value));
	return value_get(value, T("about"));
}

DESK_TEST_WITH(a_record_is_named_by_its_number_in_any_case, NOTES)
{
	struct record *incident, *note;
	struct value *about;

	desk_as(desk, "agent");
	incident = desk_incident(desk, "{'title': 'Mail is down'}");
	assert_true(text_equal(record_number(incident), T("INC0000001")));
	assert_ok(create(desk, "'inc0000001'", &note));
	assert_true(text_equal(desk_cell(note, "about")->text, T("INC0000001")));
	about = about_value(desk, note);
	assert_true(text_equal(value_get_text(about, T("type")), T("incident")));
	assert_true(text_equal(value_get_text(about, T("number")), T("INC0000001")));
	assert_true(text_equal(value_get_text(about, T("title")), T("Mail is down")));
	/* As the API says it, it goes back in; so does nothing. */
	assert_ok(create(desk, "{'number': 'INC0000001', 'type': 'incident'}", &note));
	assert_ok(create(desk, "null", &note));
	assert_int_equal(desk_cell(note, "about")->kind, CELL_NULL);
}

DESK_TEST_WITH(what_is_not_there_is_refused, NOTES)
{
	static const char *const wrong[] = { "'INC0000099'", "'XYZ1'", "'agent'", "''", "7", "['INC0000001']" };
	struct record *note;

	desk_as(desk, "agent");
	for (size_t i = 0; i < array_length(wrong); i++) {
		struct error *error = create(desk, wrong[i], &note);
		assert_refused(error, INVALID);
		assert_true(text_equal(error->field, T("about")));
	}
}

DESK_TEST_WITH(what_may_not_be_read_is_hidden_and_cannot_be_named, NOTES)
{
	struct record *incident, *note;
	struct value *about;
	struct error *hidden, *absent;

	desk_as(desk, "admin");
	incident = desk_incident(desk, "{'title': 'Secret', 'restricted': true}");
	assert_ok(create(desk, "'INC0000001'", &note));
	desk_as(desk, "agent");
	about = about_value(desk, note);
	assert_true(text_equal(value_get_text(about, T("type")), T("incident")));
	assert_true(value_is_null(value_get(about, T("number"))));
	assert_null(value_get(about, T("title")));
	/* In the words of one that is not there. */
	hidden = create(desk, "'INC0000001'", &note);
	absent = create(desk, "'INC0000002'", &note);
	assert_refused(hidden, INVALID);
	assert_refused(absent, INVALID);
	assert_true(text_equal(text_slice(hidden->message, 0, 28), text_slice(absent->message, 0, 28)));
	(void)incident;
}

static size_t found(struct desk *desk, const char *source)
{
	struct record_page page;
	struct condition *where;

	assert_ok(condition_parse(desk->arena, desk->model, remark(desk), text_from(source), CONDITION_QUERY, &where));
	struct query query = { .type = remark(desk), .where = where, .limit = 10 };
	assert_ok(access_find(desk->work, &query, &page));
	return page.count;
}

DESK_TEST_WITH(it_is_compared_by_its_number_alone, NOTES)
{
	struct condition *where;
	struct record *note;

	desk_as(desk, "agent");
	(void)desk_incident(desk, "{'title': 'a'}");
	(void)desk_incident(desk, "{'title': 'b'}");
	assert_ok(create(desk, "'INC0000001'", &note));
	assert_ok(create(desk, "'INC0000002'", &note));
	assert_ok(create(desk, "null", &note));
	assert_int_equal(found(desk, "about = inc0000001"), 1);
	assert_int_equal(found(desk, "about != INC0000001"), 2);
	assert_int_equal(found(desk, "about in (INC0000001, INC0000002)"), 2);
	assert_int_equal(found(desk, "about is not set"), 1);
	assert_non_null(condition_parse(desk->arena, desk->model, remark(desk), T("about contains INC"), CONDITION_QUERY, &where));
	assert_non_null(condition_parse(desk->arena, desk->model, remark(desk), T("about > INC0000001"), CONDITION_QUERY, &where));
	assert_non_null(condition_parse(desk->arena, desk->model, remark(desk), T("about.title = x"), CONDITION_QUERY, &where));
}
