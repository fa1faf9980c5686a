-- The named statements of the engine: the event log, attachments, links, idempotency keys, drafts, sources of imports.

-- ---- the event log ----

-- On SQLite the one writer gives id and dense seq at insert: both are sealed. They differ only in stores copied from PostgreSQL.
-- name: event_insert_sealed (sqlite)
INSERT INTO event (id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload,
salt, payload_hash, seal) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)

-- On PostgreSQL many write at once: the sealer follows, and txid tells it which rows can have no earlier ones in flight. Until then
-- `seal` is the mark of whoever has the key (seal_mark): a row that came another way is never sealed.
-- name: event_insert_unsealed (postgres)
INSERT INTO event (at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload,
salt, payload_hash, seal, txid) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14,
CAST(CAST(pg_current_xact_id() AS text) AS bigint)) RETURNING id

-- name: event_unsealed (postgres)
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload, salt,
payload_hash, seal FROM event WHERE seq IS NULL
AND txid < CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) ORDER BY id LIMIT $1

-- name: event_refuse
UPDATE event SET txid = NULL WHERE id = $1 AND seq IS NULL

-- name: event_without_seal
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload, salt,
payload_hash, seal FROM event WHERE seq IS NULL AND id > $1 ORDER BY id LIMIT $2

-- name: event_seal
UPDATE event SET seq = $2, seal = $3 WHERE id = $1 AND seq IS NULL

-- Two nodes never seal at once: the row is locked until the transaction ends.
-- name: event_sealer_lease
INSERT INTO lease (name, fence) VALUES ('sealer', 1) ON CONFLICT (name) DO UPDATE SET fence = lease.fence + 1

-- name: event_head
SELECT seq, seal FROM event WHERE seq IS NOT NULL ORDER BY seq DESC LIMIT 1

-- name: event_last_id
SELECT max(id) FROM event

-- Transactions of another server say nothing here: a copied event without a seal is sealed next.
-- name: event_restored
UPDATE event SET txid = 0 WHERE seq IS NULL

-- name: event_chain
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload, salt,
payload_hash, seal FROM event WHERE seq IS NOT NULL AND seq > $1 ORDER BY seq LIMIT $2

-- name: event_count_unsealed
SELECT count(*) FROM event WHERE seq IS NULL

-- name: event_erasure
SELECT id FROM event WHERE record_id = $1 AND kind = 'erased' AND cause_id = $2 AND payload IS NOT NULL LIMIT 1

-- name: event_erase
UPDATE event SET payload = NULL, salt = NULL WHERE id = $1 AND record_id = $2 AND kind <> 'erased' AND payload IS NOT NULL

-- name: event_of_record
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE record_id = $1 ORDER BY at, id

-- name: event_of_record_newest
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE record_id = $1 ORDER BY at DESC, id DESC LIMIT $2

-- Events whose payload may name a field; the newest first.
-- name: event_names_field
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE record_id = $1 AND payload LIKE $2 ORDER BY at DESC, id DESC LIMIT 50

-- name: event_of_record_until
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE record_id = $1 AND at <= $2 ORDER BY at, id

-- name: event_changes_since
SELECT payload FROM event WHERE record_id = $1 AND version > $2 ORDER BY id LIMIT 500

-- name: event_feed
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE seq IS NOT NULL AND seq > $1 ORDER BY seq LIMIT $2

-- name: event_feed_bare
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, NULL
FROM event WHERE seq IS NOT NULL AND seq > $1 ORDER BY seq LIMIT $2

-- In the order in which they were recorded: the last one says what the row has.
-- name: event_between
SELECT id, seq, at, recorded_at, type, record_id, version, kind, actor_id, origin, cause_id, visibility, payload
FROM event WHERE record_id > $1 AND record_id <= $2 ORDER BY record_id, id

-- name: event_last_record
SELECT max(record_id) FROM event

-- name: link_between
SELECT from_id, name, to_id FROM link WHERE from_id > $1 AND from_id <= $2 ORDER BY from_id, name, to_id

-- ---- attachments ----

