/*
 * What live connections are told: the sealed events since the last pass, as each person's rights are now. Connections that are not
 * concerned cost a comparison; those of one person that stand at one place share one question to the engine.
 */
#include "web/live_private.h"

#include "base/table.h"

struct news {
	struct event *events;
	size_t count;
	bool notified;
	bool *types;           /* per model type */
};

static struct error *read_news(struct live *live, struct work *work, struct news *news)
{
	const struct model *model = work->model;

	*news = (struct news){ .types = arena_new_array(work->arena, bool, model->type_count) };
	TRY(engine_feed_all(work, atomic_load(&live->seen), FEED_ROWS, &news->events, &news->count));
	for (size_t i = 0; i < news->count; i++) {
		const struct event *event = &news->events[i];
		news->notified = news->notified || event->kind == EVENT_NOTIFIED || event->kind == EVENT_APPROVAL;
		if (event->type == NULL) /* of a type that went */
			continue;
		news->types[event->type->position] = true;
		view_counts_touch(live->web->view_counts, event->type);
		if (event->type->platform)
			__atomic_add_fetch(&live->web->generation, 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static bool concerns(const struct news *news, const struct topic *topic)
{
	if (topic->kind == TOPIC_NOTIFICATIONS)
		return news->notified;
	if (topic->type == NULL)
		return false;
	if (topic->kind == TOPIC_TYPE)
		return news->types[topic->type->position];
	if (!news->types[topic->type->position])
		return false;
	for (size_t i = 0; i < news->count; i++)
		if (news->events[i].record_id == topic->record_id)
			return true;
	return false;
}

static bool is_concerned(const struct news *news, const struct subscriber *subscriber)
{
	if (subscriber->behind || (subscriber->grant.topic_count == 0 && news->count > 0))
		return true;
	for (size_t i = 0; i < subscriber->grant.topic_count; i++)
		if (concerns(news, &subscriber->grant.topics[i]))
			return true;
	return false;
}

/* One person's feed from one point, shared by all of their connections that stand there. */
struct feed {
	struct actor *actor;
	struct event *events;
	size_t count;
	int64_t last;
};

/* The actor as of now: the session or token may have been closed, the roles may have changed. */
static struct error *find_actor(struct work *work, const struct live_grant *grant, struct actor **ret_actor)
{
	text credential = { grant->credential, grant->credential_length };
	bool touch;

	if (grant->by_cookie)
		return session_actor(work, credential, ret_actor, &touch);
	return token_actor(work, credential, ret_actor);
}

static struct error *read_feed(struct work *work, struct table *feeds, const struct live_grant *grant, struct feed **ret_feed)
{
	text key = text_format(work->arena, "%lld:%.*s", (long long)grant->since, (int)grant->credential_length,
	                       grant->credential);
	struct feed *feed = table_get(feeds, key);

	if (feed == NULL) {
		feed = arena_new_struct(work->arena, struct feed);
		TRY(find_actor(work, grant, &feed->actor));
		work->actor = feed->actor;
		TRY(engine_feed(work, grant->since, FEED_ROWS, &feed->events, &feed->count, &feed->last));
		table_set(feeds, key, feed);
	}
	work->actor = feed->actor;
	*ret_feed = feed;
	return NULL;
}

static bool has_later(const struct feed *feed, size_t at, bool same_record)
{
	for (size_t i = at + 1; i < feed->count; i++)
		if (feed->events[i].type == feed->events[at].type &&
		    (!same_record || feed->events[i].record_id == feed->events[at].record_id))
			return true;
	return false;
}

static bool wants(const struct live_grant *grant, enum topic_kind kind, const struct event *event)
{
	if (grant->topic_count == 0)
		return kind == TOPIC_RECORD;
	for (size_t i = 0; i < grant->topic_count; i++)
		if (grant->topics[i].kind == kind && grant->topics[i].type == event->type &&
		    (kind == TOPIC_TYPE || grant->topics[i].record_id == event->record_id))
			return true;
	return false;
}

static void write_message(struct buffer *out, int64_t sequence, text topic, int64_t version)
{
	buffer_format(out, "id: %lld\nevent: changed\ndata: {\"topic\":\"%.*s\",\"version\":%lld}\n\n", (long long)sequence,
	              TEXT_ARG(topic), (long long)version);
}

static struct error *write_events(struct work *work, const struct live_grant *grant, const struct feed *feed, struct buffer *out)
{
	for (size_t i = 0; i < feed->count; i++) {
		const struct event *event = &feed->events[i];
		if (wants(grant, TOPIC_RECORD, event) && !has_later(feed, i, true)) {
			struct record_name name;
			TRY(model_name(work, event->type, event->record_id, &name));
			write_message(out, event->seq,
			              text_format(work->arena, "%.*s/%.*s", TEXT_ARG(event->type->name), TEXT_ARG(name.number)),
			              event->version);
		}
		if (wants(grant, TOPIC_TYPE, event) && !has_later(feed, i, false))
			write_message(out, event->seq, event->type->name, event->seq);
	}
	return NULL;
}

/* Without topics a subscriber wants everything, this too. */
static bool wants_notifications(const struct live_grant *grant)
{
	for (size_t i = 0; i < grant->topic_count; i++)
		if (grant->topics[i].kind == TOPIC_NOTIFICATIONS)
			return true;
	return grant->topic_count == 0;
}

static struct error *write_notifications(struct work *work, struct subscriber *subscriber, int64_t sequence, struct buffer *out)
{
	int64_t unread, before = subscriber->unread;

	if (!wants_notifications(&subscriber->grant))
		return NULL;
	TRY(engine_notifications_unread(work, &unread));
	subscriber->unread = unread;
	if (before >= 0 && before != unread)
		write_message(out, sequence, T("notifications"), unread);
	return NULL;
}

/* ERROR_UNAUTHENTICATED and the like: the connection is to be closed. */
static struct error *tell(struct live *live, struct work *work, struct table *feeds, struct subscriber *subscriber)
{
	struct feed *feed;
	struct buffer out;

	TRY(read_feed(work, feeds, &subscriber->grant, &feed));
	buffer_init(&out, work->arena, 256 * 1024);
	TRY(write_events(work, &subscriber->grant, feed, &out));
	subscriber->grant.since = maximum(subscriber->grant.since, feed->last);
	subscriber->behind = feed->count == FEED_ROWS;
	subscriber->checked_us = monotonic_us();
	TRY(write_notifications(work, subscriber, subscriber->grant.since, &out));
	text words = buffer_peek(&out);
	if (words.length > 0 && !live_say(live, subscriber, words))
		return error_new(work->arena, ERROR_TOO_LARGE, "the connection does not keep up");
	return NULL;
}

/* The definitions were replaced: topics name the types of today; older models live as long as the server. */
static void renew_topics(struct live *live, const struct model *model)
{
	for (struct subscriber *subscriber = live->subscribers; subscriber != NULL; subscriber = subscriber->next) {
		struct live_grant *grant = &subscriber->grant;
		for (size_t i = 0; grant->model != model && i < grant->topic_count; i++)
			if (grant->topics[i].type != NULL)
				grant->topics[i].type = model_type(model, grant->topics[i].type->name);
		grant->model = model;
	}
}

/* *ret_more: somebody is still behind. */
static struct error *pass(struct live *live, bool *ret_more)
{
	struct web *web = live->web;
	struct news news;
	struct table feeds;
	struct work work = { .arena = live->pass_arena, .store = live->store, .model = web_model(web)->model,
		             .actor = access_system(), .now = web_now(web), .origin = ORIGIN_WEB, .language = T("en"),
		             .cache = live->cache, .calendars = web->settings.calendars };

	record_cache_reset(live->cache);
	store_set_deadline(live->store, monotonic_us() + 5 * LIMIT_READ_MS * 1000);
	TRY(store_begin(live->store, work.arena));
	renew_topics(live, work.model);
	TRY(read_news(live, &work, &news));
	table_init(&feeds, work.arena);
	*ret_more = news.count == FEED_ROWS;
	int64_t seen = news.count == 0 ? atomic_load(&live->seen) : news.events[news.count - 1].seq;
	struct subscriber *next;
	for (struct subscriber *subscriber = live->subscribers; subscriber != NULL; subscriber = next) {
		next = subscriber->next;
		if (!is_concerned(&news, subscriber) && monotonic_us() - subscriber->checked_us < RECHECK_US) {
			subscriber->grant.since = maximum(subscriber->grant.since, seen);
			continue;
		}
		struct error *error = tell(live, &work, &feeds, subscriber);
		*ret_more = *ret_more || subscriber->behind;
		if (error != NULL && error->code == ERROR_UNAVAILABLE)
			return error;
		if (error != NULL)
			live_drop(live, subscriber);
	}
	atomic_store(&live->seen, seen);
	return NULL;
}

bool live_run_pass(struct live *live)
{
	bool more = false;
	struct error *error = pass(live, &more);

	if (error != NULL)
		log_error("live", error);
	store_rollback(live->store);
	arena_reset(live->pass_arena);
	return more || error != NULL;
}
