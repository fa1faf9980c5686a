/*
 * Reading values of a definition file, strictly: an unknown key, a wrong shape or a misspelt name is a
 * mistake with its place and the nearest right name, never a silent default.
 */
#include "model/define_private.h"

#include "base/buffer.h"

#include <stdarg.h>
#include <stdio.h>

static bool told_before(const struct define *d, struct place place, text message)
{
	for (const struct error *error = d->errors; error != NULL; error = error->next)
		if (error->place.line == place.line && error->place.column == place.column &&
		    text_equal(error->place.file, place.file) && text_equal(error->message, message))
			return true;
	return false;
}

/* One line of good UTF-8, whatever names the file has. */
static void tidy(char *message)
{
	size_t bad;

	for (char *c = message; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f)
			*c = ' ';
	if (!text_is_utf8(text_from(message), &bad))
		message[bad] = '\0';
}

static void add_error(struct define *d, uint32_t line, uint32_t column, text hint, const char *format,
		      va_list arguments) printf_like(5, 0);

static void add_error(struct define *d, uint32_t line, uint32_t column, text hint, const char *format,
		      va_list arguments)
{
	struct place place = { d->file == NULL ? TEXT_UNSET : d->file->path, line, column };
	char message[400];
	struct error *error;

	vsnprintf(message, sizeof(message), format, arguments);
	tidy(message);
	if (d->error_count >= DEFINE_ERRORS_MAX || told_before(d, place, text_from(message)))
		return;
	error = error_new(d->error_arena, ERROR_DEFINITION, "%s", message);
	place.file = text_copy(d->error_arena, place.file); /* the model's arena goes before the errors do */
	error = error_place(error, place);
	if (text_is_set(hint))
		error = error_hint(d->error_arena, error, "%.*s", TEXT_ARG(hint));
	d->errors = error_append(d->errors, error);
	d->error_count++;
}

void define_error(struct define *d, const struct value *at, text hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	/* An empty file has no place of its own. */
	add_error(d, at == NULL || at->line == 0 ? 1 : at->line, at == NULL || at->line == 0 ? 1 : at->column,
		  hint, format, arguments);
	va_end(arguments);
}

void define_error_key(struct define *d, const struct value_entry *at, text hint, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add_error(d, at->line, at->column, hint, format, arguments);
	va_end(arguments);
}

text define_hint(struct define *d, text wanted, const text *names, size_t count)
{
	text nearest = text_nearest(wanted, names, count);

	if (text_is_set(nearest))
		return text_format(d->error_arena, "did you mean '%.*s'?", TEXT_ARG(nearest));
	if (count == 0 || count > 16)
		return TEXT_UNSET;
	return text_format(d->error_arena, "one of %.*s",
			   TEXT_ARG(text_join(d->error_arena, names, count, T(", "))));
}

/* ---- maps ---- */

bool define_any_map(struct define *d, const struct value *value, const char *what)
{
	if (value != NULL && value->kind == VALUE_MAP)
		return true;
	define_error(d, value, T("write it as keys with values"), "%s must be a map, not %.*s", what,
		     TEXT_ARG(value_kind_name(value == NULL ? VALUE_NULL : value->kind)));
	return false;
}

static size_t split_names(struct define *d, const char *allowed, text *ret_names, size_t size)
{
	text rest = text_from(allowed), part;
	size_t count = 0;

	while (count < size && text_cut(&rest, ' ', &part)) {
		char *name = arena_copy(d->error_arena, part.data, part.length);

		for (size_t i = 0; i < part.length; i++)
			if (name[i] == '~')
				name[i] = ' ';
		ret_names[count++] = (text){ name, part.length };
	}
	return count;
}

bool define_map(struct define *d, const struct value *value, const char *what, const char *allowed)
{
	text names[32];
	size_t count;

	if (!define_any_map(d, value, what))
		return false;
	count = split_names(d, allowed, names, array_length(names));
	for (size_t i = 0; i < value->map.count; i++) {
		const struct value_entry *entry = &value->map.entries[i];
		bool known = false;

		for (size_t j = 0; j < count && !known; j++)
			known = text_equal(entry->key, names[j]);
		if (!known)
			define_error_key(d, entry, define_hint(d, entry->key, names, count),
					 "%s has no key '%.*s'", what, TEXT_ARG(entry->key));
	}
	return true;
}

static bool is_name(text t)
{
	if (t.length == 0 || t.length > DEFINE_NAME_MAX || t.data[0] < 'a' || t.data[0] > 'z')
		return false;
	for (size_t i = 0; i < t.length; i++) {
		char c = t.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'))
			return false;
	}
	return true;
}

