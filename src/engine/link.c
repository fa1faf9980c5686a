/*
 * Relations between records, and watching. A link is one row seen from both ends, and an event in the history of each.
 */
#include "engine/step_private.h"
#include "engine/time_private.h"

#include "base/limits.h"

/* Ends of other types than the one with classes are for type_ends() to judge. */
static bool class_fits(const struct record *record, uint64_t classes)
{
	const struct type *type = record->type;

	if (classes == 0 || type->class_field < 0)
		return true;
	const struct cell *class = &record->cells[type->class_field];
	return class->kind == CELL_INTEGER && (classes >> class->integer & 1) != 0;
}

static text kind_of(const struct record *record)
{
	const struct type *type = record->type;

	if (type->class_field < 0 || record->cells[type->class_field].kind != CELL_INTEGER)
		return type->name;
	return type->fields[type->class_field].choices[record->cells[type->class_field].integer].name;
}

/* "a virtual_machine is hosted on one record only, and CI0000007 is that already" */
static struct error *check_cardinality(struct work *work, const struct relation *relation, const struct record *from,
                                       const struct record *to)
{
	const struct record *single = relation->from_one ? from : to;
	const char *other = relation->from_one ? "to" : "from";
	int64_t id = 0;
	bool found = false;

	if (relation->from_one)
		TRY(store_integer(work->store, work->arena, SQL_LINK_OTHER_TO,
		                  CELLS(cell_text(relation->name), cell_integer(from->id), cell_integer(to->id)), &id, &found));
	if (relation->to_one && !found) {
		single = to;
		other = "from";
		TRY(store_integer(work->store, work->arena, SQL_LINK_OTHER_FROM,
		                  CELLS(cell_text(relation->name), cell_integer(to->id), cell_integer(from->id)), &id, &found));
	}
	if (!found)
		return NULL;
	struct error *error = error_field(error_new(work->arena, ERROR_INVALID, "%.*s has a link '%.*s' %s another record already",
	                                            TEXT_ARG(record_number(single)), TEXT_ARG(relation->name), other),
	                                  T("relation"));
	return error_hint(work->arena, error, "it can have one only: remove that link first");
}

static struct error *check_link(struct work *work, const struct relation *relation, const struct record *from,
                                const struct record *to)
{
	if (from->id == to->id)
		return error_field(error_new(work->arena, ERROR_INVALID, "%.*s cannot be linked to itself",
		                             TEXT_ARG(record_number(from))),
		                   T("to"));
	if (!class_fits(from, relation->from_classes) || !class_fits(to, relation->to_classes))
		return error_field(error_new(work->arena, ERROR_INVALID, "'%.*s' does not go from a %.*s to a %.*s",
		                             TEXT_ARG(relation->name), TEXT_ARG(kind_of(from)), TEXT_ARG(kind_of(to))),
		                   T("relation"));
	if (!type_ends(from->type, relation->from, relation->from_count) || !type_ends(to->type, relation->to, relation->to_count))
		return error_field(error_new(work->arena, ERROR_INVALID, "'%.*s' does not go from %.*s to %.*s",
		                             TEXT_ARG(relation->name), TEXT_ARG(from->type->name), TEXT_ARG(to->type->name)),
		                   T("relation"));
	return NULL;
}

static void add_link_payload(struct work *work, struct value *payload, const struct relation *relation, bool inverse,
                             const struct record *other)
{
	value_set_text(work->arena, payload, T("relation"), relation->name);
	value_set_bool(work->arena, payload, T("inverse"), inverse);
	value_set_text(work->arena, payload, T("other_type"), other->type->name);
	value_set_integer(work->arena, payload, T("other_id"), other->id);
}

static struct error *journal_end(struct work *work, struct record *record, enum event_kind kind, const struct relation *relation,
                                 bool inverse, const struct record *other, text rule, int64_t *ret_event)
{
	struct step step;

	step_init(&step, work, record, kind);
	step.touch = true;
	step.rule = rule;
	step.payload = value_map(work->arena);
	add_link_payload(work, step.payload, relation, inverse, other);
	TRY(step_save(&step, work));
	*ret_event = step.event_id;
	return NULL;
}

