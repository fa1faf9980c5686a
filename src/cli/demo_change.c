/*
 * What changes in the demo company: about one change a day, over the history and three weeks ahead - normal ones through board and
 * schedule, standard ones from their models, emergencies - with weekly meetings, maintenance windows, a freeze, collisions, and what
 * went wrong. Each is carried on step by step, through the engine, by those who would do it.
 */
#include "cli/demo_private.h"

#define AHEAD_MS (21 * DAY_MS)
/* Of a hundred. */
#define STANDARD_PERCENT 36
#define EMERGENCY_PERCENT 9
#define CAUSED_WITHIN_MS (30 * HOUR_MS)

struct work_to_do {
	const char *service, *title, *reason, *plan, *back_out;
	int affected, experience, back_out_effort; /* positions of the choices */
};

static const struct work_to_do normal_work[] = {
	{ "mail", "Replace the outgoing mail gateway", "The manufacturer ends its support.", "1. Set up the new gateway beside the old one.\n2. Move the addresses.\n3. Watch the queues for an hour.", "Move the addresses back: 10 minutes.", 3, 1, 0 },
	{ "mail", "Move mailboxes to the new store", "The old store is almost full.", "Move 50 mailboxes an hour, the smallest first.", "Stop moving; moved ones stay.", 2, 1, 1 },
	{ "site-network", "New core switch in Hamburg", "The old one restarts by itself.", "1. Rack it.\n2. Move the uplinks one by one.\n3. Test each floor.", "Move the uplinks back: 30 minutes.", 2, 2, 1 },
	{ "wireless", "New firmware of the access points", "Telephones lose the connection between floors.", "One building after the other, the smallest first.", "The old firmware stays on the second partition.", 2, 0, 0 },
	{ "remote-access", "Second factor for remote access", "Stolen passwords must not be enough.", "Switch on by group, beginning with IT.", "Switch off for a group: 2 minutes.", 2, 2, 0 },
	{ "erp", "Quarterly release of the order system", "Corrections and the new price list.", "1. Save the database.\n2. Install.\n3. Run the test orders.", "Bring the saved database back: 3 hours.", 3, 0, 1 },
	{ "erp-finance", "New interface to the bank", "The bank ends the old format.", "Install, send a test payment, switch over.", "The old format works until the end of the quarter.", 1, 2, 0 },
	{ "warehouse", "Label printers get fixed addresses", "Labels come out at the wrong place.", "Printer by printer, in the breaks.", "Old address back: a minute for each.", 1, 0, 0 },
	{ "webshop", "New version of the shop", "Customers wait at the checkout.", "1. Put up the maintenance page.\n2. Install.\n3. Order something.", "Return to the last version: 15 minutes.", 3, 1, 0 },
	{ "files", "Larger disks in the file servers", "Free space is below five per cent.", "One server after the other, each while the other works.", "The old disks stay for a week.", 2, 1, 1 },
	{ "backup", "Backup goes to the second data room", "Both copies stand in one room.", "Copy for a week, then switch.", "Switch back to the first room.", 0, 1, 0 },
	{ "accounts", "New rules for passwords", "Audit asks for longer ones.", "Announce, then switch on.", "Switch off: a minute.", 2, 1, 0 },
	{ "test-stands", "Measuring computers get the new image", "The old system gets no updates.", "One stand a day, after the shift.", "Put the old disk back: 20 minutes.", 1, 1, 0 },
	{ "telephony", "New telephone exchange in Boston", "Spare parts are no longer made.", "Weekend work with the supplier.", "The old exchange stays connected for a month.", 2, 2, 1 },
	{ "intranet", "Search of the intranet is replaced", "Nobody finds anything.", "Build the new index, switch the address.", "Switch the address back.", 2, 2, 0 },
	{ "time-recording", "New terminals at the gates", "Cards are not read in the rain.", "Gate by gate.", "The old terminals stay until all work.", 2, 1, 0 },
};
static const struct work_to_do emergency_work[] = {
	{ "webshop", "Close a hole in the shop", "Somebody tries to break in through a known weakness.", "Install the correction and restart.", "Return to the last version.", 3, 1, 0 },
	{ "mail", "Restore the outgoing mail gateway", "No mail goes out since this morning.", "Exchange the certificate that ran out.", "None is needed.", 3, 2, 0 },
	{ "site-network", "Exchange a broken power supply", "The core switch runs on one supply only.", "Exchange it while it runs.", "The other supply goes on.", 2, 0, 0 },
	{ "erp", "Stop orders from being sent twice", "Customers get everything twice.", "Switch the job off and correct the table.", "Switch the job on again.", 3, 2, 1 },
};
static const char *const standard_servers[] = { "the mail servers", "the file servers", "the web servers", "the test servers", "the printing servers" };
static const char *const standard_names[] = { "shop.veldmark.example", "mail.veldmark.example", "portal.veldmark.example", "vpn.veldmark.example" };

