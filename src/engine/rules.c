/*
 * Automation: when a change fits a rule and its condition holds, its actions run. Rules wait on an agenda
 * until the change that set them off is done, and run one after the other in the order of the definition,
 * each seeing what the earlier ones did. What they change sets off further rules at the end of the same
 * agenda. One cause may set off a chain of LIMIT_CHAIN steps, as many on one record, and LIMIT_CHAIN_ALL in all:
 * resolving a parent with hundreds of children is no endless chain.
 *
 * Each rule runs in a savepoint: one that fails is undone alone, tried again later (timer.c), and never in
 * the way of the person whose change set it off.
 */
#include "engine/time_private.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/words.h"

/* What one cause has done on one record so far. */
struct spent {
	int64_t record_id;
	struct root root; /* of another record than the first: its own first event, since it is other news */
	int steps;
	bool stopped;
};

struct agenda {
	struct errand *items;
	size_t count, capacity, next;
	int steps;
	struct spent *spent;
	size_t spent_count, spent_capacity;
	bool reached_out; /* a rule has changed other records: what waits here may have been loaded before */
	struct root root;
};

static bool comment_fits(const struct work *work, const struct change *change, const struct rule *rule)
{
	if (!text_is_set(change->comment) ||
	    (rule->comment_public_only && change->visibility != VISIBLE_PUBLIC))
		return false;
	switch (rule->comment_by) {
	case COMMENT_BY_ANYONE:
		return true;
	case COMMENT_BY_REQUESTER:
		return change_by_requester(work, change);
	case COMMENT_BY_AGENT:
		return change_by_agent(work, change);
	}
	return false;
}

static bool list_changed(const struct change *change, size_t field)
{
	return change->links_changed != NULL && change->links_changed[field];
}

static bool field_changed(const struct change *change, size_t field)
{
	if (list_changed(change, field))
		return true;
	return change->changed[field] &&
	       (change->before != NULL || record_cell(change->after, field)->kind != CELL_NULL);
}

/* A value that was not there before is neither more nor less. */
static bool direction_fits(const struct change *change, const struct rule *rule)
{
	const struct cell *now = record_cell(change->after, rule->index);
	const struct cell *old = change->before == NULL ? NULL : record_cell(change->before, rule->index);
	if (rule->what == CHANGED_AT_ALL)
		return true;
	if (old == NULL || old->kind != now->kind || (now->kind != CELL_INTEGER && now->kind != CELL_REAL))
		return false;
	bool up = now->kind == CELL_INTEGER ? now->integer > old->integer : now->real > old->real;
	return up == (rule->what == CHANGED_UP);
}

static bool rule_fits(const struct work *work, const struct change *change, const struct rule *rule)
{
	const struct lifecycle *lifecycle = change->type->lifecycle;
	switch (rule->when) {
	case WHEN_CREATED:
		return change->before == NULL;
	case WHEN_CHANGED:
		return field_changed(change, rule->index) && direction_fits(change, rule);
	case WHEN_TRANSITION:
		return change->transition != NULL &&
		       change->transition == &lifecycle->transitions[rule->index];
	case WHEN_STATE:
		return record_state(change->after) == (int)rule->index &&
		       (change->before == NULL || record_state(change->before) != (int)rule->index);
	case WHEN_COMMENT:
		return comment_fits(work, change, rule);
	case WHEN_CLOCK_WARNED:
	case WHEN_CLOCK_BREACHED:
	case WHEN_AFTER:
	case WHEN_COMES:
	case WHEN_BEFORE:
	case WHEN_DAILY:
	case WHEN_APPROVAL:
	case WHEN_TASK:
	case WHEN_LINKED:
	case WHEN_UNLINKED:
		break;
	}
	return false;
}

static bool is_excepted(const struct change *change, const struct rule *rule)
{
	for (size_t i = 0; i < rule->unless_changed_count; i++)
		if (change->changed[rule->unless_changed[i]] || list_changed(change, rule->unless_changed[i]))
			return true;
	for (size_t i = 0; i < rule->unless_rule_count; i++)
		if (text_equal(change->rule, rule->unless_rules[i]))
			return true;
	return false;
}

