/*
 * The ledger of a clock: when it ran, when it was paused and why, when it was stopped, and by which calendar
 * it was measured. Pure arithmetic: no store, no record. Everything a clock says (elapsed, due, next warning,
 * explanation) is computed from it, so a changed goal or a changed calendar never loses a pause (pains.md
 * 44), and nothing has to be kept in step.
 *
 * A ledger is a list of changes in order of time; each holds until the next, the last until now. As text it
 * is compact JSON:
 * [["run",AT,CALENDAR],["pause",AT,CALENDAR,"requester"],["stop",AT,CALENDAR]].
 */
#ifndef REEVE_ENGINE_CLOCK_LEDGER_H
#define REEVE_ENGINE_CLOCK_LEDGER_H

#include "base/calendar.h"
#include "engine/engine.h"

enum ledger_kind { LEDGER_RUN, LEDGER_PAUSE, LEDGER_STOP };
struct ledger_entry {
	enum ledger_kind kind;
	moment from;
	int64_t calendar_id; /* 0: 24 x 7 */
	text reason;	     /* of a pause; may be unset */
};
struct ledger {
	struct ledger_entry *items;
	size_t count, capacity;
};

/* The parsed calendars that a ledger names. A calendar that is not among them counts as 24 x 7. */
struct ledger_calendars {
	struct ledger_calendar {
		int64_t id;
		const struct calendar *calendar;
	} * items;
	size_t count, capacity;
};
const struct calendar *ledger_calendar(const struct ledger_calendars *calendars, int64_t id);

/* ERROR_INTERNAL when it is no ledger: only this file writes them. */
must_use struct error *ledger_parse(struct arena *arena, text source, struct ledger *ret_ledger);
must_use text ledger_text(struct arena *arena, const struct ledger *ledger);

/*
 * From `at` on it is so. The same as before is no entry; a moment before the last entry counts as that
 * entry's moment (imports may arrive out of order), and an entry that held for no time at all is replaced.
 * True when the ledger is another now.
 */
bool ledger_set(struct arena *arena, struct ledger *ledger, moment at, enum ledger_kind kind,
		int64_t calendar_id, text reason);
/* The last entry, NULL when empty. */
const struct ledger_entry *ledger_last(const struct ledger *ledger);

/* Working milliseconds while it ran, until `at`. */
int64_t ledger_elapsed(const struct ledger *ledger, const struct ledger_calendars *calendars, moment at);
/*
 * The first moment at which `ms` have elapsed, as if the last run went on; MOMENT_UNSET when that is never
 * (more than 20 years). It does not depend on now: ledger_elapsed(at) >= ms exactly from this moment on.
 */
moment ledger_reaches(const struct ledger *ledger, const struct ledger_calendars *calendars, int64_t ms);

/* The intervals until `at`, adjoining, covering everything since the start; counted_ms add up exactly to
 * ledger_elapsed(at). */
must_use struct error *ledger_explain(struct arena *arena, const struct ledger *ledger,
				      const struct ledger_calendars *calendars, moment at,
				      struct clock_interval **ret_intervals, size_t *ret_count);

#endif
