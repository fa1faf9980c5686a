/*
 * Tasks and models as definitions: a small good practice with both is read as it says, and every mistake in it is told at
 * its place. Each case changes one line of one of the two files.
 */
#include "gadget.h"

static const char *const job_lines[] = {
	"practice: Tests",                                                                        /* 1 */
	"purpose: Jobs with tasks.",                                                              /* 2 */
	"type: { name: job, extends: task, number: \"JOB{000}\", title: title }",                 /* 3 */
	"fields:",                                                                                /* 4 */
	"  size: { kind: choice, choices: [small, large], default: small }",                      /* 5 */
	"  other: { kind: record }",                                                              /* 6 */
	"lifecycle:",                                                                             /* 7 */
	"  states:",                                                                              /* 8 */
	"    fresh: { group: open }",                                                             /* 9 */
	"    doing: { group: open }",                                                             /* 10 */
	"    over: { group: closed }",                                                            /* 11 */
	"    gone: { group: cancelled }",                                                         /* 12 */
	"  transitions:",                                                                         /* 13 */
	"    begin: { from: fresh, to: doing, by: agent }",                                       /* 14 */
	"    finish: { from: doing, to: over, by: tasks }",                                       /* 15 */
	"    drop: { from: [fresh, doing], to: gone, by: [agent, timer, tasks] }",                /* 16 */
	"tasks:",                                                                                 /* 17 */
	"  in: doing",                                                                            /* 18 */
	"  done: finish",                                                                         /* 19 */
	"  failed: drop",                                                                         /* 20 */
	"  steps:",                                                                               /* 21 */
	"    check: { label: Check it, after: [build, paint], needs: [result], due: 2 working days }", /* 22 */
	"    build: { team: workshop, when: size = large, due: 4h }",                             /* 23 */
	"    paint: { after: build, set: { title: { words: \"Paint {title}\" }, service: { link: paint } } }", /* 24 */
	"rights:",                                                                                /* 25 */
	"  agent: [read, create, update, comment]",                                               /* 26 */
	"automation:",                                                                            /* 27 */
	"  told: { when: task failed, then: [{ each: job.other, transition: drop, where: size = small }] }", /* 28 */
};

static const char *const order_lines[] = {
	"practice: Tests",                                                                        /* 1 */
	"purpose: What a job can be made from.",                                                  /* 2 */
	"model: { name: order, type: job, label: An order }",                                     /* 3 */
	"form:",                                                                                  /* 4 */
	"  what:",                                                                                /* 5 */
	"    questions:",                                                                         /* 6 */
	"      colour: { kind: choice, choices: [red, blue], required: yes }",                    /* 7 */
	"      note: { kind: text }",                                                             /* 8 */
	"      parts: { kind: group, most: 5, questions: { name: { kind: text } } }",             /* 9 */
	"set:",                                                                                   /* 10 */
	"  title: { words: \"Order in {colour}\" }",                                              /* 11 */
	"  description: { from: note }",                                                          /* 12 */
	"tasks:",                                                                                 /* 13 */
	"  mix: { when: colour = red and record.size = large }",                                  /* 14 */
	"  dry: { after: mix }",                                                                  /* 15 */
	"creates:",                                                                               /* 16 */
	"  - { type: job, relation: related_to, each: parts, set: { title: { from: parts.name }, description: { from: note } } }", /* 17 */
	"  - { model: extra, relation: related_to, when: colour = blue }",                        /* 18 */
};

static const char extra[] = "practice: Tests\npurpose: An extra.\nmodel: { name: extra, type: job }\n"
			    "set: { title: Extra }\ncreates: []\n";

static text with_line(struct arena *arena, const char *const *lines, size_t count, size_t line, const char *instead)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < count; i++) {
		const char *words = i + 1 == line ? instead : lines[i];

		if (words == NULL)
			continue;
		buffer_text(&out, text_from(words));
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

static struct error *parse(struct arena *arena, text job, text order, text third, struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 3);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	sources[used++] = (struct definition_source){ T("job.yaml"), job };
	sources[used++] = (struct definition_source){ T("models/order.yaml"), order };
	sources[used++] = (struct definition_source){ T("models/extra.yaml"), third };
	return model_parse(arena, sources, used, ret_model);
}

static struct error *parse_with(struct arena *arena, size_t job_line, const char *job, size_t order_line, const char *order,
				struct model **ret_model)
{
	return parse(arena, with_line(arena, job_lines, array_length(job_lines), job_line, job),
		     with_line(arena, order_lines, array_length(order_lines), order_line, order), text_from(extra), ret_model);
}

