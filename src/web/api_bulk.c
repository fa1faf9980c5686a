/*
 * Bulk: up to 1,000 creates, changes, transitions or votes in one call, each a lane job of its own, so that one long call never holds the lane. Jobs go in
 * windows of one batch; the worker waits for each window. An idempotency key covers each item by itself ("KEY#3"): a repeat after
 * a lost answer changes nothing twice and says the same per item.
 */
#include "web/server.h"

#include <stdio.h>

struct window {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t running;
};

struct item {
	struct lane_job job;
	struct window *window;
	struct work work;             /* with the job's arena */
	const struct web_request *request;
	bulk_perform perform;
	const struct value *input;
	text key, fingerprint;
	struct error *error;
	int status;
	text answer;                  /* JSON of the result */
	struct arena *result_arena;
};

struct wanted {
	struct value *fields;
	text number, transition;
	int64_t version;
};

/* {number, version, transition} of an item; the other keys are the fields. */
static struct error *split(struct arena *arena, const struct value *input, struct wanted *ret_wanted)
{
	struct wanted wanted = { .fields = value_map(arena) };

	for (size_t i = 0; i < input->map.count; i++) {
		const struct value_entry *entry = &input->map.entries[i];
		if (text_equal(entry->key, T("number"))) {
			wanted.number = entry->value->kind == VALUE_TEXT ? entry->value->text : TEXT_UNSET;
			if (!text_is_set(wanted.number))
				return error_field(error_new(arena, ERROR_INVALID, "the number must be a text"), T("number"));
		} else if (text_equal(entry->key, T("transition"))) {
			wanted.transition = entry->value->kind == VALUE_TEXT ? entry->value->text : TEXT_UNSET;
			if (!text_is_set(wanted.transition))
				return error_field(error_new(arena, ERROR_INVALID, "the transition must be a text"), T("transition"));
		} else if (text_equal(entry->key, T("version"))) {
			if (entry->value->kind != VALUE_INTEGER)
				return error_field(error_new(arena, ERROR_INVALID, "the version must be a number"), T("version"));
			wanted.version = entry->value->integer;
		} else {
			value_add(arena, wanted.fields, entry->key, entry->value);
		}
	}
	*ret_wanted = wanted;
	return NULL;
}

struct error *bulk_change(struct work *work, const struct web_request *request, const struct value *input, struct record **ret_record)
{
	const struct type *type = request->type;
	struct wanted wanted;

	TRY(split(work->arena, input, &wanted));
	if (text_is_set(wanted.transition) && !text_is_set(wanted.number))
		return error_field(error_new(work->arena, ERROR_INVALID, "a transition needs the number of its record"), T("number"));
	if (text_is_set(wanted.transition))
		return engine_transition(work, type, wanted.number, wanted.transition, wanted.version, wanted.fields, ret_record);
	if (text_is_set(wanted.number))
		return engine_update(work, type, wanted.number, wanted.version, wanted.fields, ret_record);
	return engine_create(work, type, wanted.fields, ret_record);
}

static struct error *change(struct item *item, struct work *work)
{
	struct value *result = value_map(work->arena);
	struct record *record;

	TRY(item->perform(work, item->request, item->input, &record));
	item->status = item->perform == bulk_change && value_get(item->input, T("number")) == NULL ? 201 : 200;
	value_set_integer(work->arena, result, T("status"), item->status);
	value_set_text(work->arena, result, T("number"), record_number(record));
	value_set_integer(work->arena, result, T("version"), record->version);
	item->answer = json_text(work->arena, result);
	return NULL;
}

static struct error *apply_held(struct item *item, struct work *work)
{
	bool found = false;

	if (text_is_set(item->key)) {
		TRY(engine_idempotency_find(work, item->key, item->fingerprint, &found, &item->status, &item->answer));
		if (found)
			return NULL;
	}
	TRY(change(item, work));
	return text_is_set(item->key) ? engine_idempotency_keep(work, item->key, item->fingerprint, item->status, item->answer) :
	                                NULL;
}

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct item *item = (struct item *)job;
	struct web *web = item->request->web;
	struct lane_cache *held = worker_take_cache(web);
	struct work work = item->work;

	work.store = store;
	work.cache = worker_cache(held);
	struct error *error = worker_check_model(web, &work);
	if (error == NULL)
		error = apply_held(item, &work);
	if (item->request->type != NULL && item->request->type->platform)
		worker_forget_names(web);
	worker_give_cache(web, held);
	return error;
}

static void done(struct lane_job *job, struct error *error)
{
	struct item *item = (struct item *)job;
	struct window *window = item->window;

	item->error = error;
	if (error != NULL && item->request->type != NULL && item->request->type->platform)
		worker_forget_names(item->request->web);
	pthread_mutex_lock(&window->mutex);
	if (--window->running == 0)
		pthread_cond_signal(&window->changed);
	pthread_mutex_unlock(&window->mutex);
}

