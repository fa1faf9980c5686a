/* Merge patches on fields, by people and by rules. */
#include "engine/step_private.h"
#include "engine/time_private.h"

struct error *engine_update(struct work *work, const struct type *type, text number, int64_t expected_version,
                            const struct value *patch, struct record **ret_record)
{
	struct record *record;
	struct step step;
	struct error *errors;
	bool *allowed = NULL;

	TRY(engine_lock(work, type, number, &record));
	TRY(access_require(work, RIGHT_UPDATE, type, record));
	TRY(version_check(work, record, expected_version, patch));
	if (work->actor->kind != ACTOR_SYSTEM) {
		allowed = arena_new_array(work->arena, bool, type->field_count);
		TRY(access_writable_fields(work, type, record, allowed));
	}
	step_init(&step, work, record, EVENT_UPDATED);
	errors = step_read(&step, work, patch, allowed, true);
	if (errors != NULL && errors->code != ERROR_INVALID)
		return errors;
	errors = error_append(errors, task_check_update(&step, work));
	errors = error_append(errors, step_decide(&step, work, false));
	errors = error_append(errors, step_check_required(&step, work, false));
	errors = error_append(errors, step_check_classes(&step, work));
	if (errors != NULL)
		return errors;
	TRY(step_settle_comment(&step, work, record, false));
	step.touch = text_is_set(step.comment);
	TRY(step_save(&step, work));
	*ret_record = step.record;
	return NULL;
}

struct error *engine_apply_update(struct work *work, struct record *record, const bool *changed, const struct cell *cells,
                                  text rule)
{
	struct step step;

	step_init(&step, work, record, EVENT_UPDATED);
	for (size_t i = FIELD_SYSTEM_COUNT; i < record->type->field_count; i++)
		if (changed[i])
			step_set(&step, i, cells[i]);
	step.rule = rule;
	TRY(step_decide(&step, work, false));
	TRY(step_check_classes(&step, work));
	return step_save(&step, work);
}

/* What stands at the end of the path; unset when a link on the way is, or leads to what is no more. */
static struct error *path_cell(struct work *work, const struct record *record, const struct setting *setting, struct cell *ret_cell)
{
	*ret_cell = cell_null();
	for (size_t i = 0; i + 1 < setting->path_count; i++) {
		const struct field *link = &record->type->fields[setting->path[i]];
		int64_t id = record_id_of(record, (ptrdiff_t)link->position);
		struct record *target;
		struct error *error;

		if (id == 0)
			return NULL;
		error = model_load(work, link->target, id, &target);
		if (error != NULL)
			return error->code == ERROR_NOT_FOUND ? NULL : error;
		record = target;
	}
	*ret_cell = record->cells[setting->path[setting->path_count - 1]];
	return NULL;
}

/* Of the record at the other end of the link that a rule is about; without a path that record itself. */
static struct error *other_cell(struct work *work, const struct setting *setting, const struct field *field, struct cell *ret_cell)
{
	*ret_cell = cell_null();
	if (work->other == NULL)
		return NULL;
	if (setting->path_count > 0)
		return path_cell(work, work->other, setting, ret_cell);
	*ret_cell = field->kind == KIND_RECORD ? cell_text(record_number(work->other)) : cell_integer(work->other->id);
	return NULL;
}

/* The words as nobody in particular reads them: who may read the result is said by the field they stand in. */
static struct error *words_cell(struct work *work, struct record *record, const struct setting *setting, struct cell *ret_cell)
{
	struct actor everybody = *access_system();
	struct work all = *work;
	text words;

	everybody.zone = work->actor->zone;
	all.actor = &everybody;
	TRY(fill_words(&all, record, setting->words, &words));
	*ret_cell = cell_text(words);
	return NULL;
}

/* A target that is gone, or not there yet, leaves the field as it is. */
static struct error *named_cell(struct work *work, const struct setting *setting, const struct field *field, struct value *missing,
                                struct cell *ret_cell)
{
	int64_t id;

