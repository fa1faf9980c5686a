/*
 * What the people of the demo company order: the catalogue with its prices, managers and cost centres, and requests that are agreed to,
 * refused or left lying, done task by task, confirmed and rated - all through the engine, as people would.
 */
#include "cli/demo_private.h"

/* Orders of one day in the middle of the week, all sites. */
#define ORDERS_A_DAY 4
#define NEVER_AGREES_PERCENT 6

struct offer {
	const char *name, *title, *description, *keywords, *category, *service, *model, *delivery, *approval, *entitled;
	double price, monthly;
	int weight;
};

static const struct offer offers[] = {
	{ "new-starter", "New starter", "Everything a new colleague needs on the first day.\n\nAccount, mailbox, laptop, telephone and applications, ordered once.",
	  "colleague onboarding joiner", "workplace", "laptop", "new_starter", "5 working days", "purchase", NULL, 1200, 0, 14 },
	{ "leaver", "Somebody leaves", "What they had comes back, what they could do ends.", "leaving offboarding", "workplace", "accounts", "leaver", "on the last day", "none", NULL, 0, 0, 8 },
	{ "laptop", "Laptop", "A laptop with dock, ready to work.", "computer notebook", "hardware", "laptop", "equipment", "3 working days", "purchase", NULL, 950, 0, 16 },
	{ "screen", "Second screen", "27 inches, with stand and cable.", "monitor display", "hardware", "laptop", "equipment", "2 working days", "manager", NULL, 210, 0, 14 },
	{ "headset", "Headset", "For calls and conferences, with or without cable.", "telephone teams", "hardware", "telephony", "equipment", "2 working days", "none", NULL, 60, 0, 14 },
	{ "mobile-phone", "Mobile telephone", "A telephone with contract.", "smartphone cell", "hardware", "mobile", "equipment", "4 working days", "purchase", NULL, 520, 18, 9 },
	{ "workstation", "Engineering workstation", "For design and simulation.", "computer cad", "hardware", "workstation", "equipment", "10 working days", "purchase",
	  "organisation = hamburg or organisation = boston", 3400, 0, 4 },
	{ "application-access", "Access to an application", "A right in one of the business applications, for good or for some time.", "right permission login", "access", "permissions", "access",
	  "1 working day", "owner", NULL, 0, 0, 22 },
	{ "folder-access", "Access to a folder", "To read or to work in a common folder.", "share drive files", "access", "files", "access", "1 working day", "owner", NULL, 0, 0, 18 },
	{ "access-back", "An access is no longer needed", "It is taken back.", "remove revoke", "access", "permissions", "revoke_access", "1 working day", "none", NULL, 0, 0, 4 },
	{ "software", "Software", "From the list of what is licensed, or something else.", "program install licence", "software", "laptop", "software", "2 working days", "manager", NULL, 0, 12, 16 },
	{ "certificate", "Renew a certificate", "Before it runs out; it is made as a standard change.", "ssl tls https lock", "web", "webshop", "certificate_renewal",
	  "5 working days", "none", NULL, 0, 0, 4 },
	{ "meeting-help", "Help with a meeting", "Somebody who sets up sound and picture.", "room conference event", "workplace", "calendar", "general_request", "as agreed", "none", NULL, 0, 0, 7 },
	{ "something-else", "Something else", "Nothing here fits? Tell us what you need.", NULL, "workplace", NULL, "general_request", NULL, "none", NULL, 0, 0, 8 },
};

struct order {
	text number;
	size_t offer, person;
	bool slow; /* nobody agrees in time */
};
struct orders {
	struct order *items;
	size_t count, capacity;
	int weight;
	struct chance chance; /* of its own: what is ordered changes nothing of what is reported */
};

static const struct type *type_of(const struct work *work, const char *name)
{
	return model_type(work->model, text_from(name));
}

static void put(struct work *work, struct value *input, const char *key, const char *words)
{
	if (words != NULL)
		value_set_text(work->arena, input, text_from(key), text_from(words));
}

/* ---- the catalogue ---- */

