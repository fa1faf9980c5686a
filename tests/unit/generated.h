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
