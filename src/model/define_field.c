/*
 * Fields: the system's own, then those of the extended type, then the type's; a field written again replaces
 * the inherited one in its place. Defaults, offers and decision tables follow when all types have their
 * fields (define_decision.c).
 */
#include "model/define_private.h"

#define FIELD_KEYS                                                                                           \
	"kind label help required unique indexed set_by_engine searched internal secret web_address choices to decide offer "   \
	"default length least most unit decimals writable on orders "                                                               \
	"classes"

#define DECIMALS_MAX 9

/* Names that would need care in SQL written by hand, and those the system uses itself. */
static const char *const taken_names[] = {
	"all",
	"and",
	"any",
	"as",
	"asc",
	"between",
	"by",
	"case",
	"check",
	"column",
	"constraint",
	"create",
	"cross",
	"default",
	"definition",
	"delete",
	"desc",
	"distinct",
	"else",
	"end",
	"exists",
	"false",
	"for",
	"foreign",
	"from",
	"full",
	"grant",
	"group",
	"having",
	"id",
	"in",
	"index",
	"insert",
	"into",
	"is",
	"join",
	"left",
	"like",
	"limit",
	"me",
	"natural",
	"not",
	"now",
	"null",
	"offset",
	"on",
	"or",
	"order",
	"primary",
	"references",
	"right",
	"select",
	"set",
	"table",
	"then",
	"to",
	"today",
	"transaction",
	"true",
	"type",
	"union",
	"unique",
	"update",
	"user",
	"using",
	"values",
	"when",
	"where",
	"with",
	/* what the API says about every record */
	"transitions",
	"tasks",
	"children",
	"answers",
	"clocks",
	"comment",
	"links",
	"events",
	"attachments",
	"answers",
};

static bool kind_of(text name, enum kind *ret_kind)
{
	for (int kind = 0; kind < KIND_GROUP; kind++)
		if (text_equal(kind_name((enum kind)kind), name)) {
			*ret_kind = (enum kind)kind;
			return true;
		}
	return false;
}

static bool is_text_kind(enum kind kind)
{
	return kind == KIND_TEXT || kind == KIND_PROSE || kind == KIND_HOURS || kind == KIND_HOLIDAYS ||
	       kind == KIND_ZONE || kind == KIND_MAIL || kind == KIND_RECORD || kind == KIND_CONDITION ||
	       kind == KIND_MODEL;
}

static void read_kind(struct define *d, struct field *field, const struct value *node)
{
	const struct value *value = value_get(node, T("kind"));
	text names[KIND_GROUP], name;

	if (value == NULL) {
		define_error(d, node, TEXT_UNSET, "the field '%.*s' has no kind", TEXT_ARG(field->name));
		return;
	}
	name = define_scalar(d, value, "kind");
	if (!text_is_set(name) || kind_of(name, &field->kind))
		return;
	for (int kind = 0; kind < KIND_GROUP; kind++)
		names[kind] = kind_name((enum kind)kind);
	define_error(d, value, define_hint(d, name, names, KIND_GROUP), "no kind of field is named '%.*s'",
		     TEXT_ARG(name));
}

static void add_choice(struct define *d, struct field *field, text name, const struct value *words,
		       const struct value *at)
{
	struct choice *choice = &field->choices[field->choice_count];

	if (!text_is_set(name))
		return;
	if (field_choice(field, name) >= 0) {
		define_error(d, at, TEXT_UNSET, "the choice '%.*s' stands twice", TEXT_ARG(name));
		return;
	}
	if (name.length > DEFINE_NAME_MAX || name.length == 0 || text_find_char(name, ' ') >= 0)
		define_error(d, at, T("its words for people are its label"), "'%.*s' is no name for a choice",
			     TEXT_ARG(name));
	choice->name = name;
	if (words != NULL && words->kind == VALUE_MAP && value_get(words, T("en")) == NULL) {
		/* `when` is read with the conditions of a form, and refused everywhere else. */
		choice->retired = define_map(d, words, "a choice", "label retired when") &&
				  define_bool(d, words, T("retired"), false);
		choice->label = define_label(d, words, T("label"), name);
	} else if (value_is_null(words)) {
		choice->label = define_label(d, NULL, T("label"), name);
	} else {
		choice->label = define_label_value(d, words);
	}
	field->choice_count++;
}

static void read_choices(struct define *d, struct field *field, const struct value *node)
{
	const struct value *value = value_get(node, T("choices"));

	if (value_count(value) == 0) {
		define_error(d, node, T("choices: [low, high], or { low: Low, high: High }"),
			     "the choice '%.*s' has no choices", TEXT_ARG(field->name));
		return;
	}
	field->choices = arena_new_array(d->arena, struct choice, value_count(value));
	if (value->kind == VALUE_LIST) {
		for (size_t i = 0; i < value->list.count; i++)
			add_choice(d, field, define_scalar(d, value->list.items[i], "a choice"), NULL,
				   value->list.items[i]);
		return;
	}
	for (size_t i = 0; i < value->map.count; i++)
		add_choice(d, field, value->map.entries[i].key, value->map.entries[i].value,
			   value->map.entries[i].value);
}

