/*
 * Giving work to somebody of a team: those who are active and not absent, each in turn, or who has the fewest open records, or who
 * knows what the record's category and service ask for. Turns are kept per rule and team in the table `cursor`, whose row is locked
 * first, so that two records that come at the same moment do not go to the same person.
 */
#include "engine/time_private.h"

#include "base/words.h"
#include "model/query.h"

/* Larger teams are no teams: the rest is not looked at. */
#define TEAM_PEOPLE 200
/* Skills asked for by one record. */
#define SKILLS_MAX 20

struct candidates {
	int64_t *ids; /* ascending */
	int64_t *loads;
	int *matches; /* how many of the skills asked for */
	size_t count;
};

/* ---- who ---- */

static struct error *people_of_team(struct work *work, int64_t team_id, struct candidates *people)
{
	struct query query = { .type = work->model->user, .everything = true, .limit = TEAM_PEOPLE };
	struct condition *where;
	struct record_page page;

	TRY(condition_parse(work->arena, work->model, query.type, T("active = true and teams in my teams"), CONDITION_RULE, &where));
	query.where = where;
	access_rule_context(work, &query.context);
	query.context.teams = &team_id;
	query.context.team_count = 1;
	TRY(model_find(work, &query, &page));
	people->ids = arena_new_array(work->arena, int64_t, page.count + 1);
	people->loads = arena_new_array(work->arena, int64_t, page.count + 1);
	people->matches = arena_new_array(work->arena, int, page.count + 1);
	for (size_t i = 0; i < page.count; i++)
		people->ids[people->count++] = page.records[i]->id;
	return NULL;
}

static void leave_out(struct candidates *people, int64_t id)
{
	size_t kept = 0;

	for (size_t i = 0; i < people->count; i++)
		if (people->ids[i] != id)
			people->ids[kept++] = people->ids[i];
	people->count = kept;
}

static struct error *leave_out_absent(struct work *work, struct candidates *people)
{
	int64_t *absent;
	size_t count;

	TRY(engine_absent(work, &absent, &count));
	for (size_t i = 0; i < count; i++)
		leave_out(people, absent[i]);
	return NULL;
}

/* ---- how much, and how well ---- */

static text unfinished(struct arena *arena, const struct lifecycle *lifecycle)
{
	text names[64];
	size_t count = 0;

	for (size_t i = 0; i < lifecycle->state_count && count < array_length(names); i++)
		if (lifecycle->states[i].group <= GROUP_WAITING)
			names[count++] = lifecycle->states[i].name;
	return text_format(arena, "state in (%.*s)", TEXT_ARG(text_join(arena, names, count, T(", "))));
}

static struct error *count_loads(struct work *work, const struct record *record, struct candidates *people)
{
	const struct type *type = record->type;
	struct query query = { .type = type, .everything = true };
	struct condition *where;

	if (type->lifecycle == NULL)
		return NULL;
	TRY(condition_parse(work->arena, work->model, type, unfinished(work->arena, type->lifecycle), CONDITION_RULE, &where));
	query.where = where;
	access_rule_context(work, &query.context);
	return model_count_by(work, &query, &type->fields[type->assignee], people->ids, people->count, people->loads);
}

/* The skills that the target of a link asks for. */
static struct error *add_skills(struct work *work, const struct record *record, ptrdiff_t link, int64_t *skills, size_t *count)
{
	int64_t id = record_id_of(record, link), *ids;
	const struct type *target = link < 0 ? NULL : record->type->fields[link].target;
	const struct field *field = target == NULL ? NULL : type_field(target, T("skills"));
	struct record *holder;
	size_t found;

	if (id == 0 || field == NULL || field->kind != KIND_LINKS)
		return NULL;
	TRY(model_load(work, target, id, &holder));
	TRY(record_links(work, holder, field, &ids, &found));
	for (size_t i = 0; i < found && *count < SKILLS_MAX; i++) {
		bool there = false;
		for (size_t j = 0; j < *count; j++)
			there = there || skills[j] == ids[i];
		if (!there)
			skills[(*count)++] = ids[i];
	}
	return NULL;
}

/* Everybody in the team who has it gets a point. */
static struct error *match_skill(struct work *work, int64_t skill, struct candidates *people)
{
	struct rows *rows;
	bool more;

