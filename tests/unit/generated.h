/* Definitions made by a program: lifecycles of any length, for tests of limits and of speed. */
#ifndef REEVE_TESTS_UNIT_GENERATED_H
#define REEVE_TESTS_UNIT_GENERATED_H

#include "shipped.h"

#include "base/buffer.h"

/* A type `machine` of `states` states s0, s1 ...: on to the next, back to the one before, cancel from everywhere. */
static inline text generated_long(struct arena *arena, size_t states)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 22);
	buffer_literal(&out, "practice: Generated\npurpose: A long lifecycle.\n"
	                     "type: { name: machine, number: \"MAC{0000}\", title: title }\n"
	                     "fields:\n  title: { kind: text, required: yes }\n"
	                     "  color: { kind: choice, choices: [red, green], default: red }\n"
	                     "lifecycle:\n  states:\n");
	for (size_t i = 0; i < states; i++)
		buffer_format(&out, "    s%zu: { group: %s }\n", i, i + 1 == states ? "closed" : i % 7 == 6 ? "waiting" : "open");
	buffer_literal(&out, "    gone: { group: cancelled }\n  transitions:\n");
	for (size_t i = 0; i + 1 < states; i++)
		buffer_format(&out, "    on%zu: { from: s%zu, to: s%zu, by: agent }\n", i, i, i + 1);
	for (size_t i = 1; i + 1 < states; i++)
		buffer_format(&out, "    back%zu: { from: s%zu, to: s%zu, by: agent, guard: color = red }\n", i, i, i - 1);
	buffer_literal(&out, "    cancel: { to: gone, by: agent, from: [s0");
	for (size_t i = 1; i + 1 < states; i++)
		buffer_format(&out, ", s%zu", i);
	buffer_literal(&out, "] }\nviews:\n  all: { roles: [agent], where: state.group = waiting, columns: [number, title, state] }\n"
	                     "rights:\n  agent: { read: always, create: always, update: always }\n");
	return buffer_peek(&out);
}

/*
 * The same length with everything that is verified: 30 approvals that can be refused, tasks that run in parallel, timers, clocks,
 * guards and a flag that only transitions set.
 */
static inline text generated_whole(struct arena *arena, size_t states)
{
	struct buffer out;
	size_t approvals = minimum(states / 20, (size_t)30);

	buffer_init(&out, arena, (size_t)1 << 22);
	buffer_literal(&out, "practice: Generated\npurpose: A long lifecycle with everything.\n"
	                     "type: { name: machine, extends: task, number: \"MAC{0000}\", title: title }\n"
	                     "fields:\n  color: { kind: choice, choices: [red, green], default: red }\n"
	                     "  seen: { kind: boolean, default: no, set_by_engine: yes }\n"
	                     "  size: { kind: choice, choices: [one, two], decide: { inputs: [color], rows: [[red, one], [any, two]] } }\n"
	                     "lifecycle:\n  states:\n");
	for (size_t i = 0; i < states; i++)
		buffer_format(&out, "    s%zu: { group: %s }\n", i, i + 1 == states ? "closed" : i % 7 == 6 ? "waiting" : "open");
	buffer_literal(&out, "    gone: { group: cancelled }\n  transitions:\n");
	for (size_t i = 0; i + 1 < states; i++) {
		bool asks = i % 20 == 10 && i / 20 < approvals, works = i == 5;

		if (asks)
			buffer_format(&out, "    no%zu: { from: s%zu, to: gone, by: approval }\n", i, i);
		buffer_format(&out, "    on%zu: { from: s%zu, to: s%zu, by: %s%s }\n", i, i, i + 1,
		              asks ? "approval" : works ? "tasks" : i % 10 == 3 ? "[agent, timer]" : "agent",
		              i % 50 == 0 ? ", set: { seen: yes }" : "");
		if (!asks && !works && i > 0 && i % 20 != 11 && i != 6)
			buffer_format(&out, "    back%zu: { from: s%zu, to: s%zu, by: agent, guard: %s }\n", i, i, i - 1,
			              i % 3 == 0 ? "color = red" : i % 3 == 1 ? "size = one or assignee = me" : "seen = false or color = green");
	}
	buffer_literal(&out, "    cancel: { to: gone, by: agent, from: [s0");
	for (size_t i = 1; i + 1 < states; i++)
		buffer_format(&out, ", s%zu", i);
	buffer_format(&out, "] }\nclocks:\n  whole: { start: created, stop: [state s%zu, state gone], goals: [{ goal: 8h }], warn: [50] }\n", states - 1);
	buffer_literal(&out, "approvals:\n");
	for (size_t i = 0; i < approvals; i++)
		buffer_format(&out, "  a%zu: { in: s%zu, order: parallel, steps: [{ name: one, ask: [{ role: change_manager }] }, { name: two, "
		              "ask: [team.lead] }], expires: 5 working days, approved: on%zu, rejected: no%zu }\n", i, i * 20 + 10, i * 20 + 10,
		              i * 20 + 10);
	buffer_literal(&out, "tasks:\n  in: s5\n  done: on5\n  steps:\n    first: { label: First }\n");
	for (size_t i = 0; i < 50; i++)
		buffer_format(&out, "    t%zu: { label: Step, after: [first], when: color = %s }\n", i, i % 2 == 0 ? "red" : "green");
	buffer_literal(&out, "automation:\n");
	for (size_t i = 3; i + 1 < states; i += 10)
		buffer_format(&out, "  r%zu: { when: 5 working days after created_at, if: state = s%zu, then: [transition: on%zu] }\n", i, i, i);
	buffer_literal(&out, "rights:\n  agent: { read: always, create: always, update: always }\n  requester: { read: [approvers = me] }\n");
	return buffer_peek(&out);
}

/* The shipped platform files and one more. */
static inline struct error *generated_parse(struct arena *arena, text source, struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	size_t count;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 1);
	memcpy(sources, shipped, count * sizeof(*sources));
	sources[count] = (struct definition_source){ T("generated.yaml"), source };
	return model_parse(arena, sources, count + 1, ret_model);
}

#endif
