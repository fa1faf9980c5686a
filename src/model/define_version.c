/*
 * Older versions of types on which records still run. Each is read from its own source (and that of what it
 * extended then), against the names of today: its process - lifecycle, clocks, automation, approvals, tasks, and
 * the models its records were made from (define_version_model.c) - becomes a variant of the newest type. The newest type gets the union of fields and states, so that a cell
 * and a state mean the same whatever version a record runs on. Rights, views, forms, decisions and conditions
 * of people follow the newest.
 */
#include "model/define_private.h"

/* What a variant has for itself; everything else is the newest type's. */
#define PROCESS_SECTIONS "lifecycle clocks automation approvals tasks"

/* ---- names that were changed by a migration ---- */

/*
 * What a field of then is called today. A version that does not have the new name is older than the rename: its field is meant also when
 * another has the old name by now. States keep their names while a version has them: a map moves records out of them.
 */
static text renamed(const struct define *d, const struct type *newest, const struct type *old, text then)
{
	text name = then;

	for (size_t i = 0; i < d->model->migration_count; i++) {
		const struct migration_step *step = &d->model->migrations[i];

		if (step->kind == MIGRATION_RENAME && text_equal(step->type, newest->name) && !text_is_set(step->choice) &&
		    text_equal(step->field, name) && (type_field(newest, name) == NULL || type_field(old, step->to) == NULL))
			name = step->to;
	}
	return type_field(newest, name) == NULL ? then : name;
}

/* ---- reading ---- */

struct define_file *define_old_file(struct define *d, const struct definition_source *source, int64_t version)
{
	struct define_file *file;

	/* Most of what belongs to a version is as it is today. */
	for (size_t i = 0; i < d->file_count; i++)
		if (text_equal(d->files[i].path, source->path) && text_equal(d->files[i].source, source->source))
			return d->files[i].root == NULL ? NULL : &d->files[i];
	file = arena_new_struct(d->arena, struct define_file);
	file->path = text_format(d->arena, "%.*s (version %lld)", TEXT_ARG(source->path), (long long)version);
	file->source = text_copy(d->arena, source->source);
	define_read_file(d, file);
	return file->root == NULL ? NULL : file;
}

static bool same_section(const struct draft *a, const struct draft *b, text name)
{
	const struct value *left = value_get(a->file->root, name), *right = value_get(b->file->root, name);

	if (left == NULL && a->base != NULL)
		left = value_get(a->base->file->root, name);
	if (right == NULL && b->base != NULL)
		right = value_get(b->base->file->root, name);
	if (left == NULL || right == NULL)
		return left == right;
	return value_equal(left, right);
}

/* Versions that differ in rights, views or words only run as the newest. */
static bool same_process(const struct define *d, const struct draft *a, const struct draft *b)
{
	text rest = T(PROCESS_SECTIONS), name;

	while (text_cut(&rest, ' ', &name))
		if (!same_section(a, b, name))
			return false;
	return define_same_models(d, a);
}

/* The type as it was: only its names and kinds are asked, so it is none of the model's. */
static struct type *old_type(struct define *d, const struct type *newest)
{
	struct type *type = arena_new_struct(d->arena, struct type);

	type->name = newest->name;
	type->position = newest->position;
	type->table = newest->table;
	type->abstract = newest->abstract;
	return type;
}

static bool read_older(struct define *d, const struct older_definition *older, struct draft *newest,
		       struct draft *ret_draft)
{
	struct draft draft = { .file = define_old_file(d, &older->own, older->version), .newest = newest,
			       .version = older->version };

	if (draft.file == NULL)
		return false;
	draft.header = value_get(draft.file->root, T("type"));
	draft.type = old_type(d, newest->type);
	if (text_is_set(older->base.path)) {
		draft.base = arena_new_struct(d->arena, struct draft);
		draft.base->file = define_old_file(d, &older->base, older->version);
		if (draft.base->file == NULL)
			return false;
		draft.base->header = value_get(draft.base->file->root, T("type"));
		draft.base->type = old_type(d, newest->base == NULL ? newest->type : newest->base->type);
	}
	define_older_model_files(d, &draft, older);
	if (same_process(d, &draft, newest))
		return false;
	*ret_draft = draft;
	return true;
}

/* ---- fields: the union ---- */

static void make_room(struct define *d, struct draft *newest, size_t more)
{
	struct type *type = newest->type;
	size_t count = type->field_count, room = count + more;
	struct field *fields = arena_new_array(d->arena, struct field, room);
	const struct value **nodes = arena_new_array(d->arena, const struct value *, room);
	struct define_file **files = arena_new_array(d->arena, struct define_file *, room);

	memcpy(fields, type->fields, count * sizeof(*fields));
	memcpy(nodes, newest->field_nodes, count * sizeof(*nodes));
	memcpy(files, newest->field_files, count * sizeof(*files));
	for (size_t i = 0; i < count; i++)
		table_set(&type->field_names, fields[i].name, &fields[i]);
	type->fields = fields;
	newest->field_nodes = nodes;
	newest->field_files = files;
}