	TRY(store_query(work->store, work->arena, SQL_PEOPLE_WITH_SKILL, CELLS(cell_integer(skill)), &rows));
	TRY(rows_next(rows, &more));
	while (more) {
		for (size_t i = 0; i < people->count; i++)
			people->matches[i] += people->ids[i] == rows_integer(rows, 0);
		TRY(rows_next(rows, &more));
	}
	return NULL;
}

/* Only those who know the most of what is asked for stay; nobody, when nobody knows any of it. */
static struct error *keep_skilled(struct work *work, const struct record *record, struct candidates *people)
{
	int64_t skills[SKILLS_MAX];
	size_t count = 0, kept = 0;
	int best = 1;

	TRY(add_skills(work, record, record->type->category, skills, &count));
	TRY(add_skills(work, record, record->type->service, skills, &count));
	if (count == 0)
		return NULL;
	for (size_t i = 0; i < count; i++)
		TRY(match_skill(work, skills[i], people));
	for (size_t i = 0; i < people->count; i++)
		best = maximum(best, people->matches[i]);
	for (size_t i = 0; i < people->count; i++)
		if (people->matches[i] == best)
			people->ids[kept++] = people->ids[i];
	people->count = kept;
	return NULL;
}

/* ---- the turn ---- */

/* Who had it last, with the row locked; 0: nobody yet. */
static struct error *last_turn(struct work *work, text name, int64_t *ret_id)
{
	bool found;

	return store_integer(work->store, work->arena, SQL_TURN_TAKE, CELLS(cell_text(name), cell_moment(work->now)), ret_id, &found);
}

/* The first behind `last` in the order of ids among those with the smallest load; the first of them all when there is none. */
static int64_t next_of(const struct candidates *people, int64_t last)
{
	int64_t least = INT64_MAX, next = 0, first = 0;

	for (size_t i = 0; i < people->count; i++)
		least = minimum(least, people->loads[i]);
	for (size_t i = 0; i < people->count; i++) {
		int64_t id = people->ids[i];
		if (people->loads[i] != least)
			continue;
		if (first == 0 || id < first)
			first = id;
		if (id > last && (next == 0 || id < next))
			next = id;
	}
	return next != 0 ? next : first;
}

static struct error *choose(struct work *work, const struct errand *errand, const struct action *action, int64_t team_id,
			    int64_t *ret_id)
{
	struct candidates people = { .count = 0 };
	text name = text_format(work->arena, "assign %.*s %.*s %lld", TEXT_ARG(errand->record->type->name),
				TEXT_ARG(errand->rule->name), (long long)team_id);
	int64_t last;

	TRY(last_turn(work, name, &last));
	TRY(people_of_team(work, team_id, &people));
	TRY(leave_out_absent(work, &people));
	if (action->assign == ASSIGN_SKILL)
		TRY(keep_skilled(work, errand->record, &people));
	if (action->assign != ASSIGN_ROUND_ROBIN)
		TRY(count_loads(work, errand->record, &people));
	*ret_id = next_of(&people, last);
	if (*ret_id == 0)
		return NULL;
	return store_run(work->store, work->arena, SQL_TURN_KEEP, CELLS(cell_text(name), cell_integer(*ret_id), cell_moment(work->now)),
			 NULL);
}

struct error *assign_run(struct work *work, const struct errand *errand, const struct action *action)
{
	struct record *record = errand->record;
	const struct type *type = record->type;
	int64_t team_id = record_id_of(record, (ptrdiff_t)action->notify_fields[0]), person_id;
	bool *changed = arena_new_array(work->arena, bool, type->field_count);
	struct cell *cells = arena_new_array(work->arena, struct cell, type->field_count);

	if (team_id == 0)
		return rules_note(work, record, errand->rule, words(work->language, T("nobody was assigned: the record has no team")));
	TRY(choose(work, errand, action, team_id, &person_id));
	if (person_id == 0)
		return rules_note(work, record, errand->rule,
				  action->assign == ASSIGN_SKILL
				      ? words(work->language, T("nobody was assigned: nobody of the team who is there has the skills"))
				      : words(work->language, T("nobody was assigned: nobody of the team is there")));
	changed[type->assignee] = true;
	cells[type->assignee] = cell_id(person_id);
	return engine_apply_update(work, record, changed, cells, errand->rule->name);
}
