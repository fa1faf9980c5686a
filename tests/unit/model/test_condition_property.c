/*
 * One language, three back ends: random records (unset fields, links, paths, non-ASCII) x random conditions
 * made from the grammar. The evaluation in memory and the database find the same records; `not (c)` finds
 * exactly the others; what is printed is read back as the same. The seed of a failure is printed; REEVE_SEED
 * repeats it.
 */
#include "thing.h"

#include "base/buffer.h"

#define THINGS 120
#define PEOPLE 6
#define TEAMS 3
#define CONDITIONS 700

struct world {
	struct thing_fixture on;
	uint64_t seed;
	int64_t people[PEOPLE], teams[TEAMS], organisations[2];
	struct record *things[THINGS];
	struct condition_context context;
	bool own; /* the path written last has one step: its field may be compared with another */
};

static uint64_t next(struct world *world)
{
	world->seed ^= world->seed << 13;
	world->seed ^= world->seed >> 7;
	world->seed ^= world->seed << 17;
	return world->seed >> 11;
}

static size_t below(struct world *world, size_t count)
{
	return (size_t)(next(world) % count);
}

static const char *const texts[] = { "vpn",
				     "VPN",
				     "Stra\xc3\x9f\x65",
				     "STRASSE",
				     "a",
				     "",
				     "50%",
				     "a_b",
				     "back\\slash",
				     "\xc3\x84rger",
				     "\xe2\x84\xab",
				     "na\xc3\xafve caf\xc3\xa9",
				     "\xf0\x9f\x92\xa9",
				     "say \"hi\"",
				     "a b",
				     "zz",
				     "\xef\xac\x81n",
				     "\xce\xa3\xce\xb1\xcf\x82",
				     "vpn down",
				     "it's" };

static text any_text(struct world *world)
{
	return text_from(texts[below(world, array_length(texts))]);
}

/* ---- records ---- */

static struct cell any_cell(struct world *world, const struct field *field)
{
	if (below(world, 3) == 0)
		return cell_null();
	switch (field->kind) {
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
		return cell_text(any_text(world));
	case KIND_INTEGER:
		return cell_integer((int64_t)below(world, 7) - 3);
	case KIND_REAL:
		return cell_real(((double)below(world, 9) - 4) / 2);
	case KIND_BOOLEAN:
		return cell_integer((int64_t)below(world, 2));
	case KIND_CHOICE:
		return cell_integer((int64_t)below(world, field->choice_count));
	case KIND_MOMENT:
		return cell_integer(world->on.work.now + ((int64_t)below(world, 17) - 8) * 6 * HOUR_MS);
	case KIND_DURATION:
		return cell_integer((int64_t)below(world, 6) * HOUR_MS);
	case KIND_LINK:
	case KIND_LINKS:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_COUNT:
		break;
	}
	return cell_null();
}

static void insert(struct world *world, struct record *record)
{
	assert_ok(model_insert(&world->on.work, record));
}

static void make_people(struct world *world)
{
	static const char *const logins[PEOPLE] = { "anna", "Bj\xc3\xb6rn", "carl",
						    "dora", "emil",	    "Fran\xc3\xa7oise" };
	static const char *const teams[TEAMS] = { "network", "first line", "Gro\xc3\x9f" };
	struct thing_fixture *on = &world->on;
	const struct type *user = on->model->user;

	for (size_t i = 0; i < 2; i++) {
		struct record *record =
		    thing_record(on, on->model->organisation, i == 0 ? "acme" : "umbrella");
		world->organisations[i] = record->id;
		insert(world, record);
	}
	for (size_t i = 0; i < TEAMS; i++) {
		struct record *record = thing_record(on, on->model->team, teams[i]);
		world->teams[i] = record->id;
		insert(world, record);
	}
	for (size_t i = 0; i < PEOPLE; i++) {
		struct record *record = thing_record(on, user, logins[i]);
		int64_t member[TEAMS];
		size_t count = 0;
		record->cells[thing_field(user, "vip")] = any_cell(world, type_field(user, T("vip")));
		record->cells[thing_field(user, "mail")] = any_cell(world, type_field(user, T("mail")));
		if (i != 2)
			record->cells[thing_field(user, "organisation")] =
			    cell_integer(world->organisations[i % 2]);
		if (i > 0)
			record->cells[thing_field(user, "manager")] = cell_integer(world->people[i - 1]);
		world->people[i] = record->id;
		insert(world, record);
		for (size_t k = 0; k < TEAMS; k++)
			if (below(world, 2) == 0)
				member[count++] = world->teams[k];
		assert_ok(model_set_links(&on->work, record, type_field(user, T("teams")), member, count));
	}
}

