/* What schedule.c and pages_schedule.c share: collisions as values and in words. */
#ifndef REEVE_WEB_SCHEDULE_PRIVATE_H
#define REEVE_WEB_SCHEDULE_PRIVATE_H

#include "web/api_private.h"

#include "base/recurrence.h"

/* [{kind, words, type, number, title, from, to, item}] of the record at these moments (MOMENT_UNSET: its own). */
must_use struct error *schedule_collisions(struct work *work, struct record *record, moment start, moment end,
                                           struct value **ret_items);
/* "In a freeze" */
text schedule_collision_words(const struct work *work, const struct collision *collision);

#endif
