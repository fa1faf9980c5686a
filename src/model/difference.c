/*
 * What differs between two versions of a definition, in lines that people read: made from the text as it stands, so that every
 * section counts, also those that are yet to come. A type is compared together with what it extends.
 */
#include "model/schema_private.h"

#include "base/yaml.h"

#define LINE_BYTES 600
#define VALUE_BYTES 160
#define DEPTH_MAX 6

struct difference_list {
	struct arena *arena;
	struct difference *items;
	size_t count, capacity;
};

/* ---- one value on one line ---- */

static void write_brief(struct buffer *out, const struct value *value, int depth)
{
	if (value_is_null(value) || depth > DEPTH_MAX) {
		buffer_text(out, depth > DEPTH_MAX ? T("...") : T("none"));
		return;
	}
	if (value->kind == VALUE_LIST) {
		buffer_char(out, '[');
		for (size_t i = 0; i < value->list.count; i++) {
			buffer_text(out, i == 0 ? T("") : T(", "));
			write_brief(out, value->list.items[i], depth + 1);
		}
		buffer_char(out, ']');
	} else if (value->kind == VALUE_MAP) {
		buffer_text(out, T("{ "));
		for (size_t i = 0; i < value->map.count; i++) {
			buffer_text(out, i == 0 ? T("") : T(", "));
			buffer_text(out, value->map.entries[i].key);
			buffer_text(out, T(": "));
			write_brief(out, value->map.entries[i].value, depth + 1);
		}
		buffer_text(out, T(" }"));
	} else if (value->kind == VALUE_TEXT) {
		buffer_text(out, value->text);
	}
}

static text brief(struct arena *arena, const struct value *value)
{
	struct buffer out;

	buffer_init(&out, arena, 1024 * 1024);
	write_brief(&out, value, 0);
	return text_shorten(arena, buffer_peek(&out), VALUE_BYTES);
}

/* ---- what changed within an entry ---- */

static text under(struct arena *arena, text path, text key)
{
	return text_is_empty(path) ? key : text_format(arena, "%.*s.%.*s", TEXT_ARG(path), TEXT_ARG(key));
}

static void say(struct buffer *out, text line)
{
	if (buffer_peek(out).length > 0)
		buffer_text(out, T("; "));
	buffer_text(out, line);
}

static void write_change(struct arena *arena, struct buffer *out, text path, const struct value *old, const struct value *now,
                         int depth)
{
	if (old != NULL && now != NULL && value_equal(old, now))
		return;
	if (old == NULL || now == NULL) {
		say(out, text_format(arena, now == NULL ? "without %.*s (%.*s)" : "with %.*s: %.*s", TEXT_ARG(path),
		                     TEXT_ARG(brief(arena, now == NULL ? old : now))));
		return;
	}
	if (old->kind != VALUE_MAP || now->kind != VALUE_MAP || depth > DEPTH_MAX) {
		say(out, text_format(arena, "%.*s%s%.*s -> %.*s", TEXT_ARG(path), text_is_empty(path) ? "" : ": ",
		                     TEXT_ARG(brief(arena, old)), TEXT_ARG(brief(arena, now))));
		return;
	}
	for (size_t i = 0; i < now->map.count; i++)
		write_change(arena, out, under(arena, path, now->map.entries[i].key), value_get(old, now->map.entries[i].key),
		             now->map.entries[i].value, depth + 1);
	for (size_t i = 0; i < old->map.count; i++)
		if (value_get(now, old->map.entries[i].key) == NULL)
			write_change(arena, out, under(arena, path, old->map.entries[i].key), old->map.entries[i].value, NULL, depth + 1);
}

/* ---- entries of sections ---- */

static void add(struct difference_list *list, enum difference_kind kind, text what, text words)
{
	arena_make_room(list->arena, list->items, list->count, list->capacity);
	list->items[list->count++] = (struct difference){ kind, what, text_shorten(list->arena, words, LINE_BYTES) };
}

static void compare_entry(struct difference_list *list, text what, const struct value *old, const struct value *now)
{
	struct buffer out;

	if (old == NULL || now == NULL) {
		add(list, now == NULL ? DIFFERENCE_REMOVED : DIFFERENCE_ADDED, what, brief(list->arena, now == NULL ? old : now));
		return;
	}
	buffer_init(&out, list->arena, 1024 * 1024);
	write_change(list->arena, &out, T(""), old, now, 0);
	if (buffer_peek(&out).length > 0)
		add(list, DIFFERENCE_CHANGED, what, buffer_peek(&out));
}