-- name: attachment_insert
INSERT INTO attachment (record_id, event_id, name, media_type, size, hash, visibility, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id

-- name: attachment_set_event
UPDATE attachment SET event_id = $2 WHERE id = $1

-- name: attachment_count
SELECT count(*) FROM attachment WHERE record_id = $1 AND removed_at IS NULL

-- name: attachment_list
SELECT id, record_id, event_id, size, created_by, name, media_type, hash, visibility, created_at FROM attachment
WHERE record_id = $1 AND removed_at IS NULL ORDER BY id

-- name: attachment_find
SELECT id, record_id, event_id, size, created_by, name, media_type, hash, visibility, created_at FROM attachment
WHERE record_id = $1 AND id = $2 AND removed_at IS NULL

-- name: attachment_remove
UPDATE attachment SET removed_at = $3 WHERE record_id = $1 AND id = $2 AND removed_at IS NULL

-- name: attachment_uses_hash
SELECT 1 FROM attachment WHERE hash = $1 AND (removed_at IS NULL OR removed_at > $2) LIMIT 1

-- name: attachment_hashes
SELECT DISTINCT hash FROM attachment WHERE hash > $1 AND removed_at IS NULL ORDER BY hash LIMIT $2

-- ---- links: rows of relations; those of KIND_LINKS fields belong to model/record.c ----

-- name: link_insert
INSERT INTO link (name, from_type, from_id, to_type, to_id, created_at, created_by)
VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (name, from_id, to_id) DO NOTHING RETURNING id

-- name: link_find
SELECT id FROM link WHERE name = $1 AND from_id = $2 AND to_id = $3

-- Is the record linked so with any other? For relations of which a record may have one only.
-- name: link_other_to
SELECT to_id FROM link WHERE name = $1 AND from_id = $2 AND to_id <> $3 LIMIT 1
-- name: link_other_from
SELECT from_id FROM link WHERE name = $1 AND to_id = $2 AND from_id <> $3 LIMIT 1

-- name: link_get
SELECT id, name, from_type, from_id, to_type, to_id, created_at FROM link WHERE id = $1

-- name: link_delete
DELETE FROM link WHERE id = $1

-- name: link_list_from
SELECT id, name, from_type, from_id, to_type, to_id, created_at FROM link WHERE from_id = $1 ORDER BY id

-- name: link_list_to
SELECT id, name, from_type, from_id, to_type, to_id, created_at FROM link WHERE to_id = $1 ORDER BY id LIMIT $2

-- name: link_ids_from
SELECT to_id FROM link WHERE name = $1 AND from_id = $2 AND to_type = $3 ORDER BY to_id LIMIT $4

-- name: link_begins
SELECT from_type, from_id FROM link WHERE name = $1 AND to_id = $2 ORDER BY from_id LIMIT $3

-- name: link_ids_to
SELECT from_id FROM link WHERE name = $1 AND to_id = $2 AND from_type = $3 ORDER BY from_id LIMIT $4

-- One step of impact from many records at once: their ids ($1) and the names of the relations that lead from their end ($2) and
-- from their begin ($3) come as JSON lists. A row: relation, read from its end, where from, type and id of the other.
-- name: impact_step (sqlite)
SELECT l.name, 1, l.to_id, l.from_type, l.from_id FROM json_each($1) s CROSS JOIN link l
WHERE l.to_id = s.value AND +l.name IN (SELECT value FROM json_each($2))
UNION ALL
SELECT l.name, 0, l.from_id, l.to_type, l.to_id FROM json_each($1) s CROSS JOIN link l
WHERE l.from_id = s.value AND +l.name IN (SELECT value FROM json_each($3)) ORDER BY 3, 5
-- name: impact_step (postgres)
SELECT l.name, 1, l.to_id, l.from_type, l.from_id FROM json_array_elements_text(CAST($1 AS json)) AS s(id)
JOIN link l ON l.to_id = CAST(s.id AS bigint) WHERE l.name IN (SELECT json_array_elements_text(CAST($2 AS json)))
UNION ALL
SELECT l.name, 0, l.from_id, l.to_type, l.to_id FROM json_array_elements_text(CAST($1 AS json)) AS s(id)
JOIN link l ON l.from_id = CAST(s.id AS bigint) WHERE l.name IN (SELECT json_array_elements_text(CAST($3 AS json))) ORDER BY 3, 5

-- ---- tasks ----

-- name: task_successors
SELECT from_id FROM link WHERE to_id = $1 AND name = 'after' AND from_type = 'work_task' ORDER BY from_id LIMIT 500

-- What the tasks with these ids (a JSON list) wait for.
-- name: task_edges (sqlite)
SELECT l.from_id, l.to_id FROM json_each($1) s CROSS JOIN link l WHERE l.from_id = s.value AND l.name = 'after' ORDER BY 1, 2
-- name: task_edges (postgres)
SELECT l.from_id, l.to_id FROM json_array_elements_text(CAST($1 AS json)) AS s(id)
JOIN link l ON l.from_id = CAST(s.id AS bigint) WHERE l.name = 'after' ORDER BY 1, 2

-- ---- idempotency keys ----

-- While the first request with this key runs, a second one does not get the lock, and is told so.
-- name: idempotency_lock (sqlite)
SELECT CASE WHEN $1 IS NULL THEN 0 ELSE 1 END
-- name: idempotency_lock (postgres)
SELECT CASE WHEN pg_try_advisory_xact_lock($1) THEN 1 ELSE 0 END

-- name: idempotency_find
SELECT fingerprint, status, answer, created_at FROM idempotency WHERE actor_id = $1 AND key = $2

-- name: idempotency_keep
INSERT INTO idempotency (actor_id, key, fingerprint, status, answer, created_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (actor_id, key) DO UPDATE SET fingerprint = excluded.fingerprint, status = excluded.status,
answer = excluded.answer, created_at = excluded.created_at

-- ---- drafts ----

-- name: draft_save
INSERT INTO draft (user_id, record_id, type, form, text, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (user_id, type, record_id, form) DO UPDATE SET text = excluded.text, updated_at = excluded.updated_at

-- name: draft_delete
DELETE FROM draft WHERE user_id = $1 AND type = $3 AND record_id = $2 AND form = $4

-- name: draft_find
SELECT text, updated_at FROM draft WHERE user_id = $1 AND type = $3 AND record_id = $2 AND form = $4

-- ---- answers to forms ----

-- name: answers_keep
INSERT INTO answers (record_id, model, answers) VALUES ($1, $2, $3)
ON CONFLICT (record_id) DO UPDATE SET model = excluded.model, answers = excluded.answers

-- name: answers_find
SELECT model, answers FROM answers WHERE record_id = $1

-- ---- sources of imports ----

-- name: import_find
SELECT record_id FROM import_source WHERE key = $1

-- name: import_keep
INSERT INTO import_source (key, record_id, event_id) VALUES ($1, $2, $3)
