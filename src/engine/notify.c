/*
 * Telling people: who is meant by a rule's fields and roles, less the one who did it, less those who may not
 * read the record, each once per cause and with the reason why they are told. One event says who was told;
 * mail and live pages read it from the log.
 */
#include "engine/time_private.h"

#include "base/words.h"

/* Nobody needs a larger audience from one rule; beyond it somebody has confused a team with everybody. */
#define NOTIFY_PEOPLE 200

struct candidate {
	int64_t user_id;
	text reason;		   /* words with {field}, {team}, {role} */
	const struct label *label; /* what the place in the words stands for; NULL: `name` */
	text name;
	struct work reader; /* the work as this person would do it */
};
struct audience {
	struct candidate *items;
	size_t count, capacity;
};

/* The first reason holds: fields stand in the rule in the order of their weight. */
static void audience_add(struct arena *arena, struct audience *audience, struct candidate candidate)
{
	for (size_t i = 0; i < audience->count; i++)
		if (audience->items[i].user_id == candidate.user_id)
			return;
	if (candidate.user_id == 0 || audience->count >= NOTIFY_PEOPLE)
		return;
	arena_make_room(arena, audience->items, audience->count, audience->capacity);
	audience->items[audience->count++] = candidate;
}

/* Everybody who points at a team or role with that field of theirs. */
static struct error *add_members(struct work *work, struct audience *audience, text user_field,
				 int64_t target_id, struct candidate candidate)
{
	struct rows *rows;
	bool more;
	TRY(store_query(work->store, work->arena, SQL_PEOPLE_OF,
			CELLS(cell_integer(target_id), cell_text(user_field), cell_integer(NOTIFY_PEOPLE)),
			&rows));
	TRY(rows_next(rows, &more));
	while (more) {
		candidate.user_id = rows_integer(rows, 0);
		audience_add(work->arena, audience, candidate);
		TRY(rows_next(rows, &more));
	}
	return NULL;
}

static struct error *add_target(struct work *work, struct audience *audience, const struct type *type,
				const struct field *field, int64_t id)
{
	struct candidate candidate = { .user_id = id,
				       .reason = T("because you are in: {field}"),
				       .label = &field->label };
	ptrdiff_t position = (ptrdiff_t)field->position;
	if (field->target == work->model->team) {
		struct record_name name;
		TRY(model_name(work, field->target, id, &name));
		candidate = (struct candidate){ .reason = T("because you are in the team {field}"),
						.name = name.title };
		return add_members(work, audience, T("teams"), id, candidate);
	}
	if (field->target != work->model->user)
		return NULL;
	if (position == type->assignee)
		candidate.reason = T("because you are the assignee");
	else if (position == type->requester)
		candidate.reason = T("because you are the requester");
	else if (position == type->watchers)
		candidate.reason = T("because you watch it");
	audience_add(work->arena, audience, candidate);
	return NULL;
}

static struct error *add_field(struct work *work, struct audience *audience, struct record *record,
			       const struct field *field)
{
	int64_t *ids, one = record_id_of(record, (ptrdiff_t)field->position);
	size_t count;
	if (field->kind == KIND_LINK)
		return one == 0 ? NULL : add_target(work, audience, record->type, field, one);
	if (field->kind != KIND_LINKS)
		return NULL;
	TRY(record_links(work, record, field, &ids, &count));
	for (size_t i = 0; i < count; i++)
		TRY(add_target(work, audience, record->type, field, ids[i]));
	return NULL;
}

/* The work as that person would do it; *ret_may false for who is no longer active or may not read the record.
 */
static struct error *as_reader(const struct work *work, struct record *record, int64_t user_id,
			       struct work *ret_reader, bool *ret_may)
{
	*ret_reader = *work;
	*ret_may = false;
	struct error *error = access_actor(ret_reader, user_id, &ret_reader->actor);
	if (error != NULL)
		return error->code == ERROR_FORBIDDEN || error->code == ERROR_NOT_FOUND ? NULL : error;
	if (text_is_set(ret_reader->actor->language))
		ret_reader->language = ret_reader->actor->language;
	return access_may(ret_reader, RIGHT_READ, record->type, record, ret_may);
}

