/* Addresses for machines that look after the server: health, readiness, figures. */
#include "web/server.h"

struct error *api_health(struct work *work, struct web_request *request, struct page *page)
{
	request->wants_json = true;
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("status"), T("alive"));
	value_set_text(work->arena, page->data, T("version"), T(REEVE_VERSION));
	return NULL;
}

struct error *api_ready(struct work *work, struct web_request *request, struct page *page)
{
	text head;

	request->wants_json = true;
	if (!store_alive(work->store))
		return error_new(work->arena, ERROR_UNAVAILABLE, "the store does not answer");
	struct error *error = sealer_head_text(work, &head);
	if (error != NULL && error->code != ERROR_NOT_FOUND)
		return error_new(work->arena, ERROR_UNAVAILABLE, "the store cannot be read");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("status"), T("ready"));
	value_set_integer(work->arena, page->data, T("definitions"), work->model->version);
	return NULL;
}

/* ---- metrics ---- */

static void head(struct buffer *out, const char *name, const char *kind, const char *help)
{
	buffer_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void one(struct buffer *out, const char *name, const char *kind, const char *help, int64_t number)
{
	head(out, name, kind, help);
	buffer_format(out, "%s %lld\n", name, (long long)number);
}

static const char *route_name(const struct web *web, size_t index)
{
	const struct route *route = index == router_count(web->router) ? NULL : router_route(web->router, index);

	return route == NULL ? "none" : route->name;
}

static void write_durations(struct buffer *out, const char *name, struct route_figures *figures)
{
	static const char *const bounds[] = { "0.001", "0.005", "0.01", "0.02", "0.05", "0.1", "1", "+Inf" };
	int64_t sum = 0;

	for (size_t i = 0; i < array_length(bounds); i++) {
		sum += atomic_load(&figures->buckets[i]);
		buffer_format(out, "reeve_http_request_seconds_bucket{route=\"%s\",le=\"%s\"} %lld\n", name, bounds[i],
		              (long long)sum);
	}
	buffer_format(out, "reeve_http_request_seconds_sum{route=\"%s\"} %.6f\n", name,
	              (double)atomic_load(&figures->us_total) / 1e6);
	buffer_format(out, "reeve_http_request_seconds_count{route=\"%s\"} %lld\n", name, (long long)sum);
}

static void write_routes(struct web *web, struct buffer *out)
{
	head(out, "reeve_http_errors_total", "counter", "Requests answered with 4xx or 5xx");
	for (size_t i = 0; i <= router_count(web->router); i++) {
		struct route_figures *figures = &web->figures[i];
		if (atomic_load(&figures->count) == 0)
			continue;
		buffer_format(out, "reeve_http_errors_total{route=\"%s\",class=\"4xx\"} %lld\n", route_name(web, i),
		              (long long)atomic_load(&figures->client_errors));
		buffer_format(out, "reeve_http_errors_total{route=\"%s\",class=\"5xx\"} %lld\n", route_name(web, i),
		              (long long)atomic_load(&figures->server_errors));
	}
	head(out, "reeve_http_request_seconds", "histogram", "Time from the request's head to its last byte");
	for (size_t i = 0; i <= router_count(web->router); i++)
		if (atomic_load(&web->figures[i].count) > 0)
			write_durations(out, route_name(web, i), &web->figures[i]);
}

static void write_lane(struct web *web, struct buffer *out)
{
	struct lane_figures figures;

	lane_figures(web->settings.lane, &figures);
	one(out, "reeve_lane_jobs_total", "counter", "Changes that went through the writer lane", figures.jobs);
	one(out, "reeve_lane_batches_total", "counter", "Commits of the writer lane", figures.batches);
	one(out, "reeve_lane_failed_total", "counter", "Changes that were refused or failed", figures.failed);
	one(out, "reeve_lane_commits_failed_total", "counter", "Commits that failed", figures.commits_failed);
	one(out, "reeve_lane_slow_total", "counter", "Changes slower than the limit", figures.slow);
	one(out, "reeve_lane_queued", "gauge", "Changes that wait now", figures.queued);
	head(out, "reeve_lane_commit_seconds_total", "counter", "Time spent in COMMIT");
	buffer_format(out, "reeve_lane_commit_seconds_total %.6f\n", (double)figures.commit_us_total / 1e6);
}

struct error *api_metrics(struct work *work, struct web_request *request, struct page *page)
{
	struct web *web = request->web;
	struct buffer out;

	buffer_init(&out, work->arena, 1024 * 1024);
	head(&out, "reeve_info", "gauge", "Version");
	buffer_literal(&out, "reeve_info{version=\"" REEVE_VERSION "\"} 1\n");
	one(&out, "reeve_uptime_seconds", "gauge", "Time since the start", (monotonic_us() - web->started_us) / 1000000);
	one(&out, "reeve_http_in_flight", "gauge", "Requests being answered", atomic_load(&web->in_flight));
	one(&out, "reeve_live_connections", "gauge", "Live connections", live_count(web->live));
	if (web->settings.sealer != NULL)
		one(&out, "reeve_event_seq", "gauge", "Newest sealed event", sealer_head(web->settings.sealer));
	if (web->settings.search != NULL)
		one(&out, "reeve_search_seq", "gauge", "Newest event in the search index", search_position(web->settings.search));
	write_lane(web, &out);
	write_routes(web, &out);
	page->media_type = T("text/plain; version=0.0.4; charset=utf-8");
	return buffer_finish(&out, &page->body);
}
