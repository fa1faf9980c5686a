/*
 * Classes of a type: one table, one generated choice field `class`, and fields that only some classes have. A class takes over
 * the fields of the class it extends. Classes stand in the section `classes` of the type, or each in a file of its own.
 */
#include "model/define_private.h"

#define CLASSES_MAX 64
#define CLASS_KEYS "extends label icon fields"

/* Where a class is written. */
struct class_source {
	text name;
	struct define_file *file;
	const struct value *node;    /* its label, icon, extends */
	const struct value *fields;  /* NULL: none of its own */
	const struct value *at;      /* for mistakes */
};

struct class_sources {
	struct class_source items[CLASSES_MAX];
	size_t count;
};

static void add_source(struct define *d, struct class_sources *sources, struct class_source source)
{
	for (size_t i = 0; i < sources->count; i++)
		if (text_equal(sources->items[i].name, source.name)) {
			define_error(d, source.at, TEXT_UNSET, "the class '%.*s' stands twice", TEXT_ARG(source.name));
			return;
		}
	if (sources->count == CLASSES_MAX)
		define_error(d, source.at, TEXT_UNSET, "there are more than %d classes", CLASSES_MAX);
	else
		sources->items[sources->count++] = source;
}

static void sources_of_section(struct define *d, struct draft *draft, struct class_sources *sources)
{
	const struct value *section = value_get(draft->file->root, T("classes"));

	d->file = draft->file;
	if (section == NULL || !define_names(d, section, "classes"))
		return;
	for (size_t i = 0; i < section->map.count; i++) {
		const struct value_entry *entry = &section->map.entries[i];
		struct class_source source = { .name = entry->key, .file = draft->file, .node = entry->value, .at = entry->value };

		if (value_is_null(entry->value))
			source.node = NULL;
		else if (!define_map(d, entry->value, "a class", CLASS_KEYS))
			continue;
		source.fields = value_get(source.node, T("fields"));
		add_source(d, sources, source);
	}
}

/* class: { of: ci, name: printer, extends: hardware }, and beside it `fields`. */
static void source_of_file(struct define *d, const struct draft *draft, struct define_file *file, struct class_sources *sources)
{
	const struct value *node = value_get(file->root, T("class"));
	text name;

	d->file = file;
	if (node == NULL || node->kind != VALUE_MAP || !text_equal(value_get_text(node, T("of")), draft->type->name))
		return;
	name = value_get_text(node, T("name"));
	struct value_entry entry = { .key = text_is_set(name) ? name : T(""), .line = node->line, .column = node->column };
	struct value names = { .kind = VALUE_MAP, .map = { .entries = &entry, .count = 1 } };
	if (define_names(d, &names, "class"))
		add_source(d, sources, (struct class_source){ name, file, node, value_get(file->root, T("fields")), node });
}

void define_class_file(struct define *d)
{
	const struct value *root = d->file->root, *node = value_get(root, T("class"));

	if (!define_map(d, node, "class", "of name extends label icon"))
		return;
	if (value_get(node, T("of")) == NULL || value_get(node, T("name")) == NULL)
		define_error(d, node, T("class: { of: TYPE, name: NAME }"), "a class needs of and name");
	else if (define_type_at(d, value_get(node, T("of"))) != NULL && value_get(root, T("type")) != NULL)
		define_error(d, node, T("give it a file of its own"), "a file defines a type or a class, not both");
}

static ptrdiff_t class_at(struct define *d, const struct class_sources *sources, const struct value *value)
{
	text name = define_scalar(d, value, "a class's name"), names[CLASSES_MAX];

	for (size_t i = 0; text_is_set(name) && i < sources->count; i++) {
		names[i] = sources->items[i].name;
		if (text_equal(names[i], name))
			return (ptrdiff_t)i;
	}
	if (text_is_set(name))
		define_error(d, value, define_hint(d, name, names, sources->count), "no class is named '%.*s'", TEXT_ARG(name));
	return -1;
}

/* After the classes that each extends directly are known. */
static void close_inheritance(struct define *d, struct type *type, const struct class_sources *sources)
{
	for (size_t i = 0; i < type->class_count; i++) {
		struct class_definition *class = &type->classes[i];
		ptrdiff_t at = (ptrdiff_t)i;

		for (size_t steps = 0; at >= 0; steps++) {
			if (steps > type->class_count) {
				d->file = sources->items[i].file;
				define_error(d, sources->items[i].at, TEXT_UNSET, "the class '%.*s' extends itself in a circle",
				             TEXT_ARG(sources->items[i].name));
				class->extends = -1;
				break;
			}
			class->inherits |= UINT64_C(1) << at;
			at = type->classes[at].extends;
		}
	}
}

