/*
 * The configuration items of the demo company in layers: rooms, network, servers and storage, virtual machines, databases,
 * applications, services of IT and of the business, and the computers that people work with. Incidents point at them.
 */
#include "cli/demo_private.h"

#define HOSTS 14
#define LAPTOPS 96
#define PRINTERS 12
#define POINTS 12

/* ---- making ---- */

struct maker {
	struct demo *demo;
	struct work *work;
	const struct type *type;
};

static struct value *fields(const struct maker *maker, const char *class, const char *name, const char *team)
{
	struct value *input = value_map(maker->work->arena);

	value_set_text(maker->work->arena, input, T("class"), text_from(class));
	value_set_text(maker->work->arena, input, T("name"), text_copy(maker->work->arena, text_from(name)));
	value_set_text(maker->work->arena, input, T("team"), text_from(team));
	value_set_text(maker->work->arena, input, T("environment"), T("production"));
	return input;
}

static void put(const struct maker *maker, struct value *input, const char *key, text words)
{
	value_set_text(maker->work->arena, input, text_from(key), words);
}

/* Makes it and puts it into use. */
static struct error *make(const struct maker *maker, struct value *input, bool deploy, text *ret_number)
{
	struct record *record;

	TRY(engine_create(maker->work, maker->type, input, &record));
	*ret_number = text_copy(maker->demo->arena, record_number(record));
	return deploy ? engine_transition(maker->work, maker->type, *ret_number, T("deploy"), 0, NULL, &record) : NULL;
}

static struct error *connect(const struct maker *maker, text from, const char *relation, text to)
{
	int64_t id;

	return engine_link(maker->work, maker->type, from, text_from(relation), to, &id);
}

/* A name made of a pattern. */
#define NAMED(maker, ...) text_cstring((maker)->demo->arena, text_format((maker)->demo->arena, __VA_ARGS__))

/* ---- rooms, network, servers, storage ---- */

struct estate {
	text rooms[SITE_COUNT], cores[SITE_COUNT], hosts[HOSTS], stores[2], backup;
	text directory, databases, virtualisation; /* services of IT */
};

static const size_t host_sites[HOSTS] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 2, 2 };

static struct error *make_network(const struct maker *maker, struct estate *estate)
{
	static const char *const rooms[SITE_COUNT] = { "Data room Hamburg", "Server room Boston", "Server room Singapore" };
	text floor, point, edge;

	for (size_t site = 0; site < SITE_COUNT; site++) {
		const char *place = demo_sites[site].name;
		struct value *room = fields(maker, "facility", rooms[site], "plant");
		put(maker, room, "location", text_from(place));
		value_set_integer(maker->work->arena, room, T("power_kw"), site == 0 ? 40 : 12);
		TRY(make(maker, room, true, &estate->rooms[site]));
		struct value *core = fields(maker, "network_device", NAMED(maker, "%s-core-01", place), "network");
		put(maker, core, "location", text_from(place));
		put(maker, core, "vendor", T("Netvale"));
		put(maker, core, "product", T("C9600"));
		put(maker, core, "criticality", T("critical"));
		TRY(make(maker, core, true, &estate->cores[site]));
		TRY(connect(maker, estate->cores[site], "located_in", estate->rooms[site]));
		TRY(make(maker, fields(maker, "network_device", NAMED(maker, "%s-router-01", place), "network"), true, &edge));
		TRY(connect(maker, estate->cores[site], "connected_to", edge));
		for (size_t i = 0; i < (site == 0 ? 4U : 2U); i++) {
			TRY(make(maker, fields(maker, "network_device", NAMED(maker, "%s-floor-%02zu", place, i + 1), "network"), true, &floor));
			TRY(connect(maker, floor, "connected_to", estate->cores[site]));
			for (size_t k = 0; k < POINTS / 8 + 1; k++) {
				TRY(make(maker, fields(maker, "network_device", NAMED(maker, "%s-wifi-%02zu", place, i * 2 + k + 1), "network"), true, &point));
				TRY(connect(maker, point, "connected_to", floor));
			}
		}
	}
	return NULL;
}