static struct error *make_cost_centres(struct demo *demo, struct work *work)
{
	static const char *const centres[][2] = { { "4100", "Sales" }, { "4200", "Production" }, { "4300", "Research" }, { "4400", "Administration" } };
	struct record *record;

	for (size_t i = 0; i < array_length(centres); i++) {
		struct value *input = value_map(work->arena);
		put(work, input, "name", centres[i][0]);
		put(work, input, "label", centres[i][1]);
		put(work, input, "organisation", "veldmark");
		value_set_text(work->arena, input, T("owner"), demo->people[i == 0 ? demo->seats[5] : demo->person_count - 30 - i].login);
		TRY(engine_create(work, type_of(work, "cost_centre"), input, &record));
	}
	for (size_t i = 0; i < demo->person_count; i++) {
		struct value *patch = value_map(work->arena);
		const struct demo_person *person = &demo->people[i];
		size_t manager = person->team >= 0 ? demo->teams[person->team].first : demo->person_count - 1 - i % 9;
		if (manager == i)
			manager = demo->seats[5];
		put(work, patch, "cost_centre", centres[i % array_length(centres)][0]);
		if (manager != i)
			value_set_text(work->arena, patch, T("manager"), demo->people[manager].login);
		TRY(engine_update(work, work->model->user, person->login, 0, patch, &record));
	}
	return NULL;
}

static struct error *make_offers(struct work *work, void *data)
{
	struct record *record;

	TRY(make_cost_centres(data, work));
	for (size_t i = 0; i < array_length(offers); i++) {
		const struct offer *offer = &offers[i];
		struct value *input = value_map(work->arena);
		put(work, input, "name", offer->name);
		put(work, input, "title", offer->title);
		put(work, input, "description", offer->description);
		put(work, input, "keywords", offer->keywords);
		put(work, input, "category", offer->category);
		put(work, input, "service", offer->service);
		put(work, input, "model", offer->model);
		put(work, input, "delivery", offer->delivery);
		put(work, input, "approval", offer->approval);
		put(work, input, "entitled", offer->entitled);
		if (offer->price > 0)
			value_set(work->arena, input, T("price"), value_real(work->arena, offer->price));
		if (offer->monthly > 0)
			value_set(work->arena, input, T("monthly"), value_real(work->arena, offer->monthly));
		TRY(engine_create(work, type_of(work, "offering"), input, &record));
	}
	return NULL;
}

static void plan_order(struct demo *demo, moment at, size_t person)
{
	struct orders *orders = demo->orders;
	size_t offer = 0, pick = chance_pick(&demo->orders->chance, (size_t)orders->weight);

	while (pick >= (size_t)offers[offer].weight)
		pick -= (size_t)offers[offer++].weight;
	arena_make_room(demo->arena, orders->items, orders->count, orders->capacity);
	orders->items[orders->count] = (struct order){ .offer = offer, .person = person, .slow = chance_of(&demo->orders->chance, NEVER_AGREES_PERCENT) };
	history_plan(demo, (struct plan){ at, PLAN_ORDER, orders->count++ });
}

struct error *demo_offerings(struct demo *demo)
{
	demo->orders = arena_new_struct(demo->arena, struct orders);
	demo->orders->chance = (struct chance){ demo->chance.state + 1 };
	for (size_t i = 0; i < array_length(offers); i++)
		demo->orders->weight += offers[i].weight;
	return program_write_as(demo->program, demo->arena, ORIGIN_CLI, demo->begin, access_system(), make_offers, demo);
}

/* In working hours, never at a weekend; the visitor's own seat has something to look at. */
void demo_plan_orders(struct demo *demo)
{
	for (moment day = demo->begin; day < demo->end; day += DAY_MS)
		for (int i = 0; i < ORDERS_A_DAY; i++) {
			size_t staff = demo->teams[demo->team_count - 1].first + demo->teams[demo->team_count - 1].count;
			size_t person = chance_of(&demo->orders->chance, 6) ? demo->seats[0] : staff + chance_pick(&demo->orders->chance, demo->person_count - staff);
			moment at = demo_working(demo, person, day + chance_wait(&demo->orders->chance, 0, 8 * HOUR_MS), MINUTE_MS);
			if (at < demo->end && at < day + 30 * HOUR_MS)
				plan_order(demo, at, person);
		}
}

