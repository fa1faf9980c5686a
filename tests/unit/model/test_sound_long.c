/* Long lifecycles are verified; ones with too many situations are told as not proven. */
#include "generated.h"

TEST(a_thousand_states_with_everything_are_sound)
{
	struct arena *arena = arena_new((size_t)1 << 27);
	struct model *model = NULL;
	struct error *error = generated_parse(arena, generated_whole(arena, 1000), &model);

	shipped_show(error);
	assert_null(error);
	assert_null(model->not_proven);
	assert_int_equal(model_type(model, T("machine"))->approval_count, 30);
	model_free(model);
	arena_free(arena);
}

/* Twelve flags that go on and off by themselves in thirty states are more situations than the limit. */
TEST(what_is_beyond_the_limit_is_not_proven_and_never_silent)
{
	struct arena *arena = arena_new((size_t)1 << 27);
	struct model *model = NULL;
	struct buffer out;
	struct error *error;

	buffer_init(&out, arena, (size_t)1 << 20);
	buffer_literal(&out, "practice: Generated\npurpose: Many flags.\ntype: { name: machine, number: \"MAC{0000}\", title: title }\n"
	                     "fields:\n  title: { kind: text, required: yes }\n");
	for (int i = 0; i < 12; i++)
		buffer_format(&out, "  f%d: { kind: boolean, default: no, set_by_engine: yes }\n", i);
	buffer_literal(&out, "lifecycle:\n  states:\n");
	for (int i = 0; i < 30; i++)
		buffer_format(&out, "    s%d: { group: open }\n", i);
	buffer_literal(&out, "    over: { group: closed }\n  transitions:\n");
	for (int i = 0; i < 30; i++)
		buffer_format(&out, "    on%d: { from: s%d, to: %s%.0d, by: agent }\n", i, i, i == 29 ? "over" : "s", i == 29 ? 0 : i + 1);
	for (int i = 0; i < 12; i++) {
		buffer_format(&out, "    set%d: { from: s%d, to: s%d, by: agent, set: { f%d: yes } }\n", i, i, i, i);
		buffer_format(&out, "    drop%d: { from: s29, to: s0, by: agent, guard: f%d = true, set: { f%d: no } }\n", i, i, i);
	}
	buffer_literal(&out, "rights:\n  agent: { read: always, create: always, update: always }\n");
	error = generated_parse(arena, buffer_peek(&out), &model);
	shipped_show(error);
	assert_null(error);
	assert_non_null(model->not_proven);
	assert_true(text_starts_with(model->not_proven->message, T("not proven: machine has more than")));
	assert_true(model->not_proven->place.line > 0);
	model_free(model);
	arena_free(arena);
}

/* A guard of its own for each of so many texts: more kinds of values than are told apart. */
TEST(more_values_than_are_told_apart_are_not_proven)
{
	struct arena *arena = arena_new((size_t)1 << 27);

	for (int count = 20; count <= 80; count += 60) {
		struct model *model = NULL;
		struct buffer out;
		struct error *error;

		buffer_init(&out, arena, (size_t)1 << 20);
		buffer_literal(&out, "practice: Generated\npurpose: Many texts.\ntype: { name: machine, number: \"MAC{0000}\", title: title }\n"
				     "fields:\n  title: { kind: text, required: yes }\n  note: { kind: text }\nlifecycle:\n  states:\n"
				     "    open: { group: open }\n    over: { group: closed }\n  transitions:\n");
		for (int i = 0; i < count; i++)
			buffer_format(&out, "    on%d: { from: open, to: over, by: agent, guard: note = k%d }\n", i, i);
		buffer_literal(&out, "rights:\n  agent: { read: always, create: always, update: always }\n");
		error = generated_parse(arena, buffer_peek(&out), &model);
		shipped_show(error);
		assert_null(error);
		assert_int_equal(model->not_proven != NULL, count > 63);
		if (model->not_proven != NULL)
			assert_true(text_starts_with(model->not_proven->message, T("not proven: whether this can ever hold: note = ")));
		model_free(model);
	}
	arena_free(arena);
}