static struct error *make_hosts(const struct maker *maker, struct estate *estate)
{
	for (size_t i = 0; i < 2; i++) {
		TRY(make(maker, fields(maker, "storage", NAMED(maker, "storage-%02zu", i + 1), "storage"), true, &estate->stores[i]));
		TRY(connect(maker, estate->stores[i], "located_in", estate->rooms[0]));
	}
	TRY(make(maker, fields(maker, "server", "backup-01", "storage"), true, &estate->backup));
	for (size_t i = 0; i < HOSTS; i++) {
		size_t site = host_sites[i];
		const char *name = NAMED(maker, "host-%s-%02zu", demo_sites[site].name, i + 1);
		struct value *host = fields(maker, "server", name, "storage");
		put(maker, host, "location", text_from(demo_sites[site].name));
		put(maker, host, "hostname", text_format(maker->work->arena, "%s.veldmark.example", name));
		put(maker, host, "ip_address", text_format(maker->work->arena, "192.0.2.%zu", 10 + i));
		put(maker, host, "serial", text_format(maker->work->arena, "VH-%05zu", 40117 + i * 31));
		put(maker, host, "vendor", T("Ironbark"));
		put(maker, host, "product", T("R7 rack server"));
		put(maker, host, "warranty_until", moment_format(maker->work->arena, maker->demo->end + (int64_t)(20 + i * 45) * DAY_MS));
		value_set_integer(maker->work->arena, host, T("cpu_count"), 64);
		value_set_integer(maker->work->arena, host, T("memory_gb"), 512);
		value_set_integer(maker->work->arena, host, T("cost"), 14000);
		TRY(make(maker, host, true, &estate->hosts[i]));
		TRY(connect(maker, estate->hosts[i], "located_in", estate->rooms[site]));
		TRY(connect(maker, estate->hosts[i], "connected_to", estate->cores[site]));
		if (site == 0)
			TRY(connect(maker, estate->hosts[i], "depends_on", estate->stores[i % 2]));
	}
	return NULL;
}

static struct error *make_machine(const struct maker *maker, struct estate *estate, const char *name, const char *team, size_t host,
                                  text *ret_number)
{
	struct value *machine = fields(maker, "virtual_machine", name, team);

	put(maker, machine, "hostname", text_format(maker->work->arena, "%s.veldmark.example", name));
	value_set_integer(maker->work->arena, machine, T("cpu_count"), 8);
	value_set_integer(maker->work->arena, machine, T("memory_gb"), 32);
	TRY(make(maker, machine, true, ret_number));
	return connect(maker, *ret_number, "hosted_on", estate->hosts[host % HOSTS]);
}

/* Directory, database platform and virtualisation: what nearly everything else needs. */
static struct error *make_platform(const struct maker *maker, struct estate *estate)
{
	text one, two;

	TRY(make(maker, fields(maker, "technical_service", "Directory", "identity"), true, &estate->directory));
	TRY(make(maker, fields(maker, "technical_service", "Database platform", "erp"), true, &estate->databases));
	TRY(make(maker, fields(maker, "technical_service", "Virtualisation", "storage"), true, &estate->virtualisation));
	TRY(make_machine(maker, estate, "directory-01", "identity", 0, &one));
	TRY(make_machine(maker, estate, "directory-02", "identity", 8, &two));
	/* Each copies from the other: a circle, as they are. */
	TRY(connect(maker, one, "depends_on", two));
	TRY(connect(maker, two, "depends_on", one));
	TRY(connect(maker, estate->directory, "runs_on", one));
	TRY(connect(maker, estate->directory, "runs_on", two));
	for (size_t i = 0; i < HOSTS; i += 5)
		TRY(connect(maker, estate->virtualisation, "runs_on", estate->hosts[i]));
	return NULL;
}

static struct error *make_ground(struct work *work, void *data)
{
	struct maker maker = { data, work, model_type(work->model, T("ci")) };
	struct estate *estate = arena_new_struct(maker.demo->arena, struct estate);

	maker.demo->estate = estate;
	TRY(make_network(&maker, estate));
	TRY(make_hosts(&maker, estate));
	return make_platform(&maker, estate);
}

/* ---- one service of the catalogue: business service, application, machines, database ---- */

static bool has_database(const struct demo_service *service)
{
	return strcmp(service->topics, "erp") == 0 || strcmp(service->topics, "people") == 0 || strcmp(service->topics, "web") == 0 ||
	       strcmp(service->topics, "plant") == 0 || strcmp(service->topics, "mail") == 0;
}

static struct error *make_service(const struct maker *maker, struct estate *estate, size_t i)
{
	const struct demo_service *service = &maker->demo->services[i];
	text business, application, machine, base, store;

	struct value *input = fields(maker, "business_service", service->label, service->team);
	put(maker, input, "criticality", service->weight > 9 ? T("critical") : service->weight > 4 ? T("high") : T("medium"));
	TRY(make(maker, input, true, &business));
	TRY(connect(maker, business, "supports", text_from(service->name)));
	input = fields(maker, "application", NAMED(maker, "%s %zu", service->label, 2024 + i % 3), service->team);
	put(maker, input, "product_version", text_format(maker->work->arena, "%zu.%zu", 4 + i % 7, i % 10));
	put(maker, input, "address", text_format(maker->work->arena, "https://%s.veldmark.example", service->name));
	TRY(make(maker, input, true, &application));
	maker->demo->service_items[i] = application;
	TRY(connect(maker, business, "depends_on", application));
	TRY(make_machine(maker, estate, NAMED(maker, "%s-01", service->name), service->team, i, &machine));
	TRY(connect(maker, application, "runs_on", machine));
	TRY(connect(maker, application, "depends_on", estate->directory));
	if (!has_database(service))
		return NULL;
	TRY(make_machine(maker, estate, NAMED(maker, "%s-db-01", service->name), service->team, i + 3, &store));
	TRY(make(maker, fields(maker, "database", NAMED(maker, "%s-data", service->name), service->team), true, &base));
	TRY(connect(maker, base, "runs_on", store));
	TRY(connect(maker, base, "depends_on", estate->databases));
	TRY(connect(maker, base, "backed_up_by", estate->backup));
	return connect(maker, application, "depends_on", base);
}

