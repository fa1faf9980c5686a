/* See calendars.h. */
#include "model/calendars.h"

#include "base/words.h"

#include <pthread.h>

/* What a calendar with years of holidays takes is some KB; new versions are rare, old ones stay for works
 * that still use them. */
#define CACHE_BYTES ((size_t)64 * 1024 * 1024)

struct calendar_cache {
	pthread_mutex_t lock;
	struct arena *arena;
	struct cached_calendar {
		int64_t id, version;
		moment updated_at; /* a version that was rolled back may come again with other hours */
		const struct calendar *calendar;
	} * items;
	size_t count, capacity;
};

static void free_cache(void *data)
{
	struct calendar_cache *cache = data;
	pthread_mutex_destroy(&cache->lock);
	arena_free(cache->arena);
}

struct calendar_cache *calendar_cache_new(struct arena *arena)
{
	struct calendar_cache *cache = arena_new_struct(arena, struct calendar_cache);
	pthread_mutex_init(&cache->lock, NULL);
	cache->arena = arena_new(CACHE_BYTES);
	arena_defer(arena, free_cache, cache);
	return cache;
}

static text cell_of(const struct record *record, text field_name)
{
	const struct field *field = type_field(record->type, field_name);
	const struct cell *cell = field == NULL ? NULL : record_cell(record, field->position);
	return cell == NULL || cell->kind != CELL_TEXT ? TEXT_UNSET : cell->text;
}

/* A record that is no more counts as none. */
static struct error *load_or_none(struct work *work, const struct type *type, int64_t id,
				  struct record **ret_record)
{
	struct record *record = NULL;
	struct error *error = model_load(work, type, id, &record);
	if (error != NULL && error->code != ERROR_NOT_FOUND)
		return error;
	*ret_record = error == NULL ? record : NULL;
	return NULL;
}

static const struct calendar *parse_record(struct arena *arena, const struct record *record)
{
	struct calendar *calendar;
	const struct zone *zone = zone_find(cell_of(record, T("zone")));
	/* Saved hours were checked; those of a broken import must not stop every record of the service from
	 * being saved. */
	if (calendar_parse(arena, cell_of(record, T("hours")), cell_of(record, T("holidays")),
			   zone == NULL ? zone_utc() : zone, &calendar) != NULL)
		return calendar_always();
	return calendar;
}

static struct cached_calendar *find_cached(struct calendar_cache *cache, int64_t id)
{
	for (size_t i = 0; i < cache->count; i++)
		if (cache->items[i].id == id)
			return &cache->items[i];
	arena_make_room(cache->arena, cache->items, cache->count, cache->capacity);
	cache->items[cache->count] = (struct cached_calendar){ .id = id };
	return &cache->items[cache->count++];
}

static const struct calendar *cached_calendar(struct calendar_cache *cache, const struct record *record)
{
	pthread_mutex_lock(&cache->lock);
	struct cached_calendar *cached = find_cached(cache, record->id);
	moment updated_at = record_moment(record, FIELD_UPDATED_AT);
	if (cached->calendar == NULL || cached->version != record->version ||
	    cached->updated_at != updated_at)
		*cached = (struct cached_calendar){ record->id, record->version, updated_at,
						    parse_record(cache->arena, record) };
	const struct calendar *calendar = cached->calendar;
	pthread_mutex_unlock(&cache->lock);
	return calendar;
}

struct error *model_calendar(struct work *work, int64_t id, const struct calendar **ret_calendar)
{
	struct record *record = NULL;
	if (id != 0)
		TRY(load_or_none(work, work->model->calendar, id, &record));
	if (record == NULL)
		*ret_calendar = calendar_always();
	else if (work->calendars != NULL)
		*ret_calendar = cached_calendar(work->calendars, record);
	else
		*ret_calendar = parse_record(work->arena, record);
	return NULL;
}

static struct error *linked_calendar(struct work *work, const struct record *record, size_t path_field,
				     int64_t *ret_id)
{
	*ret_id = 0;
	int64_t target_id = path_field == SIZE_MAX ? 0 : record_id_of(record, (ptrdiff_t)path_field);
	const struct type *target_type =
	    path_field == SIZE_MAX ? NULL : record->type->fields[path_field].target;
	const struct field *field = target_type == NULL ? NULL : type_field(target_type, T("calendar"));
	struct record *target;
	if (target_id == 0 || field == NULL)
		return NULL;
	TRY(load_or_none(work, target_type, target_id, &target));
	*ret_id = target == NULL ? 0 : record_id_of(target, (ptrdiff_t)field->position);
	return NULL;
}

struct error *model_calendar_of(struct work *work, const struct record *record, size_t path_field,
				int64_t *ret_id, const struct calendar **ret_calendar)
{
	int64_t id;
	bool found;
	TRY(linked_calendar(work, record, path_field, &id));
	if (id == 0)
		TRY(store_integer(work->store, work->arena, SQL_CALENDAR_DEFAULT, NO_CELLS, &id, &found));
	TRY(model_calendar(work, id, ret_calendar));
	*ret_id = id;
	return NULL;
}

struct error *model_calendar_label(struct work *work, int64_t id, text *ret_label)
{
	struct record *record = NULL;
	if (id != 0)
		TRY(load_or_none(work, work->model->calendar, id, &record));
	*ret_label = record == NULL ? words(work->language, T("24 × 7")) : record_title(record);
	return NULL;
}
