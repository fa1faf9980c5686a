/* Story files: what is written wrongly is told with its place and the nearest name; what is not as expected fails. */
#include "shipped.h"

#include "cli/story_private.h"

#include <unistd.h>

static struct arena *arena;
static struct model *model;

static struct error *read_story(const char *source, struct story **ret_stories)
{
	size_t count;

	if (arena == NULL) {
		arena = arena_new((size_t)256 * 1024 * 1024);
		model = shipped_model(arena);
	}
	return story_read(arena, model, T("x.story.yaml"), text_from(source), ret_stories, &count);
}

/* The one mistake of a story whose steps are given: where, what, and the hint. */
static void assert_mistake(const char *steps, uint32_t line, uint32_t column, const char *message, const char *hint)
{
	char source[4000];
	struct story *stories;

	snprintf(source, sizeof(source),
	         "- story: One\n"                                                  /* 1 */
	         "  given: { people: { rosa: {}, finn: { roles: [agent] } } }\n"   /* 2 */
	         "  steps:\n"                                                      /* 3 */
	         "    - rosa creates incident A: { title: Mail is down }\n"        /* 4 */
	         "%s", steps);                                                     /* 5 */
	struct error *error = read_story(source, &stories);
	assert_non_null(error);
	if (error->place.line != line || error->place.column != column || text_find(error->message, text_from(message)) < 0)
		fail_msg("%u:%u: %.*s", error->place.line, error->place.column, TEXT_ARG(error->message));
	if (hint != NULL && text_find(error->hint, text_from(hint)) < 0)
		fail_msg("hint: %.*s", TEXT_ARG(error->hint));
	assert_null(error->next);
}

TEST(sentences_are_understood_or_corrected)
{
	assert_mistake("    - finn take start on A:\n", 5, 7, "the verb 'take' is not known", "'takes'");
	assert_mistake("    - finn takes strat on A:\n", 5, 7, "the transition 'strat' is not known", "'start'");
	assert_mistake("    - fin takes start on A:\n", 5, 7, "the person 'fin' is not known", "'finn'");
	assert_mistake("    - finn takes start on B:\n", 5, 7, "the record 'B' is not known", NULL);
	assert_mistake("    - finn takes start:\n", 5, 7, "this is no sentence", "WHO takes TRANSITION on NAME");
	assert_mistake("    - rosa creates incidnet B: { title: x }\n", 5, 7, "the type 'incidnet' is not known", "'incident'");
	assert_mistake("    - just words\n", 5, 7, "a step begins with a sentence", NULL);
}

TEST(fields_and_keys_are_known)
{
	assert_mistake("    - finn updates A: { titel: x }\n", 5, 25, "the key 'titel' is not known", "'title'");
	assert_mistake("    - finn takes start on A:\n      expcet: { state: new }\n", 6, 7, "the key 'expcet' is not known", "'expect'");
	assert_mistake("    - A is: { stat: new }\n", 5, 15, "the key 'stat' is not known", "'state'");
	assert_mistake("    - A is: { clocks: { respons: stopped } }\n", 5, 25, "the key 'respons' is not known", "'response'");
	assert_mistake("    - A is: { clocks: { response: { elapst: 1h } } }\n", 5, 37, "the key 'elapst' is not known", "'elapsed'");
	assert_mistake("    - rosa sees A: { can: [cancle] }\n", 5, 28, "the transition 'cancle' is not known", "'cancel'");
	assert_mistake("    - finn lists incident: { were: x }\n", 5, 30, "the key 'were' is not known", "'where'");
}

TEST(refusals_people_and_times_are_known)
{
	assert_mistake("    - finn takes start on A:\n      refused: forbiden\n", 6, 16, "the code 'forbiden' is not known", "'forbidden'");
	assert_mistake("    - finn takes start on A:\n      told: [roza]\n", 6, 14, "the person 'roza' is not known", "'rosa'");
	assert_mistake("    - time passes: a while\n", 5, 20, "this is no stretch of time", "until Monday 09:00");
	assert_mistake("    - time passes: 1h\n      expect: { state: new }\n", 5, 7, "no record is meant here", NULL);
}

