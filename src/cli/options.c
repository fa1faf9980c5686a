/* Command lines: every option is known by name; a misspelt one is answered with the nearest. */
#include "cli/cli_private.h"

static const struct option common[] = {
	{ "data", "DIR", false }, { "database", "URL", false }, { "practices", "DIR", false }, { "json", NULL, false },
	{ "help", NULL, false },  { NULL, NULL, false },
};

static const struct option *find_option(const struct command *command, text name)
{
	for (const struct option *option = command->options; option != NULL && option->name != NULL; option++)
		if (text_equal(text_from(option->name), name))
			return option;
	for (const struct option *option = common; option->name != NULL; option++)
		if (text_equal(text_from(option->name), name))
			return option;
	return NULL;
}

static struct error *unknown_option(struct arena *arena, const struct command *command, text name)
{
	text names[64];
	size_t count = 0;
	for (const struct option *option = command->options; option != NULL && option->name != NULL && count < 50; option++)
		names[count++] = text_from(option->name);
	for (const struct option *option = common; option->name != NULL; option++)
		names[count++] = text_from(option->name);
	text nearest = text_nearest(name, names, count);
	struct error *error = error_new(arena, ERROR_USAGE, "%s has no option --%.*s", command->name, TEXT_ARG(name));
	if (text_is_set(nearest))
		return error_hint(arena, error, "did you mean --%.*s?", TEXT_ARG(nearest));
	return error_hint(arena, error, "see reeve %s --help", command->name);
}

static struct error *take_option(struct arena *arena, const struct command *command, text argument, int argc, char **argv,
                                 int *index, struct options *options)
{
	text name = text_slice(argument, 2, argument.length), value = TEXT_UNSET;
	ptrdiff_t equals = text_find_char(name, '=');
	if (equals >= 0) {
		value = text_slice(name, (size_t)equals + 1, name.length);
		name = text_slice(name, 0, (size_t)equals);
	}
	const struct option *option = find_option(command, name);
	if (option == NULL)
		return unknown_option(arena, command, name);
	if (option->value == NULL) {
		if (text_is_set(value))
			return error_new(arena, ERROR_USAGE, "--%s takes no value", option->name);
		value_set_bool(arena, options->named, text_from(option->name), true);
		return NULL;
	}
	if (!text_is_set(value)) {
		if (*index + 1 >= argc)
			return error_new(arena, ERROR_USAGE, "--%s needs a value (%s)", option->name, option->value);
		value = text_from(argv[++*index]);
	}
	struct value *before = value_get(options->named, name);
	if (!option->many) {
		if (before != NULL)
			return error_new(arena, ERROR_USAGE, "--%s is given twice", option->name);
		value_set_text(arena, options->named, text_from(option->name), value);
		return NULL;
	}
	if (before == NULL) {
		before = value_list(arena);
		value_set(arena, options->named, text_from(option->name), before);
	}
	value_append(arena, before, value_text(arena, value));
	return NULL;
}

struct error *options_parse(struct arena *arena, const struct command *command, int argc, char **argv,
                            struct options *ret_options)
{
	struct options options = { .named = value_map(arena) };
	options.operands = arena_new_array(arena, text, (size_t)argc + 1);
	bool only_operands = false;
	for (int index = 0; index < argc; index++) {
		text argument = text_from(argv[index]);
		if (!only_operands && text_equal(argument, T("--"))) {
			only_operands = true;
		} else if (!only_operands && text_equal(argument, T("-h"))) {
			value_set_bool(arena, options.named, T("help"), true);
		} else if (!only_operands && text_starts_with(argument, T("--"))) {
			TRY(take_option(arena, command, argument, argc, argv, &index, &options));
		} else if (!only_operands && argument.length > 1 && argument.data[0] == '-') {
			return unknown_option(arena, command, text_slice(argument, 1, argument.length));
		} else {
			options.operands[options.operand_count++] = argument;
		}
	}
	options.json = option_given(&options, "json");
	if (!option_given(&options, "help") &&
	    (options.operand_count < command->operands_min || options.operand_count > command->operands_max))
		return error_hint(arena, error_new(arena, ERROR_USAGE, "%s takes: %s", command->name,
		                                   command->operands[0] == '\0' ? "no operands" : command->operands),
		                  "see reeve %s --help", command->name);
	*ret_options = options;
	return NULL;
}

text option_text(const struct options *options, const char *name)
{
	return value_get_text(options->named, text_from(name));
}

bool option_given(const struct options *options, const char *name)
{
	return value_get(options->named, text_from(name)) != NULL;
}

size_t option_list(const struct options *options, const char *name, struct arena *arena, text **ret_items)
{
	struct value *list = value_get(options->named, text_from(name));
	size_t count = value_count(list);
	*ret_items = arena_new_array(arena, text, count + 1);
	for (size_t i = 0; i < count; i++)
		(*ret_items)[i] = list->list.items[i]->text;
	return count;
}
