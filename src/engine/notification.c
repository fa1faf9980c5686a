/* A person's own notifications: a plain table, read and ticked off by nobody else. */
#include "engine/engine_private.h"

#include "base/limits.h"

struct error *engine_notifications(struct work *work, bool unread_only, int64_t before_id, size_t limit,
				   struct notification **ret_list, size_t *ret_count)
{
	struct notification *list = arena_new_array(work->arena, struct notification, limit);
	size_t count = 0;
	struct rows *rows;
	bool more;
	TRY(store_query(
	    work->store, work->arena, unread_only ? SQL_NOTIFICATION_LIST_UNREAD : SQL_NOTIFICATION_LIST,
	    CELLS(cell_integer(work->actor->id), cell_integer(before_id == 0 ? INT64_MAX : before_id),
		  cell_integer((int64_t)limit)),
	    &rows));
	TRY(rows_next(rows, &more));
	while (more && count < limit) {
		list[count++] = (struct notification){
			.id = rows_integer(rows, 0),
			.record_id = rows_integer(rows, 1),
			.event_id = rows_integer(rows, 2),
			.type = model_type(work->model, rows_text(rows, 3)),
			.words = rows_text_copy(rows, work->arena, 4),
			.reason = rows_text_copy(rows, work->arena, 5),
			.created_at = rows_moment(rows, 6),
			.read_at = rows_moment(rows, 7),
		};
		TRY(rows_next(rows, &more));
	}
	rows_close(rows);
	*ret_list = list;
	*ret_count = count;
	return NULL;
}

struct error *engine_notifications_unread(struct work *work, int64_t *ret_count)
{
	bool found;
	return store_integer(work->store, work->arena, SQL_NOTIFICATION_COUNT_UNREAD,
			     CELLS(cell_integer(work->actor->id), cell_integer(LIMIT_UNREAD)), ret_count,
			     &found);
}

struct error *engine_notification_read(struct work *work, int64_t id)
{
	struct cell me = cell_integer(work->actor->id);
	if (id == 0)
		return store_run(work->store, work->arena, SQL_NOTIFICATION_READ_ALL,
				 CELLS(me, cell_moment(work->now)), NULL);
	return store_run(work->store, work->arena, SQL_NOTIFICATION_READ,
			 CELLS(me, cell_integer(id), cell_moment(work->now)), NULL);
}