static void agenda_add(struct arena *arena, struct agenda *agenda, struct errand errand)
{
	arena_make_room(arena, agenda->items, agenda->count, agenda->capacity);
	agenda->items[agenda->count++] = errand;
}

static struct error *note(struct work *work, struct record *record, const struct rule *rule, text why, int64_t *ret_event)
{
	struct event *event = event_new(work, record, EVENT_AUTOMATION);
	event->visibility = VISIBLE_INTERNAL;
	value_set_text(work->arena, event->payload, T("rule"), rule->name);
	value_set_text(work->arena, event->payload, T("error"), why);
	TRY(event_append(work, event));
	*ret_event = event->id;
	return NULL;
}

struct error *rules_note(struct work *work, struct record *record, const struct rule *rule, text why)
{
	int64_t event_id;
	return note(work, record, rule, why, &event_id);
}

struct error *rules_note_retry(struct work *work, struct record *record, const struct rule *rule, const struct error *error)
{
	return rules_note(work, record, rule,
			  text_format(work->arena, "not done, and undone as a whole; it is tried again: %.*s", TEXT_ARG(error->message)));
}

struct error *rules_alarm(struct work *work, struct record *record, const struct rule *rule, text why)
{
	struct arena *arena = work->arena;
	struct value *arguments = value_map(arena);
	int64_t event_id;
	TRY(note(work, record, rule, why, &event_id));
	value_set_text(arena, arguments, T("rule"), rule->name);
	value_set_text(arena, arguments, T("number"), record_number(record));
	value_set_text(arena, arguments, T("why"), why);
	return notify_administrators(work, record, event_id,
				     text_format(arena, "alarm %.*s.%.*s", TEXT_ARG(record->type->name), TEXT_ARG(rule->name)),
				     words_with(arena, work->language, T("The rule {rule} on {number}: {why}"), arguments));
}

/* ---- the budget ---- */

/* The first errand of an agenda is on the record that it is about. */
static struct spent *spent_on(struct arena *arena, struct agenda *agenda, const struct errand *errand)
{
	struct root root = agenda->root;

	for (size_t i = 0; i < agenda->spent_count; i++)
		if (agenda->spent[i].record_id == errand->record->id)
			return &agenda->spent[i];
	if (agenda->spent_count > 0)
		root.event_id = errand->cause_id;
	arena_make_room(arena, agenda->spent, agenda->spent_count, agenda->spent_capacity);
	agenda->spent[agenda->spent_count] = (struct spent){ .record_id = errand->record->id, .root = root };
	return &agenda->spent[agenda->spent_count++];
}

/* Drops what waits for that record (0: everything); how many. */
static size_t drop(struct agenda *agenda, int64_t record_id)
{
	size_t kept = agenda->next, dropped;

	for (size_t i = agenda->next; i < agenda->count; i++)
		if (record_id != 0 && agenda->items[i].record->id != record_id)
			agenda->items[kept++] = agenda->items[i];
	dropped = agenda->count - kept;
	agenda->count = kept;
	return dropped;
}

/* The agenda goes in order of depth: when one chain is too long, all that waits behind it is. */
static struct error *note_stop(struct work *work, struct agenda *agenda, const struct errand *errand, struct spent *spent)
{
	bool all = agenda->steps >= LIMIT_CHAIN_ALL || errand->chain >= LIMIT_CHAIN;
	size_t dropped = drop(agenda, all ? 0 : errand->record->id);
	text why = text_format(work->arena,
			       "stopped before '%.*s': one cause set off %d automatic steps%s, the most allowed (%zu more "
			       "waited); look for rules that set each other off",
			       TEXT_ARG(errand->rule->name), agenda->steps >= LIMIT_CHAIN_ALL ? LIMIT_CHAIN_ALL : LIMIT_CHAIN,
			       all ? "" : " on this record", dropped);

