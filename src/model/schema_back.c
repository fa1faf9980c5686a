/*
 * Going back: the sources of before, which are then published like any others. What a migration renamed in between is renamed back by a
 * file that is made here, so that values stay with what they were called.
 */
#include "model/schema_private.h"

#include "base/yaml.h"

/* Behind whatever people number. The next set that is published puts it out of use. */
#define BACK_PATH "migrations/9999-back.yaml"

/* ---- what is called otherwise since ---- */

struct renames {
	struct arena *arena;
	struct {
		text from, to; /* job.soil, or job.soil.clay; its new name */
	} *items;
	size_t count, capacity;
};

static bool has_rename(const struct renames *renames, text from, text to)
{
	for (size_t i = 0; i < renames->count; i++)
		if (text_equal(renames->items[i].from, from) && text_equal(renames->items[i].to, to))
			return true;
	return false;
}

static void add_step(struct renames *renames, text from, text to)
{
	if (has_rename(renames, from, to))
		return;
	arena_make_room(renames->arena, renames->items, renames->count, renames->capacity);
	renames->items[renames->count].from = from;
	renames->items[renames->count++].to = to;
}

static void add_renames(struct renames *renames, const struct definition_source *source)
{
	const struct value *steps;
	struct value *root = NULL;

	if (!text_starts_with(source->path, T("migrations/")) ||
	    yaml_parse(renames->arena, source->path, source->source, &root) != NULL)
		return;
	steps = value_get(root, T("steps"));
	for (size_t i = 0; i < value_count(steps); i++) {
		const struct value *step = steps->kind == VALUE_LIST ? steps->list.items[i] : steps;

		if (!text_is_set(value_get_text(step, T("rename"))) || !text_is_set(value_get_text(step, T("to"))))
			continue;
		add_step(renames, value_get_text(step, T("rename")), value_get_text(step, T("to")));
		if (steps->kind != VALUE_LIST)
			return;
	}
}

/* job.soil -> ground becomes job.ground -> soil. Of one type, or (unset) of all; the last first: what was renamed twice goes back along both. */
static void turn_round(struct renames *back, const struct renames *now, const struct renames *then, text type)
{
	for (size_t i = now->count; i-- > 0;) {
		text from = now->items[i].from, rest = from, part, name = TEXT_UNSET;

		text_cut(&rest, '.', &part);
		if (has_rename(then, from, now->items[i].to) || (text_is_set(type) && !text_equal(part, type)))
			continue;
		while (text_is_set(rest))
			text_cut(&rest, '.', &name);
		if (text_is_set(name))
			add_step(back, text_format(back->arena, "%.*s%.*s", (int)(from.length - name.length), from.data,
			                           TEXT_ARG(now->items[i].to)), name);
	}
}

/* Those of an earlier way back stay: versions of then are still read by them. */
static void add_way_back(struct arena *arena, const struct renames *now, const struct renames *then, text type,
                         struct definition_source *sources, size_t *count)
{
	struct renames back = { .arena = arena };
	struct buffer out;

	for (size_t i = 0; i < *count; i++)
		if (text_equal(sources[i].path, T(BACK_PATH))) {
			add_renames(&back, &sources[i]);
			sources[i] = sources[--*count];
			break;
		}
	turn_round(&back, now, then, type);
	if (back.count == 0)
		return;
	buffer_init(&out, arena, 1024 * 1024);
	buffer_literal(&out, "migration: Going back to what it was called before\nsteps:\n");
	for (size_t i = 0; i < back.count; i++)
		buffer_format(&out, "  - { rename: %.*s, to: %.*s }\n", TEXT_ARG(back.items[i].from), TEXT_ARG(back.items[i].to));
	sources[(*count)++] = (struct definition_source){ T(BACK_PATH), buffer_peek(&out) };
}

/* `version` NULL: the files that are active; else those that were until it ended. */
static struct error *renames_of(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                const struct schema_stored *version, struct renames *ret_renames)
{
	struct definition_source source;

	*ret_renames = (struct renames){ .arena = arena };
	for (size_t i = 0; i < count; i++) {
		if (version == NULL ? !items[i].active : items[i].publication >= version->until || items[i].until < version->until)
			continue;
		if (!text_starts_with(items[i].path, T("migrations/")))
			continue;
		TRY(schema_stored_source(arena, store, &items[i], &source));
		add_renames(ret_renames, &source);
	}
	return NULL;
}

/* ---- the sources ---- */

static struct error *take(struct arena *arena, struct store *store, struct schema_stored *stored, struct definition_source *sources,
                          size_t *count)
{
	return schema_stored_source(arena, store, stored, &sources[(*count)++]);
}

static struct error *previous_set(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                  struct definition_source *sources, size_t *ret_count)
{
	struct renames now, then = { .arena = arena };
	int64_t last = 0;