	TRY(model_find_id(work, field->target, setting->words, &id));
	*ret_cell = cell_id(id);
	if (id == 0 && missing != NULL)
		value_append(work->arena, missing,
		             value_text(work->arena, text_format(work->arena, "%.*s %.*s", TEXT_ARG(field->name), TEXT_ARG(setting->words))));
	return NULL;
}

/* The person, when they are in the team; without a team everybody is. */
static struct error *member_cell(struct work *work, const struct record *record, const struct setting *setting, struct cell *ret_cell)
{
	const struct field *teams = type_field(work->model->user, T("teams"));
	int64_t person_id = record_id_of(record, (ptrdiff_t)setting->field), team_id = record_id_of(record, (ptrdiff_t)setting->from), *ids;
	struct record *person;
	size_t count;

	*ret_cell = record->cells[setting->field];
	if (person_id == 0 || team_id == 0 || teams == NULL || teams->kind != KIND_LINKS)
		return NULL;
	TRY(model_load(work, work->model->user, person_id, &person));
	TRY(record_links(work, person, teams, &ids, &count));
	for (size_t i = 0; i < count; i++)
		if (ids[i] == team_id)
			return NULL;
	*ret_cell = cell_null();
	return NULL;
}

static struct error *setting_cell(struct work *work, const struct type *type, struct record *record, const struct setting *setting,
                                  struct value *missing, struct cell *ret_cell)
{
	const struct field *field = &type->fields[setting->field];

	*ret_cell = cell_null();
	switch (setting->how) {
	case SET_VALUE:
		*ret_cell = *setting->value;
		break;
	case SET_ME:
		*ret_cell = cell_id(work->actor->id);
		break;
	case SET_NOW:
		*ret_cell = cell_moment(work->now);
		break;
	case SET_FIELD:
		*ret_cell = record->cells[setting->from];
		break;
	case SET_PATH:
		return path_cell(work, record, setting, ret_cell);
	case SET_MEMBER:
		return member_cell(work, record, setting, ret_cell);
	case SET_WORDS:
		return words_cell(work, record, setting, ret_cell);
	case SET_LINK:
		return named_cell(work, setting, field, missing, ret_cell);
	case SET_OTHER:
		return other_cell(work, setting, field, ret_cell);
	case SET_UNSET:
		break;
	}
	return NULL;
}

/* What is copied from elsewhere was measured there: a text is cut to the field's length, a number that does not fit is refused. */
static struct error *fit_cell(struct work *work, const struct field *field, struct cell *cell)
{
	bool number = cell->kind == CELL_INTEGER && (field->kind == KIND_INTEGER || field->kind == KIND_DURATION);
	bool real = cell->kind == CELL_REAL && field->kind == KIND_REAL;

	if (cell->kind == CELL_TEXT && field->length_max > 0)
		for (size_t most = field->length_max; cell->text.length > field->length_max; most = most * 3 / 4)
			cell->text = text_shorten(work->arena, cell->text, most);
	if (number ? cell->integer >= field->least && cell->integer <= field->most
	           : !real || (cell->real >= (double)field->least && cell->real <= (double)field->most))
		return NULL;
	return error_field(error_new(work->arena, ERROR_INVALID, "%.*s must be from %lld to %lld", TEXT_ARG(field->name),
	                             (long long)field->least, (long long)field->most),
	                   field->name);
}

struct error *engine_evaluate_settings(struct work *work, const struct type *type, struct record *record,
                                       const struct setting *settings, size_t count, bool *changed, struct cell *cells,
                                       struct value *missing)
{
	for (size_t i = 0; i < count; i++) {
		struct cell cell;
		bool holds;

		TRY(rule_holds(work, settings[i].when, record, &holds));
		if (!holds)
			continue;
		TRY(setting_cell(work, type, record, &settings[i], missing, &cell));
		if (settings[i].how == SET_LINK && cell.kind == CELL_NULL)
			continue;
		TRY(fit_cell(work, &type->fields[settings[i].field], &cell));
		cells[settings[i].field] = cell;
		changed[settings[i].field] = true;
	}
	return NULL;
}
