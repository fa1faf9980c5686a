/* Stories about the catalogue: somebody orders something, for themselves or for somebody else, and what the answers are then. */
#include "cli/story_private.h"

const struct type *story_ordered_type(const struct model *model, const struct type *offering)
{
	for (size_t i = 0; i < model->type_count; i++) {
		const struct type *type = &model->types[i];
		if (!type->abstract && type->orders >= 0 && offering != NULL && type->fields[type->orders].target->position == offering->position)
			return type;
	}
	return NULL;
}

/* Names of the story's records become their numbers, wherever they stand. */
static void name_records(const struct story_world *world, struct value *value)
{
	if (value->kind == VALUE_TEXT)
		value->text = story_number(world, value->text);
	for (size_t i = 0; value->kind == VALUE_MAP && i < value->map.count; i++)
		name_records(world, value->map.entries[i].value);
	for (size_t i = 0; value->kind == VALUE_LIST && i < value->list.count; i++)
		name_records(world, value->list.items[i]);
}

struct value *story_order_input(const struct story_world *world, struct arena *arena, const struct story_step *step)
{
	struct value *input = value_map(arena), *answers = value_is_null(step->value) ? value_map(arena) : value_copy(arena, step->value);
	name_records(world, answers);
	value_set_text(arena, input, step->type->fields[step->type->orders].name, story_number(world, step->offering));
	if (text_is_set(step->person) && step->type->requester >= 0)
		value_set_text(arena, input, step->type->fields[step->type->requester].name, step->person);
	if (value_count(answers) > 0 || answers->kind != VALUE_MAP)
		value_set(arena, input, T("answers"), answers);
	return input;
}

static const struct value *find_answer(const struct value *answers, text question)
{
	for (size_t i = 0; i < value_count(answers); i++)
		if (text_equal(value_get_text(answers->list.items[i], T("question")), question))
			return answers->list.items[i];
	return NULL;
}

/* { laptop: Light, accounts: 2 }: the words of an answer, of a group how many; null: it was not asked or not answered. */
struct error *story_expect_answers(struct story_world *world, struct work *work, struct record *record, const struct value_entry *entry)
{
	struct value *answers;
	TRY(engine_answers(work, record, &answers));
	for (size_t i = 0; entry->value->kind == VALUE_MAP && i < entry->value->map.count; i++) {
		const struct value_entry *expected = &entry->value->map.entries[i];
		const struct value *one = find_answer(answers, expected->key), *rows = value_get(one, T("rows"));
		text actual = one == NULL ? TEXT_UNSET
		              : rows != NULL ? text_format(work->arena, "%zu", value_count(rows)) : value_get_text(one, T("words"));
		text wanted = expected->value->kind == VALUE_TEXT ? expected->value->text : TEXT_UNSET;
		if (!text_is_set(wanted) ? text_is_set(actual) : !text_is_set(actual) || !text_equal(wanted, actual))
			story_problem(world, story_place(world->story, expected->line, expected->column), "answers %.*s: expected %.*s, was %.*s",
			              TEXT_ARG(expected->key), TEXT_ARG(text_is_set(wanted) ? wanted : T("unset")),
			              TEXT_ARG(text_is_set(actual) ? actual : T("unset")));
	}
	return NULL;
}
