/* Living a story: what its people do goes through the same doors as what real people do, at the story's own time. */
#include "cli/story_private.h"

#include "base/limits.h"
#include "store/blob.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- the world ---- */

moment story_now(void *world)
{
	return ((struct story_world *)world)->now;
}

void story_problem(struct story_world *world, struct place place, const char *format, ...)
{
	char message[1000];
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(message, sizeof message, format, arguments);
	va_end(arguments);
	struct error *error = error_new(world->arena, ERROR_CONFLICT, "%s", message);
	world->problems = error_append(world->problems, error_place(error, place));
}

const struct story_name *story_find_name(const struct story_world *world, text name)
{
	for (size_t i = world->name_count; i > 0; i--)
		if (text_equal(world->names[i - 1].name, name))
			return &world->names[i - 1];
	return NULL;
}

text story_number(const struct story_world *world, text name)
{
	const struct story_name *found = story_find_name(world, name);
	return found == NULL ? story_task_number(world, name) : found->number;
}

static void add_name(struct story_world *world, text name, const struct type *type, text number)
{
	arena_make_room(world->arena, world->names, world->name_count, world->name_capacity);
	world->names[world->name_count++] = (struct story_name){ name, type, text_copy(world->arena, number) };
}

static struct story_person *find_person(struct story_world *world, text login)
{
	for (size_t i = 0; i < world->person_count; i++)
		if (text_equal(world->people[i].login, login))
			return &world->people[i];
	return NULL;
}

static struct error *become(struct story_world *world, struct work *work, text login)
{
	work->actor = access_system();
	if (!text_is_set(login))
		return NULL;
	struct story_person *person = find_person(world, login);
	if (person == NULL)
		return error_new(work->arena, ERROR_NOT_FOUND, "nobody is named '%.*s'", TEXT_ARG(login));
	work->origin = ORIGIN_WEB;
	return access_actor(work, person->id, &work->actor);
}

struct error *story_reader(struct story_world *world, text login, struct arena *arena, struct work *ret_work)
{
	*ret_work = world->reader;
	ret_work->arena = arena;
	ret_work->now = world->now;
	ret_work->cache = record_cache_new(arena, &world->program->generation);
	return become(world, ret_work, login);
}

/* ---- what is given to the engine ---- */

/* Names of the story become numbers where a field links to a record that has one; the system, which is nowhere, lives in the story's zone. */
static struct value *with_numbers(struct story_world *world, struct arena *arena, const struct type *type, const struct value *input, bool system)
{
	moment at;

	if (input == NULL || input->kind != VALUE_MAP)
		return NULL;
	struct value *copy = value_copy(arena, input);
	for (size_t i = 0; i < copy->map.count; i++) {
		const struct field *field = type_field(type, copy->map.entries[i].key);
		struct value *value = copy->map.entries[i].value;
		if (system && field != NULL && field->kind == KIND_MOMENT && value->kind == VALUE_TEXT &&
		    moment_parse(value->text, world->story->zone, &at))
			value->text = moment_format(arena, at);
		if (field == NULL || (field->kind != KIND_LINK && field->kind != KIND_LINKS && field->kind != KIND_RECORD))
			continue;
		if (value->kind == VALUE_TEXT)
			value->text = story_number(world, value->text);
		for (size_t j = 0; value->kind == VALUE_LIST && j < value->list.count; j++)
			if (value->list.items[j]->kind == VALUE_TEXT)
				value->list.items[j]->text = story_number(world, value->list.items[j]->text);
	}
	return copy;
}

/* A record that is known by a name says it itself: its key, and its title when that is not said. */
static void name_itself(struct arena *arena, const struct type *type, struct value *input, text name, const struct story *story)
{
	if (text_is_set(type->number_prefix))
		return;
	const struct field *key = &type->fields[type->key_field], *title = &type->fields[type->title_field];
	if (value_get(input, key->name) == NULL)
		value_set_text(arena, input, key->name, name);
	if (value_get(input, title->name) == NULL) {
		char *words = arena_copy(arena, name.data, name.length);
		if (name.length > 0 && words[0] >= 'a' && words[0] <= 'z')
			words[0] = (char)(words[0] - 'a' + 'A');
		value_set_text(arena, input, title->name, (text){ words, name.length });
	}
	const struct field *zone = type_field(type, T("zone"));
	if (zone != NULL && zone->kind == KIND_ZONE && value_get(input, zone->name) == NULL)
		value_set_text(arena, input, zone->name, zone_name(story->zone));
}

