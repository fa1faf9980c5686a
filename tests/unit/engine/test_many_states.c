/* A lifecycle of a thousand states: far more than the 64 bits of a word, or than a page shows. */
#include "desk.h"
#include "generated.h"

#include "model/query.h"

static const struct type *add_machine(struct desk *desk)
{
	struct schema_plan plan;
	struct model *model = NULL;
	struct error *error = generated_parse(desk->arena, generated_long(desk->arena, 1000), &model);

	shipped_show(error);
	assert_null(error);
	assert_ok(schema_plan(desk->arena, desk->store, desk->model, model, &plan));
	assert_ok(plan.refused);
	assert_ok(store_begin(desk->store, desk->arena));
	assert_ok(schema_apply(desk->work, model, &plan));
	assert_ok(store_commit(desk->store, desk->arena));
	model_free(desk->model);
	desk->work->model = desk->model = model;
	return model_type(model, T("machine"));
}

static size_t count_of(struct desk *desk, const struct type *machine, const char *source)
{
	struct condition *where = NULL;
	struct query query = { .type = machine, .everything = true, .limit = 10 };
	struct record_page page;

	assert_ok(condition_parse(desk->arena, desk->model, machine, text_from(source), CONDITION_QUERY, &where));
	query.where = where;
	query.context = (struct condition_context){ .work = desk->work };
	assert_ok(model_find(desk->work, &query, &page));
	return page.count;
}

DESK_TEST(a_record_goes_through_a_thousand_states)
{
	const struct type *machine = add_machine(desk);
	struct record *record, *after;

	assert_int_equal(machine->lifecycle->state_count, 1001);
	desk_as(desk, "agent");
	record = desk_create(desk, machine, "{'title': 'long'}");
	for (size_t i = 0; i < 100; i++) {
		text step = text_format(desk->arena, "on%zu", i);
		assert_ok(IN_TX(desk, engine_transition(desk->work, machine, record_number(record), step, 0, NULL, &after)));
	}
	after = desk_reload(desk, record);
	assert_text(desk_state(after), "s100");
	assert_refused(desk_take(desk, record, "on64", NULL), CONFLICT); /* 64 and 100 are other bits of a word than of a set */
	assert_refused(desk_take(desk, record, "on36", NULL), CONFLICT);
	assert_ok(desk_take(desk, record, "back100", NULL));
	assert_int_equal(count_of(desk, machine, "state = s99"), 1);
	assert_int_equal(count_of(desk, machine, "state = s35"), 0);
	assert_int_equal(count_of(desk, machine, "state > s90 and state < s200"), 1);
	assert_int_equal(count_of(desk, machine, "state.group = open"), 1);
	assert_int_equal(count_of(desk, machine, "state != s99"), 0);
	assert_ok(desk_take(desk, record, "cancel", NULL));
	assert_text(desk_state(desk_reload(desk, record)), "gone");
	assert_int_equal(count_of(desk, machine, "state.group = cancelled"), 1);
}