static struct error *add_holders(struct work *work, const struct role *role, struct audience *audience)
{
	int64_t id;
	TRY(model_find_id(work, work->model->role, role->name, &id));
	if (id == 0)
		return NULL;
	struct candidate candidate = { .reason = T("because you have the role {field}"), .label = &role->label };
	return add_members(work, audience, T("roles"), id, candidate);
}

static struct error *any_reads(struct work *work, struct record *record, const struct audience *audience, bool *ret_any)
{
	*ret_any = false;
	for (size_t i = 0; i < audience->count && !*ret_any; i++) {
		struct work reader;
		TRY(as_reader(work, record, audience->items[i].user_id, &reader, ret_any));
	}
	return NULL;
}

/* The next larger set of roles that one role includes, above `than`; 0: none of them includes the wanted one. */
static int next_breadth(const struct model *model, size_t wanted, int than)
{
	int next = 0;
	for (size_t i = 0; i < model->role_count; i++) {
		int breadth = __builtin_popcountll(model->roles[i].includes);
		if ((model->roles[i].includes >> wanted & 1) != 0 && breadth > than && (next == 0 || breadth < next))
			next = breadth;
	}
	return next;
}

/*
 * Those who were given the role itself. When there is nobody, who holds it by including it: the narrowest roles first, so that an
 * incident manager's call goes to the major incident manager, and only in the end to administrators, who include everything.
 */
static struct error *add_role(struct work *work, struct record *record, size_t role, struct audience *audience)
{
	const struct model *model = work->model;
	struct audience own = { NULL, 0, 0 };
	bool any;
	TRY(add_holders(work, &model->roles[role], &own));
	TRY(any_reads(work, record, &own, &any));
	for (int breadth = next_breadth(model, role, 0); !any && breadth != 0; breadth = next_breadth(model, role, breadth)) {
		for (size_t i = 0; i < model->role_count; i++)
			if ((model->roles[i].includes >> role & 1) != 0 &&
			    __builtin_popcountll(model->roles[i].includes) == breadth)
				TRY(add_holders(work, &model->roles[i], &own));
		TRY(any_reads(work, record, &own, &any));
	}
	for (size_t i = 0; i < own.count; i++)
		audience_add(work->arena, audience, own.items[i]);
	return NULL;
}

static struct error *add_roles(struct work *work, struct record *record, struct audience *audience, uint64_t roles)
{
	for (size_t i = 0; i < work->model->role_count; i++)
		if ((roles >> i & 1) != 0)
			TRY(add_role(work, record, i, audience));
	return NULL;
}

static struct error *find_audience(struct work *work, struct record *record, const struct action *action,
				   struct audience *audience)
{
	for (size_t i = 0; i < action->notify_field_count; i++)
		TRY(add_field(work, audience, record, &record->type->fields[action->notify_fields[i]]));
	return action->notify_roles == 0 ? NULL : add_roles(work, record, audience, action->notify_roles);
}

/* Without the one who did it, and without those who may not read the record. */
static struct error *keep_readers(struct work *work, struct record *record, const struct root *root,
				  struct audience *audience)
{
	size_t kept = 0;
	for (size_t i = 0; i < audience->count; i++) {
		struct candidate *candidate = &audience->items[i];
		bool may = false;
		if (candidate->user_id != root->person_id)
			TRY(as_reader(work, record, candidate->user_id, &candidate->reader, &may));
		if (may)
			audience->items[kept++] = *candidate;
	}
	audience->count = kept;
	return NULL;
}

static struct error *tell(struct record *record, const struct action *action, struct candidate *candidate,
			  int64_t event_id, bool *ret_told)
{
	struct work *reader = &candidate->reader;
	struct value *arguments = value_map(reader->arena);
	int64_t added;
	text said;
	value_set_text(reader->arena, arguments, T("field"),
		       candidate->label == NULL ? candidate->name
						: label_in(candidate->label, reader->language));
	text reason = words_with(reader->arena, reader->language, candidate->reason, arguments);
	TRY(fill_words(reader, record, action->words, &said));
	TRY(store_run(reader->store, reader->arena, SQL_NOTIFICATION_ADD,
		      CELLS(cell_integer(candidate->user_id), cell_id(event_id), cell_integer(record->id),
			    cell_text(record->type->name), cell_text(said), cell_text(reason),
			    cell_moment(reader->now)),
		      &added));
	*ret_told = added > 0;
	return NULL;
}

