/*
 * The section `form` of a model: pages, sections and questions that people answer when they order something. A question is a field
 * of a pseudo type that has no table; so kinds, choices, limits and conditions mean in a form what they mean everywhere. A condition
 * speaks of questions that come before it, and of the record to be made through `record`: so a form is shown from top to bottom, and
 * what an answer hides never hides the question itself.
 */
#include "model/define_private.h"

#define QUESTION_KEYS "kind label help required choices to offer default length least most unit decimals when prefill"
#define GROUP_KEYS "kind label help required when least most questions"
#define GROUP_MOST 50
#define QUESTIONS_MAX 100
#define PENDING_MAX 2000

/* A condition is parsed when all questions have their names: then a question that comes later is told from one that is not there. */
struct pending {
	const struct value *node;
	const struct type *type;
	const struct condition **target;
	size_t limit; /* the first field that it may not speak of */
};

struct form_reader {
	struct define *d;
	struct work_model *model;
	struct type *type;
	bool in_group;
	struct pending *pending;
	size_t pending_count;
};

/* ---- the pseudo type ---- */

static void add_record_field(struct define *d, const struct work_model *model, struct type *type)
{
	struct field *field = &type->fields[type->field_count];

	*field = (struct field){ .name = T("record"), .kind = KIND_LINK, .position = type->field_count, .target = model->type,
				 .set_by_engine = true, .least = INT64_MIN, .most = INT64_MAX };
	field->label = define_label(d, NULL, T("label"), field->name);
	table_set(&type->field_names, field->name, field);
	type->field_count++;
}

struct type *define_question_type(struct define *d, const struct work_model *model, text name, size_t questions)
{
	struct type *type = arena_new_struct(d->arena, struct type);
	ptrdiff_t *meanings[] = { &type->subtitle_field, &type->requester, &type->assignee, &type->team, &type->service,
				  &type->category, &type->priority, &type->watchers, &type->parent, &type->description,
				  &type->rating, &type->restricted, &type->external_ref, &type->active, &type->model_field,
				  &type->approvers, &type->class_field, &type->orders };

	for (size_t i = 0; i < array_length(meanings); i++)
		*meanings[i] = -1;
	type->name = name;
	type->label = define_label(d, NULL, T("label"), name);
	type->abstract = true;
	type->position = SIZE_MAX;
	type->fields = arena_new_array(d->arena, struct field, FIELD_SYSTEM_COUNT + 1 + questions);
	table_init(&type->field_names, d->arena);
	define_system_fields(d, type);
	add_record_field(d, model, type);
	return type;
}

static void wait_for_condition(struct form_reader *reader, const struct value *node, size_t limit, const struct condition **target)
{
	if (node == NULL)
		return;
	if (reader->pending_count == PENDING_MAX) {
		define_error(reader->d, node, TEXT_UNSET, "a form has at most %d conditions", PENDING_MAX);
		return;
	}
	reader->pending[reader->pending_count++] = (struct pending){ node, reader->type, target, limit };
}

/* ---- questions ---- */

static bool fits_prefill(const struct field *question, const struct field *source)
{
	bool source_is_text = source->kind == KIND_TEXT || source->kind == KIND_MAIL || source->kind == KIND_PROSE;

	if (question->kind == KIND_LINK)
		return source->kind == KIND_LINK && source->target == question->target;
	if (question->kind == KIND_TEXT || question->kind == KIND_PROSE)
		return source_is_text;
	return question->kind == source->kind && question->kind != KIND_CHOICE;
}

/* requester.phone: from the record that is to be made, along links. */
static void read_prefill(struct form_reader *reader, struct form_question *question, const struct value *node)
{
	const struct value *value = value_get(node, T("prefill"));
	text path = define_text(reader->d, node, T("prefill")), segment;
	const struct type *type = reader->model->type;
	const struct field *source = NULL;

	if (!text_is_set(path))
		return;
	question->prefill = arena_new_array(reader->d->arena, size_t, LIMIT_CONDITION_PATH);
	while (text_cut(&path, '.', &segment)) {
		struct value name = { .kind = VALUE_TEXT, .line = value->line, .column = value->column, .text = segment };
		ptrdiff_t field;

		if (type == NULL || question->prefill_count == LIMIT_CONDITION_PATH) {
			define_error(reader->d, value, T("only links have fields of their own"), "'%.*s' leads to no '%.*s'",
				     TEXT_ARG(value->text), TEXT_ARG(segment));
			return;
		}
		field = define_field_at(reader->d, type, &name);
		if (field < 0)
			return;
		source = &type->fields[field];
		question->prefill[question->prefill_count++] = (size_t)field;
		type = source->kind == KIND_LINK ? source->target : NULL;
	}
	if (source != NULL && !fits_prefill(&reader->type->fields[question->field], source))
		define_error(reader->d, value, T("fill a question from a field of the same kind"),
			     "'%.*s' is of kind %.*s and cannot fill '%.*s' (%.*s)", TEXT_ARG(value->text),
			     TEXT_ARG(kind_name(source->kind)), TEXT_ARG(reader->type->fields[question->field].name),
			     TEXT_ARG(kind_name(reader->type->fields[question->field].kind)));
}

