/*
 * Counts of views, kept per person until an event touches them: everybody's rail shows them, and most of the time nothing has changed.
 * What touches is told by the live thread, which reads the event log anyway. A count is kept for some seconds only, since conditions
 * may speak of the time, and of records of other types along paths. A fixed table: who is not in it is counted anew.
 */
#include "web/server.h"

#include <pthread.h>

#define PLACES 2048
#define VIEWS_MAX 24
#define AGE_MAX_US (20 * 1000000LL)

struct kept {
	int64_t actor_id;
	const struct type *type;
	struct view_counts_stamp stamp;
	int64_t made_us;
	int64_t counts[VIEWS_MAX];
};

struct view_counts {
	pthread_mutex_t mutex;
	_Atomic int64_t all;                 /* people, teams, roles ...: anybody's rights may be others now */
	_Atomic int64_t types[64];           /* by position, folded: two types may share one */
	struct kept places[PLACES];
};

static void close_counts(void *data)
{
	pthread_mutex_destroy(&((struct view_counts *)data)->mutex);
}

struct view_counts *view_counts_new(struct arena *arena)
{
	struct view_counts *counts = arena_new_struct(arena, struct view_counts);

	pthread_mutex_init(&counts->mutex, NULL);
	arena_defer(arena, close_counts, counts);
	return counts;
}

void view_counts_touch(struct view_counts *counts, const struct type *type)
{
	if (type == NULL || type->platform)
		atomic_fetch_add(&counts->all, 1);
	else
		atomic_fetch_add(&counts->types[type->position % array_length(counts->types)], 1);
}

struct view_counts_stamp view_counts_stamp(struct view_counts *counts, const struct type *type)
{
	return (struct view_counts_stamp){ atomic_load(&counts->all),
		                           atomic_load(&counts->types[type->position % array_length(counts->types)]) };
}

static struct kept *place_of(struct view_counts *counts, int64_t actor_id, const struct type *type)
{
	return &counts->places[((uint64_t)actor_id * 31 + type->position) % PLACES];
}

bool view_counts_find(struct view_counts *counts, int64_t actor_id, const struct type *type, int64_t *ret_counts)
{
	struct view_counts_stamp now = view_counts_stamp(counts, type);
	bool found;

	pthread_mutex_lock(&counts->mutex);
	const struct kept *kept = place_of(counts, actor_id, type);
	/* The type's address tells the definitions apart: older ones live as long as the server. */
	found = kept->actor_id == actor_id && kept->type == type && kept->stamp.all == now.all && kept->stamp.type == now.type &&
	        monotonic_us() - kept->made_us < AGE_MAX_US;
	if (found)
		memcpy(ret_counts, kept->counts, type->view_count * sizeof(*ret_counts));
	pthread_mutex_unlock(&counts->mutex);
	return found;
}

void view_counts_keep(struct view_counts *counts, int64_t actor_id, const struct type *type, struct view_counts_stamp stamp,
                      const int64_t *made)
{
	if (actor_id == 0 || type->view_count > VIEWS_MAX)
		return;
	pthread_mutex_lock(&counts->mutex);
	struct kept *kept = place_of(counts, actor_id, type);
	*kept = (struct kept){ .actor_id = actor_id, .type = type, .stamp = stamp, .made_us = monotonic_us() };
	memcpy(kept->counts, made, type->view_count * sizeof(*made));
	pthread_mutex_unlock(&counts->mutex);
}
