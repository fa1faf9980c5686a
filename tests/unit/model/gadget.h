/*
 * A small good practice, line by line, that tests of definitions change: gadget_with(line, instead). It
 * stands beside the shipped platform files.
 */
#ifndef REEVE_TESTS_UNIT_MODEL_GADGET_H
#define REEVE_TESTS_UNIT_MODEL_GADGET_H

#include "mistake.h"

#include "base/buffer.h"

static const char
    *const gadget_lines[] = {
	    "practice: Tests",							 /* 1 */
	    "purpose: A practice to make mistakes in.",				 /* 2 */
	    "type: { name: gadget, number: \"GAD{000}\", title: title }",	 /* 3 */
	    "fields:",								 /* 4 */
	    "  title: { kind: text, required: yes }",				 /* 5 */
	    "  color: { kind: choice, choices: [red, green], default: red }",	 /* 6 */
	    "  size: { kind: choice, choices: { small: Small, large: Large } }", /* 7 */
	    "  owner: { kind: link, to: user, default: me }",			 /* 8 */
	    "  team: { kind: link, to: team }",					 /* 9 */
	    "  service: { kind: link, to: service }",				 /* 10 */
	    "  reason: { kind: text }",						 /* 11 */
	    "  story: { kind: prose }",						 /* 12 */
	    "  weight: { kind: integer, least: 1, most: 9 }",			 /* 13 */
	    "  done_at: { kind: moment, set_by_engine: yes }",			 /* 14 */
	    "  rank: { kind: choice, choices: [a, b], decide: { inputs: [color], rows: [[red, a], [any, b]] "
	    "} }",							       /* 15 */
	    "lifecycle:",						       /* 16 */
	    "  states:",						       /* 17 */
	    "    fresh: { group: open }",				       /* 18 */
	    "    busy: { group: open }",				       /* 19 */
	    "    done: { group: closed }",				       /* 20 */
	    "  transitions:",						       /* 21 */
	    "    begin: { from: fresh, to: busy, needs: [owner], by: agent }", /* 22 */
	    "    finish: { from: [fresh, busy], to: done, by: [agent, timer], set: { done_at: now } }", /* 23
													 */
	    "clocks:", /* 24 */
	    "  answer: { start: created, stop: [state done], goals: [{ goal: 4h }], calendar: service, warn: "
	    "[50, 75] }",								  /* 25 */
	    "rights:",									  /* 26 */
	    "  agent: { read: always, create: always, update: always, comment: always }", /* 27 */
	    "  requester: { read: owner = me, hide: [reason] }",			  /* 28 */
	    "automation:",								  /* 29 */
	    "  tidy: { when: 5 working days after created_at, if: state = busy, then: [transition: finish] }", /* 30 */
	    "  tell: { when: owner changed, then: [{ notify: [owner, team], words: \"{number}\" }] }", /* 31
													*/
	    "views:", /* 32 */
	    "  mine: { roles: [agent], where: owner = me and state = busy, columns: [number, title], sort: "
	    "-created_at }",				   /* 33 */
	    "forms:",					   /* 34 */
	    "  create: { Gadget: [title, color, owner] }", /* 35 */
    };

static inline text gadget_with(struct arena *arena, size_t line, const char *instead)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < array_length(gadget_lines); i++) {
		const char *words = i + 1 == line ? instead : gadget_lines[i];

		if (words == NULL)
			continue;
		buffer_text(&out, text_from(words));
		buffer_char(&out, '\n');
	}
	return buffer_peek(&out);
}

/* `migration` (may be unset) is a file migrations/0001-test.yaml beside it. */
static inline struct error *gadget_parse_with(struct arena *arena, text source, text migration,
					      struct model **ret_model)
{
	struct definition_source *shipped, *sources;
	size_t count, used = 0;

	model_embedded_sources(arena, &shipped, &count);
	sources = arena_new_array(arena, struct definition_source, count + 2);
	for (size_t i = 0; i < count; i++)
		if (text_starts_with(shipped[i].path, T("platform/")))
			sources[used++] = shipped[i];
	if (text_is_set(source))
		sources[used++] = (struct definition_source){ T("practice.yaml"), source };
	if (text_is_set(migration))
		sources[used++] = (struct definition_source){ T("migrations/0001-test.yaml"), migration };
	return model_parse(arena, sources, used, ret_model);
}

static inline struct error *gadget_parse(struct arena *arena, text source, struct model **ret_model)
{
	return gadget_parse_with(arena, source, TEXT_UNSET, ret_model);
}

#endif
