/* Many records of known ids at once, each only if the actor may read it: one statement per type instead of one per record. */
#include "engine/engine_private.h"

struct chosen {
	int64_t *ids;
	size_t count;
};

/* To the composer of queries the ids are what a search for words has found, so that the actor's rules apply as in every list. */
static struct error *give_chosen(void *data, struct work *work unused, const struct type *type unused, text words unused,
                                 int64_t **ret_ids, size_t *ret_count)
{
	const struct chosen *chosen = data;

	*ret_ids = chosen->ids;
	*ret_count = chosen->count;
	return NULL;
}

struct error *engine_read_many(struct work *work, const struct type *type, const int64_t *ids, size_t count,
                               struct record_page *ret_page)
{
	struct chosen chosen = { NULL, count };
	struct condition *found;
	bool may;

	*ret_page = (struct record_page){ 0 };
	if (count == 0)
		return NULL;
	TRY(access_may(work, RIGHT_READ, type, NULL, &may));
	if (!may)
		return NULL;
	chosen.ids = arena_copy(work->arena, ids, sizeof(*ids) * count);
	TRY(condition_parse(work->arena, work->model, type, T("\"chosen\""), CONDITION_QUERY, &found));
	struct query query = { .type = type, .where = found, .limit = count, .find_words = give_chosen, .data = &chosen };
	return access_find(work, &query, ret_page);
}
