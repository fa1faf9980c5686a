/* What a publication would do to definitions and records, for people and for programs. */
#include "cli/publication_private.h"

/* ---- what would become incomplete ---- */

static void note(struct arena *arena, struct publication *publication, text words)
{
	arena_make_room(arena, publication->notes, publication->note_count, publication->note_capacity);
	publication->notes[publication->note_count++].words = words;
}

/* A field that is required from now on: records without it are asked for it when they are saved. */
static struct error *note_required(struct arena *arena, struct store *store, struct publication *publication, const struct type *before,
                                   const struct type *type)
{
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct field *field = &type->fields[i], *old = type_field(before, field->name);
		int64_t count;
		if (!field->required || field->kind == KIND_LINKS || (old != NULL && old->required))
			continue;
		TRY(schema_count_unset(arena, store, before, field, &count));
		if (count > 0)
			note(arena, publication, text_format(arena, "%lld records of %.*s have no %.*s, which is required: their next change asks for it",
			                                     (long long)count, TEXT_ARG(type->name), TEXT_ARG(field->name)));
	}
	return NULL;
}

/* Views and rights follow the newest: a state that it does not have is seen by its group only. */
static void note_states(struct arena *arena, struct publication *publication)
{
	for (size_t i = 0; i < publication->running_count; i++) {
		const struct schema_running *one = &publication->running[i];
		const struct lifecycle *lifecycle = one->type->lifecycle;
		int state = lifecycle == NULL || !text_is_set(one->state) ? -1 : lifecycle_state(lifecycle, one->state);
		if (state >= 0 && lifecycle->states[state].retired && one->move == NULL)
			note(arena, publication,
			     text_format(arena, "%lld %.*s are in '%.*s', which the newest version does not have: views and rights see them "
			                 "by state.group only", (long long)one->records, TEXT_ARG(one->type->name), TEXT_ARG(one->state)));
	}
}

/* What a migration drops is kept while records need it; it goes without another word when the last of them is moved. */
static void note_drops(struct arena *arena, struct publication *publication)
{
	const struct model *model = publication->model;
	for (size_t i = 0; i < model->migration_count; i++) {
		const struct migration_step *step = &model->migrations[i];
		const struct type *type = step->kind == MIGRATION_DROP && !text_is_set(step->choice) ? model_type(model, step->type) : NULL;
		const struct field *field = type == NULL || !text_is_set(step->field) ? NULL : type_field(type, step->field);
		if (field != NULL && field->retired)
			note(arena, publication, text_format(arena, "%.*s.%.*s goes with all its values as soon as no record runs on a version that has it (%.*s)",
			                                     TEXT_ARG(type->name), TEXT_ARG(field->name), TEXT_ARG(step->place.file)));
	}
}

/* Rights follow the newest: what an older version asks for, somebody must be able to give. */
static void note_narrowed(struct arena *arena, struct publication *publication)
{
	for (const struct error *one = publication->model->narrowed; one != NULL; one = one->next)
		note(arena, publication, text_format(arena, "%.*s:%u: %.*s: its records cannot go on, unless they are moved", TEXT_ARG(one->place.file),
		                                     (unsigned)one->place.line, TEXT_ARG(one->message)));
}

/* Nobody is offered a model that went, but what was made from it goes on. */
static struct error *note_models(struct arena *arena, struct store *store, struct publication *publication)
{
	struct schema_gone *gone;
	size_t count;
	TRY(schema_gone_models(arena, store, publication->before, publication->model, publication->running, publication->running_count, &gone, &count));
	for (size_t i = 0; i < count; i++) {
		text what = text_format(arena, "%lld open %.*s of version %lld were made from '%.*s', which the newest version does not have",
		                        (long long)gone[i].records, TEXT_ARG(gone[i].type->name), (long long)gone[i].version, TEXT_ARG(gone[i].model));
		if (gone[i].move == NULL)
			note(arena, publication, text_format(arena, "%.*s: they go on with it", TEXT_ARG(what)));
		else if (text_is_set(gone[i].to))
			note(arena, publication, text_format(arena, "%.*s: they follow %.*s", TEXT_ARG(what), TEXT_ARG(gone[i].to)));
	}
	publication->refused = error_append(publication->refused, schema_check_gone(arena, gone, count));
	TRY(schema_gone_offerings(arena, store, publication->before, publication->model, &gone, &count));
	for (size_t i = 0; i < count; i++)
		note(arena, publication, text_format(arena, "%lld %.*s with the model '%.*s', which goes: offered to nobody then",
		                                     (long long)gone[i].records, TEXT_ARG(gone[i].type->name), TEXT_ARG(gone[i].model)));
	return NULL;
}

