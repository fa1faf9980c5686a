/*
 * Lists, counts and values as each person may see them: rows by the rules, hidden fields in no filter, path or sort, and links
 * that do not tell what their target is.
 */
#include "office.h"

static struct query query_of(struct office *office, const struct type *type, const char *where)
{
	struct query query = { .type = type, .limit = 50 };
	struct condition *condition;

	if (where != NULL) {
		assert_ok(condition_parse(office->arena, office->model, type, text_from(where), CONDITION_QUERY, &condition));
		query.where = condition;
	}
	return query;
}

static size_t found(struct office *office, const char *where)
{
	struct query query = query_of(office, office->incident, where);
	struct record_page page;
	int64_t count;

	assert_ok(access_find(office->work, &query, &page));
	query = query_of(office, office->incident, where);
	assert_ok(access_count(office->work, &query, 100, &count));
	assert_int_equal((size_t)count, page.count);
	return page.count;
}

static void fill(struct office *office)
{
	const struct type *incident = office->incident;

	office_record(office, incident, "{'title': 'Mail is down', 'requester': 'reqa', 'external_ref': 'X-1'}");
	office_record(office, incident, "{'title': 'No network', 'requester': 'reqb', 'impact': 'high'}");
	office_record(office, incident, "{'title': 'Watched', 'requester': 'reqb', 'watchers': ['reqa'], 'opened_by': 'reqa'}");
	office_record(office, incident, "{'title': 'Secret', 'requester': 'reqb', 'restricted': true, 'team': 'network'}");
}

static struct error *add_one(void *data, struct work *work unused, struct record *record unused)
{
	(*(size_t *)data)++;
	return NULL;
}

OFFICE_TEST(lists_and_counts_follow_the_rules)
{
	static const struct {
		const char *login;
		size_t all, down;
	} expected[] = { { "reqa", 2, 1 }, { "reqb", 3, 0 }, { "agent", 3, 1 }, { "network", 4, 1 }, { "auditor", 4, 1 }, { NULL, 4, 1 } };

	fill(office);
	for (size_t i = 0; i < array_length(expected); i++) {
		size_t each = 0;
		office_as(office, expected[i].login);
		/* Each record once, however many branches hold for it. */
		assert_int_equal(found(office, NULL), expected[i].all);
		assert_int_equal(found(office, "title starts with \"mail\""), expected[i].down);
		struct query query = query_of(office, office->incident, NULL);
		assert_ok(access_each(office->work, &query, add_one, &each));
		assert_int_equal(each, expected[i].all);
	}
	office->work->actor = access_nobody();
	assert_int_equal(found(office, NULL), 0);
}

OFFICE_TEST(no_filter_widens_what_is_seen)
{
	static const char *const tries[] = { "title != \"x\"", "not (title = \"x\")", "requester = reqb", "requester != me",
		"title = \"Secret\" or title != \"Secret\"", "state = new", "team = network or created_at is set" };

	fill(office);
	office_as(office, "reqa");
	for (size_t i = 0; i < array_length(tries); i++) {
		struct query query = query_of(office, office->incident, tries[i]);
		struct record_page page;
		assert_ok(access_find(office->work, &query, &page));
		for (size_t r = 0; r < page.count; r++)
			assert_true(text_equal(record_title(page.records[r]), T("Mail is down")) ||
			            text_equal(record_title(page.records[r]), T("Watched")));
	}
}

OFFICE_TEST(hidden_fields_are_no_fields)
{
	static const char *const hidden[] = { "restricted = true", "external_ref = \"X-1\"", "not (external_ref is set)",
		"title is set and (state = new or priority_reason contains \"a\")" };
	struct record_page page;
	int64_t count;

	fill(office);
	office_as(office, "reqa");
	for (size_t i = 0; i < array_length(hidden); i++) {
		struct query query = query_of(office, office->incident, hidden[i]);
		struct error *error = access_find(office->work, &query, &page);
		if (error == NULL)
			fail_msg("'%s' was answered", hidden[i]);
		assert_int_equal(error->code, ERROR_CONDITION);
		assert_true(text_starts_with(error->message, T("incident has no field '")));
		query = query_of(office, office->incident, hidden[i]);
		assert_refused(access_count(office->work, &query, 10, &count), CONDITION);
		office_as(office, "agent");
		query = query_of(office, office->incident, hidden[i]);
		assert_ok(access_find(office->work, &query, &page));
		office_as(office, "reqa");
	}
	struct sort_key sort = { .field = office_field(office->incident, "external_ref")->position };
	struct query query = query_of(office, office->incident, NULL);
	query.sort = &sort;
	query.sort_count = 1;
	assert_refused(access_find(office->work, &query, &page), CONDITION);
}

