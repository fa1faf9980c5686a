/* Every maximum in the program, with its reason. Nothing that comes from outside is without one. */
#ifndef REEVE_BASE_LIMITS_H
#define REEVE_BASE_LIMITS_H

/* A JSON or form body: far above the longest description, far below what would hurt. */
#define LIMIT_BODY_BYTES (1024 * 1024)
/* One bulk call: 1,000 changes of about 4 KB. */
#define LIMIT_BULK_BYTES (8 * 1024 * 1024)
#define LIMIT_BULK_ITEMS 1000
/* One request target: what browsers and proxies agree on. */
#define LIMIT_URL_BYTES 4096
/* Memory of one piece of work (request, job): a list page needs 300 KB. */
#define LIMIT_WORK_BYTES (64 * 1024 * 1024)
/* Nesting of JSON bodies: ours need 4; deeper is an attack on the parser's stack. */
#define LIMIT_JSON_DEPTH 64
/* Nesting of YAML definitions: ours need 8. */
#define LIMIT_YAML_DEPTH 32
#define LIMIT_YAML_BYTES (1024 * 1024)
/* A one-line text field, in bytes. Definitions may ask for less. */
#define LIMIT_TEXT_BYTES 1000
/* A many-line text field and a comment, in bytes: the longest mails that really come, twice. */
#define LIMIT_PROSE_BYTES (64 * 1024)
/* One uploaded file; a setting may lower it. */
#define LIMIT_ATTACHMENT_BYTES (25 * 1024 * 1024)
#define LIMIT_ATTACHMENTS_PER_RECORD 200
#define LIMIT_FILE_NAME_BYTES 255
/* Content that no attachment has any more, or never had (an upload that was not saved), stays a day. */
#define LIMIT_ORPHAN_MS (24 * 3600 * 1000LL)
/* A condition as text, its nesting, the values of one `in`, and the length of a path through links. */
#define LIMIT_CONDITION_BYTES 4000
#define LIMIT_CONDITION_DEPTH 40
#define LIMIT_CONDITION_VALUES 200
#define LIMIT_CONDITION_PATH 5
/* States of a lifecycle, those of older versions too. Real ones have 5 to 20; generated and imported ones some hundred; sets of
 * states are bit arrays of this length (512 bytes each), so that a position from anywhere is inside them. */
#define LIMIT_STATES 4096
/* Rows of one list page. */
#define LIMIT_PAGE_ROWS 200
#define DEFAULT_PAGE_ROWS 50
/* Counting stops here: "1000+". */
#define LIMIT_COUNT 1000
/* Counting unread notifications stops here, on every page: "99+". */
#define LIMIT_UNREAD 100
/* An unindexed sort only over as many matches. */
#define LIMIT_SORT_ROWS 10000
#define LIMIT_SORT_FIELDS 4
/* A read that runs longer is given up, milliseconds. */
#define LIMIT_READ_MS 2000
/* One batch of the writer lane: jobs, and milliseconds. */
#define LIMIT_LANE_JOBS 64
#define LIMIT_LANE_MS 10
/* Jobs waiting for the lane before new ones are answered 503. */
#define LIMIT_LANE_QUEUE 4096
/* A job of the lane that takes longer is counted as slow, milliseconds; one that others feel is warned of, once a minute. */
#define LIMIT_LANE_JOB_MS 2
#define LIMIT_LANE_JOB_FELT_MS 50
/* Automatic steps that follow from one another, or that one cause sets off on one record, before the chain is stopped; and in all. */
#define LIMIT_CHAIN 20
#define LIMIT_CHAIN_ALL 2000
/* Idempotency keys: length, and how long the first answer is kept. */
#define LIMIT_IDEMPOTENCY_KEY_BYTES 200
#define LIMIT_IDEMPOTENCY_MS (24 * 3600 * 1000LL)
/* Passwords: shorter ones are guessed, longer ones only burn argon2's time. */
#define LIMIT_PASSWORD_BYTES_MIN 10
#define LIMIT_PASSWORD_BYTES_MAX 256
/* CSV: one cell and one row. */
#define LIMIT_CSV_CELL_BYTES (1024 * 1024)
#define LIMIT_CSV_CELLS 1000
/* Events of one step of `reeve verify`: 500 payloads of the longest kind. */
#define LIMIT_VERIFY_PAGE_BYTES (128 * 1024 * 1024)
/* Values of `source_key` of an import: a file's name and a row in it. */
#define LIMIT_SOURCE_KEY_BYTES 500
/* A draft: what a form may hold. */
#define LIMIT_DRAFT_BYTES (256 * 1024)
/* Messages to webhooks that arrived, or were given up, stay so long. */
#define LIMIT_OUTBOX_MS (30 * 24 * 3600 * 1000LL)
/* Of a webhook's answer: what is read at most, and what of it is kept. */
#define LIMIT_WEBHOOK_ANSWER_BYTES (64 * 1024)
#define LIMIT_WEBHOOK_CONNECT_MS 5000
#define LIMIT_WEBHOOK_TOTAL_MS 15000
/* Deliveries at the same time, each to another webhook. */
#define LIMIT_WEBHOOK_CALLS 32
/* Events that one call of the feed looks at, whatever the actor may see of them. */
#define LIMIT_FEED_SCAN 500
/* Records that a walk along relations visits, the steps it goes, and the records that a page or answer of it shows. */
#define LIMIT_IMPACT 100000
#define LIMIT_IMPACT_DEPTH 1000
#define LIMIT_IMPACT_SHOWN 1000

#endif