static void make_things(struct world *world)
{
	struct thing_fixture *on = &world->on;

	for (size_t i = 0; i < THINGS; i++) {
		struct record *record = thing_record(on, on->type, NULL);
		int64_t watchers[2] = { world->people[below(world, PEOPLE)] };
		for (size_t f = FIELD_SYSTEM_COUNT; f < on->type->field_count; f++) {
			const struct field *field = &on->type->fields[f];
			bool set = below(world, 4) != 0;
			record->cells[f] = any_cell(world, field);
			if (field->kind != KIND_LINK || !set)
				continue;
			if (field->target == on->model->user)
				record->cells[f] = cell_integer(world->people[below(world, PEOPLE)]);
			else if (field->target == on->model->team)
				record->cells[f] = cell_integer(world->teams[below(world, TEAMS)]);
			else if (i > 0)
				record->cells[f] = cell_integer(world->things[below(world, i)]->id);
		}
		record->cells[FIELD_STATE] =
		    cell_integer((int64_t)below(world, on->type->lifecycle->state_count));
		record->cells[FIELD_CREATED_AT] =
		    cell_integer(on->work.now - (int64_t)below(world, 12) * 12 * HOUR_MS);
		world->things[i] = record;
		insert(world, record);
		if (below(world, 2) == 0)
			assert_ok(model_set_links(&on->work, record, type_field(on->type, T("watchers")),
						  watchers, 1));
	}
}

/* ---- conditions ---- */

static void write_quoted(struct buffer *out, text t)
{
	buffer_char(out, '"');
	for (size_t i = 0; i < t.length; i++) {
		if (t.data[i] == '"' || t.data[i] == '\\')
			buffer_char(out, '\\');
		buffer_char(out, t.data[i]);
	}
	buffer_char(out, '"');
}

static void write_one_of(struct world *world, struct buffer *out, const char *const *words, size_t count)
{
	buffer_text(out, text_from(words[below(world, count)]));
}
#define one_of(world, out, ...)                                                                              \
	write_one_of(world, out, (const char *const[]){ __VA_ARGS__ },                                       \
		     array_length(((const char *const[]){ __VA_ARGS__ })))

static void write_moment(struct world *world, struct buffer *out)
{
	one_of(world, out, "now", "today", "yesterday", "tomorrow", "1 day ago", "36 hours ago",
	       "in 12 hours", "2 working days ago", "in 1 working day", "2026-11-22", "2026-11-21",
	       "2026-11-22T10:30", "2026-11-22T04:30Z", "2026-11-23T00:30:00+01:00");
}

static void write_value(struct world *world, struct buffer *out, const struct field *field, bool listed)
{
	const struct model *model = world->on.model;

	switch (field->kind) {
	case KIND_INTEGER:
		buffer_integer(out, (int64_t)below(world, 7) - 3);
		break;
	case KIND_REAL:
		one_of(world, out, "-1.5", "0", "0.5", "1", "2.25");
		break;
	case KIND_BOOLEAN:
		one_of(world, out, "true", "false");
		break;
	case KIND_CHOICE:
		buffer_text(out, field->choices[below(world, field->choice_count)].name);
		break;
	case KIND_MOMENT:
		if (!listed && world->own && below(world, 4) == 0)
			one_of(world, out, "created_at", "due");
		else
			write_moment(world, out);
		break;
	case KIND_DURATION:
		one_of(world, out, "2h", "90m", "3 hours", "0m");
		break;
	case KIND_LINK:
	case KIND_LINKS:
		if (field->target == model->user && !listed && world->own && field->kind == KIND_LINK &&
		    below(world, 4) == 0)
			one_of(world, out, "owner", "requester", "created_by");
		else if (field->target == model->user)
			one_of(world, out, "me", "anna", "BJ\xc3\x96RN", "\"carl\"", "nobody", "emil");
		else if (field->target == model->team)
			one_of(world, out, "my teams", "network", "\"First Line\"", "GROSS", "none");
		else if (field->target == model->organisation)
			one_of(world, out, "acme", "Umbrella", "none");
		else
			one_of(world, out, "THG0000003", "thg0000010", "THG0000020", "THG9999999");
		break;
	case KIND_TEXT:
	case KIND_PROSE:
	case KIND_ZONE:
	case KIND_MAIL:
	case KIND_RECORD:
	case KIND_CONDITION:
	case KIND_MODEL:
	case KIND_GROUP:
	case KIND_HOURS:
	case KIND_HOLIDAYS:
	case KIND_COUNT:
		write_quoted(out, any_text(world));
		break;
	}
}

