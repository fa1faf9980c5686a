-- The named statements of the store itself: counters, attachments in PostgreSQL, and questions about the schema.

-- name: counter_next (sqlite)
UPDATE counter SET number = number + 1 WHERE name = $1 RETURNING number
-- name: counter_next (postgres)
SELECT nextval(to_regclass(quote_ident('counter_' || $1::text)))

-- name: counter_jump (sqlite)
UPDATE counter SET number = max(number, $2) WHERE name = $1 RETURNING number
-- A sequence cannot be raised to the greater of two numbers while others draw from it: setting it back would give numbers twice.
-- So numbers are drawn until it is above; only a distance that nobody can draw meanwhile is jumped over at once.
-- name: counter_jump (postgres)
SELECT CASE WHEN now_at.sequence IS NULL THEN NULL
WHEN $2::bigint - now_at.number > 1000000 THEN setval(now_at.sequence, $2::bigint)
ELSE greatest(now_at.number, (SELECT max(drawn.number)
FROM (SELECT nextval(now_at.sequence) AS number FROM generate_series(1, $2::bigint - now_at.number)) AS drawn)) END
FROM (SELECT found.sequence, coalesce(pg_sequence_last_value(found.sequence), 0) AS number
FROM (SELECT to_regclass(quote_ident('counter_' || $1::text)) AS sequence) AS found) AS now_at

-- name: counter_make (sqlite)
INSERT INTO counter (name, number) VALUES ($1, 0) ON CONFLICT (name) DO NOTHING

-- name: store_notify (postgres)
SELECT pg_notify($1, '')

-- name: schema_has_table (sqlite)
SELECT count(*) FROM sqlite_schema WHERE type IN ('table', 'view') AND name = $1
-- name: schema_has_table (postgres)
SELECT count(*) FROM pg_class WHERE relnamespace = quote_ident(current_schema())::regnamespace AND relkind IN ('r', 'p', 'v') AND relname = $1

-- name: schema_columns (sqlite)
SELECT name FROM pragma_table_info($1) ORDER BY cid
-- name: schema_columns (postgres)
SELECT a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = $1 AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attnum

-- Only those made by CREATE INDEX: what backs a primary key or a UNIQUE belongs to the table.
-- name: schema_indexes (sqlite)
SELECT name FROM pragma_index_list($1) WHERE origin = 'c' ORDER BY name
-- name: schema_indexes (postgres)
SELECT i.relname FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
WHERE c.relnamespace = quote_ident(current_schema())::regnamespace AND c.relname = $1
AND NOT EXISTS (SELECT 1 FROM pg_constraint k WHERE k.conindid = x.indexrelid) ORDER BY i.relname COLLATE "C"

-- name: store_integrity (sqlite)
SELECT integrity_check FROM pragma_integrity_check
-- What PostgreSQL knows of itself without extensions: indexes whose building failed, constraints never checked.
-- name: store_integrity (postgres)
SELECT 'index ' || i.relname || ' is not valid' FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid
WHERE i.relnamespace = quote_ident(current_schema())::regnamespace AND NOT (x.indisvalid AND x.indisready)
UNION ALL SELECT 'constraint ' || conname || ' was never checked' FROM pg_constraint
WHERE connamespace = quote_ident(current_schema())::regnamespace AND NOT convalidated

-- name: store_foreign_keys (sqlite)
SELECT "table", "rowid", "parent" FROM pragma_foreign_key_check LIMIT 1

-- name: store_server_version (postgres)
SELECT current_setting('server_version')

-- Ages of attachments are of the server's clock: only the sweep of what nobody mentions looks at them.
-- name: blob_begin (postgres)
INSERT INTO blob (hash, size, made_at) VALUES ($1, 0, (extract(epoch FROM now()) * 1000)::bigint)
-- name: blob_add_chunk (postgres)
INSERT INTO blob_chunk (hash, position, data) VALUES ($1, $2, $3)
-- name: blob_renew (postgres)
UPDATE blob SET made_at = (extract(epoch FROM now()) * 1000)::bigint WHERE hash = $1
-- name: blob_name (postgres)
UPDATE blob SET hash = $2, size = $3, made_at = (extract(epoch FROM now()) * 1000)::bigint WHERE hash = $1
-- name: blob_find (postgres)
SELECT size FROM blob WHERE hash = $1
-- name: blob_read_chunk (postgres)
SELECT data FROM blob_chunk WHERE hash = $1 AND position = $2
-- name: blob_list (postgres)
SELECT hash, size, made_at FROM blob WHERE hash > $1 AND hash NOT LIKE 'upload:%' ORDER BY hash LIMIT 500
-- name: blob_remove (postgres)
DELETE FROM blob WHERE hash = $1
-- name: blob_remove_old (postgres)
DELETE FROM blob WHERE hash = $1 AND made_at < $2
-- name: blob_remove_left_overs (postgres)
DELETE FROM blob WHERE hash LIKE 'upload:%' AND made_at < (extract(epoch FROM now()) * 1000)::bigint - $1
