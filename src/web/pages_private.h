/* What the pages share among themselves: parts of a page's value that more than one page shows, and the phases of the routes. */
#ifndef REEVE_WEB_PAGES_PRIVATE_H
#define REEVE_WEB_PAGES_PRIVATE_H

#include "web/web_private.h"

/* ---- who sees what (pages_frame.c) ---- */

/* True when the actor works on records (has more than a requester's view): else the portal is theirs. */
bool is_staff(const struct work *work);
bool view_is_for(const struct work *work, const struct view *view);
/* The view that the actor begins with; portal views only when there is no other. NULL: none is for them. */
const struct view *first_view(const struct work *work, const struct type *type);
must_use text view_href(struct arena *arena, const struct type *type, const struct view *view);

/* ---- values for templates (pages_parts.c) ---- */

/* An icon of web/dist/icons as safe HTML; an unknown name gives a null value. Templates write {{> icon-NAME}} instead. */
must_use struct value *part_icon(struct arena *arena, text name);
/* The name of a class's icon: its own, else that of the class it extends, else the type's. */
text class_icon(const struct type *type, size_t class);
/* {name, initials, href} of a person; null value for id 0 or one that may not be read. */
must_use struct error *part_person(struct work *work, int64_t user_id, struct value **ret_value);
/* {at (RFC 3339), words ("14:03", "Tue 14:03", "12 Mar"), full} in the actor's zone; null when unset. */
must_use struct value *part_moment(struct work *work, moment at);
/* What a requester reads of a state; its label where the definition has no plain words. */
text part_plain(const struct work *work, const struct state *state);
/* {name, label, plain, group} of the record's state; null without lifecycle. */
must_use struct value *part_state(struct work *work, const struct record *record);
/* {name, label, level (1 for the first choice)} of a choice field's value; null when unset. */
must_use struct value *part_choice(struct work *work, const struct record *record, ptrdiff_t field);
/* {name, label, words, class, due, paused, late} of a clock, for lists and heads: how much is left. */
must_use struct value *part_due(struct work *work, const struct clock *clock);
/* The same for a row of a list: words says when it is due, and late after that. */
must_use struct value *part_due_in_list(struct work *work, const struct clock *clock);
must_use text part_hours(struct arena *arena, int64_t ms);
text part_initials(struct arena *arena, text name);
/* "/incident/INC0000042" */
must_use text record_href(struct arena *arena, const struct type *type, text number);
/* Percent-encodes for a query part. */
must_use text url_part(struct arena *arena, text t);
/* Sizes for people: "12 kB". */
must_use text part_size(struct arena *arena, int64_t bytes);
/* One field of a record in words: what a link points to only when it may be read. Unset when there is nothing to show. */
must_use struct error *part_words(struct work *work, const struct record *record, const struct field *field, text *ret_words);
/* The same from a value as the API says it (history, conflicts). */
must_use text part_value_words(struct work *work, const struct field *field, const struct value *value);
/* [{message, field, label, hint}] of an error chain for the summary on top of a form. `type` may be NULL. */
must_use struct value *part_errors(struct work *work, const struct type *type, const struct error *error);
/* A random key per form shown: a form that is sent twice does its work once. */
must_use struct value *part_key(struct arena *arena);

/* Answers to a form (engine_answers(); NULL: none) get `moment` where one was asked for. (pages_question.c) */
void part_answers(struct work *work, struct value *answers);

/* ---- widgets (pages_form.c) ---- */

/*
 * One field of a form: {name, label, help, required, widget ("text", "number", "prose", "choice", "boolean", "moment", "link", "links"),
 * value, words (of a link), choices [{name, label, chosen}], lookup, least, most, error, was}. `record` may be NULL (create). `given`
 * (may be NULL) is what came with a refused form or a draft, `errors` (may be NULL) what was wrong with it.
 */
must_use struct error *part_widget(struct work *work, const struct field *field, struct record *record, const struct value *given,
                                   const struct error *errors, struct value **ret_value);
/* Sections [{label, fields [widget]}] of a form of the type; only fields that the actor may write. */
must_use struct error *part_form(struct work *work, const struct type *type, text form, struct record *record,
                                 const struct value *given, const struct error *errors, struct value **ret_sections);
/*
 * Form texts as the engine takes them: empty texts become null, checkboxes named in "shown" but not sent false, texts of "links"
 * fields lists. With a "was.NAME" that equals NAME the field was not touched and is left out.
 */
must_use struct value *form_input(struct work *work, const struct type *type, const struct value *body);

/* Browsers send line breaks as CR LF; people's texts hold LF. */
text form_plain_lines(struct work *work, text source);
/* A link to one of few records is chosen from a list: that works without scripts and needs no name by heart (pages_portal.c). */
must_use struct error *part_offer_choices(struct work *work, const struct field *field, struct value *widget);

/* ---- drafts (pages_draft.c): {part: {field: text}} per page ---- */

/* The draft of a page; NULL when there is none or it cannot be read. */
must_use struct error *draft_load(struct work *work, const struct type *type, int64_t record_id, text form, struct value **ret_draft);
/* Takes one part out of the draft: what was sent is no draft any more. In apply. */
must_use struct error *draft_forget(struct work *work, const struct type *type, int64_t record_id, text form, text part);