	for (size_t i = 0; i < count; i++) {
		last = maximum(last, items[i].publication);
		if (items[i].until != INT64_MAX)
			last = maximum(last, items[i].until);
	}
	/* What went before publications were numbered has no end, but is not active either. */
	for (size_t i = 0; i < count; i++)
		if (items[i].publication < last && items[i].until >= last && (items[i].active || items[i].until != INT64_MAX))
			TRY(take(arena, store, &items[i], sources, ret_count));
	if (*ret_count == 0)
		return error_new(arena, ERROR_CONFLICT, "nothing was published before what is active");
	TRY(renames_of(arena, store, items, count, NULL, &now));
	for (size_t i = 0; i < *ret_count; i++)
		add_renames(&then, &sources[i]);
	add_way_back(arena, &now, &then, TEXT_UNSET, sources, ret_count);
	return NULL;
}

/* Whatever the files are called. */
static bool same_source(const struct definition_source *a, const struct definition_source *b)
{
	return text_equal(a->source, b->source);
}

static bool same_definition(const struct older_definition *a, const struct older_definition *b)
{
	bool same = same_source(&a->own, &b->own) && a->model_count == b->model_count;

	for (size_t i = 0; same && i < a->model_count; i++) {
		bool found = false;

		for (size_t j = 0; j < b->model_count; j++)
			found = found || same_source(&a->models[i], &b->models[j]);
		same = found;
	}
	return same;
}

/* All that is active but the type and its models, and these as they were. */
static struct error *with_previous(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                   const struct schema_stored *active, const struct older_definition *then,
                                   struct definition_source *sources, size_t *ret_count)
{
	bool is;

	for (size_t i = 0; i < count; i++) {
		if (!items[i].active || &items[i] == active)
			continue;
		TRY(schema_is_model_of(arena, store, &items[i], active->type, &is));
		if (!is)
			TRY(take(arena, store, &items[i], sources, ret_count));
	}
	sources[(*ret_count)++] = then->own;
	for (size_t i = 0; i < then->model_count; i++)
		sources[(*ret_count)++] = then->models[i];
	return NULL;
}

static struct schema_stored *version_before(struct schema_stored *items, size_t count, const struct schema_stored *version)
{
	struct schema_stored *before = NULL;

	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i].type, version->type) && items[i].version < version->version &&
		    (before == NULL || items[i].version > before->version))
			before = &items[i];
	return before;
}

/* A version that says the same in everything - a store from before models belonged to versions has some - is none to go back to. */
static struct error *find_previous(struct arena *arena, struct store *store, struct schema_stored *items, size_t count,
                                   struct schema_stored *active, struct schema_stored **ret_previous, struct older_definition *ret_then)
{
	struct older_definition now;
	bool same = true;

	*ret_previous = active;
	TRY(schema_stored_older(arena, store, items, count, active, &now));
	while (same && *ret_previous != NULL) {
		*ret_previous = version_before(items, count, *ret_previous);
		if (*ret_previous == NULL)
			break;
		TRY(schema_stored_older(arena, store, items, count, *ret_previous, ret_then));
		same = same_definition(&now, ret_then);
		if (same && !same_source(&now.base, &ret_then->base))
			return error_hint(arena, error_new(arena, ERROR_CONFLICT, "version %lld of %.*s differs only in what it extends",
			                                   (long long)(*ret_previous)->version, TEXT_ARG(active->type)),
			                  "revert that type, or all");
	}
	if (*ret_previous != NULL)
		return NULL;
	return error_hint(arena, error_new(arena, ERROR_CONFLICT, "%.*s has only one version", TEXT_ARG(active->type)),
	                  "there is nothing to go back to");
}

static struct error *previous_type(struct arena *arena, struct store *store, struct schema_stored *items, size_t count, text type,
                                   struct definition_source *sources, size_t *ret_count)
{
	struct schema_stored *active = NULL, *previous;
	struct older_definition then;
	struct renames called, called_then;

	for (size_t i = 0; i < count; i++)
		if (items[i].active && text_equal(items[i].type, type))
			active = &items[i];
	if (active == NULL)
		return error_new(arena, ERROR_NOT_FOUND, "no type is named '%.*s'", TEXT_ARG(type));
	TRY(find_previous(arena, store, items, count, active, &previous, &then));
	TRY(with_previous(arena, store, items, count, active, &then, sources, ret_count));
	TRY(renames_of(arena, store, items, count, NULL, &called));
	TRY(renames_of(arena, store, items, count, previous, &called_then));
	add_way_back(arena, &called, &called_then, type, sources, ret_count);
	return NULL;
}

struct error *schema_previous_sources(struct arena *arena, struct store *store, text type, struct definition_source **ret_sources,
                                      size_t *ret_count)
{
	struct schema_stored *items;
	size_t count;

	TRY(schema_stored(arena, store, &items, &count));
	*ret_count = 0;
	*ret_sources = arena_new_array(arena, struct definition_source, count + 2);
	if (text_equal(type, T("all")))
		return previous_set(arena, store, items, count, *ret_sources, ret_count);
	return previous_type(arena, store, items, count, type, *ret_sources, ret_count);
}
