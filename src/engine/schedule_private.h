/* What the files about schedules share: collision.c looks for what is in the way, schedule.c reads calendars and keeps what was found. */
#ifndef REEVE_ENGINE_SCHEDULE_PRIVATE_H
#define REEVE_ENGINE_SCHEDULE_PRIVATE_H

#include "engine/step_private.h"

#include "base/id_set.h"
#include "base/recurrence.h"

/* The newest definition says what touches what, also of records that run on an older one. NULL: none. */
static inline const struct schedule_definition *schedule_of(const struct work *work, const struct record *record)
{
	return work->model->types[record->type->position].schedule;
}

struct touched {
	const struct type *type;
	int64_t id;
};
struct touched_list {
	struct touched *items;
	size_t count, capacity;
};

struct search {
	struct work *work;
	struct record *record;
	struct span span;
	struct id_set own, upstream, downstream;
	struct collision *found;
	size_t count, capacity;
};
/* Fills in what collides with record and span; `step` (or NULL): as the record will be. */
must_use struct error *schedule_search(struct search *search, const struct step *step);
/* Whether its state and `active` put it on the calendar. */
bool schedule_takes_part(const struct work *work, const struct record *record);
/* When it takes place within a span: once, or by its rule. */
must_use struct error *schedule_spans(struct work *work, const struct record *record, struct span within, size_t limit,
                                      struct span **ret_spans, size_t *ret_count);

#endif
