/*
 * Models of older versions of a type. A record goes on with the model it was made from as that was then: its form, which the conditions of
 * the tasks speak of, and the tasks that are still to be made. What only creating a record asks - fields to set, further records - is the
 * newest's, as new records are.
 */
#include "model/define_private.h"

static text model_name(const struct define_file *file)
{
	return value_get_text(value_get(file->root, T("model")), T("name"));
}

void define_older_model_files(struct define *d, struct draft *older, const struct older_definition *source)
{
	older->model_files = arena_new_array(d->arena, struct define_file *, source->model_count);
	for (size_t i = 0; i < source->model_count; i++) {
		struct define_file *file = define_old_file(d, &source->models[i], source->version);

		if (file != NULL && text_is_set(model_name(file)))
			older->model_files[older->model_file_count++] = file;
	}
}

/* ---- what differs ---- */

static const struct define_file *newest_file(const struct define *d, const struct type *type, text name)
{
	for (size_t i = 0; i < d->file_count; i++) {
		const struct value *header = define_is_model(d->files[i].path) ? value_get(d->files[i].root, T("model")) : NULL;

		if (header != NULL && text_equal(value_get_text(header, T("name")), name) &&
		    text_equal(value_get_text(header, T("type")), type->name))
			return &d->files[i];
	}
	return NULL;
}

static bool same_part(const struct define_file *a, const struct define_file *b, text part)
{
	const struct value *left = value_get(a->root, part), *right = value_get(b->root, part);

	return left == NULL || right == NULL ? left == right : value_equal(left, right);
}

/* NULL: the newest has none of that name, or another one. */
static const struct define_file *same_today(const struct define *d, const struct draft *older, const struct define_file *file)
{
	const struct define_file *today = newest_file(d, older->newest->type, model_name(file));

	return today != NULL && (today == file || (same_part(file, today, T("form")) && same_part(file, today, T("tasks")))) ? today : NULL;
}

/* No record of an older version was made from a model that came later. */
bool define_same_models(const struct define *d, const struct draft *older)
{
	for (size_t i = 0; i < older->model_file_count; i++)
		if (same_today(d, older, older->model_files[i]) == NULL)
			return false;
	return true;
}

/* ---- reading ---- */

static const struct work_model *read_model(struct define *d, const struct draft *older, struct define_file *file)
{
	struct work_model *model;
	int position = same_today(d, older, file) == NULL ? -1 : model_work_model(d->model, model_name(file));

	if (position >= 0)
		return &d->model->work_models[position];
	model = arena_new_struct(d->arena, struct work_model);
	model->name = model_name(file);
	model->type = older->type;
	model->path = file->path;
	define_work_model(d, model, file);
	return model;
}

void define_older_models(struct define *d)
{
	for (size_t i = 0; i < d->older_count; i++) {
		const struct draft *older = &d->older[i];
		struct type *variant = older->type;

		variant->work_models = arena_new_array(d->arena, const struct work_model *, older->model_file_count);
		variant->work_model_count = 0;
		for (size_t j = 0; j < older->model_file_count; j++)
			variant->work_models[variant->work_model_count++] = read_model(d, older, older->model_files[j]);
	}
}
