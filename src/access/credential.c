/* Who has which password hash. */
#include "access/access_private.h"

struct error *credential_find(struct work *work, text login, int64_t *ret_user_id, text *ret_hash)
{
	int64_t user_id = 0;
	text hash = TEXT_UNSET;
	struct rows *rows;
	bool row;

	TRY(model_find_id(work, work->model->user, login, &user_id));
	/* Asked for nobody too: the answer takes the same steps either way. */
	TRY(store_query(work->store, work->arena, SQL_CREDENTIAL_FIND, CELLS(cell_integer(user_id)), &rows));
	TRY(rows_next(rows, &row));
	if (row)
		hash = rows_text_copy(rows, work->arena, 0);
	rows_close(rows);
	*ret_user_id = user_id;
	*ret_hash = hash;
	return NULL;
}

struct error *credential_set(struct work *work, int64_t user_id, text hash)
{
	return store_run(work->store, work->arena, SQL_CREDENTIAL_SET,
	                 CELLS(cell_integer(user_id), cell_text(hash), cell_integer(work->now)), NULL);
}
