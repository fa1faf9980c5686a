/*
 * What is in each other's way: records of a type with a `schedule` that overlap in time and touch the same, freezes, and what lies
 * outside of the maintenance windows. Overlapping records are few and are found by an index; what this record touches may be
 * ten thousand things and is held as a set, against which the scope of each other record is looked up.
 */
#include "engine/schedule_private.h"

#include <stdlib.h>

/* More overlapping records or windows than anybody reads. */
#define OVERLAPS_MAX 1000
#define COLLISIONS_MAX 200
/* How far around a record the next time of a repeated window is looked for. */
#define WINDOW_REACH_MS (60 * DAY_MS)

/* ---- what a record touches ---- */

static void touch(struct arena *arena, struct touched_list *list, const struct type *type, int64_t id, bool for_windows)
{
	arena_make_room(arena, list->items, list->count, list->capacity);
	list->items[list->count++] = (struct touched){ type, id, for_windows };
}

/* The targets of a link or of links; of a step: as they will be. */
static struct error *targets(struct work *work, const struct record *record, const struct step *step, const struct field *field,
                             int64_t **ret_ids, size_t *ret_count)
{
	*ret_count = 0;
	if (field->kind == KIND_LINK) {
		const struct cell *cell = step == NULL ? &record->cells[field->position] : step_cell(step, field->position);
		*ret_ids = arena_new_array(work->arena, int64_t, 1);
		(*ret_ids)[0] = cell->kind == CELL_INTEGER ? cell->integer : 0;
		*ret_count = cell->kind == CELL_INTEGER;
		return NULL;
	}
	for (size_t i = 0; step != NULL && i < step->link_count; i++)
		if (step->links[i].field == field) {
			*ret_ids = step->links[i].ids;
			*ret_count = step->links[i].count;
			return NULL;
		}
	return record->id == 0 ? NULL : record_links(work, record, field, ret_ids, ret_count);
}

static struct error *touched_by(struct work *work, const struct record *record, const struct step *step, struct touched_list *ret_list)
{
	const struct schedule_definition *schedule = schedule_of(work, record);

	for (size_t i = 0; i < schedule->scope_count; i++) {
		const struct schedule_scope *scope = &schedule->scope[i];
		const struct field *field = &record->type->fields[scope->field];
		const struct type *target = field->target;
		int64_t *ids = NULL;
		size_t count;

		TRY(targets(work, record, step, field, &ids, &count));
		for (size_t k = 0; k < count; k++) {
			struct record *between;
			if (scope->through < 0) {
				touch(work->arena, ret_list, target, ids[k], scope->for_windows);
				continue;
			}
			TRY(model_load(work, target, ids[k], &between));
			if (between->cells[scope->through].kind == CELL_INTEGER)
				touch(work->arena, ret_list, target->fields[scope->through].target, between->cells[scope->through].integer,
				      scope->for_windows);
		}
	}
	return NULL;
}

/* ---- records that overlap ---- */

/* Those of the type that end behind `from` and begin before `to`, by their end; no access rule. */
static struct error *overlapping(struct work *work, const struct type *type, struct span span, bool repeated,
                                 struct record ***ret_records, size_t *ret_count)
{
	const struct schedule_definition *schedule = type->schedule;
	char from[25], to[25];
	struct condition *where;
	struct record_page page;
	text source, start = type->fields[schedule->start].name, end = type->fields[schedule->end].name;

	moment_write(from, span.from);
	moment_write(to, span.to);
	source = text_format(work->arena, "%.*s > %s and %.*s < %s", TEXT_ARG(end), from, TEXT_ARG(start), to);
	if (repeated && schedule->recurrence >= 0)
		source = text_format(work->arena, "(%.*s) or (%.*s is set and %.*s < %s)", TEXT_ARG(source),
		                     TEXT_ARG(type->fields[schedule->recurrence].name), TEXT_ARG(start), to);
	TRY(condition_parse(work->arena, work->model, type, source, CONDITION_RULE, &where));
	struct sort_key sort = { schedule->end, false };
	struct query query = { .type = type, .where = where, .everything = true, .limit = OVERLAPS_MAX, .sort = &sort, .sort_count = 1 };
	access_rule_context(work, &query.context);
	TRY(model_find(work, &query, &page));
	*ret_records = page.records;
	*ret_count = page.count;
	return NULL;
}

