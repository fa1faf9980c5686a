/* The calendar of a record, for everybody above the engine; the hours themselves are read by
 * model/calendars.c. */
#include "engine/engine_private.h"

#include "model/calendars.h"

struct error *engine_calendar(struct work *work, struct record *record, const struct calendar **ret_calendar)
{
	int64_t id;
	ptrdiff_t service = record->type->service;
	return model_calendar_of(work, record, service < 0 ? SIZE_MAX : (size_t)service, &id, ret_calendar);
}

struct error *engine_calendar_of(struct work *work, int64_t calendar_id, const struct calendar **ret_calendar)
{
	return model_calendar(work, calendar_id, ret_calendar);
}