static void refuse_key(struct define *d, const struct field *field, const struct value *node, text key,
		       bool fits)
{
	const struct value_entry *entry = value_entry(node, key);

	if (entry != NULL && !fits)
		define_error_key(d, entry, TEXT_UNSET, "'%.*s' means nothing for a field of kind %.*s",
				 TEXT_ARG(key), TEXT_ARG(kind_name(field->kind)));
}

static void read_limits(struct define *d, struct field *field, const struct value *node)
{
	enum kind kind = field->kind;
	bool number = kind == KIND_INTEGER || kind == KIND_REAL;
	int64_t most = kind == KIND_TEXT || kind == KIND_MAIL || kind == KIND_ZONE ? LIMIT_TEXT_BYTES
										   : LIMIT_PROSE_BYTES;

	refuse_key(d, field, node, T("choices"), kind == KIND_CHOICE);
	refuse_key(d, field, node, T("decide"), define_is_decidable(kind));
	refuse_key(d, field, node, T("to"), kind == KIND_LINK || kind == KIND_LINKS);
	refuse_key(d, field, node, T("offer"), kind == KIND_LINK || kind == KIND_LINKS);
	refuse_key(d, field, node, T("orders"), kind == KIND_LINK);
	refuse_key(d, field, node, T("on"), kind == KIND_CONDITION);
	refuse_key(d, field, node, T("length"), is_text_kind(kind) && kind != KIND_RECORD);
	refuse_key(d, field, node, T("searched"), is_text_kind(kind) && kind != KIND_RECORD);
	refuse_key(d, field, node, T("internal"), is_text_kind(kind) && kind != KIND_RECORD);
	refuse_key(d, field, node, T("secret"), kind == KIND_TEXT);
	refuse_key(d, field, node, T("web_address"), kind == KIND_TEXT);
	refuse_key(d, field, node, T("least"), number);
	refuse_key(d, field, node, T("most"), number);
	refuse_key(d, field, node, T("unit"), number);
	refuse_key(d, field, node, T("decimals"), kind == KIND_REAL);
	refuse_key(d, field, node, T("unique"), kind != KIND_LINKS && kind != KIND_PROSE);
	refuse_key(d, field, node, T("indexed"), kind != KIND_LINKS && kind != KIND_PROSE);
	field->length_max =
	    is_text_kind(kind) ? (size_t)define_integer(d, node, T("length"), most, 1, most) : 0;
	field->unit = define_text(d, node, T("unit"));
	if (value_get(node, T("decimals")) != NULL)
		field->decimals = (unsigned)define_integer(d, node, T("decimals"), 0, 0, DECIMALS_MAX) + 1;
	field->least = define_integer(d, node, T("least"), INT64_MIN, INT64_MIN, INT64_MAX);
	field->most = define_integer(d, node, T("most"), INT64_MAX, INT64_MIN, INT64_MAX);
	if (field->least > field->most)
		define_error(d, value_get(node, T("least")), TEXT_UNSET, "least is above most");
}

/* After a mistake the link leads to people: a condition that follows it has somewhere to go. */
static void read_target(struct define *d, struct field *field, const struct value *node)
{
	bool condition = field->kind == KIND_CONDITION;
	const struct value *to = value_get(node, condition ? T("on") : T("to"));

	if (to == NULL)
		define_error(d, node, condition ? T("on: TYPE") : T("to: TYPE"), "the %s '%.*s' names no type",
			     condition ? "condition" : "link", TEXT_ARG(field->name));
	else
		field->target = define_type_at(d, to);
	if (field->target == NULL)
		field->target = d->model->user;
	else if (field->target->abstract)
		define_error(d, to, TEXT_UNSET, "%.*s is abstract: it has no records to link to",
			     TEXT_ARG(field->target->name));
}

static void refuse_choice_conditions(struct define *d, const struct value *node)
{
	const struct value *choices = value_get(node, T("choices"));

	for (size_t i = 0; choices != NULL && choices->kind == VALUE_MAP && i < choices->map.count; i++) {
		const struct value_entry *when = value_entry(choices->map.entries[i].value, T("when"));

		if (when != NULL)
			define_error_key(d, when, T("questions of a form have choices with conditions"),
					 "a field's choices have no key 'when'");
	}
}

