/*
 * A story file as steps. The grammar is that of short English sentences, so that a story can be read by somebody who has never
 * seen one; therefore every word that is not understood is an error with its place and the nearest one that would have been.
 */
#include "cli/story_read_private.h"

#include "base/yaml.h"

#define WORDS_MAX 6

/* ---- names ---- */

static void learn(struct story_reader *reader, text name, const struct type *type)
{
	arena_make_room(reader->arena, reader->known, reader->known_count, reader->known_capacity);
	reader->known[reader->known_count++] = (struct story_known){ name, type };
}

static const struct story_known *find_known(const struct story_reader *reader, text name)
{
	for (size_t i = reader->known_count; i > 0; i--)
		if (text_equal(reader->known[i - 1].name, name))
			return &reader->known[i - 1];
	return NULL;
}

/* The record with that name; a mistake when there is none (people: only users count). */
static const struct type *need_known(struct story_reader *reader, const struct value_entry *at, text name, bool person)
{
	const struct story_known *known = find_known(reader, name);
	text record, step;
	if (known == NULL && !person && story_split_task(name, &record, &step) && (known = find_known(reader, record)) != NULL) {
		if (story_is_step(reader->model, known->type, step))
			return model_type(reader->model, T("work_task"));
		known = NULL;
	}
	if (known != NULL && (!person || known->type == reader->model->user))
		return known->type;
	text *names = arena_new_array(reader->arena, text, reader->known_count + 1);
	size_t count = 0;
	for (size_t i = 0; i < reader->known_count; i++)
		if (!person || reader->known[i].type == reader->model->user)
			names[count++] = reader->known[i].name;
	story_unknown(reader, at->line, at->column, person ? "the person" : "the record", name, names, count);
	return NULL;
}

/* By its name or, in `given`, by its plural: "team", "teams", "people". */
static const struct type *find_type(struct story_reader *reader, text name)
{
	for (size_t i = 0; i < reader->model->type_count; i++) {
		const struct type *type = &reader->model->types[i];
		if (!type->abstract && (text_equal(type->name, name) ||
		                        text_equal_ignoring_case(label_in(&type->plural, T("en")), name)))
			return type;
	}
	return NULL;
}

static const struct type *need_type(struct story_reader *reader, const struct value_entry *at, text name)
{
	const struct type *type = find_type(reader, name);
	if (type != NULL)
		return type;
	text *names = arena_new_array(reader->arena, text, reader->model->type_count + 1);
	for (size_t i = 0; i < reader->model->type_count; i++)
		names[i] = reader->model->types[i].name;
	story_unknown(reader, at->line, at->column, "the type", name, names, reader->model->type_count);
	return NULL;
}

static void check_fields(struct story_reader *reader, const struct type *type, const struct value *map, const text *others, size_t other_count)
{
	text *names = arena_new_array(reader->arena, text, type->field_count + other_count);
	for (size_t i = 0; i < type->field_count; i++)
		names[i] = type->fields[i].name;
	for (size_t i = 0; i < other_count; i++)
		names[type->field_count + i] = others[i];
	story_check_keys(reader, map, 0, names, type->field_count + other_count);
}

/* ---- what is expected ---- */

