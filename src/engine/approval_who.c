/*
 * Who is asked: paths through links, roles (also by inclusion), teams and persons; each once, without those who are left out by
 * `not` and those who are not active. Who stands in for whom comes from the records of the type `absence`.
 */
#include "engine/approval_private.h"

#include "base/words.h"

bool has_id(const int64_t *ids, size_t count, int64_t id)
{
	for (size_t i = 0; i < count; i++)
		if (ids[i] == id)
			return true;
	return false;
}

static struct error *is_active(struct work *work, int64_t user_id, bool *ret_active)
{
	const struct field *field = type_field(work->model->user, T("active"));
	struct record *user;

	*ret_active = false;
	struct error *error = model_load(work, work->model->user, user_id, &user);
	if (error != NULL)
		return error->code == ERROR_NOT_FOUND ? NULL : error;
	*ret_active = field == NULL || user->cells[field->position].integer != 0;
	return NULL;
}

/* "role cab" and "team cab" may be lost; a path and a person's name say who, once and for all. */
static bool may_be_lost(text via)
{
	return text_starts_with(via, T("role ")) || text_starts_with(via, T("team "));
}

static struct error *add_person(struct work *work, struct people *people, int64_t user_id, text via)
{
	bool active;

	/* Asked twice, they are one; and stay asked when only one of the reasons goes. */
	for (size_t i = 0; i < people->count; i++)
		if (people->ids[i] == user_id) {
			people->via[i] = may_be_lost(people->via[i]) ? via : people->via[i];
			return NULL;
		}
	if (user_id == 0 || people->count >= APPROVAL_PEOPLE)
		return NULL;
	TRY(is_active(work, user_id, &active));
	if (!active)
		return NULL;
	if (people->ids == NULL) {
		people->ids = arena_new_array(work->arena, int64_t, APPROVAL_PEOPLE);
		people->via = arena_new_array(work->arena, text, APPROVAL_PEOPLE);
	}
	people->ids[people->count] = user_id;
	people->via[people->count++] = via;
	return NULL;
}

/* Everybody who points at a team or role with that field of theirs. */
static struct error *add_members(struct work *work, struct people *people, int64_t target_id, text user_field, text via)
{
	int64_t *ids = arena_new_array(work->arena, int64_t, APPROVAL_PEOPLE);
	size_t count = 0;
	struct rows *rows;
	bool more;

	TRY(store_query(work->store, work->arena, SQL_PEOPLE_OF,
	                CELLS(cell_integer(target_id), cell_text(user_field), cell_integer(APPROVAL_PEOPLE)), &rows));
	TRY(rows_next(rows, &more));
	while (more && count < APPROVAL_PEOPLE) {
		ids[count++] = rows_integer(rows, 0);
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	for (size_t i = 0; i < count; i++)
		TRY(add_person(work, people, ids[i], via));
	return NULL;
}

static struct error *add_role(struct work *work, struct people *people, size_t role)
{
	const struct model *model = work->model;
	text via = text_format(work->arena, "role %.*s", TEXT_ARG(model->roles[role].name));

	for (size_t i = 0; i < model->role_count; i++) {
		int64_t id;

		if ((model->roles[i].includes >> role & 1) == 0)
			continue;
		TRY(model_find_id(work, model->role, model->roles[i].name, &id));
		if (id != 0)
			TRY(add_members(work, people, id, T("roles"), via));
	}
	return NULL;
}

static struct error *add_team(struct work *work, struct people *people, int64_t team_id)
{
	struct record_name name;

