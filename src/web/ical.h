/* Writing iCalendar (RFC 5545): lines folded at 75 bytes, texts escaped, moments in UTC. Pure text, for the calendar feeds. */
#ifndef REEVE_WEB_ICAL_H
#define REEVE_WEB_ICAL_H

#include "base/buffer.h"
#include "base/moment.h"

struct ical_event {
	text uid;             /* the same for the same thing for ever */
	moment stamp;         /* when it changed last */
	int64_t sequence;     /* its version */
	moment from, to;
	text summary, description; /* description may be unset */
	text url;             /* unset: none */
	text category;        /* unset: none */
	enum { ICAL_CONFIRMED, ICAL_TENTATIVE } status;
	bool free;            /* does not make anybody busy */
};
void ical_begin(struct buffer *out, text name);
void ical_event(struct buffer *out, const struct ical_event *event);
void ical_end(struct buffer *out);

#endif