/* ---- what people answer ---- */

static text moment_in(struct work *work, int64_t days)
{
	return moment_format(work->arena, (work->now / DAY_MS + days) * DAY_MS + 9 * HOUR_MS);
}

static const char *pick(struct demo *demo, const char *const *words, size_t count)
{
	return words[chance_pick(&demo->orders->chance, count)];
}
#define PICK(...) pick(demo, (const char *const[]){ __VA_ARGS__ }, array_length(((const char *const[]){ __VA_ARGS__ })))

static void answer_starter(struct demo *demo, struct work *work, struct value *answers)
{
	static const char *const systems[] = { "Orders", "Stock", "Drawings", "Time recording" };
	const char *contract = PICK("permanent", "permanent", "permanent", "temporary", "external");
	struct value *accounts = value_list(work->arena);

	value_set_text(work->arena, answers, T("name"), text_format(work->arena, "%s %s",
		PICK("Ada", "Bo", "Cleo", "Dan", "Eva", "Finn", "Gil", "Hedda", "Ivo", "Jara", "Kai", "Lotte", "Milo", "Nele", "Oke"),
		PICK("Winterhale", "Nordmark", "Aschberg", "Rookwood", "Tannlund", "Morgrave", "Harrowby", "Ellerbek", "Quandt", "Sandholm", "Thornby", "Vesterlund", "Brackwater")));
	value_set_text(work->arena, answers, T("start"), moment_in(work, 5 + (int64_t)chance_pick(&demo->orders->chance, 25)));
	put(work, answers, "contract", contract);
	if (strcmp(contract, "permanent") != 0)
		value_set_text(work->arena, answers, T("until"), moment_in(work, 20 + (int64_t)chance_pick(&demo->orders->chance, 400)));
	if (strcmp(contract, "external") == 0)
		put(work, answers, "company", PICK("Brightwell Consulting", "Nordquay Staffing"));
	put(work, answers, "laptop", strcmp(contract, "external") == 0 ? PICK("none", "standard") : PICK("standard", "light", "strong"));
	put(work, answers, "phone", PICK("none", "desk"));
	/* Each at most once. */
	size_t first = chance_pick(&demo->orders->chance, array_length(systems));
	for (size_t i = chance_pick(&demo->orders->chance, 3); i > 0; i--) {
		struct value *row = value_map(work->arena);
		put(work, row, "system", systems[(first + i) % array_length(systems)]);
		put(work, row, "level", PICK("read", "write"));
		value_append(work->arena, accounts, row);
	}
	value_set(work->arena, answers, T("accounts"), accounts);
}

static void answer_access(struct demo *demo, struct work *work, struct value *answers)
{
	put(work, answers, "what", PICK("Orders, purchasing", "Folder Projects / Harbour", "Folder Quality / Reports", "Stock, counting", "Supplier portal", "Drawings, all sites"));
	put(work, answers, "level", PICK("read", "read", "write"));
	put(work, answers, "why", PICK("I stand in for a colleague.", "I work in the project now.", "For the audit in spring.", "My old right has gone with the move."));
	if (chance_of(&demo->orders->chance, 45)) {
		value_set_bool(work->arena, answers, T("limited"), true);
		value_set_text(work->arena, answers, T("until"), moment_in(work, 7 + (int64_t)chance_pick(&demo->orders->chance, 60)));
	}
}