/* ---- one step on the lane ---- */

struct doing {
	struct story_world *world;
	const struct story_step *step;
	struct value *input;
	struct attachment file;
	text number;            /* of the record; set by CREATES */
};

static struct error *find_link(struct work *work, struct record *record, text relation, text other_number, int64_t *ret_id)
{
	struct record_link *links;
	size_t count;
	TRY(engine_links(work, record, &links, &count));
	for (size_t i = 0; i < count; i++) {
		struct record_name name;
		TRY(model_name(work, links[i].type, links[i].other_id, &name));
		if (text_equal(links[i].relation->name, relation) && text_equal(name.number, other_number)) {
			*ret_id = links[i].id;
			return NULL;
		}
	}
	return error_new(work->arena, ERROR_NOT_FOUND, "they are not linked so");
}

static struct error *do_links(struct work *work, struct doing *doing)
{
	const struct story_step *step = doing->step;
	for (size_t i = 0; i < step->value->map.count; i++) {
		const struct value_entry *entry = &step->value->map.entries[i];
		text other = entry->value->kind == VALUE_TEXT ? story_number(doing->world, entry->value->text) : T("");
		int64_t id = 0;
		if (step->verb == STORY_LINKS) {
			TRY(engine_link(work, step->type, doing->number, entry->key, other, &id));
			continue;
		}
		struct record *record;
		TRY(access_load(work, step->type, doing->number, &record));
		TRY(find_link(work, record, entry->key, other, &id));
		TRY(engine_unlink(work, step->type, doing->number, id));
	}
	return NULL;
}

static struct error *do_watch(struct work *work, struct doing *doing)
{
	const struct value *value = doing->step->value;
	int64_t user_id = 0;
	if (value->kind == VALUE_TEXT) {
		struct story_person *person = find_person(doing->world, value->text);
		if (person == NULL)
			return error_new(work->arena, ERROR_INVALID, "nobody is named '%.*s'", TEXT_ARG(value->text));
		user_id = person->id;
	}
	return engine_watch(work, doing->step->type, doing->number, user_id, doing->step->verb == STORY_WATCHES);
}

static struct error *do_create(struct work *work, struct doing *doing)
{
	struct record *record = NULL;
	TRY(engine_create(work, doing->step->type, doing->input, &record));
	doing->number = text_copy(doing->world->arena, record_number(record));
	return NULL;
}

static struct error *change_story(struct work *work, void *data)
{
	struct doing *doing = data;
	const struct story_step *step = doing->step;
	const struct type *type = step->type;
	text said = step->value != NULL && step->value->kind == VALUE_TEXT ? step->value->text : T("");
	struct record *record;
	int64_t id;
	TRY(become(doing->world, work, step->who));
	switch (step->verb) {
	case STORY_CREATES:
	case STORY_ORDERS:
		return do_create(work, doing);
	case STORY_TAKES:
		return engine_transition(work, type, doing->number, step->transition, step->version, doing->input, &record);
	case STORY_UPDATES:
		return engine_update(work, type, doing->number, step->version, doing->input, &record);
	case STORY_COMMENTS:
		return engine_comment(work, type, doing->number, said, VISIBLE_PUBLIC, &record, &id);
	case STORY_NOTES:
		return engine_comment(work, type, doing->number, said, VISIBLE_INTERNAL, &record, &id);
	case STORY_LINKS:
	case STORY_UNLINKS:
		return do_links(work, doing);
	case STORY_WATCHES:
	case STORY_UNWATCHES:
		return do_watch(work, doing);
	case STORY_CLEARS:
		return story_clear(doing->world, work, step, doing->number);
	case STORY_ATTACHES:
		return engine_attach(work, type, doing->number, &doing->file, &id);
	case STORY_APPROVES:
	case STORY_REJECTS:
	case STORY_ABSTAINS:
		return story_vote(doing->world, work, step, doing->number);
	case STORY_ASKED:
	case STORY_SEES:
	case STORY_MISSES:
	case STORY_LISTS:
	case STORY_FINDS:
	case STORY_PASSES:
	case STORY_IS:
		break;
	}
	return error_new(work->arena, ERROR_INTERNAL, "this step changes nothing");
}