static void check_expectations(struct story_reader *reader, const struct type *type, const struct value *expected)
{
	static const text others[] = { { "clocks", 6 }, { "transitions", 11 }, { "can", 3 }, { "cannot", 6 }, { "history", 7 },
		                       { "events", 6 }, { "hides", 5 }, { "links", 5 }, { "attachments", 11 }, { "as of", 5 },
		                       { "writes", 6 }, { "not in history", 14 }, { "answers", 7 }, { "tasks", 5 },
		                       { "children", 8 }, { "approvals", 9 },
		                       { "affects", 7 }, { "rests on", 8 }, { "collisions", 10 } };
	if (value_is_null(expected))
		return;
	if (expected->kind != VALUE_MAP) {
		(void)story_mistake(reader, expected->line, expected->column, T("expectations are a map: { state: new, priority: 1 }"));
		return;
	}
	check_fields(reader, type, expected, others, array_length(others));
	size_t count = type->lifecycle == NULL ? 0 : type->lifecycle->transition_count;
	text *names = arena_new_array(reader->arena, text, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = type->lifecycle->transitions[i].name;
	static const text lists[] = { { "transitions", 11 }, { "can", 3 }, { "cannot", 6 } };
	for (size_t i = 0; i < array_length(lists); i++)
		if (value_get(expected, lists[i]) != NULL)
			story_check_choices(reader, value_get(expected, lists[i]), "the transition", names, count);
	if (value_get(expected, T("tasks")) != NULL)
		story_check_tasks(reader, type, value_get(expected, T("tasks")));
	if (value_get(expected, T("approvals")) != NULL)
		story_check_approvals(reader, type, value_get(expected, T("approvals")));
	if (value_get(expected, T("clocks")) != NULL)
		story_check_clocks(reader, type, value_get(expected, T("clocks")));
}

static void check_refused(struct story_reader *reader, const struct value *refused)
{
	static const text keys[] = { { "code", 4 }, { "message", 7 }, { "field", 5 }, { "hint", 4 } };
	text codes[ERROR_CODE_COUNT];
	for (size_t i = 0; i < ERROR_CODE_COUNT; i++)
		codes[i] = error_slug((enum error_code)i);
	const struct value *code = refused;
	if (refused->kind == VALUE_MAP) {
		story_check_keys(reader, refused, 0, keys, array_length(keys));
		code = value_get(refused, T("code"));
	}
	if (code == NULL || code->kind != VALUE_TEXT)
		(void)story_mistake(reader, refused->line, refused->column, T("say how it is refused: a code such as forbidden, or { code, message }"));
	else if (!story_one_of(code->text, codes, ERROR_CODE_COUNT))
		story_unknown(reader, code->line, code->column, "the code", code->text, codes, ERROR_CODE_COUNT);
}

static void check_told(struct story_reader *reader, const struct value_entry *entry)
{
	const struct value *told = entry->value;
	if (told->kind == VALUE_TEXT && text_equal(told->text, T("nobody")))
		return;
	if (told->kind != VALUE_LIST && told->kind != VALUE_MAP) {
		(void)story_mistake(reader, told->line, told->column, T("told is nobody, [rosa, finn], or { rosa: words }"));
		return;
	}
	for (size_t i = 0; told->kind == VALUE_MAP && i < told->map.count; i++)
		(void)need_known(reader, &told->map.entries[i], told->map.entries[i].key, true);
	for (size_t i = 0; told->kind == VALUE_LIST && i < told->list.count; i++) {
		const struct value *item = told->list.items[i];
		struct value_entry at = { .line = item->line, .column = item->column };
		(void)need_known(reader, &at, item->kind == VALUE_TEXT ? item->text : T("?"), true);
	}
}

/* ---- sentences ---- */

struct sentence {
	const char *words;  /* TYPE, NAME, TRANSITION stand for one word each; NAME? may be missing */
	enum story_verb verb;
};
static const struct sentence sentences[] = {
	{ "creates TYPE NAME", STORY_CREATES }, { "creates TYPE", STORY_CREATES }, { "takes TRANSITION on NAME", STORY_TAKES },
	{ "orders OFFERING NAME", STORY_ORDERS }, { "orders OFFERING NAME for PERSON", STORY_ORDERS },
	{ "comments on NAME", STORY_COMMENTS }, { "notes on NAME", STORY_NOTES }, { "updates NAME", STORY_UPDATES },
	{ "links NAME", STORY_LINKS }, { "unlinks NAME", STORY_UNLINKS }, { "watches NAME", STORY_WATCHES },
	{ "approves NAME", STORY_APPROVES }, { "approves NAME APPROVAL", STORY_APPROVES }, { "rejects NAME", STORY_REJECTS },
	{ "rejects NAME APPROVAL", STORY_REJECTS }, { "abstains on NAME", STORY_ABSTAINS }, { "abstains on NAME APPROVAL", STORY_ABSTAINS },
	{ "has approvals", STORY_ASKED }, { "unwatches NAME", STORY_UNWATCHES }, { "attaches to NAME", STORY_ATTACHES }, { "clears NAME", STORY_CLEARS }, { "sees NAME", STORY_SEES },
	{ "cannot see NAME", STORY_MISSES }, { "lists TYPE", STORY_LISTS }, { "finds TYPE NAME", STORY_FINDS },
};

static size_t split_words(text source, text *words, size_t max)
{
	size_t count = 0;
	text part;
	while (count < max && text_cut(&source, ' ', &part))
		if (!text_is_empty(part))
			words[count++] = text_ends_with(part, T(",")) ? text_slice(part, 0, part.length - 1) : part;
	return count;
}

static bool is_place(text word)
{
	return text_equal(word, T("TYPE")) || text_equal(word, T("NAME")) || text_equal(word, T("TRANSITION")) ||
	       text_equal(word, T("OFFERING")) || text_equal(word, T("PERSON")) || text_equal(word, T("APPROVAL"));
}

static bool fits(const struct sentence *sentence, const text *words, size_t count)
{
	text pattern[WORDS_MAX];
	if (split_words(text_from(sentence->words), pattern, WORDS_MAX) != count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (!is_place(pattern[i]) && !text_equal(pattern[i], words[i]))
			return false;
	return true;
}

static void wrong_sentence(struct story_reader *reader, const struct value_entry *at, const text *words, size_t count)
{
	text verbs[array_length(sentences)];
	for (size_t i = 0; i < array_length(sentences); i++) {
		text rest = text_from(sentences[i].words);
		(void)text_cut(&rest, ' ', &verbs[i]);
		if (count > 0 && text_equal(verbs[i], words[0])) {
			struct error *error = story_mistake(reader, at->line, at->column,
			                              text_format(reader->arena, "this is no sentence: '%.*s'", TEXT_ARG(at->key)));
			(void)error_hint(reader->arena, error, "it reads: WHO %s", sentences[i].words);
			return;
		}
	}
	story_unknown(reader, at->line, at->column, "the verb", count == 0 ? at->key : words[0], verbs, array_length(verbs));
}

static void need_approval(struct story_reader *reader, const struct value_entry *at, const struct type *type, text name)
{
	if (type != NULL && !story_one_of(name, story_approval_names(reader, type), type->approval_count))
		story_unknown(reader, at->line, at->column, "the approval", name, story_approval_names(reader, type), type->approval_count);
}

static void need_transition(struct story_reader *reader, const struct value_entry *at, struct story_step *step)
{
	const struct lifecycle *lifecycle = step->type == NULL ? NULL : step->type->lifecycle;
	if (step->type == NULL || (lifecycle != NULL && lifecycle_transition(lifecycle, step->transition) >= 0))
		return;
	size_t count = lifecycle == NULL ? 0 : lifecycle->transition_count;
	text *names = arena_new_array(reader->arena, text, count + 1);
	for (size_t i = 0; i < count; i++)
		names[i] = lifecycle->transitions[i].name;
	story_unknown(reader, at->line, at->column, "the transition", step->transition, names, count);
}

/* The places of the pattern, filled from the words. */
static void fill_step(struct story_reader *reader, const struct value_entry *at, const struct sentence *sentence, const text *words,
                      struct story_step *step)
{
	text pattern[WORDS_MAX];
	size_t count = split_words(text_from(sentence->words), pattern, WORDS_MAX);
	step->verb = sentence->verb;
	for (size_t i = 0; i < count; i++) {
		if (text_equal(pattern[i], T("TYPE")))
			step->type = need_type(reader, at, words[i]);
		else if (text_equal(pattern[i], T("TRANSITION")))
			step->transition = words[i];
		else if (text_equal(pattern[i], T("APPROVAL")))
			step->approval = words[i];
		else if (text_equal(pattern[i], T("NAME")))
			step->name = words[i];
		else if (text_equal(pattern[i], T("OFFERING")))
			step->offering = words[i];
		else if (text_equal(pattern[i], T("PERSON")))
			step->person = words[i];
	}
	if (text_is_set(step->person))
		(void)need_known(reader, at, step->person, true);
	if (step->verb == STORY_ORDERS) {
		const struct type *offering = need_known(reader, at, step->offering, false);
		step->type = story_ordered_type(reader->model, offering);
		if (step->type == NULL && offering != NULL)
			(void)story_mistake(reader, at->line, at->column, text_format(reader->arena, "'%.*s' cannot be ordered", TEXT_ARG(step->offering)));
		if (step->type != NULL)
			learn(reader, step->name, step->type);
	} else if (step->verb == STORY_CREATES || step->verb == STORY_FINDS) {
		if (step->type != NULL && text_is_set(step->name))
			learn(reader, step->name, step->type);
	} else if (text_is_set(step->name)) {
		step->type = need_known(reader, at, step->name, false);
	}
	if (text_is_set(step->transition))
		need_transition(reader, at, step);
	if (text_is_set(step->approval))
		need_approval(reader, at, step->type, step->approval);
}

static void read_sentence(struct story_reader *reader, const struct value_entry *at, struct story_step *step)
{
	text words[WORDS_MAX], *rest = words;
	size_t count = split_words(at->key, words, WORDS_MAX);
	if (text_equal(at->key, T("time passes"))) {
		step->verb = STORY_PASSES;
		reader->errors = error_append(reader->errors, story_check_time(reader->arena, reader->story, at->value));
		return;
	}
	if (count == 2 && text_equal(words[1], T("is"))) {
		step->verb = STORY_IS;
		step->name = words[0];
		step->type = need_known(reader, at, words[0], false);
		return;
	}
	if (count >= 2 && text_equal(words[0], T("the")) && text_equal(words[1], T("system"))) {
		rest += 2;
		count -= 2;
	} else if (count > 0) {
		step->who = words[0];
		(void)need_known(reader, at, step->who, true);
		rest++;
		count--;
	}
	for (size_t i = 0; i < array_length(sentences); i++)
		if (fits(&sentences[i], rest, count)) {
			fill_step(reader, at, &sentences[i], rest, step);
			return;
		}
	wrong_sentence(reader, at, rest, count);
}

/* ---- steps ---- */

static void want(struct story_reader *reader, const struct value *value, enum value_kind kind, const char *what)
{
	if (value->kind != kind)
		(void)story_mistake(reader, value->line, value->column, text_format(reader->arena, "here stands %s", what));
}

static void check_list_step(struct story_reader *reader, const struct story_step *step)
{
	static const text keys[] = { { "where", 5 }, { "sort", 4 }, { "finds", 5 }, { "count", 5 } };
	want(reader, step->value, VALUE_MAP, "what is asked and found: { where: condition, finds: [NAME] }");
	if (step->value->kind != VALUE_MAP)
		return;
	story_check_keys(reader, step->value, 0, keys, array_length(keys));
	const struct value *finds = value_get(step->value, T("finds"));
	for (size_t i = 0; finds != NULL && finds->kind == VALUE_LIST && i < finds->list.count; i++) {
		const struct value *item = finds->list.items[i];
		struct value_entry at = { .line = item->line, .column = item->column };
		(void)need_known(reader, &at, item->kind == VALUE_TEXT ? item->text : T("?"), false);
	}
}

static void check_value(struct story_reader *reader, const struct story_step *step)
{
	static const text said[] = { { "comment", 7 }, { "visibility", 10 }, { "answers", 7 } };
	static const text vote[] = { { "approval", 8 }, { "step", 4 }, { "comment", 7 }, { "for", 3 } };
	static const text file[] = { { "name", 4 }, { "text", 4 }, { "visibility", 10 } };
	bool fields = step->verb == STORY_CREATES || step->verb == STORY_TAKES || step->verb == STORY_UPDATES;
	if (step->verb == STORY_ASKED)
		want(reader, step->value, VALUE_LIST, "the records that wait for them: [A, B]");
	if (step->type == NULL)
		return;
	if (step->verb == STORY_APPROVES || step->verb == STORY_REJECTS || step->verb == STORY_ABSTAINS) {
		if (!value_is_null(step->value))
			want(reader, step->value, VALUE_MAP, "what goes with the vote: { comment: words }");
		if (step->value != NULL && step->value->kind == VALUE_MAP)
			story_check_keys(reader, step->value, 0, vote, array_length(vote));
		return;
	}
	if (fields && !value_is_null(step->value)) {
		want(reader, step->value, VALUE_MAP, "a map of fields: { title: Mail is down }");
		/* What is refused may be refused for a field that does not exist. */
		if (step->value->kind == VALUE_MAP && step->refused == NULL)
			check_fields(reader, step->type, step->value, said, array_length(said));
	} else if (step->verb == STORY_ORDERS) {
		if (!value_is_null(step->value))
			want(reader, step->value, VALUE_MAP, "answers to the questions: { laptop: light }");
	} else if (step->verb == STORY_COMMENTS || step->verb == STORY_NOTES) {
		if (step->refused == NULL)
			want(reader, step->value, VALUE_TEXT, "what is said");
	} else if (step->verb == STORY_LINKS || step->verb == STORY_UNLINKS) {
		want(reader, step->value, VALUE_MAP, "a relation and the other record: { duplicate_of: NAME }");
	} else if (step->verb == STORY_CLEARS) {
		static const text clears[] = { { "comment", 7 }, { "by", 2 } };
		want(reader, step->value, VALUE_MAP, "why, or by which change: { comment: agreed by phone }");
		if (step->value->kind == VALUE_MAP)
			story_check_keys(reader, step->value, 0, clears, array_length(clears));
	} else if (step->verb == STORY_ATTACHES) {
		want(reader, step->value, VALUE_MAP, "a file: { name: log.txt, text: what is in it }");
		if (step->value->kind == VALUE_MAP)
			story_check_keys(reader, step->value, 0, file, array_length(file));
	} else if (step->verb == STORY_SEES || step->verb == STORY_IS) {
		check_expectations(reader, step->type, step->value);
	} else if (step->verb == STORY_LISTS) {
		check_list_step(reader, step);
	} else if (step->verb == STORY_FINDS) {
		want(reader, step->value, VALUE_TEXT, "a condition that one record fulfils");
	}
}

static void read_step(struct story_reader *reader, struct value *source, struct story_step *step)
{
	static const text keys[] = { { "refused", 7 }, { "expect", 6 }, { "told", 4 }, { "version", 7 } };
	*step = (struct story_step){ .verb = STORY_IS, .place = { reader->file, source->line, source->column } };
	if (source->kind != VALUE_MAP || source->map.count == 0) {
		(void)story_mistake(reader, source->line, source->column, T("a step begins with a sentence: - rosa creates incident A: { ... }"));
		return;
	}
	const struct value_entry *first = &source->map.entries[0];
	step->place = (struct place){ reader->file, first->line, first->column };
	step->value = first->value;
	read_sentence(reader, first, step);
	story_check_keys(reader, source, 1, keys, array_length(keys));
	step->refused = value_get(source, T("refused"));
	step->expect = value_get(source, T("expect"));
	step->told = value_get(source, T("told"));
	text version = value_get_text(source, T("version"));
	if (text_is_set(version) && !text_to_integer(version, &step->version))
		(void)story_mistake(reader, source->line, source->column, T("a version is a number"));
	if (step->refused != NULL)
		check_refused(reader, step->refused);
	if (step->told != NULL)
		check_told(reader, value_entry(source, T("told")));
	if (step->expect != NULL && (step->verb == STORY_PASSES || step->verb == STORY_LISTS))
		(void)story_mistake(reader, source->line, source->column, T("no record is meant here; expect in a step of its own: - NAME is: { ... }"));
	else if (step->expect != NULL && step->type != NULL)
		check_expectations(reader, step->type, step->expect);
	check_value(reader, step);
}

/* ---- stories ---- */

static void read_given(struct story_reader *reader, const struct value *given)
{
	if (given == NULL)
		return;
	want(reader, given, VALUE_MAP, "records by their type: { teams: { desk: {} } }");
	for (size_t i = 0; given->kind == VALUE_MAP && i < given->map.count; i++) {
		const struct value_entry *entry = &given->map.entries[i];
		const struct type *type = need_type(reader, entry, entry->key);
		want(reader, entry->value, VALUE_MAP, "records by their name: { desk: { label: Service desk } }");
		for (size_t j = 0; type != NULL && entry->value->kind == VALUE_MAP && j < entry->value->map.count; j++) {
			const struct value_entry *record = &entry->value->map.entries[j];
			learn(reader, record->key, type);
			if (record->value->kind == VALUE_MAP)
				check_fields(reader, type, record->value, NULL, 0);
		}
	}
}

bool story_moment(const struct story *story, text source, moment *ret_at)
{
	return moment_parse(source, story->zone, ret_at);
}

static void read_time(struct story_reader *reader, const struct value *source, struct story *story)
{
	const struct value *zone = value_get(source, T("zone")), *now = value_get(source, T("now"));
	if (zone != NULL) {
		story->zone = zone->kind == VALUE_TEXT ? zone_find(zone->text) : NULL;
		if (story->zone == NULL) {
			(void)story_mistake(reader, zone->line, zone->column, T("there is no such time zone; write one such as Europe/Berlin"));
			story->zone = zone_utc();
		}
	}
	if (now != NULL && (now->kind != VALUE_TEXT || !story_moment(story, now->text, &story->now)))
		(void)story_mistake(reader, now->line, now->column, T("now is a moment such as 2026-03-02T09:00"));
}

static void read_story(struct story_reader *reader, struct value *source, const struct value *background, struct story *story)
{
	static const text keys[] = { { "story", 5 }, { "zone", 4 }, { "now", 3 }, { "given", 5 }, { "steps", 5 } };
	/* Monday, 2 March 2026: a week without holiday and change of clocks. */
	*story = (struct story){ .file = reader->file, .zone = zone_utc(), .place = { reader->file, source->line, source->column } };
	(void)moment_parse(T("2026-03-02T09:00"), NULL, &story->now);
	reader->story = story;
	reader->known_count = 0;
	story_check_keys(reader, source, 0, keys, array_length(keys));
	story->title = value_get_text(source, T("story"));
	if (!text_is_set(story->title))
		(void)story_mistake(reader, source->line, source->column, T("a story has a title: story: Mail is down"));
	if (background != NULL) {
		read_time(reader, background, story);
		read_given(reader, value_get(background, T("given")));
		story->background = value_get(background, T("given"));
	}
	read_time(reader, source, story);
	read_given(reader, value_get(source, T("given")));
	story->given = value_get(source, T("given"));
	struct value *steps = value_get(source, T("steps"));
	if (steps == NULL || steps->kind != VALUE_LIST || steps->list.count == 0) {
		(void)story_mistake(reader, source->line, source->column, T("a story has steps"));
		return;
	}
	story->step_count = steps->list.count;
	story->steps = arena_new_array(reader->arena, struct story_step, story->step_count);
	for (size_t i = 0; i < story->step_count; i++)
		read_step(reader, steps->list.items[i], &story->steps[i]);
}

struct error *story_read(struct arena *arena, const struct model *model, text file, text source, struct story **ret_stories,
                         size_t *ret_count)
{
	static const text keys[] = { { "background", 10 }, { "zone", 4 }, { "now", 3 }, { "given", 5 } };
	struct story_reader reader = { .arena = arena, .model = model, .file = file };
	const struct value *background = NULL;
	struct value *list;
	size_t count = 0;
	TRY(yaml_parse(arena, file, source, &list));
	if (list->kind != VALUE_LIST)
		return error_place(error_new(arena, ERROR_DEFINITION, "a story file is a list: - story: ..."), (struct place){ file, 1, 1 });
	struct story *stories = arena_new_array(arena, struct story, list->list.count + 1);
	for (size_t i = 0; i < list->list.count; i++) {
		struct value *item = list->list.items[i];
		if (item->kind != VALUE_MAP) {
			(void)story_mistake(&reader, item->line, item->column, T("here stands a story: - story: its title"));
		} else if (value_get(item, T("background")) != NULL) {
			background = item;
			story_check_keys(&reader, item, 0, keys, array_length(keys));
		} else {
			read_story(&reader, item, background, &stories[count++]);
		}
	}
	if (reader.errors != NULL)
		return reader.errors;
	*ret_stories = stories;
	*ret_count = count;
	return NULL;
}
