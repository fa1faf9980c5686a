/*
 * Random lifecycles that are sound by construction bring no finding; the same with a fault that makes them unsound by construction
 * always do.
 */
#include "generated.h"

#include <stdlib.h>

#define ROUNDS 40
#define STATES_MOST 24

enum fault { FAULT_NONE, FAULT_STUCK, FAULT_LOST, FAULT_GUARD, FAULT_AROUND, FAULT_NOBODY, FAULT_CLOCK, FAULT_NUMBER, FAULT_WORDS,
	     FAULT_PERSON, FAULT_COUNT };
enum part { PART_PLAIN, PART_ASKS, PART_WORKS };

static uint64_t seed;

static size_t below(size_t count)
{
	seed = seed * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (size_t)(seed >> 33) % count;
}

struct shape {
	size_t states; /* the last is closed; `gone` comes behind */
	enum part parts[STATES_MOST];
	size_t asking, plain; /* one of each kind, for a fault; SIZE_MAX none */
	bool with_skips;
	enum fault fault;
};

static struct shape random_shape(enum fault fault)
{
	struct shape shape = { .states = 6 + below(STATES_MOST - 6), .asking = SIZE_MAX, .plain = SIZE_MAX, .fault = fault };
	bool works = false;

	shape.with_skips = fault != FAULT_AROUND && below(2) == 0;
	for (size_t i = 0; i + 1 < shape.states; i++) {
		size_t kind = i == 0 ? 0 : below(6);

		shape.parts[i] = PART_PLAIN;
		if (kind == 1 && shape.parts[i - 1] == PART_PLAIN) {
			shape.parts[i] = PART_ASKS;
			shape.asking = i;
		} else if (kind == 2 && !works) {
			shape.parts[i] = PART_WORKS;
			works = true;
		} else if (i > 0) {
			shape.plain = i;
		}
	}
	return shape;
}

/* May hold and may fail, whatever was before. */
static const char *const free_guards[] = {
	"color = red or assignee is set",
	"size > 3 and size != 7",
	"size in (1, 2, 5) or note = \"ready\"",
	"note starts with \"a\" or (note < \"m\" and size >= 2)",
	"created_at < 3 days ago or size is set",
	"cost > 1.5 and cost < 1.6 or note is not set",
	"effort >= 2h or requester = me",
	"phase = begun or size < 5 or phase is not set",
	"reviewer != implementer or size >= 1",
	"assignee != requester or not (size < 4 and urgent = true)",
};

/* What comes with the step of a plain state, as YAML. */
static const char *with_plain(const struct shape *shape, size_t i)
{
	static const char *const faults[FAULT_COUNT] = {
		[FAULT_GUARD] = ", guard: (color = red or color = green) and color = blue",
		[FAULT_NUMBER] = ", guard: size > 4 and size < 5",
		[FAULT_WORDS] = ", guard: phase = ended",
		[FAULT_PERSON] = ", guard: implementer != me",
	};

	if (i == shape->plain && faults[shape->fault] != NULL)
		return faults[shape->fault];
	if (i == 0)
		return ", set: { implementer: me, phase: begun }";
	return i % 4 == 2 ? ", set: { reviewer: me }" : "";
}

/* What leaves a plain state: on, perhaps further on or back. */
static void add_plain(struct buffer *out, const struct shape *shape, size_t i)
{
	bool faulty = i == shape->plain;
	const char *by = faulty && shape->fault == FAULT_NOBODY ? "timer"
			 : faulty && shape->fault == FAULT_PERSON
			     ? "[{ role: agent, when: implementer = me }]"
			 : i % 4 == 3 ? "[agent, timer]"
						    : "agent";
	const char *guard = with_plain(shape, i);

	if (faulty && shape->fault == FAULT_STUCK)
		return;
	buffer_format(out, "    on%zu: { from: s%zu, to: s%zu, by: %s%s }\n", i, i, i + 1, by, guard);
	if (shape->with_skips && below(3) == 0 && i + 2 < shape->states)
		buffer_format(out, "    skip%zu: { from: s%zu, to: s%zu, by: agent, guard: color = red and assignee is set }\n", i, i,
			      i + 2 + below(shape->states - i - 2));
	if (shape->with_skips && i + 1 < shape->states && i > 0)
		buffer_format(out, "    also%zu: { from: s%zu, to: s%zu, by: agent, guard: '%s' }\n", i, i, i + 1,
			      free_guards[below(array_length(free_guards))]);
	if (shape->with_skips && i > 1 && below(3) == 0 && shape->parts[0] == PART_PLAIN)
		buffer_format(out, "    back%zu: { from: s%zu, to: s0, by: agent, guard: urgent = true or color != green }\n", i, i);
}

