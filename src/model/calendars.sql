-- The calendar that holds where nothing names one.

-- name: calendar_default
SELECT id FROM calendar_record WHERE is_default = 1 AND active = 1 ORDER BY id LIMIT 1
