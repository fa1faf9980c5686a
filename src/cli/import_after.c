/*
 * What is done when all rows of an import are in. Links: the record at the other end may stand behind, so each is looked up only now,
 * and written in small jobs; one that cannot be is told with the line of its row. And what the file has left in a state that asks for
 * an approval or has tasks gets them.
 */
#include "cli/import_private.h"

#include <sodium.h>

#include "model/query.h"

#define BATCH 50

/* ---- taken from the rows ---- */

static text key_name(struct arena *arena, const struct field *by, text key)
{
	return text_format(arena, "%.*s %.*s", TEXT_ARG(by == NULL ? T("number") : by->name), TEXT_ARG(key));
}

/* What a dry run would have made can be named by its other rows. */
static void note_keys(struct import_after *after, const struct import_map *map, const struct import_row *row)
{
	if (text_is_set(row->number))
		table_set(&after->keys, key_name(after->arena, NULL, row->number), after);
	for (size_t i = 0; map != NULL && i < map->link_count; i++) {
		const struct field *by = map->links[i].by;
		text key = by == NULL || !type_same(map->links[i].other, after->type) ? TEXT_UNSET : value_get_text(row->step.fields, by->name);

		if (text_is_set(key))
			table_set(&after->keys, key_name(after->arena, by, key), after);
	}
}

/* Its own key, so that the second time nothing changes; a removed link stays removed. */
static text source_key(struct arena *arena, const struct import_row *row, const struct row_link *link)
{
	unsigned char digest[12];
	text words = text_format(arena, "%.*s %d %.*s %.*s", TEXT_ARG(link->relation->name), link->inverse, TEXT_ARG(link->key),
	                         TEXT_ARG(link->by == NULL ? T("") : link->by->name));

	(void)crypto_generichash(digest, sizeof digest, (const unsigned char *)words.data, words.length, NULL, 0);
	return text_format(arena, "%.*s>%.*s", TEXT_ARG(row->step.source_key), TEXT_ARG(text_hex(arena, digest, sizeof digest)));
}

void import_after_note(struct import_after *after, const struct import_map *map, const struct import_row *row)
{
	const struct type *type = after->type;

	if (after->dry_run)
		note_keys(after, map, row);
	for (const struct row_link *link = row->links; link != NULL; link = link->next) {
		struct row_link *kept = arena_copy(after->arena, link, sizeof(*link));

		kept->record_id = row->record_id;
		kept->at = row->at;
		kept->actor_id = row->step.actor_id;
		kept->key = text_copy(after->arena, link->key);
		kept->source_key = source_key(after->arena, row, link);
		kept->next = NULL;
		*after->end = kept;
		after->end = &kept->next;
	}
	if (after->dry_run || row->outcome == IMPORT_UNCHANGED || (type->approval_count == 0 && type->tasks == NULL) ||
	    (after->record_count > 0 && after->records[after->record_count - 1].id == row->record_id))
		return;
	arena_make_room(after->arena, after->records, after->record_count, after->record_capacity);
	after->records[after->record_count++] = (struct after_record){ row->record_id, row->line };
}

/* ---- links ---- */

static struct error *unknown(struct work *work, const struct row_link *link, const struct type *type)
{
	return error_new(work->arena, ERROR_INVALID, "link %.*s: there is no %.*s whose %.*s is '%.*s'", TEXT_ARG(link->relation->name),
	                 TEXT_ARG(type == NULL ? T("record") : type->name), TEXT_ARG(link->by == NULL ? T("number") : link->by->name),
	                 TEXT_ARG(link->key));
}

/* Letter for letter: conditions fold their texts. */
static struct error *find_by(struct work *work, const struct row_link *link, int64_t *ret_id)
{
	struct condition *where;
	struct record_page page;
	size_t found = 0;
	text source = text_format(work->arena, "%.*s = %.*s", TEXT_ARG(link->by->name), TEXT_ARG(condition_quote(work->arena, link->key)));

