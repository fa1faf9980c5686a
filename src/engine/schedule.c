/* Calendars: what takes place between two moments; and what was found about a record's own time, kept in a field of it. */
#include "engine/schedule_private.h"

#include <stdlib.h>

#define OCCURRENCES_MAX 1000

/* ---- what was found ---- */

struct mention {
	const bool *changed;
	bool found;
};

static void look_at_field(void *data, size_t field)
{
	struct mention *mention = data;

	mention->found = mention->found || mention->changed[field];
}

static bool speaks_of(const struct condition *condition, const bool *changed)
{
	struct mention mention = { changed, false };

	if (condition != NULL)
		condition_each_field(condition, look_at_field, &mention);
	return mention.found;
}

bool schedule_moves(const struct schedule_definition *schedule, const struct type *type, const bool *changed, const bool *links_changed)
{
	const struct field *zone = type_field(type, T("zone"));
	bool moves = changed[schedule->start] || changed[schedule->end] || (type->active >= 0 && changed[type->active]) ||
		     speaks_of(schedule->freeze, changed) ||
		     (schedule->recurrence >= 0 && (changed[schedule->recurrence] || (zone != NULL && changed[zone->position])));

	for (size_t i = 0; i < schedule->scope_count && !moves; i++)
		moves = changed[schedule->scope[i].field] || (links_changed != NULL && links_changed[schedule->scope[i].field]);
	return moves;
}

static bool step_moves(const struct step *step, struct work *work, const struct schedule_definition *schedule)
{
	bool *links = arena_new_array(work->arena, bool, step->type->field_count);

	for (size_t i = 0; i < step->link_count; i++)
		links[step->links[i].field->position] = true;
	return schedule_moves(schedule, step->type, step->changed, links);
}

static moment now_or(const struct work *work, moment at)
{
	return at < work->now ? work->now : at;
}

/* Who met it where it was. Of what is past nobody has to know any more. */
static struct error *look_before(struct step *step, struct work *work, const struct schedule_definition *schedule)
{
	const struct record *record = step->record;
	struct span span = { record_moment(record, schedule->start), record_moment(record, schedule->end) };
	struct search search = { .work = work, .record = step->record, .met = step->met, .span = { now_or(work, span.from), span.to } };

	if (span.from == MOMENT_UNSET || span.to == MOMENT_UNSET || !schedule_takes_part(work, record))
		return NULL;
	step->met->reach = span;
	return schedule_search_before(&search);
}

static struct error *worst(struct work *work, struct record *record, const struct step *step, struct span span, struct met *met,
                           struct cell *ret_found)
{
	struct search search = { .work = work, .record = record, .span = span, .met = met };

	TRY(schedule_search(&search, step));
	*ret_found = span.from == MOMENT_UNSET || span.to == MOMENT_UNSET
			 ? cell_null()
			 : cell_integer((int64_t)(search.count == 0 ? COLLISION_NONE : search.found[0].kind));
	return NULL;
}

static moment cell_at(const struct cell *cell)
{
	return cell->kind == CELL_INTEGER ? cell->integer : MOMENT_UNSET;
}

/* A rule that nobody can read, or an end before its beginning, would bind silently or never. */
static struct error *check_times(const struct step *step, struct work *work, const struct schedule_definition *schedule, struct span span)
{
	const struct cell *rule = schedule->recurrence < 0 ? NULL : step_cell(step, (size_t)schedule->recurrence);
	struct span *spans;
	size_t count;

	if (span.from != MOMENT_UNSET && span.to != MOMENT_UNSET && span.to <= span.from &&
	    (step->changed[schedule->start] || step->changed[schedule->end])) {
		text name = step->type->fields[schedule->end].name, start = step->type->fields[schedule->start].name;
		return error_field(error_new(work->arena, ERROR_INVALID, "%.*s must be later than %.*s", TEXT_ARG(name), TEXT_ARG(start)),
		                   name);
	}
	if (rule == NULL || rule->kind != CELL_TEXT || !step->changed[schedule->recurrence] || span.from == MOMENT_UNSET)
		return NULL;
	struct error *error = recurrence_spans(work->arena, rule->text, zone_utc(), span, span, 1, &spans, &count);
	return error == NULL ? NULL : error_field(error, step->type->fields[schedule->recurrence].name);
}

/* `moves`: in time, in what it touches, or that it takes part at all. */
static struct error *look(struct step *step, struct work *work, const struct schedule_definition *schedule, struct span span, bool creation,
                          bool moves)
{
	bool takes_part = schedule_takes_part(work, step_result(step, work)), took_part = !creation && schedule_takes_part(work, step->record);
	struct met *met = NULL;
	struct cell found;

	TRY(schedule_alone(work, step->type));
	if (moves || takes_part != took_part) {
		step->met = arena_new_struct(work->arena, struct met);
		step->met->reach = (struct span){ MOMENT_UNSET, MOMENT_UNSET };
		if (!creation)
			TRY(look_before(step, work, schedule));
		met = takes_part ? step->met : NULL;
	}
	TRY(worst(work, step->record, step, span, met, &found));
	step_set(step, (size_t)schedule->found, found);
	return NULL;
}