enum fate { FATE_GOOD, FATE_ISSUES, FATE_BACKED_OUT, FATE_FAILED, FATE_REJECTED, FATE_CANCELLED };
enum stage { STAGE_CREATE, STAGE_ASSESS, STAGE_VOTE, STAGE_START, STAGE_END, STAGE_CLOSE };
struct demo_change {
	enum { KIND_STANDARD, KIND_NORMAL, KIND_EMERGENCY } kind;
	const struct work_to_do *work;
	moment start, end;
	enum stage stage;
	enum fate fate;
	size_t requester, implementer;
	text number;
};
struct changes {
	struct demo_change *items;
	size_t count, capacity;
	struct { text number; moment starts; bool over; } meetings[64];
	size_t meeting_count;
	struct chance chance; /* of its own: what is changed changes nothing of what is reported */
};

static const struct type *type_of(const struct work *work, const char *name)
{
	return model_type(work->model, text_from(name));
}

static void put(struct work *work, struct value *input, const char *key, const char *words)
{
	value_set_text(work->arena, input, text_from(key), text_from(words));
}

static void put_moment(struct work *work, struct value *input, const char *key, moment at)
{
	value_set_text(work->arena, input, text_from(key), moment_format(work->arena, at));
}

static void become(const struct demo *demo, struct work *work, size_t person)
{
	work->actor = demo->people[person].actor;
	work->origin = ORIGIN_WEB;
}

/* ---- windows, freeze, meetings ---- */

static struct error *make_window(struct work *work, const char *title, const char *kind, moment starts, moment ends, const char *rule,
                                 text item, const char *service)
{
	struct value *input = value_map(work->arena), *list = value_list(work->arena);
	struct record *record;

	put(work, input, "title", title);
	put(work, input, "kind", kind);
	put_moment(work, input, "starts", starts);
	put_moment(work, input, "ends", ends);
	if (rule != NULL)
		put(work, input, "recurrence", rule);
	put(work, input, "zone", "Europe/Berlin");
	if (text_is_set(item))
		value_append(work->arena, list, value_text(work->arena, item));
	else if (service != NULL)
		value_append(work->arena, list, value_text(work->arena, text_from(service)));
	if (value_count(list) > 0)
		value_set(work->arena, input, text_is_set(item) ? T("cis") : T("services"), list);
	return engine_create(work, type_of(work, "change_window"), input, &record);
}

static struct error *make_meetings(struct demo *demo, struct work *work)
{
	struct changes *changes = demo->changes;
	struct record *record;

	/* Each Thursday at two. */
	for (moment day = demo->begin / DAY_MS * DAY_MS; day < demo->end + AHEAD_MS && changes->meeting_count < array_length(changes->meetings);
	     day += DAY_MS) {
		struct value *input = value_map(work->arena);
		if (civil_from_days(day / DAY_MS).weekday != 4)
			continue;
		moment starts = day + 13 * HOUR_MS;
		struct civil date = civil_from_days(day / DAY_MS);
		value_set_text(work->arena, input, T("title"), text_format(work->arena, "CAB %04d-%02d-%02d", date.year, date.month, date.day));
		put_moment(work, input, "starts", starts);
		put_moment(work, input, "ends", starts + HOUR_MS);
		put(work, input, "place", "Harbour House, room 4, and by video");
		value_set_text(work->arena, input, T("chair"), demo->people[demo->seats[8]].login);
		TRY(engine_create(work, type_of(work, "cab_meeting"), input, &record));
		changes->meetings[changes->meeting_count].number = text_copy(demo->arena, record_number(record));
		changes->meetings[changes->meeting_count++].starts = starts;
		history_plan(demo, (struct plan){ starts + HOUR_MS, PLAN_MEETING, changes->meeting_count - 1 });
	}
	return NULL;
}

