/* Values that a chain of rules has set: constants are told apart, what is copied is the same as long as its source is. */
#include "model/sound_private.h"

/* A value that a chain has set: constants are told apart, whatever else it may be is ANY. */
enum { VALUE_FIRST = 1, VALUE_MOMENT = 100, VALUE_CONSTANT = 200, VALUE_COPY = 10000, VALUE_WORDS = 20000 };
#define CONSTANTS_MAX (VALUE_COPY - VALUE_CONSTANT)

/* The same number for the same words; constants of all kinds are told by their words too. */
static int constant_of(struct chain_type *type, text words)
{
	for (size_t i = 0; i < type->constant_count; i++)
		if (text_equal(type->constants[i].words, words))
			return (int)i;
	arena_make_room(type->logic.arena, type->constants, type->constant_count, type->constant_capacity);
	type->constants[type->constant_count].words = words;
	type->constants[type->constant_count].cell = NULL;
	return (int)type->constant_count++;
}

static bool is_choice(const struct chain_type *type, size_t at)
{
	enum kind kind = type->type->fields[type->fields[at]].kind;

	return kind == KIND_CHOICE || kind == KIND_BOOLEAN;
}

static int value_of_constant(struct chain_type *type, size_t at, const struct cell *cell)
{
	struct arena *arena = type->logic.arena;
	text words = cell->kind == CELL_TEXT   ? text_format(arena, "%zu:%.*s", at, TEXT_ARG(cell->text))
		     : cell->kind == CELL_REAL ? text_format(arena, "%zu:%.17g", at, cell->real)
					       : text_format(arena, "%zu:%lld", at, (long long)cell->integer);
	int constant;

	if (is_choice(type, at))
		return cell->integer < VALUE_MOMENT - VALUE_FIRST ? VALUE_FIRST + (int)cell->integer : CHAIN_ANY;
	constant = constant_of(type, words);
	type->constants[constant].cell = cell;
	return constant < CONSTANTS_MAX ? VALUE_CONSTANT + constant : CHAIN_ANY;
}

static text path_words(struct chain_type *type, size_t at, const struct setting *setting)
{
	text words = text_format(type->logic.arena, "%zu>", at);

	for (size_t i = 0; i < setting->path_count; i++)
		words = text_format(type->logic.arena, "%.*s%zu.", TEXT_ARG(words), setting->path[i]);
	return words;
}

int chain_value(struct chain_type *type, size_t at, const struct setting *setting)
{
	switch (setting->how) {
	case SET_UNSET:
		return VALUE_FIRST + (int)(type->values[at] - 1);
	case SET_VALUE:
		return setting->value == NULL ? CHAIN_ANY : value_of_constant(type, at, setting->value);
	case SET_ME:
	case SET_NOW: /* the same for the whole chain */
		return VALUE_MOMENT;
	case SET_FIELD: /* the version is another with each change */
		return setting->from == FIELD_VERSION ? CHAIN_ANY : VALUE_COPY + (int)setting->from;
	case SET_WORDS: /* those of another record may be others each time */
	case SET_LINK:
		if (setting->how == SET_WORDS && text_find(setting->words, T("{other")) >= 0)
			break;
		return VALUE_WORDS + constant_of(type, text_format(type->logic.arena, "%zu~%.*s", at, TEXT_ARG(setting->words)));
	case SET_PATH: /* what is behind a link stays, unless the chain changes this record */
		return VALUE_WORDS + constant_of(type, path_words(type, at, setting));
	case SET_MEMBER:
		return VALUE_WORDS + constant_of(type, text_format(type->logic.arena, "%zu@%zu", at, setting->from));
	case SET_OTHER:
		break;
	}
	return CHAIN_ANY;
}

bool chain_is_made_from(int value, size_t field)
{
	return value == VALUE_COPY + (int)field || value >= VALUE_WORDS;
}

/* The value of its variable, as far as it is known. */
static bool known_value(struct chain_type *type, size_t at, int value, size_t *ret_value)
{
	if (value >= VALUE_FIRST && value < VALUE_MOMENT) {
		*ret_value = (size_t)(value - VALUE_FIRST);
		return true;
	}
	*ret_value = 0; /* of me and now is known that they are set */
	if (value == VALUE_MOMENT)
		return type->values[at] == 2;
	return value >= VALUE_CONSTANT && value < VALUE_COPY &&
	       logic_value(&type->logic, type->fields[at], type->constants[value - VALUE_CONSTANT].cell, ret_value);
}

struct facts chain_facts(struct chain_type *type, const struct chain_node *node, uint8_t *values, size_t *tracked)
{
	struct facts facts = { .state = node->state, .values = values, .tracked = tracked };
	size_t value;

	for (size_t i = 0; i < type->count; i++)
		if (known_value(type, i, node->values[i], &value)) {
			values[facts.tracked_count] = (uint8_t)value;
			tracked[facts.tracked_count++] = type->variables[i];
		}
	return facts;
}

/* What nobody gave to a new record is its default or unset, unless the engine fills it. */
int chain_value_at_first(struct chain_type *type, size_t at)
{
	const struct field *field = &type->type->fields[type->fields[at]];

	if (field->decision != NULL || field->kind == KIND_MOMENT || field->kind == KIND_LINK || field->kind == KIND_LINKS ||
	    engine_writes(type->type, field))
		return CHAIN_ANY;
	return field->has_default && field->fallback != NULL ? value_of_constant(type, at, field->fallback)
							      : VALUE_FIRST + (int)(type->values[at] - 1);
}
