/* What people of the demo company do with one incident: report, triage, pick up, work, ask, answer, resolve, close, reopen. */
#include "cli/demo_private.h"

static struct value *fields(struct work *work)
{
	return value_map(work->arena);
}

static void put(struct work *work, struct value *input, const char *key, const char *words)
{
	value_set_text(work->arena, input, text_from(key), text_from(words));
}

static void become(struct demo *demo, struct work *work, size_t person)
{
	work->actor = demo->people[person].actor;
	work->origin = ORIGIN_WEB;
}

static const struct type *incident_type(const struct work *work)
{
	return model_type(work->model, T("incident"));
}

static struct error *take(struct demo *demo, struct work *work, const struct incident *incident, size_t person, const char *transition,
                          struct value *input)
{
	struct record *record;
	become(demo, work, person);
	return engine_transition(work, incident_type(work), incident->number, text_from(transition), 0, input, &record);
}

static struct error *say(struct demo *demo, struct work *work, const struct incident *incident, size_t person, const char *words,
                         enum visibility visibility)
{
	struct record *record;
	int64_t event;
	become(demo, work, person);
	text said = words_of(work->arena, &demo->chance, words);
	return engine_comment(work, incident_type(work), incident->number, said, visibility, &record, &event);
}

static void next(struct demo *demo, size_t incident, enum plan_kind kind, size_t person, moment from, int64_t working_ms)
{
	history_plan(demo, (struct plan){ demo_working(demo, person, from, working_ms), kind, incident });
}

static size_t desk_agent(struct demo *demo)
{
	const struct demo_team *desk = &demo->teams[0];
	/* The seat of the first-line agent is a busy one. */
	return chance_of(&demo->chance, 25) ? demo->seats[1] : desk->first + chance_pick(&demo->chance, desk->count);
}

static size_t team_agent(struct demo *demo, ptrdiff_t team)
{
	/* So is the specialist's. */
	if (demo->people[demo->seats[2]].team == team && chance_of(&demo->chance, 45))
		return demo->seats[2];
	return demo->teams[team].first + chance_pick(&demo->chance, demo->teams[team].count);
}

/* ---- the beginning ---- */

static void describe(struct demo *demo, struct work *work, const struct incident *incident, struct value *input)
{
	value_set_text(work->arena, input, T("title"), words_of(work->arena, &demo->chance, incident->topic->title));
	value_set_text(work->arena, input, T("description"), words_of(work->arena, &demo->chance, incident->topic->description));
	put(work, input, "service", incident->service->name);
	put(work, input, "location", demo_sites[demo->people[incident->requester].site].name);
}

static void assess(struct demo *demo, struct work *work, const struct incident *incident, struct value *input)
{
	static const char *const levels[] = { "high", "medium", "low" };
	int impact = incident->topic->impact, urgency = incident->topic->urgency;
	/* Most high ones turn out smaller. */
	if (impact == 0 && chance_of(&demo->chance, 60))
		impact = 1;
	if (urgency == 0 && chance_of(&demo->chance, 45))
		urgency = 1;
	put(work, input, "impact", levels[impact]);
	put(work, input, "urgency", levels[urgency]);
	put(work, input, "category", incident->topic->category);
	text item = demo_item_of(demo, incident->service, incident->requester);
	if (text_is_set(item) && chance_of(&demo->chance, 75))
		value_set_text(work->arena, input, T("ci"), item);
}

static struct error *attach(struct demo *demo, struct work *work, const struct incident *incident)
{
	size_t i = chance_pick(&demo->chance, demo->file_count);
	struct attachment file = { .name = text_from(demo->files[i].name), .media_type = text_from(demo->files[i].media_type),
		                   .hash = demo->files[i].hash, .size = demo->files[i].size, .visibility = VISIBLE_PUBLIC };
	int64_t id;
	return engine_attach(work, incident_type(work), incident->number, &file, &id);
}

static bool is_confidential(const struct incident *incident)
{
	return strcmp(incident->service->name, "payroll") == 0;
}