/* A path that some test takes, written out; the field at its end. */
static const struct field *write_path(struct world *world, struct buffer *out)
{
	static const char *const starts[] = { "",
					      "",
					      "",
					      "",
					      "requester.",
					      "owner.",
					      "parent.",
					      "parent.requester.",
					      "parent.parent.",
					      "requester.manager.",
					      "watchers.",
					      "requester.organisation.",
					      "requester.teams.",
					      "team." };
	const struct type *type = world->on.type;
	text rest = text_from(starts[below(world, array_length(starts))]), part;

	world->own = rest.length == 0;
	buffer_text(out, rest);
	while (text_cut(&rest, '.', &part))
		if (part.length > 0)
			type = type_field(type, part)->target;
	for (;;) {
		const struct field *field = &type->fields[below(world, type->field_count)];
		if (field->kind == KIND_HOURS || field->kind == KIND_HOLIDAYS ||
		    field->position == FIELD_VERSION ||
		    (field->position == FIELD_STATE && type->lifecycle == NULL))
			continue;
		if ((field->kind == KIND_LINK || field->kind == KIND_LINKS) &&
		    field->target != world->on.type && field->target != world->on.model->user &&
		    field->target != world->on.model->team && field->target != world->on.model->organisation)
			continue;
		buffer_text(out, field->name);
		return field;
	}
}

static void write_list(struct world *world, struct buffer *out, const struct field *field)
{
	size_t count = 1 + below(world, 3);

	buffer_text(out, below(world, 2) == 0 ? T(" in (") : T(" not in ("));
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_literal(out, ", ");
		write_value(world, out, field, true);
	}
	buffer_char(out, ')');
}

static void write_test(struct world *world, struct buffer *out)
{
	const struct field *field = write_path(world, out);
	bool is_text = field->kind == KIND_TEXT || field->kind == KIND_PROSE || field->kind == KIND_ZONE ||
		       field->kind == KIND_MAIL;
	bool ordered = field->kind != KIND_BOOLEAN && field->kind != KIND_LINK && field->kind != KIND_LINKS &&
		       field->kind != KIND_PROSE;

	if (field->position == FIELD_STATE && below(world, 2) == 0) {
		buffer_literal(out, ".group");
		one_of(world, out, " = ", " != ", " < ", " >= ");
		one_of(world, out, "open", "waiting", "done", "closed", "cancelled");
		return;
	}
	if (text_equal(field->name, T("class")) && below(world, 2) == 0) {
		one_of(world, out, " under ", " not under ");
		write_value(world, out, field, true);
		return;
	}
	switch (below(world, 6)) {
	case 0:
		one_of(world, out, " is set", " is not set");
		return;
	case 1:
		write_list(world, out, field);
		return;
	case 2:
		if (field->kind == KIND_BOOLEAN)
			return; /* alone */
		if (is_text) {
			one_of(world, out, " contains ", " starts with ");
			write_quoted(out, any_text(world));
			return;
		}
		break;
	case 3:
	case 4:
		if (ordered) {
			one_of(world, out, " < ", " <= ", " > ", " >= ");
			write_value(world, out, field, false);
			return;
		}
		break;
	default:
		break;
	}
	one_of(world, out, " = ", " != ");
	write_value(world, out, field, false);
}

static void write_condition(struct world *world, struct buffer *out, int depth)
{
	size_t pick = depth <= 0 ? 0 : below(world, 6);

	if (pick < 2) {
		write_test(world, out);
	} else if (pick == 2) {
		buffer_literal(out, "not (");
		write_condition(world, out, depth - 1);
		buffer_char(out, ')');
	} else {
		buffer_char(out, '(');
		write_condition(world, out, depth - 1);
		buffer_text(out, pick < 5 ? T(") and (") : T(") or ("));
		write_condition(world, out, depth - 1);
		buffer_char(out, ')');
	}
}

/* ---- the three answers ---- */

static void found_by_store(struct world *world, const struct condition *condition, bool *ret_found)
{
	struct query query = { .type = world->on.type,
			       .where = condition,
			       .context = world->context,
			       .everything = true,
			       .limit = THINGS + 1 };
	struct record_page page;

	memset(ret_found, 0, THINGS * sizeof(*ret_found));
	assert_ok(model_find(&world->on.work, &query, &page));
	for (size_t i = 0; i < page.count; i++)
		for (size_t k = 0; k < THINGS; k++)
			ret_found[k] = ret_found[k] || world->things[k]->id == page.records[i]->id;
}

