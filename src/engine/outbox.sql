-- Messages to webhooks.

-- name: outbox_add
INSERT INTO outbox (webhook_id, type, record_id, event_id, rule, key, payload, created_at, due_at, state, attempts, fence)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 'waiting', 0, 0) RETURNING id

-- The first message of each webhook: one at a time, so that a slow one holds up its own messages only. While it is leased it is
-- still the first.
-- name: outbox_due
WITH RECURSIVE target (id) AS (
SELECT min(webhook_id) FROM outbox WHERE due_at IS NOT NULL
UNION ALL
SELECT (SELECT min(webhook_id) FROM outbox WHERE due_at IS NOT NULL AND webhook_id > target.id) FROM target WHERE target.id IS NOT NULL)
SELECT message.id, message.webhook_id, message.due_at, message.leased_until FROM target JOIN outbox AS message ON message.id =
(SELECT id FROM outbox WHERE webhook_id = target.id AND due_at IS NOT NULL ORDER BY due_at, id LIMIT 1)
WHERE target.id IS NOT NULL ORDER BY message.due_at LIMIT $1

-- name: outbox_take (sqlite)
SELECT webhook_id, key, payload, fence FROM outbox WHERE id = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until <= $2)
-- name: outbox_take (postgres)
SELECT webhook_id, key, payload, fence FROM outbox WHERE id = $1 AND due_at <= $2 AND (leased_until IS NULL OR leased_until <= $2)
FOR UPDATE SKIP LOCKED

-- name: outbox_lease
UPDATE outbox SET fence = $2, leased_until = $3 WHERE id = $1

-- name: outbox_release
UPDATE outbox SET leased_until = NULL WHERE id = $1 AND fence = $2

-- name: outbox_fenced (sqlite)
SELECT webhook_id, type, record_id, rule, created_at, attempts FROM outbox WHERE id = $1 AND fence = $2 AND due_at IS NOT NULL
-- name: outbox_fenced (postgres)
SELECT webhook_id, type, record_id, rule, created_at, attempts FROM outbox WHERE id = $1 AND fence = $2 AND due_at IS NOT NULL
FOR UPDATE

-- name: outbox_retry
UPDATE outbox SET due_at = $3, attempts = $4, leased_until = NULL WHERE id = $1 AND fence = $2

-- name: outbox_end
UPDATE outbox SET state = $3, due_at = NULL, leased_until = NULL, attempts = attempts + 1, ended_at = $4 WHERE id = $1 AND fence = $2

-- A message sent again has a day of its own.
-- name: outbox_again
UPDATE outbox SET state = 'waiting', due_at = $3, created_at = $3, attempts = 0, ended_at = NULL WHERE id = $1 AND webhook_id = $2
AND leased_until IS NULL

-- name: outbox_of
SELECT id, key, type, record_id, rule, payload, state, created_at, due_at, ended_at FROM outbox WHERE webhook_id = $1 AND id < $2
ORDER BY id DESC LIMIT $3

-- name: delivery_add
INSERT INTO delivery (outbox_id, at, status, duration_ms, error) VALUES ($1, $2, $3, $4, $5)

-- name: delivery_of
SELECT at, status, duration_ms, error FROM delivery WHERE outbox_id = $1 ORDER BY id DESC LIMIT $2

-- name: delivery_sweep
DELETE FROM delivery WHERE outbox_id IN
(SELECT id FROM outbox WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at, id LIMIT $2)

-- name: outbox_sweep
DELETE FROM outbox WHERE id IN
(SELECT id FROM outbox WHERE ended_at IS NOT NULL AND ended_at < $1 ORDER BY ended_at, id LIMIT $2)
