/* Calendars: what takes place between two moments; and what was found about a record's own time, kept in a field of it. */
#include "engine/schedule_private.h"

#include <stdlib.h>

#define OCCURRENCES_MAX 1000

/* ---- what was found ---- */

static bool asks_again(const struct step *step, const struct schedule_definition *schedule, bool creation)
{
	bool again = creation || step->transition != NULL || step->changed[schedule->start] || step->changed[schedule->end];

	for (size_t i = 0; i < schedule->scope_count && !again; i++) {
		const struct field *field = &step->type->fields[schedule->scope[i].field];
		again = step->changed[field->position];
		for (size_t k = 0; k < step->link_count && !again; k++)
			again = step->links[k].field == field;
	}
	return again;
}

static struct error *worst(struct work *work, struct record *record, const struct step *step, struct span span, struct cell *ret_found)
{
	struct search search = { .work = work, .record = record, .span = span };

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

struct error *step_schedule(struct step *step, struct work *work, bool creation)
{
	const struct schedule_definition *schedule = schedule_of(work, step->record);
	struct span span;
	struct cell found;

	if (schedule == NULL)
		return NULL;
	span = (struct span){ cell_at(step_cell(step, schedule->start)), cell_at(step_cell(step, schedule->end)) };
	TRY(check_times(step, work, schedule, span));
	if (schedule->found < 0 || !asks_again(step, schedule, creation))
		return NULL;
	TRY(worst(work, step->record, step, span, &found));
	step_set(step, (size_t)schedule->found, found);
	return NULL;
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
	return worst(work, record, NULL, span, &record->cells[schedule->found]);
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
