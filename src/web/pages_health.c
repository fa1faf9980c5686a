/*
 * How the server is, for administrators: one page to look at before calling anybody. What is measured here is cheap: no query over
 * records, no waiting for the store.
 */
#include "web/server.h"

#include "web/pages_portal_private.h"

#include "base/words.h"

#include <sys/statvfs.h>

#define ROUTES_SHOWN 10
/* Less free than this is worth a word. */
#define DISK_LEAST ((int64_t)1024 * 1024 * 1024)
#define LAG_MOST 1000

static void fact(struct work *work, struct value *facts, const char *label, text said, const char *look)
{
	struct value *one = value_map(work->arena);

	value_set_text(work->arena, one, T("label"), words(work->language, text_from(label)));
	value_set_text(work->arena, one, T("words"), said);
	value_set_text(work->arena, one, T("look"), text_from(look));
	value_append(work->arena, facts, one);
}

static text number_words(struct work *work, int64_t number) { return text_format(work->arena, "%lld", (long long)number); }

static void add_store(struct work *work, struct web *web, struct value *facts)
{
	struct lane_figures lane;
	struct statvfs disk;
	bool remote = text_is_set(web->settings.store.url);

	fact(work, facts, "Store", store_alive(work->store) ? (remote ? T("PostgreSQL") : T("SQLite")) : words(work->language, T("does not answer")),
	     store_alive(work->store) ? "good" : "bad");
	lane_figures(web->settings.lane, &lane);
	fact(work, facts, "Changes waiting", number_words(work, lane.queued), lane.queued > LIMIT_LANE_QUEUE / 2 ? "warn" : "good");
	fact(work, facts, "Failed commits", number_words(work, lane.commits_failed), lane.commits_failed > 0 ? "bad" : "good");
	fact(work, facts, "Mean time of a commit",
	     text_format(work->arena, "%.2f ms", lane.batches > 0 ? (double)lane.commit_us_total / 1000.0 / (double)lane.batches : 0.0), "");
	if (text_is_set(web->settings.data_dir) && statvfs(text_cstring(work->arena, web->settings.data_dir), &disk) == 0) {
		int64_t free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
		fact(work, facts, "Free disk space", part_size(work->arena, free_bytes), free_bytes < DISK_LEAST ? "bad" : "good");
	}
}

static struct error *add_log(struct work *work, struct web *web, struct value *facts)
{
	int64_t head = web->settings.sealer == NULL ? 0 : sealer_head(web->settings.sealer);
	text seal;

	struct error *error = sealer_head_text(work, &seal);
	fact(work, facts, "Head of the event log", error == NULL ? text_shorten(work->arena, seal, 40) : words(work->language, T("none yet")), "");
	if (web->settings.search == NULL) {
		fact(work, facts, "Search index", words(work->language, T("none")), "warn");
		return NULL;
	}
	int64_t lag = maximum(head - search_position(web->settings.search), 0);
	fact(work, facts, "Events that the search does not know yet", number_words(work, lag), lag > LAG_MOST ? "warn" : "good");
	return NULL;
}

/* The routes that cost most in sum: what to look at first when it is slow. */
static struct value *slow_routes(struct work *work, struct web *web)
{
	struct value *list = value_list(work->arena);
	size_t count = router_count(web->router), taken = 0;
	bool *done = arena_new_array(work->arena, bool, count + 1);

	for (; taken < ROUTES_SHOWN; taken++) {
		size_t worst = count;
		for (size_t i = 0; i < count; i++)
			if (!done[i] && atomic_load(&web->figures[i].count) > 0 &&
			    (worst == count || atomic_load(&web->figures[i].us_total) > atomic_load(&web->figures[worst].us_total)))
				worst = i;
		if (worst == count)
			break;
		done[worst] = true;
		struct route_figures *figures = &web->figures[worst];
		int64_t times = atomic_load(&figures->count);
		struct value *one = value_map(work->arena);
		value_set_text(work->arena, one, T("name"), text_from(router_route(web->router, worst)->name));
		value_set_integer(work->arena, one, T("count"), times);
		value_set_text(work->arena, one, T("mean"),
		               text_format(work->arena, "%.2f ms", (double)atomic_load(&figures->us_total) / 1000.0 / (double)times));
		value_set_integer(work->arena, one, T("slow"), atomic_load(&figures->buckets[6]) + atomic_load(&figures->buckets[7]));
		value_set_integer(work->arena, one, T("errors"), atomic_load(&figures->server_errors));
		value_append(work->arena, list, one);
	}
	return list;
}

struct error *health_render(struct work *work, struct web_request *request, struct page *page)
{
	struct value *facts = value_list(work->arena);
	struct web *web = request->web;

	page->template = T("health");
	page->data = value_map(work->arena);
	fact(work, facts, "Version", T(REEVE_VERSION), "");
	fact(work, facts, "Running for", duration_format(work->arena, (monotonic_us() - web->started_us) / 1000), "");
	add_store(work, web, facts);
	TRY(add_log(work, web, facts));
	fact(work, facts, "Live connections", number_words(work, live_count(web->live)), "");
	fact(work, facts, "Requests being answered", number_words(work, atomic_load(&web->in_flight)), "");
	fact(work, facts, "Version of the definitions", number_words(work, work->model->version), "");
	if (web->settings.definitions_differ)
		fact(work, facts, "Definitions", words(work->language, T("the given ones differ from the stored ones: reeve migrate --plan")), "warn");
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Health")));
	value_set(work->arena, page->data, T("facts"), facts);
	value_set(work->arena, page->data, T("routes"), slow_routes(work, web));
	return NULL;
}
