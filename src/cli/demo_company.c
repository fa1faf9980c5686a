/* Founding the demo company: three sites in three zones, its teams, services and people, all invented. */
#include "cli/demo_private.h"

#include "model/calendars.h"
#include "store/blob.h"

/* ---- tables ---- */

const struct demo_site demo_sites[SITE_COUNT] = {
	{ "hamburg", "Hamburg, Harbour House", "Europe/Berlin", "hamburg", 55 },
	{ "boston", "Boston, Mill Street", "America/New_York", "boston", 28 },
	{ "singapore", "Singapore, Quay Tower", "Asia/Singapore", "singapore", 17 },
};

const char *const demo_seat_names[SEAT_COUNT] = { "requester", "first-line-agent", "specialist", "team-lead", "incident-manager",
	                                          "service-owner", "auditor", "administrator", "change-manager", "change-authority",
	                                          "configuration-manager" };

static const struct {
	const char *name, *label, *hours, *holidays, *zone;
	bool is_default;
} calendars[] = {
	{ "hamburg", "Hamburg office hours", "mon-thu 08:00-12:00 13:00-17:30; fri 08:00-12:00 13:00-16:00",
	  "01-01 New Year's Day\n05-01 Labour Day\n10-03 Day of German Unity\n12-25 Christmas Day\n12-26 Second day of Christmas",
	  "Europe/Berlin", true },
	{ "boston", "Boston office hours", "mon-fri 08:30-12:00 13:00-17:30",
	  "01-01 New Year's Day\n07-04 Independence Day\n11-11 Veterans Day\n12-25 Christmas Day", "America/New_York", false },
	{ "singapore", "Singapore office hours", "mon-fri 09:00-12:30 13:30-18:00",
	  "01-01 New Year's Day\n05-01 Labour Day\n08-09 National Day\n12-25 Christmas Day", "Asia/Singapore", false },
	{ "extended", "Service desk hours", "mon-fri 07:00-20:00; sat 09:00-13:00", "12-25 Christmas Day", "Europe/Berlin", false },
	{ "around-the-clock", "Around the clock", "24x7", NULL, "UTC", false },
};

static const struct {
	const char *name, *label, *parent;
} categories[] = {
	{ "mail", "Mail and calendar", NULL }, { "mail_delivery", "Delivery of mail", "mail" }, { "mail_client", "Mail program", "mail" },
	{ "mail_box", "Mailbox", "mail" }, { "network", "Network", NULL }, { "network_wifi", "Wireless network", "network" },
	{ "network_vpn", "Remote access", "network" }, { "network_lan", "Cabled network", "network" }, { "workplace", "Workplace", NULL },
	{ "hardware", "Hardware", "workplace" }, { "software", "Software", "workplace" }, { "printing", "Printing and scanning", "workplace" },
	{ "telephony", "Telephony", "workplace" }, { "erp", "Business applications", NULL }, { "erp_orders", "Orders and logistics", "erp" },
	{ "erp_access", "Authorisations", "erp" }, { "erp_reports", "Reports", "erp" }, { "personnel", "Time and personnel", "erp" },
	{ "access", "Accounts and access", NULL }, { "files", "Files and storage", NULL }, { "web", "Web and intranet", NULL },
	{ "plant", "Plant and test stands", NULL },
};

static const struct demo_team teams[] = {
	{ "service-desk", "Service desk", "extended", 9, 0, 0 },
	{ "messaging", "Messaging", "hamburg", 4, 0, 0 },
	{ "network", "Network", "around-the-clock", 5, 0, 0 },
	{ "workplace", "Workplace", "hamburg", 6, 0, 0 },
	{ "erp", "Business applications", "hamburg", 5, 0, 0 },
	{ "identity", "Identity and access", "hamburg", 3, 0, 0 },
	{ "storage", "Storage and backup", "around-the-clock", 3, 0, 0 },
	{ "web", "Web", "hamburg", 3, 0, 0 },
	{ "plant", "Plant systems", "around-the-clock", 4, 0, 0 },
	{ "personnel-systems", "Personnel systems", "hamburg", 3, 0, 0 },
};

