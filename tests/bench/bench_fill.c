/*
 * A data directory for `make bench`: people, teams, services and N incidents, all made through the engine (closed ones are imported
 * with their moment, the tenth that is open is created as of now, with clocks, automation and notifications), on a relaxed store
 * in big batches; then the search index is drained. Writes FOLDER/bench.json with a token and a session for an agent of one
 * team and for a requester with five incidents.
 *
 * usage: bench_fill FOLDER COUNT      FOLDER must not exist
 */
#include "base/json.h"
#include "base/limits.h"
#include "base/log.h"
#include "model/calendars.h"
#include "model/schema.h"
#include "search/search.h"

#include "zipf.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define TEAMS 10
#define AGENTS 50
#define PEOPLE 2000
#define SERVICES 40
#define BATCH 1000

struct fill {
	struct arena *arena;
	struct work work;
	int64_t generation;
	const struct type *incident;
	int64_t count, open, own;
	moment now;
};

static void must(struct error *error)
{
	struct arena *arena = arena_new(1 << 20);

	if (error != NULL)
		log_fatal("%.*s", TEXT_ARG(error_line(arena, error)));
	arena_free(arena);
}

static text sentence(struct arena *arena, size_t count)
{
	struct buffer buffer;

	buffer_init(&buffer, arena, 4096);
	for (size_t i = 0; i < count; i++)
		buffer_format(&buffer, i == 0 ? "%s" : " %s", vocabulary[zipf()]);
	return text_copy(arena, buffer_peek(&buffer));
}

/* ---- people and places ---- */

static int64_t create(struct fill *fill, const struct type *type, const char *json)
{
	struct record *record;
	struct value *input;

	must(json_parse(fill->arena, text_copy(fill->arena, text_from(json)), &input));
	must(engine_create(&fill->work, type, input, &record));
	return record->id;
}

static void create_people(struct fill *fill, int64_t *ret_agent, int64_t *ret_asker)
{
	const struct model *model = fill->work.model;
	struct arena *arena = fill->arena;

	create(fill, model_type(model, T("calendar")),
	       "{\"name\":\"office\",\"label\":\"Office hours\",\"hours\":\"mon-fri 08:00-18:00\",\"zone\":\"Europe/Berlin\",\"is_default\":true}");
	for (int i = 0; i < TEAMS; i++)
		create(fill, model->team, text_cstring(arena, text_format(arena, "{\"name\":\"team%d\",\"label\":\"Team %d\"}", i, i)));
	for (int i = 0; i < SERVICES; i++)
		create(fill, model->service,
		       text_cstring(arena, text_format(arena, "{\"name\":\"service%d\",\"label\":\"Service %d\",\"team\":\"team%d\"}", i, i, i % TEAMS)));
	for (int i = 0; i < AGENTS; i++) {
		int64_t id = create(fill, model->user,
		                    text_cstring(arena, text_format(arena, "{\"login\":\"agent%d\",\"name\":\"Agent %d\",\"roles\":[\"agent\"],\"teams\":[\"team%d\"]}",
		                                                    i, i, i % TEAMS)));
		if (i == 0)
			*ret_agent = id;
	}
	for (int i = 0; i < PEOPLE; i++)
		create(fill, model->user, text_cstring(arena, text_format(arena, "{\"login\":\"person%d\",\"name\":\"Person %d\"}", i, i)));
	*ret_asker = create(fill, model->user, "{\"login\":\"asker\",\"name\":\"Somebody who asks\"}");
}

/* ---- incidents ---- */

static struct value *fields_of(struct fill *fill, bool own)
{
	struct arena *arena = fill->work.arena;
	struct value *fields = value_map(arena);
	unsigned team = (unsigned)(next() % TEAMS);

	value_set_text(arena, fields, T("title"), sentence(arena, 6));
	value_set_text(arena, fields, T("description"), sentence(arena, 25));
	value_set_text(arena, fields, T("service"), text_format(arena, "service%d", (int)(next() % SERVICES)));
	value_set_text(arena, fields, T("requester"), own ? T("asker") : text_format(arena, "person%d", (int)(next() % PEOPLE)));
	value_set_text(arena, fields, T("impact"), T("medium"));
	value_set_text(arena, fields, T("urgency"), next() % 2 == 0 ? T("low") : T("medium"));
	value_set_text(arena, fields, T("team"), text_format(arena, "team%u", team));
	if (next() % 100 < 70)
		value_set_text(arena, fields, T("assignee"), text_format(arena, "agent%u", team + TEAMS * (unsigned)(next() % (AGENTS / TEAMS))));
	if (next() % 100 == 0)
		value_set_bool(arena, fields, T("restricted"), true);
	return fields;
}

static void add_open(struct fill *fill, const struct value *fields)
{
	struct record *record;

	fill->work.now = fill->now + fill->open++ * 1000 / maximum(fill->count / 1000, 1);
	must(engine_create(&fill->work, fill->incident, fields, &record));
}

static void add_closed(struct fill *fill, struct value *fields, int64_t index)
{
	enum import_outcome outcome;
	struct record *record;
	const struct import_step step = {
		.at = fill->now - 1000 * DAY_MS + index * (999 * DAY_MS / fill->count),
		.state = lifecycle_state(fill->incident->lifecycle, index % 50 == 0 ? T("resolved") : T("closed")),
		.fields = fields,
		.source_key = text_format(fill->work.arena, "bench:%lld", (long long)index),
	};

	value_set_text(fill->work.arena, fields, T("priority"), T("3"));
	value_set_text(fill->work.arena, fields, T("resolution_code"), T("fixed"));
	value_set_text(fill->work.arena, fields, T("resolution"), sentence(fill->work.arena, 6));
	must(engine_import(&fill->work, fill->incident, &step, &outcome, &record));
}