static struct error *make_ground(struct work *work, void *data)
{
	struct demo *demo = data;
	moment sunday = demo->begin / DAY_MS * DAY_MS;
	struct value *team = value_map(work->arena), *teams = value_list(work->arena), *patch = value_map(work->arena);
	struct record *record;

	while (civil_from_days(sunday / DAY_MS).weekday != 7)
		sunday += DAY_MS;
	TRY(make_window(work, "Sunday night", "maintenance", sunday + HOUR_MS, sunday + 5 * HOUR_MS, "FREQ=WEEKLY;BYDAY=SU", TEXT_UNSET, "site-network"));
	TRY(make_window(work, "Closing of the month", "freeze", demo->end / DAY_MS * DAY_MS + 9 * DAY_MS, demo->end / DAY_MS * DAY_MS + 12 * DAY_MS, NULL, TEXT_UNSET, "erp-finance"));
	TRY(make_window(work, "Season in the shop", "freeze", demo->end / DAY_MS * DAY_MS + 14 * DAY_MS, demo->end / DAY_MS * DAY_MS + 17 * DAY_MS, NULL, TEXT_UNSET, "webshop"));
	put(work, team, "name", "ecab");
	put(work, team, "label", "Emergency change board");
	TRY(engine_create(work, work->model->team, team, &record));
	/* The incident manager is called at any hour. */
	const struct demo_person *manager = &demo->people[demo->seats[8]];
	value_append(work->arena, teams, value_text(work->arena, T("ecab")));
	if (manager->team >= 0)
		value_append(work->arena, teams, value_text(work->arena, text_from(demo->teams[manager->team].name)));
	value_set(work->arena, patch, T("teams"), teams);
	return engine_update(work, work->model->user, manager->login, 0, patch, &record);
}

struct error *demo_change_ground(struct demo *demo)
{
	demo->changes = arena_new_struct(demo->arena, struct changes);
	demo->changes->chance = (struct chance){ demo->chance.state + 2 };
	return program_write_as(demo->program, demo->arena, ORIGIN_CLI, demo->begin, access_system(), make_ground, demo);
}

/* ---- what is planned ---- */

static enum fate fate_of(struct chance *chance, int kind)
{
	int dice = (int)chance_pick(chance, 100);

	if (kind == KIND_STANDARD)
		return dice < 94 ? FATE_GOOD : dice < 97 ? FATE_ISSUES : FATE_BACKED_OUT;
	if (kind == KIND_EMERGENCY)
		return dice < 80 ? FATE_GOOD : FATE_ISSUES;
	return dice < 66 ? FATE_GOOD : dice < 78 ? FATE_ISSUES : dice < 85 ? FATE_BACKED_OUT : dice < 89 ? FATE_FAILED : dice < 95 ? FATE_REJECTED : FATE_CANCELLED;
}

static size_t somebody(struct demo *demo, const char *team, size_t not)
{
	ptrdiff_t of = demo_team_find(demo, team);
	const struct demo_team *found = &demo->teams[of < 0 ? 0 : of];
	size_t person = found->first + chance_pick(&demo->changes->chance, found->count);

	return person != not ? person : found->first + (person - found->first + 1) % found->count;
}

static const struct demo_service *service_named(const struct demo *demo, const char *name)
{
	for (size_t i = 0; i < demo->service_count; i++)
		if (strcmp(demo->services[i].name, name) == 0)
			return &demo->services[i];
	return &demo->services[0];
}

/* Begins with its request, at that moment. */
static void plan_one(struct demo *demo, struct demo_change change, moment made)
{
	struct changes *changes = demo->changes;
	const char *team = service_named(demo, change.work->service)->team;

	change.requester = somebody(demo, team, SIZE_MAX);
	change.implementer = somebody(demo, team, change.requester);
	arena_make_room(demo->arena, changes->items, changes->count, changes->capacity);
	changes->items[changes->count] = change;
	history_plan(demo, (struct plan){ maximum(made, demo->begin), PLAN_CHANGE, changes->count++ });
}