static struct error *report(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	struct value *input = fields(work);
	struct record *record;
	/* What is nobody else's business is told by telephone. */
	bool by_phone = chance_of(&demo->chance, 28) || is_confidential(incident);
	size_t who = by_phone ? desk_agent(demo) : incident->requester;
	describe(demo, work, incident, input);
	if (by_phone) {
		value_set_text(work->arena, input, T("requester"), demo->people[incident->requester].login);
		put(work, input, "channel", chance_of(&demo->chance, 70) ? "phone" : "chat");
		assess(demo, work, incident, input);
	}
	if (by_phone && is_confidential(incident)) {
		incident->restricted = true;
		value_set_bool(work->arena, input, T("restricted"), true);
		put(work, input, "team", incident->service->team);
	}
	become(demo, work, who);
	TRY(engine_create(work, incident_type(work), input, &record));
	incident->number = text_copy(demo->arena, record_number(record));
	incident->reported = work->now;
	incident->rounds = (int)chance_pick(&demo->chance, 3);
	if (!by_phone && chance_of(&demo->chance, 9))
		TRY(attach(demo, work, incident));
	if (incident->restricted) {
		incident->worker = team_agent(demo, demo_team_find(demo, incident->service->team));
		next(demo, plan.incident, PLAN_PICK_UP, incident->worker, work->now, chance_wait(&demo->chance, MINUTE_MS, HOUR_MS));
		return NULL;
	}
	if (by_phone && chance_of(&demo->chance, 45)) { /* solved while on the telephone */
		incident->worker = who;
		incident->rounds = 0;
		TRY(take(demo, work, incident, who, "start", NULL));
		history_plan(demo, (struct plan){ work->now + chance_wait(&demo->chance, 3 * MINUTE_MS, 12 * MINUTE_MS), PLAN_RESOLVE, plan.incident });
		return NULL;
	}
	if (!by_phone && chance_of(&demo->chance, 4)) {
		history_plan(demo, (struct plan){ work->now + chance_wait(&demo->chance, MINUTE_MS, 8 * MINUTE_MS), PLAN_CANCEL, plan.incident });
	}
	next(demo, plan.incident, PLAN_TRIAGE, demo->teams[0].first, work->now, chance_wait(&demo->chance, 2 * MINUTE_MS, 25 * MINUTE_MS));
	return NULL;
}

/* What was reported the same way a short while ago is the same, or belongs to it. */
static struct error *join_earlier(struct demo *demo, struct work *work, size_t index)
{
	const struct history *history = demo->history;
	const struct incident *incident = &history->incidents[index];
	for (size_t i = 0; i < history->incident_count; i++) {
		const struct incident *other = &history->incidents[i];
		int64_t id;
		if (other->topic != incident->topic || !text_is_set(other->number) || other->restricted || incident->restricted ||
		    other->reported >= incident->reported || other->reported < incident->reported - 10 * HOUR_MS)
			continue;
		return engine_link(work, incident_type(work), incident->number, chance_of(&demo->chance, 50) ? T("duplicate_of") : T("related_to"),
		                   other->number, &id);
	}
	return NULL;
}

static struct error *hand_over(struct demo *demo, struct work *work, struct plan plan, size_t agent)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	ptrdiff_t team = demo_team_find(demo, incident->service->team);
	struct value *input = fields(work);
	put(work, input, "team", incident->service->team);
	incident->worker = team_agent(demo, team);
	if (chance_of(&demo->chance, 30))
		value_set_text(work->arena, input, T("assignee"), demo->people[incident->worker].login);
	if (chance_of(&demo->chance, 40))
		value_set_text(work->arena, input, T("comment"), words_of(work->arena, &demo->chance, incident->topic->note));
	incident->rounds++;
	TRY(take(demo, work, incident, agent, "assign", input));
	/* A few are left lying. */
	int64_t mean = chance_of(&demo->chance, 8) ? 30 * HOUR_MS : 70 * MINUTE_MS;
	next(demo, plan.incident, PLAN_PICK_UP, incident->worker, work->now, chance_wait(&demo->chance, 5 * MINUTE_MS, mean));
	return NULL;
}

static struct error *triage(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	size_t agent = desk_agent(demo);
	struct value *patch = fields(work);
	struct record *record;
	become(demo, work, agent);
	assess(demo, work, incident, patch);
	TRY(engine_update(work, incident_type(work), incident->number, 0, patch, &record));
	if (chance_of(&demo->chance, 30))
		TRY(join_earlier(demo, work, plan.incident));
	if (chance_of(&demo->chance, 2)) { /* the team lead sees it differently */
		struct value *override = fields(work);
		become(demo, work, demo->teams[0].first);
		put(work, override, "priority", "2");
		put(work, override, "priority_reason", "Customers are waiting for it");
		TRY(engine_update(work, incident_type(work), incident->number, 0, override, &record));
	}
	if (chance_of(&demo->chance, 55))
		return hand_over(demo, work, plan, agent);
	incident->worker = agent;
	TRY(take(demo, work, incident, agent, "start", NULL));
	next(demo, plan.incident, chance_of(&demo->chance, 25) ? PLAN_ASK : PLAN_WORK, agent, work->now,
	     chance_wait(&demo->chance, 2 * MINUTE_MS, 20 * MINUTE_MS));
	return NULL;
}

