/* What the pages beside the records share among themselves (portal, sign-in, seats, search, notifications, people, health, help). */
#ifndef REEVE_WEB_PAGES_PORTAL_PRIVATE_H
#define REEVE_WEB_PAGES_PORTAL_PRIVATE_H

#include "web/pages_private.h"

/* Opens a session for a person, ends the one the browser had, and sets the cookie. In apply (pages_sign_in.c). */
must_use struct error *open_session(struct work *work, struct web_request *request, struct page *page, int64_t user_id);

/* [{label, past, now}]: the steps of the lifecycle as a requester reads them; empty in a state that is on none. */
must_use struct value *part_progress(struct work *work, const struct record *record);

/* A calendar's week, holidays and how 8 working hours from now add up (pages_calendar.c). */
must_use struct error *part_calendar(struct work *work, struct record *record, struct value *data);

/* "absences", now and to come, of the actor, and "absence": what was typed and refused (pages_absence.c). */
must_use struct error *part_absences(struct work *work, const struct web_request *request, struct value *data);

/* ---- phases that routes_portal.def puts into page_routes ---- */
PHASE(sign_in_render);
PHASE(sign_in_refuse);
PHASE(sign_in_prepare);
PHASE(sign_in_apply);
PHASE(sign_out_apply);
PHASE(sign_in_link_render);
PHASE(sign_in_link_apply);
PHASE(me_render);
PHASE(me_refuse);
PHASE(me_settings_apply);
PHASE(me_password_prepare);
PHASE(me_password_apply);
PHASE(me_token_prepare);
PHASE(me_token_apply);
PHASE(me_revoke_apply);
PHASE(me_sessions_apply);
PHASE(me_absence_apply);
PHASE(me_absence_end_apply);
PHASE(rate_apply);
PHASE(calendar_render);
PHASE(calendars_render);
PHASE(definitions_render);
PHASE(definition_render);
PHASE(health_render);
PHASE(search_render);
PHASE(inbox_render);
PHASE(inbox_read_apply);
PHASE(seats_render);
PHASE(seat_apply);
PHASE(help_render);
PHASE(help_page_render);

#endif
