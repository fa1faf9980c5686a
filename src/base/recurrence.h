/* Things that repeat (RFC 5545 RRULE), such as a maintenance window every Sunday night: when they take place within a span. */
#ifndef REEVE_BASE_RECURRENCE_H
#define REEVE_BASE_RECURRENCE_H

#include "base/moment.h"

struct span {
	moment from, to; /* to: the first moment behind it */
};

/*
 * The times at which something takes place that lasts first.from .. first.to the first time and repeats by `rule` ("FREQ=WEEKLY;
 * BYDAY=SU", also with "RRULE:" before; unset: once), as far as they overlap `within`, in order, at most `limit`. It repeats at the same local
 * time of `zone`. ERROR_INVALID for a rule that cannot be read, repeats more often than daily, or never comes.
 */
must_use struct error *recurrence_spans(struct arena *arena, text rule, const struct zone *zone, struct span first,
                                        struct span within, size_t limit, struct span **ret_spans, size_t *ret_count);

#endif