static void prepare_item(struct work *work, struct web_request *request, bulk_perform perform, struct window *window,
                         struct item *item, const struct value *input, size_t index)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);

	*item = (struct item){ .job = { .arena = arena, .apply = apply, .done = done, .name = request->route->name },
		               .window = window, .work = *work, .request = request, .perform = perform, .input = input };
	item->work.arena = arena;
	if (!text_is_set(request->idempotency_key))
		return;
	item->key = text_format(arena, "%.*s#%zu", TEXT_ARG(request->idempotency_key), index);
	item->fingerprint = token_hash(arena, text_format(arena, "%.*s\n%.*s", TEXT_ARG(request->target),
	                                                  TEXT_ARG(json_text(arena, input))));
}

static struct value *result_of(struct arena *arena, const struct item *item)
{
	struct value *result = NULL, *problem;

	if (item->error == NULL && json_parse(arena, text_copy(arena, item->answer), &result) == NULL)
		return result;
	result = value_map(arena);
	struct error *error = item->error != NULL ? error_copy(arena, item->error) :
	                                            error_new(arena, ERROR_INTERNAL, "the item's answer is lost");
	problem = web_problem_value(arena, error);
	value_set_integer(arena, result, T("status"), error_http_status(error->code));
	value_set(arena, result, T("problem"), problem);
	return result;
}

/* Runs items from..to and appends their results. */
static void run_window(struct work *work, struct web_request *request, const struct value *items, bulk_perform perform, size_t from,
                       size_t to, struct value *results)
{
	struct lane *lane = web_settings(request->web)->lane;
	struct window window = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .running = to - from };
	struct item *jobs = arena_new_array(work->arena, struct item, to - from);

	for (size_t i = from; i < to; i++)
		prepare_item(work, request, perform, &window, &jobs[i - from], items->list.items[i], i);
	for (size_t i = 0; i < to - from; i++)
		lane_submit(lane, &jobs[i].job);
	pthread_mutex_lock(&window.mutex);
	while (window.running > 0)
		pthread_cond_wait(&window.changed, &window.mutex);
	pthread_mutex_unlock(&window.mutex);
	for (size_t i = 0; i < to - from; i++) {
		value_append(work->arena, results, result_of(work->arena, &jobs[i]));
		arena_free(jobs[i].job.arena);
	}
}

struct error *bulk_run(struct work *work, struct web_request *request, const struct value *items, bulk_perform perform,
                       struct value **ret_results)
{
	struct web *web = request->web;
	struct value *results = value_list(work->arena);

	/* A worker waits here: one must stay free for everybody else. */
	if (atomic_fetch_add(&web->bulk_running, 1) + 1 >= web->worker_count) {
		atomic_fetch_sub(&web->bulk_running, 1);
		struct error *busy = error_new(work->arena, ERROR_TOO_MANY, "other bulk calls are running");
		busy->retry_after_s = 2;
		return busy;
	}
	/* The reading transaction would hold the log's end for the whole call; what is read afterwards is as it is then. */
	store_rollback(work->store);
	for (size_t from = 0; from < value_count(items); from += LIMIT_LANE_JOBS)
		run_window(work, request, items, perform, from, minimum(from + LIMIT_LANE_JOBS, value_count(items)), results);
	atomic_fetch_sub(&web->bulk_running, 1);
	if (work->cache != NULL)
		record_cache_reset(work->cache);
	*ret_results = results;
	return store_begin(work->store, work->arena);
}

struct error *api_bulk_items(struct work *work, const struct web_request *request, struct value **ret_items)
{
	static const char *const known[] = { "items", NULL };

	TRY(api_body_map(work, request, false));
	TRY(api_known_keys(work, request->body, known));
	struct value *items = value_get(request->body, T("items"));
	if (items == NULL || items->kind != VALUE_LIST || items->list.count == 0)
		return error_field(error_new(work->arena, ERROR_INVALID, "'items' must be a list of objects"), T("items"));
	if (items->list.count > LIMIT_BULK_ITEMS)
		return error_field(error_new(work->arena, ERROR_INVALID, "too many items; at most %d", LIMIT_BULK_ITEMS), T("items"));
	for (size_t i = 0; i < items->list.count; i++)
		if (items->list.items[i]->kind != VALUE_MAP)
			return error_field(error_new(work->arena, ERROR_INVALID, "item %zu is no object", i), T("items"));
	*ret_items = items;
	return NULL;
}

struct error *api_bulk(struct work *work, struct web_request *request, struct page *page)
{
	struct value *items, *results;

	TRY(api_bulk_items(work, request, &items));
	TRY(bulk_run(work, request, items, bulk_change, &results));
	page->data = value_map(work->arena);
	value_set(work->arena, page->data, T("items"), results);
	return arena_check(work->arena);
}