/* Rules of one end may change the other: what the caller holds is brought up to date. */
static struct error *refresh(struct work *work, struct record *record)
{
	struct record *fresh;

	TRY(model_load_fresh(work, record->type, record->id, &fresh));
	if (fresh->version == record->version || fresh->type != record->type)
		return NULL;
	memcpy(record->cells, fresh->cells, sizeof(*record->cells) * record->type->field_count);
	record->version = fresh->version;
	return NULL;
}

/* Both ends have it in their history before the rules of either see it. */
static struct error *journal_link(struct work *work, struct record *from, const struct relation *relation, struct record *to,
                                  bool linked, text rule)
{
	enum event_kind kind = linked ? EVENT_LINKED : EVENT_UNLINKED;
	int64_t from_event, to_event;

	TRY(journal_end(work, from, kind, relation, false, to, rule, &from_event));
	TRY(journal_end(work, to, kind, relation, true, from, rule, &to_event));
	TRY(rules_follow_link(work, from, relation, false, to, linked, from_event));
	TRY(refresh(work, to));
	TRY(rules_follow_link(work, to, relation, true, from, linked, to_event));
	TRY(refresh(work, from));
	return linked ? tasks_carry_link(work, from, relation, to) : NULL;
}

/* *ret_new false: they were linked so before. */
static struct error *insert_link(struct work *work, struct record *from, const struct relation *relation, struct record *to,
                                 text rule, int64_t *ret_id, bool *ret_new)
{
	TRY(check_link(work, relation, from, to));
	TRY(check_cardinality(work, relation, from, to));
	TRY(store_integer(work->store, work->arena, SQL_LINK_INSERT,
	                  CELLS(cell_text(relation->name), cell_text(from->type->name), cell_integer(from->id),
	                        cell_text(to->type->name), cell_integer(to->id), cell_moment(work->now),
	                        cell_id(work->actor->id)),
	                  ret_id, ret_new));
	if (!*ret_new)
		return NULL;
	return journal_link(work, from, relation, to, true, rule);
}

struct error *engine_apply_link(struct work *work, struct record *from, const struct relation *relation, struct record *to,
                                int64_t *ret_id)
{
	bool is_new, found;

	TRY(insert_link(work, from, relation, to, TEXT_UNSET, ret_id, &is_new));
	if (is_new)
		return NULL;
	return store_integer(work->store, work->arena, SQL_LINK_FIND,
	                     CELLS(cell_text(relation->name), cell_integer(from->id), cell_integer(to->id)), ret_id, &found);
}

/* Locks both ends in the order of their ids, so that two links across cannot wait for each other. */
static struct error *lock_both(struct work *work, const struct type *type, int64_t id, const struct type *other_type,
                               int64_t other_id, struct record **ret_record, struct record **ret_other)
{
	if (id > other_id)
		return lock_both(work, other_type, other_id, type, id, ret_other, ret_record);
	TRY(model_lock(work, type, id, ret_record));
	return model_lock(work, other_type, other_id, ret_other);
}

static struct error *target_error(struct work *work, text to_number)
{
	return error_field(error_new(work->arena, ERROR_INVALID, "there is no record '%.*s'", TEXT_ARG(to_number)), T("to"));
}

/* Services, people and the like have names instead of numbers: only where the relation leads to them. */
static struct error *find_target(struct work *work, const struct relation *relation, text number, const struct type **type,
                                 int64_t *ret_id)
{
	if (*type != NULL)
		TRY(model_find_id(work, *type, number, ret_id));
	for (size_t i = 0; relation != NULL && *ret_id == 0 && i < relation->to_count; i++) {
		if (text_is_set(relation->to[i]->number_prefix))
			continue;
		*type = relation->to[i];
		TRY(model_find_id(work, *type, number, ret_id));
	}
	return NULL;
}