/* ---- the middle ---- */

static struct error *pick_up(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	TRY(take(demo, work, incident, incident->worker, "start", NULL));
	if (!incident->restricted && chance_of(&demo->chance, 9)) {
		become(demo, work, team_agent(demo, demo->people[incident->worker].team));
		TRY(engine_watch(work, incident_type(work), incident->number, 0, true));
	}
	next(demo, plan.incident, PLAN_WORK, incident->worker, work->now, chance_wait(&demo->chance, 5 * MINUTE_MS, 50 * MINUTE_MS));
	return NULL;
}

static struct error *ask(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	struct value *input = fields(work);
	put(work, input, "waiting_reason", "requester");
	value_set_text(work->arena, input, T("comment"), words_of(work->arena, &demo->chance, incident->topic->question));
	incident->asked = true;
	TRY(take(demo, work, incident, incident->worker, "wait", input));
	if (chance_of(&demo->chance, 5)) /* hardly anybody never answers; in the end it is resolved without */
		next(demo, plan.incident, PLAN_RESOLVE, incident->worker, work->now, chance_wait(&demo->chance, 40 * HOUR_MS, 30 * HOUR_MS));
	else
		next(demo, plan.incident, PLAN_ANSWER, incident->requester, work->now, chance_wait(&demo->chance, 4 * MINUTE_MS, 4 * HOUR_MS));
	return NULL;
}

static struct error *answer(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	TRY(say(demo, work, incident, incident->requester, incident->topic->answer, VISIBLE_PUBLIC));
	if (chance_of(&demo->chance, 12))
		TRY(attach(demo, work, incident));
	next(demo, plan.incident, PLAN_WORK, incident->worker, work->now, chance_wait(&demo->chance, 5 * MINUTE_MS, 90 * MINUTE_MS));
	return NULL;
}

static struct error *wait_for_others(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	static const char *const reasons[] = { "supplier", "change", "problem", "date" };
	static const char *const notes[] = { "Ordered a part, case {number}.", "Waits for the change in the next window.",
		                             "Belongs to the known problem with node {number}.", "Agreed another date with the requester." };
	size_t kind = chance_pick(&demo->chance, array_length(reasons));
	struct value *input = fields(work);
	moment until = demo_working(demo, incident->worker, work->now, chance_wait(&demo->chance, 3 * HOUR_MS, 14 * HOUR_MS));
	put(work, input, "waiting_reason", reasons[kind]);
	value_set_text(work->arena, input, T("comment"), words_of(work->arena, &demo->chance, notes[kind]));
	if (kind == 3)
		value_set_text(work->arena, input, T("waiting_until"), moment_format(work->arena, until));
	TRY(take(demo, work, incident, incident->worker, "wait", input));
	history_plan(demo, (struct plan){ kind == 3 ? until + MINUTE_MS : until, PLAN_WAIT_OVER, plan.incident });
	return NULL;
}

static struct error *work_on(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	size_t kind = chance_pick(&demo->chance, 100);
	if (incident->rounds <= 0) {
		next(demo, plan.incident, PLAN_RESOLVE, incident->worker, work->now, chance_wait(&demo->chance, MINUTE_MS, 35 * MINUTE_MS));
		return NULL;
	}
	incident->rounds--;
	if (kind < 18 && !incident->asked)
		return ask(demo, work, plan);
	if (kind < 32)
		return wait_for_others(demo, work, plan);
	if (kind < 62)
		TRY(say(demo, work, incident, incident->worker, incident->topic->note, VISIBLE_INTERNAL));
	else
		TRY(say(demo, work, incident, incident->worker, demo_replies[chance_pick(&demo->chance, demo_reply_count)], VISIBLE_PUBLIC));
	next(demo, plan.incident, PLAN_WORK, incident->worker, work->now, chance_wait(&demo->chance, 8 * MINUTE_MS, 100 * MINUTE_MS));
	return NULL;
}