static bool same_storage(const struct field *a, const struct field *b)
{
	bool link = a->kind == KIND_LINK || a->kind == KIND_LINKS;

	return a->kind == b->kind && (!link || a->target == b->target);
}

static void merge_field(struct define *d, struct draft *older, const struct field *old)
{
	struct draft *newest = older->newest;
	struct type *type = newest->type;
	text name = renamed(d, type, older->type, old->name);
	const struct field *field = type_field(type, name);
	struct field *added;

	if (field != NULL) {
		if (!same_storage(old, field) && newest->field_nodes[field->position] != NULL) {
			d->file = newest->field_files[field->position];
			define_error(d, newest->field_nodes[field->position],
				     T("give the new field a name of its own: records of the older version keep theirs"),
				     "'%.*s' is %.*s, but records that run on version %lld have it as %.*s",
				     TEXT_ARG(name), TEXT_ARG(kind_name(field->kind)), (long long)older->version,
				     TEXT_ARG(kind_name(old->kind)));
		}
		return;
	}
	added = &type->fields[type->field_count];
	*added = *old;
	added->position = type->field_count++;
	added->retired = true;
	added->required = false;
	newest->field_nodes[added->position] = older->field_nodes[old->position];
	newest->field_files[added->position] = older->field_files[old->position];
	table_set(&type->field_names, added->name, added);
}

static void merge_fields(struct define *d, struct draft *older)
{
	define_fields(d, older);
	make_room(d, older->newest, older->type->field_count);
	for (size_t i = FIELD_SYSTEM_COUNT; i < older->type->field_count; i++)
		merge_field(d, older, &older->type->fields[i]);
}

void define_older_fields(struct define *d)
{
	d->older = arena_new_array(d->arena, struct draft, d->older_source_count);
	for (size_t i = 0; i < d->older_source_count; i++) {
		const struct type *type = model_type(d->model, d->older_sources[i].type);

		if (type != NULL && !type->abstract &&
		    read_older(d, &d->older_sources[i], &d->drafts[type->position], &d->older[d->older_count]))
			d->older_count++;
	}
	for (size_t i = 0; i < d->older_count; i++)
		merge_fields(d, &d->older[i]);
}

/* ---- states: the newest's first, then those that only older versions have ---- */

static void add_retired_states(struct define *d, struct draft *older, size_t *ret_positions)
{
	struct draft *newest = older->newest;
	struct type *type = newest->type;
	const struct lifecycle *old = older->type->lifecycle;
	struct lifecycle *lifecycle = type->lifecycle;
	size_t count = lifecycle->state_count, room = count + old->state_count;
	struct state *states = arena_new_array(d->arena, struct state, room);
	const struct value_entry **nodes = arena_new_array(d->arena, const struct value_entry *, room);

	memcpy(states, lifecycle->states, count * sizeof(*states));
	memcpy(nodes, newest->state_nodes, count * sizeof(*nodes));
	lifecycle->states = states;
	newest->state_nodes = nodes;
	for (size_t i = 0; i < old->state_count; i++) {
		int position = lifecycle_state(lifecycle, old->states[i].name);

		if (position < 0) {
			position = (int)lifecycle->state_count++;
			states[position] = old->states[i];
			states[position].retired = true;
		}
		ret_positions[i] = (size_t)position;
	}
	define_state_choices(d, type);
	if (lifecycle->state_count > LIMIT_STATES) {
		d->file = newest->file;
		define_error(d, newest->header, T("move the records of old versions to this one first"),
			     "%.*s has more than %d states, with those of versions on which records run",
			     TEXT_ARG(type->name), LIMIT_STATES);
	}
}

static void merge_states(struct define *d, struct draft *older)
{
	struct type *newest = older->newest->type;

	define_states(d, older);
	if (older->type->lifecycle == NULL)
		return;
	if (newest->lifecycle == NULL) {
		d->file = older->newest->file;
		define_error(d, older->newest->header, T("keep the lifecycle until no record runs on the old version"),
			     "%.*s has no lifecycle any more, but records run on version %lld, which has one",
			     TEXT_ARG(newest->name), (long long)older->version);
		return;
	}
	older->state_positions = arena_new_array(d->arena, size_t, older->type->lifecycle->state_count);
	add_retired_states(d, older, older->state_positions);
}

/* The version's own words for its states, in the places of today. */
static void place_states(struct define *d, struct draft *older, struct lifecycle *lifecycle)
{
	const struct lifecycle *newest = older->newest->type->lifecycle, *old = older->type->lifecycle;

	*lifecycle = *old;
	lifecycle->state_count = newest->state_count;
	lifecycle->states = arena_new_array(d->arena, struct state, newest->state_count);
	memcpy(lifecycle->states, newest->states, newest->state_count * sizeof(*newest->states));
	for (size_t i = 0; i < newest->state_count; i++)
		lifecycle->states[i].retired = true;
	for (size_t i = 0; i < old->state_count; i++)
		lifecycle->states[older->state_positions[i]] = old->states[i];
	lifecycle->initial = older->state_positions[old->initial];
}