static void read_choice_conditions(struct form_reader *reader, struct form_question *question, const struct value *node)
{
	const struct field *field = &reader->type->fields[question->field];
	const struct value *choices = value_get(node, T("choices"));

	if (field->kind != KIND_CHOICE || choices == NULL || choices->kind != VALUE_MAP)
		return;
	question->choice_when = arena_new_array(reader->d->arena, const struct condition *, field->choice_count + 1);
	for (size_t i = 0; i < choices->map.count; i++) {
		int choice = field_choice(field, choices->map.entries[i].key);

		if (choice >= 0 && choices->map.entries[i].value->kind == VALUE_MAP)
			wait_for_condition(reader, value_get(choices->map.entries[i].value, T("when")), question->field,
					   &question->choice_when[choice]);
	}
}

static void read_questions(struct form_reader *reader, const struct value *node, struct form_question **ret_questions,
			   size_t *ret_count);

static void read_group(struct form_reader *reader, struct form_question *question, struct field *field, const struct value *node)
{
	struct define *d = reader->d;
	const struct value *questions = value_get(node, T("questions"));
	struct form_reader inner = *reader;

	field->kind = KIND_GROUP;
	if (!define_map(d, node, "a group", GROUP_KEYS))
		return;
	field->label = define_label(d, node, T("label"), field->name);
	field->help = define_label(d, node, T("help"), TEXT_UNSET);
	field->required = define_bool(d, node, T("required"), false);
	field->least = define_integer(d, node, T("least"), field->required ? 1 : 0, 0, GROUP_MOST);
	field->most = define_integer(d, node, T("most"), 10, 1, GROUP_MOST);
	if (field->least > field->most)
		define_error(d, value_get(node, T("least")), TEXT_UNSET, "least is above most");
	if (value_count(questions) == 0) {
		define_error(d, node, T("questions: { NAME: { kind: text } }"), "the group '%.*s' has no questions",
			     TEXT_ARG(field->name));
		return;
	}
	inner.in_group = true;
	inner.type = define_question_type(d, reader->model, field->name, value_count(questions));
	read_questions(&inner, questions, &question->questions, &question->question_count);
	reader->pending_count = inner.pending_count;
	question->group_type = inner.type;
}

static bool may_be_asked(enum kind kind)
{
	return kind != KIND_LINKS && kind != KIND_HOURS && kind != KIND_HOLIDAYS && kind != KIND_RECORD && kind != KIND_CONDITION &&
	       kind != KIND_MODEL && kind != KIND_GROUP && kind != KIND_COUNT;
}

static void read_question(struct form_reader *reader, struct form_question *question, const struct value_entry *entry)
{
	struct define *d = reader->d;
	struct type *type = reader->type;
	struct field *field = &type->fields[type->field_count];
	const struct value *kind = value_get(entry->value, T("kind"));
	bool group = kind != NULL && kind->kind == VALUE_TEXT && text_equal(kind->text, T("group"));

	*field = (struct field){ .name = entry->key, .kind = KIND_TEXT, .position = type->field_count };
	question->field = type->field_count++;
	table_set(&type->field_names, field->name, field);
	if (group && reader->in_group)
		define_error(d, kind, T("ask for it in a group of its own"), "a group cannot stand in a group");
	else if (group)
		read_group(reader, question, field, entry->value);
	else
		define_question(d, field, entry->value, QUESTION_KEYS);
	if (!group && !may_be_asked(field->kind))
		define_error(d, kind, T("a group asks for many"), "a question cannot be of kind %.*s", TEXT_ARG(kind_name(field->kind)));
	if (entry->value->kind != VALUE_MAP)
		return;
	wait_for_condition(reader, value_get(entry->value, T("when")), question->field, &question->when);
	read_choice_conditions(reader, question, entry->value);
	if (!group)
		read_prefill(reader, question, entry->value);
}

static void read_questions(struct form_reader *reader, const struct value *node, struct form_question **ret_questions,
			   size_t *ret_count)
{
	struct form_question *questions;
	size_t count = 0;

	*ret_count = 0;
	if (node == NULL || !define_names(reader->d, node, "questions"))
		return;
	questions = arena_new_array(reader->d->arena, struct form_question, node->map.count);
	for (size_t i = 0; i < node->map.count; i++) {
		const struct value_entry *entry = &node->map.entries[i];

		if (define_name_is_taken(entry->key) || text_equal(entry->key, T("record")))
			define_error_key(reader->d, entry, T("choose another name"),
					 "'%.*s' cannot be a question's name: it means something else", TEXT_ARG(entry->key));
		else if (type_field(reader->type, entry->key) != NULL)
			define_error_key(reader->d, entry, T("each question of a form has a name of its own"),
					 "the question '%.*s' stands twice", TEXT_ARG(entry->key));
		else
			read_question(reader, &questions[count++], entry);
	}
	*ret_questions = questions;
	*ret_count = count;
}