TEST(tasks_and_models_are_read)
{
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct error *error = parse_with(arena, 0, NULL, 0, NULL, &model);
	const struct tasks_definition *tasks;
	const struct work_model *order;
	const struct type *job;

	shipped_show(error);
	assert_null(error);
	job = model_type(model, T("job"));
	tasks = job->tasks;
	assert_non_null(tasks);
	assert_true(state_in(tasks->states, 1) && !state_in(tasks->states, 0));
	assert_int_equal(tasks->done, 1);
	assert_int_equal(tasks->failed, 2);
	assert_true(tasks->waits);
	assert_ptr_equal(tasks->type, model_type(model, T("work_task")));
	/* None stands before what it waits for. */
	assert_int_equal(tasks->graph.step_count, 3);
	assert_true(text_equal(tasks->graph.steps[0].name, T("build")));
	assert_true(text_equal(tasks->graph.steps[1].name, T("paint")));
	assert_true(text_equal(tasks->graph.steps[2].name, T("check")));
	assert_int_equal(tasks->graph.steps[2].after_count, 2);
	assert_int_equal(tasks->graph.steps[2].after[0], 0);
	assert_int_equal(tasks->graph.steps[2].due_working_days, 2);
	assert_int_equal(tasks->graph.steps[0].due_ms, 4 * HOUR_MS);
	assert_int_equal(tasks->graph.steps[1].set_count, 2);
	assert_int_equal(tasks->graph.steps[1].sets[0].how, SET_WORDS);
	assert_int_equal(tasks->graph.steps[1].sets[1].how, SET_LINK);
	assert_int_equal(job->rules[0].what, 1);
	assert_int_equal(job->rules[0].actions[0].kind, ACTION_EACH);
	assert_true(model_work_model(model, T("order")) >= 0);
	order = &model->work_models[model_work_model(model, T("order"))];
	assert_ptr_equal(order->type, job);
	assert_int_equal(order->graph.step_count, 2);
	assert_int_equal(order->create_count, 2);
	assert_non_null(type_field(order->creates[0].from_type, T("parts.name")));
	assert_int_equal(order->creates[0].sets[0].how, SET_FIELD);
	assert_int_equal(order->creates[1].model, model_work_model(model, T("extra")));
	model_free(model);
	arena_free(arena);
}

