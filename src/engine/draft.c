/* What people have typed and not yet sent: one per person, record and form. Nobody else reads it; no event tells of it. */
#include "engine/engine_private.h"

#include "base/limits.h"

static struct error *check_form(struct work *work, text form, text draft)
{
	if (work->actor->id == 0)
		return error_new(work->arena, ERROR_UNAUTHENTICATED, "drafts are kept for people who are signed in");
	if (form.length == 0 || form.length > 100 || !text_is_utf8(form, NULL))
		return error_field(error_new(work->arena, ERROR_INVALID, "a draft needs the name of its form"), T("form"));
	if (draft.length > LIMIT_DRAFT_BYTES)
		return error_new(work->arena, ERROR_TOO_LARGE, "a draft may have %d bytes", LIMIT_DRAFT_BYTES);
	if (!text_is_utf8(draft, NULL))
		return error_field(error_new(work->arena, ERROR_INVALID, "a draft must be UTF-8 without U+0000"), T("draft"));
	return NULL;
}

struct error *engine_draft_save(struct work *work, const struct type *type, int64_t record_id, text form, text draft)
{
	TRY(check_form(work, form, draft));
	if (text_is_empty(draft))
		return store_run(work->store, work->arena, SQL_DRAFT_DELETE,
		                 CELLS(cell_integer(work->actor->id), cell_integer(record_id), cell_text(type->name),
		                       cell_text(form)),
		                 NULL);
	return store_run(work->store, work->arena, SQL_DRAFT_SAVE,
	                 CELLS(cell_integer(work->actor->id), cell_integer(record_id), cell_text(type->name), cell_text(form),
	                       cell_text(draft), cell_moment(work->now)),
	                 NULL);
}

struct error *engine_draft(struct work *work, const struct type *type, int64_t record_id, text form, text *ret_draft,
                           moment *ret_updated_at)
{
	struct rows *rows;
	bool row;

	*ret_draft = TEXT_UNSET;
	*ret_updated_at = MOMENT_UNSET;
	TRY(store_query(work->store, work->arena, SQL_DRAFT_FIND,
	                CELLS(cell_integer(work->actor->id), cell_integer(record_id), cell_text(type->name), cell_text(form)), &rows));
	TRY(rows_next(rows, &row));
	if (!row)
		return NULL;
	*ret_draft = rows_text_copy(rows, work->arena, 0);
	*ret_updated_at = rows_moment(rows, 1);
	rows_close(rows);
	return NULL;
}
