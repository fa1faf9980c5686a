/* Who is away now: records of the type `absence` (person, begins, ends), where the definitions have one. */
#include "engine/time_private.h"

#include "model/query.h"

/* People away at one moment: more than any organisation of one Reeve has. */
#define ABSENT_MAX 1000

struct error *engine_absent(struct work *work, int64_t **ret_ids, size_t *ret_count)
{
	const struct type *type = model_type(work->model, T("absence"));
	struct query query = { .type = type, .everything = true, .limit = ABSENT_MAX };
	struct condition *where;
	struct record_page page;

	*ret_ids = NULL;
	*ret_count = 0;
	const struct field *person = type == NULL ? NULL : type_field(type, T("person"));
	if (person == NULL)
		return NULL;
	TRY(condition_parse(work->arena, work->model, type, T("begins <= now and (ends is not set or ends > now)"), CONDITION_RULE, &where));
	query.where = where;
	access_rule_context(work, &query.context);
	TRY(model_find(work, &query, &page));
	*ret_ids = arena_new_array(work->arena, int64_t, page.count + 1);
	for (size_t i = 0; i < page.count; i++)
		(*ret_ids)[(*ret_count)++] = record_id_of(page.records[i], (ptrdiff_t)person->position);
	return NULL;
}
