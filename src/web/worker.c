/*
 * The workers: session, route, body and phases of a request. A write goes prepare (here) -> lane -> render (here), so that 64
 * clients' writes wait in the lane's queue and not on our few threads.
 */
#include "web/server.h"

#include <stdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* ---- queues ---- */

void worker_push(struct web *web, struct exchange *exchange)
{
	struct queue *queue = &web->work_queue;

	pthread_mutex_lock(&queue->mutex);
	exchange->next = NULL;
	*queue->last = exchange;
	queue->last = &exchange->next;
	pthread_mutex_unlock(&queue->mutex);
	/* After the unlock: whoever wakes need not wait for it. */
	pthread_cond_signal(&queue->ready);
}

static struct exchange *pop(struct queue *queue)
{
	pthread_mutex_lock(&queue->mutex);
	while (queue->first == NULL && !queue->closed)
		pthread_cond_wait(&queue->ready, &queue->mutex);
	struct exchange *exchange = queue->first;
	if (exchange != NULL) {
		queue->first = exchange->next;
		if (queue->first == NULL)
			queue->last = &queue->first;
	}
	pthread_mutex_unlock(&queue->mutex);
	return exchange;
}

void worker_answered(struct exchange *exchange)
{
	struct web *web = exchange->web;
	uint64_t one = 1;

	if (exchange->stage != STAGE_LIVE)
		exchange->stage = STAGE_ANSWERED;
	pthread_mutex_lock(&web->done_mutex);
	bool first = web->done_first == NULL;
	exchange->next = NULL;
	*web->done_last = exchange;
	web->done_last = &exchange->next;
	pthread_mutex_unlock(&web->done_mutex);
	if (first)
		(void)!write(web->wake, &one, sizeof(one));
}

/* ---- idempotency keys whose first request still runs in this process ---- */

struct running_key {
	struct running_key *next;
	int64_t actor;
	text key;
	const struct exchange *owner;
};

static struct error *begin_key(struct exchange *exchange)
{
	struct web *web = exchange->web;
	struct running_key *running = arena_new_struct(exchange->arena, struct running_key);
	bool taken = false;

	*running = (struct running_key){ NULL, exchange->work.actor->id, exchange->request.idempotency_key, exchange };
	pthread_mutex_lock(&web->key_mutex);
	for (const struct running_key *other = web->running_keys; other != NULL && !taken; other = other->next)
		taken = other->actor == running->actor && text_equal(other->key, running->key);
	if (!taken) {
		running->next = web->running_keys;
		web->running_keys = running;
	}
	pthread_mutex_unlock(&web->key_mutex);
	if (!taken)
		return NULL;
	return error_hint(exchange->arena,
	                  error_new(exchange->arena, ERROR_CONFLICT, "the first request with this idempotency key still runs"),
	                  "wait for its answer and repeat then");
}

static void end_key(struct exchange *exchange)
{
	struct web *web = exchange->web;

	if (!text_is_set(exchange->fingerprint))
		return;
	pthread_mutex_lock(&web->key_mutex);
	for (struct running_key **link = &web->running_keys; *link != NULL; link = &(*link)->next)
		if ((*link)->owner == exchange) {
			*link = (*link)->next;
			break;
		}
	pthread_mutex_unlock(&web->key_mutex);
}

static void make_fingerprint(struct exchange *exchange)
{
	const struct web_request *request = &exchange->request;
	struct buffer all;

	buffer_init(&all, exchange->arena, SIZE_MAX);
	buffer_format(&all, "%d\n%.*s\n%zu\n", (int)request->method, TEXT_ARG(request->target), request->upload_count);
	if (request->upload_count == 0) {
		buffer_text(&all, exchange->body_bytes);
	} else {
		/* The boundary of a multipart body differs each time: what it says counts. */
		for (size_t i = 0; i < request->upload_count; i++)
			buffer_format(&all, "%.*s %.*s\n", TEXT_ARG(request->uploads[i].hash), TEXT_ARG(request->uploads[i].name));
		for (size_t i = 0; i < value_count(request->body); i++)
			buffer_format(&all, "%.*s=%.*s\n", TEXT_ARG(request->body->map.entries[i].key),
			              TEXT_ARG(value_get_text(request->body, request->body->map.entries[i].key)));
	}
	exchange->fingerprint = token_hash(exchange->arena, buffer_peek(&all));
}