static const struct mistake {
	bool in_model;
	size_t line;
	const char *instead;
	uint32_t at_line, at_column;
	const char *message, *hint;
} mistakes[] = {
	{ false, 15, "    finish: { from: doing, to: over, by: agent }", 19, 9, "the end of the tasks may not take 'finish'", "add tasks" },
	{ false, 14, "    begin: { from: fresh, to: doing, by: tasks }", 14, 5, "the end of the tasks never takes 'begin'", NULL },
	{ false, 18, NULL, 18, 3, "tasks need the state in which they are done", "in: STATE" },
	{ false, 18, "  in: [doing, fresh]", 19, 9, "'finish' does not leave 'fresh', which has tasks", "from" },
	{ false, 18, "  in: [doing, over]", 18, 7, "no work is left to do in 'over'", NULL },
	{ false, 18, "  in: dong", 18, 7, "job has no state 'dong'", "doing" },
	{ false, 19, "  done: finsh", 19, 9, "job has no transition 'finsh'", "finish" },
	{ false, 20, "  faild: drop", 20, 3, "tasks has no key 'faild'", "failed" },
	{ false, 22, "    check: { after: [build, pain] }", 22, 29, "no step is named 'pain'", "paint" },
	{ false, 22, "    check: { after: check }", 22, 5, "these steps wait for each other: check -> check", NULL },
	{ false, 23, "    build: { after: paint }", 23, 5, "these steps wait for each other: build -> paint -> build", NULL },
	{ false, 22, "    check: { after: [build, build] }", 22, 29, "'build' stands twice", NULL },
	{ false, 22, "    check: { needs: [serial] }", 22, 22, "work_task has no field 'serial'", NULL },
	{ false, 22, "    check: { needs: [step] }", 22, 21, "only the system sets 'step'", NULL },
	{ false, 22, "    check: { when: sise = large }", 22, 20, "job has no field 'sise'", "size" },
	{ false, 22, "    check: { due: soon }", 22, 19, "'soon' is no length of time", NULL },
	{ false, 22, "    check: { aftr: build }", 22, 14, "a step has no key 'aftr'", "after" },
	{ false, 24, "    paint: { set: { title: { words: \"{nme}\" } } }", 24, 37, "job has no field 'nme'", NULL },
	{ false, 24, "    paint: { set: { service: { words: x } } }", 24, 39, "'service' is no text", NULL },
	{ false, 24, "    paint: { set: { title: { link: x } } }", 24, 36, "'title' is no link", NULL },
	{ false, 28, "  told: { when: task lost, then: [transition: drop] }", 28, 17, "a task is done or failed, not 'lost'", NULL },
	{ false, 28, "  told: { when: task failed, then: [{ each: job, transition: drop }] }", 28, 45, "'job' names no field of a type", "incident.parent" },
	{ false, 28, "  told: { when: task failed, then: [{ each: job.requester, transition: drop }] }", 28, 45, "'job.requester' leads to no job", NULL },
	{ false, 28, "  told: { when: task failed, then: [{ each: job.other }] }", 28, 37, "nothing is done with each of them", NULL },
	{ false, 28, "  told: { when: task failed, then: [{ each: job.other, transition: begin }] }", 28, 3, "the rule 'told' may not take 'begin' of job", "add timer" },
	{ false, 6, "  other: { kind: record, searched: yes }", 6, 26, "'searched' means nothing for a field of kind record", NULL },
	{ true, 3, "model: { name: order, type: jb }", 3, 29, "no type is named 'jb'", "job" },
	{ true, 3, "model: { name: order, type: user }", 3, 29, "no record of user is made from a model", NULL },
	{ true, 3, "model: { name: extra, type: job }", 3, 16, "the model 'extra' is defined twice, also in models/extra.yaml", NULL },
	{ true, 3, "model: { type: job }", 3, 8, "the model has no name", NULL },
	{ true, 3, "modl: { name: order, type: job }", 3, 1, "a model's file has no key 'modl'", "did you mean 'model'" },
	{ true, 11, "  titel: { words: \"Order\" }", 11, 3, "job has no field 'titel'", "title" },
	{ true, 11, "  title: { words: \"Order in {color}\" }", 11, 19, "order has no field 'color'", "colour" },
	{ true, 12, "  description: { from: colour }", 12, 24, "'colour' does not fit into 'description'", NULL },
	{ true, 12, "  model: order", 11, 3, "the model of a record is set by itself", NULL },
	{ true, 13, "fixed: [service]\ntasks:", 13, 8, "'service' is fixed, but the model does not set it", "add it to set" },
	{ true, 13, "fixed: [titl]\ntasks:", 13, 9, "job has no field 'titl'", "title" },
	{ true, 14, "  mix: { when: colour = green }", 14, 25, "'colour' has no choice 'green'", NULL },
	{ true, 14, "  mix: { when: record.sise = large }", 14, 23, "job has no field 'sise'", "size" },
	{ true, 15, "  dry: { after: mixx }", 15, 17, "no step is named 'mixx'", "mix" },
	{ true, 17, "  - { type: job, model: extra, relation: related_to }", 17, 5, "say either the model or the type", NULL },
	{ true, 17, "  - { type: job, relation: part_off }", 17, 28, "no relation is named 'part_off'", NULL },
	{ true, 17, "  - { type: job, relation: related_to }", 17, 5, "nothing sets 'title' of the job that is created", "add it to set" },
	{ true, 17, "  - { type: job }", 17, 5, "a created record needs its relation", NULL },
	{ true, 17, "  - { type: job, relation: related_to, each: note }", 17, 46, "'note' is no repeating group", NULL },
	{ true, 17, "  - { type: user, relation: related_to }", 17, 13, "models create work records only", NULL },
	{ true, 18, "  - { model: extr, relation: related_to }", 18, 14, "no model is named 'extr'", "extra" },
	{ true, 18, "  - { model: order, relation: related_to }", 17, 3, "these models create each other without end: order -> order", NULL },
};

TEST(each_mistake_is_told_at_its_place)
{
	int failures = 0;

	for (size_t i = 0; i < array_length(mistakes); i++) {
		const struct mistake *mistake = &mistakes[i];
		struct arena *arena = arena_new((size_t)1 << 24);
		struct model *model = NULL;
		text file = mistake->in_model ? T("models/order.yaml") : T("job.yaml");
		struct error *error = parse_with(arena, mistake->in_model ? 0 : mistake->line, mistake->instead,
						 mistake->in_model ? mistake->line : 0, mistake->instead, &model);

		failures += mistake_missing(error, i, mistake->instead, (struct mistake_place){ file, mistake->at_line, mistake->at_column,
		                            mistake->message, mistake->hint });
		model_free(model);
		arena_free(arena);
	}
	assert_int_equal(failures, 0);
}

TEST(models_that_create_each_other_are_told_with_the_way)
{
	static const char back[] = "practice: Tests\npurpose: An extra.\nmodel: { name: extra, type: job }\n"
				   "set: { title: Extra }\ncreates:\n  - { model: order, relation: related_to }\n";
	struct arena *arena = arena_new((size_t)1 << 24);
	struct model *model = NULL;
	struct error *error = parse(arena, with_line(arena, job_lines, array_length(job_lines), 0, NULL),
				    with_line(arena, order_lines, array_length(order_lines), 0, NULL), text_from(back), &model);

	assert_non_null(error);
	assert_true(mistake_contains(error->message, "extra -> order -> extra"));
	arena_free(arena);
}