static const struct demo_service services[] = {
	{ "mail", "Mail", "Sending and receiving messages, in the office and outside", "messaging", "around-the-clock", "mail", 14 },
	{ "calendar", "Calendar and rooms", "Appointments and meeting rooms", "messaging", "hamburg", "mail", 4 },
	{ "wireless", "Wireless network", "Network without cable at all sites", "network", "extended", "network", 7 },
	{ "remote-access", "Remote access", "Working from elsewhere over VPN", "network", "around-the-clock", "network", 8 },
	{ "site-network", "Site network", "Cabled network of the sites", "network", "around-the-clock", "network", 4 },
	{ "laptop", "Laptop", "The personal computer and its software", "workplace", "hamburg", "workplace", 14 },
	{ "workstation", "Engineering workstation", "Computers for design and simulation", "workplace", "hamburg", "workplace", 4 },
	{ "mobile", "Mobile devices", "Telephones and tablets", "workplace", "extended", "workplace", 4 },
	{ "printing", "Printing", "Printers, scanners and labels", "workplace", "hamburg", "print", 8 },
	{ "telephony", "Telephony", "Calls, conferences and headsets", "workplace", "extended", "phone", 4 },
	{ "erp", "Orders and logistics", "The business system from offer to delivery", "erp", "extended", "erp", 10 },
	{ "erp-finance", "Finance", "Booking, closing and reports", "erp", "hamburg", "erp", 4 },
	{ "warehouse", "Warehouse", "Goods receipt, stock and shipping", "erp", "around-the-clock", "plant", 4 },
	{ "purchasing", "Purchasing", "From request to invoice", "erp", "hamburg", "erp", 2 },
	{ "accounts", "Accounts and passwords", "Who you are and how you sign in", "identity", "extended", "identity", 12 },
	{ "permissions", "Permissions", "Access to applications and folders", "identity", "hamburg", "identity", 5 },
	{ "files", "Files", "Common folders of teams and projects", "storage", "hamburg", "file", 7 },
	{ "backup", "Backup and restore", "Getting back what was lost", "storage", "around-the-clock", "file", 2 },
	{ "webshop", "Web shop", "Where customers order", "web", "around-the-clock", "web", 3 },
	{ "intranet", "Intranet", "News, pages and search inside", "web", "hamburg", "web", 3 },
	{ "supplier-portal", "Supplier portal", "Orders and drawings for suppliers", "web", "extended", "web", 2 },
	{ "test-stands", "Test stands", "Measuring and its results", "plant", "around-the-clock", "plant", 5 },
	{ "shop-floor", "Shop floor terminals", "Terminals and readers in production", "plant", "around-the-clock", "plant", 4 },
	{ "time-recording", "Time recording", "Hours, leave and shifts", "personnel-systems", "hamburg", "people", 4 },
	{ "payroll", "Payroll", "Payslips and expenses", "personnel-systems", "hamburg", "people", 2 },
};

static const char *const first_names[] = {
	"Alba", "Bram", "Cleo", "Dario", "Elin", "Falk", "Greta", "Hugo", "Ines", "Joris", "Kaja", "Lars", "Mira", "Nilo", "Oda", "Pelle",
	"Quirin", "Runa", "Silas", "Tova", "Ulla", "Veit", "Wanda", "Xenia", "Yara", "Zeno", "Anouk", "Bela", "Carla", "Dorte",
};
static const char *const last_names[] = {
	"Aldermoor", "Brackwell", "Corvane", "Dunmere", "Eisenfurt", "Farrowby", "Glimmerdal", "Holmquell", "Istervik", "Jarnbek",
	"Kestermann", "Lindenrook", "Morwenhale", "Nachtlinden", "Oakenford", "Pellinore", "Quillmark", "Ravensby", "Silberfeld",
	"Tannhof", "Underhay", "Vossbergen", "Wintermoor", "Yarrowdale", "Zandvoss",
};
#define PERSON_COUNT 120

static const char *const titles[] = { "Sales", "Production planning", "Design engineer", "Purchasing", "Quality", "Controlling", "Logistics",
	                              "Test engineer", "Customer care", "Marketing" };

/* ---- making records ---- */

static struct error *create(struct work *work, const char *type, struct value *input, struct record **ret_record)
{
	return engine_create(work, model_type(work->model, text_from(type)), input, ret_record);
}

static void set(struct work *work, struct value *input, const char *key, const char *words)
{
	if (words != NULL)
		value_set_text(work->arena, input, text_from(key), text_from(words));
}

