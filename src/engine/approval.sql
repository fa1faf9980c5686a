-- Approvals: rounds, who is asked in them, what they said; absences and who stands in.

-- name: approval_insert
INSERT INTO approval (record_id, type, name, round, state, version, event_id, asked_at, due_at)
VALUES ($1, $2, $3, $4, 'asked', $5, $6, $7, $8) RETURNING id

-- name: approval_of_record
SELECT id, name, round, state, version, event_id, lacks, asked_at, due_at, ended_at FROM approval WHERE record_id = $1 ORDER BY id

-- name: approval_end
UPDATE approval SET state = $2, ended_at = $3 WHERE id = $1

-- name: approval_lacks
UPDATE approval SET lacks = $2 WHERE id = $1

-- name: vote_insert
INSERT INTO vote (approval_id, record_id, step, user_id, via, counts, waiting_since) VALUES ($1, $2, $3, $4, $5, 1, $6)
ON CONFLICT (approval_id, step, user_id) DO UPDATE SET via = excluded.via, counts = 1, waiting_since = excluded.waiting_since,
vote = NULL, voted_by = NULL, voted_at = NULL, comment = NULL, version = NULL

-- name: vote_of_approval
SELECT id, approval_id, step, user_id, via, counts, waiting_since, vote, voted_by, voted_at, comment, version FROM vote
WHERE approval_id = $1 ORDER BY id

-- name: vote_of_record
SELECT id, approval_id, step, user_id, via, counts, waiting_since, vote, voted_by, voted_at, comment, version FROM vote
WHERE record_id = $1 ORDER BY id

-- name: vote_set
UPDATE vote SET counts = $2, waiting_since = $3, vote = $4, voted_by = $5, voted_at = $6, comment = $7, version = $8 WHERE id = $1

-- name: vote_close
UPDATE vote SET waiting_since = NULL WHERE approval_id = $1 AND waiting_since IS NOT NULL

-- The words of a vote go with those of its event.
-- name: vote_erase
UPDATE vote SET comment = NULL WHERE record_id = $1 AND EXISTS (SELECT 1 FROM event WHERE event.id = $2 AND event.record_id = $1
AND event.kind = 'approval' AND event.at = vote.voted_at AND event.actor_id = vote.voted_by)

-- What waits for a person: the place of the vote, and the round it belongs to.
-- name: vote_waiting
SELECT vote.id, vote.record_id, approval.type, vote.approval_id, approval.name, approval.round, vote.step, vote.waiting_since,
approval.due_at FROM vote JOIN approval ON approval.id = vote.approval_id
WHERE vote.user_id = $1 AND vote.waiting_since IS NOT NULL AND vote.id > $2 ORDER BY vote.id LIMIT $3

-- name: vote_count_waiting
SELECT count(*) FROM (SELECT 1 FROM vote WHERE user_id = $1 AND waiting_since IS NOT NULL LIMIT $2) AS counted

-- name: absence_delegates
SELECT delegate FROM absence_record WHERE person = $1 AND begins <= $2 AND (ends IS NULL OR ends > $2) AND delegate IS NOT NULL
ORDER BY id DESC LIMIT $3

-- name: absence_people
SELECT person FROM absence_record WHERE delegate = $1 AND begins <= $2 AND (ends IS NULL OR ends > $2) ORDER BY id DESC LIMIT $3

-- Of everybody who is asked in a round, for its panel: who is away now, and who stands in.
-- name: absence_of_record
SELECT vote.user_id, absence_record.delegate FROM vote JOIN absence_record ON absence_record.person = vote.user_id
WHERE vote.record_id = $1 AND vote.waiting_since IS NOT NULL AND absence_record.begins <= $2
AND (absence_record.ends IS NULL OR absence_record.ends > $2) AND absence_record.delegate IS NOT NULL
ORDER BY vote.id, absence_record.id