static void answer(struct demo *demo, struct work *work, const struct offer *offer, struct value *answers)
{
	text model = text_from(offer->model);

	if (text_equal(model, T("new_starter"))) {
		answer_starter(demo, work, answers);
	} else if (text_equal(model, T("access"))) {
		answer_access(demo, work, answers);
	} else if (text_equal(model, T("leaver"))) {
		value_set_text(work->arena, answers, T("person"), demo->people[demo->person_count - 1 - chance_pick(&demo->orders->chance, 40)].login);
		value_set_text(work->arena, answers, T("last_day"), moment_in(work, 10));
		put(work, answers, "devices", "return");
		put(work, answers, "address", "Room 214");
	} else if (text_equal(model, T("equipment"))) {
		const char *why = PICK("new", "new", "replace", "broken");
		put(work, answers, "why", why);
		if (strcmp(why, "new") != 0)
			put(work, answers, "old", PICK("VM-1182", "VM-0941", "VM-2203"));
	} else if (text_equal(model, T("software"))) {
		const char *product = PICK("office", "drawing", "statistics", "other");
		put(work, answers, "product", product);
		put(work, answers, "computer", PICK("VM-1182", "VM-0941", "VM-2203"));
		if (strcmp(product, "office") != 0)
			put(work, answers, "why", PICK("For the new test stand.", "The customer sends such files."));
		if (strcmp(product, "other") == 0)
			put(work, answers, "name", PICK("Diagram painter", "Log viewer"));
	} else if (text_equal(model, T("certificate_renewal"))) {
		put(work, answers, "address", PICK("shop.veldmark.example", "portal.veldmark.example", "mail.veldmark.example"));
		put(work, answers, "service", "webshop");
	} else if (text_equal(model, T("revoke_access"))) {
		put(work, answers, "what", PICK("Orders, purchasing", "Folder Projects / Harbour"));
	} else {
		put(work, answers, "details", PICK("A long cable for the projector in the large room.", "Sound and picture for a talk with 60 guests.",
		                                   "A key for the cupboard with the test devices.", "Ten name plates for visitors.", "A quiet place to record a video."));
	}
}

/* ---- what happens to an order ---- */

static ptrdiff_t person_of(const struct demo *demo, int64_t user_id)
{
	for (size_t i = 0; i < demo->person_count; i++)
		if (demo->people[i].id == user_id)
			return (ptrdiff_t)i;
	return -1;
}

static void become(struct demo *demo, struct work *work, size_t person)
{
	work->actor = demo->people[person].actor;
	work->origin = ORIGIN_WEB;
}

static void next(struct demo *demo, size_t order, enum plan_kind kind, size_t person, moment from, int64_t working_ms)
{
	history_plan(demo, (struct plan){ demo_working(demo, person, from, working_ms), kind, order });
}

static void plan_next(struct demo *demo, struct work *work, size_t index)
{
	struct order *order = &demo->orders->items[index];

	if (!order->slow)
		next(demo, index, PLAN_AGREE, order->person, work->now, chance_wait(&demo->orders->chance, 20 * MINUTE_MS, 7 * HOUR_MS));
}

static struct error *place(struct demo *demo, struct work *work, struct plan plan)
{
	struct order *order = &demo->orders->items[plan.incident];
	const struct offer *offer = &offers[order->offer];
	struct value *input = value_map(work->arena), *answers = value_map(work->arena);
	struct record *record;

	answer(demo, work, offer, answers);
	put(work, input, "offering", offer->name);
	value_set(work->arena, input, T("answers"), answers);
	become(demo, work, order->person);
	TRY(engine_create(work, type_of(work, "service_request"), input, &record));
	order->number = text_copy(demo->arena, record_number(record));
	order->slow = order->slow && record->type->lifecycle->states[record_state(record)].group == GROUP_WAITING;
	if (chance_of(&demo->orders->chance, 4))
		next(demo, plan.incident, PLAN_DROP, order->person, work->now, 30 * MINUTE_MS);
	plan_next(demo, work, plan.incident);
	return NULL;
}

/* One of those whose vote is missing says what they think. */
static struct error *vote(struct demo *demo, struct work *work, struct record *record, const struct approval *approval)
{
	for (size_t i = 0; i < approval->part_count; i++)
		for (size_t j = 0; j < approval->parts[i].vote_count; j++) {
			const struct approval_vote *one = &approval->parts[i].votes[j];
			ptrdiff_t person = person_of(demo, one->user_id);
			bool no = chance_of(&demo->orders->chance, 9);
			struct ballot ballot = { .vote = no ? VOTE_REJECT : VOTE_APPROVE };
			if (!one->waiting || person < 0)
				continue;
			if (no)
				ballot.comment = text_from(PICK("Not this quarter.", "There is one in the cupboard that works.", "Please ask your project for it."));
			else if (chance_of(&demo->orders->chance, 30))
				ballot.comment = text_from(PICK("Fine with me.", "Agreed.", "Needed for the project."));
			become(demo, work, (size_t)person);
			return engine_vote(work, record->type, record_number(record), approval->id, &ballot, &record);
		}
	return NULL;
}