/* The bytes are stored before the change, as an upload does. */
static struct error *store_file(struct story_world *world, struct arena *arena, const struct story_step *step, struct attachment *ret_file)
{
	struct blob_writer *writer;
	struct work work;
	text content = value_get_text(step->value, T("text"));
	TRY(story_reader(world, TEXT_UNSET, arena, &work));
	TRY(blob_begin(work.store, arena, &writer));
	TRY(blob_write(writer, text_is_set(content) ? content.data : "", content.length));
	*ret_file = (struct attachment){ .name = value_get_text(step->value, T("name")), .media_type = T("text/plain") };
	ret_file->visibility = text_equal(value_get_text(step->value, T("visibility")), T("internal")) ? VISIBLE_INTERNAL : VISIBLE_PUBLIC;
	return blob_finish(writer, &ret_file->hash, &ret_file->size);
}

static struct error *change(struct story_world *world, struct arena *arena, const struct story_step *step, text *ret_number)
{
	struct doing doing = { .world = world, .step = step, .number = story_number(world, step->name) };
	doing.input = step->verb == STORY_ORDERS ? story_order_input(world, arena, step) : with_numbers(world, arena, step->type, step->value,
	                                                                                                 !text_is_set(step->who));
	if (step->verb == STORY_CREATES) {
		if (doing.input == NULL)
			doing.input = value_map(arena);
		if (text_is_set(step->name))
			name_itself(arena, step->type, doing.input, step->name, world->story);
	}
	if (step->verb == STORY_ATTACHES)
		TRY(store_file(world, arena, step, &doing.file));
	struct error *error = program_write_as(world->program, arena, ORIGIN_CLI, world->now, access_system(), change_story, &doing);
	*ret_number = doing.number;
	return error;
}

/* ---- people and what they were told ---- */

static struct error *meet(struct story_world *world, struct arena *arena, text login)
{
	struct work work;
	struct record *user;
	TRY(story_reader(world, TEXT_UNSET, arena, &work));
	TRY(access_load(&work, work.model->user, login, &user));
	arena_make_room(world->arena, world->people, world->person_count, world->person_capacity);
	world->people[world->person_count++] = (struct story_person){ .login = login, .id = user->id };
	return NULL;
}

static struct error *hear(struct story_world *world, struct arena *arena, struct story_person *person)
{
	struct notification *list;
	struct work work;
	size_t count;
	struct error *error = story_reader(world, person->login, arena, &work);
	if (error != NULL)
		return error->code == ERROR_FORBIDDEN ? NULL : error; /* no longer active */
	TRY(engine_notifications(&work, false, 0, 200, &list, &count));
	struct value *words = value_list(world->arena);
	for (size_t i = 0; i < count && list[i].id > person->last_told; i++)
		value_append(world->arena, words, value_text(world->arena, text_copy(world->arena, list[i].words)));
	if (count > 0)
		person->last_told = list[0].id;
	if (words->list.count > 0)
		value_set(world->arena, world->told, person->login, words);
	return NULL;
}

/* Who was told what since the last step. */
static struct error *hear_all(struct story_world *world, struct arena *arena)
{
	world->told = value_map(world->arena);
	for (size_t i = 0; i < world->person_count; i++)
		TRY(hear(world, arena, &world->people[i]));
	return NULL;
}

/* ---- steps ---- */

static struct error *expect_after(struct story_world *world, struct arena *arena, const struct story_step *step,
                                  const struct value *expected, text who)
{
	struct record *record;
	struct work work;
	TRY(story_reader(world, who, arena, &work));
	TRY(access_load(&work, step->type, story_number(world, step->name), &record));
	return value_is_null(expected) ? NULL : story_expect(world, &work, record, expected);
}

static struct error *look(struct story_world *world, struct arena *arena, const struct story_step *step)
{
	struct record *record;
	struct work work;
	text number;
	if (step->verb == STORY_SEES || step->verb == STORY_IS)
		return expect_after(world, arena, step, step->value, step->verb == STORY_IS ? TEXT_UNSET : step->who);
	TRY(story_reader(world, step->who, arena, &work));
	if (step->verb == STORY_ASKED)
		return story_expect_asked(world, &work, step);
	if (step->verb == STORY_LISTS)
		return story_expect_list(world, &work, step);
	if (step->verb == STORY_FINDS) {
		TRY(story_expect_one(world, &work, step, &number));
		add_name(world, step->name, step->type, number);
		return NULL;
	}
	struct error *error = access_load(&work, step->type, story_number(world, step->name), &record);
	if (error == NULL)
		story_problem(world, step->place, "%.*s sees %.*s, and should not", TEXT_ARG(step->who), TEXT_ARG(step->name));
	return error == NULL || error->code == ERROR_NOT_FOUND ? NULL : error;
}

