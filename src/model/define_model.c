/*
 * Models: what a record is made from. Each is a file of its own under models/: the questions of its form, what they
 * set, the tasks, and which further records are made with it. Conditions in it speak of a pseudo type of its own: the
 * questions by their names, and the record through `record`.
 */
#include "model/define_private.h"

#define CREATES_KEYS "model type relation each when set"

bool define_is_model(text path)
{
	return text_starts_with(path, T("models/"));
}

/* ---- the header ---- */

static bool read_name(struct define *d, const struct value *header, text *ret_name)
{
	const struct value *value = value_get(header, T("name"));
	struct value names = { .kind = VALUE_MAP };
	struct value_entry entry;

	if (value == NULL) {
		define_error(d, header, T("model: { name: new_starter, type: service_request }"), "the model has no name");
		return false;
	}
	*ret_name = define_text(d, header, T("name"));
	if (!text_is_set(*ret_name))
		return false;
	entry = (struct value_entry){ *ret_name, NULL, value->line, value->column };
	names.map.entries = &entry;
	names.map.count = 1;
	return define_names(d, &names, "a model");
}

static void read_type(struct define *d, struct work_model *model, const struct value *header)
{
	const struct value *value = value_get(header, T("type"));

	if (value == NULL) {
		define_error(d, header, T("type: service_request"), "the model '%.*s' names no type", TEXT_ARG(model->name));
		return;
	}
	model->type = define_type_at(d, value);
	if (model->type == NULL || (!model->type->abstract && model->type->model_field >= 0))
		return;
	define_error(d, value, T("types that extend task have the field model"), "no record of %.*s is made from a model",
		     TEXT_ARG(model->type->name));
	model->type = NULL;
}

/* False: nothing else in the file can be read. */
static bool read_header(struct define *d, struct define_file *file)
{
	const struct value *header = value_get(file->root, T("model"));
	struct work_model *model = &d->model->work_models[d->model->work_model_count];
	int other;

	d->file = file;
	if (header == NULL || !define_map(d, header, "model", "name type label icon") ||
	    !read_name(d, header, &model->name)) {
		if (header == NULL && file->root != NULL)
			define_error(d, file->root, T("model: { name: new_starter, type: service_request }"),
				     "a file under models/ defines a model");
		return false;
	}
	other = model_work_model(d->model, model->name);
	if (other >= 0) {
		define_error(d, value_get(header, T("name")), TEXT_UNSET, "the model '%.*s' is defined twice, also in %.*s",
			     TEXT_ARG(model->name), TEXT_ARG(d->model->work_models[other].path));
		return false;
	}
	model->path = file->path;
	read_type(d, model, header);
	return model->type != NULL;
}

/* ---- what is in it ---- */

static void read_tasks(struct define *d, struct work_model *model, const struct value *root)
{
	const struct value *tasks = value_get(root, T("tasks"));

	if (value_is_null(tasks))
		return;
	if (model->type->tasks == NULL)
		define_error(d, tasks, T("its definition needs the section tasks: it says in which state they are done"),
			     "%.*s has no tasks", TEXT_ARG(model->type->name));
	define_task_graph(d, &model->graph, model->form_type, tasks);
}

void define_work_model(struct define *d, struct work_model *model, struct define_file *file)
{
	const struct value *header = value_get(file->root, T("model"));

	d->file = file;
	model->label = define_label(d, header, T("label"), model->name);
	model->icon = define_text(d, header, T("icon"));
	model->purpose = define_text(d, file->root, T("purpose"));
	define_form(d, model, value_get(file->root, T("form")));
	read_tasks(d, model, file->root);
}

static void read_sets(struct define *d, struct work_model *model, struct define_file *file)
{
	d->file = file;
	model->sets = define_settings(d, model->type, model->form_type, value_get(file->root, T("set")), &model->set_count);
	for (size_t i = 0; i < model->set_count; i++)
		if ((ptrdiff_t)model->sets[i].field == model->type->model_field)
			define_error(d, value_get(file->root, T("set")), TEXT_UNSET, "the model of a record is set by itself");
}

/* What the model vouches for: it says what they are, and nobody says otherwise. */
static void read_fixed(struct define *d, struct work_model *model, const struct value *value)
{
	size_t count = 0, *fields = value == NULL ? NULL : define_fields_at(d, model->type, value, &count);

	if (count > 0)
		model->fixed = arena_new_array(d->arena, bool, model->type->field_count);
	for (size_t i = 0; i < count; i++) {
		bool set = false;
		for (size_t k = 0; k < model->set_count; k++)
			set = set || model->sets[k].field == fields[i];
		if (!set)
			define_error(d, value, T("add it to set"), "'%.*s' is fixed, but the model does not set it",
			             TEXT_ARG(model->type->fields[fields[i]].name));
		model->fixed[fields[i]] = true;
	}
}