struct error *engine_link(struct work *work, const struct type *type, text number, text relation, text to_number, int64_t *ret_id)
{
	const struct relation *found = model_relation(work->model, relation);
	const struct type *to_type = model_type_of_number(work->model, to_number);
	struct record *from, *to;
	int64_t from_id, to_id = 0;
	bool may, is_new;

	TRY(model_find_id(work, type, number, &from_id));
	if (from_id == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "there is no %.*s %.*s", TEXT_ARG(type->name), TEXT_ARG(number));
	TRY(find_target(work, found, to_number, &to_type, &to_id));
	if (to_id == 0 || to_id == from_id) {
		TRY(engine_lock(work, type, number, &from));
		TRY(access_require(work, RIGHT_LINK, type, from));
		return to_id == 0 ? target_error(work, to_number) :
		                    error_field(error_new(work->arena, ERROR_INVALID, "%.*s cannot be linked to itself",
		                                          TEXT_ARG(number)),
		                                T("to"));
	}
	TRY(lock_both(work, type, from_id, to_type, to_id, &from, &to));
	TRY(access_require(work, RIGHT_LINK, type, from));
	TRY(access_may(work, RIGHT_READ, to_type, to, &may));
	if (!may)
		return target_error(work, to_number);
	TRY(access_require(work, RIGHT_LINK, to_type, to));
	if (found == NULL)
		return error_field(error_new(work->arena, ERROR_INVALID, "there is no relation '%.*s'", TEXT_ARG(relation)),
		                   T("relation"));
	TRY(insert_link(work, from, found, to, TEXT_UNSET, ret_id, &is_new));
	if (!is_new)
		return error_new(work->arena, ERROR_CONFLICT, "%.*s and %.*s are linked so already", TEXT_ARG(number),
		                 TEXT_ARG(to_number));
	return NULL;
}

/* ---- imports ---- */