/* The newest tenth is open; five of all, evenly spread, are the requester's own. */
static void add_incidents(struct fill *fill)
{
	int64_t begin = monotonic_us();

	for (int64_t i = 0; i < fill->count; i++) {
		if (i % BATCH == 0)
			must(store_begin(fill->work.store, fill->arena));
		struct value *fields = fields_of(fill, i % (fill->count / 5) == fill->count / 10);
		if (i >= fill->count - fill->count / 10)
			add_open(fill, fields);
		else
			add_closed(fill, fields, i);
		record_cache_reset(fill->work.cache);
		arena_reset(fill->work.arena);
		if (i % BATCH == BATCH - 1 || i == fill->count - 1)
			must(store_commit(fill->work.store, fill->arena));
		if (i % 100000 == 99999)
			fprintf(stderr, "%lld incidents, %.0f/s\n", (long long)i + 1, 1e6 * (double)(i + 1) / (double)(monotonic_us() - begin));
	}
}

static void fill_index(struct fill *fill, const struct store_settings *settings)
{
	int64_t indexed, total = 0, begin = monotonic_us();
	struct search *search;

	must(search_open(fill->arena, settings, &search));
	do {
		must(search_run(search, &fill->work, 5000, &indexed));
		total += indexed;
		record_cache_reset(fill->work.cache);
		arena_reset(fill->work.arena);
	} while (indexed > 0);
	search_close(search);
	fprintf(stderr, "%lld events indexed, %.0f/s\n", (long long)total, 1e6 * (double)total / (double)(monotonic_us() - begin));
}

/* ---- the store ---- */

static void make_schema(struct fill *fill)
{
	struct definition_source *sources;
	struct schema_plan plan;
	struct model *model;
	size_t count;

	model_embedded_sources(fill->arena, &sources, &count);
	must(model_parse(fill->arena, sources, count, &model));
	fill->work.model = model;
	must(schema_plan(fill->arena, fill->work.store, NULL, model, &plan));
	must(store_begin(fill->work.store, fill->arena));
	must(schema_apply(&fill->work, model, &plan));
	must(store_commit(fill->work.store, fill->arena));
	must(schema_load(fill->arena, fill->work.store, &model));
	fill->work.model = model;
	fill->incident = model_type(model, T("incident"));
}

static void write_keys(struct fill *fill, const char *folder, int64_t agent, int64_t asker)
{
	text path = text_format(fill->arena, "%s/bench.json", folder), agent_token, agent_session, asker_token, asker_session;
	moment end = fill->work.now + 300 * DAY_MS;

	must(store_begin(fill->work.store, fill->arena));
	must(token_create(&fill->work, agent, T("bench"), SCOPE_ALL, end, &agent_token));
	must(session_open(&fill->work, agent, T("127.0.0.1"), T("bench"), &agent_session));
	must(token_create(&fill->work, asker, T("bench"), SCOPE_ALL, end, &asker_token));
	must(session_open(&fill->work, asker, T("127.0.0.1"), T("bench"), &asker_session));
	must(store_commit(fill->work.store, fill->arena));
	FILE *file = fopen(text_cstring(fill->arena, path), "w");
	if (file == NULL)
		log_fatal("cannot write %.*s", TEXT_ARG(path));
	fprintf(file, "{\"count\": %lld, \"agent_token\": \"%.*s\", \"agent_session\": \"%.*s\", \"asker_token\": \"%.*s\", \"asker_session\": \"%.*s\"}\n",
	        (long long)fill->count, TEXT_ARG(agent_token), TEXT_ARG(agent_session), TEXT_ARG(asker_token), TEXT_ARG(asker_session));
	fclose(file);
}

int main(int argc, char **argv)
{
	struct fill fill = { .arena = arena_new((size_t)1 << 28), .now = moment_now() };
	struct seal_settings seals;
	struct sealer *sealer;
	int64_t agent = 0, asker = 0;

	if (argc != 3 || !text_to_integer(text_from(argv[2]), &fill.count) || fill.count < 1000 || mkdir(argv[1], 0700) != 0)
		log_fatal("usage: bench_fill FOLDER COUNT, with a folder that does not exist yet and 1000 incidents or more");
	struct store_settings settings = { .data_dir = text_from(argv[1]), .relaxed = true, .cache_kib = 200000 };
	seals.key_path = text_format(fill.arena, "%s/seal.key", argv[1]);
	seals.head_path = text_format(fill.arena, "%s/seal.log", argv[1]);
	make_vocabulary();
	fill.work = (struct work){ .arena = fill.arena, .actor = access_system(), .now = fill.now, .origin = ORIGIN_IMPORT,
		                   .language = T("en"), .cache = record_cache_new(fill.arena, &fill.generation),
		                   .calendars = calendar_cache_new(fill.arena) };
	must(store_open(fill.arena, &settings, STORE_WRITE, &fill.work.store));
	must(sealer_new(fill.arena, &seals, &sealer));
	make_schema(&fill);
	must(sealer_opened(sealer, fill.work.store, fill.arena));
	must(store_begin(fill.work.store, fill.arena));
	create_people(&fill, &agent, &asker);
	must(store_commit(fill.work.store, fill.arena));
	fill.work.arena = arena_new((size_t)1 << 28);
	add_incidents(&fill);
	sealer_committed(sealer, fill.work.store);
	fill_index(&fill, &settings);
	fill.work.arena = fill.arena;
	write_keys(&fill, argv[1], agent, asker);
	store_close(fill.work.store);
	sealer_close(sealer);
	return 0;
}
