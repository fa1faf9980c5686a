/* Collisions in stories: `collisions: [same B, freeze F, outside W, upstream C, downstream D]` says all that is in a record's way. */
#include "cli/story_private.h"

static text found_words(struct arena *arena, const struct collision *found, size_t count)
{
	text all = T("");

	for (size_t i = 0; i < count; i++)
		all = text_format(arena, "%.*s%s%.*s %.*s", TEXT_ARG(all), i == 0 ? "" : ", ", TEXT_ARG(collision_name(&found[i])),
		                  TEXT_ARG(record_number(found[i].other)));
	return text_is_empty(all) ? T("none") : all;
}

struct error *story_expect_collisions(struct story_world *world, struct work *work, struct record *record,
                                      const struct value_entry *entry)
{
	const struct value *list = entry->value;
	struct collision *found = NULL;
	size_t count, met = 0, wanted = value_count(list);

	TRY(engine_collisions(work, record, MOMENT_UNSET, MOMENT_UNSET, &found, &count));
	for (size_t i = 0; list->kind == VALUE_LIST && i < wanted; i++) {
		text name = list->list.items[i]->text, kind;
		if (!text_cut(&name, ' ', &kind) || !text_is_set(name))
			continue;
		for (size_t k = 0; k < count; k++)
			met += text_equal(kind, collision_name(&found[k])) && text_equal(story_number(world, name), record_number(found[k].other));
	}
	if (met != wanted || count != wanted)
		story_problem(world, story_place(world->story, entry->line, entry->column), "collisions: expected %zu as said, was %.*s", wanted,
		              TEXT_ARG(found_words(work->arena, found, count)));
	return NULL;
}