	spent->stopped = true;
	log_line(LOG_WARNING, "automation stopped type=%.*s number=%.*s why=\"%.*s\"", TEXT_ARG(errand->record->type->name),
		 TEXT_ARG(record_number(errand->record)), TEXT_ARG(why));
	return rules_alarm(work, errand->record, errand->rule, why);
}

/* ---- running ---- */

/* The record in memory as it was before a step that the database has undone. */
static void put_back(struct record *record, const struct record *before)
{
	struct cell *cells = record->cells;
	memcpy(cells, before->cells, sizeof(*cells) * record->type->field_count);
	*record = *before;
	record->cells = cells;
}

/* Errors that say nothing about the rule: the whole transaction is to be run again, or cannot be. */
static bool is_passing(const struct error *error)
{
	return error->code == ERROR_RETRY || error->code == ERROR_UNAVAILABLE;
}

/* What stands in the way is said once, at the first attempt; see put_off_timer() for the last. */
static struct error *note_failure(struct work *work, const struct errand *errand, const struct error *error)
{
	log_error("a rule failed", error);
	return rules_note_retry(work, errand->record, errand->rule, error);
}

static struct error *run_guarded(struct work *work, struct agenda *agenda, const struct errand *errand, struct spent *spent)
{
	struct record *before = record_copy(work->arena, errand->record);
	struct root root = spent->root;
	size_t waiting = agenda->count;
	TRY(store_savepoint(work->store, work->arena));
	struct error *error = actions_run(work, errand, &spent->root);
	if (error == NULL)
		return store_release(work->store, work->arena);
	if (is_passing(error))
		return error;
	rules_undo(work);
	put_back(errand->record, before);
	agenda->count = waiting;
	spent->root = root;
	TRY(note_failure(work, errand, error));
	return timer_plan_retry(work, errand);
}

void rules_undo(struct work *work)
{
	store_undo(work->store);
	if (work->cache != NULL)
		record_cache_reset(work->cache);
}

/* Into the same object, which others hold too. */
static struct error *refresh(struct work *work, struct record *record)
{
	struct record *fresh;

	TRY(model_load_fresh(work, record->type, record->id, &fresh));
	if (fresh->version != record->version && fresh->type == record->type)
		put_back(record, fresh);
	return NULL;
}

static struct error *errand_holds(struct work *work, const struct agenda *agenda, const struct errand *errand, bool *ret_holds)
{
	if (agenda->reached_out)
		TRY(refresh(work, errand->record));
	if (agenda->reached_out && errand->other != NULL)
		TRY(refresh(work, errand->other));
	*ret_holds = true;
	if (errand->other != NULL)
		TRY(rule_holds(work, errand->rule->other_where, errand->other, ret_holds));
	return *ret_holds ? rule_holds(work, errand->rule->condition, errand->record, ret_holds) : NULL;
}

static bool reaches_out(const struct rule *rule)
{
	for (size_t i = 0; i < rule->action_count; i++)
		if (rule->actions[i].kind == ACTION_EACH)
			return true;
	return false;
}

static struct error *run_errand(struct work *work, struct agenda *agenda, const struct errand *errand,
				bool strict)
{
	bool holds;
	struct work automatic = automatic_work(
	    work, work->origin == ORIGIN_TIMER ? ORIGIN_TIMER : ORIGIN_AUTOMATION, errand->cause_id);
	struct spent *spent = spent_on(work->arena, agenda, errand);
	if (spent->stopped)
		return NULL;
	automatic.other = errand->other;
	TRY(errand_holds(&automatic, agenda, errand, &holds));
	if (!holds)
		return NULL;
	if (errand->chain >= LIMIT_CHAIN || spent->steps >= LIMIT_CHAIN || agenda->steps >= LIMIT_CHAIN_ALL)
		return note_stop(&automatic, agenda, errand, spent);
	agenda->steps++;
	spent->steps++;
	automatic.chain = errand->chain + 1;
	automatic.agenda = agenda;
	agenda->reached_out = agenda->reached_out || reaches_out(errand->rule);
	if (strict)
		return actions_run(&automatic, errand, &spent->root);
	return run_guarded(&automatic, agenda, errand, spent);
}

