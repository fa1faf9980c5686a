/* The cache of prepared statements: preparing costs more than running for most of ours. */
#include "store/statements.h"

struct statements *statements_new(struct arena *arena, size_t named_count,
				  void (*drop)(struct statement *statement, void *data), void *data)
{
	struct statements *statements = arena_new_struct(arena, struct statements);

	statements->arena = arena;
	statements->named = arena_new_array(arena, struct statement, named_count + 1);
	statements->named_count = named_count;
	statements->drop = drop;
	statements->data = data;
	return statements;
}

struct statement *statements_named(struct statements *statements, size_t name)
{
	assert(name < statements->named_count);
	return &statements->named[name];
}

static void unlink_use(struct statements *statements, struct statement *statement)
{
	if (statement->older != NULL)
		statement->older->newer = statement->newer;
	else
		statements->oldest = statement->newer;
	if (statement->newer != NULL)
		statement->newer->older = statement->older;
	else
		statements->newest = statement->older;
	statement->older = statement->newer = NULL;
}

static void link_newest(struct statements *statements, struct statement *statement)
{
	statement->older = statements->newest;
	statement->newer = NULL;
	if (statements->newest != NULL)
		statements->newest->newer = statement;
	else
		statements->oldest = statement;
	statements->newest = statement;
}

static struct statement **bucket_of(struct statements *statements, uint64_t hash)
{
	return &statements->buckets[hash % array_length(statements->buckets)];
}

static void unlink_bucket(struct statements *statements, struct statement *statement)
{
	struct statement **at = bucket_of(statements, statement->hash);

	while (*at != statement)
		at = &(*at)->chain;
	*at = statement->chain;
	statement->chain = NULL;
}

/* A fresh slot, or the one least recently used that nobody reads from; NULL when all are being read. */
static struct statement *take_slot(struct statements *statements)
{
	if (statements->slots_used < STATEMENTS_KEPT)
		return &statements->slots[statements->slots_used++];
	struct statement *statement = statements->oldest;
	while (statement != NULL && statement->uses > 0)
		statement = statement->newer;
	if (statement == NULL)
		return NULL;
	unlink_use(statements, statement);
	unlink_bucket(statements, statement);
	if (statement->handle != NULL)
		statements->drop(statement, statements->data);
	statement->handle = NULL;
	return statement;
}

struct statement *statements_find(struct statements *statements, text sql)
{
	uint64_t hash = text_hash(sql);
	struct statement *statement = *bucket_of(statements, hash);

	while (statement != NULL && !(statement->hash == hash && text_equal(statement->sql, sql)))
		statement = statement->chain;
	if (statement != NULL) {
		if (statements->newest != statement) {
			unlink_use(statements, statement);
			link_newest(statements, statement);
		}
		return statement;
	}
	if (sql.length > STATEMENTS_TEXT_BYTES || (statement = take_slot(statements)) == NULL)
		return NULL;
	if (statement->buffer_capacity < sql.length + 1) {
		size_t capacity = statement->buffer_capacity == 0 ? 256 : statement->buffer_capacity;

		while (capacity < sql.length + 1)
			capacity *= 2;
		/*
		 * The old buffer stays in the arena: doubling keeps all of them below the size of the last.
		 */
		statement->buffer = arena_alloc(statements->arena, capacity);
		statement->buffer_capacity = capacity;
	}
	memcpy(statement->buffer, sql.data, sql.length);
	statement->buffer[sql.length] = '\0';
	statement->sql = (text){ statement->buffer, sql.length };
	statement->hash = hash;
	statement->chain = *bucket_of(statements, hash);
	*bucket_of(statements, hash) = statement;
	link_newest(statements, statement);
	return statement;
}

static void clear_one(struct statements *statements, struct statement *statement)
{
	if (statement->handle == NULL || statement->uses > 0)
		return;
	statements->drop(statement, statements->data);
	statement->handle = NULL;
}

void statements_clear(struct statements *statements)
{
	for (size_t i = 0; i < statements->named_count; i++)
		clear_one(statements, &statements->named[i]);
	for (size_t i = 0; i < statements->slots_used; i++)
		clear_one(statements, &statements->slots[i]);
}