	TRY(condition_parse(work->arena, work->model, link->other, source, CONDITION_RULE, &where));
	struct query query = { .type = link->other, .where = where, .context = { .work = work }, .everything = true, .limit = 20 };
	TRY(access_find(work, &query, &page));
	for (size_t i = 0; i < page.count; i++) {
		const struct cell *cell = record_cell(page.records[i], link->by->position);

		if (cell->kind == CELL_TEXT && text_equal(cell->text, link->key)) {
			*ret_id = page.records[i]->id;
			found++;
		}
	}
	if (found > 1)
		return error_new(work->arena, ERROR_INVALID, "link %.*s: the %.*s '%.*s' is the %.*s of more than one %.*s",
		                 TEXT_ARG(link->relation->name), TEXT_ARG(link->by->name), TEXT_ARG(link->key), TEXT_ARG(link->by->name),
		                 TEXT_ARG(link->other->name));
	return NULL;
}

static struct error *find_other(struct work *work, const struct row_link *link, const struct type **ret_type, int64_t *ret_id)
{
	const struct type *type = link->other;

	*ret_id = 0;
	if (link->by != NULL)
		TRY(find_by(work, link, ret_id));
	else if (type != NULL)
		TRY(model_find_id(work, type, link->key, ret_id));
	else
		TRY(model_find_number(work, link->key, &type, ret_id));
	*ret_type = type;
	return *ret_id == 0 ? unknown(work, link, type) : NULL;
}

struct link_batch {
	struct import_after *after;
	struct row_link *links[BATCH];
	struct error *refused[BATCH];
	bool made[BATCH];
	size_t count;
};

static struct error *link_one(struct work *work, const struct import_after *after, const struct row_link *link, bool *ret_made)
{
	struct import_link one = { .type = after->type, .id = link->record_id, .relation = link->relation, .inverse = link->inverse,
		                   .at = link->at, .actor_id = link->actor_id, .source_key = link->source_key };

	TRY(find_other(work, link, &one.other_type, &one.other_id));
	return engine_import_link(work, &one, ret_made);
}

/* May run twice: what it says is said anew. */
static struct error *change_links(struct work *work, void *data)
{
	struct link_batch *batch = data;

	for (size_t i = 0; i < batch->count; i++) {
		batch->made[i] = false;
		TRY(store_savepoint(work->store, work->arena));
		batch->refused[i] = link_one(work, batch->after, batch->links[i], &batch->made[i]);
		if (batch->refused[i] == NULL) {
			TRY(store_release(work->store, work->arena));
			continue;
		}
		store_undo(work->store);
		if (batch->refused[i]->code != ERROR_INVALID && batch->refused[i]->code != ERROR_CONFLICT)
			return batch->refused[i];
	}
	return NULL;
}

static void tell(struct import_after *after, uint32_t line, const struct error *error)
{
	struct value *one = value_map(after->arena);

	value_set_integer(after->arena, one, T("line"), line);
	value_set_text(after->arena, one, T("reason"), error_line(after->arena, error));
	value_append(after->arena, after->refusals, one);
}

static void refuse(struct import_after *after, const struct row_link *link, const struct error *error)
{
	after->refused++;
	tell(after, link->line, error);
}

static struct error *run_batch(struct import_after *after, struct arena *arena, struct link_batch *batch)
{
	TRY(program_write(after->program, arena, ORIGIN_IMPORT, change_links, batch));
	for (size_t i = 0; i < batch->count; i++) {
		if (batch->refused[i] != NULL)
			refuse(after, batch->links[i], batch->refused[i]);
		else if (batch->made[i])
			after->made++;
		else
			after->unchanged++;
	}
	return NULL;
}

static struct error *write_links(struct import_after *after)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct row_link *link = after->links;
	struct error *error = NULL;

	while (error == NULL && link != NULL) {
		struct link_batch *batch = arena_new_struct(arena, struct link_batch);

		*batch = (struct link_batch){ .after = after };
		for (; link != NULL && batch->count < BATCH; link = link->next)
			batch->links[batch->count++] = link;
		error = run_batch(after, arena, batch);
		if (error != NULL)
			error = error_copy(after->arena, error);
		arena_reset(arena);
	}
	arena_free(arena);
	return error;
}