/* The day of the visit: something is being made, something was, something comes, and something wants to be decided. */
static void plan_today(struct demo *demo)
{
	static const struct {
		int kind, work, begins_in_minutes, minutes;
		int64_t made_before; /* now */
	} today[] = {
		{ KIND_NORMAL, 9, -50, 180, 9 * DAY_MS },     /* in implementation */
		{ KIND_STANDARD, 0, -25, 120, 2 * DAY_MS },   /* so is this one */
		{ KIND_NORMAL, 3, -9 * 60, 60, 10 * DAY_MS }, /* to be reviewed */
		{ KIND_NORMAL, 8, 5 * 60, 120, 8 * DAY_MS },  /* this evening */
		{ KIND_EMERGENCY, 2, 45, 60, 9 * MINUTE_MS }, /* asks its board */
		{ KIND_NORMAL, 12, 12 * 24 * 60, 240, 7 * HOUR_MS },  /* to be assessed */
		{ KIND_NORMAL, 15, 12 * 24 * 60 + 90, 120, 3 * HOUR_MS },
	};

	for (size_t i = 0; i < array_length(today); i++) {
		struct demo_change change = { .kind = today[i].kind, .fate = FATE_GOOD };
		change.work = change.kind == KIND_EMERGENCY ? &emergency_work[today[i].work] : &normal_work[today[i].work];
		change.start = (demo->end + today[i].begins_in_minutes * MINUTE_MS) / (15 * MINUTE_MS) * (15 * MINUTE_MS);
		change.end = change.start + today[i].minutes * MINUTE_MS;
		plan_one(demo, change, demo->end - today[i].made_before);
	}
}

static void plan_change(struct demo *demo, moment day)
{
	struct chance *chance = &demo->changes->chance;
	struct demo_change change = { .kind = KIND_NORMAL };
	int dice = (int)chance_pick(chance, 100);
	moment made;

	if (dice < EMERGENCY_PERCENT && day < demo->end - DAY_MS)
		change.kind = KIND_EMERGENCY;
	else if (dice < EMERGENCY_PERCENT + STANDARD_PERCENT)
		change.kind = KIND_STANDARD;
	change.work = change.kind == KIND_EMERGENCY ? &emergency_work[chance_pick(chance, array_length(emergency_work))]
						     : &normal_work[chance_pick(chance, array_length(normal_work))];
	change.start = day / DAY_MS * DAY_MS + (change.kind == KIND_EMERGENCY ? 9 : 18 + (int64_t)chance_pick(chance, 4)) * HOUR_MS;
	change.end = change.start + (1 + (int64_t)chance_pick(chance, 4)) * HOUR_MS;
	change.fate = fate_of(chance, change.kind);
	made = change.start - (change.kind == KIND_EMERGENCY ? HOUR_MS : (change.kind == KIND_STANDARD ? 2 : 9) * DAY_MS + (int64_t)chance_pick(chance, 60) * HOUR_MS);
	if (made >= demo->end)
		made = demo->end - (int64_t)(6 + chance_pick(chance, 120)) * HOUR_MS;
	plan_one(demo, change, made);
}

static void plan_changes(struct demo *demo)
{
	for (moment day = demo->begin + 2 * DAY_MS; day < demo->end + AHEAD_MS; day += DAY_MS) {
		bool weekend = civil_from_days(day / DAY_MS).weekday >= 6;
		if (!chance_of(&demo->changes->chance, weekend ? 55 : 80))
			continue;
		plan_change(demo, day);
		/* Now and then two in one night. */
		if (chance_of(&demo->changes->chance, 12))
			plan_change(demo, day);
	}
	plan_today(demo);
}

/* ---- step by step ---- */

static void next(struct demo *demo, size_t at, enum stage stage, moment when)
{
	demo->changes->items[at].stage = stage;
	history_plan(demo, (struct plan){ when, PLAN_CHANGE, at });
}

static struct error *take(struct work *work, const struct demo_change *change, const char *name, struct value *input)
{
	struct record *record;

	return engine_transition(work, type_of(work, "change"), change->number, text_from(name), 0, input, &record);
}

static void fill_questions(struct work *work, const struct demo_change *change, struct value *input)
{
	static const char *const affected[] = { "nobody", "team", "organisation", "customers" }, *const experience[] = { "often", "once", "never" },
		*const effort[] = { "minutes", "hours", "impossible" };

	put(work, input, "affected", affected[change->work->affected]);
	put(work, input, "complexity", change->work->affected > 1 ? "team" : "one");
	put(work, input, "experience", experience[change->work->experience]);
	put(work, input, "rehearsed", change->work->experience == 2 ? "partly" : "fully");
	put(work, input, "back_out_effort", effort[change->work->back_out_effort]);
	value_set_bool(work->arena, input, T("in_use"), change->work->affected == 3);
}