bool schedule_takes_part(const struct work *work, const struct record *record)
{
	const struct type *type = record->type;
	const struct schedule_definition *schedule = schedule_of(work, record);
	int state = record_state(record);

	if (type->active >= 0 && record->cells[type->active].kind == CELL_INTEGER && record->cells[type->active].integer == 0)
		return false;
	if (state < 0)
		return true;
	if (schedule->states != NULL)
		return state_in(schedule->states, (size_t)state);
	return type->lifecycle->states[state].group != GROUP_CANCELLED;
}

static struct span span_of(const struct work *work, const struct record *record)
{
	const struct schedule_definition *schedule = schedule_of(work, record);

	return (struct span){ record_moment(record, schedule->start), record_moment(record, schedule->end) };
}

/* Repeated windows keep their local time: that of their own field `zone`. */
static const struct zone *zone_of(const struct record *record)
{
	const struct field *field = type_field(record->type, T("zone"));
	const struct zone *zone = NULL;

	if (field != NULL && field->kind == KIND_ZONE && record->cells[field->position].kind == CELL_TEXT)
		zone = zone_find(record->cells[field->position].text);
	return zone != NULL ? zone : zone_utc();
}

struct error *schedule_spans(struct work *work, const struct record *record, struct span within, size_t limit,
                             struct span **ret_spans, size_t *ret_count)
{
	ptrdiff_t field = schedule_of(work, record)->recurrence;
	text rule = field >= 0 && record->cells[field].kind == CELL_TEXT ? record->cells[field].text : TEXT_UNSET;
	struct span first = span_of(work, record);

	*ret_count = 0;
	if (first.from == MOMENT_UNSET || first.to == MOMENT_UNSET || first.to <= first.from)
		return NULL;
	/* A rule that was taken in somewhere else and cannot be read binds nobody; saving such a one is refused. */
	if (recurrence_spans(work->arena, rule, zone_of(record), first, within, limit, ret_spans, ret_count) != NULL)
		*ret_count = 0;
	return NULL;
}

/*
 * What suffers with the touched things, and what they rest on. Around a very large scope there may be more than can be walked: then
 * only the nearer steps are looked at.
 */
static struct error *neighbours(struct search *search, enum impact_direction direction, struct id_set *ret_set)
{
	static const int depths[] = { 0, 2, 1 };
	int64_t *ids = NULL;
	size_t count = 0;
	struct error *error = NULL;

	for (size_t i = 0; i < array_length(depths); i++) {
		error = engine_impact_ids(search->work, search->own.items, search->own.count, direction, depths[i], &ids, NULL, &count);
		if (error == NULL || error->code != ERROR_TOO_LARGE)
			break;
	}
	if (error != NULL)
		return error->code == ERROR_TOO_LARGE ? NULL : error;
	for (size_t i = 0; i < count; i++)
		id_set_add(ret_set, ids[i]);
	return NULL;
}

/* ---- gathering ---- */

static void add_collision(struct search *search, struct collision collision)
{
	if (search->count == COLLISIONS_MAX)
		return;
	arena_make_room(search->work->arena, search->found, search->count, search->capacity);
	search->found[search->count++] = collision;
}

/* Where the scope of another record meets this one's: in itself, or next to it in the configuration. */
static enum collision_kind meet(const struct search *search, const struct touched_list *other, bool is_window, struct touched *ret_where,
                                bool *ret_upstream)
{
	enum collision_kind kind = COLLISION_NONE;

	for (size_t i = 0; i < other->count; i++) {
		int64_t id = other->items[i].id;
		if (other->items[i].for_windows)
			continue;
		if (id_set_has(&search->own, id) || (is_window && id_set_has(&search->belongs, id))) {
			*ret_where = other->items[i];
			return COLLISION_SAME;
		}
		if (kind == COLLISION_NONE && (id_set_has(&search->upstream, id) || id_set_has(&search->downstream, id))) {
			kind = COLLISION_NEAR;
			*ret_where = other->items[i];
			*ret_upstream = id_set_has(&search->upstream, id);
		}
	}
	return kind;
}

static moment later(moment a, moment b)
{
	return a > b ? a : b;
}

static moment sooner(moment a, moment b)
{
	return a < b ? a : b;
}