/* requester.mail is hidden from requesters: a path through it is unset, so nothing can be guessed letter by letter. */
OFFICE_TEST(paths_through_hidden_fields_are_unset)
{
	fill(office);
	office_as(office, "reqa");
	assert_int_equal(found(office, "requester.mail starts with \"reqa\""), 0);
	assert_int_equal(found(office, "requester.mail is set"), 0);
	assert_int_equal(found(office, "requester.name starts with \"requester\""), 2);
	assert_int_equal(found(office, "requester.organisation = acme"), 1);
	office_as(office, "agent");
	assert_int_equal(found(office, "requester.mail starts with \"reqa\""), 1);
}

OFFICE_TEST(rules_see_what_the_actor_may_not)
{
	fill(office);
	/* `restricted` is hidden from the requester, and still the rule of reading looks at it for agents who are requesters. */
	office_as(office, "agent");
	assert_int_equal(found(office, "restricted = true"), 0);
	office_as(office, "network");
	assert_int_equal(found(office, "restricted = true"), 1);
}

static struct value *value_of(struct office *office, struct record *record, const bool *fields)
{
	struct value *value;

	assert_ok(access_record_value(office->work, record, fields, &value));
	return value;
}

OFFICE_TEST(a_value_holds_what_may_be_read)
{
	struct record *record = office_record(office, office->incident,
	                                      "{'title': 'Mail is down', 'requester': 'reqa', 'external_ref': 'X-1', 'watchers': ['reqb']}");

	office_as(office, "agent");
	struct value *value = value_of(office, record, NULL);
	assert_text(value_get_text(value, T("type")), "incident");
	assert_true(text_equal(value_get_text(value, T("number")), record_number(record)));
	assert_text(value_get_text(value, T("state")), "new");
	assert_int_equal(value_get_integer(value, T("version"), 0), 1);
	assert_text(value_get_text(value, T("external_ref")), "X-1");
	assert_text(value_get_text(value_get(value, T("requester")), T("number")), "reqa");
	assert_non_null(value_get(value, T("description")));
	assert_true(value_is_null(value_get(value, T("description"))));
	assert_int_equal(value_count(value_get(value, T("watchers"))), 1);
	for (size_t i = 0; i < value->map.count; i++)
		for (size_t j = 0; j < i; j++)
			assert_false(text_equal(value->map.entries[i].key, value->map.entries[j].key));
	office_as(office, "reqa");
	value = value_of(office, record, NULL);
	assert_text(value_get_text(value, T("title")), "Mail is down");
	assert_null(value_get(value, T("external_ref")));
	assert_null(value_get(value, T("restricted")));
	bool *fields = arena_new_array(office->arena, bool, office->incident->field_count);
	fields[office_field(office->incident, "title")->position] = true;
	fields[office_field(office->incident, "restricted")->position] = true;
	value = value_of(office, record, fields);
	assert_int_equal(value_count(value), 3);
	assert_non_null(value_get(value, T("number")));
	assert_null(value_get(value, T("restricted")));
}

OFFICE_TEST(a_link_does_not_tell_its_unreadable_target)
{
	struct record *parent = office_record(office, office->incident, "{'title': 'Secret', 'requester': 'reqb'}");
	struct record *child = office_record(office, office->incident,
	                                     text_cstring(office->arena, text_format(office->arena,
	                                     "{'title': 'Mail', 'requester': 'reqa', 'parent': '%.*s'}", TEXT_ARG(record_number(parent)))));

	office_as(office, "reqa");
	struct value *link = value_get(value_of(office, child, NULL), T("parent"));
	assert_int_equal(link->kind, VALUE_MAP);
	assert_text(value_get_text(link, T("type")), "incident");
	assert_non_null(value_get(link, T("number")));
	assert_true(value_is_null(value_get(link, T("number"))));
	assert_null(value_get(link, T("title")));
	assert_int_equal(found(office, "parent.title = \"Secret\""), 0);
	office_as(office, "agent");
	link = value_get(value_of(office, child, NULL), T("parent"));
	assert_text(value_get_text(link, T("title")), "Secret");
	assert_int_equal(found(office, "parent.title = \"Secret\""), 1);
}

OFFICE_TEST(values_of_lists_leave_prose_out)
{
	fill(office);
	office_as(office, "agent");
	struct query query = query_of(office, office->incident, NULL);
	struct record_page page;

	assert_ok(access_find(office->work, &query, &page));
	assert_true(page.records[0]->partial);
	struct value *value = value_of(office, page.records[0], NULL);
	assert_null(value_get(value, T("description")));
	assert_null(value_get(value, T("watchers")));
	assert_non_null(value_get(value, T("title")));
}