/* Of fields and of the questions of forms. */
static bool read_field(struct define *d, struct field *field, const struct value *node, const char *what, const char *keys)
{
	if (!define_map(d, node, what, keys))
		return false;
	read_kind(d, field, node);
	field->label = define_label(d, node, T("label"), field->name);
	field->help = define_label(d, node, T("help"), TEXT_UNSET);
	field->required = define_bool(d, node, T("required"), false);
	field->unique = define_bool(d, node, T("unique"), false);
	field->indexed = define_bool(d, node, T("indexed"), false) || field->unique;
	field->set_by_engine = define_bool(d, node, T("set_by_engine"), false);
	field->searched = define_bool(d, node, T("searched"), false);
	field->internal = define_bool(d, node, T("internal"), false);
	field->secret = define_bool(d, node, T("secret"), false);
	field->web_address = define_bool(d, node, T("web_address"), false);
	read_limits(d, field, node);
	if (field->kind == KIND_CHOICE)
		read_choices(d, field, node);
	if (field->kind == KIND_LINK || field->kind == KIND_LINKS || field->kind == KIND_CONDITION)
		read_target(d, field, node);
	return true;
}

void define_question(struct define *d, struct field *field, const struct value *node, const char *keys)
{
	if (!read_field(d, field, node, "a question", keys))
		return;
	define_default(d, field, node);
	if (field->target != NULL)
		field->offer = define_condition(d, field->target, value_get(node, T("offer")), CONDITION_RULE);
}

/* ---- the system's fields ---- */

void define_system_fields(struct define *d, struct type *type)
{
	static const struct {
		const char *name, *label;
		enum kind kind;
	} system[FIELD_SYSTEM_COUNT] = {
		[FIELD_NUMBER] = { "number", "Number", KIND_TEXT },
		[FIELD_STATE] = { "state", "State", KIND_CHOICE },
		[FIELD_VERSION] = { "version", "Version", KIND_INTEGER },
		[FIELD_CREATED_AT] = { "created_at", "Created", KIND_MOMENT },
		[FIELD_UPDATED_AT] = { "updated_at", "Updated", KIND_MOMENT },
		[FIELD_CREATED_BY] = { "created_by", "Created by", KIND_LINK },
		[FIELD_UPDATED_BY] = { "updated_by", "Updated by", KIND_LINK },
	};

	for (size_t i = 0; i < FIELD_SYSTEM_COUNT; i++) {
		struct field *field = &type->fields[i];

		*field = (struct field){ .name = text_from(system[i].name),
					 .kind = system[i].kind,
					 .position = i,
					 .system = true,
					 .set_by_engine = true,
					 .least = INT64_MIN,
					 .most = INT64_MAX };
		field->label = (struct label){ arena_new_array(d->arena, struct label_words, 1), 1 };
		field->label.items[0] = (struct label_words){ T("en"), text_from(system[i].label) };
		if (field->kind == KIND_LINK)
			field->target = model_type(d->model, T("user"));
		if (field->kind == KIND_TEXT)
			field->length_max = LIMIT_TEXT_BYTES;
		table_set(&type->field_names, field->name, field);
	}
	type->fields[FIELD_NUMBER].unique = type->fields[FIELD_NUMBER].indexed = true;
	type->fields[FIELD_NUMBER].searched = true;
	type->field_count = FIELD_SYSTEM_COUNT;
}

bool define_name_is_taken(text name)
{
	for (size_t i = 0; i < array_length(taken_names); i++)
		if (text_equal(name, text_from(taken_names[i])))
			return true;
	return text_ends_with(name, T("_key"));
}

void define_own_field(struct define *d, struct draft *draft, const struct value_entry *entry, uint64_t classes)
{
	struct type *type = draft->type;
	const struct field *before = type_field(type, entry->key);
	struct field *field;

	if (before != NULL && before->system) {
		define_error_key(d, entry, TEXT_UNSET, "'%.*s' is a field of every type",
				 TEXT_ARG(entry->key));
		return;
	}
	if (before != NULL && (classes != 0 || (ptrdiff_t)before->position == type->class_field)) {
		define_error_key(d, entry,
				 T("a field of several classes stands in the fields of the type, with classes: [A, B]"),
				 "%.*s has a field '%.*s' already", TEXT_ARG(type->name), TEXT_ARG(entry->key));
		return;
	}
	if (define_name_is_taken(entry->key)) {
		define_error_key(d, entry, T("choose another name"),
				 "'%.*s' cannot be a field's name: it means something else",
				 TEXT_ARG(entry->key));
		return;
	}
	field = before != NULL ? &type->fields[before->position] : &type->fields[type->field_count];
	*field = (struct field){ .name = entry->key,
				 .kind = KIND_TEXT,
				 .position = (size_t)(field - type->fields) };
	draft->field_nodes[field->position] = entry->value;
	draft->field_files[field->position] = d->file;
	if (before == NULL) {
		table_set(&type->field_names, field->name, field);
		type->field_count++;
	}
	if (read_field(d, field, entry->value, "a field", FIELD_KEYS))
		refuse_choice_conditions(d, entry->value);
	field->classes = classes;
	if (entry->value->kind == VALUE_MAP && value_get(entry->value, T("classes")) != NULL)
		field->classes = define_classes_at(d, draft, value_get(entry->value, T("classes")));
}

