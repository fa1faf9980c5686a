/* What the pages share among themselves: parts of a page's value that more than one page shows. */
#ifndef REEVE_WEB_PAGES_PRIVATE_H
#define REEVE_WEB_PAGES_PRIVATE_H

#include "web/web_private.h"

/* ---- values for templates (pages_parts.c) ---- */

/* An icon of web/dist/icons as safe HTML; an unknown name gives a null value. */
must_use struct value *part_icon(struct arena *arena, text name);
/* {name, initials, href} of a person; null value for id 0 or one that may not be read. */
must_use struct error *part_person(struct work *work, int64_t user_id, struct value **ret_value);
/* {at (RFC 3339), words ("today 14:03", "12 Mar"), full} in the actor's zone; null when unset. */
must_use struct value *part_moment(struct work *work, moment at);
/* "in 12 min", "40 min ago": rounded, for people. */
must_use text part_span(struct work *work, moment from, moment to);
/* {name, label, plain, group} of the record's state; null without lifecycle. */
must_use struct value *part_state(struct work *work, const struct record *record);
/* {name, label} of a choice field's value; null when unset. */
must_use struct value *part_choice(struct work *work, const struct record *record, ptrdiff_t field);
/* {name, label, state, words, class, breached ...} of a clock, for lists and heads: how much is left. */
must_use struct value *part_due(struct work *work, const struct clock *clock);
text part_initials(struct arena *arena, text name);
/* "/incident/INC0000042" */
must_use text record_href(struct arena *arena, const struct type *type, text number);
/* Percent-encodes for a query part. */
must_use text url_part(struct arena *arena, text t);
/* Sizes for people: "12 kB". */
must_use text part_size(struct arena *arena, int64_t bytes);

/* ---- widgets (pages_form.c) ---- */

/*
 * {name, label, help, required, widget ("text", "prose", "choice", "boolean", "moment", "link", "links", "number"), value, words,
 *  choices [{name, label, chosen}], lookup (URL), error, long} for one field. `given` (may be NULL) is what came with a refused form, `errors` its errors.
 */
must_use struct error *part_widget(struct work *work, const struct field *field, struct record *record, const struct value *given,
                                   const struct error *errors, struct value **ret_value);
/* Sections [{label, fields [widget]}] of a form of the type; only fields that the actor may write. */
must_use struct error *part_form(struct work *work, const struct type *type, text form, struct record *record,
                                 const struct value *given, const struct error *errors, struct value **ret_sections);
/* Turns form texts into what the engine takes: empty texts to null, checkbox companions to booleans, "links" texts to lists. */
must_use struct value *form_input(struct work *work, const struct type *type, const struct value *body, bool all);
/* [{message, field, hint}] of an error chain for the summary on top of a form. */
must_use struct value *part_errors(struct work *work, const struct type *type, const struct error *error);

/* ---- record parts (pages_timeline.c, pages_clock.c) ---- */
must_use struct error *part_timeline(struct work *work, struct web_request *request, struct record *record, bool all,
                                     struct value **ret_value);
must_use struct error *part_clocks(struct work *work, struct record *record, struct value **ret_value);
must_use struct error *part_transitions(struct work *work, struct record *record, struct value **ret_value);
must_use struct error *part_attachments(struct work *work, struct record *record, struct value **ret_value);

/* True when the actor works on records of this type (has more than a requester's view): else the portal is theirs. */
bool is_staff(const struct work *work);

/* ---- phases that pages.c puts into page_routes (one file per topic) ---- */
#define PHASE(name) struct error *name(struct work *work, struct web_request *request, struct page *page)
PHASE(list_render);
PHASE(view_counts_render);
PHASE(record_render);
PHASE(record_edit_render);
PHASE(record_save_apply);
PHASE(record_save_render);
PHASE(record_save_refuse);
PHASE(create_render);
PHASE(create_apply);
PHASE(create_done);
PHASE(create_refuse);
PHASE(transition_apply);
PHASE(transition_refuse);
PHASE(transition_form_render);
PHASE(comment_apply);
PHASE(comment_refuse);
PHASE(watch_apply);
PHASE(link_apply);
PHASE(unlink_apply);
PHASE(attachment_render);
PHASE(lookup_render);
PHASE(record_back);

#endif
