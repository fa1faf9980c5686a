-- The named statements of the model floor: links between records. Records themselves are composed per type (query_record.c).

-- name: link_targets
SELECT to_id FROM link WHERE from_id = $1 AND name = $2 ORDER BY to_id

-- name: link_add
INSERT INTO link (name, from_type, from_id, to_type, to_id, created_at, created_by) VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT DO NOTHING

-- name: link_remove
DELETE FROM link WHERE from_id = $1 AND name = $2 AND to_id = $3