static void inherit_fields(struct draft *draft)
{
	struct type *type = draft->type, *base = draft->base->type;

	for (size_t i = FIELD_SYSTEM_COUNT; i < base->field_count; i++) {
		type->fields[i] = base->fields[i];
		draft->field_nodes[i] = draft->base->field_nodes[i];
		draft->field_files[i] = draft->base->field_files[i];
		table_set(&type->field_names, type->fields[i].name, &type->fields[i]);
	}
	type->field_count = base->field_count;
}

static void find_header_fields(struct define *d, struct draft *draft)
{
	struct type *type = draft->type;
	const struct value *key = value_get(draft->header, T("key")),
			   *title = value_get(draft->header, T("title")),
			   *subtitle = value_get(draft->header, T("subtitle"));
	ptrdiff_t key_field, title_field;

	d->file = draft->file;
	key_field = key == NULL ? FIELD_NUMBER : define_field_at(d, type, key);
	title_field = title == NULL ? FIELD_NUMBER : define_field_at(d, type, title);
	type->subtitle_field = subtitle == NULL ? -1 : define_field_at(d, type, subtitle);
	type->key_field = key_field < 0 ? 0 : (size_t)key_field;
	type->title_field = title_field < 0 ? 0 : (size_t)title_field;
	if (key != NULL && key_field >= 0 &&
	    (type->fields[key_field].kind != KIND_TEXT || !type->fields[key_field].required))
		define_error(d, key, T("kind: text, required: yes"), "the key '%.*s' must be a required text",
			     TEXT_ARG(key->text));
	if (title != NULL && title_field >= 0 && type->fields[title_field].kind != KIND_TEXT)
		define_error(d, title, TEXT_UNSET, "the title '%.*s' must be a text", TEXT_ARG(title->text));
}

static void find_meanings(struct type *type)
{
	struct {
		const char *name;
		ptrdiff_t *position;
	} meanings[] = {
		{ "requester", &type->requester },
		{ "assignee", &type->assignee },
		{ "team", &type->team },
		{ "service", &type->service },
		{ "category", &type->category },
		{ "priority", &type->priority },
		{ "watchers", &type->watchers },
		{ "parent", &type->parent },
		{ "description", &type->description },
		{ "rating", &type->rating },
		{ "restricted", &type->restricted },
		{ "external_ref", &type->external_ref },
		{ "active", &type->active },
		{ "model", &type->model_field },
		{ "approvers", &type->approvers },
	};

	for (size_t i = 0; i < array_length(meanings); i++) {
		const struct field *field = type_field(type, text_from(meanings[i].name));

		*meanings[i].position = field == NULL ? -1 : (ptrdiff_t)field->position;
	}
	/* What a record was made from; where people write it, it is a value like others. */
	if (type->model_field >= 0 && (type->fields[type->model_field].kind != KIND_MODEL || !type->fields[type->model_field].set_by_engine))
		type->model_field = -1;
}

void define_fields(struct define *d, struct draft *draft)
{
	const struct value *fields = value_get(draft->file->root, T("fields"));
	struct type *type = draft->type;
	size_t room;

	if (draft->fields_done)
		return;
	draft->fields_done = true;
	if (draft->base != NULL)
		define_fields(d, draft->base);
	d->file = draft->file;
	room = FIELD_SYSTEM_COUNT + value_count(fields) + define_class_room(d, draft) +
	       (draft->base == NULL ? 0 : draft->base->type->field_count);
	type->fields = arena_new_array(d->arena, struct field, room);
	draft->field_nodes = arena_new_array(d->arena, const struct value *, room);
	draft->field_files = arena_new_array(d->arena, struct define_file *, room);
	table_init(&type->field_names, d->arena);
	define_system_fields(d, type);
	if (draft->base != NULL)
		inherit_fields(draft);
	define_classes(d, draft);
	d->file = draft->file;
	if (fields != NULL && define_names(d, fields, "fields"))
		for (size_t i = 0; i < fields->map.count; i++)
			define_own_field(d, draft, &fields->map.entries[i], 0);
	define_class_fields(d, draft);
	if (type->field_count > DEFINE_FIELDS_MAX)
		define_error(d, fields, TEXT_UNSET, "%.*s has more than %d fields", TEXT_ARG(type->name),
			     DEFINE_FIELDS_MAX);
	find_header_fields(d, draft);
	find_meanings(type);
	type->orders = -1;
}
