/*
 * Which fields a record has follows from its class: what its class lacks cannot be written, and a change of class that would
 * lose a value, or leave a link that such a class cannot have, is refused with the names of the fields and relations.
 */
#include "engine/step_private.h"

static text class_name(const struct type *type, const struct cell *class)
{
	return class->kind == CELL_INTEGER ? type->fields[type->class_field].choices[class->integer].name : T("record without class");
}

/* "server, workstation or a class below them": the topmost classes with the field. */
static text classes_with(struct work *work, const struct type *type, const struct field *field)
{
	text *names = arena_new_array(work->arena, text, type->class_count + 1);
	size_t count = 0;

	for (size_t i = 0; i < type->class_count; i++) {
		ptrdiff_t above = type->classes[i].extends;
		if ((field->classes >> i & 1) != 0 && (above < 0 || (field->classes >> above & 1) == 0))
			names[count++] = type->fields[type->class_field].choices[i].name;
	}
	return text_join(work->arena, names, count, T(", "));
}

static struct error *lacks(struct work *work, const struct type *type, const struct cell *class, const struct field *field)
{
	struct error *error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s is no field of a %.*s", TEXT_ARG(field->name),
	                                            TEXT_ARG(class_name(type, class))),
	                                  field->name);

	return error_hint(work->arena, error, "it belongs to the class %.*s", TEXT_ARG(classes_with(work, type, field)));
}

static struct error *would_lose(struct work *work, const struct type *type, const struct cell *class, const struct field *field)
{
	struct error *error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s would be lost: a %.*s has none",
	                                            TEXT_ARG(field->name), TEXT_ARG(class_name(type, class))),
	                                  type->fields[type->class_field].name);

	return error_hint(work->arena, error, "unset %.*s together with the change of class", TEXT_ARG(field->name));
}

static bool is_set(const struct cell *cell)
{
	return cell->kind != CELL_NULL && !(cell->kind == CELL_TEXT && text_is_empty(text_trim(cell->text)));
}

/* Of a KIND_LINKS field: whether it will hold any, and whether this step says so. */
static struct error *links_set(const struct step *step, struct work *work, const struct field *field, bool *ret_set, bool *ret_sent)
{
	int64_t *ids;
	size_t count;

	*ret_set = *ret_sent = false;
	for (size_t i = 0; i < step->link_count; i++)
		if (step->links[i].field == field) {
			*ret_sent = true;
			*ret_set = step->links[i].count > 0;
			return NULL;
		}
	if (step->record->id == 0)
		return NULL;
	TRY(record_links(work, step->record, field, &ids, &count));
	*ret_set = count > 0;
	return NULL;
}

/* ---- links ---- */

static bool has_class(const struct type *type, const struct cell *class, uint64_t classes, const struct type *const *types, size_t count)
{
	bool meant = false;

	for (size_t i = 0; i < count; i++)
		meant = meant || type_same(types[i], type);
	return !meant || classes == 0 || (classes >> class->integer & 1) != 0;
}

static struct error *check_end(struct work *work, const struct record *record, const struct cell *class, const struct relation *relation,
                               bool end, struct error **ret_errors)
{
	struct error *error;
	int64_t id;
	bool found;

	TRY(store_integer(work->store, work->arena, end ? SQL_LINK_OTHER_FROM : SQL_LINK_OTHER_TO,
	                  CELLS(cell_text(relation->name), cell_integer(record->id), cell_integer(0)), &id, &found));
	if (!found)
		return NULL;
	error = error_field(error_new(work->arena, ERROR_INVALID, "a %.*s cannot be at the %s of a link '%.*s', and %.*s is",
	                              TEXT_ARG(class_name(record->type, class)), end ? "end" : "begin", TEXT_ARG(relation->name),
	                              TEXT_ARG(record_number(record))),
	                    record->type->fields[record->type->class_field].name);
	*ret_errors = error_append(*ret_errors, error_hint(work->arena, error, "remove that link first"));
	return NULL;
}

/* Adds an error for each relation that a record of the new class could not have, and this one has. */
static struct error *check_links(struct work *work, const struct record *record, const struct cell *class, struct error **ret_errors)
{
	if (class->kind != CELL_INTEGER)
		return NULL;
	for (size_t i = 0; i < work->model->relation_count; i++) {
		const struct relation *relation = &work->model->relations[i];

		if (!has_class(record->type, class, relation->from_classes, relation->from, relation->from_count))
			TRY(check_end(work, record, class, relation, false, ret_errors));
		if (!has_class(record->type, class, relation->to_classes, relation->to, relation->to_count))
			TRY(check_end(work, record, class, relation, true, ret_errors));
	}
	return NULL;
}

/* ---- a step ---- */

struct error *step_check_classes(const struct step *step, struct work *work)
{
	const struct type *type = step->type;
	struct error *errors = NULL;

	if (type->class_field < 0 || step_cell(step, (size_t)type->class_field)->kind == CELL_NULL)
		return NULL;
	const struct cell *class = step_cell(step, (size_t)type->class_field);
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		bool sent = step->changed[i], set = is_set(step_cell(step, i));
		if (class_has_field(type, class, field))
			continue;
		if (field->kind == KIND_LINKS)
			TRY(links_set(step, work, field, &set, &sent));
		if (set)
			errors = error_append(errors, sent ? lacks(work, type, class, field) : would_lose(work, type, class, field));
	}
	if (step->record->id != 0 && step->changed[type->class_field] &&
	    !cell_equal(class, &step->record->cells[type->class_field]))
		TRY(check_links(work, step->record, class, &errors));
	return errors;
}

struct error *class_check_import(struct work *work, const struct record *record, const bool *changed)
{
	const struct type *type = record->type;
	struct error *errors = NULL;

	if (type->class_field < 0)
		return NULL;
	for (size_t i = FIELD_SYSTEM_COUNT; i < type->field_count; i++) {
		const struct field *field = &type->fields[i];
		const struct cell *class = &record->cells[type->class_field];
		if (!class_has_field(type, class, field) && is_set(&record->cells[i]))
			errors = error_append(errors, changed[i] ? lacks(work, type, class, field) : would_lose(work, type, class, field));
	}
	if (changed[type->class_field])
		TRY(check_links(work, record, &record->cells[type->class_field], &errors));
	return errors;
}