/* ---- further records ---- */

static const struct type *group_of(const struct work_model *model, size_t field)
{
	for (size_t i = 0; i < model->page_count; i++)
		for (size_t j = 0; j < model->pages[i].part_count; j++) {
			const struct form_part *part = &model->pages[i].parts[j];

			for (size_t k = 0; k < part->question_count; k++)
				if (part->questions[k].field == field)
					return part->questions[k].group_type;
		}
	return NULL;
}

/* What one answer of the group says stands behind what the form says, as "accounts.name". */
static void make_each_type(struct define *d, const struct work_model *model, struct work_model_creates *creates)
{
	const struct type *group = group_of(model, (size_t)creates->each), *form = model->form_type;
	size_t own = FIELD_SYSTEM_COUNT + 1; /* `record` is the last that every pseudo type has */
	struct type *type = define_question_type(d, model, model->name, form->field_count + group->field_count);

	for (size_t i = own; i < form->field_count + group->field_count - own; i++) {
		struct field *field = &type->fields[type->field_count];

		*field = i < form->field_count ? form->fields[i] : group->fields[i - form->field_count + own];
		if (i >= form->field_count)
			field->name = text_format(d->arena, "%.*s.%.*s", TEXT_ARG(form->fields[creates->each].name),
						  TEXT_ARG(field->name));
		field->position = type->field_count++;
		table_set(&type->field_names, field->name, field);
	}
	creates->from_type = type;
}

static void read_each(struct define *d, const struct work_model *model, struct work_model_creates *creates,
		      const struct value *value)
{
	creates->each = -1;
	creates->from_type = model->form_type;
	if (value == NULL)
		return;
	creates->each = define_field_at(d, model->form_type, value);
	if (creates->each < 0)
		return;
	if (model->form_type->fields[creates->each].kind != KIND_GROUP || group_of(model, (size_t)creates->each) == NULL) {
		define_error(d, value, T("kind: group"), "'%.*s' is no repeating group of questions", TEXT_ARG(value->text));
		creates->each = -1;
		return;
	}
	make_each_type(d, model, creates);
}

/* The model to make it from, or the type alone. */
static void read_what(struct define *d, struct work_model_creates *creates, const struct value *node)
{
	const struct value *named = value_get(node, T("model")), *type = value_get(node, T("type"));
	const struct model *model = d->model;
	text *names = arena_new_array(d->error_arena, text, model->work_model_count);

	creates->model = -1;
	if ((named == NULL) == (type == NULL)) {
		define_error(d, node, T("model: NAME, or type: NAME"), "say either the model or the type to create");
		return;
	}
	if (type != NULL) {
		creates->type = define_type_at(d, type);
		if (creates->type != NULL && (creates->type->abstract || creates->type->platform))
			define_error(d, type, TEXT_UNSET, "models create work records only");
		return;
	}
	for (size_t i = 0; i < model->work_model_count; i++)
		names[i] = model->work_models[i].name;
	creates->model = model_work_model(model, define_text(d, node, T("model")));
	if (creates->model >= 0)
		creates->type = model->work_models[creates->model].type;
	else if (named->kind == VALUE_TEXT)
		define_error(d, named, define_hint(d, named->text, names, model->work_model_count),
			     "no model is named '%.*s'", TEXT_ARG(named->text));
}

static void read_relation(struct define *d, struct work_model_creates *creates, const struct value *node)
{
	const struct model *model = d->model;
	text *names = arena_new_array(d->error_arena, text, model->relation_count);

	creates->relation = define_text(d, node, T("relation"));
	if (!text_is_set(creates->relation)) {
		define_error(d, node, T("relation: related_to"), "a created record needs its relation");
		return;
	}
	for (size_t i = 0; i < model->relation_count; i++) {
		if (text_equal(model->relations[i].name, creates->relation))
			return;
		names[i] = model->relations[i].name;
	}
	define_error(d, value_get(node, T("relation")), define_hint(d, creates->relation, names, model->relation_count),
		     "no relation is named '%.*s'", TEXT_ARG(creates->relation));
}

static bool sets_field(const struct setting *sets, size_t count, size_t field)
{
	for (size_t i = 0; i < count; i++)
		if (sets[i].field == field && sets[i].how != SET_UNSET)
			return true;
	return false;
}

