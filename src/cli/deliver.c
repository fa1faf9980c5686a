/*
 * Delivering messages to webhooks beside the requests: takes what is due, one message per webhook, sends them all at the same time from
 * one thread, and notes what became of them. The store is never waited for by a call, nor a call by the store.
 */
#include "cli/cli_private.h"

#include "base/limits.h"
#include "base/log.h"
#include "mail/webhook.h"

/* How long one round waits for answers before it looks for new messages. */
#define POLL_MS 100
/* At the end of the program: what is on its way may arrive for so long. */
#define END_MS 2000

struct deliver {
	struct program *program;
	struct sender *sender;
	struct outbox_message messages[LIMIT_WEBHOOK_CALLS]; /* on their way: id, fence and webhook only; id 0: free */
};

struct error *deliver_open(struct arena *error_arena, struct program *program, struct deliver **ret_deliver)
{
	struct deliver *deliver = arena_new_struct(program->arena, struct deliver);
	deliver->program = program;
	TRY(sender_open(error_arena, &deliver->sender));
	*ret_deliver = deliver;
	return NULL;
}

static struct outbox_message *find_message(struct deliver *deliver, int64_t id)
{
	for (size_t i = 0; i < LIMIT_WEBHOOK_CALLS; i++)
		if (deliver->messages[i].id == id)
			return &deliver->messages[i];
	return NULL;
}

static bool is_on_its_way(const struct deliver *deliver, int64_t webhook_id)
{
	for (size_t i = 0; i < LIMIT_WEBHOOK_CALLS; i++)
		if (deliver->messages[i].id != 0 && deliver->messages[i].webhook_id == webhook_id)
			return true;
	return false;
}

/* ---- taking ---- */

struct taking {
	int64_t id;
	struct outbox_message message;
	bool taken;
};

static struct error *change_take(struct work *work, void *data)
{
	struct taking *taking = data;
	return engine_outbox_take(work, taking->id, &taking->message, &taking->taken);
}

static struct error *send_message(struct deliver *deliver, struct work *work, int64_t id)
{
	struct outbox_message *place = find_message(deliver, 0);
	struct taking taking = { .id = id };
	if (place == NULL)
		return NULL;
	TRY(program_write(deliver->program, work->arena, ORIGIN_TIMER, change_take, &taking));
	if (!taking.taken)
		return NULL;
	const struct outbox_message *message = &taking.message;
	const struct webhook_call call = { .tag = id, .url = message->url, .body = message->payload, .secret = message->secret,
		                           .key = message->key, .now = work->now, .private_allowed = message->private_allowed };
	TRY(sender_start(deliver->sender, work->arena, &call));
	*place = (struct outbox_message){ .id = id, .fence = message->fence, .webhook_id = message->webhook_id };
	return NULL;
}

static struct error *send_due(struct deliver *deliver, struct work *work, int64_t *ret_wait_ms)
{
	struct outbox_due *due;
	size_t count;
	moment next;
	TRY(engine_outbox_due(work, LIMIT_WEBHOOK_CALLS, &due, &count, &next));
	for (size_t i = 0; i < count; i++)
		if (!is_on_its_way(deliver, due[i].webhook_id))
			TRY(send_message(deliver, work, due[i].id));
	*ret_wait_ms = next == MOMENT_UNSET ? 30 * SECOND_MS : maximum(50, minimum(next - work->now, 30 * SECOND_MS));
	return NULL;
}

/* ---- what became of it ---- */

static struct error *change_done(struct work *work, void *data)
{
	return engine_outbox_done(work, data);
}

static struct error *note_answers(struct deliver *deliver, struct work *work, int timeout_ms)
{
	struct webhook_answer answers[LIMIT_WEBHOOK_CALLS];
	size_t count;
	TRY(sender_poll(deliver->sender, work->arena, timeout_ms, answers, array_length(answers), &count));
	for (size_t i = 0; i < count; i++) {
		struct outbox_message *message = find_message(deliver, answers[i].tag);
		struct outbox_result result = { .id = answers[i].tag, .fence = message == NULL ? 0 : message->fence,
			                        .duration_ms = answers[i].duration_ms, .status = answers[i].status,
			                        .delivered = answers[i].delivered, .hopeless = answers[i].hopeless,
			                        .error = answers[i].error };
		if (message != NULL)
			*message = (struct outbox_message){ .id = 0 };
		/* What could not be noted comes again when its lease is over: receivers know it by its id. */
		struct error *error = program_write(deliver->program, work->arena, ORIGIN_TIMER, change_done, &result);
		if (error != NULL)
			log_error("noting a delivery", error);
	}
	return NULL;
}

struct error *deliver_run(struct program *program, struct work *work, int64_t *ret_wait_ms)
{
	struct deliver *deliver = program->deliver;
	TRY(send_due(deliver, work, ret_wait_ms));
	if (sender_running(deliver->sender) == 0)
		return NULL;
	*ret_wait_ms = 0;
	return note_answers(deliver, work, POLL_MS);
}

/* ---- the end ---- */

static struct error *change_release(struct work *work, void *data)
{
	return engine_outbox_release(work, data);
}

void deliver_close(struct deliver *deliver)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	int64_t until_us = monotonic_us() + END_MS * 1000;
	struct work work = { .arena = arena };
	struct error *error = NULL;
	while (error == NULL && sender_running(deliver->sender) > 0 && monotonic_us() < until_us)
		error = note_answers(deliver, &work, POLL_MS);
	for (size_t i = 0; error == NULL && i < LIMIT_WEBHOOK_CALLS; i++)
		if (deliver->messages[i].id != 0)
			error = program_write(deliver->program, arena, ORIGIN_TIMER, change_release, &deliver->messages[i]);
	if (error != NULL)
		log_error("webhooks", error);
	sender_close(deliver->sender);
	arena_free(arena);
}
