/*
 * What the stories of tests/practices/tasks cannot look at: the events behind tasks, and that publishing a graph writes its rows and
 * nothing else. (Two last tasks at the same moment: test_race.c.)
 */
#include "desk.h"

#include "engine/task_private.h"

#define HEAD                                                                                                       \
	"practice: Tests\npurpose: Jobs with tasks.\n"                                                             \
	"type: { name: job, extends: task, number: \"JOB{000}\", title: title }\n"                                 \
	"fields: { ready: { kind: boolean, default: no } }\n"                                                      \
	"lifecycle:\n"                                                                                             \
	"  states: { fresh: { group: open }, doing: { group: open }, review: { group: open }, over: { group: closed } }\n" \
	"  transitions:\n"                                                                                         \
	"    begin: { from: fresh, to: doing, by: agent }\n"                                                       \
	"    finish: { from: doing, to: review, by: tasks, guard: ready = true }\n"                                \
	"    close: { from: [doing, review], to: over, by: agent }\n"                                              \
	"rights: { agent: [read, create, update, comment, note, history] }\n"                                      \
	"tasks:\n  in: doing\n  done: finish\n  steps:\n"

#define TWO HEAD "    one: { team: nobody, set: { service: { link: nowhere } } }\n    two: { after: one }\n"

#define TEN(d)                                                                                                     \
	"    s" #d "0: {}\n    s" #d "1: { after: s" #d "0 }\n    s" #d "2: { after: s" #d "0 }\n    s" #d              \
	"3: { after: [s" #d "1, s" #d "2] }\n    s" #d "4: {}\n    s" #d "5: {}\n    s" #d "6: { after: s" #d        \
	"4 }\n    s" #d "7: {}\n    s" #d "8: {}\n    s" #d "9: { after: [s" #d "7, s" #d "8] }\n"
#define HUNDRED HEAD TEN(0) TEN(1) TEN(2) TEN(3) TEN(4) TEN(5) TEN(6) TEN(7) TEN(8) TEN(9)

static struct record *begin_job(struct desk *desk)
{
	struct record *job;

	desk_as(desk, "agent");
	job = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'x'}");
	assert_ok(desk_take(desk, job, "begin", NULL));
	return desk_reload(desk, job);
}

static struct record_task *tasks_of_job(struct desk *desk, struct record *job, size_t *ret_count)
{
	struct record_task *tasks;

	record_cache_reset(desk->work->cache);
	assert_ok(engine_tasks(desk->work, job, &tasks, ret_count));
	return tasks;
}