static struct error *act(struct story_world *world, struct arena *arena, const struct story_step *step)
{
	text number;
	struct error *error = change(world, arena, step, &number);
	if (error != NULL || (step->verb != STORY_CREATES && step->verb != STORY_ORDERS))
		return error;
	if (text_is_set(step->name))
		add_name(world, step->name, step->type, number);
	if (step->type == world->program->model->user)
		TRY(meet(world, arena, text_copy(world->arena, number)));
	return NULL;
}

static bool changes_something(enum story_verb verb)
{
	return verb < STORY_SEES;
}

static struct error *live_step(struct story_world *world, struct arena *arena, const struct story_step *step)
{
	struct error *error = NULL;
	if (step->verb == STORY_PASSES)
		error = story_pass(world, step);
	else if (changes_something(step->verb))
		error = act(world, arena, step);
	else
		error = look(world, arena, step);
	if (step->refused != NULL) {
		story_expect_refused(world, step, error);
		error = NULL;
	}
	TRY(error);
	TRY(story_run_due(world));
	TRY(hear_all(world, arena));
	if (step->told != NULL)
		story_expect_told(world, step);
	return step->expect == NULL ? NULL : expect_after(world, arena, step, step->expect, TEXT_UNSET);
}

/* An error of a step that was not expected, told at its place. */
static void tell_failure(struct story_world *world, struct place place, const struct error *error)
{
	for (; error != NULL; error = error->next) {
		struct error *problem = error_new(world->arena, error->code, "not expected: %.*s%s%.*s%s", TEXT_ARG(error->message),
		                                  text_is_set(error->field) ? " (" : "", TEXT_ARG(error->field),
		                                  text_is_set(error->field) ? ")" : "");
		if (text_is_set(error->hint))
			(void)error_hint(world->arena, problem, "%.*s", TEXT_ARG(error->hint));
		world->problems = error_append(world->problems, error_place(problem, place));
	}
}

static bool run_step(struct story_world *world, const struct story_step *step)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct error *error = live_step(world, arena, step);
	if (error != NULL)
		tell_failure(world, step->place, error);
	arena_free(arena);
	return error == NULL;
}

static bool make_given(struct story_world *world, const struct value *given)
{
	for (size_t i = 0; given != NULL && given->kind == VALUE_MAP && i < given->map.count; i++) {
		const struct value_entry *kind = &given->map.entries[i];
		const struct type *type = NULL;
		for (size_t t = 0; t < world->program->model->type_count && type == NULL; t++) {
			const struct type *each = &world->program->model->types[t];
			if (text_equal(each->name, kind->key) || text_equal_ignoring_case(label_in(&each->plural, T("en")), kind->key))
				type = each;
		}
		for (size_t j = 0; j < kind->value->map.count; j++) {
			const struct value_entry *entry = &kind->value->map.entries[j];
			const struct story_step step = { .verb = STORY_CREATES, .type = type, .name = entry->key, .value = entry->value,
				                         .place = story_place(world->story, entry->line, entry->column) };
			if (!run_step(world, &step))
				return false;
		}
	}
	return true;
}

/* The steps were read against the definitions as they are written; the store has them with their versions. */
static void adopt(struct story_world *world, struct story *story)
{
	for (size_t i = 0; i < story->step_count; i++)
		if (story->steps[i].type != NULL)
			story->steps[i].type = model_type(world->program->model, story->steps[i].type->name);
}

static void live_all(struct story_world *world, struct story *story)
{
	const struct value *parts[2] = { story->background, story->given };
	for (size_t i = 0; i < array_length(parts); i++)
		if (!make_given(world, parts[i]))
			return;
	for (size_t i = 0; i < story->step_count; i++)
		if (!run_step(world, &story->steps[i]))
			return; /* what comes after stands on this step */
}

static struct error *change_daily(struct work *work, void *data unused)
{
	return engine_plan_daily(work);
}

struct error *story_live(struct story_world *world, struct story *story)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct error *error = program_reader(world->program, arena, ORIGIN_CLI, &world->reader);
	adopt(world, story);
	if (error == NULL)
		error = program_write_as(world->program, arena, ORIGIN_TIMER, world->now, access_system(), change_daily, NULL);
	if (error == NULL)
		live_all(world, story);
	else
		tell_failure(world, story->place, error);
	arena_free(arena);
	return world->problems;
}
