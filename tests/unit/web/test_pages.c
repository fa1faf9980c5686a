/* Parts of pages that need no store: words for people, and form texts as the engine takes them. */
#include "../shipped.h"

#include "web/pages_private.h"

struct fixture {
	struct arena *arena;
	struct model *model;
	struct actor actor;
	struct work work;
};

static void set_up(struct fixture *fixture)
{
	fixture->arena = arena_new((size_t)64 << 20);
	fixture->model = shipped_model(fixture->arena);
	fixture->actor = (struct actor){ .kind = ACTOR_PERSON, .id = 7, .login = T("ana"), .name = T("Ana Corvo"),
		                         .zone = zone_find(T("Europe/Zurich")), .scopes = SCOPE_ALL };
	fixture->work = (struct work){ .arena = fixture->arena, .model = fixture->model, .actor = &fixture->actor, .language = T("en") };
	assert_true(moment_parse(T("2026-11-22T10:00:00Z"), NULL, &fixture->work.now));
}

static void tear_down(struct fixture *fixture)
{
	model_free(fixture->model);
	arena_free(fixture->arena);
}

static struct value *body_of(struct fixture *fixture, const char *const (*pairs)[2], size_t count)
{
	struct value *body = value_map(fixture->arena);

	for (size_t i = 0; i < count; i++)
		value_set_text(fixture->arena, body, text_from(pairs[i][0]), text_from(pairs[i][1]));
	return body;
}

TEST(initials_are_the_first_letters_of_two_words)
{
	struct arena *arena = arena_new(1 << 16);

	assert_text(part_initials(arena, T("Ana Corvo")), "AC");
	assert_text(part_initials(arena, T("Élodie van der Berg")), "Év");
	assert_text(part_initials(arena, T("admin")), "a");
	assert_text(part_initials(arena, T("")), "");
	arena_free(arena);
}

TEST(working_time_has_no_days)
{
	struct arena *arena = arena_new(1 << 16);

	assert_text(part_hours(arena, 0), "0m");
	assert_text(part_hours(arena, 59 * MINUTE_MS), "59m");
	assert_text(part_hours(arena, 90 * MINUTE_MS), "1h 30m");
	assert_text(part_hours(arena, 40 * HOUR_MS), "40h");
	arena_free(arena);
}

TEST(sizes_and_addresses)
{
	struct arena *arena = arena_new(1 << 16);

	assert_text(part_size(arena, 999), "999 B");
	assert_text(part_size(arena, 12400), "12 kB");
	assert_text(part_size(arena, 2500000), "2.5 MB");
	assert_text(url_part(arena, T("a b&c=\"é\"")), "a%20b%26c%3D%22%C3%A9%22");
	arena_free(arena);
}

TEST(moments_are_said_in_the_readers_zone)
{
	struct fixture fixture;
	moment at;

	set_up(&fixture);
	assert_true(moment_parse(T("2026-11-22T08:05:00Z"), NULL, &at));
	assert_text(value_get_text(part_moment(&fixture.work, at), T("words")), "09:05");
	assert_true(moment_parse(T("2026-11-20T08:05:00Z"), NULL, &at));
	assert_text(value_get_text(part_moment(&fixture.work, at), T("words")), "Fri 09:05");
	assert_true(moment_parse(T("2026-03-01T08:05:00Z"), NULL, &at));
	assert_text(value_get_text(part_moment(&fixture.work, at), T("words")), "1 Mar");
	assert_text(value_get_text(part_moment(&fixture.work, at), T("at")), "2026-03-01T08:05:00.000Z");
	assert_true(value_is_null(part_moment(&fixture.work, MOMENT_UNSET)));
	tear_down(&fixture);
}

TEST(a_form_sends_only_what_was_touched)
{
	static const char *const pairs[][2] = { { "title", "New" }, { "was.title", "Old" }, { "description", "a\r\nb" },
		                                { "was.description", "a\nb" }, { "service", " " }, { "was.service", "email" },
		                                { "impact", "high" }, { "was.impact", "high" } };
	struct fixture fixture;

	set_up(&fixture);
	struct value *input = form_input(&fixture.work, model_type(fixture.model, T("incident")),
	                                 body_of(&fixture, pairs, array_length(pairs)));
	assert_int_equal(value_count(input), 2);
	assert_text(value_get_text(input, T("title")), "New");
	assert_int_equal(value_get(input, T("service"))->kind, VALUE_NULL);
	tear_down(&fixture);
}