static struct error *make_named(struct work *work, const char *type, struct value *input, const char *name, const char *label)
{
	struct record *record;
	set(work, input, "name", name);
	set(work, input, "label", label);
	return create(work, type, input, &record);
}

static struct error *make_places(struct work *work, void *data)
{
	struct demo *demo = data;
	struct value *company = value_map(work->arena);
	TRY(make_named(work, "organisation", company, "veldmark", "Veldmark Instruments"));
	for (size_t i = 0; i < array_length(calendars); i++) {
		struct value *input = value_map(work->arena);
		set(work, input, "hours", calendars[i].hours);
		set(work, input, "holidays", calendars[i].holidays);
		set(work, input, "zone", calendars[i].zone);
		value_set_bool(work->arena, input, T("is_default"), calendars[i].is_default);
		TRY(make_named(work, "calendar", input, calendars[i].name, calendars[i].label));
	}
	for (size_t i = 0; i < SITE_COUNT; i++) {
		struct value *input = value_map(work->arena), *organisation = value_map(work->arena);
		TRY(make_named(work, "location", input, demo_sites[i].name, demo_sites[i].label));
		set(work, organisation, "parent", "veldmark");
		text label = text_format(work->arena, "Veldmark %.*s", (int)strcspn(demo_sites[i].label, ","), demo_sites[i].label);
		TRY(make_named(work, "organisation", organisation, demo_sites[i].name, label.data));
	}
	for (size_t i = 0; i < array_length(categories); i++) {
		struct value *input = value_map(work->arena);
		set(work, input, "parent", categories[i].parent);
		TRY(make_named(work, "category", input, categories[i].name, categories[i].label));
	}
	for (size_t i = 0; i < demo->team_count; i++) {
		struct value *input = value_map(work->arena);
		set(work, input, "calendar", demo->teams[i].calendar);
		text mail = text_format(work->arena, "%s@veldmark.example", demo->teams[i].name);
		value_set_text(work->arena, input, T("mail"), mail);
		TRY(make_named(work, "team", input, demo->teams[i].name, demo->teams[i].label));
	}
	return NULL;
}

/* ---- people ---- */

static void add_role(struct work *work, struct value *input, const char *role)
{
	struct value *roles = value_get(input, T("roles"));
	if (roles == NULL)
		value_set(work->arena, input, T("roles"), roles = value_list(work->arena));
	value_append(work->arena, roles, value_text(work->arena, text_from(role)));
}

static ptrdiff_t seat_of(const struct demo *demo, size_t person)
{
	for (size_t i = 0; i < SEAT_COUNT; i++)
		if (demo->seats[i] == person)
			return (ptrdiff_t)i;
	return -1;
}

static void give_roles(struct demo *demo, struct work *work, size_t i, struct value *input)
{
	static const char *const roles[SEAT_COUNT] = { NULL, NULL, NULL, NULL, "incident_manager", "service_owner", "auditor", "administrator",
		                                      "change_manager", "change_authority", "configuration_manager" };
	struct demo_person *person = &demo->people[i];
	ptrdiff_t seat = seat_of(demo, i);
	if (person->team >= 0) {
		struct value *own = value_list(work->arena);
		value_append(work->arena, own, value_text(work->arena, text_from(demo->teams[person->team].name)));
		value_set(work->arena, input, T("teams"), own);
		add_role(work, input, person->lead ? "team_lead" : "agent");
	}
	if (seat >= 0 && roles[seat] != NULL)
		add_role(work, input, roles[seat]);
	/* The board for changes: those who lead what is changed most. */
	if (person->lead && (person->team == 1 || person->team == 2 || person->team == 4 || person->team == 7))
		add_role(work, input, "change_authority");
}

static struct error *make_person(struct demo *demo, struct work *work, size_t i)
{
	struct demo_person *person = &demo->people[i];
	const struct demo_site *site = &demo_sites[person->site];
	struct value *input = value_map(work->arena);
	struct record *record;
	value_set_text(work->arena, input, T("login"), person->login);
	value_set_text(work->arena, input, T("name"), person->name);
	value_set_text(work->arena, input, T("mail"), text_format(work->arena, "%.*s@veldmark.example", TEXT_ARG(person->login)));
	value_set_text(work->arena, input, T("phone"), text_format(work->arena, "+00 555 %04zu", 1000 + i * 7));
	set(work, input, "title", person->team >= 0 ? (person->lead ? "Team lead" : "Support") : titles[i % array_length(titles)]);
	set(work, input, "organisation", site->name);
	set(work, input, "location", site->name);
	set(work, input, "zone", site->zone);
	value_set_bool(work->arena, input, T("vip"), i % 41 == 40);
	give_roles(demo, work, i, input);
	TRY(create(work, "user", input, &record));
	person->id = record->id;
	return NULL;
}