static struct error *run_agenda(struct work *work, struct agenda *agenda)
{
	while (agenda->next < agenda->count) {
		/* A copy: the list may grow, and move, while it runs. */
		struct errand errand = agenda->items[agenda->next++];
		TRY(run_errand(work, agenda, &errand, false));
		TRY(arena_check(work->arena));
	}
	return NULL;
}

struct error *rules_follow(struct work *work, const struct change *change)
{
	const struct type *type = change->type;
	struct agenda fresh = { .root = { change->actor_id, change->event_id } };
	struct agenda *agenda = work->agenda == NULL ? &fresh : work->agenda;
	TRY(timers_follow(work, change));
	for (size_t i = 0; i < type->rule_count; i++)
		if (rule_fits(work, change, &type->rules[i]) && !is_excepted(change, &type->rules[i]))
			agenda_add(work->arena, agenda,
				   (struct errand){ &type->rules[i], change->after, change->event_id,
						    change->comment, work->chain, NULL });
	return work->agenda == NULL ? run_agenda(work, agenda) : NULL;
}

struct error *rules_together(struct work *work, int64_t person_id, struct error *(*act)(struct work *work, void *data), void *data,
			     struct error **ret_failure)
{
	struct agenda fresh = { .root = { person_id, 0 } };
	struct work gathered = *work;
	if (gathered.agenda == NULL)
		gathered.agenda = &fresh;
	size_t waiting = gathered.agenda->count;
	*ret_failure = NULL;
	TRY(store_savepoint(work->store, work->arena));
	struct error *error = act(&gathered, data);
	if (error != NULL && !is_passing(error)) {
		store_undo(work->store);
		gathered.agenda->count = waiting;
		*ret_failure = error;
		return NULL;
	}
	TRY(error);
	TRY(store_release(work->store, work->arena));
	return work->agenda == NULL ? run_agenda(work, &fresh) : NULL;
}

void rules_renew(const struct work *work, struct record **record)
{
	for (size_t i = 0; work->agenda != NULL && i < work->agenda->count; i++) {
		struct record *known = work->agenda->items[i].record;
		if (known->id != (*record)->id)
			continue;
		put_back(known, *record);
		*record = known;
		return;
	}
}

struct error *rules_follow_turn(struct work *work, struct record *record, enum rule_when when, size_t index, int what,
				int64_t event_id)
{
	const struct type *type = record->type;
	struct agenda fresh = { .root = { work->actor->id, event_id } };
	struct agenda *agenda = work->agenda == NULL ? &fresh : work->agenda;
	for (size_t i = 0; i < type->rule_count; i++)
		if (type->rules[i].when == when && type->rules[i].index == index && type->rules[i].what == what)
			agenda_add(work->arena, agenda,
				   (struct errand){ &type->rules[i], record, event_id, TEXT_UNSET, work->chain, NULL });
	return work->agenda == NULL ? run_agenda(work, agenda) : NULL;
}

struct error *rules_follow_link(struct work *work, struct record *record, const struct relation *relation, bool inverse,
				struct record *other, bool linked, int64_t event_id)
{
	const struct type *type = record->type;
	size_t index = (size_t)(relation - work->model->relations);
	struct agenda fresh = { .root = { work->actor->id, event_id } };
	struct agenda *agenda = work->agenda == NULL ? &fresh : work->agenda;

	for (size_t i = 0; i < type->rule_count; i++) {
		const struct rule *rule = &type->rules[i];

		if (rule->when == (linked ? WHEN_LINKED : WHEN_UNLINKED) && rule->index == index && rule->what == (inverse ? 1 : 0) &&
		    (rule->other_type == NULL || type_same(rule->other_type, other->type)))
			agenda_add(work->arena, agenda,
				   (struct errand){ rule, record, event_id, record_number(other), work->chain, other });
	}
	return work->agenda == NULL ? run_agenda(work, agenda) : NULL;
}

struct error *rules_run_timed(struct work *work, const struct errand *errand)
{
	struct agenda agenda = { .next = 0 };
	TRY(run_errand(work, &agenda, errand, true));
	return run_agenda(work, &agenda);
}