TEST(a_checkbox_that_is_not_sent_is_false_when_it_was_shown)
{
	static const char *const untouched[][2] = { { "was.restricted", "false" } }, *const cleared[][2] = { { "was.restricted", "true" } };
	struct fixture fixture;
	struct value *body, *shown;

	set_up(&fixture);
	const struct type *type = model_type(fixture.model, T("incident"));
	shown = value_list(fixture.arena);
	value_append(fixture.arena, shown, value_text(fixture.arena, T("restricted")));
	body = body_of(&fixture, untouched, 1);
	value_set(fixture.arena, body, T("shown"), shown);
	assert_int_equal(value_count(form_input(&fixture.work, type, body)), 0);
	body = body_of(&fixture, cleared, 1);
	value_set(fixture.arena, body, T("shown"), shown);
	struct value *input = form_input(&fixture.work, type, body);
	assert_int_equal(value_count(input), 1);
	assert_false(value_get_bool(input, T("restricted"), true));
	tear_down(&fixture);
}

TEST(lists_of_links_are_cut_at_commas)
{
	static const char *const pairs[][2] = { { "watchers", "ana, bram ,, " } };
	struct fixture fixture;

	set_up(&fixture);
	struct value *input = form_input(&fixture.work, model_type(fixture.model, T("incident")), body_of(&fixture, pairs, 1));
	const struct value *watchers = value_get(input, T("watchers"));
	assert_int_equal(value_count(watchers), 2);
	assert_text(watchers->list.items[1]->text, "bram");
	tear_down(&fixture);
}

TEST(an_empty_comment_is_not_sent)
{
	static const char *const pairs[][2] = { { "comment", " \r\n " }, { "resolution", "Done" } };
	struct fixture fixture;

	set_up(&fixture);
	struct value *input = form_input(&fixture.work, model_type(fixture.model, T("incident")),
	                                 body_of(&fixture, pairs, array_length(pairs)));
	assert_null(value_get(input, T("comment")));
	assert_text(value_get_text(input, T("resolution")), "Done");
	tear_down(&fixture);
}

TEST(values_of_the_history_are_said_in_words)
{
	struct fixture fixture;
	struct value *link;

	set_up(&fixture);
	const struct type *type = model_type(fixture.model, T("incident"));
	struct arena *arena = fixture.arena;
	assert_text(part_value_words(&fixture.work, type_field(type, T("resolution_code")), value_text(arena, T("no_fault"))), "No fault found");
	assert_text(part_value_words(&fixture.work, type_field(type, T("title")), value_null(arena)), "–");
	link = value_map(arena);
	value_set_text(arena, link, T("number"), T("email"));
	value_set_text(arena, link, T("title"), T("E-mail"));
	assert_text(part_value_words(&fixture.work, type_field(type, T("service")), link), "E-mail");
	value_set(arena, link, T("title"), value_null(arena));
	value_set(arena, link, T("number"), value_null(arena));
	assert_text(part_value_words(&fixture.work, type_field(type, T("service")), link), "something you may not see");
	tear_down(&fixture);
}

TEST(staff_are_those_with_a_view_of_their_own)
{
	struct fixture fixture;

	set_up(&fixture);
	fixture.actor.roles = UINT64_C(1) << model_role(fixture.model, T("requester"));
	assert_false(is_staff(&fixture.work));
	const struct type *type = model_type(fixture.model, T("incident"));
	assert_true(first_view(&fixture.work, type)->portal);
	fixture.actor.roles |= UINT64_C(1) << model_role(fixture.model, T("agent"));
	assert_true(is_staff(&fixture.work));
	assert_text(first_view(&fixture.work, type)->name, "my_work");
	tear_down(&fixture);
}