static struct error *make_services(struct work *work, void *data)
{
	struct maker maker = { data, work, model_type(work->model, T("ci")) };

	for (size_t i = 0; i < maker.demo->service_count; i++)
		TRY(make_service(&maker, maker.demo->estate, i));
	return NULL;
}

/* ---- what people work with ---- */

static struct error *make_laptop(const struct maker *maker, size_t i, size_t person)
{
	struct demo *demo = maker->demo;
	struct record *record;
	bool used = person < demo->person_count;
	struct value *input = fields(maker, "workstation", NAMED(maker, "nb-%04zu", 1001 + i), "workplace");
	text number;

	put(maker, input, "vendor", T("Ironbark"));
	put(maker, input, "product", i % 3 == 0 ? T("Slate 14") : T("Slate 13"));
	put(maker, input, "serial", text_format(maker->work->arena, "SL-%06zu", 220400 + i * 17));
	put(maker, input, "asset_tag", text_format(maker->work->arena, "A-%05zu", 10200 + i));
	put(maker, input, "location", text_from(demo_sites[used ? demo->people[person].site : 0].name));
	value_set_integer(maker->work->arena, input, T("memory_gb"), i % 3 == 0 ? 32 : 16);
	value_set_integer(maker->work->arena, input, T("cost"), i % 3 == 0 ? 1900 : 1400);
	if (used)
		put(maker, input, "used_by", demo->people[person].login);
	TRY(make(maker, input, used, &number));
	if (used) {
		demo->person_items[person] = number;
		return NULL;
	}
	/* The rest lies on the shelf, and some were never delivered. */
	if (i % 4 == 3)
		return engine_transition(maker->work, maker->type, number, T("order"), 0, NULL, &record);
	return engine_transition(maker->work, maker->type, number, T("receive"), 0, NULL, &record);
}

static struct error *make_workplaces(struct work *work, void *data)
{
	struct maker maker = { data, work, model_type(work->model, T("ci")) };
	text number;

	for (size_t i = 0; i < LAPTOPS; i++)
		TRY(make_laptop(&maker, i, i < LAPTOPS - 8 ? (i * 5 + 3) % maker.demo->person_count : SIZE_MAX));
	for (size_t i = 0; i < PRINTERS; i++) {
		struct value *printer = fields(&maker, "printer", NAMED(&maker, "%s-%02zu", demo_sites[i % SITE_COUNT].name, i + 1), "workplace");
		put(&maker, printer, "location", text_from(demo_sites[i % SITE_COUNT].name));
		put(&maker, printer, "product", T("Quill 500"));
		TRY(make(&maker, printer, true, &number));
	}
	return NULL;
}

struct error *demo_items(struct demo *demo)
{
	struct error *(*const steps[])(struct work *, void *) = { make_ground, make_services, make_workplaces };

	demo->service_items = arena_new_array(demo->arena, text, demo->service_count);
	demo->person_items = arena_new_array(demo->arena, text, demo->person_count);
	for (size_t i = 0; i < array_length(steps); i++)
		TRY(program_write_as(demo->program, demo->arena, ORIGIN_CLI, demo->begin, access_system(), steps[i], demo));
	return NULL;
}

text demo_item_of(const struct demo *demo, const struct demo_service *service, size_t person)
{
	bool own = strcmp(service->name, "laptop") == 0 || strcmp(service->name, "workstation") == 0;

	return own ? demo->person_items[person] : demo->service_items[service - demo->services];
}

/* ---- shortly before the visitor comes: two edits that no change authorised, and a host in maintenance ---- */

static struct error *edit_late(struct work *work, void *data)
{
	struct demo *demo = data;
	const struct estate *estate = demo->estate;
	const struct type *type = model_type(work->model, T("ci"));
	struct value *patch = value_map(work->arena), *moved = value_map(work->arena);
	struct record *record;

	value_set_integer(work->arena, patch, T("memory_gb"), 768);
	TRY(engine_update(work, type, estate->hosts[4], 0, patch, &record));
	value_set_text(work->arena, moved, T("rack"), T("B2, 14-16"));
	TRY(engine_update(work, type, estate->hosts[5], 0, moved, &record));
	return engine_transition(work, type, estate->hosts[9], T("maintain"), 0, NULL, &record);
}

struct error *demo_items_late(struct demo *demo)
{
	const struct demo_team *team = &demo->teams[demo_team_find(demo, "storage")];

	return program_write_as(demo->program, demo->arena, ORIGIN_WEB, demo->end - 5 * HOUR_MS, demo->people[team->first + 1].actor,
	                        edit_late, demo);
}
