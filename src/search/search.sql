-- The search index: DATA/search.db beside SQLite, two tables inside PostgreSQL. Only src/search/index.c runs these (tag
-- `search`: they are not checked against the main store, which does not have these tables on SQLite).

-- name: search_tables (search-sqlite)
CREATE TABLE IF NOT EXISTS search_meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS search_document (id INTEGER PRIMARY KEY, type TEXT NOT NULL, scopes TEXT NOT NULL, number TEXT NOT NULL,
title TEXT, state TEXT, updated_at INTEGER, title_internal INTEGER NOT NULL, body TEXT, notes TEXT) STRICT;
CREATE TABLE IF NOT EXISTS search_scope (id INTEGER PRIMARY KEY, scopes BLOB NOT NULL) STRICT;
CREATE VIRTUAL TABLE IF NOT EXISTS search_word USING fts5(words, content='', columnsize=0, detail=none,
tokenize="ascii tokenchars '!=^._'");

-- name: search_tables (search-postgres)
CREATE TABLE IF NOT EXISTS search_meta (name TEXT COLLATE "C" PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS search_document (id BIGINT PRIMARY KEY, type TEXT NOT NULL, scopes TEXT NOT NULL, number TEXT NOT NULL,
title TEXT, state TEXT, updated_at BIGINT, title_internal BIGINT NOT NULL, body TEXT, notes TEXT, words TSVECTOR NOT NULL, hashes BYTEA NOT NULL);
CREATE INDEX IF NOT EXISTS search_document_words ON search_document USING gin (words) WITH (fastupdate = off);

-- name: search_drop (search-sqlite)
DROP TABLE IF EXISTS search_word; DROP TABLE IF EXISTS search_scope; DROP TABLE IF EXISTS search_document; DROP TABLE IF EXISTS search_meta;

-- name: search_drop (search-postgres)
DROP TABLE IF EXISTS search_document; DROP TABLE IF EXISTS search_meta;

-- name: search_clear (search-sqlite)
DELETE FROM search_document; DELETE FROM search_scope; DELETE FROM search_meta; INSERT INTO search_word (search_word) VALUES ('delete-all');

-- name: search_clear (search-postgres)
TRUNCATE search_document; DELETE FROM search_meta;

-- name: search_meta_find (search)
SELECT value FROM search_meta WHERE name = $1

-- name: search_meta_lock (search-sqlite)
SELECT value FROM search_meta WHERE name = $1

-- name: search_meta_lock (search-postgres)
SELECT value FROM search_meta WHERE name = $1 FOR UPDATE

-- name: search_meta_set (search)
INSERT INTO search_meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value

-- name: search_document_find (search)
SELECT type, number, title, state, updated_at, body, notes, scopes, title_internal FROM search_document WHERE id = $1

-- name: search_document_put (search-sqlite)
INSERT INTO search_document (id, type, number, title, state, updated_at, body, notes, scopes, title_internal)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
ON CONFLICT (id) DO UPDATE SET type = excluded.type, number = excluded.number, title = excluded.title, state = excluded.state,
updated_at = excluded.updated_at, body = excluded.body, notes = excluded.notes, scopes = excluded.scopes,
title_internal = excluded.title_internal

-- name: search_document_put (search-postgres)
INSERT INTO search_document (id, type, number, title, state, updated_at, body, notes, scopes, title_internal, words, hashes)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, CAST($11 AS TEXT)::tsvector, $12)
ON CONFLICT (id) DO UPDATE SET type = excluded.type, number = excluded.number, title = excluded.title, state = excluded.state,
updated_at = excluded.updated_at, body = excluded.body, notes = excluded.notes, scopes = excluded.scopes,
title_internal = excluded.title_internal, words = excluded.words, hashes = excluded.hashes

-- name: search_document_remove (search)
DELETE FROM search_document WHERE id = $1

-- name: search_words_add (search-sqlite)
INSERT INTO search_word (rowid, words) VALUES ($1, $2)

-- name: search_words_remove (search-sqlite)
INSERT INTO search_word (search_word, rowid, words) VALUES ('delete', $1, $2)

-- name: search_ids (search-sqlite)
SELECT rowid FROM search_word WHERE search_word MATCH $1 AND rowid >= $2 AND rowid < $3 ORDER BY rowid DESC LIMIT $4

-- name: search_ids (search-postgres)
SELECT id FROM search_document WHERE words @@ CAST($1 AS TEXT)::tsquery AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4

-- name: search_scope_put (search-sqlite)
INSERT INTO search_scope (id, scopes) VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET scopes = excluded.scopes

-- name: search_scope_remove (search-sqlite)
DELETE FROM search_scope WHERE id = $1

-- name: search_scan (search-sqlite)
SELECT s.id, s.scopes FROM search_word AS w CROSS JOIN search_scope AS s ON s.id = w.rowid
WHERE w.search_word MATCH $1 AND w.rowid >= $2 AND w.rowid < $3 ORDER BY w.rowid DESC LIMIT $4

-- name: search_scan (search-postgres)
SELECT id, hashes FROM search_document WHERE words @@ CAST($1 AS TEXT)::tsquery AND id >= $2 AND id < $3 ORDER BY id DESC LIMIT $4

-- name: search_count (search-sqlite)
SELECT count(*) FROM (SELECT 1 FROM search_word WHERE search_word MATCH $1 AND rowid >= $2 ORDER BY rowid DESC LIMIT $3)

-- name: search_count (search-postgres)
SELECT count(*) FROM (SELECT 1 FROM search_document WHERE words @@ CAST($1 AS TEXT)::tsquery AND id >= $2 ORDER BY id DESC LIMIT $3) AS matches

-- name: search_newest (search)
SELECT max(id) FROM search_document

-- name: search_session (search-postgres)
SET plan_cache_mode = force_custom_plan
