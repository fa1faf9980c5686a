/* What conditions mean, case by case, asked of one record in memory. test_condition_property.c holds the
 * databases to the same. */
#include "thing.h"

struct desk {
	struct thing_fixture on;
	struct record *record;
	struct condition_context context;
	int64_t anna, bert, network, other;
};

static int64_t named(struct desk *desk, const struct type *type, const char *name)
{
	struct record *record = thing_record(&desk->on, type, name);

	if (type == desk->on.model->user)
		record->cells[thing_field(type, "vip")] = cell_integer(desk->anna == 0 ? 1 : 0);
	assert_ok(model_insert(&desk->on.work, record));
	return record->id;
}

static moment at(const char *t)
{
	moment found;

	assert_true(moment_parse(text_from(t), NULL, &found));
	return found;
}

/* Sunday, 22 November 2026, 11:30 in Berlin. */
static void open_desk(struct desk *desk, struct store_fixture *store)
{
	*desk = (struct desk){ 0 };
	thing_open(&desk->on, store->arena, store->store);
	const struct type *type = desk->on.type;
	desk->anna = named(desk, desk->on.model->user, "anna");
	desk->bert = named(desk, desk->on.model->user, "bert");
	desk->network = named(desk, desk->on.model->team, "network");
	desk->other = named(desk, desk->on.model->team, "other");
	desk->record = thing_record(&desk->on, type, NULL);
	desk->record->cells[thing_field(type, "title")] = cell_text(T("Stra\xc3\x9f\x65 closed"));
	desk->record->cells[thing_field(type, "impact")] = cell_integer(1);
	desk->record->cells[thing_field(type, "amount")] = cell_integer(5);
	desk->record->cells[thing_field(type, "due")] =
	    cell_moment(at("2026-11-21T23:30:00Z")); /* the 22nd, in Berlin */
	desk->record->cells[thing_field(type, "requester")] = cell_id(desk->anna);
	desk->record->cells[thing_field(type, "team")] = cell_id(desk->network);
	desk->record->cells[FIELD_CREATED_AT] = cell_moment(at("2026-11-19T10:30:00Z"));
	desk->record->cells[FIELD_STATE] = cell_integer(2);
	assert_ok(model_insert(&desk->on.work, desk->record));
	assert_ok(
	    model_set_links(&desk->on.work, desk->record, type_field(type, T("watchers")), &desk->bert, 1));
	desk->context = (struct condition_context){ .work = &desk->on.work,
						    .me = desk->anna,
						    .teams = &desk->network,
						    .team_count = 1,
						    .zone = zone_find(T("Europe/Berlin")) };
}

static bool holds(struct desk *desk, const char *source)
{
	bool outcome;

	assert_ok(condition_holds(thing_condition(&desk->on, text_from(source)), desk->record, &desk->context,
				  &outcome));
	return outcome;
}

static void all_hold(struct desk *desk, const char *const *sources, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!holds(desk, sources[i]))
			fail_msg("does not hold: %s", sources[i]);
		const char *not_so = text_cstring(desk->on.work.arena,
						  text_format(desk->on.work.arena, "not (%s)", sources[i]));
		if (holds(desk, not_so))
			fail_msg("holds: %s", not_so);
	}
}
#define HOLD(desk, ...)                                                                                      \
	all_hold(desk, (const char *const[]){ __VA_ARGS__ },                                                 \
		 array_length(((const char *const[]){ __VA_ARGS__ })))

STORE_TEST(compares)
{
	struct desk desk;

	open_desk(&desk, on);
	assert_true(holds(&desk, ""));
	HOLD(&desk, "amount = 5", "amount > 4", "amount <= 5", "amount in (1, 5)", "amount not in (1, 2)",
	     "impact > high", "impact < low", "state = waiting", "state.group = waiting",
	     "state.group > open", "state < solved", "title = \"STRASSE CLOSED\"", "title contains \"sse\"",
	     "title starts with \"stra\"", "title > \"a\"", "amount = 5 and (amount = 1 or impact = medium)",
	     "due > created_at", "updated_at >= created_at");
}

STORE_TEST(unset_compares_with_nothing)
{
	struct desk desk;

	open_desk(&desk, on);
	HOLD(&desk, "weight is not set", "not weight = 1", "not weight < 1", "not weight >= 1", "weight != 1",
	     "weight not in (1)", "not vip", "vip != true", "vip != false", "owner != me",
	     "not owner in (anna, bert)", "place != \"\"", "not place contains \"\"", "parent is not set",
	     "parent.title is not set", "parent.title != \"x\"", "not effort < 1h", "not owner = requester");
}

STORE_TEST(knows_people_and_teams)
{
	struct desk desk;

	open_desk(&desk, on);
	HOLD(&desk, "requester = me", "requester = Anna", "requester in (bert, me)", "requester != bert",
	     "requester != nobody", "team in my teams", "team = my teams", "team not in (other)",
	     "watchers = bert", "watchers != me", "watchers is set", "requester.vip",
	     "requester.login = anna", "not requester.manager.vip", "watchers.login = bert",
	     "not watchers.vip");
	desk.context.me = 0;
	desk.context.team_count = 0;
	HOLD(&desk, "requester != me", "owner != me", "team not in my teams");
}

STORE_TEST(knows_days_and_working_days)
{
	struct desk desk;
	struct calendar *calendar;

	open_desk(&desk, on);
	HOLD(&desk, "due = today", "due != yesterday", "due >= today", "due < now", "due = 2026-11-22",
	     "due != 2026-11-21", "due in (2026-11-22, tomorrow)", "due = 2026-11-22T00:30",
	     "due = 2026-11-21T23:30:00Z", "due > 2026-11-22", "created_at < 2 days ago",
	     "created_at <= 3 days ago", "created_at >= 3 days ago", "created_at > 73 hours ago",
	     "due < in 2 hours", "created_at > 1 week ago");
	desk.context.zone = NULL;
	HOLD(&desk, "due = yesterday", "due = 2026-11-21", "due < today");
	/* From Sunday, two working days back is Thursday at the same time of day. */
	assert_ok(calendar_parse(on->arena, T("mon-fri 08:00-17:00"), TEXT_UNSET, zone_utc(), &calendar));
	desk.context.calendar = calendar;
	HOLD(&desk, "created_at >= 2 working days ago", "created_at <= 2 working days ago",
	     "created_at < 1 working day ago", "created_at > 3 working days ago");
}

STORE_TEST(refuses_words_of_one_record)
{
	struct desk desk;
	bool outcome;

	open_desk(&desk, on);
	assert_refused(
	    condition_holds(thing_condition(&desk.on, T("printer")), desk.record, &desk.context, &outcome),
	    INTERNAL);
}