	TRY(model_name(work, work->model->team, team_id, &name));
	return add_members(work, people, team_id, T("teams"), text_format(work->arena, "team %.*s", TEXT_ARG(name.number)));
}

/* The targets of one link or links field of a record. */
static struct error *targets_of(struct work *work, const struct record *record, const struct field *field, int64_t **ret_ids,
                                size_t *ret_count)
{
	int64_t id = record_id_of(record, (ptrdiff_t)field->position);

	if (field->kind == KIND_LINKS)
		return record_links(work, record, field, ret_ids, ret_count);
	*ret_ids = arena_copy(work->arena, &id, sizeof(id));
	*ret_count = id == 0 ? 0 : 1;
	return NULL;
}

struct walk {
	const struct asked *asked;
	struct people *people;
	text via;
};

static struct error *walk_path(struct work *work, const struct walk *walk, struct record *record, size_t position)
{
	const struct field *field = &record->type->fields[walk->asked->path[position]];
	int64_t *ids;
	size_t count;

	TRY(targets_of(work, record, field, &ids, &count));
	for (size_t i = 0; i < count && walk->people->count < APPROVAL_PEOPLE; i++) {
		struct record *target;

		if (position + 1 == walk->asked->path_count) {
			if (field->target->position == work->model->team->position)
				TRY(add_team(work, walk->people, ids[i]));
			else
				TRY(add_person(work, walk->people, ids[i], walk->via));
			continue;
		}
		struct error *error = model_load(work, field->target, ids[i], &target);
		if (error == NULL)
			error = walk_path(work, walk, target, position + 1);
		if (error != NULL && error->code != ERROR_NOT_FOUND)
			return error;
	}
	return NULL;
}

static struct error *add_path(struct work *work, struct people *people, struct record *record, const struct asked *asked)
{
	const struct type *type = record->type;
	text via = TEXT_UNSET;

	for (size_t i = 0; i < asked->path_count; i++) {
		const struct field *field = &type->fields[asked->path[i]];

		via = i == 0 ? field->name : text_format(work->arena, "%.*s.%.*s", TEXT_ARG(via), TEXT_ARG(field->name));
		type = field->target;
	}
	const struct walk walk = { asked, people, via };
	return walk_path(work, &walk, record, 0);
}

static struct error *add_asked(struct work *work, struct people *people, struct record *record, const struct asked *asked)
{
	int64_t id;

	switch (asked->how) {
	case ASK_PATH:
		return add_path(work, people, record, asked);
	case ASK_ROLE:
		return add_role(work, people, asked->role);
	case ASK_TEAM:
		TRY(model_find_id(work, work->model->team, asked->name, &id));
		return id == 0 ? NULL : add_team(work, people, id);
	case ASK_PERSON:
		TRY(model_find_id(work, work->model->user, asked->name, &id));
		return add_person(work, people, id, text_format(work->arena, "person %.*s", TEXT_ARG(asked->name)));
	}
	return NULL;
}

struct error *excluded_people(struct work *work, struct record *record, const struct approval_definition *definition,
                              int64_t **ret_ids, size_t *ret_count)
{
	int64_t *all = NULL;
	size_t total = 0, capacity = 0;

	for (size_t i = 0; i < definition->excluded_count; i++) {
		int64_t *ids;
		size_t count;

		TRY(targets_of(work, record, &record->type->fields[definition->excluded[i]], &ids, &count));
		for (size_t j = 0; j < count; j++) {
			arena_make_room(work->arena, all, total, capacity);
			all[total++] = ids[j];
		}
	}
	*ret_ids = all;
	*ret_count = total;
	return NULL;
}

struct error *asked_people(struct work *work, struct record *record, const struct approval_definition *definition,
                           const struct asked *asked, size_t asked_count, struct people *ret_people)
{
	struct people found = { .count = 0 };
	int64_t *excluded;
	size_t excluded_count, kept = 0;

	for (size_t i = 0; i < asked_count; i++)
		TRY(add_asked(work, &found, record, &asked[i]));
	TRY(excluded_people(work, record, definition, &excluded, &excluded_count));
	for (size_t i = 0; i < found.count; i++) {
		if (has_id(excluded, excluded_count, found.ids[i]))
			continue;
		found.ids[kept] = found.ids[i];
		found.via[kept++] = found.via[i];
	}
	found.count = kept;
	*ret_people = found;
	return NULL;
}

struct error *still_asked(struct work *work, const struct voter *voter, bool *ret_still)
{
	struct work person = *work;
	text rest = voter->via, kind;
	int64_t team;