static void fill_scope(const struct demo *demo, struct work *work, const struct demo_change *change, struct value *input)
{
	const struct demo_service *service = service_named(demo, change->work->service);
	struct value *items = value_list(work->arena);

	put(work, input, "service", service->name);
	put(work, input, "team", service->team);
	if (demo->service_items != NULL && text_is_set(demo->service_items[service - demo->services])) {
		value_append(work->arena, items, value_text(work->arena, demo->service_items[service - demo->services]));
		value_set(work->arena, input, T("cis"), items);
	}
	put_moment(work, input, "planned_start", change->start);
	put_moment(work, input, "planned_end", change->end);
}

static void fill_standard(struct demo *demo, struct work *work, struct value *input)
{
	struct value *answers = value_map(work->arena);

	if (chance_of(&demo->changes->chance, 60)) {
		put(work, input, "model", "standard_patch");
		put(work, answers, "servers", standard_servers[chance_pick(&demo->changes->chance, array_length(standard_servers))]);
		value_set_bool(work->arena, answers, T("restart"), true);
	} else {
		put(work, input, "model", "standard_certificate");
		put(work, answers, "name", standard_names[chance_pick(&demo->changes->chance, array_length(standard_names))]);
	}
	value_set(work->arena, input, T("answers"), answers);
}

static struct error *create(struct demo *demo, struct work *work, size_t at)
{
	struct demo_change *change = &demo->changes->items[at];
	struct value *input = value_map(work->arena);
	struct record *record;

	become(demo, work, change->requester);
	fill_scope(demo, work, change, input);
	if (change->kind == KIND_STANDARD)
		fill_standard(demo, work, input);
	else {
		put(work, input, "title", change->work->title);
		put(work, input, "reason", change->work->reason);
		put(work, input, "change_type", change->kind == KIND_NORMAL ? "normal" : "emergency");
		fill_questions(work, change, input);
	}
	if (change->kind == KIND_NORMAL) {
		put(work, input, "benefit", "It works as it should, and there is support for it.");
		put(work, input, "plan", change->work->plan);
		put(work, input, "test_plan", "The list of tests of the service's owner, before and after.");
		put(work, input, "back_out_plan", change->work->back_out);
		value_set_integer(work->arena, input, T("cost"), (int64_t)chance_pick(&demo->changes->chance, 12) * 500);
	}
	TRY(engine_create(work, type_of(work, "change"), input, &record));
	change->number = text_copy(demo->arena, record_number(record));
	TRY(take(work, change, change->kind == KIND_STANDARD ? "submit_standard" : change->kind == KIND_NORMAL ? "submit" : "submit_emergency", NULL));
	if (change->kind == KIND_STANDARD)
		next(demo, at, STAGE_START, change->start);
	else
		next(demo, at, change->kind == KIND_NORMAL ? STAGE_ASSESS : STAGE_VOTE, work->now + (change->kind == KIND_NORMAL ? 20 * HOUR_MS : 12 * MINUTE_MS));
	return NULL;
}

static struct error *assess(struct demo *demo, struct work *work, size_t at)
{
	struct demo_change *change = &demo->changes->items[at];
	struct value *input = value_map(work->arena);
	const struct changes *changes = demo->changes;

	become(demo, work, demo->seats[8]);
	if (change->fate == FATE_CANCELLED) {
		become(demo, work, change->requester);
		put(work, input, "comment", "It is part of another change now.");
		return take(work, change, "cancel", input);
	}
	for (size_t i = 0; i < changes->meeting_count; i++)
		if (changes->meetings[i].starts > work->now) {
			value_set_text(work->arena, input, T("meeting"), changes->meetings[i].number);
			break;
		}
	TRY(take(work, change, "request_authorisation", input));
	next(demo, at, STAGE_VOTE, work->now + (int64_t)(4 + chance_pick(&demo->changes->chance, 30)) * HOUR_MS);
	return NULL;
}

static size_t person_of(const struct demo *demo, int64_t id)
{
	for (size_t i = 0; i < demo->person_count; i++)
		if (demo->people[i].id == id)
			return i;
	return SIZE_MAX;
}