/* The version stays: nothing of the record itself changes, and what was exported comes back as it was. */
static struct error *journal_import(struct work *work, const struct import_link *link, struct record *record, bool inverse,
                                    const struct record *other, int64_t *ret_event)
{
	struct event *event = event_new(work, record, EVENT_LINKED);

	event->at = link->at;
	event->actor_id = link->actor_id;
	event->origin = ORIGIN_IMPORT;
	add_link_payload(work, event->payload, link->relation, inverse, other);
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

struct error *engine_import_link(struct work *work, const struct import_link *link, bool *ret_new)
{
	struct record *record, *other;
	int64_t id, event_id;
	bool known, is_new;

	*ret_new = false;
	TRY(access_require(work, RIGHT_IMPORT, link->type, NULL));
	if (link->source_key.length == 0 || link->source_key.length > LIMIT_SOURCE_KEY_BYTES)
		return error_new(work->arena, ERROR_INVALID, "a link needs a key of its source, at most %d bytes", LIMIT_SOURCE_KEY_BYTES);
	TRY(store_integer(work->store, work->arena, SQL_IMPORT_FIND, CELLS(cell_text(link->source_key)), &id, &known));
	if (known)
		return NULL;
	if (link->id == link->other_id)
		return error_field(error_new(work->arena, ERROR_INVALID, "a record cannot be linked to itself"), T("to"));
	TRY(lock_both(work, link->type, link->id, link->other_type, link->other_id, &record, &other));
	struct record *from = link->inverse ? other : record, *to = link->inverse ? record : other;
	TRY(check_link(work, link->relation, from, to));
	TRY(check_cardinality(work, link->relation, from, to));
	TRY(store_integer(work->store, work->arena, SQL_LINK_INSERT,
	                  CELLS(cell_text(link->relation->name), cell_text(from->type->name), cell_integer(from->id),
	                        cell_text(to->type->name), cell_integer(to->id), cell_moment(link->at), cell_id(link->actor_id)),
	                  &id, &is_new));
	if (!is_new)
		return NULL;
	TRY(journal_import(work, link, to, true, from, &event_id));
	TRY(journal_import(work, link, from, false, to, &event_id));
	*ret_new = true;
	return store_run(work->store, work->arena, SQL_IMPORT_KEEP,
	                 CELLS(cell_text(link->source_key), cell_integer(record->id), cell_integer(event_id)), NULL);
}

/* ---- removing and reading ---- */

struct link_row {
	int64_t id, from_id, to_id;
	text name, from_type, to_type;
	moment created_at;
};

static void read_link(struct rows *rows, struct arena *arena, struct link_row *ret_link)
{
	*ret_link = (struct link_row){
		.id = rows_integer(rows, 0),
		.name = rows_text_copy(rows, arena, 1),
		.from_type = rows_text_copy(rows, arena, 2),
		.from_id = rows_integer(rows, 3),
		.to_type = rows_text_copy(rows, arena, 4),
		.to_id = rows_integer(rows, 5),
		.created_at = rows_moment(rows, 6),
	};
}

static struct error *get_link(struct work *work, int64_t id, struct link_row *ret_link, bool *ret_found)
{
	struct rows *rows;

	TRY(store_query(work->store, work->arena, SQL_LINK_GET, CELLS(cell_integer(id)), &rows));
	TRY(rows_next(rows, ret_found));
	if (!*ret_found)
		return NULL;
	read_link(rows, work->arena, ret_link);
	rows_close(rows);
	return NULL;
}

struct error *engine_unlink(struct work *work, const struct type *type, text number, int64_t link_id)
{
	const struct relation *relation = NULL;
	struct record *record, *other;
	struct link_row link;
	int64_t id, deleted;
	bool found, may = false;

	TRY(model_find_id(work, type, number, &id));
	TRY(get_link(work, link_id, &link, &found));
	if (found)
		relation = model_relation(work->model, link.name);
	found = found && relation != NULL && id != 0 && (link.from_id == id || link.to_id == id);
	const struct type *other_type = found ? model_type(work->model, link.from_id == id ? link.to_type : link.from_type) : NULL;
	if (other_type == NULL) {
		TRY(engine_lock(work, type, number, &record));
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no link %lld", TEXT_ARG(number), (long long)link_id);
	}
	TRY(lock_both(work, type, id, other_type, link.from_id == id ? link.to_id : link.from_id, &record, &other));
	TRY(access_require(work, RIGHT_LINK, type, record));
	TRY(access_may(work, RIGHT_READ, other_type, other, &may));
	if (may)
		TRY(store_run(work->store, work->arena, SQL_LINK_DELETE, CELLS(cell_integer(link_id)), &deleted));
	if (!may || deleted == 0)
		return error_new(work->arena, ERROR_NOT_FOUND, "%.*s has no link %lld", TEXT_ARG(number), (long long)link_id);
	if (link.to_id == id)
		return journal_link(work, other, relation, record, false, TEXT_UNSET);
	return journal_link(work, record, relation, other, false, TEXT_UNSET);
}

struct link_list {
	struct record_link *items;
	size_t count, capacity;
};

/* Rows of KIND_LINKS fields have a field's name and no relation: they are shown with their field. */
static struct error *add_links(struct work *work, struct record *record, struct rows *rows, bool inverse, struct link_list *list)
{
	struct link_row link;
	bool row;

	for (;;) {
		TRY(rows_next(rows, &row));
		if (!row)
			return NULL;
		read_link(rows, work->arena, &link);
		const struct relation *relation = model_relation(work->model, link.name);
		const struct type *type = model_type(work->model, inverse ? link.from_type : link.to_type);
		int64_t other_id = inverse ? link.from_id : link.to_id;
		if (relation == NULL || type == NULL || other_id == record->id)
			continue;
		arena_make_room(work->arena, list->items, list->count, list->capacity);
		list->items[list->count++] = (struct record_link){
			.id = link.id,
			.relation = relation,
			.inverse = inverse,
			.type = type,
			.other_id = other_id,
			.created_at = link.created_at,
		};
	}
}

static struct error *read_others(struct work *work, const struct type *type, struct link_list *list)
{
	int64_t *ids = arena_new_array(work->arena, int64_t, list->count + 1);
	struct record_page page;
	size_t count = 0;

	for (size_t i = 0; i < list->count; i++)
		if (list->items[i].type == type)
			ids[count++] = list->items[i].other_id;
	if (count == 0)
		return NULL;
	TRY(engine_read_many(work, type, ids, count, &page));
	for (size_t i = 0; i < list->count; i++)
		for (size_t k = 0; list->items[i].type == type && list->items[i].other == NULL && k < page.count; k++)
			if (page.records[k]->id == list->items[i].other_id)
				list->items[i].other = page.records[k];
	return NULL;
}

struct error *engine_links(struct work *work, struct record *record, struct record_link **ret_links, size_t *ret_count)
{
	struct link_list list = { 0 };
	struct rows *rows;
	size_t kept = 0;

	TRY(store_query(work->store, work->arena, SQL_LINK_LIST_FROM, CELLS(cell_integer(record->id)), &rows));
	TRY(add_links(work, record, rows, false, &list));
	TRY(store_query(work->store, work->arena, SQL_LINK_LIST_TO, CELLS(cell_integer(record->id), cell_integer(LIMIT_COUNT)),
	                &rows));
	TRY(add_links(work, record, rows, true, &list));
	for (size_t i = 0; i < work->model->type_count; i++)
		TRY(read_others(work, &work->model->types[i], &list));
	/* What may not be read is not there. */
	for (size_t i = 0; i < list.count; i++)
		if (list.items[i].other != NULL)
			list.items[kept++] = list.items[i];
	*ret_links = list.items;
	*ret_count = kept;
	return NULL;
}

/* ---- watching ---- */

static struct error *journal_watch(struct work *work, struct record *record, int64_t user_id, bool watch)
{
	struct event *event = event_new(work, record, EVENT_WATCHED);

	value_set_integer(work->arena, event->payload, T("user"), user_id);
	value_set_bool(work->arena, event->payload, T("watch"), watch);
	return event_append(work, event);
}

static struct error *check_watcher(struct work *work, struct record *record, int64_t user_id)
{
	const struct field *watchers;
	struct record *user;

	if (record->type->watchers < 0)
		return error_new(work->arena, ERROR_CONFLICT, "a %.*s cannot be watched", TEXT_ARG(record->type->name));
	watchers = &record->type->fields[record->type->watchers];
	TRY(access_require(work, RIGHT_WATCH, record->type, record));
	if (user_id == work->actor->id)
		return NULL;
	/* Whoever watches may read: making others watch is changing the record. */
	bool *fields = arena_new_array(work->arena, bool, record->type->field_count);
	TRY(access_writable_fields(work, record->type, record, fields));
	if (!fields[watchers->position] && work->actor->kind != ACTOR_SYSTEM)
		return error_new(work->arena, ERROR_FORBIDDEN, "you may not let others watch this %.*s", TEXT_ARG(record->type->name));
	return model_load(work, watchers->target, user_id, &user);
}

struct error *engine_watch(struct work *work, const struct type *type, text number, int64_t user_id, bool watch)
{
	int64_t *ids, *next;
	size_t count, kept = 0;
	struct record *record;

	TRY(engine_lock(work, type, number, &record));
	user_id = user_id == 0 ? work->actor->id : user_id;
	if (user_id == 0)
		return error_new(work->arena, ERROR_INVALID, "nobody is signed in who could watch");
	TRY(check_watcher(work, record, user_id));
	const struct field *field = &type->fields[type->watchers];
	TRY(record_links(work, record, field, &ids, &count));
	next = arena_new_array(work->arena, int64_t, count + 1);
	for (size_t i = 0; i < count; i++)
		if (ids[i] != user_id)
			next[kept++] = ids[i];
	if ((kept < count) == watch)
		return NULL;
	if (watch)
		next[kept++] = user_id;
	TRY(model_set_links(work, record, field, next, kept));
	return journal_watch(work, record, user_id, watch);
}