	*ret_still = false;
	struct error *error = access_actor(&person, voter->user_id, &person.actor);
	if (error != NULL)
		return error->code == ERROR_FORBIDDEN || error->code == ERROR_NOT_FOUND ? NULL : error;
	text_cut(&rest, ' ', &kind);
	if (text_is_set(rest) && text_equal(kind, T("role"))) {
		*ret_still = actor_has_role(&person, rest);
	} else if (text_is_set(rest) && text_equal(kind, T("team"))) {
		TRY(model_find_id(work, work->model->team, rest, &team));
		*ret_still = has_id(person.actor->teams, person.actor->team_count, team);
	} else {
		*ret_still = true;
	}
	return NULL;
}

/* ---- who stands in ---- */

/* One column of ids for (id, now); those not yet in the list are added when they are active. */
static struct error *add_standing_in(struct work *work, enum sql_name statement, int64_t id, int64_t *ids, size_t *count)
{
	int64_t found[APPROVAL_DELEGATES];
	size_t found_count = 0;
	struct rows *rows;
	bool more;

	TRY(store_query(work->store, work->arena, statement,
	                CELLS(cell_integer(id), cell_moment(work->now), cell_integer(APPROVAL_DELEGATES)), &rows));
	TRY(rows_next(rows, &more));
	while (more && found_count < APPROVAL_DELEGATES) {
		found[found_count++] = rows_integer(rows, 0);
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	for (size_t i = 0; i < found_count && *count < APPROVAL_DELEGATES; i++) {
		bool active;

		TRY(is_active(work, found[i], &active));
		if (active && !has_id(ids, *count, found[i]))
			ids[(*count)++] = found[i];
	}
	return NULL;
}

static struct error *closure(struct work *work, enum sql_name statement, int64_t user_id, int64_t **ret_ids, size_t *ret_count)
{
	/* The person stands first, so that a circle ends, and is left out at the end. */
	int64_t *ids = arena_new_array(work->arena, int64_t, APPROVAL_DELEGATES + 1);
	size_t count = 1, from = 0;

	ids[0] = user_id;
	for (int depth = 0; depth < APPROVAL_DELEGATE_DEPTH && from < count; depth++) {
		size_t until = count;

		for (; from < until; from++)
			TRY(add_standing_in(work, statement, ids[from], ids, &count));
	}
	*ret_ids = ids + 1;
	*ret_count = count - 1;
	return NULL;
}

struct error *absence_delegates(struct work *work, int64_t user_id, int64_t **ret_ids, size_t *ret_count)
{
	return closure(work, SQL_ABSENCE_DELEGATES, user_id, ret_ids, ret_count);
}

struct error *absence_people(struct work *work, int64_t user_id, int64_t **ret_ids, size_t *ret_count)
{
	return closure(work, SQL_ABSENCE_PEOPLE, user_id, ret_ids, ret_count);
}

/* ---- may read, and know of it ---- */

struct error *add_approvers(struct work *work, const struct record *record, const int64_t *ids, size_t count, bool *ret_new)
{
	const struct field *field = &record->type->fields[record->type->approvers];
	int64_t *before, *all;
	size_t before_count, total;

	TRY(record_links(work, record, field, &before, &before_count));
	all = arena_new_array(work->arena, int64_t, before_count + count + 1);
	for (total = 0; total < before_count; total++)
		all[total] = before[total];
	for (size_t i = 0; i < count; i++) {
		ret_new[i] = !has_id(all, total, ids[i]);
		if (ret_new[i])
			all[total++] = ids[i];
	}
	return total == before_count ? NULL : model_set_links(work, record, field, all, total);
}

struct error *tell_people(struct work *work, struct record *record, const struct round *round, const int64_t *ids, size_t count,
                          text words, int64_t event_id)
{
	text label = round->definition == NULL ? round->name : label_in(&round->definition->label, T("en"));

	return notify_people(work, record, ids, count, words, T("because you are asked: {field}"), label, event_id);
}