bool define_names(struct define *d, const struct value *value, const char *what)
{
	bool good = true;

	if (!define_any_map(d, value, what))
		return false;
	for (size_t i = 0; i < value->map.count; i++) {
		if (is_name(value->map.entries[i].key))
			continue;
		define_error_key(d, &value->map.entries[i],
				 T("a name begins with a-z and has only a-z, 0-9 and _, at most 40"),
				 "'%.*s' is not a name", TEXT_ARG(value->map.entries[i].key));
		good = false;
	}
	return good;
}

/* ---- scalars ---- */

text define_scalar(struct define *d, const struct value *value, const char *what)
{
	if (value != NULL && value->kind == VALUE_TEXT)
		return value->text;
	define_error(d, value, TEXT_UNSET, "%s must be a text, not %.*s", what,
		     TEXT_ARG(value_kind_name(value == NULL ? VALUE_NULL : value->kind)));
	return TEXT_UNSET;
}

text define_text(struct define *d, const struct value *map, text key)
{
	const struct value *value = value_get(map, key);

	if (value == NULL)
		return TEXT_UNSET;
	return define_scalar(d, value, text_cstring(d->error_arena, key));
}

bool define_is_bool(text t, bool *ret_boolean)
{
	*ret_boolean = text_equal(t, T("yes")) || text_equal(t, T("true"));
	return *ret_boolean || text_equal(t, T("no")) || text_equal(t, T("false"));
}

bool define_bool(struct define *d, const struct value *map, text key, bool fallback)
{
	const struct value *value = value_get(map, key);
	bool boolean = fallback;

	if (value == NULL)
		return fallback;
	if (value->kind != VALUE_TEXT || !define_is_bool(value->text, &boolean))
		define_error(d, value, TEXT_UNSET, "'%.*s' must be yes or no", TEXT_ARG(key));
	return boolean;
}

int64_t define_integer(struct define *d, const struct value *map, text key, int64_t fallback, int64_t least,
		       int64_t most)
{
	const struct value *value = value_get(map, key);
	int64_t number = fallback;

	if (value == NULL)
		return fallback;
	if (value->kind != VALUE_TEXT || !text_to_integer(value->text, &number) || number < least ||
	    number > most) {
		define_error(d, value, TEXT_UNSET, "'%.*s' must be a whole number from %lld to %lld",
			     TEXT_ARG(key), (long long)least, (long long)most);
		return fallback;
	}
	return number;
}

struct value **define_list(struct define *d, const struct value *value, size_t *ret_count)
{
	struct value **items;

	*ret_count = 0;
	if (value_is_null(value))
		return NULL;
	if (value->kind == VALUE_LIST) {
		*ret_count = value->list.count;
		return value->list.items;
	}
	items = arena_new_array(d->arena, struct value *, 1);
	items[0] = (struct value *)(uintptr_t)value;
	*ret_count = 1;
	return items;
}

/* ---- labels ---- */

text define_words_of_name(struct define *d, text name)
{
	char *words = arena_copy(d->arena, text_cstring(d->arena, name), name.length + 1);

	for (size_t i = 0; i < name.length; i++)
		if (words[i] == '_')
			words[i] = ' ';
	if (words[0] >= 'a' && words[0] <= 'z')
		words[0] = (char)(words[0] - 'a' + 'A');
	return (text){ words, name.length };
}

static struct label english(struct define *d, text words)
{
	struct label label = { arena_new_array(d->arena, struct label_words, 1), 1 };

	label.items[0] = (struct label_words){ T("en"), words };
	return label;
}

struct label define_label_value(struct define *d, const struct value *value)
{
	struct label label = { NULL, 0 };

	if (value->kind != VALUE_MAP)
		return english(d, define_scalar(d, value, "a label"));
	if (value_get(value, T("en")) == NULL)
		define_error(d, value, TEXT_UNSET, "a label needs its English words (en)");
	label.items = arena_new_array(d->arena, struct label_words, value->map.count);
	for (size_t i = 0; i < value->map.count; i++) {
		const struct value_entry *entry = &value->map.entries[i];

		if (entry->key.length < 2 || entry->key.length > 11 || entry->key.data[0] < 'a' ||
		    entry->key.data[0] > 'z')
			define_error_key(d, entry, T("write it as en, de, pt-BR"), "'%.*s' is not a language",
					 TEXT_ARG(entry->key));
		label.items[label.count++] =
		    (struct label_words){ entry->key, define_scalar(d, entry->value, "a label") };
	}
	return label;
}

struct label define_label(struct define *d, const struct value *map, text key, text fallback_name)
{
	const struct value *value = value_get(map, key);

	if (value != NULL)
		return define_label_value(d, value);
	if (text_is_set(fallback_name))
		return english(d, define_words_of_name(d, fallback_name));
	return (struct label){ NULL, 0 };
}