/* ---- parts of a record (pages_timeline.c, pages_clock.c, pages_step.c, pages_side.c) ---- */
must_use struct error *part_timeline(struct work *work, struct record *record, bool all, struct value *data);
/* [{name, label, ... as part_due, percent, goal, elapsed, calendar, ledger [..] with `with_ledger`}] */
must_use struct error *part_clocks(struct work *work, struct record *record, bool with_ledger, struct value **ret_value);
/* [{name, label, href, asks, fields [widget], comment {...}}]; `drafts` may be NULL. */
must_use struct error *part_steps(struct work *work, struct record *record, const struct value *drafts, struct value **ret_value);
must_use struct error *part_step(struct work *work, struct record *record, const struct transition *transition,
                                 const struct value *given, const struct error *errors, struct value **ret_value);
must_use struct error *part_side(struct work *work, struct record *record, struct value *data);
/* [{href, label}] of the models that records of the type are made from, where there is no catalogue for them (pages_model.c). */
must_use struct value *part_models(struct work *work, const struct type *type);
/* "agenda_href" of a record whose related records are decided by approval (pages_agenda.c). */
void part_agenda_link(struct work *work, const struct record *record, struct value *data);
/* "collisions" of a record with a schedule, for people who work on it (pages_schedule.c). */
must_use struct error *part_collisions(struct work *work, struct record *record, struct value *data);
/* number, title, type, href, version, state, priority, people: what the head of every page about a record shows. */
/* Its tasks, the records under it and the one above it (pages_tasks.c). */
must_use struct error *part_tasks(struct work *work, struct record *record, struct value *data);
must_use struct error *part_head(struct work *work, struct record *record, struct value *data);
/* What a requester's page shows of a record: progress in plain words, promises, faces to rate with (pages_portal.c). */
must_use struct error *part_request(struct work *work, struct record *record, struct value *data);
/* "approvals": its rounds, "votes": what the actor may decide now, "own_votes": theirs that may still change (pages_approval.c). */
must_use struct error *part_approvals(struct work *work, const struct web_request *request, struct record *record, struct value *data);
/* {width, height, boxes, edges}: an item between what it rests on and what suffers, drawn (pages_neighbours.c). */
must_use struct value *part_neighbours(struct work *work, const struct record *record, const struct impact *up, const struct impact *down);
/* "control": {edits, may_clear ...} when the record has unauthorised edits (pages_control.c). */
must_use struct error *part_control(struct work *work, struct record *record, struct value *data);
/* "related": [{name, label, href, more, records}] of the definition's related lists (pages_related.c). */
must_use struct error *part_related(struct work *work, struct record *record, struct value *data);
/* "impact": {up, down, item, href} of an item, or of the items that the record points at (pages_impact.c). Nothing without any. */
must_use struct error *part_impact(struct work *work, struct record *record, struct value *data);
/* "about" of people, teams and calendars: open records, members, hours (pages_people.c). Nothing for other types. */
must_use struct error *part_platform(struct work *work, struct record *record, struct value *data);
/* The messages of a webhook, for who may read its history (webhook.c). */
must_use struct error *part_webhook(struct work *work, struct record *webhook, struct value *data);
struct error *webhook_resend_apply(struct work *work, struct web_request *request, struct page *page);
struct error *webhook_test_apply(struct work *work, struct web_request *request, struct page *page);
/* The portal's form of the request's type, on top of "sections": lists to choose from, similar requests. */
must_use struct error *part_report(struct work *work, struct web_request *request, struct value *data);
/* The files that came with a request become attachments of the record (pages_post.c). In apply. */
must_use struct error *attach_uploads(struct work *work, struct web_request *request, text number, enum visibility visibility);
/* Loads the record of the request's {number}. */
must_use struct error *load_record(struct work *work, struct web_request *request, struct record **ret_record);
/* The record page with an error of one of its forms ("comment", a transition's name, unset) and what was typed there. */
must_use struct error *show_record(struct work *work, struct web_request *request, struct page *page, text form,
                                   const struct value *given);

/* ---- phases that pages.c puts into page_routes ---- */
#define PHASE(name) struct error *name(struct work *work, struct web_request *request, struct page *page)
PHASE(home_render);
PHASE(list_render);
PHASE(view_counts_render);
PHASE(lookup_render);
PHASE(suggest_render);
PHASE(lookup_any_render);
PHASE(create_render);
PHASE(create_prepare);
PHASE(create_apply);
PHASE(create_done);
PHASE(create_refuse);
PHASE(record_render);
PHASE(model_form_render);
PHASE(model_form_apply);
PHASE(model_form_step);
PHASE(model_form_refuse);
PHASE(agenda_render);
PHASE(schedule_calendar_render);
PHASE(schedule_published_render);
PHASE(approvals_render);
PHASE(votes_render);
PHASE(votes_refuse);
PHASE(several_render);
PHASE(several_take);
PHASE(several_refuse);
PHASE(vote_apply);
PHASE(vote_done);
PHASE(vote_refuse);
PHASE(clocks_render);
PHASE(similar_render);
PHASE(impact_render);
PHASE(compare_render);
PHASE(tasks_render);
PHASE(control_apply);
PHASE(edit_render);
PHASE(edit_prepare);
PHASE(edit_apply);
PHASE(edit_refuse);
PHASE(transition_render);
PHASE(transition_prepare);
PHASE(transition_apply);
PHASE(transition_refuse);
PHASE(comment_apply);
PHASE(comment_refuse);
PHASE(attach_apply);
PHASE(detach_apply);
PHASE(watch_apply);
PHASE(link_apply);
PHASE(unlink_apply);
PHASE(record_back);
PHASE(record_refuse);
PHASE(draft_apply);
PHASE(draft_done);

#endif