/* Nobody is asked for the fields of a record that comes with another: what it needs must be said here or in its own model. */
static void check_required(struct define *d, const struct work_model_creates *creates, const struct value *node)
{
	const struct work_model *own = creates->model < 0 ? NULL : &d->model->work_models[creates->model];

	for (size_t i = FIELD_SYSTEM_COUNT; i < creates->type->field_count; i++) {
		const struct field *field = &creates->type->fields[i];

		if (!field->required || field->has_default || field->decision != NULL || (ptrdiff_t)i == creates->type->requester ||
		    sets_field(creates->sets, creates->set_count, i) || (own != NULL && sets_field(own->sets, own->set_count, i)))
			continue;
		define_error(d, node, T("add it to set"), "nothing sets '%.*s' of the %.*s that is created, which is required",
			     TEXT_ARG(field->name), TEXT_ARG(creates->type->name));
	}
}

static void read_creates(struct define *d, struct work_model *model, const struct value *value)
{
	size_t count;
	struct value **items = define_list(d, value, &count);

	model->creates = arena_new_array(d->arena, struct work_model_creates, count);
	for (size_t i = 0; i < count; i++) {
		struct work_model_creates *creates = &model->creates[model->create_count];

		if (!define_map(d, items[i], "a record to create", CREATES_KEYS))
			continue;
		read_what(d, creates, items[i]);
		read_relation(d, creates, items[i]);
		read_each(d, model, creates, value_get(items[i], T("each")));
		creates->when = define_condition(d, model->form_type, value_get(items[i], T("when")), CONDITION_RULE);
		if (creates->type == NULL)
			continue;
		creates->sets = define_settings(d, creates->type, creates->from_type, value_get(items[i], T("set")),
						&creates->set_count);
		check_required(d, creates, items[i]);
		model->create_count++;
	}
}

/* ---- no end ---- */

struct walk {
	struct define *d;
	char *colours; /* [work_model_count]: 0 not seen, 1 on the way here, 2 done */
	text way;
};

/* *ret_at is the first entry of a model that leads back to one on the way. */
static bool leads_back(struct walk *walk, size_t at, text way)
{
	const struct work_model *model = &walk->d->model->work_models[at];

	walk->colours[at] = 1;
	way = text_is_set(way) ? text_format(walk->d->error_arena, "%.*s -> %.*s", TEXT_ARG(way), TEXT_ARG(model->name))
			       : model->name;
	for (size_t i = 0; i < model->create_count; i++) {
		ptrdiff_t next = model->creates[i].model;

		if (next < 0 || walk->colours[next] == 2)
			continue;
		if (walk->colours[next] == 1) {
			walk->way = text_format(walk->d->error_arena, "%.*s -> %.*s", TEXT_ARG(way),
						TEXT_ARG(walk->d->model->work_models[next].name));
			return true;
		}
		if (leads_back(walk, (size_t)next, way))
			return true;
	}
	walk->colours[at] = 2;
	return false;
}

static void check_endless(struct define *d, struct define_file *const *files)
{
	size_t count = d->model->work_model_count;
	struct walk walk = { .d = d, .colours = arena_new_array(d->error_arena, char, count + 1) };

	for (size_t i = 0; i < count; i++) {
		if (walk.colours[i] != 0 || !leads_back(&walk, i, TEXT_UNSET))
			continue;
		d->file = files[i];
		define_error(d, value_get(files[i]->root, T("creates")), T("take one of them out of creates"),
			     "these models create each other without end: %.*s", TEXT_ARG(walk.way));
		return;
	}
}

static void share_out(struct define *d)
{
	struct model *model = d->model;

	for (size_t i = 0; i < model->work_model_count; i++) {
		struct type *type = &model->types[model->work_models[i].type->position];

		if (type->work_models == NULL)
			type->work_models = arena_new_array(d->arena, const struct work_model *, model->work_model_count);
		type->work_models[type->work_model_count++] = &model->work_models[i];
	}
}

void define_models(struct define *d)
{
	struct model *model = d->model;
	struct define_file **files = arena_new_array(d->error_arena, struct define_file *, d->file_count);

	model->work_models = arena_new_array(d->arena, struct work_model, d->file_count);
	for (size_t i = 0; i < d->file_count; i++)
		if (define_is_model(d->files[i].path) && read_header(d, &d->files[i]))
			files[model->work_model_count++] = &d->files[i];
		else
			model->work_models[model->work_model_count] = (struct work_model){ .name = TEXT_UNSET };
	for (size_t i = 0; i < model->work_model_count; i++) {
		define_work_model(d, &model->work_models[i], files[i]);
		read_sets(d, &model->work_models[i], files[i]);
		read_fixed(d, &model->work_models[i], value_get(files[i]->root, T("fixed")));
	}
	for (size_t i = 0; i < model->work_model_count; i++) {
		d->file = files[i];
		read_creates(d, &model->work_models[i], value_get(files[i]->root, T("creates")));
	}
	check_endless(d, files);
	share_out(d);
}
