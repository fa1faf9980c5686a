/*
 * Rules of every day: one timer per rule comes at its time of the day, in the zone of the default calendar, and walks over the records
 * in the states that the rule's condition allows, along created_at (whose index the definition got for it): some records a step, a job
 * of the lane each, so that a hundred thousand open records hold nobody up. For each record that fulfils the condition a timer of its own
 * is planned: it asks again, runs the rule, and is tried again when it fails. Every version of a type that records run on has its own.
 */
#include "engine/time_private.h"

#include "model/calendars.h"
#include "model/query.h"

/* Records looked at by one job of the lane: each costs some 20 us. */
#define DAILY_RECORDS 40

static const struct rule *daily_rule(const struct type *type, text name)
{
	for (size_t i = 0; i < type->rule_count; i++)
		if (type->rules[i].when == WHEN_DAILY && text_equal(type->rules[i].name, name))
			return &type->rules[i];
	return NULL;
}

/* "incident.remind" of the newest version, "incident.remind@3" of an older one; NULL when the definitions no longer have it. */
static const struct rule *rule_named(const struct work *work, text name, const struct type **ret_type)
{
	text rest = name, type_name, rule_name;
	int64_t definition;

	text_cut(&rest, '.', &type_name);
	text_cut(&rest, '@', &rule_name);
	*ret_type = model_type(work->model, type_name);
	if (*ret_type != NULL && text_is_set(rest)) {
		const struct type *newest = *ret_type;
		*ret_type = NULL;
		for (size_t i = 0; text_to_integer(rest, &definition) && i < newest->variant_count; i++)
			if (newest->variants[i]->definition == definition)
				*ret_type = newest->variants[i];
	}
	return *ret_type == NULL ? NULL : daily_rule(*ret_type, rule_name);
}

static struct error *next_time(struct work *work, const struct type *type, const struct rule *rule, moment *ret_due)
{
	const struct calendar *calendar;
	int64_t id;

	TRY(model_calendar_of(work, record_new(work->arena, type), SIZE_MAX, &id, &calendar));
	const struct zone *zone = calendar_zone(calendar);
	struct civil civil = zone_civil(zone, work->now);
	int64_t today = civil_to_days(civil.year, civil.month, civil.day);
	moment due = zone_moment(zone, today, rule->after_ms);
	*ret_due = due > work->now ? due : zone_moment(zone, today + 1, rule->after_ms);
	return NULL;
}

struct error *daily_due(struct work *work, text name, moment *ret_due)
{
	const struct type *type;
	const struct rule *rule = rule_named(work, name, &type);

	*ret_due = MOMENT_UNSET;
	return rule == NULL ? NULL : next_time(work, type, rule, ret_due);
}

static struct error *plan_rules(struct work *work, const struct type *type)
{
	for (size_t i = 0; i < type->rule_count; i++) {
		const struct rule *rule = &type->rules[i];
		moment due;
		if (rule->when != WHEN_DAILY)
			continue;
		text name = text_format(work->arena, "%.*s.%.*s", TEXT_ARG(type->name), TEXT_ARG(rule->name));
		if (type->newest != NULL)
			name = text_format(work->arena, "%.*s@%lld", TEXT_ARG(name), (long long)type->definition);
		TRY(next_time(work, type, rule, &due));
		TRY(store_run(work->store, work->arena, SQL_TIMER_PUT_DAILY, CELLS(cell_moment(due), cell_text(name), cell_moment(work->now)),
			      NULL));
	}
	return NULL;
}

struct error *engine_plan_daily(struct work *work)
{
	for (size_t i = 0; i < work->model->type_count; i++) {
		const struct type *type = &work->model->types[i];
		if (type->abstract)
			continue;
		TRY(plan_rules(work, type));
		for (size_t j = 0; j < type->variant_count; j++)
			TRY(plan_rules(work, type->variants[j]));
	}
	return NULL;
}

/* "state in (...)": the words of the index; NULL where there is no lifecycle, or one of so many states that no index is partial. */
static struct error *states_allowed(struct work *work, const struct type *type, const struct rule *rule, struct condition **ret_where)
{
	const struct lifecycle *lifecycle = type->lifecycle;
	text names[64];
	size_t count = 0;

	*ret_where = NULL;
	if (lifecycle == NULL || lifecycle->state_count > array_length(names))
		return NULL;
	for (size_t i = 0; i < lifecycle->state_count; i++)
		if (condition_may_hold(rule->condition, lifecycle, i))
			names[count++] = lifecycle->states[i].name;
	return condition_parse(work->arena, work->model, type,
			       text_format(work->arena, "state in (%.*s)", TEXT_ARG(text_join(work->arena, names, count, T(", ")))),
			       CONDITION_RULE, ret_where);
}

struct error *daily_step(struct work *work, text name, text after, text *ret_next)
{
	const struct sort_key by_age = { FIELD_CREATED_AT, false };
	const struct type *type;
	const struct rule *rule = rule_named(work, name, &type);
	struct condition *where;
	struct record_page page;

	*ret_next = TEXT_UNSET;
	if (rule == NULL)
		return NULL;
	TRY(states_allowed(work, type, rule, &where));
	/* Without states to narrow it the id is the order: every table has that index. */
	struct query query = { .type = type->newest == NULL ? type : type->newest, .where = where, .everything = true, .limit = DAILY_RECORDS, .after = after,
			       .sort = &by_age, .sort_count = where == NULL ? 0 : 1, .with_prose = true };
	access_rule_context(work, &query.context);
	TRY(model_find(work, &query, &page));
	for (size_t i = 0; i < page.count; i++) {
		bool holds = page.records[i]->type == type; /* those of other versions have walks of their own */
		if (holds)
			TRY(rule_holds(work, rule->condition, page.records[i], &holds));
		if (holds)
			TRY(timer_plan_rule(work, page.records[i], rule));
	}
	*ret_next = page.next;
	return NULL;
}