/* "transition assign": each entry of a map with free keys is a thing of its own. */
static void compare_entries(struct difference_list *list, text word, const struct value *old, const struct value *now)
{
	struct arena *arena = list->arena;

	for (size_t i = 0; now != NULL && now->kind == VALUE_MAP && i < now->map.count; i++)
		compare_entry(list, text_format(arena, "%.*s %.*s", TEXT_ARG(word), TEXT_ARG(now->map.entries[i].key)),
		              value_get(old, now->map.entries[i].key), now->map.entries[i].value);
	for (size_t i = 0; old != NULL && old->kind == VALUE_MAP && i < old->map.count; i++)
		if (value_get(now, old->map.entries[i].key) == NULL)
			compare_entry(list, text_format(arena, "%.*s %.*s", TEXT_ARG(word), TEXT_ARG(old->map.entries[i].key)),
			              old->map.entries[i].value, NULL);
}

static const struct {
	const char *section, *entry;
} entry_words[] = {
	{ "fields", "field" },       { "clocks", "clock" },       { "rights", "rights of" },   { "automation", "rule" },
	{ "views", "view" },         { "forms", "form" },         { "approvals", "approval" }, { "roles", "role" },
	{ "relations", "relation" }, { "tables", "table" },       { "classes", "class" },      { "decisions", "decision" },
	{ "lists", "list" },         { "tasks", "tasks" },        { "states", "state" },       { "transitions", "transition" },
};

static void compare_section(struct difference_list *list, text section, const struct value *old, const struct value *now)
{
	if (old != NULL && now != NULL && value_equal(old, now))
		return;
	if (text_equal(section, T("lifecycle"))) {
		compare_section(list, T("states"), value_get(old, T("states")), value_get(now, T("states")));
		compare_section(list, T("transitions"), value_get(old, T("transitions")), value_get(now, T("transitions")));
		if (value_get(old, T("initial")) != NULL || value_get(now, T("initial")) != NULL)
			compare_entry(list, T("initial state"), value_get(old, T("initial")), value_get(now, T("initial")));
		return;
	}
	for (size_t i = 0; i < array_length(entry_words); i++)
		if (text_equal(section, text_from(entry_words[i].section))) {
			compare_entries(list, text_from(entry_words[i].entry), old, now);
			return;
		}
	compare_entry(list, section, old, now);
}

/* ---- a definition with what it extends ---- */

static struct value *parse(struct arena *arena, const struct definition_source *source)
{
	struct value *root = NULL;

	if (source->source.data == NULL || yaml_parse(arena, source->path, source->source, &root) != NULL ||
	    root->kind != VALUE_MAP)
		return value_map(arena);
	return root;
}

static struct value *effective(struct arena *arena, const struct definition_source *own, const struct definition_source *base)
{
	struct value *from = parse(arena, base), *root = parse(arena, own), *all = value_map(arena), *fields = value_map(arena);
	const struct value *lists[] = { value_get(from, T("fields")), value_get(root, T("fields")) };

	for (size_t i = 0; i < array_length(lists); i++)
		for (size_t j = 0; lists[i] != NULL && lists[i]->kind == VALUE_MAP && j < lists[i]->map.count; j++)
			value_set(arena, fields, lists[i]->map.entries[j].key, lists[i]->map.entries[j].value);
	for (size_t i = 0; i < root->map.count; i++)
		value_set(arena, all, root->map.entries[i].key, root->map.entries[i].value);
	for (size_t i = 0; i < from->map.count; i++)
		if (value_get(all, from->map.entries[i].key) == NULL)
			value_set(arena, all, from->map.entries[i].key, from->map.entries[i].value);
	if (value_count(fields) > 0)
		value_set(arena, all, T("fields"), fields);
	return all;
}

static void compare_roots(struct difference_list *list, const struct value *before, const struct value *after)
{
	for (size_t i = 0; i < after->map.count; i++)
		compare_section(list, after->map.entries[i].key, value_get(before, after->map.entries[i].key), after->map.entries[i].value);
	for (size_t i = 0; i < before->map.count; i++)
		if (value_get(after, before->map.entries[i].key) == NULL)
			compare_section(list, before->map.entries[i].key, before->map.entries[i].value, NULL);
}

/* ---- the models of a type ---- */

static const struct value *model_named(struct arena *arena, const struct older_definition *definition, text name)
{
	for (size_t i = 0; i < definition->model_count; i++) {
		const struct value *root = parse(arena, &definition->models[i]);

		if (text_equal(value_get_text(value_get(root, T("model")), T("name")), name))
			return root;
	}
	return NULL;
}