/* The member of the payload of the newest event that has it. */
static const struct value *said(struct desk *desk, struct record *record, text key)
{
	const struct value *found = NULL;
	struct event *events;
	size_t count;

	desk_as(desk, NULL);
	assert_ok(engine_history(desk->work, desk_reload(desk, record), 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		if (value_get(events[i].payload, key) != NULL)
			found = value_get(events[i].payload, key);
	desk_as(desk, "agent");
	return found;
}

DESK_TEST_WITH(names_that_are_not_there_are_noted, TWO)
{
	size_t count;
	struct record_task *tasks = tasks_of_job(desk, begin_job(desk), &count);
	const struct value *missing = said(desk, tasks[0].record, T("missing"));

	assert_int_equal(count, 2);
	assert_int_equal(value_count(missing), 2);
	assert_true(text_equal(missing->list.items[0]->text, T("team nobody")));
	assert_true(text_equal(missing->list.items[1]->text, T("service nowhere")));
	assert_null(said(desk, tasks[1].record, T("missing")));
}

DESK_TEST_WITH(a_guard_in_the_way_is_noted_on_the_record, TWO)
{
	struct record *job = begin_job(desk);
	const struct value *error;
	size_t count;

	for (size_t i = 0; i < 2; i++)
		assert_ok(desk_take(desk, tasks_of_job(desk, job, &count)[i].record, "complete", NULL));
	job = desk_reload(desk, job);
	assert_true(text_equal(desk_state(job), T("doing")));
	error = said(desk, job, T("error"));
	assert_non_null(error);
	assert_true(text_starts_with(error->text, T("finish was not taken")));
	/* What stood in the way is gone: the next end of a task moves it on. */
	assert_ok(desk_take(desk, tasks_of_job(desk, job, &count)[1].record, "reopen", "{'comment': 'again'}"));
	struct record *after;
	assert_ok(IN_TX(desk, engine_update(desk->work, job->type, record_number(job), 0, desk_json(desk, "{'ready': true}"), &after)));
	assert_ok(desk_take(desk, tasks_of_job(desk, job, &count)[1].record, "complete", NULL));
	assert_true(text_equal(desk_state(desk_reload(desk, job)), T("review")));
}

#define WIDE(n) "    a" #n ": { after: start }\n    b" #n ": { after: a" #n ", when: ready = true }\n    c" #n ": { after: b" #n ", when: ready = true }\n    d" #n ": { after: c" #n " }\n"
#define WIDE_TEN(n) WIDE(n##0) WIDE(n##1) WIDE(n##2) WIDE(n##3) WIDE(n##4) WIDE(n##5) WIDE(n##6) WIDE(n##7) WIDE(n##8) WIDE(n##9)
#define TWO_HUNDRED HEAD "    start: {}\n" WIDE_TEN(0) WIDE_TEN(1) WIDE_TEN(2) WIDE_TEN(3) WIDE_TEN(4)

/* 201 steps of which 100 are not made, two in a row in each branch: the branches hold together, and the last task ends it. */
DESK_TEST_WITH(a_wide_graph_with_branches_that_are_left_out, TWO_HUNDRED)
{
	struct record *job = begin_job(desk), *after;
	struct record_task *tasks;
	size_t count, edges = 0;
	int64_t us = monotonic_us();

	assert_ok(IN_TX(desk, engine_update(desk->work, job->type, record_number(job), 0, desk_json(desk, "{'ready': true}"), &after)));
	tasks = tasks_of_job(desk, job, &count);
	assert_int_equal(count, 101);
	for (size_t i = 0; i < count; i++) {
		edges += tasks[i].after_count;
		assert_text(desk_state(tasks[i].record), i == 0 ? "ready" : "pending");
		assert_int_equal(tasks[i].after_count, i == 0 ? 0 : 1);
	}
	assert_int_equal(edges, 100);
	assert_int_equal(tasks[100].level, 2);
	us = monotonic_us();
	assert_ok(desk_take(desk, tasks[0].record, "complete", NULL));
	print_message("[          ] one task that releases fifty: %lld us\n", (long long)(monotonic_us() - us));
	for (size_t i = 1; i < count; i++) {
		struct record *task = desk_reload(desk, tasks[i].record);

		assert_text(desk_state(task), "ready");
		assert_text(desk_state(desk_reload(desk, job)), "doing");
		assert_ok(desk_take(desk, task, "complete", NULL));
	}
	assert_text(desk_state(desk_reload(desk, job)), "review");
	print_message("[          ] a graph of 101 tasks worked through: %lld us a task\n", (long long)((monotonic_us() - us) / 101));
}

static int64_t count_events(struct desk *desk)
{
	struct event *events;
	size_t count;

	assert_ok(engine_feed_all(desk->work, 0, 100000, &events, &count));
	return (int64_t)count;
}

DESK_TEST_WITH(publishing_a_graph_costs_no_more_than_its_rows, HUNDRED)
{
	const struct type *type = model_type(desk->model, T("work_task"));
	struct record *job, *task, *other;
	int64_t before, rows_us, graph_us;
	size_t count;

	desk_as(desk, "agent");
	job = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'x'}");
	other = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'y'}");
	before = count_events(desk);
	graph_us = monotonic_us();
	assert_ok(desk_take(desk, job, "begin", NULL));
	graph_us = monotonic_us() - graph_us;
	/* One event for each task, and one for the record. */
	assert_int_equal(count_events(desk) - before, 101);
	(void)tasks_of_job(desk, desk_reload(desk, job), &count);
	assert_int_equal(count, 100);

	text parent = text_format(desk->arena, "{'title': 'x', 'parent': '%.*s'}", TEXT_ARG(record_number(other)));
	struct value *input = desk_json(desk, text_cstring(desk->arena, parent));
	rows_us = monotonic_us();
	desk_begin(desk);
	for (size_t i = 0; i < 100; i++)
		assert_ok(engine_create(desk->work, type, input, &task));
	assert_ok(desk_end(desk, NULL));
	rows_us = monotonic_us() - rows_us;
	print_message("[          ] a graph of 100 tasks: %lld us; 100 rows one by one: %lld us\n", (long long)graph_us, (long long)rows_us);
}

