/* Lifecycles drawn: everything is on it, every text is escaped, and nobody waits for nothing. */
#include "gadget.h"
#include "generated.h"

#include "model/diagram.h"

#include <pthread.h>

const char *__lsan_default_suppressions(void);

/* libgvc 2.42 loses a block of its own with some graphs. */
const char *__lsan_default_suppressions(void)
{
	return "leak:libgvc";
}

static text drawn(struct arena *arena, const struct type *type, bool standalone)
{
	text svg = TEXT_UNSET;

	assert_ok(diagram_svg(arena, type, T("en"), standalone, &svg));
	return svg;
}

static size_t times(text whole, const char *part)
{
	size_t count = 0;
	ptrdiff_t at;

	while ((at = text_find(whole, text_from(part))) >= 0) {
		count++;
		whole = text_slice(whole, (size_t)at + 1, whole.length);
	}
	return count;
}

TEST(states_and_steps_are_drawn_by_what_they_are)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	struct model *model = shipped_model(arena);
	text svg = drawn(arena, model_type(model, T("change")), false);

	if (!text_is_set(svg)) {
		fprintf(stderr, "skipped: graphviz is not installed whole\n");
		skip();
	}
	assert_int_equal(times(svg, "<g class=\"state "), 10);
	assert_true(times(svg, "class=\"edge by-approval\"") >= 3);
	assert_true(times(svg, "class=\"edge by-person\"") >= 5);
	assert_int_equal(times(svg, " initial\""), 1);
	assert_int_equal(times(svg, "style="), 0);
	assert_int_equal(times(svg, "<style>"), 0);
	assert_true(text_find(svg, T("Start implementation")) > 0);
	assert_int_equal(times(drawn(arena, model_type(model, T("change")), true), "<style>"), 1);
	assert_false(text_is_set(drawn(arena, model_type(model, T("user")), false)));
	model_free(model);
	arena_free(arena);
}

TEST(words_of_a_definition_never_become_markup)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	struct model *model = NULL;
	text svg;

	assert_ok(gadget_parse(arena, gadget_with(arena, 19, "    busy: { group: open, label: \"<script>alert('1')</script>&\\\"</text>\" }"), &model));
	svg = drawn(arena, model_type(model, T("gadget")), false);
	assert_int_equal(times(svg, "<script"), 0);
	if (text_is_set(svg))
		assert_true(text_find(svg, T("&lt;script&gt;alert(&#39;1&#39;)")) > 0);
	model_free(model);
	arena_free(arena);
}

TEST(what_is_too_large_is_not_drawn)
{
	struct arena *arena = arena_new((size_t)1 << 27);
	struct model *model = NULL;

	assert_ok(generated_parse(arena, generated_long(arena, DIAGRAM_STATES_MAX + 1), &model));
	assert_false(text_is_set(drawn(arena, model_type(model, T("machine")), false)));
	model_free(model);
	arena_free(arena);
}

static void *draw_often(void *data)
{
	struct model *model = data;

	for (int i = 0; i < 5; i++) {
		struct arena *arena = arena_new((size_t)1 << 24);
		text svg;

		if (diagram_svg(arena, model_type(model, T("incident")), T("en"), false, &svg) != NULL)
			return model;
		arena_free(arena);
	}
	return NULL;
}

TEST(several_may_ask_at_the_same_moment)
{
	struct arena *arena = arena_new((size_t)1 << 26);
	struct model *model = shipped_model(arena);
	pthread_t threads[4];
	void *failed;

	for (size_t i = 0; i < array_length(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, draw_often, model), 0);
	for (size_t i = 0; i < array_length(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	model_free(model);
	arena_free(arena);
}