/* One of those asked says what they think; *ret_voted: somebody was found. */
static struct error *vote(struct demo *demo, struct work *work, const struct demo_change *change, bool *ret_voted)
{
	static const char *const remarks[] = { "Agreed.", "The owner knows of it.", "Please tell the service desk before.", "Fine with me." };
	struct approval *approvals;
	struct record *record, *after;
	size_t count;

	work->actor = access_system();
	*ret_voted = false;
	TRY(access_load(work, type_of(work, "change"), change->number, &record));
	TRY(engine_approvals(work, record, &approvals, &count));
	for (size_t i = 0; i < count; i++)
		for (size_t p = 0; approvals[i].state == APPROVAL_ASKED && p < approvals[i].part_count; p++)
			for (size_t v = 0; v < approvals[i].parts[p].vote_count; v++) {
				const struct approval_vote *one = &approvals[i].parts[p].votes[v];
				struct ballot ballot = { .vote = change->fate == FATE_REJECTED ? VOTE_REJECT : VOTE_APPROVE };
				size_t person = person_of(demo, one->user_id);
				if (!one->waiting || person == SIZE_MAX)
					continue;
				if (ballot.vote == VOTE_REJECT)
					ballot.comment = T("Not before the closing of the month.");
				else if (chance_of(&demo->changes->chance, 35))
					ballot.comment = text_from(remarks[chance_pick(&demo->changes->chance, array_length(remarks))]);
				become(demo, work, person);
				*ret_voted = true;
				return engine_vote(work, record->type, change->number, approvals[i].id, &ballot, &after);
			}
	return NULL;
}

static struct error *go_on_voting(struct demo *demo, struct work *work, size_t at)
{
	const struct demo_change *change = &demo->changes->items[at];
	bool voted;

	TRY(vote(demo, work, change, &voted));
	int64_t pause = change->kind == KIND_EMERGENCY ? 5 * MINUTE_MS : (int64_t)(1 + chance_pick(&demo->changes->chance, 14)) * HOUR_MS;
	if (voted)
		next(demo, at, STAGE_VOTE, work->now + pause);
	else
		next(demo, at, STAGE_START, maximum(change->start, work->now + MINUTE_MS));
	return NULL;
}

static struct error *do_tasks(struct demo *demo, struct work *work, const struct demo_change *change)
{
	for (int round = 0; round < 12; round++) {
		struct record_task *tasks;
		struct record *record, *done;
		size_t count, open = 0;

		TRY(access_load(work, type_of(work, "change"), change->number, &record));
		TRY(engine_tasks(work, record, &tasks, &count));
		while (open < count && tasks[open].record->type->lifecycle->states[record_state(tasks[open].record)].group != GROUP_OPEN)
			open++;
		if (open == count)
			return NULL;
		struct value *input = value_map(work->arena);
		put(work, input, "result", "Done and tested.");
		become(demo, work, change->implementer);
		TRY(engine_transition(work, tasks[open].record->type, record_number(tasks[open].record), T("complete"), 0, input, &done));
	}
	return NULL;
}

/* Who was asked to authorise it leaves it to another of the team. */
static struct error *start_by_somebody(struct demo *demo, struct work *work, struct demo_change *change)
{
	ptrdiff_t of = demo_team_find(demo, service_named(demo, change->work->service)->team);
	const struct demo_team *team = &demo->teams[of < 0 ? 0 : of];
	struct error *error = NULL;

	for (size_t i = 0; i < team->count; i++) {
		size_t offset = (change->implementer - team->first + i) % team->count;
		become(demo, work, team->first + offset);
		error = take(work, change, "start", NULL);
		if (error == NULL)
			change->implementer = team->first + offset;
		if (error == NULL || error->code != ERROR_CONFLICT)
			return error;
	}
	return error;
}

static struct error *begin(struct demo *demo, struct work *work, size_t at)
{
	struct demo_change *change = &demo->changes->items[at];

	TRY(start_by_somebody(demo, work, change));
	moment end = change->end + (chance_of(&demo->changes->chance, 15) ? 40 : -10) * MINUTE_MS;
	next(demo, at, STAGE_END, maximum(end, work->now + 20 * MINUTE_MS));
	return NULL;
}

static struct error *finish(struct demo *demo, struct work *work, size_t at)
{
	static const char *const outcomes[] = { "successful", "with_issues", NULL, "failed" };
	struct demo_change *change = &demo->changes->items[at];
	struct value *input = value_map(work->arena), *second = value_map(work->arena);