TEST(what_is_refused_may_be_written_wrongly)
{
	struct story *stories;

	assert_ok(read_story("- story: One\n  given: { people: { rosa: {} } }\n  steps:\n"
	                     "    - rosa creates incident A: { titel: x }\n      refused: invalid\n", &stories));
	assert_int_equal(stories[0].step_count, 1);
	assert_text(stories[0].steps[0].who, "rosa");
	assert_text(stories[0].steps[0].name, "A");
}

/* Lives a story; *ret_problems is what was not as expected. */
static void live(const char *source, struct error **ret_problems)
{
	struct story *stories;
	struct story_store store;

	assert_ok(read_story(source, &stories));
	assert_ok(story_store_make(arena, TEXT_UNSET, &store));
	struct story_world world = { .story = &stories[0], .arena = arena, .now = stories[0].now };
	const struct program_settings settings = { .data_dir = store.folder, .relaxed = true, .now = story_now, .now_data = &world };
	assert_ok(program_open(arena, &settings, &world.program));
	*ret_problems = story_live(&world, &stories[0]);
	program_close(world.program);
	story_store_remove(arena, &store);
}

TEST(what_is_not_as_expected_is_told_at_its_place)
{
	static const char *const wrong[] = {
		"state: closed", "priority: 1", "assignee: rosa", "title: { contains: telephone }", "requester: null", "clocks: { response: stopped }",
		"clocks: { response: { elapsed: 1h } }", "clocks: { response: { breached: yes } }", "can: [reopen]", "cannot: [start]",
		"transitions: [start]", "history: [comment]", "not in history: [created]", "events: 7", "links: { follows: A }",
		"attachments: [x]", "hides: [title]", "writes: [title]",
	};
	for (size_t i = 0; i < array_length(wrong); i++) {
		char source[1000];
		struct error *problems;

		snprintf(source, sizeof(source),
		         "- story: One\n  given: { people: { rosa: {}, finn: { roles: [agent] } } }\n  steps:\n"
		         "    - rosa creates incident A: { title: Mail is down }\n    - A is: { %s }\n", wrong[i]);
		live(source, &problems);
		if (problems == NULL || problems->place.line != 5)
			fail_msg("'%s' should not be as expected", wrong[i]);
	}
}

TEST(steps_that_fail_or_should_have_failed_are_told)
{
	struct error *problems;

	live("- story: One\n  given: { people: { rosa: {}, finn: { roles: [agent] } } }\n  steps:\n"
	     "    - rosa creates incident A: { title: Mail is down }\n    - rosa takes start on A:\n    - A is: { state: closed }\n", &problems);
	assert_non_null(problems);
	assert_int_equal(problems->place.line, 5);
	assert_null(problems->next); /* the story ended there */
	live("- story: One\n  given: { people: { rosa: {}, finn: { roles: [agent] } } }\n  steps:\n"
	     "    - rosa creates incident A: { title: Mail is down }\n    - finn takes start on A:\n      refused: forbidden\n", &problems);
	assert_non_null(problems);
	assert_true(text_find(problems->message, T("should have been refused")) >= 0);
	live("- story: One\n  given: { people: { rosa: {}, finn: { roles: [agent] } } }\n  steps:\n"
	     "    - rosa creates incident A: { title: Mail is down }\n    - finn comments on A: Hello\n      told: nobody\n", &problems);
	assert_non_null(problems);
	assert_true(text_find(problems->message, T("told: expected nobody")) >= 0);
}

TEST(working_time_passes_by_the_calendar)
{
	struct error *problems;

	live("- story: One\n  zone: Europe/Berlin\n  now: 2026-03-06T16:00\n"
	     "  given: { calendars: { office: { hours: 'mon-fri 08:00-17:00', is_default: yes } }, people: { rosa: {} } }\n  steps:\n"
	     "    - time passes: 2h of working time\n    - rosa creates incident A: { title: a }\n"
	     "      expect: { created_at: 2026-03-09T09:00 }\n"
	     "    - time passes: 2 working days in office\n    - rosa creates incident B: { title: b }\n"
	     "      expect: { created_at: 2026-03-11T09:00 }\n"
	     "    - time passes: until Wednesday 09:00\n    - rosa creates incident C: { title: c }\n"
	     "      expect: { created_at: 2026-03-18T09:00 }\n", &problems);
	shipped_show(problems);
	assert_null(problems);
}
