/* What the API's files share: small checks of bodies, and the phases that the table in api.c names. */
#ifndef REEVE_WEB_API_PRIVATE_H
#define REEVE_WEB_API_PRIVATE_H

#include "web/web_private.h"

#include "base/json.h"
#include "base/limits.h"

#define API "/api/v1"

/* The body as a map (an absent one is empty when `optional`), else ERROR_INVALID. */
must_use struct error *api_body_map(struct work *work, const struct web_request *request, bool optional);
/* Refuses keys that are not in the list (ends with NULL), naming the nearest. */
must_use struct error *api_known_keys(struct work *work, const struct value *map, const char *const *known);
/* The list `items` of a bulk call's body. */
must_use struct error *api_bulk_items(struct work *work, const struct web_request *request, struct value **ret_items);
/* "public" / "internal"; unset is `fallback`. */
must_use struct error *api_visibility(struct work *work, text source, enum visibility fallback, enum visibility *ret_visibility);
/* fields=a,b as flags per field of the type; *ret_fields NULL when not given; *ret_prose: one of them is prose. */
must_use struct error *api_fields(struct work *work, const struct web_request *request, const struct type *type,
                                  bool **ret_fields, bool *ret_prose);
/* "/api/v1/incident/INC0000042" */
must_use text api_record_url(struct arena *arena, const struct type *type, text number);
/* {type, number, title} of a person, or null. */
must_use struct error *api_person(struct work *work, int64_t user_id, struct value **ret_value);

struct error *api_record_create(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_created(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_update(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_transition(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_changed(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_get(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_events(struct work *work, struct web_request *request, struct page *page);
struct error *api_record_list(struct work *work, struct web_request *request, struct page *page);

struct error *api_comment_prepare(struct work *work, struct web_request *request, struct page *page);
struct error *api_comment_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_comment_render(struct work *work, struct web_request *request, struct page *page);
struct error *api_attach_prepare(struct work *work, struct web_request *request, struct page *page);
struct error *api_attach_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_attach_render(struct work *work, struct web_request *request, struct page *page);
struct error *api_attachments(struct work *work, struct web_request *request, struct page *page);
struct error *api_detach_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_link_prepare(struct work *work, struct web_request *request, struct page *page);
struct error *api_link_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_link_render(struct work *work, struct web_request *request, struct page *page);
struct error *api_links(struct work *work, struct web_request *request, struct page *page);
struct error *api_unlink_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_approvals(struct work *work, struct web_request *request, struct page *page);
struct error *api_approvals_waiting(struct work *work, struct web_request *request, struct page *page);
struct error *api_votes(struct work *work, struct web_request *request, struct page *page);
struct error *api_vote_prepare(struct work *work, struct web_request *request, struct page *page);
struct error *api_vote_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_tasks(struct work *work, struct web_request *request, struct page *page);
struct error *api_no_content(struct work *work, struct web_request *request, struct page *page);

/* pages_related.c, pages_impact.c, pages_control.c */
struct error *control_apply(struct work *work, struct web_request *request, struct page *page);
struct error *api_related(struct work *work, struct web_request *request, struct page *page);
struct error *api_compare(struct work *work, struct web_request *request, struct page *page);
struct error *api_impact(struct work *work, struct web_request *request, struct page *page);

/* api_definition.c */
struct error *api_definitions(struct work *work, struct web_request *request, struct page *page);
struct error *api_definition(struct work *work, struct web_request *request, struct page *page);

struct error *api_catalogue(struct work *work, struct web_request *request, struct page *page);
struct error *api_offering_form(struct work *work, struct web_request *request, struct page *page);
struct error *api_bulk(struct work *work, struct web_request *request, struct page *page);
struct error *api_search(struct work *work, struct web_request *request, struct page *page);
struct error *api_changes(struct work *work, struct web_request *request, struct page *page);
struct error *api_root(struct work *work, struct web_request *request, struct page *page);
struct error *api_openapi(struct work *work, struct web_request *request, struct page *page);
struct error *api_health(struct work *work, struct web_request *request, struct page *page);
struct error *api_ready(struct work *work, struct web_request *request, struct page *page);
struct error *api_metrics(struct work *work, struct web_request *request, struct page *page);
/* webhook.c */
struct error *api_webhook_messages(struct work *work, struct web_request *request, struct page *page);
struct error *api_webhook_resend(struct work *work, struct web_request *request, struct page *page);
struct error *api_webhook_test(struct work *work, struct web_request *request, struct page *page);
/* schedule.c */
struct error *api_collisions(struct work *work, struct web_request *request, struct page *page);
struct error *api_calendar(struct work *work, struct web_request *request, struct page *page);
struct error *calendar_feed_render(struct work *work, struct web_request *request, struct page *page);
struct error *schedule_feed_render(struct work *work, struct web_request *request, struct page *page);
/* live.c, asset.c */
struct error *live_page(struct work *work, struct web_request *request, struct page *page);
struct error *assets_page(struct work *work, struct web_request *request, struct page *page);

#endif