	become(demo, work, change->implementer);
	next(demo, at, STAGE_CLOSE, work->now + (int64_t)(10 + chance_pick(&demo->changes->chance, 40)) * HOUR_MS);
	if (change->fate == FATE_BACKED_OUT) {
		put(work, input, "comment", "The tests fail: going back.");
		TRY(take(work, change, "back_out", input));
		put(work, second, "comment", "Everything is as it was.");
		return take(work, change, "finish_back_out", second);
	}
	TRY(do_tasks(demo, work, change));
	become(demo, work, change->implementer);
	put(work, input, "outcome", outcomes[change->fate]);
	return take(work, change, "complete", input);
}

/* What was reported about the same service soon after is laid at its door. */
static struct error *blame(struct demo *demo, struct work *work, const struct demo_change *change)
{
	const struct history *history = demo->history;
	int64_t link;

	for (size_t i = 0; i < history->incident_count; i++) {
		const struct incident *incident = &history->incidents[i];
		if (!text_is_set(incident->number) || incident->reported < change->start || incident->reported > change->start + CAUSED_WITHIN_MS ||
		    strcmp(incident->service->name, change->work->service) != 0)
			continue;
		become(demo, work, change->implementer);
		return engine_link(work, type_of(work, "incident"), incident->number, T("caused_by"), change->number, &link);
	}
	return NULL;
}

static struct error *close_change(struct demo *demo, struct work *work, size_t at)
{
	static const char *const reviews[] = { "The goals were reached, in the time that was planned.",
		"It took longer than planned; the steps are part of the model now.", "The test of the day before did not cover it. The test plan has it now.",
		"Nobody had thought of the old clients. They are on the list now." };
	struct demo_change *change = &demo->changes->items[at];
	struct value *papers = value_map(work->arena), *input = value_map(work->arena);
	struct record *record;

	if (change->kind == KIND_STANDARD && change->fate == FATE_GOOD)
		return NULL; /* closed by itself */
	if (change->fate != FATE_GOOD)
		TRY(blame(demo, work, change));
	become(demo, work, demo->seats[8]);
	if (change->kind == KIND_EMERGENCY) {
		put(work, papers, "benefit", "The service works again.");
		put(work, papers, "plan", change->work->plan);
		put(work, papers, "test_plan", "The owner of the service tried it.");
		put(work, papers, "back_out_plan", change->work->back_out);
		TRY(engine_update(work, type_of(work, "change"), change->number, 0, papers, &record));
	}
	put(work, input, "review", reviews[change->fate > FATE_FAILED ? 0 : change->fate]);
	return take(work, change, "close", input);
}

struct error *demo_change_step(struct demo *demo, struct work *work, struct plan plan)
{
	switch (demo->changes->items[plan.incident].stage) {
	case STAGE_CREATE:
		return create(demo, work, plan.incident);
	case STAGE_ASSESS:
		return assess(demo, work, plan.incident);
	case STAGE_VOTE:
		return go_on_voting(demo, work, plan.incident);
	case STAGE_START:
		return begin(demo, work, plan.incident);
	case STAGE_END:
		return finish(demo, work, plan.incident);
	case STAGE_CLOSE:
		return close_change(demo, work, plan.incident);
	}
	return NULL;
}

struct error *demo_meeting_step(struct demo *demo, struct work *work, struct plan plan)
{
	text number = demo->changes->meetings[plan.incident].number;
	struct value *held = value_map(work->arena), *input = value_map(work->arena);
	struct record *record;

	become(demo, work, demo->seats[8]);
	TRY(engine_transition(work, type_of(work, "cab_meeting"), number, T("hold"), 0, held, &record));
	put(work, input, "minutes", "All items of the agenda were talked through; the votes stand in the changes.");
	put(work, input, "actions", "- Service desk is told of the outages of the week\n- The plan of the next release is asked for");
	return engine_transition(work, type_of(work, "cab_meeting"), number, T("minute"), 0, input, &record);
}

static struct error *make_board(struct work *work, void *data)
{
	return make_meetings(data, work);
}

struct error *demo_plan_changes(struct demo *demo)
{
	plan_changes(demo);
	return program_write_as(demo->program, demo->arena, ORIGIN_CLI, demo->begin, access_system(), make_board, demo);
}
