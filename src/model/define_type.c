/* The header of a type - name, number pattern, what it extends - and which section of which file is its own.
 */
#include "model/define_private.h"

/* Behind every rank that can be written. */
#define RANK_LAST 1000
#define TYPE_KEYS "name extends label plural number key title subtitle icon rank platform abstract"

const struct value *define_section(struct define *d, const struct draft *draft, text name)
{
	const struct value *section = value_get(draft->file->root, name);

	d->file = draft->file;
	if (section == NULL && draft->base != NULL) {
		d->file = draft->base->file;
		section = value_get(draft->base->file->root, name);
	}
	return value_is_null(section) ? NULL : section;
}

/* INC{0000000}: capital letters, then as many digits as zeros. */
static void read_number(struct define *d, struct type *type, const struct value *header)
{
	const struct value *value = value_get(header, T("number"));
	text pattern = define_text(d, header, T("number"));
	size_t letters = 0, zeros = 0;

	if (!text_is_set(pattern))
		return;
	while (letters < pattern.length && pattern.data[letters] >= 'A' && pattern.data[letters] <= 'Z')
		letters++;
	while (letters + 1 + zeros < pattern.length && pattern.data[letters + 1 + zeros] == '0')
		zeros++;
	if (letters < 1 || letters > 8 || zeros < 1 || zeros > 12 || pattern.data[letters] != '{' ||
	    letters + zeros + 2 != pattern.length || pattern.data[letters + zeros + 1] != '}') {
		define_error(d, value, T("write it as INC{0000000}"), "'%.*s' is no number pattern",
			     TEXT_ARG(pattern));
		return;
	}
	type->number_prefix = text_slice(pattern, 0, letters);
	type->number_digits = (int)zeros;
	for (const struct type *other = d->model->types; other < type; other++)
		if (text_equal(other->number_prefix, type->number_prefix))
			define_error(d, value, TEXT_UNSET, "the numbers of %.*s begin with %.*s already",
				     TEXT_ARG(other->name), TEXT_ARG(type->number_prefix));
}

static text plural_of(struct define *d, text label)
{
	return text_format(d->arena, "%.*ss", TEXT_ARG(label));
}

static void read_header(struct define *d, struct draft *draft)
{
	const struct value *header = draft->header;
	struct type *type = draft->type;

	d->file = draft->file;
	if (!define_map(d, header, "type", TYPE_KEYS))
		return;
	type->practice = define_text(d, draft->file->root, T("practice"));
	type->purpose = define_text(d, draft->file->root, T("purpose"));
	type->label = define_label(d, header, T("label"), type->name);
	type->plural = define_label(d, header, T("plural"), TEXT_UNSET);
	if (type->plural.count == 0) {
		type->plural.items = arena_new_array(d->arena, struct label_words, 1);
		type->plural.items[0] =
		    (struct label_words){ T("en"), plural_of(d, label_in(&type->label, T("en"))) };
		type->plural.count = 1;
	}
	type->icon = define_text(d, header, T("icon"));
	type->rank = (int)define_integer(d, header, T("rank"), RANK_LAST, 1, RANK_LAST - 1);
	type->platform = define_bool(d, header, T("platform"), false);
	type->abstract = define_bool(d, header, T("abstract"), false);
	type->table = text_format(d->arena, "%.*s_record", TEXT_ARG(type->name));
	read_number(d, type, header);
	if (!text_is_set(type->number_prefix) && !type->abstract && value_get(header, T("number")) == NULL &&
	    value_get(header, T("key")) == NULL)
		define_error(d, header, T("add number: ABC{0000000}, or key: FIELD"),
			     "%.*s has neither number nor key", TEXT_ARG(type->name));
	else if (value_get(header, T("number")) != NULL && value_get(header, T("key")) != NULL)
		define_error(d, value_get(header, T("key")), T("keep one of them"),
			     "%.*s has both number and key", TEXT_ARG(type->name));
}

static void read_extends(struct define *d, struct draft *draft)
{
	const struct value *value = value_get(draft->header, T("extends"));
	const struct type *base;

	d->file = draft->file;
	if (value == NULL)
		return;
	base = define_type_at(d, value);
	if (base == NULL)
		return;
	if (base == draft->type)
		define_error(d, value, TEXT_UNSET, "%.*s extends itself", TEXT_ARG(base->name));
	else if (value_get(d->drafts[base->position].header, T("extends")) != NULL)
		define_error(d, value, T("extends goes one level deep, and never in a circle"),
			     "%.*s extends another type itself", TEXT_ARG(base->name));
	else
		draft->base = &d->drafts[base->position];
}

/* Counts the files that hold a type; those whose header has no name are told and left out. */
static bool type_name_of(struct define *d, struct define_file *file, text *ret_name)
{
	const struct value *header = value_get(file->root, T("type"));
	struct value names = { .kind = VALUE_MAP };
	struct value_entry entry;

	d->file = file;
	if (header == NULL || !define_any_map(d, header, "type"))
		return false;
	if (value_get(header, T("name")) == NULL) {
		define_error(d, header, TEXT_UNSET, "type has no name");
		return false;
	}
	*ret_name = define_text(d, header, T("name"));
	if (!text_is_set(*ret_name))
		return false;
	entry = (struct value_entry){ *ret_name, NULL, value_get(header, T("name"))->line,
				      value_get(header, T("name"))->column };
	names.map.entries = &entry;
	names.map.count = 1;
	return define_names(d, &names, "type");
}

void define_types(struct define *d)
{
	struct model *model = d->model;

	model->types = arena_new_array(d->arena, struct type, d->file_count);
	d->drafts = arena_new_array(d->arena, struct draft, d->file_count);
	for (size_t i = 0; i < d->file_count; i++) {
		struct type *type = &model->types[model->type_count];
		text name;

		if (!type_name_of(d, &d->files[i], &name))
			continue;
		if (model_type(model, name) != NULL) {
			define_error(d, value_get(value_get(d->files[i].root, T("type")), T("name")),
				     TEXT_UNSET, "the type '%.*s' is defined twice", TEXT_ARG(name));
			continue;
		}
		type->name = name;
		type->position = model->type_count;
		type->path = d->files[i].path;
		d->drafts[model->type_count] = (struct draft){
			.type = type, .file = &d->files[i], .header = value_get(d->files[i].root, T("type"))
		};
		table_set(&model->type_names, name, type);
		model->type_count++;
	}
	for (size_t i = 0; i < model->type_count; i++)
		read_header(d, &d->drafts[i]);
	for (size_t i = 0; i < model->type_count; i++)
		read_extends(d, &d->drafts[i]);
}