/* ---- pages and sections ---- */

static void read_part(struct form_reader *reader, struct form_part *part, const struct value_entry *entry)
{
	size_t first = reader->type->field_count;

	if (!define_map(reader->d, entry->value, "a section", "label when questions"))
		return;
	part->label = define_label(reader->d, entry->value, T("label"), entry->key);
	wait_for_condition(reader, value_get(entry->value, T("when")), first, &part->when);
	read_questions(reader, value_get(entry->value, T("questions")), &part->questions, &part->question_count);
	if (part->question_count == 0)
		define_error_key(reader->d, entry, TEXT_UNSET, "the section '%.*s' has no questions", TEXT_ARG(entry->key));
}

static void read_page(struct form_reader *reader, struct form_page *page, const struct value_entry *entry)
{
	const struct value *node = entry->value, *sections, *questions;
	size_t first = reader->type->field_count;

	page->name = entry->key;
	if (!define_map(reader->d, node, "a page", "label when sections questions"))
		return;
	page->label = define_label(reader->d, node, T("label"), entry->key);
	wait_for_condition(reader, value_get(node, T("when")), first, &page->when);
	sections = value_get(node, T("sections"));
	questions = value_get(node, T("questions"));
	if ((sections == NULL) == (questions == NULL)) {
		define_error_key(reader->d, entry, T("a page has questions, or sections with questions"),
				 "the page '%.*s' has %s", TEXT_ARG(entry->key), sections == NULL ? "no questions" : "both sections and questions");
		return;
	}
	page->parts = arena_new_array(reader->d->arena, struct form_part, sections == NULL ? 1 : value_count(sections));
	if (questions != NULL) {
		read_questions(reader, questions, &page->parts[0].questions, &page->parts[0].question_count);
		page->part_count = 1;
	} else if (define_names(reader->d, sections, "sections")) {
		for (size_t i = 0; i < sections->map.count; i++)
			read_part(reader, &page->parts[page->part_count++], &sections->map.entries[i]);
	}
}

/* ---- conditions ---- */

struct seen {
	size_t latest;
	ptrdiff_t system;
};

static void see_field(void *data, size_t field)
{
	struct seen *seen = data;

	if (field < FIELD_SYSTEM_COUNT)
		seen->system = (ptrdiff_t)field;
	else
		seen->latest = maximum(seen->latest, field);
}

static void read_pending(struct define *d, const struct pending *pending)
{
	struct seen seen = { 0, -1 };

	*pending->target = define_condition(d, pending->type, pending->node, CONDITION_RULE);
	if (*pending->target == NULL)
		return;
	condition_each_field(*pending->target, see_field, &seen);
	if (seen.system >= 0)
		define_error(d, pending->node, T("fields of the record stand behind record: record.requester.organisation = acme"),
			     "a form has no '%.*s'", TEXT_ARG(pending->type->fields[seen.system].name));
	else if (seen.latest >= pending->limit && seen.latest > FIELD_SYSTEM_COUNT)
		define_error(d, pending->node, T("a condition speaks of questions that stand before it: move that one up"),
			     "'%.*s' is asked only later", TEXT_ARG(pending->type->fields[seen.latest].name));
}

static size_t count_questions(const struct value *node)
{
	size_t count = 0;

	for (size_t i = 0; node != NULL && node->kind == VALUE_MAP && i < node->map.count; i++) {
		const struct value *page = node->map.entries[i].value;
		const struct value *sections = value_get(page, T("sections"));

		count += value_count(value_get(page, T("questions")));
		for (size_t j = 0; sections != NULL && sections->kind == VALUE_MAP && j < sections->map.count; j++)
			count += value_count(value_get(sections->map.entries[j].value, T("questions")));
	}
	return count;
}

void define_form(struct define *d, struct work_model *model, const struct value *form)
{
	struct form_reader reader = { .d = d, .model = model };
	size_t questions = count_questions(form);

	reader.pending = arena_new_array(d->error_arena, struct pending, PENDING_MAX);
	reader.type = model->form_type = define_question_type(d, model, model->name, questions);
	if (value_is_null(form) || !define_names(d, form, "form"))
		return;
	if (questions > QUESTIONS_MAX) {
		define_error(d, form, T("ask less"), "a form has at most %d questions", QUESTIONS_MAX);
		return;
	}
	model->pages = arena_new_array(d->arena, struct form_page, form->map.count);
	for (size_t i = 0; i < form->map.count; i++)
		read_page(&reader, &model->pages[model->page_count++], &form->map.entries[i]);
	for (size_t i = 0; i < reader.pending_count; i++)
		read_pending(d, &reader.pending[i]);
}