/* ---- caches for the lane: making one costs more than a small change, so they are kept ---- */

struct lane_cache {
	struct lane_cache *next;
	struct arena *arena;
	struct record_cache *cache;
};

struct lane_cache *worker_take_cache(struct web *web)
{
	pthread_mutex_lock(&web->cache_mutex);
	struct lane_cache *held = web->lane_caches;
	if (held != NULL)
		web->lane_caches = held->next;
	pthread_mutex_unlock(&web->cache_mutex);
	if (held != NULL) {
		record_cache_reset(held->cache);
		return held;
	}
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	held = arena_new_struct(arena, struct lane_cache);
	held->arena = arena;
	held->cache = record_cache_new(arena, &web->generation);
	return held;
}

struct record_cache *worker_cache(const struct lane_cache *held)
{
	return held->cache;
}

void worker_give_cache(struct web *web, struct lane_cache *held)
{
	pthread_mutex_lock(&web->cache_mutex);
	held->next = web->lane_caches;
	web->lane_caches = held;
	pthread_mutex_unlock(&web->cache_mutex);
}

void worker_forget_names(struct web *web)
{
	__atomic_add_fetch(&web->generation, 1, __ATOMIC_RELEASE);
}

static bool is_platform(const struct web_request *request)
{
	return request->type != NULL && request->type->platform;
}

/* ---- the lane ---- */

struct error *worker_check_model(struct web *web, struct work *work)
{
	if (work->model == web_model(web)->model)
		return NULL;
	struct error *error = error_new(work->arena, ERROR_UNAVAILABLE, "the definitions were replaced at this very moment");
	error->retry_after_s = 1;
	return error_hint(work->arena, error, "nothing was changed; try again");
}

static struct error *keep_answer(struct exchange *exchange, struct work *work)
{
	text stored;

	TRY(reply_store(exchange, &stored));
	return engine_idempotency_keep(work, exchange->request.idempotency_key, exchange->fingerprint, exchange->answer.status,
	                               stored);
}

static struct error *apply_held(struct exchange *exchange, struct work *work)
{
	const struct route *route = exchange->request.route;
	bool found = false;

	exchange->stored_answer = TEXT_UNSET;
	if (text_is_set(exchange->fingerprint)) {
		TRY(engine_idempotency_find(work, exchange->request.idempotency_key, exchange->fingerprint, &found,
		                            &exchange->stored_status, &exchange->stored_answer));
		if (found)
			return NULL;
	}
	if (exchange->keeping_error)
		return keep_answer(exchange, work);
	exchange->page = (struct page){ 0 };
	TRY(route->apply(work, &exchange->request, &exchange->page));
	/* The next job of this batch must not see old names either. */
	if (is_platform(&exchange->request))
		worker_forget_names(exchange->web);
	if (!text_is_set(exchange->fingerprint))
		return NULL;
	/* What apply read before its changes is old now. */
	record_cache_reset(work->cache);
	if (route->render != NULL)
		TRY(route->render(work, &exchange->request, &exchange->page));
	reply_page(exchange);
	/* An answer that could not be made must not leave its change behind. */
	if (exchange->answer.status >= 500)
		return error_new(exchange->arena, ERROR_INTERNAL, "the answer of %s could not be made", route->name);
	return keep_answer(exchange, work);
}

static struct error *apply(struct lane_job *job, struct store *store)
{
	struct exchange *exchange = (struct exchange *)((char *)job - offsetof(struct exchange, job));
	struct lane_cache *held = worker_take_cache(exchange->web);

	exchange->work.store = store;
	exchange->work.cache = worker_cache(held);
	exchange->request.reader = NULL;
	struct error *error = worker_check_model(exchange->web, &exchange->work);
	if (error == NULL)
		error = apply_held(exchange, &exchange->work);
	exchange->work.cache = NULL;
	worker_give_cache(exchange->web, held);
	return error;
}

static void applied(struct lane_job *job, struct error *error)
{
	struct exchange *exchange = (struct exchange *)((char *)job - offsetof(struct exchange, job));

	/* What was undone may have left names and ids of records that never came to be. */
	if (error != NULL && is_platform(&exchange->request))
		worker_forget_names(exchange->web);
	exchange->error = error;
	exchange->stage = STAGE_FINISH;
	worker_push(exchange->web, exchange);
}

