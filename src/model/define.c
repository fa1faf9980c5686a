/*
 * Definitions -> the model. Reads every file, then in passes: roles, types, fields, states; and when all
 * names are known whatever speaks of them. Last, when nothing is wrong so far, whether the lifecycles can
 * work at all (check.c).
 */
#include "model/define_private.h"

#include "base/embed.h"
#include "base/yaml.h"

#include <stdlib.h>

#define FILE_KEYS                                                                                            \
	"practice purpose type fields lifecycle clocks tasks approvals rights automation views forms roles relations "    \
	"tables decisions schedule "                                                                                 \
	"classes class related control"
#define MODEL_FILE_KEYS "practice purpose model form set fixed tasks creates"
/* A set of definitions is some hundred KB of text and a few times that as types. */
#define MODEL_BYTES (64 * 1024 * 1024)

static bool is_story(text path)
{
	return text_ends_with(path, T(".story.yaml"));
}

void define_read_file(struct define *d, struct define_file *file)
{
	struct value *root = NULL;
	struct error *error = yaml_parse(d->arena, file->path, file->source, &root);

	d->file = file;
	if (error != NULL) {
		error = error_copy(d->error_arena, error);
		for (struct error *one = error; one != NULL; one = one->next)
			d->error_count++;
		d->errors = error_append(d->errors, error);
		return;
	}
	if (define_is_migration(file->path)) {
		file->root = root;
		return;
	}
	if (!define_map(d, root, define_is_model(file->path) ? "a model's file" : "a definition",
			define_is_model(file->path) ? MODEL_FILE_KEYS : FILE_KEYS))
		return;
	file->root = root;
	if (value_get(root, T("practice")) == NULL || value_get(root, T("purpose")) == NULL)
		define_error(d, root, T("say what it is part of and why it exists"),
			     "a definition needs practice and purpose");
	(void)define_text(d, root, T("practice"));
	(void)define_text(d, root, T("purpose"));
	if (value_get(root, T("type")) == NULL && !define_is_model(file->path))
		for (size_t i = 0; i < root->map.count; i++) {
			const struct value_entry *entry = &root->map.entries[i];

			if (text_find(T(" fields lifecycle clocks tasks approvals rights automation views forms decisions schedule "
					"classes related control "),
				      text_format(d->error_arena, " %.*s ", TEXT_ARG(entry->key))) >= 0 &&
			    !(text_equal(entry->key, T("fields")) && value_get(root, T("class")) != NULL))
				define_error_key(d, entry, TEXT_UNSET, "'%.*s' needs a type",
						 TEXT_ARG(entry->key));
		}
}

static int by_path(const void *a, const void *b)
{
	return text_compare(((const struct define_file *)a)->path, ((const struct define_file *)b)->path);
}

static void take_files(struct define *d, const struct definition_source *sources, size_t count)
{
	struct model *model = d->model;

	d->files = arena_new_array(d->arena, struct define_file, count);
	model->sources = arena_new_array(d->arena, struct definition_source, count);
	for (size_t i = 0; i < count; i++)
		if (!is_story(sources[i].path))
			d->files[d->file_count++] =
			    (struct define_file){ .path = text_copy(d->arena, sources[i].path),
						  .source = text_copy(d->arena, sources[i].source) };
	qsort(d->files, d->file_count, sizeof(*d->files), by_path);
	for (size_t i = 0; i < d->file_count; i++)
		model->sources[model->source_count++] =
		    (struct definition_source){ d->files[i].path, d->files[i].source };
	for (size_t i = 0; i < d->file_count; i++)
		define_read_file(d, &d->files[i]);
}

/* Types that the floors above count on, and that fields of every record point at: without them nothing else
 * can be read. */
static bool find_platform_types(struct define *d)
{
	struct model *model = d->model;
	struct {
		const char *name;
		const struct type **type;
	} needed[] = {
		{ "user", &model->user },	  { "team", &model->team },
		{ "role", &model->role },	  { "organisation", &model->organisation },
		{ "service", &model->service },	  { "calendar", &model->calendar },
		{ "category", &model->category }, { "absence", &model->absence },
	};
	bool all = true;

	for (size_t i = 0; i < array_length(needed); i++) {
		*needed[i].type = model_type(model, text_from(needed[i].name));
		if (*needed[i].type != NULL)
			continue;
		d->file = d->file_count == 0 ? NULL : &d->files[d->file_count - 1];
		all = false;
		define_error(d, NULL, T("the platform's own files belong to every set of definitions"),
			     "no type is named '%s'", needed[i].name);
	}
	return all;
}

static void each_type(struct define *d, void (*read)(struct define *d, struct draft *draft))
{
	for (size_t i = 0; i < d->model->type_count; i++)
		read(d, &d->drafts[i]);
}

/* What older versions have for themselves. */
static void each_process(struct define *d, void (*read)(struct define *d, struct draft *draft))
{
	each_type(d, read);
	for (size_t i = 0; i < d->older_count; i++)
		read(d, &d->older[i]);
}

static void check_relations_of_rules(struct define *d, struct draft *draft)
{
	const struct type *type = draft->type;
	text *names = arena_new_array(d->error_arena, text, d->model->relation_count);

	d->file = draft->rules_file;
	for (size_t i = 0; i < d->model->relation_count; i++)
		names[i] = d->model->relations[i].name;
	for (size_t i = 0; i < type->rule_count; i++)
		for (size_t j = 0; j < type->rules[i].action_count; j++) {
			text relation = type->rules[i].actions[j].relation;
			bool known = !text_is_set(relation);

			for (size_t k = 0; k < d->model->relation_count && !known; k++)
				known = text_equal(names[k], relation);
			if (!known)
				define_error_key(d, draft->rule_nodes[i],
						 define_hint(d, relation, names, d->model->relation_count),
						 "no relation is named '%.*s'", TEXT_ARG(relation));
		}
}