static struct error *wait_over(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	/* A date that has come resumed it by itself. */
	struct error *error = take(demo, work, incident, incident->worker, "resume", NULL);
	if (error != NULL && error->code != ERROR_CONFLICT)
		return error;
	next(demo, plan.incident, PLAN_WORK, incident->worker, work->now, chance_wait(&demo->chance, 10 * MINUTE_MS, HOUR_MS));
	return NULL;
}

/* ---- the end ---- */

static struct error *resolve(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	size_t kind = chance_pick(&demo->chance, 100);
	struct value *input = fields(work);
	put(work, input, "resolution_code", kind < 78 ? "fixed" : kind < 90 ? "workaround" : kind < 96 ? "no_fault" : "declined");
	value_set_text(work->arena, input, T("resolution"), words_of(work->arena, &demo->chance, incident->topic->resolution));
	put(work, input, "closure_category", incident->topic->category);
	TRY(take(demo, work, incident, incident->worker, "resolve", input));
	kind = chance_pick(&demo->chance, 100);
	if (kind < 38)
		next(demo, plan.incident, PLAN_CLOSE, incident->requester, work->now, chance_wait(&demo->chance, 3 * MINUTE_MS, 6 * HOUR_MS));
	else if (kind < 45 && !incident->reopened)
		next(demo, plan.incident, PLAN_REOPEN, incident->requester, work->now, chance_wait(&demo->chance, 15 * MINUTE_MS, 7 * HOUR_MS));
	return NULL; /* the others close by themselves */
}

static struct error *close_it(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	static const int ratings[] = { 5, 5, 5, 4, 4, 5, 3, 4, 2, 1 };
	struct value *input = fields(work);
	if (chance_of(&demo->chance, 70))
		value_set_integer(work->arena, input, T("rating"), ratings[chance_pick(&demo->chance, array_length(ratings))]);
	if (chance_of(&demo->chance, 45))
		put(work, input, "comment", demo_thanks[chance_pick(&demo->chance, demo_thanks_count)]);
	return take(demo, work, incident, incident->requester, "close", input);
}

static struct error *reopen(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	const char *words = demo_reopenings[chance_pick(&demo->chance, demo_reopening_count)];
	struct value *input = fields(work);
	incident->reopened = true;
	incident->rounds = 1;
	value_set_text(work->arena, input, T("comment"), words_of(work->arena, &demo->chance, words));
	if (chance_of(&demo->chance, 50)) /* an answer reopens it as well */
		TRY(say(demo, work, incident, incident->requester, words, VISIBLE_PUBLIC));
	else
		TRY(take(demo, work, incident, incident->requester, "reopen", input));
	next(demo, plan.incident, PLAN_WORK, incident->worker, work->now, chance_wait(&demo->chance, 10 * MINUTE_MS, 2 * HOUR_MS));
	return NULL;
}

static struct error *cancel(struct demo *demo, struct work *work, struct plan plan)
{
	struct incident *incident = &demo->history->incidents[plan.incident];
	struct value *input = fields(work);
	const char *words = demo_cancellations[chance_pick(&demo->chance, demo_cancellation_count)];
	value_set_text(work->arena, input, T("comment"), words_of(work->arena, &demo->chance, words));
	return take(demo, work, incident, incident->requester, "cancel", input);
}

struct error *demo_step(struct demo *demo, struct work *work, struct plan plan)
{
	switch (plan.kind) {
	case PLAN_REPORT:
		return report(demo, work, plan);
	case PLAN_TRIAGE:
		return triage(demo, work, plan);
	case PLAN_PICK_UP:
		return pick_up(demo, work, plan);
	case PLAN_WORK:
		return work_on(demo, work, plan);
	case PLAN_ASK:
		return ask(demo, work, plan);
	case PLAN_ANSWER:
		return answer(demo, work, plan);
	case PLAN_WAIT_OVER:
		return wait_over(demo, work, plan);
	case PLAN_RESOLVE:
		return resolve(demo, work, plan);
	case PLAN_CLOSE:
		return close_it(demo, work, plan);
	case PLAN_REOPEN:
		return reopen(demo, work, plan);
	case PLAN_CANCEL:
		return cancel(demo, work, plan);
	case PLAN_CHANGE:
		return demo_change_step(demo, work, plan);
	case PLAN_MEETING:
		return demo_meeting_step(demo, work, plan);
	case PLAN_ORDER:
	case PLAN_AGREE:
	case PLAN_DROP:
		return demo_order_step(demo, work, plan);
	}
	return NULL;
}