struct error *step_schedule(struct step *step, struct work *work, bool creation)
{
	const struct schedule_definition *schedule = schedule_of(work, step->record);
	struct span span;
	bool moves;

	if (schedule == NULL)
		return NULL;
	span = (struct span){ cell_at(step_cell(step, schedule->start)), cell_at(step_cell(step, schedule->end)) };
	TRY(check_times(step, work, schedule, span));
	moves = creation || step_moves(step, work, schedule);
	if (schedule->found < 0)
		return moves ? schedule_alone_for_windows(work, step->type) : NULL;
	if (!moves && step->transition == NULL && !speaks_of(schedule->exempt, step->changed))
		return NULL;
	if (creation && (span.from == MOMENT_UNSET || span.to == MOMENT_UNSET))
		return NULL;
	return look(step, work, schedule, span, creation, moves);
}

struct error *schedule_refresh(struct work *work, struct record *record, struct cell *ret_before)
{
	const struct schedule_definition *schedule = schedule_of(work, record);
	struct span span;

	*ret_before = cell_null();
	if (schedule == NULL || schedule->found < 0)
		return NULL;
	*ret_before = record->cells[schedule->found];
	span = (struct span){ record_moment(record, schedule->start), record_moment(record, schedule->end) };
	return worst(work, record, NULL, span, NULL, &record->cells[schedule->found]);
}

/* ---- calendars ---- */

static struct error *find(struct work *work, const struct type *type, struct span span, bool published, struct record_page *ret_page)
{
	const struct schedule_definition *schedule = type->schedule;
	text start = type->fields[schedule->start].name, end = type->fields[schedule->end].name, source;
	struct sort_key sort = { schedule->end, false };
	struct query query = { .type = type, .limit = OCCURRENCES_MAX, .sort = &sort, .sort_count = 1 };
	struct condition *where;
	char from[25], to[25];

	moment_write(from, span.from);
	moment_write(to, span.to);
	source = text_format(work->arena, "%.*s > %s and %.*s < %s", TEXT_ARG(end), from, TEXT_ARG(start), to);
	if (schedule->recurrence >= 0)
		source = text_format(work->arena, "(%.*s) or (%.*s is set and %.*s < %s)", TEXT_ARG(source),
		                     TEXT_ARG(type->fields[schedule->recurrence].name), TEXT_ARG(start), to);
	TRY(condition_parse(work->arena, work->model, type, source, CONDITION_RULE, &where));
	query.where = published ? condition_and(work->arena, where, schedule->publish) : where;
	if (!published)
		return access_find(work, &query, ret_page);
	query.everything = true;
	access_rule_context(work, &query.context);
	return model_find(work, &query, ret_page);
}

static int by_beginning(const void *a, const void *b)
{
	const struct occurrence *left = a, *right = b;

	if (left->from != right->from)
		return left->from > right->from ? 1 : -1;
	return (left->record->id > right->record->id) - (left->record->id < right->record->id);
}

struct error *engine_schedule(struct work *work, const struct type *type, moment from, moment to, bool published,
                              struct occurrence **ret_list, size_t *ret_count)
{
	struct occurrence *list = NULL;
	size_t count = 0, capacity = 0, times;
	struct record_page page;
	struct span *spans;

	*ret_list = NULL;
	*ret_count = 0;
	if (type->schedule == NULL || (published && type->schedule->published == NULL))
		return NULL;
	bool may = published;
	if (!published)
		TRY(access_may(work, RIGHT_READ, type, NULL, &may));
	if (!may)
		return NULL;
	TRY(find(work, type, (struct span){ from, to }, published, &page));
	for (size_t i = 0; i < page.count; i++) {
		bool freeze = false;
		if (!schedule_takes_part(work, page.records[i]))
			continue;
		if (type->schedule->freeze != NULL)
			TRY(rule_holds(work, type->schedule->freeze, page.records[i], &freeze));
		TRY(schedule_spans(work, page.records[i], (struct span){ from, to }, OCCURRENCES_MAX, &spans, &times));
		for (size_t k = 0; k < times && count < OCCURRENCES_MAX; k++) {
			arena_make_room(work->arena, list, count, capacity);
			list[count++] = (struct occurrence){ page.records[i], spans[k].from, spans[k].to, freeze };
		}
	}
	if (count > 1)
		qsort(list, count, sizeof(*list), by_beginning);
	*ret_list = list;
	*ret_count = count;
	return NULL;
}