static struct error *make_people(struct work *work, void *data)
{
	struct demo *demo = data;
	for (size_t i = 0; i < demo->person_count; i++)
		TRY(make_person(demo, work, i));
	return NULL;
}

static struct error *make_services(struct work *work, void *data)
{
	struct demo *demo = data;
	struct record *record;
	for (size_t i = 0; i < demo->team_count; i++) {
		struct value *patch = value_map(work->arena);
		value_set_text(work->arena, patch, T("lead"), demo->people[demo->teams[i].first].login);
		if (strcmp(demo->teams[i].name, "web") == 0) /* the others take their work themselves */
			set(work, patch, "sharing", "least_loaded");
		TRY(engine_update(work, work->model->team, text_from(demo->teams[i].name), 0, patch, &record));
	}
	for (size_t i = 0; i < demo->service_count; i++) {
		const struct demo_service *service = &demo->services[i];
		struct value *input = value_map(work->arena);
		size_t owner = i % 3 == 0 ? demo->seats[5] : demo->person_count - 1 - i;
		set(work, input, "description", service->description);
		set(work, input, "team", service->team);
		set(work, input, "first_line", demo->teams[0].name);
		set(work, input, "calendar", service->calendar);
		set(work, input, "organisation", "veldmark");
		value_set_text(work->arena, input, T("owner"), demo->people[owner].login);
		TRY(make_named(work, "service", input, service->name, service->label));
	}
	return NULL;
}

/* Signing in is asked once for each; what they may does not change during the history. */
static struct error *learn_actors(struct demo *demo)
{
	struct work work;
	struct calendar *calendar;
	TRY(program_reader(demo->program, demo->arena, ORIGIN_CLI, &work));
	for (size_t i = 0; i < demo->person_count; i++)
		TRY(access_actor(&work, demo->people[i].id, &demo->people[i].actor));
	for (size_t i = 0; i < SITE_COUNT; i++) {
		TRY(calendar_parse(demo->arena, text_from(calendars[i].hours), text_from(calendars[i].holidays),
		                   zone_find(text_from(calendars[i].zone)), &calendar));
		demo->calendars[i] = calendar;
	}
	return NULL;
}

/* ---- who is who ---- */

static size_t pick_site(struct chance *chance)
{
	size_t percent = chance_pick(chance, 100);
	return percent < 55 ? 0 : percent < 83 ? 1 : 2;
}

static void name_people(struct demo *demo)
{
	demo->person_count = PERSON_COUNT;
	demo->people = arena_new_array(demo->arena, struct demo_person, PERSON_COUNT);
	for (size_t i = 0; i < PERSON_COUNT; i++) {
		const char *first = first_names[i % array_length(first_names)];
		const char *last = last_names[(i * 7 + i / array_length(first_names)) % array_length(last_names)];
		text name = text_format(demo->arena, "%s %s", first, last);
		text login = text_format(demo->arena, "%s.%.*s", first, (int)strcspn(last, "-"), last);
		demo->people[i] = (struct demo_person){ .name = name, .login = text_lower_ascii(demo->arena, login), .team = -1,
			                                .site = pick_site(&demo->chance) };
	}
}

static void seat_people(struct demo *demo)
{
	size_t next = 0;
	for (size_t t = 0; t < demo->team_count; t++) {
		demo->teams[t].first = next;
		demo->teams[t].count = demo->teams[t].size;
		for (size_t i = 0; i < demo->teams[t].size; i++, next++) {
			demo->people[next].team = (ptrdiff_t)t;
			demo->people[next].lead = i == 0;
			demo->people[next].site = i == 2 ? 1 : i == 4 ? 2 : 0; /* teams sit in Hamburg, with a few elsewhere */
		}
	}
	/* In the order of their names. Who manages changes or items has no team: they look after everybody's. */
	const size_t seats[SEAT_COUNT] = { next + 8, 1, demo->teams[1].first + 1, demo->teams[1].first, 0, next + 1, next + 2, next + 3,
		                           next + 4, demo->teams[2].first, next + 5 };
	memcpy(demo->seats, seats, sizeof seats);
	demo->people[demo->seats[0]].site = 0;
}