/* Tasks that are completed by a rule as soon as they can begin. */
#define BY_ITSELF                                                                                                  \
	HEAD "    one: {}\n    two: {}\n    three: { after: two }\n"

DESK_TEST_WITH(a_graph_that_completes_itself_moves_its_record_on_once_and_at_the_end, BY_ITSELF)
{
	/* The shipped type has no such rule: one is lent to it for this test. */
	struct type *task = (struct type *)(uintptr_t)model_type(desk->model, T("work_task"));
	struct action complete = { .kind = ACTION_TRANSITION,
		                   .transition = (size_t)lifecycle_transition(task->lifecycle, T("complete")) };
	struct rule *rules = arena_new_array(desk->arena, struct rule, task->rule_count + 1), *kept = task->rules;
	struct record *job, *after;
	struct record_task *tasks;
	struct event *events;
	size_t count, finished = 0;

	memcpy(rules, task->rules, sizeof(*rules) * task->rule_count);
	rules[task->rule_count] = (struct rule){ .name = T("by_itself"), .when = WHEN_STATE,
		                                 .index = (size_t)task_state(task, T("ready")), .actions = &complete, .action_count = 1 };
	task->rules = rules;
	task->rule_count++;
	desk_as(desk, "agent");
	job = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'x'}");
	assert_ok(IN_TX(desk, engine_update(desk->work, job->type, record_number(job), 0, desk_json(desk, "{'ready': true}"), &after)));
	assert_ok(desk_take(desk, job, "begin", NULL));
	task->rules = kept;
	task->rule_count--;
	job = desk_reload(desk, job);
	assert_true(text_equal(desk_state(job), T("review")));
	tasks = tasks_of_job(desk, job, &count);
	assert_int_equal(count, 3);
	for (size_t i = 0; i < count; i++)
		assert_true(text_equal(desk_state(tasks[i].record), T("done")));
	assert_ok(engine_history(desk->work, job, 0, &events, &count));
	for (size_t i = 0; i < count; i++)
		finished += text_equal(value_get_text(events[i].payload, T("transition")), T("finish"));
	assert_int_equal(finished, 1);
}

static void import_state(struct desk *desk, struct record *record, const char *key, const char *state)
{
	const struct import_step step = { .at = desk->work->now, .created_at = MOMENT_UNSET, .number = record_number(record),
		                          .state = lifecycle_state(record->type->lifecycle, text_from(state)), .source_key = text_from(key) };
	enum import_outcome outcome;
	struct record *after;

	desk_as(desk, NULL);
	assert_ok(IN_TX(desk, engine_import(desk->work, record->type, &step, &outcome, &after)));
	desk_as(desk, "agent");
}

/* An import begins no work; but what waits for a task that it ends goes on, and the work of a record that it ends does not. */
DESK_TEST_WITH(what_an_import_ends_is_over, TWO)
{
	struct record *job = begin_job(desk), *other, *untouched;
	struct record_task *tasks;
	size_t count;

	import_state(desk, tasks_of_job(desk, job, &count)[0].record, "a", "done");
	tasks = tasks_of_job(desk, job, &count);
	assert_text(desk_state(tasks[1].record), "ready");
	import_state(desk, desk_reload(desk, job), "b", "over");
	assert_text(desk_state(tasks_of_job(desk, job, &count)[1].record), "cancelled");
	other = desk_create(desk, model_type(desk->model, T("job")), "{'title': 'x'}");
	import_state(desk, other, "c", "doing");
	untouched = desk_reload(desk, other);
	(void)tasks_of_job(desk, untouched, &count);
	assert_int_equal(count, 0);
}
