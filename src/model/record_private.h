/* What record.c, field.c and the query files share about reading rows and the cache of one worker. */
#ifndef REEVE_MODEL_RECORD_PRIVATE_H
#define REEVE_MODEL_RECORD_PRIVATE_H

#include "model/record.h"

struct buffer;

/* ---- composed statements (query_record.c) ---- */

/* The columns of a record as a select list, behind `alias` and a dot; prose only when wanted. record_read()
 * reads them. */
void record_columns(struct buffer *buffer, const struct type *type, text alias, bool with_prose);
/* The current row, whose columns begin with those of record_columns(), as a record of work->arena. */
must_use struct record *record_read(struct work *work, const struct type *type, struct rows *rows,
				    bool with_prose);
/* `suffix`: nothing, or how the row is locked. */
must_use text record_select_sql(struct work *work, const struct type *type, const char *column, text suffix);
must_use text record_between_sql(struct arena *arena, const struct type *type);
must_use text record_name_sql(struct arena *arena, const struct type *type);
must_use text record_id_sql(struct arena *arena, const struct type *type);
must_use text record_insert_sql(struct arena *arena, const struct type *type);
must_use text record_definition_sql(struct arena *arena, const struct type *type);
must_use text record_update_sql(struct arena *arena, const struct type *type, const bool *changed);

/* ---- cache (record_cache.c); every function accepts NULL ---- */

struct record *cache_record(const struct record_cache *cache, const struct type *type, int64_t id);
void cache_put_record(struct record_cache *cache, struct record *record);
void cache_drop_record(struct record_cache *cache, int64_t id);
/* Platform types only. */
bool cache_name(struct record_cache *cache, int64_t id, struct record_name *ret_name);
void cache_put_name(struct record_cache *cache, int64_t id, const struct record_name *name);
bool cache_id(struct record_cache *cache, const struct type *type, text key, int64_t *ret_id);
void cache_put_id(struct record_cache *cache, const struct type *type, text key, int64_t id);

#endif