/* ---- the variant ---- */

/* Names of then lead to what they are called today: while the version is read, also those that another field has by now. */
static void add_aliases(struct define *d, struct draft *older, struct type *variant)
{
	const struct type *newest = older->newest->type;

	table_init(&variant->field_names, d->arena);
	for (size_t i = 0; i < newest->field_count; i++)
		table_set(&variant->field_names, newest->fields[i].name, &newest->fields[i]);
	for (size_t i = FIELD_SYSTEM_COUNT; i < older->type->field_count; i++) {
		text then = older->type->fields[i].name;
		const struct field *field = type_field(newest, renamed(d, newest, older->type, then));

		if (field != NULL)
			table_set(&variant->field_names, then, &newest->fields[field->position]);
	}
}

static void begin_variant(struct define *d, struct draft *older)
{
	const struct type *newest = older->newest->type;
	struct type *variant = arena_copy(d->arena, newest, sizeof(*newest));

	add_aliases(d, older, variant);
	variant->definition = older->version;
	variant->newest = newest; /* what leads to the type leads to its versions */
	if (older->type->lifecycle != NULL && newest->lifecycle != NULL) {
		variant->lifecycle = arena_new_struct(d->arena, struct lifecycle);
		place_states(d, older, variant->lifecycle);
	} else {
		variant->lifecycle = NULL;
	}
	older->type = variant;
}

void define_older_states(struct define *d)
{
	for (size_t i = 0; i < d->older_count; i++)
		merge_states(d, &d->older[i]);
	if (d->error_count > 0) {
		d->older_count = 0; /* half a variant would only make more mistakes */
		return;
	}
	/* Only now the union is complete. */
	for (size_t i = 0; i < d->older_count; i++)
		begin_variant(d, &d->older[i]);
}

/* ---- rights: the newest's, but nobody else speaks of fields that went ---- */

static bool lists(const struct value *list, text name)
{
	if (list != NULL && list->kind == VALUE_TEXT)
		return text_equal(list->text, name);
	for (size_t i = 0; list != NULL && list->kind == VALUE_LIST && i < list->list.count; i++)
		if (list->list.items[i]->kind == VALUE_TEXT && text_equal(list->list.items[i]->text, name))
			return true;
	return false;
}

static void role_access(const struct draft *older, const struct type *newest, const struct value *rights, size_t role)
{
	const struct value *write = value_get(rights, T("write")), *hide = value_get(rights, T("hide"));

	for (size_t i = FIELD_SYSTEM_COUNT; i < newest->field_count; i++) {
		const struct field *field = &newest->fields[i];
		struct field_access *access = &newest->field_access[role * newest->field_count + i];

		if (!field->retired || (older->newest->field_files[i] != older->file &&
					(older->base == NULL || older->newest->field_files[i] != older->base->file)))
			continue;
		access->read = access->read && !lists(hide, field->name);
		access->write = !field->set_by_engine && (write == NULL ? access->read : lists(write, field->name));
	}
}

static void keep_access(struct define *d, const struct draft *older)
{
	const struct type *newest = older->newest->type;
	const struct value *section = define_section(d, older, T("rights"));

	for (size_t i = 0; section != NULL && section->kind == VALUE_MAP && i < section->map.count; i++) {
		int role = model_role(d->model, section->map.entries[i].key);

		if (role >= 0)
			role_access(older, newest, section->map.entries[i].value, (size_t)role);
	}
}

/* ---- the end ---- */

void define_older_rights(struct define *d)
{
	for (size_t i = 0; i < d->older_count; i++)
		keep_access(d, &d->older[i]);
}

/* All that is not process: taken from the newest, which is complete now. */
static void finish_variant(struct define *d, struct draft *older)
{
	struct type *newest = older->newest->type, *variant = older->type, own = *variant;

	*variant = *newest;
	variant->field_names = own.field_names;
	variant->lifecycle = own.lifecycle;
	variant->clocks = own.clocks;
	variant->clock_count = own.clock_count;
	variant->rules = own.rules;
	variant->rule_count = own.rule_count;
	variant->approvals = own.approvals;
	variant->approval_count = own.approval_count;
	variant->tasks = own.tasks;
	variant->work_models = own.work_models;
	variant->work_model_count = own.work_model_count;
	variant->definition = own.definition;
	variant->newest = newest;
	for (size_t i = 0; i < newest->field_count; i++)
		table_set(&variant->field_names, newest->fields[i].name, &newest->fields[i]);
	variant->variants = NULL;
	variant->variant_count = 0;
	if (newest->variants == NULL)
		newest->variants = arena_new_array(d->arena, const struct type *, d->older_count);
	newest->variants[newest->variant_count++] = variant;
}

void define_older_finish(struct define *d)
{
	for (size_t i = 0; i < d->older_count; i++)
		finish_variant(d, &d->older[i]);
}