static void add_class_field(struct define *d, struct type *type, const struct class_sources *sources)
{
	struct field *field = &type->fields[type->field_count];

	*field = (struct field){ .name = T("class"), .kind = KIND_CHOICE, .position = type->field_count, .required = true,
	                         .indexed = true, .least = INT64_MIN, .most = INT64_MAX };
	field->label = define_label(d, NULL, T("label"), field->name);
	field->choices = arena_new_array(d->arena, struct choice, sources->count);
	for (size_t i = 0; i < sources->count; i++)
		field->choices[field->choice_count++] = (struct choice){
			.name = sources->items[i].name,
			.label = define_label(d, sources->items[i].node, T("label"), sources->items[i].name),
		};
	table_set(&type->field_names, field->name, field);
	type->class_field = (ptrdiff_t)type->field_count++;
}

static struct class_sources *sources_of(struct define *d, struct draft *draft)
{
	struct class_sources *sources = arena_new_struct(d->arena, struct class_sources);

	sources_of_section(d, draft, sources);
	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i].root != NULL)
			source_of_file(d, draft, &d->files[i], sources);
	return sources;
}

/* Room for the fields of the classes and `class` itself: more than there will be is no harm. */
size_t define_class_room(struct define *d, const struct draft *draft)
{
	const struct value *section = value_get(draft->file->root, T("classes"));
	size_t room = 1;

	for (size_t i = 0; section != NULL && section->kind == VALUE_MAP && i < section->map.count; i++)
		room += value_count(value_get(section->map.entries[i].value, T("fields")));
	for (size_t i = 0; i < d->file_count; i++)
		if (text_equal(value_get_text(value_get(d->files[i].root, T("class")), T("of")), draft->type->name))
			room += value_count(value_get(d->files[i].root, T("fields")));
	return room;
}

void define_classes(struct define *d, struct draft *draft)
{
	struct type *type = draft->type;
	struct class_sources *sources = sources_of(d, draft);

	type->class_field = -1;
	draft->class_sources = sources;
	if (sources->count == 0)
		return;
	type->classes = arena_new_array(d->arena, struct class_definition, sources->count);
	type->class_count = sources->count;
	for (size_t i = 0; i < sources->count; i++) {
		const struct class_source *source = &sources->items[i];
		const struct value *extends = value_get(source->node, T("extends"));

		d->file = source->file;
		type->classes[i] = (struct class_definition){ .choice = i, .extends = -1 };
		type->classes[i].icon = source->node == NULL ? TEXT_UNSET : define_text(d, source->node, T("icon"));
		if (extends != NULL)
			type->classes[i].extends = class_at(d, sources, extends);
	}
	close_inheritance(d, type, sources);
	add_class_field(d, type, sources);
}

uint64_t type_class_heirs(const struct type *type, size_t class)
{
	uint64_t heirs = 0;

	for (size_t i = 0; i < type->class_count; i++)
		if (type->classes[i].inherits >> class & 1)
			heirs |= UINT64_C(1) << i;
	return heirs;
}

uint64_t define_classes_at(struct define *d, const struct draft *draft, const struct value *value)
{
	size_t count;
	struct value **items = define_list(d, value, &count);
	uint64_t classes = 0;

	for (size_t i = 0; i < count; i++) {
		ptrdiff_t class = class_at(d, draft->class_sources, items[i]);

		if (class >= 0 && (size_t)class < draft->type->class_count)
			classes |= type_class_heirs(draft->type, (size_t)class);
	}
	return classes;
}

void define_class_fields(struct define *d, struct draft *draft)
{
	for (size_t i = 0; i < draft->type->class_count; i++) {
		const struct class_source *source = &draft->class_sources->items[i];

		d->file = source->file;
		if (source->fields == NULL || !define_names(d, source->fields, "fields"))
			continue;
		for (size_t j = 0; j < source->fields->map.count; j++)
			define_own_field(d, draft, &source->fields->map.entries[j], type_class_heirs(draft->type, i));
	}
	d->file = draft->file;
}