/* A member of the team takes the first task that is ready. */
static struct error *do_task(struct demo *demo, struct work *work, struct record *record)
{
	struct record_task *tasks;
	size_t count;

	TRY(engine_tasks(work, record, &tasks, &count));
	for (size_t i = 0; i < count; i++) {
		const struct record *task = tasks[i].record;
		const struct lifecycle *lifecycle = task->type->lifecycle;
		struct value *input = value_map(work->arena);
		struct record_name team;
		struct record *done;
		if (lifecycle->states[record_state(task)].group != GROUP_OPEN)
			continue;
		int64_t team_id = record_id_of(task, task->type->team);
		ptrdiff_t of = 0;
		if (team_id != 0) {
			TRY(model_name(work, work->model->team, team_id, &team));
			of = demo_team_find(demo, text_cstring(work->arena, team.number));
		}
		become(demo, work, demo->teams[of].first + chance_pick(&demo->orders->chance, demo->teams[of].count));
		bool fails = chance_of(&demo->orders->chance, 2);
		put(work, input, "result", fails ? "It cannot be had at the moment." : PICK("Done.", "Done and tested.", "Handed over.", "As asked for."));
		return engine_transition(work, task->type, record_number(task), fails ? T("fail") : T("complete"), 0, input, &done);
	}
	return NULL;
}

static struct error *confirm(struct demo *demo, struct work *work, const struct order *order, struct record *record)
{
	static const int ratings[] = { 5, 5, 5, 4, 4, 5, 3, 4, 2 };
	struct value *input = value_map(work->arena);

	become(demo, work, order->person);
	if (!chance_of(&demo->orders->chance, 55))
		return NULL; /* it closes by itself */
	if (chance_of(&demo->orders->chance, 70))
		value_set_integer(work->arena, input, T("rating"), ratings[chance_pick(&demo->orders->chance, array_length(ratings))]);
	return engine_transition(work, record->type, order->number, T("close"), 0, input, &record);
}

static struct error *go_on(struct demo *demo, struct work *work, struct plan plan)
{
	const struct order *order = &demo->orders->items[plan.incident];
	const struct type *type = type_of(work, "service_request");
	struct approval *approvals;
	struct record *record;
	size_t count;

	work->actor = access_system();
	TRY(access_load(work, type, order->number, &record));
	text state = type->lifecycle->states[record_state(record)].name;
	enum state_group group = type->lifecycle->states[record_state(record)].group;
	if (group >= GROUP_CLOSED)
		return NULL;
	plan_next(demo, work, plan.incident);
	if (group == GROUP_DONE)
		return confirm(demo, work, order, record);
	if (!text_equal(state, T("approving")))
		return do_task(demo, work, record);
	TRY(engine_approvals(work, record, &approvals, &count));
	return count == 0 ? NULL : vote(demo, work, record, &approvals[count - 1]);
}

static struct error *drop(struct demo *demo, struct work *work, struct plan plan)
{
	const struct order *order = &demo->orders->items[plan.incident];
	struct value *input = value_map(work->arena);
	struct record *record;

	put(work, input, "comment", "I do not need it any more, thank you.");
	become(demo, work, order->person);
	return engine_transition(work, type_of(work, "service_request"), order->number, T("cancel"), 0, input, &record);
}

struct error *demo_order_step(struct demo *demo, struct work *work, struct plan plan)
{
	if (plan.kind == PLAN_ORDER)
		return place(demo, work, plan);
	return plan.kind == PLAN_DROP ? drop(demo, work, plan) : go_on(demo, work, plan);
}