static void submit(struct exchange *exchange)
{
	exchange->job = (struct lane_job){
		.arena = exchange->arena, .apply = apply, .done = applied, .name = exchange->request.route->name
	};
	lane_submit(exchange->web->settings.lane, &exchange->job);
}

/* ---- the phases on a worker ---- */

/* A form is shown again with what was typed. */
static struct error *show_refusal(struct exchange *exchange, struct error *error)
{
	const struct route *route = exchange->request.route;
	int status = error_http_status(error->code);

	if (route == NULL || route->refuse == NULL || exchange->request.wants_json || status >= 500 || status == 401 ||
	    status == 404)
		return error;
	exchange->request.error = error;
	exchange->page = (struct page){ 0 };
	TRY(route->refuse(&exchange->work, &exchange->request, &exchange->page));
	if (exchange->page.status == 0)
		exchange->page.status = status;
	return NULL;
}

static struct error *render(struct exchange *exchange)
{
	const struct route *route = exchange->request.route;

	if (route->render != NULL)
		TRY(route->render(&exchange->work, &exchange->request, &exchange->page));
	return arena_check(exchange->arena);
}

/* Everything up to the lane; *ret_submit: the request is a write and prepared. */
static struct error *begin(struct exchange *exchange, bool *ret_submit)
{
	struct web_request *request = &exchange->request;
	struct work *work = &exchange->work;
	text allowed;

	*ret_submit = false;
	TRY(request_read_head(exchange));
	TRY(session_find_actor(exchange));
	struct error *error = router_find(exchange->model->router, exchange->arena, request, &allowed);
	if (error != NULL && error->code == ERROR_METHOD)
		page_add_header(&exchange->page, T("Allow"), allowed);
	TRY(error);
	error = router_decide(exchange->model->router, work, request);
	if (error != NULL && error->code == ERROR_UNAUTHENTICATED && session_check_site(request, exchange) == NULL)
		request_keep_typed(exchange);
	TRY(error);
	TRY(session_check_site(request, exchange));
	work->origin = request->is_api ? ORIGIN_API : ORIGIN_WEB;
	TRY(request_read_body(exchange));
	if (request->route->prepare != NULL)
		TRY(request->route->prepare(work, request, &exchange->page));
	if (request->route->apply == NULL)
		return render(exchange);
	if (text_is_set(request->idempotency_key) && work->actor->kind == ACTOR_PERSON) {
		TRY(begin_key(exchange));
		make_fingerprint(exchange);
	}
	*ret_submit = true;
	return NULL;
}

static void answer(struct exchange *exchange, struct error *error)
{
	if (error != NULL)
		error = show_refusal(exchange, error);
	if (error != NULL)
		reply_error(exchange, error);
	else if (exchange->live != NULL)
		exchange->stage = STAGE_LIVE;
	else
		reply_page(exchange);
}

/* False: the exchange went on to the lane. */
static bool run_start(struct exchange *exchange)
{
	bool write;
	struct error *error = begin(exchange, &write);

	if (write) {
		submit(exchange);
		return false;
	}
	answer(exchange, error);
	return true;
}

static bool is_kept(int status)
{
	return status != 401 && status != 429 && status < 500;
}

static bool run_finish(struct exchange *exchange)
{
	if (exchange->keeping_error) {
		/* The refusal is answered whether it could be kept or not; an earlier answer goes first. */
		if (exchange->error == NULL && text_is_set(exchange->stored_answer))
			reply_stored(exchange, exchange->stored_status, exchange->stored_answer);
		return true;
	}
	if (exchange->error == NULL && is_platform(&exchange->request))
		worker_forget_names(exchange->web);
	if (!text_is_set(exchange->fingerprint)) {
		answer(exchange, exchange->error != NULL ? exchange->error : render(exchange));
		return true;
	}
	if (exchange->error == NULL) {
		if (text_is_set(exchange->stored_answer))
			reply_stored(exchange, exchange->stored_status, exchange->stored_answer);
		return true;
	}
	answer(exchange, exchange->error);
	/* A form that was refused is filled in again and sent with the same key. */
	if (!is_kept(exchange->answer.status) || !exchange->request.wants_json)
		return true;
	exchange->keeping_error = true;
	submit(exchange);
	return false;
}