static void add_transitions(struct buffer *out, const struct shape *shape)
{
	for (size_t i = 0; i + 1 < shape->states; i++) {
		if (shape->parts[i] == PART_ASKS)
			buffer_format(out, "    on%zu: { from: s%zu, to: s%zu, by: approval }\n    no%zu: { from: s%zu, to: gone, by: approval }\n",
				      i, i, i + 1, i, i);
		else if (shape->parts[i] == PART_WORKS)
			buffer_format(out, "    on%zu: { from: s%zu, to: s%zu, by: tasks }\n", i, i, i + 1);
		else
			add_plain(out, shape, i);
		if (i == shape->asking && shape->fault == FAULT_AROUND)
			buffer_format(out, "    around: { from: s%zu, to: s%zu, by: agent }\n", i, i + 1);
	}
	buffer_literal(out, "    cancel: { to: gone, by: agent, from: [s0");
	for (size_t i = 1; i + 1 < shape->states; i++)
		if (shape->parts[i] != PART_ASKS && !(i == shape->plain && shape->fault == FAULT_STUCK))
			buffer_format(out, ", s%zu", i);
	buffer_literal(out, "] }\n");
	if (shape->fault == FAULT_LOST)
		buffer_format(out, "    find: { from: lost, to: s%zu, by: agent }\n", shape->states - 1);
}

static void add_sections(struct buffer *out, const struct shape *shape)
{
	bool any = false;

	buffer_format(out, "clocks:\n  whole: { start: created, stop: [state gone%s%.0zu] }\n",
		      shape->fault == FAULT_CLOCK ? "" : ", state s", shape->fault == FAULT_CLOCK ? (size_t)0 : shape->states - 1);
	for (size_t i = 0; i + 1 < shape->states; i++)
		if (shape->parts[i] == PART_ASKS) {
			buffer_format(out, "%s  a%zu: { in: s%zu, steps: [{ name: one, ask: [{ role: change_manager }] }], approved: on%zu, "
					   "rejected: no%zu }\n",
				      any ? "" : "approvals:\n", i, i, i, i);
			any = true;
		}
	for (size_t i = 0; i + 1 < shape->states; i++)
		if (shape->parts[i] == PART_WORKS)
			buffer_format(out, "tasks:\n  in: s%zu\n  done: on%zu\n  steps: { one: { label: One }, two: { label: Two, after: [one] } }\n",
				      i, i);
	buffer_literal(out, "automation:\n  tell: { when: created, then: [{ comment: Made }] }\n"
			    "  first: { when: size changed, if: size < 3, then: [set: { note: small }] }\n"
			    "  second: { when: note changed, if: note = \"small\", then: [set: { size: 4 }] }\n"
			    "  third: { when: size changed, if: size > 6 and color = red, then: [set: { note: big }] }\n"
			    "  fourth: { when: note changed, if: note = \"big\" and color != red, then: [set: { size: 8 }] }\n");
	for (size_t i = 3; i + 1 < shape->states; i += 4)
		if (shape->parts[i] == PART_PLAIN && !(i == shape->plain && shape->fault != FAULT_NONE))
			buffer_format(out, "  r%zu: { when: 5 working days after created_at, if: state = s%zu, then: [transition: on%zu] }\n", i, i,
				      i);
	buffer_literal(out, "rights:\n  agent: { read: always, create: always, update: always, comment: always }\n"
			    "  requester: { read: [approvers = me] }\n");
}

static text random_source(struct arena *arena, const struct shape *shape)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	buffer_literal(&out, "practice: Generated\npurpose: At random.\ntype: { name: machine, extends: task, number: \"MAC{0000}\", title: title }\n"
			     "fields:\n  color: { kind: choice, choices: [red, green, blue], default: red }\n  urgent: { kind: boolean }\n"
			     "  size: { kind: integer, least: 0, most: 9 }\n  note: { kind: text }\n  cost: { kind: real }\n"
			     "  effort: { kind: duration }\n  phase: { kind: text, set_by_engine: yes }\n"
			     "  implementer: { kind: link, to: user, set_by_engine: yes }\n"
			     "  reviewer: { kind: link, to: user, set_by_engine: yes }\n"
			     "lifecycle:\n  states:\n");
	for (size_t i = 0; i < shape->states; i++)
		buffer_format(&out, "    s%zu: { group: %s }\n", i, i + 1 == shape->states ? "closed" : "open");
	buffer_literal(&out, "    gone: { group: cancelled }\n");
	if (shape->fault == FAULT_LOST)
		buffer_literal(&out, "    lost: { group: open }\n");
	buffer_literal(&out, "  transitions:\n");
	add_transitions(&out, shape);
	add_sections(&out, shape);
	return buffer_peek(&out);
}

/* Whether the shape has what the fault is made in. */
static bool can_have(const struct shape *shape)
{
	return shape->fault == FAULT_AROUND ? shape->asking != SIZE_MAX : shape->plain != SIZE_MAX;
}

TEST(sound_ones_bring_no_finding_and_unsound_ones_always_do)
{
	int failures = 0;

	for (uint64_t round = 0; round < ROUNDS && failures < 3; round++)
		for (int fault = FAULT_NONE; fault < FAULT_COUNT; fault++) {
			struct arena *arena = arena_new((size_t)1 << 26);
			struct model *model = NULL;

			seed = round * 1000 + (uint64_t)fault + 1;
			struct shape shape = random_shape((enum fault)fault);
			text source = random_source(arena, &shape);
			struct error *error = can_have(&shape) ? generated_parse(arena, source, &model) : NULL;

			if (can_have(&shape) && (error == NULL) != (fault == FAULT_NONE)) {
				fprintf(stderr, "round %llu, fault %d:\n%.*s\n", (unsigned long long)round, fault, TEXT_ARG(source));
				shipped_show(error);
				failures++;
			}
			model_free(model);
			arena_free(arena);
		}
	assert_int_equal(failures, 0);
}