static void add_met(struct search *search, int64_t id)
{
	struct met *met = search->met;

	arena_make_room(search->work->arena, met->ids, met->count, met->capacity);
	met->ids[met->count++] = id;
}

bool schedule_is_over(const struct work *work, const struct record *record)
{
	int state = record_state(record);
	moment end = span_of(work, record).to;

	return (end != MOMENT_UNSET && end <= work->now) || (state >= 0 && record->type->lifecycle->states[state].group >= GROUP_DONE);
}

/* Who does not take part (yet) is in nobody's way; but looks at this one, whose coming or going it is to know. */
static struct error *look_at_records(struct search *search, bool only_met)
{
	struct work *work = search->work;
	struct record **records;
	size_t count;

	if (search->own.count == 0)
		return NULL;
	TRY(overlapping(work, search->record->type, search->span, false, &records, &count));
	if (search->met != NULL)
		search->met->more = search->met->more || count == OVERLAPS_MAX;
	for (size_t i = 0; i < count; i++) {
		struct touched_list other = { .count = 0 };
		struct touched where = { .id = 0 };
		bool upstream = false, met = search->met != NULL && !schedule_is_over(work, records[i]);
		bool in_the_way = !only_met && schedule_takes_part(work, records[i]);
		struct span span = span_of(work, records[i]);

		if (records[i]->id == search->record->id || (!in_the_way && !met))
			continue;
		TRY(touched_by(work, records[i], NULL, &other));
		enum collision_kind kind = meet(search, &other, false, &where, &upstream);
		if (kind != COLLISION_NONE && met)
			add_met(search, records[i]->id);
		if (kind != COLLISION_NONE && in_the_way)
			add_collision(search, (struct collision){ .kind = kind, .upstream = upstream, .other = records[i],
			                                          .from = later(span.from, search->span.from),
			                                          .to = sooner(span.to, search->span.to),
			                                          .item_type = where.type, .item_id = where.id });
	}
	return NULL;
}

/* Whether a window speaks of this record: of what it touches, or of what suffers with that. Without a scope it speaks of all. */
static struct error *window_applies(struct search *search, struct record *window, struct touched *ret_where, bool *ret_applies)
{
	struct touched_list scope = { .count = 0 };
	bool upstream = false;

	TRY(touched_by(search->work, window, NULL, &scope));
	enum collision_kind kind = meet(search, &scope, true, ret_where, &upstream);
	*ret_applies = scope.count == 0 || kind == COLLISION_SAME || (kind == COLLISION_NEAR && upstream);
	return NULL;
}

struct windows { /* the maintenance windows that apply */
	struct record *nearest;
	struct span next; /* of the nearest */
	struct touched where;
	bool inside;
};

static int64_t distance(struct span a, struct span b)
{
	return a.from > b.from ? a.from - b.from : b.from - a.from;
}

static struct error *look_at_window(struct search *search, struct record *window, struct windows *windows)
{
	const struct condition *freeze = schedule_of(search->work, window)->freeze;
	struct touched where = { .id = 0 };
	struct span around = { search->span.from - WINDOW_REACH_MS, search->span.to + WINDOW_REACH_MS }, *spans;
	bool applies, frozen = true;
	size_t count;

	TRY(window_applies(search, window, &where, &applies));
	if (!applies)
		return NULL;
	TRY(rule_holds(search->work, freeze, window, &frozen));
	TRY(schedule_spans(search->work, window, around, OVERLAPS_MAX, &spans, &count));
	for (size_t i = 0; i < count; i++) {
		bool overlaps = spans[i].from < search->span.to && spans[i].to > search->span.from;
		if (frozen && overlaps) {
			add_collision(search, (struct collision){ .kind = COLLISION_FREEZE, .other = window,
			                                          .from = later(spans[i].from, search->span.from),
			                                          .to = sooner(spans[i].to, search->span.to),
			                                          .item_type = where.type, .item_id = where.id });
			return NULL;
		}
		if (frozen)
			continue;
		windows->inside = windows->inside || (spans[i].from <= search->span.from && spans[i].to >= search->span.to);
		if (windows->nearest == NULL || distance(spans[i], search->span) < distance(windows->next, search->span)) {
			windows->nearest = window;
			windows->next = spans[i];
			windows->where = where;
		}
	}
	return NULL;
}