static struct error *find_notes(struct arena *arena, struct store *store, struct publication *publication)
{
	const struct model *model = publication->model;
	note_states(arena, publication);
	note_narrowed(arena, publication);
	note_drops(arena, publication);
	TRY(note_models(arena, store, publication));
	for (size_t i = 0; publication->before != NULL && i < model->type_count; i++) {
		const struct type *before = model_type(publication->before, model->types[i].name);
		if (before != NULL && !before->abstract && !model->types[i].abstract)
			TRY(note_required(arena, store, publication, before, &model->types[i]));
	}
	return NULL;
}

/* ---- making ---- */

struct error *publication_make(struct arena *arena, struct store *store, const struct model *before,
                               const struct definition_source *sources, size_t count, bool back, struct publication *ret_publication)
{
	struct publication publication = { .before = before };
	TRY(schema_propose(arena, store, sources, count, &publication.model));
	struct error *error = back ? schema_plan_back(arena, store, before, publication.model, &publication.plan)
	                           : schema_plan(arena, store, before, publication.model, &publication.plan);
	if (error == NULL)
		error = schema_running_records(arena, store, before, publication.model, &publication.running, &publication.running_count);
	if (error == NULL)
		error = find_notes(arena, store, &publication);
	if (error != NULL) {
		model_free(publication.model);
		return error;
	}
	publication.refused = error_append(error_append(publication.plan.refused,
	                                                schema_check_moves(arena, publication.running, publication.running_count)),
	                                   publication.refused);
	*ret_publication = publication;
	return NULL;
}

struct error *publication_plan(struct arena *arena, struct store *store, const struct definition_source *sources, size_t count,
                               bool back, struct model **ret_before, struct publication *ret_publication)
{
	TRY(store_begin(store, arena));
	struct error *error = schema_load(arena, store, ret_before);
	if (error == NULL)
		error = publication_make(arena, store, *ret_before, sources, count, back, ret_publication);
	store_rollback(store);
	return error;
}

void publication_free(struct publication *publication)
{
	model_free(publication->model);
	publication->model = NULL;
}

bool publication_is_empty(const struct publication *publication)
{
	for (size_t i = 0; i < publication->running_count; i++)
		if (publication->running[i].move != NULL)
			return false;
	return publication->plan.count == 0;
}

/* ---- differences ---- */

static const text *paths_of(struct arena *arena, const struct publication *publication, size_t *ret_count)
{
	const struct model *sets[] = { publication->model, publication->before };
	size_t room = publication->model->source_count + (publication->before == NULL ? 0 : publication->before->source_count);
	text *paths = arena_new_array(arena, text, room + 1);
	*ret_count = 0;
	for (size_t s = 0; s < array_length(sets); s++)
		for (size_t i = 0; sets[s] != NULL && i < sets[s]->source_count; i++) {
			bool known = false;
			for (size_t j = 0; j < *ret_count && !known; j++)
				known = text_equal(paths[j], sets[s]->sources[i].path);
			if (!known)
				paths[(*ret_count)++] = sets[s]->sources[i].path;
		}
	return paths;
}

static const struct type *type_of_path(const struct publication *publication, text path)
{
	for (size_t i = 0; i < publication->model->type_count; i++)
		if (text_equal(publication->model->types[i].path, path))
			return &publication->model->types[i];
	return NULL;
}

static struct error *show_differences(struct arena *arena, struct io *io, const struct publication *publication)
{
	size_t count, lines;
	const text *paths = paths_of(arena, publication, &count);
	for (size_t i = 0; i < count; i++) {
		const struct type *type = type_of_path(publication, paths[i]);
		struct difference *differences;
		TRY(schema_difference_of_file(arena, publication->before, publication->model, paths[i], &differences, &lines));
		if (lines == 0)
			continue;
		io_format(io, arena, "%.*s%s%.*s%s\n", TEXT_ARG(paths[i]), type == NULL ? "" : " (", TEXT_ARG(type == NULL ? T("") : type->name),
		          type == NULL ? "" : ")");
		for (size_t j = 0; j < lines; j++)
			io_format(io, arena, "  %.*s\n", TEXT_ARG(difference_line(arena, &differences[j])));
	}
	return NULL;
}

/* ---- records ---- */

static text target_words(struct arena *arena, const struct schema_running *one)
{
	if (one->version == one->newest)
		return T("run on the newest");
	if (one->move == NULL)
		return text_format(arena, "stay on version %lld", (long long)one->version);
	if (one->lost)
		return T("have NO TARGET");
	if (one->to < 0)
		return text_format(arena, "move to version %lld", (long long)one->newest);
	return text_format(arena, "move to version %lld as %.*s", (long long)one->newest,
	                   TEXT_ARG(type_newest(one->type)->lifecycle->states[one->to].name));
}

