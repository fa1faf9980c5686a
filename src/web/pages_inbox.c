/*
 * Notifications, grouped by the record they are about, each with the reason why one was told. Reading is said by a button or by
 * following the link; opening this page marks nothing.
 */
#include "web/pages_portal_private.h"

#include "base/words.h"

#define SHOWN 100
/* Of one record; older ones fold away. */
#define LINES_SHOWN 3

struct group {
	const struct type *type;
	int64_t record_id;
	struct value *value, *lines, *older, *ids;
	bool unread;
};

static struct error *new_group(struct work *work, const struct notification *one, struct group *group)
{
	struct record_name name = { .number = TEXT_UNSET };

	*group = (struct group){ .type = one->type, .record_id = one->record_id, .value = value_map(work->arena),
		                 .lines = value_list(work->arena), .older = value_list(work->arena), .ids = value_list(work->arena) };
	if (one->type != NULL && one->record_id != 0)
		TRY(access_name(work, one->type, one->record_id, &name));
	if (text_is_set(name.number)) {
		value_set_text(work->arena, group->value, T("number"), name.number);
		value_set_text(work->arena, group->value, T("title"), text_is_empty(name.title) ? name.number : name.title);
		value_set_text(work->arena, group->value, T("href"), record_href(work->arena, one->type, name.number));
	}
	value_set(work->arena, group->value, T("lines"), group->lines);
	value_set(work->arena, group->value, T("older"), group->older);
	value_set(work->arena, group->value, T("ids"), group->ids);
	return NULL;
}

static void add_line(struct work *work, const struct notification *one, struct group *group)
{
	struct value *line = value_map(work->arena);
	/* Whoever may no longer read a record is not told about it by an old notification either. */
	bool readable = value_get(group->value, T("href")) != NULL || one->record_id == 0;

	value_set_text(work->arena, line, T("words"), readable ? one->words : words(work->language, T("About a record that you may not see any more")));
	value_set_text(work->arena, line, T("reason"), one->reason);
	value_set(work->arena, line, T("moment"), part_moment(work, one->created_at));
	value_set_bool(work->arena, line, T("unread"), one->read_at == MOMENT_UNSET);
	value_append(work->arena, value_count(group->lines) < LINES_SHOWN ? group->lines : group->older, line);
	if (one->read_at == MOMENT_UNSET) {
		group->unread = true;
		value_append(work->arena, group->ids, value_integer(work->arena, one->id));
	}
}

static struct error *group_all(struct work *work, const struct notification *list, size_t count, struct value *ret_groups)
{
	struct group *groups = arena_new_array(work->arena, struct group, count + 1);
	size_t group_count = 0;

	for (size_t i = 0; i < count; i++) {
		size_t at = 0;
		while (at < group_count && (groups[at].type != list[i].type || groups[at].record_id != list[i].record_id))
			at++;
		if (at == group_count)
			TRY(new_group(work, &list[i], &groups[group_count++]));
		add_line(work, &list[i], &groups[at]);
	}
	for (size_t i = 0; i < group_count; i++) {
		value_set_bool(work->arena, groups[i].value, T("unread"), groups[i].unread);
		value_set_integer(work->arena, groups[i].value, T("id"), (int64_t)i + 1);
		value_set_integer(work->arena, groups[i].value, T("older_count"), (int64_t)value_count(groups[i].older));
		value_append(work->arena, ret_groups, groups[i].value);
	}
	return NULL;
}

struct error *inbox_render(struct work *work, struct web_request *request, struct page *page)
{
	bool unread_only = text_equal(request_query(request, T("show")), T("unread"));
	struct value *groups = value_list(work->arena);
	struct notification *list;
	int64_t before, unread;
	size_t count;

	TRY(request_query_integer(request, T("before"), 0, INT64_MAX, 0, &before));
	TRY(engine_notifications(work, unread_only, before, SHOWN, &list, &count));
	TRY(engine_notifications_unread(work, &unread));
	TRY(group_all(work, list, count, groups));
	page->template = is_staff(work) ? T("notifications") : T("notifications_portal");
	page->data = value_map(work->arena);
	value_set_text(work->arena, page->data, T("title"), words(work->language, T("Notifications")));
	value_set(work->arena, page->data, T("groups"), groups);
	value_set_integer(work->arena, page->data, T("unread"), unread);
	value_set_bool(work->arena, page->data, T("unread_only"), unread_only);
	if (count == SHOWN)
		value_set_text(work->arena, page->data, T("earlier"),
		               text_format(work->arena, "/notifications?before=%lld%s", (long long)list[count - 1].id,
		                           unread_only ? "&show=unread" : ""));
	return NULL;
}

/* `id` one or several; without any: all. */
struct error *inbox_read_apply(struct work *work, struct web_request *request, struct page *page)
{
	const struct value *ids = value_get(request->body, T("id"));
	int64_t id;

	page_redirect(page, T("/notifications"));
	if (text_equal(request_field(request, T("all")), T("yes")))
		return engine_notification_read(work, 0);
	for (size_t i = 0; ids != NULL && ids->kind == VALUE_LIST && i < ids->list.count && i < SHOWN; i++)
		if (ids->list.items[i]->kind == VALUE_TEXT && text_to_integer(ids->list.items[i]->text, &id) && id > 0)
			TRY(engine_notification_read(work, id));
	return NULL;
}