static bool makes_records_of(const struct define_file *file, const struct type *type)
{
	return define_is_model(file->path) && text_equal(value_get_text(value_get(file->root, T("model")), T("type")), type->name);
}

static void hash_sources(struct define *d, struct draft *draft)
{
	uint64_t hash = text_hash(draft->file->source);

	if (draft->base != NULL)
		hash = hash * 31 + text_hash(draft->base->file->source);
	/* In whatever order: a model's file may be called otherwise. */
	for (size_t i = 0; i < d->file_count; i++)
		if (makes_records_of(&d->files[i], draft->type))
			hash += text_hash(d->files[i].source);
	draft->type->source_hash = text_format(d->arena, "%016llx", (unsigned long long)hash);
	draft->type->definition = 1;
}

static int by_rank(const void *a, const void *b)
{
	const struct type *left = *(const struct type *const *)a, *right = *(const struct type *const *)b;

	if (left->rank != right->rank)
		return left->rank < right->rank ? -1 : 1;
	return left->position < right->position ? -1 : 1;
}

static void rank_types(struct model *model)
{
	model->ranked = arena_new_array(model->arena, const struct type *, model->type_count);
	for (size_t i = 0; i < model->type_count; i++)
		model->ranked[i] = &model->types[i];
	qsort(model->ranked, model->type_count, sizeof(*model->ranked), by_rank);
}

static void prove(struct define *d)
{
	each_type(d, define_check);
	each_type(d, define_sound);
	define_sound_models(d);
	define_chains(d);
	if (!d->stored || d->errors == NULL)
		return;
	d->model->not_proven = error_append(d->model->not_proven, error_copy(d->arena, d->errors));
	d->errors = NULL;
	d->error_count = 0;
}

/* What such a file defines is missing everywhere: only that it cannot be read is told then. */
static bool any_is_unreadable(const struct define *d)
{
	for (size_t i = 0; i < d->file_count; i++)
		if (d->files[i].root == NULL && d->errors != NULL)
			return true;
	return false;
}

static void read_all(struct define *d)
{
	if (any_is_unreadable(d))
		return;
	define_roles(d);
	define_types(d);
	if (!find_platform_types(d))
		return;
	for (size_t i = 0; i < d->file_count; i++) {
		d->file = &d->files[i];
		if (value_get(d->file->root, T("class")) != NULL)
			define_class_file(d);
	}
	define_migrations(d); /* older versions call things as they were called then */
	each_type(d, define_fields);
	define_older_fields(d);
	each_type(d, define_states);
	define_older_states(d);
	each_type(d, define_field_rules);
	each_process(d, define_transitions);
	each_process(d, define_clocks);
	each_process(d, define_approvals);
	each_type(d, define_schedule);
	define_relations(d);
	each_process(d, define_tasks);
	each_type(d, define_rights);
	define_older_rights(d);
	each_process(d, define_automation);
	each_type(d, define_views);
	each_type(d, define_forms);
	each_type(d, define_control);
	each_type(d, define_related);
	define_models(d);
	define_older_models(d);
	define_tables(d);
	each_process(d, check_relations_of_rules);
	each_type(d, hash_sources);
	if (d->error_count > 0)
		return;
	prove(d);
	each_type(d, define_indexes);
	rank_types(d->model);
	define_older_finish(d);
	define_check_older(d);
}

static struct error *parse(struct define *d, const struct definition_source *sources, size_t count, struct model **ret_model)
{
	struct arena *arena = arena_new(MODEL_BYTES);
	struct model *model = arena_new_struct(arena, struct model);

	d->arena = model->arena = arena;
	d->model = model;
	table_init(&model->type_names, arena);
	take_files(d, sources, count);
	read_all(d);
	if (d->errors != NULL) {
		arena_free(arena);
		return d->errors;
	}
	*ret_model = model;
	return NULL;
}

struct error *model_parse(struct arena *error_arena, const struct definition_source *sources, size_t count,
			  struct model **ret_model)
{
	return model_parse_versions(error_arena, sources, count, NULL, 0, ret_model);
}

struct error *model_parse_versions(struct arena *error_arena, const struct definition_source *sources, size_t count,
				   const struct older_definition *older, size_t older_count, struct model **ret_model)
{
	struct define d = { .error_arena = error_arena, .older_sources = older, .older_source_count = older_count };

	return parse(&d, sources, count, ret_model);
}

struct error *model_parse_stored(struct arena *error_arena, const struct definition_source *sources, size_t count,
				 const struct older_definition *older, size_t older_count, struct model **ret_model)
{
	struct define d = { .error_arena = error_arena, .older_sources = older, .older_source_count = older_count, .stored = true };

	return parse(&d, sources, count, ret_model);
}

void model_free(struct model *model)
{
	if (model != NULL)
		arena_free(model->arena);
}

void model_embedded_sources(struct arena *arena, struct definition_source **ret_sources, size_t *ret_count)
{
	struct definition_source *sources;
	size_t count = 0;

	for (const struct embedded_file *file = embedded_practices; file->path != NULL; file++)
		count++;
	sources = arena_new_array(arena, struct definition_source, count);
	count = 0;
	for (const struct embedded_file *file = embedded_practices; file->path != NULL; file++)
		if (!is_story(text_from(file->path)))
			sources[count++] =
			    (struct definition_source){ text_from(file->path), embedded_text(file) };
	*ret_sources = sources;
	*ret_count = count;
}