static bool is_worth_saying(const struct publication *publication, const struct type *type)
{
	for (size_t i = 0; i < publication->running_count; i++)
		if (publication->running[i].type == type && publication->running[i].version != publication->running[i].newest)
			return true;
	return false;
}

static void show_records(struct arena *arena, struct io *io, const struct publication *publication)
{
	for (size_t i = 0; i < publication->running_count; i++) {
		const struct schema_running *one = &publication->running[i];
		if (!is_worth_saying(publication, one->type))
			continue;
		io_format(io, arena, "%lld %.*s of version %lld%s%.*s %.*s\n", (long long)one->records, TEXT_ARG(one->type->name),
		          (long long)one->version, text_is_set(one->state) ? " in " : "", TEXT_ARG(text_is_set(one->state) ? one->state : T("")),
		          TEXT_ARG(target_words(arena, one)));
	}
	for (size_t i = 0; i < publication->note_count; i++)
		io_format(io, arena, "%.*s\n", TEXT_ARG(publication->notes[i].words));
}

struct error *publication_show(struct arena *arena, struct io *io, const struct publication *publication, bool with_steps)
{
	if (publication->before != NULL)
		TRY(show_differences(arena, io, publication));
	show_records(arena, io, publication);
	if (publication_is_empty(publication))
		io_format(io, arena, "nothing to do: the stored definitions are the given ones\n");
	for (size_t i = 0; with_steps && i < publication->plan.count; i++) {
		const struct schema_step *step = &publication->plan.steps[i];
		io_format(io, arena, "%s%.*s\n", step->destructive ? "DESTRUCTIVE: " : "", TEXT_ARG(step->words));
		if (step->sql.length > 0)
			io_format(io, arena, "    %.*s\n", TEXT_ARG(step->sql));
	}
	return NULL;
}

/* ---- for programs ---- */

static struct value *steps_value(struct arena *arena, const struct publication *publication)
{
	struct value *steps = value_list(arena);
	for (size_t i = 0; i < publication->plan.count; i++) {
		const struct schema_step *step = &publication->plan.steps[i];
		struct value *line = value_map(arena);
		value_set_text(arena, line, T("words"), step->words);
		value_set_text(arena, line, T("sql"), step->sql);
		value_set_bool(arena, line, T("destructive"), step->destructive);
		value_append(arena, steps, line);
	}
	return steps;
}

static struct error *definitions_value(struct arena *arena, const struct publication *publication, struct value **ret_value)
{
	struct value *list = value_list(arena);
	size_t count, lines;
	const text *paths = paths_of(arena, publication, &count);
	for (size_t i = 0; publication->before != NULL && i < count; i++) {
		struct difference *differences;
		TRY(schema_difference_of_file(arena, publication->before, publication->model, paths[i], &differences, &lines));
		if (lines == 0)
			continue;
		struct value *one = value_map(arena), *said = value_list(arena);
		value_set_text(arena, one, T("path"), paths[i]);
		for (size_t j = 0; j < lines; j++)
			value_append(arena, said, value_text(arena, difference_line(arena, &differences[j])));
		value_set(arena, one, T("differences"), said);
		value_append(arena, list, one);
	}
	*ret_value = list;
	return NULL;
}

static struct value *records_value(struct arena *arena, const struct publication *publication)
{
	struct value *list = value_list(arena);
	for (size_t i = 0; i < publication->running_count; i++) {
		const struct schema_running *one = &publication->running[i];
		struct value *item = value_map(arena);
		if (one->version == one->newest)
			continue;
		value_set_text(arena, item, T("type"), one->type->name);
		value_set_integer(arena, item, T("version"), one->version);
		value_set_text(arena, item, T("state"), one->state);
		value_set_integer(arena, item, T("records"), one->records);
		value_set_text(arena, item, T("becomes"), target_words(arena, one));
		value_append(arena, list, item);
	}
	return list;
}

struct error *publication_value(struct arena *arena, const struct publication *publication, struct value **ret_value)
{
	struct value *answer = value_map(arena), *definitions, *notes = value_list(arena);
	TRY(definitions_value(arena, publication, &definitions));
	for (size_t i = 0; i < publication->note_count; i++)
		value_append(arena, notes, value_text(arena, publication->notes[i].words));
	value_set(arena, answer, T("steps"), steps_value(arena, publication));
	value_set(arena, answer, T("definitions"), definitions);
	value_set(arena, answer, T("records"), records_value(arena, publication));
	value_set(arena, answer, T("notes"), notes);
	*ret_value = answer;
	return NULL;
}