static struct error *look_at_windows(struct search *search)
{
	const struct type *type = schedule_of(search->work, search->record)->windows;
	struct span around = { search->span.from - WINDOW_REACH_MS, search->span.to + WINDOW_REACH_MS };
	struct windows windows = { .inside = false };
	struct record **records;
	size_t count;

	if (type == NULL)
		return NULL;
	TRY(overlapping(search->work, type, around, true, &records, &count));
	for (size_t i = 0; i < count; i++)
		if (schedule_takes_part(search->work, records[i]))
			TRY(look_at_window(search, records[i], &windows));
	if (windows.nearest != NULL && !windows.inside)
		add_collision(search, (struct collision){ .kind = COLLISION_OUTSIDE, .other = windows.nearest, .from = windows.next.from,
		                                          .to = windows.next.to, .item_type = windows.where.type,
		                                          .item_id = windows.where.id });
	return NULL;
}

/* The worst first, then the soonest. */
static int by_weight(const void *a, const void *b)
{
	const struct collision *left = a, *right = b;

	if (left->kind != right->kind)
		return left->kind > right->kind ? -1 : 1;
	return (left->from > right->from) - (left->from < right->from);
}

/* What it touches, and what lies next to that. */
static struct error *reach_out(struct search *search, const struct step *step)
{
	struct work *work = search->work;
	struct touched_list own = { .count = 0 };

	TRY(touched_by(work, search->record, step, &own));
	id_set_init(&search->own, work->arena);
	id_set_init(&search->upstream, work->arena);
	id_set_init(&search->downstream, work->arena);
	id_set_init(&search->belongs, work->arena);
	for (size_t i = 0; i < own.count; i++)
		id_set_add(own.items[i].for_windows ? &search->belongs : &search->own, own.items[i].id);
	if (search->own.count == 0)
		return NULL;
	TRY(neighbours(search, IMPACT_UP, &search->upstream));
	return neighbours(search, IMPACT_DOWN, &search->downstream);
}

static bool has_time(const struct search *search)
{
	return search->span.from != MOMENT_UNSET && search->span.to != MOMENT_UNSET && search->span.to > search->span.from;
}

struct error *schedule_search_before(struct search *search)
{
	if (!has_time(search))
		return NULL;
	TRY(reach_out(search, NULL));
	return look_at_records(search, true);
}

struct error *schedule_search(struct search *search, const struct step *step)
{
	struct work *work = search->work;
	struct record *asked = step == NULL ? search->record : step_result(step, work);
	bool exempt = false;

	search->found = NULL;
	if (!has_time(search))
		return NULL;
	TRY(reach_out(search, step));
	TRY(look_at_records(search, false));
	if (schedule_of(work, search->record)->exempt != NULL)
		TRY(rule_holds(work, schedule_of(work, search->record)->exempt, asked, &exempt));
	if (!exempt)
		TRY(look_at_windows(search));
	if (search->count > 1)
		qsort(search->found, search->count, sizeof(*search->found), by_weight);
	return arena_check(work->arena);
}

text collision_name(const struct collision *collision)
{
	switch (collision->kind) {
	case COLLISION_NEAR:
		return collision->upstream ? T("upstream") : T("downstream");
	case COLLISION_OUTSIDE:
		return T("outside");
	case COLLISION_SAME:
		return T("same");
	case COLLISION_FREEZE:
		return T("freeze");
	case COLLISION_NONE:
		break;
	}
	return T("none");
}

struct error *engine_collisions(struct work *work, struct record *record, moment start, moment end,
                                struct collision **ret_collisions, size_t *ret_count)
{
	struct search search = { .work = work, .record = record };

	*ret_count = 0;
	if (schedule_of(work, record) == NULL)
		return NULL;
	search.span = span_of(work, record);
	if (start != MOMENT_UNSET)
		search.span.from = start;
	if (end != MOMENT_UNSET)
		search.span.to = end;
	TRY(schedule_search(&search, NULL));
	for (size_t i = 0; i < search.count; i++) {
		struct collision *collision = &search.found[i];
		TRY(access_may(work, RIGHT_READ, collision->other->type, collision->other, &collision->readable));
	}
	*ret_collisions = search.found;
	*ret_count = search.count;
	return NULL;
}
