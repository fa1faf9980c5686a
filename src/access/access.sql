-- What the access floor keeps for itself: passwords, sessions, API tokens and one-time links. Secrets stand here only as hashes.

-- name: actor_links
-- A range, because IN makes SQLite build a table of its values for each request; the caller picks the two names.
SELECT name, to_id FROM link WHERE from_id = $1 AND name >= 'roles' AND name <= 'teams' ORDER BY name, to_id

-- name: credential_find
SELECT hash FROM credential WHERE user_id = $1

-- name: credential_set
INSERT INTO credential (user_id, hash, changed_at) VALUES ($1, $2, $3)
ON CONFLICT (user_id) DO UPDATE SET hash = excluded.hash, changed_at = excluded.changed_at

-- name: session_open
INSERT INTO session (token_hash, user_id, created_at, seen_at, expires_at, address, agent) VALUES ($1, $2, $3, $3, $4, $5, $6)

-- name: session_find
SELECT user_id, seen_at, expires_at FROM session WHERE token_hash = $1

-- name: session_touch
UPDATE session SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2

-- name: session_close
DELETE FROM session WHERE token_hash = $1

-- name: session_close_all
DELETE FROM session WHERE user_id = $1 AND token_hash <> $2

-- name: token_create
INSERT INTO token (hash, user_id, name, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)

-- name: token_find
SELECT id, user_id, scopes, expires_at, seen_at, revoked_at FROM token WHERE hash = $1

-- name: token_touch
UPDATE token SET seen_at = $2 WHERE id = $1 AND (seen_at IS NULL OR seen_at < $2)

-- name: token_list
SELECT id, name, scopes, created_at, expires_at, seen_at, revoked_at FROM token WHERE user_id = $1 ORDER BY id

-- name: token_revoke
UPDATE token SET revoked_at = $3 WHERE id = $1 AND user_id = $2 AND revoked_at IS NULL

-- name: one_time_link_create
INSERT INTO one_time_link (hash, user_id, purpose, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)

-- name: one_time_link_use
-- One statement, so that two who come at the same moment cannot both have it.
UPDATE one_time_link SET used_at = $3 WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3 RETURNING user_id

-- name: one_time_link_find
SELECT user_id FROM one_time_link WHERE hash = $1 AND purpose = $2 AND used_at IS NULL AND expires_at > $3

-- name: session_list
SELECT token_hash, created_at, seen_at, expires_at, address, agent FROM session WHERE user_id = $1 AND expires_at > $2 ORDER BY seen_at DESC

-- name: session_sweep
DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session WHERE expires_at < $1 LIMIT $2)

-- name: session_sweep_idle
DELETE FROM session WHERE token_hash IN (SELECT token_hash FROM session WHERE seen_at < $1 LIMIT $2)

-- name: one_time_link_sweep
DELETE FROM one_time_link WHERE hash IN (SELECT hash FROM one_time_link WHERE expires_at < $1 LIMIT $2)

-- name: idempotency_sweep
DELETE FROM idempotency WHERE (actor_id, key) IN (SELECT actor_id, key FROM idempotency WHERE created_at < $1 LIMIT $2)