static struct error *note_told(struct work *work, const struct errand *errand, const struct action *action,
			       struct value *told, int64_t *ret_event)
{
	struct event *event = event_new(work, errand->record, EVENT_NOTIFIED);
	event->visibility = VISIBLE_INTERNAL;
	value_set_text(work->arena, event->payload, T("rule"), errand->rule->name);
	value_set_text(work->arena, event->payload, T("words"), action->words);
	value_set(work->arena, event->payload, T("to"), told);
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

/* What the time alone set off has no event of somebody's to be told under: the first notification's own is
 * it. */
static struct error *tell_first(struct work *work, const struct errand *errand, const struct action *action,
				struct root *root, struct audience *audience)
{
	struct value *told = value_list(work->arena);
	bool added;
	for (size_t i = 0; i < audience->count; i++)
		value_append(work->arena, told, value_integer(work->arena, audience->items[i].user_id));
	TRY(note_told(work, errand, action, told, &root->event_id));
	for (size_t i = 0; i < audience->count; i++)
		TRY(tell(errand->record, action, &audience->items[i], root->event_id, &added));
	return NULL;
}

struct error *notify_run(struct work *work, const struct errand *errand, const struct action *action,
			 struct root *root)
{
	struct audience audience = { NULL, 0, 0 };
	struct value *told = value_list(work->arena);
	int64_t event_id;
	TRY(find_audience(work, errand->record, action, &audience));
	TRY(keep_readers(work, errand->record, root, &audience));
	if (audience.count > 0 && root->event_id == 0)
		return tell_first(work, errand, action, root, &audience);
	for (size_t i = 0; i < audience.count; i++) {
		bool added;
		TRY(tell(errand->record, action, &audience.items[i], root->event_id, &added));
		if (added)
			value_append(work->arena, told,
				     value_integer(work->arena, audience.items[i].user_id));
	}
	return value_count(told) == 0 ? NULL : note_told(work, errand, action, told, &event_id);
}

/* ---- trouble that administrators are told of ---- */

struct error *notify_administrators(struct work *work, struct record *record, int64_t event_id, text key, text said)
{
	struct audience audience = { NULL, 0, 0 };
	int role = model_role(work->model, T("administrator"));
	int64_t first, added;

	/* Once an hour for the same trouble: a rule that turns in circles does so for many records. */
	TRY(store_run(work->store, work->arena, SQL_ALARM_DUE,
		      CELLS(cell_text(key), cell_moment(work->now), cell_moment(work->now - HOUR_MS)), &first));
	if (first == 0 || role < 0)
		return NULL;
	TRY(add_holders(work, &work->model->roles[role], &audience));
	for (size_t i = 0; i < audience.count; i++) {
		struct work reader;
		bool may;
		TRY(as_reader(work, record, audience.items[i].user_id, &reader, &may));
		if (!may)
			continue;
		struct value *arguments = value_map(work->arena);
		value_set_text(work->arena, arguments, T("field"), label_in(audience.items[i].label, reader.language));
		TRY(store_run(work->store, work->arena, SQL_NOTIFICATION_ADD,
			      CELLS(cell_integer(audience.items[i].user_id), cell_id(event_id), cell_integer(record->id),
				    cell_text(record->type->name), cell_text(said),
				    cell_text(words_with(work->arena, reader.language, audience.items[i].reason, arguments)),
				    cell_moment(work->now)),
			      &added));
	}
	return NULL;
}

struct error *notify_people(struct work *work, struct record *record, const int64_t *people, size_t count,
			    text words, text reason, text label, int64_t event_id)
{
	struct audience audience = { NULL, 0, 0 };
	const struct root root = { work->actor->id, event_id };
	const struct action action = { .words = words };
	for (size_t i = 0; i < count; i++)
		audience_add(work->arena, &audience,
			     (struct candidate){ .user_id = people[i], .reason = reason, .name = label });
	TRY(keep_readers(work, record, &root, &audience));
	for (size_t i = 0; i < audience.count; i++) {
		bool told;
		TRY(tell(record, &action, &audience.items[i], event_id, &told));
	}
	return NULL;
}
