-- The time part of the engine: clocks, timers, notifications.

-- name: clock_of_record
SELECT id, name, goal_ms, calendar_id, started_at, stopped_at, elapsed_ms, due_at, wake_at, level, ledger FROM clock WHERE record_id = $1

-- name: clock_place
SELECT record_id, type FROM clock WHERE id = $1

-- name: clock_take (sqlite)
SELECT id, name, goal_ms, calendar_id, started_at, stopped_at, elapsed_ms, due_at, wake_at, level, ledger FROM clock WHERE id = $1
-- name: clock_take (postgres)
SELECT id, name, goal_ms, calendar_id, started_at, stopped_at, elapsed_ms, due_at, wake_at, level, ledger FROM clock WHERE id = $1
FOR UPDATE SKIP LOCKED

-- name: clock_insert
INSERT INTO clock (record_id, type, name, state, goal_ms, calendar_id, started_at, stopped_at, elapsed_ms, due_at, wake_at, level, ledger)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: clock_update
UPDATE clock SET state = $2, goal_ms = $3, calendar_id = $4, stopped_at = $5, elapsed_ms = $6, due_at = $7, wake_at = $8, level = $9,
ledger = $10 WHERE id = $1

-- name: clock_delay
UPDATE clock SET wake_at = $2 WHERE id = $1

-- name: clock_due
SELECT id, wake_at FROM clock WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT $1

-- name: clock_open_after
SELECT id FROM clock WHERE stopped_at IS NULL AND id > $1 ORDER BY id LIMIT $2

-- All clocks of a page of records at once. CROSS JOIN keeps SQLite from building a table of the ids first.
-- name: clock_state_of_records (sqlite)
SELECT record_id, state, goal_ms, started_at, stopped_at, elapsed_ms, due_at, name FROM json_each('[' || $1 || ']') AS ids
CROSS JOIN clock ON clock.record_id = ids.value
-- name: clock_state_of_records (postgres)
SELECT record_id, state, goal_ms, started_at, stopped_at, elapsed_ms, due_at, name FROM clock
WHERE record_id = ANY(string_to_array($1, ',')::bigint[])

-- name: timer_put
INSERT INTO timer (due_at, kind, type, record_id, name, data, cause_id, attempts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (record_id, kind, name) DO UPDATE SET due_at = excluded.due_at, data = excluded.data, cause_id = excluded.cause_id,
attempts = excluded.attempts

-- name: timer_find
SELECT data FROM timer WHERE record_id = $1 AND kind = $2 AND name = $3

-- name: timer_remove
DELETE FROM timer WHERE record_id = $1 AND kind = $2 AND name = $3

-- name: timer_remove_id
DELETE FROM timer WHERE id = $1

-- name: timer_due
SELECT id, due_at FROM timer ORDER BY due_at LIMIT $1

-- name: timer_place
SELECT record_id, type FROM timer WHERE id = $1

-- name: timer_take (sqlite)
SELECT kind, name, due_at, data, cause_id, attempts FROM timer WHERE id = $1 AND due_at <= $2
-- name: timer_take (postgres)
SELECT kind, name, due_at, data, cause_id, attempts FROM timer WHERE id = $1 AND due_at <= $2 FOR UPDATE SKIP LOCKED

-- name: timer_move
UPDATE timer SET due_at = $2, attempts = $3, data = $4 WHERE id = $1

-- name: people_of
SELECT from_id FROM link WHERE to_id = $1 AND name = $2 AND from_type = 'user' ORDER BY from_id LIMIT $3

-- name: notification_add
INSERT INTO notification (user_id, event_id, record_id, type, words, reason, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (user_id, event_id) DO NOTHING

-- name: notification_list
SELECT id, record_id, event_id, type, words, reason, created_at, read_at FROM notification WHERE user_id = $1 AND id < $2
ORDER BY id DESC LIMIT $3

-- name: notification_list_unread
SELECT id, record_id, event_id, type, words, reason, created_at, read_at FROM notification
WHERE user_id = $1 AND id < $2 AND read_at IS NULL ORDER BY id DESC LIMIT $3

-- name: notification_count_unread
SELECT count(*) FROM (SELECT 1 FROM notification WHERE user_id = $1 AND read_at IS NULL LIMIT $2) AS counted

-- name: notification_read
UPDATE notification SET read_at = $3 WHERE user_id = $1 AND id = $2 AND read_at IS NULL

-- name: notification_read_all
UPDATE notification SET read_at = $2 WHERE user_id = $1 AND read_at IS NULL

-- name: people_with_skill
SELECT from_id FROM link WHERE to_id = $1 AND name = 'skills' AND from_type = 'user'

-- Two that move onto each other at the same moment would not see each other: one step of a schedule after the other.
-- name: schedule_alone (sqlite)
SELECT CASE WHEN $1 IS NULL THEN 0 ELSE 1 END
-- name: schedule_alone (postgres)
SELECT count(*) FROM pg_advisory_xact_lock(hashtext(current_schema() || ' schedule ' || $1))

-- Whose turn it was last; the row stays locked until the transaction ends.
-- name: turn_take
INSERT INTO cursor (name, position, updated_at) VALUES ($1, 0, $2) ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at
RETURNING position

-- name: turn_keep
UPDATE cursor SET position = $2, updated_at = $3 WHERE name = $1

-- The timer of every day of one rule. One that is due, on its way or tried again stays; another time of the day counts at once.
-- name: timer_put_daily
INSERT INTO timer (due_at, kind, type, record_id, name, data, cause_id, attempts) VALUES ($1, 'daily', NULL, 0, $2, NULL, NULL, 0)
ON CONFLICT (record_id, kind, name) DO UPDATE SET due_at = excluded.due_at
WHERE timer.due_at > $3 AND timer.data IS NULL AND timer.attempts = 0

-- Changes a row when this trouble was not told since $3.
-- name: alarm_due
INSERT INTO cursor (name, position, updated_at) VALUES ($1, 0, $2) ON CONFLICT (name) DO UPDATE SET updated_at = excluded.updated_at
WHERE cursor.updated_at < $3