struct error *demo_found(struct demo *demo)
{
	struct error *(*const steps[])(struct work *, void *) = { make_places, make_people, make_services };
	demo->team_count = array_length(teams);
	demo->teams = arena_copy(demo->arena, teams, sizeof teams);
	demo->services = services;
	demo->service_count = array_length(services);
	for (size_t i = 0; i < demo->service_count; i++)
		demo->total_weight += services[i].weight;
	name_people(demo);
	seat_people(demo);
	for (size_t i = 0; i < array_length(steps); i++)
		TRY(program_write_as(demo->program, demo->arena, ORIGIN_CLI, demo->begin, access_system(), steps[i], demo));
	return learn_actors(demo);
}

ptrdiff_t demo_team_find(const struct demo *demo, const char *name)
{
	for (size_t i = 0; i < demo->team_count; i++)
		if (strcmp(demo->teams[i].name, name) == 0)
			return (ptrdiff_t)i;
	return 0;
}

/* The service desk and teams on call follow the sun: somebody is at work at one of the sites. */
static bool follows_the_sun(const struct demo *demo, const struct demo_person *person)
{
	return person->team >= 0 && strcmp(demo->teams[person->team].calendar, demo_sites[0].calendar) != 0;
}

moment demo_working(const struct demo *demo, size_t person, moment from, int64_t working_ms)
{
	moment at = calendar_add(demo->calendars[demo->people[person].site], from, working_ms);
	for (size_t i = 0; follows_the_sun(demo, &demo->people[person]) && i < SITE_COUNT; i++)
		at = minimum(at, calendar_add(demo->calendars[i], from, working_ms));
	return at;
}

/* ---- files ---- */

/* A small grey window as a PNG of 24 x 16 points. */
static const unsigned char picture[] = {
	0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
	0x00, 0x00, 0x00, 0x18, 0x00, 0x00, 0x00, 0x10, 0x08, 0x00, 0x00, 0x00, 0x00, 0x29, 0x4f, 0xe0,
	0x49, 0x00, 0x00, 0x00, 0x17, 0x49, 0x44, 0x41, 0x54, 0x78, 0xda, 0x63, 0x48, 0xc3, 0x01, 0x18,
	0xa8, 0x2b, 0x71, 0x17, 0x03, 0x0c, 0x4d, 0x09, 0x5a, 0x87, 0x15, 0x00, 0xdf, 0x15, 0xdb, 0xf1,
	0xcf, 0x12, 0x2b, 0x3d, 0x00, 0x00, 0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
};

static struct error *make_file(struct demo *demo, struct work *work, const char *name, const char *media_type, text bytes)
{
	struct blob_writer *writer;
	size_t i = demo->file_count;
	TRY(blob_begin(work->store, work->arena, &writer));
	TRY(blob_write(writer, bytes.data, bytes.length));
	TRY(blob_finish(writer, &demo->files[i].hash, &demo->files[i].size));
	demo->files[i].hash = text_copy(demo->arena, demo->files[i].hash);
	demo->files[i].name = name;
	demo->files[i].media_type = media_type;
	demo->file_count++;
	return NULL;
}

struct error *demo_make_files(struct demo *demo)
{
	struct work work;
	TRY(program_reader(demo->program, demo->arena, ORIGIN_CLI, &work));
	TRY(make_file(demo, &work, "error.txt", "text/plain",
	              T("09:14:02 connect relay.veldmark.example: refused\n09:14:07 retry 1 of 3\n09:14:12 retry 2 of 3\n09:14:17 gave up\n")));
	TRY(make_file(demo, &work, "network-test.txt", "text/plain",
	              T("hop 1  0.4 ms\nhop 2  1.1 ms\nhop 3  *\nhop 4  *\n12 packets sent, 5 received, 58 % lost\n")));
	TRY(make_file(demo, &work, "orders.csv", "text/csv", T("order;article;pieces\n4711;MH-20;3\n4712;MH-35;12\n")));
	return make_file(demo, &work, "screen.png", "image/png", (text){ (const char *)picture, sizeof picture });
}
