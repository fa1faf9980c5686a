/*
 * Opening hours as records: the parsed calendar of a `calendar` record, of a service, or the default one.
 * With a calendar_cache each version of a record is parsed once for the whole program; since the version is
 * asked every time, a change of the hours holds at once, on every node.
 */
#ifndef REEVE_MODEL_CALENDARS_H
#define REEVE_MODEL_CALENDARS_H

#include "base/calendar.h"
#include "model/record.h"

/* Shared by all threads; work->calendars. Lives as long as `arena`. */
must_use struct calendar_cache *calendar_cache_new(struct arena *arena);

/* The calendar record's hours; 24 x 7 for id 0 and for one that is gone or whose hours cannot be read. Lives
 * as long as the work. */
must_use struct error *model_calendar(struct work *work, int64_t id, const struct calendar **ret_calendar);
/*
 * Of a record: that of the target of its link field `path_field` (its service; SIZE_MAX: none), else the
 * default calendar, else 24 x 7 (id 0).
 */
must_use struct error *model_calendar_of(struct work *work, const struct record *record, size_t path_field,
					 int64_t *ret_id, const struct calendar **ret_calendar);
/* Its name for people; "24 × 7" for id 0. */
must_use struct error *model_calendar_label(struct work *work, int64_t id, text *ret_label);

#endif