static void compare_model(struct difference_list *list, text name, const struct value *before, const struct value *after)
{
	text what = text_format(list->arena, "model %.*s", TEXT_ARG(name));
	size_t first = list->count;

	if (before == NULL || after == NULL) {
		compare_entry(list, what, value_get(before, T("model")), value_get(after, T("model")));
		return;
	}
	compare_roots(list, before, after);
	for (size_t i = first; i < list->count; i++)
		list->items[i].what = text_format(list->arena, "%.*s, %.*s", TEXT_ARG(what), TEXT_ARG(list->items[i].what));
}

/* Most models of most versions: they need not be read. */
static bool has_source(const struct older_definition *definition, const struct definition_source *source)
{
	for (size_t i = 0; i < definition->model_count; i++)
		if (text_equal(definition->models[i].source, source->source))
			return true;
	return false;
}

static void compare_models(struct difference_list *list, const struct older_definition *old, const struct older_definition *now)
{
	for (size_t i = 0; i < now->model_count; i++) {
		if (has_source(old, &now->models[i]))
			continue;
		const struct value *after = parse(list->arena, &now->models[i]);
		text name = value_get_text(value_get(after, T("model")), T("name"));

		compare_model(list, name, model_named(list->arena, old, name), after);
	}
	for (size_t i = 0; i < old->model_count; i++) {
		if (has_source(now, &old->models[i]))
			continue;
		const struct value *before = parse(list->arena, &old->models[i]);
		text name = value_get_text(value_get(before, T("model")), T("name"));

		if (model_named(list->arena, now, name) == NULL)
			compare_model(list, name, before, NULL);
	}
}

struct error *schema_difference(struct arena *arena, const struct older_definition *old, const struct older_definition *now,
                                struct difference **ret_items, size_t *ret_count)
{
	struct difference_list list = { .arena = arena };
	struct value *before = effective(arena, &old->own, &old->base), *after = effective(arena, &now->own, &now->base);

	compare_roots(&list, before, after);
	compare_models(&list, old, now);
	*ret_items = list.items;
	*ret_count = list.count;
	return arena_check(arena);
}

text difference_line(struct arena *arena, const struct difference *difference)
{
	static const char signs[] = { [DIFFERENCE_ADDED] = '+', [DIFFERENCE_REMOVED] = '-', [DIFFERENCE_CHANGED] = '~' };

	return text_format(arena, "%c %.*s: %.*s", signs[difference->kind], TEXT_ARG(difference->what), TEXT_ARG(difference->words));
}

/* ---- of whole sets ---- */

static const struct definition_source *source_of(const struct model *model, text path)
{
	for (size_t i = 0; model != NULL && i < model->source_count; i++)
		if (text_equal(model->sources[i].path, path))
			return &model->sources[i];
	return NULL;
}

/* A file of this model, with the file of what its type extends. */
static struct older_definition whole_of(struct arena *arena, const struct model *model, text path)
{
	const struct definition_source *own = source_of(model, path);
	struct older_definition whole = { .version = 0 };

	if (own == NULL)
		return whole;
	whole.own = *own;
	const struct type *base = model_type(model, schema_extends(arena, own));
	if (base != NULL)
		whole.base = *source_of(model, base->path);
	return whole;
}

/* Where the other set has the type or model of this file; unset: nowhere. */
static text twin_of(const struct model *model, text path, const struct model *other)
{
	int position = -1;

	for (size_t i = 0; i < model->type_count; i++)
		if (text_equal(model->types[i].path, path)) {
			const struct type *type = model_type(other, model->types[i].name);

			return type == NULL ? TEXT_UNSET : type->path;
		}
	for (size_t i = 0; i < model->work_model_count; i++)
		if (text_equal(model->work_models[i].path, path))
			position = model_work_model(other, model->work_models[i].name);
	return position < 0 ? TEXT_UNSET : other->work_models[position].path;
}

/* A file that is called otherwise is compared under its new name. */
struct error *schema_difference_of_file(struct arena *arena, const struct model *before, const struct model *after, text path,
                                        struct difference **ret_items, size_t *ret_count)
{
	bool was = source_of(before, path) != NULL, is = source_of(after, path) != NULL;
	text old_path = path;

	*ret_items = NULL;
	*ret_count = 0;
	if (before != NULL && is && !was && text_is_set(twin_of(after, path, before)))
		old_path = twin_of(after, path, before);
	if (before != NULL && was && !is && text_is_set(twin_of(before, path, after)))
		return NULL;
	struct older_definition old = whole_of(arena, before, old_path), now = whole_of(arena, after, path);

	return schema_difference(arena, &old, &now, ret_items, ret_count);
}