/* Nothing is written: only whether each names a record that is there, or would be. */
static struct error *try_links(struct import_after *after)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct work work;
	struct error *error = program_reader(after->program, arena, ORIGIN_IMPORT, &work);

	for (struct row_link *link = after->links; error == NULL && link != NULL; link = link->next) {
		const struct type *type;
		int64_t id;
		bool own = link->other == NULL || type_same(link->other, after->type);

		if (own && table_get(&after->keys, key_name(arena, link->by, link->key)) != NULL) {
			after->made++;
			continue;
		}
		error = find_other(&work, link, &type, &id);
		if (error == NULL) {
			after->made++;
		} else if (error->code == ERROR_INVALID) {
			refuse(after, link, error);
			error = NULL;
		}
	}
	if (error != NULL)
		error = error_copy(after->arena, error);
	arena_free(arena);
	return error;
}

/* ---- approvals and tasks ---- */

struct begin_batch {
	const struct type *type;
	const struct after_record *records;
	struct error *failed[BATCH];
	size_t count;
	int64_t begun;
};

static struct error *change_begin(struct work *work, void *data)
{
	struct begin_batch *batch = data;

	batch->begun = 0;
	for (size_t i = 0; i < batch->count; i++) {
		bool begun = false;

		TRY(store_savepoint(work->store, work->arena));
		batch->failed[i] = engine_import_begin(work, batch->type, batch->records[i].id, &begun);
		if (batch->failed[i] == NULL) {
			TRY(store_release(work->store, work->arena));
			batch->begun += begun;
			continue;
		}
		if (batch->failed[i]->code == ERROR_RETRY || batch->failed[i]->code == ERROR_UNAVAILABLE)
			return batch->failed[i];
		store_undo(work->store);
	}
	return NULL;
}

static struct error *begin_records(struct import_after *after)
{
	struct arena *arena = arena_new(LIMIT_WORK_BYTES);
	struct error *error = NULL;

	for (size_t i = 0; error == NULL && i < after->record_count; i += BATCH) {
		struct begin_batch batch = { .type = after->type, .records = after->records + i,
			                     .count = minimum((size_t)BATCH, after->record_count - i) };

		error = program_write(after->program, arena, ORIGIN_IMPORT, change_begin, &batch);
		if (error != NULL)
			error = error_copy(after->arena, error);
		for (size_t j = 0; error == NULL && j < batch.count; j++)
			if (batch.failed[j] != NULL)
				tell(after, batch.records[j].line, batch.failed[j]);
		after->begun += batch.begun;
		arena_reset(arena);
	}
	arena_free(arena);
	return error;
}

struct error *import_after_run(struct import_after *after)
{
	if (after->dry_run)
		return try_links(after);
	TRY(write_links(after));
	return begin_records(after);
}

/* ---- what came of it ---- */

void import_after_report(const struct import_after *after, struct value *answer)
{
	struct value *links = value_map(after->arena);

	value_set_integer(after->arena, links, T("new"), after->made);
	value_set_integer(after->arena, links, T("unchanged"), after->unchanged);
	value_set_integer(after->arena, links, T("refused"), after->refused);
	if (after->links != NULL)
		value_set(after->arena, answer, T("links"), links);
	if (after->begun > 0)
		value_set_integer(after->arena, answer, T("begun"), after->begun);
}

void import_after_print(const struct import_after *after, struct io *io)
{
	if (after->links != NULL)
		io_format(io, after->arena, "links: %lld new, %lld unchanged, %lld refused\n", (long long)after->made,
		          (long long)after->unchanged, (long long)after->refused);
	if (after->begun > 0)
		io_format(io, after->arena, "%lld now wait for an approval or have tasks\n", (long long)after->begun);
}
