/*
 * Impact in stories: `affects: [shop, mail]` is all that suffers when the record fails, `rests on: [server]` all that it rests on,
 * as the person sees it; what may not be seen is `hidden`. `WHO clears NAME: { comment, by }` says that unauthorised edits were right.
 */
#include "cli/story_private.h"

#include "base/buffer.h"
#include "base/limits.h"

static text list_words(struct arena *arena, const text *items, size_t count)
{
	struct buffer out;

	buffer_init(&out, arena, (size_t)1 << 20);
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_literal(&out, ", ");
		buffer_text(&out, items[i]);
	}
	return buffer_peek(&out);
}

static bool take_out(text *items, size_t count, text wanted)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i], wanted)) {
			items[i] = T("");
			return true;
		}
	return false;
}

struct error *story_expect_impact(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	enum impact_direction direction = text_equal(entry->key, T("affects")) ? IMPACT_UP : IMPACT_DOWN;
	const struct value *expected = entry->value;
	struct impact impact;
	bool same;

	TRY(engine_impact(work, &record->id, 1, direction, 0, LIMIT_IMPACT_SHOWN, &impact));
	text *actual = arena_new_array(work->arena, text, impact.count + 1);
	for (size_t i = 0; i < impact.count; i++)
		actual[i] = impact.items[i].record == NULL ? T("hidden") : record_number(impact.items[i].record);
	text shown = list_words(work->arena, actual, impact.count);
	same = expected->kind == VALUE_LIST && expected->list.count == impact.count;
	for (size_t i = 0; same && i < expected->list.count; i++)
		same = expected->list.items[i]->kind == VALUE_TEXT &&
		       take_out(actual, impact.count, story_number(world, expected->list.items[i]->text));
	if (!same)
		story_problem(world, story_place(world->story, expected->line, expected->column), "%.*s: expected %zu other records, was [%.*s]",
		              TEXT_ARG(entry->key), expected->kind == VALUE_LIST ? expected->list.count : 0, TEXT_ARG(shown));
	return NULL;
}

struct error *story_clear(struct story_world *world, struct work *work, const struct story_step *step, text number)
{
	text comment = value_get_text(step->value, T("comment")), by = value_get_text(step->value, T("by"));
	struct record *record;

	return engine_control_clear(work, step->type, number, comment, text_is_set(by) ? story_number(world, by) : TEXT_UNSET, &record);
}
