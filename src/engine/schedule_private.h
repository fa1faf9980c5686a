/* What the files about schedules share: collision.c looks for what is in the way, schedule.c reads calendars and keeps what was found. */
#ifndef REEVE_ENGINE_SCHEDULE_PRIVATE_H
#define REEVE_ENGINE_SCHEDULE_PRIVATE_H

#include "engine/step_private.h"
#include "engine/time_private.h"

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
	bool for_windows; /* struct schedule_scope */
};
struct touched_list {
	struct touched *items;
	size_t count, capacity;
};

/* Records that are to look again because of this one. */
struct met {
	int64_t *ids;
	size_t count, capacity;
	bool more;         /* than could be listed: all within the span are to */
	struct span reach; /* where it was */
};

struct search {
	struct work *work;
	struct record *record;
	struct span span;
	struct id_set own, upstream, downstream;
	struct id_set belongs; /* what only windows speak of */
	struct collision *found;
	size_t count, capacity;
	struct met *met; /* NULL: not asked for */
};
/* Fills in what collides with record and span; `step` (or NULL): as the record will be. */
must_use struct error *schedule_search(struct search *search, const struct step *step);
/* Only who met the record where it was (search->span) is gathered in search->met. */
must_use struct error *schedule_search_before(struct search *search);
/* Whether what is found about it matters to nobody any more: it is over, by its state or its time. */
bool schedule_is_over(const struct work *work, const struct record *record);
/*
 * Waits for whoever changes a schedule of these types at this moment, so that of two that move onto each other the second sees the
 * first; until the transaction ends. Nothing on SQLite.
 */
must_use struct error *schedule_alone(struct work *work, const struct type *type);
/* The same for all types that this type's records are windows of. */
must_use struct error *schedule_alone_for_windows(struct work *work, const struct type *type);
/* Whether the step changes when it takes place, or what it touches. */
bool schedule_moves(const struct schedule_definition *schedule, const struct type *type, const bool *changed, const bool *links_changed);
/* Whether its state and `active` put it on the calendar. */
bool schedule_takes_part(const struct work *work, const struct record *record);
/* When it takes place within a span: once, or by its rule. */
must_use struct error *schedule_spans(struct work *work, const struct record *record, struct span within, size_t limit,
                                      struct span **ret_spans, size_t *ret_count);

#endif
