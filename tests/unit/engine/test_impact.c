/* Impact: both ways, levels, cycles, what may not be read, limits; and how long ten thousand of them take. */
#include "desk.h"

#include <time.h>

static const struct type *ci(struct desk *desk)
{
	return model_type(desk->model, T("ci"));
}

static struct record *make(struct desk *desk, const char *class, const char *name, bool restricted)
{
	return desk_create(desk, ci(desk),
	                   text_cstring(desk->arena, text_format(desk->arena, "{'class': '%s', 'name': '%s', 'restricted': %s}", class,
	                                                         name, restricted ? "true" : "false")));
}

static void connect(struct desk *desk, const struct record *from, const char *relation, text to)
{
	int64_t id;

	assert_ok(IN_TX(desk, engine_link(desk->work, from->type, record_number(from), text_from(relation), to, &id)));
}

/* "shop 1, mail 2": names and levels, sorted as they come; "?" for what may not be read. */
static text walk(struct desk *desk, const struct record *from, enum impact_direction direction, int depth, size_t limit,
                 struct impact *ret_impact)
{
	text out = T("");

	assert_ok(engine_impact(desk->work, &from->id, 1, direction, depth, limit, ret_impact));
	for (size_t i = 0; i < ret_impact->count; i++) {
		const struct impact_item *item = &ret_impact->items[i];
		text name = item->record == NULL ? T("?") : record_title(item->record);
		out = text_format(desk->arena, "%.*s%s%.*s %d", TEXT_ARG(out), i == 0 ? "" : ", ", TEXT_ARG(name), item->level);
	}
	return out;
}

struct estate {
	struct record *rack, *server, *machine, *database, *shop, *billing, *service;
};

/* A server in a room, a machine on it, a database on that; shop needs the database, billing needs the shop and the other way round. */
static void build(struct desk *desk, struct estate *estate)
{
	*estate = (struct estate){
		.rack = make(desk, "facility", "room", false),       .server = make(desk, "server", "server", false),
		.machine = make(desk, "virtual_machine", "machine", true), .database = make(desk, "database", "database", false),
		.shop = make(desk, "application", "shop", false),    .billing = make(desk, "application", "billing", false),
		.service = make(desk, "business_service", "selling", false),
	};
	connect(desk, estate->server, "located_in", record_number(estate->rack));
	connect(desk, estate->machine, "hosted_on", record_number(estate->server));
	connect(desk, estate->database, "runs_on", record_number(estate->machine));
	connect(desk, estate->shop, "depends_on", record_number(estate->database));
	connect(desk, estate->billing, "depends_on", record_number(estate->shop));
	connect(desk, estate->shop, "depends_on", record_number(estate->billing));
	connect(desk, estate->service, "depends_on", record_number(estate->shop));
	connect(desk, estate->service, "supports", T("mail"));
	connect(desk, estate->shop, "backed_up_by", record_number(estate->server)); /* no impact */
}

DESK_TEST(impact_goes_both_ways_level_by_level_and_ends_in_cycles)
{
	struct estate estate;
	struct impact impact;
	desk_as(desk, "admin");
	build(desk, &estate);
	assert_text(walk(desk, estate.server, IMPACT_UP, 0, 100, &impact),
	            "machine 1, database 2, shop 3, billing 4, selling 4, Mail 5");
	assert_int_equal(impact.items[0].via, -1);
	assert_int_equal(impact.items[2].via, 1);
	assert_text(impact.items[2].relation->name, "depends_on");
	assert_true(impact.items[2].inverse);
	assert_false(impact.items[5].inverse);
	assert_text(impact.items[5].type->name, "service");
	assert_false(impact.cut || impact.deeper);
	assert_text(walk(desk, estate.service, IMPACT_DOWN, 0, 100, &impact), "shop 1, database 2, billing 2, machine 3, server 4, room 5");
	assert_text(walk(desk, estate.shop, IMPACT_DOWN, 1, 100, &impact), "database 1, billing 1");
	assert_true(impact.deeper);
	assert_text(walk(desk, estate.rack, IMPACT_DOWN, 0, 100, &impact), "");
	/* From a service of the catalogue down to the room. */
	struct record *mail;
	assert_ok(model_load_number(desk->work, desk->model->service, T("mail"), &mail));
	walk(desk, mail, IMPACT_DOWN, 0, 100, &impact);
	assert_int_equal(impact.count, 7);
}

DESK_TEST(what_may_not_be_read_is_walked_through_counted_and_not_named)
{
	struct estate estate;
	struct impact impact;
	desk_as(desk, "admin");
	build(desk, &estate);
	desk_as(desk, "agent");
	assert_text(walk(desk, estate.server, IMPACT_UP, 0, 100, &impact), "? 1, database 2, shop 3, billing 4, selling 4, Mail 5");
	assert_int_equal(impact.hidden, 1);
}

DESK_TEST(a_limit_cuts_what_is_shown_and_says_so)
{
	struct estate estate;
	struct impact impact;
	desk_as(desk, "admin");
	build(desk, &estate);
	assert_text(walk(desk, estate.server, IMPACT_UP, 0, 3, &impact), "machine 1, database 2, shop 3");
	assert_true(impact.cut);
}

static void insert_link(struct desk *desk, int64_t from, const char *name, int64_t to)
{
	int64_t id;
	bool made;

	assert_ok(store_integer(desk->store, desk->arena, SQL_LINK_INSERT,
	                        CELLS(cell_text(text_from(name)), cell_text(T("ci")), cell_integer(from), cell_text(T("ci")),
	                              cell_integer(to), cell_moment(desk->work->now), cell_null()),
	                        &id, &made));
}

static int64_t now_us(void)
{
	struct timespec now;

	timespec_get(&now, TIME_UTC);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* 10,000 items in a change's scope: 100 hosts with 50 machines each, one application on every machine, and services over them. */
DESK_TEST(ten_thousand_items_are_walked_quickly)
{
	const int64_t first = 1000000;
	int64_t *scope = arena_new_array(desk->arena, int64_t, 10000), *ids;
	size_t count, *types;

	assert_ok(store_begin(desk->store, desk->arena));
	for (int64_t i = 0; i < 5000; i++) {
		insert_link(desk, first + i, "hosted_on", first + 20000 + i / 50);
		insert_link(desk, first + 5000 + i, "runs_on", first + i);
		insert_link(desk, first + 30000 + i / 10, "depends_on", first + 5000 + i);
		scope[i] = first + i;
		scope[5000 + i] = first + 5000 + i;
	}
	/* A ring, so that there is a cycle. */
	for (int64_t i = 0; i < 100; i++)
		insert_link(desk, first + 20000 + i, "depends_on", first + 20000 + (i + 1) % 100);
	assert_ok(store_commit(desk->store, desk->arena));
	int64_t began = now_us();
	assert_ok(engine_impact_ids(desk->work, scope, 10000, IMPACT_UP, 0, &ids, &types, &count));
	assert_int_equal(count, 500);
	assert_ok(engine_impact_ids(desk->work, scope, 10000, IMPACT_DOWN, 0, &ids, &types, &count));
	assert_int_equal(count, 100);
	int64_t both = now_us() - began;
	began = now_us();
	int64_t host = first + 20000;
	assert_ok(engine_impact_ids(desk->work, &host, 1, IMPACT_UP, 0, &ids, &types, &count));
	assert_int_equal(count, 99 + 10000 + 500);
	printf("impact: 10,000 records both ways %lld us, 10,599 from one %lld us\n", (long long)both, (long long)(now_us() - began));
	assert_true(both < 1000000);
}