static void begin_work(struct worker *worker, struct exchange *exchange)
{
	struct web *web = worker->web;
	struct work *work = &exchange->work;

	if (exchange->stage == STAGE_START)
		*work = (struct work){ .arena = exchange->arena, .actor = access_nobody(),
			               .now = web_now(web), .language = T("en"),
			               .calendars = web->settings.calendars };
	work->store = worker->store;
	work->cache = worker->cache;
	if (exchange->stage == STAGE_START) {
		exchange->model = web_model(web);
		work->model = exchange->model->model;
	}
	exchange->request.reader = worker->reader;
	if (worker->cache != NULL)
		record_cache_reset(worker->cache);
	store_set_deadline(worker->store, monotonic_us() + LIMIT_READ_MS * 1000);
}

/* The store cannot be reached: only what needs nothing of it is answered. */
static struct error *run_storeless(struct exchange *exchange, struct error *unreachable)
{
	text allowed;

	/* Whether JSON is wanted is known even when the address is malformed. */
	TRY(request_read_head(exchange));
	if (router_find(exchange->model->router, exchange->arena, &exchange->request, &allowed) != NULL ||
	    (exchange->request.route->flags & ROUTE_STORELESS) == 0)
		return unreachable;
	return render(exchange);
}

static void run(struct worker *worker, struct exchange *exchange)
{
	bool done;

	begin_work(worker, exchange);
	struct error *error = store_begin(worker->store, exchange->arena);
	/* What was published just before the transaction began is in what it sees. */
	if (exchange->stage == STAGE_START && exchange->model != web_model(worker->web)) {
		exchange->model = web_model(worker->web);
		exchange->work.model = exchange->model->model;
	}
	if (error != NULL && exchange->stage == STAGE_START) {
		error = run_storeless(exchange, error);
		if (error != NULL)
			reply_error(exchange, error);
		else
			reply_page(exchange);
		done = true;
	} else if (exchange->stage == STAGE_START) {
		done = run_start(exchange);
	} else {
		done = run_finish(exchange);
	}
	if (!done) /* the lane may already be at it: the exchange is no longer ours */
		exchange = NULL;
	/* Also when the database went away and knows of none: else this connection would never begin one again. */
	store_rollback(worker->store);
	if (exchange == NULL)
		return;
	end_key(exchange);
	worker_answered(exchange);
}

static void *work_on(void *data)
{
	struct worker *worker = data;
	struct exchange *exchange;

	while ((exchange = pop(&worker->web->work_queue)) != NULL)
		run(worker, exchange);
	return NULL;
}

/* ---- start and stop ---- */

static struct error *start_one(struct arena *error_arena, struct web *web, struct worker *worker)
{
	worker->web = web;
	worker->arena = arena_new(LIMIT_WORK_BYTES);
	worker->cache = record_cache_new(worker->arena, &web->generation);
	TRY(store_open(error_arena, &web->settings.store, STORE_READ, &worker->store));
	if (web->settings.search != NULL)
		TRY(search_reader_open(web->settings.search, worker->arena, &worker->reader));
	if (pthread_create(&worker->thread, NULL, work_on, worker) != 0)
		return error_new(error_arena, ERROR_UNAVAILABLE, "a worker thread cannot start");
	worker->started = true;
	return NULL;
}

struct error *worker_start_all(struct arena *error_arena, struct web *web)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int count = web->settings.workers > 0 ? web->settings.workers : (int)maximum(2, processors);

	pthread_mutex_init(&web->work_queue.mutex, NULL);
	pthread_cond_init(&web->work_queue.ready, NULL);
	web->work_queue.last = &web->work_queue.first;
	for (; web->worker_count < minimum(count, WORKERS_MAX); web->worker_count++)
		TRY(start_one(error_arena, web, &web->workers[web->worker_count]));
	return NULL;
}

void worker_stop_all(struct web *web)
{
	struct queue *queue = &web->work_queue;

	if (queue->last == NULL)
		return;
	pthread_mutex_lock(&queue->mutex);
	queue->closed = true;
	pthread_cond_broadcast(&queue->ready);
	pthread_mutex_unlock(&queue->mutex);
	for (int i = 0; i < WORKERS_MAX; i++) {
		struct worker *worker = &web->workers[i];
		if (worker->started)
			pthread_join(worker->thread, NULL);
		if (worker->store != NULL)
			store_close(worker->store);
		if (worker->arena != NULL)
			arena_free(worker->arena);
	}
	while (web->lane_caches != NULL) {
		struct lane_cache *held = web->lane_caches;
		web->lane_caches = held->next;
		arena_free(held->arena);
	}
}