static void agrees(struct world *world, text source)
{
	struct arena *arena = world->on.work.arena;
	struct condition *condition = thing_condition(&world->on, source), *again, *complement;
	text printed = condition_print(arena, condition);
	bool found[THINGS], others[THINGS], reread[THINGS], holds;

	again = thing_condition(&world->on, printed);
	if (!text_equal(condition_print(arena, again), printed))
		fail_msg("printed otherwise the second time: %.*s", TEXT_ARG(printed));
	complement = thing_condition(&world->on, text_format(arena, "not (%.*s)", TEXT_ARG(source)));
	found_by_store(world, condition, found);
	found_by_store(world, complement, others);
	found_by_store(world, again, reread);
	for (size_t i = 0; i < THINGS; i++) {
		assert_ok(condition_holds(condition, world->things[i], &world->context, &holds));
		if (holds != found[i] || found[i] == others[i] || reread[i] != found[i])
			fail_msg(
			    "thing %zu: memory %d, store %d, complement %d, printed and read again %d: %.*s",
			    i, holds, found[i], others[i], reread[i], TEXT_ARG(source));
		assert_ok(condition_holds(complement, world->things[i], &world->context, &holds));
		if (holds == found[i])
			fail_msg("thing %zu: the complement holds too: %.*s", i, TEXT_ARG(source));
	}
}

static void make_world(struct world *world, struct store_fixture *store)
{
	const char *seed = getenv("REEVE_SEED");
	int64_t chosen = 20261122;

	if (seed != NULL)
		assert_true(text_to_integer(text_from(seed), &chosen));
	print_message("seed %lld\n", (long long)chosen);
	*world = (struct world){ .seed = (uint64_t)chosen * UINT64_C(0x9e3779b97f4a7c15) | 1 };
	thing_open(&world->on, store->arena, store->store);
	assert_ok(store_begin(store->store, store->arena));
	make_people(world);
	make_things(world);
	assert_ok(store_commit(store->store, store->arena));
	world->context = (struct condition_context){ .work = &world->on.work,
						     .me = world->people[1],
						     .teams = world->teams,
						     .team_count = 2,
						     .zone = zone_find(T("Europe/Berlin")) };
}

/* Each condition in memory of its own, so that the store's arena does not grow. */
static void agree_many(struct world *world, size_t count)
{
	struct arena *kept = world->on.work.arena, *arena = arena_new((size_t)1 << 26);
	struct buffer source;

	world->on.work.arena = arena;
	for (size_t i = 0; i < count; i++) {
		buffer_init(&source, arena, 3000);
		write_condition(world, &source, 3);
		if (!source.over)
			agrees(world, buffer_peek(&source));
		arena_reset(arena);
	}
	arena_free(arena);
	world->on.work.arena = kept;
}

STORE_TEST(memory_and_store_agree)
{
	struct world world;

	make_world(&world, on);
	agree_many(&world, CONDITIONS);
}

/* ---- what may not be read counts as unset, in memory as in the store ---- */

static bool hides_vip_and_owner(void *data unused, const struct type *type, const struct field *field)
{
	return !(text_equal(field->name, T("vip")) ||
		 (text_equal(type->name, T("thing")) && text_equal(field->name, T("owner"))));
}

struct scope {
	struct condition *branch;
};

/* Of things, only those of network; of people, all; of everything else nothing. */
static struct error *scoped(void *data, const struct type *type, bool *ret_everything,
			    const struct condition *const **ret_branches, size_t *ret_count)
{
	struct scope *scope = data;

	*ret_everything = text_equal(type->name, T("user"));
	*ret_branches = (const struct condition *const *)&scope->branch;
	*ret_count = text_equal(type->name, T("thing")) ? 1 : 0;
	return NULL;
}

STORE_TEST(what_may_not_be_read_is_unset)
{
	struct world world;
	struct scope scope;

	make_world(&world, on);
	scope.branch = thing_condition(&world.on, T("team = network or vip"));
	world.context.readable = hides_vip_and_owner;
	world.context.record_scope = scoped;
	world.context.data = &scope;
	agrees(&world, T("owner is set or vip or owner = me or owner.name contains \"a\""));
	bool found[THINGS];
	found_by_store(
	    &world,
	    thing_condition(&world.on, T("owner is set or vip or owner != owner or team.name is set")),
	    found);
	for (size_t i = 0; i < THINGS; i++)
		assert_true(found[i]);
	agree_many(&world, CONDITIONS / 3);
}
